"""EASE^R: which items go with which, learned in closed form, and the ranking of the items that a client lacks.

The weight of item k in the score of item j is B[k, j] = -P[k, j] / P[j, j], P = (X'X + lambda I)^-1, diagonal 0: the least
squares that predict each column of X from all others. Attributes stand in X as further columns with a weight of 3.

References
----------
Steck, H. (2019). Embarrassingly Shallow Autoencoders for Sparse Data. WWW 2019, 3251-3257.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg, sparse

TRAIT_WEIGHT = 3.0
LEAST_PENALTY = 100.0
PENALTY_PER_BUYER = 4.0
BLOCK = 2_000  # clients scored at once


def penalty(matrix: sparse.csr_array) -> float:
    """lambda: max(100, 4 x mean number of buyers of an item)."""
    return max(LEAST_PENALTY, PENALTY_PER_BUYER * matrix.sum() / max(matrix.shape[1], 1))


def inputs(matrix: sparse.csr_array, traits: sparse.csr_array) -> sparse.csr_array:
    """X: items, then attributes with their weight."""
    return sparse.csr_array(sparse.hstack([matrix, TRAIT_WEIGHT * traits], format="csr", dtype="float32"))


def weights(x: sparse.csr_array, items: int, *, penalty: float) -> np.ndarray:
    """B, one column per item: what each item and attribute adds to the score of an item.

    Parameters
    ----------
    x : csr_array of shape (clients, items + attribute levels)
    items : int
        How many of the columns are items.
    penalty : float
        lambda.

    Returns
    -------
    ndarray of shape (items + attribute levels, items)

    Examples
    --------
    Two items always bought together, X'X = [[4, 4], [4, 4]], lambda 1: P is proportional to [[5, -4], [-4, 5]].

    >>> weights(sparse.csr_array(np.ones((4, 2))), 2, penalty=1.0).round(3)
    array([[0. , 0.8],
           [0.8, 0. ]])
    """
    return _by_clients(x, items, penalty) if x.shape[0] < x.shape[1] else _by_columns(x, items, penalty)


def _by_columns(x: sparse.csr_array, items: int, penalty: float) -> np.ndarray:
    gram = (x.T @ x).toarray().astype("float64")
    gram[np.diag_indices_from(gram)] += penalty
    factor, lower = linalg.cho_factor(gram, overwrite_a=True, check_finite=False)
    inverse, _ = linalg.lapack.dpotri(factor, lower=lower, overwrite_c=True)
    diagonal = np.diagonal(inverse).copy()
    full = np.tril(inverse, -1) if lower else np.triu(inverse, 1)
    full += full.T
    full /= -diagonal
    full += 0.0  # no negative zeros
    return full[:, :items]


def _by_clients(x: sparse.csr_array, items: int, penalty: float) -> np.ndarray:
    """The same through the smaller matrix of the clients: lambda P = I - X'(XX' + lambda I)^-1 X."""
    gram = (x @ x.T).toarray().astype("float64")
    gram[np.diag_indices_from(gram)] += penalty
    solved = linalg.cho_solve(linalg.cho_factor(gram, overwrite_a=True), x[:, :items].toarray().astype("float64"))
    shared = x.T @ solved
    own = np.diagonal(shared).copy()
    shared /= 1 - own
    shared[np.diag_indices(items)] = 0.0
    return shared


def ranked(scores: np.ndarray, mask: np.ndarray, count: int) -> np.ndarray:
    """Positions of the `count` highest scores of each row, best first; masked ones and equal ones by position.

    Parameters
    ----------
    scores, mask : ndarray of shape (rows, items)
        `mask` is True where an item may not be offered.

    Returns
    -------
    ndarray of shape (rows, count), -1 where there are fewer items.

    Examples
    --------
    >>> ranked(np.array([[0.5, 0.9, 0.9]]), np.array([[False, False, False]]), 2)
    array([[1, 2]])
    >>> ranked(np.array([[0.5, 0.9]]), np.array([[False, True]]), 2)
    array([[ 0, -1]])
    """
    # rounded so that sums taken in another order are the same score
    shown = np.where(mask, -np.inf, np.round(scores, 9))
    count = min(count, shown.shape[1])
    if not count:
        return np.zeros((len(shown), 0), dtype="int64")
    best = np.argpartition(-shown, count - 1, axis=1)[:, :count]
    limit = np.take_along_axis(shown, best, axis=1).min(axis=1)
    positions = np.empty((len(shown), count), dtype="int64")
    for row, (values, least) in enumerate(zip(shown, limit, strict=True)):
        able = np.flatnonzero(values >= least)
        positions[row] = able[np.argsort(-values[able], kind="stable")][:count]
    return np.where(np.isneginf(np.take_along_axis(shown, positions, axis=1)), -1, positions)
