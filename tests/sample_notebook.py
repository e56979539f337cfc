"""A notebook with the outputs that `show` displays, made without a kernel: what the tests of show and report read."""

import copy
import functools
from contextlib import contextmanager
from unittest import mock

import nbformat
import numpy as np
import pandas as pd

from carteira_lib import plots, show
from carteira_lib.language import translator


@contextmanager
def captured():
    """The outputs that are displayed inside the context, as nbformat has them."""
    outputs = []

    def display(data, raw=True, metadata=None):
        outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=metadata or {}))

    with mock.patch("IPython.display.display", display):
        yield outputs


def code(source, *outputs, tags=(), count=1):
    """An executed code cell."""
    return nbformat.v4.new_code_cell(
        source, outputs=list(outputs), execution_count=count, metadata={"tags": list(tags)}
    )


def error(name, message):
    """The output of a cell that raised, its traceback coloured as IPython's is."""
    trace = [
        "\x1b[31mTraceback\x1b[39m (most recent call last)",
        f"\x1b[32m----> 1\x1b[39m {message}",
        f"{name}: {message}",
    ]
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=trace)


def markdown(source):
    return nbformat.v4.new_markdown_cell(source)


PORTFOLIO = pd.DataFrame(
    {
        "customer_id": [f"{i:05d}" for i in range(1, 24)],
        "name": ["Elétrica São João Ltda", "Maria de Souza Lima"] * 11 + ["Comércio 1"],
        "person_type": ["PJ", "PF"] * 11 + ["PJ"],
        "status": ["active", "late", "inactive", "outside"] * 5 + ["active"] * 3,
        "frequency": range(3, 26),
        "last_order_date": pd.date_range("2026-06-01", periods=23),
        "own_cycle_days": np.linspace(10, 60.5, 23),
        "net_revenue_365d": np.linspace(1234.56, 2_345_678.9, 23),
        "renewal_due": [True, False] * 11 + [True],
    }
)
STATUS = pd.Series({"ativos": 512, "quase inativos": 88, "inativos": 403, "fora da carteira": 197})
MONTHS = pd.date_range("2025-11-01", periods=12, freq="MS")
MOVEMENT = pd.DataFrame(
    {
        "month": MONTHS,
        "opening": 500,
        "new": range(10, 22),
        "recovered": range(12),
        "lost": range(20, 8, -1),
        "closing": 500,
    }
)


@functools.cache
def cells(language="pt-BR"):
    """The cells of a page on the portfolio, outputs in `language`."""
    _ = translator(language)
    look = {"language": language}
    with captured() as seen:
        figures = [
            ("Clientes na carteira", "600", "512 ativos e 88 quase inativos"),
            ("Receita em 12 meses", "R$\xa021,2\xa0mi", ""),
        ]
        figures += [
            ("Perdidos em 12 meses", "174", "R$\xa03,4\xa0mi de receita"),
            ("A renovar", "32", "nos próximos 90 dias"),
        ]
        show.cards([tuple(_(part) if part else "" for part in figure) for figure in figures])
        show.sentences(
            [
                _("**512 clientes** compram no próprio ritmo e somam R$ 18,3 mi. São 43% da base."),
                _("88 clientes passaram do ritmo e somam R$ 2,9 mi: ligue antes que parem."),
            ]
        )
        show.figure(
            plots.bars(
                STATUS,
                title=_("Quase metade dos clientes está ativa"),
                subtitle=_("Clientes"),
                highlight="ativos",
                **look,
            )
        )
        show.figure(
            plots.movement(MOVEMENT, title=_("A carteira ganhou mais do que perdeu"), subtitle=_("Clientes"), **look)
        )
        show.table(PORTFOLIO, _("Maiores clientes"), rows=8, **look)
    title = "# Carteira: quem compra, quem parou\n\n**Pergunta.** Quem está na carteira ativa, e quem está saindo dela?\n\n**Lê** `customer_features`, `contracts`. **Grava** `portfolio`."
    return [
        markdown(title),
        code("as_of: str | None = None  # último dia considerado", tags=["parameters"]),
        code("# Parameters\nas_of = '2026-10-31'", tags=["injected-parameters"]),
        code("from carteira_lib import portfolio, show, tables", tags=["setup"]),
        code("show.cards(portfolio.key_figures(result))", seen[0]),
        markdown("## Conclusões"),
        code("show.sentences(portfolio.conclusions(result))", seen[1], tags=["conclusions"]),
        markdown("## Quantos clientes estão em cada situação?"),
        code("show.figure(plots.bars(counts))", seen[2]),
        markdown("Ativo é quem compra no seu próprio ritmo: de R$ 10 a **R$ 20** por dia."),
        markdown("## A carteira cresce?"),
        code("show.figure(plots.movement(months))", seen[3]),
        markdown("Acima da linha, quem entrou ou voltou; abaixo, quem parou."),
        markdown("## Quem são os maiores?"),
        code("show.table(result.portfolio, 'Maiores clientes')", seen[4]),
        markdown(
            "## Limites\n\nO ciclo de quem comprou poucas vezes é **incerto**.\n\n- Uma carteira pequena muda muito de um mês para outro."
        ),
    ]


def notebook(language="pt-BR", extra=()):
    return nbformat.v4.new_notebook(cells=[*copy.deepcopy(cells(language)), *extra])


def sentences_of(source_cells):
    """Every Markdown paragraph of the cells: what an English page must not show."""
    return [block for cell in source_cells if cell.cell_type == "markdown" for block in cell.source.split("\n\n")]
