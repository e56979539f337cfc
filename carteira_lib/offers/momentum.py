"""Momentum: whether an item is being taken up now, or was taken up long ago and by hardly anybody since.

Weights learned from who owns what know no time: a product that everybody bought three years ago and nobody does now scores
like one on its way up. The momentum of an item is how recently its clients took it up, against the usual item.
"""

from __future__ import annotations

import numpy as np

HALF_LIFE_DAYS = 180


def momentum(ages: np.ndarray, items: np.ndarray, count: int) -> np.ndarray:
    """How recently each item is taken up, against the usual one: 1 is as usual, above 1 more recently.

    Parameters
    ----------
    ages : ndarray
        Days since each client took up each item.
    items : ndarray of int
        Position of the item of each age.
    count : int
        Number of items.

    Returns
    -------
    ndarray of shape (count,)
        Mean of 2 ** (-age / 180) over the item's clients, drawn to the mean of all by Bühlmann's credibility, over that mean.

    Notes
    -----
    With n clients the mean of an item weighs n / (n + k), k = variance within items / variance between them, both estimated
    from the ages (the weighted case, with n as the weight). Where items differ by no more than chance, every momentum is 1.

    References
    ----------
    Bühlmann, H., & Straub, E. (1970). Glaubwürdigkeit für Schadensätze. Mitteilungen der Vereinigung Schweizerischer
    Versicherungsmathematiker, 70, 111-133.

    Examples
    --------
    >>> momentum(np.array([0.0, 0.0, 180.0, 720.0]), np.array([0, 0, 1, 1]), 2).round(2)
    array([1.51, 0.49])
    """
    recent = 2.0 ** (-ages / HALF_LIFE_DAYS)
    clients = np.bincount(items, minlength=count).astype("float64")
    known = np.count_nonzero(clients)
    if known < 2 or len(ages) <= known:
        return np.ones(count)
    sums, usual = np.bincount(items, recent, count), float(recent.mean())
    means = np.divide(sums, clients, out=np.full(count, usual), where=clients > 0)
    within = float(((recent - means[items]) ** 2).sum()) / (len(ages) - known)
    spread = float((clients * (means - usual) ** 2).sum()) - (known - 1) * within
    between = spread / (len(ages) - float((clients**2).sum()) / len(ages))
    if between <= 0:
        return np.ones(count)
    return (sums + within / between * usual) / (clients + within / between) / usual
