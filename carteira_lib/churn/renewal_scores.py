"""The contracts to renew with their probability, what is at risk and why, in words."""

from __future__ import annotations

import functools
import math
import re

import numpy as np
import pandas as pd

from carteira_lib import formats, tables
from carteira_lib.churn.renewal import Lead, Renewal, bought_lately, fit_renewal, predict
from carteira_lib.churn.renewal_backtest import RenewalBacktest, distance_of
from carteira_lib.churn.renewal_signals import KIND_PREFIX, RELATION_DAYS, History
from carteira_lib.language import N_, translator

#: A signal is a reason where it takes at least so much off the log-odds: from 50 %, two and a half points.
LEAST_WEIGHT = 0.1
REASONS = 2
LONG_SILENCE = 1.5  # cycles; a day beyond the usual is no reason
NPS_SENTENCES = {
    "detractor": N_("Última nota de NPS: detrator"),
    "passive": N_("Última nota de NPS: neutro"),
    "promoter": N_("Última nota de NPS: promotor"),
    "none": N_("Sem resposta de NPS no último ano"),
}


def renewals_scored(
    due: pd.DataFrame,
    history: History,
    as_of: pd.Timestamp,
    tested: RenewalBacktest,
    *,
    language: str = "pt-BR",
    seed: int = 0,
) -> pd.DataFrame:
    """Each contract to renew with the chance that it is, the amount at risk and up to two reasons.

    Parameters
    ----------
    due : DataFrame
        Contract ``renewals``: uses ``contract_id``, ``customer_id``, ``days_left`` and ``amount``.
    history : History
    as_of : Timestamp
        Of `due`.
    tested : RenewalBacktest
        Of `renewal_backtest` on the same history and date: says which way to publish at each distance.
    language : str
        Of the sentences.
    seed : int

    Returns
    -------
    DataFrame
        Contract ``renewal_scores``, the largest amount at risk first. ``renewal_basis`` says where a probability comes
        from; it is missing where no contract has ended yet.

    Notes
    -----
    Reasons are what lowers this contract's log-odds against the mean of the past contracts, by the linear part of the
    model: associations, not causes. The base rate knows no reason, the rule only silence; that a contract is overdue
    is always one.
    """
    renewal = fit_renewal(history, as_of, due["days_left"], seed=seed)
    moments = pd.DataFrame({"contract_id": due["contract_id"].to_numpy(), "date": as_of})
    signals = predict(renewal, history, moments)
    basis = _basis(renewal, tested, signals["days_left"])
    chance = np.select([basis == "model", basis == "rule"], [signals["model"], signals["rule"]], signals["base_rate"])
    amount = due["amount"].to_numpy("float64")
    named = {"renewal_probability": chance, "amount": amount, "amount_at_risk": (1 - chance) * amount}
    table = signals[["contract_id", "customer_id"]].assign(
        **named, renewal_basis=basis, **_reasons(renewal, signals, basis, language)
    )
    ordered = table.sort_values(["amount_at_risk", "contract_id"], ascending=[False, True], ignore_index=True)
    return tables.conform(ordered, "renewal_scores")


def _basis(renewal: Renewal, tested: RenewalBacktest, days_left: pd.Series) -> pd.Series:
    if renewal.basis != "model":
        return pd.Series(renewal.basis, index=days_left.index, dtype="str")
    return distance_of(days_left).map(tested.published).astype("str")


def contributions(lead: Lead, signals: pd.DataFrame) -> pd.DataFrame:
    """What each signal adds to the log-odds of renewal, against the mean of the contracts learned from.

    Returns
    -------
    DataFrame
        One row per row of `signals`, one column per signal; of a model that averages, its linear part.
    """
    model = lead.model.named_steps.get("average")
    linear = model.named_estimators_["splines"] if model is not None else lead.model
    names = lead.numeric + lead.categorical
    past, now = (linear[:-1].transform(table[names]) for table in (lead.signals, signals))
    weights = (now - past.mean(axis=0)) * linear[-1].coef_[0]
    of = [_signal_of(column, names) for column in linear[:-1].get_feature_names_out()]
    return pd.DataFrame(weights, index=signals.index, columns=of).T.groupby(level=0).sum().T


def _signal_of(column: str, names: list[str]) -> str:
    """The signal that a column of the design matrix was made of: ``curves__silence_log_sp_2`` is of ``silence_log``."""
    plain = re.sub(r"^(numbers|curves|texts)__(missingindicator_)?", "", column)
    return max((name for name in names if plain == name or plain.startswith(f"{name}_")), key=len)


def _reasons(renewal: Renewal, signals: pd.DataFrame, basis: pd.Series, language: str) -> dict[str, list]:
    """Codes and sentences of the reasons of each contract."""
    words, found = _Words(language), {index: [] for index in signals.index}
    for lead, learned in renewal.leads.items():
        here = signals[(signals["lead"] == lead) & (basis == "model")]
        if len(here) and learned.model is not None:
            weights = contributions(learned, here)
            for index, row, values in zip(here.index, here.to_dict("records"), weights.to_numpy(), strict=True):
                heavy = [weights.columns[k] for k in np.argsort(values, kind="stable") if values[k] <= -LEAST_WEIGHT]
                found[index] = [told for name in heavy if (told := words.told(name, row))]
    by_rule = signals[(basis == "rule") & ~bought_lately(signals)]
    for index, row in zip(by_rule.index, by_rule.to_dict("records"), strict=True):
        found[index] = [told for told in [words.told("silence_log", row)] if told]
    for index, row in signals[signals["days_left"] < 0].iterrows():
        found[index].insert(0, ("overdue", words.overdue(int(row["days_left"]))))
    columns = {}
    for k in range(REASONS):
        told = [reasons[k] if k < len(reasons) else (None, None) for reasons in found.values()]
        columns[f"reason_{k + 1}"], columns[f"reason_{k + 1}_text"] = [c for c, _ in told], [t for _, t in told]
    return columns


