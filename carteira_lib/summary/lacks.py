"""Which data would sharpen the pages: optional tables that did not come, and what is thin in those that did."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pandas as pd

from carteira_lib.language import N_, translator
from carteira_lib.tables import label
from carteira_lib.words import Words

# Optional table -> what it adds to the pages there are, and what file gives it.
ADDS = {
    "customers": (
        N_("a divisão por setor, região e porte, e o nome de cada cliente"),
        N_("o cadastro de clientes do ERP ou do CRM"),
    ),
    "products": (
        N_(
            "a divisão por família, as versões mais caras e mais baratas a oferecer e a margem quando o pedido não traz o custo"
        ),
        N_("o cadastro de produtos, com família, nível, preço e custo unitário"),
    ),
    "contracts": (
        N_("a carteira de renovação: o que vence, quando e quanto vale"),
        N_("a lista de contratos, com início, fim e valor"),
    ),
    "surveys": (
        N_("o NPS com a sua margem, o que mudou e o que fazer com cada cliente"),
        N_("a planilha de respostas da pesquisa de NPS, com cliente, data e nota de 0 a 10"),
    ),
    "interactions": (
        N_("quem já foi procurado: os contatos dos últimos 90 dias de cada cliente"),
        N_("o histórico de contatos do CRM"),
    ),
    "prospects": (
        N_("os prospects em ordem de semelhança com os melhores clientes"),
        N_("a lista de prospects, com as mesmas colunas do cadastro de clientes"),
    ),
    "goals": (
        N_("a chance de bater cada meta até o prazo dela, e o ritmo que ela pede"),
        N_("a lista de metas, com indicador, alvo e prazo"),
    ),
    "proposals": (
        N_("a versão mais barata para quem desistiu de uma proposta"),
        N_("a lista de propostas, com produto, situação e motivo"),
    ),
    "sellers": (
        N_("o nome de quem cuida de cada cliente"),
        N_("a lista de vendedores, com código e nome"),
    ),
}

#: Optional table -> what people call it in a list of what is missing.
TABLES = {
    "customers": N_("o cadastro de clientes"),
    "products": N_("o cadastro de produtos"),
    "contracts": N_("os contratos"),
    "surveys": N_("as respostas da pesquisa de NPS"),
    "interactions": N_("o histórico de contatos"),
    "prospects": N_("a lista de prospects"),
    "goals": N_("as metas"),
    "proposals": N_("as propostas"),
    "sellers": N_("a lista de vendedores"),
}
#: Attribute -> what it adds where it is known of most clients.
ATTRIBUTES = {
    "sector": N_("o comprador ideal e a divisão por setor de toda a carteira"),
    "employees": N_("o comprador ideal e o porte de toda a carteira"),
    "state": N_("o comprador ideal e a divisão por região de toda a carteira"),
    "seller_id": N_("quem liga para cada cliente"),
}
REGISTER = N_("o cadastro de clientes do ERP ou do CRM")
MOSTLY_KNOWN = 0.8  # from so many clients on, an attribute is not told as lacking
MONTHS_OF_TWO_YEARS = 24  # from which on seasons are told apart from growth
FEW_ANSWERED = 0.3  # below this share of the portfolio the survey does not speak for it


def lacking(
    provided: Collection[str], frames: Mapping[str, pd.DataFrame], months: int, *, language: str = "pt-BR"
) -> pd.DataFrame:
    """What data would sharpen the pages: what is thin in what came, then the optional tables that did not come.

    Parameters
    ----------
    provided : collection of str
        Canonical tables that the sources gave.
    frames : mapping of name to DataFrame
        ``portfolio``, ``customers``, ``customer_features``, ``nps_summary``.
    months : int
        Whole months of history.

    Returns
    -------
    DataFrame
        One row per lack, all columns text: what, what it would add, what file gives it.
    """
    words = Words(language)
    _ = words.translate
    thin = [
        *_history(months, words),
        *_cost(frames["customer_features"], words),
        *_answers(frames["nps_summary"], words),
    ]
    thin += _attributes(frames["portfolio"], frames["customers"], words) if "customers" in provided else []
    tables = [(_(TABLES[name]), _(adds), _(source)) for name, (adds, source) in ADDS.items() if name not in provided]
    return pd.DataFrame(
        thin + tables, columns=[_("O que falta"), _("O que acrescentaria"), _("De onde vem")], dtype="str"
    )


def _history(months: int, words: Words) -> list[tuple[str, str, str]]:
    _ = words.translate
    if months >= MONTHS_OF_TWO_YEARS:
        return []
    what = _.ngettext("mais histórico (há {n} mês completo)", "mais histórico (há {n} meses completos)", months)
    return [
        (
            what,
            _("a sazonalidade nas vendas previstas e nas metas"),
            _("os pedidos mais antigos, do ERP ou do arquivo morto"),
        )
    ]


def _cost(features: pd.DataFrame, words: Words) -> list[tuple[str, str, str]]:
    _, sold = words.translate, features["net_revenue"].clip(lower=0).sum()
    share = features["costed_revenue"].clip(lower=0).sum() / sold if sold > 0 else 1.0
    if share >= MOSTLY_KNOWN:
        return []
    what = _("o custo do que se vende (conhecido em {share} da receita)", share=words.percent(share))
    return [(what, _("a margem no lugar da receita, no comprador ideal e nas ofertas"), _("o custo em cada pedido, ou o cadastro de produtos com custo unitário"))]  # fmt: skip


def _answers(nps_summary: pd.DataFrame, words: Words) -> list[tuple[str, str, str]]:
    _, row = words.translate, nps_summary[nps_summary["reading"] == "answered"]
    if row.empty or not row["response_share"].iloc[0] < FEW_ANSWERED:
        return []
    what = _(
        "mais respostas ao NPS (responderam {share} dos clientes recentes)",
        share=words.percent(row["response_share"].iloc[0]),
    )
    return [(what, _("um NPS que fale por toda a carteira"), _("a próxima rodada da pesquisa, a começar pelos clientes que a página do NPS sugere"))]  # fmt: skip


def _attributes(portfolio: pd.DataFrame, customers: pd.DataFrame, words: Words) -> list[tuple[str, str, str]]:
    """Attributes that many of the clients of the portfolio lack; one that nobody has is a column that there is not."""
    _, inside = words.translate, portfolio.loc[portfolio["status"].isin(["active", "late"]), "customer_id"]
    known = (
        customers.set_index("customer_id")
        .reindex(inside)
        .assign(seller_id=portfolio.set_index("customer_id")["seller_id"])
    )
    rows = []
    for name, adds in ATTRIBUTES.items():
        have = float(known[name].notna().mean()) if len(known) else 1.0
        if have < MOSTLY_KNOWN:
            what = _("{attribute} (conhecido de {share} da carteira)", attribute=label(name, words.language), share=words.percent(have))  # fmt: skip
            rows.append((what, _(adds), _(REGISTER)))
    return rows


def lacking_title(rows: pd.DataFrame, *, language: str = "pt-BR") -> str:
    """The caption of `lacking`, which says so where nothing is."""
    _ = translator(language)
    if rows.empty:
        return _("Nenhum dado opcional falta a estas páginas.")
    return _.ngettext(
        "{n} dado deixaria estas páginas mais precisas", "{n} dados deixariam estas páginas mais precisas", len(rows)
    )


def absent(names: Collection[str], provided: Collection[str], *, language: str = "pt-BR") -> list[str]:
    """What a part of a page would show with the optional tables that did not come: one sentence for each.

    Examples
    --------
    >>> absent(["contracts", "sellers"], ["sellers"])
    ['Faltou a lista de contratos, com início, fim e valor; com esse arquivo haveria aqui a carteira de renovação: o que vence, quando e quanto vale.']
    """
    _ = translator(language)
    return [
        _("Faltou {source}; com esse arquivo haveria aqui {adds}.", source=_(source), adds=_(adds))
        for name, (adds, source) in ADDS.items()
        if name in names and name not in provided
    ]
