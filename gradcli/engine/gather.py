"""What a block reads along an axis whose tracks lie apart: rows here and there, not a window."""

from __future__ import annotations

from gradcli.model.arrangement import Arrangement
from gradcli.model.blocks import Window
from gradcli.model.fields import Field
from gradcli.numerics.track_stencils import TrackStencil
from gradcli.numerics.tracks import Indices
from gradcli.plan.tasks import Task
from gradcli.record import replace


def gathered(task: Task, window: Window) -> tuple[Field, ...]:
    """Return the components of a task as they are read for a block.

    Along an axis whose tracks lie apart, the rows that a block needs follow one another there, the
    rows of the block first. All stencils of such an axis need the same rows.
    """
    found = {
        axis: stencil.reads(window[axis])
        for term in task.terms()
        for axis, stencil in term.steps
        if isinstance(stencil, TrackStencil) and stencil.gathers
    }
    if not found:
        return task.components
    return tuple(_with_rows(part, found, window) for part in task.components)


def _with_rows(field: Field, found: dict[int, Indices], window: Window) -> Field:
    axes = list(field.axes)
    for index, rows in found.items():
        axis = axes[index]
        # The window that is read begins where the block does.
        first = window[index].start
        made = Arrangement(axis.start + rows, None, "")
        axes[index] = replace(axis, start=-first, size=first + len(rows), arrangement=made)
    return replace(field, axes=tuple(axes))
