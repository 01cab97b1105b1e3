"""The CF conventions, as far as they say what a number means and what a variable is for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.model import Axis
from gradcli.numerics.arrays import stored_precision, working_dtype

Array = NDArray[Any]

REFERENCES = ("coordinates", "grid_mapping", "cell_measures", "formula_terms")
BOUNDS = ("bounds", "climatology")
LARGE_FILL = 1e30  # a smaller fill value could be a true derivative

_X = {"longitude", "projection_x_coordinate", "grid_longitude", "projection_x_angular_coordinate"}
_Y = {"latitude", "projection_y_coordinate", "grid_latitude", "projection_y_angular_coordinate"}
_Z = {"altitude", "height", "depth", "air_pressure", "geopotential_height", "model_level_number"}
_EAST = {"degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"}
_NORTH = {"degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"}
_PRESSURE = {"pa", "hpa", "mbar", "mb", "millibar", "millibars", "bar", "dbar", "decibar"}


@dataclass(frozen=True)
class Decoding:
    """How stored numbers become values.

    Attributes
    ----------
    unsigned : numpy.dtype or None
        The type in which signed bits are read (``_Unsigned``).
    missing : tuple
        Stored numbers that mean missing.
    low, high : number or None
        Valid range, in stored numbers, or in values where ``unpacked_range``.
    scale, offset : float or None
    dtype, result : numpy.dtype
        What ``decode`` returns; the type of a derivative.
    floating : bool
        Whether the stored numbers are, so that NaN is missing too.
    """

    unsigned: np.dtype[Any] | None
    missing: tuple[Any, ...]
    low: Any
    high: Any
    unpacked_range: bool
    scale: float | None
    offset: float | None
    dtype: np.dtype[Any]
    result: np.dtype[Any]
    floating: bool = True

    def decode(self, raw: Array) -> Array:
        """Return values: missing is NaN, scale and offset applied."""
        raw = raw.astype(raw.dtype.newbyteorder("="), copy=False)
        if self.unsigned is not None:
            raw = raw.view(self.unsigned)
        bad = np.zeros(raw.shape, bool)
        for number in self.missing:
            bad |= raw == number
        values = raw.astype(self.dtype, copy=False)
        if not self.unpacked_range:
            self._mark_outside(raw, bad)
        if self.scale is not None:
            values = (
                values * self.scale if values is raw else np.multiply(values, self.scale, values)
            )
        if self.offset is not None:
            values = values + self.offset if values is raw else np.add(values, self.offset, values)
        if self.unpacked_range:
            self._mark_outside(values, bad)
        if bad.any():
            values = values.copy() if not values.flags.writeable else values
            values[bad] = np.nan
        return values

    def _mark_outside(self, numbers: Array, bad: NDArray[np.bool_]) -> None:
        if self.low is not None:
            bad |= numbers < self.low
        if self.high is not None:
            bad |= numbers > self.high

    def describe(self) -> str:
        """Return what marks a missing value, for people."""
        parts = [f"{number}" for number in self.missing]
        if self.low is not None or self.high is not None:
            parts.append(f"outside {self.low} to {self.high}")
        if self.floating:
            parts.append("NaN")
        return ", ".join(parts)


def decoding(
    dtype: np.dtype[Any], attributes: Mapping[str, Any], fill: float | None = None
) -> Decoding:
    """Return how numbers of a stored type are read.

    Parameters
    ----------
    dtype : numpy.dtype
        The stored type.
    attributes : mapping
        ``_FillValue``, ``missing_value``, ``valid_*``, ``scale_factor``, ``add_offset``,
        ``_Unsigned`` are used.
    fill : float, optional
        What the format leaves in cells that were never written.

    Notes
    -----
    Packed numbers are unpacked in float64, which keeps what the offset would round away; the
    derivative then has the type of the scale factor, as CF section 8.1 says.

    Examples
    --------
    >>> packed = decoding(np.dtype("i2"), {"scale_factor": 0.5, "_FillValue": np.int16(-1)})
    >>> packed.decode(np.array([4, -1], "i2"))
    array([ 2., nan])
    """
    flag = str(attributes.get("_Unsigned", "")).lower()
    unsigned = None
    if (dtype.kind == "i" and flag == "true") or (dtype.kind == "u" and flag == "false"):
        unsigned = np.dtype(f"{'u' if flag == 'true' else 'i'}{dtype.itemsize}")
    number = unsigned or dtype.newbyteorder("=")
    missing = []
    for name in ("_FillValue", "missing_value"):
        missing += _in_type(attributes.get(name), dtype, unsigned)
    if fill is not None and "_FillValue" not in attributes and dtype.kind == "f":
        missing.append(number.type(fill))
    scale, offset = (_number(attributes.get(name)) for name in ("scale_factor", "add_offset"))
    packed = scale is not None or offset is not None
    low, high, of_values = _valid_range(attributes, dtype, unsigned, packed)
    result = working_dtype(number)
    if packed:
        kinds = [
            np.asarray(attributes[n]).dtype
            for n in ("scale_factor", "add_offset")
            if n in attributes
        ]
        narrow = all(kind == np.float32 for kind in kinds) and dtype.itemsize <= 2
        result = np.dtype("f4") if narrow or number == np.float32 else np.dtype("f8")
    unique = tuple(dict.fromkeys(n for n in missing if n == n))
    work = np.dtype("f8") if packed and result.kind == "f" else working_dtype(number)
    floating = number.kind in "fc"
    return Decoding(unsigned, unique, low, high, of_values, scale, offset, work, result, floating)


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(np.asarray(value).reshape(-1)[0])
    except (TypeError, ValueError, IndexError):
        return None


def _in_type(value: Any, dtype: np.dtype[Any], unsigned: np.dtype[Any] | None) -> list[Any]:
    """Return an attribute's numbers in the stored type; those it cannot hold occur nowhere."""
    if value is None or isinstance(value, str):
        return []
    numbers = []
    native = dtype.newbyteorder("=")
    for item in np.asarray(value).reshape(-1):
        with np.errstate(all="ignore"):
            try:
                cast = np.asarray(item).astype(native)
            except (TypeError, ValueError, OverflowError):
                continue
        if unsigned is not None:
            numbers.append(cast.view(unsigned)[()])
        elif dtype.kind == "f" or cast == item:
            numbers.append(cast[()])
    return numbers


