"""The tables beside orders: keys, coded values, scores, dates, and the attributes of clients put right."""

import pandas as pd
import pytest

from carteira_lib import cleaning
from carteira_lib.cleaning import attributes
from tests.test_cleaning import AS_OF, MIN_DATE, connection, kept, notes, order, reading, reasons  # noqa: F401


def cleaned(connection, rows, table, **others):  # noqa: F811
    readings = {"orders": reading(connection, [order()]), table: reading(connection, rows, table, **others)}
    result = cleaning.clean(readings, as_of=AS_OF, min_date=MIN_DATE, ignore_products=())
    balance = result.balance[result.balance["table"] == table].set_index("rule")
    assert balance["rows"]["read"] == balance["rows"]["kept"] + balance["rejected_rows"].sum()
    return result


def test_the_last_record_of_a_key_wins_and_copies_are_repeats(connection):  # noqa: F811
    rows = [
        {"customer_id": "1", "name": "Old"},
        {"customer_id": "1", "name": "New"},
        {"customer_id": "1", "name": "Old"},
        {"customer_id": " ", "name": "Nobody"},
        {"customer_id": "2", "name": "Two"},
        {"customer_id": "02", "name": "Other"},
    ]
    result = cleaned(connection, rows, "customers")
    assert kept(result, "customers")[["customer_id", "name"]].values.tolist() == [
        ["02", "Other"],
        ["1", "Old"],
        ["2", "Two"],
    ]
    assert reasons(result) == {2: "repeated_line", 3: "repeated_key", 5: "missing_key"}


def test_a_faulty_record_does_not_win_over_a_good_one(connection):  # noqa: F811
    rows = [{"goal_id": "1", "metric": "m", "target": t, "deadline": "31/12/2030"} for t in ("10", "dez")]
    result = cleaned(connection, rows, "goals")
    assert kept(result, "goals")["target"].tolist() == [10.0]
    assert reasons(result) == {3: "unreadable_number"}


def test_a_score_is_an_integer_from_0_to_10(connection):  # noqa: F811
    scores = ["0", "10", "8,0", "11", "-1", "7,5", "dez", None]
    rows = [{"customer_id": "C", "answer_date": "01/02/2024", "score": s} for s in scores]
    result = cleaned(connection, rows, "surveys")
    assert kept(result, "surveys")["score"].tolist() == [0, 10, 8]
    assert reasons(result) == dict.fromkeys(range(5, 10), "invalid_score")
    assert set(result.rejected.execute()["value"].dropna()) == {"11", "-1", "7,5", "dez"}


@pytest.mark.parametrize(
    ("scale", "given", "kept_as"),
    [
        (
            "1-5",
            {"1": 0, "2": 2, "3": 5, "4": 7, "5": 10, "0": None, "6": None, "4,5": None},
            "5 promotes, 4 is neutral",
        ),
        (
            "0-100",
            {"0": 0, "69": 6, "69,9": 6, "70": 7, "89": 8, "90": 9, "100": 10, "101": None, "-1": None},
            "tenths",
        ),
        ("0-10", {"0": 0, "10": 10, "5,5": None, "11": None}, "as they are"),
    ],
    ids=["1-5", "0-100", "0-10"],
)
def test_scores_of_a_declared_scale_keep_their_class(connection, scale, given, kept_as):  # noqa: F811
    rows = [{"customer_id": f"{i:02d}", "answer_date": "01/02/2024", "score": s} for i, s in enumerate(given)]
    result = cleaned(connection, rows, "surveys", survey_scale=scale)
    expected = [value for value in given.values() if value is not None]
    assert kept(result, "surveys").sort_values("customer_id")["score"].tolist() == expected, kept_as


def test_surveys_of_no_client_or_of_the_future_are_rejected(connection):  # noqa: F811
    rows = [
        {"customer_id": None, "answer_date": "01/02/2024", "score": "9"},
        {"customer_id": "C", "answer_date": "01/07/2024", "score": "9"},
        {"customer_id": "C", "answer_date": "30/06/2024", "score": "9"},
        {"customer_id": "C", "answer_date": "30/06/2024", "score": "9"},
    ]
    result = cleaned(connection, rows, "surveys")
    assert reasons(result) == {2: "no_customer", 3: "date_after_as_of"}
    assert notes(result)["possible_repeat", None] == 1


