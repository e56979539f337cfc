"""Pages that open anywhere, hold whatever the data hold, and read well; exports that open as they should."""

import copy
import csv
import json
import re
import zipfile
from datetime import date
from itertools import pairwise

import nbformat
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from python_calamine import CalamineWorkbook

from carteira_lib import language, plots, report, show
from carteira_lib.report import cells, exports, sanitise
from tests import sample_notebook as sample
from tests.test_show import HOSTILE, assert_harmless

HEADER = report.Header(run_name="Distribuidora <demo>", as_of=date(2026, 10, 31), source="60.855 linhas em 12 arquivos")


@pytest.fixture(scope="module")
def notebook():
    return sample.notebook()


@pytest.fixture(scope="module")
def page(notebook):
    return report.render(notebook, header=HEADER)


@pytest.fixture(scope="module")
def soup(page):
    return BeautifulSoup(page, "html.parser")


def hostile_notebook():
    """Every hostile text in every place where data can reach a page."""
    texts = list(HOSTILE.values())
    with sample.captured() as outputs:
        show.table(pd.DataFrame(dict.fromkeys(texts, texts) | {"sector": texts}), texts[0], rows=99)
        show.cards([(text, text, text) for text in texts])
        show.sentences([show.literal(text) for text in texts] + texts)
        for text in texts[:3]:
            show.figure(plots.bars(pd.Series({text: 1.0}), title=text))
    extra = [sample.code("x", *outputs, tags=["conclusions"])]
    for text in texts:
        raw = [
            nbformat.v4.new_output("display_data", data={kind: text})
            for kind in (
                "text/html",
                "text/markdown",
                "text/plain",
                "image/svg+xml",
                "image/png",
                "application/javascript",
            )
        ]
        picture = {"image/png": "iVBORw0KGgo=" * 4, "text/plain": text}
        raw.append(
            nbformat.v4.new_output("display_data", data=picture, metadata={"image/png": {"alt": text, "width": 5}})
        )
        raw += [nbformat.v4.new_output("stream", name=name, text=text) for name in ("stdout", "stderr")]
        extra += [sample.markdown(f"## {text}"), sample.markdown(text), sample.code(text, *raw)]
    errors = [sample.code("boom", sample.error(name, text)) for text in texts for name in ("DataError", text)]
    return nbformat.v4.new_notebook(
        cells=[sample.markdown(f"# {texts[0]}\n\n{texts[1]}"), *extra, *errors], metadata={"title": texts[0]}
    )


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_nothing_active_survives_hostile_data(code, tmp_path):
    names = {f"0{i}_x": hostile_notebook() for i in range(1)}
    header = report.Header(run_name=HOSTILE["script"], source=HOSTILE["image"], language=code)
    report.write_pages(names, tmp_path, header)
    files = sorted(tmp_path.glob("*.html"))
    assert [file.name for file in files] == ["00_x.html", "index.html"]
    for file in files:
        markup = file.read_text(encoding="utf-8")
        head, main = markup.split("</head>")
        assert_harmless(main)
        assert_harmless(head, allowed={"style", "meta"})
        assert "\x00" not in markup
        assert "\x1b" not in markup
        assert "49" not in BeautifulSoup(main, "html.parser").main.get_text().replace("{{7*7}}", "")


def test_the_page_needs_nothing_from_outside(page):
    soup = BeautifulSoup(page, "html.parser")
    assert not soup.find_all(["script", "link", "iframe"])
    assert "url(" not in page
    assert "@import" not in page
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert policy.startswith("default-src 'none'; img-src data:;")
    assert all(img["src"].startswith("data:image/png;base64,") for img in soup.find_all("img"))


def test_the_page_without_figures_is_light(page):
    assert len(re.sub(r'src="data:[^"]+"', "", page).encode()) < 150_000


def test_the_page_says_of_what_and_when_it_is(soup):
    assert soup.html["lang"] == "pt-BR"
    assert "31/10/2026" in soup.header.get_text()
    assert "Distribuidora <demo>" in soup.header.get_text()
    assert "60.855 linhas em 12 arquivos" in soup.footer.get_text()
    assert soup.title.get_text() == "Carteira: quem compra, quem parou · Distribuidora <demo>"


