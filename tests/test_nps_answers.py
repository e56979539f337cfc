"""Which answers count, who is missing, and which groups and waves differ: by hand, by naive loops, by enumeration."""

import itertools

import numpy as np
import pandas as pd
import pytest

from carteira_lib.nps import evidence, score, segments, waves, weights
from carteira_lib.nps.answers import check_scale, population, sorted_out
from carteira_lib.nps.score import Counts
from carteira_lib.tables import DataError
from tests.enumerated import chances, crossed
from tests.nps_people import AS_OF, ago, customers, empty, known, portfolio, refused, scores, surveys

NOBODY = refused()


def told(answers, clients, window_days: int = 180, refusals=NOBODY):
    return sorted_out(answers, refusals, clients, AS_OF, window_days=window_days)


# ---- which answers count


def test_of_several_answers_of_a_client_the_latest_counts_and_of_one_day_the_lower():
    given = surveys(("a", 30, 2), ("a", 5, 10), ("b", 5, 9), ("b", 5, 6), ("a", 90, 0))
    found = told(given, portfolio("ab"))
    assert found.window.set_index("customer_id")["score"].to_dict() == {"a": 10, "b": 6}
    assert found.left_out == {"repeated": 3}
    assert len(found.known) == 5


def test_the_order_of_the_rows_does_not_matter():
    given = surveys(("a", 30, 2), ("a", 5, 10), ("b", 5, 9), ("b", 5, 6), ("c", 200, 9))
    expected = told(given, portfolio("abc"))
    for order in itertools.permutations(range(5)):
        found = told(given.iloc[list(order)], portfolio("abc"))
        assert found.window.set_index("customer_id")["score"].sort_index().tolist() == [10, 6]
        assert found.left_out == expected.left_out


def test_answers_count_from_the_first_day_of_the_window_to_the_last():
    given = surveys(("a", 180, 9), ("b", 179, 9), ("c", 0, 9), ("d", -1, 9))
    found = told(given, portfolio("abcd"))
    assert sorted(found.window["customer_id"]) == ["b", "c"]
    assert found.left_out == {"old": 1}
    assert sorted(found.known["customer_id"]) == ["a", "b", "c"]


def test_strangers_and_those_who_have_not_bought_for_a_year_are_counted_apart():
    people = portfolio("abc", status=["active", "inactive", "inactive"], recency_days=[10, 365, 366])
    given = surveys(("a", 1, 9), ("b", 1, 9), ("c", 1, 0), ("z9", 1, 0), ("y", 1, 0))
    found = told(given, people, refusals=refused(("invalid_score", "11"), ("invalid_score", "dez")))
    assert sorted(found.window["customer_id"]) == ["a", "b"]
    assert found.left_out == {"invalid_score": 2, "unknown_client": 2, "not_recent": 1}
    assert found.example == "y"


def test_the_portfolio_is_who_buys_in_its_cycle_or_bought_within_a_year():
    people = portfolio(
        "abcde", status=["active", "late", "inactive", "inactive", "outside"], recency_days=[400, 500, 365, 366, 30]
    )
    assert population(people)["customer_id"].tolist() == ["a", "b", "c", "e"]


@pytest.mark.parametrize("points", [(1, 5), (5, 5), (2, 4)])
def test_grades_from_1_to_5_are_refused_with_the_remedy(points):
    given = surveys(*((f"c{i}", 1, points[i % 2]) for i in range(10)))
    with pytest.raises(DataError, match=r"parecem ser de 1 a 5 \(10 de 10\).*survey_scale: 1-5 em sources.surveys"):
        check_scale(given, NOBODY, declared=False)
    check_scale(given, NOBODY, declared=True)
    check_scale(given.head(9), NOBODY, declared=False)  # nine may all be low
    check_scale(pd.concat([given, surveys(("x", 1, 6))]), NOBODY, declared=False)
    check_scale(pd.concat([given, surveys(("x", 1, 0))]), NOBODY, declared=False)


def test_grades_from_0_to_100_are_refused_with_the_remedy():
    beyond = refused(*(("invalid_score", str(v)) for v in (100, 90, 85, 70.5, 55, 11, 30, 60, 75, 95, 88)))
    kept = surveys(*((f"c{i}", 1, 10) for i in range(4)))
    with pytest.raises(DataError, match=r"parecem ser de 0 a 100 \(11 de 15\).*survey_scale: 0-100"):
        check_scale(kept, beyond, declared=False)
    many = surveys(*((f"c{i}", 1, 10) for i in range(12)))
    check_scale(many, beyond, declared=False)  # some slips of the keyboard are no other scale
    check_scale(kept, refused(*[("invalid_score", "dez")] * 20), declared=False)


