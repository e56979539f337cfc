"""The pieces that a reading is put together from: one part per file, and the cells of its columns by type.

A text file gives text only; spreadsheets and databases give whatever stands in each cell, so that one column may hold
text, numbers and dates at once. Types are kept where a whole column has one type, and written out as text where not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from carteira_lib.tables import DataError, Problem

Rows = list[tuple]


@dataclass(frozen=True)
class FileReading:
    """How one file, or one query, was read.

    Attributes
    ----------
    path : str
        Relative to the root where it lies inside, with ``/``; for a database its URL without the password.
    kind : str
        csv, xlsx, xls, xlsb, ods, parquet, sql or database.
    encoding, delimiter : str
        As found or declared; empty where the kind has none. Whitespace is the delimiter ``" "``.
    header : bool
        Whether the first line holds the names.
    rows : int
        Records read, damaged ones included, the header not.
    columns : tuple of str
        Raw names in the file's order; unnamed columns without content are left out.
    fingerprint : str
        SHA-256 of the content.
    mixed_lines : int
        Lines that were not in the file's own encoding and were read as cp1252.
    """

    path: str
    kind: str
    encoding: str = ""
    delimiter: str = ""
    header: bool = True
    rows: int = 0
    columns: tuple[str, ...] = ()
    fingerprint: str = ""
    mixed_lines: int = 0


@dataclass(frozen=True)
class Cells:
    """The SQL expressions that give one raw column, by the type that the source gave; None where it has none."""

    text: str | None = None
    integer: str | None = None
    number: str | None = None
    time: str | None = None
    flag: str | None = None


@dataclass(frozen=True)
class Part:
    """One loaded file: a relation of DuckDB, its cells by raw name, and the expressions of line and hash."""

    label: str
    relation: str
    cells: dict[str, Cells]
    line: str
    row: str
    file: FileReading
    damaged: str | None = None


class Opened(NamedTuple):
    """One file before it is loaded: its raw names are known, and `load` reads the ones that are used."""

    label: str
    names: tuple[str, ...]
    load: Callable[[Sequence[str]], Part]


@dataclass(frozen=True)
class Place:
    """Where reading happens: DuckDB's connection, the root of relative paths, a folder for temporary files."""

    connection: object = field(repr=False)
    root: Path
    scratch: Path


def fail(message: str, values: Mapping[str, object]) -> DataError:
    """The error of one problem."""
    return DataError([Problem(message, values)])


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def run(connection: object, sql: str) -> Rows:
    """All rows of a statement: nothing stays open on the connection."""
    return connection.execute(sql).fetchall()


def new_name(stem: str) -> str:
    """A name for a relation that no other reading has."""
    import uuid

    return f"{stem}_{uuid.uuid4().hex[:12]}"


def unique_names(raw: Sequence[object]) -> tuple[str, ...]:
    """Header cells as names: trimmed, one spelling of accents; an unnamed column is called by its position."""
    import unicodedata

    names = [unicodedata.normalize("NFC", " ".join(str(cell or "").replace("\ufeff", "").split())) for cell in raw]
    return tuple(name or str(position) for position, name in enumerate(names, 1))


def typed_cells(expression: str, duck_type: str) -> Cells:
    """The cells of a column that has one type of DuckDB's."""
    kind = duck_type.upper()
    if kind in {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"} or kind.startswith(
        ("UTINY", "USMALL", "UINT", "UBIG", "UHUGE")
    ):
        return Cells(integer=expression)
    if kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL"):
        return Cells(number=expression)
    if kind == "TIMESTAMP WITH TIME ZONE":
        return Cells(time=f"({expression} AT TIME ZONE 'UTC')")
    if kind.startswith(("TIMESTAMP", "DATE")):
        return Cells(time=f"CAST({expression} AS TIMESTAMP)")
    if kind == "BOOLEAN":
        return Cells(flag=expression)
    return Cells(text=expression if kind == "VARCHAR" else f"CAST({expression} AS VARCHAR)")


def plain(expression: str) -> str:
    """SQL that writes a number as text: 12345.0 is "12345", not a number is nothing."""
    text = f"CAST({expression} AS VARCHAR)"
    # (TRY: over parquet DuckDB may cast before it looks at the condition, and NaN is no BIGINT)
    whole = f"CASE WHEN abs({expression}) < 1e15 AND {expression} = trunc({expression}) THEN CAST(TRY_CAST({expression} AS BIGINT) AS VARCHAR)"
    return f"({whole} WHEN {text} = 'nan' THEN NULL ELSE {text} END)"


def as_text(cells: Cells, mark: str = ".") -> str:
    """SQL that writes whatever stands in a cell as text; dates as 2026-10-31, numbers with `mark` as decimal."""
    number = plain(cells.number) if cells.number else None
    if number and mark != ".":
        number = f"replace({number}, '.', {literal(mark)})"
    integer = f"CAST({cells.integer} AS VARCHAR)" if cells.integer else None
    flag = f"CAST({cells.flag} AS VARCHAR)" if cells.flag else None
    time = _iso(cells.time) if cells.time else None
    present = [sql for sql in (cells.text, integer, number, time, flag) if sql]
    return f"coalesce({', '.join(present)})" if len(present) > 1 else (present or ["CAST(NULL AS VARCHAR)"])[0]


def _iso(expression: str) -> str:
    midnight = f"{expression} = date_trunc('day', {expression})"
    day, second = (f"strftime({expression}, '{form}')" for form in ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S"))
    return f"(CASE WHEN {midnight} THEN {day} ELSE {second} END)"


def row_hash(expressions: dict[str, str]) -> str:
    """SQL of the 64-bit hash of a whole line, whatever the order of its columns."""
    ordered = ", ".join(expressions[name] for name in sorted(expressions))
    return f"CAST(CAST(hash({ordered}) AS HUGEINT) - 9223372036854775808 AS BIGINT)"
