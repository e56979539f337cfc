"""HTML from notebooks made harmless: only known elements and attributes are kept, no address but http(s) and mailto."""

from __future__ import annotations

import re

TAGS = frozenset(
    [
        "a",
        "abbr",
        "b",
        "bdi",
        "blockquote",
        "br",
        "caption",
        "code",
        "col",
        "colgroup",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
ATTRIBUTES = {
    "*": {"class", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}
IMAGES = ("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,")
# Classes that give content a meaning in the page; everything else could dress data up as part of it.
CLASSES = frozenset(
    ["cards", "card", "card-value", "card-note", "day", "long", "num", "own-page", "prose", "table-note", "dataframe"]
)


def clean(markup: object) -> str:
    """Markup with everything removed that could run, load, or pass for a part of the page.

    Examples
    --------
    >>> clean('<p onclick="x()">a<script>b()</script><a href="javascript:c()">d</a></p>')
    '<p>a<a rel="noopener noreferrer">d</a></p>'
    """
    import nh3

    text = markup.decode() if isinstance(markup, bytes) else str(markup)
    return nh3.clean(
        visible(text),
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        attribute_filter=_attribute,
        clean_content_tags={"script", "style", "iframe", "object", "svg", "math", "template", "noscript"},
        url_schemes={"http", "https", "mailto", "data"},
        link_rel="noopener noreferrer",
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        return " ".join(c for c in value.split() if c in CLASSES) or None
    if (tag, name) == ("img", "src"):
        return value if value.startswith(IMAGES) else None
    if name == "href" and value.strip().lower().startswith("data:"):
        return None
    return value


def visible(text: str) -> str:
    """Text without control characters, but line breaks and tabs."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", " ", text.replace("\r\n", "\n"))


def without_math(markdown: str) -> str:
    """Markdown whose dollar signs are no formula; code spans and blocks are left alone.

    Examples
    --------
    >>> print(without_math("de R$ 10 a **R$ 20**, `x$y`"))
    de R\\$ 10 a **R\\$ 20**, `x$y`
    """
    pattern = r"(?s)(?P<code>(?P<fence>`+).+?(?P=fence))|(?<!\\)\$"
    return re.sub(pattern, lambda found: found["code"] or r"\$", markdown)
