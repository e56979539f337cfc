"""Churn: dates and signals by hand, figures against scikit-learn and naive loops, planted truth, and nothing of the future."""

import copy
import itertools

import ibis
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline

from carteira_lib import features
from carteira_lib.churn import backtest, model, signals
from carteira_lib.churn.plan import Outage, Plan, outages, plan
from carteira_lib.cycles import spells
from carteira_lib.tables import DataError
from tests.test_cycles import AS_OF, days, random_days

H = 30


def ago(count: int) -> pd.Timestamp:
    return AS_OF - pd.Timedelta(days=count)


def buyers(seed: int = 0, clients: int = 240, span: int = 540) -> pd.DataFrame:
    """Order lines of clients with rates of their own, of whom some stop for good at a moment of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(clients):
        cycle = rng.gamma(4, 6) + 3
        begin, end = rng.integers(0, 90), rng.choice([rng.integers(120, span), span], p=[0.4, 0.6])
        moments = begin + np.cumsum(rng.gamma(3, cycle / 3, 400))
        for day in sorted({int(m) for m in moments if m < end}):
            rows.append((f"c{number:04d}", ago(span - 1 - day), float(rng.lognormal(4, 0.5)), f"p{rng.integers(9)}"))
    return pd.DataFrame(rows, columns=["customer_id", "order_date", "amount", "product_id"])


def past(orders: pd.DataFrame, known: Plan) -> pd.DataFrame:
    """`features.history` of the plan's dates."""
    lines = orders.assign(cost=np.nan, seller_id=pd.Series(pd.NA, index=orders.index, dtype="string"))
    dates = [known.as_of, *known.dates]
    found = features.history(ibis.memtable(lines), dates, horizon_days=known.horizon_days, as_of=known.as_of)
    frame = ibis.duckdb.connect(threads=1).to_pandas(found).sort_values(["as_of", "customer_id"], ignore_index=True)
    return frame.astype({"as_of": "datetime64[us]"})


def looked_at(orders: pd.DataFrame, known: Plan) -> dict[pd.Timestamp, pd.DataFrame]:
    frame = past(orders, known).set_index("customer_id", drop=False).rename_axis(None)
    return {d: signals.described(p, horizon_days=known.horizon_days) for d, p in frame.groupby("as_of")}


def planned(orders: pd.DataFrame, horizon: int = H) -> Plan:
    purchases = orders.groupby(["customer_id", "order_date"], as_index=False)["amount"].sum()
    return plan(spells(purchases.rename(columns={"amount": "net_amount"}), AS_OF), AS_OF, horizon=horizon)


@pytest.fixture(scope="module")
def world():
    orders = buyers()
    known = planned(orders)
    described = looked_at(orders, known)
    return orders, known, described, backtest.backtest(described, known)


# ---- the plan


def test_the_grid_counts_back_a_quarter_of_a_horizon_and_keeps_a_horizon_of_history():
    known = plan(spells(days(("a", [200, 190, 180, 5])), AS_OF), AS_OF, horizon=40)
    assert [(AS_OF - d).days for d in known.dates] == list(range(40, 161, 10))
    assert [(AS_OF - d).days for d in known.tests] == [40, 60, 80, 100]
    assert [(AS_OF - d).days for d in known.slices(ago(80))] == [120, 130, 140, 150, 160]
    assert known.problem == ""


def test_no_slice_sees_a_day_after_its_date():
    known = plan(spells(random_days(1), AS_OF), AS_OF, horizon=45)
    for date in (AS_OF, *known.tests):
        assert all(d + pd.Timedelta(days=45) <= date for d in known.slices(date))
    assert len(known.tests) > 2


@pytest.mark.parametrize(
    ("purchases", "problem"),
    [
        (days(), "no_orders"),
        (days(("a", [60, 5]), ("b", [3])), "nobody"),
        (days(("a", [20, 12, 5])), "short_history"),
    ],
    ids=["no orders", "nobody bought three times", "three weeks"],
)
def test_where_there_is_no_horizon_the_plan_says_why(purchases, problem):
    known = plan(spells(purchases, AS_OF), AS_OF)
    assert (known.problem, known.horizon_days, known.dates) == (problem, 0, ())


