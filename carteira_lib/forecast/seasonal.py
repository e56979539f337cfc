"""The shrunk month-of-year index with simple exponential smoothing ("dses"), and the rules that a company would use.

The index of a month is its mean ratio to the level around it, drawn to 1 the more the fewer years were seen. What is
left without the index is smoothed; the last level times the index of the month to come is the forecast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

YEAR = 12
SHRINK = 0.5  # years of no season that are added to those seen
LAUNCH = 2.0  # first months so many times the rest of the year are a launch, not a season
ALPHAS = np.round(np.arange(0.05, 0.96, 0.05), 2)
FEWEST = 3
LEAST_LEVEL = 0.25  # of the nearest known level: a steep slope must not carry it to nothing


class Smoothed(NamedTuple):
    """What was learned of a series: its index by month of the year, its level, how fast it moves, and its errors."""

    index: np.ndarray
    level: float
    alpha: float
    errors: np.ndarray


def month_index(values: np.ndarray, first_month: int) -> np.ndarray:
    """How far each month of the year lies from the level around it: 1 = on it.

    Parameters
    ----------
    values : ndarray
        One value per month, in order.
    first_month : int
        Month of the year of the first value, 0 to 11.

    Returns
    -------
    ndarray of 12
        From January; all 1 below 12 months, and below 24 where the first three months average more than twice the
        nine after them.
    """
    count = len(values)
    if count < YEAR or (count < 2 * YEAR and _is_launch(values)):
        return np.ones(YEAR)
    level = local_level(values)
    known = level > 0
    ratio = np.divide(np.maximum(values, 0.0), level, out=np.ones(count), where=known)
    month = (first_month + np.arange(count)) % YEAR
    seen = np.bincount(month[known], minlength=YEAR).astype("float64")
    total = np.bincount(month[known], weights=ratio[known], minlength=YEAR)
    mean = np.divide(total, seen, out=np.ones(YEAR), where=seen > 0)
    index = 1.0 + seen / (seen + SHRINK) * (mean - 1.0)
    return index / index.mean() if index.mean() > 0 else np.ones(YEAR)


def _is_launch(values: np.ndarray) -> bool:
    return values[:3].mean() > LAUNCH * values[3:YEAR].mean()


def local_level(values: np.ndarray) -> np.ndarray:
    """The mean of the year around each month; at either end the nearest such means, carried on with their slope.

    Without the slope a company that grows would see a season in its own growth: its first months lie below the level of
    its first year, its last ones above.
    """
    count = len(values)
    if count <= YEAR:
        return np.full(count, values.mean())
    weights = np.r_[0.5, np.ones(YEAR - 1), 0.5] / YEAR
    inner, half = np.convolve(values, weights, mode="valid"), YEAR // 2
    known = len(inner) >= half
    start, end = (inner[half - 1] - inner[0], inner[-1] - inner[-half]) if known else (0.0, 0.0)
    before = np.maximum(inner[0] - start / (half - 1) * np.arange(half, 0, -1), LEAST_LEVEL * inner[0])
    after = np.maximum(inner[-1] + end / (half - 1) * np.arange(1, half + 1), LEAST_LEVEL * inner[-1])
    return np.r_[before, inner, after]


def smoothed(values: np.ndarray, first_month: int) -> Smoothed:
    """The series without its index, smoothed: the speed is the one with the smallest squared errors of one step.

    Parameters
    ----------
    values, first_month
        As in `month_index`.
    """
    values = np.asarray(values, dtype="float64")
    index = month_index(values, first_month)
    season = index[(first_month + np.arange(len(values))) % YEAR]
    plain = np.divide(values, season, out=values.copy(), where=season > 0)
    levels, errors = _levels(plain)
    best = int(np.argmin((errors**2).sum(axis=1)))
    return Smoothed(index, float(levels[best]), float(ALPHAS[best]), errors[best])


def _levels(plain: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Last level and errors of one step for each speed; the first level is the mean of the first three months."""
    level = np.full(len(ALPHAS), plain[:FEWEST].mean())
    errors = np.zeros((len(ALPHAS), len(plain)))
    for step, value in enumerate(plain):
        errors[:, step] = value - level
        level = level + ALPHAS * errors[:, step]
    return level, errors[:, min(FEWEST, len(plain) - 1) :]


def dses(values: np.ndarray, first_month: int, horizon: int) -> np.ndarray:
    """Forecast of the next `horizon` months: the smoothed level times the index of each month.

    Examples
    --------
    >>> dses(np.full(8, 10.0), 0, 2).tolist()
    [10.0, 10.0]
    """
    known = smoothed(values, first_month)
    return np.maximum(known.level * coming(known.index, first_month + len(values), horizon), 0.0)


def coming(index: np.ndarray, first_month: int, horizon: int) -> np.ndarray:
    """The index of the months to come."""
    return index[(first_month + np.arange(horizon)) % YEAR]


def naive(values: np.ndarray, first_month: int, horizon: int) -> np.ndarray:
    """The last month again."""
    return np.full(horizon, max(values[-1], 0.0))


def seasonal_naive(values: np.ndarray, first_month: int, horizon: int) -> np.ndarray:
    """The same month of the year before; the last month again where there is no such year."""
    if len(values) < YEAR:
        return naive(values, first_month, horizon)
    return np.maximum(values[-YEAR:][np.arange(horizon) % YEAR], 0.0)


def mean_of_three(values: np.ndarray, first_month: int, horizon: int) -> np.ndarray:
    """The mean of the last three months."""
    return np.full(horizon, max(values[-FEWEST:].mean(), 0.0))


Forecaster = Callable[[np.ndarray, int, int], np.ndarray]
FORECASTERS: Mapping[str, Forecaster] = {
    "dses": dses,
    "seasonal_naive": seasonal_naive,
    "mean_3": mean_of_three,
    "naive": naive,
}
