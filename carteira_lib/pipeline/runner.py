"""One params file from raw data to a published report."""

from __future__ import annotations

import contextlib
import errno
import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from carteira_lib.language import N_, translator
from carteira_lib.pipeline import execution, order, params, record, redaction, results
from carteira_lib.pipeline.execution import Outcome, Settings
from carteira_lib.pipeline.kernels import Kernels, Nursery
from carteira_lib.pipeline.staging import Staging
from carteira_lib.pipeline.terminal import Progress, Terminal

ROOT = Path(__file__).resolve().parents[2]
REFRESH_SECONDS = 0.5
WARM_UP_SECONDS = 2.0  # at most, for the first kernel to start: importing two things at once slows both

EARLIER = N_("os resultados anteriores continuam como estavam.")
_NO_LEAVE = (N_("sem permissão de gravar"), N_("Confira a permissão da pasta ou mude --output"))
_NO_FOLDER = (N_("há um arquivo no lugar da pasta"), N_("Mude --output"))
NOT_WRITTEN = {  # what the system says, as people say it, and the remedy
    errno.ENOSPC: (N_("disco cheio"), N_("Libere espaço e rode de novo")),
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
        Notebooks that run side by side.
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


@dataclass(frozen=True)
class Result:
    """How a run ended: exit code 0, 1 (a notebook failed) or 2 (nothing published), the page to open, a message."""

    code: int
    page: Path | None = None
    message: str = ""


def run_all(files: Sequence[Path], options: Options) -> Iterator[Result]:
    """Run one params file after the other; what is wrong with one is its result, and does not keep the others."""
    taken: dict[str, Path] = {}
    for file in files:
        if len(files) > 1:
            options.lines.write(f"{file}\n")
        try:
            yield run(file, options, taken)
        except params.ParamsError as error:
            yield Result(2, message=str(error))
        except OSError as error:
            yield Result(2, message=_not_written(error, options))


def _not_written(error: OSError, options: Options) -> str:
    _ = translator("pt-BR")
    folder = error.filename or options.output or _usual_output()
    message = N_("Não foi possível gravar em {folder} ({reason}). {remedy}; {earlier}")
    other = (N_("erro {number}"), N_("Libere espaço ou confira a permissão da pasta e rode de novo"))
    reason, remedy = NOT_WRITTEN.get(error.errno, other)
    reason = _(reason, number=error.errno or "–")
    return _(message, folder=folder, reason=reason, remedy=_(remedy), earlier=_(EARLIER))


def run(file: Path, options: Options, taken: dict[str, Path] | None = None) -> Result:
    """Run the notebooks for one params file and publish what they made.

    Parameters
    ----------
    file : Path
        The params file.
    options : Options
    taken : dict of str to Path
        Names of the runs before this one and their files, which this one adds itself to.

    Returns
    -------
    Result
        With code 2 nothing is published, and the earlier results stay.

    Raises
    ------
    ParamsError
        The params file or `only` is wrong, or the place of the results is taken.
    OSError
        The results cannot be written.
    """
    files = order.available(options.notebooks)
    checked = params.read(file, files.values())
    names = order.chosen(options.only, list(files), checked.language)
    _take_name(checked, {} if taken is None else taken)
    output = options.output or _usual_output()
    with Staging(output, checked.run_name, checked.language) as staging:
        results.leave_earlier(staging.results, staging.final, checked)
        outcomes = _execute({name: files[name] for name in names}, checked, staging, options)
        refused = _refusal(outcomes)
        if refused:
            return Result(2, message=refused)
        results.complete(staging.results, staging.final, outcomes, checked, files)
        staging.publish() if set(names) == set(files) else staging.publish_files()
    return _result(outcomes, staging.final, checked.language)


def _take_name(checked: params.Params, taken: dict[str, Path]) -> None:
    _ = translator(checked.language)
    other = taken.setdefault(checked.run_name, checked.file)
    if other != checked.file:
        message = _("run_name '{name}' já é o de {other}; dê outro a este", name=checked.run_name, other=other)
        raise params.ParamsError(str(checked.file), [message], checked.language)


def _usual_output() -> Path:
    from carteira_lib import tables

    return tables.output_folder("")


def _execute(files: Mapping[str, Path], checked: params.Params, staging: Staging, options: Options) -> list[Outcome]:
    settings = Settings(staging.output, ROOT, options.cell_timeout, checked.language, redaction.find(checked.given))
    seconds = record.earlier_seconds(record.earlier(staging.final))
    cells = {name: len(json.loads(file.read_text(encoding="utf-8"))["cells"]) for name, file in files.items()}
    progress = Progress(cells, seconds, options.workers)
    nursery = Nursery(ROOT) if options.forks and len(files) > 1 else contextlib.nullcontext()
    with Terminal(options.lines, options.bar, progress, checked.language) as terminal, nursery as place:
        return Execution(files, checked, staging.results, settings, terminal, place).all(options.workers)


class Gate:
    """What a notebook that was got ready early waits at until those that it needs have ended."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._passable = False

    @property
    def decided(self) -> bool:
        return self._event.is_set()

    def open(self) -> None:
        self._passable = True
        self._event.set()

    def close(self) -> None:
        """Whoever still waits is turned away; where it stood open, it stays so."""
        self._event.set()

    def wait(self) -> bool:
        """Whether the notebook may go on, once that is known."""
        self._event.wait()
        return self._passable


class Execution:
    """The notebooks of a run, each started when those that it waits for have ended.

    Parameters
    ----------
    files : mapping of str to Path
        The notebooks to run, by name.
    checked : Params
    results : Path
        Folder that the executed notebooks go to, under ``notebooks/``.
    settings : Settings
    terminal : Terminal
    nursery : Nursery, optional
        Where the kernels are forked.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        checked: params.Params,
        results: Path,
        settings: Settings,
        terminal: Terminal,
        nursery: Nursery | None = None,
    ):
        self.files, self.checked, self.results = files, checked, results
        self.settings, self.terminal = settings, terminal
        self.declared = params.declared_by(files.values())
        self.kernels = Kernels(nursery)
        self.outcomes: dict[str, Outcome] = {}
        self.running: dict[Future, str] = {}
        self.gates: dict[str, Gate] = {}

    def all(self, workers: int) -> list[Outcome]:
        """Run them; returns what became of each, in their order, of fewer where the run was given up."""
        with ThreadPoolExecutor(workers) as pool:
            try:
                self._start_ready(pool)
                self._get_ready(pool, workers)
                self.kernels.started.wait(WARM_UP_SECONDS)
                results.warm_up()
                while self.running:
                    self._collect()
                    if _refusal(self.outcomes.values()):
                        break
                    self._start_ready(pool)
                    self._get_ready(pool, workers)
            finally:
                for gate in self.gates.values():
                    gate.close()
                self.kernels.stop()  # none is left alive after a normal end; after Ctrl-C or a refusal all of them are
                pool.shutdown(wait=True, cancel_futures=True)
        return [self.outcomes[name] for name in self.files if name in self.outcomes]

    def _start_ready(self, pool: ThreadPoolExecutor) -> None:
        for name in self.files:
            gate = self.gates.get(name)
            begun = name in self.running.values() and (gate is None or gate.decided)
            if name in self.outcomes or begun or set(order.waits_for(name, self.files)) - set(self.outcomes):
                continue
            lost = [n for n in order.needs(name, self.files) if self.outcomes[n].status != "done"]
            if lost:
                self._end(Outcome(name, "skipped", blocked_by=lost[0]))
            elif gate is None:
                self.running[pool.submit(self._one, name)] = name
            if gate is not None:
                gate.close() if lost else gate.open()
        if not self.running and len(self.outcomes) < len(self.files):
            self._start_ready(pool)  # one that was skipped may have been the last that another waited for

    def _get_ready(self, pool: ThreadPoolExecutor, workers: int) -> None:
        """Start the kernel of the notebook that comes next where a worker has nothing to do; it waits at its gate."""
        coming = [n for n in self.files if n not in self.outcomes and n not in self.running.values()]
        if self.running and coming and len(self.running) < workers:
            gate = self.gates[coming[0]] = Gate()
            self.running[pool.submit(self._one, coming[0], gate)] = coming[0]

    def _one(self, name: str, gate: Gate | None = None) -> Outcome:
        def may_begin() -> bool:
            allowed = gate is None or gate.wait()
            if allowed:
                self.terminal.began(name)
            return allowed

        own = {key: value for key, value in self.checked.given.items() if key in self.declared[name]}
        target = self.results / "notebooks" / f"{name}.ipynb"
        return execution.execute(
            self.files[name],
            target,
            own,
            settings=self.settings,
            kernels=self.kernels,
            on_cell=lambda index: self.terminal.reached(name, index),
            may_begin=may_begin,
            early=gate is not None,
        )

    def _collect(self) -> None:
        done, _ = wait(self.running, timeout=REFRESH_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            del self.running[future]
            with contextlib.suppress(execution.NotNeeded):  # what became of it is known already
                self._end(future.result())
        self.terminal.refresh()

    def _end(self, outcome: Outcome) -> None:
        self.outcomes[outcome.name] = outcome
        if not _refusal([outcome]):
            self.terminal.ended(outcome)


def _refusal(outcomes: Sequence[Outcome]) -> str:
    """The message where a run must leave nothing: a wrong parameter, data refused at the start, or a full disk."""
    for outcome in outcomes:
        failure = outcome.failure
        if failure and failure.is_parameter:
            return failure.message
        if failure and failure.is_input and (failure.is_disk_full or outcome.name == order.CLEANING):
            return failure.message
        if failure and failure.is_disk_full:
            _ = translator("pt-BR")
            message = N_("{notebook} não pôde gravar os resultados ({reason}). {remedy}; {earlier}")
            reason, remedy = NOT_WRITTEN[errno.ENOSPC]
            return _(message, notebook=outcome.name, reason=_(reason), remedy=_(remedy), earlier=_(EARLIER))
    return ""


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
