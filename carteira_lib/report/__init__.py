"""Executed notebooks -> pages that open anywhere: no server, no internet, no script; and tables -> files for a CRM.

`write_pages` writes one page per notebook and an index with the summary first, `write_overview` the page over several
runs; `render` makes one page; `export` writes a table as XLSX and CSV, `export_sheets` several as one XLSX,
`export_calendar` appointments as iCalendar.
"""

from carteira_lib.report.calendar import export_calendar
from carteira_lib.report.exports import export, export_sheets
from carteira_lib.report.overview import Portfolio, write_overview
from carteira_lib.report.pages import Header, finding, render, write_pages

__all__ = [
    "Header", "Portfolio", "export", "export_calendar", "export_sheets", "finding", "render", "write_overview",
    "write_pages",
]  # fmt: skip
