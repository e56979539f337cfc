"""The figures of the director's page, the months, and what to do first, counted by hand."""

import pandas as pd
import pytest

from carteira_lib import summary, tables


def clients(**columns) -> pd.DataFrame:
    """Four clients: two in the portfolio, one gone, one with too few orders."""
    base = {
        "customer_id": ["a", "b", "c", "d"],
        "name": ["Padaria A", "Bar B", "Café C", "Doceria D"],
        "person_type": "PJ",
        "seller_id": ["V1", "V1", "V2", None],
        "status": ["active", "late", "inactive", "outside"],
        "occasional": [False, False, False, False],
        "net_revenue": [9000.0, 5000.0, 7000.0, 10.0],
        "net_revenue_365d": [4000.0, 1500.0, 0.0, 10.0],
        "next_step": ["renew", "call", "reactivate", "develop"],
        "next_step_text": ["Renovar.", "Ligar.", "Reativar.", "Oferecer."],
    }
    return pd.DataFrame({**base, **columns})


def features(tenure_days=800) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "tenure_days": [tenure_days, 10, 10, 10],
            "net_revenue_365d": [4000.0, 1500.0, 0.0, 10.0],
            "net_revenue_previous_365d": [4000.0, 1000.0, 408.0, 0.0],
        }
    )


def movement() -> pd.DataFrame:
    months = pd.to_datetime(["2026-09-01", "2026-10-01"])
    counts = {"opening": [5, 4], "new": [1, 0], "recovered": [0, 0], "lost": [2, 2], "closing": [4, 2]}
    return pd.DataFrame({"month": months, **counts, "partial": False})


def renewals(days_left=(30, -5), amount=(1000.0, 500.0)) -> pd.DataFrame:
    frame = pd.DataFrame({"days_left": list(days_left), "amount": list(amount)})
    return frame.astype({"days_left": "int64", "amount": "float64"})


def outlook(**estimates: float) -> pd.DataFrame:
    """Table ``churn_outlook``; every figure with an interval of a tenth on either side."""
    numbers = pd.Series(estimates, dtype="float64")
    table = pd.DataFrame({"outlook": numbers.index, "estimate": numbers.to_numpy()})
    return table.assign(estimate_low=table["estimate"] * 0.9, estimate_high=table["estimate"] * 1.1)


def empty(name: str) -> pd.DataFrame:
    return tables.conform(pd.DataFrame(columns=[c.name for c in tables.contract(name).columns]), name)


def frames(portfolio=None, customer_features=None, moves=None, due=None, ahead=None, **others) -> dict:
    """The tables that the page reads: those of the first pages, and empty ones of the pages that were not made."""
    base = {name: empty(name) for name in summary.READS}
    given = {
        "portfolio": portfolio,
        "customer_features": customer_features,
        "movement": moves,
        "renewals": due,
        "churn_outlook": ahead,
    }
    return base | {name: table for name, table in given.items() if table is not None} | others


OUTLOOK = {"horizon_days": 60, "live_clients": 1200, "expected_stops": 100, "revenue_at_risk": 50_000}


def test_who_is_expected_to_stop_takes_the_place_of_the_late():
    found = summary.figures(frames(clients(), features(), movement(), renewals(), outlook(**OUTLOOK)))
    assert [f.label for f in found[2:4]] == ["Não devem comprar em 60 dias", "Receita em risco em 60 dias"]
    assert [f.value.replace("\xa0", " ") for f in found[2:4]] == ["100", "R$ 50 mil"]
    assert found[2].note == "entre 90 e 110, dos 1.200 que ainda compram"
    assert found[3].note.replace("\xa0", " ") == "entre R$ 45 mil e R$ 55 mil"
    numbers = summary.key_figures(frames(clients(), features(), movement(), renewals(), outlook(**OUTLOOK)))
    assert numbers.set_index("figure")["number"][["expected_stops", "revenue_at_risk"]].tolist() == [100, 50_000]


def test_an_outlook_without_live_clients_says_nothing():
    gone = outlook(**OUTLOOK | {"live_clients": 0})
    assert (
        summary.figures(frames(clients(), features(), movement(), renewals(), gone))[2].label
        == "Receita de 12 meses em alerta"
    )


def test_the_five_figures_are_counted_from_the_tables():
    found = summary.figures(frames(clients(), features(), movement(), renewals(), outlook()))
    values = [figure.value.replace("\xa0", " ") for figure in found]
    assert values == ["2", "R$ 5,5 mil", "R$ 1,5 mil", "−3", "R$ 1,5 mil"]
    assert found[0].note == "1 ativo, 1 quase inativo"
    assert found[1].note == "+1,9% sobre os 12 meses anteriores"  # 5.510 against 5.408
    assert found[3].note == "entraram ou voltaram: 1; saíram: 4"
    assert found[4].note == "2 contratos (1 já vencidos)"


