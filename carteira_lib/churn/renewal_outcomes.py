"""Which contracts were renewed, as known on a day, and which are still open."""

from __future__ import annotations

import pandas as pd

#: A contract is renewed by another that starts within so many days of its end, on either side.
RENEWAL_WINDOW_DAYS = 60
_EPOCH = pd.Timestamp("1970-01-01")
_WINDOW = pd.Timedelta(days=RENEWAL_WINDOW_DAYS)


def outcomes(contracts: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Ended contracts whose renewal is decided, as known on `as_of`.

    Parameters
    ----------
    contracts : DataFrame
        Contract ``contracts``. Those that start after `as_of` are not known yet and play no part.
    as_of : Timestamp
        Last day taken into account, inclusive.

    Returns
    -------
    DataFrame
        One row per decided contract that ended by `as_of`, in the order of the ids.

        - ``contract_id``, ``customer_id``, ``start_date``, ``end_date``
        - ``renewed``: bool
        - ``renewed_date``: when the next contract starts, or the day after the end where only the flag tells of one;
          NaT where not renewed
        - ``known_date``: since when the outcome is known
        - ``settled``: it ended at least 60 days before `as_of`, so that being known is no sign of being renewed

    Notes
    -----
    ``renewed`` of the contract decides where it is given. Where it is not, the contract is renewed if a **successor**
    exists: another contract of the client (of the same product, where both name one) that starts no earlier, ends
    later, and starts within 60 days of this one's end. Without one it is not renewed once those 60 days have passed,
    and undecided, so left out, before. In the last 60 days renewals therefore become known sooner than losses: models
    learn from settled contracts only.
    """
    known = verdicts(contracts[contracts["start_date"] <= as_of])
    seen = known[known["known_date"] <= as_of].reset_index(drop=True)
    return seen.assign(settled=seen["end_date"] + _WINDOW <= as_of)


def verdicts(contracts: pd.DataFrame) -> pd.DataFrame:
    """The outcome of each contract and the first day on which it is known; columns as of `outcomes`, less ``settled``.

    What a row says from its ``known_date`` on rests on nothing dated later than that day, so one table serves every
    date in the past. Contracts that end in the future carry a ``known_date`` in the future.
    """
    columns = ["contract_id", "customer_id", "start_date", "end_date", "renewed"]
    table = contracts[columns].sort_values("contract_id", ignore_index=True)
    successor = _successor_start(contracts).reindex(table["contract_id"]).reset_index(drop=True)
    flag, end = table["renewed"].astype("boolean"), table["end_date"]
    renewed = flag.fillna(successor.notna()).astype(bool)
    later = successor.where(successor > end, end).where(successor.notna(), end + _WINDOW)
    return table.assign(
        renewed=renewed,
        renewed_date=successor.fillna(end + pd.Timedelta(days=1)).where(renewed),
        known_date=end.where(flag.notna(), later),
    )


def _successor_start(contracts: pd.DataFrame) -> pd.Series:
    """Start of the first successor of each contract that has one, by ``contract_id``.

    Pairs are sought within 60-day steps of the calendar: all pairs of a client with hundreds of contracts are too many.
    """
    old = contracts[["contract_id", "customer_id", "start_date", "end_date", "product_id"]]
    newer = old.assign(step=_step(old["start_date"]))
    near = pd.concat([old.assign(step=_step(old["end_date"]) + shift) for shift in (-1, 0, 1)])
    pairs = near.merge(newer, on=["customer_id", "step"], suffixes=("", "_newer"))
    wait = pairs["start_date_newer"] - pairs["end_date"]
    later = (pairs["start_date_newer"] >= pairs["start_date"]) & (pairs["end_date_newer"] > pairs["end_date"])
    product, other = pairs["product_id"], pairs["product_id_newer"]
    same_product = product.isna() | other.isna() | (product == other)
    found = pairs[later & same_product & wait.between(-_WINDOW, _WINDOW)]
    return found.groupby("contract_id")["start_date_newer"].min()


def _step(dates: pd.Series) -> pd.Series:
    return (dates - _EPOCH).dt.days // RENEWAL_WINDOW_DAYS


def late_share(decided: pd.DataFrame, days_overdue: pd.Series) -> pd.Series:
    """Of the contracts that were renewed though open at their end, the share renewed later than so many days after it.

    Parameters
    ----------
    decided : DataFrame
        As of `outcomes`.
    days_overdue : Series of int
        Days since the end; 1 for every contract that has not ended.

    Notes
    -----
    Half a renewal is added to those that came later, and one to all: "never seen" is not "never".
    """
    waited = (decided["renewed_date"] - decided["end_date"]).dt.days
    waited = waited[waited > 0].sort_values().to_numpy()
    longer = len(waited) - waited.searchsorted(days_overdue.clip(lower=0).to_numpy(), side="right")
    share = pd.Series((longer + 0.5) / (len(waited) + 1), index=days_overdue.index)
    return share.where(days_overdue > 0, 1.0)
