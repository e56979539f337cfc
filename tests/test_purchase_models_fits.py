"""Fits of the purchase models: planted truth, what must hold for any client, degenerate portfolios, bad input."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from carteira_lib.purchase_models import MODELS, STATUSES, Prior, PurchaseModel, buying_histories, weak_prior
from carteira_lib.purchase_models.histories import compressed
from tests.test_purchase_models import REGULARITY, TRUTH, histories, planted, simulated

HORIZON = 60.0


@pytest.fixture(scope="module")
def portfolios() -> dict[str, pd.DataFrame]:
    return {model: simulated(model, 6000, seed=7) for model in MODELS}


# --- planted truth --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_predictions_of_the_truth_are_what_happens(model, portfolios):
    clients = portfolios[model]
    silent = clients["future_orders"] == 0
    known = planted(model)
    predicted = known.no_purchase_probability(clients, horizon_days=HORIZON)
    groups = pd.qcut(predicted.rank(method="first"), 8, labels=False)
    for _, rows in clients.groupby(groups):
        expected = predicted[rows.index]
        error = math.sqrt((expected * (1 - expected)).sum()) / len(rows)
        assert silent[rows.index].mean() == pytest.approx(expected.mean(), abs=3.5 * error)
    orders = known.expected_orders(clients, horizon_days=HORIZON)
    noise = (clients["future_orders"] - orders).std() / math.sqrt(len(clients))
    assert orders.mean() == pytest.approx(clients["future_orders"].mean(), abs=3.5 * noise)


@pytest.mark.parametrize("model", MODELS)
def test_a_fit_recovers_the_truth_and_predicts_as_the_truth_does(model, portfolios):
    clients = portfolios[model]
    found = PurchaseModel(model).fit(clients)
    assert (found.status_, found.regularity_) == ("converged", REGULARITY.get(model, 1))
    # Alone, a parameter of stopping is known badly (a ridge); the rates and what the client will do are not.
    assert found.parameters_[:2] == pytest.approx(TRUTH[model][:2], rel=0.15)
    truth = planted(model).no_purchase_probability(clients, horizon_days=HORIZON)
    error = found.no_purchase_probability(clients, horizon_days=HORIZON) - truth
    assert error.abs().mean() < 0.01


def test_the_prior_moves_a_portfolio_of_thirty_and_not_one_of_six_thousand(portfolios):
    everyone = portfolios["bg_nbd"]
    moved = {}
    for size in (30, 6000):
        clients = everyone.head(size)
        fits = [PurchaseModel("bg_nbd", prior=prior).fit(clients) for prior in (None, weak_prior(clients))]
        likely, posterior = (np.log(found.parameters_) for found in fits)
        assert fits[1].log_likelihood_ <= fits[0].log_likelihood_
        moved[size] = np.abs(posterior - likely).max()
    assert moved[6000] < 0.1 < moved[30]


def test_a_strong_prior_holds_and_its_alpha_is_shared_among_the_events_of_an_order(portfolios):
    prior = Prior({"r": 0.9, "alpha": 33.0, "a": 0.8, "b": 2.5}, spread=1e-4)
    found = PurchaseModel("mbg_cnbd", prior=prior).fit(portfolios["mbg_cnbd"])
    assert (found.regularity_, found.status_) == (3, "converged")
    assert found.parameters_ == pytest.approx((0.9, 33.0 / 3, 0.8, 2.5), rel=1e-3)


def test_the_prior_is_centred_on_the_median_of_the_mean_gaps():
    clients = histories((1, 10, 50), (2, 60, 99), (5, 400, 500), (0, 0, 400))
    assert weak_prior(clients).centre["alpha"] == 30
    assert weak_prior(clients, model="pareto_nbd").centre["beta"] == 120
    assert weak_prior(histories((0, 0, 8), (0, 0, 20), (0, 0, 90))).centre["alpha"] == 20


def test_the_posterior_mode_is_the_highest_point_of_likelihood_times_prior(portfolios):
    clients = portfolios["bg_nbd"].head(50)
    prior = weak_prior(clients)
    mode = PurchaseModel("bg_nbd", prior=prior).fit(clients)
    centre = prior.log_centre(("r", "alpha", "a", "b"))

    def height(theta: np.ndarray) -> float:
        from carteira_lib.purchase_models import beta_geometric

        value, _ = beta_geometric.log_likelihood(theta, compressed(clients), beta_geometric.Shape(0, 1))
        return value - 0.5 * (((theta - centre) / prior.spread) ** 2).sum()

    theta = np.log(mode.parameters_)
    around = [height(theta + move) for move in (*0.01 * np.eye(4), *-0.01 * np.eye(4))]
    assert max(around) < height(theta)


# --- what must hold for any client ----------------------------------------------------------------------------------

HARD = [(0, 0, 0), (0, 0, 4000), (1, 1, 4000), (5000, 3999, 4000), (5000, 100, 4000), (5000, 4000, 4000), (1, 5, 5)]
EXTREME = [(0.05, 0.5, 0.01, 0.01), (30, 3000, 0.01, 500), (0.3, 4, 60, 200), (1, 1, 1, 1), (5, 900, 0.8, 0.2)]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("parameters", EXTREME, ids=str)
def test_extreme_histories_get_finite_probabilities(model, parameters):
    clients = histories(*HARD)
    known = planted(model, type(TRUTH[model])(*parameters))
    for days in (0.001, 1, 90, 400):
        none = known.no_purchase_probability(clients, horizon_days=days)
        assert none.between(0, 1).all()
        assert known.alive_probability(clients).between(0, 1).all()
        assert (none >= 1 - known.alive_probability(clients) - 1e-9).all()
        assert np.isfinite(known.no_purchase_logit(clients, horizon_days=days)).all()
        # An order is expected at least as often as there is any.
        orders = known.expected_orders(clients, horizon_days=days)
        assert np.isfinite(orders).all()
        assert (orders >= (1 - none) * (1 - 1e-6) - 1e-9).all()


@pytest.mark.parametrize("model", MODELS)
def test_a_longer_horizon_means_less_silence_and_more_orders(model, portfolios):
    clients, known = portfolios[model].head(300), planted(model)
    days = [1, 10, 60, 61, 365]
    none = np.array([known.no_purchase_probability(clients, horizon_days=d) for d in days])
    orders = np.array([known.expected_orders(clients, horizon_days=d) for d in days])
    assert (np.diff(none, axis=0) < 0).all()
    assert (np.diff(orders, axis=0) > 0).all()


@pytest.mark.parametrize("model", MODELS)
def test_silence_adds_up(model):
    # No order in 50 days is none in 20, and then, 20 days older, none in 30.
    clients, known = histories((4, 80, 100), (0, 0, 40), (20, 300, 300)), planted(model)
    older = clients.assign(age_days=clients["age_days"] + 20)
    none = known.no_purchase_probability
    parts = none(clients, horizon_days=20) * none(older, horizon_days=30)
    assert none(clients, horizon_days=50).tolist() == pytest.approx(parts.tolist(), rel=1e-9)


@pytest.mark.parametrize("model", MODELS)
def test_more_silence_means_less_alive(model):
    silence = np.array([0, 5, 50, 500, 3000])
    clients = histories(*((6, 100, 100 + days) for days in silence))
    alive = planted(model).alive_probability(clients).to_numpy()
    assert (np.diff(alive) < 0).all()


@pytest.mark.parametrize("model", MODELS)
def test_logit_is_that_of_the_probability(model, portfolios):
    clients, known = portfolios[model].head(200), planted(model)
    none = known.no_purchase_probability(clients, horizon_days=30)
    logit = known.no_purchase_logit(clients, horizon_days=30)
    assert logit.tolist() == pytest.approx(np.log(none / (1 - none)).tolist(), rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("model", MODELS)
def test_weeks_and_days_give_the_same_answers(model, portfolios):
    days = portfolios[model].head(1500)
    gaps = days["log_gap_sum"] - days["repeat_orders"] * math.log(7)
    times = days[["first_to_last_days", "age_days"]] / 7
    weeks = days.assign(**times, log_gap_sum=gaps)
    one = PurchaseModel(model, prior=weak_prior(days, model=model)).fit(days)
    other = PurchaseModel(model, prior=weak_prior(weeks, model=model)).fit(weeks)
    assert one.parameters_.alpha / 7 == pytest.approx(other.parameters_.alpha, rel=1e-4)
    assert one.regularity_ == other.regularity_
    found = one.no_purchase_probability(days, horizon_days=70)
    assert other.no_purchase_probability(weeks, horizon_days=10).tolist() == pytest.approx(found.tolist(), abs=1e-5)


@pytest.mark.parametrize("model", MODELS)
def test_weights_are_repeated_rows_and_order_does_not_matter(model, portfolios):
    clients = portfolios[model].head(400).round({"first_to_last_days": 0, "age_days": 0})
    clients["first_to_last_days"] = clients[["first_to_last_days", "age_days"]].min(axis=1)
    times = np.arange(len(clients)) % 3
    repeated = clients.loc[clients.index.repeat(times)].sample(frac=1, random_state=1)
    one, other = PurchaseModel(model).fit(clients, times), PurchaseModel(model).fit(repeated)
    assert one.parameters_ == pytest.approx(other.parameters_, rel=1e-4)
    assert one.log_likelihood_ == pytest.approx(other.log_likelihood_, abs=1e-6)


def test_equal_histories_are_counted_once():
    rows = compressed(histories((1, 5, 9), (0, 0, 9), (1, 5, 9), (1, 4, 9), (0, 0, 9)), [1, 2, 3, 4, 5])
    found = np.column_stack([rows.repeat_orders, rows.first_to_last, rows.age, rows.weight])
    assert found.tolist() == [[0, 0, 9, 7], [1, 4, 9, 4], [1, 5, 9, 4]]
    assert (rows.clients, rows.orders, rows.mean_gap) == (15, 8, 36 / 8)
    assert rows.by_order(rows.weight).tolist() == [7, 8]


def test_fits_are_equal_each_time_and_clone_and_leave_the_table_alone(portfolios):
    clients = portfolios["bg_nbd"].head(500)
    before = clients.copy()
    model = PurchaseModel("bg_nbd", prior=weak_prior(clients))
    again = clone(model).fit(clients)
    assert model.fit(clients).parameters_ == again.parameters_
    pd.testing.assert_frame_equal(clients, before)
    assert model.no_purchase_probability(clients[::-1], horizon_days=9).index.tolist() == clients.index[::-1].tolist()


def test_buying_histories_leave_out_who_never_bought():
    features = pd.DataFrame(
        {
            "frequency": [0, 1, 3],
            "recency_days": [np.nan, 9, 4],
            "tenure_days": [np.nan, 9, 50],
            "log_gap_sum": [0, 0, 6.1],
        },
        index=["returns", "once", "thrice"],
    )
    expected = pd.DataFrame(
        {
            "repeat_orders": [0.0, 2.0],
            "first_to_last_days": [0.0, 46.0],
            "age_days": [9.0, 50.0],
            "log_gap_sum": [0.0, 6.1],
        },
        index=["once", "thrice"],
    )
    pd.testing.assert_frame_equal(buying_histories(features), expected)


# --- degenerate portfolios ------------------------------------------------------------------------------------------


def nobody_stops(size: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = []
    for rate, age in zip(rng.gamma(2, 1 / 60, size), rng.uniform(200, 700, size), strict=True):
        orders = np.sort(rng.uniform(0, age, rng.poisson(rate * age)))
        rows.append((len(orders), orders[-1] if len(orders) else 0, age))
    return histories(*rows)


DEGENERATE = {
    "one client": (histories((3, 60, 90)), "all clients buy at the same rate"),
    "nobody bought again": (histories(*((0, 0, age) for age in range(1, 60))), "nobody has bought again"),
    "nobody stops": (nobody_stops(), "nobody stops buying"),
    "daily buyers": (histories(*((n, n, n) for n in range(10, 60))), "nobody stops buying"),
}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("case", DEGENERATE)
def test_a_fit_that_runs_away_says_where_to(model, case):
    clients, meaning = DEGENERATE[case]
    found = PurchaseModel(model).fit(clients)
    assert found.status_ == "at_limit"
    assert meaning in found.warning_
    assert found.no_purchase_probability(clients, horizon_days=30).between(0, 1).all()


@pytest.mark.parametrize("case", sorted(set(DEGENERATE) - {"nobody bought again"}))
def test_a_prior_keeps_it_from_running_away(case):
    clients, _ = DEGENERATE[case]
    found = PurchaseModel("bg_nbd", prior=weak_prior(clients)).fit(clients)
    assert (found.status_, found.warning_) == ("converged", "")


def test_a_prior_does_not_make_an_estimate_of_nothing():
    clients, meaning = DEGENERATE["nobody bought again"]
    found = PurchaseModel("bg_nbd", prior=weak_prior(clients)).fit(clients)
    assert found.status_ == "at_limit"
    assert meaning in found.warning_


def test_statuses_are_those_that_are_told():
    assert STATUSES == ("converged", "at_limit", "not_converged")


# --- bad input ------------------------------------------------------------------------------------------------------

GOOD = [(2, 30, 60), (0, 0, 50)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((-1, 0, 9), "repeat_orders must be whole numbers of 0 or more. Got 1 other rows"),
        ((1.5, 3, 9), "repeat_orders must be whole"),
        ((math.nan, 3, 9), "repeat_orders must be whole"),
        ((math.inf, 3, 9), "repeat_orders must be whole"),
        ((2, 10, 9), "first_to_last_days must be between 0 and age_days"),
        ((2, -1, 9), "first_to_last_days must be between 0 and age_days"),
        ((2, math.nan, 9), "first_to_last_days must be between 0 and age_days"),
        ((2, 3, math.nan), "first_to_last_days must be between 0 and age_days"),
        ((2, 3, math.inf), "age_days must be finite"),
        ((0, 3, 9), "first_to_last_days must be 0 where repeat_orders is 0"),
    ],
    ids=str,
)
def test_what_is_no_history_is_refused(row, message):
    with pytest.raises(ValueError, match=message):
        PurchaseModel().fit(histories(*GOOD, row))
    with pytest.raises(ValueError, match=message):
        planted("bg_nbd").alive_probability(histories(*GOOD, row))


def test_other_mistakes_are_refused():
    clients = histories(*GOOD)
    with pytest.raises(ValueError, match=r"at least one row\. Got none"):
        PurchaseModel().fit(clients.head(0))
    with pytest.raises(ValueError, match=r"Missing: \['age_days'\]"):
        PurchaseModel().fit(clients.drop(columns="age_days"))
    with pytest.raises(ValueError, match="log_gap_sum"):
        PurchaseModel("mbg_cnbd").fit(clients.drop(columns="log_gap_sum"))
    with pytest.raises(ValueError, match=r"model must be one of .* Got 'bgnbd'"):
        PurchaseModel("bgnbd").fit(clients)
    for weight in ([1], [1, -1], [0, 0], [1, math.nan]):
        with pytest.raises(ValueError, match="sample_weight must be 2 finite numbers"):
            PurchaseModel().fit(clients, weight)
    for days in (0, -3, math.nan, math.inf):
        with pytest.raises(ValueError, match="horizon_days must be positive and finite"):
            planted("bg_nbd").expected_orders(clients, horizon_days=days)


def test_priors_that_are_none_are_refused():
    clients = histories(*GOOD)
    with pytest.raises(ValueError, match=r"Got \{'r': 0\}"):
        Prior({"r": 0, "alpha": 3, "a": 1, "b": 1})
    with pytest.raises(ValueError, match="Got -1"):
        Prior({"r": 1}, spread=-1)
    with pytest.raises(ValueError, match=r"prior must be about \['a', 'alpha', 'b', 'r'\]"):
        PurchaseModel("bg_nbd", prior=weak_prior(clients, model="pareto_nbd")).fit(clients)
    with pytest.raises(ValueError, match="model must be one of"):
        weak_prior(clients, model="bgnbd")
    with pytest.raises(ValueError, match="at least one row"):
        weak_prior(clients.head(0))
