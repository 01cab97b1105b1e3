"""The grid mapping of a field, and which of its axes are x and y of the map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradcli.cf.references import referenced, resolve
from gradcli.cf.roles import role_of
from gradcli.model.axes import Axis
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import replace

METRES = {"m": 1.0, "km": 1000.0} | dict.fromkeys(("metre", "metres", "meter", "meters"), 1.0)
METRES |= dict.fromkeys(("kilometre", "kilometres", "kilometer", "kilometers"), 1000.0)
_ANGULAR = ("rad", "radian", "radians")  # scanning angles of geostationary satellites


def find_mapping(source: Source, origin: Field) -> tuple[str, Mapping[str, Any]] | None:
    """Return the name and the attributes of the grid mapping of a field, if it has one."""
    for name in referenced(origin.attributes, "grid_mapping"):
        path = resolve(origin.name, name, source.attributes)
        said = source.attributes.get(path or "", {})
        if not {"grid_mapping_name", "crs_wkt", "spatial_ref"}.isdisjoint(said):
            return str(said.get("grid_mapping_name") or name), said
    return None


def with_map_axes(source: Source, field: Field) -> Field:
    """Return a field whose axes have the roles x and y where its grid mapping says so.

    The axes are those that the attribute ``grid_mapping`` names, or else the only two in units of
    length that have no other role. Names tell which is x; if they do not, the slower axis is y.
    """
    mapping = find_mapping(source, field) if "grid_mapping" in field.attributes else None
    if mapping is None or mapping[0] == "latitude_longitude":
        return field
    units = {*METRES, *(_ANGULAR if "perspective_point_height" in mapping[1] else ())}
    every = [place for place, axis in enumerate(field.axes) if _may_be_of_map(axis, units)]
    found = _named(field, every) or every
    if len(found) > 2:
        found = [place for place in found if role_of(field.axes[place])]
    if len(found) != 2:
        return field
    roles = [role_of(field.axes[place]) for place in found]
    if "x" in roles or "y" in roles:
        roles = [role or ("y" if roles[1 - i] == "x" else "x") for i, role in enumerate(roles)]
    else:
        roles = ["y", "x"]
    if sorted(map(str, roles)) != ["x", "y"]:
        return field
    axes = list(field.axes)
    for place, role in zip(found, roles, strict=True):
        axes[place] = replace(axes[place], role=role)
    return replace(field, axes=tuple(axes))


def _named(field: Field, places: list[int]) -> list[int]:
    """Return those of some axes whose coordinates ``crs: x y`` names."""
    names = set(referenced(field.attributes, "grid_mapping"))
    axes = ((place, field.axes[place]) for place in places)
    return [p for p, a in axes if {a.name, str(a.coordinate).rpartition("/")[2]} & names]


def _may_be_of_map(axis: Axis, units: set[str]) -> bool:
    return axis.values is not None and axis.units in units and role_of(axis) in ("x", "y", None)
