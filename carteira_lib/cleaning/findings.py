"""What the cleaning found, in sentences and in tables that a page shows: from the balance, the notes and the refusals."""

from __future__ import annotations

import pandas as pd

from carteira_lib import formats, tables
from carteira_lib.cleaning.vocabulary import NOTES, REASONS, REMEDIES, REPEATED_RECORD
from carteira_lib.language import N_, translator

WARNINGS = ("isolated_last_date", "id_mismatch", "repeated_but_unmapped", "unknown_customer")
DAY_NOTES = ("isolated_last_date", "closed_after_as_of", "since_after_as_of")
REGISTERS = ("customers", "prospects")  # a whole line of them holds names that a page must not show
CONCENTRATED_SHARE = 0.5
CONCENTRATED_DAYS = 31
DOUBLED_SHARE = 0.3  # of the lines of those days; of a period imported twice half are repeats, some may differ
ALARMING = 0.05
REGISTER_OF = {"unknown_customer": "customers", "unknown_product": "products"}
NO_MATCH = {
    "unknown_customer": N_(
        "**Confira:** nenhum cliente dos pedidos está no cadastro de clientes: veja que coluna está ligada a customer_id em sources.orders e em sources.customers."
    ),
    "unknown_product": N_(
        "**Confira:** nenhum produto dos pedidos está no cadastro de produtos: veja que coluna está ligada a product_id em sources.orders e em sources.products."
    ),
}
TOTALS = {"read": N_("linhas lidas"), "kept": N_("linhas aproveitadas")}


def findings(
    balance: pd.DataFrame,
    notes: pd.DataFrame,
    rejected: pd.DataFrame,
    order_days: pd.Series,
    days: tuple[pd.Timestamp, pd.Timestamp],
    *,
    language: str = "pt-BR",
    currency: str = "BRL",
) -> list[str]:
    """Three to five sentences on whether the data can be trusted.

    Parameters
    ----------
    balance, notes, rejected : DataFrame
        Tables of those names.
    order_days : Series of Timestamp
        The day of each line kept, of table ``orders``.
    days : pair of Timestamp
        First order date and `as_of`.
    """
    orders = balance[balance["table"] == "orders"].set_index("rule")
    sentences = [
        _kept_sentence(orders, language, currency),
        _period_sentence(days, orders, language),
        _main_reason(orders, language, currency),
        _repeats_sentence(orders, rejected, order_days, language),
        _returns_sentence(notes, language, currency),
        *_warnings(notes, balance[balance["rule"] == "kept"].set_index("table")["rows"], language),
    ]
    return [sentence for sentence in sentences if sentence]


def _kept_sentence(orders: pd.DataFrame, language: str, currency: str) -> str:
    _ = translator(language)
    read, kept = orders.loc["read"], orders.loc["kept"]
    values = {
        "read": formats.number(read["rows"], 0, language),
        "share": formats.percent(kept["rows"] / read["rows"], 1, language),
        "amount": formats.money(kept["amount"], currency, language, compact=True),
        "refused": formats.number(read["rows"] - kept["rows"], 0, language),
    }
    if read["rows"] == kept["rows"]:
        return _.ngettext(
            "A única linha de pedido lida foi aproveitada e soma {amount}.",
            "As **{n}** linhas de pedidos lidas foram todas aproveitadas e somam {amount}.",
            int(read["rows"]), amount=values["amount"],
        )  # fmt: skip
    return _(
        "De **{read}** linhas de pedidos lidas, **{share}** foram aproveitadas e somam {amount}; recusadas, cada uma com o motivo: {refused}.",
        **values,
    )


def _period_sentence(days: tuple[pd.Timestamp, pd.Timestamp], orders: pd.DataFrame, language: str) -> str:
    _ = translator(language)
    first, last = (formats.date(day, language) for day in days)
    if first == last:
        return _("Todas as vendas são de **{last}**, que é também a data-base.", last=last)
    return _(
        "A primeira venda é de {first} e a data-base, **{last}**: nada posterior a ela entra nas contas.",
        first=first,
        last=last,
    )