def test_headings_descend_by_one_and_ids_are_unique(soup):
    levels = [int(h.name[1]) for h in soup.main.find_all(re.compile("^h[1-6]$"))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    ids = [e["id"] for e in soup.select("[id]")]
    assert len(ids) == len(set(ids))


def test_contents_list_leads_to_every_second_level_heading(soup):
    links = [a["href"].removeprefix("#") for a in soup.select("nav.contents a")]
    assert links == [h["id"] for h in soup.main.select("h2")]
    assert soup.select_one("a.skip")["href"] == "#content"


def test_two_headings_of_the_same_words_get_ids_of_their_own():
    twice = sample.notebook(
        extra=[sample.markdown("## Limites"), sample.markdown("# Limites"), sample.markdown("#### Fundo")]
    )
    soup = BeautifulSoup(report.render(twice), "html.parser")
    assert [h["id"] for h in soup.main.select("h2")][-2:] == ["limites-2", "limites-3"]
    assert soup.main.find("h3", string="Fundo")


def test_every_figure_has_its_numbers_in_words_and_its_size(soup):
    pictures = soup.select("main figure img")
    assert len(pictures) == 2
    assert pictures[0]["alt"] == (
        "Quase metade dos clientes está ativa. Clientes. ativos: 512; quase inativos: 88; inativos: 403; fora da carteira: 197."
    )
    assert pictures[0]["width"] == "576"
    assert int(pictures[0]["height"]) > 100


def test_every_table_has_caption_scopes_and_a_named_region_that_scrolls(soup):
    for table in soup.select("main table"):
        assert table.caption.get_text(strip=True)
        assert all(th.get("scope") for th in table.select("th"))
        region = table.parent
        assert (region["role"], region["tabindex"]) == ("region", "0")
    names = [e["aria-label"] for e in soup.select("[role=region]")]
    assert len(names) == len(set(names))


def test_a_data_frame_shown_as_it_is_becomes_accessible_too():
    markup = pd.DataFrame({"a": [1]}, index=["x"]).to_html()
    output = nbformat.v4.new_output("execute_result", data={"text/html": markup}, execution_count=1)
    soup = BeautifulSoup(
        report.render(sample.notebook(extra=[sample.code("df", output), sample.code("df", output)])), "html.parser"
    )
    last = soup.select("main table")[-1]
    assert [(c.name, c.get("scope")) for c in last.select("thead tr > *")] == [("td", None), ("th", "col")]
    assert [e["aria-label"] for e in soup.select("[role=region]")][-2:] == ["Tabela 2", "Tabela 3"]


def test_code_is_folded_and_parameters_are_hidden(soup):
    text = soup.main.get_text()
    assert "último dia considerado" not in text
    assert "as_of = '2026-10-31'" not in text
    assert all(pre.find_parent("details") for pre in soup.select("main pre"))
    assert not soup.select("details[open]")


def test_money_in_prose_is_no_formula(soup):
    paragraph = next(p for p in soup.select("main p") if "próprio ritmo" in p.get_text())
    assert paragraph.get_text() == "Ativo é quem compra no seu próprio ritmo: de R$ 10 a R$ 20 por dia."
    assert paragraph.strong.get_text() == "R$ 20"


def test_print_and_phone_have_rules_of_their_own(page):
    css = page.split("<style>")[1].split("</style>")[0]
    assert "@media print" in css
    assert "size:A4" in css
    assert "@media (max-width:" in css
    assert "display:none" in css.split("@media print")[1]


def english(monkeypatch, blocks):
    """A catalogue that has an English of every block: the block's number."""
    catalogue = {
        block: f"English {i}" if not block.startswith("#") else f"## English {i}" for i, block in enumerate(blocks)
    }
    catalogue[blocks[0]] = "# English 0"
    own = language._catalogue
    monkeypatch.setattr(language, "_catalogue", lambda code: {**own(code), **catalogue} if code == "en" else {})


def test_the_english_page_has_no_portuguese_sentence(monkeypatch, notebook):
    blocks = sample.sentences_of(notebook.cells)
    english(monkeypatch, blocks)
    text = BeautifulSoup(report.render(notebook, language="en"), "html.parser")
    assert text.html["lang"] == "en"
    prose = " ".join(e.get_text(" ", strip=True) for e in text.select("section.text"))
    for i, block in enumerate(blocks):
        assert f"English {i}" in prose
        assert re.sub(r"[*#\\`]", "", block).strip() not in prose


def failed(name, message):
    broken = sample.notebook()
    broken.cells[8].outputs = [sample.error(name, message)]
    for cell in broken.cells[9:]:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return broken


def test_a_refusal_of_the_data_is_shown_where_it_happened_without_a_traceback():
    soup = BeautifulSoup(report.render(failed("DataError", "Faltam colunas\n  - order_date: ausente")), "html.parser")
    box = soup.select_one("#failure")
    assert box.find_previous("h2").get_text() == "Quantos clientes estão em cada situação?"
    assert "- order_date: ausente" in box.get_text()
    assert "DataError" not in box.get_text()
    assert "Traceback" not in soup.get_text()
    assert "Esta página está incompleta. Faltam colunas" in soup.select_one(".banner").get_text()
    assert [p.get_text() for p in soup.select(".not-run")] == ["Não executado.", "Não executado."]


def test_another_error_keeps_its_traceback_folded():
    soup = BeautifulSoup(report.render(failed("KeyError", "'x'")), "html.parser")
    assert "KeyError: 'x'" in soup.select_one("#failure .message").get_text()
    assert "Traceback" in soup.select_one("#failure details").get_text()
    assert "[31m" not in soup.get_text()


def test_papermills_own_banners_are_left_out():
    notebook = failed("KeyError", "x")
    banner = sample.markdown('<span style="color:red">An Exception was encountered</span>')
    banner.metadata["tags"] = ["papermill-error-cell-tag"]
    notebook.cells.insert(0, banner)
    assert "An Exception" not in report.render(notebook)


def test_a_notebook_that_never_ran_says_so(notebook):
    unrun = copy.deepcopy(notebook)
    for cell in unrun.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert "Este caderno não foi executado." in report.render(unrun)


def test_rendering_leaves_the_notebook_alone(notebook):
    before = copy.deepcopy(notebook)
    report.render(notebook)
    assert notebook == before


def test_finding_is_the_first_clause_of_the_conclusions(notebook):
    assert report.finding(notebook) == "512 clientes compram no próprio ritmo e somam R$ 18,3 mi"
    assert report.finding(nbformat.v4.new_notebook()) == ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, notebook):
    """Three pages, one of them failed, from files as the runner leaves them."""
    folder = tmp_path_factory.mktemp("pages")
    files = {"01_limpeza": notebook, "02_carteira": failed("DataError", "Faltam colunas"), "08_resumo": notebook}
    for name, content in files.items():
        (folder / f"{name}.ipynb").write_text(nbformat.writes(content), encoding="utf-8")
    report.write_pages({name: folder / f"{name}.ipynb" for name in files}, folder, HEADER)
    return folder


