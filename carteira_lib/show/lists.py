"""Several figures at once, and what a notebook has written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from carteira_lib import tables
from carteira_lib.language import translator
from carteira_lib.show.displays import _display, figure, grid_of, grid_shown, sentences


def figures(pictures: Iterable, otherwise: Sequence[str] = ()) -> None:
    """Show some plots one after the other, each with its text; see `figure`.

    Parameters
    ----------
    otherwise : sequence of str
        Sentences to show where there is no plot.
    """
    shown = list(pictures)
    for picture in shown:
        figure(picture)
    if not shown and otherwise:
        sentences(otherwise)


def lists(
    parts: Mapping[str, pd.DataFrame],
    otherwise: str,
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
    columns: Sequence[str] | None = None,
    rows: int = 15,
    mask_people: bool = True,
) -> None:
    """Show one table per part, each on a printed page of its own; see `displays.table`.

    Parameters
    ----------
    parts : mapping of title to DataFrame
    otherwise : str
        A sentence to show where there is no part.
    """
    settings = {
        "language": language,
        "currency": currency,
        "columns": columns,
        "rows": rows,
        "mask_people": mask_people,
    }
    for title, frame in parts.items():
        grid_shown(grid_of(frame, title, cents=False, **settings)._replace(own_page=True))
    if not parts:
        sentences([otherwise])


def written(run: tables.Run, names: Sequence[str]) -> None:
    """Say which tables of a run were written, with how many rows, and where they stand in its folder."""
    import pyarrow.parquet as pq

    _ = translator(run.language)
    lines = []
    for name in names:
        file = tables.check(run, name)
        rows = pq.read_metadata(file).num_rows
        count = _.ngettext("{n} linha", "{n} linhas", rows)
        lines.append(f"{run.name}/{file.relative_to(run.folder).as_posix()}: {count}")
    _display({"text/markdown": "\n".join(f"- `{line}`" for line in lines), "text/plain": "\n".join(lines)})
