"""The tables that travel between stages: their contracts, and reading and writing them checked on both sides.

A table's name, its columns, their Portuguese labels and units are written here once. A table is a parquet file of the
run's folder, written to a temporary name and renamed, and carries the fingerprint of the run (sources, parameters,
as_of): reading one of another run is an error that says which notebook to run again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from carteira_lib.language import N_, translator
from carteira_lib.tables.contracts import CURRENCY, SHARE, TABLES, Column, Table
from carteira_lib.tables.values import VALUES

ROOT = Path(__file__).resolve().parents[2]
FINGERPRINT_KEY = b"carteira_run"
PANDAS_TYPES = {"text": "str", "date": "datetime64[us]", "number": "float64", "integer": "Int64", "flag": "boolean"}


class Problem(NamedTuple):
    """One thing wrong with the input: a pt-BR template and the values of its placeholders."""

    message: str
    values: Mapping[str, object] = {}

    def text(self, language: str = "pt-BR") -> str:
        return translator(language)(self.message, **self.values)


class DataError(ValueError):
    """The data cannot be used as they are: every problem at once, each with the remedy, in the user's language."""

    usual_heading = N_("Os dados não podem ser usados como estão")

    def __init__(self, problems: Sequence[Problem], heading: Problem | None = None, language: str = "pt-BR"):
        self.problems = list(problems)
        self.heading = heading
        self.language = language
        super().__init__(self._text())

    def _text(self) -> str:
        lines = [problem.text(self.language) for problem in self.problems]
        if self.heading is None and len(lines) == 1:
            return lines[0]
        _ = translator(self.language)
        count = _.ngettext("{n} problema", "{n} problemas", len(lines))
        heading = self.heading.text(self.language) if self.heading else _(self.usual_heading)
        return "\n".join([f"{heading}: {count}", *(f"  - {line}" for line in lines)])

    def translated(self, language: str) -> DataError:
        """The same error in another language."""
        return type(self)(self.problems, self.heading, language)

    def __reduce__(self):
        return type(self), (self.problems, self.heading, self.language)


class ParameterError(DataError):
    """A parameter has a value that no data would make right: nothing of the run is published."""

    usual_heading = N_("Os parâmetros não podem ser usados como estão")


@dataclass(frozen=True)
class Run:
    """Where the tables of one run are, and what they were made of.

    Attributes
    ----------
    name : str
        ``run_name`` of the params file.
    folder : Path
        ``output/<run_name>``.
    as_of : Timestamp
        Last day taken into account, inclusive.
    fingerprint : str
        Of the sources, the parameters of the cleaning and `as_of`.
    language, currency : str
    provided : tuple of str
        Canonical tables that the sources gave; the others stand empty.
    """

    name: str
    folder: Path
    as_of: pd.Timestamp
    fingerprint: str
    language: str = "pt-BR"
    currency: str = "BRL"
    provided: tuple[str, ...] = ()


def output_folder(run_name: str) -> Path:
    """The folder of a run: below ``CARTEIRA_OUTPUT`` where that is set, else below ``output/`` of the repository."""
    return Path(os.environ.get("CARTEIRA_OUTPUT") or ROOT / "output") / run_name


def path(run: Run, name: str) -> Path:
    """The file of a table."""
    return run.folder / "tables" / f"{contract(name).name}.parquet"


def contract(name: str) -> Table:
    """The contract of a table; ValueError where there is none of that name."""
    if name not in TABLES:
        raise ValueError(f"name must be one of {', '.join(TABLES)}. Got {name!r}.")
    return TABLES[name]


def column(name: str, table: str | None = None) -> Column | None:
    """The column of that name in the contract of `table`, else in the first that has it; None where there is none."""
    own = {c.name: c for c in contract(table).columns} if table else {}
    return own.get(name) or _COLUMNS.get(name)


_COLUMNS = {c.name: c for table in reversed(TABLES.values()) for c in table.columns}


def label(column_name: str, language: str = "pt-BR", table: str | None = None) -> str:
    """What people call a column: its label with the unit, or the raw name of a declared attribute.

    Some names mean different things in different tables ("new" counts clients in the movement and marks one in the
    portfolio): `table` says whose contract is meant.
    """
    found = column(column_name, table)
    if found is None:
        return column_name
    _ = translator(language)
    in_words = found.unit if found.unit not in (CURRENCY, SHARE) else ""
    return _(found.label) + (f" ({_(in_words)})" if in_words else "")


def value_label(column_name: str, code: object, language: str = "pt-BR") -> str:
    """What people call a coded value ("inactive" is "inativo"); other values come back as text."""
    found = VALUES.get(column_name, {}).get(str(code))
    return translator(language)(found) if found else str(code)


