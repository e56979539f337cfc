"""Offers and the list on the demo company, against what was planted."""

import json

import numpy as np
import pandas as pd
import pytest

from carteira_lib import actions, canonical, offers, portfolio, tables
from carteira_lib.offers import ease, holdout, matrix
from tests.test_demo_run import ROOT, prepared

PLANTED = json.loads((ROOT / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))
TRUTH, LISTS = PLANTED["offers"], PLANTED["earlier_lists"]["kinds"]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = prepared("demo", tmp_path_factory.mktemp("demo"), patch)
        portfolio.write(run, portfolio.analyse(canonical.frames(run), as_of=run.as_of))
        frames = canonical.frames(run, canonical.OFFER_FRAMES) | canonical.extras(run, canonical.OFFER_EXTRAS)
        return run, frames, offers.analyse(frames, run.as_of, offers.Terms())


def hits(frames, date) -> pd.DataFrame:
    """Of the clients that had the first family of a planted pair and then took up the second: was it among the first five?"""
    bought = matrix.with_items(frames["takeups"], frames["products"])
    part = holdout.fold(bought, frames["customers"], date, 90)
    owned, new = part.known.matrix.toarray() > 0, part.new.toarray() > 0
    families = (
        frames["products"]
        .assign(code=frames["products"]["product_id"].str[:2])
        .drop_duplicates("code")
        .set_index("code")["family"]
    )
    ours = ease.ranked(part.scores, owned, 5)
    rule = ease.ranked(np.asarray(holdout.popularity(part.known)), owned, 5)
    rows = []
    for pair in TRUTH["affinities"]:
        first, second = (part.known.items.get_loc(families[pair[side]]) for side in ("first", "second"))
        rows += [
            (second in ours[row], second in rule[row])
            for row in np.flatnonzero(owned[:, first] & ~owned[:, second] & new[:, second])
        ]
    return pd.DataFrame(rows, columns=["ours", "popularity"])


def test_the_planted_pairs_are_among_the_first_five_and_popularity_misses_them(demo):
    run, frames, _ = demo
    found = pd.concat([hits(frames, date) for date in holdout.cutoffs(run.as_of, 90)])
    assert len(found) > 100
    assert found["ours"].mean() >= 0.6
    assert found["popularity"].mean() <= 0.3


def test_complements_beat_popularity_and_the_planted_pairs_lead_the_baskets(demo):
    _, frames, found = demo
    assert found.cross.basis == "ease"
    assert found.cross.test["lead_low"] > 0
    families = (
        frames["products"]
        .assign(code=frames["products"]["product_id"].str[:2])
        .drop_duplicates("code")
        .set_index("code")["family"]
    )
    planted = {frozenset((families[pair["first"]], families[pair["second"]])) for pair in TRUTH["affinities"]}
    first = found.baskets.head(len(planted))
    assert {frozenset(pair) for pair in zip(first["first_item"], first["second_item"], strict=True)} == planted


def test_the_planted_effect_of_a_loss_for_price_is_found_against_every_control_and_no_other_is(demo):
    found = demo[2]
    assert found.down.found == ("price",)
    rows = found.controls.set_index(["cause", "compared_with"])
    price = rows.loc["price"]
    assert price["share"].iloc[0] == pytest.approx(TRUTH["downsell"]["share_of"]["price"], abs=0.02)
    assert rows.loc[("price", "other_reason"), "control_share"] == pytest.approx(
        TRUTH["downsell"]["chance_otherwise"], abs=0.02
    )
    assert (price["lead_low"] > 0.2).all()
    assert set(found.offers.loc[found.offers["kind"] == "down_sell", "reason"].str.extract(r"(pelo preço)")[0]) == {
        "pelo preço"
    }


