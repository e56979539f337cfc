"""Renewals: outcomes by hand, nothing of the future, the demo's planted truth, and small or one-sided histories."""

import json
import math

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from threadpoolctl import threadpool_limits

from carteira_lib import tables
from carteira_lib.churn import renewal_model as model_of_renewals
from carteira_lib.churn import renewal_scores
from carteira_lib.churn.renewal import fit_renewal, predict
from carteira_lib.churn.renewal_backtest import RenewalBacktest, _aucs, renewal_backtest
from carteira_lib.churn.renewal_model import MANY_OUTCOMES, renewal_model
from carteira_lib.churn.renewal_outcomes import late_share, outcomes
from carteira_lib.churn.renewal_scores import contributions, renewals_scored
from carteira_lib.churn.renewal_signals import History, contract_signals, frequent_kinds, signal_names
from tests.demo_raw import DEMO, day, money, purchases, raw

AS_OF = pd.Timestamp("2026-10-31")
UNTESTED = RenewalBacktest(pd.DataFrame(), pd.DataFrame(), dict.fromkeys((15, 45, 75), "base_rate"))


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    with threadpool_limits(1):
        yield


def ago(days: int) -> pd.Timestamp:
    return AS_OF - pd.Timedelta(days=days)


def contracts(*rows: tuple) -> pd.DataFrame:
    """Rows of id, client, days since the start, days since the end (negative: to come), amount, renewed, product."""
    full = [(*row, *(100.0, None, None)[len(row) - 4 :]) for row in rows]
    names = ["contract_id", "customer_id", "start_date", "end_date", "amount", "renewed", "product_id"]
    table = pd.DataFrame([(i, c, ago(s), ago(e), *rest) for i, c, s, e, *rest in full], columns=names)
    return tables.conform(table, "contracts")


def moments(*rows: tuple[str, int]) -> pd.DataFrame:
    return pd.DataFrame([(contract, ago(days)) for contract, days in rows], columns=["contract_id", "date"])


def simulated(seed: int, n: int, *, flags: bool = True) -> History:
    """Yearly contracts of clients that buy, are visited, complain; visited and buying ones renew."""
    rng = np.random.default_rng(seed)
    ids, clients = [f"c{i:04d}" for i in range(n)], [f"k{i:04d}" for i in range(n)]
    end = rng.integers(-90, 900, n)
    visited, quiet = rng.random(n) < 0.5, rng.random(n) < 0.5
    renewed = rng.random(n) < 1 / (1 + np.exp(-(-0.3 + 1.8 * visited - 1.5 * quiet)))
    told = [bool(r) if flags and e >= 0 else None for r, e in zip(renewed, end, strict=True)]
    own = contracts(
        *[
            (i, c, e + 365, e, float(a), t)
            for i, c, e, a, t in zip(ids, clients, end, rng.lognormal(9, 1, n), told, strict=True)
        ]
    )
    again = [(f"d{i}", clients[i], end[i] - 1, end[i] - 366) for i in np.flatnonzero(renewed & (end > 1))]
    orders = [
        (clients[i], ago(int(e) + int(k))) for i, e in enumerate(end) for k in range(40 * (1 + quiet[i]), 365, 20)
    ]
    events = [(clients[i], ago(int(end[i] + rng.integers(20, 55))), "Visita") for i in np.flatnonzero(visited)]
    return History(
        pd.concat([own, contracts(*again)], ignore_index=True) if again else own,
        pd.DataFrame(orders, columns=["customer_id", "order_date"]).assign(net_amount=10.0),
        pd.DataFrame(events, columns=["customer_id", "event_date", "kind"]),
    ).known_on(AS_OF)


def shuffled(history: History, seed: int = 1) -> History:
    return History(*(None if t is None else t.sample(frac=1, random_state=seed) for t in history))


