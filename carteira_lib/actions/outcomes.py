"""What earlier lists brought: those on the list against the controls that were held back, as found again in the CRM's contacts.

A row of an earlier list is a contact whose kind begins with "Lista:", then the kind of opportunity and, after another colon, the
product; the status "Controle" marks who was held back. The export of this page writes rows of this form.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carteira_lib.actions.words import CONTROL, KINDS, listed_offer, matches
from carteira_lib.shares import pooled_difference

FEWEST = 10  # in each group; below it no effect is shown
ALL = "all"
SOLD = ("cross_sell", "up_sell", "down_sell")  # kinds judged by the product itself


def earlier(lists: pd.DataFrame, as_of: pd.Timestamp, horizon_days: int) -> pd.DataFrame:
    """The rows of earlier lists whose horizon is over: ``customer_id``, ``event_date``, ``kind``, ``product_id``, ``control``."""
    listed = lists[lists["event_date"] + pd.Timedelta(days=horizon_days) <= as_of]
    offers = [listed_offer(text) for text in listed["kind"]]
    table = listed[["customer_id", "event_date"]].assign(
        kind=[kind for kind, _ in offers],
        product_id=[product for _, product in offers],
        control=matches(listed["status"], CONTROL),
    )
    first = table.dropna(subset=["kind"]).sort_values(["event_date", "customer_id", "control"], kind="stable")
    return first.drop_duplicates(["customer_id", "event_date"]).reset_index(drop=True)


def outcomes(
    lists: pd.DataFrame,
    purchases: pd.DataFrame,
    takeups: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    horizon_days: int,
) -> pd.DataFrame:
    """Table ``outcomes``: who bought within the horizon, among those on earlier lists and among their controls.

    Parameters
    ----------
    lists : DataFrame
        Contract ``interactions``: its rows of earlier lists.
    purchases : DataFrame
        Client-days: ``customer_id``, ``order_date``, ``net_amount``.
    takeups : DataFrame
        As `features.takeups`.

    Returns
    -------
    DataFrame
        One row per kind and one of "all"; none without an earlier list. Everyone on the list counts, called or not: to drop who was not
        reached would compare the willing with the average. "All" holds the kinds that have controls, each compared with its own:
        renewals have none, and their clients buy more than others anyway.
    """
    rows = earlier(lists, as_of, horizon_days)
    columns = [
        "kind",
        "contacted",
        "contacted_bought",
        "control_clients",
        "control_bought",
        "uplift",
        "uplift_low",
        "uplift_high",
        "enough",
    ]
    if rows.empty:
        return pd.DataFrame(columns=columns)
    rows = rows.assign(bought=_bought(rows, purchases[purchases["net_amount"] > 0], takeups, horizon_days))
    kinds = {kind: part for kind in KINDS if len(part := rows[rows["kind"] == kind])}
    counted = {kind: _counts(part) for kind, part in kinds.items()}
    fair = [counts for counts in counted.values() if counts[1] and counts[3]]
    made = [(ALL, *_compared(fair)), *((kind, *_compared([counts])) for kind, counts in counted.items())]
    return pd.DataFrame(made, columns=columns)


def _bought(rows: pd.DataFrame, purchases: pd.DataFrame, takeups: pd.DataFrame, horizon_days: int) -> np.ndarray:
    """Whether each took up the product named, or bought anything where none is named, after the day of the list."""
    places = rows.reset_index(names="at")
    sold = places[places["kind"].isin(SOLD) & places["product_id"].notna()]
    others = places[~places["at"].isin(sold["at"])]
    first = sold.merge(takeups[["customer_id", "product_id", "first_date"]], on=["customer_id", "product_id"])
    any_day = others.merge(purchases[["customer_id", "order_date"]], on="customer_id")
    met = pd.concat(
        [
            first[["at", "event_date", "first_date"]].rename(columns={"first_date": "order_date"}),
            any_day[["at", "event_date", "order_date"]],
        ]
    )
    wait = (met["order_date"] - met["event_date"]).dt.days
    return places["at"].isin(met.loc[(wait > 0) & (wait <= horizon_days), "at"]).to_numpy()


def _counts(part: pd.DataFrame) -> tuple[int, int, int, int]:
    """Buyers and clients among those on the list, and among their controls."""
    listed, held = part[~part["control"]], part[part["control"]]
    return int(listed["bought"].sum()), len(listed), int(held["bought"].sum()), len(held)


def _compared(strata: list[tuple[int, int, int, int]]) -> tuple:
    hits, listed, others, held = (sum(column) for column in zip(*strata, strict=True)) if strata else (0, 0, 0, 0)
    enough = min(listed, held) >= FEWEST
    lead = pooled_difference(strata) if enough else (np.nan,) * 3
    return listed, hits, held, others, *lead, enough


def anyway(table: pd.DataFrame) -> Mapping[str, float]:
    """Measured share of the buyers who would have bought without a contact, by kind: control over listed, where both are enough.

    Controls that bought more than the list by no more than chance leave what is assumed: they would silence the kind for good.
    """
    known = table[table["enough"].astype(bool) & (table["contacted_bought"] > 0) & (table["kind"] != ALL)]
    known = known[(known["uplift"] > 0) | (known["uplift_high"] < 0)]
    listed, held = known["contacted_bought"] / known["contacted"], known["control_bought"] / known["control_clients"]
    return dict(zip(known["kind"], (held / listed).clip(0, 1).astype("float64"), strict=True))
