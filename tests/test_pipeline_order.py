"""Which notebooks run: those asked for and what they read from; the run's small parts that need no kernel."""

import io
import json

import pytest

from carteira_lib.pipeline import normalise, order, redaction, terminal
from carteira_lib.pipeline.execution import Failure, Outcome
from carteira_lib.pipeline.params import ParamsError

NAMES = ["01_limpeza", "02_carteira", "04_churn", "05_nps", "08_resumo"]


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        ([], NAMES),
        (["01_limpeza"], ["01_limpeza"]),
        (["04_churn"], ["01_limpeza", "02_carteira", "04_churn"]),
        (["04"], ["01_limpeza", "02_carteira", "04_churn"]),
        (["4"], ["01_limpeza", "02_carteira", "04_churn"]),
        (["churn"], ["01_limpeza", "02_carteira", "04_churn"]),
        (["notebooks/04_churn.ipynb"], ["01_limpeza", "02_carteira", "04_churn"]),
        (["notebooks\\02_carteira.ipynb", "churn"], ["01_limpeza", "02_carteira", "04_churn"]),
        (["nps"], ["01_limpeza", "02_carteira", "05_nps"]),
        (["resumo"], NAMES),
    ],
)
def test_a_notebook_runs_with_those_that_it_reads_from(only, expected):
    assert order.chosen(only, NAMES) == expected


@pytest.mark.parametrize(
    ("name", "near"), [("04_chrun", "04_churn"), ("cartera", "02_carteira"), ("resumos", "08_resumo")]
)
def test_an_unknown_notebook_is_answered_with_the_nearest(name, near):
    with pytest.raises(ParamsError, match=f"--only: não há o caderno '{name}'; quis dizer '{near}'"):
        order.chosen([name], NAMES)


def test_a_notebook_far_from_all_is_answered_with_the_list():
    with pytest.raises(ParamsError, match="os que existem: 01_limpeza, 02_carteira"):
        order.chosen(["99"], NAMES)


def test_the_summary_waits_for_all_and_needs_the_cleaning_only():
    assert order.waits_for("08_resumo", NAMES) == tuple(NAMES[:4])
    assert order.needs("08_resumo", NAMES) == ("01_limpeza",)
    assert order.needs("01_limpeza", NAMES) == ()


def test_a_notebook_waits_for_what_it_uses_and_does_without_it():
    assert order.waits_for("05_nps", NAMES) == ("01_limpeza", "02_carteira", "04_churn")
    assert order.needs("05_nps", NAMES) == ("01_limpeza", "02_carteira")
    assert order.waits_for("05_nps", ["01_limpeza", "02_carteira", "05_nps"]) == ("01_limpeza", "02_carteira")
    assert all(other < name for name, used in order.USES.items() for other in used)


def test_the_goals_wait_for_the_renewals_but_do_not_need_them():
    names = ["01_limpeza", "02_carteira", "04_churn", "07_metas"]
    assert order.waits_for("07_metas", names) == ("01_limpeza", "04_churn")
    assert order.needs("07_metas", names) == ("01_limpeza",)


def test_what_each_notebook_needs_comes_before_it():
    for name, needed in order.NEEDS.items():
        assert all(other < name for other in needed)


# ---- redaction


def test_secrets_are_the_values_of_variables_and_typed_passwords():
    values = {"sources": {"a": {"url": "pg://u:${PW}@h/${DB}"}, "b": {"url": "mysql://u:p@ss@h"}, "c": ["${GONE}"]}}
    found = redaction.find(values, {"PW": "s3nh@ forte", "DB": "crm", "OTHER": "x"})
    assert found["s3nh@ forte"] == found["s3nh%40%20forte"] == found["s3nh%40+forte"] == "${PW}"
    assert found["crm"] == "${DB}"
    assert "x" not in found
    assert redaction.find({"a": {"url": "mysql://u:segredo@h"}}, {}) == {"segredo": "***"}


def test_the_longest_secret_is_hidden_first():
    found = redaction.find({"a": "${A}${B}"}, {"A": "abc", "B": "abcdef"})
    assert redaction.hide("abcdef abc", found) == "${B} ${A}"


def test_a_short_value_is_hidden_in_errors_but_not_in_figures():
    error = {"output_type": "error", "ename": "E", "evalue": "2024", "traceback": ["em 2024"]}
    figure = {"output_type": "display_data", "data": {"text/plain": "2024: 10"}}
    cell = {"cell_type": "code", "source": "x = 2024", "outputs": [error, figure]}
    cleaned = redaction.clean({"cells": [cell]}, redaction.find({"a": "${YEAR}"}, {"YEAR": "2024"}))["cells"][0]
    assert cleaned["outputs"][0] == {
        "output_type": "error",
        "ename": "E",
        "evalue": "${YEAR}",
        "traceback": ["em ${YEAR}"],
    }
    assert cleaned["outputs"][1] == figure
    assert cleaned["source"] == "x = 2024"


# ---- terminal


def test_the_line_of_a_notebook_says_seconds_and_finding_or_the_error():
    assert terminal.summary(Outcome("a", "done", 4.25, "812 ativos")) == "  4,2 s  812 ativos"
    assert terminal.summary(Outcome("a", "done", 4.25, "812 active"), "en") == "  4.2 s  812 active"
    failed = Outcome("a", "failed", 12.0, failure=Failure("KeyError", "'x'\nmais", 3))
    assert terminal.summary(failed) == " 12,0 s  falhou: KeyError: 'x'"
    assert terminal.summary(Outcome("a", "skipped", blocked_by="01_limpeza")) == "não executado: precisa de 01_limpeza"


