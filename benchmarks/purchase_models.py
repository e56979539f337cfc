"""Measure the purchase models: CPU seconds of a fit and of predictions, beside other packages.

    python benchmarks/purchase_models.py                                      # the kit: CDNOW, 1,000,000 clients
    python benchmarks/purchase_models.py --lifetimes PYTHON --clvkit PYTHON --pymc-marketing PYTHON   # beside them
    python benchmarks/purchase_models.py --clients 100000 --repeats 1

PYTHON is the interpreter of an environment of its own that has that package. Every measurement is a process of its own,
of one thread; CPU is that of the fit alone, imports and reading excluded. The sides take turns, the smallest figure of
each is printed. The clients are simulated from a BG/NBD in days of two years; CDNOW is the sample of the repository.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
CDNOW = HERE.parent / "data" / "cdnow" / "CDNOW_sample.txt"
TRUTH = {"r": 0.55, "alpha": 40.0, "a": 0.8, "b": 2.5}
DAYS = 730
HORIZON = 90
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def simulated(clients: int, seed: int) -> pd.DataFrame:
    """Histories in whole days of clients who began on any day of two years."""
    rng = np.random.default_rng(seed)
    age = rng.integers(1, DAYS, clients).astype("float64")
    rate, stop = rng.gamma(TRUTH["r"], 1 / TRUTH["alpha"], clients), rng.beta(TRUTH["a"], TRUTH["b"], clients)
    repeat, last, now, buying = np.zeros(clients), np.zeros(clients), np.zeros(clients), np.arange(clients)
    while len(buying):
        now[buying] += rng.exponential(1 / rate[buying])
        buying = buying[now[buying] <= age[buying]]
        repeat[buying] += 1
        last[buying] = np.minimum(np.ceil(now[buying]), age[buying])
        buying = buying[rng.random(len(buying)) >= stop[buying]]
    return pd.DataFrame({"repeat_orders": repeat, "first_to_last_days": last, "age_days": age, "log_gap_sum": 0.0})


def cdnow() -> pd.DataFrame:
    """Histories of the sample to 1997-09-30, in weeks as in the papers."""
    lines = pd.read_csv(CDNOW, sep=r"\s+", header=None, usecols=[1, 2], names=["customer_id", "order_date"])
    end = pd.Timestamp("1997-09-30")
    lines["order_date"] = pd.to_datetime(lines["order_date"].astype("str"), format="%Y%m%d")
    days = lines.drop_duplicates().sort_values(["customer_id", "order_date"])
    days = days[days["order_date"] <= end]
    gaps = np.log(days.groupby("customer_id")["order_date"].diff().dt.days / 7)
    dates = days.groupby("customer_id")["order_date"].agg(["min", "max", "size"])
    return pd.DataFrame(
        {
            "repeat_orders": dates["size"] - 1.0,
            "first_to_last_days": (dates["max"] - dates["min"]).dt.days / 7,
            "age_days": (end - dates["min"]).dt.days / 7,
            "log_gap_sum": gaps.groupby(days["customer_id"]).sum(),
        }
    )


# --- what is measured; each runs in a process of its own -----------------------------------------------------------------


def kit(clients: pd.DataFrame, model: str) -> dict:
    """Fit, then the two predictions that the kit shows."""
    sys.path.insert(0, str(HERE.parent))
    from carteira_lib.purchase_models import PurchaseModel

    PurchaseModel(model).fit(clients.head(50))  # what only the first fit of a process pays
    start = time.process_time()
    fitted = PurchaseModel(model).fit(clients)
    fit = time.process_time() - start
    start = time.process_time()
    fitted.no_purchase_probability(clients, horizon_days=HORIZON)
    silence = time.process_time() - start
    start = time.process_time()
    fitted.expected_orders(clients, horizon_days=HORIZON)
    orders = time.process_time() - start
    parameters = list(fitted.parameters_)
    return {"fit": fit, "silence": silence, "orders": orders, "parameters": parameters, "package": "scipy"}


def lifetimes(clients: pd.DataFrame, model: str) -> dict:
    """BetaGeoFitter, ModifiedBetaGeoFitter or ParetoNBDFitter; it has no P(no order in a horizon)."""
    import lifetimes

    columns = [clients[name] for name in ("repeat_orders", "first_to_last_days", "age_days")]
    names = {"bg_nbd": "BetaGeoFitter", "mbg_nbd": "ModifiedBetaGeoFitter", "pareto_nbd": "ParetoNBDFitter"}
    fitter = getattr(lifetimes, names[model])
    start = time.process_time()
    fitted = fitter().fit(*columns)
    fit = time.process_time() - start
    start = time.process_time()
    fitted.conditional_expected_number_of_purchases_up_to_time(HORIZON, *columns)
    orders = time.process_time() - start
    return {"fit": fit, "orders": orders, "parameters": fitted.params_.tolist(), "package": "lifetimes"}


def clvkit(clients: pd.DataFrame, model: str) -> dict:
    """The likelihood and search of its BGNBD or MBGNBD, which fit no table of histories: called underneath."""
    from clvkit.clv import bgnbd, mbgnbd

    module, fitter = {"bg_nbd": (bgnbd, bgnbd.BGNBD), "mbg_nbd": (mbgnbd, mbgnbd.MBGNBD)}[model]
    x, t_x, age = (clients[name].to_numpy() for name in ("repeat_orders", "first_to_last_days", "age_days"))

    def negative(theta: np.ndarray) -> float:
        return -module._log_likelihood(*np.exp(theta), frequency=x, recency=t_x, T=age).sum()

    start = time.process_time()
    found = fitter._minimize(negative)
    fit = time.process_time() - start
    return {"fit": fit, "parameters": np.exp(found.x).tolist(), "package": "clvkit"}


def pymc_marketing(clients: pd.DataFrame, model: str) -> dict:
    """BetaGeoModel, ModifiedBetaGeoModel or ParetoNBDModel by MAP under its own priors; no P(no order in a horizon)."""
    from pymc_marketing import clv

    renamed = {"repeat_orders": "frequency", "first_to_last_days": "recency", "age_days": "T"}
    table = clients[list(renamed)].rename(columns=renamed).assign(customer_id=range(len(clients)))
    names = {"bg_nbd": "BetaGeoModel", "mbg_nbd": "ModifiedBetaGeoModel", "pareto_nbd": "ParetoNBDModel"}
    start = time.process_time()
    fitted = getattr(clv, names[model])(table)
    fitted.fit(method="map", progressbar=False)
    fit = time.process_time() - start
    start = time.process_time()
    fitted.expected_purchases(table, future_t=HORIZON)
    orders = time.process_time() - start
    found = fitted.fit_result
    order = ("r", "alpha", "s", "beta") if model == "pareto_nbd" else ("r", "alpha", "a", "b")
    return {
        "fit": fit, "orders": orders, "parameters": [float(found[name].mean()) for name in order],
        "package": "pymc-marketing",
    }  # fmt: skip


WORKERS = {worker.__name__: worker for worker in (kit, lifetimes, clvkit, pymc_marketing)}


# --- measuring -----------------------------------------------------------------------------------------------------------


def measure(worker: str, python: str, file: Path, model: str) -> dict:
    """One fit in a process of its own."""
    command = [python, __file__, "--worker", worker, "--file", str(file), "--model", model]
    environment = os.environ | dict.fromkeys(THREADS, "1")
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output.splitlines()[-1])


def compare(name: str, file: Path, model: str, options: argparse.Namespace) -> None:
    """Measure the sides in turn, and print their figures and ratio."""
    sides = {"kit": sys.executable} | {side: getattr(options, side) for side in WORKERS if side != "kit"}
    if model == "mbg_cnbd":
        sides = {"kit": sys.executable}
    if model == "pareto_nbd" or (options.skip_slow and name != "cdnow"):
        sides.pop("clvkit", None)
    runs: dict[str, list[dict]] = {side: [] for side, python in sides.items() if python}
    for _ in range(options.repeats):
        for side, found in runs.items():
            found.append(measure(side, sides[side], file, model))
    for side, found in runs.items():
        best = {part: min(run[part] for run in found) for part in ("fit", "silence", "orders") if part in found[0]}
        figures = "  ".join(f"{part} {seconds:8.4f} s" for part, seconds in best.items())
        ratio = best["fit"] / min(run["fit"] for run in runs["kit"])
        values = " ".join(f"{value:.4f}" for value in found[0]["parameters"])
        package = f"{found[0]['package']} {found[0]['version']}"
        print(f"{name:9s} {model:10s} {side:14s} {figures}  {ratio:6.1f}x  [{values}]  {package}", flush=True)


def work(options: argparse.Namespace) -> None:
    """Be the process that is measured."""
    found = WORKERS[options.worker](pd.read_csv(options.file), options.model)
    print(json.dumps(found | {"version": importlib.metadata.version(found["package"])}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=1_000_000)
    parser.add_argument("--models", nargs="+", default=["bg_nbd", "mbg_nbd", "mbg_cnbd", "pareto_nbd"])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--lifetimes", metavar="PYTHON")
    parser.add_argument("--clvkit", metavar="PYTHON")
    parser.add_argument("--pymc-marketing", metavar="PYTHON")
    parser.add_argument("--skip-slow", action="store_true", help="clvkit on CDNOW only")
    parser.add_argument("--worker", choices=WORKERS, help=argparse.SUPPRESS)
    parser.add_argument("--file", help=argparse.SUPPRESS)
    parser.add_argument("--model", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options)
        return
    with tempfile.TemporaryDirectory() as folder:
        tables = {"cdnow": cdnow(), "simulated": simulated(options.clients, options.seed)}
        for name, clients in tables.items():
            file = Path(folder, f"{name}.csv")
            clients.to_csv(file, index=False)
            for model in options.models:
                compare(name, file, model, options)


if __name__ == "__main__":
    main()