def conform(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The frame with the contract's columns first, in its order, and in its types; extra columns are kept behind.

    Raises
    ------
    DataError
        Columns missing, values that do not fit the type, values missing where the contract wants one, repeated keys.
    """
    table = contract(name)
    missing = [c.name for c in table.columns if c.name not in frame.columns]
    if missing:
        problem = Problem(N_("faltam as colunas {columns}"), {"columns": ", ".join(missing)})
        raise DataError([problem], _heading(name))
    known = [c.name for c in table.columns]
    ordered = frame[known + [c for c in frame.columns if c not in known]].reset_index(drop=True)
    typed = ordered.assign(**{c.name: _typed(ordered[c.name], c, name) for c in table.columns})
    problems = [*_empty(typed, table), *_repeated(typed, table)]
    if problems:
        raise DataError(problems, _heading(name))
    return typed


def _heading(name: str) -> Problem:
    return Problem(N_("Tabela '{table}' fora do formato esperado"), {"table": name})


def _typed(values: pd.Series, column: Column, name: str) -> pd.Series:
    try:
        return values.astype(PANDAS_TYPES[column.kind])
    except (TypeError, ValueError) as error:
        example = next((v for v in values if not pd.isna(v)), None)
        problem = Problem(
            N_("coluna {column}: esperava {kind}, veio {dtype}, ex. {example}"),
            {"column": column.name, "kind": column.kind, "dtype": values.dtype, "example": repr(example)},
        )
        raise DataError([problem], _heading(name)) from error


def _empty(frame: pd.DataFrame, table: Table) -> list[Problem]:
    message = N_("coluna {column}: {n} de {total} linhas sem valor")
    counts = {c.name: int(frame[c.name].isna().sum()) for c in table.columns if c.required}
    return [Problem(message, {"column": c, "n": n, "total": len(frame)}) for c, n in counts.items() if n]


def _repeated(frame: pd.DataFrame, table: Table) -> list[Problem]:
    if not table.key:
        return []
    repeats = frame.duplicated(list(table.key))
    if not repeats.any():
        return []
    example = frame.loc[repeats, list(table.key)].iloc[0].to_dict()
    message = N_("chave repetida em {n} linhas, ex. {example}")
    return [Problem(message, {"n": int(repeats.sum()), "example": example})]


def write(run: Run, name: str, frame: pd.DataFrame) -> Path:
    """Check a table against its contract and write it, whole or not at all; returns its path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(conform(frame, name), preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), FINGERPRINT_KEY: run.fingerprint.encode()})
    target = path(run, name)
    with replacing(target) as temporary:
        pq.write_table(table, temporary)
    return target


class replacing:
    """Context of a file written under a temporary name and renamed at the end, so that no half file is ever seen.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "folder" / "file.txt"
    >>> with replacing(target) as temporary:
    ...     _ = temporary.write_text("whole")
    >>> target.read_text()
    'whole'
    """

    def __init__(self, target: Path):
        self.target = Path(target)
        self.temporary = self.target.with_name(f".{self.target.name}.{os.getpid()}.tmp")

    def __enter__(self) -> Path:
        self.target.parent.mkdir(parents=True, exist_ok=True)
        return self.temporary

    def __exit__(self, kind, error, trace) -> None:
        if kind is None:
            os.replace(self.temporary, self.target)
        else:
            self.temporary.unlink(missing_ok=True)


def exists(run: Run, name: str) -> bool:
    """Whether the run has this table, made of the same sources and parameters."""
    return path(run, name).exists() and fingerprint(path(run, name)) == run.fingerprint


def fingerprint(file: Path) -> str:
    """The run's fingerprint that a table carries; empty where it carries none."""
    import pyarrow.parquet as pq

    return ((pq.read_schema(file).metadata or {}).get(FINGERPRINT_KEY) or b"").decode()


def check(run: Run, name: str) -> Path:
    """The file of a table of this run.

    Raises
    ------
    DataError
        The table is not there, or is of another run: says which notebook to run.
    """
    file = path(run, name)
    values = {"table": name, "notebook": contract(name).notebook, "run": run.name}
    if not file.exists():
        message = N_("A tabela '{table}' da execução '{run}' ainda não existe: rode antes o caderno {notebook}.")
        raise DataError([Problem(message, values)], language=run.language)
    if fingerprint(file) != run.fingerprint:
        message = N_(
            "A tabela '{table}' foi feita com outros dados ou parâmetros que não os da execução '{run}': rode de novo o caderno {notebook}."
        )
        raise DataError([Problem(message, values)], language=run.language)
    return file


def read(run: Run, name: str, columns: Iterable[str] | None = None) -> pd.DataFrame:
    """A table of the run, checked; `columns` picks some of them.

    Raises
    ------
    DataError
        The table is not there, or is of another run: says which notebook to run.
    """
    file = check(run, name)
    frame = pd.read_parquet(file, columns=list(columns) if columns else None)
    return frame if columns else conform(frame, name)


def optional(run: Run, name: str) -> pd.DataFrame:
    """A table of the run, or an empty one of its contract where no notebook of this run wrote it."""
    if exists(run, name):
        return read(run, name)
    return conform(pd.DataFrame(columns=list(contract(name).column_names)), name)


def json_ready(value: object) -> str:
    """JSON of plain values with sorted keys: the form that fingerprints are taken of."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
