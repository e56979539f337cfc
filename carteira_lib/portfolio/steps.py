"""What to do next with each client: one code, and one sentence with the client's own numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from carteira_lib import formats
from carteira_lib.language import Translator, translator

STEPS = (
    "renew", "call", "reactivate", "campaign", "welcome_back", "welcome", "check", "develop", "confirm", "keep",
)  # fmt: skip


def next_contract(renewals: pd.DataFrame) -> pd.DataFrame:
    """Of each client with a contract to renew, the one that ends first, and how many and how much there are.

    Returns
    -------
    DataFrame
        One row per client of `renewals`: ``customer_id``, ``contract_end``, ``contract_days_left``,
        ``contract_count``, ``contract_amount``.
    """
    grouped = renewals.sort_values(["end_date", "contract_id"]).groupby("customer_id")
    found = {
        "contract_end": grouped["end_date"].first(),
        "contract_days_left": grouped["days_left"].first(),
        "contract_count": grouped.size(),
        "contract_amount": grouped["amount"].sum(),
    }
    return pd.DataFrame(found).rename_axis("customer_id").reset_index()


def next_step(portfolio: pd.DataFrame) -> pd.Series:
    """The code of what to do, of `STEPS`: the first that applies, in this order.

    ``renew`` a contract is about to end or just ended; ``call`` late; ``campaign`` inactive and occasional;
    ``reactivate`` inactive; ``welcome_back`` recovered; ``welcome`` new; ``check`` no order at all, only returns;
    ``develop`` outside; ``confirm`` active, and the expected date of the next order has passed; ``keep`` active.

    Parameters
    ----------
    portfolio : DataFrame
        ``status``, ``occasional``, ``new``, ``recovered``, ``frequency``, ``recency_days``, ``own_cycle_days``, and
        ``contract_count`` (NaN without a contract to renew).
    """
    state = portfolio["status"]
    conditions = {
        "renew": portfolio["contract_count"].notna(),
        "call": state == "late",
        "campaign": (state == "inactive") & portfolio["occasional"],
        "reactivate": state == "inactive",
        "welcome_back": portfolio["recovered"],
        "welcome": portfolio["new"],
        "check": portfolio["frequency"] == 0,
        "develop": state == "outside",
        "confirm": portfolio["recency_days"].astype("float64") > portfolio["own_cycle_days"],
    }
    met = [condition.to_numpy(bool) for condition in conditions.values()]
    return pd.Series(np.select(met, list(conditions), "keep"), index=portfolio.index, dtype="str")


def next_step_text(
    portfolio: pd.DataFrame, *, min_orders: int = 3, language: str = "pt-BR", currency: str = "BRL"
) -> pd.Series:
    """The sentence of each client's `next_step`, with the client's own numbers.

    Parameters
    ----------
    portfolio : DataFrame
        As for `next_step`, with ``next_step``, ``tenure_days``, ``net_revenue``, ``next_order_expected``,
        ``recovered_after_days`` (NaN where not recovered) and the columns of `next_contract`.
    min_orders : int
        For how many orders are missing to enter the portfolio.
    """
    words = _Words(language, currency)
    sentences: dict[str, Callable] = {
        "renew": _renew,
        "call": _call,
        "campaign": _few_orders,
        "reactivate": _reactivate,
        "welcome_back": _welcome_back,
        "welcome": functools.partial(_welcome, min_orders=min_orders),
        "check": _no_order,
        "develop": functools.partial(_develop, min_orders=min_orders),
        "confirm": _expected,
        "keep": _expected,
    }
    texts = [sentences[row.next_step](row, words, words.translate) for row in portfolio.itertuples()]
    return pd.Series(texts, index=portfolio.index, dtype="str")


class _Words:
    """Dates, days and money in words, each formatted once: a portfolio has many clients and few distinct numbers."""

    def __init__(self, language: str, currency: str):
        self.translate = translator(language)
        self.date = functools.cache(lambda day: formats.date(day, language))
        self.days = functools.cache(lambda count: formats.days(count, language))
        self.cash = functools.cache(lambda units: formats.money(float(units), currency, language, compact=True))

    def money(self, value: float) -> str:
        return self.cash(round(value))

    def ago(self, days: float) -> str:
        _ = self.translate
        return _("há {days}", days=self.days(int(days))) if days >= 1 else _("hoje")

    def every(self, cycle_days: float) -> str:
        _ = self.translate
        whole = round(cycle_days)
        return _("a cada {days}", days=self.days(whole)) if whole > 1 else _("todo dia")


def _renew(row, words: _Words, _: Translator) -> str:
    left, count = int(row.contract_days_left), int(row.contract_count)
    values = {"amount": words.money(row.contract_amount), "date": words.date(row.contract_end)}
    if count > 1:
        return _(
            "{count} contratos a renovar, {amount} no total, o primeiro com fim em {date}: marcar a conversa de renovação.",
            count=count, **values,
        )  # fmt: skip
    if left == 0:
        return _("O contrato de {amount} vence hoje ({date}): fechar a renovação.", **values)
    if left < 0:
        return _.ngettext(
            "O contrato de {amount} venceu há {n} dia ({date}) e não foi renovado: retomar a conversa já.",
            "O contrato de {amount} venceu há {n} dias ({date}) e não foi renovado: retomar a conversa já.",
            -left, **values,
        )  # fmt: skip
    return _.ngettext(
        "O contrato de {amount} vence em {n} dia ({date}): marcar a conversa de renovação.",
        "O contrato de {amount} vence em {n} dias ({date}): marcar a conversa de renovação.",
        left, **values,
    )  # fmt: skip


def _call(row, words: _Words, _: Translator) -> str:
    silence = words.days(int(row.recency_days))
    if row.frequency < 2:
        return _("Comprou uma vez e está há {silence} sem comprar: ligar nesta semana.", silence=silence)
    every = words.every(row.own_cycle_days)
    return _("Compra {every} e está há {silence} sem comprar: ligar nesta semana.", every=every, silence=silence)


def _few_orders(row, words: _Words, _: Translator) -> str:
    return _.ngettext(
        "Comprou só {n} vez, {ago}: incluir em campanha, sem visita.",
        "Comprou só {n} vezes, a última {ago}: incluir em campanha, sem visita.",
        int(row.frequency), ago=words.ago(row.recency_days),
    )  # fmt: skip


def _reactivate(row, words: _Words, _: Translator) -> str:
    if row.frequency < 2:
        return _few_orders(row, words, _)
    values = {"every": words.every(row.own_cycle_days), "silence": words.days(int(row.recency_days))}
    if row.net_revenue < 1:
        return _("Comprava {every} e está parado há {silence}: descobrir o motivo e propor a volta.", **values)
    values["revenue"] = words.money(row.net_revenue)
    return _(
        "Comprava {every}, rendeu {revenue} e está parado há {silence}: descobrir o motivo e propor a volta.", **values
    )


def _welcome_back(row, words: _Words, _: Translator) -> str:
    values = {"silence": words.days(int(row.recovered_after_days)), "ago": words.ago(row.recency_days)}
    return _("Voltou depois de {silence} sem comprar, último pedido {ago}: agradecer e firmar o ritmo.", **values)


def _welcome(row, words: _Words, _: Translator, *, min_orders: int) -> str:
    ago, orders = words.ago(row.tenure_days), int(row.frequency)
    if orders >= min_orders:
        return _.ngettext(
            "Cliente novo, primeira compra {ago}, {n} pedido até agora: dar boas-vindas à carteira.",
            "Cliente novo, primeira compra {ago}, {n} pedidos até agora: dar boas-vindas à carteira.",
            orders, ago=ago,
        )  # fmt: skip
    return _.ngettext(
        "Cliente novo, primeira compra {ago}; falta {n} compra para entrar na carteira: acompanhar de perto.",
        "Cliente novo, primeira compra {ago}; faltam {n} compras para entrar na carteira: acompanhar de perto.",
        min_orders - orders, ago=ago,
    )  # fmt: skip


def _no_order(row, words: _Words, _: Translator) -> str:
    return _("Só tem devoluções ou cancelamentos, nenhuma compra: conferir o cadastro antes de contatar.")


def _develop(row, words: _Words, _: Translator, *, min_orders: int) -> str:
    return _.ngettext(
        "Último pedido {ago}; falta {n} compra para entrar na carteira: oferecer a próxima.",
        "Último pedido {ago}; faltam {n} compras para entrar na carteira: oferecer a próxima.",
        min_orders - int(row.frequency), ago=words.ago(row.recency_days),
    )  # fmt: skip


def _expected(row, words: _Words, _: Translator) -> str:
    if row.frequency < 2:
        return _("Um pedido até agora, {ago}, sem ritmo conhecido: manter o contato.", ago=words.ago(row.recency_days))
    values = {"every": words.every(row.own_cycle_days), "date": words.date(row.next_order_expected)}
    if row.next_step == "confirm":
        return _("Compra {every}; o próximo pedido era esperado em {date}: confirmar se está a caminho.", **values)
    return _("Compra {every}; o próximo pedido é esperado em {date}: manter o contato.", **values)
