"""The commands: their names, help texts and examples, and the modules that run them.

An operator without a text here gets its command from its record.
"""

from __future__ import annotations

from gradcli.cli.help import Entry
from gradcli.numerics.operator import Operator
from gradcli.numerics.operators import DEFAULT, OPERATORS, OTHER_NAMES

OPERATOR = "gradcli.cli.compute"
ENTRIES = (
    Entry(
        "compute",
        "Write the gradient of every field in a file.",
        """Write the gradient of every field in a file, in the format of the file.

        One component is written for each axis: dT_dx is the derivative of T along x. The path of
        each file written goes to stdout; notes, progress and errors go to stderr. gradcli gradient
        is the same command.
        """,
        """
  gradcli compute ocean.nc --axis x,y --edge-order 2   d/dx, d/dy of each field
  gradcli compute ocean.nc -v sst -a time -o trend.nc  one variable along time
  gradcli compute ocean.nc -a x,y --metric sphere      per metre, not degree
  gradcli compute image.npy -o 'grad_{component}.npy'  one file a component
  gradcli compute image.npy --stack                    one array for all of them
  gradcli compute track.csv --axis t --accuracy 4      columns of a table
  gradcli compute survey.csv --dims y,x --axis x       one point a row
  gradcli compute field.h5 -v /a/b -a 0 --spacing 0.5  an array without axes
    """,
        module=OPERATOR,
        operator=DEFAULT,
    ),
    Entry(
        "magnitude",
        "Write the length of the gradient.",
        """Write the length of the gradient, grad_T for T.

        The axes must have the same units; longitude and latitude need --metric.
        """,
        """
  gradcli magnitude terrain.nc --axis x,y                steepness
  gradcli magnitude ocean.nc -a x,y --metric sphere      K m-1
""",
        module=OPERATOR,
        operator="magnitude",
    ),
    Entry(
        "direction",
        "Write the direction in which a field rises most.",
        """Write the direction in which a field rises most, dir_T for T.

        In radians counted from the first axis of --axis towards the second (without --axis from
        x towards y), or as a bearing, from north whatever their order. Where the gradient is 0
        the direction is missing.
        """,
        """
  gradcli direction terrain.nc --axis x,y                radians
  gradcli direction terrain.nc -a x,y --bearing --downslope
""",
        module=OPERATOR,
        operator="direction",
    ),
    Entry(
        "directional",
        "Write the derivative in one direction.",
        """Write the derivative in one direction, dT_ds for T.

        The direction is a vector in the order of --axis, of any length, or a bearing, whatever
        their order.
        """,
        """
  gradcli directional terrain.nc -a x,y --toward 1,1     to the north-east
  gradcli directional terrain.nc -a x,y --toward 45      the same
""",
        module=OPERATOR,
        operator="directional",
    ),
    Entry(
        "laplacian",
        "Write the Laplacian.",
        """Write the Laplacian, lap_T for T: the sum of the second derivatives.

        Second derivatives have stencils of their own. Longitude and latitude need --metric.
        """,
        """
  gradcli laplacian terrain.nc --axis x,y
  gradcli laplacian ocean.nc -a x,y --metric sphere --accuracy 4
""",
        module=OPERATOR,
        operator="laplacian",
    ),
    Entry(
        "hessian",
        "Write all second derivatives.",
        """Write all second derivatives: d2T_dx2, d2T_dxdy, d2T_dy2 …""",
        """
  gradcli hessian terrain.nc --axis x,y
""",
        module=OPERATOR,
        operator="hessian",
    ),
    Entry(
        "divergence",
        "Write the divergence of a vector.",
        """Write the divergence of a vector, div.

        The components are variables (--var u,v), in the order of --axis, or an axis of one array
        (--components). Longitude and latitude need --metric. On the faces of a C grid (ROMS, WRF,
        NEMO, MOM6) two-point differences give it at the centres of the cells.
        """,
        """
  gradcli divergence wind.nc --var u,v --axis x,y --metric sphere
  gradcli divergence field.npy --components 0
""",
        module=OPERATOR,
        operator="divergence",
    ),
    Entry(
        "curl",
        "Write the curl of a vector.",
        """Write the curl of a vector: one result for two components, three for three.

        The components are variables (--var u,v), in the order of --axis, or an axis of one array
        (--components). It is right-handed whatever the order of the axes. Longitude and latitude
        need --metric. On the faces of a C grid (ROMS, WRF, NEMO, MOM6) two-point differences give
        it at the corners of the cells. gradcli vorticity is the same command.
        """,
        """
  gradcli curl wind.nc --var u,v --axis x,y --metric sphere
  gradcli curl wrf.nc --var u10,v10 --metric sphere --vectors grid
  gradcli curl field.npy --components 0
""",
        module=OPERATOR,
        operator="curl",
    ),
    Entry(
        "jacobian",
        "Write every derivative of every component of a vector.",
        """Write every derivative of every component of a vector: du_dx, du_dy, dv_dx …

        The components are variables (--var u,v), or an axis of one array (--components).
        """,
        """
  gradcli jacobian wind.nc --var u,v --axis x,y
  gradcli jacobian field.npy --components 0 --stack
""",
        module=OPERATOR,
        operator="jacobian",
    ),
    Entry(
        "strain",
        "Write the strain of a vector.",
        """Write the strain of a vector: the symmetric part of its Jacobian.

        Of components u, v along x, y it is strain_xx = du/dx, strain_xy = (du/dy + dv/dx) / 2 and
        strain_yy = dv/dy. The components are variables (--var u,v), in the order of --axis, or an
        axis of one array (--components). Longitude and latitude need --metric.
        """,
        """
  gradcli strain wind.nc --var u,v --axis x,y --metric sphere
  gradcli strain displacement.npy --components 0
""",
        module=OPERATOR,
        operator="strain",
    ),
    Entry(
        "qcriterion",
        "Write the Q-criterion of a flow, which is positive in vortices.",
        """Write the Q-criterion of a flow, qcriterion, which is positive in vortices.

        It is (|W|^2 - |S|^2) / 2 with the antisymmetric part W and the symmetric part S of the
        Jacobian (Hunt, Wray and Moin, 1988), in two or three dimensions. The components are
        variables (--var u,v,w), in the order of --axis, or an axis of one array (--components).
        """,
        """
  gradcli qcriterion flow.h5 --var u,v,w --axis x,y,z
  gradcli curl flow.h5 --var u,v,w --axis x,y,z --also qcriterion,strain
""",
        module=OPERATOR,
        operator="qcriterion",
    ),
    Entry(
        "okubo-weiss",
        "Write the Okubo-Weiss parameter, which is negative in eddies.",
        """Write the Okubo-Weiss parameter of a flow in two dimensions, okubo_weiss.

        It is the squared normal strain plus the squared shear strain less the squared vorticity
        (Okubo, 1970; Weiss, 1991), and negative in eddies. The components are variables
        (--var u,v), in the order of --axis, or an axis of one array (--components).
        """,
        """
  gradcli okubo-weiss ocean.nc --var u,v --axis x,y --metric sphere
  gradcli okubo-weiss ocean.nc --var u,v -a x,y --metric sphere --also vorticity
""",
        module=OPERATOR,
        operator="okubo-weiss",
    ),
    Entry(
        "info",
        "Say what is in a file, and how its axes would be differentiated.",
        """Say what is in a file, and how each axis would be differentiated.""",
        """
  gradcli info ocean.nc
  gradcli info survey.csv --dims y,x
  gradcli info field.h5 --json
  gradcli info ocean.nc --stats         values too: smallest, largest, mean
  gradcli info runs -r --json           one JSON object for each file
""",
        module="gradcli.cli.info",
    ),
    Entry(
        "sample",
        "Write the values of a formula on a grid.",
        """Write the values of a formula on a grid, in the format of the output.

        A formula holds numbers, the names of the axes, pi, e, + - * / ** ( ), comparisons, and
        the functions sin cos tan asin acos atan atan2 sinh cosh tanh exp log log10 sqrt abs sign
        minimum maximum where. Several formulas have names: 'u = x' 'v = x*y'; one without a name
        is called f. Points where a formula has no value are missing.
        """,
        """
  gradcli sample 'sin(x + y)' --grid x=-5:5:0.05,y=-5:5:0.05 -o wave.nc
  gradcli sample 'h = exp(-r**2)' --grid r=0:3:61j -o bump.csv
  gradcli sample 'u = -y' 'v = x' --grid y=-1:1:21j,x=-1:1:21j -o turn.npz
""",
        module="gradcli.cli.sample",
    ),
    Entry(
        "probe",
        "Print values and derivatives at points.",
        """Print values and derivatives at points, as a CSV table: coordinates, value, derivatives.

        They are exact at points of the grid, and multilinear between them, also across the seam of
        a longitude. Longitude and latitude over two dimensions are found in the cell that holds
        the point. Only the chunks that are needed are read. A missing value is an empty cell.
        """,
        """
  gradcli probe ocean.nc --var sst --at lon=-20.5,lat=41,time=2020-01-05
  gradcli probe terrain.nc --at x=100,y=50 --at x=120,y=50 --also magnitude
  gradcli probe image.npy --at 0=20,1=30.5      indices, as it has no axes
  gradcli probe ocean.nc --points ship.csv --metric sphere --json
  gradcli probe --formula 'sin(x+y)' --grid x=-2:2:41j,y=-2:2:41j --at x=-1,y=0
""",
        module="gradcli.cli.probe",
    ),
    Entry(
        "descend",
        "Print the path of steepest descent, or a stream line.",
        """Print the path of steepest descent, or a stream line, as a CSV table.

        Each row is a point of the path: its coordinates, the value, and the arc length. A path
        ends at a stationary point, at the edge of the grid, before a missing value, or after
        --length; a note says which. With --var u,v it follows the vector of these components, in
        the order of --axis. With --metric directions and lengths along longitude and latitude are
        those in metres. Derivatives are of order of accuracy 4 by default, and cubic between the
        points of the grid; the steps are those of the method of Dormand and Prince.
        """,
        """
  gradcli descend terrain.nc --from x=100,y=50                where water runs
  gradcli descend terrain.nc --from x=100,y=50 --from x=90,y=50 --ascend
  gradcli descend wind.nc --var u,v --metric sphere --from lon=5,lat=50
  gradcli descend --formula 'x*x + y*y' --grid x=0:2:9j,y=0:2:9j --from x=1,y=1
""",
        module="gradcli.cli.descend",
    ),
    Entry(
        "verify",
        "Compare derivatives with the exact ones of a formula.",
        """Compare derivatives with the exact ones of a formula, which sympy differentiates.

        For each derivative: the largest error, the mean of the absolute errors, the root of the
        mean square, the largest error where stencils are centred, and where the largest lies. The
        exit code is 1 if one is beyond --tolerance. Names of axes stand for their coordinates.
        With --refine the order of accuracy is observed on grids of half the step each.
        """,
        """
  gradcli verify wave.nc --exact 'sin(x + y)' --edge-order 2
  gradcli verify wave.nc --exact 'sin(x + y)' --accuracy 4 --tolerance 1e-5
  gradcli verify --exact 'sin(x)' --grid x=0:3:21j --accuracy 4 --refine 4
""",
        module="gradcli.cli.verify",
    ),
    Entry(
        "stencil",
        "Show the weights of a derivative, and how exact it is.",
        """Show the weights of a derivative, and how exact it is.

        One line for each kind of row: the first rows, those inside, the last ones. The leading
        term of the error is what the row gives, less the derivative.
        """,
        """
  gradcli stencil --order 1 --accuracy 4        1/12 -2/3 0 2/3 -1/12 inside
  gradcli stencil --order 2 --scheme forward
  gradcli stencil --coords 0,1,3,4              each row has weights of its own
  gradcli stencil --smooth savgol:7,2 --edges missing --json
""",
        module="gradcli.cli.stencil",
    ),
    Entry(
        "plot",
        "Draw fields and their derivatives.",
        """Draw fields and their derivatives: maps, lines, surfaces, arrows, stream lines.

        At a terminal without -o the picture is made of characters. Pictures in files are drawn by
        matplotlib; gradcli help plots says how to install it. Of a field of more than two axes a
        slice is shown: x and y, or the last two axes, with the others at their first point or at
        --at. Only that slice is read. Where it has more points than a picture has pixels,
        derivatives are those of the full resolution, and some of the points are shown.
        """,
        """
  gradcli plot ocean.nc --axis x,y --at time=2020-03 -o march.png
  gradcli plot terrain.nc --show field,magnitude,laplacian -o terrain.pdf
  gradcli plot ocean.nc --axis x,y --metric sphere --kind arrows -o up.svg
  gradcli plot wind.nc --var u,v --kind stream -o wind.png
  gradcli plot --formula 'x*y' --grid x=0:5:9j,y=0:5:9j --kind surface -o s.png
  gradcli plot track.csv --axis t --size 1200x800 -o track.png
""",
        module="gradcli.cli.plot",
    ),
    Entry(
        "merge",
        "Put the parts of an output together.",
        """Put the parts of an output together that --part has made.

        The output appears when it is complete; then its parts are removed.
        """,
        """
  gradcli compute ocean.nc --axis x,y -o made.nc --part 1/2
  gradcli compute ocean.nc --axis x,y -o made.nc --part 2/2
  gradcli merge made.nc
""",
        module="gradcli.cli.parts",
    ),
    Entry(
        "help",
        "Show a page of the manual, or the help of a command.",
        """Show a page of the manual, or the help of a command.

        Without a topic, list what there is. At a terminal a page is shown by the pager. --man
        writes all pages, and those of the commands, for man.
        """,
        """
  gradcli help                     the list of pages
  gradcli help csv                 one page
  gradcli help compute             all options of a command
  gradcli help --man ~/.local/share/man
""",
        module="gradcli.cli.manual",
        reads=False,
    ),
    Entry(
        "completion",
        "Print the script that completes commands in a shell.",
        """Print the script that completes commands, options and files in a shell.

        Put the line of your shell into its start-up file.
        """,
        """
  eval "$(gradcli completion bash)"             in ~/.bashrc
  eval "$(gradcli completion zsh)"              in ~/.zshrc
  gradcli completion fish | source              in ~/.config/fish/config.fish
""",
        module="gradcli.cli.completion",
        reads=False,
    ),
)


def _entry_of(operator: Operator) -> Entry:
    """Return the entry of an operator that is described by its record alone.

    >>> _entry_of(OPERATORS["magnitude"]).short
    'Write the magnitude of the gradient of a field.'
    """
    what = (operator.words or f"{operator.name} of {{}}").format(
        "a vector" if operator.vector else "a field"
    )
    chosen = "--var u,v --axis x,y" if operator.vector else "--axis x,y"
    return Entry(
        operator.name,
        f"Write the {what}.",
        f"Write the {what}.",
        f"\n  gradcli {operator.name} ocean.nc {chosen}\n",
        module=OPERATOR,
        operator=operator.name,
    )


_described = {entry.operator for entry in ENTRIES}
_others = (_entry_of(each) for each in OPERATORS.values() if each.name not in _described)
COMMANDS = {entry.name: entry for entry in (*ENTRIES, *_others)}
# Other names of commands, with the same options and results.
ALSO_CALLED = {DEFAULT: "compute", **OTHER_NAMES}
