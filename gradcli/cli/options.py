"""The options that commands share; those for the meaning of derivatives are in `meaning`."""

from __future__ import annotations

import click

from gradcli.cli.complete import complete_folder, complete_path
from gradcli.cli.declare import Text, choice, stack_options
from gradcli.cli.parse import (
    parse_coords,
    parse_grids,
    parse_isel,
    parse_periodic,
    parse_sel,
    parse_spacing,
)
from gradcli.cli.storing import storing
from gradcli.formats.registry import BY_NAME

CLOSED = "an axis that closes on itself is named by --periodic AXIS"

file_format = click.option(
    "--format", type=choice(*BY_NAME), help="Format of stdin, or of a file with an unusual suffix."
)

reading = stack_options(
    file_format,
    click.option(
        "--engine",
        metavar="NAME",
        help="Engine of xarray that reads the input. "
        "[default: cfgrib for .grib, rasterio for .tif]",
    ),
    click.option(
        "--dims",
        metavar="A,B,…",
        help="Names for the axes of an array that has none, slowest first; for CSV tables: "
        "which columns are coordinates.",
    ),
    click.option(
        "--csv-layout",
        type=choice("matrix", "crosstab", "table", "long"),
        help="How a CSV is laid out. [default: told by its content]",
    ),
    click.option(
        "--no-valid-range",
        is_flag=True,
        help="Ignore valid_min, valid_max and valid_range (NetCDF, HDF5, Zarr).",
    ),
    click.option(
        "--decimal", type=choice(".", ","), help="Decimal mark of a CSV. [default: recognised]"
    ),
    click.option(
        "--thousands",
        metavar="MARK",
        help="Mark between groups of three digits in a CSV ('.', ',', an apostrophe, a blank).",
    ),
    click.option(
        "--header",
        metavar="N|none|auto",
        help="Which line of a CSV names its columns; none: they are c0, c1, … [default: auto]",
    ),
    click.option(
        "--skip-rows",
        metavar="N",
        type=click.IntRange(min=0),
        default=0,
        help="Lines at the start of a CSV to skip.",
    ),
    click.option(
        "--encoding",
        metavar="NAME",
        help="Encoding of a CSV, as latin-1. [default: UTF-8, or UTF-16 by its mark]",
    ),
    click.option(
        "--date-format",
        metavar="FORMAT",
        help="How dates in a CSV are written, as '%d/%m/%y %H:%M' (strptime).",
    ),
)

folders = stack_options(
    click.option(
        "-r",
        "--recursive",
        is_flag=True,
        help="Take the files in folders, and in folders below them.",
    ),
    click.option(
        "--glob",
        metavar="PATTERN",
        help="Which names are taken in folders, as '*.nc'. Results of an earlier run are left out. "
        "[default: those of known suffixes]",
    ),
    click.option(
        "--exclude",
        metavar="PATTERN",
        multiple=True,
        type=Text(),
        help="Names of files and folders that are left out, as '*_old.nc', 'tmp/' or "
        "'runs/1999*'; repeat it for several.",
    ),
)

finding = stack_options(
    folders,
    click.option(
        "--files-from",
        metavar="FILE",
        help="A file that lists further inputs, one path a line; '-' is stdin.",
    ),
    click.option(
        "-0",
        "--null",
        is_flag=True,
        help="Paths in --files-from end with NUL, not with a new line.",
    ),
)

choosing = stack_options(
    click.option(
        "-a",
        "--axis",
        metavar="A,B",
        help="Axes to differentiate along: names, indices (0, -1), CF roles (x, y, z, t) or "
        "standard names. [default: all axes of more than one point]",
    ),
    click.option(
        "-v",
        "--var",
        metavar="N,M",
        multiple=True,
        type=Text(),
        help="Variables, HDF5 dataset paths, CSV columns. [default: every one that is data]",
    ),
    click.option(
        "--isel",
        metavar="AXIS=I[:J]",
        multiple=True,
        type=Text(),
        callback=parse_isel,
        help="Write part of the result, by index (J left out of it).",
    ),
    click.option(
        "--sel",
        metavar="AXIS=V[:W]",
        multiple=True,
        type=Text(),
        callback=parse_sel,
        help="Write part of the result, by coordinate or date (W included, a date to its end; "
        "V alone: the nearest point, or those of the date). Longitudes go around: lon=350:10.",
    ),
    click.option(
        "--no-halo",
        is_flag=True,
        help="Treat the part as if it were the whole file. [default: stencils use the neighbours "
        "outside it]",
    ),
)

grid = click.option(
    "--grid",
    metavar="AXIS=START:STOP:STEP,…",
    callback=parse_grids,
    help="The grid of a formula, slowest axis first, as numpy's mgrid takes it: STOP is left out; "
    "with Nj for STEP there are N points and STOP is the last. AXIS=0,1,3 are points.",
)
formula = stack_options(
    click.option(
        "--formula",
        metavar="EXPRESSION",
        help="A formula in place of an input, as 'sin(x + y)' or 'u = x; v = x*y'; needs --grid.",
    ),
    grid,
)

exactness = stack_options(
    click.option(
        "--order",
        type=int,
        metavar="N",
        default=1,
        help="Which derivative, 1 to 6. [default: 1]",
    ),
    click.option(
        "--accuracy",
        type=int,
        metavar="N",
        help="Order of accuracy inside: 2, 4, 6, 8; of --scheme forward or backward 1 to 8. "
        "[default: 2; forward or backward 1]",
    ),
    click.option(
        "--edge-order",
        type=int,
        metavar="N",
        help="Order of accuracy at the ends, 1 to 8. [default: 1 for accuracy 2 and order 1, else "
        "the accuracy]",
    ),
)

