"""Churn toward inactivity: how probable it is that a client of the portfolio gives no order in the next horizon.

`analyse` makes all of page 04. `planned` chooses the horizon and the past dates, `signals` describes the clients of a date,
`model` learns and predicts, `backtest` tells how good it was on past dates beside the rules that a company would use
instead; `value` says what a client is worth, `reasons` why it may stop, `outlook` what the next horizon brings,
`findings` the sentences that a director reads.

Contracts stand beside: `renewal_outcomes` says which were renewed, `renewal_signals` describes them on a date,
`renewal` and `renewal_model` learn and predict, `renewal_backtest` tells how good that was, `renewal_scores` lists
those to renew, and `retention` how long clients under contract stay.
"""

from carteira_lib.churn.analysis import Analysis, Policy, analyse
from carteira_lib.churn.findings import findings, titles
from carteira_lib.churn.plan import Plan, planned
from carteira_lib.churn.views import (
    kind_parts,
    lift_curves,
    listed,
    renewals_shown,
    retention_plots,
    risk_plots,
    score_intervals,
    scores_shown,
    write,
)

__all__ = [
    "Analysis",
    "Plan",
    "Policy",
    "analyse",
    "findings",
    "kind_parts",
    "lift_curves",
    "listed",
    "planned",
    "renewals_shown",
    "retention_plots",
    "risk_plots",
    "score_intervals",
    "scores_shown",
    "titles",
    "write",
]