def test_half_a_history_is_not_compared_with_a_whole_year():
    def note(tenure_days):
        return summary.figures(frames(clients(), features(tenure_days), movement(), renewals(), outlook()))[1].note

    assert note(728) == "sem 12 meses anteriores para comparar"
    assert note(729).startswith("+1,9%")


def test_without_contracts_the_clients_to_win_back_take_their_place():
    found = summary.figures(frames(clients(), features(), movement(), renewals((), ()), outlook()))[4]
    assert (found.label, found.value) == ("Clientes a reconquistar", "1")
    assert "R$\xa07\xa0mil" in found.note


def test_the_numbers_behind_the_figures_are_plain():
    found = summary.key_figures(frames(clients(), features(), movement(), renewals(), outlook())).set_index("figure")[
        "number"
    ]
    assert found.to_dict() == {
        "portfolio_clients": 2, "active_clients": 1, "late_clients": 1, "inactive_clients": 1, "net_revenue_365d": 5510,
        "net_revenue_previous_365d": 5408, "late_net_revenue_365d": 1500, "entered_clients": 1, "lost_clients": 4,
        "contracts_to_renew": 2, "amount_to_renew": 1500,
    }  # fmt: skip


def monthly(values, *, partial=False) -> pd.DataFrame:
    months = pd.date_range("2025-09-01", periods=len(values), freq="MS")
    frame = pd.DataFrame({"month": months, "net_revenue": values, "orders": 1, "clients": 1, "partial": False})
    frame.loc[frame.index[-1], "partial"] = partial
    return frame


@pytest.mark.parametrize(
    ("last", "words"), [(120.0, "20,0% acima"), (80.0, "20,0% abaixo"), (100.0, "o mesmo que um ano antes")]
)
def test_a_month_is_compared_with_the_same_month_a_year_before(last, words):
    assert words in summary.changes(movement(), monthly([100.0] + [1.0] * 11 + [last]))[1]


def test_an_unfinished_month_is_not_compared():
    assert len(summary.changes(movement(), monthly([100.0] + [1.0] * 11 + [120.0], partial=True))) == 1


def test_monthly_revenue_counts_orders_on_days_with_a_positive_net_amount_only():
    purchases = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b"],
            "order_date": pd.to_datetime(["2026-01-03", "2026-01-09", "2026-03-31"]),
            "net_amount": [10.0, -4.0, 5.0],
        }
    )
    found = summary.monthly_revenue(purchases, pd.Timestamp("2026-03-31"))
    assert found[["net_revenue", "orders", "clients"]].values.tolist() == [[6, 1, 1], [0, 0, 0], [5, 1, 1]]
    assert found["partial"].tolist() == [False, False, False]
    assert summary.monthly_revenue(purchases, pd.Timestamp("2026-03-30"))["partial"].tolist() == [False, False, True]


def test_what_to_do_first_is_urgent_and_largest_first_with_ties_by_client():
    tied = clients(next_step=["call", "call", "renew", "keep"], net_revenue_365d=[1.0, 5.0, 5.0, 99.0])
    assert summary.to_do(tied, rows=2)["customer_id"].tolist() == ["b", "c"]


WHOLE = ("orders", *summary.ADDS)
KNOWN = features().assign(net_revenue=100.0, costed_revenue=100.0)


def test_only_tables_that_did_not_come_are_missing():
    whole = frames(clients(), KNOWN)
    register = {"customers": clients(sector="x", employees=3, state="SP")}
    assert summary.lacking(WHOLE, whole | register, 24).empty
    assert len(summary.lacking(("orders",), whole, 24)) == len(summary.ADDS)
    without_contracts = tuple(name for name in WHOLE if name != "contracts")
    found = summary.lacking(without_contracts, whole | register, 24)
    assert found["O que falta"].tolist() == ["os contratos"]
    assert summary.lacking_title(found) == "1 dado deixaria estas páginas mais precisas"


def test_what_is_thin_in_the_data_that_came_is_told_before_the_tables_that_did_not():
    known = {"sector": ["x", None, "x", "x"], "employees": 3, "state": None}
    thin = frames(clients(), KNOWN.assign(costed_revenue=79.0), customers=clients(**known))
    found = summary.lacking(WHOLE, thin, 1)
    assert found["O que falta"].str.replace("\xa0", " ").tolist() == [
        "mais histórico (há 1 mês completo)",
        "o custo do que se vende (conhecido em 79% da receita)",
        "Setor (conhecido de 50% da carteira)",  # b of the two clients in the portfolio has none
        "UF (conhecido de 0% da carteira)",
    ]
    assert summary.lacking(WHOLE, thin | {"customer_features": KNOWN.assign(costed_revenue=80.0)}, 24)["O que falta"][
        0
    ].startswith("Setor")


