"""Flat YAML as JSON values, by the rules of YAML 1.2, which do not damage Brazilian codes.

``01310`` and ``12:30`` stay text, ``uf: no`` is not False, dates stay text, ``1.000`` is refused as ambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, NamedTuple

import yaml

from carteira_lib.language import N_

AMBIGUOUS = "!ambiguous"
RESOLVERS = (  # tag, pattern of the whole scalar, first characters; the first that fits wins
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    (AMBIGUOUS, r"-?[1-9][0-9]{0,2}(\.[0-9]{3})+", list("-123456789")),
    ("tag:yaml.org,2002:int", r"-?(0|[1-9][0-9]{0,30})", list("-0123456789")),
    (
        "tag:yaml.org,2002:float",
        r"-?((0|[1-9][0-9]{0,30})?\.[0-9]{1,30}|(0|[1-9][0-9]{0,30})\.)([eE][-+]?[0-9]{1,2})?",
        list("-.0123456789"),
    ),
    ("tag:yaml.org,2002:float", r"-?(0|[1-9][0-9]{0,30})[eE]-[0-9]{1,2}", list("-0123456789")),
)


class Problem(NamedTuple):
    """What is wrong with a file: a pt-BR template and the values of its placeholders."""

    message: str
    values: Mapping[str, object]


class Loader(yaml.SafeLoader):
    """Builds JSON values only, and keeps the problems it meets instead of stopping at the first."""

    yaml_implicit_resolvers: ClassVar[dict] = {}

    def __init__(self, text: str):
        super().__init__(text)
        self.problems: list[Problem] = []

    def refuse(self, node: yaml.Node, message: str, values: Mapping[str, object] = {}) -> None:
        self.problems.append(Problem(message, {"line": node.start_mark.line + 1, **values}))

    def compose_node(self, parent, index):
        if self.check_event(yaml.AliasEvent):
            event = self.get_event()
            self.refuse(
                event,
                N_("linha {line}: '*{name}' repete outro trecho; escreva o valor por extenso"),
                {"name": event.anchor},
            )
            return yaml.ScalarNode("tag:yaml.org,2002:null", "", event.start_mark, event.end_mark)
        return super().compose_node(parent, index)

    def value(self, node: yaml.Node) -> object:
        """The JSON value of a node."""
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        return self.scalar(node)

    def mapping(self, node: yaml.MappingNode) -> dict[str, object]:
        values: dict[str, object] = {}
        for key, item in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.refuse(key, N_("linha {line}: o nome antes de ':' deve ser um texto simples"))
            elif key.value in values:
                self.refuse(key, N_("linha {line}: '{name}' aparece duas vezes; deixe só uma"), {"name": key.value})
            else:
                before = len(self.problems)
                value = self.value(item)
                if len(self.problems) == before:  # what could not be read has had its message, and needs no second one
                    values[key.value] = value
        return values

    def scalar(self, node: yaml.ScalarNode) -> object:
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return node.value.casefold() == "true"
        try:
            if kind in ("int", "float"):
                return int(node.value) if kind == "int" else float(node.value)
        except ValueError:  # only by an explicit tag, `!!int abc`
            kind = "tag"
        if kind == AMBIGUOUS:
            remedies = {"whole": node.value.replace(".", ""), "decimal": node.value + "0"}
            self.refuse(node, _ambiguous(node.value), {"value": node.value, **remedies})
        elif kind != "str":
            self.refuse(node, N_("linha {line}: a marca '{tag}' não é aceita; escreva só o valor"), {"tag": node.tag})
        return node.value


for _tag, _pattern, _first in RESOLVERS:
    Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})\Z"), _first)


def _ambiguous(text: str) -> str:
    if text.count(".") > 1:
        return N_(
            "linha {line}: '{value}' é ambíguo; escreva {whole}, sem pontos, ou \"{value}\" entre aspas se for um código"
        )
    return N_(
        "linha {line}: '{value}' é ambíguo; escreva {whole} se for milhar, {decimal} se for decimal, ou \"{value}\" entre aspas se for um código"
    )


def read(file: Path) -> tuple[dict[str, object], list[Problem]]:
    """The values of a file and what is wrong with its writing; without values where it cannot be read at all."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        return {}, [Problem(N_("o arquivo não está em UTF-8; salve-o de novo escolhendo a codificação UTF-8"), {})]
    except OSError as error:
        return {}, [_unreadable(file, error)]
    return parse(text)


def parse(text: str) -> tuple[dict[str, object], list[Problem]]:
    """The values of a YAML text and what is wrong with it.

    Examples
    --------
    >>> parse("cep: 01310\\nuf: no\\nn: 3\\nas_of: 2026-10-31\\nrate: 0.125\\n")[0]
    {'cep': '01310', 'uf': 'no', 'n': 3, 'as_of': '2026-10-31', 'rate': 0.125}
    """
    try:
        loader = Loader(text)
        node = loader.get_single_node()
        values = loader.value(node) if node else {}
    except yaml.YAMLError as error:
        return {}, [_syntax(error)]
    except RecursionError:
        return {}, [Problem(N_("há listas ou mapas demais, uns dentro dos outros"), {})]
    if not isinstance(values, dict):
        return {}, [Problem(N_("o arquivo deve ter uma linha 'nome: valor' por parâmetro"), {})]
    return values, loader.problems


def _syntax(error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return Problem(N_("há caracteres que um YAML não aceita; salve o arquivo de novo como texto em UTF-8"), {})
    message = N_(
        "linha {line}, coluna {column}: não dá para entender; confira dois-pontos, aspas, vírgulas, colchetes e o recuo (espaços, nunca tabulação)"
    )
    return Problem(message, {"line": mark.line + 1, "column": mark.column + 1})


def _unreadable(file: Path, error: OSError) -> Problem:
    if file.is_dir():
        return Problem(N_("é uma pasta; indique o arquivo .yml"), {})
    if isinstance(error, FileNotFoundError):
        beside = sorted(p.name for p in file.parent.glob("*.y*ml")) if file.parent.is_dir() else []
        if beside:
            return Problem(N_("o arquivo não existe; na mesma pasta há: {names}"), {"names": ", ".join(beside)})
        return Problem(N_("o arquivo não existe; confira o caminho"), {})
    return Problem(N_("o arquivo não pode ser lido ({reason})"), {"reason": error.strerror or str(error)})
