"""Every option of the command, in one table: its group in the help, and where it takes effect.

An option that is given takes effect or is refused. What another option decides is checked by this
table (`cli/applies.py`). What the format of the input decides is checked by it where files are
opened (`formats/opening.py`), and what outputs and axes decide in `plan/applies.py`; a description
of data that matters to no result is noted (`plan/idle.py`). Options that allow, limit, promise or
state something may stand where they change nothing: `idle` says why. `tests/cli/test_pairs.py`
runs every option with every format, with every command, and beside every other option.
"""

from __future__ import annotations

from collections.abc import Iterator

from gradcli.record import record

# The groups of the help pages, in their order.
PICTURE, POINTS, PATH, EXACT = "Picture", "Points", "Paths", "Exact formula"
AXES, PART, SPACING = "Axes and variables", "Part of the result", "Coordinates and spacing"
ACCURACY, MISSING, UNITS = "Accuracy and edges", "Missing values", "Units"
LENGTHS, OPERATORS = "Lengths and angles", "Operators and vectors"
OUTPUT, STORAGE, INPUT, TEXT = "Output", "Storage", "Input", "CSV files"
FILES, MACHINE, REPORTS = "Several files", "Memory, threads and machines", "Reports"
GROUPS = (
    *(PICTURE, POINTS, PATH, EXACT, AXES, PART, SPACING, ACCURACY, MISSING, UNITS, LENGTHS),
    *(OPERATORS, OUTPUT, STORAGE, INPUT, TEXT, FILES, MACHINE, REPORTS),
)

# Commands, by words; `operators` are all that write derivatives.
WRITE, LOOK = "operators", "plot probe verify descend"
ASK = f"{WRITE} {LOOK}"
READ = f"{ASK} info"
ATTRIBUTES = "hdf5 netcdf zarr xarray"  # formats whose variables have attributes
NAMED = f"csv npz {ATTRIBUTES}"  # formats whose files name what they hold
# Why an option may stand where it changes nothing, mostly because a batch has such inputs too.
ALLOWS = "they say what to do in a case that may not arise"
HOLDS = "what they promise is true all the same"
LIMITS = "they are limits, which may not be reached"
STATES = "they say how the input is written, which may be recognised anyway"
SHOWS = "they are about what is shown, and there may be nothing to show"
VECTORS = "divergence curl jacobian strain qcriterion okubo-weiss"


@record(frozen=True)
class Row:
    """Where an option takes effect.

    Attributes
    ----------
    name : str
        Its long name, without the dashes.
    group : str
        One of ``GROUPS``, in which the help lists it.
    commands : str
        The commands that take it; ``operators`` stands for all that write derivatives.
    brief : str
        What the short help (``-h``) says of it, on one line; empty if it does not show it.
    operators : str
        Operators of which one must be applied; empty if it does not depend on the operator.
    needs : str
        Other options of which one must be given too.
    excludes : str
        Options that contradict it.
    inputs : str
        Formats of inputs to which it applies; empty if it applies to all.
    outputs : str
        Formats of outputs to which it applies; empty if it applies to all.
    why : str
        What a message says behind its name, if the option that it needs is not given.
    idle : str
        Why it is neither noted nor refused where it changes nothing; empty if it is.
    """

    name: str
    group: str
    commands: str
    brief: str = ""
    operators: str = ""
    needs: str = ""
    excludes: str = ""
    inputs: str = ""
    outputs: str = ""
    why: str = ""
    idle: str = ""

    def is_of(self, command: str, operator: str) -> bool:
        """Return whether a command takes the option, which may apply an operator."""
        return ("operators" if operator else command) in self.commands.split()

    def is_listed(self, command: str, operator: str) -> bool:
        """Return whether the help of a command lists the option.

        One that needs another operator is taken beside ``--also``, and listed by ``compute``.
        """
        others = self.operators and operator not in ("", "gradient", *self.operators.split())
        return self.is_of(command, operator) and not others

    def is_often(self, operator: str) -> bool:
        """Return whether the short help of a command shows the option."""
        return bool(self.brief) and not (self.operators and operator in ("", "gradient"))


