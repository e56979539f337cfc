"""Order lines through the cleaning: each rule by hand, and all of them against a naive loop on random dirt."""

import random
from collections import Counter
from types import SimpleNamespace

import ibis
import pandas as pd
import pytest

from carteira_lib import cleaning
from carteira_lib.language import LANGUAGES, translator
from carteira_lib.show.columns import CELL_LENGTH
from carteira_lib.tables import DataError

AS_OF = pd.Timestamp("2024-06-30")
MIN_DATE = pd.Timestamp("2020-01-01")


@pytest.fixture(scope="module")
def connection():
    return ibis.duckdb.connect()


def reading(connection, rows, table="orders", *, decimal=",", order="dmy", unmapped=(), damaged=(), survey_scale=None):
    """A reading of dicts of raw text; `file` and `line` of a row may be set by "_file" and "_line"."""
    names = list(dict.fromkeys(name for row in rows for name in row if not name.startswith("_")))
    records = [
        {
            **{name: row.get(name) for name in names},
            "_file": row.get("_file", "a.csv"),
            "_line": row.get("_line", i + 2),
            "_row": row.get("_row", hash(tuple(row.get(name) for name in names))),
        }
        for i, row in enumerate(rows)
    ]
    types = {name: _kind(record[name] for record in records) for name in names}
    schema = {**types, "_file": "string", "_line": "int64", "_row": "int64"}
    broken = pd.DataFrame(damaged, columns=["_file", "_line", "text"])
    data = connection.create_table(
        ibis.util.gen_name("raw"), ibis.memtable(pd.DataFrame(records, columns=list(schema)), schema=schema), temp=True
    )
    broken = ibis.memtable(broken, schema={"_file": "string", "_line": "int64", "text": "string"})
    return SimpleNamespace(
        table=table,
        survey_scale=survey_scale,
        data=data,
        decimals=dict.fromkeys(names, decimal),
        date_orders=dict.fromkeys(names, order),
        unmapped=unmapped,
        damaged=connection.create_table(ibis.util.gen_name("broken"), broken, temp=True),
    )


def _kind(values):
    kinds = {type(v) for v in values if v is not None}
    if kinds <= {str}:
        return "string"
    return "timestamp(6)" if kinds == {pd.Timestamp} else "int64" if kinds == {int} else "float64"


def order(customer="C1", date="05/03/2024", amount="10,00", **others):
    return {"customer_id": customer, "order_date": date, "amount": amount, **others}


def cleaned(connection, rows, *, as_of=AS_OF, ignore=(), **others):
    readings = {"orders": reading(connection, rows, **others)}
    return cleaning.clean(readings, as_of=as_of, min_date=MIN_DATE, ignore_products=ignore)


def reasons(result):
    frame = result.rejected.execute()
    return dict(zip(frame["line"], frame["reason"], strict=True))


def kept(result, table="orders"):
    return result.tables[table].execute()


def notes(result):
    return {(n.note, n.column if isinstance(n.column, str) else None): n.rows for n in result.notes.itertuples()}


def test_each_rule_rejects_its_line_and_only_it(connection):
    bad = {
        "no_customer": order(customer=" - "),
        "unreadable_date": order(date="31/02/2024"),
        "date_after_as_of": order(date="01/07/2024"),
        "before_min_date": order(date="31/12/2019"),
        "unreadable_amount": order(amount="dez"),
        "ignored_product": order(product_id=" frete-sp "),
    }
    result = cleaned(connection, [order(product_id="P1"), *bad.values()], ignore=["FRETE*", "X"])
    assert list(reasons(result).items()) == [(i + 3, reason) for i, reason in enumerate(bad)]
    counts = result.balance.set_index("rule").drop(["read", "kept"])
    assert counts["rows"].tolist() == counts["rejected_rows"].tolist()
    assert counts["rows"].to_dict() == {"damaged_line": 0, "repeated_line": 0, **dict.fromkeys(bad, 1)}


