"""What a contract is made of: columns with label, kind and unit, and the table that holds them."""

from __future__ import annotations

from dataclasses import dataclass

from carteira_lib.language import N_

CURRENCY = "currency"
SHARE = "share"


@dataclass(frozen=True)
class Column:
    """A column: `required` means never missing; `unit` is text for people, or `CURRENCY` or `SHARE` (0 to 1)."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """A table: what one row is, what identifies it, and which notebook makes it."""

    name: str
    label: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    notebook: str = "01_limpeza"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


def col(name: str, label: str, kind: str = "text", unit: str = "", required: bool = False) -> Column:
    """A column, in the order in which its parts are usually told."""
    return Column(name, label, kind, required, unit)


CUSTOMER_ID = col("customer_id", N_("Cliente"), required=True)
SELLER_ID = col("seller_id", N_("Vendedor"))
PRODUCT_ID = col("product_id", N_("Produto"))
DAYS = N_("dias")
