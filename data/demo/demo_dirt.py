"""How the ERP exports it: raw Portuguese cells, and the dirt that is planted in them, no line with two kinds of it."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import NamedTuple

import demo_company as company
import numpy as np
from demo_clients import MISSING_SHARE, Client, Profile
from demo_crm import Answer
from demo_orders import Line

ORDER_HEADER = (
    "Cód. Cliente",
    "Emissão",
    "Nº Pedido",
    "Cód. Produto",
    "Qtde",
    "Vlr Unit.",
    "Vlr Total",
    "Custo Total",
    "Vendedor",
    "Canal",
)
CLIENT, DATE, PRODUCT, PRICE, AMOUNT = 0, 1, 3, 5, 6
DOUBLE_IMPORT = (
    date(2024, 12, 23),
    date(2024, 12, 31),
)  # these days stand in the file of 2024 and again in that of 2025
BAD_DATES = ("31/02/2025", "00/00/0000", "30/02/2026", "32/01/2024", "a definir", "29/02/2025")
BAD_AMOUNTS = ("#REF!", "abc", "-", "1.2.3,4", "#N/D", "12,3x")
INFINITE = ("inf", "-inf")
EARLY = ("01/01/1900", "30/12/1899")
LATE = ("03/11/2026", "16/11/2026", "01/12/2026", "31/12/2026")
SPOILT = {  # order lines of each kind
    "missing_client": 260,
    "padded_client_id": 320,
    "unreadable_date": 12,
    "unreadable_amount": 12,
    "infinite_amount": 2,
    "date_before_min_date": 6,
    "date_after_as_of": 14,
    "zero_amount": 140,
    "unknown_product": 25,
    "exact_repeat": 130,
}
FEES = {"FRETE": 640, "TAXA": 120}
UNKNOWN_CLIENTS = 8  # buy, but stand not in the register

CUSTOMER_HEADER = (
    "Código", "Razão Social", "Tipo", "CPF/CNPJ", "Segmento", "Nº func.", "Cidade", "UF", "Região", "Cliente desde", "Vendedor",
    "Origem", "Tem cozinha", "E-mail",
)  # fmt: skip
REGISTER = {"uf_misspelt": 90, "city_misspelt": 110, "tax_id_wrong": 35, "exact_repeat": 15, "changed_repeat": 10}
ATTRIBUTE_CELLS = {"sector": 4, "employees": 5, "city": 6, "state": 7, "region": 8, "acquisition_channel": 11}
CITY, UF, TAX_ID = 6, 7, 3

BAD_SCORES = {"11": 6, "dez": 4, "7.5": 5, "-1": 2, "": 7}
REPEATED_ANSWERS = 25


class Row(NamedTuple):
    """A line of the orders' files, with the kind of dirt planted in it, if any."""

    cells: tuple[str, ...]
    day: int
    dirt: str = ""


def order_row(line: Line) -> Row:
    money = (company.brazilian(line.price), company.brazilian(line.amount), company.brazilian(line.cost))
    front = (line.client, company.dmy(company.day(line.day)), str(line.order), line.product, str(line.quantity))
    return Row((*front, *money, line.seller, line.channel), line.day, "return" if line.amount < 0 else "")


def order_files(rng: np.random.Generator, lines: list[Line], spoilable: set[str]) -> dict[str, list[Row]]:
    """The rows of each yearly file; only lines of `spoilable` clients are altered, so that the planted lives stand."""
    lines = sorted(lines, key=lambda line: (line.day, line.order, line.product))
    rows = [order_row(line) for line in lines]
    chosen = _chosen(rng, lines, spoilable)
    rows = [_spoil(row, chosen.get(i), i) for i, row in enumerate(rows)]
    fees = _fees(rng, lines)
    spread: dict[str, list[Row]] = {}
    for i, row in enumerate(rows):
        file = spread.setdefault(f"pedidos_{company.day(row.day).year}.csv", [])
        file.append(row._replace(dirt="") if row.dirt == "exact_repeat" else row)
        file += [row] if row.dirt == "exact_repeat" else []
        file += fees.get(i, [])
    again = [row._replace(dirt="double_import") for row in spread["pedidos_2024.csv"] if _doubled(row.day)]
    return {**spread, "pedidos_2025.csv": again + spread["pedidos_2025.csv"]}


