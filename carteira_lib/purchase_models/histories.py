"""What the models know of a client: how often it bought again, when last, and since when; checked and compressed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

COLUMNS = ("repeat_orders", "first_to_last_days", "age_days")
GAPS = "log_gap_sum"
#: Of each client: x, t_x and T.
Histories = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Rows:
    """Histories as arrays, sorted by the number of repeat orders and so grouped by it.

    Attributes
    ----------
    repeat_orders, first_to_last, age : ndarray of shape (n_rows,)
        x, t_x and T of the papers; times in the caller's unit.
    weight : ndarray of shape (n_rows,)
        How many clients a row stands for.
    values, starts, group : ndarray
        Each distinct number of repeat orders, the first row that has it, and of each row the place in `values`.
    log_gap_sum : float
        Sum over all clients of the logarithms of their gaps; NaN where it is not known.
    """

    repeat_orders: np.ndarray
    first_to_last: np.ndarray
    age: np.ndarray
    weight: np.ndarray
    values: np.ndarray
    starts: np.ndarray
    group: np.ndarray
    log_gap_sum: float

    @property
    def clients(self) -> float:
        """How many clients the rows stand for."""
        return float(self.weight.sum())

    @property
    def orders(self) -> float:
        """Repeat orders of all clients."""
        return float(self.weight @ self.repeat_orders)

    @property
    def mean_gap(self) -> float:
        """Mean days between orders; the mean age where nobody bought again, 1 where that is nothing either."""
        waited, aged = float(self.weight @ self.first_to_last), float(self.weight @ self.age)
        if waited > 0:
            return waited / self.orders
        return aged / self.clients if aged > 0 else 1.0

    def by_order(self, per_row: np.ndarray) -> np.ndarray:
        """Sum of `per_row` over the rows of each distinct number of repeat orders."""
        return np.add.reduceat(per_row, self.starts)

    def scaled(self, unit: float) -> Rows:
        """The same histories with times measured in `unit`."""
        return replace(
            self,
            first_to_last=self.first_to_last / unit,
            age=self.age / unit,
            log_gap_sum=self.log_gap_sum - self.orders * math.log(unit),
        )


def buying_histories(features: pd.DataFrame) -> pd.DataFrame:
    """One row per client with an order, as the purchase models want it.

    This turns a table ``frequency, recency_days, tenure_days, log_gap_sum`` into ``repeat_orders,
    first_to_last_days, age_days, log_gap_sum``. The first order starts the clock and is not counted.

    Parameters
    ----------
    features : DataFrame
        Contract ``customer_features``; clients with returns only (``frequency`` 0) have no history and are left out.

    Returns
    -------
    DataFrame
        One row per client that ever bought, with its index.

        - ``repeat_orders``: orders after the first (x)
        - ``first_to_last_days``: from the first to the last order (t_x), 0 without repeat orders
        - ``age_days``: from the first order to ``as_of`` (T)
        - ``log_gap_sum``: sum of the logarithms of the gaps

    Examples
    --------
    >>> client = {"frequency": [3], "recency_days": [5], "tenure_days": [30], "log_gap_sum": [5.0]}
    >>> buying_histories(pd.DataFrame(client)).iloc[0].to_dict()
    {'repeat_orders': 2.0, 'first_to_last_days': 25.0, 'age_days': 30.0, 'log_gap_sum': 5.0}
    """
    buyers = features[features["frequency"] > 0]
    tenure = buyers["tenure_days"].astype("float64")
    return pd.DataFrame(
        {
            "repeat_orders": buyers["frequency"].astype("float64") - 1,
            "first_to_last_days": tenure - buyers["recency_days"].astype("float64"),
            "age_days": tenure,
            GAPS: buyers[GAPS].astype("float64"),
        }
    )


def columns(clients: pd.DataFrame) -> Histories:
    """x, t_x and T of each client, checked.

    Raises
    ------
    ValueError
        A column is missing or holds what no history can have.
    """
    missing = [name for name in COLUMNS if name not in clients]
    if missing:
        raise ValueError(f"clients must have the columns {list(COLUMNS)}. Missing: {missing}.")
    repeat, last, age = (clients[name].to_numpy("float64") for name in COLUMNS)
    rules = {
        "repeat_orders must be whole numbers of 0 or more": is_count(repeat),
        "first_to_last_days must be between 0 and age_days": (last >= 0) & (last <= age),
        "first_to_last_days must be 0 where repeat_orders is 0": (repeat > 0) | (last == 0),
        "age_days must be finite": np.isfinite(age),
    }
    for rule, holds in rules.items():
        if not holds.all():
            wrong = clients.loc[~holds, list(COLUMNS)]
            raise ValueError(f"{rule}. Got {len(wrong)} other rows, such as {wrong.iloc[0].to_dict()}.")
    return repeat, last, age


def is_count(numbers: np.ndarray) -> np.ndarray:
    """Which are whole, finite and not negative."""
    return np.isfinite(numbers) & (numbers >= 0) & (numbers == np.floor(numbers))


def weights(sample_weight: ArrayLike | None, size: int) -> np.ndarray:
    """How many clients each row stands for: 1 each unless said otherwise."""
    if size == 0:
        raise ValueError("clients must have at least one row. Got none.")
    if sample_weight is None:
        return np.ones(size)
    weight = np.asarray(sample_weight, dtype="float64")
    if weight.shape != (size,) or not (np.isfinite(weight) & (weight >= 0)).all() or weight.sum() == 0:
        raise ValueError(f"sample_weight must be {size} finite numbers of 0 or more, not all 0. Got {sample_weight!r}.")
    return weight


def compressed(clients: pd.DataFrame, sample_weight: ArrayLike | None = None) -> Rows:
    """Equal histories as one row with a weight: a million clients have far fewer distinct histories.

    Raises
    ------
    ValueError
        See `columns` and `weights`.
    """
    found = columns(clients)
    weight = weights(sample_weight, len(clients))
    first, code = _first_of_each(found)
    repeat, last, age = (values[first] for values in found)
    values, starts, group = np.unique(repeat, return_index=True, return_inverse=True)
    gaps = float(weight @ clients[GAPS].to_numpy("float64")) if GAPS in clients else float("nan")
    return Rows(repeat, last, age, np.bincount(code, weight, len(first)), values, starts, group, gaps)


def _first_of_each(keys: tuple[np.ndarray, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The place of the first of each distinct row, in the order of the keys; and of each row which of them it is."""
    code = np.zeros(len(keys[0]), dtype="int64")
    for key in keys:
        # Codes stay below n * n, so they never overflow: each step starts again from dense ones.
        places, distinct = pd.factorize(key, sort=True)
        code = pd.factorize(code * len(distinct) + places, sort=True)[0]
    order = np.argsort(code, kind="stable")
    first = order[np.flatnonzero(np.diff(code[order], prepend=-1))]
    return first, code
