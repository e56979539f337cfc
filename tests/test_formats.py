"""Figures as Brazilians and Americans write them."""

import math
from datetime import date

import pytest

from carteira_lib import formats

NBSP = "\xa0"


@pytest.mark.parametrize("value", [None, float("nan"), math.inf, -math.inf])
@pytest.mark.parametrize("function", [formats.number, formats.percent, formats.money, formats.days])
def test_what_is_missing_or_infinite_prints_as_a_dash(function, value):
    assert function(value) == "–"


@pytest.mark.parametrize(
    ("value", "pt", "en"),
    [
        (0, f"R${NBSP}0,00", "R$0.00"),
        (-0.001, f"R${NBSP}0,00", "R$0.00"),
        (1234567.891, f"R${NBSP}1.234.567,89", "R$1,234,567.89"),
        (-50, f"−R${NBSP}50,00", "−R$50.00"),
    ],
)
def test_money_to_the_cent(value, pt, en):
    assert formats.money(value) == pt
    assert formats.money(value, language="en") == en


@pytest.mark.parametrize(
    ("value", "pt", "en"),
    [
        (999, f"R${NBSP}999", "R$999"),
        (1000, f"R${NBSP}1{NBSP}mil", "R$1K"),
        (999_960, f"R${NBSP}1{NBSP}mi", "R$1M"),
        (12_345_678, f"R${NBSP}12,3{NBSP}mi", "R$12.3M"),
        (4_000_000_000, f"R${NBSP}4{NBSP}bi", "R$4B"),
        (-2_500_000, f"−R${NBSP}2,5{NBSP}mi", "−R$2.5M"),
    ],
)
def test_compact_money(value, pt, en):
    assert formats.money(value, compact=True) == pt
    assert formats.money(value, language="en", compact=True) == en


def test_other_currencies():
    assert formats.money(10, "USD", "en") == "$10.00"
    assert formats.money(10, "EUR") == f"€{NBSP}10,00"


def test_dates_and_months():
    assert formats.date(date(2026, 2, 1)) == "01/02/2026"
    assert formats.month(date(2026, 2, 1)) == "fev/2026"
    assert formats.month(date(2026, 2, 1), "en") == "Feb 2026"


def test_every_state_has_a_name_and_one_of_five_regions():
    assert len(formats.UF_REGIONS) == 27
    assert set(formats.UF_NAMES) == set(formats.UF_REGIONS)
    assert set(formats.UF_REGIONS.values()) == {"Norte", "Nordeste", "Centro-Oeste", "Sudeste", "Sul"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("rio de janeiro", "Rio de Janeiro"),
        ("EMBU-GUAÇU", "Embu-Guaçu"),
        ("de", "De"),
        ("", ""),
        ("são   luís do  quitunde", "São Luís do Quitunde"),
    ],
)
def test_city_titles(raw, expected):
    assert formats.title_city(raw) == expected


@pytest.mark.parametrize("code", ["12345678909", "11222333000181", "12ABC34501DE35", "77"])
def test_a_masked_document_shows_less_than_half_of_itself(code):
    masked = formats.mask_tax_id(code)
    assert sum(c.isalnum() for c in masked) <= len(code) * 6 / 11
    assert code not in masked.replace(".", "").replace("-", "").replace("/", "")
