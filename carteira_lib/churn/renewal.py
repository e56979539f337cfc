"""Probability that a contract is renewed, learned from the contracts that already ended.

Each past contract is looked at as many days before its end as the ones to judge are now: a contract due in 40 days is
judged by a model of contracts as they stood 45 days before their end. What a silent month means depends on how near the
end is; one model per distance (steps of 15 days) needs no interaction for that, and has one row per contract.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from carteira_lib.churn.renewal_model import FOLDS, renewal_model
from carteira_lib.churn.renewal_outcomes import late_share, outcomes
from carteira_lib.churn.renewal_signals import History, contract_signals, frequent_kinds, signal_names
from carteira_lib.cycles import wilson

FEW_OUTCOMES = 30
LEAD_STEP_DAYS = 15


@dataclass(frozen=True, eq=False)
class Renewal:
    """What the past says of renewals, as known on `as_of`; made by `fit_renewal`.

    Attributes
    ----------
    as_of : Timestamp
    settled : DataFrame
        As of `outcomes`, the settled ones: what was learned from.
    renewed_share, low, high : float
        Of the settled contracts, with Wilson's 95 % interval; NaN, 0 and 1 without any.
    basis : str
        ``model``, or why the base rate stands in: ``few_outcomes``, ``one_class``, ``no_outcomes``.
    kinds : tuple of str
        Kinds of contact counted apart.
    leads : dict of int to Lead
        What was learned at each distance, in days before the end.
    """

    as_of: pd.Timestamp
    settled: pd.DataFrame
    renewed_share: float
    low: float
    high: float
    basis: str
    kinds: tuple[str, ...]
    leads: dict[int, Lead]


@dataclass(frozen=True, eq=False)
class Lead:
    """Past contracts so many days before their end, and what was learned from them.

    Attributes
    ----------
    signals : DataFrame
        As of `contract_signals`, of the contracts still open then, with ``renewed``.
    numeric, categorical : list of str
        The signals used.
    base : float
        Renewed share, half a contract added on both sides: 5 out of 5 is not certainty.
    rule : dict of bool to float
        The share among those who had bought within their last own cycle and among the others, with one more contract
        at `base`.
    model : Pipeline or None
        None where there are fewer than 30 contracts, fewer than 5 of a class, or no signal varies.
    """

    signals: pd.DataFrame
    numeric: list[str]
    categorical: list[str]
    base: float
    rule: dict[bool, float]
    model: Pipeline | None


def fit_renewal(history: History, as_of: pd.Timestamp, days_left: Iterable[int], *, seed: int = 0) -> Renewal:
    """Learn from the contracts settled by `as_of`, at the distances of the contracts to judge.

    Parameters
    ----------
    history : History
        Nothing dated after `as_of` is used.
    as_of : Timestamp
    days_left : iterable of int
        Of the contracts to judge; negative for those that ended.
    """
    history = history.known_on(as_of)
    decided = outcomes(history.contracts, as_of)
    settled = decided[decided["settled"]].reset_index(drop=True)
    n, renewed = len(settled), int(settled["renewed"].sum())
    low, high = wilson(renewed, n)
    basis = _basis(n, renewed)
    kinds = tuple(frequent_kinds(history, _moments(settled, 0))) if basis == "model" else ()
    leads = sorted(set(lead_of(pd.Series(list(days_left), dtype="int64")))) if n else []
    learned = {lead: _learn(history, settled, lead, kinds, seed) for lead in leads}
    share = renewed / n if n else np.nan
    return Renewal(as_of, settled, share, low, high, basis, kinds, learned)


def _basis(n: int, renewed: int) -> str:
    if not n:
        return "no_outcomes"
    if n < FEW_OUTCOMES:
        return "few_outcomes"
    return "model" if 0 < renewed < n else "one_class"


def lead_of(days_left: pd.Series) -> pd.Series:
    """The distance at which contracts with so many days left are judged: the nearest step, 0 for those that ended.

    Examples
    --------
    >>> lead_of(pd.Series([-30, 0, 7, 8, 40, 90])).tolist()
    [0, 0, 0, 15, 45, 90]
    """
    steps = (days_left.clip(lower=0).astype("int64") + LEAD_STEP_DAYS // 2) // LEAD_STEP_DAYS
    return steps * LEAD_STEP_DAYS


def _moments(settled: pd.DataFrame, lead: int) -> pd.DataFrame:
    """The settled contracts that had begun and were still open so many days before their end, with that day."""
    dated = settled.assign(date=settled["end_date"] - pd.Timedelta(days=lead))
    is_open = (dated["date"] >= dated["start_date"]) & ~(dated["renewed_date"] <= dated["date"])
    return dated.loc[is_open, ["contract_id", "date", "renewed"]].reset_index(drop=True)


def _learn(history: History, settled: pd.DataFrame, lead: int, kinds: tuple[str, ...], seed: int) -> Lead:
    moments = _moments(settled, lead)
    signals = contract_signals(history, moments, kinds=kinds).assign(renewed=moments["renewed"])
    numeric, categorical = signal_names(signals)
    model, renewed = None, signals["renewed"]
    rarer = renewed.value_counts().reindex([False, True], fill_value=0).min()
    if len(signals) >= FEW_OUTCOMES and rarer >= FOLDS and (signals[numeric + categorical].nunique() > 1).any():
        model = renewal_model(len(signals), seed=seed).fit(signals[numeric + categorical], renewed)
    recent = bought_lately(signals)
    base = _shrunk(renewed, 0.5)
    rule = {state: _shrunk(renewed[recent == state], base) for state in (False, True)}
    return Lead(signals, numeric, categorical, base, rule, model)


def _shrunk(renewed: pd.Series, share: float) -> float:
    """The renewed share with one more contract of the share given."""
    return (float(renewed.sum()) + share) / (len(renewed) + 1)


def bought_lately(signals: pd.DataFrame) -> pd.Series:
    """The simple rule: whether the client's last order is at most one own cycle ago."""
    if "recency_days" not in signals:
        return pd.Series(False, index=signals.index)
    return signals["recency_days"] <= signals["own_cycle_days"]


