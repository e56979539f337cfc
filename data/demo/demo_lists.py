"""Three earlier lists as the CRM holds them: who was called, who was held back by lot, and an effect of the call.

The orders stand as they are without the lists, so that nothing else of the demo moves: a group has so many who take the offer up, and
then clients are drawn whose orders say so. Who is called and who is held back differ in nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import NamedTuple

import demo_company as company
import numpy as np
from demo_clients import Client
from demo_crm import Event
from demo_orders import Line

LISTS = (date(2026, 3, 2), date(2026, 5, 4), date(2026, 7, 13))  # Mondays, the last more than 90 days before the end
WEEK, HORIZON = 5, 90  # days of a list, days in which a call bears fruit
CALLED, HELD = "called", "held_back"
COMPLEMENT, WAY_BACK = "produto complementar", "reativação"
PLAN = {  # clients of each list and group, and the share of them that takes the offer up
    COMPLEMENT: {CALLED: (100, 0.30), HELD: (40, 0.15)},
    WAY_BACK: {CALLED: (20, 0.20), HELD: (10, 0.10)},
}
BUSY_DAYS, GONE_DAYS, FEWEST_ORDERS = 60, 120, 3
CONTROL, ANSWERS = "Controle", (("Feita", 0.6), ("Sem resposta", 0.25), ("Recusou", 0.15))


class Row(NamedTuple):
    """A client on a list."""

    kind: str
    group: str
    took: bool
    event: Event


class Past(NamedTuple):
    """What the orders of a client say: on which days it bought, and since when each product."""

    days: list[int]
    products: dict[str, int]

    def families(self) -> dict[str, str]:
        """The product by which each family was taken up."""
        return {code[:2]: code for code in sorted(self.products, key=lambda code: (-self.products[code], code))}


def earlier_lists(rng: np.random.Generator, clients: list[Client], lines: list[Line]) -> list[Row]:
    """The rows of all lists, no client twice."""
    past, used, rows = pasts(lines), set(), []
    for monday in LISTS:
        for kind, groups in PLAN.items():
            free = [client for client in clients if client.id not in used and client.id in past]
            rows += _one_kind(rng, kind, groups, company.offset(monday), [(c, past[c.id]) for c in free])
            used = {row.event.client for row in rows}
    return rows


def pasts(lines: list[Line]) -> dict[str, Past]:
    """The past of each client, returns left out."""
    days, products = defaultdict(set), defaultdict(dict)
    for line in sorted((line for line in lines if line.amount > 0), key=lambda line: line.day):
        days[line.client].add(line.day)
        products[line.client].setdefault(line.product, line.day)
    return {client: Past(sorted(days[client]), products[client]) for client in days}


def _one_kind(rng, kind: str, groups: dict, monday: int, free: list[tuple[Client, Past]]) -> list[Row]:
    pools = (_complements if kind == COMPLEMENT else _ways_back)(rng, monday, free)
    shuffled = {took: [pool[i] for i in rng.permutation(len(pool))] for took, pool in pools.items()}
    rows = []
    for group, (count, share) in groups.items():
        takers = round(count * share)
        for took, wanted in ((True, takers), (False, count - takers)):
            chosen, shuffled[took] = shuffled[took][:wanted], shuffled[took][wanted:]
            rows += [Row(kind, group, took, _event(rng, kind, group, took, monday, *pair)) for pair in chosen]
    return rows


def _complements(rng, monday: int, free: list[tuple[Client, Past]]) -> dict[bool, list]:
    """Busy clients with a product: one of a family first bought in the horizon, or one of a family never bought."""
    pools: dict[bool, list] = {True: [], False: []}
    for client, past in free:
        before = [day for day in past.days if day < monday]
        if len(before) < FEWEST_ORDERS or monday - before[-1] > BUSY_DAYS:
            continue
        taken = [code for code in past.families().values() if _within(past.products[code], monday)]
        lacking = [f.code for f in company.FAMILIES if f.code not in past.families()]
        if taken:
            pools[True].append((client, taken[0]))
        else:
            pools[False].append((client, f"{lacking[int(rng.integers(len(lacking)))]}1"))
    return pools


def _ways_back(rng, monday: int, free: list[tuple[Client, Past]]) -> dict[bool, list]:
    """Clients long silent: some order again within the horizon, some do not."""
    pools: dict[bool, list] = {True: [], False: []}
    for client, past in free:
        before = [day for day in past.days if day < monday]
        after = [day for day in past.days if day >= monday]
        silent = len(before) >= FEWEST_ORDERS and monday - before[-1] >= max(GONE_DAYS, 3 * client.cycle)
        if silent and after and _within(after[0], monday):
            pools[True].append((client, ""))
        elif silent and not (after and after[0] <= monday + WEEK + HORIZON):
            pools[False].append((client, ""))
    return pools


def _within(day: int, monday: int) -> bool:
    """After any call of the week and within the horizon of each."""
    return monday + WEEK < day <= monday + HORIZON


def _event(rng, kind: str, group: str, took: bool, monday: int, client: Client, product: str) -> Event:
    day = monday + (int(rng.integers(WEEK)) if group == CALLED else 0)
    names, shares = zip(*ANSWERS, strict=True)
    answer = names[int(rng.choice(len(names), p=shares))]
    status = CONTROL if group == HELD else "Feita" if took else answer
    text = f"Lista: {kind}: {product}" if product else f"Lista: {kind}"
    return Event(day, client.id, text, status, client.seller)


def planted(rows: list[Row]) -> dict:
    """Shares and counts by kind and group, for the truth."""
    counted = {
        kind: {
            group: {"clients": sum(r.kind == kind and r.group == group for r in rows),
                    "took": sum(r.kind == kind and r.group == group and r.took for r in rows), "planted_share": share}
            for group, (_, share) in groups.items()
        }
        for kind, groups in PLAN.items()
    }  # fmt: skip
    return {"dates": [monday.isoformat() for monday in LISTS], "horizon_days": HORIZON, "kinds": counted}
