"""Each way of forecasting on past origins of this very series: which one to publish, and how far it was off.

At each of the last twelve origins every way sees only the months before it. The default keeps its place unless another
way was clearly better here. Bands come from the errors of the way published, not from a distribution.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.forecast.seasonal import FORECASTERS, YEAR, Forecaster

ORIGINS = 12
STEPS = 3  # months ahead by which the ways are compared
HORIZON = 12
FEWEST_MONTHS = 6  # below it nothing is forecast
FEWEST_ORIGINS = 6  # below it the default is published without a contest
CLEARLY = 0.95  # another way must have so little of the default's error: gaps under 5 % are ties
DEFAULT = "dses"
LEVEL = 0.80
FEWEST_ERRORS = 8
STEP_GROUPS = ((1, 3), (4, 6), (7, 12))
FLOOR = 0.05  # of the forecast: an actual of nothing, or below, is an error of twenty times, not an endless one


class Band(NamedTuple):
    """Half widths of the 80 % band as factors, by months ahead; and how often such bands held in the past.

    Attributes
    ----------
    factor : ndarray of HORIZON
        The band of a forecast f at step h is f / factor[h] to f * factor[h].
    covered : float
        Share of the past actuals inside bands made only of errors known at their origin; NaN with too few.
    judged : int
        How many actuals that share is made of.
    """

    factor: np.ndarray
    covered: float
    judged: int


class Backtest(NamedTuple):
    """What the past says.

    Attributes
    ----------
    predictions : DataFrame
        One row per origin, step and way: ``origin`` (months known), ``step``, ``forecaster``, ``forecast``, ``actual``.
    scores : DataFrame
        One row per way: ``forecaster``, ``origins``, ``wape``, ``mase``, ``published``.
    published : str
    band : Band
    """

    predictions: pd.DataFrame
    scores: pd.DataFrame
    published: str
    band: Band


def backtest(values: np.ndarray, first_month: int, *, forecasters: Mapping[str, Forecaster] = FORECASTERS) -> Backtest:
    """Test the ways of forecasting on the last origins of a series.

    Parameters
    ----------
    values : ndarray
        One value per month.
    first_month : int
        Month of the year of the first, 0 to 11.
    forecasters : mapping
        Name -> function of values, first month and horizon.
    """
    values = np.asarray(values, dtype="float64")
    past = predictions(values, first_month, forecasters)
    published = choice(past)
    return Backtest(past, scores(past, values, published), published, band(past, published))


def origins(count: int) -> range:
    """Months known at each origin: the last twelve, each with a year before it where the history allows."""
    least = YEAR if count >= YEAR + FEWEST_ORIGINS else FEWEST_MONTHS
    return range(max(least, count - ORIGINS), count)


def predictions(values: np.ndarray, first_month: int, forecasters: Mapping[str, Forecaster]) -> pd.DataFrame:
    """What each way said at each origin, beside what came; see `Backtest`."""
    rows = []
    for origin in origins(len(values)):
        steps = min(HORIZON, len(values) - origin)
        for name, forecast in forecasters.items():
            made = forecast(values[:origin], first_month, steps)
            rows += [(origin, h + 1, name, made[h], values[origin + h]) for h in range(steps)]
    kinds = {"origin": "int64", "step": "int64", "forecaster": "str", "forecast": "float64", "actual": "float64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)


def known_at(past: pd.DataFrame, origin: int) -> pd.DataFrame:
    """The predictions whose outcome was known when `origin` months were."""
    return past[past["origin"] + past["step"] <= origin]


def choice(past: pd.DataFrame) -> str:
    """The way to publish: the default, unless another was clearly better over the first three months ahead."""
    near = past[past["step"] <= STEPS]
    if near["origin"].nunique() < FEWEST_ORIGINS or DEFAULT not in set(near["forecaster"]):
        return DEFAULT
    errors = (near["forecast"] - near["actual"]).abs().groupby(near["forecaster"]).sum()
    best = errors.sort_index().idxmin()
    return str(best) if errors[best] < CLEARLY * errors[DEFAULT] else DEFAULT


def scores(past: pd.DataFrame, values: np.ndarray, published: str) -> pd.DataFrame:
    """How far each way was off over the first three months ahead.

    Returns
    -------
    DataFrame
        ``forecaster``, ``origins``, ``wape`` (sum of absolute errors / sum of absolute actuals), ``mase`` (mean of the
        absolute errors, each in units of the mean monthly change known at its origin), ``published``.
    """
    near = past[past["step"] <= STEPS]
    changes = np.abs(np.diff(values))
    unit = near["origin"].map({o: changes[: o - 1].mean() for o in near["origin"].unique()}).astype("float64")
    off = (near["forecast"] - near["actual"]).abs()
    table = near.assign(off=off, size=near["actual"].abs(), scaled=(off / unit.where(unit > 0)).astype("float64"))
    grouped = table.groupby("forecaster", sort=False)
    found = grouped.agg(
        origins=("origin", "nunique"), off=("off", "sum"), size=("size", "sum"), mase=("scaled", "mean")
    )
    found["wape"] = found["off"] / found["size"].where(found["size"] > 0)
    found["published"] = found.index == published
    return found.reset_index()[["forecaster", "origins", "wape", "mase", "published"]]


def log_errors(past: pd.DataFrame) -> pd.Series:
    """Absolute errors as factors, on the log scale; nothing forecast and nothing come is no error."""
    forecast = past["forecast"].clip(lower=0)
    actual = past["actual"].clip(lower=FLOOR * forecast)
    both_none = (forecast <= 0) & (actual <= 0)
    ratio = actual.where(~both_none, 1.0) / forecast.where(forecast > 0, FLOOR * actual).where(~both_none, 1.0)
    return np.log(ratio.astype("float64")).abs()


def quantile(errors: np.ndarray, level: float = LEVEL) -> float:
    """The error that `level` of the errors stay below; with few of them the next larger one, which errs wide."""
    if not len(errors):
        return float("nan")
    ordered = np.sort(errors)
    if len(ordered) >= 2 * FEWEST_ERRORS:
        return float(np.quantile(ordered, level))
    return float(ordered[min(int(np.ceil((len(ordered) + 1) * level)) - 1, len(ordered) - 1)])


def band(past: pd.DataFrame, forecaster: str) -> Band:
    """The band of one way of forecasting from its errors; see `Band`."""
    own = past[past["forecaster"] == forecaster]
    errors = log_errors(own)
    widths, width = np.full(HORIZON, np.nan), float("nan")
    for least, most in STEP_GROUPS:
        group = errors[own["step"].between(least, most)].to_numpy()
        if len(group) >= FEWEST_ERRORS or least == 1:
            width = np.nanmax([width, quantile(group)]) if len(group) else width
        widths[least - 1 : most] = width
    inside = held(own[own["step"] <= STEPS])
    return Band(np.exp(widths), float(np.mean(inside)) if len(inside) else float("nan"), len(inside))


def held(near: pd.DataFrame) -> np.ndarray:
    """Whether each past actual lay inside the band that could be made at its origin, from the errors known then."""
    errors, origin = log_errors(near).to_numpy(), near["origin"].to_numpy()
    over, inside = origin + near["step"].to_numpy(), []
    for known in np.unique(origin):
        before = errors[over <= known]
        if len(before) >= FEWEST_ERRORS:
            inside += (errors[origin == known] <= quantile(before)).tolist()
    return np.array(inside, dtype=bool)
