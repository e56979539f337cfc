"""Delimited text and parquet under canonical names: encodings, delimiters, lines, decimals and dates."""

import datetime as dt
import hashlib
import random

import pytest

from carteira_lib import sources
from carteira_lib.sources import FileReading, delimited
from carteira_lib.tables import DataError

ORDERS = {"customer_id": "Cliente", "order_date": "Data", "amount": "Valor"}


@pytest.fixture(scope="module")
def connection():
    return sources.connect(memory_limit="1GB")


@pytest.fixture
def read(tmp_path, connection):
    """Write one file and read it as a canonical table."""

    def _read(content, table="orders", name="f.csv", **options):
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
        spec = {"path": name, "columns": ORDERS if table == "orders" else {}, **options}
        return sources.read({table: spec}, tmp_path, connection)[table]

    return _read


def rows(reading, *names):
    """Values of a reading's columns by line."""
    frame = reading.data.order_by("_file", "_line").to_pyarrow().to_pydict()
    return list(zip(*(frame[name] for name in names), strict=True))


def test_a_plain_file_gives_canonical_columns_line_numbers_and_how_it_was_read(read):
    reading = read("Cliente;Data;Valor;Obs\n001;31/12/2025;1.234,56;a\n002;01/02/2025;10;b\n")
    assert rows(reading, "customer_id", "order_date", "amount", "_file", "_line") == [
        ("001", "31/12/2025", "1.234,56", "f.csv", 2),
        ("002", "01/02/2025", "10", "f.csv", 3),
    ]
    file = reading.files[0]
    digest = hashlib.sha256(b"Cliente;Data;Valor;Obs\n001;31/12/2025;1.234,56;a\n002;01/02/2025;10;b\n")
    assert file == FileReading(
        "f.csv", "csv", "utf-8", ";", True, 2, ("Cliente", "Data", "Valor", "Obs"), digest.hexdigest()
    )
    assert (reading.decimals, reading.date_orders) == ({"amount": ","}, {"order_date": "dmy"})
    assert (reading.assumed, reading.unmapped) == ((), ("Obs",))
    assert reading.damaged.count().to_pyarrow().as_py() == 0


@pytest.mark.parametrize(
    ("codec", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
def test_every_usual_encoding_gives_the_same_text(read, codec, found):
    text = "Cliente;Data;Valor\nSão João – “Ímã” nº 1;31/12/2025;1,5\n"
    reading = read(text.encode(codec))
    assert rows(reading, "customer_id", "_line") == [("São João – “Ímã” nº 1", 2)]
    assert reading.files[0].encoding == found
    assert reading.files[0].columns == ("Cliente", "Data", "Valor")


def test_a_file_of_mixed_encodings_is_read_line_by_line_and_the_odd_lines_are_counted(read):
    lines = [
        b"Cliente;Data;Valor\n",
        "José;31/12/2025;1,5\n".encode(),
        "Conceição;30/12/2025;2,5\n".encode("cp1252"),
    ]
    reading = read(b"".join(lines))
    assert rows(reading, "customer_id") == [("José",), ("Conceição",)]
    assert (reading.files[0].encoding, reading.files[0].mixed_lines) == ("utf-8 + cp1252", 1)


def test_no_byte_of_a_cp1252_file_is_lost_even_those_without_a_character(read):
    data = bytes(range(0x80, 0x100))
    (value,) = rows(read(b"Cliente;Data;Valor\n" + data + b";31/12/2025;1\n"), "customer_id")[0]
    undefined = {0x81, 0x8D, 0x8F, 0x90, 0x9D}
    assert value == "".join(chr(b) if b in undefined else bytes([b]).decode("cp1252") for b in data)


def test_a_declared_encoding_is_used_and_a_wrong_one_is_said(read):
    text = "Cliente;Data;Valor\nConceição;31/12/2025;1,5\n"
    assert rows(read(text.encode("cp850"), encoding="cp850"), "customer_id") == [("Conceição",)]
    with pytest.raises(DataError, match=r"sources.orders: o arquivo f.csv não está na codificação utf-8"):
        read(text.encode("cp1252"), encoding="utf-8")
    with pytest.raises(DataError, match=r"sources.orders: o arquivo f.csv não está na codificação punycode"):
        read(text.encode(), encoding="punycode")


def test_utf_16_that_ends_in_half_a_character_is_said_to_be_cut_off(read):
    with pytest.raises(DataError, match=r"o arquivo f.csv está cortado ou danificado; exporte-o de novo"):
        read("Cliente;Data;Valor\nA;31/12/2025;1\n".encode("utf-16") + b"A")


def test_nul_bytes_are_left_out(read):
    reading = read(b"Cliente;Data;Valor\nA\x00na;31/12/2025;1,5\x00\n")
    assert rows(reading, "customer_id", "amount") == [("Ana", "1,5")]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("a;b\n1;2,5\n3;4,5\n", ";"),
        ("1;2,50;3,50\n1;2,70;3,90\n", ";"),
        ('a,b\n1,"x;y"\n2,"z;w"\n', ","),
        ("a\tb,c\n1\t2,3\n", "\t"),
        ("a|b|c\n1|2|3\n", "|"),
        ('a;b\n1;"x\n;;\ny"\n2;z\n', ";"),
        ("  a   b\n  1  2\n", " "),
        ("only\n1\n", ";"),
        ("a,b,c\n1,2,3\n4,5\n6,7,8\n", ","),
    ],
)
def test_the_delimiter_is_the_one_that_splits_lines_evenly(text, mark):
    assert delimited.find_delimiter(text) == mark


