"""The params files that a command names: files, folders of them, and patterns that the shell left as they are."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

from carteira_lib.language import N_, translator
from carteira_lib.pipeline.params import ParamsError

SUFFIXES = (".yml", ".yaml")


def found(given: Sequence[Path]) -> list[Path | ParamsError]:
    """The files that were asked for, each once, in the order given; an error in the place of what gives none.

    Examples
    --------
    >>> [str(file) for file in found([Path("a.yml"), Path("./a.yml")])]
    ['a.yml']
    """
    files: list[Path | ParamsError] = []
    seen: set[Path] = set()
    for argument in given:
        for file in _files(Path(argument)):
            if isinstance(file, Path):
                if file.resolve() in seen:
                    continue
                seen.add(file.resolve())
            files.append(file)
    return files


def _files(argument: Path) -> list[Path | ParamsError]:
    _ = translator("pt-BR")
    if argument.is_dir():
        try:
            inside = sorted(file for file in argument.iterdir() if file.suffix.lower() in SUFFIXES and _is_shown(file))
        except OSError as error:
            message = N_("a pasta não pode ser lida ({reason})")
            return [ParamsError(str(argument), [_(message, reason=error.strerror)])]
        message = N_("a pasta não tem nenhum arquivo de parâmetros (.yml ou .yaml)")
        return inside or [ParamsError(str(argument), [_(message)])]
    if argument.exists() or not glob.has_magic(str(argument)):
        return [argument]
    matching = sorted(file for file in map(Path, glob.glob(str(argument), recursive=True)) if _is_shown(file))
    message = N_("nenhum arquivo corresponde a este padrão; confira o caminho")
    return matching or [ParamsError(str(argument), [_(message)])]


def _is_shown(file: Path) -> bool:
    return file.is_file() and not file.name.startswith(".")