# ---- who did not answer


def test_weights_by_hand():
    """Small: 60 clients, 5 answers, all promoters; large: 40 clients, 15 answers, all detractors. 60 - 40 = 20."""
    ids = [f"s{i}" for i in range(60)] + [f"l{i}" for i in range(40)]
    register = customers(ids, employees=[5.0] * 60 + [200.0] * 40)
    given = pd.DataFrame({"customer_id": [*ids[:5], *ids[60:75]], "class": ["promoter"] * 5 + ["detractor"] * 15})
    found = weights.weighted(given, portfolio(ids), register)
    assert found.estimate.nps == pytest.approx(20)
    assert found.strata["stratum"].tolist() == ["ativo, 1-9", "ativo, 100-499"]
    assert found.strata["weight"].tolist() == pytest.approx([0.6 / 0.25, 0.4 / 0.75])
    assert found.strata["response_share"].tolist() == pytest.approx([5 / 60, 15 / 40])
    assert found.strata["nps"].tolist() == [100, -100]
    kish = 20**2 / (5 * 2.4**2 + 15 * (0.4 / 0.75) ** 2)
    assert found.effective.answers == pytest.approx(kish)
    assert np.array(found.estimate) == pytest.approx(np.array(score.adjusted_wald(Counts(0.6 * kish, 0, 0.4 * kish))))
    assert found.by_client[["s59", "l0"]].tolist() == pytest.approx([2.4, 0.4 / 0.75])


def test_where_all_strata_answer_alike_weighting_changes_nothing():
    ids = [f"{i:03d}" for i in range(100)]
    register = customers(ids, employees=[5.0, 200.0] * 50)
    given = pd.DataFrame({"customer_id": ids[:40], "class": (["promoter"] * 3 + ["detractor"]) * 10})
    found = weights.weighted(given, portfolio(ids), register)
    assert found.effective == pytest.approx(Counts(30, 0, 10))


def test_strata_of_fewer_than_five_answers_are_merged_and_nobody_is_lost():
    rng = np.random.default_rng(3)
    ids = [f"{i:03d}" for i in range(300)]
    people = portfolio(ids, status=rng.choice(["active", "late", "inactive", "outside"], 300, p=[0.7, 0.2, 0.07, 0.03]))
    register = customers(ids, employees=np.where(rng.random(300) < 0.2, np.nan, rng.lognormal(3, 1.3, 300).clip(1)))
    for count in (1, 4, 5, 30, 120):
        given = pd.DataFrame({"customer_id": rng.choice(ids, count, replace=False), "class": "passive"})
        strata = weights.weighted(given, people, register).strata
        assert (strata["answers"].min() >= 5) or len(strata) == 1
        assert (strata["clients"].sum(), strata["answers"].sum()) == (300, count)
        assert (strata["weight"] * strata["answers"]).sum() == pytest.approx(count)


def test_without_headcounts_the_size_is_the_abc_class():
    ids = [f"{i:02d}" for i in range(40)]
    people = portfolio(ids, abc_class=["A", "B"] * 20)
    given = pd.DataFrame({"customer_id": ids[:20], "class": "promoter"})
    for register in (customers(ids, employees=np.nan), customers([])):
        assert weights.weighted(given, people, register).strata["stratum"].tolist() == ["ativo, A", "ativo, B"]


def test_weighting_mends_what_non_response_spoils_as_the_enumeration_shows():
    """Unhappy clients answer a third as often: 10 and 30 answers of two strata of 200 clients each."""
    unhappy, happy = (0.15, 0.60), (0.60, 0.15)
    truth = 100 * ((unhappy[0] - unhappy[1]) + (happy[0] - happy[1])) / 2
    one, other = crossed(10, 30)
    chance = np.multiply.outer(chances(10, unhappy), chances(30, happy))
    raw = score.adjusted_wald(Counts(*(a + b for a, b in zip(one, other, strict=True))))
    mended = score.adjusted_wald(weights.effective([one, other], [200, 200]))
    covered = [chance[(e.low <= truth) & (truth <= e.high)].sum() for e in (raw, mended)]
    assert covered[0] < 0.65
    assert covered[1] >= 0.93
    bias = (chance * (score.nps(Counts(*(a + b for a, b in zip(one, other, strict=True)))) - truth)).sum()
    assert bias > 15
    assert (chance * (mended.nps - truth)).sum() == pytest.approx(0, abs=1e-6)


