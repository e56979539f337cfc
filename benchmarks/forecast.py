"""Monthly sales and goals beside naive, seasonal naive, ETS and Theta, on public companies and on any order file.

    python benchmarks/forecast.py --monthly DATA [--file ORDERS.parquet]     # revenue, 1 to 3 months ahead
    python benchmarks/forecast.py --goals DATA [--file ORDERS.parquet]       # probability of goals, 1 to 6 months ahead
    python benchmarks/forecast.py --weeks DATA [--file ORDERS.parquet]       # sums of 4 and 12 weeks

DATA is the folder of the public data sets; an order file is Parquet with customer_id, order_date, amount, as
``output/demo/tables/orders.parquet``. ETS and Theta are those of statsforecast, in an environment of its own (with pandas,
scipy, pyarrow, babel and matplotlib) that has this repository on its path; where it is not installed they are left out. Origins roll month by month from
the twelfth month; everything is learned anew at each. AdventureWorks' month-end batches are dated five days later, as three
months would be empty.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

from carteira_lib.forecast import backtest, calibration, months, probability, weeks
from carteira_lib.forecast.seasonal import FORECASTERS, YEAR

STEPS = 3
EVERY = 10_000  # origins: all of them
MONTH_END_SHIFT = pd.Timedelta(days=5)


def online_retail(folder: Path) -> pd.DataFrame:
    """Both years, without the lines that stand twice."""
    log = pd.read_parquet(folder / "online_retail_ii" / "online_retail_ii.parquet").drop(columns="src")
    log = log.drop_duplicates()
    log = log[log["CustomerID"].notna()]
    amount = log["Quantity"].astype("float64") * log["UnitPrice"].astype("float64")
    return client_days(log["CustomerID"].astype(str), log["InvoiceDate"], amount)


def adventureworks(folder: Path) -> pd.DataFrame:
    """Resellers, with month ends moved into the month they close."""
    log = pd.read_parquet(folder / "adventureworks_dw" / "FactResellerSales.parquet")
    dates = pd.to_datetime(log["OrderDate"]) + MONTH_END_SHIFT
    return client_days(log["ResellerKey"].astype(str), dates, log["SalesAmount"].astype("float64"))


def cdnow(folder: Path) -> pd.DataFrame:
    """The whole log, 23,570 clients."""
    file = folder / "cdnow" / "CDNOW_master.txt"
    log = pd.read_csv(file, sep=r"\s+", skiprows=1, header=None, dtype={0: str, 1: str})
    return client_days(log[0], pd.to_datetime(log[1], format="%Y%m%d"), log[3].astype("float64"))


def order_file(file: Path) -> pd.DataFrame:
    """Any order lines."""
    log = pd.read_parquet(file, columns=["customer_id", "order_date", "amount"])
    return client_days(log["customer_id"], log["order_date"], log["amount"].astype("float64"))


def client_days(clients: pd.Series, dates: pd.Series, amounts: pd.Series) -> pd.DataFrame:
    days = pd.to_datetime(dates).dt.normalize().astype("datetime64[us]")
    lines = pd.DataFrame({"customer_id": clients, "order_date": days, "net_amount": amounts})
    return lines.groupby(["customer_id", "order_date"], as_index=False)["net_amount"].sum()


def companies(folder: Path, file: Path | None) -> dict[str, pd.DataFrame]:
    found = {
        "Online Retail II": online_retail(folder),
        "AdventureWorks": adventureworks(folder),
        "CDNOW": cdnow(folder),
    }
    return found | ({"demo": order_file(file)} if file else {})


def library_ways() -> dict:
    """ETS and Theta of statsforecast, seasonal from two years on."""
    try:
        from statsforecast.models import AutoETS, AutoTheta
    except ImportError:
        return {}

    def way(model):
        def forecast(values: np.ndarray, _first_month: int, horizon: int) -> np.ndarray:
            season = YEAR if len(values) >= 2 * YEAR else 1
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return np.maximum(model(season_length=season).forecast(y=values, h=horizon)["mean"], 0.0)

        return forecast

    return {"ets": way(AutoETS), "theta": way(AutoTheta)}


def monthly(name: str, purchases: pd.DataFrame, ways: dict) -> tuple[pd.DataFrame, list[bool]]:
    """Errors of each way over 1 to 3 months ahead; the published one is chosen by what was known at each origin."""
    known = months.totals(months.months(purchases, purchases["order_date"].max()))
    values, first = known["revenue"].to_numpy(), known.index[0].month - 1
    rows, inside = [], []
    past = backtest.predictions(values, first, FORECASTERS)
    for origin in range(YEAR, len(values)):
        came, unit = values[origin : origin + STEPS], np.abs(np.diff(values[:origin])).mean()
        made = {w: f(values[:origin], first, len(came)) for w, f in ways.items()}
        made["published"] = made[backtest.choice(backtest.known_at(past, origin))]
        for way, said in made.items():
            rows += [(name, way, abs(s - c), abs(c), abs(s - c) / unit) for s, c in zip(said, came, strict=True)]
    inside += backtest.held(past[(past["forecaster"] == backtest.choice(past)) & (past["step"] <= STEPS)]).tolist()
    return pd.DataFrame(rows, columns=["company", "way", "off", "size", "mase"]), inside


def monthly_report(found: dict[str, pd.DataFrame]) -> None:
    ways = {**FORECASTERS, **library_ways()}
    parts = {name: monthly(name, purchases, ways) for name, purchases in found.items()}
    table = pd.concat([errors for errors, _inside in parts.values()])
    grouped = table.groupby(["way", "company"]).agg(off=("off", "sum"), size=("size", "sum"), mase=("mase", "mean"))
    wape = (grouped["off"] / grouped["size"]).unstack()[list(found)]
    shown = wape.assign(WAPE=wape.mean(axis=1), MASE=grouped["mase"].unstack().mean(axis=1)).sort_values("WAPE")
    print(shown.round(3).to_string())
    covered = {name: (len(inside), round(float(np.mean(inside)), 3)) for name, (_errors, inside) in parts.items()}
    every = [one for _errors, inside in parts.values() for one in inside]
    print("80 % bands (actuals, covered):", covered, "pooled", round(float(np.mean(every)), 3))


def goals_report(found: dict[str, pd.DataFrame]) -> None:
    tables = []
    for name, purchases in found.items():
        as_of = purchases["order_date"].max()
        known = months.months(purchases, as_of)
        past = probability.history(known, months.active_months(purchases, as_of))
        goals = calibration.past_goals(past, origins=EVERY)
        print(
            name,
            "- reached",
            round(goals["reached"].mean(), 3),
            "of",
            len(goals),
            "goals at",
            goals["origin"].nunique(),
            "origins",
        )
        scored = calibration.scores(goals)
        print(scored.pivot(index="metric", columns="goal_way", values="brier").round(3).to_string())
        print(calibration.reliability(goals)[["goals", "predicted", "observed"]].round(2).T.to_string(header=False))
        tables.append(scored[scored["metric"] == "all"].assign(company=name))
    every = pd.concat(tables)
    for figure in ("brier", "ece"):
        shown = every.pivot(index="goal_way", columns="company", values=figure)[list(found)]
        print(figure)
        print(shown.assign(mean=shown.mean(axis=1)).round(3).to_string())


def weeks_report(found: dict[str, pd.DataFrame]) -> None:
    rows = {}
    for name, purchases in found.items():
        past = weeks.past_sums(weeks.weekly(purchases, purchases["order_date"].max()))
        off = (past["forecast"] - past["actual"]).abs()
        sums = past.assign(off=off).groupby(["span", "forecaster"])[["off", "actual"]].sum()
        rows[name] = sums["off"] / sums["actual"]
    table = pd.DataFrame(rows)
    print(table.assign(mean=table.mean(axis=1)).round(3).to_string())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for report in ("monthly", "goals", "weeks"):
        parser.add_argument(f"--{report}", type=Path, metavar="DATA")
    parser.add_argument("--file", type=Path)
    chosen = parser.parse_args()
    for folder, report in (
        (chosen.monthly, monthly_report), (chosen.goals, goals_report), (chosen.weeks, weeks_report),
    ):  # fmt: skip
        if folder:
            report(companies(folder, chosen.file))


if __name__ == "__main__":
    main()