def test_time_left_follows_the_earlier_run_and_else_the_cells():
    timed = terminal.Progress({"a": 10, "b": 10}, {"a": 10.0, "b": 30.0}, workers=2)
    timed.begun["a"] = 100.0
    assert timed.seconds_left(100.0) == 30.0  # b alone takes that long
    timed.begun["b"] = 100.0
    assert timed.seconds_left(110.0) == pytest.approx(20.0)
    timed.ended |= {"a", "b"}
    assert timed.fraction(130.0) == 1.0
    fresh = terminal.Progress({"a": 10}, {}, workers=2)
    assert fresh.seconds_left(0.0) is None
    fresh.begun["a"], fresh.reached["a"] = 100.0, 5
    assert fresh.seconds_left(104.0) == pytest.approx(4.0)  # half of the cells in 4 s


def test_a_terminal_gets_a_bar_and_a_pipe_only_lines():
    class Tty(io.StringIO):
        def isatty(self):
            return True

    for stream, bars in ((Tty(), True), (io.StringIO(), False)):
        lines = io.StringIO()
        with terminal.Terminal(lines, stream, terminal.Progress({"01_limpeza": 4}, {"01_limpeza": 8.0})) as shown:
            shown.began("01_limpeza")
            shown.ended(Outcome("01_limpeza", "done", 8.0, "li 10 linhas"))
        assert lines.getvalue() == "01_limpeza    8,0 s  li 10 linhas\n"
        assert ("faltam" in stream.getvalue()) is bars


# ---- normalise


def messy() -> dict:
    png = {"image/png": "iVBOR", "text/html": ["<b>"], "image/svg+xml": "<svg>", "text/plain": "3 ativos\n1 inativo"}
    outputs = [
        {"output_type": "display_data", "data": png, "metadata": {"image/png": {"alt": "3"}, "text/html": {"x": 1}}},
        {"output_type": "execute_result", "data": {"text/plain": "'25%'"}, "metadata": {}, "execution_count": 41},
        {"output_type": "stream", "name": "stdout", "text": "a\nb\n"},
    ]
    papermill = {"papermill": {"duration": 1.0}, "execution": {"x": "2026"}, "tags": []}
    cells = [
        {
            "cell_type": "markdown",
            "id": "0a1b2c3d",
            "metadata": papermill,
            "source": ["# Olá, São Paulo!\n", "\n", "x"],
        },
        {
            "cell_type": "code",
            "id": "0a1b2c3e",
            "metadata": {"tags": ["parameters"]},
            "source": "a: int = 1  # a",
            "outputs": [],
            "execution_count": 7,
        },
        {"cell_type": "code", "metadata": papermill, "source": "show()", "outputs": outputs, "execution_count": 41},
        {"cell_type": "code", "id": "meu-id", "metadata": {}, "source": "", "outputs": [], "execution_count": None},
        {
            "cell_type": "code",
            "id": "6f1c0c4e-1b7a-4a39-9a43-0d2d1f5f8e11",
            "metadata": {},
            "source": "",
            "outputs": [],
            "execution_count": None,
        },
    ]
    metadata = {
        "papermill": {"x": 1},
        "kernelspec": {"name": "venv"},
        "language_info": {"version": "3.13"},
        "title": "T",
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}


def test_a_normalised_notebook_holds_nothing_that_changes_between_executions():
    found = normalise.normalised(messy())
    assert found["metadata"] == {"kernelspec": normalise.KERNELSPEC, "language_info": {"name": "python"}, "title": "T"}
    assert [c["id"] for c in found["cells"]] == [
        "ola-sao-paulo",
        "parameters",
        "ola-sao-paulo-2",
        "meu-id",
        "ola-sao-paulo-3",
    ]
    assert [c.get("execution_count") for c in found["cells"]] == [None, 1, 2, None, None]
    assert [c["metadata"] for c in found["cells"]] == [{}, {"tags": ["parameters"]}, {}, {}, {}]
    shown, value, printed = found["cells"][2]["outputs"]
    assert shown["data"] == {"image/png": "iVBOR", "text/plain": ["3 ativos\n", "1 inativo"]}
    assert shown["metadata"] == {"image/png": {"alt": "3"}}
    assert value["execution_count"] == 2
    assert printed["text"] == ["a\n", "b\n"]


def test_normalising_twice_changes_nothing_and_leaves_the_original_alone():
    original = messy()
    once = normalise.normalised(original)
    assert normalise.normalised(json.loads(normalise.text(once))) == once
    assert original == messy()


def test_the_file_is_the_one_that_nbformat_writes():
    import nbformat

    text = normalise.text(normalise.normalised(messy()))
    read = nbformat.reads(text, 4)
    nbformat.validate(read)
    assert nbformat.writes(read) + "\n" == text


def test_a_notebook_is_stale_by_its_text_not_by_its_pixels(tmp_path):
    file = tmp_path / "a.ipynb"
    file.write_text(normalise.text(normalise.normalised(messy())), encoding="utf-8")
    fresh = normalise.normalised(messy())
    assert not normalise.stale(file, fresh)
    fresh["cells"][2]["outputs"][0]["data"]["image/png"] = "other"
    assert not normalise.stale(file, fresh)
    fresh["cells"][2]["outputs"][0]["data"]["text/plain"] = ["4 ativos"]
    assert normalise.stale(file, fresh)
