"""How good the probabilities were on past dates, beside the rules that a company would use instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.churn import model
from carteira_lib.churn.plan import Plan
from carteira_lib.churn.signals import SIGNALS
from carteira_lib.churn.value import revenue_if_buying

PROBABILITIES = ("model", "base", "bg_nbd")  # the other scores only rank
SCORES = (*PROBABILITIES, "own_cycle", "recency")
POPULATIONS = ("portfolio", "active")
RESAMPLES = 200
BINS = 10
TOP = 0.10
#: On no public log was the blend more than .03 above the best of the others; three times that is not skill.
TOO_GOOD_LEAD, TOO_GOOD_AUC = 0.10, 0.985
#: One signal alone that ranks so much better than all that learns nothing knows what it cannot know.
TOO_GOOD_SIGNAL = 0.05
UNLEARNED = ("base_logit", "bg_nbd_logit", "own_cycle", "recency_days")
#: With fewer who stopped, or fewer who stayed, over all dates, a score is chance.
FEWEST_OF_A_KIND = 10
SMALLEST = 1e-6


class Backtest(NamedTuple):
    """What `backtest` found.

    Attributes
    ----------
    predictions : DataFrame
        One row per test date and portfolio client: ``origin, customer_id, churned, active, next_revenue`` (of the
        horizon that followed), ``stake`` (mean revenue of a horizon over the last four), ``last_revenue`` (of the
        last), ``expected_revenue``, and one column per score of `SCORES`, the higher the likelier to stop; those of
        `PROBABILITIES` are probabilities.
    scores : DataFrame
        Table ``churn_scores``.
    published : str
        "model", or "base" where the interval of the difference says that the blend is worse, or that it could not be
        tested.
    too_good : bool
        Better than honest signals allow: something of the future is suspected among them.
    suspects : tuple of str
        The signals that alone rank better than they could.
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    published: str
    too_good: bool
    suspects: tuple[str, ...]


def backtest(described: Mapping[pd.Timestamp, pd.DataFrame], known: Plan, *, seed: int = 0) -> Backtest:
    """Predict each test date from what was known on it, and compare with what came.

    Parameters
    ----------
    described : mapping of Timestamp to DataFrame
        `signals.described` of each date of the plan.
    known : Plan
    seed : int
    """
    parts = [_predicted(described, known, date, seed) for date in known.tests]
    predictions = pd.concat(parts, ignore_index=True) if parts else _no_predictions()
    usable = [name for name in SCORES if name in predictions and predictions[name].notna().all()]
    table = scores(predictions, usable, seed=seed)
    named = suspects(described, known, seed=seed)
    return Backtest(predictions, table, _published(predictions, seed), _too_good(table) or bool(named), named)


def _predicted(
    described: Mapping[pd.Timestamp, pd.DataFrame], known: Plan, date: pd.Timestamp, seed: int
) -> pd.DataFrame:
    now = described[date]
    inside = now[now["frequency"] >= known.min_orders]
    training = pd.concat([described[d] for d in known.slices(date)], ignore_index=True)
    local = model.fit(training, len(inside), min_orders=known.min_orders, seed=seed)
    probability = model.probability(model.logit(inside, local))
    return pd.DataFrame(
        {
            "origin": date,
            "customer_id": inside["customer_id"],
            "churned": inside["churned"].astype("int64"),
            "active": inside["recency_days"] < known.horizon_days,
            "next_revenue": inside["next_revenue"].astype("float64"),
            "stake": inside["revenue_four"].clip(lower=0) / 4,
            "last_revenue": inside["revenue_one"].clip(lower=0),
            "expected_revenue": (1 - probability) * revenue_if_buying(now).loc[inside.index],
            "model": probability,
            "base": model.probability(inside["base_logit"]),
            "bg_nbd": model.probability(inside["bg_nbd_logit"]),
            "own_cycle": inside["recency_days"] / inside["own_cycle_days"],
            "recency": inside["recency_days"].astype("float64"),
        }
    )


def _no_predictions() -> pd.DataFrame:
    kinds = {"origin": "datetime64[us]", "customer_id": "str", "churned": "int64", "active": "bool"}
    numbers = ("next_revenue", "stake", "last_revenue", "expected_revenue", *SCORES)
    return pd.DataFrame({n: pd.Series(dtype=k) for n, k in (kinds | dict.fromkeys(numbers, "float64")).items()})


