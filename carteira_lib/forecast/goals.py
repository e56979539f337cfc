"""Goals with a date: what each asks for, where we stand, the pace it needs, and how probable it is.

Goals of active clients are met at the deadline. Those of new or reactivated clients and of revenue are met by the sum from
`start_date`, or from the day after `as_of` where they have none, to the end of the deadline.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from carteira_lib import formats
from carteira_lib.forecast import probability
from carteira_lib.forecast.months import last_whole_month
from carteira_lib.forecast.paths import straight_line
from carteira_lib.forecast.probability import FEWEST_EVENTS, SIMULATIONS, Draws, History

WORDS = {
    "active_clients": (
        "clientes ativos", "ativos", "carteira ativa", "contas ativas", "contas", "active clients", "active accounts",
    ),
    "new_clients": ("clientes novos", "novos clientes", "novos", "contas novas", "novas contas", "new clients"),
    "reactivated": ("reativacoes", "reativados", "clientes reativados", "recuperados", "clientes recuperados",
                    "reactivations", "reactivated clients"),
    "revenue": ("receita", "faturamento", "vendas", "receita liquida", "revenue", "sales"),
    "nps": ("nps", "net promoter score"),
    "renewal_rate": ("taxa de renovacao", "renovacao", "renovacoes", "renewal rate"),
}  # fmt: skip
SUMS = ("new_clients", "reactivated", "revenue")
HIGHEST = {"nps": 100.0, "renewal_rate": 1.0}
LIKELY, UNLIKELY = 0.7, 0.3
#: Months of history -> months ahead with a probability, and how many of these are no more than approximate.
REACH = ((36, 12, 6), (24, 6, 6), (18, 3, 3), (12, 3, 0))
COLUMNS = (
    "goal_id", "metric", "seller_id", "horizon", "target", "start_date", "deadline", "standing", "expected_value", "expected_low",
    "expected_high", "probability", "approximate", "months_left", "pace_needed", "pace_now", "extra_per_month",
    "goal_state", "goal_reason",
)  # fmt: skip


class Standing(NamedTuple):
    """Where a metric without a simulation stands: the NPS or the share of contracts renewed, with how many answers."""

    value: float
    cases: int
    draws: np.ndarray | None = None


def metric_of(text: str) -> str:
    """The metric that a goal's words mean; empty where they mean none.

    Examples
    --------
    >>> metric_of("Reativações"), metric_of("CLIENTES  ATIVOS"), metric_of("metros")
    ('reactivated', 'active_clients', '')
    """
    said = " ".join(formats.strip_accents(str(text)).lower().replace("_", " ").split())
    return next((code for code, words in WORDS.items() if said in (*words, code.replace("_", " "))), "")


def month_weights(as_of: pd.Timestamp, deadline: pd.Timestamp, start: pd.Timestamp | None = None) -> np.ndarray:
    """Share of each month ahead, from the first not over on `as_of`, that lies after `as_of`, not before `start`, and by the deadline.

    Examples
    --------
    >>> month_weights(pd.Timestamp("2026-10-31"), pd.Timestamp("2026-12-31")).tolist()
    [1.0, 1.0]
    >>> month_weights(pd.Timestamp("2026-11-15"), pd.Timestamp("2026-11-30")).tolist()
    [0.5]
    >>> month_weights(pd.Timestamp("2026-09-30"), pd.Timestamp("2026-12-31"), pd.Timestamp("2026-11-01")).tolist()
    [0.0, 1.0, 1.0]
    """
    opening = as_of + pd.Timedelta(days=1)
    opening = opening if start is None else max(opening, start)
    months = pd.period_range(last_whole_month(as_of) + 1, deadline.to_period("M"), freq="M")
    shares = []
    for month in months:
        first, last = max(month.start_time, opening), min(month.end_time.normalize(), deadline)
        shares.append(max((last - first).days + 1, 0) / month.days_in_month)
    return np.array(shares)


def reach(months: int) -> tuple[int, int]:
    """Months ahead for which so many months of history give a probability, and those of them that are not approximate.

    Examples
    --------
    >>> [reach(m) for m in (11, 12, 18, 24, 36)]
    [(0, 0), (3, 0), (3, 3), (6, 6), (12, 6)]
    """
    return next(((ahead, firm) for least, ahead, firm in REACH if months >= least), (0, 0))


class Judge(NamedTuple):
    """What judging goals needs to know of a group of clients: the whole company, or those of one seller.

    Attributes
    ----------
    past : History
    drawn : mapping of metric to Draws
    so_far : DataFrame
        The group's client-days up to `as_of`: ``customer_id``, ``order_date``, ``net_amount``.
    way : {"blend", "line"}
        The simulations, or the straight line where it was right more often on past goals.
    """

    past: History
    drawn: Mapping[str, Draws]
    so_far: pd.DataFrame
    way: str = "blend"


def judged(
    goal: Mapping, judge: Judge | None, as_of: pd.Timestamp, standings: Mapping[str, Standing] | None = None
) -> dict:
    """One row of table ``goals_status``.

    Parameters
    ----------
    goal : mapping
        One row of table ``goals``.
    judge : Judge or None
        None where the goal's seller has no client.
    as_of : Timestamp
    standings : mapping of metric to Standing
        Of the metrics that are not simulated.
    """
    metric = metric_of(goal["metric"])
    row = dict.fromkeys(COLUMNS) | {name: goal.get(name) for name in ("goal_id", "seller_id", "horizon", "deadline")}
    row |= {"metric": metric or goal["metric"], "target": _target(metric, goal["target"]), "approximate": False}
    if metric in SUMS:
        row["start_date"] = _given(goal)
    refused = _refused(row, metric, judge, as_of)
    if refused:
        return row | {"goal_state": "not_judged", "goal_reason": refused}
    weights = month_weights(as_of, goal["deadline"], row["start_date"])
    row["months_left"] = float(weights.sum())
    if metric in HIGHEST:
        return row | _by_standing(row, (standings or {}).get(metric))
    return row | _by_draws(row, judge, weights, as_of)


def _target(metric: str, target: float) -> float:
    return target / 100 if metric == "renewal_rate" and target > 1 else float(target)


def _refused(row: Mapping, metric: str, judge: Judge | None, as_of: pd.Timestamp) -> str:
    """Why a goal cannot be judged at all; empty where it can."""
    if not metric:
        return "unknown_metric"
    if row["deadline"] <= as_of:
        return "past"
    if row["start_date"] is not None and row["start_date"] > row["deadline"]:
        return "starts_late"
    if not np.isfinite(row["target"]) or (row["target"] <= 0 and metric != "nps"):
        return "no_target"
    if row["target"] > HIGHEST.get(metric, np.inf):
        return "impossible"
    if judge is None and metric not in HIGHEST:
        return "unknown_seller"
    return ""


def _given(goal: Mapping) -> pd.Timestamp | None:
    start = goal.get("start_date")
    return None if start is None or pd.isna(start) else pd.Timestamp(start)


def _by_standing(row: Mapping, standing: Standing | None) -> dict:
    """The NPS and the renewal rate: where they stand; a probability only where the cases to come are known."""
    if standing is None or not standing.cases:
        return {"goal_state": "not_judged", "goal_reason": "no_data"}
    found = {"standing": standing.value, "expected_value": standing.value}
    if standing.draws is None:
        state = "met_now" if standing.value >= row["target"] else "behind"
        return found | {"goal_state": state, "goal_reason": "no_series"}
    weights = np.full(len(standing.draws), 1 / len(standing.draws))
    return found | _foretold(standing.draws, weights, row["target"])


def _by_draws(row: Mapping, judge: Judge, weights: np.ndarray, as_of: pd.Timestamp) -> dict:
    """Standing, pace, and what the simulations say."""
    start = None if row["start_date"] is None or row["start_date"] > as_of else row["start_date"]
    metric, total = row["metric"], row["metric"] in SUMS
    series = judge.past.series[metric]
    if not len(series):
        return {"goal_state": "not_judged", "goal_reason": "short_history"}
    standing = (achieved(judge, metric, start, as_of) if start is not None else 0.0) if total else series[-1]
    months = max(weights.sum(), 1 / 31)
    recent = series[-3:].mean() if total else (series[-1] - series[-4]) / 3 if len(series) > 3 else 0.0
    left = row["target"] - standing
    shown = None if total and start is None else float(standing)
    found = {"standing": shown, "pace_needed": max(float(left / months), 0.0), "pace_now": float(recent)}
    if total and left <= 0:
        return found | {"goal_state": "reached", "goal_reason": "reached"}
    ahead, firm = reach(judge.past.months)
    far = month_weights(as_of, row["deadline"]).sum()
    why = _no_probability(series, metric, weights, far, ahead)
    if len(weights) <= probability.HORIZON and metric in judge.drawn and judge.past.months >= 6:
        outcomes, chances = foreseen(judge, metric, weights)
        found |= _foretold(outcomes + (standing if total else 0.0), chances, row["target"])
        if metric != "revenue":  # clients are whole; the series that is half of the draws does not know it
            found |= {
                name: float(np.round(found[name])) for name in ("expected_value", "expected_low", "expected_high")
            }
        found["extra_per_month"] = max(row["target"] - found["expected_value"], 0.0) / months
    if why:
        return found | {"probability": None, "goal_state": "no_probability", "goal_reason": why}
    if not total and left <= 0:
        found["goal_reason"] = "keep"
    return found | {"approximate": bool(far > firm)}


def foreseen(judge: Judge, metric: str, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What may come, and how probable each is: of the simulations, or of the straight line with its normal error.

    Parameters
    ----------
    judge : Judge
    metric : str
        One that is simulated.
    weights : ndarray
        As `month_weights` gives them.
    """
    total = metric in SUMS
    if judge.way != "line":
        return probability.blended(judge.drawn[metric], weights, total=total)
    months, before = max(round(weights.sum()), 1), int(np.argmax(weights > 0))  # months that a goal waits for its start
    series = judge.past.series[metric]
    centre, spread = straight_line(series, horizon=months, total=total)
    if before:
        centre = straight_line(series, horizon=before + months, total=True)[0]
        centre -= straight_line(series, horizon=before, total=True)[0]
    places = norm.ppf((np.arange(SIMULATIONS) + 0.5) / SIMULATIONS)
    part = weights.sum() / months if total else 1.0
    return part * np.maximum(centre + spread * places, 0.0), np.full(SIMULATIONS, 1 / SIMULATIONS)


