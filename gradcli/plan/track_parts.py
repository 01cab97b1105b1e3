"""Parts of CF ragged arrays by their tracks: the rows of some tracks, which follow one another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf.roles import make_axis
from gradcli.errors import UsageError
from gradcli.model.axes import Axis, axis_label, find_axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.plan.select import index_range, value_range
from gradcli.plan.tracks import NUMBERS, dimension_of, ragged
from gradcli.plan.variables import wanted_fields
from gradcli.record import replace
from gradcli.settings import Settings


class _Ragged(NamedTuple):
    """An axis of rows, and the variable that cuts it into tracks."""

    rows: Axis
    path: str
    kind: str
    dimension: str | None


def parts_of_tracks(source: Source, settings: Settings, notes: list[str]) -> Settings:
    """Return settings in which parts of tracks are parts of the rows that these tracks have.

    ``--isel`` may name the dimension that counts the tracks, and ``--sel`` a variable along it,
    such as the number or the time of each, unless a field has such an axis itself.

    Raises
    ------
    UsageError
        There is no such track, its rows do not follow one another, or rows are selected too.
    """
    fields = wanted_fields(source, settings)
    isel, sel = dict(settings.isel), dict(settings.sel)
    for cut in _every(source, fields):
        label = axis_label((cut.rows,), 0)
        for option, parts in (("isel", isel), ("sel", sel)):
            for name in [name for name in parts if not _is_axis(fields, name)]:
                found = _tracks(source, cut, option, name, parts[name], notes)
                if found is None:
                    continue
                del parts[name]
                if {label} & {*isel, *sel}:
                    raise UsageError(
                        f"--{option} {name}: rows of {label} are selected too; choose one of both"
                    )
                isel[label] = first, stop = _rows(source, cut, name, *found)
                notes.append(f"{name}: the part is that of the rows {first}:{stop} of {label}")
    return replace(settings, isel=isel, sel=sel)


def _every(source: Source, fields: list[Field]) -> Iterator[_Ragged]:
    axes = {axis.key: axis for field in fields for axis in field.axes}
    for axis in axes.values():
        for path, kind in ragged(source, axis):
            yield _Ragged(axis, path, kind, dimension_of(source, path, kind))


def _is_axis(fields: list[Field], name: str) -> bool:
    for field in fields:
        with suppress(UsageError):
            find_axis(field.axes, name)
            return True
    return False


def _tracks(
    source: Source, cut: _Ragged, option: str, name: str, asked: Any, notes: list[str]
) -> tuple[int, int] | None:
    """Return the first and the stop of the tracks that a part means; None if it means no tracks."""
    every = [a for field in source.fields.values() for a in field.axes if a.name == cut.dimension]
    if option == "isel":
        return index_range(name, every[0], asked) if every and name == cut.dimension else None
    path = source.aliases.get(name, name)
    own = source.fields.get(path)
    if own is not None and [axis.name for axis in own.axes] == [cut.dimension]:
        return _by_value(source, own, name, asked, notes)
    if own is not None or name not in source.words_in or asked[1] is not None:
        return None
    words = [str(word).strip() for word in source.read_words(path)]
    if not every or len(words) != every[0].size:
        return None
    if str(asked[0]) not in words:
        raise UsageError(f"--sel {name}: there is no track {asked[0]!s:.60}")
    return (index := words.index(str(asked[0]))), index + 1


def _by_value(
    source: Source, own: Field, name: str, asked: Any, notes: list[str]
) -> tuple[int, int]:
    along, vector = own.axes[0], source.vector(own.name)
    axis = make_axis(name, along.size, along.key, own.name, attributes=own.attributes)
    axis = replace(axis, values=vector.values, precision=vector.precision)
    if "cf_role" in own.attributes and asked[1] is None:
        wanted = np.nan
        with suppress(ValueError):
            wanted = float(asked[0])
        same = np.flatnonzero(vector.values == wanted)
        if not same.size:
            raise UsageError(f"--sel {name}: there is no track {asked[0]!s:.60}")
        return int(same[0]), int(same[0]) + 1
    return value_range(name, axis, asked, notes)


def _rows(source: Source, cut: _Ragged, name: str, first: int, stop: int) -> tuple[int, int]:
    """Return the first and the stop of the rows of some tracks."""
    values = source.vector(cut.path).values
    if cut.kind != NUMBERS:
        ends = np.concatenate([[0], np.cumsum(values)]).astype(np.int64)
        rows = int(ends[first]), int(ends[stop])
    else:
        found = np.flatnonzero((values >= first) & (values < stop))
        rows = (int(found[0]), int(found[-1]) + 1) if found.size else (0, 0)
        if found.size != rows[1] - rows[0]:
            raise UsageError(
                f"{name}: the rows of these tracks do not follow one another along "
                f"{axis_label((cut.rows,), 0)}, so they are no part of it; select from the result"
            )
    if rows[0] == rows[1]:
        raise UsageError(f"{name}: the tracks selected have no points")
    return rows
