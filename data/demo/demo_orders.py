"""What the clients buy: what each one has taken up and when, its proposals, and the order lines that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import demo_company as company
import numpy as np
from demo_clients import Client

AFFINITY = 0.75  # who takes up A takes up B within half a year
SECONDARY_WEIGHT = 0.2  # the B of a pair, for who has no A
UPSELL = 0.05  # of the client's families move up one tier, after a rise of the spend in it
UPSELL_RISE, UPSELL_RISE_DAYS = 1.4, 120
PROPOSAL_CLIENTS = 0.75
DOWNSELL, DOWNSELL_CONTROL = 0.40, 0.03  # lost for price, lost for another reason
LINE_VALUE = 620.0
EXTRA_LINES = 1.03
RETURNS = 520


class Line(NamedTuple):
    """An order line; money in cents."""

    day: int
    order: int
    client: str
    product: str
    quantity: int
    price: int
    amount: int
    cost: int
    seller: str
    channel: str


@dataclass
class Taste:
    """A family that a client has taken up: since when, in which tier, and when it moves up."""

    since: int
    tier: int
    up_on: int | None = None

    def tier_on(self, day: int) -> int:
        return self.tier + (self.up_on is not None and day >= self.up_on)


@dataclass
class Proposal:
    """An offer of one product; `accepted_on` is when the cheaper tier is taken up after a loss."""

    client: Client
    sent: int
    family: str
    tier: int
    quantity: int
    status: str = "Em aberto"
    closed: int | None = None
    reason: str = ""
    accepted_on: int | None = None


@dataclass
class Shelf:
    """All that a client has taken up."""

    client: Client
    tastes: dict[str, Taste] = field(default_factory=dict)


def family_weights(sector: str) -> np.ndarray:
    """How likely each family is taken up by a client of the sector; the B of a pair seldom comes alone."""
    lines = company.SECTORS[sector][2]
    seconds = {second for _, second in company.AFFINITIES}
    weights = [lines.get(f.line, 1.0) * (SECONDARY_WEIGHT if f.code in seconds else 1) for f in company.FAMILIES]
    return np.array(weights) / sum(weights)


def shelves(rng: np.random.Generator, clients: list[Client]) -> list[Shelf]:
    """What each client takes up by itself: some families at once, others later, pairs after each other, some moving up."""
    weights = {sector: family_weights(sector) for sector in company.SECTORS}
    return [_shelf(rng, client, weights[client.profile.sector]) for client in clients if client.days]


def _shelf(rng: np.random.Generator, client: Client, weights: np.ndarray) -> Shelf:
    first, last = client.days[0], client.days[-1]
    count = min(2 + rng.poisson(2.6), 10)
    later = rng.poisson((last - first) / 260)
    codes = [
        company.FAMILIES[i].code for i in rng.choice(len(weights), min(count + later, 20), replace=False, p=weights)
    ]
    begins = [first] * count + sorted(int(d) for d in rng.uniform(first, last + 1, later))
    shelf = Shelf(client)
    for code, begin in zip(codes, begins, strict=False):
        shelf.tastes.setdefault(code, Taste(begin, _tier(rng, code)))
    for code, second in company.AFFINITIES:
        if code in shelf.tastes and second not in shelf.tastes and rng.random() < AFFINITY:
            shelf.tastes[second] = Taste(shelf.tastes[code].since + int(rng.uniform(15, 180)), _tier(rng, second))
    for code, taste in shelf.tastes.items():
        room = taste.tier < company.FAMILY[code].tiers and last - taste.since > 300
        if room and rng.random() < UPSELL:
            taste.up_on = int(rng.uniform(taste.since + 150, last - 60))
    return shelf


def _tier(rng: np.random.Generator, code: str) -> int:
    tier = 1 + int(np.searchsorted((0.48, 0.80, 0.95), rng.random()))
    tier = min(tier, company.FAMILY[code].tiers)
    return tier - 1 if f"{code}{tier}" in company.INACTIVE_PRODUCTS else tier


def propose(rng: np.random.Generator, shelf_list: list[Shelf]) -> list[Proposal]:
    """Proposals of families that the client does not have; what is accepted goes onto its shelf."""
    proposals = []
    for shelf in shelf_list:
        client = shelf.client
        if len(client.days) < 6 or rng.random() > PROPOSAL_CLIENTS:
            continue
        for _ in range(1 + rng.poisson(0.9)):
            index = int(rng.integers(2, len(client.days)))
            proposals.append(_proposal(rng, shelf, client.days[index] + int(rng.integers(1, 6))))
    proposals = [p for p in proposals if p and p.sent < company.DAYS]
    return sorted(proposals, key=lambda p: (p.sent, p.client.id))


def _proposal(rng: np.random.Generator, shelf: Shelf, sent: int) -> Proposal | None:
    free = [f for f in company.FAMILIES if f.code not in shelf.tastes]
    family = free[int(rng.integers(len(free)))]
    tier = int(rng.integers(2, family.tiers + 1))
    if f"{family.code}{tier}" in company.INACTIVE_PRODUCTS:
        tier -= 1
    price = company.list_price(family.code, tier)
    quantity = max(2, round(LINE_VALUE * shelf.client.level * rng.uniform(2, 6) / price))
    proposal = Proposal(shelf.client, sent, family.code, tier, quantity)
    closed = sent + int(rng.integers(5, 50))
    if closed < company.DAYS:
        _close(rng, shelf, proposal, closed)
    return proposal


def _close(rng: np.random.Generator, shelf: Shelf, proposal: Proposal, closed: int) -> None:
    proposal.closed = closed
    draw = rng.random()
    if draw < 0.36:
        proposal.status = "Ganha"
        shelf.tastes[proposal.family] = Taste(closed, proposal.tier)
        return
    proposal.status = "Perdida" if draw < 0.82 else "Abandonada"
    reasons = (
        ("Preço", "Concorrente", "Prazo de entrega", "Sem verba") if proposal.status == "Perdida" else ("Sem resposta",)
    )
    proposal.reason = reasons[int(np.searchsorted((0.5, 0.75, 0.88), rng.random()))] if len(reasons) > 1 else reasons[0]
    chance = DOWNSELL if proposal.reason == "Preço" else DOWNSELL_CONTROL
    soon = [d for d in shelf.client.days if closed + 7 <= d <= closed + 85]
    if proposal.tier > 1 and soon and rng.random() < chance:
        proposal.accepted_on = soon[0]
        shelf.tastes[proposal.family] = Taste(soon[0], proposal.tier - 1)


def order_lines(rng: np.random.Generator, shelf_list: list[Shelf]) -> list[Line]:
    """All lines that were bought, numbered by day; no product twice in an order."""
    lines = [line for shelf in shelf_list for line in _client_lines(rng, shelf)]
    lines.sort(key=lambda line: (line.day, line.client))
    numbers: dict[tuple[int, str], int] = {}
    for line in lines:
        numbers.setdefault((line.day, line.client), 10001 + len(numbers))
    return [line._replace(order=numbers[line.day, line.client]) for line in lines]


def _client_lines(rng: np.random.Generator, shelf: Shelf) -> list[Line]:
    client, lines = shelf.client, []
    codes = list(shelf.tastes)
    # Clients from before the history have bought what they start with already; without this its first month would be a peak.
    bought = {code for code in codes if client.since < company.START and shelf.tastes[code].since == client.days[0]}
    liking = rng.gamma(1.2, 1, len(codes)) + 0.05
    growth = rng.normal(0.05, 0.08)
    for day in client.days:
        known = [i for i, code in enumerate(codes) if shelf.tastes[code].since <= day]
        fresh = [i for i in known if codes[i] not in bought][:3]
        count = min(len(known), max(1 + rng.poisson(EXTRA_LINES), len(fresh)))
        order = np.argsort(-(liking[known] * rng.gumbel(1, 0.8, len(known))), kind="stable")
        picked = (fresh + [known[i] for i in order if known[i] not in fresh])[:count]
        channel = _channel(rng, day)
        for i in picked:
            lines.append(_line(rng, client, day, codes[i], shelf.tastes[codes[i]], growth, channel))
        bought |= {codes[i] for i in picked}
    return lines


def _channel(rng: np.random.Generator, day: int) -> str:
    web = 0.18 + 0.22 * day / company.DAYS
    draw = rng.random()
    return "WEB" if draw < web else "TEL" if draw < web + 0.35 else "REP"


def _line(rng, client: Client, day: int, code: str, taste: Taste, growth: float, channel: str) -> Line:
    tier = taste.tier_on(day)
    deflator = company.deflator(day)
    rising = taste.up_on is not None and 0 < taste.up_on - day <= UPSELL_RISE_DAYS
    season = company.SEASON[company.day(day).month - 1]
    wanted = (
        LINE_VALUE
        * client.level
        * season
        * np.exp(growth * day / 365 + rng.normal(-0.03, 0.25))
        * (UPSELL_RISE if rising else 1)
    )
    quantity = int(np.clip(round(wanted / company.list_price(code, tier)), 1, 900))
    price = round(100 * company.list_price(code, tier) * deflator * (1 - client.discount))
    cost = round(100 * company.unit_cost(code, tier) * deflator * rng.uniform(0.97, 1.03)) * quantity
    return Line(day, 0, client.id, f"{code}{tier}", quantity, price, quantity * price, cost, client.seller, channel)


def returns(rng: np.random.Generator, lines: list[Line]) -> list[Line]:
    """Part of some lines comes back some days later, under the number of the order."""
    made = []
    for i in np.sort(rng.choice(len(lines), RETURNS, replace=False)):
        line = lines[i]
        day = line.day + int(rng.integers(3, 20))
        back = max(1, int(line.quantity * rng.uniform(0.1, 0.6)))
        unit_cost = line.cost // line.quantity
        if day < company.DAYS:
            changed = {"day": day, "quantity": -back, "amount": -back * line.price, "cost": -back * unit_cost}
            made.append(line._replace(**changed))
    return made
