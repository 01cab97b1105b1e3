"""What NeXus says of the datasets of a file: which are its signals, and along which coordinates.

A group of the class NXdata (or any other group that says so) names its ``signal`` and the ``axes``
of that; ``NAME_indices`` says which dimension a coordinate belongs to. Before these rules the
signal was marked by attributes of the dataset, ``signal=1`` and ``axes="x:y"``, or a coordinate by
``axis=1``. Both are read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from gradcli.formats.hdf5.library import h5py

NO_SIGNAL = "no signal"  # the kind of a field that a NeXus file does not name to be plotted
DEEPEST = 8  # groups that name each other as the default


class Nexus:
    """The signals of a file and their coordinates.

    Attributes
    ----------
    signals : list of str
        The paths of the signals; those of the default group alone, if the file names one.
    others : list of str
        The paths of further signals.
    along : dict of (str, int) to list of str
        The paths of the coordinates along a dimension of a dataset, the first of them foremost.
    """

    def __init__(self) -> None:
        self._groups: dict[str, Any] = {}
        self.signals: list[str] = []
        self.others: list[str] = []
        self.along: dict[tuple[str, int], list[str]] = {}

    def group(self, path: str, group: Any) -> None:
        """Take note of a group that may name a signal."""
        if _text(group.attrs.get("NX_class")) == "NXdata" or "signal" in group.attrs:
            self._groups[path] = group

    def settle(self, file: Any, datasets: Mapping[str, Any], aliases: Mapping[str, str]) -> None:
        """Find the signals and their coordinates, when all objects of the file are known."""
        if not self._groups:
            return
        signals: dict[str, list[str]] = {}
        for path, group in self._groups.items():
            members = {
                name: found
                for name in group
                if (found := _resolved(f"{path}/{name}", datasets, aliases)) is not None
            }
            signals[path] = _signals(group, members, datasets)
            for signal in signals[path][:1]:
                self._place(group, members, datasets, signal)
        default = aliases.get(_default(file), _default(file))
        chosen = signals.get(default) or [s for found in signals.values() for s in found]
        self.signals = list(dict.fromkeys(chosen))
        every = dict.fromkeys(s for found in signals.values() for s in found)
        self.others = [signal for signal in every if signal not in self.signals]

    def is_coordinate(self, path: str) -> bool:
        """Return whether a dataset is a coordinate of a signal."""
        return any(path in found for found in self.along.values())

    def kind(self, path: str) -> str | None:
        """Return what a dataset of data is, if the file names others to be plotted."""
        if self.is_coordinate(path):
            return "coordinate"
        return NO_SIGNAL if self.signals and path not in self.signals else None

    def _place(
        self, group: Any, members: Mapping[str, str], datasets: Mapping[str, Any], signal: str
    ) -> None:
        """Note the coordinates of a signal, and of what has its shape beside it."""
        shape = datasets[signal].shape
        same = [path for path in members.values() if datasets[path].shape == shape]
        for name, index in _places(group, members, datasets, signal):
            path = members[name]
            stored = datasets[path]
            if index >= len(shape) or stored.ndim != 1 or len(shape) == 0:
                continue
            if stored.shape[0] not in (shape[index], shape[index] + 1):
                continue
            for field in same:
                found = self.along.setdefault((field, index), [])
                if path not in found and path != field:
                    found.append(path)


def _resolved(path: str, datasets: Mapping[str, Any], aliases: Mapping[str, str]) -> str | None:
    found = aliases.get(path, path)
    return found if found in datasets else None


def _signals(group: Any, members: Mapping[str, str], datasets: Mapping[str, Any]) -> list[str]:
    """Return the paths of the signals of a group, the chief one first."""
    named = [_text(group.attrs.get("signal")), *_texts(group.attrs.get("auxiliary_signals"))]
    found = [members[name] for name in named if name in members]
    if not found:
        marked = {
            name: _number(datasets[path].attrs.get("signal")) for name, path in members.items()
        }
        ranked = sorted((rank, name) for name, rank in marked.items() if rank)
        found = [members[name] for _, name in ranked]
    return [path for path in found if datasets[path].shape]


def _places(
    group: Any, members: Mapping[str, str], datasets: Mapping[str, Any], signal: str
) -> Iterator[tuple[str, int]]:
    """Yield the names of coordinates in a group, each with the dimension that it belongs to."""
    listed = _texts(group.attrs.get("axes")) or _texts(datasets[signal].attrs.get("axes"))
    for index, name in enumerate(listed):
        if name in members:
            yield name, _dimension(group, name, index)
    for name in members:
        if f"{name}_indices" in group.attrs and name not in listed:
            yield name, _dimension(group, name, -1)
    ranked = {
        name: (
            _number(datasets[path].attrs.get("axis")),
            _number(datasets[path].attrs.get("primary")),
        )
        for name, path in members.items()
        if name not in listed
    }
    for name, (axis, _) in sorted(ranked.items(), key=lambda item: item[1][1] or 99):
        if axis:
            yield name, axis - 1


def _dimension(group: Any, name: str, place: int) -> int:
    """Return the dimension of a coordinate by ``NAME_indices``; several are none that we know."""
    said = group.attrs.get(f"{name}_indices")
    if said is None:
        return place if place >= 0 else 2**30
    indices = np.atleast_1d(np.asarray(said))
    if indices.dtype.kind not in "iu" or indices.size != 1:
        return 2**30
    return int(indices[0])


def _default(file: Any) -> str:
    """Return the path of the group that the file, and what it names, call the default."""
    here, path = file, ""
    for _ in range(DEEPEST):
        name = _text(here.attrs.get("default"))
        inner = here.get(name, getlink=True) if name and "/" not in name else None
        if not isinstance(inner, h5py.HardLink) or not isinstance(here[name], h5py.Group):
            break
        here, path = here[name], f"{path}/{name}".strip("/")
    return path


def _text(value: Any) -> str:
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""


def _texts(value: Any) -> list[str]:
    """Return names from an attribute that is a list of them, or a text such as ``[x,y]``, ``x:y``.

    >>> _texts("x:y"), _texts(b"[x,y]"), _texts(None)
    (['x', 'y'], ['x', 'y'], [])
    """
    if isinstance(value, np.ndarray) and value.size != 1:
        return [_text(one) for one in value.reshape(-1)]
    text = _text(value).strip().strip("[]")
    return [part.strip() for part in re.split("[:,]", text)] if text else []


def _number(value: Any) -> int:
    """Return a whole number from an attribute that holds it as a number or as text, or 0.

    >>> _number(b"1"), _number(np.int64(2)), _number("1,2"), _number(None)
    (1, 2, 0, 0)
    """
    if isinstance(value, (np.integer, int)):
        return int(value)
    if isinstance(value, np.ndarray) and value.size == 1 and value.dtype.kind in "iu":
        return int(value.reshape(-1)[0])
    text = _text(value)
    return int(text) if text.isdigit() else 0
