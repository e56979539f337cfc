"""SQL over files: the files that a query names are read as any other source is, then DuckDB runs the query."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

from carteira_lib.language import N_
from carteira_lib.sources import databases, files
from carteira_lib.sources.options import Source
from carteira_lib.sources.parts import Opened, Part, Place, as_text, fail, literal, new_name, quoted, run

READERS = ("read_csv", "read_csv_auto", "read_parquet", "parquet_scan", "read_json", "read_json_auto")


def open_query(place: Place, source: Source) -> list[Opened]:
    """A query without a URL, run by DuckDB over files whose relative paths start at the root.

    Text files and spreadsheets get what every source gets: their encoding, delimiter and leading zeros are kept.
    """
    statement = databases.only_select(source, "duckdb")
    sql = _with_files(place, source, statement).sql(dialect="duckdb")
    return [_run(place, source, sql, f"{source.where}.query")]


def files_of(source: Source, root: Path) -> list[Path]:
    """The files that a query names, in FROM or in read_csv('...') and its like."""
    from sqlglot import exp

    statement = databases.only_select(source, "duckdb")
    named = [path for table in statement.find_all(exp.Table) if (path := _named_file(table))]
    called = [path.name for call in statement.find_all(exp.Func) for path in _paths(call)]
    return files.find(dataclasses.replace(source, paths=tuple(dict.fromkeys([*named, *called]))), root)


def _named_file(table: object) -> str | None:
    from sqlglot import exp

    quoted_name = isinstance(table.this, exp.Identifier) and table.this.quoted and not table.db
    return table.this.name if quoted_name and Path(table.this.name).suffix.lower() in files.READABLE else None


def _with_files(place: Place, source: Source, statement: object) -> object:
    from sqlglot import exp

    for table in list(statement.find_all(exp.Table)):
        if path := _named_file(table):
            if Path(path).suffix.lower() in files.PARQUET:  # has its types; DuckDB reads just the columns asked for
                view = exp.Table(this=exp.to_identifier(_found(place, source, path), quoted=True))
            else:
                view = exp.to_table(_view(place, source, path), dialect="duckdb")
            table.replace(exp.alias_(view, table.alias or Path(path).stem, table=True, quoted=True))
    for call in list(statement.find_all(exp.Func)):
        for path in _paths(call):
            path.replace(exp.Literal.string(str(place.root / path.name)))
    return statement


def _found(place: Place, source: Source, path: str) -> str:
    """The full path, or glob, of files that are there."""
    files.find(dataclasses.replace(source, paths=(path,)), place.root)
    return str(place.root / path)


def _view(place: Place, source: Source, path: str) -> str:
    inner = dataclasses.replace(source, paths=(path,), columns={}, query=None)
    found = files.find(inner, place.root)
    opened = [one for file in found for one in files.open_file(place, inner, file)]
    for one in opened[1:]:
        if set(one.names) != set(opened[0].names):
            message = N_("{where}: os arquivos {first} e {second} têm colunas diferentes.")
            raise fail(message, {"where": source.where, "first": opened[0].label, "second": one.label})
    return _table_of_parts(place, [one.load(opened[0].names) for one in opened])


def _paths(call: object) -> list[object]:
    """The paths in read_csv('...') and its like that start at the root."""
    from sqlglot import exp

    if call.sql_name().lower() not in READERS and str(call.name).lower() not in READERS:
        return []
    inside = [p for p in call.find_all(exp.Literal) if p.parent is call or isinstance(p.parent, exp.Array)]
    return [p for p in inside if p.is_string and "://" not in p.name and not Path(p.name).is_absolute()]


def _run(place: Place, source: Source, sql: str, label: str) -> Opened:
    """SQL of DuckDB's over what the connection holds and over files, run once."""
    import duckdb

    table = new_name("query")
    try:
        run(place.connection, f"CREATE TABLE {quoted(table)} AS {sql}")
    except duckdb.Error as error:
        message = N_("{where}: a consulta não pôde ser feita: {detail}")
        detail = str(error).split("\n\n")[0].replace(f"{place.root}{os.sep}", "")
        raise fail(message, {"where": source.where, "detail": " ".join(detail.split())[:300]}) from None
    return databases.opened_table(place, source, table, label)


def _table_of_parts(place: Place, parts: list[Part]) -> str:
    """A view of all columns of some files, as SQL over files sees them: typed where that loses nothing."""
    view = new_name("file")
    names = parts[0].cells
    selects = []
    for part in parts:
        columns = ", ".join(f"{_lossless(place, parts, name, part)} AS {quoted(name)}" for name in names)
        selects.append(f"SELECT {columns} FROM {part.relation}")
    run(place.connection, f"CREATE VIEW {quoted(view)} AS {' UNION ALL '.join(selects)}")
    return view


def _lossless(place: Place, parts: list[Part], name: str, part: Part) -> str:
    """A column of text as whole numbers, numbers or days, where each value comes back as it was written."""
    text = as_text(part.cells[name])
    every = " UNION ALL ".join(f"SELECT {as_text(p.cells[name])} AS x FROM {p.relation}" for p in parts)
    patterns = {
        "BIGINT": r"-?(0|[1-9]\d{0,17})",
        "DOUBLE": r"-?(0|[1-9]\d{0,14})(\.\d{1,6})?",
        "DATE": r"\d{4}-[01]\d-[0-3]\d",
    }
    tests = ", ".join(
        f"bool_and(regexp_full_match(x, {literal(p)}) AND TRY_CAST(x AS {t}) IS NOT NULL)" for t, p in patterns.items()
    )
    answers = run(place.connection, f"SELECT {tests} FROM ({every}) WHERE x IS NOT NULL")[0]
    kind = next((t for t, fits in zip(patterns, answers, strict=True) if fits), None)
    return f"CAST({text} AS {kind})" if kind else text
