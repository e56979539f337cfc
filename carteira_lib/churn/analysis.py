"""Who is about to stop, why, and what it costs: the whole of page 04 from the histories of the clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.churn import model, signals
from carteira_lib.churn.backtest import Backtest, backtest, calibration, enough, lift
from carteira_lib.churn.outlook import LIVE, outlook
from carteira_lib.churn.plan import Plan
from carteira_lib.churn.reasons import VALUE, reasons, value_reason
from carteira_lib.churn.renewal_backtest import RenewalBacktest, renewal_backtest
from carteira_lib.churn.renewal_scores import renewals_scored
from carteira_lib.churn.renewal_signals import History
from carteira_lib.churn.retention import retention
from carteira_lib.churn.value import revenue_if_buying, value_errors
from carteira_lib.language import N_
from carteira_lib.tables import ParameterError, Problem

RANKINGS = ("model", "own_cycle", "recency", "stake")
LOW = 0.05  # a client of a smaller chance does not stand out, whatever the others'
NEGLIGIBLE = 0.01  # nor is one of a smaller chance on the list to contact, however much it buys
BASES = ("model", "base", "few_clients", "few_dates", "one_kind", "worse", "no_model")


class Policy(NamedTuple):
    """What a contact costs and brings, or how many the team can make.

    Attributes
    ----------
    contact_cost : float
        Of one contact, in the currency; 0 where it is not known.
    margin : float
        Share of the revenue that is margin, 0 to 1.
    save_share : float
        Share of those who would stop that stay because somebody called, 0 to 1: an assumption until it is measured.
    contacts : int
        Clients to contact where `contact_cost` is 0.
    """

    contact_cost: float = 0.0
    margin: float = 0.3
    save_share: float = 0.2
    contacts: int = 20


class Analysis(NamedTuple):
    """What notebook 04 shows and writes.

    Attributes
    ----------
    churn, outlook, scores, calibration, lift, value_errors, renewal_scores, retention : DataFrame
        Tables ``churn``, ``churn_outlook``, ``churn_scores``, ``churn_calibration``, ``churn_lift``,
        ``churn_value_errors``, ``renewal_scores`` and ``retention``, as their contracts say.
    known : Plan
        The horizon, the dates, the outages, and the problem where there is nothing to say.
    basis : str
        Where the probabilities come from: "model", or why the purchase models alone speak (one of `BASES`).
    tested : Backtest
    renewals : RenewalBacktest
    policy : Policy
    """

    churn: pd.DataFrame
    outlook: pd.DataFrame
    scores: pd.DataFrame
    calibration: pd.DataFrame
    lift: pd.DataFrame
    value_errors: pd.DataFrame
    renewal_scores: pd.DataFrame
    retention: pd.DataFrame
    known: Plan
    basis: str
    tested: Backtest
    renewals: RenewalBacktest
    policy: Policy


def analyse(
    frames: Mapping[str, pd.DataFrame],
    history: pd.DataFrame,
    known: Plan,
    policy: Policy,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
    seed: int = 0,
) -> Analysis:
    """Probability, cost and reasons of each portfolio client, tested on the portfolio's own past; and of its contracts.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``portfolio``, ``renewals``, ``contracts``, ``interactions``, ``surveys`` (their contracts) and ``purchases``
        (one row per client-day: ``customer_id``, ``order_date``, ``net_amount``).
    history : DataFrame
        As `features.history` gives it for `known.as_of` (all clients) and `known.dates` (all, or a sample of them).
    known : Plan
    policy : Policy
    language, currency : str
        Of the sentences.
    seed : int
        Of trees and resamples.

    Raises
    ------
    ParameterError
        A policy that cannot be.
    """
    _check(policy, language)
    described = _described(history, known)
    tested = backtest(described, known, seed=seed)
    now = described.get(known.as_of)
    basis, found = _predicted(described, now, known, tested, seed)
    churn = _no_churn() if found is None else _told(found, frames["portfolio"], known, policy, language, currency)
    published = tested.published if basis in ("model", "base", "worse") else "base"
    judged = tested.predictions.dropna(subset=[published])
    judged = judged if enough(judged) else judged.iloc[:0]
    renewals, due = _renewals(frames, known.as_of, language, seed)
    return Analysis(
        churn=churn,
        outlook=tables.conform(outlook(churn, judged, published, known.horizon_days), "churn_outlook"),
        scores=tables.conform(tested.scores, "churn_scores"),
        calibration=tables.conform(calibration(judged["churned"], judged[published].to_numpy()), "churn_calibration"),
        lift=_lifts(judged, published),
        value_errors=tables.conform(value_errors(judged), "churn_value_errors"),
        renewal_scores=due,
        retention=tables.conform(retention(frames["contracts"], known.as_of), "retention"),
        known=known,
        basis=basis,
        tested=tested,
        renewals=renewals,
        policy=policy,
    )


def _check(policy: Policy, language: str) -> None:
    problems = []
    for name in ("contact_cost", "contacts"):
        if not getattr(policy, name) >= 0:
            message = N_("{name}: {value} é negativo; use 0 ou mais")
            problems.append(Problem(message, {"name": name, "value": getattr(policy, name)}))
    for name in ("margin", "save_share"):
        if not 0 < getattr(policy, name) <= 1:
            message = N_("{name}: {value} não é uma parte; use um número acima de 0 e até 1, como 0.3 para 30%")
            problems.append(Problem(message, {"name": name, "value": getattr(policy, name)}))
    if problems:
        raise ParameterError(problems, language=language)


def _described(history: pd.DataFrame, known: Plan) -> dict[pd.Timestamp, pd.DataFrame]:
    if known.problem:
        return {}
    return {
        date: signals.described(part, horizon_days=known.horizon_days, min_orders=known.min_orders)
        for date, part in history.groupby("as_of")
    }


def _predicted(
    described: Mapping[pd.Timestamp, pd.DataFrame], now: pd.DataFrame | None, known: Plan, tested: Backtest, seed: int
) -> tuple[str, pd.DataFrame | None]:
    """Where the probabilities come from; and the portfolio clients with probability and parts, None without any."""
    if now is None:
        return known.problem or "no_model", None
    inside = now[now["frequency"] >= known.min_orders]
    slices = [described[d] for d in known.slices(known.as_of)]
    local, basis = None, "few_dates"
    if slices and known.tests:
        training = pd.concat(slices, ignore_index=True)
        local = model.fit(training, len(inside), min_orders=known.min_orders, seed=seed)
        basis = "one_kind" if local is None else "model" if tested.published == "model" else "worse"
    if len(inside) < model.FEWEST_CLIENTS:
        basis = "few_clients"
    local = local if basis == "model" else None
    logit = model.logit(inside, local)
    if np.isnan(logit).any():
        return "no_model", None
    parts = model.contributions(now, local, now["frequency"] >= known.min_orders).loc[inside.index]
    figures = {
        "churn_probability": model.probability(logit),
        "kept_revenue": revenue_if_buying(now).loc[inside.index],
    }
    return basis, inside.assign(**figures, **parts.add_prefix("part_"))


def _told(
    found: pd.DataFrame, portfolio: pd.DataFrame, known: Plan, policy: Policy, language: str, currency: str
) -> pd.DataFrame:
    """Table ``churn``: the highest revenue at risk among the live clients first, the inactive ones behind."""
    who = portfolio[["customer_id", "name", "person_type", "seller_id", "status", "net_revenue_365d"]]
    parts = found.filter(like="part_").rename(columns=lambda name: name.removeprefix("part_"))
    found = found.assign(own_cycle_days=_shown_cycle(found, portfolio))
    why = reasons(found, parts, horizon_days=known.horizon_days, language=language, currency=currency)
    chance = found["churn_probability"]
    table = pd.concat([found[["customer_id", "recency_days", "own_cycle_days"]], why], axis=1).assign(
        churn_probability=chance,
        p_alive=_alive(found),
        expected_orders=(1 - chance) * found["orders_if_buying"],
        expected_revenue=(1 - chance) * found["kept_revenue"],
        revenue_at_risk=chance * found["kept_revenue"],
    )
    table = table.merge(who, on="customer_id", how="left", validate="1:1")
    table["band"] = _band(table, policy)
    table["kind"] = _kind(table)
    alone = (table["band"] == "call") & table["reason_1"].isna()
    table.loc[alone, "reason_1"] = VALUE
    table.loc[alone, "reason_1_text"] = [
        value_reason(amount, language=language, currency=currency)
        for amount in (table["expected_revenue"] + table["revenue_at_risk"])[alone]
    ]
    order = table.assign(gone=table["band"] == "gone").sort_values(
        ["gone", "revenue_at_risk", "customer_id"], ascending=[True, False, True], ignore_index=True
    )
    return tables.conform(order[list(tables.contract("churn").column_names)], "churn")


def _shown_cycle(found: pd.DataFrame, portfolio: pd.DataFrame) -> pd.Series:
    """The cycle that page 02 tells of each client: the signals' own is pulled to another mean, and a day or two apart.

    Only the words and the column read it; the probabilities keep the cycle that they were tested with.
    """
    told = portfolio.set_index("customer_id")["own_cycle_days"].astype("float64")
    return found["customer_id"].map(told).fillna(found["own_cycle_days"])


def _band(table: pd.DataFrame, policy: Policy) -> pd.Series:
    """Whom to call: where the margin saved pays the contact; without its cost, as many as the team can call."""
    live, chance = table["status"].isin(LIVE), table["churn_probability"]
    if policy.contact_cost > 0:
        call = live & (table["revenue_at_risk"] * policy.margin * policy.save_share > policy.contact_cost)
    else:
        ordered = table[live & (chance >= NEGLIGIBLE) & (table["revenue_at_risk"] >= 1)].sort_values(
            ["revenue_at_risk", "customer_id"], ascending=[False, True]
        )
        call = table.index.isin(ordered.index[: policy.contacts])
    above = chance > _worth_a_look(table)
    bands = np.select([~live, call, above], ["gone", "call", "watch"], "steady")
    return pd.Series(bands, index=table.index)


def _alive(found: pd.DataFrame) -> pd.Series:
    """The chance of not having stopped for good that goes with the published probability.

    A client does not buy because it has stopped, or because it is alive and slow: P = 1 - a + a q. How probable it is
    that a client alive gives no order, q, is what the purchase models say; a follows.
    """
    base, alive = model.probability(found["base_logit"]), found["p_alive"]
    quiet = ((base - (1 - alive)) / alive.clip(lower=signals.SMALLEST)).clip(0, 1 - signals.SMALLEST)
    return ((1 - found["churn_probability"]) / (1 - quiet)).clip(upper=1)


def _kind(table: pd.DataFrame) -> pd.Series:
    """Of those who stand out: whether having stopped or a slow rhythm makes most of the probability."""
    quiet = table["churn_probability"] <= _worth_a_look(table)
    stopped = 1 - table["p_alive"] >= table["churn_probability"] / 2
    return pd.Series(np.select([quiet, stopped], ["on_time", "stopped"], "slow"), index=table.index)


def _worth_a_look(table: pd.DataFrame) -> float:
    """The chance above which a client stands out: the live clients' mean, but no less than one in twenty.

    Where everybody buys every day half of them still lie above the mean, and nobody is stopping.
    """
    mean = table.loc[table["status"].isin(LIVE), "churn_probability"].mean()
    return max(mean, LOW) if mean == mean else LOW


def _no_churn() -> pd.DataFrame:
    return tables.conform(pd.DataFrame(columns=list(tables.contract("churn").column_names)), "churn")


def _lifts(judged: pd.DataFrame, published: str) -> pd.DataFrame:
    """Money reached by each ranking among those who still bought; ours is "model", whichever of the two is published.

    With the long gone in it, a list by silence would begin with clients who have nothing left to lose.
    """
    active = judged[judged["active"]]
    active = active if enough(active) else active.iloc[:0]
    curves = [
        lift(active, published if name == "model" else name).assign(ranking=name)
        for name in (RANKINGS if len(active) else ())
    ]
    empty = pd.DataFrame(columns=list(tables.contract("churn_lift").column_names))
    return tables.conform(pd.concat(curves, ignore_index=True) if curves else empty, "churn_lift")


def _renewals(
    frames: Mapping[str, pd.DataFrame], as_of: pd.Timestamp, language: str, seed: int
) -> tuple[RenewalBacktest, pd.DataFrame]:
    others = (frames[name] if len(frames[name]) else None for name in ("purchases", "interactions", "surveys"))
    history = History(frames["contracts"], *others)
    tested = renewal_backtest(history, as_of, seed=seed)
    return tested, renewals_scored(frames["renewals"], history, as_of, tested, language=language, seed=seed)