OUTCOMES = {
    "flag true": ([("a", "x", 400, 100, 1.0, True)], True),
    "flag false": ([("a", "x", 400, 100, 1.0, False)], False),
    "flag false beats a successor": ([("a", "x", 400, 100, 1.0, False), ("b", "x", 99, -266)], False),
    "successor on the next day": ([("a", "x", 400, 100), ("b", "x", 99, -266)], True),
    "successor 60 days after": ([("a", "x", 400, 100), ("b", "x", 40, -266)], True),
    "successor 61 days after": ([("a", "x", 400, 100), ("b", "x", 39, -266)], False),
    "successor 60 days before": ([("a", "x", 400, 100), ("b", "x", 160, -266)], True),
    "successor 61 days before": ([("a", "x", 400, 100), ("b", "x", 161, -266)], False),
    "parallel contract that ends with it": ([("a", "x", 120, 100), ("b", "x", 110, 100)], False),
    "earlier start is no successor": ([("a", "x", 120, 100), ("b", "x", 121, -90)], False),
    "another client": ([("a", "x", 400, 100), ("b", "y", 99, -266)], False),
    "another product": ([("a", "x", 400, 100, 1.0, None, "p"), ("b", "x", 99, -266, 1.0, None, "q")], False),
    "same product": ([("a", "x", 400, 100, 1.0, None, "p"), ("b", "x", 99, -266, 1.0, None, "p")], True),
    "product not named": ([("a", "x", 400, 100, 1.0, None, "p"), ("b", "x", 99, -266)], True),
    "ended 59 days ago, nothing since": ([("a", "x", 400, 59)], None),
    "ended 60 days ago, nothing since": ([("a", "x", 400, 60)], False),
    "ended 20 days ago with a successor": ([("a", "x", 400, 20), ("b", "x", 10, -300)], True),
    "ends tomorrow, flag ignored": ([("a", "x", 400, -1, 1.0, True)], None),
    "ended today with a flag": ([("a", "x", 400, 0, 1.0, True)], True),
    "successor starts tomorrow": ([("a", "x", 400, 20), ("b", "x", -1, -300)], None),
}


@pytest.mark.parametrize(("rows", "expected"), OUTCOMES.values(), ids=list(OUTCOMES))
def test_outcomes_by_hand(rows, expected):
    found = outcomes(contracts(*rows), AS_OF).set_index("contract_id")["renewed"]
    assert found.to_dict().get("a") == expected


def test_when_a_renewal_is_known_and_settled():
    table = contracts(
        ("a", "x", 400, 100),
        ("b", "x", 80, -280),
        ("c", "y", 400, 59, 1.0, True),
        ("d", "z", 400, 60),
        ("e", "y", -1, -366),
    )
    found = outcomes(table, AS_OF).set_index("contract_id")
    assert found.loc["a", ["renewed_date", "known_date"]].tolist() == [ago(80), ago(80)]
    assert found.loc["c", ["renewed_date", "known_date"]].tolist() == [ago(58), ago(59)]
    assert found.loc["d", "known_date"] == AS_OF
    assert found["settled"].to_dict() == {"a": True, "c": False, "d": True}


@pytest.mark.parametrize("flags", [True, False])
def test_outcomes_of_a_past_day_do_not_see_what_came_later(flags):
    history, past = simulated(3, 150, flags=flags), ago(200)
    known = history.contracts[history.contracts["start_date"] <= past]
    scrambled = known.assign(renewed=known["renewed"].mask(known["end_date"] > past, True))
    found = [outcomes(table, past) for table in (history.contracts, known, scrambled)]
    pd.testing.assert_frame_equal(found[0], found[1])
    pd.testing.assert_frame_equal(found[0], found[2])
    assert found[0]["renewed"].nunique() == 2


def test_late_share_by_hand():
    # renewed 1, 1, 31 and 50 days after the end; early ones do not count; half and one are added
    table = contracts(
        ("a", "a", 500, 200), ("a2", "a", 199, -1), ("b", "b", 500, 200), ("b2", "b", 199, -1), ("c", "c", 500, 200),
        ("c2", "c", 169, -1), ("d", "d", 500, 200), ("d2", "d", 150, -1), ("e", "e", 500, 200), ("e2", "e", 230, -1),
    )  # fmt: skip
    found = late_share(outcomes(table, AS_OF), pd.Series([-5, 0, 1, 31, 50]))
    assert found.tolist() == pytest.approx([1, 1, 2.5 / 5, 1.5 / 5, 0.5 / 5])


