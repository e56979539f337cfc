"""Down-sell: a cheaper version for whom gave up on a proposal; and whether a loss makes anybody buy it at all.

That most clients buy something cheaper after a loss says nothing by itself: the controls are those who won the proposal,
those who lost it for another reason, and any client of the portfolio in the same days.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.language import N_, translator
from carteira_lib.offers.ladder import DECIMALS
from carteira_lib.shares import difference

SINCE_DAYS, UNTIL_DAYS = 7, 90  # after the loss: too early to insist, too late to remember
CHEAPER = 0.80  # of the price, at most
ONCE_DAYS = 180
FEWEST_LOSSES = 20
STEMS = {
    "price": ("prec", "caro", "price", "expens", "desconto", "discount", "valor"),
    "budget": ("verba", "orcament", "budget", "dinheiro", "caixa", "money"),
    "silence": ("resposta", "silenc", "sumiu", "retorno", "no response", "contato", "ghost"),
}
REASONS = {
    "price": N_("não aceitou {product} pelo preço"),
    "budget": N_("não aceitou {product} por falta de verba"),
    "silence": N_("não respondeu à proposta de {product}"),
}
JUDGED = (*STEMS, "unknown")
CONTROLS = (
    "cause", "compared_with", "proposals", "bought", "share", "control_proposals", "control_bought", "control_share", "lead",
    "lead_low", "lead_high", "enough",
)  # fmt: skip
COLUMNS = ("customer_id", "product_id", "probability", "ticket", "anyway_share", "reason")


class DownSell(NamedTuple):
    """Offers of a cheaper version, the effect with its controls, and what could not be used.

    Attributes
    ----------
    offers : DataFrame
        `COLUMNS`; only for the causes in `found`.
    controls : DataFrame
        Table ``down_sell_controls``.
    found : tuple of str
        Causes after which the share lies above that of every control, intervals of 95 % included.
    not_proven : int
        Clients left without the offer because the effect of their cause was not found.
    without_reason : int
        Lost proposals without a reason, which are taken for no cause at all.
    """

    offers: pd.DataFrame
    controls: pd.DataFrame
    found: tuple[str, ...]
    not_proven: int
    without_reason: int


def cause(proposals: pd.DataFrame) -> pd.Series:
    """Why each lost or abandoned proposal failed: "price", "budget", "silence", "other", "unknown"; missing for the others.

    Examples
    --------
    >>> lost = pd.DataFrame({"status": ["lost", "lost", "abandoned", "won"], "reason": ["Preço alto", None, None, "Preço"]})
    >>> cause(lost).tolist()
    ['price', 'unknown', 'silence', nan]
    """
    reason = proposals["reason"].astype("object")
    plain = reason.map(_plain, na_action="ignore")
    found = pd.Series("other", index=proposals.index, dtype="object")
    for name, stems in reversed(STEMS.items()):
        hit = plain.map(lambda text, stems=stems: any(stem in text for stem in stems), na_action="ignore").eq(True)
        found = found.mask(hit, name)
    empty = plain.isna() | plain.eq("")
    found = found.mask(empty, "unknown").mask(empty & proposals["status"].eq("abandoned"), "silence")
    return found.where(proposals["status"].isin(["lost", "abandoned"]))


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", bare).strip().lower()


def known_on(proposals: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The proposals as known on a day: those sent by then; what was closed later, or has no date of closing, by its sending."""
    sent = proposals[proposals["sent_date"] <= as_of].copy()
    later = sent["closed_date"] > as_of
    sent["status"] = sent["status"].mask(later, "open")
    sent["reason"] = sent["reason"].mask(later)
    sent["closed_date"] = sent["closed_date"].mask(later).fillna(sent["sent_date"])
    return sent.assign(cause=cause(sent))


