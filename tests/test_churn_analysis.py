"""Page 04: who, why and what it costs, by hand, by naive loops and by what was planted."""

import itertools

import numpy as np
import pandas as pd
import pytest

from carteira_lib import churn, tables
from carteira_lib.churn import analysis, backtest, outlook, reasons, retention, signals, value
from carteira_lib.churn.plan import planned
from carteira_lib.tables import DataError
from tests.test_churn import AS_OF, ago, buyers, past

POLICY = churn.Policy()


def portfolio_of(orders: pd.DataFrame) -> pd.DataFrame:
    """Table ``portfolio`` with what page 04 reads of it; inactive after 120 days of silence."""
    last = orders.groupby("customer_id")["order_date"].max()
    silent = (AS_OF - last).dt.days
    status = np.select([silent > 120, silent > 60], ["inactive", "late"], "active")
    table = pd.DataFrame({"customer_id": last.index, "status": status, "net_revenue_365d": 100.0})
    told = {"name": "Loja " + table["customer_id"], "person_type": "PJ", "seller_id": "V1", "own_cycle_days": np.nan}
    return table.assign(**told)


def empty(name: str) -> pd.DataFrame:
    return tables.conform(pd.DataFrame(columns=list(tables.contract(name).column_names)), name)


def frames_of(orders: pd.DataFrame) -> dict[str, pd.DataFrame]:
    purchases = orders.groupby(["customer_id", "order_date"], as_index=False)["amount"].sum()
    names = ("renewals", "contracts", "interactions", "surveys", "customers", "sellers")
    made = {"portfolio": portfolio_of(orders), "purchases": purchases.rename(columns={"amount": "net_amount"})}
    return made | {name: empty(name) for name in names}


def analysed(orders: pd.DataFrame, policy: churn.Policy = POLICY, **settings) -> analysis.Analysis:
    frames = frames_of(orders)
    known = planned(frames["purchases"], AS_OF, **settings)
    history = past(orders, known) if known.horizon_days else pd.DataFrame({"as_of": []})
    return churn.analyse(frames, history, known, policy)


@pytest.fixture(scope="module")
def orders():
    return buyers(seed=5, clients=260)


@pytest.fixture(scope="module")
def found(orders):
    return analysed(orders, horizon_days=30)


def live(result: analysis.Analysis) -> pd.DataFrame:
    return result.churn[result.churn["status"].isin(["active", "late"])]


# ---- the table


def test_every_client_of_the_portfolio_has_one_row_and_nobody_else(orders, found):
    days = orders.drop_duplicates(["customer_id", "order_date"]).groupby("customer_id").size()
    assert sorted(found.churn["customer_id"]) == sorted(days.index[days >= 3])
    assert found.basis == "model"
    assert found.churn["churn_probability"].between(0, 1).all()


def test_expected_revenue_and_revenue_at_risk_are_two_parts_of_what_the_client_buys_if_it_buys(found):
    table = found.churn
    kept = table["expected_revenue"] + table["revenue_at_risk"]
    assert (kept > 0).all()
    assert (table["revenue_at_risk"] / kept).to_numpy() == pytest.approx(table["churn_probability"].to_numpy())


def test_a_client_does_not_buy_because_it_stopped_or_because_it_is_slow(found):
    """P = 1 - a + a q with q in [0, 1): so a lies in [1 - P, 1], and is 1 - P where a client alive surely buys."""
    table = found.churn
    assert (table["p_alive"] >= 1 - table["churn_probability"] - 1e-9).all()
    assert (table["p_alive"] <= 1).all()
    mean = live(found)["churn_probability"].mean()
    above = table[table["churn_probability"] > mean]
    assert ((above["kind"] == "stopped") == (1 - above["p_alive"] >= above["churn_probability"] / 2)).all()
    assert (table.loc[table["churn_probability"] <= mean, "kind"] == "on_time").all()


