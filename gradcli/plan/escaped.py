"""Names of results that the format of an output can hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from gradcli.errors import printable
from gradcli.record import replace

if TYPE_CHECKING:
    from gradcli.formats.registry import Format
    from gradcli.model.axes import Axis
    from gradcli.model.fields import Result
    from gradcli.plan.tasks import Task

LISTED = 4  # names in a note
ORIGINAL = "original_name"  # the attribute for a name that was changed


def fitting(name: str, form: Format) -> str:
    """Return a name with an underscore for all that a format forbids in names.

    >>> from gradcli.formats.registry import BY_NAME
    >>> [fitting("dU/V_dt ", BY_NAME[form]) for form in ("netcdf", "hdf5", "csv")]
    ['dU_V_dt_', 'dU_V_dt ', 'dU/V_dt ']
    """
    name = re.sub(form.forbids, "_", name) if form.forbids else name
    if form.longest and len(name.encode("utf-8", "replace")) > form.longest:
        name = name.encode("utf-8", "replace")[: form.longest - 1].decode("utf-8", "ignore") + "_"
    return name


def with_names(
    tasks: Sequence[Task], form: Format, foreign: bool, notes: list[str]
) -> tuple[Task, ...]:
    """Return tasks whose results and axes have names that the format of the output can hold.

    A name that was changed is kept as an attribute, and said in a note. Only a ``foreign`` input,
    of another format, may have groups and axes whose names do not fit.
    """
    if not form.forbids:
        return tuple(tasks)
    results = [result for task in tasks for result in task.results]
    names = _unique([r.name for r in results], [_path(r, form, foreign) for r in results])
    changed = {old: new for old, new in names.items() if old != new}
    axes = {
        axis.name: fitting(axis.name, form)
        for result in results
        for axis in result.axes
        if axis.name is not None and foreign
    }
    changed |= {old: new for old, new in axes.items() if old != new}
    if not changed:
        return tuple(tasks)
    notes.append(_told(changed, form))

    def fitted(result: Result) -> Result:
        attributes = dict(result.attributes)
        name = names[result.name]
        if name != result.name:
            attributes[ORIGINAL] = result.name.removeprefix(result.origin.group)
        made = tuple(_axis(axis, axes) for axis in result.axes)
        return replace(result, name=name, axes=made, attributes=attributes)

    return tuple(
        replace(
            task,
            products=tuple(
                product._replace(results=tuple(map(fitted, product.results)))
                for product in task.products
            ),
        )
        for task in tasks
    )


def _path(result: Result, form: Format, foreign: bool) -> str:
    """Return the path of a result in an output: its group, and a name that fits."""
    group = result.origin.group
    name = fitting(result.name.removeprefix(group), form)
    if not foreign:
        return group + name
    return "".join(fitting(part, form) + "/" for part in group.split("/")[:-1]) + name


def _axis(axis: Axis, names: dict[str, str]) -> Axis:
    """Return an axis with a name that fits; its old name says what it is, if nothing else does."""
    name = axis.name if axis.name is None else names.get(axis.name, axis.name)
    if name == axis.name:
        return axis
    return replace(axis, name=name, long_name=axis.long_name or axis.name)


def _unique(old: Sequence[str], new: Sequence[str]) -> dict[str, str]:
    """Return the new name of each old one, with underscores behind those that came before."""
    taken = {after for before, after in zip(old, new, strict=True) if before == after}
    names: dict[str, str] = {}
    for before, after in zip(old, new, strict=True):
        while before != after and after in taken:
            after += "_"
        taken.add(after)
        names[before] = after
    return names


def _told(changed: dict[str, str], form: Format) -> str:
    def pairs() -> Iterator[str]:
        for old, new in list(changed.items())[:LISTED]:
            yield f"{printable(old)} is called {printable(new)}"

    more = len(changed) - LISTED
    told = ", ".join(pairs()) + (f", and so are {more} more" if more > 0 else "")
    kept = f"; the attributes {ORIGINAL} and long_name keep the names" if form.attributes else ""
    return f"{told}: {form.title} allows no such names{kept}"
