"""The rule of silence: by hand, against naive loops, and the values measured before."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest

from carteira_lib.cycles import spells
from carteira_lib.portfolio import rule, silence_table
from tests.test_cycles import AS_OF, days, random_days


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
