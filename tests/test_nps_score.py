"""Scores, intervals and tests of page 05: by enumeration of every outcome, by hand, and beside other people's formulas."""

import functools
import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from carteira_lib.nps import evidence, score
from carteira_lib.nps.score import Counts
from tests.enumerated import EXTREMES, MIXES, chances, crossed, joint, outcomes

Z = norm.ppf(0.975)


def coverage(interval, answers: int, mixes=MIXES) -> np.ndarray:
    """How often the interval holds the score of the portfolio, for each mix."""
    found = interval(outcomes(answers))
    inside = [(found.low <= 100 * (p - d) + 1e-9) & (found.high >= 100 * (p - d) - 1e-9) for p, d in mixes]
    return np.array([chances(answers, mix)[hit].sum() for mix, hit in zip(mixes, inside, strict=True)])


# ---- the score


@pytest.mark.parametrize(("points", "name"), [(0, "detractor"), (6, "detractor"), (7, "passive"), (8, "passive"), (9, "promoter"), (10, "promoter")])  # fmt: skip
def test_each_score_has_its_class_on_both_sides_of_the_cuts(points, name):
    assert score.class_of(pd.Series([points], dtype="Int64")).tolist() == [name]


def test_neutrals_count_in_the_denominator_and_the_reading_without_them_is_larger():
    found = score.counts(score.class_of(pd.Series([10, 9, 9, 8, 8, 7, 7, 7, 6, 0])))
    assert found == Counts(3, 5, 2)
    assert score.nps(found) == pytest.approx(10)
    assert score.without_passives(found) == pytest.approx(20)


def test_nobody_and_nobody_but_neutrals_have_no_score_in_place_of_a_division_by_zero():
    assert math.isnan(score.nps(Counts(0, 0, 0)))
    assert math.isnan(score.without_passives(Counts(0, 7, 0)))
    assert score.nps(Counts(0, 7, 0)) == 0


# ---- the interval


@pytest.mark.parametrize(
    ("answers", "adjusted", "plain"),
    [
        (10, (0.955, 0.930), (0.880, 0.649)),
        (20, (0.951, 0.939), (0.920, 0.740)),
        (50, (0.950, 0.943), (0.937, 0.884)),
        (200, (0.950, 0.948), (None, None)),
    ],
)
def test_exact_coverage_is_that_of_the_methods_table(answers, adjusted, plain):
    found = coverage(score.adjusted_wald, answers)
    assert [found.mean(), found.min()] == pytest.approx(adjusted, abs=0.0006)
    if plain[0]:
        found = coverage(score.plain_wald, answers)
        assert [found.mean(), found.min()] == pytest.approx(plain, abs=0.0006)


@pytest.mark.parametrize("answers", [10, 20, 50, 200])
def test_in_the_extremes_the_interval_holds_where_the_textbook_one_breaks(answers):
    ours, plain = (coverage(rule, answers, EXTREMES) for rule in (score.adjusted_wald, score.plain_wald))
    assert ours.mean() >= 0.95
    assert ours.min() >= 0.90
    assert plain.min() < 0.90


def tango(found: Counts, quantile: float = Z) -> tuple[float, float]:
    """Tango (1998): the differences of paired proportions that a score test does not refuse, by root finding."""
    n, b, c = found.answers, found.promoters, found.detractors

    def z(delta: float) -> float:
        pb = -(b + c) + (2 * n - b + c) * delta
        q = (math.sqrt(pb * pb + 8 * n * c * delta * (1 - delta)) - pb) / (4 * n)
        return (b - c - n * delta) / math.sqrt(n * (2 * q + delta * (1 - delta)))

    observed, edge = (b - c) / n, 1 - 1e-9
    return brentq(lambda d: z(d) - quantile, -edge, observed), brentq(lambda d: z(d) + quantile, observed, edge)


def test_the_oracle_agrees_with_tangos_interval_as_propcis_computes_it():
    # R's PropCIs 0.3-0 as others published its results: scoreci.mp(60, 20, 1000) at 95 %, (41, 48, 549) at 90 %
    assert tango(Counts(20, 920, 60)) == pytest.approx((-0.0584, -0.0231), abs=6e-5)
    assert tango(Counts(48, 460, 41), norm.ppf(0.95)) == pytest.approx((-0.0157, 0.0414), abs=6e-5)


