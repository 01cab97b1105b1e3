"""Formulas as a source: fields that are computed where a file would be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from math import prod
from threading import Lock
from unicodedata import normalize

import numpy as np

from gradcli.cf.roles import make_axis
from gradcli.errors import MemoryShortError, UsageError
from gradcli.formats.base import Traits
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window, size_text
from gradcli.model.fields import Field, Storage
from gradcli.model.protocols import Hints
from gradcli.numerics.dtypes import Array
from gradcli.numerics.expressions import Expression, parse_expression
from gradcli.numerics.grids import Grid, count_of, points

NAME = "f"  # of the field, where the formula gives none
FORMULA = "formula"  # stands for a format that is none of a file
MOST_BYTES = 2**40
MOST_AXES = 32
COPIES = 5  # of the coordinates of an axis, as a plan counts them
TILE_CELLS = 2**15  # that are computed at once, so that intermediate values stay in the cache
LONGEST_SHOWN = 41  # characters of a formula in front of messages
MOST_FAULTS = 10**6  # points that are counted one by one
_NONE = np.empty(0, np.int64)
_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)")


class FormulaSource(Traits):
    """Formulas on a grid.

    Parameters
    ----------
    text : str
        One formula or several with semicolons between them, each with its name in front
        (``u = x; v = x*y``). A single one without a name is called ``f``.
    grid : mapping of str to slice or sequence of float
        The axes, the slowest first.
    hints : Hints
    """

    description = "formulas"

    def __init__(self, text: str, grid: Grid, hints: Hints) -> None:
        self.path = text
        self.format = FORMULA
        self.notes: list[str] = []
        if not grid:
            raise UsageError("a formula needs a grid: --grid x=START:STOP:STEP,…")
        grid = {normalize("NFKC", name): asked for name, asked in grid.items()}
        _refuse_unfit(hints)
        self.formulas = parse_formulas(text, tuple(grid))
        _refuse_large(grid, len(self.formulas), hints.limits.memory)
        self._faults: dict[str, Array] = {}
        self._lock = Lock()
        axes = {name: _axis(name, points(name, asked)) for name, asked in grid.items()}
        self._axes = tuple(axes.values())
        self.fields: Mapping[str, Field] = {
            **{name: self._coordinate(name, axis) for name, axis in axes.items()},
            **{name: self._field(name, made, hints) for name, made in self.formulas.items()},
        }
        self.again = partial(FormulaSource, text, dict(grid), hints)

    def _coordinate(self, name: str, axis: Axis) -> Field:
        double = np.dtype("f8")
        return Field(name, (axis,), "float64", double, double, kind="coordinate")

    def _field(self, name: str, made: Expression, hints: Hints) -> Field:
        double = np.dtype("f8")
        return Field(
            name,
            self._axes,
            "float64",
            double,
            double,
            units=hints.said_of(name).get("units"),
            attributes={"long_name": made.text} | hints.said_of(name),
            storage=Storage("computed", item=0),
            missing="points without a value",
            cell_bytes=8,
        )

    def read(self, name: str, window: Window) -> Array:
        """Return the values in a window, with NaN where the formula has none."""
        if name not in self.formulas:
            return self.vector(name).values[window[0]].copy()
        found = np.empty(tuple(part.stop - part.start for part in window))
        parts = self._parts(window)
        rows = max(1, TILE_CELLS // max(1, prod(found.shape[1:])))
        fine = True
        for first in range(0, found.shape[0], rows):
            tile = {axis: part if part.shape[0] == 1 else part[first : first + rows]
                    for axis, part in parts.items()}  # fmt: skip
            values = self.formulas[name].evaluate(tile)
            fine = fine and bool(np.isfinite(values).all())
            found[first : first + rows] = values
        if not fine:
            self._leave_out_faults(name, window, found)
        return found

    def _parts(self, window: Window) -> dict[str, Array]:
        """Return the coordinates in a window, each along its own dimension."""
        count = len(self._axes)
        found: dict[str, Array] = {}
        for place, (axis, part) in enumerate(zip(self._axes, window, strict=True)):
            shape = [1] * count
            shape[place] = -1
            assert axis.values is not None
            found[str(axis.name)] = axis.values[part].reshape(shape)
        return found

    def _leave_out_faults(self, name: str, window: Window, found: Array) -> None:
        """Make values that are not finite missing, and remember where they are."""
        fine = np.isfinite(found)
        found[~fine] = np.nan
        if self._faults.get(name, _NONE).size > MOST_FAULTS:
            return
        where = [
            places + part.start for places, part in zip(np.nonzero(~fine), window, strict=True)
        ]
        flat = np.ravel_multi_index(where, tuple(axis.size for axis in self._axes))
        with self._lock:  # of the threads that read other windows
            self._faults[name] = np.union1d(self._faults.get(name, _NONE), flat)

    def late_notes(self) -> list[str]:
        """Return notes on points without a value, once for each formula."""
        shape = tuple(axis.size for axis in self._axes)
        notes = []
        for name, flat in self._faults.items():
            places = np.unravel_index(int(flat[0]), shape)
            at = ", ".join(
                f"{axis.name}={float(axis.values[place]):g}"
                for axis, place in zip(self._axes, places, strict=True)
                if axis.values is not None
            )
            count = f"{flat.size:,}" if flat.size <= MOST_FAULTS else f"more than {MOST_FAULTS:,}"
            points = "1 point is" if flat.size == 1 else f"{count} points are"
            notes.append(
                f"{name}: {points} missing, the formula has no finite value there (first at {at})"
            )
        return notes

    def vector(self, name: str) -> Vector:
        """Return the coordinates of an axis, or all values of a formula."""
        if name in self.formulas:
            whole = tuple(slice(0, axis.size) for axis in self._axes)
            return Vector(self.read(name, whole), 2.0**-52, self.fields[name].units)
        axis = next(axis for axis in self._axes if axis.name == name)
        assert axis.values is not None
        return Vector(axis.values, 2.0**-52, axis.units)


def parse_formulas(text: str, axes: tuple[str, ...] | None = None) -> dict[str, Expression]:
    """Return the formulas of a text by their names; they may hold any name if no axes are given.

    >>> {name: made.text for name, made in parse_formulas("u = x; v = x*y", ("x", "y")).items()}
    {'u': 'x', 'v': 'x*y'}
    """
    pieces = [piece for piece in text.split(";") if piece.strip()] or [text]
    made: dict[str, Expression] = {}
    for piece in pieces:
        named = _NAMED.match(piece)
        name = normalize("NFKC", named[1]) if named else NAME
        if name in made:
            raise UsageError(
                f"expression {text!r:.60}: two formulas are called {name}; write NAME = FORMULA; …"
            )
        if name in (axes or ()):
            raise UsageError(f"{name}: is an axis of the grid; give the formula another name")
        made[name] = parse_expression(piece[named.end() :] if named else piece, axes)
    return made


def shown(text: str) -> str:
    """Return a formula as messages name it.

    >>> shown("sin(x)"), shown(" "), shown("x + " * 40 + "1")
    ('sin(x)', 'the formula', 'x + x + x + x + x + x + x + x + x + x + …')
    """
    text = text.strip() or "the formula"
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _refuse_unfit(hints: Hints) -> None:
    """Raise UsageError for what the user says of a file, where there is none."""
    given = {"--no-valid-range": not hints.valid_range, "--engine": hints.engine is not None}
    option = hints.of_text() or next((name for name, said in given.items() if said), None)
    if option:
        raise UsageError(f"{option}: is about files, this is a formula")
    if hints.words:
        raise UsageError(f"--missing-value {hints.words[0]!r}: a formula gives numbers, no words")


def _axis(name: str, values: Array) -> Axis:
    return make_axis(name, len(values), name, name, values)


def _refuse_large(grid: Grid, count: int, memory: int) -> None:
    """Raise UsageError for grids that nobody can mean, before anything is computed."""
    if len(grid) > MOST_AXES:
        raise UsageError(f"--grid: {len(grid)} axes; an array has at most {MOST_AXES}")
    sizes = [count_of(name, asked) for name, asked in grid.items()]
    needed = 8 * count * prod(sizes)
    if needed > MOST_BYTES:
        shape = " x ".join(f"{size:,}" for size in sizes)
        raise UsageError(
            f"--grid: {shape} points take {size_text(needed)} ({needed:,} bytes); at most "
            f"{size_text(MOST_BYTES)} are written"
        )
    held = COPIES * 8 * sum(sizes)
    if held > memory:
        raise MemoryShortError(
            f"--grid: coordinates of {sum(sizes):,} points take {size_text(held)} while they are "
            f"looked at, and the memory limit is {size_text(memory)}; raise it with --memory",
            needed=held,
        )
