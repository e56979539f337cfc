"""What page 04 leaves: who is about to stop, how well that is known, and which contracts will be renewed."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, DAYS, SELLER_ID, SHARE, Table, col

NOTEBOOK = "04_churn"
CHURN = Table(
    "churn",
    N_("Risco de parar"),
    N_("uma linha por cliente com pedidos bastantes para a carteira"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        col("name", N_("Nome")),
        col("person_type", N_("Tipo de pessoa")),
        SELLER_ID,
        col("status", N_("Situação"), required=True),
        col("churn_probability", N_("Probabilidade de não comprar"), "number", SHARE, required=True),
        col("p_alive", N_("Probabilidade de ainda ser cliente"), "number", SHARE),
        col("expected_orders", N_("Pedidos esperados"), "number", required=True),
        col("expected_revenue", N_("Receita esperada"), "number", CURRENCY, required=True),
        col("revenue_at_risk", N_("Receita em risco"), "number", CURRENCY, required=True),
        col("band", N_("Prioridade"), required=True),
        col("kind", N_("Ritmo"), required=True),
        col("recency_days", N_("Recência"), "integer", DAYS, required=True),
        col("own_cycle_days", N_("Ciclo próprio"), "number", DAYS, required=True),
        col("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        col("reason_1", N_("Tipo do motivo principal")),
        col("reason_1_text", N_("Motivo principal")),
        col("reason_2", N_("Tipo do segundo motivo")),
        col("reason_2_text", N_("Segundo motivo")),
        col("reason_3", N_("Tipo do terceiro motivo")),
        col("reason_3_text", N_("Terceiro motivo")),
    ),
    NOTEBOOK,
)
CHURN_OUTLOOK = Table(
    "churn_outlook",
    N_("O que esperar do próximo período"),
    N_("uma linha por número"),
    ("outlook",),
    (
        col("outlook", N_("Número"), required=True),
        col("estimate", N_("Estimativa"), "number"),
        col("estimate_low", N_("Mínimo (95%)"), "number"),
        col("estimate_high", N_("Máximo (95%)"), "number"),
    ),
    NOTEBOOK,
)
CHURN_SCORES = Table(
    "churn_scores",
    N_("Acerto das previsões"),
    N_("uma linha por população e forma de prever"),
    ("population", "forecaster"),
    (
        col("population", N_("Clientes julgados"), required=True),
        col("forecaster", N_("Forma de prever"), required=True),
        col("origins", N_("Datas testadas"), "integer", required=True),
        col("clients", N_("Previsões"), "integer", required=True),
        col("auc", N_("Comparações certas"), "number", SHARE),
        col("auc_low", N_("Mínimo (95%)"), "number", SHARE),
        col("auc_high", N_("Máximo (95%)"), "number", SHARE),
        col("auc_lead", N_("Vantagem nossa"), "number", SHARE),
        col("lead_low", N_("Mínima (95%)"), "number", SHARE),
        col("lead_high", N_("Máxima (95%)"), "number", SHARE),
        col("top_lift", N_("Paradas no décimo de maior risco"), "number", N_("vezes a média")),
        col("log_loss", N_("Erro das probabilidades"), "number"),
        col("brier", N_("Escore de Brier"), "number"),
        col("ece", N_("Erro de calibração"), "number", SHARE),
        col("ece_floor", N_("Só pelo acaso"), "number", SHARE),
    ),
    NOTEBOOK,
)
CHURN_CALIBRATION = Table(
    "churn_calibration",
    N_("Previsto e ocorrido"),
    N_("uma linha por faixa de probabilidade"),
    ("bin",),
    (
        col("bin", N_("Faixa"), "integer", required=True),
        col("clients", N_("Previsões"), "integer", required=True),
        col("predicted", N_("Previsto"), "number", SHARE, required=True),
        col("observed", N_("Ocorrido"), "number", SHARE, required=True),
        col("low", N_("Mínimo por acaso (95%)"), "number", SHARE, required=True),
        col("high", N_("Máximo por acaso (95%)"), "number", SHARE, required=True),
    ),
    NOTEBOOK,
)
CHURN_LIFT = Table(
    "churn_lift",
    N_("Receita perdida que cada ordem alcança"),
    N_("uma linha por ordem e parte dos clientes procurada"),
    ("ranking", "contacted_share"),
    (
        col("ranking", N_("Ordem"), required=True),
        col("contacted_share", N_("Clientes procurados"), "number", SHARE, required=True),
        col("money_share", N_("Receita perdida alcançada"), "number", SHARE),
    ),
    NOTEBOOK,
)
CHURN_VALUE_ERRORS = Table(
    "churn_value_errors",
    N_("Erro da receita esperada"),
    N_("uma linha por regra"),
    ("value_rule",),
    (
        col("value_rule", N_("Regra"), required=True),
        col("origins", N_("Datas testadas"), "integer", required=True),
        col("clients", N_("Previsões"), "integer", required=True),
        col("client_error", N_("Erro por cliente"), "number", SHARE, required=True),
        col("total_error", N_("Erro do total"), "number", SHARE, required=True),
    ),
    NOTEBOOK,
)
RETENTION = Table(
    "retention",
    N_("Permanência por renovações"),
    N_("uma linha por número de renovações"),
    ("renewals",),
    (
        col("renewals", N_("Renovações"), "integer", required=True),
        col("clients", N_("Clientes que chegaram a decidir"), "integer", required=True),
        col("stayed", N_("Ainda clientes"), "number", SHARE),
        col("expected", N_("Previsto pelo modelo"), "number", SHARE),
    ),
    NOTEBOOK,
)
RENEWAL_SCORES = Table(
    "renewal_scores",
    N_("Chance de renovação"),
    N_("uma linha por contrato a renovar"),
    ("contract_id",),
    (
        col("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        col("renewal_probability", N_("Probabilidade de renovação"), "number", SHARE),
        col("amount", N_("Valor"), "number", CURRENCY, required=True),
        col("amount_at_risk", N_("Valor em risco"), "number", CURRENCY),
        col("renewal_basis", N_("De onde vem a probabilidade"), required=True),
        col("reason_1", N_("Tipo do motivo principal")),
        col("reason_1_text", N_("Motivo principal")),
        col("reason_2", N_("Tipo do segundo motivo")),
        col("reason_2_text", N_("Segundo motivo")),
    ),
    NOTEBOOK,
)