siding = stack_options(
    click.option(
        "--scheme",
        type=choice("central", "forward", "backward"),
        default="central",
        help="On which side neighbours are taken. [default: central]",
    ),
    click.option(
        "--smooth",
        metavar="savgol:WINDOW,DEGREE",
        help="Derivative of the polynomial fitted to the nearest WINDOW points, in place of "
        "--accuracy, --edge-order and --scheme.",
    ),
)

differencing = stack_options(
    exactness,
    click.option(
        "--edges",
        type=choice("one-sided", "missing", "pole", periodic=CLOSED, wrap=CLOSED),
        default="one-sided",
        help="What the ends get, where the stencil does not fit: one-sided differences, or missing "
        "values. pole: with --metric on a grid around the Earth, rows next to a pole use the rows "
        "across it. [default: one-sided]",
    ),
    click.option(
        "--missing",
        type=choice("propagate", "adapt"),
        default="propagate",
        help="What a point next to a gap gets: missing (propagate), or what an end would get "
        "(adapt: the edge order, or the best order that its run of valid neighbours allows). "
        "[default: propagate]",
    ),
    siding,
    click.option(
        "--spacing",
        metavar="[AXIS=]S",
        multiple=True,
        type=Text(),
        callback=parse_spacing,
        help="Equal steps for axes without coordinates, or instead of them. [default: 1]",
    ),
    click.option(
        "--coords",
        metavar="AXIS=FILE",
        multiple=True,
        type=Text(),
        callback=parse_coords,
        help="Coordinates from a file: x.npy, x.csv or x.txt (one number a line), file.nc:name, "
        "file.h5:/path. Arrays of two axes come in pairs, x and y.",
    ),
    click.option(
        "--sort", is_flag=True, help="Put coordinates that go back and forth in rising order."
    ),
    click.option(
        "--duplicates",
        type=choice("first", "mean"),
        help="Of points that share a coordinate take the first, or the mean of the valid ones. "
        "[default: refuse them]",
    ),
    click.option(
        "--no-snap",
        is_flag=True,
        help="Use float32 coordinates as they are stored, even if they are equal steps but for "
        "rounding.",
    ),
    click.option(
        "--periodic",
        metavar="AXIS[=PERIOD]",
        multiple=True,
        type=Text(),
        callback=parse_periodic,
        help="The axis closes on itself; uneven ones need PERIOD, longitudes have it.",
    ),
    click.option(
        "--by",
        metavar="NAME",
        help="A column or variable that tells tracks apart: no stencil crosses from one track to "
        "the next. CF ragged arrays and blank lines between rows do the same without it.",
    ),
    click.option(
        "--unwrap",
        metavar="PERIOD",
        help="The values are angles that wrap at PERIOD (360, 2pi), in their units: differences "
        "are taken the short way around.",
    ),
)

placing = stack_options(
    click.option(
        "-o",
        "--output",
        metavar="PATH",
        shell_complete=complete_path,
        help="Where to: a file, a folder, or '-' for stdout; a template may hold {stem}, {suffix}, "
        "{component}. [default: beside the input, as STEM_gradient.nc]",
    ),
    click.option("-O", "--overwrite", is_flag=True, help="Replace existing outputs."),
    click.option(
        "--stack", is_flag=True, help="Write all components into one array, along a new first axis."
    ),
)

writing = stack_options(
    placing,
    click.option(
        "--output-dir",
        metavar="DIR",
        shell_complete=complete_folder,
        help="A folder for outputs under their usual names, made if need be; with --recursive in "
        "folders as those of the inputs. [default: beside the input]",
    ),
    click.option(
        "--skip-existing",
        is_flag=True,
        help="Leave outputs that are complete and not older than their input, and go on.",
    ),
    click.option(
        "--name",
        metavar="T",
        help="Names of results, of {var}, {axis}, {order}, {component}. [default: d{var}_d{axis}]",
    ),
    click.option("--keep", is_flag=True, help="Copy all other variables of the input, too."),
    storing,
)

computing = stack_options(
    click.option(
        "--memory",
        metavar="SIZE",
        help="Memory limit (256MiB, 2GB). [default: 1 GiB, or a quarter of the machine's]",
    ),
    click.option(
        "-j",
        "--jobs",
        type=int,
        metavar="N",
        help="Threads. [default: the processors this process may use]",
    ),
)

quiet = click.option("-q", "--quiet", is_flag=True, help="No notes and no progress.")
telling = stack_options(
    click.option("--dry-run", is_flag=True, help="Print the plan, read no values, write nothing."),
    click.option(
        "--stats",
        is_flag=True,
        help="Smallest, largest, mean and share of missing of each result, on stderr (with --json "
        "in its object). [default: at a terminal]",
    ),
    click.option("--json", is_flag=True, help="One JSON object for each input, on stdout."),
    quiet,
    click.option(
        "--progress/--no-progress",
        default=None,
        help="Progress on stderr. [default: at a terminal, after one second]",
    ),
)

running = stack_options(
    computing,
    click.option(
        "--keep-going/--fail-fast",
        default=True,
        help="When one of several inputs fails: do the others, or stop. [default: do the others]",
    ),
    telling,
)

debugging = click.option(
    "--debug", is_flag=True, expose_value=False, help="Show the traceback of an error."
)
