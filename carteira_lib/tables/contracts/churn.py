"""What page 04 leaves: who is about to stop, how well that is known, and which contracts will be renewed."""

from __future__ import annotations

from carteira_lib.language import N_
from carteira_lib.tables.contracts.schema import CURRENCY, CUSTOMER_ID, SHARE, Table, col

NOTEBOOK = "04_churn"
RENEWAL_SCORES = Table(
    "renewal_scores",
    N_("Chance de renovação"),
    N_("uma linha por contrato a renovar"),
    ("contract_id",),
    (
        col("contract_id", N_("Contrato"), required=True),
        CUSTOMER_ID,
        col("renewal_probability", N_("Probabilidade de renovação"), "number", SHARE),
        col("amount", N_("Valor"), "number", CURRENCY, required=True),
        col("amount_at_risk", N_("Valor em risco"), "number", CURRENCY),
        col("renewal_basis", N_("De onde vem a probabilidade"), required=True),
        col("reason_1", N_("Motivo principal")),
        col("reason_1_text", N_("Motivo principal, em palavras")),
        col("reason_2", N_("Segundo motivo")),
        col("reason_2_text", N_("Segundo motivo, em palavras")),
    ),
    NOTEBOOK,
)
