"""The analysis as page 04 shows it: the rows a table lists, the numbers a figure draws, and the tables written."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, groups, plots, tables
from carteira_lib.churn.findings import group_title
from carteira_lib.churn.outlook import LIVE
from carteira_lib.language import translator

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from carteira_lib.churn.analysis import Analysis

OF_THE_CYCLE = ("silence", "frequency")  # reasons whose sentences both tell every how many days the client buys
WRITTEN = (
    "churn", "churn_outlook", "churn_scores", "churn_calibration", "churn_lift", "churn_value_errors", "renewal_scores",
    "retention",
)  # fmt: skip


def listed(analysis: Analysis, band: str, *, language: str = "pt-BR") -> pd.DataFrame:
    """The clients of a band, the highest revenue at risk first, with the first two reasons in one text.

    Parameters
    ----------
    band : str
        "call": those to contact; "watch": the others above the mean probability.

    Returns
    -------
    DataFrame
        Rows of ``churn`` and the column "Por quê", in the language of the page: the main reason, and the next
        one that says something else.
    """
    _ = translator(language)
    chosen = analysis.churn[analysis.churn["band"] == band].reset_index(drop=True)
    first = chosen["reason_1_text"].astype("object")
    second, third = (_unless_told(chosen, place, analysis.known.horizon_days) for place in (2, 3))
    second = second.where(second.notna(), third)
    why = first.where(second.isna(), first + ". " + second)
    return chosen.assign(**{_("Por quê"): why.fillna(_("Risco acima da média, sem um sinal único que se destaque"))})


def _unless_told(chosen: pd.DataFrame, place: int, horizon_days: int) -> pd.Series:
    """The text of a reason; missing where the main one tells the client's cycle too, or a silence that holds its facts."""
    main, other = chosen["reason_1"], chosen[f"reason_{place}"]
    no_order = main.eq("silence") & other.eq("slowdown") & (chosen["recency_days"] >= horizon_days)
    told = no_order | main.isin(OF_THE_CYCLE) & other.isin(OF_THE_CYCLE)
    return chosen[f"reason_{place}_text"].astype("object").mask(told.fillna(False))


def score_intervals(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Share of pairs in the right order, by score, among those who had bought in the horizon before.

    Returns
    -------
    DataFrame
        ``estimate``, ``low``, ``high``, indexed by the name of the score, as `plots.intervals` draws them.
    """
    own = analysis.scores[analysis.scores["population"] == "active"].set_index("forecaster")
    table = own[["auc", "auc_low", "auc_high"]].set_axis(["estimate", "low", "high"], axis=1)
    return table.rename(index=lambda code: tables.value_label("forecaster", code, language)).rename_axis(None)


def scores_shown(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Table ``churn_scores`` for reading: the lead of the model and its interval in one text, in points.

    Returns
    -------
    DataFrame
        ``population``, ``forecaster``, ``auc``, "Vantagem nossa" in the language of the page, ``top_lift``,
        ``log_loss``, ``ece``, ``ece_floor``.
    """
    _, points = translator(language), functools.partial(formats.number, decimals=1, language=language)
    table = analysis.scores
    lead = [
        None if pd.isna(lead) else f"{points(100 * lead)} [{points(100 * low)}; {points(100 * high)}]"
        for lead, low, high in zip(table["auc_lead"], table["lead_low"], table["lead_high"], strict=True)
    ]
    shown = table[["population", "forecaster", "auc", "top_lift", "log_loss", "ece", "ece_floor"]].copy()
    shown.insert(3, _("Vantagem nossa (pontos, intervalo de 95%)"), pd.Series(lead, index=table.index, dtype="str"))
    return shown


def lift_curves(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Share of the money lost by share of the clients contacted: one column per ranking, as `plots.reach` draws them."""
    if analysis.lift.empty:
        return pd.DataFrame()
    wide = analysis.lift.pivot(index="contacted_share", columns="ranking", values="money_share")
    wide = wide[list(dict.fromkeys(analysis.lift["ranking"]))].rename_axis(columns=None)
    return wide.rename(columns=lambda code: tables.value_label("ranking", code, language))


def kind_parts(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Live clients by kind: one row, one column per kind that occurs, as `plots.stacked` draws them."""
    _ = translator(language)
    live = analysis.churn[analysis.churn["status"].isin(LIVE)]
    counts = live["kind"].value_counts().reindex(["on_time", "slow", "stopped"]).dropna()
    named = counts.rename(index=lambda code: tables.value_label("kind", code, language))
    return named.to_frame(_("Clientes")).T.rename_axis(columns=None)


def risk_plots(
    analysis: Analysis, frames: Mapping[str, pd.DataFrame], *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """One figure of the revenue at risk by who answers for the client and one by region, where the data have them.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``customers`` and ``sellers``, their contracts.
    """
    _ = translator(language)
    live = analysis.churn[analysis.churn["status"].isin(LIVE)]
    names = groups.seller_names(frames["sellers"])
    regions = frames["customers"].drop_duplicates("customer_id").set_index("customer_id")["region"]
    found = {
        _("Receita em risco, por responsável do cliente"): live["seller_id"].map(
            lambda code: names.get(code, code), na_action="ignore"
        ),
        _("Receita em risco, por região"): live["customer_id"].map(regions),
    }
    made_here = groups.made_here(language)
    pictures = []
    for subtitle, values in found.items():
        amounts = groups.sums(values, live["revenue_at_risk"], language=language)
        if len(amounts) and amounts.sum() > 0:
            title = group_title(amounts, made_here, language=language)
            first = amounts.index[~amounts.index.isin(made_here)][:1].tolist()
            look = {"subtitle": subtitle, "unit": currency, "language": language}
            pictures.append(plots.bars(amounts, title=title, highlight=first or None, **look))
    return pictures


def retention_plots(analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR") -> list[Axes]:
    """The figure of the clients left after each renewal, observed and expected; none with too few contracts."""
    _ = translator(language)
    if analysis.retention.empty:
        return []
    table = analysis.retention.set_index("renewals")[["stayed", "expected"]]
    named = table.set_axis([_("observado"), _("previsto")], axis=1)
    named.index = named.index.astype("str")
    subtitle = _("Parte dos clientes sob contrato que resta depois de cada renovação")
    look = {"subtitle": subtitle, "x_label": _("Renovações desde o primeiro contrato"), "unit": "percent"}
    return [plots.line(named, title=titles["retention"], language=language, **look)]


def renewals_shown(analysis: Analysis, renewals: pd.DataFrame) -> pd.DataFrame:
    """The contracts to renew with their chance, beside when they end and whose they are.

    Parameters
    ----------
    renewals : DataFrame
        Table ``renewals``.
    """
    beside = renewals[["contract_id", "end_date", "days_left", "seller_id"]]
    return analysis.renewal_scores.merge(beside, on="contract_id", how="left", validate="1:1")


def write(run: tables.Run, analysis: Analysis) -> None:
    """Write the tables of page 04, each checked against its contract."""
    for name in WRITTEN:
        tables.write(run, name, getattr(analysis, name.removeprefix("churn_")))
