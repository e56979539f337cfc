"""Executed notebooks -> pages that open anywhere: no server, no internet, no script; and tables -> files for a CRM.

`write_pages` writes one page per notebook and an index with the summary first; `render` makes one page; `export`
writes a table as XLSX and CSV.
"""

from carteira_lib.report.exports import export
from carteira_lib.report.pages import Header, finding, render, write_pages

__all__ = ["Header", "export", "finding", "render", "write_pages"]
