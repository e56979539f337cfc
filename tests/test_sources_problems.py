"""Input that cannot be read: one message with every problem, what it is, where, and the remedy."""

import pytest

from carteira_lib import sources
from carteira_lib.tables import DataError

ORDERS = {"customer_id": "Cliente", "order_date": "Data", "amount": "Valor"}
GOOD = "Cliente;Data;Valor\nA;31/12/2025;1\n"


@pytest.fixture(scope="module")
def connection():
    return sources.connect(memory_limit="1GB")


@pytest.fixture
def problems(tmp_path, connection):
    """Write files, read sources, and give the message of each problem."""

    def _problems(specs, **files):
        for name, content in files.items():
            (tmp_path / name.replace("__", ".")).write_bytes(
                content if isinstance(content, bytes) else content.encode()
            )
        with pytest.raises(DataError) as caught:
            sources.read(specs, tmp_path, connection)
        return [problem.text() for problem in caught.value.problems]

    return _problems


def orders(**options):
    return {"orders": {"path": "f.csv", "columns": ORDERS, **options}}


def test_a_missing_file_names_the_nearest_ones(problems):
    (message,) = problems(orders(path="pedido_2025.csv"), pedidos_2025__csv=GOOD, leia__md="x")
    assert message == "sources.orders: o arquivo pedido_2025.csv não existe. Na pasta há: 'pedidos_2025.csv'."


def test_a_missing_folder_is_said(problems):
    (message,) = problems(orders(path="dados/brutos/f.csv"))
    assert message == "sources.orders: o arquivo dados/brutos/f.csv não existe: a pasta brutos não foi encontrada."


def test_a_folder_without_data_files_is_said(problems, tmp_path):
    (tmp_path / "pasta").mkdir()
    (tmp_path / "pasta" / "leia.md").write_text("x", encoding="utf-8")
    (message,) = problems(orders(path="pasta"))
    assert message.startswith("sources.orders: pasta é uma pasta sem nenhum arquivo de dados (.csv, ")


@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n\r\n", b"  \n", b"\xff\xfe"], ids=repr)
def test_an_empty_file_is_said(problems, content):
    assert problems(orders(), f__csv=content) == [
        "sources.orders: o arquivo f.csv está vazio; exporte-o de novo ou tire sources.orders dos parâmetros."
    ]


def test_a_header_alone_is_a_problem_for_orders_only(problems, connection, tmp_path):
    header = "Cliente;Data;Valor\n"
    assert problems(orders(), f__csv=header) == ["sources.orders: f.csv só tem o cabeçalho, nenhum pedido."]
    spec = {"customers": {"path": "f.csv", "columns": {"customer_id": "Cliente"}}}
    reading = sources.read(spec, tmp_path, connection)["customers"]
    assert (reading.files[0].rows, reading.data.count().to_pyarrow().as_py()) == (0, 0)


