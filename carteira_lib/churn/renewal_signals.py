"""What is known of a contract on a day: its terms, the client's purchases, contacts and answers. Nothing later enters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import cycles, formats
from carteira_lib.churn.renewal_outcomes import verdicts

CONTACT_DAYS = 60
ORDER_DAYS = 90
ANSWER_DAYS = 365
RELATION_DAYS = 365
#: A kind of contact is a signal of its own where at least so many contracts had one.
FREQUENT_CONTRACTS = 20
VISIT_STEMS = ("visit",)
COMPLAINT_STEMS = ("reclam", "queixa", "complain")
CATEGORICAL = ("nps_class", "product_id")
NUMERIC = (
    "amount_vs_portfolio", "amount_vs_client", "contract_days", "earlier_renewed_share", "relation_days",
    "silence_log", "orders_90d", "order_trend", "visits_60d", "complaints_60d",
)  # fmt: skip
KIND_PREFIX = "contacts_60d:"
_EPOCH = np.datetime64("0001-01-01", "D")
_STRIDE = 10_000_000  # days: more than any date is away from the epoch
_NEVER = -1


class History(NamedTuple):
    """What contracts are judged by; a table that does not exist is None, and its signals are absent.

    Attributes
    ----------
    contracts : DataFrame
        Contract ``contracts``.
    purchases : DataFrame or None
        One row per client-day: ``customer_id``, ``order_date`` and, where there are days of returns, ``net_amount``.
    interactions, surveys : DataFrame or None
        Contracts of the same names.
    """

    contracts: pd.DataFrame
    purchases: pd.DataFrame | None = None
    interactions: pd.DataFrame | None = None
    surveys: pd.DataFrame | None = None

    def known_on(self, as_of: pd.Timestamp) -> History:
        """The same without anything dated after `as_of`."""
        dated = zip(self, ("start_date", "order_date", "event_date", "answer_date"), strict=True)
        return History(*(None if table is None else table[table[date] <= as_of] for table, date in dated))


def contract_signals(history: History, dates: pd.DataFrame, *, kinds: Sequence[str] = ()) -> pd.DataFrame:
    """Each contract as known at the end of its own reference date.

    Parameters
    ----------
    history : History
    dates : DataFrame
        ``contract_id`` and ``date``, the reference date, at least the start of the contract.
    kinds : sequence of str
        Kinds of contact to count apart, as of `frequent_kinds`.

    Returns
    -------
    DataFrame
        One row per row of `dates`, in its order: ``contract_id``, ``customer_id``, ``date``, ``days_left``, the signals
        and the facts that sentences are made of.

        - ``amount_vs_portfolio``, ``amount_vs_client``: log ratio of the amount to the median of the contracts begun
          by then, and to the client's previous contract (0 for the first)
        - ``contract_days``; ``earlier_renewed_share``: (renewed + 1) / (decided + 2) of the client's earlier contracts
        - ``relation_days``: since the client's first contract or order, at most 365
        - ``silence_log``: log(1 + days since the last order / own cycle); the cycle as of `cycles`,
          with the median gap of clients with contracts. NaN where nothing was bought
        - ``orders_90d``; ``order_trend``: log ratio of its count plus 1 to that of the 90 days before
        - ``visits_60d``, ``complaints_60d``, ``contacts_60d:<kind>``: contacts of the last 60 days, at most 3
        - ``nps_class``: of the client's last answer in 365 days, or ``none``; ``product_id``, or ``none``
        - facts: ``recency_days``, ``own_cycle_days``, ``orders_previous_90d``, ``days_since_visit``,
          ``days_since_complaint``, ``earlier_contracts``, ``earlier_decided``, ``earlier_renewed``

    Notes
    -----
    Records begin on some day, so how long a relation lasts and how many contracts came before grow with the calendar:
    a model would learn on short ones and judge long ones. Hence the cap of a year, and one shrunk share in place of a
    count and a share: worth .006 of log-loss on demos of twelve other seeds (benchmarks/README.md).
    """
    rows = dates[["contract_id", "date"]].merge(history.contracts, on="contract_id", how="left", validate="m:1")
    moments = _Moments(rows["customer_id"], rows["date"])
    table = rows[["contract_id", "customer_id", "date"]].assign(
        days_left=(rows["end_date"] - rows["date"]).dt.days, **_terms(rows, history.contracts, moments)
    )
    if history.purchases is not None and len(history.purchases):
        table = table.assign(**_buying(history.purchases, moments))
        since = table["relation_days"].to_numpy()
        table["relation_days"] = np.fmax(since, table.pop("days_since_first_order").to_numpy())
    table["relation_days"] = table["relation_days"].clip(0, RELATION_DAYS)
    if history.interactions is not None and len(history.interactions):
        table = table.assign(**_contacts(history.interactions, moments, kinds))
    if history.surveys is not None and len(history.surveys):
        table = table.assign(nps_class=_nps_class(history.surveys, moments))
    if history.contracts["product_id"].notna().any():
        table = table.assign(product_id=rows["product_id"].fillna("none").astype(str))
    return table


def signal_names(table: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Numeric and categorical signals of a table of `contract_signals`."""
    numeric = [name for name in table if name in NUMERIC or name.startswith(KIND_PREFIX)]
    return numeric, [name for name in CATEGORICAL if name in table]


