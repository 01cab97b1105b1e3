"""Law 8: who may import whom, as gradcli/DESIGN.md says."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gradcli"

# room: rooms of gradcli that it may import
ROOMS = {
    "errors": set(),
    "model": {"errors"},
    "templates": {"errors"},
    "numerics": {"errors"},
    "settings": {"errors", "numerics", "templates"},
    "charts": {"axes", "errors", "formats", "model"},
    "overrides": {"axes", "errors", "model", "select", "settings"},
    "gridmap": {"angles", "charts", "errors", "factors", "model", "numerics"},
    "factors": {"model"},
    "projection": {
        *("errors", "factors", "formats", "geometry", "model", "numerics", "settings"),
    },
    "curvilinear": {
        *("factors", "charts", "errors", "geometry", "gridmap", "model", "numerics", "settings"),
    },
    "threads": set(),
    "angles": {"model"},
    "orientation": {"angles", "choose", "model", "numerics"},
    "geometry": {"angles", "errors", "model", "numerics", "choose", "settings"},
    "vectors": {
        *("axes", "errors", "model", "numerics", "settings", "choose", "labels", "geometry"),
        *("orientation", "units"),
    },
    "results": {"model", "numerics", "settings", "choose", "labels", "geometry"},
    "tasks": {"model", "numerics", "geometry", "plan", "sharing"},
    "block": {
        *("model", "numerics", "plan", "tasks", "formats", "arrangement", "precision", "tally"),
    },
    "units": {"errors"},
    "room": {"errors"},
    "tally": {"numerics"},
    "sharing": set(),
    "plan": {"errors", "model", "sharing"},
    "axes": {"errors", "model"},
    "select": {"errors", "model"},
    "arrangement": {"model", "numerics"},
    "choose": {
        *("errors", "model", "settings", "axes", "charts", "overrides", "units", "arrangement"),
    },
    "storage": {"axes", "errors", "model", "settings", "plan"},
    "labels": {"errors", "templates"},
    "formats": {"threads", "errors", "model", "numerics", "plan", "arrangement", "room"},
    "outputs": {"errors", "model", "templates", "formats"},
    "precision": set(),
    "prepare": {
        *("errors", "model", "settings", "plan", "axes"),
        *("choose", "formats", "outputs", "vectors", "tasks", "taskmaker", "storage", "stream"),
    },
    "taskmaker": {
        *("errors", "model", "numerics", "settings", "choose", "charts", "curvilinear"),
        *("factors", "geometry", "gridmap", "projection", "results", "tasks", "vectors"),
        *("angles", "orientation"),
    },
    "engine": {
        *("errors", "model", "numerics", "settings", "plan"),
        *("formats", "labels", "outputs", "prepare", "tally", "tasks", "threads", "block"),
        *("precision", "room"),
    },
    "stream": {"errors", "model", "numerics", "formats", "plan"},
    "survey": {
        *("errors", "model", "numerics", "charts", "choose", "labels", "formats", "taskmaker"),
        "geometry",
    },
    "api": {
        *("errors", "model", "numerics", "settings", "outputs", "prepare", "engine", "stream"),
        "formats",
    },
    "cli": {
        *("errors", "model", "plan", "engine", "api", "survey", "__init__"),
        *("formats", "outputs", "room", "settings", "templates", "threads"),
    },
    "__init__": {"api", "numerics"},
    "__main__": {"cli"},
}
# library: the only files that may import it
LIBRARIES = {
    "click": "cli/",
    "netCDF4": "formats/_hdf5.py",
    "h5py": "formats/_hdf5.py",
    "pyproj": ("geometry.py", "projection.py"),
    "cf_units": "units.py",
    "polars": "formats/_csv",
    "xarray": "nowhere",
    "cftime": "select.py",
    "isal": "formats/_deflate.py",
    "zlib_ng": "formats/_deflate.py",
    "zipfile": "formats/npz.py",
}


def files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Return the modules that a file imports, also inside functions; not for types alone."""
    found = set()
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for inner in node.body:
                for part in ast.walk(inner):
                    part.skipped = True  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if getattr(node, "skipped", False):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            if node.module == "gradcli":
                found |= {f"gradcli.{alias.name}" for alias in node.names}
    return found


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_room_imports_only_the_rooms_it_may(path: Path) -> None:
    room = room_of(path)
    seen = {name.split(".")[1] for name in imported(path) if name.startswith("gradcli.")}
    names = {"__version__"} if room == "cli" else set()
    assert seen - names - {room} <= ROOMS[room]


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_library_lives_in_one_place(path: Path) -> None:
    place = str(path.relative_to(PACKAGE))
    for name in imported(path):
        allowed = LIBRARIES.get(name.split(".")[0])
        assert allowed is None or place.startswith(allowed) or place == "formats/csv.py", name


def test_numerics_import_numpy_alone() -> None:
    import sys

    for path in (PACKAGE / "numerics").glob("*.py"):
        outside = {name.split(".")[0] for name in imported(path)} - {"numpy", "gradcli"}
        assert outside <= set(sys.stdlib_module_names)


def test_every_room_has_a_rule() -> None:
    assert {room_of(path) for path in files()} == set(ROOMS)


def test_files_stay_small() -> None:
    long = {
        str(path.relative_to(PACKAGE)): count
        for path in files()
        if (count := len(path.read_text().splitlines())) > 340
    }
    assert not long
