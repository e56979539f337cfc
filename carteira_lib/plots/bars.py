"""Horizontal plots, one row per category: bars, stacked bars, estimates with their intervals."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import pandas as pd
from matplotlib.axes import Axes

from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.plots.style import Item

ROW = 0.34  # inches per category
NAME_LENGTH = 46  # names longer than the usual label are set smaller, and cut here


@style.styled
def bars(
    values: pd.Series,
    *,
    title: str,
    subtitle: str = "",
    unit: str = "number",
    language: str = "pt-BR",
    highlight: Hashable | Sequence[Hashable] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Horizontal bars in the order given, each with its value; the highlighted ones in blue, the others muted.

    Parameters
    ----------
    values : Series
        One value per category (index). Missing values keep their row and show a dash.
    unit : str
        ``number``, ``percent`` (of a share), ``days`` or the ISO code of a currency.
    highlight : category or list of categories
        None draws all bars alike.

    Returns
    -------
    Axes

    Examples
    --------
    >>> ax = bars(pd.Series({"Sul": 12, "Norte": 3}), title="O Sul concentra a carteira", subtitle="Clientes")
    >>> style.alt(ax)
    'O Sul concentra a carteira. Clientes. Sul: 12; Norte: 3.'
    """
    values = style.numbers(values)
    texts = [style.text_of(v, unit, language) for v in values]
    keys = [style.label_of(key, language, NAME_LENGTH) for key in values.index]
    ax = style.canvas(0.15 + ROW * max(len(values), 2), title, subtitle, ax)
    style.told(ax, title, _items(values, texts, language), subtitle=subtitle, language=language)
    if values.empty:
        return style.empty(ax, language)
    rows = range(len(values))
    ax.barh(rows, values.fillna(0), height=0.7, color=style.colours(values.index, highlight))
    _rows(ax, keys, values.isna().to_numpy())
    _room(ax, values.fillna(0), texts, keys)
    for row, (value, text) in enumerate(zip(values.fillna(0), texts, strict=True)):
        _beside(ax, value, row, text)
    if (values < 0).any():
        ax.axvline(0, color=style.MUTED, linewidth=0.8)
    return ax


def _items(values: pd.Series, texts: Sequence[str], language: str) -> list[Item]:
    keys = [style.label_of(key, language, 60) for key in values.index]
    return [Item(*item) for item in zip(keys, values, texts, strict=True)]


def _rows(ax: Axes, keys: Sequence[str], muted: Sequence[bool] = ()) -> None:
    """Category labels from the top down; no scale, as every value is written beside its mark."""
    ax.set_yticks(range(len(keys)), keys, fontsize=_name_size(keys))
    ax.set_ylim(len(keys) - 0.4, -0.6)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    for label, mute in zip(ax.get_yticklabels(), muted, strict=False):
        label.set_color(style.MUTED if mute else style.INK)


def _name_size(keys: Sequence[str]) -> float:
    return style.FONT if max(map(len, keys)) <= style.LABEL_LENGTH else style.SMALL


def _names_width(keys: Sequence[str]) -> float:
    return max(style.text_width(key, _name_size(keys)) for key in keys)


def _room(ax: Axes, values: pd.Series, texts: Sequence[str], keys: Sequence[str]) -> None:
    """Limits that leave room for the widest value label on the sides that have one."""
    low, high = min(values.min(), 0), max(values.max(), 0)
    drawn = style.WIDTH - _names_width(keys) - 0.3
    label = max(style.text_width(text) for text in texts) + 0.12
    sides = 2 if low < 0 < high else 1
    span = (high - low or 1) / max(1 - sides * label / drawn, 0.2)
    pad = span * label / drawn
    ax.set_xlim(low - (pad if low < 0 else 0), high + (pad if high > 0 or low == 0 else 0))


def _beside(ax: Axes, value: float, row: float, text: str, *, colour: str = style.INK) -> None:
    side = -1 if value < 0 else 1
    where = {"ha": "right" if side < 0 else "left", "va": "center", "color": colour}
    ax.annotate(text, (value, row), xytext=(4 * side, 0), textcoords="offset points", **where)


@style.styled
def stacked(
    parts: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    unit: str = "number",
    language: str = "pt-BR",
    share: bool = True,
    tones: Sequence[str] = style.PALETTE,
    ax: Axes | None = None,
) -> Axes:
    """One stacked bar per row, one part per column, labelled where it fits; the row's total stands at the right.

    Parameters
    ----------
    parts : DataFrame
        Amounts >= 0, indexed by category, columns in the order of the parts.
    share : bool
        True: bars of equal length, labelled with each part's share. False: lengths and labels are amounts.
    tones : sequence of str
        A colour for each part, in turn.

    Returns
    -------
    Axes

    Examples
    --------
    >>> parts = pd.DataFrame({"ativo": [30, 5], "inativo": [10, 15]}, index=["Sul", "Norte"])
    >>> style.alt(stacked(parts, title="O Norte parou"))
    'O Norte parou. Sul: ativo 30 (75%), inativo 10 (25%); Norte: ativo 5 (25%), inativo 15 (75%).'
    """
    parts = parts.apply(style.numbers).fillna(0.0)
    totals = parts.sum(axis=1)
    shares = parts.div(totals.where(totals > 0), axis=0).fillna(0.0)
    keys = [style.label_of(key, language, NAME_LENGTH) for key in parts.index]
    ax = style.canvas(0.55 + (ROW + 0.12) * max(len(parts), 1), title, subtitle, ax)
    style.told(ax, title, _stacked_items(parts, shares, unit, language), subtitle=subtitle, language=language)
    if not totals.sum() > 0:
        return style.empty(ax, language)
    lengths = shares if share else parts
    texts = lengths.map(lambda v: style.text_of(v, "percent" if share else unit, language))
    _rows(ax, keys)
    ends = [style.text_of(v, unit, language) for v in totals]
    _room(ax, lengths.sum(axis=1), ends, keys)
    colours = [tones[i % len(tones)] for i in range(parts.shape[1])]
    _segments(ax, lengths, texts, style.WIDTH - _names_width(keys) - 0.3, colours)
    for row, (length, text) in enumerate(zip(lengths.sum(axis=1), ends, strict=True)):
        _beside(ax, length, row, text, colour=style.MUTED)
    style.key_row(ax, _named_parts(parts, texts), colours)
    return ax