def expected(judge: Judge, metric: str, weights: np.ndarray) -> float:
    """The middle of what may come, as a goal of this metric and deadline tells it; see `foreseen`."""
    return probability.quantiles(*foreseen(judge, metric, weights))[1]


def _no_probability(series: np.ndarray, metric: str, weights: np.ndarray, far: float, ahead: int) -> str:
    if not ahead:
        return "short_history"
    if far > ahead:
        return "too_far"
    events = series[-3:].mean() * weights.sum() if metric in ("new_clients", "reactivated") else series[-1]
    return "few_events" if metric != "revenue" and events < FEWEST_EVENTS else ""


def _foretold(outcomes: np.ndarray, weights: np.ndarray, target: float) -> dict:
    low, middle, high = probability.quantiles(outcomes, weights)
    chance = probability.reaching(outcomes, weights, target)
    state = "likely" if chance >= LIKELY else "unlikely" if chance < UNLIKELY else "open"
    found = {
        "expected_value": middle,
        "expected_low": low,
        "expected_high": high,
        "probability": chance,
        "goal_state": state,
    }
    return found if (outcomes >= target).any() else found | {"goal_reason": "none_reached"}


def achieved(judge: Judge, metric: str, start: pd.Timestamp, as_of: pd.Timestamp) -> float:
    """What a goal that has begun has got so far.

    Parameters
    ----------
    judge : Judge
    metric : str
        One of `SUMS`.
    start, as_of : Timestamp
        First and last day that count.
    """
    days = judge.so_far[judge.so_far["order_date"] <= as_of]
    if metric == "revenue":
        return float(days.loc[days["order_date"] >= start, "net_amount"].sum())
    bought = days[days["net_amount"] > 0].sort_values(["customer_id", "order_date"])
    before = bought.groupby("customer_id")["order_date"].shift()
    here = bought["order_date"] >= start
    if metric == "new_clients":
        return float((here & before.isna()).sum())
    month = pd.PeriodIndex(bought["order_date"], freq="M").astype("int64")
    gap = month - pd.PeriodIndex(before.fillna(bought["order_date"]), freq="M").astype("int64")
    return float((here & before.notna() & (gap >= judge.past.within + 1)).sum())
