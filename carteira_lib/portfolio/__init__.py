"""The portfolio: who is in it, who is leaving, who came back, and what to do next with each client.

`analyse` makes it all from the features of the clients and their purchases; the parts stand on their own:
`silence` (the rule of silence), `status`, `segments` (ABC, RFM), `movement` (balance and cohorts),
`splits`, `renewals`, `steps` (what to do next) and `findings` (the sentences that a director reads).
"""

from carteira_lib.portfolio.analysis import Analysis, analyse
from carteira_lib.portfolio.findings import figures, findings, rule_sentence, titles
from carteira_lib.portfolio.movement import Movement, cohorts, movement
from carteira_lib.portfolio.renewals import renewals
from carteira_lib.portfolio.segments import RFM_SEGMENTS, abc_class, rank_score, rfm
from carteira_lib.portfolio.silence import CYCLE_GRID, Rule, rule, silence_table
from carteira_lib.portfolio.splits import splits
from carteira_lib.portfolio.status import STATUSES, error_rate, limits, recovered, status
from carteira_lib.portfolio.steps import STEPS, next_step, next_step_text
from carteira_lib.portfolio.views import (
    calls,
    contracts_due,
    recent_cohorts,
    renewal_plots,
    renewals_by_month,
    segment_counts,
    split_plots,
    status_parts,
    write,
)

__all__ = [
    "CYCLE_GRID",
    "RFM_SEGMENTS",
    "STATUSES",
    "STEPS",
    "Analysis",
    "Movement",
    "Rule",
    "abc_class",
    "analyse",
    "calls",
    "cohorts",
    "contracts_due",
    "error_rate",
    "figures",
    "findings",
    "limits",
    "movement",
    "next_step",
    "next_step_text",
    "rank_score",
    "recent_cohorts",
    "recovered",
    "renewal_plots",
    "renewals",
    "renewals_by_month",
    "rfm",
    "rule",
    "rule_sentence",
    "segment_counts",
    "silence_table",
    "split_plots",
    "splits",
    "status",
    "status_parts",
    "titles",
    "write",
]
