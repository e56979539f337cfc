"""Values that must never be shown or kept: what ``${VAR}`` stands for in the sources, and passwords typed into URLs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote, quote_plus

VARIABLE = re.compile(r"\$\{(\w+)\}")
TYPED_PASSWORD = re.compile(r"://[^/?#\s:@]*:([^/?#\s$@]+)@")
LONG_ENOUGH = 6  # shorter values, such as a year, are hidden in errors only: elsewhere they would hide figures


def find(values: Mapping[str, object], environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What to hide -> what to show in its place, longest first.

    Examples
    --------
    >>> find({"sources": {"orders": {"url": "pg://bi:${PW}@host/crm"}}}, {"PW": "a b", "HOME": "/root"})
    {'a%20b': '${PW}', 'a b': '${PW}', 'a+b': '${PW}'}
    """
    found: dict[str, str] = {}
    for text in _texts(values):
        names = [name for name in VARIABLE.findall(text) if environment.get(name)]
        pairs = [(environment[name], f"${{{name}}}") for name in names]
        pairs += [(password, "***") for password in TYPED_PASSWORD.findall(text)]
        found |= {form: shown for value, shown in pairs for form in _forms(value)}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _forms(value: str) -> tuple[str, ...]:
    escaped = value.encode("unicode_escape").decode("ascii")  # as in a string of the cell that papermill injects
    return value, quote(value, safe=""), quote_plus(value), escaped


def hide(text: str, secrets: Mapping[str, str]) -> str:
    """The text with each secret replaced."""
    for value, shown in secrets.items():
        text = text.replace(value, shown)
    return text


def hidden(value: object, secrets: Mapping[str, str]) -> object:
    """A JSON value with each secret replaced in all its texts."""
    if isinstance(value, str):
        return hide(value, secrets)
    if isinstance(value, Mapping):
        return {key: hidden(item, secrets) for key, item in value.items()}
    return [hidden(item, secrets) for item in value] if isinstance(value, list) else value


def clean(notebook: dict, secrets: Mapping[str, str]) -> dict:
    """An executed notebook without secrets: all of them in errors and printed text, the long ones everywhere."""
    if not secrets:
        return notebook
    long = {value: shown for value, shown in secrets.items() if len(value) >= LONG_ENOUGH or shown == "***"}
    return {**notebook, "cells": [_clean_cell(cell, secrets, long) for cell in notebook["cells"]]}


def _clean_cell(cell: dict, secrets: Mapping[str, str], long: Mapping[str, str]) -> dict:
    cleaned = {**cell, "source": hidden(cell["source"], long)}
    if "outputs" in cell:
        spoken = ("error", "stream")
        cleaned["outputs"] = [hidden(o, secrets if o["output_type"] in spoken else long) for o in cell["outputs"]]
    return cleaned


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
