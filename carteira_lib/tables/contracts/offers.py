"""What page 06 leaves: what can be offered to whom, how sure that is, and one list of actions per seller."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, PRODUCT_ID, SELLER_ID, SHARE, Table, col

NOTEBOOK = "06_oportunidades"
KIND = col("kind", N_("Oportunidade"), required=True)
HOURS = N_("horas")
OFFERS = Table(
    "offers",
    N_("Ofertas possíveis"),
    N_("uma linha por cliente, tipo de oportunidade e produto"),
    (),
    (
        CUSTOMER_ID,
        KIND,
        PRODUCT_ID,
        col("probability", N_("Probabilidade de compra"), "number", SHARE),
        col("anyway_share", N_("Compraria mesmo sem contato"), "number", SHARE),
        col("ticket", N_("Valor da venda"), "number", CURRENCY),
        col("expected_value", N_("Margem esperada"), "number", CURRENCY, required=True),
        col("moment", N_("Melhor data"), "date"),
        col("reason", N_("Por quê"), required=True),
        col("evidence", N_("Em que se apoia"), required=True),
    ),
    NOTEBOOK,
)
OFFER_EVIDENCE = Table(
    "offer_evidence",
    N_("O que o passado diz de cada tipo de oferta"),
    N_("uma linha por tipo de oportunidade"),
    ("kind",),
    (
        KIND,
        col("offer_measure", N_("O que se mede"), required=True),
        col("simple_rule", N_("Regra simples"), required=True),
        col("cases", N_("Casos julgados"), "integer", required=True),
        col("ours", N_("A nossa"), "number", SHARE),
        col("rule_share", N_("Regra simples, acerto"), "number", SHARE),
        col("lead", N_("Vantagem"), "number", SHARE),
        col("lead_low", N_("Vantagem mínima (95%)"), "number", SHARE),
        col("lead_high", N_("Vantagem máxima (95%)"), "number", SHARE),
        col("offer_verdict", N_("Conclusão"), required=True),
    ),
    NOTEBOOK,
)
DOWN_SELL_CONTROLS = Table(
    "down_sell_controls",
    N_("A versão mais barata depois de uma proposta perdida"),
    N_("uma linha por motivo da perda e grupo de comparação"),
    ("cause", "compared_with"),
    (
        col("cause", N_("Motivo da perda"), required=True),
        col("compared_with", N_("Comparação"), required=True),
        col("proposals", N_("Propostas perdidas"), "integer", required=True),
        col("bought", N_("Compraram a mais barata"), "integer", required=True),
        col("share", N_("Parte que comprou"), "number", SHARE),
        col("control_proposals", N_("Casos de comparação"), "integer", required=True),
        col("control_bought", N_("Compraram, na comparação"), "integer", required=True),
        col("control_share", N_("Parte que comprou, na comparação"), "number", SHARE),
        col("lead", N_("Diferença"), "number", SHARE),
        col("lead_low", N_("Vantagem mínima (95%)"), "number", SHARE),
        col("lead_high", N_("Vantagem máxima (95%)"), "number", SHARE),
        col("enough", N_("Amostra suficiente"), "flag", required=True),
    ),
    NOTEBOOK,
)
BASKETS = Table(
    "baskets",
    N_("Produtos que andam juntos"),
    N_("uma linha por par de produtos ou famílias, os 10 mil mais fortes"),
    ("first_item", "second_item"),
    (
        col("first_item", N_("Produto ou família"), required=True),
        col("second_item", N_("Anda com"), required=True),
        col("clients", N_("Clientes com os dois"), "integer", required=True),
        col("expected_clients", N_("Por acaso seriam"), "number", required=True),
        col("lift", N_("Vezes o acaso"), "number", required=True),
    ),
    NOTEBOOK,
)
OFFER_GAPS = Table(
    "offer_gaps",
    N_("O que não se pôde oferecer"),
    N_("uma linha por tipo de oportunidade, obstáculo e família"),
    (),
    (
        KIND,
        col("obstacle", N_("Obstáculo"), required=True),
        col("family", N_("Família")),
        col("cases", N_("Casos"), "integer"),
    ),
    NOTEBOOK,
)
ACTIONS = Table(
    "actions",
    N_("Lista de ações"),
    N_("uma linha por cliente com alguma oportunidade"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        col("name", N_("Nome")),
        col("person_type", N_("Tipo de pessoa")),
        SELLER_ID,
        col("rank", N_("Ordem"), "integer"),
        KIND,
        PRODUCT_ID,
        col("product_name", N_("Oferta")),
        col("hours", N_("Tempo previsto"), "number", HOURS, required=True),
        col("probability", N_("Probabilidade de compra"), "number", SHARE),
        col("ticket", N_("Valor da venda"), "number", CURRENCY),
        col("expected_value", N_("Margem esperada"), "number", CURRENCY, required=True),
        col("gate", N_("Lugar na lista"), required=True),
        col("gate_text", N_("Por que ficou de fora")),
        col("control", N_("Grupo de controle"), "flag", required=True),
        col("follow_up", N_("Contatar até"), "date"),
        col("reason", N_("Por quê"), required=True),
        col("tip", N_("O que saber do cliente")),
    ),
    NOTEBOOK,
)
SELLER_LOADS = Table(
    "seller_loads",
    N_("Tempo de cada vendedor"),
    N_("uma linha por vendedor"),
    ("seller_id",),
    (
        col("seller_id", N_("Vendedor"), required=True),
        col("name", N_("Nome")),
        col("clients", N_("Clientes na carteira"), "integer", required=True),
        col("available_hours", N_("Tempo para a lista"), "number", HOURS, required=True),
        col("planned_hours", N_("Tempo previsto"), "number", HOURS, required=True),
        col("waiting_hours", N_("Tempo que faltou"), "number", HOURS, required=True),
        col("listed", N_("Ações na lista"), "integer", required=True),
        col("waiting", N_("Ações que não couberam"), "integer", required=True),
        col("expected_value", N_("Margem esperada"), "number", CURRENCY, required=True),
        col("care_hours", N_("Tempo de atendimento da carteira"), "number", N_("horas por semana"), required=True),
    ),
    NOTEBOOK,
)
REASSIGNMENTS = Table(
    "reassignments",
    N_("Sugestões de troca de responsável"),
    N_("uma linha por cliente sem dono ou que não coube na lista do seu"),
    ("customer_id",),
    (
        CUSTOMER_ID,
        col("name", N_("Nome")),
        col("person_type", N_("Tipo de pessoa")),
        SELLER_ID,
        col("new_seller_id", N_("Passar a"), required=True),
        col("same_region", N_("Mesma região"), "flag", required=True),
        KIND,
        col("expected_value", N_("Margem esperada"), "number", CURRENCY, required=True),
    ),
    NOTEBOOK,
)
OUTCOMES = Table(
    "outcomes",
    N_("O que as listas anteriores renderam"),
    N_("uma linha por tipo de oportunidade, e uma de todos"),
    ("kind",),
    (
        KIND,
        col("contacted", N_("Na lista"), "integer", required=True),
        col("contacted_bought", N_("Da lista, compraram"), "integer", required=True),
        col("control_clients", N_("Em controle"), "integer", required=True),
        col("control_bought", N_("Do controle, compraram"), "integer", required=True),
        col("uplift", N_("Efeito do contato"), "number", SHARE),
        col("uplift_low", N_("Mínimo (95%)"), "number", SHARE),
        col("uplift_high", N_("Máximo (95%)"), "number", SHARE),
        col("enough", N_("Amostra suficiente"), "flag", required=True),
    ),
    NOTEBOOK,
)
