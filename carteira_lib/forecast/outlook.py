"""The months and weeks to come, in money, orders and clients, whole and by seller and region, with their errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.forecast import months as counting
from carteira_lib.forecast import segments, weeks
from carteira_lib.forecast.backtest import HORIZON, Backtest, backtest
from carteira_lib.forecast.seasonal import FORECASTERS

MEASURES = ("revenue", "orders", "buyers")
DIMENSIONS = ("seller_id", "region")
UNKNOWN = "unknown"
MOST_GROUPS = 40  # of a dimension: beyond it the smallest are one group
OTHERS = "others"
COLUMNS = (
    "period", "dimension", "group", "sales_measure", "period_start", "period_end", "estimate", "estimate_low", "estimate_high",
    "origins",
)  # fmt: skip


class Outlook(NamedTuple):
    """Tables ``forecast`` and ``forecast_scores``, and the backtest of each measure."""

    forecast: pd.DataFrame
    scores: pd.DataFrame
    tested: Mapping[str, Backtest]

    @classmethod
    def none(cls) -> Outlook:
        """Nothing foretold."""
        return cls(pd.DataFrame(columns=list(COLUMNS)), pd.DataFrame(), {})

    def monthly(self, measure: str) -> pd.DataFrame:
        """The months to come of one measure of the whole."""
        own = self.forecast
        return own[(own["period"] == "month") & (own["dimension"] == "total") & (own["sales_measure"] == measure)]


def outlook(
    known: counting.Months, purchases: pd.DataFrame, frames: Mapping[str, pd.DataFrame], as_of: pd.Timestamp
) -> Outlook:
    """Foretell twelve months and 4 and 12 weeks.

    Parameters
    ----------
    known : Months
    purchases : DataFrame
        One row per client-day, none after `as_of`.
    frames : mapping
        ``customer_features`` (whose the clients are) and ``customers`` (where they are).
    as_of : Timestamp
    """
    history = counting.totals(known)
    first = history.index[0].month - 1
    tested = {m: backtest(history[m].to_numpy(), first) for m in MEASURES}
    rows, scores = [], []
    for measure in MEASURES:
        found = tested[measure]
        estimate = FORECASTERS[found.published](history[measure].to_numpy(), first, HORIZON)
        rows.append(_total(estimate, found, measure, history.index[-1]))
        rows += _parts(known, frames, measure, estimate, first)
        covered = np.where(found.scores["published"], found.band.covered, np.nan)
        scores.append(
            found.scores.assign(sales_measure=measure, covered=covered).rename(columns={"forecaster": "sales_way"})
        )
    rows.append(_weeks(purchases, as_of))
    whole = pd.concat([r for r in rows if len(r)], ignore_index=True).reindex(columns=list(COLUMNS))
    return Outlook(whole, pd.concat(scores, ignore_index=True), tested)


def _months(last: pd.Period, count: int) -> dict[str, pd.DatetimeIndex]:
    ahead = pd.period_range(last + 1, periods=count, freq="M")
    return {"period_start": ahead.start_time, "period_end": ahead.end_time.normalize()}


def _total(estimate: np.ndarray, found: Backtest, measure: str, last: pd.Period) -> pd.DataFrame:
    cents = np.round(estimate, 2)
    factor = found.band.factor[: len(estimate)]
    where = {"period": "month", "dimension": "total", "group": "total", "sales_measure": measure}
    spans = _months(last, len(estimate))
    return pd.DataFrame(
        where | spans | {"estimate": cents, "estimate_low": cents / factor, "estimate_high": cents * factor}
    )


def _parts(
    known: counting.Months, frames: Mapping[str, pd.DataFrame], measure: str, estimate: np.ndarray, first: int
) -> list[pd.DataFrame]:
    """The same by seller and by region, where the data name any."""
    amounts = {"revenue": known.revenue, "orders": known.orders, "buyers": known.bought}[measure][:, known.first :]
    found = []
    for dimension in DIMENSIONS:
        groups = group_of(known.clients, frames, dimension)
        if groups.eq(UNKNOWN).all():
            continue
        names, codes = np.unique(groups.to_numpy(dtype="str"), return_inverse=True)
        sums = np.zeros((amounts.shape[1], len(names)))
        np.add.at(sums.T, codes, amounts)
        shared = segments.split(pd.DataFrame(sums, columns=names), estimate, first)
        spans = _months(known.starts[-1], len(estimate))
        for name in names:
            where = {"period": "month", "dimension": dimension, "group": name, "sales_measure": measure}
            found.append(pd.DataFrame(where | spans | {"estimate": shared[name].to_numpy()}))
    return found


def group_of(clients: pd.Index, frames: Mapping[str, pd.DataFrame], dimension: str) -> pd.Series:
    """The group of each client: its seller or region, "unknown" where no data say, the smallest together as "others"."""
    table = frames["customer_features" if dimension == "seller_id" else "customers"]
    named = table.drop_duplicates("customer_id").set_index("customer_id")[dimension]
    groups = pd.Series(clients.map(named), index=clients).astype("object").fillna(UNKNOWN).astype("str")
    small = groups.value_counts().index[MOST_GROUPS:]
    return groups.mask(groups.isin(small), OTHERS)


def _weeks(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    found = []
    days = purchases.assign(orders=(purchases["net_amount"] > 0).astype("float64"))
    for measure, column in (("revenue", "net_amount"), ("orders", "orders")):
        for row in weeks.sums(weeks.weekly(days, as_of, column), as_of).itertuples():
            where = ("total", "total", measure, as_of + pd.Timedelta(days=1), as_of + pd.Timedelta(days=7 * row.span))
            found.append((f"weeks_{row.span}", *where, round(row.estimate, 2), row.low, row.high, row.origins))
    return pd.DataFrame(found, columns=list(COLUMNS))
