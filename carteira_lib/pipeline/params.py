"""The params file of a run: flat YAML, checked against the `parameters` cells of the notebooks.

A `parameters` cell (``name: type = default  # ajuda``) is the only definition of a parameter. It is read by AST, never
run. Everything wrong with a file is told at once, in a `ParamsError`.
"""

from __future__ import annotations

import ast
import datetime
import difflib
import io
import json
import keyword
import re
import tokenize
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from carteira_lib.formats import PLAUSIBLE_YEARS
from carteira_lib.language import LANGUAGES, N_, Translator, translator
from carteira_lib.pipeline import yaml_reader

RUN_NAME = re.compile(r"\w(?:[\w.-]{0,78}[\w-])?")
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")  # Windows opens devices by these names
INDEX = ("index.html", "index.json")  # what stands over several runs in the folder of all results
DATES = ("as_of", "min_date")
TYPE_NAMES = {
    "bool": N_("true ou false"),
    "int": N_("número inteiro"),
    "float": N_("número"),
    "str": N_("texto"),
    "list": N_("lista"),
    "dict": N_("mapa (nome: valor)"),
    "None": "null",
}
PYTHON_TYPES = {"bool": bool, "int": int, "float": (int, float), "str": str, "list": list, "dict": dict}
YES_NO = {
    "sim": "true",
    "s": "true",
    "yes": "true",
    "on": "true",
    "não": "false",
    "nao": "false",
    "n": "false",
    "no": "false",
    "off": "false",
}


class ParamsError(ValueError):
    """The parameters cannot be used: every problem at once, each with the remedy, in the user's language."""

    def __init__(self, subject: str, problems: Sequence[str], language: str = "pt-BR"):
        self.subject, self.problems, self.language = subject, list(problems), language
        count = translator(language).ngettext("{n} problema", "{n} problemas", len(self.problems))
        lines = [f"{subject}, {count}:", *(f"  - {problem}" for problem in self.problems)]
        super().__init__(f"{subject}: {self.problems[0]}" if len(self.problems) == 1 else "\n".join(lines))

    def __reduce__(self):
        return ParamsError, (self.subject, self.problems, self.language)


@dataclass(frozen=True)
class Parameter:
    """One line of a `parameters` cell; `notebook`, which declares it, is not part of what it is."""

    name: str
    type: str
    default: object
    help: str
    notebook: str = field(default="", compare=False)


@dataclass(frozen=True)
class Params:
    """A params file that was found right: what it gives, and all values with the defaults filled in."""

    file: Path
    given: Mapping[str, object]
    values: Mapping[str, object]

    @property
    def run_name(self) -> str:
        return str(self.values["run_name"])

    @property
    def language(self) -> str:
        return str(self.values.get("language") or "pt-BR")


def declared(notebook: Mapping) -> dict[str, Parameter]:
    """The parameters of a notebook (its JSON) by name, from its one cell tagged `parameters`.

    Raises
    ------
    ValueError
        No such cell or several, or a line that is not ``name: type = literal``.

    Examples
    --------
    >>> cell = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "min_orders: int = 3  # pedidos"}
    >>> declared({"cells": [cell]})["min_orders"]
    Parameter(name='min_orders', type='int', default=3, help='pedidos', notebook='')
    """
    tagged = [
        c for c in notebook["cells"] if c["cell_type"] == "code" and "parameters" in c["metadata"].get("tags", [])
    ]
    if len(tagged) != 1:
        raise ValueError(f"notebook must have one cell tagged `parameters`. Got {len(tagged)}.")
    source = "".join(tagged[0]["source"])
    helps = _comments(source)
    lines = [_parameter(node, helps) for node in ast.parse(source).body]
    return {parameter.name: parameter for parameter in lines}


def declared_by(notebooks: Iterable[Path]) -> dict[str, dict[str, Parameter]]:
    """What each notebook file declares, by the notebook's name."""
    found = {}
    for file in notebooks:
        own = declared(json.loads(Path(file).read_text(encoding="utf-8")))
        found[file.stem] = {name: replace(parameter, notebook=file.stem) for name, parameter in own.items()}
    return found


