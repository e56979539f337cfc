"""Measure the features: CPU and memory against hand-written DuckDB SQL, openretailscience, PySpark, and at any size.

    python benchmarks/generate_orders.py FOLDER --lines 5000000
    python benchmarks/features.py FOLDER                                   # kit and SQL: features, features + status
    python benchmarks/features.py FOLDER --parts rfm --openretailscience PYTHON
    python benchmarks/features.py SMALL_FOLDER --parts spark --spark PYTHON
    python benchmarks/features.py BIG_FOLDER --kit-only --repeats 1 --memory-limit 10GB

PYTHON is the interpreter of an environment of its own that has that package. Every measurement is a process of its own;
CPU is user + system time of the whole process, imports included; `work` is the part of it after the imports. The
runs of the two sides alternate, the smallest figure of each is printed. Needs a Unix (resource, wait4).
"""

from __future__ import annotations

import argparse
import importlib.metadata
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
TABLES = ("products", "customers", "interactions")
RFM = ["customer_id", "last_order_date", "recency_days", "frequency", "net_revenue"]
PAIRS = {
    "features": ("kit_features", "sql_features"),
    "status": ("kit_status", "sql_status"),
    "rfm": ("kit_rfm", "openretailscience_rfm"),
    "spark": ("kit_features", "spark_features"),
}
TOLERANCE = 1e-9
Worker = Iterator[list[str] | None]  # yields after its imports, then the packages it used


# --- what is measured; each runs in a process of its own -----------------------------------------------------------------


def sql_features(options: argparse.Namespace) -> Worker:
    """Features by hand-written SQL."""
    import duckdb

    yield
    connection = duckdb.connect(config=_settings(options))
    connection.execute("SET enable_progress_bar = false")
    _run(connection, "features.sql", folder=options.folder, as_of=options.as_of, target=options.target)
    yield ["duckdb"]


def sql_status(options: argparse.Namespace) -> Worker:
    """Features, then status, by hand-written SQL."""
    import duckdb

    yield
    connection = duckdb.connect(config=_settings(options))
    connection.execute("SET enable_progress_bar = false")
    features = f"{options.target}.features.parquet"
    _run(connection, "features.sql", folder=options.folder, as_of=options.as_of, target=features)
    _run(connection, "status.sql", features=features, as_of=options.as_of, target=options.target)
    yield ["duckdb"]


def kit_features(options: argparse.Namespace) -> Worker:
    """Features by the kit."""
    import ibis

    from carteira_lib import features

    yield
    connection = _connect(ibis, options)
    found = features.customer_features(_tables(connection, options.folder), as_of=options.as_of)
    connection.to_parquet(found, options.target)
    yield ["ibis-framework", "duckdb"]


def kit_status(options: argparse.Namespace) -> Worker:
    """Features, then status, by the kit: one row per client, and the client-days, go through pandas."""
    import ibis
    import pandas as pd

    from carteira_lib import cycles, features, portfolio

    yield
    connection, as_of = _connect(ibis, options), pd.Timestamp(options.as_of)
    tables, file = _tables(connection, options.folder), f"{options.target}.features.parquet"
    connection.to_parquet(features.customer_features(tables, as_of=as_of), file)
    days = features.client_days(tables["orders"]).select("customer_id", "order_date", "net_amount")
    purchases = _pandas(connection.to_pyarrow(days))
    connection.disconnect()
    rule = portfolio.rule(cycles.spells(purchases, as_of), as_of)
    del purchases
    clients = pd.read_parquet(file, columns=["customer_id", "frequency", "last_order_date", *_CYCLE])
    clients["last_order_date"] = clients["last_order_date"].astype("datetime64[us]")
    status = portfolio.status(clients, rule, as_of).drop(columns=["occasional", "next_order_expected"])
    clients[["customer_id"]].join(status).to_parquet(options.target)
    yield ["ibis-framework", "duckdb", "pandas"]


_CYCLE = ["gap_count", "log_gap_sum", "log_gap_square_sum"]


def kit_rfm(options: argparse.Namespace) -> Worker:
    """RFM alone by the kit, from the order lines to the scores in pandas."""
    import ibis

    from carteira_lib import features, portfolio

    yield
    connection = _connect(ibis, options)
    orders = connection.read_parquet(f"{options.folder}/orders/*.parquet")
    found = features.purchase_features(orders, as_of=options.as_of).select(RFM)
    clients = _pandas(connection.to_pyarrow(found))
    clients.join(portfolio.rfm(clients)).to_parquet(options.target)
    yield ["ibis-framework", "duckdb", "pandas"]


