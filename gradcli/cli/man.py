"""Man pages of the commands, section 1, and of the manual, section 7 (``gradcli help --man``)."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click

from gradcli import __version__
from gradcli.cli.help import Command
from gradcli.cli.page import CODES, sections, written
from gradcli.cli.roff import escaped, preformatted, quoted, roff
from gradcli.cli.topics import PAGES, grouped, topics
from gradcli.system.paths import write_error

PITCH = "differentiate gridded data files"


def write_pages(folder: str, root: click.Context) -> list[str]:
    """Write all pages into ``man1`` and ``man7`` of a folder, and return their paths."""
    made = []
    for name, text in pages(root):
        path = Path(folder) / f"man{name[-1]}" / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise write_error(str(path), error) from error
        made.append(str(path))
    return made


def pages(root: click.Context) -> Iterator[tuple[str, str]]:
    """Yield the name of each page and its text; ``root`` is the context of all commands."""
    commands = dict(_commands(root))
    yield "gradcli.1", _joined(_title("gradcli", 1), _of_all(root, commands))
    for name, (command, _) in commands.items():
        with click.Context(command, parent=root, info_name=name) as ctx:
            body = _of_command(command, ctx)
        yield f"gradcli-{name}.1", _joined(_title(f"gradcli-{name}", 1), body)
    for topic, title in topics().items():
        text = (PAGES / f"{topic}.md").read_text(encoding="utf-8")
        name = f"gradcli-{topic}"
        head = [*_title(name, 7), *_name(name, title), '.SH "DESCRIPTION"']
        yield f"{name}.7", _joined(head, [roff(text), *_also(topic)])


def _joined(*parts: list[str]) -> str:
    return "\n".join(line for part in parts for line in part) + "\n"


def _title(name: str, section: int) -> list[str]:
    # The first line tells man that tables are to be set by tbl.
    return [
        "'\\\" t",
        f'.TH {quoted(name.upper())} {section} "" {quoted(f"gradcli {__version__}")} '
        '"Manual of gradcli"',
        ".nh",
        ".ad l",
    ]


def _name(name: str, short: str) -> list[str]:
    return ['.SH "NAME"', f"{escaped(name)} \\- {escaped(short)}"]


def _commands(root: click.Context) -> Iterator[tuple[str, tuple[Command, list[str]]]]:
    """Yield each command by its name, with the other names that it has."""
    assert isinstance(root.command, click.Group)
    found: dict[str, tuple[Command, list[str]]] = {}
    for name in root.command.list_commands(root):
        command = root.command.get_command(root, name)
        assert isinstance(command, Command)
        if command.name == name:
            found[name] = command, []
        else:
            found[str(command.name)][1].append(name)
    yield from found.items()


def _of_all(root: click.Context, commands: dict[str, tuple[Command, list[str]]]) -> list[str]:
    lines = _name("gradcli", PITCH)
    lines += ['.SH "SYNOPSIS"', r"\fBgradcli\fR \fICOMMAND\fR [\fIOPTIONS\fR] [\fIINPUT\fR...]"]
    _, examples, *_ = root.command.get_help(root).split("\n\n")
    lines += ['.SH "EXAMPLES"', *preformatted(_indented(examples.partition("\n")[2]))]
    lines.append('.SH "COMMANDS"')
    for name, (command, others) in commands.items():
        called = f" It is also called {' and '.join(others)}." if others else ""
        lines += _term(f"gradcli-{name}(1)", f"{command.short_help}{called}")
    lines.append('.SH "MANUAL"')
    for names in grouped().values():
        for name in names:
            lines += _term(f"gradcli-{name}(7)", topics()[name])
    return lines + _codes()


def _of_command(command: Command, ctx: click.Context) -> list[str]:
    lines = _name(f"gradcli-{command.name}", str(command.short_help).rstrip("."))
    usage = " ".join(command.collect_usage_pieces(ctx))
    lines += ['.SH "SYNOPSIS"', rf"\fBgradcli {command.name}\fR {escaped(usage)}"]
    lines.append('.SH "DESCRIPTION"')
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        lines += [".PP", escaped(" ".join(paragraph.split()))]
    examples = command.examples.strip().partition("\n")[2]
    lines += ['.SH "EXAMPLES"', *preformatted(_indented(examples))]
    lines.append('.SH "OPTIONS"')
    for heading, options in sections(command, ctx):
        lines.append(f".SS {quoted(heading)}")
        for option in options:
            lines += _term(written(option, ctx), option.help or "")
    return lines + _codes() + _also("")


def _indented(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip("\n").split("\n"))


def _term(term: str, meaning: str) -> list[str]:
    return [".TP", rf"\fB{escaped(term)}\fR", escaped(meaning) or r"\&"]


def _codes() -> list[str]:
    lines = ['.SH "EXIT STATUS"']
    for code, meaning in CODES:
        lines += _term(code, f"{meaning}.")
    return lines


def _also(topic: str) -> list[str]:
    """Return the section of pages of the same group of topics, or of those that all need."""
    near = [names for names in grouped().values() if topic in names]
    names = near[0] if near else ["options", "axes", "formats", "exit-codes"]
    listed = ["gradcli(1)", *(f"gradcli-{name}(7)" for name in names if name != topic)]
    return ['.SH "SEE ALSO"', escaped(", ".join(listed))]
