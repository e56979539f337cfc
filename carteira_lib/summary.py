"""The director's page: the figures, what changed, what to do this week, and which data would sharpen it.

Reads the tables of the other notebooks only; nothing is estimated here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import formats
from carteira_lib.language import N_, translator

IN_PORTFOLIO = ("active", "late")
URGENT = ("renew", "call")
MOVES = {
    "new": (N_("entrou {n}"), N_("entraram {n}")),
    "recovered": (N_("voltou {n}"), N_("voltaram {n}")),
    "lost": (N_("saiu {n}"), N_("saíram {n}")),
}
WEEK_DAYS = 7
UNCHANGED = 0.0005  # a change that one decimal shows as 0,0%

# Optional table -> what it adds to the pages there are, and what file gives it.
ADDS = {
    "customers": (
        N_("a divisão por setor, região e porte, e o nome de cada cliente"),
        N_("o cadastro de clientes do ERP ou do CRM"),
    ),
    "products": (
        N_("a divisão por família de produto e a margem quando o pedido não traz o custo"),
        N_("o cadastro de produtos, com família e custo unitário"),
    ),
    "contracts": (
        N_("a carteira de renovação: o que vence, quando e quanto vale"),
        N_("a lista de contratos, com início, fim e valor"),
    ),
    "surveys": (
        N_("o NPS com a sua margem, o que mudou e o que fazer com cada cliente"),
        N_("a planilha de respostas da pesquisa de NPS, com cliente, data e nota de 0 a 10"),
    ),
    "interactions": (
        N_("quem já foi procurado: os contatos dos últimos 90 dias de cada cliente"),
        N_("o histórico de contatos do CRM"),
    ),
    "prospects": (
        N_("os prospects em ordem de semelhança com os melhores clientes"),
        N_("a lista de prospects, com as mesmas colunas do cadastro de clientes"),
    ),
    "goals": (
        N_("a chance de bater cada meta até o prazo dela, e o ritmo que ela pede"),
        N_("a lista de metas, com indicador, alvo e prazo"),
    ),
    "proposals": (
        N_("a versão mais barata para quem desistiu de uma proposta"),
        N_("a lista de propostas, com produto, situação e motivo"),
    ),
    "sellers": (
        N_("o nome de quem cuida de cada cliente"),
        N_("a lista de vendedores, com código e nome"),
    ),
}


class Figure(NamedTuple):
    """A key figure: what it is, the value as text, and what it should be read with."""

    label: str
    value: str
    note: str


def figures(
    portfolio: pd.DataFrame,
    customer_features: pd.DataFrame,
    movement: pd.DataFrame,
    renewals: pd.DataFrame,
    churn_outlook: pd.DataFrame,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> list[Figure]:
    """The figures that matter.

    Parameters
    ----------
    portfolio, customer_features, movement, renewals, churn_outlook : DataFrame
        Tables of those names; `churn_outlook` may be empty.

    Returns
    -------
    list of Figure
        Clients in the portfolio, revenue of 12 months, who is expected to stop and the revenue at risk (without an
        outlook: the revenue of the late clients), balance of the movement, and the contracts to renew (without
        contracts: the inactive clients worth winning back).
    """
    _ = translator(language)
    words = _Words(language, currency)
    counts = portfolio["status"].value_counts()
    active, late = int(counts.get("active", 0)), int(counts.get("late", 0))
    inside = Figure(_("Clientes na carteira"), words.number(active + late), _inside_note(active, late, words))
    last = renewals_figure(renewals, language=language, currency=currency)
    if not len(renewals):
        last = _inactive(portfolio, words, language)
    return [
        inside,
        _revenue(customer_features, words, language),
        *_outlook(churn_outlook, portfolio, words),
        _balance(movement, words, language),
        last,
    ]


def _inside_note(active: int, late: int, words: _Words) -> str:
    _ = translator(words.language)
    if not active + late:
        return _("ninguém compra hoje no seu ciclo")
    behind = _.ngettext("{n} quase inativo", "{n} quase inativos", late) if late else _("nenhum quase inativo")
    return _.ngettext("{n} ativo, {late}", "{n} ativos, {late}", active, late=behind)


def _outlook(churn_outlook: pd.DataFrame, portfolio: pd.DataFrame, words: _Words) -> list[Figure]:
    """Who is expected to stop and what it costs; the late clients where nothing was predicted."""
    _, known = translator(words.language), churn_outlook.set_index("outlook")
    live = float(known["estimate"].get("live_clients", 0.0))
    if not live > 0:
        return [_at_risk(portfolio, words, words.language)]
    horizon = formats.days(known.loc["horizon_days", "estimate"], words.language)
    stops, money = known.loc["expected_stops"], known.loc["revenue_at_risk"]
    between = _("entre {low} e {high}, dos {live} que ainda compram", low=words.number(stops["estimate_low"]),
                high=words.number(stops["estimate_high"]), live=words.number(live))  # fmt: skip
    return [
        Figure(_("Devem parar em {horizon}", horizon=horizon), words.number(stops["estimate"]), between),
        Figure(
            _("Receita em risco em {horizon}", horizon=horizon),
            words.money(money["estimate"]),
            _("entre {low} e {high}", low=words.money(money["estimate_low"]), high=words.money(money["estimate_high"])),
        ),
    ]


def key_figures(
    portfolio: pd.DataFrame,
    customer_features: pd.DataFrame,
    movement: pd.DataFrame,
    renewals: pd.DataFrame,
    churn_outlook: pd.DataFrame,
) -> pd.DataFrame:
    """The numbers behind `figures`, for the next run and for other programs.

    Returns
    -------
    DataFrame
        Table ``key_figures``: ``figure`` (a code) and ``number``.
    """
    late = portfolio["status"] == "late"
    found = {
        "active_clients": (portfolio["status"] == "active").sum(),
        "late_clients": late.sum(),
        "inactive_clients": (portfolio["status"] == "inactive").sum(),
        "net_revenue_365d": customer_features["net_revenue_365d"].sum(),
        "net_revenue_previous_365d": customer_features["net_revenue_previous_365d"].sum(),
        "late_net_revenue_365d": portfolio.loc[late, "net_revenue_365d"].sum(),
        "entered_clients": movement["new"].sum() + movement["recovered"].sum(),
        "lost_clients": movement["lost"].sum(),
        "contracts_to_renew": len(renewals),
        "amount_to_renew": renewals["amount"].sum(),
    }
    expected = churn_outlook.set_index("outlook")["estimate"]
    found |= {
        name: expected[name] for name in ("horizon_days", "expected_stops", "revenue_at_risk") if name in expected
    }
    return pd.DataFrame({"figure": list(found), "number": [float(value) for value in found.values()]})


class _Words:
    def __init__(self, language: str, currency: str):
        self.language, self.currency = language, currency

    def number(self, value: float) -> str:
        return formats.number(value, 0, self.language)

    def money(self, value: float) -> str:
        return formats.money(value, self.currency, self.language, compact=True)

    def change(self, share: float) -> str:
        sign = "+" if share > 0 else "−" if share < 0 else ""
        return sign + formats.percent(abs(share), 1, self.language)


def _revenue(features: pd.DataFrame, words: _Words, language: str) -> Figure:
    _ = translator(language)
    last, before = features["net_revenue_365d"].sum(), features["net_revenue_previous_365d"].sum()
    note = _("sem 12 meses anteriores para comparar")
    if _has_two_years(features):
        note = _("sem vendas nos 12 meses anteriores")
    if _has_two_years(features) and before > 0:
        note = _("{change} sobre os 12 meses anteriores", change=words.change(last / before - 1))
    return Figure(_("Receita em 12 meses"), words.money(last), note)


def _has_two_years(features: pd.DataFrame) -> bool:
    """Whether the history covers both years that are compared; half a year against a whole one is no change."""
    return bool((features["tenure_days"] >= 2 * 365 - 1).any())


def _at_risk(portfolio: pd.DataFrame, words: _Words, language: str) -> Figure:
    _ = translator(language)
    late = portfolio[portfolio["status"] == "late"]
    note = _("nenhum cliente em silêncio além do seu normal")
    if len(late):
        note = _.ngettext(
            "{n} cliente em silêncio além do seu normal", "{n} clientes em silêncio além do seu normal", len(late)
        )
    return Figure(_("Receita de 12 meses em alerta"), words.money(late["net_revenue_365d"].sum()), note)


def _balance(movement: pd.DataFrame, words: _Words, language: str) -> Figure:
    _ = translator(language)
    entered, lost = int(movement["new"].sum() + movement["recovered"].sum()), int(movement["lost"].sum())
    net = entered - lost
    value = ("+" if net > 0 else "−" if net < 0 else "") + words.number(abs(net))
    note = _("entraram ou voltaram: {entered}; saíram: {lost}", entered=words.number(entered), lost=words.number(lost))
    if movement.empty:
        return Figure(_("Saldo da carteira"), value, _("ainda não há um mês de movimento"))
    if not entered + lost:
        note = _("ninguém entrou nem saiu")
    months = _.ngettext("Saldo da carteira em {n} mês", "Saldo da carteira em {n} meses", len(movement))
    return Figure(months, value, note)


def renewals_figure(renewals: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL") -> Figure:
    """The contracts to renew: how much they are worth, how many, and how many of them have already ended."""
    _ = translator(language)
    words = _Words(language, currency)
    overdue = int((renewals["days_left"] < 0).sum())
    note = _.ngettext("{n} contrato", "{n} contratos", len(renewals))
    if overdue:
        note = _("{count} ({overdue} já vencidos)", count=note, overdue=words.number(overdue))
    return Figure(_("A renovar"), words.money(renewals["amount"].sum()), note)


def _inactive(portfolio: pd.DataFrame, words: _Words, language: str) -> Figure:
    _ = translator(language)
    gone = portfolio[(portfolio["status"] == "inactive") & ~portfolio["occasional"].astype(bool)]
    note = _("nenhum cliente da carteira parou de comprar")
    if len(gone):
        note = _("{amount} já comprados", amount=words.money(gone["net_revenue"].sum()))
    return Figure(_("Clientes a reconquistar"), words.number(len(gone)), note)


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


def missing(provided: Collection[str], *, language: str = "pt-BR") -> pd.DataFrame:
    """The optional tables that the sources did not give: what each would add, and what file gives it.

    Returns
    -------
    DataFrame
        One row per table missing: ``table``, what it would show, and what file gives it, in words.
    """
    _ = translator(language)
    rows = [(name, _(adds), _(source)) for name, (adds, source) in ADDS.items() if name not in provided]
    return pd.DataFrame(rows, columns=["table", _("O que acrescentaria"), _("De onde vem")], dtype="str")


def absent(names: Collection[str], provided: Collection[str], *, language: str = "pt-BR") -> list[str]:
    """What a part of a page would show with the optional tables that did not come: one sentence for each.

    Examples
    --------
    >>> absent(["contracts", "sellers"], ["sellers"])
    ['Faltou a lista de contratos, com início, fim e valor; com esse arquivo haveria aqui a carteira de renovação: o que vence, quando e quanto vale.']
    """
    _ = translator(language)
    return [
        _("Faltou {source}; com esse arquivo haveria aqui {adds}.", source=_(source), adds=_(adds))
        for name, (adds, source) in ADDS.items()
        if name in names and name not in provided
    ]


def missing_title(provided: Collection[str], *, language: str = "pt-BR") -> str:
    """The caption of `missing`, which says so where nothing is."""
    _ = translator(language)
    count = len(missing(provided))
    if not count:
        return _("Nenhum dado opcional falta a estas páginas.")
    return _.ngettext("Falta {n} tabela opcional", "Faltam {n} tabelas opcionais", count)


def findings(
    portfolio: pd.DataFrame,
    movement: pd.DataFrame,
    monthly: pd.DataFrame,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> list[str]:
    """The sentences of the page: what changed, and what waits to be done."""
    changed = changes(movement, monthly, language=language, currency=currency)
    return [*changed, to_do_sentence(portfolio, language=language, currency=currency)]


def portfolio_title(movement: pd.DataFrame, *, language: str = "pt-BR") -> str:
    """The finding of the chart of clients at the end of each month."""
    _ = translator(language)
    if movement.empty:
        return _("Ainda não há um mês de movimento")
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
    change = _Words(language, currency).change(share)
    return _("As vendas de {month} fecharam em {amount}, {change} sobre um ano antes", change=change, **values)


def last_months(monthly: pd.DataFrame, months: int = 24) -> pd.Series:
    """Revenue of the last months, as a chart draws it."""
    return monthly.set_index("month")["net_revenue"].tail(months)
