"""Cross-sell: what each client lacks that goes with what it buys, with its chance, its worth and the reason."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from carteira_lib.language import translator
from carteira_lib.offers import ease, holdout, matrix

OFFERS_PER_CLIENT = 3
BINS, PSEUDO = 8, 10
TICKET_RANGE = (0.25, 4.0)  # a client's size against the usual one, at most
PAIR_CLIENTS, MOST_PAIRS = 10, 10_000
REASONS = 2
COLUMNS = ("customer_id", "item", "product_id", "probability", "ticket", "reason")


class CrossSell(NamedTuple):
    """Offers of complements, and how well such offers did on past dates.

    Attributes
    ----------
    offers : DataFrame
        At most three rows per client, the best first: columns `COLUMNS`.
    test : dict
        As `holdout.compared` gives it.
    basis : str
        "ease", or "popularity" where EASE did not beat it on past dates, "untested" where nothing could be judged,
        "no_products", "one_product".
    left_out : int
        Items beyond the largest catalogue.
    complete : int
        Live clients that lack nothing.
    pairs : DataFrame
        Table ``baskets``.
    """

    offers: pd.DataFrame
    test: dict[str, float]
    basis: str
    left_out: int
    complete: int
    pairs: pd.DataFrame


def cross_sell(
    takeups: pd.DataFrame,
    customers: pd.DataFrame,
    products: pd.DataFrame,
    live: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    horizon_days: int,
    language: str = "pt-BR",
    seed: int = 0,
) -> CrossSell:
    """The complements to offer to each live client, by EASE with attributes or by popularity, whichever won in the past.

    Parameters
    ----------
    takeups : DataFrame
        As `features.takeups` gives it.
    customers, products : DataFrame
        Their contracts; either may be empty.
    live : DataFrame
        Clients to make offers to: ``customer_id``, ``average_order_value``.
    as_of : Timestamp
    horizon_days : int
        Within how many days a client takes the product up.
    """
    known_of = matrix.with_items(takeups[takeups["first_date"] <= as_of], products)
    found = matrix.owned(known_of, as_of)
    nothing = pd.DataFrame(columns=list(COLUMNS))
    if found.matrix.shape[1] < 2:
        basis = "one_product" if len(known_of) else "no_products"
        return CrossSell(nothing, {"judged": 0}, basis, 0, 0, pairs(found, pd.Series(dtype="str")))
    folds = [holdout.fold(known_of, customers, date, horizon_days) for date in holdout.cutoffs(as_of, horizon_days)]
    rows = [holdout.judged(f, {"ease": f.scores, "popularity": holdout.popularity(f.known)}) for f in folds]
    test = holdout.compared(pd.concat(rows, ignore_index=True), ours="ease", rule="popularity", seed=seed)
    basis = "untested" if np.isnan(test.get("lead", np.nan)) else "ease" if test["lead_low"] > 0 else "popularity"
    learned = holdout.weights(found, customers)
    last, now = folds[0], holdout.Fold(as_of, found, found.matrix, holdout.scores(found, customers, learned))
    scored = {part.date: part.scores if basis == "ease" else holdout.popularity(part.known) for part in (last, now)}
    shown = _offerable(known_of, products, found.items)
    offers, complete = _offers(now, scored[now.date], shown, live)
    offers["probability"] = chance(last, scored[last.date], offers["score"])
    offers["ticket"] = _ticket(offers, known_of, live)
    offers["reason"] = _reasons(offers, found, learned, basis, names=_names(products), language=language)
    return CrossSell(offers[list(COLUMNS)], test, basis, found.left_out, complete, pairs(found, shown))


def _offerable(takeups: pd.DataFrame, products: pd.DataFrame, items: pd.Index) -> pd.Series:
    """The product that stands for each item when it is offered: of those on sale, the one most clients have."""
    bought = takeups[takeups["product_id"].isin(on_sale(takeups["product_id"], products)) & takeups["item"].isin(items)]
    count = bought.groupby(["item", "product_id"], as_index=False)["customer_id"].nunique()
    first = count.sort_values(["customer_id", "product_id"], ascending=[False, True]).drop_duplicates("item")
    return first.set_index("item")["product_id"]


def on_sale(codes: pd.Series, products: pd.DataFrame) -> set[str]:
    """Products that the register has and does not call inactive; without a register, all that were bought."""
    if products.empty:
        return set(codes.unique())
    return set(products.loc[~products["active"].eq(False).fillna(False), "product_id"])


def _offers(now: holdout.Fold, scores: np.ndarray, shown: pd.Series, live: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The first items of each live client, and how many live clients lack none."""
    rows = np.flatnonzero(now.known.clients.isin(live["customer_id"]))
    closed = ~now.known.items.isin(shown.index)
    parts, complete = [], 0
    for start in range(0, len(rows), ease.BLOCK):
        block = rows[start : start + ease.BLOCK]
        mask = (now.known.matrix[block].toarray() > 0) | closed
        order = ease.ranked(np.asarray(scores[block]), mask, OFFERS_PER_CLIENT)
        complete += int((order[:, :1] < 0).sum())
        place, column = np.nonzero(order >= 0)
        chosen = order[place, column]
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": now.known.clients[block[place]],
                    "item": now.known.items[chosen],
                    "row": block[place],
                    "column": chosen,
                    "score": np.asarray(scores)[block[place], chosen].astype("float64"),
                }
            )
        )
    columns = ["customer_id", "item", "row", "column", "score"]
    offers = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return offers.assign(product_id=offers["item"].map(shown)), complete


