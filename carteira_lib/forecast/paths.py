"""The smoothed series simulated: what it would do if its errors of the past came again, level and all."""

from __future__ import annotations

import numpy as np

from carteira_lib.forecast.seasonal import YEAR, coming, smoothed

MEMORY = 2 * YEAR  # errors taken into account
MOST_GROWTH = 4.0  # times the highest month: long tails must not multiply with each other


def simulated_series(
    values: np.ndarray, first_month: int, *, horizon: int, simulations: int = 500, seed: int = 0
) -> np.ndarray:
    """Months ahead of a series, drawn: each error moves the level as it did in the past.

    Parameters
    ----------
    values : ndarray
        One value per month.
    first_month : int
        Month of the year of the first, 0 to 11.
    horizon, simulations, seed : int

    Returns
    -------
    ndarray of shape (simulations, horizon)
    """
    rng = np.random.default_rng(seed)
    known = smoothed(values, first_month)
    index = coming(known.index, first_month + len(values), horizon)
    errors = known.errors[-MEMORY:]
    centre = np.abs(values[-YEAR:]).mean()
    spread = np.sqrt((errors**2).mean()) / centre if centre > 0 and len(errors) else 0.0
    level, highest = np.full(simulations, max(known.level, 0.0)), max(known.level, np.abs(values).max(initial=0.0))
    drawn = np.empty((simulations, horizon))
    for month in range(horizon):
        moved = spread * rng.standard_t(max(len(errors) - 1, 3), simulations)
        plain = np.clip(level * (1 + moved), 0.0, MOST_GROWTH * highest)
        drawn[:, month] = plain * index[month]
        level = level + known.alpha * (plain - level)
    return drawn


def straight_line(values: np.ndarray, *, horizon: int, total: bool) -> tuple[float, float]:
    """What the trend of the last twelve months says, and its normal error: the way of a spreadsheet.

    Parameters
    ----------
    values : ndarray
    horizon : int
        Months ahead.
    total : bool
        The sum of the months ahead; else the last of them.

    Returns
    -------
    tuple of float
        Centre and standard deviation.
    """
    recent = np.asarray(values[-YEAR:], dtype="float64")
    step = np.arange(len(recent))
    slope, start = np.polyfit(step, recent, 1) if len(recent) > 2 else (0.0, recent.mean())
    left = recent - (start + slope * step)
    spread = float(np.sqrt((left**2).sum() / max(len(recent) - 2, 1)))
    ahead = start + slope * (len(recent) - 1 + np.arange(1, horizon + 1))
    if total:
        return float(ahead.sum()), spread * float(np.sqrt(horizon))
    return float(ahead[-1]), spread