def frequent_kinds(history: History, dates: pd.DataFrame) -> list[str]:
    """Kinds of contact that at least 20 contracts had in the 60 days up to their reference date, as most often written.

    Accents and case make no other kind. Visits and complaints, recognised by their stem in Portuguese and English, are
    always counted and not listed.
    """
    if history.interactions is None or history.interactions.empty:
        return []
    rows = dates[["contract_id", "date"]].merge(history.contracts[["contract_id", "customer_id"]], on="contract_id")
    moments, kind = _Moments(rows["customer_id"], rows["date"]), _plain(history.interactions["kind"])
    broad = _has_stem(kind, VISIT_STEMS) | _has_stem(kind, COMPLAINT_STEMS)
    counted = {name: _recent(history.interactions[kind == name], moments) for name in sorted(set(kind[~broad]))}
    frequent = [name for name, count in counted.items() if (count > 0).sum() >= FREQUENT_CONTRACTS]
    return [history.interactions.loc[kind == name, "kind"].mode().iloc[0] for name in frequent]


class _Moments:
    """Client and day of each row, as one number that sorts by client and then by day."""

    def __init__(self, customer_id: pd.Series, date: pd.Series):
        self.clients = pd.Index(customer_id.unique())
        self.day = _day(date)
        self.key = self.clients.get_indexer(customer_id) * _STRIDE + self.day

    def timeline(self, frame: pd.DataFrame, date: str) -> tuple[pd.DataFrame, np.ndarray]:
        """Rows of the clients at hand by client and day, and the same number for each."""
        client = self.clients.get_indexer(frame["customer_id"])
        key = client * _STRIDE + _day(frame[date])
        order = np.argsort(key, kind="stable")
        order = order[client[order] >= 0]
        return frame.iloc[order].reset_index(drop=True), key[order]

    def last(self, key: np.ndarray) -> np.ndarray:
        """Position of the client's last event by the reference date; `_NEVER` where there is none."""
        found = np.searchsorted(key, self.key, side="right") - 1
        own = found >= 0
        own[own] = key[found[own]] // _STRIDE == self.key[own] // _STRIDE
        return np.where(own, found, _NEVER)

    def count(self, key: np.ndarray, after: int, until: int = 0) -> np.ndarray:
        """Events more than `until` - 1 and less than `after` days before the reference date."""
        return np.searchsorted(key, self.key - until, "right") - np.searchsorted(key, self.key - after, "right")


def _day(dates: pd.Series) -> np.ndarray:
    return (dates.to_numpy("datetime64[D]") - _EPOCH).astype("int64")


def _pick(values: np.ndarray, position: np.ndarray) -> np.ndarray:
    """Values at the positions, NaN at `_NEVER`."""
    padded = np.append(np.asarray(values, dtype="float64"), np.nan)
    return padded[position]


def _terms(rows: pd.DataFrame, contracts: pd.DataFrame, moments: _Moments) -> dict[str, np.ndarray]:
    """Amount, length and the client's earlier contracts."""
    begun = contracts.sort_values(["start_date", "contract_id"])
    medians = begun["amount"].clip(lower=1).expanding().median().to_numpy()
    known = np.searchsorted(_day(begun["start_date"]), moments.day, side="right") - 1
    own, own_key = moments.timeline(begun, "start_date")
    start_key = moments.key - moments.day + _day(rows["start_date"])
    before = np.searchsorted(own_key, start_key, side="left")
    first = np.searchsorted(own_key, start_key - start_key % _STRIDE, side="left")
    previous = np.where(before > first, before - 1, _NEVER)
    amount = rows["amount"].clip(lower=1).to_numpy("float64")
    return {
        "amount_vs_portfolio": np.log(amount / _pick(medians, known)),
        "amount_vs_client": np.nan_to_num(np.log(amount / _pick(own["amount"].clip(lower=1), previous))),
        "contract_days": (rows["end_date"] - rows["start_date"]).dt.days.to_numpy("float64"),
        "earlier_contracts": (before - first).astype("float64"),
        **_earlier_outcomes(rows, contracts, moments),
        "relation_days": (moments.day - _day(own["start_date"])[first]).astype("float64"),
    }


