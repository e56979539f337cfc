"""Goals: the flow of clients against simulated truth, probabilities against chance, states against hand counts."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from carteira_lib.forecast import calibration, flow, goals, paths, probability
from carteira_lib.forecast import months as counted
from carteira_lib.forecast.probability import Draws
from tests.test_forecast import days

AS_OF = pd.Timestamp("2026-12-31")


def portfolio(clients=150, chance=0.5, months=36, arrivals=2, seed=0):
    """Clients that buy each month with one probability; some new ones every month."""
    rng = np.random.default_rng(seed)
    starts = pd.period_range(end="2026-12", periods=months, freq="M").start_time
    rows = []
    for client in range(clients + arrivals * (months - 1)):
        begins = 0 if client < clients else 1 + (client - clients) // max(arrivals, 1)
        for month in range(begins, months):
            if month == begins or rng.random() < chance:
                rows.append((f"c{client:04d}", starts[month] + pd.Timedelta(days=int(rng.integers(0, 27))), 100.0))
    return days(rows)


@pytest.fixture(scope="module")
def past():
    return probability.history(counted.months(portfolio(), AS_OF), 3)


def test_the_chance_of_buying_is_found_again(past):
    known = flow.learned(past.counted, 36)
    present = known.present > 5
    assert np.average(known.buys[present], weights=known.present[present]) == pytest.approx(0.5, abs=0.03)


def test_states_are_counted_as_by_hand():
    log = days([("ana", "2026-01-05", 10.0), ("ana", "2026-02-05", 20.0), ("bia", "2026-02-09", 5.0)])
    found = flow.counts(counted.months(log, pd.Timestamp("2026-04-30")))
    assert found.states.tolist() == [[0, 1, flow.FREQUENCIES + 1, 2 * flow.FREQUENCIES + 1], [-1, 0, 5, 10]]
    assert found.new.tolist() == [1, 1, 0, 0]
    assert found.moves.sum(axis=(1, 2)).tolist() == [0, 1, 2, 2]
    assert found.spent.sum(axis=1).tolist() == [10, 25, 0, 0]


def test_simulated_stock_balances_in_every_path(past):
    drawn = flow.simulated(flow.learned(past.counted, 36), 0, horizon=6, within=3, simulations=50)
    opening = np.column_stack([np.full(50, past.series["active_clients"][-1]), drawn.active[:, :-1]])
    np.testing.assert_array_equal(opening + drawn.new + drawn.reactivated - drawn.lost, drawn.active)
    assert (drawn.lost >= 0).all()


def test_a_steady_portfolio_is_expected_to_go_on(past):
    drawn = flow.simulated(flow.learned(past.counted, 36), 0, horizon=6, within=3, simulations=200)
    clients = 150 + 2 * 35
    # active = at least one order in three months of chance .5 each
    assert np.median(drawn.active[:, 0]) == pytest.approx(clients * (1 - 0.5**3), rel=0.06)
    assert np.median(drawn.revenue[:, 0]) == pytest.approx(100 * (0.5 * clients + 2), rel=0.12)


def test_later_months_change_nothing(past):
    log = portfolio()
    later = days([("novo", "2026-11-03", 1e6), ("c0000", "2026-12-30", 1e6)])
    changed = probability.history(counted.months(pd.concat([log, later], ignore_index=True), AS_OF), 3)
    first, second = (probability.simulations(h, 30, horizon=3, draws=20) for h in (past, changed))
    for metric in probability.METRICS:
        np.testing.assert_array_equal(first[metric].flow, second[metric].flow)


def test_the_same_seed_gives_the_same_draws_and_another_others(past):
    one, same, other = (probability.simulations(past, 36, horizon=2, draws=30, seed=s) for s in (1, 1, 2))
    np.testing.assert_array_equal(one["revenue"].flow, same["revenue"].flow)
    assert (one["revenue"].flow != other["revenue"].flow).any()


def test_a_common_shock_widens_what_clients_alone_would_promise(past):
    known = flow.learned(past.counted, 36)
    none = known._replace(buying=known.buying._replace(spread=0.0, last=0.0))
    much = known._replace(buying=known.buying._replace(spread=0.3, last=0.0))
    spread = [np.std(flow.simulated(k, 0, horizon=3, within=3, simulations=300).active[:, -1]) for k in (none, much)]
    assert spread[1] > 1.5 * spread[0]


@pytest.mark.parametrize("metric", ["revenue", "active_clients"])
@pytest.mark.parametrize("months", [1, 3, 6])
def test_the_simulated_median_is_reached_half_of_the_time(past, metric, months):
    drawn = probability.simulations(past, 36, draws=1000)[metric]
    outcomes, weights = probability.blended(drawn, np.ones(months), total=metric == "revenue")
    _low, middle, _high = probability.quantiles(outcomes, weights)
    assert 0.45 <= probability.reaching(outcomes, weights, middle) <= 0.55


def test_a_higher_goal_is_never_more_probable(past):
    outcomes, weights = probability.blended(probability.simulations(past, 36)["revenue"], np.ones(3), total=True)
    chances = [probability.reaching(outcomes, weights, t) for t in np.linspace(0, 2 * outcomes.max(), 40)]
    assert (np.diff(chances) <= 0).all()
    assert (chances[0], chances[-1]) == (0.98, 0.02)


def test_the_blend_is_the_weighted_mean_of_both():
    drawn = Draws(np.array([[1.0], [3.0]]), np.array([[5.0], [1.0]]))
    outcomes, weights = probability.blended(drawn, np.ones(1), total=True)
    assert probability.reaching(outcomes, weights, 2.0) == pytest.approx(0.6 * 0.5 + 0.4 * 0.5)
    assert probability.reaching(outcomes, weights, 4.0) == pytest.approx(0.4 * 0.5)


@pytest.mark.parametrize(
    ("weights", "total", "expected"),
    [([1.0, 1.0], True, 3.0), ([1.0, 0.5], True, 2.0), ([1.0, 0.5], False, 2.0), ([1.0, 0.4], False, 1.0), ([0.2], False, 1.0)],
)  # fmt: skip
def test_outcomes_take_part_months_by_their_days(weights, total, expected):
    assert probability.outcome(np.array([[1.0, 2.0]]), np.array(weights), total=total).tolist() == [expected]


def test_a_series_with_wild_errors_stays_finite():
    drawn = paths.simulated_series(np.array([0.0, 0, 0, 9, 0, 0, 0, 0, 40, 0, 0, 1]), 0, horizon=12, simulations=500)
    assert np.isfinite(drawn).all()
    assert drawn.max() <= 12 * 4 * 40


def test_the_straight_line_is_the_line():
    centre, spread = paths.straight_line(10.0 + 2 * np.arange(12), horizon=3, total=False)
    assert centre == pytest.approx(10 + 2 * 14)
    assert spread == pytest.approx(0, abs=1e-9)
    total, _spread = paths.straight_line(10.0 + 2 * np.arange(12), horizon=3, total=True)
    assert total == pytest.approx(34 + 36 + 38)


def test_past_goals_are_told_better_than_by_their_base_rate(past):
    found = calibration.past_goals(past, draws=100)
    assert len(found) >= 200
    table = calibration.scores(found).query("metric == 'all'").set_index("goal_way")
    assert table.loc["blend", "brier"] < 0.8 * table.loc["base_rate", "brier"]
    assert found[["blend", "line", "base_rate"]].apply(lambda p: p.between(0.02, 0.98)).all(axis=None)


def test_past_goals_know_only_what_was_known_then(past):
    log = portfolio()
    log.loc[log["order_date"] >= "2026-07-01", "net_amount"] *= 9
    changed = probability.history(counted.months(log, AS_OF), 3)
    first, second = (calibration.past_goals(h, draws=20).query("origin <= 30") for h in (past, changed))
    columns = ["metric", "origin", "months", "target", "blend", "line"]
    pd.testing.assert_frame_equal(first[columns], second[columns])


def test_brier_and_calibration_are_those_of_the_hand():
    table = pd.DataFrame(
        {"metric": "revenue", "origin": 12, "months": 1, "target": 1.0, "reached": [True, False] * 50, "blend": [0.8, 0.4] * 50}
    )  # fmt: skip
    table = table.assign(flow=0.5, series=np.nan, line=0.5, base_rate=0.5)
    found = calibration.scores(table).set_index(["metric", "goal_way"])
    assert found.loc[("all", "blend"), "brier"] == pytest.approx((0.2**2 + 0.4**2) / 2)
    assert found.loc[("all", "blend"), "ece"] == pytest.approx((0.2 + 0.4) / 2)
    assert ("all", "series") not in found.index


def test_too_few_past_goals_give_no_score(past):
    few = calibration.past_goals(past, origins=2, draws=20).head(calibration.FEWEST_GOALS - 1)
    assert calibration.scores(few).empty
    assert calibration.reliability(few).empty


def judge(past, **drawn):
    log = portfolio()
    return goals.Judge(past, drawn or probability.simulations(past, past.months), log[log["order_date"] <= AS_OF])


def goal(**changes):
    usual = {"goal_id": "M1", "metric": "Receita", "target": 30_000.0, "deadline": pd.Timestamp("2027-03-31"),
             "seller_id": None, "horizon": "short"}  # fmt: skip
    return usual | changes


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"metric": "Quilos"}, "unknown_metric"),
        ({"deadline": pd.Timestamp("2026-12-31")}, "past"),
        ({"deadline": pd.Timestamp("2020-01-31")}, "past"),
        ({"target": 0.0}, "no_target"),
        ({"target": float("nan")}, "no_target"),
        ({"metric": "NPS", "target": 101.0}, "impossible"),
        ({"metric": "NPS", "target": 60.0}, "no_data"),
    ],
)
def test_goals_that_cannot_be_judged_say_why(past, changes, reason):
    found = goals.judged(goal(**changes), judge(past), AS_OF)
    assert (found["goal_state"], found["goal_reason"]) == ("not_judged", reason)
    assert found["probability"] is None


def test_a_goal_of_a_seller_without_clients_is_not_judged():
    found = goals.judged(goal(seller_id="V99"), None, AS_OF)
    assert found["goal_reason"] == "unknown_seller"


def test_the_day_after_the_date_is_not_past(past):
    assert goals.judged(goal(deadline=pd.Timestamp("2027-01-01")), judge(past), AS_OF)["goal_reason"] != "past"


def test_pace_and_what_is_missing_are_as_by_hand(past):
    drawn = Draws(np.full((10, 12), 8_000.0), None)
    found = goals.judged(goal(), judge(past, revenue=drawn), AS_OF)
    assert found["months_left"] == 3
    assert found["pace_needed"] == 10_000
    assert found["expected_value"] == 24_000
    assert found["extra_per_month"] == 2_000
    assert found["probability"] == 0.02
    assert (found["goal_state"], found["goal_reason"]) == ("unlikely", "none_reached")
    assert found["pace_now"] == pytest.approx(past.series["revenue"][-3:].mean())


def test_a_goal_that_has_begun_counts_what_was_achieved(past):
    begun = judge(past, revenue=Draws(np.full((10, 12), 8_000.0), None))
    found = goals.judged(goal(start_date=pd.Timestamp("2026-12-01")), begun, AS_OF)
    december = past.series["revenue"][-1]
    assert found["standing"] == december
    assert found["expected_value"] == december + 24_000
    reached = goals.judged(goal(start_date=pd.Timestamp("2026-12-01"), target=december), begun, AS_OF)
    assert (reached["goal_state"], reached["probability"]) == ("reached", None)


def test_a_goal_that_begins_later_counts_only_from_its_start(past):
    drawn = Draws(np.tile(1_000.0 * np.arange(1, 13), (10, 1)), None)  # 1,000 in January, 2,000 in February ...
    found = goals.judged(goal(start_date=pd.Timestamp("2027-02-01")), judge(past, revenue=drawn), AS_OF)
    assert (found["months_left"], found["standing"]) == (2, None)
    assert found["expected_value"] == 2_000 + 3_000
    assert found["pace_needed"] == 30_000 / 2
    late = goals.judged(goal(start_date=pd.Timestamp("2027-04-01")), judge(past), AS_OF)
    assert (late["goal_state"], late["goal_reason"]) == ("not_judged", "starts_late")


def test_the_straight_line_of_a_goal_that_begins_later_waits_for_its_start(past):
    rising = past._replace(series=dict(past.series) | {"revenue": 1_000.0 * np.arange(1, 37)})  # 36,000 in December
    mine = judge(rising, revenue=Draws(np.ones((4, 12)), None))._replace(way="line")
    found = goals.judged(goal(start_date=pd.Timestamp("2027-02-01")), mine, AS_OF)
    assert found["expected_value"] == pytest.approx(38_000 + 39_000, rel=1e-6)


@pytest.mark.parametrize("metric", ["new_clients", "reactivated"])
def test_what_was_achieved_is_what_the_months_count(metric):
    log = portfolio(chance=0.15, seed=4)
    past = probability.history(counted.months(log, AS_OF), 3)
    found = goals.achieved(goals.Judge(past, {}, log), metric, pd.Timestamp("2026-10-01"), AS_OF)
    assert found == past.series[metric][-3:].sum() > 0


@pytest.mark.parametrize(("months", "state", "reason"), [(11, "no_probability", "short_history"), (12, None, None)])
def test_below_a_year_there_is_no_probability(months, state, reason):
    log = portfolio(months=months)
    past = probability.history(counted.months(log, AS_OF), 3)
    found = goals.judged(goal(), goals.Judge(past, probability.simulations(past, months), log), AS_OF)
    if state:
        assert (found["goal_state"], found["goal_reason"], found["probability"]) == (state, reason, None)
    else:
        assert 0.02 <= found["probability"] <= 0.98
        assert found["approximate"]


@pytest.mark.parametrize(("deadline", "reason"), [("2027-12-31", None), ("2028-01-31", "too_far")])
def test_a_goal_too_far_ahead_has_no_probability(past, deadline, reason):
    found = goals.judged(goal(deadline=pd.Timestamp(deadline), target=150_000.0), judge(past), AS_OF)
    assert found["goal_reason"] == reason
    assert (found["probability"] is None) == bool(reason)


def test_few_events_have_no_probability():
    log = portfolio(arrivals=0)
    past = probability.history(counted.months(log, AS_OF), 3)
    found = goals.judged(
        goal(metric="Clientes novos", target=3.0), goals.Judge(past, probability.simulations(past, 36), log), AS_OF
    )
    assert (found["goal_state"], found["goal_reason"]) == ("no_probability", "few_events")


def test_active_clients_above_the_goal_must_still_be_kept(past):
    found = goals.judged(goal(metric="Clientes ativos", target=100.0), judge(past), AS_OF)
    assert (found["goal_state"], found["goal_reason"]) == ("likely", "keep")
    assert found["pace_needed"] == 0


@pytest.mark.parametrize("target", [80.0, 0.8])
def test_the_renewal_rate_is_a_share_or_a_percentage(target):
    standing = {"renewal_rate": goals.Standing(0.75, 40, np.array([0.7, 0.8, 0.9, 0.6]))}
    found = goals.judged(goal(metric="Taxa de renovação", target=target), None, AS_OF, standing)
    assert (found["target"], found["standing"], found["probability"]) == (0.8, 0.75, 0.5)


def test_every_word_of_a_metric_is_understood_once():
    words = [word for some in goals.WORDS.values() for word in some]
    assert len(words) == len(set(words))
    assert all(goals.metric_of(word.upper()) == code for code, some in goals.WORDS.items() for word in some)


@pytest.mark.parametrize(("file", "before"), [("README.md", "may have:"), ("README.pt-BR.md", "pode ter:")])
def test_the_readme_names_every_metric_in_words_that_are_understood(file, before):
    text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
    listed = text.split("(`goals.metric`)")[1].split(before)[1].split(".")[0].replace("in\nEnglish or Portuguese", "")
    words = [w.strip() for w in re.split(r",|\(or |\(ou |\)| and | e ", " ".join(listed.split())) if w.strip()]
    assert {goals.metric_of(word) for word in words} == set(goals.WORDS)


def test_the_base_rate_counts_only_goals_that_were_over():
    table = pd.DataFrame(
        {"metric": "revenue", "origin": [12, 12, 13, 15], "months": [1, 3, 1, 1], "reached": [True, False, True, True]}
    )
    assert calibration._base_rate(table).tolist() == pytest.approx([0.5, 0.5, 0.98, 2 / 3])


def test_the_straight_line_is_published_only_where_it_was_clearly_better():
    came = [True, False] * 60
    table = pd.DataFrame({"origin": np.repeat(np.arange(12, 24), 10), "reached": came, "blend": [0.7, 0.3] * 60})
    assert calibration.published(table.assign(line=[0.8, 0.2] * 60)) == "line"
    assert calibration.published(table.assign(line=[0.705, 0.295] * 60)) == "blend"
    assert calibration.published(table.assign(line=[0.8, 0.2] * 60, origin=12)) == "blend"
    assert calibration.published(pd.DataFrame()) == "blend"


def test_the_straight_line_tells_the_chance_of_its_normal_error(past):
    mine = judge(past)._replace(way="line")
    centre, spread = paths.straight_line(past.series["revenue"], horizon=3, total=True)
    for steps, chance in ((0.0, 0.5), (1.0, 0.1587), (-1.0, 0.8413)):
        found = goals.judged(goal(target=centre + steps * spread), mine, AS_OF)
        assert found["probability"] == pytest.approx(chance, abs=0.01)
    assert found["expected_value"] == pytest.approx(centre, rel=0.01)
