"""Measure the cross-sell ranking beside what it replaces, the up-sell and down-sell on public data, and their speed.

    python benchmarks/offers.py DATA --implicit PYTHON     # AdventureWorks and Online Retail II: NDCG@10, HR@5
    python benchmarks/offers.py DATA --parts cross --logs online_retail --regular --implicit PYTHON
    python benchmarks/offers.py DATA --parts demo sell speed    # up-sell and down-sell; seconds and memory

DATA holds the public data sets. PYTHON is the interpreter of an environment of its own with `implicit`. New products only:
what a client took up within the horizon after each of three dates, and did not own on it. One thread.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import pandas as pd
import yaml
from scipy import sparse

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from carteira_lib import canonical, tables
from carteira_lib.offers import ease, holdout, matrix
from carteira_lib.offers.ladder import ladder
from carteira_lib.offers.up_sell import up_sell

PARTS = ("cross", "demo", "sell", "speed")
SIZES = {"adventureworks": (50, 250, None), "online_retail": (50, 250, 500, None)}
DRAWS = {50: 10, 250: 4, 500: 3, None: 1}
HORIZON = 90
REGULAR = 3
ALS = """
import sys, numpy as np
from scipy import sparse
from implicit.als import AlternatingLeastSquares
known = sparse.load_npz(sys.argv[1]).tocsr()
model = AlternatingLeastSquares(factors=32, regularization=0.05, iterations=20, num_threads=1, random_state=0)
model.fit(known, show_progress=False)
np.save(sys.argv[2], (model.user_factors @ model.item_factors.T).astype("float32"))
"""
Frames = dict[str, pd.DataFrame]


def pair_rules(known: matrix.Owned) -> np.ndarray:
    """The highest confidence among the rules "who has A has B" of the items owned."""
    both = (known.matrix.T @ known.matrix).toarray()
    confidence = both / np.maximum(np.diagonal(both)[:, None], 1)
    np.fill_diagonal(confidence, 0)
    owned = known.matrix
    best = [confidence[owned.indices[a:b]].max(axis=0) if b > a else np.zeros(both.shape[0])
            for a, b in zip(owned.indptr, owned.indptr[1:], strict=False)]  # fmt: skip
    return np.vstack(best)


def item_cosine(known: matrix.Owned) -> np.ndarray:
    """Sum of the cosines between the item and those owned."""
    both = (known.matrix.T @ known.matrix).toarray()
    length = np.sqrt(np.diagonal(both))
    cosine = both / np.maximum(length[:, None] * length[None, :], 1)
    np.fill_diagonal(cosine, 0)
    return known.matrix @ cosine


def als(known: matrix.Owned, python: str) -> np.ndarray:
    """Scores of implicit's alternating least squares, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "known.npz", Path(folder) / "scores.npy"
        sparse.save_npz(source, sparse.csr_matrix(known.matrix))
        subprocess.run([python, "-W", "ignore", "-c", ALS, str(source), str(target)], check=True)
        return np.load(target)


def frames_of(name: str, names: tuple[str, ...]) -> tuple[tables.Run, Frames]:
    """The frames of a params file's run, made in a temporary folder."""
    settings = yaml.safe_load((tables.ROOT / "params" / f"{name}.yml").read_text(encoding="utf-8"))
    run = canonical.prepare(**settings)
    return run, canonical.frames(run, names)


def compared(bought: pd.DataFrame, customers: pd.DataFrame, as_of: pd.Timestamp, python: str | None) -> pd.DataFrame:
    """NDCG and hits of every ranking on the three dates: one row per date, client and ranking."""
    rows = []
    for date in holdout.cutoffs(as_of, HORIZON):
        part = holdout.fold(bought, customers, date, HORIZON)
        plain = holdout.fold(bought, customers.iloc[:0], date, HORIZON)
        rankings = {"popularity": holdout.popularity(part.known), "pair rules": pair_rules(part.known),
                    "item cosine": item_cosine(part.known), "EASE": plain.scores, "EASE + attributes": part.scores}  # fmt: skip
        if python:
            rankings["ALS"] = als(part.known, python)
        rows.append(holdout.judged(part, rankings))
    return pd.concat(rows, ignore_index=True)


