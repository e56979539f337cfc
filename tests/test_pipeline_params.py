"""Params files: every wrong line is told, with the remedy, in one message; codes are never damaged."""

import json
import pickle

import pytest

from carteira_lib.language import translator
from carteira_lib.pipeline import params, yaml_reader
from carteira_lib.pipeline.params import ParamsError

CLEANING = """\
run_name: str = "demo"  # nome da pasta
as_of: str | None = None  # data, AAAA-MM-DD
sources: dict | None = None  # onde estão as tabelas
ignore_products: list[str] = []  # códigos que não são venda
language: str = "pt-BR"  # pt-BR ou en
currency: str = "BRL"  # moeda
mask_people: bool = True  # esconder nomes
"""
CHURN = CLEANING + "horizon_days: int = 90  # janela, em dias, mínimo 1\nrate: float | None = None  # por ano\n"


def notebook(cell: str) -> str:
    tagged = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": cell.splitlines(keepends=True)}
    return json.dumps({"cells": [tagged]})


@pytest.fixture
def notebooks(tmp_path):
    for name, cell in {"01_limpeza": CLEANING, "04_churn": CHURN}.items():
        (tmp_path / f"{name}.ipynb").write_text(notebook(cell), encoding="utf-8")
    return sorted(tmp_path.glob("*.ipynb"))


@pytest.fixture
def read(tmp_path, notebooks, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read_text(text, encoding="utf-8"):
        (tmp_path / "loja.yml").write_bytes(text.encode(encoding))
        return params.read(params.Path("loja.yml"), notebooks)

    return read_text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("01310", "01310"),
        ("12:30", "12:30"),
        ("no", "no"),
        ("2026-10-31", "2026-10-31"),
        ("0o7", "0o7"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("12E5", "12E5"),
        ("1,5", "1,5"),
        ('"1.000"', "1.000"),
        ("007", "007"),
        ("'${SENHA}'", "${SENHA}"),
        ("3", 3),
        ("-3", -3),
        ("0", 0),
        ("0.125", 0.125),
        ("2.5", 2.5),
        ("1e-3", 0.001),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("[a, 01, {b: no}]", ["a", "01", {"b": "no"}]),
    ],
)
def test_values_are_json_by_the_rules_of_yaml_1_2(text, value):
    values, problems = yaml_reader.parse(f"a: {text}\n")
    assert (values["a"], problems) == (value, [])
    assert type(values["a"]) is type(value)


