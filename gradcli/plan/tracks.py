"""Tracks along an axis: as ``--by`` says, as the file declares, or as blocks of a text."""

from __future__ import annotations

from collections.abc import Iterator
from math import pi

import numpy as np

from gradcli.cf.references import RAGGED, resolve
from gradcli.cf.roles import is_longitude, radians_in
from gradcli.errors import InputError, UsageError, printable
from gradcli.errors.suggest import suggest
from gradcli.geometry.terms import Geometry
from gradcli.model.along import Along
from gradcli.model.axes import Axis, axis_label
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.numerics.coordinates import FLOAT64_EPS
from gradcli.numerics.dtypes import Array
from gradcli.numerics.track_spacing import TrackSpacing, track_spacing
from gradcli.numerics.track_stencils import AdaptingTrackStencil, TrackStencil
from gradcli.numerics.tracks import Tracks, first_repeat, in_order, tracks_of
from gradcli.plan.tasks import Step
from gradcli.plan.variables import UNTIED, quoted
from gradcli.record import replace
from gradcli.settings import Settings

LENGTHS, NUMBERS = RAGGED


class TrackKeeper:
    """Gives axes their tracks; fields that share an axis share its tracks."""

    def __init__(self, source: Source, settings: Settings, notes: list[str]) -> None:
        self._source, self._settings, self._notes = source, settings, notes
        self._done: dict[object, Tracks | None] = {}
        self._used = False
        self._unfit = ""
        if settings.by is not None and not source.knows(settings.by):
            known = [field.name for field in source.fields.values() if len(field.axes) == 1]
            raise suggest("track variable", settings.by, [*source.words_in, *known])

    def keep(self, field: Field, indices: list[int]) -> Field:
        """Return a field whose axes know their tracks, where it is differentiated along them."""
        axes = list(field.axes)
        for index in indices:
            axis, label = axes[index], axis_label(field.axes, index)
            if axis.live is not None:
                self._used = True  # the source tells tracks apart as they come
                continue
            key = (axis.key, id(axis.values))
            if key not in self._done:
                self._done[key] = self._tracks(axis, label)
            tracks = self._done[key]
            if tracks is not None:
                self._used = True
                axes[index] = replace(axis, tracks=tracks)
        field = replace(field, axes=tuple(axes))
        self._refuse_two(field, indices)
        return field

    def refuse_unused(self) -> None:
        """Raise UsageError if ``--by`` names what lies along no axis that is differentiated."""
        by = self._settings.by
        if self._unfit and not self._used:
            raise InputError(self._unfit)
        if by is not None and not self._used:
            raise UsageError(
                f"--by {quoted(by)}: no other variable is differentiated along its axis; "
                "choose the axis or variables (--axis, --var)"
            )

    def _tracks(self, axis: Axis, label: str) -> Tracks | None:
        settings, source = self._settings, self._source
        if settings.by is None:
            made = declared(source, axis) or blocks_of(source, axis)
            if made is not None:
                self._notes.append(
                    f"{label}: {made.describe()}; no stencil crosses from one to the next"
                )
        else:
            made = self._asked(axis, label, settings.by)
        if made is None:
            return None
        if settings.sort and axis.values is not None and np.isfinite(axis.values).all():
            ordered = in_order(made, axis.values)
            if ordered is not made:
                self._notes.append(f"{label}: each track is sorted; results stay row for row")
            made = ordered
        if settings.duplicates is not None and axis.values is not None:
            self._refuse_repeats(made, axis.values, label, settings.duplicates)
        return made

    def _refuse_repeats(self, made: Tracks, values: Array, label: str, duplicates: str) -> None:
        place = first_repeat(made, values)
        if place is not None:
            row = int(made.rows_at(np.array([place]))[0])
            track = made.name(int(made.of(np.array([place]))[0]))
            raise InputError(
                f"{track}: axis {label}: the coordinate {values[row].item()!r} at index {row} "
                f"repeats the one before; --duplicates {duplicates} would leave one of both rows "
                "without a result, and results of tracks come row for row"
            )

    def _asked(self, axis: Axis, label: str, by: str) -> Tracks | None:
        source = self._source
        for path, kind in ragged(source, axis):
            same = (path, dimension_of(source, path, kind))
            if by in same or resolve(path, by, source.fields) in same:
                return _declared(source, axis, path, kind)
            instances = source.fields.get(resolve(path, by, source.fields) or "")
            if instances is not None and [a.name for a in instances.axes] == [same[1]]:
                return _declared(source, axis, path, kind)
        found = source.ids(by)
        if found is None or not self._fits(axis, found.key, len(found.values), label, by):
            return None
        if source.block_rows:
            self._notes.append(
                f"blank lines do not end a track, because {printable(by)} tells tracks apart (--by)"
            )
        none = found.none
        if none is not None and none.any():
            rows = "1 row" if none.sum() == 1 else f"{none.sum()} rows"
            self._notes.append(
                f"{label}: {rows} without {by} belong to no track, so results are missing there"
            )
        return tracks_of(found.values, none, f"by {printable(by)}", found.names)

    def _fits(self, axis: Axis, key: str, size: int, label: str, by: str) -> bool:
        """Return whether a variable lies along an axis."""
        if axis.key == key or self._source.format not in UNTIED:
            return axis.key == key and axis.size == size
        if size != axis.size:
            self._unfit = f"--by {quoted(by)}: {size} values for the {axis.size} points of {label}"
        return size == axis.size

    def _refuse_two(self, field: Field, indices: list[int]) -> None:
        """Raise UsageError if it is not told which of two axes a variable lies along."""
        same = [axis_label(field.axes, index) for index in indices if field.axes[index].tracks]
        if len(same) > 1 and self._settings.by is not None:
            by, names = quoted(self._settings.by), " and ".join(same)
            raise UsageError(f"--by {by}: may lie along {names} of {field.name}; choose by --axis")


