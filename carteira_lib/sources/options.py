"""The `sources` mapping of a params file, checked: what each canonical table is read from, and every mistake in it."""

from __future__ import annotations

import codecs
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from carteira_lib import formats
from carteira_lib.language import N_
from carteira_lib.tables import TABLES, DataError, Problem
from carteira_lib.tables.contracts import CANONICAL

OPTIONS = (
    "path",
    "url",
    "table",
    "query",
    "sheet",
    "columns",
    "delimiter",
    "encoding",
    "decimal",
    "date_format",
    "header",
    "repeats",
    "survey_scale",
)
DATABASES = (".sqlite", ".sqlite3", ".db")  # files that are read by URL
EXTENSIBLE = ("customers", "prospects")
DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "espaço": " ", "espaco": " "}
DATE_ORDERS = ("dmy", "mdy", "ymd")
SURVEY_SCALES = ("0-10", "1-5", "0-100")


@dataclass(frozen=True)
class Source:
    """What one canonical table is read from; None stands for "to be detected"."""

    table: str
    paths: tuple[str, ...] = ()
    url: str | None = None
    db_table: str | None = None
    query: str | None = None
    sheet: str | int | None = None
    columns: Mapping[str, str | None] = field(default_factory=dict)
    delimiter: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    date_order: str | None = None
    header: bool | None = None
    repeats: str | None = None
    survey_scale: str | None = None

    @property
    def where(self) -> str:
        """How messages call it."""
        return f"sources.{self.table}"


def parse(table: str, spec: object) -> Source:
    """The source of one canonical table; DataError with all that is wrong with it."""
    where = f"sources.{table}"
    if table not in CANONICAL:
        near = nearest(table, {TABLES[name].label: name for name in CANONICAL} | {name: name for name in CANONICAL})
        message = N_("{where}: não existe a tabela '{table}'; quis dizer {nearest}? As tabelas são: {known}.")
        alone = N_("{where}: não existe a tabela '{table}'. As tabelas são: {known}.")
        raise _error(
            _asking(message, alone, near),
            {"where": where, "table": table, "nearest": near, "known": ", ".join(CANONICAL)},
        )
    if not isinstance(spec, Mapping):
        raise _error(
            N_("{where}: esperava opções como path e columns; veio {value}."), {"where": where, "value": repr(spec)}
        )
    problems = [*_unknown_options(table, where, spec), *_origin(where, spec), *_columns(table, where, spec)]
    values = {}
    for name, check in _CHECKS.items():
        try:
            values[name] = check(spec.get(name)) if spec.get(name) is not None else None
        except (ValueError, TypeError, LookupError):
            message = N_("{where}: o valor {value} não serve para '{option}'; use {allowed}.")
            values_ = {"where": where, "value": repr(spec[name]), "option": name, "allowed": _ALLOWED[name]}
            problems.append(Problem(message, values_))
    if problems:
        raise DataError(problems)
    columns = {str(k): None if v in (None, "") else str(v) for k, v in (spec.get("columns") or {}).items()}
    return Source(
        table=table, paths=values["path"] or (), url=values["url"], db_table=values["table"], query=values["query"],
        sheet=spec.get("sheet"), columns=columns, delimiter=values["delimiter"], encoding=values["encoding"],
        decimal=values["decimal"], date_order=values["date_format"], header=values["header"],
        repeats=values["repeats"], survey_scale=values["survey_scale"],
    )  # fmt: skip


def nearest(name: str, known: Iterable[str] | Mapping[str, str], count: int = 1) -> str:
    """The known names most like `name`, quoted; the dash of "none" where nothing is alike.

    A mapping gives other words for the names: "metas" is like "Metas", which stands for "goals".

    Examples
    --------
    >>> nearest("order", ["orders", "goals"]), nearest("metas", {"Metas": "goals"}), nearest("x", ["goals"])
    ("'orders'", "'goals'", '–')
    """
    names = known if isinstance(known, Mapping) else {k: k for k in known}
    by_fold = {k.casefold(): v for k, v in names.items()}
    found = difflib.get_close_matches(name.casefold(), by_fold, n=count, cutoff=0.5)
    return ", ".join(f"'{by_fold[f]}'" for f in found) or "–"


def _asking(message: str, alone: str, near: str) -> str:
    """The message that asks whether another name was meant, or the one alone where none is alike."""
    return alone if near == formats.MISSING else message


def _error(message: str, values: Mapping[str, object]) -> DataError:
    return DataError([Problem(message, values)])


def _unknown_options(table: str, where: str, spec: Mapping) -> list[Problem]:
    message = N_("{where}: opção desconhecida '{option}'; quis dizer {nearest}? As opções são: {known}.")
    allowed = [option for option in OPTIONS if option != "survey_scale" or table == "surveys"]
    unknown = [str(key) for key in spec if key not in allowed]
    alone = N_("{where}: opção desconhecida '{option}'. As opções são: {known}.")
    values, near = {"where": where, "known": ", ".join(allowed)}, {u: nearest(u, allowed) for u in unknown}
    return [Problem(_asking(message, alone, near[u]), {**values, "option": u, "nearest": near[u]}) for u in unknown]


def _origin(where: str, spec: Mapping) -> list[Problem]:
    given = {key for key in ("path", "url", "table", "query") if spec.get(key) is not None}
    allowed = ({"path"}, {"query"}, {"url", "table"}, {"url", "query"})
    path = str(spec.get("path") or "")
    if path.casefold().endswith(DATABASES):
        message = N_(
            '{where}: {path} é um banco SQLite; no lugar de path diga url: "sqlite:///{path}" e table, ou query.'
        )
        return [Problem(message, {"where": where, "path": path})]
    if given in allowed:
        return []
    message = N_(
        "{where}: diga de onde vêm os dados com uma só destas formas: path; url e table; url e query; query. Veio: {given}."
    )
    return [Problem(message, {"where": where, "given": ", ".join(sorted(given)) or "–"})]


