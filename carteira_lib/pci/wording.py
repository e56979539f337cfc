"""Rules in words, in both languages, and as conditions that a program reads."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from carteira_lib import formats, tables
from carteira_lib.language import N_, translator
from carteira_lib.pci.cells import NUMERIC, Attribute, Condition, Rule

#: How an attribute is told before its levels; others by their own label.
NAMES = {
    "sector": N_("setor {levels}"),
    "region": N_("região {levels}"),
    "state": N_("UF {levels}"),
    "city": N_("cidade {levels}"),
    "acquisition_channel": N_("origem {levels}"),
    "person_type": N_("{levels}"),
}
HEADCOUNT = {
    "above": N_("{low} funcionários ou mais"),
    "up_to": N_("até {high} funcionários"),
    "between": N_("de {low} a {high} funcionários"),
    "one": N_("{low} funcionários"),
}
WHOLE = {
    "above": N_("{name} {low} ou mais"),
    "up_to": N_("{name} até {high}"),
    "between": N_("{name} de {low} a {high}"),
    "one": N_("{name} {low}"),
}
BROKEN = {
    "above": N_("{name} acima de {low}"),
    "up_to": N_("{name} até {high}"),
    "between": N_("{name} acima de {low} e até {high}"),
}
ORDER = ("person_type", "sector", "employees")
LAST = ("region", "state", "city", "acquisition_channel")


def rule_text(rule: Rule, language: str = "pt-BR") -> str:
    """The rule as people say it; empty without conditions.

    Examples
    --------
    >>> sector = Attribute("sector", "nominal", ("Hotelaria", "Mercado", "Saúde"))
    >>> staff = Attribute("employees", "numeric", (10.0, 37.0, float("inf")))
    >>> rule_text((Condition(staff, (2,)), Condition(sector, (0, 2))))
    'setor Hotelaria ou Saúde, 38 funcionários ou mais'
    """
    places = {name: i - len(ORDER) for i, name in enumerate(ORDER)} | {name: i + 1 for i, name in enumerate(LAST)}
    ordered = sorted(rule, key=lambda c: (places.get(c.attribute.name, 0), c.attribute.name))
    return ", ".join(condition_text(condition, language) for condition in ordered)


def condition_text(condition: Condition, language: str = "pt-BR") -> str:
    """One condition as people say it."""
    attribute, cells = condition
    if attribute.kind == NUMERIC:
        return _range(attribute, min(cells), max(cells), language)
    _ = translator(language)
    levels = [tables.value_label(attribute.name, attribute.cells[i], language) for i in cells]
    if attribute.ordered and len(levels) > 2:
        said = _("{first} a {last}", first=levels[0], last=levels[-1])
    else:
        said = _(" ou ").join(levels)
    name = NAMES.get(attribute.name)
    return _(name, levels=said) if name else _("{name} {levels}", name=label(attribute.name, language), levels=said)


def own_text(name: str, value: object, language: str = "pt-BR") -> str:
    """The value of one company as people say it.

    Examples
    --------
    >>> own_text("employees", 20.0), own_text("sector", "Saúde"), own_text("rating", 2.5)
    ('20 funcionários', 'setor Saúde', 'rating 2,5')
    """
    _ = translator(language)
    if isinstance(value, float):
        low = formats.number(value, 0 if value.is_integer() else 1, language)
        form = HEADCOUNT if name == "employees" else WHOLE
        message = form["one"]
        return _(message, name=label(name, language), low=low)
    said = tables.value_label(name, value, language)
    known = NAMES.get(name)
    return _(known, levels=said) if known else _("{name} {levels}", name=label(name, language), levels=said)


def label(name: str, language: str = "pt-BR") -> str:
    """What people call an attribute, in the middle of a sentence."""
    text = tables.label(name, language, "customers")
    return text if text.isupper() or text == name else text[0].lower() + text[1:]


def _range(attribute: Attribute, first: int, last: int, language: str) -> str:
    _ = translator(language)
    edges = attribute.cells
    whole = all(edge % 1 == 0 for edge in edges[:-1])
    low, high = edges[first - 1] if first else None, edges[last] if last < len(edges) - 1 else None
    form = "above" if high is None else "up_to" if low is None else "between"
    decimals = 0 if whole else 2
    if whole and low is not None:
        low += 1
        form = "one" if low == high else form
    texts = HEADCOUNT if attribute.name == "employees" and whole else WHOLE if whole else BROKEN
    values = {k: formats.number(v, decimals, language) for k, v in (("low", low), ("high", high))}
    return _(texts[form], name=label(attribute.name, language), **values)


def conditions_json(rule: Rule) -> str:
    """The conditions for programs: levels of an attribute, or numbers above and up to a limit (null: no limit).

    Examples
    --------
    >>> conditions_json((Condition(Attribute("employees", "numeric", (10.0, 37.0, float("inf"))), (1, 2)),))
    '[{"above": 10.0, "attribute": "employees", "up_to": null}]'
    """
    found = []
    for attribute, cells in rule:
        if attribute.kind == NUMERIC:
            edges = attribute.cells
            low = edges[min(cells) - 1] if min(cells) else None
            high = edges[max(cells)] if np.isfinite(edges[max(cells)]) else None
            found.append({"attribute": attribute.name, "above": low, "up_to": high})
        else:
            found.append({"attribute": attribute.name, "levels": [attribute.cells[i] for i in cells]})
    return json.dumps(found, ensure_ascii=False, sort_keys=True)


def cell_texts(attributes: Sequence[Attribute], language: str = "pt-BR") -> list[list[str]]:
    """Each cell of each attribute in words."""
    return [[condition_text(Condition(a, (i,)), language) for i in range(len(a.cells))] for a in attributes]
