"""Displays for a notebook: each one as HTML, Markdown or PNG for the eye, and as text that holds every number."""

from __future__ import annotations

import html
import io
import re
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import pandas as pd

from carteira_lib import formats
from carteira_lib.language import translator
from carteira_lib.show.columns import RIGHT, formats_of, masked, plain, texts

# The classes keep JupyterLab's MathJax from reading "R$ 1 ... R$ 2" as a formula.
NO_MATH = "mathjax_ignore tex2jax_ignore"
_LONG_WORD = 40
_PROSE = 60  # texts beyond so many characters are read as sentences, in a column of their own width
_PIXELS_PER_INCH = 96
_SCALE = 2
_COLOURS = 64
_NEARLY_WHITE = 251  # the reduction mixes white with what is almost white


class Sentence(NamedTuple):
    """A sentence, and the page that tells more of it: its name, as in ``04_churn``, and the words of the link."""

    text: str
    page: str = ""
    link: str = ""


class Figure(NamedTuple):
    """A key figure: what it is, the value as text, what it should be read with, and the page that tells more."""

    label: str
    value: str
    note: str
    page: str = ""


def sentences(items: Iterable[str | Sentence]) -> None:
    """Show sentences as bullets; ``**bold**`` is kept, anything else is text.

    As HTML and not as Markdown: JupyterLab takes what stands between two "R$" of one sentence for a formula, escaped or
    not, unless the class that `NO_MATH` names forbids it.
    """
    said = [item if isinstance(item, Sentence) else Sentence(item) for item in items]
    said = [item._replace(text=plain(item.text)) for item in said]
    bullets = "".join(f"<li>{_bold(text)}{_more(page, link)}</li>" for text, page, link in said)
    bare = "\n".join(f"- {_bare(item.text.replace('**', ''))}" for item in said)
    _display({"text/html": f'<ul class="{NO_MATH}">{bullets}</ul>', "text/plain": bare})


def _more(page: str, link: str) -> str:
    return f" {_linked(html.escape(link), page)}" if page and link else ""


def _linked(words: str, page: str) -> str:
    """Words that lead to another notebook, and in the report to its page."""
    return f'<a href="{html.escape(page)}.ipynb">{words}</a>' if page else words


def _bare(text: str) -> str:
    """Text without the marks that `literal` puts before what Markdown would read."""
    return html.unescape(re.sub(r"\\([\\`*_\[\]#~|$])", r"\1", text))


def _bold(text: str) -> str:
    parts = [html.escape(_bare(part)) for part in re.split(r"(?<!\\)\*\*", text)]
    return "".join(f"<strong>{part}</strong>" if i % 2 else part for i, part in enumerate(parts))


def cards(figures: Iterable[Figure | tuple[str, object, str]]) -> None:
    """Show key figures: `Figure` or (label, value, note) each, the value already as text."""
    items = [Figure(*(plain(part or "") for part in figure)) for figure in figures]
    blocks = "".join(_card(*(html.escape(part) for part in item)) for item in items)
    style = "display:flex;flex-wrap:wrap;gap:1rem 2.5rem"
    text = "\n".join(f"{item.label}: {item.value}" + (f" ({item.note})" if item.note else "") for item in items)
    _display({"text/html": f'<dl class="cards {NO_MATH}" style="{style}">{blocks}</dl>', "text/plain": text})


def _card(label: str, value: str, note: str, page: str) -> str:
    big = 'style="font-size:1.8em;font-weight:700;margin:0"'
    last = f'<dd class="card-note" style="margin:0">{note}</dd>' if note else ""
    return f'<div class="card"><dt>{_linked(label, page)}</dt><dd class="card-value" {big}>{value}</dd>{last}</div>'


def table(
    frame: pd.DataFrame,
    title: str,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
    columns: Sequence[str] | None = None,
    rows: int = 15,
    mask_people: bool = True,
    cents: bool = True,
) -> None:
    """Show a table: labels and units of the contracts as headers, values as people read them, all of it escaped.

    Parameters
    ----------
    frame : DataFrame
        Any columns; those of a contract are labelled and formatted by it, others by their name and type.
    title : str
        The caption.
    columns : sequence of str
        Those to show, in order; all by default.
    rows : int
        Longer tables show the first ones and say how many there are. Columns of dashes alone are left out.
    mask_people : bool
        Names of natural persons as initials. Tax ids, e-mails and phones are always masked.
    cents : bool
        False rounds money to whole units.
    """
    settings = {"language": language, "currency": currency, "columns": columns, "rows": rows}
    grid_shown(grid_of(frame, title, mask_people=mask_people, cents=cents, **settings))


def grid_shown(grid: _Grid) -> None:
    """Show a table made by `grid_of`."""
    _display({"text/html": _html_table(grid), "text/plain": _text_table(grid)})


def grid_of(
    frame: pd.DataFrame,
    title: str,
    *,
    language: str,
    currency: str,
    columns: Sequence[str] | None,
    rows: int,
    mask_people: bool,
    cents: bool,
) -> _Grid:
    """A table as text, ready to be shown; see `table`."""
    wanted = list(frame.columns if columns is None else columns)
    kind = [
        name
        for name in ("customer_id", "prospect_id", "person_type")
        if "name" in wanted and name in frame and name not in wanted
    ]
    shown = masked(frame.head(rows)[wanted + kind], mask_people=mask_people)[wanted]
    specs = formats_of(shown, frame.columns, language=language)
    written = [
        texts(shown.iloc[:, i], spec, language=language, currency=currency, cents=cents) for i, spec in enumerate(specs)
    ]
    said = title.endswith(".") and not len(frame)  # such a title is a sentence that leaves nothing to add
    note = "" if said else _shown_note(len(shown), len(frame), language)
    kept = _told_columns(written)
    return _Grid(
        plain(title),
        [specs[i].header for i in kept],
        list(zip(*(written[i] for i in kept), strict=True)),
        [specs[i].kind for i in kept],
        note,
    )


