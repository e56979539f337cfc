"""A map of clients: who stands near whom, coloured by group."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.plots.style import Item

SIZE = 3.6
TONES = (style.BLUE, style.ORANGE, style.GREEN, style.PURPLE, style.SKY, style.VERMILLION)
PLACES = 2  # decimals to which points at the same place are drawn as one


@style.styled
def scatter(
    points: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    x_label: str = "",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """Clients as dots, the larger the more of them share a place, one colour and mark per group.

    Parameters
    ----------
    points : DataFrame
        One row per client: ``x``, ``y`` and ``group`` (its name), groups in the order of their first row.

    Returns
    -------
    Axes

    Examples
    --------
    >>> points = pd.DataFrame({"x": [0, 0, 1], "y": [0, 0, 1], "group": ["A", "A", "B"]})
    >>> style.alt(scatter(points, title="Dois grupos"))
    'Dois grupos. A: 2 clientes; B: 1 cliente.'
    """
    _ = translator(language)
    names = list(dict.fromkeys(points["group"]))
    counts = [int((points["group"] == name).sum()) for name in names]
    items = [
        Item(style.shorten(name), count, _.ngettext("{n} cliente", "{n} clientes", count))
        for name, count in zip(names, counts, strict=True)
    ]
    ax = style.canvas(SIZE, title, subtitle, ax)
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if not names:
        return style.empty(ax, language)
    marks = "osD^vP"
    for i, name in enumerate(names):
        own = points[points["group"] == name].round({"x": PLACES, "y": PLACES})
        places = own.groupby(["x", "y"]).size()
        x, y = (places.index.get_level_values(axis) for axis in ("x", "y"))
        look = {"color": TONES[i % len(TONES)], "marker": marks[i % len(marks)], "alpha": 0.75, "linewidth": 0.5}
        ax.scatter(x, y, s=18 * np.sqrt(places.to_numpy()), edgecolor="white", **look)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_xlabel(style.clean(x_label) if x_label else "", loc="left", fontsize=style.SMALL)
    tones = [TONES[i % len(TONES)] for i in range(len(names))]
    texts = [f"{item.label}: {item.text}" for item in items]
    style.key_row(ax, texts, tones, marks="●■◆▲▼●")
    return ax