@pytest.mark.parametrize(
    ("chances", "at_risk", "kinds", "bands"),
    [
        # all but sure to buy: half lie above the mean of .4 %, and nobody is stopping or worth a call
        ((0.001, 0.002, 0.006, 0.007), (1, 2, 3, 4), ["on_time"] * 4, ["steady"] * 4),
        # mean 2.5 %: two are above it and below one in twenty; those of the largest revenue at risk are called
        ((0.001, 0.02, 0.03, 0.049), (1, 2, 3, 4), ["on_time"] * 4, ["steady", "steady", "call", "call"]),
        # mean 12 %: one above it is called, the other watched
        ((0.02, 0.06, 0.2, 0.2), (1, 9, 2, 3), [*["on_time"] * 2, *["stopped"] * 2], ["steady", "call", "watch", "call"]),
    ],
)  # fmt: skip
def test_a_risk_next_to_nothing_is_no_sign_of_stopping(chances, at_risk, kinds, bands):
    table = pd.DataFrame({"customer_id": list("abcd"), "churn_probability": chances, "revenue_at_risk": at_risk})
    table = table.assign(status="active", p_alive=0.0)
    assert analysis._kind(table).tolist() == kinds
    assert analysis._band(table, churn.Policy(contacts=2)).tolist() == bands


def test_the_cycle_in_words_is_the_one_of_page_02_and_no_probability_moves(orders, found):
    """Pages 02 and 04 told two cycles of one client. Here page 02 says 2 days of everybody."""
    frames = frames_of(orders)
    frames["portfolio"] = frames["portfolio"].assign(own_cycle_days=2.0)
    known = planned(frames["purchases"], AS_OF, horizon_days=30)
    other = churn.analyse(frames, past(orders, known), known, POLICY).churn
    assert (other["own_cycle_days"] == 2).all()
    silent = other.loc[other["reason_1"].eq("silence"), "reason_1_text"]
    assert len(silent)
    assert silent.str.contains("costuma comprar a cada 2 dias").all()
    both = other.merge(found.churn, on="customer_id", suffixes=("", "_before"))
    assert both["churn_probability"].tolist() == both["churn_probability_before"].tolist()


def test_alive_by_hand():
    """Base 60 %, of which 50 points stopped: alive ones stay away in 20 %. P = 40 % then needs a = .6 / .8."""
    row = pd.DataFrame({"churn_probability": [0.4, 0.1], "base_logit": [np.log(1.5)] * 2, "p_alive": [0.5] * 2})
    assert analysis._alive(row).tolist() == pytest.approx([0.75, 1.0])


def test_the_list_to_contact_is_the_largest_revenue_at_risk_of_those_who_still_buy(orders):
    found = analysed(orders, churn.Policy(contacts=7), horizon_days=30)
    top = live(found).sort_values("revenue_at_risk", ascending=False)["customer_id"].head(7)
    assert found.churn.loc[found.churn["band"] == "call", "customer_id"].tolist() == top.tolist()
    assert set(found.churn.loc[found.churn["status"] == "inactive", "band"]) == {"gone"}
    rest = live(found).query("band != 'call'")
    above = rest["churn_probability"] > live(found)["churn_probability"].mean()
    assert (rest["band"] == np.where(above, "watch", "steady")).all()


def test_with_the_cost_of_a_contact_it_must_pay_for_itself(orders):
    found = analysed(orders, churn.Policy(contact_cost=10, margin=0.5, save_share=0.25), horizon_days=30)
    worth = live(found)["revenue_at_risk"] * 0.5 * 0.25
    assert ((live(found)["band"] == "call") == (worth > 10)).all()
    assert (live(found)["band"] == "call").any()


