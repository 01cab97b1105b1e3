"""Missing values, valid ranges and packing by the CF conventions; fill values of results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.numerics.coordinates import coordinates_of
from gradcli.numerics.dtypes import Array, stored_precision, working_dtype

RUN_CELLS = 65536  # cells decoded at a time, so that they and their masks fit in the cache
FEW = 8  # missing values that are compared one by one; any others go to np.isin
LARGE_FILL = 1e30  # a smaller fill value could be a true derivative


@dataclass(frozen=True)
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
        if not self.unpacked_range:
            bad += self._outside(raw)
        if not np.may_share_memory(raw, values):
            values[...] = raw
        if self.scale is not None:
            np.multiply(values, self.scale, out=values)
        if self.offset is not None:
            np.add(values, self.offset, out=values)
        if self.unpacked_range:
            bad += self._outside(values)
        for points in bad:
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
        if self.low is not None or self.high is not None:
            parts.append(f"outside {self.low} to {self.high}")
        if self.floating:
            parts.append("NaN")
        return ", ".join(parts)


def decoding(
    dtype: np.dtype[Any], attributes: Mapping[str, Any], fill: float | None = None
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
    """Return the numbers of an attribute in the stored type, without those it cannot represent."""
    if value is None or isinstance(value, str):
        return []
    numbers: list[Any] = []
    native = dtype.newbyteorder("=")
    given = np.asarray(value).reshape(-1)
    if given.dtype.kind in "iufb":
        with np.errstate(all="ignore"):
            stored = given.astype(native)
        if unsigned is not None:
            return list(stored.view(unsigned))
        return list(stored if dtype.kind == "f" else stored[stored == given])
    for item in given:
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
    # By CF, limits of the packed type apply to packed numbers, and others to unpacked values.
    of_values = packed and any(limit.dtype.kind == "f" for limit in given) and dtype.kind != "f"
    if of_values:
        return (*(None if limit is None else float(limit) for limit in pair), True)  # type: ignore[return-value]
    low, high = (
        None if limit is None else (_in_type(limit, dtype, unsigned) or [None])[0] for limit in pair
    )
    return low, high, False


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
