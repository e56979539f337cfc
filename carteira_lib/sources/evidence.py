"""What the values themselves tell about how numbers and dates are written, over all rows, by SQL aggregates.

Numbers: where both marks stand in a value the last is the decimal; a mark repeated is the thousands'; a mark that is
not followed by exactly three digits is the decimal; "1.234" tells nothing. Dates: a part above 12 is a day, four
digits are a year.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from carteira_lib.sources.parts import literal, run

MONEY = r"^[-+(\s]*(R\$|US\$|\$|€|£|BRL|USD|EUR)?[-+\s]*[0-9.,][0-9.,\s' ]*([eE][-+]?[0-9]+)?[-)%\s]*$"


class Evidence(NamedTuple):
    """How many different values speak for each reading of a column; `ambiguous` ones fit more than one."""

    votes: dict[str, int]
    ambiguous: int

    @property
    def winner(self) -> str | None:
        best = max(self.votes.values())
        winners = [reading for reading, count in self.votes.items() if count == best]
        return winners[0] if best and len(winners) == 1 else None

    @property
    def matters(self) -> bool:
        """Whether the values read differently one way or the other."""
        return self.ambiguous > 0 or any(self.votes.values())


def decimal_evidence(connection: object, texts: Sequence[str]) -> Evidence:
    """Values that show which mark is the decimal; `texts` are SELECTs of one text column."""
    comma, point = (_decimal_pattern(mark, other) for mark, other in ((",", "."), (".", ",")))
    sql = f"""
        WITH marked AS (SELECT DISTINCT trim(x) AS x FROM ({" UNION ALL ".join(texts)}) AS t(x)
                        WHERE contains(x, ',') OR contains(x, '.')),
        bare AS (SELECT regexp_replace(regexp_replace(x, '[eE][-+]?[0-9]+[-)%\\s]*$', ''), '[^0-9.,]', '', 'g') AS x
                 FROM marked WHERE regexp_matches(x, {literal(MONEY)}))
        SELECT count(*) FILTER (regexp_full_match(x, {literal(comma)})),
               count(*) FILTER (regexp_full_match(x, {literal(point)})),
               count(*) FILTER (regexp_full_match(x, '[1-9][0-9]{{0,2}}[.,][0-9]{{3}}'))
        FROM bare"""
    by_comma, by_point, ambiguous = run(connection, sql)[0]
    return Evidence({",": by_comma, ".": by_point}, ambiguous)


def _decimal_pattern(mark: str, other: str) -> str:
    both = rf"[0-9{other}]*[{other}][0-9]*[{mark}][0-9]*"
    thousands = rf"[0-9]{{1,3}}([{other}][0-9]{{3}}){{2,}}"
    digits = rf"[0-9]*[{mark}]([0-9]{{0,2}}|[0-9]{{4,}})|[0-9]{{4,}}[{mark}][0-9]*|0*[{mark}][0-9]+"
    return f"{both}|{thousands}|{digits}"


def date_evidence(connection: object, texts: Sequence[str]) -> Evidence:
    """Values that show whether the day or the month comes first, or the year; `texts` are SELECTs of one column."""
    parts = r"^\s*([0-9]{1,4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,4})([ T].*)?$"
    eight = r"^\s*([0-9]{8})([ T].*)?$"
    sql = f"""
        WITH days AS (SELECT DISTINCT regexp_extract(x, {literal(parts)}, ['a', 'b', 'c']) AS p,
                                      regexp_extract(x, {literal(eight)}, 1) AS e
                      FROM ({" UNION ALL ".join(texts)}) AS t(x) WHERE x IS NOT NULL),
        ymd8 AS (SELECT e, e <> '' AND substr(e, 1, 4) BETWEEN '1900' AND '2100' AND substr(e, 5, 2) <= '12' AS y FROM days),
        given AS (SELECT p.a AS a, p.b AS b, p.c AS c, TRY_CAST(p.a AS INT) AS m, TRY_CAST(p.b AS INT) AS n, FALSE AS y FROM days WHERE p.a <> ''
                  UNION ALL SELECT substr(e, 1, 2), substr(e, 3, 2), substr(e, 5), TRY_CAST(substr(e, 1, 2) AS INT),
                                   TRY_CAST(substr(e, 3, 2) AS INT), y FROM ymd8 WHERE e <> ''),
        sorted AS (SELECT m, n, y OR length(a) = 4 OR (m > 31 AND length(a) = 2 AND length(c) <= 2) AS year_first,
                          length(a) = 2 AND m > 31 AND length(c) <= 2 AND NOT y AS short_year FROM given)
        SELECT count(*) FILTER (NOT year_first AND m BETWEEN 13 AND 31 AND n BETWEEN 1 AND 12),
               count(*) FILTER (NOT year_first AND n BETWEEN 13 AND 31 AND m BETWEEN 1 AND 12),
               count(*) FILTER (year_first), count(*) FILTER (short_year),
               count(*) FILTER (NOT year_first AND m BETWEEN 1 AND 12 AND n BETWEEN 1 AND 12)
        FROM sorted"""
    day, month, year, short_year, ambiguous = run(connection, sql)[0]
    # (one odd value, as 99/12/25 among days, must not turn a whole column round)
    if year and (short_year > day + month or not (day or month or ambiguous)):
        return Evidence({"ymd": year, "dmy": 0, "mdy": 0}, 0)
    # A year of four digits that comes first is plain by itself: the order of a mixed column is that of the others.
    return Evidence({"dmy": day, "mdy": month}, ambiguous)
