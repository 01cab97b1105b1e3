"""Coordinates over several dimensions that stand along one axis of a field, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gradcli.record import field, record


class ColumnPart(NamedTuple):
    """A variable that the coordinates of columns are read or computed from.

    Attributes
    ----------
    term : str
        The term of the formula that it is; empty if it is the coordinate itself.
    name : str
        Path of the variable.
    keys : tuple of str
        The axes of the field that its dimensions are, by their keys.
    scale : float
        Factor that converts it to the units of the coordinate.
    """

    term: str
    name: str
    keys: tuple[str, ...]
    scale: float = 1.0


@record(frozen=True)
class Column:
    """Coordinates that are read with every block, and differ from column to column.

    Attributes
    ----------
    name : str
        What they are called.
    parts : tuple of ColumnPart
        The variables to read: one, or the terms of a formula.
    formula : str or None
        Standard name of the parametric coordinate whose formula computes them (CF, Appendix D).
    constants : dict of str to float
        Terms of the formula that are single numbers.
    words : str
        How they are made, for attributes and messages.
    """

    name: str
    parts: tuple[ColumnPart, ...]
    formula: str | None = None
    constants: Mapping[str, float] = field(default_factory=dict)
    words: str = ""
