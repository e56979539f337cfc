"""The journey gate: who is not to be approached now, or only about a renewal, and why.

A client may be blocked for several causes; the first in the order of `BLOCKS` is the one told. Another event can only add a
block, never lift one: a new complaint never adds an offer.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from carteira_lib.actions.words import CONTROL, REFUSED, TO_DO, listed_offer, matches, with_meaning
from carteira_lib.formats import date, days
from carteira_lib.language import translator

DETRACTOR_DAYS, DETRACTOR_SCORE = 180, 6
COMPLAINT_DAYS = 30
CONTACTS, CONTACT_DAYS = 3, 30
REFUSED_DAYS = 90
OVERDUE_DAYS = 30
ENDING_DAYS = 60
BOUGHT_DAYS = 14
RENEWAL = "renewal"
#: In the order in which they are told; the last two leave the renewal open.
BLOCKS = (
    "opt_out",
    "complaint_open",
    "complaint_recent",
    "overdue",
    "detractor",
    "contacts",
    "contract_ending",
    "just_bought",
)
RENEWAL_OPEN = ("contract_ending", "just_bought")
COLUMNS = ("customer_id", "gate", "gate_text", "renewal_open")


def gates(frames: Mapping[str, pd.DataFrame], as_of: pd.Timestamp, *, language: str = "pt-BR") -> pd.DataFrame:
    """The blocked clients, one row each, with the cause in words.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``interactions``, ``earlier_lists``, ``surveys``, ``contracts``, ``purchases`` (client-days), rows after `as_of` ignored; any may
        be empty.

    Returns
    -------
    DataFrame
        ``customer_id``, ``gate`` (one of `BLOCKS`), ``gate_text``, ``renewal_open`` (whether a renewal may still be spoken of).
    """
    events = with_meaning(frames["interactions"][frames["interactions"]["event_date"] <= as_of])
    found = [
        *_of_events(events, as_of, language),
        _detractors(frames["surveys"], as_of, language),
        _contacted(events, frames["earlier_lists"], as_of, language),
        _ending(frames["contracts"], as_of, language),
        _just_bought(frames["purchases"], as_of, language),
    ]
    table = pd.concat(found, ignore_index=True)
    place = {code: position for position, code in enumerate(BLOCKS)}
    table = table.assign(place=table["gate"].map(place)).sort_values(["customer_id", "place"], kind="stable")
    hard = table.groupby("customer_id")["gate"].agg(lambda codes: set(codes) <= set(RENEWAL_OPEN))
    first = table.drop_duplicates("customer_id").drop(columns="place")
    opened = first["customer_id"].map(hard).astype(bool)
    return first.assign(renewal_open=opened)[list(COLUMNS)].reset_index(drop=True)


def _rows(clients: pd.Series, code: str, texts: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": clients.astype("object"), "gate": code, "gate_text": texts})


def _of_events(events: pd.DataFrame, as_of: pd.Timestamp, language: str) -> list[pd.DataFrame]:
    """Opt-outs, complaints and overdue titles, the latest of each client."""
    _ = translator(language)
    age = (as_of - events["event_date"]).dt.days
    complaint, overdue = events["meaning"].eq("complaint"), events["meaning"].eq("overdue") & events["is_open"]
    rules = {
        "opt_out": (events["meaning"].eq("opt_out"), lambda day: _("pediu para não ser contatado em {day}", day=day)),
        "complaint_open": (complaint & events["is_open"], lambda day: _("reclamação de {day} ainda aberta", day=day)),
        "complaint_recent": (complaint & age.le(COMPLAINT_DAYS), lambda day: _("reclamou em {day}", day=day)),
        "overdue": (overdue & age.gt(OVERDUE_DAYS), lambda day: _("título em atraso desde {day}", day=day)),
    }
    made = []
    for code, (mask, text) in rules.items():
        last = (
            events[mask]
            .sort_values("event_date", ascending=code == "overdue")
            .drop_duplicates("customer_id", keep="last")
        )
        made.append(_rows(last["customer_id"], code, [text(date(day, language)) for day in last["event_date"]]))
    return made


def last_answers(surveys: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """The last answer of each client in the last 180 days; of several on one day the lowest counts."""
    age = (as_of - surveys["answer_date"]).dt.days
    known = surveys[age.between(0, DETRACTOR_DAYS)].sort_values(["answer_date", "score"], ascending=[True, False])
    return known.drop_duplicates("customer_id", keep="last")


def _detractors(surveys: pd.DataFrame, as_of: pd.Timestamp, language: str) -> pd.DataFrame:
    """Whose last answer is 0 to 6; see `last_answers`."""
    _ = translator(language)
    last = last_answers(surveys, as_of)
    angry = last[last["score"].astype("float64") <= DETRACTOR_SCORE]
    texts = [
        _("deu nota {score} em {day}: recuperar a relação antes de vender", score=int(score), day=date(day, language))
        for score, day in zip(angry["score"], angry["answer_date"], strict=True)
    ]
    return _rows(angry["customer_id"], "detractor", texts)


def _contacted(events: pd.DataFrame, earlier_lists: pd.DataFrame, as_of: pd.Timestamp, language: str) -> pd.DataFrame:
    """Contacts of the last 30 days, and calls made for a list on days on which the CRM holds no other contact."""
    _ = translator(language)
    own, status = ["customer_id", "event_date"], earlier_lists["status"]
    made = earlier_lists[status.notna() & ~matches(status, (*CONTROL, *TO_DO))]
    seen = events[events["meaning"].eq("contact")]
    calls = made[~pd.MultiIndex.from_frame(made[own]).isin(pd.MultiIndex.from_frame(seen[own]))]
    contacts = pd.concat([seen[own], calls[own]])
    recent = contacts[(as_of - contacts["event_date"]).dt.days.between(0, CONTACT_DAYS - 1)]
    count = recent["customer_id"].value_counts()
    many = count[count >= CONTACTS].sort_index()
    texts = [_("{n} contatos em {days}", n=n, days=days(CONTACT_DAYS, language)) for n in many]
    return _rows(many.index.to_series(), "contacts", texts)


def _ending(contracts: pd.DataFrame, as_of: pd.Timestamp, language: str) -> pd.DataFrame:
    """Contracts begun, not yet renewed, that end within 60 days."""
    _ = translator(language)
    left = (contracts["end_date"] - as_of).dt.days
    begun = (contracts["start_date"] <= as_of) & left.between(0, ENDING_DAYS)
    first = (
        contracts[begun & ~contracts["renewed"].eq(True).fillna(False)]
        .sort_values("end_date")
        .drop_duplicates("customer_id")
    )
    texts = [
        _("contrato termina em {day}: antes, só a renovação", day=date(day, language)) for day in first["end_date"]
    ]
    return _rows(first["customer_id"], "contract_ending", texts)


def _just_bought(purchases: pd.DataFrame, as_of: pd.Timestamp, language: str) -> pd.DataFrame:
    _ = translator(language)
    age = (as_of - purchases["order_date"]).dt.days
    recent = purchases[age.between(0, BOUGHT_DAYS - 1) & (purchases["net_amount"] > 0)]
    last = recent.sort_values("order_date").drop_duplicates("customer_id", keep="last")
    return _rows(
        last["customer_id"],
        "just_bought",
        [_("comprou em {day}", day=date(day, language)) for day in last["order_date"]],
    )


def refused(proposals: pd.DataFrame, earlier_lists: pd.DataFrame, as_of: pd.Timestamp) -> pd.MultiIndex:
    """Client and offer turned down in the last 90 days: lost proposals, and earlier lists answered with a no.

    An offer is its product; one without a product, a renewal or a way back, is its kind.
    """
    closed = proposals["closed_date"].fillna(proposals["sent_date"])
    age = (as_of - closed).dt.days
    lost = proposals[proposals["status"].isin(["lost", "abandoned"]) & age.between(0, REFUSED_DAYS - 1)]
    pairs = lost[["customer_id", "product_id"]].set_axis(["customer_id", "offer"], axis=1).dropna()
    age = (as_of - earlier_lists["event_date"]).dt.days
    said_no = earlier_lists[age.between(0, REFUSED_DAYS - 1) & matches(earlier_lists["status"], REFUSED)]
    offers = [product or kind for kind, product in map(listed_offer, said_no["kind"])]
    answered = pd.DataFrame({"customer_id": said_no["customer_id"], "offer": offers})
    return pd.MultiIndex.from_frame(pd.concat([pairs, answered], ignore_index=True).astype("object"))


def contradictions(interactions: pd.DataFrame, as_of: pd.Timestamp) -> int:
    """Complaints and titles that stand both open and closed on the same day of a client: they count as open."""
    events = with_meaning(interactions[interactions["event_date"] <= as_of])
    judged = events[events["meaning"].isin(["complaint", "overdue"]) & events["status"].notna()]
    states = judged.groupby(["customer_id", "event_date", "meaning"])["is_open"].nunique()
    return int((states > 1).sum())
