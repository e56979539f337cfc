"""Over how many days churn is judged, and from which past dates the model learns and is tested.

All dates lie on one grid, a quarter of a horizon apart, counted back from the last date whose horizon is over. A date
serves only if a whole horizon of history lies before it, and if no outage of the data touches the horizons around it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import pandas as pd

from carteira_lib.cycles import HORIZONS, spells
from carteira_lib.cycles import horizon_days as usual_horizon
from carteira_lib.language import N_
from carteira_lib.tables import DataError, ParameterError, Problem

STEPS = 4  # of the grid in a horizon
MOST_SLICES = 10
MOST_TESTS = 6
FEWEST_SLICES = 2
#: A silence of the whole company of so many days, and so many times its longest usual one, is an outage of the data.
OUTAGE_DAYS, OUTAGE_TIMES = 28, 3
PROBLEMS = ("", "no_orders", "nobody", "short_history")


class Outage(NamedTuple):
    """Days without an order of any client: the first and the last of them."""

    first: pd.Timestamp
    last: pd.Timestamp

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


class Plan(NamedTuple):
    """What `plan` decided.

    Attributes
    ----------
    as_of : Timestamp
    horizon_days : int
        0 where `problem` says why there is none.
    min_orders : int
    first : Timestamp
        Date of the first order; NaT without orders.
    dates : tuple of Timestamp
        The grid: past dates whose horizon is over by `as_of`, the newest first.
    tests : tuple of Timestamp
        Those of them on which the model is tested, each at least half a horizon apart.
    outages : tuple of Outage
    problem : str
        One of `PROBLEMS`: "no_orders"; "nobody" has `min_orders`; "short_history": less than three of the shortest
        horizon.
    """

    as_of: pd.Timestamp
    horizon_days: int
    min_orders: int
    first: pd.Timestamp
    dates: tuple[pd.Timestamp, ...] = ()
    tests: tuple[pd.Timestamp, ...] = ()
    outages: tuple[Outage, ...] = ()
    problem: str = ""

    def slices(self, date: pd.Timestamp) -> tuple[pd.Timestamp, ...]:
        """The past dates that a model of `date` learns from: their horizons are over by then."""
        over = date - pd.Timedelta(days=self.horizon_days)
        return tuple(d for d in self.dates if d <= over)[:MOST_SLICES]


def planned(
    purchases: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    horizon_days: int = 0,
    min_orders: int = 3,
    language: str = "pt-BR",
) -> Plan:
    """The horizon and the dates of a portfolio, from one row per client-day; see `plan`.

    Parameters
    ----------
    purchases : DataFrame
        ``customer_id``, ``order_date``, ``net_amount``.
    language : str
        Of the errors.
    """
    if min_orders < 1:
        message = N_("{name}: {value} é pouco; use {least} ou mais")
        raise ParameterError(
            [Problem(message, {"name": "min_orders", "value": min_orders, "least": 1})], language=language
        )
    try:
        return plan(spells(purchases, as_of), as_of, horizon=horizon_days, min_orders=min_orders)
    except DataError as error:
        raise error.translated(language) from None


def plan(client_spells: pd.DataFrame, as_of: pd.Timestamp, *, horizon: int = 0, min_orders: int = 3) -> Plan:
    """The horizon and the dates of a portfolio.

    Parameters
    ----------
    client_spells : DataFrame
        As `cycles.spells` gives them on `as_of`.
    as_of : Timestamp
    horizon : int
        Days; 0 chooses them from the data: the q90 of the portfolio's gaps, snapped to `cycles.HORIZONS`.
    min_orders : int
        Orders that bring a client into the portfolio.

    Raises
    ------
    ParameterError
        A horizon below 0.
    DataError
        One that asks for more history than there is.
    """
    first = client_spells["order_date"].min()
    nothing = Plan(as_of, 0, min_orders, first)
    if client_spells.empty:
        return nothing._replace(problem="no_orders")
    history = (as_of - first).days
    _check(horizon, history)
    if client_spells["order_number"].max() < min_orders:
        return nothing._replace(problem="nobody")
    chosen = horizon or usual_horizon(client_spells, as_of, min_orders=min_orders)
    if not chosen:
        return nothing._replace(problem="short_history")
    found = outages(client_spells["order_date"], as_of)
    known = nothing._replace(horizon_days=chosen, dates=_grid(first, as_of, chosen, found), outages=found)
    return known._replace(tests=_tests(known))


def _check(horizon: int, history: int) -> None:
    if horizon < 0:
        message = N_("horizon_days: {value} é pouco; use 0, que escolhe pelos dados, ou mais")
        raise ParameterError([Problem(message, {"value": horizon})])
    if 3 * horizon > history:
        message = N_(
            "horizon_days: {value} dias pedem {needed} dias de histórico, e há {history}; use {remedy}, ou 0, que escolhe pelos dados"
        )
        remedy = max((days for days in HORIZONS if 3 * days <= history), default=0)
        values = {"value": horizon, "needed": 3 * horizon, "history": history, "remedy": remedy}
        raise DataError([Problem(message, values)])


def _grid(
    first: pd.Timestamp, as_of: pd.Timestamp, horizon: int, found: tuple[Outage, ...]
) -> tuple[pd.Timestamp, ...]:
    step = pd.Timedelta(days=max(1, round(horizon / STEPS)))
    whole = pd.Timedelta(days=horizon)
    count = max((as_of - whole - whole - first) // step + 1, 0)
    dates = (as_of - whole - i * step for i in range(count))
    useful = [d for d in dates if not _touches(found, d - whole, d + whole)]
    return tuple(useful[: 2 * (MOST_TESTS - 1) + math.ceil(whole / step) + MOST_SLICES])


def _touches(found: tuple[Outage, ...], after: pd.Timestamp, until: pd.Timestamp) -> bool:
    return any(outage.first <= until and outage.last > after for outage in found)


def _tests(known: Plan) -> tuple[pd.Timestamp, ...]:
    """Of the dates with enough slices before them, the newest and then each half a horizon older."""
    apart = pd.Timedelta(days=2 * max(1, round(known.horizon_days / STEPS)))
    chosen: list[pd.Timestamp] = []
    for date in known.dates:
        far = not chosen or chosen[-1] - date >= apart
        if far and len(chosen) < MOST_TESTS and len(known.slices(date)) >= FEWEST_SLICES:
            chosen.append(date)
    return tuple(chosen)


def outages(order_dates: pd.Series, as_of: pd.Timestamp) -> tuple[Outage, ...]:
    """Weeks without an order of any client, in data where that is unheard of: a file that is missing, not a sale.

    A portfolio that buys by the month has such weeks all the time; they are outages only beyond three times the q95
    of its own.
    """
    days = pd.Series(order_dates.drop_duplicates().sort_values().to_numpy())
    gaps = days.diff().dt.days
    if gaps.count() < 2:
        return ()
    longest_usual = gaps.quantile(0.95)
    unusual = (gaps > OUTAGE_DAYS) & (gaps > OUTAGE_TIMES * longest_usual)
    day = pd.Timedelta(days=1)
    return tuple(Outage(days[i - 1] + day, days[i] - day) for i in days.index[unusual])
