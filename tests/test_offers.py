"""Complements: EASE against its formula, the holdout against popularity, and what little data or a closed shelf leave."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from carteira_lib.offers import ease, holdout, matrix
from carteira_lib.offers.cross_sell import chance, cross_sell, pairs
from carteira_lib.offers.momentum import momentum

AS_OF = pd.Timestamp("2026-06-30")
NO_CUSTOMERS = pd.DataFrame(columns=["customer_id", "sector", "employees"])
NO_PRODUCTS = pd.DataFrame(columns=["product_id", "name", "family", "tier", "list_price", "unit_cost", "active"])


def takeups(rows) -> pd.DataFrame:
    """(client, product, days before AS_OF) -> one row each, as `features.takeups` gives them."""
    frame = pd.DataFrame(rows, columns=["customer_id", "product_id", "ago"])
    first = AS_OF - pd.to_timedelta(frame.pop("ago"), unit="D")
    return frame.assign(first_date=first, last_date=first, days=2, amount=100.0)


def world(seed: int = 1, clients: int = 900, followed: float = 0.8) -> pd.DataFrame:
    """Who takes up A0..A4 takes up B0..B4 within 90 days with chance `followed`; C is what everybody has."""
    rng, rows = np.random.default_rng(seed), []
    for n in range(clients):
        client = f"k{n:03d}"
        rows += [(client, f"C{i}", 700) for i in range(6) if rng.random() < 0.4]
        for i in rng.choice(5, 2, replace=False):
            begin = int(rng.integers(10, 600))
            rows.append((client, f"A{i}", begin))
            later = begin - int(rng.integers(5, 90))
            if later >= 0 and rng.random() < followed:
                rows.append((client, f"B{i}", later))
    return takeups(rows)


def live_of(bought: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"customer_id": sorted(bought["customer_id"].unique()), "average_order_value": 100.0})


def offered(bought, products=NO_PRODUCTS, customers=NO_CUSTOMERS, live=None, **settings):
    live = live_of(bought) if live is None else live
    return cross_sell(bought, customers, products, live, AS_OF, **{"horizon_days": 90} | settings)


@pytest.fixture(scope="module")
def planted():
    return offered(world())


@pytest.mark.parametrize("clients", [40, 8, 7, 6, 1], ids="{} clients, 7 columns".format)
def test_the_weights_are_those_of_the_formula_of_steck(clients):
    rng = np.random.default_rng(3)
    x = (rng.random((clients, 7)) < 0.4).astype(float)
    inverse = np.linalg.inv(x.T @ x + 5 * np.eye(7))
    expected = -inverse / np.diag(inverse)
    np.fill_diagonal(expected, 0)
    assert ease.weights(sparse.csr_array(x), 5, penalty=5.0) == pytest.approx(expected[:, :5])


def test_the_penalty_is_four_times_the_mean_popularity_and_at_least_100():
    assert ease.penalty(sparse.csr_array(np.ones((30, 2)))) == 120
    assert ease.penalty(sparse.csr_array(np.ones((20, 2)))) == 100


def test_the_ranking_is_that_of_a_plain_sort_with_ties_by_position():
    rng = np.random.default_rng(4)
    scores, mask = rng.integers(0, 4, (50, 9)) / 4, rng.random((50, 9)) < 0.5
    got = ease.ranked(scores, mask, 6)
    for row in range(50):
        able = sorted((-scores[row, i], i) for i in range(9) if not mask[row, i])
        assert got[row].tolist() == ([i for _, i in able] + [-1] * 6)[:6]


def credibility(ages: np.ndarray, items: np.ndarray, count: int) -> list[float]:
    """The momentum of each item by the formulas of Bühlmann and Straub, one item after the other."""
    values = [[2 ** (-a / 180) for a, i in zip(ages, items, strict=True) if i == item] for item in range(count)]
    size, known = sum(map(len, values)), [v for v in values if v]
    usual = sum(map(sum, values)) / size
    within = sum((x - np.mean(v)) ** 2 for v in known for x in v) / (size - len(known))
    spread = sum(len(v) * (np.mean(v) - usual) ** 2 for v in known) - (len(known) - 1) * within
    between = spread / (size - sum(len(v) ** 2 for v in known) / size)
    weight = [len(v) / (len(v) + within / between) for v in values]
    return [1 + z * ((np.mean(v) if v else usual) / usual - 1) for z, v in zip(weight, values, strict=True)]


def test_momentum_is_the_credibility_of_the_mean_recency_against_a_plain_loop():
    rng = np.random.default_rng(6)
    items = rng.integers(0, 8, 200)
    ages = rng.integers(0, 900, 200) * rng.random(9)[items]
    got = momentum(ages, items, 9)
    assert got == pytest.approx(credibility(ages, items, 9))
    assert got[8] == pytest.approx(1)  # nobody has it


def test_momentum_says_nothing_where_items_differ_by_chance_or_cannot_be_told_apart():
    rng = np.random.default_rng(7)
    assert momentum(rng.permutation(np.tile([5.0, 400.0], 300)), np.repeat(range(6), 100), 6) == pytest.approx(
        1, abs=0.05
    )
    assert momentum(np.tile([5.0, 400.0], 6), np.repeat(range(6), 2), 6).tolist() == [1] * 6
    assert momentum(np.array([5.0, 9.0]), np.array([0, 0]), 1).tolist() == [1]
    assert momentum(np.array([5.0, 9.0]), np.array([0, 1]), 2).tolist() == [1, 1]
    assert momentum(np.zeros(0), np.zeros(0, dtype="int64"), 0).tolist() == []


def test_of_two_products_with_as_many_clients_the_one_on_its_way_up_comes_first():
    rows = [(f"k{n:02d}", "BASE", 500 + n) for n in range(80)]
    rows += [(f"k{n:02d}", "GONE", 400 + n) for n in range(20)] + [(f"k{n:02d}", "UP", 10 + n) for n in range(20, 40)]
    bought = matrix.with_items(takeups(rows), NO_PRODUCTS)
    found = matrix.owned(bought, AS_OF)
    gone, up = (found.items.get_loc(code) for code in ("GONE", "UP"))
    scores = holdout.scores(found, NO_CUSTOMERS)[[found.clients.get_loc(f"k{n:02d}") for n in range(40, 80)]]
    assert (scores[:, up] > scores[:, gone]).all()
    without = holdout.scores(found._replace(momentum=None), NO_CUSTOMERS)[40:]
    assert without[:, up] == pytest.approx(without[:, gone])
    at = matrix.owned(bought, AS_OF - pd.Timedelta(days=200))
    assert at.items.tolist() == ["BASE", "GONE"]  # what came up later is not known yet


def test_of_whom_nothing_is_known_the_most_bought_come_first():
    rows = [(f"k{n:02d}", p, 50) for n in range(30) for p, share in (("A", 10), ("B", 30), ("C", 20)) if n < share]
    found = matrix.owned(matrix.with_items(takeups([*rows, ("new", "ONLY", 5)]), NO_PRODUCTS), AS_OF)
    scores = holdout.scores(found, NO_CUSTOMERS)
    assert [found.items[i] for i in np.argsort(-scores[found.clients.get_loc("new")])] == ["B", "C", "A"]


def test_ndcg_by_hand():
    hits = np.array([[True, False, True], [False, False, False]])
    assert holdout.ndcg(hits, np.array([2, 1])) == pytest.approx([1.5 / (1 + 1 / np.log2(3)), 0])


def test_products_of_a_ladder_are_one_item_and_the_others_stand_alone():
    products = pd.DataFrame({"product_id": ["A1", "A2", "X"], "family": ["A", "A", "A"], "tier": ["1", "2", None]})
    assert matrix.with_items(takeups([("k", c, 1) for c in ("A1", "A2", "X", "Y")]), products)["item"].tolist() == [
        "A",
        "A",
        "X",
        "Y",
    ]


def test_traits_are_one_hot_levels_and_a_headcount_band():
    customers = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c"],
            "sector": ["x", "y", None],
            "employees": [9.0, 10.0, None],
            "name": list("pqr"),
        }
    )
    got = matrix.traits(customers, pd.Index(["c", "a", "b", "z"], dtype="object")).toarray()
    assert got.sum(axis=1).tolist() == [0, 2, 2, 0]
    assert (got[1] * got[2]).sum() == 0


def test_what_is_planted_is_offered_with_its_reason(planted):
    assert planted.basis == "ease"
    assert planted.test["ours_hits"] > planted.test["rule_hits"]
    assert planted.test["lead_low"] > 0
    bought = world()
    waiting = bought[bought["product_id"].str.startswith("A") & (bought["first_date"] > AS_OF - pd.Timedelta(days=60))]
    has = set(zip(bought["customer_id"], bought["product_id"], strict=True))
    wanted = {
        (c, p.replace("A", "B")) for c, p in zip(waiting["customer_id"], waiting["product_id"], strict=True)
    } - has
    made = set(zip(planted.offers["customer_id"], planted.offers["product_id"], strict=True))
    assert len(wanted) > 100
    assert len(wanted & made) / len(wanted) >= 0.9
    told = planted.offers[
        [pair in wanted for pair in zip(planted.offers["customer_id"], planted.offers["product_id"], strict=True)]
    ]
    named = ["A" + code[1] in reason for code, reason in zip(told["product_id"], told["reason"], strict=True)]
    assert np.mean(named) >= 0.95


def test_nothing_owned_is_offered_and_chances_rise_with_the_place(planted):
    has = set(zip(world()["customer_id"], world()["product_id"], strict=True))
    assert not has & set(zip(planted.offers["customer_id"], planted.offers["product_id"], strict=True))
    assert planted.offers["probability"].between(0, 1).all()
    assert planted.offers.groupby("customer_id")["probability"].apply(lambda p: p.is_monotonic_decreasing).all()


def test_without_structure_popularity_is_published():
    rng = np.random.default_rng(5)
    liking = np.linspace(0.9, 0.05, 25)
    rows = [
        (f"k{n:03d}", f"P{i:02d}", int(rng.integers(0, 400)))
        for n in range(250) for i in range(25) if rng.random() < liking[i]
    ]  # fmt: skip
    found = offered(takeups(rows))
    assert found.basis == "popularity"
    assert set(found.offers["reason"]) == {"entre os produtos mais comprados da carteira"}


def test_nothing_after_the_date_and_no_order_of_rows_changes_an_offer(planted):
    bought = world()
    later = takeups([("k001", "B0", -5), ("k002", "NEW", -1), ("k003", "NEW", -1)])
    shuffled = pd.concat([bought, later]).sample(frac=1, random_state=2).reset_index(drop=True)
    found = offered(shuffled, live=live_of(bought))
    pd.testing.assert_frame_equal(found.offers, planted.offers)
    assert found.test == pytest.approx(planted.test)


def test_the_past_dates_see_nothing_that_came_after_them():
    bought = matrix.with_items(world(), NO_PRODUCTS)
    date = AS_OF - pd.Timedelta(days=90)
    whole = holdout.fold(bought, NO_CUSTOMERS, date, 90)
    cut = holdout.fold(bought[bought["first_date"] <= date], NO_CUSTOMERS, date, 90)
    assert np.array_equal(whole.scores, cut.scores)
    assert whole.new.sum() > 0
    assert cut.new.sum() == 0


@pytest.mark.parametrize(
    ("rows", "basis"),
    [
        ([], "no_products"),
        ([("a", "P", 9), ("b", "P", 9)], "one_product"),
        ([("a", "P", 9), ("b", "Q", 9)], "one_product"),
    ],
    ids=["no products", "a single product", "no product of two clients"],
)
def test_too_few_products_give_no_offer_and_say_so(rows, basis):
    found = offered(takeups(rows))
    assert (found.basis, len(found.offers), len(found.pairs)) == (basis, 0, 0)


def test_a_client_with_everything_gets_no_offer_and_is_counted():
    rows = [("all", p, 500) for p in "PQR"] + [(f"k{n}", p, 500) for n in range(30) for p in "PQ"] + [("k0", "R", 9)]
    found = offered(takeups(rows))
    assert found.complete == 2
    assert set(found.offers["product_id"]) == {"R"}
    assert not found.offers["customer_id"].isin(["all", "k0"]).any()
    assert found.basis == "untested"


def test_clients_that_all_have_everything_get_no_offer_and_are_counted():
    found = offered(takeups([(f"k{n}", p, 500) for n in range(30) for p in "PQR"]))
    assert (len(found.offers), found.complete) == (0, 30)


def test_what_is_no_longer_sold_is_not_offered_nor_what_the_register_lacks():
    bought = world()
    codes = [code for code in sorted(bought["product_id"].unique()) if code != "B4"]
    products = pd.DataFrame({"product_id": codes}).reindex(columns=NO_PRODUCTS.columns)
    products["active"] = pd.array([code != "B0" for code in codes], dtype="boolean")
    made = set(offered(bought, products).offers["product_id"])
    assert made
    assert not made & {"B0", "B4"}


def test_a_larger_catalogue_keeps_the_most_bought_and_counts_the_rest():
    bought = matrix.with_items(
        takeups([(f"k{n}", p, 5) for n, ps in enumerate(("PQR", "PQR", "PQ")) for p in ps]), NO_PRODUCTS
    )
    found = matrix.owned(bought, AS_OF, max_items=2)
    assert (found.items.tolist(), found.left_out) == (["P", "Q"], 1)


def test_pairs_are_counted_by_hand():
    bought = [(f"k{n:02d}", p, 5) for n in range(20) for p in ("PQ" if n < 12 else "R")] + [("k19", "P", 5)]
    known = matrix.owned(matrix.with_items(takeups(bought), NO_PRODUCTS), AS_OF)
    table = pairs(known, pd.Series("x", index=list("PQR")))
    assert table.values.tolist() == [["P", "Q", 12, 13 * 12 / 20, 12 / (13 * 12 / 20)]]


def test_the_chance_is_the_share_of_the_last_past_date():
    """Forty equal offers on the past date, ten of them taken up: four groups of ten, each with ten pseudo-offers at 11/42."""
    clients = pd.Index([f"k{n}" for n in range(40)], dtype="object")
    owned = matrix.Owned(clients, pd.Index(["P"], dtype="object"), sparse.csr_array((40, 1)))
    new = sparse.csr_array(np.array([[1.0]] * 10 + [[0.0]] * 30))
    past = holdout.Fold(AS_OF, owned, new, np.ones((40, 1)))
    assert chance(past, past.scores, pd.Series([1.0])) == pytest.approx((10 + 40 * 11 / 42) / 80)


def test_pairs_are_those_of_a_plain_count_and_only_the_strongest_are_kept():
    rng = np.random.default_rng(8)
    rows = [(f"k{n:03d}", f"P{i}", 5) for n in range(120) for i in range(7) if rng.random() < 0.2 + 0.1 * i]
    found = matrix.owned(matrix.with_items(takeups(rows), NO_PRODUCTS), AS_OF)
    has = found.matrix.toarray() > 0
    shown = pd.Series("x", index=[f"P{i}" for i in range(7) if i != 3])
    plain = []
    for a in range(7):
        for b in range(a + 1, 7):
            both, expected = (has[:, a] & has[:, b]).sum(), has[:, a].sum() * has[:, b].sum() / len(has)
            if both >= 10 and 3 not in (a, b):
                plain.append((f"P{a}", f"P{b}", both, expected, both / expected))
    plain.sort(key=lambda row: (-row[4], row[0], row[1]))
    whole = pairs(found, shown)
    assert len(whole) == len(plain) > 8
    assert whole[["first_item", "second_item", "clients"]].values.tolist() == [list(row[:3]) for row in plain]
    assert whole[["expected_clients", "lift"]].to_numpy() == pytest.approx(np.array([row[3:] for row in plain]))
    pd.testing.assert_frame_equal(pairs(found, shown, most=3), whole.head(3))
