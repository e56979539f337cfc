"""The sentences of page 03 and the titles of its figures, computed: true for any data, also for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carteira_lib import show
from carteira_lib.language import N_
from carteira_lib.pci import lookalike
from carteira_lib.pci.attributes import Refused
from carteira_lib.pci.niche import DISCOUNTED, SCAN
from carteira_lib.pci.value import MARGIN
from carteira_lib.pci.wording import label, rule_text
from carteira_lib.words import Words

if TYPE_CHECKING:
    from carteira_lib.pci.analysis import Analysis, Learned

FEWEST_CLIENTS = 60
STABLE = 0.6
CALIBRATED = 0.05
#: Share of portfolios of so many clients in which a niche worth 2.7 times the others was found: benchmarks/README.md.
POWER = ((60, 0.18), (80, 0.23), (150, 0.45), (300, 0.83), (1000, 1.0))

PROBLEMS = {
    "no_attributes": N_(
        "Nenhuma característica dos clientes pode ser usada: sem setor, porte ou região não há como descrever o comprador ideal. Ligue o cadastro em sources.customers, ou declare outras colunas dele em pci_attributes."
    ),
    "none_usable": N_(
        "Nenhuma característica dos clientes pode ser usada: sem setor, porte ou região que separem uns dos outros não há como descrever o comprador ideal. Preencha-as no cadastro, ou declare outras colunas dele em pci_attributes."
    ),
    "few_clients": N_("Amostra insuficiente: {n} com seis meses de casa ou mais, e procurar um nicho pede pelo menos {fewest}."),
    "flat": N_("Os clientes valem quase todos o mesmo: não há um perfil que valha mais."),
}  # fmt: skip
REASONS = {
    "absent": N_("{name} (sem dados)"),
    "empty": N_("{name} (quase sem dados)"),
    "one_level": N_("{name} (um só valor)"),
    "id_like": N_("{name} (quase um valor para cada cliente)"),
    "disguise": N_("{name} (acompanha o valor de tão perto que seria o próprio valor disfarçado)"),
    "not_numeric": N_("{name} (declarado como número, mas não são números)"),
    "no_level": N_("{name} (nenhum dos níveis declarados aparece)"),
}


def power(clients: int) -> float:
    """Chance of finding a niche worth 2.7 times the other clients, read off `POWER`.

    Examples
    --------
    >>> power(300), power(50_000)
    (0.83, 1.0)
    """
    sizes, shares = zip(*POWER, strict=True)
    return float(np.interp(np.log(max(clients, 1)), np.log(sizes), shares))


def findings(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> list[str]:
    """The sentences that a director can read out: the niche, what it is worth, how sure that is, and who else is in it.

    Sentences on what the data do not have are left out.
    """
    told = _Sentences(analysis, language, currency)
    if analysis.learned is None:
        said = [told.problem()]
    elif analysis.learned.niche.published is None:
        said = [told.none_found(), told.power()]
    else:
        said = [told.found(), told.worth(), told.sure(), told.since(), told.size(), told.revenue()]
    said += [told.prospects(), told.basis(), told.losing(), told.refused()]
    return [sentence for sentence in said if sentence]


def titles(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> dict[str, str]:
    """The finding of each figure and table: ``rules``, ``lifts``, ``map``, ``clusters``, ``comparison``, ``sellers``,
    ``prospects``, ``near``, ``calibration``."""
    told = _Sentences(analysis, language, currency)
    return {
        "rules": told.rules_title(),
        "lifts": told.lifts_title(),
        "map": told.map_title(),
        "clusters": told.clusters_title(),
        "comparison": told.comparison_title(),
        "sellers": told.sellers_title(),
        "prospects": told.prospects_title(),
        "near": told.near_title(),
        "calibration": told.calibration_title(),
    }


class _Sentences:
    """The sentences on one analysis."""

    def __init__(self, analysis: Analysis, language: str, currency: str):
        self.analysis, self.words = analysis, Words(language, currency)
        self.translate = self.words.translate
        self.learned: Learned | None = analysis.learned
        self.published = self.learned.niche.published if self.learned else None

    def rule(self, rule) -> str:
        return show.literal(rule_text(rule, self.words.language))

    def problem(self) -> str:
        _ = self.translate
        count = _.ngettext("{n} cliente", "{n} clientes", len(self.analysis.value.yearly))
        problem = self.analysis.problem
        if problem == "no_attributes" and self.analysis.refused:
            problem = "none_usable"
        return _(PROBLEMS[problem], n=count, fewest=FEWEST_CLIENTS)

    def found(self) -> str:
        _, inside = self.translate, self.published.inside
        return _(
            "O perfil do comprador ideal é **{rule}**: é o de {n} dos {all} clientes com seis meses de casa ou mais ({share}).",
            rule=self.rule(self.published.rule),
            n=self.words.number(int(inside.sum())),
            all=self.words.number(len(inside)),
            share=self.words.percent(float(inside.mean())),
        )

    def worth(self) -> str:
        _, judged = self.translate, self.published.lift
        values = {
            "inside": self.words.money(judged.inside),
            "outside": self.words.money(judged.outside),
            "what": self.what(),
        }
        if np.isnan(judged.lift):
            return _(
                "Cada cliente do nicho rende por ano {inside} de {what}, contra {outside} dos demais; com uma base tão baixa não se publica um múltiplo.",
                **values,
            )
        return _(
            "Cada um vale por ano **{times}** o valor dos demais (entre {low} e {high}): {inside} de {what}, contra {outside}. A conta é feita só com clientes que não ajudaram a achar a regra.",
            times=self.words.times(judged.lift), low=self.words.number(judged.low, 1), high=self.words.number(judged.high, 1), **values,
        )  # fmt: skip

    def what(self) -> str:
        _ = self.translate
        return _("margem") if self.analysis.value.basis == MARGIN else _("receita")

    def sure(self) -> str:
        _, niche = self.translate, self.published
        tested = next((c for c in self.learned.niche.candidates if c.p == c.p), niche)
        values = {"p": self.words.percent(tested.p, 1), "overlap": self.words.percent(tested.stability)}
        if tested.stability >= STABLE:
            return _(
                "Com o valor sorteado entre os clientes, uma regra tão forte só aparece em {p} das vezes. A regra é estável: amostras da carteira apontam {overlap} dos mesmos clientes.",
                **values,
            )
        return _(
            "Com o valor sorteado entre os clientes, uma regra tão forte só aparece em {p} das vezes. Mas os limites da regra são incertos: amostras da carteira apontam só {overlap} dos mesmos clientes.",
            **values,
        )

    def since(self) -> str:
        _, later = self.translate, self.learned.later
        if later is None or np.isnan(later.lift.lift):
            return ""
        values = {
            "times": self.words.times(later.lift.lift),
            "low": self.words.number(later.lift.low, 1),
            "high": self.words.number(later.lift.high, 1),
            "date": self.words.date(self.analysis.as_of - pd.Timedelta(days=365)),
            "rule": self.rule(later.rule),
        }
        return _(
            "Prova no tempo: a mesma busca, feita só com os dados até {date}, daria “{rule}”; nos 12 meses seguintes esse perfil valeu {times} o valor dos demais (entre {low} e {high}).",
            **values,
        )

    def size(self) -> str:
        _, niche = self.translate, self.learned.niche
        if self.published.method != DISCOUNTED:
            return ""
        other = next((c for c in niche.candidates if c.method == SCAN), None)
        rises = _("O valor também cresce com o porte; a regra já desconta isso.")
        falls = _("O valor também cai com o porte; a regra já desconta isso.")
        trend = falls if niche.gradient < 0 else rises if niche.gradient > 0 else _("A regra já desconta o porte.")
        if other is None or other.rule == self.published.rule:
            return trend + " " + _("Sem o desconto ela seria a mesma.")
        return trend + " " + _("Sem o desconto ela seria: {rule}.", rule=self.rule(other.rule))

    def shares(self) -> tuple[float, float]:
        """Share of the revenue of 12 months and of the clients that the niche has."""
        table = self.analysis.comparison.set_index("measure")
        if not {"clients", "revenue_365d"} <= set(table.index):
            return float("nan"), float("nan")
        clients, mean = table.loc["clients"], table.loc["revenue_365d"]
        parts = [clients[side] * (mean[side] if clients[side] else 0.0) for side in ("inside", "outside")]
        total = sum(parts)
        share = parts[0] / total if total > 0 and parts[0] >= 0 else float("nan")
        return float(share), float(clients["inside"] / (clients["inside"] + clients["outside"]))

    def revenue(self) -> str:
        _, (share, clients) = self.translate, self.shares()
        if np.isnan(share):
            return ""
        return _(
            "O nicho traz {share} da receita de 12 meses com {clients} dos clientes.",
            share=self.words.percent(share), clients=self.words.percent(clients),
        )  # fmt: skip

    def none_found(self) -> str:
        _, niche = self.translate, self.learned.niche
        if not niche.candidates:
            return _(
                "**Nenhum nicho encontrado**: as características conhecidas não dividem os clientes em grupos que se possam comparar."
            )
        first = niche.candidates[0]
        return _(
            "**Nenhum nicho encontrado**: o que se sabe dos clientes não separa, além do acaso, os que valem mais. A regra mais forte ({rule}) apareceria em {p} das vezes com o valor sorteado entre eles.",
            rule=self.rule(first.rule), p=self.words.percent(first.p),
        )  # fmt: skip

    def power(self) -> str:
        _, count = self.translate, len(self.learned.data.table)
        return _(
            "Com {n} clientes, um nicho que valesse 2,7 vezes o valor dos demais seria achado em cerca de {power} das vezes; um nicho menor pode ter passado despercebido.",
            n=self.words.number(count), power=self.words.percent(round(power(count), 2)),
        )  # fmt: skip

    def prospects(self) -> str:
        _, scores = self.translate, self.analysis.scores
        own = scores[scores["company_kind"] == "prospect"]
        if own.empty or self.learned is None:
            return ""
        parts = []
        if self.published:
            parts.append(self.in_niche(int(own["in_niche"].sum()), len(own)))
        if not self.learned.model.informed:
            parts.append(_("Para a nota dos prospects as características nada acrescentam: todos recebem a média, {base}.", base=self.words.percent(self.learned.model.base)))  # fmt: skip
        unknown = int(own["lookalike_score"].isna().sum())
        if unknown:
            parts.append(self.unscored(unknown))
        return " ".join(parts)

    def unscored(self, count: int) -> str:
        names = [show.literal(label(name, self.words.language)) for name in self.learned.data.table.columns]
        return self.translate.ngettext(
            "{n} prospect ficou sem nota: dele se conhece menos da metade do que se compara ({list}).",
            "{n} prospects ficaram sem nota: deles se conhece menos da metade do que se compara ({list}).",
            count, list=self.words.listing(names),
        )  # fmt: skip

    def in_niche(self, count: int, total: int) -> str:
        _ = self.translate
        if not count:
            return _.ngettext(
                "O prospect avaliado não está no nicho.", "Nenhum dos {n} prospects está no nicho.", total
            )
        if total == 1:
            return _("O prospect avaliado está no nicho.")
        return _.ngettext(
            "Dos {total} prospects, **{n}** está no nicho.",
            "Dos {total} prospects, **{n}** estão no nicho.",
            count, total=self.words.number(total),
        )  # fmt: skip

    def basis(self) -> str:
        if self.learned is None or self.analysis.value.basis == MARGIN:
            return ""
        _ = self.translate
        return _("Os pedidos não trazem o custo: aqui, valor é a receita por ano, e não a margem.")

    def losing(self) -> str:
        total = float(self.analysis.value.yearly.sum())
        if self.learned is None or total > 0:
            return ""
        _ = self.translate
        return _(
            "Atenção: somados, os clientes não dão resultado ({total} por ano). A ordem entre eles vale; um múltiplo sobre essa base, não.",
            total=self.words.money(total),
        )

    def refused(self) -> str:
        _, found = self.translate, self.analysis.refused
        if not found:
            return ""
        told = [self.reason(refused) for refused in found]
        return _("Ficaram de fora da busca: {list}.", list=self.words.listing(told))

    def reason(self, refused: Refused) -> str:
        name = show.literal(label(refused.name, self.words.language))
        return self.translate(REASONS[refused.reason], name=name)

    def untold(self, few: str, other: str) -> str:
        """Too few clients is one reason why there is nothing to show; what is known of them is another."""
        return few if self.analysis.problem == "few_clients" else other

    def rules_title(self) -> str:
        _ = self.translate
        if self.learned is None or not self.learned.niche.candidates:
            return _("Nenhuma regra a mostrar") + "."
        if not self.published:
            return _("As regras mais fortes; nenhuma além do acaso")
        return _("A regra publicada e as alternativas")

    def lifts_title(self) -> str:
        _ = self.translate
        if self.learned is None or not self.learned.niche.candidates:
            return self.untold(_("Amostra insuficiente para medir quanto vale um nicho"), _("Nenhum nicho a medir"))
        judged = (self.published or self.learned.niche.candidates[0]).lift
        if not self.published:
            return _("Nenhuma regra vale mais do que o acaso explicaria")
        if np.isnan(judged.lift):
            return _("Os demais clientes não dão base para um múltiplo")
        if judged.low > 1:
            return _("Um cliente do nicho vale {times} o valor dos demais", times=self.words.times(judged.lift))
        return _(
            "Um cliente do nicho valeria {times} o valor dos demais, mas o intervalo inclui 1",
            times=self.words.times(judged.lift),
        )

    def map_title(self) -> str:
        _, groups = self.translate, self.analysis.clusters
        if groups.empty:
            return self.untold(_("Amostra insuficiente para agrupar os melhores clientes"), _("Nenhum grupo a mostrar"))
        if len(groups) == 1:
            return _("Os melhores clientes não se dividem em grupos: são um conjunto só")
        return _(
            "Os melhores clientes formam {n} grupos; o maior tem {share} deles",
            n=self.words.number(len(groups)),
            share=self.words.percent(groups["top_share"].iloc[0]),
        )

    def clusters_title(self) -> str:
        _, groups = self.translate, self.analysis.clusters
        if groups.empty:
            return _("Nenhum grupo a descrever") + "."
        count = int(groups["clients"].sum())
        return _.ngettext(
            "{n} cliente entre os de maior valor, por grupo", "{n} clientes entre os de maior valor, por grupo", count
        )

    def comparison_title(self) -> str:
        _ = self.translate
        if not self.published:
            return _("Nenhum nicho a comparar") + "."
        return _("O nicho ao lado dos demais clientes")

    def sellers_title(self) -> str:
        _, table = self.translate, self.analysis.sellers
        share = self.shares()[0]
        if table.empty or np.isnan(share):
            return _("Nenhum nicho a dividir por vendedor")
        first = table[table["niche_share"].notna()].sort_values(["niche_share", "seller"], ascending=[False, True])
        if first.empty or not first["niche_share"].iloc[0] > 0:
            return _("{share} da receita vem do nicho", share=self.words.percent(share))
        return _(
            "{share} da receita vem do nicho; com {seller}, {most}",
            share=self.words.percent(share),
            seller=show.plain(first["seller"].iloc[0]),
            most=self.words.percent(first["niche_share"].iloc[0]),
        )

    def prospects_title(self) -> str:
        _ = self.translate
        own = self.analysis.scores[self.analysis.scores["company_kind"] == "prospect"]
        if own.empty:
            return _("Nenhum prospect nos dados") + "."
        if self.learned is None:
            return _("Prospects sem nota, por falta de dados dos clientes")
        if own["lookalike_score"].isna().all():
            return _("Prospects sem nota, por falta de dados deles")
        if not self.learned.model.informed:
            niche = bool(self.published) and bool(own["in_niche"].any())
            return (
                _("Prospects: os do nicho primeiro, e a mesma nota para todos")
                if niche
                else _("Prospects sem ordem: a nota é a mesma para todos")
            )
        return _("Prospects, dos mais aos menos parecidos com os melhores clientes")

    def near_title(self) -> str:
        _, count = self.translate, len(self.analysis.near)
        if not self.published:
            return _("Sem nicho, não há quem esteja perto dele") + "."
        if not count:
            return _("Nenhum cliente a uma condição do nicho") + "."
        return _.ngettext(
            "{n} cliente está a uma condição do nicho", "{n} clientes estão a uma condição do nicho", count
        )

    def calibration_title(self) -> str:
        _ = self.translate
        if self.learned is None:
            return self.untold(_("Amostra insuficiente para testar a nota"), _("Nenhuma nota a testar"))
        if not self.learned.model.informed:
            return _("A nota não distingue os clientes: todos recebem a média")
        error = lookalike.quality(self.learned.model.judged)["ece"]
        points = self.words.number(100 * error, 1)
        if error <= CALIBRATED:
            return _("A chance prevista é a que acontece: erro médio de {points} pontos percentuais", points=points)
        if lookalike.within_chance(self.learned.model.judged):
            return _(
                "Com tão poucos clientes o acaso explica o erro médio da nota: {points} pontos percentuais",
                points=points,
            )
        return _("A nota erra {points} pontos percentuais em média: leia-a como ordem", points=points)