def test_better_versions_come_without_individual_chances(demo):
    found = demo[2]
    assert not found.up.earned
    ups = found.offers[found.offers["kind"] == "up_sell"]
    assert len(ups) > 100
    assert ups["probability"].isna().all()
    family = demo[1]["products"].set_index("product_id")["family"]
    bought = demo[1]["takeups"].assign(family=lambda t: t["product_id"].map(family))
    has = set(zip(bought["customer_id"], bought["family"], strict=True))
    assert set(zip(ups["customer_id"], ups["product_id"].map(family), strict=True)) <= has


def test_the_list_respects_the_hours_and_leaves_complaints_detractors_and_buyers_alone(demo):
    run, frames, found = demo
    result = actions.decide(found.offers, frames, run.as_of, actions.Policy())
    listed = result.actions[result.actions["gate"] == "listed"]
    hours = frames["sellers"].set_index("seller_id")["capacity_hours"] / 2
    assert (
        listed.groupby("seller_id")["hours"].sum() <= hours.reindex(sorted(listed["seller_id"].unique())) + 1e-9
    ).all()
    bought = frames["purchases"][frames["purchases"]["net_amount"] > 0]
    recent = bought.loc[bought["order_date"] > run.as_of - pd.Timedelta(days=14), "customer_id"]
    assert not listed.loc[listed["kind"] != "renewal", "customer_id"].isin(set(recent)).any()
    open_ones = frames["interactions"].query("kind == 'Reclamação' and status == 'Aberta'")["customer_id"]
    assert len(set(open_ones)) > 5
    assert not listed["customer_id"].isin(set(open_ones)).any()
    assert listed["customer_id"].is_unique


def test_what_the_earlier_lists_brought_is_found_and_what_they_cannot_tell_is_left_open(demo):
    run, frames, _ = demo
    lists = (frames["earlier_lists"], frames["purchases"], frames["takeups"])
    found = actions.outcomes.outcomes(*lists, run.as_of, horizon_days=90).set_index("kind")
    for kind, label in (("cross_sell", "produto complementar"), ("reactivation", "reativação")):
        row, called, held = found.loc[kind], LISTS[label]["called"], LISTS[label]["held_back"]
        assert row[["contacted", "control_clients"]].tolist() == [called["clients"], held["clients"]]
        assert row["contacted_bought"] == pytest.approx(called["took"], abs=1)
        assert row["control_bought"] == pytest.approx(held["took"], abs=1)
        planted = called["planted_share"] - held["planted_share"]
        assert row["uplift_low"] < planted < row["uplift_high"]
    assert found.loc["cross_sell", "uplift_low"] > 0
    assert found.loc["reactivation", "uplift_low"] < 0 < found.loc["reactivation", "uplift"]
    early = actions.outcomes.outcomes(*lists, pd.Timestamp("2026-03-01"), horizon_days=90)
    assert early.empty
    result = actions.decide(demo[2].offers, frames, run.as_of, actions.Policy())
    said = actions.findings(result)
    assert any("listas anteriores" in sentence and "grupo de controle" in sentence for sentence in said)


def test_the_page_writes_its_tables_and_the_next_list_reads_back_what_was_exported(demo):
    run, frames, found = demo
    result = actions.decide(found.offers, frames, run.as_of, actions.Policy())
    offers.write(run, found)
    actions.write(run, result, found.gaps)
    assert len(tables.read(run, "actions")) == len(result.actions)
    assert set(tables.read(run, "offers")["kind"]) == {"cross_sell", "up_sell", "down_sell", "renewal", "reactivation"}
    for language in ("pt-BR", "en"):
        rows = actions.for_crm(result, language=language).astype({"event_date": "datetime64[us]"})
        later = run.as_of + pd.Timedelta(days=120)
        back = actions.outcomes.earlier(rows, later, 90)
        chosen = result.actions[result.actions["gate"].isin(["listed", "control"])].set_index("customer_id")
        assert len(back) == len(chosen)
        same = back.set_index("customer_id")
        assert (same["kind"] == chosen["kind"].reindex(same.index)).all()
        assert (same["control"] == chosen["control"].reindex(same.index).astype(bool)).all()
        assert same["product_id"].fillna("").tolist() == chosen["product_id"].reindex(same.index).fillna("").tolist()
