"""Numbers, money, dates and Brazilian codes as people read them, and masking of personal data.

Every function takes the language; what is missing (None, NaN, NaT) prints as a dash.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from datetime import date as Date

LOCALES = {"pt-BR": "pt_BR", "en": "en_US"}
MISSING = "–"
MINUS = "−"  # as print sets it: a hyphen breaks lines, and is narrower than the figures
PLAUSIBLE_YEARS = (1900, 2100)  # outside them a date is a slip of the keyboard or a filler such as 31/12/9999
LARGEST_UNIT = 1e12  # that compact amounts have a word for

UF_REGIONS = {
    "AC": "Norte", "AP": "Norte", "AM": "Norte", "PA": "Norte", "RO": "Norte", "RR": "Norte", "TO": "Norte",
    "AL": "Nordeste", "BA": "Nordeste", "CE": "Nordeste", "MA": "Nordeste", "PB": "Nordeste", "PE": "Nordeste",
    "PI": "Nordeste", "RN": "Nordeste", "SE": "Nordeste",
    "DF": "Centro-Oeste", "GO": "Centro-Oeste", "MT": "Centro-Oeste", "MS": "Centro-Oeste",
    "ES": "Sudeste", "MG": "Sudeste", "RJ": "Sudeste", "SP": "Sudeste",
    "PR": "Sul", "RS": "Sul", "SC": "Sul",
}  # fmt: skip
UF_NAMES = {
    "AC": "Acre", "AL": "Alagoas", "AP": "Amapá", "AM": "Amazonas", "BA": "Bahia", "CE": "Ceará",
    "DF": "Distrito Federal", "ES": "Espírito Santo", "GO": "Goiás", "MA": "Maranhão", "MT": "Mato Grosso",
    "MS": "Mato Grosso do Sul", "MG": "Minas Gerais", "PA": "Pará", "PB": "Paraíba", "PR": "Paraná",
    "PE": "Pernambuco", "PI": "Piauí", "RJ": "Rio de Janeiro", "RN": "Rio Grande do Norte",
    "RS": "Rio Grande do Sul", "RO": "Rondônia", "RR": "Roraima", "SC": "Santa Catarina", "SP": "São Paulo",
    "SE": "Sergipe", "TO": "Tocantins",
}  # fmt: skip
_SMALL_WORDS = {"da", "das", "de", "do", "dos", "e"}


@functools.cache
def _locale(language: str):
    from babel import Locale

    if language not in LOCALES:
        raise ValueError(f"language must be one of {', '.join(LOCALES)}. Got {language!r}.")
    return Locale.parse(LOCALES[language])


def is_missing(value: object) -> bool:
    """Whether a value is None, NaN, NaT or infinite: nothing that can be printed as a figure."""
    if value is None or value != value:
        return True
    return isinstance(value, float) and math.isinf(value)


def number(value: float | None, decimals: int = 0, language: str = "pt-BR") -> str:
    """A number with thousands marks and a fixed count of decimals.

    Examples
    --------
    >>> number(1234567.891, 2), number(1234567.891, 2, "en"), number(float("nan")), number(-4.5, 1)
    ('1.234.567,89', '1,234,567.89', '–', '−4,5')
    """
    from babel.numbers import format_decimal

    if is_missing(value):
        return MISSING
    rounded = round(float(value), decimals) + 0.0  # + 0.0 turns -0.0 into 0.0
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(rounded, format=pattern, locale=_locale(language)).replace("-", MINUS)


def percent(share: float | None, decimals: int = 0, language: str = "pt-BR") -> str:
    """A share as a percentage; a part is never rounded to nothing or to the whole.

    Examples
    --------
    >>> percent(0.1234), percent(0.1234, 1), percent(0.1234, 1, "en")
    ('12%', '12,3%', '12.3%')
    >>> percent(0.9996), percent(0.0004, 1), percent(1.0), percent(0.0)
    ('>99%', '<0,1%', '100%', '0%')
    """
    if is_missing(share):
        return MISSING
    rounded, step = round(100 * share, decimals), 10**-decimals
    if 0 < share < 1 and rounded in (0, 100):
        return ("<" if rounded == 0 else ">") + number(step if rounded == 0 else 100 - step, decimals, language) + "%"
    return number(100 * share, decimals, language) + "%"


def money(value: float | None, currency: str = "BRL", language: str = "pt-BR", *, compact: bool = False) -> str:
    """An amount of money, to the cent or compact (R$ 1,2 mi).

    Examples
    --------
    >>> money(1234.5).replace("\\xa0", " "), money(1234.5, language="en")
    ('R$ 1.234,50', 'R$1,234.50')
    >>> [money(v, compact=True).replace("\\xa0", " ") for v in (1_250_000, 7.2e15)]
    ['R$ 1,2 mi', 'R$ 7.200 tri']
    """
    if is_missing(value):
        return MISSING
    return _amount(value, currency, language, compact).replace("-", MINUS)


def _amount(value: float, currency: str, language: str, compact: bool) -> str:
    from babel.numbers import format_compact_currency, format_currency

    if compact and round(abs(value) / LARGEST_UNIT) >= 1000:  # Babel would leave out the thousands mark
        unit = format_compact_currency(math.copysign(LARGEST_UNIT, value), currency, locale=_locale(language))
        return unit.replace("1", number(abs(value) / LARGEST_UNIT, 0, language))
    if compact and abs(value) >= 1000:
        return format_compact_currency(_rounded_up(value), currency, locale=_locale(language), fraction_digits=1)
    digits = {"currency_digits": False, "format": "¤\xa0#,##0" if language == "pt-BR" else "¤#,##0"} if compact else {}
    return format_currency(round(float(value), 2) + 0.0, currency, locale=_locale(language), **digits)


def _rounded_up(value: float) -> float:
    """999,960 is a million where one decimal is shown; Babel picks the unit before it rounds ("1000 mil")."""
    unit = 10.0 ** (3 * int(math.log10(abs(value)) // 3))
    return math.copysign(1000 * unit, value) if round(abs(value) / unit, 1) >= 1000 else float(value)


def date(day: Date | None, language: str = "pt-BR") -> str:
    """A day: 31/10/2026 in pt-BR, Oct 31, 2026 in English.

    Examples
    --------
    >>> date(Date(2026, 10, 5)), date(Date(2026, 10, 5), "en")
    ('05/10/2026', 'Oct 5, 2026')
    """
    from babel.dates import format_date

    if is_missing(day):
        return MISSING
    return format_date(day, "dd/MM/yyyy" if language == "pt-BR" else "medium", locale=_locale(language))


def month(day: Date | None, language: str = "pt-BR") -> str:
    """The month of a day, short.

    Examples
    --------
    >>> month(Date(2026, 10, 5)), month(Date(2026, 10, 5), "en")
    ('out/2026', 'Oct 2026')
    """
    from babel.dates import format_date

    if is_missing(day):
        return MISSING
    pattern = "MMM/yyyy" if language == "pt-BR" else "MMM yyyy"
    return format_date(day, pattern, locale=_locale(language)).replace(".", "")


def quarter(day: Date | None, language: str = "pt-BR") -> str:
    """The quarter of a day, short.

    Examples
    --------
    >>> quarter(Date(2026, 10, 5)), quarter(Date(2026, 10, 5), "en")
    ('4º tri/2026', 'Q4 2026')
    """
    if is_missing(day):
        return MISSING
    number_of_it = (day.month + 2) // 3
    return f"{number_of_it}º tri/{day.year}" if language == "pt-BR" else f"Q{number_of_it} {day.year}"


def days(count: float | None, language: str = "pt-BR") -> str:
    """A whole number of days, in words.

    Examples
    --------
    >>> days(1), days(38.4), days(2, "en")
    ('1 dia', '38 dias', '2 days')
    """
    if is_missing(count):
        return MISSING
    one, many = ("dia", "dias") if language == "pt-BR" else ("day", "days")
    return f"{number(count, 0, language)} {one if round(count) == 1 else many}"


def enumeration(items: list[str], language: str = "pt-BR") -> str:
    """Items in a sentence: "a, b e c".

    Examples
    --------
    >>> enumeration(["a", "b", "c"]), enumeration(["a", "b", "c"], "en"), enumeration(["a"])
    ('a, b e c', 'a, b and c', 'a')
    """
    items = list(items)
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + (" e " if language == "pt-BR" else " and ") + items[-1]


def strip_accents(text: str) -> str:
    """Text without accents: "São João" becomes "Sao Joao"."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def title_city(name: str) -> str:
    """A city's name in Brazilian title case, single-spaced.

    Examples
    --------
    >>> title_city("  SÃO   JOSÉ DOS CAMPOS "), title_city("santa bárbara d'oeste")
    ('São José dos Campos', "Santa Bárbara d'Oeste")
    """
    words = name.lower().split()
    titled = [w if i and w in _SMALL_WORDS else _capital(w) for i, w in enumerate(words)]
    return " ".join(titled)


