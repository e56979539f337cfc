"""Whom to speak to this week."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from carteira_lib import formats, groups
from carteira_lib.language import translator
from carteira_lib.tables import value_label

URGENT = ("renew", "call")
ROWS, FEW = 10, 5


def week(frames: Mapping[str, pd.DataFrame], *, language: str = "pt-BR") -> pd.DataFrame:
    """The first actions of the list by expected margin; where page 06 was not made, the clients to speak to first.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``actions``, ``portfolio``, ``sellers``.

    Returns
    -------
    DataFrame
        At most `ROWS` rows: the client, "O que fazer" in the language of the page, what it is worth, who calls.
    """
    _, listed = translator(language), frames["actions"].query("gate == 'listed'")
    if listed.empty:
        first = to_do(frames["portfolio"]).rename(columns={"next_step_text": _("O que fazer")})
        chosen = ["customer_id", "name", "person_type", _("O que fazer"), "net_revenue_365d", "seller_id"]
    else:
        first = listed.sort_values(["expected_value", "customer_id"], ascending=[False, True]).head(ROWS)
        first = first.assign(**{_("O que fazer"): _done(first, language)})
        chosen = ["customer_id", "name", "person_type", _("O que fazer"), "reason", "expected_value", "seller_id"]
    return _with_seller_names(first[chosen].reset_index(drop=True), frames["sellers"])


def _done(listed: pd.DataFrame, language: str) -> list[str]:
    kinds = [value_label("kind", kind, language) for kind in listed["kind"]]
    return [
        kind if pd.isna(name) else f"{kind}: {name}" for kind, name in zip(kinds, listed["product_name"], strict=True)
    ]


def _with_seller_names(shown: pd.DataFrame, sellers: pd.DataFrame) -> pd.DataFrame:
    names = groups.seller_names(sellers)
    return shown.assign(seller_id=[names.get(code, code) for code in shown["seller_id"]])


def losing(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Those that still buy with the most revenue at risk.

    Returns
    -------
    DataFrame
        At most `FEW` rows of ``churn``: the client, the chance, the revenue at risk, the first reason, who calls.
    """
    live = frames["churn"][frames["churn"]["status"].isin(["active", "late"])]
    first = live.sort_values(["revenue_at_risk", "customer_id"], ascending=[False, True]).head(FEW)
    chosen = [
        "customer_id",
        "name",
        "person_type",
        "churn_probability",
        "revenue_at_risk",
        "reason_1_text",
        "seller_id",
    ]
    return _with_seller_names(first[chosen].reset_index(drop=True), frames["sellers"])


def to_do(portfolio: pd.DataFrame, rows: int = 10) -> pd.DataFrame:
    """The clients to speak to first: a contract to renew or a silence beyond the usual, by revenue of 12 months.

    Returns
    -------
    DataFrame
        At most `rows` rows of ``portfolio``: the columns that a person needs to make the call.
    """
    urgent = portfolio[portfolio["next_step"].isin(URGENT)]
    first = urgent.sort_values(["net_revenue_365d", "customer_id"], ascending=[False, True]).head(rows)
    columns = ["customer_id", "name", "person_type", "seller_id", "status", "net_revenue_365d", "next_step_text"]
    return first[columns].reset_index(drop=True)


def to_do_sentence(portfolio: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL") -> str:
    """How many calls wait, and what they are worth."""
    _ = translator(language)
    urgent = portfolio[portfolio["next_step"].isin(URGENT)]
    if not len(urgent):
        return _("Nenhum cliente pede contato urgente: ninguém quase inativo e nenhum contrato a renovar.")
    worth = formats.money(urgent["net_revenue_365d"].sum(), currency, language, compact=True)
    causes = {"call": _("por silêncio"), "renew": _("por contrato a renovar")}
    why = _(" ou ").join(text for step, text in causes.items() if (urgent["next_step"] == step).any())
    return _.ngettext(
        "**{n} cliente** pede contato agora, {why}; rendeu {worth} em 12 meses.",
        "**{n} clientes** pedem contato agora, {why}; renderam {worth} em 12 meses.",
        len(urgent),
        worth=worth,
        why=why,
    )