def table(name: str, rows: list[dict]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=[c.name for c in tables.contract(name).columns])


RULES = table("pci_rules", [
    {"published": False, "clients": 50, "client_share": 0.5, "lift": 9.0},
    {"published": True, "clients": 12, "client_share": 0.1, "lift": 2.5},
])  # fmt: skip
ACTIONS = table("actions", [
    {"customer_id": "a", "gate": "listed", "kind": "renewal", "expected_value": 40.0, "seller_id": "V1", "reason": "x"},
    {"customer_id": "c", "gate": "listed", "kind": "cross_sell", "expected_value": 60.0, "product_name": "Mop", "seller_id": "V9"},
    {"customer_id": "b", "gate": "listed", "kind": "renewal", "expected_value": 60.0, "seller_id": "V1"},
    {"customer_id": "d", "gate": "control", "kind": "renewal", "expected_value": 900.0},
])  # fmt: skip
SELLERS = table("sellers", [{"seller_id": "V1", "name": "Ana"}])


def test_the_pages_that_were_made_add_their_figures():
    found = summary.figures(frames(clients(), features(), movement(), renewals(), pci_rules=RULES, actions=ACTIONS))
    told = [(f.label, f.value, f.note.replace("\xa0", " "), f.page) for f in found[-2:]]
    assert told == [
        ("Clientes no perfil ideal", "12", "10% dos que têm seis meses de casa; cada um vale 2,5 vezes o valor dos demais", "03_pci"),
        ("Ações na lista", "3", "margem esperada de R$ 160", "06_oportunidades"),
    ]  # fmt: skip


def test_the_numbers_of_the_later_pages_are_those_of_their_tables():
    months = pd.date_range("2026-11-01", periods=4, freq="MS")
    whole = {"period": "month", "dimension": "total", "sales_measure": "revenue"}
    ahead = [{**whole, "period_start": m, "estimate": 10.0**i} for i, m in enumerate(months)]
    ahead += [
        {**ahead[0], "dimension": "region"},
        {**ahead[0], "sales_measure": "orders"},
        {**ahead[0], "period": "weeks_4"},
    ]
    goals = [("likely", 0.9), ("reached", None), ("unlikely", 0.1), ("no_probability", None)]
    answered = {"reading": "answered", "nps": 5.0, "nps_low": -1.0, "nps_high": 11.0, "enough": True}
    later = {
        "pci_rules": RULES, "actions": ACTIONS, "forecast": table("forecast", ahead[::-1]),
        "goals_status": table("goals_status", [{"goal_state": state, "probability": p} for state, p in goals]),
        "nps_summary": table("nps_summary", [{**answered, "reading": "weighted", "nps": 9.0}, answered]),
    }  # fmt: skip
    numbers = summary.key_figures(frames(clients(), features(), movement(), renewals(), outlook(**OUTLOOK), **later))
    found = numbers.set_index("figure")["number"]
    expected = {
        "horizon_days": 60, "expected_stops": 100, "expected_stops_low": 90, "revenue_at_risk_high": 55_000,
        "nps": 5, "nps_low": -1, "nps_high": 11, "ideal_clients": 12, "listed_actions": 3, "listed_margin": 160,
        "sales_3_months": 111, "judged_goals": 3, "likely_goals": 2,
    }  # fmt: skip
    assert found[list(expected)].round(6).to_dict() == expected


def test_the_week_starts_with_the_actions_of_most_margin_and_ties_go_by_client():
    found = summary.week(frames(clients(), actions=ACTIONS, sellers=SELLERS))
    assert found["customer_id"].tolist() == ["b", "c", "a"]
    assert found["O que fazer"].tolist() == ["renovação", "produto complementar: Mop", "renovação"]
    assert found["seller_id"].tolist() == ["Ana", "V9", "Ana"]


def test_without_a_list_the_week_is_whom_the_portfolio_says_to_call():
    found = summary.week(frames(clients(), actions=ACTIONS[ACTIONS["gate"] == "control"]))
    assert found[["customer_id", "O que fazer"]].to_numpy().tolist() == [["a", "Renovar."], ["b", "Ligar."]]


def test_the_greatest_risks_are_of_clients_that_still_buy():
    states = ["active", "late", "inactive", "active", "active", "late", "active"]
    rows = [
        {"customer_id": code, "status": state, "revenue_at_risk": amount}
        for code, state, amount in zip("gfedcba", states, [1.0, 9.0, 99.0, 5.0, 5.0, 3.0, 2.0], strict=True)
    ]
    assert summary.losing(frames(churn=table("churn", rows)))["customer_id"].tolist() == ["f", "c", "d", "b", "a"]