def scores(predictions: pd.DataFrame, names: list[str], *, seed: int = 0) -> pd.DataFrame:
    """Figures of each score, means over the test dates, with client-bootstrap intervals.

    Returns
    -------
    DataFrame
        Table ``churn_scores``: one row per ``population`` (portfolio, active: bought in the last horizon) and
        ``score``: ``origins``, ``clients`` (of all dates), ``auc`` with ``auc_low``, ``auc_high`` (95 %), ``auc_lead``
        with ``lead_low``, ``lead_high`` (of the blend over this score, missing for itself), ``top_lift`` (churn among the riskiest tenth /
        churn of all), and for probabilities ``log_loss``, ``brier``, ``ece`` and ``ece_floor`` (the ECE that perfect
        probabilities would show). A population in which fewer than 10 stopped or stayed is left out.
    """
    rows = []
    for population in POPULATIONS:
        chosen = predictions if population == "portfolio" else predictions[predictions["active"]]
        chosen = chosen[chosen.groupby("origin")["churned"].transform("nunique") == 2]
        chosen = chosen if enough(chosen) else chosen.iloc[:0]
        draws = _draws(chosen, seed)
        areas = {name: _areas(chosen, name, draws) for name in names}
        for name in names if len(chosen) else ():
            rows.append({"population": population, "forecaster": name, **_figures(chosen, name, areas, seed)})
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


SCORE_COLUMNS = (
    "population", "forecaster", "origins", "clients", "auc", "auc_low", "auc_high", "auc_lead", "lead_low", "lead_high",
    "top_lift", "log_loss", "brier", "ece", "ece_floor",
)  # fmt: skip


def enough(predictions: pd.DataFrame) -> bool:
    """Whether enough stopped, and enough stayed, to say how good the predictions were."""
    gone = int(predictions["churned"].sum())
    return min(gone, len(predictions) - gone) >= FEWEST_OF_A_KIND


def _figures(chosen: pd.DataFrame, name: str, areas: Mapping[str, np.ndarray], seed: int) -> dict[str, float]:
    values = chosen[name].to_numpy()
    known = {
        "origins": chosen["origin"].nunique(),
        "clients": len(chosen),
        "auc": areas[name][0],
        **dict(zip(("auc_low", "auc_high"), _interval(areas[name]), strict=True)),
        **_lead(areas["model"] - areas[name] if name != "model" else np.full(2, np.nan)),
        "top_lift": float(np.mean([_top_lift(part, name) for _, part in chosen.groupby("origin")])),
    }
    if name in PROBABILITIES:
        known |= {
            "log_loss": _mean_by_origin(chosen, _log_losses(chosen["churned"], values)),
            "brier": _mean_by_origin(chosen, (chosen["churned"].to_numpy() - values) ** 2),
            "ece": ece(chosen["churned"], values),
            "ece_floor": _ece_floor(values, seed),
        }
    return known


def _lead(lead: np.ndarray) -> dict[str, float]:
    low, high = _interval(lead) if np.isfinite(lead).any() else (np.nan, np.nan)
    return {"auc_lead": float(lead[0]), "lead_low": low, "lead_high": high}


def _mean_by_origin(chosen: pd.DataFrame, values: np.ndarray) -> float:
    return float(pd.Series(values, index=chosen.index).groupby(chosen["origin"]).mean().mean())


def _log_losses(churned: pd.Series, values: np.ndarray) -> np.ndarray:
    safe = np.clip(values, SMALLEST, 1 - SMALLEST)
    return -np.where(churned.to_numpy() == 1, np.log(safe), np.log1p(-safe))


def _draws(chosen: pd.DataFrame, seed: int) -> np.ndarray:
    """How often each client is drawn: the sample itself, then `RESAMPLES` bootstrap samples; per row of `chosen`."""
    codes, clients = pd.factorize(chosen["customer_id"])
    rng = np.random.default_rng(seed)
    counts = [
        np.bincount(rng.integers(0, len(clients), len(clients)), minlength=len(clients)) for _ in range(RESAMPLES)
    ]
    whole = np.vstack([np.ones(len(clients), dtype="int64"), *counts]) if len(clients) else np.ones((1, 0), "int64")
    return whole[:, codes].astype("float64")


