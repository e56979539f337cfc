"""How much a client or a prospect looks like the best clients: a calibrated chance of being worth as much as the top fifth.

A ridge logistic regression on the cells of the attributes and on one more signal: how many of thirty rules, each found on a
sample of the clients, hold the company. What a client's own value taught does not count for it: only rules found without it
vote. Boosted trees were not tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.pci import clusters
from carteira_lib.pci.cells import one_hot
from carteira_lib.pci.judge import PERMUTED_CLIENTS
from carteira_lib.pci.search import Grid, members, search

VOTES, TAKEN = 30, 0.63
FOLDS = 5
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
SURE_PENALTY = 0.3
#: From so many clients on the penalty no longer matters, and is not searched for.
MANY = 5000
LEARNED = 50_000
#: A company with less than this share of the attributes known is not scored.
LEAST_KNOWN = 0.5
#: A ridge is too timid where much is known; so far may its predictions be stretched.
MOST_TRUST = 1.5
#: Times the squared error that is taken off: at 1, portfolios of 80 clients still scored worse than the base rate.
CAUTION = 4.0
VOTE = "vote"


class Lookalike(NamedTuple):
    """What was learned.

    Attributes
    ----------
    places : Grid
    rules : ndarray of bool, (rules, cells)
        The rules that vote.
    means, weights : ndarray
        Of each signal: cells, the place on each ordered attribute, the votes.
    intercept : float
    base : float
        Share of top clients.
    informed : bool
        Whether the attributes told anything of clients left out; where not, all have the base rate.
    judged : DataFrame
        ``predicted`` and ``top`` of each client, predicted without it.
    """

    places: Grid
    rules: np.ndarray
    means: np.ndarray
    weights: np.ndarray
    intercept: float
    base: float
    informed: bool
    judged: pd.DataFrame


def learn(hot: np.ndarray, places: Grid, scores: np.ndarray, *, seed: int = 0) -> Lookalike:
    """What the clients teach; tested on clients left out.

    Parameters
    ----------
    hot, places
        Cells of the clients, as `search.search` takes them.
    scores : ndarray
        Normal scores of their value.
    """
    top = clusters.top_clients(scores).astype("int64")
    rng = np.random.default_rng(seed)
    if len(top) > LEARNED:
        some = np.sort(rng.choice(len(top), LEARNED, replace=False))
        hot, scores, top = hot[some], scores[some], top[some]
    rules, votes = _votes(hot, places, scores, rng)
    signals = _signals(hot, places, votes)
    penalty = _penalty(signals, top, rng)
    crossed = _crossed(hot, places, scores, top, penalty, rng)
    trust = _trust(crossed, top)
    means = _means(signals)
    weights, _intercept = _fitted(_centred(signals, means), top, penalty)
    part = _centred(signals, means) @ weights * trust
    judged = pd.DataFrame({"predicted": _trusted(crossed, trust, top), "top": top})
    return Lookalike(places, rules, means, weights * trust, _level(part, top), float(top.mean()), trust > 0, judged)


def _trust(predicted: np.ndarray, top: np.ndarray) -> float:
    """How much of each prediction's distance from the base rate came true on clients left out, 0 to 1.

    Shrunk by its own error, as James and Stein do: in a small portfolio what looks like knowledge is mostly luck.
    """
    away = predicted - top.mean()
    weight = float((away**2).sum())
    if weight <= 0:
        return 0.0
    slope = float((away * (top - top.mean())).sum()) / weight
    error = float(np.mean((top - top.mean() - slope * away) ** 2)) / weight
    return float(np.clip(slope - CAUTION * error / slope, 0, MOST_TRUST)) if slope > 0 else 0.0


def _trusted(predicted: np.ndarray, trust: float, top: np.ndarray) -> np.ndarray:
    logit = np.log(predicted / (1 - predicted)) * trust
    return _probability(logit + _level(logit, top))


def _level(part: np.ndarray, top: np.ndarray) -> float:
    """The intercept with which the mean probability is the share of top clients."""
    from scipy.optimize import brentq

    return float(brentq(lambda level: _probability(part + level).mean() - top.mean(), -40, 40))


def _votes(
    hot: np.ndarray, places: Grid, scores: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Rules of samples of the clients, and the share of the rules found without a client that hold it."""
    clients = len(scores)
    taken = np.zeros((VOTES, clients), bool)
    for row in taken:
        row[rng.choice(clients, round(min(TAKEN * clients, PERMUTED_CLIENTS)), replace=False)] = True
    found = search(hot, places, np.repeat(scores[None], VOTES, axis=0), taken).masks[:, 0]
    inside = members(hot, places, found)
    out = ~taken
    return found, (inside & out).sum(axis=0) / np.maximum(out.sum(axis=0), 1)