def regular(bought: pd.DataFrame, date: pd.Timestamp) -> pd.DataFrame:
    """The rows of the clients that had taken up something on three days or more by `date`."""
    days = bought[bought["first_date"] <= date].groupby("customer_id")["first_date"].nunique()
    return bought[bought["customer_id"].isin(days.index[days >= REGULAR])]


def cross(python: str | None, names: list[str], only_regular: bool) -> None:
    """The table of NDCG@10 and HR@5 by portfolio size."""
    for name, sizes in ((name, SIZES[name]) for name in names):
        run, frames = frames_of(name, ("takeups", "customers", "products"))
        bought = matrix.with_items(frames["takeups"], frames["products"])
        if only_regular:
            bought = regular(bought, holdout.cutoffs(run.as_of, HORIZON)[-1])
        ids = pd.Series(sorted(bought["customer_id"].unique()))
        for size in sizes:
            draws = [ids if size is None else ids.sample(size, random_state=seed) for seed in range(DRAWS[size])]
            made = [
                compared(bought[bought["customer_id"].isin(d)], frames["customers"], run.as_of, python) for d in draws
            ]
            means = pd.concat(made).groupby("ranking")[["ndcg", "hit"]].mean()
            means["times popularity"] = means["ndcg"] / means.loc["popularity", "ndcg"]
            print(f"{name}, {size or len(ids)} clients, {len(draws)} draws\n{means.round(3).to_string()}\n", flush=True)


def demo() -> None:
    """The planted affinities of the demo: who had the first family, and took up the second in the horizon."""
    import json

    truth = json.loads((tables.ROOT / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))["offers"][
        "affinities"
    ]
    run, frames = frames_of("demo", ("takeups", "customers", "products"))
    bought = matrix.with_items(frames["takeups"], frames["products"])
    family = (
        frames["products"]
        .assign(code=frames["products"]["product_id"].str[:2])
        .drop_duplicates("code")
        .set_index("code")["family"]
    )
    rows = []
    for date in holdout.cutoffs(run.as_of, HORIZON):
        part = holdout.fold(bought, frames["customers"], date, HORIZON)
        rows.append(planted_hits(part, [(family[pair["first"]], family[pair["second"]]) for pair in truth]))
    print(
        "demo, planted affinities, HR@5\n"
        + pd.concat(rows).mean().round(3).to_string()
        + f"\n{sum(map(len, rows))} cases\n"
    )


def planted_hits(part: holdout.Fold, pairs: list[tuple[str, str]]) -> pd.DataFrame:
    """Whether the second of a pair stood among the first five of a client that had the first alone, and took it up."""
    owned, new = part.known.matrix.toarray() > 0, part.new.toarray() > 0
    places = [(part.known.items.get_loc(a), part.known.items.get_loc(b)) for a, b in pairs]
    cases = [(row, b) for a, b in places for row in np.flatnonzero(owned[:, a] & ~owned[:, b] & new[:, b])]
    found = {}
    for name, scores in (("EASE", part.scores), ("popularity", holdout.popularity(part.known))):
        order = ease.ranked(np.asarray(scores), owned, holdout.HIT_AT)
        found[name] = [b in order[row] for row, b in cases]
    return pd.DataFrame(found)


