"""What the score sees of a company, and what it expects of its value: a ridge regression and, of many clients, boosted trees.

The ridge sees the cells of the attributes, the place on each ordered one, and one more signal: how many of thirty rules, each
found on a sample of the clients, hold the company. What a client's own value taught does not count for it: only rules found
without it vote. The trees see the cells, and what they add to the ridge is told as the combination of the attributes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from carteira_lib.pci.judge import PERMUTED_CLIENTS
from carteira_lib.pci.search import Grid, members, search

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

VOTES, TAKEN = 30, 0.63
#: The votes weigh so much more than a cell that the ridge hardly holds them back: they were searched for, and cells were not.
VOTE_WEIGHT = 12.0
PENALTIES = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)
#: From so many clients on trees are averaged with the ridge.
TREES_FROM = 5000
TREES = {"learning_rate": 0.06, "max_iter": 150, "max_leaf_nodes": 8, "min_samples_leaf": 40, "l2_regularization": 20.0}


class Model(NamedTuple):
    """What was learned.

    Attributes
    ----------
    rules : ndarray of bool, (rules, cells)
        The rules that vote.
    shares : ndarray
        Share of the clients in each cell.
    means, weights : ndarray
        Of each signal: cells, the place on each ordered attribute, the votes.
    trees : HistGradientBoostingRegressor or None
    """

    rules: np.ndarray
    shares: np.ndarray
    means: np.ndarray
    weights: np.ndarray
    trees: HistGradientBoostingRegressor | None


def learned(hot: np.ndarray, places: Grid, scores: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> Model:
    """What the clients teach of the target; the rules are those of their normal scores, and the penalty is that of the least error on clients left out."""
    from sklearn.linear_model import RidgeCV

    rules, votes = _votes(hot, places, scores, rng)
    seen = _signals(hot, places, votes)
    means = _means(seen)
    ridge = RidgeCV(alphas=PENALTIES).fit(_centred(seen, means), target)
    return Model(rules, hot.mean(axis=0), means, ridge.coef_, _trees(hot, places, target))


def _trees(hot: np.ndarray, places: Grid, target: np.ndarray) -> HistGradientBoostingRegressor | None:
    if len(target) < TREES_FROM:
        return None
    from sklearn.ensemble import HistGradientBoostingRegressor

    unordered = [not attribute.ordered for attribute in places.attributes]
    model = HistGradientBoostingRegressor(**TREES, categorical_features=unordered, early_stopping=False, random_state=0)
    return model.fit(_codes(hot, places), target - target.mean())


def parts(model: Model, hot: np.ndarray, places: Grid) -> np.ndarray:
    """What each attribute, and at last their combination, adds to the expected score: (companies, attributes + 1).

    The votes are credited to the attributes that decide them; those that no single attribute decides are the combination.
    """
    seen = _signals(hot, places, members(hot, places, model.rules).mean(axis=0))
    added = _centred(seen, model.means) * model.weights
    owner = owners(places)
    found = np.stack([added[:, owner == i].sum(axis=1) for i in range(owner[-1] + 1)], axis=1)
    votes = found[:, -1:]
    credit = np.maximum(np.sign(votes) * _deciding(model, hot, places), 0)
    total = credit.sum(axis=1, keepdims=True)
    found[:, :-1] += votes * credit / np.where(total > 0, total, 1)
    found[:, -1] *= total[:, 0] <= 0
    if model.trees is not None:
        found[:, -1] += (model.trees.predict(_codes(hot, places)) - found.sum(axis=1)) / 2
    return found


def _deciding(model: Model, hot: np.ndarray, places: Grid) -> np.ndarray:
    """How many more votes a company has than if one attribute were any client's, the others being its own.

    What is missing, or of a level that no client has, decides nothing.
    """
    cells = [slice(start, end) for start, end in zip(places.starts, places.ends, strict=True)]
    used = [model.rules[:, own].any(axis=1) for own in cells]
    fits = [
        (hot[:, own] @ model.rules[:, own].T.astype("float32")) + ~any_of
        for own, any_of in zip(cells, used, strict=True)
    ]
    misses = sum(1 - fit for fit in fits)
    usual = [model.rules[:, own] @ model.shares[own] for own in cells]
    known = [hot[:, own].any(axis=1, keepdims=True) for own in cells]
    decided = [
        (known_own * any_of * (misses + fit == 1) * (fit - share)).mean(axis=1)
        for known_own, any_of, fit, share in zip(known, used, fits, usual, strict=True)
    ]
    return np.stack(decided, axis=1)


def _codes(hot: np.ndarray, places: Grid) -> np.ndarray:
    """The cell of each attribute, nan where it is missing."""
    cells = [hot[:, start:end] for start, end in zip(places.starts, places.ends, strict=True)]
    return np.stack([np.where(c.any(axis=1), c.argmax(axis=1), np.nan) for c in cells], axis=1)


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
    return np.hstack([*parts, VOTE_WEIGHT * votes[:, None]])


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
