"""Contracts of all tables: name, label, grain, key and columns, each with label, kind and unit, written here once.

Kinds: ``text``; ``date`` (a day, midnight, no time zone); ``number``; ``integer``; ``flag`` (true, false, unknown);
``money`` is not a kind but the unit ``currency``. One module per notebook that writes the tables.
"""

from carteira_lib.tables.contracts import canonical, churn, cleaning, forecast, nps, offers, pci, portfolio, summary
from carteira_lib.tables.contracts.schema import CURRENCY, SHARE, Column, Table

CANONICAL = (
    "orders", "customers", "products", "contracts", "surveys", "interactions", "proposals", "prospects", "sellers",
    "goals",
)  # fmt: skip
TABLES = {
    table.name: table
    for module in (canonical, cleaning, portfolio, pci, churn, nps, forecast, offers, summary)
    for table in vars(module).values()
    if isinstance(table, Table)
}

__all__ = ["CANONICAL", "CURRENCY", "SHARE", "TABLES", "Column", "Table"]
