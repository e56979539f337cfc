"""Page 05 as a whole: what a director reads of any survey, also of none; nothing of later days; the tables it leaves."""

import re

import numpy as np
import pandas as pd
import pytest

from carteira_lib import nps, plots, tables
from carteira_lib.nps import analysis, clients, score, weights
from carteira_lib.tables import DataError
from tests.nps_people import AS_OF, ago, customers, empty, frames, portfolio, refused, scores, surveys
from tests.nps_people import known as answered

NO_FIGURE = re.compile(r"\b(nan|none|nat|inf|null|<na>)\b|–|\{\w*\}|−0\b", re.I)
POLICY = nps.Policy()


def analysed(made: dict, policy: nps.Policy = POLICY, **settings) -> nps.Analysis:
    return nps.analyse(made, policy, as_of=AS_OF, **settings)


def drawn(answers: int, mix: tuple[float, float] = (0.5, 0.2), people: int = 60, **others) -> dict:
    """`answers` of `people` clients, ten days ago."""
    ids = [f"{i:03d}" for i in range(people)]
    points = scores(np.random.default_rng(7), answers, mix)
    return frames(portfolio(ids), surveys(*zip(ids[:answers], [10] * answers, points.tolist(), strict=True)), **others)


def rich(seed: int = 0) -> dict:
    """Three waves of 300 clients with comments, contacts and orders."""
    rng = np.random.default_rng(seed)
    ids = [f"{i:03d}" for i in range(300)]
    mixes = {400: (0.6, 0.15), 210: (0.6, 0.15), 20: (0.25, 0.45)}
    texts = ["Frete caro demais", "Entrega no prazo", "Frete caro de novo", "Ótimo prazo de entrega", None]
    given = surveys(
        *((ids[i], days, int(points), texts[i % 5]) for days, mix in mixes.items() for i, points in enumerate(scores(rng, 200, mix)))
    )  # fmt: skip
    people = portfolio(
        ids, abc_class=np.array(["A", "B", "C"])[np.arange(300) % 3], net_revenue_365d=rng.lognormal(8, 1, 300),
        status=np.where(np.arange(300) % 10 == 0, "late", "active"), seller_id=np.array(["V1", "V2", "V3"])[np.arange(300) % 3],
    )  # fmt: skip
    bought = pd.DataFrame({"customer_id": np.repeat(ids, 12), "net_amount": 50.0})
    bought["order_date"] = [ago(int(d)) for d in rng.integers(1, 900, len(bought))]
    events = pd.DataFrame({"customer_id": ids[::3], "event_date": ago(40), "kind": "Reclamação"})
    known = customers(ids, employees=rng.lognormal(3, 1.2, 300).clip(1), sector=rng.choice(["Hotel", "Bar"], 300))
    return frames(people, given, purchases=bought, interactions=events, customers=known)


@pytest.fixture(scope="module")
def found():
    return analysed(rich())


def pictures(result: nps.Analysis) -> None:
    """Every figure of the page, drawn."""
    said = nps.titles(result)
    plots.gauge(nps.headline(result), title=said["score"])
    plots.stacked(nps.class_parts(result), title=said["score"])
    plots.intervals(nps.readings(result), title=said["readings"], unit="points")
    plots.band(nps.over_time(result), title=said["waves"])
    nps.segment_plots(result)
    nps.driver_plots(result, said["drivers"])
    for group in ("recover", "promoters", "attention", "ask"):
        nps.listed(result, group)
    nps.quoted(result)


# ---- the whole


def test_the_headline_counts_one_answer_per_client_of_the_window(found):
    given = rich()["surveys"]
    own = score.counts(score.class_of(given.loc[given["answer_date"] == ago(20), "score"]))
    row = found.summary.set_index("reading").loc["answered"]
    assert row[["promoters", "passives", "detractors"]].tolist() == list(own)
    assert row[["nps", "nps_low", "nps_high"]].astype(float).tolist() == pytest.approx(list(score.adjusted_wald(own)))
    assert (row["answers"], row["clients"]) == (200, 300)
    assert found.summary["reading"].tolist() == list(analysis.READINGS)


