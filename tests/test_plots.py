"""Plots draw the numbers they are given, say them in words, and hold for any data."""

import io
import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest

from carteira_lib import plots
from carteira_lib.plots import style

MONTHS = pd.date_range("2025-11-01", periods=12, freq="MS")
MOVEMENT = pd.DataFrame({"month": MONTHS, "opening": 90, "new": 5, "recovered": 2, "lost": 3, "closing": 94})
COHORTS = pd.DataFrame(
    [(month, p, 40, 1 / (p + 1)) for i, month in enumerate(MONTHS) for p in range(12 - i)],
    columns=["cohort", "periods_since", "clients", "retained_share"],
)


def intervals(values):
    return pd.DataFrame({"estimate": values, "low": values - 0.1, "high": values + 0.1})


def bins(values):
    shares = values.clip(0, 1).reset_index(drop=True)
    return pd.DataFrame({"predicted": shares, "observed": shares, "low": shares - 0.1, "high": shares + 0.1})


PLOTS = {
    "bars": lambda v, **k: plots.bars(v, **k),
    "columns": lambda v, **k: plots.columns(v, **k),
    "line": lambda v, **k: plots.line(v, **k),
    "stacked": lambda v, **k: plots.stacked(pd.DataFrame({"a": v.abs(), "b": v.abs()}), **k),
    "stacked amounts": lambda v, **k: plots.stacked(pd.DataFrame({"a": v.abs()}), share=False, **k),
    "intervals": lambda v, **k: plots.intervals(intervals(v), reference=0.4, **k),
    "intervals highlighted": lambda v, **k: plots.intervals(intervals(v), highlight=list(v.index[:1]), **k),
    "band": lambda v, **k: plots.band(intervals(v).assign(proven=False), **k),
    "gauge": lambda v, **k: plots.gauge(
        intervals(v.clip(-100, 100)).iloc[0] if len(v) else pd.Series(np.nan, ["estimate", "low", "high"]), **k
    ),
    "curve": lambda v, **k: plots.curve(v.clip(0, 1).reset_index(drop=True), threshold=0.5, chosen=1, **k),
    "calibration": lambda v, **k: plots.calibration(bins(v), **k),
    "reach": lambda v, **k: plots.reach(pd.DataFrame({"a": v.clip(0, 1).to_numpy(), "x" * 500: 0.5}), **k),
    "pareto": lambda v, **k: plots.pareto(v.reset_index(drop=True), pd.Series(["A"] * len(v), dtype="str"), **k),
    "movement": lambda v, **k: plots.movement(
        pd.DataFrame({"month": MONTHS[: len(v)], "new": 1, "recovered": 1, "lost": 1}), **k
    ),
    "cohorts": lambda v, **k: plots.cohorts(COHORTS.head(len(v)), **k),
    "scatter": lambda v, **k: plots.scatter(pd.DataFrame({"x": v.to_numpy(), "y": 1.0, "group": v.index}), **k),
    "bullets": lambda v, **k: plots.bullets(
        pd.DataFrame(
            {
                "target": v.abs() + 1,
                "standing": v,
                "expected": v,
                "low": v - 1,
                "high": v + 1,
                "probability": v.clip(0, 1),
            }
        ).assign(text="sem chance calculada"),
        **k,
    ),
    "outlook": lambda v, **k: plots.outlook(
        pd.Series(5.0, index=MONTHS),
        pd.DataFrame({"estimate": v, "low": v - 1, "high": v + 1}).set_index(
            pd.date_range("2026-11-01", periods=len(v), freq="MS")
        ),
        **k,
    ),
    "waterfall": lambda v, **k: plots.waterfall(
        pd.Series({"a": 5.0, "b": -2.0, "c": 3.0}).head(0 if v.empty else 3), **k
    ),
}
VALUES = {
    "none": pd.Series(dtype="float64"),
    "one": pd.Series([0.3], index=["um"]),
    "forty": pd.Series(np.arange(40.0), index=[f"categoria {i}" for i in range(40)]),
    "negative": pd.Series([-5.0, 3.0, 0.0], index=["a", "b", "c"]),
    "all negative": pd.Series([-5.0, -3.0], index=["a", "b"]),
    "zeros": pd.Series([0.0, 0.0], index=["a", "b"]),
    "missing": pd.Series([np.nan, 2.0], index=["a", None]),
    "only missing": pd.Series([np.nan, np.inf], index=["a", "b"]),
    "huge": pd.Series([1e15, 2.5e12], index=["a", "b"]),
    "hostile names": pd.Series([1.0, 2.0, 3.0], index=["x" * 500, "R$ 1 e R$ 2 $x_1^2$", "🚀 上海 \x00\n‮ab שלום"]),
    "repeated names": pd.Series([1.0, 2.0], index=["a", "a"]),
}


