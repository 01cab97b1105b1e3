"""Encodings of text."""

from __future__ import annotations

import pytest

from gradcli.errors import InputError, UsageError
from gradcli.formats.csv.encoding import Recoder, encoding_named, encoding_of
from tests.formats.csv.test_source import load


def test_pieces_may_end_within_a_letter() -> None:
    recoder, text = Recoder("utf-16"), "t;Wärme\n0;1\n"
    data = text.encode("utf-16")
    pieces = [recoder.recoded(data[i : i + 1]) for i in range(len(data))]
    assert b"".join([*pieces, recoder.recoded(b"")]).decode() == text


def test_the_error_names_line_and_byte() -> None:
    recoder = Recoder("ascii")
    recoder.recoded(b"a\nb\n")
    with pytest.raises(InputError, match="line 4: the byte 0xe4 is not text in ascii"):
        recoder.recoded(b"1\n\xe4\n")


def test_unknown_encodings_are_refused() -> None:
    for name in ("klingon", "rot13", "hex", ""):
        with pytest.raises(UsageError, match="--encoding"):
            encoding_named(name)


def test_bytes_that_are_no_text_are_not_taken_for_latin_1() -> None:
    assert encoding_of(b"\x89\x01\xff\xfe", None) == (None, "")
    assert encoding_of("t,µ".encode()[:-1], None) == (None, "")


def test_latin_1_by_option(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert list(load(tmp_path, "t,W\xe4rme\n0,1\n".encode("cp1252"), encoding="cp1252")[1]) == [
        "t",
        "W\xe4rme",
    ]
