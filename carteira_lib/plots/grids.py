"""Plots of many cells or many clients: cohort retention, and how few clients make most of the revenue."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

from carteira_lib import formats
from carteira_lib.language import translator
from carteira_lib.plots import style
from carteira_lib.plots.style import Item

BLUES = LinearSegmentedColormap.from_list("carteira", ["#f3f8fc", "#7fb6dc", "#004a78"])


@style.styled
def cohorts(
    cells: pd.DataFrame,
    *,
    title: str,
    subtitle: str = "",
    period: str = "month",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """Retention of each cohort (rows) by periods since the first purchase (columns), with the numbers in the cells.

    Parameters
    ----------
    cells : DataFrame
        Contract ``COHORTS``: ``cohort``, ``periods_since``, ``clients``, ``retained_share``. More than 13 periods leave
        no room for legible numbers: choose before.
    period : {"month", "quarter"}
        What a cohort spans, for its name.

    Returns
    -------
    Axes
    """
    table = cells.assign(retained_share=style.numbers(cells["retained_share"]))
    grid = table.pivot(index="cohort", columns="periods_since", values="retained_share")
    clients = table.groupby("cohort")["clients"].max()
    named = formats.quarter if period == "quarter" else formats.month
    names = [f"{named(c, language)} ({formats.number(clients[c], 0, language)})" for c in grid.index]
    ax = style.canvas(0.55 + 0.3 * max(len(grid), 2), title, subtitle, ax)
    style.told(ax, title, _cohort_items(grid, names, language), subtitle=subtitle, language=language)
    if grid.empty:
        return style.empty(ax, language)
    _heat(ax, grid)
    _cohort_axes(ax, grid, names, language)
    return ax


def _heat(ax: Axes, grid: pd.DataFrame) -> None:
    """Coloured cells, each with its percentage where that can still be read."""
    edges = np.arange(grid.shape[1] + 1) - 0.5, np.arange(len(grid) + 1) - 0.5
    ax.pcolormesh(*edges, grid, cmap=BLUES, vmin=0, vmax=1, edgecolors="white", linewidth=1)
    size = style.SMALL if grid.shape[1] <= 13 else 7
    for (row, column), share in np.ndenumerate(grid.to_numpy(dtype=float)):
        if not np.isnan(share) and grid.shape[1] <= 20:
            look = {"ha": "center", "va": "center", "fontsize": size, "color": style.contrasting(BLUES(share))}
            ax.text(column, row, formats.number(100 * share), **look)


def _cohort_axes(ax: Axes, grid: pd.DataFrame, names: list[str], language: str) -> None:
    _ = translator(language)
    explained = _("períodos desde a 1ª compra; na célula, % da safra que comprou")
    periods = [formats.number(p, 0, language) for p in grid.columns]
    ax.set_yticks(range(len(grid)), names, fontsize=style.SMALL)
    ax.set_xticks(range(grid.shape[1]), periods, fontsize=style.SMALL)
    ax.xaxis.tick_top()
    ax.xaxis.set_label_position("top")
    ax.set_xlabel(explained, fontsize=style.SMALL, loc="left")
    ax.tick_params(length=0)
    ax.set_ylim(len(grid) - 0.5, -0.5)
    ax.spines["bottom"].set_visible(False)


def _cohort_items(grid: pd.DataFrame, names: list[str], language: str) -> list[Item]:
    items = []
    for name, (_cohort, row) in zip(names, grid.iterrows(), strict=True):
        seen = row.dropna()
        text = ", ".join(f"{p} {style.text_of(v, 'percent', language)}" for p, v in seen.items())
        items.append(Item(name, float(seen.mean()) if len(seen) else float("nan"), text))
    return items


@style.styled
def pareto(
    revenue: pd.Series,
    abc_class: pd.Series,
    *,
    title: str,
    subtitle: str = "",
    currency: str = "BRL",
    language: str = "pt-BR",
    ax: Axes | None = None,
) -> Axes:
    """Cumulative revenue from the largest client down, with the boundaries of the ABC classes.

    Parameters
    ----------
    revenue : Series
        Revenue per client; what is not positive adds nothing to the curve.
    abc_class : Series
        Class of the same clients, same index.

    Returns
    -------
    Axes
    """
    _ = translator(language)
    table = pd.DataFrame({"revenue": style.numbers(revenue).clip(lower=0).fillna(0), "abc": abc_class})
    table = table.sort_values(["revenue", "abc"], ascending=[False, True], kind="stable")
    total = table["revenue"].sum()
    by_class = table.groupby("abc", sort=True)["revenue"].agg(["size", "sum"])
    items = [
        _class_item(name, row, len(table), total, currency=currency, language=language)
        for name, row in by_class.iterrows()
    ]
    ax = style.canvas(3.0, title, subtitle, ax)
    style.told(ax, title, items, subtitle=subtitle, language=language)
    if not total > 0:
        return style.empty(ax, language)
    y = np.concatenate([[0], table["revenue"].cumsum().to_numpy() / total])
    x = np.linspace(0, 1, len(y))
    for i, name in enumerate(by_class.index):
        inside = np.flatnonzero(np.concatenate([[False], (table["abc"] == name).to_numpy()]))
        span = slice(inside[0] - 1, inside[-1] + 1)
        tone = style.PALETTE[i % len(style.PALETTE)] if i < 2 else style.GREY
        ax.fill_between(x[span], y[span], color=tone, alpha=0.85, linewidth=0)
    ax.plot(x, y, color=style.INK, linewidth=1.6)
    style.share_axes(ax, _("parte dos clientes, do maior para o menor"), language)
    style.key_row(
        ax,
        [f"{item.label}: {item.text}" for item in items],
        [style.BLUE, style.ORANGE, *[style.GREY] * len(items)][: len(items)],
    )
    return ax


def _class_item(name, row, clients: int, total: float, *, currency: str, language: str) -> Item:
    _ = translator(language)
    share = row["sum"] / total if total else 0.0
    counted = _.ngettext("{n} cliente", "{n} clientes", int(row["size"]))
    clients_share = style.text_of(row["size"] / clients, "percent", language)
    values = {"clients": counted, "clients_share": clients_share, "share": style.text_of(share, "percent", language)}
    amount = style.text_of(row["sum"], currency, language)
    text = _.ngettext(
        "{clients} ({clients_share}) soma {amount} ({share})",
        "{clients} ({clients_share}) somam {amount} ({share})",
        int(row["size"]), amount=amount, **values,
    )  # fmt: skip
    return Item(str(name), float(share), text)
