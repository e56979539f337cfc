"""Pareto/NBD: a client buys at its own rate and may stop at any moment, also long after its last order.

Rates of buying are gamma(r, alpha) over the clients, rates of stopping gamma(s, beta). With m = r + x,

    A = gamma(m) alpha^r beta^s / (gamma(r) (alpha + T)^m (beta + T)^s)      history and still a client at T
    D = gamma(m) alpha^r beta^s / gamma(r) * s * J(m, s + 1; t_x, T)         history and stopped since t_x
    J(p, q; t, T) = integral over u from t to T of (alpha + u)^-p (beta + u)^-q

J is done by Gauss-Legendre quadrature in the logarithm of u + min(alpha, beta), over the stretch that is not
negligible: exact to rounding, with a gradient as exact, where the usual hypergeometric functions overflow for clients
of thousands of orders and have no derivative in their parameters.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy import special

from carteira_lib.purchase_models.histories import Histories, Rows

NAMES = ("r", "alpha", "s", "beta")
NODES, NODE_WEIGHTS = special.roots_legendre(24)
#: Where the integrand has fallen by e^-40 of its start the rest is below rounding.
NEGLIGIBLE_LOG = 40.0


class Parameters(NamedTuple):
    """Of the two gamma distributions; alpha and beta in the unit of the histories."""

    r: float
    alpha: float
    s: float
    beta: float


Ends = tuple[np.ndarray, np.ndarray]


def log_integral(p: np.ndarray, q: float, ends: Ends, parameters: Parameters) -> np.ndarray:
    """log J of each client between two times; -inf where they are one."""
    total = sum(part for part, _, _ in _parts(p, q, ends, parameters))
    return _log_of_sum(total, p, q, ends, parameters)


def log_integral_and_slopes(p: np.ndarray, q: float, ends: Ends, parameters: Parameters) -> tuple[np.ndarray, ...]:
    """log J of each client, and its derivatives in p, alpha, q and beta."""
    alpha, beta = parameters.alpha, parameters.beta
    total, moments = np.zeros(len(p)), np.zeros((4, len(p)))
    for part, log_alpha, log_beta in _parts(p, q, ends, parameters):
        total += part
        for moment, factor in zip(moments, (log_alpha, np.exp(-log_alpha), log_beta, np.exp(-log_beta)), strict=True):
            moment += part * factor
    moments /= total
    by_alpha, by_beta = alpha + ends[0], beta + ends[0]
    slopes = -moments[0] - np.log(by_alpha), -p * moments[1] / by_alpha
    slopes += -moments[2] - np.log(by_beta), -q * moments[3] / by_beta
    return _log_of_sum(total, p, q, ends, parameters), *slopes


def _stretch(p: np.ndarray, q: float, ends: Ends, parameters: Parameters) -> np.ndarray:
    """How far to integrate in the logarithm of u plus the smaller of alpha and beta.

    There the integrand falls ever faster, so its first slope bounds the stretch that counts.
    """
    start, end = ends
    near = min(parameters.alpha, parameters.beta)
    slope = (start + near) * (p / (parameters.alpha + start) + q / (parameters.beta + start)) - 1
    return np.minimum(np.log((near + end) / (near + start)), NEGLIGIBLE_LOG / np.maximum(slope, 1e-9))


def _parts(p: np.ndarray, q: float, ends: Ends, parameters: Parameters) -> Iterator[tuple[np.ndarray, ...]]:
    """Of each node: weight times integrand, over its start, and the logarithms of how alpha + u and beta + u grew."""
    start, stretch = ends[0], _stretch(p, q, ends, parameters)
    near = min(parameters.alpha, parameters.beta)
    far_share = (near + start) / (max(parameters.alpha, parameters.beta) + start)
    for node, weight in zip((NODES + 1) / 2, NODE_WEIGHTS / 2, strict=True):
        log_near = stretch * node
        log_far = np.log1p(np.expm1(log_near) * far_share)
        logs = (log_near, log_far) if near == parameters.alpha else (log_far, log_near)
        yield weight * np.exp(log_near - p * logs[0] - q * logs[1]), *logs


def _log_of_sum(total: np.ndarray, p: np.ndarray, q: float, ends: Ends, parameters: Parameters) -> np.ndarray:
    start, stretch = ends[0], _stretch(p, q, ends, parameters)
    whole = total * stretch * (min(parameters.alpha, parameters.beta) + start)
    log = np.log(whole, where=whole > 0, out=np.full(len(whole), -np.inf))
    return log - p * np.log(parameters.alpha + start) - q * np.log(parameters.beta + start)


def log_likelihood(theta: np.ndarray, rows: Rows) -> tuple[float, np.ndarray]:
    """Log-likelihood of the parameters exp(`theta`) and its gradient in `theta`."""
    r, alpha, s, beta = parameters = Parameters(*np.exp(theta).tolist())
    events = r + rows.values
    m, age = events[rows.group], rows.age
    log_gone, *slopes = log_integral_and_slopes(m, s + 1, (rows.first_to_last, age), parameters)
    log_alive = -m * np.log(alpha + age) - s * np.log(beta + age)
    odds = math.log(s) + log_gone - log_alive
    stopped = rows.weight * special.expit(odds)
    alive = rows.weight - stopped

    by_order, total = rows.by_order(rows.weight), rows.clients
    constant = special.gammaln(events) - special.gammaln(r) + r * math.log(alpha) + s * math.log(beta)
    value = by_order @ constant + rows.weight @ (log_alive + np.logaddexp(0.0, odds))
    d_r = by_order @ (special.digamma(events) - special.digamma(r) + math.log(alpha))
    d_r += stopped @ slopes[0] - alive @ np.log(alpha + age)
    d_alpha = total * r / alpha + stopped @ slopes[1] - alive @ (m / (alpha + age))
    d_s = total * math.log(beta) + stopped @ (1 / s + slopes[2]) - alive @ np.log(beta + age)
    d_beta = total * s / beta + stopped @ slopes[3] - alive @ (s / (beta + age))
    return float(value), np.array([d_r, d_alpha, d_s, d_beta]) * parameters


def log_odds_stopped(histories: Histories, parameters: Parameters) -> np.ndarray:
    """log(D / A) of each client; -inf where no time has passed in which to stop."""
    repeat, first_to_last, age = histories
    m, s = parameters.r + repeat, parameters.s
    log_gone = log_integral(m, s + 1, (first_to_last, age), parameters)
    return math.log(s) + log_gone + m * np.log(parameters.alpha + age) + s * np.log(parameters.beta + age)


def log_purchase_and_none(
    histories: Histories, horizon: float, parameters: Parameters
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of P(at least one order in the horizon) and of P(none), each exact where it is near 0.

    The next order comes at u with density A (m / (alpha + u)) ((alpha + T) / (alpha + u))^m ((beta + T) / (beta + u))^s
    over A + D. None comes if the client has stopped by T, or stops in the horizon before it buys, or just waits.
    """
    repeat, _, age = histories
    alpha, s, beta = parameters.alpha, parameters.s, parameters.beta
    m, odds = parameters.r + repeat, log_odds_stopped(histories, parameters)
    log_alive, log_stopped = -np.logaddexp(0.0, odds), -np.logaddexp(0.0, -odds)
    base = m * np.log(alpha + age) + s * np.log(beta + age)
    ends = (age, age + horizon)
    buys = np.log(m) + log_integral(m + 1, s, ends, parameters) + base
    stops = math.log(s) + log_integral(m, s + 1, ends, parameters) + base
    waits = -m * np.log1p(horizon / (alpha + age)) - s * np.log1p(horizon / (beta + age))
    whole = np.logaddexp(np.logaddexp(buys, stops), waits)  # 0 but for the quadrature's last digits
    none = np.logaddexp(log_stopped, log_alive + np.logaddexp(stops, waits) - whole)
    return log_alive + buys - whole, none


def expected_orders(histories: Histories, horizon: float, parameters: Parameters) -> np.ndarray:
    """Mean number of orders of each client in the horizon, whether or not it has stopped.

    Equation 41 of Fader & Hardie's notes on the Pareto/NBD, written so that s = 1 is no exception.
    """
    repeat, _, age = histories
    alive = special.expit(-log_odds_stopped(histories, parameters))
    rate = (parameters.r + repeat) / (parameters.alpha + age)
    longer = np.log1p(horizon / (parameters.beta + age))
    return alive * rate * (parameters.beta + age) * longer * special.exprel((1 - parameters.s) * longer)
