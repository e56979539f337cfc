"""All offers together: renewals and reactivations joined from other pages, the worth of a contact, and what is missing."""

import pandas as pd
import pytest

from carteira_lib import offers, tables
from carteira_lib.offers import calls
from carteira_lib.tables import DataError

AS_OF = pd.Timestamp("2026-06-30")


def made(name: str, *rows, **defaults) -> pd.DataFrame:
    """A table of its contract from dicts, all other columns empty or as given."""
    columns = tables.contract(name).column_names
    frame = pd.DataFrame([{**defaults, **row} for row in rows], columns=list(columns))
    return frame.astype({c.name: tables.PANDAS_TYPES[c.kind] for c in tables.contract(name).columns})


def day(ago: int) -> pd.Timestamp:
    return AS_OF - pd.Timedelta(days=ago)


PORTFOLIO = made(
    "portfolio",
    {"customer_id": "gone", "status": "inactive", "last_order_date": day(100), "own_cycle_days": 30.0, "silence_cycles": 3.4,
     "average_order_value": 200.0},
    {"customer_id": "once", "status": "inactive", "occasional": True, "last_order_date": day(300), "average_order_value": 900.0},
    {"customer_id": "here", "status": "active", "last_order_date": day(5), "own_cycle_days": 30.0, "average_order_value": 100.0},
    occasional=False, new=False, recovered=False, renewal_due=False, frequency=5, net_revenue=1.0, net_revenue_365d=1.0, abc_class="A", next_step="keep",
)  # fmt: skip
CHURN = made(
    "churn", {"customer_id": "gone", "churn_probability": 0.9}, {"customer_id": "here", "churn_probability": 0.1}
)
SILENCES = made(
    "silences", {"cycles": 1, "share": 0.6}, {"cycles": 3, "share": 0.2}, {"cycles": 4, "share": 0.1}, enough=True
)
USUAL = pd.DataFrame(
    {"customer_id": ["gone"] * 3, "product_id": ["P1", "P2", "P3"], "first_date": day(200), "last_date": day(100),
     "days": [5, 2, 9], "amount": [10.0, 500.0, 20.0]}
)  # fmt: skip
DUE = made(
    "renewals",
    {"contract_id": "C1", "customer_id": "here", "amount": 1000.0, "days_left": 20, "end_date": day(-20)},
    {"contract_id": "C2", "customer_id": "here", "amount": 3000.0, "days_left": -5, "end_date": day(5)},
)
CHANCES = made(
    "renewal_scores",
    {"contract_id": "C1", "customer_id": "here", "renewal_probability": 0.9, "renewal_basis": "model"},
    {"contract_id": "C2", "customer_id": "here", "renewal_probability": 0.5, "renewal_basis": "rule"},
)


def frames(**others) -> dict[str, pd.DataFrame]:
    empty = ("customers", "products", "proposals", "churn", "churn_scores", "renewal_scores", "renewals", "silences")
    base = {name: made(name) for name in empty} | {"portfolio": PORTFOLIO}
    base["takeups"] = USUAL.iloc[:0]
    base["ladder_days"] = pd.DataFrame(columns=["customer_id", "product_id", "order_date", "amount"]).astype(
        {"customer_id": "str", "product_id": "str", "order_date": "datetime64[us]", "amount": "float64"}
    )
    return base | others


def test_the_way_back_by_the_chance_of_page_04_on_the_own_cycle_with_what_was_bought():
    table = calls.reactivation(PORTFOLIO, CHURN, SILENCES, USUAL, AS_OF, names={"P3": "Café"})
    assert table[["customer_id", "probability", "ticket", "evidence"]].values.tolist() == [
        ["gone", pytest.approx(0.1), 200.0, "churn"]
    ]
    assert table["moment"].item() == day(100) + pd.Timedelta(days=120)
    assert table["reason"].item() == "não compra desde 22/03/2026; comprava Café e P1"


def test_without_page_04_the_chance_is_the_share_of_silences_as_long():
    table = calls.reactivation(PORTFOLIO, CHURN.iloc[:0], SILENCES, USUAL.iloc[:0], AS_OF, names={})
    assert table[["probability", "evidence", "reason"]].values.tolist() == [
        [0.2, "silences", "não compra desde 22/03/2026"]
    ]
    assert calls.reactivation(PORTFOLIO, CHURN.iloc[:0], SILENCES.iloc[:0], USUAL, AS_OF, names={}).empty


def test_the_contracts_of_a_client_are_one_renewal():
    table = calls.renewals(DUE, CHANCES)
    assert len(table) == 1
    row = table.iloc[0]
    assert (row["ticket"], row["probability"]) == (4000.0, pytest.approx((900 + 1500) / 4000))
    assert (row["moment"], row["reason"], row["evidence"]) == (day(5), "contrato venceu há 5 dias", "rule")
    assert calls.renewals(DUE, CHANCES.iloc[:0])[["evidence"]].values.tolist() == [["untested"]]


def test_a_contact_is_worth_chance_times_ticket_times_margin_times_those_who_would_not_buy_anyway():
    found = offers.analyse(
        frames(churn=CHURN, renewals=DUE, renewal_scores=CHANCES, silences=SILENCES), AS_OF, offers.Terms(margin=0.4)
    )
    value = found.offers.set_index("kind")["expected_value"].to_dict()
    assert value == {
        "reactivation": pytest.approx(0.1 * 0.9 * 200 * 0.4),
        "renewal": pytest.approx(0.6 * 0.4 * 4000 * 0.4),
    }


def test_a_company_of_orders_alone_is_told_what_is_missing():
    found = offers.analyse(frames(), AS_OF, offers.Terms())
    assert found.offers.empty
    assert found.gaps[["kind", "obstacle"]].values.tolist() == [
        ["cross_sell", "no_products"], ["up_sell", "no_register"], ["down_sell", "no_proposals"], ["renewal", "no_contracts"],
        ["reactivation", "nobody_gone"],
    ]  # fmt: skip
    assert set(found.evidence["offer_verdict"]) == {"untested"}


def test_what_page_04_would_have_measured_is_not_a_sample_too_small():
    without = offers.analyse(frames(renewals=DUE, silences=SILENCES), AS_OF, offers.Terms())
    verdicts = without.evidence.set_index("kind")["offer_verdict"].to_dict()
    assert (verdicts["reactivation"], verdicts["renewal"]) == ("no_page_04", "no_page_04")
    assert (verdicts["cross_sell"], verdicts["down_sell"]) == ("untested", "untested")
    scored = offers.analyse(frames(churn=CHURN, renewals=DUE, renewal_scores=CHANCES), AS_OF, offers.Terms())
    assert scored.evidence.set_index("kind").loc["renewal", "offer_verdict"] == "page_04"


def test_terms_that_cannot_be_are_all_told_at_once():
    with pytest.raises(DataError, match=r"2 problemas") as error:
        offers.analyse(frames(), AS_OF, offers.Terms(horizon_days=0, margin=30))
    assert "offer_days: 0 não é um número de dias" in str(error.value)
    assert "margin: 30 não é uma parte" in str(error.value)
