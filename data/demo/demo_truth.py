"""What was planted, for the tests alone: the product never reads it."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date

import demo_clients
import demo_company as company
import demo_crm as crm
import demo_orders as orders
import numpy as np
from demo_clients import Client, Profile
from demo_crm import Answer, Contract
from demo_dirt import Row
from demo_orders import Line, Proposal, Shelf

LONG_ENOUGH = {"own_cycles": 3, "days": 120}
LISTED_UP_TO = 30  # kinds of dirt with more lines than this are counted, not listed


def lives(clients: list[Client], lines: list[Line]) -> dict:
    """Who lives which life; the last purchase is the last day with a positive net amount."""
    bought = purchase_days(lines)
    stopped = {}
    for client in (c for c in clients if crm.stopped(c)):
        last = bought[client.id][-1]
        silence = company.DAYS - 1 - last
        long_enough = silence >= max(LONG_ENOUGH["days"], LONG_ENOUGH["own_cycles"] * client.cycle)
        stopped[client.id] = [client.kind.split("_")[1], company.day(last).isoformat(), client.cycle, long_enough]
    by_kind = {
        kind: [c.id for c in clients if c.kind == kind] for kind in demo_clients.KINDS if not kind.startswith("stopped")
    }
    back = {c.id: company.day(c.back_on).isoformat() for c in clients if c.back_on is not None}
    return {
        "stopped_columns": ["kind", "last_order", "own_cycle_days", "long_enough"],
        "long_enough_means": {"silent_at_least": LONG_ENOUGH, "of": "planted own cycle, before as_of"},
        "stopped": stopped,
        **by_kind,
        "recovered_back_on": back,
    }


def purchase_days(lines: list[Line]) -> dict[str, list[int]]:
    """Days with a positive net amount of each client."""
    net: Counter = Counter()
    for line in lines:
        net[line.client, line.day] += line.amount
    days = defaultdict(list)
    for (client, day), amount in sorted(net.items()):
        if amount > 0:
            days[client].append(day)
    return days


def niche(clients: list[Client], lines: list[Line], companies: list[Profile]) -> dict:
    """The rule, its members among clients and prospects, and the factor that came out."""
    margin: Counter = Counter()
    for line in lines:
        margin[line.client] += line.amount - line.cost
    yearly = {True: [], False: []}
    for client in clients:
        if len(client.days) >= 3 and client.days[0] < company.DAYS - 183:
            yearly[client.profile.niche].append(margin[client.id] / 100 * 365 / (company.DAYS - client.days[0]))
    return {
        "rule": company.NICHE,
        "members": [c.id for c in clients if c.profile.niche],
        "prospects": [f"P{n:04d}" for n, who in enumerate(companies, 1) if who.niche],
        "spend_factor": demo_clients.NICHE_SPEND,
        "margin_ratio": round(float(np.mean(yearly[True]) / np.mean(yearly[False])), 3),
        "margin_ratio_over": "clients of 3 orders or more who first bought 6 months or more before as_of, margin a year",
    }


def offers(shelves: list[Shelf], proposals: list[Proposal], lines: list[Line]) -> dict:
    """Pairs of families, moves up a tier that were bought on both sides, cheaper tiers taken after a lost proposal."""
    families = defaultdict(set)
    products = defaultdict(set)
    for line in lines:
        families[line.client].add(line.product[:2])
        products[line.client].add(line.product)
    ups = [
        [shelf.client.id, code, taste.tier, company.day(taste.up_on).isoformat()]
        for shelf in shelves
        for code, taste in shelf.tastes.items()
        if taste.up_on is not None and {f"{code}{taste.tier}", f"{code}{taste.tier + 1}"} <= products[shelf.client.id]
    ]
    return {
        "ladder": {
            "families": len(company.FAMILIES),
            "price_step": company.TIER_STEP,
            "product_id": "family code + tier",
        },
        "affinities": [_affinity(families, first, second) for first, second in company.AFFINITIES],
        "upsell_columns": ["customer_id", "family", "from_tier", "date"],
        "upsell_rise": {"factor": orders.UPSELL_RISE, "days_before": orders.UPSELL_RISE_DAYS},
        "upsell": ups,
        "downsell": _downsell(proposals),
    }


def _affinity(families: dict[str, set], first: str, second: str) -> dict:
    having = [second in own for own in families.values() if first in own]
    lacking = [second in own for own in families.values() if first not in own]
    with_first, without = round(sum(having) / len(having), 3), round(sum(lacking) / len(lacking), 3)
    return {
        "first": first,
        "second": second,
        "planted": orders.AFFINITY,
        "share_with_first": with_first,
        "share_without": without,
    }


def _downsell(proposals: list[Proposal]) -> dict:
    lost = [(n, p) for n, p in enumerate(proposals, 1) if p.status in ("Perdida", "Abandonada")]
    groups = {
        "price": [p for _, p in lost if p.reason == "Preço"],
        "other_reasons": [p for _, p in lost if p.reason != "Preço"],
    }
    accepted = [
        [f"PR{n:04d}", f"{p.family}{p.tier - 1}", company.day(p.accepted_on).isoformat()]
        for n, p in lost
        if p.accepted_on
    ]
    return {
        "chance_after_price": orders.DOWNSELL,
        "chance_otherwise": orders.DOWNSELL_CONTROL,
        "chance_given": "an order 7 to 85 days after the closing",
        "share_of": {
            name: round(sum(p.accepted_on is not None for p in group) / len(group), 3) for name, group in groups.items()
        },
        "accepted_columns": ["proposal_id", "product_id", "date"],
        "accepted": accepted,
    }


def renewals(signed: list[Contract]) -> dict:
    window = [c.id for c in signed if not c.renewed and (c.end - company.AS_OF).days <= 90]
    return {
        "logit": crm.RENEWAL_LOGIT,
        "visited_and_complaint_within_days_of_end": crm.VISIT_WINDOW_DAYS,
        "renewed": [c.id for c in signed if c.renewed == "S"],
        "not_renewed": [c.id for c in signed if c.renewed == "N"],
        "due_within_90_days": window,
    }


def nps(asked: list[Answer]) -> dict:
    """By wave: the score of all clients asked, and what those who answered say (first answers, before any spoiling)."""
    waves = []
    for wave, when in enumerate(crm.WAVES):
        people = [a for a in asked if a.wave == wave]
        given = [a for a in people if a.answered]
        expected = [crm.nps_mix(a.group, wave) for a in people]
        planted = 100 * float(np.mean([mix[0] - mix[2] for mix in expected]))
        waves.append(
            {
                "start": when.isoformat(),
                "clients": len(people),
                "answers": len(given),
                "planted_nps": round(planted, 2),
                "clients_nps": _score(people),
                "answered_nps": _score(given),
            }
        )
    return {
        "mix_by_group": crm.NPS_MIX,
        "response_by_group": crm.RESPONSE,
        "large_from_employees": crm.LARGE_FROM,
        "real_change": {"first_wave": crm.WAVES[crm.REAL_CHANGE_AT].isoformat(), "added_to_mix": crm.AFTER_CHANGE},
        "null_change": {"from": crm.WAVES[-2].isoformat(), "to": crm.WAVES[-1].isoformat()},
        "waves": waves,
    }


def _score(people: list[Answer]) -> float:
    return round(100 * float(np.mean([(a.score >= 9) - float(a.score <= 6) for a in people])), 2)


def order_dirt(files: dict[str, list[Row]]) -> dict:
    """Lines of each kind by file; where they stand, header being line 1, for the kinds of few lines."""
    kinds: dict[str, dict] = {}
    for name, rows in files.items():
        for number, row in enumerate(rows, 2):
            if row.dirt:
                found = kinds.setdefault(row.dirt, {"lines": 0, "by_file": Counter(), "where": []})
                found["lines"] += 1
                found["by_file"][name] += 1
                found["where"].append([name, number])
    return {
        kind: {k: v for k, v in found.items() if k != "where" or found["lines"] <= LISTED_UP_TO}
        for kind, found in sorted(kinds.items())
    }


def compact(value: object, depth: int = 0) -> str:
    """JSON with a line for each entry of the two upper levels, so that changes can be read.

    >>> print(compact({"a": {"b": [1, 2]}}))
    {
     "a": {
      "b": [1,2]
     }
    }
    """
    if depth < 2 and isinstance(value, dict) and value:
        pad = " " * (depth + 1)
        inner = ",\n".join(f'{pad}"{key}": {compact(item, depth + 1)}' for key, item in value.items())
        return "{\n" + inner + "\n" + " " * depth + "}"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=date.isoformat)
