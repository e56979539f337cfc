"""Page 07 on the demo company, against what its months, its goals and its planted lives say."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib import canonical, forecast
from carteira_lib.forecast import calibration, probability
from carteira_lib.forecast import months as counted
from tests.test_demo_run import TRUTH, prepared


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = prepared("demo", tmp_path_factory.mktemp("demo"), patch)
        return canonical.frames(run, canonical.FORECAST_FRAMES)


AS_OF = pd.Timestamp("2026-10-31")


@pytest.fixture(scope="module")
def found(frames):
    return forecast.analyse(frames, AS_OF)


def test_the_forecast_beats_the_rules_of_a_spreadsheet(found):
    wape = found.scores[found.scores["sales_measure"] == "revenue"].set_index("sales_way")["wape"]
    assert wape["dses"] < 0.10
    assert wape["dses"] < 0.7 * wape[["naive", "seasonal_naive", "mean_3"]].min()


def test_the_planted_season_is_foretold(found):
    months = found.forecast.query("period == 'month' and dimension == 'total' and sales_measure == 'revenue'")
    by_month = months.set_index(months["period_start"].dt.month)["estimate"]
    assert by_month.idxmax() == 12
    assert by_month.idxmin() == 2


def test_a_year_held_back_falls_inside_the_band(frames):
    """The forecast of April 2026 beside the six months that came, which it did not know."""
    then = frames["purchases"][frames["purchases"]["order_date"] <= "2026-04-30"]
    before = forecast.analyse(frames | {"purchases": then}, pd.Timestamp("2026-04-30"))
    ahead = before.forecast.query("period == 'month' and dimension == 'total' and sales_measure == 'revenue'").head(6)
    came = counted.totals(counted.months(frames["purchases"], AS_OF))["revenue"].iloc[-6:].to_numpy()
    inside = (came >= ahead["estimate_low"].to_numpy()) & (came <= ahead["estimate_high"].to_numpy())
    assert inside.sum() >= 4
    assert abs(ahead["estimate"].sum() / came.sum() - 1) < 0.10


def test_parts_sum_to_the_whole_to_the_cent(found):
    table = found.forecast[found.forecast["period"] == "month"]
    sums = table.groupby(["sales_measure", "period_start", "dimension"])["estimate"].sum().mul(100).round().unstack()
    assert set(sums.columns) == {"total", "seller_id", "region"}
    assert (sums["seller_id"] == sums["total"]).all()
    assert (sums["region"] == sums["total"]).all()


def test_every_goal_of_the_file_has_its_answer(found):
    status = found.goals_status.set_index("goal_id")
    assert len(status) == 12
    assert status.loc["M03", "goal_reason"] == "too_far"
    sums = status["metric"].ne("active_clients")
    assert (
        status.loc[sums, "start_date"].eq(pd.Timestamp("2026-11-01")).all()
    )  # a sum without a start begins anew each month
    assert status.loc[~sums, "start_date"].isna().all()
    told = status.drop(index="M03")
    assert told["probability"].between(0.02, 0.98).all()
    assert told.loc["M01", "goal_reason"] == "keep"
    assert set(told.index[told["approximate"]]) == {"M02", "M06", "M12"}  # beyond six months


def test_past_goals_of_the_demo_come_true_as_often_as_told(found):
    scores = found.goal_scores[found.goal_scores["metric"] == "all"].set_index("goal_way")
    assert scores.loc["blend", "goals"] >= 200
    assert scores.loc["blend", "brier"] <= 0.14
    assert scores.loc["blend", "brier"] <= 0.6 * scores.loc["base_rate", "brier"]
    assert scores.loc["blend", "brier"] < scores.loc["line", "brier"]
    assert scores.loc["blend", "ece"] <= 0.06


def test_clients_that_stopped_for_long_are_not_active(frames, found):
    known = counted.months(frames["purchases"], AS_OF)
    active = set(known.clients[known.bought[:, -found.active_months :].any(axis=1)])
    gone = {client for client, (_kind, _last, _cycle, long_enough) in TRUTH["lives"]["stopped"].items() if long_enough}
    assert found.active == len(active)
    assert not gone & active
    regular = set(TRUTH["lives"]["regular"])
    assert len(regular & active) >= 0.9 * len(regular & set(known.clients))


def test_the_blend_beats_each_half(frames):
    known = counted.months(frames["purchases"], AS_OF)
    past = probability.history(known, 3)
    scores = calibration.scores(calibration.past_goals(past, draws=100)).set_index(["metric", "goal_way"])["brier"]
    assert scores["all", "blend"] < min(scores["all", "flow"], scores["all", "series"])
    assert np.isfinite(scores).all()
