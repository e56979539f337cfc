"""Features as known on a date: by hand, against a naive loop, and nothing of the future."""

import datetime
import itertools
import math
import random
import statistics
from collections import Counter, defaultdict

import ibis
import pandas as pd
import pyarrow as pa
import pytest

from carteira_lib import features, tables

ARROW_TYPES = {
    "text": pa.string(),
    "date": pa.date32(),
    "number": pa.float64(),
    "integer": pa.int64(),
    "flag": pa.bool_(),
}
START = datetime.date(2024, 1, 1)
AS_OF = datetime.date(2026, 6, 30)


@pytest.fixture(scope="module", autouse=True)
def connection():
    previous = ibis.get_backend()
    connection = ibis.duckdb.connect(threads=1)
    ibis.set_backend(connection)
    yield connection
    ibis.set_backend(previous)


def table(name, rows):
    """A canonical table of `rows` (dicts), null where a row leaves a column out."""
    columns = tables.contract(name).columns
    return ibis.memtable(
        pa.table({c.name: pa.array([row.get(c.name) for row in rows], ARROW_TYPES[c.kind]) for c in columns})
    )


def fetch(expression):
    """The rows as pandas, by way of Arrow, so that text is text and dates are datetime64."""
    frame = expression.to_pyarrow().to_pandas()
    dates = [name for name, kind in expression.schema().items() if kind.is_date()]
    return frame.astype(dict.fromkeys(dates, "datetime64[us]"))


def canonical(orders, **others):
    return {name: table(name, others.get(name, [])) for name in ("customers", "products", "interactions")} | {
        "orders": table("orders", orders)
    }


def line(customer, date, amount, **more):
    return {"customer_id": customer, "order_date": datetime.date.fromisoformat(str(date)), "amount": amount, **more}


def client(orders, as_of=AS_OF, **others):
    """Features of the only client, as a dict."""
    frame = fetch(features.customer_features(canonical(orders, **others), as_of=as_of))
    assert len(frame) == 1
    return frame.iloc[0].to_dict()


def ordered(expression, *keys):
    frame = fetch(expression)
    return frame.sort_values(list(keys), ignore_index=True)[sorted(frame.columns)]


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_a_client_counted_by_hand():
    found = client(
        [
            line("ana", "2024-01-01", 100.0, cost=60.0, product_id="p1", seller_id="v1"),
            line("ana", "2024-01-01", 50.0, cost=20.0, product_id="p2", seller_id="v1"),
            line("ana", "2024-01-11", 200.0, product_id="p1", seller_id="v2"),
            line("ana", "2024-01-13", -30.0, cost=-15.0, product_id="p2"),
            line("ana", "2024-02-20", 80.0, cost=50.0, product_id="p3"),
        ],
        as_of="2024-03-01",
        products=[{"product_id": "p1", "family": "f1"}, {"product_id": "p2", "family": "f1"}],
        interactions=[
            {"customer_id": "ana", "event_date": datetime.date(2024, 2, 1), "kind": "visita"},
            {"customer_id": "ana", "event_date": datetime.date(2024, 3, 2), "kind": "visita"},
        ],
    )
    assert found["first_order_date"] == pd.Timestamp("2024-01-01")
    assert found["last_order_date"] == pd.Timestamp("2024-02-20")
    assert found["last_interaction_date"] == pd.Timestamp("2024-02-01")
    assert pd.isna(found.pop("revenue_trend"))  # no whole two years
    expected = {
        "seller_id": "v2", "frequency": 3, "recency_days": 10, "tenure_days": 60, "net_revenue": 400.0,
        "costed_revenue": 200.0, "margin": 85.0, "average_order_value": pytest.approx(400 / 3, abs=1e-6),
        "gap_count": 2, "log_gap_sum": pytest.approx(math.log(10) + math.log(40)),
        "log_gap_square_sum": pytest.approx(math.log(10) ** 2 + math.log(40) ** 2),
        "mean_gap_days": 25.0, "geometric_gap_days": pytest.approx(20.0), "median_gap_days": 25.0,
        "gap_std_days": pytest.approx(math.sqrt(450)), "last_gap_days": 40,
        "orders_30d": 1, "orders_90d": 3, "orders_180d": 3, "orders_365d": 3, "orders_previous_365d": 0,
        "net_revenue_30d": 80.0, "net_revenue_90d": 400.0, "net_revenue_180d": 400.0, "net_revenue_365d": 400.0,
        "net_revenue_previous_365d": 0.0, "distinct_products": 3, "distinct_families": 1, "interactions_90d": 1,
    }  # fmt: skip
    assert {name: found[name] for name in expected} == expected