def test_a_decimal_comma_on_every_line_is_no_delimiter_where_lines_lack_their_last_columns():
    lines = [f"{i};31/12/2025;1,50" + (";urgente" if i % 3 else "") for i in range(60)]
    assert delimited.find_delimiter("\n".join(["Cliente;Data;Valor;Obs", *lines])) == ";"


def test_a_file_with_spaces_for_delimiter_and_no_header_is_addressed_by_position(read):
    text = " 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2   29.73\r\n"
    columns = {"customer_id": 1, "order_date": 3, "quantity": "4", "amount": "5"}
    for options in ({}, {"header": False}, {"header": "false", "delimiter": "space"}):
        reading = read(text, columns=columns, **options)
        assert rows(reading, "customer_id", "order_date", "amount", "_line") == [
            ("00004", "19970101", "29.33", 1),
            ("00004", "19970118", "29.73", 2),
        ]
        assert (reading.files[0].header, reading.unmapped) == (False, ("2",))


def test_short_lines_are_filled_up_and_empty_columns_too_many_are_cut_off(read):
    reading = read("Cliente;Data;Valor\nA;31/12/2025\nB;30/12/2025;2;;\nC\n")
    assert rows(reading, "customer_id", "order_date", "amount", "_line") == [
        ("A", "31/12/2025", None, 2),
        ("B", "30/12/2025", "2", 3),
        ("C", None, None, 4),
    ]


def test_lines_with_too_many_columns_are_damaged_and_counted(read):
    reading = read("Cliente;Data;Valor\nA;31/12/2025;1\nB; Ltda;30/12/2025;2\nC;29/12/2025\n")
    assert rows(reading, "customer_id", "amount", "_line") == [("A", "1", 2), ("C", None, 4)]
    assert reading.damaged.to_pyarrow().to_pylist() == [{"_file": "f.csv", "_line": 3, "text": "B; Ltda;30/12/2025;2"}]
    assert reading.files[0].rows == 3


def test_quotes_line_breaks_blank_lines_and_stray_quotes_lose_nothing(read):
    text = (
        "Cliente;Data;Valor;Obs\r\n"
        'A;31/12/2025;1;"dois ""quartos""\r\ne sala; vista"\r\n'
        "\r\n"
        'B;30/12/2025;2;"cano "bom" 3""\r\n'
        'C;29/12/2025;3;tubo 5"\r\n'
        'D;28/12/2025;4;"nunca fecha\r\n'
        "E;27/12/2025;5;fim\r\n"
    )
    reading = read(text, table="orders", columns={**ORDERS, "channel": "Obs"})
    assert rows(reading, "customer_id", "channel", "_line") == [
        ("A", 'dois "quartos"\r\ne sala; vista', 2),
        ("B", 'cano "bom" 3"', 4),
        ("C", 'tubo 5"', 5),
        ("D", '"nunca fecha', 6),
        ("E", "fim", 7),
    ]


