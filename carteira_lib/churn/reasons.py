"""Why a client may stop, in words with its own numbers.

The model says which groups of signals raise a client's probability above the portfolio's median; a group is told only
where the client's own numbers bear it out. Associations, not causes.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pandas as pd

from carteira_lib import formats
from carteira_lib.language import translator

#: A group is a reason where it adds at least so much to the log-odds: from 50 %, two and a half points.
LEAST_WEIGHT = 0.1
REASONS = 3
VALUE = "value"


def reasons(
    clients: pd.DataFrame,
    parts: pd.DataFrame,
    *,
    horizon_days: int,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> pd.DataFrame:
    """Up to three reasons of each client, the heaviest first.

    Parameters
    ----------
    clients : DataFrame
        Portfolio clients of one date as `signals.described` gives them; their medians are the yardsticks.
    parts : DataFrame, index of `clients`
        As `model.contributions` gives them.
    horizon_days : int
    language, currency : str
        Of the sentences.

    Returns
    -------
    DataFrame, index of `clients`
        ``reason_1`` to ``reason_3``, codes of `signals.GROUPS`, each with its ``_text``; missing where there is none.
    """
    words = _Words(clients, horizon_days, language, currency)
    tellers: dict[str, Callable[[pd.DataFrame], list[str | None]]] = {
        "silence": words.silence, "slowdown": words.slowdown, "frequency": words.frequency, "rhythm": words.rhythm,
        "age": words.age, "spend": words.spend,
    }  # fmt: skip
    texts = pd.DataFrame(None, index=clients.index, columns=list(parts.columns), dtype="object")
    for group in parts.columns:
        heavy = (parts[group] >= LEAST_WEIGHT).to_numpy()
        told = np.full(len(clients), None, dtype="object")
        told[heavy] = tellers[group](clients[heavy])
        texts[group] = told
    return _heaviest(parts.where(texts.notna(), -np.inf), texts)


def _heaviest(weights: pd.DataFrame, texts: pd.DataFrame) -> pd.DataFrame:
    order = np.argsort(-weights.to_numpy("float64"), axis=1, kind="stable")[:, :REASONS]
    rows = np.arange(len(weights))
    names, told = weights.columns.to_numpy(dtype="object"), texts.to_numpy(dtype="object")
    found: dict[str, np.ndarray] = {}
    for place in range(REASONS):
        column = order[:, place]
        text = told[rows, column]
        found[f"reason_{place + 1}"] = np.where(pd.isna(text), None, names[column])
        found[f"reason_{place + 1}_text"] = text
    return pd.DataFrame(found, index=weights.index)


def value_reason(amount: float, *, language: str = "pt-BR", currency: str = "BRL") -> str:
    """The reason of a client who shows no sign of stopping, and stands on the list for what it buys."""
    _ = translator(language)
    money = formats.money(float(round(amount)), currency, language, compact=True)
    return _("Nenhum sinal de alarme: está na lista pelo que deve comprar, {amount}", amount=money)


class _Words:
    """The sentence of each group for some clients; None where their numbers do not bear it out."""

    def __init__(self, portfolio: pd.DataFrame, horizon_days: int, language: str, currency: str):
        self.translate = translator(language)
        self.horizon_days = horizon_days
        self.days = functools.cache(lambda count: formats.days(count, language))
        self.number = functools.cache(lambda count: formats.number(count, 0, language))
        self.cash = functools.cache(lambda units: formats.money(float(units), currency, language, compact=True))
        self.spread = float(portfolio["spread"].median())
        self.tenure = int(portfolio["tenure_days"].astype("float64").median()) if len(portfolio) else 0
        self.value = round(float(portfolio["mean_order_value"].median())) if len(portfolio) else 0

    def every(self, cycle_days: int) -> str:
        _ = self.translate
        return _("a cada {days}", days=self.days(cycle_days)) if cycle_days > 1 else _("todo dia")

    def silence(self, clients: pd.DataFrame) -> list[str | None]:
        _ = self.translate
        pairs = zip(_whole(clients["recency_days"]), _whole(clients["own_cycle_days"]), strict=True)
        return [
            _("Há {silence} sem comprar; costuma comprar {every}", silence=self.days(silent), every=self.every(cycle))
            if silent > cycle
            else None
            for silent, cycle in pairs
        ]

    def slowdown(self, clients: pd.DataFrame) -> list[str | None]:
        """Orders of the last horizon against those that the client's mean rate would have brought."""
        age = clients["tenure_days"].to_numpy("float64")
        rate = clients["frequency"].to_numpy("float64") / (age + self.horizon_days / 2)
        usual = np.rint(rate * np.minimum(self.horizon_days, age + 1)).astype("int64")
        return [
            self._fewer(recent, expected) if recent < expected else None
            for recent, expected in zip(_whole(clients["orders_one"]), usual.tolist(), strict=True)
        ]

    def _fewer(self, recent: int, usual: int) -> str:
        _, horizon = self.translate, self.days(self.horizon_days)
        if not recent:
            return _(
                "Nenhum pedido nos últimos {horizon}; no seu ritmo, o normal é {usual}",
                horizon=horizon,
                usual=self.number(usual),
            )
        return _.ngettext(
            "{n} pedido nos últimos {horizon}; no seu ritmo, o normal é {usual}",
            "{n} pedidos nos últimos {horizon}; no seu ritmo, o normal é {usual}",
            recent, horizon=horizon, usual=self.number(usual),
        )  # fmt: skip

    def frequency(self, clients: pd.DataFrame) -> list[str | None]:
        _ = self.translate
        pairs = zip(_whole(clients["own_cycle_days"]), _whole(clients["typical_gap_days"]), strict=True)
        return [
            _("Compra {every}; o comum na carteira é {usual}", every=self.every(own), usual=self.every(usual))
            if own > usual
            else None
            for own, usual in pairs
        ]

    def rhythm(self, clients: pd.DataFrame) -> list[str | None]:
        """One standard deviation of the log gaps on either side of the cycle: two thirds of the gaps."""
        _ = self.translate
        cycle, spread = clients["own_cycle_days"].to_numpy("float64"), clients["spread"].to_numpy("float64")
        low, high = _whole(np.maximum(cycle * np.exp(-spread), 1)), _whole(cycle * np.exp(spread))
        return [
            _("Ritmo irregular: o intervalo costuma variar de {low} a {high}", low=self.number(a), high=self.days(b))
            if own > self.spread and b > a
            else None
            for a, b, own in zip(low, high, spread, strict=True)
        ]

    def age(self, clients: pd.DataFrame) -> list[str | None]:
        return [self._age(tenure) for tenure in _whole(clients["tenure_days"])]

    def _age(self, tenure: int) -> str | None:
        _, values = self.translate, {"tenure": self.days(tenure), "median": self.days(self.tenure)}
        if tenure < self.tenure:
            return _("Cliente há {tenure}; metade da carteira é cliente há mais de {median}", **values)
        if tenure > self.tenure:
            return _("Cliente há {tenure}; metade da carteira é cliente há menos de {median}", **values)
        return None

    def spend(self, clients: pd.DataFrame) -> list[str | None]:
        triples = zip(
            *(_whole(clients[name]) for name in ("recent_order_value", "mean_order_value")),
            clients["frequency"].tolist(),
            strict=True,
        )
        return [self._spend(recent, mean, orders) for recent, mean, orders in triples]

    def _spend(self, recent: int, mean: int, orders: int) -> str | None:
        """The last three orders below all of them, else smaller orders than the portfolio's."""
        _ = self.translate
        if recent < 0.9 * mean and orders > 3:
            return _("Últimos 3 pedidos de {recent} em média; antes {mean}", recent=self.cash(recent), mean=self.cash(
                round((mean * orders - 3 * recent) / (orders - 3))
            ))  # fmt: skip
        if mean < 0.9 * self.value:
            return _("Pedidos de {mean} em média; o comum na carteira é {value}", mean=self.cash(mean), value=self.cash(
                self.value
            ))  # fmt: skip
        return None


def _whole(values: pd.Series | np.ndarray) -> list[int]:
    return np.rint(np.asarray(values, dtype="float64")).astype("int64").tolist()
