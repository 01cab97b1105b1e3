"""Give points next to gaps their values, after the sums of a block, where stencils adapt."""

from __future__ import annotations

from gradcli.model.blocks import Window
from gradcli.numerics.adapt import AdaptingStencil, Counts
from gradcli.numerics.dtypes import Array
from gradcli.numerics.mixed import MixedStep, adapt_mixed
from gradcli.numerics.track_stencils import AdaptingTrackStencil, TrackStencil
from gradcli.plan.tasks import Step


def adapt(steps: tuple[Step, ...], given: Array, window: Window, out: Array) -> Counts | None:
    """Compute the points next to gaps again, and return how many.

    Of a derivative along three axes they stay missing: no rule says which windows fit.

    Parameters
    ----------
    steps : tuple of Step
    given : ndarray
        The values where the stencils reach.
    window : tuple of slice
        The window of the field that ``out`` covers.
    out : ndarray
        What the stencils made of the values.
    """
    if any(isinstance(stencil, TrackStencil) for _, stencil in steps):
        return _adapt_tracks(steps, given, window, out)
    adapting = [
        MixedStep(axis, stencil, window[axis])
        for axis, stencil in steps
        if isinstance(stencil, AdaptingStencil)
    ]
    if len(adapting) == 1:
        ((axis, stencil, rows),) = adapting
        return stencil.adapt(given, rows, axis, out)
    if len(adapting) == 2:
        return adapt_mixed(adapting[0], adapting[1], given, out)
    return None


def _adapt_tracks(
    steps: tuple[Step, ...], given: Array, window: Window, out: Array
) -> Counts | None:
    """Adapt a derivative along tracks; of a mixed one, points next to gaps stay missing."""
    axis, stencil = steps[0]
    if len(steps) > 1 or not isinstance(stencil, AdaptingTrackStencil):
        return None
    return stencil.adapt(given, window[axis], axis, out)
