"""The probability of no order in the next horizon: what this portfolio taught, blended with a purchase model.

On the log-odds scale ``z = w local + (1 - w) base`` with ``w = n / (n + 300)``, n the clients of the portfolio. *Base* is
the mean of BG/NBD and MBG/CNBD-k, fitted by MAP on the date itself: four parameters each, right for a handful of clients.
*Local* is a ridge logistic regression on the signals of past dates whose horizons are over, averaged with boosted trees
from 1,000 clients on: below that they are worse than the base alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from carteira_lib.churn.signals import GROUPS, SIGNALS

FEWEST_CLIENTS = 30
CLIENTS_FOR_TREES = 1000
HALF_WEIGHT_CLIENTS = 300
RIDGE_C = 0.01
TREES = 2  # forests of boosted trees, of different seeds
MOST_ROWS = 60_000  # to learn from; more change the third decimal of nothing
LARGEST_LOGIT = 9.0
#: Of the ridge that gives the reasons, per client, on signals of variance 1.
EXPLAINING_PENALTY = 0.2


class Local(NamedTuple):
    """What was learned from past dates: the ridge, the trees (none in a small portfolio), and the weight of both."""

    ridge: Pipeline
    trees: tuple[HistGradientBoostingClassifier, ...]
    weight: float


def fit(training: pd.DataFrame, clients: int, *, min_orders: int = 3, seed: int = 0) -> Local | None:
    """Learn from past dates.

    Parameters
    ----------
    training : DataFrame
        Rows of `signals.described` of several dates, ``churned`` known. Clients one order short of the portfolio
        teach too: there are many of them, and their silences end alike.
    clients : int
        Clients of the portfolio on the date that the model is for.
    min_orders : int
    seed : int

    Returns
    -------
    Local or None
        None where there is too little to learn from: fewer than 30 clients, or all of one kind.
    """
    rows = training[training["frequency"] >= max(min_orders - 1, 1)]
    label = rows["churned"].to_numpy()
    if clients < FEWEST_CLIENTS or len(np.unique(label)) < 2:
        return None
    if len(rows) > MOST_ROWS:
        kept = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_ROWS, replace=False))
        rows, label = rows.iloc[kept], label[kept]
    matrix = rows[list(SIGNALS)].to_numpy()
    ridge = make_pipeline(StandardScaler(), LogisticRegression(C=RIDGE_C, max_iter=2000)).fit(matrix, label)
    count = TREES if clients >= CLIENTS_FOR_TREES else 0
    trees = tuple(_trees(seed + i).fit(matrix, label) for i in range(count))
    return Local(ridge, trees, clients / (clients + HALF_WEIGHT_CLIENTS))


def _trees(seed: int) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_leaf_nodes=6, l2_regularization=10, learning_rate=0.05, max_iter=150, max_features=0.4,
        min_samples_leaf=30, random_state=seed,
    )  # fmt: skip


def logit(clients: pd.DataFrame, local: Local | None) -> np.ndarray:
    """Log-odds of no order in the horizon; those of the base where nothing was learned.

    Parameters
    ----------
    clients : DataFrame
        As `signals.described` gives them.
    """
    base = clients["base_logit"].to_numpy("float64")
    if local is None:
        return base
    matrix = clients[list(SIGNALS)].to_numpy()
    learned = local.ridge.decision_function(matrix)
    if local.trees:
        boosted = [tree.decision_function(matrix) for tree in local.trees]
        learned = (learned + np.mean(boosted, axis=0)) / 2
    learned = np.clip(learned, -LARGEST_LOGIT, LARGEST_LOGIT)
    blend = local.weight * learned + (1 - local.weight) * base
    return np.where(np.isnan(base), learned, blend)


def probability(log_odds: Sequence[float] | np.ndarray) -> np.ndarray:
    """Log-odds as probabilities."""
    return 1 / (1 + np.exp(-np.asarray(log_odds, dtype="float64")))


def contributions(clients: pd.DataFrame, local: Local | None, inside: pd.Series) -> pd.DataFrame:
    """How much each group of signals raises (above 0) or lowers the log-odds of a client against the portfolio's median.

    The log-odds of `logit`, base and trees included, are explained by a linear model of the signals, fitted to them on
    the portfolio itself: the part of each signal is its coefficient times its distance from the median. Single signals
    stand in for one another, so only the sums of the groups mean something. Where only the base speaks, its log-odds
    are split in stopped (silence) and quiet (frequency).

    Parameters
    ----------
    clients : DataFrame
        As `signals.described` gives them.
    local : Local or None
    inside : Series of bool, index of `clients`
        Who is in the portfolio.

    Returns
    -------
    DataFrame, index of `clients`
        One column per group of `signals.GROUPS`.
    """
    values = clients[list(SIGNALS)]
    distance = values - values[inside].median()
    if local is None:
        stopped = distance[["stopped_bg_nbd", "stopped_mbg_cnbd"]].mean(axis=1)
        quiet = distance[["quiet_bg_nbd", "quiet_mbg_cnbd"]].mean(axis=1)
        parts = dict.fromkeys(GROUPS, 0.0) | {"silence": stopped, "frequency": quiet}
        return pd.DataFrame(parts, index=clients.index)
    portfolio = clients[inside]
    weighted = distance * _explaining(portfolio[list(SIGNALS)].to_numpy("float64"), logit(portfolio, local))
    return pd.DataFrame({group: weighted[list(names)].sum(axis=1) for group, names in GROUPS.items()})


def _explaining(matrix: np.ndarray, log_odds: np.ndarray) -> np.ndarray:
    """Coefficients of the ridge that explains the log-odds, stretched so that its parts are as large as what it explains.

    The penalty trades who is named for how surely: a lighter one names another first reason when half of the clients
    are exchanged, a heavier one spreads the weight of a signal over all those that go along with it.
    """
    scaler = StandardScaler().fit(matrix)
    standard = scaler.transform(matrix)
    ridge = Ridge(alpha=EXPLAINING_PENALTY * len(matrix)).fit(standard, log_odds)
    explained = standard @ ridge.coef_
    size = explained @ explained
    stretch = explained @ (log_odds - log_odds.mean()) / size if size > 0 else 1.0
    return stretch * ridge.coef_ / scaler.scale_
