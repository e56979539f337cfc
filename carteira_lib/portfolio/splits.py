"""The portfolio divided by seller, place, sector, headcount and product family."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carteira_lib.language import N_, translator
from carteira_lib.portfolio.status import STATUSES

DIMENSIONS = ("seller_id", "region", "state", "sector", "headcount_band", "family")
GROUPS_SHOWN = 12
OTHERS = N_("Outros")
UNKNOWN = N_("sem informação")
COUNTS = {code: f"{code}_clients" for code in STATUSES}
COLUMNS = ["dimension", "group", "clients", *COUNTS.values(), "net_revenue_365d", "revenue_share"]
HEADCOUNT_BANDS = ((1, "1-9"), (10, "10-49"), (50, "50-99"), (100, "100-499"), (500, "500+"))


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


def splits(
    portfolio: pd.DataFrame,
    customers: pd.DataFrame,
    *,
    sellers: pd.DataFrame | None = None,
    families: pd.DataFrame | None = None,
    language: str = "pt-BR",
) -> pd.DataFrame:
    """How many clients of each status, and what revenue, in each group of each dimension.

    Parameters
    ----------
    portfolio : DataFrame
        One row per client: ``customer_id``, ``seller_id``, ``status``, ``net_revenue_365d``.
    customers : DataFrame
        Attributes: ``customer_id``, ``region``, ``state``, ``sector``, ``employees``; may be empty.
    sellers : DataFrame, optional
        ``seller_id``, ``name``: shown instead of the id.
    families : DataFrame, optional
        ``customer_id``, ``family``, ``net_revenue_365d``: what each client bought of each family in 12 months.
    language : str
        Of the two groups made here, "Outros" and "sem informação".

    Returns
    -------
    DataFrame
        Contract ``splits``: one row per ``dimension`` and ``group``, largest revenue first, but bands of headcount in
        their own order. Dimensions of which nothing
        is known are left out. Beyond 12 groups the small ones are merged. The groups of a dimension sum to the whole,
        but for ``family``: a client stands in each family that it buys.
    """
    known = _attributes(portfolio, customers, sellers)
    parts = [_by(known, dimension, language) for dimension in DIMENSIONS[:-1] if known[dimension].notna().any()]
    if families is not None and families["family"].notna().any():
        bought = families.rename(columns={"net_revenue_365d": "family_revenue"})
        joined = bought.merge(portfolio[["customer_id", "status"]], on="customer_id")
        parts.append(_by(joined.rename(columns={"family_revenue": "net_revenue_365d"}), "family", language))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=COLUMNS)


def _attributes(portfolio: pd.DataFrame, customers: pd.DataFrame, sellers: pd.DataFrame | None) -> pd.DataFrame:
    kept = portfolio[["customer_id", "seller_id", "status", "net_revenue_365d"]]
    wanted = ["region", "state", "sector", "employees"]
    attributes = customers.reindex(columns=["customer_id", *wanted]).drop_duplicates("customer_id")
    known = kept.merge(attributes.astype({"customer_id": "str"}), on="customer_id", how="left", validate="1:1")
    names = _seller_names(sellers) if sellers is not None else {}
    seller = known["seller_id"].map(lambda code: names.get(code, code))
    return known.assign(headcount_band=headcount_band(known["employees"]), seller_id=seller)


def _seller_names(sellers: pd.DataFrame) -> Mapping[str, str]:
    """Name of each seller; with the id behind where two share a name."""
    named = sellers[sellers["name"].notna()].drop_duplicates("seller_id")
    shared = named["name"].duplicated(keep=False)
    shown = named["name"].where(~shared, named["name"] + " (" + named["seller_id"] + ")")
    return dict(zip(named["seller_id"], shown, strict=True))


def _by(known: pd.DataFrame, dimension: str, language: str) -> pd.DataFrame:
    group = _grouped(known, dimension, language)
    distinct = known.assign(group=group).drop_duplicates(["customer_id", "group"])
    counts = pd.crosstab(distinct["group"], distinct["status"]).reindex(columns=STATUSES, fill_value=0)
    revenue = known.groupby(group)["net_revenue_365d"].sum()
    table = counts.assign(clients=counts.sum(axis=1), net_revenue_365d=revenue, dimension=dimension)
    total = revenue.sum()
    table["revenue_share"] = revenue / total if total > 0 else np.nan
    last = table.index.isin(_made_here(language))
    ordered = table.rename_axis("group").reset_index().assign(last=last, band=0)
    if dimension == "headcount_band":
        ordered["band"] = ordered["group"].map({name: i for i, (_low, name) in enumerate(HEADCOUNT_BANDS)}).fillna(0)
    ordered = ordered.sort_values(["last", "band", "net_revenue_365d", "group"], ascending=[True, True, False, True])
    return ordered.rename(columns=COUNTS)[COLUMNS].rename_axis(columns=None)


def largest_group(part: pd.DataFrame, language: str) -> str:
    """The group of the largest revenue of one dimension; those made here only where there is no other."""
    named = part[~part["group"].isin(_made_here(language))]
    chosen = named if len(named) else part
    return chosen["group"].iloc[int(chosen["net_revenue_365d"].to_numpy().argmax())]


def _grouped(known: pd.DataFrame, dimension: str, language: str) -> pd.Series:
    others, unknown = _made_here(language)
    values = known[dimension].astype("str")
    size = known.groupby(values)["net_revenue_365d"].agg(["sum", "size"]).reset_index()
    size = size.sort_values(["sum", "size", dimension], ascending=[False, False, True])
    small = size[dimension].iloc[GROUPS_SHOWN:]
    # one group alone is not hidden behind a word that says less than its name
    shown = values if len(small) < 2 else values.mask(values.isin(small), others)
    return shown.fillna(unknown).rename("group")


def _made_here(language: str) -> tuple[str, str]:
    _ = translator(language)
    return _(OTHERS), _(UNKNOWN)
