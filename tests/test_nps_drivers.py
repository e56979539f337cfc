"""What goes with detractors, what each class is worth, what clients write: planted, by hand, and by naive loops."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import binom

from carteira_lib.nps import comments, drivers, privacy, signals, worth
from carteira_lib.nps.signals import Column
from tests.nps_people import AS_OF, ago, customers, empty, known, portfolio, surveys

NO_FIT = pd.Series(dtype="boolean")


def asked(count: int, days: float = 30) -> pd.DataFrame:
    given = surveys(*((f"c{i:04d}", days, 9) for i in range(count)))
    return known(given).assign(wave=0)


# ---- what was known on the day of the answer


def described(answers: pd.DataFrame, *, bought: pd.DataFrame, events: pd.DataFrame | None = None, fit=NO_FIT, **known):
    ids = answers["customer_id"].unique()
    frames = {"customers": customers(ids, **known), "purchases": bought, "fit": fit}
    frames["interactions"] = empty("interactions") if events is None else events
    return signals.described(answers, frames)


def buying(*orders: tuple[str, float]) -> pd.DataFrame:
    made = pd.DataFrame([(c, ago(d), 10.0) for c, d in orders], columns=["customer_id", "order_date", "net_amount"])
    return made.astype({"customer_id": "str", "order_date": "datetime64[us]"})


@pytest.mark.parametrize(
    ("orders", "silent", "slower", "tenure", "count"),
    [
        (
            [400, 370, 340, 310],
            True,
            True,
            370.0,
            0.0,
        ),  # a rhythm of 30 days, 280 of silence; 3 orders before, none now
        ([100, 70, 40], False, False, 70.0, 3.0),
        ([130, 110, 90], False, False, 100.0, 3.0),  # 60 days of silence at a rhythm of 20: three of them
        ([80, 75, 70], True, False, 50.0, 3.0),
        ([50], False, False, 20.0, 1.0),
        ([10, 5], False, False, np.nan, np.nan),  # bought only after the answer
    ],
    ids=["stopped", "regular", "three cycles", "burst", "one order", "later"],
)
def test_the_rhythm_is_that_of_the_orders_up_to_the_answer(orders, silent, slower, tenure, count):
    raw = signals._buying(asked(1)[["customer_id", "answer_date"]], buying(*(("c0000", d) for d in orders)))
    row = raw.iloc[0]
    if orders == [130, 110, 90]:
        silent = True
    assert (row["silent"], row["slower"]) == (silent, slower)
    assert row[["tenure_days", "orders"]].astype("float64").tolist() == pytest.approx([tenure, count], nan_ok=True)


def test_nothing_after_the_answer_changes_what_was_known_on_it():
    rng = np.random.default_rng(0)
    answers = asked(120)
    orders = [(f"c{i:04d}", d) for i in range(120) for d in rng.integers(30, 700, 8)]
    events = [(f"c{i:04d}", ago(d), "Reclamação") for i in range(60) for d in rng.integers(30, 200, 2)]
    later_events = [(f"c{i:04d}", ago(5), "Visita") for i in range(60)]
    columns = ["customer_id", "event_date", "kind"]
    known = {"sector": ["Hotel", "Bar"] * 60, "employees": rng.integers(1, 90, 120)}
    before, told = described(answers, bought=buying(*orders), events=pd.DataFrame(events, columns=columns), **known)
    later = buying(*orders, *((f"c{i:04d}", 29) for i in range(120)))
    after, also = described(answers, bought=later, events=pd.DataFrame(events + later_events, columns=columns), **known)
    pd.testing.assert_frame_equal(before, after)
    assert told == also
    assert {"kind=Reclamação", "sector=Hotel", "employees", "tenure_days"} <= set(before)


def test_levels_and_behaviours_of_a_few_are_left_out():
    answers = asked(100)
    sector = ["Hotel"] * 81 + ["Bar"] * 19
    table, columns = described(answers, bought=buying(*((c, 60) for c in answers["customer_id"])), sector=sector)
    assert [c for c in table if c.startswith("sector=")] == []  # 19 of one, so also of the other
    sector = ["Hotel"] * 80 + ["Bar"] * 20
    fit = pd.Series([True] * 50 + [False] * 30 + [None] * 20, index=answers["customer_id"], dtype="boolean")
    table, columns = described(
        answers, bought=buying(*((c, 60) for c in answers["customer_id"])), sector=sector, fit=fit
    )
    assert [c for c in table if c.startswith("sector=")] == ["sector=Bar", "sector=Hotel"]
    assert table["fit"].tolist() == [1.0] * 50 + [0.0] * 50
    assert {c.kind for c in columns if c.name == "fit"} == {"attribute"}


def test_of_many_answers_a_sample_of_clients_is_looked_at(monkeypatch):
    monkeypatch.setattr(signals, "MOST_ANSWERS", 50)
    once = asked(400)
    drawn = signals.to_explain(once, seed=1)
    assert len(drawn) == 50
    assert drawn.equals(signals.to_explain(once.sample(frac=1, random_state=3), seed=1))


# ---- the drivers


def planted(seed: int, effects: dict[str, float], clients: int = 900) -> tuple:
    """Answers whose log-odds of a detractor are -1 plus the effects of what the client has; half of the flags at random."""
    rng = np.random.default_rng(seed)
    names = [f"f{i}" for i in range(8)]
    table = pd.DataFrame({name: (rng.random(clients) < 0.4).astype("float64") for name in names})
    logit = -1 + sum(table[name] * effect for name, effect in effects.items())
    detractor = pd.Series(rng.random(clients) < expit(logit))
    columns = [Column(name, name, "behaviour", "flag") for name in names]
    return table, columns, detractor, pd.Series(range(clients))


def test_planted_drivers_are_found_with_their_direction_and_nothing_else():
    found = drivers.drivers(*planted(1, {"f0": 1.2, "f3": -1.0}))
    assert found.basis == "model"
    assert found.auc > 0.6
    table = found.table.set_index("driver")
    assert set(table.index[table["proven"]]) == {"f0", "f3"}
    assert table.index[:2].tolist() == ["f0", "f3"]
    assert table.loc["f0", "effect_low"] > 0 > table.loc["f3", "effect_high"]
    effect = 100 * (expit(-1 + 1.2 - 0.4) - expit(-1 - 0.4))  # near: the other planted one at its mean
    assert table.loc["f0", "effect"] == pytest.approx(effect, abs=6)


def test_where_nothing_goes_with_detractors_hardly_anything_is_proven():
    marked = [drivers.drivers(*planted(seed, {}, 300)).table["proven"].any() for seed in range(25)]
    assert np.mean(marked) <= 0.05


def test_intervals_hold_the_planted_effect():
    """Average over the clients of the change in probability, the other flag as it is."""
    inside = []
    for seed in range(16):
        table, columns, detractor, clients = planted(seed, {"f0": 0.6})
        truth = 100 * (expit(-0.4) - expit(-1))
        row = drivers.drivers(table, columns, detractor, clients).table.set_index("driver").loc["f0"]
        inside.append(row["effect_low"] <= truth <= row["effect_high"])
    assert np.mean(inside) >= 0.85  # shrunk towards zero, on purpose


def test_many_answers_of_few_clients_are_no_more_evidence_than_the_clients():
    table, columns, detractor, clients = planted(2, {"f0": 0.5}, 800)
    once = drivers.drivers(table, columns, detractor, clients).table.set_index("driver")
    times = pd.concat([table] * 5, ignore_index=True)
    many = drivers.drivers(times, columns, pd.concat([detractor] * 5, ignore_index=True), pd.concat([clients] * 5, ignore_index=True)).table.set_index("driver")  # fmt: skip
    width = (once["effect_high"] - once["effect_low"])["f0"]
    assert (many["effect_high"] - many["effect_low"])["f0"] == pytest.approx(width, rel=0.35)
    pretended = drivers.drivers(times, columns, pd.concat([detractor] * 5, ignore_index=True), pd.Series(range(4000))).table.set_index("driver")  # fmt: skip
    assert (pretended["effect_high"] - pretended["effect_low"])["f0"] < 0.6 * width


def test_too_few_of_a_kind_teach_nothing():
    table, columns, detractor, clients = planted(3, {}, 300)
    rare = pd.Series(np.arange(300) < 29)
    assert drivers.drivers(table, columns, rare, clients).basis == "few"
    assert drivers.drivers(table, columns, ~rare, clients).table.empty
    assert drivers.drivers(table, [], detractor, clients).basis == "few"


# ---- what they are worth


def test_worth_by_class_and_of_those_who_did_not_answer():
    ids = [f"{i:02d}" for i in range(50)]
    people = portfolio(ids, net_revenue_365d=np.arange(50.0))
    given = pd.DataFrame({"customer_id": ids[:30], "class": ["promoter"] * 12 + ["passive"] * 8 + ["detractor"] * 10})
    risk = pd.DataFrame({"customer_id": ids, "churn_probability": 0.2, "revenue_at_risk": 2.0})
    fit = pd.Series([True, False] * 25, index=ids, dtype="boolean")
    found = worth.worth(given, people, risk, fit)
    table = found.table.set_index("class")
    assert table["clients"].tolist() == [12, 8, 10, 20]
    assert table["net_revenue_365d"].sum() == pytest.approx(sum(range(50)))
    assert table.loc["promoter", "median_revenue"] == 5.5
    assert pd.isna(table.loc["passive", "median_revenue"])
    assert table.loc["detractor", ["churn_probability", "revenue_at_risk", "fit_share"]].tolist() == [0.2, 20.0, 0.5]
    assert found.revenue_p < 0.001  # every promoter buys less than every detractor
    bare = worth.worth(given, people, empty("churn"), NO_FIT).table
    assert bare[["churn_probability", "revenue_at_risk", "fit_share"]].isna().all(axis=None)


def test_only_clients_who_still_buy_have_revenue_at_risk():
    """As on page 04: of 20 detractors 8 are inactive, and 12 late or active ones risk 1 of money each, with a chance of .1."""
    ids = [f"{i:02d}" for i in range(20)]
    people = portfolio(ids, status=["inactive"] * 8 + ["late"] * 6 + ["active"] * 6)
    given = pd.DataFrame({"customer_id": ids, "class": "detractor"})
    risk = pd.DataFrame({"customer_id": ids, "churn_probability": [0.9] * 8 + [0.1] * 12})
    risk["revenue_at_risk"] = [50.0] * 8 + [1.0] * 12
    row = worth.worth(given, people, risk, NO_FIT).table.iloc[0]
    assert row["clients"] == 20
    assert (row["churn_probability"], row["revenue_at_risk"]) == (pytest.approx(0.1), 12.0)


@pytest.mark.parametrize("n", [10, 11, 25, 60])
def test_the_median_lies_between_its_limits_as_often_as_it_says(n):
    """Whatever the distribution: the chance is that of the ranks, which the binomial tells."""
    low, _, high = worth.median_interval(np.arange(1.0, n + 1))
    covered = binom.cdf(high - 1, n, 0.5) - binom.cdf(low - 1, n, 0.5)
    assert 0.95 <= covered <= 0.99


# ---- what they write


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Fale com joao.silva@empresa.com.br já", "Fale com j***@*** já"),
        ("meu zap é 11 98765-4321", "meu zap é ********21"),
        ("ligue +55 (11) 3222 1234", "ligue ********"),
        ("ligue 98765-4321", "ligue ********"),
        ("CPF 529.982.247-25", "CPF ***.982.247-**"),
        ("vejam www.loja.com/x", "vejam ***"),
        ("A atendente Maria de Souza foi rude", "A atendente M. S. foi rude"),
        ("Falei com o Jonas ontem", "Falei com o J. ontem"),
        ("ALINE nunca responde; aline campoverde sumiu", "A. nunca responde; A. C. sumiu"),
        ("Pedido 1234 veio errado em 2026", "Pedido 1234 veio errado em 2026"),
        ("A entrega é clara e rápida", "A entrega é clara e rápida"),
    ],
)
def test_people_and_contacts_are_hidden_and_the_rest_is_left(text, said):
    assert privacy.masked(text, ["Aline Campoverde", "Clara Riomanso"]) == said


def test_contacts_are_hidden_also_where_names_may_be_shown():
    assert privacy.masked("A vendedora Ana: ana@x.com", mask_people=False) == "A vendedora Ana: a***@***"


def written(texts: list[str], classes: list[str] | None = None) -> pd.DataFrame:
    classes = classes or ["detractor"] * len(texts)
    given = pd.DataFrame({"customer_id": [f"{i:03d}" for i in range(len(texts))], "class": classes, "comment": texts})
    people = portfolio(given["customer_id"], person_type="PF", name="Dalva Pereira")
    sellers = pd.DataFrame({"name": ["Breno Marazul", None]})
    return comments.written(given.assign(answer_date=AS_OF), people, sellers)


def test_comments_come_without_the_names_of_the_client_and_of_the_sellers():
    found = written(["A Dalva aqui: o Breno\n atrasou", "  ", None])
    assert found["comment"].tolist() == ["A D. aqui: o B. atrasou"]


THEMES = {
    "detractor": ["O frete está caro demais", "Frete caro, preço do frete subiu", "Caro, o frete pesa"],
    "promoter": ["Entrega rápida e no prazo", "A entrega chega no prazo", "Prazo de entrega cumprido"],
}


def test_themes_part_what_is_about_different_things():
    texts = [text for group in THEMES.values() for text in group for _ in range(8)]
    classes = [name for name, group in THEMES.items() for _ in range(8 * len(group))]
    found = comments.themes(written(texts, classes))
    assert found["comments"].sum() == 48
    assert ((found["detractors"] == 0) | (found["promoters"] == 0)).all()
    about = found.set_index("theme")
    assert all(("frete" in name) == (about.loc[name, "detractors"] > 0) for name in about.index)
    assert set(found["example"]) <= set(texts)
    assert found.equals(comments.themes(written(texts, classes)))


def test_too_few_comments_or_nothing_in_common_make_no_themes():
    assert comments.themes(written(["Frete caro, entrega demorada, produto errado"] * 29)).empty
    alone = [f"palavra{chr(97 + i % 26)}{chr(97 + i // 26)}" for i in range(40)]
    assert comments.themes(written(alone)).empty
    assert comments.themes(written(["não"] * 40)).empty
    assert comments.themes(written([])).empty


def test_all_the_same_is_one_theme():
    found = comments.themes(written(["Entrega atrasada, produto errado, frete caro"] * 35))
    assert found["comments"].tolist() == [35]
