"""Offers as page 06 shows them: the rows a table lists, the numbers a figure draws, and the words on what the past says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import show, tables
from carteira_lib.words import Words

if TYPE_CHECKING:
    from carteira_lib.offers.analysis import Analysis

PAIRS_SHOWN = 8
WRITTEN = {
    "offers": "offers", "offer_evidence": "evidence", "down_sell_controls": "controls", "baskets": "baskets",
}  # fmt: skip


def findings(analysis: Analysis, *, language: str = "pt-BR") -> list[str]:
    """What the past says of complements, better versions and cheaper ones; left out where the data have nothing of it."""
    told = _Sentences(analysis, language)
    return [text for text in (told.cross_sell(), told.up_sell(), told.down_sell()) if text]


def titles(analysis: Analysis, *, language: str = "pt-BR") -> dict[str, str]:
    """The finding of each figure and table: ``evidence``, ``controls``, ``pairs``."""
    told = _Sentences(analysis, language)
    return {"evidence": told.evidence_title(), "controls": told.controls_title(), "pairs": told.pairs_title()}


def leads(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """How far each kind of offer lay above its simple rule on past dates, as `plots.intervals` draws it; measured kinds only."""
    known = analysis.evidence[analysis.evidence["lead"].notna()].set_index("kind")
    table = known[["lead", "lead_low", "lead_high"]].astype("float64").set_axis(["estimate", "low", "high"], axis=1)
    return table.rename(index=lambda code: tables.value_label("kind", code, language)).rename_axis(None)


def basket_pairs(analysis: Analysis, *, language: str = "pt-BR") -> pd.Series:
    """The strongest pairs, times chance, as `plots.bars` draws them."""
    first = analysis.baskets.head(PAIRS_SHOWN)
    names = [
        f"{show.plain(a)} + {show.plain(b)}" for a, b in zip(first["first_item"], first["second_item"], strict=True)
    ]
    return pd.Series(first["lift"].to_numpy(dtype="float64"), index=names)


def write(run: tables.Run, analysis: Analysis) -> None:
    """Write the tables of offers, each checked against its contract."""
    for name, part in WRITTEN.items():
        tables.write(run, name, getattr(analysis, part))


class _Sentences:
    """The sentences on one analysis."""

    def __init__(self, analysis: Analysis, language: str):
        self.analysis, self.words = analysis, Words(language)
        self.translate = self.words.translate
        self.evidence = analysis.evidence.set_index("kind")

    def points(self, share: float) -> str:
        return self.words.number(100 * share, 1)

    def cross_sell(self) -> str:
        _, test, basis = self.translate, self.analysis.cross.test, self.analysis.cross.basis
        if basis == "no_products":
            return _("Os pedidos não dizem que produto foi vendido: não há produto complementar a oferecer.")
        if basis == "one_product":
            return _("Só um produto é vendido a mais de um cliente: não há produto complementar a oferecer.")
        if self.analysis.cross.offers.empty and self.analysis.cross.complete:
            return _("Sem produto novo a oferecer: quem ainda compra já leva tudo o que se vende.")
        if basis == "untested":
            return _(
                "Produtos complementares saem em ordem de venda: poucos clientes compraram algo novo nas datas passadas para testar coisa melhor."
            )
        values = {"ours": self.words.percent(test["ours_hits"]), "rule": self.words.percent(test["rule_hits"])}
        if basis == "ease":
            return _(
                "Em três datas passadas, de quem comprou algo novo, **{ours}** compraram um dos 5 produtos que a lista teria oferecido; oferecer os mais vendidos acertaria {rule}.",
                **values,
            )
        return _(
            "Em três datas passadas nada venceu oferecer os mais vendidos (acerto de {rule}, contra {ours} do modelo): é o que se oferece.",
            **values,
        )

    def up_sell(self) -> str:
        _, up = self.translate, self.analysis.up
        if up.offers.empty:
            return ""
        if up.earned:
            return _(
                "Dos clientes com sinal de que cabe a versão superior, {share} subiram em cada período passado; do total, {base}.",
                share=self.words.percent(up.test["triggered_share"]), base=self.words.percent(up.test["base_share"]),
            )  # fmt: skip
        return _(
            "A versão superior sai em ordem de margem, sem chance individual: no passado, nenhum sinal disse quem subiria de versão."
        )

    def down_sell(self) -> str:
        _, down = self.translate, self.analysis.down
        if down.controls.empty:
            return ""
        if not down.found:
            return _(
                "Versão mais barata depois de uma proposta perdida: **sem evidência** de que a perda faça alguém comprá-la; não se oferece a ninguém."
            )
        row = self.evidence.loc["down_sell"]
        return _(
            "Depois de uma proposta perdida, **{share}** compraram a versão mais barata (motivo: {causes}); no grupo de comparação mais exigente, {rule}.",
            share=self.words.percent(row["ours"]), rule=self.words.percent(row["rule_share"]),
            causes=self.words.listing(tables.value_label("cause", code, self.words.language) for code in down.found),
        )  # fmt: skip

    def evidence_title(self) -> str:
        _, table = self.translate, self.analysis.evidence
        judged = table[table["lead"].notna()]
        if judged.empty:
            return _("Amostra insuficiente para testar as ofertas no passado")
        wins = judged.loc[judged["offer_verdict"] == "wins", "kind"]
        return _.ngettext(
            "{n} dos {total} tipos testados vence a regra simples",
            "{n} dos {total} tipos testados vencem a regra simples",
            len(wins), total=len(judged),
        )  # fmt: skip

    def controls_title(self) -> str:
        _, down = self.translate, self.analysis.down
        if down.controls.empty:
            return _("Nenhuma proposta perdida com versão mais barata a comparar")
        if not down.controls["enough"].astype(bool).any():
            return _("Amostra insuficiente: poucas propostas perdidas com versão mais barata")
        if not down.found:
            return _("Sem evidência: depois da recusa não se compra mais do que nas comparações")
        row = self.evidence.loc["down_sell"]
        return _(
            "{share} compram a versão mais barata depois da recusa; na comparação, {rule}",
            share=self.words.percent(row["ours"]), rule=self.words.percent(row["rule_share"]),
        )  # fmt: skip

    def pairs_title(self) -> str:
        _, table = self.translate, self.analysis.baskets
        if table.empty:
            return _("Nenhum par de produtos com clientes suficientes")
        first = table.iloc[0]
        return _(
            "{first} e {second} são comprados juntos {times} mais do que por acaso",
            first=show.plain(first["first_item"]), second=show.plain(first["second_item"]),
            times=self.words.times(first["lift"]),
        )  # fmt: skip
