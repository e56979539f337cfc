"""UF, region, city, CPF/CNPJ and kind of person of clients and prospects: one row each, so in pandas.

What can be put right without doubt is, and counted; what cannot be read is left empty or as it stands, and counted.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pandas as pd

from carteira_lib.cleaning.rules import note_row
from carteira_lib.formats import UF_NAMES, UF_REGIONS, digits, strip_accents, title_city

COLUMNS = ("state", "region", "city", "tax_id", "person_type")
CPF_LENGTH, CNPJ_LENGTH = 11, 14
LOST_ZEROS = 3  # a shorter number is more likely another number than a document that lost its zeros


class Document(NamedTuple):
    """A CPF or CNPJ: its code (padded where it had lost zeros), kind of person (None where invalid), and if padded."""

    code: str
    person_type: str | None
    padded: bool


def standardise(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[dict]]:
    """The columns of `COLUMNS` put right, and the notes.

    Parameters
    ----------
    frame : DataFrame
        One row per client or prospect, with the columns of `COLUMNS` as text, missing as None.
    name : str
        The table, for the notes.

    Returns
    -------
    DataFrame
        The same rows in the same order.
    list of dict
        Notes (`rules.notes_frame` makes them a table).
    """
    found = frame.astype(dict.fromkeys(COLUMNS, "object"))
    found = found.where(found.notna(), None)
    notes: list[dict | None] = []
    for step in (_states, _cities, _documents):
        found, of_step = step(found, name)
        notes += of_step
    return found, [note for note in notes if note]


def _note(name: str, code: str, column: str, hit: pd.Series, examples: pd.Series) -> dict | None:
    values = examples[hit].astype("str")
    counts = {
        "rows": int(hit.sum()),
        "amount": None,
        "distinct": values.nunique(),
        "example": values.min() if len(values) else None,
    }
    return note_row(name, code, counts, column)


_PLAIN_UFS = {re.sub("[^A-Z]", "", strip_accents(label).upper()): uf for uf, label in UF_NAMES.items()}
_PLAIN_UFS |= {uf: uf for uf in UF_NAMES}


def state_code(text: str | None) -> str | None:
    """The UF of a code or a state's name in any case, with or without accents and dots; None where it is neither.

    Examples
    --------
    >>> [state_code(t) for t in ("S.P.", "sao paulo", "Rio Grande  do Sul", "Paraná", "XX", None)]
    ['SP', 'SP', 'RS', 'PR', None, None]
    """
    if text is None:
        return None
    return _PLAIN_UFS.get(re.sub("[^A-Z]", "", strip_accents(text).upper()))


def _states(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[dict | None]]:
    raw = frame["state"]
    code = _mapped(raw, state_code)
    region = frame["region"].where(frame["region"].notna(), _mapped(code, UF_REGIONS.get))
    notes = [
        _note(name, "state_fixed", "state", code.notna() & (code != raw), raw),
        _note(name, "unknown_state", "state", raw.notna() & code.isna(), raw),
        _note(name, "region_filled", "region", frame["region"].isna() & region.notna(), region),
    ]
    return frame.assign(state=code, region=region), notes


def _mapped(values: pd.Series, function) -> pd.Series:
    """The function of each distinct value; None stays None."""
    by_value = {value: function(value) for value in values.dropna().unique()}
    return pd.Series([by_value.get(v) for v in values], index=values.index, dtype="object")


def _cities(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[dict | None]]:
    raw = frame["city"]
    titled = _mapped(raw, title_city)
    spelling = titled.where(titled.isna(), _usual_spelling(titled, frame["state"]))
    fixed = raw.notna() & (spelling != raw)
    return frame.assign(city=spelling), [_note(name, "city_fixed", "city", fixed, raw)]


def _usual_spelling(cities: pd.Series, states: pd.Series) -> pd.Series:
    """Of the spellings that differ only by accents within a UF, the most frequent one that has accents, else any."""
    plain = _mapped(cities, lambda city: strip_accents(city).lower())
    names = pd.DataFrame({"state": states.fillna(""), "plain": plain, "city": cities}).dropna()
    counts = names.value_counts(["state", "plain", "city"]).rename("n").reset_index()
    counts["accented"] = [not city.isascii() for city in counts["city"]]
    best = counts.sort_values(["accented", "n", "city"], ascending=[False, False, True]).drop_duplicates(
        ["state", "plain"]
    )
    usual = dict(zip(zip(best["state"], best["plain"], strict=True), best["city"], strict=True))
    keys = zip(states.fillna(""), plain, strict=True)
    return pd.Series([usual.get(key) for key in keys], index=cities.index, dtype="object")


def document(text: str) -> Document:
    """A CPF or CNPJ by its check digits, numeric or alphanumeric, padded where it had lost up to three zeros.

    Examples
    --------
    >>> document("390.533.447-05"), document("12.ABC.345/01DE-35").person_type
    (Document(code='39053344705', person_type='PF', padded=False), 'PJ')
    >>> document("191"), document("4.250.024/0001-50").code
    (Document(code='191', person_type=None, padded=False), '04250024000150')
    """
    code = digits(text)
    for padded, size in ((False, CPF_LENGTH), (False, CNPJ_LENGTH), (True, CPF_LENGTH), (True, CNPJ_LENGTH)):
        fits = size - LOST_ZEROS <= len(code) < size and code.isdigit() if padded else len(code) == size
        if fits and _valid(code.zfill(size)):
            return Document(code.zfill(size), "PF" if size == CPF_LENGTH else "PJ", padded)
    return Document(code, None, False)


def _valid(code: str) -> bool:
    from stdnum.br import cnpj, cpf

    if len(set(code)) == 1:  # 111.111.111-11 has right check digits and is nobody's
        return False
    return cpf.is_valid(code) if len(code) == CPF_LENGTH else cnpj.is_valid(code)


def _documents(frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[dict | None]]:
    raw, declared = frame["tax_id"], frame["person_type"]
    found = _mapped(raw, document)
    code = _mapped(found, lambda document: document.code or None)
    kind = _mapped(found, lambda document: document.person_type)
    padded = _mapped(found, lambda document: document.padded).fillna(False).astype(bool)
    shared = code.notna() & kind.notna() & code.duplicated(keep=False)
    notes = [
        _note(name, "invalid_tax_id", "tax_id", raw.notna() & kind.isna(), raw),
        _note(name, "padded_tax_id", "tax_id", padded, raw),
        _note(name, "shared_tax_id", "tax_id", shared, raw),
        _note(name, "person_type_inferred", "person_type", declared.isna() & kind.notna(), kind),
        _note(
            name, "person_type_conflict", "person_type", declared.notna() & kind.notna() & (declared != kind), declared
        ),
    ]
    return frame.assign(tax_id=code, person_type=declared.where(declared.notna(), kind)), notes
