"""Offers that need no product page: contracts to renew and inactive clients to win back, joined from tables of other pages."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib.formats import date, days
from carteira_lib.language import translator

USUAL = 2  # products named as what the client used to buy
COLUMNS = ("customer_id", "product_id", "probability", "ticket", "moment", "reason", "evidence")


def renewals(due: pd.DataFrame, scores: pd.DataFrame, *, language: str = "pt-BR") -> pd.DataFrame:
    """The queue of contracts to renew, the largest first: one row per client, its contracts together.

    Parameters
    ----------
    due : DataFrame
        Table ``renewals``.
    scores : DataFrame
        Table ``renewal_scores``; may be empty, and then no contract has a chance.

    Returns
    -------
    DataFrame
        `COLUMNS`: ``probability`` is the mean weighted by amount, ``ticket`` the sum of the amounts, ``moment`` the first end.
    """
    _ = translator(language)
    known = scores[["contract_id", "renewal_probability", "renewal_basis", "reason_1_text"]]
    table = due.merge(known, on="contract_id", how="left")
    rows = []
    for client, part in table.groupby("customer_id"):
        part = part.sort_values(["end_date", "contract_id"])
        amount, chance = float(part["amount"].sum()), part["renewal_probability"].astype("float64")
        mean = float((chance * part["amount"]).sum() / amount) if amount > 0 and chance.notna().all() else np.nan
        first = part.iloc[0]
        left = int(first["days_left"])
        reason = (
            _("contrato termina em {days}", days=days(left, language))
            if left >= 0
            else _("contrato venceu há {days}", days=days(-left, language))
        )
        basis = first["renewal_basis"] if pd.notna(first["renewal_basis"]) else "untested"
        rows.append((client, None, mean, amount, first["end_date"], reason, basis))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["ticket", "customer_id"], ascending=[False, True], ignore_index=True
    )


def reactivation(
    portfolio: pd.DataFrame,
    churn: pd.DataFrame,
    silences: pd.DataFrame,
    usual: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    names: dict[str, str],
    language: str = "pt-BR",
) -> pd.DataFrame:
    """Inactive clients by chance of coming back times what an order of theirs is worth, with what they used to buy.

    Parameters
    ----------
    portfolio : DataFrame
        Table of that name: those ``inactive`` and not ``occasional`` are considered.
    churn : DataFrame
        Table ``churn``: one less its probability is the chance. Where page 04 did not run, the share of ``silences``
        as long that ended in a return.
    silences : DataFrame
        Table of that name.
    usual : DataFrame
        As `features.takeups`.
    names : mapping of product to its name

    Returns
    -------
    DataFrame
        `COLUMNS`: ``moment`` is the next day that falls on the client's own cycle, counted from its last order.
    """
    gone = portfolio[(portfolio["status"] == "inactive") & ~portfolio["occasional"].astype(bool)]
    chance = 1 - churn.set_index("customer_id")["churn_probability"].astype("float64")
    known = gone["customer_id"].map(chance).astype("float64")
    evidence = np.where(known.notna(), "churn", "silences")
    probability = known.fillna(_by_silence(gone, silences))
    cycle = gone["own_cycle_days"].astype("float64").clip(lower=1)
    waited = (as_of - gone["last_order_date"]).dt.days
    moment = gone["last_order_date"] + pd.to_timedelta((np.ceil((waited + 1) / cycle) * cycle).round(), unit="D")
    bought = _used_to_buy(gone["customer_id"], usual, names)
    table = pd.DataFrame(
        {
            "customer_id": gone["customer_id"], "product_id": None, "probability": probability,
            "ticket": gone["average_order_value"].astype("float64"), "moment": moment,
            "reason": [
                _why(row, what, language) for row, what in zip(gone.to_dict("records"), bought, strict=True)
            ],
            "evidence": evidence,
        }
    )  # fmt: skip
    table = table[table["probability"].notna() & (table["ticket"] > 0)]
    worth = (table["probability"] * table["ticket"]).rename("worth")
    return table.assign(worth=worth).sort_values(["worth", "customer_id"], ascending=[False, True], ignore_index=True)[
        list(COLUMNS)
    ]


def _by_silence(gone: pd.DataFrame, silences: pd.DataFrame) -> pd.Series:
    """Share of the silences of as many whole cycles that ended in a return; of the longest known for longer ones."""
    known = silences[silences["enough"].astype(bool)].sort_values("cycles")
    if known.empty:
        return pd.Series(np.nan, index=gone.index)
    cycles = gone["silence_cycles"].astype("float64").fillna(0)
    place = np.searchsorted(known["cycles"].to_numpy(dtype="float64"), np.floor(cycles), side="right") - 1
    shares = known["share"].astype("float64").to_numpy()
    return pd.Series(shares[np.maximum(place, 0)], index=gone.index)


def _used_to_buy(clients: pd.Series, usual: pd.DataFrame, names: dict[str, str]) -> list[list[str]]:
    own = usual[usual["customer_id"].isin(clients)].sort_values(
        ["customer_id", "days", "amount", "product_id"], ascending=[True, False, False, True]
    )
    first = own.groupby("customer_id").head(USUAL).groupby("customer_id")["product_id"].apply(list).to_dict()
    return [[names.get(code, code) for code in first.get(client, [])] for client in clients]


def _why(row: dict, bought: list[str], language: str) -> str:
    _ = translator(language)
    since = _("não compra desde {day}", day=date(row["last_order_date"], language))
    if len(bought) > 1:
        return _("{since}; comprava {first} e {second}", since=since, first=bought[0], second=bought[1])
    return _("{since}; comprava {first}", since=since, first=bought[0]) if bought else since


def evidence_of_churn(churn_scores: pd.DataFrame, basis: str = "portfolio") -> dict[str, float]:
    """How well the chance of page 04 orders clients against days without an order: ``ours``, ``rule_share`` and the lead, in shares of pairs."""
    table = churn_scores.set_index(["population", "forecaster"])
    if (basis, "recency") not in table.index:
        return {}
    rule = table.loc[(basis, "recency")]
    lead, low, high = (float(rule[name]) for name in ("auc_lead", "lead_low", "lead_high"))
    auc = float(rule["auc"])
    judged = int(rule["clients"])
    return {"cases": judged, "rule_share": auc, "ours": auc + lead, "lead": lead, "lead_low": low, "lead_high": high}
