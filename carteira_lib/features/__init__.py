"""Order lines -> what is known of each client on a date, and on past dates; Ibis expressions, no row in Python.

An **order** is a client-day with a positive net amount: several lines or invoices of one day are one order, and a
return reduces the revenue of its day but is never an order. A **gap** is the number of days between two consecutive
orders of a client (1 or more). Nothing dated after `as_of` is ever read; `as_of` itself is included.
"""

from carteira_lib.features.clients import client_margins, customer_features, family_revenue, purchase_features
from carteira_lib.features.contacts import LIST_STEMS, contacts, earlier_lists
from carteira_lib.features.days import client_days
from carteira_lib.features.past import HISTORY, SOMETIMES_NULL, history
from carteira_lib.features.products import ladder_days, takeups

__all__ = [
    "HISTORY",
    "LIST_STEMS",
    "SOMETIMES_NULL",
    "client_days",
    "client_margins",
    "contacts",
    "customer_features",
    "earlier_lists",
    "family_revenue",
    "history",
    "ladder_days",
    "purchase_features",
    "takeups",
]
