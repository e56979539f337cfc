"""Notebooks as they are committed: executed, and with nothing in them that differs from one execution to the next.

Fixed metadata, counts 1..n, readable cell ids, text and PNG outputs: HTML and SVG are dropped, because the text beside
them carries the same numbers and the tests compare it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from carteira_lib.formats import strip_accents

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
DROPPED = ("text/html", "image/svg+xml")
RANDOM_ID = re.compile(r"[0-9a-f]{8}(-?[0-9a-f]{4}){0,3}(-?[0-9a-f]{12})?")
READABLE_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def normalised(notebook: dict) -> dict:
    """A copy of a notebook (nbformat 4, as JSON) in its normal form; normalising twice changes nothing more.

    Examples
    --------
    >>> cell = {"cell_type": "markdown", "id": "0a1b2c3d", "metadata": {"papermill": {}}, "source": "# Olá, São Paulo"}
    >>> normalised({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})["cells"]
    [{'cell_type': 'markdown', 'id': 'ola-sao-paulo', 'metadata': {}, 'source': ['# Olá, São Paulo']}]
    """
    cells = []
    count = 0
    for cell, cell_id in zip(notebook["cells"], _ids(notebook["cells"]), strict=True):
        executed = cell["cell_type"] == "code" and cell.get("execution_count") is not None
        count += executed
        cells.append(_cell(cell, cell_id, count if executed else None))
    title = notebook["metadata"].get("title")
    metadata = {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}, **({"title": title} if title else {})}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def text(notebook: dict) -> str:
    """The file of a normalised notebook, byte by byte as nbformat writes it."""
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def stale(file: Path, fresh: dict) -> bool:
    """Whether a committed notebook differs from its fresh, normalised execution in more than the pictures' pixels."""
    return text(_without_pixels(json.loads(file.read_text(encoding="utf-8")))) != text(_without_pixels(fresh))


def _cell(cell: dict, cell_id: str, count: int | None) -> dict:
    tags = cell["metadata"].get("tags", [])
    plain = {"cell_type": cell["cell_type"], "id": cell_id, "metadata": {"tags": tags} if tags else {}}
    plain["source"] = "".join(cell["source"]).splitlines(keepends=True)
    if cell["cell_type"] == "code":
        plain |= {"execution_count": count, "outputs": [_output(output, count) for output in cell["outputs"]]}
    elif "attachments" in cell:
        plain["attachments"] = cell["attachments"]
    return plain


def _output(output: dict, count: int | None) -> dict:
    plain = dict(output)
    if "text" in output:
        plain["text"] = _lines(output["text"])
    if "data" in output:
        plain["data"] = {kind: _data(kind, value) for kind, value in output["data"].items() if kind not in DROPPED}
        plain["metadata"] = {k: v for k, v in output.get("metadata", {}).items() if k not in DROPPED}
    if output["output_type"] == "execute_result":
        plain["execution_count"] = count
    return plain


def _data(kind: str, value: object) -> object:
    if kind.startswith("text/"):
        return _lines(value)
    return value if kind.endswith("json") else "".join(value)  # nbformat keeps base64 in one string


def _lines(value: str | list[str]) -> list[str]:
    return "".join(value).splitlines(keepends=True)


def _ids(cells: list[dict]) -> list[str]:
    """One readable id per cell: its own where it is readable, else its tag or the heading that it stands under."""
    taken: list[str] = []
    heading = "celula"
    for cell in cells:
        heading = _heading("".join(cell["source"])) or heading if cell["cell_type"] == "markdown" else heading
        tags = [tag for tag in cell["metadata"].get("tags", []) if READABLE_ID.fullmatch(tag)]
        own = cell.get("id", "")
        readable = READABLE_ID.fullmatch(own) and not RANDOM_ID.fullmatch(own)
        taken.append(_unique(own if readable else (tags or [heading])[0], taken))
    return taken


def _heading(source: str) -> str:
    found = re.search(r"^#+ +(.+)$", source, re.MULTILINE)
    words = re.findall(r"[a-z0-9]+", strip_accents(found[1]).lower()) if found else []
    return "-".join(words)[:48].strip("-")


def _unique(wanted: str, taken: list[str]) -> str:
    number = 2
    unique = wanted
    while unique in taken:
        unique = f"{wanted}-{number}"
        number += 1
    return unique


def _without_pixels(notebook: dict) -> dict:
    def blank(output: dict) -> dict:
        data = output.get("data")
        return {**output, "data": {k: "" if k.startswith("image/") else v for k, v in data.items()}} if data else output

    cells = [{**c, "outputs": [blank(o) for o in c["outputs"]]} if "outputs" in c else c for c in notebook["cells"]]
    return {**notebook, "cells": cells}
