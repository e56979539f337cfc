"""What page 05 leaves: the score with its intervals, by group and by wave, what goes with it, and what to do with each client."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, DAYS, SELLER_ID, SHARE, Table, col

NOTEBOOK = "05_nps"
POINTS = N_("pontos")
NPS = col("nps", N_("NPS"), "number")
LOW = col("nps_low", N_("Mínimo (95%)"), "number")
HIGH = col("nps_high", N_("Máximo (95%)"), "number")
ANSWERS = col("answers", N_("Respostas"), "integer", required=True)
ENOUGH = col("enough", N_("Amostra suficiente"), "flag", required=True)
BY_CLASS = (
    col("promoters", N_("Promotores"), "number"),
    col("passives", N_("Neutros"), "number"),
    col("detractors", N_("Detratores"), "number"),
)

SUMMARY = Table(
    "nps_summary",
    N_("NPS e sua margem"),
    N_("uma linha por leitura da nota"),
    ("reading",),
    (
        col("reading", N_("Leitura"), required=True),
        NPS,
        LOW,
        HIGH,
        ANSWERS,
        *BY_CLASS,
        col("clients", N_("Clientes"), "integer", required=True),
        col("response_share", N_("Responderam"), "number", SHARE),
        ENOUGH,
    ),
    NOTEBOOK,
)
SEGMENTS = Table(
    "nps_segments",
    N_("NPS por grupo"),
    N_("uma linha por dimensão e grupo"),
    ("dimension", "group"),
    (
        col("dimension", N_("Dimensão"), required=True),
        col("group", N_("Grupo"), required=True),
        ANSWERS,
        *BY_CLASS,
        NPS,
        LOW,
        HIGH,
        col("rest_nps", N_("NPS dos demais"), "number"),
        col("gap", N_("Diferença para os demais"), "number", POINTS),
        col("p_value", N_("Valor p"), "number"),
        col("p_corrected", N_("Valor p corrigido"), "number"),
        col("verdict", N_("Comparação"), required=True),
    ),
    NOTEBOOK,
)
CLIENTS = Table(
    "nps_clients",
    N_("NPS por cliente"),
    N_("uma linha por cliente que respondeu ou a quem perguntar"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        col("name", N_("Nome")),
        col("person_type", N_("Tipo de pessoa")),
        SELLER_ID,
        col("score", N_("Nota"), "integer"),
        col("class", N_("Classe")),
        col("answer_date", N_("Data da resposta"), "date"),
        col("days", N_("Dias desde a resposta"), "number", DAYS),
        col("in_window", N_("Resposta ainda válida"), "flag", required=True),
        col("suggested_action", N_("Ação sugerida"), required=True),
        col("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
    ),
    NOTEBOOK,
)
WAVES = Table(
    "nps_waves",
    N_("NPS por rodada"),
    N_("uma linha por rodada da pesquisa"),
    ("wave",),
    (
        col("wave", N_("Rodada"), required=True),
        col("first_date", N_("Primeira resposta"), "date", required=True),
        col("last_date", N_("Última resposta"), "date", required=True),
        ANSWERS,
        *BY_CLASS,
        NPS,
        LOW,
        HIGH,
        col("change", N_("Mudança"), "number", POINTS),
        col("p_value", N_("Valor p"), "number"),
        col("p_corrected", N_("Valor p corrigido"), "number"),
        col("proven", N_("Mudança comprovada"), "flag", required=True),
        ENOUGH,
    ),
    NOTEBOOK,
)
RESPONSES = Table(
    "nps_responses",
    N_("Quem respondeu"),
    N_("uma linha por grupo de situação e porte"),
    ("stratum",),
    (
        col("stratum", N_("Grupo (situação e porte)"), required=True),
        col("clients", N_("Clientes"), "integer", required=True),
        ANSWERS,
        col("response_share", N_("Responderam"), "number", SHARE),
        col("weight", N_("Peso de cada resposta"), "number"),
        NPS,
    ),
    NOTEBOOK,
)
DRIVERS = Table(
    "nps_drivers",
    N_("O que anda junto com os detratores"),
    N_("uma linha por atributo ou comportamento"),
    ("driver",),
    (
        col("driver", N_("Atributo ou comportamento"), required=True),
        col("driver_kind", N_("Tipo"), required=True),
        col("clients", N_("Clientes com ele"), "integer"),
        col("effect", N_("Detratores a mais"), "number", N_("pontos percentuais"), required=True),
        col("effect_low", N_("Mínimo (95%)"), "number", required=True),
        col("effect_high", N_("Máximo (95%)"), "number", required=True),
        col("p_corrected", N_("Valor p corrigido"), "number", required=True),
        col("proven", N_("Comprovado"), "flag", required=True),
    ),
    NOTEBOOK,
)
WORTH = Table(
    "nps_worth",
    N_("Quanto vale cada classe"),
    N_("uma linha por classe de NPS"),
    ("class",),
    (
        col("class", N_("Classe"), required=True),
        col("clients", N_("Clientes"), "integer", required=True),
        col("net_revenue_365d", N_("Receita em 12 meses"), "number", CURRENCY, required=True),
        col("median_revenue", N_("Receita mediana por cliente"), "number", CURRENCY),
        col("low_revenue", N_("Mediana, mínimo (95%)"), "number", CURRENCY),
        col("high_revenue", N_("Mediana, máximo (95%)"), "number", CURRENCY),
        col("churn_probability", N_("Probabilidade de não comprar"), "number", SHARE),
        col("revenue_at_risk", N_("Receita em risco"), "number", CURRENCY),
        col("fit_share", N_("Dentro do PCI"), "number", SHARE),
    ),
    NOTEBOOK,
)
THEMES = Table(
    "nps_themes",
    N_("Temas dos comentários"),
    N_("uma linha por tema"),
    ("theme",),
    (
        col("theme", N_("Tema"), required=True),
        col("comments", N_("Comentários"), "integer", required=True),
        *BY_CLASS,
        col("example", N_("Exemplo"), required=True),
    ),
    NOTEBOOK,
)
