"""Plots along an axis, mostly months: columns, lines, movement, waterfall, and a curve with its threshold."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from carteira_lib import formats
from carteira_lib.language import N_, translator
from carteira_lib.plots import style
from carteira_lib.plots.style import Item

HEIGHT = 2.7
PARTS = {"new": N_("entraram"), "recovered": N_("recuperados"), "lost": N_("perdidos"), "net": N_("saldo")}


@style.styled
def columns(
    values: pd.Series,
    *,
    title: str,
    subtitle: str = "",
    unit: str = "number",
    language: str = "pt-BR",
    highlight: Hashable | Sequence[Hashable] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Vertical columns, one per month or category; every value is labelled where all fit, else the key ones.

    Parameters
    ----------
    values : Series
        Indexed by month (timestamps) or category.

    Returns
    -------
    Axes

    Examples
    --------
    >>> months = pd.to_datetime(["2026-09-01", "2026-10-01"])
    >>> style.alt(columns(pd.Series([5, 8], index=months), title="Cresceu"))
    'Cresceu. set/2026: 5; out/2026: 8.'
    """
    values = style.numbers(values)
    texts = [style.text_of(v, unit, language) for v in values]
    ax = style.canvas(HEIGHT, title, subtitle, ax)
    style.told(ax, title, _items(values, texts, language), subtitle=subtitle, language=language)
    if values.empty:
        return style.empty(ax, language)
    ax.bar(range(len(values)), values.fillna(0), width=0.76, color=style.colours(values.index, highlight))
    key_axis(ax, values.index, language)
    _limits(ax, [values])
    _value_labels(ax, values, texts)
    return ax


def _items(values: pd.Series, texts: Sequence[str], language: str) -> list[Item]:
    keys = [style.label_of(key, language, 60) for key in values.index]
    return [Item(*item) for item in zip(keys, values, texts, strict=True)]


def _value_labels(ax: Axes, values: pd.Series, texts: Sequence[str]) -> None:
    """Every value above its column where all fit side by side, else the last and the largest, clear of the others."""
    seen = [i for i, v in enumerate(values) if not formats.is_missing(v)]
    room = (style.WIDTH - 0.3) / max(len(values), 1)
    if not seen or max(style.text_width(t, style.SMALL) for t in texts) <= room - 0.04:
        for i in seen:
            _above(ax, i, values.iloc[i], texts[i])
        return
    reach = int(np.ceil(max(style.text_width(texts[i], style.SMALL) for i in seen) / room))
    largest = int(np.nanargmax(values.to_numpy()))
    for i in [seen[-1], *([largest] if seen[-1] - largest > reach else [])]:
        low, high = values.iloc[i], values.iloc[max(0, i - reach) : i + reach + 1].clip(lower=0).max()
        if high > max(low, 0):
            ax.vlines(i, max(low, 0), high, color=style.MUTED, linewidth=0.8)
        where = {"ha": "right" if i > len(values) - reach else "center", "va": "bottom", "fontsize": style.SMALL}
        edge = i + 0.4 if where["ha"] == "right" else i
        ax.annotate(texts[i], (edge, high), xytext=(0, 3), textcoords="offset points", fontweight="bold", **where)


def _above(ax: Axes, x: float, value: float, text: str, *, colour: str = style.INK, gap: float = 3) -> None:
    side = -1 if value < 0 else 1
    where = {"ha": "center", "va": "top" if side < 0 else "bottom", "fontsize": style.SMALL, "color": colour}
    ax.annotate(text, (x, value), xytext=(0, gap * side), textcoords="offset points", **where)


def _limits(ax: Axes, shown: Sequence[pd.Series]) -> None:
    """From zero, with room for a label at either end."""
    low = min(0.0, *(np.nanmin(s.fillna(0)) for s in shown))
    high = max(0.0, *(np.nanmax(s.fillna(0)) for s in shown))
    pad = (high - low or 1) * 0.13
    ax.set_ylim(low - (pad if low < 0 else 0), high + (pad if high > 0 or low == 0 else 0))
    ax.set_yticks([])
    if low < 0:
        ax.axhline(0, color=style.MUTED, linewidth=0.8)
        ax.spines["bottom"].set_visible(False)


