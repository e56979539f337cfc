"""The portfolio over time: who entered, came back and left month by month, and how many of each cohort keep buying."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.cycles import snapshot
from carteira_lib.portfolio.silence import Rule
from carteira_lib.portfolio.status import IN_PORTFOLIO, status

MONTHS = 12
YEAR = pd.Timedelta(days=365)
KINDS = ("new", "recovered", "lost")
PERIODS = {"month": "M", "quarter": "Q"}


class Movement(NamedTuple):
    """The balance and the clients behind it.

    Attributes
    ----------
    balance : DataFrame
        Contract ``movement``: one row per month.
    clients : DataFrame
        One row per client and movement: ``month``, ``movement`` (new, recovered, lost), ``customer_id``, ``net_revenue``
        (of the 365 days that end at its last order by that month's end).
    """

    balance: pd.DataFrame
    clients: pd.DataFrame


def month_ends(as_of: pd.Timestamp, first: pd.Timestamp, *, months: int = MONTHS) -> pd.DatetimeIndex:
    """The ends of the last months up to `as_of`; the last one is `as_of` itself, be it a month's end or not.

    Months before the one of `first` are left out, and one date is put in front: the opening of the first month.

    Examples
    --------
    >>> [str(d.date()) for d in month_ends(pd.Timestamp("2026-03-10"), pd.Timestamp("2026-01-20"))]
    ['2025-12-31', '2026-01-31', '2026-02-28', '2026-03-10']
    """
    periods = pd.period_range(end=as_of.to_period("M"), periods=months + 1, freq="M")
    ends = periods[periods >= first.to_period("M") - 1].end_time.normalize()
    return ends[:-1].append(pd.DatetimeIndex([as_of])).as_unit("us")


def movement(
    client_spells: pd.DataFrame,
    purchases: pd.DataFrame,
    silence_rule: Rule,
    as_of: pd.Timestamp,
    *,
    months: int = MONTHS,
) -> Movement:
    """The balance of the portfolio over the last months: opening + new + recovered - lost = closing.

    The stock are the clients `active` or `late` at a month's end, all months judged by the one rule given, so that a
    change is the clients' and not the rule's. `new` enter from `outside` or were not there; `recovered` enter from
    `inactive`; `lost` leave to `inactive`. A client that left and came back within a month did not move.

    Parameters
    ----------
    client_spells : DataFrame
        As `spells` gives them on `as_of`.
    purchases : DataFrame
        Client-days with ``net_amount`` (0 where the column is absent), for the revenue of who moved.
    silence_rule : Rule
        As estimated on `as_of`.
    as_of : Timestamp
        Where it is no month's end the last month is marked ``partial``.
    months : int
        At most so many; none before the month of the first order.
    """
    if client_spells.empty:
        return _assembled([], _no_moves(), purchases)
    ends = month_ends(as_of, client_spells["order_date"].min(), months=months)
    states = [_state(client_spells, silence_rule, end) for end in ends]
    rows, moves = [], []
    for before, after, end in zip(states[:-1], states[1:], ends[1:], strict=True):
        moved = _moves(before, after).assign(month=moved_month(end))
        counts = moved["movement"].value_counts()
        stock = [int(state["status"].isin(IN_PORTFOLIO).sum()) for state in (before, after)]
        partial = end != end.to_period("M").end_time.normalize()
        rows.append((moved_month(end), stock[0], *(int(counts.get(k, 0)) for k in KINDS), stock[1], partial))
        moves.append(moved)
    return _assembled(rows, pd.concat(moves, ignore_index=True), purchases)


def moved_month(day: pd.Timestamp) -> pd.Timestamp:
    """First day of the month of a day."""
    return day.to_period("M").start_time.as_unit("us")


def _state(client_spells: pd.DataFrame, silence_rule: Rule, date: pd.Timestamp) -> pd.DataFrame:
    clients = snapshot(client_spells, date)
    codes = status(clients, silence_rule, date)["status"]
    return clients[["customer_id", "last_order_date"]].assign(status=codes).set_index("customer_id")


def _moves(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    was = before["status"].reindex(after.index)
    had, has = was.isin(IN_PORTFOLIO), after["status"].isin(IN_PORTFOLIO)
    kinds = np.select([had & ~has, ~had & has & (was == "inactive"), ~had & has], ["lost", "recovered", "new"], "")
    moves = pd.DataFrame({"movement": pd.Series(kinds, index=after.index), "last_order_date": after["last_order_date"]})
    return moves[moves["movement"] != ""].reset_index()


def _no_moves() -> pd.DataFrame:
    text, date = pd.Series(dtype="str"), pd.Series(dtype="datetime64[us]")
    return pd.DataFrame({"customer_id": text, "movement": text, "last_order_date": date, "month": date})


def _assembled(rows: list[tuple], moves: pd.DataFrame, purchases: pd.DataFrame) -> Movement:
    moves = moves.assign(net_revenue=_last_year_revenue(moves, purchases))
    names = ["month", "opening", "new", "recovered", "lost", "closing", "partial"]
    balance = pd.DataFrame(rows, columns=names)
    lost = moves[moves["movement"] == "lost"].groupby("month")["net_revenue"].sum()
    balance["lost_revenue"] = balance["month"].map(lost).astype("float64").fillna(0.0)
    clients = moves[["month", "movement", "customer_id", "net_revenue"]]
    return Movement(balance, clients.sort_values(["month", "movement", "customer_id"], ignore_index=True))


def _last_year_revenue(moves: pd.DataFrame, purchases: pd.DataFrame) -> pd.Series:
    """Net revenue of the 365 days up to the last order of each client that moved."""
    if moves.empty or "net_amount" not in purchases:
        return pd.Series(0.0, index=moves.index)
    amounts = purchases.loc[purchases["customer_id"].isin(moves["customer_id"])]
    keyed = moves[["customer_id", "last_order_date"]].reset_index(names="move")
    joined = keyed.merge(amounts[["customer_id", "order_date", "net_amount"]], on="customer_id")
    age = joined["last_order_date"] - joined["order_date"]
    within = joined[(age >= pd.Timedelta(0)) & (age < YEAR)]
    return within.groupby("move")["net_amount"].sum().reindex(moves.index, fill_value=0.0)


def cohort_period(first: pd.Timestamp, as_of: pd.Timestamp) -> str:
    """The usual cohort: months, or quarters where the history is longer than 18 months."""
    return "month" if as_of < first + pd.DateOffset(months=18) else "quarter"


def cohorts(client_spells: pd.DataFrame, as_of: pd.Timestamp, *, period: str) -> pd.DataFrame:
    """Share of the clients of each cohort who bought so many periods after their first order.

    Only cells whose period has wholly passed by `as_of` are there: a cell that cannot be known yet is missing, not 0.

    Parameters
    ----------
    client_spells : DataFrame
        As `spells` gives them.
    as_of : Timestamp
    period : {"month", "quarter"}

    Returns
    -------
    DataFrame
        Contract ``cohorts``: ``cohort`` (first day of the period of the first order), ``periods_since`` (0 = the
        period of the first order), ``clients`` of the cohort, ``retained_share``.
    """
    if period not in PERIODS:
        raise ValueError(f"period must be one of {', '.join(PERIODS)}. Got {period!r}.")
    freq = PERIODS[period]
    whole = client_spells[client_spells["order_date"] <= _last_whole_end(as_of, freq)]
    cohort, bought = whole["first_order_date"].dt.to_period(freq), whole["order_date"].dt.to_period(freq)
    since = bought.astype("int64") - cohort.astype("int64")
    seen = pd.DataFrame({"customer_id": whole["customer_id"], "cohort": cohort, "periods_since": since})
    buyers = seen.drop_duplicates().groupby(["cohort", "periods_since"], observed=True).size()
    sizes = seen.drop_duplicates("customer_id").groupby("cohort").size()
    cells = _cells(sizes, _last_whole_end(as_of, freq).to_period(freq))
    counts = buyers.reindex(pd.MultiIndex.from_frame(cells[["cohort", "periods_since"]]), fill_value=0).to_numpy()
    starts = cells["cohort"].dt.start_time if len(cells) else pd.Series(dtype="datetime64[us]")
    return cells.assign(cohort=starts.astype("datetime64[us]"), retained_share=counts / cells["clients"])


def _last_whole_end(as_of: pd.Timestamp, freq: str) -> pd.Timestamp:
    current = as_of.to_period(freq)
    end = current.end_time.normalize()
    return end if as_of >= end else (current - 1).end_time.normalize()


def _cells(sizes: pd.Series, last: pd.Period) -> pd.DataFrame:
    """Every cohort with every period that has passed since."""
    rows = [
        (cohort, periods, clients)
        for cohort, clients in sizes.items()
        for periods in range(last.ordinal - cohort.ordinal + 1)
    ]
    kinds = {"cohort": sizes.index.dtype, "periods_since": "int64", "clients": "int64"}
    return pd.DataFrame(rows, columns=list(kinds)).astype(kinds)
