"""Public files as their makers export them; what is expected was counted by other means (wc, the data's own notes)."""

import pytest

from carteira_lib import sources

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def connection():
    return sources.connect(memory_limit="2GB")


@pytest.fixture
def read(real_data, connection):
    def _read(canonical, columns=(), **spec):
        return sources.read({canonical: {"columns": dict(columns), **spec}}, real_data, connection)[canonical]

    return _read


def count(reading, condition=None):
    data = reading.data if condition is None else reading.data.filter(condition(reading.data))
    return data.count().to_pyarrow().as_py()


def first(reading, *names):
    row = reading.data.order_by("_file", "_line").limit(1).to_pyarrow().to_pylist()[0]
    return tuple(row[name] for name in names)


def test_contoso_clients_have_brazilian_dates_and_empty_columns_at_the_end(read):
    columns = {"customer_id": "ID Cliente", "name": "Primeiro Nome", "since": "Data de Nascimento"}
    reading = read("customers", columns, path="contoso_br/Contoso - Clientes.csv")
    file = reading.files[0]
    assert (count(reading), file.rows, file.delimiter, file.encoding) == (39_504, 39_504, ";", "utf-8")
    assert (reading.date_orders, reading.assumed, len(file.columns)) == ({"since": "dmy"}, (), 7)
    assert first(reading, "customer_id", "name", "since", "_line") == ("1", "Garnet", "12/05/1995", 2)
    assert reading.data._line.max().to_pyarrow().as_py() == 39_505


def test_contoso_products_have_decimal_commas_and_accents(read):
    columns = {
        "product_id": "ID Produto",
        "tier": "Tipo",
        "list_price": "Preco Unitario",
        "unit_cost": "Custo Unitario",
    }
    reading = read("products", columns, path="contoso_br/Contoso - Cadastro Produtos.csv")
    assert (count(reading), reading.decimals, reading.assumed) == (1690, {"list_price": ",", "unit_cost": ","}, ())
    assert first(reading, "product_id", "tier", "list_price") == ("873", "Econômico", "20,96")


def test_contoso_sales_come_typed_from_their_spreadsheet(read):
    import datetime as dt

    columns = {"customer_id": "ID Loja", "order_id": "Código Venda", "order_date": "Data", "amount": "Valor Final"}
    reading = read("orders", columns, path="contoso_br/Vendas - Dez.xlsx")
    assert (count(reading), reading.decimals, reading.date_orders) == (7089, {}, {})
    assert first(reading, "order_id", "order_date", "amount", "_line") == ("65014", dt.datetime(2019, 12, 1), 570.0, 2)


def test_consumidor_has_no_header_and_three_encodings_and_its_accents_are_right(read):
    columns = {"customer_id": 3, "event_date": 8, "kind": 16}
    reading = read("interactions", columns, path="consumidor_gov_br/*.csv")
    assert [(f.encoding, f.rows, f.header, len(f.columns)) for f in reading.files] == [
        ("utf-8", 70, False, 23),
        ("utf-8", 585, False, 23),
        ("cp1252", 1159, False, 23),
    ]
    assert (count(reading), reading.date_orders, reading.assumed) == (1814, {"event_date": "dmy"}, ())
    assert first(reading, "customer_id", "event_date", "_line") == ("São Luís", "16/05/2014", 1)
    cp1252 = reading.data.filter(reading.data._file.endswith("cp1252.csv"))
    assert cp1252.filter(cp1252.kind.contains("\ufffd")).count().to_pyarrow().as_py() == 0
    assert cp1252.filter(cp1252.kind == "Vício de Qualidade").count().to_pyarrow().as_py() > 100


def test_online_retail_is_read_from_parquet_with_ids_as_text(read):
    columns = {
        "customer_id": "CustomerID",
        "order_date": "InvoiceDate",
        "order_id": "InvoiceNo",
        "unit_price": "UnitPrice",
    }
    reading = read("orders", columns, path="online_retail_ii/online_retail_ii.parquet")
    assert count(reading) == reading.files[0].rows == 1_067_370
    assert count(reading, lambda t: t.customer_id.isnull()) == 243_007
    assert reading.data.customer_id.nunique().to_pyarrow().as_py() == 5_942
    assert first(reading, "customer_id", "order_id", "_line") == ("13085", "489434", 1)
    assert reading.data._line.max().to_pyarrow().as_py() == 1_067_370


