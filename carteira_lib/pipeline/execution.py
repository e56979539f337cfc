"""One notebook executed by papermill in a kernel of its own, and what became of it.

Whatever stops a notebook (an error, a kernel that dies, a cell that takes too long) leaves the executed notebook with
the cells that ran and the error where it happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from carteira_lib.language import N_, translator
from carteira_lib.pipeline import redaction
from carteira_lib.pipeline.kernels import ONE_THREAD, Kernels

sys.modules.setdefault("rfc3987_syntax", None)  # costs every process that imports nbformat a second, and serves nobody

CARD = re.compile(
    r'<dt>(.*?)</dt><dd class="card-value"[^>]*>(.*?)</dd>(?:<dd class="card-note"[^>]*>(.*?)</dd>)?', re.DOTALL
)
PARAMETER_ERRORS = ("ParameterError", "ParamsError")
INPUT_ERRORS = ("DataError", *PARAMETER_ERRORS)
DISK_FULL = ("[Errno 28]", "No space left on device", "[WinError 112]", "There is not enough space on the disk")
ERROR_MARK = "papermill-error-cell-tag"  # what papermill tags the two cells with that it adds beside an error
START_TIMEOUT = 90
NEVER_ANSWERED = "Kernel died before replying"  # what Jupyter says of a kernel that ended before its first cell


class NotNeeded(Exception):
    """A notebook that was got ready early does not run: one that it needs has failed, or the run was given up."""


@dataclass(frozen=True)
class Failure:
    """Why a notebook stopped: the exception's name, its message, and the number of the cell (from 1)."""

    name: str
    message: str
    cell: int

    @property
    def is_input(self) -> bool:
        """Whether the library refused the data or the parameters."""
        return self.name in INPUT_ERRORS

    @property
    def is_parameter(self) -> bool:
        """Whether a parameter has a value that no data would make right."""
        return self.name in PARAMETER_ERRORS

    @property
    def is_disk_full(self) -> bool:
        return any(words in self.message for words in DISK_FULL)

    @property
    def line(self) -> str:
        """The exception in one line."""
        first = self.message.strip().splitlines()[:1]
        return f"{self.name}: {first[0]}" if first else self.name


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook: `status` is "done", "failed" or "skipped"."""

    name: str
    status: str
    seconds: float = 0.0
    finding: str = ""
    figures: list = field(default_factory=list)
    failure: Failure | None = None
    blocked_by: str = ""


@dataclass(frozen=True)
class Settings:
    """What all notebooks of a run are executed with.

    Attributes
    ----------
    output : Path
        Folder that stands for ``output/``; handed to the kernels as ``CARTEIRA_OUTPUT``.
    root : Path
        Of the repository; put on the kernels' import path.
    cell_timeout : int
        Seconds after which a cell is stopped.
    language : str
        Of the messages written into a notebook that failed.
    secrets : mapping of str to str
        From `redaction.find`.
    """

    output: Path
    root: Path
    cell_timeout: int = 1800
    language: str = "pt-BR"
    secrets: Mapping[str, str] = field(default_factory=dict)


def execute(
    source: Path,
    target: Path,
    parameters: Mapping[str, object],
    *,
    settings: Settings,
    kernels: Kernels,
    on_cell: Callable[[int], None] = lambda index: None,
    may_begin: Callable[[], bool] = lambda: True,
    early: bool = False,
) -> Outcome:
    """Run one notebook and write it, as executed, to `target`.

    Parameters
    ----------
    source, target : Path
        The notebook and where its executed copy goes.
    parameters : mapping
        JSON values of parameters that the notebook declares.
    settings : Settings
    kernels : Kernels
        Where the notebook's kernel is registered.
    on_cell : callable
        Called with the index of each code cell that starts.
    may_begin : callable
        Called once the kernel is there, before the first cell; waits until the notebook may run, False gives it up.
    early : bool
        Whether it is got ready before its turn, and its kernel's start need not be quick.

    Returns
    -------
    Outcome
        "done" or "failed"; its seconds do not count the waiting in `may_begin`.

    Raises
    ------
    NotNeeded
        `may_begin` said no; nothing is left of the notebook.
    OSError
        The executed notebook cannot be written, as where the disk is full.
    """
    begin = time.perf_counter()
    target.parent.mkdir(parents=True, exist_ok=True)
    started = [-1]
    waited = [0.0]

    def note(cell, cell_index):
        if started[0] < 0:
            waited[0] = _waited(may_begin)
        started[0] = cell_index
        on_cell(cell_index)

    log = target.with_name(f".{target.stem}.log")
    with log.open("wb") as stream, _event_loop():
        manager_class = kernels.manager_class(_environment(settings), stream, early)
        failure = _papermill(source, target, parameters, settings, manager_class, note)
        if NEVER_ANSWERED in str(failure) and not kernels.stopped:  # another program may have taken one of its ports
            failure = _papermill(source, target, parameters, settings, manager_class, note)
    if isinstance(failure, NotNeeded):
        log.unlink()
        target.unlink(missing_ok=True)
        raise failure
    notebook = _finish(source, target, failure, started[0], _tail(log), settings)
    log.unlink()
    seconds = time.perf_counter() - begin - waited[0]
    return _outcome(source.stem, notebook, failure and _failure(failure, started[0], settings), seconds)


def taken_over(source: Path, target: Path, settings: Settings) -> Outcome:
    """What became of a notebook that was executed elsewhere, to its end; it is made fit to be kept like our own."""
    notebook = _finish(source, target, None, 0, "", settings)
    seconds = notebook["metadata"].get("papermill", {}).get("duration") or 0.0
    return _outcome(source.stem, notebook, None, float(seconds))


def _waited(may_begin: Callable[[], bool]) -> float:
    """Seconds until the notebook may begin; NotNeeded where it may not."""
    begin = time.perf_counter()
    if not may_begin():
        raise NotNeeded
    return time.perf_counter() - begin


@contextlib.contextmanager
def _event_loop() -> Iterator[None]:
    """The event loop that this thread's kernel is talked to on; Jupyter makes one and would leave it open."""
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop(prefer_selector_loop=True)
    try:
        yield
    finally:
        tasks = asyncio.all_tasks(loop)
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        asyncio.set_event_loop(None)
        loop.close()


