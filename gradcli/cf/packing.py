"""Missing values, valid ranges and packing by the CF conventions; fill values of results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.cf.limits import in_type, limits_of, unread_limits, valid_limits, widened
from gradcli.cf.roles import size_on_globe
from gradcli.errors import InputError
from gradcli.numerics.coordinates import coordinates_of
from gradcli.numerics.dtypes import Array, stored_precision, working_dtype
from gradcli.record import record, replace

RUN_CELLS = 65536  # cells decoded at a time, so that they and their masks fit in the cache
FEW = 8  # missing values that are compared one by one; any others go to np.isin
LARGE_FILL = 1e30  # a smaller fill value could be a true derivative


@record(frozen=True)
class Decoding:
    """Rules that decode stored numbers into values.

    Attributes
    ----------
    unsigned : numpy.dtype or None
        Integer type that the stored bits are read as, given by ``_Unsigned``.
    missing : tuple
        Stored numbers that mean missing.
    low, high : number or None
        Valid range, in stored numbers, or in unpacked values if ``unpacked_range``.
    scale, offset : float or None
    dtype, result : numpy.dtype
        Type that ``decode`` returns, and type of a derivative.
    floating : bool
        Whether the stored numbers are floating-point, so that NaN is missing too.
    kept : float or None
        Values up to this size are valid whatever the range says. Limits of a longitude or latitude
        are often those of another grid, and never make a place on the globe a missing one.
    unheeded : tuple of str
        What the attributes say and the rules leave out, for notes.
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
    kept: float | None = None
    unheeded: tuple[str, ...] = ()

    def hides(self, raw: Array) -> bool:
        """Return whether any of some stored numbers is missing for the valid range alone."""
        if self.low is None and self.high is None:
            return False
        without = replace(self, low=None, high=None).decode(raw.copy())
        return bool((np.isnan(self.decode(raw)) & ~np.isnan(without)).any())

    def precision(self, stored: np.dtype[Any]) -> float:
        """Return the relative rounding error of the values: that of float64 if they are packed."""
        packed = self.scale is not None or self.offset is not None
        return 2.0**-52 if packed else stored_precision(stored)

    def cell_bytes(self, stored: np.dtype[Any]) -> int:
        """Return the bytes per cell during decoding, for the stored number and the value."""
        in_place = stored == self.dtype
        return stored.itemsize + (0 if in_place else self.dtype.itemsize)

    def decode(self, raw: Array) -> Array:
        """Return values, with NaN where missing. Works in place if the type does not change."""
        raw = np.ascontiguousarray(raw)
        native = raw.dtype.newbyteorder("=")
        values = raw
        if raw.dtype != self.dtype or not raw.flags.writeable:
            values = np.empty(raw.shape, self.dtype)
        before, after = raw.reshape(-1), values.reshape(-1)
        for start in range(0, raw.size, RUN_CELLS):
            run = before[start : start + RUN_CELLS].astype(native, copy=False)
            self._decode_run(run, after[start : start + RUN_CELLS])
        return values

    def coordinates(self, raw: Array) -> Array:
        """Return real coordinates, as float64 or as integers that float64 would round."""
        whole = self.scale is None and self.offset is None and raw.dtype.kind in "iu"
        if whole and raw.dtype.itemsize == 8:
            native = np.ascontiguousarray(raw, raw.dtype.newbyteorder("="))
            exact = coordinates_of(native.view(self.unsigned or native.dtype))
            if exact.dtype.kind in "iu" and not np.isnan(self.decode(raw)).any():
                return exact
        return self.decode(raw).astype(np.float64)

    def _decode_run(self, raw: Array, values: Array) -> None:
        if self.unsigned is not None:
            raw = raw.view(self.unsigned)
        bad = [raw == number for number in self.missing[:FEW]]
        if len(self.missing) > FEW:
            bad.append(np.isin(raw, np.array(self.missing[FEW:])))
        outside = [] if self.unpacked_range else self._outside(raw)
        if not np.may_share_memory(raw, values):
            values[...] = raw
        if self.scale is not None:
            np.multiply(values, self.scale, out=values)
        if self.offset is not None:
            np.add(values, self.offset, out=values)
        if self.unpacked_range:
            outside = self._outside(values)
        if self.kept is not None:
            outside = [points & (np.abs(values) > self.kept) for points in outside]
        for points in bad + outside:
            if points.any():
                values[points] = np.nan

    def _outside(self, numbers: Array) -> list[NDArray[np.bool_]]:
        found = [] if self.low is None else [numbers < self.low]
        return found if self.high is None else [*found, numbers > self.high]

    def describe(self) -> str:
        """Describe what marks a missing value, for messages."""
        parts = [f"{number}" for number in self.missing[:FEW]]
        if len(self.missing) > FEW:
            parts.append(f"{len(self.missing) - FEW} more")
        style = ".6g" if self.unpacked_range else ""  # without the slack for rounding
        ends = [
            f"{word} {limit:{style}}"
            for word, limit in (("below", self.low), ("above", self.high))
            if limit is not None
        ]
        parts += [" or ".join(ends)] if ends else []
        if self.floating:
            parts.append("NaN")
        return ", ".join(parts)


