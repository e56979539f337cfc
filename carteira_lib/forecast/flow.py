"""How clients move: the months to come simulated from who bought when, client counts by state, not series.

The state of a client at the end of a month is its recency (months since its last order) with its frequency (months with
an order in the last twelve, in classes). How often clients of a state bought in the month after, recent months weighing
more, is the probability of buying; where they went next is the transition. New clients are drawn by Poisson around the
simulated arrivals. A **common shock** moves all clients of a month together, and lasts: clients that are simulated
alone average out, and would promise 99 % where 81 % came true.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from carteira_lib.forecast.months import Months, months_since
from carteira_lib.forecast.paths import simulated_series
from carteira_lib.forecast.seasonal import YEAR, coming, month_index

RECENCIES = YEAR + 1  # 0 to 11 months, and 12 or more
FREQUENCY_EDGES = (2, 3, 6, 10)  # months with an order in twelve: 0-1, 2, 3-5, 6-9, 10-12
FREQUENCIES = len(FREQUENCY_EDGES) + 1
STATES = RECENCIES * FREQUENCIES
MONTHLY_WEIGHT = 0.85
PRIOR = 5.0  # clients of the same recency, whatever their frequency, added to each state
FADING = 0.9  # of the probability of buying a month of silence earlier, where nothing else is known
MOST_PERSISTENCE = 0.9
LEAST_SHOCK, MOST_SHOCK = 0.02, 0.6


class Counts(NamedTuple):
    """What is counted once and serves every origin.

    Attributes
    ----------
    states : ndarray of shape (clients, months)
        State at the end of each month; -1 before the first order.
    moves : ndarray of shape (months, STATES, STATES)
        Clients by state at the end of the month before and of this one.
    spent, spent_square, buyers : ndarray of shape (months, FREQUENCIES)
        Revenue of those who bought, its squares, and their number, by the frequency that they had reached.
    revenue, new : ndarray of shape (months,)
    first_month : int
        Month of the year of the first month, 0 to 11.
    """

    states: np.ndarray
    moves: np.ndarray
    spent: np.ndarray
    spent_square: np.ndarray
    buyers: np.ndarray
    revenue: np.ndarray
    new: np.ndarray
    first_month: int


class Shock(NamedTuple):
    """A month's common factor on the log scale: a season, the last residual, how much of it lasts, and its spread."""

    index: np.ndarray
    last: float
    persistence: float
    spread: float


class Paths(NamedTuple):
    """Simulated months, each of shape (simulations, months ahead)."""

    active: np.ndarray
    new: np.ndarray
    reactivated: np.ndarray
    lost: np.ndarray
    revenue: np.ndarray
    revenue_new: np.ndarray
    revenue_reactivated: np.ndarray


def counts(known: Months) -> Counts:
    """Count the moves between states and what was spent, month by month."""
    bought = known.bought
    since = months_since(bought)
    window = np.cumsum(bought, axis=1)
    in_year = window - np.pad(window, ((0, 0), (YEAR, 0)))[:, : window.shape[1]]
    frequency = np.digitize(in_year, FREQUENCY_EDGES)
    states = np.where(since < 5_000, np.minimum(since, YEAR) * FREQUENCIES + frequency, -1)
    months = bought.shape[1]
    moves = np.zeros((months, STATES, STATES))
    for month in range(1, months):
        there = states[:, month - 1] >= 0
        pairs = states[there, month - 1] * STATES + states[there, month]
        moves[month] = np.bincount(pairs, minlength=STATES * STATES).reshape(STATES, STATES)
    new = ((states >= 0).sum(axis=0) - np.r_[0, (states[:, :-1] >= 0).sum(axis=0)]).astype("float64")
    month_of = np.broadcast_to(np.arange(months), bought.shape)
    where = (month_of * FREQUENCIES + frequency)[bought]
    by_class = [
        np.bincount(where, weights=weights, minlength=months * FREQUENCIES).reshape(months, FREQUENCIES)
        for weights in (known.revenue[bought], known.revenue[bought] ** 2, np.ones(len(where)))
    ]
    first = known.starts[0].month - 1 if months else 0
    return Counts(states, moves, *by_class, known.revenue.sum(axis=0), new, first)