def test_the_index_starts_with_the_summary_and_names_each_page(folder):
    index = BeautifulSoup((folder / "index.html").read_text(encoding="utf-8"), "html.parser")
    assert index.select_one(".card-value").get_text() == "600"
    assert "512 clientes compram" in index.select_one(".output.text").get_text()
    assert [a["href"] for a in index.select(".page-cards h3 a")] == [
        "01_limpeza.html",
        "02_carteira.html",
        "08_resumo.html",
    ]
    cards = [li.get_text(" ", strip=True) for li in index.select(".page-cards li")]
    assert "Quem está na carteira ativa, e quem está saindo dela?" in cards[0]
    assert "512 clientes compram no próprio ritmo e somam R$ 18,3 mi." in cards[0]
    assert "Incompleta. Faltam colunas" in cards[1]
    assert "Páginas que não chegaram ao fim: Carteira." in index.get_text()
    ids = [e["id"] for e in index.select("[id]")]
    assert len(ids) == len(set(ids))


def test_pages_lead_to_each_other_and_mark_the_current_one(folder):
    page = BeautifulSoup((folder / "02_carteira.html").read_text(encoding="utf-8"), "html.parser")
    assert [a["href"] for a in page.select("nav.steps a")] == ["01_limpeza.html", "08_resumo.html"]
    current = page.select("nav.pages a[aria-current=page]")
    assert [a["href"] for a in current] == ["02_carteira.html"]
    for link in page.select("nav.pages a"):
        assert (folder / link["href"]).exists()


