"""The whole analysis on small portfolios: hand-made clients, the edges, what is written, and what is said."""

import functools
import itertools

import numpy as np
import pandas as pd
import pytest

from carteira_lib import plots, portfolio, tables
from carteira_lib.groups import headcount_band
from carteira_lib.portfolio import renewals, splits
from tests.test_cycles import AS_OF, days, random_days


def features(purchases: pd.DataFrame, as_of: pd.Timestamp = AS_OF) -> pd.DataFrame:
    """Contract ``customer_features`` from client-days, in plain loops: what `carteira_lib.features` makes in SQL."""
    rows = []
    for client, log in purchases[purchases["order_date"] <= as_of].groupby("customer_id"):
        orders = sorted(set(log.loc[log["net_amount"] > 0, "order_date"]))
        logs = np.log([(b - a).days for a, b in itertools.pairwise(orders)])
        year = log[log["order_date"] > as_of - pd.Timedelta(days=365)]
        rows.append(
            {
                "customer_id": client,
                "first_order_date": orders[0] if orders else pd.NaT,
                "last_order_date": orders[-1] if orders else pd.NaT,
                "frequency": len(orders),
                "recency_days": (as_of - orders[-1]).days if orders else None,
                "tenure_days": (as_of - orders[0]).days if orders else None,
                "net_revenue": log["net_amount"].sum(),
                "net_revenue_365d": year["net_amount"].sum(),
                "average_order_value": log["net_amount"].sum() / max(len(orders), 1),
                "gap_count": len(logs),
                "log_gap_sum": logs.sum(),
                "log_gap_square_sum": (logs**2).sum(),
            }
        )
    table = tables.contract("customer_features")
    frame = pd.DataFrame(rows, columns=list(table.column_names))
    zero = {c.name: frame[c.name].astype("float64").fillna(0) for c in table.columns if c.required and c.kind != "text"}
    return tables.conform(frame.assign(**zero), "customer_features")


def analysed(purchases: pd.DataFrame, frames: dict | None = None, **options) -> portfolio.Analysis:
    if "net_amount" not in purchases:
        purchases = purchases.assign(net_amount=10.0)
    found = {"customer_features": features(purchases), "purchases": purchases, **(frames or {})}
    return portfolio.analyse(found, as_of=AS_OF, **options)


def table(name: str, rows: list[dict]) -> pd.DataFrame:
    columns = tables.contract(name).column_names
    return tables.conform(pd.DataFrame(rows).reindex(columns=list(columns)), name)


def contract(contract_id, customer_id, start, end, amount=1000.0, **more) -> dict:
    dates = {"start_date": AS_OF + pd.Timedelta(days=start), "end_date": AS_OF + pd.Timedelta(days=end)}
    return {"contract_id": contract_id, "customer_id": customer_id, **dates, "amount": amount, **more}


SIX = days(
    ("active", [*range(305, 0, -20)]),
    ("late", [*range(330, 29, -20)]),
    ("inactive", [*range(800, 399, -20)]),
    ("occasional", [700, 690]),
    ("outside", [5]),
    ("recovered", [*range(700, 499, -20), 3]),
)


@functools.cache
def six() -> portfolio.Analysis:
    return analysed(SIX)


def test_six_clients_by_hand():
    found = six().portfolio.set_index("customer_id")
    # nobody is silent 150 times: c* = 3, the convention. 20 days apart, typical 20, spread small
    assert found["status"].to_dict() == {
        "active": "active", "late": "late", "inactive": "inactive", "occasional": "inactive", "outside": "outside",
        "recovered": "active",
    }  # fmt: skip
    assert found.index[found["occasional"]].tolist() == ["occasional"]
    assert found.index[found["recovered"]].tolist() == ["recovered"]
    assert found.index[found["new"]].tolist() == ["outside"]
    assert found["next_step"].to_dict() == {
        "active": "keep", "late": "call", "inactive": "reactivate", "occasional": "campaign", "outside": "welcome",
        "recovered": "welcome_back",
    }  # fmt: skip


