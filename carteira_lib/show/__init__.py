"""What a notebook displays: sentences, key figures, tables and figures, each also as text with every number.

nbval compares texts and skips pictures and HTML, and screen readers speak them: so the text is whole.
"""

from carteira_lib.show.columns import Format, currency_symbol, formats_of, literal, masked, plain
from carteira_lib.show.displays import Figure, Sentence, cards, figure, sentences, table
from carteira_lib.show.lists import figures, lists, written

__all__ = [
    "Figure",
    "Format",
    "Sentence",
    "cards",
    "currency_symbol",
    "figure",
    "figures",
    "formats_of",
    "lists",
    "literal",
    "masked",
    "plain",
    "sentences",
    "table",
    "written",
]