def _doubled(day: int) -> bool:
    return DOUBLE_IMPORT[0] <= company.day(day) <= DOUBLE_IMPORT[1]


def _chosen(rng: np.random.Generator, lines: list[Line], spoilable: set[str]) -> dict[int, str]:
    """Which line gets which dirt; lines dated after `as_of` are taken from the last weeks, as an open order book has them."""
    free = [
        i for i, line in enumerate(lines) if line.client in spoilable and line.amount > 0 and not _doubled(line.day)
    ]
    recent = [i for i in free if lines[i].day > company.DAYS - 90]
    late = {int(i): "date_after_as_of" for i in rng.choice(recent, SPOILT["date_after_as_of"], replace=False)}
    kinds = [kind for kind, count in SPOILT.items() if kind != "date_after_as_of" for _ in range(count)]
    others = rng.choice([i for i in free if i not in late], len(kinds), replace=False)
    return {**late, **{int(i): kind for i, kind in zip(others, kinds, strict=True)}}


def _spoil(row: Row, kind: str | None, i: int) -> Row:
    if kind is None:
        return row
    cells = list(row.cells)
    if kind == "missing_client":
        cells[CLIENT] = ("", "   ")[i % 2]
    elif kind == "padded_client_id":
        cells[CLIENT] = ("  {} ", "{}  ", " {}")[i % 3].format(cells[CLIENT])
    elif kind == "unknown_product":
        cells[PRODUCT] = company.OLD_PRODUCT
    elif kind == "zero_amount":
        cells[PRICE] = cells[AMOUNT] = "0,00"
    elif kind in ("unreadable_amount", "infinite_amount"):
        values = BAD_AMOUNTS if kind == "unreadable_amount" else INFINITE
        cells[AMOUNT] = values[i % len(values)]
    elif kind != "exact_repeat":
        values = {"unreadable_date": BAD_DATES, "date_before_min_date": EARLY, "date_after_as_of": LATE}[kind]
        cells[DATE] = values[i % len(values)]
    return row._replace(cells=tuple(cells), dirt=kind)


def _fees(rng: np.random.Generator, lines: list[Line]) -> dict[int, list[Row]]:
    """Postage and bank fees, billed under the order's number; the key is the line that they stand behind."""
    last = [
        i
        for i, line in enumerate(lines)
        if line.amount > 0 and not _doubled(line.day) and (i + 1 == len(lines) or lines[i + 1].order != line.order)
    ]
    billed: dict[int, list[Row]] = {}
    for product, count in FEES.items():
        for i in rng.choice(last, count, replace=False):
            cents = int(rng.integers(2500, 14000)) if product == "FRETE" else 350
            fee = lines[i]._replace(product=product, quantity=1, price=cents, amount=cents, cost=0)
            billed.setdefault(int(i), []).append(order_row(fee)._replace(dirt=f"fee_{product}"))
    return billed


def attribute_cells(rng: np.random.Generator, who: Profile) -> list:
    """Name to region of a client or prospect, each attribute missing one time in ten."""
    cells = [
        who.name,
        who.person_type,
        who.tax_id,
        who.sector,
        who.employees,
        who.city.name,
        who.city.uf,
        who.city.region,
    ]
    missing = rng.random(len(cells)) < MISSING_SHARE
    return [None if missing[i] and i >= 3 else cell for i, cell in enumerate(cells)]


