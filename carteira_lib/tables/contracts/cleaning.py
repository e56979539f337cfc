"""What page 01 leaves beside the canonical tables: what was refused, noted and read, and the clients in numbers."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, DAYS, Table, col

REJECTED = Table(
    "rejected",
    N_("Linhas recusadas"),
    N_("uma linha por registro recusado"),
    (),
    (
        col("table", N_("Tabela"), required=True),
        col("source_file", N_("Arquivo"), required=True),
        col("line", N_("Linha do arquivo"), "integer"),
        col("column", N_("Coluna")),
        col("value", N_("Valor lido")),
        col("reason", N_("Motivo"), required=True),
        col("amount", N_("Valor"), "number", CURRENCY),
        col("order_date", N_("Data do pedido"), "date"),
    ),
)
BALANCE = Table(
    "balance",
    N_("Conta das linhas"),
    N_("uma linha por tabela e regra"),
    ("table", "rule"),
    (
        col("table", N_("Tabela"), required=True),
        col("rule", N_("Regra"), required=True),
        col("rows", N_("Linhas"), "integer", required=True),
        col("rejected_rows", N_("Linhas recusadas"), "integer", required=True),
        col("amount", N_("Valor"), "number", CURRENCY),
        col("rejected_amount", N_("Valor recusado"), "number", CURRENCY),
    ),
)
NOTES = Table(
    "notes",
    N_("Avisos da limpeza"),
    N_("uma linha por tabela e aviso"),
    (),
    (
        col("table", N_("Tabela"), required=True),
        col("note", N_("Aviso"), required=True),
        col("column", N_("Coluna")),
        col("rows", N_("Linhas"), "integer", required=True),
        col("amount", N_("Valor"), "number", CURRENCY),
        col("distinct", N_("Valores diferentes"), "integer"),
        col("example", N_("Exemplo")),
    ),
)
READINGS = Table(
    "readings",
    N_("Arquivos lidos"),
    N_("uma linha por arquivo"),
    (),
    (
        col("table", N_("Tabela"), required=True),
        col("source_file", N_("Arquivo"), required=True),
        col("file_kind", N_("Formato")),
        col("encoding", N_("Codificação")),
        col("delimiter", N_("Separador")),
        col("decimal", N_("Decimal")),
        col("date_order", N_("Ordem da data")),
        col("rows", N_("Linhas"), "integer", required=True),
        col("assumed", N_("Suposto, sem prova nos dados")),
        col("unmapped", N_("Colunas não usadas")),
    ),
)
CUSTOMER_FEATURES = Table(
    "customer_features",
    N_("Clientes em números"),
    N_("uma linha por cliente, como se sabia na data-base"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        col("seller_id", N_("Vendedor")),
        col("first_order_date", N_("Primeira compra"), "date"),
        col("last_order_date", N_("Última compra"), "date"),
        col("frequency", N_("Frequência"), "integer", N_("pedidos"), required=True),
        col("recency_days", N_("Recência"), "integer", DAYS),
        col("tenure_days", N_("Tempo de casa"), "integer", DAYS),
        col("net_revenue", N_("Receita líquida"), "number", CURRENCY, required=True),
        col("costed_revenue", N_("Receita com custo conhecido"), "number", CURRENCY),
        col("margin", N_("Margem"), "number", CURRENCY),
        col("average_order_value", N_("Ticket médio"), "number", CURRENCY),
        col("gap_count", N_("Intervalos entre compras"), "integer", required=True),
        col("log_gap_sum", N_("Soma dos logaritmos dos intervalos"), "number", required=True),
        col("log_gap_square_sum", N_("Soma dos quadrados dos logaritmos dos intervalos"), "number", required=True),
        col("mean_gap_days", N_("Intervalo médio"), "number", DAYS),
        col("geometric_gap_days", N_("Intervalo típico"), "number", DAYS),
        col("median_gap_days", N_("Intervalo mediano"), "number", DAYS),
        col("gap_std_days", N_("Desvio dos intervalos"), "number", DAYS),
        col("last_gap_days", N_("Último intervalo"), "number", DAYS),
        col("orders_30d", N_("Pedidos em 30 dias"), "integer", required=True),
        col("orders_90d", N_("Pedidos em 90 dias"), "integer", required=True),
        col("orders_180d", N_("Pedidos em 180 dias"), "integer", required=True),
        col("orders_365d", N_("Pedidos em 12 meses"), "integer", required=True),
        col("orders_previous_365d", N_("Pedidos nos 12 meses anteriores"), "integer", required=True),
        col("net_revenue_30d", N_("Receita em 30 dias"), "number", CURRENCY, required=True),
        col("net_revenue_90d", N_("Receita em 90 dias"), "number", CURRENCY, required=True),
        col("net_revenue_180d", N_("Receita em 180 dias"), "number", CURRENCY, required=True),
        col("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        col("net_revenue_previous_365d", N_("Receita nos 12 meses anteriores"), "number", CURRENCY, required=True),
        col("revenue_trend", N_("Tendência da receita"), "number"),
        col("distinct_products", N_("Produtos diferentes"), "integer", required=True),
        col("distinct_families", N_("Famílias diferentes"), "integer", required=True),
        col("interactions_90d", N_("Contatos em 90 dias"), "integer", required=True),
        col("last_interaction_date", N_("Último contato"), "date"),
    ),
)
