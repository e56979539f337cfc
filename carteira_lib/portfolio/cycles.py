"""The client's own cycle, and how long a silence has to last before a return is less likely than not.

One order = one client-day with a positive net amount. A gap = the days between two orders of a client. The **own cycle**
is the geometric mean of the client's gaps, shrunk with two pseudo-gaps at the portfolio's median gap, so that a client
with few gaps leans on the portfolio. All is measured in ratios: days or weeks give the same answer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

PSEUDO_GAPS = 2
CYCLES_AHEAD = 2
#: Cycles and limits are rounded so far that sums of logs taken in another order fall on the same side of a whole day.
DECIMALS = 6
CYCLE_GRID = (1, 2, 3, 4, 5, 6, 7, 8)
FEW_SILENCES = 150
USUAL_MULTIPLIER = 3
LATE_QUANTILE = 0.80
LONG_QUANTILE = 0.95
#: With fewer gaps than this the q95 is the longest of them, and says nothing about what is long.
GAPS_FOR_LONG = 20
NEVER_RETURNED_DAYS = 180
BASES = ("measured", "few_silences", "beyond_grid", "no_gaps")


@dataclass(frozen=True, eq=False)
class Rule:
    """When a silence is long, estimated on what was known on `as_of`.

    Attributes
    ----------
    as_of : Timestamp
        Last day that the estimate saw.
    min_orders : int
        Orders that bring a client into the portfolio.
    typical_gap_days, long_gap_days : float
        Median and q95 of the gaps of portfolio clients (of all clients where there is no portfolio client); NaN where
        nobody ever bought twice. The q95 is infinite, and so caps nothing, where there are fewer than 20 gaps.
    log_gap_spread : float
        Standard deviation of a client's log gaps, pooled over the clients.
    multiplier : int
        c*: own cycles of silence, beyond the client's usual gap, after which the client is inactive.
    basis : str
        One of `BASES`: c* measured; fewer than 150 silences seen, so the usual 3 (or the first c not measured, where
        that is more); no c of the grid gets below 50 %, so the last one; or no gap at all.
    silences : DataFrame
        One row per c of the grid, see `silence_table`.
    """

    as_of: pd.Timestamp
    min_orders: int
    typical_gap_days: float
    long_gap_days: float
    log_gap_spread: float
    multiplier: int
    basis: str
    silences: pd.DataFrame


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


def rule(client_spells: pd.DataFrame, as_of: pd.Timestamp, *, min_orders: int = 3) -> Rule:
    """The rule of silence of a portfolio, estimated on the spells known on `as_of`.

    c* is the smallest number of own cycles of silence after which fewer than half of the silences end within the next
    two own cycles. See `Rule` for what stands in where that cannot be measured.

    Raises
    ------
    ValueError
        `min_orders` is below 1.
    """
    if min_orders < 1:
        raise ValueError(f"min_orders must be at least 1. Got {min_orders!r}.")
    gaps = _portfolio_gaps(client_spells, min_orders)
    if gaps.empty:
        return Rule(as_of, min_orders, math.nan, math.nan, math.nan, USUAL_MULTIPLIER, "no_gaps", _no_silences())
    typical = float(gaps["gap_days"].median())
    table = silence_table(client_spells, as_of, typical_gap_days=typical, min_orders=min_orders)
    multiplier, basis = _multiplier(table)
    enough = len(gaps) >= GAPS_FOR_LONG
    long_gap = float(gaps["gap_days"].quantile(LONG_QUANTILE)) if enough else math.inf
    return Rule(as_of, min_orders, typical, long_gap, _pooled_spread(gaps), multiplier, basis, table)


def _portfolio_gaps(client_spells: pd.DataFrame, min_orders: int) -> pd.DataFrame:
    closed = client_spells[client_spells["gap_days"].notna()]
    orders = client_spells.groupby("customer_id", sort=False)["order_number"].transform("max")
    inside = closed[orders[closed.index] >= min_orders]
    return closed if inside.empty else inside


def _pooled_spread(gaps: pd.DataFrame) -> float:
    logs = np.log(gaps["gap_days"])
    deviations = logs - logs.groupby(gaps["customer_id"], sort=False).transform("mean")
    freedom = len(logs) - gaps["customer_id"].nunique()
    return math.sqrt(float((deviations**2).sum()) / freedom) if freedom else 0.0


def silence_table(
    client_spells: pd.DataFrame, as_of: pd.Timestamp, *, typical_gap_days: float, min_orders: int = 3
) -> pd.DataFrame:
    """How often a client returns within the next two own cycles after c own cycles of silence.

    The silences are those that began at an order which was at least the client's `min_orders`-th, measured in the own
    cycle *as known on that order* (no later gap enters it), with the portfolio's median gap as known on `as_of`.
    A silence counts at c only if its next two cycles have passed by `as_of`, whether or not the client returned:
    counting early returns sooner than late absences would flatter the share.

    Returns
    -------
    DataFrame
        One row per c of `CYCLE_GRID`: ``cycles``, ``silences``, ``returned``, ``share`` (NaN without silences),
        ``low``, ``high`` (Wilson 95 %), ``enough`` (at least 150 silences).
    """
    begun = client_spells[client_spells["order_number"] >= min_orders]
    cycle = own_cycle_days(begun["order_number"] - 1, begun["log_gap_sum"], typical_gap_days).to_numpy("float64")
    lasted = begun["gap_days"].fillna(np.inf).to_numpy("float64") / cycle
    watched = (as_of - begun["order_date"]).dt.days.to_numpy("float64") / cycle
    rows = [_silences_of(c, lasted, watched) for c in CYCLE_GRID]
    return pd.DataFrame(rows, columns=list(_no_silences().columns))


def _silences_of(cycles: int, lasted: np.ndarray, watched: np.ndarray) -> tuple:
    silent = (lasted > cycles) & (watched >= cycles + CYCLES_AHEAD)
    silences, returned = int(silent.sum()), int((silent & (lasted <= cycles + CYCLES_AHEAD)).sum())
    share = returned / silences if silences else math.nan
    return cycles, silences, returned, share, *wilson(returned, silences), silences >= FEW_SILENCES


def _no_silences() -> pd.DataFrame:
    kinds = {"cycles": int, "silences": int, "returned": int, "share": float, "low": float, "high": float}
    return pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in {**kinds, "enough": bool}.items()})


def _multiplier(table: pd.DataFrame) -> tuple[int, str]:
    for row in table.itertuples():
        if not row.enough:
            return max(USUAL_MULTIPLIER, row.cycles), "few_silences"
        if row.share < 0.5:
            return row.cycles, "measured"
    return CYCLE_GRID[-1], "beyond_grid"
