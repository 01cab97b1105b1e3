"""Help pages: usage and examples first."""

from __future__ import annotations

import click


def format_with_examples(
    command: click.Command, ctx: click.Context, formatter: click.HelpFormatter, examples: str
) -> None:
    """Write a help page: usage, examples, then the rest."""
    command.format_usage(ctx, formatter)
    formatter.write_paragraph()
    formatter.write(examples.strip() + "\n")
    command.format_help_text(ctx, formatter)
    command.format_options(ctx, formatter)
    command.format_epilog(ctx, formatter)


class Command(click.Command):
    """A command whose help shows examples first."""

    examples = ""

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write usage, examples, then the rest."""
        format_with_examples(self, ctx, formatter, self.examples)
