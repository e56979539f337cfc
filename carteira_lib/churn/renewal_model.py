"""The classifier of renewals: ridge when outcomes are few, the average of splines and boosting when they are many."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, SplineTransformer, StandardScaler

#: From so many outcomes on, splines and boosting pay: measured in benchmarks/renewal.py.
MANY_OUTCOMES = 1000
RIDGE_CS = (0.003, 0.01, 0.03, 0.1)
STRONG_C, STRETCH_DEVIATION = 0.03, 0.5
FOLDS = 5
TAIL = 0.02
KNOTS = 5
RARE_CATEGORY = 20
_NUMBERS = make_column_selector(dtype_include=np.number)
_TEXTS = make_column_selector(dtype_exclude=np.number)


class Winsorizer(TransformerMixin, BaseEstimator):
    """Columns clipped to the 2nd and 98th percentile seen in training.

    A linear model carries a coefficient beyond what it was learned on: with a company's first renewals in the training
    set and its second ones to judge, "earlier contracts" alone threw the ranking over.
    """

    def fit(self, X, y=None):
        self.low_, self.high_ = np.quantile(X, [TAIL, 1 - TAIL], axis=0)
        return self

    def transform(self, X):
        return np.clip(X, self.low_, self.high_)

    def get_feature_names_out(self, input_features=None):
        return input_features


class StretchedRidge(ClassifierMixin, BaseEstimator):
    """Mean of two ridges: the one whose penalty is tried out, and a strong one that is stretched.

    With few outcomes a penalty tried out on five folds is a matter of luck, and a fixed one gives probabilities too near
    the base rate: its log-odds are stretched by what the folds say, never turned round and never shrunk.

    Parameters
    ----------
    seed : int
        Of the folds.

    Attributes
    ----------
    coef_ : ndarray of shape (1, n_features)
    intercept_ : ndarray of shape (1,)
    classes_ : ndarray of shape (2,)

    Notes
    -----
    The stretch has a normal prior of deviation .5 on its logarithm: with nothing to learn it stays near 1. Measured in
    benchmarks/renewal.py.
    """

    def __init__(self, seed: int = 0):
        self.seed = seed

    def fit(self, X, y):
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=self.seed)
        chosen = _ridge(folds).fit(X, y)
        strong = LogisticRegression(C=STRONG_C, solver="newton-cholesky").fit(X, y)
        unseen = cross_val_predict(strong, X, y, cv=folds, method="decision_function")
        stretch, shift = _stretch(unseen, np.asarray(y) == chosen.classes_[1])
        self.classes_ = chosen.classes_
        self.coef_ = (chosen.coef_ + stretch * strong.coef_) / 2
        self.intercept_ = (chosen.intercept_ + stretch * strong.intercept_ + shift) / 2
        return self

    def decision_function(self, X):
        return X @ self.coef_[0] + self.intercept_[0]

    def predict_proba(self, X):
        chance = expit(self.decision_function(X))
        return np.column_stack([1 - chance, chance])

    def predict(self, X):
        return self.classes_[(self.decision_function(X) > 0).astype("int64")]


def _stretch(log_odds: np.ndarray, positive: np.ndarray) -> tuple[float, float]:
    """What to multiply log-odds by, at least 1, and what to add to them, by likelihood and prior."""

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        told = theta[0] * log_odds + theta[1]
        excess = expit(told) - positive
        prior = np.log(theta[0]) / STRETCH_DEVIATION
        value = np.logaddexp(0, np.where(positive, -told, told)).sum() + prior**2 / 2
        return value, np.array([excess @ log_odds + prior / STRETCH_DEVIATION / theta[0], excess.sum()])

    found = minimize(loss, [1.0, 0.0], jac=True, bounds=[(1, None), (None, None)])
    return float(found.x[0]), float(found.x[1])


def renewal_model(n_outcomes: int, *, seed: int = 0) -> Pipeline:
    """The classifier for so many outcomes: ridge when few, the average of splines and boosting when many.

    Parameters
    ----------
    n_outcomes : int
        Contracts to learn from.
    seed : int
        Of the folds that try out the penalty, and of the boosting.

    Returns
    -------
    Pipeline
        Not fitted. Takes a table of numbers, missing ones included, and of text columns.

    Notes
    -----
    The two probabilities are averaged, not their logits: they differ in the fourth decimal of the log-loss.
    """
    if n_outcomes < MANY_OUTCOMES:
        return _linear(seed, smooth=False)
    pair = [("splines", _linear(seed, smooth=True)), ("boosting", _boosting(seed))]
    return Pipeline([("average", VotingClassifier(pair, voting="soft"))])


def _linear(seed: int, *, smooth: bool) -> Pipeline:
    imputed = [("missing", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True))]
    plain = Pipeline([*imputed, ("tails", Winsorizer()), ("scale", StandardScaler())])
    parts = [("numbers", plain, _rough_columns if smooth else _NUMBERS), ("texts", _dummies(), _TEXTS)]
    if smooth:
        bases = SplineTransformer(KNOTS, knots="quantile", extrapolation="constant", include_bias=False)
        curved = Pipeline([*imputed, ("tails", Winsorizer()), ("splines", bases), ("scale", StandardScaler())])
        parts.append(("curves", curved, _smooth_columns))
    return Pipeline([("signals", ColumnTransformer(parts)), ("ridge", StretchedRidge(seed))])


def _ridge(folds: StratifiedKFold) -> LogisticRegressionCV:
    """The strength of the penalty is tried out: at 90 days before the end there may be nothing to learn, at 15 much."""
    return LogisticRegressionCV(
        Cs=RIDGE_CS, l1_ratios=(0,), cv=folds, scoring=_log_likelihood, solver="newton-cholesky",
        use_legacy_attributes=False,
    )  # fmt: skip


def _log_likelihood(model: LogisticRegressionCV, X: np.ndarray, y: np.ndarray) -> float:
    """Mean log-likelihood; scikit-learn's own scorer takes longer to check its arguments than the fit."""
    log_odds = X @ model.coef_.ravel() + model.intercept_.item()
    return -float(np.logaddexp(0, np.where(y == model.classes_[1], -log_odds, log_odds)).mean())


