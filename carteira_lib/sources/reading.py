"""Parts to a Reading: the files of one source loaded, put under canonical names, and their notations found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from carteira_lib.language import N_
from carteira_lib.sources.evidence import Evidence, date_evidence, decimal_evidence
from carteira_lib.sources.options import Source
from carteira_lib.sources.parts import (
    Cells,
    FileReading,
    Opened,
    Part,
    as_text,
    fail,
    literal,
    new_name,
    quoted,
    row_hash,
    run,
)
from carteira_lib.tables import TABLES

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

NUMBERS = ("number", "integer")


@dataclass(frozen=True)
class Reading:
    """One canonical table as its source gives it.

    Attributes
    ----------
    table : str
        Canonical name.
    data : ibis Table
        One row per record: the canonical columns found (text where the source is text, else typed), the declared
        attributes, and ``_file``, ``_line`` (int64) and ``_row`` (int64, the hash of all raw columns).
    files : tuple of FileReading
        One per file.
    decimals, date_orders : mapping of str to str
        Of the columns that are text: the decimal mark; "dmy", "mdy" or "ymd". Years of four digits that come first
        are always year, month, day.
    assumed : tuple of str
        Columns whose values read either way and never told which.
    unmapped : tuple of str
        Raw columns that are not used.
    damaged : ibis Table
        One row per line with more columns than the header: ``_file``, ``_line``, ``text``. Counted in the rows of
        `files`, not in `data`.
    survey_scale : str or None
        The scale that the scores of a survey are declared to be in; None where the params file does not say.
    """

    table: str
    data: ir.Table
    files: tuple[FileReading, ...]
    decimals: Mapping[str, str]
    date_orders: Mapping[str, str]
    assumed: tuple[str, ...]
    unmapped: tuple[str, ...]
    damaged: ir.Table
    survey_scale: str | None = None


def assemble(connection: Backend, source: Source, opened: Sequence[Opened], mapping: Mapping[str, str]) -> Reading:
    """Load the files and join them under the canonical names."""
    used = list(dict.fromkeys(mapping.values()))
    parts = [one.load(_spelled(one, used)) for one in opened]
    rows = sum(part.file.rows for part in parts)
    if rows == 0 and source.table == "orders":
        message = N_("{where}: {file} só tem o cabeçalho, nenhum pedido.")
        raise fail(message, {"where": source.where, "file": ", ".join(p.label for p in parts)})
    cells = {name: [part.cells[_as_in(part.cells, raw)] for part in parts] for name, raw in mapping.items()}
    decimals, assumed = _decimals(connection.con, source, parts, cells)
    orders, assumed_too = _date_orders(connection.con, source, parts, cells)
    folds = {raw.casefold() for raw in used}
    unmapped = dict.fromkeys(n for part in parts for n in part.file.columns if n.casefold() not in folds)
    return Reading(
        table=source.table,
        data=_in_our_spelling(connection.table(_data_view(connection.con, source, parts, cells, decimals)), mapping),
        files=tuple(part.file for part in parts),
        decimals=decimals,
        date_orders=orders,
        assumed=(*assumed, *assumed_too),
        unmapped=tuple(unmapped),
        damaged=connection.table(_damaged_view(connection.con, source, parts)),
        survey_scale=source.survey_scale,
    )


def _in_our_spelling(data: ir.Table, mapping: Mapping[str, str]) -> ir.Table:
    """DuckDB 2.0 describes a view's column by the raw name where ours differs from it by case only."""
    found = {name.casefold(): name for name in data.columns}
    return data.rename({name: found[name.casefold()] for name in mapping if found[name.casefold()] != name})


def _spelled(opened: Opened, used: Sequence[str]) -> list[str]:
    """The used raw names as this file spells them."""
    by_fold = {name.casefold(): name for name in reversed(opened.names)}
    return [name if name in opened.names else by_fold[name.casefold()] for name in used]


def _as_in(cells: Mapping[str, Cells], raw: str) -> str:
    return raw if raw in cells else next((n for n in cells if n.casefold() == raw.casefold()), raw)


def _kind(source: Source, name: str) -> str:
    return next((c.kind for c in TABLES[source.table].columns if c.name == name), "text")


def _texts(parts: Sequence[Part], cells: Sequence[Cells]) -> list[str]:
    return [f"SELECT {c.text} FROM {p.relation}" for p, c in zip(parts, cells, strict=True) if c.text]


