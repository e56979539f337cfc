"""Spreadsheets, databases and queries: cells keep their types, nothing is written, no secret is shown."""

import datetime as dt
import sqlite3
import traceback

import pytest
import xlsxwriter

from carteira_lib import sources
from carteira_lib.sources import databases, options
from carteira_lib.tables import DataError

ORDERS = {"customer_id": "Cliente", "order_date": "Data", "amount": "Valor"}
DAY = dt.datetime(2025, 12, 31)
SECRET = "s3nh@/muito:secreta"


@pytest.fixture(scope="module")
def connection():
    return sources.connect(memory_limit="1GB")


@pytest.fixture
def read(tmp_path, connection):
    def _read(canonical="orders", **spec):
        return sources.read({canonical: {"columns": ORDERS, **spec}}, tmp_path, connection)[canonical]

    return _read


def rows(reading, *names):
    frame = reading.data.order_by("_file", "_line").to_pyarrow().to_pydict()
    return list(zip(*(frame[name] for name in names), strict=True))


def book(path, sheets, *, first_row=0):
    with xlsxwriter.Workbook(str(path)) as workbook:
        day = workbook.add_format({"num_format": "dd/mm/yyyy"})
        for name, lines in sheets.items():
            sheet = workbook.add_worksheet(name)
            for y, line in enumerate(lines, first_row):
                for x, value in enumerate(line):
                    if isinstance(value, dt.datetime):
                        sheet.write_datetime(y, x, value, day)
                    elif isinstance(value, str):
                        sheet.write_string(y, x, value)
                    elif value is not None:
                        sheet.write(y, x, value)


def test_a_spreadsheet_keeps_numbers_and_dates_and_writes_whole_ids_as_text(read, tmp_path):
    lines = [["Cliente", "Data", "Valor"], [12345, DAY, 0.1], [None, None, None], ["00123", DAY, -1234567.891]]
    book(tmp_path / "f.xlsx", {"Vendas": lines})
    reading = read(path="f.xlsx")
    assert rows(reading, "customer_id", "order_date", "amount", "_line") == [
        ("12345", DAY, 0.1, 2),
        ("00123", DAY, -1234567.891, 4),
    ]
    assert (reading.files[0].kind, reading.files[0].rows, reading.decimals) == ("xlsx", 2, {})


def test_cells_of_mixed_types_become_text_in_the_notation_of_their_column(read, tmp_path):
    lines = [["Cliente", "Data", "Valor"], [1, DAY, 1234.5], [2, "30/12/2025", "1.234,56"], [3, 20251229, 7]]
    book(tmp_path / "f.xlsx", {"Vendas": lines})
    reading = read(path="f.xlsx")
    assert rows(reading, "order_date", "amount") == [
        ("2025-12-31", "1234,5"),
        ("30/12/2025", "1.234,56"),
        ("20251229", "7"),
    ]
    assert (reading.decimals, reading.date_orders) == ({"amount": ","}, {"order_date": "dmy"})


def test_lines_are_numbered_as_the_spreadsheet_shows_them(read, tmp_path):
    book(tmp_path / "f.xlsx", {"Vendas": [["Cliente", "Data", "Valor"], ["A", DAY, 1]]}, first_row=4)
    assert rows(read(path="f.xlsx"), "customer_id", "_line") == [("A", 6)]


def test_the_sheet_is_the_first_with_content_or_the_named_one(read, tmp_path):
    header = ["Cliente", "Data", "Valor"]
    book(tmp_path / "f.xlsx", {"Capa": [], "Vendas": [header, ["A", DAY, 1]], "Outra": [header, ["B", DAY, 2]]})
    assert rows(read(path="f.xlsx"), "customer_id") == [("A",)]
    for sheet in ("outra ", 3, "3"):
        assert rows(read(path="f.xlsx", sheet=sheet), "customer_id") == [("B",)]
    with pytest.raises(
        DataError, match=r"não tem a aba 'Venda'; quis dizer 'Vendas'\? As abas são: Capa, Vendas, Outra"
    ):
        read(path="f.xlsx", sheet="Venda")
    with pytest.raises(DataError, match=r"o arquivo f.xlsx está vazio"):
        read(path="f.xlsx", sheet="Capa")


