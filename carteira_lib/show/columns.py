"""How the columns of a table read: header, kind, values as text; and what of them is personal.

Labels, units and coded values come from the contracts in `tables`; other columns go by their name and type.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

import pandas as pd

from carteira_lib import formats, tables
from carteira_lib.language import translator
from carteira_lib.tables.contracts import CURRENCY, SHARE

MONTHS = ("month", "cohort")  # dates that stand for the whole month
CELL_LENGTH = 160  # longer texts are cut on the page; the exports have them whole
RIGHT = ("money", "share", "number")  # kinds that are aligned to the right
_PERSONAL = re.compile(r"e-?mail|telefone|phone|celular|whats|\bcpf|cnpj|tax_id|\brg\b", re.IGNORECASE)
_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


class Format(NamedTuple):
    """How to show one column: its canonical name, the header, and text, flag, date, month, money, share or number."""

    name: str
    header: str
    kind: str


def formats_of(frame: pd.DataFrame, context: Iterable[str], *, language: str, currency: str = "") -> list[Format]:
    """The format of each column of a frame.

    Parameters
    ----------
    frame : DataFrame
    context : column names
        Of the whole table that the frame was taken from: they tell its contract, as "active" counts clients in one
        table and is a flag in another.
    currency : str
        Where given, headers of money carry its symbol.
    """
    names = {str(name) for name in context}
    contract = max(tables.TABLES.values(), key=lambda table: len(names & set(table.column_names)))
    own = {c.name: c for c in contract.columns}
    specs = [own.get(name) or tables.column(name) for name in frame]
    return [
        Format(str(name), _header(name, spec, language, currency), _kind(frame.iloc[:, i], spec))
        for i, (name, spec) in enumerate(zip(frame, specs, strict=True))
    ]


def _header(name: str, spec: tables.Column | None, language: str, currency: str) -> str:
    if spec is None:
        return plain(name)
    _ = translator(language)
    unit = {CURRENCY: currency_symbol(currency, language), SHARE: ""}.get(spec.unit, _(spec.unit) if spec.unit else "")
    return _(spec.label) + (f" ({unit})" if unit else "")


def currency_symbol(currency: str, language: str) -> str:
    """What people write before an amount: R$ for BRL."""
    from babel.numbers import get_currency_symbol

    return get_currency_symbol(currency, locale=formats.LOCALES[language]) if currency else ""


def _kind(values: pd.Series, spec: tables.Column | None) -> str:
    """What the column's type says, as the contract's kind would not survive a changed type."""
    kinds = pd.api.types
    if kinds.is_bool_dtype(values.dtype):
        return "flag"
    if kinds.is_datetime64_any_dtype(values.dtype):
        return "month" if spec is not None and spec.name in MONTHS else "date"
    if kinds.is_numeric_dtype(values.dtype):
        return {CURRENCY: "money", SHARE: "share"}.get(spec.unit, "number") if spec else "number"
    return "text"


def texts(values: pd.Series, form: Format, *, language: str, currency: str = "BRL", cents: bool = True) -> list[str]:
    """The values of a column as people read them; what is missing is a dash."""
    present = values[values.notna()]
    decimals = _decimals(present.astype("float64")) if form.kind == "number" else 0
    write = {
        "text": lambda v: _clipped(plain(tables.value_label(form.name, v, language))),
        "flag": lambda v: tables.value_label("flag", bool(v), language),
        "date": lambda v: formats.date(v, language),
        "month": lambda v: formats.month(v, language),
        "money": lambda v: _money(v, currency, language, cents),
        "share": lambda v: formats.percent(v, 1, language),
        "number": lambda v: formats.number(v, decimals, language),
    }[form.kind]
    return [formats.MISSING if pd.isna(v) else write(v) for v in values]


def _decimals(values: pd.Series) -> int:
    """None for whole numbers, three where all lie below 1 (a log-loss of 0,3 tells nothing), else one."""
    if bool((values % 1 == 0).all()):
        return 0
    return 3 if bool((values.abs() < 1).all()) else 1


def _clipped(text: str) -> str:
    return text if len(text) <= CELL_LENGTH else text[: CELL_LENGTH - 1].rstrip() + "…"


def _money(value: float, currency: str, language: str, cents: bool) -> str:
    if cents:
        return formats.money(value, currency, language)
    text = formats.money(float(round(value)), currency, language) if not formats.is_missing(value) else formats.MISSING
    return re.sub(r"[.,]00(?=\D*$)", "", text)


def masked(frame: pd.DataFrame, *, mask_people: bool = True) -> pd.DataFrame:
    """The frame with tax ids, e-mails and phones masked, and names of natural persons where asked.

    Raises
    ------
    ValueError
        Names of clients or prospects are to be masked, and no ``person_type`` tells who is a person.
    """
    hidden = frame.copy()
    for position, name in enumerate(frame.columns):
        if _PERSONAL.search(str(name)):
            hidden.isetitem(position, frame.iloc[:, position].map(_mask, na_action="ignore"))
    of_clients = bool({"customer_id", "prospect_id"} & set(frame.columns))
    if mask_people and of_clients and "name" in frame:
        if "person_type" not in frame:
            raise ValueError("frame must hold person_type beside name, so that people's names can be masked.")
        person = frame["person_type"].astype("object") == "PF"
        hidden["name"] = frame["name"].astype("object").where(~person, frame["name"].map(formats.mask_person))
    return hidden


def _mask(text: str) -> str:
    text = str(text)
    if "@" in text:
        return f"{text.strip()[:1]}***@***"
    code = formats.digits(text)
    return formats.mask_tax_id(text) if len(code) in {11, 14} else "*" * 6 + code[-2:]


def plain(text: object) -> str:
    """Text on one line, without control characters or marks that turn the direction of what follows.

    Examples
    --------
    >>> plain("a\\x00b\\n c\\u202e"), plain(None)
    ('a b c', '–')
    """
    if text is None or text is pd.NA or text != text:
        return formats.MISSING
    visible = "".join(" " if unicodedata.category(c) == "Cc" else c for c in str(text) if c not in _BIDI)
    return re.sub(r"[ \t\r\n]+", " ", visible).strip(" ")


def literal(text: object) -> str:
    """Text from the data, safe inside a sentence: Markdown shows it as it is.

    Examples
    --------
    >>> print(literal("*Loja* [x](y) <b> R$ 5"))
    \\*Loja\\* \\[x\\](y) &lt;b> R$ 5
    """
    escaped = re.sub(r"([\\`*_\[\]#~|])", r"\\\1", plain(text))
    return escaped.replace("&", "&amp;").replace("<", "&lt;")
