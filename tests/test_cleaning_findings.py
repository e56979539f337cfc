"""What the cleaning says of itself: numbers and grammar that fit any data."""

import pandas as pd
import pytest

from carteira_lib import cleaning

DAY, LATER = pd.Timestamp("2026-01-05"), pd.Timestamp("2026-03-31")
NO_NOTES = pd.DataFrame({"table": [], "note": [], "rows": [], "amount": [], "example": []})
NO_ROWS = pd.DataFrame({"table": [], "reason": [], "order_date": []})


def balance(read: int, kept: int, **refused: tuple[int, float]) -> pd.DataFrame:
    rows = [("read", read, 0, 10.0 * read), *((rule, n, n, amount) for rule, (n, amount) in refused.items())]
    rows.append(("kept", kept, 0, 10.0 * kept))
    frame = pd.DataFrame(rows, columns=["rule", "rows", "rejected_rows", "amount"]).assign(table="orders")
    return frame.assign(rejected_amount=frame["amount"].where(frame["rejected_rows"] > 0, 0.0))


def said(account: pd.DataFrame, days=(DAY, LATER), notes=NO_NOTES) -> list[str]:
    found = cleaning.findings(account, notes, NO_ROWS, pd.Series(dtype="datetime64[us]"), days)
    return [text.replace("\xa0", " ") for text in found]


def test_one_line_and_one_day_read_as_such():
    assert said(balance(1, 1), (DAY, DAY)) == [
        "A única linha de pedido lida foi aproveitada e soma R$ 10.",
        "Todas as vendas são de **05/01/2026**, que é também a data-base.",
    ]


def test_several_lines_and_days():
    assert said(balance(1200, 1200)) == [
        "As **1.200** linhas de pedidos lidas foram todas aproveitadas e somam R$ 12 mil.",
        "A primeira venda é de 05/01/2026 e a data-base, **31/03/2026**: nada posterior a ela entra nas contas.",
    ]


def test_lines_without_a_readable_amount_have_no_amount_to_tell():
    found = said(balance(20, 16, unreadable_amount=(4, 0.0)))
    assert (
        found[2]
        == "**Atenção:** “valor ilegível” tira 4 linhas (20,0% das lidas): as conclusões valem só para o restante."
    )


def test_lines_counted_once_are_no_alarm():
    found = said(balance(20, 10, no_customer=(0, 0.0), repeated_line=(10, 100.0)))
    assert found[2:] == ["10 linhas repetidas foram contadas uma vez só."]


@pytest.mark.parametrize(("kept_a_day", "doubled"), [(3, True), (7, True), (8, False), (300, False)])
def test_days_look_imported_twice_only_where_their_lines_are_repeats(kept_a_day, doubled):
    """Five days with three repeats each: half of the lines, 30 % of them, just less, and 15 among 1,515."""
    days = pd.date_range("2026-02-02", periods=5)
    repeats = pd.DataFrame({"table": "orders", "reason": "repeated_line", "order_date": days.repeat(3)})
    kept = pd.Series([*days.repeat(kept_a_day), *[pd.Timestamp("2026-01-10")] * 500])
    span = cleaning.repeated_span(repeats, kept)
    assert span == ({"first": days[0], "last": days[-1], "rows": 15} if doubled else None)
    said = cleaning.findings(balance(1000, 985, repeated_line=(15, 9.0)), NO_NOTES, repeats, kept, (DAY, LATER))
    assert any("importado duas vezes" in text for text in said) == doubled


def test_a_register_that_no_order_finds_is_told_as_a_wrong_column():
    """Of 20 lines kept none has a client of the register; one with a product of it is a matter of that line alone."""
    rows = [("orders", "unknown_customer", 20), ("orders", "unknown_product", 19)]
    notes = pd.DataFrame(rows, columns=["table", "note", "rows"]).assign(amount=None, example="Loja SP")
    registers = pd.DataFrame({"table": ["customers", "products"], "rule": "kept", "rows": 9, "rejected_rows": 0})
    account = pd.concat([balance(20, 20), registers])
    told = [text for text in said(account, notes=notes) if "Confira" in text]
    assert told == [
        "**Confira:** nenhum cliente dos pedidos está no cadastro de clientes: "
        "veja que coluna está ligada a customer_id em sources.orders e em sources.customers."
    ]
    some = notes.assign(rows=[19, 20])
    told = [text for text in said(account, notes=some) if "Confira" in text]
    assert [("product_id" in text, "19" in text) for text in told] == [(True, False), (False, True)]
    empty = pd.concat([balance(20, 20), registers.assign(rows=0)])  # a header alone: no column is at fault
    assert not any("veja que coluna" in text for text in said(empty, notes=notes))


