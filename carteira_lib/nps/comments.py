"""What clients write, grouped by theme where there is enough of it; else listed as it is, people and contacts hidden."""

from __future__ import annotations

import numpy as np
import pandas as pd

from carteira_lib import tables
from carteira_lib.groups import made_here
from carteira_lib.nps.ids import beside
from carteira_lib.nps.privacy import masked
from carteira_lib.nps.score import CLASSES
from carteira_lib.nps.stop_words import STOP_WORDS

FEWEST = 30  # comments, and FEWEST_WORDS different words in several of them, to look for themes
FEWEST_WORDS = 5
MOST_THEMES = 8
MOST_LEARNED, MOST_READ = 2_000, 10_000
NAMED_BY = 3  # words
QUOTED = 160
TABLE = "nps_themes"


def written(
    answers: pd.DataFrame, people: pd.DataFrame, sellers: pd.DataFrame, *, mask_people: bool = True
) -> pd.DataFrame:
    """The comments of the answers, newest first, ready to be quoted.

    Parameters
    ----------
    answers : DataFrame
        ``customer_id``, ``answer_date``, ``class``, ``comment``.
    people : DataFrame
        ``customer_id``, ``name``, ``person_type``: natural persons are not to be named.
    sellers : DataFrame
        ``name``.

    Returns
    -------
    DataFrame
        ``customer_id, answer_date, class, comment``; at most 10,000 rows.
    """
    told = answers[answers["comment"].astype("str").fillna("").str.strip().ne("")]
    told = told.sort_values(["answer_date", "customer_id"], ascending=[False, True]).head(MOST_READ)
    named = people[people["person_type"].eq("PF").fillna(False) & people["name"].notna()]
    own = beside(told["customer_id"], named, ["name"])["name"]
    staff = sorted(sellers["name"].dropna().unique())
    texts = [
        masked(" ".join(text.split()), [*staff, *([name] if isinstance(name, str) else [])], mask_people=mask_people)
        for text, name in zip(told["comment"], own, strict=True)
    ]
    return told[["customer_id", "answer_date", "class"]].assign(comment=texts).reset_index(drop=True)


def themes(comments: pd.DataFrame, *, language: str = "pt-BR", seed: int = 0) -> pd.DataFrame:
    """Comments grouped by the words that they share: how many of each class, and the one that says it best.

    Parameters
    ----------
    comments : DataFrame
        As `written` gives it.

    Returns
    -------
    DataFrame
        Table ``nps_themes``, the most comments first; empty with fewer than 30 comments or too few words in common.
        Comments without such words are "Outros". How many themes there are follows from how well they part (silhouette).
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    empty = tables.conform(pd.DataFrame(columns=list(tables.contract(TABLE).column_names)), TABLE)
    if len(comments) < FEWEST:
        return empty
    reader = TfidfVectorizer(
        stop_words=list(STOP_WORDS), token_pattern=r"(?u)\b[^\W\d_]{3,}\b", min_df=2, max_features=1_000
    )
    try:
        vectors = reader.fit_transform(comments["comment"])
    except ValueError:  # no word stands in two comments
        return empty
    spoken = np.flatnonzero(np.diff(vectors.indptr))
    if vectors.shape[1] < FEWEST_WORDS or len(spoken) < FEWEST:
        return empty
    centres, label = _grouped(vectors[spoken], seed)
    words = reader.get_feature_names_out()
    group = np.full(len(comments), -1)
    group[spoken] = label
    rows = [_row(comments[group == -1], made_here(language)[0], 0)] if (group == -1).any() else []
    for place, centre in enumerate(centres):
        members = spoken[label == place]
        if len(members):
            name = ", ".join(words[i] for i in np.argsort(-centre, kind="stable")[:NAMED_BY] if centre[i] > 0)
            rows.append(_row(comments.iloc[members], name, int(np.argmax(vectors[members] @ centre))))
    table = pd.DataFrame(rows).groupby("theme", as_index=False, sort=False).agg(_ADDED)
    return tables.conform(table.sort_values(["comments", "theme"], ascending=[False, True]), TABLE)


_ADDED = dict.fromkeys(("comments", "promoters", "passives", "detractors"), "sum") | {"example": "first"}


def _grouped(vectors, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the themes and the theme of each comment; learned on at most 2,000 of them."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    drawn = np.random.default_rng(seed).permutation(vectors.shape[0])[:MOST_LEARNED]
    learned = vectors[np.sort(drawn)]
    distinct = len(np.unique(learned.toarray().round(9), axis=0))
    best = None
    for count in range(2, min(MOST_THEMES, distinct, learned.shape[0] - 1) + 1):
        fit = KMeans(count, n_init=5, random_state=seed).fit(learned)
        quality = silhouette_score(learned, fit.labels_)
        if best is None or quality > best[0] + 1e-9:
            best = (quality, fit)
    if best is None:  # all say the same
        return np.asarray(learned.mean(axis=0)), np.zeros(vectors.shape[0], dtype=int)
    return best[1].cluster_centers_, best[1].predict(vectors)


def _row(part: pd.DataFrame, name: str, example: int) -> dict[str, object]:
    found = part["class"].value_counts()
    text = part["comment"].iloc[example]
    by_class = dict(zip(("promoters", "passives", "detractors"), (int(found.get(c, 0)) for c in CLASSES), strict=True))
    shown = text if len(text) <= QUOTED else text[: QUOTED - 1].rstrip() + "…"
    return {"theme": name, "comments": len(part), **by_class, "example": shown}
