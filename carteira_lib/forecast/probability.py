"""The probability of reaching a goal: clients that flow and a series that goes on, half and half, never quite sure.

The flow knows who is there, the series knows the season and the trend; the flow weighs more near by, the series further
ahead. Of revenue the flow gives the spread and the published forecast the middle. Where a series is too young to have a
season of its own the flow stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from carteira_lib.forecast import months as counting
from carteira_lib.forecast.backtest import FEWEST_MONTHS
from carteira_lib.forecast.flow import Counts, counts, learned, simulated
from carteira_lib.forecast.months import Months
from carteira_lib.forecast.paths import simulated_series
from carteira_lib.forecast.seasonal import FORECASTERS, YEAR, dses

METRICS = ("active_clients", "new_clients", "reactivated", "revenue")
FLOW_SHARE = ((1, 3, 6), (0.6, 0.5, 0.3))  # months ahead, weight of the flow
LEAST, MOST = 0.02, 0.98
FEWEST_EVENTS = 5
SIMULATIONS = 400
HORIZON = 12
CLEAN_MONTHS = 2 * YEAR  # of a series of reactivations before it has a season


class History(NamedTuple):
    """What is counted once of a group of clients and serves all origins.

    Attributes
    ----------
    known : Months
    counted : Counts
    series : mapping of metric to ndarray
        One value per month known whole.
    within : int
        Months without an order after which a client is no longer active.
    """

    known: Months
    counted: Counts
    series: Mapping[str, np.ndarray]
    within: int

    @property
    def months(self) -> int:
        """Months known whole."""
        return len(self.known.starts) - self.known.first

    def month_of_year(self, position: int) -> int:
        """0 to 11, of a month counted from the first known whole."""
        return int((self.known.starts[0].month - 1 + self.known.first + position) % YEAR)


class Draws(NamedTuple):
    """Simulated months ahead of one metric: by the flow, and by the series (None where it is too young)."""

    flow: np.ndarray
    series: np.ndarray | None


def history(known: Months, within: int) -> History:
    """Count a group's months.

    Parameters
    ----------
    known : Months
    within : int
    """
    stock = counting.stock(known, within)
    series = {
        "active_clients": stock["active"].to_numpy(),
        "new_clients": stock["new"].to_numpy(),
        "reactivated": stock["reactivated"].to_numpy(),
        "revenue": known.revenue.sum(axis=0)[known.first :],
    }
    return History(known, counts(known), series, within)


def simulations(
    past: History,
    origin: int,
    *,
    forecaster: str = "dses",
    horizon: int = HORIZON,
    draws: int = SIMULATIONS,
    seed: int = 0,
) -> dict[str, Draws]:
    """Months ahead of each metric as known when `origin` months were over.

    Parameters
    ----------
    past : History
    origin : int
        Months known whole; later ones are not looked at.
    forecaster : str
        The published way of forecasting revenue.
    horizon, draws, seed : int
    """
    known = learned(past.counted, past.known.first + origin, past.known.first)
    settings = {"horizon": horizon, "simulations": draws, "seed": seed}
    flow = simulated(known, past.month_of_year(origin), within=past.within, **settings)
    moved = {"active_clients": flow.active, "new_clients": flow.new, "reactivated": flow.reactivated}
    found = {name: Draws(paths, _series(past, name, origin, settings)) for name, paths in moved.items()}
    values, first = past.series["revenue"][:origin], past.month_of_year(0)
    centre = FORECASTERS[forecaster](values, first, horizon)
    drawn = simulated_series(values, first, **settings)
    found["revenue"] = Draws(
        _centred(flow.revenue, np.median(flow.revenue, axis=0), centre),
        _centred(drawn, dses(values, first, horizon), centre),
    )
    return found


def _series(past: History, name: str, origin: int, settings: Mapping[str, int]) -> np.ndarray | None:
    """A stock or a count of returns means nothing until clients can have been silent long enough to be lost."""
    skipped = min(3, max(origin - FEWEST_MONTHS, 0)) if name == "new_clients" else past.within
    values = past.series[name][skipped:origin]
    least = CLEAN_MONTHS if name == "reactivated" else FEWEST_MONTHS
    if len(values) < least:
        return None
    return simulated_series(values, past.month_of_year(skipped), **settings)


def _centred(paths: np.ndarray, middle: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    factor = np.divide(wanted, middle, out=np.ones(len(wanted)), where=(middle > 0) & (wanted > 0))
    return paths * factor


def outcome(paths: np.ndarray, weights: np.ndarray, *, total: bool) -> np.ndarray:
    """What each simulation comes to at the deadline.

    Parameters
    ----------
    paths : ndarray of shape (simulations, months)
    weights : ndarray
        Share of each month ahead that lies before the deadline.
    total : bool
        The sum of the months; else the state at the end of the last of them.
    """
    if total:
        return paths[:, : len(weights)] @ weights
    return paths[:, whole_months(weights) - 1]


def whole_months(weights: np.ndarray) -> int:
    """Months until the month end nearest to the deadline, at which a state is told.

    Examples
    --------
    >>> [whole_months(np.array(w)) for w in ([1.0, 0.5], [1.0, 0.4], [0.2])]
    [2, 1, 1]
    """
    return max(len(weights) - int(len(weights) > 1 and weights[-1] < 0.5), 1)


def flow_share(months: float) -> float:
    """Weight of the flow by months ahead.

    Examples
    --------
    >>> [round(flow_share(m), 2) for m in (1, 2, 3, 6, 12)]
    [0.6, 0.55, 0.5, 0.3, 0.3]
    """
    return float(np.interp(months, *FLOW_SHARE))


def blended(drawn: Draws, weights: np.ndarray, *, total: bool) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of both simulations with the weight of each: a mixture."""
    flow = outcome(drawn.flow, weights, total=total)
    if drawn.series is None:
        return flow, np.full(len(flow), 1 / len(flow))
    series, share = outcome(drawn.series, weights, total=total), flow_share(weights.sum())
    each = [np.full(len(flow), share / len(flow)), np.full(len(series), (1 - share) / len(series))]
    return np.concatenate([flow, series]), np.concatenate(each)


def reaching(outcomes: np.ndarray, weights: np.ndarray, target: float) -> float:
    """Probability that the outcome is at least the target, between 2 and 98 %."""
    return float(np.clip(weights[outcomes >= target].sum(), LEAST, MOST))


def quantiles(outcomes: np.ndarray, weights: np.ndarray, levels: tuple[float, ...] = (0.1, 0.5, 0.9)) -> list[float]:
    """Weighted quantiles of the outcomes.

    Examples
    --------
    >>> quantiles(np.array([3.0, 1.0, 2.0]), np.full(3, 1 / 3))
    [1.0, 2.0, 3.0]
    """
    order = np.argsort(outcomes, kind="stable")
    reached = np.cumsum(weights[order])
    places = np.searchsorted(reached, np.array(levels) - 1e-12)
    return outcomes[order][np.minimum(places, len(order) - 1)].tolist()
