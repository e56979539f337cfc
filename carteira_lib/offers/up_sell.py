"""Up-sell: the next version of what a client already buys, where it spends more on it or its peers have moved up."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.formats import percent
from carteira_lib.language import translator
from carteira_lib.offers.holdout import RESAMPLES, cutoffs
from carteira_lib.offers.ladder import DECIMALS, MAX_STEP

SPAN_DAYS = 180  # spend of so many days is compared with that of as many before
HELD_DAYS = 365  # a version bought since then is held
RISE, PEERS = 0.20, 0.50
FEWEST_PEERS = 5
FEWEST_MOVES = 20
USABLE_AUC = 0.60  # below it a signal orders little better than chance
COLUMNS = ("customer_id", "product_id", "probability", "ticket", "gain", "anyway_share", "reason")


class UpSell(NamedTuple):
    """Offers of the next version, and what the triggers were worth on past dates.

    Attributes
    ----------
    offers : DataFrame
        `COLUMNS`: ``gain`` is the margin of a horizon's units in the dearer version over the cheaper, ``ticket`` their price; ``probability`` is
        missing unless the backtest earned one; ``anyway_share`` then is missing too.
    test : dict
        ``held`` (client, family and date), ``moves``, ``base_share`` (that moved up in the horizon), ``triggered``,
        ``triggered_share``, ``auc``, ``auc_low``, ``auc_high``.
    earned : bool
        Whether the triggers tell who moves up.
    """

    offers: pd.DataFrame
    test: dict[str, float]
    earned: bool


def up_sell(
    days: pd.DataFrame,
    steps: pd.DataFrame,
    customers: pd.DataFrame,
    live: pd.Series,
    as_of: pd.Timestamp,
    *,
    horizon_days: int,
    language: str = "pt-BR",
    seed: int = 0,
) -> UpSell:
    """The next version to offer to each live client that holds a lower one, where a trigger says so.

    Parameters
    ----------
    days : DataFrame
        As `features.ladder_days` gives it; days after `as_of` are ignored.
    steps : DataFrame
        As `ladder.ladder` gives them.
    customers : DataFrame
        Contract ``customers``: ``sector`` tells the peers.
    live : Series
        Ids of the clients to make offers to.
    """
    known = days[days["order_date"] <= as_of]
    sectors = customers.drop_duplicates("customer_id").set_index("customer_id")["sector"]
    past = [moved(known, steps, sectors, date, horizon_days) for date in cutoffs(as_of, horizon_days)]
    test = triggers_worth(pd.concat(past, ignore_index=True), seed)
    earned = bool(test["auc_low"] >= USABLE_AUC)
    now = held(known, steps, sectors, as_of)
    now = now[now["next_on_sale"].astype(bool) & now["customer_id"].isin(live) & (now["price_step"] <= MAX_STEP)]
    now = now[now["triggered"] & (now["gain"] > 0)].reset_index(drop=True)
    share = test["triggered_share"] if earned else np.nan
    spent = now["yearly_amount"] * horizon_days / HELD_DAYS
    offers = pd.DataFrame(
        {
            "customer_id": now["customer_id"], "product_id": now["next_product_id"], "probability": share,
            "ticket": spent * (1 + now["price_step"]),
            "gain": spent / now["price"] * now["gain"],
            "anyway_share": test["base_share"] if earned else np.nan,
            "reason": [_reason(row, language) for row in now.to_dict("records")],
        }
    )  # fmt: skip
    return UpSell(offers.sort_values(["gain", "customer_id"], ascending=[False, True], ignore_index=True), test, earned)


def held(days: pd.DataFrame, steps: pd.DataFrame, sectors: pd.Series, date: pd.Timestamp) -> pd.DataFrame:
    """Who holds which version on a date, one row per client and family with a step up, and what triggers an offer.

    Returns
    -------
    DataFrame
        The columns of `steps`, ``customer_id``, ``rise`` (of the spend in the family, 180 days against the 180 before; NaN without
        the latter), ``peer_share`` (of the other clients of the sector with the family, those above the version), ``triggered``,
        ``yearly_amount``.
    """
    family_of = pd.concat([steps.set_index("product_id")["family"], steps.set_index("next_product_id")["family"]])
    family_of = family_of[~family_of.index.duplicated()]
    known = days[(days["order_date"] <= date) & days["product_id"].isin(family_of.index)]
    known = known.assign(family=known["product_id"].map(family_of), age=(date - known["order_date"]).dt.days)
    level = _levels(steps)
    recent = known[known["age"] < HELD_DAYS].assign(level=lambda t: t["product_id"].map(level))
    top = recent.sort_values(["level", "product_id"]).drop_duplicates(["customer_id", "family"], keep="last")
    table = top[["customer_id", "family", "product_id", "level"]].assign(sector=top["customer_id"].map(sectors))
    table["peer_share"] = _peer_share(table)
    spent = {
        name: known[known["age"].between(first, last)].groupby(["customer_id", "family"])["amount"].sum()
        for name, first, last in (
            ("now", 0, SPAN_DAYS - 1),
            ("before", SPAN_DAYS, 2 * SPAN_DAYS - 1),
            ("year", 0, HELD_DAYS - 1),
        )
    }
    keys = pd.MultiIndex.from_frame(table[["customer_id", "family"]])
    amounts = {name: values.reindex(keys).to_numpy(dtype="float64") for name, values in spent.items()}
    table = table.assign(
        rise=(np.nan_to_num(amounts["now"]) / amounts["before"] - 1).round(DECIMALS),
        yearly_amount=np.nan_to_num(amounts["year"]),
    )
    joined = table.merge(steps.drop(columns="family"), on="product_id", how="inner")
    return joined.assign(triggered=(joined["rise"] >= RISE) | (joined["peer_share"] >= PEERS)).sort_values(
        ["customer_id", "family"], ignore_index=True
    )


def _levels(steps: pd.DataFrame) -> pd.Series:
    """How high each product stands in its family: by price, which rises with the level."""
    prices = pd.concat([steps.set_index("product_id")["price"], steps.set_index("next_product_id")["next_price"]])
    return prices[~prices.index.duplicated()].astype("float64")


def _peer_share(table: pd.DataFrame) -> pd.Series:
    """Of the other clients of the sector that hold the family, the share with a higher version; NaN below five of them."""
    groups = table.groupby(["family", "sector"])["level"]
    count = groups.transform("size")
    # ranked from the top, equal levels at the worst place: those before are strictly above
    above = groups.rank(method="min", ascending=False) - 1
    return (above / (count - 1)).where(count > FEWEST_PEERS)


def moved(
    days: pd.DataFrame, steps: pd.DataFrame, sectors: pd.Series, date: pd.Timestamp, horizon_days: int
) -> pd.DataFrame:
    """`held` on a past date, with ``moved``: whether the client bought the next version in the horizon that followed."""
    table = held(days, steps, sectors, date)
    end = date + pd.Timedelta(days=horizon_days)
    later = days[(days["order_date"] > date) & (days["order_date"] <= end)]
    bought = pd.MultiIndex.from_frame(later[["customer_id", "product_id"]])
    wanted = pd.MultiIndex.from_frame(table[["customer_id", "next_product_id"]])
    return table.assign(moved=wanted.isin(bought).astype("int64"), cutoff=date)


def triggers_worth(table: pd.DataFrame, seed: int) -> dict[str, float]:
    """What the triggers were worth: shares that moved up, and how often they put a client that did before one that did not.

    Pairs are of clients with the same step on the same date: that one family moves up more than another tells nothing of
    its clients. The interval is resampled by client.
    """
    moves, hit = int(table["moved"].sum()), table[table["triggered"].astype(bool)]
    test = {
        "held": len(table), "moves": moves, "base_share": table["moved"].mean() if len(table) else np.nan,
        "triggered": len(hit), "triggered_share": hit["moved"].mean() if len(hit) else np.nan,
    }  # fmt: skip
    none = dict.fromkeys(("auc", "auc_low", "auc_high"), np.nan)
    if moves < FEWEST_MOVES or moves == len(table):
        return test | none
    signal = table["rise"].clip(-1, 3).fillna(0.0) + table["peer_share"].fillna(0.0)
    judged = table.assign(signal=signal)[["cutoff", "product_id", "signal", "moved"]]
    rows = pd.Series(np.arange(len(table))).groupby(table["customer_id"].to_numpy()).apply(np.asarray).tolist()
    rng, areas = np.random.default_rng(seed), []
    for _ in range(RESAMPLES // 4):
        drawn = np.concatenate([rows[i] for i in rng.integers(0, len(rows), len(rows))])
        areas.append(pairs_in_order(judged.iloc[drawn]))
    low, high = np.nanquantile(areas, [0.025, 0.975])
    return test | {"auc": pairs_in_order(judged), "auc_low": low, "auc_high": high}


def pairs_in_order(judged: pd.DataFrame) -> float:
    """Share of the pairs of one who moved and one who did not, of the same ``cutoff`` and ``product_id``, in the right order.

    Examples
    --------
    >>> pairs_in_order(pd.DataFrame({"cutoff": 1, "product_id": list("aaab"), "signal": [1, 2, 2, 9], "moved": [0, 1, 0, 0]}))
    0.75
    """
    groups = judged.groupby(["cutoff", "product_id"])
    ranks = groups["signal"].rank() * judged["moved"]
    sums = (
        pd.DataFrame({"rank": ranks, "moved": judged["moved"], "all": 1})
        .groupby([judged["cutoff"], judged["product_id"]])
        .sum()
    )
    pairs = sums["moved"] * (sums["all"] - sums["moved"])
    right = sums["rank"] - sums["moved"] * (sums["moved"] + 1) / 2
    return float(right.sum() / pairs.sum()) if pairs.sum() else np.nan


def _reason(row: dict, language: str) -> str:
    _ = translator(language)
    if row["rise"] >= RISE:
        return _(
            "gasta {share} mais nesta família do que no semestre anterior", share=percent(row["rise"], 0, language)
        )
    return _(
        "{share} dos clientes do mesmo setor já compram versão acima", share=percent(row["peer_share"], 0, language)
    )
