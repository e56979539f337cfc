"""The Airflow example keeps to the notebooks: their names, parameters and order. Airflow itself is needed by one test only."""

import importlib.util
import json
import sys
import types
from pathlib import Path

import pytest

from carteira_lib import pipeline, summary
from carteira_lib.pipeline import order, params
from carteira_lib.pipeline.params import ParamsError
from tests.test_pipeline import write_notebook, write_params

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "params" / "airflow_dag.py"
NOTEBOOKS = order.available(ROOT / "notebooks")


class Task:
    """A task as Airflow's are written: ``a >> b`` says what comes first."""

    def __init__(self, task_id: str, **arguments):
        self.task_id, self.arguments, self.upstream = task_id, arguments, set()
        Dag.current.tasks[task_id] = self

    def __rshift__(self, other):
        other.upstream.add(self.task_id)
        return other

    def __rrshift__(self, others):
        for other in others:
            other >> self
        return self

    def __getitem__(self, key):
        return (self.task_id, key)


class Dag:
    """A DAG that only keeps its tasks."""

    current = None

    def __init__(self, dag_id: str, **arguments):
        self.dag_id, self.arguments, self.tasks = dag_id, arguments, {}

    def __enter__(self):
        Dag.current = self
        return self

    def __exit__(self, kind, error, trace):
        Dag.current = None


def decorated(task_id: str, **arguments):
    def decorator(function):
        def made(*given):
            return Task(task_id, function=function, given=given, **arguments)

        made.function = function
        return made

    return decorator


@pytest.fixture
def example(monkeypatch, tmp_path):
    """The example, loaded beside stand-ins for the parts of Airflow that it uses."""
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path))
    decorated.external_python = decorated
    sdk = types.SimpleNamespace(DAG=Dag, task=decorated)
    names = ("airflow", "airflow.providers", "airflow.providers.papermill", "airflow.providers.papermill.operators")
    stand_ins = {name: types.ModuleType(name) for name in names}
    stand_ins |= {"airflow.sdk": sdk, f"{names[-1]}.papermill": types.SimpleNamespace(PapermillOperator=Task)}
    for name, module in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, module)
    return load()


def load():
    monkey = sys.path[:]
    spec = importlib.util.spec_from_file_location("carteira_airflow_dag", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = monkey
    return module


def test_there_is_a_dag_for_each_params_file_with_each_notebook_and_the_pages_last(example):
    assert [dag.dag_id for dag in example.DAGS] == [
        f"carteira_{f.stem}" for f in sorted((ROOT / "params").glob("*.yml"))
    ]
    for dag in example.DAGS:
        assert list(dag.tasks) == ["parametros", *NOTEBOOKS, "paginas"]
        assert dag.tasks["paginas"].upstream == set(NOTEBOOKS)
        for name, file in NOTEBOOKS.items():
            given = dag.tasks[name].arguments
            assert given["input_nb"] == str(file)
            assert given["output_nb"].endswith(f"/{name}.ipynb")
            assert given["parameters"] == ("parametros", name)


def test_no_notebook_starts_before_those_that_it_needs_or_uses(example):
    tasks = example.DAGS[0].tasks
    for name in NOTEBOOKS:
        assert tasks[name].upstream == {*order.needs(name, NOTEBOOKS), *order.waits_for(name, NOTEBOOKS)}
    assert tasks["02_carteira"].upstream == {"01_limpeza"}
    assert tasks[order.SUMMARY].upstream == set(NOTEBOOKS) - {order.SUMMARY}


def test_each_notebook_gets_of_the_params_file_what_it_declares(example, tmp_path):
    found = example.checked.function(str(ROOT / "params" / "demo.yml"))
    declared = params.declared_by(NOTEBOOKS.values())
    given = params.read(ROOT / "params" / "demo.yml", NOTEBOOKS.values()).given
    assert found.pop("folder") == str(tmp_path / "demo" / "notebooks")
    assert (tmp_path / "demo" / "notebooks").is_dir()
    assert found == {name: {k: v for k, v in given.items() if k in declared[name]} for name in NOTEBOOKS}
    assert all("sources" in own for own in found.values())


def test_the_summary_is_left_what_the_run_before_told(example, tmp_path):
    """Also where an older run left its own: what lies there is of the run before, or nothing."""
    file, run = write_params(tmp_path, "run_name: acme\n"), tmp_path / "acme"
    (run / "tables").mkdir(parents=True)
    (run / summary.FILE).write_text("[]")
    example.checked.function(str(file))
    assert not (run / summary.FILE).exists()
    told = {"as_of": "2026-09-30", "key_figures": {"portfolio_clients": 9.0}, "parameters": {"min_orders": 4}}
    (run / "run.json").write_text(json.dumps(told))
    example.checked.function(str(file))
    (left,) = json.loads((run / summary.FILE).read_text(encoding="utf-8"))
    assert (left["as_of"], left["key_figures"]) == ("2026-09-30", {"portfolio_clients": 9.0})
    assert "min_orders" in left["changed"]


def test_a_wrong_params_file_fails_its_own_dag_with_our_message(example, tmp_path):
    with pytest.raises(ParamsError, match="quis dizer 'min_orders'"):
        example.checked.function(str(write_params(tmp_path, "run_name: acme\nmin_order: 3\n")))


def test_airflow_itself_reads_the_example(monkeypatch, tmp_path):
    pytest.importorskip("airflow", reason="Airflow stands in an environment of its own")
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path))
    for dag in load().DAGS:
        assert dag.task_dict["03_pci"].upstream_task_ids == {"parametros", "01_limpeza", "02_carteira"}
        assert dag.task_dict["paginas"].upstream_task_ids >= set(NOTEBOOKS)