def test_links_to_notebooks_lead_to_the_pages_of_the_run_and_nowhere_else(tmp_path):
    text = "[risco](04_churn.ipynb), [metas](07_metas.ipynb), [fora](../x/04_churn.ipynb), [site](https://a.b/c.ipynb)"
    made = {
        name: nbformat.v4.new_notebook(cells=[sample.markdown(f"# A\n\n{text}")]) for name in ("04_churn", "08_resumo")
    }
    report.write_pages(made, tmp_path, HEADER)
    page = BeautifulSoup((tmp_path / "08_resumo.html").read_text(encoding="utf-8"), "html.parser")
    assert [a["href"] for a in page.main.select("p a")] == ["04_churn.html", "https://a.b/c.ipynb"]
    assert "risco, metas, fora, site" in page.main.get_text()


def test_pages_are_written_whole_or_not_at_all(folder):
    assert not [f.name for f in folder.iterdir() if f.suffix not in {".html", ".ipynb"}]


def test_an_index_of_nothing_is_still_a_page(tmp_path):
    assert "Data-base desconhecida" in report.write_pages({}, tmp_path, report.Header()).read_text(encoding="utf-8")


def test_classes_of_the_page_cannot_be_borrowed():
    assert sanitise.clean('<p class="failure banner num">a</p>') == '<p class="num">a</p>'
    for name in ("day", "long", "num", "prose"):  # those of `show.table`, which give the columns their widths
        assert sanitise.clean(f'<p class="{name}">a</p>') == f'<p class="{name}">a</p>'


def test_code_spans_keep_their_dollars():
    assert sanitise.without_math("`R$ 1` e R$ 2\n```\n$x\n```") == "`R$ 1` e R\\$ 2\n```\n$x\n```"


TABLE = pd.DataFrame(
    {
        "customer_id": ["00012", "=1+1"],
        "name": ["@Loja", 'Ação & Cia; "aspas"'],
        "person_type": ["PF", "PJ"],
        "status": ["active", "late"],
        "frequency": [3, 4],
        "last_order_date": pd.to_datetime(["2026-10-31", None]),
        "silence_cycles": [1.5, float("nan")],
        "net_revenue": [-1234.567, float("inf")],
        "renewal_due": [True, False],
        "tax_id": ["123.456.789-09", None],
    }
)


def exported(tmp_path, frame=TABLE, **kwargs):
    xlsx, text = report.export(frame, tmp_path / "exports" / "portfolio", title="Carteira", **kwargs)
    return xlsx, text


def test_csv_by_hand_for_brazil(tmp_path):
    _, path = exported(tmp_path)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0][:4] == ["Cliente", "Nome", "Tipo de pessoa", "Situação"]
    assert rows[1] == [
        "00012",
        "'@Loja",
        "pessoa física",
        "ativo",
        "3",
        "31/10/2026",
        "1,5",
        "-1234,57",
        "sim",
        "***.456.789-**",
    ]
    assert rows[2] == ["'=1+1", 'Ação & Cia; "aspas"', "pessoa jurídica", "quase inativo", "4", "", "", "", "não", ""]


def test_csv_by_hand_in_english(tmp_path):
    _, path = exported(tmp_path, language="en")
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[1][4:8] == ["3", "2026-10-31", "1.5", "-1234.57"]


def test_xlsx_holds_types_not_pictures_of_them(tmp_path):
    path, _ = exported(tmp_path)
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("Carteira").to_python()
    assert sheet[0][7] == "Receita líquida (R$)"
    assert sheet[1][:9] == ["00012", "@Loja", "pessoa física", "ativo", 3.0, date(2026, 10, 31), 1.5, -1234.57, "sim"]
    assert sheet[2][:2] == ["=1+1", 'Ação & Cia; "aspas"']
    with zipfile.ZipFile(path) as book:
        xml = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in xml
    assert "<hyperlink" not in xml
    assert '<autoFilter ref="A1:J3"/>' in xml
    assert 'state="frozen"' in xml


def test_exports_are_the_same_bytes_each_time(tmp_path):
    first = [path.read_bytes() for path in exported(tmp_path / "a")]
    assert first == [path.read_bytes() for path in exported(tmp_path / "b")]


@pytest.mark.parametrize("start", exports.FORMULA_START)
def test_no_text_becomes_a_formula(start):
    assert exports.neutralised(f"{start}1") == f"'{start}1"
    assert exports.neutralised(f" {start}1").startswith("'")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_survives_an_export(name, tmp_path):
    text = HOSTILE[name]
    frame = pd.DataFrame({text: [text, "x" * 40_000]})
    xlsx, path = report.export(frame, tmp_path / "x", title=text)
    assert CalamineWorkbook.from_path(xlsx).get_sheet_by_index(0).to_python()[1][0].strip()
    cells_read = next(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()[1:], delimiter=";"))
    assert not cells_read[0].startswith(exports.FORMULA_START)


