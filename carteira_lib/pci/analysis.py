"""The niche of the ideal buyer, how sure it is, and who looks like it: the whole of page 03."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.pci import attributes, lookalike, profile
from carteira_lib.pci.attributes import Refused
from carteira_lib.pci.cells import Rule, cut, matches
from carteira_lib.pci.clusters import Clusters, clusters
from carteira_lib.pci.explained import explained
from carteira_lib.pci.lookalike import Lookalike, Scored
from carteira_lib.pci.niche import SCAN, Data, Later, Niche, later, niche, prepared
from carteira_lib.pci.search import grid
from carteira_lib.pci.value import Value, value
from carteira_lib.pci.wording import conditions_json, rule_text

FEWEST_CLIENTS = 60
#: Of a larger portfolio a sample is searched; all of it is scored.
SEARCHED = 50_000
PROBLEMS = ("no_attributes", "few_clients", "flat")


class Learned(NamedTuple):
    """What the clients gave, where there was enough to learn from.

    Attributes
    ----------
    data : Data
    niche : Niche
    later : Later or None
        None without a niche or without two years of history.
    groups : Clusters
    model : Lookalike
    """

    data: Data
    niche: Niche
    later: Later | None
    groups: Clusters
    model: Lookalike


class Analysis(NamedTuple):
    """What notebook 03 shows and writes.

    Attributes
    ----------
    rules, scores, clusters, comparison, sellers : DataFrame
        Tables ``pci_rules``, ``pci_scores``, ``pci_clusters``, ``pci_comparison``, ``pci_sellers``.
    near : DataFrame
        Clients just outside the niche: ``customer_id``, ``difference``, ``lookalike_score``, ``yearly_value``.
    value : Value
    learned : Learned or None
    problem : str
        Why there is nothing to tell (one of `PROBLEMS`); "" where there is.
    refused : tuple of Refused
    as_of : Timestamp
    """

    rules: pd.DataFrame
    scores: pd.DataFrame
    clusters: pd.DataFrame
    comparison: pd.DataFrame
    sellers: pd.DataFrame
    near: pd.DataFrame
    value: Value
    learned: Learned | None
    problem: str
    refused: tuple[Refused, ...]
    as_of: pd.Timestamp


def analyse(
    frames: Mapping[str, pd.DataFrame],
    as_of: pd.Timestamp,
    *,
    pci_attributes: Mapping[str, object] | None = None,
    language: str = "pt-BR",
    seed: int = 0,
) -> Analysis:
    """Search, judge and score.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``portfolio``, ``customers``, ``prospects``, ``sellers`` (their contracts), ``families`` and ``margins`` (as
        `canonical.frames` counts them).
    as_of : Timestamp
    pci_attributes : mapping of attribute to kind, or None
        See `attributes.declared`.
    language : str
        Of the texts in the tables; rules are written in both.
    seed : int
        Of permutations, folds and samples.

    Raises
    ------
    DataError
        Attributes declared that cannot be.
    """
    worth = value(frames["margins"], as_of)
    register = frames["customers"].drop_duplicates("customer_id").set_index("customer_id")
    columns = list(register.columns)
    kinds = attributes.declared(pci_attributes, columns, language=language) if len(register) else {}
    known = register.reindex(worth.yearly.index)
    chosen = attributes.chosen(known, kinds, worth.yearly.to_numpy())
    problem = _problem(worth, chosen)
    learned = None if problem else _learned(chosen, worth, seed)
    return _told(frames, (worth, chosen, problem, learned), as_of, language)


def _problem(worth: Value, chosen: attributes.Chosen) -> str:
    if not chosen.kinds:
        return "no_attributes"
    if len(worth.yearly) < FEWEST_CLIENTS:
        return "few_clients"
    return "flat" if worth.yearly.nunique() < 5 else ""


def _learned(chosen: attributes.Chosen, worth: Value, seed: int) -> Learned | None:
    table, yearly = chosen.table, worth.yearly.to_numpy()
    if len(table) > SEARCHED:
        some = np.sort(np.random.default_rng(seed).choice(len(table), SEARCHED, replace=False))
        table, yearly = table.iloc[some], yearly[some]
    places = grid(cut(table, chosen.kinds))
    data = prepared(table, places, yearly, attributes.size_of(table, chosen.kinds))
    found = niche(data, seed=seed)
    since = _later(found, data, worth, chosen.kinds, seed) if found.published else None
    scores = data.targets[SCAN]
    groups = clusters(table, data.hot, places, scores, seed=seed)
    return Learned(data, found, since, groups, lookalike.learn(data.hot, places, scores, seed=seed))


def _later(found: Niche, data: Data, worth: Value, kinds: Mapping, seed: int) -> Later | None:
    """The same search a year earlier, if there were clients enough then."""
    if worth.earlier is None or found.published is None:
        return None
    old = data.table.index.intersection(worth.earlier.index)
    if len(old) < FEWEST_CLIENTS:
        return None
    table = data.table.loc[old]
    places = grid(cut(table, kinds))
    then = prepared(table, places, worth.earlier.loc[old].to_numpy(), attributes.size_of(table, kinds))
    return later(then, found.published.method, worth.later.loc[old].to_numpy(), seed=seed)


def _told(frames: Mapping, known: tuple, as_of: pd.Timestamp, language: str) -> Analysis:
    """The tables."""
    worth, chosen, problem, learned = known
    portfolio = frames["portfolio"]
    register = frames["customers"].drop_duplicates("customer_id").set_index("customer_id")
    clients = attributes.typed_columns(register.reindex(portfolio["customer_id"]), chosen.kinds)
    prospects = frames["prospects"].drop_duplicates("prospect_id").set_index("prospect_id")
    others = attributes.typed_columns(prospects, chosen.kinds)
    published = learned.niche.published if learned else None
    rule = published.rule if published else ()
    scores = _ranked(clients, others, worth, rule, learned, language)
    groups = told = sellers = None
    if learned:
        parts = learned.groups, learned.data.hot, learned.data.places, learned.data.yearly
        groups = profile.cluster_table(*parts, language=language)
    if published:
        inside = pd.Series(matches(clients, rule), index=clients.index)
        told = profile.comparison(portfolio, inside, worth.yearly, frames["families"], language=language)
        sellers = profile.seller_table(portfolio, inside, frames["sellers"], language=language)
    return Analysis(
        rules=_conform(_rules(learned), "pci_rules"),
        scores=_conform(scores, "pci_scores"),
        clusters=_conform(groups, "pci_clusters"),
        comparison=_conform(told, "pci_comparison"),
        sellers=_conform(sellers, "pci_sellers"),
        near=_near(clients, rule, scores, language),
        value=worth,
        learned=learned,
        problem=problem,
        refused=chosen.refused,
        as_of=as_of,
    )


def _ranked(
    clients: pd.DataFrame, others: pd.DataFrame, worth: Value, rule: Rule, learned: Learned | None, language: str
) -> pd.DataFrame:
    """Scores of clients and prospects, the highest of each kind first."""
    own = _scores(clients, "client", rule, learned, language)
    own = own.assign(yearly_value=worth.yearly.reindex(clients.index).to_numpy())
    theirs = _scores(others, "prospect", rule, learned, language).assign(yearly_value=np.nan)
    both = pd.concat([own, theirs], ignore_index=True)
    order = ["company_kind", "lookalike_score", "company_id"]
    return both.sort_values(order, ascending=[True, False, True], ignore_index=True)


def _conform(frame: pd.DataFrame | None, name: str) -> pd.DataFrame:
    columns = list(tables.contract(name).column_names)
    return tables.conform(pd.DataFrame(columns=columns) if frame is None else frame[columns], name)


def _scores(table: pd.DataFrame, kind: str, rule: Rule, learned: Learned | None, language: str) -> pd.DataFrame:
    """Table ``pci_scores`` of clients or of prospects, without what they are worth."""
    found = pd.DataFrame({"company_kind": kind, "company_id": table.index.astype("str")})
    if learned is None:
        none = {"lookalike_score": np.nan, "known_share": 0.0, "for_text": None, "against_text": None}
        known = table.notna().mean(axis=1).to_numpy() if table.shape[1] else 0.0
        return found.assign(in_niche=False, **none | {"known_share": known})
    scored: Scored = lookalike.score(learned.model, table)
    good, bad = (explained(learned.model, table, scored, sign=sign, language=language) for sign in (1, -1))
    return found.assign(
        in_niche=matches(table, rule),
        lookalike_score=scored.probability,
        known_share=scored.known_share,
        for_text=good,
        against_text=bad,
    )


def _rules(learned: Learned | None) -> pd.DataFrame | None:
    """Table ``pci_rules``: the published rule first, or the strongest that is no more than luck."""
    if learned is None or not learned.niche.candidates:
        return None
    found, since = learned.niche, learned.later
    rows = []
    for position, candidate in enumerate(found.candidates, 1):
        published = candidate is found.published
        rows.append(
            {
                "position": position,
                "method": candidate.method,
                "published": published,
                "rule_text": rule_text(candidate.rule),
                "rule_text_en": rule_text(candidate.rule, "en"),
                "conditions": conditions_json(candidate.rule),
                "clients": int(candidate.inside.sum()),
                "client_share": float(candidate.inside.mean()),
                "sample_lift": candidate.sample.lift,
                "lift": candidate.lift.lift,
                "lift_low": candidate.lift.low,
                "lift_high": candidate.lift.high,
                "luck_share": candidate.p,
                "stability": candidate.stability,
                "later_lift": since.lift.lift if published and since else np.nan,
                "later_low": since.lift.low if published and since else np.nan,
                "later_high": since.lift.high if published and since else np.nan,
            }
        )
    return pd.DataFrame(rows)


def _near(clients: pd.DataFrame, rule: Rule, scores: pd.DataFrame, language: str) -> pd.DataFrame:
    """Clients that fulfil all conditions but one, the most alike first."""
    differs = profile.near_misses(clients, rule, language=language)
    own = scores[scores["company_kind"] == "client"].rename(columns={"company_id": "customer_id"})
    own = own[["customer_id", "lookalike_score", "yearly_value"]]
    found = differs.rename("difference").rename_axis("customer_id").reset_index().merge(own, on="customer_id")
    return found.sort_values(["lookalike_score", "customer_id"], ascending=[False, True], ignore_index=True)
