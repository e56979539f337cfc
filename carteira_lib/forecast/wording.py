"""A goal in words: what it counts, its target and deadline, and where it stands."""

from __future__ import annotations

import pandas as pd

from carteira_lib import tables
from carteira_lib.words import Words


def amount(metric: str, value: float, words: Words) -> str:
    """A value of a metric as people read it."""
    if metric == "revenue":
        return words.money(value)
    if metric == "renewal_rate":
        return words.percent(value)
    return words.number(value, 0 if abs(value) >= 10 or float(value).is_integer() else 1)


def named(goal: pd.Series | object, words: Words) -> str:
    """A goal in words: metric, target and deadline, of a sum also from which day it counts, where the goal says so."""
    _ = words.translate
    told = {
        "metric": tables.value_label("metric", goal.metric, words.language),
        "target": amount(goal.metric, goal.target, words),
        "deadline": words.date(goal.deadline),
    }
    if pd.isna(goal.start_date):
        return _("{metric}: {target} até {deadline}", **told)
    return _("{metric} de {start} a {deadline}: {target}", start=words.date(goal.start_date), **told)


def state(goal: pd.Series | object, words: Words) -> str:
    """The state of a goal in words, with what to mind."""
    _, told = words.translate, tables.value_label("goal_state", goal.goal_state, words.language)
    if pd.notna(goal.goal_reason):
        return f"{told}: {tables.value_label('goal_reason', goal.goal_reason, words.language)}"
    return told + ": " + _("chance aproximada") if goal.approximate else told