def test_both_sides_of_every_threshold(connection):
    rows = {
        "as_of itself": (order(date="30/06/2024"), None),
        "min_date itself": (order(date="01/01/2020"), None),
        "a cent": (order(amount="0,01"), None),
        "a cent back": (order(amount="-0,01"), None),
        "large": (order(amount="1000000000000000"), None),
        "absurd": (order(amount="1000000000000001"), "unreadable_amount"),
        "the prefix is longer": (order(product_id="FRET"), None),
        "no star": (order(product_id="XX"), None),
        "exact": (order(product_id="x"), "ignored_product"),
        "the prefix alone": (order(product_id="Frete"), "ignored_product"),
        "no product": (order(product_id=None), None),
    }
    result = cleaned(connection, [row for row, _ in rows.values()], ignore=["FRETE*", "X"])
    assert reasons(result) == {i + 2: reason for i, (_, reason) in enumerate(rows.values()) if reason}


def test_the_first_rule_gives_the_reason_and_every_rule_counts(connection):
    rows = [order(product_id="P1"), order(customer=None, date="x", amount=None, product_id="F")]
    result = cleaned(connection, rows, ignore=["f"])
    assert reasons(result) == {3: "no_customer"}
    balance = result.balance.set_index("rule")
    assert (
        balance.loc[["no_customer", "unreadable_date", "unreadable_amount", "ignored_product"], "rows"].tolist()
        == [1] * 4
    )
    assert balance["rejected_rows"].sum() == 1


def test_null_satisfies_no_rule_by_accident(connection):
    """A line with nothing in its optional columns is a sale; unknown values are not zero, not late, not ignored."""
    row = order(order_id=None, product_id=None, quantity=None, unit_price=None, cost=None, seller_id=None, channel=None)
    result = cleaned(connection, [row], ignore=["*"])
    assert len(kept(result)) == 1
    assert result.balance.query("rule not in ('read', 'kept')")["rows"].sum() == 0
    assert result.notes.empty


def test_a_rejected_row_says_where_it_was_and_what_was_read(connection):
    rows = [order(), order(date="31/02/2024", amount="1.234,56", _file="b.csv", _line=88)]
    found = cleaned(connection, rows).rejected.execute().drop(columns="order_date").iloc[0]
    assert found.to_dict() == {
        "table": "orders", "source_file": "b.csv", "line": 88, "column": "order_date", "value": "31/02/2024",
        "reason": "unreadable_date", "amount": 1234.56,
    }  # fmt: skip


def test_a_damaged_line_is_read_and_rejected(connection):
    result = cleaned(connection, [order()], damaged=[("a.csv", 7, "C1;05/03/2024;10;00;x")])
    assert reasons(result) == {7: "damaged_line"}
    assert result.balance.set_index("rule")["rows"][["read", "damaged_line", "kept"]].tolist() == [2, 1, 1]


def test_repeats_with_an_order_number_leave_the_first(connection):
    rows = [order(order_id="1", _file=f) for f in ("b.csv", "a.csv", "a.csv")]
    result = cleaned(connection, rows)
    assert sorted(result.rejected.execute()[["source_file", "line"]].values.tolist()) == [["a.csv", 4], ["b.csv", 2]]
    assert result.rejected.execute()["value"].tolist() == ["a.csv:3"] * 2


def test_repeats_without_an_order_number_keep_what_one_file_holds(connection):
    """a.csv has it once, b.csv twice: two purchases, and a.csv is a part imported again."""
    result = cleaned(connection, [order(_file=f) for f in ("a.csv", "b.csv", "b.csv")])
    assert len(kept(result)) == 2
    assert notes(result)["possible_repeat", None] == 1
    result = cleaned(connection, [order(), order()])
    assert len(kept(result)) == 2


def test_a_line_that_differs_in_an_unread_column_is_no_repeat_but_is_noted(connection):
    rows = [order(order_id="1", product_id="P", _row=i) for i in range(3)]
    result = cleaned(connection, rows, unmapped=("exportado_em",))
    assert len(kept(result)) == 3
    assert notes(result)["repeated_but_unmapped", "order_id"] == 2


def test_returns_are_kept_and_counted(connection):
    result = cleaned(connection, [order(), order(amount="-4,00"), order(amount="(1,50)")])
    assert kept(result)["amount"].sum() == 4.5
    assert result.notes[["note", "rows", "amount"]].values.tolist() == [["returns", 2, -5.5]]


