"""The balance closes to the client, month by month; cohorts show only what can be known."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib.cycles import snapshot, spells
from carteira_lib.portfolio import cohorts, movement, rule, status
from carteira_lib.portfolio.movement import cohort_period
from tests.test_cycles import AS_OF, days, random_days
from tests.test_portfolio_status import made_rule


def moved_by_hand() -> pd.DataFrame:
    """Every 10 days three times in August 2026; `lost` stops, `back` returns in October, `steady` goes on."""
    august = [80, 70, 62]  # 12, 22, 30 August
    return days(("lost", august), ("back", [*august, 1]), ("steady", [*range(82, -1, -10)]), ("once", [5]))


def balance(purchases, as_of=AS_OF, own=None):
    client_spells = spells(purchases, as_of)
    return movement(client_spells, purchases, own or made_rule(typical=10.0, multiplier=1), as_of)


def test_movement_by_hand():
    # cycle 10 (lost, back: 9.6), inactive 20 days after the last order: out in September, back in October
    found = balance(moved_by_hand())
    columns = ["month", "opening", "new", "recovered", "lost", "closing", "partial"]
    rows = [
        ("2026-08-01", 0, 3, 0, 0, 3, False),
        ("2026-09-01", 3, 0, 0, 2, 1, False),
        ("2026-10-01", 1, 0, 1, 0, 2, False),
    ]
    expected = pd.DataFrame(rows, columns=columns).assign(month=lambda f: pd.to_datetime(f["month"]))
    pd.testing.assert_frame_equal(found.balance[columns], expected, check_dtype=False)
    lost = found.clients[found.clients["movement"] == "lost"]
    assert lost["customer_id"].tolist() == ["back", "lost"]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("as_of", ["2026-10-31", "2026-10-17", "2026-06-30"])
def test_opening_new_recovered_lost_closing_agree_to_the_client(seed, as_of):
    purchases, as_of = random_days(seed, clients=60), pd.Timestamp(as_of)
    client_spells = spells(purchases, as_of)
    own = rule(client_spells, as_of)
    found = movement(client_spells, purchases, own, as_of)
    table = found.balance
    assert (table["opening"] + table["new"] + table["recovered"] - table["lost"] == table["closing"]).all()
    assert (table["opening"].iloc[1:].to_numpy() == table["closing"].iloc[:-1].to_numpy()).all()
    assert table["partial"].tolist() == [False] * (len(table) - 1) + [as_of.day == 17]
    assert len(table) == 12
    assert {"new", "recovered", "lost"} == set(found.clients["movement"])
    now = snapshot(client_spells, as_of)
    alive = status(now, own, as_of)["status"].isin(["active", "late"])
    assert table["closing"].iloc[-1] == alive.sum()
    entered = (
        found.clients.groupby(["month", "movement"]).size().unstack(fill_value=0).reindex(table["month"], fill_value=0)
    )
    for kind in ("new", "recovered", "lost"):
        assert entered[kind].tolist() == table[kind].tolist()


def test_who_moved_follows_from_the_states_of_two_month_ends_one_client_at_a_time():
    purchases = random_days(11, clients=60)
    client_spells = spells(purchases, AS_OF)
    own = rule(client_spells, AS_OF)
    ends = pd.to_datetime(["2026-06-30", "2026-07-31"])
    states = []
    for end in ends:
        known = snapshot(client_spells, end)
        states.append(dict(zip(known["customer_id"], status(known, own, end)["status"], strict=True)))
    expected = []
    for client in sorted(states[1]):
        was, now = states[0].get(client), states[1][client]
        stock = [code in ("active", "late") for code in (was, now)]
        if stock == [True, False]:
            expected.append(("lost", client))
        if stock == [False, True]:
            expected.append(("recovered" if was == "inactive" else "new", client))
    found = movement(client_spells, purchases, own, AS_OF).clients
    july = found[found["month"] == "2026-07-01"]
    assert sorted(expected) == list(zip(july["movement"], july["customer_id"], strict=True))
    assert expected


def test_revenue_of_the_lost_is_of_the_year_up_to_their_last_order():
    purchases = days(("a", [62 + 365, 62 + 364, 80, 71, 70, 62, 61])).assign(
        net_amount=[-1000.0, -1, 10, -3, 20, 40, -7]
    )
    table = balance(purchases).balance.set_index("month")
    # the return 365 days before the last order and the one after it stay out; those between count
    assert table["lost_revenue"].to_dict()[pd.Timestamp("2026-09-01")] == -1 + 10 - 3 + 20 + 40


def test_months_before_the_first_order_are_left_out_and_no_order_gives_no_month():
    assert len(balance(days(("a", [3]))).balance) == 1
    none = balance(days())
    assert len(none.balance) == len(none.clients) == 0


def naive_cohorts(purchases: pd.DataFrame, as_of: pd.Timestamp, freq: str) -> dict:
    dates = {c: sorted(set(g["order_date"])) for c, g in purchases.groupby("customer_id")}
    last = max(p for p in pd.period_range("2024-01", as_of, freq=freq) if p.end_time.normalize() <= as_of)
    cells = {}
    for cohort in {d[0].to_period(freq) for d in dates.values()}:
        members = [c for c, d in dates.items() if d[0].to_period(freq) == cohort]
        for since in range((last - cohort).n + 1):
            bought = [c for c in members if any(d.to_period(freq) == cohort + since for d in dates[c])]
            cells[cohort.start_time, since] = (len(members), len(bought) / len(members))
    return cells


@pytest.mark.parametrize("as_of", ["2026-10-31", "2026-10-30", "2026-09-30"])
@pytest.mark.parametrize(("period", "freq"), [("month", "M"), ("quarter", "Q")])
def test_cohorts_equal_a_naive_loop(as_of, period, freq):
    as_of = pd.Timestamp(as_of)
    purchases = random_days(3, clients=50)
    purchases = purchases[purchases["order_date"] <= as_of]
    found = cohorts(spells(purchases, as_of), as_of, period=period)
    cells = {(r.cohort, r.periods_since): (r.clients, r.retained_share) for r in found.itertuples()}
    naive = naive_cohorts(purchases, as_of, freq)
    assert cells.keys() == naive.keys()
    assert all(cells[cell] == pytest.approx(naive[cell]) for cell in naive)
    assert (found.loc[found["periods_since"] == 0, "retained_share"] == 1).all()


def test_a_month_that_is_not_over_has_no_cell():
    assert (
        len(
            cohorts(
                spells(days(("a", [20, 2])), AS_OF - pd.Timedelta(days=1)), AS_OF - pd.Timedelta(days=1), period="month"
            )
        )
        == 0
    )
    assert len(cohorts(spells(days(("a", [20, 2])), AS_OF), AS_OF, period="month")) == 1


def test_an_unknown_period_is_refused():
    with pytest.raises(ValueError, match=r"period must be one of month, quarter\. Got 'week'"):
        cohorts(spells(days(), AS_OF), AS_OF, period="week")


@pytest.mark.parametrize(("first", "expected"), [("2025-04-30", "quarter"), ("2025-05-01", "month")])
def test_cohorts_are_quarters_from_18_months_of_history(first, expected):
    assert cohort_period(pd.Timestamp(first), AS_OF) == expected


def test_equal_logs_in_another_order_move_the_same_clients():
    purchases = random_days(9).assign(net_amount=np.arange(len(random_days(9)), dtype="float64") + 1)
    first, second = balance(purchases), balance(purchases.sample(frac=1, random_state=2))
    pd.testing.assert_frame_equal(first.balance, second.balance)
    pd.testing.assert_frame_equal(first.clients, second.clients)
