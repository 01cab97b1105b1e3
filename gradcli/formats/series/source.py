"""A series of files that are one field along an axis, as one source."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from threading import Lock
from typing import Any

import numpy as np

from gradcli.cf.shifts import Shift, shift_between
from gradcli.errors import GradcliError, InputError, UsageError, located, printable
from gradcli.formats.base import Traits
from gradcli.formats.series.facts import UNTIED, VALUES, Facts, FieldFacts, alike, facts_of
from gradcli.formats.series.members import Members
from gradcli.formats.series.order import Piece, order_of, refuse_seams
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.model.protocols import Hints, Identity, Source
from gradcli.model.sharing import Room
from gradcli.numerics.dtypes import Array
from gradcli.record import replace

RECENT = 4  # files of which decoded chunks are kept, so that blocks can share them


class SeriesSource(Traits):
    """Files whose fields follow each other along an axis.

    Their headers are read once. Later a file is opened when a window lies in it.

    Parameters
    ----------
    hints : Hints
        With the axis, and the paths in any order.

    Raises
    ------
    GradcliError
        The files are not one field along the axis; the first that does not fit is named.
    """

    joined = True

    def __init__(self, hints: Hints) -> None:
        assert hints.join is not None
        asked, paths = hints.join.axis, hints.join.paths
        self._hints = hints
        self.notes: list[str] = []
        self.members = Members(paths, replace(hints, join=None), hints.join.open_files)
        try:
            self._facts = self._survey(asked)
            self._put_in_order()
            self._describe()
        except BaseException:
            self.close()
            raise
        self._lock = Lock()
        self._held: dict[str, Room] = {}
        self._recent: dict[str, list[int]] = {}

    def _survey(self, asked: str) -> list[Facts]:
        """Read the headers of all files; those without a point are left out."""
        found: list[Facts] = []
        kept = []
        pattern: Facts | None = None
        for index in range(len(self.members.paths)):
            with self.members.using(index) as source:
                if pattern is not None and self.members.is_twin(source):
                    facts = alike(pattern, source)
                else:
                    facts = facts_of(source, asked)
                    if not self.members.has_pattern and facts.axis.size:
                        pattern = facts
                        self.members.take_pattern(index, source, facts.axis, facts.coordinate)
            if not facts.axis.size:
                path = self.members.paths[index]
                self.notes.append(f"{path}: left out, because it has no point along {facts.label}")
                continue
            if found and facts.fields == found[-1].fields:  # one table for all that are alike
                facts = facts._replace(fields=found[-1].fields)
            found.append(facts)
            kept.append(index)
        if not found:
            raise InputError(f"--join {asked}: no file has a point along it")
        self.members.reordered(kept)
        return found

    def _put_in_order(self) -> None:
        """Put files in the order of their coordinates, which get the units of the first."""
        order = order_of(self._pieces(), self._facts[0].axis)
        self._facts = [self._facts[index] for index in order]
        self.members.reordered(order)
        pieces = self._pieces()
        first = self._facts[0]
        refuse_seams(pieces, replace(first.axis, name=first.label))
        values = np.concatenate([piece.values for piece in pieces])
        precision = max(facts.axis.precision for facts in self._facts)
        self._axis = replace(
            first.axis, size=len(values), values=values, precision=precision, others=()
        )
        self._starts = np.cumsum([0, *(facts.axis.size for facts in self._facts)])
        self.path = self.members.paths[0]
        if len(pieces) > 1:
            ends = " to ".join(map(printable, (self.path, self.members.paths[-1])))
            self.notes.append(
                f"{len(pieces)} files are joined along {first.label}, in the order of its "
                f"coordinate: {ends}"
            )

    def _pieces(self) -> list[Piece]:
        wanted = self._facts[0].axis
        pieces = []
        for path, facts in zip(self.members.paths, self._facts, strict=True):
            values = facts.axis.values
            assert values is not None
            if (facts.axis.units, facts.axis.calendar) != (wanted.units, wanted.calendar):
                low = float(np.nanmin(values)) if np.isfinite(values).any() else 0.0
                with _in_file(path):
                    shift = shift_between(facts.axis, wanted, low)
                values = values if shift is None else shift.exact(values)
            pieces.append(Piece(path, values))
        return pieces

    def _describe(self) -> None:
        """Describe the fields as the first file has them, with the axis in its full length."""
        with self.members.open(0) as first:
            self.format, self.description = first.format, first.description
            self.header, self.attributes = dict(first.header), dict(first.attributes)
            self.named, self.aliases = first.named, dict(first.aliases)
            self.notes += first.notes
            known = dict(first.fields)
        self._shifts: dict[str, dict[int, Shift]] = {}
        self.fields: dict[str, Field] = {}
        for name, field in known.items():
            facts = self._facts[0].fields[name]
            if facts.place is None:
                self.fields[name] = field
            elif self._fits(name, facts):
                self.fields[name] = self._joined(field, facts.place)
        self._refuse_other_grids(known)

    def _fits(self, name: str, first: FieldFacts) -> bool:
        """Return whether all files have a variable; raise InputError if it lies on other grids."""
        shifts: dict[int, Shift] = {}
        for index, facts in enumerate(self._facts):
            if facts.fields is self._facts[0].fields:
                continue
            path, own = self.members.paths[index], facts.fields.get(name)
            if own is None:
                text = f"{path}: has no {name}, which {self.path} has"
                if name in self._hints.variables:
                    raise InputError(f"{text}; leave out one of them")
                self.notes.append(f"{name}: left out, because {path} lacks it")
                return False
            if (own.shape, own.place) != (first.shape, first.place):
                there, here = (" x ".join(map(str, each.shape)) for each in (own, first))
                raise InputError(
                    f"{path}: {name} has another grid than in {self.path}: {there or 'no'} points "
                    f"beside {self._facts[0].label}, in place of {here or 'none'}"
                )
            if own.axis != first.axis:
                with _in_file(path):
                    shift = self._shift_of(index, own, first)
                if shift is not None:
                    shifts[index] = shift
        self._shifts[name] = shifts
        return True

    def _shift_of(self, index: int, own: FieldFacts, first: FieldFacts) -> Shift | None:
        """Return how values of a variable of a file get the units that they have in the first."""
        values = self._facts[index].axis.values
        assert values is not None
        return shift_between(own.axis, first.axis, float(values.min()))

    def _refuse_other_grids(self, known: Mapping[str, Field]) -> None:
        """Raise InputError if the coordinates of another axis differ from those of the first."""
        first = self._facts[0]
        used = {
            axis.key: axis
            for name, field in known.items()
            if first.fields[name].place is not None
            for axis in field.axes
        }
        for path, facts in zip(self.members.paths, self._facts, strict=True):
            for key, (name, _) in first.grid.items():
                if key == self._axis.key or facts.grid.get(key) == first.grid[key]:
                    continue
                what = f"axis {used[key].name}" if key in used else name
                if key in used or key.startswith(VALUES):
                    raise InputError(
                        f"{path}: {what}: has other coordinates than in {self.path}; "
                        "files that are joined must have the same grid"
                    )
            for key in (key for key in used if key in facts.grid and key not in first.grid):
                raise InputError(
                    f"{path}: axis {used[key].name}: has coordinates here, but none in {self.path}"
                )

    def _joined(self, field: Field, place: int) -> Field:
        axes = list(field.axes)
        own = axes[place]
        whole = own.coordinate == self._axis.coordinate
        whole = whole or (own.values is None and self.format in UNTIED)
        axes[place] = (
            replace(self._axis, name=own.name, key=own.key)
            if whole
            else replace(own, size=self._axis.size, values=None, coordinate=None, others=())
        )
        every = {
            (each.dtype, each.result_dtype)
            for each in (facts.fields[field.name] for facts in self._distinct())
        }
        dtype = reduce(np.promote_types, [np.dtype(one) for one, _ in every])
        result = reduce(np.promote_types, [np.dtype(other) for _, other in every])
        return replace(
            field,
            axes=tuple(axes),
            dtype=dtype,
            result_dtype=result,
            cell_bytes=field.cell_bytes + dtype.itemsize,
        )

    def _distinct(self) -> list[Facts]:
        return list({id(facts.fields): facts for facts in self._facts}.values())

    @property
    def axis(self) -> Axis:
        """The axis along which files are joined, in its full length."""
        return self._axis

    @property
    def coordinate(self) -> str | None:
        """The variable that holds the coordinates of this axis."""
        return self._facts[0].coordinate

    def place(self, name: str) -> int | None:
        """Return the index of the joined axis in a variable, or None."""
        known = self._facts[0].fields.get(name)
        return None if known is None else known.place

    def is_alike(self, name: str) -> bool:
        """Return whether the stored numbers of a variable mean the same in every file."""
        return len({facts.fields.get(name) for facts in self._distinct()}) == 1

    def parts(self) -> Iterator[tuple[SeriesSource, slice]]:
        """Yield for each file this source under its name, and the points that it has."""
        for path, first, stop in zip(
            self.members.paths, self._starts[:-1], self._starts[1:], strict=True
        ):
            part = copy.copy(self)
            part.path = path
            yield part, slice(int(first), int(stop))

    def files(self) -> list[tuple[str, Identity | None]]:
        """Return the files, and what each was when it was opened."""
        return [(path, self.members.identity(i)) for i, path in enumerate(self.members.paths)]

    def across(self, rows: slice) -> Iterator[tuple[int, slice, slice]]:
        """Yield the files in which rows lie: the index, the rows in it, and among those asked."""
        index = int(np.searchsorted(self._starts, rows.start, side="right")) - 1
        while index < len(self._facts) and self._starts[index] < rows.stop:
            start = int(self._starts[index])
            first, stop = max(rows.start, start), min(rows.stop, int(self._starts[index + 1]))
            yield (
                index,
                slice(first - start, stop - start),
                slice(first - rows.start, stop - rows.start),
            )
            index += 1

    def hold(self, name: str, room: Room) -> None:
        """Set which decoded chunks of a variable may be kept in all files."""
        with self._lock:
            self._held[name] = room.among(RECENT)
            recent = self._recent.pop(name, [])
        for index in recent:
            self.members.when_open(index, lambda source: source.hold(name, Room()))

    def _hold_in(self, source: Source, name: str, index: int) -> None:
        """Let a file keep its decoded chunks, in place of the one that was read longest ago."""
        with self._lock:
            share = self._held.get(name, Room())
            recent = self._recent.setdefault(name, [])
            if not any(share[:2]) or index in recent[-1:]:
                return
            recent[:] = [other for other in recent if other != index] + [index]
            late = recent.pop(0) if len(recent) > RECENT else None
        source.hold(name, share)
        if late is not None:
            self.members.when_open(late, lambda source: source.hold(name, Room()))

    def read(self, name: str, window: Window) -> Array:
        """Return the values in a window, each as its own file says, in the units of the first."""
        field, place = self.fields[name], self.place(name)
        if place is None:
            with self.members.using(0) as source:
                return source.read(name, window)
        place = field.stored_axis(place)
        shape = [part.stop - part.start for part in window]
        found: Array | None = None
        for index, rows, into in self.across(window[place]):
            inside = (*window[:place], rows, *window[place + 1 :])
            with self.members.using(index) as source:
                self._hold_in(source, name, index)
                values = source.read(name, inside)
            shift = self._shifts[name].get(index)
            if shift is not None:
                values = shift.apply(values)
            if values.shape[place] == shape[place]:
                return values.astype(field.dtype, copy=False)
            if found is None:
                found = np.empty(shape, field.dtype)
            found[(slice(None),) * place + (into,)] = values
        return np.empty(shape, field.dtype) if found is None else found

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        place = self.place(name)
        if place is None:
            with self.members.using(0) as source:
                return source.limits_hide(name, window)
        for index, rows, _ in self.across(window[place]):
            with self.members.using(index) as source:
                inside = (*window[:place], rows, *window[place + 1 :])
                if source.limits_hide(name, inside):
                    return True
        return False

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates, in the units of the first file."""
        field, place = self.fields[name], self.place(name)
        if place is None:
            with self.members.using(0) as source:
                return source.vector(name)
        if name == self.coordinate:
            assert self._axis.values is not None
            return Vector(self._axis.values, self._axis.precision, self._axis.units)
        pieces = []
        for index in range(len(self._facts)):
            with self.members.using(index) as source:
                values = source.vector(name).values
            shift = self._shifts[name].get(index)
            pieces.append(values if shift is None else shift.exact(values))
        return Vector(np.concatenate(pieces), field.precision, field.units)

    def close(self) -> None:
        """Close the files that are open; they are opened again when they are used again."""
        self.members.close()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Pickle what the headers say; another process opens files when it reads them."""
        state = {key: value for key, value in vars(self).items() if key != "_lock"}
        return _again, (state,)


def _again(state: dict[str, Any]) -> SeriesSource:
    made = SeriesSource.__new__(SeriesSource)
    vars(made).update(state)
    made._lock = Lock()
    return made


@contextmanager
def _in_file(path: str) -> Iterator[None]:
    """Name a file in the errors of a block."""
    try:
        yield
    except GradcliError as error:
        raise located(path, error) from error


def open_series(hints: Hints) -> SeriesSource:
    """Open the files of a series.

    Raises
    ------
    UsageError
        An input is standard input, or an option does not go with a series.
    """
    assert hints.join is not None
    if hints.grid is not None:
        raise UsageError("--join: a formula is one field already; leave it out")
    if "-" in hints.join.paths:
        raise UsageError("--join: standard input is read once; name files")
    return SeriesSource(hints)