def test_a_line_break_inside_quotes_and_a_short_line_in_one_file_lose_nothing(read):
    text = 'Cliente;Data;Valor\n"A\nB";31/12/2025;1\nC;30/12/2025\n' + 'D;29/12/2025;"2"\n' * 200_000
    found = rows(read(text), "customer_id", "amount", "_line")
    assert found[:3] == [("A\nB", "1", 2), ("C", None, 3), ("D", "2", 4)]
    assert found[-1] == ("D", "2", 200_003)


def test_blank_lines_count_as_lines_and_are_no_rows(read):
    reading = read("\nCliente;Data;Valor\nA;31/12/2025;1\n\n\nB;30/12/2025;2\n\n")
    assert rows(reading, "customer_id", "_line") == [("A", 3), ("B", 6)]
    assert reading.files[0].rows == 2


def test_line_ends_of_several_kinds_in_one_file_are_line_ends(read):
    reading = read("Cliente;Data;Valor\r\nA;31/12/2025;1\nB;30/12/2025;2\rC;29/12/2025;3\r\n")
    assert rows(reading, "customer_id", "amount", "_line") == [("A", "1", 2), ("B", "2", 3), ("C", "3", 4)]


@pytest.mark.parametrize("last", ["99999;01/03/2025", "99999;01/03/2025;5;;", "99999;01/03/2025;5;x"], ids=repr)
def test_one_odd_line_changes_nothing_in_the_others(read, last):
    text = "Cliente;Data;Valor\n" + "".join(f"{i};01/01/2025;1\n" for i in range(2, 5002))
    reading = read(text + last + "\n")
    data = reading.data
    assert data.filter(data.customer_id.cast("int64") == data._line).count().to_pyarrow().as_py() == 5000
    damaged = reading.damaged.to_pyarrow().to_pylist()
    assert damaged == ([{"_file": "f.csv", "_line": 5002, "text": last}] if last.endswith("x") else [])
    assert reading.files[0].rows == 5001


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends_do_not_matter(read, ends):
    reading = read(ends.join(["Cliente;Data;Valor", "A;31/12/2025;1", "B;30/12/2025;2"]))
    assert rows(reading, "customer_id", "amount", "_line") == [("A", "1", 2), ("B", "2", 3)]


def test_both_ways_of_reading_give_the_same_rows_lines_and_hashes(read):
    """DuckDB's reader and the line-by-line one agree: the second file is the first with one short line at its end."""
    drawn = random.Random(7)
    lines = [f'{i:05d};{1 + i % 28:02d}/03/2025;{drawn.randint(1, 99)},{i % 10}0;"n ""{i}"""' for i in range(3000)]
    whole = "Cliente;Data;Valor;Obs\n" + "\n".join(lines) + "\n"
    columns = {**ORDERS, "channel": "Obs"}
    names = ("customer_id", "order_date", "amount", "channel", "_line", "_row")
    fast = rows(read(whole, columns=columns), *names)
    slow = rows(read(whole + "99999;01/03/2025\n", columns=columns), *names)
    assert fast == slow[:-1]
    assert fast[2999][:5] == ("02999", "04/03/2025", fast[2999][2], 'n "2999"', 3001)
    assert len({row[-1] for row in fast}) == 3000


def test_the_line_number_is_exact_over_many_rows(read, connection):
    text = "Cliente;Data;Valor\n" + "".join(f"{i};01/01/2025;1\n" for i in range(2, 300_002))
    data = read(text).data
    assert data.filter(data.customer_id.cast("int64") != data._line).count().to_pyarrow().as_py() == 0
    assert data.count().to_pyarrow().as_py() == 300_000


def test_the_hash_is_of_all_columns_whatever_is_mapped(read):
    reading = read("Cliente;Data;Valor;Obs\nA;31/12/2025;1;x\nA;31/12/2025;1;y\nA;31/12/2025;1;x\n")
    hashes = [row for (row,) in rows(reading, "_row")]
    assert hashes[0] == hashes[2] != hashes[1]
    assert "Obs" not in reading.data.columns


