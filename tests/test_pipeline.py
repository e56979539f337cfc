"""A run from a params file to published results: what is left after success, failure, refusal, a kill, a full disk."""

import errno
import io
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from carteira_lib.pipeline import crew, execution, normalise, refresh, results, runner
from carteira_lib.pipeline.execution import Failure, Outcome
from carteira_lib.pipeline.params import ParamsError
from carteira_lib.pipeline.runner import Options
from carteira_lib.pipeline.staging import Staging

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = """\
run_name: str = "demo"  # nome
language: str = "pt-BR"  # língua
sources: dict | None = None  # fontes
min_orders: int = 3  # pedidos
"""
FOLDER = """\
import json, os
from pathlib import Path
tables = Path(os.environ["CARTEIRA_OUTPUT"]) / run_name / "tables"
tables.mkdir(parents=True, exist_ok=True)
state = {"as_of": "2026-10-31", "fingerprint": "f1", "provided": ["orders"]}
(tables / "canonical.json").write_text(json.dumps(state))
(tables / ".half.tmp").write_text("x")
"""
CARDS = """\
from IPython.display import display
markup = '<dl class="cards x" style=""><div class="card"><dt><a href="02_carteira.ipynb">Clientes</a></dt><dd class="card-value" x>1.200</dd><dd class="card-note">A&amp;B</dd></div></dl>'
display({"text/html": markup, "text/plain": "Clientes: 1.200"}, raw=True)
"""
CONCLUDE = 'from IPython.display import display; display({"text/plain": "- Li 10 linhas; tudo. Bom."}, raw=True)'
SECRET = "s3nh@ forte"


