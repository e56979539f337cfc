"""What can be offered to whom, and what the portfolio's past says of each kind of offer: the first half of page 06."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.language import N_
from carteira_lib.offers import calls
from carteira_lib.offers.cross_sell import CrossSell, cross_sell
from carteira_lib.offers.down_sell import DownSell, down_sell
from carteira_lib.offers.ladder import ladder, unit_margin
from carteira_lib.offers.up_sell import UpSell, up_sell
from carteira_lib.tables import ParameterError, Problem

LIVE = ("active", "late")
KINDS = ("cross_sell", "up_sell", "down_sell", "renewal", "reactivation")
UP_SELLS_PER_CLIENT = 1
OFFER_COLUMNS = tables.contract("offers").column_names


class Terms(NamedTuple):
    """What an offer is judged by.

    Attributes
    ----------
    horizon_days : int
        Days in which an offer has to bear fruit.
    margin : float
        Share of the revenue that is margin where a product has no cost, 0 to 1.
    """

    horizon_days: int = 90
    margin: float = 0.3


class Analysis(NamedTuple):
    """Offers and their evidence.

    Attributes
    ----------
    offers, evidence, controls, baskets, gaps : DataFrame
        Tables ``offers``, ``offer_evidence``, ``down_sell_controls``, ``baskets`` and ``offer_gaps``.
    cross : CrossSell
    up : UpSell
    down : DownSell
    terms : Terms
    """

    offers: pd.DataFrame
    evidence: pd.DataFrame
    controls: pd.DataFrame
    baskets: pd.DataFrame
    gaps: pd.DataFrame
    cross: CrossSell
    up: UpSell
    down: DownSell
    terms: Terms


def analyse(
    frames: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    terms: Terms,
    *,
    language: str = "pt-BR",
    seed: int = 0,
) -> Analysis:
    """All offers of all clients, none held back yet, with what the past says of each kind.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``portfolio``, ``renewals``, ``silences``, ``customers``, ``products``, ``proposals``, ``takeups``, ``ladder_days``; and, empty where
        page 04 did not run, ``churn``, ``churn_scores``, ``renewal_scores``.
    as_of : Timestamp
    terms : Terms
    language : str
        Of the reasons.
    seed : int
        Of the resamples.

    Raises
    ------
    ParameterError
        Terms that cannot be.

    Notes
    -----
    The expected value of a contact is probability x ticket x margin x (1 - share that buys anyway). Until a control group
    has measured that share, it is what clients did without any list: the probability itself, which was learned from such
    a past; after a lost proposal, the share of the largest control.
    """
    _check(terms, language)
    portfolio, products = frames["portfolio"], frames["products"]
    live = portfolio[portfolio["status"].isin(LIVE)]
    steps, problems = ladder(products, terms.margin)
    shared = {"horizon_days": terms.horizon_days, "language": language, "seed": seed}
    cross = cross_sell(frames["takeups"], frames["customers"], products, live, as_of, **shared)
    up = up_sell(frames["ladder_days"], steps, frames["customers"], live["customer_id"], as_of, **shared)
    margins = unit_margin(products, terms.margin)
    down = down_sell(
        frames["proposals"], frames["ladder_days"], products, steps, portfolio["customer_id"], as_of,
        margins=margins, language=language,
    )  # fmt: skip
    names = dict(products.loc[products["name"].notna(), ["product_id", "name"]].itertuples(index=False))
    renewals = calls.renewals(frames["renewals"], frames["renewal_scores"], language=language)
    back = calls.reactivation(
        portfolio, frames["churn"], frames["silences"], frames["takeups"], as_of, names=names, language=language
    )
    parts = [_crossed(cross, products, margins, terms), _upped(up), _downed(down, products, margins, terms)]
    parts += [_renewed(renewals, terms), _won_back(back, terms)]
    evidence = _evidence(cross, up, down, back, frames)
    return Analysis(
        offers=_joined(parts),
        evidence=tables.conform(evidence, "offer_evidence"),
        controls=tables.conform(down.controls, "down_sell_controls"),
        baskets=tables.conform(cross.pairs, "baskets"),
        gaps=tables.conform(_gaps(frames, cross, down, problems, back), "offer_gaps"),
        cross=cross,
        up=up,
        down=down,
        terms=terms,
    )


def _check(terms: Terms, language: str) -> None:
    problems = []
    if not 1 <= terms.horizon_days <= 3650:
        message = N_("{name}: {value} não é um número de dias entre 1 e 3650")
        problems.append(Problem(message, {"name": "offer_days", "value": terms.horizon_days}))
    if not 0 < terms.margin <= 1:
        message = N_("{name}: {value} não é uma parte; use um número acima de 0 e até 1, como 0.3 para 30%")
        problems.append(Problem(message, {"name": "margin", "value": terms.margin}))
    if problems:
        raise ParameterError(problems, language=language)


def _margin_share(codes: pd.Series, products: pd.DataFrame, margins: pd.Series, terms: Terms) -> pd.Series:
    """Margin over price of each product; `terms.margin` where price or cost is not known."""
    price = products.drop_duplicates("product_id").set_index("product_id")["list_price"].astype("float64")
    return codes.map((margins / price.where(price > 0)).clip(upper=1)).astype("float64").fillna(terms.margin)


def _crossed(cross: CrossSell, products: pd.DataFrame, margins: pd.Series, terms: Terms) -> pd.DataFrame:
    offers = cross.offers.assign(
        kind="cross_sell", anyway_share=cross.offers["probability"], evidence=cross.basis, moment=pd.NaT
    )
    margin = offers["ticket"] * _margin_share(offers["product_id"], products, margins, terms)
    return offers.assign(expected_value=offers["probability"] * margin * (1 - offers["anyway_share"]))


def _upped(up: UpSell) -> pd.DataFrame:
    """One step per client, that of the largest margin; without a chance of its own, the share of all that moved up."""
    first = up.offers.groupby("customer_id").head(UP_SELLS_PER_CLIENT)
    share = first["probability"].astype("float64").fillna(up.test["base_share"])
    anyway = first["anyway_share"].astype("float64").fillna(up.test["base_share"])
    evidence = "triggers" if up.earned else "order_only"
    value = share * first["gain"] * (1 - anyway)
    return first.assign(kind="up_sell", evidence=evidence, moment=pd.NaT, expected_value=value.fillna(0.0))


def _downed(down: DownSell, products: pd.DataFrame, margins: pd.Series, terms: Terms) -> pd.DataFrame:
    offers = down.offers.assign(kind="down_sell", evidence="controls", moment=pd.NaT)
    margin = offers["ticket"] * _margin_share(offers["product_id"], products, margins, terms)
    return offers.assign(expected_value=offers["probability"] * margin * (1 - offers["anyway_share"]))


def _renewed(renewals: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    """A contract without a chance counts as an even one: it must be called anyway."""
    chance = renewals["probability"].astype("float64")
    known = chance.fillna(0.5)
    value = known * (1 - known) * renewals["ticket"] * terms.margin
    return renewals.assign(kind="renewal", anyway_share=chance, expected_value=value)


def _won_back(back: pd.DataFrame, terms: Terms) -> pd.DataFrame:
    chance = back["probability"].astype("float64")
    return back.assign(
        kind="reactivation", anyway_share=chance, expected_value=chance * (1 - chance) * back["ticket"] * terms.margin
    )


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Table ``offers``: by client, the most valuable first."""
    whole = [part.reindex(columns=list(OFFER_COLUMNS)) for part in parts if len(part)]
    table = (
        pd.concat([part.astype({"moment": "datetime64[us]"}) for part in whole])
        if whole
        else pd.DataFrame(columns=OFFER_COLUMNS)
    )
    reasons = [text[:1].upper() + text[1:] for text in table["reason"]]
    table = table.assign(expected_value=table["expected_value"].astype("float64").fillna(0.0).round(4), reason=reasons)
    return tables.conform(
        table.sort_values(
            ["customer_id", "expected_value", "kind", "product_id"],
            ascending=[True, False, True, True],
            ignore_index=True,
        ),
        "offers",
    )


