"""The purchase models as estimators: `fit` on histories, then ask for any client what it will do in a horizon."""

from __future__ import annotations

import math
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from carteira_lib.purchase_models import beta_geometric, pareto
from carteira_lib.purchase_models.fitting import AT_LIMIT, Limit, Prior, maximise, with_prior
from carteira_lib.purchase_models.histories import GAPS, Rows, columns, compressed, weights

MODELS = ("bg_nbd", "mbg_nbd", "mbg_cnbd", "pareto_nbd")
NOBODY_BUYS = "nobody has bought again: the data say nothing of rates and of stopping"
ONE_RATE = Limit((1, 1, 0, 0), "all clients buy at the same rate: r and alpha grow without end")
BETA_GEOMETRIC_LIMITS = (
    (ONE_RATE,),
    (
        Limit((0, 0, -1, 0), "nobody stops buying: a goes to 0"),
        Limit((0, 0, 0, 1), "nobody stops buying: b grows without end"),
        Limit((0, 0, 1, 0), "all clients stop at once: a grows without end"),
        Limit((0, 0, 1, 1), "all clients stop with the same probability: a and b grow without end"),
        Limit((0, 0, -1, -1), "some clients stop at once and the others never: a and b go to 0"),
    ),
)
PARETO_LIMITS = (
    (ONE_RATE,),
    (
        Limit((0, 0, -1, 0), "nobody stops buying: s goes to 0"),
        Limit((0, 0, 0, 1), "nobody stops buying: beta grows without end"),
        Limit((0, 0, 1, 0), "all clients stop at once: s grows without end"),
        Limit((0, 0, 1, 1), "all clients stop at the same rate: s and beta grow without end"),
        Limit((0, 0, 0, -1), "some clients stop at once and the others never: beta goes to 0"),
    ),
)
#: Centre and spread of the weak prior: rates that vary as much as their mean, one client in forty stopping after an
#: order. Of r .5-1, alpha 1-2 gaps, a .1-.7, b 2.8-8 and spread .8-1.5 it gives the lowest log-loss, of the clients with
#: three orders or more, in samples of 30 and 100 such clients of CDNOW and of Online Retail together. An a of .7 loses
#: three times as much on Online Retail, where nobody seems to stop.
USUAL_R, USUAL_A, USUAL_B, USUAL_SPREAD = 1.0, 0.1, 4.0, 0.8
#: The same by time, beta in gaps: s / beta is a fortieth of r / alpha.
USUAL_S, USUAL_BETA_GAPS = 0.1, 4.0


def _check_model(model: str) -> None:
    if model not in MODELS:
        raise ValueError(f"model must be one of {list(MODELS)}. Got {model!r}.")


def weak_prior(clients: pd.DataFrame, *, model: str = "bg_nbd", spread: float = USUAL_SPREAD) -> Prior:
    """A prior that only a small portfolio notices, centred on the rhythm of its own clients.

    Parameters
    ----------
    clients : DataFrame
        As `buying_histories` gives it; the median of its clients' mean gaps sets alpha / r.
    model : str
        One of `MODELS`.
    spread : float
        Standard deviation of the logarithm of each parameter.

    Examples
    --------
    >>> clients = {"repeat_orders": [2, 0], "first_to_last_days": [60, 0], "age_days": [90, 50]}
    >>> weak_prior(pd.DataFrame(clients)).centre
    {'r': 1.0, 'alpha': 30.0, 'a': 0.1, 'b': 4.0}
    """
    _check_model(model)
    repeat, first_to_last, age = columns(clients)
    weights(None, len(clients))
    again = (repeat > 0) & (first_to_last > 0)
    gaps = first_to_last[again] / repeat[again] if again.any() else np.maximum(age, 1.0)
    gap = float(np.median(gaps))
    if model == "pareto_nbd":
        return Prior({"r": USUAL_R, "alpha": USUAL_R * gap, "s": USUAL_S, "beta": USUAL_BETA_GAPS * gap}, spread)
    return Prior({"r": USUAL_R, "alpha": USUAL_R * gap, "a": USUAL_A, "b": USUAL_B}, spread)


