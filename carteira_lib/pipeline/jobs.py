"""One portfolio on its way from a params file to its result, step by step, so that several can go side by side."""

from __future__ import annotations

import errno
import json
import sys
import textwrap
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from carteira_lib.language import N_, translator
from carteira_lib.pipeline import crew, order, params, record, redaction, results
from carteira_lib.pipeline.crew import Crew, Execution
from carteira_lib.pipeline.execution import Outcome, Settings
from carteira_lib.pipeline.kernels import Nursery
from carteira_lib.pipeline.params import ParamsError
from carteira_lib.pipeline.staging import Staging
from carteira_lib.pipeline.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
PAGES = threading.Lock()  # pages are made by one thread at a time: more would only share the same processor
SENTENCE = 200  # characters of what a line says of a portfolio

_NO_LEAVE = (N_("sem permissão de gravar"), N_("Confira a permissão da pasta ou mude --output"))
_NO_FOLDER = (N_("há um arquivo no lugar da pasta"), N_("Mude --output"))
NOT_WRITTEN = {  # what the system says, as people say it, and the remedy
    errno.ENOSPC: crew.DISK_FULL,
    errno.EACCES: _NO_LEAVE, errno.EPERM: _NO_LEAVE, errno.EROFS: _NO_LEAVE,
    errno.EEXIST: _NO_FOLDER, errno.ENOTDIR: _NO_FOLDER,
}  # fmt: skip


@dataclass(frozen=True)
class Options:
    """How to run, as opposed to what: nothing here changes a figure.

    Attributes
    ----------
    only : sequence of str
        Notebooks asked for; they and what they read from are run. Empty: all.
    output : Path, optional
        Folder of the results, in place of ``output/``.
    notebooks : Path
        Folder of the notebooks.
    workers : int
        Notebooks that run side by side, those of all portfolios together.
    cell_timeout : int
        Seconds after which a cell is stopped.
    forks : bool
        Fork the kernels from one process that has the library loaded, where the system can.
    lines, bar : text stream
        Where the lines and the progress bar go.
    """

    only: Sequence[str] = ()
    output: Path | None = None
    notebooks: Path = ROOT / "notebooks"
    workers: int = 2
    cell_timeout: int = 1800
    forks: bool = True
    lines: TextIO = field(default_factory=lambda: sys.stdout)
    bar: TextIO = field(default_factory=lambda: sys.stderr)

    @property
    def folder(self) -> Path:
        """Where the results go."""
        from carteira_lib import tables

        return self.output or tables.output_folder("")


@dataclass(frozen=True)
class Result:
    """How a run ended: exit code 0, 1 (a notebook failed) or 2 (nothing published), the page to open, a message.

    `line` says it in one line, where several portfolios are run.
    """

    code: int
    page: Path | None = None
    message: str = ""
    line: str = ""


