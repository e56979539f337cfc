"""Several portfolios by one command: shared workers, one failure not stopping the rest, and the index over them."""

import errno
import json
import re
import threading
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from carteira_lib.pipeline import execution, inputs, overview, results, runner
from carteira_lib.pipeline.crew import Crew
from carteira_lib.pipeline.execution import Failure, Outcome
from carteira_lib.pipeline.params import ParamsError
from carteira_lib.report import Portfolio, write_overview
from tests.test_pipeline import contents, options, write_notebook

NAMES = ("01_limpeza", "02_carteira", "04_livre", "08_resumo")


class House:
    """A folder with four notebooks and params files; `does` says of a portfolio's notebook what executing it does."""

    def __init__(self, folder: Path):
        self.folder, self.does, self.log = folder, {}, []
        self.busy, self.most, self.lock = 0, 0, threading.Lock()

    def execute(self, source, target, parameters, *, settings, kernels, on_cell, may_begin, early):
        if not may_begin():
            raise execution.NotNeeded
        name = settings.output.name.split(".")[1]
        with self.lock:
            self.log.append((name, source.stem))
            self.busy += 1
            self.most = max(self.most, self.busy)
        try:
            does = self.does.get((name, source.stem))
            if isinstance(does, Exception):
                raise does
            if callable(does):
                does()
        finally:
            with self.lock:
                self.busy -= 1
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
        state = target.parents[1] / "tables" / "canonical.json"
        state.parent.mkdir(exist_ok=True)
        state.write_text(json.dumps({"as_of": "2026-10-31", "fingerprint": "f1"}))
        failure = does if isinstance(does, Failure) else None
        return Outcome(source.stem, "failed" if failure else "done", 1.0, failure=failure)

    def params(self, *names: str, text: str = "") -> list[Path]:
        files = [self.folder / f"{name}.yml" for name in names]
        for file in files:
            file.write_text(f"run_name: {file.stem}\n{text}", encoding="utf-8")
        return files

    def run(self, *given: Path, **others) -> list[runner.Result]:
        self.options = options(self.folder, **others)
        return list(runner.run_all(given, self.options))

    @property
    def output(self) -> Path:
        return self.folder / "output"

    @property
    def index(self) -> str:
        """The words of the index."""
        soup = BeautifulSoup((self.output / "index.html").read_text(encoding="utf-8"), "html.parser")
        return " ".join(soup.body.get_text(" ").split())


@pytest.fixture
def house(tmp_path, monkeypatch):
    for name in NAMES:
        write_notebook(tmp_path / "nb" / f"{name}.ipynb", "show()")
    made = House(tmp_path)
    monkeypatch.setattr(execution, "execute", made.execute)
    monkeypatch.setattr(runner, "WARM_UP_SECONDS", 0)
    return made


# ---- which files


def test_a_folder_a_pattern_and_a_file_give_each_params_file_once_in_order(tmp_path):
    for name in ("b.yml", "a.yaml", "notas.txt", ".oculto.yml", "[x].yml"):
        (tmp_path / name).write_text("")
    (tmp_path / "velhos.yml").mkdir()
    names = {"folder": ["[x].yml", "a.yaml", "b.yml"], "pattern": ["[x].yml", "b.yml"]}
    inside = [entry.name for entry in inputs.found([tmp_path]) if entry.name != "velhos.yml"]
    assert inside == names["folder"]
    assert [file.name for file in inputs.found([tmp_path / "*.yml"])] == names["pattern"]
    assert [file.name for file in inputs.found([tmp_path / "[x].yml"])] == ["[x].yml"]  # as it is called
    assert [file.name for file in inputs.found([tmp_path / "b.yml", tmp_path, tmp_path / "b.*"])] == [
        "b.yml", "[x].yml", "a.yaml",
    ]  # fmt: skip


