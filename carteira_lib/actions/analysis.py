"""Offers -> one list per seller that respects the client's journey and the seller's hours: the second half of page 06."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.actions import gate, outcomes, owners, plan, tips
from carteira_lib.language import N_, translator
from carteira_lib.tables import ParameterError, Problem

LISTED, CONTROL, CAPACITY, NO_OWNER, REFUSED, NO_WORTH = (
    "listed",
    "control",
    "capacity",
    "no_owner",
    "refused",
    "no_worth",
)


class Policy(NamedTuple):
    """How the list is made.

    Attributes
    ----------
    weeks : int
        The list is of so many weeks.
    list_share : float
        Share of a seller's hours that goes into the list, 0 to 1.
    default_hours : float
        Hours a week of a seller whose capacity is not told.
    control_share : float
        Share of the clients held back by lot, 0 to below 1.
    horizon_days : int
        Days in which a contact has to bear fruit.
    """

    weeks: int = 1
    list_share: float = 0.5
    default_hours: float = 20.0
    control_share: float = 0.1
    horizon_days: int = 90


class Actions(NamedTuple):
    """The list and what goes with it.

    Attributes
    ----------
    actions, loads, reassignments, outcomes : DataFrame
        Tables ``actions``, ``seller_loads``, ``reassignments`` and ``outcomes``.
    headcount : Headcount
    gaps : DataFrame
        Further rows of table ``offer_gaps``.
    policy : Policy
    as_of : Timestamp
    """

    actions: pd.DataFrame
    loads: pd.DataFrame
    reassignments: pd.DataFrame
    outcomes: pd.DataFrame
    headcount: owners.Headcount
    gaps: pd.DataFrame
    policy: Policy
    as_of: pd.Timestamp


def decide(
    offers: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    policy: Policy,
    *,
    language: str = "pt-BR",
    seed: int = 0,
) -> Actions:
    """One action per client at most, within the journey gate and each seller's hours.

    Parameters
    ----------
    offers : DataFrame
        Table ``offers``.
    frames : mapping of name to DataFrame
        ``portfolio``, ``customers``, ``products``, ``sellers``, ``interactions``, ``earlier_lists``, ``surveys``, ``contracts``,
        ``proposals``, ``purchases``, ``takeups``, ``pci_scores``, ``churn``; the optional ones may be empty.
    as_of : Timestamp
    policy : Policy
    seed : int
        Of the lot that draws the controls.

    Raises
    ------
    ParameterError
        A policy that cannot be.
    """
    _check(policy, language)
    portfolio, people = frames["portfolio"], _team(frames, policy)
    past = outcomes.outcomes(
        frames["earlier_lists"], frames["purchases"], frames["takeups"], as_of, horizon_days=policy.horizon_days
    )
    blocked = gate.gates(frames, as_of, language=language)
    candidates = _candidates(_measured(offers, past), frames, people, as_of, policy, seed)
    opened, closed = _passed(candidates, blocked, frames, as_of, language)
    available = people.set_index("seller_id")["week_hours"] * policy.list_share * policy.weeks
    planned = plan.plan(opened, available.to_dict())
    listed = planned["listed"].astype(bool)
    planned["gate"] = np.select(
        [listed & planned["control"].astype(bool), listed, ~planned["seller_id"].isin(people["seller_id"])],
        [CONTROL, LISTED, NO_OWNER], CAPACITY,
    )  # fmt: skip
    known = tips.tips(frames["surveys"], frames["pci_scores"], frames["churn"], as_of, language=language)
    rows = pd.concat([planned, closed], ignore_index=True)
    rows["tip"] = rows["customer_id"].map(known).astype("object")
    actions = _actions(rows, portfolio, frames["products"], available, as_of, policy)
    care = owners.care_hours(portfolio)
    loads = _loads(actions, people, available, portfolio, care)
    moved = _moved(actions, people, care, portfolio, frames["customers"])
    return Actions(
        actions=actions,
        loads=loads,
        reassignments=moved,
        outcomes=tables.conform(past, "outcomes"),
        headcount=_headcount(actions, loads, people, care, portfolio, policy),
        gaps=_gaps(frames, people, as_of),
        policy=policy,
        as_of=as_of,
    )


def _check(policy: Policy, language: str) -> None:
    checks = {
        "list_weeks": (policy.weeks, 1 <= policy.weeks <= 52, N_("{name}: {value} não é um número de semanas entre 1 e 52")),
        "list_share": (policy.list_share, 0 < policy.list_share <= 1,
                       N_("{name}: {value} não é uma parte; use um número acima de 0 e até 1, como 0.3 para 30%")),
        "seller_hours": (policy.default_hours, 0 < policy.default_hours <= 168,
                         N_("{name}: {value} não é um número de horas por semana acima de 0 e até 168")),
        "control_share": (policy.control_share, 0 <= policy.control_share <= 0.5,
                          N_("{name}: {value} não é uma parte de 0 a 0.5, como 0.1 para 10%")),
        "offer_days": (policy.horizon_days, 1 <= policy.horizon_days <= 3650,
                       N_("{name}: {value} não é um número de dias entre 1 e 3650")),
    }  # fmt: skip
    problems = [
        Problem(message, {"name": name, "value": value}) for name, (value, fine, message) in checks.items() if not fine
    ]
    if problems:
        raise ParameterError(problems, language=language)


def _team(frames: Mapping[str, pd.DataFrame], policy: Policy) -> pd.DataFrame:
    return owners.team(frames["sellers"], frames["portfolio"]["seller_id"], default_hours=policy.default_hours)


def _measured(offers: pd.DataFrame, past: pd.DataFrame) -> pd.DataFrame:
    """Where earlier lists measured who buys anyway, that share takes the place of the one assumed."""
    known = offers["kind"].map(outcomes.anyway(past)).astype("float64")
    assumed = offers["anyway_share"].astype("float64").fillna(0.0).clip(upper=1 - 1e-9)
    scale = ((1 - known) / (1 - assumed)).fillna(1.0)
    return offers.assign(expected_value=(offers["expected_value"] * scale).round(4))


def _candidates(
    offers: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    people: pd.DataFrame,
    as_of: pd.Timestamp,
    policy: Policy,
    seed: int,
) -> pd.DataFrame:
    owner = frames["portfolio"].set_index("customer_id")["seller_id"].astype("object")
    table = offers.assign(seller_id=offers["customer_id"].map(owner).astype("object"))
    if people["seller_id"].tolist() == [owners.TEAM]:
        table["seller_id"] = owners.TEAM
    # a contract about to end is never left to chance: its client is called whatever the lot says
    renewing = table.loc[table["kind"] == gate.RENEWAL, "customer_id"]
    lots = pd.Series(table.loc[~table["customer_id"].isin(renewing), "customer_id"].unique(), dtype="object")
    control = dict(zip(lots, plan.drawn(lots, as_of, policy.control_share, seed), strict=True))
    return table.assign(
        hours=table["kind"].map(plan.HOURS).astype("float64"), control=table["customer_id"].map(control).eq(True)
    )


def _passed(
    candidates: pd.DataFrame,
    blocked: pd.DataFrame,
    frames: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    language: str,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The offers that the gate lets through; and one row, its best offer, of each client that it lets nothing through of."""
    _ = translator(language)
    by_client = blocked.set_index("customer_id")
    table = candidates.assign(
        gate=candidates["customer_id"].map(by_client["gate"]).astype("object"),
        gate_text=candidates["customer_id"].map(by_client["gate_text"]).astype("object"),
    )
    renewal = table["kind"].eq(gate.RENEWAL) & table["customer_id"].map(by_client["renewal_open"]).eq(True)
    table[["gate", "gate_text"]] = table[["gate", "gate_text"]].mask(renewal, None)
    offer = table["product_id"].astype("object").where(table["product_id"].notna(), table["kind"])
    pairs = pd.MultiIndex.from_arrays([table["customer_id"].astype("object"), offer])
    said_no = pairs.isin(gate.refused(frames["proposals"], frames["earlier_lists"], as_of)) & table["gate"].isna()
    table.loc[said_no, ["gate", "gate_text"]] = [REFUSED, _("recusou esta oferta há menos de 90 dias")]
    worthless = table["gate"].isna() & ~(table["expected_value"] > 0)
    table.loc[worthless, ["gate", "gate_text"]] = [NO_WORTH, _("o contato não traria margem")]
    opened = table[table["gate"].isna()]
    shut = table[~table["customer_id"].isin(opened["customer_id"])]
    best = shut.sort_values(["customer_id", "expected_value", "kind"], ascending=[True, False, True]).drop_duplicates(
        "customer_id"
    )
    return opened.reset_index(drop=True), best.assign(control=False)


