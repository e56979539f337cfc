"""Is a found rule more than luck, what is it worth on clients that did not help to find it, and does it hold still?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from carteira_lib.pci.search import BEAM, Found, Grid, members, search
from carteira_lib.pci.value import discounted

PERMUTATIONS = 199
BATCH = 50
LEVEL = 0.05
#: Above so many clients permutations, and learning, look at a sample of them.
PERMUTED_CLIENTS = 10_000
FOLDS, REPEATS = 5, 4
SUBSAMPLES, SUBSAMPLE_SHARE = 12, 0.8
RESAMPLES = 1000
RESAMPLED_CELLS = 20_000_000
#: Up to so many clients several rules are about as good, and the one that agrees with them best is taken.
CONSENSUS_CLIENTS = 2000
CONSENSUS_BEAM = 60


class Lift(NamedTuple):
    """Mean value inside and outside, and inside / outside with its 95 % interval; nan where the base is not positive."""

    inside: float
    outside: float
    lift: float
    low: float
    high: float


def best(hot: np.ndarray, places: Grid, values: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The rule published for each column of values: its cells, (columns, cells) of bool; none where nothing was found.

    Parameters
    ----------
    hot, places, values, weights
        As `search.search` takes them.

    Notes
    -----
    In a small portfolio the rule of the highest score is mostly a lucky neighbour of the true one. Rules vote with
    exp(s (score - s)), s being the best score, roughly what each gains in likelihood; the vote is each client's probability
    of standing in the niche, and the rule of the highest expected F1 under it is taken. With thousands of clients the
    votes fall on one rule.
    """
    values = np.atleast_2d(values)
    few = values.shape[1] <= CONSENSUS_CLIENTS
    found = search(hot, places, values, weights, beam=CONSENSUS_BEAM if few else BEAM)
    if not few:
        return found.masks[:, 0]
    return np.stack([_consensus(hot, places, found, column, weights) for column in range(len(values))])


def _consensus(hot: np.ndarray, places: Grid, found: Found, column: int, weights: np.ndarray | None) -> np.ndarray:
    real = np.flatnonzero(np.isfinite(found.scores[column]))
    if not len(real):
        return np.zeros(places.cells, bool)
    masks, scores = found.masks[column][real], found.scores[column][real]
    inside = members(hot if weights is None else hot[weights[column] > 0], places, masks).astype("float64")
    votes = np.exp(max(scores.max(), 1.0) * (scores - scores.max()))
    probability = votes @ inside / votes.sum()
    expected = 2 * inside @ probability / (probability.sum() + inside.sum(axis=1))
    return masks[int(np.argmax(expected.round(9)))]


def significant(p: float | np.ndarray) -> bool | np.ndarray:
    """Whether luck is ruled out: strictly below the level, as a test that reaches it errs in one of twenty portfolios exactly."""
    return p < LEVEL - 1e-9


