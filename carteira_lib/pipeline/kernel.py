"""The process that a notebook runs in: an IPython kernel that has imported what notebooks need.

``python -m carteira_lib.pipeline.kernel -f CONNECTION`` is one kernel. With ``--serve`` the process loads the whole
library once and, for each line of JSON that it reads, forks a kernel and answers with its number: eight notebooks then
pay for one import. A fork starts from loaded modules and nothing else: no notebook ever ran in this process.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

COMMAND = (sys.executable, "-P", "-m", "carteira_lib.pipeline.kernel")
READY = "ready"
USUAL = ("carteira_lib.canonical", "carteira_lib.portfolio", "carteira_lib.report")  # of every notebook
LIBRARY = (
    "ipykernel.kernelapp", "ipykernel.zmqshell", "matplotlib_inline.backend_inline", *USUAL,
    *(f"carteira_lib.{name}" for name in (
        "actions", "churn", "cleaning", "forecast", "nps", "offers", "pci", "plots", "show", "summary",
    )),
    # what these import only where they need it
    "PIL.Image", "babel.dates", "babel.messages.pofile", "babel.numbers", "duckdb", "ibis.backends.duckdb",
    "matplotlib.backends.backend_agg", "matplotlib.font_manager", "pyarrow.compute", "pyarrow.parquet",
    "python_calamine", "scipy.stats", "sklearn.cluster", "sklearn.feature_extraction.text", "sklearn.isotonic",
    "sklearn.linear_model", "sklearn.metrics", "xlsxwriter",
)  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    """Be one kernel, or serve kernels until the input ends."""
    sys.modules.setdefault("rfc3987_syntax", None)  # a second of imports that serves nobody
    sys.modules.setdefault("debugpy", None)  # compiles itself anew on every import, for debuggers that nobody attaches
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")  # before matplotlib is imported
    if list(arguments) != ["--serve"]:
        _become_kernel(arguments, USUAL)
        return
    load(LIBRARY)
    request = serve()
    if request is not None:
        take_over(request)
        _become_kernel([*request["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"])


def load(names: Sequence[str]) -> None:
    """Import modules; what cannot be imported is left for the notebook to complain about."""
    for name in names:
        try:
            importlib.import_module(name)
        except Exception:
            continue


def serve() -> Mapping | None:
    """Fork a process for each request read; returns the request in the process forked, None when the input ends."""
    if threads() != 1:  # a fork copies one thread only; what another held locked stays locked
        return None
    _answer(READY)
    kernels: list[int] = []
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            return json.loads(line)
        kernels = [*filter(_is_running, kernels), pid]
        _answer(pid)
    for pid in kernels:  # whoever asked for them is gone
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return None


def threads() -> int:
    """Threads of this process, those of compiled libraries included."""
    return len(list(Path("/proc/self/task").iterdir()))


def _answer(text: object) -> None:
    print(text, flush=True)


def _is_running(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG)[0] == 0


def take_over(request: Mapping) -> None:
    """Become a process of its own: session, folder, environment, streams and random numbers."""
    import numpy as np

    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    streams = (os.open(os.devnull, os.O_RDONLY), os.open(request["log"], os.O_WRONLY | os.O_APPEND))
    for stream, numbers in zip(streams, ((0,), (1, 2)), strict=True):
        for number in numbers:
            os.dup2(stream, number)
        os.close(stream)
    np.random.seed()  # noqa: NPY002 (the library draws from generators of its own; this is for what users add)


def _become_kernel(arguments: Sequence[str], names: Sequence[str] = ()) -> None:
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(list(arguments))
    load(names)  # after the ports are taken, which another program could take meanwhile
    app.start()


if __name__ == "__main__":
    main(sys.argv[1:])
