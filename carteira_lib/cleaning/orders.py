"""Order lines: parsed, dated, divided by the rules, and costed."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pandas as pd

from carteira_lib.cleaning import parse, rules
from carteira_lib.cleaning.rules import Note, Reading, Rule
from carteira_lib.formats import PLAUSIBLE_YEARS
from carteira_lib.tables import TABLES

ISOLATED_DAYS = 60
ISOLATED_DAYS_OF_FEW = 730
MOST_LINES = 0.999
LAST_DAY = pd.Timestamp(PLAUSIBLE_YEARS[1], 12, 31)
FEWEST_LINES = 100  # with fewer, one client's quiet quarter would look like a typing error: years are needed
NUMBERS = ("amount", "quantity", "unit_price", "cost")
IDENTIFIERS = ("customer_id", "order_id", "product_id", "seller_id")
COLUMNS = TABLES["orders"].column_names


class Limits(NamedTuple):
    """What the run sets: the last and the first day, and the products that are no sales."""

    as_of: pd.Timestamp | None
    min_date: pd.Timestamp
    ignore_products: tuple[str, ...] = ()


def parse_lines(reading: Reading) -> ir.Table:
    """Every line typed, with its place among equal lines; `_text_x` is the raw text of `x` where it is needed."""
    data = rules.copies(reading.data)
    typed = {n: parse.number(data[n], reading.decimals.get(n, ",")) for n in NUMBERS if n in data.columns}
    typed |= {n: parse.identifier(data[n]) for n in IDENTIFIERS if n in data.columns}
    typed["order_date"] = parse.day(data.order_date, reading.date_orders.get("order_date", "ymd"))
    texts = {f"_text_{n}": _raw_text(data[n], typed[n]) for n in ("order_date", "customer_id", *NUMBERS) if n in typed}
    if "channel" in data.columns:
        typed["channel"] = parse.text(data.channel)
    if "amount" not in typed:
        typed["amount"] = parse.product(typed["quantity"], typed["unit_price"])
    return data.select("_file", "_line", "_row", "_rank", "_most", "_first", **typed, **texts)


def _raw_text(raw: ir.Column, typed: ir.Value) -> ir.Value:
    """The raw text of a text column; of a typed one only where there is no value, for the list of rejected rows."""
    return raw if raw.type().is_string() else typed.isnull().ifelse(raw.cast("string"), ibis.null("string"))


def readable_days(lines: ir.Table, min_date: pd.Timestamp) -> pd.Series:
    """Lines per day, in order of days, of those with a client, an amount and a plausible date from `min_date` on."""
    usable = lines.filter(lines.customer_id.notnull(), lines.amount.notnull(), lines.order_date >= min_date.date())
    usable = usable.filter(usable.order_date.year() <= PLAUSIBLE_YEARS[1])
    days = usable.group_by("order_date").aggregate(n=usable.count()).execute()
    return pd.Series(days["n"].to_numpy(), index=pd.to_datetime(days["order_date"])).sort_index()


def isolated_days(days: pd.Series) -> pd.Series:
    """The last days with few lines that stand more than `ISOLATED_DAYS` behind the day of nearly all lines."""
    total = days.sum()
    if not total:
        return days
    apart = ISOLATED_DAYS if total >= FEWEST_LINES else ISOLATED_DAYS_OF_FEW
    typical = days.index[days.cumsum().searchsorted(int(MOST_LINES * total))]
    return days[days.index > typical + pd.Timedelta(days=apart)]


def line_rules(lines: ir.Table, limits: Limits) -> list[Rule]:
    """The rules of order lines, in the order in which they give the reason."""
    day_text = lines.order_date.cast("string")
    late = lines.order_date > (limits.as_of or LAST_DAY).date()
    found = [
        Rule("no_customer", lines.customer_id.isnull(), "customer_id", lines._text_customer_id),
        Rule("unreadable_date", lines.order_date.isnull(), "order_date", lines._text_order_date),
        Rule("date_after_as_of", late, "order_date", day_text),
        Rule("before_min_date", lines.order_date < limits.min_date.date(), "order_date", day_text),
        Rule("unreadable_amount", lines.amount.isnull(), *_spoilt_amount(lines)),
        Rule("repeated_line", lines._rank >= _copies_allowed(lines), None, lines._first),
    ]
    if "product_id" in lines.columns:
        found.append(
            Rule("ignored_product", ignored(lines.product_id, limits.ignore_products), "product_id", lines.product_id)
        )
    return found


def _spoilt_amount(lines: ir.Table) -> tuple[ir.Value | str, ir.Value]:
    """The column to blame for an unreadable amount, and its text."""
    if "_text_amount" in lines.columns:
        return "amount", lines._text_amount
    no_quantity = lines.quantity.isnull()
    return no_quantity.ifelse("quantity", "unit_price"), no_quantity.ifelse(
        lines._text_quantity, lines._text_unit_price
    )


def _copies_allowed(lines: ir.Table) -> ir.Value:
    """One copy of a line with an order's number; without it, as many as any one file holds: two equal purchases."""
    return lines.order_id.notnull().ifelse(1, lines._most) if "order_id" in lines.columns else lines._most


