"""Delimited text to DuckDB: the delimiter, the header, and every line with its number, whole or named as damaged.

DuckDB reads a regular file by itself. A file whose lines differ in length, with blank lines, stray quotes or
whitespace for a delimiter goes through `records`, which reads it line by line and loses none: short lines are filled
up with nothing, empty columns too many are cut off, and what still has too many columns is damaged.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from carteira_lib.sources.parts import Cells, Part, literal, new_name, quoted, row_hash, run

CANDIDATES = ";\t|,"
SAMPLE_CHARS = 256 * 1024
SAMPLE_RECORDS = 200
BATCH = 50_000
OPEN_QUOTE_LINES = 500
SPARE_COLUMNS = 4
CONSISTENT = 0.9


class Layout(NamedTuple):
    """How a delimited text is laid out: whether a header stands first, and how many columns a line has."""

    delimiter: str
    quotes: bool
    header: bool
    names: tuple[str, ...]
    regular: bool

    @property
    def width(self) -> int:
        return len(self.names)


class Record(NamedTuple):
    """A line of the file: its fields, or None and the text where it is damaged."""

    line: int
    fields: list[str] | None
    text: str


def sample(path: Path) -> str:
    """The first whole lines of a UTF-8 file."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        text = stream.read(SAMPLE_CHARS)
        return text + stream.readline() if len(text) == SAMPLE_CHARS else text


def find_delimiter(text: str) -> str:
    """The delimiter that splits the first records most evenly; a space stands for any whitespace.

    Examples
    --------
    >>> find_delimiter("id;valor\\n1;2,5\\n"), find_delimiter('a,b\\n1,"x;y"\\n'), find_delimiter(" a  b\\n 1   2\\n")
    (';', ',', ' ')
    """
    first = next((line for line in text.splitlines() if line.strip()), "")
    marks = [mark for mark in CANDIDATES if mark in first] or CANDIDATES  # decimal commas are not in a header
    counts = {mark: _widths(text, mark) for mark in marks}
    even = {mark: width for mark, (width, share) in counts.items() if width > 1 and share >= CONSISTENT}
    if even:
        if ";" in even and "," in even and _commas_are_decimals(text):
            return ";"
        return max(even, key=lambda mark: (even[mark], -CANDIDATES.index(mark)))
    width, share = _space_widths(text)
    if width > 1 and share >= CONSISTENT:
        return " "
    split = {mark: share for mark, (width, share) in counts.items() if width > 1}
    return max(split, key=split.__getitem__) if split else ";"


def _widths(text: str, mark: str) -> tuple[int, float]:
    rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=mark), SAMPLE_RECORDS)
    try:
        return _most_common([len(row) for row in rows if row])
    except csv.Error:
        return 0, 0.0


def _space_widths(text: str) -> tuple[int, float]:
    return _most_common([len(line.split()) for line in text.splitlines()[:SAMPLE_RECORDS] if line.strip()])


def _most_common(widths: list[int]) -> tuple[int, float]:
    if not widths:
        return 0, 0.0
    width, count = max(Counter(widths).items(), key=lambda item: (item[1], item[0]))
    return width, count / len(widths)


def _commas_are_decimals(text: str) -> bool:
    rows = itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=";"), SAMPLE_RECORDS)
    bare = [field for row in rows for field in row if "," in field]
    return bool(bare) and all(re.fullmatch(r"\D{0,4}[\d.]+,\d+\D{0,2}", field) for field in bare)


def first_records(text: str, delimiter: str) -> list[list[str]]:
    """The first records of a sample, blank lines left out."""
    if delimiter == " ":
        rows = [line.split() for line in text.splitlines()]
    else:
        rows = list(itertools.islice(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), SAMPLE_RECORDS))
    return [row for row in rows if any(cell.strip() for cell in row)]


def usual_width(records: Sequence[Sequence[str]]) -> int:
    """How many columns most records have."""
    return _most_common([len(record) for record in records])[0]