class Learned(NamedTuple):
    """What the flow knows at an origin.

    Attributes
    ----------
    present : ndarray of STATES
        Clients by state.
    buys : ndarray of STATES
        Probability of an order in the next month.
    after_buying, after_silence : ndarray of shape (STATES, STATES)
        Where those who buy, and those who do not, stand then.
    value, value_variance : ndarray of FREQUENCIES
        Revenue of a month with an order.
    buying, spending : Shock
    new : ndarray
        New clients of the past months.
    """

    present: np.ndarray
    buys: np.ndarray
    after_buying: np.ndarray
    after_silence: np.ndarray
    value: np.ndarray
    value_variance: np.ndarray
    buying: Shock
    spending: Shock
    new: np.ndarray


def learned(known: Counts, origin: int, first: int = 0) -> Learned:
    """What is known of the flow when `origin` months were over.

    Parameters
    ----------
    known : Counts
    origin : int
        Months known; later ones are not looked at.
    first : int
        First month known whole; see `Months`.
    """
    weights = MONTHLY_WEIGHT ** np.arange(origin - 1, -1, -1.0)
    moves = np.tensordot(weights, known.moves[:origin], axes=1)
    buys = _buying(moves)
    value, variance = _values(known, origin, weights)
    expected = known.moves[1:origin].sum(axis=2) @ buys
    actual = known.moves[1:origin, :, :FREQUENCIES].sum(axis=(1, 2))
    start = known.first_month + 1
    buying = shock(actual, expected, start)
    spending = shock(known.revenue[1:origin], (known.buyers[1:origin] @ value), start)
    new = known.new[first + 1 : origin] if origin > first + 3 else known.new[first:origin]
    states = known.states[:, origin - 1]
    present = np.bincount(states[states >= 0], minlength=STATES)
    moving = [_moving(moves, bought) for bought in (True, False)]
    return Learned(present, buys, *moving, value, variance, buying, spending, new)


def _buying(moves: np.ndarray) -> np.ndarray:
    """Probability of buying next month by state, drawn to that of its recency, and that to the one before it."""
    of, bought = moves.sum(axis=1), moves[:, :FREQUENCIES].sum(axis=1)
    grid_of, grid_bought = of.reshape(RECENCIES, FREQUENCIES), bought.reshape(RECENCIES, FREQUENCIES)
    recency = np.empty(RECENCIES)
    before = (bought.sum() + 0.5) / (of.sum() + 1)
    for months in range(RECENCIES):  # a silence longer than any seen so far is at least as bad as the one before it
        recency[months] = (grid_bought[months].sum() + PRIOR * before) / (grid_of[months].sum() + PRIOR)
        before = FADING * recency[months]
    return ((grid_bought + PRIOR * recency[:, None]) / (grid_of + PRIOR)).ravel()


def _moving(moves: np.ndarray, bought: bool) -> np.ndarray:
    """Where the clients of each state go when they buy, or do not; where nobody did, their frequency stays."""
    chosen = np.zeros_like(moves)
    here = slice(0, FREQUENCIES) if bought else slice(FREQUENCIES, STATES)
    chosen[:, here] = moves[:, here]
    recency, frequency = np.divmod(np.arange(STATES), FREQUENCIES)
    stays = (0 if bought else np.minimum(recency + 1, YEAR)) * FREQUENCIES + frequency
    empty = chosen.sum(axis=1) <= 0
    chosen[empty, stays[empty]] = 1.0
    return chosen / chosen.sum(axis=1, keepdims=True)


