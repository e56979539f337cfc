"""Time page 05 on a survey of a million answers, read from the tables of a run as the notebook reads them.

    python benchmarks/nps.py                                  # 1,000,000 answers of 300,000 clients, 1,200,000 orders
    python benchmarks/nps.py --answers 100000 --clients 30000

The tables are made anew in a temporary folder; reading, analysis and writing are timed, three times.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from carteira_lib import canonical, nps, portfolio, tables

AS_OF = pd.Timestamp("2026-10-31")
TEXTS = (
    "Entrega sempre no prazo",
    "Frete caro",
    "Produto veio errado",
    "Atendimento muito bom",
    None,
    None,
    None,
    None,
)


def made(folder: Path, *, answers: int, clients: int) -> tables.Run:
    """A run with `clients` clients who bought four times each, and so many answers in three years."""
    rng = np.random.default_rng(0)
    ids = np.array([f"{i:07d}" for i in range(clients)])
    days = pd.to_datetime(AS_OF) - pd.to_timedelta(rng.integers(0, 1000, 4 * clients), unit="D")
    orders = pd.DataFrame(
        {"customer_id": np.tile(ids, 4), "order_date": days, "amount": rng.lognormal(5, 1, 4 * clients)}
    )
    orders.to_parquet(folder / "orders.parquet")
    people = {"customer_id": ids, "name": "Loja", "person_type": "PJ", "sector": rng.choice(list("ABCDEFGH"), clients)}
    people |= {"region": rng.choice(["Sul", "Norte"], clients), "employees": rng.lognormal(3, 1, clients).round()}
    pd.DataFrame(people | {"seller_id": rng.choice(["V1", "V2", "V3"], clients)}).to_parquet(
        folder / "customers.parquet"
    )
    asked = rng.choice(ids, answers)
    given = pd.to_datetime(AS_OF) - pd.to_timedelta(rng.integers(0, 1000, answers), unit="D")
    surveys = {
        "customer_id": asked,
        "answer_date": given,
        "score": rng.choice(11, answers, p=[0.03] * 7 + [0.15, 0.2, 0.2, 0.24]),
    }
    pd.DataFrame(surveys | {"comment": rng.choice(np.array(TEXTS, dtype=object), answers)}).to_parquet(
        folder / "surveys.parquet"
    )
    names = ("orders", "customers", "surveys")
    run = canonical.prepare(run_name="nps", sources={name: {"path": str(folder / f"{name}.parquet")} for name in names})
    portfolio.write(run, portfolio.analyse(canonical.frames(run), as_of=run.as_of))
    return run


def timed(run: tables.Run) -> dict[str, float]:
    """Seconds of each step of the notebook, display left out."""
    marks, spent = [time.perf_counter()], time.process_time()
    frames = canonical.frames(run, canonical.NPS_FRAMES) | nps.beside(run)
    marks.append(time.perf_counter())
    result = nps.analyse(frames, nps.Policy(), as_of=run.as_of)
    nps.titles(result), nps.findings(result)
    marks.append(time.perf_counter())
    nps.write(run, result)
    marks.append(time.perf_counter())
    return dict(zip(("read", "analyse", "write"), np.diff(marks), strict=True)) | {
        "all": marks[-1] - marks[0],
        "CPU": time.process_time() - spent,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--clients", type=int, default=300_000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CARTEIRA_OUTPUT"] = str(Path(folder) / "out")
        run = made(Path(folder), answers=options.answers, clients=options.clients)
        for _ in range(options.repeats):
            print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in timed(run).items()))
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB")


if __name__ == "__main__":
    main()