def test_a_client_on_the_list_without_a_sign_of_alarm_is_told_so():
    """One client buys a hundred times as much as the others, on time."""
    orders = buyers(seed=2, clients=120)
    regular = pd.DataFrame({"order_date": [ago(d) for d in range(4, 500, 10)]})
    large = regular.assign(customer_id="grande", amount=50_000.0, product_id="p1")
    found = analysed(pd.concat([orders, large], ignore_index=True), horizon_days=30)
    first = found.churn.iloc[0]
    assert (first["customer_id"], first["band"]) == ("grande", "call")
    said = churn.findings(found)[1]
    share = found.churn["revenue_at_risk"].iloc[0] / live(found)["revenue_at_risk"].sum()
    assert said == f"Um só cliente responde por {share:.0%} da receita em risco."
    if first["reason_1"] == "value":
        assert first["reason_1_text"].startswith("Nenhum sinal de alarme")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (churn.Policy(contact_cost=-1), "contact_cost: -1 é negativo; use 0 ou mais"),
        (churn.Policy(contacts=-5), "contacts: -5 é negativo; use 0 ou mais"),
        (churn.Policy(margin=30), "margin: 30 não é uma parte; use um número acima de 0 e até 1, como 0.3 para 30%"),
        (churn.Policy(save_share=0), "save_share: 0 não é uma parte"),
        (churn.Policy(margin=float("nan")), "margin: nan não é uma parte"),
    ],
)
def test_a_policy_that_cannot_be_is_refused_with_the_remedy(orders, policy, said):
    with pytest.raises(DataError, match=said.replace("+", r"\+")):
        analysed(orders, policy, horizon_days=30)


# ---- nothing of the future


def test_orders_after_the_date_change_nothing(orders):
    """What is dated later may be anything: the same table comes out."""
    rng = np.random.default_rng(1)
    later = orders.sample(400, random_state=3).assign(
        order_date=AS_OF + pd.to_timedelta(rng.integers(1, 90, 400), unit="D"), amount=rng.lognormal(8, 2, 400)
    )
    frames, both = frames_of(orders), frames_of(pd.concat([orders, later], ignore_index=True))
    both["portfolio"] = frames["portfolio"]
    tables_of = []
    for given, lines in ((frames, orders), (both, pd.concat([orders, later], ignore_index=True))):
        known = planned(given["purchases"], AS_OF, horizon_days=30)
        tables_of.append(churn.analyse(given, past(lines, known), known, churn.Policy()))
    pd.testing.assert_frame_equal(tables_of[0].churn, tables_of[1].churn)
    pd.testing.assert_frame_equal(tables_of[0].scores, tables_of[1].scores)
    pd.testing.assert_frame_equal(tables_of[0].outlook, tables_of[1].outlook)


# ---- worth


def test_revenue_if_buying_is_orders_times_the_value_of_an_order():
    clients = pd.DataFrame({"frequency": [4] * 40, "orders_if_buying": 2.0, "mean_order_value": [50.0, 150.0] * 20})
    found = value.revenue_if_buying(clients)
    assert found.between(2 * 50, 2 * 150).all()  # drawn towards all clients
    assert found.iloc[0] < 2 * 100 < found.iloc[1]


def test_where_all_orders_are_of_one_value_that_is_the_value():
    clients = pd.DataFrame({"frequency": [3, 9], "orders_if_buying": [1.0, 4.0], "mean_order_value": [20.0, 20.0]})
    assert value.revenue_if_buying(clients).tolist() == pytest.approx([20.0, 80.0])


def test_value_errors_by_hand():
    made = pd.DataFrame({"origin": AS_OF, "next_revenue": [100.0, 0.0, 50.0, 50.0]}).assign(
        expected_revenue=[80.0, 20.0, 50.0, 70.0], last_revenue=[0.0, 0.0, 100.0, 100.0], stake=[50.0] * 4
    )
    most = made["next_revenue"].quantile(0.99)
    found = value.value_errors(made).set_index("value_rule")
    assert found.loc["model", "total_error"] == pytest.approx(220 / 200 - 1)
    assert found.loc["last_horizon", "total_error"] == pytest.approx(0)
    errors = (most - 80) + 20 + 0 + 20
    assert found.loc["model", "client_error"] == pytest.approx(errors / (most + 100))
    assert value.value_errors(made.assign(next_revenue=0.0)).empty


