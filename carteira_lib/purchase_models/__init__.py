"""What clients will buy next, and whether they have stopped: probability models of repeat purchases and renewals.

``buying_histories`` turns ``customer_features`` into what the models read; ``PurchaseModel`` (BG/NBD, MBG/NBD,
MBG/CNBD-k, Pareto/NBD) answers how probable no order is in a horizon and how many are expected; ``GammaGamma`` what
an order is worth; ``ShiftedBetaGeometric`` whether a contract is renewed. All are fitted by likelihood with exact
gradients, without randomness, and say so when a fit is no estimate.
"""

from carteira_lib.purchase_models.fitting import STATUSES, Prior
from carteira_lib.purchase_models.histories import buying_histories
from carteira_lib.purchase_models.models import MODELS, PurchaseModel, weak_prior
from carteira_lib.purchase_models.retention import ShiftedBetaGeometric, cohort_clients
from carteira_lib.purchase_models.spend import GammaGamma

__all__ = [
    "MODELS",
    "STATUSES",
    "GammaGamma",
    "Prior",
    "PurchaseModel",
    "ShiftedBetaGeometric",
    "buying_histories",
    "cohort_clients",
    "weak_prior",
]