def test_a_horizon_that_the_history_cannot_carry_is_refused_with_the_remedy():
    log = spells(days(("a", [200, 100, 5])), AS_OF)
    assert plan(log, AS_OF, horizon=66).horizon_days == 66
    with pytest.raises(DataError, match=r"67 dias pedem 201 dias de histórico, e há 200; use 60, ou 0"):
        plan(log, AS_OF, horizon=67)
    with pytest.raises(DataError, match="-1 é pouco"):
        plan(log, AS_OF, horizon=-1)


def test_weeks_without_any_order_are_an_outage_where_that_is_unheard_of():
    daily = pd.Series([ago(n) for n in range(300) if not 100 <= n < 129])
    assert outages(daily, AS_OF) == (Outage(ago(128), ago(100)),)
    assert outages(daily, AS_OF)[0].days == 29
    assert outages(daily[~daily.between(ago(99), ago(99))], AS_OF)[0].days == 30
    assert outages(pd.Series([ago(n) for n in range(300) if not 100 <= n < 127]), AS_OF) == ()
    monthly = pd.Series([ago(30 * n) for n in range(20) if n != 7])
    assert outages(monthly, AS_OF) == ()


def test_dates_near_an_outage_do_not_serve():
    log = spells(days(*((f"c{i}", [n for n in range(i, 400, 3) if not 100 <= n < 160]) for i in range(3))), AS_OF)
    known = plan(log, AS_OF, horizon=20)
    touched = [d for d in known.dates if ago(179) <= d <= ago(81)]
    assert len(known.outages) == 1
    assert touched == []
    assert len(known.tests) == 6


# ---- the signals


def test_signals_of_one_client_by_hand():
    orders = pd.DataFrame(
        {"customer_id": "a", "order_date": [ago(50), ago(40), ago(20)], "amount": [10.0, 10, 40], "product_id": "p"}
    )
    known = Plan(AS_OF, 30, 3, ago(50), (), ())
    found = looked_at(orders, known)[AS_OF].iloc[0]
    typical = np.sqrt(10 * 20)  # also the own cycle: the only client is the portfolio
    assert found["own_cycle_days"] == pytest.approx(typical)
    assert found["silence"] == pytest.approx(np.log(21 / typical))
    assert found["silent_cycles"] == pytest.approx(20 / typical)
    assert found["log_orders_one"] == pytest.approx(np.log(2))
    assert found["orders_against_rhythm"] == pytest.approx(np.log(1.5 / (3 / 65 * 30 + 0.5)))
    assert found["last_gap"] == pytest.approx(np.log(20 / typical))
    assert found["value_trend"] == pytest.approx(0)
    assert found["last_value"] == pytest.approx(np.log(2))
    assert found["products"] == pytest.approx(np.log(2))
    assert np.isnan(found["churned"])


def test_signals_are_finite_and_have_no_unit(world):
    orders, known, described, _ = world
    cents = looked_at(orders.assign(amount=100 * orders["amount"]), known._replace(dates=known.dates[:1]))
    names = list(signals.SIGNALS)
    assert np.isfinite(described[known.dates[0]][names].to_numpy()).all()
    pd.testing.assert_frame_equal(cents[known.dates[0]][names], described[known.dates[0]][names], rtol=1e-6, atol=1e-6)


def test_each_signal_is_in_one_group():
    assert len(signals.SIGNALS) == len(set(signals.SIGNALS))


def test_longer_silence_never_lowers_the_odds_of_random_purchases(world):
    _, known, described, _ = world
    now = described[known.dates[0]]
    later = now.assign(recency_days=now["recency_days"] + 20, tenure_days=now["tenure_days"] + 20)
    found = signals.described(later[list(features.HISTORY)], horizon_days=H, sample=now)
    assert (found["bg_nbd_logit"] >= now["bg_nbd_logit"] - 1e-9).all()
    assert (found["p_alive"] <= now["p_alive"] + 1e-9).all()