def test_each_reading_is_the_function_of_its_name(found):
    rows = found.summary.set_index("reading")
    own = score.Counts(*rows.loc["answered", ["promoters", "passives", "detractors"]].astype(float))
    mended = score.Counts(*rows.loc["weighted", ["promoters", "passives", "detractors"]].astype(float))
    expected = {
        "portfolio": score.finite_portfolio(own, 300),
        "weighted": score.adjusted_wald(mended),
        "detractors_silent": weights.if_detractors_are_silent(mended),
    }
    for name, estimate in expected.items():
        assert rows.loc[name, ["nps", "nps_low", "nps_high"]].astype(float).tolist() == pytest.approx(list(estimate))
    assert rows.loc["without_passives", "nps"] == pytest.approx(
        100 * (own.promoters - own.detractors) / (own.promoters + own.detractors)
    )


def test_the_weighted_score_is_recommended_beyond_half_of_the_interval_only(found):
    row = found.summary.set_index("reading").loc["answered"]
    half = (row["nps_high"] - row["nps_low"]) / 2
    for beyond, warned in ((half - 0.01, False), (half + 0.01, True), (-half - 0.01, True)):
        moved = found.summary.copy()
        moved.loc[moved["reading"] == "weighted", "nps"] = row["nps"] + beyond
        said = nps.findings(found._replace(summary=moved))
        assert any("não se parece com os clientes recentes" in text for text in said) == warned


def test_the_list_goes_by_action_then_by_revenue(found):
    table = found.clients
    place = table["suggested_action"].map(clients.ACTIONS.index)
    assert place.is_monotonic_increasing
    for _, part in table.groupby("suggested_action"):
        assert part["net_revenue_365d"].is_monotonic_decreasing
    assert table["customer_id"].is_unique


def test_every_table_keeps_its_contract_and_every_figure_is_drawn(found):
    for name in nps.views.WRITTEN:
        tables.conform(getattr(found, name.removeprefix("nps_")), name)
    pictures(found)
    assert found.waves["proven"].tolist() == [False, False, True]
    assert len(found.themes) >= 2


def test_the_sentences_say_what_changed_and_hold_no_empty_figure(found):
    said = [*nps.findings(found), *nps.titles(found).values()]
    assert [text for text in said if NO_FIGURE.search(text.replace("*", ""))] == []
    last = found.waves.iloc[-1]
    fall = f"caiu {abs(last['change']):.0f} pontos"
    assert any(fall in text for text in said)


def test_nothing_of_later_days_changes_anything(found):
    later = rich()
    ids = later["portfolio"]["customer_id"]
    future = surveys(*((i, -3, 0, "Péssimo frete caro") for i in ids))
    later["surveys"] = pd.concat([later["surveys"], future], ignore_index=True)
    order = pd.DataFrame({"customer_id": ids, "net_amount": 1e6, "order_date": ago(-2)})
    later["purchases"] = pd.concat([later["purchases"], order], ignore_index=True)
    event = pd.DataFrame({"customer_id": ids, "event_date": ago(-1), "kind": "Reclamação"})
    later["interactions"] = pd.concat([later["interactions"], event], ignore_index=True)
    again = analysed(later)
    for name in nps.views.WRITTEN:
        name = name.removeprefix("nps_")
        pd.testing.assert_frame_equal(getattr(found, name), getattr(again, name))
    assert nps.findings(found) == nps.findings(again)


def test_the_order_of_the_rows_does_not_matter(found):
    shuffled = {
        name: table.sample(frac=1, random_state=1) if name != "portfolio" else table for name, table in rich().items()
    }
    again = analysed(shuffled)
    for name in nps.views.WRITTEN:
        name = name.removeprefix("nps_")
        pd.testing.assert_frame_equal(getattr(found, name), getattr(again, name))


# ---- whom to do what with


