"""How long clients under contract stay: the share left after each renewal, observed and by the shifted-beta-geometric."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib.churn.renewal_outcomes import outcomes
from carteira_lib.purchase_models import ShiftedBetaGeometric

#: With fewer clients whose first renewal is decided, a curve says nothing.
FEWEST_CLIENTS = 30
PERIODS_AHEAD = 3
COLUMNS = ("renewals", "clients", "stayed", "expected")


def retention(contracts: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Share of the clients under contract that is left after 0, 1, 2, ... renewals.

    Parameters
    ----------
    contracts : DataFrame
        Contract ``contracts``; its first contract in the data is taken for a client's first.
    as_of : Timestamp
        Last day taken into account, inclusive.

    Returns
    -------
    DataFrame
        Table ``retention``: ``renewals``; ``clients``, those whose renewal of that number is decided; ``stayed``, the
        share left (Kaplan-Meier, as many contracts still run), missing beyond what was observed; ``expected``, that of
        the shifted-beta-geometric, up to three renewals further. Where its fit runs to a limit (clients do not differ
        in how easily they leave), ``expected`` is that of one constant share. Empty with fewer than 30 clients.

    Notes
    -----
    Periods are contracts, whatever their length: a share by year needs contracts of a year.
    """
    clients = _relations(contracts, as_of)
    reached = clients[(clients["renewals"] > 0) | clients["ended"]]
    if len(reached) < FEWEST_CLIENTS:
        return pd.DataFrame(columns=list(COLUMNS))
    longest = int((reached["renewals"] + reached["ended"]).max())
    rows, left = [(0, len(clients), 1.0)], 1.0
    for number in range(1, longest + 1):
        lost = clients["ended"] & (clients["renewals"] == number - 1)
        decided = (clients["renewals"] >= number) | lost
        left *= 1 - lost.sum() / decided.sum()
        rows.append((number, int(decided.sum()), left))
    observed = pd.DataFrame(rows, columns=["renewals", "clients", "stayed"]).set_index("renewals")
    expected = _expected(clients, longest + PERIODS_AHEAD)
    table = observed.reindex(expected.index).assign(expected=expected)
    return table.assign(clients=table["clients"].fillna(0).astype("int64")).rename_axis("renewals").reset_index()


def _expected(clients: pd.DataFrame, periods: int) -> pd.Series:
    model = ShiftedBetaGeometric().fit(clients)
    if model.status_ == "converged":
        return model.survival(periods)
    stayed = clients["renewals"].sum() / (clients["renewals"].sum() + clients["ended"].sum())
    return pd.Series(stayed ** np.arange(periods + 1), pd.RangeIndex(periods + 1, name="renewals"))


def _relations(contracts: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per client under contract: how many times it renewed from its first contract on, and whether it then left."""
    decided = outcomes(contracts, as_of)
    known = decided[decided["settled"]].sort_values(["customer_id", "end_date", "contract_id"])
    kept = known.groupby("customer_id")["renewed"].cumprod().astype(bool)
    renewals = kept.groupby(known["customer_id"]).sum()
    ended = ~known.groupby("customer_id")["renewed"].all()
    begun = contracts.loc[contracts["start_date"] <= as_of, "customer_id"].drop_duplicates()
    table = pd.DataFrame({"renewals": renewals, "ended": ended}).reindex(sorted(begun))
    return table.fillna({"renewals": 0, "ended": False}).astype({"renewals": "int64", "ended": "bool"})
