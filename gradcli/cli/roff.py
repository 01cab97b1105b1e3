"""The manual's Markdown and help texts in the language of man pages (the one place of mistune)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from gradcli.errors import missing_package

WIDTH, GAP = 72, 3  # columns of a table, and between two of its columns
_LINE = re.compile(r"^(?=[.'])", re.MULTILINE)
_FONT = re.compile(r"\\f[BIR]|\\(?=-)")


def escaped(text: str) -> str:
    r"""Return text as roff takes it literally.

    >>> escaped("--axis")
    '\\-\\-axis'
    >>> print(escaped(".5 is 'half', as in \\sqrt"))
    \&.5 is 'half', as in \esqrt
    """
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga")
    return _LINE.sub(r"\\&", plain)


def quoted(text: str) -> str:
    r"""Return text as one argument of a request.

    >>> print(quoted('a "b"'))
    "a \(dqb\(dq"
    """
    return '"' + text.replace("\\", "\\e").replace('"', "\\(dq") + '"'


def preformatted(text: str) -> list[str]:
    """Return lines that keep their breaks."""
    return [".PP", ".RS 4", ".nf", *escaped(text.rstrip("\n")).split("\n"), ".fi", ".RE"]


def roff(markdown: str) -> str:
    r"""Return the body of a man page: a page of Markdown without its title.

    >>> print(roff("# Title\n\nUse `--axis x`.\n\n## More\n\n- one\n- two\n"))
    .PP
    Use \fB\-\-axis x\fR\&.
    .SH "MORE"
    .IP \(bu 2
    one
    .IP \(bu 2
    two
    """
    try:
        import mistune
    except ImportError as error:
        raise missing_package("mistune") from error
    parse = mistune.create_markdown(renderer="ast", plugins=["table"])
    tokens: Any = parse(markdown)
    lines: list[str] = []
    for token in tokens:
        lines += _block(token)
    return "\n".join(lines)


def _block(token: dict[str, Any]) -> list[str]:
    kind = token["type"]
    if kind == "heading":
        level = token["attrs"]["level"]
        title = _inline(token["children"], plain=True)
        request = {1: "", 2: f".SH {quoted(title.upper())}"}.get(level, f".SS {quoted(title)}")
        return [request] if request else []
    if kind == "block_code":
        return preformatted(token["raw"])
    if kind in ("paragraph", "block_text"):
        pictures = [child for child in token["children"] if child["type"] == "image"]
        return [] if pictures else [".PP", *_lines(_inline(token["children"]))]
    if kind == "list":
        return list(_items(token))
    return _table(token) if kind == "table" else []


def _items(token: dict[str, Any]) -> Iterable[str]:
    for number, item in enumerate(token["children"], 1):
        yield f".IP {number}. 3" if token["attrs"]["ordered"] else r".IP \(bu 2"
        for child in item["children"]:
            inner = _block(child)
            yield from inner[1:] if inner[:1] == [".PP"] else inner


def _table(token: dict[str, Any]) -> list[str]:
    """Return a table, or a list of its first column if rows are too long for a terminal."""
    head, body = token["children"]
    every = [head["children"], *(row["children"] for row in body["children"])]
    rows = [[_inline(cell["children"]).replace("\n", " ") for cell in row] for row in every]
    columns = zip(*([len(_FONT.sub("", cell)) for cell in row] for row in rows), strict=True)
    if sum(max(column) + GAP for column in columns) > WIDTH:
        return _described(rows)
    lines = [".PP", ".TS", "tab(\t);", " ".join(["lb"] * len(rows[0])), f"{'l ' * len(rows[0])}."]
    return [*lines, *("\t".join(row) for row in rows), ".TE"]


def _described(rows: list[list[str]]) -> list[str]:
    names, *others = rows
    lines: list[str] = []
    for first, *cells in others:
        said = [c if k == 0 else f"{names[k + 1]}: {c}" for k, c in enumerate(cells) if c]
        lines += [".TP", first or r"\&", *_lines("\n.br\n".join(said))]
    return lines


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line] or [r"\&"]


def _inline(tokens: Iterable[dict[str, Any]], plain: bool = False) -> str:
    """Return the text of a paragraph; ``plain`` is that of a request, which is quoted later."""
    made = []
    for token in tokens:
        kind = token["type"]
        inner = token.get("raw") or ""
        if "children" in token:
            inner = _inline(token["children"], plain)
        elif not plain:
            inner = escaped(inner.replace("\\|", "|"))
        if kind in ("softbreak", "linebreak"):
            inner = "\n"
        elif kind in ("codespan", "strong") and not plain:
            inner = rf"\fB{inner}\fR"
        elif kind == "emphasis" and not plain:
            inner = rf"\fI{inner}\fR"
        made.append(inner)
    return "".join(made)
