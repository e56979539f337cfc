"""What every plot shares: palette, canvas, headline, texts that fit, value labels, and the text that replaces the picture.

Nothing here alters matplotlib's settings: they hold inside `SETTINGS` contexts only, and figures are made without
pyplot, so that none stays open.
"""

from __future__ import annotations

import functools
import unicodedata
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from carteira_lib import formats
from carteira_lib.language import translator

WIDTH = 6.0  # inches: at this width 11 points are still read on a phone of 390 pixels
FONT = 11
SMALL = 9.5
TITLE = 13
LABEL_LENGTH = 28
MEASURE = (
    192  # dots per inch at which texts are measured and shown: rounded at a coarser grid they would come out short
)
ALT_LENGTH = 600

# Okabe and Ito's colours, told apart by colour-blind readers; vermillion a shade darker (#D55E00), so that it holds
# 4.5:1 against white like the inks.
BLUE, SKY, ORANGE, VERMILLION = "#0072B2", "#56B4E9", "#E69F00", "#C05200"
GREEN, PURPLE = "#009E73", "#CC79A7"
INK, MUTED, GREY, RULE = "#1f2933", "#55616d", "#b4bfca", "#d5dce3"
PALETTE = (BLUE, ORANGE, VERMILLION, GREY, SKY, GREEN, PURPLE, INK)

SETTINGS = {
    "font.family": ["DejaVu Sans"],
    "font.size": FONT,
    "text.color": INK,
    "text.parse_math": False,  # two R$ in one text would become a formula
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.spines.left": False,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.unicode_minus": True,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
styled = matplotlib.rc_context(SETTINGS)  # also a decorator: each call enters a context of its own


class Item(NamedTuple):
    """One plotted thing as the text alternative tells it: label, size for choosing the key ones, text of the value."""

    label: str
    size: float
    text: str


@functools.cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont, get_font

    return frozenset(get_font(findfont("DejaVu Sans")).get_charmap())


@functools.cache
def _renderer():
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, MEASURE)


def clean(text: object) -> str:
    """Text that the plot's font can draw: controls and pictograms dropped, letters it lacks replaced by a box.

    Examples
    --------
    >>> clean("Loja 🚀 do\\x00 João\\n上"), clean(None)
    ('Loja do João □', '–')
    """
    if text is None or text != text:
        return formats.MISSING
    kept = []
    for character in str(text):
        category = unicodedata.category(character)
        if category[0] == "Z" or category == "Cc":
            kept.append(character if character == "\xa0" else " ")
        elif ord(character) in _glyphs() and category != "Cf":
            kept.append(character)
        elif category[0] in "LN":
            kept.append("□")
    return " ".join(part for part in "".join(kept).split(" ") if part)


