"""The search for a niche against slow loops and by hand: cells, rules, z, the consensus, and nothing found twice."""

import itertools

import numpy as np
import pandas as pd
import pytest

from carteira_lib.pci import cells, judge, search, value

BANDS = ("micro", "pequena", "média", "grande")


def companies(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "sector": rng.choice(["hotel", "saúde", "padaria", "mercado"], n),
            "employees": np.floor(np.exp(rng.normal(3, 1, n))),
            "size_band": rng.choice(BANDS, n),
        }
    )
    return table.mask(rng.random(table.shape) < 0.1)


KINDS = {"sector": "nominal", "employees": "numeric", "size_band": BANDS}


def ready(table: pd.DataFrame):
    attributes = cells.cut(table, KINDS)
    return cells.one_hot(table, attributes), search.grid(attributes)


# ---- cells


def test_numbers_are_cut_at_twelfths_and_each_cell_holds_its_upper_edge():
    table = pd.DataFrame({"employees": np.arange(1.0, 121.0)})
    (attribute,) = cells.cut(table, {"employees": "numeric"})
    assert attribute.cells == (*range(10, 120, 10), np.inf)
    found = cells.positions(pd.DataFrame({"employees": [1, 10, 11, 110, 111, 999, np.nan]}), attribute)
    assert found.tolist() == [0, 0, 1, 10, 11, 11, -1]


def test_levels_keep_their_declared_order_and_unknown_ones_stand_in_no_cell():
    table = pd.DataFrame({"size_band": ["grande", "micro", "micro", "outro", None]})
    (attribute,) = cells.cut(table, {"size_band": BANDS})
    assert attribute.cells == ("micro", "grande")
    assert cells.positions(table, attribute).tolist() == [1, 0, 0, -1, -1]


def test_an_attribute_of_one_cell_is_left_out():
    table = pd.DataFrame({"sector": ["a"] * 9, "employees": [5.0] * 9})
    assert cells.cut(table, {"sector": "nominal", "employees": "numeric"}) == ()


def test_missing_matches_no_condition():
    table = companies(200)
    attributes = cells.cut(table, KINDS)
    everything = tuple(cells.Condition(a, tuple(range(len(a.cells)))) for a in attributes)
    assert (cells.matches(table, everything) == table.notna().all(axis=1)).all()
    assert not cells.matches(table, ()).any()


# ---- search


def z_by_hand(inside: np.ndarray, y: np.ndarray) -> float:
    n, c = len(y), inside.sum()
    return float((y[inside].mean() - y.mean()) / y.std() * np.sqrt(c * n / (n - c)))


def every_rule(table: pd.DataFrame, attributes, depth: int):
    """All rules of up to `depth` conditions, one by one."""
    conditions = []
    for attribute in attributes:
        width = len(attribute.cells)
        if attribute.ordered:
            spans = [tuple(range(i, j)) for i in range(width) for j in range(i + 1, width + 1) if j - i < width]
        else:
            spans = [s for k in range(1, min(4, width - 1) + 1) for s in itertools.combinations(range(width), k)]
        conditions.append([cells.Condition(attribute, span) for span in spans])
    for count in range(1, depth + 1):
        for chosen in itertools.combinations(conditions, count):
            yield from itertools.product(*chosen)


def price(rule) -> float:
    return 0.5 * (len(rule) - 1) + 0.2 * sum(1 if c.attribute.ordered else len(c.cells) - 1 for c in rule)


@pytest.mark.parametrize("seed", range(4))
def test_the_best_rule_of_one_condition_is_the_best_of_all_of_them(seed, monkeypatch):
    table = companies(160, seed)
    y = value.normal_scores(np.random.default_rng(seed).normal(size=160))
    attributes = cells.cut(table, KINDS)
    best = -np.inf
    for rule in every_rule(table, attributes, 1):
        inside = cells.matches(table, rule)
        if max(6, 8) <= inside.sum() <= 0.45 * 160:
            best = max(best, z_by_hand(inside, y) - price(rule))
    monkeypatch.setattr(search, "DEPTH", 1)
    found = search.search(*ready(table), y)
    assert found.scores[0, 0] == pytest.approx(best, abs=1e-3)


def test_a_planted_rule_of_three_conditions_is_found_and_scored_as_by_hand():
    table = companies(600, 3)
    planted = (table["sector"] == "hotel") & table["employees"].between(12, 60) & (table["size_band"] != "grande")
    y = value.normal_scores(np.random.default_rng(3).normal(size=600) + 3 * planted)
    hot, places = ready(table)
    found = search.search(hot, places, y)
    rule = search.rule_of(found.masks[0, 0], places)
    inside = cells.matches(table, rule)
    assert found.z[0, 0] == pytest.approx(z_by_hand(inside, y), abs=1e-3)
    assert found.sizes[0, 0] == inside.sum()
    assert found.scores[0, 0] == pytest.approx(found.z[0, 0] - price(rule), abs=1e-3)
    assert {c.attribute.name for c in rule} >= {"sector", "employees"}
    assert judge.jaccard(inside, planted.fillna(False).to_numpy(bool)) > 0.6


def test_no_rule_comes_twice_and_all_have_an_allowed_size():
    table = companies(300, 5)
    hot, places = ready(table)
    found = search.search(hot, places, value.normal_scores(np.random.default_rng(5).normal(size=300)), beam=40)
    real = found.sizes[0] > 0
    assert real.sum() > 20
    assert ((found.sizes[0][real] >= 15) & (found.sizes[0][real] <= 135)).all()
    inside = search.members(hot, places, found.masks[0][real])
    assert len(np.unique(inside, axis=0)) == real.sum()
    assert (np.diff(found.scores[0][real]) <= 1e-9).all()