def test_next_steps_say_the_clients_own_numbers():
    texts = six().portfolio.set_index("customer_id")["next_step_text"].str.replace("\xa0", " ")
    assert texts["late"] == "Compra a cada 20 dias e está há 30 dias sem comprar: ligar nesta semana."
    assert texts["occasional"] == "Comprou só 2 vezes, a última há 690 dias: incluir em campanha, sem visita."
    assert texts["inactive"].startswith("Comprava a cada 20 dias, rendeu R$ 210 e está parado há 400 dias")
    assert texts["outside"].startswith("Cliente novo, primeira compra há 5 dias; faltam 2 compras")
    assert texts["recovered"].startswith("Voltou depois de 497 dias sem comprar, último pedido há 3 dias")
    assert texts["active"].startswith("Compra a cada 20 dias; o próximo pedido é esperado em 15/11/2026")


EDGES = {
    "one client, one order": days(("a", [3])),
    "everything on one date": days(("a", [0]), ("b", [0]), ("c", [0])),
    "one old order each": days(("a", [900]), ("b", [800])),
    "all inactive": days(("a", [*range(900, 799, -10)]), ("b", [*range(900, 799, -10)])),
    "no portfolio client": days(("a", [30, 20]), ("b", [10])),
    "daily buyer": days(("a", [*range(60, -1, -1)])),
    "only returns": days(("a", [3])).assign(net_amount=-5.0),
    "a negative client": days(("a", [30, 20, 10, 5])).assign(net_amount=[1.0, 1.0, 1.0, -50.0]),
    "equal revenue": days(*((f"c{i}", [50, 30, 10]) for i in range(9))),
    "nothing": days(),
}


@functools.cache
def edge(name: str, min_orders: int = 3) -> portfolio.Analysis:
    return analysed(EDGES[name], min_orders=min_orders)


@pytest.mark.parametrize("min_orders", [1, 3])
@pytest.mark.parametrize("name", EDGES)
def test_edges_give_a_smaller_but_right_answer(name, min_orders):
    found, purchases = edge(name, min_orders), EDGES[name]
    for part in ("portfolio", "movement", "cohorts", "splits", "renewals", "moved"):
        tables.conform(getattr(found, part), part)
    known = portfolio.figures(found)
    parts = ("active", "late", "inactive", "occasional", "outside")
    assert sum(known[part] for part in parts) == known["clients"] == purchases["customer_id"].nunique()
    assert known["opening"] + known["entered"] + known["came_back"] - known["lost"] == known["closing"]
    said = [*portfolio.findings(found), portfolio.rule_sentence(found), *portfolio.titles(found).values()]
    said += found.portfolio["next_step_text"].tolist()
    assert not [text for text in said if not text or any(mark in text.lower() for mark in ("nan", "{", "–"))]
    assert 1 <= len(portfolio.findings(found)) <= 5


def test_edges_by_hand():
    statuses = {name: set(edge(name).portfolio["status"]) for name in EDGES}
    assert statuses["one client, one order"] == statuses["everything on one date"] == {"outside"}
    assert statuses["one old order each"] == statuses["all inactive"] == {"inactive"}
    assert statuses["no portfolio client"] == statuses["only returns"] == {"outside"}
    assert statuses["daily buyer"] == {"active"}
    assert set(edge("equal revenue").portfolio["abc_class"]) == {"A"}
    assert edge("a negative client").portfolio["abc_class"].tolist() == ["C"]
    assert "A carteira está vazia" in portfolio.findings(edge("all inactive"))[0]
    assert portfolio.findings(edge("nothing"))[0] == "Nenhum cliente com pedido até a data-base."


def test_features_and_purchases_of_other_orders_are_refused():
    purchases = days(("a", [3, 2])).assign(net_amount=1.0)
    frames = {"customer_features": features(purchases), "purchases": purchases.head(1)}
    with pytest.raises(ValueError, match="must count the same orders"):
        portfolio.analyse(frames, as_of=AS_OF)


@pytest.mark.parametrize("name", ["min_orders", "renewal_window_days", "period_days"])
def test_parameters_out_of_range_are_refused(name):
    with pytest.raises(tables.DataError, match=f"^{name}: -1 é pouco; use [01] ou mais$"):
        analysed(SIX, **{name: -1})


