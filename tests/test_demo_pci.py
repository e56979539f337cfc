"""Page 03 on the demo company, against the niche that was planted, and on public data."""

import numpy as np
import pandas as pd
import pytest

from carteira_lib import canonical, pci, portfolio, tables
from carteira_lib.pci import judge
from tests.test_demo_run import TRUTH, prepared

PLANTED = TRUTH["niche"]


def read(name: str, folder) -> tuple[tables.Run, dict[str, pd.DataFrame]]:
    """A params file's run, and what page 03 reads of it."""
    with pytest.MonkeyPatch.context() as patch:
        run = prepared(name, folder, patch)
        portfolio.write(run, portfolio.analyse(canonical.frames(run), as_of=run.as_of))
        return run, canonical.frames(run, canonical.PCI_FRAMES)


def over_all(lift: float, share: float) -> float:
    """Value inside over the mean of all clients, as public figures on these data are given; ours is over the others."""
    return lift / (1 + share * (lift - 1))


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> pci.Analysis:
    run, frames = read("demo", tmp_path_factory.mktemp("demo"))
    return pci.analyse(frames, run.as_of)


def f1(found: pci.Analysis, kind: str, planted: list[str]) -> float:
    own = found.scores[found.scores["company_kind"] == kind]
    inside, true = own["in_niche"].astype(bool), own["company_id"].isin(planted)
    return 2 * (inside & true).sum() / (inside.sum() + true.sum())


def test_the_planted_niche_is_found_among_clients_and_prospects(found):
    assert found.learned.niche.published is not None
    assert f1(found, "client", PLANTED["members"]) >= 0.7
    assert f1(found, "prospect", PLANTED["prospects"]) >= 0.7


@pytest.mark.parametrize("language", ["pt-BR", "en"])
def test_the_sentence_names_the_planted_sectors_size_and_region(found, language):
    text = pci.findings(found, language=language)[0]
    start = (
        "O perfil do comprador ideal é **setor Hotelaria ou Saúde, "
        if language == "pt-BR"
        else "The profile of the ideal buyer is **sector Hotelaria or Saúde, "
    )
    assert text.startswith(start)
    assert ("funcionários" if language == "pt-BR" else "employees") in text
    assert f"{'região' if language == 'pt-BR' else 'region'} {PLANTED['rule']['region']}**" in text


def test_the_niche_is_sure_and_lasts(found):
    first = found.rules.iloc[0]
    assert first["luck_share"] <= 0.01
    assert first["lift_low"] > 1
    assert first["later_low"] > 1
    assert first["stability"] >= 0.6


def test_prospects_of_the_niche_come_first(found):
    own = found.scores[found.scores["company_kind"] == "prospect"].dropna(subset=["lookalike_score"])
    true = own["company_id"].isin(PLANTED["prospects"])
    first = true.to_numpy()[np.argsort(-own["lookalike_score"].to_numpy(), kind="stable")][:30]
    assert first.mean() >= 4 * true.mean()


@pytest.mark.real_data
def test_adventureworks_warehouses_bring_more_revenue_and_still_do_a_year_later(tmp_path):
    """By margin there is no niche: these resellers are sold to at a loss as often as not."""
    run, frames = read("adventureworks", tmp_path)
    by_margin = pci.analyse(frames, run.as_of)
    assert by_margin.learned.niche.published is None
    uncosted = dict.fromkeys([p + c for p in ("", "recent_") for c in ("costed_amount", "cost")], 0.0)
    found = pci.analyse(frames | {"margins": frames["margins"].assign(**uncosted)}, run.as_of)
    assert found.value.basis == "revenue"
    first = found.rules.iloc[0]
    assert first["luck_share"] == 0.005
    known = frames["customers"].set_index("customer_id").reindex(found.value.yearly.index)
    warehouse = (known["sector"] == "Warehouse").to_numpy()
    rules = [c.inside for c in found.learned.niche.candidates if c.method in ("scan", "scan_discounted", "clusters")]
    assert max(judge.jaccard(inside, warehouse) for inside in rules) > 0.9  # as told by the type, or by its headcount
    assert judge.jaccard(rules[0], warehouse) > 0.6
    assert over_all(first["sample_lift"], first["client_share"]) >= 1.40
    assert over_all(first["later_lift"], first["client_share"]) >= 1.31
    assert first["later_low"] > 1


@pytest.mark.real_data
def test_the_channel_tells_the_best_clients_of_uci_wholesale(real_data):
    """Hotels and restaurants buy on channel 1, retailers on channel 2, which is worth more."""
    file = real_data / "uci_wholesale" / "Wholesale customers data.csv"
    raw = pd.read_csv(file, encoding="latin1", usecols=range(8), dtype={"Channel": "str", "Region": "str"})
    ids = [f"w{n:03d}" for n in range(len(raw))]
    spent = raw.iloc[:, 2:].sum(axis=1).astype("float64")
    day = pd.Timestamp("2012-01-01")
    amounts = {
        f"{p}{c}": spent if c == "net_amount" else 0.0
        for p in ("", "recent_")
        for c in ("net_amount", "costed_amount", "cost")
    }
    margins = pd.DataFrame({"customer_id": ids, "first_order_date": day} | amounts)
    empty = {
        name: tables.conform(pd.DataFrame(columns=list(tables.contract(name).column_names)), name)
        for name in ("prospects", "sellers")
    }
    clients = pd.DataFrame({
        "customer_id": ids, "name": "x", "person_type": "PJ", "seller_id": None, "status": "active", "frequency": 1,
        "net_revenue_365d": spent, "average_order_value": spent, "own_cycle_days": 365.0,
    })  # fmt: skip
    frames = empty | {
        "margins": margins, "portfolio": clients, "families": pd.DataFrame({"customer_id": [], "family": [], "net_revenue_365d": []}),
        "customers": pd.DataFrame({"customer_id": ids, "channel": raw["Channel"], "place": raw["Region"]}),
    }  # fmt: skip
    declared = {"channel": "nominal", "place": "nominal"}
    found = pci.analyse(frames, pd.Timestamp("2012-12-30"), pci_attributes=declared)
    first = found.rules.iloc[0]
    assert first["rule_text"] == "canal 2"
    assert first["client_share"] == pytest.approx(142 / 440)
    assert over_all(first["lift"], first["client_share"]) == pytest.approx(1.40, abs=0.05)