class PurchaseModel(BaseEstimator):
    """What a client without a contract will buy next, learned from how often and how lately all clients bought.

    Parameters
    ----------
    model : str
        - "bg_nbd": buys at its own random rate; may stop for good after any order but the first.
        - "mbg_nbd": may stop after the first order too.
        - "mbg_cnbd": as "mbg_nbd", with purchases as regular as the data say.
        - "pareto_nbd": may stop at any moment.
    prior : Prior or None
        None for maximum likelihood, a `Prior` (see `weak_prior`) for the mode of the posterior, which a small
        portfolio needs. Its alpha is that of random purchases; for regular ones it is divided by k.
    max_regularity : int
        Largest k tried by "mbg_cnbd", from 1 on, until the likelihood falls.

    Attributes
    ----------
    parameters_ : NamedTuple
        r, alpha, a, b, or r, alpha, s, beta; alpha and beta in the unit of the histories.
    regularity_ : int
        k of "mbg_cnbd": 1 for purely random purchases; always 1 in the other models.
    log_likelihood_ : float
        Of the histories, without the prior.
    status_ : str
        "converged"; "at_limit": the data ask for a simpler model, which the parameters only approach; or
        "not_converged". **Only a converged fit is an estimate**; what to use instead is the caller's decision.
    warning_ : str
        What is wrong in words, empty if nothing.

    Notes
    -----
    One client is one row ``repeat_orders, first_to_last_days, age_days`` (x, t_x, T of the papers), see
    `buying_histories`; "mbg_cnbd" also reads ``log_gap_sum``. The unit is free, if it is one for histories and
    horizon: weeks give the same probabilities as days. Nothing is random: the same rows give the same fit.

    References
    ----------
    Fader, P. S., Hardie, B. G. S. & Lee, K. L. (2005). "Counting your customers" the easy way: an alternative to the
    Pareto/NBD model. Marketing Science 24(2), 275-284.
    Batislam, E. P., Denizel, M. & Filiztekin, A. (2007). Empirical validation and comparison of models for customer
    base analysis. International Journal of Research in Marketing 24(3), 201-209.
    Platzer, M. & Reutterer, T. (2016). Ticking away the moments: timing regularity helps to better predict customer
    activity. Marketing Science 35(5), 779-799.
    Schmittlein, D. C., Morrison, D. G. & Colombo, R. (1987). Counting your customers: who are they and what will they
    do next? Management Science 33(1), 1-24.

    Examples
    --------
    >>> columns = ["repeat_orders", "first_to_last_days", "age_days"]
    >>> rows = [[9, 280, 300], [4, 100, 300], [0, 0, 200], [6, 270, 280], [2, 150, 365]]
    >>> clients = pd.DataFrame(rows, columns=columns, index=list("abcde"))
    >>> model = PurchaseModel("bg_nbd", prior=weak_prior(clients)).fit(clients)
    >>> model.status_
    'converged'
    >>> model.no_purchase_probability(clients, horizon_days=90).round(2).to_dict()
    {'a': 0.12, 'b': 0.7, 'c': 0.73, 'd': 0.2, 'e': 0.64}
    """

    def __init__(self, model: str = "bg_nbd", *, prior: Prior | None = None, max_regularity: int = 6) -> None:
        self.model = model
        self.prior = prior
        self.max_regularity = max_regularity

    def fit(self, clients: pd.DataFrame, sample_weight: ArrayLike | None = None) -> PurchaseModel:
        """Estimate the parameters from one row per client, or per `sample_weight` clients of the same history.

        Raises
        ------
        ValueError
            The model is unknown, the prior is about another one, or a row is no history.
        """
        _check_model(self.model)
        if self.model == "mbg_cnbd" and GAPS not in clients:
            raise ValueError(f"clients must have the column {GAPS!r} for model 'mbg_cnbd'.")
        rows = compressed(clients, sample_weight)
        unit = rows.mean_gap
        best, self.regularity_ = self._best(rows.scaled(unit), unit)
        time_scale = np.array([unit if name in {"alpha", "beta"} else 1.0 for name in self._family().NAMES])
        self.parameters_ = self._family().Parameters(*(np.exp(best.theta) * time_scale).tolist())
        self.log_likelihood_ = best.log_likelihood - rows.orders * math.log(unit)
        self.status_, self.warning_ = (best.status, best.warning) if rows.orders else (AT_LIMIT, NOBODY_BUYS)
        return self

    def alive_probability(self, clients: pd.DataFrame) -> pd.Series:
        """P(has not stopped for good), by client; not the opposite of churn: a slow client is alive and buys nothing."""
        odds = self._ask("log_odds_stopped", clients)
        return pd.Series(special.expit(-odds), clients.index, name="alive_probability")

    def no_purchase_probability(self, clients: pd.DataFrame, *, horizon_days: float) -> pd.Series:
        """P(no order in the horizon), by client: stopped for good, or still a client and silent for so long."""
        _, none = self._ask("log_purchase_and_none", clients, horizon_days)
        return pd.Series(np.exp(none), clients.index, name="no_purchase_probability")

    def no_purchase_logit(self, clients: pd.DataFrame, *, horizon_days: float) -> pd.Series:
        """log(P / (1 - P)) of `no_purchase_probability`, finite also where P rounds to 0 or 1."""
        some, none = self._ask("log_purchase_and_none", clients, horizon_days)
        return pd.Series(none - some, clients.index, name="no_purchase_logit")

    def expected_orders(self, clients: pd.DataFrame, *, horizon_days: float) -> pd.Series:
        """Mean number of orders in the horizon, by client."""
        return pd.Series(self._ask("expected_orders", clients, horizon_days), clients.index, name="expected_orders")

    def _family(self) -> ModuleType:
        return pareto if self.model == "pareto_nbd" else beta_geometric

    def _shape(self, regularity: int) -> tuple:
        if self.model == "pareto_nbd":
            return ()
        return (beta_geometric.Shape(int(self.model != "bg_nbd"), regularity),)

    def _ask(self, question: str, clients: pd.DataFrame, *horizon: float) -> np.ndarray | tuple[np.ndarray, ...]:
        check_is_fitted(self)
        if not all(0 < days < math.inf for days in horizon):
            raise ValueError(f"horizon_days must be positive and finite. Got {horizon[0]!r}.")
        answer = getattr(self._family(), question)
        return answer(columns(clients), *horizon, self.parameters_, *self._shape(self.regularity_))

    def _best(self, rows: Rows, unit: float) -> tuple[_Fit, int]:
        """The fit of the best k; the likelihood rises to it and falls after it."""
        best, theta = None, np.zeros(4)
        for regularity in range(1, (self.max_regularity if self.model == "mbg_cnbd" else 1) + 1):
            found = self._fitted(rows, unit, regularity, theta)
            if best is not None and found.log_likelihood <= best.log_likelihood:
                break
            best, theta = found, found.theta
        return best, regularity - (found is not best)

    def _fitted(self, rows: Rows, unit: float, regularity: int, start: np.ndarray) -> _Fit:
        family, shape = self._family(), self._shape(regularity)

        def likelihood(theta: np.ndarray) -> tuple[float, np.ndarray]:
            return family.log_likelihood(theta, rows, *shape)

        objective = likelihood
        if self.prior is not None:
            scale = {"alpha": unit * regularity, "beta": unit}
            centre = self.prior.log_centre(family.NAMES) - np.log([scale.get(name, 1.0) for name in family.NAMES])
            objective = with_prior(likelihood, centre, self.prior.spread)
        found = maximise(objective, start, PARETO_LIMITS if family is pareto else BETA_GEOMETRIC_LIMITS, rows.clients)
        gaps = beta_geometric.log_gap_density(rows, regularity)
        return _Fit(found.theta, likelihood(found.theta)[0] + gaps, found.status, found.warning)


class _Fit(NamedTuple):
    """With times in mean gaps."""

    theta: np.ndarray
    log_likelihood: float
    status: str
    warning: str