def test_signals_by_hand():
    table = contracts(
        ("a", "x", 800, 435, 100.0, True), ("b", "x", 434, 69, 150.0), ("c", "y", 500, 135, 300.0), ("z", "y", 10, -300)
    )  # fmt: skip
    orders = pd.DataFrame(
        {"customer_id": "x", "order_date": [ago(d) for d in (900, 300, 200, 160, 20)], "net_amount": 5.0}
    )
    returned = pd.DataFrame({"customer_id": ["x"], "order_date": [ago(101)], "net_amount": [-5.0]})
    days = [(161, "Reclamação"), (160, "RECLAMACAO grave"), (159, "visita técnica"), (101, "Visit"), (99, "Visita")]
    events = pd.DataFrame([("x", ago(d), kind) for d, kind in days], columns=["customer_id", "event_date", "kind"])
    answers = pd.DataFrame({"customer_id": "x", "answer_date": [ago(300), ago(100), ago(99)], "score": [9, 6, 10]})
    history = History(table, pd.concat([orders, returned]), events, answers)
    row = contract_signals(history, moments(("b", 100))).iloc[0]
    # gaps 600, 100, 40, known by then: median 100; own cycle (600 x 100 x 40 x 100 x 100) ^ 1/5
    cycle = (600 * 100 * 40 * 100 * 100) ** 0.2
    assert row["own_cycle_days"] == pytest.approx(cycle)
    assert row["silence_log"] == pytest.approx(math.log1p(60 / cycle))
    assert (row["orders_90d"], row["orders_previous_90d"], row["order_trend"]) == (1, 1, 0)
    assert (row["visits_60d"], row["complaints_60d"]) == (2, 0)
    assert (row["days_since_visit"], row["days_since_complaint"]) == (1, 60)
    assert row["nps_class"] == "detractor"
    assert row["days_left"] == 31
    assert row["contract_days"] == 365
    assert row["relation_days"] == 365
    assert row["amount_vs_client"] == pytest.approx(math.log(1.5))
    assert row["amount_vs_portfolio"] == pytest.approx(math.log(150 / 150))
    assert (row["earlier_contracts"], row["earlier_decided"], row["earlier_renewed"]) == (1, 1, 1)
    assert row["earlier_renewed_share"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(("on", "count"), [(100, 1), (101, 0), (41, 1), (40, 0)])
def test_contacts_count_for_sixty_days_from_their_own_day(on, count):
    table = contracts(("a", "x", 400, 0))
    events = pd.DataFrame({"customer_id": ["x"], "event_date": [ago(100)], "kind": ["Visita"]})
    assert contract_signals(History(table, interactions=events), moments(("a", on)))["visits_60d"].item() == count


def test_an_overdue_contract_is_not_its_own_past():
    table = contracts(("a", "x", 400, 30, 1.0, False), ("b", "x", 800, 430, 1.0, True))
    row = contract_signals(History(table), moments(("a", 0))).iloc[0]
    assert (row["earlier_decided"], row["earlier_renewed"]) == (1, 1)


def test_missing_tables_leave_their_signals_out():
    found = contract_signals(History(contracts(("a", "x", 400, 0))), moments(("a", 10)))
    numeric, categorical = signal_names(found)
    assert {"silence_log", "visits_60d"}.isdisjoint(numeric)
    assert categorical == []
    assert found[numeric].notna().all(axis=None)


@pytest.mark.parametrize(("contracts_with", "listed"), [(19, []), (20, ["E-mail aberto"])])
def test_a_kind_of_contact_counts_apart_from_twenty_contracts_on(contracts_with, listed):
    n = range(contracts_with)
    table = contracts(*[(f"c{i}", f"k{i}", 400, 0) for i in n])
    events = [(f"k{i}", ago(5), "e-mail aberto " if i < 3 else "E-mail aberto") for i in n] + [("k1", ago(5), "Visita")]
    history = History(table, interactions=pd.DataFrame(events, columns=["customer_id", "event_date", "kind"]))
    assert frequent_kinds(history, moments(*[(f"c{i}", 0) for i in n])) == listed
    found = contract_signals(history, moments(("c1", 0)), kinds=["E-mail aberto"])
    assert found["contacts_60d:E-mail aberto"].item() == 1


def with_a_changed_future(history: History, past: pd.Timestamp, seed: int) -> History:
    """Everything dated after `past` changed at random; what was known by then as it was."""
    rng = np.random.default_rng(seed)
    own = history.contracts[history.contracts["start_date"] <= past]
    own = own.assign(renewed=own["renewed"].mask(own["end_date"] > past, pd.NA))
    new = own.assign(contract_id="n" + own["contract_id"], start_date=past + pd.Timedelta(days=1), renewed=pd.NA)
    new = new.assign(end_date=past + pd.Timedelta(days=300), amount=rng.lognormal(9, 2, len(new)), product_id="new")
    later = past + pd.to_timedelta(rng.integers(1, 60, len(own)), "D")
    clients = own["customer_id"].to_numpy()
    changed = [
        pd.DataFrame({"customer_id": clients, "order_date": later, "net_amount": 9.0}),
        pd.DataFrame({"customer_id": clients, "event_date": later, "kind": "Reclamação"}),
    ]
    known = history.known_on(past)
    return History(
        tables.conform(pd.concat([own, new]), "contracts"),
        *(pd.concat([a, b], ignore_index=True) for a, b in zip(known[1:3], changed, strict=True)),
    )


def test_nothing_after_the_date_changes_a_probability():
    history, past = simulated(5, 200), ago(250)
    known = outcomes(history.contracts, AS_OF)
    is_due = (
        (known["start_date"] <= past) & (known["end_date"] > past) & (known["end_date"] <= past + pd.Timedelta("35D"))
    )
    due = known[is_due]
    days = (due["end_date"] - past).dt.days
    judged = due[["contract_id"]].assign(date=past)
    found = []
    for variant in (history, with_a_changed_future(history, past, 1), shuffled(history)):
        renewal = fit_renewal(variant, past, days)
        assert all(learned.categorical == [] for learned in renewal.leads.values())
        table = predict(renewal, variant, judged)
        found.append(table.drop(columns=[name for name in table if name == "product_id"]))
    pd.testing.assert_frame_equal(found[0], found[1])
    pd.testing.assert_frame_equal(found[0], found[2])
    assert len(due) >= 5
    assert found[0]["model"].nunique() >= 5


def test_a_backtest_of_a_past_day_does_not_see_what_came_later_and_row_order_is_irrelevant():
    history, past = simulated(6, 160), ago(300)
    found = [renewal_backtest(h, past, cuts=2) for h in (history, shuffled(with_a_changed_future(history, past, 2)))]
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0].judged, other.judged)
        pd.testing.assert_frame_equal(found[0].measures, other.measures)
    assert len(found[0].judged) > 30