def openretailscience_rfm(options: argparse.Namespace) -> Worker:
    """RFM alone by openretailscience, through Ibis and DuckDB too, to its table in pandas."""
    import ibis
    from openretailscience.options import option_context
    from openretailscience.segmentation.rfm import RFMSegmentation

    yield
    connection = _connect(ibis, options)
    orders = connection.read_parquet(f"{options.folder}/orders/*.parquet")
    names = (
        "column.transaction_id",
        "order_id",
        "column.transaction_date",
        "order_date",
        "column.unit_spend",
        "amount",
    )
    with option_context(*names):
        RFMSegmentation(orders, current_date=options.as_of, r_segments=5, f_segments=5, m_segments=5).df.to_parquet(
            options.target
        )
    yield ["openretailscience", "ibis-framework", "duckdb", "pandas"]


def spark_features(options: argparse.Namespace) -> Worker:
    """The kit's features, the same expression, on PySpark in local mode."""
    import ibis
    import pyarrow.parquet as parquet
    from pyspark.sql import SparkSession

    from carteira_lib import features

    yield
    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "4", "spark.sql.session.timeZone": "UTC"}
    builder = SparkSession.builder.master(f"local[{options.threads}]").config(map=settings)
    connection = ibis.pyspark.connect(builder.getOrCreate())
    tables = {name: connection.read_parquet(f"{options.folder}/{name}.parquet") for name in TABLES}
    tables["orders"] = connection.read_parquet(f"{options.folder}/orders")
    found = features.customer_features(tables, as_of=options.as_of)
    parquet.write_table(connection.to_pyarrow(found), options.target)
    yield ["ibis-framework", "pyspark"]


def _settings(options: argparse.Namespace) -> dict[str, object]:
    return {
        "threads": options.threads,
        "memory_limit": options.memory_limit,
        "temp_directory": str(Path(options.target).parent),
    }


def _connect(ibis, options: argparse.Namespace):
    connection = ibis.duckdb.connect(**_settings(options))
    connection.raw_sql("SET enable_progress_bar = false")
    return connection


def _tables(connection, folder: str) -> dict:
    tables = {name: connection.read_parquet(f"{folder}/{name}.parquet") for name in TABLES}
    return tables | {"orders": connection.read_parquet(f"{folder}/orders/*.parquet")}


def _pandas(table):
    frame = table.to_pandas(date_as_object=False)
    return frame.astype({name: "datetime64[us]" for name in frame.columns if name.endswith("_date")})


def _run(connection, script: str, **places: str) -> None:
    connection.execute((HERE / script).read_text(encoding="utf-8").format(**places))


WORKERS = {worker.__name__: worker for worker in (
    sql_features, sql_status, kit_features, kit_status, kit_rfm, openretailscience_rfm, spark_features,
)}  # fmt: skip


def work(options: argparse.Namespace) -> None:
    """Be the process that is measured: say what the part after the imports cost."""
    worker = WORKERS[options.worker](options)
    next(worker)
    start = time.process_time()
    packages = next(worker)
    versions = {name: importlib.metadata.version(name) for name in packages}
    print(json.dumps({"work": time.process_time() - start, "versions": versions}))


# --- measuring -----------------------------------------------------------------------------------------------------------


def measure(worker: str, python: str, target: Path, options: argparse.Namespace) -> dict:
    """CPU seconds, wall seconds and peak memory (GB) of one process."""
    passed = ("as_of", "memory_limit", "threads")
    settings = itertools.chain(*((f"--{name.replace('_', '-')}", str(getattr(options, name))) for name in passed))
    command = [python, __file__, options.folder, "--worker", worker, "--target", str(target), *settings]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, code, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(code)
    if process.returncode:
        raise SystemExit(f"{worker} failed")
    scale = 1e9 if sys.platform == "darwin" else 1e6
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.perf_counter() - start,
        "peak": usage.ru_maxrss / scale,
        **json.loads(output.splitlines()[-1]),
    }


