"""Time a folder of portfolios run by one command against one command each: the clock and the CPU, kernels included.

    python benchmarks/folder.py --portfolios 20 --pairs 1

The demo's clients are dealt out to that many small portfolios, most of which lack some of the optional tables. Both
ways are taken in turn on the same files, after a warm-up that is not counted. Needs a Unix (wait4).
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import yaml

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "data" / "demo"
CLIENT = {
    "orders": "Cód. Cliente",
    "customers": "Código",
    "contracts": "Cliente",
    "surveys": "customer",
    "interactions": "Cliente",
    "proposals": "Cliente",
}
OPTIONAL = (
    "customers", "products", "contracts", "surveys", "interactions", "proposals", "prospects", "sellers", "goals",
)  # fmt: skip


def demo_tables() -> tuple[dict, dict[str, pd.DataFrame]]:
    """The demo's params and its raw tables, every cell the text that it is in the file."""
    given = yaml.safe_load((ROOT / "params" / "demo.yml").read_text(encoding="utf-8"))
    tables = {}
    for name, source in given["sources"].items():
        files = sorted(ROOT.glob(source["path"]))
        if files[0].suffix == ".xlsx":
            tables[name] = pd.read_excel(files[0], sheet_name=source["sheet"], dtype=str, engine="calamine")
            continue
        utf8 = name in ("surveys", "sellers")
        style = {"sep": "," if name == "surveys" else ";", "encoding": "utf-8-sig" if utf8 else "cp1252"}
        parts = [pd.read_csv(file, dtype=str, keep_default_na=False, **style) for file in files]
        tables[name] = pd.concat(parts, ignore_index=True)
    return given, tables


def deal_out(folder: Path, portfolios: int) -> list[Path]:
    """Write the params files and data of so many portfolios; returns the params files."""
    given, tables = demo_tables()
    (folder / "params").mkdir(parents=True)
    return [_portfolio(folder, i, portfolios, given, tables) for i in range(portfolios)]


def _portfolio(folder: Path, i: int, portfolios: int, given: dict, tables: dict[str, pd.DataFrame]) -> Path:
    sources = {}
    for name, table in tables.items():
        if i and name in OPTIONAL and (OPTIONAL.index(name) + i) % 4 == 0:
            continue
        numbers = table[CLIENT[name]].str.extract(r"(\d+)")[0] if name in CLIENT else pd.Series(table.index.astype(str))
        everyone = name in ("products", "sellers", "goals")
        own = table if everyone else table[pd.to_numeric(numbers).fillna(0).astype(int).to_numpy() % portfolios == i]
        file = folder / f"p{i:02d}_{name}.csv"
        own.to_csv(file, sep=";", index=False, encoding="utf-8")
        sources[name] = {"path": str(file), "columns": given["sources"][name]["columns"]}
    values = {key: value for key, value in given.items() if key != "sources"}
    target = folder / "params" / f"p{i:02d}.yml"
    text = yaml.safe_dump({**values, "run_name": f"p{i:02d}", "sources": sources}, allow_unicode=True)
    target.write_text(text, encoding="utf-8")
    return target


def measure(files: Sequence[Path], folder: Path) -> tuple[float, float]:
    """Seconds by the clock and CPU seconds of one command, kernels included."""
    command = [sys.executable, "-m", "carteira_lib", "run", *map(str, files), "--output", str(folder)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{files}: the run failed")
    return time.perf_counter() - start, used.ru_utime + used.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--portfolios", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="folder for the portfolios and results, in place of a temporary one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        files = deal_out(folder / "data", options.portfolios)
        measure(files[:1], folder / "warm")
        ratios = []
        for _ in range(options.pairs):
            ratios.append(_pair(files, folder))
        print(f"clock, one command / {options.portfolios} commands, median of {len(ratios)}: "
              f"{statistics.median(ratios):.2f} (target <= .60)")  # fmt: skip


def _pair(files: Sequence[Path], folder: Path) -> float:
    together = measure(files, folder / "together")
    alone = [measure([file], folder / "alone") for file in files]
    clock, cpu = (sum(part) for part in zip(*alone, strict=True))
    print(f"one command: clock {together[0]:.1f} s, CPU {together[1]:.1f} s; {len(files)} commands: clock {clock:.1f} s, "
          f"CPU {cpu:.1f} s; ratio of clocks {together[0] / clock:.2f}, of CPU {together[1] / cpu:.2f}", flush=True)  # fmt: skip
    return together[0] / clock


if __name__ == "__main__":
    main()