def _environment(settings: Settings) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(settings.root), os.environ.get("PYTHONPATH")]))
    return {**ONE_THREAD, **os.environ, "PYTHONPATH": path, "CARTEIRA_OUTPUT": str(settings.output)}


def _papermill(
    source: Path, target: Path, parameters: Mapping, settings: Settings, manager_class: type, note: Callable
) -> Exception | None:
    """Run papermill; returns what stopped the notebook, None where nothing did."""
    import papermill
    from traitlets.config import Config

    logging.getLogger("papermill").setLevel(logging.CRITICAL)
    try:
        papermill.execute_notebook(
            _braced(source),
            _braced(target),
            parameters=dict(parameters),
            kernel_name="python3",  # this Python's, whatever kernel the notebook was last opened with
            language="python",
            progress_bar=False,
            cwd=None,  # anything else makes papermill change the folder of the whole process
            start_timeout=START_TIMEOUT,
            execution_timeout=settings.cell_timeout,
            kernel_manager_class=manager_class,
            shutdown_kernel="immediate",  # all is written by then, and a polite end takes a third of a second
            on_cell_start=note,
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
            extra_arguments=["--IPKernelApp.log_level=50"],
        )
    except TimeoutError as error:  # of a cell or of the kernel's start; an OSError to Python, but not of the disk
        return error
    except OSError:
        raise
    except Exception as error:  # whatever stops one notebook must not stop the others
        return error
    return None


def _braced(path: Path) -> str:
    return str(path).replace("{", "{{").replace("}", "}}")  # papermill fills {names} in paths