def _actions(
    rows: pd.DataFrame,
    portfolio: pd.DataFrame,
    products: pd.DataFrame,
    available: pd.Series,
    as_of: pd.Timestamp,
    policy: Policy,
) -> pd.DataFrame:
    """Table ``actions``: the list of each seller in its order, then who waits, is held back or is a control."""
    names = products.drop_duplicates("product_id").set_index("product_id")["name"]
    who = portfolio[["customer_id", "name", "person_type"]]
    table = rows.merge(who, on="customer_id", how="left", validate="1:1")
    codes = table["product_id"].astype("object")
    table["product_name"] = (
        codes.map(names.dropna().to_dict()).astype("object").where(codes.isin(names.dropna().index), codes)
    )
    listed = table["gate"] == LISTED
    table["control"] = table["gate"] == CONTROL
    table["gate_text"] = table.get("gate_text", pd.Series(index=table.index, dtype="object"))
    ordered = table[listed].sort_values("place")
    table["rank"] = ordered.groupby("seller_id").cumcount() + 1
    table["follow_up"] = pd.NaT
    for seller, part in ordered.groupby("seller_id"):
        days = plan.scheduled(part["hours"], float(available.get(seller, 0.0)), as_of, policy.weeks)
        table.loc[part.index, "follow_up"] = days
    table = table.assign(shown=~listed).sort_values(
        ["shown", "seller_id", "rank", "expected_value", "customer_id"],
        ascending=[True, True, True, False, True],
        ignore_index=True,
    )
    return tables.conform(table[list(tables.contract("actions").column_names)], "actions")


