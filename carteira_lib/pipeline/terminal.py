"""What the terminal shows of a run: a bar with the time left, and a line per finished notebook.

Where the output is no terminal there is no bar, only the lines.
"""

from __future__ import annotations

import textwrap
import time
from collections.abc import Iterable, Mapping
from typing import TextIO

from carteira_lib.language import translator
from carteira_lib.pipeline.execution import Outcome

CLAUSE = 110  # characters of what a notebook found
USUAL_SECONDS = 5.0  # of a notebook that was never timed
BAR = "{desc} |{bar}| {percentage:3.0f}%{postfix}"


class Progress:
    """Counts the cells of the run's notebooks and estimates the time left.

    Parameters
    ----------
    cells : mapping of str to int
        Notebook -> how many cells it has.
    seconds : mapping of str to float
        Notebook -> seconds that it took the last time.
    workers : int
        Notebooks that run side by side.
    """

    def __init__(self, cells: Mapping[str, int], seconds: Mapping[str, float], workers: int = 1):
        self.cells, self.seconds = dict(cells), dict(seconds)
        self.weights = {name: seconds.get(name, USUAL_SECONDS) for name in cells}
        self.workers = workers
        self.reached: dict[str, int] = {}
        self.begun: dict[str, float] = {}
        self.ended: set[str] = set()

    def share(self, name: str, now: float) -> float:
        """Share of a notebook that is done, by its cells or, where it was timed before, by the clock."""
        if name in self.ended:
            return 1.0
        if name not in self.begun:
            return 0.0
        by_cells = self.reached.get(name, 0) / max(self.cells[name], 1)
        by_clock = (now - self.begun[name]) / self.weights[name] if name in self.seconds else 0.0
        return min(max(by_cells, by_clock), 0.97)

    def fraction(self, now: float) -> float:
        """Share of the whole run that is done."""
        done = sum(self.share(name, now) * weight for name, weight in self.weights.items())
        return done / sum(self.weights.values()) if self.weights else 1.0

    def seconds_left(self, now: float) -> float | None:
        """Seconds left; None before anything is known of this run or an earlier one."""
        left = {name: (1 - self.share(name, now)) * weight for name, weight in self.weights.items()}
        if set(self.cells) <= set(self.seconds):
            return max(max(left.values()), sum(left.values()) / self.workers)
        fraction = self.fraction(now)
        elapsed = now - min(self.begun.values(), default=now)
        return elapsed * (1 - fraction) / fraction if fraction > 0.05 else None


class Terminal:
    """Writes the bar and the lines of a run.

    Parameters
    ----------
    lines, bar : text stream
        Where the lines go, and where the bar goes if that is a terminal.
    progress : Progress
    language : str
    """

    def __init__(self, lines: TextIO, bar: TextIO, progress: Progress, language: str = "pt-BR"):
        self.lines, self.progress, self.language = lines, progress, language
        self.bar = None
        if bar.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=1000, file=bar, bar_format=BAR, dynamic_ncols=True, leave=False)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, kind, error, trace) -> None:
        if self.bar is not None:
            self.bar.close()

    def line(self, text: str) -> None:
        """A line of its own, above the bar."""
        if self.bar is not None:
            self.bar.write(text, file=self.lines)
        else:
            self.lines.write(text + "\n")
        self.lines.flush()

    def began(self, name: str) -> None:
        """A notebook started."""
        self.progress.begun[name] = time.monotonic()
        self.refresh()

    def reached(self, name: str, cell: int) -> None:
        """A notebook started a cell; called from the threads that run notebooks, so it draws nothing."""
        self.progress.reached[name] = cell

    def ended(self, outcome: Outcome, prefix: str = "") -> None:
        """A notebook ended: its line."""
        name = prefix + outcome.name
        self.progress.ended.add(name)
        width = max(map(len, self.progress.cells))
        self.line(f"{name:<{width}}  {summary(outcome, self.language)}")
        self.refresh()

    def dropped(self, names: Iterable[str]) -> None:
        """Nothing more is to come of these notebooks, ended or not."""
        self.progress.ended.update(names)

    def refresh(self) -> None:
        """Draw the bar anew."""
        if self.bar is None:
            return
        now = time.monotonic()
        _ = translator(self.language)
        left = self.progress.seconds_left(now)
        running = [" ".join(name.split()) for name in self.progress.begun if name not in self.progress.ended]
        self.bar.n = int(1000 * self.progress.fraction(now))
        self.bar.set_description_str(", ".join(running), refresh=False)
        self.bar.set_postfix_str("" if left is None else _("faltam {time}", time=clock(left)), refresh=False)
        self.bar.refresh()


def summary(outcome: Outcome, language: str = "pt-BR") -> str:
    """The line of a finished notebook: its seconds and what it found, or what stopped it."""
    _ = translator(language)
    if outcome.status == "skipped":
        return _("não executado: precisa de {notebook}", notebook=outcome.blocked_by)
    decimal = "," if language == "pt-BR" else "."
    time_taken = f"{outcome.seconds:5.1f} s".replace(".", decimal)
    if outcome.failure:
        return f"{time_taken}  " + _("falhou: {error}", error=_short(outcome.failure.line))
    return f"{time_taken}  {_short(outcome.finding)}".rstrip()


def _short(text: str) -> str:
    return textwrap.shorten(text, CLAUSE, placeholder="...")


def clock(seconds: float) -> str:
    """Seconds as people read them.

    Examples
    --------
    >>> clock(8.2), clock(75), clock(3700)
    ('9 s', '1 min 15 s', '1 h 01 min')
    """
    whole = int(-(-seconds // 1))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
