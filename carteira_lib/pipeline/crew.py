"""Who does the work of a command: a few workers that all its portfolios share, and the notebooks of one portfolio."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path

from carteira_lib.language import N_, translator
from carteira_lib.pipeline import execution, order, params
from carteira_lib.pipeline.execution import Outcome, Settings
from carteira_lib.pipeline.kernels import Kernels, Nursery
from carteira_lib.pipeline.terminal import Terminal

REFRESH_SECONDS = 0.5
DISK_FULL = (N_("disco cheio"), N_("Libere espaço e rode de novo"))
EARLIER = N_("os resultados anteriores continuam como estavam.")


class Crew:
    """Workers, each of whom does one piece of work at a time.

    Parameters
    ----------
    workers : int
    """

    def __init__(self, workers: int):
        self.workers = workers
        self._pool = ThreadPoolExecutor(workers)
        self._running: dict[Future, Callable[[Future], None]] = {}

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    @property
    def free(self) -> int:
        """How many have nothing to do."""
        return self.workers - len(self._running)

    def give(self, work: Callable[[], object], ended: Callable[[Future], None]) -> None:
        """Have a piece of work done; `ended` is called with its future, by `collect`."""
        self._running[self._pool.submit(work)] = ended

    def collect(self) -> None:
        """Wait a moment for work to end, and say so to whoever gave it."""
        done, _ = wait(self._running, timeout=REFRESH_SECONDS, return_when=FIRST_COMPLETED)
        for future in done:
            self._running.pop(future)(future)


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
    """The notebooks of a portfolio, each begun when those that it waits for have ended.

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
    prefix : str
        Before the notebooks' names, where the terminal shows those of several portfolios.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        checked: params.Params,
        results: Path,
        settings: Settings,
        terminal: Terminal,
        *,
        nursery: Nursery | None = None,
        prefix: str = "",
    ):
        self.files, self.checked, self.results = files, checked, results
        self.settings, self.terminal, self.prefix = settings, terminal, prefix
        self.declared = params.declared_by(files.values())
        self.kernels = Kernels(nursery)
        self.ended: dict[str, Outcome] = {}
        self.running: set[str] = set()
        self.gates: dict[str, Gate] = {}
        self.error: OSError | None = None

    @property
    def outcomes(self) -> list[Outcome]:
        """What became of each notebook, in their order; of fewer where the run was given up."""
        return [self.ended[name] for name in self.files if name in self.ended]

    @property
    def refusal(self) -> str:
        """The message where the run must leave nothing: a wrong parameter, data refused at the start, a full disk."""
        return refusal(self.outcomes)

    @property
    def given_up(self) -> bool:
        return bool(self.kernels.stopped or self.error or self.refusal)

    @property
    def over(self) -> bool:
        """Whether nothing runs and nothing will."""
        return not self.running and (self.given_up or len(self.ended) == len(self.files))

    def all(self, crew: Crew) -> list[Outcome]:
        """Run them with a crew of their own; returns what became of each."""
        try:
            while not self.over:
                self.begin(crew)
                self.get_ready(crew)
                crew.collect()
                self.terminal.refresh()
        finally:
            self.stop()
        return self.outcomes

    def begin(self, crew: Crew) -> None:
        """Give the crew's free workers what can be begun."""
        if self.given_up:
            self.stop()
            return
        while self._skip_what_is_lost():
            continue
        for name in self._ready():
            if name in self.gates:
                self.gates[name].open()
            elif crew.free:
                self._give(crew, name, None)

    def get_ready(self, crew: Crew) -> None:
        """Start the kernel of the notebook that comes next where a worker has nothing to do; it waits at its gate."""
        coming = [name for name in self.files if name not in self.ended and name not in self.running]
        if self.running and coming and crew.free and not self.given_up:
            gate = self.gates[coming[0]] = Gate()
            self._give(crew, coming[0], gate)

    def stop(self) -> None:
        """End what runs; nothing more is begun."""
        for gate in self.gates.values():
            gate.close()
        self.kernels.stop()  # none is left alive after a normal end; after Ctrl-C or a refusal all of them are

    def _ready(self) -> list[str]:
        """What is not begun and waits for nothing."""
        begun = self.running - {name for name, gate in self.gates.items() if not gate.decided}
        left = [name for name in self.files if name not in self.ended and name not in begun]
        return [name for name in left if not set(order.waits_for(name, self.files)) - set(self.ended)]

    def _skip_what_is_lost(self) -> bool:
        """End what can no longer run; whether there was any, which may have been the last that another waited for."""
        found = False
        for name in self._ready():
            lost = [other for other in order.needs(name, self.files) if self.ended[other].status != "done"]
            if lost:
                found = True
                self._end(Outcome(name, "skipped", blocked_by=lost[0]))
                if name in self.gates:
                    self.gates[name].close()
        return found

    def _give(self, crew: Crew, name: str, gate: Gate | None) -> None:
        self.running.add(name)
        crew.give(partial(self._one, name, gate), partial(self._collected, name))

    def _one(self, name: str, gate: Gate | None) -> Outcome:
        def may_begin() -> bool:
            allowed = gate is None or gate.wait()
            if allowed:
                self.terminal.began(self.prefix + name)
            return allowed

        own = {key: value for key, value in self.checked.given.items() if key in self.declared[name]}
        target = self.results / "notebooks" / f"{name}.ipynb"
        return execution.execute(
            self.files[name],
            target,
            own,
            settings=self.settings,
            kernels=self.kernels,
            on_cell=lambda index: self.terminal.reached(self.prefix + name, index),
            may_begin=may_begin,
            early=gate is not None,
        )

    def _collected(self, name: str, future: Future) -> None:
        self.running.discard(name)
        try:
            outcome = future.result()
        except execution.NotNeeded:  # what became of it is known already
            return
        except OSError as error:
            self.error = self.error or error
            return
        if not self.given_up:
            self._end(outcome)

    def _end(self, outcome: Outcome) -> None:
        self.ended[outcome.name] = outcome
        if not refusal([outcome]):
            self.terminal.ended(outcome, self.prefix)


def refusal(outcomes: list[Outcome]) -> str:
    """The message where a run must leave nothing, see `Execution.refusal`."""
    for outcome in outcomes:
        failure = outcome.failure
        if failure and failure.is_parameter:
            return failure.message
        if failure and failure.is_input and (failure.is_disk_full or outcome.name == order.CLEANING):
            return failure.message
        if failure and failure.is_disk_full:
            _ = translator("pt-BR")
            message = N_("{notebook} não pôde gravar os resultados ({reason}). {remedy}; {earlier}")
            reason, remedy = DISK_FULL
            return _(message, notebook=outcome.name, reason=_(reason), remedy=_(remedy), earlier=_(EARLIER))
    return ""