def test_a_header_alone_among_files_with_rows_is_no_problem(connection, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.csv").write_text("Cliente;Data;Valor\n", encoding="utf-8")
    reading = sources.read(orders(path="*.csv"), tmp_path, connection)["orders"]
    assert [file.rows for file in reading.files] == [1, 0]


@pytest.mark.parametrize("name", ["f.xlsx", "f.xls", "f.ods"])
@pytest.mark.parametrize("content", [b"<html><table></table></html>", b"PK\x03\x04 cut off"], ids=["html", "cut"])
def test_an_unreadable_spreadsheet_is_said(problems, name, content):
    (message,) = problems(orders(path=name), **{name.replace(".", "__"): content})
    assert f"a planilha {name} não pode ser lida" in message


def test_an_unreadable_parquet_is_said(problems):
    (message,) = problems(orders(path="f.parquet"), f__parquet=b"PAR1 cut off")
    assert "f.parquet não é um parquet que se possa ler" in message


def test_missing_columns_come_with_the_nearest_names_and_the_columns_read(problems):
    found = problems({"orders": {"path": "f.csv"}}, f__csv="Cod Cliente;Data pedido;Total\nA;31/12/2025;1\n")
    assert found == [
        "sources.orders: falta a coluna customer_id; diga qual é em sources.orders.columns. As mais parecidas: "
        "'Cod Cliente'. Colunas lidas de f.csv: Cod Cliente, Data pedido, Total.",
        "sources.orders: falta a coluna order_date; diga qual é em sources.orders.columns. As mais parecidas: "
        "'Data pedido'. Colunas lidas de f.csv: Cod Cliente, Data pedido, Total.",
        "sources.orders: falta a coluna amount (ou as duas: quantity e unit_price); diga qual é em "
        "sources.orders.columns. As mais parecidas: –. Colunas lidas de f.csv: Cod Cliente, Data pedido, Total.",
    ]


def test_a_mapped_name_that_is_not_there_comes_with_the_nearest(problems):
    spec = orders(columns={**ORDERS, "amount": "Valor Total"})
    (message,) = problems(spec, f__csv="Cliente;Data;Vlr Total\nA;31/12/2025;1\n")
    assert message == (
        "sources.orders: f.csv não tem a coluna 'Valor Total', ligada a amount; quis dizer 'Vlr Total'? "
        "Colunas lidas: Cliente, Data, Vlr Total."
    )


def test_nothing_is_suggested_where_no_name_is_alike_and_no_control_character_is_shown(problems):
    (message,) = problems(orders(columns={**ORDERS, "amount": "XYZ"}), f__csv="Cliente;Data;Q\x07\nA;31/12/2025;1\n")
    assert message == "sources.orders: f.csv não tem a coluna 'XYZ', ligada a amount. Colunas lidas: Cliente, Data, Q·."


def test_a_title_above_the_header_is_said_to_be_in_the_way(problems):
    *_, hint = problems(orders(), f__csv=f"Relatório;;\n;;\n{GOOD}")
    assert hint == (
        "sources.orders: nenhuma das colunas ligadas está na primeira linha de f.csv. Se há um título acima do cabeçalho, "
        "apague-o; se não há cabeçalho, use header: false e o número de cada coluna."
    )
    (hint,) = problems(orders(), f__csv=f"Relatório de vendas\n{GOOD}")
    assert "Apague o que houver acima do cabeçalho (título, sep=;)" in hint


def test_no_title_is_suspected_where_the_params_say_that_there_is_no_header(problems):
    assert len(problems(orders(header=False), f__csv=GOOD)) == 3  # one per mapped name


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x1f\x8b\x08\x00abc", "está compactado; extraia o que há dentro e aponte para ele."),
        (b"7z\xbc\xaf\x27\x1c", "está compactado; extraia o que há dentro e aponte para ele."),
        (b"Rar!\x1a\x07", "está compactado; extraia o que há dentro e aponte para ele."),
        (b"%PDF-1.4\n%", "é um PDF, não uma tabela; exporte um CSV, XLSX ou Parquet."),
        (b"\n<HTML><table>", "é uma página da internet (HTML), não uma tabela; exporte um CSV, XLSX ou Parquet."),
        (b"\xef\xbb\xbf<!doctype html>", "é uma página da internet (HTML), não uma tabela; exporte um CSV, XLSX ou Parquet."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_table_is_called_what_it_is(problems, content, said):
    assert problems(orders(), f__csv=content) == [f"sources.orders: o arquivo f.csv {said}"]


def test_one_raw_column_under_two_names_is_said(problems):
    (message,) = problems(orders(columns={**ORDERS, "cost": "Valor"}), f__csv=GOOD)
    assert (
        message
        == "sources.orders: a coluna 'Valor' do arquivo foi ligada a mais de um nome: amount, cost. Deixe só um."
    )


def test_two_raw_columns_of_one_mapped_name_are_said(problems):
    (message,) = problems(orders(), f__csv="Cliente;Data;Valor;Valor\nA;31/12/2025;1;2\n")
    assert message == "sources.orders: f.csv tem mais de uma coluna chamada 'Valor'; dê nomes diferentes a elas."


def test_two_raw_columns_of_one_unmapped_name_are_no_problem(connection, tmp_path):
    (tmp_path / "f.csv").write_text("Cliente;Data;Valor;Obs;Obs\nA;31/12/2025;1;x;y\n", encoding="utf-8")
    reading = sources.read(orders(), tmp_path, connection)["orders"]
    assert reading.unmapped == ("Obs",)


def test_files_of_a_glob_whose_columns_differ_are_said(problems):
    (message,) = problems(orders(path="*.csv"), a__csv=GOOD, b__csv="Cliente;Data;Total\nB;30/12/2025;2\n")
    assert message == (
        "sources.orders: a coluna 'Valor', usada como amount, está em a.csv e falta em b.csv. "
        "Iguale os arquivos ou leia-os em separado."
    )


def test_other_columns_of_a_glob_may_differ(connection, tmp_path):
    (tmp_path / "a.csv").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.csv").write_text("Loja;Cliente;Data;Valor\n7;B;30/12/2025;2\n", encoding="utf-8")
    reading = sources.read(orders(path="*.csv"), tmp_path, connection)["orders"]
    assert (reading.data.count().to_pyarrow().as_py(), reading.unmapped) == (2, ("Loja",))


def test_lines_wider_than_the_header_all_over_are_a_problem_not_damage(problems):
    (message,) = problems(orders(), f__csv="Cliente;Data;Valor\nA;B;31/12/2025;1\nA;B;31/12/2025;1\n")
    assert message == (
        "sources.orders: em f.csv o cabeçalho tem menos colunas (3) que as linhas (4). Apague o que houver acima do "
        "cabeçalho (título, sep=;); confira o separador (';'), em sources; se não há cabeçalho, use header: false."
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"pedidos": {"path": "f.csv"}}, "não existe a tabela 'pedidos'"),
        ({"order": {"path": "f.csv"}}, "quis dizer 'orders'?"),
        ({"metas": {"path": "f.csv"}}, "não existe a tabela 'metas'; quis dizer 'goals'?"),
        ({"xyz": {"path": "f.csv"}}, "não existe a tabela 'xyz'. As tabelas são: orders, customers"),
        ({"orders": {"path": "f.csv", "xyzw": ";"}}, "opção desconhecida 'xyzw'. As opções são: path"),
        ({"orders": {"path": "f.csv", "columns": {"xyz": "V"}}}, "não tem a coluna 'xyz'. As colunas são: customer_id"),
        ({"orders": {"path": "a.sqlite"}}, 'no lugar de path diga url: "sqlite:///a.sqlite" e table, ou query.'),
        (
            {"orders": {"path": "d/A.DB", "table": "t"}},
            'd/A.DB é um banco SQLite; no lugar de path diga url: "sqlite:///d/A.DB"',
        ),
        ({"orders": "f.csv"}, "esperava opções como path e columns; veio 'f.csv'"),
        ({"orders": {"path": "f.csv", "separador": ";"}}, "opção desconhecida 'separador'"),
        ({"orders": {"path": "f.csv", "delimitr": ";"}}, "quis dizer 'delimiter'?"),
        ({"orders": {"columns": ORDERS}}, "diga de onde vêm os dados"),
        ({"orders": {"path": "f.csv", "url": "sqlite:///x", "table": "t"}}, "Veio: path, table, url"),
        ({"orders": {"url": "sqlite:///x"}}, "diga de onde vêm os dados"),
        ({"orders": {"path": 5}}, "o valor 5 não serve para 'path'"),
        ({"orders": {"path": []}}, "não serve para 'path'"),
        (
            {"orders": {"path": "f.csv", "header": "talvez"}},
            "o valor 'talvez' não serve para 'header'; use true / false",
        ),
        ({"orders": {"path": "f.csv", "decimal": ";"}}, "não serve para 'decimal'"),
        ({"orders": {"path": "f.csv", "encoding": "utf-9"}}, "não serve para 'encoding'"),
        ({"orders": {"path": "f.csv", "encoding": "rot13"}}, "não serve para 'encoding'"),
        ({"orders": {"path": "f.csv", "encoding": "undefined"}}, "não serve para 'encoding'"),
        (
            {"customers": {"path": "f.csv", "columns": {"customer_id": "a", "porte": "b", "Porte": "c"}}},
            "'porte' e 'Porte' só diferem em maiúsculas",
        ),
        (
            {"customers": {"path": "f.csv", "columns": {"customer_id": "a", "Name": "b"}}},
            "'name' e 'Name' só diferem em maiúsculas",
        ),
        ({"orders": {"path": "f.csv", "delimiter": ";;"}}, "não serve para 'delimiter'"),
        ({"orders": {"path": "f.csv", "date_format": "mês"}}, "não serve para 'date_format'"),
        ({"surveys": {"path": "f.csv", "survey_scale": "1-7"}}, "não serve para 'survey_scale'; use 0-10, 1-5, 0-100"),
        ({"orders": {"path": "f.csv", "survey_scale": "1-5"}}, "opção desconhecida 'survey_scale'"),
        ({"orders": {"path": "f.csv", "columns": ["a"]}}, "columns deve ligar cada nome nosso"),
        ({"orders": {"path": "f.csv", "columns": {"amount": ["a"]}}}, "columns deve ligar cada nome nosso"),
        ({"orders": {"path": "f.csv", "columns": {"valor": "Valor"}}}, "a tabela não tem a coluna 'valor'"),
        ({"customers": {"path": "f.csv", "columns": {"_file": "Valor"}}}, "'_file' não serve de nome de coluna"),
    ],
)
def test_mistakes_in_the_mapping_are_said(problems, spec, expected):
    (message,) = problems(spec, f__csv=GOOD)
    assert expected in message


def test_all_problems_of_all_sources_come_at_once(problems, tmp_path, connection):
    specs = {
        **orders(path="nada.csv"),
        "customers": {"path": "f.csv", "columns": {"customer_id": "Codigo", "sector": "Ramo"}},
        "products": {"path": ["vazio.csv", "outro.csv"]},
    }
    assert len(problems(specs, f__csv=GOOD, vazio__csv=b"")) == 4
    with pytest.raises(
        DataError, match=r"(?s)^Os dados de entrada não puderam ser lidos: 4 problemas\n  - sources.orders: .*\n"
    ):
        sources.read(specs, tmp_path, connection)


def test_nothing_of_a_failed_reading_stays_in_the_connection(tmp_path):
    own = sources.connect(memory_limit="500MB", threads=1)
    (tmp_path / "f.csv").write_text(GOOD, encoding="utf-8")
    with pytest.raises(DataError):
        sources.read({**orders(), "customers": {"path": "nada.csv"}}, tmp_path, own)
    assert own.con.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
    assert sources.read(orders(), tmp_path, own)["orders"].files[0].rows == 1