def test_the_table_is_the_contract():
    found = features.customer_features(canonical([line("ana", "2024-01-01", 1.0)]), as_of=AS_OF)
    contract = tables.contract("customer_features")
    assert tuple(found.columns) == contract.column_names
    assert list(tables.conform(fetch(found), "customer_features").columns) == list(contract.column_names)


DAYS_AND_ORDERS = {
    "returns_only": ([("2024-01-01", -5.0)], 0, -5.0),
    "cancelled_on_the_day": ([("2024-01-01", 5.0), ("2024-01-01", -5.0)], 0, 0.0),
    "cents_in_binary": ([("2024-01-01", 0.1), ("2024-01-01", 0.2), ("2024-01-01", -0.3)], 0, 0.0),
    "one_cent": ([("2024-01-01", 0.01)], 1, 0.01),
    "two_lines_one_day": ([("2024-01-01", 5.0), ("2024-01-01", 7.0)], 1, 12.0),
    "returned_the_day_after": ([("2024-01-01", 5.0), ("2024-01-02", -5.0)], 1, 0.0),
    "return_before_the_first_order": ([("2024-01-01", -5.0), ("2024-01-02", 5.0)], 1, 0.0),
}


def test_an_order_is_a_day_with_a_positive_net_amount():
    lines = [line(who, *entry) for who, (entries, _, _) in DAYS_AND_ORDERS.items() for entry in entries]
    found = fetch(features.customer_features(canonical(lines), as_of=AS_OF)).set_index("customer_id")
    assert found["frequency"].to_dict() == {who: case[1] for who, case in DAYS_AND_ORDERS.items()}
    assert found["net_revenue"].to_dict() == {who: case[2] for who, case in DAYS_AND_ORDERS.items()}


def test_a_client_without_an_order_keeps_its_row_and_its_money():
    found = client([line("ana", "2026-06-01", -5.0, cost=-2.0)])
    assert found["frequency"] == found["gap_count"] == found["log_gap_sum"] == found["distinct_products"] == 0
    assert (found["net_revenue"], found["net_revenue_30d"], found["margin"]) == (-5.0, -5.0, -3.0)
    absent = ["first_order_date", "last_order_date", "recency_days", "tenure_days", "average_order_value"]
    absent += ["mean_gap_days", "geometric_gap_days", "median_gap_days", "gap_std_days", "last_gap_days"]
    assert all(pd.isna(found[name]) for name in absent)


def test_a_window_begins_and_ends_on_its_day():
    """A window of n days is as_of and the n - 1 days before; the year before the last is ages 365 to 729."""
    first_and_last = {"30d": (0, 29), "90d": (0, 89), "180d": (0, 179), "365d": (0, 364), "previous_365d": (365, 729)}
    ages = sorted({age + step for pair in first_and_last.values() for age in pair for step in (-1, 0, 1)} - {-1})
    lines = [line(f"{age:03d}", AS_OF - datetime.timedelta(days=age), 1.0) for age in ages]
    found = ordered(features.customer_features(canonical(lines), as_of=AS_OF), "customer_id")
    assert found["customer_id"].astype(int).tolist() == ages
    for name, (first, last) in first_and_last.items():
        inside = [int(first <= age <= last) for age in ages]
        assert found[f"orders_{name}"].tolist() == found[f"net_revenue_{name}"].tolist() == inside


