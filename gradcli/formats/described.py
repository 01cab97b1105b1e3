"""Fields from variables that say their dimensions, shapes and types, by the CF conventions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from gradcli.cf import packing, references
from gradcli.cf.roles import make_axis, role_of
from gradcli.errors import InputError
from gradcli.formats.base import Traits
from gradcli.formats.copying import dimensions_kept
from gradcli.model.axes import Axis, Vector
from gradcli.model.blocks import Window
from gradcli.model.fields import Field, Result, Storage, text
from gradcli.model.protocols import Hints
from gradcli.numerics.dtypes import Array

NUMBERS = "iufcb"


class Described(NamedTuple):
    """A variable as its container describes it.

    Attributes
    ----------
    dims : tuple of (str or None)
        The names of its dimensions; None if a dimension has none.
    shape : tuple of int
    dtype : numpy.dtype
        The stored type.
    storage : Storage
    """

    dims: tuple[str | None, ...]
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    storage: Storage = Storage()

    @property
    def holds_numbers(self) -> bool:
        """Whether it can be a field."""
        return self.dtype.kind in NUMBERS


class DescribedSource(Traits):
    """A source that knows the variables of its container, and reads windows of them.

    A dimension belongs to the group in which its coordinate lies, or else to that of the variable.

    Attributes
    ----------
    variables : mapping of str to Described
        By path.
    """

    variables: Mapping[str, Described]
    attributes: Mapping[str, Mapping[str, Any]]

    def __init__(self, path: str, hints: Hints) -> None:
        self.path = path
        self.notes: list[str] = []
        self.hints = hints

    @abstractmethod
    def stored(self, name: str, window: Window) -> Array:
        """Return a window of a variable as it is stored. It may be a view."""

    def resolve(self, name: str, other: str) -> str | None:
        """Return the variable that a name refers to in an attribute of the variable ``name``."""
        return references.resolve(name, other, self.variables)

    def group_of(self, name: str) -> str:
        """Return the path of the group of a variable, with a slash behind it."""
        return name[: name.rfind("/") + 1]

    def describe(self) -> None:
        """Make fields of the variables, whose attributes are known."""
        self._axes: dict[tuple[str, str | None, int], Axis] = {}
        self._decodings = {
            name: self._decoding(name) for name, var in self.variables.items() if var.holds_numbers
        }
        self.words_in = {
            name: self._key(name, str(var.dims[0]))
            for name, var in self.variables.items()
            if var.dtype.kind in "SUOT" and len(var.shape) == 1
        }
        left = [n for n in self.variables if n not in self._decodings and n not in self.words_in]
        self.notes += [f"{name}: left out, because it holds no numbers" for name in left]
        dimensions = {name: var.dims for name, var in self.variables.items()}
        shapes = {name: var.shape for name, var in self.variables.items()}
        kinds = references.kinds(self.attributes, dimensions, shapes)
        self.fields: Mapping[str, Field] = {
            name: self._field(name, kinds.get(name, "data")) for name in self._decodings
        }

    def _decoding(self, name: str) -> packing.Decoding | None:
        var = self.variables[name]
        if var.dtype.kind in "cb":
            return None
        return packing.decoding(
            var.dtype, self.attributes[name], None, name.rpartition("/")[2], self.hints.valid_range
        )

    def decodings_of(self, names: Iterable[str]) -> dict[str, packing.Decoding]:
        """Return the rules by which stored numbers are decoded, where there are any."""
        rules = ((name, self._decodings[name]) for name in names)
        return {name: rule for name, rule in rules if rule is not None}

    def _field(self, name: str, kind: str) -> Field:
        var, rule, attributes = self.variables[name], self._decodings[name], self.attributes[name]
        worked = np.dtype("f8") if var.dtype.kind == "b" else var.dtype.newbyteorder("=")
        order = " (big-endian)" if var.dtype.byteorder == ">" else ""
        return Field(
            name=name,
            axes=tuple(self._axis(name, index) for index in range(len(var.shape))),
            stored=f"{var.dtype.name}{order}",
            dtype=worked if rule is None else rule.dtype,
            result_dtype=worked if rule is None else rule.result,
            units=text(attributes.get("units")),
            attributes=attributes,
            storage=var.storage,
            kind=kind,
            missing="NaN" if rule is None else rule.describe(),
            cell_bytes=16 if rule is None else rule.cell_bytes(var.dtype),
            precision=2.0**-52 if rule is None else rule.precision(var.dtype),
            unheeded=() if rule is None else rule.unheeded,
        )

    def _axis(self, name: str, index: int) -> Axis:
        var = self.variables[name]
        dim, size = var.dims[index], var.shape[index]
        if dim is None:
            return make_axis(None, size, f"{name}#{index}")
        coordinate, key = self.coordinate_of(name, dim), self._key(name, dim)
        if (key, coordinate, size) not in self._axes:
            made = make_axis(dim, size, key)
            if coordinate is not None:
                stored = self.variables[coordinate]
                if stored.shape != (size,):
                    raise InputError(
                        f"{name}: has {size} points along {dim}, and the coordinate {coordinate} "
                        f"has {stored.shape[0]}; the file is damaged"
                    )
                said = self.attributes[coordinate]
                values = self._coordinates(coordinate)
                made = make_axis(dim, size, key, coordinate, values, said, stored.dtype)
            self._axes[key, coordinate, size] = made
        return self._axes[key, coordinate, size]

    def _key(self, name: str, dim: str) -> str:
        """Return the key of a dimension of a variable."""
        own = self.resolve(name, dim)
        return own if own and self._is_vector(own, dim) else self.group_of(name) + dim

    def keys_of(self, name: str) -> list[str]:
        """Return the keys of the axes of a variable."""
        dims = enumerate(self.variables[name].dims)
        return [f"{name}#{i}" if dim is None else self._key(name, dim) for i, dim in dims]

    def coordinate_of(self, name: str, dim: str | None) -> str | None:
        """Return the coordinate of a dimension for a variable, or None."""
        if dim is None:
            return None
        own = self.resolve(name, dim)
        if own and self._is_vector(own, dim):
            return own
        named = references.referenced(self.attributes[name], "coordinates")
        found = {self.resolve(name, other) for other in named}
        fitting = [other for other in found if other and self._is_vector(other, dim)]
        with_role = [other for other in fitting if role_of(self.attributes[other])]
        for candidates in (with_role, fitting):
            if len(candidates) == 1:
                return candidates[0]
        return None

    def _is_vector(self, name: str, dim: str) -> bool:
        return self._decodings.get(name) is not None and self.variables[name].dims == (dim,)

    def _whole(self, name: str) -> Array:
        return self.stored(name, tuple(slice(0, size) for size in self.variables[name].shape))

    def _coordinates(self, name: str) -> Array:
        rule = self._decodings[name]
        assert rule is not None
        return rule.coordinates(self._whole(name).copy())

    def vector(self, name: str) -> Vector:
        """Return a whole variable as coordinates."""
        field = self.fields[name]
        return Vector(self._coordinates(name), field.precision, field.units)

    def read_words(self, name: str) -> Array:
        """Return a whole variable of words."""
        return self._whole(name).astype(str)

    def read(self, name: str, window: Window) -> Array:
        """Return a window of a variable, decoded; never a view of the container."""
        raw, rule = self.stored(name, window), self._decodings[name]
        if rule is None:
            return raw.astype(self.fields[name].dtype)
        return rule.decode(raw if raw.base is None and raw.flags.owndata else raw.copy())

    def limits_hide(self, name: str, window: Window) -> bool:
        """Return whether values in a window are missing for their valid range alone."""
        rule = self._decodings[name]
        return rule is not None and rule.hides(self.stored(name, window))

    def needed_by(self, results: list[Result]) -> list[str]:
        """Return the variables that results refer to, such as coordinates and grid mappings."""
        waiting: list[str] = []
        found: dict[str, bool] = {}
        dimensions = {name: var.dims for name, var in self.variables.items()}
        for result in results:
            origin = result.origin
            waiting += [axis.coordinate for axis in result.axes if axis.coordinate]
            waiting += self._references(origin.name, result.attributes)
        for dim in dimensions_kept(results, self.fields):
            waiting += references.of_tracks(self.attributes, dimensions, dim)
        while waiting:
            name = waiting.pop(0)
            if name not in found and name in self.variables:
                found[name] = True
                waiting += self._references(name, self.attributes[name])
                along = (self.coordinate_of(name, dim) for dim in self.variables[name].dims)
                waiting += filter(None, along)
        return [name for name in self.variables if name in found]

    def _references(self, name: str, attributes: Mapping[str, Any]) -> list[str]:
        names = references.referenced(attributes, *references.REFERENCES, *references.BOUNDS)
        found = (self.resolve(name, other) for other in names)
        return [other for other in found if other]
