"""The sentences of page 04 and the titles of its figures, computed: true for any data, also for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, show
from carteira_lib.churn.model import FEWEST_CLIENTS
from carteira_lib.churn.outlook import LIVE
from carteira_lib.churn.plan import FEWEST_SLICES
from carteira_lib.cycles import HORIZONS
from carteira_lib.language import N_, translator
from carteira_lib.words import Words

if TYPE_CHECKING:
    from carteira_lib.churn.analysis import Analysis

FIRST = 10
DOMINANT = 0.25  # of the revenue at risk: a client with more is named as such
CALIBRATED = 0.03  # beyond the floor of chance
HISTORY_HORIZONS = 3

PROBLEMS = {
    "no_orders": N_("Nenhum pedido até a data-base: não há risco a calcular."),
    "nobody": N_(
        "Nenhum cliente chegou a {min_orders} pedidos: ainda não há carteira cujo risco se possa calcular."
    ),
    "short_history": N_(
        "Histórico curto demais: o menor período à frente, {horizon}, pede {needed} de histórico, e há {history}."
    ),
    "no_model": N_("Amostra insuficiente: nenhum modelo de compra convergiu com estes clientes."),
}  # fmt: skip
REASONS_FOR_BASE = {
    "few_clients": N_(
        "Há menos de {fewest} clientes na carteira, pouco para aprender com o passado dela: as probabilidades são as do modelo de compra, que pede menos dados."
    ),
    "few_dates": N_(
        "O histórico ainda não tem {dates} datas passadas para aprender e testar: as probabilidades são as do modelo de compra, sem teste nesta carteira."
    ),
    "one_kind": N_(
        "Nas datas passadas todos tiveram o mesmo desfecho, e disso não se aprende: as probabilidades são as do modelo de compra."
    ),
    "worse": N_(
        "Nas datas passadas o modelo ajustado a esta carteira errou mais do que o modelo de compra sozinho: publica-se o modelo de compra."
    ),
}


def findings(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> list[str]:
    """The sentences that a director can read out: who, how much, how sure, and what to mind.

    Sentences on what the data do not have are left out.
    """
    told = _Sentences(analysis, language, currency)
    if analysis.churn.empty:
        said = [told.problem()]
    else:
        said = [told.at_risk(), told.first_calls(), told.kinds(), told.quality(), told.basis()]
    said += [told.contracts(), *told.outages(), told.too_good()]
    return [sentence for sentence in said if sentence]


def titles(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> dict[str, str]:
    """The finding of each figure: ``calls``, ``scores``, ``calibration``, ``lift``, ``values``, ``seller_id``,
    ``region``, ``kinds``, ``retention``, ``renewals``."""
    told = _Sentences(analysis, language, currency)
    return {
        "calls": told.calls_title(),
        "scores": told.scores_title(),
        "calibration": told.calibration_title(),
        "lift": told.lift_title(),
        "values": told.values_title(),
        "kinds": told.kinds_title(),
        "retention": told.retention_title(),
        "renewals": told.renewals_title(),
    }


def group_title(amounts: pd.Series, made_here: tuple[str, ...], *, language: str = "pt-BR") -> str:
    """The finding of revenue at risk by group: the one with the most.

    Parameters
    ----------
    amounts : Series
        As `groups.sums` gives it.
    made_here : tuple of str
        Groups that are no finding ("Outros").
    """
    _ = translator(language)
    named = amounts[~amounts.index.isin(made_here)]
    if not amounts.sum() > 0 or named.empty:
        return _("Nenhuma receita em risco")
    share = formats.percent(named.iloc[0] / amounts.sum(), 0, language)
    return _("{group}: {share} da receita em risco", group=show.plain(named.index[0]), share=share)


class _Sentences:
    """The sentences on one analysis."""

    def __init__(self, analysis: Analysis, language: str, currency: str):
        self.analysis, self.words = analysis, Words(language, currency)
        self.translate = self.words.translate
        self.outlook = analysis.outlook.set_index("outlook")
        self.live = analysis.churn[analysis.churn["status"].isin(LIVE)]
        self.horizon = self.words.days(analysis.known.horizon_days)

    def problem(self) -> str:
        _, known = self.translate, self.analysis.known
        message = PROBLEMS.get(self.analysis.basis, PROBLEMS["no_model"])
        history = (known.as_of - known.first).days if known.problem == "short_history" else 0
        return _(
            message,
            min_orders=known.min_orders,
            horizon=self.words.days(HORIZONS[0]),
            needed=self.words.days(HISTORY_HORIZONS * HORIZONS[0]),
            history=self.words.days(history),
        )

    def at_risk(self) -> str:
        _ = self.translate
        if self.live.empty:
            return _("Nenhum cliente da carteira ainda compra: todos já estão inativos, e não há receita em risco.")
        stops, money = self.outlook.loc["expected_stops"], self.outlook.loc["revenue_at_risk"]
        values = {
            "horizon": self.horizon,
            "amount": self.words.money(money["estimate"]),
            "least": self.words.money(money["estimate_low"]),
            "most": self.words.money(money["estimate_high"]),
        }
        if len(self.live) == 1:
            return _(
                "O único cliente que ainda compra tem {share} de chance de não fazer nenhum pedido nos próximos {horizon}: {amount} em risco.",
                share=self.words.percent(stops["estimate"]), **values,
            )  # fmt: skip
        if not round(stops["estimate"]):
            return _(
                "Dos {live} clientes que ainda compram, espera-se que nenhum passe os próximos {horizon} sem comprar.",
                live=self.words.count(len(self.live)), horizon=self.horizon,
            )  # fmt: skip
        return _(
            "Dos {live} clientes que ainda compram, espera-se que **{stops}** (entre {low} e {high}) não façam nenhum pedido nos próximos {horizon}: **{amount}** em risco (entre {least} e {most}).",
            live=self.words.count(len(self.live)), stops=self.words.count(stops["estimate"]), low=self.words.count(stops["estimate_low"]),
            high=self.words.count(stops["estimate_high"]), **values,
        )  # fmt: skip

    def first_calls(self) -> str:
        """How much of the risk stands with the first of the list, and with the very first where it dominates."""
        _ = self.translate
        total = self.live["revenue_at_risk"].sum()
        if len(self.live) < 2 or not round(self.live["churn_probability"].sum()) or not total > 0:
            return ""
        largest = self.live["revenue_at_risk"].iloc[0] / total
        if largest >= DOMINANT:
            return _(
                "Um só cliente responde por {share} da receita em risco.",
                share=self.words.percent(largest),
            )
        count = min(FIRST, len(self.live))
        share = self.live["revenue_at_risk"].iloc[:count].sum() / total
        return _(
            "Os {count} primeiros da lista concentram {share} dessa receita.",
            count=self.words.count(count),
            share=self.words.percent(share),
        )

    def kinds(self) -> str:
        _ = self.translate
        counts = self.live["kind"].value_counts()
        stopped, slow = int(counts.get("stopped", 0)), int(counts.get("slow", 0))
        if not stopped + slow:
            return ""
        if not slow:
            return _.ngettext(
                "{n} cliente tem risco acima da média, e parece ter parado.",
                "{n} clientes têm risco acima da média, e todos parecem ter parado.",
                stopped,
            )
        if not stopped:
            return _.ngettext(
                "{n} cliente tem risco acima da média: é lento por natureza.",
                "{n} clientes têm risco acima da média: todos são lentos por natureza.",
                slow,
            )
        parts = [
            _.ngettext("{n} parece ter parado", "{n} parecem ter parado", stopped),
            _.ngettext("{n} é lento por natureza", "{n} são lentos por natureza", slow),
        ]
        return _(
            "Dos {count} clientes com risco acima da média, {parts}.",
            count=self.words.count(stopped + slow),
            parts=self.words.listing(parts),
        )

    def _tested(self) -> pd.DataFrame | None:
        """Scores among those who had bought in the horizon before: the long gone are easy to tell."""
        table = self.analysis.scores
        own = table[table["population"] == "active"].set_index("forecaster")
        return own if self._published() in own.index and "recency" in own.index else None

    def _published(self) -> str:
        return "model" if self.analysis.basis == "model" else "base"

    def quality(self) -> str:
        _, own = self.translate, self._tested()
        if own is None:
            return ""
        ours, rule = own.loc[self._published()], own.loc["recency"]
        return _.ngettext(
            "Em {n} data passada desta carteira, entre um cliente que parou e um que seguiu comprando, a previsão apontou o certo em **{ours}** das vezes (entre {low} e {high}); contar os dias sem compra acertaria {rule}.",
            "Em {n} datas passadas desta carteira, entre um cliente que parou e um que seguiu comprando, a previsão apontou o certo em **{ours}** das vezes (entre {low} e {high}); contar os dias sem compra acertaria {rule}.",
            int(ours["origins"]),
            ours=self.words.percent(ours["auc"]),
            low=self.words.percent(ours["auc_low"]),
            high=self.words.percent(ours["auc_high"]),
            rule=self.words.percent(rule["auc"]),
        )  # fmt: skip

    def basis(self) -> str:
        message = REASONS_FOR_BASE.get(self.analysis.basis)
        return self.translate(message, fewest=FEWEST_CLIENTS, dates=FEWEST_SLICES) if message else ""

    def contracts(self) -> str:
        _, due = self.translate, self.analysis.renewal_scores
        if due.empty or due["amount_at_risk"].isna().all():
            return ""
        lost = due["amount_at_risk"].sum()
        return _.ngettext(
            "De {n} contrato a renovar, no valor de {amount}, espera-se perder {lost}.",
            "Dos {n} contratos a renovar, no valor de {amount}, espera-se perder {lost}.",
            len(due), amount=self.words.money(due["amount"].sum()), lost=self.words.money(lost),
        )  # fmt: skip

    def outages(self) -> list[str]:
        _ = self.translate
        return [
            _(
                "Atenção: de {first} a {last} não há pedido de nenhum cliente; parece falta de dados, e nenhuma data passada desse período serve para aprender ou testar.",
                first=self.words.date(outage.first),
                last=self.words.date(outage.last),
            )
            for outage in self.analysis.known.outages
        ]

    def too_good(self) -> str:
        """A planted or leaked signal shows in scores that honest signals do not reach."""
        if not self.analysis.tested.too_good:
            return ""
        _ = self.translate
        return _(
            "Atenção: o teste no passado deu bom demais para ser verdade; confira se algum dado foi preenchido depois da data a que se refere, antes de usar esta lista."
        )

    def calls_title(self) -> str:
        _, calls = self.translate, self.analysis.churn[self.analysis.churn["band"] == "call"]
        if calls.empty:
            return _("Nenhum cliente se destaca pelo risco")
        return _.ngettext(
            "{n} cliente com mais a perder: {amount} em risco",
            "{n} clientes com mais a perder: {amount} em risco",
            len(calls), amount=self.words.money(calls["revenue_at_risk"].sum()),
        )  # fmt: skip

    def scores_title(self) -> str:
        _, own = self.translate, self._tested()
        if own is None:
            return _("Amostra insuficiente para testar no passado desta carteira")
        ours, rules = own.loc[self._published(), "auc"], own.loc[["own_cycle", "recency"], "auc"]
        values = {"ours": self.words.percent(ours), "rule": self.words.percent(rules.max())}
        if ours > rules.max():
            return _(
                "A previsão distingue quem parou em {ours} das comparações; a melhor regra simples, em {rule}", **values
            )
        return _(
            "A melhor regra simples distingue quem parou em {rule} das comparações; a previsão, em {ours}", **values
        )

    def calibration_title(self) -> str:
        _, table = self.translate, self.analysis.calibration
        if table.empty:
            return _("Amostra insuficiente para comparar o previsto com o ocorrido")
        off = float((table["clients"] * (table["observed"] - table["predicted"]).abs()).sum() / table["clients"].sum())
        scores = self.analysis.scores.set_index(["population", "forecaster"])["ece_floor"]
        floor = float(scores.get(("portfolio", self._published()), 0.0))
        told = N_("{n} ponto percentual") if round(100 * off, 1) < 2 else N_("{n} pontos percentuais")
        points = _(told, n=self.words.number(100 * off, 1))
        if off <= floor + CALIBRATED:
            return _("O previsto aconteceu: erro médio de {points}", points=points)
        return _("As probabilidades erram {points} em média: leia-as como ordem", points=points)

    def lift_title(self) -> str:
        _, curves = self.translate, self.analysis.lift
        here = curves[(curves["contacted_share"] - 0.1).abs() < 1e-9].set_index("ranking")["money_share"]
        if "model" not in here or pd.isna(here["model"]):
            return _("Amostra insuficiente para medir quanto a lista alcança")
        return _(
            "Procurar 10% dos clientes alcançaria {ours} da receita perdida; os maiores primeiro, {rule}",
            ours=self.words.percent(here["model"]),
            rule=self.words.percent(here["stake"]),
        )

    def values_title(self) -> str:
        _, table = self.translate, self.analysis.value_errors.set_index("value_rule")
        if "model" not in table.index:
            return _("Amostra insuficiente para medir o erro da receita esperada")
        rule = table.drop(index="model")["client_error"].min()
        return _(
            "Erro da receita esperada por cliente: {ours}; da melhor regra simples, {rule}",
            ours=self.words.percent(table.loc["model", "client_error"]),
            rule=self.words.percent(rule),
        )

    def kinds_title(self) -> str:
        _ = self.translate
        if self.live.empty:
            return _("Nenhum cliente com risco calculado ainda compra")
        calm = (self.live["kind"] == "on_time").mean()
        return _("{share} dos clientes que ainda compram estão no ritmo", share=self.words.percent(calm))

    def retention_title(self) -> str:
        _, table = self.translate, self.analysis.retention.set_index("renewals")
        if 1 not in table.index:
            return _("Amostra insuficiente para a curva de renovações")
        stayed = self.words.percent(table.loc[1, "stayed"])
        return _("{share} dos clientes sob contrato renovam a primeira vez", share=stayed)

    def renewals_title(self) -> str:
        _, due = self.translate, self.analysis.renewal_scores
        if due.empty:
            return _("Nenhum contrato a renovar") + "."
        return _.ngettext(
            "{n} contrato a renovar, do maior valor em risco ao menor",
            "{n} contratos a renovar, do maior valor em risco ao menor",
            len(due),
        )
