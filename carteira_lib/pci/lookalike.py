"""How much a client or a prospect looks like the best clients: a calibrated chance of being worth as much as the top fifth.

What is learned is the normal score of the value, not whether it is among the top fifth, which would throw away half of what
each client tells. The expected score becomes a chance by as much as it came true on clients left out: nothing where that may
be luck, and all have the base rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from carteira_lib.pci import clusters, signals
from carteira_lib.pci.cells import one_hot
from carteira_lib.pci.judge import folds
from carteira_lib.pci.search import Grid

#: With so many clients the score and the top fifth are learned in equal parts.
EVEN = 300
REPEATS = 3
#: From so many clients on one round of folds says enough.
MANY = 5000
LEARNED = 50_000
#: A company with less than this share of the attributes known is not scored.
LEAST_KNOWN = 0.5
#: A ridge is too timid where much is known; so far may its predictions be stretched.
MOST_TRUST = 1.5
#: Standard errors, squared, that a prediction must have come true by before any of it is believed.
CAUTION = 4.0
#: How far the top fifth may be off what the mean of the value says, before it was looked at: standard deviation of the ratio.
APART = 0.5


class Lookalike(NamedTuple):
    """What was learned.

    Attributes
    ----------
    places : Grid
    model : signals.Model
        It expects a score of each company.
    stretch : float
        Log-odds per unit of that score; 0 where the attributes told nothing of clients left out, and all have the base rate.
    intercept : float
    base : float
        Share of top clients.
    judged : DataFrame
        ``predicted`` and ``top`` of each client, predicted without it.
    """

    places: Grid
    model: signals.Model
    stretch: float
    intercept: float
    base: float
    judged: pd.DataFrame

    @property
    def informed(self) -> bool:
        return self.stretch > 0


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
    target = _target(scores, top)
    expected = _crossed(hot, places, scores, target, rng)
    stretch = _stretch(expected, target, scores, top)
    intercept = _level(stretch * expected, top)
    judged = pd.DataFrame({"predicted": _probability(stretch * expected + intercept), "top": top})
    model = signals.learned(hot, places, scores, target, rng)
    return Lookalike(places, model, stretch, intercept, float(top.mean()), judged)


def _target(scores: np.ndarray, top: np.ndarray) -> np.ndarray:
    """What is learned: between the score and, the more clients there are, standing among the top fifth.

    Whether a client is of the top fifth, in the units of the scores: a shift of all scores by 1 raises both by 1, but this
    one is known half as well. It is true also where the best are not moved by what moves the others.
    """
    base = top.mean()
    in_top = (top - base) / norm.pdf(norm.ppf(base))
    weight = len(top) / (len(top) + EVEN)
    return (1 - weight) * scores + weight * in_top


def _crossed(
    hot: np.ndarray, places: Grid, scores: np.ndarray, target: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Expected score of each client from what the other folds teach, rules included; the mean of the repeats."""
    repeats = 1 if len(scores) >= MANY else REPEATS
    expected = np.zeros(len(scores))
    for train in folds(len(scores), seed=int(rng.integers(2**31)), repeats=repeats):
        model = signals.learned(hot[train], places, scores[train], target[train], rng)
        expected[~train] += signals.parts(model, hot[~train], places).sum(axis=1)
    return expected / repeats


def _stretch(expected: np.ndarray, target: np.ndarray, scores: np.ndarray, top: np.ndarray) -> float:
    """Log-odds of standing among the top clients per unit of the expected score; 0 where nothing was shown.

    Notes
    -----
    A normal curve around the expected score gives the log-odds; as the top need not move as the mean does, their slope is
    moved towards that of the top clients, the more of them there are. All is shrunk by the error of the slope of the
    target on what was expected of it, as James and Stein do, and once more by the same share, as the slope of what was
    found by searching is luck more often than its error says.
    """
    slope, error = _slope(expected, target)
    sure = max(0.0, 1 - CAUTION * error / slope**2) if slope > 0 else 0.0
    if sure == 0.0:
        return 0.0
    base = top.mean()
    spread = np.sqrt(np.mean((scores - scores.mean() - slope * (expected - expected.mean())) ** 2))
    odds = min(slope, MOST_TRUST) * norm.pdf(norm.ppf(base)) / (base * (1 - base)) / spread
    followed, doubt = _slope(_probability(odds * expected + _level(odds * expected, top)), top)
    return float(odds * sure**2 * np.clip((followed * APART**2 + doubt) / (APART**2 + doubt), 0, MOST_TRUST))


def _slope(expected: np.ndarray, seen: np.ndarray) -> tuple[float, float]:
    """Slope of what was seen on what was expected, and its squared error; 0 where all was expected alike."""
    away = expected - expected.mean()
    weight = float((away**2).sum())
    if weight <= 1e-12:
        return 0.0, float("inf")
    slope = float((away * (seen - seen.mean())).sum()) / weight
    return slope, float(np.mean((seen - seen.mean() - slope * away) ** 2)) / weight


def _level(part: np.ndarray, top: np.ndarray) -> float:
    """The intercept with which the mean probability is the share of top clients."""
    from scipy.optimize import brentq

    return float(brentq(lambda level: _probability(part + level).mean() - top.mean(), -40, 40))


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
        What each attribute, and at last their combination, adds to the log-odds of an average client.
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
    known = np.stack([table[a.name].notna().to_numpy() for a in places.attributes], axis=1).mean(axis=1)
    parts = model.stretch * signals.parts(model.model, one_hot(table, places.attributes), places)
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


def within_chance(judged: pd.DataFrame) -> bool:
    """Whether chances that are right would miss what was observed by as much in one of twenty portfolios, or in more."""
    from scipy.stats import chi2

    bins = calibration(judged)
    expected = bins["predicted"]
    misses = bins["clients"] * (bins["observed"] - expected) ** 2 / (expected * (1 - expected))
    return bool(chi2.sf(misses.sum(), len(bins)) >= 0.05)


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