def test_trailing_unnamed_columns_without_content_are_left_out(read):
    reading = read("Cliente;Data;Valor;;;\nA;31/12/2025;1;;;\nB;30/12/2025;2;;x;\n")
    assert reading.files[0].columns == ("Cliente", "Data", "Valor", "5")
    assert reading.unmapped == ("5",)


@pytest.mark.parametrize(
    ("values", "mark", "assumed"),
    [
        (["1.234,56", "10"], ",", False),
        (["1,234.56", "10"], ".", False),
        (["1.234.567", "10"], ",", False),
        (["1,234,567", "10"], ".", False),
        (["10,5", "1.000"], ",", False),
        (["10.5", "1,000"], ".", False),
        (["0,125"], ",", False),
        (["1234,567"], ",", False),
        (["R$ 1.234,56", "-10"], ",", False),
        (["(1,234.50)"], ".", False),
        (["1.5E+03", "2"], ".", False),
        (["1.234", "5.678"], ".", True),
        (["1", "2"], ".", False),
        (["NaN", "inf", "-", "1,50"], ",", False),
        (["2,50", "3,50", "4.5"], ",", False),
    ],
)
def test_the_decimal_mark_is_what_all_values_tell(read, values, mark, assumed):
    text = "Cliente\tData\tValor\n" + "".join(f"A\t31/12/2025\t{value}\n" for value in values)
    reading = read(text)
    assert reading.decimals == {"amount": mark}
    assert reading.assumed == (("amount",) if assumed else ())


def test_without_evidence_the_neighbours_then_the_delimiter_decide_and_it_is_said(read):
    columns = {**ORDERS, "cost": "Custo"}
    by_neighbour = read("Cliente;Data;Valor;Custo\nA;31/12/2025;1.234;0.5\n", columns=columns)
    assert (by_neighbour.decimals, by_neighbour.assumed) == ({"amount": ".", "cost": "."}, ("amount",))
    by_delimiter = read("Cliente;Data;Valor\nA;31/12/2025;1.234\n")
    assert (by_delimiter.decimals, by_delimiter.assumed) == ({"amount": ","}, ("amount",))
    declared = read("Cliente;Data;Valor\nA;31/12/2025;1.234\n", decimal=".")
    assert (declared.decimals, declared.assumed) == ({"amount": "."}, ())


@pytest.mark.parametrize(
    ("values", "order", "assumed"),
    [
        (["05/06/2025", "13/06/2025"], "dmy", False),
        (["05/06/2025", "06/13/2025"], "mdy", False),
        (["2025-06-05", "2025-06-13"], "ymd", False),
        (["20250605"], "ymd", False),
        (["31122025"], "dmy", False),
        (["13.06.25 10:30"], "dmy", False),
        (["06-13-2025"], "mdy", False),
        (["2025/06/13 10:30:00", "2025-06-13T10:30"], "ymd", False),
        (["05/06/2025", "07/06/2025"], "dmy", True),
        (["12/12/2025"], "dmy", True),
        (["97-01-31", "97-02-05"], "ymd", False),
        (["2025-06-05", "06/13/2025"], "mdy", False),
        (["31/02/2025", "05/06/2025"], "dmy", False),
        (["", "?"], "dmy", False),
    ],
)
def test_the_order_of_a_date_is_what_all_values_tell(read, values, order, assumed):
    text = "Cliente;Data;Valor\n" + "".join(f"A;{value};1\n" for value in values)
    reading = read(text)
    assert reading.date_orders == {"order_date": order}
    assert reading.assumed == (("order_date",) if assumed else ())


@pytest.mark.parametrize(
    ("declared", "order"),
    [("mdy", "mdy"), ("dd/mm/aaaa", "dmy"), ("mm/dd/yy", "mdy"), ("aaaa-mm-dd hh:mm", "ymd"), ("%d/%m/%Y", "dmy")],
)
def test_a_declared_date_format_wins(read, declared, order):
    reading = read("Cliente;Data;Valor\nA;13/06/2025;1\n", date_format=declared)
    assert (reading.date_orders, reading.assumed) == ({"order_date": order}, ())


def test_canonical_names_are_found_by_themselves_whatever_the_case(read):
    reading = read("Customer_ID ;ORDER_DATE; amount\nA;31/12/2025;1\n", columns={})
    assert rows(reading, "customer_id", "order_date", "amount") == [("A", "31/12/2025", "1")]


