"""Make the demo's files: `python data/demo/make_demo.py [FOLDER]`. Same seed and versions, same bytes (kept by a test)."""

from __future__ import annotations

import csv
import io
import sys
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))

import demo_clients
import demo_company as company
import demo_crm as crm
import demo_dirt as dirt
import demo_lists as lists
import demo_orders as orders
import demo_truth as truth

SEED = 20261031
# Each has its own stream: a change of one leaves the others as they were. New ones go to the end.
STREAMS = (
    "clients", "purchases", "shelves", "proposals", "orders", "returns", "order_dirt", "contracts", "interactions", "nps",
    "repeated_answers", "survey_dirt", "customer_dirt", "prospects", "prospect_dirt", "unknown_clients", "lists",
)  # fmt: skip
PROSPECT_HEADER = [
    "Código",
    "Razão Social",
    "Tipo",
    "CNPJ",
    "Segmento",
    "Nº func.",
    "Cidade",
    "UF",
    "Região",
    "Origem",
    "Tem cozinha",
]


class World(NamedTuple):
    """All that was simulated, before it is written as an ERP would."""

    clients: list
    shelves: list
    proposals: list
    lines: list
    contracts: list
    events: list
    asked: list
    prospects: list
    lists: list


def streams(seed: int = SEED) -> dict[str, np.random.Generator]:
    """An independent random stream for each table."""
    seeds = np.random.SeedSequence(seed).spawn(len(STREAMS))
    return {name: np.random.default_rng(own) for name, own in zip(STREAMS, seeds, strict=True)}


def simulate(rng: dict[str, np.random.Generator]) -> World:
    clients = demo_clients.make_clients(rng["clients"], rng["purchases"])
    shelves = orders.shelves(rng["shelves"], clients)
    proposals = orders.propose(rng["proposals"], shelves)
    lines = orders.order_lines(rng["orders"], shelves)
    lines += orders.returns(rng["returns"], lines)
    signed = crm.contracts(rng["contracts"], clients)
    return World(
        clients,
        shelves,
        proposals,
        lines,
        signed,
        crm.events(rng["interactions"], clients, signed),
        crm.answers(rng["nps"], clients),
        crm.prospects(rng["prospects"], clients),
        lists.earlier_lists(rng["lists"], clients, lines),
    )


def files(seed: int = SEED) -> dict[str, bytes]:
    """Name and content of every file of the demo."""
    rng = streams(seed)
    world = simulate(rng)
    regular = [c.id for c in world.clients if c.kind == "regular" and len(c.days) >= 10]
    unknown = sorted(rng["unknown_clients"].choice(regular, dirt.UNKNOWN_CLIENTS, replace=False).tolist())
    order_files = dirt.order_files(rng["order_dirt"], world.lines, set(regular))
    known = [c for c in world.clients if c.id not in unknown]
    customers, planted = dirt.customer_rows(rng["customer_dirt"], known)
    given = [a for a in world.asked if a.answered]
    repeated = crm.repeated_answers(rng["repeated_answers"], given, dirt.REPEATED_ANSWERS)
    surveys, spoilt = dirt.survey_rows(rng["survey_dirt"], given, repeated)
    made = {name: erp([dirt.ORDER_HEADER, *(row.cells for row in rows)]) for name, rows in order_files.items()}
    made |= {"cadastro_clientes.xlsx": workbook(dirt.CUSTOMER_HEADER, customers)}
    made |= (
        registers() | crm_files(world) | {"prospects.csv": erp(prospect_table(rng["prospect_dirt"], world.prospects))}
    )
    survey_header = ["customer", "answered_at", "nota", "comentario", "pesquisa"]
    made |= {"surveys.csv": text([survey_header, *surveys], delimiter=",", encoding="utf-8-sig")}
    rows = {"orders": sum(map(len, order_files.values())), "customers": len(customers), "surveys": len(surveys)}
    rows |= {"contracts": len(world.contracts), "interactions": len(contacts(world)), "proposals": len(world.proposals)}
    found = {
        "orders": truth.order_dirt(order_files) | {"unknown_customers": unknown},
        "customers": planted,
        "surveys": {
            "bad_scores": dirt.BAD_SCORES,
            "records": [n + 2 for n in spoilt],
            "repeated_answers": len(repeated),
        },
    }
    return made | {"truth.json": (truth.compact(answers_of(world) | {"rows": rows, "dirt": found}) + "\n").encode()}


def answers_of(world: World) -> dict:
    """The planted truth but for the dirt."""
    return {
        "company": company.COMPANY,
        "as_of": company.AS_OF.isoformat(),
        "first_day": company.START.isoformat(),
        "lives": truth.lives(world.clients, world.lines),
        "niche": truth.niche(world.clients, world.lines, world.prospects),
        "offers": truth.offers(world.shelves, world.proposals, world.lines),
        "contracts": truth.renewals(world.contracts),
        "nps": truth.nps(world.asked),
        "earlier_lists": lists.planted(world.lists),
    }


