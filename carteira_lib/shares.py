"""Shares and the difference of two of them, with intervals that hold for small counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
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
    return pooled_difference([(hits, total, other_hits, other_total)], level)


def pooled_difference(strata: Sequence[tuple[int, int, int, int]], level: float = 0.95) -> tuple[float, float, float]:
    """The difference of two shares within strata: those without cases on either side say nothing and are left out.

    Parameters
    ----------
    strata : sequence of (hits, total, other hits, other total)

    Returns
    -------
    tuple of float
        The difference as observed, weighted by Mantel and Haenszel (n m / (n + m)), and the limits, one success and one failure
        added to each side of each stratum; NaN where no stratum has cases on both sides.

    References
    ----------
    Greenland, S., & Robins, J. M. (1985). Estimation of a common effect parameter from sparse follow-up data. Biometrics 41(1), 55-68.

    Examples
    --------
    >>> [round(v, 3) for v in pooled_difference([(10, 20, 5, 20), (9, 10, 0, 0)])]
    [0.25, -0.053, 0.507]
    """
    known = [(h, n, k, m) for h, n, k, m in strata if n and m]
    weights = [n * m / (n + m) for _, n, _, m in known]
    whole = sum(weights)
    if not whole:
        return math.nan, math.nan, math.nan
    point = sum(w * (h / n - k / m) for w, (h, n, k, m) in zip(weights, known, strict=True)) / whole
    shares = [((h + 1) / (n + 2), n + 2, (k + 1) / (m + 2), m + 2) for h, n, k, m in known]
    centre = sum(w * (p - q) for w, (p, _, q, _) in zip(weights, shares, strict=True)) / whole
    spread = sum(w**2 * (p * (1 - p) / n + q * (1 - q) / m) for w, (p, n, q, m) in zip(weights, shares, strict=True))
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(spread) / whole
    return point, centre - half, centre + half
