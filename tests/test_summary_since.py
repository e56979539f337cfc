"""What changed since the run before: compared by hand, only with what compares, and only beyond the margin of error."""

import json

import pandas as pd
import pytest

from carteira_lib import summary
from carteira_lib.pipeline import record
from carteira_lib.tables import Run

TODAY = pd.Timestamp("2026-10-31")
RULES = {"min_orders": 3, "as_of": None, "language": "pt-BR"}
BEFORE = {"portfolio_clients": 100.0, "net_revenue_365d": 2_000_000.0, "horizon_days": 60.0}


def numbers(**values: float) -> pd.DataFrame:
    return pd.DataFrame({"figure": list(values), "number": [float(value) for value in values.values()]})


def run_of(as_of: str, previous: dict | None = None, parameters: dict = RULES, **figures: float) -> dict:
    """A run.json, as far as the comparison reads it."""
    told = {"as_of": as_of, "parameters": parameters, "key_figures": BEFORE | figures}
    return told | ({"previous": previous} if previous else {})


def compared(record_before: dict, parameters: dict = RULES, **now: float):
    return summary.since(record.comparable(record_before, parameters), numbers(**(BEFORE | now)), TODAY)


def said(found) -> str:
    return summary.since_sentence(found).replace("\xa0", " ")


def test_what_changed_is_the_difference_of_both_runs():
    found = compared(run_of("2026-09-30"), portfolio_clients=112, net_revenue_365d=1_900_000)
    assert said(found) == (
        "Desde o relatório anterior, de 30/09/2026: **12 clientes** a mais na carteira e receita de 12 meses **−5,0%**."
    )
    shown = summary.since_shown(found, TODAY)
    assert shown.columns.tolist() == ["Número", "30/09/2026", "31/10/2026", "Mudança"]
    assert shown.map(lambda text: text.replace("\xa0", " ")).to_numpy().tolist() == [
        ["Clientes na carteira", "100", "112", "+12"],
        ["Receita em 12 meses", "R$ 2 mi", "R$ 1,9 mi", "−R$ 100 mil (−5,0%)"],
    ]


def test_the_same_day_again_is_compared_with_the_run_before_it():
    again = run_of("2026-10-31", previous=run_of("2026-09-30", portfolio_clients=90.0), portfolio_clients=95.0)
    assert compared(again).rows.set_index("figure").loc["portfolio_clients"].tolist() == [90.0, 100.0, True]


@pytest.mark.parametrize("later", ["2026-11-30", "2026-10-31"])
def test_a_later_run_is_no_run_before(later):
    found = compared(run_of(later))
    assert found.as_of is None
    assert said(found) == "Este é o primeiro relatório guardado: o próximo dirá aqui o que mudou."
    assert summary.since_title(found, TODAY) == "Ainda não há relatório anterior com que comparar."


def test_other_parameters_do_not_compare_and_are_named():
    found = compared(run_of("2026-09-30"), RULES | {"min_orders": 5, "currency": "USD", "language": "en"})
    assert found.rows.empty
    assert "usou outros parâmetros (currency e min_orders)" in said(found)
    assert summary.since_title(found, TODAY) == "Os números do relatório anterior não se comparam com os de agora."


def test_a_change_of_an_estimate_counts_only_beyond_both_margins():
    """Half widths of 3 and 4 make a margin of 5."""
    before = {"nps": 10.0, "nps_low": 7.0, "nps_high": 13.0}
    for now, proven in ((15.0, False), (15.1, True), (4.9, True)):
        found = compared(run_of("2026-09-30", **before), nps=now, nps_low=now - 4, nps_high=now + 4)
        assert found.rows.set_index("figure").loc["nps", "proven"] == proven
        assert summary.since_shown(found, TODAY)["Mudança"].iloc[-1].endswith("dentro da margem de erro") != proven


def test_risks_of_other_horizons_do_not_compare():
    risk = {"expected_stops": 10.0, "revenue_at_risk": 1000.0}
    codes = compared(run_of("2026-09-30", **risk), horizon_days=90, **risk).rows["figure"].tolist()
    assert codes == ["portfolio_clients", "net_revenue_365d"]
    assert len(compared(run_of("2026-09-30", **risk), **risk).rows) == 4


def test_a_number_of_one_run_only_is_left_out_and_nothing_changed_is_said():
    found = compared(run_of("2026-09-30", nps=3.0))
    assert found.rows["figure"].tolist() == ["portfolio_clients", "net_revenue_365d"]
    assert said(found) == ("Desde o relatório anterior, de 30/09/2026, carteira, receita e risco continuam iguais.")
    assert summary.since_shown(found, TODAY)["Mudança"].tolist() == ["igual", "igual"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}'])
def test_what_cannot_be_read_is_no_earlier_run(tmp_path, text):
    run = Run("loja", tmp_path, TODAY, "f")
    assert summary.earlier_runs(run) == []
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "earlier.json").write_text(text)
    assert summary.earlier_runs(run) == []


@pytest.mark.parametrize(
    "broken", [{}, {"as_of": "2026-09-30"}, {"as_of": None, "key_figures": {"a": 1}, "parameters": {}}]
)
def test_a_record_without_figures_or_date_is_no_earlier_run(broken):
    assert record.comparable(broken, RULES) == []


def test_what_the_runner_leaves_is_what_the_summary_reads(tmp_path):
    (tmp_path / "tables").mkdir()
    left = record.comparable(run_of("2026-09-30"), RULES)
    (tmp_path / "tables" / "earlier.json").write_text(json.dumps(left))
    assert summary.earlier_runs(Run("loja", tmp_path, TODAY, "f")) == left
