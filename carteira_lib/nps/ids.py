"""Looking up codes of clients: as `isin` and `merge` would, several times as fast where there are hundreds of thousands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def place(codes: pd.Series, among: pd.Series) -> np.ndarray:
    """The first position of each code among the others; -1 where it is not there.

    Examples
    --------
    >>> place(pd.Series(["b", "x"]), pd.Series(["a", "b", "b"])).tolist()
    [1, -1]
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted, values = (pa.array(texts, pa.large_string(), from_pandas=True) for texts in (codes, among))
    return pc.index_in(wanted, value_set=values).fill_null(-1).to_numpy(zero_copy_only=False)


def held(codes: pd.Series, among: pd.Series) -> pd.Series:
    """Whether each code is among the others."""
    return pd.Series(place(codes, among) >= 0, index=codes.index)


def beside(codes: pd.Series, table: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """What a table says of each code, in its first row of that ``customer_id``; missing where it says nothing.

    Examples
    --------
    >>> table = pd.DataFrame({"customer_id": ["a", "b"], "size": [1.0, 2.0]})
    >>> beside(pd.Series(["b", "x"]), table, ["size"])["size"].tolist()
    [2.0, nan]
    """
    found = place(codes, table["customer_id"])
    return table[list(columns)].reset_index(drop=True).reindex(found).set_axis(codes.index)
