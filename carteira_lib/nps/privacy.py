"""Comments without people's names and contacts: what is quoted on a page may be read by anybody."""

from __future__ import annotations

import re
from collections.abc import Iterable

from carteira_lib import formats

_WORD = r"[A-ZÀ-Ý][a-zà-ÿ]+"
_TITLED = re.compile(
    rf"\b((?:[Ss]r|[Ss]ra|[Ss]rta|[Dd]r|[Dd]ra|[Dd]ona|[Ss]eu|[Vv]endedora?|[Gg]erente|[Aa]tendente|[Mm]otorista|[Cc]onsultora?|[Ff]alei com|[Ff]alar com)\.?)\s+((?:[oa]\s+)?)({_WORD}(?:\s+(?:d[aeo]s?\s+)?{_WORD})*)"
)
_PHONE = re.compile(r"\+?\(?\d[\d\s().-]{6,}\d")
_SITE = re.compile(r"(?i)\b(?:https?://|www\.)\S+|@\w[\w.]+")
SHORTEST = 3  # letters of a given name that is looked for alone


def masked(comment: str, names: Iterable[str] = (), *, mask_people: bool = True) -> str:
    """A comment with e-mails, phones, documents and addresses hidden, and people's names as initials.

    Parameters
    ----------
    comment : str
    names : iterable of str
        Of people who may be named in it: the client itself where it is a person, and the sellers.
    mask_people : bool
        False leaves names as they are; contacts are always hidden.

    Notes
    -----
    Names are found where they are among `names` or follow a word such as "vendedora"; others may slip through.

    Examples
    --------
    >>> masked("A vendedora Ana Lima me ligou: (11) 98765-4321, ana@x.com")
    'A vendedora A. L. me ligou: ********21, a***@***'
    >>> masked("Falem com o Breno", ["Breno Marazul"])
    'Falem com o B.'
    """
    text = _SITE.sub("***", formats.mask_documents(comment))
    text = _PHONE.sub("********", text)
    if not mask_people:
        return text
    for name in names:
        text = _without(text, name)
    return _TITLED.sub(lambda found: f"{found[1]} {found[2]}{formats.mask_person(found[3])}", text)


def _without(text: str, name: str) -> str:
    """The whole name in any case, then its first word where it is written as a name."""
    text = re.sub(rf"(?i)\b{re.escape(name)}\b", formats.mask_person(name), text)
    given = name.split()[0] if name.split() else ""
    if len(given) < SHORTEST:
        return text
    return re.sub(rf"\b(?:{re.escape(given.title())}|{re.escape(given.upper())})\b", f"{given[0].upper()}.", text)
