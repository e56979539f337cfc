"""A table -> XLSX and CSV that open as they should: labels as headers, dates as dates, ids as text, no live formulas."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import pandas as pd

from carteira_lib import show, tables
from carteira_lib.language import N_, translator

XLSX_ROWS = 100_000  # beyond this a spreadsheet is slow to write and to open: CSV only
CELL_LENGTH = 32_767
FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
CREATED = datetime(2000, 1, 1)  # the same table gives the same bytes


def export(
    frame: pd.DataFrame,
    path_without_suffix: Path,
    *,
    language: str = "pt-BR",
    title: str = "",
    currency: str = "BRL",
    columns: Sequence[str] | None = None,
) -> tuple[Path, ...]:
    """Write a table as XLSX and CSV; returns the paths written. More than 100,000 rows are written as CSV only.

    Tax ids, e-mails and phones are masked. In the CSV, a text that a spreadsheet would take for a formula gets a
    leading apostrophe.

    Parameters
    ----------
    frame : DataFrame
        Any columns; those of a contract get their labels and formats.
    path_without_suffix : Path
        ``exports/portfolio`` gives ``exports/portfolio.xlsx`` and ``exports/portfolio.csv``.
    title : str
        Name of the sheet.
    columns : sequence of str
        Those to write, in order; all by default.
    """
    readable, specs = _readable(frame, columns, language=language, currency=currency)
    stem = Path(path_without_suffix)
    book = stem.with_name(stem.name + ".xlsx")
    written = [_csv(readable, specs, stem.with_name(stem.name + ".csv"), language)]
    if len(frame) <= XLSX_ROWS:
        written.insert(0, _xlsx(readable, specs, book, title=title, currency=currency, language=language))
    else:
        book.unlink(missing_ok=True)  # one of an earlier, smaller table would be taken for this one's
    return tuple(written)


def export_sheets(
    parts: Mapping[str, pd.DataFrame],
    path: Path,
    *,
    columns: Sequence[str],
    language: str = "pt-BR",
    currency: str = "BRL",
    mask_people: bool = False,
) -> Path:
    """Write one XLSX with a sheet for each part, in their order; returns its path. Without parts, one empty sheet.

    Parameters
    ----------
    parts : mapping of title to DataFrame
        Tables of the same contract; a title too long or already used is shortened and numbered.
    columns : sequence of str
        Those to write, in order.
    mask_people : bool
        Names of natural persons as initials.
    """
    import xlsxwriter

    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    used: set[str] = set()
    with tables.replacing(path) as temporary:
        book = xlsxwriter.Workbook(str(temporary), {**safe, "in_memory": False})
        book.set_properties({"title": path.stem, "created": CREATED})
        for title, frame in (parts or {"": pd.DataFrame(columns=list(columns))}).items():
            readable, specs = _readable(frame, columns, language=language, currency=currency, mask_people=mask_people)
            name = _unused(_sheet_name(title, language), used)
            _fill(book, name, readable, specs, currency=currency, language=language)
        book.close()
    return path


def _unused(name: str, used: set[str]) -> str:
    """The name, with a number behind where a sheet has it already: Excel tells no capitals from small letters."""
    chosen, number = name, 1
    while chosen.lower() in used:
        number += 1
        chosen = f"{name[:27]} ({number})"
    used.add(chosen.lower())
    return chosen


def _readable(
    frame: pd.DataFrame, columns: Sequence[str] | None, *, language: str, currency: str, mask_people: bool = False
) -> tuple[pd.DataFrame, list[show.Format]]:
    """The columns asked for as a spreadsheet takes them, and their formats."""
    chosen = show.masked(frame, mask_people=mask_people)
    chosen = chosen[list(columns)] if columns is not None else chosen
    specs = show.formats_of(chosen, frame.columns, language=language, currency=currency)
    values = {i: _values(chosen.iloc[:, i], spec, language) for i, spec in enumerate(specs)}
    return pd.DataFrame(values, index=chosen.index), specs


def _values(values: pd.Series, spec: show.Format, language: str) -> pd.Series:
    """Codes and flags in words, money to the cent, integers and dates as they are."""
    present = values.notna()
    if spec.kind == "text":
        return values.map(lambda v: _text(tables.value_label(spec.name, v, language)), na_action="ignore").astype(
            "object"
        )
    if spec.kind == "flag":
        return values.astype("object").map(lambda v: tables.value_label("flag", bool(v), language), na_action="ignore")
    if spec.kind in {"date", "month"}:
        return values
    numeric = (
        pd.to_numeric(values.astype("object"), errors="coerce")
        .astype("float64")
        .round(2 if spec.kind == "money" else 6)
    )
    whole = numeric.replace([float("inf"), -float("inf")], float("nan"))
    if pd.api.types.is_integer_dtype(values.dtype) or bool((whole[present] % 1 == 0).all() and spec.kind == "number"):
        return whole.astype("Int64")
    return whole


def _text(value: str) -> str:
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]", " ", value)[:CELL_LENGTH]


def _csv(readable: pd.DataFrame, specs: Sequence[show.Format], path: Path, language: str) -> Path:
    """Semicolons and decimal commas for Brazil, commas and points for English; UTF-8 that Excel recognises."""
    separator, decimal, day = (";", ",", "%d/%m/%Y") if language == "pt-BR" else (",", ".", "%Y-%m-%d")
    safe = {}
    for i, spec in enumerate(specs):
        text = spec.kind in {"text", "flag"}
        safe[i] = readable[i].map(neutralised, na_action="ignore") if text else readable[i]
    frame = pd.DataFrame(safe, index=readable.index)
    header = [neutralised(spec.header) for spec in specs]
    with tables.replacing(path) as temporary:
        frame.to_csv(
            temporary, sep=separator, decimal=decimal, date_format=day, header=header, index=False,
            encoding="utf-8-sig", lineterminator="\r\n",
        )  # fmt: skip
    return path


def neutralised(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    Examples
    --------
    >>> neutralised("=HYPERLINK(1)"), neutralised("Loja = Casa"), neutralised("0012")
    ("'=HYPERLINK(1)", 'Loja = Casa', '0012')
    """
    return f"'{text}" if text.lstrip(" \xa0").startswith(FORMULA_START) or text.startswith(FORMULA_START) else text


