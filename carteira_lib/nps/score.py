"""The score and how sure it is: classes, counts, and the intervals of a Net Promoter Score.

NPS = 100 * (promoters - detractors) / all answers: neutrals count in the denominator. Functions of counts take numbers
or arrays of them, and return what they were given the form of.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

CLASSES = ("promoter", "passive", "detractor")
PROMOTER_FROM, PASSIVE_FROM = 9, 7
FIGURES = ("nps", "nps_low", "nps_high")  # columns of an `Estimate` in the tables
FEWEST = 10  # answers; with fewer there are counts, and no score
LEVEL = 0.95
#: Rocks (2016): imagined answers added to the promoters, and as many to the detractors; twice that to the neutrals.
PSEUDO = 0.75
PSEUDO_ANSWERS = 4 * PSEUDO


class Counts(NamedTuple):
    """Answers by class: numbers or arrays; weighted ones need not be whole."""

    promoters: float
    passives: float
    detractors: float

    @property
    def answers(self) -> float:
        return self.promoters + self.passives + self.detractors

    @property
    def net(self) -> float:
        return self.promoters - self.detractors


class Estimate(NamedTuple):
    """A score with the limits of its interval, in points from -100 to 100."""

    nps: float
    low: float
    high: float


def class_of(scores: pd.Series) -> pd.Series:
    """Class of each score: promoter 9-10, passive 7-8, detractor 0-6; missing where there is no score.

    Examples
    --------
    >>> class_of(pd.Series([10, 9, 8, 7, 6, 0])).tolist()
    ['promoter', 'promoter', 'passive', 'passive', 'detractor', 'detractor']
    """
    numbers = scores.astype("float64")
    codes = np.select([numbers >= PROMOTER_FROM, numbers >= PASSIVE_FROM], CLASSES[:2], CLASSES[2])
    return pd.Series(codes, index=scores.index, dtype="str").where(numbers.notna())


def counts(classes: pd.Series, weights: pd.Series | None = None) -> Counts:
    """How many answers of each class, or their weights added up.

    Examples
    --------
    >>> counts(pd.Series(["promoter", "detractor", "promoter"]))
    Counts(promoters=2.0, passives=0.0, detractors=1.0)
    """
    weight = pd.Series(1.0, index=classes.index) if weights is None else weights
    return Counts(*(float(weight[classes == name].sum()) for name in CLASSES))


def nps(found: Counts) -> float:
    """Net Promoter Score over all answers, -100 to 100; NaN without answers.

    Examples
    --------
    >>> nps(Counts(8465, 3953, 1194)).round(2)
    np.float64(53.42)
    """
    return _share(100 * np.asarray(found.net, dtype="float64"), found.answers)


def without_passives(found: Counts) -> float:
    """The reading that leaves the neutrals out of the denominator too: always the more extreme, never the headline.

    Examples
    --------
    >>> without_passives(Counts(30, 60, 10))
    np.float64(50.0)
    """
    return _share(100 * np.asarray(found.net, dtype="float64"), found.promoters + found.detractors)


def _share(part: np.ndarray, whole: float) -> float:
    whole = np.asarray(whole, dtype="float64")
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, np.nan), where=whole > 0)[()]


def variance(promoters: float, detractors: float) -> float:
    """Variance of one answer counted as 1, 0 or -1, from the shares of promoters and detractors."""
    return promoters + detractors - (promoters - detractors) ** 2


def plain_wald(found: Counts, level: float = LEVEL) -> Estimate:
    """The textbook interval. It covers 88 % where it says 95 % with ten answers; here for comparison only.

    Examples
    --------
    >>> [round(float(v), 2) for v in plain_wald(Counts(5, 3, 2))]
    [30.0, -18.41, 78.41]
    """
    n = found.answers
    half = _z(level) * np.sqrt(variance(found.promoters / n, found.detractors / n) / n)
    centre = found.net / n
    return Estimate(100 * centre, 100 * (centre - half), 100 * (centre + half))


def adjusted_wald(found: Counts, level: float = LEVEL) -> Estimate:
    """The score with Rocks' interval: Wald after three imagined answers, 3/4 promoter, 3/2 neutral, 3/4 detractor.

    Parameters
    ----------
    found : Counts
        Of answers; weighted ones add up to the effective number of answers.
    level : float

    Returns
    -------
    Estimate
        The score is the one observed; the limits are clipped to -100 and 100.

    References
    ----------
    Rocks, B. (2016). Interval estimation for the "Net Promoter Score". The American Statistician 70(4), 365-372.

    Examples
    --------
    >>> [round(float(v), 2) for v in adjusted_wald(Counts(5, 3, 2))]
    [30.0, -19.05, 65.2]
    """
    centre, var, n = _adjusted(found)
    half = _z(level) * np.sqrt(var / n)
    low, high = np.clip(100 * (centre - half), -100, 100), np.clip(100 * (centre + half), -100, 100)
    return Estimate(nps(found), low[()], high[()])


def _adjusted(found: Counts) -> tuple[float, float, float]:
    """Mean, variance and number of the answers with the imagined ones among them."""
    n = found.answers + PSEUDO_ANSWERS
    promoters, detractors = (found.promoters + PSEUDO) / n, (found.detractors + PSEUDO) / n
    return promoters - detractors, variance(promoters, detractors), n


def finite_portfolio(found: Counts, clients: float, level: float = LEVEL) -> Estimate:
    """The score of all clients of a portfolio today, of whom some answered: exact where all of them did.

    What was answered is known; only those who did not answer are uncertain. The interval is about this portfolio and
    must not be used to compare periods.

    Parameters
    ----------
    found : Counts
        One answer per client.
    clients : float
        Of the portfolio, those who answered included.
    level : float

    Returns
    -------
    Estimate
        ``nps`` is the centre: answered share x observed score + the rest x adjusted score. The limits stay within
        what is possible given the answers.

    Raises
    ------
    ValueError
        More answers than clients.

    Notes
    -----
    The score of N clients moves in steps of 1 / N, and half a step is added on both sides: without it the coverage of
    the least favourable mix falls to .859 with one client left to answer.

    Examples
    --------
    >>> [round(float(v), 2) for v in finite_portfolio(Counts(5, 3, 2), 10)]
    [30.0, 30.0, 30.0]
    >>> [round(float(v), 2) for v in finite_portfolio(Counts(5, 3, 2), 20)]
    [26.54, -7.91, 60.98]
    """
    n = np.asarray(found.answers, dtype="float64")
    if np.any(n > clients):
        raise ValueError(f"clients must be at least the number of answers. Got {clients} and {found.answers}.")
    answered, observed = n / clients, found.net / n
    centre, var, adjusted_n = _adjusted(found)
    rest = np.asarray(clients - n, dtype="float64")
    silent = np.divide(1.0, rest, out=np.zeros_like(rest), where=rest > 0)
    middle = answered * observed + (1 - answered) * centre
    half = _z(level) * (1 - answered) * np.sqrt(var * (1 / adjusted_n + silent))
    half = half + np.where(rest > 0, 0.5 / clients, 0.0)
    least, most = answered * observed - (1 - answered), answered * observed + (1 - answered)
    limits = (np.clip(side, least, most) for side in (middle - half, middle, middle + half))
    low, middle, high = (100 * limit for limit in limits)
    return Estimate(middle[()], low[()], high[()])


def _z(level: float) -> float:
    return float(stats.norm.ppf(0.5 + level / 2))
