"""What promoters, neutrals and detractors are worth: revenue, risk of stopping, and how many fit the ideal buyer profile."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from carteira_lib import tables
from carteira_lib.nps.answers import LIVE
from carteira_lib.nps.ids import beside
from carteira_lib.nps.score import CLASSES, FEWEST

TABLE = "nps_worth"
SILENT = "silent"


class Worth(NamedTuple):
    """The table, and the p value of promoters against detractors by revenue (NaN where one of them is too few).

    The p value is Mann and Whitney's: whether a promoter's revenue tends to be larger, whatever the few giants buy.
    """

    table: pd.DataFrame
    revenue_p: float


def worth(answers: pd.DataFrame, clients: pd.DataFrame, churn: pd.DataFrame, fit: pd.Series) -> Worth:
    """Revenue of 12 months, risk and fit of each class, and of the clients who did not answer.

    Parameters
    ----------
    answers : DataFrame
        One row per client who answered: ``customer_id``, ``class``.
    clients : DataFrame
        The population: ``customer_id``, ``status``, ``net_revenue_365d``.
    churn : DataFrame
        Table ``churn``, or an empty one. As on page 04 only clients who still buy have revenue at risk: what an inactive
        one no longer buys is lost already.
    fit : Series of bool
        Whether each client fits the ideal buyer profile, by client; empty where that is not known.

    Returns
    -------
    Worth
        The median has a distribution-free interval (order statistics); with fewer than ten clients there is none.
    """
    codes = clients["customer_id"]
    risk = beside(codes, churn, ["churn_probability", "revenue_at_risk"]).where(clients["status"].isin(LIVE))
    own = pd.concat([clients[["net_revenue_365d"]], beside(codes, answers, ["class"]), risk], axis=1)
    own = own.assign(fit=codes.map(fit).astype("float64"))
    own["class"] = own["class"].fillna(SILENT)
    groups = dict(list(own.groupby("class")))
    rows = [_row(name, groups[name]) for name in (*CLASSES, SILENT) if name in groups]
    columns = list(tables.contract(TABLE).column_names)
    return Worth(tables.conform(pd.DataFrame(rows, columns=columns), TABLE), _revenue_p(groups))


def _row(name: str, part: pd.DataFrame) -> dict[str, object]:
    low, median, high = median_interval(part["net_revenue_365d"].to_numpy("float64"))
    known = part["churn_probability"].notna().sum() >= FEWEST
    fitted = part["fit"].notna().sum() >= FEWEST
    return {
        "class": name,
        "clients": len(part),
        "net_revenue_365d": part["net_revenue_365d"].sum(),
        "median_revenue": median,
        "low_revenue": low,
        "high_revenue": high,
        "churn_probability": part["churn_probability"].mean() if known else np.nan,
        "revenue_at_risk": part["revenue_at_risk"].sum() if known else np.nan,
        "fit_share": part["fit"].mean() if fitted else np.nan,
    }


def median_interval(values: np.ndarray, level: float = 0.95) -> tuple[float, float, float]:
    """The median between two order statistics that hold it at least so often, whatever the distribution.

    Examples
    --------
    >>> [float(v) for v in median_interval(np.arange(1.0, 21.0))]
    [6.0, 10.5, 15.0]
    """
    n = len(values)
    if n < FEWEST:
        return float("nan"), float("nan"), float("nan")
    ordered = np.sort(values)
    rank = int(stats.binom.ppf((1 - level) / 2, n, 0.5))
    return ordered[rank - 1], float(np.median(ordered)), ordered[n - rank]


def _revenue_p(groups: dict[str, pd.DataFrame]) -> float:
    promoters, detractors = (groups.get(name, pd.DataFrame()) for name in (CLASSES[0], CLASSES[2]))
    if min(len(promoters), len(detractors)) < FEWEST:
        return float("nan")
    samples = (part["net_revenue_365d"].to_numpy("float64") for part in (promoters, detractors))
    return float(stats.mannwhitneyu(*samples).pvalue)
