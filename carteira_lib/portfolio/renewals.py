"""The renewal portfolio: contracts about to end, or just ended, that nothing has renewed yet."""

from __future__ import annotations

import pandas as pd

COLUMNS = ["contract_id", "customer_id", "name", "seller_id", "end_date", "days_left", "amount", "month", "status"]


def renewals(
    contracts: pd.DataFrame, portfolio: pd.DataFrame, as_of: pd.Timestamp, *, window_days: int = 90
) -> pd.DataFrame:
    """Contracts to renew: they end within `window_days` of `as_of`, or ended as recently, and are not renewed.

    Parameters
    ----------
    contracts : DataFrame
        Contract ``contracts``. Future ones count: they are how a renewal shows.
    portfolio : DataFrame
        ``customer_id``, ``name``, ``seller_id``, ``status``; clients without an order are ``outside``.
    as_of : Timestamp
    window_days : int
        Looked ahead and back. What ended longer ago is a lost contract, not one to renew.

    Returns
    -------
    DataFrame
        Contract ``renewals``, the most overdue first: ``days_left`` is negative for contracts already ended, 0 for
        one that ends on `as_of`, ``month`` the first day of the month it ends in.

    Notes
    -----
    A contract is renewed where ``renewed`` says so, or where the client has another one (of the same product, where
    both name one) that starts no earlier, ends later, and starts at most `window_days` after this one's end.
    """
    if window_days < 0:
        raise ValueError(f"window_days must be at least 0. Got {window_days!r}.")
    days_left = (contracts["end_date"] - as_of).dt.days
    near = contracts.assign(days_left=days_left)[days_left.abs() <= window_days]
    open_ones = near[~near["renewed"].fillna(False).astype(bool)]
    due = open_ones[~open_ones["contract_id"].isin(_succeeded(open_ones, contracts, window_days))]
    clients = portfolio[["customer_id", "name", "seller_id", "status"]]
    table = due.merge(clients, on="customer_id", how="left", validate="m:1")
    month = table["end_date"].dt.to_period("M").dt.start_time.astype("datetime64[us]")
    table = table.assign(month=month, status=table["status"].fillna("outside"))
    return table.sort_values(["end_date", "contract_id"], ignore_index=True)[COLUMNS]


def _succeeded(open_ones: pd.DataFrame, contracts: pd.DataFrame, window_days: int) -> pd.Series:
    """Ids of the contracts that a newer one of the client takes over."""
    newer = contracts[["contract_id", "customer_id", "start_date", "end_date", "product_id"]]
    pairs = open_ones.merge(newer, on="customer_id", suffixes=("", "_newer"))
    wait = (pairs["start_date_newer"] - pairs["end_date"]).dt.days
    later = (pairs["start_date_newer"] >= pairs["start_date"]) & (pairs["end_date_newer"] > pairs["end_date"])
    product, other = pairs["product_id"], pairs["product_id_newer"]
    same_product = product.isna() | other.isna() | (product == other)
    return pairs.loc[later & same_product & (wait <= window_days), "contract_id"]
