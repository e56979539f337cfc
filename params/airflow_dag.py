"""Apache Airflow: a DAG for each params file of this folder, each notebook a task, in the order that the runner keeps.

Airflow stays out of Carteira's environment, whose Python it uses as the kernel called "carteira". Once, with the Python
that Airflow runs on::

    pip install apache-airflow apache-airflow-providers-papermill
    .venv/bin/python -m ipykernel install --prefix AIRFLOW_ENVIRONMENT --name carteira --env OMP_NUM_THREADS 1

Then let Airflow find this file (``AIRFLOW__CORE__DAGS_FOLDER``, without which the next command fails too); it is tried without
a server, after ``airflow db migrate``, by ``python params/airflow_dag.py demo``. A wrong params file fails its own DAG in the task `parametros`, with the message that ``carteira.py run`` would give.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from airflow.providers.papermill.operators.papermill import PapermillOperator
from airflow.sdk import DAG, task

ROOT = Path(__file__).resolve().parents[1]
PYTHON = ROOT / ".venv" / "bin" / "python"
OUTPUT = Path(os.environ.get("CARTEIRA_OUTPUT") or ROOT / "output")
sys.path.append(str(ROOT))

from carteira_lib.pipeline import order, params, results  # noqa: E402

NOTEBOOKS = order.available(ROOT / "notebooks")


@task(task_id="parametros", multiple_outputs=True)
def checked(file: str) -> dict:
    """What each notebook gets, and where it is left; whatever is wrong with the params file is told at once."""
    found = params.read(Path(file), NOTEBOOKS.values())
    run = OUTPUT / found.run_name
    folder = run / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    results.leave_earlier(run, run, found)  # for the summary to say what changed
    declared = params.declared_by(NOTEBOOKS.values())
    own = {name: {k: v for k, v in found.given.items() if k in declared[name]} for name in NOTEBOOKS}
    return {**own, "folder": str(folder)}


@task.external_python(task_id="paginas", python=str(PYTHON), expect_airflow=False)
def pages(file: str) -> str:
    """The pages and run.json, in Carteira's own environment."""
    from carteira_lib import pipeline

    return str(pipeline.pages(file))


def portfolio(file: Path) -> DAG:
    """The DAG of a params file: at five in the morning, two notebooks side by side."""
    with DAG(
        f"carteira_{file.stem}",
        schedule="0 5 * * *",
        start_date=datetime(2026, 1, 1),
        catchup=False,
        max_active_tasks=2,
    ) as dag:
        given = checked(str(file))
        tasks = {
            name: PapermillOperator(
                task_id=name,
                input_nb=str(notebook),
                output_nb="{{ ti.xcom_pull('parametros', key='folder') }}/" + notebook.name,
                parameters=given[name],
                kernel_name="carteira",
                language_name="python",
            )
            for name, notebook in NOTEBOOKS.items()
        }
        for name in NOTEBOOKS:
            for earlier in order.waits_for(name, NOTEBOOKS):
                tasks[earlier] >> tasks[name]
        list(tasks.values()) >> pages(str(file))
    return dag


DAGS = [portfolio(file) for file in sorted((ROOT / "params").glob("*.yml"))]

if __name__ == "__main__":  # python params/airflow_dag.py demo: without scheduler or server
    next(dag for dag in DAGS if dag.dag_id == f"carteira_{sys.argv[1]}").test()