def _valid_range(
    attributes: Mapping[str, Any],
    dtype: np.dtype[Any],
    unsigned: np.dtype[Any] | None,
    packed: bool,
) -> tuple[Any, Any, bool]:
    limits = attributes.get("valid_range")
    pair = [None, None] if limits is None or np.size(limits) != 2 else list(np.asarray(limits))
    pair = [attributes.get("valid_min", pair[0]), attributes.get("valid_max", pair[1])]
    given = [np.asarray(limit) for limit in pair if limit is not None]
    if not given or any(limit.dtype.kind not in "iuf" or limit.size != 1 for limit in given):
        return None, None, False
    # In the type of the packed numbers they limit those, else the unpacked values.
    of_values = packed and any(limit.dtype.kind == "f" for limit in given) and dtype.kind != "f"
    if of_values:
        return (*(None if limit is None else float(limit) for limit in pair), True)  # type: ignore[return-value]
    low, high = (
        None if limit is None else (_in_type(limit, dtype, unsigned) or [None])[0] for limit in pair
    )
    return low, high, False


def role_of(attributes: Mapping[str, Any]) -> str | None:
    """Return the CF role of a coordinate: x, y, z, t or none.

    Notes
    -----
    CF conventions 1.11, chapters 4.1 to 4.4: ``axis``, then ``standard_name``, then ``units``
    (degrees east and north, pressure, time since), then ``positive``.

    Examples
    --------
    >>> role_of({"units": "degrees_north"}), role_of({"units": "days since 2000-01-01"})
    ('y', 't')
    """
    axis = str(attributes.get("axis", "")).strip().lower()
    if axis in ("x", "y", "z", "t"):
        return axis
    name = str(attributes.get("standard_name", "")).strip()
    units = str(attributes.get("units", "")).strip()
    plain = units.lower()
    if name in _X or plain in _EAST:
        return "x"
    if name in _Y or plain in _NORTH:
        return "y"
    if name == "time" or re.search(r"\ssince\s", plain):
        return "t"
    vertical = name in _Z or name.endswith(("_sigma_coordinate", "_height_coordinate"))
    if vertical or plain in _PRESSURE or "positive" in attributes:
        return "z"
    return None


def make_axis(
    name: str | None,
    size: int,
    key: str,
    coordinate: str | None = None,
    values: Array | None = None,
    attributes: Mapping[str, Any] | None = None,
    stored: np.dtype[Any] | None = None,
) -> Axis:
    """Return an axis from a dimension and its coordinate variable, where it has one."""
    attributes = attributes or {}
    packed = "scale_factor" in attributes or "add_offset" in attributes
    return Axis(
        name,
        size,
        values,
        text(attributes.get("units")),
        role_of(attributes),
        text(attributes.get("standard_name")),
        text(attributes.get("long_name")),
        coordinate,
        key,
        0,
        stored_precision(stored) if stored is not None and not packed else 2.0**-52,
    )


