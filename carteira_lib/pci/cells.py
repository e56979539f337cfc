"""Attributes -> cells: levels of an unordered attribute, twelfths of a number, steps of an ordered one.

A rule is a set of cells per attribute; a client whose attribute is missing stands in none of its cells, so it matches no
condition on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

NOMINAL, NUMERIC = "nominal", "numeric"
BINS = 12
#: Of more levels the most frequent ones count; the others match no condition.
MOST_LEVELS = 30


class Attribute(NamedTuple):
    """One attribute cut into cells.

    Attributes
    ----------
    name : str
    kind : str
        ``nominal``, ``numeric`` or ``ordinal``.
    cells : tuple
        Levels; for a number the upper edge of each cell, the last of them infinite.
    """

    name: str
    kind: str
    cells: tuple

    @property
    def ordered(self) -> bool:
        return self.kind != NOMINAL


class Condition(NamedTuple):
    """An attribute and the positions of its cells that match."""

    attribute: Attribute
    cells: tuple[int, ...]


Rule = tuple[Condition, ...]


def cut(table: pd.DataFrame, kinds: Mapping[str, str | Sequence[str]]) -> tuple[Attribute, ...]:
    """The cells of each attribute, from the clients of `table`.

    Parameters
    ----------
    table : DataFrame
        One row per client, one column per attribute.
    kinds : mapping of attribute to "nominal", "numeric" or the levels in their order

    Returns
    -------
    tuple of Attribute
        Those with two cells or more.
    """
    made = (_attribute(name, kind, table[name].dropna()) for name, kind in kinds.items())
    return tuple(attribute for attribute in made if len(attribute.cells) > 1)


def _attribute(name: str, kind: str | Sequence[str], values: pd.Series) -> Attribute:
    if kind == NUMERIC:
        return Attribute(name, NUMERIC, _edges(values.astype("float64")))
    counts = values.astype("str").value_counts()
    if kind == NOMINAL:
        frequent = sorted(counts.index, key=lambda level: (-counts[level], level))[:MOST_LEVELS]
        return Attribute(name, NOMINAL, tuple(sorted(frequent)))
    return Attribute(name, "ordinal", tuple(level for level in kind if level in counts.index))


def _edges(numbers: pd.Series) -> tuple[float, ...]:
    """Twelfths, whole where the numbers are whole; each cell holds its upper edge."""
    if numbers.empty:
        return (np.inf,)
    inner = np.quantile(numbers, np.arange(1, BINS) / BINS)
    inner = np.floor(inner) if (numbers % 1 == 0).all() else inner
    return (*(float(edge) for edge in np.unique(inner) if edge < numbers.max()), np.inf)


def positions(table: pd.DataFrame, attribute: Attribute) -> np.ndarray:
    """The cell of each row, -1 where the value is missing or of no cell."""
    values = table[attribute.name]
    if attribute.kind == NUMERIC:
        numbers = values.astype("float64").to_numpy(na_value=np.nan)
        found = np.searchsorted(np.asarray(attribute.cells), numbers, side="left")
        return np.where(np.isnan(numbers), -1, np.minimum(found, len(attribute.cells) - 1))
    texts = values.astype("object").map(str, na_action="ignore").where(values.notna(), None)
    return pd.Index(attribute.cells, dtype="object").get_indexer(pd.Index(texts, dtype="object"))


def one_hot(table: pd.DataFrame, attributes: Sequence[Attribute]) -> np.ndarray:
    """One column per cell of all attributes, one row per row of `table`; float32, as products are made of it."""
    parts = []
    for attribute in attributes:
        found = positions(table, attribute)
        parts.append(found[:, None] == np.arange(len(attribute.cells)))
    return np.hstack(parts).astype("float32") if parts else np.zeros((len(table), 0), "float32")


def matches(table: pd.DataFrame, rule: Rule) -> np.ndarray:
    """Which rows fulfil every condition; none where there is no condition."""
    inside = np.full(len(table), bool(rule))
    for condition in rule:
        inside &= np.isin(positions(table, condition.attribute), condition.cells)
    return inside
