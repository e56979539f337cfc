"""What changed since the run before this one: the numbers of both, and what of it is beyond the margin of error.

The runner leaves beside the tables what the ``run.json`` of earlier runs tells; the last of them with an earlier as_of
is the one to compare with, so that running the same day again compares with the same run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.language import N_
from carteira_lib.tables import Run
from carteira_lib.words import Words, sign

FILE = "tables/earlier.json"
#: Numbers that are compared, in the order of the page: code in ``key_figures``, label, how it is written.
COMPARED = (
    ("portfolio_clients", N_("Clientes na carteira"), "count"),
    ("net_revenue_365d", N_("Receita em 12 meses"), "money"),
    ("amount_to_renew", N_("Contratos a renovar"), "money"),
    ("expected_stops", N_("Clientes que não devem comprar no período"), "count"),
    ("revenue_at_risk", N_("Receita em risco"), "money"),
    ("nps", N_("NPS"), "count"),
    ("listed_margin", N_("Margem esperada das ações da lista"), "money"),
    ("likely_goals", N_("Metas prováveis ou já batidas"), "count"),
)
SAME_HORIZON = ("expected_stops", "revenue_at_risk")
TOLD = ("portfolio_clients", "net_revenue_365d", "revenue_at_risk")


class Since(NamedTuple):
    """The comparison with the run before.

    Attributes
    ----------
    as_of : Timestamp, optional
        Of the run before; None where there was none.
    changed : tuple of str
        Parameters that differ: numbers are then not compared.
    rows : DataFrame
        One row per number known to both: ``figure`` (a code), ``before``, ``now``, ``proven`` (False: an estimate whose
        change lies within the margin of error).
    """

    as_of: pd.Timestamp | None
    changed: tuple[str, ...]
    rows: pd.DataFrame


def earlier_runs(run: Run) -> list[Mapping]:
    """What the runner left of earlier runs: ``as_of``, ``key_figures`` and ``changed`` each; empty without any."""
    try:
        found = json.loads((run.folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def last_before(runs: Sequence[Mapping], as_of: str) -> Mapping | None:
    """The last run with an earlier `as_of` (a date in ISO form): a run of the same day is this one, made again."""
    before = [run for run in runs if run["as_of"] < as_of]
    return max(before, key=lambda run: run["as_of"], default=None)


def since(runs: Sequence[Mapping], key_figures: pd.DataFrame, as_of: pd.Timestamp) -> Since:
    """Compare with the run before.

    Parameters
    ----------
    runs : sequence of mapping
        As `earlier_runs` gives them.
    key_figures : DataFrame
        Table of that name, of this run.
    as_of : Timestamp
    """
    nothing = pd.DataFrame({"figure": [], "before": [], "now": [], "proven": []})
    last = last_before(runs, as_of.date().isoformat())
    if last is None:
        return Since(None, (), nothing)
    told = Since(pd.Timestamp(last["as_of"]), tuple(last["changed"]), nothing)
    return told if told.changed else told._replace(rows=_rows(last["key_figures"], key_figures))


def _rows(before: Mapping[str, float], key_figures: pd.DataFrame) -> pd.DataFrame:
    now = dict(zip(key_figures["figure"], key_figures["number"], strict=True))
    other_horizon = before.get("horizon_days") != now.get("horizon_days")
    codes = [
        code for code, *_ in COMPARED if code in before and code in now and not (code in SAME_HORIZON and other_horizon)
    ]
    rows = [(code, before[code], now[code], _proven(code, before, now)) for code in codes]
    return pd.DataFrame(rows, columns=["figure", "before", "now", "proven"])


def _proven(code: str, before: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """Whether a change is beyond chance: intervals of both runs taken as independent, which is cautious as they overlap."""
    halves = [(known.get(f"{code}_high", 0.0) - known.get(f"{code}_low", 0.0)) / 2 for known in (before, now)]
    return bool(abs(now[code] - before[code]) > np.hypot(*halves))


def since_shown(found: Since, as_of: pd.Timestamp, *, language: str = "pt-BR", currency: str = "BRL") -> pd.DataFrame:
    """The comparison for reading: the number in words, then and now, and the change; all columns text."""
    words = Words(language, currency)
    _, labels = words.translate, {code: (label, unit) for code, label, unit in COMPARED}
    rows = []
    for row in found.rows.itertuples():
        label, unit = labels[row.figure]
        change = _change(row.before, row.now, unit, words)
        if not row.proven and change != _("igual"):
            change = _("{change}, dentro da margem de erro", change=change)
        rows.append((_(label), _written(row.before, unit, words), _written(row.now, unit, words), change))
    before = words.date(found.as_of) if found.as_of is not None else _("Antes")
    return pd.DataFrame(rows, columns=[_("Número"), before, words.date(as_of), _("Mudança")], dtype="str")


def _written(value: float, unit: str, words: Words) -> str:
    return words.money(value) if unit == "money" else words.count(value)


def _change(before: float, now: float, unit: str, words: Words) -> str:
    """What changed with its sign, and in money also as a share; nothing where both read alike."""
    _, moved = words.translate, now - before
    if _written(before, unit, words) == _written(now, unit, words):
        return _("igual")
    told = sign(moved) + _written(abs(moved) if unit == "money" else abs(round(now) - round(before)), unit, words)
    if unit == "money" and before > 0:
        return f"{told} ({words.change(moved / before, 1)})"
    return told


def since_title(found: Since, as_of: pd.Timestamp, *, language: str = "pt-BR") -> str:
    """The caption of `since_shown`, which says so where there is nothing to compare."""
    words = Words(language)
    _ = words.translate
    if found.as_of is None:
        return _("Ainda não há relatório anterior com que comparar.")
    if found.changed:
        return _("Os números do relatório anterior não se comparam com os de agora.")
    return _("De {before} a {now}", before=words.date(found.as_of), now=words.date(as_of))


def since_sentence(found: Since, *, language: str = "pt-BR", currency: str = "BRL") -> str:
    """What changed since the run before, in one sentence."""
    words = Words(language, currency)
    _ = words.translate
    if found.as_of is None:
        return _("Este é o primeiro relatório guardado: o próximo dirá aqui o que mudou.")
    day = words.date(found.as_of)
    if found.changed:
        return _(
            "O relatório anterior, de {day}, usou outros parâmetros ({names}): os números de antes não se comparam com os de agora.",
            day=day, names=words.listing(found.changed),
        )  # fmt: skip
    rows = found.rows.set_index("figure")
    parts = [_part(code, rows.loc[code], words) for code in TOLD if code in rows.index]
    parts = [part for part in parts if part]
    if not parts:
        return _("Desde o relatório anterior, de {day}, carteira, receita e risco continuam iguais.", day=day)
    return _("Desde o relatório anterior, de {day}: {parts}.", day=day, parts=words.listing(parts))


def _part(code: str, row: pd.Series, words: Words) -> str:
    _, moved = words.translate, row["now"] - row["before"]
    if code == "portfolio_clients":
        more = _.ngettext("**{n} cliente** a mais na carteira", "**{n} clientes** a mais na carteira", int(abs(moved)))
        less = _.ngettext(
            "**{n} cliente** a menos na carteira", "**{n} clientes** a menos na carteira", int(abs(moved))
        )
        return "" if not moved else more if moved > 0 else less
    if _written(row["before"], "money", words) == _written(row["now"], "money", words) or not row["before"] > 0:
        return ""
    change = words.change(moved / row["before"], 1)
    if code == "net_revenue_365d":
        return _("receita de 12 meses **{change}**", change=change)
    if row["proven"]:
        return _("receita em risco **{change}**", change=change)
    return _("receita em risco {change} (dentro da margem de erro)", change=change)
