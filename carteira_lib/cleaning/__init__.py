"""Raw readings to canonical tables and the rows refused on the way, each with its place in the file and the reason.

Nothing is dropped silently and nothing is invented: rows read = rows kept + rows rejected, and the money of the orders
likewise. Row-level work is Ibis expressions; what is one row per client or less is pandas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir
import pandas as pd

from carteira_lib import formats
from carteira_lib.cleaning import attributes, orders, records, rules
from carteira_lib.cleaning.findings import (
    account,
    attention,
    examples,
    export,
    files,
    findings,
    months_title,
    reasons,
    reasons_title,
    refusals,
    repeated_span,
)
from carteira_lib.cleaning.rules import Reading
from carteira_lib.cleaning.vocabulary import NOTES, REASONS, REMEDIES
from carteira_lib.language import N_, translator
from carteira_lib.tables import TABLES, DataError, Problem
from carteira_lib.tables.contracts import CANONICAL

__all__ = [
    "NOTES",
    "REASONS",
    "REMEDIES",
    "Cleaned",
    "account",
    "attention",
    "clean",
    "examples",
    "export",
    "files",
    "findings",
    "months_title",
    "reasons",
    "reasons_title",
    "refusals",
    "repeated_span",
]

WITH_ATTRIBUTES = ("customers", "prospects")


@dataclass(frozen=True)
class Cleaned:
    """What the cleaning leaves.

    Attributes
    ----------
    tables : dict of str to ibis Table
        The ten canonical tables in their contracts' columns, empty where the source has none; materialised.
    rejected : ibis Table
        One row per rejected row: table, source_file, line, column, value, reason (a code of `REASONS`), amount.
    balance : DataFrame
        One row per table and rule, in the rules' order between "read" and "kept": rows that match the rule, rows
        rejected by it (the first rule that hits), amount of the rows that match.
    as_of : Timestamp
        Last day taken into account.
    notes : DataFrame
        One row per table, note (a code of `NOTES`) and column: what was counted without being rejected. `distinct` is
        the number of distinct values (clients, in notes about clients).
    """

    tables: dict[str, ir.Table]
    rejected: ir.Table
    balance: pd.DataFrame
    as_of: pd.Timestamp
    notes: pd.DataFrame


def clean(
    readings: Mapping[str, Reading],
    *,
    as_of: pd.Timestamp | None,
    min_date: pd.Timestamp,
    ignore_products: Sequence[str],
) -> Cleaned:
    """The canonical tables of a run, and an account of every row that did not make it.

    Parameters
    ----------
    readings : mapping of canonical name to Reading
        As `sources.read` returns them; `orders` is obligatory.
    as_of : Timestamp or None
        Last day taken into account; None is the last day of an order line with client, amount and a date from
        `min_date` to the year 2100.
    min_date : Timestamp
        Order lines before it are rejected.
    ignore_products : sequence of str
        Products that are no sales (postage, fees), in any case; a trailing ``*`` stands for any ending.

    Returns
    -------
    Cleaned

    Raises
    ------
    DataError
        No order line is left: says how many were rejected for which reason, and the remedy of each.
    """
    limits = orders.Limits(as_of, pd.Timestamp(min_date), tuple(ignore_products))
    lines = rules.materialise(orders.parse_lines(readings["orders"]))
    days = orders.readable_days(lines, limits.min_date)
    sold = rules.split(lines, orders.line_rules(lines, limits), readings["orders"])
    if as_of is None:  # only now: a line after the last good one has a fault of its own, which is the reason to give
        limits = limits._replace(as_of=days.index[-1] if len(days) else orders.LAST_DAY)
    _require_sales(sold, limits.min_date)
    done = {name: _clean_records(readings[name], limits.as_of) for name in CANONICAL[1:] if name in readings}
    tables = {name: done[name][0] if name in done else _empty(readings["orders"].data, name) for name in CANONICAL[1:]}
    lines_kept, filled = orders.finish(sold.kept, tables["products"])
    tables = {"orders": lines_kept, **tables}
    isolated = orders.isolated_days(days) if as_of is None else days.iloc[:0]
    notes = [*_order_notes(sold.kept, tables, readings, filled), *_isolated_note(isolated)]
    rules.drop(lines)
    balances = [rules.account(sold.balance, lines_kept), *(part[1] for part in done.values())]
    return Cleaned(
        tables,
        _joined([sold.rejected, *(part[2] for part in done.values())]),
        pd.concat(balances, ignore_index=True),
        limits.as_of,
        rules.notes_frame([*notes, *(note for part in done.values() for note in part[3])]),
    )


def _clean_records(reading: Reading, as_of: pd.Timestamp) -> tuple[ir.Table, pd.DataFrame, ir.Table, list[dict]]:
    """One table but orders: rows kept, balance, rejected rows and notes."""
    table, name = TABLES[reading.table], reading.table
    parts = records.split_records(reading, as_of)
    notes = rules.count_notes(parts.kept, records.record_notes(parts.kept, table, as_of, reading.decimals), name)
    ordered = records.as_known(parts.kept, name, as_of).order_by(list(table.key or rules.PLACE))
    kept = rules.materialise(rules.in_contract(ordered, name, records.extra_columns(reading)))
    rules.drop(parts.parsed)
    if name in WITH_ATTRIBUTES:
        kept, of_attributes = _with_attributes(kept, table.key[0], name)
        notes += of_attributes
    return kept, rules.account(parts.balance, kept), parts.rejected, notes


def _with_attributes(kept: ir.Table, key: str, name: str) -> tuple[ir.Table, list[dict]]:
    columns = [key, *attributes.COLUMNS]
    frame, notes = attributes.standardise(kept.select(columns).execute(), name)
    fixed = ibis.memtable(frame[columns], schema=dict.fromkeys(columns, "string"))
    joined = kept.drop(*attributes.COLUMNS).left_join(fixed, key).select(kept.columns)
    return rules.materialise(joined.order_by(key)), notes


def _order_notes(
    kept: ir.Table, tables: Mapping[str, ir.Table], readings: Mapping[str, Reading], filled: bool
) -> list[dict]:
    notes = rules.count_notes(kept, orders.line_notes(kept, readings["orders"].decimals), "orders")
    lines = tables["orders"]
    if filled:
        costed = rules.Note("cost_from_products", lines.cost.notnull(), lines.product_id, "cost")
        notes += rules.count_notes(lines, [costed], "orders")
    if readings["orders"].unmapped and {"order_id", "product_id"} <= set(kept.columns):
        notes += filter(None, [orders.unmapped_repeats(lines)])
    if "products" in readings:
        notes += orders.product_notes(lines, tables["products"])
    return notes + (orders.customer_notes(lines, tables["customers"]) if "customers" in readings else [])


def _isolated_note(days: pd.Series) -> list[dict]:
    if days.empty:
        return []
    found = {"rows": days.sum(), "amount": None, "distinct": len(days), "example": f"{days.index[-1]:%Y-%m-%d}"}
    return [rules.note_row("orders", "isolated_last_date", found, "order_date")]


def _empty(beside: ir.Table, name: str) -> ir.Table:
    """A table of the contract without rows, on the backend of `beside`."""
    schema = ibis.schema({c.name: rules.TYPES[c.kind] for c in TABLES[name].columns})
    return beside.get_backend().create_table(ibis.util.gen_name(f"no_{name}"), schema=schema, temp=True)


def _joined(rejected: Sequence[ir.Table]) -> ir.Table:
    return rules.materialise(ibis.union(*rejected)) if len(rejected) > 1 else rejected[0]


class _Count(Problem):
    """Lines rejected for one reason, with the reason's name and remedy in the reader's language."""

    def text(self, language: str = "pt-BR") -> str:
        _ = translator(language)
        reason, n = self.values["reason"], self.values["n"]
        counted = _.ngettext("{n} linha: {reason}", "{n} linhas: {reason}", n, reason=_(REASONS[reason]))
        return f"{counted}. {_(REMEDIES[reason])}"


class _TooEarly(_Count):
    """Lines before `min_date`, with the days that they are of."""

    def text(self, language: str = "pt-BR") -> str:
        _ = translator(language)
        days = {name: formats.date(self.values[name], language) for name in ("min_date", "first", "last")}
        found = _("As datas lidas vão de {first} a {last}, e min_date é {min_date}.", **days)
        return f"{super().text(language)} {found}"


def _counted(rule: str, n: int, rejected: ir.Table, min_date: pd.Timestamp) -> _Count:
    values = {"reason": rule, "n": n}
    if rule != "before_min_date":
        return _Count("", values)
    early = rejected.filter(rejected.reason == rule)
    days = early.aggregate(first=early.order_date.min(), last=early.order_date.max()).execute().iloc[0]
    return _TooEarly("", values | {"min_date": min_date, "first": days["first"], "last": days["last"]})


def _require_sales(sold: rules.Split, min_date: pd.Timestamp) -> None:
    """A portfolio needs at least one sale: a kept line with a positive amount."""
    balance, kept = sold.balance, sold.kept
    if kept.filter(kept.amount > 0).limit(1).count().execute():
        return
    hit = balance[balance["rejected_rows"] > 0].sort_values("rejected_rows", ascending=False, kind="stable")
    problems = [_counted(r.rule, int(r.rejected_rows), sold.rejected, min_date) for r in hit.itertuples()]
    if not problems:
        empty = N_("os arquivos de pedidos não têm nenhuma linha de dados; confira o caminho em sources.orders")
        only_returns = N_(
            "nenhuma linha tem valor positivo: são devoluções ou valores zero; confira a coluna de valor e o seu sinal"
        )
        problems = [Problem(only_returns if balance["rows"].iloc[0] else empty)]
    raise DataError(problems, Problem(N_("Nenhuma linha de venda restou depois da limpeza dos pedidos")))
