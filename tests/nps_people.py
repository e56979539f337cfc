"""A made-up portfolio and its survey, as page 05 reads them: small enough to count by hand, or drawn from a known mix."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.nps.score import class_of

AS_OF = pd.Timestamp("2026-10-31")


def ago(days: float) -> pd.Timestamp:
    return AS_OF - pd.Timedelta(days=days)


def empty(name: str) -> pd.DataFrame:
    return tables.conform(pd.DataFrame(columns=list(tables.contract(name).column_names)), name)


def portfolio(ids, **columns) -> pd.DataFrame:
    """Active clients of one seller who bought ten days ago, but for what `columns` say."""
    usual = {
        "name": [f"Loja {i}" for i in ids], "person_type": "PJ", "seller_id": "V1", "status": "active", "recency_days": 10,
        "net_revenue_365d": 1000.0, "abc_class": "B",
    }  # fmt: skip
    made = pd.DataFrame({"customer_id": list(ids), **usual, **columns})
    return made.astype({"customer_id": "str", "recency_days": "Int64", "net_revenue_365d": "float64"})


def customers(ids, **columns) -> pd.DataFrame:
    usual = {"sector": "Hotel", "region": "Sul", "employees": 20.0, "name": None, "person_type": "PJ"}
    return pd.DataFrame({"customer_id": list(ids), **usual, **columns}).astype({"customer_id": "str"})


def surveys(*answers: tuple) -> pd.DataFrame:
    """Answers as (client, days ago, score), with a comment behind where there is one."""
    rows = [(client, ago(days), score, *rest) for client, days, score, *rest in answers]
    made = pd.DataFrame([(*row, None)[:4] for row in rows], columns=["customer_id", "answer_date", "score", "comment"])
    types = {"customer_id": "str", "answer_date": "datetime64[us]", "score": "Int64", "comment": "str"}
    return tables.conform(made.assign(touchpoint=None).astype(types), "surveys")


def known(given: pd.DataFrame) -> pd.DataFrame:
    """Answers as `answers.sorted_out` leaves them: with their class and the number of their client."""
    return given.assign(**{"class": class_of(given["score"]), "client": pd.factorize(given["customer_id"])[0]})


def refused(*reasons: tuple[str, str]) -> pd.DataFrame:
    rows = [
        {"table": "surveys", "source_file": "s.csv", "line": i, "column": "score", "value": value, "reason": reason}
        for i, (reason, value) in enumerate(reasons)
    ]
    columns = list(tables.contract("rejected").column_names)
    return tables.conform(pd.DataFrame(rows, columns=columns), "rejected")


def scores(rng: np.random.Generator, count: int, mix: tuple[float, float]) -> np.ndarray:
    """Scores of so many clients, of a mix of promoters and detractors."""
    kind = rng.choice(3, count, p=[mix[0], 1 - sum(mix), mix[1]])
    return np.array([9, 7, 3])[kind]


def frames(clients: pd.DataFrame, answers: pd.DataFrame, **others) -> dict[str, pd.DataFrame]:
    """What `nps.analyse` reads: these clients and answers, nothing else but what `others` give."""
    names = ("sellers", "interactions", "churn")
    made = {"portfolio": clients, "surveys": answers, "customers": customers(clients["customer_id"])}
    made |= {name: empty(name) for name in names} | {"refused_answers": refused()}
    purchases = pd.DataFrame({"customer_id": clients["customer_id"], "order_date": ago(10), "net_amount": 100.0})
    return made | {"purchases": purchases.astype({"order_date": "datetime64[us]"})} | others
