"""One executed notebook -> the body of its page: cells rendered by nbconvert, sanitised, given structure and names."""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from carteira_lib.language import translate_markdown, translator
from carteira_lib.report import sanitise

TEMPLATES = Path(__file__).resolve().parents[1] / "template"
HIDDEN = {"parameters", "injected-parameters"}
PAPERMILL_ERROR = "papermill-error-cell-tag"
USER_ERRORS = ("DataError", "ParameterError", "ParamsError")
CONCLUSIONS = "conclusions"


class Entry(NamedTuple):
    """One line of a page's contents list."""

    id: str
    text: str


class Body(NamedTuple):
    """What a notebook gives to its page.

    `failed` says in one sentence why the page is incomplete, empty where it is whole; `key_figures` is the first block
    of cards, `conclusions` the block of the computed sentences.
    """

    html: str
    title: str
    question: str
    finding: str
    contents: tuple[Entry, ...]
    failed: str
    failed_here: bool
    key_figures: str
    conclusions: str


def read(file: Path) -> Mapping:
    """A notebook from its file."""
    _spare_the_import()
    import nbformat

    return nbformat.read(file, as_version=4)


def _spare_the_import() -> None:
    """Keep nbformat from importing what jsonschema takes a second to load and nobody here needs."""
    sys.modules.setdefault("rfc3987_syntax", None)


def body(notebook: Mapping, language: str, pages: Collection[str] = ()) -> Body:
    """The body of a notebook's page, in `language`; links to other notebooks lead to those of `pages`, or nowhere."""
    from bs4 import BeautifulSoup

    told = _prepared(notebook, language)
    failed, failed_here = _failure(told, language)
    soup = BeautifulSoup(_converted(told, language), "html.parser")
    _structure(soup, language)
    _lead_to_pages(soup, pages)
    contents = _headings(soup)
    title = soup.h1.get_text(" ", strip=True) if soup.h1 else ""
    figures = soup.select_one("dl.cards")
    sentences = _conclusions(soup)
    return Body(
        html=str(soup),
        title=title,
        question=_question(soup),
        finding=finding(told),
        contents=contents,
        failed=failed,
        failed_here=failed_here,
        key_figures=str(figures or ""),
        conclusions=str(sentences or ""),
    )


def finding(notebook: Mapping) -> str:
    """The first clause that the notebook concluded: the first bullet of its conclusions, up to its first full stop."""
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code" or CONCLUSIONS not in _tags(cell):
            continue
        for output in cell.get("outputs", []):
            text = sanitise.visible(_joined(output.get("data", {}).get("text/plain", "")))
            bullets = [line[2:].strip() for line in text.splitlines() if line.startswith("- ")]
            if bullets:
                return re.split(r"[.;:](?=\s|$)", bullets[0], maxsplit=1)[0]
    return ""


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _tags(cell: Mapping) -> list[str]:
    return cell.get("metadata", {}).get("tags", [])


def _prepared(notebook: Mapping, language: str):
    """A copy with the Markdown translated, the parameters' code hidden, and what was never run marked."""
    _spare_the_import()
    import nbformat

    copy = nbformat.from_dict(dict(notebook))
    copy.cells = [c for c in copy.cells if PAPERMILL_ERROR not in _tags(c) and c.cell_type in {"markdown", "code"}]
    stopped = False
    shown = []
    for cell in copy.cells:
        cell.source = _joined(cell.source)
        if cell.cell_type == "markdown":
            cell.source = sanitise.without_math(translate_markdown(cell.source, language))
            cell.attachments = nbformat.from_dict({})
        elif HIDDEN & set(_tags(cell)) and not _broken(cell):
            continue
        elif cell.source.strip():
            cell.metadata["not_run"] = _not_run(cell)
            if cell.metadata["not_run"] and stopped and shown and shown[-1].metadata.get("not_run"):
                continue
            stopped |= _broken(cell)
        shown.append(cell)
    copy.cells = shown
    return copy


def _broken(cell: Mapping) -> bool:
    return any(output.output_type == "error" for output in cell.get("outputs", []))


def _not_run(cell: Mapping) -> bool:
    return cell.get("execution_count") is None and not cell.get("outputs")


def _failure(notebook: Mapping, language: str) -> tuple[str, bool]:
    """Why the page is incomplete, and whether the error is shown in it."""
    _ = translator(language)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    errors = [output for cell in code for output in cell.outputs if output.output_type == "error"]
    if errors:
        first = _message(errors[0]).strip().splitlines() or [""]
        return first[0], True
    if code and all(_not_run(cell) for cell in code):
        return _("Este caderno não foi executado."), False
    if any(_not_run(cell) for cell in code):
        return _("A execução parou antes do fim."), False
    return "", False


def _message(output: Mapping) -> str:
    if output["ename"] in USER_ERRORS:
        return sanitise.visible(output["evalue"])
    return sanitise.visible(f"{output['ename']}: {output['evalue']}")


def _converted(notebook, language: str) -> str:
    _spare_the_import()
    from nbconvert.exporters.templateexporter import TemplateExporter

    exporter = TemplateExporter(
        template_name="cells",
        template_file="index.html.j2",
        extra_template_basedirs=[str(TEMPLATES)],
        filters=_filters(),
        default_preprocessors=[],
    )
    exporter.environment.globals["_"] = translator(language)
    return exporter.from_notebook_node(notebook)[0]


