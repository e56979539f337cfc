"""Params files from raw data to published reports, side by side, and the index over them.

The notebooks of all portfolios share the same few workers. A portfolio that was begun has the right of way over the
next one: first results come early, few are half done at a time, and what is stopped in the middle has whole ones behind it.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from carteira_lib.language import translator
from carteira_lib.pipeline import execution, inputs, order, overview, params, redaction, results
from carteira_lib.pipeline.crew import Crew
from carteira_lib.pipeline.execution import Settings
from carteira_lib.pipeline.jobs import ROOT, Job, Options, Result
from carteira_lib.pipeline.kernels import Nursery
from carteira_lib.pipeline.params import ParamsError
from carteira_lib.pipeline.terminal import Progress, Terminal

__all__ = ["Options", "Result", "pages", "run", "run_all"]
WARM_UP_SECONDS = 2.0  # at most, for the first kernel to start: importing two things at once slows both


def run_all(given: Sequence[Path], options: Options) -> Iterator[Result]:
    """Run params files side by side; what is wrong with one is its result, and does not keep the others.

    Parameters
    ----------
    given : sequence of Path
        Files, folders of them, and patterns.
    options : Options

    Yields
    ------
    Result
        Of each portfolio, in the order given, once all have ended; of several portfolios the last is the index's, where there is one.
    """
    jobs = _jobs(inputs.found(given), options)
    index = overview.Index(options.folder, jobs)
    try:
        with contextlib.closing(_ended(jobs, options)) as ended:
            for job in ended:
                index.take([job])
    finally:
        index.take(job for job in jobs if job.result)  # after Ctrl-C one may have ended that was not taken yet
    yield from (job.result for job in jobs)
    if index.result.code or (len(jobs) > 1 and index.page.is_file()):
        yield index.result


def run(file: Path, options: Options) -> Result:
    """Run the notebooks for one params file and publish what they made.

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
    jobs = _jobs([file], options)
    for job in _ended(jobs, options):
        if job.error:
            raise job.error
    return jobs[0].result


def pages(file: Path | str, output: Path | None = None, notebooks: Path = ROOT / "notebooks") -> Path:
    """Make the pages and run.json of a run whose notebooks were executed outside: by papermill, Airflow or hand.

    Parameters
    ----------
    file : Path
        The params file; the executed notebooks stand in the run's folder, under ``notebooks/``.
    output : Path, optional
        Folder of all results, in place of ``output/``.
    notebooks : Path
        Folder of the notebooks as they were.

    Returns
    -------
    Path
        The page to open.

    Raises
    ------
    ParamsError
        The params file is wrong, or no notebook was executed.
    """
    files = order.available(notebooks)
    checked = params.read(Path(file), files.values())
    folder = Options(output=output).folder / checked.run_name
    settings = Settings(folder.parent, ROOT, language=checked.language, secrets=redaction.find(checked.given))
    executed = {name: folder / "notebooks" / f"{name}.ipynb" for name in files}
    outcomes = [execution.taken_over(files[n], one, settings) for n, one in executed.items() if one.is_file()]
    if not outcomes:
        _ = translator(checked.language)
        message = _("nenhum caderno executado em {folder}; execute-os antes", folder=folder / "notebooks")
        raise ParamsError(str(file), [message], checked.language)
    results.complete(folder, folder, outcomes, checked, files)
    return folder / "index.html"


def _jobs(sources: Sequence[Path | ParamsError], options: Options) -> list[Job]:
    notebooks, taken = order.available(options.notebooks), {}
    return [Job(source, options, notebooks, taken) for source in sources]


def _ended(jobs: Sequence[Job], options: Options) -> Iterator[Job]:
    """Run all; gives each as soon as it has a result."""
    waiting, several = deque(job for job in jobs if not job.result), len(jobs) > 1
    width = max((len(job.name) for job in waiting), default=0)
    prefixes = {job: f"{job.name:<{width}}  " if several else "" for job in waiting}
    with _terminal(prefixes, options, several) as terminal, _nursery(waiting, options) as nursery:
        for job in jobs:
            if job.result:
                yield _told(job, terminal, several)
        active: list[Job] = []
        warm = False
        with contextlib.ExitStack() as closing, Crew(options.workers) as crew:
            closing.callback(lambda: [job.close() for job in active])
            with contextlib.ExitStack() as stopping:
                stopping.callback(lambda: [job.stop() for job in active])
                while waiting or active:
                    _give_work(waiting, active, crew, lambda job: job.begin(terminal, nursery, prefixes[job]))
                    warm = warm or _warm_up(active)
                    crew.collect()
                    terminal.refresh()
                    for job in [job for job in active if job.result]:
                        active.remove(job)
                        terminal.dropped(prefixes[job] + name for name in job.files)
                        yield _told(job, terminal, several)


def _terminal(prefixes: dict[Job, str], options: Options, several: bool) -> Terminal:
    cells = {prefix + name: count for job, prefix in prefixes.items() for name, count in job.cells.items()}
    seconds = {prefix + name: time for job, prefix in prefixes.items() for name, time in job.seconds.items()}
    language = next(iter(prefixes)).language if len(prefixes) == 1 else overview.language(prefixes)
    return Terminal(options.lines, options.bar, Progress(cells, seconds, options.workers), language)


def _nursery(waiting: Sequence[Job], options: Options) -> contextlib.AbstractContextManager:
    notebooks = sum(len(job.files) for job in waiting)
    return Nursery(ROOT) if options.forks and notebooks > 1 else contextlib.nullcontext()


def _give_work(waiting: deque[Job], active: list[Job], crew: Crew, begin) -> None:
    """To the crew's free workers, first of those that were begun first; nothing more is begun than they can do."""
    for job in active:
        job.work(crew)
    while waiting and crew.free:
        job = waiting.popleft()
        active.append(job)
        begin(job)
        job.work(crew)
    for job in active:
        job.get_ready(crew)


def _warm_up(active: Sequence[Job]) -> bool:
    """Load what pages need while the first kernel works; whether that was done."""
    first = next((job.execution for job in active if job.execution), None)
    if first is not None:
        first.kernels.started.wait(WARM_UP_SECONDS)
        results.warm_up()
    return first is not None


def _told(job: Job, terminal: Terminal, several: bool) -> Job:
    if several:
        terminal.line(job.result.line)
    return job