def contacts(world: World) -> list[crm.Event]:
    """Everyday contacts and the rows of the earlier lists, as they stand in the CRM."""
    return sorted([*world.events, *(row.event for row in world.lists)], key=lambda e: (e.day, e.client, e.kind))


def registers() -> dict[str, bytes]:
    """Products, sellers and goals: no chance in them."""
    header = ["Cód. Produto", "Descrição", "Linha", "Família", "Nível", "Preço Tabela", "Custo Unit.", "Ativo"]
    products = [product_row(family, tier) for family in company.FAMILIES for tier in range(1, family.tiers + 1)]
    sellers = [[s.id, s.name, s.role, str(s.hours), s.region] for s in company.SELLERS]
    goals_header = ["Meta", "Indicador", "Alvo", "Prazo", "Vendedor", "Horizonte", "Início"]
    return {
        "products.csv": erp([header, *products]),
        "sellers.csv": text(
            [["codigo", "nome", "cargo", "horas_semana", "regiao"], *sellers], delimiter=";", encoding="utf-8"
        ),
        "goals.csv": erp([goals_header, *crm.goals()]),
    }


def product_row(family: company.Family, tier: int) -> list[str]:
    code = f"{family.code}{tier}"
    prices = [round(100 * price(family.code, tier)) for price in (company.list_price, company.unit_cost)]
    active = "N" if code in company.INACTIVE_PRODUCTS else "S"
    name = f"{family.name} {company.TIER_NAMES[tier - 1]}"
    return [code, name, family.line, family.name, str(tier), *map(company.brazilian, prices), active]


def crm_files(world: World) -> dict[str, bytes]:
    contracts = [
        [c.id, c.client, company.dmy(c.start), company.dmy(c.end), company.brazilian(c.amount), c.renewed]
        for c in world.contracts
    ]
    events = [[e.client, company.dmy(company.day(e.day)), e.kind, e.status, e.seller] for e in contacts(world)]
    proposals = [proposal_row(number, proposal) for number, proposal in enumerate(world.proposals, 1)]
    proposal_header = [
        "Nº Proposta",
        "Cliente",
        "Enviada em",
        "Cód. Produto",
        "Valor",
        "Situação",
        "Encerrada em",
        "Motivo",
        "Vendedor",
    ]
    return {
        "contracts.csv": erp([["Nº Contrato", "Cliente", "Início", "Término", "Valor Anual", "Renovado"], *contracts]),
        "interactions.csv": erp([["Cliente", "Data", "Ocorrência", "Situação", "Vendedor"], *events]),
        "proposals.csv": erp([proposal_header, *proposals]),
    }


def proposal_row(number: int, proposal: orders.Proposal) -> list[str]:
    cents = (
        round(100 * company.list_price(proposal.family, proposal.tier) * company.deflator(proposal.sent))
        * proposal.quantity
    )
    closed = "" if proposal.closed is None else company.dmy(company.day(proposal.closed))
    sent = company.dmy(company.day(proposal.sent))
    product, client = f"{proposal.family}{proposal.tier}", proposal.client
    return [
        f"PR{number:04d}",
        client.id,
        sent,
        product,
        company.brazilian(cents),
        proposal.status,
        closed,
        proposal.reason,
        client.seller,
    ]


def prospect_table(rng: np.random.Generator, companies: list) -> list[list]:
    """Prospects with their attributes, some missing."""
    rows = [PROSPECT_HEADER]
    for number, who in enumerate(companies, 1):
        cells = ["" if cell is None else cell for cell in dirt.attribute_cells(rng, who)]
        rows.append([f"P{number:04d}", *cells, who.acquisition_channel, "S" if who.kitchen else "N"])
    return rows


def erp(rows) -> bytes:
    """As the ERP exports: semicolons, Windows-1252."""
    return text(rows, delimiter=";", encoding="cp1252")


def text(rows, *, delimiter: str, encoding: str) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return target.getvalue().encode(encoding)


def workbook(header, rows) -> bytes:
    """One sheet, `Clientes`, with a fixed creation date so that the bytes do not change."""
    import xlsxwriter

    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        book.set_properties({"created": datetime(2026, 11, 3), "author": "ERP"})
        sheet, as_date = book.add_worksheet("Clientes"), book.add_format({"num_format": "dd/mm/yyyy"})
        sheet.write_row(0, 0, header)
        for number, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if hasattr(cell, "isoformat"):
                    sheet.write_datetime(number, column, cell, as_date)
                elif isinstance(cell, str):
                    sheet.write_string(number, column, cell)
                elif cell is not None:
                    sheet.write_number(number, column, cell)
    return target.getvalue()


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent
    folder.mkdir(parents=True, exist_ok=True)
    for file_name, content in files().items():
        (folder / file_name).write_bytes(content)
