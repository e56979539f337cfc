"""How well renewals would have been foretold: judged on past days, with what was known then, against simple ways."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.churn.renewal import fit_renewal, predict
from carteira_lib.churn.renewal_outcomes import RENEWAL_WINDOW_DAYS, outcomes
from carteira_lib.churn.renewal_signals import History

CUTS = 6
LEARN_EVERY_DAYS = 90
DISTANCES = (15, 45, 75)
RESAMPLES = 400
WAYS = ("model", "rule", "base_rate")


class RenewalBacktest(NamedTuple):
    """The past judged again.

    Attributes
    ----------
    judged : DataFrame
        One row per contract and distance: ``contract_id``, ``customer_id``, ``date``, ``distance``, ``cut`` (the day
        learned on), ``learned_from`` (contracts), ``renewed`` and the probabilities of `WAYS`.
    measures : DataFrame
        One row per distance and way: ``distance``, ``way``, ``contracts``, ``clients``, ``renewed_share`` and of each
        of ``auc``, ``brier``, ``log_loss``, ``log_loss_gain`` (over the base rate) its value, ``_low`` and ``_high``
        (95 %, by client). Empty where nothing could be judged.
    published : dict of int to str
        The way to publish at each distance, of `WAYS`.
    """

    judged: pd.DataFrame
    measures: pd.DataFrame
    published: dict[int, str]


def renewal_backtest(history: History, as_of: pd.Timestamp, *, cuts: int = CUTS, seed: int = 0) -> RenewalBacktest:
    """Judge past contracts 15, 45 and 75 days before their end, and compare with what became of them.

    The model learns anew every 90 days from what was known then; until the next time it judges each contract that
    comes to be 15, 45 or 75 days before its end and is not renewed yet.

    Parameters
    ----------
    history : History
    as_of : Timestamp
        Last day of which anything is used.
    cuts, seed : int
        `cuts`: how often it learns.

    Notes
    -----
    How much can be foretold depends on the distance, so each has its own verdict: published is the way with the
    smallest log-loss among those whose gain over the base rate has its whole interval above 0; else the base rate.
    Intervals: 400 resamples of the clients, since contracts of one client stand or fall together. Days on which fewer
    than 30 outcomes, or only one class, were known are left out.
    """
    decided = outcomes(history.contracts, as_of)
    final = decided[decided["settled"]]
    last = as_of - pd.Timedelta(days=RENEWAL_WINDOW_DAYS + min(DISTANCES))
    days = [last - pd.Timedelta(days=LEARN_EVERY_DAYS * step) for step in range(cuts, 0, -1)]
    parts = [part for day in days if len(part := _judge(history, final, day, seed))]
    judged = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    measures = pd.concat([_measures(part, seed) for _, part in judged.groupby("distance")]) if parts else pd.DataFrame()
    return RenewalBacktest(judged, measures.reset_index(drop=True), _published(measures))


def _judge(history: History, final: pd.DataFrame, cut: pd.Timestamp, seed: int) -> pd.DataFrame:
    """The contracts that come to a distance within 90 days after a past day; empty where nothing was learned by then."""
    renewal = fit_renewal(history, cut, DISTANCES, seed=seed)
    if renewal.basis != "model":
        return pd.DataFrame()
    moments = pd.concat([_reaching(final, cut, distance) for distance in DISTANCES], ignore_index=True)
    if moments.empty:
        return pd.DataFrame()
    chances = predict(renewal, history, moments)[[*WAYS]]
    return pd.concat([moments.assign(cut=cut, learned_from=len(renewal.settled)), chances], axis=1)


def _reaching(final: pd.DataFrame, cut: pd.Timestamp, distance: int) -> pd.DataFrame:
    dated = final.assign(date=final["end_date"] - pd.Timedelta(days=distance), distance=distance)
    soon = (dated["date"] > cut) & (dated["date"] <= cut + pd.Timedelta(days=LEARN_EVERY_DAYS))
    is_open = (dated["start_date"] <= dated["date"]) & ~(dated["renewed_date"] <= dated["date"])
    return dated.loc[soon & is_open, ["contract_id", "customer_id", "date", "distance", "renewed"]]


def distance_of(days_left: pd.Series) -> pd.Series:
    """The distance whose verdict holds for contracts with so many days left: the nearest.

    Examples
    --------
    >>> distance_of(pd.Series([-40, 0, 30, 31, 60, 61, 200])).tolist()
    [15, 15, 15, 45, 45, 75, 75]
    """
    return pd.Series(np.select([days_left <= 30, days_left <= 60], DISTANCES[:2], DISTANCES[2]), days_left.index)


def _published(measures: pd.DataFrame) -> dict[int, str]:
    found = dict.fromkeys(DISTANCES, "base_rate")
    if len(measures):
        winners = measures[measures["log_loss_gain_low"] > 0].sort_values("log_loss", kind="stable")
        found |= winners.drop_duplicates("distance").set_index("distance")["way"].to_dict()
    return found


def _measures(judged: pd.DataFrame, seed: int) -> pd.DataFrame:
    client, clients = pd.factorize(judged["customer_id"], sort=True)
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(len(clients), np.full(len(clients), 1 / len(clients)), size=RESAMPLES)
    weights = np.vstack([np.ones(len(judged)), draws[:, client]])
    told = {
        "distance": judged["distance"].iloc[0],
        "contracts": len(judged),
        "clients": len(clients),
        "renewed_share": judged["renewed"].mean(),
    }
    return pd.DataFrame([{**told, "way": way, **_measured(judged, way, weights)} for way in WAYS])


def _measured(judged: pd.DataFrame, way: str, weights: np.ndarray) -> dict[str, float]:
    """Each measure of a way and its limits; the first row of weights is the data as they are, the others resamples."""
    renewed, chance = judged["renewed"].to_numpy(bool), judged[way].to_numpy("float64")
    total, loss = weights.sum(axis=1), _log_losses(renewed, chance)
    base_loss = _log_losses(renewed, judged["base_rate"].to_numpy("float64"))
    drawn = {
        "auc": _aucs(renewed, chance, judged["cut"].to_numpy(), weights),
        "brier": weights @ (chance - renewed) ** 2 / total,
        "log_loss": weights @ loss / total,
        "log_loss_gain": weights @ (base_loss - loss) / total,
    }
    found = {}
    for name, values in drawn.items():
        low, high = pd.Series(values[1:]).quantile([0.025, 0.975])
        found |= {name: values[0], f"{name}_low": low, f"{name}_high": high}
    return found


def _log_losses(renewed: np.ndarray, chance: np.ndarray) -> np.ndarray:
    return -np.log(np.where(renewed, chance, 1 - chance))


def _aucs(renewed: np.ndarray, chance: np.ndarray, cut: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Share of (renewed, not renewed) pairs of one day in the right order, ties half; NaN without pairs.

    Pairs of different days are not compared: a list is of one day, and the base rate moves from day to day.
    """
    right, pairs = np.zeros(len(weights)), np.zeros(len(weights))
    for day in np.unique(cut):
        same = np.flatnonzero(cut == day)
        order = same[np.argsort(chance[same], kind="stable")]
        starts = np.flatnonzero(np.diff(chance[order], prepend=-1.0))
        good = np.add.reduceat((weights * renewed)[:, order], starts, axis=1)
        bad = np.add.reduceat((weights * ~renewed)[:, order], starts, axis=1)
        right += (good * (bad.cumsum(axis=1) - bad / 2)).sum(axis=1)
        pairs += good.sum(axis=1) * bad.sum(axis=1)
    return np.divide(right, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
