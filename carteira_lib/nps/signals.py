"""What was known of a client on the day it answered: attributes, and what it did before. Nothing of later days."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib import formats
from carteira_lib.groups import made_here, merged
from carteira_lib.language import N_, Translator, translator
from carteira_lib.nps.ids import held

WINDOW_DAYS = 180
MOST_ANSWERS = 20_000
FEWEST_WITH = 20  # answers with a level or a behaviour, and as many without it, to look at it
MOST_KINDS = 8
SILENT_CYCLES = 2
LEVELS = {"sector": N_("Setor: {name}"), "region": N_("Região: {name}")}
MEASURES = {
    "employees": N_("Porte: de {low} para {high} funcionários"),
    "tenure_days": N_("Tempo de casa: de {low} para {high} dias"),
    "orders": N_("Pedidos em 180 dias: de {low} para {high}"),
}
FIT = N_("Dentro do perfil ideal (PCI)")
FLAGS = {
    "silent": N_("Mais de 2 ciclos próprios sem comprar"),
    "slower": N_("Pedidos a menos da metade em 180 dias"),
}


class Column(NamedTuple):
    """A column of the model's table: how it is told, whether it is an attribute or a behaviour, and its form.

    ``form`` is "level" (a group against the mean of all), "flag" (with against without), "measure" (the third quartile
    against the first), or "control" (not told: the wave).
    """

    name: str
    label: str
    kind: str
    form: str


def to_explain(once: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """One answer per client and wave, as `waves.once_per_wave` gives them; of more than 20,000 a sample of clients."""
    share = MOST_ANSWERS / max(len(once), 1)
    ordered = once.sort_values(["customer_id", "answer_date"], ignore_index=True) if share >= 1 else once
    if share >= 1:
        return ordered
    clients = np.unique(once["client"])
    drawn = np.random.default_rng(seed).choice(clients, int(share * len(clients)), replace=False)
    kept = once[once["client"].isin(drawn)]
    return kept.sort_values(["customer_id", "answer_date"], ignore_index=True)


def described(
    answers: pd.DataFrame, frames: Mapping[str, pd.DataFrame], *, language: str = "pt-BR"
) -> tuple[pd.DataFrame, list[Column]]:
    """One row per answer with numbers only, and what each column is.

    Parameters
    ----------
    answers : DataFrame
        As `to_explain` gives it: ``customer_id``, ``answer_date``, ``wave``.
    frames : mapping of name to DataFrame
        ``customers``, ``interactions``, ``purchases``; ``fit``: a Series by client, empty where that is not known.

    Returns
    -------
    DataFrame, list of Column
        Missing measures are at the median; missing levels are at none.
    """
    _ = translator(language)
    rows = answers[["customer_id", "answer_date"]].reset_index(drop=True)
    attributes = frames["customers"].drop_duplicates("customer_id").set_index("customer_id")
    own = pd.DataFrame({name: rows["customer_id"].map(attributes[name]) for name in ("sector", "region", "employees")})
    buying = _buying(rows, frames["purchases"])
    parts = [
        _levels(own, _),
        _measures(buying.assign(employees=own["employees"].astype("float64")), _),
        _flags({name: (buying[name], _(label)) for name, label in FLAGS.items()}),
        _flags({"fit": (rows["customer_id"].map(frames["fit"]).eq(True).fillna(False), _(FIT))}, "attribute"),
        _flags(_contacts(rows, frames["interactions"], _)),
        _periods(answers["wave"].reset_index(drop=True)),
    ]
    columns = [column for _table, found in parts for column in found]
    return pd.concat([table for table, _found in parts], axis=1), columns


def _levels(own: pd.DataFrame, _: Translator) -> tuple[pd.DataFrame, list[Column]]:
    table, columns = {}, []
    for dimension, label in LEVELS.items():
        group = merged(own[dimension], pd.Series(1.0, index=own.index), language=_.language)
        for level in sorted(set(group) - set(made_here(_.language))):
            here = group == level
            if _common(here):
                table[f"{dimension}={level}"] = here.astype("float64")
                columns.append(Column(f"{dimension}={level}", _(label, name=level), "attribute", "level"))
    return pd.DataFrame(table, index=own.index), columns


def _common(flag: pd.Series) -> bool:
    return FEWEST_WITH <= int(flag.sum()) <= len(flag) - FEWEST_WITH


def _measures(raw: pd.DataFrame, _: Translator) -> tuple[pd.DataFrame, list[Column]]:
    table, columns = {}, []
    for name, label in MEASURES.items():
        values = raw[name]
        low, high = values.quantile([0.25, 0.75])
        if values.notna().mean() < 0.5 or not low < high:
            continue
        table[name] = np.log1p(values.fillna(values.median()).clip(lower=0))
        told = _(label, low=formats.number(low, 0, _.language), high=formats.number(high, 0, _.language))
        columns.append(Column(name, told, "behaviour" if name == "orders" else "attribute", "measure"))
    return pd.DataFrame(table, index=raw.index), columns


def _flags(found: Mapping[str, tuple[pd.Series, str]], kind: str = "behaviour") -> tuple[pd.DataFrame, list[Column]]:
    kept = {name: (flag, label) for name, (flag, label) in found.items() if _common(flag)}
    table = {name: flag.astype("float64") for name, (flag, _label) in kept.items()}
    index = next(iter(found.values()))[0].index if found else None
    return pd.DataFrame(table, index=index), [
        Column(name, label, kind, "flag") for name, (_flag, label) in kept.items()
    ]


def _buying(rows: pd.DataFrame, purchases: pd.DataFrame) -> pd.DataFrame:
    """Tenure, orders of two windows, silence in own cycles: of the orders up to the day of the answer."""
    bought = purchases[(purchases["net_amount"] > 0) & held(purchases["customer_id"], rows["customer_id"])]
    joined = rows.assign(row=rows.index).merge(bought[["customer_id", "order_date"]], on="customer_id")
    ago = (joined["answer_date"] - joined["order_date"]).dt.days
    known = pd.DataFrame({"row": joined["row"], "ago": ago})[ago >= 0]
    by = known.groupby("row")["ago"]
    first, last, count = by.max(), by.min(), by.size()
    recent = known["ago"] < WINDOW_DAYS
    orders = recent.groupby(known["row"]).sum()
    before = (~recent & (known["ago"] < 2 * WINDOW_DAYS)).groupby(known["row"]).sum()
    found = pd.DataFrame(
        {
            "tenure_days": first.astype("float64"),
            "orders": orders.astype("float64"),
            "silent": (count > 2) & (last * (count - 1) > SILENT_CYCLES * (first - last)),
            "slower": (before >= 2) & (2 * orders < before),
        }
    ).reindex(rows.index)
    return found.assign(silent=found["silent"].eq(True), slower=found["slower"].eq(True))


def _contacts(rows: pd.DataFrame, interactions: pd.DataFrame, _: Translator) -> dict[str, tuple[pd.Series, str]]:
    """Whether the client had each of the commonest kinds of contact in the 180 days before it answered."""
    numbered = rows.assign(row=rows.index)
    joined = interactions[["customer_id", "event_date", "kind"]].merge(numbered, on="customer_id")
    ago = (joined["answer_date"] - joined["event_date"]).dt.days
    near = joined[(ago >= 0) & (ago < WINDOW_DAYS)].drop_duplicates(["row", "kind"])
    common = near["kind"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return {
        f"kind={kind}": (
            pd.Series(rows.index.isin(near.loc[near["kind"] == kind, "row"]), index=rows.index),
            _("Teve “{kind}” nos 180 dias antes", kind=kind),
        )
        for kind in sorted(common.index[:MOST_KINDS])
    }


def _periods(wave: pd.Series) -> tuple[pd.DataFrame, list[Column]]:
    """The wave of the answer, so that what changed for everybody is not taken for what clients do."""
    table = {f"period={name}": (wave == name).astype("float64") for name in sorted(wave.unique())}
    if len(table) < 2:
        return pd.DataFrame(index=wave.index), []
    return pd.DataFrame(table, index=wave.index), [Column(name, "", "attribute", "control") for name in table]