def test_titles_say_none_instead_of_zero_percent_and_too_few_instead_of_a_share():
    once = portfolio.titles(edge("one client, one order"))
    assert once["status"] == "Nenhum dos clientes está hoje na carteira"
    assert once["status_revenue"] == "A receita de 12 meses não vem de nenhum cliente ativo"
    assert once["renewals"] == "Nenhum contrato a renovar"
    assert (
        portfolio.titles(six())["cohorts"] == "Amostra insuficiente: só 5 clientes tiveram tempo de voltar"
    )  # all but the newest


def test_repeated_clients_and_unknown_ones_of_the_register_change_nothing():
    who = table("customers", [{"customer_id": "active", "name": "Ana"}, {"customer_id": "nobody", "name": "N"}])
    twice = pd.concat([who, who])
    found = analysed(SIX, {"customers": twice}).portfolio
    plain = six().portfolio
    pd.testing.assert_frame_equal(found.drop(columns="name"), plain.drop(columns="name"))


def test_inputs_are_left_as_they_were():
    purchases = SIX.assign(net_amount=10.0)
    before = purchases.copy(), features(purchases)
    frames = {"customer_features": before[1].copy(), "purchases": purchases}
    portfolio.analyse(frames, as_of=AS_OF)
    pd.testing.assert_frame_equal(purchases, before[0])
    pd.testing.assert_frame_equal(frames["customer_features"], before[1])


CLIENTS = pd.DataFrame(
    {
        "customer_id": list("abcd"),
        "name": ["Ana", "Bia", "Caio", "Davi"],
        "seller_id": ["s1", "s1", "s2", None],
        "status": ["active", "late", "inactive", "outside"],
        "net_revenue_365d": [60.0, 30.0, 0.0, 10.0],
    }
)


def test_splits_by_hand():
    who = table(
        "customers",
        [
            {"customer_id": "a", "employees": 9},
            {"customer_id": "b", "employees": 10},
            {"customer_id": "d", "employees": 10},
        ],
    )
    sellers = table("sellers", [{"seller_id": "s1", "name": "Rui"}, {"seller_id": "s2", "name": "Rui"}])
    found = splits(CLIENTS, who, sellers=sellers)
    assert found["dimension"].unique().tolist() == ["seller_id", "headcount_band"]
    rows = found.drop(columns="dimension").to_numpy().tolist()
    assert rows == [
        ["Rui (s1)", 2, 1, 1, 0, 0, 90.0, 0.9],
        ["Rui (s2)", 1, 0, 0, 1, 0, 0.0, 0.0],
        ["sem informação", 1, 0, 0, 0, 1, 10.0, 0.1],
        ["1-9", 1, 1, 0, 0, 0, 60.0, 0.6],
        ["10-49", 2, 0, 1, 0, 1, 40.0, 0.4],
        ["sem informação", 1, 0, 0, 1, 0, 0.0, 0.0],
    ]


@pytest.mark.parametrize(("groups", "shown"), [(12, 12), (13, 13), (14, 13), (40, 13)])
def test_beyond_twelve_groups_the_small_ones_are_merged_and_the_parts_sum_to_the_whole(groups, shown):
    rng = np.random.default_rng(groups)
    who = table("customers", [{"customer_id": f"c{i}", "sector": f"setor {i % groups:02d}"} for i in range(200)])
    people = pd.DataFrame({"customer_id": who["customer_id"], "name": None, "seller_id": None})
    people = people.assign(
        status=rng.choice(["active", "late", "inactive", "outside"], 200), net_revenue_365d=rng.lognormal(3, 1, 200)
    )
    found = splits(people, who)
    assert len(found) == shown
    assert found["clients"].sum() == 200
    assert found["net_revenue_365d"].sum() == pytest.approx(people["net_revenue_365d"].sum())
    assert found["revenue_share"].sum() == pytest.approx(1)
    counts = found[["active_clients", "late_clients", "inactive_clients", "outside_clients"]].sum(axis=1)
    assert (counts == found["clients"]).all()
    assert ("Outros" in set(found["group"])) == (groups > 13)