# ---- the model


def test_where_the_purchase_model_is_the_truth_the_blend_stays_within_its_bound_and_beats_recency(world):
    table = world[3].scores.query("population == 'portfolio'").set_index("forecaster")
    assert table.loc["model", "auc"] >= table.loc["base", "auc"] - 0.003
    assert table.loc["model", "log_loss"] <= table.loc["base", "log_loss"] + 0.004
    assert table.loc["recency", "lead_low"] > 0
    assert world[3].published == "model"
    assert not world[3].too_good


def test_below_30_clients_or_with_one_kind_of_them_the_base_stands_alone(world):
    _, known, described, _ = world
    training = pd.concat([described[d] for d in known.slices(AS_OF)])
    assert model.fit(training, 29) is None
    assert model.fit(training, 30) is not None
    assert model.fit(training.assign(churned=1.0), 200) is None
    now = described[AS_OF]
    assert model.logit(now, None).tolist() == now["base_logit"].tolist()


@pytest.mark.parametrize(("clients", "trees", "weight"), [(999, 0, 999 / 1299), (1000, 2, 1000 / 1300)])
def test_trees_come_from_1000_clients_on_and_the_weight_grows(world, clients, trees, weight):
    _, known, described, _ = world
    local = model.fit(pd.concat([described[d] for d in known.slices(AS_OF)]), clients)
    assert (len(local.trees), local.weight) == (trees, pytest.approx(weight))


def portfolio_with(world, log_odds) -> tuple[pd.DataFrame, pd.Series, model.Local]:
    """Today's clients, who of them is in the portfolio, and a model whose ridge says `log_odds` of them."""
    _, known, described, _ = world
    local = model.fit(pd.concat([described[d] for d in known.slices(AS_OF)]), 200)
    now = described[AS_OF]
    names = list(signals.SIGNALS)
    regression = copy.deepcopy(local.ridge[-1])
    regression.coef_ = np.array([[log_odds.get(name, 0.0) for name in names]])
    return now, now["frequency"] >= 3, local._replace(ridge=make_pipeline(local.ridge[0], regression), weight=1.0)


def test_contributions_of_the_groups_explain_the_published_log_odds(world):
    _, known, described, _ = world
    local = model.fit(pd.concat([described[d] for d in known.slices(AS_OF)]), 1000)
    assert local.trees
    now = described[AS_OF]
    inside = now["frequency"] >= 3
    parts = model.contributions(now, local, inside).sum(axis=1)[inside]
    published = model.logit(now[inside], local)
    assert np.corrcoef(parts, published)[0, 1] ** 2 > 0.9
    assert np.polyfit(parts, published, 1)[0] == pytest.approx(1)


def test_the_median_client_has_no_reason(world):
    now, inside, local = portfolio_with(world, {"silence": 1.0})
    names = list(signals.SIGNALS)
    median = now[inside].iloc[:1].assign(**now.loc[inside, names].median())
    whole = pd.concat([now, median.set_axis(["median"])])
    parts = model.contributions(whole, local, inside.reindex(whole.index, fill_value=False))
    assert parts.loc["median"].to_numpy() == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("group", "signal", "sign"),
    [
        ("silence", "silence", 1),
        ("slowdown", "orders_against_rhythm", -1),
        ("frequency", "cycle_horizons", 1),
        ("rhythm", "spread", 1),
        ("age", "age_horizons", -1),
        ("spend", "value_trend", -1),
    ],
)
def test_the_group_whose_signal_decides_is_the_first_reason(world, group, signal, sign):
    now, inside, local = portfolio_with(world, {signal: sign})
    log_odds = model.logit(now[inside], local)
    riskiest = log_odds >= np.quantile(log_odds, 0.75)
    parts = model.contributions(now, local, inside)[inside][riskiest]
    assert (parts.idxmax(axis=1) == group).mean() >= 0.8


