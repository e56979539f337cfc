"""The demo company against its planted truth, and public data against what is known of them."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from carteira_lib import canonical, cleaning, portfolio, tables

ROOT = Path(__file__).resolve().parents[1]
TRUTH = json.loads((ROOT / "data" / "demo" / "truth.json").read_text(encoding="utf-8"))


def prepared(name: str, folder: Path, monkeypatch) -> tables.Run:
    """A params file's run, with its canonical tables made in `folder`."""
    monkeypatch.setenv("CARTEIRA_OUTPUT", str(folder))
    settings = yaml.safe_load((ROOT / "params" / f"{name}.yml").read_text(encoding="utf-8"))
    return canonical.prepare(**settings)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        run = prepared("demo", tmp_path_factory.mktemp("demo"), patch)
        return run, portfolio.analyse(canonical.frames(run), as_of=run.as_of)


def counts(run: tables.Run, table: str, column: str = "rejected_rows") -> dict[str, int]:
    balance = tables.read(run, "balance").query("table == @table").set_index("rule")
    return balance.loc[balance[column] > 0, column].astype(int).to_dict()


def notes(run: tables.Run, table: str) -> dict[str, int]:
    found = tables.read(run, "notes").query("table == @table")
    return dict(zip(found["note"], found["rows"], strict=True))


def test_every_planted_dirt_of_the_orders_is_found_and_counted(demo):
    dirt = {name: found["lines"] for name, found in TRUTH["dirt"]["orders"].items() if isinstance(found, dict)}
    found = counts(demo[0], "orders")
    assert found == {
        "no_customer": dirt["missing_client"],
        "unreadable_date": dirt["unreadable_date"],
        "date_after_as_of": dirt["date_after_as_of"],
        "before_min_date": dirt["date_before_min_date"],
        "unreadable_amount": dirt["unreadable_amount"] + dirt["infinite_amount"],
        "repeated_line": dirt["exact_repeat"] + dirt["double_import"],
        "ignored_product": dirt["fee_FRETE"] + dirt["fee_TAXA"],
    }
    noted = notes(demo[0], "orders")
    assert noted["returns"] == dirt["return"]
    assert noted["zero_amount"] == dirt["zero_amount"]
    assert noted["padded_id"] == dirt["padded_client_id"]
    assert noted["unknown_product"] == dirt["unknown_product"]
    unknown = tables.read(demo[0], "orders")["customer_id"].isin(TRUTH["dirt"]["orders"]["unknown_customers"])
    assert noted["unknown_customer"] == unknown.sum()
    assert unknown.any()


def test_every_planted_dirt_of_the_register_and_the_survey_is_found_and_counted(demo):
    run, planted = demo[0], TRUTH["dirt"]["customers"]
    assert counts(run, "customers") == {
        "repeated_line": len(planted["exact_repeat"]),
        "repeated_key": len(planted["changed_repeat"]),
    }
    noted = notes(run, "customers")
    assert noted["state_fixed"] == len(planted["uf_misspelt"])
    assert noted["city_fixed"] == len(planted["city_misspelt"])
    assert noted["invalid_tax_id"] == len(planted["tax_id_wrong"])
    assert counts(run, "surveys") == {"invalid_score": sum(TRUTH["dirt"]["surveys"]["bad_scores"].values())}


def test_the_place_of_each_unreadable_date_is_told(demo):
    rejected = tables.read(demo[0], "rejected").query("reason == 'unreadable_date' and table == 'orders'")
    told = {(Path(r.source_file).name, int(r.line)) for r in rejected.itertuples()}
    assert told == {(name, line) for name, line in TRUTH["dirt"]["orders"]["unreadable_date"]["where"]}


def test_rows_and_money_add_up_in_every_table(demo):
    balance = tables.read(demo[0], "balance")
    rejected = tables.read(demo[0], "rejected").groupby("table")["amount"].sum()
    for table, part in balance.groupby("table"):
        rules = part.set_index("rule")
        assert rules.loc["read", "rows"] == rules.loc["kept", "rows"] + rules["rejected_rows"].sum()
        if pd.notna(rules.loc["read", "amount"]):
            told = rules.loc["read", "amount"] - rules["rejected_amount"].sum()
            assert rules.loc["kept", "amount"] == pytest.approx(told, abs=0.005)
            assert rules.loc["read", "amount"] == pytest.approx(
                rules.loc["kept", "amount"] + rejected.get(table, 0), abs=0.005
            )
    kept = tables.read(demo[0], "orders")["amount"].sum()
    assert kept == pytest.approx(balance.query("table == 'orders' and rule == 'kept'")["amount"].item(), abs=0.005)