# ---- what the last task does


def executed(folder: Path, name: str, text: str) -> None:
    """A notebook as papermill leaves it."""
    write_notebook(folder / "nb" / f"{name}.ipynb", "show()")
    found = json.loads((folder / "nb" / f"{name}.ipynb").read_text(encoding="utf-8"))
    stream = {"output_type": "stream", "name": "stdout", "text": text}
    found["cells"][-1] |= {"execution_count": 2, "outputs": [stream]}
    found["metadata"]["papermill"] = {
        "duration": 3.5,
        "input_path": str(folder / "elsewhere" / "in.ipynb"),
        "output_path": str(folder / "elsewhere" / "out.ipynb"),
    }
    target = folder / "output" / "acme" / "notebooks" / f"{name}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(found), encoding="utf-8")


def test_notebooks_executed_elsewhere_get_their_pages_without_secrets(tmp_path, monkeypatch):
    monkeypatch.setenv("PG_PW", "s3nh@ forte")
    executed(tmp_path, "01_limpeza", "pg://bi:s3nh@ forte@h/crm 812")
    executed(tmp_path, "02_carteira", "750")
    file = write_params(tmp_path, 'run_name: acme\nsources: {orders: {url: "pg://bi:${PG_PW}@h/crm"}}\n')
    page = pipeline.pages(file, tmp_path / "output", tmp_path / "nb")
    run = tmp_path / "output" / "acme"
    assert page == run / "index.html"
    assert "812" in (run / "01_limpeza.html").read_text(encoding="utf-8")
    told = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert {n: (e["status"], e["seconds"]) for n, e in told["notebooks"].items()} == {
        "01_limpeza": ("done", 3.5),
        "02_carteira": ("done", 3.5),
    }
    everything = b"".join(f.read_bytes() for f in run.rglob("*") if f.is_file()).decode()
    assert "s3nh" not in everything
    assert str(tmp_path / "elsewhere") not in everything


def test_without_executed_notebooks_there_are_no_pages(tmp_path):
    write_notebook(tmp_path / "nb" / "01_limpeza.ipynb", "show()")
    with pytest.raises(ParamsError, match="nenhum caderno executado"):
        pipeline.pages(write_params(tmp_path), tmp_path / "output", tmp_path / "nb")