def drawn(ax):
    """Every text of the figure, after drawing it; any warning (a missing glyph, a squeezed layout) is an error."""
    with warnings.catch_warnings(), matplotlib.rc_context(plots.SETTINGS):
        warnings.simplefilter("error")
        ax.figure.savefig(io.BytesIO(), dpi=ax.figure.dpi)
    return [t for t in ax.figure.findobj(matplotlib.text.Text) if t.get_text() and t.get_visible()]


def inside(ax, texts):
    """Whether every text lies inside the picture."""
    width, height = ax.figure.get_size_inches() * ax.figure.dpi
    boxes = [t.get_window_extent() for t in texts if t.axes is None or t.get_in_layout()]
    return all(b.x0 >= -2 and b.y0 >= -2 and b.x1 <= width + 2 and b.y1 <= height + 2 for b in boxes if b.width)


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("plot", PLOTS)
def test_every_plot_takes_any_values_without_a_warning(plot, values):
    ax = PLOTS[plot](VALUES[values], title="Achado")
    if values in {"negative", "only missing", "hostile names"}:
        drawn(ax)
    assert plots.alt(ax).startswith("Achado.")
    assert len(plots.alt(ax)) <= style.ALT_LENGTH


@pytest.mark.parametrize("plot", PLOTS)
def test_no_rows_says_so_in_the_picture_and_in_words(plot):
    ax = PLOTS[plot](VALUES["none"], title="Achado")
    assert "sem dados" in [t.get_text() for t in drawn(ax)]
    assert "Sem dados." in plots.alt(ax)


@pytest.mark.parametrize("plot", ["bars", "cohorts"])
def test_a_title_of_500_characters_wraps_inside_the_picture(plot):
    title = "O Sul compra R$ 1,2 mi e " + "palavra " * 40 + "x" * 150
    ax = PLOTS[plot](VALUES["one"], title=title)
    texts = drawn(ax)
    shown = "".join(t.get_text() for t in texts).replace("\n", "").replace(" ", "")
    assert title.replace(" ", "") in shown
    assert inside(ax, texts)


@pytest.mark.parametrize(
    ("plot", "values"),
    [
        ("bars", "forty"), ("bars", "all negative"), ("bars", "hostile names"), ("columns", "huge"), ("columns", "forty"),
        ("line", "hostile names"), ("stacked", "hostile names"), ("intervals", "hostile names"),
    ],
)  # fmt: skip
def test_no_text_is_cut(plot, values):
    ax = PLOTS[plot](VALUES[values], title="Achado")
    assert inside(ax, drawn(ax))


def test_bars_label_each_value_and_mute_all_but_the_highlighted():
    ax = plots.bars(pd.Series({"Sul": 1_250_000, "Norte": -3.0}), title="t", unit="BRL", highlight="Sul")
    texts = [t.get_text().replace("\xa0", " ") for t in drawn(ax)]
    assert {"Sul", "Norte", "R$ 1,2 mi", "−R$ 3"} <= set(texts)
    assert [matplotlib.colors.to_hex(p.get_facecolor()).upper() for p in ax.patches] == [
        style.BLUE.upper(),
        style.GREY.upper(),
    ]


def test_bars_change_their_words_when_the_numbers_change():
    told = [plots.alt(plots.bars(pd.Series({"Sul": n}), title="t")) for n in (12, 13)]
    assert told == ["t. Sul: 12.", "t. Sul: 13."]


def test_stacked_shares_by_hand():
    ax = plots.stacked(pd.DataFrame({"x": [3, 0], "y": [1, 0]}, index=["a", "b"]), title="t")
    assert plots.alt(ax) == "t. a: x 3 (75%), y 1 (25%); b: x 0 (0%), y 0 (0%)."
    assert [p.get_width() for p in ax.patches] == [0.75, 0, 0.25, 0]


def test_movement_net_by_hand():
    ax = plots.movement(MOVEMENT.head(1), title="t")
    assert plots.transcript(ax) == "t. nov/2025: entraram 5, recuperados 2, perdidos 3, saldo 4."
    assert [p.get_height() for p in ax.patches[:3]] == [5, 2, -3]


def test_waterfall_refuses_steps_that_do_not_add_up():
    with pytest.raises(ValueError, match="add up"):
        plots.waterfall(pd.Series({"a": 5, "b": 1, "c": 7}), title="t")


def test_cohorts_write_the_share_in_each_cell():
    texts = [t.get_text() for t in drawn(plots.cohorts(COHORTS, title="t"))]
    assert texts.count("100") == 12
    assert texts.count("50") == 11
    assert "nov/2025 (40)" in texts