def test_nine_in_ten_of_the_clients_planted_as_stopped_are_inactive_or_late(demo):
    planted = [client for client, (_, _, _, long_enough) in TRUTH["lives"]["stopped"].items() if long_enough]
    status = demo[1].portfolio.set_index("customer_id")["status"].reindex(planted)
    assert len(planted) >= 200
    assert status.isin(["inactive", "late"]).mean() >= 0.9


def test_clients_planted_as_regular_are_rarely_called_inactive(demo):
    status = demo[1].portfolio.set_index("customer_id")["status"].reindex(TRUTH["lives"]["regular"])
    assert (status == "inactive").mean() <= 0.05


def test_the_contracts_planted_as_due_are_the_renewal_portfolio_ahead(demo):
    ahead = demo[1].renewals.query("days_left >= 0")["contract_id"]
    assert set(ahead) == set(TRUTH["contracts"]["due_within_90_days"])


def test_the_movement_of_the_demo_closes_to_the_client(demo):
    months = demo[1].movement
    assert (months["opening"] + months["new"] + months["recovered"] - months["lost"] == months["closing"]).all()
    assert months["opening"].tolist()[1:] == months["closing"].tolist()[:-1]
    stock = demo[1].portfolio["status"].isin(["active", "late"]).sum()
    assert months["closing"].iloc[-1] == stock


@pytest.mark.real_data
def test_online_retail_ii_rows_repeats_and_money(tmp_path, monkeypatch):
    run = prepared("online_retail", tmp_path, monkeypatch)
    balance = tables.read(run, "balance").set_index("rule")
    assert balance.loc["read", "rows"] == 1_067_370
    assert balance.loc["no_customer", ["rows", "rejected_rows"]].tolist() == [243_007, 243_007]
    assert balance.loc["read", "rows"] == balance.loc["kept", "rows"] + balance["rejected_rows"].sum()
    rejected = tables.read(run, "rejected")
    span = cleaning.repeated_span(rejected, tables.read(run, "orders", ["order_date"])["order_date"])
    assert (str(span["first"].date()), str(span["last"].date())) == ("2010-12-01", "2010-12-09")
    money = balance.loc["kept", "amount"] + rejected["amount"].sum()
    assert balance.loc["read", "amount"] == pytest.approx(money, abs=0.005)
    result = portfolio.analyse(canonical.frames(run), as_of=run.as_of)
    months = result.movement
    assert (months["opening"] + months["new"] + months["recovered"] - months["lost"] == months["closing"]).all()
    assert set(result.portfolio["status"]) == set(portfolio.STATUSES)


def test_the_cdnow_sample_is_read_whole(tmp_path, monkeypatch):
    run = prepared("cdnow", tmp_path, monkeypatch)
    balance = tables.read(run, "balance").set_index("rule")
    assert balance.loc["read", "rows"] == 6_919
    assert tables.read(run, "orders")["customer_id"].nunique() == 2_357
    assert len(tables.read(run, "customer_features")) == 2_357
    assert balance.loc["kept", "rows"] == 6_919


@pytest.mark.real_data
def test_adventureworks_is_split_by_business_type_headcount_and_seller(tmp_path, monkeypatch):
    run = prepared("adventureworks", tmp_path, monkeypatch)
    assert len(tables.read(run, "orders")) == 60_855
    result = portfolio.analyse(canonical.frames(run), as_of=run.as_of)
    assert len(result.portfolio) == 635
    groups = result.splits.groupby("dimension")["group"].agg(set)
    assert groups["sector"] == {"Value Added Reseller", "Specialty Bike Shop", "Warehouse"}
    assert {"1-9", "10-49", "50-99"} <= groups["headcount_band"]
    assert groups["seller_id"]
    clients = result.splits.groupby("dimension")["clients"].sum()
    assert clients[["sector", "headcount_band", "seller_id", "region"]].tolist() == [635] * 4
