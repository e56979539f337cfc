"""The page over several portfolios: what needs attention, and the figures of each beside those of the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from carteira_lib import formats
from carteira_lib.language import N_, Translator, translator
from carteira_lib.report import pages

HEADINGS = (
    N_("Carteira"),
    N_("Clientes"),
    N_("Receita em 12 meses"),
    N_("Receita em risco"),
    N_("NPS"),
    N_("Metas"),
    N_("Data-base"),
)
CLIENTS = "portfolio_clients"
MOST = 3  # portfolios that a sentence names
LONG = 20  # characters of a name, beyond which it may be broken anywhere


@dataclass(frozen=True)
class Portfolio:
    """One line of the page.

    Attributes
    ----------
    name : str
        Of the run.
    folder : str
        Where its page is, from the page over all; empty where there is none.
    as_of : date, optional
    currency : str
    figures : mapping of str to float
        ``key_figures`` of its run.json; what is missing is shown as a dash.
    incomplete : str
        What did not come to its end, in one sentence.
    refused : str
        Why the last run left nothing, in one sentence; the rest is of the run before it.
    """

    name: str
    folder: str = ""
    as_of: Date | None = None
    currency: str = "BRL"
    figures: Mapping[str, float] = field(default_factory=dict)
    incomplete: str = ""
    refused: str = ""

    def figure(self, name: str) -> float | None:
        """A key figure, None where it is missing or is no number."""
        value = self.figures.get(name)
        usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return float(value) if usable else None


def write_overview(portfolios: Sequence[Portfolio], file: Path, language: str = "pt-BR") -> None:
    """Write the page.

    Parameters
    ----------
    portfolios : sequence of Portfolio
        In any order; the page puts first what has most revenue at risk, currency by currency.
    file : Path
        Written under a temporary name and renamed; links are relative to its folder.
    language : str
    """
    _ = translator(language)
    title, lede = _("Carteiras"), _("As carteiras desta pasta, lado a lado.")
    shown = [one for one in portfolios if one.folder]
    groups = _by_currency(shown)
    said = [_ended(portfolios, _), *(_sums(group, _) for _currency, group in groups if len(group) > 1)]
    said += _wrong(portfolios, _)
    parts = [
        f'<h1>{escape(title)}</h1><p class="lede">{escape(lede)}</p>',
        f'<div class="output text"><ul>{"".join(f"<li>{sentence}</li>" for sentence in said)}</ul></div>',
        *(_group(currency, group, _) for currency, group in groups),
    ]
    header = pages.Header(
        source=_.ngettext("{n} execução", "{n} execuções", len(shown)) if shown else "", language=language
    )
    values = {"title": title, "body": pages.finished("".join(parts)), "contents": (), "cards": (), "navigation": ()}
    values |= {"incomplete": "", "failed_here": False, "home": True, "previous": None, "next": None}
    pages.save(file, pages.filled(header, {**values, "as_of": _days(shown, language)}))


def _by_currency(portfolios: Sequence[Portfolio]) -> list[tuple[str, list[Portfolio]]]:
    """Groups that can be compared, the largest first, and in each what has most at risk first."""
    sizes = Counter(one.currency for one in portfolios)

    def place(one: Portfolio) -> tuple:
        missing = -math.inf
        amounts = (one.figure("revenue_at_risk"), one.figure("net_revenue_365d"))
        return (
            -sizes[one.currency],
            one.currency,
            *(-(missing if a is None else a) for a in amounts),
            one.name.casefold(),
        )

    ordered = sorted(portfolios, key=place)
    return [(currency, list(group)) for currency, group in groupby(ordered, key=lambda one: one.currency)]


def _days(portfolios: Sequence[Portfolio], language: str) -> str:
    """The date of the figures, or the first and the last of them."""
    _ = translator(language)
    days = sorted({one.as_of for one in portfolios if one.as_of})
    if not days:
        return ""
    first, last = (formats.date(day, language) for day in (days[0], days[-1]))
    return first if first == last else _("de {first} a {last}", first=first, last=last)


def _ended(portfolios: Sequence[Portfolio], _: Translator) -> str:
    """How many portfolios there are, and how they ended."""
    refused = sum(bool(one.refused) for one in portfolios)
    incomplete = sum(bool(one.incomplete) and not one.refused for one in portfolios)
    counts = [
        (len(portfolios) - refused - incomplete, N_("{n} completa"), N_("{n} completas")),
        (incomplete, N_("{n} incompleta"), N_("{n} incompletas")),
        (refused, N_("{n} recusada"), N_("{n} recusadas")),
    ]
    parts = [_(one if n == 1 else many, n=formats.number(n, 0, _.language)) for n, one, many in counts if n]
    total = _.ngettext("{n} carteira", "{n} carteiras", len(portfolios))
    return f"<strong>{escape(total)}</strong>: {escape(formats.enumeration(parts, _.language))}."


def _sums(group: Sequence[Portfolio], _: Translator) -> str:
    """What the portfolios of a currency are worth together, and where most of what is at risk lies."""
    whole = _together(group)
    amounts = {
        name: formats.money(whole.figure(name), whole.currency, _.language, compact=True)
        for name in ("net_revenue_365d", "revenue_at_risk")
    }
    clients = _.ngettext("{n} cliente", "{n} clientes", int(whole.figure(CLIENTS) or 0))
    count = _.ngettext("{n} carteira", "{n} carteiras", len(group))
    values = {
        "count": count,
        "currency": whole.currency,
        "clients": clients,
        "revenue": amounts["net_revenue_365d"],
        "risk": amounts["revenue_at_risk"],
    }
    names = _most_of_it(group, whole.figure("revenue_at_risk"))
    if whole.figure("revenue_at_risk") is None:
        text = _("Juntas, as {count} em {currency} têm {clients} e {revenue} de receita em 12 meses.", **values)
    elif not names:
        text = _(
            "Juntas, as {count} em {currency} têm {clients} e {revenue} de receita em 12 meses, com {risk} em risco.",
            **values,
        )
    else:
        where = formats.enumeration(names, _.language)
        text = _(
            "Juntas, as {count} em {currency} têm {clients} e {revenue} de receita em 12 meses, com {risk} em risco, mais da metade em {names}.",
            **values, names=where,
        )  # fmt: skip
    unknown = sum(one.figure("revenue_at_risk") is None for one in group)
    if unknown and whole.figure("revenue_at_risk") is not None:
        text += " " + _.ngettext("De {n} não há previsão.", "De {n} não há previsão.", unknown)
    return escape(text)


def _most_of_it(group: Sequence[Portfolio], total: float | None) -> list[str]:
    """The fewest portfolios that hold more than half of what is at risk; none where that takes more than a few."""
    names, held = [], 0.0
    for one in group[:MOST]:
        names.append(one.name)
        held += one.figure("revenue_at_risk") or 0.0
        if total and held > total / 2:
            return names if len(names) < len(group) else []
    return []


def _wrong(portfolios: Sequence[Portfolio], _: Translator) -> list[str]:
    """What went wrong with each portfolio, those that left nothing first."""
    wrong = sorted(
        (one for one in portfolios if one.refused or one.incomplete),
        key=lambda one: (not one.refused, one.name.casefold()),
    )
    return [f"{_link(one)}: {escape(_fault(one, _))}" for one in wrong]


def _fault(one: Portfolio, _: Translator) -> str:
    if not one.refused:
        return one.incomplete
    if not one.folder:
        return _("recusada, e sem resultados anteriores: {sentence}", sentence=one.refused)
    return _("recusada, e os números são da execução anterior: {sentence}", sentence=one.refused)


def _link(one: Portfolio) -> str:
    if not one.folder:
        return f"<strong>{escape(one.name)}</strong>"
    return f'<a href="{quote(one.folder)}/index.html">{escape(one.name)}</a>'


def _group(currency: str, portfolios: Sequence[Portfolio], _: Translator) -> str:
    """The table of the portfolios of one currency."""
    count = _.ngettext("{n} carteira", "{n} carteiras", len(portfolios))
    caption = _("{count} em {currency}, da maior receita em risco para a menor", count=count, currency=currency)
    head = "".join(f'<th scope="col"{_class(i)}>{escape(_(text))}</th>' for i, text in enumerate(HEADINGS))
    rows = [_row(_link(one) + _mark(one, _), _cells(one, _), len(one.name) > LONG) for one in portfolios]
    if len(portfolios) > 1:
        rows.append(_row(escape(_("Todas")), [*_cells(_together(portfolios), _)[:-1], ""]))
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _mark(one: Portfolio, _: Translator) -> str:
    text = _("recusada") if one.refused else _("incompleta") if one.incomplete else ""
    return f' <span class="mark">{escape(text)}</span>' if text else ""


def _class(column: int) -> str:
    return "" if not column else ' class="day"' if column == len(HEADINGS) - 1 else ' class="num"'


def _row(name: str, cells: Sequence[str], long: bool = False) -> str:
    values = "".join(f"<td{_class(i)}>{escape(text)}</td>" for i, text in enumerate(cells, 1))
    kind = ' class="long"' if long else ""
    return f'<tr><th scope="row"{kind}>{name}</th>{values}</tr>'


def _cells(one: Portfolio, _: Translator) -> list[str]:
    language = _.language
    risk, horizon = one.figure("revenue_at_risk"), one.figure("horizon_days")
    at_risk = formats.money(risk, one.currency, language, compact=True)
    if risk is not None and horizon:
        at_risk = _("{amount} em {horizon}", amount=at_risk, horizon=formats.days(horizon, language))
    return [
        formats.number(one.figure(CLIENTS), 0, language),
        formats.money(one.figure("net_revenue_365d"), one.currency, language, compact=True),
        at_risk,
        formats.number(one.figure("nps"), 0, language),
        _goals(one.figure("likely_goals"), one.figure("judged_goals"), _),
        formats.date(one.as_of, language),
    ]


def _goals(good: float | None, judged: float | None, _: Translator) -> str:
    if not judged or good is None:
        return formats.number(None)
    return _(
        "{good} de {judged}", good=formats.number(good, 0, _.language), judged=formats.number(judged, 0, _.language)
    )


def _together(group: Sequence[Portfolio]) -> Portfolio:
    """Sums of what adds up: amounts at risk only where all look equally far ahead; no sum of scores or dates."""
    names = (CLIENTS, "net_revenue_365d", "revenue_at_risk", "likely_goals", "judged_goals")
    figures = {name: _sum([one.figure(name) for one in group]) for name in names}
    horizons = {one.figure("horizon_days") for one in group if one.figure("revenue_at_risk") is not None}
    figures |= {"horizon_days": next(iter(horizons))} if len(horizons) == 1 else {"revenue_at_risk": None}
    return Portfolio("", currency=group[0].currency, figures=figures)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