def test_pareto_by_hand():
    ax = plots.pareto(pd.Series([80, 15, 5]), pd.Series(["A", "B", "C"]), title="t")
    expected = "t. A: 1 cliente (33%) soma R$ 80 (80%); B: 1 cliente (33%) soma R$ 15 (15%); C: 1 cliente (33%) soma R$ 5 (5,0%)."
    assert plots.alt(ax).replace("\xa0", " ") == expected


def test_calibration_tells_what_was_predicted_and_what_came():
    table = pd.DataFrame({"predicted": [0.5, 0.1], "observed": [0.4, 0.2], "low": [0.3, 0.0], "high": [0.7, 0.2]})
    ax = plots.calibration(table, title="Acertou")
    assert plots.transcript(ax) == "Acertou. previsto 10%: 20%; previsto 50%: 40%."
    dots = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert dots == [[[0.1, 0.2], [0.5, 0.4]]]


def test_reach_draws_one_line_per_ranking_from_the_numbers_given():
    curves = pd.DataFrame({"nosso": [0.0, 0.6, 1.0], "recência": [0.0, 0.3, 1.0]}, index=[0.0, 0.1, 1.0])
    ax = plots.reach(curves, title="Alcance")
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.0, 0.6, 1.0], [0.0, 0.3, 1.0]]
    assert "nosso, 10%: 60%" in plots.transcript(ax)


def test_a_scatter_counts_the_clients_of_each_group_and_draws_those_of_one_place_as_one_dot():
    points = pd.DataFrame({"x": [0, 0, 0, 1], "y": [0, 0, 0, 2], "group": ["A", "A", "B", "B"]})
    ax = plots.scatter(points, title="Dois grupos")
    assert plots.alt(ax) == "Dois grupos. A: 2 clientes; B: 2 clientes."
    first, second = ax.collections
    assert first.get_offsets().tolist() == [[0, 0]]
    assert second.get_offsets().tolist() == [[0, 0], [1, 2]]
    assert first.get_sizes()[0] == pytest.approx(second.get_sizes()[0] * 2**0.5)


def test_a_curve_without_a_known_share_says_so():
    ax = plots.curve(pd.Series([float("nan")] * 3, index=[1, 2, 3]), title="t", threshold=0.5, chosen=3)
    assert plots.alt(ax) == "t. Sem dados."


def test_a_long_series_tells_the_key_numbers_in_the_alternative_and_all_in_the_transcript():
    values = pd.Series(np.arange(120.0), index=pd.date_range("2017-01-01", periods=120, freq="MS"))
    ax = plots.line(values, title="t")
    assert "120 valores, entre eles: jan/2017: 0;" in plots.alt(ax)
    assert "dez/2026: 119." in plots.alt(ax)
    assert all(f": {n};" in plots.transcript(ax) for n in range(119))


@pytest.mark.parametrize("unit", ["number", "percent", "days", "BRL"])
def test_words_follow_the_language(unit):
    values = pd.Series([1234.5], index=pd.to_datetime(["2026-02-01"]))
    assert "fev/2026: " in plots.alt(plots.columns(values, title="t", unit=unit))
    assert "Feb 2026: " in plots.alt(plots.columns(values, title="t", unit=unit, language="en"))


def test_a_wrong_unit_is_refused_by_name():
    with pytest.raises(ValueError, match="unit must be"):
        plots.bars(pd.Series({"a": 1}), title="t", unit="reais")


def test_matplotlib_settings_stay_as_they_were():
    before = dict(matplotlib.rcParams)
    plots.bars(pd.Series({"a": 1}), title="t")
    assert dict(matplotlib.rcParams) == before


def test_a_plot_draws_into_the_axes_it_is_given():
    figure = matplotlib.figure.Figure()
    axes = figure.subplots(1, 2)
    assert plots.bars(pd.Series({"a": 1}), title="t", ax=axes[1]) is axes[1]


def test_plots_leave_their_data_alone():
    values = pd.Series([np.inf, 2.0], index=["a", "b"])
    plots.bars(values, title="t")
    pd.testing.assert_series_equal(values, pd.Series([np.inf, 2.0], index=["a", "b"]))


@pytest.mark.parametrize(
    "colour", [style.BLUE, style.VERMILLION, style.ORANGE, style.GREY, style.SKY, style.INK, style.MUTED]
)
def test_labels_inside_bars_hold_the_contrast_of_wcag(colour):
    def luminance(name):
        rgb = np.array(matplotlib.colors.to_rgb(name))
        return np.where(rgb <= 0.03928, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]

    bright, dark = sorted([luminance(colour), luminance(style.contrasting(colour))], reverse=True)
    assert (bright + 0.05) / (dark + 0.05) >= 4.5


def test_cohorts_of_quarters_are_named_as_quarters():
    ax = plots.cohorts(COHORTS, title="t", period="quarter")
    assert "tri/" in ax.get_yticklabels()[0].get_text()
    assert ax.get_yticklabels()[0].get_text()[1:3] == "º "


