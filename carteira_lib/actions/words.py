"""What companies call things in their CRM: contacts that are complaints, overdue titles, opt-outs, rows of an earlier list."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd

STEMS = {
    "complaint": ("reclam", "queixa", "complain"),
    "overdue": ("atras", "inadimpl", "overdue", "vencid"),
    "opt_out": ("descadastr", "opt-out", "opt out", "optout", "nao contatar", "unsubscribe", "do not contact", "lgpd"),
}
STILL_OPEN = (
    "nao pag", "a pagar", "nao resolv", "nao conclu", "nao encerr", "reabert", "unpaid", "not paid", "unresolved", "unsolved", "not solved",
)  # fmt: skip
OPEN = ("abert", "pend", "andament", "open", "aguard")
CLOSED = ("resolvid", "fechad", "pago", "quitad", "liquidad", "paid", "closed", "solved", "conclu", "encerr")
CONTROL = ("controle", "control")
TO_DO = ("a fazer", "to do")
REFUSED = ("recus", "refus", "declin", "nao quis")
KINDS = {
    "cross_sell": ("complementar", "cross"),
    "up_sell": ("superior", "up-sell", "upsell", "better"),
    "down_sell": ("barata", "down-sell", "downsell", "cheaper"),
    "renewal": ("renova", "renew"),
    "reactivation": ("reativa", "reactiva"),
}


def plain(text: object) -> str:
    """Lower case, no accents, single spaces; empty for what is missing.

    Examples
    --------
    >>> plain("  Não  QUIS "), plain(None)
    ('nao quis', '')
    """
    if text is None or text is pd.NA or text != text:
        return ""
    bare = unicodedata.normalize("NFKD", str(text)).encode("ascii", "ignore").decode()
    return re.sub(r"\s+", " ", bare).strip().lower()


def matches(texts: pd.Series, stems: tuple[str, ...]) -> pd.Series:
    """Whether each text holds one of the stems."""
    known = {text: any(stem in plain(text) for stem in stems) for text in texts.dropna().unique()}
    return texts.map(lambda text: known.get(text, False)).astype(bool)


def with_meaning(interactions: pd.DataFrame) -> pd.DataFrame:
    """Interactions with what each is: ``meaning`` ("complaint", "overdue", "opt_out", "contact") and ``is_open``.

    A status that says neither leaves ``is_open`` False; one that is being waited for, or is "not" done, is open.
    """
    meaning = pd.Series("contact", index=interactions.index, dtype="object")
    for name, stems in reversed(STEMS.items()):
        meaning = meaning.mask(matches(interactions["kind"], stems), name)
    status = interactions["status"]
    is_open = matches(status, STILL_OPEN) | (matches(status, OPEN) & ~matches(status, CLOSED))
    return interactions.assign(meaning=meaning, is_open=is_open)


def listed_offer(text: str) -> tuple[str | None, str | None]:
    """Kind and product that a row of an earlier list speaks of; no kind where the words are not ours.

    Examples
    --------
    >>> listed_offer("Lista: produto complementar: DT1"), listed_offer("List: reactivation"), listed_offer("Lista: outra")
    (('cross_sell', 'DT1'), ('reactivation', None), (None, None))
    """
    _, kind, product = (part.strip() for part in f"{text}::".split(":", 2))
    said = plain(kind)
    code = next((code for code, stems in KINDS.items() if any(stem in said for stem in stems)), None)
    return code, product.rstrip(":").strip() or None
