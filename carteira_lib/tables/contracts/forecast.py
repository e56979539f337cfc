"""What page 07 leaves: the months to come, how sure that is, and whether each goal will be reached."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, SELLER_ID, SHARE, Table, col

NOTEBOOK = "07_metas"
FORECAST = Table(
    "forecast",
    N_("Previsão"),
    N_("uma linha por período, grupo e medida"),
    ("period", "dimension", "group", "sales_measure", "period_start"),
    (
        col("period", N_("Período"), required=True),
        col("dimension", N_("Dimensão"), required=True),
        col("group", N_("Grupo"), required=True),
        col("sales_measure", N_("Medida"), required=True),
        col("period_start", N_("De"), "date", required=True),
        col("period_end", N_("Até"), "date", required=True),
        col("estimate", N_("Previsto"), "number", required=True),
        col("estimate_low", N_("Mínimo (80%)"), "number"),
        col("estimate_high", N_("Máximo (80%)"), "number"),
        col("origins", N_("Datas testadas"), "integer"),
    ),
    NOTEBOOK,
)
FORECAST_SCORES = Table(
    "forecast_scores",
    N_("Acerto das previsões de vendas"),
    N_("uma linha por medida e forma de prever"),
    ("sales_measure", "sales_way"),
    (
        col("sales_measure", N_("Medida"), required=True),
        col("sales_way", N_("Forma de prever"), required=True),
        col("origins", N_("Datas testadas"), "integer", required=True),
        col("wape", N_("Erro médio"), "number", SHARE),
        col("mase", N_("Erro em mudanças mensais típicas"), "number"),
        col("published", N_("Publicada"), "flag", required=True),
        col("covered", N_("Dentro da faixa de 80%"), "number", SHARE),
    ),
    NOTEBOOK,
)
FORECAST_SOURCES = Table(
    "forecast_sources",
    N_("De quem virá a receita"),
    N_("uma linha por mês"),
    ("month",),
    (
        col("month", N_("Mês"), "date", required=True),
        col("existing", N_("Clientes ativos hoje"), "number", CURRENCY, required=True),
        col("reactivated", N_("Reativados"), "number", CURRENCY, required=True),
        col("new", N_("Clientes novos"), "number", CURRENCY, required=True),
    ),
    NOTEBOOK,
)
FORECAST_BRIDGE = Table(
    "forecast_bridge",
    N_("De hoje ao prazo"),
    N_("uma linha por passo"),
    ("bridge_step",),
    (
        col("bridge_step", N_("Passo"), required=True),
        col("moved_clients", N_("Clientes"), "number", required=True),
    ),
    NOTEBOOK,
)
GOALS_STATUS = Table(
    "goals_status",
    N_("Situação das metas"),
    N_("uma linha por meta"),
    ("goal_id",),
    (
        col("goal_id", N_("Meta"), required=True),
        col("metric", N_("Indicador"), required=True),
        SELLER_ID,
        col("horizon", N_("Horizonte")),
        col("target", N_("Alvo"), "number"),
        col("start_date", N_("Início"), "date"),
        col("deadline", N_("Prazo"), "date", required=True),
        col("standing", N_("Hoje"), "number"),
        col("expected_value", N_("Esperado no prazo"), "number"),
        col("expected_low", N_("Mínimo (80%)"), "number"),
        col("expected_high", N_("Máximo (80%)"), "number"),
        col("probability", N_("Chance de bater"), "number", SHARE),
        col("approximate", N_("Aproximada"), "flag", required=True),
        col("months_left", N_("Meses até o prazo"), "number"),
        col("pace_needed", N_("Ritmo necessário por mês"), "number"),
        col("pace_now", N_("Ritmo por mês, nos últimos 3 meses"), "number"),
        col("extra_per_month", N_("A mais por mês, além do previsto"), "number"),
        col("goal_state", N_("Situação"), required=True),
        col("goal_reason", N_("Observação")),
    ),
    NOTEBOOK,
)
GOAL_SCORES = Table(
    "goal_scores",
    N_("Acerto das chances"),
    N_("uma linha por indicador e forma de calcular"),
    ("metric", "goal_way"),
    (
        col("metric", N_("Indicador"), required=True),
        col("goal_way", N_("Forma de calcular a chance"), required=True),
        col("goals", N_("Metas passadas"), "integer", required=True),
        col("brier", N_("Escore de Brier"), "number", required=True),
        col("ece", N_("Erro de calibração"), "number", SHARE, required=True),
    ),
    NOTEBOOK,
)
GOALS_CALIBRATION = Table(
    "goals_calibration",
    N_("Chance informada e metas batidas"),
    N_("uma linha por faixa de chance"),
    ("bin",),
    (
        col("bin", N_("Faixa"), "integer", required=True),
        col("goals", N_("Metas passadas"), "integer", required=True),
        col("predicted", N_("Previsto"), "number", SHARE, required=True),
        col("observed", N_("Ocorrido"), "number", SHARE, required=True),
        col("low", N_("Mínimo por acaso (95%)"), "number", SHARE, required=True),
        col("high", N_("Máximo por acaso (95%)"), "number", SHARE, required=True),
    ),
    NOTEBOOK,
)
