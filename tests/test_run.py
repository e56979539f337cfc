"""Bad input from end to end: a smaller but right report, or one message in Portuguese and nothing touched."""

import datetime
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest
import yaml

from carteira_lib import (
    actions,
    canonical,
    churn,
    cleaning,
    forecast,
    nps,
    offers,
    pci,
    plots,
    portfolio,
    report,
    summary,
    tables,
)
from carteira_lib.tables import DataError
from carteira_lib.tables.contracts import CANONICAL

ROOT = Path(__file__).resolve().parents[1]
HEADER = "Cliente;Data;Valor;Pedido"
COLUMNS = {"customer_id": "Cliente", "order_date": "Data", "amount": "Valor", "order_id": "Pedido"}
NO_FIGURE = re.compile(
    r"\b(nan|none|nat|inf|null)\b|–|\{\w*\}|−0\b|\b1 (clientes|contratos|linhas|meses|pedidos)\b", re.I
)
BEGIN = datetime.date(2025, 1, 10)


class Said(NamedTuple):
    """What the pages say of a run, and the portfolio that they say it of."""

    run: tables.Run
    result: portfolio.Analysis
    cleaning: list[str]
    portfolio: list[str]
    summary: list[str]
    titles: list[str]
    notes: list[str]
    churn: list[str]
    pci: list[str]
    nps: list[str]
    forecast: list[str]
    work: list[str]

    @property
    def words(self) -> list[str]:
        return [
            *self.cleaning,
            *self.portfolio,
            *self.summary,
            *self.titles,
            *self.notes,
            *self.churn,
            *self.pci,
            *self.nps,
            *self.forecast,
            *self.work,
        ]


def buys(client: str, *days: int, amount: str = "10,00") -> list[str]:
    """One order of `client` on each of the days after the first of the history."""
    dates = [BEGIN + datetime.timedelta(days=day) for day in days]
    code = re.sub(r"\W", "", client)
    return [f"{client};{date:%d/%m/%Y};{amount};{code}-{date:%Y%m%d}{amount[0]}" for date in dates]


REGULAR = [line for n in range(12) for line in buys(f"{n:03d}", *range(n, n + 180, 30))]


def declared(folder: Path, lines, header: str = HEADER, **others: str) -> dict:
    """The sources of a file of order lines, and of other tables given as their text."""
    (folder / "o.csv").write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    for name, text in others.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    orders = {"path": str(folder / "o.csv"), "columns": {k: v for k, v in COLUMNS.items() if v in header}}
    return {"orders": orders, **{name: {"path": str(folder / f"{name}.csv")} for name in others}}


def at_risk(run: tables.Run, frames: dict) -> churn.Analysis:
    """As notebook 04 makes and writes it, its figures drawn."""
    known = churn.planned(frames["purchases"], run.as_of)
    past = canonical.histories(run, known.dates, horizon_days=known.horizon_days)
    result = churn.analyse(frames, past, known, churn.Policy())
    churn.write(run, result)
    titles = churn.titles(result)
    plots.calibration(result.calibration, title=titles["calibration"])
    plots.reach(churn.lift_curves(result), title=titles["lift"])
    plots.intervals(churn.score_intervals(result), title=titles["scores"])
    plots.stacked(churn.kind_parts(result), title=titles["kinds"])
    churn.risk_plots(result, frames)
    churn.retention_plots(result, titles)
    churn.renewals_shown(result, frames["renewals"])
    return result


def rated(run: tables.Run) -> nps.Analysis:
    """As notebook 05 makes and writes it, its figures drawn."""
    result = nps.analyse(canonical.frames(run, canonical.NPS_FRAMES) | nps.beside(run), nps.Policy(), as_of=run.as_of)
    nps.write(run, result)
    titles = nps.titles(result)
    plots.gauge(nps.headline(result), title=titles["score"])
    plots.stacked(nps.class_parts(result), title=titles["classes"])
    plots.intervals(nps.readings(result), title=titles["readings"], unit="points")
    plots.band(nps.over_time(result), title=titles["waves"])
    nps.segment_plots(result)
    nps.driver_plots(result, titles["drivers"])
    return result


