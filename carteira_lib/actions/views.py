"""The list as page 06 shows and exports it: one table per seller, counts for figures, rows for the CRM and the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, groups, tables
from carteira_lib.actions.findings import WAITING
from carteira_lib.language import N_, translator

if TYPE_CHECKING:
    from carteira_lib.actions.analysis import Actions

WRITTEN = {"actions": "actions", "seller_loads": "loads", "reassignments": "reassignments", "outcomes": "outcomes"}
CRM_KIND = N_("Lista: {kind}")
CRM_PRODUCT = N_("Lista: {kind}: {product}")


def lists(
    result: Actions, sellers: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL"
) -> dict[str, pd.DataFrame]:
    """The list of each seller, in its order with the column "O que oferecer", by a title with the seller's name, how many actions and what they are worth.

    Parameters
    ----------
    sellers : DataFrame
        Contract ``sellers``.
    """
    _ = translator(language)
    listed, names = result.actions[result.actions["gate"] == "listed"], groups.seller_names(sellers)
    made = {}
    for seller, part in listed.groupby("seller_id"):
        title = _.ngettext(
            "{name}: {n} ação, {amount} de margem esperada",
            "{name}: {n} ações, {amount} de margem esperada",
            len(part), name=names.get(seller, seller), amount=formats.money(part["expected_value"].sum(), currency, language, compact=True),
        )  # fmt: skip
        made[title] = part.sort_values("rank").reset_index(drop=True).pipe(_with_offer, language)
    return made


def _with_offer(part: pd.DataFrame, language: str) -> pd.DataFrame:
    """What to speak of in one short text, the product where there is one, else the kind; the reason tells the rest, and what to know."""
    kinds = [tables.value_label("kind", kind, language) for kind in part["kind"]]
    offer = [kind if pd.isna(name) else name for kind, name in zip(kinds, part["product_name"], strict=True)]
    reason = part["reason"].where(part["tip"].isna(), part["reason"] + ". " + part["tip"].fillna(""))
    return part.assign(**{translator(language)("O que oferecer"): offer}, reason=reason)


def sheets(result: Actions, sellers: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The list of each seller by the seller's name, for a spreadsheet."""
    listed, names = result.actions[result.actions["gate"] == "listed"], groups.seller_names(sellers)
    return {names.get(seller, seller): part.sort_values("rank") for seller, part in listed.groupby("seller_id")}


def kind_worth(result: Actions, *, language: str = "pt-BR") -> pd.Series:
    """Expected margin of the listed actions by kind, the largest first, as `plots.bars` draws it."""
    listed = result.actions[result.actions["gate"] == "listed"]
    worth = listed.groupby("kind")["expected_value"].sum().sort_values(ascending=False, kind="stable")
    return (
        worth.astype("float64").rename(index=lambda code: tables.value_label("kind", code, language)).rename_axis(None)
    )


def held_counts(result: Actions, *, language: str = "pt-BR") -> pd.Series:
    """Clients held back by cause, the most frequent first, as `plots.bars` draws it."""
    blocked = result.actions.loc[~result.actions["gate"].isin(WAITING), "gate"]
    counts = blocked.value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return (
        counts.astype("float64").rename(index=lambda code: tables.value_label("gate", code, language)).rename_axis(None)
    )


def held(result: Actions) -> pd.DataFrame:
    """The clients held back, the most valuable offer first."""
    blocked = result.actions[~result.actions["gate"].isin(WAITING)]
    return blocked.sort_values(["expected_value", "customer_id"], ascending=[False, True], ignore_index=True)


def for_crm(result: Actions, *, language: str = "pt-BR") -> pd.DataFrame:
    """The list and its controls as contacts of the CRM, in the form that the next run reads back.

    Returns
    -------
    DataFrame
        Columns of contract ``interactions``: ``customer_id``, ``event_date`` (the follow-up; of a control the day after the list), ``kind``,
        ``status`` ("A fazer", "Controle"), ``seller_id``. Who works the list puts what came of it in the place of "A fazer".
    """
    _ = translator(language)
    chosen = result.actions[result.actions["gate"].isin(["listed", "control"])]
    day = result.as_of + pd.Timedelta(days=1)
    kinds = [
        _(CRM_KIND, kind=tables.value_label("kind", kind, language)) if pd.isna(product)
        else _(CRM_PRODUCT, kind=tables.value_label("kind", kind, language), product=product)
        for kind, product in zip(chosen["kind"], chosen["product_id"], strict=True)
    ]  # fmt: skip
    status = chosen["control"].map({True: _("Controle"), False: _("A fazer")})
    return pd.DataFrame(
        {"customer_id": chosen["customer_id"], "event_date": chosen["follow_up"].fillna(day), "kind": kinds, "status": status, "seller_id": chosen["seller_id"]}
    ).reset_index(drop=True)  # fmt: skip


def appointments(result: Actions, sellers: pd.DataFrame, *, language: str = "pt-BR") -> pd.DataFrame:
    """One all-day appointment per listed action: ``uid``, ``day``, ``summary``, ``description``.

    Names of people are left to the CRM: the summary has the client's code and the kind.
    """
    _ = translator(language)
    listed, names = result.actions[result.actions["gate"] == "listed"], groups.seller_names(sellers)
    rows = []
    for row in listed.itertuples():
        what = tables.value_label("kind", row.kind, language)
        offer = f"{what}: {row.product_name}" if pd.notna(row.product_name) else what
        summary = _("Cliente {client}: {offer}", client=row.customer_id, offer=offer)
        owner = names.get(row.seller_id, row.seller_id)
        rows.append((f"{result.as_of:%Y%m%d}-{row.customer_id}", row.follow_up, summary, f"{owner}. {row.reason}"))
    return pd.DataFrame(rows, columns=["uid", "day", "summary", "description"])


def all_gaps(result: Actions, offer_gaps: pd.DataFrame) -> pd.DataFrame:
    """Table ``offer_gaps`` with what the list could not do behind what the offers could not."""
    return tables.conform(
        pd.concat([offer_gaps.astype("object"), result.gaps.astype("object")], ignore_index=True), "offer_gaps"
    )


def write(run: tables.Run, result: Actions, offer_gaps: pd.DataFrame) -> None:
    """Write the tables of the list, and `all_gaps`, each checked against its contract."""
    parts: Mapping[str, pd.DataFrame] = {name: getattr(result, part) for name, part in WRITTEN.items()}
    for name, frame in parts.items():
        tables.write(run, name, frame)
    tables.write(run, "offer_gaps", all_gaps(result, offer_gaps))
