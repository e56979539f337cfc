"""The analysis as page 03 shows it: the rows a table lists, the numbers a figure draws, and the tables written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carteira_lib import formats, groups, plots, tables
from carteira_lib.language import translator
from carteira_lib.pci import lookalike

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from carteira_lib.pci.analysis import Analysis

WRITTEN = ("pci_rules", "pci_scores", "pci_clusters", "pci_comparison", "pci_sellers")
MAP_POINTS = 2000


def rules_shown(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Table ``pci_rules`` with the rule in the language of the page."""
    text = analysis.rules["rule_text" if language == "pt-BR" else "rule_text_en"]
    return analysis.rules.assign(rule_text=text)


def lifts(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Times the value of the others, on clients left out and in the year since, as `plots.intervals` draws it."""
    _ = translator(language)
    known = analysis.rules[analysis.rules["lift"].notna()]
    table = known[["lift", "lift_low", "lift_high"]].set_axis(["estimate", "low", "high"], axis=1)
    table.index = [tables.value_label("method", code, language) for code in known["method"]]
    later = analysis.rules[analysis.rules["later_lift"].notna()]
    since = later[["later_lift", "later_low", "later_high"]].set_axis(table.columns, axis=1)
    since.index = [_("achada um ano antes, nos 12 meses seguintes")] * len(since)
    return pd.concat([table, since])


def lift_plots(analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR") -> list[Axes]:
    """The figure of `lifts`; none where nothing could be measured."""
    _ = translator(language)
    table = lifts(analysis, language=language)
    if table.empty:
        return []
    subtitle = _("Valor por ano de um cliente do nicho sobre o dos demais, com intervalo de 95%; 1 é igual")
    look = {"subtitle": subtitle, "unit": "number", "reference": 1.0, "language": language}
    return [plots.intervals(table, title=titles["lifts"], **look)]


def map_points(analysis: Analysis) -> pd.DataFrame:
    """Where the top clients stand and their groups, as `plots.scatter` draws them."""
    if analysis.learned is None:
        return pd.DataFrame({"x": [], "y": [], "group": []})
    found = analysis.learned.groups
    place, label = found.map[found.top], found.label[found.top]
    names = analysis.clusters["cluster"].to_numpy()
    points = pd.DataFrame({"x": place[:, 0], "y": place[:, 1], "group": names[label], "order": label})
    if len(points) > MAP_POINTS:
        points = points.sample(MAP_POINTS, random_state=0)
    return points.sort_values("order", kind="stable", ignore_index=True).drop(columns="order")


def comparison_shown(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> pd.DataFrame:
    """Table ``pci_comparison`` with its numbers as text, each in its own unit."""
    _ = translator(language)
    write = {
        "money": lambda v: formats.money(v, currency, language, compact=True),
        "share": lambda v: formats.percent(v, 1, language),
        "number": lambda v: formats.number(v, 0 if float(v).is_integer() else 1, language),
    }
    table = analysis.comparison
    texts = {
        header: [
            formats.MISSING if pd.isna(v) else write[kind](float(v))
            for v, kind in zip(table[side], table["measure_kind"], strict=True)
        ]
        for side, header in (("inside", _("No nicho")), ("outside", _("Demais")))
    }
    return pd.DataFrame({"measure": table["measure"], **texts})


def seller_plots(
    analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """The figure of the revenue inside and outside the niche by seller; none without a niche or sellers."""
    _ = translator(language)
    table = analysis.sellers
    table = table[~table["seller"].isin(groups.made_here(language)[1:])]
    if table.empty or not (table["niche_revenue"] + table["other_revenue"]).sum() > 0:
        return []
    parts = table.set_index("seller")[["niche_revenue", "other_revenue"]]
    parts = parts.set_axis([_("no nicho"), _("fora do nicho")], axis=1).rename_axis(None)
    look = {"subtitle": _("Receita de 12 meses, por vendedor"), "unit": currency, "language": language}
    return [plots.stacked(parts, title=titles["sellers"], **look)]


def calibration_plots(analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR") -> list[Axes]:
    """Predicted beside observed shares of top clients; none where the score says nothing."""
    _ = translator(language)
    if analysis.learned is None or not analysis.learned.model.informed:
        return []
    bins = lookalike.calibration(analysis.learned.model.judged)
    subtitle = _("Parte que de fato está entre os melhores clientes, pela chance prevista")
    return [plots.calibration(bins, title=titles["calibration"], subtitle=subtitle, language=language)]


def prospects_ranked(analysis: Analysis, prospects: pd.DataFrame) -> pd.DataFrame:
    """The prospects, the most alike first, with what is known of them: ready for a CRM.

    Parameters
    ----------
    prospects : DataFrame
        Contract ``prospects``.
    """
    own = analysis.scores[analysis.scores["company_kind"] == "prospect"].drop(columns=["company_kind", "yearly_value"])
    known = prospects.drop_duplicates("prospect_id")
    ranked = own.rename(columns={"company_id": "prospect_id"}).merge(
        known, on="prospect_id", how="left", validate="1:1"
    )
    order = ["lookalike_score", "in_niche", "prospect_id"]
    ranked = ranked.sort_values(order, ascending=[False, False, True], ignore_index=True)
    first = ["prospect_id", "name", "in_niche", "lookalike_score", "known_share", "for_text", "against_text"]
    return ranked[[*first, *(c for c in ranked.columns if c not in first)]]


def near_shown(analysis: Analysis, portfolio: pd.DataFrame, *, language: str = "pt-BR") -> pd.DataFrame:
    """The clients just outside the niche, with what differs, whose they are, and the kind of person they are."""
    _ = translator(language)
    who = portfolio[["customer_id", "name", "person_type", "seller_id", "status"]]
    found = analysis.near.merge(who, on="customer_id", how="left", validate="1:1")
    return found.rename(columns={"difference": _("O que difere")})


def quality_shown(analysis: Analysis, *, language: str = "pt-BR") -> list[str]:
    """What the score is worth on clients left out, in one sentence."""
    _ = translator(language)
    informed = analysis.learned is not None and analysis.learned.model.informed
    found = lookalike.quality(analysis.learned.model.judged) if informed else {"auc": np.nan}
    if np.isnan(found["auc"]):
        return [_("Não há nota cujo acerto se possa medir.")]
    return [
        _(
            "Entre um dos melhores clientes e outro qualquer, a nota aponta o certo em {auc} das vezes; ao acaso seriam 50%.",
            auc=formats.percent(found["auc"], 0, language),
        )
    ]


def write(run: tables.Run, analysis: Analysis) -> None:
    """Write the tables of page 03, each checked against its contract."""
    for name in WRITTEN:
        tables.write(run, name, getattr(analysis, name.removeprefix("pci_")))