def write_notebook(file: Path, *sources: str, concluded: str = "") -> None:
    tagged = [(PARAMETERS, ["parameters"]), *((source, []) for source in sources)]
    tagged += [(concluded, ["conclusions"])] if concluded else []
    cells = [{"cell_type": "markdown", "id": "titulo", "metadata": {}, "source": f"# Caderno {file.stem}"}]
    for i, (source, tags) in enumerate(tagged):
        cells.append(
            {
                "cell_type": "code",
                "id": f"c{i}",
                "metadata": {"tags": tags},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
        )
    file.parent.mkdir(exist_ok=True)
    metadata = {"kernelspec": {**normalise.KERNELSPEC, "name": "gone"}, "language_info": {"name": "python"}}
    file.write_text(
        json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )


def write_params(folder: Path, text: str = "run_name: acme\n") -> Path:
    file = folder / "acme.yml"
    file.write_text(text, encoding="utf-8")
    return file


def options(folder: Path, **others) -> Options:
    shown = {"lines": io.StringIO(), "bar": io.StringIO(), "forks": False}
    return Options(**{"notebooks": folder / "nb", "output": folder / "output", **shown, **others})


def contents(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


# ---- with kernels


# (the kernel relays what is written to its error stream in a thread, which needs a moment)
DIE = "import os, sys, time; print('last words', file=sys.__stderr__, flush=True); time.sleep(0.5); os._exit(9)"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """One run of four notebooks: two are fine, one meets an error that tells a secret, the last one's kernel dies."""
    folder = tmp_path_factory.mktemp("{run}")  # braces: papermill would fill them in
    write_notebook(folder / "nb" / "01_limpeza.ipynb", FOLDER, CARDS, concluded=CONCLUDE)
    leak = 'import os; url = sources["orders"]["url"].replace("${PG_PW}", os.environ["PG_PW"])'
    write_notebook(folder / "nb" / "02_carteira.ipynb", leak, "print(url, min_orders)", "os.environ['OMP_NUM_THREADS']")
    write_notebook(folder / "nb" / "04_livre.ipynb", leak, "raise RuntimeError(url)", "never = 1")
    write_notebook(folder / "nb" / "08_resumo.ipynb", DIE)
    file = write_params(folder, 'run_name: acme\nmin_orders: 5\nsources: {orders: {url: "pg://bi:${PG_PW}@h/crm"}}\n')
    chosen = options(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PG_PW", SECRET)
        patch.delenv("OMP_NUM_THREADS", raising=False)
        result = runner.run(file, chosen)
    return result, folder / "output", chosen.lines.getvalue()


def test_a_failure_ends_with_1_and_names_the_pages_and_the_others_are_run(finished):
    result, output, lines = finished
    assert result.code == 1
    assert result.page == output / "acme" / "index.html"
    assert "04_livre falhou (RuntimeError: pg://bi:${PG_PW}@h/crm); a página" in result.message
    assert str(output / "acme" / "08_resumo.html") in result.message
    lines = {line.split()[0]: line for line in lines.splitlines()}
    assert next(iter(lines)) == "01_limpeza"
    assert list(lines)[-1] == "08_resumo"
    assert lines["01_limpeza"].endswith(" s  Li 10 linhas")
    assert "falhou: RuntimeError" in lines["04_livre"]


def test_a_run_leaves_pages_notebooks_tables_and_its_record_and_nothing_else(finished):
    _, output, _ = finished
    names = ["01_limpeza", "02_carteira", "04_livre", "08_resumo"]
    expected = {"index.html", "run.json", "tables/canonical.json"}
    expected |= {f"{n}.html" for n in names} | {f"notebooks/{n}.ipynb" for n in names}
    assert set(contents(output)) == {f"acme/{name}" for name in expected}
    assert [entry.name for entry in output.iterdir()] == ["acme"]


def test_the_record_tells_what_the_run_was_made_of(finished):
    _, output, _ = finished
    told = json.loads((output / "acme" / "run.json").read_text(encoding="utf-8"))
    assert told["parameters"] == {
        "run_name": "acme",
        "language": "pt-BR",
        "sources": {"orders": {"url": "pg://bi:${PG_PW}@h/crm"}},
        "min_orders": 5,
    }
    assert (told["as_of"], told["fingerprint"], told["provided"]) == ("2026-10-31", "f1", ["orders"])
    assert {n: e["status"] for n, e in told["notebooks"].items()} == {
        "01_limpeza": "done",
        "02_carteira": "done",
        "04_livre": "failed",
        "08_resumo": "failed",
    }
    first = told["notebooks"]["01_limpeza"]
    assert first["finding"] == "Li 10 linhas"
    assert first["figures"] == [{"label": "Clientes", "value": "1.200", "note": "A&B"}]
    assert first["seconds"] > 0
    assert told["versions"]["papermill"]


def test_a_secret_is_used_and_found_nowhere(finished):
    result, output, lines = finished
    printed = (output / "acme" / "notebooks" / "02_carteira.ipynb").read_text(encoding="utf-8")
    assert "pg://bi:${PG_PW}@h/crm 5" in printed
    everything = b"\n".join(contents(output).values()).decode() + lines + result.message
    assert SECRET not in everything
    assert "s3nh" not in everything


def test_parameters_threads_and_folder_reach_the_kernel(finished):
    _, output, _ = finished
    cells = json.loads((output / "acme" / "notebooks" / "02_carteira.ipynb").read_text(encoding="utf-8"))["cells"]
    assert cells[-1]["outputs"][0]["data"]["text/plain"] == ["'1'"]


def test_an_error_stands_where_it_happened_with_what_ran_before(finished):
    _, output, _ = finished
    cells = json.loads((output / "acme" / "notebooks" / "04_livre.ipynb").read_text(encoding="utf-8"))["cells"]
    assert "Esta página está incompleta" in "".join(cells[1]["source"])
    assert [c["outputs"][0]["output_type"] for c in cells if c.get("outputs")] == ["error"]
    assert cells[-1]["execution_count"] is None
    assert "RuntimeError" in (output / "acme" / "04_livre.html").read_text(encoding="utf-8")


def test_a_kernel_that_dies_leaves_its_page_with_its_last_words(finished):
    _, output, _ = finished
    cells = json.loads((output / "acme" / "notebooks" / "08_resumo.ipynb").read_text(encoding="utf-8"))["cells"]
    error = cells[-1]["outputs"][-1]
    assert error["ename"] == "DeadKernelError"
    assert "faltar memória" in error["evalue"]
    assert "last words" in "".join(error["traceback"])
    assert "faltar memória" in (output / "acme" / "08_resumo.html").read_text(encoding="utf-8")


def test_data_refused_at_the_start_leave_the_earlier_results_untouched(tmp_path):
    output = tmp_path / "output"
    (output / "acme").mkdir(parents=True)
    (output / "acme" / "run.json").write_text("{}")
    (output / "acme" / "index.html").write_text("antes")
    before = contents(output)
    refuse = "class DataError(ValueError): pass\nraise DataError('pedidos.csv: 2 problemas:\\n  - a\\n  - b')"
    write_notebook(tmp_path / "nb" / "01_limpeza.ipynb", refuse)
    write_notebook(tmp_path / "nb" / "02_carteira.ipynb", "1")
    chosen = options(tmp_path)
    result = runner.run(write_params(tmp_path), chosen)
    assert (result.code, result.page) == (2, None)
    assert result.message == "pedidos.csv: 2 problemas:\n  - a\n  - b"
    assert chosen.lines.getvalue() == ""
    assert contents(output) == before


def test_a_cell_that_takes_too_long_is_stopped(tmp_path):
    write_notebook(tmp_path / "nb" / "01_limpeza.ipynb", "import time; time.sleep(60)")
    result = runner.run(write_params(tmp_path), options(tmp_path, cell_timeout=1))
    assert result.code == 1
    assert "passou do limite de 1 s;" in result.message
    assert "passou do limite" in (tmp_path / "output" / "acme" / "01_limpeza.html").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_an_interrupted_run_ends_its_kernels_and_leaves_nothing(tmp_path):
    mark = tmp_path / "pid"
    write_notebook(
        tmp_path / "nb" / "01_limpeza.ipynb",
        f"import os; open({str(mark)!r}, 'w').write(str(os.getpid()))",
        "import time; time.sleep(60)",
    )
    write_params(tmp_path)
    script = """
import sys
from pathlib import Path
from carteira_lib import __main__, pipeline

run_all, here = pipeline.run_all, Path.cwd()
pipeline.run_all = lambda files, options: run_all(files, pipeline.Options(notebooks=here / "nb", output=here / "output"))
sys.exit(__main__.main(["run", "acme.yml"]))
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    kernel = _wait_for(lambda: mark.exists() and mark.read_text())
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Interrompido" in told.decode()
    assert "Traceback" not in told.decode()
    assert list((tmp_path / "output").iterdir()) == []
    assert _wait_for(lambda: not _alive(int(kernel)))


def _wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_the_committed_notebooks_are_made_anew_and_the_stale_are_told(tmp_path):
    file = tmp_path / "nb" / "01_limpeza.ipynb"
    write_notebook(file, "1 + 1", CARDS)
    assert refresh.refresh(file.parent, lines=io.StringIO()) == []
    text = file.read_text(encoding="utf-8")
    made = json.loads(text)
    assert [c["execution_count"] for c in made["cells"][1:]] == [1, 2, 3]
    assert made["cells"][2]["outputs"][0]["data"] == {"text/plain": ["2"]}
    assert made["cells"][3]["outputs"][0]["data"] == {"text/plain": ["Clientes: 1.200"]}
    file.write_text(text.replace('"2"', '"3"'), encoding="utf-8")
    assert "01_limpeza: não corresponde" in refresh.refresh(file.parent, check=True, lines=io.StringIO())[0]
    assert '"3"' in file.read_text(encoding="utf-8")


# ---- without kernels: `execute` is replaced


@pytest.fixture
def house(tmp_path, monkeypatch):
    """Four notebooks, and an `execute` that does what `behave` says of each: an exception, a Failure, or nothing."""
    for name in ("01_limpeza", "02_carteira", "04_livre", "08_resumo"):
        write_notebook(tmp_path / "nb" / f"{name}.ipynb", "show()")
    behave, log, executions = {}, [], itertools.count(1)

    def execute(source, target, parameters, *, settings, kernels, on_cell, may_begin, early):
        if not may_begin():
            raise execution.NotNeeded
        log.append((source.stem, dict(parameters)))
        does = behave.get(source.stem)
        if callable(does):
            does(settings)
        if isinstance(does, Exception):
            raise does
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(
            source.read_text(encoding="utf-8").replace("# Caderno", f"# Feito {next(executions)}"), encoding="utf-8"
        )
        state = target.parents[1] / "tables" / "canonical.json"
        state.parent.mkdir(exist_ok=True)
        state.write_text(json.dumps({"as_of": "2026-10-31", "fingerprint": behave.get("fingerprint", "f1")}))
        failure = does if isinstance(does, Failure) else None
        return Outcome(source.stem, "failed" if failure else "done", 1.0, failure=failure)

    monkeypatch.setattr(execution, "execute", execute)
    monkeypatch.setattr(runner, "WARM_UP_SECONDS", 0)
    return tmp_path, behave, log


def run(folder: Path, text: str = "run_name: acme\n", **others):
    chosen = options(folder, **others)
    return runner.run(write_params(folder, text), chosen), chosen.lines.getvalue()


def statuses(folder: Path) -> dict[str, str]:
    told = json.loads((folder / "output" / "acme" / "run.json").read_text(encoding="utf-8"))
    return {name: entry["status"] for name, entry in told["notebooks"].items()}


def test_the_cleaning_comes_first_and_the_summary_last(house):
    folder, _, log = house
    assert run(folder)[0].code == 0
    assert log[0][0] == "01_limpeza"
    assert log[-1][0] == "08_resumo"
    assert len(log) == 4


def test_independent_notebooks_run_side_by_side(house):
    folder, behave, _ = house
    both = threading.Barrier(2, timeout=10)
    behave["02_carteira"] = behave["04_livre"] = lambda settings: both.wait()
    assert run(folder)[0].code == 0


def test_a_notebook_gets_only_the_parameters_that_it_declares(house):
    folder, _, log = house
    file = folder / "nb" / "04_livre.ipynb"
    file.write_text(
        file.read_text(encoding="utf-8").replace(
            "min_orders: int = 3  # pedidos\\n", "horizon_days: int = 90  # dias\\n"
        ),
        encoding="utf-8",
    )
    run(folder, "run_name: acme\nmin_orders: 5\nhorizon_days: 30\n")
    given = dict(log)
    assert given["02_carteira"] == {"run_name": "acme", "min_orders": 5}
    assert given["04_livre"] == {"run_name": "acme", "horizon_days": 30}


def test_when_the_cleaning_fails_by_a_fault_of_ours_the_others_are_skipped_and_said_so(house):
    folder, behave, log = house
    behave["01_limpeza"] = Failure("KeyError", "'x'", 2)
    result, lines = run(folder)
    assert result.code == 1
    assert [name for name, _ in log] == ["01_limpeza"]
    assert statuses(folder) == {
        "01_limpeza": "failed",
        **dict.fromkeys(["02_carteira", "04_livre", "08_resumo"], "skipped"),
    }
    assert "02_carteira  não executado: precisa de 01_limpeza" in lines
    assert "não foi executado" in (folder / "output" / "acme" / "02_carteira.html").read_text(encoding="utf-8")


def test_a_wrong_parameter_refuses_the_run_whichever_notebook_finds_it(house):
    folder, behave, _ = house
    run(folder)
    before = contents(folder / "output" / "acme")
    behave["02_carteira"] = Failure("ParameterError", "min_orders: 0 é pouco; use 1 ou mais", 3)
    result, _ = run(folder, "run_name: acme\nmin_orders: 0\n")
    assert (result.code, result.page, result.message) == (2, None, "min_orders: 0 é pouco; use 1 ou mais")
    assert contents(folder / "output" / "acme") == before


def test_the_summary_runs_with_what_there_is(house):
    folder, behave, _ = house
    behave["02_carteira"] = Failure("DataError", "x", 2)
    assert run(folder)[0].code == 1
    assert statuses(folder) == {"01_limpeza": "done", "02_carteira": "failed", "04_livre": "done", "08_resumo": "done"}


def test_only_some_notebooks_replace_their_files_and_keep_the_others(house):
    folder, _, log = house
    run(folder)
    acme = folder / "output" / "acme"
    (acme / "exports").mkdir()
    (acme / "exports" / "portfolio.csv").write_text("a")
    before = contents(acme)
    log.clear()
    result, _ = run(folder, only=("04",))
    after = contents(acme)
    assert result.code == 0
    assert [name for name, _ in log] == ["01_limpeza", "04_livre"]
    assert set(after) == set(before)
    assert after["notebooks/02_carteira.ipynb"] == before["notebooks/02_carteira.ipynb"]
    assert after["notebooks/04_livre.ipynb"] != before["notebooks/04_livre.ipynb"]
    assert after["exports/portfolio.csv"] == b"a"
    assert list(statuses(folder)) == ["01_limpeza", "02_carteira", "04_livre", "08_resumo"]
    assert b'href="02_carteira.html"' in after["index.html"]


@pytest.mark.parametrize("change", ["data", "parameters"])
def test_pages_of_other_data_or_parameters_leave_the_index(house, change):
    folder, behave, _ = house
    run(folder)
    if change == "data":
        behave["fingerprint"] = "f2"
    run(folder, "run_name: acme\nmin_orders: 5\n" if change == "parameters" else "run_name: acme\n", only=("04",))
    assert list(statuses(folder)) == ["01_limpeza", "04_livre"]
    index = (folder / "output" / "acme" / "index.html").read_text(encoding="utf-8")
    assert "02_carteira.html" not in index
    assert (folder / "output" / "acme" / "02_carteira.html").exists()


def leave_figures(clients: float):
    """What the summary does in a run: the figures of the page as a table."""
    import pandas as pd

    def leave(settings):
        (folder,) = Path(settings.output).glob("acme")
        table = pd.DataFrame({"figure": ["portfolio_clients"], "number": [clients]})
        table.to_parquet(folder / "tables" / "key_figures.parquet")

    return leave


def told(folder: Path) -> dict:
    return json.loads((folder / "output" / "acme" / "run.json").read_text(encoding="utf-8"))


def earlier(folder: Path) -> list[dict]:
    return json.loads((folder / "output" / "acme" / "tables" / "earlier.json").read_text(encoding="utf-8"))


def test_a_run_is_given_what_the_run_before_told_and_remembers_it(house):
    folder, behave, _ = house
    behave["08_resumo"] = leave_figures(90)
    run(folder)
    assert told(folder)["key_figures"] == {"portfolio_clients": 90}
    assert "previous" not in told(folder)
    assert not (folder / "output" / "acme" / "tables" / "earlier.json").exists()
    first = told(folder)
    first["as_of"] = "2026-09-30"
    (folder / "output" / "acme" / "run.json").write_text(json.dumps(first))
    behave["08_resumo"] = leave_figures(95)
    run(folder, "run_name: acme\nmin_orders: 4\n")
    assert [(e["as_of"], e["key_figures"], e["changed"]) for e in earlier(folder)] == [
        ("2026-09-30", {"portfolio_clients": 90}, ["min_orders"])
    ]
    assert told(folder)["previous"]["key_figures"] == {"portfolio_clients": 90}
    run(folder, "run_name: acme\nmin_orders: 4\n")  # the same day again: still compared with September
    assert [e["as_of"] for e in earlier(folder)] == ["2026-10-31", "2026-09-30"]
    assert told(folder)["previous"]["as_of"] == "2026-09-30"


def test_figures_stay_on_record_where_only_other_notebooks_ran(house):
    folder, behave, _ = house
    behave["08_resumo"] = leave_figures(90)
    run(folder)
    run(folder, only=("04",))
    assert told(folder)["key_figures"] == {"portfolio_clients": 90}
    run(folder, "run_name: acme\nmin_orders: 4\n", only=("04",))
    assert "key_figures" not in told(folder)


def test_a_whole_run_replaces_the_folder(house):
    folder, _, _ = house
    run(folder)
    (folder / "output" / "acme" / "03_gone.html").write_text("x")
    run(folder)
    assert not (folder / "output" / "acme" / "03_gone.html").exists()
    assert [entry.name for entry in (folder / "output").iterdir()] == ["acme"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EROFS, "em pasta (sem permissão de gravar). Confira a permissão da pasta ou mude --output"),
        (errno.EACCES, "em pasta (sem permissão de gravar). Confira a permissão da pasta ou mude --output"),
        (errno.EEXIST, "em pasta (há um arquivo no lugar da pasta). Mude --output"),
        (errno.EIO, "em pasta (erro 5). Libere espaço ou confira a permissão da pasta"),
    ],
)
def test_a_place_that_cannot_be_written_is_said_with_the_remedy(house, monkeypatch, number, said):
    def refused(*_):
        raise OSError(number, os.strerror(number), "pasta")

    folder, _, _ = house
    monkeypatch.setattr(Staging, "__enter__", refused)
    result = next(runner.run_all([write_params(folder)], options(folder)))
    assert (result.code, said in result.message) == (2, True), result.message


@pytest.mark.parametrize("where", ["notebook", "cell", "pages", "publish"])
def test_a_full_disk_leaves_the_earlier_results_and_one_message(house, monkeypatch, where):
    folder, behave, _ = house
    run(folder)
    before = contents(folder / "output")
    full = OSError(errno.ENOSPC, "No space left on device", "x.parquet")

    def fail(*arguments):
        raise full

    if where == "notebook":
        behave["02_carteira"] = full
    elif where == "cell":
        behave["02_carteira"] = Failure("OSError", "[Errno 28] No space left on device: 'x.parquet'", 3)
    else:
        monkeypatch.setattr(*{"pages": (results, "complete"), "publish": (Staging, "publish")}[where], fail)
    result = next(runner.run_all([write_params(folder)], options(folder)))
    assert result.code == 2
    assert "disco cheio" in result.message
    assert "Libere espaço e rode de novo; os resultados anteriores continuam como estavam." in result.message
    assert "\n" not in result.message
    assert contents(folder / "output") == before


def test_results_that_cannot_be_put_in_place_bring_the_earlier_ones_back(house, monkeypatch):
    folder, _, _ = house
    run(folder)
    before = contents(folder / "output")
    rename = os.rename

    def fail_second(source, target):
        if Path(source).name == "acme" and Path(source).parent.name.startswith(".acme."):
            raise PermissionError(errno.EACCES, "in use", str(target))
        rename(source, target)

    monkeypatch.setattr(os, "rename", fail_second)
    result = next(runner.run_all([write_params(folder)], options(folder)))
    assert result.code == 2
    assert contents(folder / "output") == before


def test_of_several_files_one_that_is_wrong_does_not_keep_the_others(house):
    folder, _, _ = house
    texts = {"a.yml": "run_name: a\n", "b.yml": "run_nome: b\n", "c.yml": "run_name: a\n", "d.yml": "run_name: d\n"}
    for name, text in texts.items():
        (folder / name).write_text(text)
    found = list(runner.run_all([folder / name for name in texts], options(folder)))
    assert [r.code for r in found] == [0, 2, 2, 0, 0]
    assert "quis dizer 'run_name'" in found[1].message
    assert f"run_name 'a' já é o de {folder / 'a.yml'}" in found[2].message
    assert sorted(e.name for e in (folder / "output").iterdir()) == ["a", "d", "index.html", "index.json"]


def test_a_notebook_that_never_started_shows_no_figures_of_the_committed_one(tmp_path, monkeypatch):
    source, target = tmp_path / "nb" / "02_carteira.ipynb", tmp_path / "out" / "02_carteira.ipynb"
    write_notebook(source, "show()")
    committed = json.loads(source.read_text(encoding="utf-8"))
    committed["cells"][-1] |= {
        "execution_count": 2,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "812 ativos"}],
    }
    source.write_text(json.dumps(committed), encoding="utf-8")
    monkeypatch.setattr(execution, "_papermill", lambda *arguments: RuntimeError("no kernel"))
    outcome = execution.execute(
        source, target, {}, settings=execution.Settings(tmp_path, ROOT), kernels=execution.Kernels()
    )
    assert outcome.failure == Failure("RuntimeError", "no kernel", 0)
    assert "812" not in target.read_text(encoding="utf-8")
    assert [f.name for f in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize(("died", "status", "asked"), [(1, "done", 2), (2, "failed", 2)])
def test_a_kernel_that_ends_before_it_answers_is_started_once_more(tmp_path, monkeypatch, died, status, asked):
    source, target = tmp_path / "nb" / "02_carteira.ipynb", tmp_path / "out" / "02_carteira.ipynb"
    write_notebook(source, "show()")
    answers = [RuntimeError("Kernel died before replying to kernel_info")] * died + [None]
    calls = []
    monkeypatch.setattr(execution, "_papermill", lambda *arguments: calls.append(1) or answers[len(calls) - 1])
    settings = execution.Settings(tmp_path, ROOT)
    outcome = execution.execute(source, target, {}, settings=settings, kernels=execution.Kernels())
    assert (outcome.status, len(calls)) == (status, asked)


# ---- staging


def test_a_folder_that_is_no_result_is_never_replaced(house):
    folder, _, log = house
    (folder / "output" / "acme").mkdir(parents=True)
    (folder / "output" / "acme" / "tese.doc").write_text("x")
    with pytest.raises(ParamsError, match="já existe e não é de uma execução"):
        run(folder)
    assert log == []
    assert contents(folder / "output") == {"acme/tese.doc": b"x"}


def test_what_a_killed_run_left_is_removed_and_the_results_it_had_set_aside_come_back(tmp_path):
    left = tmp_path / ".acme.4194999"
    (left / "old").mkdir(parents=True)
    (left / "old" / "run.json").write_text("antes")
    (left / "acme" / "tables").mkdir(parents=True)
    (tmp_path / ".acme.4194999.lock").touch()
    (tmp_path / ".acme.4195000.lock").touch()
    (tmp_path / ".acme.b.4194999").mkdir()
    with Staging(tmp_path, "acme") as staging:
        assert (tmp_path / "acme" / "run.json").read_text() == "antes"
        assert not left.exists()
        assert staging.results.is_dir()
    assert sorted(e.name for e in tmp_path.iterdir()) == [".acme.b.4194999", "acme"]


def test_a_second_run_of_the_same_name_waits_for_the_first(tmp_path):
    with Staging(tmp_path, "acme"), pytest.raises(ParamsError, match="outra execução de 'acme' está em andamento"):
        Staging(tmp_path, "acme").__enter__()
    with Staging(tmp_path, "acme"), Staging(tmp_path, "outra"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_got_ready_early_waits_for_what_it_needs_and_is_turned_away_where_that_failed(house):
    folder, behave, log = house
    behave["01_limpeza"] = Failure("RuntimeError", "não deu", 1)
    result, said = run(folder)
    assert result.code == 1
    assert [name for name, _ in log] == ["01_limpeza"]
    assert statuses(folder)["02_carteira"] == "skipped"
    assert "02_carteira" in said


def test_a_gate_lets_pass_only_who_may():
    opened, closed = crew.Gate(), crew.Gate()
    opened.open()
    opened.close()
    closed.close()
    assert (opened.wait(), closed.wait()) == (True, False)
    assert not crew.Gate().decided
