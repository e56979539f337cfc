"""Page 05 on the real survey of a French garden retailer: 13,612 scores, NPS 53.42, linked to visits and basket."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import expit
from scipy.stats import norm

from carteira_lib import nps
from carteira_lib.nps import drivers, score
from carteira_lib.nps.signals import Column
from tests.nps_people import AS_OF, frames, portfolio

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def garden(real_data):
    raw = pd.read_csv(real_data / "nps_garden_fr" / "nps.csv", encoding="latin-1", dtype={"id": "str"})
    return raw[raw["nps"].notna()].reset_index(drop=True)


@pytest.fixture(scope="module")
def found(garden):
    people = portfolio(garden["id"], net_revenue_365d=garden["CaTicket"].to_numpy())
    given = pd.DataFrame(
        {
            "customer_id": garden["id"],
            "answer_date": AS_OF - pd.to_timedelta(garden["t"].fillna(0) * 7, unit="D"),
            "score": garden["nps"].astype("Int64"),
            "comment": garden["explication"],
            "touchpoint": None,
        }
    )
    return nps.analyse(frames(people, given), nps.Policy(), as_of=AS_OF)


def test_the_score_and_its_interval(found):
    row = found.summary.set_index("reading").loc["answered"]
    assert row[["promoters", "detractors", "answers"]].tolist() == [8_465, 1_194, 13_612]
    assert round(row["nps"], 2) == 53.42
    p, d = (8_465 + 0.75) / 13_615, (1_194 + 0.75) / 13_615
    half = norm.ppf(0.975) * np.sqrt((p + d - (p - d) ** 2) / 13_615)
    assert row[["nps_low", "nps_high"]].astype(float).tolist() == pytest.approx(
        [100 * (p - d - half), 100 * (p - d + half)], abs=1e-9
    )


def test_the_basket_of_each_class_is_what_pandas_counts(garden, found):
    classes = score.class_of(garden["nps"])
    table = found.worth.set_index("class")
    assert table["median_revenue"].to_dict() == pytest.approx(garden.groupby(classes)["CaTicket"].median().to_dict())
    assert table["net_revenue_365d"].sum() == pytest.approx(garden["CaTicket"].sum())
    assert (table["low_revenue"] < table["median_revenue"]).all()
    assert (table["median_revenue"] < table["high_revenue"]).all()


def test_visits_and_basket_beside_a_plain_logistic_regression(garden):
    """With 13,612 answers the penalty is nothing: effects are those of maximum likelihood, written out here."""
    table = np.log1p(garden[["NbPassageKS", "CaTicket"]].clip(lower=0)).set_axis(["visits", "basket"], axis=1)
    detractor = score.class_of(garden["nps"]).eq("detractor")
    columns = [Column(name, name, "behaviour", "measure") for name in table]
    told = drivers.drivers(table, columns, detractor, garden["id"]).table.set_index("driver")
    design = np.column_stack([np.ones(len(table)), table])

    def loss(beta: np.ndarray) -> float:
        return np.logaddexp(0, design @ beta).sum() - (design @ beta)[detractor].sum()

    beta = minimize(loss, np.zeros(3)).x
    for place, name in enumerate(table, 1):
        low, high = table[name].quantile([0.25, 0.75])
        ends = []
        for value in (low, high):
            moved = design.copy()
            moved[:, place] = value
            ends.append(100 * expit(moved @ beta).mean())
        assert told.loc[name, "effect"] == pytest.approx(ends[1] - ends[0], abs=0.15)
        assert told.loc[name, "effect_low"] < ends[1] - ends[0] < told.loc[name, "effect_high"]


def test_french_comments_fall_into_themes(garden, found):
    assert found.themes["comments"].sum() == garden["explication"].notna().sum()
    assert len(found.themes) >= 3
    assert "@" not in " ".join(found.comments["comment"].head(3000)).replace("***@***", "")
