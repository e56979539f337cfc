"""The analysis as page 05 shows it: the numbers a figure draws, the rows a table lists, and the tables written."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from carteira_lib import formats, plots, show, tables
from carteira_lib.language import translator
from carteira_lib.nps.findings import group_title
from carteira_lib.nps.score import FIGURES
from carteira_lib.nps.segments import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from carteira_lib.nps.analysis import Analysis

WRITTEN = (
    "nps_summary", "nps_segments", "nps_clients", "nps_waves", "nps_responses", "nps_drivers", "nps_worth", "nps_themes",
)  # fmt: skip
DRAWN = ["estimate", "low", "high"]  # as `plots` calls an estimate and its limits
MOST_DRIVERS = 10
ACTIONS = {
    "recover": ("recover", "question_fit"),
    "promoters": ("reconnect", "case", "upsell", "referral"),
    "attention": ("attention",),
    "ask": ("ask",),
}


def headline(analysis: Analysis) -> pd.Series:
    """Score and interval of those who answered, as `plots.gauge` draws them; missing with fewer than ten answers."""
    row = analysis.summary.set_index("reading").loc["answered"]
    return row[list(FIGURES)].astype("float64").set_axis(DRAWN)


def cards(nps_summary: pd.DataFrame, *, language: str = "pt-BR") -> list[show.Figure]:
    """The score for a page of key figures: label, value and what to read it with; none without a score.

    Parameters
    ----------
    nps_summary : DataFrame
        Table ``nps_summary``, which may be empty.
    """
    _ = translator(language)
    found = nps_summary[nps_summary["reading"].eq("answered") & nps_summary["enough"].astype("boolean")]
    return [
        show.Figure(
            _("NPS"),
            plots.text_of(row["nps"], "points", language),
            _(
                "entre {low} e {high}; responderam {share} dos clientes recentes",
                low=plots.text_of(row["nps_low"], "points", language),
                high=plots.text_of(row["nps_high"], "points", language),
                share=plots.text_of(row["response_share"], "percent", language),
            ),
            "05_nps",
        )
        for _place, row in found.iterrows()
    ]


def class_parts(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Clients by class in one row, as `plots.stacked` draws them."""
    _ = translator(language)
    row = analysis.summary.set_index("reading").loc["answered", ["promoters", "passives", "detractors"]]
    names = [_("Promotores"), _("Neutros"), _("Detratores")]
    return pd.DataFrame([row.to_numpy("float64")], columns=names, index=[_("Respostas")])


def readings(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """The score read in each way, as `plots.intervals` draws it: as answered, without neutrals, of the portfolio, weighted."""
    return _estimates(analysis.summary, "reading", language)


def _estimates(table: pd.DataFrame, column: str, language: str) -> pd.DataFrame:
    shown = table.set_index(column)[list(FIGURES)].set_axis(DRAWN, axis=1)
    named = shown.rename(index=lambda code: tables.value_label(column, code, language)).rename_axis(None)
    return named.dropna(how="all").astype("float64")


def over_time(analysis: Analysis) -> pd.DataFrame:
    """The waves as `plots.band` draws them."""
    shown = analysis.waves.set_index("wave")[[*FIGURES, "proven"]].rename_axis(None)
    return shown.set_axis([*DRAWN, "proven"], axis=1)


def segment_plots(analysis: Analysis, *, language: str = "pt-BR") -> list[Axes]:
    """One figure for each dimension with at least two groups that have a score: those proven to differ in blue."""
    _ = translator(language)
    reference = headline(analysis)["estimate"]
    pictures = []
    for dimension in DIMENSIONS:
        part = analysis.segments[analysis.segments["dimension"] == dimension]
        scored = part[part["nps"].notna()].set_index("group")
        if len(scored) < 2:
            continue
        shown = scored[list(FIGURES)].set_axis(DRAWN, axis=1).rename_axis(None)
        proven = scored.index[scored["verdict"].isin(["above", "below"])].tolist()
        name = tables.value_label("dimension", dimension, language)
        look = {"subtitle": _("NPS com intervalo de 95%, por {dimension}", dimension=name.lower()), "unit": "points"}
        look |= {"reference": None if np.isnan(reference) else reference, "highlight": proven}
        pictures.append(plots.intervals(shown, title=group_title(part, language=language), language=language, **look))
    return pictures


def driver_plots(analysis: Analysis, title: str, *, language: str = "pt-BR") -> list[Axes]:
    """The strongest drivers with their intervals, proven ones in blue; no figure where nothing could be learned."""
    _ = translator(language)
    strongest = analysis.drivers.head(MOST_DRIVERS)
    if strongest.empty or analysis.explained.basis != "model":
        return []
    shown = strongest.set_index("driver")[["effect", "effect_low", "effect_high"]].set_axis(DRAWN, axis=1)
    proven = strongest.loc[strongest["proven"].astype(bool), "driver"].tolist()
    subtitle = _("Pontos percentuais de detratores a mais (ou a menos), o resto igual")
    look = {"unit": "points", "reference": 0.0, "highlight": proven, "language": language}
    return [plots.intervals(shown.rename_axis(None).astype("float64"), title=title, subtitle=subtitle, **look)]


def worth_shown(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> pd.DataFrame:
    """Table ``nps_worth`` for reading: the median client of each class and its interval in one text.

    Returns
    -------
    DataFrame
        ``class``, ``clients``, ``net_revenue_365d``, "Cliente típico" in the language of the page, ``churn_probability``,
        ``revenue_at_risk``, ``fit_share``.
    """
    _, table = translator(language), analysis.worth
    money = functools.partial(formats.money, currency=currency, language=language, compact=True)
    typical = [
        None if pd.isna(median) else f"{money(median)} [{money(low)}; {money(high)}]"
        for median, low, high in zip(table["median_revenue"], table["low_revenue"], table["high_revenue"], strict=True)
    ]
    shown = table[["class", "clients", "net_revenue_365d", "churn_probability", "revenue_at_risk", "fit_share"]].copy()
    shown.insert(3, _("Cliente típico (mediana, intervalo de 95%)"), pd.Series(typical, index=table.index, dtype="str"))
    return shown


def to_ask(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Silent clients to ask next; their last answer, where they gave one, is past its time and says so.

    Returns
    -------
    DataFrame
        Rows of ``nps_clients`` with ``answer_date`` and ``score`` under names in the language of the page.
    """
    _ = translator(language)
    names = {"answer_date": _("Última resposta (vencida)"), "score": _("Nota dada então")}
    return listed(analysis, "ask").rename(columns=names)


def listed(analysis: Analysis, group: str) -> pd.DataFrame:
    """Clients that call for an action, the highest revenue first.

    Parameters
    ----------
    group : str
        "recover": detractors; "promoters"; "attention": neutrals; "ask": silent clients to ask next.
    """
    chosen = analysis.clients[analysis.clients["suggested_action"].isin(ACTIONS[group])]
    ordered = chosen.sort_values(["net_revenue_365d", "customer_id"], ascending=[False, True])
    return ordered.reset_index(drop=True)


def quoted(analysis: Analysis) -> pd.DataFrame:
    """The themes where there are any, else the comments as they came, newest first; names and contacts hidden."""
    if len(analysis.themes):
        return analysis.themes
    return analysis.comments[["answer_date", "class", "comment"]]


def write(run: tables.Run, analysis: Analysis) -> None:
    """Write the tables of page 05, each checked against its contract."""
    for name in WRITTEN:
        tables.write(run, name, getattr(analysis, name.removeprefix("nps_")))
