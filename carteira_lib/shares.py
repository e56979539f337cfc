"""Shares and the difference of two of them, with intervals that hold for small counts."""

from __future__ import annotations

import math
from statistics import NormalDist


def difference(
    hits: int, total: int, other_hits: int, other_total: int, level: float = 0.95
) -> tuple[float, float, float]:
    """First share less second, with the interval of Agresti and Caffo: one success and one failure added to each.

    Returns
    -------
    tuple of float
        The difference as observed, and the limits; NaN without cases on either side.

    References
    ----------
    Agresti, A., & Caffo, B. (2000). Simple and effective confidence intervals for proportions and differences of
    proportions result from adding two successes and two failures. The American Statistician 54(4), 280-288.

    Examples
    --------
    >>> [round(v, 3) for v in difference(56, 70, 48, 80)]
    [0.2, 0.052, 0.336]
    """
    if not total or not other_total:
        return math.nan, math.nan, math.nan
    p, q = (hits + 1) / (total + 2), (other_hits + 1) / (other_total + 2)
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(
        p * (1 - p) / (total + 2) + q * (1 - q) / (other_total + 2)
    )
    return hits / total - other_hits / other_total, p - q - half, p - q + half
