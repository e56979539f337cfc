"""Raw columns to typed columns, as Ibis expressions: what cannot be read becomes null, never a guess.

Typed columns (parquet, spreadsheets, databases) pass through; text is read by the marks that `sources` found.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

NBSP = "\u00a0"
LARGEST = 1e15  # money beyond this is a slip of the export: a float no longer holds its cents

_MISSING = r"(?i)^(?:-*|null|nan|none|nat|<na>|n/a|#n/a|#n/d)$"
_CURRENCY = r"(?:(?:R|US)?[$]|€|£|BRL|USD|EUR)"
_EXPONENT = r"(?:[eE][-+]?[0-9]{1,2})?"
_SIZES = {
    ",": rf"(?:(?:[0-9]{{1,3}}(?:[. '’][0-9]{{3}})+|[0-9]+)(?:,[0-9]*)?|,[0-9]+){_EXPONENT}",
    ".": rf"(?:(?:[0-9]{{1,3}}(?:[, '’][0-9]{{3}})+|[0-9]+)(?:[.][0-9]*)?|[.][0-9]+){_EXPONENT}",
}
_TIME = r"(?:[T ]+[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|UTC|[-+][0-9]{2}:?[0-9]{2}))?)?"
_PAIR = r"^([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]"
_ISO = (r"^([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})", r"\1-\2-\3")
_DAY_FORMS = {
    "ymd": [_ISO, (r"^([0-9]{4})([0-9]{2})([0-9]{2})", r"\1-\2-\3")],
    "dmy": [
        (_PAIR + "([0-9]{4})", r"\3-\2-\1"),
        _ISO,
        (_PAIR + "([0-6][0-9])", r"20\3-\2-\1"),
        (_PAIR + "([7-9][0-9])", r"19\3-\2-\1"),
        (r"^([0-9]{2})([0-9]{2})([0-9]{4})", r"\3-\2-\1"),
    ],
    "mdy": [
        (_PAIR + "([0-9]{4})", r"\3-\1-\2"),
        _ISO,
        (_PAIR + "([0-6][0-9])", r"20\3-\1-\2"),
        (_PAIR + "([7-9][0-9])", r"19\3-\1-\2"),
        (r"^([0-9]{2})([0-9]{2})([0-9]{4})", r"\3-\1-\2"),
    ],
}
_TRUE = ("sim", "s", "true", "verdadeiro", "1", "1.0", "yes", "y", "t", "ativo", "ativa", "x")
_FALSE = ("não", "nao", "n", "false", "falso", "0", "0.0", "no", "f", "inativo", "inativa")


def text(column: ir.Column) -> ir.StringColumn:
    """Text without outer spaces; empty, "null", "NaN", "#N/D" and lone dashes become missing."""
    trimmed = _trimmed(column)
    return trimmed.re_search(_MISSING).ifelse(ibis.null("string"), trimmed)


def _trimmed(column: ir.Column) -> ir.StringColumn:
    return column.cast("string").replace(NBSP, " ").strip()


def identifier(column: ir.Column) -> ir.StringColumn:
    """A code as text: leading zeros stay, and a whole number that went through a float loses its ".0"."""
    if column.type().is_integer():
        return column.cast("string")
    if column.type().is_numeric():
        real = _finite(column.cast("float64"))
        return (real == real.floor()).ifelse(real.cast("int64").cast("string"), real.cast("string"))
    code = _trimmed(column)
    return ibis.cases(
        (code.re_search(_MISSING), ibis.null("string")),
        (code.endswith(".0"), code.re_replace(r"^([0-9]+)[.]0$", r"\1")),
        else_=code,
    )


def number(column: ir.Column, decimal: str) -> ir.FloatingColumn:
    """A finite number: text by its decimal mark, or by the other mark where only that one fits ("1,234.56").

    Signs before or behind, parentheses of accountants, a currency sign and an exponent are understood.
    """
    if column.type().is_numeric():
        return _finite(column.cast("float64"))
    raw = _trimmed(column)
    size = ibis.cases(
        (raw.re_search(_signed(decimal)), _plain(raw, decimal)),
        (raw.re_search(_signed(_other(decimal))), _plain(raw, _other(decimal))),
        else_=ibis.null("string"),
    ).try_cast("float64")
    sign = raw.re_search(r"^[^0-9]*[-−(]|[-−]$").ifelse(-1.0, 1.0)
    return _finite(size * sign) + 0.0  # "-0" is 0


def other_mark(column: ir.Column, decimal: str) -> ir.BooleanColumn:
    """Whether a number's text fits only the decimal mark that the rest of its column does not use."""
    raw = _trimmed(column)
    return ~raw.re_search(_signed(decimal)) & raw.re_search(_signed(_other(decimal)))


def _other(decimal: str) -> str:
    return "." if decimal == "," else ","


def _signed(decimal: str) -> str:
    """The pattern of a number with at most one sign or one pair of parentheses."""
    size, money = _SIZES[decimal], f"(?:{_CURRENCY} *)?"
    forms = (
        f"[-+−]? *{money}{size}",
        f"{_CURRENCY} *[-+−] *{size}",
        f"{money}{size} *[-−]",
        rf"{money}\( *{money}{size} *\)",
    )
    return f"^(?:{'|'.join(forms)})$"


def _plain(raw: ir.StringColumn, decimal: str) -> ir.StringColumn:
    """A number's text without sign, currency and thousands marks, its decimal mark a point."""
    bare = raw.re_replace(r"^[^0-9.,]+|[^0-9.,]+$|[ '’]", "")
    return bare.replace(".", "").replace(",", ".") if decimal == "," else bare.replace(",", "")


def product(one: ir.FloatingColumn, other: ir.FloatingColumn) -> ir.FloatingColumn:
    """Money from quantity and price, by the limit of any other money; -3 x 0 is 0, not -0."""
    return _finite(one * other) + 0.0


def _finite(real: ir.FloatingColumn) -> ir.FloatingColumn:
    return (real.abs() <= LARGEST).ifelse(real, ibis.null("float64"))


def day(column: ir.Column, order: str) -> ir.DateColumn:
    """A calendar day: year-first text in any column, else by the column's order; no 31st of February."""
    kind = column.type()
    if kind.is_timestamp() or kind.is_date():
        found = column.date() if kind.is_timestamp() else column
        return found.between(ibis.date("0001-01-01"), ibis.date("9999-12-31")).ifelse(found, ibis.null("date"))
    raw = _trimmed(column.cast("int64") if kind.is_numeric() else column)
    forms = [(f"{form}{_TIME}$", target) for form, target in _DAY_FORMS["ymd" if kind.is_numeric() else order]]
    iso = ibis.cases(
        *((raw.re_search(form), raw.re_replace(form, target)) for form, target in forms), else_=ibis.null("string")
    )
    return iso.try_cast("date")


def flag(column: ir.Column) -> ir.BooleanColumn:
    """Yes or no from sim/não, s/n, 1/0, true/false, ativo/inativo; null for anything else."""
    if column.type().is_boolean():
        return column
    word = text(column).lower()
    return ibis.cases((word.isin(_TRUE), True), (word.isin(_FALSE), False), else_=ibis.null("boolean"))


def coded(column: ir.Column, words: dict[str, str]) -> ir.StringColumn:
    """The code of a word in any case ("Ganha" is "won"); null for words that are not listed."""
    return text(column).lower().substitute(words, else_=ibis.null("string"))
