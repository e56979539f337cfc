"""Page 03: attributes refused, rules in words, bad input, tables and sentences, and nothing of the future."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from carteira_lib import pci, tables
from carteira_lib.pci import attributes, profile, views, wording
from carteira_lib.pci.cells import Attribute, Condition, matches
from carteira_lib.pci.findings import power
from carteira_lib.tables import DataError

AS_OF = pd.Timestamp("2026-06-30")
BANDS = ["micro", "pequena", "média", "grande"]


def frames(clients: int = 400, *, worth: float = 3.0, seed: int = 0, prospects: int = 50) -> dict:
    """A portfolio in which health companies of the South are worth so many times the others."""
    rng = np.random.default_rng(seed)
    total = clients + prospects
    who = pd.DataFrame({
        "sector": rng.choice(["Saúde", "Mercado", "Padaria", "Hotelaria"], total),
        "employees": np.floor(np.exp(rng.normal(3, 1, total))) + 1, "region": rng.choice(["Sul", "Sudeste"], total),
    })  # fmt: skip
    inside = (who["sector"] == "Saúde") & (who["region"] == "Sul")
    yearly = 1000 * np.exp(rng.normal(0, 0.6, total)) * np.where(inside, worth, 1.0)
    who = who.mask(rng.random(who.shape) < 0.05)
    register, others = who[:clients].copy(), who[clients:].copy()
    ids = [f"c{n:04d}" for n in range(clients)]
    first = AS_OF - pd.to_timedelta(rng.integers(200, 1100, clients), unit="D")
    years = ((AS_OF - first).days + 1) / 365
    made = {
        "margins": pd.DataFrame({"customer_id": ids, "first_order_date": first}),
        "portfolio": pd.DataFrame({
            "customer_id": ids, "name": "Loja", "person_type": "PJ", "seller_id": rng.choice(["V1", "V2"], clients),
            "status": "active", "frequency": 9, "net_revenue_365d": yearly[:clients],
            "average_order_value": 90.0, "own_cycle_days": 30.0,
        }),
        "customers": register.assign(customer_id=ids, name="Loja", person_type="PJ"),
        "prospects": others.assign(prospect_id=[f"p{n:03d}" for n in range(prospects)], name="Loja", person_type="PJ"),
        "sellers": pd.DataFrame({"seller_id": ["V1", "V2"], "name": ["Ana", "Bia"]}),
        "families": pd.DataFrame({
            "customer_id": ids, "family": np.where(inside[:clients], "luva", "copo"), "net_revenue_365d": 10.0,
        }),
    }  # fmt: skip
    amounts = yearly[:clients] * years
    for prefix, share in (("", 1.0), ("recent_", np.minimum(1 / years, 1))):
        made["margins"][prefix + "net_amount"] = amounts * share
        made["margins"][prefix + "costed_amount"] = amounts * share
        made["margins"][prefix + "cost"] = amounts * share * 0.6
    return made


@pytest.fixture(scope="module")
def given():
    return frames()


@pytest.fixture(scope="module")
def found(given):
    return pci.analyse(given, AS_OF)


def said(result: pci.Analysis, language: str = "pt-BR") -> list[str]:
    return [text.replace("\xa0", " ") for text in pci.findings(result, language=language)]


# ---- attributes


def chosen(table: pd.DataFrame, kinds: dict, scores=None) -> attributes.Chosen:
    scores = np.random.default_rng(0).random(len(table)) if scores is None else scores
    return attributes.chosen(table, kinds, np.asarray(scores))


def test_each_refusal_has_its_reason():
    rng = np.random.default_rng(1)
    worth = rng.random(200)
    table = pd.DataFrame({
        "void": [None] * 200, "same": "x", "code": [f"k{n}" for n in range(200)], "revenue": worth * 7 + 1,
        "abc": np.where(worth > 0.66, "A", np.where(worth > 0.33, "B", "C")), "words": "muitos", "band": "enorme",
        "sector": rng.choice(["a", "b"], 200), "rare": [1.0, 2.0] * 5 + [None] * 190,
    })  # fmt: skip
    kinds = dict.fromkeys(("void", "same", "code", "abc", "sector"), "nominal")
    kinds |= {"revenue": "numeric", "words": "numeric", "band": ("pequena", "grande"), "rare": "numeric"}
    result = chosen(table, kinds, worth)
    assert dict(result.refused) == {
        "void": "absent", "same": "one_level", "code": "id_like", "revenue": "disguise", "abc": "disguise",
        "words": "not_numeric", "band": "no_level", "rare": "empty",
    }  # fmt: skip
    assert list(result.table) == ["sector"]


@pytest.mark.parametrize(("noise", "refused"), [(0.3, True), (0.6, False)])
def test_value_in_disguise_is_refused_on_both_sides_of_the_limit(noise, refused):
    rng = np.random.default_rng(2)
    worth = rng.normal(size=3000)
    table = pd.DataFrame({"rating": -worth + noise * rng.normal(size=3000)})
    correlation = abs(np.corrcoef(table["rating"].rank(), pd.Series(worth).rank())[0, 1])
    assert (correlation > 0.9) == refused
    assert bool(chosen(table, {"rating": "numeric"}, worth).refused) == refused


def test_an_innocent_attribute_of_many_levels_is_no_disguise():
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"city": rng.choice([f"cidade {n}" for n in range(30)], 90)})
    assert chosen(table, {"city": "nominal"}).refused == ()


def test_numbers_written_as_in_brazil_are_numbers():
    values = pd.Series(["1.234,5", "12", "7,5", "1.000", "3.25", "x", None], dtype="str")
    read = attributes._numbers(values)
    assert read[:5].tolist() == [1234.5, 12.0, 7.5, 1.0, 3.25]
    assert read[5:].isna().all()


def test_the_usual_attributes_are_those_that_the_register_has():
    kinds = attributes.declared(None, ["customer_id", "name", "sector", "employees", "kitchen"])
    assert kinds == {"sector": "nominal", "employees": "numeric"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"setor": "nominal"}, "o cadastro não tem a coluna 'setor'; quis dizer 'sector'?"),
        ({"xyz": "nominal"}, "o cadastro não tem a coluna 'xyz'; as que tem: sector, employees"),
        ({"name": "nominal"}, "name não é uma característica do comprador; tire-o da lista"),
        ({"sector": "texto"}, "sector: texto não é um tipo; use nominal, numeric ou a lista"),
        ({"sector": ["só um"]}, "não é um tipo"),
        ({"sector": "x", "name": "nominal"}, "2 problemas"),
    ],
)
def test_a_declaration_that_cannot_be_is_refused_with_the_remedy(given, message):
    with pytest.raises(DataError, match=re.escape(message)):
        attributes.declared(given, ["customer_id", "name", "sector", "employees"])


def test_size_is_the_headcount_or_the_step_of_a_band():
    table = pd.DataFrame({"employees": [5.0, np.nan], "porte": ["micro", "grande"]})
    assert attributes.size_of(table, {"employees": "numeric"}).tolist()[0] == 5.0
    assert attributes.size_of(table, {"porte": tuple(BANDS)}).tolist() == [1, 64]
    assert attributes.size_of(table, {"sector": "nominal"}) is None


# ---- words

STAFF = Attribute("employees", "numeric", (10.0, 37.0, 108.0, np.inf))
SECTOR = Attribute("sector", "nominal", ("Hotelaria", "Mercado", "Saúde"))
BAND = Attribute("size_band", "ordinal", tuple(BANDS))
RATING = Attribute("rating", "numeric", (1.5, 3.25, np.inf))


@pytest.mark.parametrize(
    ("condition", "text", "english"),
    [
        (Condition(STAFF, (2, 3)), "38 funcionários ou mais", "38 employees or more"),
        (Condition(STAFF, (0, 1)), "até 37 funcionários", "up to 37 employees"),
        (Condition(STAFF, (1, 2)), "de 11 a 108 funcionários", "11 to 108 employees"),
        (Condition(SECTOR, (0, 2)), "setor Hotelaria ou Saúde", "sector Hotelaria or Saúde"),
        (Condition(BAND, (1, 2, 3)), "size_band pequena a grande", "size_band pequena to grande"),
        (Condition(RATING, (1,)), "rating acima de 1,50 e até 3,25", "rating above 1.50 and up to 3.25"),
        (Condition(RATING, (2,)), "rating acima de 3,25", "rating above 3.25"),
        (
            Condition(Attribute("person_type", "nominal", ("PF", "PJ")), (1,)),
            "pessoa jurídica",
            "company",
        ),
    ],
)
def test_a_condition_in_both_languages(condition, text, english):
    assert wording.condition_text(condition) == text
    assert wording.condition_text(condition, "en").replace("legal entity", "company") == english


def test_a_rule_is_told_in_the_order_in_which_people_say_it():
    region = Condition(Attribute("region", "nominal", ("Sul", "Norte")), (0,))
    assert wording.rule_text((region, Condition(STAFF, (3,)), Condition(SECTOR, (2,)))) == (
        "setor Saúde, 109 funcionários ou mais, região Sul"
    )


def test_the_conditions_that_a_program_reads_select_the_same_clients():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"employees": rng.integers(1, 200, 300).astype(float), "sector": rng.choice(SECTOR.cells, 300)}
    )
    rule = (Condition(STAFF, (1, 2)), Condition(SECTOR, (0, 2)))
    inside = pd.Series(True, index=table.index)
    for condition in json.loads(wording.conditions_json(rule)):
        values = table[condition["attribute"]]
        if "levels" in condition:
            inside &= values.isin(condition["levels"])
        else:
            inside &= (values > condition["above"]) & (values <= condition["up_to"])
    assert (inside.to_numpy() == matches(table, rule)).all()
    assert 0 < inside.sum() < 300


# ---- the page


def test_the_planted_niche_is_published_in_words(given, found):
    assert found.rules["rule_text"].iloc[0] == "setor Saúde, região Sul"
    assert found.rules["rule_text_en"].iloc[0] == "sector Saúde, region Sul"
    first = found.rules.iloc[0]
    assert first["published"]
    assert not found.rules["published"][1:].any()
    assert first["luck_share"] <= 0.05
    table = given["customers"].set_index("customer_id")
    inside = ((table["sector"] == "Saúde") & (table["region"] == "Sul")).to_numpy()
    worth = given["portfolio"]["net_revenue_365d"].to_numpy()
    clipped = np.clip(worth, *np.quantile(worth, [0.01, 0.95]))  # what is a year's margin but for the factor .4
    planted = clipped[inside].mean() / clipped[~inside].mean()
    assert planted > 2
    assert first["lift_low"] < planted < first["lift_high"]
    assert first["later_low"] < planted < first["later_high"]
    assert first["stability"] >= 0.6
    assert said(found)[0].startswith("O perfil do comprador ideal é **setor Saúde, região Sul**: é o de ")
    assert said(found, "en")[0].startswith("The profile of the ideal buyer is **sector Saúde, region Sul**: that of ")


def test_rules_scores_and_sellers_agree_with_one_another(given, found):
    table = given["customers"].set_index("customer_id")
    inside = (table["sector"] == "Saúde") & (table["region"] == "Sul")
    clients = found.scores.query("company_kind == 'client'").set_index("company_id")
    assert (clients["in_niche"].astype(bool) == inside.reindex(clients.index)).all()
    assert found.rules["clients"].iloc[0] == inside.sum()
    measures = found.comparison.set_index("measure")
    assert measures.loc["clients", "inside"] == inside.sum()
    assert measures.loc["Parte da receita em luva", "inside"] > measures.loc["Parte da receita em luva", "outside"]
    assert found.sellers["niche_clients"].sum() == inside.sum()
    money = found.sellers[["niche_revenue", "other_revenue"]].to_numpy().sum()
    assert money == pytest.approx(given["portfolio"]["net_revenue_365d"].sum())
    assert set(found.sellers["seller"]) == {"Ana", "Bia"}


def test_prospects_come_ranked_and_those_of_the_niche_first(given, found):
    ranked = views.prospects_ranked(found, given["prospects"])
    scores = ranked["lookalike_score"].dropna()
    assert (scores.diff().dropna() <= 0).all()
    assert ranked["in_niche"].head(3).all()
    assert ranked["for_text"].iloc[0]
    assert ranked.query("in_niche")["lookalike_score"].min() > ranked.query("not in_niche")["lookalike_score"].median()


def test_clients_just_outside_say_what_differs(given, found):
    table = given["customers"].set_index("customer_id")
    fits = pd.DataFrame({"sector": table["sector"] == "Saúde", "region": table["region"] == "Sul"})
    near = found.near.set_index("customer_id")
    assert set(near.index) == set(fits.index[fits.sum(axis=1) == 1])
    for client, text in near["difference"].items():
        own = table.loc[client]
        other = own["sector"] if fits.loc[client, "region"] else own["region"]
        assert text.startswith(
            ("setor não informado", "região não informado") if pd.isna(other) else ("setor ", "região ")
        )
        assert pd.isna(other) or str(other) in text
        assert text.endswith("o nicho pede setor Saúde" if fits.loc[client, "region"] else "o nicho pede região Sul")


def test_a_rule_of_one_condition_has_no_near_misses():
    table = pd.DataFrame({"sector": ["Saúde", "Mercado"]}, index=["a", "b"])
    assert profile.near_misses(table, (Condition(SECTOR, (2,)),)).empty


def test_without_a_niche_the_page_says_so_with_the_power(given):
    result = pci.analyse(frames(300, worth=1, seed=5), AS_OF)
    assert result.learned.niche.published is None
    assert not result.rules["published"].any()
    assert not result.scores["in_niche"].any()
    assert result.comparison.empty
    assert result.sellers.empty
    assert result.near.empty
    assert said(result)[0].startswith("**Nenhum nicho encontrado**: o que se sabe dos clientes não separa")
    assert said(result)[1].startswith(
        "Com 300 clientes, um nicho que valesse 2,7 vezes o valor dos demais seria achado em cerca de 83%"
    )
    assert all(text for text in pci.titles(result).values())


def test_the_order_of_prospects_and_clients_changes_nothing(given, found):
    mixed = {name: frame.sample(frac=1, random_state=1) for name, frame in given.items()}
    again = pci.analyse(mixed, AS_OF)
    pd.testing.assert_frame_equal(again.rules, found.rules)
    pd.testing.assert_frame_equal(again.scores, found.scores)
    pd.testing.assert_frame_equal(again.sellers, found.sellers)


def test_what_the_last_year_brought_does_not_move_the_rule_of_a_year_ago(given, found):
    """Whatever the recent amounts are, as long as what came before is the same."""
    changed = given["margins"].copy()
    rng = np.random.default_rng(3)
    for name in ("net_amount", "costed_amount", "cost"):
        extra = changed[f"recent_{name}"] * rng.uniform(0, 5, len(changed))
        changed[f"recent_{name}"] += extra
        changed[name] += extra
    again = pci.analyse(given | {"margins": changed}, AS_OF)
    if again.learned.later is not None:
        assert again.learned.later.rule == found.learned.later.rule


# ---- bad input


def test_no_register_no_niche(given):
    empty = tables.conform(pd.DataFrame(columns=list(tables.contract("customers").column_names)), "customers")
    result = pci.analyse(given | {"customers": empty}, AS_OF)
    assert result.problem == "no_attributes"
    assert said(result) == [
        "Nenhuma característica dos clientes pode ser usada: sem setor, porte ou região não há como descrever o comprador "
        "ideal. Ligue o cadastro em sources.customers, ou declare outras colunas dele em pci_attributes."
    ]
    assert result.scores["lookalike_score"].isna().all()
    assert len(result.scores) == 450
    assert result.rules.empty


def test_all_attributes_missing_are_named(given):
    empty = given["customers"].assign(sector=None, employees=None, region=None, person_type=None)
    result = pci.analyse(given | {"customers": empty}, AS_OF)
    assert result.problem == "no_attributes"
    assert "Preencha-as no cadastro" in said(result)[0]  # the register did come
    assert pci.titles(result)["lifts"] == "Nenhum nicho a medir"
    assert pci.titles(result)["calibration"] == "Nenhuma nota a testar"
    assert "setor (sem dados)" in said(result)[1]
    assert "funcionários (sem dados)" in said(result)[1]


@pytest.mark.parametrize(("clients", "problem"), [(59, "few_clients"), (60, "")])
def test_sixty_clients_are_the_least(clients, problem):
    result = pci.analyse(frames(clients), AS_OF)
    assert result.problem == problem
    if problem:
        assert said(result)[0] == (
            "Amostra insuficiente: 59 clientes com seis meses de casa ou mais, e procurar um nicho pede pelo menos 60."
        )
        assert pci.titles(result)["calibration"] == "Amostra insuficiente para testar a nota"


def test_clients_worth_the_same_have_no_niche(given):
    same = given["margins"].assign(net_amount=0.0, costed_amount=0.0, cost=0.0)
    result = pci.analyse(given | {"margins": same}, AS_OF)
    assert result.problem == "flat"
    assert said(result)[0] == "Os clientes valem quase todos o mesmo: não há um perfil que valha mais."


def test_where_all_lose_money_there_is_a_niche_but_no_multiple():
    given = frames()
    margins = given["margins"]
    years = ((AS_OF - margins["first_order_date"]).dt.days + 1) / 365
    recent = margins["recent_cost"] + 2500 * years.clip(upper=1)
    costly = margins.assign(cost=margins["cost"] + 2500 * years, recent_cost=recent)
    result = pci.analyse(given | {"margins": costly}, AS_OF)
    published = result.learned.niche.published
    assert published is not None
    assert result.rules["lift"].isna().all()
    text = said(result)
    assert any(
        t.startswith("Cada cliente do nicho rende por ano −R$") and "não se publica um múltiplo" in t for t in text
    )
    assert any(t.startswith("Atenção: somados, os clientes não dão resultado") for t in text)
    assert views.lift_plots(result, pci.titles(result)) == []


def test_value_in_disguise_is_named_on_the_page(given):
    yearly = given["portfolio"]["net_revenue_365d"].to_numpy()
    register = given["customers"].assign(turnover=yearly * 3)
    declared = {"sector": "nominal", "region": "nominal", "turnover": "numeric"}
    result = pci.analyse(given | {"customers": register}, AS_OF, pci_attributes=declared)
    assert result.rules["rule_text"].iloc[0] == "setor Saúde, região Sul"
    assert said(result)[-1] == (
        "Ficaram de fora da busca: turnover (acompanha o valor de tão perto que seria o próprio valor disfarçado)."
    )


def test_prospects_of_other_levels_and_without_columns_are_scored_by_what_is_known(given, found):
    others = pd.DataFrame(
        {"prospect_id": ["a", "b", "c"], "name": "x", "person_type": "PJ", "sector": ["Saúde", "Náutica", None]}
    )
    others = others.assign(region=["Sul", "Sul", None])
    result = pci.analyse(given | {"prospects": others}, AS_OF)
    scores = result.scores.query("company_kind == 'prospect'").set_index("company_id")
    assert scores["in_niche"].to_dict() == {"a": True, "b": False, "c": False}
    assert scores["lookalike_score"].notna().to_dict() == {"a": True, "b": True, "c": False}
    why = "1 prospect ficou sem nota: dele se conhece menos da metade do que se compara (setor, funcionários e região)."
    assert any(text.endswith(why) for text in said(result))


@pytest.mark.parametrize(
    ("stretch", "known", "title"),
    [
        (1.0, True, "Prospects, dos mais aos menos parecidos com os melhores clientes"),
        (0.0, True, "Prospects: os do nicho primeiro, e a mesma nota para todos"),
        (1.0, False, "Prospects sem nota, por falta de dados deles"),
    ],
)
def test_the_title_of_the_prospects_promises_no_order_that_is_not_there(found, stretch, known, title):
    learned = found.learned._replace(model=found.learned.model._replace(stretch=stretch))
    scores = found.scores if known else found.scores.assign(lookalike_score=np.nan)
    assert pci.titles(found._replace(scores=scores, learned=learned))["prospects"] == title


def test_without_prospects_nothing_is_said_of_them(given):
    none = given["prospects"].iloc[:0]
    result = pci.analyse(given | {"prospects": none}, AS_OF)
    assert pci.titles(result)["prospects"] == "Nenhum prospect nos dados."
    assert not any("prospect" in text for text in said(result))


def test_hostile_levels_stay_text(given):
    nasty = "<script>{x}</script>**|"
    register = given["customers"].assign(sector=given["customers"]["sector"].replace("Saúde", nasty))
    result = pci.analyse(given | {"customers": register}, AS_OF)
    assert result.rules["rule_text"].iloc[0] == f"setor {nasty}, região Sul"
    assert "<script>" not in said(result)[0]


@pytest.mark.parametrize(("clients", "least", "most"), [(60, 0.1, 0.3), (300, 0.7, 0.9), (10_000, 1, 1)])
def test_power_grows_with_the_clients(clients, least, most):
    assert least <= power(clients) <= most
