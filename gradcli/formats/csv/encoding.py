"""How the text of a file is written: UTF-8, UTF-16 by its mark, Latin-1, or as the user says."""

from __future__ import annotations

import codecs
from typing import Any, Self

from gradcli.errors import InputError, UsageError

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PLAIN = ("utf-8", "ascii", "utf-8-sig")
_CONTROLS = bytes({*range(32), 127} - {9, 10, 11, 12, 13, 26})  # in no text of any encoding


def encoding_of(head: bytes, asked: str | None) -> tuple[str | None, str]:
    r"""Return the encoding of a text, None for UTF-8, and a note on what was assumed.

    >>> encoding_of(b"t;W\xe4rme", None)[0], encoding_of(b"\xff\xfet\0", None)[0]
    ('latin-1', 'utf-16')
    >>> encoding_of("t;Wärme".encode(), None)
    (None, '')
    """
    if asked is not None:
        name = encoding_named(asked)
        return (None if name in _PLAIN else name), ""
    if head[:2] in UTF16:
        return "utf-16", "is text in UTF-16; results in CSV are written in UTF-8"
    if head.isascii():
        return None, ""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError as error:
        if head.translate(None, _CONTROLS) != head:
            return None, ""  # no text: the error will name the line
        line = 1 + head.count(b"\n", 0, error.start)
        return "latin-1", f"is not UTF-8 (line {line}), so it is read as Latin-1 (--encoding)"
    return None, ""


def encoding_named(name: str) -> str:
    """Return the name by which Python knows an encoding of text."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        raise UsageError(
            f"--encoding {name!r}: unknown encoding; examples are utf-8, latin-1 and utf-16"
        ) from None
    if not getattr(info, "_is_text_encoding", True):
        raise UsageError(
            f"--encoding {name!r}: is not an encoding of text; examples are utf-8, latin-1 and "
            "utf-16"
        )
    return info.name


class Recoder:
    """Turns text in pieces of any length from an encoding to UTF-8."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._lines = 1

    def recoded(self, data: bytes) -> bytes:
        """Return the next piece in UTF-8; no bytes end the text."""
        try:
            text = self._decoder.decode(data, not data)
        except UnicodeDecodeError as error:
            line = self._lines + error.object[: error.start].count(b"\n")
            byte = error.object[error.start]
            raise InputError(
                f"line {line}: the byte 0x{byte:02x} is not text in {self._encoding}; --encoding "
                "says how the file is written"
            ) from None
        self._lines += text.count("\n")
        return text.encode("utf-8", "replace")


class Recoded:
    """A stream of text in some encoding, which reads as UTF-8."""

    def __init__(self, raw: Any, encoding: str) -> None:
        self._raw = raw
        self._recoder = Recoder(encoding)
        self._ended = False

    def read(self, size: int) -> bytes:
        """Return about ``size`` bytes; none at the end."""
        while not self._ended:
            data = self._raw.read(size)
            self._ended = not data
            if text := self._recoder.recoded(data):
                return text
        return b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()
