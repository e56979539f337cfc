"""Does the cross-sell ranking beat popularity on this portfolio's own past: what clients took up after three past dates."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from carteira_lib.offers import ease, matrix

CUTOFFS = 3
NDCG_AT, HIT_AT = 10, 5
RESAMPLES = 400
CRUMB = 1e-6  # of a score: less than any difference that means something
FEWEST_JUDGED = 20  # clients that took up something new, over all dates
ROWS = ("cutoff", "customer_id", "ranking", "ndcg", "hit")


class Fold(NamedTuple):
    """A past date: what was owned then, what was taken up in the horizon that followed, and the scores made on the date."""

    date: pd.Timestamp
    known: matrix.Owned
    new: sparse.csr_array
    scores: np.ndarray


def cutoffs(as_of: pd.Timestamp, horizon_days: int) -> list[pd.Timestamp]:
    """The past dates, the last first: one, two and three horizons before `as_of`."""
    return [as_of - pd.Timedelta(days=horizon_days * number) for number in range(1, CUTOFFS + 1)]


def fold(takeups: pd.DataFrame, customers: pd.DataFrame, date: pd.Timestamp, horizon_days: int) -> Fold:
    """One past date, with EASE learned on what was known by then."""
    known = matrix.owned(takeups, date)
    new = matrix.taken_between(takeups, known, date, date + pd.Timedelta(days=horizon_days))
    return Fold(date, known, new, scores(known, customers))


def weights(known: matrix.Owned, customers: pd.DataFrame) -> np.ndarray:
    """What each item and attribute adds to the score of each item, learned on `known`: see `ease.weights`."""
    items = known.matrix.shape[1]
    if not items:
        return np.zeros((0, 0))
    x = ease.inputs(known.matrix, matrix.traits(customers, known.clients))
    return ease.weights(x, items, penalty=ease.penalty(known.matrix))


def scores(known: matrix.Owned, customers: pd.DataFrame, learned: np.ndarray | None = None) -> np.ndarray:
    """Score of every item for every client of `known`, float32, rows and columns in its order.

    Notes
    -----
    A score above 0 is multiplied by the item's momentum. Scores that are equal but for it, as those of a client of whom nothing is
    known, follow the share of clients that own the item.
    """
    if not known.matrix.shape[1]:
        return np.zeros(known.matrix.shape, dtype="float32")
    learned = (weights(known, customers) if learned is None else learned).astype("float32")
    x = ease.inputs(known.matrix if known.recent is None else known.recent, matrix.traits(customers, known.clients))
    owned = (CRUMB * popularity(known)[:1] / known.matrix.shape[0]).astype("float32")
    found = np.vstack([x[at : at + ease.BLOCK] @ learned for at in range(0, x.shape[0], ease.BLOCK)])
    found += owned
    if known.momentum is not None:
        np.multiply(found, known.momentum.astype("float32"), out=found, where=found > 0)
    return found


def popularity(known: matrix.Owned) -> np.ndarray:
    """The same score for every client: how many own the item."""
    buyers = np.asarray(known.matrix.sum(axis=0)).ravel()
    return np.broadcast_to(buyers, known.matrix.shape)


def judged(part: Fold, rankings: dict[str, np.ndarray]) -> pd.DataFrame:
    """How well each ranking foresaw what each client took up that it did not own; one row per client and ranking.

    Parameters
    ----------
    part : Fold
    rankings : mapping of name to scores, clients x items

    Returns
    -------
    DataFrame
        ``cutoff``, ``customer_id``, ``ranking``, ``ndcg`` (of the first 10), ``hit`` (one of the first 5 was taken up);
        only clients that took up something new.
    """
    takers = np.flatnonzero(np.asarray(part.new.sum(axis=1)).ravel() > 0)
    if not len(takers):
        return pd.DataFrame(columns=list(ROWS))
    owned, new = part.known.matrix[takers].toarray() > 0, part.new[takers].toarray() > 0
    rows = []
    for name, values in rankings.items():
        order = ease.ranked(np.asarray(values[takers]), owned, NDCG_AT)
        hits = np.take_along_axis(new, np.maximum(order, 0), axis=1) & (order >= 0)
        table = pd.DataFrame({"customer_id": part.known.clients[takers], "ndcg": ndcg(hits, new.sum(axis=1))})
        rows.append(table.assign(cutoff=part.date, ranking=name, hit=hits[:, :HIT_AT].any(axis=1).astype("float64")))
    return pd.concat(rows, ignore_index=True)[list(ROWS)]


def ndcg(hits: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Normalised discounted cumulative gain of each row of a ranking.

    Parameters
    ----------
    hits : ndarray of bool, shape (rows, k)
        Whether the item at each place was right.
    wanted : ndarray of int
        How many items were right at all.

    References
    ----------
    Järvelin, K., & Kekäläinen, J. (2002). Cumulated gain-based evaluation of IR techniques. ACM TOIS 20(4), 422-446.

    Examples
    --------
    >>> ndcg(np.array([[False, True]]), np.array([1])).round(4)
    array([0.6309])
    """
    gains = 1 / np.log2(np.arange(2, hits.shape[1] + 2))
    best = np.concatenate([[0.0], np.cumsum(gains)])
    return (hits * gains).sum(axis=1) / best[np.minimum(wanted, hits.shape[1])]


def compared(rows: pd.DataFrame, *, ours: str, rule: str, seed: int = 0) -> dict[str, float]:
    """The means of both rankings, and the lead in NDCG with its interval of 95 %, resampled by client.

    Returns
    -------
    dict
        ``judged`` (clients and dates), ``ours``, ``rule`` (NDCG), ``ours_hits``, ``rule_hits``, ``lead``, ``lead_low``,
        ``lead_high``; NaN where fewer than 20 clients could be judged.
    """
    wide = rows.pivot(index=["cutoff", "customer_id"], columns="ranking", values=["ndcg", "hit"])
    if len(wide) < FEWEST_JUDGED:
        return {"judged": len(wide)} | dict.fromkeys(
            ("ours", "rule", "ours_hits", "rule_hits", "lead", "lead_low", "lead_high"), np.nan
        )
    lead = (wide["ndcg", ours] - wide["ndcg", rule]).to_numpy()
    by_client = pd.DataFrame({"client": wide.index.get_level_values("customer_id"), "lead": lead})
    sums = by_client.groupby("client")["lead"].agg(["sum", "size"]).to_numpy()
    draws = np.random.default_rng(seed).integers(0, len(sums), (RESAMPLES, len(sums)))
    drawn = sums[draws].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return {
        "judged": len(wide), "ours": wide["ndcg", ours].mean(), "rule": wide["ndcg", rule].mean(),
        "ours_hits": wide["hit", ours].mean(), "rule_hits": wide["hit", rule].mean(),
        "lead": lead.mean(), "lead_low": low, "lead_high": high,
    }  # fmt: skip
