"""BG/NBD and its relatives: a client buys at its own rate and, after an order, stops for good with its own probability.

Rates are gamma(r, alpha) over the clients, probabilities of stopping beta(a, b). Three models:

- ``bg_nbd``: purchases at random times; may stop after any order but the first.
- ``mbg_nbd``: the same, and may stop after the first order too.
- ``mbg_cnbd``: as ``mbg_nbd``, with regular purchases: every k-th event of the random process is an order (gaps are
  Erlang-k), k being chosen by the likelihood. k = 1 is ``mbg_nbd``.

One likelihood serves the three. With m = r + k x, n = x (+ 1 if the first order counts), v = (T - t_x) / (alpha + T):

    A = B(a, b + n) / B(a, b) * G / (alpha + T)^m * Q(v)     history and still a client
    D = B(a + 1, b + n - 1) / B(a, b) * G / (alpha + t_x)^m  history and stopped at t_x; 0 if n = 0

G = gamma(m) alpha^r / gamma(r) and, for k > 1, the product of the gaps to the power k - 1 over gamma(k)^x;
Q(v) = sum over j < k of gamma(m + j) / (gamma(m) j!) v^j. The likelihood is A + D, P(alive) = A / (A + D).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from carteira_lib.purchase_models.histories import Histories, Rows

NAMES = ("r", "alpha", "a", "b")
#: Nearer than this to a pole the closed form of the expected orders divides nothing by nothing; to move the parameter
#: by so little changes the seventh digit.
POLE = 1e-6
#: Beyond this share of the horizon in alpha + T + H scipy's 2F1 may lose all its digits without a word.
SAFE_SHARE = 0.9
#: Chances below this end a sum.
NEGLIGIBLE = 1e-12


class Shape(NamedTuple):
    """Which of the models.

    Attributes
    ----------
    first : int
        1 if a client may stop after its first order, else 0.
    regularity : int
        k: events of the random process per order.
    """

    first: int
    regularity: int


class Parameters(NamedTuple):
    """Of the gamma (r, alpha) and the beta (a, b) distribution; alpha in the unit of the histories."""

    r: float
    alpha: float
    a: float
    b: float


class State(NamedTuple):
    """Of each client: m, alpha + T, v, log(D / A)."""

    events: np.ndarray
    span: np.ndarray
    silence: np.ndarray
    log_odds_stopped: np.ndarray


def log_likelihood(theta: np.ndarray, rows: Rows, shape: Shape) -> tuple[float, np.ndarray]:
    """Log-likelihood of the parameters exp(`theta`) and its gradient in `theta`, without the part of the gaps."""
    r, alpha, a, b = parameters = Parameters(*np.exp(theta).tolist())
    orders, events = rows.values + shape.first, r + shape.regularity * rows.values
    clients_by_order = rows.by_order(rows.weight)
    span, last = alpha + rows.age, alpha + rows.first_to_last
    log_span, quiet = np.log(span), np.log(span / last)
    events_by_row = events[rows.group]
    silence = (rows.age - rows.first_to_last) / span
    log_q, q_events, q_silence = _regular(events_by_row, silence, shape.regularity)
    odds = _log_ratio(orders, parameters)[rows.group] + events_by_row * quiet - log_q
    stopped = rows.weight * special.expit(odds)
    alive = rows.weight - stopped

    constant = special.gammaln(events) - special.gammaln(r) + r * math.log(alpha) + _log_beta_ratio(orders, a, b)
    value = clients_by_order @ constant + rows.weight @ (log_q + np.logaddexp(0.0, odds) - events_by_row * log_span)
    d_beta = special.digamma(a + b) - special.digamma(a + b + orders)
    d_never = special.digamma(b + orders) - special.digamma(b) + d_beta
    d_r = clients_by_order @ (special.digamma(events) - special.digamma(r) + math.log(alpha))
    d_r += stopped @ quiet - rows.weight @ log_span + np.sum(alive * q_events)
    d_alpha = rows.clients * r / alpha - (events_by_row * (alive / span + stopped / last)).sum()
    d_alpha -= np.sum(alive * q_silence * silence / span)
    d_a = clients_by_order @ d_beta + stopped.sum() / a
    d_b = clients_by_order @ d_never - rows.by_order(stopped) @ _inverse(b + orders - 1, orders > 0)
    return float(value), np.array([d_r, d_alpha, d_a, d_b]) * parameters


def log_gap_density(rows: Rows, regularity: int) -> float:
    """The part of the log-likelihood that no parameter but k enters: needed to compare one k with another."""
    if regularity == 1:
        return 0.0
    return (regularity - 1) * rows.log_gap_sum - float(rows.weight @ rows.repeat_orders) * math.lgamma(regularity)


def _log_beta_ratio(orders: np.ndarray, a: float, b: float) -> np.ndarray:
    """log B(a, b + n) - log B(a, b): the chance of having stopped after none of n orders."""
    return special.gammaln(b + orders) - special.gammaln(b) + special.gammaln(a + b) - special.gammaln(a + b + orders)


def _log_ratio(orders: np.ndarray, parameters: Parameters) -> np.ndarray:
    """log B(a + 1, b + n - 1) - log B(a, b + n): stopping after the last of n orders against after none of them."""
    never = np.full(len(orders), -np.inf)  # without an order there was no occasion to stop
    return math.log(parameters.a) + np.log(_inverse(parameters.b + orders - 1, orders > 0), where=orders > 0, out=never)


def _inverse(numbers: np.ndarray, where: np.ndarray) -> np.ndarray:
    return np.divide(1.0, numbers, out=np.zeros(len(numbers)), where=where)


def _regular(events: np.ndarray, silence: np.ndarray, regularity: int) -> tuple:
    """log Q, and its derivatives in m and in v; zeros for k = 1, where purchases are not regular."""
    if regularity == 1:
        return 0.0, 0.0, 0.0
    term, d_log_term = np.ones_like(silence), np.zeros_like(silence)
    total, d_events, d_silence = np.ones_like(silence), np.zeros_like(silence), np.zeros_like(silence)
    for j in range(1, regularity):
        step = (events + j - 1) / j
        d_silence += j * step * term
        term = term * step * silence
        d_log_term = d_log_term + 1 / (events + j - 1)
        total += term
        d_events += term * d_log_term
    return np.log(total), d_events / total, d_silence / total


def state(histories: Histories, parameters: Parameters, shape: Shape) -> State:
    """What the predictions need of each client."""
    repeat, first_to_last, age = histories
    events = parameters.r + shape.regularity * repeat
    span = parameters.alpha + age
    silence = (age - first_to_last) / span
    quiet = np.log(span / (parameters.alpha + first_to_last))
    log_q, _, _ = _regular(events, silence, shape.regularity)
    odds = _log_ratio(repeat + shape.first, parameters) + events * quiet - log_q
    return State(events, span, silence, odds)


def log_odds_stopped(histories: Histories, parameters: Parameters, shape: Shape) -> np.ndarray:
    """log(D / A) of each client; -inf where it had no occasion to stop."""
    return state(histories, parameters, shape).log_odds_stopped


def log_purchase_and_none(
    histories: Histories, horizon: float, parameters: Parameters, shape: Shape
) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of P(at least one order in the horizon) and of P(none), each exact where it is near 0.

    No order in the horizon is either stopped already, or still a client, with a silence that lasts as much longer:
    D / (A + D) + P(alive) A(T + H) / A(T).
    """
    clients = state(histories, parameters, shape)
    log_alive = -np.logaddexp(0.0, clients.log_odds_stopped)
    log_stopped = -np.logaddexp(0.0, -clients.log_odds_stopped)
    log_silent = -clients.events * np.log1p(horizon / clients.span)
    if shape.regularity > 1:
        longer = (clients.silence * clients.span + horizon) / (clients.span + horizon)
        log_silent += _regular(clients.events, longer, shape.regularity)[0]
        log_silent -= _regular(clients.events, clients.silence, shape.regularity)[0]
    log_silent = np.minimum(log_silent, -np.finfo(float).tiny)
    log_purchase = log_alive + np.log(-np.expm1(log_silent))
    return log_purchase, np.logaddexp(log_stopped, log_alive + log_silent)


