"""One preparation per run: whole or not at all, reused while nothing changed, and blind to what comes after as_of."""

import json

import pandas as pd
import pytest

from carteira_lib import canonical, tables
from carteira_lib.tables import DataError
from carteira_lib.tables.contracts import CANONICAL

HEADER = "Cliente;Data;Valor;Pedido\n"
LINES = ["001;05/01/2026;10,00;1", "001;05/02/2026;20,00;2", "002;10/02/2026;5,50;3", ";11/02/2026;7,00;4"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An output folder and a file of four order lines."""
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path / "out"))
    write(tmp_path / "pedidos.csv", LINES)
    return tmp_path


def write(file, lines) -> None:
    file.write_text(HEADER + "\n".join(lines) + "\n", encoding="utf-8")


def sources(folder, **extra) -> dict:
    columns = {"customer_id": "Cliente", "order_date": "Data", "amount": "Valor", "order_id": "Pedido"}
    return {"orders": {"path": str(folder / "pedidos.csv"), "columns": columns}, **extra}


def prepare(folder, **settings) -> tables.Run:
    return canonical.prepare(run_name="loja", sources=sources(folder), **settings)


def test_a_run_holds_every_canonical_table_and_the_last_order_date(folder):
    run = prepare(folder)
    assert (run.as_of, run.provided) == (pd.Timestamp("2026-02-10"), ("orders",))
    assert {name: len(tables.read(run, name)) for name in CANONICAL} == {**dict.fromkeys(CANONICAL, 0), "orders": 3}
    features = tables.read(run, "customer_features").set_index("customer_id")
    assert features["frequency"].to_dict() == {"001": 2, "002": 1}
    assert features["recency_days"].to_dict() == {"001": 5, "002": 0}
    assert tables.read(run, "rejected")[["line", "reason", "amount"]].to_dict("records") == [
        {"line": 5, "reason": "no_customer", "amount": 7.0}
    ]


def test_the_tables_are_reused_while_nothing_changed_and_made_anew_when_something_did(folder):
    first = prepare(folder)
    stamp = tables.path(first, "orders").stat().st_mtime_ns
    assert prepare(folder) == first
    assert tables.path(first, "orders").stat().st_mtime_ns == stamp
    write(folder / "pedidos.csv", [*LINES, "003;12/02/2026;1,00;5"])
    second = prepare(folder)
    assert second.fingerprint != first.fingerprint
    assert len(tables.read(second, "orders")) == 4
    with pytest.raises(DataError, match="rode de novo o caderno 01_limpeza"):
        tables.read(first, "orders")


@pytest.mark.parametrize("setting", [{"as_of": "2026-02-09"}, {"min_date": "2026-02-01"}, {"ignore_products": ["X"]}])
def test_every_setting_of_the_cleaning_is_part_of_the_fingerprint(folder, setting):
    assert prepare(folder, **setting).fingerprint != prepare(folder).fingerprint


@pytest.mark.parametrize("values", [["1,50"] * 5000, [1.5] * 5000], ids=["text", "numbers"])
def test_a_parquet_file_that_breaks_off_inside_is_named(folder, values):
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = folder / "pedidos.parquet"
    columns = {"Cliente": [f"{i:05}" for i in range(5000)], "Data": ["2026-01-05"] * 5000, "Valor": values}
    pq.write_table(pa.table(columns), file, compression="snappy", use_dictionary=False)
    content = bytearray(file.read_bytes())
    content[4 : len(content) - 3000] = b"\xff" * (len(content) - 3004)
    file.write_bytes(content)
    spec = {"orders": {**sources(folder)["orders"], "path": str(file)}}
    spec["orders"]["columns"] = {name: raw for name, raw in spec["orders"]["columns"].items() if raw != "Pedido"}
    with pytest.raises(
        DataError, match=r"pedidos.parquet não é um parquet que se possa ler: está danificado ou incompleto"
    ):
        canonical.prepare(run_name="loja", sources=spec)
    assert not (folder / "out").exists()


def test_data_that_cannot_be_used_leave_the_earlier_tables_alone(folder):
    run = prepare(folder)
    before = {p.name: p.read_bytes() for p in (run.folder / "tables").iterdir()}
    write(folder / "pedidos.csv", ["001;31/02/2026;x;1"])
    with pytest.raises(DataError, match="Nenhuma linha de venda restou"):
        prepare(folder)
    assert {p.name: p.read_bytes() for p in (run.folder / "tables").iterdir()} == before


def test_errors_come_in_the_language_of_the_run(folder):
    with pytest.raises(DataError) as error:
        prepare(folder, as_of="31/01/2026", language="en")
    assert "31/01/2026" in str(error.value)
    assert error.value.language == "en"


@pytest.mark.parametrize("name", ["as_of", "min_date"])
def test_a_date_that_is_none_is_refused_with_the_form(folder, name):
    with pytest.raises(DataError, match=rf"{name}: '2026-02-30' não é uma data AAAA-MM-DD"):
        prepare(folder, **{name: "2026-02-30"})


@pytest.mark.parametrize("name", ["as_of", "min_date"])
def test_a_year_that_nobody_means_is_refused(folder, name):
    with pytest.raises(DataError, match=rf"{name}: o ano de '9999-12-31' não está entre 1900 e 2100; confira a data"):
        prepare(folder, **{name: "9999-12-31"})


def test_sources_without_orders_are_refused_and_so_is_another_name_for_the_demo_company(folder):
    with pytest.raises(DataError, match="sources: falta orders, a única tabela obrigatória"):
        canonical.prepare(run_name="loja", sources={})
    with pytest.raises(DataError, match="falta dizer onde estão os dados de 'loja'; só a execução demo dispensa"):
        canonical.prepare(run_name="loja", sources=None)


def test_nothing_dated_after_as_of_changes_any_table(folder):
    def made(lines) -> dict[str, pd.DataFrame]:
        write(folder / "pedidos.csv", lines)
        run = prepare(folder, as_of="2026-02-06")
        names = ("orders", "customer_features")
        return {**{name: tables.read(run, name) for name in names}, **canonical.frames(run)}

    early = made(LINES[:2])
    late = made([*LINES, "001;01/03/2026;999,00;9", "009;02/03/2026;1,00;10"])
    for name, frame in early.items():
        pd.testing.assert_frame_equal(frame, late[name])


def test_what_was_read_is_noted_file_by_file(folder):
    run = prepare(folder)
    found = tables.read(run, "readings").iloc[0]
    assert (found["rows"], found["encoding"], found["delimiter"], found["decimal"], found["date_order"]) == (
        4,
        "utf-8",
        ";",
        ",",
        "dmy",
    )
    assert json.loads((run.folder / "tables" / canonical.STATE).read_text())["as_of"] == "2026-02-10"


def test_without_sources_the_demo_company_is_meant():
    declared = canonical._declared(None, None, "2000-01-01", ())
    assert declared["as_of"] == "2026-10-31"
    assert declared["ignore_products"] == ["FRETE", "TAXA"]
    assert set(declared["sources"]) == set(CANONICAL)


def test_histories_know_all_clients_on_the_date_and_a_sample_of_them_before(folder):
    many = [f"{n:03d};{day:02d}/0{month}/2026;10,00;{n}-{month}" for n in range(40) for month, day in ((1, 5), (2, 9))]
    write(folder / "pedidos.csv", many)
    run = prepare(folder)
    dates = [pd.Timestamp("2026-01-06"), pd.Timestamp("2026-01-20")]
    whole = canonical.histories(run, dates, horizon_days=14)
    assert whole.groupby("as_of").size().to_dict() == {dates[0]: 40, dates[1]: 40, run.as_of: 40}
    some = canonical.histories(run, dates, horizon_days=14, clients=15)
    assert some.groupby("as_of").size().to_dict() == {dates[0]: 15, dates[1]: 15, run.as_of: 40}
    kept = whole.merge(some[["as_of", "customer_id"]], on=["as_of", "customer_id"])
    pd.testing.assert_frame_equal(kept, some)  # a client's own history does not depend on who else was drawn
    pd.testing.assert_frame_equal(canonical.histories(run, dates, horizon_days=14, clients=15), some)
    assert canonical.histories(run, [], horizon_days=0).empty
    assert canonical.histories(run, [], horizon_days=14)["as_of"].unique().tolist() == [run.as_of]
