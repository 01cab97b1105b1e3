"""The spacing of an axis: as the user gives it, from its coordinates, or with steps of one."""

from __future__ import annotations

from functools import partial

import numpy as np

from gradcli.cf.spellings import is_since
from gradcli.errors import InputError
from gradcli.model.along import Along
from gradcli.model.axes import axis_label
from gradcli.model.fields import Field
from gradcli.numerics.coordinates import FLOAT64_EPS, Spacing, fit_spacing, index_spacing
from gradcli.record import replace


def spacing_of(origin: Field, along: Along, snap: bool = True, tracks: str = "") -> Spacing:
    """Return the spacing of an axis: as given, from its coordinates, or with steps of one.

    ``tracks`` is as for `fit_spacing`.
    """
    axis = origin.axes[along.index]
    if along.sheet is not None:
        return replace(index_spacing(axis.size), kind="curvilinear")
    if axis.tracks is not None:
        from gradcli.plan.tracks import spacing_of_tracks

        return spacing_of_tracks(origin, along, snap)
    if along.step is not None:
        return index_spacing(axis.size, along.step).scaled(along.scale)
    if axis.column is not None:
        return replace(index_spacing(axis.size), kind="columns")
    if axis.live is not None and axis.coordinate is not None:
        return replace(index_spacing(axis.size), kind="live")
    if axis.values is None:
        return index_spacing(axis.size).scaled(along.scale)
    return _fitted(origin, along, snap, tracks).scaled(along.scale)


def _fitted(origin: Field, along: Along, snap: bool, tracks: str) -> Spacing:
    """Return the spacing of an axis with coordinates."""
    axis = origin.axes[along.index]
    # Of an axis that was turned the steps are told as they were, so that they are the same.
    told = axis.turned.before if axis.turned and axis.turned.before else axis
    assert told.values is not None
    values, precision = told.values, axis.precision if snap else min(axis.precision, FLOAT64_EPS)
    if along.turn is not None:
        from gradcli.numerics.turns import unwrapped

        values = unwrapped(values.astype(np.float64), along.turn)
    show = None
    if is_since(axis.units or ""):
        from gradcli.cf.dates import counts_from_date, dated

        show = partial(dated, axis) if counts_from_date(axis) else None
    try:
        spacing = fit_spacing(axis_label(origin.axes, along.index), values, precision, tracks, show)
    except InputError as error:
        if axis.part is None:
            raise
        raise InputError(f"{error}; --no-halo takes the part alone") from None
    if axis.turned and axis.goes_around and spacing.values is not None:
        values = axis.turned.apply(spacing.values)
        step = spacing.step
        if not spacing.is_equal:  # the axis has another seam, and so another mean step
            step = float(values[-1] - values[0]) / (len(values) - 1)
        spacing = replace(spacing, values=values, step=step)
    return spacing