def _columns(table: str, where: str, spec: Mapping) -> list[Problem]:
    columns = spec.get("columns")
    if columns is None:
        return []
    if not isinstance(columns, Mapping) or any(isinstance(v, Mapping | list | tuple) for v in columns.values()):
        message = N_(
            "{where}: columns deve ligar cada nome nosso a um nome de coluna do arquivo, como 'amount: Vlr Total'."
        )
        return [Problem(message, {"where": where})]
    return [
        *_unknown_columns(table, where, columns),
        *_alike_names(table, where, columns),
        *_mapped_twice(where, columns),
    ]


def _unknown_columns(table: str, where: str, columns: Mapping) -> list[Problem]:
    known = TABLES[table].column_names
    unknown = [str(name) for name in columns if name not in known]
    if table in EXTENSIBLE:
        unknown = [name for name in unknown if not re.fullmatch(r"[^\W_]\w*", name)]
        message = N_("{where}: '{name}' não serve de nome de coluna; use letras, números e _.")
        return [Problem(message, {"where": where, "name": name}) for name in unknown]
    message = N_("{where}: a tabela não tem a coluna '{name}'; quis dizer {nearest}? As colunas são: {known}.")
    alone = N_("{where}: a tabela não tem a coluna '{name}'. As colunas são: {known}.")
    values, names = {"where": where, "known": ", ".join(known)}, {c.label: c.name for c in TABLES[table].columns}
    near = {name: nearest(name, names | {k: k for k in known}) for name in unknown}
    return [
        Problem(_asking(message, alone, near[name]), {**values, "name": name, "nearest": near[name]})
        for name in unknown
    ]


def _alike_names(table: str, where: str, columns: Mapping) -> list[Problem]:
    """Names of ours that SQL, to which case means nothing, would take for one."""
    first: dict[str, str] = {}
    message = N_("{where}: os nomes '{one}' e '{other}' só diferem em maiúsculas; mude um deles.")
    names = [*TABLES[table].column_names, *map(str, columns)] if table in EXTENSIBLE else []
    alike = [(first.setdefault(name.casefold(), name), name) for name in names]
    return [Problem(message, {"where": where, "one": one, "other": other}) for one, other in alike if one != other]


def _mapped_twice(where: str, columns: Mapping) -> list[Problem]:
    users: dict[str, list[str]] = {}
    for name, raw in columns.items():
        if raw not in (None, ""):
            users.setdefault(str(raw).strip(), []).append(str(name))
    message = N_("{where}: a coluna '{raw}' do arquivo foi ligada a mais de um nome: {names}. Deixe só um.")
    twice = {raw: names for raw, names in users.items() if len(names) > 1}
    return [Problem(message, {"where": where, "raw": raw, "names": ", ".join(names)}) for raw, names in twice.items()]


def _paths(value: object) -> tuple[str, ...]:
    paths = [value] if isinstance(value, str) else list(value)
    if not paths or not all(isinstance(p, str) and p.strip() for p in paths):
        raise ValueError(value)
    return tuple(paths)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value.strip()


def _delimiter(value: object) -> str:
    mark = DELIMITERS.get(str(value).lower(), value)
    if not isinstance(mark, str) or len(mark) != 1 or mark in '"\n\r' or mark.isalnum():
        raise ValueError(value)
    return mark


def _encoding(value: object) -> str:
    name = codecs.lookup(_text(value)).name
    "a".encode(name)  # base64, rot13 and their like are codecs, but of no text: LookupError
    return name


def _decimal(value: object) -> str:
    if value not in (",", "."):
        raise ValueError(value)
    return str(value)


def _date_order(value: object) -> str:
    text = _text(value).lower()
    if text in DATE_ORDERS:
        return text
    letters = "".join(dict.fromkeys(re.sub(r"[^dmay]", "", re.split(r"[\s t]*h", text)[0]).replace("a", "y")))
    if letters not in DATE_ORDERS:
        raise ValueError(value)
    return letters


def _flag(value: object) -> bool:
    return {"true": True, "false": False}[str(value).lower()]


def _repeats(value: object) -> str:
    """Whether lines are repeats when all columns of the file agree, or already when the mapped ones do."""
    if value not in ("all", "mapped"):
        raise ValueError
    return str(value)


def _survey_scale(value: object) -> str:
    """The scale that the scores of a survey are given in."""
    scale = "".join(str(value).split())
    if scale not in SURVEY_SCALES:
        raise ValueError(value)
    return scale


_CHECKS = {
    "path": _paths, "url": _text, "table": _text, "query": _text, "delimiter": _delimiter, "encoding": _encoding,
    "decimal": _decimal, "date_format": _date_order, "header": _flag, "repeats": _repeats,
    "survey_scale": _survey_scale,
}  # fmt: skip
_ALLOWED = {
    "path": "path: data/raw/pedidos_*.csv",
    "url": "url: sqlite:///dados.db",
    "table": "table: pedidos",
    "query": "query: SELECT ...",
    "delimiter": '";", ",", "|", tab, space',
    "encoding": "utf-8, utf-8-sig, utf-16, cp1252, latin-1, cp850",
    "decimal": '"," / "."',
    "date_format": "dd/mm/aaaa, mm/dd/aaaa, aaaa-mm-dd, dmy, mdy, ymd",
    "header": "true / false",
    "repeats": "all / mapped",
    "survey_scale": "0-10, 1-5, 0-100",
}