# ---- outlook


def test_the_interval_of_the_outlook_by_hand():
    table = pd.DataFrame({
        "status": ["active", "late", "inactive"], "churn_probability": [0.5, 0.2, 0.9],
        "expected_revenue": [50.0, 80.0, 1.0], "revenue_at_risk": [50.0, 20.0, 9.0],
    })  # fmt: skip
    dates = [ago(120), ago(90), ago(60)]
    judged = pd.DataFrame({"origin": dates * 2, "active": True, "churned": [1, 1, 1, 0, 0, 1], "model": 0.5})
    off = np.sqrt((0 + 0 + 1) / 3)  # 1, 1 and 2 stopped where 1 was predicted
    assert outlook.total_error(judged, "model") == pytest.approx(off)
    found = outlook.outlook(table, judged, "model", 30).set_index("outlook")
    deviation = np.sqrt(0.25 + 0.16 + (off * 0.7) ** 2)
    assert found.loc["expected_stops"].tolist() == pytest.approx([0.7, 0.0, min(0.7 + 1.96 * deviation, 2)])
    money = np.sqrt(0.25 * 100**2 + 0.16 * 100**2 + (off * 70) ** 2)
    assert found.loc["revenue_at_risk"].tolist() == pytest.approx([70, 0, min(70 + 1.96 * money, 200)])
    assert found["estimate"][["live_clients", "scored_clients", "expected_revenue"]].tolist() == [2, 3, 130]


def test_the_interval_holds_what_came_where_the_probabilities_are_right():
    rng = np.random.default_rng(6)
    chance = rng.uniform(0.05, 0.6, 300)
    table = pd.DataFrame({"status": "active", "churn_probability": chance, "expected_revenue": 1 - chance,
                          "revenue_at_risk": chance})  # fmt: skip
    none = pd.DataFrame({"origin": [], "active": pd.Series(dtype=bool), "churned": [], "model": []})
    row = outlook.outlook(table, none, "model", 30).set_index("outlook").loc["expected_stops"]
    came = (rng.random((2000, 300)) < chance).sum(axis=1)
    assert 0.93 <= np.mean((came >= row["estimate_low"]) & (came <= row["estimate_high"])) <= 0.97


# ---- reasons


def told(language: str = "pt-BR", groups: dict[str, float] | None = None, **facts: float) -> list[str]:
    """Reasons of one client beside nine usual ones: 30-day cycle, silent 10 days, 12 orders of R$ 100 in a year."""
    usual = {
        "recency_days": 10, "own_cycle_days": 30.0, "typical_gap_days": 30.0, "orders_one": 2, "frequency": 12,
        "tenure_days": 360, "spread": 0.5, "mean_order_value": 100.0, "recent_order_value": 100.0,
    }  # fmt: skip
    clients = pd.DataFrame([usual | facts, *[usual] * 9])
    weights = dict.fromkeys(signals.GROUPS, 0.0) | (groups or {})
    parts = pd.DataFrame([weights] * 10)
    row = reasons.reasons(clients, parts, horizon_days=60, language=language).iloc[0]
    return [row[f"reason_{k}_text"].replace("\xa0", " ") for k in (1, 2, 3) if row[f"reason_{k}"] is not None]