def test_movement_labels_stand_clear_of_the_net_and_zeros_have_none():
    months = pd.DataFrame(
        {"month": pd.to_datetime(["2026-01-01", "2026-02-01"]), "new": [50, 0], "recovered": 0, "lost": [1, 0]}
    )
    labels = [t for t in plots.movement(months, title="t").texts if t.get_text() in {"50", "−1", "0"}]
    assert [(t.get_text(), t.xyann[1]) for t in labels] == [("50", 7), ("−1", -3)]


def test_only_proven_changes_are_in_colour_and_told():
    waves = pd.DataFrame(
        {"estimate": [27.2, 30.0, np.nan, 1.4], "low": [18.0, 21.0, np.nan, -7.0], "high": [36.0, 38.0, np.nan, 10.0]},
        index=["abr", "out", "nov", "dez"],
    ).assign(proven=[False, False, False, True])
    ax = plots.band(waves, title="Caiu")
    assert plots.alt(ax) == "Caiu. abr: 27; out: 30; nov: –; dez: 1 (mudança comprovada)."
    dots = ax.collections[-1]
    tones = [matplotlib.colors.to_hex(c) for c in dots.get_facecolors()]
    assert [tone == style.VERMILLION.lower() for tone in tones] == [False, False, False, True]
    shown = {t.get_text(): t.get_color() for t in ax.texts}
    assert shown == {"27": style.INK, "30": style.INK, "1": style.VERMILLION}


@pytest.mark.parametrize(
    ("estimate", "low", "high"), [(4.0, -5.0, 12.0), (100.0, 95.0, 100.0), (-100.0, -100.0, -90.0)]
)
def test_a_gauge_shows_the_score_its_interval_and_the_whole_scale(estimate, low, high):
    ax = plots.gauge(pd.Series({"estimate": estimate, "low": low, "high": high}), title="Nota")
    said = [style.text_of(v, "points") for v in (estimate, low, high)]
    assert plots.alt(ax) == f"Nota. nota: {said[0]}; intervalo de 95%: {said[1]} a {said[2]}."
    assert {said[0], said[1], said[2]} <= {t.get_text() for t in ax.texts}
    assert ax.get_xlim()[0] <= -100
    assert ax.get_xlim()[1] >= 100
    spans = [line.get_xdata() for line in ax.lines]
    assert any(list(span) == [low, high] for span in spans)


def test_highlighted_intervals_are_blue_and_the_others_muted():
    ax = plots.intervals(intervals(pd.Series([0.2, 0.5, 0.9], index=["a", "b", "c"])), title="x", highlight=["b"])
    dots = {line.get_color(): list(line.get_xdata()) for line in ax.lines if line.get_marker() == "o"}
    assert dots == {style.MUTED: [0.2, 0.9], style.BLUE: [0.5]}


def test_a_goal_far_beyond_its_target_has_an_arrow_and_its_number():
    """What is expected, as a share of the target: half, 1.6 times (the edge itself), three and a half times."""
    goals = pd.DataFrame(
        {"target": 10.0, "standing": 0.0, "expected": [5.0, 16.0, 35.0], "low": 4.0, "high": 20.0, "probability": 0.5},
        index=["meia", "borda", "longe"],
    ).assign(text="")
    ax = plots.bullets(goals, title="Metas")
    assert [t.get_text() for t in drawn(ax)].count("350%") == 1
    assert "160%" not in [t.get_text() for t in drawn(ax)]
    arrows = [line for line in ax.lines if line.get_marker() == ">"]
    assert [line.get_xydata().tolist() for line in arrows] == [[[1.6, 2.0]]]
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert np.isfinite(dots.get_xdata()).tolist() == [True, True, False]
    assert inside(ax, drawn(ax))


def test_the_parts_of_a_bar_take_the_colours_asked_for():
    ax = plots.stacked(pd.DataFrame({"a": [1.0], "b": [2.0]}, index=["x"]), title="t", tones=("#101010", "#202020"))
    assert [matplotlib.colors.to_hex(p.get_facecolor()) for p in ax.patches] == ["#101010", "#202020"]


def test_the_line_of_reference_is_named_in_the_text():
    table = pd.DataFrame({"estimate": [0.1], "low": [0.0], "high": [0.2]}, index=["a"])
    told = plots.alt(plots.intervals(table, title="t", reference=0.0))
    assert told.endswith("linha de referência: 0%.")
    assert "—" not in told


def test_a_line_over_no_months_says_what_it_runs_along():
    ax = plots.line(pd.Series([1.0, 0.6, 0.4], index=["0", "1", "2"]), title="t", x_label="Renovações")
    assert ax.get_xlabel() == "Renovações"
    assert plots.line(pd.Series([1.0, 0.6], index=["jan", "fev"]), title="t").get_xlabel() == ""
