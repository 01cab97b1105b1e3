"""Files of instruments for ``instruments.py``: where each is from, and how it is read by hand.

None of them is part of this project. They keep their owners' licences.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.benchmarks.collection import Origin, _github, _pypi

ORIGINS: dict[str, Origin] = {
    "PyBaMM": _github("pybamm-team", "PyBaMM", "7c9f5bd"),
    "RepTate": _github("jorge-ramirez-upm", "RepTate", "4aeb671"),
    "beep": _github("TRI-AMDD", "beep", "decb02d"),
    "cellpy": _github("jepegit", "cellpy", "c5d74b9"),
    "exampledata": _github("nexusformat", "exampledata", "eae5168"),
    "gnuplot": _github("gnuplot", "gnuplot", "fbeb88e"),
    "impedance.py": _github("ECSHackWeek", "impedance.py", "0b302ca"),
    "ixdat": _github("ixdat", "ixdat", "8d37e5f"),
    "landlab": _github("landlab", "landlab", "33b6215"),
    "lightr": _github("ropensci", "lightr", "78bd935"),
    "lmfit-py": _github("lmfit", "lmfit-py", "fe389bb"),
    "mat7.3": _github("skjerns", "mat7.3", "d686b80"),
    "nexpy": _pypi("nexpy", "2.1.0", ""),
    "openPMD-example-datasets": _github("openPMD", "openPMD-example-datasets", "566b356"),
    "powerxrd": _github("andrewrgarcia", "powerxrd", "c769684"),
    "pvlib-python": _github("pvlib", "pvlib-python", "6382338"),
    "pymca": _github("vasole", "pymca", "120674d"),
    "pynxtools": _github("FAIRmat-NFDI", "pynxtools", "544d2a3"),
    "python-ctd": _github("pyoceans", "python-ctd", "41cb2a9"),
    "seabird": _github("castelao", "seabird", "bb2f30c"),
    "spectrochempy_data": _github("spectrochempy", "spectrochempy_data", "9507993"),
    "tables": _pypi("tables", "3.11.1", ""),
    "traja": _github("traja-team", "traja", "b926645"),
    "xraylarch": _github("xraypy", "xraylarch", "a272abc"),
}


@dataclass(frozen=True)
class Table:
    """How pandas reads two columns of a text file, by their places.

    Attributes
    ----------
    skip : int
        Lines before the rows, blank ones included.
    x, v : int
        The places of the coordinate (-1: the number of the row) and of the values.
    rows : int or None
        How many rows there are, where lines of words follow.
    rest : dict
        What else ``pandas.read_csv`` is told.
    """

    skip: int
    x: int
    v: int
    sep: str = ","
    rows: int | None = None
    rest: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """Where h5py finds the values and the coordinates along each axis (None: steps of 1)."""

    values: str
    along: tuple[str | None, ...]
    column: str = ""


@dataclass(frozen=True)
class Square:
    """A text file whose matrix numpy reads; ``crosstab``, ``grid`` of ESRI, ``long`` or blocks."""

    kind: str
    skip: int = 0
    sep: str | None = None


@dataclass(frozen=True)
class Sample:
    """A file, what gradcli is asked, and how it is read by hand.

    Attributes
    ----------
    over : tuple of int
        The axes of the values, in the order of the results; empty for all.
    """

    origin: str
    path: str
    kind: str
    ask: dict[str, Any]
    hand: Table | Stored | Square
    over: tuple[int, ...] = ()


def _text(name: str, kind: str, axis: str | int, var: str, hand: Table, **ask: Any) -> Sample:
    origin, _, path = name.partition(" ")
    given = {"axis": axis, "format": "csv", **({"var": var} if var else {}), **ask}
    return Sample(origin, path, kind, given, hand)


def _hdf5(name: str, kind: str, var: str, hand: Stored, **ask: Any) -> Sample:
    origin, _, path = name.partition(" ")
    given = {"var": var, "format": "hdf5", **ask}
    return Sample(origin, path, kind, given, hand, (1,) if kind == "MATLAB 7.3" else ())


def _square(name: str, kind: str, hand: Square, **ask: Any) -> Sample:
    origin, _, path = name.partition(" ")
    over = {"long": (1, 2), "blocks": (0,)}.get(hand.kind, ())
    return Sample(origin, path, kind, {"format": "csv", **ask}, hand, over)


BLANKS = r"\s+"
COMMAS = {"decimal": ","}
LATIN = {"encoding": "latin-1"}
ECM = "packages/pybamm/src/pybamm/input/parameters/ecm/data/ecm_example_c1.csv"
HRV = "Res/HRV/Frequency/Welch"
LABSPEC = "testdata/ramandata/labspec/serie190214-1.txt"
STACK = "SLS/Sample_Stack_2021-03-16_128.hdf5"
GULLY = "docs/source/tutorials/reading_dem_into_landlab/west_bijou_gully.asc"

SAMPLES = [
    _text(
        *("impedance.py data/exampleDataCHInstruments.txt", "potentiostat", "Freq/Hz", "Z'/ohm"),
        Table(18, 0, 1),
    ),
    _text(
        *("impedance.py data/Circuit1_EIS_1.z", "impedance analyser", "Freq(Hz)", "Z'(a)"),
        Table(123, 0, 4, BLANKS),
    ),
    _text(
        *("ixdat test_data/biologic/Pt_poly_cv.mpt", "potentiostat", "time/s", "Ewe/V"),
        Table(73, 6, 8, "\t", rest=COMMAS | LATIN),
    ),
    _text(
        *("cellpy examples/data/custom_data.csv", "battery tester", "test_time", "voltage"),
        Table(20, 1, 7, ";", 2442),
    ),
    _text(
        *("cellpy examples/data/pec_multiple_tests/Test25205.csv", "battery tester", 0, "Test"),
        Table(46, -1, 0),
    ),
    _text(
        *("cellpy examples/data/maccor_three.txt", "battery tester", "Rec#", "Volts"),
        Table(5, 0, 8, "\t"),
    ),
    _text(
        "beep beep/tests/test_files/2017-05-09_test-TC-contact_CH33.csv",
        *("battery tester", "Test_Time", "Voltage"),
        Table(1, 1, 7),
    ),
    _text(
        "beep beep/protocol/protocol_schemas/US06_velocity_waveform.txt",
        *("drive cycle", "Time(s)", "Speed(mph)"),
        Table(1, 0, 1, "\t"),
    ),
    _square(f"PyBaMM {ECM}", "battery model, long", Square("long"), axis="Current [A],SoC"),
    _text(
        *("lightr inst/testdata/avasoft8.txt", "spectrometer", "Wave", "Sample"),
        Table(8, 0, 1, ";"),
    ),
    _text(
        "lightr inst/testdata/non_english/J_MUR_MARS_17_0001.ttt",
        *("spectrometer", "Wave", "Transmittance"),
        Table(7, 0, 4, ";", rest=COMMAS),
    ),
    _text(
        *("lightr inst/testdata/OOusb4000.txt", "spectrometer", "c0", "c1"),
        Table(17, 0, 1, "\t", 3648),
        header="none",
        skip_rows=17,
    ),
    _square(
        f"spectrochempy_data {LABSPEC}",
        *("Raman series", Square("crosstab", 37, "\t")),
        axis="0,1",
    ),
    _text(
        "spectrochempy_data testdata/irdata/IR.CSV",
        "infrared",
        "c0",
        "c1",
        Table(0, 0, 1),
        header="none",
    ),
    _text(
        "powerxrd synthetic-data/sample1.xy",
        "diffractometer",
        "c0",
        "c1",
        Table(0, 0, 1, "\t"),
        header="none",
    ),
    _text(
        "RepTate data/Crystal/Acierno2003/Linear_Rheology/Acierno_iPB177.tts",
        *("rheometer", "Omega", "G'"),
        Table(2, 0, 1, BLANKS),
    ),
    _text(
        *("seabird sampledata/CTD/sta0860.cnv", "CTD", "prDM", "t068C"),
        Table(96, 1, 2, BLANKS),
    ),
    _text(
        *(
            "python-ctd tests/data/castaway_data.csv",
            "CTD",
            "Depth (Meter)",
            "Temperature (Celsius)",
        ),
        Table(29, 1, 2),
    ),
    _text(
        *("python-ctd tests/data/FSI.txt.gz", "CTD", "SCANS", "TEMP"),
        Table(10, 0, 2, BLANKS),
    ),
    _text(
        "pvlib-python pvlib/data/soiling_hsu_example_inputs.csv",
        *("weather station", "TimeStamp", "PM2_5"),
        Table(1, 0, 2),
    ),
    _text("traja traja/tests/data/3527.csv", "track", "Time", "x", Table(1, 1, 3)),
    _text(
        *("xraylarch examples/xafsdata/v_foil.xdi", "beamline", "energy", "i1"),
        Table(49, 0, 3, BLANKS),
    ),
    _text(
        *("xraylarch examples/xafsdata/beamlines/APS13ID_2019.dat", "beamline", "Energy", "I0"),
        Table(77, 0, 2, BLANKS),
    ),
    _text("lmfit-py examples/NIST_Gauss2.dat", "reference data", "x", "y", Table(60, 1, 0, BLANKS)),
    _text("lmfit-py examples/test_peak.dat", "spectrum", "t", "y", Table(3, 0, 1, BLANKS)),
    _text(
        "pymca src/PyMca5/PyMcaData/EXAFS_Ge.dat",
        "beamline",
        "c0",
        "c1",
        Table(0, 0, 1, BLANKS),
        header="none",
    ),
    _square("gnuplot demo/glass.dat", "gnuplot, blocks", Square("blocks", 2), axis=0),
    _square(f"landlab {GULLY}", "grid of ESRI", Square("grid", 6), axis="y,x"),
    _hdf5(
        *("nexpy nexpy/examples/chopper.nxs", "NeXus, edges of bins", "entry/data/data"),
        Stored("entry/data/data", ("entry/data/polar_angle", "entry/data/time_of_flight")),
    ),
    _hdf5(
        "pynxtools src/pynxtools/data/201805_WSe2_arpes.nxs",
        *("NeXus", "entry/data/data"),
        Stored(
            "entry/data/data", ("entry/data/angles", "entry/data/energies", "entry/data/delays")
        ),
    ),
    _hdf5(
        f"exampledata {STACK}",
        *("NeXus", "entry1/counter0/data"),
        Stored(
            "entry1/counter0/data",
            tuple(f"entry1/counter0/{n}" for n in ("energy", "sample_y", "sample_x")),
        ),
    ),
    _hdf5(
        "exampledata APS/NXsas/hdf5/nexus-example.hdf5",
        *("NeXus", "entry/data/frames"),
        Stored(
            "entry/data/frames",
            tuple(f"entry/data/{n}" for n in ("sample_times", "vertical", "horizontal")),
        ),
    ),
    _hdf5(
        "openPMD-example-datasets example-femm-3d.h5",
        *("openPMD", "data/1/meshes/B/z"),
        Stored("data/1/meshes/B/z", ("openPMD",) * 3),
    ),
    _hdf5(
        "cellpy testdata/hdf5/20160805_test001_45_cc_v4.h5",
        *("pandas, table", "CellpyData/dfdata/table/values_block_0"),
        Stored("CellpyData/dfdata/table", ("index",), "values_block_0"),
        axis="index",
    ),
    _hdf5(
        "mat7.3 tests/testfile4.mat",
        *("MATLAB 7.3", f"{HRV}/PSD"),
        Stored(f"{HRV}/PSD", (None, f"{HRV}/F")),
        axis=f"{HRV}/F",
    ),
    _hdf5(
        *("tables tables/tests/ex-noattr.h5", "PyTables", "detector/table/temperature"),
        Stored("detector/table", (None,), "temperature"),
        axis=0,
    ),
]
