"""Which attributes may describe a buyer: those known before the first purchase, that tell clients apart, and are not value."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr

from carteira_lib.language import N_
from carteira_lib.pci.cells import NOMINAL, NUMERIC
from carteira_lib.tables import ParameterError, Problem

Kind = str | Sequence[str]
USUAL: Mapping[str, Kind] = {
    "sector": NOMINAL,
    "employees": NUMERIC,
    "region": NOMINAL,
    "state": NOMINAL,
    "acquisition_channel": NOMINAL,
    "person_type": NOMINAL,
}
#: Not traits of a buyer: who it is, and what the relation made of it.
NEVER = ("customer_id", "prospect_id", "name", "tax_id", "since", "seller_id")
SIZES = ("employees", "headcount", "size")
DISGUISE = 0.9
ID_SHARE = 0.5
ID_LEVELS = 10
FEWEST_KNOWN = 20


class Refused(NamedTuple):
    """An attribute that is left out, and why: "absent", "empty", "one_level", "id_like", "disguise", "not_numeric", "no_level"."""

    name: str
    reason: str


class Chosen(NamedTuple):
    """The attributes to search.

    Attributes
    ----------
    kinds : mapping of attribute to kind
    table : DataFrame
        Their values, numbers as numbers and all else as text, indexed as the clients were given.
    refused : tuple of Refused
    """

    kinds: Mapping[str, Kind]
    table: pd.DataFrame
    refused: tuple[Refused, ...]


def declared(given: Mapping[str, object] | None, columns: Sequence[str], *, language: str = "pt-BR") -> dict[str, Kind]:
    """The kind of each attribute: as declared, else the usual ones that the register has.

    Parameters
    ----------
    given : mapping of attribute to "nominal", "numeric" or a list of levels in their order, or None
        Parameter ``pci_attributes``.
    columns : sequence of str
        Of the register of clients.

    Raises
    ------
    ParameterError
        Every declaration that cannot be, with the remedy.
    """
    if not given:
        return {name: kind for name, kind in USUAL.items() if name in columns}
    problems = [p for name, kind in given.items() for p in _declaration_problems(name, kind, columns)]
    if problems:
        raise ParameterError(problems, language=language)
    return {name: kind if isinstance(kind, str) else tuple(map(str, kind)) for name, kind in given.items()}


def _declaration_problems(name: str, kind: object, columns: Sequence[str]) -> list[Problem]:
    values = {"name": name, "kind": kind}
    if name in NEVER:
        message = N_("pci_attributes: {name} não é uma característica do comprador; tire-o da lista")
        return [Problem(message, values)]
    if name not in columns:
        usable = [column for column in columns if column not in NEVER]
        near = difflib.get_close_matches(name, usable, 1)
        message = N_("pci_attributes: o cadastro não tem a coluna '{name}'; as que tem: {columns}")
        if near:
            message = N_("pci_attributes: o cadastro não tem a coluna '{name}'; quis dizer '{near}'?")
        return [Problem(message, values | {"near": "".join(near), "columns": ", ".join(usable)})]
    if kind in (NOMINAL, NUMERIC) or (isinstance(kind, list | tuple) and len(set(map(str, kind))) > 1):
        return []
    message = N_(
        "pci_attributes: {name}: {kind} não é um tipo; use nominal, numeric ou a lista dos níveis em ordem, como [pequeno, médio, grande]"
    )
    return [Problem(message, values)]


def chosen(table: pd.DataFrame, kinds: Mapping[str, Kind], scores: np.ndarray) -> Chosen:
    """The attributes that can be searched, and those refused with the reason.

    Parameters
    ----------
    table : DataFrame
        One row per client that has a value.
    kinds : mapping
        As `declared` gives it.
    scores : ndarray
        Value of the same clients, in any unit that keeps its order.
    """
    typed = typed_columns(table, kinds)
    reasons = {name: _reason(table[name], typed[name], kind, scores) for name, kind in kinds.items()}
    kept = {name: kind for name, kind in kinds.items() if not reasons[name]}
    refused = tuple(Refused(name, reason) for name, reason in reasons.items() if reason)
    return Chosen(kept, typed[list(kept)], refused)


def typed_columns(table: pd.DataFrame, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """One column per attribute, numbers as floats and all else as text; a column that is not there is all missing."""
    found = {}
    for name, kind in kinds.items():
        values = table[name] if name in table else pd.Series(np.nan, index=table.index, dtype="object")
        found[name] = _numbers(values) if kind == NUMERIC else _texts(values)
    return pd.DataFrame(found, index=table.index)


def _numbers(values: pd.Series) -> pd.Series:
    """Numbers, those written as in Brazil too; what is none is missing."""
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values.astype("float64").replace([np.inf, -np.inf], np.nan)
    plain = pd.to_numeric(values, errors="coerce")
    text = values.astype("str")
    brazilian = text.str.fullmatch(r"-?\d{1,3}(\.\d{3})*(,\d+)?|-?\d+,\d+").fillna(False).astype(bool)
    commas = text.where(brazilian).str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    use_commas = brazilian & (text.str.contains(",", regex=False).fillna(False) | plain.isna())
    return plain.where(~use_commas, pd.to_numeric(commas, errors="coerce")).astype("float64")


def _texts(values: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(values.dtype) and (values.dropna() % 1 == 0).all():
        values = values.astype("Int64")  # a code read as a number is not 3.0
    return values.astype("object").map(lambda v: str(v).strip() or None, na_action="ignore").astype("str")


def _reason(raw: pd.Series, typed: pd.Series, kind: Kind, scores: np.ndarray) -> str:
    if raw.notna().sum() < 1:
        return "absent"
    if kind == NUMERIC and not typed.notna().any():
        return "not_numeric"
    inside = typed[typed.notna()] if isinstance(kind, str) else typed[typed.isin(kind)]
    if inside.empty:
        return "no_level"
    if inside.nunique() < 2:
        return "one_level"
    if len(inside) < FEWEST_KNOWN:
        return "empty"
    if kind == NOMINAL and inside.nunique() > max(ID_LEVELS, ID_SHARE * len(inside)):
        return "id_like"
    return "disguise" if association(inside, kind, scores[typed.index.get_indexer(inside.index)]) > DISGUISE else ""


def association(values: pd.Series, kind: Kind, scores: np.ndarray) -> float:
    """How closely an attribute follows value, 0 to 1: |Spearman| where it is ordered, else the correlation ratio of the
    ranks, corrected for the number of levels."""
    if kind != NOMINAL:
        numbers = values if kind == NUMERIC else values.map({level: i for i, level in enumerate(kind)})
        constant = len(np.unique(scores)) < 2
        return 0.0 if constant else float(abs(spearmanr(numbers.astype("float64"), scores).statistic))
    ranks = pd.Series(rankdata(scores), index=values.index)
    total = float(((ranks - ranks.mean()) ** 2).sum())
    within = float(((ranks - ranks.groupby(values).transform("mean")) ** 2).sum())
    free = len(values) - values.nunique()
    if total <= 0 or free <= 0:
        return 0.0
    return float(np.sqrt(max(0.0, 1 - within / free * (len(values) - 1) / total)))


def size_of(table: pd.DataFrame, kinds: Mapping[str, Kind]) -> np.ndarray | None:
    """The size of each client, where an attribute tells it: its headcount, or the step of an ordered band."""
    for name in (*SIZES, *(n for n in kinds if "size" in n or "porte" in n.casefold())):
        kind = kinds.get(name)
        if kind == NUMERIC:
            return table[name].to_numpy("float64")
        if kind is not None and kind != NOMINAL:
            steps = {level: 4.0**i for i, level in enumerate(kind)}
            return table[name].map(steps).to_numpy("float64")
    return None
