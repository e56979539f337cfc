"""The findings that the figures and tables of page 05 carry as titles, computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carteira_lib import show
from carteira_lib.language import N_
from carteira_lib.nps.evidence import ALPHA
from carteira_lib.nps.words import Words

if TYPE_CHECKING:
    from carteira_lib.nps.analysis import Analysis

FEW = N_("Amostra insuficiente para dar uma nota")
NO_DRIVERS = {
    "few": N_("Respostas de menos para dizer o que anda junto com os detratores"),
    "no_better": N_("Nada do que se sabe dos clientes distingue detratores além do acaso"),
}


def titles(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> dict[str, str]:
    """The finding of each figure and table: ``score``, ``classes``, ``readings``, ``responses``, ``waves``, ``groups``,
    ``drivers``, ``worth``, ``themes``, ``recover``, ``promoters``, ``attention``, ``ask``."""
    words = Words(analysis, language, currency)
    _ = words.translate
    return {
        "score": _score(words),
        "classes": _classes(words),
        "readings": _readings(words),
        "responses": _responses(words),
        "waves": _waves(words),
        "groups": _("Amostra insuficiente para comparar grupos."),
        "drivers": _drivers(words),
        "worth": _worth(words),
        "themes": _themes(words),
        "recover": _acted(words, ("recover", "question_fit"), N_("{n} detrator a ouvir, {amount} em 12 meses"), N_("{n} detratores a ouvir, {amount} em 12 meses"), N_("Nenhum detrator a ouvir.")),
        "promoters": _acted(words, ("reconnect", "case", "upsell", "referral"), N_("{n} promotor a quem pedir, {amount} em 12 meses"), N_("{n} promotores a quem pedir, {amount} em 12 meses"), N_("Nenhum promotor a quem pedir.")),
        "attention": _acted(words, ("attention",), N_("{n} neutro à espera de atenção, {amount} em 12 meses"), N_("{n} neutros à espera de atenção, {amount} em 12 meses"), N_("Nenhum neutro à espera de atenção.")),
        "ask": _acted(words, ("ask",), N_("{n} cliente em silêncio a perguntar, {amount} em 12 meses"), N_("{n} clientes em silêncio a perguntar, {amount} em 12 meses"), N_("Ninguém em silêncio a perguntar.")),
    }  # fmt: skip


def _score(words: Words) -> str:
    _ = words.translate
    if not words.enough:
        return _(FEW)
    return _("NPS {nps}, com 95% de certeza entre {low} e {high}", **words.estimate("answered"))


def _classes(words: Words) -> str:
    """The largest class, and by how much; what few answers do not tell is not told."""
    _, row = words.translate, words.row("answered")
    if not words.enough:
        return _(FEW)
    shares = {name: row[name] / row["answers"] for name in ("promoters", "passives", "detractors")}
    values = {name: words.percent(share) for name, share in shares.items()}
    return _("{promoters} de promotores, {passives} de neutros e {detractors} de detratores", **values)


def _readings(words: Words) -> str:
    _ = words.translate
    if not words.enough:
        return _(FEW)
    values = {"raw": words.points(words.row("answered")["nps"]), "nps": words.points(words.row("weighted")["nps"])}
    if words.biased:
        return _("Ponderar quem falta muda a nota: de {raw} para {nps}", **values)
    return _("Ponderar quem falta não muda a conclusão: {raw} e {nps}", **values)


def _responses(words: Words) -> str:
    _, table = words.translate, words.analysis.responses
    if table.empty:
        return _("Ninguém respondeu.")
    known = table.sort_values("response_share")
    return _(
        "Respondem de {low} a {high}, conforme o grupo",
        low=words.percent(known["response_share"].iloc[0]),
        high=words.percent(known["response_share"].iloc[-1]),
    )


def _waves(words: Words) -> str:
    _, table = words.translate, words.analysis.waves
    tested = table[table["change"].notna()]
    if tested.empty:
        return _("Ainda não há duas rodadas para comparar")
    proven = tested[tested["proven"].astype(bool)]
    if proven.empty:
        trend = words.analysis.trend_p <= ALPHA
        return _("Há tendência, mas nenhuma mudança isolada é comprovada") if trend else _("Nenhuma mudança comprovada")
    last = proven.iloc[-1]
    values = {"points": words.points(abs(last["change"])), "wave": show.plain(last["wave"])}
    if last["change"] < 0:
        return _("A nota caiu {points} pontos em {wave}", **values)
    return _("A nota subiu {points} pontos em {wave}", **values)


def _drivers(words: Words) -> str:
    _, explained = words.translate, words.analysis.explained
    if explained.basis in NO_DRIVERS:
        return _(NO_DRIVERS[explained.basis])
    count = int(explained.table["proven"].sum())
    if not count:
        return _("Nenhum fator comprovado: os mais fortes ainda podem ser acaso")
    return _.ngettext(
        "{n} fator anda junto com os detratores além do acaso",
        "{n} fatores andam junto com os detratores além do acaso",
        count,
    )


def _worth(words: Words) -> str:
    _, table = words.translate, words.analysis.worth.set_index("class")
    p_value = words.analysis.revenue_p
    if p_value != p_value:
        return _("Amostra insuficiente para comparar o que compram promotores e detratores")
    promoter, detractor = (words.money(table.loc[name, "median_revenue"]) for name in ("promoter", "detractor"))
    if p_value <= ALPHA:
        return _(
            "Em 12 meses o promotor típico compra {promoter}; o detrator, {detractor}",
            promoter=promoter,
            detractor=detractor,
        )
    return _(
        "Promotor típico: {promoter} em 12 meses; detrator: {detractor}. A diferença pode ser acaso",
        promoter=promoter,
        detractor=detractor,
    )


def _themes(words: Words) -> str:
    _, table = words.translate, words.analysis.themes
    if table.empty:
        return _("Comentários de menos para separar em temas")
    worst = table.sort_values(["detractors", "comments"], ascending=False).iloc[0]
    if not worst["detractors"]:
        return _("Nenhum tema vem de detratores")
    return _("Detratores falam mais de: {theme}", theme=worst["theme"])


def _acted(words: Words, actions: tuple[str, ...], one: str, many: str, none: str) -> str:
    chosen = words.analysis.clients[words.analysis.clients["suggested_action"].isin(actions)]
    if chosen.empty:
        return words.translate(none)
    return words.counted(one, many, len(chosen), amount=words.money(chosen["net_revenue_365d"].sum()))
