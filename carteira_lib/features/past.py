"""What was known of each client on each of several past dates, and what it did in the days that followed."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir

from carteira_lib.features.days import MONEY_DECIMALS, as_day, client_days, days_between, until

RECENT = 3  # orders that "recent" means
#: Column -> horizons: its orders or its money are those of the last so many horizons.
ORDER_WINDOWS = {"orders_quarter": 0.25, "orders_half": 0.5, "orders_one": 1.0, "orders_two": 2.0}
REVENUE_WINDOWS = {"revenue_one": 1.0, "revenue_two": 2.0, "revenue_four": 4.0}
#: Column -> horizons after which an order weighs 1/e.
INTENSITIES = {"intensity_half": 0.5, "intensity_one": 1.0, "intensity_two": 2.0}
HISTORY = (
    "as_of", "customer_id", "frequency", "recency_days", "tenure_days", "gap_count", "log_gap_sum",
    "log_gap_square_sum", "last_gap_days", "recent_log_gap", "mean_order_value", "recent_order_value",
    "last_order_value", *ORDER_WINDOWS, *REVENUE_WINDOWS, *INTENSITIES, "line_count", "distinct_products",
    "new_products_two", "next_orders", "next_revenue",
)  # fmt: skip
SOMETIMES_NULL = ("last_gap_days", "recent_log_gap", "next_orders", "next_revenue")


def history(
    orders: ir.Table,
    dates: Iterable[datetime.date | str],
    *,
    horizon_days: int,
    as_of: datetime.date | str,
    clients: Sequence[str] | None = None,
) -> ir.Table:
    """One row per past date and client with an order by then: what a model of what comes next may know, and what came.

    Parameters
    ----------
    orders : ibis Table
        Contract ``orders``.
    dates : iterable of date, Timestamp or ISO text
        The dates to look from; each sees only the lines dated on it or before.
    horizon_days : int
        Length of the future that follows each date, and the unit of the windows before it.
    as_of : date, Timestamp or ISO text
        Last day that anything is known of; no date may lie after it.
    clients : sequence of str, optional
        Only these.

    Returns
    -------
    ibis Table
        Columns `HISTORY`; one row per date (``as_of``) and client, only clients with an order by that date.

        - ``frequency``, ``recency_days``, ``tenure_days``, ``gap_count``, ``log_gap_sum``, ``log_gap_square_sum``,
          ``last_gap_days``: as in contract ``customer_features`` on that date
        - ``recent_log_gap``: mean of the logs of the last 3 gaps, null without gaps
        - ``mean_order_value``, ``recent_order_value``, ``last_order_value``: mean net amount of all orders, of the
          last 3, of the last one
        - ``orders_quarter``, ``_half``, ``_one``, ``_two``: orders of the last 1/4, 1/2, 1 and 2 horizons;
          ``revenue_one``, ``_two``, ``_four``: net amount of the last 1, 2 and 4, returns deducted
        - ``intensity_half``, ``_one``, ``_two``: sum over the orders of exp(-age / (so many horizons))
        - ``line_count``: lines with a positive amount; ``distinct_products``, of these lines;
          ``new_products_two``: those of them first bought in the last 2 horizons
        - ``next_orders``, ``next_revenue`` (returns deducted): of the horizon that follows; null where it goes beyond `as_of`

    Raises
    ------
    ValueError
        `dates` is empty or holds one after `as_of`, or `horizon_days` is below 1.
    """
    moments = _moments(dates, horizon_days, as_day(as_of))
    lines = until(orders, "order_date", as_day(as_of))
    if clients is not None:
        lines = lines.semi_join(ibis.memtable({"customer_id": list(clients)}), "customer_id")
    days = _days(lines)
    known = _known(days, moments)
    around = _around(days, moments, horizon_days)
    joined = known.join(around, ["as_of", "customer_id"])
    return joined.select(*HISTORY)


def _moments(dates: Iterable[datetime.date | str], horizon_days: int, last_day: datetime.date) -> ir.Table:
    wanted = sorted({as_day(date) for date in dates})
    if not wanted:
        raise ValueError("dates must hold at least one date. Got none.")
    if wanted[-1] > last_day:
        raise ValueError(f"dates must not lie after as_of ({last_day}). Got {wanted[-1]}.")
    if horizon_days < 1:
        raise ValueError(f"horizon_days must be at least 1. Got {horizon_days!r}.")
    horizon = datetime.timedelta(days=horizon_days)
    rows = [{"as_of": day, "horizon_end": day + horizon, "complete": day + horizon <= last_day} for day in wanted]
    return ibis.memtable(rows, schema={"as_of": "date", "horizon_end": "date", "complete": "boolean"})


def _days(lines: ir.Table) -> ir.Table:
    """Client-days with the lines of the day and the products never bought before it."""
    bought = lines.filter(lines.amount > 0).mutate(order_date=lines.order_date.cast("date"))
    first = (
        bought.filter(bought.product_id.notnull())
        .group_by("customer_id", "product_id")
        .aggregate(order_date=bought.order_date.min())
    )
    new = first.group_by("customer_id", "order_date").aggregate(new_products=first.count())
    count = bought.group_by("customer_id", "order_date").aggregate(line_count=bought.count())
    keys = ["customer_id", "order_date"]
    days = client_days(lines).select(*keys, "net_amount", "is_order")
    joined = days.left_join(new, keys).drop("customer_id_right", "order_date_right")
    joined = joined.left_join(count, keys).drop("customer_id_right", "order_date_right")
    return joined.mutate(new_products=joined.new_products.fill_null(0), line_count=joined.line_count.fill_null(0))


def _known(days: ir.Table, moments: ir.Table) -> ir.Table:
    """The last order of each client by each date, with all that it sums up of the orders before it."""
    steps = _steps(days)
    known = steps.join(
        moments,
        [steps.order_date <= moments.as_of, steps.next_order_date.isnull() | (steps.next_order_date > moments.as_of)],
    )
    return known.mutate(
        frequency=known.order_number,
        recency_days=days_between(known.order_date, known.as_of),
        tenure_days=days_between(known.first_order_date, known.as_of),
        gap_count=known.order_number - 1,
        mean_order_value=(known.value_sum / known.order_number).round(MONEY_DECIMALS),
    )


def _steps(days: ir.Table) -> ir.Table:
    """One row per order with what was known of the client that day, and the date of the next order."""
    bought = days.filter(days.is_order)
    client = ibis.window(group_by="customer_id", order_by="order_date")
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="order_date")
    recent = ibis.window(group_by="customer_id", order_by="order_date", preceding=RECENT - 1, following=0)
    steps = bought.select(
        "customer_id",
        "order_date",
        last_order_value=bought.net_amount,
        value_sum=bought.net_amount.sum().over(so_far),
        recent_order_value=bought.net_amount.mean().over(recent).round(MONEY_DECIMALS),
        last_gap_days=days_between(bought.order_date.lag().over(client), bought.order_date),
        next_order_date=bought.order_date.lead().over(client),
        first_order_date=bought.order_date.min().over(group_by="customer_id"),
        order_number=ibis.row_number().over(client) + 1,
    )
    log_gap = steps.last_gap_days.ln()
    return steps.mutate(
        log_gap_sum=log_gap.sum().over(so_far).fill_null(0.0),
        log_gap_square_sum=(log_gap * log_gap).sum().over(so_far).fill_null(0.0),
        recent_log_gap=log_gap.mean().over(recent),
    )


def _around(days: ir.Table, moments: ir.Table, horizon_days: int) -> ir.Table:
    """Sums over the days before each date, and over the horizon after it."""
    pairs = days.join(moments, days.order_date <= moments.horizon_end)
    age = days_between(pairs.order_date, pairs.as_of)
    placed = pairs.mutate(age=age, past=age >= 0, past_order=pairs.is_order & (age >= 0))
    spans = {name: placed.age < share * horizon_days for name, share in (ORDER_WINDOWS | REVENUE_WINDOWS).items()}
    sums = {name: placed.count(where=placed.past_order & spans[name]) for name in ORDER_WINDOWS}
    sums |= {name: placed.net_amount.sum(where=placed.past & spans[name]) for name in REVENUE_WINDOWS}
    sums |= {
        name: (placed.age / (-share * horizon_days)).exp().sum(where=placed.past_order)
        for name, share in INTENSITIES.items()
    }
    sums["line_count"] = placed.line_count.sum(where=placed.past)
    sums["distinct_products"] = placed.new_products.sum(where=placed.past)
    sums["new_products_two"] = placed.new_products.sum(where=placed.past & spans["revenue_two"])
    sums["next_orders"] = placed.count(where=placed.is_order & ~placed.past)
    sums["next_revenue"] = placed.net_amount.sum(where=~placed.past)
    found = placed.group_by("as_of", "customer_id", "complete").aggregate(**sums)
    money = {name: found[name].fill_null(0.0).round(MONEY_DECIMALS) for name in (*REVENUE_WINDOWS, "next_revenue")}
    found = found.mutate(**money, new_products_two=found.new_products_two.fill_null(0))
    future = {
        name: ibis.ifelse(found.complete, found[name], ibis.null(found[name].type()))
        for name in ("next_orders", "next_revenue")
    }
    return found.mutate(**future).drop("complete")
