"""What the coming months bring and which goals will be reached: the whole of page 07."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.forecast import backtest, bridge, calibration, flow, probability
from carteira_lib.forecast import months as counting
from carteira_lib.forecast.backtest import FEWEST_MONTHS, HORIZON, Backtest
from carteira_lib.forecast.goals import COLUMNS, Judge, expected, judged, metric_of, month_weights
from carteira_lib.forecast.outlook import Outlook, outlook
from carteira_lib.forecast.probability import History
from carteira_lib.forecast.standings import standings
from carteira_lib.language import N_
from carteira_lib.tables import DataError, ParameterError, Problem

BRIDGE_MONTHS = 6
MOST_ACTIVE_MONTHS = counting.MOST_ACTIVE_MONTHS


class Analysis(NamedTuple):
    """What notebook 07 shows and writes.

    Attributes
    ----------
    forecast, scores, sources, bridge, goals_status, goal_scores, goals_calibration : DataFrame
        Tables ``forecast``, ``forecast_scores``, ``forecast_sources``, ``forecast_bridge``, ``goals_status``,
        ``goal_scores`` and ``goals_calibration``, as their contracts say; empty where the history is too short.
    history : DataFrame
        Revenue, orders and buyers of each month known whole, indexed by month.
    tested : Mapping of str to Backtest
        By measure.
    months, active_months : int
        Months known whole; months without an order after which a client is no longer active.
    active, bridge_months : int
        Active clients today; months ahead that the bridge spans.
    goal_way : str
        "blend", or "line" where the straight line was right more often on past goals and is published.
    """

    forecast: pd.DataFrame
    scores: pd.DataFrame
    sources: pd.DataFrame
    bridge: pd.DataFrame
    goals_status: pd.DataFrame
    goal_scores: pd.DataFrame
    goals_calibration: pd.DataFrame
    history: pd.DataFrame
    tested: Mapping[str, Backtest]
    months: int
    active_months: int
    active: int
    bridge_months: int
    goal_way: str


def analyse(
    frames: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    *,
    goals: Sequence[Mapping] = (),
    renewal_scores: pd.DataFrame | None = None,
    nps_summary: pd.DataFrame | None = None,
    active_months: int = 0,
    language: str = "pt-BR",
    seed: int = 0,
) -> Analysis:
    """All of page 07.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``purchases`` (one row per client-day), ``customer_features``, ``customers``, ``sellers``, ``goals``,
        ``surveys``, ``contracts``.
    as_of : Timestamp
    goals : sequence of mapping
        Goals of the parameters, beside those of the table: ``metric``, ``target``, ``deadline`` and, where they have
        them, ``goal_id``, ``seller_id``, ``horizon``, ``start_date``.
    renewal_scores, nps_summary : DataFrame
        Tables of those names, for the probability of a renewal rate and for the NPS.
    active_months : int
        Months without an order after which a client is no longer active; 0 chooses them from the data.
    language : str
        Of the errors.
    seed : int

    Raises
    ------
    ParameterError
        `active_months` outside 0 to 12, or a goal of the parameters that cannot be read.
    """
    try:
        _check(active_months)
        wanted = all_goals(frames["goals"], goals)
    except DataError as error:
        raise error.translated(language) from None
    purchases = frames["purchases"][frames["purchases"]["order_date"] <= as_of]
    within = active_months or counting.active_months(purchases, as_of)
    known = counting.months(purchases, as_of)
    past = probability.history(known, within)
    ahead = outlook(known, purchases, frames, as_of) if past.months >= FEWEST_MONTHS else Outlook.none()
    published = ahead.tested["revenue"].published if ahead.tested else backtest.DEFAULT
    found = standings(frames, as_of, renewal_scores, wanted["deadline"].max(), nps_summary=nps_summary, seed=seed)
    told = calibration.past_goals(past) if past.months > calibration.YEAR else pd.DataFrame()
    way = calibration.published(told)
    judges = _judges(wanted, known, past, purchases, frames, published, seed)
    judges = {owner: judge._replace(way=way) for owner, judge in judges.items()}
    rows = [judged(goal, judges.get(_owner(goal)), as_of, found) for goal in wanted.to_dict("records")]
    status = tables.conform(pd.DataFrame(rows, columns=list(COLUMNS)), "goals_status")
    steps, span = _bridge(judges[""], wanted, as_of) if past.months >= FEWEST_MONTHS else (pd.DataFrame(), 0)
    return Analysis(
        _conformed(ahead.forecast, "forecast"), _conformed(ahead.scores, "forecast_scores"),
        _conformed(_sources(past, ahead), "forecast_sources"), _conformed(steps, "forecast_bridge"), status,
        _conformed(calibration.scores(told), "goal_scores"),
        _conformed(calibration.reliability(told, way), "goals_calibration"),
        counting.totals(known), ahead.tested, past.months, within, int(_last(past.series["active_clients"])), span,
        way,
    )  # fmt: skip


def _conformed(table: pd.DataFrame, name: str) -> pd.DataFrame:
    if table.empty:
        table = pd.DataFrame(columns=list(tables.contract(name).column_names))
    return tables.conform(table, name)


def _last(values: np.ndarray) -> float:
    return float(values[-1]) if len(values) else 0.0


def _check(months: int) -> None:
    if not 0 <= months <= MOST_ACTIVE_MONTHS:
        message = N_("active_months: {value} não está entre 0 e {most}; use 0, que escolhe pelos dados")
        raise ParameterError([Problem(message, {"value": months, "most": MOST_ACTIVE_MONTHS})])


def all_goals(table: pd.DataFrame, written: Sequence[Mapping]) -> pd.DataFrame:
    """The goals of the table and those of the parameters, in one table of the contract ``goals``.

    Parameters
    ----------
    table : DataFrame
        Contract ``goals``.
    written : sequence of mapping
        As in `analyse`.

    Raises
    ------
    ParameterError
        Goals without a metric, a number or a date: all of them at once.
    """
    problems, rows = [], []
    for number, goal in enumerate(written, 1):
        row = dict(goal) if isinstance(goal, Mapping) else {}
        target = pd.to_numeric(row.get("target"), errors="coerce")
        deadline = pd.to_datetime(row.get("deadline"), errors="coerce")
        if not row.get("metric") or pd.isna(target) or pd.isna(deadline):
            message = N_(
                "goals: a meta {number} precisa de metric, target (número) e deadline (AAAA-MM-DD), e veio {goal}"
            )
            problems.append(Problem(message, {"number": number, "goal": goal}))
        usual = {"goal_id": f"P{number:02d}", "seller_id": None, "horizon": None, "start_date": None}
        rows.append(usual | row | {"target": target, "deadline": deadline})
    if problems:
        raise ParameterError(problems)
    columns = list(tables.contract("goals").column_names)
    extra = tables.conform(pd.DataFrame(rows, columns=columns), "goals")
    return pd.concat([table[columns], extra], ignore_index=True).drop_duplicates("goal_id", keep="last")


def _owner(goal: Mapping) -> str:
    return "" if goal.get("seller_id") is None or pd.isna(goal["seller_id"]) else str(goal["seller_id"])


def _judges(
    wanted: pd.DataFrame, known: counting.Months, past: History, purchases: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame], published: str, seed: int,
) -> dict[str, Judge]:  # fmt: skip
    """One judge for the company, and one for each seller with a goal and a client."""
    owner = frames["customer_features"].set_index("customer_id")["seller_id"]
    judges = {"": _judge(past, purchases, published, seed)}
    for seller in sorted({_owner(goal) for goal in wanted.to_dict("records")} - {""}):
        mine = owner.index[owner == seller]
        members = np.asarray(known.clients.isin(mine), dtype=bool)
        if members.any():
            own = probability.history(known.of(members), past.within)
            values = own.series["revenue"]
            way = (
                backtest.backtest(values, own.month_of_year(0)).published if own.months >= FEWEST_MONTHS else published
            )
            judges[seller] = _judge(own, purchases[purchases["customer_id"].isin(mine)], way, seed)
    return judges


def _judge(past: History, purchases: pd.DataFrame, published: str, seed: int) -> Judge:
    enough = past.months >= FEWEST_MONTHS
    drawn = probability.simulations(past, past.months, forecaster=published, seed=seed) if enough else {}
    return Judge(past, drawn, purchases)


def _sources(past: History, ahead: Outlook) -> pd.DataFrame:
    """Table ``forecast_sources``."""
    if ahead.forecast.empty:
        return pd.DataFrame()
    whole = ahead.monthly("revenue")
    known = flow.learned(past.counted, len(past.known.starts), past.known.first)
    settings = {"within": past.within, "next_month": past.month_of_year(past.months)}
    parts = bridge.revenue_by_origin(known, whole["estimate"].to_numpy(), **settings)
    return parts.assign(month=whole["period_start"].to_numpy())


def _bridge(judge: Judge, wanted: pd.DataFrame, as_of: pd.Timestamp) -> tuple[pd.DataFrame, int]:
    """Table ``forecast_bridge``: to the last deadline of active clients within a year, or half a year ahead."""
    clients = wanted["metric"].map(metric_of) == "active_clients"
    spans = [month_weights(as_of, day) for day in wanted.loc[clients & (wanted["deadline"] > as_of), "deadline"]]
    near = [weights for weights in spans if 1 <= len(weights) <= HORIZON]
    weights = max(near, key=lambda w: (len(w), w.sum()), default=np.ones(BRIDGE_MONTHS))
    opening = judge.past.series["active_clients"][-1]
    months = probability.whole_months(weights)
    new, back = (expected(judge, metric, np.ones(months)) for metric in ("new_clients", "reactivated"))
    closing = expected(judge, "active_clients", weights)
    return bridge.client_bridge(opening, new=new, reactivated=back, closing=closing), months
