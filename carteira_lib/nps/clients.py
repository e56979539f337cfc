"""What to do with each client: its class decides, then what it is worth, whether it still buys, and whether it fits us."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.nps.ids import held

TABLE = "nps_clients"
#: In the order in which the list shows them.
ACTIONS = (
    "recover", "question_fit", "reconnect", "attention", "case", "upsell", "referral", "ask", "next_wave",
)  # fmt: skip
LOSING = ("late", "inactive")
MOST_WEIGHT = 5.0


def clients_to_act_on(
    known: pd.DataFrame,
    window: pd.DataFrame,
    portfolio: pd.DataFrame,
    asked: pd.Series,
    fit: pd.Series,
    *,
    as_of: pd.Timestamp,
) -> pd.DataFrame:
    """Table ``nps_clients``: the latest answer of each client with the action it calls for, and whom to ask next.

    Parameters
    ----------
    known : DataFrame
        Every answer of known clients, by date: ``client`` (a row of the portfolio), ``answer_date, score, class``.
    window : DataFrame
        Those that count today, one per client.
    portfolio : DataFrame
        Table ``portfolio``.
    asked : Series of str
        Clients to ask next; see `worth_asking`.
    fit : Series of bool
        By client; empty where the ideal buyer profile is not known.
    as_of : Timestamp
    """
    told = ["customer_id", "name", "person_type", "seller_id", "status", "abc_class", "net_revenue_365d"]
    latest = known.drop_duplicates("client", keep="last").set_index("client")[["answer_date", "score", "class"]]
    table = portfolio[told].reset_index(drop=True).join(latest)
    table["in_window"] = table.index.isin(window["client"])
    table["asked"] = held(table["customer_id"], asked)
    table = table[table["score"].notna() | table["asked"]]
    table["days"] = (as_of - table["answer_date"]).dt.days
    action = _action(table, table["customer_id"].map(fit))
    table = table.assign(suggested_action=action, order=action.map({name: i for i, name in enumerate(ACTIONS)}))
    if not table["customer_id"].is_monotonic_increasing:  # ties go by client
        table = table.sort_values("customer_id")
    ordered = table.sort_values(["order", "net_revenue_365d"], ascending=[True, False])
    return tables.conform(ordered[list(tables.contract(TABLE).column_names)], TABLE)


def _action(table: pd.DataFrame, fit: pd.Series) -> pd.Series:
    promoter, passive, detractor = (table["class"].eq(name) for name in ("promoter", "passive", "detractor"))
    cases = [
        (~table["in_window"] & table["asked"], "ask"),
        (~table["in_window"], "next_wave"),
        (detractor & fit.eq(False), "question_fit"),
        (detractor, "recover"),
        (passive, "attention"),
        (promoter & table["status"].isin(LOSING), "reconnect"),
        (promoter & table["abc_class"].eq("A"), "case"),
        (promoter & table["abc_class"].eq("B"), "upsell"),
    ]
    conditions = [hit.fillna(False).to_numpy(bool) for hit, _ in cases]
    return pd.Series(np.select(conditions, [name for _, name in cases], "referral"), index=table.index)


def worth_asking(clients: pd.DataFrame, window: pd.DataFrame, weight: pd.Series, *, most: int) -> pd.Series:
    """The silent clients whose opinion is worth most: high revenue, from strata that hardly answered.

    Parameters
    ----------
    clients : DataFrame
        The population: ``customer_id``, ``net_revenue_365d``.
    window : DataFrame
        Who answered lately: ``customer_id``.
    weight : Series
        Weight of an answer of each client's stratum, by client; at most 5 counts.
    most : int

    Returns
    -------
    Series of str
        At most `most` clients, the first to ask first.
    """
    silent = clients[~held(clients["customer_id"], window["customer_id"]) & (clients["net_revenue_365d"] > 0)]
    weights = (
        pd.Series(weight.reindex(silent["customer_id"]).to_numpy("float64"), index=silent.index)
        .fillna(1.0)
        .clip(upper=MOST_WEIGHT)
    )
    ranked = silent.assign(priority=silent["net_revenue_365d"] * weights)
    ordered = ranked.sort_values(["priority", "customer_id"], ascending=[False, True])
    return ordered["customer_id"].head(most).reset_index(drop=True)