def test_an_empty_folder_and_a_pattern_of_nothing_are_said_and_the_others_run(house):
    (house.folder / "vazia").mkdir()
    found = house.run(house.folder / "vazia", house.folder / "x*.yml", *house.params("a"))
    assert [result.code for result in found] == [2, 2, 0, 0]
    assert found[0].message == f"{house.folder / 'vazia'}: a pasta não tem nenhum arquivo de parâmetros (.yml ou .yaml)"
    assert found[1].message.endswith("x*.yml: nenhum arquivo corresponde a este padrão; confira o caminho")


# ---- side by side


def test_two_portfolios_are_under_way_at_once(house):
    both = threading.Barrier(2, timeout=10)
    house.does = {("a", "01_limpeza"): both.wait, ("b", "01_limpeza"): both.wait}
    assert [result.code for result in house.run(*house.params("a", "b"))] == [0, 0, 0]


@pytest.mark.parametrize("workers", [1, 3])
def test_no_more_notebooks_run_at_once_than_there_are_workers(house, workers):
    pause = threading.Event()
    names = [f"p{n}" for n in range(6)]
    house.does = {(name, notebook): lambda: pause.wait(0.01) for name in names for notebook in NAMES}
    house.run(*house.params(*names), workers=workers)
    assert len(house.log) == 24
    assert house.most == workers


def test_a_portfolio_that_was_begun_goes_before_the_next_one(house):
    house.run(*house.params("a", "b", "c"), workers=1)
    assert house.log == [(name, notebook) for name in "abc" for notebook in NAMES]


def test_of_two_that_are_under_way_the_one_begun_first_gets_the_worker_that_is_free(house):
    begun, other = threading.Event(), threading.Event()
    house.does = {
        ("b", "01_limpeza"): lambda: begun.wait(10),  # ends when a keeps one worker busy and could use another
        ("a", "02_carteira"): lambda: (begun.set(), other.wait(2)),
        ("a", "04_livre"): other.set,
    }
    house.run(*house.params("a", "b"))
    assert house.log.index(("a", "04_livre")) < house.log.index(("b", "02_carteira"))


def test_a_portfolio_that_waits_for_one_notebook_leaves_its_worker_to_the_next(house):
    last = threading.Event()
    house.does = {("a", "01_limpeza"): lambda: last.wait(10), ("b", "08_resumo"): last.set}
    assert [result.code for result in house.run(*house.params("a", "b"))] == [0, 0, 0]
    assert house.log.index(("b", "08_resumo")) < house.log.index(("a", "02_carteira"))


def test_each_line_says_which_portfolio_and_each_portfolio_ends_with_one_line(house):
    house.does[("loja-b", "04_livre")] = Failure("KeyError", "'x'", 2)
    found = house.run(*house.params("a", "loja-b"), house.folder / "c.yml")
    lines = house.options.lines.getvalue().splitlines()
    notebooks = [line.split()[:2] for line in lines if re.search(r"\d{2}_", line.split()[1])]
    assert sorted(map(tuple, notebooks)) == sorted((name, notebook) for name in ("a", "loja-b") for notebook in NAMES)
    assert {line.index("0") for line in lines if line.split()[1] in NAMES} == {8}  # one below the other
    page = house.output / "loja-b" / "index.html"
    told = [result.line for result in found]
    assert told == [
        f"a: completa; {house.output / 'a' / 'index.html'}",
        f"loja-b: incompleta, parou em 04_livre; {page}",
        f"{house.folder / 'c.yml'}: recusada: o arquivo não existe; na mesma pasta há: a.yml, loja-b.yml",
        str(house.output / "index.html"),
    ]
    assert set(told[:3]) < set(lines)