def test_learned_from_are_settled_contracts_still_open_at_the_distance():
    settled = [(f"c{i}", f"k{i}", 465, 100, 10.0, i < 4) for i in range(6)]
    recent = [(f"r{i}", f"q{i}", 424, 59, 10.0, True) for i in range(5)]
    early = [("d0", "k0", 140, -225), ("d4", "k4", 90, -275)]  # 40 days before the end of c0, 10 days after that of c4
    young = [("y", "z", 110, 100, 10.0, False)]
    history = History(contracts(*settled, *recent, *early, *young))
    found = fit_renewal(history, AS_OF, [45, 30, 0])
    assert len(found.settled) == 7
    learned = {lead: set(rows.signals["contract_id"]) for lead, rows in found.leads.items()}
    all_six = {f"c{i}" for i in range(6)}
    assert learned == {45: all_six, 30: all_six - {"c0"}, 0: all_six - {"c0"} | {"y"}}
    assert found.leads[45].base == pytest.approx(4.5 / 7)
    assert found.leads[30].base == pytest.approx(3.5 / 6)


def test_what_is_known_on_a_day_ends_with_that_day():
    history = simulated(4, 50)
    known = history.known_on(ago(300))
    dates = ("start_date", "order_date", "event_date")
    assert [table[date].max() <= ago(300) for table, date in zip(known, dates, strict=False)] == [True] * 3
    assert known.surveys is None
    assert 0 < len(known.purchases) < len(history.purchases)


def test_auc_by_hand_with_ties_weights_and_days():
    renewed, cut = np.array([1, 0, 1, 0, 1, 0], bool), np.array([1, 1, 1, 2, 2, 2])
    chance = np.array([0.5, 0.5, 0.9, 0.1, 0.2, 0.3])
    weights = np.array([[1, 1, 1, 1, 1, 1], [2, 1, 0, 1, 1, 0]])
    # day 1: a tie and a win of 2 pairs; day 2: a win and a loss of 2. Weighted: two ties of 2 pairs, a win of 1
    assert _aucs(renewed, chance, cut, weights).tolist() == pytest.approx([2.5 / 4, 2 / 3])


