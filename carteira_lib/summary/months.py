"""The portfolio and the revenue month by month, and what changed in the last one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib import formats
from carteira_lib.language import N_, translator
from carteira_lib.words import Words

MOVES = {
    "new": (N_("entrou {n}"), N_("entraram {n}")),
    "recovered": (N_("voltou {n}"), N_("voltaram {n}")),
    "lost": (N_("saiu {n}"), N_("saíram {n}")),
}
UNCHANGED = 0.0005  # a change that one decimal shows as 0,0%


def changes(
    movement: pd.DataFrame,
    monthly: pd.DataFrame,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> list[str]:
    """What changed: the portfolio in the last month, and the month's revenue against a year before.

    Parameters
    ----------
    movement : DataFrame
        Table ``movement``, the last month last.
    monthly : DataFrame
        As `monthly_revenue` gives it.
    """
    found = [_movement_sentence(movement, language)] if len(movement) else []
    return found + _month_sentence(monthly, language, currency)


def _movement_sentence(movement: pd.DataFrame, language: str) -> str:
    _ = translator(language)
    last = movement.iloc[-1]
    closing, month = int(last["closing"]), formats.month(last["month"], language)
    when = _("Em {month}, mês ainda incompleto,", month=month) if last["partial"] else _("Em {month}", month=month)
    parts = [
        _(one if last[name] == 1 else many, n=formats.number(int(last[name]), 0, language))
        for name, (one, many) in MOVES.items()
        if last[name]
    ]
    if not parts and not closing:
        return _("{when} a carteira continua vazia: ninguém compra ainda no seu ciclo.", when=when)
    if not parts:
        return _.ngettext(
            "{when} a carteira continua com **{n}** cliente: ninguém entrou nem saiu.",
            "{when} a carteira continua com **{n}** clientes: ninguém entrou nem saiu.",
            closing, when=when,
        )  # fmt: skip
    opening = formats.number(int(last["opening"]), 0, language)
    return _.ngettext(
        "{when} a carteira passou de **{opening}** para **{n}** cliente: {parts}.",
        "{when} a carteira passou de **{opening}** para **{n}** clientes: {parts}.",
        closing, when=when, opening=opening, parts=formats.enumeration(parts, language),
    )  # fmt: skip


def _month_sentence(monthly: pd.DataFrame, language: str, currency: str) -> list[str]:
    _ = translator(language)
    whole = monthly[~monthly["partial"]]
    if len(whole) < 13:
        return []
    last, before = whole.iloc[-1], whole.iloc[-13]
    if not before["net_revenue"] > 0:
        return []
    change = last["net_revenue"] / before["net_revenue"] - 1
    values = {
        "month": formats.month(last["month"], language),
        "amount": formats.money(last["net_revenue"], currency, language, compact=True),
        "share": formats.percent(abs(change), 1, language),
    }
    if abs(change) < UNCHANGED:
        return [
            _(
                "As vendas de {month} somaram **{amount}**, o mesmo que um ano antes.",
                month=values["month"],
                amount=values["amount"],
            )
        ]
    if change > 0:
        return [_("As vendas de {month} somaram **{amount}**, {share} acima do mesmo mês do ano anterior.", **values)]
    return [_("As vendas de {month} somaram **{amount}**, {share} abaixo do mesmo mês do ano anterior.", **values)]


def monthly_revenue(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Net revenue, orders and buying clients of each month, months without sales included.

    Parameters
    ----------
    purchases : DataFrame
        One row per client-day: ``customer_id, order_date, net_amount``.

    Returns
    -------
    DataFrame
        One row per month: ``month`` (its first day), ``net_revenue``, ``orders``, ``clients``, ``partial`` (not over
        on `as_of`, or begun before the first sale).

    Examples
    --------
    >>> day = pd.DataFrame({"customer_id": ["a"], "order_date": pd.to_datetime(["2026-01-05"]), "net_amount": [10.0]})
    >>> monthly_revenue(day, pd.Timestamp("2026-02-10"))["net_revenue"].tolist()
    [10.0, 0.0]
    """
    bought = purchases.assign(
        month=purchases["order_date"].dt.to_period("M"),
        buyer=purchases["customer_id"].where(purchases["net_amount"] > 0),
    )
    grouped = bought.groupby("month").agg(
        net_revenue=("net_amount", "sum"), orders=("buyer", "count"), clients=("buyer", "nunique")
    )
    first = purchases["order_date"].min()
    months = pd.period_range(first.to_period("M"), as_of.to_period("M"), freq="M")
    whole = grouped.reindex(months, fill_value=0).rename_axis("month").reset_index()
    ends = whole["month"].dt.end_time.dt.normalize()
    starts = whole["month"].dt.start_time
    partial = (ends > as_of) | ((whole.index == 0) & (starts < first.normalize()) & (first.day > 7))
    return whole.assign(month=starts.astype("datetime64[us]"), partial=np.asarray(partial, dtype=bool))


def portfolio_title(movement: pd.DataFrame, *, language: str = "pt-BR") -> str:
    """The finding of the chart of clients at the end of each month."""
    _ = translator(language)
    if movement.empty:
        return _("Ainda não há um mês de movimento")
    if not movement["opening"].iloc[0]:  # a beginning must not be told as growth
        month = formats.month(movement["month"].iloc[0], language)
        return _("A contagem parte do zero em {month}, e isso não mede crescimento", month=month)
    change = int(movement["closing"].iloc[-1] - movement["opening"].iloc[0])
    if not change:
        return _("A carteira tem o mesmo tamanho que no início do período")
    if change > 0:
        return _.ngettext(
            "A carteira tem {n} cliente a mais que no início do período",
            "A carteira tem {n} clientes a mais que no início do período",
            change,
        )
    return _.ngettext(
        "A carteira tem {n} cliente a menos que no início do período",
        "A carteira tem {n} clientes a menos que no início do período",
        -change,
    )


def revenue_title(monthly: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL") -> str:
    """The finding of the chart of revenue: the last whole month against the one a year before, or its amount."""
    _ = translator(language)
    whole = monthly[~monthly["partial"]]
    if whole.empty:
        return _("Ainda não há um mês completo de vendas")
    last = whole.iloc[-1]
    values = {
        "month": formats.month(last["month"], language),
        "amount": formats.money(last["net_revenue"], currency, language, compact=True),
    }
    if not last["orders"]:
        return _("Não houve vendas em {month}", month=values["month"])
    before = whole["net_revenue"].iloc[-13] if len(whole) > 12 else 0.0
    if not before > 0:
        return _("As vendas de {month} fecharam em {amount}", **values)
    share = last["net_revenue"] / before - 1
    if abs(share) < UNCHANGED:
        return _("As vendas de {month} fecharam em {amount}, o mesmo que um ano antes", **values)
    change = Words(language, currency).change(share, 1)
    return _("As vendas de {month} fecharam em {amount}, {change} sobre um ano antes", change=change, **values)


def last_months(monthly: pd.DataFrame, months: int = 24) -> pd.Series:
    """Revenue of the last months, as a chart draws it."""
    return monthly.set_index("month")["net_revenue"].tail(months)
