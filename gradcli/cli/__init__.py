"""The command line."""

import gc

# Modules make no garbage while they are imported, and looking for it takes 2 % of a help page.
_COLLECTS = gc.isenabled()
gc.disable()

from gradcli.cli.main import main  # noqa: E402

if _COLLECTS:
    gc.enable()

__all__ = ["main"]
