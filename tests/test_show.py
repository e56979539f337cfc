"""What a notebook displays: every number in the text, nothing active in the HTML, the same bytes for the same figure."""

import base64
import io

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from PIL import Image

from carteira_lib import plots, show
from tests.sample_notebook import MOVEMENT, PORTFOLIO, captured

HOSTILE = {
    "script": "<script>window.__w=1</script>",
    "image": '"><img src=x onerror="window.__w=2">',
    "link": "[x](javascript:window.__w=3)",
    "anchor": "<a href='javascript:window.__w=4'>x</a>",
    "svg": "<svg onload=window.__w=5><animate onbegin=window.__w=5></svg>",
    "frame": "<iframe srcdoc='<script>parent.__w=6</script>'></iframe>",
    "template": "{{7*7}}{% raw %}${7*7}<%= 7*7 %>",
    "formula": '=HYPERLINK("http://example.com","x")',
    "closing": "</td></tr></table></style></title><script>window.__w=7</script>",
    "comment": "<!-- --><script>window.__w=8</script><!--",
    "cdata": "]]><script>window.__w=9</script>",
    "entities": "&lt;script&gt;window.__w=10&lt;/script&gt;&#60;img src=x onerror=1&#62;",
    "ansi": "\x1b[31mred\x1b[0m\x1b]8;;javascript:1\x07x",
    "emoji": "🚀👩‍👩‍👧 ❤️",
    "rtl": "\u202egnp.exe\u202c שלום",
    "nul": "a\x00b\x0b\x85",
    "long": "x" * 500,
    "quotes": "\"'`´''\" \\ \\\\",
    "money": "R$ 1 e R$ 2 $x^2$ \\(y\\) \\[z\\]",
    "markdown": "# a\n- b\n> c\n![x](http://example.com/a.png) <http://example.com> **d** `e` | f |",
}
ACTIVE = ("script", "iframe", "object", "embed", "svg", "style", "link", "meta", "base", "form", "math")


def assert_harmless(markup, allowed=()):
    """Parsed as a browser would: no element that runs or loads, no handler, no scripted address."""
    soup = BeautifulSoup(markup, "html.parser")
    assert [e.name for e in soup.find_all(ACTIVE) if e.name not in allowed] == []
    for element in soup.find_all(True):
        assert not [name for name in element.attrs if name.startswith("on") or name in {"srcdoc", "srcset", "action"}]
        for name in ("href", "src"):
            address = str(element.get(name, "")).strip().lower()
            assert not address.startswith(("javascript:", "vbscript:", "data:text", "data:image/svg+xml,"))
            assert name == "href" or address == "" or address.startswith("data:image/")


def data(output, kind):
    return output["data"][kind]


def shown(function, *args, **kwargs):
    with captured() as outputs:
        function(*args, **kwargs)
    assert len(outputs) == 1
    return outputs[0]


def test_table_by_hand():
    frame = PORTFOLIO.head(2)[
        ["customer_id", "status", "last_order_date", "own_cycle_days", "net_revenue_365d", "renewal_due"]
    ]
    text = data(shown(show.table, frame, "Clientes"), "text/plain").replace("\xa0", " ")
    assert text.splitlines() == [
        "Clientes",
        "Cliente  Situação       Última compra  Ciclo próprio (dias)  Receita em 12 meses  A renovar",
        "00001    ativo          01/06/2026                     10,0          R$ 1.234,56  sim",
        "00002    quase inativo  02/06/2026                     12,3        R$ 107.800,21  não",
    ]


def test_table_in_english_by_hand():
    frame = PORTFOLIO.head(1)[["last_order_date", "own_cycle_days", "net_revenue_365d"]]
    text = data(shown(show.table, frame, "Clients", language="en"), "text/plain")
    assert text.splitlines()[-1].split("  ")[0] == "Jun 1, 2026"
    assert text.splitlines()[-1].endswith("R$1,234.56")