def test_what_stops_one_portfolio_stops_no_other(house):
    refused = Failure("DataError", "pedidos.csv, 2 problemas:\n  - a\n  - b", 2)
    full = OSError(errno.ENOSPC, "No space left on device", "x.parquet")
    house.does = {("b", "01_limpeza"): refused, ("c", "02_carteira"): full}
    house.does[("d", "02_carteira")] = Failure("ParamsError", "pci_attributes: 'x' não existe", 1)
    files = house.params("a", "b", "c", "d", "e", "f")
    files[4].write_text("run_nome: e\nmin_orders: [\n")
    found = house.run(*files)
    assert [result.code for result in found] == [0, 2, 2, 2, 2, 0, 0]
    assert found[1].message == refused.message
    assert found[1].line == "b: recusada: pedidos.csv, 2 problemas: a ..."
    assert "disco cheio" in found[2].message
    assert sorted(entry.name for entry in house.output.iterdir()) == ["a", "f", "index.html", "index.json"]


def test_results_that_cannot_be_published_are_the_fault_of_one(house, monkeypatch):
    complete = results.complete

    def fail(folder, final, outcomes, checked, files):
        if checked.run_name == "a":
            raise PermissionError(errno.EACCES, "denied", str(final))
        complete(folder, final, outcomes, checked, files)

    monkeypatch.setattr(results, "complete", fail)
    found = house.run(*house.params("a", "b"))
    assert [result.code for result in found] == [2, 0, 0]
    assert "sem permissão de gravar" in found[0].message


def test_names_that_are_one_folder_to_some_systems_are_refused(house):
    files = house.params("a", "b")
    files[1].write_text("run_name: A\n")
    found = house.run(*files)
    assert f"run_name 'A' já é o de {files[0]}" in found[1].message
    assert "b.yml" in house.index


def test_ctrl_c_ends_all_and_leaves_what_was_published_and_the_index_of_it(house, monkeypatch):
    house.run(*house.params("b"))
    before = contents(house.output)
    collect, stuck = Crew.collect, threading.Event()
    house.does = {("b", "02_carteira"): lambda: stuck.wait(10)}

    def interrupted(self):
        collect(self)
        if (house.output / "a").exists() and ("b", "02_carteira") in house.log:
            stuck.set()
            raise KeyboardInterrupt

    monkeypatch.setattr(Crew, "collect", interrupted)
    with pytest.raises(KeyboardInterrupt):
        house.run(*house.params("a", "b", "c"))
    after = contents(house.output)
    assert {name: text for name, text in after.items() if name.startswith("b/")} == before
    assert {name.split("/")[0] for name in after} == {"a", "b", "index.html", "index.json"}
    assert "2 carteiras : 2 completas." in house.index


# ---- the index


def test_the_index_shows_every_run_of_the_folder_and_one_portfolio_alone_makes_none(house):
    house.run(*house.params("antiga"))
    assert not (house.output / "index.html").exists()
    house.run(*house.params("a", "b"))
    assert "3 carteiras : 3 completas." in house.index
    links = re.findall(r'href="([^"]*/index.html)"', (house.output / "index.html").read_text(encoding="utf-8"))
    assert sorted(links) == ["a/index.html", "antiga/index.html", "b/index.html"]


def test_one_portfolio_alone_keeps_an_index_that_is_there_up_to_date(house):
    house.does[("a", "01_limpeza")] = Failure("DataError", "pedidos.csv está vazio", 2)
    house.run(*house.params("a", "b", "c"))
    assert "a : recusada, e sem resultados anteriores: pedidos.csv está vazio" in house.index
    house.does = {("b", "04_livre"): Failure("KeyError", "'x'", 2)}
    house.run(*house.params("b"))
    assert "3 carteiras : 1 completa, 1 incompleta e 1 recusada." in house.index
    assert "b : 04_livre parou num erro (KeyError: 'x')" in house.index
    house.does = {}
    house.run(*house.params("a"))
    assert "3 carteiras : 2 completas e 1 incompleta." in house.index


def test_a_portfolio_refused_keeps_its_earlier_figures_and_says_whose_they_are(house):
    house.run(*house.params("a", "b"))
    (house.folder / "a.yml").write_text("run_name: a\nmin_order: 3\n")
    found = house.run(*[house.folder / f"{name}.yml" for name in "ab"])
    assert [result.code for result in found] == [2, 0, 0]
    assert "a : recusada, e os números são da execução anterior: parâmetro desconhecido 'min_order'" in house.index
    assert "2 carteiras : 1 completa e 1 recusada." in house.index