def customer_rows(rng: np.random.Generator, clients: list[Client]) -> tuple[list[list], dict]:
    """The register's rows as exported, and what was planted in them by client id."""
    rows = [_customer_row(rng, client) for client in clients]
    planted = {
        "uf_misspelt": _misspell(rng, rows, UF, REGISTER["uf_misspelt"], _misspelt_uf),
        "city_misspelt": _misspell(rng, rows, CITY, REGISTER["city_misspelt"], _misspelt_city),
        "tax_id_wrong": _misspell(rng, rows, TAX_ID, REGISTER["tax_id_wrong"], _wrong_tax_id),
    }
    planted["missing"] = {name: sum(row[i] is None for row in rows) for name, i in ATTRIBUTE_CELLS.items()}
    repeats = rng.choice(len(rows), REGISTER["exact_repeat"] + REGISTER["changed_repeat"], replace=False)
    again = [list(rows[i]) for i in repeats]
    for n, row in enumerate(again):
        kind = "exact_repeat" if n < REGISTER["exact_repeat"] else "changed_repeat"
        row[-1] = row[-1] if kind == "exact_repeat" else f"financeiro{row[0]}@exemplo.invalid"
        planted.setdefault(kind, []).append(row[0])
    rows = _scattered(rng, rows, again)
    return rows, {key: sorted(value) if isinstance(value, list) else value for key, value in planted.items()}


def _scattered(rng: np.random.Generator, rows: list[list], again: list[list]) -> list[list]:
    """The repeated rows among the second half of the register, where later entries stand."""
    rows = list(rows)
    for row in again:
        rows.insert(int(rng.integers(len(rows) // 2, len(rows) + 1)), row)
    return rows


def _customer_row(rng: np.random.Generator, client: Client) -> list:
    cells = attribute_cells(rng, client.profile)
    cells[2] = punctuated(cells[2]) if rng.random() < 0.6 else cells[2]
    origin = None if rng.random() < MISSING_SHARE else client.profile.acquisition_channel
    kitchen = "S" if client.profile.kitchen else "N"
    return [client.id, *cells, client.since, client.seller, origin, kitchen, f"compras{client.id}@exemplo.invalid"]


def punctuated(tax_id: str) -> str:
    """A CPF or CNPJ as printed on an invoice.

    >>> punctuated("12ABC34501DE35")
    '12.ABC.345/01DE-35'
    """
    if len(tax_id) == 11:
        return f"{tax_id[:3]}.{tax_id[3:6]}.{tax_id[6:9]}-{tax_id[9:]}"
    return f"{tax_id[:2]}.{tax_id[2:5]}.{tax_id[5:8]}/{tax_id[8:12]}-{tax_id[12:]}"


def _misspell(rng: np.random.Generator, rows: list[list], cell: int, count: int, change) -> list[str]:
    """Alter that many cells that `change` can alter; returns the client ids."""
    able = [i for i, row in enumerate(rows) if row[cell] and change(row[cell], 0) != row[cell]]
    chosen = rng.choice(able, count, replace=False)
    for i in chosen:
        rows[i][cell] = change(rows[i][cell], int(i))
    return [rows[i][0] for i in chosen]


def _misspelt_uf(uf: str, i: int) -> str:
    variants = company.UF_MISSPELT.get(uf, (uf,))
    return variants[i % len(variants)]


def _misspelt_city(city: str, i: int) -> str:
    plain = unicodedata.normalize("NFKD", city).encode("ascii", "ignore").decode()
    return (plain.upper(), city.lower(), f" {plain.upper()} ", city.upper())[i % 4]


def _wrong_tax_id(tax_id: str, i: int) -> str:
    return tax_id[:-1] + str((int(tax_id[-1]) + 1 + i % 8) % 10)


def survey_rows(
    rng: np.random.Generator, given: list[Answer], repeated: list[Answer]
) -> tuple[list[list[str]], list[int]]:
    """The survey tool's rows by date, and the positions of those whose score was spoilt."""
    ordered = sorted([*given, *repeated], key=lambda a: (a.answered, a.client))
    rows = [[a.client, a.answered.isoformat(), str(a.score), a.comment, f"Onda {a.answered:%Y-%m}"] for a in ordered]
    twice = {(a.client, a.wave) for a in repeated}
    able = [i for i, a in enumerate(ordered) if (a.client, a.wave) not in twice]
    bad = [score for score, count in BAD_SCORES.items() for _ in range(count)]
    chosen = [int(i) for i in rng.choice(able, len(bad), replace=False)]
    for i, score in zip(chosen, bad, strict=True):
        rows[i][2] = score
    return rows, sorted(chosen)
