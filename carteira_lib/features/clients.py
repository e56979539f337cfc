"""One row per client as known on a date: the columns of contract ``customer_features``."""

from __future__ import annotations

import datetime
from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

from carteira_lib import tables as contracts
from carteira_lib.features.contacts import contacts
from carteira_lib.features.days import MONEY_DECIMALS, as_day, client_days, days_between, until

WINDOWS = (30, 90, 180, 365)
YEAR = 365


def customer_features(tables: Mapping[str, ir.Table], *, as_of: datetime.date | str) -> ir.Table:
    """One row per client as known on `as_of`: contract ``customer_features``.

    Parameters
    ----------
    tables : mapping of str to ibis Table
        Canonical tables ``orders``, ``customers``, ``products`` and ``interactions``; all but ``orders`` may be empty.
    as_of : date, Timestamp or ISO text
        Last day taken into account, inclusive.

    Returns
    -------
    ibis Table
        One row per client with at least one order line by `as_of`; empty where there is none.

    Notes
    -----
    A client whose lines never left a positive day (returns only, everything cancelled) is a row with ``frequency`` 0,
    its revenue, and null dates, gaps and average: its money is in no total missing, and it is no buyer.

    - ``recency_days``, ``tenure_days``: days from the last and from the first order to `as_of`.
    - ``net_revenue`` and the windows sum all lines, returns too, on the day they are dated; a window of n days is
      `as_of` and the n - 1 days before; ``previous_365d`` the 365 days before the last 365.
    - ``average_order_value``: ``net_revenue`` per order.
    - ``margin``: amount less cost, over the lines whose cost is known; ``costed_revenue`` is the amount of these lines.
    - ``gap_std_days``: sample standard deviation, null below two gaps; ``last_gap_days``: between the last two orders.
    - ``gap_count``, ``log_gap_sum``, ``log_gap_square_sum``: what the shrunk own cycle is made of; 0 without gaps.
    - ``revenue_trend``: (a - b) / (\\|a\\| + \\|b\\|) of the last 365 days a and the 365 before b: 1 all new, 0 level,
      -1 all gone. Null for a client who was not there during the whole of both years: no fair comparison.
    - ``distinct_products``, ``distinct_families``: of the lines with a positive amount.
    - ``seller_id``: of the ``customers`` table, else of the last day on which a line names one (see `client_days`).
    """
    last_day = as_day(as_of)
    orders = until(tables["orders"], "order_date", last_day)
    clients = purchase_features(orders, as_of=last_day)
    joined = (
        clients.left_join(_variety(orders, tables["products"]), "customer_id")
        .drop("customer_id_right")
        .left_join(_contacts(tables["interactions"], last_day), "customer_id")
        .drop("customer_id_right")
        .left_join(tables["customers"].select("customer_id", owner="seller_id"), "customer_id")
        .drop("customer_id_right")
    )
    counted = joined.mutate(
        seller_id=ibis.coalesce(joined.owner, joined.last_seller_id),
        **{name: joined[name].fill_null(0) for name in ("distinct_products", "distinct_families", "interactions_90d")},
    )
    return counted.select(*contracts.contract("customer_features").column_names)


def purchase_features(orders: ir.Table, *, as_of: datetime.date | str) -> ir.Table:
    """The part of `customer_features` that comes from the client's days alone: no products, register or contacts.

    Returns
    -------
    ibis Table
        One row per client with a line by `as_of`: the columns of those names of contract ``customer_features``, and
        ``cost`` and ``last_seller_id``. Columns that a query does not ask for cost nothing.
    """
    last_day = as_day(as_of)
    days = client_days(until(orders, "order_date", last_day))
    placed = _ranked(days.mutate(days_ago=days_between(days.order_date, ibis.literal(last_day)), gap=_gap(days)))
    is_order, gap, log_gap = placed.is_order, placed.gap, placed.gap.ln()
    sums = placed.group_by("customer_id").aggregate(
        first_order_date=placed.order_date.min(where=is_order),
        last_order_date=placed.order_date.max(where=is_order),
        frequency=placed.count(where=is_order),
        net_revenue=placed.net_amount.sum().round(MONEY_DECIMALS),
        costed_revenue=placed.costed_amount.sum().round(MONEY_DECIMALS),
        cost=placed.cost.sum(),
        last_seller_id=placed.seller_id.argmax(placed.order_date, where=placed.seller_id.notnull()),
        gap_count=gap.count(),
        log_gap_sum=log_gap.sum().fill_null(0.0),
        log_gap_square_sum=(log_gap * log_gap).sum().fill_null(0.0),
        mean_gap_days=gap.mean(),
        median_gap_days=gap.mean(where=placed.is_middle_gap),
        gap_std_days=gap.std(how="sample"),
        last_gap_days=gap.argmax(placed.order_date, where=gap.notnull()),
        **_windows(placed),
    )
    recent, previous = sums.net_revenue_365d, sums.net_revenue_previous_365d
    tenure = days_between(sums.first_order_date, ibis.literal(last_day))
    return sums.mutate(
        recency_days=days_between(sums.last_order_date, ibis.literal(last_day)),
        tenure_days=tenure,
        margin=(sums.costed_revenue - sums.cost).round(MONEY_DECIMALS),
        average_order_value=(sums.net_revenue / sums.frequency.nullif(0)).round(MONEY_DECIMALS),
        geometric_gap_days=(sums.log_gap_sum / sums.gap_count.nullif(0)).exp(),
        revenue_trend=ibis.ifelse(
            tenure >= 2 * YEAR - 1,
            (recent - previous) / (recent.abs() + previous.abs()).nullif(0),
            ibis.null("float64"),
        ),
    )