def shorten(text: object, length: int = LABEL_LENGTH) -> str:
    """A label of at most `length` characters, the rest replaced by an ellipsis."""
    text = clean(text)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def text_width(text: str, size: float = FONT, weight: str = "normal") -> float:
    """Width of a line of text in inches, as drawn."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return _renderer().get_text_width_height_descent(text, font, False)[0] / MEASURE


def wrap(text: str, width: float, size: float = FONT, weight: str = "normal") -> list[str]:
    """Lines no wider than `width` inches; words wider than a line are broken."""
    lines: list[str] = []
    for word in clean(text).split(" "):
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, weight) <= width:
            lines[-1] = joined
            continue
        while len(word) > 1 and text_width(word, size, weight) > width:
            fits = bisect_right(range(1, len(word)), width, key=lambda n: text_width(word[:n], size, weight))
            cut = max(fits, 1)
            lines.append(word[:cut])
            word = word[cut:]
        lines.append(word)
    return [line for line in lines if line]


def canvas(height: float, title: str, subtitle: str = "", ax: Axes | None = None) -> Axes:
    """Axes of `height` inches below a headline that wraps and is never cut; a given `ax` gets its title only."""
    room = WIDTH - 0.1
    if ax is not None:
        room = ax.get_position().width * ax.figure.get_size_inches()[0]
    head = wrap(title, room, TITLE, "bold")
    sub = wrap(subtitle, room, FONT)
    if ax is not None:
        ax.set_title("\n".join([*head, *sub]), loc="left", fontsize=FONT, fontweight="bold")
        return ax
    used = (len(head) * TITLE * 1.3 + len(sub) * FONT * 1.35 + 10) / 72
    whole = round(96 * (height + used)) / 96  # whole pixels on the page
    figure = Figure(figsize=(WIDTH, whole), layout="constrained")
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - used / whole), w_pad=0.04, h_pad=0.03)
    top = 1 - 0.04 / whole
    below = top - len(head) * TITLE * 1.3 / 72 / whole
    figure.text(0.002, top, "\n".join(head), va="top", fontsize=TITLE, fontweight="bold", linespacing=1.15)
    figure.text(0.002, below, "\n".join(sub), va="top", fontsize=FONT, color=MUTED, linespacing=1.2)
    return figure.subplots()


def empty(ax: Axes, language: str) -> Axes:
    """Axes that say that there is nothing to draw."""
    ax.set_axis_off()
    _ = translator(language)
    ax.text(0.5, 0.5, _("sem dados"), ha="center", va="center", color=MUTED, transform=ax.transAxes)
    return ax


def numbers(values: pd.Series) -> pd.Series:
    """The values as floats, infinite ones as missing."""
    return pd.to_numeric(values, errors="coerce").astype("float64").replace([np.inf, -np.inf], np.nan)


def text_of(value: float, unit: str = "number", language: str = "pt-BR") -> str:
    """A value as its direct label shows it.

    `unit` is ``number``, ``percent`` (of a share), ``days``, ``points`` (whole, with the sign of arithmetic), or the
    ISO code of a currency.

    Examples
    --------
    >>> text_of(0.034, "percent"), text_of(0.34, "percent"), text_of(1234.0), text_of(2_400_000.0)
    ('3,4%', '34%', '1.234', '2,4\\xa0mi')
    >>> text_of(-3.6, "points"), text_of(0.2, "points")
    ('−4', '0')
    >>> text_of(2_400_000.0, "BRL").replace("\\xa0", " "), text_of(float("nan"))
    ('R$ 2,4 mi', '–')
    """
    if formats.is_missing(value):
        return formats.MISSING
    if unit == "percent":
        return formats.percent(value, 1 if 0 < abs(value) < 0.0995 else 0, language)
    if unit == "days":
        return formats.days(value, language)
    if unit == "points":
        return formats.number(value, 0, language)
    if len(unit) == 3 and unit.isupper():
        return formats.money(value, unit, language, compact=True)
    if unit != "number":
        raise ValueError(f"unit must be number, percent, days, points or the ISO code of a currency. Got {unit!r}.")
    if abs(value) >= 1_000_000:
        return _compact(value, language)
    return formats.number(value, 0 if float(value).is_integer() or abs(value) >= 100 else 1, language)


def _compact(value: float, language: str) -> str:
    from babel.numbers import format_compact_decimal

    return format_compact_decimal(float(value), locale=formats.LOCALES[language], fraction_digits=1)


def label_of(key: Hashable, language: str, length: int = LABEL_LENGTH) -> str:
    """A category or a month as an axis shows it."""
    if isinstance(key, pd.Timestamp):
        return formats.month(key, language)
    return shorten(key, length)


def colours(keys: Sequence[Hashable], highlight: Hashable | Sequence[Hashable] | None) -> list[str]:
    """Blue for the highlighted ones, grey for the rest; all blue where nothing is highlighted."""
    if highlight is None:
        return [BLUE] * len(keys)
    chosen = highlight if isinstance(highlight, list | tuple | set) else [highlight]
    return [BLUE if key in chosen else GREY for key in keys]


def contrasting(colour: str) -> str:
    """White or ink, whichever reads better on a colour."""
    red, green, blue = matplotlib.colors.to_rgb(colour)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.55 else INK


def key_row(ax: Axes, names: Sequence[str], tones: Sequence[str], *, marks: str = "■", from_edge: bool = False) -> None:
    """The names of the parts in a row above the axes, each behind a mark of its colour; wraps where it must.

    `from_edge` starts it at the figure's edge, for axes that leave much room to their row names.
    """
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea, VPacker
    from matplotlib.transforms import blended_transform_factory

    rows, used = [[]], 0.0
    for i, (name, tone) in enumerate(zip(names, tones, strict=True)):
        width = text_width("■ " + name) + 0.25
        if rows[-1] and used + width > WIDTH - 0.2:
            rows, used = [*rows, []], 0.0
        mark = TextArea(marks[i % len(marks)], textprops={"color": tone, "fontsize": FONT})
        rows[-1].append(
            HPacker(children=[mark, TextArea(name, textprops={"color": INK})], sep=3, pad=0, align="baseline")
        )
        used += width
    packed = [HPacker(children=row, sep=12, pad=0, align="baseline") for row in rows]
    box = VPacker(children=packed, sep=3, pad=0, align="left")
    edge = blended_transform_factory(ax.figure.transFigure, ax.transAxes) if from_edge else ax.transAxes
    where = {"bbox_to_anchor": (0, 1.0), "bbox_transform": edge, "frameon": False, "pad": 0.2}
    ax.add_artist(AnchoredOffsetbox(loc="lower left", child=box, borderpad=0.3, **where))


def share_axes(ax: Axes, x_label: str, language: str) -> None:
    """Both axes from 0 to 100 %, ticks at the quarters, a grid of heights."""
    ticks = [0, 0.25, 0.5, 0.75, 1]
    texts = [text_of(tick, "percent", language) for tick in ticks]
    ax.set_xticks(ticks, texts, fontsize=SMALL, color=MUTED)
    ax.set_yticks(ticks, texts, fontsize=SMALL, color=MUTED)
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1.02)
    ax.set_xlabel(clean(x_label), loc="left", fontsize=SMALL)
    ax.grid(axis="y", color=RULE, linewidth=0.7)
    ax.set_axisbelow(True)


def describe(title: str, items: Sequence[Item], *, subtitle: str = "", language: str = "pt-BR") -> str:
    """The picture in words: title and the numbers; where they are too many, the first, the last and the extremes.

    Examples
    --------
    >>> describe("Metade compra", [Item("sim", 2, "2"), Item("não", 2, "2")], subtitle="Clientes")
    'Metade compra. Clientes. sim: 2; não: 2.'
    """
    _ = translator(language)
    head = _headline(title, subtitle)
    whole = transcribe(title, items, subtitle=subtitle, language=language)
    if len(whole) <= ALT_LENGTH:
        return whole
    sized = [i for i, item in enumerate(items) if not formats.is_missing(item.size)] or [0]
    order = sorted(sized, key=lambda i: -items[i].size)
    keys = list(dict.fromkeys([0, len(items) - 1, order[0], order[-1], *order[1:6]]))
    count = _.ngettext("{n} valor", "{n} valores", len(items))
    among = _("entre eles")
    start = f"{head} {count}, {among}: "
    while len(keys) > 1 and len(start + _listed([items[i] for i in keys])) > ALT_LENGTH:
        keys.pop()
    return shorten(start + _listed([items[i] for i in sorted(keys)]), ALT_LENGTH)


def transcribe(title: str, items: Sequence[Item], *, subtitle: str = "", language: str = "pt-BR") -> str:
    """The picture in words with every number that it draws, however long."""
    _ = translator(language)
    said = _listed(items) if items else _("Sem dados.")
    return f"{_headline(title, subtitle)} {said}".strip()


def _headline(title: str, subtitle: str) -> str:
    return " ".join(_sentence(text, 200) for text in (title, subtitle) if text)


def _listed(items: Sequence[Item]) -> str:
    return "; ".join(f"{shorten(item.label, 60)}: {item.text}" for item in items) + "."


def _sentence(text: str, length: int) -> str:
    text = shorten(text, length)
    return text if text[-1:] in {".", "!", "?", "…"} else text + "."


def alt(ax: Axes) -> str:
    """The text alternative of a plot made here, built from the numbers that it drew; at most 600 characters."""
    return ax.get_label()


def transcript(ax: Axes) -> str:
    """The same with every number, for those who compare or copy them."""
    return ax.get_gid() or ""


def told(ax: Axes, title: str, items: Sequence[Item], *, subtitle: str = "", language: str = "pt-BR") -> Axes:
    """The Axes with its texts attached: the alternative and the transcript."""
    ax.set_label(describe(title, items, subtitle=subtitle, language=language))
    ax.set_gid(transcribe(title, items, subtitle=subtitle, language=language))
    return ax