def _xlsx(
    readable: pd.DataFrame, specs: Sequence[show.Format], path: Path, *, title: str, currency: str, language: str
) -> Path:
    import xlsxwriter

    safe = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with tables.replacing(path) as temporary:
        book = xlsxwriter.Workbook(str(temporary), {**safe, "in_memory": False})
        book.set_properties({"title": title, "created": CREATED})
        _fill(book, _sheet_name(title, language), readable, specs, currency=currency, language=language)
        book.close()
    return path


def _fill(
    book, name: str, readable: pd.DataFrame, specs: Sequence[show.Format], *, currency: str, language: str
) -> None:
    """One sheet: header, formats and widths, first row and column fixed."""
    sheet = book.add_worksheet(name)
    styles = {spec.kind: book.add_format(_style(spec.kind, currency, language)) for spec in specs}
    _columns(sheet, readable, specs, styles)
    heading = book.add_format({"bold": True, "bottom": 2, "text_wrap": True, "valign": "top"})
    for i, spec in enumerate(specs):
        sheet.write_string(0, i, spec.header, heading)
        _write_column(sheet, i, readable[i], spec, styles[spec.kind])
    sheet.freeze_panes(1, 1)
    if specs:
        sheet.autofilter(0, 0, max(len(readable), 1), len(specs) - 1)


def _columns(sheet, readable: pd.DataFrame, specs: Sequence[show.Format], styles: dict) -> None:
    """Widths that show most values whole."""
    sheet.set_default_row(16)
    for i, spec in enumerate(specs):
        sample = readable[i].head(200).dropna().astype(str)
        longest = int(sample.str.len().quantile(0.95)) if len(sample) else 0
        fixed = {"date": 11, "month": 11, "money": 16, "share": 9}.get(spec.kind, longest)
        sheet.set_column(i, i, min(max(fixed, min(len(spec.header), 14), 6) + 3, 60), styles[spec.kind])


def _style(kind: str, currency: str, language: str) -> dict[str, str]:
    day = "dd/mm/yyyy" if language == "pt-BR" else "yyyy-mm-dd"
    month = "mm/yyyy" if language == "pt-BR" else "yyyy-mm"
    symbol = show.currency_symbol(currency, language)
    known = {
        "date": day,
        "month": month,
        "money": f'"{symbol}" #,##0.00',
        "share": "0.0%",
        "text": "@",
        "number": "#,##0.######",
    }
    return {"num_format": known.get(kind, "General"), "valign": "top"}


def _write_column(sheet, position: int, values: pd.Series, spec: show.Format, style) -> None:
    if spec.kind in {"text", "flag"}:
        for row, value in enumerate(values, 1):
            if isinstance(value, str):
                sheet.write_string(row, position, value, style)
    elif spec.kind in {"date", "month"}:
        for row, value in enumerate(values, 1):
            if not pd.isna(value):
                sheet.write_datetime(row, position, value.to_pydatetime(), style)
    else:
        for row, value in enumerate(values, 1):
            if not pd.isna(value):
                sheet.write_number(row, position, float(value), style)


def _sheet_name(title: str, language: str) -> str:
    name = re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", title).strip(" '")[:31].strip(" '")
    reserved = {"history"}
    return name if name and name.lower() not in reserved else translator(language)(N_("Dados"))