def _failure(error: Exception, index: int, settings: Settings) -> Failure:
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    _ = translator(settings.language)
    if isinstance(error, PapermillExecutionError):
        return Failure(error.ename, redaction.hide(error.evalue, settings.secrets), index + 1)
    if isinstance(error, DeadKernelError):
        return Failure(
            "DeadKernelError",
            _(N_("o processo do caderno foi encerrado pelo sistema; o mais comum é faltar memória")),
            index + 1,
        )
    if isinstance(error, TimeoutError):
        message = N_("a célula passou do limite de {n} s; aumente-o com --timeout")
        return Failure("TimeoutError", _(message, n=settings.cell_timeout), index + 1)
    return Failure(type(error).__name__, redaction.hide(str(error), settings.secrets), index + 1)


def _finish(source: Path, target: Path, error: Exception | None, index: int, log: str, settings: Settings) -> dict:
    """Make the executed notebook fit to be kept: the error in its place and in words, no secrets, no foreign paths."""
    started = target.exists() and target.stat().st_size
    notebook = json.loads(target.read_text(encoding="utf-8")) if started else blank(source)
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    if error is not None:
        notebook["cells"] = _with_error(notebook["cells"], _failure(error, index, settings), log, settings.language)
    if "papermill" in notebook["metadata"]:
        notebook["metadata"]["papermill"] |= {"input_path": source.name, "output_path": target.name}
    notebook = redaction.clean(notebook, settings.secrets)
    target.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return notebook


def blank(file: Path) -> dict:
    """A notebook without outputs: one that was not executed must not show the figures of the demo company."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    empty = {"outputs": [], "execution_count": None}
    return {**notebook, "cells": [{**c, **empty} if c["cell_type"] == "code" else c for c in notebook["cells"]]}


def _with_error(cells: list[dict], failure: Failure, log: str, language: str) -> list[dict]:
    """The cells with one notice on top and the error below the cell that stopped, in the user's language."""
    _ = translator(language)
    kept = [cell for cell in cells if ERROR_MARK not in cell["metadata"].get("tags", [])]
    broken = kept[max(failure.cell - 1, 0)]
    outputs = broken.get("outputs", [])
    if broken["cell_type"] == "code" and failure.name not in [o.get("ename") for o in outputs]:
        own = [
            output for output in outputs if output["output_type"] != "error"
        ]  # a stopped cell may show how it was stopped
        trace = [failure.line, *log.splitlines()[-10:]]
        broken["outputs"] = [
            *own,
            {"output_type": "error", "ename": failure.name, "evalue": failure.message, "traceback": trace},
        ]
    notice = _("**Esta página está incompleta:** o caderno parou num erro, mostrado onde aconteceu.")
    source = notice + f"\n\n```\n{failure.line}\n```"
    mark = {"cell_type": "markdown", "id": "papermill-error", "metadata": {"tags": [ERROR_MARK]}, "source": source}
    return [*kept[:1], mark, *kept[1:]]


def _tail(log: Path) -> str:
    return log.read_bytes()[-4000:].decode("utf-8", "replace")


def _outcome(name: str, notebook: dict, failure: Failure | None, seconds: float) -> Outcome:
    from carteira_lib import report

    figures = [figure for cell in notebook["cells"] for data in _shown(cell) for figure in _figures(data)]
    return Outcome(name, "failed" if failure else "done", seconds, report.finding(notebook), figures, failure)


def _shown(cell: dict) -> list[dict]:
    return [output["data"] for output in cell.get("outputs", []) if "data" in output]


def _figures(data: Mapping) -> list[dict[str, str]]:
    """The key figures that `show.cards` displayed."""
    markup = "".join(data.get("text/html", ""))
    found = CARD.findall(markup) if '<dl class="cards' in markup else []
    bare = [[html.unescape(re.sub(r"<[^>]+>", "", part)) for part in card] for card in found]
    return [dict(zip(("label", "value", "note"), card, strict=True)) for card in bare]