def test_a_sheet_of_one_row_is_not_empty(read, tmp_path):
    header = ["Cliente", "Data", "Valor"]
    book(tmp_path / "f.xlsx", {"Vendas": [header]})
    assert read("customers", path="f.xlsx", columns={"customer_id": "Cliente"}).files[0].rows == 0
    with pytest.raises(DataError, match=r"f.xlsx só tem o cabeçalho, nenhum pedido"):
        read(path="f.xlsx")
    book(tmp_path / "g.xlsx", {"Capa": [], "Vendas": [["A", DAY, 1]]})
    columns = {"customer_id": "1", "order_date": "2", "amount": "3"}
    assert rows(read(path="g.xlsx", header=False, columns=columns), "customer_id") == [("A",)]


def test_text_under_the_name_of_an_old_spreadsheet_is_read_as_text(read, tmp_path):
    (tmp_path / "f.xls").write_bytes("Cliente\tData\tValor\nConceição\t31/12/2025\t1,5\n".encode("cp1252"))
    assert rows(read(path="f.xls"), "customer_id", "amount") == [("Conceição", "1,5")]


def test_equal_lines_of_two_spreadsheets_have_equal_hashes_though_their_types_differ(read, tmp_path):
    book(tmp_path / "a.xlsx", {"V": [["Cliente", "Data", "Valor"], [1, DAY, 2], [5, DAY, 2]]})
    book(tmp_path / "b.xlsx", {"V": [["Cliente", "Data", "Valor"], ["1", DAY, 2], ["x", DAY, "y"]]})
    hashes = [row for (row,) in rows(read(path="*.xlsx"), "_row")]
    assert hashes[0] == hashes[2]
    assert len(set(hashes)) == 3


@pytest.fixture
def shop(tmp_path):
    with sqlite3.connect(tmp_path / "loja.db") as database:
        database.execute("CREATE TABLE pedidos (Cliente, Data TEXT, Valor REAL, Foto BLOB)")
        lines = [(1, "2025-12-31", 1.5, b"\x00\xff"), ("01", "2025-12-30", 2, None), (None, "x", None, None)]
        database.executemany("INSERT INTO pedidos VALUES (?, ?, ?, ?)", lines)
    database.close()
    return tmp_path / "loja.db"


@pytest.mark.parametrize("spec", [{"table": "pedidos"}, {"query": "SELECT Cliente, Data, Valor FROM pedidos;"}])
def test_sqlite_gives_its_rows_with_the_type_of_each_cell(read, shop, spec):
    reading = read(url="sqlite:///loja.db", **spec)
    assert rows(reading, "customer_id", "order_date", "amount", "_line") == [
        ("1", "2025-12-31", 1.5, 1),
        ("01", "2025-12-30", 2.0, 2),
        (None, "x", None, 3),
    ]
    assert (reading.files[0].kind, reading.files[0].rows, reading.date_orders) == ("database", 3, {"order_date": "ymd"})


def test_the_fingerprint_of_a_query_follows_the_rows_that_it_gave(read, shop):
    spec = {"url": "sqlite:///loja.db", "table": "pedidos"}
    first, again = read(**spec).files[0].fingerprint, read(**spec).files[0].fingerprint
    with sqlite3.connect(shop) as database:
        database.execute("UPDATE pedidos SET Valor = 3 WHERE Cliente = 1")
    database.close()
    assert first == again != read(**spec).files[0].fingerprint


def test_a_missing_database_or_table_is_said_and_no_file_is_made(read, shop, tmp_path):
    with pytest.raises(DataError, match=r"o banco sqlite:///lojas.db não existe. Na pasta há: 'loja.db'"):
        read(url="sqlite:///lojas.db", table="pedidos")
    assert not (tmp_path / "lojas.db").exists()
    with pytest.raises(DataError, match=r"não tem a tabela 'pedido'; quis dizer 'pedidos'"):
        read(url="sqlite:///loja.db", table="pedido")
    (tmp_path / "falso.db").write_text("not a database at all, only text " * 40, encoding="utf-8")
    with pytest.raises(DataError, match=r"recusou a leitura: file is not a database"):
        read(url="sqlite:///falso.db", table="t")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM pedidos",
        "SELECT 1; SELECT 2",
        "WITH apagados AS (DELETE FROM pedidos RETURNING *) SELECT * FROM apagados",
        "SELECT * INTO nova FROM pedidos",
        "ATTACH 'x.db' AS x",
        "DROP TABLE pedidos",
        "COPY pedidos TO 'x.csv'",
        "PRAGMA journal_mode",
        "CALL apagar()",
        "CREATE TABLE x AS SELECT 1",
        "",
        "-- nada",
    ],
)
@pytest.mark.filterwarnings("ignore:.*unsupported syntax")
def test_only_one_select_is_let_through(query):
    source = options.Source("orders", query=query or " ", url="postgresql://h/b")
    with pytest.raises(DataError, match=r"a consulta deve ser um único SELECT|não é um SQL válido"):
        databases.only_select(source, "postgres")


