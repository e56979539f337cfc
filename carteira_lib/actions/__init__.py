"""One list that a team can work: who is called about what, in which order, by whom, and who is left in peace.

`decide` makes all of it from the tables of the analyses. `gate` holds back who is not to be approached, `plan` fills the hours of
each seller with the most valuable actions and draws the controls, `owners` splits the work and counts the people it takes,
`outcomes` reads back what earlier lists brought; `words` knows what CRMs call things, `findings` and
`views` say and show it.
"""

from carteira_lib.actions.analysis import Actions, Policy, decide
from carteira_lib.actions.findings import findings, titles
from carteira_lib.actions.views import (
    all_gaps,
    appointments,
    for_crm,
    held,
    held_counts,
    kind_worth,
    lists,
    sheets,
    write,
)

__all__ = [
    "Actions",
    "Policy",
    "all_gaps",
    "appointments",
    "decide",
    "findings",
    "for_crm",
    "held",
    "held_counts",
    "kind_worth",
    "lists",
    "sheets",
    "titles",
    "write",
]
