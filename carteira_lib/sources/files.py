"""Files to parts: what a path names, what kind of file each is by its content, and how it is opened and loaded."""

from __future__ import annotations

import dataclasses
import functools
import glob
from collections.abc import Iterator, Sequence
from pathlib import Path

from carteira_lib.language import N_
from carteira_lib.sources import delimited, encoding, sheets
from carteira_lib.sources.options import Source, nearest
from carteira_lib.sources.parts import (
    FileReading,
    Opened,
    Part,
    Place,
    fail,
    literal,
    new_name,
    quoted,
    row_hash,
    run,
    typed_cells,
    unique_names,
)
from carteira_lib.tables import DataError, Problem

EMPTY = N_("{where}: o arquivo {file} está vazio; exporte-o de novo ou tire {where} dos parâmetros.")
DAMAGED_PARQUET = N_("{where}: o arquivo {file} não é um parquet que se possa ler: está danificado ou incompleto.")
PAGE = N_("{where}: o arquivo {file} é uma página da internet (HTML), não uma tabela; exporte um CSV, XLSX ou Parquet.")
_PDF = N_("{where}: o arquivo {file} é um PDF, não uma tabela; exporte um CSV, XLSX ou Parquet.")
_COMPRESSED = N_("{where}: o arquivo {file} está compactado; extraia o que há dentro e aponte para ele.")
NO_TABLES = {b"%PDF": _PDF, b"\x1f\x8b": _COMPRESSED, b"7z\xbc\xaf": _COMPRESSED, b"Rar!": _COMPRESSED}
SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PARQUET = (".parquet", ".pq")
READABLE = (".csv", ".tsv", ".txt", *SHEETS, *PARQUET)
MAGIC = {b"PAR1": "parquet", b"PK\x03\x04": "sheet", b"\xd0\xcf\x11\xe0": "sheet"}


def find(source: Source, root: Path) -> list[Path]:
    """The files that the paths of a source name: files, folders, globs; each once, sorted within a folder or glob.

    Raises
    ------
    DataError
        A path names nothing that can be read; one problem for each such path.
    """
    found: dict[Path, None] = {}
    problems = []
    for path in source.paths:
        try:
            found.update(dict.fromkeys(_matches(source.where, path, root)))
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return list(found)


def _matches(where: str, path: str, root: Path) -> list[Path]:
    target = root / Path(path).expanduser()
    if target.is_dir():
        files = [f for f in sorted(target.iterdir()) if _is_readable(f)]
        if files:
            return files
        message = N_("{where}: {path} é uma pasta sem nenhum arquivo de dados ({kinds}).")
        raise fail(message, {"where": where, "path": path, "kinds": ", ".join(READABLE)})
    if target.is_file():
        return [target]
    files = [Path(f) for f in sorted(glob.glob(str(target), recursive=True)) if Path(f).is_file()]
    if files:
        return [f for f in files if not f.name.startswith(("~$", "."))] or files
    raise _missing(where, path, target)


def _is_readable(file: Path) -> bool:
    return file.is_file() and file.suffix.lower() in READABLE and not file.name.startswith(("~$", "."))


def _missing(where: str, path: str, target: Path) -> DataError:
    folder = next(parent for parent in target.parents if parent.is_dir())
    if folder != target.parent:
        message = N_("{where}: o arquivo {path} não existe: a pasta {folder} não foi encontrada.")
        return fail(message, {"where": where, "path": path, "folder": target.parent.name})
    names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    alike = nearest(target.name, names, 3)
    if alike == "–":
        alike = ", ".join(names[:8]) or "–"
    message = N_("{where}: o arquivo {path} não existe. Na pasta há: {nearest}.")
    return fail(message, {"where": where, "path": path, "nearest": alike})


def label_of(file: Path, root: Path) -> str:
    """How a file is called: relative to the root where it lies inside."""
    full, base = file.absolute(), root.absolute()
    return full.relative_to(base).as_posix() if full.is_relative_to(base) else full.as_posix()


