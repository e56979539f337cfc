"""The score wave by wave, and which changes are more than chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import formats, tables
from carteira_lib.nps.evidence import ALPHA, difference, holm, trend
from carteira_lib.nps.score import CLASSES, FEWEST, FIGURES, Counts, adjusted_wald

QUIET_DAYS = 21  # without an answer of anybody: one wave is over
LONGEST_WAVE_DAYS = 62
MOST_WAVES = 12
TABLE = "nps_waves"


class Waves(NamedTuple):
    """The waves, oldest first, and the p value of a straight line through them (NaN with fewer than four)."""

    table: pd.DataFrame
    trend_p: float


def once_per_wave(answers: pd.DataFrame) -> pd.DataFrame:
    """The latest answer of each client in each of the last twelve waves, with its ``wave``; see `waves`."""
    if answers.empty:
        return answers.assign(wave=pd.Series(dtype="int64"))
    marked = answers.assign(wave=_wave_of(answers["answer_date"]))
    last = np.sort(marked["wave"].unique())[-MOST_WAVES:]
    return marked[marked["wave"] >= last[0]].drop_duplicates(["client", "wave"], keep="last")


def waves(once: pd.DataFrame, *, language: str = "pt-BR") -> Waves:
    """Score, interval and change of each wave, of the last twelve; the change is tested against the wave before.

    A wave ends where nobody answers for three weeks. Where answers come all the time, the waves are the quarters of
    the calendar. Each client counts once a wave, by its latest answer.

    Parameters
    ----------
    once : DataFrame
        As `once_per_wave` gives it.

    Returns
    -------
    Waves
        Table ``nps_waves``. ``proven`` is True where the change holds with Holm's correction over all changes. Waves of
        fewer than ten answers have counts only, and are passed over when changes are tested.
    """
    empty = tables.conform(pd.DataFrame(columns=list(tables.contract(TABLE).column_names)), TABLE)
    if once.empty:
        return Waves(empty, float("nan"))
    table = _counted(once).reset_index(drop=True)
    told = formats.quarter if isinstance(once["wave"].dtype, pd.PeriodDtype) else formats.month
    named = table.assign(wave=[told(day, language) for day in table["first_date"]])
    named["wave"] = _distinct(named["wave"], named["first_date"], language)
    tested = _tested(named)
    return Waves(tables.conform(tested, TABLE), _trend(tested))


def _wave_of(dates: pd.Series) -> pd.Series:
    """Number of the burst of answers that a date lies in, or its quarter where the bursts are no bursts."""
    days = pd.Series(np.sort(dates.unique()))
    burst = (days.diff().dt.days > QUIET_DAYS).cumsum()
    length = days.groupby(burst).agg(lambda part: (part.max() - part.min()).days)
    if length.max() > LONGEST_WAVE_DAYS:
        return dates.dt.to_period("Q")
    return dates.map(dict(zip(days, burst, strict=True)))


def _counted(once: pd.DataFrame) -> pd.DataFrame:
    by_wave = once.groupby("wave")
    dates = by_wave["answer_date"].agg(first_date="min", last_date="max")
    by_class = pd.crosstab(once["wave"], once["class"]).reindex(columns=list(CLASSES), fill_value=0)
    by_class.columns = list(Counts._fields)
    return dates.join(by_class).assign(answers=by_class.sum(axis=1)).sort_index()


def _distinct(names: pd.Series, days: pd.Series, language: str) -> list[str]:
    """Two waves that began in one month go by their first days."""
    twice = names.duplicated(keep=False)
    return [formats.date(day, language) if again else name for name, day, again in zip(names, days, twice, strict=True)]


def _tested(table: pd.DataFrame) -> pd.DataFrame:
    own = Counts(*(table[name].to_numpy("float64") for name in Counts._fields))
    estimate, enough = adjusted_wald(own), own.answers >= FEWEST
    figures = dict(zip(FIGURES, (np.where(enough, part, np.nan) for part in estimate), strict=True))
    change, p_values, corrected = (np.full(len(table), np.nan) for _ in range(3))
    places = np.flatnonzero(enough)
    later, before = places[1:], places[:-1]
    if len(later):
        change[later] = estimate.nps[later] - estimate.nps[before]
        p_values[later] = difference(*(Counts(*(part[at] for part in own)) for at in (later, before)))
        corrected[later] = holm(p_values[later])
    tested = {"change": change, "p_value": p_values, "p_corrected": corrected, "proven": corrected <= ALPHA}
    return table.assign(**figures, **tested, enough=enough)


def _trend(table: pd.DataFrame) -> float:
    whole = table[table["enough"]]
    days = (whole["first_date"] - whole["first_date"].min()).dt.days.to_numpy("float64")
    return float(trend(Counts(*(whole[name].to_numpy("float64") for name in Counts._fields)), days))
