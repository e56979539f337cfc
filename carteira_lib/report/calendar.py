"""Appointments -> an .ics file that any calendar opens: all-day events, no clock, same input same bytes."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from carteira_lib import show, tables

LINE_BYTES = 73  # RFC 5545 folds lines at 75 bytes; the line break and the blank that follows count


def export_calendar(appointments: pd.DataFrame, path: Path, *, stamp: pd.Timestamp) -> Path:
    """Write appointments as an iCalendar file (RFC 5545); returns its path.

    Parameters
    ----------
    appointments : DataFrame
        ``uid``, ``day``, ``summary``, ``description``.
    stamp : Timestamp
        When the events are said to have been made: the date of the data, never the clock.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Carteira//06//PT", "CALSCALE:GREGORIAN"]
    for row in appointments.itertuples():
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_escaped(row.uid)}@carteira",
            f"DTSTAMP:{stamp:%Y%m%d}T000000Z",
            f"DTSTART;VALUE=DATE:{row.day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{row.day + pd.Timedelta(days=1):%Y%m%d}",
            f"SUMMARY:{_escaped(row.summary)}",
            f"DESCRIPTION:{_escaped(row.description)}",
            "TRANSP:TRANSPARENT",
            "END:VEVENT",
        ]
    text = "\r\n".join(part for line in [*lines, "END:VCALENDAR"] for part in folded(line)) + "\r\n"
    with tables.replacing(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))
    return path


def _escaped(text: str) -> str:
    return re.sub(r"([\\;,])", r"\\\1", show.plain(text))


def folded(line: str) -> list[str]:
    """A line in pieces of at most 75 bytes, no letter cut in two; those after the first begin with a blank.

    Examples
    --------
    >>> [len(part.encode()) for part in folded("ã" * 50)]
    [72, 29]
    """
    pieces, current = [], ""
    for letter in line:
        if len((current + letter).encode("utf-8")) > LINE_BYTES:
            pieces.append(current)
            current = " "
        current += letter
    return [*pieces, current]
