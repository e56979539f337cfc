"""Order lines -> which client took up which product, and when it bought the products that stand on a ladder."""

from __future__ import annotations

import ibis.expr.types as ir

from carteira_lib.features.days import MONEY_DECIMALS


def takeups(orders: ir.Table) -> ir.Table:
    """Each product that a client has bought: since when, how often, for how much.

    Parameters
    ----------
    orders : ibis Table
        Contract ``orders``. Lines of a positive amount count; returns are no purchase.

    Returns
    -------
    ibis Table
        One row per client and product.

        - ``customer_id``, ``product_id``
        - ``first_date``, ``last_date``: of the purchases
        - ``days``: on how many days it was bought
        - ``amount``: spent on it, returns not deducted
    """
    bought = orders.filter(orders.amount > 0, orders.product_id.notnull())
    day = bought.order_date.cast("date")
    daily = bought.group_by("customer_id", "product_id", order_date=day).aggregate(amount=bought.amount.sum())
    return daily.group_by("customer_id", "product_id").aggregate(
        first_date=daily.order_date.min(),
        last_date=daily.order_date.max(),
        days=daily.count(),
        amount=daily.amount.sum().round(MONEY_DECIMALS),
    )


def ladder_days(orders: ir.Table, products: ir.Table) -> ir.Table:
    """The days on which a client bought a product of a family with tiers.

    Returns
    -------
    ibis Table
        One row per client, product and day: ``customer_id``, ``product_id``, ``order_date`` (date), ``amount``.
    """
    tiered = products.filter(products.family.notnull(), products.tier.notnull()).select("product_id").distinct()
    bought = orders.filter(orders.amount > 0).semi_join(tiered, "product_id")
    day = bought.order_date.cast("date")
    return bought.group_by("customer_id", "product_id", order_date=day).aggregate(
        amount=bought.amount.sum().round(MONEY_DECIMALS)
    )