def test_a_client_stands_in_each_family_that_it_buys():
    families = pd.DataFrame(
        {"customer_id": list("aab"), "family": ["tinta", "cola", "tinta"], "net_revenue_365d": [50.0, 10.0, 30.0]}
    )
    found = splits(CLIENTS.assign(seller_id=None), table("customers", []), families=families).set_index("group")
    assert found["clients"].to_dict() == {"tinta": 2, "cola": 1}
    assert found["net_revenue_365d"].to_dict() == {"tinta": 80.0, "cola": 10.0}


def test_headcount_bands_on_both_sides_of_each_cut():
    sizes = pd.Series([0, 0.5, 1, 9, 10, 49, 50, 99, 100, 499, 500, 90000, None])
    bands = ["1-9"] * 2 + ["10-49"] * 2 + ["50-99"] * 2 + ["100-499"] * 2 + ["500+"] * 2
    assert headcount_band(sizes).fillna("?").tolist() == ["?", "?", *bands, "?"]


RENEWAL_CASES = {
    "ends today": ([contract("k", "a", -365, 0)], ["k"]),
    "ends on the last day of the window": ([contract("k", "a", -365, 90)], ["k"]),
    "ends a day after the window": ([contract("k", "a", -365, 91)], []),
    "ended as long ago as the window": ([contract("k", "a", -365, -90)], ["k"]),
    "ended before that": ([contract("k", "a", -365, -91)], []),
    "marked as renewed": ([contract("k", "a", -365, 10, renewed=True)], []),
    "marked as not renewed": ([contract("k", "a", -365, 10, renewed=False)], ["k"]),
    "followed by the next": ([contract("k", "a", -365, 10), contract("n", "a", 11, 376)], []),
    "followed by one of another client": ([contract("k", "a", -365, 10), contract("n", "b", 11, 376)], ["k"]),
    "followed by another product": (
        [contract("k", "a", -365, 10, product_id="p"), contract("n", "a", 11, 376, product_id="q")],
        ["k"],
    ),
    "followed after 90 days": ([contract("k", "a", -365, 10), contract("n", "a", 100, 376)], []),
    "followed after 91 days": ([contract("k", "a", -365, 10), contract("n", "a", 101, 376)], ["k"]),
    "entered twice": ([contract("k", "a", -365, 10), contract("n", "a", -365, 10)], ["k", "n"]),
    "extended from the same start": ([contract("k", "a", -365, 10), contract("n", "a", -365, 300)], []),
}


@pytest.mark.parametrize(("rows", "due"), RENEWAL_CASES.values(), ids=RENEWAL_CASES.keys())
def test_renewals_by_hand(rows, due):
    assert renewals(table("contracts", rows), CLIENTS, AS_OF)["contract_id"].tolist() == due


def test_renewals_carry_days_amount_month_and_the_client():
    rows = [contract("k1", "b", -300, -10, 500.0), contract("k2", "zz", -300, 31)]
    found = tables.conform(renewals(table("contracts", rows), CLIENTS, AS_OF), "renewals")
    assert found["days_left"].tolist() == [-10, 31]
    assert found["month"].tolist() == [pd.Timestamp("2026-10-01"), pd.Timestamp("2026-12-01")]
    assert found["status"].tolist() == ["late", "outside"]
    assert found["name"].tolist()[0] == "Bia"