def test_two_halves_of_the_clients_name_the_same_first_reason(world):
    _, known, described, _ = world
    training = pd.concat([described[d] for d in known.slices(AS_OF)])
    now = described[AS_OF]
    inside = now["frequency"] >= 3
    odd = training["customer_id"].str[-1].astype(int) % 2
    firsts = [
        model.contributions(now, model.fit(training[odd == side], int(inside.sum())), inside).idxmax(axis=1)
        for side in (0, 1)
    ]
    log_odds = model.logit(now, model.fit(training, int(inside.sum())))
    quarter = inside & (log_odds >= np.quantile(log_odds[inside], 0.75))
    assert (firsts[0] == firsts[1])[quarter].mean() >= 0.75


def test_the_same_input_gives_the_same_figures(world):
    orders, known, _, before = world
    shuffled = orders.sample(frac=1, random_state=5)
    after = backtest.backtest(looked_at(shuffled, known), known)
    pd.testing.assert_frame_equal(before.scores, after.scores, rtol=1e-6)


# ---- nothing of the future


@pytest.mark.parametrize("seed", range(2))
def test_orders_after_a_date_change_nothing_on_it(world, seed):
    orders, known, described, _ = world
    date = known.tests[1]
    rng = np.random.default_rng(seed)
    later = orders["order_date"] > date
    other = orders[later].sample(frac=0.4, random_state=seed).assign(amount=lambda f: rng.uniform(1, 9e4, len(f)))
    changed = pd.concat([orders[~later], other.assign(customer_id=rng.permutation(other["customer_id"]))])
    again = looked_at(changed, known)
    names = [*signals.SIGNALS, "base_logit", "p_alive", "orders_if_buying"]
    pd.testing.assert_frame_equal(again[date][names], described[date][names], rtol=1e-9)
    fits = [model.fit(pd.concat([d[s] for s in known.slices(date)]), 200) for d in (described, again)]
    logits = [model.logit(d[date], fit) for d, fit in zip((described, again), fits, strict=True)]
    assert logits[0] == pytest.approx(logits[1], rel=1e-7)


def test_a_planted_leak_is_too_good_to_be_true(world):
    _, known, described, _ = world
    leaked = {d: part.assign(spread=part["next_orders"].fillna(0.0)) for d, part in described.items()}
    found = backtest.backtest(leaked, known)
    assert found.too_good
    assert found.suspects == ("spread",)


def test_a_purchase_model_that_ranks_badly_makes_no_honest_signal_suspect(world):
    _, known, described, _ = world
    noise = np.random.default_rng(5)
    blind = {
        d: part.assign(base_logit=noise.normal(size=len(part)), bg_nbd_logit=noise.normal(size=len(part)))
        for d, part in described.items()
    }
    found = backtest.backtest(blind, known)
    lead = found.scores.set_index(["population", "forecaster"]).loc[("portfolio", "base"), "lead_low"]
    assert lead > backtest.TOO_GOOD_LEAD
    assert (found.too_good, found.suspects) == (False, ())


# ---- the figures


