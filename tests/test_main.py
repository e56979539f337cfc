"""The command line: what is printed where, and the exit codes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from carteira_lib import __main__, pipeline
from carteira_lib.pipeline import Result, lab, refresh

ROOT = Path(__file__).resolve().parents[1]


def test_the_help_is_in_portuguese_and_loads_nothing_heavy():
    code = "import sys; from carteira_lib import __main__; __main__.parser().format_help(); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"pandas", "yaml", "papermill", "nbformat", "babel", "ibis", "tqdm"} & set(loaded)
    text = __main__.parser().format_help()
    assert "uso: python carteira.py" in text
    assert "usage" not in text
    assert "options" not in text


@pytest.mark.parametrize(
    "argv",
    [[], ["x"], ["run"], ["run", "a.yml", "--onyl", "04"], ["run", "a.yml", "--workers", "0"], ["notebooks", "x"]],
)
def test_a_command_that_is_not_understood_ends_with_2_in_portuguese(argv, capsys):
    with pytest.raises(SystemExit) as end:
        __main__.main(argv)
    assert end.value.code == 2
    told = capsys.readouterr().err
    assert "Não entendi o comando" in told
    assert "error:" not in told


def test_results_go_to_stdout_and_errors_to_stderr_and_the_worst_code_is_returned(monkeypatch, capsys):
    asked = []

    def run_all(files, options):
        asked.append((files, options))
        yield Result(2, message="a.yml: errado", line="a.yml: recusada")
        yield Result(1, Path("output/b/index.html"), "04_churn falhou", "b: incompleta")
        yield Result(0, Path("output/c/index.html"), line="c: completa")

    monkeypatch.setattr(pipeline, "run_all", run_all)
    code = __main__.main(["run", "a.yml", "b.yml", "c.yml", "--only", "04", "--output", "x", "--timeout", "7"])
    out, err = capsys.readouterr()
    assert code == 2
    assert err == "a.yml: errado\n04_churn falhou\n"
    assert out == "a.yml: recusada\nb: incompleta\nc: completa\n"
    files, options = asked[0]
    assert files == [Path("a.yml"), Path("b.yml"), Path("c.yml")]
    assert (options.only, options.output, options.cell_timeout) == (("04",), Path("x"), 7)


def test_of_one_portfolio_the_page_is_told(monkeypatch, capsys):
    monkeypatch.setattr(pipeline, "run_all", lambda files, options: [Result(0, Path("output/c/index.html"), line="c")])
    assert __main__.main(["run", "c.yml"]) == 0
    assert capsys.readouterr().out == f"{Path('output/c/index.html')}\n"


def test_a_params_file_that_does_not_exist_is_one_message_and_2(capsys, tmp_path):
    assert __main__.main(["run", str(tmp_path / "x.yml"), "--output", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"{tmp_path / 'x.yml'}: o arquivo não existe; confira o caminho\n"
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_is_no_traceback(monkeypatch, capsys):
    def interrupted(files, options):
        raise KeyboardInterrupt

    monkeypatch.setattr(pipeline, "run_all", interrupted)
    assert __main__.main(["run", "a.yml"]) == 130
    assert "Interrompido" in capsys.readouterr().err


def test_stale_notebooks_are_told_and_end_with_1(monkeypatch, capsys):
    monkeypatch.setattr(refresh, "refresh", lambda check: ["02_carteira: velho"] if check else [])
    assert __main__.main(["notebooks"]) == 0
    assert __main__.main(["notebooks", "--check"]) == 1
    assert capsys.readouterr().err == "02_carteira: velho\n"


def test_lab_and_test_hand_over_what_follows(monkeypatch):
    called = []
    monkeypatch.setattr(subprocess, "call", lambda command, **others: called.append((command, others)) or 5)
    assert __main__.main(["test", "-k", "x"]) == 5
    assert called[-1][0] == [sys.executable, "-m", "pytest", "--numprocesses=2", "-k", "x"]
    assert __main__.main(["lab", "--no-browser"]) == 5
    command, others = called[-1]
    assert command[1:3] == ["-m", "jupyterlab"]
    assert command[-1] == "--no-browser"
    assert f"--ServerApp.root_dir={ROOT}" in command
    assert others["env"]["PYTHONPATH"].split(os.pathsep)[0] == str(ROOT)


def test_lab_keeps_news_and_updates_quiet(monkeypatch):
    seen = []

    def call(command, **others):
        folder = next(a.partition("=")[2] for a in command if a.startswith("--LabApp.app_settings_dir="))
        seen.append((Path(folder) / "overrides.json").read_text(encoding="utf-8"))
        return 0

    monkeypatch.setattr(subprocess, "call", call)
    assert lab.lab() == 0
    assert '"fetchNews": "false"' in seen[0]
