"""ABC and RFM are functions of the value: ties share, thresholds by hand, naive oracles."""

import math

import numpy as np
import pandas as pd
import pytest

from carteira_lib import tables
from carteira_lib.portfolio import RFM_SEGMENTS, abc_class, rank_score, rfm

ABC_CASES = {
    "the client that crosses 80 % is still A": ([50, 30, 15, 5], "AABC"),
    "one cent more below leaves the next in A": ([50, 29.99, 15.01, 5], "AAAC"),
    "one client has it all": ([100], "A"),
    "one client has 90 %": ([90, 8, 2], "ABC"),
    "equal revenue, equal class": ([10, 10, 10, 10, 10], "AAAAA"),
    "a tie across the cut takes the class of its first": ([60, 15, 15, 10], "AAAB"),
    "nothing sold": ([0, 0], "CC"),
    "only returns": ([-5, -1], "CC"),
    "returns are nobody's revenue": ([80, 20, -50], "ABC"),
    "none": ([], ""),
}


@pytest.mark.parametrize(("revenue", "classes"), ABC_CASES.values(), ids=ABC_CASES.keys())
def test_abc_by_hand(revenue, classes):
    assert "".join(abc_class(pd.Series(revenue, dtype="float64"))) == classes


def test_abc_of_each_client_depends_on_the_values_only():
    revenue = pd.Series(np.random.default_rng(0).lognormal(5, 2, 300).round(2))
    shuffled = revenue.sample(frac=1, random_state=1)
    pd.testing.assert_series_equal(abc_class(revenue), abc_class(shuffled).sort_index())
    share = revenue[abc_class(revenue) == "A"].sum() / revenue.sum()
    assert 0.8 <= share < 0.85


@pytest.mark.parametrize("seed", range(4))
def test_scores_equal_a_naive_count(seed):
    values = pd.Series(np.random.default_rng(seed).integers(0, 12, 57))
    naive = [
        math.ceil(5 * (2 * (sum(values < v) + (sum(values == v) + 1) / 2) - 1) / (2 * len(values)) - 1e-12)
        for v in values
    ]
    assert rank_score(values).tolist() == naive


@pytest.mark.parametrize(("values", "scores"), [([7], [3]), ([7, 7, 7, 7], [3, 3, 3, 3]), ([1, 2], [2, 4]), ([], [])])
def test_scores_of_few_or_equal_values(values, scores):
    assert rank_score(pd.Series(values, dtype="float64")).tolist() == scores


def test_scores_are_monotone_and_missing_values_have_none():
    values = pd.Series([5.0, None, 1.0, 5.0, 9.0])
    scores = rank_score(values)
    assert scores.isna().tolist() == [False, True, False, False, False]
    assert scores[[2, 0, 4]].is_monotonic_increasing
    assert scores[0] == scores[3]


def clients(rows: list[tuple[str, int, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["last_order_date", "frequency", "net_revenue"])
    return frame.assign(last_order_date=pd.to_datetime(frame["last_order_date"]))


def test_rfm_by_hand():
    found = rfm(
        clients(
            [
                ("2026-10-30", 50, 900.0),
                ("2026-10-20", 1, 10.0),
                ("2026-08-01", 9, 90.0),
                ("2025-01-01", 40, 800.0),
                ("2024-01-01", 2, 20.0),
            ]
        )
    )
    assert found["recency_score"].tolist() == [5, 4, 3, 2, 1]
    assert found["frequency_score"].tolist() == [5, 1, 3, 4, 2]
    assert found["rfm_segment"].tolist() == ["champions", "recent", "attention", "cannot_lose", "hibernating"]


def test_frequency_3_and_money_4_count_as_4():
    days = ["2026-10-05", "2026-10-04", "2026-10-03", "2026-10-02", "2026-10-01"]
    found = rfm(clients(list(zip(days, [3, 1, 2, 4, 5], [40.0, 10.0, 20.0, 30.0, 50.0], strict=True))))
    assert found.loc[0].tolist() == [5, 3, 4, "champions"]


def test_a_client_without_a_purchase_has_no_score_and_no_segment():
    found = rfm(clients([("2026-10-30", 3, 90.0), (None, 0, -5.0)]))
    assert found.loc[1].isna().all()
    assert found.loc[0, "rfm_segment"] == "attention"


def test_every_pair_of_scores_has_a_segment_and_every_segment_a_label():
    names = {
        n for r in range(1, 6) for m in range(1, 6) for n in [next(n for n, a, b in RFM_SEGMENTS if r >= a and m >= b)]
    }
    assert names == {name for name, _, _ in RFM_SEGMENTS} == set(tables.VALUES["rfm_segment"])
