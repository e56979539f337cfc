"""The sentences of page 07 and the titles of its figures, computed: true for any data, also for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import tables
from carteira_lib.forecast.backtest import FEWEST_ERRORS, FEWEST_MONTHS
from carteira_lib.forecast.goals import SUMS
from carteira_lib.forecast.seasonal import YEAR
from carteira_lib.forecast.wording import amount, named
from carteira_lib.language import N_
from carteira_lib.words import Words

if TYPE_CHECKING:
    from carteira_lib.forecast.analysis import Analysis

NEAR = 3  # months that a forecast is first read for
JUDGED = ("likely", "open", "unlikely")
HISTORY = (
    (FEWEST_MONTHS, N_("Há {months} de histórico: são precisos 6 para prever e 12 para dar a chance de uma meta.")),
    (YEAR, N_("Há {months} de histórico: dá para prever o nível das vendas, mas a sazonalidade é desconhecida e nenhuma meta tem chance calculada.")),
    (18, N_("Há {months} de histórico: a sazonalidade ainda é incerta, e as chances, até 3 meses à frente, são aproximadas.")),
    (2 * YEAR, N_("Há {months} de histórico: as chances vão até 3 meses à frente; com 24 vão até 6.")),
)  # fmt: skip
STATES = {
    "reached": (N_("{n} já foi batida"), N_("{n} já foram batidas")),
    "likely": (N_("{n} é provável"), N_("{n} são prováveis")),
    "open": (N_("{n} está em aberto"), N_("{n} estão em aberto")),
    "unlikely": (N_("{n} é improvável"), N_("{n} são improváveis")),
}
POINTS = {
    False: N_("A chance informada ficou, em média, a {points} ponto percentual do ocorrido"),
    True: N_("A chance informada ficou, em média, a {points} pontos percentuais do ocorrido"),
}
ONE_GOAL = {
    "reached": N_("A única meta já foi batida."),
    "likely": N_("A única meta é provável."),
    "open": N_("A única meta está em aberto."),
    "unlikely": N_("A única meta é improvável."),
}
ONLY_UNJUDGED = N_("A única meta não tem chance calculada.")
SOLD = N_(
    "A mais difícil ({goal}) tem {chance} de chance: para que a chance passe de 50% é preciso vender {extra} por mês além do previsto."
)
COME = (
    N_("A mais difícil ({goal}) tem {chance} de chance: para que a chance passe de 50% é preciso {extra} cliente por mês além do previsto."),
    N_("A mais difícil ({goal}) tem {chance} de chance: para que a chance passe de 50% são precisos {extra} clientes por mês além do previsto."),
)  # fmt: skip
#: What a goal needs beyond what is foretold, below 2 and from 2 on.
LACKS = {
    "revenue": (SOLD, SOLD),
    "active_clients": (
        N_("A mais difícil ({goal}) tem {chance} de chance: para que a chance passe de 50% é preciso ganhar ou deixar de perder {extra} cliente por mês além do previsto."),
        N_("A mais difícil ({goal}) tem {chance} de chance: para que a chance passe de 50% é preciso ganhar ou deixar de perder {extra} clientes por mês além do previsto."),
    ),
    "new_clients": COME,
    "reactivated": COME,
}  # fmt: skip


def findings(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> list[str]:
    """The sentences that a director can read out: what comes, which goals, what they need, and how sure that is.

    Sentences on what the data do not have are left out.
    """
    told = _Sentences(analysis, language, currency)
    said = [
        told.ahead(),
        told.goals(),
        told.moving(),
        told.active(),
        told.weakest(),
        told.quality(),
        told.calibrated(),
        told.history(),
    ]
    return [sentence for sentence in said if sentence]


def titles(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> dict[str, str]:
    """The finding of each figure: ``goals``, ``revenue``, ``bridge``, ``sources``, ``scores``, ``calibration``, ``weeks``."""
    told = _Sentences(analysis, language, currency)
    return {
        "goals": told.goals_title(),
        "revenue": told.revenue_title(),
        "bridge": told.bridge_title(),
        "sources": told.sources_title(),
        "scores": told.scores_title(),
        "calibration": told.calibration_title(),
        "weeks": told.weeks_title(),
    }


class _Sentences:
    """The sentences on one analysis."""

    def __init__(self, analysis: Analysis, language: str, currency: str):
        self.analysis, self.language, self.words = analysis, language, Words(language, currency)
        self.translate = self.words.translate
        table = analysis.forecast
        whole = table[(table["dimension"] == "total") & (table["sales_measure"] == "revenue")]
        self.months = whole[whole["period"] == "month"]
        self.weeks = whole[whole["period"] != "month"].set_index("period")
        self.status = analysis.goals_status
        self.judged = self.status[self.status["goal_state"].isin(JUDGED)]

    def ahead(self) -> str:
        _ = self.translate
        if self.months.empty:
            return ""
        near, first = self.months.head(NEAR), self.months.iloc[0]
        return _(
            "Para os próximos {n} meses espera-se vender **{total}**; em {month}, {estimate} (entre {low} e {high}, faixa que deve conter 8 de cada 10 meses).",
            n=NEAR, total=self.words.money(near["estimate"].sum()), month=self.words.month(first["period_start"]),
            estimate=self.words.money(first["estimate"]), low=self.words.money(first["estimate_low"]), high=self.words.money(first["estimate_high"]),
        )  # fmt: skip

    def goals(self) -> str:
        _ = self.translate
        if self.status.empty:
            return _(
                "Nenhuma meta informada: com a lista de metas (indicador, alvo e prazo) haveria aqui a chance de bater cada uma."
            )
        states = self.status["goal_state"].value_counts()
        parts = [
            _(one if states[state] == 1 else many, n=self.words.number(int(states[state])))
            for state, (one, many) in STATES.items()
            if states.get(state)
        ]
        others = len(self.status) - int(states.reindex(["reached", *JUDGED]).sum())
        if others:
            parts.append(_.ngettext("{n} não tem chance calculada", "{n} não têm chance calculada", others))
        if len(self.status) == 1:
            return _(ONE_GOAL.get(states.index[0], ONLY_UNJUDGED))
        return _("Das {n} metas: {parts}.", n=self.words.number(len(self.status)), parts=self.words.listing(parts))

    def moving(self) -> str:
        """Sums without a start: what is sold leaves them at each reference date."""
        _, status = self.translate, self.status
        live = ~status["goal_state"].eq("not_judged")
        without = int((status["metric"].isin(SUMS) & status["start_date"].isna() & live).sum())
        if not without:
            return ""
        return _.ngettext(
            "Atenção: {n} meta de soma não tem início (start_date) e conta só do dia seguinte à data-base: o que já foi feito não entra, e a cada nova data-base ela recomeça do zero.",
            "Atenção: {n} metas de soma não têm início (start_date) e contam só do dia seguinte à data-base: o que já foi feito não entra, e a cada nova data-base elas recomeçam do zero.",
            without,
        )

    def active(self) -> str:
        """What an active client is in the goals, where one is of them."""
        _, status = self.translate, self.status
        if not (status["metric"].eq("active_clients") & ~status["goal_state"].eq("not_judged")).any():
            return ""
        return _.ngettext(
            "Nas metas, cliente ativo é quem comprou no último mês completo: hoje são {active}. A página da carteira julga cada um pelo seu próprio ciclo, e por isso o número e a variação dela são outros.",
            "Nas metas, cliente ativo é quem comprou nos últimos {n} meses completos: hoje são {active}. A página da carteira julga cada um pelo seu próprio ciclo, e por isso o número e a variação dela são outros.",
            self.analysis.active_months,
            active=self.words.number(self.analysis.active),
        )

    def weakest(self) -> str:
        """The least probable goal, and what it would take."""
        _ = self.translate
        behind = self.judged[self.judged["extra_per_month"].fillna(0) > 0]
        if behind.empty:
            return ""
        goal = behind.loc[behind["probability"].idxmin()]
        values = {
            "goal": named(goal, self.words),
            "chance": self.words.percent(goal["probability"]),
            "extra": amount(goal["metric"], goal["extra_per_month"], self.words),
        }
        one, many = LACKS.get(goal["metric"], ("", ""))
        text = many if round(goal["extra_per_month"], 1) >= 2 else one  # Portuguese takes the plural from 2 on
        return _(text, **values) if text else ""

    def _tested(self) -> pd.DataFrame:
        scores = self.analysis.scores
        own = scores[scores["sales_measure"] == "revenue"].set_index("sales_way")
        return own if len(own) and own["wape"].notna().any() else own.iloc[:0]

    def quality(self) -> str:
        _, own = self.translate, self._tested()
        if own.empty:
            return ""
        ours = own[own["published"].astype("bool")].iloc[0]
        error, naive = (self.words.percent(share) for share in (ours["wape"], own.loc["naive", "wape"]))
        if ours.name == "naive":
            said = _(
                "Em datas passadas, de 1 a 3 meses à frente, a previsão, que repete o último mês, errou **{error}** das vendas.",
                error=error,
            )
        else:
            said = _(
                "Em datas passadas, de 1 a 3 meses à frente, a previsão errou **{error}** das vendas; repetir o último mês erraria {naive}.",
                error=error, naive=naive,
            )  # fmt: skip
        if pd.isna(ours["covered"]):
            return said
        return (
            said + " " + _("A faixa de 80% conteve {covered} dos meses.", covered=self.words.percent(ours["covered"]))
        )

    def _brier(self) -> pd.Series:
        scores = self.analysis.goal_scores
        return scores[scores["metric"] == "all"].set_index("goal_way")["brier"]

    def calibrated(self) -> str:
        _, brier = self.translate, self._brier()
        if brier.empty or self.judged.empty:
            return ""
        ours, line, base = (float(brier[way]) for way in ("blend", "line", "base_rate"))
        count = self.words.number(int(self.analysis.goal_scores["goals"].max()))
        if ours < min(line, base):
            return _(
                "Testadas em {count} metas passadas desta carteira, as chances erraram {line} menos do que uma linha reta e {base} menos do que supor a frequência histórica.",
                count=count, line=self.words.percent(1 - ours / line), base=self.words.percent(1 - ours / base),
            )  # fmt: skip
        if self.analysis.goal_way == "line":
            return _(
                "Atenção: em {count} metas passadas desta carteira a linha reta errou {less} menos do que as simulações: as chances publicadas são as da linha reta.",
                count=count, less=self.words.percent(1 - line / ours),
            )  # fmt: skip
        return _(
            "Atenção: testadas em {count} metas passadas desta carteira, as chances não erraram menos do que uma linha reta ou a frequência histórica; leia-as como ordem, não como número.",
            count=count,
        )

    def history(self) -> str:
        _, months = self.translate, self.analysis.months
        known = _.ngettext("{n} mês completo", "{n} meses completos", months)
        return next((_(text, months=known) for least, text in HISTORY if months < least), "")

    def goals_title(self) -> str:
        _ = self.translate
        if self.judged.empty:
            return _("Nenhuma meta com chance calculada")
        likely = int((self.judged["goal_state"] == "likely").sum())
        return _.ngettext(
            "De {n} meta com chance calculada, {likely} deve ser batida",
            "De {n} metas com chance calculada, {likely} devem ser batidas",
            len(self.judged), likely=self.words.number(likely),
        )  # fmt: skip

    def revenue_title(self) -> str:
        _ = self.translate
        if self.months.empty:
            return _("Histórico curto demais para prever")
        total, before = self.months["estimate"].sum(), self.analysis.history["revenue"].tail(YEAR)
        if self._tested()["published"].get("naive", False):  # one month, perhaps the best, twelve times: no growth
            return _(
                "Nada previu melhor do que repetir o último mês: em 12 meses, {total}",
                total=self.words.money(total),
            )
        if len(before) < YEAR or not before.sum() > 0:
            return _("Os próximos 12 meses devem somar {total}", total=self.words.money(total))
        change = total / before.sum() - 1
        values = {"total": self.words.money(total), "change": self.words.percent(abs(change), 1)}
        if change >= 0:
            return _("Os próximos 12 meses devem somar {total}, {change} acima dos últimos 12", **values)
        return _("Os próximos 12 meses devem somar {total}, {change} abaixo dos últimos 12", **values)

    def bridge_title(self) -> str:
        _ = self.translate
        steps = self.analysis.bridge.set_index("bridge_step")["moved_clients"]
        if steps.empty:
            return _("Histórico curto demais para prever")
        change = round(steps["closing"] - steps["opening"])
        span = _.ngettext("{n} mês", "{n} meses", self.analysis.bridge_months)
        if not change:
            return _("Em {span} a carteira ativa deve ficar do mesmo tamanho", span=span)
        if change > 0:
            return _.ngettext(
                "Em {span} a carteira ativa deve ganhar {n} cliente",
                "Em {span} a carteira ativa deve ganhar {n} clientes",
                change,
                span=span,
            )
        return _.ngettext(
            "Em {span} a carteira ativa deve perder {n} cliente",
            "Em {span} a carteira ativa deve perder {n} clientes",
            -change,
            span=span,
        )

    def sources_title(self) -> str:
        _, table = self.translate, self.analysis.sources
        total = table[["existing", "reactivated", "new"]].sum() if len(table) else pd.Series(dtype="float64")
        if not total.sum() > 0:
            return _("Histórico curto demais para prever")
        return _(
            "{share} da receita dos próximos 12 meses deve vir de quem já está ativo",
            share=self.words.percent(total["existing"] / total.sum()),
        )

    def scores_title(self) -> str:
        _, own = self.translate, self._tested()
        if own.empty:
            return _("Amostra insuficiente para testar a previsão no passado")
        ours = own[own["published"].astype("bool")].iloc[0]
        name = tables.value_label("sales_way", ours.name, self.language)
        return _("Publica-se “{name}”, que errou {error}", name=name, error=self.words.percent(ours["wape"], 1))

    def calibration_title(self) -> str:
        _, scores = self.translate, self.analysis.goal_scores
        own = scores[(scores["metric"] == "all") & (scores["goal_way"] == self.analysis.goal_way)]
        if own.empty:
            return _("Amostra insuficiente para comparar a chance informada com as metas batidas")
        points = self.words.number(100 * own["ece"].iloc[0], 1)
        return _(POINTS[float(100 * own["ece"].iloc[0]) >= 1.95], points=points)

    def weeks_title(self) -> str:
        _ = self.translate
        if "weeks_4" not in self.weeks.index:
            return _("Histórico curto demais para prever semanas")
        amount, dates = self.words.money(self.weeks.loc["weeks_4", "estimate"]), int(self.weeks["origins"].min())
        if dates < FEWEST_ERRORS:
            return _.ngettext(
                "As próximas 4 semanas devem somar {amount}; a faixa é incerta: só {n} data passada para testar 12 semanas",
                "As próximas 4 semanas devem somar {amount}; a faixa é incerta: só {n} datas passadas para testar 12 semanas",
                dates,
                amount=amount,
            )
        return _("As próximas 4 semanas devem somar {amount}", amount=amount)
