"""The two languages of everything a user reads: pt-BR, written in the code, and English, from one gettext catalogue.

A message is its own key: the Portuguese sentence in the code or the notebook. ``locale/en/LC_MESSAGES/carteira.po``
holds the English of each. Marked with ``N_`` where a constant is defined, ``_`` (a `Translator`) where it is used.
"""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LANGUAGES = ("pt-BR", "en")
CATALOGUE = Path(__file__).resolve().parent / "locale" / "en" / "LC_MESSAGES" / "carteira.po"


def N_(message: str) -> str:
    """The message itself: marks a constant for extraction into the catalogue."""
    return message


@functools.cache
def _catalogue(language: str) -> dict[str, str | tuple[str, ...]]:
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}. Got {language!r}.")
    if language == "pt-BR":
        return {}
    from babel.messages.pofile import read_po

    with CATALOGUE.open("rb") as stream:
        messages = read_po(stream, locale=language)
    return {_key(m.id): m.string for m in messages if m.id and m.string and not m.fuzzy}


def _key(message_id: str | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


class Translator(NamedTuple):
    """Translates messages into one language and fills their ``{placeholders}``.

    Examples
    --------
    >>> _ = translator("pt-BR")
    >>> _("{name} comprou ontem", name="Ana")
    'Ana comprou ontem'
    >>> [_.ngettext("{n} cliente", "{n} clientes", n) for n in (0, 1, 1200)]
    ['0 clientes', '1 cliente', '1.200 clientes']
    """

    language: str

    def __call__(self, message: str, **values: object) -> str:
        text = _catalogue(self.language).get(message, message)
        if isinstance(text, tuple):
            text = text[0]
        return text.format(**values) if values else text

    def ngettext(self, one: str, many: str, n: int, **values: object) -> str:
        """`one` where n is 1, else `many`; ``{n}`` is filled with n, thousands marked."""
        forms = _catalogue(self.language).get(one, (one, many))
        mark = "." if self.language == "pt-BR" else ","
        return forms[0 if n == 1 else 1].format(n=f"{n:,}".replace(",", mark), **values)


@functools.cache
def translator(language: str) -> Translator:
    """The Translator of `language`; ValueError where it is not one of `LANGUAGES`."""
    _catalogue(language)
    return Translator(language)


def paragraphs(markdown: str) -> list[str]:
    """Blocks of Markdown between blank lines; a fenced block stays whole.

    Examples
    --------
    >>> paragraphs("# Título\\n\\nUm texto\\nem duas linhas.\\n")
    ['# Título', 'Um texto\\nem duas linhas.']
    """
    blocks: list[str] = []
    current: list[str] = []
    fenced = False
    for line in markdown.splitlines():
        fenced ^= line.lstrip().startswith("```")
        if line.strip() or fenced:
            current.append(line)
        elif current:
            blocks.append("\n".join(current))
            current = []
    return blocks + (["\n".join(current)] if current else [])


def translate_markdown(text: str, language: str) -> str:
    """Markdown with each paragraph translated; paragraphs that the catalogue lacks stay as they are."""
    _ = translator(language)
    return "\n\n".join(_(block) for block in paragraphs(text))


def extract_notebook(fileobj, keywords, comment_tags, options) -> Iterator[tuple]:
    """Babel extractor for ``.ipynb``: Markdown paragraphs with letters, messages in code, and parameter help."""
    from babel.messages.extract import extract_python

    notebook = json.loads(fileobj.read().decode("utf-8"))
    for number, cell in enumerate(notebook["cells"], 1):
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for block in paragraphs(source):
                if re.search(r"[^\W\d_]", block):
                    yield number, None, block, []
        elif cell["cell_type"] == "code":
            stream = io.BytesIO(source.encode())
            for _, function, message, comments in extract_python(stream, keywords, comment_tags, {"encoding": "utf-8"}):
                yield number, function, message, comments