def test_the_amount_comes_from_quantity_and_price_where_there_is_none(connection):
    rows = [
        {"customer_id": "C", "order_date": "01/02/2024", "quantity": q, "unit_price": "2,50"} for q in ("4", "x", "0")
    ]
    result = cleaned(connection, rows)
    assert sorted(kept(result)["amount"]) == [0.0, 10.0]
    found = result.rejected.execute()
    assert found[["column", "value", "reason"]].values.tolist() == [["quantity", "x", "unreadable_amount"]]


def test_an_amount_from_quantity_and_price_has_the_same_limit_as_one_that_is_read(connection):
    pairs = [("1000", "1000000000000"), ("1001", "1000000000000"), ("1e10", "1e10"), ("-1e10", "1e10")]
    rows = [{"customer_id": "C", "order_date": "01/02/2024", "quantity": q, "unit_price": p} for q, p in pairs]
    result = cleaned(connection, rows)
    assert kept(result)["amount"].tolist() == [1e15]
    assert reasons(result) == dict.fromkeys([3, 4, 5], "unreadable_amount")


def test_typed_columns_pass_through(connection):
    rows = [
        order(customer=12345.0, date=pd.Timestamp("2024-01-31 23:59"), amount=1.5),
        order(customer=float("nan"), date=pd.Timestamp("2024-01-31"), amount=1.5),
        order(customer=7.0, date=None, amount=1.5),
        order(customer=7.0, date=pd.Timestamp("2024-01-31"), amount=float("inf")),
        order(customer=7.0, date=pd.Timestamp("2024-01-31"), amount=float("nan")),
    ]
    result = cleaned(connection, rows)
    assert kept(result)[["customer_id", "amount"]].values.tolist() == [["12345", 1.5]]
    assert kept(result)["order_date"].astype("datetime64[us]").tolist() == [pd.Timestamp("2024-01-31")]
    assert list(reasons(result).values()) == [
        "no_customer",
        "unreadable_date",
        "unreadable_amount",
        "unreadable_amount",
    ]


def test_hostile_text_is_text(connection):
    hostile = ["<script>alert(1)</script>", "=HYPERLINK(1)", "🛒", "x" * 500, "007", "a  b", "O'Hara; DROP TABLE"]
    result = cleaned(connection, [order(customer=h, channel=h) for h in hostile])
    assert sorted(kept(result)["customer_id"]) == sorted(hostile)
    assert sorted(kept(result)["channel"]) == sorted(hostile)


def test_the_last_readable_day_is_as_of(connection):
    rows = [
        order(),
        order(date="10/03/2024"),
        order(customer=None, date="11/03/2024"),
        order(amount="?", date="12/03/2024"),
    ]
    result = cleaned(connection, rows, as_of=None)
    assert result.as_of == pd.Timestamp("2024-03-10")
    assert reasons(result) == {4: "no_customer", 5: "unreadable_amount"}  # not "after" a day that nobody set


def test_a_last_day_that_stands_alone_is_noted(connection):
    rows = [order(customer=str(i)) for i in range(1200)]
    alone = cleaned(connection, [*rows, order(date="05/05/2024")], as_of=None)  # 61 days later
    assert alone.as_of == pd.Timestamp("2024-05-05")
    assert notes(alone)["isolated_last_date", "order_date"] == 1
    near = cleaned(connection, [*rows, order(date="04/05/2024")], as_of=None)
    assert "isolated_last_date" not in set(near.notes["note"])


def test_the_products_cost_fills_only_a_source_without_cost(connection):
    products = reading(
        connection, [{"product_id": "P", "unit_cost": "2,00"}, {"product_id": "Q", "unit_cost": ""}], "products"
    )
    rows = [order(product_id=p, quantity=q) for p, q in (("P", "3"), ("P", "-1"), ("Q", "1"), ("Z", "1"), (None, "1"))]
    for extra, cost, filled in (({}, [6.0, -2.0], 2), ({"cost": "1,00"}, [1.0] * 5, None)):
        orders = reading(connection, [row | extra for row in rows])
        result = cleaning.clean(
            {"orders": orders, "products": products}, as_of=AS_OF, min_date=MIN_DATE, ignore_products=()
        )
        assert sorted(kept(result)["cost"].dropna(), reverse=True) == cost
        assert len(kept(result)) == 5
        assert notes(result).get(("cost_from_products", "cost")) == filled


