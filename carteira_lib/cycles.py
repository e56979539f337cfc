"""The client's own cycle: how the days of a client's orders become gaps, silences and a rhythm of its own.

One order = one client-day with a positive net amount. A gap = the days between two orders of a client. The **own cycle**
is the geometric mean of the client's gaps, shrunk with two pseudo-gaps at the portfolio's median gap, so that a client
with few gaps leans on the portfolio. All is measured in ratios: days or weeks give the same answer.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pandas as pd

PSEUDO_GAPS = 2
#: Cycles and limits are rounded so far that sums of logs taken in another order fall on the same side of a whole day.
DECIMALS = 6
HORIZONS = (7, 14, 30, 60, 90, 120, 180, 365)


def wilson(successes: int, trials: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share; (0, 1) without trials.

    References
    ----------
    Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. JASA 22(158), 209-212.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not trials:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, weight = successes / trials, 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / weight
    half = z / weight * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def spells(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The silence that began with each order, as known on `as_of`.

    Parameters
    ----------
    purchases : DataFrame
        One row per client-day: ``customer_id``, ``order_date`` and, where there are days of returns or of zero,
        ``net_amount``: only days with a positive one are orders. Days after `as_of` are ignored, repeats count once.
    as_of : Timestamp
        Last day taken into account, inclusive.

    Returns
    -------
    DataFrame
        One row per order, by client and date: ``customer_id``, ``order_number`` (from 1), ``first_order_date``,
        ``order_date``, ``next_order_date`` (NaT while the silence lasts), ``gap_days`` (NaN likewise), and of the
        gaps before this order ``log_gap_sum``, ``log_gap_square_sum``.
    """
    orders = _ordered(purchases, as_of)
    client = orders["customer_id"]
    follows = client.eq(client.shift(-1)).to_numpy(bool)
    next_date = orders["order_date"].shift(-1).where(follows)
    gap_days = (next_date - orders["order_date"]).dt.days.astype("float64")
    before = np.log(gap_days.shift().where(np.roll(follows, 1)).to_numpy("float64"))
    logs = pd.DataFrame({"log_gap_sum": np.nan_to_num(before), "log_gap_square_sum": np.nan_to_num(before) ** 2})
    grouped = client.groupby(client, sort=False)
    return pd.DataFrame(
        {
            "customer_id": client,
            "order_number": grouped.cumcount() + 1,
            "first_order_date": orders.groupby("customer_id", sort=False)["order_date"].transform("first"),
            "order_date": orders["order_date"],
            "next_order_date": next_date,
            "gap_days": gap_days,
            **logs.groupby(client, sort=False).cumsum(),
        }
    )


def _ordered(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    kept = purchases["order_date"] <= as_of
    if "net_amount" in purchases:
        kept &= purchases["net_amount"] > 0
    orders = purchases.loc[kept, ["customer_id", "order_date"]].drop_duplicates()
    return orders.sort_values(["customer_id", "order_date"], ignore_index=True)


def snapshot(client_spells: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """What was known of each client at the end of `date`: the silence that was open then.

    Returns
    -------
    DataFrame
        One row per client with an order by `date`: ``customer_id``, ``frequency``, ``first_order_date``,
        ``last_order_date``, ``gap_count``, ``log_gap_sum``, ``log_gap_square_sum``.
    """
    upcoming = client_spells["next_order_date"]
    is_open = (client_spells["order_date"] <= date) & (upcoming.isna() | (upcoming > date))
    known = client_spells[is_open].reset_index(drop=True)
    return pd.DataFrame(
        {
            "customer_id": known["customer_id"],
            "frequency": known["order_number"],
            "first_order_date": known["first_order_date"],
            "last_order_date": known["order_date"],
            "gap_count": known["order_number"] - 1,
            "log_gap_sum": known["log_gap_sum"],
            "log_gap_square_sum": known["log_gap_square_sum"],
        }
    )


def own_cycle_days(gap_count: pd.Series, log_gap_sum: pd.Series, typical_gap_days: float) -> pd.Series:
    """Geometric mean of a client's gaps and of two pseudo-gaps at the portfolio's median gap.

    Examples
    --------
    >>> own_cycle_days(pd.Series([0, 2]), pd.Series([0.0, 2 * math.log(10)]), 40.0).tolist()
    [40.0, 20.0]
    """
    logs = (log_gap_sum + PSEUDO_GAPS * np.log(typical_gap_days)) / (gap_count + PSEUDO_GAPS)
    return np.exp(logs).round(DECIMALS)


def horizon_days(client_spells: pd.DataFrame, as_of: pd.Timestamp, *, min_orders: int = 3) -> int:
    """Days over which the rule is judged: the q90 of portfolio gaps, snapped to a usual period; 0 without history.

    At least two such periods must lie before the one that is judged.
    """
    late_gaps = client_spells.loc[client_spells["order_number"] >= min_orders, "gap_days"].dropna()
    if late_gaps.empty:
        return 0
    history = (as_of - client_spells["order_date"].min()).days
    possible = [days for days in HORIZONS if 3 * days <= history]
    wanted = np.log(late_gaps.quantile(0.9))
    return min(possible, key=lambda days: abs(np.log(days) - wanted), default=0)
