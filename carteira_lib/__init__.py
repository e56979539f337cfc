"""Carteira: understand and work a company's customer portfolio (carteira de clientes).

Data goes right only, and is checked at every boundary::

    sources -> cleaning -> features -> portfolio ... -> actions -> report

`sources` and `cleaning` turn raw files into the canonical tables and the rejected rows, `features` into
one row per client as known on a date, the analyses (`portfolio`, ...) into tables of their own, `report`
turns executed notebooks into pages, and `pipeline` runs it all for one params file.
"""

__version__ = "0.1.0"
