"""How figures are written in the sentences of one page: its language and its currency, chosen once."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from carteira_lib import formats
from carteira_lib.language import N_, translator


@dataclass(frozen=True)
class Words:
    """Amounts as people read them.

    Attributes
    ----------
    language : str
    currency : str
        ISO code of all money.

    Examples
    --------
    >>> words = Words()
    >>> words.percent(0.128), words.change(-0.128, 1), words.days(60), words.times(1.72)
    ('13%', '−12,8%', '60 dias', '1,7 vez')
    """

    language: str = "pt-BR"
    currency: str = "BRL"

    @property
    def translate(self):
        """The catalogue of the language."""
        return translator(self.language)

    def number(self, value: float, decimals: int = 0) -> str:
        return formats.number(value, decimals, self.language)

    def count(self, value: float) -> str:
        """A number of things, an expected one to the nearest whole."""
        return formats.number(round(value), 0, self.language)

    def money(self, value: float) -> str:
        """An amount to be grasped, not to be booked: R$ 1,2 mi."""
        return formats.money(value, self.currency, self.language, compact=True)

    def percent(self, share: float, decimals: int = 0) -> str:
        return formats.percent(share, decimals, self.language)

    def change(self, share: float, decimals: int = 0) -> str:
        """A share with its sign."""
        return sign(share) + formats.percent(abs(share), decimals, self.language)

    def times(self, multiple: float) -> str:
        """A multiple in words; Portuguese takes the plural from 2 on."""
        told = self.number(multiple, 1)
        return self.translate(N_("{n} vez") if round(multiple, 1) < 2 else N_("{n} vezes"), n=told)

    def days(self, count: float) -> str:
        return formats.days(count, self.language)

    def date(self, day: datetime.date | None) -> str:
        return formats.date(day, self.language)

    def month(self, day: datetime.date | None) -> str:
        return formats.month(day, self.language)

    def listing(self, items: Iterable[str]) -> str:
        return formats.enumeration(list(items), self.language)


def sign(value: float) -> str:
    """The sign of a change as print sets it: a true minus.

    Examples
    --------
    >>> sign(2), sign(-0.5), sign(0)
    ('+', '−', '')
    """
    return "+" if value > 0 else formats.MINUS if value < 0 else ""