def test_table_markup_has_caption_and_scopes():
    table = BeautifulSoup(data(shown(show.table, PORTFOLIO, "Clientes"), "text/html"), "html.parser").table
    assert table.caption.get_text() == "Clientes"
    assert {th["scope"] for th in table.select("thead th")} == {"col"}
    assert {th["scope"] for th in table.select("tbody th")} == {"row"}
    assert "mathjax_ignore" in table["class"]


def test_long_tables_show_the_first_rows_and_say_how_many_there_are():
    output = shown(show.table, PORTFOLIO, "Clientes", rows=5)
    assert "Mostrando 5 de 23 linhas." in data(output, "text/plain")
    assert "Mostrando 5 de 23 linhas." in data(output, "text/html")
    assert "00005" in data(output, "text/plain")
    assert "00006" not in data(output, "text/plain")


@pytest.mark.parametrize("frame", [PORTFOLIO.head(0), pd.DataFrame()], ids=["no rows", "no columns"])
def test_an_empty_table_says_so(frame):
    assert "Nenhuma linha." in data(shown(show.table, frame, "Clientes"), "text/plain")
    assert "<strong>Clientes.</strong> Nenhuma linha." in data(shown(show.table, frame, "Clientes"), "text/html")
    assert data(shown(show.table, frame, "Nada falta."), "text/html").endswith("<strong>Nada falta.</strong></p>")


def test_the_contract_is_that_of_the_whole_table():
    text = data(shown(show.table, MOVEMENT.head(1), "Movimento", columns=["month", "new"]), "text/plain")
    assert text.splitlines()[1:] == ["Mês       Entraram (clientes)", "nov/2025                   10"]


def test_columns_outside_the_contracts_go_by_name_and_type():
    frame = pd.DataFrame(
        {"Meu campo": ["<b>"], "x": [1.25], "n": [3], "d": pd.to_datetime(["2026-01-02"]), "f": [True]}
    )
    lines = data(shown(show.table, frame, "t"), "text/plain").splitlines()
    assert lines[1].split() == ["Meu", "campo", "x", "n", "d", "f"]
    assert lines[2].split() == ["<b>", "1,2", "3", "02/01/2026", "sim"]


def test_columns_of_dashes_alone_are_left_out_but_not_the_first():
    frame = pd.DataFrame({"a": [None, None], "b": ["x", None], "c": [None, None]})
    assert data(shown(show.table, frame, "t"), "text/plain").splitlines()[1].split() == ["a", "b"]


def test_sentences_in_a_table_get_a_column_of_their_own_width():
    frame = pd.DataFrame({"a": ["x"], "b": ["palavra " * 9], "c": ["curto"]})
    soup = BeautifulSoup(data(shown(show.table, frame, "t"), "text/html"), "html.parser")
    assert [cell.get("class") for cell in soup.select("tbody td")] == [["prose"], None]


def test_figures_that_are_none_leave_their_sentences():
    assert "Faltou x." in data(shown(show.figures, [], otherwise=["Faltou x."]), "text/plain")


def test_missing_and_infinite_values_are_dashes():
    frame = pd.DataFrame(
        {"net_revenue": [np.nan, np.inf, 0.004, -1.5], "frequency": pd.array([1, None, 2, 3], dtype="Int64")}
    )
    lines = data(shown(show.table, frame, "t"), "text/plain").replace("\xa0", " ").splitlines()[2:]
    assert [line.split() for line in lines] == [["–", "1"], ["–", "–"], ["R$", "0,00", "2"], ["−R$", "1,50", "3"]]


def test_money_without_cents_is_rounded_and_keeps_its_thousands():
    frame = pd.DataFrame({"net_revenue": [1234.56, 1000.4, 0.0]})
    text = data(shown(show.table, frame, "t", cents=False), "text/plain").replace("\xa0", " ")
    assert [line.strip() for line in text.splitlines()[2:]] == ["R$ 1.235", "R$ 1.000", "R$ 0"]


def test_people_are_masked_and_companies_are_not():
    text = data(shown(show.table, PORTFOLIO.head(2), "t"), "text/plain")
    assert "M. S. L." in text
    assert "Maria" not in text
    assert "Elétrica São João Ltda" in text
    assert "Maria de Souza Lima" in data(shown(show.table, PORTFOLIO.head(2), "t", mask_people=False), "text/plain")


