"""What was planted in the demo can be found in its files: who stopped, the niche, the offers, the renewals, the NPS."""

import itertools
import math
import re
from collections import Counter, defaultdict
from datetime import date, timedelta
from statistics import mean, median

import pytest

from tests.demo_raw import AS_OF, clients, day, kept, money, orders, purchases, raw, truth


def test_stopped_clients_last_bought_when_the_truth_says():
    stopped = truth()["lives"]["stopped"]
    assert {kind for kind, *_ in stopped.values()} == {"sudden", "slowing"}
    for client, (_, last, cycle, long_enough) in stopped.items():
        assert purchases()[client][-1].isoformat() == last
        assert long_enough == ((AS_OF - purchases()[client][-1]).days >= max(120, 3 * cycle))


def own_cycles(purchases):
    """Geometric mean of each client's gaps, drawn to the portfolio's median by two pseudo-gaps."""
    gaps = {c: [(b - a).days for a, b in itertools.pairwise(d)] for c, d in purchases.items() if len(d) > 1}
    usual = math.log(median(g for own in gaps.values() for g in own))
    return {c: math.exp((sum(map(math.log, own)) + 2 * usual) / (len(own) + 2)) for c, own in gaps.items()}


def test_a_rule_by_the_own_cycle_can_tell_who_stopped():
    cycles = own_cycles(purchases())
    silence = {c: (AS_OF - purchases()[c][-1]).days / cycle for c, cycle in cycles.items()}
    stopped = [c for c, (*_, long_enough) in truth()["lives"]["stopped"].items() if long_enough]
    assert len(stopped) >= 200
    assert mean(silence[c] > 3 for c in stopped) >= 0.95
    assert mean(silence[c] > 3 for c in truth()["lives"]["regular"] if c in silence) <= 0.05


def test_slowing_clients_slow_down_before_they_stop():
    def last_over_usual(client):
        gaps = [(b - a).days for a, b in zip(purchases()[client], purchases()[client][1:], strict=False)]
        return mean(gaps[-3:]) / mean(gaps[:-4])

    ratio = defaultdict(list)
    for client, (kind, *_) in truth()["lives"]["stopped"].items():
        ratio[kind].append(last_over_usual(client))
    assert median(ratio["slowing"]) > 1.7
    assert 0.8 < median(ratio["sudden"]) < 1.3


def test_occasional_new_and_recovered_clients_are_as_told():
    lives = truth()["lives"]
    assert {len(purchases()[c]) for c in lives["one_order"]} == {1}
    assert {len(purchases()[c]) for c in lives["two_orders"]} == {2}
    assert min(purchases()[c][0] for c in lives["new"]) >= AS_OF - timedelta(days=92)
    cycles = own_cycles(purchases())
    for client, back in lives["recovered_back_on"].items():
        after = purchases()[client].index(date.fromisoformat(back))
        assert (purchases()[client][after] - purchases()[client][after - 1]).days > max(140, 3.5 * cycles[client])


