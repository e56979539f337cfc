"""The director's page: how the portfolio is, what changed, what to do this week, and which data would sharpen it.

Reads the tables of the other notebooks only; nothing is estimated here. `figures` counts, `months` follows the portfolio
and the revenue, `since` compares with the run before, `week` says whom to speak to, `lacks` what data are missing, and
`answers` says it all in sentences.
"""

from carteira_lib.summary.answers import findings
from carteira_lib.summary.figures import READS, figures, key_figures
from carteira_lib.summary.lacks import ADDS, absent, lacking, lacking_title
from carteira_lib.summary.months import changes, last_months, monthly_revenue, portfolio_title, revenue_title
from carteira_lib.summary.since import FILE, earlier_runs, last_before, since, since_sentence, since_shown, since_title
from carteira_lib.summary.week import losing, to_do, to_do_sentence, week

__all__ = [
    "ADDS",
    "FILE",
    "READS",
    "absent",
    "changes",
    "earlier_runs",
    "figures",
    "findings",
    "key_figures",
    "lacking",
    "lacking_title",
    "last_before",
    "last_months",
    "losing",
    "monthly_revenue",
    "portfolio_title",
    "revenue_title",
    "since",
    "since_sentence",
    "since_shown",
    "since_title",
    "to_do",
    "to_do_sentence",
    "week",
]
