"""The house holds together: imports go down only, heavy packages stay where they belong, functions stay small."""

import ast
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[1] / "carteira_lib"
LAYERS = {
    "language": 0, "formats": 0, "shares": 0,
    "tables": 1, "plots": 1, "groups": 1, "words": 1,
    "sources": 2, "cleaning": 2, "cycles": 2, "features": 2, "purchase_models": 2, "show": 2,
    "canonical": 3, "churn": 3, "offers": 3, "forecast": 3, "nps": 3, "pci": 3, "portfolio": 3,
    "actions": 4, "report": 4, "summary": 4,
    "pipeline": 5,
    "__main__": 6,
}  # fmt: skip
ONLY_IN = {
    "ibis": {"sources", "cleaning", "features", "canonical"},
    "duckdb": {"sources"},
    "papermill": {"pipeline"},
    "yaml": {"pipeline", "canonical"},
    "nbconvert": {"report"},
}
FILES = sorted(LIBRARY.rglob("*.py"))


def module_of(file: Path) -> str:
    return file.relative_to(LIBRARY).parts[0].removesuffix(".py")


def imports(file: Path) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.col_offset) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(name, node.col_offset) for name in names]
    return found


def test_every_module_has_a_layer():
    assert {module_of(f) for f in FILES} - {"__init__"} == set(LAYERS)


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(LIBRARY)))
def test_a_module_imports_only_from_lower_layers(file):
    here = module_of(file)
    if here == "__init__":
        assert [name for name, _ in imports(file)] == []
        return
    for name, _ in imports(file):
        parts = name.split(".")
        if parts[0] == "carteira_lib" and len(parts) > 1 and parts[1] != here and parts[1] in LAYERS:
            assert LAYERS[parts[1]] < LAYERS[here], f"{here} imports {parts[1]}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(LIBRARY)))
def test_packages_stay_in_the_modules_that_own_them(file):
    for name, _ in imports(file):
        package = name.split(".")[0]
        if package in ONLY_IN:
            assert module_of(file) in ONLY_IN[package], f"{file.name} imports {package}"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(LIBRARY)))
def test_modules_and_functions_stay_readable(file):
    text = file.read_text(encoding="utf-8")
    assert text.count("\n") <= 500
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) else node.body
            length = body[-1].end_lineno - body[0].lineno + 1 if body else 0
            assert length <= 40, f"{node.name}: {length} lines"
            assert node.args.kwarg is None or node.name in {"__call__", "ngettext"}, f"{node.name} takes **kwargs"
            arguments = [a for a in (*node.args.args, *node.args.kwonlyargs) if a.arg not in {"self", "ax"}]
            assert len(arguments) <= 8, f"{node.name}: {len(arguments)} arguments"


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(LIBRARY)))
def test_public_functions_are_documented(file):
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{file.name}: {node.name} has no docstring"
