"""Who the clients are, and how each one lives: attributes known before any purchase, own cycle, when it stops or comes back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import demo_company as company
import numpy as np

KINDS = {  # how many clients live which life
    "regular": 605,
    "stopped_sudden": 150,
    "stopped_slowing": 110,
    "recovered": 60,
    "one_order": 130,
    "two_orders": 70,
    "new": 45,
    "never_bought": 30,
}
PROSPECTS = 500
MISSING_SHARE = 0.10
NICHE_SPEND = 2.22  # planted factor of the spend; measured in margin a year it comes to about 2.7
SLOWING_GAPS = (1.4, 1.8, 2.3, 2.9)
SIZE_ELASTICITY = 0.10


@dataclass(frozen=True)
class Profile:
    """What is known of a client or a prospect before it buys."""

    name: str
    person_type: str
    tax_id: str
    sector: str
    employees: int
    city: company.City
    acquisition_channel: str
    kitchen: bool

    @property
    def niche(self) -> bool:
        rule = company.NICHE
        size = rule["employees_from"] <= self.employees <= rule["employees_to"]
        return self.sector in rule["sectors"] and size and self.city.region == rule["region"]


@dataclass(frozen=True)
class Client:
    """A client: `days` are the planned purchases, as offsets from the first day of the history."""

    id: str
    profile: Profile
    kind: str
    cycle: float
    since: date
    seller: str
    level: float
    discount: float
    days: tuple[int, ...]
    back_on: int | None = None


def check_digits(root: str, weights: range, digits: int = 2) -> str:
    """Root of a CPF (weights up to 11) or CNPJ (up to 9, repeated) with its digits; letters count as their code less 48.

    >>> check_digits("123456789", range(2, 12))
    '12345678909'
    >>> check_digits("12ABC34501DE", range(2, 10))
    '12ABC34501DE35'
    """
    for _ in range(digits):
        values = [ord(character) - 48 for character in reversed(root)]
        total = sum(value * weights[i % len(weights)] for i, value in enumerate(values))
        rest = total % 11
        root += str(0 if rest < 2 else 11 - rest)
    return root


def tax_id(rng: np.random.Generator, person_type: str, alphanumeric: bool = False) -> str:
    """Valid digits on a random root; a CNPJ has a branch number above 8000, which hardly any company reaches."""
    if person_type == "PF":
        return check_digits(f"{rng.integers(10**8, 10**9)}", range(2, 12))
    branch = f"{rng.integers(8000, 9900)}"
    if alphanumeric:
        letters = "".join(rng.choice(list("BCDFGHJKLMNPRSTVWXYZ"), 3))
        return check_digits(f"{rng.integers(10, 99)}{letters}{rng.integers(100, 999)}{branch}", range(2, 10))
    return check_digits(f"{rng.integers(10_000_000, 99_000_000)}{branch}", range(2, 10))


def profile(rng: np.random.Generator, used: set[str], alphanumeric: bool = False) -> Profile:
    """A client or prospect at random; natural persons are a few, with one or two employees."""
    person_type = "PF" if rng.random() < 0.06 and not alphanumeric else "PJ"
    names, rows = list(company.SECTORS), list(company.SECTORS.values())
    sector = names[_pick(rng, [row[0] for row in rows])]
    typical = company.SECTORS[sector][1]
    employees = (
        int(np.clip(typical * np.exp(rng.normal(0, 0.85)), 1, 1800)) if person_type == "PJ" else int(rng.integers(1, 3))
    )
    return Profile(
        name=_name(rng, sector, person_type, used),
        person_type=person_type,
        tax_id=tax_id(rng, person_type, alphanumeric),
        sector=sector,
        employees=employees,
        city=company.CITIES[_pick(rng, [city.weight for city in company.CITIES])],
        acquisition_channel=company.ACQUISITION[_pick(rng, (30, 25, 10, 20, 15))],
        kitchen=bool(rng.random() < company.KITCHENS.get(sector, 0.05)),
    )


def _pick(rng: np.random.Generator, weights) -> int:
    cumulative = np.cumsum(weights)
    return int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))


def _name(rng: np.random.Generator, sector: str, person_type: str, used: set[str]) -> str:
    words = [company.BUSINESS_WORDS[sector], company.FIRST_WORDS, company.SECOND_WORDS]
    if person_type == "PF":
        words = [company.GIVEN_NAMES, company.INVENTED_SURNAMES, company.INVENTED_SURNAMES]
    while True:
        chosen = [group[rng.integers(len(group))] for group in words]
        name = " ".join(chosen) + (" Ltda" if person_type == "PJ" and sector != "Condomínio" else "")
        if name not in used and chosen[1] != chosen[2]:
            used.add(name)
            return name


def make_clients(rng: np.random.Generator, purchases: np.random.Generator) -> list[Client]:
    """All clients: `rng` draws who they are, `purchases` when they buy."""
    kinds = np.repeat(list(KINDS), list(KINDS.values()))
    rng.shuffle(kinds)
    used: set[str] = set()
    recent = [number for number, kind in enumerate(kinds) if kind == "new"][:6]
    clients = []
    for number, kind in enumerate(kinds):
        who = profile(rng, used, alphanumeric=number in recent)
        clients.append(_client(rng, purchases, number + 1, str(kind), who))
    return clients


def _client(rng, purchases, number: int, kind: str, who: Profile) -> Client:
    cycle = float(np.clip(36 * np.exp(rng.normal(0, 0.55)), 7, 60))
    cycle, days, back_on = LIVES[kind](purchases, cycle)
    level = np.exp(rng.normal(-0.1, 0.45)) * (who.employees / 30) ** SIZE_ELASTICITY
    return Client(
        id=f"{number:05d}",
        profile=who,
        kind=kind,
        cycle=round(cycle, 2),
        since=_since(rng, kind, days),
        seller=_seller(rng, who.city.region),
        level=float(level) * (NICHE_SPEND if who.niche else 1),
        discount=float(np.round(rng.beta(2, 4) * 0.15, 3)),
        days=tuple(days),
        back_on=back_on,
    )


def _seller(rng: np.random.Generator, region: str) -> str:
    team = [seller for seller in company.SELLERS if seller.region == region]
    return team[_pick(rng, [seller.weight for seller in team])].id


def _since(rng: np.random.Generator, kind: str, days: list[int]) -> date:
    """First contact: years before the history for those who bought from its start, days before the first order else."""
    if days and days[0] < 60 and kind not in ("one_order", "two_orders"):
        return company.START - timedelta(days=int(rng.integers(30, 4000)))
    first = days[0] if days else int(rng.integers(0, company.DAYS))
    return company.day(first) - timedelta(days=int(rng.integers(0, 20)))


def rhythm(rng: np.random.Generator, cycle: float, start: float, end: float) -> list[int]:
    """Purchases from `start` to before `end`: gaps of mean `cycle`, shorter in the high season, none on a Sunday."""
    regularity = rng.uniform(1.6, 6)
    gamma = rng.random() < 0.5
    spread = np.sqrt(np.log(1 + 1 / regularity))
    days, when = [], start
    while when < end:
        days.append(int(when))
        gap = (
            rng.gamma(regularity, cycle / regularity) if gamma else cycle * np.exp(rng.normal(-(spread**2) / 2, spread))
        )
        when += max(1.0, gap / company.SEASON[company.day(int(when)).month - 1] ** 0.5)
    return weekdays(days)


def weekdays(days: list[int]) -> list[int]:
    """Sundays become Mondays; no day twice, none after the history."""
    moved = {d + (company.day(d).weekday() == 6) for d in days}
    return sorted(d for d in moved if d < company.DAYS)


def _regular(rng, cycle):
    start = rng.uniform(0, cycle) if rng.random() < 0.6 else rng.uniform(0, company.DAYS - 200)
    return cycle, rhythm(rng, cycle, start, company.DAYS), None


def _stopped_sudden(rng, cycle):
    stop = rng.uniform(220, 940) if rng.random() < 0.85 else rng.uniform(940, 1070)
    cycle = min(cycle, stop / 9)
    return cycle, rhythm(rng, cycle, _start_before(rng, stop - 8 * cycle, cycle), stop), None


def _stopped_slowing(rng, cycle):
    stop = rng.uniform(330, 960) if rng.random() < 0.85 else rng.uniform(960, 1060)
    cycle = min(cycle, 32.0)
    turn = stop - sum(SLOWING_GAPS) * cycle
    days = rhythm(rng, cycle, _start_before(rng, turn - 3 * cycle, cycle), turn)
    for factor in SLOWING_GAPS:
        days.append(days[-1] + int(cycle * factor * rng.uniform(0.85, 1.15)))
    return cycle, weekdays([d for d in days if d < company.DAYS - 20]), None


def _start_before(rng, latest: float, cycle: float) -> float:
    return rng.uniform(0, cycle) if rng.random() < 0.7 or latest < cycle else rng.uniform(0, latest)


def _recovered(rng, cycle):
    back = rng.uniform(company.DAYS - 355, company.DAYS - 12) if rng.random() < 0.65 else rng.uniform(480, 730)
    cycle = min(cycle, 26.0)
    silence = max(150, 6 * cycle) + rng.uniform(0, 90)
    before = rhythm(rng, cycle, rng.uniform(0, cycle), back - silence)
    after = rhythm(rng, cycle, back, company.DAYS)
    return cycle, weekdays(before + after), after[0]


def _occasional(rng, cycle):
    return cycle, weekdays([int(rng.uniform(0, company.DAYS - 2))]), None


def _two_orders(rng, cycle):
    first = rng.uniform(0, company.DAYS - 70)
    return cycle, weekdays([int(first), int(first + rng.uniform(7, 65))]), None


def _new(rng, cycle):
    cycle = rng.uniform(7, 18)
    return cycle, rhythm(rng, cycle, company.DAYS - rng.uniform(3.6 * cycle, 89), company.DAYS), None


LIVES = {
    "regular": _regular,
    "stopped_sudden": _stopped_sudden,
    "stopped_slowing": _stopped_slowing,
    "recovered": _recovered,
    "one_order": _occasional,
    "two_orders": _two_orders,
    "new": _new,
    "never_bought": lambda rng, cycle: (cycle, [], None),
}
