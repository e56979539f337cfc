"""The demo's files read in plain Python, not with the product: what the tests count independently."""

import csv
import json
import re
import sys
from collections import Counter, defaultdict
from datetime import date, datetime
from functools import cache
from pathlib import Path

from python_calamine import CalamineWorkbook

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data" / "demo"
AS_OF, MIN_DATE = date(2026, 10, 31), date(2000, 1, 1)
FEES = ("FRETE", "TAXA")
BRAZILIAN_NUMBER = re.compile(r"-?\d{1,3}(\.\d{3})*,\d{2}")
ENCODINGS = {"surveys.csv": ("utf-8-sig", ","), "sellers.csv": ("utf-8", ";")}


def raw(name):
    """Records of a file as dictionaries of text."""
    encoding, delimiter = ENCODINGS.get(name, ("cp1252", ";"))
    with open(DEMO / name, encoding=encoding, newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


@cache
def day(text):
    try:
        return datetime.strptime(text, "%d/%m/%Y").date()
    except ValueError:
        return None


@cache
def money(text):
    return float(text.replace(".", "").replace(",", ".")) if BRAZILIAN_NUMBER.fullmatch(text) else None


@cache
def truth():
    return json.loads((DEMO / "truth.json").read_text(encoding="utf-8"))


@cache
def orders():
    """Every line of the four files, in the order they are read, with its file and line."""
    lines = []
    for path in sorted(DEMO.glob("pedidos_*.csv")):
        lines += [{**record, "file": path.name, "line": number} for number, record in enumerate(raw(path.name), 2)]
    return lines


@cache
def kept():
    """The lines that a careful reader would keep: (client, day, amount, cost, product)."""
    seen, lines = set(), []
    for record in orders():
        cells = tuple(v for k, v in record.items() if k not in ("file", "line"))
        when, amount = day(record["Emissão"]), money(record["Vlr Total"])
        usable = record["Cód. Cliente"].strip() and amount and when and MIN_DATE <= when <= AS_OF
        if usable and record["Cód. Produto"] not in FEES and cells not in seen:
            cost = money(record["Custo Total"])
            lines.append((record["Cód. Cliente"].strip(), when, amount, cost, record["Cód. Produto"]))
        seen.add(cells)
    return lines


@cache
def purchases():
    """Days with a positive net amount of each client, in order."""
    net = Counter()
    for client, when, amount, *_ in kept():
        net[client, when] += amount
    days = defaultdict(list)
    for client, when in sorted(key for key, amount in net.items() if amount > 0.005):
        days[client].append(when)
    return dict(days)


@cache
def register():
    sheet = CalamineWorkbook.from_path(DEMO / "cadastro_clientes.xlsx").get_sheet_by_name("Clientes")
    header, *rows = sheet.to_python()
    return [dict(zip(header, row, strict=True)) for row in rows]


@cache
def clients():
    """One row per client: the first of each."""
    return {row["Código"]: row for row in reversed(register())}


@cache
def script():
    sys.path.insert(0, str(DEMO))
    try:
        import make_demo
    finally:
        sys.path.remove(str(DEMO))
    return make_demo