def due_of(history: History) -> pd.DataFrame:
    table = history.contracts.assign(days_left=(history.contracts["end_date"] - AS_OF).dt.days)
    return table[table["days_left"].between(-90, 90)].reset_index(drop=True)


SMALL = {
    "no outcome": ([], "no_outcomes"),
    "29 outcomes": ([True] * 15 + [False] * 14, "few_outcomes"),
    "all renewed": ([True] * 40, "one_class"),
    "none renewed": ([False] * 40, "one_class"),
}


@pytest.mark.parametrize(("flags", "basis"), SMALL.values(), ids=list(SMALL))
def test_few_or_one_sided_outcomes_publish_the_base_rate(flags, basis):
    ended = [(f"c{i}", f"k{i}", 500, 100, 10.0, flag) for i, flag in enumerate(flags)]
    history = History(contracts(*ended, ("due", "x", 300, -20, 1000.0)))
    tested = renewal_backtest(history, AS_OF)
    assert tested.measures.empty
    scored = renewals_scored(due_of(history), history, AS_OF, tested).set_index("contract_id").loc["due"]
    assert scored["renewal_basis"] == basis
    expected = (sum(flags) + 0.5) / (len(flags) + 1) if flags else math.nan
    assert scored["renewal_probability"] == pytest.approx(expected, nan_ok=True)
    assert scored["amount_at_risk"] == pytest.approx(1000 * (1 - expected), nan_ok=True)


def test_base_rate_comes_with_wilsons_interval():
    history = History(contracts(*[(f"c{i}", f"k{i}", 500, 100, 10.0, i < 8) for i in range(10)]))
    found = fit_renewal(history, AS_OF, [])
    assert (found.renewed_share, round(found.low, 4), round(found.high, 4)) == (0.8, 0.4902, 0.9433)


def test_no_contract_to_renew_is_an_empty_table():
    history = simulated(7, 60)
    scored = renewals_scored(due_of(history).head(0), history, AS_OF, UNTESTED)
    assert list(scored.columns) == list(tables.contract("renewal_scores").column_names)
    assert scored.empty


def test_no_signal_no_model_is_published():
    history = simulated(8, 140)
    rng = np.random.default_rng(0)
    noise = history.contracts[history.contracts["contract_id"].str.startswith("c")]
    noise = noise.assign(renewed=pd.array(rng.random(len(noise)) < 0.5, "boolean"))
    assert set(renewal_backtest(history._replace(contracts=noise), AS_OF, cuts=1).published.values()) <= {"base_rate"}


def test_scores_are_in_range_add_up_and_come_largest_first():
    history = simulated(9, 180)
    due = due_of(history)
    due = due[due["days_left"].lt(5) | due["days_left"].between(40, 50) | due["days_left"].gt(80)]
    tested = UNTESTED._replace(published={15: "model", 45: "rule", 75: "base_rate"})
    scored = renewals_scored(due, history, AS_OF, tested)
    assert scored["renewal_probability"].between(0, 1).all()
    assert set(scored["renewal_basis"]) == {"model", "rule", "base_rate"}
    assert sorted(scored["contract_id"]) == sorted(due["contract_id"])
    assert scored["amount"].sum() == pytest.approx(due["amount"].sum())
    assert scored["amount_at_risk"].is_monotonic_decreasing
    at_risk = scored["amount"] * (1 - scored["renewal_probability"])
    assert scored["amount_at_risk"].tolist() == pytest.approx(at_risk.tolist())
    assert scored["reason_1"].notna().sum() > 5
    assert (scored["reason_1"].isna() == scored["reason_1_text"].isna()).all()
    pd.testing.assert_frame_equal(scored, renewals_scored(due.sample(frac=1, random_state=1), history, AS_OF, tested))


@pytest.mark.parametrize(("days_since_end", "below"), [(0, 1.0), (1, 0.6), (40, 0.1)])
def test_the_longer_overdue_the_less_likely(days_since_end, below):
    past = [(f"c{i}", f"k{i}", 700, 300, 10.0, None) for i in range(30)]
    again = [(f"d{i}", f"k{i}", 299 if i < 10 else 270, -100) for i in range(20)]
    history = History(contracts(*past, *again, ("due", "x", 365 + days_since_end, days_since_end, 10.0)))
    chance = predict(fit_renewal(history, AS_OF, [0]), history, moments(("due", 0)))["base_rate"].item()
    # ten were renewed on the next day, ten 30 days after the end, ten never; half and one added
    base, still = 20.5 / 31, {0: 1.0, 1: 10.5 / 21, 40: 0.5 / 21}[days_since_end]
    assert chance == pytest.approx(base * still / (base * still + 1 - base))
    assert chance < below


