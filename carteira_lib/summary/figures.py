"""The figures that matter, each with what to read it with and the page that tells more; and the numbers behind them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from carteira_lib.show import Figure
from carteira_lib.words import Words, sign

#: What the page reads: the first four must be there, the others may be empty.
READS = (
    "portfolio", "movement", "renewals", "customer_features",
    "customers", "sellers", "churn", "churn_outlook", "renewal_scores", "pci_rules", "nps_summary", "actions", "forecast", "goals_status",
)  # fmt: skip
PORTFOLIO, IDEAL, RISK, OFFERS = "02_carteira", "03_pci", "04_churn", "06_oportunidades"
NEAR_MONTHS = 3


def figures(frames: Mapping[str, pd.DataFrame], *, language: str = "pt-BR", currency: str = "BRL") -> list[Figure]:
    """The figures that matter.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        The tables that `READS` names.

    Returns
    -------
    list of Figure
        Clients in the portfolio, revenue of 12 months, who is expected to stop and the revenue at risk (without an
        outlook: the revenue of the late clients), balance of the movement, the contracts to renew (without
        contracts: the inactive clients worth winning back), and, where those pages were made, the clients of the
        ideal profile and the actions of the list.
    """
    words, portfolio, renewals = Words(language, currency), frames["portfolio"], frames["renewals"]
    return [
        _inside(portfolio, words),
        _revenue(frames["customer_features"], words),
        *_outlook(frames["churn_outlook"], portfolio, words),
        _balance(frames["movement"], words),
        _renewals(renewals, words) if len(renewals) else _inactive(portfolio, words),
        *_ideal(frames["pci_rules"], words),
        *_actions(frames["actions"], words),
    ]


def _inside(portfolio: pd.DataFrame, words: Words) -> Figure:
    _, counts = words.translate, portfolio["status"].value_counts()
    active, late = int(counts.get("active", 0)), int(counts.get("late", 0))
    return Figure(_("Clientes na carteira"), words.number(active + late), _inside_note(active, late, words), PORTFOLIO)


def _ideal(pci_rules: pd.DataFrame, words: Words) -> list[Figure]:
    _, found = words.translate, published(pci_rules)
    if found is None:
        return []
    note = _("{share} dos que têm seis meses de casa", share=words.percent(found["client_share"]))
    if pd.notna(found["lift"]):
        note = _("{base}; cada um vale {times} o valor dos demais", base=note, times=words.times(found["lift"]))
    return [Figure(_("Clientes no perfil ideal"), words.number(found["clients"]), note, IDEAL)]


def published(pci_rules: pd.DataFrame) -> pd.Series | None:
    """The rule of the ideal buyer that page 03 publishes; None where it found none, or was not made."""
    rules = pci_rules[pci_rules["published"].astype("boolean").fillna(False)]
    return None if rules.empty else rules.iloc[0]


def _actions(actions: pd.DataFrame, words: Words) -> list[Figure]:
    _, listed = words.translate, actions[actions["gate"] == "listed"]
    if actions.empty:
        return []
    note = _("margem esperada de {amount}", amount=words.money(listed["expected_value"].sum()))
    return [Figure(_("Ações na lista"), words.number(len(listed)), note, OFFERS)]


def _inside_note(active: int, late: int, words: Words) -> str:
    _ = words.translate
    if not active + late:
        return _("ninguém compra hoje no seu ciclo")
    behind = _.ngettext("{n} quase inativo", "{n} quase inativos", late) if late else _("nenhum quase inativo")
    return _.ngettext("{n} ativo, {late}", "{n} ativos, {late}", active, late=behind)


def _outlook(churn_outlook: pd.DataFrame, portfolio: pd.DataFrame, words: Words) -> list[Figure]:
    """Who is expected to stop and what it costs; the late clients where nothing was predicted."""
    _, known = words.translate, churn_outlook.set_index("outlook")
    live = float(known["estimate"].get("live_clients", 0.0))
    if not live > 0:
        return [_at_risk(portfolio, words)]
    horizon = words.days(known.loc["horizon_days", "estimate"])
    stops, money = known.loc["expected_stops"], known.loc["revenue_at_risk"]
    between = _("entre {low} e {high}, dos {live} que ainda compram", low=words.number(stops["estimate_low"]),
                high=words.number(stops["estimate_high"]), live=words.number(live))  # fmt: skip
    return [
        Figure(_("Não devem comprar em {horizon}", horizon=horizon), words.number(stops["estimate"]), between, RISK),
        Figure(
            _("Receita em risco em {horizon}", horizon=horizon),
            words.money(money["estimate"]),
            _("entre {low} e {high}", low=words.money(money["estimate_low"]), high=words.money(money["estimate_high"])),
            RISK,
        ),
    ]


def key_figures(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The numbers behind `figures`, for the next run and for other programs.

    Returns
    -------
    DataFrame
        Table ``key_figures``: ``figure`` (a code) and ``number``; only those that are known.
    """
    portfolio, features, movement = frames["portfolio"], frames["customer_features"], frames["movement"]
    renewals, counts = frames["renewals"], portfolio["status"].value_counts()
    late = portfolio["status"] == "late"
    found = {
        "portfolio_clients": counts.get("active", 0) + counts.get("late", 0),
        "active_clients": counts.get("active", 0),
        "late_clients": counts.get("late", 0),
        "inactive_clients": counts.get("inactive", 0),
        "net_revenue_365d": features["net_revenue_365d"].sum(),
        "net_revenue_previous_365d": features["net_revenue_previous_365d"].sum(),
        "late_net_revenue_365d": portfolio.loc[late, "net_revenue_365d"].sum(),
        "entered_clients": movement["new"].sum() + movement["recovered"].sum(),
        "lost_clients": movement["lost"].sum(),
        "contracts_to_renew": len(renewals),
        "amount_to_renew": renewals["amount"].sum(),
        **_later_numbers(frames),
    }
    known = {name: float(value) for name, value in found.items() if pd.notna(value)}
    return pd.DataFrame({"figure": list(known), "number": list(known.values())})