def test_unknown_clients_and_ids_that_nearly_match(connection):
    customers = reading(connection, [{"customer_id": c} for c in ("12", "AB", "Z")], "customers")
    orders = reading(connection, [order(customer=c) for c in ("0012", "ab", "Z", "new", "new")])
    result = cleaning.clean(
        {"orders": orders, "customers": customers}, as_of=AS_OF, min_date=MIN_DATE, ignore_products=()
    )
    found = result.notes.set_index("note")[["rows", "distinct", "example", "amount"]]
    assert found.loc["unknown_customer"].tolist() == [4, 3, "0012", 40.0]
    assert found.loc["id_mismatch"].tolist() == [2, 2, "0012", 20.0]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], "não têm nenhuma linha"),
        ([order(amount="0")] * 3, "nenhuma linha tem valor positivo"),
        ([order(amount="-1")], "devoluções"),
        ([order(customer=None)] * 2 + [order(date="?")], "1 linha: data ilegível"),
    ],
    ids=["empty", "all zero", "only returns", "all unreadable"],
)
def test_no_sale_left_says_why(connection, rows, text):
    if not rows:
        orders = reading(connection, [order()])
        orders.data = orders.data.limit(0)
    else:
        orders = reading(connection, rows)
    with pytest.raises(DataError, match="Nenhuma linha de venda restou") as error:
        cleaning.clean({"orders": orders}, as_of=None, min_date=MIN_DATE, ignore_products=())
    assert text in str(error.value)


def test_lines_all_before_the_first_day_are_told_with_the_days_they_are_of(connection):
    orders = reading(connection, [order(date=day) for day in ("04/07/1996", "06/05/1998", "01/02/1997")])
    with pytest.raises(DataError) as error:
        cleaning.clean({"orders": orders}, as_of=None, min_date=MIN_DATE, ignore_products=())
    told = f"As datas lidas vão de 04/07/1996 a 06/05/1998, e min_date é {MIN_DATE:%d/%m/%Y}."
    assert told in str(error.value)


def test_one_client_one_order_one_day(connection):
    result = cleaned(connection, [order()], as_of=None)
    assert result.as_of == pd.Timestamp("2024-03-05")
    assert [len(kept(result, name)) for name in result.tables] == [1] + [0] * 9
    assert len(kept(cleaned(connection, [order(customer=str(i)) for i in range(5)], as_of=None))) == 5


# The oracle: cells of random dirt with the value that a person reads in them.
CUSTOMERS = [
    ("C1", "C1"),
    (" C2 ", "C2"),
    ("007", "007"),
    ("15.0", "15"),
    ("", None),
    ("null", None),
    (None, None),
    ("--", None),
]
DATES = [
    ("05/03/2024", "2024-03-05"), ("5/4/24", "2024-04-05"), ("2024-01-09 10:00", "2024-01-09"), ("30/06/2024", "2024-06-30"),
    ("01/07/2024", "2024-07-01"), ("31/12/2019", "2019-12-31"), ("30/02/2024", None), ("ontem", None), (None, None),
]  # fmt: skip
AMOUNTS = [
    ("1.234,56", 1234.56), ("1,234.56", 1234.56), ("10", 10.0), ("-3,5", -3.5), ("0", 0.0), ("0,10", 0.1), ("R$ 7,77", 7.77),
    ("nan", None), ("inf", None), ("1e300", None), ("abc", None), (None, None), ("99999999999999999", None),
]  # fmt: skip
PRODUCTS = [("P1", "P1"), ("frete", "frete"), ("TAXA-9", "TAXA-9"), (None, None), ("P2", "P2")]
IDS = [("O1", "O1"), ("O2", "O2"), (None, None), ("-", None)]


def dirty(seed, n=400):
    """Random lines as (raw row, value of each cell); few distinct ones, so that repeats come by themselves."""
    rng = random.Random(seed)
    cells = {"customer_id": CUSTOMERS, "order_date": DATES, "amount": AMOUNTS, "product_id": PRODUCTS, "order_id": IDS}
    lines = []
    for _ in range(n):
        # The first cell of each list is a good one: half of the cells are it, so that many lines survive.
        chosen = {name: found[0] if rng.random() < 0.6 else rng.choice(found) for name, found in cells.items()}
        raw = {name: text for name, (text, _) in chosen.items()}
        value = {name: meaning for name, (_, meaning) in chosen.items()}
        lines.append((raw | {"_file": rng.choice(["a.csv", "b.csv"]), "_line": len(lines) + 2}, value))
    return lines


