"""Contracts of all tables: name, label, grain, key and columns, each with label, kind and unit, written here once.

Kinds: ``text``; ``date`` (a day, midnight, no time zone); ``number``; ``integer``; ``flag`` (true, false, unknown);
``money`` is not a kind but the unit ``currency``.
"""

from __future__ import annotations

from dataclasses import dataclass

from carteira_lib.language import N_

CURRENCY = "currency"
SHARE = "share"


@dataclass(frozen=True)
class Column:
    """A column: `required` means never missing; `unit` is text for people, or `CURRENCY` or `SHARE` (0 to 1)."""

    name: str
    label: str
    kind: str = "text"
    required: bool = False
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """A table: what one row is, what identifies it, and which notebook makes it."""

    name: str
    label: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    notebook: str = "01_limpeza"

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.columns)


def _c(name: str, label: str, kind: str = "text", unit: str = "", required: bool = False) -> Column:
    return Column(name, label, kind, required, unit)


CUSTOMER_ID = _c("customer_id", N_("Cliente"), required=True)
SELLER_ID = _c("seller_id", N_("Vendedor"))
PRODUCT_ID = _c("product_id", N_("Produto"))
DAYS = N_("dias")

ATTRIBUTES = (
    _c("name", N_("Nome")),
    _c("person_type", N_("Tipo de pessoa")),
    _c("tax_id", N_("CPF/CNPJ")),
    _c("sector", N_("Setor")),
    _c("employees", N_("Funcionários"), "number"),
    _c("city", N_("Cidade")),
    _c("state", N_("UF")),
    _c("region", N_("Região")),
    _c("since", N_("Cliente desde"), "date"),
    SELLER_ID,
    _c("acquisition_channel", N_("Canal de origem")),
)