def test_a_table_without_rows_is_exported_with_its_headers(tmp_path):
    xlsx, path = exported(tmp_path, TABLE.head(0))
    assert CalamineWorkbook.from_path(xlsx).get_sheet_by_index(0).to_python()[0][0] == "Cliente"
    assert path.read_text(encoding="utf-8-sig").count("\n") == 1


def test_too_many_rows_for_a_spreadsheet_are_written_as_csv_only(tmp_path, monkeypatch):
    report.export(TABLE, tmp_path / "portfolio")
    monkeypatch.setattr(exports, "XLSX_ROWS", 1)
    assert [path.name for path in report.export(TABLE, tmp_path / "portfolio")] == ["portfolio.csv"]
    assert not (tmp_path / "portfolio.xlsx").exists()


def test_an_export_that_fails_leaves_the_earlier_file(tmp_path, monkeypatch):
    xlsx, path = exported(tmp_path)
    before = path.read_bytes(), xlsx.read_bytes()
    monkeypatch.setattr(pd.DataFrame, "to_csv", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        exported(tmp_path, TABLE.head(1))
    assert (path.read_bytes(), xlsx.read_bytes()) == before
    assert sorted(f.name for f in path.parent.iterdir()) == ["portfolio.csv", "portfolio.xlsx"]


def test_only_report_loads_nbconvert_and_only_when_it_renders():
    import subprocess
    import sys

    program = "import sys, json; from carteira_lib import show, plots, report; print(json.dumps([m for m in ('nbconvert','nbformat','jinja2','bs4') if m in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_the_body_of_a_page_tells_its_parts(notebook):
    body = cells.body(notebook, "pt-BR")
    assert body.question == "Quem está na carteira ativa, e quem está saindo dela?"
    assert body.failed == ""
    assert "600" in body.key_figures


def test_sheets_are_one_per_part_under_names_that_excel_takes(tmp_path):
    frame = pd.DataFrame({"customer_id": ["0007"], "rank": [1]})
    parts = {"Ana/Bia": frame, "ANA Bia": frame.head(0), "x" * 40: frame, "x" * 50: frame}
    path = report.export_sheets(parts, tmp_path / "lista.xlsx", columns=["rank", "customer_id"])
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names == ["Ana Bia", "ANA Bia (2)", "x" * 31, "x" * 27 + " (2)"]
    assert book.get_sheet_by_index(0).to_python()[1] == [1.0, "0007"]
    assert len(book.get_sheet_by_index(1).to_python()) == 1
    again = report.export_sheets(parts, tmp_path / "outra" / "lista.xlsx", columns=["rank", "customer_id"])
    assert again.read_bytes() == path.read_bytes()
    empty = report.export_sheets({}, tmp_path / "vazia.xlsx", columns=["rank", "customer_id"])
    assert len(CalamineWorkbook.from_path(empty).sheet_names) == 1


def test_a_calendar_holds_a_day_for_each_appointment_and_nothing_that_breaks_its_lines(tmp_path):
    rows = [("20261031-1", pd.Timestamp("2026-11-30"), "Cliente 1; oferta, nova", "Ana\nBEGIN:VEVENT" + " ã" * 60)]
    frame = pd.DataFrame(rows, columns=["uid", "day", "summary", "description"])
    path = report.export_calendar(frame, tmp_path / "agenda.ics", stamp=pd.Timestamp("2026-10-31"))
    lines = path.read_bytes().decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    assert (lines[0], lines[-2], lines[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
    assert [line for line in lines if line.startswith(("DTSTART", "DTEND", "SUMMARY", "BEGIN:VEVENT"))] == [
        "BEGIN:VEVENT", "DTSTART;VALUE=DATE:20261130", "DTEND;VALUE=DATE:20261201", "SUMMARY:Cliente 1\\; oferta\\, nova",
    ]  # fmt: skip
    unfolded = path.read_bytes().decode().replace("\r\n ", "")
    assert "DESCRIPTION:Ana BEGIN:VEVENT" in unfolded


def test_a_list_keeps_the_mark_of_its_own_page_through_the_sanitiser():
    assert "own-page" in sanitise.clean('<table class="mathjax_ignore own-page"><tr><td>x</td></tr></table>')