@pytest.mark.parametrize(
    ("group", "facts", "said"),
    [
        ("silence", {"recency_days": 80}, "Há 80 dias sem comprar; costuma comprar a cada 30 dias"),
        ("silence", {"recency_days": 5, "own_cycle_days": 1.2}, "Há 5 dias sem comprar; costuma comprar todo dia"),
        # 12 orders in 360 + 30 days: 1.85 in 60
        ("slowdown", {"orders_one": 0}, "Nenhum pedido nos últimos 60 dias; no seu ritmo, o normal é 2"),
        ("slowdown", {"orders_one": 1}, "1 pedido nos últimos 60 dias; no seu ritmo, o normal é 2"),
        ("frequency", {"own_cycle_days": 45.0}, "Compra a cada 45 dias; o comum na carteira é a cada 30 dias"),
        # 30 e^-1 and 30 e
        ("rhythm", {"spread": 1.0}, "Ritmo irregular: o intervalo costuma variar de 11 a 82 dias"),
        ("age", {"tenure_days": 90}, "Cliente há 90 dias; metade da carteira é cliente há mais de 360 dias"),
        ("age", {"tenure_days": 900}, "Cliente há 900 dias; metade da carteira é cliente há menos de 360 dias"),
        # twelve orders of 100 on average, the last three of 40: the nine before of 120
        ("spend", {"recent_order_value": 40.0}, "Últimos 3 pedidos de R$ 40 em média; antes R$ 120"),
        ("spend", {"mean_order_value": 60.0, "recent_order_value": 60.0}, "Pedidos de R$ 60 em média; o comum na carteira é R$ 100"),
    ],
)  # fmt: skip
def test_a_reason_is_told_with_the_numbers_of_the_client(group, facts, said):
    assert told(groups={group: 1.0}, **facts) == [said]
    assert told(groups={group: 0.05}, **facts) == []  # too light to be a reason


@pytest.mark.parametrize(
    ("group", "facts"),
    [
        ("silence", {"recency_days": 30}), ("slowdown", {"orders_one": 2}), ("frequency", {"own_cycle_days": 30.2}),
        ("rhythm", {"spread": 0.5}), ("age", {}), ("spend", {"recent_order_value": 95.0}),
    ],
)  # fmt: skip
def test_a_reason_that_the_numbers_do_not_bear_out_is_not_told(group, facts):
    assert told(groups={group: 2.0}, **facts) == []


def test_the_heaviest_three_come_first():
    weights = {"silence": 0.4, "frequency": 0.9, "age": 0.2, "spend": 0.3}
    facts = {"recency_days": 99, "own_cycle_days": 50.0, "tenure_days": 90, "mean_order_value": 10.0}
    found = told(groups=weights, recent_order_value=10.0, **facts)
    assert [text.split()[0] for text in found] == ["Compra", "Há", "Pedidos"]


def test_reasons_speak_english():
    assert told("en", {"silence": 1.0}, recency_days=80) == ["80 days without buying; usually buys every 30 days"]


# ---- contracts


def contracts_of(renewals: list[int], *, running: int = 0, stayed: int = 0) -> pd.DataFrame:
    """Yearly contracts: each client of `renewals` renewed so often and then left; `running` ones still do, after `stayed`."""
    rows = []
    for client, count in enumerate(renewals):
        start = pd.Timestamp("2015-01-01")
        for year in range(count + 1):
            begin, end = start + pd.DateOffset(years=year), start + pd.DateOffset(years=year + 1, days=-1)
            rows.append((f"k{client}-{year}", f"c{client}", begin, end, 100.0, None, year < count))
    for client in range(running):
        for year in range(stayed + 1):
            begin = AS_OF - pd.Timedelta(days=90) - pd.DateOffset(years=stayed - year)
            end = begin + pd.DateOffset(years=1, days=-1)
            rows.append((f"r{client}-{year}", f"r{client}", begin, end, 100.0, None, True if year < stayed else None))
    columns = list(tables.contract("contracts").column_names)
    return tables.conform(pd.DataFrame(rows, columns=columns), "contracts")


def test_retention_of_the_published_cohort():
    """Fader & Hardie (2007), high end: 1,000 clients, of whom 869, 743, 653, 593, 551, 517, 491 are left."""
    survivors = [1000, 869, 743, 653, 593, 551, 517, 491]
    left = [a - b for a, b in itertools.pairwise(survivors)]
    renewals = [number for number, count in enumerate(left) for _ in range(count)]
    table = retention.retention(contracts_of(renewals, running=491, stayed=7), AS_OF).set_index("renewals")
    assert table.loc[0:7, "stayed"].tolist() == pytest.approx([count / 1000 for count in survivors])
    assert table.loc[1, "expected"] == pytest.approx(3.806 / (0.668 + 3.806), abs=1e-3)  # the paper's parameters
    assert table.loc[8:, "stayed"].isna().all()
    assert len(table) == 11


