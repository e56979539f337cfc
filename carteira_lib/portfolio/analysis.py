"""The whole portfolio from one row per client and one row per client-day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from carteira_lib import tables
from carteira_lib.cycles import horizon_days, spells
from carteira_lib.language import N_
from carteira_lib.portfolio.movement import cohort_period, cohorts, movement
from carteira_lib.portfolio.renewals import renewals
from carteira_lib.portfolio.segments import abc_class, rfm
from carteira_lib.portfolio.silence import Rule, rule
from carteira_lib.portfolio.splits import splits
from carteira_lib.portfolio.status import error_rate, recovered, status
from carteira_lib.portfolio.steps import next_contract, next_step, next_step_text
from carteira_lib.tables import ParameterError, Problem

FEATURES = (
    "customer_id", "seller_id", "first_order_date", "last_order_date", "frequency", "recency_days", "tenure_days",
    "net_revenue", "net_revenue_365d", "average_order_value", "gap_count", "log_gap_sum", "log_gap_square_sum",
)  # fmt: skip


class Analysis(NamedTuple):
    """What notebook 02 shows and writes.

    Attributes
    ----------
    portfolio, movement, cohorts, splits, renewals : DataFrame
        Tables of those names, as their contracts in `carteira_lib.tables` say.
    moved : DataFrame
        The clients behind `movement`: table ``moved``.
    rule : Rule
        How long a silence has to be, and the table that says why.
    errors : DataFrame
        How often `inactive` was wrong `horizon_days` ago, beside fixed numbers of days, see `error_rate`.
    as_of : Timestamp
    horizon_days, period_days, renewal_window_days : int
        Of `errors` (0: too little history to judge), of the flags `new` and `recovered`, and of `renewals`.
    cohort_period : str
        "month" or "quarter".
    """

    portfolio: pd.DataFrame
    movement: pd.DataFrame
    cohorts: pd.DataFrame
    splits: pd.DataFrame
    renewals: pd.DataFrame
    moved: pd.DataFrame
    rule: Rule
    errors: pd.DataFrame
    as_of: pd.Timestamp
    horizon_days: int
    period_days: int
    renewal_window_days: int
    cohort_period: str


def analyse(
    frames: Mapping[str, pd.DataFrame],
    *,
    as_of: pd.Timestamp,
    min_orders: int = 3,
    renewal_window_days: int = 90,
    period_days: int = 90,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> Analysis:
    """Status, movement, cohorts, splits, renewals and next steps of a portfolio on `as_of`.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``customer_features`` (its contract) and ``purchases`` (one row per client-day: ``customer_id``,
        ``order_date``, ``net_amount``; see `spells`). Where there are any: ``customers``, ``contracts``, ``sellers``
        (their contracts) and ``families`` (``customer_id``, ``family``, ``net_revenue_365d``).
    as_of : Timestamp
        Last day taken into account, inclusive.
    min_orders : int
        Orders that bring a client into the portfolio.
    renewal_window_days : int
        A contract that ends within so many days is due.
    period_days : int
        The last period, for the flags ``new`` and ``recovered``.
    language, currency : str
        Of the sentences.

    Raises
    ------
    ValueError
        `min_orders` below 1, `renewal_window_days` or `period_days` below 0, or `purchases` and `customer_features`
        count different orders.
    """
    _check(min_orders, renewal_window_days, period_days, language)
    client_spells = spells(frames["purchases"], as_of)
    clients = _clients(frames, client_spells)
    silence_rule = rule(client_spells, as_of, min_orders=min_orders)
    judged = clients.join(status(clients, silence_rule, as_of)).join(rfm(clients))
    judged["abc_class"] = abc_class(judged["net_revenue_365d"])
    flagged = _flags(judged, recovered(client_spells, silence_rule, as_of, period_days=period_days), as_of, period_days)
    due = renewals(_table(frames, "contracts"), flagged, as_of, window_days=renewal_window_days)
    portfolio = _with_steps(flagged, due, min_orders=min_orders, language=language, currency=currency)
    balance = movement(client_spells, frames["purchases"], silence_rule, as_of)
    horizon = horizon_days(client_spells, as_of, min_orders=min_orders)
    errors = error_rate(client_spells, as_of, horizon_days=horizon, min_orders=min_orders)
    period = cohort_period(client_spells["order_date"].min(), as_of)
    return Analysis(
        portfolio=portfolio,
        movement=tables.conform(balance.balance, "movement"),
        cohorts=tables.conform(cohorts(client_spells, as_of, period=period), "cohorts"),
        splits=_splits(portfolio, frames, language),
        renewals=tables.conform(due, "renewals"),
        moved=tables.conform(balance.clients, "moved"),
        rule=silence_rule,
        errors=tables.conform(errors, "inactive_errors"),
        as_of=as_of,
        horizon_days=horizon,
        period_days=period_days,
        renewal_window_days=renewal_window_days,
        cohort_period=period,
    )


def _check(min_orders: int, renewal_window_days: int, period_days: int, language: str) -> None:
    limits = (
        ("min_orders", min_orders, 1),
        ("renewal_window_days", renewal_window_days, 0),
        ("period_days", period_days, 0),
    )
    message = N_("{name}: {value} é pouco; use {least} ou mais")
    problems = [
        Problem(message, {"name": name, "value": value, "least": least})
        for name, value, least in limits
        if value < least
    ]
    if problems:
        raise ParameterError(problems, language=language)


def _table(frames: Mapping[str, pd.DataFrame], name: str) -> pd.DataFrame:
    """A canonical table, or an empty one of its contract."""
    if name in frames:
        return frames[name]
    return tables.conform(pd.DataFrame(columns=list(tables.contract(name).column_names)), name)


def _clients(frames: Mapping[str, pd.DataFrame], client_spells: pd.DataFrame) -> pd.DataFrame:
    """One row per client: who it is, and its features."""
    features = frames["customer_features"][list(FEATURES)].astype({"frequency": "int64", "gap_count": "int64"})
    if len(client_spells) != features["frequency"].sum():
        raise ValueError("purchases and customer_features must count the same orders of the same clients.")
    who = _table(frames, "customers")[["customer_id", "name", "person_type"]].drop_duplicates("customer_id")
    return features.merge(who, on="customer_id", how="left", validate="1:1")


def _flags(clients: pd.DataFrame, back: pd.Series, as_of: pd.Timestamp, period_days: int) -> pd.DataFrame:
    silence = clients["customer_id"].map(back).astype("float64")
    since = as_of - pd.Timedelta(days=period_days)
    return clients.assign(
        new=clients["first_order_date"] > since, recovered=silence.notna(), recovered_after_days=silence
    )


def _with_steps(
    clients: pd.DataFrame, due: pd.DataFrame, *, min_orders: int, language: str, currency: str
) -> pd.DataFrame:
    ahead = due.loc[due["days_left"] >= 0, "customer_id"]
    known = clients.assign(renewal_due=clients["customer_id"].isin(ahead))
    known = known.merge(next_contract(due), on="customer_id", how="left", validate="1:1")
    known["next_step"] = next_step(known)
    known["next_step_text"] = next_step_text(known, min_orders=min_orders, language=language, currency=currency)
    return tables.conform(known[list(tables.contract("portfolio").column_names)], "portfolio")


def _splits(portfolio: pd.DataFrame, frames: Mapping[str, pd.DataFrame], language: str) -> pd.DataFrame:
    table = splits(
        portfolio,
        _table(frames, "customers"),
        sellers=_table(frames, "sellers"),
        families=frames.get("families"),
        language=language,
    )
    return tables.conform(table, "splits")
