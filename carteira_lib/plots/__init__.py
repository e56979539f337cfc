"""Tidy table -> Axes. Nothing is counted or estimated here: a plot draws the numbers that it is given.

Every plot takes the finding as its `title` (it wraps, and is never cut), labels its values directly, and carries a
text alternative made of the plotted numbers: `alt` returns it, and ``show.figure`` shows it with the picture.
"""

from carteira_lib.plots.bars import bars, intervals, stacked
from carteira_lib.plots.grids import cohorts, pareto
from carteira_lib.plots.maps import scatter
from carteira_lib.plots.ranking import calibration, reach
from carteira_lib.plots.scores import band, gauge
from carteira_lib.plots.series import columns, curve, line, movement, waterfall
from carteira_lib.plots.style import SETTINGS, alt, describe, text_of, transcript
from carteira_lib.plots.targets import bullets, outlook

__all__ = [
    "SETTINGS",
    "alt",
    "band",
    "bars",
    "bullets",
    "calibration",
    "cohorts",
    "columns",
    "curve",
    "describe",
    "gauge",
    "intervals",
    "line",
    "movement",
    "outlook",
    "pareto",
    "reach",
    "scatter",
    "stacked",
    "text_of",
    "transcript",
    "waterfall",
]