def _areas(chosen: pd.DataFrame, name: str, draws: np.ndarray) -> np.ndarray:
    """Mean over the dates of the AUC, in the sample and in each resample."""
    places = [np.flatnonzero(chosen["origin"] == date) for date in chosen["origin"].unique()]
    label, values = chosen["churned"].to_numpy(), chosen[name].to_numpy()
    return np.mean([auc(label[p], values[p], draws[:, p]) for p in places], axis=0) if places else np.full(1, np.nan)


def auc(churned: np.ndarray, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Weighted area under the ROC curve, ties counted half, for each row of weights.

    Examples
    --------
    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]), np.ones((1, 4))).tolist()
    [0.75]
    """
    _, group = np.unique(values, return_inverse=True)
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    sorted_weights, sorted_label = weights[:, order], churned[order] == 1
    gone = np.add.reduceat(sorted_weights * sorted_label, starts, axis=1)
    kept = np.add.reduceat(sorted_weights * ~sorted_label, starts, axis=1)
    below = np.cumsum(kept, axis=1) - kept / 2
    pairs = gone.sum(axis=1) * kept.sum(axis=1)
    return np.divide((gone * below).sum(axis=1), pairs, out=np.full(len(weights), np.nan), where=pairs > 0)


def _interval(values: np.ndarray) -> tuple[float, float]:
    low, high = pd.Series(values[1:]).quantile([0.025, 0.975])
    return float(low), float(high)


def _top_lift(part: pd.DataFrame, name: str) -> float:
    """Churn among the riskiest tenth / churn of all; clients tied at the edge share the places that are left."""
    places = max(round(TOP * len(part)), 1)
    ordered = part.sort_values(name, ascending=False)
    edge = ordered[name].iloc[places - 1]
    above, tied = ordered[ordered[name] > edge], ordered[ordered[name] == edge]
    found = above["churned"].sum() + (places - len(above)) * tied["churned"].mean()
    return float(found / places / part["churned"].mean())


def ece(churned: pd.Series, values: np.ndarray, bins: int = BINS) -> float:
    """Expected calibration error: mean distance of predicted and observed churn over tenths of equal size.

    Examples
    --------
    >>> round(ece(pd.Series([0, 1, 1, 1]), np.array([0.2, 0.2, 0.9, 0.9]), bins=2), 3)
    0.2
    """
    table = calibration(churned, values, bins=bins)
    return float((table["clients"] * (table["observed"] - table["predicted"]).abs()).sum() / table["clients"].sum())


def calibration(churned: pd.Series, values: np.ndarray, *, bins: int = BINS) -> pd.DataFrame:
    """Predicted beside observed churn in groups of equal size, from the least to the most likely to stop.

    Returns
    -------
    DataFrame
        Table ``churn_calibration``: ``bin`` (from 1), ``clients``, ``predicted``, ``observed``, and ``low``, ``high``:
        where the observed share of perfect probabilities lies in 95 % of the samples of that size.
    """
    ranks = pd.Series(values).rank(method="first").to_numpy()
    group = np.minimum(np.ceil(ranks * bins / max(len(ranks), 1)), bins).astype("int64")
    frame = pd.DataFrame({"bin": group, "churned": np.asarray(churned, dtype="float64"), "predicted": values})
    table = frame.groupby("bin").agg(
        clients=("churned", "size"), predicted=("predicted", "mean"), observed=("churned", "mean")
    )
    band = 1.96 * np.sqrt(table["predicted"] * (1 - table["predicted"]) / table["clients"])
    low, high = (table["predicted"] - band).clip(0, 1), (table["predicted"] + band).clip(0, 1)
    return table.assign(low=low, high=high).reset_index()


def _ece_floor(values: np.ndarray, seed: int, draws: int = 50) -> float:
    """The ECE of perfect probabilities: labels drawn from them."""
    ordered = np.sort(values)
    starts = np.linspace(0, len(ordered), min(BINS, len(ordered)), endpoint=False).astype("int64")
    labels = np.random.default_rng(seed).random((draws, len(ordered))) < ordered
    distance = np.add.reduceat(labels, starts, axis=1, dtype="float64") - np.add.reduceat(ordered, starts)
    return float((np.abs(distance) / len(ordered)).sum(axis=1).mean())


def _published(predictions: pd.DataFrame, seed: int) -> str:
    """The blend, unless a client bootstrap says that its log-loss is above the base's."""
    tested = predictions.dropna(subset=["model", "base"])
    if tested.empty:
        return "base"
    losses = {name: _log_losses(tested["churned"], tested[name].to_numpy()) for name in ("model", "base")}
    draws = _draws(tested, seed)
    excess = draws @ (losses["model"] - losses["base"]) / draws.sum(axis=1)
    return "base" if _interval(excess)[0] > 0 else "model"


