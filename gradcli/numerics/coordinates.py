"""Check the coordinates of an axis, classify their spacing, and snap them to equal steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcli.errors import InputError
from gradcli.numerics.dtypes import Array
from gradcli.record import record

Floats = NDArray[np.float64]
# Equal steps from arange, linspace or decimal text stay within a few roundings of a line.
EQUAL_ULPS = 4
FLOAT64_EPS = 2.0**-52
EXACT = 2**53  # integers up to here are exact as float64
SECONDS_IN = ("Y", "M", "W", "D", "h", "m")  # units of datetime64 that are whole seconds
TICKS = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9, "ps": 1e12, "fs": 1e15, "as": 1e18}
BISECTIONS = 60
Show = Callable[[Any], str]


@record(frozen=True)
class Spacing:
    """The spacing of an axis, classified from its whole coordinate vector.

    Attributes
    ----------
    kind : str
        ``index`` (no coordinates: unit steps, or a given step), ``equal``, ``snapped`` (equal
        up to the rounding of the stored type, and made exactly equal), ``uneven``,
        ``curvilinear`` (two-dimensional coordinates, with unit steps), ``staggered`` (values half
        a step from the results), ``columns`` (other coordinates for every column), or ``live``
        (unknown until the coordinates arrive).
    size : int
        Number of points.
    step : float
        The signed step if equal, the mean signed step if uneven.
    smallest, largest : float
        Extremes of the absolute steps.
    values : ndarray of float64 or int64, or None
        The coordinates, up to a constant; None if only the step is known.
    """

    kind: str
    size: int
    step: float
    smallest: float
    largest: float
    values: Array | None = None

    @property
    def is_equal(self) -> bool:
        """Whether all steps are the same."""
        return self.kind != "uneven"

    def scaled(self, factor: float) -> Spacing:
        """Return the spacing in other units, of which each unit of these coordinates has a number.

        >>> index_spacing(3).scaled(-2.0).step
        -2.0
        """
        if factor == 1:
            return self
        values = None if self.values is None else factor * self.values
        size = abs(factor)
        return Spacing(
            self.kind,
            self.size,
            factor * self.step,
            size * self.smallest,
            size * self.largest,
            values,
        )

    def describe(self) -> str:
        """Return the spacing in words.

        >>> fit_spacing("x", np.array([0.0, 1.0, 3.0])).describe()
        'uneven, steps 1 to 2'
        """
        if self.size < 2:
            return "one point"
        if self.kind == "live":
            return "as the coordinates arrive"
        if self.kind == "curvilinear":
            return "two-dimensional coordinates"
        if self.kind == "staggered":
            return "between two points half a step apart"
        if self.kind == "columns":
            return "column by column"
        if self.is_equal:
            how = {"equal": "equal", "snapped": "equal after snapping", "index": "none"}[self.kind]
            return f"{how}, step {self.step:.10g}"
        return f"uneven, steps {self.smallest:.6g} to {self.largest:.6g}"


def index_spacing(size: int, step: float = 1.0) -> Spacing:
    """Return the spacing of an axis without coordinates.

    >>> index_spacing(3).describe()
    'none, step 1'
    """
    return Spacing("index", size, step, abs(step), abs(step))


def coordinates_of(stored: Array) -> Array:
    """Return real coordinates as float64, or as they are if float64 would round these integers.

    >>> coordinates_of(np.array([1, 2])).dtype, coordinates_of(np.array([1, 2**60])).dtype
    (dtype('float64'), dtype('int64'))
    """
    wide = stored.dtype.kind in "iu" and stored.dtype.itemsize == 8 and stored.size > 0
    if wide and (int(stored.max()) > EXACT or int(stored.min()) < -EXACT):
        return stored.astype(stored.dtype.newbyteorder("="))
    return stored.astype(np.float64)


def seconds_of(times: Array) -> tuple[Floats, str | None]:
    """Return dates as seconds since the first of them, and that date; durations as seconds.

    NaT gives NaN. Differences of stamps are taken before they become float64, so they are exact
    up to 2**53 of the unit of the type.

    Raises
    ------
    InputError
        Durations in months or years, which have no fixed length, or in no unit at all.

    Examples
    --------
    >>> seconds_of(np.array(["2020-01-01", "2020-02-01"], "M8[M]"))
    (array([      0., 2678400.]), '2020-01-01 00:00:00')
    """
    unit, count = np.datetime_data(times.dtype)
    if unit == "generic" or (times.dtype.kind == "m" and unit in "YM"):
        raise InputError(f"times of type {times.dtype} have no fixed length in seconds")
    if unit in SECONDS_IN:
        times, unit, count = times.astype(f"{times.dtype.kind}8[s]"), "s", 1
    native = np.ascontiguousarray(times.astype(times.dtype.newbyteorder("=")))
    ticks, missing, first = native.view(np.int64), np.isnat(native), None
    if times.dtype.kind == "M" and not missing.all():
        epoch = native[~missing][0]
        ticks = ticks - epoch.view(np.int64)
        first = str(epoch).replace("T", " ")
    seconds = np.asarray(ticks * float(count) / TICKS[unit], np.float64)
    seconds[missing] = np.nan
    return seconds, first


def fit_spacing(
    name: str,
    values: Array,
    precision: float = FLOAT64_EPS,
    tracks: str = "",
    show: Show | None = None,
) -> Spacing:
    """Check a coordinate vector and classify its steps.

    Parameters
    ----------
    name : str
        Name of the axis, for messages.
    values : ndarray of float64, int64 or uint64, shape (n,)
    precision : float
        Relative rounding of the type in which the coordinate was stored. It is 0 for integers,
        whose steps are equal only if they are the same. If it is coarser than float64 (float32:
        2**-23), a line of equal steps is fitted by least squares. It is accepted if some line
        passes every point within half a unit in the last place of the largest coordinate, since
        rounding alone then explains the residuals.
    tracks : str
        What to do if these are the coordinates of several tracks, for messages.
    show : callable, optional
        Returns a coordinate as text for messages.

    Raises
    ------
    InputError
        A coordinate is missing or infinite, repeats, or changes direction. The message names the
        axis, the index and the value.

    Examples
    --------
    >>> fit_spacing("x", np.linspace(0, 1, 101)).kind
    'equal'
    >>> fit_spacing("x", np.linspace(0, 1, 101).astype("f4").astype("f8"), 2.0**-23).kind
    'snapped'
    >>> fit_spacing("t", np.array([2**60, 2**60 + 1, 2**60 + 3])).describe()
    'uneven, steps 1 to 2'
    """
    check_monotonic(name, values, tracks=tracks, show=show)
    size = len(values)
    if values.dtype.kind in "iu":
        values, precision = _from_first(values)
    if size < 2:
        return Spacing("equal", size, 1.0, 1.0, 1.0, values)
    steps = np.diff(values)
    smallest, largest = sorted((abs(float(steps.min())), abs(float(steps.max()))))
    step = float(values[-1] - values[0]) / (size - 1)
    if precision == 0:
        kind = "equal" if (steps == steps[0]).all() else "uneven"
        return Spacing(kind, size, step, smallest, largest, values)
    farthest = float(max(abs(values[0]), abs(values[-1])))
    residual = EQUAL_ULPS * FLOAT64_EPS * farthest
    # Points within one residual of a line have steps within four of each other, plus rounding.
    if largest - smallest <= 8 * residual:
        line = values[0] + step * np.arange(size)
        if np.abs(values - line).max() <= residual:
            return Spacing("equal", size, step, smallest, largest, values)
    if precision > FLOAT64_EPS:
        fitted, line = _least_squares(values)
        ulp = precision * 2.0 ** np.floor(np.log2(farthest))
        if _near_a_line(values - line, 0.5 * ulp):
            return Spacing("snapped", size, fitted, smallest, largest, line)
    return Spacing("uneven", size, step, smallest, largest, values)


def _from_first(values: Array) -> tuple[Array, float]:
    """Return integers less the first of them, exactly if int64 can hold that, and their rounding.

    >>> _from_first(np.array([2**64 - 1, 2**64 - 3], np.uint64))
    (array([ 0, -2]), 0.0)
    """
    if not len(values):
        return values.astype(np.int64), 0.0
    if abs(int(values[-1]) - int(values[0])) < 2**63:
        # Unsigned differences wrap around to the right signed numbers.
        return (values.view(np.uint64) - values.view(np.uint64)[0]).view(np.int64), 0.0
    return values.astype(np.float64) - float(values[0]), FLOAT64_EPS


def check_monotonic(
    name: str,
    values: Array,
    repeats: bool = False,
    tracks: str = "",
    show: Show | None = None,
) -> None:
    """Raise InputError unless the coordinates are finite and increase or decrease.

    With ``repeats``, consecutive coordinates may be equal. ``tracks`` is as for `fit_spacing`,
    ``show`` returns a coordinate as text.
    """
    show = show or _show
    with np.errstate(over="ignore", invalid="ignore"):
        steps, span = directions(values)
        least, most = (steps.min(), steps.max()) if len(steps) else (np.nan, np.nan)
    # There may be millions of coordinates, so good ones pass after these few scans. A comparison
    # with NaN is false.
    if np.isfinite(span) and (0 < least <= most < np.inf or -np.inf < least <= most < 0):
        return
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        value = values[bad[0]]
        word = "missing (nan)" if np.isnan(value) else value
        raise InputError(
            f"axis {name}: the coordinate at index {bad[0]} is {word}; "
            "every point needs a finite coordinate"
        )
    if not (np.isfinite(steps).all() and np.isfinite(span)):
        raise InputError(
            f"axis {name}: coordinates from {show(values.min())} to {show(values.max())} "
            "span more than float64 can hold"
        )
    direction = np.sign(span)
    wrong = np.flatnonzero(np.sign(steps) != (direction or 1.0))
    if not wrong.size:
        return
    told = f"{tracks}; " if tracks else ""
    zero, back = np.flatnonzero(steps == 0), wrong[steps[wrong] != 0]
    if zero.size and not repeats and not (tracks and back.size):
        i = int(zero[0]) + 1
        raise InputError(
            f"axis {name}: the coordinate {show(values[i])} at index {i} repeats the one before; "
            f"{told}coordinates must differ (--duplicates first or mean makes one point of them)"
        )
    i = int(back[0]) + 1
    raise InputError(
        f"axis {name}: the coordinates change direction at index {i} "
        f"({show(values[i - 1])}, then {show(values[i])}); {told}--sort puts them in order"
    )


def directions(values: Array) -> tuple[Array, float]:
    """Return the steps between coordinates and their span, for integers only as -1, 0 or 1.

    Differences of integers could leave the range of their type.

    >>> directions(np.array([9, 7], np.uint64))
    (array([-1], dtype=int8), -2.0)
    """
    if len(values) < 2:
        return np.empty(0), 1.0
    if values.dtype.kind == "f":
        return np.diff(values), float(values[-1] - values[0])
    steps = (values[1:] > values[:-1]).astype(np.int8) - (values[1:] < values[:-1])
    return steps, float(int(values[-1]) - int(values[0]))


def _show(value: np.float64 | np.int64 | np.uint64) -> str:
    return repr(value.item())


def _least_squares(values: Floats) -> tuple[float, Floats]:
    index = np.arange(len(values)) - (len(values) - 1) / 2
    middle = values.mean()
    step = float(index @ (values - middle) / (index @ index))
    return step, middle + step * index


def _near_a_line(residuals: Floats, limit: float) -> bool:
    """Return whether some line passes every point within a limit.

    The least-squares line may fail where another passes: where rounding slips by one unit, points
    lie within half a unit of the true line but up to 0.6 from the fitted one. The spread of the
    residuals is convex in the slope, so bisection finds the best slope.
    """
    if np.abs(residuals).max() <= limit:
        return True
    if np.abs(residuals).max() > 3 * limit:
        return False  # the least-squares line is not this far from the best one
    index = np.arange(len(residuals))
    low, high = -8 * limit / len(residuals), 8 * limit / len(residuals)
    for _ in range(BISECTIONS):
        slope = (low + high) / 2
        rest = residuals - slope * index
        top, bottom = int(rest.argmax()), int(rest.argmin())
        if rest[top] - rest[bottom] <= 2 * limit:
            return True
        low, high = (slope, high) if top > bottom else (low, slope)
    return False


def periodic_gap(name: str, spacing: Spacing, period: float | None) -> float:
    """Return the signed step across the seam of a periodic axis.

    Raises
    ------
    InputError
        The period is needed but not given, or it does not exceed the span.

    Examples
    --------
    >>> periodic_gap("x", fit_spacing("x", np.array([0.0, 90.0, 180.0, 270.0])), 360.0)
    90.0
    """
    span = spacing.step * (spacing.size - 1)
    if period is None:
        if not spacing.is_equal:
            raise InputError(
                f"axis {name}: its steps are uneven, so its period is not known; "
                f"give it (--periodic {name}=PERIOD)"
            )
        return spacing.step
    gap = abs(period) - abs(span)
    slack = max(abs(spacing.step), abs(period)) * 1e-12
    if gap <= slack:
        raise InputError(
            f"axis {name}: its points span {abs(span):.10g}, and the period is only "
            f"{abs(period):.10g}; leave out the repeated point (--isel, --no-halo) "
            "or give a larger period"
        )
    closes = spacing.is_equal and abs(gap - abs(spacing.step)) <= max(
        slack, 1e-6 * abs(spacing.step) if spacing.kind == "snapped" else 0.0
    )
    return spacing.step if closes else float(np.copysign(gap, spacing.step))