def test_keys_stay_as_written_even_where_they_look_like_numbers_or_nothing():
    assert yaml_reader.parse("{01: a, null: b, no: c, 2.50: d}")[0] == {"01": "a", "null": "b", "no": "c", "2.50": "d"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate: 1.000", r"linha 1: '1\.000' é ambíguo; escreva 1000 se for milhar, 1\.0000 se for decimal"),
        ("sources: {a: 12.345.678}", r"'12\.345\.678' é ambíguo; escreva 12345678, sem pontos"),
        ("currency: BRL\ncurrency: BRL", r"linha 2: 'currency' aparece duas vezes"),
        ("sources: {orders: {path: a, path: b}}", r"linha 1: 'path' aparece duas vezes"),
        ("run_name: a\nsources: [1", r"linha 2, coluna \d+: não dá para entender"),
        ("\trun_name: a", r"linha 1, coluna 1: não dá para entender"),
        ("run_name: &x a\nlanguage: *x", r"linha 2: '\*x' repete outro trecho"),
        ("run_name: !!python/name:os.system x", r"linha 1: a marca '.*os\.system' não é aceita"),
        ("- run_name", r"uma linha 'nome: valor' por parâmetro"),
        ("run_name: \x00", r"caracteres que um YAML não aceita"),
        ("sources: " + "[" * 3000, r"há listas ou mapas demais"),
    ],
)
def test_writing_that_cannot_be_trusted_is_refused(read, text, message):
    with pytest.raises(ParamsError, match=message):
        read(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "horizon_day: 90",
            r"^loja\.yml: parâmetro desconhecido 'horizon_day'; quis dizer 'horizon_days' \(04_churn\)\?$",
        ),
        ("xyz: 1", r"parâmetro desconhecido 'xyz'; os que existem: as_of, currency, horizon_days, "),
        ('"x = __import__(1).system(2) #": 1', r"não serve como nome de parâmetro"),
        ("class: 1", r"'class' não serve como nome de parâmetro"),
        ("horizon_days: 1.5", r"horizon_days: esperava número inteiro, veio 1\.5"),
        ("horizon_days: true", r"horizon_days: esperava número inteiro, veio true"),
        ("horizon_days: null", r"horizon_days: esperava número inteiro, veio null"),
        ("horizon_days: '30'", r'esperava número inteiro, veio "30"; escreva horizon_days: 30'),
        ("rate: 1,5", r'rate: esperava número ou null, veio "1,5"; escreva rate: 1\.5'),
        ("mask_people: sim", r'esperava true ou false, veio "sim"; escreva mask_people: true'),
        ("mask_people: não", r"escreva mask_people: false"),
        ("run_name: 2024", r'esperava texto, veio 2024; escreva run_name: "2024"'),
        ("sources: pedidos.csv", r"sources: esperava mapa \(nome: valor\) ou null"),
        ("ignore_products: FRETE", r"esperava lista \(texto\), veio \"FRETE\"; escreva ignore_products: \[FRETE\]"),
        ("ignore_products: [1.5]", r"ignore_products: esperava lista \(texto\), veio \[1\.5\]"),
        ("language: fr", r"language: 'fr' não existe; use pt-BR ou en"),
        ("as_of: 31/10/2026", r"'31/10/2026' não está na forma AAAA-MM-DD; escreva as_of: \"2026-10-31\""),
        ("as_of: 2026-02-30", r"as_of: '2026-02-30' não é uma data"),
        ("as_of: 20261031", r'as_of: esperava texto ou null, veio 20261031; escreva as_of: "2026-10-31"'),
        ("as_of: 9999-12-31", r"as_of: o ano de '9999-12-31' não está entre 1900 e 2100; confira a data"),
        ("currency: brl", r"currency: 'brl' não é o código de uma moeda; use três letras, ex\. BRL, USD, EUR"),
    ],
)
def test_each_wrong_value_is_told_with_its_remedy(read, text, message):
    with pytest.raises(ParamsError, match=message):
        read(text)


@pytest.mark.parametrize(
    "name", ["..", ".", "a/b", "a\\b", "a b", ".a", "a.", "-a", "con", "NUL.txt", "a:b", '""', "x" * 81, "a\u202eb"]
)
def test_a_run_name_that_is_no_safe_folder_name_is_refused(read, name):
    with pytest.raises(ParamsError, match=r"run_name: .* não serve como nome de pasta"):
        read(f"run_name: {name}" if name == '""' else f"run_name: {json.dumps(name)}")


@pytest.mark.parametrize("name", ["a", "acme_2026-10", "loja.v2", "ação", "x" * 80])
def test_a_run_name_of_letters_digits_and_marks_is_taken(read, name):
    assert read(f"run_name: {name}").run_name == name


def test_what_is_right_is_taken_and_the_defaults_are_filled_in(read):
    found = read("run_name: acme\nrate: 2\nignore_products: [22423, POST, 007]\n", "utf-8-sig")
    assert found.given == {"run_name": "acme", "rate": 2, "ignore_products": ["22423", "POST", "007"]}
    assert found.values == {
        "run_name": "acme",
        "as_of": None,
        "sources": None,
        "ignore_products": ["22423", "POST", "007"],
        "language": "pt-BR",
        "currency": "BRL",
        "mask_people": True,
        "horizon_days": 90,
        "rate": 2,
    }


