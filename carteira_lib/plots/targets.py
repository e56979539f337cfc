"""Goals and forecasts: where each goal stands beside its target, and a line that goes on with its band."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.plots.series import HEIGHT, key_axis, scale
from carteira_lib.plots.style import Item

ROW = 0.5  # inches per goal
NAME_LENGTH = 72
SPAN = (0.0, 1.6)  # of the target: what lies further is drawn at the edge, and its number is told


@style.styled
def bullets(
    goals: pd.DataFrame, *, title: str, subtitle: str = "", language: str = "pt-BR", ax: Axes | None = None
) -> Axes:
    """One bullet per goal: what is expected at the deadline and its range beside the target, with the chance at the right.

    Parameters
    ----------
    goals : DataFrame
        Indexed by the goal's name: ``target``, ``standing``, ``expected``, ``low``, ``high`` (any but the target may be
        missing), ``probability``, and ``text``, what stands at the right where there is no probability.

    Returns
    -------
    Axes
    """
    _ = translator(language)
    columns = ["target", "standing", "expected", "low", "high", "probability"]
    table = goals[columns].apply(style.numbers)
    texts = [
        style.text_of(chance, "percent", language) if chance == chance else style.shorten(text, 22)
        for chance, text in zip(table["probability"], goals["text"], strict=True)
    ]
    ax = style.canvas(0.75 + ROW * max(len(table), 2), title, subtitle, ax)
    style.told(ax, title, _bullet_items(table, texts, language), subtitle=subtitle, language=language)
    if table.empty:
        return style.empty(ax, language)
    whole = table[columns[1:5]].div(table["target"], axis=0)
    share, rows = whole.clip(*SPAN), range(len(table))
    ax.barh(rows, share["high"] - share["low"], left=share["low"], height=0.5, color=style.GREY)
    ax.barh(rows, share["standing"], height=0.2, color=style.SKY)
    beyond = (whole["expected"] > SPAN[1]).to_numpy()
    ax.plot(share["expected"].mask(beyond), rows, "o", color=style.BLUE, markersize=7, clip_on=False)
    _beyond(ax, [(row, value) for row, value in zip(rows, whole["expected"], strict=True) if beyond[row]], language)
    ax.vlines([1.0] * len(table), [r - 0.36 for r in rows], [r + 0.36 for r in rows], color=style.INK, linewidth=2.4)
    _bullet_axes(ax, table.index, texts, language)
    names = [_("hoje"), _("esperado no prazo"), _("faixa de 80%"), _("alvo")]
    style.key_row(ax, names, [style.SKY, style.BLUE, style.GREY, style.INK], marks="■●■❙", from_edge=True)
    return ax


def _beyond(ax: Axes, found: list[tuple[int, float]], language: str) -> None:
    """What is expected far beyond the target: an arrow at the edge, and how much it is."""
    for row, value in found:
        ax.plot([SPAN[1]], [row], ">", color=style.BLUE, markersize=8, clip_on=False)
        where = {"xytext": (7, 0), "textcoords": "offset points", "va": "center", "fontsize": style.SMALL}
        ax.annotate(style.text_of(value, "percent", language), (SPAN[1], row), color=style.BLUE, **where)


def _bullet_items(table: pd.DataFrame, texts: list[str], language: str) -> list[Item]:
    _ = translator(language)
    items = []
    for (name, row), text in zip(table.iterrows(), texts, strict=True):
        target, expected = (style.text_of(row[c], "number", language) for c in ("target", "expected"))
        told = _("esperado {expected} de {target}, {text}", expected=expected, target=target, text=text)
        items.append(Item(style.label_of(name, language, 60), float(row["target"]), told))
    return items


def _bullet_axes(ax: Axes, names: pd.Index, texts: list[str], language: str) -> None:
    """Two lines of name at the left, the chance at the right, the scale in shares of the target."""
    labels = ["\n".join(style.wrap(style.label_of(name, "pt-BR", NAME_LENGTH), 2.1, style.SMALL)) for name in names]
    ax.set_yticks(range(len(labels)), labels, fontsize=style.SMALL)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    width = max(style.text_width(text, style.FONT, "bold") for text in texts)
    ax.set_xlim(SPAN[0], SPAN[1] + 0.35 + 0.5 * width)
    ticks = [0.0, 0.5, 1.0, 1.5]
    ax.set_xticks(
        ticks, [style.text_of(t, "percent", language) for t in ticks], fontsize=style.SMALL, color=style.MUTED
    )
    for row, text in enumerate(texts):
        where = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "center", "fontweight": "bold"}
        ax.annotate(text, (1, row), color=style.INK, **where)


@style.styled
def outlook(
    history: pd.Series, ahead: pd.DataFrame, *, title: str, subtitle: str = "", unit: str = "number",
    language: str = "pt-BR", ax: Axes | None = None,
) -> Axes:  # fmt: skip
    """The months known and the months foretold with their band.

    Parameters
    ----------
    history : Series
        Indexed by month (timestamps).
    ahead : DataFrame
        Indexed by month: ``estimate``, ``low``, ``high``.

    Returns
    -------
    Axes
    """
    _ = translator(language)
    known, ahead = style.numbers(history), ahead[["estimate", "low", "high"]].apply(style.numbers)
    items = [Item(style.label_of(k, language), v, style.text_of(v, unit, language)) for k, v in known.items()]
    for month, row in ahead.iterrows():
        value, low, high = (style.text_of(v, unit, language) for v in row)
        told = _("previsto {value} (de {low} a {high})", value=value, low=low, high=high)
        items.append(Item(style.label_of(month, language), float(row["estimate"]), told))
    ax = style.canvas(HEIGHT + 0.3, title, subtitle, ax)
    style.told(ax, title, items if len(ahead) else [], subtitle=subtitle, language=language)
    if not ahead.notna().any(axis=None):
        return style.empty(ax, language)
    start, x = len(known), range(len(known), len(known) + len(ahead))
    ax.fill_between(x, ahead["low"], ahead["high"], color=style.SKY, alpha=0.35, linewidth=0)
    ax.plot(range(start), known, color=style.MUTED, linewidth=1.8)
    ax.plot(x, ahead["estimate"], color=style.BLUE, linewidth=2.6, marker="o", markersize=4)
    scale(ax, pd.concat([known.to_frame("known"), ahead]), unit, language)
    key_axis(ax, known.index.append(ahead.index), language, style.WIDTH - 0.8)
    style.key_row(
        ax, [_("vendido"), _("previsto"), _("faixa de 80%")], [style.MUTED, style.BLUE, style.SKY], marks="●●■"
    )
    return ax
