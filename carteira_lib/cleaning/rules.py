"""Rows divided by rules into kept and rejected, counted so that nothing is lost on the way.

A rule is a condition on a parsed table. The first rule that hits a row is the reason it is rejected for; the balance
also counts every row that each rule would have hit. Null never satisfies a rule.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import ibis
import ibis.expr.types as ir
import pandas as pd

from carteira_lib.tables import TABLES

PLACE = ("_file", "_line")
# As Ibis calls the kinds of a contract.
TYPES = {"text": "string", "date": "date", "number": "float64", "integer": "int64", "flag": "boolean"}


class Reading(Protocol):
    """What the cleaning needs of a reading of `sources`."""

    table: str
    data: ir.Table
    decimals: Mapping[str, str]
    date_orders: Mapping[str, str]
    unmapped: tuple[str, ...]
    damaged: ir.Table
    survey_scale: str | None


class Rule(NamedTuple):
    """Why a row is rejected: the code of the reason, the condition, and the column and text to show for it."""

    code: str
    hit: ir.BooleanValue
    column: str | ir.Value | None
    value: ir.Value


class Note(NamedTuple):
    """What is counted on kept rows without rejecting them; `example` is the text to show for it."""

    code: str
    hit: ir.BooleanValue
    example: ir.Value
    column: str | None = None


class Split(NamedTuple):
    """A table divided: the parsed rows kept, the rejected ones in the contract's form, the counts, and the whole."""

    kept: ir.Table
    rejected: ir.Table
    balance: pd.DataFrame
    parsed: ir.Table


def materialise(expression: ir.Table) -> ir.Table:
    """The rows computed once, in a temporary table of the expression's backend; `drop` frees it."""
    backend = expression.get_backend()
    return backend.create_table(ibis.util.gen_name("cleaning"), expression, temp=True)


def drop(table: ir.Table) -> None:
    """Free a table that `materialise` made."""
    # Ibis 12.0 writes DROP without the name where sqlglot is 30.30: neither drop_table nor cache() can be used.
    table.get_backend().raw_sql(f'DROP TABLE "{table.op().name}"')


def copies(data: ir.Table) -> ir.Table:
    """The rows with the place of each among its equals (`_row`): `_rank` from 0, `_most` in one file, `_first` place.

    Only rows that have an equal pass through the windows, so that large tables cost one count.
    """
    repeated = (
        data.group_by("_row").aggregate(_equals=lambda t: t.count()).filter(lambda t: t._equals > 1).drop("_equals")
    )
    repeated = materialise(repeated)
    equals = ibis.window(group_by="_row", order_by=list(PLACE))
    twins = data.semi_join(repeated, "_row").mutate(
        _rank=ibis.row_number().over(equals),
        _in_file=lambda t: t.count().over(ibis.window(group_by=["_row", "_file"])),
        _first=lambda t: (t._file.first() + ":" + t._line.first().cast("string")).over(equals),
    )
    twins = twins.mutate(_most=lambda t: t._in_file.max().over(ibis.window(group_by="_row"))).drop("_in_file")
    single = data.anti_join(repeated, "_row").mutate(
        _rank=ibis.literal(0, "int64"), _first=ibis.null("string"), _most=ibis.literal(1, "int64")
    )
    return single.union(twins.select(single.columns))


def split(parsed: ir.Table, rules: Sequence[Rule], reading: Reading) -> Split:
    """Divide a parsed table (materialised by the caller) by `rules`, first hit wins; damaged lines are rejected too."""
    name = reading.table
    everywhere = parsed._file.notnull()  # makes a column of a condition that is a constant
    hits = [rule._replace(hit=(everywhere & rule.hit).fill_null(False)) for rule in rules]
    reason = ibis.cases(*((rule.hit, rule.code) for rule in hits), else_=ibis.null("string"))
    amount = parsed.amount if "amount" in parsed.columns else ibis.null("float64")
    rejected = parsed.select(
        table=ibis.literal(name),
        source_file=parsed._file,
        line=parsed._line.cast("int64"),
        column=ibis.cases(*((r.hit, _string(r.column)) for r in hits), else_=ibis.null("string")),
        value=ibis.cases(*((r.hit, r.value.cast("string")) for r in hits), else_=ibis.null("string")),
        reason=reason,
        amount=amount,
        order_date=parsed.order_date.cast("date") if "order_date" in parsed.columns else ibis.null("date"),
    )
    rejected = rejected.filter(rejected.reason.notnull()).union(_broken(reading.damaged, name))
    rejected = materialise(rejected.order_by("source_file", "line"))
    return Split(parsed.filter(reason.isnull()), rejected, _balance(parsed, _by_code(hits), rejected, name), parsed)


def _broken(damaged: ir.Table, name: str) -> ir.Table:
    """The lines that the reader of the file could not split into columns."""
    return damaged.select(
        table=ibis.literal(name),
        source_file=damaged._file,
        line=damaged._line.cast("int64"),
        column=ibis.null("string"),
        value=damaged.text,
        reason=ibis.literal("damaged_line"),
        amount=ibis.null("float64"),
        order_date=ibis.null("date"),
    )


def _string(text: str | ir.Value | None) -> ir.Value:
    return ibis.null("string") if text is None else text if isinstance(text, ir.Value) else ibis.literal(text)


