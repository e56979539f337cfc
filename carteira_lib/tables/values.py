"""What people call the coded values of a column, written once: "inactive" is "inativo"."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts import CANONICAL, TABLES

VALUES = {
    "status": {
        "active": N_("ativo"),
        "late": N_("quase inativo"),
        "inactive": N_("inativo"),
        "outside": N_("fora da carteira"),
        "won": N_("ganha"),
        "lost": N_("perdida"),
        "abandoned": N_("abandonada"),
        "open": N_("aberta"),
    },
    "rfm_segment": {
        "champions": N_("campeões"),
        "loyal": N_("fiéis"),
        "promising": N_("promissores"),
        "recent": N_("recentes"),
        "attention": N_("pedem atenção"),
        "cooling": N_("esfriando"),
        "cannot_lose": N_("não podemos perder"),
        "at_risk": N_("em risco"),
        "hibernating": N_("adormecidos"),
    },
    "next_step": {
        "renew": N_("renovar contrato"),
        "call": N_("ligar nesta semana"),
        "reactivate": N_("reativar"),
        "campaign": N_("incluir em campanha"),
        "welcome_back": N_("agradecer a volta"),
        "welcome": N_("dar boas-vindas"),
        "check": N_("conferir o cadastro"),
        "develop": N_("oferecer a próxima compra"),
        "confirm": N_("confirmar o pedido esperado"),
        "keep": N_("manter o contato"),
    },
    "movement": {"new": N_("entrou"), "recovered": N_("recuperado"), "lost": N_("perdido")},
    "dimension": {
        "seller_id": N_("Vendedor"),
        "region": N_("Região"),
        "state": N_("UF"),
        "sector": N_("Setor"),
        "headcount_band": N_("Porte (funcionários)"),
        "family": N_("Família de produtos"),
    },
    "rule": {
        "own_cycle": N_("ciclo próprio"),
        "fixed_90": N_("90 dias fixos"),
        "fixed_180": N_("180 dias fixos"),
        "fixed_same_size": N_("prazo fixo, mesmo número de inativos"),
    },
    "person_type": {"PF": N_("pessoa física"), "PJ": N_("pessoa jurídica")},
    "horizon": {"short": N_("curto"), "medium": N_("médio"), "long": N_("longo")},
    "table": {name: TABLES[name].label for name in CANONICAL},
    "delimiter": {" ": N_("espaço"), "\t": N_("tabulação")},
    "flag": {"True": N_("sim"), "False": N_("não")},
    "date_order": {"dmy": N_("dia/mês/ano"), "mdy": N_("mês/dia/ano"), "ymd": N_("ano-mês-dia")},
}