TRENDS = {
    "up": ([(729, 100.0), (10, 300.0)], 0.5),
    "gone": ([(729, 100.0)], -1.0),
    "level": ([(729, 100.0), (10, 100.0)], 0.0),
    "not_two_years_yet": ([(728, 100.0), (10, 300.0)], None),
    "nothing_in_either_year": ([(900, 100.0)], None),
    "back": ([(900, 100.0), (10, 100.0)], 1.0),
}


def test_revenue_trend_compares_two_whole_years():
    days = [
        (who, AS_OF - datetime.timedelta(days=age), money) for who, case in TRENDS.items() for age, money in case[0]
    ]
    data = canonical([line(*day) for day in days])
    found = fetch(features.customer_features(data, as_of=AS_OF)).set_index("customer_id")["revenue_trend"]
    assert found.astype(object).where(found.notna(), None).to_dict() == {
        who: trend for who, (_, trend) in TRENDS.items()
    }


def test_the_owner_of_the_register_goes_before_the_last_seller():
    lines = [line("ana", "2024-01-01", 5.0, seller_id="v9")]
    assert client(lines, customers=[{"customer_id": "ana", "seller_id": "v1"}])["seller_id"] == "v1"
    assert client(lines, customers=[{"customer_id": "ana"}])["seller_id"] == "v9"
    assert client(lines, customers=[{"customer_id": "bia", "seller_id": "v1"}])["seller_id"] == "v9"


def test_the_last_seller_is_of_the_last_day_that_names_one_and_ties_go_by_id():
    lines = [
        line("ana", "2024-01-01", 5.0, seller_id="v0"),
        line("ana", "2024-01-02", 5.0, seller_id="v3"),
        line("ana", "2024-01-02", 9.0, seller_id="v2"),
        line("ana", "2024-01-03", 5.0),
    ]
    assert {client(list(order))["seller_id"] for order in (lines, lines[::-1])} == {"v2"}


def test_a_returned_product_was_not_bought_and_a_repeated_product_row_counts_once():
    lines = [
        line("ana", "2024-01-01", a, product_id=p) for p, a in (("p1", 5.0), ("p1", 6.0), ("p2", -1.0), (None, 3.0))
    ]
    products = [{"product_id": "p1", "family": "f"}, {"product_id": "p1", "family": "f"}]
    found = client(lines, products=products)
    assert (found["distinct_products"], found["distinct_families"]) == (1, 1)


def test_margin_is_over_the_lines_with_a_known_cost():
    assert pd.isna(client([line("ana", "2024-01-01", 5.0)])["margin"])
    known = client([line("ana", "2024-01-01", 5.0), line("ana", "2024-01-02", 8.0, cost=6.0)])
    assert (known["margin"], known["costed_revenue"], known["net_revenue"]) == (2.0, 8.0, 13.0)


@pytest.mark.parametrize("as_of", [AS_OF, str(AS_OF), pd.Timestamp(AS_OF)], ids=["date", "text", "timestamp"])
def test_as_of_counts_its_own_day_and_may_be_date_text_or_timestamp(as_of):
    lines = [line("ana", AS_OF, 1.0), line("ana", AS_OF + datetime.timedelta(days=1), 1.0)]
    assert client(lines, as_of=as_of)["frequency"] == 1


def test_an_hour_in_order_date_does_not_split_the_day():
    data = canonical([line("ana", AS_OF, 1.0, quantity=8), line("ana", AS_OF, 1.0, quantity=17)])
    orders = data["orders"]
    hours = orders.order_date.cast("timestamp") + orders.quantity.cast("int64").as_interval("h")
    found = fetch(features.customer_features(data | {"orders": orders.mutate(order_date=hours)}, as_of=AS_OF))
    assert found[["frequency", "recency_days"]].values.tolist() == [[1, 0]]