def test_retention_counts_those_still_under_contract_as_far_as_they_came():
    table = retention.retention(contracts_of([0] * 20 + [1] * 20, running=60), AS_OF).set_index("renewals")
    assert table["clients"].tolist()[:3] == [100, 40, 20]
    assert table["stayed"].tolist()[:2] == [1.0, 0.5]


def test_few_contracts_make_no_curve():
    assert retention.retention(contracts_of([0] * 29), AS_OF).empty
    assert not retention.retention(contracts_of([0] * 30), AS_OF).empty
    assert retention.retention(empty("contracts"), AS_OF).empty


def test_where_clients_do_not_differ_one_share_is_expected_to_stay():
    """Half leaves at each renewal: the shifted-beta-geometric runs to a limit, one constant share remains."""
    table = retention.retention(contracts_of([0] * 32 + [1] * 16 + [2] * 8 + [3] * 8), AS_OF)
    stayed = (16 + 2 * 8 + 3 * 8) / (16 + 2 * 8 + 3 * 8 + 64)
    fitted = table["expected"].to_numpy()
    assert fitted[0] == 1
    assert np.all(np.diff(fitted) < 0)
    assert fitted[1] == pytest.approx(stayed, abs=0.08)


# ---- smaller answers


def few(clients: int, *, gap: int = 20, until: int = 0, amount: float = 10.0) -> pd.DataFrame:
    rows = [
        (f"c{n:03d}", ago(day), amount, "p1")
        for n in range(clients)
        for day in range(until + n % gap, 500, gap + n % 5)
    ]
    return pd.DataFrame(rows, columns=["customer_id", "order_date", "amount", "product_id"])


def test_few_clients_are_scored_by_the_purchase_model_and_told_so():
    found = analysed(few(29))
    assert found.basis == "few_clients"
    assert len(found.churn) == 29
    assert any("Há menos de 30 clientes" in text for text in churn.findings(found))


def test_a_short_history_gives_no_score_and_says_what_is_missing():
    orders = few(40, gap=3)
    found = analysed(orders[orders["order_date"] > ago(20)])
    assert found.churn.empty
    assert found.known.problem == "short_history"
    assert churn.findings(found) == [
        "Histórico curto demais: o menor período à frente, 7 dias, pede 21 dias de histórico, e há 19 dias."
    ]


def test_nobody_in_the_portfolio_gives_no_score():
    orders = few(40).drop_duplicates("customer_id")
    found = analysed(orders)
    assert found.churn.empty
    assert churn.findings(found)[0].startswith("Nenhum cliente chegou a 3 pedidos")


def test_daily_buyers_are_on_time():
    rows = [(f"c{n:02d}", ago(day), 10.0, "p1") for n in range(40) for day in range(300)]
    found = analysed(pd.DataFrame(rows, columns=["customer_id", "order_date", "amount", "product_id"]))
    assert found.known.horizon_days == 7
    assert found.basis == "one_kind"
    assert set(found.churn["kind"]) == {"on_time"}
    assert (found.churn["churn_probability"] < 0.01).all()
    assert "espera-se que nenhum passe" in churn.findings(found)[0]


def test_when_all_have_stopped_no_revenue_is_at_risk():
    found = analysed(few(60, until=250))
    assert churn.findings(found)[0] == (
        "Nenhum cliente da carteira ainda compra: todos já estão inativos, e não há receita em risco."
    )
    assert set(found.churn["band"]) == {"gone"}
    assert found.outlook.set_index("outlook").loc["revenue_at_risk", "estimate"] == 0


