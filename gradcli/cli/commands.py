"""The commands: their names, short helps, descriptions and examples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Description:
    """What is particular to the command of an operator."""

    text: str
    examples: str


# Short helps stand here too, so that `gradcli --help` imports no command; a test compares them.
COMMANDS = {
    "compute": "Write the gradient of every field in a file.",
    "magnitude": "Write the length of the gradient.",
    "direction": "Write the direction in which a field rises most.",
    "directional": "Write the derivative in one direction.",
    "laplacian": "Write the Laplacian.",
    "hessian": "Write all second derivatives.",
    "divergence": "Write the divergence of a vector.",
    "curl": "Write the curl of a vector.",
    "jacobian": "Write every derivative of every component of a vector.",
    "info": "Say what is in a file, and how each axis would be differentiated.",
}
EXAMPLES = """
Examples:
  gradcli compute ocean.nc --axis x,y       writes ocean_gradient.nc
  gradcli compute track.csv --axis t        one result for each column
  gradcli compute image.npy                 writes image_d0.npy, image_d1.npy
  gradcli info ocean.nc                     what is in the file
"""


DESCRIPTIONS = {
    "compute": Description(
        """Write the gradient of every field in a file, in the format of the file.

        One component is written for each axis: dT_dx is the derivative of T along x. The path of
        each file written goes to stdout; notes, progress and errors go to stderr.
        """,
        """
  gradcli compute ocean.nc --axis x,y --edge-order 2     d/dx and d/dy of every field
  gradcli compute ocean.nc -v sst -a time -o trend.nc    one variable along time
  gradcli compute ocean.nc -a x,y --metric sphere        per metre, not per degree
  gradcli compute image.npy -o 'grad_{component}.npy'    one file a component
  gradcli compute image.npy --stack                      one array, components first
  gradcli compute track.csv --axis t --accuracy 4        columns of a table
  gradcli compute survey.csv --dims y,x --axis x         one point a row
  gradcli compute field.h5 -v /a/b -a 0 --spacing 0.5    an array without coordinates
    """,
    ),
    "magnitude": Description(
        """Write the length of the gradient, grad_T for T.

        The axes must have the same units; longitude and latitude need --metric.
        """,
        """
  gradcli magnitude terrain.nc --axis x,y                steepness
  gradcli magnitude ocean.nc -a x,y --metric sphere      K m-1
""",
    ),
    "direction": Description(
        """Write the direction in which a field rises most, dir_T for T.

        In radians counted from the first axis of --axis towards the second (without --axis from
        x towards y), or as a bearing, from north whatever their order. Where the gradient is 0
        the direction is missing.
        """,
        """
  gradcli direction terrain.nc --axis x,y                radians
  gradcli direction terrain.nc -a x,y --bearing --downslope
""",
    ),
    "directional": Description(
        """Write the derivative in one direction, dT_ds for T.

        The direction is a vector in the order of --axis, of any length, or a bearing, whatever
        their order.
        """,
        """
  gradcli directional terrain.nc -a x,y --toward 1,1     to the north-east
  gradcli directional terrain.nc -a x,y --toward 45      the same
""",
    ),
    "laplacian": Description(
        """Write the Laplacian, lap_T for T: the sum of the second derivatives.

        Second derivatives have stencils of their own. Longitude and latitude need --metric.
        """,
        """
  gradcli laplacian terrain.nc --axis x,y
  gradcli laplacian ocean.nc -a x,y --metric sphere --accuracy 4
""",
    ),
    "hessian": Description(
        """Write all second derivatives: d2T_dx2, d2T_dxdy, d2T_dy2 …""",
        """
  gradcli hessian terrain.nc --axis x,y
""",
    ),
    "divergence": Description(
        """Write the divergence of a vector, div.

        The components are variables (--var u,v), in the order of --axis, or an axis of one array
        (--components). Longitude and latitude need --metric.
        """,
        """
  gradcli divergence wind.nc --var u,v --axis x,y --metric sphere
  gradcli divergence field.npy --components 0
""",
    ),
    "curl": Description(
        """Write the curl of a vector: one result for two components, three for three.

        The components are variables (--var u,v), in the order of --axis, or an axis of one array
        (--components). It is right-handed whatever the order of the axes. Longitude and latitude
        need --metric.
        """,
        """
  gradcli curl wind.nc --var u,v --axis x,y --metric sphere
  gradcli curl field.npy --components 0
""",
    ),
    "jacobian": Description(
        """Write every derivative of every component of a vector: du_dx, du_dy, dv_dx …

        The components are variables (--var u,v), or an axis of one array (--components).
        """,
        """
  gradcli jacobian wind.nc --var u,v --axis x,y
  gradcli jacobian field.npy --components 0 --stack
""",
    ),
}