ORDERS = Table(
    "orders",
    N_("Pedidos"),
    N_("uma linha por item de pedido"),
    (),
    (
        CUSTOMER_ID,
        _c("order_date", N_("Data do pedido"), "date", required=True),
        _c("amount", N_("Valor"), "number", CURRENCY, required=True),
        _c("order_id", N_("Pedido")),
        PRODUCT_ID,
        _c("quantity", N_("Quantidade"), "number"),
        _c("unit_price", N_("Preço unitário"), "number", CURRENCY),
        _c("cost", N_("Custo"), "number", CURRENCY),
        SELLER_ID,
        _c("channel", N_("Canal")),
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
        _c("product_id", N_("Produto"), required=True),
        _c("name", N_("Nome")),
        _c("family", N_("Família")),
        _c("tier", N_("Nível")),
        _c("list_price", N_("Preço de tabela"), "number", CURRENCY),
        _c("unit_cost", N_("Custo unitário"), "number", CURRENCY),
        _c("active", N_("À venda"), "flag"),
    ),
)
CONTRACTS = Table(
    "contracts",
    N_("Contratos"),
    N_("uma linha por contrato"),
    ("contract_id",),
    (
        _c("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        _c("start_date", N_("Início"), "date", required=True),
        _c("end_date", N_("Fim"), "date", required=True),
        _c("amount", N_("Valor"), "number", CURRENCY, required=True),
        PRODUCT_ID,
        _c("renewed", N_("Renovado"), "flag"),
    ),
)
SURVEYS = Table(
    "surveys",
    N_("Respostas de NPS"),
    N_("uma linha por resposta"),
    (),
    (
        CUSTOMER_ID,
        _c("answer_date", N_("Data da resposta"), "date", required=True),
        _c("score", N_("Nota"), "integer", required=True),
        _c("comment", N_("Comentário")),
        _c("touchpoint", N_("Ponto de contato")),
    ),
)
INTERACTIONS = Table(
    "interactions",
    N_("Contatos e ocorrências"),
    N_("uma linha por contato ou ocorrência"),
    (),
    (
        CUSTOMER_ID,
        _c("event_date", N_("Data do contato"), "date", required=True),
        _c("kind", N_("Tipo de contato"), required=True),
        _c("status", N_("Situação")),
        SELLER_ID,
    ),
)
PROPOSALS = Table(
    "proposals",
    N_("Propostas"),
    N_("uma linha por proposta"),
    ("proposal_id",),
    (
        _c("proposal_id", N_("Proposta"), required=True),
        CUSTOMER_ID,
        _c("sent_date", N_("Enviada em"), "date", required=True),
        _c("amount", N_("Valor"), "number", CURRENCY, required=True),
        _c("status", N_("Situação"), required=True),
        PRODUCT_ID,
        _c("closed_date", N_("Encerrada em"), "date"),
        _c("reason", N_("Motivo")),
        SELLER_ID,
    ),
)
PROSPECTS = Table(
    "prospects",
    N_("Prospects"),
    N_("uma linha por prospect"),
    ("prospect_id",),
    (_c("prospect_id", N_("Prospect"), required=True), *ATTRIBUTES),
)
SELLERS = Table(
    "sellers",
    N_("Vendedores"),
    N_("uma linha por vendedor"),
    ("seller_id",),
    (
        _c("seller_id", N_("Vendedor"), required=True),
        _c("name", N_("Nome")),
        _c("role", N_("Função")),
        _c("capacity_hours", N_("Capacidade"), "number", N_("horas por semana")),
        _c("region", N_("Região")),
    ),
)
GOALS = Table(
    "goals",
    N_("Metas"),
    N_("uma linha por meta"),
    ("goal_id",),
    (
        _c("goal_id", N_("Meta"), required=True),
        _c("metric", N_("Indicador"), required=True),
        _c("target", N_("Alvo"), "number", required=True),
        _c("deadline", N_("Prazo"), "date", required=True),
        SELLER_ID,
        _c("horizon", N_("Horizonte")),
    ),
)
REJECTED = Table(
    "rejected",
    N_("Linhas recusadas"),
    N_("uma linha por registro recusado"),
    (),
    (
        _c("table", N_("Tabela"), required=True),
        _c("source_file", N_("Arquivo"), required=True),
        _c("line", N_("Linha do arquivo"), "integer"),
        _c("column", N_("Coluna")),
        _c("value", N_("Valor lido")),
        _c("reason", N_("Motivo"), required=True),
        _c("amount", N_("Valor"), "number", CURRENCY),
        _c("order_date", N_("Data do pedido"), "date"),
    ),
)
BALANCE = Table(
    "balance",
    N_("Conta das linhas"),
    N_("uma linha por tabela e regra"),
    ("table", "rule"),
    (
        _c("table", N_("Tabela"), required=True),
        _c("rule", N_("Regra"), required=True),
        _c("rows", N_("Linhas"), "integer", required=True),
        _c("rejected_rows", N_("Linhas recusadas"), "integer", required=True),
        _c("amount", N_("Valor"), "number", CURRENCY),
        _c("rejected_amount", N_("Valor recusado"), "number", CURRENCY),
    ),
)
NOTES = Table(
    "notes",
    N_("Avisos da limpeza"),
    N_("uma linha por tabela e aviso"),
    (),
    (
        _c("table", N_("Tabela"), required=True),
        _c("note", N_("Aviso"), required=True),
        _c("column", N_("Coluna")),
        _c("rows", N_("Linhas"), "integer", required=True),
        _c("amount", N_("Valor"), "number", CURRENCY),
        _c("distinct", N_("Valores diferentes"), "integer"),
        _c("example", N_("Exemplo")),
    ),
)
READINGS = Table(
    "readings",
    N_("Arquivos lidos"),
    N_("uma linha por arquivo"),
    (),
    (
        _c("table", N_("Tabela"), required=True),
        _c("source_file", N_("Arquivo"), required=True),
        _c("file_kind", N_("Formato")),
        _c("encoding", N_("Codificação")),
        _c("delimiter", N_("Separador")),
        _c("decimal", N_("Decimal")),
        _c("date_order", N_("Ordem da data")),
        _c("rows", N_("Linhas"), "integer", required=True),
        _c("assumed", N_("Suposto, sem prova nos dados")),
        _c("unmapped", N_("Colunas não usadas")),
    ),
)
CUSTOMER_FEATURES = Table(
    "customer_features",
    N_("Clientes em números"),
    N_("uma linha por cliente, como se sabia na data-base"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        _c("seller_id", N_("Vendedor")),
        _c("first_order_date", N_("Primeira compra"), "date"),
        _c("last_order_date", N_("Última compra"), "date"),
        _c("frequency", N_("Frequência"), "integer", N_("pedidos"), required=True),
        _c("recency_days", N_("Recência"), "integer", DAYS),
        _c("tenure_days", N_("Tempo de casa"), "integer", DAYS),
        _c("net_revenue", N_("Receita líquida"), "number", CURRENCY, required=True),
        _c("costed_revenue", N_("Receita com custo conhecido"), "number", CURRENCY),
        _c("margin", N_("Margem"), "number", CURRENCY),
        _c("average_order_value", N_("Ticket médio"), "number", CURRENCY),
        _c("gap_count", N_("Intervalos entre compras"), "integer", required=True),
        _c("log_gap_sum", N_("Soma dos logaritmos dos intervalos"), "number", required=True),
        _c("log_gap_square_sum", N_("Soma dos quadrados dos logaritmos dos intervalos"), "number", required=True),
        _c("mean_gap_days", N_("Intervalo médio"), "number", DAYS),
        _c("geometric_gap_days", N_("Intervalo típico"), "number", DAYS),
        _c("median_gap_days", N_("Intervalo mediano"), "number", DAYS),
        _c("gap_std_days", N_("Desvio dos intervalos"), "number", DAYS),
        _c("last_gap_days", N_("Último intervalo"), "number", DAYS),
        _c("orders_30d", N_("Pedidos em 30 dias"), "integer", required=True),
        _c("orders_90d", N_("Pedidos em 90 dias"), "integer", required=True),
        _c("orders_180d", N_("Pedidos em 180 dias"), "integer", required=True),
        _c("orders_365d", N_("Pedidos em 12 meses"), "integer", required=True),
        _c("orders_previous_365d", N_("Pedidos nos 12 meses anteriores"), "integer", required=True),
        _c("net_revenue_30d", N_("Receita em 30 dias"), "number", CURRENCY, required=True),
        _c("net_revenue_90d", N_("Receita em 90 dias"), "number", CURRENCY, required=True),
        _c("net_revenue_180d", N_("Receita em 180 dias"), "number", CURRENCY, required=True),
        _c("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        _c("net_revenue_previous_365d", N_("Receita nos 12 meses anteriores"), "number", CURRENCY, required=True),
        _c("revenue_trend", N_("Tendência da receita"), "number"),
        _c("distinct_products", N_("Produtos diferentes"), "integer", required=True),
        _c("distinct_families", N_("Famílias diferentes"), "integer", required=True),
        _c("interactions_90d", N_("Contatos em 90 dias"), "integer", required=True),
        _c("last_interaction_date", N_("Último contato"), "date"),
    ),
)
_P = "02_carteira"
PORTFOLIO = Table(
    "portfolio",
    N_("Carteira"),
    N_("uma linha por cliente"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        _c("name", N_("Nome")),
        _c("person_type", N_("Tipo de pessoa")),
        SELLER_ID,
        _c("status", N_("Situação"), required=True),
        _c("occasional", N_("Ocasional"), "flag", required=True),
        _c("new", N_("Primeira compra no período"), "flag", required=True),
        _c("recovered", N_("Recuperado no período"), "flag", required=True),
        _c("renewal_due", N_("A renovar"), "flag", required=True),
        _c("frequency", N_("Frequência"), "integer", N_("pedidos"), required=True),
        _c("first_order_date", N_("Primeira compra"), "date"),
        _c("last_order_date", N_("Última compra"), "date"),
        _c("recency_days", N_("Recência"), "integer", DAYS),
        _c("own_cycle_days", N_("Ciclo próprio"), "number", DAYS),
        _c("silence_cycles", N_("Silêncio"), "number", N_("ciclos")),
        _c("late_after_days", N_("Quase inativo depois de"), "number", DAYS),
        _c("inactive_after_days", N_("Inativo depois de"), "number", DAYS),
        _c("next_order_expected", N_("Próxima compra esperada"), "date"),
        _c("net_revenue", N_("Receita líquida"), "number", CURRENCY, required=True),
        _c("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        _c("average_order_value", N_("Ticket médio"), "number", CURRENCY),
        _c("abc_class", N_("Classe ABC"), required=True),
        _c("recency_score", N_("Nota de recência"), "integer"),
        _c("frequency_score", N_("Nota de frequência"), "integer"),
        _c("monetary_score", N_("Nota de valor"), "integer"),
        _c("rfm_segment", N_("Segmento RFM")),
        _c("next_step", N_("Próximo passo"), required=True),
        _c("next_step_text", N_("O que fazer")),
    ),
    _P,
)
MOVEMENT = Table(
    "movement",
    N_("Movimento da carteira"),
    N_("uma linha por mês"),
    ("month",),
    (
        _c("month", N_("Mês"), "date", required=True),
        _c("opening", N_("No início"), "integer", N_("clientes"), required=True),
        _c("new", N_("Entraram"), "integer", N_("clientes"), required=True),
        _c("recovered", N_("Recuperados"), "integer", N_("clientes"), required=True),
        _c("lost", N_("Perdidos"), "integer", N_("clientes"), required=True),
        _c("closing", N_("No fim"), "integer", N_("clientes"), required=True),
        _c("partial", N_("Mês incompleto"), "flag", required=True),
        _c("lost_revenue", N_("Receita de 12 meses dos perdidos"), "number", CURRENCY, required=True),
    ),
    _P,
)
COHORTS = Table(
    "cohorts",
    N_("Retenção por safra"),
    N_("uma linha por safra e período desde a primeira compra"),
    ("cohort", "periods_since"),
    (
        _c("cohort", N_("Safra (primeira compra)"), "date", required=True),
        _c("periods_since", N_("Períodos desde a primeira compra"), "integer", required=True),
        _c("clients", N_("Clientes da safra"), "integer", required=True),
        _c("retained_share", N_("Compraram no período"), "number", SHARE, required=True),
    ),
    _P,
)
SPLITS = Table(
    "splits",
    N_("Divisão da carteira"),
    N_("uma linha por dimensão e grupo"),
    ("dimension", "group"),
    (
        _c("dimension", N_("Dimensão"), required=True),
        _c("group", N_("Grupo"), required=True),
        _c("clients", N_("Clientes"), "integer", required=True),
        _c("active_clients", N_("Ativos"), "integer", required=True),
        _c("late_clients", N_("Quase inativos"), "integer", required=True),
        _c("inactive_clients", N_("Inativos"), "integer", required=True),
        _c("outside_clients", N_("Fora da carteira"), "integer", required=True),
        _c("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        _c("revenue_share", N_("Parte da receita"), "number", SHARE),
    ),
    _P,
)
RENEWALS = Table(
    "renewals",
    N_("Carteira de renovação"),
    N_("uma linha por contrato a renovar"),
    ("contract_id",),
    (
        _c("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        _c("name", N_("Nome")),
        SELLER_ID,
        _c("end_date", N_("Fim"), "date", required=True),
        _c("days_left", N_("Prazo restante"), "integer", DAYS, required=True),
        _c("amount", N_("Valor"), "number", CURRENCY, required=True),
        _c("month", N_("Mês"), "date", required=True),
        _c("status", N_("Situação"), required=True),
    ),
    _P,
)
_CH = "04_churn"
RENEWAL_SCORES = Table(
    "renewal_scores",
    N_("Chance de renovação"),
    N_("uma linha por contrato a renovar"),
    ("contract_id",),
    (
        _c("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        _c("renewal_probability", N_("Probabilidade de renovação"), "number", SHARE),
        _c("amount", N_("Valor"), "number", CURRENCY, required=True),
        _c("amount_at_risk", N_("Valor em risco"), "number", CURRENCY),
        _c("renewal_basis", N_("De onde vem a probabilidade"), required=True),
        _c("reason_1", N_("Motivo principal")),
        _c("reason_1_text", N_("Motivo principal, em palavras")),
        _c("reason_2", N_("Segundo motivo")),
        _c("reason_2_text", N_("Segundo motivo, em palavras")),
    ),
    _CH,
)
MOVED = Table(
    "moved",
    N_("Movimentos de clientes"),
    N_("uma linha por cliente e movimento"),
    ("month", "customer_id", "movement"),
    (
        _c("month", N_("Mês"), "date", required=True),
        _c("movement", N_("Movimento"), required=True),
        CUSTOMER_ID,
        _c("net_revenue", N_("Receita de 12 meses até a última compra"), "number", CURRENCY, required=True),
    ),
    _P,
)
SILENCES = Table(
    "silences",
    N_("Silêncios e voltas"),
    N_("uma linha por número de ciclos em silêncio"),
    ("cycles",),
    (
        _c("cycles", N_("Ciclos em silêncio"), "integer", required=True),
        _c("silences", N_("Silêncios observados"), "integer", required=True),
        _c("returned", N_("Voltaram nos 2 ciclos seguintes"), "integer", required=True),
        _c("share", N_("Parte que voltou"), "number", SHARE),
        _c("low", N_("Mínimo (95%)"), "number", SHARE, required=True),
        _c("high", N_("Máximo (95%)"), "number", SHARE, required=True),
        _c("enough", N_("Amostra suficiente"), "flag", required=True),
    ),
    _P,
)
INACTIVE_ERRORS = Table(
    "inactive_errors",
    N_("Erro da situação inativo"),
    N_("uma linha por regra"),
    ("rule",),
    (
        _c("rule", N_("Regra"), required=True),
        _c("days", N_("Inativo depois de"), "number", DAYS),
        _c("clients", N_("Clientes julgados"), "integer", required=True),
        _c("called", N_("Dados como inativos"), "integer", required=True),
        _c("returned", N_("Voltaram a comprar"), "integer", required=True),
        _c("error", N_("Erro"), "number", SHARE),
        _c("low", N_("Mínimo (95%)"), "number", SHARE, required=True),
        _c("high", N_("Máximo (95%)"), "number", SHARE, required=True),
        _c("gone", N_("Não compraram mais"), "integer", required=True),
        _c("found_share", N_("Apontados, dos que pararam"), "number", SHARE),
        _c("enough", N_("Amostra suficiente"), "flag", required=True),
    ),
    _P,
)

KEY_FIGURES = Table(
    "key_figures",
    N_("Números do resumo"),
    N_("uma linha por número"),
    ("figure",),
    (_c("figure", N_("Número"), required=True), _c("number", N_("Valor do número"), "number", required=True)),
    "08_resumo",
)

CANONICAL = (
    "orders", "customers", "products", "contracts", "surveys", "interactions", "proposals", "prospects", "sellers",
    "goals",
)  # fmt: skip
TABLES = {
    table.name: table
    for table in (
        ORDERS, CUSTOMERS, PRODUCTS, CONTRACTS, SURVEYS, INTERACTIONS, PROPOSALS, PROSPECTS, SELLERS, GOALS,
        REJECTED, BALANCE, NOTES, READINGS, CUSTOMER_FEATURES, PORTFOLIO, MOVEMENT, COHORTS, SPLITS, RENEWALS, MOVED,
        RENEWAL_SCORES, SILENCES, INACTIVE_ERRORS, KEY_FIGURES,
    )
}  # fmt: skip