def _evidence(
    cross: CrossSell, up: UpSell, down: DownSell, back: pd.DataFrame, frames: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Table ``offer_evidence``: one row per kind, whether there are such offers today or not."""
    nothing = {"ours": np.nan, "rule_share": np.nan, "lead": np.nan, "lead_low": np.nan, "lead_high": np.nan}
    test, area = cross.test, up.test
    rows = [{"kind": "cross_sell", "offer_measure": "ndcg", "simple_rule": "popularity", "cases": test["judged"],
             **nothing, **{k: test.get(k, np.nan) for k in ("ours", "lead", "lead_low", "lead_high")},
             "rule_share": test.get("rule", np.nan)}]  # fmt: skip
    rows.append({"kind": "up_sell", "offer_measure": "auc", "simple_rule": "chance", "cases": area["held"], **nothing})
    if not np.isnan(area["auc"]):
        rows[-1] |= {"ours": area["auc"], "rule_share": 0.5, "lead": area["auc"] - 0.5,
                     "lead_low": area["auc_low"] - 0.5, "lead_high": area["auc_high"] - 0.5}  # fmt: skip
    rows.append(
        {"kind": "down_sell", "offer_measure": "bought", "simple_rule": "control", **nothing, **_strictest(down)}
    )
    scores = frames["renewal_scores"]
    found = calls.evidence_of_churn(frames["churn_scores"])
    rows.append({"kind": "reactivation", "offer_measure": "auc" if found else "none",
                 "simple_rule": "recency" if found else "none", **nothing, **({"cases": 0} | found)})  # fmt: skip
    table = pd.DataFrame(rows)
    table["offer_verdict"] = [_verdict(row, up.earned) for row in table.to_dict("records")]
    last = {"kind": "renewal", "offer_measure": "none", "simple_rule": "none", "cases": len(scores), **nothing,
            "offer_verdict": "page_04" if len(scores) else "untested"}  # fmt: skip
    table = pd.concat([table, pd.DataFrame([last])], ignore_index=True)
    # what page 04 would have measured is not a sample too small
    missing = [
        kind
        for kind, rows, scored in (
            ("reactivation", back, frames["churn_scores"]),
            ("renewal", frames["renewals"], scores),
        )
        if len(rows) and scored.empty
    ]
    unmeasured = table["kind"].isin(missing) & table["offer_verdict"].eq("untested")
    return table.assign(offer_verdict=table["offer_verdict"].mask(unmeasured, "no_page_04"))


def _strictest(down: DownSell) -> dict[str, float]:
    """Of the causes of a loss, that with the largest lead over its hardest control."""
    judged = down.controls[down.controls["enough"].astype(bool)]
    if judged.empty:
        return {"cases": int(down.controls.drop_duplicates("cause")["proposals"].sum())}
    hardest = judged.sort_values("lead_low").drop_duplicates("cause")
    row = hardest.sort_values("lead_low").iloc[-1]
    return {"cases": int(row["proposals"]), "ours": row["share"], "rule_share": row["control_share"],
            "lead": row["lead"], "lead_low": row["lead_low"], "lead_high": row["lead_high"]}  # fmt: skip


def _verdict(row: dict, earned: bool) -> str:
    if pd.isna(row["lead_low"]):
        return "untested"
    if row["kind"] == "up_sell":
        return "wins" if earned else "no_evidence"
    return "wins" if row["lead_low"] > 0 else "no_evidence"


def _gaps(
    frames: Mapping[str, pd.DataFrame], cross: CrossSell, down: DownSell, problems: pd.DataFrame, back: pd.DataFrame
) -> pd.DataFrame:
    """Table ``offer_gaps``: what each kind of offer lacks."""
    proposals = frames["proposals"]
    rows = [("cross_sell", cross.basis, None, None)] if cross.basis in ("no_products", "one_product") else []
    rows += [("cross_sell", "left_out", None, cross.left_out)] if cross.left_out else []
    rows += [("cross_sell", "complete", None, cross.complete)] if cross.complete else []
    rows += [
        ("up_sell", "no_register" if code == "no_products" else code, family, None)
        for family, code in problems.itertuples(index=False)
    ]
    if proposals.empty:
        rows.append(("down_sell", "no_proposals", None, None))
    both = int((proposals["status"].eq("open") & proposals["closed_date"].notna()).sum())
    rows += [("down_sell", "closed_but_open", None, both)] if both else []
    rows += [("down_sell", "without_reason", None, down.without_reason)] if down.without_reason else []
    rows += [("down_sell", "not_proven", None, down.not_proven)] if down.not_proven else []
    rows += [("renewal", "no_contracts", None, None)] if frames["renewals"].empty else []
    rows += [("reactivation", "nobody_gone", None, None)] if back.empty else []
    return pd.DataFrame(rows, columns=["kind", "obstacle", "family", "cases"])
