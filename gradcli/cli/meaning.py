"""Options for the meaning of derivatives: lengths, units, operators, directions."""

from __future__ import annotations

import click

from gradcli.cli.complete import complete_metric, complete_operators
from gradcli.cli.declare import Text, choice, stack_options
from gradcli.cli.parse import parse_per, parse_toward, parse_units

units = click.option(
    "--units",
    metavar="NAME=UNIT",
    multiple=True,
    type=Text(),
    callback=parse_units,
    help="Units of an axis or a variable, where the file gives none or wrong ones.",
)

meaning = stack_options(
    click.option(
        "--metric",
        metavar="none|sphere|wgs84|cylindrical|spherical",
        shell_complete=complete_metric,
        help="Longitude and latitude (of one or two dimensions) as they stand, or as metres on a "
        "sphere or on the ellipsoid; projected grids by their grid mapping. Axes r, phi, z or r, "
        "theta, phi (theta from the pole) as cylindrical or spherical coordinates, named if need "
        "be: cylindrical:r=R,phi=th,z=Z.",
    ),
    click.option(
        "--radius",
        metavar="M",
        help="Radius of the sphere, in metres or with a unit (6371km). [default: 6371229]",
    ),
    click.option(
        "--per",
        metavar="AXIS=UNIT",
        multiple=True,
        type=Text(),
        callback=parse_per,
        help="Derivatives are per this unit of the axis (time=s, z=hPa; x=km with --metric), not "
        "per its own.",
    ),
    units,
    click.option(
        "--missing-value",
        metavar="V[,V…]",
        multiple=True,
        type=Text(),
        help="Further values that mean missing: numbers (-9999), in CSV also words (OL).",
    ),
    click.option(
        "--follow-positive",
        is_flag=True,
        help="Differentiate upwards where a coordinate grows downwards (positive: down).",
    ),
    click.option(
        "--also",
        metavar="OP,…",
        shell_complete=complete_operators,
        help="Also write other operators, from the same pass: magnitude, direction, laplacian …",
    ),
    click.option(
        "--components",
        metavar="AXIS",
        help="The axis of an array that holds the components of a vector.",
    ),
    click.option(
        "--vectors",
        type=choice("earth", "grid"),
        help="Components of a vector point east and north, or along the grid's own axes. "
        "[default: by their standard names (eastward_wind, x_wind), else earth]",
    ),
    click.option(
        "--bearing",
        is_flag=True,
        help="The direction in degrees clockwise from north, not in radians from the first axis.",
    ),
    click.option("--downslope", is_flag=True, help="The direction down the slope, not up."),
    click.option(
        "--toward",
        metavar="A,B,…|BEARING",
        callback=parse_toward,
        help="The direction of a directional derivative: a vector, one number an axis in the order "
        "of --axis, or one number: degrees clockwise from north.",
    ),
)
