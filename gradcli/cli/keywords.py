"""Options of the command as keywords of `differentiate`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcli.errors import UsageError

# Flags that take something away, by the keyword that is on by default.
_NEGATED = {"no_snap": "snap", "no_valid_range": "valid_range", "no_halo": "halo"}


def keywords_of(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that have a value as keywords, which have defaults for the others.

    >>> keywords_of({"axis": "x", "order": 1, "var": (), "no_snap": True, "metric": None})
    {'axis': 'x', 'order': 1, 'snap': False}
    """
    found = {_NEGATED.get(name, name): value for name, value in given.items()}
    found |= {kept: not given[name] for name, kept in _NEGATED.items() if name in given}
    return {name: value for name, value in found.items() if value not in (None, ())}


def input_of(path: str | None, formula: str | None, grid: object) -> str:
    """Return the only input of a command: a file, or a formula on a grid.

    Raises
    ------
    UsageError
        There is none, or there are both.
    """
    if formula is not None and path is not None:
        raise UsageError(f"--formula takes the place of the input {path}; give one of them")
    if formula is not None and grid is None:
        raise UsageError("--formula needs a grid: --grid x=START:STOP:STEP,…")
    if formula is None and grid is not None:
        raise UsageError("--grid is the grid of a formula; give --formula EXPRESSION")
    if formula is None and path is None:
        raise UsageError("no input: name a file, or give --formula and --grid")
    return str(path if formula is None else formula)
