"""What the forecast is made of: the clients of today, those who come back, those who are new; and how the stock moves.

Revenue by the flow alone, whose transition is linear, so that the clients of each origin can be followed apart from the
others, scaled to the published total; clients by what the goals expect, so that both tell one number.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib.forecast.flow import FREQUENCIES, STATES, Learned
from carteira_lib.forecast.seasonal import YEAR, coming, dses

ORIGINS = ("existing", "reactivated", "new")
STEPS = ("opening", "new", "reactivated", "lost", "closing")


def revenue_by_origin(known: Learned, total: np.ndarray, *, within: int, next_month: int) -> pd.DataFrame:
    """The forecast revenue by where its clients come from, scaled to the published total.

    Parameters
    ----------
    known : Learned
    total : ndarray
        Published forecast of the months ahead.
    within : int
        Months without an order after which a client is no longer active.
    next_month : int
        Month of the year of the first month ahead, 0 to 11.

    Returns
    -------
    DataFrame
        One row per month ahead; columns `ORIGINS`, which sum to `total`.
    """
    recency = np.arange(STATES) // FREQUENCIES
    arrivals = dses(known.new, (next_month - len(known.new)) % YEAR, len(total)) if len(known.new) else 0 * total
    starts = [np.where(recency < within, known.present, 0.0), np.where(recency >= within, known.present, 0.0)]
    parts = np.column_stack(
        [followed(known, s, 0 * total, next_month) for s in starts]
        + [followed(known, np.zeros(STATES), arrivals, next_month)]
    )
    whole = parts.sum(axis=1, keepdims=True)
    shares = np.divide(parts, whole, out=np.tile([1.0, 0.0, 0.0], (len(total), 1)), where=whole > 0)
    return pd.DataFrame(shares * total[:, None], columns=list(ORIGINS))


def followed(known: Learned, clients: np.ndarray, arrivals: np.ndarray, next_month: int) -> np.ndarray:
    """Expected revenue of each month ahead of some clients and of those who join them."""
    season, revenue = coming(known.buying.index, next_month, len(arrivals)), np.empty(len(arrivals))
    for month, new in enumerate(arrivals):
        buyers = clients * np.clip(known.buys * season[month], 0.0, 0.98)
        bought = buyers @ known.after_buying
        revenue[month] = bought[:FREQUENCIES] @ known.value + new * known.value[0]
        clients = bought + (clients - buyers) @ known.after_silence
        clients[0] += new
    return revenue


def client_bridge(opening: float, *, new: float, reactivated: float, closing: float) -> pd.DataFrame:
    """From the active clients of today to those that the goals expect, in whole clients; the lost are what is left over.

    Parameters
    ----------
    opening : float
    new, reactivated, closing : float
        What the goals expect of each by the deadline.

    Returns
    -------
    DataFrame
        ``bridge_step`` (`STEPS`), ``moved_clients``: the steps between are signed, and sum with the opening to the closing.
        Where more are expected than come, nobody is lost and the rest is new.

    Examples
    --------
    >>> client_bridge(100, new=8, reactivated=4, closing=105)["moved_clients"].tolist()
    [100.0, 8.0, 4.0, -7.0, 105.0]
    """
    first, came, back, last = (float(np.round(value)) for value in (opening, new, reactivated, closing))
    lost = max(first + came + back - last, 0.0)
    values = (first, last + lost - first - back, back, -lost, last)
    return pd.DataFrame({"bridge_step": list(STEPS), "moved_clients": values})
