"""Status by own cycle: limits by hand, both sides of each threshold, order, monotony, scale, and the error rate."""

import math

import numpy as np
import pandas as pd
import pytest

from carteira_lib.cycles import spells
from carteira_lib.portfolio import Rule, error_rate, limits, recovered, rule, silence_table, status
from tests.test_cycles import AS_OF, days, random_days

Z80 = 0.8416212335729143
ORDER = {"active": 0, "late": 1, "outside": 0, "inactive": 2}


def made_rule(*, typical=20.0, long=500.0, spread=0.0, multiplier=2, min_orders=3) -> Rule:
    empty = silence_table(spells(days(), AS_OF), AS_OF, typical_gap_days=1.0)
    return Rule(AS_OF, min_orders, typical, long, spread, multiplier, "measured", empty)


def client(gaps: list[float], silence_days: int) -> pd.DataFrame:
    logs = np.log(gaps)
    return pd.DataFrame(
        {
            "customer_id": ["a"],
            "frequency": [len(gaps) + 1],
            "last_order_date": [AS_OF - pd.Timedelta(days=silence_days)],
            "gap_count": [len(gaps)],
            "log_gap_sum": [logs.sum()],
            "log_gap_square_sum": [(logs**2).sum()],
        }
    )


def test_limits_of_a_regular_client_by_hand():
    # gaps 20, 20, 20 and the pseudo-gaps 20, 20, no spread: q80 = cycle = 20, inactive after 20 + 2 x 20
    found = limits(client([20, 20, 20], 0), made_rule()).iloc[0]
    assert found.tolist() == pytest.approx([20, 20, 60])


def test_limits_with_spread_by_hand():
    # log gaps of 10, 20, 40: deviations -ln2, 0, ln2; variance (2 ln2^2 + 2 x .5^2) / (2 + 2)
    found = limits(client([10, 20, 40], 0), made_rule(spread=0.5)).iloc[0]
    spread = math.sqrt((2 * math.log(2) ** 2 + 2 * 0.25) / 4)
    late = 20 * math.exp(Z80 * spread)
    assert found.tolist() == pytest.approx([20, late, late + 40])


@pytest.mark.parametrize(
    ("silence", "expected"), [(0, "active"), (20, "active"), (21, "late"), (60, "late"), (61, "inactive")]
)
def test_both_sides_of_each_threshold(silence, expected):
    assert status(client([20, 20, 20], silence), made_rule(), AS_OF)["status"].item() == expected


@pytest.mark.parametrize(("silence", "expected"), [(60, "outside"), (61, "inactive")])
def test_below_min_orders_a_client_is_outside_and_then_occasional(silence, expected):
    found = status(client([20], silence), made_rule(), AS_OF)
    assert found["status"].item() == expected
    assert found["occasional"].item() == (expected == "inactive")
    assert found["next_order_expected"].isna().item()


@pytest.mark.parametrize(("gap_count", "capped"), [(2, True), (3, False)])
def test_the_portfolios_q95_caps_the_limits_of_clients_with_fewer_than_three_gaps(gap_count, capped):
    found = limits(client([20] * gap_count, 0), made_rule(long=30.0)).iloc[0]
    assert found.tolist() == pytest.approx([20, 10, 30] if capped else [20, 20, 60])


def test_expected_order_is_one_cycle_after_the_last():
    found = status(client([20, 20, 20], 5), made_rule(), AS_OF)
    assert found["next_order_expected"].item() == AS_OF + pd.Timedelta(days=15)
    assert found["silence_cycles"].item() == 0.25


def test_a_client_who_never_bought_is_outside():
    nobody = client([20], 0).assign(frequency=0, gap_count=0, log_gap_sum=0.0, log_gap_square_sum=0.0)
    found = status(nobody.assign(last_order_date=pd.NaT), made_rule(min_orders=1), AS_OF)
    assert found["status"].item() == "outside"


@pytest.mark.parametrize(("ago", "expected"), [(180, "outside"), (181, "inactive")])
def test_where_nobody_bought_twice_180_days_stand_for_the_cycle(ago, expected):
    client_spells = spells(days(("a", [ago])), AS_OF)
    clients = client([20], ago).assign(frequency=1, gap_count=0, log_gap_sum=0.0, log_gap_square_sum=0.0)
    found = status(clients, rule(client_spells, AS_OF), AS_OF)
    assert found["status"].item() == expected
    assert found["own_cycle_days"].isna().item()


@pytest.mark.parametrize("multiplier", [1, 3, 8])
@pytest.mark.parametrize("seed", range(5))
def test_limits_are_in_order_and_more_recent_is_never_worse(seed, multiplier):
    rng = np.random.default_rng(seed)
    gaps = rng.lognormal(3, 1, rng.integers(1, 9)).round().clip(1)
    own = made_rule(multiplier=multiplier, spread=rng.uniform(0, 1.5), long=rng.uniform(20, 300))
    found = limits(client(gaps.tolist(), 0), own).iloc[0]
    assert 0 < found["late_after_days"] < found["inactive_after_days"]
    silences = pd.concat([client(gaps.tolist(), silence) for silence in range(0, 800, 29)])
    worse = [ORDER[code] for code in status(silences, own, AS_OF)["status"]]
    assert worse == sorted(worse)
    assert {0, 2} <= set(worse)