def _later_numbers(frames: Mapping[str, pd.DataFrame]) -> dict[str, float]:
    """Of the pages that may not have been made: an estimate with its limits as ``_low`` and ``_high``."""
    found: dict[str, float] = {}
    outlook = frames["churn_outlook"].set_index("outlook")
    if "horizon_days" in outlook.index:
        found["horizon_days"] = outlook.loc["horizon_days", "estimate"]
    for name in ("expected_stops", "revenue_at_risk"):
        if name in outlook.index:
            found |= _estimate(name, outlook.loc[name, ["estimate", "estimate_low", "estimate_high"]])
    answered = frames["nps_summary"].query("reading == 'answered' and enough == True")
    if len(answered):
        found |= _estimate("nps", answered.iloc[0][["nps", "nps_low", "nps_high"]])
    rule, actions, goals = published(frames["pci_rules"]), frames["actions"], frames["goals_status"]
    if rule is not None:
        found["ideal_clients"] = rule["clients"]
    if len(actions):
        listed = actions[actions["gate"] == "listed"]
        found |= {"listed_actions": len(listed), "listed_margin": listed["expected_value"].sum()}
    if len(frames["forecast"]):
        found["sales_3_months"] = _near_sales(frames["forecast"])
    judged = goals.loc[goals["probability"].notna() | goals["goal_state"].eq("reached"), "goal_state"]
    if len(judged):
        found |= {"judged_goals": len(judged), "likely_goals": int(judged.isin(["likely", "reached"]).sum())}
    return found


def _near_sales(table: pd.DataFrame) -> float:
    """Revenue foretold for the next months, missing where it was not."""
    whole = table[
        (table["dimension"] == "total") & (table["sales_measure"] == "revenue") & (table["period"] == "month")
    ]
    return float(whole.sort_values("period_start").head(NEAR_MONTHS)["estimate"].sum(min_count=1))


def _estimate(name: str, limits: pd.Series) -> dict[str, float]:
    return dict(zip((name, f"{name}_low", f"{name}_high"), limits.astype("float64"), strict=True))


def _revenue(features: pd.DataFrame, words: Words) -> Figure:
    _ = words.translate
    last, before = features["net_revenue_365d"].sum(), features["net_revenue_previous_365d"].sum()
    note = _("sem 12 meses anteriores para comparar")
    if _has_two_years(features):
        note = _("sem vendas nos 12 meses anteriores")
    if _has_two_years(features) and before > 0:
        note = _("{change} sobre os 12 meses anteriores", change=words.change(last / before - 1, 1))
    return Figure(_("Receita em 12 meses"), words.money(last), note, PORTFOLIO)


def _has_two_years(features: pd.DataFrame) -> bool:
    """Whether the history covers both years that are compared; half a year against a whole one is no change."""
    return bool((features["tenure_days"] >= 2 * 365 - 1).any())


def _at_risk(portfolio: pd.DataFrame, words: Words) -> Figure:
    _ = words.translate
    late = portfolio[portfolio["status"] == "late"]
    note = _("nenhum cliente em silêncio além do seu normal")
    if len(late):
        note = _.ngettext(
            "{n} cliente em silêncio além do seu normal", "{n} clientes em silêncio além do seu normal", len(late)
        )
    return Figure(_("Receita de 12 meses em alerta"), words.money(late["net_revenue_365d"].sum()), note, PORTFOLIO)


def _balance(movement: pd.DataFrame, words: Words) -> Figure:
    _ = words.translate
    entered, lost = int(movement["new"].sum() + movement["recovered"].sum()), int(movement["lost"].sum())
    net = entered - lost
    value = sign(net) + words.number(abs(net))
    note = _("entraram ou voltaram: {entered}; saíram: {lost}", entered=words.number(entered), lost=words.number(lost))
    if movement.empty:
        return Figure(_("Saldo da carteira"), value, _("ainda não há um mês de movimento"), PORTFOLIO)
    if not entered + lost:
        note = _("ninguém entrou nem saiu")
    elif not movement["opening"].iloc[0]:
        note = _("a contagem parte do zero: não mede crescimento")
    months = _.ngettext("Saldo da carteira em {n} mês", "Saldo da carteira em {n} meses", len(movement))
    return Figure(months, value, note, PORTFOLIO)


def _renewals(renewals: pd.DataFrame, words: Words) -> Figure:
    """The contracts to renew: how much they are worth, how many, and how many of them have already ended."""
    _, overdue = words.translate, int((renewals["days_left"] < 0).sum())
    note = _.ngettext("{n} contrato", "{n} contratos", len(renewals))
    if overdue:
        note = _("{count} ({overdue} já vencidos)", count=note, overdue=words.number(overdue))
    return Figure(_("A renovar"), words.money(renewals["amount"].sum()), note, PORTFOLIO)


def _inactive(portfolio: pd.DataFrame, words: Words) -> Figure:
    _ = words.translate
    gone = portfolio[(portfolio["status"] == "inactive") & ~portfolio["occasional"].astype(bool)]
    note = _("nenhum cliente da carteira parou de comprar")
    if len(gone):
        note = _("{amount} já comprados", amount=words.money(gone["net_revenue"].sum()))
    return Figure(_("Clientes a reconquistar"), words.number(len(gone)), note, PORTFOLIO)