@pytest.mark.parametrize("n", [MANY_OUTCOMES - 1, MANY_OUTCOMES])
def test_both_sides_of_the_switch_to_splines_and_boosting(n):
    rng = np.random.default_rng(0)
    signals = pd.DataFrame(
        {"a": rng.normal(size=300), "b": rng.integers(0, 2, 300) * 1.0, "c": rng.choice(["x", "y"], 300)}
    )
    signals.loc[:20, "a"] = np.nan
    signals["never"] = np.nan
    renewed = (signals["a"].fillna(0) + rng.normal(size=300)) > 0
    fitted = [renewal_model(n, seed=3).fit(signals, renewed).predict_proba(signals.assign(c="new"))[:, 1] for _ in "ab"]
    assert ("average" in renewal_model(n).named_steps) == (n >= MANY_OUTCOMES)
    assert fitted[0].tolist() == fitted[1].tolist()
    assert ((fitted[0] > 0) & (fitted[0] < 1)).all()
    assert np.corrcoef(fitted[0], renewed)[0, 1] > 0.4


def test_contributions_add_up_to_the_log_odds():
    history = simulated(10, 200)
    renewal = fit_renewal(history, AS_OF, [0])
    learned = renewal.leads[0]
    weights = contributions(learned, learned.signals)
    chance = learned.model.predict_proba(learned.signals[learned.numeric + learned.categorical])[:, 1]
    spread = np.log(chance / (1 - chance)) - weights.sum(axis=1)
    assert spread.std() < 1e-9
    assert weights.mean().tolist() == pytest.approx([0] * weights.shape[1])
    assert set(weights) == set(learned.numeric + learned.categorical)


def test_reasons_are_told_with_the_contracts_own_numbers():
    history = simulated(11, 180)
    due = contracts(("due", "k", 345, -15, 100.0))
    orders = pd.DataFrame({"customer_id": "k", "order_date": [ago(d) for d in range(85, 300, 20)], "net_amount": 1.0})
    history = history._replace(
        contracts=pd.concat([history.contracts, due], ignore_index=True),
        purchases=pd.concat([history.purchases, orders], ignore_index=True),
    )
    listed, told = due.assign(days_left=15), {}
    for way, language in (("model", "pt-BR"), ("model", "en"), ("rule", "pt-BR"), ("rule", "en")):
        tested = UNTESTED._replace(published=dict.fromkeys((15, 45, 75), way))
        row = renewals_scored(listed, history, AS_OF, tested, language=language).iloc[0]
        told |= {(row["reason_1"], language): row["reason_1_text"], (row["reason_2"], language): row["reason_2_text"]}
    assert told["no_visit", "pt-BR"] == "Nenhuma visita nos últimos 60 dias"
    assert told["no_visit", "en"] == "No visit in the last 60 days"
    assert told["silence", "pt-BR"] == "Não compra há 85 dias; costumava comprar a cada 20 dias"
    assert told["silence", "en"] == "No purchase for 85 days; used to buy every 20 days"


@pytest.mark.parametrize(("silence", "told"), [(16, False), (22, False), (23, True), (None, True)])
def test_a_day_beyond_the_usual_is_no_reason(silence, told):
    """Of a client who buys every 15 days: one and a half cycles are 22.5 days."""
    row = {"own_cycle_days": 15.0} | ({} if silence is None else {"recency_days": silence})
    assert (renewal_scores._Words("pt-BR").told("silence_log", row) is not None) == told


