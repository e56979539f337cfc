"""Were the probabilities true? Goals set at past origins of this portfolio, their probability then, and what came.

At each of the last origins a ladder of goals is set as a company would set them: the present level, or the same months
of the year before, a little less or a good deal more. Each is judged by the blend and by what would be used instead: how
often such goals were reached before, and the trend drawn on with a ruler.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.stats import norm

from carteira_lib.forecast import backtest, probability
from carteira_lib.forecast.paths import straight_line
from carteira_lib.forecast.probability import FEWEST_EVENTS, LEAST, METRICS, MOST, History
from carteira_lib.forecast.seasonal import FORECASTERS, YEAR

AHEAD = (1, 3, 6)
LADDER = (0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3)
STOCK_LADDER = (0.85, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15)
DRAWS = 200
WAYS = ("blend", "flow", "series", "line", "base_rate")
COLUMNS = ("metric", "origin", "months", "target", "reached", *WAYS)
BINS = 10
FEWEST_GOALS = 50


def past_goals(past: History, *, origins: int = backtest.ORIGINS, draws: int = DRAWS) -> pd.DataFrame:
    """Goals of past origins.

    Parameters
    ----------
    past : History
    origins, draws : int
        How many origins, and simulations at each.

    Returns
    -------
    DataFrame
        One row per goal: ``metric``, ``origin`` (months known), ``months`` ahead, ``target``, ``reached``, and the
        probability given by each way: ``blend``; ``flow``; ``series``; ``line`` (trend of twelve months with a normal
        error); ``base_rate`` (share of the earlier goals of this metric that were reached by then).
    """
    tested = backtest.predictions(past.series["revenue"], past.month_of_year(0), FORECASTERS)
    rows = []
    for origin in range(max(YEAR, past.months - origins), past.months):
        published = backtest.choice(backtest.known_at(tested, origin))
        drawn = probability.simulations(
            past, origin, forecaster=published, horizon=max(AHEAD), draws=draws, seed=origin
        )
        for metric in METRICS:
            for months in (m for m in AHEAD if origin + m <= past.months):
                rows += _ladder(past, metric, origin, months, drawn[metric])
    table = pd.DataFrame(rows, columns=list(COLUMNS[:-1]))
    return table.assign(base_rate=_base_rate(table))


def _ladder(past: History, metric: str, origin: int, months: int, drawn: probability.Draws) -> list[tuple]:
    """Goals of one metric at one origin, with the probability of each."""
    total, known = metric != "active_clients", past.series[metric][:origin]
    came = past.series[metric][origin : origin + months]
    came = came.sum() if total else came[-1]
    here = known[-3:].mean() * months if total else known[-1]
    anchors = [here, known[origin - YEAR :][:months].sum()] if total else [here]
    if metric != "revenue" and here < FEWEST_EVENTS:
        return []
    weights = np.ones(months)
    mixed = probability.blended(drawn, weights, total=total)
    alone = [
        None if paths is None else probability.outcome(paths, weights, total=total)
        for paths in (drawn.flow, drawn.series)
    ]
    centre, spread = straight_line(known, horizon=months, total=total)
    rows = []
    for step in LADDER if total else STOCK_LADDER:
        for anchor in anchors:
            target = anchor * step if metric == "revenue" else np.ceil(anchor * step)
            if target > 0:
                said = [float("nan") if a is None else np.clip((a >= target).mean(), LEAST, MOST) for a in alone]
                line = np.clip(norm.sf((target - centre) / max(spread, 1e-9)), LEAST, MOST)
                blend = probability.reaching(*mixed, target)
                rows.append((metric, origin, months, float(target), bool(came >= target), blend, *said, float(line)))
    return rows


def _base_rate(table: pd.DataFrame) -> pd.Series:
    """Share of the goals of the same metric that had been reached when each was set; half where none was over."""
    rates = pd.Series(0.5, index=table.index)
    for (metric, origin), part in table.groupby(["metric", "origin"]):
        over = table[(table["metric"] == metric) & (table["origin"] + table["months"] <= origin)]
        if len(over):
            rates[part.index] = float(np.clip(over["reached"].mean(), LEAST, MOST))
    return rates


def scores(goals: pd.DataFrame) -> pd.DataFrame:
    """Brier score and calibration error of each way, over all goals and by metric.

    Returns
    -------
    DataFrame
        ``metric`` ("all" first), ``goal_way``, ``goals``, ``brier``, ``ece``; empty with too few goals.
    """
    rows = []
    if len(goals) >= FEWEST_GOALS:
        parts = [("all", goals), *((m, goals[goals["metric"] == m]) for m in METRICS)]
        for metric, part in parts:
            for way in WAYS:
                said = part[part[way].notna()]
                if len(said):
                    came = said["reached"].astype("float64")
                    rows.append((metric, way, len(said), float(((said[way] - came) ** 2).mean()), ece(said[way], came)))
    return pd.DataFrame(rows, columns=["metric", "goal_way", "goals", "brier", "ece"])


def published(goals: pd.DataFrame) -> str:
    """The way whose probabilities are published: the blend, unless the straight line was clearly better here.

    Returns
    -------
    str
        "blend" or "line"; the blend below six origins.
    """
    if len(goals) < FEWEST_GOALS or goals["origin"].nunique() < backtest.FEWEST_ORIGINS:
        return "blend"
    came = goals["reached"].astype("float64")
    line, blend = (((goals[way] - came) ** 2).mean() for way in ("line", "blend"))
    return "line" if line < backtest.CLEARLY * blend else "blend"


def ece(said: pd.Series, came: pd.Series) -> float:
    """Mean distance of what was said from what came, over tenths of probability.

    Examples
    --------
    >>> ece(pd.Series([0.25, 0.25, 0.85]), pd.Series([0.0, 1.0, 1.0]))
    0.21666666666666667
    """
    tenth = np.minimum((said * BINS).astype("int64"), BINS - 1)
    parts = pd.DataFrame({"said": said, "came": came}).groupby(tenth).agg(["mean", "size"])
    off = (parts["said", "mean"] - parts["came", "mean"]).abs() * parts["said", "size"]
    return float(off.sum() / len(said))


def reliability(goals: pd.DataFrame, way: str = "blend") -> pd.DataFrame:
    """What the published way said and what came, by tenths of probability; empty with too few goals.

    Returns
    -------
    DataFrame
        ``bin``, ``goals``, ``predicted``, ``observed``, ``low``, ``high``: the last two the 95 % of chance around a
        true probability.
    """
    if len(goals) < FEWEST_GOALS:
        return pd.DataFrame(columns=["bin", "goals", "predicted", "observed", "low", "high"])
    tenth = np.minimum((goals[way] * BINS).astype("int64"), BINS - 1) + 1
    grouped = goals.groupby(tenth.rename("bin"))
    table = grouped.agg(goals=("reached", "size"), predicted=(way, "mean"), observed=("reached", "mean")).reset_index()
    # goals of one origin share its fate: chance is that of so many origins, not of so many goals
    independent = grouped["origin"].nunique().to_numpy()
    half = 1.96 * np.sqrt(table["predicted"] * (1 - table["predicted"]) / independent)
    return table.assign(low=(table["predicted"] - half).clip(0, 1), high=(table["predicted"] + half).clip(0, 1))