def proposal(**others):
    return {
        "proposal_id": "1",
        "customer_id": "C",
        "sent_date": "01/02/2024",
        "amount": "10",
        "status": "Ganha",
    } | others


def test_statuses_are_read_in_portuguese_and_unknown_ones_rejected(connection):  # noqa: F811
    words = {
        "GANHO": "won",
        "Fechada": "won",
        "perdida": "lost",
        "Desistiu": "abandoned",
        " aberta ": "open",
        "won": "won",
    }
    rows = [proposal(proposal_id=str(i), status=w) for i, w in enumerate([*words, "talvez", None, "=1+1"])]
    result = cleaned(connection, rows, "proposals")
    assert kept(result, "proposals")["status"].tolist() == list(words.values())
    assert reasons(result) == {8: "unknown_value", 9: "missing_value", 10: "unknown_value"}
    assert result.rejected.execute()["value"].tolist()[::2] == ["talvez", "=1+1"]


def test_a_proposal_closed_after_as_of_was_still_open(connection):  # noqa: F811
    rows = [proposal(proposal_id=str(i), closed_date=d) for i, d in enumerate(("30/06/2024", "01/07/2024", None, "?"))]
    result = cleaned(connection, rows, "proposals")
    found = kept(result, "proposals")
    assert found["status"].tolist() == ["won", "open", "won", "won"]
    assert found["closed_date"].notna().tolist() == [True, False, False, False]
    assert notes(result)["closed_after_as_of", "closed_date"] == 1
    assert notes(result)["unreadable_optional", "closed_date"] == 1


def test_contracts_may_end_later_but_not_start_later(connection):  # noqa: F811
    dates = [
        ("01/01/2024", "31/12/2030"),
        ("01/07/2024", "31/12/2030"),
        ("01/01/2024", "31/12/2023"),
        ("01/01/2024", ""),
    ]
    rows = [
        {"contract_id": str(i), "customer_id": "C", "start_date": s, "end_date": e, "amount": "1.000,00", "renewed": r}
        for i, ((s, e), r) in enumerate(zip(dates, ("Sim", "não", "0", "talvez"), strict=True))
    ]
    result = cleaned(connection, rows, "contracts")
    assert reasons(result) == {3: "date_after_as_of", 5: "unreadable_date"}
    assert kept(result, "contracts")["renewed"].tolist() == [True, False]
    assert notes(result)["end_before_start", "end_date"] == 1
    counts = result.balance.query("table == 'contracts'").set_index("rule")
    assert counts.loc["unreadable_date", ["rows", "rejected_rows"]].tolist() == [1, 1]  # start and end share a reason
    money = counts["amount"]
    assert (money["read"], money["kept"]) == (4000.0, 2000.0)


def test_unreadable_optional_values_are_left_empty_and_noted(connection):  # noqa: F811
    rows = [
        {"product_id": str(i), "unit_cost": c, "active": a}
        for i, (c, a) in enumerate([("1,5", "S"), ("x", "?"), (None, "")])
    ]
    result = cleaned(connection, rows, "products")
    found = kept(result, "products")
    assert found["unit_cost"].isna().tolist() == [False, True, True]
    assert found["active"].isna().tolist() == [False, True, True]
    assert notes(result) == {("unreadable_optional", "unit_cost"): 1, ("unreadable_optional", "active"): 1}


def test_declared_attributes_are_kept(connection):  # noqa: F811
    rows = [{"customer_id": "1", "porte": " médio "}, {"customer_id": "2", "porte": "-"}]
    found = kept(cleaned(connection, rows, "customers"), "customers")
    assert found["porte"].iloc[0] == "médio"
    assert pd.isna(found["porte"].iloc[1])
    assert found.columns[-1] == "porte"


def test_a_table_of_repeats_across_files_is_taken_once(connection):  # noqa: F811
    rows = [{"customer_id": "C", "event_date": "01/02/2024", "kind": "visita", "_file": f} for f in ("a.csv", "b.csv")]
    assert reasons(cleaned(connection, rows, "interactions")) == {3: "repeated_line"}


