"""NPS with honest statistics: how sure the score is, who did not answer, what changed, what goes with it, what to do.

`analyse` makes all of page 05. `score` counts and gives intervals, `evidence` tests differences; `answers` says which
answers count, `weights` mends what is known of who did not answer, `segments` and `waves` compare groups and times,
`signals` and `drivers` tell what goes with detractors, `worth` what each class is worth, `comments` what clients write
(`privacy` hides people), `clients` what to do with each; `findings` and `titles` are what a director reads.
"""

from carteira_lib.nps.analysis import Analysis, Policy, analyse, beside
from carteira_lib.nps.answers import scale_declared
from carteira_lib.nps.findings import findings
from carteira_lib.nps.titles import titles
from carteira_lib.nps.views import (
    cards,
    class_parts,
    driver_plots,
    headline,
    listed,
    over_time,
    quoted,
    readings,
    segment_plots,
    to_ask,
    worth_shown,
    write,
)

__all__ = [
    "Analysis",
    "Policy",
    "analyse",
    "beside",
    "cards",
    "class_parts",
    "driver_plots",
    "findings",
    "headline",
    "listed",
    "over_time",
    "quoted",
    "readings",
    "scale_declared",
    "segment_plots",
    "titles",
    "to_ask",
    "worth_shown",
    "write",
]