def test_cdnow_is_read_with_and_without_header(read):
    master = read("orders", {"order_date": "date", "amount": "dollar_value"}, path="cdnow/CDNOW_master.txt")
    assert (count(master), master.decimals, master.date_orders) == (69_659, {"amount": "."}, {"order_date": "ymd"})
    assert master.data.customer_id.nunique().to_pyarrow().as_py() == 23_570
    columns = {"customer_id": "1", "order_date": "3", "quantity": "4", "amount": "5"}
    sample = read("orders", columns, path="cdnow/CDNOW_sample.txt")
    assert (count(sample), sample.data.customer_id.nunique().to_pyarrow().as_py()) == (6919, 2357)
    assert first(sample, "customer_id", "order_date", "amount", "_line") == ("00004", "19970101", "29.33", 1)


def test_northwind_is_read_by_table_and_by_query(read):
    url = "sqlite:///northwind/northwind_small.sqlite"
    clients = read("customers", {"customer_id": "CustomerID", "name": "CompanyName"}, url=url, table="Customers")
    assert count(clients) == 93
    query = 'SELECT * FROM Orders JOIN "Order Details" USING (OrderID)'
    columns = {"customer_id": "CustomerID", "order_date": "OrderDate", "order_id": "OrderID", "unit_price": "UnitPrice"}
    orders = read("orders", columns, url=url, query=query)
    assert (count(orders), orders.data.order_id.nunique().to_pyarrow().as_py()) == (2155, 830)
    assert (orders.date_orders, orders.data.customer_id.nunique().to_pyarrow().as_py()) == ({"order_date": "ymd"}, 89)


def test_nps_answers_with_line_breaks_and_quotes_inside_are_whole(read):
    columns = {"customer_id": "id", "score": "nps", "comment": "explication", "answer_date": "t"}
    reading = read("surveys", columns, path="nps_garden_fr/nps.csv")
    assert (count(reading), reading.files[0].encoding) == (13_954, "cp1252")
    assert count(reading, lambda t: t.score.isin([str(n) for n in range(11)])) == 13_612
    assert count(reading, lambda t: t.score.isin(["9", "10"])) == 8_465
    assert count(reading, lambda t: t.comment.contains("\ufffd")) == 0


def test_other_files_have_their_rows(read):
    wholesale = read("customers", {"customer_id": "Fresh"}, path="uci_wholesale/Wholesale customers data.csv")
    assert (count(wholesale), wholesale.files[0].encoding) == (440, "cp1252")
    columns = {
        "proposal_id": "opportunity_id", "customer_id": "account", "sent_date": "engage_date",
        "closed_date": "close_date", "amount": "close_value", "status": "deal_stage",
    }  # fmt: skip
    deals = read("proposals", columns, path="maven_crm/sales_pipeline.csv")
    assert (count(deals), count(deals, lambda t: t.customer_id.isnull())) == (8800, 1425)
    cities = read("customers", {"customer_id": "codigo_ibge", "name": "nome"}, path="municipios_br/municipios.csv")
    assert (count(cities), cities.files[0].encoding) == (5570, "utf-8-sig")
    assert first(cities, "customer_id", "name") == ("5200050", "Abadia de Goiás")


def test_adventureworks_joins_its_parquet_files_by_sql(read):
    query = """
        SELECT f.SalesOrderNumber, f.ResellerKey, f.OrderDate, f.SalesAmount, r.BusinessType
        FROM 'adventureworks_dw/FactResellerSales.parquet' f
        JOIN 'adventureworks_dw/DimReseller.parquet' r USING (ResellerKey)"""
    columns = {
        "customer_id": "ResellerKey",
        "order_date": "OrderDate",
        "amount": "SalesAmount",
        "channel": "BusinessType",
    }
    reading = read("orders", columns, query=query)
    assert (count(reading), reading.data.customer_id.nunique().to_pyarrow().as_py()) == (60_855, 635)
    assert str(reading.data.amount.type()) == "float64"
