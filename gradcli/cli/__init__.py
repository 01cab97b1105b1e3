"""The command-line interface."""

from gradcli.cli.main import main

__all__ = ["main"]