def load(connection: object, path: Path, layout: Layout, used: Sequence[str]) -> tuple[str, str, str | None, int]:
    """Load the used columns: relation, expression of the line number, relation of the damaged lines, rows."""
    import duckdb

    table = new_name("text")
    indexes = [layout.names.index(name) for name in used]
    if layout.regular and layout.delimiter != " ":
        for spare in (0, SPARE_COLUMNS):
            try:
                rows = _load_regular(connection, path, layout, indexes, (table, spare))
            except duckdb.InvalidInputException:
                continue  # a line that is not like the others: below it is found, and kept
            if rows is not None:
                return quoted(table), f"rowid + {1 + layout.header}", None, rows
    return _load_records(connection, path, layout, indexes, table)


def _hash(layout: Layout) -> str:
    return row_hash({f"{name}\0{i:06}": f"c{i}" for i, name in enumerate(layout.names)})


def _stored(indexes: Sequence[int]) -> str:
    return "".join(f"c{i}, " for i in sorted(set(indexes)))


def _load_regular(
    connection: object, path: Path, layout: Layout, indexes: Sequence[int], target: tuple[str, int]
) -> int | None:
    """Rows loaded by DuckDB itself; with spare columns short lines pass too, and None says that one was too long."""
    table, spare = target
    names = [f"c{i}" for i in range(layout.width)] + [f"spare{i}" for i in range(spare)]
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    beyond = f"coalesce({', '.join(names[layout.width :])}) IS NOT NULL" if spare else "FALSE"
    quote = "'\"'" if layout.quotes else "''"
    side_by_side = not (spare and layout.quotes)  # several threads cannot both fill lines up and follow quoted breaks
    run(
        connection,
        f"CREATE TABLE {quoted(table)} AS SELECT {_stored(indexes)} {_hash(layout)} AS _row, {beyond} AS _beyond "
        f"FROM read_csv({literal(str(path))}, auto_detect = false, delim = {literal(layout.delimiter)}, "
        f"header = {str(layout.header).lower()}, quote = {quote}, escape = {quote}, columns = {{{types}}}, "
        f"strict_mode = true, null_padding = {str(spare > 0).lower()}, parallel = {str(side_by_side).lower()})",
    )
    rows, damaged = run(connection, f"SELECT count(*), count(*) FILTER (_beyond) FROM {quoted(table)}")[0]
    if damaged:
        run(connection, f"DROP TABLE {quoted(table)}")
    return None if damaged else rows


def _load_records(
    connection: object, path: Path, layout: Layout, indexes: Sequence[int], table: str
) -> tuple[str, str, str | None, int]:
    import pyarrow as pa

    fields = [(f"c{i}", pa.string()) for i in range(layout.width)]
    schema = pa.schema([("_line", pa.int64()), ("_damaged", pa.string()), *fields])
    stream = pa.RecordBatchReader.from_batches(schema, _batches(path, layout, schema))
    view = new_name("stream")
    connection.register(view, stream)
    try:
        sql = f"SELECT {_stored(indexes)} {_hash(layout)} AS _row, _line, _damaged FROM {quoted(view)}"
        run(connection, f"CREATE TABLE {quoted(table)} AS {sql}")
    finally:
        connection.unregister(view)
    rows = run(connection, f"SELECT count(*) FROM {quoted(table)}")[0][0]
    good = f"(SELECT * FROM {quoted(table)} WHERE _damaged IS NULL)"
    bad = f"(SELECT _line, _damaged AS text FROM {quoted(table)} WHERE _damaged IS NOT NULL)"
    return good, "_line", bad, rows


def _batches(path: Path, layout: Layout, schema: object) -> Iterator[object]:
    import pyarrow as pa

    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = records(stream, layout)
        while batch := list(itertools.islice(lines, BATCH)):
            empty = [None] * layout.width
            columns = zip(*(record.fields or empty for record in batch), strict=True)
            arrays = [pa.array([field or None for field in column], pa.string()) for column in columns]
            numbers = pa.array([record.line for record in batch], pa.int64())
            damaged = pa.array([record.text if record.fields is None else None for record in batch], pa.string())
            yield pa.RecordBatch.from_arrays([numbers, damaged, *arrays], schema=schema)


