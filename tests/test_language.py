"""The catalogue is complete, and translating keeps figures and placeholders."""

import ast
import io
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from carteira_lib import language

ROOT = language.CATALOGUE.parents[4]
METHODS = [
    ("carteira_lib/**.py", "python"),
    ("carteira_lib/template/**.j2", "jinja2"),
    ("notebooks/**.ipynb", "carteira_lib.language:extract_notebook"),
]


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with language.CATALOGUE.open("rb") as stream:
        return read_po(stream, locale="en")


@pytest.fixture(scope="module")
def extracted() -> dict[str, object]:
    found = extract_from_dir(
        str(ROOT), method_map=METHODS, directory_filter=lambda d: "/." not in d.replace(str(ROOT), "")
    )
    return {message if isinstance(message, str) else message[0]: message for _, _, message, _, _ in found}


def texts(message) -> list[str]:
    return [message] if isinstance(message, str) else list(message)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_the_catalogue_holds_exactly_what_code_and_notebooks_say(catalogue, extracted):
    held = {texts(m.id)[0] for m in catalogue if m.id}
    assert sorted(set(extracted) - held) == []
    assert sorted(held - set(extracted)) == []


def literal_messages(file: Path) -> set[str]:
    """Messages given to a translator in code, read from the syntax tree: Babel does not look into f-strings."""
    found = set()
    for call in (n for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(n, ast.Call)):
        direct = isinstance(call.func, ast.Call) and getattr(call.func.func, "id", "") == "translator"
        name = "_" if direct else getattr(call.func, "id", getattr(call.func, "attr", ""))
        if name in {"_", "N_", "ngettext"} and call.args and isinstance(call.args[0], ast.Constant):
            found.add(call.args[0].value)
    return found


def test_no_message_hides_from_the_extraction(extracted):
    files = (ROOT / "carteira_lib").rglob("*.py")
    assert sorted({m for f in files for m in literal_messages(f)} - set(extracted)) == []


def test_every_message_is_translated_and_none_is_fuzzy(catalogue):
    assert [m.id for m in catalogue if m.id and (m.fuzzy or not all(texts(m.string)))] == []


def test_translations_keep_placeholders_and_figures(catalogue):
    for m in catalogue:
        if not m.id:
            continue
        source, target = texts(m.id)[-1], texts(m.string)[-1]
        if "{" in source and not source.lstrip().startswith("```"):
            assert placeholders(source) == placeholders(target), source
        figures = [re.sub(r"[.,]", "", f) for f in re.findall(r"\d[\d.,]*\d|\d", source)]
        assert sorted(figures) == sorted(re.sub(r"[.,]", "", f) for f in re.findall(r"\d[\d.,]*\d|\d", target)), source


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match=r"language must be one of pt-BR, en\. Got 'fr'"):
        language.translator("fr")


def test_markdown_is_translated_paragraph_by_paragraph(monkeypatch):
    monkeypatch.setattr(language, "_catalogue", lambda code: {"# Olá": "# Hello"} if code == "en" else {})
    assert language.translate_markdown("# Olá\n\nsem tradução", "en") == "# Hello\n\nsem tradução"


def test_notebook_extraction_finds_prose_and_messages_in_code():
    notebook = b'{"cells": [{"cell_type": "markdown", "source": ["# T\\n", "\\n", "texto"]}, {"cell_type": "code", "source": ["_(\\"oi\\")"]}]}'
    found = [m for _, _, m, _ in language.extract_notebook(io.BytesIO(notebook), {"_": None}, [], {})]
    assert found == ["# T", "texto", "oi"]


def test_literals_are_translated_under_a_name_that_is_extracted():
    """pybabel looks for `_`, `N_` and `ngettext`: a literal given to `words.translate` never reaches the catalogue."""
    found = []
    for file in sorted((ROOT / "carteira_lib").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "translate"
            )
            if called and node.args and isinstance(node.args[0], ast.Constant):
                found.append(f"{file.name}:{node.lineno}")
    assert found == []
