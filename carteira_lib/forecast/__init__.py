"""What the coming months bring, how sure that is, and whether goals with a date will be reached.

`months` counts whole months, `seasonal` holds the ways of forecasting, `backtest` lets this portfolio's own past choose
among them and tells how far they were off, `weeks` adds the next 4 and 12 weeks, `segments` splits the whole among its
parts, and `bridge` tells what it is made of. `flow` simulates clients, `paths`
series; `probability` blends both, `calibration` asks past goals whether such probabilities came true, and `goals` judges
each goal: where it stands, the pace it needs, and how probable it is.

`analyse` makes all of page 07; `outlook` the months and weeks to come with their parts, `standings` the metrics that are no
series of sales, `findings` the sentences that a director reads, `cards` its figures on the summary.
"""

from carteira_lib.forecast.analysis import Analysis, analyse
from carteira_lib.forecast.cards import cards
from carteira_lib.forecast.findings import findings, titles
from carteira_lib.forecast.views import (
    bridge_plots,
    calibration_plots,
    goal_bullets,
    goal_scores_shown,
    goals_shown,
    revenue_plots,
    scores_shown,
    seller_plots,
    source_plots,
    weeks_shown,
    write,
)

__all__ = [
    "Analysis",
    "analyse",
    "bridge_plots",
    "calibration_plots",
    "cards",
    "findings",
    "goal_bullets",
    "goal_scores_shown",
    "goals_shown",
    "revenue_plots",
    "scores_shown",
    "seller_plots",
    "source_plots",
    "titles",
    "weeks_shown",
    "write",
]