@pytest.mark.parametrize("as_of", ["2023-12-31", "2024-01-01"])
def test_before_the_first_line_there_is_nobody(as_of):
    data = canonical([line("ana", "2024-01-01", 1.0)])
    rows = 1 if as_of == "2024-01-01" else 0
    assert len(fetch(features.customer_features(data, as_of=as_of))) == rows
    assert len(fetch(features.history(data["orders"], [as_of], horizon_days=30, as_of=as_of))) == rows


def test_no_lines_at_all_give_empty_tables():
    data = canonical([])
    assert fetch(features.customer_features(data, as_of=AS_OF)).empty


def test_family_revenue_by_hand():
    lines = [
        line("ana", AS_OF, 10.0, product_id="p1"),
        line("ana", AS_OF, -4.0, product_id="p2"),
        line("ana", AS_OF, 1.0, product_id="p3"),
        line("ana", AS_OF - datetime.timedelta(days=364), 2.0),
        line("bia", AS_OF - datetime.timedelta(days=365), 8.0, product_id="p1"),
        line("bia", AS_OF + datetime.timedelta(days=1), 8.0, product_id="p1"),
    ]
    products = table("products", [{"product_id": p, "family": "f"} for p in ("p1", "p2", "p2")])
    found = ordered(features.family_revenue(table("orders", lines), products, as_of=AS_OF), "family")
    assert found["net_revenue_365d"].tolist() == [6.0, 3.0]
    assert found["family"].fillna("-").tolist() == ["f", "-"]
    assert set(found["customer_id"]) == {"ana"}


def test_client_margins_by_hand():
    back = datetime.timedelta
    lines = [
        line("ana", AS_OF - back(days=400), 100.0, cost=60.0),
        line("ana", AS_OF - back(days=364), 50.0),
        line("ana", AS_OF - back(days=365), 30.0, cost=10.0),
        line("ana", AS_OF, -10.0, cost=-6.0),
        line("bia", AS_OF - back(days=9), -5.0),
        line("cid", AS_OF + back(days=1), 9.0),
    ]
    found = fetch(features.client_margins(table("orders", lines), as_of=AS_OF))
    assert found["customer_id"].tolist() == ["ana"]  # returns only, and nothing yet, are no client's first order
    assert found["first_order_date"].tolist() == [pd.Timestamp(AS_OF - back(days=400))]
    whole, recent = (
        ["net_amount", "costed_amount", "cost"],
        ["recent_net_amount", "recent_costed_amount", "recent_cost"],
    )
    assert found[whole].values.tolist() == [[170.0, 120.0, 64.0]]
    assert found[recent].values.tolist() == [[40.0, -10.0, -6.0]]


@pytest.mark.parametrize(
    ("dates", "horizon_days", "message"),
    [
        ([], 30, "dates must hold at least one date"),
        ([AS_OF + datetime.timedelta(days=1)], 30, r"dates must not lie after as_of \(2026-06-30\)"),
        ([AS_OF], 0, r"horizon_days must be at least 1\. Got 0"),
    ],
)
def test_history_refuses_what_it_cannot_look_from(dates, horizon_days, message):
    with pytest.raises(ValueError, match=message):
        features.history(table("orders", []), dates, horizon_days=horizon_days, as_of=AS_OF)


