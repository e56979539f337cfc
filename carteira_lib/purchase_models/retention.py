"""Shifted-beta-geometric: how long contracts last when each client has its own probability of not renewing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from carteira_lib.purchase_models.fitting import Limit, maximise
from carteira_lib.purchase_models.histories import is_count, weights

COLUMNS = ("renewals", "ended")
LIMITS = (
    (
        Limit((-1, 0), "nobody leaves: alpha goes to 0"),
        Limit((0, 1), "nobody leaves: beta grows without end"),
        Limit((0, -1), "nobody renews: beta goes to 0"),
        Limit((1, 0), "nobody renews: alpha grows without end"),
        Limit((1, 1), "all clients leave with the same probability: alpha and beta grow without end"),
        Limit((-1, -1), "some clients leave at once and the others never: alpha and beta go to 0"),
    ),
)


class Parameters(NamedTuple):
    """Of the beta distribution of the probability of not renewing."""

    alpha: float
    beta: float


def cohort_clients(survivors: Sequence[float]) -> tuple[pd.DataFrame, np.ndarray]:
    """The clients of one cohort, and how many each row stands for, from how many were left after each period.

    Parameters
    ----------
    survivors : sequence of float
        Clients at the start, after the first period's renewal, after the second's, ...; never rising.

    Returns
    -------
    DataFrame
        One row per number of renewals: ``renewals``, ``ended``.
    ndarray
        Clients of each row.

    Examples
    --------
    >>> clients, weight = cohort_clients([100, 70, 60])
    >>> clients.assign(clients=weight).to_numpy().tolist()
    [[0, True, 30.0], [1, True, 10.0], [2, False, 60.0]]
    """
    left = np.asarray(survivors, dtype="float64")
    if len(left) < 2 or not np.isfinite(left).all() or (np.diff(left) > 0).any() or left[-1] < 0 or left[0] <= 0:
        raise ValueError(f"survivors must be two or more numbers of clients that never rise. Got {survivors!r}.")
    renewals = np.arange(len(left))
    clients = pd.DataFrame({"renewals": renewals, "ended": renewals < len(left) - 1})
    return clients, np.append(-np.diff(left), left[-1])


class ShiftedBetaGeometric(BaseEstimator):
    """The renewals of contracts of equal periods, when clients differ in how easily they leave.

    Those who leave easily leave first, so the retention rate of a cohort rises with its age, with no client becoming
    more loyal.

    Attributes
    ----------
    parameters_ : Parameters
        alpha and beta: a client leaves at the end of a period with a probability of mean alpha / (alpha + beta).
    log_likelihood_ : float
    status_, warning_ : str
        As of `PurchaseModel`.

    Notes
    -----
    One client is one row ``renewals`` (how many times it renewed) and ``ended`` (it then left; otherwise its contract
    is still running). Cohorts of any age go into one table.

    References
    ----------
    Fader, P. S. & Hardie, B. G. S. (2007). How to project customer retention. Journal of Interactive Marketing 21(1),
    76-90.

    Examples
    --------
    >>> model = ShiftedBetaGeometric().fit(*cohort_clients([1000, 631, 468, 382, 326, 289, 262, 241]))
    >>> [round(value, 3) for value in model.parameters_]
    [0.704, 1.182]
    >>> model.renewal_probability([0, 1, 7]).round(2).tolist()
    [0.63, 0.76, 0.92]
    """

    def fit(self, clients: pd.DataFrame, sample_weight: ArrayLike | None = None) -> ShiftedBetaGeometric:
        """Estimate the parameters from one row per client, or per `sample_weight` clients.

        Raises
        ------
        ValueError
            A column is missing or holds what cannot be, or no renewal has come up yet.
        """
        missing = [name for name in COLUMNS if name not in clients]
        if missing:
            raise ValueError(f"clients must have the columns {list(COLUMNS)}. Missing: {missing}.")
        weight = weights(sample_weight, len(clients))
        renewals, ended = _counts(clients["renewals"]), clients["ended"].to_numpy(bool)
        if not weight[(renewals > 0) | ended].any():
            raise ValueError("clients must have at least one renewal or end. Got none.")

        def likelihood(theta: np.ndarray) -> tuple[float, np.ndarray]:
            return log_likelihood(theta, renewals, ended, weight)

        found = maximise(likelihood, np.zeros(2), LIMITS, float(weight.sum()))
        self.parameters_ = Parameters(*np.exp(found.theta).tolist())
        self.log_likelihood_ = likelihood(found.theta)[0]
        self.status_, self.warning_ = found.status, found.warning
        return self

    def renewal_probability(self, renewals: ArrayLike, *, times: int = 1) -> np.ndarray:
        """P(renews the next `times` times) of clients who have renewed `renewals` times and are still here."""
        check_is_fitted(self)
        if times < 1:
            raise ValueError(f"times must be at least 1. Got {times!r}.")
        alpha, beta = self.parameters_
        done = _counts(renewals)
        return np.exp(special.betaln(alpha, beta + done + times) - special.betaln(alpha, beta + done))

    def survival(self, periods: int) -> pd.Series:
        """Share of a new cohort that is left after 0, 1, ... `periods` renewals."""
        index = pd.RangeIndex(int(periods) + 1, name="renewals")
        left = [1.0, *(self.renewal_probability(0, times=n) for n in index[1:])]
        return pd.Series(np.array(left, dtype="float64"), index, name="survival")


def log_likelihood(
    theta: np.ndarray, renewals: np.ndarray, ended: np.ndarray, weight: np.ndarray
) -> tuple[float, np.ndarray]:
    """Log-likelihood of the parameters exp(`theta`) and its gradient in `theta`.

    A client who left after n renewals counts B(alpha + 1, beta + n) / B(alpha, beta), one who is still here
    B(alpha, beta + n) / B(alpha, beta).
    """
    alpha, beta = np.exp(theta).tolist()
    left, stayed = alpha + ended, beta + renewals
    rows = special.betaln(left, stayed) - special.betaln(alpha, beta)
    both = special.digamma(alpha + beta) - special.digamma(left + stayed)
    d_alpha = special.digamma(left) - special.digamma(alpha) + both
    d_beta = special.digamma(stayed) - special.digamma(beta) + both
    return float(weight @ rows), np.array([weight @ d_alpha * alpha, weight @ d_beta * beta])


def _counts(renewals: ArrayLike) -> np.ndarray:
    counts = np.asarray(renewals, dtype="float64")
    if not is_count(counts).all():
        raise ValueError(f"renewals must be whole numbers of 0 or more. Got {renewals!r}.")
    return counts
