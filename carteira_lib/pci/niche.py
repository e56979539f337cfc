"""The niche: found with and without the discount of size and by the groups of the best clients, and judged alike."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from carteira_lib.pci import judge
from carteira_lib.pci.cells import Rule, matches, one_hot
from carteira_lib.pci.clusters import clusters
from carteira_lib.pci.judge import Lift
from carteira_lib.pci.search import Grid, members, rule_of, search
from carteira_lib.pci.value import discounted, normal_scores, winsorised

SCAN, DISCOUNTED, CLUSTERS, RUNNER_UP = "scan", "scan_discounted", "clusters", "runner_up"
NO_LIFT = Lift(*[float("nan")] * 5)
#: Value goes with size where its rank correlation is more than chance gives, and no trifle.
GRADIENT_P, LEAST_GRADIENT = 0.01, 0.15
APART = 0.5
RUNNERS_UP = 2


class Candidate(NamedTuple):
    """A rule and what is known of it; `lift` on clients that did not help to find it, `sample` on those that did."""

    method: str
    rule: Rule
    inside: np.ndarray
    sample: Lift
    lift: Lift = NO_LIFT
    p: float = float("nan")
    stability: float = float("nan")


class Niche(NamedTuple):
    """What the search gave.

    Attributes
    ----------
    candidates : tuple of Candidate
        The headline rule first; then the other way to look at size, two runners-up, and the rule of the best group.
    published : Candidate or None
        None: no niche beyond chance.
    gradient : float
        Rank correlation of value with size among the clients outside the plain rule, where it counts; else 0.
    """

    candidates: tuple[Candidate, ...]
    published: Candidate | None
    gradient: float


class Data(NamedTuple):
    """Clients ready to be searched.

    Attributes
    ----------
    table : DataFrame
        Attributes, typed.
    hot, places
        Their cells.
    yearly : ndarray
        Value a year, winsorised.
    targets : mapping of method to ndarray
        Normal scores of the value, and of what is left of it beyond size.
    size : ndarray or None
    """

    table: pd.DataFrame
    hot: np.ndarray
    places: Grid
    yearly: np.ndarray
    targets: dict[str, np.ndarray]
    size: np.ndarray | None


def prepared(table: pd.DataFrame, places: Grid, yearly: np.ndarray, size: np.ndarray | None) -> Data:
    """The clients' cells and the two ways to see their value."""
    scores = normal_scores(yearly)
    targets = {SCAN: scores} | ({} if size is None else {DISCOUNTED: discounted(scores, size)})
    return Data(table, one_hot(table, places.attributes), places, winsorised(yearly), targets, size)


def niche(data: Data, *, seed: int = 0) -> Niche:
    """The best rule on each way, tested, judged on clients left out, and which of them is published."""
    methods = list(data.targets)
    found = judge.best(data.hot, data.places, np.stack([data.targets[m] for m in methods]))
    if not found.any(axis=1).all():
        return Niche((), None, 0.0)
    tested = judge.permutation_p(data.hot, data.places, data.targets[SCAN], data.size, seed=seed)
    p = dict(zip(methods, tested, strict=True))
    alike = (found == found[0]).all()  # the discount changes nothing, and need not be told
    gradient = 0.0 if alike else _gradient(data, members(data.hot, data.places, found[:1])[0])
    order = sorted(methods, key=lambda m: (not judge.significant(p[m]), (m == DISCOUNTED) != bool(gradient)))
    judged = [_judged(data, method, found[methods.index(method)], float(p[method]), seed) for method in order]
    first = judged[0]
    others = _runners_up(data, first, [c.inside for c in judged])
    groups = _of_groups(data, seed)
    real = judge.significant(first.p)
    better = groups is not None and groups.lift.low > first.lift.lift
    published = (groups if better else first) if real else None
    listed = (*judged, *others, *([groups] if groups else []))
    return Niche(tuple(sorted(listed, key=lambda c: c is not published)) if published else listed, published, gradient)


