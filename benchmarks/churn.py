"""The churn model beside BG/NBD and the rules a company would use, on any order file and on public ones.

    python benchmarks/churn.py --public DATA                   # CDNOW and Online Retail, at the published origins
    python benchmarks/churn.py --small DATA                    # portfolios of 30 to 200 clients drawn from them
    python benchmarks/churn.py --simulated                     # a log drawn from the Pareto/NBD model
    python benchmarks/churn.py --reasons DATA                  # the first reason, learned on two halves
    python benchmarks/churn.py --file ORDERS.parquet --horizon 60 --origins 2026-05-01 2026-07-01

DATA is the folder of the public data sets. An order file is Parquet or CSV with customer_id, order_date, amount and, if
there is one, product_id; without --origins they are chosen as the notebook does. AUC, log-loss and Brier are means over the
origins; everything is learned anew at each origin from what was known on it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import ibis
import numpy as np
import pandas as pd

from carteira_lib import features
from carteira_lib.churn import backtest, model, signals
from carteira_lib.churn.plan import MOST_SLICES, STEPS, Plan, plan
from carteira_lib.cycles import spells
from carteira_lib.purchase_models import PurchaseModel, buying_histories

SMALL = (30, 60, 100, 200)
SUBSAMPLES = 25
SPLITS = 4
LEAST_WEIGHT = 0.1  # from which a group is told as a reason


class Log(NamedTuple):
    """Order lines with the origins at which to predict."""

    name: str
    orders: pd.DataFrame
    horizon: int
    origins: tuple[str, ...]


def cdnow(folder: Path) -> pd.DataFrame:
    """The whole log, 23,570 clients."""
    log = pd.read_csv(
        folder / "cdnow" / "CDNOW_master.txt", sep=r"\s+", skiprows=1, header=None, dtype={0: str, 1: str}
    )
    dates = pd.to_datetime(log[1], format="%Y%m%d")
    return pd.DataFrame({"customer_id": log[0], "order_date": dates, "amount": log[3].astype("float64")})


def online_retail(folder: Path) -> pd.DataFrame:
    """December 2010 to December 2011, without the lines that stand twice."""
    log = (
        pd.read_parquet(folder / "online_retail_ii" / "online_retail_ii.parquet").drop(columns="src").drop_duplicates()
    )
    log = log[log["CustomerID"].notna() & (log["InvoiceDate"] >= "2010-12-01")]
    amount = log["Quantity"].astype("float64") * log["UnitPrice"].astype("float64")
    days = pd.to_datetime(log["InvoiceDate"]).dt.normalize()
    return pd.DataFrame(
        {
            "customer_id": log["CustomerID"].astype(str),
            "order_date": days,
            "amount": amount,
            "product_id": log["StockCode"],
        }
    )


def public(folder: Path) -> Iterator[Log]:
    retail = online_retail(folder)
    yield Log("CDNOW, H=90", cdnow(folder), 90, ("1997-10-02", "1997-11-16", "1997-12-31", "1998-02-14", "1998-04-01"))
    yield Log("Online Retail, H=60", retail, 60, ("2011-07-01", "2011-08-01", "2011-09-01", "2011-10-10"))
    yield Log("Online Retail, H=90", retail, 90, ("2011-07-15", "2011-08-12", "2011-09-10"))


def described(log: Log, dates: list[pd.Timestamp], min_orders: int) -> dict[pd.Timestamp, pd.DataFrame]:
    """Signals of each date."""
    connection = ibis.duckdb.connect()
    frame = log.orders.assign(**{n: None for n in ("product_id", "cost", "seller_id") if n not in log.orders})
    frame = frame.astype({"customer_id": str, "product_id": "string", "cost": "float64", "seller_id": "string"})
    lines = ibis.memtable(frame)
    as_of = log.orders["order_date"].max()
    past = connection.to_pandas(features.history(lines, dates, horizon_days=log.horizon, as_of=as_of))
    past["as_of"] = past["as_of"].astype("datetime64[us]")
    parts = past.sort_values(["as_of", "customer_id"], ignore_index=True).groupby("as_of")  # DuckDB keeps no order
    return {d: signals.described(p, horizon_days=log.horizon, min_orders=min_orders) for d, p in parts}


def planned(log: Log, origin: pd.Timestamp, min_orders: int) -> Plan:
    """The plan of one origin: itself, and the slices that a model of it learns from."""
    first, step = log.orders["order_date"].min(), max(1, round(log.horizon / STEPS))
    whole = pd.Timedelta(days=log.horizon)
    slices = [origin - whole - pd.Timedelta(days=i * step) for i in range(MOST_SLICES)]
    slices = [d for d in slices if d - whole >= first]
    return Plan(origin, log.horizon, min_orders, first, (origin, *slices), (origin,))


def evaluated(log: Log, *, min_orders: int = 3) -> pd.DataFrame:
    """Scores of a log at its origins; min_orders 1 judges all clients."""
    plans = [planned(log, pd.Timestamp(o), min_orders) for o in log.origins]
    known = described(log, sorted({d for p in plans for d in p.dates}), min_orders)
    found = [backtest.backtest(known, p) for p in plans]
    predictions = pd.concat([f.predictions for f in found], ignore_index=True)
    mle = [_maximum_likelihood(known[p.as_of], log.horizon, min_orders) for p in plans]
    predictions["bg_nbd_mle"] = np.concatenate(mle)
    table = backtest.scores(predictions, list(backtest.SCORES))
    for population in backtest.POPULATIONS:  # the same figures for a model that the product does not use
        part = predictions if population == "portfolio" else predictions[predictions["active"]]
        swapped = part.assign(base=part["bg_nbd_mle"])
        row = backtest.scores(swapped, ["model", "base"]).query("population == 'portfolio' and forecaster == 'base'")
        table = pd.concat([table, row.assign(population=population, forecaster="bg_nbd_mle")], ignore_index=True)
    return table


def _maximum_likelihood(now: pd.DataFrame, horizon: int, min_orders: int) -> np.ndarray:
    histories = buying_histories(now)
    fitted = PurchaseModel("bg_nbd").fit(histories)
    inside = now["frequency"] >= min_orders
    return fitted.no_purchase_probability(histories[inside], horizon_days=horizon).to_numpy()


def show(name: str, table: pd.DataFrame) -> None:
    print(f"\n{name}")
    columns = ["population", "forecaster", "origins", "clients", "auc", "auc_low", "auc_high", "log_loss", "brier"]
    print(table[[*columns, "ece", "ece_floor", "top_lift"]].round(4).to_string(index=False))


def small(folder: Path) -> None:
    """Portfolios drawn from the public ones: log-loss on all portfolio clients, against BG/NBD by MAP on the same draw."""
    rng = np.random.default_rng(0)
    rows = []
    for log in public(folder):
        for origin in log.origins[-2:]:
            whole = planned(log, pd.Timestamp(origin), 3)
            known = described(log, list(whole.dates), 3)
            for clients in SMALL:
                rows += [_drawn(log, whole, known, clients, rng) for _ in range(SUBSAMPLES)]
    table = pd.DataFrame(rows)
    for name in ("local", "model"):
        table[name] -= table["bg_nbd"]
    print("\nSmall portfolios: log-loss less that of BG/NBD by MAP; share of the draws in which it is worse by .005")
    grouped = table.groupby("clients")
    print(
        grouped[["local", "model"]]
        .mean()
        .round(4)
        .join(grouped[["local", "model"]].agg(lambda d: (d > 0.005).mean()).add_suffix(" worse"))
        .to_string()
    )
    print(f"all: {table['model'].mean():.4f}, worse in {(table['model'] > 0.005).mean():.1%}")


def _drawn(log: Log, whole: Plan, known: dict, clients: int, rng: np.random.Generator) -> dict[str, float]:
    """One small portfolio, judged on all clients of the large one: its models, their clients."""
    now = known[whole.as_of]
    share = (now["frequency"] >= 3).mean()
    ids = set(rng.choice(now["customer_id"], int(clients / share), replace=False))
    history = list(features.HISTORY)
    own = {
        d: signals.described(part[part["customer_id"].isin(ids)][history], horizon_days=log.horizon)
        for d, part in known.items()
    }
    count = int((own[whole.as_of]["frequency"] >= 3).sum())
    local = model.fit(pd.concat([own[d] for d in whole.slices(whole.as_of)]), count)
    judged = _as_seen_by(now, now[now["customer_id"].isin(ids)], log.horizon)
    judged = judged[judged["frequency"] >= 3]
    alone = local._replace(weight=1.0) if local else None
    logits = {
        "model": model.logit(judged, local),
        "local": model.logit(judged, alone),
        "bg_nbd": judged["bg_nbd_logit"].to_numpy(),
    }
    losses = {n: float(np.mean(np.logaddexp(0, np.where(judged["churned"] == 1, -z, z)))) for n, z in logits.items()}
    return {"clients": clients, **losses}


def _as_seen_by(now: pd.DataFrame, sample: pd.DataFrame, horizon: int) -> pd.DataFrame:
    """Signals of all clients with the purchase models and the yardsticks of the sample."""
    return signals.described(now[list(features.HISTORY)], horizon_days=horizon, sample=sample[list(features.HISTORY)])


def simulated(clients: int = 4000, seed: int = 1) -> Log:
    """Purchases drawn from Pareto/NBD: r .55, alpha 74 days, s .61, beta 82 days, as on CDNOW."""
    rng = np.random.default_rng(seed)
    rate, death = rng.gamma(0.55, 1 / 74, clients), rng.exponential(1 / rng.gamma(0.61, 1 / 82, clients))
    start = rng.integers(0, 84, clients)
    rows = []
    for i in range(clients):
        day, end = float(start[i]), min(start[i] + death[i], 540)
        while day < end:
            rows.append((f"c{i}", int(day)))
            day += rng.exponential(1 / rate[i])
    log = pd.DataFrame(rows, columns=["customer_id", "day"]).drop_duplicates()
    log["order_date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(log.pop("day"), unit="D")
    return Log("simulated Pareto/NBD, H=90", log.assign(amount=10.0), 90, ("2024-10-01", "2024-12-01", "2025-02-01"))


def reasons(folder: Path) -> None:
    """Whether models learned on two halves of the clients name the same first reason to the riskiest quarter.

    *Largest* is the heaviest group; *told*, the heaviest of those that the client's own numbers bear out, as the page
    tells it. The halves are every other client, and `SPLITS` random ones.
    """
    for log in public(folder):
        for origin in log.origins[-2:]:
            whole = planned(log, pd.Timestamp(origin), 3)
            known = described(log, list(whole.dates), 3)
            print(f"\n{log.name}, {origin}: the same first reason\n{_same_reasons(known, whole).to_string()}")


def _same_reasons(known: dict[pd.Timestamp, pd.DataFrame], whole: Plan) -> pd.DataFrame:
    now = known[whole.as_of]
    inside = now["frequency"] >= 3
    training, clients = pd.concat([known[d] for d in whole.slices(whole.as_of)]), int(inside.sum())
    risk = model.logit(now, model.fit(training, clients))
    quarter = inside & (risk >= np.quantile(risk[inside], 0.75))
    told = borne_out(now, inside, whole.horizon_days)
    ids = sorted(set(training["customer_id"]))
    rng, rows = np.random.default_rng(0), []
    for side in [np.arange(len(ids)) % 2, *(rng.permutation(len(ids)) % 2 for _ in range(SPLITS))]:
        half = training["customer_id"].map(dict(zip(ids, side, strict=True)))
        parts = [model.contributions(now, model.fit(training[half == s], clients), inside)[quarter] for s in (0, 1)]
        heaviest = [p.idxmax(axis=1) for p in parts]
        first = [_first(p, told[quarter]) for p in parts]
        rows.append({"largest": (heaviest[0] == heaviest[1]).mean(), "told": (first[0] == first[1]).mean()})
    table = pd.DataFrame(rows)
    return pd.DataFrame({"every other client": table.iloc[0], "random halves": table.iloc[1:].mean()}).round(3)


def _first(parts: pd.DataFrame, told: pd.DataFrame) -> pd.Series:
    weights = parts.where(told & (parts >= LEAST_WEIGHT), 0.0)
    return weights.idxmax(axis=1).where(weights.max(axis=1) > 0, "none")


def borne_out(now: pd.DataFrame, inside: pd.Series, horizon: int) -> pd.DataFrame:
    """Where the own numbers of a client bear out what a group of signals says."""
    portfolio, age = now[inside], now["tenure_days"].astype("float64")
    usual = (now["frequency"] / (age + horizon / 2) * np.minimum(horizon, age + 1)).round()
    smaller = (now["recent_order_value"] < 0.9 * now["mean_order_value"]) & (now["frequency"] > 3)
    small_orders = now["mean_order_value"] < 0.9 * portfolio["mean_order_value"].median()
    return pd.DataFrame(
        {
            "silence": now["recency_days"] > now["own_cycle_days"].round(),
            "slowdown": now["orders_one"] < usual,
            "frequency": now["own_cycle_days"].round() > now["typical_gap_days"].round(),
            "rhythm": now["spread"] > portfolio["spread"].median(),
            "age": now["tenure_days"] != portfolio["tenure_days"].median(),
            "spend": smaller | small_orders,
        }
    )


def file(path: Path, horizon: int, origins: list[str]) -> Log:
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype={"customer_id": str})
    frame["order_date"] = pd.to_datetime(frame["order_date"]).dt.normalize()
    purchases = frame.groupby(["customer_id", "order_date"], as_index=False)["amount"].sum()
    known = plan(
        spells(purchases.rename(columns={"amount": "net_amount"}), frame["order_date"].max()),
        frame["order_date"].max(),
        horizon=horizon,
    )
    return Log(path.stem, frame, known.horizon_days, tuple(origins) or tuple(str(d.date()) for d in known.tests))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--public", type=Path, metavar="DATA")
    parser.add_argument("--small", type=Path, metavar="DATA")
    parser.add_argument("--reasons", type=Path, metavar="DATA")
    parser.add_argument("--simulated", action="store_true")
    parser.add_argument("--file", type=Path, metavar="ORDERS")
    parser.add_argument("--horizon", type=int, default=0)
    parser.add_argument("--origins", nargs="*", default=[])
    options = parser.parse_args()
    begin = time.process_time()
    for log in public(options.public) if options.public else ():
        show(f"{log.name}, clients of 3 orders or more", evaluated(log))
        if log.name.startswith("CDNOW"):
            show(f"{log.name}, all clients", evaluated(log, min_orders=1))
    if options.simulated:
        show(f"{(log := simulated()).name}", evaluated(log))
    if options.small:
        small(options.small)
    if options.reasons:
        reasons(options.reasons)
    if options.file:
        show(options.file.stem, evaluated(file(options.file, options.horizon, options.origins)))
    print(f"\nCPU {time.process_time() - begin:.0f} s")


if __name__ == "__main__":
    main()
