"""Why a company scores as it does: the three attributes that weigh most for it, and against it, in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib.language import translator
from carteira_lib.pci.cells import positions
from carteira_lib.pci.lookalike import Lookalike, Scored, strongest
from carteira_lib.pci.wording import cell_texts


def explained(
    model: Lookalike, table: pd.DataFrame, scored: Scored, *, sign: int, language: str = "pt-BR"
) -> np.ndarray:
    """What weighs most on one side of each company's log-odds; None where nothing does, or it is not scored.

    Parameters
    ----------
    table : DataFrame
        Attributes of the companies that `scored` is of.
    sign : {1, -1}
        For, or against.
    """
    _ = translator(language)
    attributes = model.places.attributes
    texts = cell_texts(attributes, language)
    usual, rare = _("combinação comum entre os melhores clientes"), _("combinação rara entre os melhores clientes")
    flat = [None, *(text for own in texts for text in own), usual if sign > 0 else rare]
    starts = np.cumsum([1, *(len(own) for own in texts)])
    codes = np.full((len(table), len(attributes) + 1), len(flat) - 1)
    for i, attribute in enumerate(attributes):
        found = positions(table, attribute)
        codes[:, i] = np.where(found >= 0, starts[i] + found, 0)
    chosen = strongest(scored.parts, sign=sign)
    picked = np.where(chosen >= 0, np.take_along_axis(codes, np.maximum(chosen, 0), axis=1), 0)
    picked[np.isnan(scored.probability)] = 0
    pairs, where = np.unique(picked, axis=0, return_inverse=True)
    said = ["; ".join(flat[code] for code in pair if code) or None for pair in pairs]
    return np.array([*said, None], dtype="object")[where.reshape(-1)]
