"""Page 07 whole: bad input gives a smaller answer with its reason, and nothing after the date changes anything."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib import forecast, tables
from carteira_lib.tables import DataError
from tests.test_forecast import days
from tests.test_goals import AS_OF, portfolio

SELLERS = ("V1", "V2")


def empty(name):
    return tables.conform(pd.DataFrame(columns=list(tables.contract(name).column_names)), name)


def goals_of(*rows, start=None):
    columns = ["goal_id", "metric", "target", "deadline", "seller_id"]
    table = pd.DataFrame(rows, columns=columns).reindex(columns=list(tables.contract("goals").column_names))
    when = pd.to_datetime(table["deadline"])
    return tables.conform(table.assign(deadline=when, start_date=pd.Timestamp(start) if start else pd.NaT), "goals")


GOALS = goals_of(
    ("M1", "Receita", 40_000, "2027-03-31", None),
    ("M2", "Clientes ativos", 190, "2027-06-30", None),
    ("M3", "Receita", 10_000, "2027-01-31", "V1"),
    ("M4", "Receita", 10_000, "2027-01-31", "V9"),
    ("M5", "Quilos", 10, "2027-01-31", None),
    ("M6", "NPS", 50, "2027-01-31", None),
    ("M7", "Receita", 10_000, "2026-11-30", None),
)


def frames(log=None, goals=GOALS, **others):
    log = portfolio() if log is None else log
    ids = log["customer_id"].drop_duplicates().sort_values()
    clients = pd.DataFrame({"customer_id": ids, "seller_id": [SELLERS[i % 2] for i in range(len(ids))]})
    places = clients.rename(columns={"seller_id": "region"}).assign(region=lambda t: t["region"].map({"V1": "Sul"}))
    usual = {name: empty(name) for name in ("sellers", "surveys", "contracts")}
    return usual | {"purchases": log, "customer_features": clients, "customers": places, "goals": goals} | others


@pytest.fixture(scope="module")
def whole():
    return forecast.analyse(frames(), AS_OF)


def states(found):
    return found.goals_status.set_index("goal_id")[["goal_state", "goal_reason"]].astype("object").T.to_dict("list")


def test_each_goal_gets_its_answer_or_its_reason(whole):
    found = states(whole)
    assert found["M4"] == ["not_judged", "unknown_seller"]
    assert found["M5"] == ["not_judged", "unknown_metric"]
    assert found["M6"] == ["not_judged", "no_data"]
    assert found["M7"] == ["not_judged", "past"]
    assert {found[name][0] for name in ("M1", "M2", "M3")} <= {"likely", "open", "unlikely"}


def test_a_goal_of_a_seller_is_judged_by_the_seller_s_clients(whole):
    expected = whole.goals_status.set_index("goal_id")["expected_value"]
    month = whole.forecast.query("dimension == 'seller_id' and group == 'V1' and sales_measure == 'revenue'")[
        "estimate"
    ].iloc[0]
    assert expected["M3"] == pytest.approx(month, rel=0.15)


def test_all_tables_keep_their_contracts(whole, tmp_path):
    run = tables.Run("loja", tmp_path, AS_OF, "abc")
    forecast.write(run, whole)
    for name in (
        "forecast",
        "forecast_scores",
        "forecast_sources",
        "forecast_bridge",
        "goals_status",
        "goal_scores",
        "goals_calibration",
    ):
        assert len(tables.read(run, name))


def test_nothing_dated_after_the_day_changes_anything(whole):
    then = AS_OF
    later = pd.Timestamp("2027-02-10").as_unit("us")
    log = pd.concat([portfolio(), days([("c0001", later, 1e6), ("novo", later, 1e6)])], ignore_index=True)
    answers = pd.DataFrame({"customer_id": [f"c{i:04d}" for i in range(20)], "answer_date": later, "score": 10})
    ended = pd.DataFrame(
        {
            "contract_id": "K1",
            "customer_id": "c0001",
            "start_date": then,
            "end_date": later,
            "amount": 1.0,
            "renewed": True,
        },
        index=[0],
    )
    others = {
        "surveys": tables.conform(answers.reindex(columns=list(tables.contract("surveys").column_names)), "surveys"),
        "contracts": tables.conform(
            ended.reindex(columns=list(tables.contract("contracts").column_names)), "contracts"
        ),
    }
    changed = forecast.analyse(frames() | {"purchases": log} | others, then)
    for name in (
        "forecast",
        "scores",
        "sources",
        "bridge",
        "goals_status",
        "goal_scores",
        "goals_calibration",
        "history",
    ):
        pd.testing.assert_frame_equal(getattr(changed, name), getattr(whole, name))


@pytest.mark.parametrize("deadline", ["2027-06-30", "2027-05-20", "2027-01-05"])
def test_the_bridge_ends_where_the_goal_of_active_clients_expects(deadline):
    asked = goals_of(
        ("A", "Clientes ativos", 190, deadline, None),
        ("N", "Clientes novos", 15, deadline, None),
        ("R", "Reativações", 40, deadline, None),
    )
    found = forecast.analyse(frames(goals=asked), AS_OF)
    steps = found.bridge.set_index("bridge_step")["moved_clients"]
    expected = found.goals_status.set_index("goal_id")["expected_value"]
    assert steps["closing"] == expected["A"]
    if deadline == "2027-06-30":  # the state of an odd day is that of the nearest month end; sums count its days
        assert steps[["new", "reactivated"]].tolist() == expected[["N", "R"]].tolist()


def test_the_order_of_rows_changes_nothing(whole):
    mixed = frames()
    mixed["purchases"] = mixed["purchases"].sample(frac=1, random_state=3)
    found = forecast.analyse(mixed, AS_OF)
    pd.testing.assert_frame_equal(found.goals_status, whole.goals_status)
    pd.testing.assert_frame_equal(found.forecast, whole.forecast)


@pytest.mark.parametrize(
    ("months", "rows", "said"),
    [(1, 0, "são precisos 6 para prever"), (5, 0, "são precisos 6 para prever"), (6, 1, "sazonalidade é desconhecida"),
     (11, 1, "sazonalidade é desconhecida"), (12, 1, "são aproximadas"), (18, 1, "com 24 vão até 6"), (24, 1, None)],
)  # fmt: skip
def test_what_may_be_said_depends_on_the_history(months, rows, said):
    found = forecast.analyse(frames(portfolio(clients=40, months=months)), AS_OF)
    assert (len(found.forecast) > 0) == bool(rows)
    sentences = " ".join(forecast.findings(found))
    assert (said in sentences) if said else ("de histórico" not in sentences)
    told = found.goals_status["probability"].notna().any()
    assert told == (months >= 12)
    assert all(forecast.titles(found).values())


@pytest.mark.parametrize(
    "log",
    [
        portfolio().assign(net_amount=lambda t: t["net_amount"].where(t["order_date"].dt.month != 5, -10.0)),
        portfolio().loc[lambda t: t["order_date"].dt.strftime("%Y-%m") != "2026-07"],
        portfolio(clients=1, arrivals=0, chance=1.0),
        days([("a", "2024-01-05", 10.0), ("a", "2026-12-20", 10.0)]),
        portfolio().iloc[:0],
    ],
    ids=["negative months", "a month without sales", "one client", "two orders", "no order"],
)
def test_odd_histories_give_a_right_and_smaller_answer(log):
    found = forecast.analyse(frames(log), AS_OF)
    whole = found.forecast[found.forecast["dimension"] == "total"]
    assert (whole[["estimate", "estimate_low"]] >= 0).all(axis=None)
    assert np.isfinite(whole[["estimate", "estimate_low", "estimate_high"]].to_numpy()).all()
    assert found.goals_status["probability"].dropna().between(0.02, 0.98).all()
    titles = forecast.titles(found)
    forecast.goals_shown(found.goals_status, empty("sellers"))
    forecast.goal_bullets(found, titles, empty("sellers"))
    forecast.revenue_plots(found, titles)
    forecast.bridge_plots(found, titles)
    forecast.seller_plots(found, empty("sellers"))
    forecast.calibration_plots(found, titles)


@pytest.mark.parametrize(("months", "few"), [(12, True), (36, False)])
def test_the_title_of_the_weeks_says_how_few_dates_tested_them(months, few):
    title = forecast.titles(forecast.analyse(frames(portfolio(clients=40, months=months)), AS_OF))["weeks"]
    assert ("datas passadas para testar 12 semanas" in title) == few


def test_the_last_month_repeated_is_no_growth(whole):
    assert "últimos 12" in forecast.titles(whole)["revenue"]
    flipped = whole.scores.assign(published=whole.scores["sales_way"].eq("naive"))
    title = forecast.titles(whole._replace(scores=flipped))["revenue"]
    assert title.startswith("Nada previu melhor do que repetir o último mês")
    assert "últimos 12" not in title
    said = " ".join(forecast.findings(whole._replace(scores=flipped)))
    assert "a previsão, que repete o último mês, errou" in said
    assert "repetir o último mês erraria" not in said


@pytest.mark.parametrize(
    ("metric", "extra", "said"),
    [
        ("active_clients", 1.5, "deixar de perder 1,5 cliente por mês"),
        ("active_clients", 1.96, "deixar de perder 2,0 clientes por mês"),
        ("new_clients", 1.0, "é preciso 1 cliente por mês"),
        ("reactivated", 12.0, "são precisos 12 clientes por mês"),
        ("revenue", 1_500.0, "é preciso vender R$\xa01,5\xa0mil por mês"),
    ],
)
def test_what_the_hardest_goal_lacks_is_told_in_its_number(whole, metric, extra, said):
    hardest = whole.goals_status.head(1).assign(
        metric=metric, extra_per_month=extra, probability=0.2, goal_state="unlikely", target=100.0
    )
    assert said in " ".join(forecast.findings(whole._replace(goals_status=hardest)))


def test_what_active_means_is_told_with_its_number(whole):
    said = " ".join(forecast.findings(whole))
    assert f"quem comprou nos últimos {whole.active_months} meses completos: hoje são {whole.active}" in said
    rest = whole.goals_status[whole.goals_status["metric"] != "active_clients"]
    assert "cliente ativo é" not in " ".join(forecast.findings(whole._replace(goals_status=rest)))
    pace = forecast.goals_shown(whole.goals_status, empty("sellers"))["Ritmo necessário"].dropna()
    assert pace.str.fullmatch(r".+ por mês \(últimos 3 meses: .+ por mês\)").all()


def test_how_much_less_the_chances_erred_is_told_without_a_score(whole):
    brier = pd.DataFrame(
        {"metric": "all", "goal_way": ["blend", "line", "base_rate"], "goals": 100, "brier": [0.12, 0.16, 0.24], "ece": 0.0184}
    )  # fmt: skip
    told = whole._replace(goal_scores=brier, goal_way="blend")
    assert "erraram 25% menos do que uma linha reta e 50% menos do que" in " ".join(forecast.findings(told))
    assert forecast.titles(told)["calibration"].endswith("a 1,8 ponto percentual do ocorrido")
    worse = whole._replace(goal_scores=brier.assign(brier=[0.20, 0.15, 0.24]), goal_way="line")
    assert "a linha reta errou 25% menos" in " ".join(forecast.findings(worse))
    both = " ".join(forecast.findings(whole._replace(goal_scores=brier.assign(brier=[0.25, 0.16, 0.24]))))
    assert "não erraram menos" in both
    assert "Brier" not in both


def test_one_seller_only_is_one_part():
    table = frames(log=portfolio(clients=30))
    table["customer_features"]["seller_id"] = "V1"
    found = forecast.analyse(table, AS_OF).forecast
    mine = found.query("dimension == 'seller_id' and sales_measure == 'revenue'")["estimate"].tolist()
    total = found.query("dimension == 'total' and sales_measure == 'revenue' and period == 'month'")[
        "estimate"
    ].tolist()
    assert mine == total


def test_no_goals_say_what_they_would_bring():
    found = forecast.analyse(frames(goals=empty("goals")), AS_OF)
    assert "Nenhuma meta informada" in " ".join(forecast.findings(found))
    assert len(found.forecast)


def test_a_sum_names_its_start_and_one_without_is_told_to_begin_anew():
    row = ("M1", "Receita", 40_000, "2027-03-31", None)
    begun, bare = (forecast.analyse(frames(goals=goals_of(row, start=start)), AS_OF) for start in ("2026-11-01", None))
    texts = [forecast.goals_shown(f.goals_status, empty("sellers"))["Meta e prazo"][0] for f in (begun, bare)]
    assert [t.replace("\xa0", " ") for t in texts] == [
        "receita de 01/11/2026 a 31/03/2027: R$ 40 mil",
        "receita: R$ 40 mil até 31/03/2027",
    ]
    said = [" ".join(forecast.findings(f)) for f in (begun, bare)]
    assert "não tem início" not in said[0]
    assert "1 meta de soma não tem início" in said[1]
    stock = goals_of(("M2", "Clientes ativos", 190, "2027-06-30", None), start="2026-11-01")
    shown = forecast.goals_shown(forecast.analyse(frames(goals=stock), AS_OF).goals_status, empty("sellers"))
    assert shown["Meta e prazo"][0] == "clientes ativos: 190 até 30/06/2027"


def test_a_single_goal_is_not_counted():
    for target, said in ((10, "A única meta é provável."), (1e9, "A única meta é improvável.")):
        found = forecast.analyse(frames(goals=goals_of(("M1", "Receita", target, "2027-01-31", None))), AS_OF)
        assert said in forecast.findings(found)
    found = forecast.analyse(frames(goals=goals_of(("M1", "Quilos", 5, "2027-01-31", None))), AS_OF)
    assert "A única meta não tem chance calculada." in forecast.findings(found)


def test_goals_of_the_parameters_join_those_of_the_table():
    written = [
        {"metric": "Receita", "target": 5_000, "deadline": "2027-01-31"},
        {"goal_id": "M1", "metric": "Receita", "target": 1, "deadline": "2027-01-31"},
    ]
    found = forecast.analyse(frames(), AS_OF, goals=written).goals_status.set_index("goal_id")
    assert found.loc["P01", "target"] == 5_000
    assert found.loc["M1", "target"] == 1
    assert len(found) == len(GOALS) + 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"active_months": 13}, "active_months: 13 não está entre 0 e 12"),
        ({"active_months": -1}, "active_months: -1 não está entre 0 e 12"),
        ({"goals": [{"metric": "Receita"}, "Receita"]}, "2 problemas"),
        ({"goals": [{"metric": "Receita", "target": "muito", "deadline": "2027-01-31"}]}, "a meta 1 precisa de metric"),
        ({"goals": [{"metric": "Receita", "target": 5, "deadline": "31 de fevereiro"}]}, "deadline"),
    ],
)
def test_parameters_that_cannot_be_are_one_message(settings, message):
    with pytest.raises(DataError, match=message):
        forecast.analyse(frames(), AS_OF, **settings)


def test_the_nps_and_the_renewal_rate_stand_where_a_hand_puts_them():
    answers = pd.DataFrame(
        {"customer_id": [f"c{i:04d}" for i in range(20)], "answer_date": AS_OF, "score": [10] * 12 + [8] * 4 + [2] * 4}
    )
    ends = [AS_OF - pd.Timedelta(days=30)] * 4 + [AS_OF + pd.Timedelta(days=20)] * 2
    deals = pd.DataFrame(
        {
            "contract_id": list("abcdef"),
            "customer_id": "c0001",
            "start_date": AS_OF,
            "end_date": ends,
            "amount": 1.0,
            "renewed": [True, True, True, False, None, None],
        }
    )
    chances = pd.DataFrame({"contract_id": ["e", "f"], "renewal_probability": [1.0, 1.0]})
    others = {
        "surveys": tables.conform(answers.reindex(columns=list(tables.contract("surveys").column_names)), "surveys"),
        "contracts": tables.conform(
            deals.reindex(columns=list(tables.contract("contracts").column_names)), "contracts"
        ),
    }
    asked = goals_of(("N", "NPS", 50, "2027-01-31", None), ("R", "Taxa de renovação", 80, "2027-01-31", None))
    found = forecast.analyse(frames(goals=asked, **others), AS_OF, renewal_scores=chances).goals_status.set_index(
        "goal_id"
    )
    assert found["standing"].to_dict() == {"N": 40.0, "R": 0.75}
    assert found.loc["N", "goal_state"] == "behind"
    told = pd.DataFrame({"reading": ["answered"], "nps": [52.0], "answers": [331], "enough": [True]})
    other = forecast.analyse(frames(goals=asked, **others), AS_OF, nps_summary=told).goals_status.set_index("goal_id")
    assert other.loc["N", ["standing", "goal_state"]].tolist() == [52.0, "met_now"]
    assert found.loc["R", "probability"] == 0.98


def test_the_summary_gets_a_card_of_sales_and_one_of_goals(whole):
    cards = forecast.cards(whole.forecast, whole.goals_status)
    assert [label for label, *_rest in cards] == ["Vendas previstas em 3 meses", "Metas prováveis ou já batidas"]
    judged = whole.goals_status["goal_state"].isin(["likely", "open", "unlikely"])
    likely = (whole.goals_status["goal_state"] == "likely").sum()
    assert cards[1][1] == f"{likely} de {judged.sum()}"
    assert forecast.cards(empty("forecast"), empty("goals_status")) == []
