"""Sources -> the canonical tables of one run, made once and reused while sources and parameters stay the same.

Every notebook begins with `prepare`: whichever is run first does the work, whoever runs it (the runner, papermill,
JupyterLab); the others find the tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import ibis.expr.types as ir
import pandas as pd

from carteira_lib import __version__, cleaning, features, formats, sources, tables
from carteira_lib.language import N_
from carteira_lib.tables import DataError, Problem, Run
from carteira_lib.tables.contracts import CANONICAL

DEMO_PARAMS = tables.ROOT / "params" / "demo.yml"
STATE = "canonical.json"
SMALL_TABLES = ("balance", "notes", "readings")
PORTFOLIO_FRAMES = ("customer_features", "customers", "contracts", "sellers", "purchases", "families")
CHURN_FRAMES = (
    "portfolio", "renewals", "customers", "contracts", "sellers", "interactions", "surveys", "purchases",
)  # fmt: skip
NPS_FRAMES = ("portfolio", "customers", "sellers", "surveys", "interactions", "purchases", "refused_answers")
PCI_FRAMES = ("portfolio", "customers", "prospects", "sellers", "families", "margins")
FORECAST_FRAMES = ("purchases", "customer_features", "customers", "sellers", "goals", "surveys", "contracts")
OFFER_FRAMES = (
    "portfolio", "renewals", "silences", "customers", "products", "proposals", "sellers", "interactions",
    "earlier_lists", "surveys", "contracts", "purchases", "takeups", "ladder_days",
)  # fmt: skip
OFFER_EXTRAS = ("churn", "churn_scores", "renewal_scores", "pci_scores")  # of pages that may not have run
HISTORY_CLIENTS = 20_000


def prepare(
    *,
    run_name: str,
    sources: Mapping[str, Mapping] | None,
    as_of: str | None = None,
    min_date: str = "2000-01-01",
    ignore_products: Sequence[str] = (),
    language: str = "pt-BR",
    currency: str = "BRL",
    refresh: bool = False,
) -> Run:
    """The run whose canonical tables, rejected rows and customer features stand in its folder.

    Parameters
    ----------
    run_name : str
        Folder below ``output/``.
    sources : mapping of canonical table to where it is, or None
        As in a params file; None is the demo company, with the date and the products to ignore of its params file.
    as_of, min_date : str, ``AAAA-MM-DD``
        Last and first day taken into account; as_of None is the last order date found.
    ignore_products : sequence of str
        Product ids that are no sale (postage, fees); ``*`` at the end stands for anything.
    language, currency : str
        Of messages and figures.
    refresh : bool
        Make the tables anew even where nothing changed: a database may have.

    Raises
    ------
    DataError
        All that is wrong with sources and data, in `language`; nothing is written then.
    """
    try:
        _require_sources(run_name, sources)
        declared = _declared(sources, as_of, min_date, ignore_products)
        folder = tables.output_folder(run_name)
        state = None if refresh else _state(folder, _fingerprint(declared))
        if state is None:
            state = _make(folder, declared)
    except DataError as error:
        raise error.translated(language) from None
    as_of_day = pd.Timestamp(state["as_of"])
    return Run(run_name, folder, as_of_day, state["fingerprint"], language, currency, tuple(state["provided"]))


def frames(run: Run, names: Sequence[str] = PORTFOLIO_FRAMES) -> dict[str, pd.DataFrame]:
    """What the analyses read: tables of the run, and what is counted from its order lines.

    Parameters
    ----------
    names : sequence of str
        Tables of `carteira_lib.tables` and of `COUNTED`: ``purchases``, one row per client-day (see `client_days`);
        ``families``, the last 12 months by product family: ``customer_id, family, net_revenue_365d``; ``margins``,
        revenue and cost of each client, see `features.client_margins`; ``refused_answers``, the
        rows of ``rejected`` that are of the survey; ``takeups`` and ``ladder_days``, as `features.takeups` and
        `features.ladder_days` give them; ``interactions`` without the rows of earlier lists, and ``earlier_lists``, those.
    """
    return {name: COUNTED[name](run) if name in COUNTED else tables.read(run, name) for name in names}


def extras(run: Run, names: Sequence[str]) -> dict[str, pd.DataFrame]:
    """Tables of pages that may not have run: empty ones of their contract where they did not."""
    return {name: tables.optional(run, name) for name in names}


def client_days(run: Run) -> pd.DataFrame:
    """What each client bought, returns deducted, on each day.

    Returns
    -------
    DataFrame
        One row per client and day with order lines: ``customer_id, order_date, net_amount``, in their order.
    """
    days = features.client_days(_scan(sources.connect(), run, "orders"))
    frame = days.select("customer_id", "order_date", "net_amount").order_by("customer_id", "order_date").to_pandas()
    return frame.astype({"customer_id": "str", "order_date": "datetime64[us]"})


def _families(run: Run) -> pd.DataFrame:
    connection = sources.connect()
    orders, products = (_scan(connection, run, name) for name in ("orders", "products"))
    return features.family_revenue(orders, products, as_of=run.as_of).to_pandas()


def _refused_answers(run: Run) -> pd.DataFrame:
    rejected = tables.check(run, "rejected")
    return tables.conform(pd.read_parquet(rejected, filters=[("table", "==", "surveys")]), "rejected")


def _margins(run: Run) -> pd.DataFrame:
    found = features.client_margins(_scan(sources.connect(), run, "orders"), as_of=run.as_of).to_pandas()
    return found.astype({"customer_id": "str", "first_order_date": "datetime64[us]"})


def _takeups(run: Run) -> pd.DataFrame:
    counted = features.takeups(_scan(sources.connect(), run, "orders")).order_by("customer_id", "product_id")
    days = dict.fromkeys(("first_date", "last_date"), "datetime64[us]")
    return counted.to_pandas().astype({"customer_id": "str", "product_id": "str", **days})


def _ladder_days(run: Run) -> pd.DataFrame:
    connection = sources.connect()
    orders, products = (_scan(connection, run, name) for name in ("orders", "products"))
    counted = features.ladder_days(orders, products).order_by("customer_id", "product_id", "order_date")
    return counted.to_pandas().astype({"customer_id": "str", "product_id": "str", "order_date": "datetime64[us]"})


def _contacts(run: Run) -> pd.DataFrame:
    return _events(features.contacts(_scan(sources.connect(), run, "interactions")))


def _earlier_lists(run: Run) -> pd.DataFrame:
    return _events(features.earlier_lists(_scan(sources.connect(), run, "interactions")))


def _events(rows: ir.Table) -> pd.DataFrame:
    return tables.conform(
        rows.order_by("customer_id", "event_date", "kind", "status", "seller_id").to_pandas(), "interactions"
    )


COUNTED = {
    "purchases": client_days, "families": _families, "margins": _margins, "refused_answers": _refused_answers,
    "takeups": _takeups, "ladder_days": _ladder_days, "interactions": _contacts, "earlier_lists": _earlier_lists,
}  # fmt: skip


def histories(
    run: Run, dates: Sequence[pd.Timestamp], *, horizon_days: int, clients: int = HISTORY_CLIENTS, seed: int = 0
) -> pd.DataFrame:
    """What was known of each client on each of the dates, see `features.history`: all clients on the run's date.

    Parameters
    ----------
    dates : sequence of Timestamp
        Past dates. With none, and a `horizon_days` of 0, there is nothing to ask.
    horizon_days : int
    clients : int
        Most clients to look at on past dates: of a larger portfolio a sample, drawn anew from the same `seed`, teaches
        as much in seconds as all of it in minutes.
    seed : int

    Returns
    -------
    DataFrame
        Columns `features.HISTORY`, ordered by ``as_of`` and ``customer_id``.
    """
    if not horizon_days:
        return pd.DataFrame(columns=list(features.HISTORY))
    ids = tables.read(run, "customer_features", ["customer_id"])["customer_id"]
    drawn = None if len(ids) <= clients else ids.sample(clients, random_state=seed).sort_values().tolist()
    orders, settings = _scan(sources.connect(), run, "orders"), {"horizon_days": horizon_days, "as_of": run.as_of}
    wanted = [([*dates, run.as_of], None)] if drawn is None else [(dates, drawn), ([run.as_of], None)]
    parts = [features.history(orders, days, clients=some, **settings).to_pandas() for days, some in wanted if len(days)]
    maybe_missing = dict.fromkeys(features.SOMETIMES_NULL, "float64")  # nothing but nulls has no type of its own
    typed = [part.astype({"as_of": "datetime64[us]", "customer_id": "str"} | maybe_missing) for part in parts]
    return pd.concat(typed, ignore_index=True).sort_values(["as_of", "customer_id"], ignore_index=True)


def _scan(connection, run: Run, name: str) -> ir.Table:
    tables.check(run, name)
    return sources.scan(connection, tables.path(run, name))


def _require_sources(run_name: str, declared_sources: Mapping | None) -> None:
    """The figures of the demo company must not stand under another company's name."""
    if declared_sources is None and run_name != DEMO_PARAMS.stem:
        message = N_("sources: falta dizer onde estão os dados de '{name}'; só a execução {demo} dispensa sources")
        raise DataError([Problem(message, {"name": run_name, "demo": DEMO_PARAMS.stem})])


