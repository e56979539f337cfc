"""Clients in groups that a page can show: sellers by name, small groups merged, what is unknown called so."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carteira_lib.language import N_, translator

GROUPS_SHOWN = 12
HEADCOUNT_BANDS = ((1, "1-9"), (10, "10-49"), (50, "50-99"), (100, "100-499"), (500, "500+"))
OTHERS = N_("Outros")
UNKNOWN = N_("sem informação")


def headcount_band(employees: pd.Series) -> pd.Series:
    """Band of the number of employees: 1-9, 10-49, 50-99, 100-499, 500+; missing where unknown or below 1.

    Examples
    --------
    >>> headcount_band(pd.Series([1, 9, 10, 499, 500, 0])).fillna("?").tolist()
    ['1-9', '1-9', '10-49', '100-499', '500+', '?']
    """
    edges = [low for low, _ in HEADCOUNT_BANDS]
    names = [name for _, name in HEADCOUNT_BANDS]
    bands = pd.cut(employees.astype("float64"), [*edges, np.inf], right=False, labels=names)
    return bands.astype("str").where(bands.notna())


def seller_names(sellers: pd.DataFrame) -> Mapping[str, str]:
    """Name of each seller by id; with the id behind where two share a name.

    Parameters
    ----------
    sellers : DataFrame
        Contract ``sellers``.

    Examples
    --------
    >>> seller_names(pd.DataFrame({"seller_id": ["1", "2", "3"], "name": ["Ana", "Ana", "Bia"]}))
    {'1': 'Ana (1)', '2': 'Ana (2)', '3': 'Bia'}
    """
    named = sellers[sellers["name"].notna()].drop_duplicates("seller_id")
    shared = named["name"].duplicated(keep=False)
    shown = named["name"].where(~shared, named["name"] + " (" + named["seller_id"] + ")")
    return dict(zip(named["seller_id"], shown, strict=True))


def merged(values: pd.Series, amounts: pd.Series, *, language: str = "pt-BR") -> pd.Series:
    """The group of each row: beyond the twelve of the largest amount "Outros", and "sem informação" where missing.

    Parameters
    ----------
    values : Series
        The group of each row as the data have it.
    amounts : Series, same index
        What the groups are ordered by.

    Returns
    -------
    Series
        Named ``group``.
    """
    others, unknown = made_here(language)
    texts = values.astype("str")
    known = pd.DataFrame({"group": texts, "amount": amounts})
    size = known.groupby("group")["amount"].agg(["sum", "size"]).reset_index()
    size = size.sort_values(["sum", "size", "group"], ascending=[False, False, True])
    small = size["group"].iloc[GROUPS_SHOWN:]
    # one group alone is not hidden behind a word that says less than its name
    shown = texts if len(small) < 2 else texts.mask(texts.isin(small), others)
    return shown.fillna(unknown).rename("group")


def made_here(language: str) -> tuple[str, str]:
    """The two groups that no data name: "Outros" and "sem informação"."""
    _ = translator(language)
    return _(OTHERS), _(UNKNOWN)


def sums(values: pd.Series, amounts: pd.Series, *, language: str = "pt-BR") -> pd.Series:
    """The amount of each group of `merged`, the largest first, those made here last; empty where no group is known."""
    if not values.notna().any():
        return pd.Series(dtype="float64")
    totals = amounts.groupby(merged(values, amounts, language=language)).sum()
    ordered = totals.reset_index(name="amount").assign(last=lambda t: t["group"].isin(made_here(language)))
    ordered = ordered.sort_values(["last", "amount", "group"], ascending=[True, False, True])
    return ordered.set_index("group")["amount"]
