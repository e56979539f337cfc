"""The forecast against hand counts, a planted season, and what may not change it."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib.forecast import backtest as tested
from carteira_lib.forecast import months as counted
from carteira_lib.forecast import seasonal, segments

SEASON = np.array([0.6, 0.7, 0.9, 1.0, 1.0, 1.1, 1.0, 0.9, 1.1, 1.2, 1.2, 1.3])


def days(rows):
    table = pd.DataFrame(rows, columns=["customer_id", "order_date", "net_amount"])
    return table.assign(order_date=pd.to_datetime(table["order_date"]).astype("datetime64[us]"))


PURCHASES = days(
    [
        ("ana", "2026-01-05", 100.0), ("ana", "2026-01-20", 50.0), ("ana", "2026-02-10", 70.0), ("ana", "2026-06-01", 10.0),
        ("bia", "2026-02-03", 40.0), ("bia", "2026-02-25", -15.0), ("bia", "2026-03-02", 20.0),
        ("cid", "2026-06-30", 5.0),
    ]
)  # fmt: skip


def test_months_are_counted_as_by_hand():
    known = counted.months(PURCHASES, pd.Timestamp("2026-06-30"))
    table = counted.totals(known)
    assert [str(m) for m in table.index] == [f"2026-0{i}" for i in range(1, 7)]
    assert table["revenue"].tolist() == [150, 95, 20, 0, 0, 15]
    assert table["orders"].tolist() == [2, 2, 1, 0, 0, 2]
    assert table["buyers"].tolist() == [1, 2, 1, 0, 0, 2]


def test_the_stock_balances_as_by_hand():
    table = counted.stock(counted.months(PURCHASES, pd.Timestamp("2026-06-30")), 2)
    assert table["opening"].tolist() == [0, 1, 2, 2, 1, 0]
    assert table["new"].tolist() == [1, 1, 0, 0, 0, 1]
    assert table["reactivated"].tolist() == [0, 0, 0, 0, 0, 1]
    assert table["lost"].tolist() == [0, 0, 0, 1, 1, 0]
    assert table["active"].tolist() == [1, 2, 2, 1, 0, 2]


@pytest.mark.parametrize("within", [1, 3, 12])
def test_opening_new_reactivated_and_lost_make_the_closing(within):
    table = counted.stock(counted.months(simulated(), pd.Timestamp("2026-12-31")), within)
    assert (table["opening"] + table["new"] + table["reactivated"] - table["lost"] == table["active"]).all()
    assert (table["opening"].iloc[1:].to_numpy() == table["active"].iloc[:-1].to_numpy()).all()


def simulated(clients=60, seed=3):
    rng = np.random.default_rng(seed)
    rows = []
    for client in range(clients):
        moment = pd.Timestamp("2024-01-03") + pd.Timedelta(days=int(rng.integers(0, 500)))
        while moment <= pd.Timestamp("2026-12-31"):
            rows.append((f"c{client:02d}", moment, float(rng.gamma(2, 50))))
            moment += pd.Timedelta(days=1 + int(rng.exponential(45)))
    return days(rows)


@pytest.mark.parametrize(
    ("as_of", "last"), [("2026-06-30", "2026-06"), ("2026-06-29", "2026-05"), ("2026-05-31", "2026-05")]
)
def test_only_months_that_are_over_count(as_of, last):
    assert str(counted.months(PURCHASES, pd.Timestamp(as_of)).starts[-1]) == last


def test_a_history_that_begins_in_mid_month_knows_the_clients_but_not_the_month():
    late = PURCHASES.assign(order_date=PURCHASES["order_date"] + pd.Timedelta(days=10))
    table = counted.stock(counted.months(late, pd.Timestamp("2026-06-30")), 2)
    assert str(table.index[0]) == "2026-02"
    assert table["new"].iloc[0] == 1  # bia; ana came in January


def test_nothing_after_the_date_changes_anything():
    log, as_of = simulated(), pd.Timestamp("2026-03-31")
    later, earlier = counted.months(log, as_of), counted.months(log[log["order_date"] <= as_of], as_of)
    pd.testing.assert_index_equal(later.clients, earlier.clients)
    np.testing.assert_array_equal(later.revenue, earlier.revenue)
    whole = counted.months(log, pd.Timestamp("2026-12-31")).until(len(later.starts))
    pd.testing.assert_index_equal(whole.clients, later.clients)
    np.testing.assert_array_equal(whole.orders, later.orders)


def test_row_order_is_irrelevant():
    log = simulated()
    mixed = log.sample(frac=1.0, random_state=1)
    first, second = (counted.totals(counted.months(p, pd.Timestamp("2026-12-31"))) for p in (log, mixed))
    pd.testing.assert_frame_equal(first, second)


def test_no_orders_are_no_months():
    known = counted.months(PURCHASES.iloc[:0], pd.Timestamp("2026-06-30"))
    assert len(known.starts) == 0
    assert counted.active_months(PURCHASES.iloc[:0], pd.Timestamp("2026-06-30")) == 3


def test_active_months_hold_most_gaps():
    every_40_days = days([("ana", pd.Timestamp("2025-01-01") + pd.Timedelta(days=40 * i), 1.0) for i in range(10)])
    assert counted.active_months(every_40_days, pd.Timestamp("2026-12-31")) == 2


def test_the_index_is_the_hand_computed_one():
    values = np.tile(SEASON, 3) * 100.0
    level = seasonal.local_level(values)
    np.testing.assert_allclose(level, 100.0)
    shrunk = 1 + 3 / 3.5 * (SEASON - 1)
    np.testing.assert_allclose(seasonal.month_index(values, 0), shrunk / shrunk.mean())
    np.testing.assert_allclose(seasonal.month_index(np.roll(values, -4), 4), shrunk / shrunk.mean())


@pytest.mark.parametrize(("months", "flat"), [(11, True), (12, False)])
def test_no_index_below_a_year(months, flat):
    index = seasonal.month_index(np.tile(SEASON, 3)[:months] * 100, 0)
    assert (index == 1).all() == flat


@pytest.mark.parametrize(("times", "months", "flat"), [(2.1, 18, True), (1.9, 18, False), (2.1, 24, False)])
def test_a_launch_is_no_season_until_the_second_year(times, months, flat):
    values = np.r_[np.full(3, times * 10.0), np.full(months - 3, 10.0)]
    assert (seasonal.month_index(values, 0) == 1).all() == flat


def test_the_smoothing_is_the_naive_loop():
    values = np.array([5.0, 7.0, 4.0, 8.0, 9.0, 3.0])
    best = None
    for alpha in seasonal.ALPHAS:
        level, squares = values[:3].mean(), 0.0
        for step, value in enumerate(values):
            squares += (value - level) ** 2 if step >= 3 else 0.0
            level += alpha * (value - level)
        if best is None or squares < best[0]:
            best = (squares, level)
    np.testing.assert_allclose(seasonal.dses(values, 0, 2), best[1])


def test_a_planted_season_is_foretold_and_the_naive_rules_are_not_better():
    rng = np.random.default_rng(0)
    trend = np.linspace(80, 140, 40)
    values = trend * SEASON[np.arange(40) % 12] * rng.lognormal(0, 0.04, 40)
    scores = tested.backtest(values, 0).scores.set_index("forecaster")
    assert scores.loc["dses", "wape"] < 0.10
    assert scores.loc["dses", "wape"] < scores.drop(index="dses")["wape"].min()
    assert scores.loc["dses", "published"]


@pytest.mark.parametrize("scale", [0.01, 1e6])
def test_scale_does_not_matter(scale):
    values = simulated_series()
    np.testing.assert_allclose(seasonal.dses(scale * values, 0, 6), scale * seasonal.dses(values, 0, 6))


def simulated_series(months=36, seed=5):
    rng = np.random.default_rng(seed)
    return 1000 * SEASON[np.arange(months) % 12] * rng.lognormal(0, 0.15, months)


@pytest.mark.parametrize(
    "values",
    [np.zeros(20), np.r_[np.full(12, -5.0), np.full(8, 3.0)], np.r_[np.full(10, 9.0), 0.0, np.full(9, 9.0)]],
    ids=["nothing", "negative months", "a month without sales"],
)
def test_odd_months_still_give_a_forecast(values):
    found = tested.backtest(values, 0)
    made = seasonal.FORECASTERS[found.published](values, 0, 12)
    assert np.isfinite(made).all()
    assert (made >= 0).all()
    assert np.isfinite(found.band.factor).all()


def test_the_default_keeps_its_place_unless_another_is_clearly_better():
    rows = [(o, 1, n, f, 100.0) for o in range(12, 24) for n, f in [("dses", 110.0), ("naive", 109.4)]]
    past = pd.DataFrame(rows, columns=["origin", "step", "forecaster", "forecast", "actual"])
    better = past.assign(forecast=past["forecast"].where(past["forecaster"] == "dses", 109.0))
    assert tested.choice(better) == "naive"
    assert tested.choice(past.assign(forecast=past["forecast"].where(past["forecaster"] == "dses", 109.6))) == "dses"
    assert tested.choice(better[better["origin"] < 17]) == "dses"  # five origins are no contest


def test_predictions_know_only_what_came_before_their_origin():
    values = simulated_series()
    changed = values.copy()
    changed[30:] *= 7
    first, second = (tested.predictions(v, 0, seasonal.FORECASTERS) for v in (values, changed))
    same = first["origin"] <= 30
    np.testing.assert_array_equal(first.loc[same, "forecast"], second.loc[same, "forecast"])


def test_bands_cover_what_they_promise_on_lognormal_errors():
    covered = []
    for seed in range(30):
        values, first = np.roll(SEASON, seed)[np.arange(48) % 12], -seed % 12
        rng = np.random.default_rng(seed)
        known = 1000 * values * rng.lognormal(0, 0.15, 48)
        found = tested.backtest(known, first)
        made = seasonal.FORECASTERS[found.published](known, first, 3)
        came = 1000 * values[:3] * rng.lognormal(0, 0.15, (50, 3))
        covered.append((np.abs(np.log(came / made)) <= np.log(found.band.factor[:3])).mean())
    assert 0.75 <= np.mean(covered) <= 0.90


def test_bands_widen_and_never_narrow():
    factor = tested.backtest(simulated_series(), 0).band.factor
    assert (np.diff(factor) >= 0).all()
    assert factor[0] > 1


@pytest.mark.parametrize("parts", [2, 3, 7])
def test_parts_sum_to_the_whole_to_the_cent(parts):
    rng = np.random.default_rng(parts)
    table = pd.DataFrame(rng.gamma(2, 100, (30, parts)), columns=[f"p{i}" for i in range(parts)])
    total = np.array([1234.567, 0.0, 99_999_999.99])
    shared = segments.split(table, total, 0)
    assert (shared.mul(100).round().sum(axis=1) == np.round(100 * total)).all()
    assert (shared >= 0).all(axis=None)


def test_a_part_that_grows_gets_more_than_its_year():
    step = np.arange(36.0)
    table = pd.DataFrame({"grows": 10 + 5 * step, "stays": np.full(36, 100.0)})
    share = segments.split(table, np.array([100.0]), 0)["grows"].iloc[0] / 100
    year = table.iloc[-12:].sum()
    assert share > year["grows"] / year.sum()


def test_parts_without_any_sale_share_alike():
    shared = segments.split(pd.DataFrame({"a": np.zeros(14), "b": np.zeros(14)}), np.array([10.0]), 0)
    assert shared.iloc[0].tolist() == [5.0, 5.0]