def family_revenue(orders: ir.Table, products: ir.Table, *, as_of: datetime.date | str) -> ir.Table:
    """What each client spent on each product family in the 365 days up to `as_of`.

    Returns
    -------
    ibis Table
        One row per client and family (null: product unknown or without one): ``customer_id``, ``family``,
        ``net_revenue_365d``, returns deducted. Clients without a line in these days have no row.
    """
    lines = until(orders, "order_date", as_day(as_of))
    recent = lines.filter(lines.order_date.cast("date") > as_day(as_of) - datetime.timedelta(days=YEAR))
    named = recent.left_join(_families(products), "product_id")
    spent = named.group_by("customer_id", "family").aggregate(net_revenue_365d=named.amount.sum().round(MONEY_DECIMALS))
    return spent.order_by("customer_id", "family")


def client_margins(orders: ir.Table, *, as_of: datetime.date | str) -> ir.Table:
    """Revenue and cost of each client, over all of its lines and over those of the last 365 days.

    Returns
    -------
    ibis Table
        One row per client with an order by `as_of`: ``customer_id``, ``first_order_date``; ``net_amount``,
        ``costed_amount`` (of the lines whose cost is known) and ``cost``, each also as ``recent_...`` of the 365 days
        up to `as_of`; 0 where there is none.
    """
    last_day = as_day(as_of)
    days = client_days(until(orders, "order_date", last_day))
    recent = days.order_date > last_day - datetime.timedelta(days=YEAR)
    sums = {
        prefix + name: days[name].sum(where=when).fill_null(0.0).round(MONEY_DECIMALS)
        for prefix, when in (("", None), ("recent_", recent))
        for name in ("net_amount", "costed_amount", "cost")
    }
    first = days.order_date.min(where=days.is_order)
    clients = days.group_by("customer_id").aggregate(first_order_date=first, **sums)
    return clients.filter(clients.first_order_date.notnull()).order_by("customer_id")


def _gap(days: ir.Table) -> ir.IntegerValue:
    """Days since the client's order before, null for the first and for days that are no order."""
    before = days.order_date.lag().over(group_by=["customer_id", "is_order"], order_by="order_date")
    return ibis.ifelse(days.is_order, days_between(before, days.order_date), ibis.null("int64"))


def _ranked(days: ir.Table) -> ir.Table:
    """Mark the one or two gaps in the middle of the client's, whose mean is the median.

    MEDIAN as an aggregate keeps the values of all clients in memory: at 25 million client-days DuckDB spilt 19 GB to
    disk, where this sort fits in 3 GB and takes a third of the time.
    """
    client = ["customer_id", "is_order"]
    rank = ibis.row_number().over(group_by=client, order_by="gap") + 1
    count = days.gap.count().over(group_by=client)
    return days.mutate(is_middle_gap=(2 * rank).between(count, count + 2))


def _windows(placed: ir.Table) -> dict[str, ir.Scalar]:
    """Orders and revenue of the last days, and of the year before the last."""
    spans = {f"{n}d": placed.days_ago < n for n in WINDOWS}
    spans[f"previous_{YEAR}d"] = placed.days_ago.between(YEAR, 2 * YEAR - 1)
    orders = {f"orders_{name}": placed.count(where=placed.is_order & span) for name, span in spans.items()}
    revenue = {
        f"net_revenue_{name}": placed.net_amount.sum(where=span).fill_null(0.0).round(MONEY_DECIMALS)
        for name, span in spans.items()
    }
    return orders | revenue


def _variety(orders: ir.Table, products: ir.Table) -> ir.Table:
    """Distinct products and families per client; grouped step by step, which needs less memory than COUNT(DISTINCT)."""
    bought = (
        orders.filter(orders.amount > 0, orders.product_id.notnull()).select("customer_id", "product_id").distinct()
    )
    named = bought.left_join(_families(products), "product_id")
    per_family = named.group_by("customer_id", "family").aggregate(products=named.count())
    return per_family.group_by("customer_id").aggregate(
        distinct_products=per_family.products.sum().cast("int64"),
        distinct_families=per_family.family.count(),
    )


def _contacts(interactions: ir.Table, last_day: datetime.date) -> ir.Table:
    """Contacts of each client in the last 90 days, and the last of all; rows of an earlier list are none."""
    seen = until(contacts(interactions), "event_date", last_day)
    event_date = seen.event_date.cast("date")
    return seen.group_by("customer_id").aggregate(
        interactions_90d=seen.count(where=days_between(event_date, ibis.literal(last_day)) < 90),
        last_interaction_date=event_date.max(),
    )


def _families(products: ir.Table) -> ir.Table:
    """The family of each product; a product that the table repeats must not multiply the lines."""
    return products.group_by("product_id").aggregate(family=products.family.min())
