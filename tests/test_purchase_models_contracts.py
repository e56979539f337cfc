"""Value of an order (Gamma-Gamma) and contracts (shifted-beta-geometric): published values, integrals, bad input."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, stats

from carteira_lib.purchase_models import GammaGamma, ShiftedBetaGeometric, cohort_clients, retention, spend
from tests.test_purchase_models import CALIBRATION_END, CDNOW

# Fader & Hardie (2007), table 1: of 1,000 clients, how many are left after 0 to 12 years.
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241, 223, 207, 194, 183, 173]
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491, 468, 445, 427, 409, 394]
YEARS = 8


def cdnow_repeat_spend() -> pd.DataFrame:
    """Mean value of the repeat orders of the CDNOW sample to 1997-09-30; an order is a client-day."""
    names = ["master_id", "customer_id", "order_date", "quantity", "amount"]
    lines = pd.read_csv(CDNOW, sep=r"\s+", header=None, names=names)
    lines["order_date"] = pd.to_datetime(lines["order_date"].astype("str"), format="%Y%m%d")
    days = lines.groupby(["customer_id", "order_date"], as_index=False)["amount"].sum()
    days = days[days["order_date"] <= CALIBRATION_END]
    repeat = days[days["customer_id"].duplicated()]
    means = repeat.groupby("customer_id")["amount"].agg(["size", "mean"])
    return means.set_axis(["orders", "average_order_value"], axis=1)


# --- published ------------------------------------------------------------------------------------------------------


def test_gamma_gamma_equals_fader_hardie_2013_on_cdnow():
    clients = cdnow_repeat_spend()
    found = GammaGamma().fit(clients)
    assert len(clients) == 946
    assert found.parameters_ == pytest.approx((6.25, 3.74, 15.44), abs=0.006)
    row = clients["orders"].to_numpy("float64"), clients["average_order_value"].to_numpy(), np.ones(946)
    assert found.log_likelihood_ == pytest.approx(spend.log_likelihood(np.log(found.parameters_), *row)[0], abs=1e-6)
    assert found.status_ == "converged"


@pytest.mark.parametrize(
    ("survivors", "expected", "left_after_12"), [(REGULAR, (0.704, 1.182), 0.170), (HIGH_END, (0.668, 3.806), 0.378)]
)
def test_sbg_equals_fader_hardie_2007(survivors, expected, left_after_12):
    found = ShiftedBetaGeometric().fit(*cohort_clients(survivors[:YEARS]))
    assert found.parameters_ == pytest.approx(expected, abs=5e-4)
    survival = found.survival(12)
    assert survival.iloc[12] == pytest.approx(left_after_12, abs=5e-4)
    # What the paper is about: five years never seen, within two points of what came.
    assert survival.to_numpy() == pytest.approx(np.array(survivors) / 1000, abs=0.02)


# --- gradients and integrals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gradients_equal_finite_differences(seed):
    rng = np.random.default_rng(seed)
    orders, weight = rng.integers(1, 40, 50).astype("float64"), rng.uniform(0, 3, 50)
    value, ended = rng.gamma(2, 40, 50), rng.random(50) < 0.4
    cases = [
        (lambda t: spend.log_likelihood(t, orders, value, weight), rng.normal(0, 1, 3)),
        (lambda t: retention.log_likelihood(t, orders, ended, weight), rng.normal(0, 1, 2)),
    ]
    for likelihood, theta in cases:
        moves = 1e-5 * np.eye(len(theta))
        numeric = [(likelihood(theta + m)[0] - likelihood(theta - m)[0]) / 2e-5 for m in moves]
        assert likelihood(theta)[1] == pytest.approx(numeric, rel=1e-6, abs=1e-5)


def test_gamma_gamma_density_and_mean_equal_integrals_over_the_client():
    p, q, gamma = 6.0, 4.0, 15.0
    orders, value = 3, 22.0

    def density(nu: float) -> float:
        return stats.gamma.pdf(value, p * orders, scale=1 / (nu * orders)) * stats.gamma.pdf(nu, q, scale=1 / gamma)

    whole = integrate.quad(density, 0, 5)[0]
    row = np.array([orders]), np.array([value]), np.ones(1)
    assert spend.log_likelihood(np.log([p, q, gamma]), *row)[0] == pytest.approx(math.log(whole), abs=1e-9)
    mean = integrate.quad(lambda nu: p / nu * density(nu), 0, 5)[0] / whole
    model = GammaGamma()
    model.parameters_ = spend.Parameters(p, q, gamma)
    clients = pd.DataFrame({"orders": [orders, 0], "average_order_value": [value, np.nan]}, index=["a", "b"])
    found = model.expected_order_value(clients)
    assert found.to_dict() == pytest.approx({"a": mean, "b": p * gamma / (q - 1)}, rel=1e-8)


def test_renewals_equal_an_integral_over_the_client():
    model = ShiftedBetaGeometric()
    model.parameters_ = retention.Parameters(0.7, 1.3)
    still = integrate.quad(lambda leaves: (1 - leaves) ** 4 * stats.beta.pdf(leaves, 0.7, 1.3), 0, 1)[0]
    after = integrate.quad(lambda leaves: (1 - leaves) ** 6 * stats.beta.pdf(leaves, 0.7, 1.3), 0, 1)[0]
    assert model.renewal_probability([4], times=2)[0] == pytest.approx(after / still, rel=1e-8)
    assert model.survival(6).iloc[[0, 4, 6]].tolist() == pytest.approx([1, still, after], rel=1e-8)


# --- planted truth --------------------------------------------------------------------------------------------------


def test_gamma_gamma_recovers_the_truth_in_any_currency():
    rng = np.random.default_rng(5)
    nu, orders = rng.gamma(4, 1 / 15, 20_000), rng.integers(0, 9, 20_000)
    value = rng.gamma(6 * np.maximum(orders, 1), 1 / nu) / np.maximum(orders, 1)
    clients = pd.DataFrame({"orders": orders, "average_order_value": np.where(orders > 0, value, np.nan)})
    found = GammaGamma().fit(clients)
    assert found.parameters_ == pytest.approx((6, 4, 15), rel=0.06)
    cents = clients.assign(average_order_value=clients["average_order_value"] * 100)
    dear = GammaGamma().fit(cents)
    assert dear.parameters_ == pytest.approx((*found.parameters_[:2], 100 * found.parameters_.gamma), rel=1e-5)
    ratio = dear.expected_order_value(cents) / found.expected_order_value(clients)
    assert ratio.to_numpy() == pytest.approx(100, rel=1e-5)


def test_sbg_recovers_the_truth_from_cohorts_of_all_ages():
    rng = np.random.default_rng(5)
    leaves, age = rng.beta(0.8, 2.4, 20_000), rng.integers(1, 9, 20_000)
    renewals = rng.geometric(np.maximum(leaves, 1e-9)) - 1
    clients = pd.DataFrame({"renewals": np.minimum(renewals, age), "ended": renewals < age})
    assert ShiftedBetaGeometric().fit(clients).parameters_ == pytest.approx((0.8, 2.4), rel=0.08)


# --- degenerate populations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("survivors", "meaning"),
    [
        ([100, 100, 100], "nobody leaves"),
        ([100, 0], "nobody renews"),
        ([100, 50, 50, 50, 50], "some clients leave at once and the others never"),
        ([6400, 3200, 1600, 800, 400, 200, 100], "all clients leave with the same probability"),
    ],
)
def test_sbg_that_runs_away_says_where_to(survivors, meaning):
    found = ShiftedBetaGeometric().fit(*cohort_clients(survivors))
    assert (found.status_, meaning in found.warning_) == ("at_limit", True)
    expected = np.array(survivors) / survivors[0]
    assert found.survival(len(survivors) - 1).to_numpy() == pytest.approx(expected, abs=0.01)


def heavy_tailed() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    orders = rng.integers(1, 9, 500)
    return orders, rng.gamma(3 * orders, 1 / rng.gamma(0.6, 1, 500)) / orders


@pytest.mark.parametrize(
    ("orders", "value", "meaning"),
    [
        ([1, 2, 3, 4], [50, 50, 50, 50], "all clients spend the same"),
        ([1, 9, 3, 2, 5, 1], [90, 85, 20, 31, 44, 25], "all of one value"),
        (*heavy_tailed(), "the mean of all is infinite"),
    ],
    ids=["all the same", "one value each", "heavy tail"],
)
def test_gamma_gamma_that_runs_away_says_where_to(orders, value, meaning):
    clients = pd.DataFrame({"orders": orders, "average_order_value": value})
    found = GammaGamma().fit(clients)
    assert (found.status_, meaning in found.warning_) == ("at_limit", True)
    assert np.isfinite(found.expected_order_value(clients)).all()


# --- bad input ------------------------------------------------------------------------------------------------------


def test_what_is_no_spend_is_refused():
    good = pd.DataFrame({"orders": [1, 2], "average_order_value": [10.0, 20.0]})
    bad = {
        "orders must be whole": good.assign(orders=[1, -1]),
        "average_order_value must be positive": good.assign(average_order_value=[5, 0]),
        "average_order_value must be positive and finite": good.assign(average_order_value=[5, np.nan]),
        "at least one row with orders": good.assign(orders=0),
        r"Missing: \['orders'\]": good.drop(columns="orders"),
        r"at least one row\. Got none": good.head(0),
    }
    for message, clients in bad.items():
        with pytest.raises(ValueError, match=message):
            GammaGamma().fit(clients)


def test_what_is_no_contract_is_refused():
    good = pd.DataFrame({"renewals": [1, 2], "ended": [True, False]})
    bad = {
        "renewals must be whole": good.assign(renewals=[1.5, 2]),
        "at least one renewal or end": good.assign(renewals=0, ended=False),
        r"Missing: \['ended'\]": good.drop(columns="ended"),
        r"at least one row\. Got none": good.head(0),
    }
    for message, clients in bad.items():
        with pytest.raises(ValueError, match=message):
            ShiftedBetaGeometric().fit(clients)
    for survivors in ([100], [100, 101], [0, 0], [100, -1], [100, math.nan]):
        with pytest.raises(ValueError, match="survivors must be two or more numbers"):
            cohort_clients(survivors)
    with pytest.raises(ValueError, match="times must be at least 1"):
        ShiftedBetaGeometric().fit(*cohort_clients([9, 5, 4])).renewal_probability([1], times=0)
