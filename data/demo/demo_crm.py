"""What the CRM holds: contracts and why they were renewed, contacts, NPS answers and who did not answer, prospects, goals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

import demo_company as company
import numpy as np
from demo_clients import PROSPECTS, Client, Profile, profile

CONTRACT_SHARE = 0.42
RENEWAL_LOGIT = {"intercept": -0.4, "visited": 2.2, "complaint": -1.8, "stopped": -4.0}
VISIT_WINDOW_DAYS = 60  # before the end of a contract
WAVES = tuple(date(year, month, 6) for year in (2024, 2025, 2026) for month in (4, 10))
WAVE_DAYS = 18
REAL_CHANGE_AT = 4  # the wave of April 2026 is worse than those before it; that of October 2026 is the same
NPS_MIX = {  # promoters, neutrals, detractors among the clients of each group
    "niche": (0.62, 0.26, 0.12),
    "active": (0.50, 0.31, 0.19),
    "leaving": (0.24, 0.31, 0.45),
    "stopped": (0.14, 0.28, 0.58),
}
AFTER_CHANGE = (-0.13, 0.02, 0.11)  # of all but the stopped
RESPONSE = {"large": 0.58, "small": 0.40, "stopped": 0.14}
LARGE_FROM = 50
COMMENTS = {
    "promoter": (
        "Entrega sempre no prazo",
        "Atendimento muito bom, recomendo",
        'A vendedora "resolve tudo" por telefone',
    ),
    "neutral": ("Bom, mas o frete pesa", "Produto bom, prazo nem tanto"),
    "detractor": ("Pedido veio errado, de novo", "Preço subiu sem aviso", "Faltou produto\ne ninguém avisou"),
}


class Event(NamedTuple):
    day: int
    client: str
    kind: str
    status: str
    seller: str


class Contract(NamedTuple):
    id: str
    client: str
    start: date
    end: date
    amount: int
    renewed: str
    visited: bool
    complaint: bool


@dataclass(frozen=True)
class Answer:
    """A client in a wave: what it thinks, and whether it said so."""

    wave: int
    client: str
    group: str
    score: int
    answered: date | None
    comment: str


def last_day(client: Client) -> int:
    return client.days[-1] if client.days else -1


def stopped(client: Client) -> bool:
    return client.kind.startswith("stopped")


def contracts(rng: np.random.Generator, clients: list[Client]) -> list[Contract]:
    """Yearly supply contracts, one after the other until one is not renewed; open where the end is still to come."""
    made: list[Contract] = []
    for client in clients:
        if len(client.days) >= 8 and rng.random() < CONTRACT_SHARE:
            made += _chain(rng, client)
    made.sort(key=lambda contract: (contract.start, contract.client))
    return [contract._replace(id=f"C{number:04d}") for number, contract in enumerate(made, 1)]


def _chain(rng: np.random.Generator, client: Client) -> list[Contract]:
    first = client.days[int(rng.integers(0, len(client.days) // 3))]
    start, chain = company.day(first), []
    amount = int(client.level * 36500 / client.cycle * rng.uniform(12, 22)) * 100
    while start <= company.AS_OF:
        end = start + timedelta(days=364)
        visited, complaint = bool(rng.random() < 0.5), bool(rng.random() < 0.2)
        gone = stopped(client) and company.day(last_day(client)) < end
        renewed = "" if end > company.AS_OF else "S" if rng.random() < renewal_chance(visited, complaint, gone) else "N"
        chain.append(Contract("", client.id, start, end, amount, renewed, visited, complaint))
        if renewed != "S":
            break
        start, amount = end + timedelta(days=1), int(amount * rng.uniform(1.0, 1.12)) // 10000 * 10000
    return chain


def renewal_chance(visited: bool, complaint: bool, gone: bool) -> float:
    """The planted chance that a contract is renewed."""
    c = RENEWAL_LOGIT
    logit = c["intercept"] + c["visited"] * visited + c["complaint"] * complaint + c["stopped"] * gone
    return float(1 / (1 + np.exp(-logit)))


def events(rng: np.random.Generator, clients: list[Client], signed: list[Contract]) -> list[Event]:
    """Contacts and occurrences: everyday ones, those before the end of a contract, those before a client leaves."""
    ends = {}
    for contract in signed:
        ends.setdefault(contract.client, []).append(contract)
    made = []
    for client in clients:
        if client.days:
            own = ends.get(client.id, [])
            everyday = [e for e in _everyday(rng, client) if not _in_window(e, own)]
            made += everyday + _before_ends(rng, client, own) + _before_leaving(rng, client)
    return sorted((e for e in made if 0 <= e.day < company.DAYS), key=lambda e: (e.day, e.client, e.kind))


def _in_window(event: Event, own: list[Contract]) -> bool:
    """Visits and complaints before an end are planted, so everyday ones do not fall there."""
    near = any(0 <= company.offset(c.end) - event.day <= VISIT_WINDOW_DAYS for c in own)
    return near and event.kind in ("Visita", "Reclamação")


def _everyday(rng: np.random.Generator, client: Client) -> list[Event]:
    first, last = client.days[0], min(last_day(client) + 30, company.DAYS - 1)
    made = []
    for kind, yearly in (
        ("E-mail aberto", 0.42),
        ("Visita", 0.35),
        ("Ligação", 0.45),
        ("Reclamação", 0.10),
        ("Título em atraso", 0.07),
    ):
        for day in rng.uniform(first, last + 1, rng.poisson(yearly * (last - first + 1) / 365)):
            made.append(Event(int(day), client.id, kind, _status(rng, kind, int(day)), _by(client, kind)))
    if rng.random() < 0.03:
        made.append(Event(int(rng.uniform(first, last + 1)), client.id, "Descadastro de e-mail", "", ""))
    return made


def _by(client: Client, kind: str) -> str:
    return client.seller if kind in ("Visita", "Ligação") else ""


def _status(rng: np.random.Generator, kind: str, day: int) -> str:
    pending = rng.random() < (0.6 if day > company.DAYS - 45 else 0.04)
    if kind == "Reclamação":
        return "Aberta" if pending else "Resolvida"
    if kind == "Título em atraso":
        return "Em aberto" if pending else "Pago"
    return ""


def _before_ends(rng: np.random.Generator, client: Client, own: list[Contract]) -> list[Event]:
    made = []
    for contract in own:
        end = company.offset(contract.end)
        for kind, happened in (("Visita", contract.visited), ("Reclamação", contract.complaint)):
            day = end - int(rng.integers(5, VISIT_WINDOW_DAYS - 5))
            if happened and day < company.DAYS:
                made.append(Event(day, client.id, kind, _status(rng, kind, day), _by(client, kind)))
    return made


def _before_leaving(rng: np.random.Generator, client: Client) -> list[Event]:
    if not stopped(client) or rng.random() > 0.35:
        return []
    return [Event(last_day(client) - int(rng.integers(0, 45)), client.id, "Reclamação", "Resolvida", "")]


def nps_group(client: Client, when: date) -> str | None:
    """The client's NPS group on a day; None for who is not asked: before the first order or long after the last."""
    now = company.offset(when)
    if not client.days or client.days[0] > now:
        return None
    if stopped(client) or client.kind in ("one_order", "two_orders"):
        left = now - last_day(client)
        if left > 240:
            return None
        if left > 60:
            return "stopped"
        if stopped(client) and left > -75:
            return "leaving"
    return "niche" if client.profile.niche else "active"


