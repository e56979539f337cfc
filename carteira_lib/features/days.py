"""Order lines -> one row per client and day: what every feature is made of."""

from __future__ import annotations

import datetime

import ibis.expr.types as ir

# Sums of cents kept in binary leave crumbs (0.10 + 0.20 - 0.30 > 0) that would turn a cancelled day into an order
# and break ties between equal revenues; six decimals are finer than any price and coarser than the crumbs.
MONEY_DECIMALS = 6


def client_days(orders: ir.Table) -> ir.Table:
    """What each client bought and returned on each day.

    Parameters
    ----------
    orders : ibis Table
        Contract ``orders``: one row per order line.

    Returns
    -------
    ibis Table
        One row per client and day with lines.

        - ``customer_id``, ``order_date`` (date)
        - ``net_amount``: sum of the lines, returns deducted
        - ``costed_amount``, ``cost``: amount and cost of the lines whose cost is known; null where it is for none
        - ``seller_id``: seller of the day; of several, the first in the order of the ids
        - ``is_order``: `net_amount` is positive
    """
    lines = orders.mutate(order_date=orders.order_date.cast("date"))
    days = lines.group_by("customer_id", "order_date").aggregate(
        net_amount=lines.amount.sum().round(MONEY_DECIMALS),
        costed_amount=lines.amount.sum(where=lines.cost.notnull()),
        cost=lines.cost.sum(),
        seller_id=lines.seller_id.min(),
    )
    return days.mutate(is_order=days.net_amount > 0)


def as_day(value: datetime.date | str) -> datetime.date:
    """A date given as date, Timestamp or ISO text."""
    return datetime.date.fromisoformat(str(value)[:10])


def until(table: ir.Table, column: str, last_day: datetime.date) -> ir.Table:
    """The rows dated on `last_day` or before."""
    return table.filter(table[column].cast("date") <= last_day)


def days_between(start: ir.DateValue, end: ir.DateValue) -> ir.IntegerValue:
    """Whole days from `start` to `end`."""
    return end.delta(start, unit="day")