def naive(lines):
    """The reason of each line, in order; None is kept."""
    seen, by_file = Counter(), Counter()
    found = [None] * len(lines)
    key = [tuple(raw[n] for n in raw if not n.startswith("_")) for raw, _ in lines]
    for (raw, _), k in zip(lines, key, strict=True):
        by_file[k, raw["_file"]] += 1
    for i in sorted(range(len(lines)), key=lambda i: (lines[i][0]["_file"], lines[i][0]["_line"])):
        value, k = lines[i][1], key[i]
        seen[k] += 1
        allowed = 1 if value["order_id"] else max(by_file[k, "a.csv"], by_file[k, "b.csv"])
        product = (value["product_id"] or "").upper()
        if value["customer_id"] is None:
            found[i] = "no_customer"
        elif value["order_date"] is None:
            found[i] = "unreadable_date"
        elif value["order_date"] > "2024-06-30":
            found[i] = "date_after_as_of"
        elif value["order_date"] < "2020-01-01":
            found[i] = "before_min_date"
        elif value["amount"] is None:
            found[i] = "unreadable_amount"
        elif seen[k] > allowed:
            found[i] = "repeated_line"
        elif product == "FRETE" or product.startswith("TAXA"):
            found[i] = "ignored_product"
    return found


@pytest.mark.parametrize("seed", range(3))
def test_random_dirt_is_divided_as_the_naive_loop_divides_it(connection, seed):
    lines = dirty(seed)
    expected = naive(lines)
    result = cleaned(connection, [raw for raw, _ in lines], ignore=["FRETE", "taxa*"])
    assert reasons(result) == {i + 2: reason for i, reason in enumerate(expected) if reason}
    survivors = Counter(
        tuple(v[n] for n in ("customer_id", "order_date", "amount"))
        for (_, v), r in zip(lines, expected, strict=True)
        if not r
    )
    orders = kept(result)
    days = pd.to_datetime(orders["order_date"]).dt.strftime("%Y-%m-%d")
    assert Counter(zip(orders["customer_id"], days, orders["amount"], strict=True)) == survivors
    money = result.balance.set_index("rule")["amount"]
    assert money["read"] == pytest.approx(sum(v["amount"] or 0 for _, v in lines), abs=0.005)
    assert money["read"] == pytest.approx(money["kept"] + result.rejected.execute()["amount"].sum(), abs=0.005)
    rows = result.balance.set_index("rule")
    assert rows["rows"]["read"] == len(lines) == rows["rows"]["kept"] + rows["rejected_rows"].sum()


def test_the_order_of_the_rows_is_irrelevant(connection):
    rows = [raw for raw, _ in dirty(11)]
    columns = ["customer_id", "order_date", "amount", "order_id", "product_id"]
    one, other = (kept(cleaned(connection, r)).sort_values(columns).reset_index(drop=True) for r in (rows, rows[::-1]))
    pd.testing.assert_frame_equal(one, other)


def test_later_orders_change_nothing(connection):
    rows = [raw for raw, _ in dirty(12)]
    later = [order(date=f"{d:02}/07/2024", customer=f"N{d}", _line=1000 + d) for d in range(1, 29)]
    columns = ["customer_id", "order_date", "amount", "order_id", "product_id"]
    one, other = (
        kept(cleaned(connection, r)).sort_values(columns).reset_index(drop=True) for r in (rows, rows + later)
    )
    pd.testing.assert_frame_equal(one, other)


def test_the_callers_tables_stay_as_they_were(connection):
    orders = reading(connection, [order(), order(amount="x")])
    before = orders.data.execute()
    for _ in range(2):
        cleaning.clean({"orders": orders}, as_of=None, min_date=MIN_DATE, ignore_products=())
    pd.testing.assert_frame_equal(orders.data.execute(), before)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_remedy_is_longer_than_a_cell_of_a_page_shows(language):
    texts = [translator(language)(text) for text in cleaning.REMEDIES.values()]
    assert [text for text in texts if len(text) > CELL_LENGTH] == []


