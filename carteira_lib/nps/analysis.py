"""The whole of page 05: how clients rate the company, how sure that is, what goes with it, and what to do with each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from carteira_lib import tables
from carteira_lib.language import N_
from carteira_lib.nps import waves as by_wave
from carteira_lib.nps.answers import LIVE, Answers, check_scale, population, sorted_out
from carteira_lib.nps.clients import clients_to_act_on, worth_asking
from carteira_lib.nps.comments import themes, written
from carteira_lib.nps.drivers import Drivers, drivers
from carteira_lib.nps.score import FEWEST, FIGURES, Counts, adjusted_wald, counts, finite_portfolio, without_passives
from carteira_lib.nps.segments import segments
from carteira_lib.nps.signals import described, to_explain
from carteira_lib.nps.weights import Weighted, if_detractors_are_silent, weighted
from carteira_lib.nps.worth import worth
from carteira_lib.tables import ParameterError, Problem, Run

KNOWN_SHARE = 0.5  # of the traits, without which nobody is said not to fit
READINGS = ("answered", "without_passives", "portfolio", "weighted", "detractors_silent")


class Policy(NamedTuple):
    """What the company decides.

    Attributes
    ----------
    window_days : int
        How many days an answer stays valid.
    ask_clients : int
        How many silent clients to ask next.
    scale_declared : bool
        Whether the params file says of which scale the scores are; if not, another scale than 0 to 10 is refused.
    mask_people : bool
        Whether people's names in comments become initials.
    """

    window_days: int = 180
    ask_clients: int = 20
    scale_declared: bool = False
    mask_people: bool = True


class Analysis(NamedTuple):
    """What notebook 05 shows and writes.

    Attributes
    ----------
    summary, segments, clients, waves, responses, drivers, worth, themes : DataFrame
        Tables ``nps_summary``, ``nps_segments`` and so on, as their contracts say.
    answers : Answers
    comments : DataFrame
        What was written in the window, names and contacts hidden: ``customer_id, answer_date, class, comment``.
    trend_p, revenue_p : float
        P values: of a trend over the waves, of promoters' against detractors' revenue; NaN where they were not tested.
    explained : Drivers
    as_of : Timestamp
    policy : Policy
    portfolio_clients : int
        How many of the clients whom the score stands for are in the portfolio: active or late.
    """

    summary: pd.DataFrame
    segments: pd.DataFrame
    clients: pd.DataFrame
    waves: pd.DataFrame
    responses: pd.DataFrame
    drivers: pd.DataFrame
    worth: pd.DataFrame
    themes: pd.DataFrame
    answers: Answers
    comments: pd.DataFrame
    trend_p: float
    revenue_p: float
    explained: Drivers
    as_of: pd.Timestamp
    policy: Policy
    portfolio_clients: int


def beside(run: Run) -> dict[str, pd.DataFrame]:
    """Tables of other pages that this one uses where they are there: ``churn`` and ``pci_scores``."""
    return {name: tables.optional(run, name) for name in ("churn", "pci_scores") if name in tables.TABLES}


def analyse(
    frames: Mapping[str, pd.DataFrame], policy: Policy, *, as_of: pd.Timestamp, language: str = "pt-BR", seed: int = 0
) -> Analysis:
    """Score, intervals, response, groups, waves, drivers, worth, comments and actions on `as_of`.

    Parameters
    ----------
    frames : mapping of name to DataFrame
        ``portfolio``, ``customers``, ``sellers``, ``surveys``, ``interactions`` (their contracts), ``purchases`` (one
        row per client-day), ``refused_answers`` (rows of ``rejected`` of the survey); and where they are known
        ``churn`` and ``pci_scores`` (``company_kind``, ``company_id``, ``in_niche``, ``known_share``).
    policy : Policy
    as_of : Timestamp
        Answers after it are ignored; a driver is known of the day of the answer at the latest.
    language : str
    seed : int
        Of folds and samples.

    Raises
    ------
    ParameterError
        A policy that cannot be, or scores of another scale.
    """
    _check(policy, language)
    surveys, refused, portfolio = frames["surveys"], frames["refused_answers"], frames["portfolio"]
    check_scale(surveys[surveys["answer_date"] <= as_of], refused, declared=policy.scale_declared, language=language)
    found = sorted_out(surveys, refused, portfolio, as_of, window_days=policy.window_days)
    people, fit = population(portfolio), _fit(frames)
    mended = weighted(found.window, people, frames["customers"], language=language) if len(found.window) else None
    once = by_wave.once_per_wave(found.known)
    over_time, explained = by_wave.waves(once, language=language), _explained(once, frames, fit, language, seed)
    valued = worth(found.window, people, frames.get("churn", _empty("churn")), fit)
    quotes = _quotes(found, frames, policy, as_of)
    asked = worth_asking(people, found.window, _weights(mended), most=policy.ask_clients)
    return Analysis(
        summary=_summary(found.window, len(people), mended),
        segments=segments(found.window, portfolio, frames["customers"], frames["sellers"], language=language),
        clients=clients_to_act_on(found.known, found.window, portfolio, asked, fit, as_of=as_of),
        waves=over_time.table,
        responses=mended.strata if mended else _empty("nps_responses"),
        drivers=explained.table,
        worth=valued.table,
        themes=themes(quotes, language=language, seed=seed),
        answers=found,
        comments=quotes,
        trend_p=over_time.trend_p,
        revenue_p=valued.revenue_p,
        explained=explained,
        as_of=as_of,
        policy=policy,
        portfolio_clients=int(people["status"].isin(LIVE).sum()),
    )


def _check(policy: Policy, language: str) -> None:
    message = N_("{name}: {value} é pouco; use {least} ou mais")
    least = {"nps_window_days": (policy.window_days, 1), "ask_clients": (policy.ask_clients, 0)}
    wrong = [
        Problem(message, {"name": name, "value": value, "least": low})
        for name, (value, low) in least.items()
        if not value >= low
    ]
    if wrong:
        raise ParameterError(wrong, language=language)


def _empty(name: str) -> pd.DataFrame:
    return tables.conform(pd.DataFrame(columns=list(tables.contract(name).column_names)), name)


def _fit(frames: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Whether each client fits the ideal buyer profile, by client; empty where no page tells, or none was found.

    Of whom too little is known to say that it does not fit, nothing is said.
    """
    scores = frames.get("pci_scores")
    nothing = pd.Series(dtype="boolean")
    if scores is None:
        return nothing
    own = scores[scores["company_kind"].eq("client")].set_index("company_id")
    inside = own["in_niche"].astype("boolean")
    if not inside.any():
        return nothing
    return inside.where(inside | (own["known_share"] >= KNOWN_SHARE))


