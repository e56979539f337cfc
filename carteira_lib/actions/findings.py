"""The sentences of page 06 on the list, and the titles of its tables and figures, computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import tables
from carteira_lib.actions.plan import proof_size
from carteira_lib.language import N_
from carteira_lib.words import Words

if TYPE_CHECKING:
    from carteira_lib.actions.analysis import Actions

WAITING = ("listed", "control", "capacity", "no_owner")  # places that are no block
BASE, GAIN = 0.05, 0.05  # of the example of a proof
FEW = 3  # causes named
HOURS = {False: N_("{n} hora"), True: N_("{n} horas")}


def findings(result: Actions, *, language: str = "pt-BR", currency: str = "BRL") -> list[str]:
    """The sentences that a director can read out: how many actions, for how much, who is not to be called now, what is proven."""
    told = _Sentences(result, language, currency)
    said = [told.list_size(), told.effort(), told.held_back(), told.past(), told.controls(), told.people()]
    return [sentence for sentence in said if sentence]


def titles(result: Actions, *, language: str = "pt-BR", currency: str = "BRL") -> dict[str, str]:
    """The finding of each figure and table: ``kinds``, ``held``, ``loads``, ``moved``, ``outcomes``."""
    told = _Sentences(result, language, currency)
    return {
        "kinds": told.kinds_title(),
        "held": told.held_title(),
        "loads": told.loads_title(),
        "moved": told.moved_title(),
        "outcomes": told.outcomes_title(),
    }


class _Sentences:
    """The sentences on one list."""

    def __init__(self, result: Actions, language: str, currency: str):
        self.result, self.words = result, Words(language, currency)
        self.translate = self.words.translate
        self.listed = result.actions[result.actions["gate"] == "listed"]
        self.blocked = result.actions[~result.actions["gate"].isin(WAITING)]

    def label(self, column: str, code: str) -> str:
        return tables.value_label(column, code, self.words.language)

    def list_size(self) -> str:
        _ = self.translate
        if self.listed.empty:
            return self.nothing_listed()
        worth = (
            self.listed.groupby("kind")["expected_value"]
            .agg(["size", "sum"])
            .sort_values(["sum", "size"], ascending=False)
        )
        parts = [
            _(
                "{kind} ({n}; {amount})",
                kind=self.label("kind", kind),
                n=self.words.number(row["size"]),
                amount=self.words.money(row["sum"]),
            )
            for kind, row in worth.iterrows()
        ]
        return _.ngettext(
            "A lista tem **{n} ação**, com margem esperada de **{amount}**: {parts}.",
            "A lista tem **{n} ações**, com margem esperada de **{amount}**: {parts}.",
            len(self.listed), amount=self.words.money(self.listed["expected_value"].sum()), parts=self.words.listing(parts),
        )  # fmt: skip

    def effort(self) -> str:
        """How much the kind worth most makes in how many hours, and what the rest of the list takes for how much."""
        _ = self.translate
        worth = self.listed.groupby("kind")["expected_value"].sum().sort_values(ascending=False, kind="stable")
        if len(worth) < 2 or not worth.sum() > 0:
            return ""
        mine = self.listed["kind"] == worth.index[0]
        rest = self.listed[~mine]
        return _.ngettext(
            "{kind}: {share} da margem esperada em {hours}; a outra ação da lista leva {others} e vale {amount}.",
            "{kind}: {share} da margem esperada em {hours}; as outras {n} ações da lista levam {others} e valem {amount}.",
            len(rest), kind=self.label("kind", worth.index[0]).capitalize(), amount=self.words.money(rest["expected_value"].sum()),
            share=self.words.percent(worth.iloc[0] / worth.sum()), others=self.hours(rest), hours=self.hours(self.listed[mine]),
        )  # fmt: skip

    def hours(self, rows: pd.DataFrame) -> str:
        """Hours that some actions take, whole from ten on; Portuguese takes the plural from 2 on."""
        total = float(rows["hours"].sum())
        told = self.words.number(total, 0 if total >= 10 or total.is_integer() else 1)
        return self.translate(HOURS[total >= 2], n=told)

    def nothing_listed(self) -> str:
        """Why there is no list, the first cause that holds."""
        _, waiting = self.translate, self.result.actions["gate"].isin(WAITING)
        if self.result.actions.empty:
            return _(
                "Nenhuma ação na lista: hoje não há oferta possível; o motivo de cada tipo está em “O que não se pôde oferecer?”."
            )
        if not waiting.any():
            return _("Nenhuma ação na lista: nenhum cliente com oportunidade deve ser procurado agora.")
        if not self.result.loads["available_hours"].sum() > 0:
            return _(
                "Nenhuma ação na lista: no cadastro, nenhum vendedor tem horas por semana; preencha a capacidade de cada um."
            )
        return _("Nenhuma ação na lista: nenhum cliente tem oferta que caiba no tempo de um vendedor.")

    def held_back(self) -> str:
        _ = self.translate
        if self.blocked.empty:
            return ""
        counts = self.blocked["gate"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        if len(counts) == 1:
            return _.ngettext(
                "**{n} cliente** com oportunidade não deve ser procurado agora: {why}.",
                "**{n} clientes** com oportunidade não devem ser procurados agora; o motivo de todos: {why}.",
                len(self.blocked), why=self.label("gate", counts.index[0]),
            )  # fmt: skip
        parts = [f"{self.label('gate', code)} ({self.words.number(n)})" for code, n in counts.head(FEW).items()]
        return _(
            "**{n} clientes** com oportunidade não devem ser procurados agora; os principais motivos: {parts}.",
            n=self.words.number(len(self.blocked)), parts=self.words.listing(parts),
        )  # fmt: skip

    def past(self) -> str:
        """What earlier lists brought, kinds together; nothing without an earlier list."""
        _, row = self.translate, self.measured()
        if row is None:
            return ""
        points, low, high = (self.words.number(100 * row[name], 1) for name in ("uplift", "uplift_low", "uplift_high"))
        told = {"points": points, "low": low, "high": high}
        if row["uplift_low"] > 0:
            return _(
                "As listas anteriores funcionaram: a parte que comprou foi **{points} pontos** percentuais maior entre quem estava nelas do que no grupo de controle (intervalo de 95%: {low} a {high}).",
                **told,
            )
        if row["uplift_high"] < 0:
            return _(
                "Quem estava nas listas anteriores comprou **menos** do que o grupo de controle: {points} pontos percentuais (intervalo de 95%: {low} a {high}).",
                **told,
            )
        return _(
            "As listas anteriores ainda não provam efeito: a diferença para o grupo de controle é de {points} pontos percentuais (intervalo de 95%: {low} a {high}).",
            **told,
        )

    def measured(self) -> pd.Series | None:
        """The row of all kinds of table ``outcomes``, where it is enough to judge by."""
        table = self.result.outcomes.set_index("kind")
        return table.loc["all"] if "all" in table.index and table.loc["all", "enough"] else None

    def controls(self) -> str:
        """Who is held back by lot, and how many it takes to prove an effect."""
        _, held = self.translate, int(self.result.actions["control"].sum())
        if not held:
            return ""
        return _.ngettext(
            "{n} cliente fica em controle, por sorteio, para medir o efeito do contato: para provar que o contato dobra as compras (de 5% para 10%) seriam precisos {size} clientes em cada grupo.",
            "{n} clientes ficam em controle, por sorteio, para medir o efeito do contato: para provar que o contato dobra as compras (de 5% para 10%) seriam precisos {size} clientes em cada grupo.",
            held, size=self.words.number(proof_size(BASE, GAIN)),
        )  # fmt: skip

    def people(self) -> str:
        _, found = self.translate, self.result.headcount
        if not found.needed:
            return ""
        there = _.ngettext("há {n}", "há {n}", found.there)
        return _.ngettext(
            "Atender a carteira e trabalhar todas as oportunidades em {days} pede {n} pessoa de {hours} horas por semana; {there}.",
            "Atender a carteira e trabalhar todas as oportunidades em {days} pede {n} pessoas de {hours} horas por semana; {there}.",
            found.needed, days=self.words.days(self.result.policy.horizon_days), hours=self.words.number(found.week_hours), there=there,
        )  # fmt: skip

    def kinds_title(self) -> str:
        _ = self.translate
        worth = self.listed.groupby("kind")["expected_value"].sum().sort_values(ascending=False)
        if worth.empty or not worth.sum() > 0:
            return _("Nenhuma margem esperada na lista")
        share = self.words.percent(worth.iloc[0] / worth.sum())
        return _(
            "{kind}: {share} da margem esperada da lista",
            kind=self.label("kind", worth.index[0]).capitalize(),
            share=share,
        )

    def held_title(self) -> str:
        _ = self.translate
        if self.blocked.empty:
            return _("Ninguém ficou de fora")
        first = self.blocked["gate"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
        return _.ngettext(
            "{n} cliente ficou de fora: {why}",
            "{n} clientes ficaram de fora; o maior motivo: {why}",
            len(self.blocked), why=self.label("gate", first.index[0]),
        )  # fmt: skip

    def loads_title(self) -> str:
        _, loads = self.translate, self.result.loads
        late = loads[loads["waiting"] > 0].sort_values(["waiting_hours", "seller_id"], ascending=[False, True])
        if late.empty:
            return _("Todas as ações couberam no tempo dos vendedores")
        first = late.iloc[0]
        name = first["name"] if pd.notna(first["name"]) else first["seller_id"]
        return _(
            "Quem tem menos tempo: {name}, {hours} horas de ações que não couberam",
            name=name,
            hours=self.words.number(first["waiting_hours"]),
        )

    def moved_title(self) -> str:
        _, moved = self.translate, self.result.reassignments
        if moved.empty:
            return _("Nenhuma troca de responsável a sugerir.")
        return _.ngettext(
            "{n} cliente que outro vendedor poderia atender, com {amount} de margem esperada",
            "{n} clientes que outro vendedor poderia atender, com {amount} de margem esperada ao todo",
            len(moved), amount=self.words.money(moved["expected_value"].sum()),
        )  # fmt: skip

    def outcomes_title(self) -> str:
        _, table = self.translate, self.result.outcomes
        if table.empty:
            return _("Nenhuma lista anterior a medir: registre no CRM o que foi feito, como no arquivo exportado.")
        row = self.measured()
        if row is None:
            return _("Amostra insuficiente para medir o efeito das listas anteriores")
        effect = self.words.number(100 * row["uplift"], 1)
        if row["uplift_low"] <= 0 <= row["uplift_high"]:
            return _("Efeito das listas anteriores não provado: {points} pontos percentuais", points=effect)
        return _("Efeito das listas anteriores: {points} pontos percentuais", points=effect)