def listed(points: int, status: str = "active", abc: str = "C", fit: bool | None = None) -> str:
    people = portfolio("x", status=status, abc_class=abc)
    given = answered(surveys(("x", 5, points)))
    fits = pd.Series([] if fit is None else [fit], index=[] if fit is None else ["x"], dtype="boolean")
    table = clients.clients_to_act_on(given, given, people, pd.Series([], dtype="str"), fits, as_of=AS_OF)
    return table["suggested_action"].item()


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        ((10, "active", "A"), "case"), ((9, "active", "B"), "upsell"), ((9, "outside", "C"), "referral"),
        ((10, "late", "A"), "reconnect"), ((10, "inactive", "B"), "reconnect"), ((8, "active", "A"), "attention"),
        ((6, "active", "A"), "recover"), ((0, "active", "A", True), "recover"), ((0, "active", "A", False), "question_fit"),
        ((10, "active", "A", False), "case"),
    ],
)  # fmt: skip
def test_each_client_gets_the_action_of_its_class(answer, action):
    assert listed(*answer) == action


def test_old_answers_wait_for_the_next_wave_and_large_silent_clients_are_asked_first():
    people = portfolio("abcdef", net_revenue_365d=[10, 20, 30, 40, 50, 0])
    given = surveys(("a", 5, 9), ("b", 300, 2), ("c", 300, 9))
    made = analysed(frames(people, given), nps.Policy(ask_clients=2)).clients.set_index("customer_id")
    assert made["suggested_action"].to_dict() == {
        "a": "upsell", "b": "next_wave", "c": "next_wave", "d": "ask", "e": "ask",
    }  # fmt: skip
    assert made.loc["b", ["score", "class", "days"]].tolist() == [2, "detractor", 300]
    assert made["in_window"].to_dict() == {"a": True, "b": False, "c": False, "d": False, "e": False}


def test_the_weight_of_those_who_hardly_answered_counts_up_to_five():
    people = portfolio("abc", net_revenue_365d=[100, 30, 30])
    weight = pd.Series({"a": 1.0, "b": 4.0, "c": 40.0})
    asked = clients.worth_asking(people, people.iloc[:0], weight, most=2)
    assert asked.tolist() == ["c", "b"]


def test_detractors_are_split_by_the_ideal_profile_once_a_page_tells_it():
    made = drawn(40, (0.1, 0.8))
    ids = made["portfolio"]["customer_id"]
    traits = {"in_niche": [True, False, False] * 20, "known_share": [0.2, 0.5, 0.4] * 20}
    known = pd.DataFrame({"company_id": ids, "company_kind": "client", **traits})
    others = pd.DataFrame({"company_id": ids, "company_kind": "prospect", "in_niche": True, "known_share": 1.0})
    found = analysed(made | {"pci_scores": pd.concat([known, others])})
    table = found.clients[found.clients["class"] == "detractor"]
    told = known.set_index("company_id")["in_niche"].where(known["known_share"].ne(0.4).to_numpy())
    fits = table["customer_id"].map(told)
    assert (table["suggested_action"] == np.where(fits.eq(False), "question_fit", "recover")).all()
    assert found.worth.set_index("class").loc["detractor", "fit_share"] == pytest.approx(fits.dropna().mean())
    no_niche = analysed(made | {"pci_scores": known.assign(in_niche=False)})
    assert set(no_niche.clients.loc[no_niche.clients["class"] == "detractor", "suggested_action"]) == {"recover"}


# ---- little, and bad, input


def test_no_answers_say_so_in_one_sentence():
    found = analysed(drawn(0))
    assert nps.findings(found) == ["Nenhuma resposta de pesquisa que se possa usar: não há NPS a mostrar."]
    assert found.summary.loc[0, ["answers", "clients"]].tolist() == [0, 60]
    assert set(found.clients["suggested_action"]) == {"ask"}
    pictures(found)


def test_only_old_answers_say_when_the_last_was():
    old = frames(portfolio("ab"), surveys(("a", 300, 9), ("b", 181, 9)))
    said = nps.findings(analysed(old))
    assert said[0] == "Nenhuma resposta nos últimos 180 dias: não há NPS de hoje. A última é de 03/05/2026."
    pictures(analysed(old))


