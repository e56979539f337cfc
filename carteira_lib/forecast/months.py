"""One row per client-day -> whole calendar months: who bought in each, how much, and how many were active, new or back.

A month counts only when it is over on `as_of`, and when the history did not begin in the middle of it. A client is
**active** at the end of a month when it bought in the last `active_months` months, that month included; **new** in the
month of its first order; **reactivated** in a month in which it buys and was not active before; **lost** in the month
in which it ceases to be active. Opening + new + reactivated - lost = closing, exact to the client.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

FIRST_DAYS = 7  # a history that begins later in its first month does not know that month whole
MOST_ACTIVE_MONTHS = 12
USUAL_GAP = 0.95  # of the gaps between the orders of a client: most silences that end are shorter


class Months(NamedTuple):
    """The whole months of a history.

    Attributes
    ----------
    starts : PeriodIndex
        Every month from that of the first order to the last one over on `as_of`.
    first : int
        Position of the first month known whole: 0, or 1 where the history begins in the middle of its first month.
    clients : Index
        ``customer_id``, sorted.
    revenue, orders : ndarray of shape (clients, months)
        Net revenue, and days with an order.
    """

    starts: pd.PeriodIndex
    first: int
    clients: pd.Index
    revenue: np.ndarray
    orders: np.ndarray

    @property
    def bought(self) -> np.ndarray:
        return self.orders > 0

    def of(self, members: np.ndarray) -> Months:
        """The same months of some clients only: `members` is true for them."""
        return self._replace(clients=self.clients[members], revenue=self.revenue[members], orders=self.orders[members])

    def until(self, count: int) -> Months:
        """What was known at the end of month `count`: later months, and clients without an order yet, are gone."""
        orders = self.orders[:, :count]
        known = orders.any(axis=1) | (self.revenue[:, :count] != 0).any(axis=1)
        cut = self._replace(starts=self.starts[:count], revenue=self.revenue[:, :count], orders=orders)
        return cut.of(known)


def months(purchases: pd.DataFrame, as_of: pd.Timestamp) -> Months:
    """Months of a history, one row per client.

    Parameters
    ----------
    purchases : DataFrame
        One row per client-day: ``customer_id``, ``order_date``, ``net_amount``. Days after `as_of` are ignored; days
        of returns count in the revenue, and only days with a positive amount are orders.
    as_of : Timestamp
    """
    known = purchases[purchases["order_date"] <= as_of]
    if known.empty:
        none = np.zeros((0, 0))
        return Months(pd.PeriodIndex([], freq="M"), 0, pd.Index([], dtype="str"), none, none.astype("int64"))
    first, last = known["order_date"].min(), last_whole_month(as_of)
    starts = pd.period_range(first.to_period("M"), last, freq="M")
    clients, ids = pd.factorize(known["customer_id"], sort=True)
    month = known["order_date"].dt.to_period("M").astype("int64").to_numpy() - first.to_period("M").ordinal
    inside = month < len(starts)
    shape, where = (len(ids), len(starts)), (clients[inside], month[inside])
    revenue, orders = np.zeros(shape), np.zeros(shape, dtype="int32")
    amounts = known["net_amount"].to_numpy(dtype="float64")[inside]
    np.add.at(revenue, where, amounts)
    np.add.at(orders, where, (amounts > 0).astype("int32"))
    return Months(starts, int(first.day > FIRST_DAYS and len(starts) > 0), pd.Index(ids), revenue, orders)


def last_whole_month(as_of: pd.Timestamp) -> pd.Period:
    """The last month that is over on a day.

    Examples
    --------
    >>> str(last_whole_month(pd.Timestamp("2026-10-31"))), str(last_whole_month(pd.Timestamp("2026-10-30")))
    ('2026-10', '2026-09')
    """
    month = as_of.to_period("M")
    return month if as_of.normalize() == month.end_time.normalize() else month - 1


def totals(known: Months) -> pd.DataFrame:
    """Revenue, orders and buying clients of each month known whole.

    Returns
    -------
    DataFrame
        Indexed by month (Period): ``revenue``, ``orders``, ``buyers``.
    """
    table = pd.DataFrame(
        {
            "revenue": known.revenue.sum(axis=0),
            "orders": known.orders.sum(axis=0).astype("float64"),
            "buyers": known.bought.sum(axis=0).astype("float64"),
        },
        index=known.starts,
    )
    return table.iloc[known.first :]


def months_since(bought: np.ndarray) -> np.ndarray:
    """Months since the last month with an order, at the end of each month; 0 = that month, a large number = never yet."""
    position = np.arange(bought.shape[1])
    last = np.maximum.accumulate(np.where(bought, position, -10_000), axis=1) if bought.size else bought.astype("int64")
    return position - last


def active_months(purchases: pd.DataFrame, as_of: pd.Timestamp) -> int:
    """After how many months without an order a client is no longer active: most gaps that end are shorter.

    Parameters
    ----------
    purchases : DataFrame
        As in `months`.

    Returns
    -------
    int
        The whole months that hold 95 % of the gaps between orders, 1 to 12; 3 where there is no gap.
    """
    days = purchases[(purchases["order_date"] <= as_of) & (purchases["net_amount"] > 0)]
    days = days[["customer_id", "order_date"]].drop_duplicates().sort_values(["customer_id", "order_date"])
    gaps = days["order_date"].diff().dt.days.where(days["customer_id"].eq(days["customer_id"].shift())).dropna()
    if gaps.empty:
        return 3
    return int(np.clip(np.ceil(gaps.quantile(USUAL_GAP) / (365.25 / 12)), 1, MOST_ACTIVE_MONTHS))


def stock(known: Months, within: int) -> pd.DataFrame:
    """Active clients at the end of each month, and who came and went.

    Parameters
    ----------
    within : int
        Months without an order after which a client is no longer active.

    Returns
    -------
    DataFrame
        Indexed by month: ``opening``, ``new``, ``reactivated``, ``lost``, ``active`` (the closing).
    """
    since = months_since(known.bought)
    active = since < within
    before = np.zeros_like(active)
    before[:, 1:] = active[:, :-1]
    ever = np.zeros_like(active)
    ever[:, 1:] = since[:, :-1] < 10_000 - known.bought.shape[1]
    came, went = active & ~before, before & ~active
    parts = {"opening": before, "new": came & ~ever, "reactivated": came & ever, "lost": went, "active": active}
    table = pd.DataFrame({name: part.sum(axis=0) for name, part in parts.items()}, index=known.starts)
    return table.iloc[known.first :].astype("float64")