class _Words:
    """A signal that speaks against renewal, as code and sentence; None where the facts do not bear it out."""

    def __init__(self, language: str):
        self.translate = translator(language)
        self.days = functools.partial(formats.days, language=language)
        self.percent = functools.partial(formats.percent, language=language)

    def told(self, signal: str, row: dict) -> tuple[str, str] | None:
        if signal.startswith(KIND_PREFIX):
            return self._kind(signal, row)
        teller = getattr(self, f"_{signal}", None)
        return teller(row) if teller else None

    def overdue(self, days_left: int) -> str:
        _ = self.translate
        return _("Venceu há {days} e ninguém renovou", days=self.days(-days_left))

    def _kind(self, signal: str, row: dict) -> tuple[str, str]:
        _, kind = self.translate, signal.removeprefix(KIND_PREFIX)
        if row[signal] > 0:
            return "contact", _("Nos últimos 60 dias: {kind}", kind=kind)
        return "no_contact", _("Nos últimos 60 dias, nada de: {kind}", kind=kind)

    def _complaints_60d(self, row: dict) -> tuple[str, str] | None:
        _ = self.translate
        if not row["complaints_60d"]:
            return None
        since = row["days_since_complaint"]
        ago = _("há {days}", days=self.days(since)) if since >= 1 else _("hoje")
        return "complaint", _("Reclamação {ago}", ago=ago)

    def _visits_60d(self, row: dict) -> tuple[str, str] | None:
        _ = self.translate
        return None if row["visits_60d"] else ("no_visit", _("Nenhuma visita nos últimos 60 dias"))

    def _silence_log(self, row: dict) -> tuple[str, str] | None:
        _, silence, cycle = self.translate, row.get("recency_days", math.nan), row.get("own_cycle_days", math.nan)
        if math.isnan(silence):
            return "no_purchase", _("Nenhuma compra registrada")
        if not silence > LONG_SILENCE * cycle:
            return None
        whole = round(cycle)
        every = _("a cada {days}", days=self.days(whole)) if whole > 1 else _("todo dia")
        return "silence", _(
            "Não compra há {silence}; costumava comprar {every}", silence=self.days(silence), every=every
        )

    def _order_trend(self, row: dict) -> tuple[str, str] | None:
        _, recent, before = self.translate, int(row["orders_90d"]), int(row["orders_previous_90d"])
        if recent >= before:
            return None
        return "slowdown", _("Pedidos em 90 dias: {recent}; nos 90 anteriores: {before}", recent=recent, before=before)

    _orders_90d = _order_trend

    def _amount_vs_client(self, row: dict) -> tuple[str, str] | None:
        return self._apart(
            row["amount_vs_client"], "dearer", N_("Valor {share} acima do contrato anterior"), "cheaper",
            N_("Valor {share} abaixo do contrato anterior"),
        )  # fmt: skip

    def _amount_vs_portfolio(self, row: dict) -> tuple[str, str] | None:
        return self._apart(
            row["amount_vs_portfolio"], "large", N_("Valor {share} acima da mediana dos contratos"), "small",
            N_("Valor {share} abaixo da mediana dos contratos"),
        )  # fmt: skip

    def _apart(self, log_ratio: float, above: str, up: str, below: str, down: str) -> tuple[str, str] | None:
        """The code and sentence of an amount that differs by half a percent or more."""
        share = abs(math.expm1(log_ratio))
        if share < 0.005:
            return None
        code, message = (above, up) if log_ratio > 0 else (below, down)
        return code, self.translate(message, share=self.percent(share))

    def _earlier_renewed_share(self, row: dict) -> tuple[str, str] | None:
        _, decided, renewed = self.translate, int(row["earlier_decided"]), int(row["earlier_renewed"])
        if row["earlier_contracts"] == 0 and not decided:
            return "first_contract", _("Primeiro contrato do cliente")
        if renewed == decided:
            return None
        return "lost_before", _(
            "Contratos anteriores renovados: {renewed} de {decided}", renewed=renewed, decided=decided
        )

    def _relation_days(self, row: dict) -> tuple[str, str] | None:
        _, since = self.translate, row["relation_days"]
        return ("recent_client", _("Cliente há {days}", days=self.days(since))) if since < RELATION_DAYS else None

    def _contract_days(self, row: dict) -> tuple[str, str]:
        _ = self.translate
        return "length", _("Contrato de {days}", days=self.days(row["contract_days"]))

    def _nps_class(self, row: dict) -> tuple[str, str]:
        return "nps", self.translate(NPS_SENTENCES[row["nps_class"]])

    def _product_id(self, row: dict) -> tuple[str, str] | None:
        _ = self.translate
        return None if row["product_id"] == "none" else ("product", _("Produto {product}", product=row["product_id"]))