def key_axis(ax: Axes, keys: pd.Index, language: str, width: float = style.WIDTH - 0.3) -> None:
    """Labels below columns that span `width` inches: as many as fit, counted from the last one back."""
    months = [isinstance(key, pd.Timestamp) for key in keys]
    texts = [style.label_of(key, language, 14 if len(keys) > 4 else 28) for key in keys]
    room = width / len(keys)
    if not all(months):
        return _category_axis(ax, texts, room)
    step = int(np.ceil((max(style.text_width(t, style.SMALL) for t in texts) + 0.1) / room))
    shown = list(range(len(keys) - 1, -1, -step))[::-1]
    ax.set_xticks(shown, [texts[i] for i in shown], fontsize=style.SMALL)
    ax.tick_params(axis="x", length=3)
    ax.set_xlim(-0.6, len(keys) - 0.4)
    return None


def _category_axis(ax: Axes, texts: Sequence[str], room: float) -> None:
    """Categories below the columns, wrapped to the column's width, or slanted where even that is too narrow."""
    wrapped = ["\n".join(style.wrap(t, room - 0.06, style.SMALL)) for t in texts]
    narrow = any(w.count("\n") > max(t.count(" "), 0) for w, t in zip(wrapped, texts, strict=True))
    slant = {"rotation": 45, "ha": "right", "rotation_mode": "anchor"} if narrow else {}
    step = int(np.ceil(0.2 / room)) if narrow else 1
    ax.set_xticks(range(0, len(texts), step), (texts if narrow else wrapped)[::step], fontsize=style.SMALL, **slant)
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.6, len(texts) - 0.4)


