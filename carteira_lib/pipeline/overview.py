"""The index over all runs of a folder of results: ``index.html``, and in ``index.json`` what was refused of late.

It shows every run that stands in the folder, not only those of the last command: whoever runs one portfolio of twenty
again must not lose the other nineteen from the page that everybody opens. It is made by a command of several
portfolios, and from then on kept up by every command.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from carteira_lib.language import LANGUAGES, N_, translator
from carteira_lib.pipeline import params, record, redaction, yaml_reader
from carteira_lib.pipeline.jobs import Job, Result

PAGE, STATE = params.INDEX
REFUSED = "refused"


def language(jobs: Iterable[Job]) -> str:
    """Of what is said of several portfolios: theirs where all agree, else Portuguese."""
    spoken = {job.language for job in jobs if job.checked}
    return spoken.pop() if len(spoken) == 1 else "pt-BR"


class Index:
    """The index, brought up to date whenever a portfolio has ended.

    Parameters
    ----------
    folder : Path
        Of all results.
    jobs : sequence of Job
        The portfolios of this command.
    """

    def __init__(self, folder: Path, jobs: Sequence[Job]):
        self.folder, self.page = Path(folder).resolve(), Path(folder).resolve() / PAGE
        state = _state(self.folder)
        self._ours = state is not None
        self._several = len(jobs) > 1
        self._known: set[Job] = set()
        known = state or {}
        asked = {name for job in jobs for name in (job.file, _run_name(job))}
        kept = [] if self._several else known.get(REFUSED, [])
        self._refused = [entry for entry in kept if asked.isdisjoint((entry["file"], entry["run_name"]))]
        spoken = language(jobs)
        self.language = spoken if self._several else known.get("language", spoken)
        self.result = self._fine = Result(0, self.page, line=str(self.page))

    def take(self, jobs: Iterable[Job]) -> None:
        """Take the end of portfolios into account, each once, and write the page anew."""
        new = [job for job in jobs if job not in self._known]
        self._known.update(new)
        self._refused += [
            {"file": job.file, "run_name": _run_name(job), "sentence": _without_secrets(job)}
            for job in new
            if job.result.code == 2
        ]
        if not new or not (self._several or self._ours):
            return
        if not self._ours and _taken(self.folder):
            self._fail(N_("índice não gravado: {page} já existe e não é um índice de carteiras; mude --output"))
            return
        try:
            self._write()
            self.result = self._fine
        except OSError as error:
            self._fail(N_("índice não gravado: {page} ({reason})"), error.strerror or str(error))

    def _write(self) -> None:
        from carteira_lib import report, tables

        portfolios = self._portfolios()
        if not any(one.folder for one in portfolios):
            return  # nothing was ever published here, and what was refused has been said
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {"language": self.language, REFUSED: self._refused}
        with tables.replacing(self.folder / STATE) as temporary:
            temporary.write_text(json.dumps(state, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        self._ours = True
        report.write_overview(portfolios, self.page, self.language)

    def _portfolios(self) -> list:
        """Every run of the folder, and what was refused and has none."""
        from carteira_lib import report

        refused = {entry["run_name"] or entry["file"]: entry["sentence"] for entry in self._refused}
        inside = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        folders = [entry for entry in inside if not entry.name.startswith(".") and (entry / PAGE).is_file()]
        told = {folder.name: record.earlier(folder) for folder in folders}
        runs = {name: one for name, one in told.items() if isinstance(one.get("notebooks"), dict)}
        found = [_portfolio(name, one, refused.pop(name, ""), self.language) for name, one in runs.items()]
        return found + [report.Portfolio(name, refused=sentence) for name, sentence in refused.items()]

    def _fail(self, message: str, reason: str = "") -> None:
        text = translator(self.language)(message, page=self.page, reason=reason)
        self.result = Result(2, message=text, line=text)


def _state(folder: Path) -> dict | None:
    """What the index of a folder was made with; None where there is no index of ours."""
    if (folder / "run.json").exists() or (folder / PAGE).is_dir():
        return None
    try:
        found = json.loads((folder / STATE).read_text(encoding="utf-8"))
        refused = [{name: str(entry[name]) for name in ("file", "run_name", "sentence")} for entry in found[REFUSED]]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    spoken = found.get("language")
    return {"language": spoken if spoken in LANGUAGES else "pt-BR", REFUSED: refused}


def _taken(folder: Path) -> bool:
    """Whether something else stands where the index would: a run's own page, or a file of the user's."""
    return any((folder / name).exists() for name in (PAGE, STATE, "run.json"))


def _run_name(job: Job) -> str:
    """Of a run, or what a params file that is wrong in other ways gives; empty where that names no folder of its own."""
    if job.checked:
        return job.checked.run_name
    if not isinstance(job.error, params.ParamsError) or not Path(job.file).is_file():
        return ""
    name = yaml_reader.read(Path(job.file))[0].get("run_name")
    return name if isinstance(name, str) and not job.name_taken and params.is_run_name(name) else ""


def _without_secrets(job: Job) -> str:
    given = job.checked.given if job.checked else {}
    return redaction.hide(job.sentence, redaction.find({**given, "": job.sentence}))


def _portfolio(name: str, told: Mapping, refused: str, spoken: str):
    from carteira_lib import report

    parameters, figures = told.get("parameters"), told.get("key_figures")
    parameters = parameters if isinstance(parameters, dict) else {}
    currency = parameters.get("currency")
    return report.Portfolio(
        name,
        name,
        _day(told.get("as_of")),
        currency if isinstance(currency, str) and currency else "BRL",
        figures if isinstance(figures, dict) else {},
        _incomplete(told["notebooks"], spoken),
        refused,
    )


def _day(text: object) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def _incomplete(notebooks: Mapping, spoken: str) -> str:
    """What did not come to its end, in one sentence; empty where all did."""
    entries = {name: entry for name, entry in notebooks.items() if isinstance(entry, dict)}
    failed = [name for name, entry in entries.items() if entry.get("status") == "failed"]
    if not failed:
        return ""
    _ = translator(spoken)
    values = {"notebook": failed[0], "error": str(entries[failed[0]].get("error", ""))[:120]}
    skipped = sum(entry.get("status") == "skipped" for entry in entries.values())
    others = len(failed) - 1 + skipped
    if not others:
        return _("{notebook} parou num erro ({error})", **values)
    return _.ngettext(
        "{notebook} parou num erro ({error}), e mais {n} página ficou incompleta",
        "{notebook} parou num erro ({error}), e mais {n} páginas ficaram incompletas",
        others,
        **values,
    )
