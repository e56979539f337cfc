"""Which answers count: of known clients, in the window, the latest of each client; what does not count is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from carteira_lib.language import N_
from carteira_lib.nps.ids import place
from carteira_lib.nps.score import FEWEST, class_of
from carteira_lib.tables import DataError, Problem

LIVE = ("active", "late")
RECENT_DAYS = 365
COLUMNS = ("customer_id", "client", "answer_date", "score", "class", "comment")
FIVE, HUNDRED = (1, 5), (10, 100)  # scores of other scales: all within the first, most of them beyond the 10 of ours


class Answers(NamedTuple):
    """The answers of a survey, sorted out.

    Attributes
    ----------
    window : DataFrame
        One row per client of the portfolio who answered in the window, its latest answer: ``customer_id, client``
        (its row in the portfolio), ``answer_date, score, class, comment``.
    known : DataFrame
        Every usable answer of a known client, of any date, in the same columns.
    left_out : dict of str to int
        How many answers do not count, by reason: "invalid_score", "unreadable_date", "date_after_as_of" and what else
        the cleaning refused; "unknown_client" (never bought), "not_recent" (has not bought for a year), "old" (before
        the window), "repeated" (followed by another of the same client in the window).
    example : str
        A code that no client has; empty where there is none.
    """

    window: pd.DataFrame
    known: pd.DataFrame
    left_out: dict[str, int]
    example: str


def scale_declared(sources: Mapping[str, Mapping] | None) -> bool:
    """Whether the params file says of which scale the scores of the survey are.

    Examples
    --------
    >>> scale_declared({"surveys": {"path": "nps.csv", "survey_scale": "1-5"}}), scale_declared(None)
    (True, False)
    """
    return "survey_scale" in (sources or {}).get("surveys", {})


def population(portfolio: pd.DataFrame) -> pd.DataFrame:
    """The clients whose opinion the score stands for: they buy in their cycle, or bought in the last 12 months.

    Parameters
    ----------
    portfolio : DataFrame
        Table ``portfolio``.
    """
    return portfolio[_member(portfolio)].reset_index(drop=True)


def _member(portfolio: pd.DataFrame) -> pd.Series:
    return portfolio["status"].isin(LIVE) | (portfolio["recency_days"].astype("float64") <= RECENT_DAYS)


def sorted_out(
    surveys: pd.DataFrame, refused: pd.DataFrame, portfolio: pd.DataFrame, as_of: pd.Timestamp, *, window_days: int
) -> Answers:
    """The answers that count on `as_of`, and how many do not.

    Parameters
    ----------
    surveys : DataFrame
        Table ``surveys``; answers after `as_of` are ignored.
    refused : DataFrame
        Rows of table ``rejected`` that are of the survey: uses ``reason``.
    portfolio : DataFrame
        Table ``portfolio``: uses ``customer_id``, ``status``, ``recency_days``.
    as_of : Timestamp
    window_days : int
        Of two answers on one day the lower counts, so that the order of the rows does not matter.
    """
    given = surveys.loc[
        (surveys["answer_date"] <= as_of) & surveys["score"].notna(), ["customer_id", "answer_date", "score", "comment"]
    ]
    order = np.lexsort([-given["score"].to_numpy("int64"), given["answer_date"].to_numpy()])
    given = given.iloc[order].assign(client=place(given["customer_id"], portfolio["customer_id"])[order])
    bought = given["client"] >= 0
    known = given[bought].assign(**{"class": lambda t: class_of(t["score"])})[list(COLUMNS)]
    fresh = known["answer_date"] > as_of - pd.Timedelta(days=window_days)
    member = pd.Series(_member(portfolio).to_numpy(bool)[known["client"]], index=known.index)
    counted = known[fresh & member]
    window = counted.drop_duplicates("client", keep="last")
    left_out = {str(reason): int(n) for reason, n in refused["reason"].value_counts().items()} | {
        "unknown_client": int((~bought).sum()),
        "not_recent": int((fresh & ~member).sum()),
        "old": int((~fresh).sum()),
        "repeated": len(counted) - len(window),
    }
    strangers = given.loc[~bought, "customer_id"]
    example = str(strangers.min()) if len(strangers) else ""
    return Answers(
        window.reset_index(drop=True), known.reset_index(drop=True), {k: n for k, n in left_out.items() if n}, example
    )


def check_scale(surveys: pd.DataFrame, refused: pd.DataFrame, *, declared: bool, language: str = "pt-BR") -> None:
    """Refuse scores that are of another scale: an NPS made of grades from 1 to 5 would be -100.

    Parameters
    ----------
    surveys, refused : DataFrame
        As in `sorted_out`; of `refused` also ``value``.
    declared : bool
        The params file says of which scale the scores are: nothing to guess.

    Raises
    ------
    DataError
        With the remedy.
    """
    if declared:
        return
    scores = surveys["score"].dropna().astype("float64")
    beyond = pd.to_numeric(refused.loc[refused["reason"] == "invalid_score", "value"], errors="coerce")
    beyond = beyond[(beyond > HUNDRED[0]) & (beyond <= HUNDRED[1])]
    message = N_(
        "surveys: as notas parecem ser de {low} a {high} ({n} de {total}), e o NPS usa notas de 0 a 10. Se forem, declare survey_scale: {low}-{high} em sources.surveys; se não, declare survey_scale: 0-10."
    )
    values = None
    if len(beyond) >= max(FEWEST, len(scores)):
        values = {"low": 0, "high": HUNDRED[1], "n": len(beyond), "total": len(scores) + len(refused)}
    elif len(scores) >= FEWEST and scores.between(*FIVE).all():
        values = {"low": FIVE[0], "high": FIVE[1], "n": len(scores), "total": len(scores) + len(refused)}
    if values:
        raise DataError([Problem(message, values)], language=language)
