"""The words of the cleaning: why a line is refused and what to do about it, what is only noted, and coded values."""

from __future__ import annotations

from carteira_lib.language import N_

REASONS = {
    "damaged_line": N_("linha quebrada no arquivo"),
    "missing_key": N_("sem código"),
    "no_customer": N_("sem cliente"),
    "unreadable_date": N_("data ilegível"),
    "date_after_as_of": N_("data depois da data-base"),
    "before_min_date": N_("data antes do início da análise"),
    "unreadable_amount": N_("valor ilegível"),
    "unreadable_number": N_("número ilegível"),
    "invalid_score": N_("nota fora da escala da pesquisa"),
    "unknown_value": N_("valor desconhecido"),
    "missing_value": N_("campo obrigatório vazio"),
    "repeated_line": N_("linha repetida"),
    "repeated_key": N_("código repetido, vale o último registro"),
    "ignored_product": N_("produto fora da análise (frete, taxas)"),
}
REMEDIES = {
    "damaged_line": N_(
        "Abra o arquivo na linha indicada: costuma ser um separador ou uma aspa dentro de um texto. Exporte de novo com os textos entre aspas."
    ),
    "missing_key": N_("Preencha o código na origem: sem ele o registro não se liga a nada."),
    "no_customer": N_(
        "Veja se são vendas de balcão. Se forem de clientes conhecidos, preencha o código do cliente na origem."
    ),
    "unreadable_date": N_(
        "Corrija a data na origem ou declare date_format da fonte. Um número como 45292 é data do Excel sem formato: formate a coluna como data e salve."
    ),
    "date_after_as_of": N_(
        "Se a data estiver certa, use uma data-base (as_of) mais recente; se for erro de digitação, corrija na origem."
    ),
    "before_min_date": N_("Se quiser um histórico mais longo, use uma min_date mais antiga nos parâmetros."),
    "unreadable_amount": N_("Corrija o valor na origem ou declare decimal da fonte nos parâmetros."),
    "unreadable_number": N_("Corrija o número na origem ou declare decimal da fonte nos parâmetros."),
    "invalid_score": N_(
        "O NPS usa notas inteiras de 0 a 10. Se a pesquisa for de 1 a 5 ou de 0 a 100, declare survey_scale em sources.surveys."
    ),
    "unknown_value": N_("Troque o valor na origem por um dos conhecidos: ganha, perdida, abandonada ou aberta."),
    "missing_value": N_("Preencha o campo na origem."),
    "repeated_line": N_(
        "Nada a fazer se o arquivo foi exportado duas vezes. Se forem vendas diferentes, inclua o número do item na exportação."
    ),
    "repeated_key": N_("Confira na origem qual registro vale e apague o outro."),
    "ignored_product": N_("Nada a fazer se não for venda; se for, tire o código de ignore_products nos parâmetros."),
}
REPEATED_RECORD = N_("Nada a fazer: o registro foi contado uma vez só.")  # where the repeat is no order line
NOTES = {
    "returns": N_("devoluções e notas de crédito, descontadas da receita"),
    "zero_amount": N_("linhas de valor zero (brindes, bonificações), que não contam como compra"),
    "padded_id": N_("códigos de cliente com espaços em volta, retirados"),
    "unknown_product": N_("linhas de produtos que não estão no cadastro de produtos"),
    "possible_repeat": N_(
        "linhas iguais no mesmo arquivo sem número de pedido, mantidas porque podem ser duas compras"
    ),
    "repeated_but_unmapped": N_(
        "linhas iguais em tudo que foi mapeado, mas não nas outras colunas do arquivo (confira se o período foi importado duas vezes)"
    ),
    "unreadable_optional": N_("valores ilegíveis em coluna opcional, deixados vazios"),
    "other_decimal": N_("números escritos com outra marca decimal que o resto da coluna"),
    "cost_from_products": N_("linhas com o custo calculado pelo custo unitário do produto"),
    "isolated_last_date": N_("linhas em datas isoladas no fim do período (a data-base pode ser um erro de digitação)"),
    "unknown_customer": N_("linhas de clientes que não estão no cadastro"),
    "id_mismatch": N_("linhas de clientes cujo código só difere do cadastro por zeros à esquerda ou por maiúsculas"),
    "unknown_optional": N_("valores desconhecidos em coluna opcional, deixados vazios"),
    "state_fixed": N_("UFs escritas de outro modo, trocadas pela sigla"),
    "unknown_state": N_("UFs desconhecidas, deixadas vazias"),
    "city_fixed": N_("cidades com a grafia acertada"),
    "region_filled": N_("regiões preenchidas pela UF"),
    "invalid_tax_id": N_("CPF ou CNPJ com dígito verificador errado"),
    "padded_tax_id": N_("CPF ou CNPJ que tinha perdido os zeros à esquerda"),
    "shared_tax_id": N_("cadastros com o mesmo CPF ou CNPJ de outro"),
    "person_type_inferred": N_("tipo de pessoa tirado do CPF ou CNPJ"),
    "person_type_conflict": N_("tipo de pessoa que não combina com o CPF ou CNPJ"),
    "closed_after_as_of": N_("propostas encerradas depois da data-base, tratadas como abertas"),
    "end_before_start": N_("contratos que terminam antes de começar"),
    "since_after_as_of": N_("clientes cadastrados depois da data-base"),
}

_STATUS = {
    "won": (
        "won",
        "ganha",
        "ganho",
        "ganhou",
        "fechada",
        "fechado",
        "aceita",
        "aceito",
        "aprovada",
        "aprovado",
        "vendida",
        "closed won",
    ),
    "lost": (
        "lost",
        "perdida",
        "perdido",
        "perdeu",
        "recusada",
        "recusado",
        "rejeitada",
        "rejeitado",
        "reprovada",
        "closed lost",
    ),
    "abandoned": (
        "abandoned",
        "abandonada",
        "abandonado",
        "desistiu",
        "desistência",
        "desistencia",
        "cancelada",
        "cancelado",
        "expirada",
    ),
    "open": (
        "open",
        "aberta",
        "aberto",
        "em aberto",
        "em andamento",
        "em negociação",
        "em negociacao",
        "pendente",
        "enviada",
        "engaging",
        "prospecting",
    ),
}
_PERSON = {
    "PF": ("pf", "f", "física", "fisica", "pessoa física", "pessoa fisica", "cpf", "individual"),
    "PJ": ("pj", "j", "jurídica", "juridica", "pessoa jurídica", "pessoa juridica", "cnpj", "empresa", "company"),
}
_HORIZON = {
    "short": ("short", "curto", "curto prazo", "c"),
    "medium": ("medium", "médio", "medio", "médio prazo", "medio prazo", "m"),
    "long": ("long", "longo", "longo prazo", "l"),
}


def _by_word(codes: dict[str, tuple[str, ...]]) -> dict[str, str]:
    return {word: code for code, words in codes.items() for word in words}


CODED = {
    ("proposals", "status"): _by_word(_STATUS),
    ("customers", "person_type"): _by_word(_PERSON),
    ("prospects", "person_type"): _by_word(_PERSON),
    ("goals", "horizon"): _by_word(_HORIZON),
}