def _capital(word: str) -> str:
    if re.match(r"d['’]\w", word):
        return word[:2] + word[2:].capitalize()
    return "-".join(part.capitalize() for part in word.split("-"))


def digits(text: str) -> str:
    """Only the letters and digits of a document, upper case: CNPJs may hold letters since July 2026.

    Examples
    --------
    >>> digits("12.abc.345/01DE-35")
    '12ABC34501DE35'
    """
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def mask_person(name: str | None) -> str:
    """A natural person's name as initials.

    Examples
    --------
    >>> mask_person("Maria de Souza Lima"), mask_person(None)
    ('M. S. L.', '–')
    """
    if is_missing(name):
        return MISSING
    words = [w for w in str(name).split() if w.lower() not in _SMALL_WORDS]
    return " ".join(f"{w[0].upper()}." for w in words) or MISSING


def mask_documents(text: str) -> str:
    """A line of text with CPF, e-mail addresses and phones masked, as far as their form tells them.

    Examples
    --------
    >>> mask_documents("7;529.982.247-25;ana@exemplo.com;(11) 98765-4321;150,00")
    '7;***.982.247-**;a***@***;********21;150,00'
    """
    text = re.sub(r"([^\s;,|@])[^\s;,|@]*@[^\s;,|@]+", r"\1***@***", text)
    text = re.sub(r"\b\d{3}\.\d{3}\.\d{3}-\d{2}\b|\b\d{11}\b", lambda found: mask_tax_id(found[0]), text)
    return re.sub(r"\(?\b\d{2}\)? ?9?\d{4}-\d{2}(\d{2})\b", r"********\1", text)


def mask_tax_id(tax_id: str | None) -> str:
    """CPF or CNPJ with all but its middle hidden.

    Examples
    --------
    >>> mask_tax_id("123.456.789-09"), mask_tax_id("11.222.333/0001-81")
    ('***.456.789-**', '**.222.333/****-**')
    """
    if is_missing(tax_id):
        return MISSING
    code = digits(str(tax_id))
    if len(code) == 11:
        return f"***.{code[3:6]}.{code[6:9]}-**"
    if len(code) == 14:
        return f"**.{code[2:5]}.{code[5:8]}/****-**"
    return "*" * len(code)