def test_names_without_the_kind_of_person_cannot_be_masked_and_are_refused():
    with pytest.raises(ValueError, match="person_type"):
        shown(show.table, PORTFOLIO[["customer_id", "name"]], "t")


def test_prospects_that_are_people_are_masked_like_clients():
    prospects = PORTFOLIO.head(2).rename(columns={"customer_id": "prospect_id"})
    text = data(shown(show.table, prospects, "t", columns=["name"]), "text/plain")
    assert text.splitlines()[1:] == ["Nome", "Elétrica São João Ltda", "M. S. L."]


def test_people_are_masked_by_a_kind_that_is_not_shown_itself():
    text = data(shown(show.table, PORTFOLIO.head(2), "t", columns=["name"]), "text/plain")
    assert text.splitlines()[1:] == ["Nome", "Elétrica São João Ltda", "M. S. L."]
    assert "00001" in data(
        shown(show.table, PORTFOLIO[["customer_id", "name"]], "t", columns=["customer_id"]), "text/plain"
    )


def test_several_figures_are_several_outputs():
    with captured() as outputs:
        show.figures(plots.bars(pd.Series({"a": n}), title="t") for n in range(2))
    assert [data(output, "text/plain") for output in outputs] == ["t. a: 0.", "t. a: 1."]


def test_personal_codes_are_always_masked():
    frame = pd.DataFrame(
        {"tax_id": ["123.456.789-09", None], "E-mail": ["ana@x.com", ""], "Telefone": ["(11) 98765-4321", "1"]}
    )
    for output in (
        data(shown(show.table, frame, "t", mask_people=False), kind) for kind in ("text/plain", "text/html")
    ):
        assert "***.456.789-**" in output
        assert "a***@***" in output
        assert not {"123.456", "ana@", "98765"} & {part for part in ("123.456", "ana@", "98765") if part in output}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_a_table_stays_text(name):
    text = HOSTILE[name]
    frame = pd.DataFrame({"sector": [text], text: [1]})
    output = shown(show.table, frame, text)
    assert_harmless(data(output, "text/html"))
    cell = BeautifulSoup(data(output, "text/html"), "html.parser").tbody.th.get_text()
    assert cell == (show.plain(text) if len(text) <= 160 else text[:159] + "…")
    assert not set(data(output, "text/plain")) & set("\x00\x1b\u202e\x85")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_cards_stays_text(name):
    text = HOSTILE[name]
    output = shown(show.cards, [(text, text, text)])
    assert_harmless(data(shown(show.cards, [show.Figure(text, text, text, text)]), "text/html"))
    assert_harmless(data(output, "text/html"))
    assert len(BeautifulSoup(data(output, "text/html"), "html.parser").select(".card *")) == 3


def test_cards_by_hand():
    output = shown(show.cards, [("Clientes", "600", "512 ativos"), ("Receita", "R$ 2 mi", "")])
    assert data(output, "text/plain") == "Clientes: 600 (512 ativos)\nReceita: R$ 2 mi"
    dl = BeautifulSoup(data(output, "text/html"), "html.parser").dl
    assert [e.name for e in dl.select(".card > *")] == ["dt", "dd", "dd", "dt", "dd"]


def test_sentences_and_cards_lead_to_the_page_that_tells_more():
    told = shown(
        show.sentences, [show.Sentence("**12** param.", "04_churn", "Ver o <risco>"), show.Sentence("Só isto.")]
    )
    assert data(told, "text/plain") == "- 12 param.\n- Só isto."
    assert [str(li) for li in BeautifulSoup(data(told, "text/html"), "html.parser").find_all("li")] == [
        '<li><strong>12</strong> param. <a href="04_churn.ipynb">Ver o &lt;risco&gt;</a></li>',
        "<li>Só isto.</li>",
    ]
    cards = shown(show.cards, [show.Figure("Risco", "12", "de 20", "04_churn"), show.Figure("Receita", "5", "")])
    assert data(cards, "text/plain") == "Risco: 12 (de 20)\nReceita: 5"
    terms = BeautifulSoup(data(cards, "text/html"), "html.parser").find_all("dt")
    assert [str(term) for term in terms] == ['<dt><a href="04_churn.ipynb">Risco</a></dt>', "<dt>Receita</dt>"]


