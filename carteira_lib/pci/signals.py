"""What the score sees of a company, and the ridge regression that weighs it.

The cells of its attributes, its place on each ordered one, and one more signal: how many of thirty rules, each found on a
sample of the clients, hold the company. What a client's own value taught does not count for it: only rules found without it
vote.
"""

from __future__ import annotations

import numpy as np

from carteira_lib.pci.judge import PERMUTED_CLIENTS
from carteira_lib.pci.search import Grid, members, search

VOTES, TAKEN = 30, 0.63
#: The votes weigh so much more than a cell that the ridge hardly holds them back: they were searched for, and cells were not.
VOTE_WEIGHT = 12.0
PENALTIES = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10_000.0)


def learned(
    hot: np.ndarray, places: Grid, scores: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rules that vote, and the mean and the weight of each signal, the penalty being that of the least error on clients
    left out."""
    from sklearn.linear_model import RidgeCV

    rules, votes = _votes(hot, places, scores, rng)
    seen = signals(hot, places, votes)
    means = _means(seen)
    model = RidgeCV(alphas=PENALTIES).fit(centred(seen, means), scores)
    return rules, means, model.coef_


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


def signals(hot: np.ndarray, places: Grid, votes: np.ndarray) -> np.ndarray:
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


def centred(signals: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Distance from the mean; what is missing is at the mean, and so speaks neither for nor against."""
    return np.nan_to_num(signals - means, nan=0.0)