def predict(renewal: Renewal, history: History, moments: pd.DataFrame) -> pd.DataFrame:
    """The chance of each contract by the model and by the simple ways that it has to beat.

    Parameters
    ----------
    renewal : Renewal
        Fitted for the days that the contracts have left.
    history : History
        Nothing dated after the day of a row enters it.
    moments : DataFrame
        ``contract_id`` and ``date``, the day to judge it on; none of them renewed by then.

    Returns
    -------
    DataFrame
        `contract_signals` of each row of `moments`, in its order, with ``lead`` and the probabilities ``base_rate``,
        ``rule`` and ``model``, all NaN without outcomes; ``model`` is the base rate where there is no model.

    Notes
    -----
    A contract that ended d days ago and is still open is not one that ends today: with S the share of the renewals that
    came later than d days after the end (`late_share`), p becomes p S / (p S + 1 - p).
    """
    signals = contract_signals(history, moments, kinds=renewal.kinds)
    signals = signals.assign(lead=lead_of(signals["days_left"]), base_rate=np.nan, rule=np.nan, model=np.nan)
    recent = bought_lately(signals)
    for lead, learned in renewal.leads.items():
        here = signals["lead"] == lead
        signals.loc[here, "base_rate"] = learned.base
        signals.loc[here, "rule"] = recent[here].map(learned.rule)
        signals.loc[here, "model"] = _chances(learned, signals[here])
    still_open = late_share(renewal.settled, -signals["days_left"])
    for name in ("base_rate", "rule", "model"):
        chance = signals[name]
        signals[name] = chance * still_open / (chance * still_open + 1 - chance)
    return signals


def _chances(learned: Lead, signals: pd.DataFrame) -> np.ndarray | float:
    if learned.model is None or signals.empty:
        return learned.base
    return learned.model.predict_proba(signals[learned.numeric + learned.categorical])[:, 1]
