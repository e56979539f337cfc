"""What a seller should know before calling, from other pages: who is about to stop, who may refer somebody, the ideal profile."""

from __future__ import annotations

import pandas as pd

from carteira_lib.actions.gate import last_answers
from carteira_lib.language import translator

INACTIVE = "inactive"
PROMOTER_SCORE = 9
LEAVING = 0.5  # more probable than not to buy nothing in the horizon


def tips(
    surveys: pd.DataFrame,
    pci_scores: pd.DataFrame,
    churn: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    language: str = "pt-BR",
) -> dict[str, str]:
    """What is worth knowing of a client, by ``customer_id``; only of those of whom there is something.

    Parameters
    ----------
    surveys : DataFrame
        Contract ``surveys``: whose last answer of the last 180 days is 9 or 10.
    pci_scores : DataFrame
        Table of that name, empty where page 03 did not run: the clients in the niche.
    churn : DataFrame
        Table of that name, empty where page 04 did not run: the clients not yet inactive that will more probably stop than buy.
    """
    _ = translator(language)
    last = last_answers(surveys, as_of)
    happy = last[last["score"].astype("float64") >= PROMOTER_SCORE]
    leaving = churn[(churn["churn_probability"] >= LEAVING) & churn["status"].ne(INACTIVE)]
    told = {client: [_("Em risco de parar: pergunte antes o que mudou")] for client in leaving["customer_id"]}
    for client, score in zip(happy["customer_id"], happy["score"], strict=True):
        told.setdefault(client, []).append(_("Promotor (nota {score}): peça uma indicação", score=int(score)))
    ours = pci_scores[pci_scores["company_kind"].eq("client") & pci_scores["in_niche"].eq(True)]
    for client in ours["company_id"]:
        told.setdefault(client, []).append(_("Perfil do comprador ideal"))
    return {client: ". ".join(texts) for client, texts in told.items()}