def sell(data: Path) -> None:
    """Up-sell on AdventureWorks, versions by class within each subcategory: does any signal tell who moves up?"""
    folder = data / "adventureworks_dw"
    product = pd.read_parquet(folder / "DimProduct.parquet").dropna(subset=["Class", "ProductSubcategoryKey"])
    level = product["Class"].str.strip().map({"L": 1, "M": 2, "H": 3})
    frame = pd.DataFrame(
        {"family": product["ProductSubcategoryKey"].astype(int).astype(str), "tier": level, "code": product["ProductKey"],
         "list_price": product["ListPrice"].astype("float64"), "unit_cost": product["StandardCost"].astype("float64")}
    ).dropna()  # fmt: skip
    frame["product_id"] = frame["family"] + "-" + frame["tier"].astype(int).astype(str)
    mean = (
        frame.groupby("product_id")
        .agg({"family": "first", "tier": "first", "list_price": "mean", "unit_cost": "mean"})
        .reset_index()
    )
    products = mean.assign(tier=mean["tier"].astype(int).astype(str), name=mean["product_id"], active=True)
    orders = pd.read_parquet(folder / "FactResellerSales.parquet").merge(
        frame[["code", "product_id"]], left_on="ProductKey", right_on="code"
    )
    days = orders.assign(customer_id=orders["ResellerKey"].astype(str), amount=orders["SalesAmount"].astype("float64"))
    days = (
        days.groupby(["customer_id", "product_id", "OrderDate"])["amount"]
        .sum()
        .reset_index()
        .rename(columns={"OrderDate": "order_date"})
    )
    reseller = pd.read_parquet(folder / "DimReseller.parquet")
    customers = pd.DataFrame({"customer_id": reseller["ResellerKey"].astype(str), "sector": reseller["BusinessType"]})
    steps, problems = ladder(products, 0.3)
    clients = pd.Series(days["customer_id"].unique())
    found = up_sell(days, steps, customers, clients, days["order_date"].max(), horizon_days=HORIZON)
    print(f"AdventureWorks, up-sell: {len(steps)} steps, {len(problems)} problems, individual chances: {found.earned}")
    print(pd.Series(found.test).round(3).to_string() + "\n")


def speed() -> None:
    """Seconds and peak memory of learning, scoring and ranking, on purchases at random."""
    for clients, items, owned in ((3_300, 2_000, 40), (50_000, 5_000, 40)):
        rng = np.random.default_rng(0)
        liking = rng.pareto(1.2, items) + 0.05
        columns = rng.choice(items, clients * owned, p=liking / liking.sum())
        rows = np.repeat(np.arange(clients), owned)
        known = sparse.csr_array((np.ones(len(rows), dtype="float32"), (rows, columns)), shape=(clients, items))
        known.data[:] = 1
        names = (
            pd.Index([f"k{n:06d}" for n in range(clients)], dtype="object"),
            pd.Index([f"p{n:05d}" for n in range(items)], dtype="object"),
        )
        customers = pd.DataFrame({"customer_id": names[0], "sector": rng.choice(list("abcdefgh"), clients)})
        began, cpu = time.perf_counter(), time.process_time()
        part = matrix.Owned(*names, known)
        scores = holdout.scores(part, customers)
        for start in range(0, clients, ease.BLOCK):
            block = slice(start, start + ease.BLOCK)
            ease.ranked(scores[block], known[block].toarray() > 0, 10)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(
            f"{clients} clients x {items} products: {time.perf_counter() - began:.1f} s, CPU {time.process_time() - cpu:.1f} s, peak {peak:.1f} GB",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--implicit", metavar="PYTHON")
    parser.add_argument("--logs", nargs="+", choices=tuple(SIZES), default=list(SIZES))
    parser.add_argument(
        "--regular", action="store_true", help="only clients of three days or more before the first date"
    )
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("CARTEIRA_OUTPUT", folder)
        if "cross" in asked.parts:
            cross(asked.implicit, asked.logs, asked.regular)
        if "demo" in asked.parts:
            demo()
        if "sell" in asked.parts:
            sell(asked.data)
        if "speed" in asked.parts:
            speed()


if __name__ == "__main__":
    main()
