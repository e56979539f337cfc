"""The niche of the ideal buyer (PCI): which traits known before the purchase mark the clients that are worth more.

`analyse` makes all of page 03. `value` says what a client is worth, `attributes` which traits may describe it, `cells` cuts
them, `search` finds the rules, `judge` tells luck from niche and measures it on clients left out, `clusters` groups the best
clients, `niche` joins the two ways, `signals` expects a value of each company and `lookalike` makes a chance of it, for clients
and prospects, `explained` says why; `profile` sets the niche beside the rest, `wording` tells rules in words, `findings` the
sentences that a director reads.
"""

from carteira_lib.pci.analysis import Analysis, analyse
from carteira_lib.pci.findings import findings, titles
from carteira_lib.pci.views import (
    calibration_plots,
    comparison_shown,
    lift_plots,
    map_points,
    near_shown,
    prospects_ranked,
    quality_shown,
    rules_shown,
    seller_plots,
    write,
)

__all__ = [
    "Analysis",
    "analyse",
    "calibration_plots",
    "comparison_shown",
    "findings",
    "lift_plots",
    "map_points",
    "near_shown",
    "prospects_ranked",
    "quality_shown",
    "rules_shown",
    "seller_plots",
    "titles",
    "write",
]
