"""The analysis as page 07 shows it: the goals for reading, the numbers that figures draw, and the tables written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, groups, plots, tables
from carteira_lib.forecast.findings import NEAR
from carteira_lib.forecast.outlook import OTHERS, UNKNOWN
from carteira_lib.forecast.wording import amount, named, state
from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from carteira_lib.forecast.analysis import Analysis

WRITTEN = (
    "forecast", "forecast_scores", "forecast_sources", "forecast_bridge", "goals_status", "goal_scores",
    "goals_calibration",
)  # fmt: skip
BULLETS = 12  # goals that one figure can show
PAST_MONTHS = 24
SOURCE_TONES = (style.BLUE, style.SKY, style.GREEN)  # all gains: the red of the lost is not among them


def goals_shown(
    goals_status: pd.DataFrame, sellers: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL"
) -> pd.DataFrame:
    """The goals for reading: the goal in words, whose it is, where it stands, the pace, the chance, and what to mind.

    Parameters
    ----------
    goals_status : DataFrame
        Table of that name.
    sellers : DataFrame
        Contract ``sellers``.

    Returns
    -------
    DataFrame
        One row per goal, all columns text but the chance.
    """
    _, words = translator(language), Words(language, currency)
    names, rows = groups.seller_names(sellers), []
    for goal in goals_status.itertuples():
        standing, needed, now, extra = (
            None if pd.isna(value) else amount(goal.metric, value, words)
            for value in (goal.standing, goal.pace_needed, goal.pace_now, goal.extra_per_month)
        )
        extra = extra if extra is not None and goal.extra_per_month > 0 else None
        pace = (
            None if needed is None else _("{needed} por mês (últimos 3 meses: {now} por mês)", needed=needed, now=now)
        )
        owner = _("empresa") if pd.isna(goal.seller_id) else names.get(goal.seller_id, goal.seller_id)
        rows.append(
            (goal.goal_id, named(goal, words), owner, standing, pace, extra, goal.probability, state(goal, words))
        )
    columns = [
        "goal_id", _("Meta e prazo"), _("Responsável"), _("Hoje"), _("Ritmo necessário"), _("A mais por mês"),
        "probability", _("Situação da meta"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"probability": "float64"})


def goal_bullets(
    analysis: Analysis,
    titles: Mapping[str, str],
    sellers: pd.DataFrame,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> list[Axes]:
    """The figure of the goals with an expectation, in the order of their deadlines; none without goals."""
    _, words = translator(language), Words(language, currency)
    chosen = analysis.goals_status[
        analysis.goals_status["expected_value"].notna() & (analysis.goals_status["target"] > 0)
    ]
    chosen = chosen.sort_values(["deadline", "goal_id"]).head(BULLETS)
    if chosen.empty:
        return []
    names = groups.seller_names(sellers)
    labels = [
        named(goal, words) + ("" if pd.isna(goal.seller_id) else f" ({names.get(goal.seller_id, goal.seller_id)})")
        for goal in chosen.itertuples()
    ]
    renamed = {"expected_value": "expected", "expected_low": "low", "expected_high": "high"}
    table = chosen.rename(columns=renamed).set_index(pd.Index(labels))
    table["text"] = [tables.value_label("goal_state", code, language) for code in chosen["goal_state"]]
    subtitle = _("Em % do alvo; à direita, a chance de bater a meta no prazo")
    return [plots.bullets(table, title=titles["goals"], subtitle=subtitle, language=language)]


def revenue_plots(
    analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """The figure of the revenue known and foretold; none where the history is too short."""
    _, table = translator(language), analysis.forecast
    whole = table[(table["dimension"] == "total") & (table["sales_measure"] == "revenue")]
    ahead = whole[whole["period"] == "month"]
    if ahead.empty:
        return []
    known = analysis.history["revenue"].tail(PAST_MONTHS)
    known = known.set_axis(known.index.start_time)
    renamed = {"estimate_low": "low", "estimate_high": "high"}
    ahead = ahead.rename(columns=renamed).set_index("period_start")
    look = {"unit": currency, "language": language, "subtitle": _("Receita líquida por mês")}
    return [plots.outlook(known, ahead, title=titles["revenue"], **look)]


def bridge_plots(analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR") -> list[Axes]:
    """The figure of the active clients from today to the deadline; none where the history is too short."""
    _ = translator(language)
    if analysis.bridge.empty:
        return []
    steps = analysis.bridge.set_index("bridge_step")["moved_clients"].astype("float64")
    named = steps.rename(index=lambda code: tables.value_label("bridge_step", code, language)).rename_axis(None)
    subtitle = _.ngettext(
        "Clientes que compraram no último mês, de hoje ao prazo",
        "Clientes que compraram nos últimos {n} meses, de hoje ao prazo",
        analysis.active_months,
    )
    return [plots.waterfall(named, title=titles["bridge"], subtitle=subtitle, language=language)]


def source_plots(
    analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """The figure of the revenue of twelve months by where its clients come from; none where the history is too short."""
    _ = translator(language)
    if analysis.sources.empty:
        return []
    names = {"existing": _("ativos hoje"), "reactivated": _("reativados"), "new": _("novos")}
    parts = analysis.sources[list(names)].sum().rename(index=names).to_frame(_("12 meses")).T
    look = {"unit": currency, "language": language, "tones": SOURCE_TONES}
    subtitle = _("Receita prevista para os próximos 12 meses")
    return [plots.stacked(parts, title=titles["sources"], subtitle=subtitle, **look)]


def seller_plots(
    analysis: Analysis, sellers: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """Revenue of the next three months by seller and by region, where the data name any."""
    _ = translator(language)
    pictures, known = [], groups.seller_names(sellers)
    table = analysis.forecast[analysis.forecast["sales_measure"] == "revenue"]
    subtitles = {
        "seller_id": _("Receita prevista para os próximos 3 meses, por responsável atual do cliente"),
        "region": _("Receita prevista para os próximos 3 meses, por região"),
    }
    made_here = {UNKNOWN: None, OTHERS: _(groups.OTHERS)}
    for dimension, subtitle in subtitles.items():
        own = table[(table["dimension"] == dimension)].sort_values("period_start", kind="stable")
        if own.empty:
            continue
        sums = own.groupby("group").head(NEAR).groupby("group")["estimate"].sum().rename_axis(None)
        values = pd.Series(
            [made_here.get(code, known.get(code, code)) for code in sums.index], index=sums.index, dtype="object"
        )
        amounts = groups.sums(values, sums, language=language)
        if amounts.sum() > 0:
            first = amounts.index[~amounts.index.isin(groups.made_here(language))][:1].tolist()
            share = formats.percent(amounts[first[0]] / amounts.sum(), 0, language) if first else ""
            title = _("{group}: {share} da receita prevista", group=first[0], share=share) if first else subtitle
            look = {"subtitle": subtitle, "unit": currency, "language": language, "highlight": first or None}
            pictures.append(plots.bars(amounts, title=title, **look))
    return pictures


def scores_shown(analysis: Analysis) -> pd.DataFrame:
    """Table ``forecast_scores`` of the revenue, for reading."""
    own = analysis.scores[analysis.scores["sales_measure"] == "revenue"]
    return own[["sales_way", "origins", "wape", "mase", "covered", "published"]].reset_index(drop=True)


def goal_scores_shown(analysis: Analysis, *, language: str = "pt-BR") -> pd.DataFrame:
    """Brier scores by metric: the blend beside what would be used instead, and how far the blend was from what came.

    Returns
    -------
    DataFrame
        One row per metric, all of them first.
    """
    _, own = translator(language), analysis.goal_scores
    ways = {"blend": _("Nossa chance"), "line": _("Linha reta"), "base_rate": _("Frequência histórica")}
    brier = own.pivot(index="metric", columns="goal_way", values="brier").reindex(columns=list(ways))
    ours = own[own["goal_way"] == "blend"].set_index("metric")
    table = brier.rename(columns=ways).rename_axis(columns=None).join(ours[["goals", "ece"]])
    return table.loc[ours.index].reset_index()


def calibration_plots(analysis: Analysis, titles: Mapping[str, str], *, language: str = "pt-BR") -> list[Axes]:
    """The figure of what was said and what came, for goals of the past; none with too few."""
    _ = translator(language)
    if analysis.goals_calibration.empty:
        return []
    subtitle = _("Parte das metas batidas, pela chance que se deu a elas")
    look = {"title": titles["calibration"], "subtitle": subtitle, "language": language}
    return [plots.calibration(analysis.goals_calibration, **look)]


def weeks_shown(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> pd.DataFrame:
    """The next 4 and 12 weeks for reading: money for revenue, numbers for orders."""
    _, words = translator(language), Words(language, currency)
    own = analysis.forecast[analysis.forecast["period"].isin(["weeks_4", "weeks_12"])]
    rows = [
        (row.period, row.sales_measure, row.period_end, *(amount(row.sales_measure, round(value), words) for value in (row.estimate, row.estimate_low, row.estimate_high)), row.origins)
        for row in own.itertuples()
    ]  # fmt: skip
    columns = ["period", "sales_measure", "period_end", _("Previsto"), _("Mínimo (80%)"), _("Máximo (80%)"), "origins"]
    return pd.DataFrame(rows, columns=columns)


def write(run: tables.Run, analysis: Analysis) -> None:
    """Write the tables of page 07, each checked against its contract."""
    for name in WRITTEN:
        attribute = (
            name
            if name in ("forecast", "goals_status", "goal_scores", "goals_calibration")
            else name.removeprefix("forecast_")
        )
        tables.write(run, name, getattr(analysis, attribute))
