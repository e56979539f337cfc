"""The purchase models: published values, naive formulas and integrals as a second opinion, planted truth, bad input."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special, stats

from carteira_lib.purchase_models import (
    MODELS,
    PurchaseModel,
    beta_geometric,
    pareto,
)
from carteira_lib.purchase_models.histories import compressed

CDNOW = Path(__file__).resolve().parents[1] / "data" / "cdnow" / "CDNOW_sample.txt"
CALIBRATION_END = pd.Timestamp("1997-09-30")
TRUTH = {
    "bg_nbd": beta_geometric.Parameters(0.9, 30.0, 0.8, 2.5),
    "mbg_nbd": beta_geometric.Parameters(0.9, 30.0, 0.8, 2.5),
    "mbg_cnbd": beta_geometric.Parameters(0.9, 10.0, 0.8, 2.5),
    "pareto_nbd": pareto.Parameters(0.9, 30.0, 0.7, 120.0),
}
REGULARITY = {"mbg_cnbd": 3}


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    """Histories of the CDNOW sample to 1997-09-30, in weeks as in the papers."""
    names = ["master_id", "customer_id", "order_date", "quantity", "amount"]
    lines = pd.read_csv(CDNOW, sep=r"\s+", header=None, names=names)
    lines["order_date"] = pd.to_datetime(lines["order_date"].astype("str"), format="%Y%m%d")
    days = lines[["customer_id", "order_date"]].drop_duplicates()
    known = days[days["order_date"] <= CALIBRATION_END].sort_values(["customer_id", "order_date"])
    gaps = np.log(known.groupby("customer_id")["order_date"].diff().dt.days / 7)
    dates = known.groupby("customer_id")["order_date"].agg(["min", "max", "size"])
    return pd.DataFrame(
        {
            "repeat_orders": dates["size"] - 1,
            "first_to_last_days": (dates["max"] - dates["min"]).dt.days / 7,
            "age_days": (CALIBRATION_END - dates["min"]).dt.days / 7,
            "log_gap_sum": gaps.groupby(known["customer_id"]).sum(),
        }
    )


def planted(model: str, parameters=None) -> PurchaseModel:
    """A model that knows the truth without having been fitted."""
    known = PurchaseModel(model)
    known.parameters_, known.regularity_ = parameters or TRUTH[model], REGULARITY.get(model, 1)
    return known


def histories(*rows: tuple[float, float, float]) -> pd.DataFrame:
    clients = pd.DataFrame(rows, columns=["repeat_orders", "first_to_last_days", "age_days"], dtype="float64")
    return clients.assign(log_gap_sum=0.0)


def simulated(model: str, clients: int, seed: int, *, watched: float = 400.0, horizon: float = 60.0) -> pd.DataFrame:
    """Histories drawn client by client from the story that the model tells, and the orders of the days after."""
    rng, truth = np.random.default_rng(seed), TRUTH[model]
    rows = []
    for _ in range(clients):
        rate, age = rng.gamma(truth.r, 1 / truth.alpha), watched * rng.uniform(0.3, 1)
        if model == "pareto_nbd":
            stop, end = 0.0, rng.exponential(1 / rng.gamma(truth.s, 1 / truth.beta))
        else:
            stop, end = rng.beta(truth.a, truth.b), math.inf
        now, orders = 0.0, [0.0]
        may_stop = model.startswith("mbg")
        while not (may_stop and rng.random() < stop):
            now += rng.gamma(REGULARITY.get(model, 1), 1 / rate)
            if now > min(end, age + horizon):
                break
            orders.append(now)
            may_stop = model != "pareto_nbd"
        dates = np.array(orders)
        past = dates[dates <= age]
        rows.append((len(past) - 1, past[-1], age, np.log(np.diff(past)).sum(), (dates > age).sum()))
    columns = ["repeat_orders", "first_to_last_days", "age_days", "log_gap_sum", "future_orders"]
    return pd.DataFrame(rows, columns=columns, dtype="float64")


# --- published ------------------------------------------------------------------------------------------------------


def test_bg_nbd_equals_fader_hardie_lee_2005_table_2(cdnow):
    found = PurchaseModel("bg_nbd").fit(cdnow)
    assert found.parameters_ == pytest.approx((0.2426, 4.4135, 0.7929, 2.4258), rel=2e-4)
    assert found.log_likelihood_ == pytest.approx(-9582.43, abs=0.01)
    assert (found.status_, found.warning_) == ("converged", "")


def test_bg_nbd_expects_as_many_cdnow_orders_in_39_weeks_as_fader_hardie_lee_2005(cdnow):
    # The sum over all 2,357 clients of the conditional expectations in the 39 weeks after the calibration.
    found = PurchaseModel("bg_nbd").fit(cdnow).expected_orders(cdnow, horizon_days=39)
    assert (len(found), found.sum()) == (2357, pytest.approx(1653.4, abs=0.1))


def test_pareto_nbd_equals_fader_hardie_2005_note_on_cdnow(cdnow):
    found = PurchaseModel("pareto_nbd").fit(cdnow)
    assert found.parameters_ == pytest.approx((0.5533, 10.578, 0.6064, 11.672), rel=5e-4)
    assert found.log_likelihood_ == pytest.approx(-9594.98, abs=0.01)


def test_mbg_nbd_equals_the_values_of_btydplus_and_lifetimes_on_cdnow(cdnow):
    found = PurchaseModel("mbg_nbd").fit(cdnow)
    assert found.parameters_ == pytest.approx((0.5248, 6.183, 0.8914, 1.614), rel=2e-4)


def test_alive_probability_of_client_1516_equals_the_worksheet_of_fader_hardie_lee_2005():
    # x = 26, t_x = 30.86, T = 31: the buyer of their figure 1; lifetimes checks the same cell.
    client = histories((26, 30.86, 31))
    model = planted("bg_nbd", beta_geometric.Parameters(0.242594, 4.413596, 0.792916, 2.425881))
    naive = 1 / (1 + 0.792916 / (2.425881 + 25) * ((4.413596 + 31) / (4.413596 + 30.86)) ** 26.242594)
    assert model.alive_probability(client).iloc[0] == pytest.approx(naive, rel=1e-12)


# --- gradients ------------------------------------------------------------------------------------------------------


def likelihoods() -> list:
    shapes = [beta_geometric.Shape(0, 1), beta_geometric.Shape(1, 1), beta_geometric.Shape(1, 4)]
    return [
        *(
            pytest.param(lambda t, rows, s=s: beta_geometric.log_likelihood(t, rows, s), id=str(tuple(s)))
            for s in shapes
        ),
        pytest.param(pareto.log_likelihood, id="pareto"),
    ]


@pytest.mark.parametrize("likelihood", likelihoods())
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gradients_equal_finite_differences(likelihood, seed, cdnow):
    rows = compressed(cdnow, np.random.default_rng(seed).uniform(0, 3, len(cdnow)))
    theta, step = np.random.default_rng(seed).normal(0, 1.2, 4), 1e-5
    _, gradient = likelihood(theta, rows)
    numeric = [
        (likelihood(theta + move, rows)[0] - likelihood(theta - move, rows)[0]) / (2 * step)
        for move in step * np.eye(4)
    ]
    assert gradient == pytest.approx(numeric, rel=1e-5, abs=1e-3)


# --- a second opinion: integrals over what one client may be --------------------------------------------------------


def naive_density(model: str, x: float, t_x: float, age: float) -> float:
    """Density of one history, integrated over the rates and the chances of stopping on a fine grid."""
    truth, k = TRUTH[model], REGULARITY.get(model, 1)
    nodes, node_weights = special.roots_legendre(400)
    share, weight = (nodes + 1) / 2, node_weights / 2
    rate = stats.gamma.ppf(share, truth.r, scale=1 / truth.alpha)  # quantiles: each equally probable
    if model == "pareto_nbd":
        stop = stats.gamma.ppf(share, truth.s, scale=1 / truth.beta)[:, None]
        both = rate + stop
        rows = rate**x / both * (stop * np.exp(-both * t_x) + rate * np.exp(-both * age))
    else:
        stop = stats.beta.ppf(share, truth.a, truth.b)[:, None]
        n = x + model.startswith("mbg")
        quiet = rate * (age - t_x)
        silent = np.exp(-rate * t_x) * sum(np.exp(-quiet) * quiet**j / math.factorial(j) for j in range(k))
        rows = rate ** (k * x) * (1 - stop) ** n * silent
        if n > 0:
            rows = rows + stop * (1 - stop) ** (n - 1) * rate ** (k * x) * np.exp(-rate * t_x)
    return float(weight @ (rows @ weight))


SOME = [(0, 0, 100), (1, 20, 100), (3, 90, 100), (3, 30, 100), (12, 200, 210), (0, 0, 1)]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("history", SOME, ids=str)
def test_no_purchase_probability_is_the_density_of_a_longer_silence_over_that_of_the_silence(model, history):
    # Seeing (x, t_x) and nothing until T + H, given (x, t_x) and nothing until T: the definition.
    x, t_x, age = history
    expected = naive_density(model, x, t_x, age + 45) / naive_density(model, x, t_x, age)
    found = planted(model).no_purchase_probability(histories(history), horizon_days=45).iloc[0]
    assert found == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_likelihoods_equal_naive_integrals(model):
    shape = () if model == "pareto_nbd" else (beta_geometric.Shape(int(model != "bg_nbd"), REGULARITY.get(model, 1)),)
    family = pareto if model == "pareto_nbd" else beta_geometric
    for history in SOME:
        value, _ = family.log_likelihood(np.log(TRUTH[model]), compressed(histories(history)), *shape)
        assert value == pytest.approx(math.log(naive_density(model, *history)), abs=1e-5)


@pytest.mark.parametrize("seed", range(30))
def test_pareto_integral_equals_adaptive_quadrature_far_out_too(seed):
    rng = np.random.default_rng(seed)
    r, alpha, s, beta = 10 ** rng.uniform([-1.5, -2, -1.5, -2], [1.5, 3.5, 1, 3.5])
    x, age = np.floor(10 ** rng.uniform(0, 3.6)), 10 ** rng.uniform(0, 3.6)
    t_x = age * rng.uniform(0.5, 0.999)
    parameters = pareto.Parameters(r, alpha, s, beta)
    found = pareto.log_integral(np.array([r + x]), s + 1, (np.array([t_x]), np.array([age])), parameters)[0]

    def integrand(u: float) -> float:
        return math.exp(
            -(r + x) * math.log1p((u - t_x) / (alpha + t_x)) - (s + 1) * math.log1p((u - t_x) / (beta + t_x))
        )

    width = min(age - t_x, 60 * (alpha + t_x) / (r + x))
    naive = integrate.quad(integrand, t_x, t_x + width, epsabs=0, epsrel=1e-11, limit=200)[0]
    start = (r + x) * math.log(alpha + t_x) + (s + 1) * math.log(beta + t_x)
    assert found == pytest.approx(math.log(naive) - start, abs=1e-8)


def naive_expected(model: str, x: float, t_x: float, age: float, horizon: float) -> float:
    """Integral over the horizon of the rate of orders of those who are still clients then; k = 1."""
    truth = TRUTH[model]
    n = x + model.startswith("mbg")

    def orders_if_alive(stop: float) -> float:
        return (1 - (1 + stop * horizon / (truth.alpha + age)) ** -(truth.r + x)) / stop

    mean, _ = integrate.quad(
        lambda q: orders_if_alive(stats.beta.ppf(q, truth.a, truth.b + n)), 0, 1, epsrel=1e-8, limit=200
    )
    return mean * planted(model).alive_probability(histories((x, t_x, age))).iloc[0]


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("history", SOME, ids=str)
def test_expected_orders_equal_an_integral_over_the_chances_of_stopping(model, history):
    found = planted(model).expected_orders(histories(history), horizon_days=90).iloc[0]
    assert found == pytest.approx(naive_expected(model, *history, 90), rel=1e-6)


def test_expected_orders_of_the_closed_form_and_of_the_sum_agree():
    clients = histories(*SOME, (300, 395, 400), (40, 100, 900))
    repeat = clients["repeat_orders"].to_numpy()
    for a in (0.05, 0.8, 1.0, 1.0 + 1e-9, 3.0):
        truth = beta_geometric.Parameters(0.9, 30.0, a, 2.5)
        state = beta_geometric.state(
            tuple(clients[c].to_numpy() for c in ("repeat_orders", "first_to_last_days", "age_days")),
            truth,
            beta_geometric.Shape(1, 1),
        )
        chances = truth.b + repeat + 1
        closed = beta_geometric._closed(chances, state, 90, truth)
        assert closed == pytest.approx(beta_geometric._summed(chances, state, 90, a, 1), rel=2e-6)


def test_expected_orders_of_a_new_client_far_ahead_equal_mpmath():
    # A client of today and a horizon of 600 times alpha, where scipy's 2F1 is often NaN: equation 10 of Fader, Hardie &
    # Lee (2005) by mpmath with 40 digits, of a client that has not stopped.
    truth = beta_geometric.Parameters(0.6179366375764938, 1.0, 0.07540166221469388, 788.554979481521)
    share = 0.9984292668246742
    model, client = planted("mbg_nbd", truth), histories((0, 0, 0))
    found = model.expected_orders(client, horizon_days=share / (1 - share)) / model.alive_probability(client)
    assert found.iloc[0] == pytest.approx(380.27406997389117, rel=1e-9)
