"""Who the groups and the niche are, beside everyone else: traits, money, status, products, sellers, and who nearly fits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carteira_lib import formats, groups
from carteira_lib.language import translator
from carteira_lib.pci.cells import Condition, Rule, positions
from carteira_lib.pci.clusters import Clusters
from carteira_lib.pci.search import Grid, rule_of
from carteira_lib.pci.wording import cell_texts, condition_text, label, own_text, rule_text

TRAITS, LEAST_TRAIT, LEAST_RATIO = 3, 0.2, 1.25
FAMILIES = 3
IN_PORTFOLIO = ("active", "late")


def cluster_table(
    found: Clusters, hot: np.ndarray, places: Grid, yearly: np.ndarray, *, language: str = "pt-BR"
) -> pd.DataFrame:
    """Table ``pci_clusters``: size, value and traits of each group of the best clients."""
    _ = translator(language)
    texts = [text for attribute in cell_texts(places.attributes, language) for text in attribute]
    usual = hot.mean(axis=0)
    rows = []
    for group in range(found.label.max() + 1):
        own = found.label == group
        rule = rule_of(found.rules[group], places)
        rows.append(
            {
                "cluster": _("Grupo {n}", n=group + 1),
                "clients": int(own.sum()),
                "top_share": own.sum() / found.top.sum(),
                "traits": _traits(hot[own].mean(axis=0), usual, texts, language),
                "rule_text": rule_text(rule, language) or None,
                "yearly_value": float(yearly[own].mean()),
            }
        )
    return pd.DataFrame(rows)


def _traits(share: np.ndarray, usual: np.ndarray, texts: list[str], language: str) -> str:
    """What is more frequent in the group than among all clients, the largest surplus first."""
    _ = translator(language)
    common = (share >= LEAST_TRAIT) & (share >= LEAST_RATIO * usual)
    order = [i for i in np.argsort(-(share - usual), kind="stable") if common[i]][:TRAITS]
    told = [
        _(
            "{trait}: {share} (de todos, {usual})",
            trait=texts[i],
            share=formats.percent(float(share[i]), 0, language),
            usual=formats.percent(float(usual[i]), 0, language),
        )
        for i in order
    ]
    return "; ".join(told) or _("nada que os distinga dos demais clientes")


def comparison(
    portfolio: pd.DataFrame, inside: pd.Series, yearly: pd.Series, families: pd.DataFrame, *, language: str = "pt-BR"
) -> pd.DataFrame:
    """Table ``pci_comparison``: the niche beside the other clients.

    Parameters
    ----------
    portfolio : DataFrame
        Table ``portfolio``.
    inside : Series of bool, indexed by ``customer_id``
    yearly : Series, indexed by ``customer_id``
        Value a year of those that can be judged.
    families : DataFrame
        ``customer_id``, ``family``, ``net_revenue_365d``.
    """
    table = portfolio.set_index("customer_id")
    member = inside.reindex(table.index).fillna(False).astype(bool)
    worth = yearly.reindex(table.index)
    means = {
        "yearly_value": (worth, "money"),
        "revenue_365d": (table["net_revenue_365d"], "money"),
        "frequency": (table["frequency"], "number"),
        "average_order_value": (table["average_order_value"], "money"),
        "own_cycle_days": (table["own_cycle_days"], "number"),
        "active_share": ((table["status"] == "active"), "share"),
        "inactive_share": ((table["status"] == "inactive"), "share"),
    }
    rows = [("clients", float(member.sum()), float((~member).sum()), "number")]
    for measure, (values, kind) in means.items():
        numbers = values.astype("float64")
        rows.append((measure, numbers[member].mean(), numbers[~member].mean(), kind))
    rows += _family_rows(families, member, language)
    return pd.DataFrame(rows, columns=["measure", "inside", "outside", "measure_kind"])


def _family_rows(families: pd.DataFrame, member: pd.Series, language: str) -> list[tuple]:
    """The product families whose share of the revenue differs most between the two."""
    _ = translator(language)
    known = families[families["family"].notna() & families["customer_id"].isin(member.index)]
    if known.empty or member.all() or not member.any():
        return []
    side = member.reindex(known["customer_id"]).to_numpy()
    spent = known["net_revenue_365d"].clip(lower=0).groupby([known["family"], side]).sum().unstack(fill_value=0.0)
    totals = spent.sum()
    if set(spent.columns) != {True, False} or not (totals > 0).all():
        return []
    shares = spent / totals
    order = (shares[True] - shares[False]).round(9).sort_values(ascending=False, kind="stable").index[:FAMILIES]
    return [
        (_("Parte da receita em {family}", family=name), shares.loc[name, True], shares.loc[name, False], "share")
        for name in order
    ]


def seller_table(
    portfolio: pd.DataFrame, inside: pd.Series, sellers: pd.DataFrame, *, language: str = "pt-BR"
) -> pd.DataFrame:
    """Table ``pci_sellers``: revenue of 12 months inside and outside the niche by seller, the largest revenue first."""
    names: Mapping[str, str] = groups.seller_names(sellers)
    table = portfolio[portfolio["seller_id"].notna()]
    shown = table["seller_id"].map(lambda code: names.get(code, code))
    name = groups.merged(shown, table["net_revenue_365d"], language=language)
    member = inside.reindex(table["customer_id"]).fillna(False).to_numpy().astype(bool)
    revenue = table["net_revenue_365d"].clip(lower=0)
    rows = pd.DataFrame(
        {
            "seller": name,
            "clients": 1,
            "niche_clients": member.astype("int64"),
            "niche_revenue": revenue.where(member, 0.0),
            "other_revenue": revenue.where(~member, 0.0),
        }
    )
    found = rows.groupby("seller", as_index=False).sum()
    total = found["niche_revenue"] + found["other_revenue"]
    found["niche_share"] = found["niche_revenue"] / total.where(total > 0)
    order = found.assign(total=total, last=found["seller"].isin(groups.made_here(language)))
    order = order.sort_values(["last", "total", "seller"], ascending=[True, False, True], ignore_index=True)
    return order.drop(columns=["total", "last"])


def near_misses(table: pd.DataFrame, rule: Rule, *, language: str = "pt-BR") -> pd.Series:
    """What differs, for the clients that fulfil all conditions but one; a rule of one condition has none.

    Parameters
    ----------
    table : DataFrame
        Attributes, typed, indexed by client.

    Returns
    -------
    Series of text, indexed by client
    """
    if len(rule) < 2:
        return pd.Series(dtype="str")
    fits = np.stack([np.isin(positions(table, c.attribute), c.cells) for c in rule], axis=1)
    one_off = fits.sum(axis=1) == len(rule) - 1
    which = fits.argmin(axis=1)
    found = pd.Series(index=table.index[one_off], dtype="object")
    for i, condition in enumerate(rule):
        own = one_off & (which == i)
        if own.any():
            found.loc[table.index[own]] = _differences(table[own], condition, language)
    return found.astype("str")


def _differences(table: pd.DataFrame, condition: Condition, language: str) -> list[str]:
    """What each client has in place of what the condition asks for."""
    _ = translator(language)
    wanted = condition_text(condition, language)
    name = condition.attribute.name
    texts = {value: own_text(name, value, language) for value in table[name].dropna().unique()}
    unknown = _("{name} não informado; o nicho pede {wanted}", name=label(name, language), wanted=wanted)
    return [
        unknown if pd.isna(value) else _("{own}; o nicho pede {wanted}", own=texts[value], wanted=wanted)
        for value in table[name]
    ]
