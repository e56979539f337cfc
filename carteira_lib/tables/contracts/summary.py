"""What the summary leaves for the next run and for other programs."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import Table, col

KEY_FIGURES = Table(
    "key_figures",
    N_("Números do resumo"),
    N_("uma linha por número"),
    ("figure",),
    (col("figure", N_("Número"), required=True), col("number", N_("Valor do número"), "number", required=True)),
    "08_resumo",
)