def suspects(described: Mapping[pd.Timestamp, pd.DataFrame], known: Plan, *, seed: int = 0) -> tuple[str, ...]:
    """Signals that alone, on the test dates, rank far better than all that learns nothing, and not by chance.

    A purchase model may rank badly where orders keep to a calendar, and an honest signal then far better than it: the
    measure is the best of the purchase models and of the simple rules.
    """
    dated = {date: described[date][described[date]["frequency"] >= known.min_orders] for date in known.tests}
    if not dated:
        return ()
    tested = pd.concat([part.assign(origin=date) for date, part in dated.items()], ignore_index=True)
    if not enough(tested):
        return ()
    tested = tested.assign(own_cycle=tested["recency_days"] / tested["own_cycle_days"])
    usual = [name for name in UNLEARNED if tested[name].notna().all()]
    one = np.ones((1, len(tested)))
    best = max(_areas(tested, name, one)[0] for name in usual)
    alone = {name: _areas(tested, name, one)[0] for name in SIGNALS}
    striking = [name for name, area in alone.items() if max(area, 1 - area) > best + TOO_GOOD_SIGNAL]
    if not striking:
        return ()
    draws = _draws(tested, seed)
    reached = np.max([_areas(tested, name, draws) for name in usual], axis=0)
    areas = {name: _areas(tested, name, draws) for name in striking}
    leads = {name: (area if area[0] > 0.5 else 1 - area) - reached for name, area in areas.items()}
    return tuple(name for name, lead in leads.items() if _interval(lead)[0] > TOO_GOOD_SIGNAL)


def _too_good(table: pd.DataFrame) -> bool:
    own = table[table["population"] == "portfolio"].set_index("forecaster")
    if "model" not in own.index:
        return False
    lead = own["lead_low"].drop("model").min()
    return bool(lead > TOO_GOOD_LEAD or own.loc["model", "auc_low"] > TOO_GOOD_AUC)


def lift(predictions: pd.DataFrame, name: str, *, steps: int = 10) -> pd.DataFrame:
    """Share of the money lost that was with the clients whom a ranking puts first.

    Parameters
    ----------
    predictions : DataFrame
        As in `Backtest`.
    name : str
        A score of `SCORES`, weighed with the money at stake; or "stake" for the largest clients first.

    Returns
    -------
    DataFrame
        ``contacted_share`` from 0 to 1 and ``money_share`` of the revenue of those who stopped, mean over the dates.
    """
    shares = np.linspace(0, 1, steps + 1)
    curves = [_captured(part, name, shares) for _, part in predictions.groupby("origin")]
    money = pd.DataFrame(curves).mean().to_numpy() if curves else np.full(len(shares), np.nan)
    return pd.DataFrame({"contacted_share": shares, "money_share": money})


def _captured(part: pd.DataFrame, name: str, shares: np.ndarray) -> np.ndarray:
    rank = part[name] * part["stake"] if name in PROBABILITIES else part[name]
    ordered = part.assign(rank=rank).sort_values(["rank", "customer_id"], ascending=[False, True])
    lost = np.concatenate([[0.0], np.cumsum(ordered["stake"] * ordered["churned"])])
    if not lost[-1] > 0:
        return np.full(len(shares), np.nan)
    return np.interp(shares * len(part), np.arange(len(lost)), lost / lost[-1])
