"""The sentences of page 05, computed: true for any answers, also for none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from carteira_lib import formats, show, tables
from carteira_lib.language import N_
from carteira_lib.nps.evidence import ALPHA
from carteira_lib.nps.score import FEWEST
from carteira_lib.nps.words import FEW_RESPONSES, Words

if TYPE_CHECKING:
    from carteira_lib.nps.analysis import Analysis

LEFT_OUT = {
    "invalid_score": (N_("{n} com nota fora da escala"), N_("{n} com nota fora da escala")),
    "unreadable_date": (N_("{n} com data ilegível"), N_("{n} com data ilegível")),
    "date_after_as_of": (N_("{n} com data depois da data-base"), N_("{n} com data depois da data-base")),
    "no_customer": (N_("{n} sem cliente"), N_("{n} sem cliente")),
    "unknown_client": (N_("{n} de quem nunca comprou"), N_("{n} de quem nunca comprou")),
    "not_recent": (N_("{n} de quem não compra há mais de 12 meses"), N_("{n} de quem não compra há mais de 12 meses")),
    "repeated": (
        N_("{n} de quem respondeu de novo depois (vale a última)"),
        N_("{n} de quem respondeu de novo depois (vale a última)"),
    ),
}  # fmt: skip
NAMED_GROUPS = 3


def findings(analysis: Analysis, *, language: str = "pt-BR", currency: str = "BRL") -> list[str]:
    """The sentences that a director can read out: the score, how sure, who is missing, what changed, who differs, what it costs.

    Sentences on what the data do not have are left out.
    """
    words = Words(analysis, language, currency)
    if not words.answers:
        said = [_nothing(words)]
    elif not words.enough:
        said = [_few(words)]
    else:
        said = [_headline(words), _response(words), _weighted(words), _groups(words), _money(words)]
    said.insert(3 if words.enough else 1, _changes(words))
    return [sentence for sentence in [*said, _left_out(words)] if sentence]


def _nothing(words: Words) -> str:
    _, known = words.translate, words.analysis.answers.known
    if known.empty:
        return _("Nenhuma resposta de pesquisa que se possa usar: não há NPS a mostrar.")
    return _(
        "Nenhuma resposta nos últimos {days}: não há NPS de hoje. A última é de {date}.",
        days=words.days(words.analysis.policy.window_days),
        date=formats.date(known["answer_date"].max(), words.language),
    )


def _few(words: Words) -> str:
    _, row = words.translate, words.row("answered")
    parts = [
        _.ngettext("{n} promotor", "{n} promotores", int(row["promoters"])),
        _.ngettext("{n} neutro", "{n} neutros", int(row["passives"])),
        _.ngettext("{n} detrator", "{n} detratores", int(row["detractors"])),
    ]
    return _.ngettext(
        "Amostra insuficiente: {n} resposta válida nos últimos {days} ({parts}); com menos de {least} não se dá uma nota.",
        "Amostra insuficiente: {n} respostas válidas nos últimos {days} ({parts}); com menos de {least} não se dá uma nota.",
        words.answers, days=words.days(words.analysis.policy.window_days),
        parts=formats.enumeration(parts, words.language), least=FEWEST,
    )  # fmt: skip


def _headline(words: Words) -> str:
    _, row = words.translate, words.row("answered")
    return _(
        "O NPS de quem respondeu é **{nps}** (entre {low} e {high}): de {answers} clientes, {promoters} são promotores, {passives} neutros e {detractors} detratores.",
        **words.estimate("answered"),
        answers=words.number(words.answers),
        **{name: words.number(row[name]) for name in ("promoters", "passives", "detractors")},
    )


def _response(words: Words) -> str:
    """Who answered, of whom: the population is wider than the portfolio of page 02, and says so."""
    return " ".join(part for part in (_answered(words), _population(words)) if part)


def _population(words: Words) -> str:
    _, inside = words.translate, words.analysis.portfolio_clients
    others = int(words.row("answered")["clients"]) - inside
    if not others:
        return ""
    return _.ngettext(
        "Clientes recentes são os {inside} da carteira e mais {n} que comprou nos últimos 12 meses.",
        "Clientes recentes são os {inside} da carteira e mais {n} que compraram nos últimos 12 meses.",
        others, inside=words.number(inside),
    )  # fmt: skip


def _answered(words: Words) -> str:
    _, row = words.translate, words.row("answered")
    values = {
        "answers": words.number(row["answers"]),
        "clients": words.number(row["clients"]),
        "share": words.percent(row["response_share"]),
        **words.estimate("portfolio"),
    }
    if row["answers"] == row["clients"]:
        return _("Todos os {clients} clientes recentes responderam: a nota é exata.", **values)
    if row["response_share"] < FEW_RESPONSES:
        return _(
            "**Representatividade não garantida:** só {answers} de {clients} clientes recentes responderam ({share}). Se os outros pensarem como eles, o NPS de todos está entre {low} e {high}.",
            **values,
        )
    return _(
        "Responderam {answers} de {clients} clientes recentes ({share}); se os outros pensarem como eles, o NPS de todos está entre {low} e {high}.",
        **values,
    )


def _weighted(words: Words) -> str:
    """Raw and weighted side by side; a warning where they differ by more than the interval's half."""
    _, raw = words.translate, words.row("answered")
    values = {**words.estimate("weighted"), "raw": words.points(raw["nps"])}
    silent = words.points(words.row("detractors_silent")["nps"])
    if words.biased:
        return _(
            "**Quem respondeu não se parece com os clientes recentes:** ponderado por situação e porte, o NPS vai de {raw} para **{nps}** (entre {low} e {high}). Use a nota ponderada.",
            **values,
        )
    return _(
        "Ponderado por situação e porte de quem falta, seria {nps} (entre {low} e {high}): a margem é maior do que a diferença. Na suposição de que um detrator responde 40% menos do que os outros, seria {silent}.",
        **values, silent=silent,
    )  # fmt: skip


