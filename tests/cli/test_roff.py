"""Markdown as man pages."""

from __future__ import annotations

import pytest

from gradcli.cli.roff import escaped, quoted, roff


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("one\ntwo\n", [".PP", "one", "two"]),
        ("**`-a`** and *b*", [".PP", r"\fB\fB\-a\fR\fR and \fIb\fR"]),
        ("[a page](x.md)", [".PP", "a page"]),
        ("![alt](x.png)", []),
        ("### Deep *er*", ['.SS "Deep er"']),
        ("1. one\n2. two", [".IP 1. 3", "one", ".IP 2. 3", "two"]),
        ("    .5 of it", [".PP", ".RS 4", ".nf", r"\&.5 of it", ".fi", ".RE"]),
        ("```sh\na\n\n'b'\n```", [".PP", ".RS 4", ".nf", "a", "", r"\&'b'", ".fi", ".RE"]),
        (".start", [".PP", r"\&.start"]),
    ],
)
def test_markdown_in_roff(markdown: str, lines: list[str]) -> None:
    assert roff(markdown).split("\n") == (lines or [""])


def test_a_narrow_table_is_a_table() -> None:
    made = roff("| a | b |\n|---|---|\n| `x\\|y` | 2 |\n").split("\n")
    assert made[:3] == [".PP", ".TS", "tab(\t);"]
    assert made[-2:] == ["\\fBx|y\\fR\t2", ".TE"]


def test_a_wide_table_is_a_list() -> None:
    made = roff(f"| a | b | c |\n|---|---|---|\n| x | {'y ' * 40} | z |\n").split("\n")
    assert made == [".TP", "x", "y " * 39 + "y", ".br", "c: z"]


def test_nothing_is_taken_for_a_request() -> None:
    assert escaped("a\n.b\n'c\\d") == "a\n\\&.b\n\\&'c\\ed"
    assert quoted('say "no"') == '"say \\(dqno\\(dq"'