def ideal_buyer(run: tables.Run) -> list[str]:
    """The words of notebook 03, as it makes and writes the page, its figures drawn."""
    frames = canonical.frames(run, canonical.PCI_FRAMES)
    result = pci.analyse(frames, run.as_of)
    pci.write(run, result)
    titles = pci.titles(result)
    plots.scatter(pci.map_points(result), title=titles["map"])
    pci.lift_plots(result, titles)
    pci.seller_plots(result, titles)
    pci.calibration_plots(result, titles)
    pci.comparison_shown(result)
    pci.near_shown(result, frames["portfolio"])
    pci.prospects_ranked(result, frames["prospects"])
    return [*pci.findings(result), *titles.values(), *pci.quality_shown(result)]


def goals_ahead(run: tables.Run) -> list[str]:
    """The words of notebook 07, as it makes and writes the page, its figures drawn."""
    frames = canonical.frames(run, canonical.FORECAST_FRAMES)
    goal = {"metric": "Receita", "target": 100, "deadline": str((run.as_of + pd.Timedelta(days=60)).date())}
    result = forecast.analyse(frames, run.as_of, goals=[goal], renewal_scores=tables.optional(run, "renewal_scores"))
    forecast.write(run, result)
    titles = forecast.titles(result)
    forecast.goal_bullets(result, titles, frames["sellers"])
    forecast.revenue_plots(result, titles)
    forecast.bridge_plots(result, titles)
    forecast.source_plots(result, titles)
    forecast.seller_plots(result, frames["sellers"])
    forecast.calibration_plots(result, titles)
    forecast.goals_shown(result.goals_status, frames["sellers"])
    forecast.weeks_shown(result)
    forecast.goal_scores_shown(result)
    return [*forecast.findings(result), *titles.values()]


def to_work(run: tables.Run) -> list[str]:
    """The words of notebook 06, as it makes and writes the page, its figures drawn."""
    frames = canonical.frames(run, canonical.OFFER_FRAMES) | canonical.extras(run, canonical.OFFER_EXTRAS)
    found = offers.analyse(frames, run.as_of, offers.Terms())
    result = actions.decide(found.offers, frames, run.as_of, actions.Policy())
    titles = actions.titles(result) | offers.titles(found)
    plots.bars(actions.kind_worth(result), title=titles["kinds"])
    plots.bars(actions.held_counts(result), title=titles["held"])
    plots.bars(offers.basket_pairs(found), title=titles["pairs"])
    plots.intervals(offers.leads(found), title=titles["evidence"], reference=0.0)
    offers.write(run, found)
    actions.write(run, result, found.gaps)
    exports = run.folder / "exports"
    report.export_sheets(
        actions.sheets(result, frames["sellers"]), exports / "lista.xlsx", columns=["rank", "customer_id", "reason"]
    )
    report.export(actions.for_crm(result), exports / "crm")
    report.export_calendar(actions.appointments(result, frames["sellers"]), exports / "agenda.ics", stamp=run.as_of)
    said_of_lists = list(actions.lists(result, frames["sellers"]))
    return [*actions.findings(result), *offers.findings(found), *titles.values(), *said_of_lists]


def for_the_director(run: tables.Run, monthly: pd.DataFrame) -> tuple[list[str], list[str]]:
    """The sentences and the cards of notebook 08, as it makes and writes the page."""
    frames = canonical.frames(run, summary.READS[:4]) | canonical.extras(run, summary.READS[4:])
    numbers = summary.key_figures(frames)
    tables.write(run, "key_figures", numbers)
    since = summary.since(summary.earlier_runs(run), numbers, run.as_of)
    lacking = summary.lacking(run.provided, frames, int((~monthly["partial"]).sum()))
    summary.since_shown(since, run.as_of)
    summary.week(frames)
    summary.losing(frames)
    found = summary.findings(frames, monthly, since, lacking)
    cards = [*summary.figures(frames), *nps.cards(frames["nps_summary"])]
    cards += forecast.cards(frames["forecast"], frames["goals_status"])
    titles = [summary.since_title(since, run.as_of), summary.lacking_title(lacking), *lacking.to_numpy().ravel()]
    return [sentence.text for sentence in found], [*(f"{card.value} {card.note}" for card in cards), *titles]