@pytest.mark.parametrize("answers", [1, 9])
def test_fewer_than_ten_answers_are_counted_and_not_scored(answers):
    found = analysed(drawn(answers))
    said = nps.findings(found)
    plural = "resposta válida" if answers == 1 else "respostas válidas"
    assert said[0].startswith(f"Amostra insuficiente: {answers} {plural} nos últimos 180 dias (")
    assert len(said) == 1
    assert found.summary[["nps", "nps_low", "nps_high"]].isna().all(axis=None)
    assert nps.titles(found)["score"] == "Amostra insuficiente para dar uma nota"
    pictures(found)


@pytest.mark.parametrize(("points", "value"), [(10, 100), (8, 0), (0, -100)])
def test_all_the_same_keeps_an_interval(points, value):
    ids = [f"{i:03d}" for i in range(40)]
    found = analysed(frames(portfolio(ids), surveys(*((i, 5, points) for i in ids[:20]))))
    row = found.summary.set_index("reading").loc["answered"]
    assert row["nps"] == value
    assert row["nps_low"] < row["nps_high"]
    assert [t for t in [*nps.findings(found), *nps.titles(found).values()] if NO_FIGURE.search(t)] == []
    pictures(found)


def test_everybody_answered_is_exact():
    said = nps.findings(analysed(drawn(60)))
    assert "Todos os 60 clientes recentes responderam: a nota é exata." in said


def test_the_population_is_reconciled_with_the_portfolio_of_page_02():
    """Of 60 who bought in the last 12 months 50 are in the portfolio; the others stopped, and still have an opinion."""
    made = drawn(40)
    status = ["inactive"] * 8 + ["outside"] * 2 + ["late"] * 10 + ["active"] * 40
    said = nps.findings(analysed(made | {"portfolio": made["portfolio"].assign(status=status)}))
    told = [text for text in said if "Responderam 40 de 60 clientes recentes (67%)" in text]
    assert len(told) == 1
    assert told[0].endswith("Clientes recentes são os 50 da carteira e mais 10 que compraram nos últimos 12 meses.")
    assert not any("e mais" in text for text in nps.findings(analysed(made)))


def test_an_answer_past_its_time_is_shown_as_such():
    """Client 0 gave a 10 two years ago: among clients without a valid answer a bare 10 would be a riddle."""
    ids = [f"{i:02d}" for i in range(30)]
    given = surveys(("00", 700, 10), *((i, 5, 8) for i in ids[5:]))
    shown = nps.to_ask(analysed(frames(portfolio(ids), given)))
    asked = shown.set_index("customer_id")[["Última resposta (vencida)", "Nota dada então"]]
    assert asked.loc["00"].tolist() == [ago(700), 10]
    assert asked.loc["01"].isna().all()
    assert "score" not in shown


def test_titles_and_conclusions_speak_english_throughout(found):
    """Literals behind another name than `_` are not extracted, and stay Portuguese."""
    said = nps.titles(found, language="en")
    assert said["score"].startswith("NPS ")
    assert "with 95% certainty" in said["score"]
    assert said["groups"] == "Too few answers to compare groups."


def test_few_responses_are_not_called_representative():
    assert any("Representatividade não garantida" in text for text in nps.findings(analysed(drawn(12, people=100))))
    assert not any("Representatividade" in text for text in nps.findings(analysed(drawn(30, people=100))))


def test_a_biased_response_is_told_with_both_scores():
    """Large clients are happy and all answer; small ones are not, and one in ten does."""
    ids = [f"{i:03d}" for i in range(400)]
    known = customers(ids, employees=np.where(np.arange(400) < 100, 200, 5))
    given = [(i, 5, 10) for i in ids[:95]] + [(i, 5, 2) for i in ids[100:130]]
    found = analysed(frames(portfolio(ids), surveys(*given), customers=known))
    said = nps.findings(found)
    assert any(text.startswith("**Quem respondeu não se parece com os clientes recentes:**") for text in said)
    assert nps.titles(found)["readings"] == "Ponderar quem falta muda a nota: de 52 para −50"


