"""Beam search for the group of clients whose value stands out, many value columns at once as matrix products.

A rule joins conditions on different attributes: an interval of cells of an ordered attribute, or up to four levels of an
unordered one. Its score is z - COST_CONDITION per condition beyond the first - COST_LEVEL per level beyond the first, and
once per interval, of which there are more to choose from than levels; z being the group's mean of the normal scores over its standard error. The permutation test repeats the whole search, so
that searching itself costs significance.

References
----------
Atzmueller, M. (2015). Subgroup discovery. WIREs Data Mining and Knowledge Discovery, 5(1), 35-49.
Duivesteijn, W., & Knobbe, A. (2011). Exploiting false discoveries: statistical validation of patterns and quality
measures in subgroup discovery. ICDM 2011.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from carteira_lib.pci.cells import Attribute, Condition, Rule

BEAM = 15
DEPTH = 3
MOST_JOINED = 4
COST_CONDITION = 0.5
COST_LEVEL = 0.2
SMALLEST, SMALLEST_SHARE, LARGEST_SHARE = 6, 0.05, 0.45
SPARE = 3  # so many candidates per place of the beam are looked at, as the same group comes up on several ways
SAME = 1e-3
CHUNK = 24_000_000  # cells of a client-by-rule matrix held at once: about 100 MB


class Found(NamedTuple):
    """What a search found for each value column.

    Attributes
    ----------
    masks : ndarray of bool, (columns, rules, cells)
        Cells of each rule, the best score first; a rule without cells is none.
    scores, z, sizes : ndarray, (columns, rules)
        -inf, nan and 0 where there is no rule.
    """

    masks: np.ndarray
    scores: np.ndarray
    z: np.ndarray
    sizes: np.ndarray


class Grid(NamedTuple):
    """Where each attribute's cells stand among all, and the intervals of the ordered ones."""

    attributes: tuple[Attribute, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    @property
    def cells(self) -> int:
        return self.ends[-1] if self.ends else 0


def grid(attributes: Sequence[Attribute]) -> Grid:
    """The places of the cells of `cells.one_hot`."""
    ends = np.cumsum([len(a.cells) for a in attributes]).tolist()
    return Grid(tuple(attributes), tuple([0, *ends[:-1]][: len(ends)]), tuple(ends))


def search(
    hot: np.ndarray, places: Grid, values: np.ndarray, weights: np.ndarray | None = None, *, beam: int = BEAM
) -> Found:
    """The best rules for each column of values.

    Parameters
    ----------
    hot : ndarray of float32, (clients, cells)
    places : Grid
    values : ndarray, (columns, clients)
        Normal scores.
    weights : ndarray of 0 and 1, (columns, clients)
        Who takes part in each column; all by default.
    beam : int
        Rules kept at each depth, and returned.

    Returns
    -------
    Found
        The best `beam` rules per column, of any number of conditions.
    """
    values = np.atleast_2d(np.asarray(values, dtype="float32"))
    clients = values.shape[1]
    step = max(1, CHUNK // max(clients * beam, 1))
    parts = []
    for first in range(0, len(values), step):
        some = values[first : first + step]
        present = np.ones_like(some) if weights is None else weights[first : first + step].astype("float32")
        parts.append(_searched(hot, places, some, present, beam))
    return Found(*(np.concatenate(found) for found in zip(*parts, strict=True)))


def _searched(hot: np.ndarray, places: Grid, values: np.ndarray, present: np.ndarray, wanted: int) -> Found:
    """All depths of one batch of columns."""
    size = present.sum(axis=1)
    mean = (values * present).sum(axis=1) / size
    centred = (values - mean[:, None]) * present
    spread = np.sqrt((centred**2).sum(axis=1) / size)
    centred = centred / np.where(spread > 0, spread, 1)[:, None]
    columns = len(values)
    beam = Found(
        np.zeros((columns, 1, places.cells), bool), np.zeros((columns, 1)), np.zeros((columns, 1)), size[:, None]
    )
    every = []
    for depth in range(min(DEPTH, len(places.attributes))):
        inside = _inside(hot, places, beam.masks) * present[:, None, :]
        sums = (inside * centred[:, None, :]) @ hot
        counts = inside @ hot
        beam = _picked(beam, _candidates(places, beam, sums, counts, size), depth, wanted)
        every.append(beam)
    joined = Found(*(np.concatenate(found, axis=1) for found in zip(*every, strict=True)))
    return _first(joined, wanted)


def _inside(hot: np.ndarray, places: Grid, masks: np.ndarray) -> np.ndarray:
    """Membership of each client in each rule, (columns, rules, clients), as float32."""
    columns, rules, _ = masks.shape
    inside = np.ones((columns * rules, len(hot)), "float32")
    flat = masks.reshape(columns * rules, -1)
    for start, end in zip(places.starts, places.ends, strict=True):
        used = np.flatnonzero(flat[:, start:end].any(axis=1))
        if len(used):
            inside[used] *= flat[used, start:end].astype("float32") @ hot[:, start:end].T
    return inside.reshape(columns, rules, -1)


class Candidates(NamedTuple):
    """Extensions of rules by one condition on one attribute: (columns, rules, candidates) each."""

    start: int
    end: int
    z: np.ndarray
    counts: np.ndarray
    allowed: np.ndarray
    extra: np.ndarray
    cells: Callable


def _candidates(places: Grid, beam: Found, sums: np.ndarray, counts: np.ndarray, size: np.ndarray) -> list[Candidates]:
    """All extensions of each rule by one condition on an attribute that it does not use yet."""
    made, real = [], beam.sizes > 0
    for attribute, start, end in zip(places.attributes, places.starts, places.ends, strict=True):
        free = real & ~beam.masks[:, :, start:end].any(axis=2)
        extensions = _intervals if attribute.ordered else _joined
        total, count, extra, cells = extensions(sums[:, :, start:end], counts[:, :, start:end])
        allowed = free[:, :, None] & _allowed(count, size)
        z = np.where(allowed, _z(total, count, size), 0.0)
        made.append(Candidates(start, end, z, count, allowed, extra, cells))
    return made


def _z(total: np.ndarray, count: np.ndarray, size: np.ndarray) -> np.ndarray:
    whole = size[:, None, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        return total * np.sqrt(whole / (count * (whole - count)))


def _allowed(count: np.ndarray, size: np.ndarray) -> np.ndarray:
    whole = size[:, None, None]
    return (count >= np.maximum(SMALLEST, SMALLEST_SHARE * whole)) & (count <= LARGEST_SHARE * whole)


def _intervals(sums: np.ndarray, counts: np.ndarray) -> tuple:
    """Every interval of cells but the whole: sums, counts, its price in levels and a function to its cells."""
    width = sums.shape[2]
    pairs = [(i, j) for i in range(width) for j in range(i + 1, width + 1) if j - i < width]
    first, last = (np.array(side) for side in zip(*pairs, strict=True))
    total, count = (
        (padded := np.concatenate([np.zeros((*a.shape[:2], 1), a.dtype), a.cumsum(axis=2)], axis=2))[:, :, last]
        - padded[:, :, first]
        for a in (sums, counts)
    )
    table = (np.arange(width) >= first[:, None]) & (np.arange(width) < last[:, None])
    return total, count, np.ones(len(pairs)), lambda column, rule, candidate: table[candidate]


def _joined(sums: np.ndarray, counts: np.ndarray) -> tuple:
    """The one to four levels of the highest mean: the sets by which a sum of squares is split best (Fisher 1958)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        means = np.where(counts > 0, sums / counts, -np.inf)
    order = np.argsort(-means, axis=2, kind="stable")
    most = min(MOST_JOINED, sums.shape[2] - 1)
    total, count = (np.take_along_axis(a, order, axis=2)[:, :, :most].cumsum(axis=2) for a in (sums, counts))
    rank = np.argsort(order, axis=2, kind="stable")
    return total, count, np.arange(most), lambda column, rule, candidate: rank[column, rule] <= candidate[:, None]


def _picked(beam: Found, made: Sequence[Candidates], depth: int, wanted: int) -> Found:
    """The first of all candidates, each group once, with their cells."""
    masks = beam.masks
    paid = np.where(beam.sizes > 0, beam.z - np.where(beam.sizes > 0, beam.scores, 0.0), 0.0)
    price = (np.nan_to_num(paid) + COST_CONDITION * (depth > 0))[:, :, None]
    scores = [np.where(c.allowed, c.z - price - COST_LEVEL * c.extra, -np.inf) for c in made]
    widths = [c.z.shape[2] for c in made]
    flat = [
        np.concatenate(parts, axis=2).reshape(len(masks), -1)
        for parts in (scores, [c.z for c in made], [c.counts for c in made])
    ]
    top, (score, z, count) = _distinct(flat, wanted)
    parent, candidate = np.divmod(top, sum(widths))
    grown = np.take_along_axis(masks, parent[:, :, None], axis=1)
    bounds = np.cumsum([0, *widths])
    for extension, low, high in zip(made, bounds[:-1], bounds[1:], strict=True):
        column, place = np.nonzero((candidate >= low) & (candidate < high))
        chosen = extension.cells(column, parent[column, place], candidate[column, place] - low)
        grown[column, place, extension.start : extension.end] = chosen
    none = np.isneginf(score)
    grown[none] = False
    return Found(grown, score, np.where(none, np.nan, z), np.where(none, 0, count))


def _distinct(flat: Sequence[np.ndarray], wanted: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Places of the best candidates and their score, z and count; what was found on another way before is left out."""
    most = min(wanted * SPARE, flat[0].shape[1])
    top = np.argpartition(-flat[0], most - 1, axis=1)[:, :most]
    order = np.lexsort((top, -np.take_along_axis(flat[0], top, axis=1)), axis=1)
    top = np.take_along_axis(top, order, axis=1)
    score, z, count = (np.take_along_axis(part, top, axis=1) for part in flat)
    score = np.where(_again(score, z, count), -np.inf, score)
    keep = np.argsort(-score, axis=1, kind="stable")[:, :wanted]
    return np.take_along_axis(top, keep, axis=1), [np.take_along_axis(p, keep, axis=1) for p in (score, z, count)]


def _again(score: np.ndarray, z: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Groups that stand there once more at a better score: equal in z and size."""
    alike = np.round(z / SAME)
    order = np.lexsort((-score, count, alike), axis=1)
    alike, count = (np.take_along_axis(part, order, axis=1) for part in (alike, count))
    found = np.zeros(score.shape, bool)
    same = (np.diff(alike, axis=1) == 0) & (np.diff(count, axis=1) == 0)
    np.put_along_axis(found, order[:, 1:], same, axis=1)
    return found


def _first(found: Found, wanted: int) -> Found:
    """The best of all depths."""
    z = np.nan_to_num(found.z)
    scores = np.where(_again(found.scores, z, found.sizes), -np.inf, found.scores)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :wanted]
    scores, z, sizes = (np.take_along_axis(part, order, axis=1) for part in (scores, found.z, found.sizes))
    masks = np.take_along_axis(found.masks, order[:, :, None], axis=1)
    none = np.isneginf(scores)
    masks[none] = False
    return Found(masks, scores, np.where(none, np.nan, z), np.where(none, 0, sizes))


def rule_of(mask: np.ndarray, places: Grid) -> Rule:
    """The conditions of one rule."""
    return tuple(
        Condition(attribute, tuple(np.flatnonzero(mask[start:end]).tolist()))
        for attribute, start, end in zip(places.attributes, places.starts, places.ends, strict=True)
        if mask[start:end].any()
    )


def members(hot: np.ndarray, places: Grid, masks: np.ndarray) -> np.ndarray:
    """Which clients each rule holds: (rules, clients) of bool; a rule without cells holds nobody."""
    inside = _inside(hot, places, masks[None])[0] > 0
    return inside & masks.any(axis=1)[:, None]