def _main_reason(orders: pd.DataFrame, language: str, currency: str) -> str:
    _ = translator(language)
    refused = orders["rejected_rows"].drop("repeated_line", errors="ignore")  # which has a sentence of its own
    refused = refused.sort_values(ascending=False, kind="stable")
    if not len(refused) or refused.iloc[0] == 0:
        return ""
    code, rows, read = refused.index[0], int(refused.iloc[0]), int(orders.loc["read", "rows"])
    values = {"reason": _(REASONS[code]), "share": formats.percent(rows / read, 1, language)}
    if rows / read < ALARMING:
        return _.ngettext(
            "O motivo mais comum de recusa é “{reason}”: {n} linha ({share}), pouco para mudar as conclusões.",
            "O motivo mais comum de recusa é “{reason}”: {n} linhas ({share}), pouco para mudar as conclusões.",
            rows, **values,
        )  # fmt: skip
    amount = orders.loc[code, "rejected_amount"]
    values["share"] = _("{share} das lidas", share=values["share"])
    if amount:  # lines whose amount cannot be read have none to tell
        values["share"] += ", " + formats.money(amount, currency, language, compact=True)
    return _.ngettext(
        "**Atenção:** “{reason}” tira {n} linha ({share}): as conclusões valem só para o restante.",
        "**Atenção:** “{reason}” tira {n} linhas ({share}): as conclusões valem só para o restante.",
        rows, **values,
    )  # fmt: skip


def _repeats_sentence(orders: pd.DataFrame, rejected: pd.DataFrame, order_days: pd.Series, language: str) -> str:
    _ = translator(language)
    rows = int(orders["rejected_rows"].get("repeated_line", 0))
    if not rows:
        return ""
    span = repeated_span(rejected, order_days)
    if span is None:
        return _.ngettext(
            "{n} linha repetida foi contada uma vez só.", "{n} linhas repetidas foram contadas uma vez só.", rows
        )
    return _(
        "Das {rows} linhas repetidas, {inside} são de {first} a {last}: o período parece importado duas vezes e foi contado uma vez só.",
        rows=formats.number(rows, 0, language),
        inside=formats.number(span["rows"], 0, language),
        first=formats.date(span["first"], language),
        last=formats.date(span["last"], language),
    )


def repeated_span(rejected: pd.DataFrame, order_days: pd.Series) -> dict | None:
    """The days that look imported twice: half of the repeated order lines or more, and 30 % of those days' lines.

    Parameters
    ----------
    rejected : DataFrame
        Table ``rejected``.
    order_days : Series of Timestamp
        The day of each line kept. A few repeats among thousands of lines are slips, not a file read twice.

    Returns
    -------
    dict or None
        None where no days do. Else ``first``, ``last`` (Timestamps) and ``rows``: the shortest run of days with at most one day between them that
        holds the day of most repeats, none of whose days has fewer than a tenth of that day's.
    """
    repeats = rejected[(rejected["table"] == "orders") & (rejected["reason"] == "repeated_line")]
    per_day = repeats["order_date"].value_counts().sort_index()
    if per_day.empty:
        return None
    crowded = per_day[per_day >= per_day.max() / 10]
    runs = crowded.index.to_series().diff().dt.days.gt(2).cumsum()
    run = crowded[runs == runs.loc[per_day.idxmax()]]
    found = {"first": run.index[0], "last": run.index[-1], "rows": int(run.sum())}
    short = (found["last"] - found["first"]).days < CONCENTRATED_DAYS
    crowding = short and found["rows"] >= max(CONCENTRATED_SHARE * len(repeats), 10)
    lines = found["rows"] + order_days.between(found["first"], found["last"]).sum()
    return found if crowding and found["rows"] >= DOUBLED_SHARE * lines else None


def _returns_sentence(notes: pd.DataFrame, language: str, currency: str) -> str:
    _ = translator(language)
    found = notes[(notes["table"] == "orders") & (notes["note"] == "returns")]
    if found.empty:
        return ""
    amount = formats.money(-found["amount"].iloc[0], currency, language, compact=True)
    return _.ngettext(
        "{n} linha de devolução ou nota de crédito desconta {amount} da receita.",
        "{n} linhas de devolução ou nota de crédito descontam {amount} da receita.",
        int(found["rows"].iloc[0]),
        amount=amount,
    )