def compare(part: str, options: argparse.Namespace, folder: Path) -> None:
    """Measure the sides of a part in turn, print their figures and ratio, and check that they agree."""
    pythons = {"openretailscience_rfm": options.openretailscience, "spark_features": options.spark}
    sides = PAIRS[part][: 1 if options.kit_only else 2]
    runs: dict[str, list[dict]] = {side: [] for side in sides}
    for _, side in itertools.product(range(options.repeats), sides):
        target = folder / f"{part}_{side}.parquet"
        runs[side].append(measure(side, pythons.get(side) or sys.executable, target, options))
    best = {side: {key: min(run[key] for run in runs[side]) for key in ("cpu", "work", "wall")} for side in sides}
    lines = _lines(options.folder)
    for side in sides:
        peak, versions = max(run["peak"] for run in runs[side]), runs[side][0]["versions"]
        figures = "  ".join(f"{key} {best[side][key]:7.2f} s" for key in ("cpu", "work", "wall"))
        named = ", ".join(f"{name} {version}" for name, version in versions.items())
        per_line = 1e6 * best[side]["cpu"] / lines
        print(
            f"{part:9s} {side:22s} {figures}  peak {peak:5.2f} GB  {per_line:5.2f} us CPU/line  [{named}]", flush=True
        )
    if len(sides) == 1:
        return
    if part != "spark":  # there most of the CPU is the virtual machine's, a process of its own that is not counted
        ratios = {key: best[sides[0]][key] / best[sides[1]][key] for key in ("cpu", "work")}
        print(f"{part:9s} ratio {sides[0]} / {sides[1]}: cpu {ratios['cpu']:.2f}, work {ratios['work']:.2f}")
    if part != "rfm":
        print(f"{part:9s} {agreement(*(folder / f'{part}_{side}.parquet' for side in sides))}")


def _lines(folder: str) -> int:
    import pyarrow.parquet as parquet

    return sum(parquet.read_metadata(file).num_rows for file in Path(folder, "orders").glob("*.parquet"))


def agreement(one: Path, other: Path) -> str:
    """Whether two files hold the same rows: text, dates and counts equal, numbers to 1e-9 of their size."""
    import duckdb

    connection = duckdb.connect()
    columns = connection.execute(f"DESCRIBE FROM '{one}'").fetchall()
    tests = {}
    for name, kind, *_ in columns:
        close = f"abs(a.{name} - b.{name}) <= {TOLERANCE} * greatest(1, abs(a.{name}))"
        same = f"a.{name}::DATE IS NOT DISTINCT FROM b.{name}::DATE" if name.endswith("_date") else (
            f"a.{name} IS NOT DISTINCT FROM b.{name}"
        )  # fmt: skip
        tests[name] = f"coalesce({close}, false) OR {same}" if kind == "DOUBLE" else same
    counts = ", ".join(f"count(*) FILTER (NOT ({test})) AS {name}" for name, test in tests.items())
    query = f"SELECT count(*), {counts} FROM '{one}' AS a FULL JOIN '{other}' AS b USING (customer_id)"
    rows, *different = connection.execute(
        query.replace("a.customer_id IS", "customer_id IS").replace("b.customer_id", "customer_id")
    ).fetchone()
    sizes = [connection.execute(f"SELECT count(*) FROM '{file}'").fetchone()[0] for file in (one, other)]
    wrong = {name: n for name, n in zip(tests, different, strict=True) if n}
    if wrong or sizes != [rows, rows]:
        raise SystemExit(f"results differ: {sizes} rows, {rows} clients together; by column {wrong}")
    return f"equal: {rows:,} clients, {len(tests)} columns, numbers to {TOLERANCE}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="as generate_orders.py wrote it")
    parser.add_argument("--parts", nargs="+", choices=PAIRS, default=["features", "status"])
    parser.add_argument("--as-of", default="2025-12-31")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="10GB", help="of DuckDB; beyond it, it writes to a temporary folder")
    parser.add_argument("--temp", help="folder for results and what does not fit in memory")
    parser.add_argument("--kit-only", action="store_true")
    parser.add_argument("--openretailscience", metavar="PYTHON")
    parser.add_argument("--spark", metavar="PYTHON")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options)
        return
    for part in options.parts:
        with tempfile.TemporaryDirectory(dir=options.temp) as folder:
            compare(part, options, Path(folder))


if __name__ == "__main__":
    main()
