"""Every table but orders: parsed by its contract, divided by the rules, one row per key."""

from __future__ import annotations

import functools
import operator

import ibis
import ibis.expr.types as ir
import pandas as pd

from carteira_lib.cleaning import parse, rules
from carteira_lib.cleaning.rules import Note, Reading, Rule
from carteira_lib.cleaning.vocabulary import CODED
from carteira_lib.tables import TABLES, Column, Table

EVENT_DATES = {
    "surveys": "answer_date",
    "interactions": "event_date",
    "proposals": "sent_date",
    "contracts": "start_date",
}
#: Scale of a survey -> its least and greatest score, and whether only whole ones are scores.
SCALES = {"0-10": (0, 10, True), "1-5": (1, 5, True), "0-100": (0, 100, False)}


def extra_columns(reading: Reading) -> list[str]:
    """Declared attributes beyond the contract."""
    known = TABLES[reading.table].column_names
    return [c for c in reading.data.columns if c not in known and not c.startswith("_")]


def parse_records(reading: Reading) -> ir.Table:
    """Every row typed; `_text_x` keeps the raw text of columns that are more than text."""
    table = TABLES[reading.table]
    data = reading.data if table.key else rules.copies(reading.data)
    present = [c for c in table.columns if c.name in data.columns]
    places = [c for c in ("_file", "_line", "_row", "_rank", "_most", "_first") if c in data.columns]
    return data.select(
        *places,
        **{c.name: _typed(data[c.name], c, reading) for c in present},
        **{c.name: ibis.null(rules.TYPES[c.kind]) for c in table.columns if c.name not in data.columns},
        **{f"_text_{c.name}": data[c.name].cast("string") for c in present if _is_read(c, table)},
        **{name: _attribute(data[name]) for name in extra_columns(reading)},
    )


def _is_read(column: Column, table: Table) -> bool:
    return column.kind != "text" or (table.name, column.name) in CODED


def _typed(raw: ir.Column, column: Column, reading: Reading) -> ir.Value:
    words = CODED.get((reading.table, column.name))
    if words:
        return parse.coded(raw, words)
    if column.name == "score":
        return _score(parse.number(raw, reading.decimals.get("score", ",")), reading.survey_scale or "0-10")
    if column.kind in ("number", "integer"):
        return parse.number(raw, reading.decimals.get(column.name, ","))
    if column.kind == "date":
        return parse.day(raw, reading.date_orders.get(column.name, "ymd"))
    if column.kind == "flag":
        return parse.flag(raw)
    return parse.identifier(raw) if column.name.endswith("_id") else parse.text(raw)


def _score(grade: ir.FloatingColumn, scale: str) -> ir.IntegerColumn:
    """A score from 0 to 10: of another scale the tenth that it reaches, so that 5 of 5 and 90 of 100 stay promoters."""
    low, high, only_whole = SCALES[scale]
    valid = grade.between(low, high)
    if only_whole:
        valid &= grade == grade.floor()
    reached = (((grade - low) * 10 + 1e-9) / (high - low)).floor()
    return valid.ifelse(reached, ibis.null("float64")).cast("int64")


def _attribute(raw: ir.Column) -> ir.Value:
    """A declared attribute: text, or as the source types it."""
    return parse.text(raw) if raw.type().is_string() else raw


def record_rules(records: ir.Table, table: Table, as_of: pd.Timestamp | None) -> list[Rule]:
    """The rules of one table that look at a row by itself, in the order in which they give the reason."""
    found = []
    for column in table.columns:
        if column.required:
            value = (
                records[f"_text_{column.name}"] if f"_text_{column.name}" in records.columns else ibis.null("string")
            )
            found += [Rule(code, hit, column.name, value) for code, hit in _unfit(records, column, table).items()]
    event = EVENT_DATES.get(table.name)
    if event and as_of is not None:
        found.append(Rule("date_after_as_of", records[event] > as_of.date(), event, records[event].cast("string")))
    return found