def _warnings(notes: pd.DataFrame, kept: pd.Series, language: str) -> list[str]:
    """What to look at; a register with rows that no line finds is a column linked to the wrong field, and says so."""
    _ = translator(language)
    of_orders = notes[(notes["table"] == "orders") & (notes["rows"] >= max(kept["orders"], 1))]
    strangers = of_orders[of_orders["note"].map(REGISTER_OF).map(kept).gt(0)]
    said = [_(NO_MATCH[note]) for note in strangers["note"]]
    rows = notes[notes["note"].isin(WARNINGS) & ~notes["note"].isin(strangers["note"])].drop_duplicates("note")
    counted = ((_(NOTES[row.note]), formats.number(row.rows, 0, language)) for row in rows.itertuples())
    return said + [_("**Confira:** {note}: {n}.", n=n, note=note) for note, n in counted]


def files(readings: pd.DataFrame) -> pd.DataFrame:
    """How each file was read, as a page shows it: the column of what was only assumed stands where anything was."""
    columns = ["source_file", "table", "encoding", "delimiter", "decimal", "date_order", "rows", "assumed"]
    return readings[columns] if readings["assumed"].notna().any() else readings[columns[:-1]]


def account(balance: pd.DataFrame, table: str = "orders", *, language: str = "pt-BR") -> pd.DataFrame:
    """The balance of one table as a page shows it: read, less each refusal, equals kept, in rows and money.

    Returns
    -------
    DataFrame
        ``rule`` in words, ``rows`` (that match the rule), ``rejected_rows``, ``amount``: of the lines read and kept,
        and of the lines rejected by the rule, so that the first less the others is the last. Rules that match nothing
        are left out.
    """
    _ = translator(language)
    shown = balance[(balance["table"] == table) & (balance["rows"] > 0)]
    names = {**REASONS, **TOTALS}
    amount = shown["amount"].where(shown["rule"].isin(list(TOTALS)), shown["rejected_amount"])
    words = shown["rule"].map(lambda code: _(names[code]))
    return shown.assign(rule=words, amount=amount)[["rule", "rows", "rejected_rows", "amount"]].reset_index(drop=True)


def refusals(balance: pd.DataFrame, *, language: str = "pt-BR") -> pd.DataFrame:
    """Every reason that refused a row, in which table, how many rows, and what to do about it."""
    _ = translator(language)
    found = balance[balance["rejected_rows"] > 0].sort_values(
        ["rejected_rows", "table"], ascending=[False, True], kind="stable"
    )
    remedy = _("O que fazer")
    of_record = (found["rule"] == "repeated_line") & (found["table"] != "orders")
    words = {
        "reason": found["rule"].map(lambda code: _(REASONS[code])),
        remedy: found["rule"].map(lambda code: _(REMEDIES[code])).mask(of_record, _(REPEATED_RECORD)),
    }
    return found.assign(**words)[["table", "reason", remedy, "rejected_rows"]].reset_index(drop=True)


def attention(notes: pd.DataFrame, *, language: str = "pt-BR") -> pd.DataFrame:
    """What was put right or is worth a look, without being refused."""
    _ = translator(language)
    found = notes.sort_values(["rows", "note"], ascending=[False, True], kind="stable")
    shown = found.assign(
        note=found["note"].map(lambda code: _(NOTES[code])),
        example=[_example(note, text, language) for note, text in zip(found["note"], found["example"], strict=True)],
    )
    return shown[["table", "note", "rows", "example"]].reset_index(drop=True)


def _example(note: str, text: str | None, language: str) -> str | None:
    """The example as people write it: the amount of a return, the day of a date; tax ids masked."""
    if pd.isna(text):
        return None
    if note.endswith("_tax_id"):
        return formats.mask_tax_id(text)
    if note == "returns":
        return formats.number(float(text), 2, language)
    return _day(text, language) if note in DAY_NOTES else text