def test_if_detractors_answer_less_there_are_more_of_them():
    """30 of 100 who answer 0.6 times as often stand for 50: 50 - 50 = 0."""
    found = weights.if_detractors_are_silent(Counts(50, 20, 30))
    assert found.nps == pytest.approx(0)
    assert weights.if_detractors_are_silent(Counts(50, 20, 30), 1.0) == pytest.approx(
        score.adjusted_wald(Counts(50, 20, 30))
    )


# ---- groups


def grouped(seed: int = 1, planted: bool = True) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = [f"{i:03d}" for i in range(400)]
    sector = np.array(["Hotel", "Padaria", "Escola", "Raro"])[np.r_[np.repeat([0, 1, 2], 130), np.full(10, 3)]]
    low = (sector == "Padaria") & planted
    points = np.where(low, scores(rng, 400, (0.2, 0.55)), scores(rng, 400, (0.5, 0.2)))
    given = pd.DataFrame({"customer_id": ids, "class": score.class_of(pd.Series(points))}).iloc[:396]
    people = portfolio(ids, seller_id=["V1", "V2"] * 200)
    return given, people, customers(ids, sector=sector, region=np.where(np.arange(400) < 200, "Sul", None))


def test_each_group_is_tested_against_all_others_with_holms_correction():
    given, people, register = grouped()
    found = segments.segments(given, people, register, empty("sellers"))
    joined = given.merge(people).merge(register[["customer_id", "sector", "region"]], on="customer_id")
    expected = {}
    for row in found.itertuples():
        inside = joined.loc[joined.get(row.dimension, pd.Series("10-49", index=joined.index)).eq(row.group), "class"]
        outside = joined.loc[~joined.index.isin(inside.index), "class"]
        if len(inside) >= 10 and len(outside) >= 10 and row.group != "sem informação":
            expected[row.Index] = evidence.difference(score.counts(inside), score.counts(outside))
            assert row.rest_nps == pytest.approx(score.nps(score.counts(outside)))
    tested = found.index[found["p_value"].notna()]
    assert tested.tolist() == list(expected)
    assert found.loc[tested, "p_value"].tolist() == pytest.approx(list(expected.values()))
    assert found.loc[tested, "p_corrected"].tolist() == pytest.approx(evidence.holm(list(expected.values())).tolist())


def test_the_planted_group_is_found_and_the_others_are_not():
    given, people, register = grouped()
    found = segments.segments(given, people, register, empty("sellers")).set_index("group")["verdict"]
    assert found[["Padaria", "V1", "V2", "Sul", "10-49"]].tolist() == ["below", "same", "same", "same", "few"]
    assert (found["sem informação"], found["Raro"]) == ("unknown", "few")
    given, people, register = grouped(planted=False)
    assert set(segments.segments(given, people, register, empty("sellers"))["verdict"]) == {"same", "few", "unknown"}


def test_groups_of_fewer_than_ten_answers_have_counts_and_no_score():
    given, people, register = grouped()
    row = segments.segments(given, people, register, empty("sellers")).set_index("group").loc["Raro"]
    assert row["answers"] == 6
    assert row[["nps", "nps_low", "nps_high", "gap", "p_value"]].isna().all()


def test_the_groups_of_a_dimension_hold_every_answer():
    given, people, register = grouped()
    found = segments.segments(given, people, register, empty("sellers"))
    assert set(found.groupby("dimension")["answers"].sum()) == {396}
    assert segments.segments(given.iloc[:0], people, register, empty("sellers")).empty


# ---- waves


def waved(*parts: tuple[float, int, tuple[float, float]], seed: int = 4) -> pd.DataFrame:
    """Answers of waves given as (days ago of the first, answers, mix), spread over ten days."""
    rng = np.random.default_rng(seed)
    rows = [
        (f"c{i:04d}", days - i % 10, int(points))
        for days, count, mix in parts
        for i, points in enumerate(scores(rng, count, mix))
    ]
    return known(surveys(*rows).sort_values("answer_date", kind="stable"))


