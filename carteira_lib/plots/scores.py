"""Scores with how sure they are: one on its scale, and several along time with the changes that are proven."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.plots.series import HEIGHT, key_axis
from carteira_lib.plots.style import Item

SCALE = (-100, 100)


@style.styled
def gauge(
    estimate: pd.Series, *, title: str, subtitle: str = "", language: str = "pt-BR", ax: Axes | None = None
) -> Axes:
    """A score from -100 to 100 on its scale, with its interval.

    Parameters
    ----------
    estimate : Series
        ``estimate``, ``low``, ``high``; a missing estimate draws nothing.

    Returns
    -------
    Axes

    Examples
    --------
    >>> style.alt(gauge(pd.Series({"estimate": 30.0, "low": 21.0, "high": 38.0}), title="NPS 30"))
    'NPS 30. nota: 30; intervalo de 95%: 21 a 38.'
    """
    _ = translator(language)
    value, low, high = style.numbers(estimate[["estimate", "low", "high"]])
    known = value == value
    texts = [style.text_of(v, "points", language) for v in (value, low, high)]
    between = _("{low} a {high}", low=texts[1], high=texts[2])
    items = [Item(_("nota"), value, texts[0]), Item(_("intervalo de 95%"), high, between)] if known else []
    ax = style.canvas(1.35, title, subtitle, ax)
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if not known:
        return style.empty(ax, language)
    ax.axhspan(-0.16, 0.16, color=style.RULE, linewidth=0)
    ax.plot([low, high], [0, 0], color=style.SKY, linewidth=15, solid_capstyle="butt")
    ax.plot([value, value], [-0.24, 0.24], color=style.INK, linewidth=3)
    ax.annotate(texts[0], (value, 0.3), ha="center", va="bottom", fontsize=20, fontweight="bold")
    _limits_told(ax, (low, high), texts[1:])
    ticks = [-100, -50, 0, 50, 100]
    ax.set_xticks(ticks, [style.text_of(t, "points", language) for t in ticks], fontsize=style.SMALL, color=style.MUTED)
    ax.set_yticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_xlim(SCALE[0] - 4, SCALE[1] + 4)
    ax.set_ylim(-0.62, 1.0)
    return ax


def _limits_told(ax: Axes, limits: tuple[float, float], texts: list[str]) -> None:
    for place, text, side in zip(limits, texts, ("right", "left"), strict=True):
        edge = {"right": max(place, SCALE[0] + 8), "left": min(place, SCALE[1] - 8)}[side]
        ax.annotate(text, (edge, -0.2), ha=side, va="top", fontsize=style.SMALL, color=style.INK)


@style.styled
def band(
    scores: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    unit: str = "points",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """A line of scores within the band of their intervals; only the scores whose change is proven are in colour.

    Parameters
    ----------
    scores : DataFrame
        Indexed by wave, in order: ``estimate``, ``low``, ``high`` and ``proven`` (the change from the score before it
        is more than chance). Missing scores leave a gap.

    Returns
    -------
    Axes
    """
    _ = translator(language)
    table = scores[["estimate", "low", "high"]].apply(style.numbers)
    proven = scores["proven"].fillna(False).to_numpy(bool)
    texts = [style.text_of(v, unit, language) for v in table["estimate"]]
    marks = [_(" (mudança comprovada)") if mark else "" for mark in proven]
    keys = [style.label_of(key, language, 40) for key in table.index]
    items = [
        Item(*row) for row in zip(keys, table["estimate"], map("".join, zip(texts, marks, strict=True)), strict=True)
    ]
    ax = style.canvas(HEIGHT, title, subtitle, ax)
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if not table["estimate"].notna().any():
        return style.empty(ax, language)
    places = pd.Series(range(len(table)), index=table.index)
    seen = table["estimate"].notna()
    ax.fill_between(places[seen], table["low"][seen], table["high"][seen], color=style.GREY, alpha=0.45, linewidth=0)
    ax.plot(places[seen], table["estimate"][seen], color=style.MUTED, linewidth=1.8, zorder=2)
    tones = [style.VERMILLION if mark else style.MUTED for mark in proven]
    ax.scatter(places, table["estimate"], s=[90 if mark else 40 for mark in proven], color=tones, zorder=3)
    for place, (value, text, mark) in enumerate(zip(table["estimate"], texts, proven, strict=True)):
        if value == value:
            _told_value(ax, (place, value), text, proven=bool(mark))
    key_axis(ax, table.index, language)
    _room(ax, table)
    return ax


def _told_value(ax: Axes, place: tuple[float, float], text: str, *, proven: bool) -> None:
    look = {"color": style.VERMILLION if proven else style.INK, "fontweight": "bold" if proven else "normal"}
    ax.annotate(text, place, xytext=(0, 8), textcoords="offset points", ha="center", va="bottom", **look)


def _room(ax: Axes, table: pd.DataFrame) -> None:
    low, high = min(table["low"].min(), 0), max(table["high"].max(), 0)
    pad = (high - low or 1) * 0.12
    ax.set_ylim(low - pad, high + pad)
    ax.set_yticks([])
    ax.axhline(0, color=style.MUTED, linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    ax.spines["bottom"].set_visible(False)
