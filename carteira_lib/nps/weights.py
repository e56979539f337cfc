"""Who did not answer: response by stratum of the portfolio, weights that mend what is known, and what they cannot mend."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import formats, tables
from carteira_lib.groups import headcount_band, made_here
from carteira_lib.nps.ids import beside
from carteira_lib.nps.score import Counts, Estimate, adjusted_wald, counts, nps

STATUSES = ("active", "late", "inactive", "outside")
FEWEST_IN_STRATUM = 5
KNOWN_SHARE = 0.5  # of the clients whose headcount must be known, or the size is the ABC class
SILENT_DETRACTORS = 0.6  # how often a detractor answers, for each time that another client does


class Weighted(NamedTuple):
    """The score as if every stratum had answered alike.

    Attributes
    ----------
    estimate : Estimate
    effective : Counts
        Weighted answers, scaled to their effective number (Kish): what the interval is made of.
    strata : DataFrame
        Table ``nps_responses``: one row per stratum.
    by_client : Series
        The weight of an answer of each client's stratum, by client.
    """

    estimate: Estimate
    effective: Counts
    strata: pd.DataFrame
    by_client: pd.Series


def weighted(
    answers: pd.DataFrame, clients: pd.DataFrame, customers: pd.DataFrame, *, language: str = "pt-BR"
) -> Weighted:
    """The score post-stratified by status and size, strata of fewer than five answers merged with a neighbour.

    Parameters
    ----------
    answers : DataFrame
        One row per client who answered: ``customer_id``, ``class``. At least one.
    clients : DataFrame
        The population: ``customer_id``, ``status``, ``abc_class``.
    customers : DataFrame
        ``customer_id``, ``employees``: the size, where it is known of half the clients; the ABC class where not.

    References
    ----------
    Kish, L. (1965). Survey Sampling. Wiley. The effective number of answers is (sum of weights)^2 / sum of squares.
    """
    cells = _cells(clients, customers, language)
    joined = answers.assign(stratum=beside(answers["customer_id"], cells, ["stratum"])["stratum"])
    joined = joined[joined["stratum"].notna()]
    table = _merged(cells.groupby(["status_order", "size_order", "stratum"]).size(), joined, language)
    stratum = {cell: row for row, found in enumerate(table["cells"]) for cell in found}
    place = joined["stratum"].map(stratum)
    by_stratum = [counts(joined.loc[place == row, "class"]) for row in range(len(table))]
    found = effective(by_stratum, table["clients"])
    shown = table.assign(nps=[nps(part) for part in by_stratum], response_share=table["answers"] / table["clients"])
    told = tables.conform(shown.drop(columns=["cells", "status"]), "nps_responses")
    by_client = cells["stratum"].map(stratum).map(table["weight"]).set_axis(cells["customer_id"])
    return Weighted(adjusted_wald(found), found, told, by_client)


def effective(strata: Sequence[Counts], clients: Sequence[float]) -> Counts:
    """Answers weighted so that each stratum counts for its clients, scaled to their effective number.

    Parameters
    ----------
    strata : sequence of Counts
        The answers of each stratum, at least one in each.
    clients : sequence of float
        How many clients each stratum has.

    Examples
    --------
    >>> effective([Counts(10, 0, 0), Counts(0, 0, 10)], [300, 100])
    Counts(promoters=12.0, passives=0.0, detractors=4.0)
    """
    weights = [size / found.answers for found, size in zip(strata, clients, strict=True)]
    total = sum(clients)
    squares = sum(weight**2 * found.answers for weight, found in zip(weights, strata, strict=True))
    scale = total / squares  # the effective number, total^2 / squares, over the total
    parts = (
        sum(weight * part for weight, part in zip(weights, by_class, strict=True))
        for by_class in zip(*strata, strict=True)
    )
    return Counts(*(scale * part for part in parts))


def _cells(clients: pd.DataFrame, customers: pd.DataFrame, language: str) -> pd.DataFrame:
    """The stratum of each client before any are merged, with its place among the others."""
    size = headcount_band(beside(clients["customer_id"], customers, ["employees"])["employees"])
    if not size.notna().mean() >= KNOWN_SHARE:
        size = clients["abc_class"]
    unknown = made_here(language)[1]
    order = {name: place for place, name in enumerate(sorted(size.dropna().unique(), key=_by_number))}
    status = clients["status"].map({name: place for place, name in enumerate(STATUSES)})
    words = clients["status"].map({code: tables.value_label("status", code, language) for code in STATUSES})
    return pd.DataFrame(
        {
            "customer_id": clients["customer_id"],
            "status_order": status,
            "size_order": size.map(order).fillna(len(order)).astype(int),
            "stratum": words + ", " + size.fillna(unknown),
        }
    )


def _by_number(band: str) -> tuple[int, str]:
    head = band.split("-")[0].rstrip("+")
    return (int(head), band) if head.isdigit() else (0, band)


def _merged(clients: pd.Series, answered: pd.DataFrame, language: str) -> pd.DataFrame:
    """Strata in order, the smallest merged with its neighbour until each has enough answers: of one status if it can."""
    given = answered["stratum"].value_counts()
    rows = [
        {"status": key[0], "cells": [key[2]], "clients": int(n), "answers": int(given.get(key[2], 0))}
        for key, n in clients.items()
    ]
    while len(rows) > 1 and min(row["answers"] for row in rows) < FEWEST_IN_STRATUM:
        small = min(range(len(rows)), key=lambda i: rows[i]["answers"])
        near = [i for i in (small - 1, small + 1) if 0 <= i < len(rows)]
        other = min(near, key=lambda i: (rows[i]["status"] != rows[small]["status"], rows[i]["answers"]))
        first, second = sorted((small, other))
        rows[first] = _joined(rows[first], rows[second])
        del rows[second]
    table = pd.DataFrame(rows)
    shares = table["answers"] / table["answers"].sum()
    named = [_named(cells, language) for cells in table["cells"]]
    return table.assign(stratum=named, weight=table["clients"] / table["clients"].sum() / shares)


def _named(cells: list[str], language: str) -> str:
    """Merged strata in one name: "ativo, 1-9 e 10-49; quase inativo, 1-9"."""
    sizes: dict[str, list[str]] = {}
    for cell in cells:
        status, size = cell.split(", ", 1)
        sizes.setdefault(status, []).append(size)
    return "; ".join(f"{status}, {formats.enumeration(found, language)}" for status, found in sizes.items())


def _joined(one: dict, other: dict) -> dict:
    added = {name: one[name] + other[name] for name in ("cells", "clients", "answers")}
    return {"status": one["status"] if one["status"] == other["status"] else -1, **added}


def if_detractors_are_silent(found: Counts, factor: float = SILENT_DETRACTORS) -> Estimate:
    """The score if a detractor answers only `factor` times as often as others: what no weight by stratum can mend.

    Examples
    --------
    >>> round(float(if_detractors_are_silent(Counts(50, 20, 30), 0.6).nps), 2)
    0.0
    """
    raised = 1 / factor
    weights = np.array([found.promoters, found.passives, found.detractors * raised])
    squares = found.promoters + found.passives + found.detractors * raised**2
    return adjusted_wald(Counts(*(float(part) for part in weights * weights.sum() / squares)))