def test_sentences_keep_bold_and_disarm_money_and_html():
    output = shown(show.sentences, ["**12** a R$ 5 e R$ 6", "a <b> " + show.literal("*x* [y](z) <i>")])
    assert "text/markdown" not in output["data"]
    ul = BeautifulSoup(data(output, "text/html"), "html.parser").ul
    assert "mathjax_ignore" in ul["class"]
    assert [str(li) for li in ul.find_all("li")] == [
        "<li><strong>12</strong> a R$ 5 e R$ 6</li>",
        "<li>a &lt;b&gt; *x* [y](z) &lt;i&gt;</li>",
    ]
    assert data(output, "text/plain") == "- 12 a R$ 5 e R$ 6\n- a <b> *x* [y](z) <i>"


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_in_a_sentence_is_literal(name):
    output = shown(show.sentences, [f"Cliente {show.literal(HOSTILE[name])}."])
    assert data(output, "text/plain") == f"- Cliente {show.plain(HOSTILE[name])}."


@pytest.mark.parametrize("name", HOSTILE)
def test_a_figure_takes_hostile_titles_and_labels(name):
    output = shown(show.figure, plots.bars(pd.Series({HOSTILE[name]: 7.0}), title=HOSTILE[name]))
    assert data(output, "text/plain").endswith(": 7.")


def test_a_figure_is_small_deterministic_and_shown_at_its_natural_size():
    outputs = [shown(show.figure, plots.movement(MOVEMENT, title="Cresceu")) for _ in range(2)]
    assert outputs[0] == outputs[1]
    raw = base64.b64decode(data(outputs[0], "image/png"))
    picture = Image.open(io.BytesIO(raw))
    meta = outputs[0]["metadata"]["image/png"]
    assert picture.mode == "P"
    assert (picture.width, picture.height) == (2 * meta["width"], 2 * meta["height"])
    assert meta["width"] == 576
    assert len(raw) < 30_000
    assert b"Software" not in raw


def test_a_figure_tells_its_numbers_in_the_alternative_and_all_of_them_in_the_text():
    values = pd.Series(np.arange(48.0), index=pd.date_range("2023-01-01", periods=48, freq="MS"))
    output = shown(show.figure, plots.line(values, title="Cresceu"))
    assert len(output["metadata"]["image/png"]["alt"]) <= 600
    assert all(f": {n}" in data(output, "text/plain") for n in range(48))


def test_a_foreign_figure_needs_its_words():
    figure = Figure()
    figure.subplots().plot([1, 2])
    with pytest.raises(ValueError, match="alt"):
        shown(show.figure, figure)
    assert data(shown(show.figure, figure, "sobe de 1 a 2"), "text/plain") == "sobe de 1 a 2"


def test_show_leaves_the_table_alone():
    frame = PORTFOLIO.copy()
    shown(show.table, frame, "t")
    pd.testing.assert_frame_equal(frame, PORTFOLIO)


def test_lists_show_one_table_per_part_each_on_a_page_of_its_own_or_a_sentence():
    frame = pd.DataFrame({"customer_id": ["1", "2"]})
    with captured() as outputs:
        show.lists({"Ana": frame, "Bia": frame.head(1)}, "Nada a fazer.")
    pages = [data(output, "text/html") for output in outputs]
    assert ["own-page" in page for page in pages] == [True, True]
    assert "Ana" in pages[0]
    assert "Bia" in pages[1]
    assert "own-page" not in data(shown(show.table, frame, "Ana"), "text/html")
    assert "Nada a fazer." in data(shown(show.lists, {}, "Nada a fazer."), "text/plain")