class Job:
    """One portfolio: checked when it is made, then begun, worked at until it has a result, and closed.

    Parameters
    ----------
    source : Path or ParamsError
        The params file, or why there is none.
    options : Options
    notebooks : mapping of str to Path
        All there are.
    taken : dict of str to Path
        Names of the runs before this one and their files, which this one adds itself to.
    """

    def __init__(
        self, source: Path | ParamsError, options: Options, notebooks: Mapping[str, Path], taken: dict[str, Path]
    ):
        self.file = str(source.subject if isinstance(source, ParamsError) else source)
        self.options, self.notebooks = options, notebooks
        self.checked: params.Params | None = None
        self.result: Result | None = None
        self.error: ParamsError | OSError | None = None
        self.sentence = ""  # what went wrong
        self.name_taken = False  # by another file of this command
        self.execution: Execution | None = None
        self._staging: Staging | None = None
        self._publishing = False
        try:
            if isinstance(source, ParamsError):
                raise source
            checked = params.read(source, notebooks.values())
            names = order.chosen(options.only, list(notebooks), checked.language)
            self.name_taken = taken.get(checked.run_name.casefold(), checked.file) != checked.file
            _take_name(checked, taken)
        except ParamsError as error:
            self._fail(error)
            return
        self.checked = checked
        self.files = {name: notebooks[name] for name in names}

    @property
    def name(self) -> str:
        """The run's, or the params file where that is wrong."""
        return self.checked.run_name if self.checked else self.file

    @property
    def language(self) -> str:
        return self.checked.language if self.checked else getattr(self.error, "language", "pt-BR")

    @property
    def cells(self) -> dict[str, int]:
        """How many cells each of its notebooks has."""
        return {name: len(json.loads(f.read_text(encoding="utf-8"))["cells"]) for name, f in self.files.items()}

    @property
    def seconds(self) -> dict[str, float]:
        """How long each notebook took the last time."""
        return record.earlier_seconds(record.earlier(self.options.folder / self.name))

    def begin(self, terminal: Terminal, nursery: Nursery | None, prefix: str) -> None:
        """Make the working folder, and be ready to be worked at."""
        staging = Staging(self.options.folder, self.name, self.language)
        try:
            self._staging = staging.__enter__()
            results.leave_earlier(staging.results, staging.final, self.checked)
        except (ParamsError, OSError) as error:
            self._fail(error)
            return
        secrets = redaction.find(self.checked.given)
        settings = Settings(staging.output, ROOT, self.options.cell_timeout, self.language, secrets)
        self.execution = Execution(
            self.files, self.checked, staging.results, settings, terminal, nursery=nursery, prefix=prefix
        )

    def work(self, crew: Crew) -> None:
        """Give the crew's free workers what can be done now."""
        if self.result or self._publishing:
            return
        self.execution.begin(crew)
        if not self.execution.over:
            return
        if self.execution.error:
            self._fail(self.execution.error)
        elif self.execution.refusal:
            self._end(Result(2, message=self.execution.refusal))
        elif crew.free:
            self._publishing = True
            crew.give(self._publish, self._published)

    def get_ready(self, crew: Crew) -> None:
        """Start early what comes next, where workers have nothing else to do."""
        if self.execution and not self.result and not self._publishing:
            self.execution.get_ready(crew)

    def stop(self) -> None:
        """End its kernels."""
        if self.execution:
            self.execution.stop()

    def close(self) -> None:
        """Remove the working folder; no worker may be at it any more."""
        if self._staging:
            self._staging.__exit__(None, None, None)
            self._staging = None

    def _publish(self) -> None:
        staging, outcomes = self._staging, self.execution.outcomes
        with PAGES:
            results.complete(staging.results, staging.final, outcomes, self.checked, self.notebooks)
            staging.publish() if set(self.files) == set(self.notebooks) else staging.publish_files()

    def _published(self, future: Future) -> None:
        try:
            future.result()
        except (ParamsError, OSError) as error:
            self._fail(error)
        else:
            self._end(_result(self.execution.outcomes, self._staging.final, self.language))

    def _fail(self, error: ParamsError | OSError) -> None:
        self.error = error
        self._end(Result(2, message=_not_written(error, self.options) if isinstance(error, OSError) else str(error)))

    def _end(self, result: Result) -> None:
        self.stop()
        self.close()
        self.sentence = _in_one_line(result.message.removeprefix(f"{self.file}: ")) if result.code else ""
        self.result = Result(result.code, result.page, result.message, self._line(result))

    def _line(self, result: Result) -> str:
        _ = translator(self.language)
        if result.code == 2:
            return _("{name}: recusada: {sentence}", name=self.name, sentence=self.sentence)
        if result.code == 1:
            failed = ", ".join(outcome.name for outcome in self.execution.outcomes if outcome.failure)
            return _(
                "{name}: incompleta, parou em {notebooks}; {page}", name=self.name, notebooks=failed, page=result.page
            )
        return _("{name}: completa; {page}", name=self.name, page=result.page)


def _in_one_line(message: str) -> str:
    """A message of several problems by its heading and the first of them."""
    lines = [line.strip(" -") for line in message.splitlines()]
    return textwrap.shorten(" ".join(lines[:2]) + (" ..." if len(lines) > 2 else ""), SENTENCE, placeholder=" ...")


def _take_name(checked: params.Params, taken: dict[str, Path]) -> None:
    _ = translator(checked.language)
    other = taken.setdefault(checked.run_name.casefold(), checked.file)  # one folder to some systems
    if other != checked.file:
        message = _("run_name '{name}' já é o de {other}; dê outro a este", name=checked.run_name, other=other)
        raise ParamsError(str(checked.file), [message], checked.language)


def _not_written(error: OSError, options: Options) -> str:
    _ = translator("pt-BR")
    folder = error.filename or options.folder
    message = N_("Não foi possível gravar em {folder} ({reason}). {remedy}; {earlier}")
    other = (N_("erro {number}"), N_("Libere espaço ou confira a permissão da pasta e rode de novo"))
    reason, remedy = NOT_WRITTEN.get(error.errno, other)
    reason = _(reason, number=error.errno or "–")
    return _(message, folder=folder, reason=reason, remedy=_(remedy), earlier=_(crew.EARLIER))


def _result(outcomes: Sequence[Outcome], folder: Path, language: str) -> Result:
    page = folder / "index.html"
    failed = [outcome for outcome in outcomes if outcome.failure]
    if not failed:
        return Result(0, page)
    _ = translator(language)
    lines = [
        _(
            "{notebook} falhou ({error}); a página {page} mostra onde",
            notebook=o.name,
            error=o.failure.line,
            page=folder / f"{o.name}.html",
        )
        for o in failed
    ]
    return Result(1, page, "\n".join(lines))
