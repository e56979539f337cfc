"""A table is checked on both sides of a boundary, written whole or not at all, and belongs to one run."""

import pickle
from pathlib import Path

import pandas as pd
import pytest

from carteira_lib import tables
from carteira_lib.language import LANGUAGES
from carteira_lib.tables import DataError, ParameterError, Problem, Run
from carteira_lib.tables.contracts import canonical
from carteira_lib.tables.contracts.schema import Table


@pytest.fixture
def run(tmp_path) -> Run:
    return Run("loja", tmp_path, pd.Timestamp("2026-10-31"), "abc")


@pytest.fixture
def sellers() -> pd.DataFrame:
    frame = pd.DataFrame(
        {"seller_id": ["007", "008"], "name": ["Ana", None], "role": None, "capacity_hours": [40, None], "region": None}
    )
    return tables.conform(frame, "sellers")


def test_what_is_written_is_what_is_read(run, sellers):
    file = tables.write(run, "sellers", sellers)
    assert file == run.folder / "tables" / "sellers.parquet"
    pd.testing.assert_frame_equal(tables.read(run, "sellers"), sellers)
    assert sellers["seller_id"].tolist() == ["007", "008"]


def test_a_table_of_another_run_is_refused_with_the_notebook_to_run(run, sellers):
    tables.write(run, "sellers", sellers)
    other = Run("loja", run.folder, run.as_of, "other")
    assert not tables.exists(other, "sellers")
    with pytest.raises(DataError, match="rode de novo o caderno 01_limpeza"):
        tables.read(other, "sellers")


def test_a_missing_table_names_the_notebook_that_makes_it(run):
    with pytest.raises(
        DataError, match="'portfolio' da execução 'loja' ainda não existe: rode antes o caderno 02_carteira"
    ):
        tables.read(run, "portfolio")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f.drop(columns="role"), "faltam as colunas role"),
        (lambda f: f.assign(seller_id=[None, "008"]), "coluna seller_id: 1 de 2 linhas sem valor"),
        (lambda f: f.assign(seller_id="007"), "chave repetida em 1 linhas"),
        (lambda f: f.assign(capacity_hours=["muitas", "poucas"]), "capacity_hours: esperava number"),
    ],
    ids=["column missing", "value missing", "key repeated", "wrong type"],
)
def test_what_breaks_the_contract_is_not_written(run, sellers, change, message):
    tables.write(run, "sellers", sellers)
    with pytest.raises(DataError, match=message):
        tables.write(run, "sellers", change(sellers.astype(object)))
    pd.testing.assert_frame_equal(tables.read(run, "sellers"), sellers)
    assert [p.name for p in (run.folder / "tables").iterdir()] == ["sellers.parquet"]


def test_extra_attributes_stay_behind_the_contract(sellers):
    extra = tables.conform(sellers.assign(team="A")[["team", *sellers.columns]], "sellers")
    assert list(extra.columns) == [*sellers.columns, "team"]


def test_all_problems_come_in_one_message():
    error = DataError([Problem("um {x}", {"x": 1}), Problem("dois")], Problem("Arquivo ruim"))
    assert str(error) == "Arquivo ruim: 2 problemas\n  - um 1\n  - dois"
    assert str(DataError([Problem("só um")])) == "só um"


def test_a_wrong_parameter_says_so_and_stays_one_in_another_language():
    error = ParameterError([Problem("um"), Problem("dois")])
    assert str(error) == "Os parâmetros não podem ser usados como estão: 2 problemas\n  - um\n  - dois"
    english = pickle.loads(pickle.dumps(error.translated("en")))
    assert type(english) is ParameterError
    assert str(english).startswith("The parameters cannot be used as they are: 2 problems")


def test_an_interrupted_write_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")

    def half_written() -> None:
        with tables.replacing(target) as temporary:
            temporary.write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        half_written()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_has_a_label_and_one_meaning(language):
    labels = {}
    for table in tables.TABLES.values():
        assert set(table.key) <= set(table.column_names)
        for column in table.columns:
            assert tables.label(column.name, language)
            assert column.kind in tables.PANDAS_TYPES
            if column.name not in {"new", "recovered", "expected_value"}:
                labels.setdefault(column.name, set()).add((column.kind, column.unit))
    assert {name: kinds for name, kinds in labels.items() if len(kinds) > 1} == {}


def test_the_output_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path))
    assert tables.output_folder("x") == tmp_path / "x"
    monkeypatch.delenv("CARTEIRA_OUTPUT")
    assert tables.output_folder("x") == tables.ROOT / "output" / "x"


@pytest.mark.parametrize("file", ["README.md", "README.pt-BR.md"])
def test_the_readme_lists_every_canonical_column_and_marks_the_required(file):
    text = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
    listed = {}
    for line in text.splitlines():
        cells = line.split("|")
        if len(cells) == 4 and "`" in cells[1]:
            names = [name.strip() for name in cells[2].split(",")]
            listed[cells[1].strip(" `")] = [(n.strip("*`"), n.startswith("**")) for n in names]
    known = {t.name: t for t in vars(canonical).values() if isinstance(t, Table)}
    assert listed == {name: [(c.name, c.required) for c in table.columns] for name, table in known.items()}