def chance(past: holdout.Fold, scores: np.ndarray, wanted: pd.Series) -> np.ndarray:
    """The share of such offers that were taken up in the horizon after the last past date.

    Parameters
    ----------
    past : Fold
    scores : ndarray
        Those that ranked the items on its date.
    wanted : Series
        Scores of today's offers.

    Returns
    -------
    ndarray
        Shares of eight groups of equal count, shrunk with ten pseudo-offers to the mean of all, made to rise with the score.
    """
    from sklearn.isotonic import IsotonicRegression

    if wanted.empty or not past.known.matrix.shape[1]:
        return np.full(len(wanted), np.nan)
    seen, hits = _offered(past, scores)
    if not len(seen):
        return np.full(len(wanted), np.nan)
    order = np.argsort(seen, kind="stable")
    groups = [part for part in np.array_split(order, min(BINS, max(len(order) // PSEUDO, 1))) if len(part)]
    base = (hits.sum() + 1) / (len(hits) + 2)
    shares = [(hits[part].sum() + PSEUDO * base) / (len(part) + PSEUDO) for part in groups]
    model = IsotonicRegression(out_of_bounds="clip")
    model.fit([seen[part].mean() for part in groups], shares, sample_weight=[len(part) for part in groups])
    return model.predict(wanted.to_numpy(dtype="float64"))


def _offered(past: holdout.Fold, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of the offers that would have been made on the past date, and whether each was taken up."""
    seen, hits = [], []
    for start in range(0, past.known.matrix.shape[0], ease.BLOCK):
        rows = np.arange(start, min(start + ease.BLOCK, past.known.matrix.shape[0]))
        values = np.asarray(scores[rows], dtype="float64")
        order = ease.ranked(values, past.known.matrix[rows].toarray() > 0, OFFERS_PER_CLIENT)
        place, column = np.nonzero(order >= 0)
        chosen = order[place, column]
        seen.append(values[place, chosen])
        hits.append(past.new[rows].toarray()[place, chosen] > 0)
    return np.concatenate(seen), np.concatenate(hits).astype("float64")


def _ticket(offers: pd.DataFrame, takeups: pd.DataFrame, live: pd.DataFrame) -> pd.Series:
    """What the first order of the product is worth: its usual amount a day, times the client's size against the usual one."""
    usual = (takeups["amount"] / takeups["days"]).groupby(takeups["product_id"]).median()
    size = live.set_index("customer_id")["average_order_value"].astype("float64")
    relative = (size / size.median()).clip(*TICKET_RANGE)
    # without a row `map` keeps the texts
    amount, size = (
        offers[name].map(known).astype("float64") for name, known in (("product_id", usual), ("customer_id", relative))
    )
    return amount * size.fillna(1.0)


def _names(products: pd.DataFrame) -> dict[str, str]:
    """What people call an item: the family where that is the item, else the product's name."""
    named = products[products["name"].notna()].drop_duplicates("product_id")
    return dict(zip(named["product_id"], named["name"], strict=True))


def _reasons(
    offers: pd.DataFrame, found: matrix.Owned, learned: np.ndarray, basis: str, *, names: dict, language: str
) -> list[str]:
    """ "Porque compra A e B": the two owned items that add most to the score; else what the offer stands on."""
    _ = translator(language)
    popular = _("entre os produtos mais comprados da carteira")
    if offers.empty or basis != "ease":
        return [popular] * len(offers)
    # without attributes a score that no owned item adds to is popularity alone
    otherwise = _("clientes do mesmo perfil compram") if len(learned) > len(found.items) else popular
    return [
        _because(learned, found, row, column, names, _) or otherwise
        for row, column in zip(offers["row"], offers["column"], strict=True)
    ]


def _because(learned: np.ndarray, found: matrix.Owned, row: int, column: int, names: dict, _) -> str:
    start, end = found.matrix.indptr[row : row + 2]
    places = start + np.argsort(found.matrix.indices[start:end])
    own, weight = found.matrix.indices[places], 1.0 if found.recent is None else found.recent.data[places]
    parts = (weight * learned[own, column]).round(6)
    first = own[np.argsort(-parts, kind="stable")[:REASONS]]
    told = [names.get(found.items[i], found.items[i]) for i in first if learned[i, column] > 0]
    if len(told) == 2:
        return _("porque compra {first} e {second}", first=told[0], second=told[1])
    return _("porque compra {first}", first=told[0]) if told else ""


def pairs(found: matrix.Owned, shown: pd.Series, *, fewest: int = PAIR_CLIENTS, most: int = MOST_PAIRS) -> pd.DataFrame:
    """Which of the items that can be offered go together: table ``baskets``, the strongest pair first.

    Returns
    -------
    DataFrame
        ``first_item``, ``second_item`` (in order of their codes), ``clients`` (that have both), ``expected_clients`` (if they had nothing
        to do with each other), ``lift``; only pairs that at least `fewest` clients have, and the `most` strongest of them.
    """
    sold = np.flatnonzero(found.items.isin(shown.index))
    bought = found.matrix[:, sold]
    both = sparse.triu(bought.T @ bought, 1, format="coo")
    enough = both.data >= fewest
    first, second, clients = both.row[enough], both.col[enough], both.data[enough].astype("float64")
    buyers = np.asarray(bought.sum(axis=0), dtype="float64").ravel()
    expected = buyers[first] * buyers[second] / max(found.matrix.shape[0], 1)
    # codes are in order, so positions order equal lifts as codes would
    order = np.lexsort((second, first, -clients / expected))[:most]
    first, second, clients, expected = (values[order] for values in (first, second, clients, expected))
    return pd.DataFrame(
        {
            "first_item": found.items[sold[first]],
            "second_item": found.items[sold[second]],
            "clients": clients.astype("int64"),
            "expected_clients": expected,
            "lift": clients / expected,
        }
    )