@pytest.mark.parametrize(
    ("orders", "title"),
    [
        ([1], "Há vendas no único mês do período"),
        ([1, 1], "Há vendas em cada um dos 2 meses"),
        ([1, 0, 1], "1 mês sem venda: fev/2026"),
        ([1, 0, 0, 0, 0], "4 meses sem venda, os primeiros em fev/2026, mar/2026 e abr/2026"),
    ],
)
def test_the_title_of_the_months(orders, title):
    months = pd.date_range("2026-01-01", periods=len(orders), freq="MS")
    assert cleaning.months_title(pd.DataFrame({"month": months, "orders": orders})) == title


def test_the_account_adds_up_in_rows_and_money_where_a_line_breaks_two_rules():
    both = pd.DataFrame(
        [
            ("orders", "read", 10, 0, 100.0, 0.0),
            ("orders", "no_customer", 3, 3, 30.0, 30.0),
            ("orders", "repeated_line", 4, 2, 40.0, 20.0),
            ("orders", "before_min_date", 0, 0, 0.0, 0.0),
            ("orders", "kept", 5, 0, 50.0, 0.0),
        ],
        columns=["table", "rule", "rows", "rejected_rows", "amount", "rejected_amount"],
    )
    shown = cleaning.account(both)
    assert shown["rule"].tolist() == ["linhas lidas", "sem cliente", "linha repetida", "linhas aproveitadas"]
    assert shown["amount"].tolist() == [100.0, 30.0, 20.0, 50.0]
    assert shown["rejected_rows"].tolist() == [0, 3, 2, 0]


def test_a_repeated_record_is_not_spoken_of_as_a_sale():
    rows = [("customers", "repeated_line", 2), ("orders", "repeated_line", 3)]
    frame = pd.DataFrame(rows, columns=["table", "rule", "rejected_rows"])
    remedies = cleaning.refusals(frame).set_index("table")["O que fazer"]
    assert remedies["customers"] == "Nada a fazer: o registro foi contado uma vez só."
    assert "vendas diferentes" in remedies["orders"]


def test_refused_values_read_as_people_write_them():
    rows = [
        ("date_after_as_of", "order_date", "2026-11-03"),
        ("unreadable_date", "order_date", "2026-13-45"),
        ("repeated_line", None, "a.csv:1393"),
        ("repeated_line", None, "b.csv:7"),
        ("no_customer", "customer_id", None),
    ]
    frame = pd.DataFrame(rows, columns=["reason", "column", "value"]).assign(
        table="orders", source_file="a.csv", line=9
    )
    shown = cleaning.examples(frame).set_index("reason")["value"]
    assert shown["data depois da data-base"] == "03/11/2026"
    assert shown["data ilegível"] == "2026-13-45"
    assert shown["linha repetida"].tolist() == ["igual à linha 1.393", "igual à linha 7 de b.csv"]
    assert pd.isna(shown["sem cliente"])


def test_examples_of_notes_read_as_people_write_them():
    rows = [("returns", "-100.31"), ("since_after_as_of", "2027-01-05"), ("padded_id", "00002"), ("zero_amount", None)]
    frame = pd.DataFrame(rows, columns=["note", "example"]).assign(table="orders", rows=[4, 3, 2, 1])
    assert cleaning.attention(frame)["example"].tolist()[:3] == ["−100,31", "05/01/2027", "00002"]


def test_no_tax_id_stands_unmasked_among_the_warnings():
    codes = ["invalid_tax_id", "padded_tax_id", "shared_tax_id", "city_fixed"]
    notes = pd.DataFrame(
        {"table": "customers", "note": codes, "rows": 1, "example": ["52998224726"] * 3 + ["ANAPOLIS"]}
    )
    shown = cleaning.attention(notes)["example"].tolist()
    assert sorted(shown) == ["***.982.247-**"] * 3 + ["ANAPOLIS"]


def test_a_damaged_line_shows_no_person_on_the_page_and_no_document_in_the_export():
    text = "7;Maria Lima;529.982.247-25;52998224725;maria@exemplo.com;(11) 98765-4321;x"
    rows = [("customers", "damaged_line", None, text), ("orders", "damaged_line", None, "7;01/02/2024;1,00;x")]
    rows.append(("orders", "unreadable_date", "order_date", "31/02/2024"))
    rejected = pd.DataFrame(rows, columns=["table", "reason", "column", "value"]).assign(
        source_file="a.csv", line=2, amount=None, order_date=pd.NaT
    )
    on_page = cleaning.examples(rejected)["value"].tolist()
    assert on_page == ["linha inteira, que está em exports/", "7;01/02/2024;1,00;x", "31/02/2024"]
    exported = cleaning.export(rejected)["value"].tolist()
    assert exported[0] == "7;Maria Lima;***.982.247-**;***.982.247-**;m***@***;********21;x"
    assert exported[1:] == ["7;01/02/2024;1,00;x", "31/02/2024"]