def reasons_title(balance: pd.DataFrame, *, language: str = "pt-BR") -> str:
    """The finding of the chart of refusals."""
    _ = translator(language)
    by_rule = balance.groupby("rule")["rejected_rows"].sum().sort_values(ascending=False, kind="stable")
    total = int(by_rule.sum())
    if not total:
        return _("Nenhuma linha foi recusada")
    share = formats.percent(by_rule.iloc[0] / total, 0, language)
    return _("“{reason}” responde por {share} das recusas", reason=_(REASONS[by_rule.index[0]]), share=share)


def reasons(balance: pd.DataFrame, *, language: str = "pt-BR", rows: int = 10) -> pd.Series:
    """Rows refused by reason, the most common first, as a chart draws them."""
    _ = translator(language)
    by_rule = balance.groupby("rule")["rejected_rows"].sum()
    found = by_rule[by_rule > 0].sort_values(ascending=False, kind="stable").head(rows)
    return found.rename(index=lambda code: _(REASONS[code]))


def months_title(monthly: pd.DataFrame, *, language: str = "pt-BR") -> str:
    """The finding of the chart of months: whether one is missing."""
    _ = translator(language)
    empty = monthly[monthly["orders"] == 0]
    if len(empty):
        names = formats.enumeration([formats.month(day, language) for day in empty["month"].head(3)], language)
        if len(empty) > 3:
            count = formats.number(len(empty), 0, language)
            return _("{n} meses sem venda, os primeiros em {names}", n=count, names=names)
        return _.ngettext("{n} mês sem venda: {names}", "{n} meses sem venda: {names}", len(empty), names=names)
    return _.ngettext("Há vendas no único mês do período", "Há vendas em cada um dos {n} meses", len(monthly))


def examples(rejected: pd.DataFrame, *, language: str = "pt-BR", each: int = 2) -> pd.DataFrame:
    """The first refused rows of each table and reason, as a page shows them."""
    _ = translator(language)
    first = rejected.groupby(["table", "reason"], sort=True).head(each).sort_values(["table", "reason"], kind="stable")
    shown = first.assign(
        reason=first["reason"].map(lambda code: _(REASONS[code])),
        column=first["column"].map(lambda name: tables.label(name, language), na_action="ignore"),
        value=[_value(row, language) for row in first.to_dict("records")],
    )
    return shown[["table", "reason", "column", "value", "source_file", "line"]].reset_index(drop=True)


def _value(row: dict, language: str) -> str | None:
    """The refused value as people read it: of a copy the line that it copies, of a date read the day."""
    _ = translator(language)
    value = row["value"]
    if pd.isna(value):
        return None
    if row["reason"] == "damaged_line":
        return _("linha inteira, que está em exports/") if row["table"] in REGISTERS else formats.mask_documents(value)
    if row["reason"] in ("date_after_as_of", "before_min_date"):
        return _day(value, language)
    file, _mark, line = str(value).rpartition(":")
    if row["reason"] != "repeated_line" or not (file and line.isdigit()):
        return value
    if file == row["source_file"]:
        return _("igual à linha {line}", line=formats.number(int(line), 0, language))
    return _("igual à linha {line} de {file}", line=formats.number(int(line), 0, language), file=file)


def _day(text: str, language: str) -> str:
    day = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    return text if pd.isna(day) else formats.date(day, language)


def _without_documents(rejected: pd.DataFrame) -> pd.Series:
    """The values read; a whole line may hold columns that nobody asked for, CPF and e-mail among them."""
    masked = rejected["value"].map(formats.mask_documents, na_action="ignore")
    return rejected["value"].where(rejected["reason"] != "damaged_line", masked)


def export(rejected: pd.DataFrame, *, language: str = "pt-BR") -> pd.DataFrame:
    """The refused rows with table and reason in words, for a spreadsheet."""
    _ = translator(language)
    words = {code: _(text) for code, text in REASONS.items()}
    return rejected.assign(
        value=_without_documents(rejected),
        reason=rejected["reason"].map(words),
        table=rejected["table"].map(lambda name: tables.value_label("table", name, language)),
    )