def test_where_nothing_was_ever_published_nothing_is_written(house):
    found = house.run(house.folder / "x.yml", house.folder / "y.yml")
    assert [result.code for result in found] == [2, 2]
    assert not house.output.exists()


@pytest.mark.parametrize("taken", ["index.html", "index.json", "run.json"])
def test_what_is_no_index_of_ours_is_never_replaced(house, taken):
    house.output.mkdir()
    (house.output / taken).write_text("{}")
    found = house.run(*house.params("a", "b"))
    assert [result.code for result in found] == [0, 0, 2]
    assert "já existe e não é um índice de carteiras; mude --output" in found[2].message
    assert {n: t for n, t in contents(house.output).items() if "/" not in n} == {taken: b"{}"}


def test_a_run_cannot_be_called_like_the_index(house):
    for name in ("index.html", "Index.JSON"):
        (house.folder / "x.yml").write_text(f"run_name: {name}\n")
        (found,) = house.run(house.folder / "x.yml")
        assert (found.code, "é o nome do índice das carteiras" in found.message) == (2, True)


def test_an_index_that_cannot_be_written_is_said_and_the_portfolios_stand(house, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(overview.Index, "_write", full)
    found = house.run(*house.params("a", "b"))
    assert [result.code for result in found] == [0, 0, 2]
    assert "índice não gravado" in found[2].message
    assert (house.output / "b" / "index.html").exists()


def test_folders_that_are_no_runs_are_left_out_and_a_torn_record_breaks_nothing(house):
    for name, text in {
        "torn": "{",
        "other": '{"a": 1}',
        "list": "[]",
        "odd": '{"notebooks": {"x": 1}, "as_of": 7}',
    }.items():
        (house.output / name).mkdir(parents=True)
        (house.output / name / "run.json").write_text(text)
        (house.output / name / "index.html").write_text("")
    house.run(*house.params("a", "b"))
    assert "3 carteiras : 3 completas." in house.index  # with `odd`, of which little is known


def test_a_secret_in_what_was_refused_stays_out_of_the_index(house, monkeypatch):
    monkeypatch.setenv("PG_PW", "s3nh@")
    text = 'sources: {orders: {url: "pg://bi:${PG_PW}@h/crm"}}\n'
    house.does[("a", "01_limpeza")] = Failure("DataError", "pg://bi:s3nh@@h/crm não responde", 2)
    house.run(*house.params("a", text=text), *house.params("b"))
    house.run(house.folder / "b.yml")
    written = (house.output / "index.html").read_text(encoding="utf-8") + (house.output / "index.json").read_text()
    assert "s3nh" not in written
    (house.folder / "a.yml").write_text('run_name: a\nsources: "pg://bi:s3nh4@h/crm"\n')
    house.run(*[house.folder / f"{name}.yml" for name in "ab"])
    assert "s3nh" not in (house.output / "index.html").read_text(encoding="utf-8")


def test_the_index_speaks_the_language_that_all_portfolios_speak(house):
    house.run(*house.params("a", "b", text="language: en\n"))
    assert "2 portfolios : 2 complete." in house.index
    assert 'lang="en"' in (house.output / "index.html").read_text(encoding="utf-8")
    house.run(*house.params("a", text="language: en\n"), *house.params("b"))
    assert "2 carteiras" in house.index


# ---- the page


def figures(clients=10, revenue=1000.0, risk=None, horizon=60.0, **others) -> dict[str, float]:
    found = {"portfolio_clients": clients, "net_revenue_365d": revenue, "horizon_days": horizon}
    return found | ({} if risk is None else {"revenue_at_risk": risk}) | others


def page(folder: Path, *portfolios: Portfolio, language: str = "pt-BR") -> BeautifulSoup:
    write_overview(portfolios, folder / "index.html", language)
    return BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")


def rows(soup: BeautifulSoup) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True).replace("\xa0", " ") for cell in row.select("th, td")]
        for row in soup.select("tbody tr")
    ]


