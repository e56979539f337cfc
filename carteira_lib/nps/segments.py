"""Which groups of clients answer better or worse than all the others, beyond chance."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.groups import HEADCOUNT_BANDS, headcount_band, made_here, merged, seller_names
from carteira_lib.nps.evidence import ALPHA, difference, holm
from carteira_lib.nps.ids import beside
from carteira_lib.nps.score import CLASSES, FEWEST, FIGURES, Counts, adjusted_wald, nps

DIMENSIONS = ("seller_id", "sector", "region", "headcount_band")
TABLE = "nps_segments"


def segments(
    answers: pd.DataFrame,
    clients: pd.DataFrame,
    customers: pd.DataFrame,
    sellers: pd.DataFrame,
    *,
    language: str = "pt-BR",
) -> pd.DataFrame:
    """The score of each group beside that of everybody else, with the p value corrected for all groups looked at.

    Parameters
    ----------
    answers : DataFrame
        One row per client who answered: ``customer_id``, ``class``.
    clients : DataFrame
        Table ``portfolio``: ``customer_id``, ``seller_id``.
    customers : DataFrame
        ``customer_id``, ``sector``, ``region``, ``employees``; may be empty.
    sellers : DataFrame
        Names of the sellers; may be empty.

    Returns
    -------
    DataFrame
        Table ``nps_segments``. Groups of fewer than ten answers, or with fewer than ten beside them, have counts only.
        ``verdict``: "above" or "below" all others with Holm's correction over all groups of all dimensions; "same";
        "few" answers; "unknown" for what is no group ("Outros", "sem informação").
    """
    described = _described(answers, clients, customers, sellers)
    parts = [_by(described, name, language) for name in DIMENSIONS if described[name].notna().any()]
    empty = pd.DataFrame(columns=list(tables.contract(TABLE).column_names))
    table = _tested(pd.concat(parts, ignore_index=True), language) if parts else empty
    return tables.conform(table, TABLE)


def _described(
    answers: pd.DataFrame, clients: pd.DataFrame, customers: pd.DataFrame, sellers: pd.DataFrame
) -> pd.DataFrame:
    codes = answers["customer_id"]
    own = [beside(codes, clients, ["seller_id"]), beside(codes, customers, ["sector", "region", "employees"])]
    joined = pd.concat([answers[["class"]], *own], axis=1)
    names = seller_names(sellers)
    seller = joined["seller_id"].map(lambda code: names.get(code, code), na_action="ignore")
    return joined.assign(seller_id=seller, headcount_band=headcount_band(joined["employees"]))


def _by(described: pd.DataFrame, dimension: str, language: str) -> pd.DataFrame:
    """Counts of each group: the most answers first, bands of headcount in their own order, made-up groups last."""
    group = merged(described[dimension], pd.Series(1.0, index=described.index), language=language)
    table = pd.crosstab(group, described["class"]).reindex(columns=list(CLASSES), fill_value=0)
    table.columns = ["promoters", "passives", "detractors"]
    table = table.reset_index().assign(dimension=dimension, answers=lambda t: t.iloc[:, 1:4].sum(axis=1))
    bands = {name: place for place, (_, name) in enumerate(HEADCOUNT_BANDS)}
    place = table["group"].map(bands).fillna(0) if dimension == "headcount_band" else 0
    ordered = table.assign(last=table["group"].isin(made_here(language)), place=place)
    return ordered.sort_values(["last", "place", "answers", "group"], ascending=[True, True, False, True])


def _tested(table: pd.DataFrame, language: str) -> pd.DataFrame:
    table = table.reset_index(drop=True)
    own = Counts(*(table[name].to_numpy("float64") for name in Counts._fields))
    whole = [table.groupby("dimension")[name].transform("sum").to_numpy("float64") for name in Counts._fields]
    rest = Counts(*(w - o for w, o in zip(whole, own, strict=True)))
    enough, named = own.answers >= FEWEST, ~table["last"].to_numpy()
    tested = enough & named & (rest.answers >= FEWEST)
    p_values, corrected = np.full(len(table), np.nan), np.full(len(table), np.nan)
    p_values[tested] = difference(_where(own, tested), _where(rest, tested))
    corrected[tested] = holm(p_values[tested])
    estimate = adjusted_wald(own)
    rest_nps = np.where(tested, nps(rest), np.nan)
    gap = np.where(tested, nps(own) - rest_nps, np.nan)
    proven = tested & (corrected <= ALPHA)
    verdict = np.select([~named, ~tested, proven & (gap > 0), proven], ["unknown", "few", "above", "below"], "same")
    figures = dict(zip(FIGURES, (np.where(enough, part, np.nan) for part in estimate), strict=True))
    return table.assign(
        **figures, rest_nps=rest_nps, gap=gap, p_value=p_values, p_corrected=corrected, verdict=verdict
    ).drop(columns=["last", "place"])


def _where(found: Counts, chosen: np.ndarray) -> Counts:
    return Counts(*(part[chosen] for part in found))
