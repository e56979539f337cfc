"""Rows of an earlier list are told from contacts, and are none: in the features and in the tables that the analyses read."""

import datetime

import pandas as pd
import pytest

from carteira_lib import canonical, features, tables
from tests.test_canonical import prepare, sources, write
from tests.test_features import client, connection, fetch, line, table  # noqa: F401

DAY = datetime.date(2026, 6, 20)
KINDS = {
    "Visita": True, "Reclamação": True, "Lista de preços enviada": True, "Ligação: lista: renovação": True,
    "Lista: reativação": False, "  LISTA: produto complementar: DT1": False, "List: renewal": False,
}  # fmt: skip


def test_only_a_kind_that_begins_as_a_list_does_is_of_a_list():
    rows = table("interactions", [{"customer_id": "a", "event_date": DAY, "kind": kind} for kind in KINDS])
    assert set(fetch(features.contacts(rows))["kind"]) == {kind for kind, contact in KINDS.items() if contact}
    assert set(fetch(features.earlier_lists(rows))["kind"]) == {kind for kind, contact in KINDS.items() if not contact}


def test_who_stood_on_a_list_or_was_held_back_was_not_contacted():
    listed = [{"customer_id": "a", "event_date": DAY, "kind": "Lista: reativação", "status": "Controle"}]
    visited = [{"customer_id": "a", "event_date": DAY - datetime.timedelta(9), "kind": "Visita"}]
    order = [line("a", "2026-06-01", 9.0)]
    found = client(order, interactions=listed + visited)
    assert found["interactions_90d"] == 1
    assert found["last_interaction_date"] == pd.Timestamp(visited[0]["event_date"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path / "out"))
    write(tmp_path / "pedidos.csv", ["001;05/01/2026;10,00;1", "001;05/02/2026;20,00;2"])
    return tmp_path


def test_the_analyses_read_contacts_and_lists_apart_and_nothing_is_lost(folder):
    events = "Cliente;Data;Tipo\n001;06/01/2026;Lista: reativação\n001;05/01/2026;Visita\n001;05/01/2026;Ligação\n"
    (folder / "contatos.csv").write_text(events, encoding="utf-8")
    columns = {"customer_id": "Cliente", "event_date": "Data", "kind": "Tipo"}
    declared = sources(folder, interactions={"path": str(folder / "contatos.csv"), "columns": columns})
    run = canonical.prepare(run_name="loja", sources=declared)
    frames = canonical.frames(run, ("interactions", "earlier_lists"))
    assert frames["interactions"]["kind"].tolist() == ["Ligação", "Visita"]
    assert frames["earlier_lists"]["kind"].tolist() == ["Lista: reativação"]
    whole = tables.read(run, "interactions")
    assert len(whole) == 3
    assert all((frame.dtypes == whole.dtypes).all() for frame in frames.values())


def test_a_run_without_interactions_has_neither(folder):
    frames = canonical.frames(prepare(folder), ("interactions", "earlier_lists"))
    assert [len(frame) for frame in frames.values()] == [0, 0]