def _filters() -> dict:
    return {
        "markdown2html": _markdown,
        "clean_html": sanitise.clean,
        "visible": sanitise.visible,
        "no_math": sanitise.without_math,
        "filter_data_type": _best_type,
        "image_source": _image_source,
        "image_alt": _image_alt,
        "image_size": _image_size,
        "error_message": _message,
        "is_user_error": lambda output: output["ename"] in USER_ERRORS,
    }


def _markdown(source: str) -> str:
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    return MarkdownWithMath(renderer=IPythonRenderer(escape=False, exclude_anchor_links=True)).render(source)


def _best_type(data: Mapping) -> list[str]:
    order = ("image/png", "image/svg+xml", "image/jpeg", "text/html", "text/markdown", "text/plain")
    return [kind for kind in order if kind in data][:1]


def _picture(output: Mapping, kind: str) -> Mapping:
    return output.get("metadata", {}).get(kind, {})


def _image_alt(output: Mapping, kind: str) -> str:
    return sanitise.visible(str(_picture(output, kind).get("alt") or _joined(output.data.get("text/plain", ""))))


def _image_source(output: Mapping, kind: str) -> str:
    from base64 import b64encode

    data = _joined(output.data[kind])
    encoded = b64encode(data.encode()).decode() if kind == "image/svg+xml" else re.sub(r"[^A-Za-z0-9+/=]", "", data)
    return f"data:{kind};base64,{encoded}"


def _image_size(output: Mapping, kind: str) -> list[tuple[str, int]]:
    sizes = _picture(output, kind)
    return [(side, int(sizes[side])) for side in ("width", "height") if isinstance(sizes.get(side), int | float)]


def _structure(soup, language: str) -> None:
    """Names, scopes and scroll regions of tables, focus for what scrolls, classes of the opening paragraphs."""
    _ = translator(language)
    _drop_hollow(soup)
    names: list[str] = []
    for number, table in enumerate(soup.select("table"), 1):
        _scopes(table)
        name = table.caption.get_text(" ", strip=True) if table.caption else ""
        if table.caption:  # a span can keep to the screen's width while the table below it scrolls
            inner = soup.new_tag("span")
            inner.extend(list(table.caption.contents))
            table.caption.append(inner)
        name = name[:120] or _("Tabela {n}", n=number)
        names.append(name)
        label = name if names.count(name) == 1 else f"{name} ({names.count(name)})"
        table.wrap(
            soup.new_tag("div", attrs={"class": "scroll", "role": "region", "tabindex": "0", "aria-label": label})
        )
    for pre in soup.select("pre"):
        pre["tabindex"] = "0"
    _only_one_h1(soup)
    if soup.h1:
        for i, paragraph in enumerate(soup.h1.find_next_siblings("p")):
            paragraph["class"] = "about" if i else "lede"


def _lead_to_pages(soup, pages: Collection[str]) -> None:
    """Links to notebooks of the run become links to their pages; where there is no such page, their words stay."""
    for link in soup.select('a[href$=".ipynb"]:not([href*="://"])'):
        name = link["href"].removesuffix(".ipynb")
        if name in pages:
            link["href"] = f"{name}.html"
        else:
            link.unwrap()


def _drop_hollow(soup) -> None:
    """Pictures whose address was refused and headings and links without words are nothing but noise to a listener."""
    for picture in soup.select("img"):
        if len(picture.get("src", "")) < 30:
            picture.decompose()
        else:
            picture["alt"] = picture.get("alt", "")
    for element in soup.select("h1, h2, h3, h4, h5, h6, a"):
        if not element.get_text(strip=True) and not element.find("img"):
            element.decompose()


def _scopes(table) -> None:
    for cell in table.select("thead th"):
        if cell.get_text(strip=True):
            cell["scope"] = "col"
        else:
            cell.name = "td"
    for cell in table.select("tbody th"):
        cell["scope"] = "row"
    for cell in table.select("td[scope]"):
        del cell["scope"]


def _only_one_h1(soup) -> None:
    """Later first-level headings become second-level ones, and no level is skipped on the way down."""
    level = 0
    for heading in soup.select("h1, h2, h3, h4, h5, h6"):
        wanted = int(heading.name[1])
        if wanted == 1 and level:
            wanted = 2
        level = min(wanted, level + 1)
        heading.name = f"h{level}"


def _headings(soup) -> tuple[Entry, ...]:
    """Unique ids on the second- and third-level headings; the second-level ones make the contents list."""
    taken = {"content", "failure", "pages"}
    entries = []
    for heading in soup.select("h2, h3"):
        text = heading.get_text(" ", strip=True)
        stem = re.sub(r"[^\w]+", "-", text.lower()).strip("-")[:60] or "s"
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}-{number}", number + 1
        taken.add(name)
        heading["id"] = name
        if heading.name == "h2":
            entries.append(Entry(name, text))
    return tuple(entries)


def _question(soup) -> str:
    """The question of the opening paragraph, without its "Pergunta" label."""
    lede = soup.select_one("p.lede")
    if lede is None:
        return ""
    label = lede.find("strong", recursive=False)
    text = lede.get_text(" ", strip=True)
    bare = text.removeprefix(label.get_text(" ", strip=True)).lstrip(" :.") if label else text
    return bare[:1].upper() + bare[1:]


def _conclusions(soup):
    return soup.select_one("section.conclusions .output ul")