def _weights(mended: Weighted | None) -> pd.Series:
    return mended.by_client if mended else pd.Series(dtype="float64")


def _explained(
    once: pd.DataFrame, frames: Mapping[str, pd.DataFrame], fit: pd.Series, language: str, seed: int
) -> Drivers:
    answers = to_explain(once, seed=seed)
    table, columns = described(answers, {**frames, "fit": fit}, language=language)
    return drivers(table, columns, answers["class"].eq("detractor"), answers["customer_id"], seed=seed)


def _quotes(found: Answers, frames: Mapping[str, pd.DataFrame], policy: Policy, as_of: pd.Timestamp) -> pd.DataFrame:
    """What clients wrote in the window, all of it: also in an answer that a later one replaced."""
    recent = found.known[found.known["answer_date"] > as_of - pd.Timedelta(days=policy.window_days)]
    return written(recent, frames["portfolio"], frames["sellers"], mask_people=policy.mask_people)


def _summary(window: pd.DataFrame, clients: int, mended: Weighted | None) -> pd.DataFrame:
    """Table ``nps_summary``: the headline first; with fewer than ten answers counts alone."""
    own = counts(window["class"])
    rows = [_row("answered", own, adjusted_wald(own) if own.answers else None, own, clients)]
    if mended is not None:
        rest = adjusted_wald(Counts(own.promoters, 0.0, own.detractors))
        rows += [
            _row("without_passives", own, rest._replace(nps=without_passives(own)), own, clients),
            _row("portfolio", own, finite_portfolio(own, clients), own, clients),
            _row("weighted", mended.effective, mended.estimate, own, clients),
            _row("detractors_silent", mended.effective, if_detractors_are_silent(mended.effective), own, clients),
        ]
    return tables.conform(pd.DataFrame(rows), "nps_summary")


def _row(reading: str, shown: Counts, estimate, own: Counts, clients: int) -> dict[str, object]:
    enough = own.answers >= FEWEST and estimate is not None
    nothing = dict.fromkeys(FIGURES)
    figures = dict(zip(nothing, map(float, estimate), strict=True)) if enough else nothing
    return {
        "reading": reading,
        **figures,
        "answers": int(own.answers),
        **shown._asdict(),
        "clients": clients,
        "response_share": own.answers / clients if clients else None,
        "enough": enough,
    }