def down_sell(
    proposals: pd.DataFrame,
    days: pd.DataFrame,
    products: pd.DataFrame,
    steps: pd.DataFrame,
    live: pd.Series,
    as_of: pd.Timestamp,
    *,
    margins: pd.Series,
    language: str = "pt-BR",
) -> DownSell:
    """The cheaper version for each client that lost a proposal for its price, its budget or by silence 7 to 90 days ago.

    Parameters
    ----------
    proposals, products : DataFrame
        Their contracts.
    days : DataFrame
        As `features.ladder_days`; days after `as_of` are ignored.
    steps : DataFrame
        As `ladder.ladder` gives them.
    live : Series
        Ids of the clients to make offers to.
    margins : Series
        Margin of a unit by ``product_id``.
    """
    sent, bought = known_on(proposals, as_of), days[days["order_date"] <= as_of]
    cheaper = cheaper_of(steps)
    controls = effect(sent, bought, cheaper, as_of)
    found = proven(controls)
    wanted = _wanted(sent, bought, products, cheaper, as_of, margins=margins)
    wanted = wanted[wanted["customer_id"].isin(live)]
    chosen = wanted[wanted["cause"].isin(found.index)].reset_index(drop=True)
    names = products.drop_duplicates("product_id").set_index("product_id")["name"].dropna().to_dict()
    offers = chosen.assign(
        probability=chosen["cause"].map(found["share"]).astype("float64"),
        anyway_share=chosen["cause"].map(found["control_share"]).astype("float64"),
        reason=[_reason(row, names, language) for row in chosen.to_dict("records")],
    )
    unknown = int((sent["cause"] == "unknown").sum())
    return DownSell(offers[list(COLUMNS)], controls, tuple(found.index), len(wanted) - len(chosen), unknown)


def _reason(row: dict, names: dict[str, str], language: str) -> str:
    return translator(language)(REASONS[row["cause"]], product=names.get(row["refused"], row["refused"]))


def proven(controls: pd.DataFrame) -> pd.DataFrame:
    """The causes after which more clients buy the cheaper version than in every control: ``share``, ``control_share`` (the largest)."""
    judged = controls[controls["enough"].astype(bool)]
    by_cause = judged.groupby("cause").agg(
        share=("share", "first"), control_share=("control_share", "max"), least=("lead_low", "min")
    )
    return by_cause[by_cause["least"] > 0]


def cheaper_of(steps: pd.DataFrame) -> pd.DataFrame:
    """The next version below each product, with the share of its price: ``product_id``, ``cheaper_id``, ``price_share``, ``on_sale``."""
    table = pd.DataFrame(
        {
            "product_id": steps["next_product_id"], "cheaper_id": steps["product_id"], "family": steps["family"],
            "price_share": (steps["price"].astype("float64") / steps["next_price"].astype("float64")).round(DECIMALS), "on_sale": steps["product_on_sale"],
        }
    )  # fmt: skip
    return table.drop_duplicates("product_id")