def nps_mix(group: str, wave: int) -> tuple[float, float, float]:
    """Shares of promoters, neutrals and detractors that are planted for a group in a wave."""
    mix = NPS_MIX[group]
    return (
        mix
        if group == "stopped" or wave < REAL_CHANGE_AT
        else tuple(m + d for m, d in zip(mix, AFTER_CHANGE, strict=True))
    )


def answers(rng: np.random.Generator, clients: list[Client]) -> list[Answer]:
    """Every client of every wave, with its score, whether it answered or not."""
    made = []
    for wave, when in enumerate(WAVES):
        for client in clients:
            group = nps_group(client, when)
            if group:
                made.append(_answer(rng, client, wave, group))
    return made


def _answer(rng: np.random.Generator, client: Client, wave: int, group: str) -> Answer:
    promoters, neutrals, _ = nps_mix(group, wave)
    kind = ("promoter", "neutral", "detractor")[int(np.searchsorted((promoters, promoters + neutrals), rng.random()))]
    score = {
        "promoter": 9 + int(rng.random() < 0.45),
        "neutral": 7 + int(rng.random() < 0.6),
        "detractor": int(6 * rng.beta(4, 2) + 0.5),
    }[kind]
    size = "large" if client.profile.employees >= LARGE_FROM else "small"
    says = rng.random() < RESPONSE["stopped" if group == "stopped" else size]
    when = WAVES[wave] + timedelta(days=int(rng.integers(0, WAVE_DAYS)))
    comment = COMMENTS[kind][int(rng.integers(len(COMMENTS[kind])))] if rng.random() < 0.12 else ""
    return Answer(wave, client.id, group, score, when if says else None, comment)


def repeated_answers(rng: np.random.Generator, given: list[Answer], count: int) -> list[Answer]:
    """Some clients answer a second time in the same wave, later, with another score: the latest is the one that counts."""
    chosen = np.sort(rng.choice(len(given), count, replace=False))
    days = rng.integers(1, 6, count)
    return [
        replace(
            given[i], answered=given[i].answered + timedelta(days=int(d)), score=max(given[i].score - 1, 0), comment=""
        )
        for i, d in zip(chosen, days, strict=True)
    ]


def prospects(rng: np.random.Generator, clients: list[Client]) -> list[Profile]:
    """Companies that never bought, drawn like the clients."""
    used = {client.profile.name for client in clients}
    return [profile(rng, used) for _ in range(PROSPECTS)]


def goals() -> list[list[str]]:
    """Targets of the management, in the words of its spreadsheet; sums count from the first day of its new year."""
    rows = [
        ("Clientes ativos", "700", "31/01/2027", "", "Curto"),
        ("Clientes ativos", "740", "30/06/2027", "", "Médio"),
        ("Clientes ativos", "800", "31/10/2028", "", "Longo"),
        ("Receita", "1.500.000,00", "30/11/2026", "", "Curto"),
        ("Receita", "4.400.000,00", "31/01/2027", "", "Curto"),
        ("Receita", "15.500.000,00", "31/10/2027", "", "Longo"),
        ("Reativações", "12", "31/01/2027", "", "Curto"),
        ("Reativações", "30", "30/04/2027", "", "Médio"),
        ("Clientes novos", "25", "31/01/2027", "", "Curto"),
        ("Receita", "750.000,00", "31/01/2027", "V01", "Curto"),
        ("Receita", "600.000,00", "31/01/2027", "V08", "Curto"),
        ("Clientes ativos", "130", "30/06/2027", "V01", "Médio"),
    ]
    starts = ["" if metric == "Clientes ativos" else "01/11/2026" for metric, *_rest in rows]
    return [[f"M{number:02d}", *row, start] for number, (row, start) in enumerate(zip(rows, starts, strict=True), 1)]