def said(sources: dict, **settings) -> Said:
    """The words of notebooks 01, 02 and 08, in the calls that these make."""
    run = canonical.prepare(run_name="loja", sources=sources, **settings)
    balance, notes, rejected = (tables.read(run, name) for name in ("balance", "notes", "rejected"))
    found = canonical.frames(run, (*canonical.PORTFOLIO_FRAMES, "interactions", "surveys"))
    result = portfolio.analyse(found, as_of=run.as_of)
    portfolio.write(run, result)
    clients, moves, renewals = (tables.read(run, name) for name in ("portfolio", "movement", "renewals"))
    monthly = summary.monthly_revenue(canonical.client_days(run), run.as_of)
    risk = at_risk(run, found | {"portfolio": clients, "renewals": renewals})
    rating = rated(run)
    titles = [*portfolio.titles(result).values(), summary.portfolio_title(moves), summary.revenue_title(monthly)]
    titles += [cleaning.months_title(monthly), cleaning.reasons_title(balance), portfolio.rule_sentence(result)]
    order_days = tables.read(run, "orders", ["order_date"])["order_date"]
    period = (canonical.client_days(run)["order_date"].min(), run.as_of)
    ideal, ahead, work = ideal_buyer(run), goals_ahead(run), to_work(run)
    told, cards = for_the_director(run, monthly)
    words = (
        cleaning.findings(balance, notes, rejected, order_days, period), portfolio.findings(result),
        told, [*titles, *churn.titles(risk).values()], cards,
        churn.findings(risk), ideal, [*nps.findings(rating), *nps.titles(rating).values()], ahead, work,
    )  # fmt: skip
    return Said(run, result, *([text.replace("\xa0", " ") for text in part] for part in words))


