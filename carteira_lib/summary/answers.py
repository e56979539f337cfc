"""The sentences that answer the director's questions, each with the page that tells more."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from carteira_lib.language import N_
from carteira_lib.plots import text_of
from carteira_lib.show import Sentence, literal
from carteira_lib.summary.figures import IDEAL, OFFERS, PORTFOLIO, RISK, published
from carteira_lib.summary.months import changes
from carteira_lib.summary.since import Since, since_sentence
from carteira_lib.summary.week import to_do_sentence
from carteira_lib.tables import value_label
from carteira_lib.words import Words

LINKS = {
    PORTFOLIO: N_("Ver a carteira"),
    IDEAL: N_("Ver o comprador ideal"),
    RISK: N_("Ver o risco"),
    "05_nps": N_("Ver a satisfação"),
    OFFERS: N_("Ver as oportunidades"),
    "07_metas": N_("Ver as metas"),
}


def findings(
    frames: Mapping[str, pd.DataFrame],
    monthly: pd.DataFrame,
    found: Since,
    lacking: pd.DataFrame,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> list[Sentence]:
    """How the portfolio is, what changed, who will be lost, who the ideal buyer is, how satisfied clients are, what to do
    this week, whether the goals will be met, and what data would sharpen this.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        The tables that `figures.READS` names; what was not made is not spoken of.
    monthly : DataFrame
        As `months.monthly_revenue` gives it.
    found : Since
    lacking : DataFrame
        As `lacks.lacking` gives it.
    """
    words = Words(language, currency)
    moved = changes(frames["movement"], monthly, language=language, currency=currency)
    told = [
        *((text, PORTFOLIO if text is moved[0] else "") for text in moved),
        (since_sentence(found, language=language, currency=currency), ""),
        (_losing(frames["churn_outlook"], words), RISK),
        (_expiring(frames["renewal_scores"], words), ""),
        (_ideal(frames["pci_rules"], words), IDEAL),
        (_satisfied(frames["nps_summary"], words), "05_nps"),
        _week(frames, words),
        (_goals(frames["goals_status"], words), "07_metas"),
        (_sharper(lacking, words), ""),
    ]
    return [
        Sentence(text, page, words.translate(LINKS[page]) if page else "") for text, page in told if text
    ]  # fmt: skip


def _losing(churn_outlook: pd.DataFrame, words: Words) -> str:
    _, known = words.translate, churn_outlook.set_index("outlook")
    if not float(known["estimate"].get("live_clients", 0.0)) > 0:
        return ""
    stops, live = known.loc["expected_stops"], int(known.loc["live_clients", "estimate"])
    values = {
        "horizon": words.days(known.loc["horizon_days", "estimate"]),
        "money": words.money(known.loc["revenue_at_risk", "estimate"]),
    }
    if live == 1:
        chance = words.percent(stops["estimate"])
        return _("O único cliente que ainda compra tem **{chance}** de chance de não fazer nenhum pedido nos próximos {horizon}, com {money} de receita em risco.", chance=chance, **values)  # fmt: skip
    return _(
        "Nos próximos {horizon}, espera-se que **{stops}** dos {live} clientes que ainda compram (entre {low} e {high}) não façam nenhum pedido: **{money}** de receita em risco.",
        stops=words.count(stops["estimate"]), live=words.count(live), low=words.count(stops["estimate_low"]),
        high=words.count(stops["estimate_high"]), **values,
    )  # fmt: skip


def _expiring(renewal_scores: pd.DataFrame, words: Words) -> str:
    """What the contracts to renew are worth, and how much of it is expected to be lost."""
    if renewal_scores.empty:
        return ""
    return words.translate.ngettext(
        "De {n} contrato a renovar, no valor de {amount}, espera-se perder **{lost}**.",
        "Dos {n} contratos a renovar, no valor de {amount}, espera-se perder **{lost}**.",
        len(renewal_scores), amount=words.money(renewal_scores["amount"].sum()), lost=words.money(renewal_scores["amount_at_risk"].sum()),
    )  # fmt: skip


def _ideal(pci_rules: pd.DataFrame, words: Words) -> str:
    _, rule = words.translate, published(pci_rules)
    if pci_rules.empty:
        return ""
    if rule is None:
        return _("Nenhum perfil de comprador ideal se confirmou nesta carteira.")
    text = literal(rule["rule_text_en"] if words.language == "en" else rule["rule_text"])
    if pd.isna(rule["lift"]):
        return _.ngettext(
            "O perfil do comprador ideal é **{rule}**: {n} cliente.",
            "O perfil do comprador ideal é **{rule}**: {n} clientes.",
            int(rule["clients"]), rule=text,
        )  # fmt: skip
    return _.ngettext(
        "O perfil do comprador ideal é **{rule}**: {n} cliente, que vale por ano **{times}** o valor dos demais.",
        "O perfil do comprador ideal é **{rule}**: {n} clientes, e cada um vale por ano **{times}** o valor dos demais.",
        int(rule["clients"]), rule=text, times=words.times(rule["lift"]),
    )  # fmt: skip


def _satisfied(nps_summary: pd.DataFrame, words: Words) -> str:
    _, answered = words.translate, nps_summary[nps_summary["reading"] == "answered"]
    if answered.empty or not answered["answers"].iloc[0] > 0:
        return ""
    row = answered.iloc[0]
    if not row["enough"]:
        return _.ngettext(
            "A pesquisa de NPS tem só {n} resposta: amostra insuficiente para uma nota.",
            "A pesquisa de NPS tem só {n} respostas: amostra insuficiente para uma nota.",
            int(row["answers"]),
        )
    nps, low, high = (text_of(row[name], "points", words.language) for name in ("nps", "nps_low", "nps_high"))
    return _(
        "O NPS é **{nps}** (entre {low} e {high}): de {n} respostas, {promoters} são de promotores e {detractors} de detratores.",
        nps=nps, low=low, high=high, n=words.count(row["answers"]),
        promoters=words.count(row["promoters"]), detractors=words.count(row["detractors"]),
    )  # fmt: skip


def _week(frames: Mapping[str, pd.DataFrame], words: Words) -> tuple[str, str]:
    """The list of page 06; where it was not made, the clients that ask for a contact."""
    _, listed = words.translate, frames["actions"].query("gate == 'listed'")
    if listed.empty:
        return to_do_sentence(frames["portfolio"], language=words.language, currency=words.currency), PORTFOLIO
    worth = listed.groupby("kind")["expected_value"].sum().sort_values(ascending=False, kind="stable")
    kind = value_label("kind", worth.index[0], words.language)
    amount, total = words.money(worth.iloc[0]), words.money(worth.sum())
    if len(worth) == 1 < len(listed):
        told = _("A lista desta semana tem **{n} contatos**, todos de {kind}, com margem esperada de **{total}**.", n=words.count(len(listed)), kind=kind, total=total)  # fmt: skip
        return told, OFFERS
    return _.ngettext(
        "A lista desta semana tem **{n} contato**, de {kind}, com margem esperada de **{total}**.",
        "A lista desta semana tem **{n} contatos**, com margem esperada de **{total}**; a maior parte vem de {kind} ({amount}).",
        len(listed), kind=kind, amount=amount, total=total,
    ), OFFERS  # fmt: skip


def _goals(goals_status: pd.DataFrame, words: Words) -> str:
    _, states = words.translate, goals_status["goal_state"]
    judged = states[goals_status["probability"].notna() | states.eq("reached")]
    if judged.empty:
        return ""
    if len(judged) == 1:
        state = value_label("goal_state", judged.iloc[0], words.language)
        return _("A única meta com chance calculada: **{state}**.", state=state)
    good, hard = int(judged.isin(["likely", "reached"]).sum()), int(judged.eq("unlikely").sum())
    behind = _.ngettext("**{n}** é improvável", "**{n}** são improváveis", hard) if hard else _("nenhuma é improvável")
    met = _("nenhuma é provável nem foi batida")
    if good:
        met = _.ngettext("**{n}** é provável ou já foi batida", "**{n}** são prováveis ou já foram batidas", good)
    return _(
        "Das {n} metas com chance calculada, {met} e {behind}.", n=words.count(len(judged)), met=met, behind=behind
    )


def _sharper(lacking: pd.DataFrame, words: Words) -> str:
    _ = words.translate
    if lacking.empty:
        return ""
    what, adds = lacking.iloc[0, 0], lacking.iloc[0, 1]
    return _(
        "Para melhorar estes números, o primeiro dado a trazer: {what}. Acrescentaria {adds}.", what=what, adds=adds
    )
