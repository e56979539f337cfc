"""The portfolio divided by seller, place, sector, headcount and product family."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib.groups import HEADCOUNT_BANDS, headcount_band, made_here, merged, seller_names
from carteira_lib.portfolio.status import STATUSES

DIMENSIONS = ("seller_id", "region", "state", "sector", "headcount_band", "family")
COUNTS = {code: f"{code}_clients" for code in STATUSES}
COLUMNS = ["dimension", "group", "clients", *COUNTS.values(), "net_revenue_365d", "revenue_share"]


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
    names = seller_names(sellers) if sellers is not None else {}
    seller = known["seller_id"].map(lambda code: names.get(code, code))
    return known.assign(headcount_band=headcount_band(known["employees"]), seller_id=seller)


def _by(known: pd.DataFrame, dimension: str, language: str) -> pd.DataFrame:
    group = merged(known[dimension], known["net_revenue_365d"], language=language)
    distinct = known.assign(group=group).drop_duplicates(["customer_id", "group"])
    counts = pd.crosstab(distinct["group"], distinct["status"]).reindex(columns=STATUSES, fill_value=0)
    revenue = known.groupby(group)["net_revenue_365d"].sum()
    table = counts.assign(clients=counts.sum(axis=1), net_revenue_365d=revenue, dimension=dimension)
    total = revenue.sum()
    table["revenue_share"] = revenue / total if total > 0 else np.nan
    last = table.index.isin(made_here(language))
    ordered = table.rename_axis("group").reset_index().assign(last=last, band=0)
    if dimension == "headcount_band":
        ordered["band"] = ordered["group"].map({name: i for i, (_low, name) in enumerate(HEADCOUNT_BANDS)}).fillna(0)
    ordered = ordered.sort_values(["last", "band", "net_revenue_365d", "group"], ascending=[True, True, False, True])
    return ordered.rename(columns=COUNTS)[COLUMNS].rename_axis(columns=None)


def largest_group(part: pd.DataFrame, language: str) -> str:
    """The group of the largest revenue of one dimension; those made here only where there is no other."""
    named = part[~part["group"].isin(made_here(language))]
    chosen = named if len(named) else part
    return chosen["group"].iloc[int(chosen["net_revenue_365d"].to_numpy().argmax())]