def decoding(
    dtype: np.dtype[Any],
    attributes: Mapping[str, Any],
    fill: float | None = None,
    name: str = "",
    valid_range: bool = True,
) -> Decoding:
    """Return the rules that decode numbers of a stored type.

    Parameters
    ----------
    dtype : numpy.dtype
        The stored type.
    attributes : mapping
        Attributes of the variable. ``_FillValue``, ``missing_value``, ``valid_*``,
        ``scale_factor``, ``add_offset`` and ``_Unsigned`` are used.
    fill : float, optional
        Value that the format leaves in cells that were never written.
    name : str, optional
        Name of the variable, which may tell that it is a longitude or latitude.
    valid_range : bool, optional
        Whether ``valid_*`` are heeded.

    Notes
    -----
    Packed numbers are unpacked in float64, because in float32 a large offset would cost digits.
    The derivative then has the type of the scale factor, as in CF section 8.1.

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
    for mark in ("_FillValue", "missing_value"):
        missing += in_type(attributes.get(mark), dtype, unsigned)
    if fill is not None and "_FillValue" not in attributes and dtype.kind == "f":
        missing.append(number.type(fill))
    scale, offset = (_number(attributes.get(name)) for name in ("scale_factor", "add_offset"))
    packed = scale is not None or offset is not None
    kinds = [
        np.asarray(attributes[n]).dtype
        for n, found in (("scale_factor", scale), ("add_offset", offset))
        if found is not None
    ]
    unheeded = unread_limits(attributes) if valid_range else []
    low, high, of_values = valid_limits(attributes if valid_range else {}, dtype, unsigned, kinds)
    ends = [limit.item() for limit in limits_of(attributes) if limit is not None and valid_range]
    # Of the limits of unsigned numbers those count that their bits mean.
    bits = unsigned is None or (low is not None and high is not None and low > high)
    if ends and ends[0] > ends[-1] and bits:
        unheeded.append(f"its valid range ends at {ends[-1]:.10g}, below its start {ends[0]:.10g}")
        low = high = None
    result = working_dtype(number)
    if packed:
        narrow = all(kind == np.float32 for kind in kinds) and dtype.itemsize <= 2
        result = np.dtype("f4") if narrow or number == np.float32 else np.dtype("f8")
    unique = tuple(dict.fromkeys(n for n in missing if n == n))
    if of_values:
        low, high = widened(low, high, offset or 0.0, float(np.finfo(result).eps))
    work = np.dtype("f8") if packed and result.kind == "f" else working_dtype(number)
    floating = number.kind in "fc"
    return Decoding(
        unsigned,
        unique,
        low,
        high,
        of_values,
        scale,
        offset,
        work,
        result,
        floating,
        size_on_globe(attributes, name),
        tuple(unheeded),
    )


def refuse_many_factors(name: str, attributes: Mapping[str, Any]) -> None:
    """Raise InputError if a scale or an offset of a variable is more than one number.

    >>> refuse_many_factors("T", {"scale_factor": [0.1, 0.2]})
    Traceback (most recent call last):
    ...
    gradcli.errors.InputError: T: scale_factor is [0.1, 0.2]; expected one number
    """
    for factor in ("scale_factor", "add_offset"):
        value = attributes.get(factor)
        if np.size(value) > 1:  # type: ignore[arg-type]
            raise InputError(f"{name}: {factor} is {_shown(value):.60}; expected one number")


def _shown(value: Any) -> str:
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)


def _number(value: Any) -> float | None:
    try:
        return None if value is None else float(np.asarray(value).reshape(-1)[0])
    except (TypeError, ValueError, IndexError):
        return None


def result_fill(attributes: Mapping[str, Any], dtype: np.dtype[Any]) -> Any:
    """Return the fill value of a result: that of the source if it is huge, otherwise NaN.

    >>> float(result_fill({"_FillValue": -1e34}, np.dtype("f8")))
    -1e+34
    """
    for name in ("_FillValue", "missing_value"):
        value = attributes.get(name)
        if value is None or isinstance(value, str) or np.size(value) != 1:
            continue
        number = np.asarray(value).reshape(-1)[0]
        large = number.dtype.kind == "f" and abs(float(number)) > LARGE_FILL
        if large and abs(float(number)) <= float(np.finfo(dtype).max):
            return dtype.type(number)
    return dtype.type(np.nan)


def filled(values: Array, fill: Any) -> Array:
    """Replace NaN by a fill value, unless that is NaN as well."""
    if fill != fill:
        return values
    missing = np.isnan(values)
    if missing.any():
        values = values.copy()
        values[missing] = fill
    return values
