"""Files and databases to Ibis tables under our column names, each row with its file, line and hash.

What is found is said: encoding, delimiter, decimal mark and order of dates are detected over the whole content and
stand in the `Reading`; what could only be assumed is named. All problems of all sources come in one DataError.
DuckDB reads and holds the rows; text stays text until the cleaning converts it by rule.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from carteira_lib.language import N_
from carteira_lib.sources import columns, databases, encoding, files, options, queries
from carteira_lib.sources.connection import connect, scan
from carteira_lib.sources.parts import FileReading, Opened, Place
from carteira_lib.sources.reading import Reading, assemble
from carteira_lib.tables import DataError, Problem

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

__all__ = ["FileReading", "Reading", "connect", "fingerprint", "read", "rows_asked_for", "scan"]

HEADING = N_("Os dados de entrada não puderam ser lidos")
Planned = tuple[options.Source, list[Opened], dict[str, str]]


def read(sources: Mapping[str, Mapping], root: Path, connection: Backend) -> dict[str, Reading]:
    """The canonical tables that `sources` names, as lazy tables of the connection.

    Parameters
    ----------
    sources : mapping
        Canonical table to where it is: ``path`` (file, folder, glob or a list of them), ``url`` with ``table`` or
        ``query``, or ``query`` alone (SQL over files); ``columns`` maps canonical names to raw ones. Detection is
        overridden by ``sheet``, ``delimiter``, ``encoding``, ``decimal``, ``date_format`` and ``header``.
    root : Path
        Where relative paths start.
    connection : Backend
        From `connect`.

    Returns
    -------
    dict of str to Reading
        In the order of `sources`.

    Raises
    ------
    DataError
        With every problem of every source.

    Notes
    -----
    ``_line`` counts as a person does: the header is line 1 and blank lines count, a record with line breaks inside
    is one. Rows of databases and queries are numbered from 1 as they come. ``_row`` is the same for equal lines of
    files of one kind; it may differ between versions of DuckDB.
    """
    import duckdb

    problems: list[Problem] = []
    readings: dict[str, Reading] = {}
    planned: list[Planned] = []
    with TemporaryDirectory(prefix="carteira-") as scratch:
        place = Place(connection.con, Path(root), Path(scratch))
        for table, spec in sources.items():
            try:
                planned.append(_plan(place, options.parse(str(table), spec)))
            except DataError as error:
                problems += error.problems
            except OSError as error:
                problems.append(_no_room(str(table), error))
        for source, opened, mapping in [] if problems else planned:
            try:
                readings[source.table] = assemble(connection, source, opened, mapping)
            except DataError as error:
                problems += error.problems
            except (OSError, duckdb.IOException, duckdb.OutOfMemoryException) as error:
                problems.append(_no_room(source.table, error))
            except duckdb.Error:
                found = files.damaged_parquet(connection.con, source, place.root) if source.paths else []
                if not found:
                    raise
                problems += found
    if problems:
        raise DataError(problems, Problem(HEADING) if len(problems) > 1 else None)
    return readings


@contextlib.contextmanager
def rows_asked_for(sources: Mapping[str, Mapping], root: Path, connection: Backend) -> Iterator[None]:
    """Context in which lazy rows are computed: a parquet file that breaks off inside is a DataError that names it."""
    import duckdb

    try:
        yield
    except duckdb.Error:
        declared = [options.parse(str(table), spec) for table, spec in sources.items()]
        by_path = [source for source in declared if source.paths]
        problems = [p for source in by_path for p in files.damaged_parquet(connection.con, source, Path(root))]
        if not problems:
            raise
        raise DataError(problems, Problem(HEADING) if len(problems) > 1 else None) from None


def fingerprint(sources: Mapping[str, Mapping], root: Path) -> str:
    """One text that changes when a source or the content of one of its files does; no row is read.

    A database server counts by address and query only, never by password: what changes inside is not seen; SQLite
    and DuckDB files count by content. Sources that cannot be read count as such: `read` says what is wrong with them.
    """
    digest = hashlib.sha256()
    for table, spec in sources.items():
        digest.update(repr((table, _contents(str(table), spec, Path(root)))).encode())
    return digest.hexdigest()


def _contents(table: str, spec: Mapping, root: Path) -> list[str]:
    try:
        source = options.parse(table, spec)
        if source.url:
            found, own = databases.files_of(source, root), [databases.shown(source.url)]
        elif source.query:
            found, own = queries.files_of(source, root), [source.query]
        else:
            found, own = files.find(source, root), []
        return [
            repr(source.columns),
            *own,
            *(f"{files.label_of(file, root)} {encoding.fingerprint(file)}" for file in found),
        ]
    except (DataError, OSError):
        return ["unreadable"]


def _no_room(table: str, error: Exception) -> Problem:
    """Disk full, memory too small, a file that vanished while it was read."""
    message = N_(
        "sources.{table}: a leitura parou no meio, por falta de espaço em disco, de memória ou de acesso ao arquivo: {detail}"
    )
    return Problem(message, {"table": table, "detail": " ".join(str(error).split())[:300]})


def _plan(place: Place, source: options.Source) -> Planned:
    """Everything that can be wrong before the rows are loaded."""
    if source.url:
        opened = databases.open_database(place, source)
    elif source.query:
        opened = queries.open_query(place, source)
    else:
        opened = _open_files(place, source)
    return source, opened, columns.match(source, opened)


def _open_files(place: Place, source: options.Source) -> list[Opened]:
    opened: list[Opened] = []
    problems: list[Problem] = []
    for file in files.find(source, place.root):
        try:
            opened += files.open_file(place, source, file)
        except DataError as error:
            problems += error.problems
    if problems:
        raise DataError(problems)
    return opened