def _comments(source: str) -> dict[int, str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def _parameter(node: ast.stmt, helps: Mapping[int, str]) -> Parameter:
    if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
        raise ValueError(f"line {node.lineno} of `parameters` must be `name: type = default  # help`.")
    annotation = node.annotation
    quoted = isinstance(annotation, ast.Constant) and isinstance(annotation.value, str)
    text = annotation.value if quoted else ast.unparse(annotation)
    default = ast.literal_eval(node.value)
    if not fits(default, text):
        raise ValueError(f"line {node.lineno} of `parameters`: {default!r} is not of type {text}.")
    return Parameter(node.target.id, text, default, helps.get(node.end_lineno) or helps.get(node.lineno, ""))


def disagreements(notebooks: Iterable[Path]) -> list[str]:
    """One line per parameter that two notebooks declare with another type, default or help; empty when all agree."""
    first: dict[str, Parameter] = {}
    found = []
    for own in declared_by(notebooks).values():
        for name, parameter in own.items():
            other = first.setdefault(name, parameter)
            if other != parameter:
                found.append(f"{other} differs from {parameter}")
    return found


def fits(value: object, annotation: str) -> bool:
    """Whether a value is of the annotated type; an int fits a float, True does not fit an int.

    Examples
    --------
    >>> fits(3, "float"), fits(True, "int"), fits(None, "int | None"), fits(["a", 1], "list[str]")
    (True, False, True, False)
    """
    return _fits(value, ast.parse(annotation, mode="eval").body)


def _fits(value: object, node: ast.expr) -> bool:
    match node:
        case ast.BinOp(op=ast.BitOr()):
            sides = [_fits(value, node.left), _fits(value, node.right)]
            return any(sides)
        case ast.Constant(value=None):
            return value is None
        case ast.Name(id=name) if name in PYTHON_TYPES:
            return isinstance(value, PYTHON_TYPES[name]) and (name == "bool" or not isinstance(value, bool))
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            return isinstance(value, list) and all(_fits(v, item) for v in value)
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, item])):
            return isinstance(value, dict) and all(_fits(k, key) and _fits(v, item) for k, v in value.items())
    raise ValueError(
        f"type of a parameter must be bool, int, float, str, list, dict or None. Got {ast.unparse(node)!r}."
    )


def type_name(annotation: str, language: str = "pt-BR") -> str:
    """What people call a type.

    Examples
    --------
    >>> type_name("int | None"), type_name("list[str]")
    ('número inteiro ou null', 'lista (texto)')
    """
    _ = translator(language)
    if "[" not in annotation and "|" in annotation:
        return _(" ou ").join(type_name(part.strip(), language) for part in annotation.split("|"))
    item = re.fullmatch(r"(list)\[(\w+)\]", annotation)
    if item:
        return f"{_(TYPE_NAMES[item[1]])} ({_(TYPE_NAMES.get(item[2], item[2]))})"
    return _(TYPE_NAMES[annotation]) if annotation in TYPE_NAMES else annotation


def read(file: Path, notebooks: Iterable[Path]) -> Params:
    """A params file, checked against what the notebooks declare.

    Parameters
    ----------
    file : Path
        Flat YAML in UTF-8, only what differs from the defaults.
    notebooks : iterable of Path
        The notebooks of the run; the first that declares a parameter defines it.

    Raises
    ------
    ParamsError
        Every problem of the file: what it is, where, and the remedy.
    """
    values, reading_problems = yaml_reader.read(Path(file))
    language = values.get("language") if values.get("language") in LANGUAGES else "pt-BR"
    _ = translator(language)
    known = _union(notebooks)
    given = {name: _as_declared(value, known[name].type) if name in known else value for name, value in values.items()}
    problems = [_(problem.message, **problem.values) for problem in reading_problems]
    problems += [p for name, value in given.items() for p in _problems(name, value, known, _)]
    if problems:
        raise ParamsError(str(file), problems, language)
    return Params(Path(file), given, {name: given.get(name, p.default) for name, p in known.items()})


def _union(notebooks: Iterable[Path]) -> dict[str, Parameter]:
    union: dict[str, Parameter] = {}
    for own in declared_by(notebooks).values():
        union = {**own, **union}
    return union


def _as_declared(value: object, annotation: str) -> object:
    """Whole numbers in a list of texts are codes, and are taken as they are written."""
    if "list[str]" in annotation and isinstance(value, list):
        return [str(v) if isinstance(v, int) and not isinstance(v, bool) else v for v in value]
    return value


def _problems(name: str, value: object, known: Mapping[str, Parameter], _: Translator) -> list[str]:
    if not name.isidentifier() or keyword.iskeyword(name):
        return [_("{name} não serve como nome de parâmetro: use só letras, números e _", name=repr(name))]
    if name not in known:
        return [_unknown(name, known, _)]
    if not fits(value, known[name].type):
        return [_wrong_type(known[name], value, _)]
    if name == "run_name":
        return _run_name_problem(str(value), _)
    if name == "language" and value not in LANGUAGES:
        return [_("language: '{value}' não existe; use {languages}", value=value, languages=_(" ou ").join(LANGUAGES))]
    if name == "currency" and not _is_currency(str(value)):
        return [_("currency: '{value}' não é o código de uma moeda; use três letras, ex. BRL, USD, EUR", value=value)]
    if name in DATES and isinstance(value, str):
        return _date_problem(name, value, _)
    return _range_problem(known[name], value, _)