def test_the_most_at_risk_comes_first_and_the_sums_are_of_what_adds_up(tmp_path):
    soup = page(
        tmp_path,
        Portfolio("z", "z", figures=figures(5, 100.0)),
        Portfolio("a", "a", figures=figures(10, 2000.0, 50.0, nps=-5.4, likely_goals=2, judged_goals=3)),
        Portfolio("b", "b", figures=figures(20, 1000.0, 400.0, nps=30.0, likely_goals=0, judged_goals=1)),
    )
    assert rows(soup) == [
        ["b", "20", "R$ 1 mil", "R$ 400 em 60 dias", "30", "0 de 1", "–"],
        ["a", "10", "R$ 2 mil", "R$ 50 em 60 dias", "−5", "2 de 3", "–"],
        ["z", "5", "R$ 100", "–", "–", "–", "–"],
        ["Todas", "35", "R$ 3,1 mil", "R$ 450 em 60 dias", "–", "2 de 4", ""],
    ]
    said = soup.select_one(".output").get_text(" ").replace("\xa0", " ")
    assert "Juntas, as 3 carteiras em BRL têm 35 clientes e R$ 3,1 mil de receita em 12 meses" in said
    assert "com R$ 450 em risco, mais da metade em b. De 1 não há previsão." in said


def test_money_of_two_currencies_or_two_horizons_is_not_added_up(tmp_path):
    soup = page(
        tmp_path,
        Portfolio("a", "a", figures=figures(1, 10.0, 1.0, 60.0)),
        Portfolio("b", "b", figures=figures(1, 10.0, 2.0, 90.0)),
        Portfolio("c", "c", currency="USD", figures=figures(1, 10.0, 9.0)),
    )
    assert [row[0] for row in rows(soup)] == ["b", "a", "Todas", "c"]
    assert rows(soup)[2][3] == "–"
    assert [caption.get_text() for caption in soup.select("caption")] == [
        "2 carteiras em BRL, da maior receita em risco para a menor",
        "1 carteira em USD, da maior receita em risco para a menor",
    ]


def test_names_and_errors_of_the_data_are_text_and_addresses_are_safe(tmp_path):
    bad = "<script>alert(1)</script>"
    soup = page(tmp_path, Portfolio("ação & cia", "ação & cia", incomplete=bad), Portfolio(bad, refused=bad))
    assert soup.select("script") == []
    assert soup.select_one("tbody a")["href"] == "a%C3%A7%C3%A3o%20%26%20cia/index.html"
    assert bad in soup.get_text()


def test_figures_that_are_no_numbers_are_dashes(tmp_path):
    odd = {
        "active_clients": "x",
        "late_clients": 1,
        "net_revenue_365d": float("nan"),
        "nps": True,
        "judged_goals": None,
    }
    assert rows(page(tmp_path, Portfolio("a", "a", figures=odd)))[0][1:] == ["–"] * 6


def test_the_page_has_no_script_a_policy_and_headers_with_scopes(tmp_path):
    soup = page(tmp_path, Portfolio("a", "a", figures=figures()), Portfolio("b", "b", figures=figures()), language="en")
    assert soup.select("script, link, img") == []
    assert "default-src 'none'" in str(soup.select_one('meta[http-equiv="Content-Security-Policy"]'))
    assert {cell.get("scope") for cell in soup.select("th")} == {"col", "row"}
    words = soup.get_text(" ")
    assert not re.search(r"[ãçõé]", words)


def test_an_error_without_a_file_is_told_by_what_was_asked_for():
    error = ParamsError("pasta", ["vazia"])
    (job,) = runner._jobs([error], runner.Options())
    assert (job.name, job.result.line) == ("pasta", "pasta: recusada: vazia")
