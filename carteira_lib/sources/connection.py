"""The DuckDB inside the process that all row-level work runs on."""

from __future__ import annotations

import shutil
import tempfile
import warnings
import weakref
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

MEMORY_SHARE = 0.6
MIB = 2**20


def connect(memory_limit: str | None = None, threads: int | None = None) -> Backend:
    """A new in-process DuckDB as an Ibis backend, which needs no network and spills to a folder that goes with it.

    Parameters
    ----------
    memory_limit : str, optional
        As DuckDB writes it ("4GB"); without it, 60 % of the memory that is free now.
    threads : int, optional
        All processors without it.
    """
    quiet_ibis()
    import ibis

    spill = tempfile.mkdtemp(prefix="carteira-")
    limit = memory_limit or _memory_limit()
    options = {"memory_limit": limit, "threads": threads}
    connection = ibis.duckdb.connect(
        temp_directory=spill,
        autoinstall_known_extensions=False,
        autoload_known_extensions=False,
        **{name: value for name, value in options.items() if value is not None},
    )
    # (the progress bar is left alone: in a kernel, to set it at all asks for ipywidgets)
    connection.con.execute("SET TimeZone = 'UTC'")
    weakref.finalize(connection, shutil.rmtree, spill, ignore_errors=True)
    return connection


def scan(connection: Backend, path: str | Path) -> ir.Table:
    """A parquet file that this kit wrote, as a lazy table."""
    from carteira_lib.sources.parts import literal, new_name, quoted

    view = new_name("scan")
    connection.con.execute(f"CREATE VIEW {quoted(view)} AS SELECT * FROM read_parquet({literal(str(path))})").fetchall()
    return connection.table(view)


def quiet_ibis() -> None:
    """Silence two notices about Ibis 12 itself, which its users can do nothing about: pandas 3, DuckDB 2."""
    warnings.filterwarnings("ignore", r"The 'future\.infer_string' option", DeprecationWarning)
    warnings.filterwarnings("ignore", r"fetch_(arrow_table|record_batch)\(\) is deprecated", DeprecationWarning)


def _memory_limit() -> str | None:
    free = [number for number in (_free_memory(), _container_memory()) if number]
    return f"{int(min(free) * MEMORY_SHARE) // MIB}MiB" if free else None


def _free_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return None


def _container_memory() -> int | None:
    try:
        return int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
