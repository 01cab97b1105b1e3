"""The command line."""

from gradcli.cli.main import main

__all__ = ["main"]
