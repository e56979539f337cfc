"""What page 03 leaves: the niche of the ideal buyer, how sure it is, and how much each company looks like it."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, SHARE, Table, col

NOTEBOOK = "03_pci"
PCI_RULES = Table(
    "pci_rules",
    N_("Comprador ideal"),
    N_("uma linha por regra: a publicada, as alternativas e a dos grupos"),
    ("position",),
    (
        col("position", N_("Ordem"), "integer", required=True),
        col("method", N_("Como foi achada"), required=True),
        col("published", N_("Publicada"), "flag", required=True),
        col("rule_text", N_("Regra"), required=True),
        col("rule_text_en", N_("Regra, em inglês"), required=True),
        col("conditions", N_("Condições (JSON)"), required=True),
        col("clients", N_("Clientes no nicho"), "integer", required=True),
        col("client_share", N_("Parte dos clientes"), "number", SHARE, required=True),
        col("sample_lift", N_("Múltiplo na amostra"), "number"),
        col("lift", N_("Múltiplo fora da amostra"), "number"),
        col("lift_low", N_("Mínimo (95%)"), "number"),
        col("lift_high", N_("Máximo (95%)"), "number"),
        col("luck_share", N_("Chance de ser acaso"), "number", SHARE),
        col("stability", N_("Estabilidade"), "number", SHARE),
        col("later_lift", N_("Múltiplo nos 12 meses seguintes"), "number"),
        col("later_low", N_("Mínimo nos 12 meses (95%)"), "number"),
        col("later_high", N_("Máximo nos 12 meses (95%)"), "number"),
    ),
    NOTEBOOK,
)
PCI_SCORES = Table(
    "pci_scores",
    N_("Semelhança com o comprador ideal"),
    N_("uma linha por cliente e por prospect"),
    ("company_kind", "company_id"),
    (
        col("company_kind", N_("Cliente ou prospect"), required=True),
        col("company_id", N_("Código"), required=True),
        col("in_niche", N_("No nicho"), "flag", required=True),
        col("lookalike_score", N_("Chance de valer como os melhores"), "number", SHARE),
        col("known_share", N_("Características conhecidas"), "number", SHARE, required=True),
        col("for_text", N_("A favor")),
        col("against_text", N_("Contra")),
        col("yearly_value", N_("Valor por ano"), "number", CURRENCY),
    ),
    NOTEBOOK,
)
PCI_CLUSTERS = Table(
    "pci_clusters",
    N_("Grupos entre os melhores clientes"),
    N_("uma linha por grupo"),
    ("cluster",),
    (
        col("cluster", N_("Grupo"), required=True),
        col("clients", N_("Melhores clientes no grupo"), "integer", required=True),
        col("top_share", N_("Parte dos melhores"), "number", SHARE, required=True),
        col("traits", N_("O que o distingue"), required=True),
        col("rule_text", N_("Regra que o descreve")),
        col("yearly_value", N_("Valor médio por ano"), "number", CURRENCY, required=True),
    ),
    NOTEBOOK,
)
PCI_COMPARISON = Table(
    "pci_comparison",
    N_("O nicho e os demais"),
    N_("uma linha por medida"),
    ("measure",),
    (
        col("measure", N_("Medida"), required=True),
        col("inside", N_("No nicho"), "number"),
        col("outside", N_("Demais"), "number"),
        col("measure_kind", N_("Unidade"), required=True),
    ),
    NOTEBOOK,
)
PCI_SELLERS = Table(
    "pci_sellers",
    N_("Receita dentro e fora do nicho, por vendedor"),
    N_("uma linha por vendedor"),
    ("seller",),
    (
        col("seller", N_("Vendedor"), required=True),
        col("clients", N_("Clientes"), "integer", required=True),
        col("niche_clients", N_("Clientes no nicho"), "integer", required=True),
        col("niche_revenue", N_("Receita no nicho"), "number", CURRENCY, required=True),
        col("other_revenue", N_("Receita fora do nicho"), "number", CURRENCY, required=True),
        col("niche_share", N_("Parte no nicho"), "number", SHARE),
    ),
    NOTEBOOK,
)