def permutation_p(
    hot: np.ndarray,
    places: Grid,
    scores: np.ndarray,
    size: np.ndarray | None = None,
    *,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> np.ndarray:
    """Chance of a best score as high as each way of looking finds, were value dealt to the clients at random.

    The whole search is repeated on permuted clients, the discount of size within it: a straight line fitted to the real
    order alone would leave the two ways less alike than on permuted clients. Each way is compared with the highest score
    over both, so that looking twice costs nothing. It stops once the result cannot be significant any more (Besag &
    Clifford 1991).

    Parameters
    ----------
    scores : ndarray
        Normal scores of the value.
    size : ndarray, optional
        Headcount of each client: the value is looked at as it is, and beyond size.

    Returns
    -------
    ndarray
        p of the plain way, and with `size` of the discounted one.
    """
    rng = np.random.default_rng(seed)
    if len(scores) > PERMUTED_CLIENTS:
        drawn = np.sort(rng.choice(len(scores), PERMUTED_CLIENTS, replace=False))
        hot, scores, size = hot[drawn], scores[drawn], None if size is None else size[drawn]
    reached = search(hot, places, _ways(scores[None], size)).scores[:, 0]
    above, done = np.zeros(len(reached), int), 0
    enough = LEVEL * (permutations + 1) - 1
    while done < permutations and (above < enough).any():
        count = min(BATCH, permutations - done)
        orders = np.stack([rng.permutation(len(scores)) for _ in range(count)])
        luck = search(hot, places, _ways(scores[orders], size)).scores[:, 0].reshape(len(reached), count).max(axis=0)
        above += (luck[None, :] >= reached[:, None]).sum(axis=1)
        done += count
    p = (above + 1) / (done + 1)
    return np.where(np.isfinite(reached), p, 1.0)


def _ways(scores: np.ndarray, size: np.ndarray | None) -> np.ndarray:
    """Rows of scores as they are, and below them, where there are sizes, each with the size discounted."""
    return scores if size is None else np.concatenate([scores, [discounted(row, size) for row in scores]])


def folds(clients: int, *, seed: int = 0, repeats: int = REPEATS) -> np.ndarray:
    """Which clients learn in each fold, (repeats * folds, clients) of bool: each is left out once per repeat."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(repeats):
        fold = rng.permutation(clients) % FOLDS
        parts.append(fold[None, :] != np.arange(FOLDS)[:, None])
    return np.concatenate(parts)


def held_out(hot: np.ndarray, places: Grid, masks: np.ndarray, learning: np.ndarray) -> np.ndarray:
    """How often each client, left out, stood in the rule that the others gave: 0 to 1."""
    inside = np.stack([members(hot, places, mask[None])[0] for mask in masks])
    left_out = ~learning
    return (inside & left_out).sum(axis=0) / left_out.sum(axis=0)


def lift(value: np.ndarray, inside: np.ndarray, *, seed: int = 0) -> Lift:
    """How much more the clients inside are worth, with a bootstrap interval over clients.

    Parameters
    ----------
    value : ndarray
        Value a year.
    inside : ndarray
        0 to 1: a client that stands in half of the rules counts half on each side.
    """
    inside = np.asarray(inside, dtype="float64")
    none = Lift(*[float("nan")] * 5)
    if not 0 < inside.sum() < len(inside):
        return none
    means = _means(value, inside, np.ones((1, len(value))))[0]
    rng = np.random.default_rng(seed)
    count = int(np.clip(RESAMPLED_CELLS // len(value), 200, RESAMPLES))
    draws = [_means(value, inside, rng.poisson(1.0, (50, len(value)))) for _ in range(count // 50)]
    drawn = np.concatenate(draws)
    if means[1] <= 0 or (drawn[:, 1] <= 0).mean() > LEVEL / 2:
        return Lift(*means, float("nan"), float("nan"), float("nan"))
    ratios = drawn[:, 0] / np.where(drawn[:, 1] > 0, drawn[:, 1], np.nan)
    low, high = np.nanquantile(ratios, [0.025, 0.975])
    return Lift(*means, means[0] / means[1], float(low), float(high))


def _means(value: np.ndarray, inside: np.ndarray, weights: np.ndarray) -> np.ndarray:
    within, without = weights * inside, weights * (1 - inside)
    sides = [(part @ value) / np.maximum(part.sum(axis=1), 1e-12) for part in (within, without)]
    return np.stack(sides, axis=1)


def stability(hot: np.ndarray, places: Grid, values: np.ndarray, *, seed: int = 0) -> float:
    """Mean overlap (Jaccard) of the members of the rules that 12 samples of 80 % of the clients give, pair by pair."""
    rng = np.random.default_rng(seed)
    clients = len(values)
    taken = np.zeros((SUBSAMPLES, clients), bool)
    for row in taken:
        row[rng.choice(clients, round(SUBSAMPLE_SHARE * clients), replace=False)] = True
    inside = members(hot, places, best(hot, places, np.repeat(values[None], SUBSAMPLES, axis=0), taken))
    pairs = [(a, b) for i, a in enumerate(inside) for b in inside[i + 1 :]]
    return float(np.mean([jaccard(a, b) for a, b in pairs]))


def jaccard(a: np.ndarray, b: np.ndarray) -> float:
    """Share of the members of either that are members of both; 0 where neither has any.

    Examples
    --------
    >>> jaccard(np.array([True, True, False]), np.array([False, True, False]))
    0.5
    """
    either = (a | b).sum()
    return float((a & b).sum() / either) if either else 0.0
