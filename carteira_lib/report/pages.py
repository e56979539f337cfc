"""Pages around the bodies of notebooks: header with run and date, navigation, contents, style; and the index."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from pathlib import Path

from carteira_lib import formats, tables
from carteira_lib.language import translator
from carteira_lib.report import cells
from carteira_lib.report.cells import TEMPLATES, Body, finding

__all__ = ["Header", "Link", "finding", "render", "write_pages"]
SUMMARY = "resumo"


@dataclass(frozen=True)
class Header:
    """What every page of a run says of it.

    Attributes
    ----------
    run_name : str
    as_of : date or None
        Last day taken into account; None where the run failed before it was known.
    source : str
        What the pages were made of, e.g. ``"60.855 linhas de pedidos, 12 arquivos"``.
    """

    run_name: str = ""
    as_of: Date | None = None
    source: str = ""
    language: str = "pt-BR"


@dataclass(frozen=True)
class Link:
    """A page in the navigation."""

    href: str
    label: str
    current: bool = False
    failed: bool = False


def write_pages(notebooks: Mapping[str, Mapping | Path], folder: Path, header: Header) -> Path:
    """Write ``<name>.html`` for each notebook and ``index.html``; returns the path of the index.

    Parameters
    ----------
    notebooks : mapping of name to notebook or its path
        As executed, in the order of the pages; those that failed are shown with the error where it happened.
    folder : Path
        Pages are written under a temporary name and renamed.
    """
    bodies = {name: cells.body(_loaded(notebook), header.language, notebooks) for name, notebook in notebooks.items()}
    for name, body in bodies.items():
        save(folder / f"{name}.html", _page(body, name, bodies, header))
    index = folder / "index.html"
    save(index, _index(bodies, header))
    return index


def render(
    notebook: Mapping | Path, *, language: str = "pt-BR", navigation: Sequence[Link] = (), header: Header | None = None
) -> str:
    """One page as HTML, offline and without scripts.

    Parameters
    ----------
    notebook : mapping or Path
        As executed.
    language : str
        Of the page; `header`, where given, decides.
    navigation : sequence of Link
    """
    header = header or Header(language=language)
    body = cells.body(_loaded(notebook), header.language)
    return _framed(body, header, navigation=navigation)


def _loaded(notebook: Mapping | Path) -> Mapping:
    return cells.read(notebook) if isinstance(notebook, Path) else notebook


def save(file: Path, text: str) -> None:
    """Write a page under a temporary name and rename it."""
    with tables.replacing(file) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _navigation(bodies: Mapping[str, Body], header: Header, current: str = "") -> list[Link]:
    _ = translator(header.language)
    links = [Link("index.html", _("Página inicial"), not current)]
    return links + [Link(f"{n}.html", _short(b, n), n == current, bool(b.failed)) for n, b in bodies.items()]


def _short(body: Body, name: str) -> str:
    """The title up to its first colon or dash: what fits into the navigation."""
    title = body.title or _spoken(name)
    return re.split(r"\s*[:–—]\s+|\s+-\s+", title, maxsplit=1)[0][:40]


def _spoken(name: str) -> str:
    return re.sub(r"^\d+_", "", name).replace("_", " ").capitalize()


def _page(body: Body, name: str, bodies: Mapping[str, Body], header: Header) -> str:
    links = _navigation(bodies, header, name)
    here = next(i for i, link in enumerate(links) if link.current)
    around = {"previous": links[here - 1], "next": links[here + 1] if here + 1 < len(links) else None}
    return _framed(body, header, navigation=links, around=around, name=name)


def _framed(body: Body, header: Header, *, navigation=(), around: Mapping | None = None, name: str = "") -> str:
    title = body.title or _spoken(name) or "Carteira"
    start = "" if body.title else f"<h1>{_escaped(title)}</h1>"
    values = {"body": finished(start + body.html), "contents": body.contents, "cards": (), "title": title}
    values |= {"incomplete": body.failed, "failed_here": body.failed_here, "home": False}
    return filled(header, {**values, "navigation": navigation, **(around or {"previous": None, "next": None})})


def _index(bodies: Mapping[str, Body], header: Header) -> str:
    _ = translator(header.language)
    title = _("Carteira de clientes")
    listed = [_card(name, body) for name, body in bodies.items()]
    values = {"title": title, "body": finished(_opening(bodies, title, header)), "contents": (), "cards": listed}
    values |= {"incomplete": _incomplete(bodies, header.language), "failed_here": False, "home": True}
    return filled(header, {**values, "navigation": _navigation(bodies, header), "previous": None, "next": None})


def _incomplete(bodies: Mapping[str, Body], language: str) -> str:
    _ = translator(language)
    failed = [_short(body, name) for name, body in bodies.items() if body.failed]
    if not failed:
        return ""
    return _("Páginas que não chegaram ao fim: {names}.", names=formats.enumeration(failed, language))


def _opening(bodies: Mapping[str, Body], title: str, header: Header) -> str:
    """The index's head and, where the summary was made, its key figures and conclusions."""
    _ = translator(header.language)
    name = next((n for n in bodies if SUMMARY in n and not bodies[n].failed), "")
    lede = _("Quem compra, quem parou de comprar e o que fazer agora.")
    head = f'<h1>{_escaped(title)}</h1><p class="lede">{_escaped(lede)}</p>'
    if not name:
        return head
    summary = bodies[name]
    said = f'<div class="output text">{summary.conclusions}</div>' if summary.conclusions else ""
    label = _("Ler o resumo completo")
    more = f'<p><a href="{name}.html">{_escaped(label)}</a></p>'
    return f"{head}{summary.key_figures}{said}{more}"


def _card(name: str, body: Body) -> dict[str, str]:
    title = body.title or _spoken(name)
    return {
        "href": f"{name}.html",
        "title": title,
        "question": body.question,
        "finding": _ended(body.finding),
        "failed": body.failed,
    }


def _ended(sentence: str) -> str:
    return sentence if not sentence or sentence[-1] in ".!?…" else sentence + "."


def _escaped(text: str) -> str:
    from html import escape

    return escape(text)


def finished(markup: str):
    """Markup that the template takes as it is."""
    from markupsafe import Markup

    return Markup(markup)  # sanitised by cells, or built here from escaped parts


def filled(header: Header, values: Mapping) -> str:
    """The page of the template: head, style, header, footer, and between them what `values` says."""
    import jinja2

    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    css = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    shared = {
        "_": translator(header.language),
        "language": header.language,
        "css": finished(css),
        "run_name": header.run_name,
        "as_of": "" if header.as_of is None else formats.date(header.as_of, header.language),
        "source": header.source,
    }
    return environment.get_template("page.html.j2").render({**shared, **values})
