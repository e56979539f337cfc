"""How long a silence has to last before a return is less likely than not, in the client's own cycles."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carteira_lib.cycles import own_cycle_days, wilson

CYCLES_AHEAD = 2
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
