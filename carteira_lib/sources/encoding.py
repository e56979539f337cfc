"""Bytes to UTF-8 text: which encoding a file is in, by looking at all of it, and its content as regular UTF-8.

UTF-8 and UTF-16 are recognised by their marks or their bytes. What is not valid UTF-8 is cp1252, the encoding of
Brazilian exports; a file that mixes both is read line by line, each line as what it is.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CHUNK = 4 * 2**20
MIXED = "utf-8 + cp1252"
_UNDEFINED = {0xDC00 + byte: byte for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)}
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


class Text(NamedTuple):
    """A text file as found: `path` is UTF-8 now, the file itself or a transcoded copy of it.

    `regular` is False where DuckDB's reader would skip or join lines: blank lines inside, mixed line ends.
    """

    path: Path
    encoding: str
    mixed_lines: int
    regular: bool
    quotes: bool
    empty: bool


def fingerprint(file: Path) -> str:
    """SHA-256 of a file's content, read as a stream."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def open_text(file: Path, declared: str | None, copy: Path) -> Text:
    """The file as UTF-8 text, transcoded to `copy` where it is anything else.

    Raises
    ------
    UnicodeDecodeError
        The content is not in the declared encoding.
    """
    with file.open("rb") as stream:
        encoding = declared or sniff(stream.read(4096))
    if encoding in ("utf-8", "utf-8-sig") and _is_plain_utf8(file):
        return _described(file, "utf-8-sig" if _has_bom(file) else "utf-8", 0)
    if declared or encoding.startswith("utf-16"):
        _transcode(file, copy, encoding)
        return _described(copy, encoding, 0)
    own, odd = _transcode_lines(file, copy)
    return _described(copy, "cp1252" if odd and not own else MIXED if odd else "utf-8", odd if own else 0)


def sniff(head: bytes) -> str:
    """The encoding that the first bytes tell: utf-8-sig, utf-16, utf-16-le, utf-16-be, else utf-8."""
    for bom, name in BOMS.items():
        if head.startswith(bom):
            return name
    pairs = max(len(head) // 2, 1)
    if head[1::2].count(0) > 0.4 * pairs and head[::2].count(0) < 0.1 * pairs:
        return "utf-16-le"
    if head[::2].count(0) > 0.4 * pairs and head[1::2].count(0) < 0.1 * pairs:
        return "utf-16-be"
    return "utf-8"


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _has_bom(file: Path) -> bool:
    with file.open("rb") as stream:
        return stream.read(3) == codecs.BOM_UTF8


def _is_plain_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file):
            if b"\0" in chunk:
                return False
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _transcode(file: Path, copy: Path, encoding: str) -> None:
    decoder = codecs.getincrementaldecoder(encoding)()
    with copy.open("wb") as out:
        for chunk in _chunks(file):
            out.write(_clean(decoder.decode(chunk)))
        out.write(_clean(decoder.decode(b"", final=True)))


def _clean(text: str) -> bytes:
    return text.replace("\0", "").encode("utf-8", "replace")


def _transcode_lines(file: Path, copy: Path) -> tuple[int, int]:
    """How many lines beyond ASCII were valid UTF-8, and how many were not and were taken for cp1252."""
    own = odd = 0
    with file.open("rb") as stream, copy.open("wb") as out:
        while lines := stream.readlines(CHUNK):
            whole = b"".join(lines).replace(b"\0", b"")
            if whole.isascii():
                out.write(whole)
                continue
            if whole.decode("utf-8", "ignore").isascii():  # nothing in it is UTF-8 beyond ASCII
                odd += sum(not line.isascii() for line in lines)
                out.write(_from_cp1252(whole))
                continue
            for line in whole.splitlines(keepends=True):
                if line.isascii():
                    out.write(line)
                    continue
                try:
                    line.decode("utf-8")
                    own += 1
                    out.write(line)
                except UnicodeDecodeError:
                    odd += 1
                    out.write(_from_cp1252(line))
    return own, odd


def _from_cp1252(content: bytes) -> bytes:
    """UTF-8 of cp1252; its five bytes without a character become control characters, as browsers do: none is lost."""
    try:
        return content.decode("cp1252").encode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "surrogateescape").translate(_UNDEFINED).encode("utf-8")


def _described(path: Path, encoding: str, mixed_lines: int) -> Text:
    """Whether the content has quotes, blank lines inside or mixed line ends, and any content at all."""
    feeds = pairs = returns = offset = content_end = 0
    first_blank: int | None = None
    quotes, tail = False, b"\n"  # so that a blank first line counts as one
    for number, chunk in enumerate(_chunks(path)):
        if number == 0:
            chunk = chunk.removeprefix(codecs.BOM_UTF8)
        quotes |= b'"' in chunk
        window = tail + chunk
        feeds, returns = feeds + chunk.count(b"\n"), returns + chunk.count(b"\r")
        pairs += window.count(b"\r\n") - tail.count(b"\r\n")
        found = [position for position in (window.find(b"\n\n"), window.find(b"\n\r\n")) if position >= 0]
        if found and first_blank is None:
            first_blank = offset - len(tail) + min(found)
        stripped = len(chunk.rstrip())
        content_end = offset + stripped if stripped else content_end
        offset, tail = offset + len(chunk), window[-2:]
    blank_inside = first_blank is not None and first_blank < content_end
    regular = not blank_inside and returns == pairs and pairs in (0, feeds)
    return Text(path, encoding, mixed_lines, regular, quotes, empty=content_end == 0)
