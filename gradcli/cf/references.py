"""What a variable is for, and which variables an attribute names, by the CF conventions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from gradcli.cf.roles import is_latitude, is_longitude

REFERENCES = ("coordinates", "grid_mapping", "cell_measures", "formula_terms")
RAGGED = ("sample_dimension", "instance_dimension")  # lengths of tracks, and their numbers
BOUNDS = ("bounds", "climatology")


def referenced(attributes: Mapping[str, Any], *names: str) -> list[str]:
    """Return the names of the variables that the given attributes refer to.

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


def without_references(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes without those that name variables, for output in another format."""
    return {name: value for name, value in attributes.items() if name not in REFERENCES + BOUNDS}


def is_flag(attributes: Mapping[str, Any]) -> bool:
    """Return whether the numbers of a variable are codes instead of quantities."""
    name = str(attributes.get("standard_name", ""))
    coded = {"flag_values", "flag_masks", "flag_meanings"} & set(attributes)
    return bool(coded) or name.endswith("status_flag")


def kinds(
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
    shapes: Mapping[str, tuple[int, ...]],
) -> dict[str, str]:
    """Return the paths of variables that describe others, and the kind of each."""
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
        elif any(name in own for name in (*RAGGED, "cf_role")):
            found[path] = "track"
        elif _is_coordinate(own, path.rpartition("/")[2], len(dimensions[path])):
            found.setdefault(path, "coordinate")
        elif _looks_like_bounds(path, shapes[path], attributes):
            found.setdefault(path, "bounds")
    return found


def of_tracks(
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
    along: str,
) -> list[str]:
    """Return the variables that cut a dimension into tracks (CF section 9.3), and what names these.

    >>> attributes = {"size": {"sample_dimension": "obs"}, "id": {"cf_role": "profile_id"}}
    >>> of_tracks(attributes, {"size": ("cast",), "id": ("cast",)}, "obs")
    ['size', 'id']
    """
    lengths, numbers = RAGGED
    found: list[str] = []
    instances: set[str | None] = set()
    for path, own in attributes.items():
        if own.get(lengths) == along:
            found.append(path)
            instances.update(dimensions[path])
        elif numbers in own and dimensions[path] == (along,):
            found.append(path)
            instances.add(own[numbers])
    roles = [path for path, own in attributes.items() if "cf_role" in own]
    return found + [path for path in roles if instances & set(dimensions[path][:1])]


def _is_coordinate(attributes: Mapping[str, Any], name: str, count: int) -> bool:
    """Return whether a variable over a number of dimensions says itself that it is a coordinate.

    Its name alone is enough over two dimensions: a series called ``long`` may be anything.

    Data may have such attributes too: IOIPSL wrote ``axis = "TYX"`` on every field, and in CMIP
    ``positive`` says which way a flux counts. Only ``x``, ``y``, ``z`` or ``t`` is an axis.
    """
    axis = str(attributes.get("axis", "")).strip().lower()
    marked = axis in ("x", "y", "z", "t") or ("positive" in attributes and not _flows(attributes))
    told = count > 1 or "units" in attributes or "standard_name" in attributes
    return marked or (told and (is_longitude(attributes, name) or is_latitude(attributes, name)))


def _flows(attributes: Mapping[str, Any]) -> bool:
    """Return whether a variable is data whose ``positive`` is the direction of a flux or a stress.

    >>> _flows({"units": "W m-2"}), _flows({"units": "m"}), _flows({"cell_methods": "time: mean"})
    (True, False, True)
    """
    words = set(str(attributes.get("standard_name", "")).split("_"))
    compound = re.search(r"[\s/*^]|\w-?\d", str(attributes.get("units", "")).strip())
    return "cell_methods" in attributes or bool(compound) or bool(words & {"flux", "stress"})


def _terms_of_bounds(
    path: str,
    attributes: Mapping[str, Mapping[str, Any]],
    dimensions: Mapping[str, tuple[str | None, ...]],
) -> dict[str, str]:
    """Return the formula terms of a bounds variable that are bounds too (CF section 7.1)."""
    terms = (
        resolve(path, name, attributes) for name in referenced(attributes[path], "formula_terms")
    )
    vertex = dimensions[path][-1:]
    return {term: "bounds" for term in terms if term and vertex and dimensions[term][-1:] == vertex}


def _looks_like_bounds(path: str, shape: tuple[int, ...], known: Iterable[str]) -> bool:
    match = re.fullmatch(r"(.+)_(?:bnds|bounds)", path)
    return match is not None and shape[-1:] in ((2,), (4,)) and match[1] in set(known)


def resolve(path: str, name: str, known: Iterable[str]) -> str | None:
    """Return the path that a name refers to from a variable: in its group, then in those above.

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