def _range_problem(parameter: Parameter, value: object, _: Translator) -> list[str]:
    """A number below the least one or above the most, which the parameter's help names ("mínimo 1", "máximo 12")."""
    least, most = (re.search(rf"\b{word} (-?\d+)", parameter.help) for word in ("mínimo", "máximo"))
    if not isinstance(value, int | float):
        return []
    if least and value < int(least[1]):
        return [_("{name}: {value} é pouco; use {least} ou mais", name=parameter.name, value=value, least=least[1])]
    if most and value > int(most[1]):
        return [_("{name}: {value} é muito; use {most} ou menos", name=parameter.name, value=value, most=most[1])]
    return []


def _unknown(name: str, known: Mapping[str, Parameter], _: Translator) -> str:
    near = difflib.get_close_matches(name.casefold(), known, 1)
    if near:
        message = N_("parâmetro desconhecido '{name}'; quis dizer '{near}' ({notebook})?")
        return _(message, name=name, near=near[0], notebook=known[near[0]].notebook)
    return _("parâmetro desconhecido '{name}'; os que existem: {names}", name=name, names=", ".join(sorted(known)))


def _wrong_type(parameter: Parameter, value: object, _: Translator) -> str:
    wanted = type_name(parameter.type, _.language)
    shown = json.dumps(value, ensure_ascii=False)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    text = _("{name}: esperava {wanted}, veio {value}", name=parameter.name, wanted=wanted, value=shown)
    remedy = _remedy(parameter, value)
    return text + _("; escreva {name}: {remedy}", name=parameter.name, remedy=remedy) if remedy else text


def _remedy(parameter: Parameter, value: object) -> str | None:
    """The value as it should have been written, where that can be guessed."""
    text = value.strip() if isinstance(value, str) else ""
    types = parameter.type
    if "bool" in types and text.casefold() in YES_NO:
        return YES_NO[text.casefold()]
    if ("float" in types or "int" in types) and re.fullmatch(r"-?\d+,\d+", text):
        return text.replace(",", ".") if "float" in types else None
    if ("float" in types or "int" in types) and re.fullmatch(r"-?\d+(\.\d+)?", text):
        return text if fits(float(text) if "." in text else int(text), types) else None
    if "list[str]" in types and isinstance(value, str):
        return f"[{value}]"
    if "str" in types and "list" not in types and isinstance(value, (int, float)) and not isinstance(value, bool):
        day = re.fullmatch(r"(\d{4})(\d\d)(\d\d)", str(value)) if parameter.name in DATES else None
        return f'"{"-".join(day.groups())}"' if day else f'"{value}"'
    return None


def is_run_name(value: str) -> bool:
    """Whether a name can be that of a folder, on every system."""
    return bool(RUN_NAME.fullmatch(value)) and not RESERVED.fullmatch(value) and value.casefold() not in INDEX


def _run_name_problem(value: str, _: Translator) -> list[str]:
    if value.casefold() in INDEX:
        return [_("run_name: '{value}' é o nome do índice das carteiras; dê outro", value=value)]
    if is_run_name(value):
        return []
    message = N_(
        "run_name: '{value}' não serve como nome de pasta: use até 80 letras, números, - _ e ., sem espaço nem barra"
    )
    return [_(message, value=value)]


def _date_problem(name: str, value: str, _: Translator) -> list[str]:
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) and _is_date(value):
        unlikely = N_("{name}: o ano de '{value}' não está entre {first} e {last}; confira a data")
        first, last = PLAUSIBLE_YEARS
        return [] if first <= int(value[:4]) <= last else [_(unlikely, name=name, value=value, first=first, last=last)]
    day_first = re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", value.strip())
    swapped = f"{day_first[3]}-{int(day_first[2]):02d}-{int(day_first[1]):02d}" if day_first else ""
    if swapped and _is_date(swapped):
        message = N_("{name}: '{value}' não está na forma AAAA-MM-DD; escreva {name}: \"{remedy}\"")
        return [_(message, name=name, value=value, remedy=swapped)]
    return [_("{name}: '{value}' não é uma data na forma AAAA-MM-DD", name=name, value=value)]


def _is_currency(code: str) -> bool:
    from babel.numbers import list_currencies

    return code in list_currencies()


def _is_date(text: str) -> bool:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
