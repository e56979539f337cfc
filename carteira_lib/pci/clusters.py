"""Groups among the clients of the highest value, by what was known of them before they bought; value takes no part.

A mixture of classes in which, inside a class, attributes do not depend on one another: shares of levels, and a normal curve
on the normal scores of a number. What is missing counts for no class. Classes are added
while BIC falls; one class means that the best clients do not fall into groups.

References
----------
McLachlan, G., & Peel, D. (2000). Finite Mixture Models. Wiley. (Latent classes, EM, and BIC for their number.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.pci.cells import NUMERIC, Attribute, positions
from carteira_lib.pci.judge import best
from carteira_lib.pci.search import Grid
from carteira_lib.pci.value import normal_scores

TOP_SHARE = 0.2
MOST_CLUSTERS = 6
STARTS, ROUNDS = 5, 40
PRIOR = 0.5  # of a client, spread over the levels: no share is ever 0
LEAST_SPREAD = 0.4
RARE = 0.05
#: A group is worth telling from this share of the top clients on.
SMALLEST_SHARE = 0.05
CLUSTERED = 2000


class Clusters(NamedTuple):
    """Groups of the top clients.

    Attributes
    ----------
    top : ndarray of bool
        Who the top clients are.
    label : ndarray of int
        Group of each client, the largest 0; -1 for those that are not top.
    rules : ndarray of bool, (groups, cells)
        The rule that describes each group best among all clients.
    map : ndarray, (clients, 2)
        Where the top clients stand: close ones have much in common.
    """

    top: np.ndarray
    label: np.ndarray
    rules: np.ndarray
    map: np.ndarray


def clusters(
    table: pd.DataFrame, hot: np.ndarray, places: Grid, scores: np.ndarray, *, seed: int = 0, drawn: bool = True
) -> Clusters:
    """The groups of the clients of the highest value, each with the rule that describes it.

    Parameters
    ----------
    table : DataFrame
        Attributes of the clients.
    hot, places
        Their cells, as `search.search` takes them.
    scores : ndarray
        Value of the clients, in any unit that keeps its order.
    drawn : bool
        Whether the map is wanted.
    """
    top = top_clients(scores)
    found = _labels(table[top], places.attributes, seed)
    label = np.full(len(table), -1)
    label[top] = found
    targets = np.stack([(label == group).astype("float64") for group in range(found.max() + 1)])
    rules = best(hot, places, targets) if len(places.attributes) else np.zeros((len(targets), 0), bool)
    plane = _plane(hot[top]) if drawn else np.zeros((top.sum(), 2))
    whole = np.full((len(table), 2), np.nan)
    whole[top] = plane
    return Clusters(top, label, rules, whole)


def top_clients(scores: np.ndarray) -> np.ndarray:
    """The fifth of the clients of the highest value; equal values stand on one side, the smaller one where it is not empty.

    Examples
    --------
    >>> top_clients(np.array([1, 2, 3, 4, 5])).tolist(), top_clients(np.array([0, 0, 0, 0, 0, 0, 0, 0, 0, 7])).sum()
    ([False, False, False, False, True], np.int64(1))
    """
    limit = np.quantile(scores, 1 - TOP_SHARE)
    top, above = scores >= limit, scores > limit
    return above if top.mean() > 2 * TOP_SHARE and above.any() else top


def _labels(table: pd.DataFrame, attributes: Sequence[Attribute], seed: int) -> np.ndarray:
    levels, numbers = _levels(table, attributes), _numbers(table, attributes)
    rng = np.random.default_rng(seed)
    if len(table) > CLUSTERED:  # the classes are learned from a sample, and all clients join the nearest
        some = np.sort(rng.choice(len(table), CLUSTERED, replace=False))
    else:
        some = np.arange(len(table))
    chosen = _fit([a[some] for a in levels], numbers[some], 1, rng)
    for count in range(2, MOST_CLUSTERS + 1):
        more = _fit([a[some] for a in levels], numbers[some], count, rng)
        if more is None or more[0] >= chosen[0]:
            break
        chosen = more
    label = _joint(levels, numbers, *chosen[1:]).argmax(axis=1)
    order = np.argsort(-np.bincount(label), kind="stable")
    return np.argsort(order)[label]


def _levels(table: pd.DataFrame, attributes: Sequence[Attribute]) -> list[np.ndarray]:
    """One-hot levels of each attribute that has some; rare ones together, as each costs every class a share."""
    made = []
    for attribute in attributes:
        if attribute.kind != NUMERIC:
            found = positions(table, attribute)
            hot = (found[:, None] == np.arange(len(attribute.cells))).astype("float64")
            rare = hot.sum(axis=0) < RARE * len(table)
            parts = [hot[:, ~rare], hot[:, rare].sum(axis=1, keepdims=True)] if rare.any() else [hot]
            made.append(np.hstack(parts))
    return [hot for hot in made if hot.shape[1] > 1]


def _numbers(table: pd.DataFrame, attributes: Sequence[Attribute]) -> np.ndarray:
    """Normal scores of each number, nan where missing."""
    names = [attribute.name for attribute in attributes if attribute.kind == NUMERIC]
    made = np.full((len(table), len(names)), np.nan)
    for column, name in enumerate(names):
        values = table[name].to_numpy("float64")
        known = np.isfinite(values)
        made[known, column] = normal_scores(values[known])
    return made


def _fit(levels: list[np.ndarray], numbers: np.ndarray, count: int, rng: np.random.Generator) -> tuple | None:
    """BIC and parameters of the best of several starts; None where a class would be too small to tell."""
    clients = len(numbers)
    found = []
    for _ in range(STARTS if count > 1 else 1):
        belongs = np.eye(count)[rng.integers(count, size=clients)] * 0.8 + 0.2 / count
        for _round in range(ROUNDS):
            parameters = _maximised(levels, numbers, belongs)
            joint = _joint(levels, numbers, *parameters)
            most = joint.max(axis=1, keepdims=True)
            total = np.log(np.exp(joint - most).sum(axis=1, keepdims=True)) + most
            step = np.exp(joint - total)
            if np.abs(step - belongs).max() < 1e-4:
                break
            belongs = step
        free = count - 1 + count * (sum(a.shape[1] - 1 for a in levels) + 2 * numbers.shape[1])
        sizes = np.bincount(joint.argmax(axis=1), minlength=count)
        if sizes.min() >= SMALLEST_SHARE * clients:
            found.append((-2 * float(total.sum()) + free * np.log(clients), *parameters))
    return min(found, key=lambda fit: fit[0]) if found else None


def _maximised(levels: list[np.ndarray], numbers: np.ndarray, belongs: np.ndarray) -> tuple:
    """Shares of the classes, of the levels in each, and means and spreads of the ordered attributes in each."""
    shares = np.log(belongs.sum(axis=0) / len(belongs))
    tables = []
    for hot in levels:
        counts = belongs.T @ hot + PRIOR * hot.mean(axis=0)
        tables.append(np.log((counts + 1e-9) / (counts + 1e-9).sum(axis=1, keepdims=True)))
    known = np.isfinite(numbers)
    filled = np.where(known, numbers, 0.0)
    weight = belongs.T @ known + 1e-9
    means = belongs.T @ filled / weight
    squares = belongs.T @ filled**2 / weight - means**2
    return shares, tables, means, np.sqrt(np.maximum(squares, LEAST_SPREAD**2))


def _joint(
    levels: list[np.ndarray],
    numbers: np.ndarray,
    shares: np.ndarray,
    tables: list,
    means: np.ndarray,
    spreads: np.ndarray,
) -> np.ndarray:
    """Log of the joint density of each client with each class."""
    joint = np.repeat(shares[None], len(numbers), axis=0)
    for hot, table in zip(levels, tables, strict=True):
        joint = joint + hot @ table.T
    for column in range(numbers.shape[1]):
        off = (numbers[:, column, None] - means[None, :, column]) / spreads[None, :, column]
        density = -0.5 * off**2 - np.log(spreads[None, :, column])
        joint = joint + np.where(np.isfinite(off), density, 0.0)
    return joint


def _plane(hot: np.ndarray) -> np.ndarray:
    """Two coordinates of clients from their cells: principal components, signs fixed by the largest loading."""
    share = hot.mean(axis=0)
    used = (share > 0) & (share < 1)
    if used.sum() < 2 or len(hot) < 3:
        return np.zeros((len(hot), 2))
    scaled = hot[:, used].astype("float64") - share[used]
    _left, _values, axes = np.linalg.svd(scaled, full_matrices=False)
    axes = axes[:2]
    largest = np.abs(axes).argmax(axis=1)
    signs = np.sign(axes[np.arange(len(axes)), largest])
    plane = scaled @ (axes * signs[:, None]).T
    return np.hstack([plane, np.zeros((len(hot), 2 - plane.shape[1]))])