def records(stream: Iterator[str], layout: Layout) -> Iterator[Record]:
    """Every record of a text but the header and the blank lines, numbered as a person counts them: blank lines count.

    Examples
    --------
    >>> layout = Layout(";", True, True, ("a", "b"), False)
    >>> text = io.StringIO("a;b\\n1;2\\n\\n3\\n4;5;6\\n7;8;\\n", newline="")
    >>> [(r.line, r.fields) for r in records(text, layout)]
    [(2, ['1', '2']), (4, ['3', '']), (5, None), (6, ['7', '8'])]
    """
    lines = _Lines(stream)
    header_due = layout.header
    for number in itertools.count(1):
        text = lines.next()
        if text is None:
            return
        if text.isspace():
            continue
        fields, whole = _fields(text, lines, layout)
        if header_due:
            header_due = False
        else:
            yield Record(number, _fitted(fields, layout.width), whole.rstrip("\r\n"))


class _Lines:
    """Lines of a stream, some of which can be put back."""

    def __init__(self, stream: Iterator[str]):
        self._stream = stream
        self._waiting: list[str] = []

    def next(self) -> str | None:
        return self._waiting.pop() if self._waiting else next(self._stream, None)

    def put_back(self, lines: Sequence[str]) -> None:
        self._waiting.extend(reversed(lines))


def _fields(text: str, lines: _Lines, layout: Layout) -> tuple[list[str], str]:
    if layout.delimiter == " ":
        return text.split(), text
    if '"' not in text:
        return text.rstrip("\r\n").split(layout.delimiter), text
    return _quoted_fields(text, lines, layout)


def _quoted_fields(text: str, lines: _Lines, layout: Layout) -> tuple[list[str], str]:
    """The fields of a line with quotes; a field that stays open goes on in the next lines, if it ever closes."""
    whole, taken = text, []
    while len(taken) < OPEN_QUOTE_LINES:
        if not taken or '"' in taken[-1]:
            fields, still_open = _strict_fields(whole, layout)
            if fields is not None and (not taken or len(fields) <= layout.width):
                return fields, whole
            if not still_open:
                break
        following = lines.next()
        if following is None:
            break
        taken.append(following)
        whole += following
    lines.put_back(taken)
    return _lenient_fields(text.rstrip("\r\n"), layout), text


def _strict_fields(text: str, layout: Layout) -> tuple[list[str] | None, bool]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter, strict=True)), False
    except csv.Error as error:
        return None, "unexpected end of data" in str(error)


def _lenient_fields(text: str, layout: Layout) -> list[str]:
    """Fields of a line whose quotes are not doubled: a quote closes only before a delimiter or the end."""
    mark = re.escape(layout.delimiter)
    pattern = rf'(?:^|{mark})(?:"((?:(?!"{mark}).)*)"(?={mark}|$)|([^{mark}]*))'
    closed = [m.group(1) if m.group(1) is not None else m.group(2) for m in re.finditer(pattern, text)]
    return closed if len(closed) == layout.width else text.split(layout.delimiter)


def _fitted(fields: list[str], width: int) -> list[str] | None:
    if len(fields) == width:
        return fields
    if len(fields) < width:
        return fields + [""] * (width - len(fields))
    return None if any(field.strip() for field in fields[width:]) else fields[:width]


def part_cells(layout: Layout, used: Sequence[str]) -> dict[str, Cells]:
    """The cells of a text file's columns: all text, as it stands in the file."""
    return {name: Cells(text=f"c{layout.names.index(name)}") for name in used}


def text_part(connection: object, label: str, path: Path, layout: Layout, used: Sequence[str]) -> Part:
    """Load one text file; its FileReading is filled in by the caller."""
    from carteira_lib.sources.parts import FileReading

    relation, line, damaged, rows = load(connection, path, layout, used)
    file = FileReading(label, "csv", delimiter=layout.delimiter, header=layout.header, rows=rows)
    return Part(label, relation, part_cells(layout, used), line, "_row", file, damaged)