def ragged(source: Source, axis: Axis) -> Iterator[tuple[str, str]]:
    """Yield the variables that cut an axis into tracks by CF, each with the attribute that says so.

    ``sample_dimension`` names the axis, in the group of the variable or above it; a variable with
    ``instance_dimension`` lies along it.
    """
    for path in source.once(_ragged):
        own, field = source.attributes[path], source.fields.get(path)
        named, numbers = own.get(LENGTHS), own.get(NUMBERS)
        group, _, name = axis.key.rpartition("/")
        if field is None or len(field.axes) != 1:
            continue
        inside = not group or path.startswith(f"{group}/")
        if isinstance(named, str) and named.strip() == (axis.name or name) and inside:
            yield path, LENGTHS
        elif isinstance(numbers, str) and field.axes[0].key == axis.key:
            yield path, NUMBERS


def _ragged(source: Source) -> list[str]:
    """Return the variables that cut any axis into tracks."""
    every = source.attributes.items()
    return [path for path, own in every if not (own.get(LENGTHS) is own.get(NUMBERS) is None)]


def dimension_of(source: Source, path: str, kind: str) -> str | None:
    """Return the dimension that counts the tracks."""
    if kind == NUMBERS:
        return str(source.attributes[path][NUMBERS]).strip()
    return source.fields[path].axes[0].name


def declared(source: Source, axis: Axis) -> Tracks | None:
    """Return the tracks that a file declares along an axis, as a CF ragged array does.

    Raises
    ------
    InputError
        What it declares does not fit the axis.
    """
    for path, kind in ragged(source, axis):
        return _declared(source, axis, path, kind)
    return None


def _declared(source: Source, axis: Axis, path: str, kind: str) -> Tracks:
    values = source.vector(path).values
    words = f"by {source.fields[path].base}"
    if kind == NUMBERS:
        missing = ~np.isfinite(values)
        return tracks_of(values, missing, words)
    wrong = ~(values >= 0) | (values != np.trunc(values))
    if wrong.any():
        first = int(np.argmax(wrong))
        raise InputError(
            f"{path}: its value at index {first} is {values[first].item()!r}; expected the number "
            "of points of a track"
        )
    starts = np.concatenate([[0], np.cumsum(values)]).astype(np.int64)
    if starts[-1] != axis.size:
        raise InputError(
            f"{path}: its tracks have {starts[-1]} points together, but {axis.name} has "
            f"{axis.size}; expected the lengths of all tracks along it"
        )
    filled = np.flatnonzero(np.diff(starts))
    return Tracks(axis.size, np.append(starts[filled], starts[-1]), None, filled, words)


def with_declared(source: Source, field: Field) -> Field:
    """Return a field whose axes have the tracks that the file itself says that they have."""
    axes = [
        replace(axis, tracks=declared(source, axis) or blocks_of(source, axis))
        for axis in field.axes
    ]
    return replace(field, axes=tuple(axes))


def blocks_of(source: Source, axis: Axis) -> Tracks | None:
    """Return the blocks of rows between blank lines as tracks, or None if there is one."""
    if not source.block_rows or axis.key != source.block_key:
        return None
    starts = np.array([0, *source.block_rows, axis.size])
    return Tracks(axis.size, starts, None, None, "between blank lines")


def tracked(origin: Field, along: Along, geometry: Geometry) -> Along:
    """Return what is to be differentiated along tracks, which nothing closes.

    Raises
    ------
    UsageError
        The axis is periodic, or its lengths are those of a metric.
    """
    label = along.label
    if along.periodic:
        raise UsageError(f"--periodic {label}: its tracks do not close on themselves")
    if geometry.text != "none" or along.sheet is not None:
        raise UsageError(f"--metric: not along the tracks of {label}; differentiate along time")
    axis = along.axis(origin)
    if along.step is None and axis.values is not None and is_longitude(axis):
        return replace(along, turn=2 * pi / radians_in(axis))
    return along


def spacing_of_tracks(origin: Field, along: Along, snap: bool = True) -> TrackSpacing:
    """Return the spacing of an axis of tracks, each classified by itself."""
    axis = origin.axes[along.index]
    assert axis.tracks is not None
    precision = axis.precision if snap else min(axis.precision, FLOAT64_EPS)
    label = axis_label(origin.axes, along.index)
    return track_spacing(
        label, axis.tracks, axis.values, precision, along.step, along.turn, along.scale
    )


def short_notes(label: str, stencil: TrackStencil) -> Iterator[str]:
    """Yield a note if tracks have too few points for a derivative."""
    short = int(stencil.short.sum())
    if short:
        have = "has" if short == 1 else "have"
        yield (
            f"{label}: {short} of {len(stencil.short)} tracks {have} too few points for the "
            "stencil; there results are missing"
        )


def mixed_notes(steps: tuple[Step, ...]) -> Iterator[str]:
    """Yield a note if no rule says what points next to gaps get, which therefore stay missing."""
    found = [made for _, made in steps if isinstance(made, AdaptingTrackStencil)]
    if found and len(steps) > 1:
        yield f"{found[0].name}: next to gaps mixed derivatives along tracks are missing"