def test_the_future_of_a_date_begins_the_day_after_and_is_unknown_where_it_goes_beyond_as_of():
    day = datetime.timedelta(days=1)
    ago = {n: AS_OF - n * day for n in (50, 40, 10, 5, 0)}
    lines = [line("ana", ago[n], amount) for n, amount in ((50, 8.0), (40, 6.0), (10, 4.0), (5, -1.0), (0, 2.0))]
    found = ordered(
        features.history(table("orders", lines), [ago[40], ago[10], ago[5]], horizon_days=10, as_of=AS_OF), "as_of"
    )
    assert found["next_orders"].fillna(-1).tolist() == [0, 1, -1]
    assert found["next_revenue"].fillna(-1).tolist() == [0, 1, -1]
    assert found["recency_days"].tolist() == [0, 0, 5]
    assert found["orders_one"].tolist() == [1, 1, 1]
    assert found["revenue_one"].tolist() == [6, 4, 3]
    assert found["orders_two"].tolist() == [2, 1, 1]
    assert found["intensity_one"].tolist() == pytest.approx(
        [1 + math.exp(-1), 1 + math.exp(-3) + math.exp(-4), sum(math.exp(-n / 10) for n in (5, 35, 45))]
    )


def test_history_of_some_clients_is_a_part_of_the_whole():
    orders = table("orders", random_data(3)["orders"])
    dates = {"dates": [AS_OF - datetime.timedelta(days=400)], "horizon_days": 60, "as_of": AS_OF}
    whole = ordered(features.history(orders, **dates), "customer_id")
    some = ordered(features.history(orders, **dates, clients=["c01", "c02"]), "customer_id")
    expected = whole[whole["customer_id"].isin(["c01", "c02"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(some, expected, check_dtype=False)
    assert len(some) == 2


# --- against a naive loop ----------------------------------------------------------------------------------------------


def random_data(seed, *, clients=25, lines=400, days=800):
    """Lines with returns, cancelled days, several lines a day and unknown costs, products and sellers."""
    rng = random.Random(seed)
    orders = []
    for _ in range(lines):
        entry = line(
            f"c{int(rng.random() ** 2 * clients):02d}",
            START + datetime.timedelta(days=rng.randrange(days)),
            rng.choice([-1, 1, 1, 1, 1]) * rng.choice([10.1, 20.2, 30.3, 5.0, 0.01]),
            product_id=rng.choice([None, "p1", "p2", "p3", "p4"]),
            cost=rng.choice([None, 3.3, 8.0]),
            seller_id=rng.choice([None, "v1", "v2", "v3"]),
        )
        orders.append(entry)
        if rng.random() < 0.1:
            orders.append({**entry, "amount": -entry["amount"]})
    return {
        "orders": orders,
        "customers": [{"customer_id": f"c{n:02d}", "seller_id": rng.choice([None, "v7"])} for n in range(clients + 3)],
        "products": [{"product_id": f"p{n}", "family": rng.choice([None, "f1", "f2"])} for n in range(1, 4)],
        "interactions": [
            {"customer_id": f"c{rng.randrange(clients):02d}", "event_date": START + datetime.timedelta(rng.randrange(days)), "kind": "x"}
            for _ in range(60)
        ],
    }  # fmt: skip


def naive_days(lines, as_of):
    """(client -> day -> lines) up to as_of, and (client -> days that are orders)."""
    days = defaultdict(lambda: defaultdict(list))
    for entry in lines:
        if entry["order_date"] <= as_of:
            days[entry["customer_id"]][entry["order_date"]].append(entry)
    bought = {
        who: sorted(day for day, entries in by_day.items() if round(sum(e["amount"] for e in entries), 6) > 0)
        for who, by_day in days.items()
    }
    return days, bought


def naive_features(data, as_of):
    days, bought = naive_days(data["orders"], as_of)
    family = {p["product_id"]: p["family"] for p in data["products"]}
    owner = {c["customer_id"]: c["seller_id"] for c in data["customers"]}
    return pd.DataFrame([naive_client(who, days[who], bought[who], family, owner, data, as_of) for who in sorted(days)])


def naive_client(who, days, bought, family, owner, data, as_of):
    lines = [entry for entries in days.values() for entry in entries]
    gaps = [(b - a).days for a, b in itertools.pairwise(bought)]
    costed = [e for e in lines if e["cost"] is not None]
    products = {e["product_id"] for e in lines if e["amount"] > 0 and e["product_id"]}
    sellers = {day: {e["seller_id"] for e in entries if e["seller_id"]} for day, entries in days.items()}
    named = [day for day, names in sellers.items() if names]
    contacts = [i["event_date"] for i in data["interactions"] if i["customer_id"] == who and i["event_date"] <= as_of]
    row = {
        "customer_id": who,
        "seller_id": owner.get(who) or (min(sellers[max(named)]) if named else None),
        "first_order_date": min(bought, default=None),
        "last_order_date": max(bought, default=None),
        "frequency": len(bought),
        "recency_days": (as_of - max(bought)).days if bought else None,
        "tenure_days": (as_of - min(bought)).days if bought else None,
        "net_revenue": sum(e["amount"] for e in lines),
        "costed_revenue": sum(e["amount"] for e in costed) if costed else None,
        "margin": sum(e["amount"] - e["cost"] for e in costed) if costed else None,
        "average_order_value": sum(e["amount"] for e in lines) / len(bought) if bought else None,
        "gap_count": len(gaps),
        "log_gap_sum": sum(math.log(g) for g in gaps),
        "log_gap_square_sum": sum(math.log(g) ** 2 for g in gaps),
        "mean_gap_days": statistics.mean(gaps) if gaps else None,
        "geometric_gap_days": statistics.geometric_mean(gaps) if gaps else None,
        "median_gap_days": statistics.median(gaps) if gaps else None,
        "gap_std_days": statistics.stdev(gaps) if len(gaps) > 1 else None,
        "last_gap_days": gaps[-1] if gaps else None,
        "distinct_products": len(products),
        "distinct_families": len({family[p] for p in products if family.get(p)}),
        "interactions_90d": sum((as_of - day).days < 90 for day in contacts),
        "last_interaction_date": max(contacts, default=None),
    }
    spans = {"30d": (0, 30), "90d": (0, 90), "180d": (0, 180), "365d": (0, 365), "previous_365d": (365, 730)}
    for name, (low, high) in spans.items():
        row[f"orders_{name}"] = sum(low <= (as_of - day).days < high for day in bought)
        inside = [e["amount"] for e in lines if low <= (as_of - e["order_date"]).days < high]
        row[f"net_revenue_{name}"] = sum(inside)
    recent, before = row["net_revenue_365d"], row["net_revenue_previous_365d"]
    comparable = bought and row["tenure_days"] >= 729 and round(abs(recent) + abs(before), 6)
    row["revenue_trend"] = (recent - before) / (abs(recent) + abs(before)) if comparable else None
    return row


@pytest.mark.parametrize("seed", range(3))
def test_the_features_are_those_of_a_naive_loop(seed):
    data = random_data(seed)
    for as_of in (START + datetime.timedelta(days=d) for d in (60, 790)):
        found = tables.conform(fetch(features.customer_features(canonical(**data), as_of=as_of)), "customer_features")
        expected = tables.conform(naive_features(data, as_of), "customer_features")
        found = found.sort_values("customer_id", ignore_index=True)
        pd.testing.assert_frame_equal(found, expected, rtol=1e-9, atol=2e-6)


def test_revenue_is_conserved():
    data = random_data(7)
    found = fetch(features.customer_features(canonical(**data), as_of=AS_OF))
    assert found["net_revenue"].sum() == pytest.approx(sum(e["amount"] for e in data["orders"]), abs=1e-6)


def naive_history(lines, date, horizon_days, as_of):
    days, bought = naive_days(lines, date)
    later, later_bought = naive_days(lines, min(date + datetime.timedelta(days=horizon_days), as_of))
    return pd.DataFrame([naive_past(who, days[who], bought[who], date, horizon_days, later[who], later_bought[who], as_of) for who in sorted(days) if bought[who]])  # fmt: skip


def naive_past(who, days, bought, date, horizon_days, later, later_bought, as_of):
    gaps = [(b - a).days for a, b in itertools.pairwise(bought)]
    logs = [math.log(g) for g in gaps]
    values = [sum(e["amount"] for e in days[day]) for day in bought]
    first_seen = {}
    positive = sorted((e["order_date"], e["product_id"] or "") for es in days.values() for e in es if e["amount"] > 0)
    for day, product in positive:
        if product:
            first_seen.setdefault(product, day)
    whole = date + datetime.timedelta(days=horizon_days) <= as_of
    amounts = [((date - day).days, sum(e["amount"] for e in es)) for day, es in days.items()]
    ages = [(date - day).days for day in bought]
    row = {
        "as_of": pd.Timestamp(date),
        "customer_id": who,
        "frequency": len(bought),
        "recency_days": ages[-1],
        "tenure_days": ages[0],
        "gap_count": len(gaps),
        "log_gap_sum": sum(logs),
        "log_gap_square_sum": sum(x * x for x in logs),
        "last_gap_days": gaps[-1] if gaps else None,
        "recent_log_gap": statistics.mean(math.log(g) for g in gaps[-3:]) if gaps else None,
        "mean_order_value": statistics.mean(values),
        "recent_order_value": statistics.mean(values[-3:]),
        "last_order_value": values[-1],
        "line_count": len(positive),
        "distinct_products": len(first_seen),
        "new_products_two": sum((date - day).days < 2 * horizon_days for day in first_seen.values()),
        "next_orders": len([d for d in later_bought if d > date]) if whole else None,
        "next_revenue": sum(e["amount"] for d, es in later.items() if d > date for e in es) if whole else None,
    }
    for name, share in {"quarter": 0.25, "half": 0.5, "one": 1, "two": 2}.items():
        row[f"orders_{name}"] = sum(age < share * horizon_days for age in ages)
    for name, share in {"one": 1, "two": 2, "four": 4}.items():
        row[f"revenue_{name}"] = sum(amount for age, amount in amounts if age < share * horizon_days)
    for name, share in {"half": 0.5, "one": 1, "two": 2}.items():
        row[f"intensity_{name}"] = sum(math.exp(-age / (share * horizon_days)) for age in ages)
    return row


@pytest.mark.parametrize(("seed", "horizon_days"), [(0, 90), (1, 7), (2, 31)])
def test_history_is_that_of_a_naive_loop(seed, horizon_days):
    lines = random_data(seed)["orders"]
    as_of = START + datetime.timedelta(days=700)
    dates = [START + datetime.timedelta(days=d) for d in (-1, 200, 30, 200, 660, 700)]
    found = ordered(
        features.history(table("orders", lines), dates, horizon_days=horizon_days, as_of=as_of), "as_of", "customer_id"
    )
    parts = [naive_history(lines, date, horizon_days, as_of) for date in sorted(set(dates))]
    expected = pd.concat([part for part in parts if len(part)], ignore_index=True)[sorted(features.HISTORY)]
    expected = expected.astype(
        dict.fromkeys(["next_orders", "next_revenue", "last_gap_days", "recent_log_gap"], "float64")
    )
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9, atol=1e-6)


# --- nothing of the future, no order of rows ---------------------------------------------------------------------------


def disturbed(data, as_of, seed):
    """The same data as known on `as_of`, with another future and in another order."""
    rng = random.Random(seed)
    future = [e for e in data["orders"] if e["order_date"] > as_of and rng.random() < 0.5]
    future = [
        {**e, "amount": rng.uniform(-500, 500), "product_id": "p9", "seller_id": "v9", "cost": 1.0} for e in future
    ]
    future += [
        line("new", as_of + datetime.timedelta(days=1), 99.0),
        line("c00", as_of + datetime.timedelta(days=1), 5.0),
    ]
    orders = [e for e in data["orders"] if e["order_date"] <= as_of] + future
    interactions = [i for i in data["interactions"] if i["event_date"] <= as_of]
    interactions += [{"customer_id": "c01", "event_date": as_of + datetime.timedelta(days=1), "kind": "x"}]
    changed = {**data, "orders": orders, "interactions": interactions}
    return {name: rng.sample(rows, len(rows)) for name, rows in changed.items()}


@pytest.mark.parametrize("seed", range(3))
def test_nothing_dated_after_as_of_and_no_order_of_rows_changes_anything(seed):
    data, as_of = random_data(seed), START + datetime.timedelta(days=450 + 30 * seed)
    one, other = canonical(**data), canonical(**disturbed(data, as_of, seed))
    dates = [as_of - datetime.timedelta(days=d) for d in (200, 90, 0)]

    def results(known):
        orders = known["orders"]
        yield ordered(features.customer_features(known, as_of=as_of), "customer_id")
        yield ordered(features.history(orders, dates, horizon_days=60, as_of=as_of), "as_of", "customer_id")
        yield ordered(features.family_revenue(orders, known["products"], as_of=as_of), "customer_id", "family")
        yield ordered(features.client_margins(orders, as_of=as_of), "customer_id")

    for before, after in zip(results(one), results(other), strict=True):
        assert len(before) > 0
        pd.testing.assert_frame_equal(before, after, rtol=1e-12)


# --- real data ---------------------------------------------------------------------------------------------------------


@pytest.mark.real_data
def test_cdnow_master_has_the_published_clients_and_every_line(real_data):
    """23,570 clients and 69,659 purchases, see the data set's own description."""
    text = (real_data / "cdnow" / "CDNOW_master.txt").read_text(encoding="ascii")
    rows = [row.split() for row in text.splitlines()[1:] if row.strip()]
    assert len(rows) == 69_659
    lines = [line(who, datetime.datetime.strptime(day, "%Y%m%d").date(), float(money)) for who, day, _, money in rows]
    found = fetch(features.customer_features(canonical(lines), as_of="1998-06-30"))
    assert len(found) == 23_570
    sums = Counter()
    for who, day, _, money in rows:
        sums[who, day] += float(money)
    assert found["frequency"].sum() == sum(money > 1e-6 for money in sums.values())
    assert found["net_revenue"].sum() == pytest.approx(sum(sums.values()), abs=1e-4)


def test_takeups_and_ladder_days_are_those_of_a_plain_loop():
    rng = random.Random(5)
    lines = [
        line(rng.choice("abc"), START + datetime.timedelta(days=rng.randrange(40)), rng.choice([-5.0, 0.0, 10.0, 20.5]),
             product_id=rng.choice(["p1", "p2", "p3", None]))
        for _ in range(200)
    ]  # fmt: skip
    spent, days = Counter(), defaultdict(set)
    for row in lines:
        if row["amount"] > 0 and row["product_id"]:
            key = row["customer_id"], row["product_id"]
            spent[*key, row["order_date"]] += row["amount"]
            days[key].add(row["order_date"])
    orders = table("orders", lines)
    found = fetch(features.takeups(orders)).set_index(["customer_id", "product_id"])
    assert len(found) == len(days)
    for key, dates in days.items():
        row = found.loc[key]
        assert (row["first_date"].date(), row["last_date"].date(), row["days"]) == (min(dates), max(dates), len(dates))
        assert row["amount"] == pytest.approx(sum(amount for (*who, _), amount in spent.items() if tuple(who) == key))
    register = [{"product_id": "p1", "family": "F", "tier": "1"}, {"product_id": "p2", "family": "F"}] * 2
    ladder = fetch(features.ladder_days(orders, table("products", register)))
    got = {(r.customer_id, r.product_id, r.order_date.date()): r.amount for r in ladder.itertuples()}
    assert got == pytest.approx({key: amount for key, amount in spent.items() if key[1] == "p1"})
