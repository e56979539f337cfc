"""What a client is worth a year: margin, or revenue where the costs are not known; and the scores that searches read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata

YEAR = 365
#: Days since the first order below which a client's year cannot be told.
LEAST_DAYS = 183
#: Share of the revenue whose cost must be known for margins to be used.
COSTED_SHARE = 0.5
WINSORISED = (0.01, 0.95)
MARGIN, REVENUE = "margin", "revenue"


class Value(NamedTuple):
    """Value of the clients that can be judged.

    Attributes
    ----------
    yearly : Series
        Currency a year, indexed by ``customer_id``, in its order.
    basis : str
        "margin" or "revenue".
    later : Series or None
        Value of the last 12 months of those that could have been judged a year before; None without two years.
    earlier : Series or None
        Their value of the time before, as `yearly` would have been then.
    """

    yearly: pd.Series
    basis: str
    later: pd.Series | None = None
    earlier: pd.Series | None = None


def value(margins: pd.DataFrame, as_of: pd.Timestamp) -> Value:
    """Value a year of each client whose first order is six months old or more.

    Parameters
    ----------
    margins : DataFrame
        One row per client with an order: ``customer_id``, ``first_order_date``; ``net_amount``, ``costed_amount`` and
        ``cost`` of all its lines, and the same with ``recent_`` of the last 365 days.
    as_of : Timestamp

    Notes
    -----
    The year of a client runs from its first order to `as_of`, silence included: a client that stopped is worth less. Lines
    without a cost are taken to leave the margin of the client's other lines, else that of all clients.
    """
    table = margins.set_index("customer_id").sort_index()
    days = (as_of - table["first_order_date"]).dt.days + 1
    whole, recent = (table[[p + name for name in ("net_amount", "costed_amount", "cost")]] for p in ("", "recent_"))
    basis = _basis(whole)
    gained, gained_lately = (_gain(part.set_axis(whole.columns, axis=1), basis) for part in (whole, recent))
    enough = days >= LEAST_DAYS
    yearly = (gained * YEAR / days)[enough]
    before = days - YEAR
    old = before >= LEAST_DAYS
    if not old.any():
        return Value(yearly, basis)
    earlier = ((gained - gained_lately) * YEAR / before)[old]
    return Value(yearly, basis, gained_lately[old], earlier)


def _basis(amounts: pd.DataFrame) -> str:
    total = amounts["net_amount"].abs().sum()
    known = amounts["costed_amount"].abs().sum()
    return MARGIN if total > 0 and known / total >= COSTED_SHARE else REVENUE


def _gain(amounts: pd.DataFrame, basis: str) -> pd.Series:
    net = amounts["net_amount"].astype("float64").fillna(0.0)
    if basis == REVENUE:
        return net
    costed, cost = (amounts[name].astype("float64").fillna(0.0) for name in ("costed_amount", "cost"))
    overall = (costed.sum() - cost.sum()) / costed.sum() if costed.sum() > 0 else 0.0
    rate = ((costed - cost) / costed.where(costed > 0)).fillna(overall)
    return costed - cost + rate * (net - costed)


def winsorised(values: np.ndarray) -> np.ndarray:
    """Values between their 1st and 95th percentile: one giant must not make a niche."""
    values = np.asarray(values, dtype="float64")
    if not len(values):
        return values
    return np.clip(values, *np.quantile(values, WINSORISED))


def normal_scores(values: np.ndarray) -> np.ndarray:
    """Normal quantile of each value's rank; equal values have equal scores.

    Examples
    --------
    >>> normal_scores(np.array([5.0, 1.0, 5.0])).round(2).tolist()
    [0.43, -0.97, 0.43]
    """
    values = np.asarray(values, dtype="float64")
    return norm.ppf((rankdata(values) - 0.5) / max(len(values), 1))


def discounted(scores: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Normal scores of what is left of `scores` beyond a straight line on log(size).

    Where the size is not known, or not positive, the line is taken at its mean.
    """
    known = np.isfinite(size) & (size > 0)
    log_size = np.log(np.where(known, size, 1.0))
    if known.sum() < 3 or np.ptp(log_size[known]) < 1e-9:
        return scores
    slope = np.polyfit(log_size[known], scores[known], 1)[0]
    return normal_scores(scores - slope * np.where(known, log_size - log_size[known].mean(), 0.0))