@pytest.fixture(scope="module")
def demo() -> History:
    days = [(client, pd.Timestamp(when), 1.0) for client, dates in purchases().items() for when in dates]
    signed = pd.DataFrame(
        [
            (r["Nº Contrato"], r["Cliente"], day(r["Início"]), day(r["Término"]), money(r["Valor Anual"]), None,
             {"S": True, "N": False}.get(r["Renovado"]))
            for r in raw("contracts.csv")
        ],
        columns=tables.contract("contracts").column_names,
    )  # fmt: skip
    events = pd.DataFrame([(r["Cliente"], day(r["Data"]), r["Ocorrência"]) for r in raw("interactions.csv")])
    answers = pd.DataFrame(
        [(r["customer"], r["answered_at"], int(r["nota"])) for r in raw("surveys.csv") if r["nota"].isdigit()]
    )
    return History(
        tables.conform(signed, "contracts"),
        pd.DataFrame(days, columns=["customer_id", "order_date", "net_amount"]),
        events.set_axis(["customer_id", "event_date", "kind"], axis=1).astype({"event_date": "datetime64[us]"}),
        answers.set_axis(["customer_id", "answer_date", "score"], axis=1).astype({"answer_date": "datetime64[us]"}),
    )


def test_the_demos_outcomes_are_those_planted(demo):
    planted = json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))["contracts"]
    found = outcomes(demo.contracts, AS_OF).set_index("contract_id")["renewed"]
    assert sorted(found[found].index) == sorted(planted["renewed"])
    assert sorted(found[~found].index) == sorted(planted["not_renewed"])


def test_without_flags_the_demos_outcomes_follow_from_the_next_contracts(demo):
    blank = outcomes(demo.contracts.assign(renewed=pd.NA).astype({"renewed": "boolean"}), AS_OF)
    flagged = outcomes(demo.contracts, AS_OF).set_index("contract_id")["renewed"]
    assert (blank["renewed"].to_numpy() == flagged[blank["contract_id"]].to_numpy()).mean() > 0.99
    assert len(blank) > 450


def test_on_the_demo_the_model_beats_the_base_rate_near_the_end_and_finds_what_was_planted(demo):
    tested = renewal_backtest(demo, AS_OF)
    near = tested.measures.set_index(["distance", "way"]).loc[(15, "model")]
    assert tested.published[15] == "model"
    assert near["log_loss_gain_low"] > 0
    assert near["auc"] > 0.65
    assert near["auc_low"] > 0.6
    renewal = fit_renewal(demo, AS_OF, [0])
    model = renewal.leads[0].model
    weight = dict(zip(model[0].get_feature_names_out(), model[-1].coef_[0], strict=True))
    assert weight["numbers__visits_60d"] > 0.5
    assert weight["numbers__complaints_60d"] < -0.25
    assert weight["numbers__silence_log"] < -0.25


# ---- the ridge that is stretched


def signal_and_noise(n: int, weight: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Thirty columns of noise, one of which moves the log-odds by so much."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(n, 30))
    return table, rng.random(n) < 1 / (1 + np.exp(-weight * table[:, 0]))


@pytest.mark.parametrize(("weight", "low", "high"), [(0.0, 1.0, 1.3), (3.0, 1.5, 10.0)], ids=["noise", "signal"])
def test_a_strong_ridge_is_stretched_where_there_is_a_signal_and_never_shrunk(weight, low, high):
    table, label = signal_and_noise(150, weight)
    strong = LogisticRegression(C=model_of_renewals.STRONG_C).fit(table, label)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    unseen = cross_val_predict(strong, table, label, cv=folds, method="decision_function")
    assert low <= model_of_renewals._stretch(unseen, label)[0] <= high


def test_log_odds_that_foretell_the_contrary_are_not_turned_round():
    stretch, shift = model_of_renewals._stretch(np.array([2.0, 1.0, -1.0, -2.0]), np.array([False, False, True, True]))
    assert (stretch, round(shift, 6)) == (1.0, 0.0)


def test_the_stretched_ridge_is_the_mean_of_its_two():
    table, label = signal_and_noise(150, 1.0)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    ours = model_of_renewals.StretchedRidge().fit(table, label)
    chosen = model_of_renewals._ridge(folds).fit(table, label)
    strong = LogisticRegression(C=model_of_renewals.STRONG_C).fit(table, label)
    half = ours.decision_function(table) - chosen.decision_function(table) / 2
    slope, level = np.polyfit(strong.decision_function(table), half, 1)
    assert slope >= 0.5
    assert half == pytest.approx(slope * strong.decision_function(table) + level, abs=1e-3)
    assert ours.predict(table).tolist() == (ours.predict_proba(table)[:, 1] > 0.5).tolist()
