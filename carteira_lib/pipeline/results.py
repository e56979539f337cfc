"""What a run leaves beside its tables: the pages, the exports and run.json."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from carteira_lib.language import translator
from carteira_lib.pipeline import execution, order, record, redaction
from carteira_lib.pipeline.execution import Outcome
from carteira_lib.pipeline.params import Params

STATE = "tables/canonical.json"
EARLIER = "tables/earlier.json"
READINGS = "tables/readings.parquet"
ROOT = Path(__file__).resolve().parents[2]


def warm_up() -> None:
    """Load what the pages need, by making an empty one, while the kernels are busy."""
    from carteira_lib import report

    report.render({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def complete(
    results: Path, final: Path, outcomes: Sequence[Outcome], checked: Params, files: Mapping[str, Path]
) -> None:
    """Write pages and run.json into the folder of results.

    Parameters
    ----------
    results : Path
        The working folder, with ``notebooks/`` as executed and ``tables/``.
    final : Path
        The folder that they will be published to, with the earlier results.
    outcomes : sequence of Outcome
        Of the notebooks of this run.
    checked : Params
    files : mapping of str to Path
        All notebooks there are, in their order.
    """
    told = _record(results, checked)
    kept = _still_true(record.earlier(final), told, final, {outcome.name for outcome in outcomes})
    for name in kept:
        shutil.copyfile(final / "notebooks" / f"{name}.ipynb", results / "notebooks" / f"{name}.ipynb")
    told |= _compared(results, final, told, set(kept))
    entries = {**kept, **record.notebook_entries(outcomes)}
    told["notebooks"] = {name: entries[name] for name in files if name in entries}
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    (results / "run.json").write_text(text, encoding="utf-8", newline="\n")
    _write_pages(results, told, checked.language, files)


def _record(results: Path, checked: Params) -> dict:
    """run.json but for its notebooks: parameters, what the first notebook noted of the data, versions, commit."""
    try:
        noted = json.loads((results / STATE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        noted = {}
    data = {"as_of": None, "fingerprint": "", **noted}
    made = {"versions": record.versions(), "commit": record.commit(ROOT)}
    return {"run_name": checked.run_name, **data, "parameters": _parameters(checked), **made}


def leave_earlier(results: Path, final: Path, checked: Params) -> None:
    """Leave beside the tables what earlier runs told of themselves, for the summary to compare with."""
    runs, file = record.comparable(record.earlier(final), _parameters(checked)), results / EARLIER
    if not runs:
        file.unlink(missing_ok=True)
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(runs, ensure_ascii=False), encoding="utf-8", newline="\n")


def _parameters(checked: Params) -> dict:
    return redaction.hidden(dict(checked.values), redaction.find(checked.given))


def _compared(results: Path, final: Path, told: Mapping, kept: set[str]) -> dict:
    """For run.json: the key figures, and those of the last run with an earlier as_of."""
    import pandas as pd

    from carteira_lib import summary

    earlier, file = record.earlier(final), results / "tables" / "key_figures.parquet"
    if not file.exists():
        still = order.SUMMARY in kept
        return {name: earlier[name] for name in ("key_figures", "previous") if still and name in earlier}
    table = pd.read_parquet(file)
    figures = dict(zip(table["figure"], table["number"], strict=True))
    before = summary.last_before(record.comparable(earlier, {}), told["as_of"])
    previous = {name: before[name] for name in ("as_of", "key_figures", "parameters")} if before else None
    return {"key_figures": figures, **({"previous": previous} if previous else {})}


def _still_true(earlier: Mapping, now: Mapping, final: Path, again: set[str]) -> dict[str, dict]:
    """Entries of earlier notebooks, not run this time, that were made of the same data and parameters."""
    alike = all(earlier.get(key) == now[key] for key in ("fingerprint", "parameters"))
    if not alike or not now["fingerprint"]:
        return {}
    old = earlier.get("notebooks", {}).items()
    return {name: e for name, e in old if name not in again and (final / "notebooks" / f"{name}.ipynb").exists()}


def _write_pages(results: Path, told: Mapping, language: str, files: Mapping[str, Path]) -> None:
    import nbformat

    from carteira_lib import report

    as_of = datetime.date.fromisoformat(told["as_of"]) if told["as_of"] else None
    header = report.Header(told["run_name"], as_of, _source(results / READINGS, language), language)
    executed = {name: results / "notebooks" / f"{name}.ipynb" for name in told["notebooks"]}
    shown = {
        name: nbformat.read(file, 4) if file.exists() else execution.blank(files[name])
        for name, file in executed.items()
    }
    report.write_pages(shown, results, header)


def _source(readings: Path, language: str) -> str:
    """What the pages were made of: lines of orders, and how many files or tables of databases."""
    import pandas as pd

    if not readings.exists():
        return ""
    read = pd.read_parquet(readings, columns=["table", "file_kind", "rows"])
    _ = translator(language)
    lines = int(read.loc[read["table"] == "orders", "rows"].fillna(0).sum())
    told = _.ngettext("{n} linha de pedidos", "{n} linhas de pedidos", lines)
    if read["file_kind"].isin(["sql", "database"]).any():
        return told + ", " + _.ngettext("{n} fonte", "{n} fontes", len(read))
    return told + ", " + _.ngettext("{n} arquivo", "{n} arquivos", len(read))