def open_file(place: Place, source: Source, file: Path) -> list[Opened]:
    """A file ready to be loaded: its raw names are known. A list, for callers that join several.

    Raises
    ------
    DataError
        The file cannot be read, or holds nothing.
    """
    label = label_of(file, place.root)
    try:
        with file.open("rb") as stream:
            head = stream.read(4096)
    except OSError as error:
        message = N_(
            "{where}: o arquivo {file} não pode ser aberto; veja se outro programa o mantém aberto e se há permissão de leitura."
        )
        raise fail(message, {"where": source.where, "file": label}) from error
    if not head.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise fail(EMPTY, {"where": source.where, "file": label})
    message = _no_table(file, head)
    if message:
        raise fail(message, {"where": source.where, "file": label})
    kind = _kind(file, head)
    return [{"parquet": _open_parquet, "sheet": _open_sheet, "text": _open_text}[kind](place, source, file, label)]


def _no_table(file: Path, head: bytes) -> str | None:
    """The message for a file of another kind; HTML under the name of a spreadsheet has its own, to save it anew."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:9].lower()
    if start.startswith((b"<html", b"<!doctype")) and file.suffix.lower() not in SHEETS:
        return PAGE
    return next((message for magic, message in NO_TABLES.items() if head.startswith(magic)), None)


def _kind(file: Path, head: bytes) -> str:
    kind = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), None)
    suffix = file.suffix.lower()
    if kind:
        return kind
    if suffix in PARQUET:
        return "parquet"
    # Many systems export delimited text or HTML under the name .xls: text is read as the text that it is.
    exported_text = suffix == ".xls" and b"\0" not in head and not head.lstrip().startswith(b"<")
    return "sheet" if suffix in SHEETS and not exported_text else "text"


def _open_parquet(place: Place, source: Source, file: Path, label: str) -> Opened:
    import duckdb

    scan = _parquet_scan(file)
    try:
        described = run(place.connection, f"DESCRIBE SELECT * EXCLUDE (file_row_number) FROM {scan}")
    except duckdb.Error as error:
        raise fail(DAMAGED_PARQUET, {"where": source.where, "file": label}) from error
    columns = [(row[0], row[1]) for row in described]
    names = unique_names([name for name, _ in columns])
    load = functools.partial(_load_parquet, place, file, label, scan, columns)
    return Opened(label, names, load)


def _parquet_scan(file: Path) -> str:
    return f"read_parquet({literal(str(file))}, file_row_number = true, binary_as_string = true)"


def damaged_parquet(connection: object, source: Source, root: Path) -> list[Problem]:
    """The parquet files of a source whose content cannot be read through: slow, for when reading has failed."""
    import duckdb

    problems = []
    for file in find(source, root):
        with file.open("rb") as stream:
            if _kind(file, stream.read(4)) != "parquet":
                continue
        try:
            run(connection, f"SELECT bit_xor(hash(COLUMNS(*))) FROM {_parquet_scan(file)}")
        except duckdb.Error:
            problems.append(Problem(DAMAGED_PARQUET, {"where": source.where, "file": label_of(file, root)}))
    return problems


def _load_parquet(
    place: Place, file: Path, label: str, scan: str, columns: Sequence[tuple[str, str]], used: Sequence[str]
) -> Part:
    names = unique_names([name for name, _ in columns])
    typed = {n: typed_cells(quoted(raw), kind) for n, (raw, kind) in zip(names, columns, strict=True)}
    rows = run(place.connection, f"SELECT count(*) FROM {scan}")[0][0]
    reading = FileReading(label, "parquet", rows=rows, columns=names, fingerprint=encoding.fingerprint(file))
    row = row_hash({raw: quoted(raw) for raw, _ in columns})
    return Part(label, scan, {name: typed[name] for name in used}, "file_row_number + 1", row, reading)


def _open_sheet(place: Place, source: Source, file: Path, label: str) -> Opened:
    sheet = sheets.open_sheet(file, label, source.where, source.sheet)
    first = next(sheets.sheet_rows(sheet), None)
    if first is None:
        raise fail(EMPTY, {"where": source.where, "file": label})
    names, header = _header(source, [_cell_name(cell) for cell in first[1]], len(first[1]))
    return Opened(label, names, functools.partial(_load_sheet, place, file, label, (sheet, names, header)))


def _cell_name(cell: object) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str("" if cell is None else cell)


def _load_sheet(
    place: Place, file: Path, label: str, opened: tuple[object, tuple[str, ...], bool], used: Sequence[str]
) -> Part:
    sheet, names, header = opened
    rows: Iterator = sheets.sheet_rows(sheet)
    if header:
        next(rows, None)
    relation, cells, count = sheets.load_rows(place.connection, rows, names, names)
    kept = tuple(n for i, n in enumerate(names, 1) if n != str(i) or not header or cells[n] != type(cells[n])())
    kind = file.suffix.lower().lstrip(".")
    reading = FileReading(label, kind, header=header, rows=count, columns=kept, fingerprint=encoding.fingerprint(file))
    return Part(label, relation, {name: cells[name] for name in used}, "_line", "_row", reading)


def _header(source: Source, first: Sequence[str], width: int) -> tuple[tuple[str, ...], bool]:
    """The raw names and whether they stand in the file; without a header columns are called 1, 2, 3..."""
    positions = tuple(str(i) for i in range(1, width + 1))
    names = unique_names(first)
    header = source.header
    if header is None:
        mapped = [raw for raw in source.columns.values() if raw is not None]
        header = not (mapped and set(mapped) <= set(positions) and not set(mapped) <= set(names))
    return (names, True) if header else (positions, False)


def _open_text(place: Place, source: Source, file: Path, label: str) -> Opened:
    copy = place.scratch / new_name("text")
    try:
        text = encoding.open_text(file, source.encoding, copy)
    except UnicodeError as error:
        message = N_(
            "{where}: o arquivo {file} não está na codificação {encoding}; tire a opção encoding para que ela seja detectada."
        )
        if not source.encoding:
            message = N_("{where}: o arquivo {file} está cortado ou danificado; exporte-o de novo.")
        raise fail(message, {"where": source.where, "file": label, "encoding": source.encoding}) from error
    if text.empty:
        raise fail(EMPTY, {"where": source.where, "file": label})
    sample = delimited.sample(text.path)
    delimiter = source.delimiter or delimited.find_delimiter(sample)
    layout = _layout(source, label, text, delimited.first_records(sample, delimiter), delimiter)
    return Opened(label, layout.names, functools.partial(_load_text, place, file, label, text, layout))


def _layout(
    source: Source, label: str, text: encoding.Text, records: Sequence[Sequence[str]], delimiter: str
) -> delimited.Layout:
    usual = delimited.usual_width(records)
    names, header = _header(source, records[0], usual)
    beyond = [r for r in records[1:] if any(cell.strip() for cell in r[len(names) :])]
    if header and len(beyond) > len(records) / 2:
        message = N_(
            "{where}: em {file} o cabeçalho tem menos colunas ({names}) que as linhas ({width}). Apague o que houver acima do cabeçalho (título, sep=;); confira o separador ('{delimiter}'), em sources; se não há cabeçalho, use header: false."
        )
        raise fail(
            message, {"where": source.where, "file": label, "names": len(names), "width": usual, "delimiter": delimiter}
        )
    one_line = not any("\n" in cell or "\r" in cell for cell in records[0])
    return delimited.Layout(delimiter, text.quotes, header, names, text.regular and one_line)


def _load_text(
    place: Place, file: Path, label: str, text: encoding.Text, layout: delimited.Layout, used: Sequence[str]
) -> Part:
    unnamed = [n for i, n in enumerate(layout.names, 1) if layout.header and n == str(i)]
    part = delimited.text_part(place.connection, label, text.path, layout, [*dict.fromkeys([*used, *unnamed])])
    empty = {name for name in unnamed if not _has_content(place, part, name)}
    reading = dataclasses.replace(
        part.file,
        encoding=text.encoding,
        mixed_lines=text.mixed_lines,
        columns=tuple(name for name in layout.names if name not in empty),
        fingerprint=encoding.fingerprint(file),
    )
    if text.path != file:
        text.path.unlink(missing_ok=True)
    return dataclasses.replace(part, file=reading)


def _has_content(place: Place, part: Part, name: str) -> bool:
    content = f"regexp_matches({part.cells[name].text}, '[^\\s\\x{{00A0}}]')"
    return run(place.connection, f"SELECT count(*) FILTER ({content}) FROM {part.relation}")[0][0] > 0
