"""Which lines count as repeats of each other, and the fingerprint that tells whether the sources changed."""

import pytest

from carteira_lib import sources
from carteira_lib.tables import DataError

TEXT = "Cliente;Data;Valor;Planilha\n001;31/12/2025;10,50;a\n001;31/12/2025;10,50;b\n002;31/12/2025;10,50;a\n"
COLUMNS = {"customer_id": "Cliente", "order_date": "Data", "amount": "Valor"}


def spec(**options) -> dict:
    return {"orders": {"path": "f.csv", "columns": COLUMNS, **options}}


def hashes(tmp_path, **options) -> list[int]:
    (tmp_path / "f.csv").write_text(TEXT)
    data = sources.read(spec(**options), tmp_path, sources.connect(memory_limit="1GB"))["orders"].data
    return data.order_by("_line").to_pyarrow()["_row"].to_pylist()


def test_by_default_lines_that_differ_in_an_unmapped_column_are_no_repeats(tmp_path):
    assert len(set(hashes(tmp_path))) == 3


def test_repeats_can_be_judged_by_the_mapped_columns_alone(tmp_path):
    first, second, third = hashes(tmp_path, repeats="mapped")
    assert first == second != third


def test_another_value_is_refused_with_what_is_allowed(tmp_path):
    with pytest.raises(DataError, match="'some' não serve para 'repeats'; use all / mapped"):
        hashes(tmp_path, repeats="some")


def test_the_fingerprint_changes_with_the_content(tmp_path):
    (tmp_path / "f.csv").write_text(TEXT)
    before = sources.fingerprint(spec(), tmp_path)
    assert sources.fingerprint(spec(), tmp_path) == before
    (tmp_path / "f.csv").write_text(TEXT + "003;31/12/2025;1;a\n")
    assert sources.fingerprint(spec(), tmp_path) != before


def test_a_query_over_files_and_a_sqlite_file_are_known_by_their_content(tmp_path):
    for name, source in {
        "f.csv": {"query": "SELECT * FROM 'f.csv'"},
        "f.db": {"url": "sqlite:///f.db", "table": "t"},
    }.items():
        (tmp_path / name).write_text("one")
        before = sources.fingerprint({"orders": source}, tmp_path)
        (tmp_path / name).write_text("two")
        assert sources.fingerprint({"orders": source}, tmp_path) != before