def test_cycles_spread_from_a_week_to_two_months():
    own = own_cycles(purchases())
    cycles = sorted(own[client] for client in truth()["lives"]["regular"])
    assert cycles[len(cycles) // 50] < 12
    assert cycles[-len(cycles) // 50] > 45


def test_december_is_high_and_the_years_grow():
    month = Counter()
    for _, when, amount, *_ in kept():
        month[when.year, when.month] += amount
    assert month[2024, 12] > 1.3 * month[2025, 2]
    assert month[2025, 12] > 1.3 * month[2026, 2]
    years = Counter()
    for (year, number), amount in month.items():
        years[year + (number > 10)] += amount
    assert years[2024] < years[2025] < years[2026]


def test_niche_members_follow_the_rule_and_bring_more_margin():
    rule, inside = truth()["niche"]["rule"], set(truth()["niche"]["members"])
    for client, row in clients().items():
        if row["Segmento"] and row["Nº func."] and row["Região"]:
            size = rule["employees_from"] <= row["Nº func."] <= rule["employees_to"]
            assert (client in inside) == (
                row["Segmento"] in rule["sectors"] and size and row["Região"] == rule["region"]
            )
    assert 0.05 < len(inside) / len(clients()) < 0.15
    margin = Counter()
    for client, _, amount, cost, _ in kept():
        margin[client] += amount - cost
    yearly = {True: [], False: []}
    for client, days in purchases().items():
        if len(days) >= 3 and (AS_OF - days[0]).days > 183:
            yearly[client in inside].append(margin[client] * 365 / ((AS_OF - days[0]).days + 1))
    assert mean(yearly[True]) / mean(yearly[False]) == pytest.approx(truth()["niche"]["margin_ratio"], rel=0.03)
    assert 2.4 < truth()["niche"]["margin_ratio"] < 3.0


def test_prospects_of_the_niche_follow_the_rule():
    rule, inside = truth()["niche"]["rule"], set(truth()["niche"]["prospects"])
    rows = raw("prospects.csv")
    assert inside < {row["Código"] for row in rows}
    for row in rows:
        if row["Segmento"] and row["Nº func."] and row["Região"]:
            size = rule["employees_from"] <= int(row["Nº func."]) <= rule["employees_to"]
            assert (row["Código"] in inside) == (
                row["Segmento"] in rule["sectors"] and size and row["Região"] == rule["region"]
            )


def test_pairs_of_families_are_bought_together():
    owned = defaultdict(set)
    for client, *_, product in kept():
        owned[client].add(product[:2])
    for pair in truth()["offers"]["affinities"]:
        having = [pair["second"] in own for own in owned.values() if pair["first"] in own]
        lacking = [pair["second"] in own for own in owned.values() if pair["first"] not in own]
        assert mean(having) == pytest.approx(pair["share_with_first"], abs=0.03)
        assert mean(having) > 4 * mean(lacking)


def test_moves_up_a_tier_were_bought_on_both_sides():
    days = defaultdict(list)
    for client, when, amount, _, product in kept():
        if amount > 0:
            days[client, product].append(when)
    moves = truth()["offers"]["upsell"]
    seen = [bool(days[c, f"{family}{tier}"] and days[c, f"{family}{tier + 1}"]) for c, family, tier, _ in moves]
    assert len(moves) > 100
    assert mean(seen) > 0.95


def test_cheaper_tiers_follow_proposals_lost_for_price():
    first = {}
    for client, when, amount, _, product in kept():
        if amount > 0:
            first[client, product[:2]] = min(first.get((client, product[:2]), (when, product)), (when, product))
    took = {"price": [], "other_reasons": []}
    for row in raw("proposals.csv"):
        if row["Situação"] in ("Perdida", "Abandonada"):
            cheaper = row["Cód. Produto"][:2] + str(int(row["Cód. Produto"][2]) - 1)
            when, product = first.get((row["Cliente"], cheaper[:2]), (None, ""))
            closed = day(row["Encerrada em"])
            took["price" if row["Motivo"] == "Preço" else "other_reasons"].append(
                product == cheaper and timedelta(7) <= when - closed <= timedelta(90)
            )
    shares = truth()["offers"]["downsell"]["share_of"]
    assert mean(took["price"]) == pytest.approx(shares["price"], abs=0.04)
    assert mean(took["price"]) > 5 * mean(took["other_reasons"])
    assert len(truth()["offers"]["downsell"]["accepted"]) > 80


def test_the_earlier_lists_hold_who_was_called_and_who_held_back_and_the_orders_say_what_came_of_it():
    planted = truth()["earlier_lists"]
    first, horizon, found = first_bought(), timedelta(planted["horizon_days"]), defaultdict(list)
    rows = [row for row in raw("interactions.csv") if row["Ocorrência"].startswith("Lista: ")]
    for row in rows:
        kind, product = (row["Ocorrência"].removeprefix("Lista: ") + ": ").split(": ")[:2]
        since = [first[row["Cliente"], product]] if product else purchases()[row["Cliente"]]
        took = any(timedelta(0) < bought - day(row["Data"]) <= horizon for bought in since if bought)
        found[kind, "held_back" if row["Situação"] == "Controle" else "called"].append(took)
    for kind, groups in planted["kinds"].items():
        for group, told in groups.items():
            assert len(found[kind, group]) == told["clients"]
            assert told["took"] == round(told["clients"] * told["planted_share"])
            assert told["took"] - 1 <= sum(found[kind, group]) <= told["took"]  # one line is among those with dirt
        assert groups["called"]["planted_share"] > groups["held_back"]["planted_share"]
    assert len({row["Cliente"] for row in rows}) == len(rows)
    assert max(day(row["Data"]) for row in rows) + horizon <= AS_OF
    assert {day(row["Data"]) - timedelta(day(row["Data"]).weekday()) for row in rows} == {
        date.fromisoformat(monday) for monday in planted["dates"]
    }


def first_bought():
    """First day on which each client bought each product; None for never."""
    first = defaultdict(lambda: None)
    for client, when, amount, _, product in kept():
        if amount > 0:
            first[client, product] = min(when, first[client, product] or when)
    return first


def test_the_ladder_climbs_by_the_planted_step():
    price, cost = {}, {}
    for row in raw("products.csv"):
        key = row["Família"], int(row["Nível"])
        price[key], cost[key] = money(row["Preço Tabela"]), money(row["Custo Unit."])
    assert all(price[f, t] / price[f, t - 1] == pytest.approx(1.38, abs=0.02) for f, t in price if t > 1)
    assert all(cost[key] < price[key] for key in price)
    assert {row["Ativo"] for row in raw("products.csv")} == {"S", "N"}


def test_contracts_are_renewed_where_somebody_visited_and_nobody_complained():
    contracts, planted = raw("contracts.csv"), truth()["contracts"]
    visits = {kind: defaultdict(list) for kind in ("Visita", "Reclamação")}
    for row in raw("interactions.csv"):
        if row["Ocorrência"] in visits:
            visits[row["Ocorrência"]][row["Cliente"]].append(day(row["Data"]))
    outcome = defaultdict(list)
    for row in contracts:
        end = day(row["Término"])
        assert (row["Renovado"] == "") == (end > AS_OF)
        near = {k: any(timedelta(0) <= end - d <= timedelta(60) for d in v[row["Cliente"]]) for k, v in visits.items()}
        if row["Renovado"] and truth()["lives"]["stopped"].get(row["Cliente"]) is None:
            outcome[near["Visita"], near["Reclamação"]].append(row["Renovado"] == "S")
    assert mean(outcome[True, False]) > mean(outcome[False, False]) + 0.2 > mean(outcome[False, True])
    by_answer = {a: [r["Nº Contrato"] for r in contracts if r["Renovado"] == a] for a in ("S", "N")}
    assert by_answer == {"S": planted["renewed"], "N": planted["not_renewed"]}
    due = [r["Nº Contrato"] for r in contracts if AS_OF < day(r["Término"]) <= AS_OF + timedelta(90)]
    assert due == planted["due_within_90_days"]
    assert len(due) >= 20


def test_renewed_contracts_are_followed_by_one_of_the_next_day():
    starts = {(row["Cliente"], day(row["Início"])) for row in raw("contracts.csv")}
    for row in raw("contracts.csv"):
        follows = (row["Cliente"], day(row["Término"]) + timedelta(1)) in starts
        assert follows == (row["Renovado"] == "S")


def test_nps_by_wave_is_near_the_truth_and_changes_once():
    latest = {}
    for row in sorted(raw("surveys.csv"), key=lambda r: r["answered_at"]):
        if re.fullmatch(r"\d|10", row["nota"]):
            latest[row["pesquisa"], row["customer"]] = int(row["nota"])
    found = defaultdict(list)
    for (wave, _), score in latest.items():
        found[wave[-7:]].append(100 * ((score >= 9) - (score <= 6)))
    waves = truth()["nps"]["waves"]
    score = [mean(found[wave["start"][:7]]) for wave in waves]
    assert all(abs(s - wave["answered_nps"]) < 3 for s, wave in zip(score, waves, strict=True))
    assert waves[4]["planted_nps"] < waves[3]["planted_nps"] - 18
    assert score[4] < score[3] - 15
    assert abs(waves[5]["planted_nps"] - waves[4]["planted_nps"]) < 3
    assert mean(w["answered_nps"] - w["clients_nps"] for w in waves) > 1.5


def test_all_ids_of_the_truth_exist():
    everyone = set(clients()) | {r["Cód. Cliente"].strip() for r in orders()}
    lives = [ids for kind, ids in truth()["lives"].items() if kind not in ("stopped_columns", "long_enough_means")]
    assert set().union(*lives, truth()["niche"]["members"]) <= everyone
    assert (
        sum(
            len(truth()["lives"][k])
            for k in ("stopped", "regular", "recovered", "one_order", "two_orders", "new", "never_bought")
        )
        == 1200
    )
    proposals = {row["Nº Proposta"] for row in raw("proposals.csv")}
    assert {row[0] for row in truth()["offers"]["downsell"]["accepted"]} < proposals
