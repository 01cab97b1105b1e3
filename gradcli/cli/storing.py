"""Options that say how results are stored."""

from __future__ import annotations

import click

from gradcli.cli.declare import choice, stack_options
from gradcli.cli.parse import parse_chunks

storing = stack_options(
    click.option(
        "--dtype",
        type=choice("f4", "f8", "float32", "float64"),
        help="Type of the results, of 4 or 8 bytes. [default: f4 for f4, else f8]",
    ),
    click.option(
        "--deflate",
        type=int,
        metavar="N",
        help="Compress results at level 1 to 9, or not at all: 0 (netCDF-4, HDF5, NPZ, Zarr). "
        "[default: as the input]",
    ),
    click.option(
        "--chunks",
        metavar="A=N,…|N,…",
        callback=parse_chunks,
        help="Chunks of results, by axis or one number for each; 'all' is a whole axis (netCDF-4, "
        "HDF5, Zarr). [default: as the input]",
    ),
    click.option(
        "--shards",
        metavar="A=N,…|N,…",
        callback=parse_chunks,
        help="Shards of results in Zarr 3, written like --chunks, of which they are multiples. "
        "[default: as the input]",
    ),
    click.option(
        "--sync",
        is_flag=True,
        help="Wait until outputs are on the disk (fsync), their data before their names.",
    ),
    click.option("--no-history", is_flag=True, help="Do not add a line to the attribute history."),
)
