"""Databases and queries to parts: SQLite, whatever Ibis connects to by URL, and SQL of DuckDB's over files.

Only reading happens: SQLite and DuckDB files are opened read-only, and nothing but one SELECT is let through. A
``${VAR}`` in a URL comes from the environment; neither it nor a password ever stands in a message or a result.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_plus

from carteira_lib.language import N_
from carteira_lib.sources import sheets
from carteira_lib.sources.options import Source, nearest
from carteira_lib.sources.parts import (
    FileReading,
    Opened,
    Part,
    Place,
    fail,
    new_name,
    quoted,
    row_hash,
    run,
    typed_cells,
    unique_names,
)
from carteira_lib.tables import DataError

BATCH = 10_000
VARIABLE = re.compile(r"\$\{(\w+)\}")
DIALECTS = {"postgresql": "postgres", "mariadb": "mysql", "mssql": "tsql"}
EXTRAS = {"postgresql": "postgres", "mariadb": "mysql"}


class Target(NamedTuple):
    """A database to be read; only `label` is ever shown."""

    url: str
    scheme: str
    secrets: tuple[str, ...]
    label: str

    def __repr__(self) -> str:
        return f"Target({self.label!r})"


def open_database(place: Place, source: Source) -> list[Opened]:
    """The table or query of a database by URL, ready to be loaded.

    Raises
    ------
    DataError
        A variable is not set, the driver is not installed, the database refuses, or the query is no SELECT.
    """
    url, secrets = expand(source)
    scheme = url.split("://")[0].lower() if "://" in url else ""
    target = Target(url, scheme, tuple(secrets), f"{shown(source.url)} {source.db_table or 'query'}")
    if source.query:
        only_select(source, DIALECTS.get(scheme, scheme))
    opener = {"sqlite": _open_sqlite, "duckdb": _open_duckdb}.get(scheme, _open_url)
    return [opener(place, source, target)]


def files_of(source: Source, root: Path) -> list[Path]:
    """The file that a URL of SQLite's or DuckDB's names; none for a database server."""
    url, _ = expand(source)
    return [_database_file(root, source, url)] if url.split("://")[0].lower() in ("sqlite", "duckdb") else []


def expand(source: Source) -> tuple[str, list[str]]:
    """The URL with its variables filled in, and everything in it that must never be shown."""
    missing = sorted({name for name in VARIABLE.findall(source.url) if name not in os.environ})
    if missing:
        message = N_("{where}: a variável de ambiente {names} não está definida; defina-a antes de rodar.")
        raise fail(message, {"where": source.where, "names": ", ".join(missing)})
    user_part = re.match(r"[^:/]+://(.*)@", source.url)
    span = user_part.span(1) if user_part else (0, 0)

    def value_of(match: re.Match) -> str:
        value = os.environ[match.group(1)]
        breaks_url = span[0] <= match.start() < span[1] and re.search(r"[/@:?#\[\] ]", value)
        return quote(value, safe="") if breaks_url else value

    url = VARIABLE.sub(value_of, source.url)
    secrets = {os.environ[name] for name in VARIABLE.findall(source.url)} | set(_passwords(url))
    return url, sorted({form for s in secrets for form in (s, quote(s, safe=""), unquote(s)) if form}, key=len)[::-1]


def _passwords(url: str) -> Iterator[str]:
    found = re.match(r"[^:/]+://[^:/@]*:(.*)@", url)
    if found:
        yield found.group(1)
        yield unquote_plus(found.group(1))
    yield from re.findall(r"(?i)(?:password|pwd|token|secret|key)=([^&;]+)", url)


def shown(url: str) -> str:
    """A URL as params has it, without a password written into it; variables stay names."""
    hidden = re.sub(r"(?i)((?:password|pwd|token|secret|key)=)(?!\$\{)[^&;]+", r"\1***", url)
    return re.sub(r"^([^:/]+://[^:/@]*:)(?!\$\{\w+\}@)(.*)@", r"\1***@", hidden)


def sanitised(error: BaseException, secrets: Sequence[str]) -> str:
    """What a driver said, in one line, without anything secret."""
    text = " ".join(str(error).split("Detail: Python exception")[0].split())
    for secret in secrets:
        text = text.replace(secret, "***")
    return text[:300]


def only_select(source: Source, dialect: str) -> object:
    """The parsed query.

    Raises
    ------
    DataError
        It is not one single SELECT, or would write.
    """
    import sqlglot
    from sqlglot import exp

    try:
        known = dialect if sqlglot.Dialect.get(dialect) else None
        statements = [s for s in sqlglot.parse(source.query, read=known) if s is not None]
    except (sqlglot.errors.SqlglotError, ValueError) as error:
        raise _not_sql(source, next(iter(getattr(error, "errors", [])), {})) from None
    writing = (exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Into, exp.Command, exp.Copy)
    one = len(statements) == 1 and isinstance(statements[0], exp.Query)
    if not one or any(statements[0].find_all(*writing)):
        raise fail(
            N_("{where}: a consulta deve ser um único SELECT; nada é gravado no banco."), {"where": source.where}
        )
    return statements[0]


def _not_sql(source: Source, found: Mapping) -> DataError:
    """The error of a query that cannot be parsed; sqlglot says where, in words for programmers."""
    if not found.get("highlight"):
        return fail(N_("{where}: a consulta não é um SQL válido; confira aspas e parênteses."), {"where": source.where})
    message = N_(
        "{where}: a consulta não é um SQL válido; confira-a perto de '{near}' (linha {line}, coluna {column})."
    )
    near = found["highlight"]
    column = found["col"] - len(near) + 1  # sqlglot gives the last character's
    return fail(message, {"where": source.where, "near": near[:40], "line": found["line"], "column": column})


def _database_file(root: Path, source: Source, url: str) -> Path:
    path = unquote(re.sub(r"^\w+:///?", "", url))
    file = root / path
    if file.is_file():
        return file
    names = sorted(f.name for f in file.parent.iterdir()) if file.parent.is_dir() else []
    message = N_("{where}: o banco {url} não existe. Na pasta há: {nearest}.")
    raise fail(message, {"where": source.where, "url": shown(source.url), "nearest": nearest(file.name, names, 3)})


def _refused(source: Source, error: BaseException, secrets: Sequence[str]) -> DataError:
    message = N_("{where}: o banco {url} recusou a leitura: {detail}")
    return fail(message, {"where": source.where, "url": shown(source.url), "detail": sanitised(error, secrets)})


def _no_table(source: Source, known: list[str]) -> DataError:
    message = N_("{where}: o banco {url} não tem a tabela '{table}'; quis dizer {nearest}?")
    near = nearest(source.db_table, known, 3)
    return fail(message, {"where": source.where, "url": shown(source.url), "table": source.db_table, "nearest": near})


def _open_sqlite(place: Place, source: Source, target: Target) -> Opened:
    file = _database_file(place.root, source, target.url)
    try:
        with _sqlite(file) as database:
            known = [n for (n,) in database.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
            if source.db_table and source.db_table not in known:
                raise _no_table(source, known)
            sql = source.query.rstrip("; \n") if source.query else f"SELECT * FROM {quoted(source.db_table)}"
            names = unique_names([d[0] for d in database.execute(f"SELECT * FROM ({sql}\n) LIMIT 0").description])
    except sqlite3.Error as error:
        raise _refused(source, error, target.secrets) from None
    return Opened(target.label, names, functools.partial(_load_sqlite, place, source, (file, sql, names, target)))


@contextlib.contextmanager
def _sqlite(file: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(f"file:{quote(file.absolute().as_posix())}?mode=ro", uri=True, check_same_thread=False)
    try:
        database.text_factory = lambda b: b.decode("utf-8") if _is_utf8(b) else b.decode("cp1252", "replace")
        yield database
    finally:
        database.close()


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _load_sqlite(place: Place, source: Source, opened: tuple, used: Sequence[str]) -> Part:
    import duckdb

    file, sql, names, target = opened
    try:
        with _sqlite(file) as database:
            rows = enumerate(database.execute(sql), 1)
            relation, cells, count = sheets.load_rows(place.connection, rows, names, used)
    except (sqlite3.Error, duckdb.Error) as error:
        raise _refused(source, error, target.secrets) from None
    reading = _reading(place, source, (target.label, names, relation, count))
    return Part(target.label, relation, cells, "_line", "_row", reading)


def _reading(place: Place, source: Source, loaded: tuple[str, tuple[str, ...], str, int]) -> FileReading:
    """The FileReading of rows that came from no file; its fingerprint is of the query and of the rows it gave."""
    label, names, relation, count = loaded
    content = run(place.connection, f"SELECT count(*), bit_xor(_row), sum(CAST(_row AS HUGEINT)) FROM {relation}")[0]
    text = "\0".join(map(str, (shown(source.url or ""), source.db_table, source.query, names, *content)))
    kind = "database" if source.url else "sql"
    return FileReading(label, kind, rows=count, columns=names, fingerprint=hashlib.sha256(text.encode()).hexdigest())


def _open_duckdb(place: Place, source: Source, target: Target) -> Opened:
    import duckdb

    file = _database_file(place.root, source, target.url)
    sql = source.query.rstrip("; \n") if source.query else f"SELECT * FROM {quoted(source.db_table)}"
    try:
        with contextlib.closing(duckdb.connect(str(file), read_only=True)) as database:
            known = [n for (n,) in run(database, "SELECT table_name FROM information_schema.tables")]
            if source.db_table and source.db_table not in known:
                raise _no_table(source, known)
            arrow = database.sql(sql).to_arrow_table()
    except duckdb.Error as error:
        raise _refused(source, error, target.secrets) from None
    return _typed(place, source, arrow, target.label)


def _open_url(place: Place, source: Source, target: Target) -> Opened:
    from carteira_lib.sources.connection import quiet_ibis

    quiet_ibis()
    import ibis

    try:
        database = ibis.connect(target.url)
        table = database.sql(source.query) if source.query else database.table(source.db_table)
        return _typed(place, source, table.to_pyarrow_batches(chunk_size=BATCH), target.label)
    except ImportError:
        message = N_("{where}: falta o conector do banco; instale com: pip install 'ibis-framework[{extra}]'")
        failure = fail(message, {"where": source.where, "extra": EXTRAS.get(target.scheme, target.scheme)})
    except Exception as error:  # every driver has exceptions of its own, and any of them may repeat the URL
        failure = _refused(source, error, target.secrets)
    # Raised out here, it carries no trace of the driver's exception, which may hold the password.
    raise failure


def _typed(place: Place, source: Source, arrow: object, label: str) -> Opened:
    """Rows that come with types, loaded at once: a table of DuckDB whose names are known."""
    table, view = new_name("rows"), new_name("stream")
    place.connection.register(view, arrow)
    try:
        run(place.connection, f"CREATE TABLE {quoted(table)} AS SELECT * FROM {quoted(view)}")
    finally:
        place.connection.unregister(view)
    return opened_table(place, source, table, label)


def opened_table(place: Place, source: Source, table: str, label: str) -> Opened:
    """A table of the connection, as it came from a database or a query."""
    columns = [(row[0], row[1]) for row in run(place.connection, f"DESCRIBE {quoted(table)}")]
    names = unique_names([raw for raw, _ in columns])
    return Opened(label, names, functools.partial(_load_table, place, source, (table, columns, label)))


def _load_table(place: Place, source: Source, opened: tuple, used: tuple[str, ...]) -> Part:
    table, columns, label = opened
    names = unique_names([raw for raw, _ in columns])
    row = row_hash({raw: quoted(raw) for raw, _ in columns})
    relation = f"(SELECT *, rowid + 1 AS _line, {row} AS _row FROM {quoted(table)})"
    typed = {n: typed_cells(quoted(raw), kind) for n, (raw, kind) in zip(names, columns, strict=True)}
    count = run(place.connection, f"SELECT count(*) FROM {quoted(table)}")[0][0]
    reading = _reading(place, source, (label, names, relation, count))
    return Part(label, relation, {name: typed[name] for name in used}, "_line", "_row", reading)
