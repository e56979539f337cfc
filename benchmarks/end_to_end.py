"""Time whole runs, from raw files to the last page: the clock, CPU and memory of the command that users type.

    python benchmarks/end_to_end.py params/demo.yml params/online_retail.yml --repeats 3

The first run of each file is a warm-up that is not counted. Results go to a temporary folder. Needs a Unix (wait4).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measure(params: Path, folder: str) -> dict[str, float]:
    """One run: seconds by the clock, CPU seconds and peak memory of the largest process, kernels included."""
    command = [sys.executable, "-m", "carteira_lib", "run", str(params), "--output", folder]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{params}: the run failed")
    return {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "gigabytes": used.ru_maxrss / 2**20}


def notebooks(folder: str) -> str:
    """Seconds of each notebook in the last run, as its run.json says."""
    told = json.loads(next(Path(folder).glob("*/run.json")).read_text(encoding="utf-8"))["notebooks"]
    return ", ".join(f"{name} {entry['seconds']:.1f}" for name, entry in told.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("params", nargs="+", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    for params in options.params:
        with tempfile.TemporaryDirectory() as folder:
            runs = [measure(params.resolve(), folder) for _ in range(options.repeats + 1)][1:]
            parts = notebooks(folder)
        seconds = sorted(run["seconds"] for run in runs)
        print(
            f"{params.stem}: clock {seconds[0]:.1f} / {statistics.median(seconds):.1f} / {seconds[-1]:.1f} s "
            f"(min / median / max of {len(runs)}), CPU {min(run['cpu'] for run in runs):.1f} s, "
            f"peak {max(run['gigabytes'] for run in runs):.2f} GB; {parts}"
        )


if __name__ == "__main__":
    main()