def _changes(words: Words) -> str:
    _, table = words.translate, words.analysis.waves
    tested = table[table["change"].notna()]
    if tested.empty:
        return ""
    proven = tested[tested["proven"].astype(bool)]
    if proven.empty and words.analysis.trend_p <= ALPHA:
        rising = table["nps"].dropna().iloc[-1] > table["nps"].dropna().iloc[0]
        message = N_("Nenhuma mudança isolada se distingue do acaso, mas ao longo de {n} rodadas o NPS **vem caindo**.")
        if rising:
            message = N_(
                "Nenhuma mudança isolada se distingue do acaso, mas ao longo de {n} rodadas o NPS **vem subindo**."
            )
        return _(message, n=words.number(table["enough"].sum()))
    if proven.empty:
        return _.ngettext(
            "A mudança do NPS entre as duas rodadas não se distingue do acaso.",
            "Nenhuma das {n} mudanças do NPS de uma rodada para a outra se distingue do acaso.",
            len(tested),
        )
    last = proven.iloc[-1]
    values = {
        "wave": show.plain(last["wave"]),
        "points": words.points(abs(last["change"])),
        "nps": words.points(last["nps"]),
    }
    message = N_("Na rodada de {wave} o NPS **subiu {points} pontos**, para {nps}, mais do que o acaso explica.")
    if last["change"] < 0:
        message = N_("Na rodada de {wave} o NPS **caiu {points} pontos**, para {nps}, mais do que o acaso explica.")
    said, since = _(message, **values), tested.loc[tested.index > proven.index[-1]]
    if len(since):
        said += " " + _("O que mudou depois dela não se distingue do acaso.")
    return said


def _groups(words: Words) -> str:
    _, table = words.translate, words.analysis.segments
    differing = table[table["verdict"].isin(["above", "below"])]
    if not table["verdict"].isin(["above", "below", "same"]).any():
        return ""
    if differing.empty:
        return _("Nenhum vendedor, setor, região ou porte se distingue dos demais além do acaso.")
    ordered = differing.assign(size=differing["gap"].abs()).sort_values("size", ascending=False).head(NAMED_GROUPS)
    parts = [
        _("{group} ({nps}, os demais {rest})", group=show.literal(row.group), nps=words.points(row.nps), rest=words.points(row.rest_nps))
        for row in ordered.itertuples()
    ]  # fmt: skip
    return _("Além do acaso, distinguem-se dos demais: {groups}.", groups=formats.enumeration(parts, words.language))


def _money(words: Words) -> str:
    _, table = words.translate, words.analysis.worth.set_index("class")
    if "detractor" not in table.index:
        return ""
    count, risk = int(table.loc["detractor", "clients"]), table.loc["detractor", "revenue_at_risk"]
    values = {"amount": words.money(table.loc["detractor", "net_revenue_365d"]), "risk": words.money(risk)}
    if not risk > 0:
        return _.ngettext(
            "{n} detrator comprou {amount} em 12 meses.", "{n} detratores compraram {amount} em 12 meses.",
            count, amount=values["amount"],
        )  # fmt: skip
    return _.ngettext(
        "{n} detrator comprou **{amount}** em 12 meses; dele, {risk} estão em risco no próximo período.",
        "{n} detratores compraram **{amount}** em 12 meses; deles, {risk} estão em risco no próximo período.",
        count, **values,
    )  # fmt: skip


def _left_out(words: Words) -> str:
    """What was given and does not count, with an example where the codes match no client."""
    _, found = words.translate, words.analysis.answers.left_out
    parts = [words.counted(*LEFT_OUT[reason], found[reason]) for reason in LEFT_OUT if found.get(reason)]
    others = sum(n for reason, n in found.items() if reason not in LEFT_OUT and reason != "old")
    parts += [_.ngettext("{n} por outro motivo", "{n} por outros motivos", others)] if others else []
    if not parts:
        return ""
    said = _("Respostas que ficaram fora: {parts}.", parts=formats.enumeration(parts, words.language))
    if found.get("unknown_client", 0) > len(words.analysis.answers.known):
        said += " " + _(
            "**Confira os códigos:** a pesquisa traz, por exemplo, “{example}”, que nenhum cliente tem; aponte o código certo em sources.surveys.columns.customer_id.",
            example=show.literal(words.analysis.answers.example),
        )
    return said


def group_title(part: pd.DataFrame, *, language: str = "pt-BR") -> str:
    """The finding of the figure of one dimension: the group that differs most beyond chance, or that none does.

    Parameters
    ----------
    part : DataFrame
        Rows of ``nps_segments`` of one dimension.
    """
    words = Words(None, language, "BRL")
    _ = words.translate
    differing = part[part["verdict"].isin(["above", "below"])]
    name = tables.value_label("dimension", part["dimension"].iloc[0], language)
    if differing.empty:
        return _("{dimension}: nenhuma diferença comprovada", dimension=name)
    first = differing.loc[differing["gap"].abs().idxmax()]
    values = {"group": show.plain(first["group"]), "points": words.points(abs(first["gap"]))}
    if first["gap"] > 0:
        return _("{group} está {points} pontos acima dos demais", **values)
    return _("{group} está {points} pontos abaixo dos demais", **values)