def _decimals(
    connection: object, source: Source, parts: Sequence[Part], cells: Mapping[str, Sequence[Cells]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    texts = {n: _texts(parts, c) for n, c in cells.items() if _kind(source, n) in NUMBERS}
    texts = {name: selects for name, selects in texts.items() if selects}
    if source.decimal:
        return dict.fromkeys(texts, source.decimal), ()
    found = {name: decimal_evidence(connection, selects) for name, selects in texts.items()}
    return _decided(found, "," if any(part.file.delimiter == ";" for part in parts) else ".")


def _date_orders(
    connection: object, source: Source, parts: Sequence[Part], cells: Mapping[str, Sequence[Cells]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    kinds = {n: c for n, c in cells.items() if _kind(source, n) == "date"}
    texts = {n: [*_texts(parts, c), *_integers(parts, c)] for n, c in kinds.items()}
    texts = {name: selects for name, selects in texts.items() if selects}
    if source.date_order:
        return dict.fromkeys(texts, source.date_order), ()
    return _decided({name: date_evidence(connection, selects) for name, selects in texts.items()}, "dmy")


def _integers(parts: Sequence[Part], cells: Sequence[Cells]) -> list[str]:
    """Numbers in a column of dates, as 20261031 in a spreadsheet, are read as text."""
    found = [(p, replace(c, text=None, time=None)) for p, c in zip(parts, cells, strict=True) if c.integer or c.number]
    return [f"SELECT {as_text(c)} FROM {p.relation}" for p, c in found]


def _decided(found: Mapping[str, Evidence], default: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """What each column's values say; else what its neighbours' say, else the default: these are assumed."""
    seen = [e.winner for e in found.values() if e.winner and e.winner != "ymd"]
    usual = max(set(seen), key=lambda w: (seen.count(w), w == default)) if seen else default
    decided = {name: evidence.winner or usual for name, evidence in found.items()}
    return decided, tuple(name for name, evidence in found.items() if evidence.matters and not evidence.winner)


def _data_view(
    connection: object,
    source: Source,
    parts: Sequence[Part],
    cells: Mapping[str, Sequence[Cells]],
    decimals: Mapping[str, str],
) -> str:
    expressions = {n: _expressions(_kind(source, n), c, decimals.get(n, ".")) for n, c in cells.items()}
    selects = []
    for position, part in enumerate(parts):
        columns = "".join(f"{sql[position]} AS {quoted(name)}, " for name, sql in expressions.items())
        row = row_hash({n: sql[position] for n, sql in expressions.items()}) if source.repeats == "mapped" else part.row
        own = f"{literal(part.label)} AS _file, CAST({part.line} AS BIGINT) AS _line, {row} AS _row"
        selects.append(f"SELECT {columns}{own} FROM {part.relation}")
    view = new_name(source.table)
    run(connection, f"CREATE VIEW {quoted(view)} AS {' UNION ALL '.join(selects)}")
    return view


def _expressions(kind: str, cells: Sequence[Cells], mark: str) -> list[str]:
    """One SQL expression per part: typed where all parts are of one type that fits the kind, else text."""
    sorts = {sort for c in cells for sort in ("text", "integer", "number", "time", "flag") if getattr(c, sort)}
    if kind in NUMBERS and sorts and sorts <= {"integer", "number"}:
        return [_number(c, floating="number" in sorts) for c in cells]
    if kind == "date" and sorts == {"time"}:
        return [c.time or "CAST(NULL AS TIMESTAMP)" for c in cells]
    if kind == "flag" and sorts == {"flag"}:
        return [c.flag or "CAST(NULL AS BOOLEAN)" for c in cells]
    return [as_text(c, mark if kind in NUMBERS else ".") for c in cells]


def _number(cells: Cells, *, floating: bool) -> str:
    integer = f"CAST({cells.integer} AS DOUBLE)" if cells.integer and floating else cells.integer
    number = f"CAST({cells.number} AS DOUBLE)" if cells.number else None
    present = [sql for sql in (integer, number) if sql]
    kind = "DOUBLE" if floating else "BIGINT"
    return f"coalesce({', '.join(present)})" if present else f"CAST(NULL AS {kind})"


def _damaged_view(connection: object, source: Source, parts: Sequence[Part]) -> str:
    nothing = "SELECT CAST(NULL AS VARCHAR) AS _file, CAST(NULL AS BIGINT) AS _line, CAST(NULL AS VARCHAR) AS text WHERE FALSE"
    found = [f"SELECT {literal(p.label)}, _line, text FROM {p.damaged}" for p in parts if p.damaged]
    view = new_name(f"{source.table}_damaged")
    run(connection, f"CREATE VIEW {quoted(view)} AS {' UNION ALL '.join([nothing, *found])}")
    return view
