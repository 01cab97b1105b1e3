"""Law 8: the rooms stand in one order, and imports go down it (gradcli/DESIGN.md).

``python -m tests.test_layers`` prints the order, and every import that breaks the law.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.places import PACKAGE

# From the ground up: a room imports only rooms before it.
ROOMS = (
    *("errors", "record", "catalogue", "numerics", "system", "model", "settings", "cf"),
    *("geometry", "formats"),
    *("plan", "engine", "api", "xarray", "explore", "cli"),
)
# The doors of the package: the version and the Python face, `python -m gradcli`.
DOORS = ("__init__", "__main__")
# library: the only files that may import it
LIBRARIES = {
    "click": "cli/",
    "netCDF4": "formats/hdf5/library.py",
    "h5py": "formats/hdf5/library.py",
    "pyproj": ("geometry/terms.py", "geometry/projected.py"),
    "cf_units": "cf/units.py",
    "cftime": "cf/dates.py",
    "polars": ("formats/csv/parse.py", "formats/csv/format.py"),
    "deflate": "formats/deflate.py",
    "isal": "formats/deflate.py",
    "zlib_ng": "formats/deflate.py",
    "zipfile": ("formats/npz.py", "formats/zarr/zips.py"),
    "numcodecs": "formats/zarr/codecs.py",
    "obstore": ("formats/zarr/remote.py", "formats/zarr/objects.py"),
    "sympy": "explore/symbolic.py",
    "mistune": "cli/roff.py",
    "xarray": ("formats/dataset.py", "formats/engines.py", "xarray.py"),
    "dask": "engine/lazy.py",
    "distributed": "engine/cluster.py",
    "matplotlib": tuple(f"explore/{name}.py" for name in ("figure", "maps", "surfaces", "framing")),
}
MOST_LINES = 400
MOST_PARAMETERS = 14


def files(package: Path = PACKAGE) -> list[Path]:
    return sorted(package.rglob("*.py"))


def module_of(path: Path, package: Path = PACKAGE) -> str:
    """Return the dotted name of a file's module."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Return all that stands in a file, which each of these tests looks through."""
    return list(ast.walk(ast.parse(path.read_text())))


def imported(path: Path, known: Mapping[str, Path]) -> set[str]:
    """Return the modules that a file imports.

    Also those for types alone, those inside functions, and those that a string names, as a
    table of modules that are imported on demand does.
    """
    found = set()
    names = set(known) - {"gradcli"}
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (inner & known.keys()) or {node.module}
        elif isinstance(node, ast.Constant) and node.value in names:
            found.add(str(node.value))
    return found


def names_imported(path: Path) -> Iterator[tuple[str, str]]:
    """Yield each name that a file imports from another, with the module."""
    for node in nodes(path):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                yield node.module, alias.name


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def modules(package: Path = PACKAGE) -> dict[str, Path]:
    return {module_of(path, package): path for path in files(package)}


def graph(package: Path = PACKAGE) -> dict[str, set[str]]:
    """Return which modules of the package each module imports."""
    known = modules(package)
    return {name: imported(path, known) & set(known) for name, path in known.items()}


def upward(imports: Mapping[str, set[str]]) -> list[str]:
    """Return every import that does not go down."""
    order = {room: place for place, room in enumerate(ROOMS)}
    found = []
    for module, others in imports.items():
        room = room_of(module)
        for other in others:
            below = room_of(other)
            if room in DOORS or below == room or (room, other) == ("cli", "gradcli"):
                continue
            if below in DOORS or order[below] > order[room]:
                found.append(f"{module} imports {other}")
    return sorted(found)


def circle(imports: Mapping[str, set[str]]) -> list[str]:
    """Return the modules of a circle of imports, or none."""
    rooms = {name: others - {"gradcli"} for name, others in imports.items() if name != "gradcli"}
    try:
        TopologicalSorter(rooms).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_imports_go_down() -> None:
    assert upward(graph()) == []


def test_there_are_no_circles() -> None:
    assert circle(graph()) == []


def test_every_room_stands_in_the_order() -> None:
    assert {room_of(module) for module in modules()} == {*ROOMS, *DOORS}


def test_no_name_with_an_underscore_is_imported() -> None:
    private = [
        f"{module_of(path)}: {module}.{name}"
        for path in files()
        for module, name in names_imported(path)
        if module.startswith("gradcli") and (name.startswith("_") or "._" in module)
        if name != "__version__"
    ]
    assert private == []


@pytest.mark.parametrize("room", ["system", "numerics"])
def test_the_ground_needs_little(room: str) -> None:
    allowed = {"gradcli", *sys.stdlib_module_names} | ({"numpy"} if room == "numerics" else set())
    for path in files(PACKAGE / room):
        outside = {name.split(".")[0] for name in imported(path, {})} - allowed
        assert not outside, path


def test_a_library_lives_in_one_place() -> None:
    for path in files():
        place = str(path.relative_to(PACKAGE))
        for name in imported(path, {}):
            allowed = LIBRARIES.get(name.split(".")[0])
            assert allowed is None or place.startswith(allowed), f"{place} imports {name}"


def test_files_stay_small() -> None:
    counts = {str(path): len(path.read_text().splitlines()) for path in files()}
    assert not {path: count for path, count in counts.items() if count > MOST_LINES}


def test_functions_take_few_parameters() -> None:
    many = [
        f"{path}: {node.name}"
        for path in files()
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef)
        and len(node.args.args + node.args.kwonlyargs) > MOST_PARAMETERS
        and node.name != "differentiate"
    ]
    assert many == []


def test_the_law_sees_what_breaks_it(tmp_path: Path) -> None:
    package = tmp_path / "gradcli"
    texts = {
        "system/one.py": "def f():\n    from gradcli.model import two\n",
        "model/two.py": 'MODULES = {"x": "gradcli.model.three"}\n',
        "model/three.py": "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from gradcli.model.two import MODULES\n",
    }
    for name, text in texts.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    imports = graph(package)
    assert upward(imports) == ["gradcli.system.one imports gradcli.model.two"]
    assert set(circle(imports)) == {"gradcli.model.two", "gradcli.model.three"}


if __name__ == "__main__":
    print("from the ground up:", " ".join(ROOMS))
    found = graph()
    print(f"{len(found)} modules; imports that do not go down: {upward(found) or 'none'}")
    print("circles:", " -> ".join(circle(found)) or "none")