@pytest.mark.parametrize(("answers", "apart"), [(10, 10.0), (20, 6.0), (50, 3.0), (200, 1.0)])
def test_the_interval_is_near_tangos_score_interval_and_nearer_with_more_answers(answers, apart):
    """NPS is the difference of two paired proportions: what holds for that difference must hold here."""
    everything = outcomes(answers)
    mixed = (everything.promoters > 0) & (everything.detractors > 0) & (everything.passives > 0)
    some = Counts(*(part[mixed][:: max(1, mixed.sum() // 200)] for part in everything))
    ours = score.adjusted_wald(some)
    theirs = 100 * np.array([tango(Counts(*row)) for row in zip(*some, strict=True)])
    assert np.abs(np.column_stack([ours.low, ours.high]) - theirs).max() < apart


def test_the_interval_is_near_that_of_agresti_and_min_for_paired_proportions():
    """Agresti & Min (2005): Wald after half an answer more in each of the four cells, two of which are our neutrals."""
    found = outcomes(100)
    n, b, c = 102, found.promoters + 0.5, found.detractors + 0.5
    half = Z * np.sqrt((b + c) / n - ((b - c) / n) ** 2) / math.sqrt(n)
    ours = score.adjusted_wald(found)
    assert np.abs(ours.low - 100 * np.clip((b - c) / n - half, -1, 1)).max() < 2
    assert np.abs(ours.high - 100 * np.clip((b - c) / n + half, -1, 1)).max() < 2


def test_the_numbers_are_those_of_the_formulas_of_the_r_package_nps():
    """nps, npvar, nps.se and the Wald test of Rocks' package, written out as it has them, on raw scores."""
    scores = np.array([10] * 13 + [9] * 8 + [8] * 9 + [7] * 4 + [6] * 3 + [3] * 5 + [0] * 2)
    table = np.array([(scores <= 6).sum(), ((scores == 7) | (scores == 8)).sum(), (scores >= 9).sum()])
    shares = table / table.sum()
    var = (shares[2] + shares[0]) - (shares[2] - shares[0]) ** 2
    se = math.sqrt(var / len(scores))
    value = shares[2] - shares[0]
    found = score.plain_wald(score.counts(score.class_of(pd.Series(scores))))
    assert np.array(found) / 100 == pytest.approx((value, value - Z * se, value + Z * se), abs=1e-9)
    # Rocks (2016): three imagined answers spread as a triangle, a quarter, a half, a quarter
    table = table + 3 * np.array([0.25, 0.5, 0.25])
    shares = table / table.sum()
    value, var = shares[2] - shares[0], shares[2] + shares[0] - (shares[2] - shares[0]) ** 2
    half = Z * math.sqrt(var / table.sum())
    found = score.adjusted_wald(score.counts(score.class_of(pd.Series(scores))))
    assert np.array(found[1:]) / 100 == pytest.approx((value - half, value + half), abs=1e-9)


def test_limits_stay_possible_and_turn_round_with_the_answers():
    for answers in (10, 37):
        found = outcomes(answers)
        ours, mirrored = score.adjusted_wald(found), score.adjusted_wald(Counts(*found[::-1]))
        assert ours.low == pytest.approx(-mirrored.high)
        assert (ours.low >= -100).all()
        assert (ours.high <= 100).all()
        assert (ours.low < ours.high).all()


# ---- this portfolio, today

PORTFOLIOS = [
    (10, 100),
    (20, 60),
    (10, 20),
    (30, 40),
    (20, 25),
    (10, 13),
    (20, 23),
    (10, 12),
    (20, 22),
    (10, 11),
    (40, 41),
]


def finite_coverage(answers: int, clients: int) -> np.ndarray:
    """How often the interval holds the score of all clients, those who answered and those who did not."""
    asked, silent = crossed(answers, clients - answers)
    found = score.finite_portfolio(asked, clients)
    truth = 100 * (asked.net + silent.net) / clients
    inside = (found.low <= truth + 1e-9) & (truth <= found.high + 1e-9)
    return np.array([joint((answers, clients - answers), mix)[inside].sum() for mix in MIXES])


@pytest.mark.parametrize(("answers", "clients"), PORTFOLIOS)
def test_the_interval_of_this_portfolio_covers_it_at_every_share_of_answers(answers, clients):
    found = finite_coverage(answers, clients)
    assert found.min() >= 0.93
    assert found.mean() >= 0.945
    if clients - answers >= 20:
        assert found.mean() <= 0.965


def test_where_everybody_answered_nothing_is_uncertain():
    found = outcomes(10)
    assert np.array(score.finite_portfolio(found, 10)) == pytest.approx(np.array([score.nps(found)] * 3))


def test_the_interval_of_this_portfolio_is_possible_and_narrower_the_more_answered():
    found = Counts(30, 40, 30)
    widths = [float(e.high - e.low) for e in (score.finite_portfolio(found, n) for n in (100, 110, 200, 1000, 10**7))]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(float(np.diff(score.adjusted_wald(found)[1:])[0]), abs=0.01)
    one_sided = score.finite_portfolio(Counts(10, 0, 0), 11)
    assert one_sided.low >= 100 * (10 - 1) / 11
    assert one_sided.high <= 100
    with pytest.raises(ValueError, match="clients must be at least"):
        score.finite_portfolio(found, 99)


# ---- whether a difference is one

PAIRS = [(10, 10), (10, 40), (10, 70), (20, 20), (25, 50), (12, 120)]
LEVELS = (0.05, 0.025, 0.05 / 3, 0.01, 0.005)


@pytest.mark.parametrize("sizes", PAIRS)
def test_with_nothing_different_no_level_is_exceeded(sizes):
    p_values = evidence.difference(*crossed(*sizes))
    mixes = [*(MIXES if sum(sizes) < 50 else MIXES[::40]), *EXTREMES[::2]]
    for mix in mixes:
        weights = joint(sizes, mix)
        for level in LEVELS:
            assert weights[p_values <= level].sum() <= level


def test_the_textbook_test_exceeds_its_level():
    """Why the pooled z is not used as it is."""
    p_values = 2 * norm.sf(np.abs(evidence.pooled_z(*crossed(10, 40))))
    worst = max(joint((10, 40), mix)[p_values <= 0.05].sum() for mix in EXTREMES)
    assert worst > 0.08


def test_the_difference_is_found_where_there_is_one():
    """80 against 40 promoters of 100: even odds would be no test."""
    asked = crossed(50, 50)
    p_values = evidence.difference(*asked)
    weights = np.multiply.outer(chances(50, (0.6, 0.15)), chances(50, (0.3, 0.4)))
    power = weights[p_values <= 0.05].sum()
    textbook = weights[2 * norm.sf(np.abs(evidence.pooled_z(*asked))) <= 0.05].sum()
    assert power > 0.9
    assert power > textbook - 0.03


def test_pooled_z_by_hand():
    """60-20 against 40-40 of 100 each: variance of all 200 is .8 - .2 squared = .76; .4 / sqrt(.76 * .02)."""
    z = evidence.pooled_z(Counts(60, 20, 20), Counts(40, 20, 40))
    assert z == pytest.approx(0.4 / math.sqrt(0.76 * 0.02))
    assert evidence.difference(Counts(0, 0, 30), Counts(0, 0, 12)) > 0.9


def test_chance_alone_moves_about_half_of_the_waves_of_fifty_by_ten_points():
    """METHODS has 57 % for |delta| >= 10 at n=50; it depends on how divided the portfolio is."""
    one, other = crossed(50, 50)
    moved = np.abs(one.net - other.net) / 50 >= 0.1 - 1e-9
    found = [joint((50, 50), mix)[moved].sum() for mix in MIXES[::3]]
    assert 0.45 < np.mean(found) < 0.57 < np.max(found)


@pytest.mark.parametrize("sizes", [(10, 10, 10), (10, 14, 11)])
def test_holm_keeps_the_family_of_segments_below_five_per_cent(sizes):
    """Each group against all the others, as the page tests them; an error is any group marked."""
    groups = crossed(*sizes)
    whole = Counts(*(functools.reduce(np.add, parts) for parts in zip(*groups, strict=True)))
    rests = [Counts(*(w - g for w, g in zip(whole, group, strict=True))) for group in groups]
    p_values = np.stack([evidence.difference(g, r) for g, r in zip(groups, rests, strict=True)])
    first = np.sort(p_values, axis=0)[0] * len(sizes)  # Holm marks something where the smallest passes
    for mix in [*MIXES[::12], *EXTREMES[::2]]:
        assert joint(sizes, mix)[first <= 0.05].sum() <= 0.05


def test_holm_by_hand_and_never_below_the_single_p_value():
    assert evidence.holm([0.02, 0.5, 0.001]).tolist() == pytest.approx([0.04, 0.5, 0.003])
    assert evidence.holm([]).tolist() == []
    assert evidence.holm([0.9, 0.8]).tolist() == [1.0, 1.0]


def trend_lattice(sizes: tuple[int, ...]) -> np.ndarray:
    """P value at each (promoters, detractors, time x net) that so many answers a wave can give, times being 0, 1, 2..."""
    times, whole = np.arange(len(sizes)), sum(sizes)
    reach = int((times * sizes).sum())
    promoters, detractors, weighted = np.indices((whole + 1, whole + 1, 2 * reach + 1)).reshape(3, -1).astype("float64")
    weighted -= reach
    # any waves with these sums give the same statistic: times 0 and 1 carry them all
    net = np.stack([promoters - detractors - weighted, weighted, *[np.zeros_like(weighted)] * (len(sizes) - 2)])
    down = np.stack([detractors, *[np.zeros_like(weighted)] * (len(sizes) - 1)])
    waves = Counts(net + down, np.array(sizes)[:, None] - net - 2 * down, down)
    with np.errstate(invalid="ignore"):
        found = evidence.trend(waves, times[:, None])
    return found.reshape(whole + 1, whole + 1, 2 * reach + 1)


def trend_chances(sizes: tuple[int, ...], mix: tuple[float, float]) -> np.ndarray:
    """The probability of each point of that lattice: the waves' own, convolved."""
    whole, reach = sum(sizes), int((np.arange(len(sizes)) * sizes).sum())
    spectrum = 1.0
    for time, size in enumerate(sizes):
        wave = np.zeros((whole + 1, whole + 1, 2 * reach + 1))
        found = outcomes(size)
        np.add.at(
            wave, (found.promoters, found.detractors, time * (found.promoters - found.detractors)), chances(size, mix)
        )
        spectrum = spectrum * np.fft.rfftn(wave, axes=(0, 1, 2))
    return np.roll(
        np.fft.irfftn(spectrum, s=wave.shape, axes=(0, 1, 2)), reach, axis=2
    )  # a negative sum stands at the far end


@pytest.mark.parametrize("sizes", [(10, 10, 10, 10), (10, 10, 10, 20), (20, 10, 10, 10)])
def test_a_trend_is_seen_in_at_most_six_and_a_half_per_cent_where_there_is_none(sizes):
    seen = trend_lattice(sizes) <= 0.05
    for mix in [MIXES[0], MIXES[60], MIXES[120], *EXTREMES[::5]]:
        weights = trend_chances(sizes, mix)
        assert weights.sum() == pytest.approx(1)
        assert weights[seen].sum() <= 0.065


def test_trend_needs_four_waves_and_does_not_depend_on_the_unit_of_time():
    rising = Counts(np.array([30, 35, 40, 45]), np.full(4, 20), np.array([50, 45, 40, 35]))
    days = np.array([0, 180, 365, 545])
    assert evidence.trend(rising, days) == pytest.approx(evidence.trend(rising, days / 30 + 7))
    assert evidence.trend(rising, days) < 0.05
    assert math.isnan(evidence.trend(Counts(*(part[:3] for part in rising)), days[:3]))


def test_trend_by_hand():
    """Sum of time x net is 50; shares 150.75 and 170.75 of 403; 100 x 5 of time squared."""
    rising = Counts(np.array([30, 35, 40, 45]), np.full(4, 20), np.array([50, 45, 40, 35]))
    p, d = 150.75 / 403, 170.75 / 403
    z = 50 / math.sqrt((p + d - (p - d) ** 2) * 500)
    assert evidence.trend(rising, np.arange(4)) == pytest.approx(2 * norm.sf(z), rel=0.05)
