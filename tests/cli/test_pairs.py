"""Every option takes effect, is noted or is refused: with formats, commands and other options."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from gradcli.catalogue import BY_NAME, ROWS
from gradcli.formats.registry import BY_NAME as FORMATS
from tests.cli.pairs import (
    KINDS,
    OTHERWISE,
    TRIALS,
    Runner,
    Step,
    line_of,
    outcome,
    over_commands,
    over_formats,
    over_pairs,
    trial_of,
)

# Pairs of which one leaves nothing for the other to change; the run is as both say.
MEANT = {
    ("edge-order", "isel"): "the part has no ends",
    ("edge-order", "sel"): "the part has no ends",
    ("edges", "isel"): "the part has no ends",
    ("edges", "sel"): "the part has no ends",
    ("periodic", "isel"): "the part has no ends",
    ("periodic", "sel"): "the part has no ends",
}
LONG = "long.csv --dims lat,lon"
TABLE = "compute table.csv --axis t --sort --duplicates mean"
# Where an option changes nothing, and is left so.
PRINTED = {("descend", "missing-value"): "the path meets no such value"}


@pytest.fixture(scope="module")
def runner(tmp_path_factory) -> Runner:
    return Runner(tmp_path_factory.mktemp("pairs"))


def silent(steps: Iterable[Step]) -> list[str]:
    """Return the steps in which an option changed nothing, without a word."""
    return [
        f"{name}: nothing with {place}"
        for place, name, without, given in steps
        if outcome(without, given) == "nothing" and not BY_NAME[name].idle
    ]


def test_every_option_has_a_trial():
    """A new option needs a row in the table of trials, too."""
    assert TRIALS.keys() == BY_NAME.keys()
    assert {name for _, name in OTHERWISE} <= BY_NAME.keys()


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        ("netcdf", "accuracy", "changed"),
        ("npz", "units", "noted"),
        ("table", "units", "noted"),
        ("npy", "decimal", "refused"),
        ("netcdf", "stack", "refused"),
        ("npz", "stack", "changed"),
        ("netcdf", "shards", "refused"),
        ("netcdf", "glob", "refused"),
        ("netcdf", "exclude", "refused"),
        ("npz", "no-valid-range", "refused"),
        ("npy", "no-history", "nothing"),
    ],
)
def test_an_option_with_a_format(runner, kind, name, expected):
    words = line_of(KINDS[kind], "compute", name)
    left = runner.with_option(words, KINDS[kind], trial_of(KINDS[kind], "compute", name))
    assert outcome(*left) == expected
    assert expected != "nothing" or BY_NAME[name].idle


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        (
            "compute grid.nc --axis z --spacing lon=3",
            0,
            "no derivative is taken along lon (--axis)",
        ),
        ("compute grid.nc --var u --axis z --units T=cm", 0, "T is neither differentiated, nor"),
        ("compute grid.npz --dims z,lat,lon --var T --units T=cm", 0, "NPZ keeps no units"),
        ("compute grid.nc --stack --dry-run", 2, "NetCDF holds each under its own name"),
        ("laplacian grid.nc --metric sphere --also laplacian", 2, "is what is asked for without"),
        (f"{TABLE} --isel t=1:7 --units T=cm", 0, "CSV keeps no units"),
        (f"{TABLE} --dims u --units T=cm", 0, "CSV keeps no units"),
        ("probe grid.nc --at lon=0,lat=-50.2,z=100 --units T=cm", 0, "the table holds no units"),
        (
            "descend grid.nc --from lon=9,lat=9,z=100 --axis lon,lat --var u --units u=K",
            0,
            "holds no units",
        ),
        ("verify grid.nc --exact lon+z --var u --units u=K", 1, "errors are told without units"),
        ("verify grid.nc --exact lon --var u --metric sphere", 2, "not of verify"),
        ("compute grid.npz --dims z,y,x --name a{axis} --stack", 2, "exclude each other"),
        ("compute --formula x*y --grid x=0:5:1,y=0:5:1 --dims x,y -o f.nc", 2, "exclude each"),
        (f"laplacian {LONG} --metric sphere --units T=cm", 0, "CSV keeps no units"),
        ("info grid.nc --dims a,b,c", 2, "--dims a,b,c fits no variable"),
        ("compute grid.nc --shards lon=8", 2, "only Zarr 3 has shards; use -o with .zarr"),
    ],
)
def test_what_was_silent(runner, line, code, told):
    left = runner.run(*line.split())
    assert left.code == code
    assert told in left.err


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("grid.npz --dims z,y,x --stack", "writes grid_gradient.npz, in which all results are one"),
        ("grid.npz --dims z,y,x --deflate 9", "stored deflate 9"),
        ("grid.zarr --axis lon --shards lon=8", "in chunks of 6 x 7 x 8, in shards of 6 x 7 x 8"),
        ("long.csv --dims lat,lon --metric sphere --per lat=km", "6371229 m, per lat=km, float64"),
    ],
)
def test_a_dry_run_says_how_results_are_stored(runner, line, told):
    left = runner.run("compute", *line.split(), "--dry-run")
    assert told in left.out.decode()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--axis lon --periodic lon=400", "accuracy 2, periodic, float64"),
        ("--axis lat --edge-order 3", "accuracy 2 (3 at the ends), float64"),
        ("--axis lat --edges missing", "accuracy 2, missing at the ends, float64"),
        ("--axis lat --missing adapt", "accuracy 2 (1 at the ends), adapted next to gaps, float64"),
        ("--axis lat --missing-value 7", "(missing: 9.969209968386869e+36, above 8.5, NaN, 7)"),
        ("--axis lat --metric sphere --radius 7e6", "metric sphere, radius 7000000 m, float64"),
        ("--axis lat --unwrap 2pi", "values wrap at 6.28319, float64"),
        ("--axis z --follow-positive", "(1 at the ends), upwards, float64"),
        ("--axis lon,lat --metric sphere --also direction --downslope", "lat, down the slope,"),
        ("--axis lat --keep", "keeps z, lat, lon, T, u, v, other"),
    ],
)
def test_a_dry_run_says_how_derivatives_are_taken(runner, options, told):
    left = runner.run("compute", "grid.nc", "--var", "T", "--dry-run", *options.split())
    assert told in left.out.decode()


def test_units_that_a_number_depends_on_need_no_note(runner):
    line = "compute long.csv --dims lat,lon --axis lon --units lon=m --per lon=km"
    assert "changes nothing" not in runner.run(*line.split()).err


def test_info_names_axes_as_the_other_commands_do(runner):
    assert b"df_dlon" in runner.run("info", "grid.npz", "--dims", "z,lat,lon").out.replace(
        b"dT_d", b"df_d"
    )


@pytest.mark.long
def test_every_option_with_every_format(runner):
    steps = list(over_formats(runner))
    assert silent(steps) == []
    changed = {name for _, name, *left in steps if outcome(*left) in ("changed", "noted")}
    tried = {name for _, name, *_ in steps}
    # Folders, and one array that holds a vector, are tried by other tests.
    elsewhere = {"glob", "exclude", "components"}
    assert {name for name in tried - changed if not BY_NAME[name].idle} == elsewhere
    for place, name, *left in steps:
        row, known = BY_NAME[name], KINDS[place].format
        written = "netcdf" if known == "xarray" else known
        if (row.inputs and known not in row.inputs.split()) or (
            row.outputs and written not in row.outputs.split()
        ):
            assert outcome(*left) == "refused", (place, name)


@pytest.mark.long
def test_every_option_with_every_command(runner):
    steps = over_commands(runner)
    assert silent(step for step in steps if (step[0], step[1]) not in PRINTED) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", ["netcdf", "table", "long", "npz", "zarr"])
def test_every_option_beside_every_other(runner, kind):
    steps = over_pairs(runner, KINDS[kind])
    kept = (step for step in steps if (step[1], step[0]) not in MEANT)
    assert silent(kept) == []


def test_formats_of_the_walk_are_all_that_there_are():
    assert {kind.format for kind in KINDS.values()} == FORMATS.keys() | {"xarray"}
    assert len(ROWS) == len(BY_NAME)