def ignored(product_id: ir.StringColumn, patterns: tuple[str, ...]) -> ir.BooleanValue:
    """Whether a product is in the list: any case, outer spaces apart, a trailing * for any ending."""
    names = [str(p).strip().upper() for p in patterns if str(p).strip()]
    code = product_id.upper()
    hits = [code.startswith(n[:-1]) if n.endswith("*") else code == n for n in names]
    return functools.reduce(operator.or_, hits, ibis.literal(False))


def line_notes(kept: ir.Table, decimals: Mapping[str, str]) -> list[Note]:
    """What is counted on kept lines."""
    notes = [
        Note("returns", kept.amount < 0, kept.amount.cast("string"), "amount"),
        Note("zero_amount", kept.amount == 0, kept.customer_id, "amount"),
        Note("padded_id", kept._text_customer_id != kept._text_customer_id.strip(), kept.customer_id, "customer_id"),
        Note("possible_repeat", kept._rank > 0, kept._first),
    ]
    for name in NUMBERS:
        if f"_text_{name}" in kept.columns:
            raw = kept[f"_text_{name}"]
            odd = kept[name].isnull() & parse.text(raw).notnull()
            notes.append(Note("unreadable_optional", odd, raw, name))
            notes.append(Note("other_decimal", parse.other_mark(raw, decimals.get(name, ",")), raw, name))
    return notes


def finish(kept: ir.Table, products: ir.Table) -> tuple[ir.Table, bool]:
    """Kept lines in the contract's columns, the cost filled from the products; and whether it was."""
    fill = "cost" not in kept.columns and {"product_id", "quantity"} <= set(kept.columns)
    if fill:
        costs = products.filter(products.unit_cost.notnull()).select("product_id", _unit_cost="unit_cost")
        kept = kept.left_join(costs, "product_id").mutate(cost=lambda t: t.quantity * t._unit_cost)
    return rules.materialise(rules.in_contract(kept, "orders")), fill


def unmapped_repeats(orders: ir.Table) -> dict | None:
    """The note on lines that are equal in every mapped column: another column hides a double import, or tells items apart."""
    same = orders.filter(orders.order_id.notnull(), orders.product_id.notnull()).group_by(list(COLUMNS))
    same = same.aggregate(_n=lambda t: t.count()).filter(lambda t: t._n > 1)
    found = same.aggregate(
        rows=(same._n - 1).sum(), amount=rules.exact(same.amount * (same._n - 1)), example=same.order_id.min(),
        distinct=same.order_id.nunique(),
    ).execute().iloc[0]  # fmt: skip
    return rules.note_row("orders", "repeated_but_unmapped", found, "order_id")


def customer_notes(orders: ir.Table, customers: ir.Table) -> list[dict]:
    """Notes on clients who buy but are not in the register, and on those a looser comparison would find there."""
    clients = orders.group_by("customer_id").aggregate(n=orders.count(), amount=orders.amount.sum())
    unknown = clients.anti_join(customers, "customer_id").mutate(_loose=lambda t: _loose(t.customer_id))
    known = customers.select(_loose=_loose(customers.customer_id)).distinct()
    notes = []
    for code, found in (("unknown_customer", unknown), ("id_mismatch", unknown.semi_join(known, "_loose"))):
        counts = found.aggregate(
            rows=found.n.sum(),
            amount=rules.exact(found.amount),
            example=found.customer_id.min(),
            distinct=found.count(),
        )
        notes.append(rules.note_row("orders", code, counts.execute().iloc[0], "customer_id"))
    return [note for note in notes if note]


def product_notes(orders: ir.Table, products: ir.Table) -> list[dict]:
    """The note on lines of products that are not in the register."""
    unknown = orders.filter(orders.product_id.notnull()).anti_join(products, "product_id")
    counts = unknown.aggregate(
        rows=unknown.count(),
        amount=rules.exact(unknown.amount),
        example=unknown.product_id.min(),
        distinct=unknown.product_id.nunique(),
    )
    note = rules.note_row("orders", "unknown_product", counts.execute().iloc[0], "product_id")
    return [note] if note else []


def _loose(code: ir.StringColumn) -> ir.StringColumn:
    return code.upper().re_replace("^0+", "")
