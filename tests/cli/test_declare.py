"""How options are declared."""

from __future__ import annotations

import click
from click.testing import CliRunner

from gradcli.cli.declare import Text, choice, stack_options


def test_a_stack_is_several_options_in_their_order() -> None:
    stack = stack_options(
        click.option("--unit", multiple=True, type=Text()),
        click.option("--way", type=choice("up", "down")),
    )

    @click.command()
    @stack
    def command(unit: tuple[str, ...], way: str | None) -> None:
        click.echo(repr((unit, way)))

    assert [parameter.name for parameter in command.params] == ["unit", "way"]
    run = CliRunner().invoke
    assert run(command, ["--unit", "a b", "--way", "up"]).output == "(('a b',), 'up')\n"
    assert run(command, ["--way", "left"]).exit_code == 2


def test_each_line_of_a_variable_is_one_text() -> None:
    @click.command()
    @click.option("--unit", multiple=True, type=Text(), envvar="UNITS_OF_TEST")
    def command(unit: tuple[str, ...]) -> None:
        click.echo(repr(unit))

    made = CliRunner().invoke(command, [], env={"UNITS_OF_TEST": "a b\nc"})
    assert made.output == "('a b', 'c')\n"
