"""Every outcome of a survey with its probability: what coverages and sizes of tests are added up from, without chance."""

from __future__ import annotations

import functools

import numpy as np
from scipy.stats import multinomial

from carteira_lib.nps.score import Counts

#: Shares of promoters and detractors in steps of 5 %, with some of each class: the 171 mixes of METHODS.
MIXES = [(p / 20, d / 20) for p in range(1, 20) for d in range(1, 20 - p)]
#: Portfolios of nearly one opinion, and of two opposite ones.
EXTREMES = [
    (0.98, 0.01), (0.01, 0.98), (0.01, 0.01), (0.90, 0.09), (0.09, 0.90), (0.90, 0.01), (0.01, 0.90), (0.09, 0.01), (0.01, 0.09),
    (0.49, 0.49), (0.49, 0.02), (0.02, 0.49), (0.95, 0.04), (0.04, 0.95),
]  # fmt: skip


@functools.cache
def outcomes(answers: int) -> Counts:
    """All ways in which so many answers fall into the three classes."""
    promoters, detractors = np.indices((answers + 1, answers + 1)).reshape(2, -1)
    possible = promoters + detractors <= answers
    promoters, detractors = promoters[possible], detractors[possible]
    return Counts(promoters, answers - promoters - detractors, detractors)


@functools.cache
def chances(answers: int, mix: tuple[float, float]) -> np.ndarray:
    """The probability of each of `outcomes` where the portfolio has that mix."""
    shares = [mix[0], 1 - sum(mix), mix[1]]
    return multinomial.pmf(np.column_stack(outcomes(answers)), answers, shares)


def crossed(*sizes: int) -> list[Counts]:
    """The outcomes of several groups at once, each along an axis of its own."""
    groups = []
    for axis, size in enumerate(sizes):
        shape = [1] * len(sizes)
        shape[axis] = -1
        groups.append(Counts(*(part.reshape(shape) for part in outcomes(size))))
    return groups


def joint(sizes: tuple[int, ...], mix: tuple[float, float]) -> np.ndarray:
    """The probability of each of `crossed`, all groups being of one mix."""
    return functools.reduce(np.multiply.outer, (chances(size, mix) for size in sizes))
