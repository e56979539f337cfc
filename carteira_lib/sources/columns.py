"""Raw columns to canonical ones: which raw name each canonical column is, and every reason why that cannot be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from carteira_lib.language import N_
from carteira_lib.sources.options import Source, nearest
from carteira_lib.sources.parts import Opened, unique_names
from carteira_lib.tables import TABLES, DataError, Problem

AMOUNT_PAIR = ("quantity", "unit_price")


def match(source: Source, opened: Sequence[Opened]) -> dict[str, str]:
    """Canonical name to raw name, the same for all files of the source.

    A canonical name that is not in `columns` is looked for under its own name, whatever the case.

    Raises
    ------
    DataError
        Mapped names that are not in the files or stand there twice, required columns missing, files that differ.
    """
    problems: list[Problem] = []
    first = _in_file(source, opened[0], problems)
    for other in opened[1:]:
        found = _in_file(source, other, [])
        problems += _differences(source, (opened[0], first), (other, found))
    problems += [*_missing(source, opened[0], first), *_no_header(source, opened[0], first)]
    if problems:
        raise DataError(problems)
    return first


def _in_file(source: Source, opened: Opened, problems: list[Problem]) -> dict[str, str]:
    found = {}
    for name, raw in source.columns.items():
        if raw is not None:
            real = _find(unique_names([raw])[0], opened.names)
            if real is None:
                problems.append(_absent(source, opened, name, raw))
            elif Counter(opened.names)[real] > 1:
                problems.append(_twice(source, opened, raw))
            else:
                found[name] = real
    return {**_own_names(source, opened, set(found.values()), problems), **found}


def _own_names(source: Source, opened: Opened, taken: set[str], problems: list[Problem]) -> dict[str, str]:
    names = [name for name in TABLES[source.table].column_names if name not in source.columns]
    found = {name: _find(name, opened.names) for name in names}
    free = {name: raw for name, raw in found.items() if raw is not None and raw not in taken}
    counts = Counter(opened.names)
    problems += [_twice(source, opened, raw) for raw in free.values() if counts[raw] > 1]
    return free


def _twice(source: Source, opened: Opened, raw: str) -> Problem:
    message = N_("{where}: {file} tem mais de uma coluna chamada '{raw}'; dê nomes diferentes a elas.")
    return Problem(message, {"where": source.where, "file": opened.label, "raw": raw})


def _find(raw: str, names: Sequence[str]) -> str | None:
    """The name as it is, else the only one that differs in case alone."""
    if raw in names:
        return raw
    alike = [name for name in names if name.casefold() == raw.casefold()]
    return alike[0] if len(alike) == 1 else None


def _absent(source: Source, opened: Opened, name: str, raw: str) -> Problem:
    message = N_(
        "{where}: {file} não tem a coluna '{raw}', ligada a {name}; quis dizer {nearest}? Colunas lidas: {columns}."
    )
    near = nearest(raw, opened.names, 3)
    if near == "–":
        message = N_("{where}: {file} não tem a coluna '{raw}', ligada a {name}. Colunas lidas: {columns}.")
    columns = _listed(opened.names)
    return Problem(
        message,
        {"where": source.where, "file": opened.label, "raw": raw, "name": name, "nearest": near, "columns": columns},
    )


def _no_header(source: Source, opened: Opened, found: Mapping[str, str]) -> list[Problem]:
    """The hint that what was taken for the header is none: no mapped name is there, and most columns have no name."""
    unnamed = sum(name == str(position) for position, name in enumerate(opened.names, 1))
    if source.header is False or set(source.columns) & set(found) or unnamed * 2 < len(opened.names):
        return []
    message = N_(
        "{where}: nenhuma das colunas ligadas está na primeira linha de {file}. Se há um título acima do cabeçalho, apague-o; se não há cabeçalho, use header: false e o número de cada coluna."
    )
    return [Problem(message, {"where": source.where, "file": opened.label})]


def _listed(names: Sequence[str]) -> str:
    plain = ["".join(c if c.isprintable() else "·" for c in name) for name in names[:40]]
    shown = [name if len(name) <= 40 else f"{name[:39]}…" for name in plain]
    return ", ".join(shown) + (", …" if len(names) > 40 else "")


def _differences(
    source: Source, one: tuple[Opened, dict[str, str]], other: tuple[Opened, dict[str, str]]
) -> list[Problem]:
    (first, found), (second, found_too) = one, other
    message = N_(
        "{where}: a coluna '{raw}', usada como {name}, está em {file} e falta em {other}. Iguale os arquivos ou leia-os em separado."
    )
    problems = []
    for name in dict.fromkeys([*found, *found_too]):
        if (name in found) != (name in found_too):
            holder, lacking = (first, second) if name in found else (second, first)
            raw = found.get(name, found_too.get(name))
            values = {"where": source.where, "raw": raw, "name": name, "file": holder.label, "other": lacking.label}
            problems.append(Problem(message, values))
    return problems


def _missing(source: Source, opened: Opened, found: dict[str, str]) -> list[Problem]:
    table = TABLES[source.table]
    needed = [c.name for c in table.columns if c.required and c.name not in found]
    mapped = {name for name, raw in source.columns.items() if raw is not None}
    missing = [name for name in needed if name not in mapped]
    if source.table == "orders" and "amount" in missing and set(AMOUNT_PAIR) <= mapped | set(found):
        missing.remove("amount")
    message = N_(
        "{where}: falta a coluna {name}; diga qual é em {where}.columns. As mais parecidas: {nearest}. Colunas lidas de {file}: {columns}."
    )
    if source.table == "orders" and "amount" in missing:
        message_amount = N_(
            "{where}: falta a coluna amount (ou as duas: quantity e unit_price); diga qual é em {where}.columns. As mais parecidas: {nearest}. Colunas lidas de {file}: {columns}."
        )
    values = {"where": source.where, "file": opened.label, "columns": _listed(opened.names)}
    return [
        Problem(
            message_amount if name == "amount" and source.table == "orders" else message,
            {**values, "name": name, "nearest": _likely(source.table, name, opened.names)},
        )
        for name in missing
    ]


def _likely(table: str, name: str, names: Sequence[str]) -> str:
    """Raw names like the canonical name or its Portuguese label."""
    label = next(c.label for c in TABLES[table].columns if c.name == name)
    near = [nearest(word, names, 2) for word in (name, label)]
    return ", ".join(dict.fromkeys(part for found in near if found != "–" for part in found.split(", "))) or "–"
