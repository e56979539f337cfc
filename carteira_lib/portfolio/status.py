"""Status of each client by its own cycle, and how often the status `inactive` turned out wrong.

A client is `late` once its silence is longer than four fifths of its own gaps are (q80), and `inactive` once the silence
has gone on for c* own cycles beyond that::

    0 ---- active ---- q80 of own gaps ---- late ---- q80 + c* x own cycle ---- inactive ---->  days of silence

so that the limits are in order for every c*. Clients below `min_orders` are `outside` the portfolio until the same limit
makes them `inactive` (`occasional`).
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from carteira_lib.cycles import DECIMALS, PSEUDO_GAPS, own_cycle_days, snapshot, wilson
from carteira_lib.portfolio.silence import LATE_QUANTILE, NEVER_RETURNED_DAYS, Rule, rule

STATUSES = ("active", "late", "inactive", "outside")
IN_PORTFOLIO = ("active", "late")
FEW_GAPS = 3
FIXED_DAYS = (90, 180)
ENOUGH_CALLED = 30


def limits(clients: pd.DataFrame, silence_rule: Rule) -> pd.DataFrame:
    """The client's own cycle and the silences after which it is late and inactive.

    Parameters
    ----------
    clients : DataFrame
        ``gap_count``, ``log_gap_sum``, ``log_gap_square_sum``, as `snapshot` gives them.
    silence_rule : Rule

    Returns
    -------
    DataFrame, index of `clients`
        ``own_cycle_days``, ``late_after_days``, ``inactive_after_days``; the first of them NaN where nobody in the
        portfolio ever bought twice: then 180 days, a convention, stand for both limits.

    Notes
    -----
    q80 = exp(m + .84 s): m the log of the own cycle, s the spread of the client's log gaps shrunk like the cycle, with
    two degrees of freedom at the portfolio's spread. The plain quantile of the gaps of a client with three of them
    would be one of its gaps. For clients with fewer than 3 gaps the portfolio's q95 gap caps the limits: where
    ``inactive_after_days`` exceeds it, both limits are scaled down by the same factor.
    """
    if np.isnan(silence_rule.typical_gap_days):
        fixed = {"late_after_days": NEVER_RETURNED_DAYS, "inactive_after_days": NEVER_RETURNED_DAYS}
        return pd.DataFrame({"own_cycle_days": np.nan, **fixed}, index=clients.index, dtype="float64")
    gap_count, log_sum = clients["gap_count"].astype("float64"), clients["log_gap_sum"]
    cycle = own_cycle_days(gap_count, log_sum, silence_rule.typical_gap_days)
    # (a float sum of squares minus a squared sum can fall a hair below zero)
    own_spread = (clients["log_gap_square_sum"] - log_sum**2 / gap_count.clip(lower=1)).clip(lower=0)
    variance = (own_spread + PSEUDO_GAPS * silence_rule.log_gap_spread**2) / (
        (gap_count - 1).clip(lower=0) + PSEUDO_GAPS
    )
    late_after = cycle * np.exp(NormalDist().inv_cdf(LATE_QUANTILE) * np.sqrt(variance))
    inactive_after = late_after + silence_rule.multiplier * cycle
    scale = (silence_rule.long_gap_days / inactive_after).clip(upper=1).where(gap_count < FEW_GAPS, 1.0)
    return pd.DataFrame(
        {
            "own_cycle_days": cycle,
            "late_after_days": late_after * scale,
            "inactive_after_days": inactive_after * scale,
        }
    ).round(DECIMALS)


def status(clients: pd.DataFrame, silence_rule: Rule, as_of: pd.Timestamp) -> pd.DataFrame:
    """Status of each client on `as_of`, with the limits that it follows from.

    Parameters
    ----------
    clients : DataFrame
        One row per client, as `snapshot` gives them: ``customer_id``, ``frequency``, ``last_order_date``,
        ``gap_count``, ``log_gap_sum``, ``log_gap_square_sum``. Clients who never bought have ``frequency`` 0.
    silence_rule : Rule
        See `rule`; may come from another date than `as_of`.
    as_of : Timestamp

    Returns
    -------
    DataFrame, index of `clients`
        ``status`` (see the module), ``occasional`` (inactive with fewer than ``min_orders``), ``own_cycle_days``,
        ``silence_cycles`` (days since the last order / own cycle), ``late_after_days``, ``inactive_after_days``,
        ``next_order_expected`` (last order + own cycle; NaT unless active or late).
    """
    bounds = limits(clients, silence_rule)
    silence_days = (as_of - clients["last_order_date"]).dt.days.astype("float64")
    inside = clients["frequency"] >= silence_rule.min_orders
    inactive = silence_days > bounds["inactive_after_days"]
    late = inside & ~inactive & (silence_days > bounds["late_after_days"])
    codes = np.select([inactive, late, inside], ["inactive", "late", "active"], "outside")
    cycle = bounds["own_cycle_days"]
    wait = pd.to_timedelta(cycle.where(inside & ~inactive).round(), unit="D")
    return pd.DataFrame(
        {
            "status": pd.Series(codes, index=clients.index, dtype="str"),
            "occasional": inactive & ~inside,
            **bounds,
            "silence_cycles": silence_days / cycle,
            "next_order_expected": (clients["last_order_date"] + wait).astype("datetime64[us]"),
        }
    )


def recovered(
    client_spells: pd.DataFrame, silence_rule: Rule, as_of: pd.Timestamp, *, period_days: int = 90
) -> pd.Series:
    """Days of silence that an order of the last period broke, of the clients who were inactive when they gave it.

    Whether the client had been inactive is judged by the limits that its orders up to that silence gave.

    Returns
    -------
    Series indexed by ``customer_id``
        The silence in days, the longest where there were several; only recovered clients.
    """
    returns = client_spells["next_order_date"]
    broken = client_spells[(returns > as_of - pd.Timedelta(days=period_days)) & (returns <= as_of)]
    known = broken.assign(gap_count=broken["order_number"] - 1)
    was_inactive = broken["gap_days"] > limits(known, silence_rule)["inactive_after_days"]
    return broken[was_inactive].groupby("customer_id")["gap_days"].max()


def error_rate(
    client_spells: pd.DataFrame, as_of: pd.Timestamp, *, horizon_days: int, min_orders: int = 3
) -> pd.DataFrame:
    """Of the portfolio clients that a rule would have called inactive one horizon ago, those who bought since.

    The rule of own cycles is estimated only on what was known then. Beside it the fixed number of days without an
    order that a company would use instead: 90, 180, and the number that calls as many clients inactive as the own
    cycles do (``fixed_same_size``), which is the fair comparison.

    Parameters
    ----------
    client_spells : DataFrame
        As `spells` gives them on `as_of`.
    as_of : Timestamp
    horizon_days : int
        The origin is `as_of` minus this; 0 (too little history, see `horizon_days`) judges nobody.
    min_orders : int
        Clients with fewer orders at the origin are not judged: they are outside the portfolio.

    Returns
    -------
    DataFrame
        One row per rule: ``rule`` (own_cycle, fixed_90, fixed_180, fixed_same_size), ``days`` (NaN for own_cycle),
        ``clients`` judged, ``called`` inactive, ``returned`` of them, ``error`` = returned / called (NaN where
        nobody was called), ``low``, ``high`` (Wilson 95 %), ``gone`` (clients without an order since), ``found_share``
        (of the gone, those called), ``enough`` (at least 30 called).
    """
    origin = as_of - pd.Timedelta(days=horizon_days)
    past = _as_known(client_spells, origin)
    clients = snapshot(past, origin)
    judged = (clients["frequency"] >= min_orders) & (horizon_days > 0)
    clients = clients[judged].reset_index(drop=True)
    back = clients["customer_id"].isin(client_spells.loc[client_spells["order_date"] > origin, "customer_id"])
    silence = (origin - clients["last_order_date"]).dt.days
    own = status(clients, rule(past, origin, min_orders=min_orders), origin)["status"] == "inactive"
    same_size = _days_calling(silence, int(own.sum()))
    called = {"own_cycle": (np.nan, own), **{f"fixed_{d}": (d, silence > d) for d in FIXED_DAYS}}
    called["fixed_same_size"] = (same_size, silence > same_size)
    return pd.DataFrame([_judged(name, days, inactive, back) for name, (days, inactive) in called.items()])


def _as_known(client_spells: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """Spells begun by `date`, with the returns after it unknown again."""
    begun = client_spells[client_spells["order_date"] <= date]
    known = begun["next_order_date"] <= date
    return begun.assign(next_order_date=begun["next_order_date"].where(known), gap_days=begun["gap_days"].where(known))


def _days_calling(silence: pd.Series, count: int) -> float:
    """The fixed number of days beyond which about `count` silences are."""
    if not count or silence.empty:
        return np.nan
    return float(np.sort(silence.to_numpy())[::-1][count - 1]) - 1


def _judged(name: str, days: float, called: pd.Series, back: pd.Series) -> dict[str, object]:
    count, returned, gone = int(called.sum()), int((called & back).sum()), int((~back).sum())
    low, high = wilson(returned, count)
    return {
        "rule": name,
        "days": days,
        "clients": len(called),
        "called": count,
        "returned": returned,
        "error": returned / count if count else np.nan,
        "low": low,
        "high": high,
        "gone": gone,
        "found_share": (count - returned) / gone if gone else np.nan,
        "enough": count >= ENOUGH_CALLED,
    }
