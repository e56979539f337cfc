"""The director's questions answered in sentences, each of them from a small table, and with the page that tells more."""

import pandas as pd
import pytest

from carteira_lib import summary, tables

NOTHING = summary.since([], pd.DataFrame({"figure": [], "number": []}), pd.Timestamp("2026-10-31"))
NO_MONTHS = pd.DataFrame(columns=["month", "net_revenue", "orders", "clients", "partial"]).astype({"partial": "bool"})
LACKS_NOTHING = pd.DataFrame(columns=["O que falta", "O que acrescentaria", "De onde vem"])


def table(name: str, rows: list[dict]) -> pd.DataFrame:
    """A table of a contract from the columns that matter here; the others are missing."""
    columns = [c.name for c in tables.contract(name).columns]
    return pd.DataFrame(rows, columns=columns).astype("object" if not rows else {})


def told(lacking: pd.DataFrame = LACKS_NOTHING, **frames: pd.DataFrame) -> dict[str, str]:
    """The sentences by their page, but for those that are there without any table."""
    whole = {name: table(name, []) for name in summary.READS} | frames
    whole["portfolio"] = whole["portfolio"].assign(next_step="wait", net_revenue_365d=0.0)
    found = summary.findings(whole, NO_MONTHS, NOTHING, lacking)
    said = [(s.page or "-", s.text.replace("\xa0", " ")) for s in found]
    assert said[0] == ("-", "Este é o primeiro relatório guardado: o próximo dirá aqui o que mudou.")
    return dict(said[1:])


def outlook(stops: float, live: int) -> pd.DataFrame:
    rows = {"horizon_days": 60.0, "live_clients": live, "expected_stops": stops, "revenue_at_risk": 5000.0}
    found = pd.DataFrame({"outlook": list(rows), "estimate": list(rows.values())})
    return found.assign(estimate_low=found["estimate"] * 0.5, estimate_high=found["estimate"] * 1.5)


@pytest.mark.parametrize(
    ("stops", "live", "said"),
    [
        (10.4, 40, "Nos próximos 60 dias, espera-se que **10** dos 40 clientes que ainda compram (entre 5 e 16) não façam nenhum pedido: **R$ 5 mil** de receita em risco."),
        (0.25, 1, "O único cliente que ainda compra tem **25%** de chance de não fazer nenhum pedido nos próximos 60 dias, com R$ 5 mil de receita em risco."),
    ],
)  # fmt: skip
def test_who_will_be_lost(stops, live, said):
    assert told(churn_outlook=outlook(stops, live))["04_churn"] == said


def test_nobody_that_still_buys_is_nobody_to_lose():
    assert "04_churn" not in told(churn_outlook=outlook(0.0, 0))


def test_what_the_contracts_may_cost():
    scores = table(
        "renewal_scores", [{"amount": 1000.0, "amount_at_risk": 400.0}, {"amount": 500.0, "amount_at_risk": 100.0}]
    )
    assert (
        told(renewal_scores=scores)["-"]
        == "Dos 2 contratos a renovar, no valor de R$ 1,5 mil, espera-se perder **R$ 500**."
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"published": True, "lift": 1.72}, "O perfil do comprador ideal é **setor X**: 12 clientes, e cada um vale por ano **1,7 vez** o valor dos demais."),
        ({"published": True, "lift": 2.04}, "O perfil do comprador ideal é **setor X**: 12 clientes, e cada um vale por ano **2,0 vezes** o valor dos demais."),
        ({"published": True, "lift": float("nan")}, "O perfil do comprador ideal é **setor X**: 12 clientes."),
        ({"published": False, "lift": 3.0}, "Nenhum perfil de comprador ideal se confirmou nesta carteira."),
    ],
)  # fmt: skip
def test_who_the_ideal_buyer_is(rule, said):
    rules = table("pci_rules", [{"rule_text": "setor X", "rule_text_en": "sector X", "clients": 12} | rule])
    assert told(pci_rules=rules)["03_pci"] == said


def test_how_satisfied_they_are():
    counts = {"reading": "answered", "answers": 20, "promoters": 9.0, "detractors": 11.0, "response_share": 0.5}
    known = table("nps_summary", [counts | {"nps": -10.0, "nps_low": -48.0, "nps_high": 30.0, "enough": True}])
    assert told(nps_summary=known)["05_nps"] == (
        "O NPS é **−10** (entre −48 e 30): de 20 respostas, 9 são de promotores e 11 de detratores."
    )
    few = table("nps_summary", [counts | {"answers": 9, "enough": False}])
    assert (
        told(nps_summary=few)["05_nps"] == "A pesquisa de NPS tem só 9 respostas: amostra insuficiente para uma nota."
    )


def actions(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return table("actions", [{"gate": gate, "kind": kind, "expected_value": worth} for gate, kind, worth in rows])


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((("listed", "renewal", 90.0), ("listed", "cross_sell", 10.0), ("control", "renewal", 500.0)),
         "A lista desta semana tem **2 contatos**, com margem esperada de **R$ 100**; a maior parte vem de renovação (R$ 90)."),
        ((("listed", "renewal", 90.0), ("listed", "renewal", 10.0)),
         "A lista desta semana tem **2 contatos**, todos de renovação, com margem esperada de **R$ 100**."),
        ((("listed", "renewal", 90.0),), "A lista desta semana tem **1 contato**, de renovação, com margem esperada de **R$ 90**."),
    ],
)  # fmt: skip
def test_what_to_do_this_week(rows, said):
    assert told(actions=actions(*rows))["06_oportunidades"] == said


def test_without_the_list_the_portfolio_says_whom_to_call():
    assert told(actions=actions(("complaint", "renewal", 1.0)))["02_carteira"].startswith(
        "Nenhum cliente pede contato urgente"
    )


def goals(*states: tuple[str, float | None]) -> pd.DataFrame:
    return table("goals_status", [{"goal_state": state, "probability": chance} for state, chance in states])


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ((("likely", 0.9), ("reached", None), ("unlikely", 0.1), ("open", 0.5), ("no_probability", None)),
         "Das 4 metas com chance calculada, **2** são prováveis ou já foram batidas e **1** é improvável."),
        ((("open", 0.5), ("open", 0.4)),
         "Das 2 metas com chance calculada, nenhuma é provável nem foi batida e nenhuma é improvável."),
        ((("open", 0.5),), "A única meta com chance calculada: **em aberto**."),
    ],
)  # fmt: skip
def test_whether_the_goals_will_be_met(states, said):
    assert told(goals_status=goals(*states))["07_metas"] == said


def test_what_data_would_sharpen_this_is_the_first_that_lacks():
    lacking = pd.DataFrame(
        [("os contratos", "a carteira de renovação", "x"), ("as metas", "y", "z")], columns=LACKS_NOTHING.columns
    )
    assert (
        told(lacking)["-"]
        == "Para melhorar estes números, o primeiro dado a trazer: os contratos. Acrescentaria a carteira de renovação."
    )