def test_months_without_any_order_are_told_as_missing_data(orders):
    whole = orders[(orders["order_date"] < ago(200)) | (orders["order_date"] > ago(140))]
    found = analysed(whole, horizon_days=30)
    (said,) = [text for text in churn.findings(found) if text.startswith("Atenção: de")]
    assert "não há pedido de nenhum cliente" in said
    touched = [d for d in found.known.dates if ago(200 + 30) < d < ago(140 - 30)]
    assert touched == []


def test_a_planted_leak_is_told(orders, monkeypatch):
    honest = signals.described

    def leaking(history, **settings):
        found = honest(history, **settings)
        return found.assign(spread=found["next_orders"].fillna(0.0))

    monkeypatch.setattr(signals, "described", leaking)
    told_of = churn.findings(analysed(orders, horizon_days=30))
    assert told_of[-1].startswith("Atenção: o teste no passado deu bom demais para ser verdade")


def test_an_honest_portfolio_is_not_suspected(found):
    assert not found.tested.too_good
    assert not any("bom demais" in text for text in churn.findings(found))


@pytest.mark.parametrize(("gone", "kept", "said"), [(10, 10, True), (9, 500, False), (500, 9, False), (0, 0, False)])
def test_ten_of_each_kind_are_enough_to_judge(gone, kept, said):
    assert backtest.enough(pd.DataFrame({"churned": [1] * gone + [0] * kept})) is said


def test_scores_of_too_few_stops_are_not_told():
    found = analysed(few(60))
    assert found.scores.empty
    assert churn.titles(found)["scores"] == "Amostra insuficiente para testar no passado desta carteira"


def test_the_reasons_of_a_list_do_not_tell_the_cycle_twice_and_nobody_stands_without_one(found):
    """No order in the 30 days of the horizon is no news after 31 days of silence; fewer orders than usual are."""
    codes = [
        ("silence", "frequency", "spend"), ("frequency", "silence", None), ("silence", "age", None), (None, None, None),
        ("silence", "slowdown", "age"), ("silence", "slowdown", "age"), ("silence", "frequency", "slowdown"),
    ]  # fmt: skip
    rows = found.churn.iloc[:7].assign(band="watch", recency_days=[31, 31, 31, 31, 29, 31, 31])
    for place in range(3):
        rows[f"reason_{place + 1}"] = [code[place] for code in codes]
        rows[f"reason_{place + 1}_text"] = [code[place] and code[place].upper() for code in codes]
    told = churn.listed(found._replace(churn=rows), "watch")["Por quê"].tolist()
    none = "Risco acima da média, sem um sinal único que se destaque"
    assert told == [
        "SILENCE. SPEND", "FREQUENCY", "SILENCE. AGE", none, "SILENCE. SLOWDOWN", "SILENCE. AGE", "SILENCE",
    ]  # fmt: skip


@pytest.mark.parametrize(("off", "said"), [(0.0184, "1,8 ponto percentual"), (0.0196, "2,0 pontos percentuais")])
def test_points_take_the_plural_from_two(found, off, said):
    table = pd.DataFrame({"clients": [10, 10], "predicted": [0.2, 0.4], "observed": [0.2 + off, 0.4 - off]})
    title = churn.titles(found._replace(calibration=table))["calibration"]
    assert title == f"O previsto aconteceu: erro médio de {said}"


def test_the_lead_is_told_in_points_with_its_interval(found):
    scores = found.scores.iloc[:2].assign(
        auc_lead=[np.nan, 0.0342], lead_low=[np.nan, -0.0006], lead_high=[np.nan, 0.07]
    )
    shown = churn.scores_shown(found._replace(scores=scores))
    assert shown.iloc[1, 3] == "3,4 [−0,1; 7,0]"
    assert pd.isna(shown.iloc[0, 3])
    assert churn.scores_shown(found._replace(scores=scores), language="en").iloc[1, 3] == "3.4 [−0.1; 7.0]"
    assert churn.scores_shown(found._replace(scores=scores.iloc[:0])).empty