def _by_code(rules: Sequence[Rule]) -> dict[str, ir.BooleanValue]:
    """The condition of each reason: several columns may share one."""
    codes = dict.fromkeys(rule.code for rule in rules)
    return {code: functools.reduce(operator.or_, (r.hit for r in rules if r.code == code)) for code in codes}


def _balance(parsed: ir.Table, hits: Mapping[str, ir.BooleanValue], rejected: ir.Table, name: str) -> pd.DataFrame:
    amount = parsed.amount if "amount" in parsed.columns else None
    measures = {"rows_read": parsed.count(), **{f"rows_{code}": hit.sum() for code, hit in hits.items()}}
    if amount is not None:
        measures |= {f"amount_{code}": exact(amount, hit) for code, hit in hits.items()} | {
            "amount_read": exact(amount)
        }
    found = parsed.aggregate(**measures).execute().iloc[0].to_dict()
    grouped = rejected.group_by("reason").aggregate(rows=rejected.count(), amount=exact(rejected.amount))
    first_hits = grouped.execute().set_index("reason")
    rejected_rows, rejected_amount = (dict(first_hits[column]) for column in ("rows", "amount"))
    broken = int(rejected_rows.get("damaged_line", 0))
    found |= {"rows_read": _whole(found["rows_read"]) + broken, "rows_damaged_line": broken, "amount_damaged_line": 0}
    rows = [
        {
            "table": name,
            "rule": code,
            "rows": _whole(found[f"rows_{code}"]),
            "rejected_rows": int(rejected_rows.get(code, 0)),
            "amount": _money(found[f"amount_{code}"]) if amount is not None else float("nan"),
            "rejected_amount": _money(rejected_amount.get(code, 0)) if amount is not None else float("nan"),
        }
        for code in ("read", "damaged_line", *hits)
    ]
    return pd.DataFrame(rows)


def exact(amount: ir.NumericColumn, where: ir.BooleanValue | None = None) -> ir.Scalar:
    """A sum of money that does not depend on the order of its rows: added as decimals, not as floats."""
    return amount.cast("decimal(38, 6)").sum(where=where)


def _whole(count: object) -> int:
    return 0 if pd.isna(count) else int(count)


def _money(total: object) -> float:
    return 0.0 if pd.isna(total) else float(total)


def account(balance: pd.DataFrame, kept: ir.Table) -> pd.DataFrame:
    """The balance with its line "kept", counted on the finished table; rows that do not add up are an error of ours."""
    name, with_money = balance["table"].iloc[0], "amount" in kept.columns
    money = {"amount": exact(kept.amount)} if with_money else {}
    found = kept.aggregate(rows=kept.count(), **money).execute().iloc[0]
    amount = _money(found["amount"]) if with_money else float("nan")
    read, rejected = int(balance["rows"].iloc[0]), int(balance["rejected_rows"].sum())
    if read != int(found["rows"]) + rejected:
        raise RuntimeError(f"{name}: {read} rows read, {found['rows']} kept, {rejected} rejected")
    counts = {"rows": int(found["rows"]), "rejected_rows": 0, "amount": amount, "rejected_amount": 0.0 * amount}
    line = {"table": name, "rule": "kept", **counts}
    return pd.concat([balance, pd.DataFrame([line])], ignore_index=True)


def in_contract(kept: ir.Table, name: str, extra: Sequence[str] = ()) -> ir.Table:
    """The contract's columns in its order and types, null where the source has none, then the `extra` ones."""
    columns = {
        c.name: kept[c.name].cast(TYPES[c.kind]) if c.name in kept.columns else ibis.null(TYPES[c.kind])
        for c in TABLES[name].columns
    }
    return kept.select(**columns, **{name: kept[name] for name in extra})


def count_notes(kept: ir.Table, notes: Sequence[Note], name: str) -> list[dict]:
    """One row per note that applies to any kept row: rows, money, distinct values and an example."""
    measures = {}
    for i, note in enumerate(notes):
        hit, example = note.hit.fill_null(False), note.example.cast("string")
        measures |= {f"rows{i}": hit.sum(), f"distinct{i}": example.nunique(where=hit)}
        measures |= {f"example{i}": example.min(where=hit)}
        if "amount" in kept.columns:
            measures[f"amount{i}"] = exact(kept.amount, hit)
    if not measures:
        return []
    found = kept.aggregate(**measures).execute().iloc[0]
    parts = [
        {key: found.get(f"{key}{i}") for key in ("rows", "amount", "example", "distinct")} for i in range(len(notes))
    ]
    rows = [note_row(name, note.code, part, note.column) for note, part in zip(notes, parts, strict=True)]
    return [row for row in rows if row]


def note_row(table: str, code: str, found: Mapping[str, object], column: str | None) -> dict | None:
    """A note with its counts, or None where it applies to no row."""
    if not _whole(found["rows"]):
        return None
    amount = found["amount"]
    counts = {"rows": int(found["rows"]), "amount": float("nan") if pd.isna(amount) else float(amount)}
    return {
        "table": table,
        "note": code,
        **counts,
        "example": found["example"],
        "column": column,
        "distinct": _whole(found["distinct"]),
    }


def notes_frame(rows: Sequence[dict]) -> pd.DataFrame:
    """Notes in their contract's columns (and `column`, `distinct`), also where there are none."""
    frame = pd.DataFrame(rows, columns=["table", "note", "rows", "amount", "example", "column", "distinct"])
    types = {"table": "str", "note": "str", "rows": "int64", "amount": "float64", "example": "str", "column": "str"}
    return frame.astype(types | {"distinct": "int64"})
