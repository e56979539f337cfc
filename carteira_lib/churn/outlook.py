"""What the next horizon is expected to bring, all clients together: who stops, and what it costs."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

LIVE = ("active", "late")
FEWEST_DATES = 3
Z = 1.96


def outlook(churn: pd.DataFrame, judged: pd.DataFrame, published: str, horizon_days: int) -> pd.DataFrame:
    """Totals over the live clients of the portfolio, with intervals.

    Parameters
    ----------
    churn : DataFrame
        Table ``churn``.
    judged : DataFrame
        As in `backtest.Backtest`: uses ``origin``, ``active``, ``churned`` and `published`.
    published : str
        The forecaster whose probabilities are published.
    horizon_days : int

    Returns
    -------
    DataFrame
        Table ``churn_outlook``: ``outlook`` (a code), ``estimate``, ``estimate_low``, ``estimate_high`` (95 %; missing
        where the figure is a count). Codes: ``horizon_days``, ``scored_clients``, ``live_clients``, ``expected_stops``,
        ``revenue_at_risk``, ``expected_revenue``.

    Notes
    -----
    The interval holds chance (each client stops or does not) and how far the totals of the test dates were from their
    predictions, among those who had bought in the horizon before. With fewer than three test dates it is chance alone.
    """
    live = churn[churn["status"].isin(LIVE)]
    chance = live["churn_probability"].to_numpy("float64")
    kept = (live["expected_revenue"] + live["revenue_at_risk"]).to_numpy("float64")
    off = total_error(judged, published)
    counts = {"horizon_days": horizon_days, "scored_clients": len(churn), "live_clients": len(live)}
    rows = [(name, float(value), math.nan, math.nan) for name, value in counts.items()]
    rows.append(("expected_stops", *_interval(chance, np.ones_like(chance), off, len(live))))
    rows.append(("revenue_at_risk", *_interval(chance, kept, off, kept.sum())))
    rows.append(("expected_revenue", float(live["expected_revenue"].sum()), math.nan, math.nan))
    return pd.DataFrame(rows, columns=["outlook", "estimate", "estimate_low", "estimate_high"])


def _interval(chance: np.ndarray, weight: np.ndarray, off: float, most: float) -> tuple[float, float, float]:
    total = float(chance @ weight)
    deviation = math.sqrt(float((chance * (1 - chance)) @ weight**2) + (off * total) ** 2)
    return total, max(total - Z * deviation, 0.0), min(total + Z * deviation, float(most))


def total_error(judged: pd.DataFrame, published: str) -> float:
    """How far the number who stopped was from the number predicted, as a share of it: root mean square over the dates."""
    sums = judged[judged["active"]].groupby("origin")[["churned", published]].sum()
    sums = sums[sums[published] > 0]
    if len(sums) < FEWEST_DATES:
        return 0.0
    return float(np.sqrt(((sums["churned"] / sums[published] - 1) ** 2).mean()))
