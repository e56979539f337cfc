"""Figures of page 05 in words, shared by its sentences and titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, plots
from carteira_lib.language import translator
from carteira_lib.nps.score import FIGURES

if TYPE_CHECKING:
    from carteira_lib.nps.analysis import Analysis

FEW_RESPONSES = 0.30


class Words:
    """How the figures of one analysis are written in one language."""

    def __init__(self, analysis: Analysis | None, language: str, currency: str):
        self.analysis, self.language, self.currency = analysis, language, currency
        self.translate = translator(language)

    @property
    def answers(self) -> int:
        return int(self.row("answered")["answers"])

    @property
    def enough(self) -> bool:
        return bool(self.row("answered")["enough"])

    @property
    def biased(self) -> bool:
        """Whether weighting moves the score by more than half of its interval."""
        raw, mended = self.row("answered"), self.row("weighted")
        return bool(abs(mended["nps"] - raw["nps"]) > (raw["nps_high"] - raw["nps_low"]) / 2)

    def row(self, reading: str) -> pd.Series:
        return self.analysis.summary.set_index("reading").loc[reading]

    def estimate(self, reading: str) -> dict[str, str]:
        row = self.row(reading)
        return {name: self.points(row[column]) for name, column in zip(("nps", "low", "high"), FIGURES, strict=True)}

    def counted(self, one: str, many: str, n: int, amount: str = "") -> str:
        """`one` or `many`, messages marked apart: constants cannot be marked as a pair."""
        return self.translate(one if n == 1 else many, n=self.number(n), amount=amount)

    def points(self, value: float) -> str:
        return plots.text_of(value, "points", self.language)

    def number(self, value: float) -> str:
        return formats.number(round(value), 0, self.language)

    def percent(self, share: float) -> str:
        return formats.percent(share, 0, self.language)

    def days(self, count: float) -> str:
        return formats.days(count, self.language)

    def money(self, value: float) -> str:
        return formats.money(value, self.currency, self.language, compact=True)
