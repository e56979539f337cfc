"""The committed notebooks made anew: executed on their defaults, the demo company, and normalised."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TextIO

from carteira_lib.language import translator
from carteira_lib.pipeline import normalise, order, params
from carteira_lib.pipeline.crew import Crew, Execution
from carteira_lib.pipeline.execution import Outcome, Settings
from carteira_lib.pipeline.jobs import ROOT
from carteira_lib.pipeline.kernels import Nursery
from carteira_lib.pipeline.terminal import Progress, Terminal

CELL_TIMEOUT = 600


def refresh(folder: Path = ROOT / "notebooks", *, check: bool = False, lines: TextIO | None = None) -> list[str]:
    """Execute the notebooks and write them normalised, or only tell which are no longer what they would be.

    Parameters
    ----------
    folder : Path
        Of the notebooks.
    check : bool
        Write nothing.
    lines : text stream
        Where the progress goes; stdout by default.

    Returns
    -------
    list of str
        A line for each notebook that failed or, with `check`, is stale. Empty when all is well.
    """
    files = order.available(folder)
    with tempfile.TemporaryDirectory(prefix="carteira-notebooks-") as temporary:
        results = Path(temporary) / "results"
        outcomes = _execute(files, results, lines or sys.stdout)
        failed = [_failed(outcome) for outcome in outcomes if outcome.status != "done"]
        if failed:
            return failed
        fresh = {name: _normalised(results / "notebooks" / f"{name}.ipynb") for name in files}
    if check:
        _ = translator("pt-BR")
        message = _("não corresponde ao que sua execução mostra; rode: python carteira.py notebooks")
        return [f"{name}: {message}" for name, file in files.items() if normalise.stale(file, fresh[name])]
    for name, file in files.items():
        _write(file, normalise.text(fresh[name]))
    return []


def _execute(files: dict[str, Path], results: Path, lines: TextIO) -> list[Outcome]:
    settings = Settings(results.parent / "output", ROOT, CELL_TIMEOUT)
    terminal = Terminal(lines, sys.stderr, Progress(dict.fromkeys(files, 1), {}))
    with terminal, Nursery(ROOT) as nursery, Crew(2) as crew:
        unchanged = params.Params(Path(), {}, {})
        return Execution(files, unchanged, results, settings, terminal, nursery=nursery).all(crew)


def _failed(outcome: Outcome) -> str:
    return f"{outcome.name}: {outcome.failure.line if outcome.failure else outcome.blocked_by}"


def _normalised(file: Path) -> dict:
    return normalise.normalised(json.loads(file.read_text(encoding="utf-8")))


def _write(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.tmp")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, file)
