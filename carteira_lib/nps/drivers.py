"""Which attributes and behaviours go with detractors, all others held alike: one regularised model, effects in points.

A logistic model with a ridge penalty. An effect is the change of the mean probability of being a detractor when one
thing changes and all else stays; its interval follows from the model's own information. Associations, not causes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from scipy.special import expit

from carteira_lib import tables
from carteira_lib.nps.evidence import ALPHA, holm
from carteira_lib.nps.signals import Column

PENALTY = 30.0  # of the squared coefficients of standardised columns: effects beyond 0.2 are thought unusual
FEWEST_OF_EACH = 30  # detractors, and others
FOLDS = 5
TABLE = "nps_drivers"


class Drivers(NamedTuple):
    """The drivers, strongest first, and how well the model told detractors apart in clients it had not seen.

    Attributes
    ----------
    table : DataFrame
        Table ``nps_drivers``.
    basis : str
        "model"; "few" detractors or others to learn from; "no_better" than the share of detractors in unseen clients:
        then nothing is proven.
    auc : float
        Share of pairs (a detractor, another client) that the model put in the right order, in unseen clients.
    """

    table: pd.DataFrame
    basis: str
    auc: float


def drivers(
    described: pd.DataFrame, columns: list[Column], detractor: pd.Series, clients: pd.Series, *, seed: int = 0
) -> Drivers:
    """What goes with being a detractor.

    Parameters
    ----------
    described : DataFrame
        One row per answer, as `signals.described` gives it.
    columns : list of Column
    detractor, clients : Series, same index
        Whether the answer is a detractor's, and whose it is: answers of one client are no separate evidence.

    Returns
    -------
    Drivers
        ``effect`` in percentage points: a level against the mean of all, with against without, third quartile against
        the first. ``proven`` with Holm's correction over all of them.
    """
    told = [column for column in columns if column.form != "control"]
    enough = min(int(detractor.sum()), int((~detractor).sum())) >= FEWEST_OF_EACH
    empty = tables.conform(pd.DataFrame(columns=list(tables.contract(TABLE).column_names)), TABLE)
    if not told or not enough:
        return Drivers(empty, "few", float("nan"))
    values, target = described.to_numpy("float64"), detractor.to_numpy("float64")
    folds = _folds(clients, seed)
    if any(detractor[folds != fold].nunique() < 2 for fold in range(FOLDS)):
        return Drivers(empty, "few", float("nan"))
    better, auc = _unseen(values, target, clients.to_numpy(), folds)
    rows = _effects(_fitted(values, target, clients.to_numpy()), described, told)
    rows["p_corrected"] = holm(rows.pop("p_value"))
    table = pd.DataFrame(rows).assign(proven=lambda t: better & (t["p_corrected"] <= ALPHA))
    ordered = table.assign(size=table["effect"].abs()).sort_values(["proven", "size"], ascending=False)
    return Drivers(tables.conform(ordered.drop(columns="size"), TABLE), "model" if better else "no_better", auc)


class _Model(NamedTuple):
    """Coefficients on standardised columns, the intercept first, and their covariance."""

    design: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


def _fitted(values: np.ndarray, target: np.ndarray, clients: np.ndarray) -> _Model:
    """Ridge logistic fit; covariance by the sandwich of a penalised estimate, answers of one client taken together."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = values.mean(axis=0), values.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scaled = (values - mean) / spread
    fit = LogisticRegression(C=1 / PENALTY, tol=1e-8, max_iter=500).fit(scaled, target)
    design = np.column_stack([np.ones(len(scaled)), scaled])
    coefficients = np.r_[fit.intercept_, fit.coef_[0]]
    chance = expit(design @ coefficients)
    information = design.T @ (design * (chance * (1 - chance))[:, None])
    inverse = np.linalg.inv(information + np.diag(np.r_[0.0, np.full(len(mean), PENALTY)]))
    by_client = pd.DataFrame(design * (target - chance)[:, None]).groupby(clients).sum().to_numpy()
    return _Model(design, coefficients, inverse @ (by_client.T @ by_client) @ inverse, mean, spread)


def _effects(model: _Model, described: pd.DataFrame, told: list[Column]) -> dict[str, list | np.ndarray]:
    names = list(described.columns)
    found = {key: [] for key in ("driver", "driver_kind", "clients", "effect", "effect_low", "effect_high", "p_value")}
    for column in told:
        place, own = names.index(column.name), described[column.name]
        siblings = [names.index(n) for n in names if n.split("=")[0] == column.name.split("=")[0] and "=" in n]
        low, high = own.quantile([0.25, 0.75]) if column.form == "measure" else (0.0, 1.0)
        others = [i for i in siblings if i != place] if column.form == "level" else []
        effect, error = _effect(model, place, (low, high), others, against_all=column.form == "level")
        half = stats.norm.ppf(0.975) * error
        counted = int(own.sum()) if column.form != "measure" else None
        p_value = 2 * stats.norm.sf(abs(effect) / error) if error > 0 else 1.0
        row = (column.label, column.kind, counted, 100 * effect, 100 * (effect - half), 100 * (effect + half), p_value)
        for key, value in zip(found, row, strict=True):
            found[key].append(value)
    return found


def _effect(
    model: _Model, place: int, ends: tuple[float, float], others: list[int], *, against_all: bool
) -> tuple[float, float]:
    """Change of the mean probability from one end to the other (or from all as they are), and its standard error."""
    before, after = model.design.copy(), model.design.copy()
    after[:, 1 + place] = (ends[1] - model.mean[place]) / model.spread[place]
    for other in others:
        after[:, 1 + other] = -model.mean[other] / model.spread[other]
    if not against_all:
        before[:, 1 + place] = (ends[0] - model.mean[place]) / model.spread[place]
    gradient, means = 0.0, []
    for design, sign in ((after, 1), (before, -1)):
        chance = expit(design @ model.coefficients)
        means.append(chance.mean())
        gradient = gradient + sign * (design * (chance * (1 - chance))[:, None]).mean(axis=0)
    return means[0] - means[1], float(np.sqrt(gradient @ model.covariance @ gradient))


def _folds(clients: pd.Series, seed: int) -> np.ndarray:
    """The part of each answer, all answers of a client in one."""
    codes, names = pd.factorize(clients)
    return (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[codes]


def _unseen(values: np.ndarray, target: np.ndarray, clients: np.ndarray, folds: np.ndarray) -> tuple[bool, float]:
    """Whether the model beats the plain share of detractors in clients it was not fitted on, and its AUC there."""
    from sklearn.metrics import log_loss, roc_auc_score

    chance, base = np.empty(len(target)), np.empty(len(target))
    for fold in range(FOLDS):
        learn, test = folds != fold, folds == fold
        model = _fitted(values[learn], target[learn], clients[learn])
        scaled = (values[test] - model.mean) / model.spread
        chance[test] = expit(model.coefficients[0] + scaled @ model.coefficients[1:])
        base[test] = target[learn].mean()
    return bool(log_loss(target, chance) < log_loss(target, base)), float(roc_auc_score(target, chance))
