"""The forecast of the whole, split among sellers or segments so that the parts sum to it to the cent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib.forecast.backtest import STEPS, origins
from carteira_lib.forecast.seasonal import YEAR, dses

SPLITS = ("own", "year")


def split(parts: pd.DataFrame, total: np.ndarray, first_month: int) -> pd.DataFrame:
    """The forecast of the whole by part.

    Parameters
    ----------
    parts : DataFrame
        One row per past month, one column per part.
    total : ndarray
        Forecast of the whole for the months to come.
    first_month : int
        Month of the year of the first row, 0 to 11.

    Returns
    -------
    DataFrame
        One row per month to come, the columns of `parts`: rounded to the cent, each row sums to its rounded total.

    Notes
    -----
    Each part is forecast alone and the results give the shares of the whole; where the shares of the last twelve months
    were the better guide at past origins, they are the shares.
    """
    shares = part_shares(parts.to_numpy(dtype="float64"), first_month, len(total), rule=best_rule(parts, first_month))
    rows = [allocated(amount, share) for amount, share in zip(total, shares, strict=True)]
    return pd.DataFrame(rows, columns=parts.columns)


def part_shares(values: np.ndarray, first_month: int, horizon: int, *, rule: str) -> np.ndarray:
    """Share of each part in each month to come, by the parts' own forecasts ("own") or the last twelve months ("year")."""
    year = np.maximum(values[-YEAR:].sum(axis=0), 0.0)
    amounts = np.tile(year, (horizon, 1))
    if rule == "own":
        amounts = np.column_stack([dses(values[:, i], first_month, horizon) for i in range(values.shape[1])])
        amounts = np.where(amounts.sum(axis=1, keepdims=True) > 0, amounts, year)
    whole = amounts.sum(axis=1, keepdims=True)
    return np.divide(amounts, whole, out=np.full(amounts.shape, 1 / amounts.shape[1]), where=whole > 0)


def best_rule(parts: pd.DataFrame, first_month: int) -> str:
    """Which shares lay nearer to what came, over the last origins, when applied to the whole that came."""
    values = parts.to_numpy(dtype="float64")
    off = dict.fromkeys(SPLITS, 0.0)
    for origin in origins(len(values)):
        came = values[origin : origin + STEPS]
        for rule in SPLITS:
            shares = part_shares(values[:origin], first_month, len(came), rule=rule)
            off[rule] += np.abs(shares * came.sum(axis=1, keepdims=True) - came).sum()
    return "own" if off["own"] <= off["year"] else "year"


def allocated(amount: float, shares: np.ndarray) -> np.ndarray:
    """An amount in cents by shares: the cents that rounding leaves go to the largest remainders.

    Examples
    --------
    >>> allocated(100.0, np.array([1, 1, 1]) / 3).tolist()
    [33.34, 33.33, 33.33]
    """
    cents = round(100 * amount)
    wanted = cents * shares
    given = np.floor(wanted).astype("int64")
    order = np.argsort(given - wanted, kind="stable")
    given[order[: cents - given.sum()]] += 1
    return given / 100
