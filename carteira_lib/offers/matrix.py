"""Who owns what on a date: a sparse matrix of clients and items, and what else is known of the clients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from carteira_lib.offers.momentum import momentum

MAX_ITEMS = 5_000  # the dense matrix of item weights of more would not fit a usual machine
MIN_BUYERS = 2
RECENT_WEIGHT, HALF_LIFE_DAYS = 2.0, 180  # what was just taken up says most of what comes next: benchmarks/README.md
MAX_LEVELS = 30  # an attribute of more levels tells who a client is, not what it is like
HEADCOUNT = (0, 10, 50, 100, 500, np.inf)
NOT_TRAITS = ("customer_id", "name", "tax_id", "city", "since", "seller_id", "employees")


class Owned(NamedTuple):
    """The items that each client had bought by a date.

    Attributes
    ----------
    clients, items : Index
        Of the rows and the columns, in their order.
    matrix : csr_array of shape (clients, items)
        1 where the client had bought the item.
    left_out : int
        Items beyond `MAX_ITEMS`, the least bought.
    recent : csr_array of shape (clients, items), optional
        What each item owned weighs in the scores: 1 for what was taken up long ago, 3 for what was on the date.
    momentum : ndarray of shape (items,), optional
        How recently each item is taken up, against the usual one: see `momentum.momentum`.
    """

    clients: pd.Index
    items: pd.Index
    matrix: sparse.csr_array
    left_out: int = 0
    recent: sparse.csr_array | None = None
    momentum: np.ndarray | None = None


def item_of(products: pd.DataFrame) -> dict[str, str]:
    """What a product stands for in a basket: its family where tiers tell that its products replace one another.

    Parameters
    ----------
    products : DataFrame
        Contract ``products``.

    Returns
    -------
    dict
        The family by ``product_id``, only for products with family and tier: any other product is an item of its own.

    Notes
    -----
    Who buys the plain version of a detergent is not offered the better one as a complement: that is an up-sell.
    """
    tiered = products[products["family"].notna() & products["tier"].notna()].drop_duplicates("product_id")
    return dict(zip(tiered["product_id"], tiered["family"], strict=True))


def with_items(takeups: pd.DataFrame, products: pd.DataFrame) -> pd.DataFrame:
    """`takeups` with the column ``item``: see `item_of`."""
    families = item_of(products)
    place, codes = pd.factorize(takeups["product_id"], use_na_sentinel=False)
    items = np.array([families.get(code, code) for code in codes], dtype="object")
    return takeups.assign(item=pd.Series(items[place], index=takeups.index, dtype="object"))


def owned(takeups: pd.DataFrame, date: pd.Timestamp, *, max_items: int = MAX_ITEMS) -> Owned:
    """What each client had bought by `date`; items of a single buyer teach nothing and are left out.

    Parameters
    ----------
    takeups : DataFrame
        As `with_items` gives it: uses ``customer_id``, ``item``, ``first_date``. Later rows are ignored.
    """
    past = takeups[takeups["first_date"] <= date]
    known = past.groupby(["customer_id", "item"], as_index=False)["first_date"].min()
    buyers = known["item"].value_counts().rename_axis("item").reset_index(name="buyers")
    buyers = buyers[buyers["buyers"] >= MIN_BUYERS].sort_values(["buyers", "item"], ascending=[False, True])
    items = pd.Index(np.sort(buyers["item"].to_numpy(dtype=object)[:max_items]), dtype="object")
    clients = pd.Index(np.sort(known["customer_id"].unique().astype(object)), dtype="object")
    age = (date - known["first_date"]).dt.days.to_numpy(dtype="float64")
    weight = 1 + RECENT_WEIGHT * 2.0 ** (-age / HALF_LIFE_DAYS)
    recent = _matrix(known, clients, items, weight)
    places = items.get_indexer(known["item"])
    pace = momentum(age[places >= 0], places[places >= 0], len(items))
    return Owned(clients, items, _matrix(known, clients, items), max(len(buyers) - max_items, 0), recent, pace)


def taken_between(takeups: pd.DataFrame, known: Owned, after: pd.Timestamp, until: pd.Timestamp) -> sparse.csr_array:
    """1 where a client of `known` first bought one of its items after `after` and by `until`."""
    first = takeups.groupby(["customer_id", "item"], as_index=False)["first_date"].min()
    new = first[(first["first_date"] > after) & (first["first_date"] <= until)]
    return _matrix(new, known.clients, known.items)


def _matrix(
    pairs: pd.DataFrame, clients: pd.Index, items: pd.Index, values: np.ndarray | float = 1.0
) -> sparse.csr_array:
    rows = clients.get_indexer(pairs["customer_id"].astype("object"))
    columns = items.get_indexer(pairs["item"].astype("object"))
    inside = (rows >= 0) & (columns >= 0)
    cells = np.broadcast_to(values, len(pairs))[inside].astype("float32")
    return sparse.csr_array((cells, (rows[inside], columns[inside])), shape=(len(clients), len(items)))


def traits(customers: pd.DataFrame, clients: pd.Index) -> sparse.csr_array:
    """One column per level of each attribute known before the purchase: sector, region, headcount band, ...

    Parameters
    ----------
    customers : DataFrame
        Contract ``customers`` with the declared attributes.
    clients : Index
        The rows wanted, in order.

    Notes
    -----
    An attribute with more than 30 levels, or a single one, is left out; so are numbers other than the headcount.
    """
    found = customers.drop_duplicates("customer_id").set_index("customer_id")
    found = found.reindex(clients) if len(found) else found.reindex(clients[:0])
    columns = [found[name] for name in found if name not in NOT_TRAITS and _is_text(found[name])]
    if "employees" in found and len(found):
        columns.append(pd.cut(found["employees"].astype("float64"), HEADCOUNT, right=False).astype("str"))
    chosen = [c.astype("object") for c in columns if 2 <= c.nunique() <= MAX_LEVELS]
    if not chosen:
        return sparse.csr_array((len(clients), 0), dtype="float32")
    blocks = [pd.get_dummies(c, dtype="float32", sparse=False) for c in chosen]
    return sparse.csr_array(np.hstack([block.to_numpy() for block in blocks]))


def _is_text(values: pd.Series) -> bool:
    numeric = pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    return not numeric and not pd.api.types.is_datetime64_any_dtype(values.dtype)