def test_weeks_or_days_give_the_same_status():
    purchases = random_days(5, clients=80)
    stretched = purchases.assign(order_date=AS_OF - 7 * (AS_OF - purchases["order_date"]))
    found = []
    for log in (purchases, stretched):
        client_spells = spells(log, AS_OF)
        own = rule(client_spells, AS_OF)
        clients = client_spells.groupby("customer_id").tail(1).rename(columns={"order_number": "frequency"})
        clients = clients.assign(gap_count=clients["frequency"] - 1, last_order_date=clients["order_date"])
        found.append(status(clients, own, AS_OF).assign(multiplier=own.multiplier))
    same = ["status", "occasional", "silence_cycles", "multiplier"]
    pd.testing.assert_frame_equal(found[0][same], found[1][same])
    assert found[0]["status"].nunique() >= 3


def test_orders_after_a_date_change_nothing_on_it():
    purchases, date = random_days(6), AS_OF - pd.Timedelta(days=100)
    known = purchases[purchases["order_date"] <= date]
    late, early = rule(spells(purchases, date), date), rule(spells(known, date), date)
    assert late.typical_gap_days == early.typical_gap_days
    pd.testing.assert_frame_equal(late.silences, early.silences)


@pytest.mark.parametrize(("gap", "back"), [(60, False), (61, True)])
def test_recovered_is_who_bought_after_the_limit_that_was_known_then(gap, back):
    purchases = days(("a", [gap + 70, gap + 50, gap + 30, gap + 10, 10]))
    found = recovered(spells(purchases, AS_OF), made_rule(), AS_OF, period_days=90)
    assert found.to_dict() == ({"a": gap} if back else {})


@pytest.mark.parametrize(("ago", "inside"), [(89, True), (90, False)])
def test_recovered_looks_at_the_last_period_only(ago, inside):
    purchases = days(("a", [ago + 300, ago + 280, ago + 260, ago]))
    assert ("a" in recovered(spells(purchases, AS_OF), made_rule(), AS_OF, period_days=90)) == inside


def test_error_rate_by_hand():
    # at the origin (60 days ago) all three are long silent by any rule; one came back since
    regular = [*range(400, 299, -10)]
    purchases = days(("a", regular), ("b", regular), ("c", [*regular, 30]), ("d", [*range(400, 60, -10), 65, 5]))
    found = error_rate(spells(purchases, AS_OF), AS_OF, horizon_days=60).set_index("rule")
    own = found.loc["own_cycle"]
    assert (own["clients"], own["called"], own["returned"], own["gone"]) == (4, 3, 1, 2)
    assert (own["error"], own["found_share"], own["enough"]) == (pytest.approx(1 / 3), 1.0, False)
    assert found.loc["fixed_180", "called"] == 3
    assert found.loc["fixed_same_size", "called"] == 3
    assert (own["low"], own["high"]) == pytest.approx((0.0615, 0.7923), abs=1e-4)


def test_the_error_rate_at_the_origin_sees_nothing_of_what_came_later():
    purchases = random_days(7, clients=200)
    origin = AS_OF - pd.Timedelta(days=90)
    moved = purchases.assign(
        order_date=purchases["order_date"].mask(purchases["order_date"] > origin, AS_OF - pd.Timedelta(days=1))
    )
    found = [error_rate(spells(log, AS_OF), AS_OF, horizon_days=90) for log in (purchases, moved)]
    pd.testing.assert_frame_equal(*found)
    assert found[0]["called"].iloc[0] > 5


def test_same_size_calls_at_least_as_many_as_the_own_cycles():
    found = error_rate(spells(random_days(8, clients=90), AS_OF), AS_OF, horizon_days=90).set_index("rule")
    assert found.loc["fixed_same_size", "called"] >= found.loc["own_cycle", "called"] > 0


def test_nobody_is_judged_without_a_horizon():
    found = error_rate(spells(random_days(8), AS_OF), AS_OF, horizon_days=0)
    assert found["called"].tolist() == [0, 0, 0, 0]
    assert found["error"].isna().all()


def test_planted_clients_who_stopped_are_found():
    rng = np.random.default_rng(0)
    stopped, alive = [], []
    for i in range(400):
        pace, agos = rng.uniform(7, 60), [int(rng.uniform(0, 7))] if i % 2 else [int(rng.uniform(250, 300))]
        while agos[-1] < 900:
            agos.append(agos[-1] + max(1, round(pace * rng.lognormal(0, 0.35))))
        (alive if i % 2 else stopped).append((f"c{i:03d}", agos))
    client_spells = spells(days(*stopped, *alive), AS_OF)
    last = client_spells.groupby("customer_id").tail(1).rename(columns={"order_number": "frequency"})
    last = last.assign(gap_count=last["frequency"] - 1, last_order_date=last["order_date"])
    codes = status(last, rule(client_spells, AS_OF), AS_OF)["status"].set_axis(last["customer_id"])
    assert codes[[name for name, _ in stopped]].isin(["late", "inactive"]).mean() >= 0.9
    assert (codes[[name for name, _ in alive]] == "active").mean() >= 0.9