def test_every_reason_and_note_has_its_words():
    assert set(cleaning.REASONS) == set(cleaning.REMEDIES)
    assert all(
        text and text[0].islower()
        for text in (*cleaning.REASONS.values(), *cleaning.NOTES.values())
        if not text.startswith(("UF", "CPF"))
    )


@pytest.mark.real_data
def test_online_retail_adds_up_line_by_line(real_data):
    """Counts of the UCI file: 1,067,370 lines, 243,007 without a client (README of the data); the repeats by SQL."""
    connection = ibis.duckdb.connect()
    file = real_data / "online_retail_ii" / "online_retail_ii.parquet"
    raw = "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country"
    connection.raw_sql(
        f"""CREATE TABLE raw AS SELECT CustomerID AS customer_id, InvoiceDate AS order_date, Quantity AS quantity,
        UnitPrice AS unit_price, InvoiceNo AS order_id, StockCode AS product_id, 'o.parquet' AS _file,
        row_number() OVER () AS _line, (hash({raw}) >> 1)::BIGINT AS _row FROM '{file}'"""
    )
    repeats = connection.raw_sql(
        f"SELECT sum(n - 1)::BIGINT FROM (SELECT count(*) n FROM '{file}' GROUP BY {raw})"
    ).fetchall()[0][0]
    empty = connection.create_table(
        "broken", schema=ibis.schema({"_file": "string", "_line": "int64", "text": "string"})
    )
    orders = SimpleNamespace(
        table="orders",
        data=connection.table("raw"),
        decimals={},
        date_orders={},
        unmapped=("Description",),
        damaged=empty,
    )
    result = cleaning.clean(
        {"orders": orders}, as_of=None, min_date=pd.Timestamp("2000-01-01"), ignore_products=["POST", "BANK*"]
    )
    rows = result.balance.set_index("rule")
    assert rows["rows"][["read", "no_customer", "repeated_line"]].tolist() == [1_067_370, 243_007, repeats]
    assert rows["rows"]["kept"] + rows["rejected_rows"].sum() == 1_067_370
    total = connection.raw_sql("SELECT sum(CAST(quantity * unit_price AS DECIMAL(38, 6))) FROM raw").fetchall()[0][0]
    rejected = (
        result.rejected.aggregate(total=lambda t: t.amount.cast("decimal(38, 6)").sum()).execute()["total"].iloc[0]
    )
    assert rows["amount"]["kept"] + float(rejected) == pytest.approx(float(total), abs=0.005)
    assert result.as_of == pd.Timestamp("2011-12-09")


def test_what_is_kept_but_worth_knowing_is_noted(connection):
    rows = [order(product_id="P1", amount="0"), order(customer=" C1 ", product_id="P9"), order(product_id="P1")]
    readings = {
        "orders": reading(connection, rows),
        "products": reading(connection, [{"product_id": "P1", "name": "Caneta"}], "products"),
    }
    result = cleaning.clean(readings, as_of=AS_OF, min_date=MIN_DATE, ignore_products=())
    found = result.notes.set_index("note")["rows"]
    assert found.to_dict() == {"zero_amount": 1, "padded_id": 1, "unknown_product": 1}


def test_a_filler_date_is_not_the_last_day(connection):
    result = cleaned(connection, [order(), order(customer="C2", date="31/12/9999")], as_of=None)
    assert result.as_of == pd.Timestamp("2024-03-05")
    assert result.rejected.execute()["reason"].tolist() == ["date_after_as_of"]
    with pytest.raises(DataError, match="1 linha: data depois da data-base"):
        cleaned(connection, [order(date="31/12/9999")], as_of=None)


def test_a_last_day_years_after_a_few_orders_is_noted(connection):
    early = [order(customer=str(i)) for i in range(20)]
    assert (
        notes(cleaned(connection, [*early, order(date="31/12/2099")], as_of=None))["isolated_last_date", "order_date"]
        == 1
    )
    later = cleaned(connection, [*early, order(date="05/03/2026")], as_of=None)  # 730 days
    assert "isolated_last_date" not in set(later.notes["note"])
