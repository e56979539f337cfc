"""Where the metrics that are no series of sales stand: the NPS, and the share of contracts renewed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carteira_lib.forecast.goals import Standing
from carteira_lib.forecast.probability import SIMULATIONS

SURVEY_DAYS = 180  # the latest answer of each client within so many days
FEWEST_ANSWERS = 10
CONTRACT_DAYS = 365


def standings(
    frames: Mapping[str, pd.DataFrame], as_of: pd.Timestamp, renewal_scores: pd.DataFrame | None,
    deadline: pd.Timestamp, *, nps_summary: pd.DataFrame | None = None, seed: int = 0,
) -> dict[str, Standing]:  # fmt: skip
    """The NPS of the last half year, and the renewal rate of the last year with that of the contracts to come.

    Parameters
    ----------
    frames : mapping
        ``surveys`` and ``contracts``.
    as_of : Timestamp
    renewal_scores : DataFrame or None
        Table of that name: the chance of each contract to renew.
    deadline : Timestamp
        Contracts that end later do not count.
    nps_summary : DataFrame or None
        Table of that name: where there is one its NPS stands, so that both pages tell the same.
    seed : int
    """
    return {
        "nps": _told(nps_summary) or nps(frames["surveys"], as_of),
        "renewal_rate": renewal_rate(frames["contracts"], as_of, renewal_scores, deadline, seed=seed),
    }


def _told(nps_summary: pd.DataFrame | None) -> Standing | None:
    """The NPS of those who answered, as page 05 tells it."""
    if nps_summary is None or nps_summary.empty:
        return None
    row = nps_summary.set_index("reading").loc["answered"]
    enough = bool(row["enough"]) and pd.notna(row["nps"])
    return Standing(float(row["nps"]), int(row["answers"])) if enough else Standing(float("nan"), 0)


def nps(surveys: pd.DataFrame, as_of: pd.Timestamp) -> Standing:
    """Promoters minus detractors, per cent of the latest answers; no cases below ten answers.

    Examples
    --------
    >>> days = pd.to_datetime(["2026-10-01"] * 10)
    >>> answers = pd.DataFrame({"customer_id": list("abcdefghij"), "answer_date": days, "score": [10] * 6 + [7] + [3] * 3})
    >>> nps(answers, pd.Timestamp("2026-10-31")).value
    30.0
    """
    recent = surveys[
        (surveys["answer_date"] <= as_of) & (surveys["answer_date"] > as_of - pd.Timedelta(days=SURVEY_DAYS))
    ]
    latest = recent.sort_values("answer_date", kind="stable").drop_duplicates("customer_id", keep="last")
    if len(latest) < FEWEST_ANSWERS:
        return Standing(float("nan"), 0)
    score = latest["score"].astype("float64")
    return Standing(float(100 * ((score >= 9).mean() - (score <= 6).mean())), len(latest))


def renewal_rate(
    contracts: pd.DataFrame, as_of: pd.Timestamp, renewal_scores: pd.DataFrame | None, deadline: pd.Timestamp,
    *, seed: int = 0,
) -> Standing:  # fmt: skip
    """Share renewed of the contracts that ended in the last year; drawn for those that end by the deadline.

    Parameters
    ----------
    contracts : DataFrame
        Contract ``contracts``: those without a known outcome do not count.
    as_of, renewal_scores, deadline, seed
        As in `standings`.
    """
    ended = contracts[
        (contracts["end_date"] <= as_of) & (contracts["end_date"] > as_of - pd.Timedelta(days=CONTRACT_DAYS))
    ]
    outcomes = ended["renewed"].dropna().astype("bool")
    if not len(outcomes):
        return Standing(float("nan"), 0)
    rate = Standing(float(outcomes.mean()), len(outcomes))
    if renewal_scores is None or renewal_scores.empty:
        return rate
    coming = contracts[(contracts["end_date"] > as_of) & (contracts["end_date"] <= deadline)]["contract_id"]
    chances = renewal_scores[renewal_scores["contract_id"].isin(coming)]["renewal_probability"].dropna()
    if chances.empty:
        return rate
    drawn = np.random.default_rng(seed).random((SIMULATIONS, len(chances))) < chances.to_numpy(dtype="float64")
    return rate._replace(draws=drawn.mean(axis=1))