HEADERS_ONLY = {
    "customers": "customer_id;name;sector\n", "products": "product_id;name;family\n", "sellers": "seller_id;name\n",
    "contracts": "contract_id;customer_id;start_date;end_date;amount\n",
    "surveys": "customer_id;answer_date;score\n", "interactions": "customer_id;event_date;kind\n",
}  # fmt: skip
NOTHING_KEPT = {
    "contracts": HEADERS_ONLY["contracts"] + "C1;;13/01/2025;13/01/2026;10\nC2;001;x;y;10\n",
    "surveys": HEADERS_ONLY["surveys"] + "001;x;9\n002;13/01/2025;55\n",
}
HOSTILE = [
    "<script>alert(1)</script>", '"=HYPERLINK(""http://x"",""y"")"', "😀 Café", "{n} {x}", "%s", "**", "x" * 500, "0007", "7",
]  # fmt: skip
SMALL = {
    "one client": (buys("001", *range(0, 180, 30)), {}, {}),
    "one order": (buys("001", 0), {}, {}),
    "two orders": (buys("001", 0, 40), {}, {}),
    "everything on one date": ([line for n in range(8) for line in buys(f"{n:03d}", 0)], {}, {}),
    "all inactive": (REGULAR, {"as_of": "2030-12-31"}, {}),
    "no optional table or column": ([";".join(line.split(";")[:3]) for line in REGULAR], {"header": HEADER[:18]}, {}),
    "a client of returns only": ([*REGULAR, *buys("900", 9, amount="-50,00")], {}, {}),
    "all sold was returned": ([*buys("001", 0), *buys("001", 0, amount="-10,00")], {}, {}),
    "daily buyers": ([line for n in range(3) for line in buys(f"{n:03d}", *range(400))], {}, {}),
    "huge amounts": ([line for n in range(4) for line in buys(str(n), 0, 30, 60, amount="100000000000000,00")], {}, {}),
    "hostile names": ([line for name in HOSTILE for line in buys(name, 0, 30, 60, 90)], {}, {}),
    "optional tables of a header": (REGULAR, {}, HEADERS_ONLY),
    "optional tables of which nothing is kept": (REGULAR, {}, NOTHING_KEPT),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The words of each small case, made once."""
    made: dict[str, Said] = {}

    def one(name: str) -> Said:
        if name not in made:
            lines, settings, others = SMALL[name]
            folder = tmp_path_factory.mktemp("case")
            header = settings.get("header", HEADER)
            as_of = settings.get("as_of")
            with pytest.MonkeyPatch.context() as patch:
                patch.setenv("CARTEIRA_OUTPUT", str(folder / "out"))
                made[name] = said(declared(folder, lines, header, **others), as_of=as_of)
        return made[name]

    return one


@pytest.mark.parametrize("name", SMALL)
def test_no_sentence_holds_an_empty_figure_or_a_wrong_plural(small, name):
    found = small(name)
    assert [text for text in found.words if NO_FIGURE.search(text.replace("*", ""))] == []
    assert all(2 <= len(part) <= 7 for part in (found.cleaning, found.portfolio))
    assert 2 <= len(found.summary) <= 10  # a sentence for each of eight questions; two may take two


@pytest.mark.parametrize("name", SMALL)
def test_every_table_keeps_its_contract_and_the_rows_and_money_add_up(small, name):
    run, result = small(name)[:2]
    for table in (*CANONICAL, "rejected", "balance", "customer_features"):
        tables.read(run, table)
    orders = tables.read(run, "balance").query("table == 'orders'").set_index("rule")
    assert orders.loc["read", "rows"] == len(SMALL[name][0])
    assert orders.loc["kept", "rows"] + orders["rejected_rows"].sum() == orders.loc["read", "rows"]
    clients = tables.read(run, "customer_features")
    assert clients["net_revenue"].sum() == pytest.approx(orders.loc["kept", "amount"])
    assert sorted(result.portfolio["customer_id"]) == sorted(clients["customer_id"])


IN_WORDS = {
    "one order": [
        "A única linha de pedido lida foi aproveitada e soma R$ 10.",
        "Todas as vendas são de **10/01/2025**, que é também a data-base.",
        "A carteira está vazia: nenhum cliente compra hoje no seu ciclo. Fora dela: 1 ainda com poucas compras.",
        "Em jan/2025, mês ainda incompleto, a carteira continua vazia: ninguém compra ainda no seu ciclo.",
        "Ainda não há um mês completo de vendas",
    ],
    "one client": [
        "A carteira tem 1 cliente: 1 ativo.",
        "Os dados começam em jan/2025 e a contagem parte do zero: entrou 1; a carteira está em 1. Isso não mede crescimento.",
        "Amostra insuficiente: só 1 cliente teve tempo de voltar",
        "1 1 ativo, nenhum quase inativo",
    ],
    "everything on one date": [
        "As **8** linhas de pedidos lidas foram todas aproveitadas e somam R$ 80.",
        "Nenhum dos clientes está hoje na carteira",
        "A receita de 12 meses não vem de nenhum cliente ativo",
    ],
    "all inactive": [
        "A carteira está vazia: nenhum cliente compra hoje no seu ciclo. Fora dela: 12 inativos.",
        "Sem receita positiva nos últimos 12 meses.",
        "Não houve vendas em dez/2030",
        "66 meses sem venda, os primeiros em jul/2025, ago/2025 e set/2025",
        "12 R$ 720 já comprados",
    ],
    "all sold was returned": ["Sem receita positiva nos últimos 12 meses.", "Ainda não há um mês de movimento"],
    "huge amounts": ["As **12** linhas de pedidos lidas foram todas aproveitadas e somam R$ 1.200 tri."],
    "optional tables of a header": ["**Confira:** linhas de clientes que não estão no cadastro: 72."],
    "no optional table or column": [
        "Nenhum contrato a renovar",
        "Nenhuma característica dos clientes pode ser usada: sem setor, porte ou região não há como descrever o comprador ideal. Ligue o cadastro em sources.customers, ou declare outras colunas dele em pci_attributes.",
    ],
}


@pytest.mark.parametrize("name", IN_WORDS)
def test_what_a_director_reads_of_little_data(small, name):
    words = small(name).words
    assert [text for text in IN_WORDS[name] if text not in words] == []


def test_ids_are_text_and_names_are_kept_letter_by_letter(small):
    found = set(small("hostile names").result.portfolio["customer_id"])
    assert found >= {"0007", "7", "<script>alert(1)</script>", '=HYPERLINK("http://x","y")', "x" * 500}
    assert len(found) == len(HOSTILE)


def test_both_ways_of_writing_money_and_a_date_of_the_other_order(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path))
    odd = ["001;13/06/2025;1.234,56;X1", '001;14/06/2025;"1,234.56";X2', "001;06/25/2025;10,00;X3"]
    odd += ["001;13/06/2025;NaN;X4", "001;13/06/2025;inf;X5", "001;13/06/2025;1e400;X6"]
    run = canonical.prepare(run_name="loja", sources=declared(tmp_path, [*REGULAR, *odd]))
    assert tables.read(run, "orders").set_index("order_id")["amount"][["X1", "X2"]].tolist() == [1234.56, 1234.56]
    refused = tables.read(run, "rejected").sort_values("line")[["value", "reason"]].values.tolist()
    assert refused == [
        ["06/25/2025", "unreadable_date"],
        *([text, "unreadable_amount"] for text in ("NaN", "inf", "1e400")),
    ]


def test_files_of_mixed_encodings_keep_their_accents(tmp_path, monkeypatch):
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path))
    sources = declared(tmp_path, REGULAR)
    with (tmp_path / "o.csv").open("ab") as stream:
        stream.write("João;13/06/2025;10,00;X1\n".encode() + "José;13/06/2025;10,00;X2\n".encode("cp1252"))
    run = canonical.prepare(run_name="loja", sources=sources)
    assert {"João", "José"} <= set(tables.read(run, "orders")["customer_id"])


REFUSED = {
    "header only": ([], {}, "só tem o cabeçalho, nenhum pedido"),
    "returns only": (buys("1", 0, amount="-1,00"), {}, "nenhuma linha tem valor positivo"),
    "nothing that can be read": (["1;x;10;a", ";13/01/2025;10;b", "1;13/01/2025;x;c"], {}, "3 problemas"),
    "as_of before the first order": (REGULAR, {"as_of": "2024-12-31"}, "72 linhas: data depois da data-base"),
    "min_date after as_of": (REGULAR, {"as_of": "2025-06-30", "min_date": "2025-12-31"}, "data antes do início"),
    "a year that nobody means": (REGULAR, {"as_of": "9999-12-31"}, "o ano de '9999-12-31' não está entre 1900 e 2100"),
    "all products ignored": (REGULAR, {"ignore_products": ["*"]}, None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_data_that_give_no_portfolio_are_refused_in_one_message(tmp_path, monkeypatch, name):
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(tmp_path / "out"))
    lines, settings, message = REFUSED[name]
    if message is None:
        settings, message = {"ignore_products": ["*"]}, "produto fora da análise"
        lines = [f"{line};P1" for line in lines]
    sources = declared(tmp_path, lines, HEADER + ";product_id" if "ignore_products" in settings else HEADER)
    with pytest.raises(DataError, match=re.escape(message)):
        canonical.prepare(run_name="loja", sources=sources, **settings)
    assert not (tmp_path / "out").exists()


def command(*arguments: object) -> subprocess.CompletedProcess:
    """The command line as a person starts it."""
    line = [sys.executable, "-m", "carteira_lib", "run", *map(str, arguments)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        line, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def write_params(folder: Path, sources: dict, **others) -> Path:
    file = folder / "loja.yml"
    file.write_text(yaml.safe_dump({"run_name": "loja", "sources": sources, **others}, allow_unicode=True), "utf-8")
    return file


@pytest.mark.slow
def test_a_run_of_one_order_is_published_and_bad_input_after_it_touches_nothing(tmp_path):
    output, file = tmp_path / "out", write_params(tmp_path, declared(tmp_path, buys("001", 0)))
    good = command(file, "--output", output)
    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, str(output / "loja" / "index.html"))
    before = contents(output)
    assert not [name for name in before if Path(name).name.startswith(".")]
    (tmp_path / "o.csv").write_text("")
    for arguments, message in (
        ([file], "o.csv está vazio; exporte-o de novo ou tire sources.orders dos parâmetros."),
        ([file, "--only", "99"], "--only: não há o caderno '99'; os que existem: 01_limpeza, "),
        ([tmp_path / "x.yml"], "x.yml: o arquivo não existe; na mesma pasta há: loja.yml"),
    ):
        bad = command(*arguments, "--output", output)
        assert bad.returncode == 2
        assert message in bad.stderr
        assert "Traceback" not in bad.stderr
        assert contents(output) == before


@pytest.mark.slow
def test_every_problem_of_the_params_file_comes_at_once_before_anything_starts(tmp_path):
    wrong = {"min_order": 3, "language": "fr", "currency": "reais", "as_of": "31/12/2025", "mask_people": "sim"}
    bad = command(write_params(tmp_path, declared(tmp_path, REGULAR), **wrong), "--output", tmp_path / "out")
    assert bad.returncode == 2
    assert bad.stderr.splitlines()[0] == f"{tmp_path / 'loja.yml'}, 5 problemas:"
    assert not (tmp_path / "out").exists()