@style.styled
def line(
    values: pd.Series | pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    x_label: str = "",
    unit: str = "number",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """One line per column along the months, each named and valued at its end; the first column is the one in colour.

    Parameters
    ----------
    values : Series or DataFrame
        Indexed by month or category, in order. Gaps stay gaps.

    Returns
    -------
    Axes
    """
    table = values.to_frame() if isinstance(values, pd.Series) else values
    table = table.apply(style.numbers)
    ax = style.canvas(HEIGHT, title, subtitle, ax)
    style.told(ax, title, _line_items(table, unit, language), subtitle=subtitle, language=language)
    if not table.notna().any(axis=None):
        return style.empty(ax, language)
    named = table.shape[1] > 1
    tones = [style.BLUE, style.MUTED, style.VERMILLION, style.GREEN, style.PURPLE]
    for i, name in enumerate(table):
        ax.plot(range(len(table)), table[name], color=tones[i % 5], linewidth=2.4 if i == 0 else 1.6)
    scale(ax, table, unit, language)
    _ends(ax, table, tones, unit=unit, language=language, named=named)
    ax.set_xlabel(style.clean(x_label) if x_label else "", loc="left", fontsize=style.SMALL)
    return ax


def scale(ax: Axes, table: pd.DataFrame, unit: str, language: str) -> None:
    """Heights from zero, with a few values told at the left and a grid."""
    _limits(ax, [table[name] for name in table])
    from matplotlib.ticker import MaxNLocator

    places = [v for v in MaxNLocator(4).tick_values(*ax.get_ylim()) if ax.get_ylim()[0] <= v <= ax.get_ylim()[1]]
    ax.set_yticks(places, [style.text_of(v, unit, language) for v in places], fontsize=style.SMALL, color=style.MUTED)
    ax.grid(axis="y", color=style.RULE, linewidth=0.7)
    ax.set_axisbelow(True)


def _ends(ax: Axes, table: pd.DataFrame, tones: Sequence[str], *, unit: str, language: str, named: bool) -> None:
    """Names and values at the lines' ends, pushed apart where they would overlap."""
    ends = {name: table[name].dropna() for name in table if table[name].notna().any()}
    span = ax.get_ylim()[1] - ax.get_ylim()[0]
    taken: list[float] = []
    texts = {n: style.text_of(s.iloc[-1], unit, language) for n, s in ends.items()}
    texts = {n: f"{style.shorten(n, 18)} {t}" if named else t for n, t in texts.items()}
    for name in sorted(ends, key=lambda n: ends[n].iloc[-1]):
        y = max([ends[name].iloc[-1], *(t + span * 0.085 for t in taken)])
        taken.append(y)
        x = table.index.get_indexer_for([ends[name].index[-1]])[-1]
        tone = tones[list(table).index(name) % 5]
        ax.plot(x, ends[name].iloc[-1], "o", color=tone, markersize=6)
        text = {"va": "center", "color": style.INK if tone == style.MUTED else tone, "fontweight": "bold"}
        ax.annotate(texts[name], (x, y), xytext=(7, 0), textcoords="offset points", **text)
    width = style.WIDTH - 0.9 - max(style.text_width(t, weight="bold") for t in texts.values())
    key_axis(ax, table.index, language, width)
    ax.set_xlim(-0.4, (len(table) - 0.6) * (style.WIDTH - 0.8) / width)


def _line_items(table: pd.DataFrame, unit: str, language: str) -> list[Item]:
    named = table.shape[1] > 1
    items = []
    for name in table:
        for key, value in table[name].items():
            label = style.label_of(key, language, 40)
            label = f"{style.shorten(name, 18)}, {label}" if named else label
            items.append(Item(label, value, style.text_of(value, unit, language)))
    return items


@style.styled
def movement(
    months: pd.DataFrame, *, title: str, subtitle: str = "", language: str = "pt-BR", ax: Axes | None = None
) -> Axes:
    """Clients gained above and lost below the line, month by month, with the net as a line.

    Parameters
    ----------
    months : DataFrame
        Contract ``MOVEMENT``: ``month``, ``opening``, ``new``, ``recovered``, ``lost``, ``closing``; losses are positive counts.

    Returns
    -------
    Axes
    """
    _ = translator(language)
    table = months[["month", "new", "recovered", "lost"]].set_index("month").apply(style.numbers).fillna(0)
    net = table["new"] + table["recovered"] - table["lost"]
    ax = style.canvas(HEIGHT + 0.3, title, subtitle, ax)
    style.told(ax, title, _movement_items(months, net, language), subtitle=subtitle, language=language)
    if table.empty:
        return style.empty(ax, language)
    gained, x = table["new"] + table["recovered"], range(len(table))
    ax.bar(x, table["new"], width=0.7, color=style.BLUE)
    ax.bar(x, table["recovered"], bottom=table["new"], width=0.7, color=style.SKY)
    ax.bar(x, -table["lost"], width=0.7, color=style.VERMILLION)
    ax.plot(x, net, color=style.INK, linewidth=1.6, marker="o", markersize=4.5, markeredgecolor="white")
    key_axis(ax, table.index, language)
    _limits(ax, [gained, -table["lost"]])
    if len(table) <= 14:
        _movement_labels(ax, gained, table["lost"], net, language)
    names = [_(PARTS[part]) for part in ("new", "recovered", "lost", "net")]
    style.key_row(ax, names, [style.BLUE, style.SKY, style.VERMILLION, style.INK], marks="■■■●")
    return ax


def _movement_labels(ax: Axes, gained: pd.Series, lost: pd.Series, net: pd.Series, language: str) -> None:
    """What was gained and lost at the bars' ends, clear of the dots of the net; nothing where nothing moved."""
    near = 0.06 * (ax.get_ylim()[1] - ax.get_ylim()[0])
    for i, (up, down, middle) in enumerate(zip(gained, lost, net, strict=True)):
        for end in filter(None, (up, -down)):
            label = style.text_of(end, language=language)
            _above(ax, i, end, label, colour=style.MUTED, gap=7 if abs(end - middle) < near else 3)


def _movement_items(months: pd.DataFrame, net: pd.Series, language: str) -> list[Item]:
    _ = translator(language)
    items = []
    for (month, value), row in zip(net.items(), months.to_dict("records"), strict=True):
        parts = [
            f"{_(PARTS[name])} {style.text_of(float(row[name]), language=language)}"
            for name in ("new", "recovered", "lost")
        ]
        text = ", ".join([*parts, f"{_(PARTS['net'])} {style.text_of(value, language=language)}"])
        items.append(Item(style.label_of(month, language), value, text))
    return items


@style.styled
def waterfall(
    steps: pd.Series,
    *,
    title: str,
    subtitle: str = "",
    unit: str = "number",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """From the first level to the last: gains in blue, losses in red, the two levels in ink.

    Parameters
    ----------
    steps : Series
        The first and the last value are levels, those between are signed changes, e.g. ``{"no início": 90, "novos": 20,
        "perdidos": -15, "no fim": 95}``.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        The steps do not add up to the last level.
    """
    steps = style.numbers(steps)
    texts = [style.text_of(v, unit, language) for v in steps]
    texts = [
        f"+{t}" if 0 < i < len(texts) - 1 and v > 0 else t for i, (v, t) in enumerate(zip(steps, texts, strict=True))
    ]
    if len(steps) > 1 and not np.isclose(steps.iloc[:-1].sum(), steps.iloc[-1]):
        raise ValueError(f"steps must add up to the last level. Got {steps.iloc[:-1].sum()} and {steps.iloc[-1]}.")
    ax = style.canvas(HEIGHT, title, subtitle, ax)
    style.told(ax, title, _items(steps, texts, language), subtitle=subtitle, language=language)
    if steps.empty:
        return style.empty(ax, language)
    starts = (steps.cumsum() - steps).to_numpy(copy=True)
    starts[-1] = 0.0
    tones = [style.BLUE if v >= 0 else style.VERMILLION for v in steps]
    tones[0] = tones[-1] = style.MUTED
    ax.bar(range(len(steps)), steps, bottom=starts, width=0.66, color=tones)
    tops = np.maximum(starts, starts + steps.to_numpy())
    for i, text in enumerate(texts):
        _above(ax, i, max(tops[i], 0), text)
    key_axis(ax, steps.index, language)
    _limits(ax, [pd.Series(tops), pd.Series(np.minimum(starts, starts + steps.to_numpy()))])
    return ax


@style.styled
def curve(
    shares: pd.Series,
    *,
    title: str,
    subtitle: str = "",
    x_label: str = "",
    language: str = "pt-BR",
    threshold: float | None = None,
    chosen: float | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A share against a quantity, e.g. the probability of return by cycles of silence, and where it meets a threshold.

    Parameters
    ----------
    shares : Series
        Shares (0 to 1) indexed by a numeric quantity in rising order.
    threshold, chosen : float
        A horizontal and a vertical line, each labelled with its value.

    Returns
    -------
    Axes
    """
    shares = style.numbers(shares)
    x = pd.to_numeric(pd.Series(shares.index), errors="coerce").to_numpy(dtype=float)
    items = [
        Item(_number(k, language), v, style.text_of(v, "percent", language)) for k, v in zip(x, shares, strict=True)
    ]
    marked = [Item(text, 2.0, value) for text, value in _marks(threshold, chosen, language)]
    ax = style.canvas(HEIGHT + 0.2, title, subtitle, ax)
    known = shares.notna().any()
    style.told(ax, title, [*items, *marked] if known else [], subtitle=subtitle or x_label, language=language)
    if not known:
        return style.empty(ax, language)
    ax.plot(x, shares, color=style.BLUE, linewidth=2.4, marker="o", markersize=5.5, clip_on=False, zorder=3)
    ax.set_xlabel(style.clean(x_label), loc="left", fontsize=style.SMALL)
    ax.set_xlim(x[0], x[-1] if x[-1] > x[0] else x[0] + 1)
    ax.set_ylim(0, 1.04 if shares.max() > 0.5 or threshold else shares.max() * 1.15 or 1)
    _curve_ticks(ax, language)
    _curve_marks(ax, threshold, chosen, language)
    return ax


def _number(value: float, language: str) -> str:
    return formats.number(value, 0 if float(value).is_integer() else 1, language)


def _marks(threshold: float | None, chosen: float | None, language: str) -> list[tuple[str, str]]:
    _ = translator(language)
    marks = [] if threshold is None else [(_("limite"), style.text_of(threshold, "percent", language))]
    return marks + ([] if chosen is None else [(_("escolhido"), _number(chosen, language))])


def _curve_ticks(ax: Axes, language: str) -> None:
    from matplotlib.ticker import MaxNLocator

    for axis, text in ((ax.xaxis, _number), (ax.yaxis, lambda v, lang: style.text_of(v, "percent", lang))):
        low, high = axis.get_view_interval()
        places = [v for v in MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high) if low <= v <= high]
        axis.set_ticks(places, [text(v, language) for v in places], fontsize=style.SMALL, color=style.MUTED)
    ax.grid(axis="y", color=style.RULE, linewidth=0.7)


def _curve_marks(ax: Axes, threshold: float | None, chosen: float | None, language: str) -> None:
    dashed = {"color": style.VERMILLION, "linewidth": 1.2, "linestyle": (0, (4, 3))}
    if threshold is not None:
        ax.axhline(threshold, **dashed)
        where = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "bottom", "color": style.VERMILLION}
        text = style.text_of(threshold, "percent", language)
        ax.annotate(text, (1, threshold), xytext=(0, 2), textcoords="offset points", **where)
    if chosen is not None:
        ax.axvline(chosen, **dashed)
        right = chosen > sum(ax.get_xlim()) / 2
        where = {"xycoords": ("data", "axes fraction"), "ha": "right" if right else "left", "va": "top"}
        look = {"fontweight": "bold", "color": style.INK}
        place = {"xytext": (-5 if right else 5, -2), "textcoords": "offset points"}
        ax.annotate(_number(chosen, language), (chosen, 1), **where, **look, **place)
