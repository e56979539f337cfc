"""What page 02 leaves: who is in the portfolio, how it moves and divides, and what is to be renewed."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, DAYS, SELLER_ID, SHARE, Table, col

NOTEBOOK = "02_carteira"
PORTFOLIO = Table(
    "portfolio",
    N_("Carteira"),
    N_("uma linha por cliente"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        col("name", N_("Nome")),
        col("person_type", N_("Tipo de pessoa")),
        SELLER_ID,
        col("status", N_("Situação"), required=True),
        col("occasional", N_("Ocasional"), "flag", required=True),
        col("new", N_("Primeira compra no período"), "flag", required=True),
        col("recovered", N_("Recuperado no período"), "flag", required=True),
        col("renewal_due", N_("A renovar"), "flag", required=True),
        col("frequency", N_("Frequência"), "integer", N_("pedidos"), required=True),
        col("first_order_date", N_("Primeira compra"), "date"),
        col("last_order_date", N_("Última compra"), "date"),
        col("recency_days", N_("Recência"), "integer", DAYS),
        col("own_cycle_days", N_("Ciclo próprio"), "number", DAYS),
        col("silence_cycles", N_("Silêncio"), "number", N_("ciclos")),
        col("late_after_days", N_("Quase inativo depois de"), "number", DAYS),
        col("inactive_after_days", N_("Inativo depois de"), "number", DAYS),
        col("next_order_expected", N_("Próxima compra esperada"), "date"),
        col("net_revenue", N_("Receita líquida"), "number", CURRENCY, required=True),
        col("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        col("average_order_value", N_("Ticket médio"), "number", CURRENCY),
        col("abc_class", N_("Classe ABC"), required=True),
        col("recency_score", N_("Nota de recência"), "integer"),
        col("frequency_score", N_("Nota de frequência"), "integer"),
        col("monetary_score", N_("Nota de valor"), "integer"),
        col("rfm_segment", N_("Segmento RFM")),
        col("next_step", N_("Próximo passo"), required=True),
        col("next_step_text", N_("O que fazer")),
    ),
    NOTEBOOK,
)
MOVEMENT = Table(
    "movement",
    N_("Movimento da carteira"),
    N_("uma linha por mês"),
    ("month",),
    (
        col("month", N_("Mês"), "date", required=True),
        col("opening", N_("No início"), "integer", N_("clientes"), required=True),
        col("new", N_("Entraram"), "integer", N_("clientes"), required=True),
        col("recovered", N_("Recuperados"), "integer", N_("clientes"), required=True),
        col("lost", N_("Perdidos"), "integer", N_("clientes"), required=True),
        col("closing", N_("No fim"), "integer", N_("clientes"), required=True),
        col("partial", N_("Mês incompleto"), "flag", required=True),
        col("lost_revenue", N_("Receita de 12 meses dos perdidos"), "number", CURRENCY, required=True),
    ),
    NOTEBOOK,
)
COHORTS = Table(
    "cohorts",
    N_("Retenção por safra"),
    N_("uma linha por safra e período desde a primeira compra"),
    ("cohort", "periods_since"),
    (
        col("cohort", N_("Safra (primeira compra)"), "date", required=True),
        col("periods_since", N_("Períodos desde a primeira compra"), "integer", required=True),
        col("clients", N_("Clientes da safra"), "integer", required=True),
        col("retained_share", N_("Compraram no período"), "number", SHARE, required=True),
    ),
    NOTEBOOK,
)
SPLITS = Table(
    "splits",
    N_("Divisão da carteira"),
    N_("uma linha por dimensão e grupo"),
    ("dimension", "group"),
    (
        col("dimension", N_("Dimensão"), required=True),
        col("group", N_("Grupo"), required=True),
        col("clients", N_("Clientes"), "integer", required=True),
        col("active_clients", N_("Ativos"), "integer", required=True),
        col("late_clients", N_("Quase inativos"), "integer", required=True),
        col("inactive_clients", N_("Inativos"), "integer", required=True),
        col("outside_clients", N_("Fora da carteira"), "integer", required=True),
        col("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        col("revenue_share", N_("Parte da receita"), "number", SHARE),
    ),
    NOTEBOOK,
)
RENEWALS = Table(
    "renewals",
    N_("Carteira de renovação"),
    N_("uma linha por contrato a renovar"),
    ("contract_id",),
    (
        col("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        col("name", N_("Nome")),
        SELLER_ID,
        col("end_date", N_("Fim"), "date", required=True),
        col("days_left", N_("Prazo restante"), "integer", DAYS, required=True),
        col("amount", N_("Valor"), "number", CURRENCY, required=True),
        col("month", N_("Mês"), "date", required=True),
        col("status", N_("Situação"), required=True),
    ),
    NOTEBOOK,
)
MOVED = Table(
    "moved",
    N_("Movimentos de clientes"),
    N_("uma linha por cliente e movimento"),
    ("month", "customer_id", "movement"),
    (
        col("month", N_("Mês"), "date", required=True),
        col("movement", N_("Movimento"), required=True),
        CUSTOMER_ID,
        col("net_revenue", N_("Receita de 12 meses até a última compra"), "number", CURRENCY, required=True),
    ),
    NOTEBOOK,
)
SILENCES = Table(
    "silences",
    N_("Silêncios e voltas"),
    N_("uma linha por número de ciclos em silêncio"),
    ("cycles",),
    (
        col("cycles", N_("Ciclos em silêncio"), "integer", required=True),
        col("silences", N_("Silêncios observados"), "integer", required=True),
        col("returned", N_("Voltaram nos 2 ciclos seguintes"), "integer", required=True),
        col("share", N_("Parte que voltou"), "number", SHARE),
        col("low", N_("Mínimo (95%)"), "number", SHARE, required=True),
        col("high", N_("Máximo (95%)"), "number", SHARE, required=True),
        col("enough", N_("Amostra suficiente"), "flag", required=True),
    ),
    NOTEBOOK,
)
INACTIVE_ERRORS = Table(
    "inactive_errors",
    N_("Erro da situação inativo"),
    N_("uma linha por regra"),
    ("rule",),
    (
        col("rule", N_("Regra"), required=True),
        col("days", N_("Inativo depois de"), "number", DAYS),
        col("clients", N_("Clientes julgados"), "integer", required=True),
        col("called", N_("Dados como inativos"), "integer", required=True),
        col("returned", N_("Voltaram a comprar"), "integer", required=True),
        col("error", N_("Erro"), "number", SHARE),
        col("low", N_("Mínimo (95%)"), "number", SHARE, required=True),
        col("high", N_("Máximo (95%)"), "number", SHARE, required=True),
        col("gone", N_("Não compraram mais"), "integer", required=True),
        col("found_share", N_("Apontados, dos que pararam"), "number", SHARE),
        col("enough", N_("Amostra suficiente"), "flag", required=True),
    ),
    NOTEBOOK,
)