def _told_columns(written: Sequence[Sequence[str]]) -> list[int]:
    """The first column, and the others that say something: dashes alone, as of names that no source gave, do not."""
    return [i for i, texts in enumerate(written) if not i or not texts or set(texts) != {formats.MISSING}]


class _Grid(NamedTuple):
    """A table ready to be written: all of it text."""

    title: str
    headers: Sequence[str]
    body: Sequence[Sequence[str]]
    kinds: Sequence[str]
    note: str
    own_page: bool = False  # in print, on a page of its own


def _shown_note(shown: int, total: int, language: str) -> str:
    _ = translator(language)
    if not total:
        return _("Nenhuma linha.")
    if shown == total:
        return ""
    return _(
        "Mostrando {shown} de {total} linhas.",
        shown=formats.number(shown, 0, language),
        total=formats.number(total, 0, language),
    )


def _html_table(grid: _Grid) -> str:
    """Accessible markup; the inline alignment is for JupyterLab, the report drops it for its own style."""
    if not grid.body:
        title, note = html.escape(grid.title.rstrip(".")), html.escape(grid.note)
        return f'<p class="table-note"><strong>{title}.</strong>' + (f" {note}</p>" if note else "</p>")
    look = [
        _look(kind, column) for kind, column in zip(grid.kinds, zip(grid.headers, *grid.body, strict=True), strict=True)
    ]
    escape = html.escape
    head = "".join(f'<th scope="col"{attrs}>{escape(h)}</th>' for h, attrs in zip(grid.headers, look, strict=True))
    lines = []
    for row in grid.body:
        first = f'<th scope="row"{look[0]}>{escape(row[0])}</th>'
        rest = "".join(f"<td{attrs}>{escape(cell)}</td>" for cell, attrs in zip(row[1:], look[1:], strict=True))
        lines.append(f"<tr>{first}{rest}</tr>")
    caption = f'<caption style="text-align:left;font-weight:600">{escape(grid.title)}</caption>'
    foot = f'<p class="table-note">{escape(grid.note)}</p>' if grid.note else ""
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    names = f"{NO_MATH} own-page" if grid.own_page else NO_MATH
    return f'<table class="{names}">{caption}{body}</table>{foot}'


def _look(kind: str, column: Sequence[str]) -> str:
    """Attributes of a column's cells: figures to the right, long words and sentences marked as such."""
    if kind in RIGHT:
        return ' class="num"'
    long = kind == "text" and any(len(word) > _LONG_WORD for cell in column for word in cell.split())
    prose = kind == "text" and any(len(cell) > _PROSE for cell in column)
    names = "day" if kind in ("date", "month") else "long" if long else "prose" if prose else ""
    return (f' class="{names}"' if names else "") + ' style="text-align:left"'


def _text_table(grid: _Grid) -> str:
    right = [kind in RIGHT for kind in grid.kinds]
    widths = [max(map(len, column)) for column in zip(grid.headers, *grid.body, strict=True)]
    lines = [
        "  ".join(cell.rjust(w) if r else cell.ljust(w) for cell, w, r in zip(row, widths, right, strict=True)).rstrip()
        for row in [grid.headers, *grid.body]
    ]
    return "\n".join([grid.title, *lines, *([grid.note] if grid.note else [])])


def figure(picture, alt: str | None = None) -> None:
    """Show a plot as a small PNG at its natural size, and its numbers as text.

    Parameters
    ----------
    picture : Axes or Figure
        What a function of `plots` returned, or any matplotlib figure.
    alt : str
        The picture in words, with its numbers; by default the texts that `plots` made of what it drew: the alternative
        in the picture's metadata, every number in the plain text.
    """
    owner = getattr(picture, "figure", None) or picture
    told, full = (alt, alt) if alt else _told(owner)
    if not told:
        raise ValueError("alt must tell the figure's numbers: this figure was not made by plots.")
    data, width, height = _png(owner)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(owner)
    shown = {"image/png": {"alt": plain(told), "width": width, "height": height}}
    _display({"image/png": data, "text/plain": plain(full)}, shown)


def _told(owner) -> tuple[str, str]:
    from carteira_lib import plots

    return tuple(" ".join(filter(None, map(tell, owner.axes))) for tell in (plots.alt, plots.transcript))


def _png(owner) -> tuple[bytes, int, int]:
    """A quantised PNG at twice its natural size, same bytes for the same figure, and its size on the page.

    Drawn and reduced in memory: five times as fast as saving a PNG, reading it and reducing that.
    """
    import matplotlib
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    from carteira_lib.plots import SETTINGS

    with matplotlib.rc_context(SETTINGS):
        owner.set_dpi(_SCALE * _PIXELS_PER_INCH)
        canvas = FigureCanvasAgg(owner)
        canvas.draw()
    drawn = Image.frombuffer("RGBA", canvas.get_width_height(), canvas.buffer_rgba()).convert("RGB")
    picture = drawn.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    picture.putpalette([255 if part > _NEARLY_WHITE else part for part in picture.getpalette()])
    small = io.BytesIO()
    picture.save(small, format="PNG", optimize=True)
    return small.getvalue(), picture.width // _SCALE, picture.height // _SCALE


def _display(bundle: dict[str, object], metadata: dict[str, dict] | None = None) -> None:
    from base64 import b64encode

    from IPython.display import display

    plain_bundle = {mime: b64encode(v).decode() if isinstance(v, bytes) else v for mime, v in bundle.items()}
    display(plain_bundle, raw=True, metadata=metadata or {})