HIGH, LOW = (0.6, 0.15), (0.3, 0.4)


def test_a_planted_change_is_marked_and_a_wave_without_one_is_not():
    once = waves.once_per_wave(waved((700, 200, HIGH), (500, 200, HIGH), (300, 200, LOW), (100, 200, LOW)))
    found = waves.waves(once)
    assert found.table["proven"].tolist() == [False, False, True, False]
    assert found.table["answers"].tolist() == [200] * 4
    assert found.trend_p < 0.05
    assert found.table.loc[2, "change"] == pytest.approx(found.table.loc[2, "nps"] - found.table.loc[1, "nps"])
    own = [Counts(*row) for row in found.table[["promoters", "passives", "detractors"]].itertuples(index=False)]
    expected = [evidence.difference(after, before) for before, after in itertools.pairwise(own)]
    assert found.table["p_value"].iloc[1:].tolist() == pytest.approx(expected)
    assert found.table["p_corrected"].iloc[1:].tolist() == pytest.approx(evidence.holm(expected).tolist())


def lucky(made, tries: int = 60):
    """The first table in which chance alone passes one test, but not the correction for all of them."""
    tables = (made(seed) for seed in range(tries))
    return next(t for t in tables if ((t["p_value"] <= 0.05) & (t["p_corrected"] > 0.05)).any())


def test_what_is_luck_among_several_is_not_marked():
    over_time = lucky(lambda seed: waves.waves(waves.once_per_wave(waved(*((d, 60, HIGH) for d in (900, 700, 500, 300, 100)), seed=seed))).table)  # fmt: skip
    assert not over_time.loc[over_time["p_value"] <= 0.05, "proven"].any()

    def by_group(seed: int) -> pd.DataFrame:
        given, people, register = grouped(seed, planted=False)
        return segments.segments(given, people, register, empty("sellers"))

    groups = lucky(by_group)
    assert set(groups.loc[groups["p_value"] <= 0.05, "verdict"]) == {"same"}


def test_a_client_counts_once_a_wave_and_again_in_the_next():
    given = waved((300, 20, HIGH), (100, 20, HIGH))
    again = surveys(("c0003", 90, 0))
    found = waves.waves(waves.once_per_wave(known(pd.concat([given, again])))).table
    assert found["answers"].tolist() == [20, 20]
    assert found["detractors"].iloc[1] >= 1


def test_a_wave_ends_after_three_quiet_weeks():
    for quiet, expected in ((21, 1), (22, 2)):
        given = known(surveys(("a", 60, 9), ("b", 60 - quiet, 9)))
        assert len(waves.waves(waves.once_per_wave(given)).table) == expected


def test_answers_that_come_all_the_time_are_told_by_quarters():
    rows = [(f"c{i}", day, 9) for i, day in enumerate(range(400, 0, -5))]
    found = waves.waves(waves.once_per_wave(known(surveys(*rows)))).table
    assert found["wave"].tolist() == [
        "3º tri/2025", "4º tri/2025", "1º tri/2026", "2º tri/2026", "3º tri/2026", "4º tri/2026",
    ]  # fmt: skip
    assert found["answers"].sum() == 80


def test_a_wave_of_few_answers_has_no_score_and_the_next_is_compared_with_the_one_before_it():
    once = waves.once_per_wave(waved((500, 150, HIGH), (300, 9, LOW), (100, 150, LOW)))
    found = waves.waves(once).table
    assert found["enough"].tolist() == [True, False, True]
    assert pd.isna(found.loc[1, "nps"])
    assert found.loc[2, "change"] == pytest.approx(found.loc[2, "nps"] - found.loc[0, "nps"])
    assert found["proven"].tolist() == [False, False, True]


def test_two_waves_of_one_month_go_by_their_first_days_and_no_answers_make_no_wave():
    given = known(surveys(("a", 29, 9), ("b", 2, 9)))
    names = waves.waves(waves.once_per_wave(given)).table["wave"].tolist()
    assert names == ["02/10/2026", "29/10/2026"]
    assert [f"{ago(d):%d/%m/%Y}" for d in (29, 2)] == names
    nothing = waves.waves(waves.once_per_wave(given.iloc[:0]))
    assert nothing.table.empty
    assert np.isnan(nothing.trend_p)