def test_bad_sql_is_said_without_a_traceback(read, shop):
    with pytest.raises(DataError) as caught:
        read(url="sqlite:///loja.db", query="SELECT *\nFRO pedidos")
    assert str(caught.value) == (
        "sources.orders: a consulta não é um SQL válido; confira-a perto de 'pedidos' (linha 2, coluna 5)."
    )
    with pytest.raises(DataError, match=r"sources.orders: a consulta não é um SQL válido; confira aspas e parênteses"):
        read(url="sqlite:///loja.db", query="SELECT 'aberta FROM pedidos")
    with pytest.raises(DataError, match=r"recusou a leitura: no such column: Preço"):
        read(url="sqlite:///loja.db", query="SELECT Preço FROM pedidos")


def test_a_duckdb_file_is_read_only(read, tmp_path):
    import duckdb

    with duckdb.connect(str(tmp_path / "b.duckdb")) as database:
        database.execute("CREATE TABLE t AS SELECT 7 AS Cliente, DATE '2025-12-31' AS Data, 1.5 AS Valor").fetchall()
    before = (tmp_path / "b.duckdb").read_bytes()
    assert rows(read(url="duckdb:///b.duckdb", table="t"), "customer_id", "order_date", "amount") == [("7", DAY, 1.5)]
    assert (tmp_path / "b.duckdb").read_bytes() == before
    with pytest.raises(DataError, match=r"não tem a tabela 'tt'; quis dizer 't'"):
        read(url="duckdb:///b.duckdb", table="tt")


def test_a_missing_variable_is_named(read, monkeypatch):
    monkeypatch.delenv("CARTEIRA_SENHA", raising=False)
    with pytest.raises(DataError, match=r"a variável de ambiente CARTEIRA_SENHA não está definida"):
        read(url="postgresql://bi:${CARTEIRA_SENHA}@host/crm", table="nps")


def test_a_missing_driver_is_named_by_its_extra(read, monkeypatch):
    monkeypatch.setenv("CARTEIRA_SENHA", SECRET)
    with pytest.raises(DataError, match=r"pip install 'ibis-framework\[mysql\]'") as caught:
        read(url="mysql://bi:${CARTEIRA_SENHA}@host/crm", table="nps")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_no_message_nor_its_causes_hold_a_secret(read, monkeypatch):
    """A driver that repeats the URL in its error, as drivers do."""
    import ibis

    def refuse(url):
        raise RuntimeError(f"cannot connect to {url} ({SECRET}) as user=bi password={SECRET}")

    monkeypatch.setenv("CARTEIRA_SENHA", SECRET)
    monkeypatch.setattr(ibis, "connect", refuse)
    for url in ("postgresql://bi:${CARTEIRA_SENHA}@host/crm", "postgresql://bi:s3nh%40%2Fmuito%3Asecreta@host/crm"):
        with pytest.raises(DataError, match=r"recusou a leitura: cannot connect to .*\*\*\*") as caught:
            read(url=url, table="nps")
        error = caught.value
        assert error.__cause__ is None
        assert error.__context__ is None
        for form in (SECRET, "s3nh%40%2Fmuito%3Asecreta"):
            assert form not in "".join(traceback.format_exception(error)) + repr(error) + repr(error.problems)


def test_a_url_is_shown_without_the_password_that_is_written_in_it():
    assert databases.shown("postgresql://bi:${SENHA}@host/crm") == "postgresql://bi:${SENHA}@host/crm"
    assert databases.shown("postgresql://bi:ab@c@host/crm") == "postgresql://bi:***@host/crm"
    assert databases.shown("snowflake://u@conta/db?password=abc&role=r") == "snowflake://u@conta/db?password=***&role=r"