def test_a_due_contract_is_flagged_and_comes_first_among_the_next_steps():
    rows = [
        contract("k1", "late", -300, 12, 1500.0),
        contract("k2", "active", -300, -1),
        contract("k3", "outside", -9, 0),
    ]
    rows += [contract("k4", "inactive", -300, 5, product_id="p"), contract("k5", "inactive", -300, 50, product_id="q")]
    found = analysed(SIX, {"contracts": table("contracts", rows)})
    clients = found.portfolio.set_index("customer_id")
    assert clients.index[clients["renewal_due"]].tolist() == ["inactive", "late", "outside"]
    texts = clients["next_step_text"].str.replace("\xa0", " ")
    assert set(clients.loc[["late", "active", "outside", "inactive"], "next_step"]) == {"renew"}
    assert texts["late"] == "O contrato de R$ 1,5 mil vence em 12 dias (12/11/2026): marcar a conversa de renovação."
    assert texts["active"].startswith("O contrato de R$ 1 mil venceu há 1 dia (30/10/2026) e não foi renovado")
    assert "vence hoje" in texts["outside"]
    assert texts["inactive"].startswith("2 contratos a renovar, R$ 2 mil no total, o primeiro com fim em 05/11/2026")
    said = " ".join(portfolio.findings(found)).replace("\xa0", " ")
    assert "4 contratos vencem em até 90 dias, no valor de R$ 4,5 mil." in said
    assert "1 contrato venceu há pouco sem renovação: R$ 1 mil." in said


def test_findings_of_the_six_clients():
    said = [text.replace("\xa0", " ") for text in portfolio.findings(six())]
    assert said[0] == (
        "A carteira tem 3 clientes: 2 ativos e 1 quase inativo. "
        "Fora dela: 1 inativo, 1 ocasional que parou e 1 ainda com poucas compras."
    )
    assert said[1].startswith("Em 12 meses a carteira foi de 1 para 3: entraram 2, voltou 1 e saiu 1.")
    assert any("1 quase inativo respondeu por R$ 160: é a receita em alerta." in text for text in said)
    assert any("Amostra insuficiente" in text for text in said)


def test_months_in_which_the_data_begin_are_not_told_as_growth():
    """Three clients first seen 80 days ago; the same with one more client, known for two years, is a change."""
    young = days(*((f"c{i}", [80, 60, 40, 20, 5]) for i in range(3)))
    found = analysed(young)
    assert portfolio.findings(found)[1] == (
        "Os dados começam em ago/2026 e a contagem parte do zero: entraram 3; a carteira está em 3. Isso não mede crescimento."
    )
    assert portfolio.titles(found)["movement"] == "A contagem começa com os dados, em ago/2026"
    older = analysed(pd.concat([young, days(("old", [*range(700, 0, -20)]))], ignore_index=True))
    assert portfolio.findings(older)[1].startswith("Em 12 meses a carteira foi de 1 para 4: entraram 3.")
    assert portfolio.titles(older)["movement"] == "A carteira ganhou 3 clientes em 12 meses"


def test_who_left_twice_is_gone_once_with_the_revenue_of_the_last_exit():
    twice = pd.concat(
        [SIX.assign(net_amount=10.0), days(("twice", [340, 330, 320, 200])).assign(net_amount=[1.0, 1, 1, 100])]
    )
    found = analysed(twice.reset_index(drop=True))
    exits = found.moved[(found.moved["customer_id"] == "twice") & (found.moved["movement"] == "lost")]
    assert exits["net_revenue"].tolist() == [3.0, 103.0]
    known = portfolio.figures(found)
    assert (known["lost"], known["gone"], known["gone_revenue"]) == (3, 2, 103.0 + 10 * 19)


@pytest.mark.parametrize("seed", range(3))
def test_movement_of_the_whole_equals_its_figures_and_flags(seed):
    found = analysed(random_days(seed, clients=80))
    known = portfolio.figures(found)
    assert known["closing"] == known["in_portfolio"] == found.portfolio["status"].isin(["active", "late"]).sum()
    assert set(found.portfolio["next_step"]) <= set(portfolio.STEPS) == set(tables.VALUES["next_step"])
    assert (found.portfolio["late_after_days"] < found.portfolio["inactive_after_days"]).all()


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_both_languages_speak(language):
    found = analysed(SIX, language=language)
    assert len(portfolio.findings(found, language=language, currency="USD")) >= 3
    assert portfolio.titles(found, language=language)["status"]