def text(value: Any) -> str | None:
    """Return an attribute that is text, without blanks around it."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return value.strip() if isinstance(value, str) and value.strip() else None


def referenced(attributes: Mapping[str, Any], *names: str) -> list[str]:
    """Return the variables that attributes name.

    >>> referenced({"grid_mapping": "crs: x y", "bounds": "lat_bnds"}, "grid_mapping", "bounds")
    ['crs', 'x', 'y', 'lat_bnds']
    >>> referenced({"cell_measures": "area: cell_area"}, "cell_measures")
    ['cell_area']
    """
    found: list[str] = []
    for name in names:
        words = str(attributes.get(name, "")).split()
        if name in ("cell_measures", "formula_terms"):
            words = [word for word in words if not word.endswith(":")]
        found += [word.rstrip(":") for word in words]
    return found


def is_flag(attributes: Mapping[str, Any]) -> bool:
    """Return whether a variable's numbers are codes, not quantities."""
    name = str(attributes.get("standard_name", ""))
    coded = {"flag_values", "flag_masks", "flag_meanings"} & set(attributes)
    return bool(coded) or name.endswith("status_flag")


def kinds(
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
    shapes: Mapping[str, tuple[int, ...]],
) -> dict[str, str]:
    """Return the variables that are there for others, and what for; all by path."""
    found: dict[str, str] = {}
    for path, own in attributes.items():
        for kind, names in {
            "coordinate": referenced(own, "coordinates"),
            "grid mapping": referenced(own, "grid_mapping"),
            "bounds": referenced(own, *BOUNDS),
        }.items():
            for other in filter(None, (resolve(path, name, attributes) for name in names)):
                if other != path:
                    found.setdefault(other, kind)
                if kind == "bounds":
                    found.update(_terms_of_bounds(other, attributes, dimensions))
    for path, own in attributes.items():
        if dimensions[path] == (path.rpartition("/")[2],):
            found[path] = "coordinate"
        elif "grid_mapping_name" in own:
            found[path] = "grid mapping"
        elif is_flag(own):
            found[path] = "flag"
        elif _looks_like_bounds(path, shapes[path], attributes):
            found.setdefault(path, "bounds")
    return found


def _terms_of_bounds(
    path: str,
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
) -> dict[str, str]:
    """Return the formula terms of bounds that have bounds of their own (CF section 7.1)."""
    terms = (
        resolve(path, name, attributes) for name in referenced(attributes[path], "formula_terms")
    )
    vertex = dimensions[path][-1:]
    return {term: "bounds" for term in terms if term and vertex and dimensions[term][-1:] == vertex}


def _looks_like_bounds(path: str, shape: tuple[int, ...], known: Iterable[str]) -> bool:
    match = re.fullmatch(r"(.+)_(?:bnds|bounds)", path)
    return match is not None and shape[-1:] in ((2,), (4,)) and match[1] in set(known)


def resolve(path: str, name: str, known: Iterable[str]) -> str | None:
    """Return the variable that a name means, seen from another: here, then in groups above.

    >>> resolve("model/q", "lat", ["lat", "model/q"])
    'lat'
    """
    every = known if isinstance(known, Mapping) else set(known)
    if name.startswith("/"):
        return name[1:] if name[1:] in every else None
    group = path.rpartition("/")[0]
    while True:
        wanted = f"{group}/{name}" if group else name
        if wanted in every:
            return wanted
        if not group:
            return None
        group = group.rpartition("/")[0]


def result_fill(attributes: Mapping[str, Any], dtype: np.dtype[Any]) -> Any:
    """Return the fill value of a result: NaN, or the source's where it is no possible value.

    >>> result_fill({"_FillValue": np.float32(-1e34)}, np.dtype("f4")) == np.float32(-1e34)
    True
    """
    for name in ("_FillValue", "missing_value"):
        value = attributes.get(name)
        if value is None or isinstance(value, str) or np.size(value) != 1:
            continue
        number = np.asarray(value).reshape(-1)[0]
        if number.dtype.kind == "f" and abs(float(number)) > LARGE_FILL:
            return dtype.type(number)
    return dtype.type(np.nan)


def filled(values: Array, fill: Any) -> Array:
    """Return values with NaN replaced by a fill value that is not NaN."""
    if fill != fill:
        return values
    missing = np.isnan(values)
    if missing.any():
        values = values.copy()
        values[missing] = fill
    return values