def _signals(hot: np.ndarray, places: Grid, votes: np.ndarray) -> np.ndarray:
    """Cells, the place on each ordered attribute (-1 to 1) and the votes; nan where the attribute is missing."""
    parts = []
    for attribute, start, end in zip(places.attributes, places.starts, places.ends, strict=True):
        cells = hot[:, start:end].astype("float64")
        known = cells.any(axis=1)
        cells[~known] = np.nan
        parts.append(cells)
        if attribute.ordered:
            place = np.where(known, hot[:, start:end] @ np.linspace(-1, 1, end - start), np.nan)
            parts.append(place[:, None])
    return np.hstack([*parts, 2.0 * votes[:, None]])


def owners(places: Grid) -> np.ndarray:
    """The position of the attribute that each signal tells of; the votes come last."""
    widths = [
        end - start + a.ordered for a, start, end in zip(places.attributes, places.starts, places.ends, strict=True)
    ]
    return np.repeat(np.arange(len(widths) + 1), [*widths, 1])


def _means(signals: np.ndarray) -> np.ndarray:
    known = np.isfinite(signals)
    return np.where(known, signals, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)


def _centred(signals: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Distance from the mean; what is missing is at the mean, and so speaks neither for nor against."""
    return np.nan_to_num(signals - means, nan=0.0)


def _fitted(centred: np.ndarray, top: np.ndarray, penalty: float) -> tuple[np.ndarray, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=penalty, solver="newton-cholesky", max_iter=100).fit(centred, top)
    return model.coef_[0], float(model.intercept_[0])


def _penalty(signals: np.ndarray, top: np.ndarray, rng: np.random.Generator) -> float:
    """The penalty of the lowest log-loss on clients left out."""
    if len(top) >= MANY:
        return SURE_PENALTY
    fold = _fold(top, rng)
    losses = np.zeros(len(PENALTIES))
    for part in range(FOLDS):
        train, test = fold != part, fold == part
        means = _means(signals[train])
        for i, penalty in enumerate(PENALTIES):
            weights, intercept = _fitted(_centred(signals[train], means), top[train], penalty)
            logit = _centred(signals[test], means) @ weights + intercept
            losses[i] += np.logaddexp(0, np.where(top[test] == 1, -logit, logit)).sum()
    return PENALTIES[int(np.argmin(losses.round(6)))]


def _fold(top: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A fold per client, with as many top clients in each."""
    fold = np.zeros(len(top), int)
    for side in (0, 1):
        own = np.flatnonzero(top == side)
        fold[rng.permutation(own)] = np.arange(len(own)) % FOLDS
    return fold


def _crossed(
    hot: np.ndarray, places: Grid, scores: np.ndarray, top: np.ndarray, penalty: float, rng: np.random.Generator
) -> np.ndarray:
    """Probability of each client from what the other folds teach, rules included."""
    fold = _fold(top, rng)
    predicted = np.full(len(top), np.nan)
    for part in range(FOLDS):
        train, test = fold != part, fold == part
        rules, votes = _votes(hot[train], places, scores[train], rng)
        signals = _signals(hot[train], places, votes)
        means = _means(signals)
        weights, intercept = _fitted(_centred(signals, means), top[train], penalty)
        of_test = _signals(hot[test], places, members(hot[test], places, rules).mean(axis=0))
        predicted[test] = _probability(_centred(of_test, means) @ weights + intercept)
    return predicted


def _probability(logit: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-np.clip(logit, -30, 30)))


