"""A run works in a folder of its own beside the results and is published by renames, whole or not at all.

A run that is killed, stopped or refused leaves the earlier results as they were; what it left behind is removed when
the next run of that name starts.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

from carteira_lib.language import translator
from carteira_lib.pipeline.params import ParamsError

OLD = "old"
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # some network drives; the run then goes on unguarded
LAST = ("run.json", "index.html")  # published after all that they speak of


class Staging:
    """Context of a run: makes the working folder, holds it locked, and removes it at the end.

    Parameters
    ----------
    output : Path
        Folder of all results; the run's are in ``output / run_name``.
    run_name : str
        A safe folder name.
    language : str
        Of the errors.

    Raises
    ------
    ParamsError
        On entering: the place of the results holds something else, or another run of that name is going on.
    OSError
        On entering or publishing: the folder cannot be written.
    """

    def __init__(self, output: Path, run_name: str, language: str = "pt-BR"):
        self.final = Path(output).resolve() / run_name
        self.output = self.final.with_name(f".{run_name}.{os.getpid()}")
        self.results = self.output / run_name
        self.language = language
        self._lock = None

    def __enter__(self) -> Staging:
        self._check_place()
        self.final.parent.mkdir(parents=True, exist_ok=True)
        self._sweep()
        self._lock = _locked(self._lock_file(self.output))
        self.results.mkdir(parents=True)
        return self

    def __exit__(self, kind, error, trace) -> None:
        self._remove(self.output, self._lock)

    def publish(self) -> None:
        """Put the results in place of the earlier ones; leaving the context brings these back if that fails."""
        self._clean()
        if self.final.exists():
            os.rename(self.final, self.output / OLD)
        os.rename(self.results, self.final)

    def publish_files(self) -> None:
        """Put each file of the results in place of the earlier one; the other earlier files stay."""
        if not self.final.exists():
            self.publish()
            return
        self._clean()
        files = [file for file in self.results.rglob("*") if file.is_file()]
        for file in sorted(files, key=lambda f: (f.name in LAST, f.suffix == ".html", f)):
            target = self.final / file.relative_to(self.results)
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file, target)

    def _clean(self) -> None:
        for file in self.results.rglob(".*"):  # temporary files of writers that were stopped
            if file.is_file():
                file.unlink()

    def _check_place(self) -> None:
        ours = not self.final.exists() or (
            self.final.is_dir() and (_is_run(self.final) or not any(self.final.iterdir()))
        )
        if not ours:
            _ = translator(self.language)
            message = _(
                "a pasta '{folder}' já existe e não é de uma execução; mude run_name ou --output", folder=self.final
            )
            raise ParamsError("run_name", [message], self.language)

    def _sweep(self) -> None:
        """Remove what dead runs of this name left; refuse to start beside a living one."""
        pattern = re.compile(rf"\.{re.escape(self.final.name)}\.\d+")
        left = {entry.name.removesuffix(".lock") for entry in self.final.parent.glob(".*")}
        for name in sorted(name for name in left if pattern.fullmatch(name)):
            folder = self.final.with_name(name)
            lock = _locked(self._lock_file(folder))
            if lock is None:
                _ = translator(self.language)
                message = _(
                    "outra execução de '{name}' está em andamento; espere que termine ou mude run_name",
                    name=self.final.name,
                )
                raise ParamsError("run_name", [message], self.language)
            self._remove(folder, lock)

    def _remove(self, folder: Path, lock) -> None:
        """Remove a working folder, after giving back the earlier results that it may hold."""
        if (folder / OLD).exists() and not self.final.exists():
            os.rename(folder / OLD, self.final)
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            lock.close()
            self._lock_file(folder).unlink(missing_ok=True)

    @staticmethod
    def _lock_file(folder: Path) -> Path:
        return folder.with_name(folder.name + ".lock")


def _locked(file: Path):
    """The open, locked file; None where a living process holds it. The system frees the locks of the dead."""
    stream = file.open("a+b")
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return stream
        stream.close()
        return None
    return stream


def _is_run(folder: Path) -> bool:
    """Whether a run left this folder: the runner, or a notebook that somebody opened."""
    return (folder / "run.json").exists() or (folder / "tables" / "canonical.json").exists()
