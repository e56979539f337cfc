"""How good predictions were: predicted beside observed shares, and how much a ranking reaches."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.plots.style import Item

SIZE = 3.6


@style.styled
def calibration(
    bins: pd.DataFrame, *, title: str, subtitle: str = "", language: str = "pt-BR", ax: Axes | None = None
) -> Axes:
    """Observed against predicted shares, with the band in which chance alone would leave right predictions.

    Parameters
    ----------
    bins : DataFrame
        One row per group of predictions: ``predicted``, ``observed``, and ``low``, ``high`` of the band, all 0 to 1.

    Returns
    -------
    Axes
    """
    _ = translator(language)
    table = bins[["predicted", "observed", "low", "high"]].apply(style.numbers).sort_values("predicted")
    texts = [style.text_of(v, "percent", language) for v in table["observed"]]
    items = [
        Item(_("previsto {share}", share=style.text_of(p, "percent", language)), o, t)
        for p, o, t in zip(table["predicted"], table["observed"], texts, strict=True)
    ]
    ax = style.canvas(SIZE, title, subtitle, ax)
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if not table.notna().all(axis=1).any():
        return style.empty(ax, language)
    ax.fill_between(table["predicted"], table["low"], table["high"], color=style.GREY, alpha=0.55, linewidth=0)
    ax.plot([0, 1], [0, 1], color=style.MUTED, linewidth=1, linestyle=(0, (4, 3)))
    ax.plot(table["predicted"], table["observed"], "o", color=style.BLUE, markersize=7, clip_on=False, zorder=3)
    style.share_axes(ax, _("previsto"), language)
    names = [_("ocorrido"), _("ocorrido se a previsão for perfeita"), _("variação só pelo acaso")]
    style.key_row(ax, names, [style.BLUE, style.MUTED, style.GREY], marks="●–■")
    return ax


@style.styled
def reach(
    curves: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    x_label: str = "",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """What share of a total a ranking reaches with the first so many, one line per ranking; the first in colour.

    Parameters
    ----------
    curves : DataFrame
        Indexed by the share taken, 0 to 1, in order; one column per ranking with the share reached.

    Returns
    -------
    Axes
    """
    table = curves.apply(style.numbers)
    items = [
        Item(f"{style.shorten(name, 30)}, {style.text_of(key, 'percent', language)}", value, style.text_of(value, "percent", language))
        for name in table
        for key, value in table[name].items()
    ]  # fmt: skip
    ax = style.canvas(SIZE, title, subtitle, ax)
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if not table.notna().any(axis=None):
        return style.empty(ax, language)
    tones = [style.BLUE, style.VERMILLION, style.GREEN, style.MUTED]
    for i, name in enumerate(table):
        ax.plot(table.index, table[name], color=tones[i % 4], linewidth=2.6 if i == 0 else 1.6, zorder=9 - i)
    style.share_axes(ax, x_label, language)
    style.key_row(
        ax, [style.shorten(name, 36) for name in table], [tones[i % 4] for i in range(table.shape[1])], marks="●"
    )
    return ax