def test_the_figure_of_revenue_tells_the_sums_of_the_sentences():
    clients = days(*((f"c{i}", [30, 20, 10, 5]) for i in range(3))).assign(net_amount=10.0)
    clients.loc[clients.index[clients["customer_id"] == "c0"][-1], "net_amount"] = -60.0
    found = analysed(clients)
    assert (found.portfolio["net_revenue_365d"] < 0).sum() == 1
    shown = portfolio.status_parts(found, "revenue")
    assert shown.to_numpy().sum() == pytest.approx(portfolio.figures(found)["revenue"])


def test_the_figure_names_few_purchases_as_the_sentence_does():
    """Outside of the portfolio are also the inactive and the occasional: one name must not stand for two counts."""
    shown = portfolio.status_parts(six())
    assert shown["poucas compras ainda"].tolist() == [1]
    assert "fora da carteira" not in shown
    assert "1 ainda com poucas compras" in portfolio.findings(six())[0]


def test_bands_of_headcount_stand_in_their_order_and_the_title_names_the_largest():
    sizes = {"a": 700, "b": 20, "c": 5, "d": None}
    who = table("customers", [{"customer_id": k, "employees": v} for k, v in sizes.items()])
    found = splits(CLIENTS.assign(seller_id=None, net_revenue_365d=[10.0, 60.0, 5.0, 90.0]), who)
    assert found["group"].tolist() == ["1-9", "10-49", "500+", "sem informação"]
    analysis = six()._replace(splits=found)
    titles = portfolio.titles(analysis)
    assert titles["headcount_band"] == "10-49 funcionários: 36% da receita de 12 meses"
    assert portfolio.split_plots(analysis, titles)[0].patches[1].get_facecolor()[:3] != pytest.approx(
        (0.7, 0.75, 0.79), abs=0.02
    )


def test_the_revenue_of_a_client_is_told_as_its_owners_and_not_as_sold_by_somebody():
    analysis = six()._replace(splits=splits(CLIENTS, CLIENTS))
    pictures = portfolio.split_plots(analysis, portfolio.titles(analysis))
    assert "Receita de 12 meses, por responsável do cliente." in plots.alt(pictures[0])
    told = portfolio.split_plots(analysis, portfolio.titles(analysis, language="en"), language="en")
    assert "by account owner" in plots.alt(told[0])


def test_where_no_group_stands_out_the_title_says_so():
    who = table("customers", [{"customer_id": f"c{i}", "sector": f"s{i:02d}"} for i in range(12)])
    people = who[["customer_id"]].assign(name=None, seller_id=None, status="active", net_revenue_365d=10.0)
    titles = portfolio.titles(six()._replace(splits=splits(people, who)))
    assert titles["sector"] == "Receita espalhada: o maior grupo, s00, tem 8%"


def cohort_cells(*cells) -> pd.DataFrame:
    rows = [(pd.Timestamp(start), 1, clients, share) for start, clients, share in cells]
    return pd.DataFrame(rows, columns=["cohort", "periods_since", "clients", "retained_share"])


def test_the_first_cohort_of_old_clients_does_not_make_the_finding():
    cells = cohort_cells(("2025-01-01", 600, 0.9), ("2025-04-01", 100, 0.5), ("2025-07-01", 100, 0.7))
    analysis = six()._replace(cohorts=cells, cohort_period="quarter")
    expected = "Fora a primeira safra, 60% voltam a comprar no trimestre seguinte ao da primeira compra"
    assert portfolio.titles(analysis)["cohorts"] == expected
    alone = six()._replace(cohorts=cells.head(1), cohort_period="month")
    assert portfolio.titles(alone)["cohorts"] == "90% voltam a comprar no mês seguinte ao da primeira compra"


def test_without_contracts_there_is_no_figure_of_renewals():
    assert portfolio.renewal_plots(six(), portfolio.titles(six())) == []


def test_contracts_due_carry_what_masks_a_name():
    who = table("customers", [{"customer_id": "active", "name": "Ana Souza", "person_type": "PF"}])
    found = analysed(SIX, {"customers": who, "contracts": table("contracts", [contract("k", "active", -365, 10)])})
    due = portfolio.contracts_due(found)
    assert due[["customer_id", "name", "person_type"]].to_numpy().tolist() == [["active", "Ana Souza", "PF"]]
