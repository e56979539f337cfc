"""The analysis as a page shows it: the parts a figure draws, the rows a table lists, and the tables written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import plots, tables
from carteira_lib.language import translator
from carteira_lib.portfolio.splits import largest_group
from carteira_lib.portfolio.status import STATUSES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from carteira_lib.portfolio.analysis import Analysis

PERIODS_SHOWN = 13  # more leave no room for legible numbers
COHORTS_SHOWN = 13
CALLS = ("renew", "call")


def status_parts(analysis: Analysis, measure: str = "clients", *, language: str = "pt-BR") -> pd.DataFrame:
    """Clients, or revenue of 12 months, by status: one row, one column per status that occurs.

    Parameters
    ----------
    measure : {"clients", "revenue"}
    """
    _ = translator(language)
    states = analysis.portfolio["status"]
    if measure == "clients":
        parts, name = states.value_counts(), _("Clientes")
    else:
        revenue = analysis.portfolio["net_revenue_365d"].groupby(states).sum()
        parts, name = revenue.clip(lower=0), _("Receita")  # of the group: the same sums as the sentences tell
    parts = parts.reindex(STATUSES).dropna()
    named = parts.rename(index=lambda code: tables.value_label("status", code, language))
    return named.to_frame(name).T.rename_axis(columns=None)


def segment_counts(analysis: Analysis, *, language: str = "pt-BR") -> pd.Series:
    """Clients by RFM segment, the largest first."""
    counts = analysis.portfolio["rfm_segment"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return counts.rename(index=lambda code: tables.value_label("rfm_segment", code, language))


def recent_cohorts(analysis: Analysis) -> pd.DataFrame:
    """The latest cohorts and the first periods: as many as stay legible in one figure."""
    last = analysis.cohorts["cohort"].drop_duplicates().nlargest(COHORTS_SHOWN)
    near = analysis.cohorts["periods_since"] < PERIODS_SHOWN
    return analysis.cohorts[near & analysis.cohorts["cohort"].isin(last)]


def split_plots(
    analysis: Analysis, titles: dict[str, str], *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """One figure of revenue per dimension that the data have."""
    _ = translator(language)
    return [
        plots.bars(
            part.set_index("group")["net_revenue_365d"],
            title=titles[dimension],
            subtitle=_(
                "Receita de 12 meses, por {dimension}",
                dimension=_in_sentence(dimension, language),
            ),
            unit=currency,
            highlight=largest_group(part, language),
            language=language,
        )
        for dimension, part in analysis.splits.groupby("dimension", sort=False)
    ]


def _in_sentence(dimension: str, language: str) -> str:
    """The name of a dimension inside a sentence: "setor", but "UF"; a client's revenue goes whole to who answers for it."""
    if dimension == "seller_id":
        _ = translator(language)
        return _("responsável do cliente")
    name = tables.value_label("dimension", dimension, language)
    return name if name.isupper() else name[0].lower() + name[1:]


def renewals_by_month(analysis: Analysis) -> pd.Series:
    """Amount of the contracts to renew by the month in which they end."""
    return analysis.renewals.groupby("month")["amount"].sum()


def renewal_plots(
    analysis: Analysis, titles: dict[str, str], *, language: str = "pt-BR", currency: str = "BRL"
) -> list[Axes]:
    """The figure of the amount to renew by month; none where there is no contract to renew."""
    _ = translator(language)
    if analysis.renewals.empty:
        return []
    subtitle = _("Valor dos contratos, pelo mês em que vencem")
    months = renewals_by_month(analysis)
    return [plots.columns(months, title=titles["renewals"], subtitle=subtitle, unit=currency, language=language)]


def contracts_due(analysis: Analysis) -> pd.DataFrame:
    """The contracts to renew, with the kind of person of each client, so that people's names can be masked."""
    kinds = analysis.portfolio[["customer_id", "person_type"]]
    return analysis.renewals.merge(kinds, on="customer_id", how="left", validate="m:1")


def calls(analysis: Analysis, rows: int = 15) -> pd.DataFrame:
    """The clients of the largest revenue that ask for contact now: a contract to renew, or late."""
    asking = analysis.portfolio[analysis.portfolio["next_step"].isin(CALLS)]
    return (
        asking.sort_values(["net_revenue_365d", "customer_id"], ascending=[False, True])
        .head(rows)
        .reset_index(drop=True)
    )


def write(run: tables.Run, analysis: Analysis) -> None:
    """Write the tables of the portfolio, each checked against its contract."""
    for name in ("portfolio", "movement", "moved", "cohorts", "splits", "renewals"):
        tables.write(run, name, getattr(analysis, name))
    tables.write(run, "silences", analysis.rule.silences)
    tables.write(run, "inactive_errors", analysis.errors)
