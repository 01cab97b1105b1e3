"""Variables of a file, found by the field that they may lie beside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gradcli.model.fields import Field


class Neighbours:
    """Some variables of a file, indexed by their axes.

    A file of thousands of variables would take minutes if each were compared with all others.

    >>> import numpy as np
    >>> from gradcli.model.axes import Axis
    >>> double = np.dtype("f8")
    >>> x, y, z = (Axis(name, 2, key=name) for name in "xyz")
    >>> lon, depth = (Field(n, a, "f8", double, double) for n, a in (("lon", (y, x)), ("d", (z,))))
    >>> of_plane = Field("f", (y, x), "f8", double, double)
    >>> [field.name for field in Neighbours([lon, depth]).over(of_plane)]
    ['lon']
    """

    def __init__(self, fields: Iterable[Field]) -> None:
        self._fields = [field for field in fields if field.axes]
        self._by_key: dict[str, list[int]] = {}
        self._by_shape: dict[tuple[int, ...], list[int]] = {}
        for place, field in enumerate(self._fields):
            self._by_key.setdefault(field.axes[0].key, []).append(place)
            self._by_shape.setdefault(field.shape, []).append(place)

    def over(self, field: Field) -> Iterator[Field]:
        """Yield the variables all of whose axes are axes of a field, in the order of the file."""
        keys = {axis.key for axis in field.axes}
        for other in self.beside(field, ()):
            if all(axis.key in keys for axis in other.axes):
                yield other

    def beside(self, field: Field, shapes: Iterable[tuple[int, ...]]) -> Iterator[Field]:
        """Yield the variables over axes of a field, and those that have one of some shapes."""
        keys = {axis.key for axis in field.axes}
        found = {place for key in keys for place in self._by_key.get(key, ())}
        found.update(place for shape in shapes for place in self._by_shape.get(shape, ()))
        for place in sorted(found):
            yield self._fields[place]
