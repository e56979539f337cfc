"""Kernels forked from one process: they share its libraries and nothing else, and none outlives the command."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from carteira_lib.pipeline import kernel, order, runner
from carteira_lib.pipeline.kernels import Forked, Nursery
from tests.test_pipeline import DIE, ROOT, _alive, _wait_for, options, write_notebook, write_params

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="kernels are forked on Linux only")
TOLD = "told"  # the file that the notebooks below write to


@pytest.fixture
def nursery(monkeypatch):
    """One that has loaded next to nothing, to be quick; what is told of it holds of the whole library."""
    monkeypatch.setattr(kernel, "COMMAND", (*kernel.COMMAND[:2], "-c", QUICK))
    with Nursery(ROOT) as started:
        yield started


QUICK = """
import sys
from carteira_lib.pipeline import kernel
kernel.LIBRARY = ("carteira_lib.formats",)
kernel.main(sys.argv[1:])
"""


def tell(expression: str) -> str:
    return f"import os; open(os.environ['TOLD'], 'a').write(repr({expression}) + '\\n')"


def run(folder: Path, monkeypatch, *notebooks: tuple[str, ...], **others):
    """Run one notebook after the other, the first of which starts by itself; returns the result and what they told."""
    monkeypatch.setenv("TOLD", str(folder / TOLD))
    names = ["01_limpeza", "02_carteira", "08_resumo"]
    for name, sources in zip(names, notebooks, strict=False):
        write_notebook(folder / "nb" / f"{name}.ipynb", *sources)
    result = runner.run(write_params(folder), options(folder, forks=True, **others))
    told = (folder / TOLD).read_text().splitlines() if (folder / TOLD).exists() else []
    return result, [ast.literal_eval(line) for line in told]


def test_the_whole_library_loads_into_one_thread_and_is_what_the_notebooks_import():
    with Nursery(ROOT) as nursery:
        assert nursery._process.stdout.readline().strip() == kernel.READY
    setups = [json.loads(f.read_text(encoding="utf-8")) for f in order.available(ROOT / "notebooks").values()]
    lines = "\n".join("".join(cell["source"]) for notebook in setups for cell in notebook["cells"])
    imported = {
        name for line in re.findall(r"^from carteira_lib import (.+)$", lines, re.M) for name in line.split(", ")
    }
    assert len(imported) > 10
    loaded = {name.removeprefix("carteira_lib.") for name in kernel.LIBRARY}
    assert imported - loaded <= {"tables"}  # which all the others import


def test_what_one_notebook_does_to_the_process_is_unknown_to_the_next(tmp_path, monkeypatch):
    marks = "import builtins, carteira_lib.formats as f; builtins.spoilt = f.spoilt = 1; os.environ['SPOILT'] = '1'; os.chdir('/'); left = 1"
    seen = "('left' in globals(), hasattr(__builtins__, 'spoilt'), hasattr(f, 'spoilt'), 'SPOILT' in os.environ, os.getcwd())"
    _, told = run(
        tmp_path,
        monkeypatch,
        ("1",),
        (tell("(os.getppid(), os.getpid())"), marks),
        ("import carteira_lib.formats as f", tell("(os.getppid(), os.getpid())"), tell(seen)),
    )
    (parent, second), (same, third), state = told
    assert parent == same  # both are forked from one process
    assert parent != os.getpid()
    assert second != third
    assert state == (False, False, False, False, os.getcwd())


def test_forked_kernels_get_one_thread_the_folder_of_the_run_and_random_numbers_of_their_own(tmp_path, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    drawn = "import numpy, random"
    both = (
        drawn,
        tell("(numpy.random.random(), random.random(), os.environ['OMP_NUM_THREADS'], os.environ['CARTEIRA_OUTPUT'])"),
    )
    _, told = run(tmp_path, monkeypatch, ("1",), both, both)
    (first, other, threads, place), again = told
    assert threads == "1"
    assert Path(place).parent == tmp_path / "output"
    assert first != again[0]
    assert other != again[1]


def test_a_forked_kernel_that_dies_leaves_its_page_with_its_last_words(tmp_path, monkeypatch):
    result, _ = run(tmp_path, monkeypatch, ("1",), (DIE,))
    assert result.code == 1
    page = (tmp_path / "output" / "acme" / "notebooks" / "02_carteira.ipynb").read_text(encoding="utf-8")
    assert "faltar memória" in page
    assert "last words" in page


def test_where_the_shared_process_is_gone_each_kernel_starts_by_itself(tmp_path, monkeypatch):
    fork = Nursery.fork

    def gone(self, request):
        self._process.kill()
        self._process.wait()
        return fork(self, request)

    monkeypatch.setattr(Nursery, "fork", gone)
    result, told = run(tmp_path, monkeypatch, ("1",), (tell("os.getppid()"),))
    assert result.code == 0
    assert told == [os.getpid()]


def test_a_process_with_several_threads_is_not_forked(monkeypatch, capsys):
    monkeypatch.setattr(kernel, "threads", lambda: 2)
    monkeypatch.setattr(sys, "stdin", None)
    assert kernel.serve() is None
    assert capsys.readouterr().out == ""


def test_the_first_kernel_does_not_wait_for_the_library_and_the_next_is_a_process_that_can_be_ended(nursery, tmp_path):
    (tmp_path / "log").touch()
    request = {"folder": str(tmp_path), "environment": {}, "log": str(tmp_path / "log"), "arguments": ["--version"]}
    assert nursery.is_ready(early=True)
    ended = nursery.fork(request)
    assert [nursery.is_ready(early=False) for _ in range(2)] == [False, True]
    assert nursery.fork(request).wait(30) == 1
    assert ended.wait(30) == 1
    assert ended.poll() == 1
    ended.kill()  # no harm
    assert re.fullmatch(r"([\d.]+\n){2}", (tmp_path / "log").read_text())
    process = subprocess.Popen(["sleep", "60"])
    alive = Forked(process.pid)
    assert alive.poll() is None
    assert alive.wait(0.01) is None
    alive.terminate()
    assert alive.wait(30) == 1
    process.wait()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_a_command_that_is_stopped(tmp_path, how):
    write_notebook(tmp_path / "nb" / "01_limpeza.ipynb", "1")
    write_notebook(
        tmp_path / "nb" / "02_carteira.ipynb", tell("(os.getpid(), os.getppid())"), "import time; time.sleep(60)"
    )
    write_params(tmp_path)
    script = """
from pathlib import Path
from carteira_lib.pipeline import runner
here = Path.cwd()
runner.run(Path("acme.yml"), runner.Options(notebooks=here / "nb", output=here / "output"))
"""
    environment = {**os.environ, "TOLD": str(tmp_path / TOLD)}
    process = subprocess.Popen([sys.executable, "-c", script], cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    told = _wait_for(lambda: (tmp_path / TOLD).exists() and (tmp_path / TOLD).read_text(), 60)
    process.send_signal(how)
    process.wait(30)
    for pid in ast.literal_eval(told):
        assert _wait_for(lambda pid=pid: not _alive(pid))