def expected_orders(histories: Histories, horizon: float, parameters: Parameters, shape: Shape) -> np.ndarray:
    """Mean number of orders of each client in the horizon, whether or not it has stopped."""
    clients = state(histories, parameters, shape)
    alive = special.expit(-clients.log_odds_stopped)
    chances = parameters.b + histories[0] + shape.first
    if shape.regularity > 1:
        return alive * _summed(chances, clients, horizon, parameters.a, shape.regularity)
    found = _closed(chances, clients, horizon, parameters)
    lost = horizon / (clients.span + horizon) > SAFE_SHARE
    if lost.any():
        few = State(*(part[lost] for part in clients))
        found[lost] = _summed(chances[lost], few, horizon, parameters.a, 1)
    return alive * found


def _closed(chances: np.ndarray, clients: State, horizon: float, parameters: Parameters) -> np.ndarray:
    """Mean number of orders of those who have not stopped, k = 1.

    Equation 10 of Fader, Hardie & Lee (2005) after Euler's transformation of 2F1, whose parameters then stay small
    for long histories. `chances` is b + n.
    """
    a = parameters.a if abs(parameters.a - 1) > POLE else 1 + POLE
    last = a + chances - 1
    last = np.where(np.abs(last) > POLE, last, POLE)
    share = horizon / (clients.span + horizon)
    with np.errstate(all="ignore"):
        curve = special.hyp2f1(a - 1, last - clients.events, last, share)
        return last / (a - 1) * (1 - np.exp((a - 1) * np.log1p(-share)) * curve)


def _summed(chances: np.ndarray, clients: State, horizon: float, a: float, regularity: int) -> np.ndarray:
    """Mean number of orders of those who have not stopped: the sum over n of P(n-th order comes in the horizon).

    It comes if the client did not stop after the n - 1 before and if the random process has enough events in the
    horizon, which are negative binomial; j events since the last order have passed already, with weight c_j v^j.
    """
    share = horizon / (clients.span + horizon)
    weight = np.ones_like(share)
    total = np.zeros_like(share)
    scale = np.exp(_regular(clients.events, clients.silence, regularity)[0])
    for j in range(regularity):
        if j:
            weight = weight * (clients.events + j - 1) / j * clients.silence
        total += weight / scale * _counted(chances, clients.events + j, share, a, (regularity, j))
    return total


def _counted(chances: np.ndarray, events: np.ndarray, share: np.ndarray, a: float, step: tuple[int, int]) -> np.ndarray:
    total, stays, open_rows = np.zeros_like(share), np.ones_like(share), np.arange(len(share))
    order = 0
    while len(open_rows):
        order += 1
        needed = order * step[0] - step[1]
        term = stays[open_rows] * special.betainc(needed, events[open_rows], share[open_rows])
        total[open_rows] += term
        chance = chances[open_rows] + order - 1
        stays[open_rows] *= chance / (a + chance)
        open_rows = open_rows[term > NEGLIGIBLE]
    return total
