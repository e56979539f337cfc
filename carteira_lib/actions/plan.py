"""One action per client: the most valuable hour first, within the hours of each seller; some held back by lot as controls."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from statistics import NormalDist

import pandas as pd

HOURS: Mapping[str, float] = {
    "renewal": 1.5,
    "cross_sell": 0.75,
    "up_sell": 0.75,
    "down_sell": 0.5,
    "reactivation": 0.5,
}
CRUMB = 1e-9  # hours: sums of quarters kept in binary


def drawn(clients: pd.Series, as_of: pd.Timestamp, share: float, seed: int = 0) -> pd.Series:
    """Whether each client belongs to the control group: by lot, the same lot for the same client, date and seed."""
    limit = share * 2**64
    lots = (hashlib.sha256(f"{seed}|{as_of.date()}|{client}".encode()).digest() for client in clients)
    return pd.Series([int.from_bytes(lot[:8], "big") < limit for lot in lots], index=clients.index, dtype="bool")


def plan(candidates: pd.DataFrame, available: Mapping[str, float]) -> pd.DataFrame:
    """The best action of each client that still fits the hours of its seller.

    Parameters
    ----------
    candidates : DataFrame
        One row per offer: ``customer_id``, ``seller_id``, ``kind``, ``product_id``, ``hours`` (> 0), ``expected_value``, ``control``.
    available : mapping of seller to hours
        A seller that it lacks has none.

    Returns
    -------
    DataFrame
        One row per client: its rows of `candidates`, ``listed`` (fits, or would have fitted for a control) and ``place``, the order in which
        it was taken. A control takes its turn and no hours: it is a client that would have been called.

    Notes
    -----
    Offers are taken by value per hour, ties by value, then by client. Each client's first offer that fits is its action; of
    those that do not fit, the first offer of all is kept as what waits. Hours that remain go to larger actions for clients
    already on the list.
    """
    rate = (candidates["expected_value"] / candidates["hours"]).round(9)
    keys = candidates.assign(rate=rate, product=candidates["product_id"].astype("object").fillna(""))
    order = keys.sort_values(
        ["rate", "expected_value", "customer_id", "kind", "product"], ascending=[False, False, True, True, True]
    )
    left, taken, waiting = dict(available), {}, {}
    rows = zip(order.index, order["customer_id"], order["seller_id"], order["hours"], order["control"], strict=True)
    for index, client, seller, hours, control in rows:
        if client in taken:
            continue
        if left.get(seller, 0.0) + CRUMB >= hours:
            taken[client] = index
            left[seller] -= 0.0 if control else hours
        else:
            waiting.setdefault(client, index)
    _exchange(candidates, order, taken, left)
    late = {client: index for client, index in waiting.items() if client not in taken}
    place = {index: number for number, index in enumerate(order.index)}
    chosen = candidates.loc[[*sorted(taken.values(), key=place.get), *late.values()]]
    listed = [True] * len(taken) + [False] * len(late)
    return chosen.assign(listed=listed, place=range(1, len(chosen) + 1)).reset_index(drop=True)


def _exchange(candidates: pd.DataFrame, order: pd.DataFrame, taken: dict[str, int], left: dict[str, float]) -> None:
    """Use the hours that remain: a larger action for a client already on the list, the gain per further hour first."""
    if not taken:
        return
    held = order["customer_id"].map(taken)
    more = order[held.notna() & ~order["control"]].assign(now=held)
    now = candidates.loc[more["now"].astype("int64")]
    more["gain"] = more["expected_value"].to_numpy() - now["expected_value"].to_numpy()
    more["further"] = more["hours"].to_numpy() - now["hours"].to_numpy()
    better = more[(more["gain"] > 0) & (more["further"] > 0)]
    by_gain = better.assign(rate=(better["gain"] / better["further"]).round(9)).sort_values(
        ["rate", "customer_id", "kind", "product"], ascending=[False, True, True, True]
    )
    for index, client, seller, hours in zip(
        by_gain.index, by_gain["customer_id"], by_gain["seller_id"], by_gain["hours"], strict=True
    ):
        own = candidates.loc[taken[client]]
        further = hours - own["hours"]
        if candidates.at[index, "expected_value"] > own["expected_value"] and left[seller] + CRUMB >= further:
            taken[client] = index
            left[seller] -= further


def scheduled(hours: pd.Series, available: float, as_of: pd.Timestamp, weeks: int) -> pd.Series:
    """The working day by which each action of a seller, in its order, is to be done.

    Examples
    --------
    Ten hours in a week of five days from Monday 2 November on: two hours a day.

    >>> scheduled(pd.Series([1.0, 1.0, 1.0]), 10.0, pd.Timestamp("2026-10-30"), 1).dt.day.tolist()
    [2, 2, 3]
    """
    working = pd.bdate_range(as_of + pd.Timedelta(days=1), periods=5 * weeks)
    begins = (hours.cumsum() - hours) / max(available, CRUMB) * len(working)
    return pd.Series(
        [working[min(int(at + CRUMB), len(working) - 1)] for at in begins], index=hours.index, dtype="datetime64[us]"
    )


def proof_size(base: float, gain: float, *, level: float = 0.95, power: float = 0.8) -> int:
    """Clients in each group that show a rise of `gain` over `base` with the given power, by the arcsine of the shares.

    References
    ----------
    Cohen, J. (1988). Statistical Power Analysis for the Behavioral Sciences, 2nd ed., chapter 6 (effect size h).

    Examples
    --------
    >>> proof_size(0.05, 0.05)
    424
    """
    h = 2 * (math.asin(math.sqrt(min(base + gain, 1.0))) - math.asin(math.sqrt(base)))
    z = NormalDist().inv_cdf(0.5 + level / 2) + NormalDist().inv_cdf(power)
    return math.ceil(2 * (z / h) ** 2)