def _smooth_columns(table: pd.DataFrame) -> list[str]:
    """Columns whose knots fall on different values; a spline through equal knots is not defined."""
    filled = {name: table[name].astype("float64").fillna(table[name].median()) for name in _NUMBERS(table)}
    probed = {name: np.quantile(values, np.linspace(TAIL, 1 - TAIL, KNOTS)) for name, values in filled.items()}
    return [name for name, knots in probed.items() if (np.diff(knots) > 0).all()]


def _rough_columns(table: pd.DataFrame) -> list[str]:
    smooth = _smooth_columns(table)
    return [name for name in _NUMBERS(table) if name not in smooth]


def _varied_numbers(table: pd.DataFrame) -> list[str]:
    """Columns of two values at least: the boosting has no bins for a single one."""
    return [name for name in _NUMBERS(table) if table[name].nunique() > 1]


def _varied_texts(table: pd.DataFrame) -> list[str]:
    return [name for name in _TEXTS(table) if table[name].nunique() > 1]


def _dummies() -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=RARE_CATEGORY, sparse_output=False)


def _boosting(seed: int) -> Pipeline:
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-1)
    columns = ColumnTransformer([("numbers", "passthrough", _varied_numbers), ("texts", codes, _varied_texts)])
    trees = HistGradientBoostingClassifier(
        max_leaf_nodes=6, learning_rate=0.05, max_iter=150, l2_regularization=1.0, max_features=0.5,
        min_samples_leaf=20, early_stopping=False, random_state=seed,
    )  # fmt: skip
    return Pipeline([("columns", columns), ("trees", trees)])
