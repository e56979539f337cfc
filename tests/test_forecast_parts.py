"""The bridge adds up, its clients are followed exactly, and weeks are whole weeks up to the date."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib.forecast import bridge, flow, goals, weeks
from carteira_lib.forecast.probability import Draws
from tests.test_forecast import days
from tests.test_goals import AS_OF, past  # noqa: F401 - the fixture


@pytest.fixture(scope="module")
def known(past):  # noqa: F811
    return flow.learned(past.counted, past.months)


def test_revenue_by_origin_sums_to_the_forecast(known):
    total = np.linspace(9_000, 12_000, 12)
    parts = bridge.revenue_by_origin(known, total, within=3, next_month=0)
    np.testing.assert_allclose(parts.sum(axis=1), total)
    assert (parts >= 0).all(axis=None)
    assert parts["new"].is_monotonic_increasing
    # of 220 clients that buy every other month an eighth had been silent for three; 2 more are new
    assert parts["existing"].iloc[0] / total[0] == pytest.approx((1 - 0.5**3) * 110 / 112, abs=0.04)


def test_without_arrivals_nothing_is_new(known):
    parts = bridge.revenue_by_origin(known._replace(new=np.zeros(36)), np.full(6, 100.0), within=3, next_month=0)
    assert (parts["new"] == 0).all()


def test_expected_revenue_is_the_mean_of_many_simulations(known):
    quiet = known._replace(
        buying=known.buying._replace(spread=0.0, last=0.0, persistence=0.0, index=np.ones(12)),
        spending=known.spending._replace(spread=0.0, last=0.0, persistence=0.0, index=np.ones(12)),
        new=np.zeros(36),
    )
    drawn = flow.simulated(quiet, 0, horizon=6, within=3, simulations=400).revenue.mean(axis=0)
    np.testing.assert_allclose(bridge.followed(quiet, quiet.present, np.zeros(6), 0), drawn, rtol=0.02)


@pytest.mark.parametrize(
    ("new", "back", "closing", "lost"), [(7.6, 4.2, 105.4, -7), (0, 0, 93, -7), (3, 4, 110, 0), (0, 0, 100, 0)]
)
def test_the_bridge_of_clients_adds_up_to_what_the_goals_expect(new, back, closing, lost):
    table = bridge.client_bridge(100, new=new, reactivated=back, closing=closing)
    steps = table.set_index("bridge_step")["moved_clients"]
    assert steps["opening"] + steps["new"] + steps["reactivated"] + steps["lost"] == steps["closing"] == round(closing)
    assert steps["lost"] == lost
    assert steps["reactivated"] == round(back)
    assert steps["new"] >= round(new)
    assert (steps == steps.round()).all()


def test_the_lost_of_the_bridge_are_those_of_the_flow_where_it_stands_alone(past, known):  # noqa: F811
    drawn = flow.simulated(known, 0, horizon=6, within=3, simulations=400)
    parts = {"active_clients": drawn.active, "new_clients": drawn.new, "reactivated": drawn.reactivated}
    judge = goals.Judge(past, {name: Draws(paths, None) for name, paths in parts.items()}, None)
    new, back, closing = (
        goals.expected(judge, m, np.ones(4)) for m in ("new_clients", "reactivated", "active_clients")
    )
    table = bridge.client_bridge(past.series["active_clients"][-1], new=new, reactivated=back, closing=closing)
    steps = table.set_index("bridge_step")["moved_clients"]
    assert steps["closing"] == pytest.approx(drawn.active[:, 3].mean(), abs=2)
    assert -steps["lost"] == pytest.approx(drawn.lost[:, :4].sum(axis=1).mean(), abs=4)


def test_weeks_end_on_the_date():
    log = days([("a", "2026-12-31", 1.0), ("a", "2026-12-25", 2.0), ("a", "2026-12-24", 4.0), ("a", "2026-12-10", 8.0),
                ("b", "2027-01-01", 16.0)])  # fmt: skip
    found = weeks.weekly(log, AS_OF)
    assert found.values.tolist() == [0, 4, 3]  # 11-17, 18-24, 25-31; 10 December is a part of a week
    assert found.month.tolist() == [11, 11, 11]


@pytest.mark.parametrize(("rows", "expected"), [([], []), ([("a", "2026-12-31", 1.0)], [])])
def test_no_whole_week_is_no_week(rows, expected):
    found = weeks.weekly(days(rows), AS_OF)
    assert found.values.tolist() == expected
    assert weeks.sums(found, AS_OF).empty


def steady(season=0.0, count=130):
    ends = AS_OF - pd.to_timedelta(7 * np.arange(count)[::-1], unit="D")
    month = np.asarray((ends - pd.Timedelta(days=3)).month) - 1
    noise = np.random.default_rng(2).lognormal(0, 0.1, count)
    return weeks.Weekly(100 * (1 + season * np.cos(2 * np.pi * month / 12)) * noise, month)


def test_the_sums_of_a_steady_history_are_its_level():
    found = weeks.sums(steady(), AS_OF).set_index("span")
    assert found.loc[4, "estimate"] == pytest.approx(400, rel=0.06)
    assert found.loc[12, "estimate"] == pytest.approx(1200, rel=0.06)
    assert (found["low"] < found["estimate"]).all()
    assert (found["estimate"] < found["high"]).all()


@pytest.mark.parametrize("count", [39, 42, 60, 130])
def test_twelve_weeks_are_never_told_surer_than_four(count):
    for seed in range(8):
        noise = np.random.default_rng(seed).lognormal(0, 0.5, count)
        found = weeks.sums(steady(count=count)._replace(values=100 * noise), AS_OF).set_index("span")
        factor = found["high"] / found["estimate"]
        assert factor[12] >= factor[4] - 1e-9
        assert found["high"][12] - found["low"][12] > found["high"][4] - found["low"][4]


def test_past_dates_are_counted():
    # 26 weeks learn and 12 must come; one date each four weeks, over the last 48
    dates = [weeks.sums(steady(count=c), AS_OF).set_index("span")["origins"][12] for c in (38, 41, 42, 130)]
    assert dates == [1, 1, 2, 13]


def test_a_season_is_worth_more_than_the_mean_of_13_weeks():
    past_ = weeks.past_sums(steady(season=0.5))
    off = (past_["forecast"] - past_["actual"]).abs().groupby(past_["forecaster"]).sum()
    assert off["dses"] < 0.6 * off["mean_13"]
    assert set(weeks.sums(steady(season=0.5), AS_OF)["forecaster"]) == {"dses"}


def test_past_sums_know_only_what_came_before():
    first, changed = steady(), steady()
    changed.values[-20:] *= 5
    one, other = weeks.past_sums(first), weeks.past_sums(changed)
    same = one["origin"] <= 110
    np.testing.assert_array_equal(one.loc[same, "forecast"], other.loc[same, "forecast"])
    assert same.any()
