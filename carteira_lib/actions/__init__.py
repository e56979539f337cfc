"""One list that a team can work: who is called about what, in which order, by whom, and who is left in peace.

`decide` makes all of it from the tables of the analyses. `gate` holds back who is not to be approached, `plan` fills the hours of
each seller with the most valuable actions and draws the controls, `owners` splits the work and counts the people it takes,
`outcomes` reads back what earlier lists brought; `words` knows what CRMs call things.
"""

from carteira_lib.actions.analysis import Actions, Policy, decide

__all__ = ["Actions", "Policy", "decide"]
