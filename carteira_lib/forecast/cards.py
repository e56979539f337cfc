"""What page 07 says on the page of key figures: the sales to come, and how many goals are likely."""

from __future__ import annotations

import pandas as pd

from carteira_lib import formats, show
from carteira_lib.forecast.findings import JUDGED, NEAR
from carteira_lib.language import translator

PAGE = "07_metas"


def cards(
    forecast: pd.DataFrame, goals_status: pd.DataFrame, *, language: str = "pt-BR", currency: str = "BRL"
) -> list[show.Figure]:
    """The sales of the next three months and the goals that are likely: label, value, and what to read it with.

    Parameters
    ----------
    forecast, goals_status : DataFrame
        Tables of those names, which may be empty: what is empty has no card.
    """
    return [*_sales(forecast, language, currency), *_goals(goals_status, language)]


def _sales(forecast: pd.DataFrame, language: str, currency: str) -> list[show.Figure]:
    _ = translator(language)
    whole = forecast[(forecast["dimension"] == "total") & (forecast["sales_measure"] == "revenue")]
    near = whole[whole["period"] == "month"].sort_values("period_start").head(NEAR)
    if near.empty:
        return []
    first = near.iloc[0]
    money = {
        name: formats.money(first[column], currency, language, compact=True)
        for name, column in (("low", "estimate_low"), ("high", "estimate_high"))
    }
    month = formats.month(first["period_start"], language)
    total = formats.money(near["estimate"].sum(), currency, language, compact=True)
    between = _("{month}: entre {low} e {high}", month=month, **money)
    return [show.Figure(_("Vendas previstas em 3 meses"), total, between, PAGE)]


def _goals(goals_status: pd.DataFrame, language: str) -> list[show.Figure]:
    _ = translator(language)
    states = goals_status["goal_state"]
    judged = int(states.isin([*JUDGED, "reached"]).sum())
    if not judged:
        return []
    good, hard = int(states.isin(["likely", "reached"]).sum()), int((states == "unlikely").sum())
    value = _("{good} de {judged}", good=formats.number(good, 0, language), judged=formats.number(judged, 0, language))
    note = _.ngettext("{n} improvável", "{n} improváveis", hard) if hard else _("nenhuma improvável")
    return [show.Figure(_("Metas prováveis ou já batidas"), value, note, PAGE)]
