"""Which notebooks there are, what each needs, and which of them a run executes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from carteira_lib.language import translator
from carteira_lib.pipeline.params import ParamsError

CLEANING = "01_limpeza"
PORTFOLIO = "02_carteira"
SUMMARY = "08_resumo"
NEEDS: Mapping[str, tuple[str, ...]] = {  # notebook -> those whose tables it cannot do without; any other: the cleaning
    CLEANING: (),
    PORTFOLIO: (CLEANING,),
    "03_pci": (CLEANING, PORTFOLIO),
    "04_churn": (CLEANING, PORTFOLIO),
    "05_nps": (CLEANING, PORTFOLIO),
    "06_oportunidades": (CLEANING, PORTFOLIO),
}
USES: Mapping[str, tuple[str, ...]] = {  # tables it can do without: it waits for them
    "05_nps": ("03_pci", "04_churn"),
    "06_oportunidades": ("04_churn",),
    "07_metas": ("04_churn", "05_nps"),
}


def available(folder: Path) -> dict[str, Path]:
    """The notebooks of a folder by name, in the order of their numbers."""
    return {file.stem: file for file in sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))}


def needs(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The notebooks without which this one is not run."""
    wanted = NEEDS.get(name, (CLEANING,))
    return tuple(other for other in names if other in wanted)


def waits_for(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """The notebooks that come before this one: what it needs, and what it uses where it is run, failed or not."""
    return tuple(other for other in names if other in _reads(name, names) or other in USES.get(name, ()))


def _reads(name: str, names: Iterable[str]) -> tuple[str, ...]:
    """What is run with this one: what it needs, and for the summary all others."""
    return tuple(other for other in names if other != SUMMARY) if name == SUMMARY else needs(name, names)


def chosen(only: Sequence[str], names: Sequence[str], language: str = "pt-BR") -> list[str]:
    """The notebooks to run: those asked for and what they read from; all of them where none is asked for.

    Parameters
    ----------
    only : sequence of str
        Each as ``04_churn``, ``04``, ``4``, ``churn`` or a path of the notebook.
    names : sequence of str
        The notebooks there are.
    language : str
        Of the error.

    Raises
    ------
    ParamsError
        A notebook that does not exist: names the nearest.

    Examples
    --------
    >>> chosen(["carteira"], ["01_limpeza", "02_carteira", "04_churn"])
    ['01_limpeza', '02_carteira']
    >>> chosen(["nps"], ["01_limpeza", "02_carteira", "04_churn", "05_nps"])
    ['01_limpeza', '02_carteira', '05_nps']
    """
    wanted = {_named(text, names, language) for text in only} or set(names)
    while more := {other for name in wanted for other in _reads(name, names)} - wanted:
        wanted |= more
    return [name for name in names if name in wanted]


def _named(text: str, names: Sequence[str], language: str) -> str:
    asked = re.sub(r"\.ipynb$", "", text.replace("\\", "/").rpartition("/")[2]).casefold()
    for name in names:
        number, _, subject = name.partition("_")
        if asked in (name, number, number.lstrip("0"), subject):
            return name
    _ = translator(language)
    forms = {form: name for name in names for form in (name, name.partition("_")[2])}
    near = difflib.get_close_matches(asked, forms, 1, 0.5)
    if near:
        raise ParamsError(
            "--only", [_("não há o caderno '{name}'; quis dizer '{near}'?", name=text, near=forms[near[0]])], language
        )
    raise ParamsError(
        "--only", [_("não há o caderno '{name}'; os que existem: {names}", name=text, names=", ".join(names))], language
    )
