"""ABC classes by revenue and RFM scores, both a function of the value alone: equal values, equal class and score."""

from __future__ import annotations

import numpy as np
import pandas as pd

A_PERCENT = 80
B_PERCENT = 95
SCORES = 5

#: RFM segment by recency score and by the rounded mean of frequency and monetary scores: the first that fits.
#: (name, lowest recency score, lowest frequency-and-money score)
RFM_SEGMENTS = (
    ("champions", 4, 4),
    ("promising", 4, 2),
    ("recent", 4, 1),
    ("loyal", 3, 4),
    ("attention", 3, 3),
    ("cooling", 3, 1),
    ("cannot_lose", 1, 4),
    ("at_risk", 1, 3),
    ("hibernating", 1, 1),
)


def abc_class(revenue: pd.Series) -> pd.Series:
    """Class of each client by its part of the revenue: A, B or C.

    Clients stand from the largest revenue to the smallest. A is who still falls within the first 80 % of the revenue,
    counted before the client; B within 95 %; C the others, and whoever has no positive revenue. Clients of equal
    revenue share their class, the one of the first of them.

    Examples
    --------
    >>> abc_class(pd.Series([50.0, 30.0, 15.0, 5.0, 0.0, -4.0])).tolist()
    ['A', 'A', 'B', 'C', 'C', 'C']
    """
    cents = (revenue.fillna(0) * 100).round().astype("int64").clip(lower=0)
    by_value = cents.groupby(cents).sum().sort_index(ascending=False)
    larger = cents.map(by_value.cumsum().shift(fill_value=0))
    percent = 100 * larger / max(int(cents.sum()), 1)
    classes = np.select([cents <= 0, percent < A_PERCENT, percent < B_PERCENT], ["C", "A", "B"], "C")
    return pd.Series(classes, index=revenue.index, dtype="str")


def rank_score(values: pd.Series) -> pd.Series:
    """Score 1 to 5 of each value by its place among all: fifths by mean rank, equal values equal score, 5 the largest.

    Examples
    --------
    >>> rank_score(pd.Series([10, 20, 30, 40, 50])).tolist(), rank_score(pd.Series([7, 7, 7, 9])).tolist()
    ([1, 2, 3, 4, 5], [2, 2, 2, 5])
    """
    twice_rank = (2 * values.rank(method="average")).round().astype("Int64")
    size = 2 * max(int(values.notna().sum()), 1)
    return -(-SCORES * (twice_rank - 1) // size)


def rfm(clients: pd.DataFrame) -> pd.DataFrame:
    """Recency, frequency and money scores of each client over its whole history, and the segment they make.

    Parameters
    ----------
    clients : DataFrame
        ``last_order_date``, ``frequency`` (orders), ``net_revenue``; who never bought has no score.

    Returns
    -------
    DataFrame, index of `clients`
        ``recency_score``, ``frequency_score``, ``monetary_score`` (1 to 5, see `rank_score`), ``rfm_segment`` (a name
        of `RFM_SEGMENTS`).
    """
    bought = clients["frequency"] > 0
    columns = {"recency": "last_order_date", "frequency": "frequency", "monetary": "net_revenue"}
    scores = pd.DataFrame({f"{name}_score": rank_score(clients[c].where(bought)) for name, c in columns.items()})
    worth = (scores["frequency_score"] + scores["monetary_score"] + 1) // 2
    fits = [
        ((scores["recency_score"] >= recency) & (worth >= money)).fillna(False).to_numpy(bool)
        for _, recency, money in RFM_SEGMENTS
    ]
    names = pd.Series(np.select(fits, [name for name, _, _ in RFM_SEGMENTS], ""), index=clients.index, dtype="str")
    return scores.assign(rfm_segment=names.where(bought))