def _earlier_outcomes(rows: pd.DataFrame, contracts: pd.DataFrame, moments: _Moments) -> dict[str, np.ndarray]:
    """Of the client's other contracts, those whose outcome was known before the reference date, and the renewed ones."""
    decided = verdicts(contracts)
    own, key = moments.timeline(decided, "known_date")
    totals = np.append(0, own["renewed"].to_numpy("int64").cumsum())
    until = np.searchsorted(key, moments.key, side="left")
    since = np.searchsorted(key, moments.key - moments.day, side="left")
    itself = decided.set_index("contract_id").loc[rows["contract_id"]]
    told = (itself["known_date"].to_numpy() < rows["date"].to_numpy()).astype("int64")
    count = until - since - told
    renewed = totals[until] - totals[since] - told * itself["renewed"].to_numpy("int64")
    return {"earlier_renewed_share": (renewed + 1) / (count + 2), "earlier_decided": count, "earlier_renewed": renewed}


def _buying(purchases: pd.DataFrame, moments: _Moments) -> dict[str, np.ndarray]:
    """Silence in own cycles, recent orders and their trend."""
    if "net_amount" in purchases:
        purchases = purchases[purchases["net_amount"] > 0]
    orders, key = moments.timeline(purchases[["customer_id", "order_date"]].drop_duplicates(), "order_date")
    last, day, client = moments.last(key), _day(orders["order_date"]), key // _STRIDE
    start = np.searchsorted(key, client * _STRIDE, side="left")
    gaps = np.where(np.arange(len(key)) > start, np.diff(day, prepend=0), 1)
    log_sums = np.log(gaps).cumsum()
    own_logs, gap_count = log_sums - log_sums[start], np.arange(len(key)) - start
    typical = _typical_gap(day[gap_count > 0], gaps[gap_count > 0], moments.day)
    recency = moments.day - _pick(day, last)
    cycle = cycles.own_cycle_days(_pick(gap_count, last), _pick(own_logs, last), typical)
    recent, before = moments.count(key, ORDER_DAYS), moments.count(key, 2 * ORDER_DAYS, ORDER_DAYS)
    return {
        "silence_log": np.log1p(recency / cycle),
        "orders_90d": recent.astype("float64"),
        "order_trend": np.log((recent + 1) / (before + 1)),
        "recency_days": recency,
        "own_cycle_days": cycle,
        "orders_previous_90d": before,
        "days_since_first_order": moments.day - _pick(day[start], last),
    }


def _typical_gap(closed_day: np.ndarray, gaps: np.ndarray, day: np.ndarray) -> np.ndarray:
    """Median of the gaps closed by each day."""
    order = np.argsort(closed_day, kind="stable")
    medians = pd.Series(gaps[order]).expanding().median().to_numpy()
    return _pick(medians, np.searchsorted(closed_day[order], day, side="right") - 1)


def _contacts(interactions: pd.DataFrame, moments: _Moments, kinds: Sequence[str]) -> dict[str, np.ndarray]:
    kind = _plain(interactions["kind"])
    visits = interactions[_has_stem(kind, VISIT_STEMS)]
    complaints = interactions[_has_stem(kind, COMPLAINT_STEMS)]
    return {
        "visits_60d": _recent(visits, moments),
        "complaints_60d": _recent(complaints, moments),
        "days_since_visit": _days_since(visits, moments),
        "days_since_complaint": _days_since(complaints, moments),
        **{KIND_PREFIX + name: _recent(interactions[kind == _plain_text(name)], moments) for name in kinds},
    }


def _recent(events: pd.DataFrame, moments: _Moments) -> np.ndarray:
    _, key = moments.timeline(events, "event_date")
    return np.minimum(moments.count(key, CONTACT_DAYS), 3).astype("float64")


def _days_since(events: pd.DataFrame, moments: _Moments) -> np.ndarray:
    own, key = moments.timeline(events, "event_date")
    return moments.day - _pick(_day(own["event_date"]), moments.last(key))


def _plain(kinds: pd.Series) -> pd.Series:
    """Free text as people mean it: without accents, case and outer spaces."""
    return kinds.map({name: _plain_text(name) for name in kinds.unique()}).astype("str")


def _plain_text(kind: str) -> str:
    return formats.strip_accents(kind).strip().lower()


def _has_stem(kinds: pd.Series, stems: Sequence[str]) -> pd.Series:
    return kinds.str.contains("|".join(stems), regex=True)


def _nps_class(surveys: pd.DataFrame, moments: _Moments) -> np.ndarray:
    """Class of the last answer; of several on one day the lowest counts."""
    answers = surveys.sort_values("score", ascending=False, kind="stable")
    own, key = moments.timeline(answers, "answer_date")
    last = moments.last(key)
    score = _pick(own["score"].to_numpy("float64"), last)
    fresh = moments.day - _pick(_day(own["answer_date"]), last) < ANSWER_DAYS
    classes = np.select([score >= 9, score >= 7, score >= 0], ["promoter", "passive", "detractor"], "none")
    return np.where(fresh, classes, "none")
