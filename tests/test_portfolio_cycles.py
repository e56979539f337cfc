"""The client's own cycle and the rule of silence: by hand, against naive loops, and the values measured before."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from carteira_lib.portfolio import rule, silence_table, snapshot, spells, wilson
from carteira_lib.portfolio.cycles import own_cycle_days

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


def naive_silences(purchases: pd.DataFrame, typical: float, min_orders: int, cycles: int) -> tuple[int, int]:
    silences = returned = 0
    for _, client in purchases.groupby("customer_id"):
        dates = sorted(set(client["order_date"]))
        for i in range(min_orders - 1, len(dates)):
            gaps = [(b - a).days for a, b in itertools.pairwise(dates[: i + 1])] + [typical, typical]
            cycle = math.exp(sum(map(math.log, gaps)) / len(gaps))
            wait = (dates[i + 1] - dates[i]).days if i + 1 < len(dates) else math.inf
            if wait > cycles * cycle and (AS_OF - dates[i]).days >= (cycles + 2) * cycle:
                silences += 1
                returned += wait <= (cycles + 2) * cycle
    return silences, returned


@pytest.mark.parametrize("min_orders", [1, 3])
def test_silence_table_equals_a_naive_loop(min_orders):
    purchases = random_days(4)
    table = silence_table(spells(purchases, AS_OF), AS_OF, typical_gap_days=40.5, min_orders=min_orders)
    for row in table.itertuples():
        assert (row.silences, row.returned) == naive_silences(purchases, 40.5, min_orders, row.cycles)
    assert table["silences"].iloc[0] > 20


def test_a_silence_counts_only_once_its_next_two_cycles_have_passed():
    # one client, every 10 days: own cycle 10; silent since 30 days: c=1 needs 30 days of watching, c=2 needs 40
    table = silence_table(spells(days(("a", [60, 50, 40, 30])), AS_OF), AS_OF, typical_gap_days=10, min_orders=4)
    assert table["silences"].tolist()[:2] == [1, 0]
    assert table["returned"].sum() == 0


@pytest.mark.parametrize(("wait", "silent", "returned"), [(10, 0, 0), (11, 1, 1), (30, 1, 1), (31, 1, 0)])
def test_a_silence_is_longer_than_c_cycles_and_a_return_comes_within_two_more(wait, silent, returned):
    log = spells(days(("a", [wait + 60, wait + 50, wait + 40, 40])), AS_OF)
    row = silence_table(log[log["order_number"] < 4], AS_OF, typical_gap_days=10, min_orders=3).iloc[0]
    assert (row["silences"], row["returned"]) == (silent, returned)


def test_the_cycle_at_a_silence_knows_nothing_of_later_gaps():
    early = days(("a", [400, 390, 380, 300]))
    later = days(("a", [400, 390, 380, 300, 1]))
    tables = [spells(p, AS_OF).loc[lambda s: s["order_number"] == 3, "log_gap_sum"].item() for p in (early, later)]
    assert tables[0] == tables[1]


def test_own_cycle_leans_on_the_portfolio_by_two_pseudo_gaps():
    cycle = own_cycle_days(pd.Series([0, 2, 100]), pd.Series([0.0, 2 * math.log(10), 100 * math.log(10)]), 40.0)
    assert cycle.iloc[:2].tolist() == pytest.approx([40.0, 20.0])
    assert cycle.iloc[2] == pytest.approx(10.0, rel=0.03)


@pytest.mark.parametrize(("count", "long_gap"), [(20, 19.05), (19, math.inf)])
def test_median_and_q95_are_those_of_portfolio_clients_from_20_gaps_on(count, long_gap):
    agos = np.cumsum([5, *range(1, count + 1)]).tolist()
    found = rule(spells(days(("a", agos), ("b", [900, 1])), AS_OF), AS_OF)
    assert (found.typical_gap_days, found.long_gap_days) == ((count + 1) / 2, pytest.approx(long_gap))


def test_without_a_portfolio_client_all_gaps_count_and_without_a_gap_none():
    assert rule(spells(days(("b", [300, 1])), AS_OF), AS_OF).typical_gap_days == 299
    assert rule(spells(days(("b", [300])), AS_OF), AS_OF).basis == "no_gaps"


@pytest.mark.parametrize(("clients", "basis", "multiplier"), [(149, "few_silences", 3), (150, "measured", 1)])
def test_150_silences_are_enough_and_149_are_not(clients, basis, multiplier):
    gone = days(*((f"c{i:03d}", [1000, 990, 980]) for i in range(clients)))
    found = rule(spells(gone, AS_OF), AS_OF)
    assert found.silences["silences"].tolist() == [clients] * 8
    assert (found.basis, found.multiplier) == (basis, multiplier)


def test_half_returning_is_not_yet_less_likely_than_not():
    back = [(f"back{i:03d}", [60, 50, 40, 25]) for i in range(100)]
    gone = [(f"gone{i:03d}", [60, 50, 40]) for i in range(100)]
    exact, fewer = (rule(spells(days(*log, *gone), AS_OF), AS_OF) for log in (back, back[:99]))
    assert exact.silences["share"].iloc[0] == 0.5
    assert (fewer.multiplier, fewer.basis) == (1, "measured")
    # nothing measured says less than 3, and at 2 cycles there are too few silences
    assert (exact.multiplier, exact.basis) == (3, "few_silences")


def test_where_half_return_after_any_silence_the_longest_of_the_grid_stands():
    # every 10 days, then a wait in cycles; half of those still silent return within the next two cycles, at every c.
    # the last order is too recent for its own silence to count
    waits = {2.5: 1600, 4.5: 800, 6.5: 400, 8.5: 200}
    back = [
        (f"{wait}-{i}", [int(15 + 10 * wait) + ago for ago in (20, 10, 0)] + [15])
        for wait, clients in waits.items()
        for i in range(clients)
    ]
    gone = [(f"gone-{i}", [320, 310, 300]) for i in range(200)]
    found = rule(spells(days(*back, *gone), AS_OF), AS_OF)
    assert found.silences["silences"].tolist() == [3200, 3200, 1600, 1600, 800, 800, 400, 400]
    assert found.silences["share"].tolist() == [0.5] * 8
    assert (found.multiplier, found.basis) == (8, "beyond_grid")


def test_min_orders_below_one_is_refused():
    with pytest.raises(ValueError, match=r"min_orders must be at least 1\. Got 0"):
        rule(spells(days(("a", [1])), AS_OF), AS_OF, min_orders=0)


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


MEASURED = {"cdnow": (1, [0.49, 0.39, 0.33, 0.27]), "online_retail": (4, [0.79, 0.68, 0.55, 0.49])}


def public_days(name: str, folder) -> tuple[pd.DataFrame, pd.Timestamp]:
    if name == "cdnow":
        log = pd.read_csv(folder / "cdnow" / "CDNOW_master.txt", sep=r"\s+", skiprows=1, header=None, dtype={0: str})
        log.columns = ["customer_id", "order_date", "quantity", "amount"]
        log["order_date"] = pd.to_datetime(log["order_date"].astype(str), format="%Y%m%d")
        as_of = pd.Timestamp("1998-06-30")
    else:
        columns = {"CustomerID": "customer_id", "InvoiceDate": "order_date"}
        log = pd.read_parquet(folder / "online_retail_ii" / "online_retail_ii.parquet").rename(columns=columns)
        log = (
            log[log["customer_id"].notna() & (log["order_date"] >= "2010-12-01")].drop(columns="src").drop_duplicates()
        )
        log["order_date"] = log["order_date"].dt.normalize()
        log["amount"] = log["Quantity"].astype(float) * log["UnitPrice"].astype(float)
        as_of = pd.Timestamp("2011-12-09")
    log = log.astype({"customer_id": "str"})
    net = log.groupby(["customer_id", "order_date"], as_index=False)["amount"].sum()
    return net.rename(columns={"amount": "net_amount"}), as_of


@pytest.mark.real_data
@pytest.mark.parametrize("name", MEASURED)
def test_returns_after_silence_are_those_measured_on_public_data(name, real_data):
    purchases, as_of = public_days(name, real_data)
    found = rule(spells(purchases, as_of), as_of)
    multiplier, shares = MEASURED[name]
    assert (found.multiplier, found.basis) == (multiplier, "measured")
    assert found.silences["share"].head(4).tolist() == pytest.approx(shares, abs=0.02)
