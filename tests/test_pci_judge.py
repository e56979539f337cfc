"""Is it luck, what is it worth, does it last: by hand, by simulation with and without a planted niche."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib.pci import cells, clusters, judge, lookalike, search, signals, value
from carteira_lib.pci.attributes import typed_columns
from tests.test_pci_search import KINDS, companies, ready


def world(n: int, seed: int, worth: float = 2.7):
    """Companies, of which hotels of 12 to 60 people are worth so many times the others."""
    table = companies(n, seed)
    inside = ((table["sector"] == "hotel") & table["employees"].between(12, 60)).fillna(False).to_numpy(bool)
    yearly = np.exp(np.random.default_rng(seed).normal(0, 0.8, n) + np.log(worth) * inside)
    return table, yearly, inside


def test_without_a_niche_one_is_found_in_one_portfolio_of_twenty():
    found = 0
    for seed in range(120):
        table, yearly, _ = world(90, seed, worth=1)
        found += judge.permutation_p(*ready(table), value.normal_scores(yearly), seed=seed, permutations=99)[0] <= 0.05
    assert found <= 12  # of 120 at 5 %: above that once in a hundred times


def test_with_a_niche_it_is_found():
    table, yearly, inside = world(600, 1)
    hot, places = ready(table)
    scores = value.normal_scores(yearly)
    assert judge.permutation_p(hot, places, scores, permutations=99)[0] == pytest.approx(0.01)
    rule = judge.best(hot, places, scores)[0]
    assert judge.jaccard(judge.members(hot, places, rule[None])[0], inside) > 0.6
    assert judge.stability(hot, places, scores) >= 0.6


def test_p_counts_the_permutations_that_reach_the_score():
    """Where value is one number there is nothing to find, and every permutation is as good."""
    table, *_ = world(100, 2)
    assert judge.permutation_p(*ready(table), np.zeros(100))[0] == 1.0


def test_two_ways_are_tried_at_the_price_of_the_larger():
    """By a loop over the same permutations: the discount is made anew in each, and each way meets the best of both."""
    table, yearly, _ = world(120, 3, worth=1.8)
    hot, places = ready(table)
    scores, size = value.normal_scores(yearly), table["employees"].to_numpy()
    found = judge.permutation_p(hot, places, scores, size, seed=4, permutations=20)
    rng, above = np.random.default_rng(4), np.zeros(2)
    reached = [search.search(hot, places, row[None]).scores[0, 0] for row in (scores, value.discounted(scores, size))]
    for _ in range(20):
        dealt = scores[rng.permutation(120)]
        both = (dealt, value.discounted(dealt, size))
        above += max(search.search(hot, places, row[None]).scores[0, 0] for row in both) >= reached
    assert found.tolist() == ((above + 1) / 21).tolist()
    alone = judge.permutation_p(hot, places, scores, seed=4, permutations=20)[0]
    assert found[0] >= alone


def test_each_client_is_left_out_once_a_repeat():
    learning = judge.folds(53, repeats=3)
    assert learning.shape == (15, 53)
    assert ((~learning).sum(axis=0) == 3).all()
    assert (learning.sum(axis=1) >= 42).all()


def test_lift_by_hand_and_its_interval_covers_the_truth():
    found = judge.lift(np.array([4.0, 2.0, 1.0, 1.0] * 20), np.array([1.0, 0.5, 0.0, 0.0] * 20))
    assert found.inside == pytest.approx((4 + 1) / 1.5)
    assert found.outside == pytest.approx((1 + 1 + 1) / 2.5)
    assert found.lift == pytest.approx(found.inside / found.outside)
    hits = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        inside = rng.random(200) < 0.3
        worth = rng.gamma(4, 1, 200) * np.where(inside, 2.0, 1.0)
        found = judge.lift(worth, inside, seed=seed)
        hits += found.low <= 2 <= found.high
    assert 52 <= hits <= 60


@pytest.mark.parametrize("outside", [0.0, -1.0], ids=["nothing", "a loss"])
def test_a_base_that_is_not_positive_gives_no_ratio(outside):
    found = judge.lift(np.array([5.0, 6.0, outside, outside]), np.array([True, True, False, False]))
    assert (found.inside, found.outside) == (5.5, outside)
    assert np.isnan([found.lift, found.low, found.high]).all()


def test_nobody_or_everybody_inside_gives_no_lift():
    for inside in (np.zeros(5, bool), np.ones(5, bool)):
        assert np.isnan(judge.lift(np.arange(5.0), inside)).all()


def test_the_judge_is_fair_where_the_sample_flatters():
    """In noise the found rule looks worth half as much again; on clients left out it is worth nothing more."""
    flattered, fair = [], []
    for seed in range(40):
        table, yearly, _ = world(150, 100 + seed, worth=1)
        hot, places = ready(table)
        scores = value.normal_scores(yearly)
        rule = judge.best(hot, places, scores)
        flattered.append(judge.lift(yearly, judge.members(hot, places, rule)[0]).lift)
        learning = judge.folds(150, seed=seed, repeats=2)
        masks = judge.best(hot, places, np.repeat(scores[None], len(learning), axis=0), learning)
        fair.append(judge.lift(yearly, judge.held_out(hot, places, masks, learning)).lift)
    assert np.mean(flattered) > 1.3
    assert np.mean(fair) == pytest.approx(1, abs=0.1)


def test_what_a_held_out_client_is_worth_does_not_move_its_own_rule():
    table, yearly, _ = world(120, 4)
    hot, places = ready(table)
    scores = value.normal_scores(yearly)
    learning = judge.folds(120, repeats=1)
    masks = judge.best(hot, places, np.repeat(scores[None], 5, axis=0), learning)
    changed = np.where(learning[0], scores, -9.0)
    again = judge.best(hot, places, changed[None], learning[:1])
    assert (again[0] == masks[0]).all()


# ---- groups of the best clients


def two_kinds(n: int = 400):
    rng = np.random.default_rng(0)
    kind = rng.random(n) < 0.6
    table = pd.DataFrame({
        "sector": np.where(kind, "hotel", "saúde"), "employees": np.where(kind, rng.normal(200, 30, n), rng.normal(20, 5, n)),
        "size_band": np.where(rng.random(n) < 0.9, np.where(kind, "grande", "micro"), "média"),
    })  # fmt: skip
    return table.mask(rng.random(table.shape) < 0.05), kind


def test_two_planted_kinds_among_the_best_are_two_groups():
    table, kind = two_kinds()
    hot, places = ready(table)
    scores = np.where(np.arange(400) % 5 == 0, 10.0, 0.0) + np.random.default_rng(1).random(400)
    found = clusters.clusters(table, hot, places, scores)
    assert found.top.sum() == 80
    assert set(found.label[found.top]) == {0, 1}
    first = kind[found.top] == (found.label[found.top] == 0)
    assert max(first.mean(), 1 - first.mean()) > 0.97
    assert (np.bincount(found.label[found.top]) == sorted(np.bincount(found.label[found.top]), reverse=True)).all()
    assert (found.label[~found.top] == -1).all()


def test_clients_all_of_one_kind_are_one_group():
    table = companies(500, 11)
    hot, places = ready(table)
    found = clusters.clusters(table, hot, places, np.random.default_rng(2).random(500))
    assert found.label.max() == 0


@pytest.mark.parametrize(("worth", "top"), [([0] * 85 + [1, 2, 3, 4, 5] * 3, 15), ([1, 2, 3, 4] + [5] * 96, 96)])
def test_where_most_are_worth_the_same_the_best_are_still_some_and_not_all(worth, top):
    assert clusters.top_clients(np.array(worth, dtype=float)).sum() == top
    table = companies(100)
    model = lookalike.learn(*ready(table), value.normal_scores(np.array(worth)))
    assert model.base == top / 100


def test_value_takes_no_part_in_the_groups():
    table, _ = two_kinds()
    hot, places = ready(table)
    scores = np.random.default_rng(3).random(400)
    top = clusters.top_clients(scores)
    other = np.where(top, scores**3 + 5, scores)  # the same clients on top, in another order of magnitude
    a, b = (clusters.clusters(table, hot, places, s) for s in (scores, other))
    assert (a.label == b.label).all()


# ---- lookalike


def test_the_score_is_a_probability_that_holds_on_prospects():
    table, yearly, _ = world(1500, 5)
    hot, places = ready(table)
    model = lookalike.learn(hot, places, value.normal_scores(yearly))
    others, worth, inside = world(4000, 6)
    scored = lookalike.score(model, typed_columns(others, KINDS))
    known = np.isfinite(scored.probability)
    top = (worth >= np.quantile(yearly, 0.8)).astype(int)
    judged = pd.DataFrame({"predicted": scored.probability[known], "top": top[known]})
    assert lookalike.quality(judged)["ece"] <= 0.04
    assert lookalike.quality(judged)["brier_skill"] > 0.03
    assert scored.probability[known & inside].mean() > 2 * scored.probability[known & ~inside].mean()


def test_the_parts_add_up_to_the_log_odds():
    table, yearly, _ = world(400, 7)
    model = lookalike.learn(*ready(table), value.normal_scores(yearly))
    scored = lookalike.score(model, typed_columns(table, KINDS))
    known = np.isfinite(scored.probability)
    odds = np.log(scored.probability / (1 - scored.probability))[known]
    assert odds == pytest.approx((scored.parts.sum(axis=1) + model.intercept)[known])


def test_a_vote_is_credited_to_the_attribute_that_decides_it():
    """One rule, hotels of 12 people or more; half of the clients are hotels, three in four have so many people."""
    sector = cells.Attribute("sector", "nominal", ("hotel", "school"))
    staff = cells.Attribute("employees", "numeric", (11.0, float("inf")))
    places = search.grid((sector, staff))
    rules, shares = np.array([[True, False, False, True]]), np.array([0.5, 0.5, 0.25, 0.75])
    model = signals.Model(rules, shares, np.zeros(6), np.array([0.0, 0, 0, 0, 0, 1]), None)
    table = pd.DataFrame({"sector": ["hotel", "school", "hotel", "school"], "employees": [20.0, 20.0, 5.0, 5.0]})
    hot = cells.one_hot(table, (sector, staff))
    assert signals._deciding(model, hot, places) == pytest.approx(
        np.array([[0.5, 0.25], [-0.5, 0.0], [0.0, -0.75], [0.0, 0.0]])
    )
    vote = signals.VOTE_WEIGHT
    assert signals.parts(model, hot, places)[0] == pytest.approx([vote * 2 / 3, vote / 3, 0.0])
    against = signals.parts(model._replace(means=np.array([0.0, 0, 0, 0, 0, vote / 4])), hot, places)
    assert against[1] == pytest.approx([-vote / 4, 0.0, 0.0])  # a school, and nothing else stands in the way
    assert against[3] == pytest.approx([0.0, 0.0, -vote / 4])  # neither alone would help


def test_trees_see_what_no_attribute_tells_alone(monkeypatch):
    """Value rises where exactly one of two traits is there: each alone says nothing."""
    rng = np.random.default_rng(0)
    table = companies(1500, 3)
    big, hotel = (
        (table["employees"] > 20).to_numpy(bool, na_value=False),
        (table["sector"] == "hotel").to_numpy(bool, na_value=False),
    )
    scores = value.normal_scores(rng.normal(0, 1, 1500) + 1.0 * (big ^ hotel))
    hot, places = ready(table)
    monkeypatch.setattr(
        signals, "_votes", lambda hot, places, scores, rng: (np.zeros((1, places.cells), bool), np.zeros(len(scores)))
    )
    ridge = signals.learned(hot[:1000], places, scores[:1000], scores[:1000], rng)
    monkeypatch.setattr(signals, "TREES_FROM", 1000)
    trees = signals.learned(hot[:1000], places, scores[:1000], scores[:1000], rng)
    told = [np.corrcoef(signals.parts(m, hot[1000:], places).sum(axis=1), scores[1000:])[0, 1] for m in (ridge, trees)]
    assert ridge.trees is None
    assert told[1] > told[0] + 0.05


def test_an_error_that_chance_explains_is_told_from_one_that_it_does_not():
    top = np.tile([1, 0, 0, 0, 0], 20)  # as many in each tenth
    judged = pd.DataFrame({"predicted": np.full(100, 0.2), "top": top})
    assert lookalike.within_chance(judged)
    assert not lookalike.within_chance(judged.assign(predicted=0.4))


def test_where_nothing_can_be_learned_all_have_the_base_rate():
    seen = []
    for seed in range(8):
        table, yearly, _ = world(100, 200 + seed, worth=1)
        model = lookalike.learn(*ready(table), value.normal_scores(yearly), seed=seed)
        if not model.informed:
            scored = lookalike.score(model, typed_columns(table, KINDS))
            assert np.nanstd(scored.probability) < 1e-9
            assert np.nanmean(scored.probability) == pytest.approx(0.2)
            assert not scored.parts.any()
        seen.append(model.informed)
    assert np.mean(seen) <= 0.5


def skill(clients: int, seed: int, worth: float) -> float:
    """Brier skill on companies never seen, over the share of top clients."""
    table, yearly, _ = world(clients, seed, worth)
    model = lookalike.learn(*ready(table), value.normal_scores(yearly), seed=seed)
    others, theirs, _ = world(2000, seed + 5000, worth)
    predicted = lookalike.score(model, typed_columns(others, KINDS)).probability
    known = np.isfinite(predicted)
    top = (theirs >= np.quantile(yearly, 0.8))[known]
    return 1 - np.mean((predicted[known] - top) ** 2) / np.mean((model.base - top) ** 2)


def test_in_a_small_portfolio_the_score_is_no_worse_than_the_base_rate():
    assert np.mean([skill(80, 700 + seed, 1.0) for seed in range(20)]) > -0.002
    assert np.mean([skill(150, 800 + seed, 2.7) for seed in range(12)]) > 0.01


def test_what_moves_only_the_lesser_clients_says_nothing_of_the_best():
    """Half of the companies are as often among the best as the others, but fall lower where they are not."""
    rng = np.random.default_rng(4)
    table, yearly, _ = world(3000, 9, worth=1)
    top = yearly >= np.quantile(yearly, 0.8)
    low = (table["sector"] == "hotel").to_numpy(bool) & ~top
    yearly = np.where(low, yearly * rng.uniform(0.2, 0.5, 3000), yearly)
    model = lookalike.learn(*ready(table), value.normal_scores(yearly))
    assert model.judged["predicted"].std() < 0.02
    assert lookalike.quality(model.judged)["ece"] <= 0.03


def test_the_target_is_half_the_score_and_half_the_top_fifth_at_300_clients():
    """A curve of height .27996 at the upper fifth: standing in it is worth .8 / .27996 = 2.8575, not to, -.2 / .27996."""
    scores, top = np.zeros(300), np.tile([1, 0, 0, 0, 0], 60)
    assert lookalike._target(scores, top)[:2] == pytest.approx([2.8575 / 2, -0.7144 / 2], abs=1e-4)
    many = lookalike._target(np.full(2700, 5.0), np.tile([1, 0, 0, 0, 0], 540))
    assert many[1] == pytest.approx(0.1 * 5 - 0.9 * 0.7144, abs=1e-4)


def test_the_slope_and_its_error_by_hand():
    slope, error = lookalike._slope(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 2.0, 2.0, 4.0]))
    assert slope == pytest.approx(1.2)  # 6 / 5, from the means 1.5 and 2
    assert error == pytest.approx(0.2 / 5)  # misses .2, -.6, .6, -.2: a mean square of .2
    assert lookalike._slope(np.ones(4), np.arange(4.0)) == (0.0, float("inf"))


@pytest.mark.parametrize(("noise", "informed"), [(1.75, True), (1.79, False)], ids=["above", "below"])
def test_nothing_is_believed_below_two_standard_errors(noise, informed):
    """Two halves of 100 clients, .5 apart as expected: the slope is 1, its error noise / sqrt(12.5), half of it at 1.768."""
    expected = np.repeat([0.0, 0.5], 100)
    seen = expected + np.tile([-noise, noise], 100)
    top = (seen >= np.quantile(seen, 0.8)).astype(int)
    assert (lookalike._stretch(expected, seen, seen, top) > 0) is informed


def test_too_little_known_is_not_scored_and_other_levels_are_as_missing():
    table, yearly, _ = world(300, 8)
    model = lookalike.learn(*ready(table), value.normal_scores(yearly))
    rows = pd.DataFrame({
        "sector": ["hotel", None, "estaleiro"], "employees": [30.0, None, 30.0], "size_band": ["micro", "micro", "micro"],
    })  # fmt: skip
    scored = lookalike.score(model, typed_columns(rows, KINDS))
    assert np.isfinite(scored.probability).tolist() == [True, False, True]
    assert scored.known_share.tolist() == pytest.approx([1, 1 / 3, 1])
    assert scored.parts[2, 0] == 0


def test_a_chance_of_one_in_twenty_is_still_luck():
    """Nine in two hundred shows a niche, ten do not: a test that errs in one of twenty portfolios errs as often as it may."""
    assert judge.significant(9 / 200)
    assert not judge.significant(10 / 200)