def test_of_equal_groups_only_the_best_score_counts():
    score = np.array([[1.0, 3.0, 2.0, 5.0]])
    z, count = np.array([[4.0, 4.0, 4.0, 6.0]]), np.array([[9, 9, 8, 9]])
    assert search._again(score, z, count).tolist() == [[True, False, False, False]]


@pytest.mark.parametrize(("inside", "allowed"), [(4, False), (5, False), (6, True), (45, True), (46, False)])
def test_a_niche_is_neither_a_handful_nor_half_of_the_clients(inside, allowed):
    """Of 100 clients: at least six and five per cent, at most 45 per cent; the other level is missing."""
    table = pd.DataFrame({"sector": ["hotel"] * inside + [None] * (98 - inside) + ["mercado"] * 2})
    attributes = cells.cut(table, {"sector": "nominal"})
    found = search.search(cells.one_hot(table, attributes), search.grid(attributes), np.arange(100.0)[::-1])
    assert bool(found.sizes[0, 0]) == allowed


def test_columns_searched_together_give_what_they_give_alone():
    table = companies(150, 7)
    hot, places = ready(table)
    rng = np.random.default_rng(7)
    values = np.stack([value.normal_scores(rng.normal(size=150)) for _ in range(3)])
    taken = rng.random((3, 150)) < 0.8
    together = search.search(hot, places, values, taken)
    for i in range(3):
        own = taken[i]
        alone = search.search(hot[own], places, values[i][own])
        assert together.scores[i] == pytest.approx(alone.scores[0], abs=1e-3)
        assert (together.masks[i, 0] == alone.masks[0, 0]).all()


def test_the_order_of_the_clients_does_not_matter():
    table = companies(200, 8)
    y = value.normal_scores(np.random.default_rng(8).normal(size=200) + (table["sector"] == "hotel"))
    hot, places = ready(table)
    order = np.random.default_rng(1).permutation(200)
    first, second = judge.best(hot, places, y)[0], judge.best(hot[order], places, y[order])[0]
    assert (first == second).all()


def test_a_monotone_change_of_the_value_changes_nothing():
    table = companies(200, 9)
    worth = np.exp(np.random.default_rng(9).normal(size=200))
    hot, places = ready(table)
    rules = [judge.best(hot, places, value.normal_scores(v))[0] for v in (worth, 3 * worth + 7, np.log(worth))]
    assert (rules[0] == rules[1]).all()
    assert (rules[0] == rules[2]).all()


# ---- value


def margins(**columns) -> pd.DataFrame:
    base = {
        "customer_id": ["a", "b", "c", "d"],
        "first_order_date": pd.to_datetime(["2024-01-01", "2025-07-02", "2025-07-03", "2025-01-01"]),
        "net_amount": [730.0, 100.0, 100.0, 100.0],
        "costed_amount": [730.0, 100.0, 100.0, 50.0],
        "cost": [365.0, 40.0, 40.0, 10.0],
    }
    table = pd.DataFrame(base | columns)
    return table.assign(**{f"recent_{name}": table[name] / 2 for name in ("net_amount", "costed_amount", "cost")})


DAY = pd.Timestamp("2025-12-31")


def test_the_value_of_a_year_by_hand():
    found = value.value(margins(), DAY)
    assert found.basis == "margin"
    assert found.yearly.index.tolist() == ["a", "b", "d"]  # c first bought 182 days ago
    assert found.yearly["a"] == pytest.approx(365 * 365 / 731)
    assert found.yearly["b"] == pytest.approx(60 * 365 / 183)
    assert found.yearly["d"] == pytest.approx(40 + 0.8 * 50)  # lines without a cost leave what the others leave
    assert found.later.to_dict() == pytest.approx({"a": 182.5})
    assert found.earlier.to_dict() == pytest.approx({"a": 182.5 * 365 / 366})


def test_without_costs_the_value_is_revenue():
    found = value.value(margins(costed_amount=[300.0, 0.0, 0.0, 0.0], cost=[1.0, 0.0, 0.0, 0.0]), DAY)
    assert found.basis == "revenue"
    assert found.yearly["a"] == pytest.approx(730 * 365 / 731)


def test_equal_values_have_equal_scores_and_no_scale_counts():
    scores = value.normal_scores(np.array([3.0, 1.0, 3.0, 9.0]))
    assert scores[0] == scores[2]
    assert scores.tolist() == pytest.approx(value.normal_scores(np.array([30.0, 10.0, 30.0, 1e9])).tolist())


def test_the_discount_takes_away_what_size_explains():
    rng = np.random.default_rng(0)
    size = np.exp(rng.normal(3, 1, 4000))
    scores = value.normal_scores(np.log(size) + rng.normal(size=4000))
    left = value.discounted(scores, size)
    assert np.corrcoef(scores, np.log(size))[0, 1] > 0.6
    assert abs(np.corrcoef(left, np.log(size))[0, 1]) < 0.02
    unknown = np.where(rng.random(4000) < 0.5, np.nan, size)
    assert np.isfinite(value.discounted(scores, unknown)).all()
    assert value.discounted(scores, np.full(4000, 5.0)) is scores
