"""Gamma-Gamma: what a client spends per order, shrunk towards all clients the more the fewer orders it has."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from carteira_lib.purchase_models.fitting import AT_LIMIT, Limit, maximise
from carteira_lib.purchase_models.histories import is_count, weights

COLUMNS = ("orders", "average_order_value")
LIMITS = (
    (Limit((1, 0, -1), "each client's orders are all of one value: p grows without end"),),
    (Limit((0, 1, 1), "all clients spend the same per order: q and gamma grow without end"),),
)
NO_MEAN = "so many clients spend so much that the mean of all is infinite: q is {q:.3g}, not above 1"


class Parameters(NamedTuple):
    """Of the values of one client's orders, gamma(p, nu), and of nu over the clients, gamma(q, gamma)."""

    p: float
    q: float
    gamma: float


class GammaGamma(BaseEstimator):
    """Mean value of an order of each client, if how much a client spends has nothing to do with how often it buys.

    Attributes
    ----------
    parameters_ : Parameters
        p, q and gamma; gamma in the unit of the money.
    log_likelihood_ : float
    status_, warning_ : str
        As of `PurchaseModel`; "at_limit" too where the mean of all clients does not exist.

    Notes
    -----
    One client is one row ``orders, average_order_value``: how many orders the average is over. The paper counts
    repeat orders only. A client without orders teaches nothing and is expected to spend what all do.

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2013). The Gamma-Gamma model of monetary value. brucehardie.com/notes/025.

    Examples
    --------
    >>> orders, average = [1, 1, 1, 2, 2, 3, 4, 6, 9, 15], [47, 39, 98, 114, 89, 35, 64, 131, 59, 60]
    >>> clients = pd.DataFrame({"orders": orders, "average_order_value": average})
    >>> GammaGamma().fit(clients).expected_order_value(clients).round(1).tolist()
    [61.3, 57.4, 85.8, 100.2, 83.9, 45.4, 66.2, 122.4, 60.7, 61.0]
    """

    def fit(self, clients: pd.DataFrame, sample_weight: ArrayLike | None = None) -> GammaGamma:
        """Estimate the parameters from one row per client.

        Raises
        ------
        ValueError
            A column is missing or holds what cannot be, or no client has an order.
        """
        orders, value = _columns(clients)
        weight = weights(sample_weight, len(clients)) * (orders > 0)
        if not weight.any():
            raise ValueError("clients must have at least one row with orders. Got none.")
        bought = weight > 0
        orders, value, weight = orders[bought], value[bought], weight[bought]
        # In units of the mean value, the logarithm of gamma is near 0 in any currency.
        unit = float(weight @ value) / float(weight.sum())

        def likelihood(theta: np.ndarray) -> tuple[float, np.ndarray]:
            return log_likelihood(theta, orders, value / unit, weight)

        found = maximise(likelihood, np.log([2.0, 2.0, 1.0]), LIMITS, float(weight.sum()))
        p, q, gamma = np.exp(found.theta).tolist()
        self.parameters_ = Parameters(p, q, gamma * unit)
        self.log_likelihood_ = likelihood(found.theta)[0] - float(weight.sum()) * math.log(unit)
        self.status_, self.warning_ = found.status, found.warning
        if not self.warning_ and q <= 1:
            self.status_, self.warning_ = AT_LIMIT, NO_MEAN.format(q=q)
        return self

    def expected_order_value(self, clients: pd.DataFrame) -> pd.Series:
        """Mean value of an order in the long run, by client; NaN without a finite mean (no orders and q <= 1)."""
        check_is_fitted(self)
        orders, value = _columns(clients)
        p, q, gamma = self.parameters_
        spent = np.where(orders > 0, orders * value, 0.0)
        known = p * orders + q - 1
        mean = np.divide(p * (gamma + spent), known, out=np.full(len(known), np.nan), where=known > 0)
        return pd.Series(mean, clients.index, name="expected_order_value")


def log_likelihood(
    theta: np.ndarray, orders: np.ndarray, value: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Log-likelihood of the averages under the parameters exp(`theta`) and its gradient in `theta`."""
    p, q, gamma = np.exp(theta).tolist()
    shape, spent = p * orders, orders * value
    whole = np.log(gamma + spent)
    rows = special.gammaln(shape + q) - special.gammaln(shape) - special.gammaln(q) + q * math.log(gamma)
    rows += shape * np.log(spent) - np.log(value) - (shape + q) * whole
    both = special.digamma(shape + q)
    d_p = orders * (both - special.digamma(shape) + np.log(spent) - whole)
    d_q = both - special.digamma(q) + math.log(gamma) - whole
    d_gamma = q / gamma - (shape + q) / (gamma + spent)
    return float(weight @ rows), np.array([weight @ d_p * p, weight @ d_q * q, weight @ d_gamma * gamma])


def _columns(clients: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    missing = [name for name in COLUMNS if name not in clients]
    if missing:
        raise ValueError(f"clients must have the columns {list(COLUMNS)}. Missing: {missing}.")
    orders, value = (clients[name].to_numpy("float64") for name in COLUMNS)
    rules = {
        "orders must be whole numbers of 0 or more": is_count(orders),
        "average_order_value must be positive and finite where there are orders": (orders == 0)
        | ((value > 0) & (value < np.inf)),
    }
    for rule, holds in rules.items():
        if not holds.all():
            wrong = clients.loc[~holds, list(COLUMNS)]
            raise ValueError(f"{rule}. Got {len(wrong)} other rows, such as {wrong.iloc[0].to_dict()}.")
    return orders, value
