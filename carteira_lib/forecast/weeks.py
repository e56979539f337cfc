"""The next 4 and 12 weeks: weekly sales without the season of their month, smoothed, and judged on their sums.

A single week says little; the sum of 4 or of 12 is what a buyer or a treasurer asks for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.forecast.backtest import CLEARLY, log_errors, quantile
from carteira_lib.forecast.seasonal import YEAR, month_index

SPANS = (4, 12)
MEAN_WEEKS = 13
FEWEST_WEEKS = 26
ORIGINS = 12
EVERY = 4  # weeks between two origins
ALPHAS = (0.05, 0.1, 0.2, 0.3, 0.5)
WAYS = ("dses", "mean_13")


class Weekly(NamedTuple):
    """Sales of whole weeks that end on the same day of the week as `as_of`.

    Attributes
    ----------
    values : ndarray
        One per week.
    month : ndarray
        Month of the year of the middle of each week, 0 to 11.
    """

    values: np.ndarray
    month: np.ndarray


def weekly(purchases: pd.DataFrame, as_of: pd.Timestamp, column: str = "net_amount") -> Weekly:
    """Weeks back from `as_of`; the first, which the history does not know whole, is left out.

    Parameters
    ----------
    purchases : DataFrame
        One row per client-day: ``order_date`` and `column`.
    as_of : Timestamp
    column : str
        What is summed.
    """
    known = purchases[purchases["order_date"] <= as_of]
    back = (as_of.normalize() - known["order_date"]).dt.days // 7
    whole = (as_of.normalize() - known["order_date"].min()).days // 7 if len(known) else 0
    sums = (
        np.bincount(back, weights=known[column].astype("float64"), minlength=whole + 1)[:whole][::-1]
        if whole
        else np.zeros(0)
    )
    middles = as_of - pd.to_timedelta(7 * np.arange(whole)[::-1] + 3, unit="D")
    return Weekly(sums, np.asarray(pd.DatetimeIndex(middles).month) - 1 if whole else np.zeros(0, dtype="int64"))


def coming_months(as_of: pd.Timestamp, weeks: int) -> np.ndarray:
    """Month of the year of the middle of each week ahead, 0 to 11."""
    return np.asarray(pd.DatetimeIndex(as_of + pd.to_timedelta(7 * np.arange(weeks) + 4, unit="D")).month) - 1


def week_index(known: Weekly) -> np.ndarray:
    """Index of the month of the year, from sums of weeks taken as months of four weeks and a third."""
    months = pd.Series(known.values).groupby([(np.diff(known.month, prepend=known.month[:1]) != 0).cumsum()]).mean()
    inner = months.to_numpy()[1:-1]  # the outer ones hold a part of their weeks
    return month_index(inner, int(known.month[0] + 1) % YEAR) if len(inner) else np.ones(YEAR)


def dses(known: Weekly, ahead: np.ndarray) -> float:
    """Sum of the weeks ahead: the smoothed level times the index of each.

    Parameters
    ----------
    known : Weekly
    ahead : ndarray
        Month of the year of each week ahead.
    """
    index = week_index(known)
    season = np.where(index[known.month] > 0, index[known.month], 1.0)
    plain = known.values / season
    best, level = np.inf, plain.mean()
    for alpha in ALPHAS:
        current, squares = plain[:MEAN_WEEKS].mean(), 0.0
        for value in plain[MEAN_WEEKS:]:
            squares += (value - current) ** 2
            current += alpha * (value - current)
        if squares < best:
            best, level = squares, current
    return float(max(level, 0.0) * index[ahead].sum())


def mean_13(known: Weekly, ahead: np.ndarray) -> float:
    """The mean of the last thirteen weeks, as many times as there are weeks ahead."""
    return float(max(known.values[-MEAN_WEEKS:].mean(), 0.0) * len(ahead))


def past_sums(known: Weekly) -> pd.DataFrame:
    """What each way said at past origins, beside what came.

    Returns
    -------
    DataFrame
        ``span`` (weeks), ``origin`` (weeks known), ``forecaster``, ``forecast``, ``actual``.
    """
    rows = []
    for span in SPANS:
        last = len(known.values) - span
        for origin in range(last, max(FEWEST_WEEKS, last - ORIGINS * EVERY) - 1, -EVERY):
            then = Weekly(known.values[:origin], known.month[:origin])
            ahead, came = known.month[origin : origin + span], known.values[origin : origin + span].sum()
            rows += [
                (span, origin, name, way(then, ahead), came) for name, way in (("dses", dses), ("mean_13", mean_13))
            ]
    return pd.DataFrame(rows, columns=["span", "origin", "forecaster", "forecast", "actual"])


def sums(known: Weekly, as_of: pd.Timestamp) -> pd.DataFrame:
    """The next 4 and 12 weeks, each by the way that was better here, with the band of its own errors.

    Returns
    -------
    DataFrame
        ``span``, ``forecaster``, ``estimate``, ``low``, ``high``, ``wape``, ``origins``; empty below half a year of weeks.

    Notes
    -----
    A longer sum is never told to be surer than a shorter one, as in the band of months: past sums of 12 weeks share most of
    their weeks, so that even a dozen of them are worth no more than four.
    """
    columns = ["span", "forecaster", "estimate", "low", "high", "wape", "origins"]
    if len(known.values) < FEWEST_WEEKS + max(SPANS):
        return pd.DataFrame(columns=columns)
    past, rows, width = past_sums(known), [], 0.0
    for span in SPANS:
        own = past[past["span"] == span]
        off = (own["forecast"] - own["actual"]).abs().groupby(own["forecaster"]).sum()
        chosen = "mean_13" if off["mean_13"] < CLEARLY * off["dses"] else "dses"
        said = own[own["forecaster"] == chosen]
        width = max(width, quantile(log_errors(said).to_numpy()))
        factor = np.exp(width)
        estimate = {"dses": dses, "mean_13": mean_13}[chosen](known, coming_months(as_of, span))
        wape = off[chosen] / max(said["actual"].abs().sum(), 1e-9)
        rows.append((span, chosen, estimate, estimate / factor, estimate * factor, wape, len(said)))
    return pd.DataFrame(rows, columns=columns)
