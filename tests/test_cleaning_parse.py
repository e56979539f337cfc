"""What each written form means, and what means nothing: the values stand beside the text as a person reads them."""

import datetime

import ibis
import pandas as pd
import pytest

from carteira_lib.cleaning import parse


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


def parsed(connection, values, function, *arguments, kind="string"):
    table = connection.create_table(
        ibis.util.gen_name("t"),
        ibis.memtable({"x": values, "i": range(len(values))}, schema={"x": kind, "i": "int64"}),
        temp=True,
    )
    found = table.select("i", y=function(table.x, *arguments)).order_by("i").execute()["y"]
    return [None if pd.isna(value) else value for value in found]


NUMBERS = {  # text: (with decimal comma, with decimal point)
    "1.234,56": (1234.56, 1234.56), "1,234.56": (1234.56, 1234.56), "1.234": (1234, 1.234), "1,234": (1.234, 1234),
    "12,5": (12.5, 12.5), "12.5": (12.5, 12.5), "1.234.567": (1234567, 1234567), "1 234,5": (1234.5, 1234.5),
    "1\u00a0234,5": (1234.5, 1234.5), ",5": (0.5, 0.5), "7,": (7, 7), "1,5E+03": (1500, 1500), "1e-3": (0.001, 0.001),
    "-5": (-5, -5), "5-": (-5, -5), "(5)": (-5, -5), "−5": (-5, -5), "+5": (5, 5), "- 5": (-5, -5),
    "R$ 7,00": (7, 7), "-R$ 7": (-7, -7), "R$ -7": (-7, -7), "R$7": (7, 7), "US$ 7": (7, 7), "€ 7": (7, 7),
    "1000000000000001": (None, None), "1e99": (None, None), "1e400": (None, None), "(5": (None, None), "5)": (None, None),
    "--5": (None, None), "-5-": (None, None), "(-5)": (None, None), "12 34": (None, None), "1.2.3": (None, None),
    "1_000": (None, None), "0x10": (None, None), "nan": (None, None), "inf": (None, None), "R$": (None, None),
    "": (None, None), "-": (None, None), "5 kg": (None, None), "١٢": (None, None), "=1+1": (None, None),
}  # fmt: skip


@pytest.mark.parametrize(("mark", "position"), [(",", 0), (".", 1)], ids=["comma", "point"])
def test_numbers(connection, mark, position):
    found = parsed(connection, [*NUMBERS, None], parse.number, mark)
    assert dict(zip(NUMBERS, found, strict=False)) == {text: values[position] for text, values in NUMBERS.items()}
    assert found[-1] is None


def test_numbers_in_the_other_mark_are_told_apart(connection):
    texts = ["1,234.56", "12.5", "1.234", "12,5", "12", "x", ""]
    assert parsed(connection, texts, parse.other_mark, ",") == [True, True, False, False, False, False, False]


DAYS = {  # text: (ymd, dmy, mdy)
    "2024-02-29": ("2024-02-29",) * 3, "2024/2/5": ("2024-02-05",) * 3, "2023-02-29": (None,) * 3,
    "2024-02-28T10:00:00Z": ("2024-02-28",) * 3, "2024-02-28 23:59:59.999 -0300": ("2024-02-28",) * 3,
    "05/10/2024": (None, "2024-10-05", "2024-05-10"), "5.1.24": (None, "2024-01-05", "2024-05-01"),
    "31-12-99": (None, "1999-12-31", None), "12/25/2024 7:30 PM": (None, None, "2024-12-25"),
    "20240105": ("2024-01-05", None, None), "25122024": (None, "2024-12-25", None),
    "31/02/2024": (None,) * 3, "2024-02-28 ontem": (None,) * 3, "infinity": (None,) * 3, "epoch": (None,) * 3,
    "0000-00-00": (None,) * 3, "2024-01-05 BC": (None,) * 3, "45321": (None,) * 3, "": (None,) * 3,
}  # fmt: skip


@pytest.mark.parametrize(("order", "position"), [("ymd", 0), ("dmy", 1), ("mdy", 2)])
def test_days(connection, order, position):
    found = parsed(connection, list(DAYS), parse.day, order)
    texts = [None if value is None else f"{value:%Y-%m-%d}" for value in found]
    assert dict(zip(DAYS, texts, strict=True)) == {text: values[position] for text, values in DAYS.items()}


def test_days_written_as_integers(connection):
    found = parsed(connection, [20240131, 20240132, None], parse.day, "dmy", kind="int64")
    assert [None if v is None else pd.Timestamp(v).date() for v in found] == [datetime.date(2024, 1, 31), None, None]


def test_identifiers_keep_their_zeros_and_lose_a_float_ending(connection):
    texts = [
        "007",
        "12345.0",
        "1.50",
        "10.00",
        " A 1 ",
        "\u00a0x\u00a0",
        "A.0",
        "",
        "null",
        "NaN",
        "---",
        "-1",
        "#N/D",
        None,
    ]
    expected = ["007", "12345", "1.50", "10.00", "A 1", "x", "A.0", None, None, None, None, "-1", None, None]
    assert parsed(connection, texts, parse.identifier) == expected
    assert parsed(connection, [12345.0, 1.5, float("nan"), float("inf"), None], parse.identifier, kind="float64") == [
        "12345", "1.5", None, None, None,
    ]  # fmt: skip
    assert parsed(connection, [7, None], parse.identifier, kind="int64") == ["7", None]


def test_flags(connection):
    texts = ["Sim", "S", "1", "1.0", "VERDADEIRO", "ativo", "Não", "nao", "n", "0", "Inativa", "talvez", "", None]
    assert parsed(connection, texts, parse.flag) == [True] * 6 + [False] * 5 + [None] * 3
    assert parsed(connection, [1.0, 0.0, 2.0, None], parse.flag, kind="float64") == [True, False, None, None]