class Scored(NamedTuple):
    """Scores of companies.

    Attributes
    ----------
    probability : ndarray
        nan where too little is known.
    known_share : ndarray
        Share of the attributes that are known.
    parts : ndarray, (companies, attributes + 1)
        What each attribute, and at last the rules' votes, add to the log-odds of an average client.
    """

    probability: np.ndarray
    known_share: np.ndarray
    parts: np.ndarray


def score(model: Lookalike, table: pd.DataFrame) -> Scored:
    """The chance of each company of being worth as much as the top fifth of the clients, and what weighs.

    Parameters
    ----------
    table : DataFrame
        Attributes, typed as `attributes.typed_columns` does.
    """
    step = 100_000
    parts = [_scored(model, table.iloc[first : first + step]) for first in range(0, max(len(table), 1), step)]
    return Scored(*(np.concatenate(found) for found in zip(*parts, strict=True)))


def _scored(model: Lookalike, table: pd.DataFrame) -> Scored:
    places = model.places
    hot = one_hot(table, places.attributes)
    known = np.stack([table[a.name].notna().to_numpy() for a in places.attributes], axis=1).mean(axis=1)
    votes = members(hot, places, model.rules).mean(axis=0)
    added = _centred(_signals(hot, places, votes), model.means) * model.weights
    owner = owners(places)
    parts = np.stack([added[:, owner == i].sum(axis=1) for i in range(owner[-1] + 1)], axis=1)
    probability = _probability(parts.sum(axis=1) + model.intercept)
    return Scored(np.where(known >= LEAST_KNOWN, probability, np.nan), known, parts)


def calibration(judged: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """Predicted beside observed share of top clients, by tenths of the prediction, with the band of chance."""
    from scipy.stats import binom

    if judged.empty:
        return pd.DataFrame(columns=["predicted", "observed", "low", "high", "clients"])
    order = judged.sort_values("predicted", kind="stable").reset_index(drop=True)
    group = np.arange(len(order)) * min(bins, max(len(order) // 30, 1)) // len(order)
    table = order.groupby(group).agg(predicted=("predicted", "mean"), observed=("top", "mean"), clients=("top", "size"))
    low, high = (binom.ppf(q, table["clients"], table["predicted"]) / table["clients"] for q in (0.025, 0.975))
    return table.assign(low=low, high=high).reset_index(drop=True)


def quality(judged: pd.DataFrame) -> dict[str, float]:
    """Share of pairs in the right order, Brier skill over the base rate, calibration error; on clients left out."""
    from sklearn.metrics import roc_auc_score

    top, predicted = judged["top"].to_numpy(), judged["predicted"].to_numpy()
    bins = calibration(judged)
    error = float((bins["clients"] * (bins["observed"] - bins["predicted"]).abs()).sum() / bins["clients"].sum())
    spread = float(np.mean((top.mean() - top) ** 2))
    return {
        "auc": float(roc_auc_score(top, predicted)) if 0 < top.mean() < 1 else float("nan"),
        "brier_skill": 1 - float(np.mean((predicted - top) ** 2)) / spread if spread > 0 else float("nan"),
        "ece": error,
    }


def strongest(parts: np.ndarray, *, sign: int, most: int = 3, least: float = 0.1) -> np.ndarray:
    """Positions of the attributes that weigh most on one side, (companies, most); -1 where there are fewer."""
    own: Sequence = sign * parts
    order = np.argsort(-own, axis=1, kind="stable")[:, :most]
    return np.where(np.take_along_axis(own, order, axis=1) >= least, order, -1)
