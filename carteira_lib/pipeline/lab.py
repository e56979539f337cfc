"""JupyterLab on the notebooks, without its prompts about news and updates."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


def lab(arguments: Sequence[str] = ()) -> int:
    """Open JupyterLab in ``notebooks/`` and wait until it is closed; returns its exit code.

    Parameters
    ----------
    arguments : sequence of str
        More arguments for JupyterLab, such as ``--no-browser``.
    """
    with tempfile.TemporaryDirectory(prefix="carteira-lab-") as settings:
        (Path(settings) / "overrides.json").write_text(json.dumps(QUIET), encoding="utf-8")
        try:
            return subprocess.call(command(Path(settings), arguments), env=environment(os.environ), cwd=ROOT)
        except KeyboardInterrupt:
            return 0


def command(settings: Path, arguments: Sequence[str]) -> list[str]:
    """The command line of JupyterLab: this Python's, rooted at the repository."""
    options = [
        f"--ServerApp.root_dir={ROOT}",
        "--LabApp.default_url=/lab/tree/notebooks",
        f"--LabApp.app_settings_dir={settings}",
    ]
    return [sys.executable, "-m", "jupyterlab", *options, *arguments]


def environment(inherited: dict) -> dict[str, str]:
    """The environment of the kernels that JupyterLab starts."""
    path = os.pathsep.join(filter(None, [str(ROOT), inherited.get("PYTHONPATH")]))
    return {"OMP_NUM_THREADS": "1", **inherited, "PYTHONPATH": path}