def _loads(
    actions: pd.DataFrame, people: pd.DataFrame, available: pd.Series, portfolio: pd.DataFrame, care: pd.Series
) -> pd.DataFrame:
    """Table ``seller_loads``."""
    own = portfolio.set_index("customer_id")["seller_id"].astype("object")
    by_seller = people.set_index("seller_id")
    live = own.reindex(care.index)
    if people["seller_id"].tolist() == [owners.TEAM]:
        live = pd.Series(owners.TEAM, index=care.index)
    found = {
        "listed": actions[actions["gate"] == LISTED].groupby("seller_id"),
        "waiting": actions[actions["gate"] == CAPACITY].groupby("seller_id"),
    }
    table = by_seller[["name"]].assign(
        clients=live.value_counts(),
        available_hours=available,
        planned_hours=found["listed"]["hours"].sum(),
        waiting_hours=found["waiting"]["hours"].sum(),
        listed=found["listed"].size(),
        waiting=found["waiting"].size(),
        expected_value=found["listed"]["expected_value"].sum(),
        care_hours=care.groupby(live).sum(),
    )
    numbers = [name for name in table if name != "name"]
    return tables.conform(
        table.fillna(dict.fromkeys(numbers, 0)).rename_axis("seller_id").reset_index(), "seller_loads"
    )


def _moved(
    actions: pd.DataFrame, people: pd.DataFrame, care: pd.Series, portfolio: pd.DataFrame, customers: pd.DataFrame
) -> pd.DataFrame:
    """Table ``reassignments``: live clients without an owner, and waiting ones of the busiest."""
    columns = list(tables.contract("reassignments").column_names)
    if people["seller_id"].tolist() == [owners.TEAM]:
        return tables.conform(pd.DataFrame(columns=columns), "reassignments")
    region = customers.drop_duplicates("customer_id").set_index("customer_id")["region"].astype("object")
    best = actions.set_index("customer_id")
    own = portfolio.set_index("customer_id")
    waiting = actions[actions["gate"] == CAPACITY]["customer_id"]
    orphans = own.index[own.index.isin(care.index) & ~own["seller_id"].isin(people["seller_id"])]
    ids = sorted({*waiting, *orphans} & set(care.index))
    table = pd.DataFrame(
        {
            "customer_id": ids, "seller_id": own["seller_id"].reindex(ids).to_numpy(dtype=object),
            "region": [region.get(client) for client in ids],
            "kind": best["kind"].reindex(ids).fillna("none").to_numpy(),
            "expected_value": best["expected_value"].reindex(ids).fillna(0.0).to_numpy(dtype="float64"),
        }
    )  # fmt: skip
    found = owners.reassignments(table, people, care, own["seller_id"].astype("object"))
    named = found.merge(portfolio[["customer_id", "name", "person_type"]], on="customer_id", how="left")
    return tables.conform(named[columns], "reassignments")


def _headcount(
    actions: pd.DataFrame,
    loads: pd.DataFrame,
    people: pd.DataFrame,
    care: pd.Series,
    portfolio: pd.DataFrame,
    policy: Policy,
) -> owners.Headcount:
    own = portfolio.set_index("customer_id")["seller_id"].reindex(care.index)
    without = (
        0.0
        if people["seller_id"].tolist() == [owners.TEAM]
        else float(care[~own.isin(people["seller_id"]).to_numpy()].sum())
    )
    hours = float(actions.loc[actions["gate"] == NO_OWNER, "hours"].sum())
    return owners.headcount(loads, people, without, hours, policy.horizon_days)


def _gaps(frames: Mapping[str, pd.DataFrame], people: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """What the list could not do: no sellers, sellers without hours, statuses that contradict each other."""
    rows = [("all", "no_sellers", None, None)] if frames["sellers"].empty else []
    idle = int((people["week_hours"] <= 0).sum())
    rows += [("all", "no_capacity", None, idle)] if idle else []
    odd = gate.contradictions(frames["interactions"], as_of)
    rows += [("all", "contradictory", None, odd)] if odd else []
    return pd.DataFrame(rows, columns=["kind", "obstacle", "family", "cases"])
