"""The canonical tables: what any source is turned into. Only orders is obligatory."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, PRODUCT_ID, SELLER_ID, Table, col

ATTRIBUTES = (
    col("name", N_("Nome")),
    col("person_type", N_("Tipo de pessoa")),
    col("tax_id", N_("CPF/CNPJ")),
    col("sector", N_("Setor")),
    col("employees", N_("Funcionários"), "number"),
    col("city", N_("Cidade")),
    col("state", N_("UF")),
    col("region", N_("Região")),
    col("since", N_("Cliente desde"), "date"),
    SELLER_ID,
    col("acquisition_channel", N_("Canal de origem")),
)

ORDERS = Table(
    "orders",
    N_("Pedidos"),
    N_("uma linha por item de pedido"),
    (),
    (
        CUSTOMER_ID,
        col("order_date", N_("Data do pedido"), "date", required=True),
        col("amount", N_("Valor"), "number", CURRENCY, required=True),
        col("order_id", N_("Pedido")),
        PRODUCT_ID,
        col("quantity", N_("Quantidade"), "number"),
        col("unit_price", N_("Preço unitário"), "number", CURRENCY),
        col("cost", N_("Custo"), "number", CURRENCY),
        SELLER_ID,
        col("channel", N_("Canal")),
    ),
)
CUSTOMERS = Table(
    "customers", N_("Clientes"), N_("uma linha por cliente"), ("customer_id",), (CUSTOMER_ID, *ATTRIBUTES)
)
PRODUCTS = Table(
    "products",
    N_("Produtos"),
    N_("uma linha por produto"),
    ("product_id",),
    (
        col("product_id", N_("Produto"), required=True),
        col("name", N_("Nome")),
        col("family", N_("Família")),
        col("tier", N_("Nível")),
        col("list_price", N_("Preço de tabela"), "number", CURRENCY),
        col("unit_cost", N_("Custo unitário"), "number", CURRENCY),
        col("active", N_("À venda"), "flag"),
    ),
)
CONTRACTS = Table(
    "contracts",
    N_("Contratos"),
    N_("uma linha por contrato"),
    ("contract_id",),
    (
        col("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        col("start_date", N_("Início"), "date", required=True),
        col("end_date", N_("Fim"), "date", required=True),
        col("amount", N_("Valor"), "number", CURRENCY, required=True),
        PRODUCT_ID,
        col("renewed", N_("Renovado"), "flag"),
    ),
)
SURVEYS = Table(
    "surveys",
    N_("Respostas de NPS"),
    N_("uma linha por resposta"),
    (),
    (
        CUSTOMER_ID,
        col("answer_date", N_("Data da resposta"), "date", required=True),
        col("score", N_("Nota"), "integer", required=True),
        col("comment", N_("Comentário")),
        col("touchpoint", N_("Ponto de contato")),
    ),
)
INTERACTIONS = Table(
    "interactions",
    N_("Contatos e ocorrências"),
    N_("uma linha por contato ou ocorrência"),
    (),
    (
        CUSTOMER_ID,
        col("event_date", N_("Data do contato"), "date", required=True),
        col("kind", N_("Tipo de contato"), required=True),
        col("status", N_("Situação")),
        SELLER_ID,
    ),
)
PROPOSALS = Table(
    "proposals",
    N_("Propostas"),
    N_("uma linha por proposta"),
    ("proposal_id",),
    (
        col("proposal_id", N_("Proposta"), required=True),
        CUSTOMER_ID,
        col("sent_date", N_("Enviada em"), "date", required=True),
        col("amount", N_("Valor"), "number", CURRENCY, required=True),
        col("status", N_("Situação"), required=True),
        PRODUCT_ID,
        col("closed_date", N_("Encerrada em"), "date"),
        col("reason", N_("Motivo")),
        SELLER_ID,
    ),
)
PROSPECTS = Table(
    "prospects",
    N_("Prospects"),
    N_("uma linha por prospect"),
    ("prospect_id",),
    (col("prospect_id", N_("Prospect"), required=True), *ATTRIBUTES),
)
SELLERS = Table(
    "sellers",
    N_("Vendedores"),
    N_("uma linha por vendedor"),
    ("seller_id",),
    (
        col("seller_id", N_("Vendedor"), required=True),
        col("name", N_("Nome")),
        col("role", N_("Função")),
        col("capacity_hours", N_("Capacidade"), "number", N_("horas por semana")),
        col("region", N_("Região")),
    ),
)
GOALS = Table(
    "goals",
    N_("Metas"),
    N_("uma linha por meta"),
    ("goal_id",),
    (
        col("goal_id", N_("Meta"), required=True),
        col("metric", N_("Indicador"), required=True),
        col("target", N_("Alvo"), "number", required=True),
        col("deadline", N_("Prazo"), "date", required=True),
        SELLER_ID,
        col("horizon", N_("Horizonte")),
        col("start_date", N_("Início"), "date"),
    ),
)