def _values(known: Counts, origin: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the revenue of a month with an order, by frequency; that of all where a class has few."""
    sums, squares, buyers = (weights @ part[:origin] for part in (known.spent, known.spent_square, known.buyers))
    whole = max(buyers.sum(), 1e-9)
    mean, square = sums.sum() / whole, squares.sum() / whole
    value = (sums + PRIOR * mean) / (buyers + PRIOR)
    return value, np.maximum((squares + PRIOR * square) / (buyers + PRIOR) - value**2, 0.0)


def shock(actual: np.ndarray, expected: np.ndarray, first_month: int) -> Shock:
    """What moved everybody: actual over expected, its season taken out, as a first-order autoregression of logs."""
    useful = (actual > 0) & (expected > 0)
    if useful.sum() < 4:
        return Shock(np.ones(YEAR), 0.0, 0.0, MOST_SHOCK / 2)
    ratio = np.where(useful, np.divide(actual, expected, out=np.ones(len(actual)), where=useful), 1.0)
    index = month_index(ratio, first_month % YEAR)
    season = index[(first_month + np.arange(len(ratio))) % YEAR]
    logs = np.log(ratio / np.where(season > 0, season, 1.0))
    recent = logs[-2 * YEAR :]
    around = recent - recent.mean()
    total = (around**2).sum()
    persistence = float(np.clip((around[1:] * around[:-1]).sum() / total, 0, MOST_PERSISTENCE)) if total > 0 else 0.0
    left = recent[1:] - persistence * recent[:-1]
    spread = float(np.clip(np.sqrt((left**2).mean()), LEAST_SHOCK, MOST_SHOCK))
    return Shock(index, float(logs[-1]), persistence, spread)


def simulated(
    known: Learned, next_month: int, *, horizon: int, within: int, simulations: int = 500, seed: int = 0
) -> Paths:
    """Months ahead, drawn.

    Parameters
    ----------
    known : Learned
    next_month : int
        Month of the year of the first month ahead, 0 to 11.
    horizon, within : int
        Months ahead; months without an order after which a client is no longer active.
    simulations, seed : int
    """
    rng = np.random.default_rng(seed)
    clients = np.tile(known.present, (simulations, 1))
    buying = _factors(known.buying, next_month, horizon, simulations, rng)
    spending = _factors(known.spending, next_month, horizon, simulations, rng)
    arrivals = simulated_series(
        known.new, (next_month - len(known.new)) % YEAR, horizon=horizon, simulations=simulations, seed=seed + 1
    )
    recency = np.arange(STATES) // FREQUENCIES
    steps = []
    for month in range(horizon):
        active = clients[:, recency < within].sum(axis=1)
        likely = np.clip(known.buys * buying[:, [month]], 0.0, 0.98)
        buyers = rng.binomial(clients, likely)
        new = rng.poisson(arrivals[:, month])
        bought = _moved(buyers, known.after_buying, rng)
        clients = bought + _moved(clients - buyers, known.after_silence, rng)
        clients[:, 0] += new
        back = buyers[:, recency >= within].sum(axis=1)
        closing = clients[:, recency < within].sum(axis=1)
        spent = _spent(known, bought[:, :FREQUENCIES], new, back, spending[:, month], rng)
        steps.append((closing, new, back, active + new + back - closing, *spent))
    return Paths(*(np.column_stack(part).astype("float64") for part in zip(*steps, strict=True)))


def _factors(known: Shock, next_month: int, horizon: int, simulations: int, rng: np.random.Generator) -> np.ndarray:
    """The common factor of each simulated month."""
    logs, state = np.empty((simulations, horizon)), np.full(simulations, known.last)
    for month in range(horizon):
        state = known.persistence * state + known.spread * rng.standard_normal(simulations)
        logs[:, month] = state
    return np.exp(logs) * coming(known.index, next_month, horizon)


def _moved(counted: np.ndarray, where: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Clients by the state that they reach: frequencies change by few classes, so few draws are needed."""
    reached = np.zeros_like(counted)
    for state in np.flatnonzero(counted.any(axis=0)):
        goals = np.flatnonzero(where[state])
        if len(goals) == 1:
            reached[:, goals[0]] += counted[:, state]
        else:
            reached[:, goals] += rng.multinomial(counted[:, state], where[state, goals])
    return reached


def _spent(
    known: Learned, bought: np.ndarray, new: np.ndarray, back: np.ndarray, factor: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Revenue of the month, that of new clients, and that of reactivated ones."""
    buyers = bought.astype("float64")
    buyers[:, 0] += new
    noise = rng.standard_normal(len(buyers)) * np.sqrt(buyers @ known.value_variance)
    scale = factor * known.value[0]
    return factor * (buyers @ known.value) + noise, scale * new, scale * back
