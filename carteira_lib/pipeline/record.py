"""run.json: what a run was made of and what became of it."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path

from carteira_lib import __version__
from carteira_lib.pipeline.execution import Outcome

PACKAGES = (
    "duckdb",
    "ibis-framework",
    "matplotlib",
    "nbconvert",
    "numpy",
    "pandas",
    "papermill",
    "pyarrow",
    "scikit-learn",
)

APART = {"run_name", "as_of", "sources", "language", "mask_people", "goals"}  # may differ between runs that compare


def earlier(folder: Path) -> dict:
    """The run.json of earlier results; empty where there is none that can be read."""
    try:
        found = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def comparable(record: Mapping, parameters: Mapping) -> list[dict]:
    """What a run.json tells of its run and of the one before it, for a run with `parameters` to compare itself with.

    Returns
    -------
    list of dict
        ``as_of``, ``key_figures``, ``parameters``, and ``changed``: the names of those that differ, but for what
        changes no definition (`APART`). Runs without key figures are left out.
    """
    runs = [run for run in (record, record.get("previous")) if isinstance(run, dict) and run.get("key_figures")]
    return [
        {
            **{name: run[name] for name in ("as_of", "key_figures", "parameters")},
            "changed": sorted(
                name
                for name in {*run["parameters"], *parameters} - APART
                if run["parameters"].get(name) != parameters.get(name)
            ),
        }
        for run in runs
        if run.get("as_of") and isinstance(run.get("parameters"), dict)
    ]


def earlier_seconds(record: Mapping) -> dict[str, float]:
    """Seconds that each notebook took, by name, in an earlier run."""
    entries = record.get("notebooks")
    entries = entries if isinstance(entries, dict) else {}
    found = {name: entry.get("seconds") for name, entry in entries.items() if isinstance(entry, dict)}
    return {name: float(s) for name, s in found.items() if isinstance(s, (int, float)) and s > 0}


def versions() -> dict[str, str]:
    """Versions of Carteira, Python and the packages that figures depend on."""
    installed = {distribution.metadata["Name"].lower(): distribution.version for distribution in _distributions()}
    return {"carteira": __version__, "python": platform.python_version(), **dict(sorted(installed.items()))}


def _distributions() -> Iterable[metadata.Distribution]:
    for name in PACKAGES:
        try:
            yield metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue


def commit(root: Path) -> str | None:
    """The commit of the repository at `root`; None without git, or where `root` is not a repository's top folder."""
    command = ["git", "-C", str(root), "rev-parse", "--show-toplevel", "HEAD"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    return answer[1] if len(answer) == 2 and Path(answer[0]).resolve() == root.resolve() else None


def notebook_entries(outcomes: Iterable[Outcome]) -> dict[str, dict]:
    """What run.json says of each notebook."""
    return {outcome.name: _entry(outcome) for outcome in outcomes}


def _entry(outcome: Outcome) -> dict:
    entry: dict = {"status": outcome.status, "seconds": round(outcome.seconds, 2)}
    if outcome.finding:
        entry["finding"] = outcome.finding
    if outcome.figures:
        entry["figures"] = outcome.figures
    if outcome.failure:
        entry["error"] = outcome.failure.line
    if outcome.blocked_by:
        entry["blocked_by"] = outcome.blocked_by
    return entry
