"""Is the niche found, is it real, and is the score right? Planted niches beside other methods, noise, and public data.

Run: python benchmarks/pci.py [--parts f1 test gradient score real time] [--portfolios 210] [--data FOLDER]
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before numpy: two libraries that wait for each other cost minutes

import numpy as np
import pandas as pd

from carteira_lib.pci import analysis, attributes, cells, judge, lookalike, niche, search, value

SECTORS, SECTOR_SHARES = [f"setor {n}" for n in range(9)], [0.20, 0.12, 0.12, 0.13, 0.09, 0.10, 0.09, 0.08, 0.07]
REGIONS, REGION_SHARES = ["Sudeste", "Sul", "Centro-Oeste", "Nordeste", "Norte"], [0.50, 0.22, 0.12, 0.11, 0.05]
CHANNELS, CHANNEL_SHARES = ["site", "feira", "indicação", "visita", "representante"], [0.30, 0.25, 0.10, 0.20, 0.15]
BANDS, BAND_SHARES = ["micro", "pequena", "média", "grande"], [0.4, 0.3, 0.2, 0.1]
KINDS = {
    "sector": "nominal", "employees": "numeric", "region": "nominal", "acquisition_channel": "nominal", "age": "numeric",
    "size_band": tuple(BANDS), "kitchen": "nominal",
}  # fmt: skip
TRUTHS = {
    "mixed": lambda t: t["sector"].isin(SECTORS[2:4]) & t["employees"].between(12, 150) & (t["region"] == "Sudeste"),
    "levels": lambda t: t["sector"].isin([SECTORS[i] for i in (1, 4, 5)]) & t["region"].isin(["Sul", "Centro-Oeste"]),
    "ordered": lambda t: t["employees"].between(15, 60) & t["age"].between(8, 15),
}
SIZES = (80, 150, 300, 1000, 5000)
WORTH, MISSING, PROSPECTS = 2.7, 0.1, 4000
TOP = 0.2


class Portfolio:
    """Clients and prospects of one market, what they are worth, and who stands in the planted niche."""

    def __init__(self, seed: int, clients: int, truth: str | None, *, noise: float = 0.8, gradient: float = 0.0):
        rng = np.random.default_rng(seed)
        total = clients + PROSPECTS
        table = pd.DataFrame({
            "sector": rng.choice(SECTORS, total, p=SECTOR_SHARES),
            "employees": np.round(np.exp(rng.normal(3.3, 1.1, total))).clip(1, 3000),
            "region": rng.choice(REGIONS, total, p=REGION_SHARES),
            "acquisition_channel": rng.choice(CHANNELS, total, p=CHANNEL_SHARES),
            "age": rng.gamma(2, 6, total).round(), "size_band": rng.choice(BANDS, total, p=BAND_SHARES),
            "kitchen": rng.choice(["sim", "não"], total),
        })  # fmt: skip
        inside = TRUTHS[truth](table).to_numpy() if truth else np.zeros(total, bool)
        log_value = rng.normal(0, noise, total) + np.log(WORTH) * inside + gradient * np.log(table["employees"])
        table = table.mask(rng.random(table.shape) < MISSING)
        self.clients, self.prospects = table[:clients].reset_index(drop=True), table[clients:].reset_index(drop=True)
        self.value, self.prospect_value = np.exp(log_value[:clients].to_numpy()), np.exp(log_value[clients:].to_numpy())
        self.inside = inside[clients:]
        self.places = search.grid(cells.cut(self.clients, KINDS))
        self.data = niche.prepared(self.clients, self.places, self.value, self.clients["employees"].to_numpy())
        self.scores = self.data.targets[niche.SCAN]

    def f1(self, chosen: np.ndarray) -> float:
        return 2 * (chosen & self.inside).sum() / max(chosen.sum() + self.inside.sum(), 1)

    def prospects_in(self, mask: np.ndarray) -> np.ndarray:
        return search.members(cells.one_hot(self.prospects, self.places.attributes), self.places, mask[None])[0]


# ---- the methods: each gives the prospects that it takes for the niche


def published(p: Portfolio) -> np.ndarray:
    return p.prospects_in(judge.best(p.data.hot, p.places, p.scores)[0])


def strongest(p: Portfolio) -> np.ndarray:
    """The rule of the highest score, without the consensus."""
    return p.prospects_in(search.search(p.data.hot, p.places, p.scores).masks[0, 0])


def groups(p: Portfolio) -> np.ndarray:
    """The rule of the best group of the top clients."""
    mask = niche._group_rule(p.data, np.arange(len(p.clients)), 0)
    return np.zeros(len(p.prospects), bool) if mask is None else p.prospects_in(mask)


def _numbers(p: Portfolio) -> tuple[np.ndarray, np.ndarray]:
    """One-hot levels and standardised numbers of clients and prospects, missing at the mean."""
    both = pd.concat([p.clients, p.prospects])
    staff = np.log(both["employees"])
    step = both["size_band"].map({band: i for i, band in enumerate(BANDS)})
    numeric = pd.DataFrame({"staff": staff, "age": both["age"], "step": step})
    numeric = ((numeric - numeric.mean()) / numeric.std()).fillna(0.0)
    hot = pd.get_dummies(both[["sector", "region", "acquisition_channel", "kitchen"]], dtype=float)
    made = np.hstack([numeric.to_numpy(), hot.to_numpy()])
    return made[: len(p.clients)], made[len(p.clients) :]


def _best_group(p: Portfolio, of_clients: np.ndarray, of_prospects: np.ndarray, top: np.ndarray) -> np.ndarray:
    """The group of the highest mean value, its edge where it holds nine in ten of its top clients.

    `of_clients`, `of_prospects`: distance to each group. The choice of the group and of its edge is a gift to these methods.
    """
    best, chosen = -np.inf, np.zeros(len(of_prospects), bool)
    nearest = of_clients.argmin(axis=1)
    for group in range(of_clients.shape[1]):
        own = top & (nearest == group)
        if own.sum() < 3:
            continue
        edge = np.quantile(of_clients[own, group], 0.9)
        inside = (nearest == group) & (of_clients[:, group] <= edge)
        z = p.scores[inside].mean() * np.sqrt(inside.sum())
        if z > best:
            best = z
            chosen = (of_prospects.argmin(axis=1) == group) & (of_prospects[:, group] <= edge)
    return chosen


def kmeans(p: Portfolio) -> np.ndarray:
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    own, others = _numbers(p)
    top = p.scores >= np.quantile(p.scores, 1 - TOP)
    fits = [KMeans(k, n_init=5, random_state=0).fit(own[top]) for k in range(2, 7) if k < top.sum()]
    model = max(fits, key=lambda m: silhouette_score(own[top], m.labels_))
    return _best_group(p, model.transform(own), model.transform(others), top)


def mixture(p: Portfolio) -> np.ndarray:
    from sklearn.decomposition import PCA
    from sklearn.mixture import GaussianMixture

    own, others = _numbers(p)
    top = p.scores >= np.quantile(p.scores, 1 - TOP)
    plane = PCA(5, random_state=0).fit(own)
    low, far = plane.transform(own), plane.transform(others)
    fits = [
        GaussianMixture(k, covariance_type="diag", reg_covar=1e-2, n_init=3, random_state=0).fit(low[top])
        for k in range(1, 7)
    ]
    model = min(fits, key=lambda m: m.bic(low[top]))
    return _best_group(p, -model._estimate_weighted_log_prob(low), -model._estimate_weighted_log_prob(far), top)


def tree(p: Portfolio) -> np.ndarray:
    from sklearn.tree import DecisionTreeRegressor

    own, others = _numbers(p)
    model = DecisionTreeRegressor(max_depth=3, min_samples_leaf=max(6, len(own) // 20), random_state=0)
    leaf = model.fit(own, p.scores).apply(own)
    worth = {node: p.scores[leaf == node].mean() * np.sqrt((leaf == node).sum()) for node in np.unique(leaf)}
    return model.apply(others) == max(worth, key=worth.get)


def prototypes(p: Portfolio) -> np.ndarray:
    """k-prototypes of the top clients, k by the bend of the cost (the largest second difference); package kmodes."""
    from kmodes.kprototypes import KPrototypes

    names = ["sector", "region", "acquisition_channel", "kitchen"]
    own, others = _numbers(p)
    levels = [t[names].astype("object").where(t[names].notna(), "?").to_numpy() for t in (p.clients, p.prospects)]
    mixed = [np.hstack([n[:, :3].astype("object"), lv]) for n, lv in zip((own, others), levels, strict=True)]
    top = p.scores >= np.quantile(p.scores, 1 - TOP)
    categorical = [3, 4, 5, 6]
    fits = [
        KPrototypes(k, init="Huang", n_init=2, random_state=0).fit(mixed[0][top], categorical=categorical)
        for k in range(1, 6)
    ]
    bend = np.diff([m.cost_ for m in fits], 2)
    model = fits[int(np.argmax(bend)) + 1]
    centres, modes = model.cluster_centroids_[:, :3].astype(float), model.cluster_centroids_[:, 3:]
    far = [
        ((n[:, None, :3] - centres[None]) ** 2).sum(axis=2) + model.gamma * (lv[:, None] != modes[None]).sum(axis=2)
        for n, lv in zip((own, others), levels, strict=True)
    ]
    return _best_group(p, far[0], far[1], top)


METHODS = {
    "published": published, "strongest": strongest, "groups": groups, "kmeans": kmeans, "mixture": mixture,
    "tree": tree, "prototypes": prototypes,
}  # fmt: skip


def table(rows: list[dict], by: list[str], title: str) -> None:
    frame = pd.DataFrame(rows)
    print(f"\n{title}\n{frame.groupby(by, sort=False).mean(numeric_only=True).round(3).to_string()}", flush=True)


def f1(count: int, noise: float, seeds: int, sizes, names) -> None:
    """F1 on unseen prospects of each method."""
    rows = []
    for clients in sizes:
        for seed in range(count):
            p = Portfolio(seeds + 100_000 + seed, clients, list(TRUTHS)[seed % 3], noise=noise)
            rows.append({"n": clients, "truth": list(TRUTHS)[seed % 3]} | {m: p.f1(METHODS[m](p)) for m in names})
    table(rows, ["n"], f"F1, {count} portfolios each, noise {noise}")
    table([r for r in rows if r["n"] in (300, 1000)], ["n", "truth"], "F1 by truth")


def test(count: int, noise: float, seeds: int, sizes) -> None:
    """How often a niche is found where there is one (power), and where there is none."""
    rows = []
    for clients in sizes:
        for seed in range(count):
            for truth in (list(TRUTHS)[seed % 3], None):
                p = Portfolio(seeds + 200_000 + seed, clients, truth, noise=noise)
                found = judge.permutation_p(p.data.hot, p.places, p.scores, p.data.size, seed=seed)
                rows.append({"n": clients, "planted": bool(truth), "found": float(judge.significant(found.min()))})
    table(rows, ["n", "planted"], f"Niche found, {count} portfolios each, noise {noise}")


def gradient(count: int, noise: float, seeds: int) -> None:
    """F1 of the rule published where value also rises with size."""
    rows = []
    for slope in (0.0, 0.2, 0.4):
        for clients in (300, 1000):
            for seed in range(count):
                p = Portfolio(seeds + 300_000 + seed, clients, list(TRUTHS)[seed % 3], noise=noise, gradient=slope)
                masks = judge.best(p.data.hot, p.places, np.stack(list(p.data.targets.values())))
                plain, discounted = (p.prospects_in(mask) for mask in masks)
                sloped = niche._gradient(p.data, search.members(p.data.hot, p.places, masks[:1])[0])
                chosen = discounted if sloped else plain
                rows.append({"gradient": slope, "n": clients, "plain": p.f1(plain), "discounted": p.f1(discounted), "published": p.f1(chosen)})  # fmt: skip
    table(rows, ["gradient", "n"], f"F1 with a gradient of size, {count} portfolios each, noise {noise}")


def score(count: int, noise: float, seeds: int, sizes) -> None:
    """Calibration error, Brier skill over the base rate of the clients, and order, on prospects."""
    rows = []
    for clients in sizes:
        for seed in range(count if clients < 5000 else count // 3):
            for truth in (list(TRUTHS)[seed % 3], None):
                p = Portfolio(seeds + 400_000 + seed, clients, truth, noise=noise)
                model = lookalike.learn(p.data.hot, p.places, p.scores, seed=seed)
                scored = lookalike.score(model, attributes.typed_columns(p.prospects, KINDS)).probability
                known = np.isfinite(scored)
                top = (p.prospect_value >= np.quantile(p.value, 1 - TOP)).astype(int)[known]
                found = lookalike.quality(pd.DataFrame({"predicted": scored[known], "top": top}))
                skill = 1 - np.mean((scored[known] - top) ** 2) / np.mean((model.base - top) ** 2)
                rows.append({"n": clients, "planted": bool(truth), "auc": found["auc"], "ece": found["ece"], "brier_skill": skill, "informed": model.informed})  # fmt: skip
    table(rows, ["n", "planted"], f"Score on prospects, {count} portfolios each, noise {noise}")


def real(folder: Path) -> None:
    """The rule of each public data set and what it is worth, as the page tells it and as METHODS.md does."""
    for data in (_adventureworks, _maven, _uci):
        for title, who, kinds, worth, later in data(folder):
            _told(title, who, kinds, worth, later)


def _told(title: str, who: pd.DataFrame, kinds: dict, worth: np.ndarray, later: np.ndarray | None) -> None:
    chosen = attributes.chosen(who, kinds, worth)
    places = search.grid(cells.cut(chosen.table, chosen.kinds))
    data = niche.prepared(chosen.table, places, worth, attributes.size_of(chosen.table, chosen.kinds))
    found = niche.niche(data)
    best = found.published or found.candidates[0]
    page = {"left out": best.lift}
    over_all = {
        "in sample": _over_all(worth, best.inside),
        "left out": _over_all(worth, niche.left_out(data, best.method)),
    }
    if later is not None:
        page["later"] = judge.lift(value.winsorised(later), best.inside)
        over_all["later"] = _over_all(later, best.inside)
    print(f"{title}, {len(who)} clients; {analysis.rule_text(best.rule)}; {best.inside.mean():.0%}; p {best.p:.3f}")
    print("  winsorised, over the others:", ", ".join(f"{k} {v.lift:.2f} ({v.low:.2f} to {v.high:.2f})" for k, v in page.items()))  # fmt: skip
    print("  not winsorised, over all:", ", ".join(f"{k} {v:.2f}" for k, v in over_all.items()), flush=True)


def _over_all(worth: np.ndarray, inside: np.ndarray) -> float:
    """Mean value inside over that of all clients, the largest counting in full: the measure of the targets."""
    return float(np.average(worth, weights=inside) / worth.mean())


def _adventureworks(folder: Path) -> list[tuple]:
    """Resellers by the revenue of the 12 months to May 2013, and that of the six months that follow."""
    day, year = pd.Timestamp("2013-05-31"), pd.DateOffset(years=1)
    sales = pd.read_parquet(folder / "adventureworks_dw" / "FactResellerSales.parquet")
    known = pd.read_parquet(folder / "adventureworks_dw" / "DimReseller.parquet")
    places = pd.read_parquet(folder / "adventureworks_dw" / "DimGeography.parquet")
    who = known.merge(places, on="GeographyKey").set_index("ResellerKey")
    before, after = sales["OrderDate"].between(day - year, day, inclusive="right"), sales["OrderDate"] > day
    worth, later = (sales[when].groupby("ResellerKey")["SalesAmount"].sum() for when in (before, after))
    kinds = {"BusinessType": "nominal", "NumberEmployees": "numeric", "EnglishCountryRegionName": "nominal"}
    of = who.loc[worth.index].reset_index()
    since = later.reindex(worth.index).fillna(0.0).to_numpy("float64")
    return [("adventureworks, 12 months", of, kinds, worth.to_numpy("float64"), since)]


def _maven(folder: Path) -> list[tuple]:
    who = pd.read_csv(folder / "maven_crm" / "accounts.csv").set_index("account")
    deals = pd.read_csv(folder / "maven_crm" / "sales_pipeline.csv", parse_dates=["close_date"])
    won = deals[deals["deal_stage"] == "Won"]
    half = won["close_date"] < won["close_date"].median()
    whole, first, second = (
        part.groupby("account")["close_value"].sum().reindex(who.index).fillna(0.0).to_numpy("float64")
        for part in (won, won[half], won[~half])
    )
    kinds = {"sector": "nominal", "employees": "numeric", "office_location": "nominal", "year_established": "numeric"}
    who = who.reset_index()
    return [("maven, whole", who, kinds, whole, None), ("maven, first half", who, kinds, first, second)]


def _uci(folder: Path) -> list[tuple]:
    file = folder / "uci_wholesale" / "Wholesale customers data.csv"
    who = pd.read_csv(file, encoding="latin1", usecols=range(8), dtype={"Channel": "str", "Region": "str"})
    spent = who.iloc[:, 2:].sum(axis=1).to_numpy("float64")
    return [("uci", who[["Channel", "Region"]], {"Channel": "nominal", "Region": "nominal"}, spent, None)]


def seconds(sizes=(5000, 50_000, 1_000_000)) -> None:
    """The whole of page 03 for so many clients; of a million all are scored."""
    day = pd.Timestamp("2026-10-31")
    for clients in sizes:
        p = Portfolio(1, clients, "mixed")
        ids = pd.Series([f"c{n:07d}" for n in range(clients)])
        amounts = {"net_amount": p.value, "costed_amount": p.value, "cost": 0.6 * p.value}
        margins = pd.DataFrame({"customer_id": ids, "first_order_date": day - pd.Timedelta(days=900)} | amounts)
        margins = margins.assign(**{f"recent_{name}": column * 0.4 for name, column in amounts.items()})
        kept = pd.DataFrame({
            "customer_id": ids, "name": "x", "person_type": "PJ", "seller_id": "V1", "status": "active", "frequency": 5,
            "net_revenue_365d": p.value, "average_order_value": 9.0, "own_cycle_days": 30.0,
        })  # fmt: skip
        frames = {
            "margins": margins, "portfolio": kept, "customers": p.clients.assign(customer_id=ids),
            "prospects": p.prospects.assign(prospect_id=[f"p{n}" for n in range(PROSPECTS)]),
            "sellers": pd.DataFrame({"seller_id": ["V1"], "name": ["Ana"]}),
            "families": pd.DataFrame({"customer_id": [], "family": [], "net_revenue_365d": []}),
        }  # fmt: skip
        declared = {name: list(kind) if isinstance(kind, tuple) else kind for name, kind in KINDS.items()}
        wall, used = time.perf_counter(), time.process_time()
        analysis.analyse(frames, day, pci_attributes=declared)
        wall, used = time.perf_counter() - wall, time.process_time() - used
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"{clients} clients: {wall:.1f} s, CPU {used:.1f} s, {memory:.1f} GB at most", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", default=["f1", "test", "gradient", "score", "real", "time"])
    parser.add_argument("--portfolios", type=int, default=210)
    parser.add_argument("--noise", type=float, default=0.8, help="standard deviation of log value within a group")
    parser.add_argument(
        "--seed", type=int, default=0, help="added to the seeds: portfolios that no setting was chosen on"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--methods", nargs="+", default=[m for m in METHODS if m != "prototypes"], choices=METHODS)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    asked = parser.parse_args()
    runs = {
        "f1": lambda: f1(asked.portfolios, asked.noise, asked.seed, asked.sizes, asked.methods),
        "test": lambda: test(asked.portfolios, asked.noise, asked.seed, asked.sizes),
        "gradient": lambda: gradient(asked.portfolios, asked.noise, asked.seed),
        "score": lambda: score(asked.portfolios, asked.noise, asked.seed, asked.sizes),
        "real": lambda: real(asked.data),
        "time": seconds,
    }
    for part in asked.parts:
        runs[part]()


if __name__ == "__main__":
    main()
