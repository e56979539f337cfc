"""Versions of a product: ladders that cannot be climbed, who is offered the next version, who a cheaper one, and the controls."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib.offers.down_sell import cheaper_of, down_sell, effect, known_on
from carteira_lib.offers.ladder import ladder, unit_margin
from carteira_lib.offers.up_sell import held, up_sell

AS_OF = pd.Timestamp("2026-06-30")
CUSTOMERS = pd.DataFrame({"customer_id": [f"k{n}" for n in range(40)], "sector": "padaria"})


def shelf(*rows) -> pd.DataFrame:
    """(product, family, tier, price[, cost[, active]]) of each product."""
    full = [(*row, *(None, True)[len(row) - 4 :]) for row in rows]
    columns = ["product_id", "family", "tier", "list_price", "unit_cost", "active"]
    frame = pd.DataFrame(full, columns=columns).assign(name=lambda t: "Produto " + t["product_id"])
    return frame.astype({"list_price": "float64", "unit_cost": "float64", "active": "boolean"})


THREE = shelf(("F1", "F", "1", 100, 60), ("F2", "F", "2", 130, 80), ("F3", "F", "3", 180, 110))


def bought(*rows) -> pd.DataFrame:
    """(client, product, days before AS_OF, amount) of each purchase."""
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "ago", "amount"])
    return frame.assign(order_date=AS_OF - pd.to_timedelta(frame.pop("ago"), unit="D"))


def steps_of(products: pd.DataFrame) -> tuple[list, list]:
    steps, problems = ladder(products, 0.3)
    return steps[["product_id", "next_product_id"]].values.tolist(), problems["problem"].tolist()


@pytest.mark.parametrize(
    ("rows", "steps", "problems"),
    [
        ([("A", "F", "1", 10), ("B", "F", "2", 15), ("C", "F", "3", 20)], [["A", "B"], ["B", "C"]], []),
        ([("A", "F", "1", 10), ("B", "F", "2", 12), ("D", "F", "4", 15)], [["A", "B"]], ["gap"]),
        ([("A", "F", "10", 10), ("B", "F", "20", 12)], [["A", "B"]], []),
        ([("A", "F", "1", 10), ("B", "F", "2", 10)], [], ["price_not_rising"]),
        ([("A", "F", "1", 10), ("B", "F", "2", 12), ("C", "F", "3", 10)], [["A", "B"]], ["price_not_rising"]),
        ([("A", "F", "1", 10), ("B", "F", "1", 12), ("C", "F", "2", 14)], [], ["same_tier"]),
        ([("A", "F", "1", 10), ("B", "F", "2", 17)], [["A", "B"]], ["step_too_high"]),
        ([("A", "F", "1", 10), ("B", "F", "2", 16)], [["A", "B"]], []),
        ([("A", "F", "1", None), ("B", "F", "2", 12)], [], ["no_price"]),
        ([("A", "F", "1", 0), ("B", "F", "2", 12)], [], ["no_price"]),
        ([("A", "F", "básico", 10), ("B", "F", "2", 12)], [], ["tier_not_number"]),
        ([("A", "F", "1", 10)], [], ["one_tier"]),
        ([("A", "F", None, 10)], [], ["no_ladder"]),
        ([("A", "F", "1", 10), ("B", "G", "2", 12)], [], ["one_tier", "one_tier"]),
        ([("A", "F", "1", 10), ("C", "F", "3", 12), ("P", "G", "1", 9), ("Q", "G", "2", 10)], [["P", "Q"]], ["gap"]),
        ([("A", "F", "10", 10), ("B", "F", "20", 12), ("P", "G", "10", 9), ("Q", "G", "20", 10)], [["A", "B"], ["P", "Q"]], []),
    ],
    ids=[
        "whole", "a gap", "levels by tens", "equal prices", "a cycle: the top costs what the bottom does", "two at a level",
        "above 60 %", "60 % exactly", "no price", "price zero", "not a number", "one", "no tier", "two families",
        "the middle missing, as another family tells", "two families by tens",
    ],
)  # fmt: skip
def test_a_ladder_has_the_steps_it_can_have_and_says_what_it_lacks(rows, steps, problems):
    assert steps_of(shelf(*rows)) == (steps, problems)


def test_no_register_says_so_and_a_product_without_cost_has_the_margin_of_the_company():
    assert steps_of(THREE.iloc[:0]) == ([], ["no_products"])
    assert unit_margin(shelf(("A", "F", "1", 10), ("B", "F", "2", 20, 5)), 0.3).to_dict() == {"A": 3.0, "B": 15.0}
    assert ladder(THREE, 0.3)[0]["gain"].tolist() == [50 - 40, 70 - 50]


def up(days, products=THREE, customers=CUSTOMERS, live=None, **settings):
    steps, _ = ladder(products, 0.3)
    live = pd.Series(sorted(days["customer_id"].unique())) if live is None else live
    return up_sell(days, steps, customers, live, AS_OF, **{"horizon_days": 90} | settings)


@pytest.mark.parametrize(
    ("now", "offered"), [(120.0, True), (119.9, False), (80.0, False)], ids=["+20 %", "just below", "falling"]
)
def test_a_rise_of_a_fifth_in_the_family_is_a_trigger(now, offered):
    found = up(bought(("k0", "F1", 200, 100.0), ("k0", "F1", 10, now)))
    assert (len(found.offers) == 1) is offered
    if offered:
        row = found.offers.iloc[0]
        assert (row["product_id"], row["reason"]) == ("F2", "gasta 20% mais nesta família do que no semestre anterior")
        assert row["ticket"] == pytest.approx(220 * 90 / 365 * 1.3)
        assert row["gain"] == pytest.approx(220 * 90 / 365 / 100 * 10)


@pytest.mark.parametrize(("above", "offered"), [(3, True), (2, False)], ids=["half of the peers", "less"])
def test_peers_with_a_better_version_are_a_trigger(above, offered):
    peers = [(f"k{n}", "F2" if n <= above else "F1", 300, 100.0) for n in range(1, 7)]
    found = up(bought(("k0", "F1", 300, 100.0), *peers))
    assert ("k0" in set(found.offers["customer_id"])) is offered


def test_peers_are_counted_as_a_plain_loop_counts_them():
    rng = np.random.default_rng(1)
    days = bought(
        *[(f"k{n}", f"F{rng.integers(1, 4)}", int(rng.integers(0, 400)), 10.0) for n in range(40) for _ in range(2)]
    )
    steps, _ = ladder(THREE, 0.3)
    sectors = pd.Series(["x"] * 25 + ["y"] * 15, index=CUSTOMERS["customer_id"])
    top = {}
    for row in days[(AS_OF - days["order_date"]).dt.days < 365].itertuples():
        top[row.customer_id] = max(top.get(row.customer_id, "F1"), row.product_id)
    for row in held(days, steps, sectors, AS_OF).itertuples():
        peers = [v for c, v in top.items() if sectors[c] == sectors[row.customer_id] and c != row.customer_id]
        assert row.peer_share == pytest.approx(np.mean([v > row.product_id for v in peers]))


def test_only_the_next_version_and_only_on_sale_within_the_step_and_for_more_margin():
    rising = bought(("k0", "F1", 200, 100.0), ("k0", "F1", 10, 300.0))
    assert up(rising).offers["product_id"].tolist() == ["F2"]
    assert up(rising, shelf(("F1", "F", "1", 100), ("F2", "F", "2", 161))).offers.empty
    assert up(rising, shelf(("F1", "F", "1", 100), ("F2", "F", "2", 130, None, False))).offers.empty
    assert up(rising, shelf(("F1", "F", "1", 100, 50), ("F2", "F", "2", 130, 90))).offers.empty
    assert up(rising, live=pd.Series(["other"])).offers.empty
    assert up(bought(("k0", "F3", 200, 100.0), ("k0", "F3", 10, 300.0))).offers.empty


def test_a_chance_is_printed_only_where_the_past_earned_it():
    def company(signal: bool) -> pd.DataFrame:
        rng, rows = np.random.default_rng(7), []
        for n in range(400):
            moves = rng.random() < 0.3
            when = int(rng.integers(0, 270))
            factor = 2.0 if (moves if signal else rng.random() < 0.3) else 0.9
            rows += [
                (f"k{n}", "F1", when + 400, 100.0),
                (f"k{n}", "F1", when + 200, 100.0),
                (f"k{n}", "F1", when + 60, 100.0 * factor),
            ]
            rows += [(f"k{n}", "F2", when, 100.0)] if moves else []
        return bought(*rows)

    earned, blind = up(company(True)), up(company(False))
    assert earned.earned
    assert earned.test["triggered_share"] > 2 * earned.test["base_share"]
    assert earned.offers["probability"].eq(earned.test["triggered_share"]).all()
    assert not blind.earned
    assert len(blind.offers)
    assert blind.offers["probability"].isna().all()


def test_the_next_version_is_offered_from_nothing_after_the_date():
    days = bought(("k0", "F1", 200, 100.0), ("k0", "F1", 10, 110.0), ("k0", "F1", -5, 900.0), ("k0", "F2", -9, 900.0))
    assert up(days).offers.empty


PROPOSALS = ["proposal_id", "customer_id", "ago", "status", "product_id", "closed_ago", "reason", "amount"]


def proposed(*rows) -> pd.DataFrame:
    """(client, status, product, closed days before AS_OF, reason) of each proposal, sent 10 days before the closing."""
    frame = pd.DataFrame(rows, columns=["customer_id", "status", "product_id", "closed", "reason"])
    closed = AS_OF - pd.to_timedelta(frame.pop("closed"), unit="D")
    ids = [f"PR{n:03d}" for n in range(len(frame))]
    reasons = frame["reason"].astype("object")
    return frame.assign(
        proposal_id=ids, sent_date=closed - pd.Timedelta(days=10), closed_date=closed, amount=1300.0, reason=reasons
    )


def history(after_price: float = 0.5, after_other: float = 0.02) -> tuple[list, list]:
    """Losses of long ago for price and for other reasons, with the share that then took the cheaper version."""
    losses, days = [], []
    for reason, share, start in (("Preço", after_price, 0), ("Concorrente", after_other, 100)):
        for n in range(100):
            client = f"h{start + n}"
            losses.append((client, "lost", "F2", 300, reason))
            days += [(client, "F1", 260, 50.0)] if n < 100 * share else []
            days.append((client, "X", 500, 50.0))
    return losses, days


def down(losses, days, products=THREE, live=None):
    steps, _ = ladder(products, 0.3)
    past, past_days = history()
    live = pd.Series(["k0"]) if live is None else live
    return down_sell(
        proposed(*past, *losses),
        bought(*past_days, *days),
        products,
        steps,
        live,
        AS_OF,
        margins=unit_margin(products, 0.3),
    )


@pytest.mark.parametrize(
    ("loss", "days", "offered"),
    [
        (("k0", "lost", "F2", 7, "Preço alto"), [], True),
        (("k0", "lost", "F2", 6, "Preço"), [], False),
        (("k0", "lost", "F2", 90, "preco"), [], True),
        (("k0", "lost", "F2", 91, "Preço"), [], False),
        (("k0", "lost", "F2", 30, "Concorrente"), [], False),
        (("k0", "lost", "F2", 30, None), [], False),
        (("k0", "won", "F2", 30, "Preço"), [], False),
        (("k0", "lost", "F1", 30, "Preço"), [], False),
        (("k0", "lost", "F2", 30, "Preço"), [("k0", "F1", 400, 9.0)], False),
        (("k0", "lost", "F2", 30, "Preço"), [("k0", "F3", 20, 9.0)], False),
        (("k0", "lost", "F2", 30, "Preço"), [("k0", "F3", 60, 9.0)], True),
    ],
    ids=[
        "7 days", "6 days", "90 days", "91 days", "another reason", "no reason", "won", "nothing cheaper", "owned",
        "bought in the family since", "bought in the family before",
    ],
)  # fmt: skip
def test_a_cheaper_version_is_offered_after_the_right_loss_only(loss, days, offered):
    found = down([loss], days)
    assert found.found == ("price",)
    assert found.offers["product_id"].tolist() == (["F1"] if offered else [])
    if offered:
        assert found.offers["reason"].tolist() == ["não aceitou Produto F2 pelo preço"]
        assert found.offers["ticket"].item() == pytest.approx(1300 * 100 / 130)


@pytest.mark.parametrize(
    "products",
    [
        shelf(("F1", "F", "1", 105, 60), ("F2", "F", "2", 130, 80)),
        shelf(("F1", "F", "1", 100, 100), ("F2", "F", "2", 130, 80)),
        shelf(("F1", "F", "1", 100, 60, False), ("F2", "F", "2", 130, 80)),
    ],
    ids=["above 80 % of the price", "no margin", "no longer sold"],
)
def test_a_cheaper_version_must_be_cheap_pay_and_be_on_sale(products):
    assert down([("k0", "lost", "F2", 30, "Preço")], [], products).offers.empty


def test_one_offer_per_client_for_its_last_loss_and_none_for_who_is_not_asked():
    twice = [("k0", "lost", "F3", 60, "Preço"), ("k0", "lost", "F2", 20, "Preço")]
    assert down(twice, []).offers["product_id"].tolist() == ["F1"]
    assert down(twice, [], live=pd.Series(["k9"])).offers.empty


def test_without_an_effect_nobody_is_offered_and_the_controls_are_shown():
    past, days = history(after_price=0.03)
    steps, _ = ladder(THREE, 0.3)
    found = down_sell(
        proposed(*past, ("k0", "lost", "F2", 30, "Preço")),
        bought(*days),
        THREE,
        steps,
        pd.Series(["k0"]),
        AS_OF,
        margins=unit_margin(THREE, 0.3),
    )
    assert (found.found, len(found.offers), found.not_proven) == ((), 0, 1)
    row = found.controls.set_index(["cause", "compared_with"]).loc[("price", "other_reason")]
    assert row[["proposals", "bought", "control_proposals", "control_bought"]].tolist() == [100, 3, 100, 2]


def test_any_client_is_counted_as_a_plain_loop_counts_them():
    rng = np.random.default_rng(2)
    days = bought(
        *[(f"k{rng.integers(0, 12)}", f"F{rng.integers(1, 4)}", int(rng.integers(0, 500)), 9.0) for _ in range(90)]
    )
    losses = proposed(
        *[(f"k{rng.integers(0, 12)}", "lost", "F2", int(rng.integers(95, 400)), "Preço") for _ in range(30)]
    )
    table = effect(known_on(losses, AS_OF), days, cheaper_of(ladder(THREE, 0.3)[0]), AS_OF).set_index("compared_with")
    everyone, shares = sorted(days["customer_id"].unique()), []
    for loss in losses.itertuples():
        inside = days[
            (days["order_date"] > loss.closed_date) & (days["order_date"] <= loss.closed_date + pd.Timedelta(days=90))
        ]
        takers = set(inside.loc[inside["product_id"] == "F1", "customer_id"])
        others = [c for c in everyone if c != loss.customer_id]
        shares.append(np.mean([c in takers for c in others]))
    assert table.loc["anyone", "control_bought"] == round(np.mean(shares) * 30)


def test_a_loss_is_known_from_its_closing_and_the_purchases_from_their_day():
    losses = proposed(("k0", "lost", "F2", -3, "Preço"), ("k1", "lost", "F2", 50, "Preço"))
    assert known_on(losses, AS_OF)["status"].tolist() == ["open", "lost"]
    assert known_on(losses, AS_OF)["cause"].isna().tolist() == [True, False]
    later = [("k0", "F1", -2, 9.0), ("k0", "F3", -1, 9.0)]
    assert len(down([("k0", "lost", "F2", 30, "Preço")], later).offers) == 1


@pytest.mark.real_data
def test_maven_has_no_down_sell_effect_though_nearly_all_buy_something_cheaper(real_data):
    deals = pd.read_csv(real_data / "maven_crm" / "sales_pipeline.csv").dropna(subset=["account"])
    deals = deals.assign(product=deals["product"].replace({"GTXPro": "GTX Pro"}))
    prices = pd.read_csv(real_data / "maven_crm" / "products.csv").sort_values(["series", "sales_price"])
    prices["tier"] = (prices.groupby("series").cumcount() + 1).astype("str")
    products = prices.rename(columns={"product": "product_id", "series": "family", "sales_price": "list_price"})
    products = products.assign(name=products["product_id"], unit_cost=np.nan, active=pd.NA)
    dates = {"sent_date": pd.to_datetime(deals["engage_date"]), "closed_date": pd.to_datetime(deals["close_date"])}
    sent = pd.DataFrame(
        {"proposal_id": deals["opportunity_id"], "customer_id": deals["account"], "product_id": deals["product"],
         "amount": deals["close_value"], "reason": None, **dates,
         "status": deals["deal_stage"].map({"Won": "won", "Lost": "lost"}).fillna("open")}
    ).dropna(subset=["sent_date"])  # fmt: skip
    won = sent[sent["status"] == "won"]
    days = won.rename(columns={"closed_date": "order_date"})[["customer_id", "product_id", "order_date", "amount"]]
    steps, _ = ladder(products, 0.3)
    found = down_sell(
        sent, days, products, steps, won["customer_id"], pd.Timestamp("2017-12-31"), margins=unit_margin(products, 0.3)
    )
    lost = found.controls.set_index(["cause", "compared_with"]).loc["unknown"]
    assert found.found == ()
    assert lost.loc["anyone", "share"] > 0.5
    assert lost.loc["anyone", "enough"]
    assert lost.loc["won", "enough"]
    assert lost["lead"].dropna().abs().max() < 0.05
