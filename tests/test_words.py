"""How figures are written in the sentences of every page."""

import pytest

from carteira_lib.words import Words, sign


@pytest.mark.parametrize(
    ("lift", "said", "english"), [(1.94, "1,9 vez", "1.9 times"), (1.96, "2,0 vezes", "2.0 times")]
)
def test_a_multiple_takes_the_plural_from_two_on(lift, said, english):
    assert Words("pt-BR").times(lift) == said
    assert Words("en").times(lift) == english


@pytest.mark.parametrize(
    ("share", "said"), [(0.128, "+12,8%"), (-0.128, "−12,8%"), (0.0, "0,0%"), (-0.0001, "−<0,1%"), (2.5, "+250,0%")]
)
def test_a_change_bears_its_sign(share, said):
    assert Words().change(share, 1) == said


def test_a_count_is_whole_and_money_is_short():
    words = Words(currency="USD")
    assert words.count(1234.6) == "1.235"
    assert words.money(1_234_567).replace("\xa0", " ") == "US$ 1,2 mi"
    assert words.listing(["a", "b", "c"]) == "a, b e c"
    assert [sign(value) for value in (3, -3, 0)] == ["+", "−", ""]
