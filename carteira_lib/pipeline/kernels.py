"""The kernels of a run: how they are started, and how an interrupted run ends them all.

Where the system can, they are forked from one process that has the library loaded (see `kernel`); elsewhere, and where
that process does not come about, each is a new process.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

from carteira_lib.pipeline import kernel

ONE_THREAD = {"OMP_NUM_THREADS": "1"}  # notebooks run side by side, and sums stay the same everywhere
NO_BACKGROUND = {"JE_ARROW_MALLOC_CONF": "background_thread:false"}  # pyarrow's allocator: a fork wants one thread


class Nursery:
    """The process that kernels are forked from; starting it costs seconds, so that it is for several notebooks.

    Parameters
    ----------
    root : Path
        Of the repository, which the library is imported from.
    """

    def __init__(self, root: Path):
        self._root = root
        self._process: subprocess.Popen | None = None
        self._ready: bool | None = None
        self._first = True
        self._lock = threading.Lock()

    def __enter__(self) -> Nursery:
        if hasattr(os, "fork") and hasattr(os, "pidfd_open"):
            path = os.pathsep.join(filter(None, [str(self._root), os.environ.get("PYTHONPATH")]))
            self._process = subprocess.Popen(
                [*kernel.COMMAND, "--serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**ONE_THREAD, **os.environ, **NO_BACKGROUND, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for us to pass on
                text=True,
                encoding="utf-8",
            )
        return self

    def __exit__(self, kind, error, trace) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.stdout.close()
            process.wait()

    def is_ready(self, *, early: bool) -> bool:
        """Whether a kernel can be forked, once that is known.

        The first one that is in a hurry cannot: while it starts by itself, the libraries of the others are loaded.
        """
        with self._lock:
            if self._first and not early:
                self._first = False
                return False
            if self._ready is None:
                self._ready = self._process is not None and self._process.stdout.readline().strip() == kernel.READY
            return self._ready

    def fork(self, request: Mapping) -> Forked | None:
        """A kernel; None where it has to be a new process after all."""
        with self._lock:
            if not self._ready:
                return None
            try:
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
                return Forked(int(self._process.stdout.readline()))
            except (OSError, ValueError):  # it was killed, as where memory is short
                self._ready = False
                return None


class Forked:
    """A forked kernel as Jupyter wants a process to be: what it uses of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int):
        self.pid = pid
        self.returncode: int | None = None
        self._handle = os.pidfd_open(pid)

    def poll(self) -> int | None:
        """None while it lives; how it ended only its parent knows."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int | None:
        """As `poll`, after waiting for the end."""
        return self._ended(timeout)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            poller = select.poll()
            poller.register(self._handle, select.POLLIN)
            if poller.poll(None if timeout is None else 1000 * timeout):
                self.returncode = 1
                os.close(self._handle)
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._handle, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class Kernels:
    """The kernels of a run, so that an interrupted run can end them all.

    Parameters
    ----------
    nursery : Nursery, optional
        Where they are forked; None starts each by itself.
    """

    def __init__(self, nursery: Nursery | None = None) -> None:
        self._nursery = nursery
        self._managers: list = []
        self._lock = threading.Lock()
        self.stopped = False
        self.started = threading.Event()

    def manager_class(self, environment: Mapping[str, str], log, early: bool = False) -> type:
        """A kernel manager whose kernels get this environment and write their own words to `log`."""
        from jupyter_client import AsyncKernelManager
        from jupyter_client.provisioning import LocalProvisioner

        register, nursery = self._register, self._nursery
        forks = False

        class Provisioner(LocalProvisioner):
            async def launch_kernel(self, cmd, **arguments):
                given = {"arguments": cmd[len(kernel.COMMAND) :], "environment": dict(arguments["env"])}
                place = {"folder": arguments.get("cwd") or os.getcwd(), "log": log.name}
                self.process = nursery.fork(given | place) if forks else None
                if self.process is None:
                    return await super().launch_kernel(cmd, **arguments)
                self.pid = self.pgid = self.process.pid  # it leads a session of its own
                return self.connection_info

        class RunKernelManager(AsyncKernelManager):
            async def start_kernel(self, **arguments):
                nonlocal forks  # known before ports are chosen: until they are in use, another program may take them
                forks = nursery is not None and nursery.is_ready(early=early)
                # this Python's, whatever kernel of that name the system has
                self.kernel_spec.argv = [*kernel.COMMAND, "-f", "{connection_file}"]
                self.provisioner = Provisioner(kernel_id="", kernel_spec=self.kernel_spec, parent=self)
                started = await super().start_kernel(env=dict(environment), stdout=log, stderr=log, **arguments)
                register(self)
                return started

        return RunKernelManager

    def _register(self, manager) -> None:
        with self._lock:
            self._managers.append(manager)
        self.started.set()
        if self.stopped:
            _end(manager)

    def stop(self) -> None:
        """End every kernel at once; those still starting end as soon as they have started."""
        self.stopped = True
        with self._lock:
            managers = list(self._managers)
        for manager in managers:
            _end(manager)


def _end(manager) -> None:
    process = getattr(manager.provisioner, "process", None)
    if process is not None and process.poll() is None:
        process.kill()
