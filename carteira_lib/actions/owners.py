"""Who looks after whom: the load of each seller, how many people the portfolio needs, and whom to hand over."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

LIVE = ("active", "late")
CARE_CONTACTS: Mapping[str, float] = {"A": 12, "B": 6, "C": 3}  # a year, by class
CARE_HOURS = 0.75  # a contact
WEEKS = 52
SAME_REGION, OTHER_REGION = 1.0, 0.6  # what a client is worth to a seller of its region, and of another
MOST = 400  # clients in one assignment
TEAM = "equipe"  # the one list of a company that names no seller


class Headcount(NamedTuple):
    """Hours a week that the portfolio asks for, and the people that makes.

    Attributes
    ----------
    care_hours, list_hours : float
        A week: to look after the clients, and to work through all opportunities within the horizon.
    week_hours : float
        Of one person.
    needed, there : int
        People.
    """

    care_hours: float
    list_hours: float
    week_hours: float
    needed: int
    there: int


def care_hours(portfolio: pd.DataFrame) -> pd.Series:
    """Hours a week that each live client asks for, by ``customer_id``: twelve contacts a year for class A, six for B, three for C."""
    live = portfolio[portfolio["status"].isin(LIVE)].set_index("customer_id")
    return live["abc_class"].map(CARE_CONTACTS).astype("float64").fillna(CARE_CONTACTS["C"]) * CARE_HOURS / WEEKS


def team(sellers: pd.DataFrame, owners: pd.Series, *, default_hours: float) -> pd.DataFrame:
    """The sellers with the hours of a week; where no table names them, those that the clients have, or one list for all.

    Parameters
    ----------
    sellers : DataFrame
        Contract ``sellers``.
    owners : Series
        ``seller_id`` of each client.
    default_hours : float
        For whom has no capacity told. A negative capacity is none.

    Returns
    -------
    DataFrame
        ``seller_id``, ``name``, ``region``, ``week_hours``, by id.
    """
    known = sellers.drop_duplicates("seller_id")[["seller_id", "name", "region", "capacity_hours"]]
    if known.empty:
        ids = sorted(owners.dropna().unique()) or [TEAM]
        known = pd.DataFrame({"seller_id": ids, "name": None, "region": None, "capacity_hours": np.nan})
    hours = known["capacity_hours"].astype("float64").fillna(default_hours).clip(lower=0)
    return known.drop(columns="capacity_hours").assign(week_hours=hours).sort_values("seller_id", ignore_index=True)


def headcount(
    loads: pd.DataFrame, people: pd.DataFrame, orphans_care: float, orphans_hours: float, horizon_days: int
) -> Headcount:
    """How many people it takes to look after the portfolio and to work through its opportunities within the horizon.

    Parameters
    ----------
    loads : DataFrame
        Table ``seller_loads``.
    people : DataFrame
        As `team` gives it; the mean of the hours above 0 is one person.
    orphans_care, orphans_hours : float
        Of the clients without an owner: hours a week of care, and hours of their opportunities.
    """
    care = float(loads["care_hours"].sum()) + orphans_care
    hours = float(loads["planned_hours"].sum() + loads["waiting_hours"].sum()) + orphans_hours
    weekly = hours * 7 / horizon_days
    working = people.loc[people["week_hours"] > 0, "week_hours"]
    each = float(working.mean()) if len(working) else 0.0
    needed = math.ceil(round((care + weekly) / each, 6)) if each else 0
    return Headcount(care, weekly, each, needed, len(working))


def reassignments(waiting: pd.DataFrame, people: pd.DataFrame, care: pd.Series, owner_of: pd.Series) -> pd.DataFrame:
    """To whom a client without an owner should go, and which waiting clients of the busiest sellers others could take.

    Parameters
    ----------
    waiting : DataFrame
        ``customer_id``, ``seller_id`` (missing without an owner), ``region``, ``kind``, ``expected_value``: clients that no list holds.
    people : DataFrame
        As `team` gives it.
    care : Series
        As `care_hours` gives it.
    owner_of : Series
        ``seller_id`` of every client, by ``customer_id``.

    Returns
    -------
    DataFrame
        ``customer_id``, ``seller_id``, ``new_seller_id``, ``same_region``, ``kind``, ``expected_value``, the most valuable first. No seller
        receives more than brings its load (care over hours) to the team's.

    Notes
    -----
    scipy's optimal assignment of clients to free places; a client is worth 60 % to a seller of another region.
    """
    columns = ["customer_id", "seller_id", "new_seller_id", "same_region", "kind", "expected_value"]
    places = _places(people, care, owner_of)
    movable = _movable(waiting, people, care, owner_of)
    if movable.empty or places.empty:
        return pd.DataFrame(columns=columns)
    region = people.set_index("seller_id")["region"].astype("object")
    seat = places["seller_id"].map(region).to_numpy(dtype=object)
    same = movable["region"].to_numpy(dtype=object)[:, None] == seat[None, :]
    same &= pd.notna(seat)[None, :]
    worth = movable["expected_value"].to_numpy(dtype="float64")[:, None] + CRUMB_OF_WORTH
    rows, seats = linear_sum_assignment(worth * np.where(same, SAME_REGION, OTHER_REGION), maximize=True)
    table = movable.iloc[rows].assign(
        new_seller_id=places["seller_id"].to_numpy()[seats], same_region=same[rows, seats]
    )
    return table.sort_values(["expected_value", "customer_id"], ascending=[False, True], ignore_index=True)[columns]


CRUMB_OF_WORTH = 0.01  # so that clients without an expected value find an owner too


def _load(people: pd.DataFrame, care: pd.Series, owner_of: pd.Series) -> pd.Series:
    return care.groupby(owner_of.reindex(care.index)).sum().reindex(people["seller_id"]).fillna(0.0)


def _places(people: pd.DataFrame, care: pd.Series, owner_of: pd.Series) -> pd.DataFrame:
    """One row per client that a seller can still take before it is as busy as the team, those without an owner counted in."""
    load = _load(people, care, owner_of).to_numpy()
    hours = people["week_hours"].to_numpy(dtype="float64")
    if not hours.sum() or care.empty:
        return pd.DataFrame(columns=["seller_id"])
    fair = care.sum() / hours.sum()
    free = np.floor((fair * hours - load) / care.mean() + 1e-9).clip(0, MOST).astype("int64")
    return pd.DataFrame({"seller_id": np.repeat(people["seller_id"].to_numpy(dtype=object), free)})


def _movable(waiting: pd.DataFrame, people: pd.DataFrame, care: pd.Series, owner_of: pd.Series) -> pd.DataFrame:
    """Clients without an owner, and of each seller busier than the team as many waiting ones as it has too many."""
    known = people["seller_id"]
    load, hours = _load(people, care, owner_of), people.set_index("seller_id")["week_hours"].astype("float64")
    total = hours.sum()
    if not total or care.empty:
        return waiting.iloc[:0]
    excess = ((load - care.sum() / total * hours) / care.mean()).apply(np.floor).clip(lower=0)
    orphan = ~waiting["seller_id"].isin(known)
    ordered = waiting.sort_values(["expected_value", "customer_id"], ascending=[False, True])
    place = ordered.groupby("seller_id").cumcount().reindex(waiting.index)
    chosen = waiting[orphan | (place < waiting["seller_id"].map(excess).fillna(0))]
    return chosen.sort_values(["expected_value", "customer_id"], ascending=[False, True]).head(MOST)