def _gradient(data: Data, inside: np.ndarray) -> float:
    """Whether value rises or falls with size beyond what the plain rule, which may itself ask for a size, explains."""
    if data.size is None:
        return 0.0
    known = np.isfinite(data.size) & ~inside
    if known.sum() < 10 or len(np.unique(data.size[known])) < 2 or len(np.unique(data.yearly[known])) < 2:
        return 0.0
    tested = spearmanr(data.size[known], data.targets[SCAN][known])
    real = tested.pvalue <= GRADIENT_P and abs(tested.statistic) >= LEAST_GRADIENT
    return float(tested.statistic) if real else 0.0


def _candidate(data: Data, method: str, mask: np.ndarray) -> Candidate:
    inside = members(data.hot, data.places, mask[None])[0]
    return Candidate(method, rule_of(mask, data.places), inside, judge.lift(data.yearly, inside))


def _judged(data: Data, method: str, mask: np.ndarray, p: float, seed: int) -> Candidate:
    return _candidate(data, method, mask)._replace(
        lift=judge.lift(data.yearly, left_out(data, method, seed=seed), seed=seed),
        p=p,
        stability=judge.stability(data.hot, data.places, data.targets[method], seed=seed),
    )


def left_out(data: Data, method: str, *, seed: int = 0) -> np.ndarray:
    """How often each client, left out, stood in the rule that the others gave by this method: 0 to 1."""
    groups = method == CLUSTERS
    learning = judge.folds(len(data.table), seed=seed, **({"repeats": 1} if groups else {}))
    if groups:
        none = np.zeros(data.places.cells, bool)
        found = (_group_rule(data, np.flatnonzero(part), seed) for part in learning)
        masks = np.stack([none if mask is None else mask for mask in found])
    else:
        columns = np.repeat(data.targets[method][None], len(learning), axis=0)
        masks = judge.best(data.hot, data.places, columns, learning)
    return judge.held_out(data.hot, data.places, masks, learning)


def _runners_up(data: Data, first: Candidate, taken: list[np.ndarray]) -> list[Candidate]:
    """The next best rules that hold mostly other clients."""
    found = search(data.hot, data.places, data.targets[first.method][None], beam=judge.CONSENSUS_BEAM)
    made, seen = [], list(taken)
    for mask, score in zip(found.masks[0], found.scores[0], strict=True):
        if len(made) == RUNNERS_UP or not np.isfinite(score):
            break
        inside = members(data.hot, data.places, mask[None])[0]
        if all(judge.jaccard(inside, other) < APART for other in seen):
            made.append(_candidate(data, RUNNER_UP, mask))
            seen.append(inside)
    return made


def _of_groups(data: Data, seed: int) -> Candidate | None:
    """The rule of the group of top clients that is worth most, judged as the scan is."""
    mask = _group_rule(data, np.arange(len(data.table)), seed)
    if mask is None:
        return None
    lift = judge.lift(data.yearly, left_out(data, CLUSTERS, seed=seed), seed=seed)
    return _candidate(data, CLUSTERS, mask)._replace(lift=lift)


def _group_rule(data: Data, some: np.ndarray, seed: int) -> np.ndarray | None:
    scores, hot = data.targets[SCAN][some], data.hot[some]
    rules = clusters(data.table.iloc[some], hot, data.places, scores, seed=seed, drawn=False).rules
    real = rules[rules.any(axis=1)]
    if not len(real):
        return None
    inside = members(hot, data.places, real)
    count = inside.sum(axis=1)
    worth = (inside @ scores) / np.sqrt(np.maximum(count, 1))
    return real[int(np.argmax(worth.round(9)))]


class Later(NamedTuple):
    """The rule that was found a year before, and what its clients were worth since."""

    rule: Rule
    lift: Lift


def later(data: Data, method: str, next_year: np.ndarray, *, seed: int = 0) -> Later:
    """Search the clients as of a year ago, and compare what those inside and outside brought in the year since.

    Parameters
    ----------
    data : Data
        With the value of the time before.
    method : str
        How the published rule was found.
    next_year : ndarray
        Value of the same clients in the last 12 months.
    """
    if method == CLUSTERS:
        mask = _group_rule(data, np.arange(len(data.table)), seed)
    else:
        mask = judge.best(data.hot, data.places, data.targets.get(method, data.targets[SCAN]))[0]
    rule = () if mask is None else rule_of(mask, data.places)
    return Later(rule, judge.lift(winsorised(next_year), matches(data.table, rule), seed=seed))