def test_what_does_not_count_is_told_with_its_reason():
    made = drawn(20)
    strangers = surveys(("zz", 3, 9), ("000", 5, 3))
    made["surveys"] = pd.concat([made["surveys"], strangers], ignore_index=True)
    made["refused_answers"] = refused(
        ("invalid_score", "11"), ("invalid_score", "7.5"), ("date_after_as_of", "9"), ("damaged_line", "x")
    )
    assert nps.findings(analysed(made))[-1] == (
        "Respostas que ficaram fora: 2 com nota fora da escala, 1 com data depois da data-base, "
        "1 de quem nunca comprou, 1 de quem respondeu de novo depois (vale a última) e 1 por outro motivo."
    )


def test_codes_that_match_nobody_come_with_an_example_and_the_remedy():
    made = frames(portfolio("ab"), surveys(*((f"C-{i}", 3, 9) for i in range(12))))
    said = nps.findings(analysed(made))[-1]
    assert "“C-0”, que nenhum cliente tem" in said
    assert "sources.surveys.columns.customer_id" in said


def test_a_slow_fall_is_told_though_no_single_change_is_proven():
    ids = [f"{i:03d}" for i in range(200)]
    promoters = (90, 84, 78, 72, 66, 60)  # of 120, every 60 days
    given = [
        (ids[i], 310 - 60 * wave, 9 if i < count else 3) for wave, count in enumerate(promoters) for i in range(120)
    ]
    found = analysed(frames(portfolio(ids), surveys(*given)))
    assert not found.waves["proven"].any()
    said = "Nenhuma mudança isolada se distingue do acaso, mas ao longo de 6 rodadas o NPS **vem caindo**."
    assert said in nps.findings(found)


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        (nps.Policy(window_days=0), "nps_window_days: 0 é pouco; use 1 ou mais"),
        (nps.Policy(ask_clients=-1), "ask_clients: -1 é pouco; use 0 ou mais"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(policy, message):
    with pytest.raises(DataError, match=message):
        analysed(drawn(20), policy)


def test_no_portfolio_and_no_register_still_give_a_page():
    found = analysed(frames(portfolio([]), surveys(("a", 3, 9))))
    assert len(nps.findings(found)) == 2
    pictures(found)
    bare = drawn(40, customers=empty("customers"))
    said = nps.findings(analysed(bare))
    assert [t for t in said if NO_FIGURE.search(t)] == []


def test_the_card_of_the_summary_has_the_score_its_margin_and_the_response(found):
    (card,) = nps.cards(found.summary)
    row = found.summary.iloc[0]
    low, high = (f"{row[name]:.0f}".replace("-", "−") for name in ("nps_low", "nps_high"))
    assert card[:3] == (
        "NPS",
        f"{row['nps']:.0f}".replace("-", "−"),
        f"entre {low} e {high}; responderam 67% dos clientes recentes",
    )
    assert nps.cards(analysed(drawn(5)).summary) == nps.cards(empty("nps_summary")) == []


def test_english_has_no_portuguese_left(found):
    english = analysed(rich(), language="en")
    said = [*nps.findings(english, language="en"), *nps.titles(english, language="en").values()]
    assert not [t for t in said if re.search(r"[ãõçáéíóú]|respost|cliente", t.replace("Reclamação", ""))]
    assert "NPS" in said[0]


def test_the_typical_client_is_told_with_its_interval_in_the_language_of_the_page(found):
    worth = found.worth.iloc[:2].assign(
        median_revenue=[14952.0, np.nan], low_revenue=[9720.0, np.nan], high_revenue=[1.2e6, np.nan]
    )
    shown = nps.worth_shown(found._replace(worth=worth))
    assert shown.iloc[0, 3].replace("\xa0", " ") == "R$ 15 mil [R$ 9,7 mil; R$ 1,2 mi]"
    assert pd.isna(shown.iloc[1, 3])
    told = nps.worth_shown(found._replace(worth=worth), language="en", currency="USD").iloc[0, 3]
    assert told == "$15K [$9.7K; $1.2M]"
