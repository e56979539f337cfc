"""The demo's files are what their script makes, and hold the dirt that truth.json says, counted in plain Python."""

import csv
import doctest
import io
import math
import re
import sys
import zipfile
from collections import Counter
from datetime import date

import pytest
import yaml
from stdnum.br import cnpj, cpf

from carteira_lib.tables.contracts import CANONICAL, TABLES
from tests.demo_raw import (
    AS_OF,
    DEMO,
    MIN_DATE,
    ROOT,
    clients,
    day,
    kept,
    money,
    orders,
    purchases,
    raw,
    register,
    script,
    truth,
)

UFS = [
    "AC",
    "AL",
    "AP",
    "AM",
    "BA",
    "CE",
    "DF",
    "ES",
    "GO",
    "MA",
    "MT",
    "MS",
    "MG",
    "PA",
    "PB",
    "PR",
    "PE",
    "PI",
    "RJ",
    "RN",
    "RS",
    "RO",
    "RR",
    "SC",
    "SP",
    "SE",
    "TO",
]


def members(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_script_makes_the_committed_files_byte_by_byte():
    made = script().files()
    for name, content in made.items():
        committed = (DEMO / name).read_bytes()
        if name.endswith(".xlsx"):  # how well zlib packs them depends on its build, what is inside does not
            assert members(content) == members(committed)
        else:
            assert content == committed, f"{name}: run python data/demo/make_demo.py"
    assert {p.name for p in DEMO.iterdir() if p.suffix in {".csv", ".xlsx", ".json"}} == set(made)


def test_another_seed_makes_another_company():
    assert script().streams(1)["orders"].random() != script().streams()["orders"].random()


def test_drawing_from_one_stream_leaves_the_others():
    used, fresh = script().streams(), script().streams()
    used["clients"].random(1000)
    assert used["orders"].random() == fresh["orders"].random()


def test_the_folder_is_small_enough_to_commit():
    assert sum(p.stat().st_size for p in DEMO.rglob("*") if p.is_file() and "__pycache__" not in p.parts) <= 4_000_000


def test_examples_in_the_script_hold():
    for name in ("demo_company", "demo_clients", "demo_dirt", "demo_truth"):
        found = doctest.testmod(sys.modules[name])
        assert found.attempted
        assert not found.failed


DIRT_RULES = {
    "missing_client": lambda r: not r["Cód. Cliente"].strip(),
    "padded_client_id": lambda r: r["Cód. Cliente"].strip() and r["Cód. Cliente"] != r["Cód. Cliente"].strip(),
    "unreadable_date": lambda r: day(r["Emissão"]) is None,
    "date_before_min_date": lambda r: (day(r["Emissão"]) or AS_OF) < MIN_DATE,
    "date_after_as_of": lambda r: (day(r["Emissão"]) or AS_OF) > AS_OF,
    "unreadable_amount": lambda r: money(r["Vlr Total"]) is None and "inf" not in r["Vlr Total"],
    "infinite_amount": lambda r: "inf" in r["Vlr Total"],
    "zero_amount": lambda r: money(r["Vlr Total"]) == 0,
    "return": lambda r: (money(r["Vlr Total"]) or 0) < 0,
    "unknown_product": lambda r: r["Cód. Produto"] == "ZZ9",
    "fee_FRETE": lambda r: r["Cód. Produto"] == "FRETE",
    "fee_TAXA": lambda r: r["Cód. Produto"] == "TAXA",
}


@pytest.mark.parametrize("kind", DIRT_RULES)
def test_order_lines_hold_the_dirt_that_was_planted(kind):
    planted = truth()["dirt"]["orders"][kind]
    # The second import repeats some returns: they were planted once.
    double = truth()["dirt"]["orders"]["double_import"]["lines"] if kind == "return" else 0
    found = [r for r in orders() if DIRT_RULES[kind](r) and not (double and in_double_import(r))]
    assert len(found) == planted["lines"] > 0
    if "where" in planted:
        assert [[r["file"], r["line"]] for r in found] == planted["where"]


def in_double_import(record):
    when = day(record["Emissão"])
    return record["file"] == "pedidos_2025.csv" and when is not None and when.year == 2024


def test_repeated_lines_are_the_planted_ones_and_no_others():
    planted = truth()["dirt"]["orders"]
    double = [r for r in orders() if in_double_import(r)]
    assert len(double) == planted["double_import"]["lines"] > 100
    assert min(day(r["Emissão"]) for r in double) == date(2024, 12, 23)
    seen, repeats = set(), Counter()
    for record in orders():
        cells = tuple(v for k, v in record.items() if k not in ("file", "line"))
        if cells in seen:
            repeats["double" if in_double_import(record) else "same file"] += 1
        seen.add(cells)
    assert repeats == {"double": len(double), "same file": planted["exact_repeat"]["lines"]}


def test_no_order_line_holds_two_kinds_of_dirt():
    rejecting = [rule for kind, rule in DIRT_RULES.items() if kind not in ("return", "unknown_product")]
    assert max(sum(bool(rule(r)) for rule in rejecting) for r in orders()) == 1


def test_order_files_look_like_an_export_and_a_company_of_the_size_told():
    header = (DEMO / "pedidos_2025.csv").read_bytes().split(b"\n")[0].decode("cp1252")
    assert header == "Cód. Cliente;Emissão;Nº Pedido;Cód. Produto;Qtde;Vlr Unit.;Vlr Total;Custo Total;Vendedor;Canal"
    assert len(orders()) == truth()["rows"]["orders"]
    assert 55_000 < len(orders()) < 65_000
    assert 30e6 < sum(amount for _, _, amount, *_ in kept()) < 60e6
    assert min(d for d in (day(r["Emissão"]) for r in orders()) if d and d > MIN_DATE) >= date(2023, 11, 1)
    assert 1_100 < len(purchases()) < 1_250


def test_each_amount_is_quantity_times_price():
    for record in orders():
        amount, price = money(record["Vlr Total"]), money(record["Vlr Unit."])
        if amount is not None:
            assert math.isclose(int(record["Qtde"]) * price, amount, abs_tol=0.005)


def test_clients_without_a_register_entry_are_the_planted_ones():
    buying = {r["Cód. Cliente"].strip() for r in orders()} - {""}
    assert sorted(buying - set(clients())) == truth()["dirt"]["orders"]["unknown_customers"]
    assert sorted(set(clients()) - buying) == truth()["lives"]["never_bought"]


def test_register_repeats_are_the_planted_ones():
    assert len(register()) == truth()["rows"]["customers"]
    exact = Counter(tuple(map(str, row.values())) for row in register())
    ids = Counter(row["Código"] for row in register())
    repeated = sorted(cells[0] for cells, n in exact.items() if n == 2)
    assert repeated == truth()["dirt"]["customers"]["exact_repeat"]
    assert sorted(i for i, n in ids.items() if n == 2) == sorted(
        repeated + truth()["dirt"]["customers"]["changed_repeat"]
    )
    assert all(re.fullmatch(r"\d{5}", i) for i in ids)
    assert any(i.startswith("00") for i in ids)


def test_misspelt_ufs_are_the_planted_ones():
    found = sorted(i for i, row in clients().items() if row["UF"] and row["UF"] not in UFS)
    assert found == truth()["dirt"]["customers"]["uf_misspelt"]
    assert {"Sao Paulo", "sp", "S.P."} <= {clients()[i]["UF"] for i in found}


def test_misspelt_cities_are_the_planted_ones():
    right = {city.name for city in script().company.CITIES}
    found = sorted(i for i, row in clients().items() if row["Cidade"] and row["Cidade"] not in right)
    assert found == truth()["dirt"]["customers"]["city_misspelt"]


def test_wrong_tax_ids_are_the_planted_ones():
    wrong = sorted(
        i
        for i, row in clients().items()
        if row["CPF/CNPJ"] and not (cpf if row["Tipo"] == "PF" else cnpj).is_valid(row["CPF/CNPJ"])
    )
    assert wrong == truth()["dirt"]["customers"]["tax_id_wrong"]
    alphanumeric = [row["CPF/CNPJ"] for row in clients().values() if re.search("[A-Z]", row["CPF/CNPJ"])]
    assert 3 <= len(alphanumeric) <= 6
    assert {bool(re.search(r"\D", row["CPF/CNPJ"])) for row in clients().values() if row["CPF/CNPJ"]} == {True, False}


def test_missing_attributes_are_a_tenth_and_counted():
    columns = {
        "sector": "Segmento",
        "employees": "Nº func.",
        "city": "Cidade",
        "state": "UF",
        "region": "Região",
        "acquisition_channel": "Origem",
    }
    found = {name: sum(row[column] in ("", None) for row in clients().values()) for name, column in columns.items()}
    assert found == truth()["dirt"]["customers"]["missing"]
    assert all(0.07 < n / len(clients()) < 0.13 for n in found.values())


@pytest.mark.real_data
def test_cities_exist_in_their_state(real_data):
    read = {}
    for name in ("estados", "municipios"):
        with open(real_data / "municipios_br" / f"{name}.csv", encoding="utf-8-sig", newline="") as file:
            read[name] = list(csv.DictReader(file))
    ufs = {row["codigo_uf"]: row["uf"] for row in read["estados"]}
    real = {(row["nome"], ufs[row["codigo_uf"]]) for row in read["municipios"]}
    assert {(city.name, city.uf) for city in script().company.CITIES} <= real


def test_survey_scores_hold_the_planted_dirt():
    rows, planted = raw("surveys.csv"), truth()["dirt"]["surveys"]
    assert len(rows) == truth()["rows"]["surveys"]
    bad = [(number, row["nota"]) for number, row in enumerate(rows, 2) if not re.fullmatch(r"\d|10", row["nota"])]
    assert [number for number, _ in bad] == planted["records"]
    assert Counter(score for _, score in bad) == planted["bad_scores"]
    answers = Counter((row["customer"], row["pesquisa"]) for row in rows)
    assert sum(n - 1 for n in answers.values()) == planted["repeated_answers"]
    assert (DEMO / "surveys.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("name", "column", "ids"),
    [
        ("contracts.csv", "Cliente", "clients"),
        ("interactions.csv", "Cliente", "clients"),
        ("proposals.csv", "Cliente", "clients"),
        ("surveys.csv", "customer", "clients"),
        ("proposals.csv", "Cód. Produto", "products"),
        ("proposals.csv", "Vendedor", "sellers"),
        ("goals.csv", "Vendedor", "sellers"),
    ],
)
def test_the_tables_refer_to_one_another(name, column, ids):
    known = {
        "clients": set(clients()) | set(truth()["dirt"]["orders"]["unknown_customers"]),
        "products": {row["Cód. Produto"] for row in raw("products.csv")},
        "sellers": {row["codigo"] for row in raw("sellers.csv")} | {""},
    }[ids]
    assert {row[column] for row in raw(name)} <= known


def test_sellers_have_portfolios_of_uneven_size():
    sizes = Counter(row["Vendedor"] for row in clients().values())
    assert len(sizes) == 12
    assert max(sizes.values()) > 4 * min(sizes.values())


def test_params_map_columns_that_the_files_have():
    params = yaml.safe_load((ROOT / "params" / "demo.yml").read_text(encoding="utf-8"))
    assert set(params["sources"]) == set(CANONICAL)
    for name, source in params["sources"].items():
        path = next(ROOT.glob(source["path"]))
        header = set(register()[0]) if path.suffix == ".xlsx" else set(raw(path.name)[0])
        assert set(source["columns"].values()) <= header
        declared = set(source["columns"]) - set(TABLES[name].column_names)
        assert declared <= ({"kitchen"} if name in ("customers", "prospects") else set())
