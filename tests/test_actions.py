"""The list: who is left in peace, the hours that are never exceeded, the lot, the owners, and what earlier lists brought."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import Bounds, LinearConstraint, milp

from carteira_lib import actions, tables
from carteira_lib.actions import gate, outcomes, owners, plan, tips, words
from carteira_lib.tables import DataError

AS_OF = pd.Timestamp("2026-06-30")


def made(name: str, *rows, **defaults) -> pd.DataFrame:
    """A table of its contract from dicts, all other columns empty or as given."""
    columns = tables.contract(name).columns
    frame = pd.DataFrame([{**defaults, **row} for row in rows], columns=[c.name for c in columns])
    return frame.astype({c.name: tables.PANDAS_TYPES[c.kind] for c in columns})


def day(ago: int) -> pd.Timestamp:
    return AS_OF - pd.Timedelta(days=ago)


def event(client: str, kind: str, ago: int, status: str | None = None) -> dict:
    return {"customer_id": client, "kind": kind, "event_date": day(ago), "status": status}


def bought(*rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["customer_id", "ago", "net_amount"])
    return frame.assign(order_date=AS_OF - pd.to_timedelta(frame.pop("ago").astype("int64"), unit="D"))


NOTHING = {name: made(name) for name in ("interactions", "surveys", "contracts", "proposals", "customers", "products", "sellers")} | {
    "earlier_lists": made("interactions"), "pci_scores": made("pci_scores"), "churn": made("churn"),
    "purchases": bought(), "takeups": pd.DataFrame({"customer_id": [], "product_id": [], "first_date": pd.to_datetime([])}),
}  # fmt: skip


def blocks(**frames) -> dict[str, str]:
    found = gate.gates(NOTHING | frames, AS_OF)
    return dict(zip(found["customer_id"], found["gate"], strict=True))


def events(*rows) -> dict[str, str]:
    return blocks(interactions=made("interactions", *rows))


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([event("a", "Descadastro de e-mail", 900)], "opt_out"),
        ([event("a", "Reclamação", 900, "Aberta")], "complaint_open"),
        ([event("a", "Reclamação", 30, "Resolvida")], "complaint_recent"),
        ([event("a", "Reclamação", 31, "Resolvida")], None),
        ([event("a", "Reclamação", 31)], None),
        ([event("a", "Reclamação", -1, "Aberta")], None),
        ([event("a", "Título em atraso", 31, "Em aberto")], "overdue"),
        ([event("a", "Título em atraso", 30, "Em aberto")], None),
        ([event("a", "Título em atraso", 31, "Pago")], None),
        ([event("a", k, n) for n, k in enumerate(("Visita", "Ligação", "E-mail aberto"), 27)], "contacts"),
        ([event("a", k, n) for n, k in enumerate(("Visita", "Ligação", "E-mail aberto"), 28)], None),
        ([event("a", "Visita", 3), event("a", "Visita", 3), event("b", "Visita", 3)], None),
    ],
    ids=[
        "opt-out, however old", "open complaint", "complaint of 30 days", "of 31 days", "without a status", "tomorrow's", "overdue 31 days",
        "30 days", "paid", "three contacts", "the third too old", "two contacts",
    ],
)  # fmt: skip
def test_events_that_hold_a_client_back(rows, code):
    assert events(*rows).get("a") == code


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([event("a", "Lista: reativação", n, "Controle") for n in (1, 2, 3)], None),
        ([event("a", "Lista: reativação", n, "A fazer") for n in (1, 2, 3)], None),
        ([event("a", "Lista: reativação", n) for n in (1, 2, 3)], None),
        ([event("a", "Lista: reativação", n, "Feita") for n in (1, 8, 29)], "contacts"),
        ([event("a", "Lista: reativação", n, "Feita") for n in (1, 8, 30)], None),
        ([event("a", "Lista: reativação", n, "Feita") for n in (1, 8, -1)], None),
        ([event("a", "Lista: renovação", 5, "Feita"), event("a", "Lista: renovação", 9, "Sem resposta")], "contacts"),
        ([event("a", "Lista: renovação", 5, "Feita"), event("a", "Lista: renovação", 20, "Feita")], None),
    ],
    ids=["held back", "to do", "no status", "three calls", "the third too old", "tomorrow's", "two calls and a visit", "one on the day of the visit"],
)  # fmt: skip
def test_calls_made_for_a_list_count_as_contacts_once(rows, code):
    visit = made("interactions", event("a", "Visita", 20)) if len(rows) == 2 else made("interactions")
    assert blocks(interactions=visit, earlier_lists=made("interactions", *rows)).get("a") == code


@pytest.mark.parametrize(
    ("status", "is_open"),
    [
        ("Em aberto", True), ("PENDENTE", True), ("Pendente de pagamento", True), ("Aguardando pagamento", True), ("A pagar", True),
        ("Não pago", True), ("Não resolvida", True), ("Reaberta", True), ("Em andamento", True), ("Unpaid", True), ("Open", True),
        ("Pago", False), ("Quitado", False), ("Pendência resolvida", False), ("Resolvida", False), ("Encerrada", False), ("Paid", False),
        ("Solved", False), ("Sem classificação", False), (None, False),
    ],
)  # fmt: skip
def test_a_status_is_open_or_closed_as_companies_write_it(status, is_open):
    assert (
        words.with_meaning(made("interactions", event("a", "Título em atraso", 40, status)))["is_open"].item()
        is is_open
    )


@pytest.mark.parametrize(
    ("score", "ago", "blocked"), [(6, 180, True), (7, 180, False), (6, 181, False), (0, 0, True), (3, -1, False)]
)
def test_a_detractor_of_half_a_year_is_not_sold_to(score, ago, blocked):
    answer = made("surveys", {"customer_id": "a", "score": score, "answer_date": day(ago)})
    assert ("a" in blocks(surveys=answer)) is blocked


def test_the_last_answer_counts_and_of_one_day_the_lowest():
    answers = [("a", 2, 50), ("a", 9, 40), ("b", 9, 50), ("b", 2, 40), ("c", 9, 40), ("c", 2, 40)]
    table = made("surveys", *({"customer_id": c, "score": s, "answer_date": day(d)} for c, s, d in answers))
    assert blocks(surveys=table) == {"b": "detractor", "c": "detractor"}
    assert blocks(surveys=table.iloc[::-1]) == {"b": "detractor", "c": "detractor"}


@pytest.mark.parametrize(("left", "code"), [(60, "contract_ending"), (61, None), (0, "contract_ending"), (-1, None)])
def test_a_contract_about_to_end_leaves_the_renewal_alone(left, code):
    contract = {"contract_id": "C", "customer_id": "a", "start_date": day(300), "end_date": day(-left), "amount": 1.0}
    found = gate.gates(NOTHING | {"contracts": made("contracts", contract)}, AS_OF)
    assert dict(zip(found["customer_id"], found["gate"], strict=True)).get("a") == code
    assert found["renewal_open"].all()


def test_a_contract_already_renewed_holds_nobody_back():
    ending = {"customer_id": "a", "start_date": day(300), "end_date": day(-30), "amount": 1.0}
    rows = (
        {**ending, "contract_id": "C", "renewed": True},
        {**ending, "contract_id": "D", "customer_id": "b", "renewed": False},
    )
    assert blocks(contracts=made("contracts", *rows)) == {"b": "contract_ending"}


@pytest.mark.parametrize(("ago", "amount", "code"), [(13, 9.0, "just_bought"), (14, 9.0, None), (3, -9.0, None)])
def test_who_has_just_bought_waits_two_weeks(ago, amount, code):
    assert blocks(purchases=bought(("a", ago, amount))).get("a") == code


def test_what_was_turned_down_is_not_offered_for_90_days():
    proposals = made(
        "proposals",
        {"proposal_id": "1", "customer_id": "a", "status": "lost", "product_id": "P", "sent_date": day(99), "closed_date": day(89)},
        {"proposal_id": "2", "customer_id": "a", "status": "lost", "product_id": "Q", "sent_date": day(99), "closed_date": day(90)},
        {"proposal_id": "3", "customer_id": "a", "status": "won", "product_id": "R", "sent_date": day(9), "closed_date": day(1)},
        amount=1.0,
    )  # fmt: skip
    said_no = made(
        "interactions",
        event("b", "Lista: produto complementar: S", 10, "Recusou"),
        event("b", "Lista: produto complementar: T", 10, "Feita"),
        event("b", "Lista: produto complementar: U", 90, "Recusou"),
        event("b", "Lista: produto complementar: V:2", 89, "Recusou"),
        event("b", "Lista: produto complementar: W", -1, "Recusou"),
        event("c", "Lista: reativação", 10, "Não quis"),
    )
    found = set(gate.refused(proposals, said_no, AS_OF))
    assert found == {("a", "P"), ("b", "S"), ("b", "V:2"), ("c", "reactivation")}


def test_who_did_not_want_to_come_back_is_not_asked_again_at_once():
    offer = {
        "customer_id": "k001",
        "kind": "reactivation",
        "expected_value": 9.0,
        "anyway_share": 0.1,
        "probability": 0.1,
    }
    offers = made("offers", offer, reason="r", evidence="churn")
    frames = NOTHING | {"portfolio": company(0)["portfolio"], "sellers": company(0)["sellers"]}
    assert decided(0, offers, frames).actions["gate"].item() in ("listed", "control")
    said_no = {"earlier_lists": made("interactions", event("k001", "Lista: reativação", 20, "Recusou"))}
    assert decided(0, offers, frames | said_no).actions["gate"].item() == "refused"


def test_a_status_that_contradicts_itself_counts_as_open_and_is_told():
    rows = made("interactions", event("a", "Reclamação", 200, "Aberta"), event("a", "Reclamação", 200, "Resolvida"))
    assert blocks(interactions=rows) == {"a": "complaint_open"}
    assert gate.contradictions(rows, AS_OF) == 1


def test_a_seller_is_told_of_who_leaves_of_a_promoter_and_of_the_ideal_profile():
    answers = [("a", 9, 180), ("b", 8, 5), ("c", 10, 181), ("d", 10, 50), ("d", 3, 40), ("e", 10, -1), ("f", 10, 0)]
    surveys = made("surveys", *({"customer_id": c, "score": s, "answer_date": day(d)} for c, s, d in answers))
    niche = made(
        "pci_scores",
        {"company_kind": "client", "company_id": "b", "in_niche": True},
        {"company_kind": "client", "company_id": "f", "in_niche": True},
        {"company_kind": "client", "company_id": "g", "in_niche": False},
        {"company_kind": "prospect", "company_id": "h", "in_niche": True},
        known_share=1.0,
    )
    assert tips.tips(surveys, niche, made("churn"), AS_OF) == {
        "a": "Promotor (nota 9): peça uma indicação",
        "b": "Perfil do comprador ideal",
        "f": "Promotor (nota 10): peça uma indicação. Perfil do comprador ideal",
    }
    chances = [("a", 0.86, "late"), ("b", 0.49, "late"), ("i", 0.5, "active"), ("j", 0.99, "inactive")]
    risk = made("churn", *({"customer_id": c, "churn_probability": p, "status": s} for c, p, s in chances),
                **dict.fromkeys(("recency_days", "expected_orders", "expected_revenue"), 0))  # fmt: skip
    told = tips.tips(surveys, niche, risk, AS_OF)
    assert told["a"] == "Em risco de parar: pergunte antes o que mudou. Promotor (nota 9): peça uma indicação"
    assert told["b"] == "Perfil do comprador ideal"
    assert told["i"] == "Em risco de parar: pergunte antes o que mudou"
    assert "j" not in told


def test_the_list_of_a_seller_holds_what_to_know_behind_the_reason():
    answer = made("surveys", {"customer_id": "k001", "score": 10, "answer_date": day(9)})
    offers = made("offers", *({"customer_id": c, "kind": "reactivation", "expected_value": 9.0} for c in ("k001", "k002")), reason="Sumiu", evidence="churn")  # fmt: skip
    portfolio = company(0)["portfolio"].assign(seller_id="V1")
    frames = NOTHING | {"portfolio": portfolio, "sellers": company(0)["sellers"], "surveys": answer}
    result = decided(0, offers, frames, control_share=0.0)
    (part,) = actions.lists(result, frames["sellers"]).values()
    assert part.set_index("customer_id")["reason"].to_dict() == {
        "k001": "Sumiu. Promotor (nota 10): peça uma indicação", "k002": "Sumiu",
    }  # fmt: skip


KINDS = list(plan.HOURS)


def company(seed: int, clients: int = 120) -> dict[str, pd.DataFrame]:
    """A company at random: clients of four sellers and of none, with offers, complaints, answers and contracts."""
    rng = np.random.default_rng(seed)
    ids = [f"k{n:03d}" for n in range(clients)]
    owner = rng.choice(["V1", "V2", "V3", "V4", None], clients, p=[0.5, 0.2, 0.15, 0.1, 0.05])
    portfolio = made(
        "portfolio",
        *({"customer_id": c, "seller_id": o, "name": f"Nome {c}", "status": rng.choice(["active", "late", "inactive"])} for c, o in zip(ids, owner, strict=True)),
        abc_class="B", occasional=False, new=False, recovered=False, renewal_due=False, frequency=5, net_revenue=1.0, net_revenue_365d=1.0,
        next_step="keep", person_type="PJ",
    )  # fmt: skip
    kinds = ("Visita", "Reclamação", "Título em atraso", "Descadastro")
    seen = [
        event(
            rng.choice(ids),
            rng.choice(kinds, p=[0.7, 0.15, 0.1, 0.05]),
            int(rng.integers(0, 90)),
            rng.choice(["Aberta", "Resolvida"]),
        )
        for _ in range(60)
    ]
    answers = [
        {
            "customer_id": rng.choice(ids),
            "score": int(rng.integers(0, 11)),
            "answer_date": day(int(rng.integers(0, 300))),
        }
        for _ in range(60)
    ]
    sellers = [
        {"seller_id": f"V{n}", "name": f"Vendedor {n}", "capacity_hours": h, "region": r}
        for n, h, r in ((1, 20, "S"), (2, 30, "S"), (3, 40, "N"), (4, 0, "N"))
    ]
    register = [{"customer_id": c, "region": rng.choice(["S", "N"])} for c in ids]
    return NOTHING | {
        "portfolio": portfolio, "interactions": made("interactions", *seen), "surveys": made("surveys", *answers),
        "sellers": made("sellers", *sellers), "customers": made("customers", *register),
        "purchases": bought(*((rng.choice(ids), int(rng.integers(0, 60)), 10.0) for _ in range(80))),
    }  # fmt: skip


def offered(seed: int, clients: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(seed + 100)
    rows = [
        {"customer_id": f"k{rng.integers(0, clients):03d}", "kind": rng.choice(KINDS), "product_id": f"P{rng.integers(0, 9)}",
         "expected_value": round(float(rng.lognormal(3, 1)), 2), "probability": 0.1, "anyway_share": 0.1, "ticket": 100.0}
        for _ in range(3 * clients)
    ]  # fmt: skip
    return made("offers", *rows, reason="porque sim", evidence="ease")


def decided(seed: int, offers=None, frames=None, **settings):
    offers = offered(seed) if offers is None else offers
    return actions.decide(offers, company(seed) if frames is None else frames, AS_OF, actions.Policy(**settings))


WORLDS = range(4)


@pytest.mark.parametrize("seed", WORLDS)
def test_no_blocked_client_is_listed_one_action_each_and_no_hour_too_many(seed):
    frames, found = company(seed), decided(seed)
    listed = found.actions[found.actions["gate"] == "listed"]
    blocked = gate.gates(frames, AS_OF)
    hard = set(blocked.loc[~blocked["renewal_open"], "customer_id"])
    assert len(hard) > 5
    assert not hard & set(
        found.actions.loc[found.actions["gate"].isin(["listed", "control", "capacity"]), "customer_id"]
    )
    soft = listed["customer_id"].isin(set(blocked["customer_id"]) - hard)
    assert set(listed.loc[soft, "kind"]) <= {"renewal"}
    assert found.actions["customer_id"].is_unique
    hours = listed.groupby("seller_id")["hours"].sum()
    available = {"V1": 10, "V2": 15, "V3": 20, "V4": 0}
    assert all(hours.get(seller, 0) <= most + 1e-9 for seller, most in available.items())
    assert set(listed["seller_id"]) <= {"V1", "V2", "V3"}
    assert found.gaps[["obstacle", "cases"]].values.tolist()[0] == ["no_capacity", 1]
    for _, part in listed.groupby("seller_id"):
        assert part["rank"].tolist() == list(range(1, len(part) + 1))
        assert part["follow_up"].is_monotonic_increasing
        assert part["follow_up"].between(AS_OF + pd.Timedelta(days=1), AS_OF + pd.Timedelta(days=7)).all()


@pytest.mark.parametrize("seed", WORLDS)
def test_a_complaint_never_adds_an_offer(seed):
    frames = company(seed)
    before = decided(seed, weeks=52)
    worse = frames | {
        "interactions": pd.concat([frames["interactions"], made("interactions", *(event(f"k{n:03d}", "Reclamação", 5, "Aberta") for n in range(0, 120, 3)))], ignore_index=True)
    }  # fmt: skip
    after = decided(seed, frames=worse, weeks=52)
    kept = [set(a.actions.loc[a.actions["gate"] == "listed", "customer_id"]) for a in (before, after)]
    assert kept[1] < kept[0]
    assert not {f"k{n:03d}" for n in range(0, 120, 3)} & kept[1]


def test_the_same_input_in_any_order_gives_the_same_list_byte_for_byte():
    frames, offers = company(1), offered(1)
    shuffled = {name: table.sample(frac=1, random_state=3).reset_index(drop=True) for name, table in frames.items()}
    first = decided(1).actions.to_csv(index=False).encode()
    assert decided(1, offers, frames).actions.to_csv(index=False).encode() == first
    again = decided(1, offers.sample(frac=1, random_state=4).reset_index(drop=True), shuffled)
    assert again.actions.to_csv(index=False).encode() == first


def test_nothing_dated_after_the_day_changes_the_list():
    frames = company(2)
    later = frames | {
        "interactions": pd.concat([frames["interactions"], made("interactions", event("k001", "Reclamação", -2, "Aberta"))], ignore_index=True),
        "surveys": pd.concat([frames["surveys"], made("surveys", {"customer_id": "k002", "score": 0, "answer_date": day(-3)})], ignore_index=True),
        "purchases": pd.concat([frames["purchases"], bought(("k003", -1, 9.0))], ignore_index=True),
    }  # fmt: skip
    pd.testing.assert_frame_equal(decided(2, frames=later).actions, decided(2).actions)


def exact(candidates: pd.DataFrame, available: dict[str, float]) -> float:
    """The most that any plan is worth, by integer programming."""
    rows = candidates.reset_index(drop=True)
    clients = [(rows["customer_id"] == c).to_numpy(float) for c in rows["customer_id"].unique()]
    sellers = [np.where(rows["seller_id"] == s, rows["hours"], 0) for s in available]
    limits = np.array([1.0] * len(clients) + [float(h) for h in available.values()])
    found = milp(
        -rows["expected_value"].to_numpy(), constraints=LinearConstraint(np.vstack([*clients, *sellers]), ub=limits),
        integrality=np.ones(len(rows)), bounds=Bounds(0, 1), options={"time_limit": 5},
    )  # fmt: skip
    return -found.fun


@pytest.mark.parametrize("seed", range(12))
def test_the_plan_is_worth_97_percent_of_the_best_there_is(seed):
    rng = np.random.default_rng(seed)
    count = 240
    kinds = rng.choice(KINDS, count)
    candidates = pd.DataFrame(
        {"customer_id": [f"k{rng.integers(0, 90):02d}" for _ in range(count)], "kind": kinds, "product_id": "P", "control": False,
         "hours": pd.Series(kinds).map(plan.HOURS), "expected_value": rng.lognormal(3, 1, count).round(2)}
    )  # fmt: skip
    owner = {client: f"V{rng.integers(0, 4)}" for client in candidates["customer_id"].unique()}
    candidates["seller_id"] = candidates["customer_id"].map(owner)
    available = {f"V{n}": float(h) for n, h in enumerate(rng.integers(4, 14, 4))}
    made_plan = plan.plan(candidates, available)
    worth = made_plan.loc[made_plan["listed"], "expected_value"].sum()
    assert worth >= 0.97 * exact(candidates, available)


def test_the_lot_holds_a_tenth_back_and_only_of_those_who_would_be_called():
    clients = pd.Series([f"k{n:05d}" for n in range(5000)])
    lot = plan.drawn(clients, AS_OF, 0.1)
    assert lot.mean() == pytest.approx(0.1, abs=0.015)
    assert plan.drawn(clients.iloc[::-1], AS_OF, 0.1).sort_index().equals(lot)
    assert not plan.drawn(clients, AS_OF, 0.1, seed=1).equals(lot)
    found = decided(3, control_share=0.5).actions
    assert found["control"].sum() > 5
    assert found.loc[found["control"], "gate"].eq("control").all()
    assert not found.loc[found["control"], "kind"].eq("renewal").any()
    assert found.loc[found["control"], "rank"].isna().all()
    assert not decided(3, control_share=0.0).actions["control"].any()


@pytest.mark.parametrize(("base", "gain", "size"), [(0.05, 0.05, 424), (0.5, 0.1, 388), (0.2, 0.05, 1091)])
def test_the_size_of_a_proof_is_that_of_cohens_tables(base, gain, size):
    assert plan.proof_size(base, gain) == pytest.approx(size, abs=3)


def test_companies_without_sellers_have_one_list_or_one_per_seller_of_the_orders():
    frames = company(4) | {"sellers": made("sellers")}
    per_seller = decided(4, frames=frames)
    assert set(per_seller.loads["seller_id"]) == {"V1", "V2", "V3", "V4"}
    assert per_seller.loads["available_hours"].eq(10).all()
    assert "no_sellers" in set(per_seller.gaps["obstacle"])
    alone = frames | {
        "portfolio": frames["portfolio"].assign(seller_id=pd.Series(pd.NA, index=range(120), dtype="str"))
    }
    one = decided(4, frames=alone)
    assert one.loads["seller_id"].tolist() == [owners.TEAM]
    assert set(one.actions.loc[one.actions["gate"] == "listed", "seller_id"]) == {owners.TEAM}
    assert one.reassignments.empty


def test_without_any_hour_nothing_is_listed_and_it_is_said():
    frames = company(5)
    idle = frames | {"sellers": frames["sellers"].assign(capacity_hours=0.0)}
    found = decided(5, frames=idle)
    assert not found.actions["gate"].eq("listed").any()
    assert found.headcount.needed == 0
    assert found.gaps.set_index("obstacle").loc["no_capacity", "cases"] == 4


def test_without_offers_there_is_an_empty_list():
    found = decided(0, offers=made("offers"))
    assert found.actions.empty
    assert found.loads["planned_hours"].sum() == 0


@pytest.mark.parametrize("seed", WORLDS)
def test_owners_are_found_and_nobody_receives_more_than_the_teams_load(seed):
    frames, found = company(seed), decided(seed)
    moved = found.reassignments
    own = frames["portfolio"].set_index("customer_id")["seller_id"]
    care = owners.care_hours(frames["portfolio"])
    live_orphans = set(own.index[own.isna()]) & set(care.index)
    assert live_orphans <= set(moved["customer_id"]) or len(moved) >= len(live_orphans)
    assert (moved["seller_id"].fillna("") != moved["new_seller_id"]).all()
    after = own.copy()
    after.loc[moved["customer_id"]] = moved["new_seller_id"].to_numpy()
    hours = pd.Series({"V1": 20.0, "V2": 30.0, "V3": 40.0, "V4": 0.0})
    fair = care.sum() / hours.sum()
    for seller in moved["new_seller_id"].unique():
        assert care[after.reindex(care.index) == seller].sum() / hours[seller] <= fair + 1e-9


def test_a_client_goes_to_its_own_region_where_there_is_room():
    people = pd.DataFrame({"seller_id": ["V1", "V2"], "name": None, "region": ["S", "N"], "week_hours": [10.0, 10.0]})
    clients = [f"k{n}" for n in range(4)]
    waiting = pd.DataFrame(
        {
            "customer_id": clients,
            "seller_id": None,
            "region": ["N", "S", "N", "S"],
            "kind": "none",
            "expected_value": [9.0, 1.0, 5.0, 0.0],
        }
    )
    found = owners.reassignments(
        waiting, people, pd.Series(1.0, index=clients), pd.Series(None, index=clients, dtype="object")
    )
    assert dict(zip(found["customer_id"], found["new_seller_id"], strict=True)) == {
        "k0": "V2",
        "k1": "V1",
        "k2": "V2",
        "k3": "V1",
    }
    assert found["same_region"].all()


def test_people_needed_by_hand():
    """400 clients of class A ask for 400 * 12 * 0.75 / 52 = 69.2 h, opportunities of 90 h in 90 days for 7 h: 76.2 h, two weeks of 40."""
    clients = [f"k{n}" for n in range(400)]
    portfolio = pd.DataFrame({"customer_id": clients, "status": "active", "abc_class": "A"})
    care = owners.care_hours(portfolio).sum()
    loads = pd.DataFrame({"care_hours": [care], "planned_hours": [60.0], "waiting_hours": [30.0]})
    people = pd.DataFrame({"week_hours": [40.0, 0.0]})
    found = owners.headcount(loads, people, 0.0, 0.0, 90)
    assert (round(found.care_hours, 1), found.list_hours, found.needed, found.there) == (69.2, 7.0, 2, 1)


def campaign(
    contacted: tuple[int, int], held: tuple[int, int], kind: str = "produto complementar: P"
) -> dict[str, pd.DataFrame]:
    """An earlier list of 200 days ago: (clients, buyers) called and held back."""
    rows, takers = [], []
    for group, (count, buyers), status in (("c", contacted, "Feita"), ("h", held, "Controle")):
        rows += [event(f"{group}{n}", f"Lista: {kind}", 200, status) for n in range(count)]
        takers += [f"{group}{n}" for n in range(buyers)]
    takeups = pd.DataFrame({"customer_id": takers, "product_id": "P", "first_date": day(150)})
    return {
        "earlier_lists": made("interactions", *rows),
        "takeups": takeups,
        "purchases": bought(*((c, 150, 9.0) for c in takers)),
    }


def measured(frames) -> pd.DataFrame:
    return outcomes.outcomes(frames["earlier_lists"], frames["purchases"], frames["takeups"], AS_OF, horizon_days=90)


def test_an_earlier_list_is_read_back_with_its_interval():
    table = measured(campaign((70, 56), (80, 48))).set_index("kind")
    row = table.loc["cross_sell"]
    assert row[["contacted", "contacted_bought", "control_clients", "control_bought"]].tolist() == [70, 56, 80, 48]
    assert row[["uplift", "uplift_low", "uplift_high"]].tolist() == pytest.approx([0.2, 0.0525, 0.3358], abs=1e-3)
    assert table.loc["all", "uplift"] == pytest.approx(0.2)


def together(*campaigns) -> dict[str, pd.DataFrame]:
    """Campaigns among different clients."""
    named = [
        {name: table.assign(customer_id=f"{n}-" + table["customer_id"]) for name, table in frames.items()}
        for n, frames in enumerate(campaigns)
    ]
    return {name: pd.concat([frames[name] for frames in named], ignore_index=True) for name in named[0]}


def test_kinds_together_are_compared_kind_by_kind_and_renewals_without_controls_left_out():
    """Weights 70 * 80 / 150 = 37.33 and 20 * 20 / 40 = 10: (37.33 * .2 + 10 * .25) / 47.33 = .2106."""
    lists = together(
        campaign((70, 56), (80, 48)), campaign((20, 10), (20, 5), "reativação"), campaign((90, 90), (0, 0), "renovação")
    )
    table = measured(lists).set_index("kind")
    row = table.loc["all"]
    assert row[["contacted", "contacted_bought", "control_clients", "control_bought"]].tolist() == [90, 66, 100, 53]
    assert row["uplift"] == pytest.approx(0.2106, abs=1e-4)
    assert row["uplift_low"] < 0.2106 < row["uplift_high"]
    assert table.loc["renewal", ["contacted", "control_clients"]].tolist() == [90, 0]
    assert not table.loc["renewal", "enough"]


@pytest.mark.parametrize(
    ("held", "said", "title"),
    [
        ((80, 48), "As listas anteriores funcionaram: a parte que comprou foi **20,0 pontos**", "Efeito das listas anteriores: 20,0"),
        ((80, 60), "As listas anteriores ainda não provam efeito", "Efeito das listas anteriores não provado: 5,0"),
        ((80, 78), "comprou **menos** do que o grupo de controle: -17,5", "Efeito das listas anteriores: -17,5"),
        ((9, 1), "", "Amostra insuficiente para medir o efeito das listas anteriores"),
    ],
    ids=["proven", "open", "harmful", "too few controls"],
)  # fmt: skip
def test_what_earlier_lists_brought_is_said_as_far_as_it_is_proven(held, said, title):
    result = decided(0, made("offers", reason="r", evidence="e"), company(0) | campaign((70, 56), held))
    sentences = [s for s in actions.findings(result) if "listas anteriores" in s]
    assert [said in s.replace("−", "-") for s in sentences] == ([True] if said else [])
    assert actions.titles(result)["outcomes"].replace("−", "-").startswith(title)


def test_a_small_control_shows_no_effect_and_a_list_of_yesterday_is_not_judged():
    table = measured(campaign((70, 56), (9, 1))).set_index("kind")
    assert not table.loc["cross_sell", "enough"]
    assert pd.isna(table.loc["cross_sell", "uplift"])
    fresh = campaign((70, 56), (80, 48))
    fresh["earlier_lists"]["event_date"] = day(89)
    assert measured(fresh).empty


def test_a_complement_is_judged_by_the_product_and_a_way_back_by_any_order():
    frames = campaign((20, 10), (20, 5))
    frames["takeups"]["product_id"] = "Q"
    assert measured(frames).set_index("kind").loc["cross_sell", "contacted_bought"] == 0
    back = campaign((20, 10), (20, 5), "reativação")
    assert measured(back).set_index("kind").loc["reactivation", ["contacted_bought", "control_bought"]].tolist() == [
        10,
        5,
    ]


def test_a_measured_share_takes_the_place_of_the_one_assumed():
    frames = company(0) | campaign((100, 40), (100, 30))
    offers = made(
        "offers",
        {"customer_id": "k001", "kind": "cross_sell", "product_id": "X", "expected_value": 9.0, "anyway_share": 0.1},
        reason="r",
        evidence="ease",
    )
    found = decided(0, offers, frames)
    assert found.actions["expected_value"].item() == pytest.approx(9.0 * (1 - 0.75) / (1 - 0.1), abs=1e-3)


@pytest.mark.parametrize(
    ("held", "share"), [((100, 30), 0.75), ((100, 44), None), ((100, 70), 1.0), ((9, 1), None)],
    ids=["fewer", "more by chance", "more beyond chance", "too few controls"],
)  # fmt: skip
def test_controls_that_buy_more_by_chance_do_not_silence_a_kind(held, share):
    found = outcomes.anyway(measured(campaign((100, 40), held)))
    assert found == ({} if share is None else {"cross_sell": pytest.approx(share)})


COMPLAINED = made("interactions", *(event(f"k{n:03d}", "Reclamação", 3, "Aberta") for n in range(120)))


@pytest.mark.parametrize(
    ("offers", "frames", "said"),
    [
        (0, {}, "hoje não há oferta possível"),
        (3, {"interactions": COMPLAINED}, "nenhum cliente com oportunidade deve ser procurado agora"),
        (3, {"sellers": made("sellers", {"seller_id": "V1", "capacity_hours": 0.0})}, "nenhum vendedor tem horas por semana"),
        (3, {"sellers": made("sellers", {"seller_id": "V9", "capacity_hours": 9.0})}, "nenhum cliente tem oferta que caiba"),
    ],
    ids=["no offer", "all in peace", "no hours", "hours of somebody else"],
)  # fmt: skip
def test_an_empty_list_says_why(offers, frames, said):
    result = decided(0, offered(0).iloc[: 60 * offers], company(0) | frames)
    assert not result.actions["gate"].eq("listed").any()
    first, *others = actions.findings(result)
    assert first.startswith("Nenhuma ação na lista: ")
    assert said in first
    if "interactions" in frames:
        assert others[0].endswith("o motivo de todos: reclamação aberta.")


def test_what_the_first_kind_makes_and_what_the_rest_takes_is_told():
    """One renewal of 1.5 hours for 950 beside two returns of half an hour each for 25: 95 %."""
    rows = [("k001", "renewal", 950.0), ("k002", "reactivation", 25.0), ("k003", "reactivation", 25.0)]
    offers = made("offers", *({"customer_id": c, "kind": k, "expected_value": v} for c, k, v in rows), reason="r", evidence="churn")  # fmt: skip
    frames = NOTHING | {"portfolio": company(0)["portfolio"].assign(seller_id="V1"), "sellers": company(0)["sellers"]}
    said = actions.findings(decided(0, offers, frames, control_share=0.0))
    expected = (
        "Renovação: 95% da margem esperada em 1,5 hora; as outras 2 ações da lista levam 1 hora e valem R$\xa050."
    )
    assert expected in said
    alone = actions.findings(decided(0, offers.iloc[1:], frames, control_share=0.0))
    assert not any("da margem esperada em" in sentence for sentence in alone)


def test_a_policy_that_cannot_be_is_told_whole():
    with pytest.raises(DataError, match="5 problemas") as error:
        decided(0, weeks=0, list_share=0.0, default_hours=-1, control_share=0.9, horizon_days=0)
    for name in ("list_weeks", "list_share", "seller_hours", "control_share", "offer_days"):
        assert name in str(error.value)
