"""The director's page in words: right for any number, also for none."""

import pandas as pd
import pytest

from carteira_lib import summary, tables

MONTHS = pd.to_datetime(["2026-01-01", "2026-02-01"]).astype("datetime64[us]")


def movement(opening: int, new: int, recovered: int, lost: int, *, partial: bool = False) -> pd.DataFrame:
    closing = opening + new + recovered - lost
    row = {"opening": opening, "new": new, "recovered": recovered, "lost": lost, "closing": closing, "partial": partial}
    return pd.DataFrame([{"month": MONTHS[0], **row}])


NO_MONTHS = pd.DataFrame(columns=["month", "net_revenue", "orders", "clients", "partial"]).astype({"partial": "bool"})
NO_MOVES = movement(0, 0, 0, 0).iloc[:0]


@pytest.mark.parametrize(
    ("moves", "said"),
    [
        ((0, 0, 0, 0), "Em jan/2026 a carteira continua vazia: ninguém compra ainda no seu ciclo."),
        ((1, 0, 0, 0), "Em jan/2026 a carteira continua com **1** cliente: ninguém entrou nem saiu."),
        ((9, 0, 0, 0), "Em jan/2026 a carteira continua com **9** clientes: ninguém entrou nem saiu."),
        ((0, 1, 0, 0), "Em jan/2026 a carteira passou de **0** para **1** cliente: entrou 1."),
        ((2, 0, 0, 2), "Em jan/2026 a carteira passou de **2** para **0** clientes: saíram 2."),
        (
            (1200, 20, 1, 17),
            "Em jan/2026 a carteira passou de **1.200** para **1.204** clientes: entraram 20, voltou 1 e saíram 17.",
        ),
    ],
)
def test_the_movement_of_the_last_month_in_one_sentence(moves, said):
    assert summary.changes(movement(*moves), NO_MONTHS) == [said]


def test_a_month_that_is_not_over_says_so():
    (said,) = summary.changes(movement(3, 0, 0, 0, partial=True), NO_MONTHS)
    assert said.startswith("Em jan/2026, mês ainda incompleto, a carteira continua com **3** clientes")


def test_no_month_of_movement_says_nothing():
    assert summary.changes(NO_MOVES, NO_MONTHS) == []


def empty(name: str) -> pd.DataFrame:
    return tables.conform(pd.DataFrame(columns=[c.name for c in tables.contract(name).columns]), name)


def clients(*states: str) -> pd.DataFrame:
    flags = {"occasional": False, "net_revenue": 100.0, "net_revenue_365d": 100.0, "next_step": "wait"}
    return pd.DataFrame({"status": pd.Series(states, dtype="str")}).assign(**flags)


def features(last: float, before: float, tenure_days: int) -> pd.DataFrame:
    return pd.DataFrame({"net_revenue_365d": [last], "net_revenue_previous_365d": [before], "tenure_days": tenure_days})


NO_RENEWALS = pd.DataFrame({"amount": pd.Series(dtype="float64"), "days_left": pd.Series(dtype="Int64")})


def notes(portfolio, history, moves) -> list[str]:
    made = {"portfolio": portfolio, "customer_features": history, "movement": moves, "renewals": NO_RENEWALS}
    found = summary.figures({name: empty(name) for name in summary.READS} | made)
    return [figure.note.replace("\xa0", " ") for figure in found]


def test_figures_of_a_portfolio_in_which_nobody_buys_any_more():
    assert notes(clients("inactive", "inactive"), features(0.0, 0.0, 2000), movement(0, 0, 0, 0)) == [
        "ninguém compra hoje no seu ciclo",
        "sem vendas nos 12 meses anteriores",
        "nenhum cliente em silêncio além do seu normal",
        "ninguém entrou nem saiu",
        "R$ 200 já comprados",
    ]


def test_figures_of_the_first_client():
    assert notes(clients("active"), features(10.0, 0.0, 90), NO_MOVES) == [
        "1 ativo, nenhum quase inativo",
        "sem 12 meses anteriores para comparar",
        "nenhum cliente em silêncio além do seu normal",
        "ainda não há um mês de movimento",
        "nenhum cliente da carteira parou de comprar",
    ]


def test_clients_who_stopped_are_no_reason_to_say_that_nobody_is_silent():
    assert summary.to_do_sentence(clients("inactive")) == (
        "Nenhum cliente pede contato urgente: ninguém quase inativo e nenhum contrato a renovar."
    )


def year_and_month(first: float, last: float, orders: int = 1) -> pd.DataFrame:
    months = pd.date_range("2025-01-01", periods=13, freq="MS").astype("datetime64[us]")
    amounts = [first, *[1.0] * 11, last]
    return pd.DataFrame({"month": months, "net_revenue": amounts, "orders": orders, "partial": False})


@pytest.mark.parametrize(
    ("months", "title"),
    [
        (year_and_month(10, 10), "As vendas de jan/2026 fecharam em R$ 10, o mesmo que um ano antes"),
        (year_and_month(10, 15), "As vendas de jan/2026 fecharam em R$ 15, +50,0% sobre um ano antes"),
        (year_and_month(0, 15), "As vendas de jan/2026 fecharam em R$ 15"),
        (year_and_month(10, 0, orders=0), "Não houve vendas em jan/2026"),
    ],
)
def test_the_title_of_the_revenue(months, title):
    assert summary.revenue_title(months).replace("\xa0", " ") == title


def test_the_reasons_for_a_call_are_those_that_there_are():
    late = clients("late").assign(next_step="call")
    assert "pede contato agora, por silêncio;" in summary.to_do_sentence(late)
    both = clients("late", "active").assign(next_step=["call", "renew"])
    assert "pedem contato agora, por silêncio ou por contrato a renovar;" in summary.to_do_sentence(both)


def test_the_beginning_of_the_data_is_no_growth():
    assert (
        summary.portfolio_title(movement(0, 9, 0, 1))
        == "A contagem parte do zero em jan/2026, e isso não mede crescimento"
    )
    assert summary.portfolio_title(movement(1, 9, 0, 1)) == "A carteira tem 8 clientes a mais que no início do período"
    begun = notes(clients("active"), features(10.0, 0.0, 90), movement(0, 9, 0, 1))
    assert begun[3] == "a contagem parte do zero: não mede crescimento"