def _declared(declared_sources, as_of, min_date, ignore_products) -> dict:
    """The settings that the tables depend on, those of the demo company where there are no sources."""
    problems = []
    if declared_sources is None:
        demo = _demo()
        declared_sources = demo["sources"]
        as_of = as_of or demo.get("as_of")
        ignore_products = ignore_products or demo.get("ignore_products", ())
    if "orders" not in declared_sources:
        message = N_("sources: falta orders, a única tabela obrigatória; diga em sources.orders onde estão os pedidos")
        problems.append(Problem(message))
    days = {"as_of": as_of, "min_date": min_date}
    problems += [problem for name, value in days.items() if value is not None for problem in _day_problem(name, value)]
    if problems:
        raise DataError(problems)
    return {"sources": declared_sources, **days, "ignore_products": list(ignore_products)}


def _demo() -> dict:
    import yaml

    # BaseLoader keeps every value a text, as the detection of formats wants it
    return yaml.load(DEMO_PARAMS.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def _day_problem(name: str, value: object) -> list[Problem]:
    values = {"name": name, "value": value}
    if not _is_day(value):
        return [Problem(N_("{name}: '{value}' não é uma data AAAA-MM-DD"), values)]
    first, last = formats.PLAUSIBLE_YEARS
    message = N_("{name}: o ano de '{value}' não está entre {first} e {last}; confira a data")
    plausible = first <= pd.Timestamp(str(value)).year <= last
    return [] if plausible else [Problem(message, {**values, "first": first, "last": last})]


def _is_day(value: object) -> bool:
    try:
        return str(pd.Timestamp(str(value)).date()) == str(value)
    except ValueError:
        return False


def _fingerprint(declared: dict) -> str:
    contents = sources.fingerprint(declared["sources"], tables.ROOT)
    columns = {name: tables.contract(name).column_names for name in CANONICAL}  # a kit that reads more makes them anew
    text = tables.json_ready({**declared, "contents": contents, "version": __version__, "columns": columns})
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _state(folder: Path, fingerprint: str) -> dict | None:
    """What the last preparation noted, where it was of the same fingerprint and its tables still stand."""
    file = folder / "tables" / STATE
    if not file.exists():
        return None
    state = json.loads(file.read_text(encoding="utf-8"))
    names = (*CANONICAL, "rejected", *SMALL_TABLES, "customer_features")
    whole = all((folder / "tables" / f"{name}.parquet").exists() for name in names)
    return state if whole and state["fingerprint"] == fingerprint else None


def _make(folder: Path, declared: dict) -> dict:
    """Read, clean, compute, and write all: first everything is known to be right, then files are written."""
    connection = sources.connect()
    readings = sources.read(declared["sources"], tables.ROOT, connection)
    as_of = pd.Timestamp(declared["as_of"]) if declared["as_of"] else None
    settings = {"min_date": pd.Timestamp(declared["min_date"]), "ignore_products": declared["ignore_products"]}
    with sources.rows_asked_for(declared["sources"], tables.ROOT, connection):
        cleaned = cleaning.clean(readings, as_of=as_of, **settings)
    state = {"fingerprint": _fingerprint(declared), "as_of": str(cleaned.as_of.date()), "provided": sorted(readings)}
    run = Run(folder.name, folder, cleaned.as_of, state["fingerprint"])
    (folder / "tables" / STATE).unlink(missing_ok=True)
    _write_all(run, connection, cleaned, readings)
    with tables.replacing(folder / "tables" / STATE) as temporary:
        temporary.write_text(json.dumps(state, ensure_ascii=False, indent=1), encoding="utf-8")
    return state


def _write_all(run: Run, connection, cleaned, readings) -> None:
    for name, table in {**cleaned.tables, "rejected": cleaned.rejected}.items():
        _write_rows(run, connection, name, table)
    clients = features.customer_features({name: _scan(connection, run, name) for name in CANONICAL}, as_of=run.as_of)
    _write_rows(run, connection, "customer_features", clients)
    tables.write(run, "balance", cleaned.balance)
    tables.write(run, "notes", cleaned.notes)
    tables.write(run, "readings", _readings(readings))


def _write_rows(run: Run, connection, name: str, table: ir.Table) -> None:
    """A table written by the engine that holds it: its rows never pass through Python."""
    contract = tables.contract(name)
    days = {c.name: table[c.name].cast("timestamp(6)") for c in contract.columns if c.kind == "date"}
    extra = [column for column in table.columns if column not in contract.column_names]
    ordered = table.mutate(**days).select(*contract.column_names, *extra)
    keys = contract.key or [
        c for c in ("customer_id", "order_date", "table", "source_file", "line") if c in ordered.columns
    ]
    with tables.replacing(tables.path(run, name)) as temporary:
        connection.to_parquet(
            ordered.order_by(*keys), temporary, kv_metadata={tables.FINGERPRINT_KEY.decode(): run.fingerprint}
        )


def _readings(readings: Mapping[str, sources.Reading]) -> pd.DataFrame:
    """What was detected, file by file, as page 01 shows it."""
    rows = []
    for name, reading in readings.items():
        for file in reading.files:
            rows.append(
                {
                    "table": name,
                    "source_file": file.path,
                    "file_kind": file.kind,
                    "encoding": file.encoding or None,
                    "delimiter": file.delimiter or None,
                    "decimal": " ".join(sorted(set(reading.decimals.values()))) or None,
                    "date_order": " ".join(sorted(set(reading.date_orders.values()))) or None,
                    "rows": file.rows,
                    "assumed": ", ".join(reading.assumed) or None,
                    "unmapped": ", ".join(reading.unmapped) or None,
                }
            )
    return pd.DataFrame(rows, columns=list(tables.contract("readings").column_names))
