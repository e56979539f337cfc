"""What can be offered to whom: complements, the next version, a cheaper one, a renewal, a way back; each with its test.

`analyse` makes all of it. `cross_sell` ranks complements by `ease` on a `matrix` of who owns what, and publishes it only where
it beats popularity in the `holdout`; `ladder` orders the versions of a family, `up_sell` offers the next one, `down_sell` a
cheaper one after a lost proposal, with its controls; `calls` joins renewals and reactivations from tables of
other pages; `views` says and shows it.
"""

from carteira_lib.offers.analysis import Analysis, Terms, analyse
from carteira_lib.offers.views import basket_pairs, findings, leads, titles, write

__all__ = ["Analysis", "Terms", "analyse", "basket_pairs", "findings", "leads", "titles", "write"]
