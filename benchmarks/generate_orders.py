"""Made-up order lines in parquet, of any number, for the benchmarks: the same seed gives the same lines.

Lines come in the order of their dates, as an ERP exports them; orders have 1, 2, 3 or 10 lines; some clients buy far
more often than others; 3 % of the lines are returns. DuckDB makes and writes them part by part, so 100 million lines
need little memory. Also written: products, customers and interactions.

    python benchmarks/generate_orders.py FOLDER --lines 5000000
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

PART = 10_000_000
DAYS = 1_096  # three years from 2023-01-01, the last day is AS_OF of benchmarks/features.py
LINES_PER_CUSTOMER = 20
LINES_PER_INTERACTION = 50
PRODUCTS = 5_000
SELLERS = 200

# The macros draw from hashes of the line's or order's number, so no part depends on another or on the threads.
MACROS = """
CREATE MACRO uniform(number, salt) AS (hash(number, salt, {seed}) >> 11) / 9007199254740992.0;
CREATE MACRO order_number(line) AS (line // 16) * 4 + CASE WHEN line % 16 = 0 THEN 0 WHEN line % 16 < 3 THEN 1
                                                           WHEN line % 16 < 6 THEN 2 ELSE 3 END;
CREATE MACRO customer(number, customers) AS
    (floor(pow(uniform(number, 'customer'), 1.5) * customers)::BIGINT * 7919) % customers;
CREATE MACRO product(line, customer) AS
    (floor(pow(uniform(customer * 64 + floor(uniform(line, 'taste') * 40)::BIGINT, 'product'), 2) * {products}))::BIGINT;
CREATE MACRO code(letter, number, width) AS letter || lpad(number::BIGINT::VARCHAR, width, '0');
CREATE MACRO day(number, total) AS DATE '2023-01-01' + (floor(number * {days}::DOUBLE / total))::INTEGER;
"""

ORDERS = """
SELECT code('C', customer, 8) AS customer_id,
       day(number, {orders}) AS order_date,
       round(sign * quantity * unit_price, 2) AS amount,
       code('P', number, 9) AS order_id,
       code('I', product, 5) AS product_id,
       (sign * quantity)::DOUBLE AS quantity,
       unit_price,
       CASE WHEN uniform(line, 'cost known') < 0.9 THEN round(sign * quantity * unit_price * 0.7, 2) END AS cost,
       code('V', floor(uniform(number, 'seller') * {sellers}), 3) AS seller_id,
       CASE WHEN uniform(number, 'channel') < 0.3 THEN 'site' ELSE 'visita' END AS channel
FROM (
    SELECT *, product(line, customer) AS product,
           CASE WHEN uniform(line, 'return') < 0.03 THEN -1 ELSE 1 END AS sign,
           1 + floor(uniform(line, 'quantity') * 12)::INTEGER AS quantity,
           round(5 + 200 * pow(uniform(product(line, customer), 'price'), 3), 2) AS unit_price
    FROM (
        SELECT line, order_number(line) AS number, customer(order_number(line), {customers}) AS customer
        FROM range({start}, {stop}) AS lines(line)
    )
)
"""

PRODUCT_TABLE = """
SELECT code('I', number, 5) AS product_id, 'Item ' || number AS name, 'Família ' || (number % 60) AS family
FROM range({products}) AS products(number)
"""

CUSTOMER_TABLE = """
SELECT code('C', number, 8) AS customer_id,
       CASE WHEN uniform(number, 'owner known') < 0.5
            THEN code('V', floor(uniform(number, 'owner') * {sellers}), 3) END AS seller_id
FROM range({customers}) AS customers(number)
"""

INTERACTION_TABLE = """
SELECT code('C', customer(-number, {customers}), 8) AS customer_id,
       day(number - 1, {interactions}) AS event_date, 'visita' AS kind
FROM range(1, {interactions} + 1) AS interactions(number)
"""


def generate(folder: Path, *, lines: int, seed: int) -> None:
    """Write ``orders/*.parquet``, ``products``, ``customers`` and ``interactions.parquet`` into the folder."""
    sizes = {
        "customers": max(1, lines // LINES_PER_CUSTOMER),
        "orders": lines // 4 + 1,
        "interactions": lines // LINES_PER_INTERACTION + 1,
        "products": PRODUCTS,
        "sellers": SELLERS,
    }
    (folder / "orders").mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect()
    connection.execute("SET enable_progress_bar = false")
    connection.execute(MACROS.format(seed=seed, products=PRODUCTS, days=DAYS))
    for part, start in enumerate(range(0, lines, PART)):
        query = ORDERS.format(start=start, stop=min(start + PART, lines), **sizes)
        _copy(connection, query, folder / "orders" / f"part_{part:03d}.parquet")
    tables = {"products": PRODUCT_TABLE, "customers": CUSTOMER_TABLE, "interactions": INTERACTION_TABLE}
    for name, query in tables.items():
        _copy(connection, query.format(**sizes), folder / f"{name}.parquet")


def _copy(connection: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    connection.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lines", type=int, default=5_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generate(arguments.folder, lines=arguments.lines, seed=arguments.seed)
    print(f"{arguments.lines:,} lines in {arguments.folder}")


if __name__ == "__main__":
    main()