def _unfit(records: ir.Table, column: Column, table: Table) -> dict[str, ir.BooleanValue]:
    missing = records[column.name].isnull()
    if column.name in table.key:
        return {"missing_key": missing}
    if column.name == "customer_id":
        return {"no_customer": missing}
    if (table.name, column.name) in CODED:
        empty = _text(records, column.name).isnull()
        return {"missing_value": missing & empty, "unknown_value": missing & ~empty}
    if column.name == "score":
        return {"invalid_score": missing}
    if column.kind == "text":
        return {"missing_value": missing}
    return {
        "unreadable_date"
        if column.kind == "date"
        else f"unreadable_{'amount' if column.name == 'amount' else 'number'}": missing
    }


def _text(records: ir.Table, name: str) -> ir.Value:
    return parse.text(records[f"_text_{name}"]) if f"_text_{name}" in records.columns else ibis.null("string")


def split_records(reading: Reading, as_of: pd.Timestamp | None) -> rules.Split:
    """The rows of one table divided: each by itself, then copies and older records of the same key."""
    table = TABLES[reading.table]
    parsed = parse_records(reading)
    if table.key:
        parsed = _ranked(parsed, table.key[0], record_rules(parsed, table, as_of))
    parsed = rules.materialise(parsed)
    found = record_rules(parsed, table, as_of)
    if table.key:
        key, value = table.key[0], parsed[table.key[0]]
        found.append(Rule("repeated_line", parsed._ok & (parsed._newer_copies > 0), key, value))
        found.append(Rule("repeated_key", parsed._ok & (parsed._newer_copies == 0) & (parsed._newer > 0), key, value))
    else:
        found.append(Rule("repeated_line", parsed._rank >= parsed._most, None, parsed._first))
    return rules.split(parsed, found, reading)


def _ranked(parsed: ir.Table, key: str, found: list[Rule]) -> ir.Table:
    """With the count of newer records of the same key, and of newer copies, among the rows without another fault."""
    fault = functools.reduce(operator.or_, (rule.hit.fill_null(False) for rule in found))
    newest = [ibis.desc("_file"), ibis.desc("_line")]
    return parsed.mutate(_ok=~fault).mutate(
        _newer=ibis.row_number().over(ibis.window(group_by=["_ok", key], order_by=newest)),
        _newer_copies=ibis.row_number().over(ibis.window(group_by=["_ok", key, "_row"], order_by=newest)),
    )


def record_notes(kept: ir.Table, table: Table, as_of: pd.Timestamp, decimals: dict[str, str]) -> list[Note]:
    """What is counted on the kept rows of one table."""
    notes = []
    for column in table.columns:
        raw = _text(kept, column.name)
        if f"_text_{column.name}" not in kept.columns:
            continue
        if not column.required:
            code = "unknown_optional" if (table.name, column.name) in CODED else "unreadable_optional"
            notes.append(Note(code, kept[column.name].isnull() & raw.notnull(), raw, column.name))
        if column.kind == "number" and column.name in decimals:  # of a typed column the mark is ours
            other = parse.other_mark(kept[f"_text_{column.name}"], decimals.get(column.name, ","))
            notes.append(Note("other_decimal", other, raw, column.name))
    if not table.key:
        notes.append(Note("possible_repeat", kept._rank > 0, kept._first))
    return notes + _date_notes(kept, table.name, as_of.date())


def _date_notes(kept: ir.Table, name: str, last: object) -> list[Note]:
    if name == "proposals":
        closed = kept.closed_date
        return [Note("closed_after_as_of", closed > last, closed.cast("string"), "closed_date")]
    if name == "contracts":
        return [Note("end_before_start", kept.end_date < kept.start_date, kept.contract_id, "end_date")]
    if name == "customers":
        return [Note("since_after_as_of", kept.since > last, kept.since.cast("string"), "since")]
    return []


def as_known(kept: ir.Table, name: str, as_of: pd.Timestamp) -> ir.Table:
    """Proposals as they stood on `as_of`: one closed later was still open."""
    if name != "proposals":
        return kept
    later = (kept.closed_date > as_of.date()).fill_null(False)
    return kept.mutate(
        status=later.ifelse("open", kept.status), closed_date=later.ifelse(ibis.null("date"), kept.closed_date)
    )
