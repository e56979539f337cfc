"""Page 05 finds what the demo's survey was planted with: the change and the null change, the groups, and who does not answer."""

import pandas as pd
import pytest

from carteira_lib import canonical, nps, portfolio
from carteira_lib.nps import score
from tests.demo_raw import purchases, truth
from tests.test_demo_run import prepared

PLANTED = truth()["nps"]
CHANGE = pd.Timestamp(PLANTED["real_change"]["first_wave"])


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = prepared("demo", tmp_path_factory.mktemp("demo"), patch)
        made = portfolio.analyse(canonical.frames(run), as_of=run.as_of)
        portfolio.write(run, made)
        frames = canonical.frames(run, canonical.NPS_FRAMES)
        return frames, nps.analyse(frames, nps.Policy(), as_of=run.as_of)


def test_the_planted_change_is_marked_and_the_planted_null_change_is_not(demo):
    waves = demo[1].waves
    assert len(waves) == len(PLANTED["waves"])
    assert waves.loc[waves["proven"].astype(bool), "first_date"].dt.to_period("M").tolist() == [CHANGE.to_period("M")]
    null = waves[waves["first_date"] >= PLANTED["null_change"]["to"]]
    assert null["proven"].tolist() == [False]
    assert "Na rodada de abr/2026 o NPS **caiu 25 pontos**" in " ".join(nps.findings(demo[1]))


def test_each_wave_has_the_score_of_those_who_answered(demo):
    told = demo[1].waves["nps"].tolist()
    assert told == pytest.approx([wave["answered_nps"] for wave in PLANTED["waves"]], abs=3)
    inside = [
        row.nps_low <= wave["planted_nps"] <= row.nps_high
        for row, wave in zip(demo[1].waves.itertuples(), PLANTED["waves"], strict=True)
    ]
    assert all(inside)


def group(client: str, day: pd.Timestamp) -> str:
    """The planted group of a client on the day of its answer, from what truth.json says of its life."""
    lives = truth()["lives"]
    few = client in lives["one_order"] or client in lives["two_orders"]
    last = lives["stopped"][client][1] if client in lives["stopped"] else purchases()[client][-1] if few else None
    left = (day - pd.Timestamp(last)).days if last else -999
    if left > 60:
        return "stopped"
    if not few and left > -75:
        return "leaving"
    return "niche" if client in truth()["niche"]["members"] else "active"


def test_the_score_of_each_planted_group_is_within_its_interval(demo):
    known = demo[1].answers.known
    own = known.assign(
        group=[group(c, d) for c, d in zip(known["customer_id"], known["answer_date"], strict=True)],
        changed=known["answer_date"] >= CHANGE,
    )
    found = {key: score.counts(part["class"]) for key, part in own.groupby(["group", "changed"])}
    for (name, changed), counts in found.items():
        mix = PLANTED["mix_by_group"][name]
        added = PLANTED["real_change"]["added_to_mix"] if changed and name != "stopped" else (0, 0, 0)
        planted = 100 * (mix[0] + added[0] - mix[2] - added[2])
        interval = score.adjusted_wald(counts, 0.99)  # eight groups are looked at
        assert interval.low <= planted <= interval.high, (name, changed)
    by_group = {name: score.nps(found[name, False]) for name in ("niche", "active", "leaving", "stopped")}
    assert list(by_group) == sorted(by_group, key=by_group.get, reverse=True)


def test_who_does_not_answer_is_found_and_the_weights_go_the_right_way(demo):
    found, strata = demo[1], demo[1].responses
    large = strata["stratum"].str.contains("50-99|100-499") & strata["stratum"].str.startswith(("ativo", "quase"))
    small = strata["stratum"].str.contains(r"\b1-9|10-49") & strata["stratum"].str.startswith(("ativo", "quase"))
    gone = strata["stratum"].str.startswith("inativo")
    for chosen, name in ((large & ~small, "large"), (small, "small"), (gone, "stopped")):
        share = strata.loc[chosen, "answers"].sum() / strata.loc[chosen, "clients"].sum()
        # a little below: some scores are spoilt, and who bought first after the wave was not asked
        assert share == pytest.approx(PLANTED["response_by_group"][name], abs=0.07), name
    raw, mended = (found.summary.set_index("reading").loc[name, "nps"] for name in ("answered", "weighted"))
    last = PLANTED["waves"][-1]
    assert abs(mended - last["clients_nps"]) < abs(raw - last["clients_nps"])


def test_bad_scores_and_second_answers_are_counted_as_planted(demo):
    left_out = demo[1].answers.left_out
    assert left_out["invalid_score"] == sum(truth()["dirt"]["surveys"]["bad_scores"].values())
    assert demo[1].waves["answers"].sum() + left_out["invalid_score"] == pytest.approx(
        sum(wave["answers"] for wave in PLANTED["waves"]), abs=2
    )


def test_the_planted_niche_goes_with_fewer_detractors_once_it_is_known(demo):
    frames, _ = demo
    ids = frames["portfolio"]["customer_id"]
    inside = ids.isin(truth()["niche"]["members"])
    known = pd.DataFrame({"company_kind": "client", "company_id": ids, "in_niche": inside, "known_share": 1.0})
    found = nps.analyse(frames | {"pci_scores": known}, nps.Policy(), as_of=demo[1].as_of)
    asked = found.clients.query("`class` == 'detractor' and in_window")["suggested_action"]
    assert set(asked) == {"recover", "question_fit"}
    drivers = found.drivers.set_index("driver")["effect"]
    assert drivers["Dentro do perfil ideal (PCI)"] == drivers.min()