def _named_parts(parts: pd.DataFrame, texts: pd.DataFrame) -> list[str]:
    """The names above the bars; of a single bar with their values, as a thin part has no room for its own."""
    names = [style.shorten(name) for name in parts.columns]
    return names if len(parts) > 1 else [f"{name} {text}" for name, text in zip(names, texts.iloc[0], strict=True)]


def _segments(ax: Axes, lengths: pd.DataFrame, texts: pd.DataFrame, drawn: float, tones: list[str]) -> None:
    inches = drawn / (ax.get_xlim()[1] - ax.get_xlim()[0])
    starts = lengths.cumsum(axis=1) - lengths
    for column, tone in enumerate(tones):
        widths, lefts = lengths.iloc[:, column], starts.iloc[:, column]
        ax.barh(range(len(lengths)), widths, left=lefts, height=0.7, color=tone, edgecolor="white", linewidth=1)
        for row, (width, left, text) in enumerate(zip(widths, lefts, texts.iloc[:, column], strict=True)):
            if width * inches > style.text_width(text) + 0.08:
                centre = {"ha": "center", "va": "center", "color": style.contrasting(tone)}
                ax.text(left + width / 2, row, text, **centre)


def _stacked_items(parts: pd.DataFrame, shares: pd.DataFrame, unit: str, language: str) -> list[Item]:
    items = []
    for key, row, share in zip(parts.index, parts.to_numpy(), shares.to_numpy(), strict=True):
        told = [
            f"{style.shorten(name)} {style.text_of(v, unit, language)} ({style.text_of(s, 'percent', language)})"
            for name, v, s in zip(parts.columns, row, share, strict=True)
        ]
        items.append(Item(style.label_of(key, language, 60), float(row.sum()), ", ".join(told)))
    return items


@style.styled
def intervals(
    estimates: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    unit: str = "percent",
    language: str = "pt-BR",
    reference: float | None = None,
    highlight: Sequence[Hashable] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """A dot and its interval per row, against a reference line.

    Parameters
    ----------
    estimates : DataFrame
        Indexed by category, with columns ``estimate``, ``low`` and ``high``. A missing estimate shows a dash.
    reference : float
        Drawn as a dashed line, e.g. the value of all clients.
    highlight : list of categories
        In blue, the others muted; None draws all alike.

    Returns
    -------
    Axes
    """
    table = estimates[["estimate", "low", "high"]].apply(style.numbers)
    texts = [_interval_text(row, unit, language) for row in table.itertuples(index=False)]
    keys = [style.label_of(key, language, NAME_LENGTH) for key in table.index]
    ax = style.canvas(0.3 + ROW * max(len(table), 2), title, subtitle, ax)
    items = _items(table["estimate"], texts, language)
    if reference is not None and items:
        _ = translator(language)
        items.append(Item(_("linha de referência"), reference, style.text_of(reference, unit, language)))
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if table.empty:
        return style.empty(ax, language)
    rows = range(len(table))
    ax.hlines(rows, table["low"], table["high"], color=style.GREY, linewidth=3)
    tones = pd.Series(_dots(table.index, highlight), index=rows)
    for tone in dict.fromkeys(tones):
        ax.plot(table["estimate"].to_numpy()[tones == tone], tones.index[tones == tone], "o", color=tone, markersize=8)
    _rows(ax, keys, table["estimate"].isna().to_numpy())
    _interval_room(ax, table, reference, texts, keys)
    for row, text in enumerate(texts):
        ax.annotate(text, (1, row), xycoords=("axes fraction", "data"), ha="right", va="center", fontsize=style.SMALL)
    _reference(ax, reference, unit, language)
    return ax


def _dots(keys: Sequence[Hashable], highlight: Sequence[Hashable] | None) -> list[str]:
    """Grey would not be told from the interval behind it."""
    return [style.MUTED if tone == style.GREY else tone for tone in style.colours(keys, highlight)]


def _interval_text(row, unit: str, language: str) -> str:
    estimate, low, high = (style.text_of(v, unit, language) for v in row)
    return estimate if low == high == "–" else f"{estimate} [{low}; {high}]"


def _interval_room(ax: Axes, table: pd.DataFrame, reference, texts, keys) -> None:
    seen = pd.concat([table["estimate"], table["low"], table["high"], pd.Series([reference], dtype="float64")]).dropna()
    low, high = (seen.min(), seen.max()) if len(seen) else (0.0, 1.0)
    drawn = style.WIDTH - _names_width(keys) - 0.3
    label = max(style.text_width(text, style.SMALL) for text in texts) + 0.25
    edge = (high - low or abs(high) or 1) * 0.06
    span = (high - low + 2 * edge) / max(1 - label / drawn, 0.25)
    ax.set_xlim(low - edge, low - edge + span)


def _reference(ax: Axes, reference: float | None, unit: str, language: str) -> None:
    if reference is None:
        return
    ax.axvline(reference, color=style.MUTED, linewidth=1, linestyle=(0, (4, 3)), zorder=0)
    where = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom", "fontsize": style.SMALL}
    ax.annotate(style.text_of(reference, unit, language), (reference, 1), color=style.MUTED, **where)