ROWS = (
    Row("show", PICTURE, "plot", "Panels: field, gradient, magnitude, laplacian, …"),
    Row("kind", PICTURE, "plot", "Map, line, surface, arrows, stream"),
    Row("at", POINTS, "plot probe", "A place: time=2020-03; where axes are held"),
    Row("size", PICTURE, "plot"),
    Row("dpi", PICTURE, "plot"),
    Row("points", POINTS, "probe stencil", "A table of points; of a stencil their number"),
    Row("from", PATH, "descend", "Where a path starts: x=100,y=50"),
    Row("ascend", PATH, "descend", "Walk up, not down"),
    Row("length", PATH, "descend", "Arc length after which a path ends"),
    Row("exact", EXACT, "verify", "The formula of the field: 'sin(x + y)'"),
    Row("tolerance", EXACT, "verify descend", "The largest error that is ok"),
    Row("refine", EXACT, "verify", "N grids, each of half the step"),
    #
    Row("axis", AXES, ASK, "Axes, as lon,lat or x,y or 0,1 [default: all]"),
    Row("var", AXES, ASK, "Variables [default: all data]", inputs=NAMED),
    Row("dims", AXES, READ, excludes="formula", inputs="csv npy npz hdf5 zarr"),
    Row("by", AXES, ASK),
    #
    Row("isel", PART, ASK),
    Row("sel", PART, ASK, "A part: lat=30:40, time=2020-03, lon=350:10"),
    Row(
        "no-halo",
        PART,
        ASK,
        needs="isel sel",
        why="takes a part as if it were the whole file; select one (--isel, --sel)",
        idle=HOLDS,
    ),
    #
    Row("spacing", SPACING, f"{ASK} stencil", "Equal steps: 0.5, x=2,y=1 [default: 1]"),
    Row("coords", SPACING, f"{ASK} stencil", "Coordinates: x=x.npy, x=grid.nc:lon"),
    Row("periodic", SPACING, f"{ASK} stencil"),
    Row("sort", SPACING, ASK, idle=ALLOWS),
    Row("duplicates", SPACING, ASK, idle=ALLOWS),
    Row("no-snap", SPACING, ASK, idle=HOLDS),
    #
    Row(
        "order",
        ACCURACY,
        f"{WRITE} plot probe verify stencil",
        "Which derivative, 1 to 6 [default: 1]",
    ),
    Row(
        "accuracy",
        ACCURACY,
        f"{ASK} stencil",
        "Inside: 2, 4, 6 or 8 [default: 2]",
        excludes="smooth",
    ),
    Row(
        "edge-order",
        ACCURACY,
        f"{ASK} stencil",
        "Accuracy at the ends [default: 1, as numpy]",
        excludes="smooth",
    ),
    Row("edges", ACCURACY, f"{ASK} stencil"),
    Row("scheme", ACCURACY, f"{ASK} stencil", excludes="smooth"),
    Row("smooth", ACCURACY, f"{ASK} stencil"),
    #
    Row("missing", MISSING, ASK, "Next to gaps: missing too, or an adapted stencil", idle=ALLOWS),
    Row("missing-value", MISSING, ASK),
    Row("no-valid-range", MISSING, READ, inputs=ATTRIBUTES, idle=HOLDS),
    #
    Row("units", UNITS, f"{ASK} sample"),
    Row("per", UNITS, f"{WRITE} plot probe"),
    Row("follow-positive", UNITS, f"{WRITE} plot probe", inputs=ATTRIBUTES),
    #
    Row(
        "metric",
        LENGTHS,
        f"{WRITE} plot probe descend",
        "Lengths on a sphere or on wgs84, not degrees",
    ),
    Row(
        "radius",
        LENGTHS,
        f"{WRITE} plot probe descend",
        needs="metric",
        why="is of a sphere; give --metric sphere",
    ),
    Row("unwrap", LENGTHS, ASK),
    #
    Row("also", OPERATORS, f"{WRITE} plot probe verify"),
    Row(
        "components",
        OPERATORS,
        f"{WRITE} plot probe verify",
        "The axis that holds the components",
        VECTORS,
    ),
    Row(
        "vectors",
        OPERATORS,
        f"{WRITE} plot probe verify",
        "Earth or grid: which way they point",
        VECTORS,
    ),
    Row(
        "bearing",
        OPERATORS,
        f"{WRITE} plot probe verify",
        "Degrees clockwise from north, not radians",
        "direction",
    ),
    Row(
        "downslope", OPERATORS, f"{WRITE} plot probe verify", "Down the slope, not up", "direction"
    ),
    Row(
        "toward",
        OPERATORS,
        f"{WRITE} plot probe verify",
        "A vector A,B or a bearing",
        "directional",
    ),
    #
    Row(
        "output",
        OUTPUT,
        f"{WRITE} plot sample",
        "A file, a folder, or '-' for stdout",
        excludes="output-dir",
    ),
    Row("output-dir", OUTPUT, WRITE, "Default names, in this folder"),
    Row(
        "overwrite",
        OUTPUT,
        f"{WRITE} plot sample merge",
        "Replace existing outputs",
        excludes="skip-existing",
        idle=ALLOWS,
    ),
    Row("skip-existing", OUTPUT, WRITE, idle=ALLOWS),
    Row("stack", OUTPUT, f"{WRITE} sample", outputs="npy npz csv"),
    Row("name", OUTPUT, WRITE, excludes="stack", outputs=NAMED),
    Row("keep", OUTPUT, WRITE, excludes="formula", outputs=NAMED),
    Row("no-history", OUTPUT, f"{WRITE} sample", idle=HOLDS),
    #
    Row("dtype", STORAGE, f"{WRITE} sample"),
    Row("deflate", STORAGE, f"{WRITE} sample", outputs="npz hdf5 netcdf zarr"),
    Row("chunks", STORAGE, f"{WRITE} sample", outputs="hdf5 netcdf zarr"),
    Row("shards", STORAGE, f"{WRITE} sample", outputs="zarr"),
    Row("sync", STORAGE, f"{WRITE} sample", idle=HOLDS),
    #
    Row("format", INPUT, f"{READ} sample", excludes="engine", idle=STATES),
    Row("engine", INPUT, READ, idle=STATES),
    Row("formula", INPUT, ASK, needs="grid", why="needs a grid: --grid x=START:STOP:STEP,…"),
    Row("grid", INPUT, f"{ASK} sample"),
    #
    Row("csv-layout", TEXT, READ, inputs="csv", idle=STATES),
    Row("decimal", TEXT, READ, inputs="csv", idle=STATES),
    Row("thousands", TEXT, READ, inputs="csv", idle=STATES),
    Row("header", TEXT, READ, inputs="csv", idle=STATES),
    Row("skip-rows", TEXT, READ, inputs="csv"),
    Row("encoding", TEXT, READ, inputs="csv", idle=STATES),
    Row("date-format", TEXT, READ, inputs="csv", idle=STATES),
    #
    Row(
        "recursive",
        FILES,
        f"{WRITE} info",
        "Take the files in folders",
        excludes="formula",
        idle=ALLOWS,
    ),
    Row(
        "glob",
        FILES,
        f"{WRITE} info",
        needs="recursive",
        why="chooses among the files in folders; add --recursive",
    ),
    Row(
        "exclude",
        FILES,
        f"{WRITE} info",
        needs="recursive",
        why="leaves files in folders out; add --recursive",
    ),
    Row("files-from", FILES, WRITE, excludes="formula"),
    Row(
        "null",
        FILES,
        WRITE,
        needs="files-from",
        why="(-0, zero) is how --files-from is read; an output is named by -o, the letter",
        idle=STATES,
    ),
    Row("join", FILES, WRITE, excludes="formula", idle=ALLOWS),
    Row("open-files", FILES, WRITE, needs="join", why="goes with --join AXIS", idle=LIMITS),
    Row("keep-going", FILES, WRITE, idle=ALLOWS),
    #
    Row("memory", MACHINE, f"{ASK} sample", idle=LIMITS),
    Row("jobs", MACHINE, f"{ASK} sample", idle=LIMITS),
    Row("part", MACHINE, WRITE),
    Row("cluster", MACHINE, WRITE, excludes="part"),
    Row(
        "resume",
        MACHINE,
        WRITE,
        needs="cluster part",
        why="goes with --cluster (or --part): other runs leave nothing to go on from",
        idle=ALLOWS,
    ),
    #
    Row(
        "dry-run", REPORTS, f"{WRITE} sample", "Print the plan, and write nothing", excludes="stats"
    ),
    Row("stats", REPORTS, f"{WRITE} sample info", "Smallest, largest, mean and missing values"),
    Row("json", REPORTS, f"{READ} sample stencil merge"),
    Row("quiet", REPORTS, f"{WRITE} {LOOK} sample merge", excludes="progress", idle=SHOWS),
    Row("progress", REPORTS, f"{WRITE} sample", idle=SHOWS),
    Row("debug", REPORTS, f"{READ} sample stencil merge", idle=SHOWS),
    Row("man", REPORTS, "help", "Write the manual as man pages into a folder"),
    Row(
        "help",
        REPORTS,
        f"{READ} sample stencil merge help completion",
        "This page; --help lists every option",
    ),
)
BY_NAME = {row.name: row for row in ROWS}


def listed(command: str, operator: str = "") -> Iterator[Row]:
    """Yield the rows of the options that the help of a command lists, group by group.

    >>> [row.name for row in listed("merge")]
    ['overwrite', 'json', 'quiet', 'debug', 'help']
    """
    for group in GROUPS:
        for row in ROWS:
            if row.group == group and row.is_listed(command, operator):
                yield row


def only_in(formats: str) -> list[str]:
    """Return the options that apply to some formats of inputs alone, with underscores.

    >>> only_in("csv")[:3]
    ['csv_layout', 'decimal', 'thousands']
    """
    return [row.name.replace("-", "_") for row in ROWS if row.inputs == formats]