def test_quantity_and_unit_price_stand_for_amount(read):
    reading = read("customer_id;order_date;quantity;unit_price\nA;31/12/2025;2;1,5\n", columns={})
    assert {"quantity", "unit_price"} < set(reading.data.columns)
    assert "amount" not in reading.data.columns


def test_a_raw_column_that_is_mapped_is_not_taken_under_its_own_name_too(read):
    text = "customer_id;order_date;quantity;amount\nA;31/12/2025;2;1,5\n"
    reading = read(text, columns={"unit_price": "amount"})
    assert rows(reading, "quantity", "unit_price") == [("2", "1,5")]
    assert "amount" not in reading.data.columns


def test_a_canonical_name_mapped_to_nothing_is_not_looked_for(read):
    text = "customer_id;order_date;amount;channel\nA;31/12/2025;2;x\n"
    assert "channel" not in read(text, columns={"channel": None}).data.columns


def test_declared_attributes_of_customers_are_kept_under_their_names(read):
    reading = read("customer_id;Porte;E-mail\n007;Médio;a@b.com\n", table="customers", columns={"porte": "Porte"})
    assert set(reading.data.columns) == {"customer_id", "porte", "_file", "_line", "_row"}
    assert rows(reading, "customer_id", "porte") == [("007", "Médio")]
    assert reading.unmapped == ("E-mail",)


def test_a_folder_and_a_glob_join_their_files_by_name(tmp_path, connection):
    folder = tmp_path / "raw"
    folder.mkdir()
    (folder / "a.csv").write_text("Cliente;Data;Valor\nA;31/12/2025;1\n", encoding="utf-8")
    (folder / "b.csv").write_text("Valor;Cliente;Data\n2;B;30/12/2025\n1;A;31/12/2025\n", encoding="utf-8")
    (folder / "leia.md").write_text("x", encoding="utf-8")
    (folder / ".oculto.csv").write_text("x", encoding="utf-8")
    for path in ("raw", "raw/*.csv", ["raw/a.csv", "raw/b.csv"], str(folder)):
        reading = sources.read({"orders": {"path": path, "columns": ORDERS}}, tmp_path, connection)["orders"]
        assert rows(reading, "customer_id", "amount", "_file", "_line") == [
            ("A", "1", "raw/a.csv", 2),
            ("B", "2", "raw/b.csv", 2),
            ("A", "1", "raw/b.csv", 3),
        ]
        hashes = [row for (row,) in rows(reading, "_row")]
        assert hashes[0] == hashes[2], "the same line in another file, its columns in another order, has the same hash"


def test_parquet_stays_lazy_and_keeps_types_and_ids_of_whole_floats_become_text(tmp_path, connection):
    import pyarrow as pa
    import pyarrow.parquet as pq

    day = dt.datetime(2025, 12, 31, 10, 30)
    table = pa.table({"Cliente": [12345.0, None, 7.5], "Data": [day, day, None], "Valor": [1.25, -2.0, None]})
    pq.write_table(table, tmp_path / "f.parquet")
    reading = sources.read({"orders": {"path": "f.parquet", "columns": ORDERS}}, tmp_path, connection)["orders"]
    assert rows(reading, "customer_id", "order_date", "amount", "_line") == [
        ("12345", day, 1.25, 1),
        (None, day, -2.0, 2),
        ("7.5", None, None, 3),
    ]
    assert (reading.decimals, reading.date_orders, reading.assumed) == ({}, {}, ())
    assert connection.con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'parquet%'"
    ).fetchall() == [(0,)]


def test_ids_of_parquet_that_became_floats_may_be_no_number(tmp_path, connection):
    import pyarrow as pa
    import pyarrow.parquet as pq

    ids = pa.array([7.0, float("nan"), None, 1.5], pa.float64())
    table = pa.table({"Cliente": ids, "Data": [dt.datetime(2025, 12, 31)] * 4, "Valor": [1.0] * 4})
    pq.write_table(table, tmp_path / "f.parquet")
    data = sources.read({"orders": {"path": "f.parquet", "columns": ORDERS}}, tmp_path, connection)["orders"].data
    lines = data.mutate(n=data.count().over(group_by="_row")).order_by("_line")
    assert lines.select("customer_id").execute()["customer_id"].tolist()[:1] == ["7"]
    assert connection.create_table("ids_of_floats", lines, temp=True).count().execute() == 4


