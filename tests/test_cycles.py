"""The client's own cycle: spells, snapshots, own cycle and horizon, by hand and against naive loops."""

import math

import numpy as np
import pandas as pd
import pytest

from carteira_lib.cycles import horizon_days, own_cycle_days, snapshot, spells, wilson

AS_OF = pd.Timestamp("2026-10-31")


def days(*rows: tuple[str, list[int]]) -> pd.DataFrame:
    """Client-days from each client's days before AS_OF."""
    pairs = [(client, AS_OF - pd.Timedelta(days=ago)) for client, agos in rows for ago in agos]
    frame = pd.DataFrame(pairs, columns=["customer_id", "order_date"])
    return frame.astype({"customer_id": "str", "order_date": "datetime64[us]"})


def random_days(seed: int, clients: int = 40, span: int = 500) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = [(f"c{i:03d}", rng.choice(span, rng.integers(1, 12), replace=False).tolist()) for i in range(clients)]
    return days(*rows).sample(frac=1, random_state=seed, ignore_index=True)


def test_spells_of_one_client_by_hand():
    found = spells(days(("a", [30, 20, 5])), AS_OF)
    assert found["order_number"].tolist() == [1, 2, 3]
    assert found["gap_days"].tolist()[:2] == [10, 15]
    assert math.isnan(found["gap_days"].iloc[2])
    assert found["log_gap_sum"].tolist() == pytest.approx([0, math.log(10), math.log(10) + math.log(15)])
    assert found["log_gap_square_sum"].iloc[2] == pytest.approx(math.log(10) ** 2 + math.log(15) ** 2)


def test_returns_zero_days_repeats_and_later_orders_are_no_orders():
    purchases = days(("a", [30, 20, 20, 7, 5, -1])).assign(net_amount=[10.0, 4, 4, 0, -3, 9])
    assert spells(purchases, AS_OF)["order_date"].tolist() == [AS_OF - pd.Timedelta(days=d) for d in (30, 20)]


def test_spells_do_not_depend_on_row_order():
    purchases = random_days(1)
    shuffled = purchases.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(spells(purchases, AS_OF), spells(shuffled, AS_OF))


@pytest.mark.parametrize("back", [0, 45, 200, 600], ids=lambda d: f"{d} days ago")
def test_snapshot_is_what_spells_of_that_date_would_say(back):
    purchases, date = random_days(2), AS_OF - pd.Timedelta(days=back)
    known = spells(purchases, date).groupby("customer_id").tail(1).reset_index(drop=True)
    found = snapshot(spells(purchases, AS_OF), date)
    expected = known[["customer_id", "order_number", "order_date", "log_gap_sum"]]
    expected.columns = ["customer_id", "frequency", "last_order_date", "log_gap_sum"]
    pd.testing.assert_frame_equal(found[expected.columns.tolist()], expected, check_dtype=False)


def test_own_cycle_leans_on_the_portfolio_by_two_pseudo_gaps():
    cycle = own_cycle_days(pd.Series([0, 2, 100]), pd.Series([0.0, 2 * math.log(10), 100 * math.log(10)]), 40.0)
    assert cycle.iloc[:2].tolist() == pytest.approx([40.0, 20.0])
    assert cycle.iloc[2] == pytest.approx(10.0, rel=0.03)


def test_wilson_equals_the_published_worked_example():
    # Newcombe (1998), Statistics in Medicine 17:857-872, Table I, method 3: 81/263, 15/148, 0/20, 1/29
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (successes, trials), limits in published.items():
        assert wilson(successes, trials) == pytest.approx(limits, abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("span", "expected"), [(89, 14), (90, 30)])
def test_the_horizon_needs_three_times_its_length_of_history(span, expected):
    gaps = days(("a", [span, span - 30, span - 60, 0])) if span >= 90 else days(("a", [span, span - 30, span - 59, 0]))
    assert horizon_days(spells(gaps, AS_OF), AS_OF) == expected
