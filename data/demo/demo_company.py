"""What the fictitious distributor is: calendar, catalogue, places, people and words. No chance in here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

COMPANY = "Varanda Azul Distribuidora (empresa fictícia)"
START = date(2023, 11, 1)
AS_OF = date(2026, 10, 31)
DAYS = (AS_OF - START).days + 1
SEASON = (0.84, 0.90, 0.99, 0.96, 0.98, 0.94, 0.97, 1.00, 1.02, 1.06, 1.14, 1.20)  # January to December
PRICE_GROWTH = 0.045  # a year
UFS = ("SP", "MG", "RJ", "ES", "PR", "SC", "RS", "GO", "DF", "MS", "BA", "PE", "CE")


class Family(NamedTuple):
    """Products that replace one another, from the plain version (tier 1) up."""

    code: str
    name: str
    line: str
    price: float
    tiers: int


class Seller(NamedTuple):
    id: str
    name: str
    role: str
    hours: int
    region: str
    weight: float  # share of the region's clients; uneven on purpose


class City(NamedTuple):
    name: str
    uf: str
    region: str
    weight: int


TIER_NAMES = ("Essencial", "Plus", "Profissional", "Concentrado")
TIER_STEP = 1.38  # price of a tier over the one below
COST_SHARE = (0.74, 0.70, 0.67, 0.64)  # of the list price, by tier

FAMILIES = tuple(
    Family(*row)
    for row in (
        ("DT", "Detergente neutro 5 L", "Limpeza", 24.0, 4),
        ("DM", "Detergente para lava-louças 20 L", "Cozinha", 96.0, 3),
        ("SA", "Secante abrilhantador 20 L", "Cozinha", 88.0, 3),
        ("DF", "Desinfetante 5 L", "Limpeza", 28.0, 4),
        ("AG", "Água sanitária 5 L", "Limpeza", 16.0, 3),
        ("DG", "Desengordurante 5 L", "Cozinha", 46.0, 3),
        ("LV", "Limpa-vidros 5 L", "Limpeza", 34.0, 3),
        ("MU", "Multiuso 5 L", "Limpeza", 30.0, 4),
        ("CP", "Cera para pisos 5 L", "Limpeza", 72.0, 3),
        ("RC", "Removedor de cera 5 L", "Limpeza", 64.0, 3),
        ("SL", "Sabão para lavanderia 20 kg", "Lavanderia", 120.0, 4),
        ("AM", "Amaciante 20 L", "Lavanderia", 78.0, 3),
        ("PH", "Papel higiênico rolão, fardo", "Papel", 62.0, 4),
        ("PT", "Papel toalha interfolhado, fardo", "Papel", 58.0, 4),
        ("DI", "Dispenser para papel", "Papel", 49.0, 3),
        ("GN", "Guardanapo, fardo", "Papel", 40.0, 3),
        ("LE", "Lençol descartável, caixa", "Saúde", 75.0, 3),
        ("CD", "Copo descartável, caixa", "Descartáveis", 52.0, 3),
        ("EM", "Embalagem para marmita, caixa", "Descartáveis", 66.0, 4),
        ("TL", "Talher descartável, caixa", "Descartáveis", 38.0, 3),
        ("SC", "Saco de lixo 100 L, fardo", "Limpeza", 48.0, 4),
        ("FM", "Filme de PVC, rolo", "Descartáveis", 55.0, 3),
        ("SB", "Sabonete líquido 5 L", "Papel", 36.0, 4),
        ("AL", "Álcool em gel 5 L", "Saúde", 52.0, 3),
        ("LU", "Luva de procedimento, caixa", "Saúde", 34.0, 4),
        ("TC", "Touca descartável, pacote", "Saúde", 22.0, 3),
        ("OF", "Óleo de fritura 15 L", "Cozinha", 104.0, 3),
        ("CF", "Café torrado 1 kg", "Copa", 46.0, 4),
        ("AC", "Açúcar em sachê, caixa", "Copa", 31.0, 3),
        ("MP", "Mop úmido", "Limpeza", 42.0, 3),
    )
)
FAMILY = {family.code: family for family in FAMILIES}
AFFINITIES = (
    ("DM", "SA"),
    ("CP", "RC"),
    ("SL", "AM"),
    ("PT", "DI"),
    ("CF", "AC"),
)  # who adopts the first soon adopts the second
INACTIVE_PRODUCTS = ("AG3", "TL3", "MU4")
OLD_PRODUCT = "ZZ9"  # sold once, no longer in the register

SECTORS = {  # share of the clients, typical headcount, weight of each product line
    "Restaurante": (0.20, 18, {"Cozinha": 4, "Descartáveis": 3}),
    "Padaria": (0.12, 12, {"Cozinha": 2, "Descartáveis": 3, "Copa": 2}),
    "Hotelaria": (0.12, 62, {"Lavanderia": 5, "Papel": 2, "Copa": 2}),
    "Saúde": (0.13, 66, {"Saúde": 6, "Lavanderia": 2}),
    "Educação": (0.09, 55, {"Papel": 3, "Limpeza": 2}),
    "Condomínio": (0.10, 9, {"Limpeza": 4}),
    "Mercado": (0.09, 26, {"Descartáveis": 3, "Limpeza": 2}),
    "Indústria": (0.08, 95, {"Copa": 3, "Papel": 2}),
    "Academia": (0.07, 14, {"Saúde": 2, "Papel": 2}),
}
NICHE = {"sectors": ("Hotelaria", "Saúde"), "employees_from": 30, "employees_to": 200, "region": "Sudeste"}
KITCHENS = {"Restaurante": 0.98, "Padaria": 0.9, "Hotelaria": 0.8, "Saúde": 0.5, "Educação": 0.6}
ACQUISITION = ("Indicação", "Site", "Feira", "Prospecção ativa", "Representante")

CITIES = tuple(
    City(*row)
    for row in (
        ("São Paulo", "SP", "Sudeste", 16),
        ("Campinas", "SP", "Sudeste", 12),
        ("Ribeirão Preto", "SP", "Sudeste", 8),
        ("São José dos Campos", "SP", "Sudeste", 5),
        ("Jundiaí", "SP", "Sudeste", 4),
        ("Santo André", "SP", "Sudeste", 4),
        ("Belo Horizonte", "MG", "Sudeste", 6),
        ("Uberlândia", "MG", "Sudeste", 4),
        ("Poços de Caldas", "MG", "Sudeste", 3),
        ("Rio de Janeiro", "RJ", "Sudeste", 5),
        ("Niterói", "RJ", "Sudeste", 2),
        ("Vitória", "ES", "Sudeste", 2),
        ("Curitiba", "PR", "Sul", 6),
        ("Maringá", "PR", "Sul", 3),
        ("Foz do Iguaçu", "PR", "Sul", 2),
        ("Florianópolis", "SC", "Sul", 4),
        ("Joinville", "SC", "Sul", 3),
        ("Porto Alegre", "RS", "Sul", 4),
        ("Caxias do Sul", "RS", "Sul", 2),
        ("Goiânia", "GO", "Centro-Oeste", 4),
        ("Anápolis", "GO", "Centro-Oeste", 2),
        ("Brasília", "DF", "Centro-Oeste", 4),
        ("Três Lagoas", "MS", "Centro-Oeste", 1),
        ("Salvador", "BA", "Nordeste", 3),
        ("Recife", "PE", "Nordeste", 2),
        ("Fortaleza", "CE", "Nordeste", 2),
    )
)
UF_MISSPELT = {
    "SP": ("Sao Paulo", "sp", "S.P.", "São Paulo", "SÃO PAULO"),
    "MG": ("Minas Gerais", "mg", "M.G."),
    "RJ": ("Rio de Janeiro", "rj", "R.J."),
    "PR": ("Parana", "pr", "Paraná"),
    "RS": ("rs", "Rio Grande do Sul"),
    "SC": ("Santa Catarina", "sc"),
}
SELLERS = tuple(
    Seller(*row)
    for row in (
        ("V01", "Aline Campoverde", "Executiva de contas", 40, "Sudeste", 0.27),
        ("V02", "Breno Marazul", "Vendedor externo", 40, "Sudeste", 0.21),
        ("V03", "Cíntia Pedralva", "Vendedora externa", 40, "Sudeste", 0.16),
        ("V04", "Davi Rioclaro", "Vendedor externo", 40, "Sudeste", 0.13),
        ("V05", "Elaine Serrafina", "Vendedora interna", 30, "Sudeste", 0.10),
        ("V06", "Fábio Ventomar", "Vendedor interno", 30, "Sudeste", 0.08),
        ("V07", "Gilda Boavereda", "Vendedora interna", 20, "Sudeste", 0.05),
        ("V08", "Heitor Lagobranco", "Vendedor externo", 40, "Sul", 0.58),
        ("V09", "Ivone Matanova", "Vendedora externa", 40, "Sul", 0.30),
        ("V10", "Jonas Pontalegre", "Vendedor interno", 20, "Sul", 0.12),
        ("V11", "Kátia Solverde", "Representante", 24, "Centro-Oeste", 1.0),
        ("V12", "Lauro Maresol", "Representante", 16, "Nordeste", 1.0),
    )
)
BUSINESS_WORDS = {
    "Restaurante": ("Restaurante", "Cantina", "Churrascaria"),
    "Padaria": ("Padaria", "Confeitaria"),
    "Hotelaria": ("Hotel", "Pousada"),
    "Saúde": ("Clínica", "Laboratório"),
    "Educação": ("Colégio", "Escola"),
    "Condomínio": ("Condomínio", "Edifício"),
    "Mercado": ("Mercado", "Empório"),
    "Indústria": ("Indústria", "Metalúrgica"),
    "Academia": ("Academia", "Estúdio"),
}
FIRST_WORDS = (
    "Boa", "Bela", "Nova", "Doce", "Grande", "Alta", "Clara", "Rica", "Leve", "Fina", "Mansa", "Verde", "Dourada", "Serena",
)  # fmt: skip
SECOND_WORDS = (
    "Massa", "Varanda", "Colina", "Ladeira", "Jangada", "Moringa", "Peneira", "Lamparina", "Cumeeira", "Candeia", "Goiabeira",
    "Porteira", "Jabuticaba", "Figueira", "Cachoeira", "Araucária", "Baunilha", "Cancela", "Violeta", "Garoa", "Sacada", "Aroeira",
)  # fmt: skip
GIVEN_NAMES = ("Ademar", "Berenice", "Celina", "Dirceu", "Estela", "Firmino", "Glória", "Hilário", "Iracema", "Josias")
INVENTED_SURNAMES = (
    "Campolargo",
    "Riomanso",
    "Serralta",
    "Boaventana",
    "Pedramole",
    "Ventoleve",
    "Lagomar",
    "Matafina",
)


def day(offset: int) -> date:
    """The calendar day that is `offset` days after the first of the history."""
    return START + timedelta(days=int(offset))


def offset(when: date) -> int:
    """The inverse of `day`."""
    return (when - START).days


def list_price(family: str, tier: int) -> float:
    """Price of table on the last day of the history, in reais."""
    return round(FAMILY[family].price * TIER_STEP ** (tier - 1), 1)


def unit_cost(family: str, tier: int) -> float:
    """Cost on the last day of the history, in reais."""
    return round(list_price(family, tier) * COST_SHARE[tier - 1], 2)


def deflator(offset_days: int) -> float:
    """Prices of a day over those of the last day."""
    return (1 + PRICE_GROWTH) ** ((offset_days - DAYS) / 365)


def brazilian(cents: int) -> str:
    """Cents as an ERP prints them.

    >>> brazilian(-123456)
    '-1.234,56'
    """
    text = f"{abs(cents) / 100:,.2f}".translate(str.maketrans(",.", ".,"))
    return ("-" if cents < 0 else "") + text


def dmy(when: date) -> str:
    return when.strftime("%d/%m/%Y")
