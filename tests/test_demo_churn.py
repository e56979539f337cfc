"""Page 04 on the demo company, against who was planted as stopping."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from carteira_lib import canonical, churn, portfolio
from tests.test_demo_run import TRUTH, prepared

STOPPED = {client: pd.Timestamp(last) for client, (_, last, *_) in TRUTH["lives"]["stopped"].items()}


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = prepared("demo", tmp_path_factory.mktemp("demo"), patch)
        known_of_clients = canonical.frames(run)
        judged = portfolio.analyse(known_of_clients, as_of=run.as_of)
        others = canonical.frames(run, ("interactions", "surveys"))
        frames = known_of_clients | others | {"portfolio": judged.portfolio, "renewals": judged.renewals}
        known = churn.planned(frames["purchases"], run.as_of)
        history = canonical.histories(run, known.dates, horizon_days=known.horizon_days)
        return churn.analyse(frames, history, known, churn.Policy())


@pytest.fixture(scope="module")
def planted(found):
    """The predictions of the test dates, with who had been planted as having stopped by then."""
    table = found.tested.predictions
    return table.assign(stopped=(table["customer_id"].map(STOPPED) <= table["origin"]).astype("int64"))


def test_clients_planted_as_stopped_are_ranked_first(planted):
    areas = [roc_auc_score(part["stopped"], part["model"]) for _, part in planted.groupby("origin")]
    assert len(areas) == 6
    assert np.mean(areas) >= 0.80


def test_the_riskiest_tenth_holds_the_planted_stops(planted):
    lifts = [
        part.nlargest(round(len(part) / 10), "model")["stopped"].mean() / part["stopped"].mean()
        for _, part in planted.groupby("origin")
    ]
    assert np.mean(lifts) >= 2.5


@pytest.mark.parametrize("population", ["portfolio", "active"])
def test_the_days_without_an_order_tell_less(found, population):
    row = found.scores.set_index(["population", "forecaster"]).loc[(population, "recency")]
    assert row["lead_low"] > 0


def test_the_model_is_published_and_its_probabilities_hold(found):
    assert found.basis == "model"
    assert not found.tested.too_good
    row = found.scores.set_index(["population", "forecaster"]).loc[("portfolio", "model")]
    assert row["ece"] <= row["ece_floor"] + 0.02


def test_regular_clients_seldom_look_stopped(found):
    kind = found.churn.set_index("customer_id")["kind"]
    regular, stopped = (kind.reindex(ids).dropna() for ids in (TRUTH["lives"]["regular"], list(STOPPED)))
    assert (regular == "stopped").mean() <= 0.05
    assert (stopped == "stopped").mean() >= 0.90


def test_the_two_halves_of_the_list_add_up(found):
    seen = found.outlook.set_index("outlook")["estimate"]
    live = found.churn[found.churn["status"].isin(["active", "late"])]
    assert seen["expected_stops"] == pytest.approx(live["churn_probability"].sum())
    assert seen["revenue_at_risk"] == pytest.approx(live["revenue_at_risk"].sum())
    assert set(found.renewal_scores["contract_id"]) >= set(TRUTH["contracts"]["due_within_90_days"])
