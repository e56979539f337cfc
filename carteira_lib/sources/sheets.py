"""Rows of cells of any type to DuckDB: spreadsheets through python-calamine, and what SQLite gives.

A cell keeps its type: each raw column becomes up to five columns (text, integer, number, time, flag), of which those
without content are dropped. The rows pass as Arrow batches; the first row with content holds the names.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from carteira_lib.language import N_
from carteira_lib.sources.options import nearest
from carteira_lib.sources.parts import Cells, as_text, fail, new_name, quoted, row_hash, run

BATCH = 20_000
VARIANTS = ("text", "integer", "number", "time", "flag")
NumberedRow = tuple[int, Sequence[object]]


def open_sheet(file: Path, label: str, where: str, sheet: str | int | None) -> object:
    """The sheet of a spreadsheet by name or 1-based position, else its first visible one with content.

    Raises
    ------
    DataError
        The file is no spreadsheet, is damaged or locked, or has no such sheet.
    """
    import python_calamine as calamine

    try:
        book = calamine.CalamineWorkbook.from_path(str(file))
        names = book.sheet_names
        if sheet is None:
            return _first_sheet(book)
        found = [name for name in names if name.strip().casefold() == str(sheet).strip().casefold()]
        if found:
            return book.get_sheet_by_name(found[0])
        if str(sheet).isdecimal() and 1 <= int(sheet) <= len(names):
            return book.get_sheet_by_index(int(sheet) - 1)
    except (calamine.CalamineError, OSError, ValueError) as error:
        message = N_(
            "{where}: a planilha {file} não pode ser lida: está danificada, protegida por senha ou não é uma planilha. Abra-a e salve de novo como .xlsx."
        )
        raise fail(message, {"where": where, "file": label}) from error
    message = N_("{where}: a planilha {file} não tem a aba '{sheet}'; quis dizer {nearest}? As abas são: {sheets}.")
    raise fail(
        message,
        {
            "where": where,
            "file": label,
            "sheet": sheet,
            "nearest": nearest(str(sheet), names),
            "sheets": ", ".join(names),
        },
    )


def _first_sheet(book: object) -> object:
    import python_calamine as calamine

    visible = [m.name for m in book.sheets_metadata if m.visible == calamine.SheetVisibleEnum.Visible]
    sheets = [book.get_sheet_by_name(name) for name in visible or book.sheet_names]
    return next((sheet for sheet in sheets if sheet.height), sheets[0])


def sheet_rows(sheet: object) -> Iterator[NumberedRow]:
    """The rows with content and their numbers as the spreadsheet shows them."""
    if not sheet.height:
        return
    for number, row in enumerate(sheet.iter_rows(), 1):
        if any(cell is not None and cell != "" for cell in row):
            yield number, row


def load_rows(
    connection: object, rows: Iterable[NumberedRow], names: Sequence[str], used: Sequence[str]
) -> tuple[str, dict[str, Cells], int]:
    """Load rows of cells: relation (with ``_line`` and ``_row``), cells of the used columns, count of rows."""
    import pyarrow as pa

    table, view = new_name("cells"), new_name("stream")
    schema = _schema(len(names))
    stream = pa.RecordBatchReader.from_batches(schema, _batches(rows, len(names), schema))
    connection.register(view, stream)
    try:
        run(connection, f"CREATE TABLE {quoted(table)} AS SELECT * FROM {quoted(view)}")
    finally:
        connection.unregister(view)
    cells, count = _filled(connection, table, names)
    rendered = {f"{name}\0{i:06}": as_text(cells[i]) for i, name in enumerate(names)}
    relation = f"(SELECT *, {row_hash(rendered)} AS _row FROM {quoted(table)})"
    return relation, {name: cells[names.index(name)] for name in used}, count


def _schema(width: int) -> object:
    import pyarrow as pa

    types = (pa.string(), pa.int64(), pa.float64(), pa.timestamp("us"), pa.bool_())
    columns = [(f"c{i}_{variant}", kind) for i in range(width) for variant, kind in zip(VARIANTS, types, strict=True)]
    return pa.schema([("_line", pa.int64()), *columns])


def _filled(connection: object, table: str, names: Sequence[str]) -> tuple[list[Cells], int]:
    """The cells of every column, without the variants that hold nothing."""
    columns = [f"c{i}_{variant}" for i in range(len(names)) for variant in VARIANTS]
    counts = run(connection, f"SELECT count(*), {', '.join(f'count({c})' for c in columns)} FROM {quoted(table)}")[0]
    filled = {column for column, count in zip(columns, counts[1:], strict=True) if count}
    cells = [Cells(**{v: f"c{i}_{v}" for v in VARIANTS if f"c{i}_{v}" in filled}) for i in range(len(names))]
    return cells, counts[0]


def _batches(rows: Iterable[NumberedRow], width: int, schema: object) -> Iterator[object]:
    import pyarrow as pa

    rows = iter(rows)
    while batch := list(itertools.islice(rows, BATCH)):
        lines = pa.array([number for number, _ in batch], pa.int64())
        padded = [(*row, *itertools.repeat(None, width - len(row)))[:width] for _, row in batch]
        arrays = itertools.chain.from_iterable(_arrays(column) for column in zip(*padded, strict=True))
        yield pa.RecordBatch.from_arrays([lines, *arrays], schema=schema)


def _arrays(column: Sequence[object]) -> list[object]:
    """One column's cells, apart by type, in the order of `VARIANTS`."""
    import pyarrow as pa

    kinds = {type(cell) for cell in column} - {type(None)}
    apart: list[list | None] = [None] * len(VARIANTS)
    for kind in kinds:
        place, convert = _PLACES.get(kind, (0, _text))
        values = [convert(cell) if type(cell) is kind else None for cell in column]
        known = apart[place]
        apart[place] = values if known is None else [b if a is None else a for a, b in zip(known, values, strict=True)]
    types = (pa.string(), pa.int64(), pa.float64(), pa.timestamp("us"), pa.bool_())
    nothing = len(column)
    return [pa.nulls(nothing, t) if v is None else pa.array(v, t) for v, t in zip(apart, types, strict=True)]


def _text(cell: object) -> str | None:
    if isinstance(cell, bytes):
        try:
            return cell.decode("utf-8").replace("\0", "") or None
        except UnicodeDecodeError:
            return cell.decode("cp1252", "replace").replace("\0", "") or None
    return str(cell).replace("\0", "") or None


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day)


_PLACES = {
    str: (0, _text), int: (1, int), float: (2, float), dt.date: (3, _midnight), dt.datetime: (3, lambda t: t),
    bool: (4, bool),
}  # fmt: skip