def test_an_empty_file_means_the_defaults(read):
    assert read("# nada\n").run_name == "demo"


def test_all_problems_come_in_one_message(read):
    with pytest.raises(ParamsError) as error:
        read("horizon_day: 90\nmask_people: sim\nrun_name: ../x\nrate: 1.000\n")
    lines = str(error.value).splitlines()
    assert lines[0] == "loja.yml, 4 problemas:"
    assert all(line.startswith("  - ") for line in lines[1:])
    assert len(lines) == 5
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_the_message_is_in_the_language_of_the_file(read, monkeypatch):
    asked = []
    monkeypatch.setattr(params, "translator", lambda language: asked.append(language) or original(language))
    with pytest.raises(ParamsError):
        read("language: en\nxyz: 1\n")
    assert set(asked) == {"en"}


original = params.translator


def test_a_file_that_cannot_be_read_says_why(tmp_path, notebooks):
    (tmp_path / "a.yml").write_text("run_name: a")
    with pytest.raises(ParamsError, match=r"o arquivo não existe; na mesma pasta há: a\.yml"):
        params.read(tmp_path / "b.yml", notebooks)
    with pytest.raises(ParamsError, match="o arquivo não existe; confira o caminho"):
        params.read(tmp_path / "x" / "b.yml", notebooks)
    with pytest.raises(ParamsError, match="é uma pasta"):
        params.read(tmp_path, notebooks)
    (tmp_path / "a.yml").write_bytes("run_name: São".encode("cp1252"))
    with pytest.raises(ParamsError, match="não está em UTF-8"):
        params.read(tmp_path / "a.yml", notebooks)


def test_the_parameters_cell_is_read_by_its_syntax():
    cell = 'a: int | None = None  # um, "dois"\nb: str = "x # y"  # texto\nc: "dict" = {\n    "k": [1],\n}  # mapa'
    found = params.declared(json.loads(notebook(cell)))
    assert {n: (p.type, p.default, p.help) for n, p in found.items()} == {
        "a": ("int | None", None, 'um, "dois"'),
        "b": ("str", "x # y", "texto"),
        "c": ("dict", {"k": [1]}, "mapa"),
    }


@pytest.mark.parametrize(
    "cell", ["a = 1", "import os", "a: int = os.getpid()", 'a: int = "x"', "a: object = 1", "a: int"]
)
def test_a_parameters_cell_that_is_no_schema_is_an_error_of_the_notebook(cell):
    with pytest.raises(ValueError, match=r"parameter|malformed"):
        params.declared(json.loads(notebook(cell)))


def test_parameters_that_differ_between_notebooks_are_found(tmp_path, notebooks):
    assert params.disagreements(notebooks) == []
    (tmp_path / "05_nps.ipynb").write_text(notebook("horizon_days: int = 30  # janela, em dias"), encoding="utf-8")
    assert len(params.disagreements(sorted(tmp_path.glob("*.ipynb")))) == 1


@pytest.mark.parametrize(("value", "refused"), [(0, True), (-5, True), (1, False), (90, False)])
def test_a_number_below_the_least_that_the_help_names_is_refused(read, value, refused):
    if not refused:
        assert read(f"horizon_days: {value}").values["horizon_days"] == value
        return
    with pytest.raises(ParamsError, match=f"horizon_days: {value} é pouco; use 1 ou mais"):
        read(f"horizon_days: {value}")


@pytest.mark.parametrize(
    ("value", "refused"), [(-1, "pouco; use 0 ou mais"), (0, ""), (12, ""), (13, "muito; use 12 ou menos")]
)
def test_a_number_above_the_most_that_the_help_names_is_refused(value, refused):
    months = params.Parameter("months", "int", 0, "meses, mínimo 0, máximo 12", "07_metas")
    found = params._range_problem(months, value, translator("pt-BR"))
    assert found == ([f"months: {value} é {refused}"] if refused else [])
