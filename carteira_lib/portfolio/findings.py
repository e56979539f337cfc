"""The sentences of the conclusions and the titles of the figures, computed: true for any data, also for none."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, tables
from carteira_lib.groups import HEADCOUNT_BANDS
from carteira_lib.language import Translator
from carteira_lib.portfolio.silence import FEW_SILENCES, NEVER_RETURNED_DAYS, Rule
from carteira_lib.portfolio.splits import largest_group
from carteira_lib.portfolio.status import ENOUGH_CALLED, IN_PORTFOLIO
from carteira_lib.words import Words

if TYPE_CHECKING:
    from carteira_lib.portfolio.analysis import Analysis


SPREAD_OUT = 0.10  # where even the largest group has less, no group is the finding


def figures(analysis: Analysis) -> dict[str, float]:
    """The key figures of a portfolio: what the sentences, the summary and ``run.json`` are made of.

    Returns
    -------
    dict
        Clients: ``clients``, ``active``, ``late``, ``inactive`` (of the portfolio), ``occasional``, ``outside``,
        ``in_portfolio`` (active and late), ``new``, ``recovered``, ``class_a``. Money of 12 months: ``revenue``,
        ``active_revenue``, ``late_revenue``, ``class_a_revenue``, ``class_a_share`` (of the positive revenue). Balance of the months shown: ``opening``,
        ``entered``, ``came_back``, ``lost`` (movements: a client may leave twice), ``closing``; ``gone``, the clients who
        left and are inactive now, ``gone_revenue``, what they bought in their last year. Contracts: ``due``, ``due_amount``,
        ``overdue``, ``overdue_amount``. ``multiplier`` is c*.
    """
    portfolio, due = analysis.portfolio, analysis.renewals
    occasional = portfolio["occasional"].astype(bool)
    state = portfolio["status"].mask(occasional, "occasional")
    revenue = portfolio["net_revenue_365d"]
    class_a = portfolio["abc_class"] == "A"
    found: dict[str, float] = {"clients": len(portfolio)}
    found |= {code: int((state == code).sum()) for code in ("active", "late", "inactive", "occasional", "outside")}
    found |= {"in_portfolio": int(state.isin(IN_PORTFOLIO).sum()), "class_a": int(class_a.sum())}
    found |= {flag: int(portfolio[flag].sum()) for flag in ("new", "recovered")}
    found |= {"revenue": float(revenue.sum()), "class_a_revenue": float(revenue[class_a].sum())}
    found["class_a_share"] = found["class_a_revenue"] / max(float(revenue.clip(lower=0).sum()), 0.01)
    found |= {f"{code}_revenue": float(revenue[state == code].sum()) for code in IN_PORTFOLIO}
    for name, chosen in (("due", due["days_left"] >= 0), ("overdue", due["days_left"] < 0)):
        found |= {name: int(chosen.sum()), f"{name}_amount": float(due.loc[chosen, "amount"].sum())}
    return found | _balance(analysis.movement) | _gone(analysis) | {"multiplier": analysis.rule.multiplier}


def _balance(movement: pd.DataFrame) -> dict[str, float]:
    first, last = (0, 0) if movement.empty else (movement["opening"].iloc[0], movement["closing"].iloc[-1])
    sums = movement[["new", "recovered", "lost"]].sum()
    return {
        "opening": int(first),
        "entered": int(sums["new"]),
        "came_back": int(sums["recovered"]),
        "lost": int(sums["lost"]),
        "closing": int(last),
    }


def _gone(analysis: Analysis) -> dict[str, float]:
    """Clients who left in the months shown and did not come back: each once, with its latest exit."""
    portfolio, exits = analysis.portfolio, analysis.moved[analysis.moved["movement"] == "lost"]
    inactive = portfolio.loc[portfolio["status"] == "inactive", "customer_id"]
    latest = exits[exits["customer_id"].isin(inactive)].drop_duplicates("customer_id", keep="last")
    return {"gone": len(latest), "gone_revenue": float(latest["net_revenue"].sum())}


def findings(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> list[str]:
    """Three to five sentences that a director can read out: stock, movement, money, contracts, and how far to trust it.

    Sentences on what the data do not have (no contract, no movement) are left out; a figure of too few cases is
    replaced by "amostra insuficiente".
    """
    words = Words(language, currency)
    known = figures(analysis)
    sentences = [
        _stock(known, words),
        _moves(analysis, known, words),
        _money(known, words),
        _contracts(known, analysis.renewal_window_days, words),
        _trust(analysis, words),
    ]
    return [sentence for sentence in sentences if sentence]


def _share(part: float, whole: float, words: Words) -> str:
    return words.percent(part / whole if whole > 0 else math.nan)


def _stock(known: dict[str, float], words: Words) -> str:
    _ = words.translate
    if not known["clients"]:
        return _("Nenhum cliente com pedido até a data-base.")
    alive = _counted_alive(known, _)
    rest = _counted_rest(known, _)
    beside = _(" Fora dela: {parts}.", parts=words.listing(rest)) if rest else ""
    if not known["in_portfolio"]:
        return _("A carteira está vazia: nenhum cliente compra hoje no seu ciclo.") + beside
    head = _.ngettext(
        "A carteira tem {n} cliente: {parts}.",
        "A carteira tem {n} clientes: {parts}.",
        int(known["in_portfolio"]), parts=words.listing(alive),
    )  # fmt: skip
    return head + beside


def _counted_alive(known: dict[str, float], _: Translator) -> list[str]:
    counts = [(known["active"], _.ngettext("{n} ativo", "{n} ativos", int(known["active"])))]
    counts.append((known["late"], _.ngettext("{n} quase inativo", "{n} quase inativos", int(known["late"]))))
    return [text for count, text in counts if count]


def _counted_rest(known: dict[str, float], _: Translator) -> list[str]:
    inactive, occasional, outside = (int(known[code]) for code in ("inactive", "occasional", "outside"))
    counts = [
        (inactive, _.ngettext("{n} inativo", "{n} inativos", inactive)),
        (occasional, _.ngettext("{n} ocasional que parou", "{n} ocasionais que pararam", occasional)),
        (outside, _.ngettext("{n} ainda com poucas compras", "{n} ainda com poucas compras", outside)),
    ]
    return [text for count, text in counts if count]


def _begins(analysis: Analysis) -> pd.Timestamp | None:
    """The month in which the data begin, where the months shown begin with it: what grows from nothing then is the count."""
    months, first = analysis.movement["month"], analysis.portfolio["first_order_date"].min()
    return months.iloc[0] if len(months) and first >= months.iloc[0] else None


def _moves(analysis: Analysis, known: dict[str, float], words: Words) -> str:
    _, begins = words.translate, _begins(analysis)
    parts = _flows(known, words)
    if not parts:
        return ""
    values = {
        "opening": words.number(known["opening"]),
        "closing": words.number(known["closing"]),
        "parts": words.listing(parts),
    }
    if begins is not None:  # a beginning must not be told as growth
        text = _(
            "Os dados começam em {month} e a contagem parte do zero: {parts}; a carteira está em {closing}. Isso não mede crescimento.",
            month=words.month(begins), **values,
        )  # fmt: skip
    else:
        text = _.ngettext(
            "Em {n} mês a carteira foi de {opening} para {closing}: {parts}.",
            "Em {n} meses a carteira foi de {opening} para {closing}: {parts}.",
            len(analysis.movement), **values,
        )  # fmt: skip
    return text + _left_for_good(known, words)


def _flows(known: dict[str, float], words: Words) -> list[str]:
    _ = words.translate
    flows = (
        ("entered", _("entrou {n}"), _("entraram {n}")),
        ("came_back", _("voltou {n}"), _("voltaram {n}")),
        ("lost", _("saiu {n}"), _("saíram {n}")),
    )
    return [
        (one if known[code] == 1 else many).format(n=words.number(known[code]))
        for code, one, many in flows
        if known[code]
    ]


def _left_for_good(known: dict[str, float], words: Words) -> str:
    if not known["gone"] or known["gone_revenue"] < 1:
        return ""
    return words.translate.ngettext(
        " De quem saiu, {n} não voltou: tinha comprado {revenue} no seu último ano.",
        " Dos que saíram, {n} não voltaram: tinham comprado {revenue} no seu último ano.",
        int(known["gone"]), revenue=words.money(known["gone_revenue"]),
    )  # fmt: skip


def _money(known: dict[str, float], words: Words) -> str:
    _ = words.translate
    if known["revenue"] <= 0:
        return _("Sem receita positiva nos últimos 12 meses.")
    share = _share(known["class_a_share"], 1, words)
    text = _.ngettext(
        "Dos {revenue} de receita em 12 meses, {share} vêm de {n} cliente da classe A.",
        "Dos {revenue} de receita em 12 meses, {share} vêm de {n} clientes da classe A.",
        int(known["class_a"]), revenue=words.money(known["revenue"]), share=share,
    )  # fmt: skip
    if known["late"] and known["late_revenue"] >= 1:
        text += _.ngettext(
            " {n} quase inativo respondeu por {revenue}: é a receita em alerta.",
            " Os {n} quase inativos responderam por {revenue}: é a receita em alerta.",
            int(known["late"]), revenue=words.money(known["late_revenue"]),
        )  # fmt: skip
    return text


def _contracts(known: dict[str, float], window_days: int, words: Words) -> str:
    _ = words.translate
    texts = []
    if known["due"]:
        texts.append(
            _.ngettext(
                "{n} contrato vence em até {days}, no valor de {amount}.",
                "{n} contratos vencem em até {days}, no valor de {amount}.",
                int(known["due"]), days=words.days(window_days), amount=words.money(known["due_amount"]),
            )
        )  # fmt: skip
    if known["overdue"]:
        texts.append(
            _.ngettext(
                "{n} contrato venceu há pouco sem renovação: {amount}.",
                "{n} contratos venceram há pouco sem renovação: {amount}.",
                int(known["overdue"]), amount=words.money(known["overdue_amount"]),
            )
        )  # fmt: skip
    return " ".join(texts)


def _trust(analysis: Analysis, words: Words) -> str:
    """How often `inactive` was wrong, with its interval, beside the fixed rule that calls as many clients inactive."""
    _ = words.translate
    own = analysis.errors.set_index("rule").loc["own_cycle"]
    if not analysis.horizon_days or not own["enough"]:
        return _(
            "Amostra insuficiente para medir o erro da situação inativo: é preciso haver {n} inativos numa data anterior.",
            n=ENOUGH_CALLED,
        )  # fmt: skip
    values = {
        "horizon": words.days(analysis.horizon_days),
        "called": words.number(own["called"]),
        "error": words.percent(own["error"]),
        "low": words.percent(own["low"]),
        "high": words.percent(own["high"]),
    }
    text = _(
        "Há {horizon} a regra teria classificado {called} clientes como inativos; {error} deles (entre {low} e {high}) voltaram a comprar desde então: é o erro dessa situação.",
        **values,
    )
    return text + _compared(analysis.errors.set_index("rule").loc["fixed_same_size"], own, words)


def _compared(fixed: pd.Series, own: pd.Series, words: Words) -> str:
    _ = words.translate
    values = {"days": words.days(fixed["days"]), "error": words.percent(fixed["error"])}
    if fixed["error"] < own["low"]:
        return _(" Um prazo fixo de {days} erra menos aqui: {error}.", **values)
    if fixed["error"] > own["high"]:
        return _(" Um prazo fixo de {days} erraria mais: {error}.", **values)
    return _(" Um prazo fixo de {days} erra quase o mesmo: {error}.", **values)


def rule_sentence(analysis: Analysis, *, language: str = "pt-BR") -> str:
    """The rule of silence in one sentence, and what it was estimated from."""
    words, rule = Words(language, "BRL"), analysis.rule
    _ = words.translate
    cycles = _.ngettext("{n} ciclo próprio", "{n} ciclos próprios", rule.multiplier)
    if rule.basis == "no_gaps":
        return _(
            "Nenhum cliente comprou em dois dias diferentes, então não há ciclo a medir: vale a convenção de {days} sem comprar.",
            days=words.days(NEVER_RETURNED_DAYS),
        )  # fmt: skip
    values = {"cycles": cycles, "share": _return_share(rule, language)}
    if rule.basis == "few_silences":
        return _(
            "Fica inativo quem passa {cycles} em silêncio além do seu intervalo usual; é a convenção, porque há menos de {n} silêncios para medir (amostra insuficiente).",
            cycles=cycles, n=FEW_SILENCES,
        )  # fmt: skip
    if rule.basis == "beyond_grid":
        return _(
            "Mesmo depois de {cycles} em silêncio, {share} ainda voltam nos 2 ciclos seguintes; fica inativo quem passa {cycles} além do seu intervalo usual.",
            **values,
        )
    return _(
        "Depois de {cycles} em silêncio, só {share} voltam nos 2 ciclos seguintes; por isso fica inativo quem passa {cycles} além do seu intervalo usual.",
        **values,
    )


def _return_share(rule: Rule, language: str) -> str:
    shares = rule.silences.set_index("cycles")["share"]
    return formats.percent(shares.get(rule.multiplier, math.nan), 0, language)


def _silence_title(rule: Rule, words: Words) -> str:
    _ = words.translate
    cycles = _.ngettext("{n} ciclo", "{n} ciclos", rule.multiplier)
    values = {"cycles": cycles, "share": _return_share(rule, words.language)}
    if rule.basis == "measured":
        return _("Depois de {cycles} em silêncio, só {share} voltam nos 2 seguintes", **values)
    if rule.basis == "beyond_grid":
        return _("Mesmo depois de {cycles} em silêncio, {share} ainda voltam nos 2 seguintes", **values)
    return _("Poucos silêncios para medir: amostra insuficiente")


def titles(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> dict[str, str]:
    """The finding of each figure, for its title: ``status``, ``movement``, ``abc``, ``rfm``, ``silences``, ``cohorts``,
    ``errors``, ``renewals`` and one per dimension of `splits`."""
    words, known = Words(language, currency), figures(analysis)
    _ = words.translate
    found = {
        "status": _status_title(known, words),
        "status_revenue": _revenue_title(known, words),
        "movement": _movement_title(analysis, known, words),
        "errors": _errors_title(analysis, words),
        "abc": _abc_title(known, words),
        "silences": _silence_title(analysis.rule, words),
        "rfm": _rfm_title(analysis.portfolio, words),
        "cohorts": _cohort_title(analysis, words),
        "renewals": _renewals_title(len(analysis.renewals), _),
    }
    return found | {dimension: _split_title(part, words) for dimension, part in analysis.splits.groupby("dimension")}


def _renewals_title(contracts: int, _: Translator) -> str:
    if not contracts:
        return _("Nenhum contrato a renovar")
    return _.ngettext("{n} contrato a renovar", "{n} contratos a renovar", contracts)


def _status_title(known: dict[str, float], words: Words) -> str:
    _ = words.translate
    if not known["clients"]:
        return _("Nenhum cliente com pedido")
    if not known["in_portfolio"]:
        return _("Nenhum dos clientes está hoje na carteira")
    share = _share(known["in_portfolio"], known["clients"], words)
    return _("{share} dos clientes com pedido estão na carteira", share=share)


def _abc_title(known: dict[str, float], words: Words) -> str:
    _ = words.translate
    if not known["class_a"]:
        return _("Sem receita positiva nos últimos 12 meses")
    return _.ngettext(
        "{n} cliente faz {share} da receita de 12 meses",
        "{n} clientes fazem {share} da receita de 12 meses",
        int(known["class_a"]),
        share=_share(known["class_a_share"], 1, words),
    )


def _revenue_title(known: dict[str, float], words: Words) -> str:
    _ = words.translate
    if known["revenue"] <= 0:
        return _("Sem receita positiva nos últimos 12 meses")
    if not known["active"]:
        return _("A receita de 12 meses não vem de nenhum cliente ativo")
    share = _share(known["active_revenue"], known["revenue"], words)
    return _("{share} da receita de 12 meses vem de clientes ativos", share=share)


def _movement_title(analysis: Analysis, known: dict[str, float], words: Words) -> str:
    _, begins = words.translate, _begins(analysis)
    if begins is not None and known["entered"]:
        return _("A contagem começa com os dados, em {month}", month=words.month(begins))
    change = int(known["closing"] - known["opening"])
    if not change:
        return _("A carteira ficou do mesmo tamanho")
    span = _.ngettext("{n} mês", "{n} meses", len(analysis.movement))
    if change > 0:
        return _.ngettext(
            "A carteira ganhou {n} cliente em {span}", "A carteira ganhou {n} clientes em {span}", change, span=span
        )
    return _.ngettext(
        "A carteira perdeu {n} cliente em {span}", "A carteira perdeu {n} clientes em {span}", -change, span=span
    )


def _errors_title(analysis: Analysis, words: Words) -> str:
    """The table of errors, with the counts that all its rows share."""
    _ = words.translate
    own = analysis.errors.set_index("rule").loc["own_cycle"]
    if not own["clients"]:
        return _("Erro de cada regra, no passado desta carteira")
    values = {"horizon": words.days(analysis.horizon_days), "gone": words.number(own["gone"])}
    return _.ngettext(
        "Erro de cada regra: {n} cliente julgado há {horizon}, {gone} sem compra desde então",
        "Erro de cada regra: {n} clientes julgados há {horizon}, {gone} sem compra desde então",
        int(own["clients"]), **values,
    )  # fmt: skip


def _rfm_title(portfolio: pd.DataFrame, words: Words) -> str:
    _ = words.translate
    counts = portfolio["rfm_segment"].value_counts()
    if counts.empty:
        return _("Nenhum cliente com pedido")
    values = {"segment": tables.value_label("rfm_segment", counts.index[0], words.language)}
    share = _share(counts.iloc[0], counts.sum(), words)
    return _("O maior segmento, {segment}, tem {share} dos clientes", share=share, **values)


def _cohort_title(analysis: Analysis, words: Words) -> str:
    """Share of clients that bought one period after their first, over the cohorts that had the time to."""
    _ = words.translate
    after = analysis.cohorts[analysis.cohorts["periods_since"] == 1]
    if after.empty:
        return _("Ainda não há safra com tempo para voltar")
    late = after[after["cohort"] > after["cohort"].min()]
    rest = late["clients"].sum() >= ENOUGH_CALLED  # the first cohort may hold old clients, first seen in it
    after = late if rest else after
    clients = after["clients"].astype("float64")
    if clients.sum() < ENOUGH_CALLED:
        return _.ngettext(
            "Amostra insuficiente: só {n} cliente teve tempo de voltar",
            "Amostra insuficiente: só {n} clientes tiveram tempo de voltar",
            int(clients.sum()),
        )
    share = _share(float((after["retained_share"] * clients).sum()), float(clients.sum()), words)
    if analysis.cohort_period == "month":
        text = _("{share} voltam a comprar no mês seguinte ao da primeira compra", share=share)
    else:
        text = _("{share} voltam a comprar no trimestre seguinte ao da primeira compra", share=share)
    return _("Fora a primeira safra, {text}", text=text) if rest else text


def _split_title(part: pd.DataFrame, words: Words) -> str:
    _ = words.translate
    first = part.set_index("group").loc[largest_group(part, words.language)]
    if formats.is_missing(first["revenue_share"]):
        return _("Sem receita positiva nos últimos 12 meses")
    values = {"group": first.name, "share": words.percent(first["revenue_share"])}
    if first["dimension"] == "headcount_band" and first.name in dict(map(reversed, HEADCOUNT_BANDS)):
        values["group"] = _("{band} funcionários", band=first.name)
    if first["revenue_share"] < SPREAD_OUT:
        return _("Receita espalhada: o maior grupo, {group}, tem {share}", **values)
    return _("{group}: {share} da receita de 12 meses", **values)
