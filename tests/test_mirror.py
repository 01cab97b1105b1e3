"""Each module of gradcli that has logic has a file of tests in the same place under tests/."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.places import PACKAGE, ROOT

TESTS = ROOT / "tests"
# Modules whose tests stand elsewhere: where, and why.
ELSEWHERE = {
    "cli/main.py": ("cli/test_errors.py", "exit codes and streams of the installed command"),
    "cli/commands.py": ("cli/test_help.py", "the table of commands, as help shows it"),
    "cli/group.py": ("cli/test_help.py", "what the command says of itself"),
    "cli/info.py": ("plan/test_survey.py", "the facts that it prints"),
    **{
        f"explore/{name}.py": ("explore/test_figure.py", "pictures of every kind, as drawn")
        for name in ("maps", "lines", "surfaces", "arrows", "framing")
    },
    "explore/plot.py": ("cli/test_plot.py", "pictures as the command writes them"),
    "cli/compute.py": ("cli/test_options.py", "options of the installed command"),
    **{
        f"engine/{name}.py": ("cli/test_parts.py", "parts give the bytes of one run")
        for name in ("parts", "shares")
    },
    "formats/packets.py": ("engine/test_stored.py", "what was packed comes back from a part"),
    **{
        f"formats/{name}/forms.py": ("engine/test_block_elsewhere.py", "packers without a file")
        for name in ("hdf5", "zarr")
    },
    "formats/engines.py": ("cli/test_engines.py", "each engine in a process of its own"),
    "formats/dataset.py": ("test_xarray.py", "datasets give what files give"),
    "engine/pieces.py": ("test_xarray.py", "blocks made of the chunks of lazy arrays"),
    "formats/series/facts.py": ("formats/series/test_source.py", "what must fit in joined files"),
    "formats/netcdf/joined.py": ("formats/series/test_source.py", "joined files as one to copy"),
    "formats/netcdf/twin.py": ("formats/series/test_members.py", "files that are alike"),
    "engine/series.py": ("cli/test_series.py", "one output for each of the joined files"),
    "engine/lazy.py": ("test_xarray.py", "lazy results, one task for each block"),
    **{
        f"engine/{name}.py": ("engine/test_cluster.py", "runs on a cluster, as a whole")
        for name in ("clustered", "job", "kept", "scheduler")
    },
    "system/local.py": ("cli/test_cluster.py", "workers that end with the command"),
    "system/bound.py": ("cli/test_cluster.py", "processes that end with their parent"),
    "cli/completion.py": ("cli/test_manual.py", "scripts that shells read"),
    "cli/explore.py": ("cli/test_verify.py", "how commands begin that write no results"),
    "cli/keywords.py": ("cli/test_sample.py", "a formula in place of an input"),
    "cli/inputs.py": ("cli/test_batch.py", "batches of the installed command"),
    "cli/work.py": ("cli/test_batch.py", "batches of the installed command"),
    "system/allocator.py": ("test_state.py", "a Python user's process is left alone"),
    "system/sync.py": ("cli/test_sync.py", "seen from outside, by strace"),
    "engine/block.py": ("engine/test_block_elsewhere.py", "the step of a block, here and there"),
    "numerics/assemble_columns.py": ("numerics/test_columns.py", "stencils of columns, as made"),
    **{
        f"numerics/column_{name}.py": ("numerics/test_columns.py", "columns, each as an axis")
        for name in ("gaps", "tiles", "windows")
    },
    "engine/run.py": ("laws/test_laws.py", "the laws hold for the whole loop"),
    "engine/report.py": ("test_api.py", "reports are what the Python face returns"),
    "plan/plan.py": ("cli/test_dry_run.py", "a plan without a run"),
    "plan/tasks.py": ("plan/test_schedule.py", "what a task needs decides its blocks"),
    "model/protocols.py": ("contract.py", "what every source and sink promises"),
    "formats/base.py": ("contract.py", "what every source and sink promises"),
    "formats/netcdf/__init__.py": ("formats/netcdf/test_storage.py", "what its files can have"),
    "formats/netcdf/ragged.py": ("plan/test_tracks.py", "parts of tracks, as written"),
    "formats/hdf5/stored_sink.py": ("laws/test_raw_and_library.py", "both ways give one file"),
    "formats/zarr/remote.py": ("cli/test_zarr.py", "servers of stores, on loopback"),
    "formats/described.py": ("formats/zarr/test_source.py", "fields of stores and datasets"),
    "formats/chunked.py": ("model/test_chunks.py", "each chunk is decoded once"),
    "formats/copying.py": ("formats/netcdf/test_sink.py", "what goes with results"),
    **{
        f"formats/zarr/{name}.py": (f"formats/zarr/test_{place}.py", "stores, read and written")
        for place, names in {
            "source": ("reader", "layout", "version2", "version3", "codecs", "zips"),
            "sink": ("__init__", "carried", "new_store", "target", "chosen", "packer"),
            "stores": ("survey",),
        }.items()
        for name in names
    },
    "geometry/cells.py": ("geometry/test_lengths.py", "lengths and areas of the cells of C grids"),
    "geometry/stored.py": ("geometry/test_lengths.py", "lengths that files hold"),
    "geometry/distances.py": ("geometry/test_lengths.py", "lengths from positions"),
    "geometry/scales.py": ("geometry/test_orthogonal.py", "the factors of its terms"),
    "plan/measured.py": ("geometry/test_orthogonal.py", "where an azimuth closes, and notes"),
    "geometry/gridmap.py": ("geometry/test_curvilinear.py", "the factors of curvilinear grids"),
    "plan/cgrid_points.py": ("plan/test_cgrid_parts.py", "the points that parts are taken of"),
    "plan/spacing.py": ("plan/test_taskmaker.py", "the spacing of a task's axes"),
    "engine/adapting.py": ("engine/test_block_elsewhere.py", "what a block does next to gaps"),
    "plan/variables.py": ("plan/test_choose.py", "a choice begins with the variables"),
    "numerics/track_spacing.py": ("numerics/test_tracks.py", "the spacing of tracks"),
    "geometry/jacobian.py": ("geometry/test_curvilinear.py", "the factors of curvilinear grids"),
}


def has_logic(path: Path) -> bool:
    """Return whether a module does more than to import, to name and to hand on.

    A function of one statement, as those by which a package imports on demand, is no logic.
    """
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            imports = (ast.Import, ast.ImportFrom)
            steps = [step for step in node.body if not isinstance(step, (ast.Expr, *imports))]
            if len(steps) > 1 or any(not isinstance(step, ast.Return) for step in steps):
                return True
    return False


def place_of(path: Path) -> Path:
    """Return where the tests of a module are looked for: those of a package have its name."""
    inside = path.relative_to(PACKAGE)
    if inside.name == "__init__.py":
        inside = inside.parent.with_suffix(".py")
    return TESTS / inside.with_name(f"test_{inside.name}")


@cache
def modules() -> dict[str, Path]:
    found = (path for path in sorted(PACKAGE.rglob("*.py")) if has_logic(path))
    root = PACKAGE / "__init__.py"  # hands on the Python face, which test_api.py tests
    return {str(path.relative_to(PACKAGE)): path for path in found if path != root}


def test_each_module_has_its_file_of_tests() -> None:
    missing = [name for name, path in modules().items() if not place_of(path).exists()]
    assert sorted(set(missing) - set(ELSEWHERE)) == []


def test_exceptions_are_needed_and_their_tests_are_there() -> None:
    for name, (place, _) in ELSEWHERE.items():
        assert name in modules(), name
        assert not place_of(PACKAGE / name).exists(), f"{name} has a file of tests by now"
        assert (TESTS / place).exists(), place