def predictions(seed: int = 3, clients: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frames = []
    for origin in (ago(60), ago(30)):
        chance = rng.uniform(0.05, 0.95, clients).round(1)
        frame = pd.DataFrame({"origin": origin, "customer_id": [f"c{i}" for i in range(clients)]})
        frame["churned"] = (rng.random(clients) < chance).astype("int64")
        frame = frame.assign(active=rng.random(clients) < 0.7, stake=rng.lognormal(3, 1, clients), model=chance)
        frames.append(
            frame.assign(base=1 - chance, bg_nbd=0.5, own_cycle=chance * 3, recency=rng.integers(0, 5, clients))
        )
    return pd.concat(frames, ignore_index=True)


def test_scores_are_those_of_scikit_learn_averaged_over_the_dates():
    made = predictions()
    table = backtest.scores(made, list(backtest.SCORES)).set_index(["population", "forecaster"])
    for population, part in (("portfolio", made), ("active", made[made["active"]])):
        groups = [g for _, g in part.groupby("origin")]
        for name in backtest.SCORES:
            expected = np.mean([roc_auc_score(g["churned"], g[name]) for g in groups])
            assert table.loc[(population, name), "auc"] == pytest.approx(expected)
        losses = [log_loss(g["churned"], g["model"]) for g in groups]
        brier = [brier_score_loss(g["churned"], g["model"]) for g in groups]
        assert table.loc[(population, "model"), "log_loss"] == pytest.approx(np.mean(losses))
        assert table.loc[(population, "model"), "brier"] == pytest.approx(np.mean(brier))
    assert np.isnan(table.loc[("portfolio", "model"), "auc_lead"])
    assert table["auc_low"].le(table["auc"]).all()
    assert table["auc_high"].ge(table["auc"]).all()


def test_weighted_auc_counts_pairs_like_a_naive_loop():
    rng = np.random.default_rng(2)
    label, values, weights = rng.integers(0, 2, 30), rng.integers(0, 6, 30), rng.integers(0, 4, (3, 30)).astype(float)
    found = backtest.auc(label, values, weights)
    for row, area in zip(weights, found, strict=True):
        pairs = [(i, j) for i, j in itertools.product(range(30), repeat=2) if label[i] == 1 and label[j] == 0]
        won = sum(row[i] * row[j] * ((values[i] > values[j]) + 0.5 * (values[i] == values[j])) for i, j in pairs)
        assert area == pytest.approx(won / sum(row[i] * row[j] for i, j in pairs))


def test_the_interval_covers_the_auc_of_a_model_without_skill():
    rng = np.random.default_rng(8)
    covered = 0
    for _ in range(20):
        made = predictions(int(rng.integers(1e6)), clients=60).assign(recency=lambda f: rng.random(len(f)))
        row = (
            backtest.scores(made, ["model", "recency"])
            .query("population == 'portfolio' and forecaster == 'recency'")
            .iloc[0]
        )
        covered += row["auc_low"] <= 0.5 <= row["auc_high"]
    assert covered >= 16  # of 20 at 95 %: 15 or fewer has a chance of 0.3 %


def test_calibration_of_perfect_probabilities_lies_in_its_band_and_bad_ones_do_not():
    rng = np.random.default_rng(4)
    chance = rng.uniform(0.05, 0.95, 20_000)
    churned = pd.Series((rng.random(20_000) < chance).astype(int))
    right = backtest.calibration(churned, chance)
    assert right["clients"].tolist() == [2000] * 10
    assert right["observed"].between(right["low"], right["high"]).sum() >= 8
    wrong = backtest.calibration(churned, chance**2)
    assert wrong["observed"].between(wrong["low"], wrong["high"]).sum() <= 3
    assert backtest.ece(churned, chance) < 0.01 < 0.1 < backtest.ece(churned, chance**2)


def test_a_blend_that_loses_to_the_base_is_not_published():
    made = predictions(clients=400)
    assert backtest._published(made, 0) == "model"
    swapped = made.rename(columns={"model": "base", "base": "model"})
    assert backtest._published(swapped, 0) == "base"
    assert backtest._published(made.iloc[:0], 0) == "base"


def test_lift_in_money_by_hand():
    made = pd.DataFrame(
        {"origin": AS_OF, "customer_id": list("abcd"), "churned": [1, 0, 1, 0], "stake": [10.0, 100, 30, 1]}
    ).assign(model=[0.9, 0.2, 0.8, 0.1], recency=[5.0, 9, 1, 0])
    by_money = backtest.lift(made, "model", steps=4)  # at stake: a 9, b 20, c 24, d .1
    assert by_money["money_share"].tolist() == pytest.approx([0, 0.75, 0.75, 1, 1])
    by_recency = backtest.lift(made, "recency", steps=4)
    assert by_recency["money_share"].tolist() == pytest.approx([0, 0, 0.25, 1, 1])
    largest = backtest.lift(made, "stake", steps=4)
    assert largest["money_share"].tolist() == pytest.approx([0, 0, 0.75, 1, 1])
