"""The notebooks are what STYLE says they are; nbval compares their outputs, and this file proves that it bites."""

import ast
import itertools
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbclient
import nbformat
import pytest

from carteira_lib.pipeline import normalise, params

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.Try, ast.With)
COMMON = ("run_name", "as_of", "sources", "min_date", "ignore_products", "language", "currency", "mask_people")


@pytest.fixture(params=NOTEBOOKS, ids=lambda p: p.stem)
def file(request) -> Path:
    return request.param


@pytest.fixture
def notebook(file) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def code_cells(notebook: dict) -> list[dict]:
    return [c for c in notebook["cells"] if c["cell_type"] == "code"]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def tags(cell: dict) -> list[str]:
    return cell["metadata"].get("tags", [])


def test_there_are_notebooks():
    assert [p.stem for p in NOTEBOOKS][:2] == ["01_limpeza", "02_carteira"]
    assert NOTEBOOKS[-1].stem == "08_resumo"


def test_committed_as_normalised(file, notebook):
    assert normalise.text(normalise.normalised(notebook)) == file.read_text(encoding="utf-8")


def test_executed_from_top_to_bottom_without_errors(notebook):
    # nbval passes in silence over cells that were never run, hence this test
    cells = code_cells(notebook)
    assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1))
    assert not [o for c in cells for o in c["outputs"] if o["output_type"] in {"error", "stream"}]
    evidence = [c for c in cells if not {"parameters", "setup", "compute"} & set(tags(c))]
    assert all(c["outputs"] for c in evidence), [c["id"] for c in evidence if not c["outputs"]]


def test_every_picture_has_a_text_with_its_numbers(notebook):
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            data = output.get("data", {})
            if any(kind.startswith("image/") for kind in data):
                assert re.search(r"\d", "".join(data["text/plain"])), cell["id"]


def test_cells_are_few_short_and_plain(notebook):
    cells = code_cells(notebook)
    assert len(cells) <= 25
    for cell in cells:
        # one line declares one parameter: the eight that all notebooks share leave room for two in a cell of ten
        assert len(cell["source"]) <= 10 or "parameters" in tags(cell), cell["id"]
        assert not re.search(r"^\s*[%!]", source(cell), re.MULTILINE), cell["id"]
        tree = ast.parse(source(cell))
        assert not [n for n in ast.walk(tree) if isinstance(n, FORBIDDEN)], cell["id"]


def test_cells_come_in_the_house_order(notebook):
    first = notebook["cells"][0]
    assert first["cell_type"] == "markdown"
    assert re.match(r"# .+", source(first))
    assert all(word in source(first) for word in ("**Pergunta:**", "**Lê:**", "**Grava:**"))
    order = [t for c in code_cells(notebook) for t in tags(c)]
    assert order[:4] == ["parameters", "setup", "compute", "conclusions"]
    assert order[-1] == "outputs"
    headings = [
        h for c in notebook["cells"] if c["cell_type"] == "markdown" for h in re.findall(r"^## (.+)$", source(c), re.M)
    ]
    assert headings[0] == "Conclusões"
    assert headings[-2] == "Limites"
    assert all(h.endswith("?") for h in headings[1:-2]), headings


def test_each_evidence_cell_is_one_call_and_is_explained(notebook):
    cells = notebook["cells"]
    for before, cell in itertools.pairwise(cells):
        if cell["cell_type"] == "code" and not tags(cell):
            assert before["cell_type"] == "markdown", cell["id"]
            assert len(source(before).strip().splitlines()) >= 3, f"{cell['id']}: a question and how to read the answer"


def test_ids_are_unique_and_readable(notebook):
    ids = [c["id"] for c in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(normalise.READABLE_ID.fullmatch(i) for i in ids)


def test_money_in_prose_is_not_mathematics(notebook):
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            assert not re.search(r"(?<!\\)\$", re.sub(r"`[^`]*`", "", source(cell))), cell["id"]


def test_parameters_are_declared_alike_everywhere():
    assert params.disagreements(NOTEBOOKS) == []
    for name, cell in params.declared_by(NOTEBOOKS).items():
        assert tuple(cell)[: len(COMMON)] == COMMON, name
        assert all(parameter.help for parameter in cell.values()), name


NBVAL = [sys.executable, "-m", "pytest", "-q", "--no-header", "small.ipynb"]
CELLS = (
    "from carteira_lib import formats, plots, show\nimport pandas as pd",
    "show.figure(plots.bars(pd.Series({'ativos': 3, 'inativos': 1}), title='Três ativos'))",
    "formats.percent(0.25)",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A copy of the house with one small notebook, executed and normalised as the committed ones are."""
    house = tmp_path_factory.mktemp("house")
    shutil.copytree(ROOT / "carteira_lib", house / "carteira_lib", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", house)
    (house / "tests").mkdir()
    for name in ("__init__.py", "plugin.py"):
        shutil.copy(ROOT / "tests" / name, house / "tests")
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    executed = nbclient.NotebookClient(nbformat.v4.new_notebook(cells=cells), kernel_name="python3").execute()
    (house / "small.ipynb").write_text(
        normalise.text(normalise.normalised(json.loads(nbformat.writes(executed)))), "utf-8"
    )
    return house


def nbval(house: Path) -> subprocess.CompletedProcess:
    return subprocess.run(NBVAL, cwd=house, capture_output=True, text=True, encoding="utf-8", check=False)


def changed(file: Path, old: str, new: str) -> str:
    """Replace `old` in a file; returns the text that was there."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")
    return text


@pytest.mark.slow
def test_nbval_passes_what_is_unchanged_and_fails_a_changed_figure_or_library(small):
    clean = nbval(small)
    assert clean.returncode == 0, clean.stdout
    assert "3 passed" in clean.stdout

    notebook = small / "small.ipynb"
    text = changed(notebook, "ativos: 3", "ativos: 4")
    assert nbval(small).returncode == 1
    notebook.write_text(text, encoding="utf-8")

    changed(small / "carteira_lib" / "formats.py", "number(100 * share", "number(200 * share")
    broken = nbval(small)
    assert broken.returncode == 1
    assert "1 failed, 2 passed" in broken.stdout


@pytest.mark.parametrize("page", ["02_carteira", "04_churn", "05_nps"])
def test_there_is_one_list_to_call_from_and_the_other_pages_point_to_it(page):
    """A list of page 04 may hold who asked not to be contacted, or a control: page 06 alone respects them."""
    cells = json.loads((ROOT / "notebooks" / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    prose = "\n".join(source(c) for c in cells if c["cell_type"] == "markdown")
    assert (
        "A lista para trabalhar, que respeita quem não deve ser procurado agora, é a da página de oportunidades."
        in prose
    )
    assert not re.search(r"^## .*(ligar|procurar|falar) primeiro", prose, re.MULTILINE)
