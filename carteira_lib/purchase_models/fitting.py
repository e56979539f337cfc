"""Maximising a log-likelihood whose parameters are positive, and saying when the maximum is none."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import optimize
from threadpoolctl import ThreadpoolController

#: Logarithm of the largest and (negative) of the smallest parameter, times being measured in mean gaps.
LOG_BOUND = 12.0
#: Beyond this a parameter is e^4 = 55 times or 1/55 of what is usual: time to ask whether it is running away.
FAR = 4.0
#: Gain in log-likelihood that no data can tell from none.
NOTHING = 0.01
#: A gradient this small beside sqrt(clients) leaves each parameter well within a hundredth of its standard error.
GRADIENT_TOLERANCE = 1e-3
CONVERGED, AT_LIMIT, NOT_CONVERGED = "converged", "at_limit", "not_converged"
STATUSES = (CONVERGED, AT_LIMIT, NOT_CONVERGED)

Objective = Callable[[np.ndarray], tuple[float, np.ndarray]]


@dataclass(frozen=True)
class Limit:
    """A model that a fit may run away to, and the way there.

    Attributes
    ----------
    direction : tuple of float
        Signs of the steps of the logarithms of the parameters.
    meaning : str
        What the data look like then; ends the sentence of the warning.
    """

    direction: tuple[float, ...]
    meaning: str


Limits = tuple[tuple[Limit, ...], ...]


@dataclass(frozen=True, eq=False)
class Maximum:
    """Where an objective is highest.

    Attributes
    ----------
    theta : ndarray
        Logarithms of the parameters.
    status : str
        One of `STATUSES`.
    warning : str
        What is wrong, empty if nothing.
    """

    theta: np.ndarray
    status: str
    warning: str


def maximise(objective: Objective, start: np.ndarray, limits: Limits, clients: float) -> Maximum:
    """The maximum of `objective`, which takes logarithms of parameters and returns its value and its gradient.

    Parameters
    ----------
    objective : callable
    start : ndarray
        Where to start from.
    limits : tuple of tuple of Limit
        Tried, when a parameter is far out, for whether going on costs nothing; of each group the first is told.
    clients : float
        The size of the sample, which is the scale of the gradient.
    """

    def downhill(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(theta)
        return -value / clients, -gradient / clients

    # Threads that wait for one another over matrices of 4 x 4 cost twenty times what the fit does.
    with _threadpools().limit(limits=1, user_api="blas"):
        found = optimize.minimize(
            downhill,
            start,
            jac=True,
            method="L-BFGS-B",
            bounds=[(-LOG_BOUND, LOG_BOUND)] * len(start),
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-8, "maxcor": 8},
        )
        return Maximum(found.x, *_verdict(objective, found.x, limits, clients))


@functools.cache
def _threadpools() -> ThreadpoolController:
    """Looking for the libraries takes longer than a small fit; they are loaded with scipy, above."""
    return ThreadpoolController()


def _verdict(objective: Objective, theta: np.ndarray, limits: Limits, clients: float) -> tuple[str, str]:
    value, gradient = objective(theta)
    if not (math.isfinite(value) and np.isfinite(gradient).all()):
        return NOT_CONVERGED, f"the log-likelihood is {value} at the parameters reached"
    if np.abs(theta).max() > FAR:
        reached = [_reached(objective, theta, value, group) for group in limits]
        if any(reached):
            return AT_LIMIT, "; ".join(filter(None, reached))
    if np.abs(theta).max() > LOG_BOUND - 0.01:
        return AT_LIMIT, "a parameter reached the bound of what is searched"
    steepest = float(np.abs(gradient).max())
    if steepest > GRADIENT_TOLERANCE * math.sqrt(clients):
        return NOT_CONVERGED, f"the gradient is still {steepest:.3g} where it should be 0"
    return CONVERGED, ""


def _reached(objective: Objective, theta: np.ndarray, value: float, group: tuple[Limit, ...]) -> str:
    """The meaning of the first limit that the fit went far towards and could go on towards at no cost, or empty."""
    for limit in group:
        direction = np.array(limit.direction)
        if (theta * direction).max() > FAR and objective(theta + FAR * direction)[0] > value - NOTHING:
            return limit.meaning
    return ""


@dataclass(frozen=True)
class Prior:
    """Independent normal distributions of the logarithms of a model's parameters.

    Attributes
    ----------
    centre : mapping of str to float
        Median of each parameter.
    spread : float
        Standard deviation of each logarithm: .8 means a factor of 2.2 either way.
    """

    centre: Mapping[str, float]
    spread: float = 0.8

    def __post_init__(self) -> None:
        """Refuse what is no distribution."""
        wrong = {name: value for name, value in self.centre.items() if not 0 < value < math.inf}
        if wrong or not 0 < self.spread < math.inf:
            raise ValueError(f"centre and spread must be positive and finite. Got {wrong or self.spread}.")

    def log_centre(self, names: tuple[str, ...]) -> np.ndarray:
        """Logarithms of the medians of the parameters `names`.

        Raises
        ------
        ValueError
            The prior is about other parameters.
        """
        if set(self.centre) != set(names):
            raise ValueError(f"prior must be about {sorted(names)}. Got {sorted(self.centre)}.")
        return np.log([self.centre[name] for name in names])


def with_prior(objective: Objective, centre: np.ndarray, spread: float) -> Objective:
    """`objective` plus the log density of a normal prior, up to a constant: its maximum is the MAP estimate."""

    def posterior(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = objective(theta)
        distance = (theta - centre) / spread
        return value - 0.5 * float(distance @ distance), gradient - distance / spread

    return posterior