def test_files_with_and_without_types_join_as_text_in_one_notation(tmp_path, connection):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"Cliente": [1], "Data": [dt.date(2025, 12, 31)], "Valor": [1234.5]})
    pq.write_table(table, tmp_path / "b.parquet")
    (tmp_path / "a.csv").write_text("Cliente;Data;Valor\n01;30/12/2025;1,5\n", encoding="utf-8")
    spec = {"path": ["a.csv", "b.parquet"], "columns": ORDERS}
    reading = sources.read({"orders": spec}, tmp_path, connection)["orders"]
    assert rows(reading, "customer_id", "order_date", "amount") == [
        ("01", "30/12/2025", "1,5"),
        ("1", "2025-12-31", "1234,5"),
    ]


def test_hostile_text_comes_through_as_it_is(read):
    hostile = [
        "<script>alert(1)</script>",
        '=HYPERLINK("http://x";"y")',
        "O'Brien \\ %s {0} $1",
        "😀 ação",
        "x" * 500,
        "00012",
        "NaN",
        "'; DROP TABLE orders; --",
    ]
    quoted = "".join('"' + value.replace('"', '""') + '";31/12/2025;1\n' for value in hostile)
    reading = read("Cliente;Data;Valor\n" + quoted)
    assert [value for (value,) in rows(reading, "customer_id")] == hostile


def test_hostile_column_and_file_names_are_only_names(read):
    name = "Cli\"ente' ; <b>"
    reading = read(
        f'"{name.replace(chr(34), chr(34) * 2)}";Data;Valor\nA;31/12/2025;1\n',
        name='d\'água "1".csv',
        columns={**ORDERS, "customer_id": name},
    )
    assert rows(reading, "customer_id", "_file") == [("A", 'd\'água "1".csv')]


def test_nothing_temporary_is_left_behind(read, tmp_path, monkeypatch):
    import tempfile

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    read("Cliente;Data;Valor\nConceição;31/12/2025;1\n".encode("cp1252"))
    assert list(scratch.iterdir()) == []


def test_the_spill_folder_goes_with_the_connection():
    from pathlib import Path

    own = sources.connect(memory_limit="200MB", threads=1)
    folder = Path(own.con.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
    assert folder.is_dir()
    own.disconnect()
    del own
    assert not folder.exists()


def test_the_fingerprint_follows_the_content_of_every_file(tmp_path):
    file = tmp_path / "f.csv"
    specs = [
        {"path": "*.csv"},
        {"path": "nenhum.csv"},
        {"query": "SELECT * FROM 'f.csv'"},
        {"query": "SELECT * FROM read_csv('f.csv')"},
        {"url": "sqlite:///f.csv", "table": "t"},
    ]
    seen = []
    for content in ("a;b\n1;2\n", "a;b\n1;3\n"):
        file.write_text(content, encoding="utf-8")
        seen.append([sources.fingerprint({"orders": spec}, tmp_path) for spec in specs])
    assert [one == other for one, other in zip(*seen, strict=True)] == [False, True, False, False, False]
    assert len(set(seen[0])) == len(specs)


def test_scan_gives_a_parquet_file_as_a_lazy_table(tmp_path, connection):
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"x": [1, 2]}), tmp_path / "d'água.parquet")
    assert sources.scan(connection, tmp_path / "d'água.parquet").x.sum().to_pyarrow().as_py() == 3


def test_raw_names_that_differ_from_ours_by_case_only_come_in_our_spelling(tmp_path, connection):
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table({"CUSTOMER_ID": ["A"], "Order_Date": [dt.date(2025, 12, 31)], "Amount": [1.5]})
    pq.write_table(table, tmp_path / "f.parquet")
    reading = sources.read({"orders": {"path": "f.parquet"}}, tmp_path, connection)["orders"]
    assert {"customer_id", "order_date", "amount"} < set(reading.data.columns)
    assert rows(reading, "customer_id", "amount") == [("A", 1.5)]