def test_a_password_that_would_break_the_url_is_quoted_in_it(monkeypatch):
    monkeypatch.setenv("CARTEIRA_SENHA", SECRET)
    source = options.Source("orders", url="postgresql://bi:${CARTEIRA_SENHA}@host/crm", db_table="t")
    url, secrets = databases.expand(source)
    assert url == "postgresql://bi:s3nh%40%2Fmuito%3Asecreta@host/crm"
    assert {SECRET, "s3nh%40%2Fmuito%3Asecreta"} <= set(secrets)


def test_rows_of_any_ibis_backend_come_typed(read, monkeypatch):
    """An Ibis backend stands in for a server: the rows come as Arrow batches."""
    import ibis
    import pyarrow as pa

    arrow = pa.table({"Cliente": [7.0, None], "Data": [DAY.date(), None], "Valor": [1.5, 2.5]})

    class Table:
        def to_pyarrow_batches(self, chunk_size):
            return arrow.to_reader(max_chunksize=1)

    class Server:
        def table(self, name):
            return Table()

        sql = table

    monkeypatch.setattr(ibis, "connect", lambda url: Server())
    for spec in ({"table": "t"}, {"query": "SELECT * FROM t"}):
        reading = read(url="postgresql://host/crm", **spec)
        assert rows(reading, "customer_id", "order_date", "amount", "_line") == [
            ("7", DAY, 1.5, 1),
            (None, None, 2.5, 2),
        ]


def test_sql_over_files_keeps_encodings_and_leading_zeros_from_the_root(read, tmp_path):
    (tmp_path / "brutos").mkdir()
    book(tmp_path / "brutos" / "familias.xlsx", {"F": [["familia", "nome"], ["01", "Ferragens"], ["02", "Tintas"]]})
    lines = "cod;familia;descrição\n007;01;Conceição\n008;02;Ímã\n"
    (tmp_path / "brutos" / "itens.csv").write_bytes(lines.encode("cp1252"))
    query = """
        WITH f AS (SELECT * FROM 'brutos/familias.xlsx')
        SELECT i.cod AS product_id, i."descrição" AS name, f.nome AS family
        FROM 'brutos/itens.csv' AS i JOIN f USING (familia) ORDER BY 1"""
    reading = read("products", query=query, columns={})
    assert rows(reading, "product_id", "name", "family", "_line", "_file") == [
        ("007", "Conceição", "Ferragens", 1, "sources.products.query"),
        ("008", "Ímã", "Tintas", 2, "sources.products.query"),
    ]
    assert (reading.files[0].kind, reading.files[0].columns) == ("sql", ("product_id", "name", "family"))


def test_sql_over_files_sees_numbers_and_days_where_that_loses_nothing(read, tmp_path):
    text = "Cliente,Data,qtd,preco,ean\n1,2025-12-31,2,1.5,0789\n1,2025-12-30,3,2,0790\n"
    (tmp_path / "v.csv").write_text(text, encoding="utf-8")
    query = (
        "SELECT Cliente, max(Data) AS Data, sum(qtd * preco) AS Valor, min(ean) AS ean FROM 'v.csv' GROUP BY Cliente"
    )
    reading = read(query=query, columns={**ORDERS, "product_id": "ean"})
    assert rows(reading, "customer_id", "order_date", "amount", "product_id") == [("1", DAY, 9.0, "0789")]


def test_sql_over_parquet_and_read_functions_start_at_the_root(read, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"Cliente": ["A"], "Data": [DAY], "Valor": [1.0]}), tmp_path / "p.parquet")
    for query in (
        "SELECT * FROM 'p.parquet'",
        "SELECT * FROM read_parquet('p.parquet')",
        "FROM read_parquet(['p.parquet'])",
    ):
        assert rows(read(query=query), "customer_id", "amount") == [("A", 1.0)]


def test_a_query_that_fails_says_why(read, tmp_path):
    (tmp_path / "v.csv").write_text("a;b\n1;2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r'a consulta não pôde ser feita: .*"c"'):
        read(query="SELECT c FROM 'v.csv'")
    with pytest.raises(DataError, match=r"o arquivo w.csv não existe. Na pasta há: 'v.csv'"):
        read(query="SELECT * FROM 'w.csv'")