def effect(sent: pd.DataFrame, days: pd.DataFrame, cheaper: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The share that bought the next cheaper version within 90 days after the proposal was closed, by what came of it.

    Parameters
    ----------
    sent : DataFrame
        As `known_on` gives it: proposals whose 90 days are over by `as_of` are judged.
    days : DataFrame
        As `features.ladder_days`.
    cheaper : DataFrame
        As `cheaper_of` gives it.

    Returns
    -------
    DataFrame
        Table ``down_sell_controls``: one row per cause ("price", "budget", "silence", or "unknown" where the CRM notes
        no reason) and control ("other_reason"; "won"; "anyone": the other clients, in the days of each loss), with the
        lead over the control and its interval.
    """
    over = sent["closed_date"] + pd.Timedelta(days=UNTIL_DAYS) <= as_of
    judged = sent[over & (sent["status"] != "open")].merge(cheaper, on="product_id", how="inner")
    judged = judged.assign(bought=_bought_after(judged, days))
    others = {
        "other_reason": judged[judged["cause"] == "other"],
        "won": judged[judged["status"] == "won"],
    }
    counts = {name: (int(part["bought"].sum()), len(part)) for name, part in others.items()}
    rows = []
    for name in JUDGED:
        part = judged[judged["cause"] == name]
        if part.empty:
            continue
        hits, losses = int(part["bought"].sum()), len(part)
        for control, (bought, total) in (counts | {"anyone": _anyone(part, days)}).items():
            shares = hits / losses, bought / total if total else np.nan
            lead = difference(hits, losses, bought, total)
            enough = min(losses, total) >= FEWEST_LOSSES
            rows.append((name, control, losses, hits, shares[0], total, bought, shares[1], *lead, enough))
    return pd.DataFrame(rows, columns=list(CONTROLS))


def _bought_after(judged: pd.DataFrame, days: pd.DataFrame) -> np.ndarray:
    """Whether the client of each proposal bought the cheaper version in the 90 days after the closing."""
    pairs = judged[["customer_id", "cheaper_id", "closed_date"]].reset_index(names="at")
    met = pairs.merge(days, left_on=["customer_id", "cheaper_id"], right_on=["customer_id", "product_id"])
    wait = (met["order_date"] - met["closed_date"]).dt.days
    return judged.index.isin(met.loc[(wait > 0) & (wait <= UNTIL_DAYS), "at"])


def _anyone(lost: pd.DataFrame, days: pd.DataFrame) -> tuple[int, int]:
    """How many other clients bought the cheaper version in the days after each loss, and of how many; counted, not drawn."""
    everyone = days["customer_id"].nunique()
    if lost.empty or everyone < 2:
        return 0, 0
    pairs = lost[["customer_id", "cheaper_id", "closed_date"]].reset_index(names="at")
    met = pairs.merge(days, left_on="cheaper_id", right_on="product_id", suffixes=("", "_other"))
    wait = (met["order_date"] - met["closed_date"]).dt.days
    inside = met[(wait > 0) & (wait <= UNTIL_DAYS) & (met["customer_id"] != met["customer_id_other"])]
    hits = inside.drop_duplicates(["at", "customer_id_other"])
    # each loss stands for one client drawn at random: the mean share, as if so many had been drawn
    share = len(hits) / (len(pairs) * (everyone - 1))
    return round(share * len(pairs)), len(pairs)


def _wanted(
    sent: pd.DataFrame,
    days: pd.DataFrame,
    products: pd.DataFrame,
    cheaper: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    margins: pd.Series,
) -> pd.DataFrame:
    """The last such proposal of each client that still waits for a cheaper answer."""
    age = (as_of - sent["closed_date"]).dt.days
    fresh = sent[age.between(SINCE_DAYS, UNTIL_DAYS) & sent["cause"].isin(list(STEMS))].merge(cheaper, on="product_id")
    fresh = fresh[
        (fresh["price_share"] <= CHEAPER) & fresh["on_sale"].astype(bool) & fresh["cheaper_id"].map(margins).gt(0)
    ]
    family_of = products.drop_duplicates("product_id").set_index("product_id")["family"]
    bought = (
        days.assign(family=days["product_id"].map(family_of)).groupby(["customer_id", "family"])["order_date"].max()
    )
    owned = pd.MultiIndex.from_frame(days[["customer_id", "product_id"]])
    last = bought.reindex(pd.MultiIndex.from_frame(fresh[["customer_id", "family"]])).to_numpy()
    has = pd.MultiIndex.from_frame(fresh[["customer_id", "cheaper_id"]]).isin(owned)
    since = pd.Series(last, index=fresh.index) > fresh["sent_date"]
    open_ones = fresh[~has & ~since.to_numpy()]
    first = open_ones.sort_values(["closed_date", "amount", "proposal_id"], ascending=[False, False, True])
    once = first.drop_duplicates("customer_id")
    table = once.assign(
        refused=once["product_id"], product_id=once["cheaper_id"], ticket=once["amount"] * once["price_share"]
    )
    return table[["customer_id", "product_id", "refused", "cause", "ticket", "proposal_id"]]