@pytest.mark.parametrize("table", ["customers", "products", "surveys", "sellers"])
def test_an_empty_table_stays_empty(connection, table):  # noqa: F811
    rows = [{"customer_id": "x", "product_id": "x", "seller_id": "x", "answer_date": "x", "score": "1"}]
    source = reading(connection, rows, table)
    source.data = source.data.limit(0)
    readings = {"orders": reading(connection, [order()]), table: source}
    result = cleaning.clean(readings, as_of=AS_OF, min_date=MIN_DATE, ignore_products=())
    assert len(kept(result, table)) == 0


def standardise(**columns):
    frame = pd.DataFrame(
        {name: columns.get(name) for name in attributes.COLUMNS}, index=range(len(next(iter(columns.values()))))
    )
    found, counted = attributes.standardise(frame, "customers")
    return found, {note["note"]: note["rows"] for note in counted}


def test_states_become_codes_and_regions_follow():
    found, counted = standardise(state=["SP", "S.P.", "sao paulo", "Paraná", "rio grande do norte", "ZZ", None, "d f"])
    assert found["state"].tolist() == ["SP", "SP", "SP", "PR", "RN", None, None, "DF"]
    assert found["region"].tolist() == ["Sudeste"] * 3 + ["Sul", "Nordeste", None, None, "Centro-Oeste"]
    assert counted == {"state_fixed": 5, "unknown_state": 1, "region_filled": 6}


def test_a_region_that_is_given_stays():
    assert standardise(state=["SP"], region=["Interior"])[0]["region"].tolist() == ["Interior"]


def test_cities_take_the_usual_accented_spelling_of_their_state():
    cities = [
        "SAO PAULO",
        "São Paulo",
        "são  paulo",
        "Sao Paulo",
        "Sao Paulo",
        "Sao Paulo",
        "são joão del rei",
        None,
        "Cuiabá",
    ]
    states = ["SP", "SP", "SP", "SP", "SP", "SP", "MG", "MG", "MT"]
    found, counted = standardise(city=cities, state=states)
    assert found["city"].tolist() == ["São Paulo"] * 6 + ["São João del Rei".replace("del", "Del"), None, "Cuiabá"]
    assert counted["city_fixed"] == 6
    apart = standardise(city=["Jau", "Jaú"], state=["MG", "SP"])[0]
    assert apart["city"].tolist() == ["Jau", "Jaú"]


def test_documents_are_checked_by_their_digits():
    """CPF and CNPJ of the documentation of the algorithms; the alphanumeric CNPJ is the Receita's own example."""
    ids = ["390.533.447-05", "390.533.447-06", "11.222.333/0001-81", "12.ABC.345/01DE-35", "111.111.111-11", "?", None]
    found, counted = standardise(tax_id=ids, person_type=["PF", None, None, None, None, None, "PJ"])
    assert found["tax_id"].tolist() == [
        "39053344705",
        "39053344706",
        "11222333000181",
        "12ABC34501DE35",
        "11111111111",
        None,
        None,
    ]
    assert found["person_type"].tolist() == ["PF", None, "PJ", "PJ", None, None, "PJ"]
    assert counted == {"invalid_tax_id": 3, "person_type_inferred": 2}


def test_documents_that_lost_their_zeros_are_padded_only_when_then_valid():
    found, counted = standardise(tax_id=["4250024000150", "4250024000146", "191"], person_type=["PF", None, None])
    assert found["tax_id"].tolist() == ["04250024000150", "4250024000146", "191"]
    assert counted == {"invalid_tax_id": 2, "padded_tax_id": 1, "person_type_conflict": 1}


def test_clients_with_one_document_are_noted():
    assert standardise(tax_id=["390.533.447-05", "39053344705", "11.222.333/0001-81"])[1]["shared_tax_id"] == 2


def test_the_mark_of_a_typed_number_is_ours_and_no_oddity(connection):  # noqa: F811
    rows = [{"product_id": "p", "list_price": 1000.25}, {"product_id": "q", "list_price": 2.0}]
    typed = reading(connection, rows, "products")
    typed.decimals.pop("list_price")  # as `sources` leaves it: only columns of text have a mark
    readings = {"orders": reading(connection, [order()]), "products": typed}
    result = cleaning.clean(readings, as_of=AS_OF, min_date=MIN_DATE, ignore_products=())
    assert "other_decimal" not in set(result.notes["note"])
    assert kept(result, "products")["list_price"].tolist() == [1000.25, 2.0]
