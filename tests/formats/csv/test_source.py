"""CSV: dialects, layouts, refusals, round trips, bounded spools."""

from __future__ import annotations

import gzip
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import cftime
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradcli.errors import InputError, UsageError
from gradcli.formats.csv import create_sink
from gradcli.formats.opening import open_source
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Hints, Limits
from gradcli.record import replace
from tests.places import REAL, SAMPLES

F8 = np.dtype("f8")


def hints_of(memory: int = 1 << 30, **hints) -> Hints:
    return Hints(**hints, limits=Limits(memory))


def write(folder, text, name="data.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def load(folder, text, name="data.csv", **hints):
    """Return the layout, the fields' values and the fields of a text."""
    with open_source(write(folder, text, name), hints_of(**hints)) as source:
        return source.layout, everything(source), dict(source.fields)


def everything(source):
    return {
        name: source.read(name, tuple(axis.file_window for axis in field.axes))
        for name, field in source.fields.items()
    }


def refuse(folder, text, kind=InputError, name="data.csv", **hints):
    with pytest.raises(kind) as caught:
        load(folder, text, name, **hints)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def doubled(source, target, *, keep=False, select=None, dtype=F8, step=3, names=None):
    """Write twice each field through the sink, in blocks that arrive in reverse."""
    results = []
    for field in (
        list(source.fields.values()) if names is None else [source.fields[n] for n in names]
    ):
        axes = field.axes if select is None else select(field.axes)
        results.append(Result(f"2{field.name}", axes, dtype, "a", field))
    blocks = []
    with create_sink(str(target), str(target), results, source, Destination(keep=keep)) as sink:
        for result in results:
            for first in range(0, result.shape[0], step):
                part = slice(first, min(first + step, result.shape[0]))
                window = (part, *(slice(0, n) for n in result.shape[1:]))
                place = tuple(
                    slice(w.start + a.start, w.stop + a.start)
                    for w, a in zip(window, result.axes, strict=True)
                )
                values = 2 * source.read(result.origin.name, place)
                blocks.append(sink.packer.pack(result.name, window, values.astype(dtype)))
        for packet in reversed(blocks):
            sink.put(packet)
    return Path(target).read_bytes()


def round_trip(folder, text, name="data.csv", *, keep=False, select=None, names=None, **hints):
    with open_source(write(folder, text, name), hints_of(**hints)) as source:
        out = folder / ("out" + "".join(Path(name).suffixes))
        data = doubled(source, out, keep=keep, select=select, names=names)
    return (gzip.decompress(data) if name.endswith(".gz") else data).decode()


class TestMatrix:
    def test_one_column_has_one_axis(self, tmp_path):
        _, values, fields = load(tmp_path, "1\n2.5\n\n4\n", "lat.txt")
        assert values["lat"].tolist() == [1, 2.5, 4]
        assert len(fields["lat"].axes) == 1

    def test_one_row(self, tmp_path):
        assert load(tmp_path, "1,2,3")[1]["data"].tolist() == [[1, 2, 3]]
        assert load(tmp_path, "7")[1]["data"].tolist() == [7]

    def test_windows(self, tmp_path):
        grid = np.arange(60.0).reshape(12, 5)
        np.savetxt(tmp_path / "g.csv", grid, delimiter=",")
        with open_source(str(tmp_path / "g.csv"), Hints()) as source:
            part = source.read("g", (slice(3, 7), slice(1, 4)))
            part[:] = 0
            np.testing.assert_array_equal(
                source.read("g", (slice(3, 7), slice(1, 4))), grid[3:7, 1:4]
            )

    def test_wide(self, tmp_path):
        grid = np.random.default_rng(1).standard_normal((3, 100_000))
        text = "".join(",".join(map(repr, row)) + "\n" for row in grid.tolist())
        _, values, _ = load(tmp_path, text)
        np.testing.assert_array_equal(values["data"], grid)

    def test_round_trip(self, tmp_path):
        assert (
            round_trip(tmp_path, "1;2,5;3\r\n4;;-6e30\r\n") == "2,0;5,0;6,0\r\n8,0;nan;-1,2e+31\r\n"
        )
        assert round_trip(tmp_path, "1 2\n 3  4\n") == "2.0 4.0\n6.0 8.0\n"
        assert round_trip(tmp_path, "1\n2\n") == "2.0\n4.0\n"


class TestCrosstab:
    TEXT = "z\\x,0,10,20\n5,1,2,3\n6.50,4,,6\n"

    def test_recognised(self, tmp_path):
        layout, values, fields = load(tmp_path, self.TEXT, "section.csv")
        axes = fields["section"].axes
        assert layout == "crosstab"
        assert [axis.name for axis in axes] == [None, None]
        assert axes[0].values.tolist() == [5, 6.5]
        assert axes[1].values.tolist() == [0, 10, 20]
        np.testing.assert_array_equal(values["section"], [[1, 2, 3], [4, np.nan, 6]])

    def test_not_guessed(self, tmp_path):
        assert load(tmp_path, "5,0,10\n1,2,3\n")[0] == "matrix"
        for mixed in ("z,0,10,5\n1,2,3,4\n", "z,0,ten\n1,2,3\n"):
            assert "mixes words ('z') and numbers" in refuse(tmp_path, mixed)
            assert load(tmp_path, mixed, header=1)[0] == "table"
        assert "--header 1" in refuse(tmp_path, "z,0,10\n1,2,3\n", columns=("z",))

    def test_forced(self, tmp_path):
        _, values, fields = load(tmp_path, "5,0,10\n1,2,3\n", layout="crosstab")
        assert values["data"].tolist() == [[2, 3]]
        assert fields["data"].axes[1].values.tolist() == [0, 10]
        assert "is not a number" in refuse(tmp_path, "5,a,10\n1,2,3\n", layout="crosstab")

    def test_round_trip_keeps_labels(self, tmp_path):
        assert round_trip(tmp_path, self.TEXT) == "z\\x,0,10,20\n5,2.0,4.0,6.0\n6.50,8.0,nan,12.0\n"
        out = round_trip(
            tmp_path, self.TEXT, select=lambda a: (a[0].select(1, 2), a[1].select(1, 3))
        )
        assert out == "z\\x,10,20\n6.50,nan,12.0\n"


class TestTable:
    TEXT = '"t",b,"c d",name\n1950,1,10,x\n1960.0,2,,y\n1975,3,30,z\n'

    def test_named_axis(self, tmp_path):
        layout, values, fields = load(tmp_path, self.TEXT, columns=("t",))
        assert layout == "table"
        assert list(values) == ["b", "c d"]
        axis = fields["b"].axes[0]
        assert (axis.name, axis.coordinate, axis.key) == ("t", "t", "t")
        assert axis.values.tolist() == [1950, 1960, 1975]
        np.testing.assert_array_equal(values["c d"], [10, np.nan, 30])

    def test_row_numbers(self, tmp_path):
        _, values, fields = load(tmp_path, self.TEXT, columns=("0",))
        assert list(values) == ["t", "b", "c d"]
        assert fields["t"].axes[0].values is None
        assert fields["t"].axes[0].name is None

    def test_undecided(self, tmp_path):
        with open_source(write(tmp_path, self.TEXT), Hints()) as source:
            assert source.undecided == (
                "a table does not say which column is its coordinate: "
                "--axis NAME (columns: t, b, c d, name), or --axis 0 for row numbers"
            )
            assert list(source.fields) == ["t", "b", "c d"]
        with open_source(write(tmp_path, self.TEXT), Hints(columns=("t",))) as source:
            assert source.undecided is None

    def test_unknown_axis(self, tmp_path):
        assert "did you mean 'b'" in refuse(tmp_path, self.TEXT, UsageError, columns=("bb",))
        assert "holds words" in refuse(tmp_path, self.TEXT, columns=("name",))

    @pytest.mark.parametrize(
        ("stamps", "seconds"),
        [
            (["2024-03-01", "2024-03-02", "2024-03-04"], [0, 86400, 259200]),
            (["2024-03-01T00:00:00Z", "2024-03-01T00:00:00.000001Z"], [0, 1e-6]),
            (["2024-03-01 00:00", "2024-03-01 00:01"], [0, 60]),
            (["2024-03-01T00:00:00+01:00", "2024-03-01T00:00:00Z"], [0, 3600]),
            (["", "2024-03-01T01:00:00", "2024-03-01T00:00:00"], [np.nan, 0, -3600]),
            (["1900-01-01T00:00:00", "2099-12-31T23:59:59.999999"], [0, 6311433599.999999]),
        ],
    )
    def test_dates(self, tmp_path, stamps, seconds):
        text = "when,v\n" + "".join(f"{stamp},{i}\n" for i, stamp in enumerate(stamps))
        for name in "when", "t":
            _, _, fields = load(tmp_path, text, columns=(name,))
            axis = fields["v"].axes[0]
            assert (axis.name, axis.role) == ("when", "t")
            assert axis.units.startswith("seconds since ")
            np.testing.assert_array_equal(axis.values, seconds)
            start = cftime.num2date(0, axis.units, axis.calendar)
            first = datetime.fromisoformat(next(stamp for stamp in stamps if stamp.strip()).strip())
            first = first.astimezone(UTC) if first.tzinfo else first
            assert start.isoformat() == first.replace(tzinfo=None).isoformat()

    def test_one_row_without_end(self, tmp_path):
        _, values, fields = load(tmp_path, "t,s,v\n2024-01-01,x,5", columns=("t",))
        assert values["v"].tolist() == [5]
        assert fields["v"].axes[0].role == "t"

    def test_bad_dates(self, tmp_path):
        text = "t,v\n2024-01-01,1\n2024-01-02,1\n{},2\n"
        for bad in "2024-02-30", "soon", "2024-01-03T00:00Z":
            assert "line 4" in refuse(tmp_path, text.format(bad), columns=("t",))

    def test_dates_without_header(self, tmp_path):
        assert "header" in refuse(tmp_path, "2024-01-01,1\n2024-01-02,2\n")

    def test_names_are_made_distinct(self, tmp_path):
        _, values, _ = load(tmp_path, "t,a,a,\n0,1,2,3\n1,1,2,3\n", columns=("t",))
        assert list(values) == ["a", "a_3", "column4"]

    def test_round_trip_is_verbatim(self, tmp_path):
        out = round_trip(tmp_path, self.TEXT, columns=("t",))
        assert out == '"t",2b,2c d\n1950,2.0,20.0\n1960.0,4.0,nan\n1975,6.0,60.0\n'
        out = round_trip(tmp_path, self.TEXT, columns=("t",), keep=True, names=["c d"])
        assert out == self.TEXT.replace("name\n", "name,2c d\n").replace("x\n", "x,20.0\n").replace(
            "y\n", "y,nan\n"
        ).replace("z\n", "z,60.0\n")
        out = round_trip(tmp_path, self.TEXT, columns=("t",), select=lambda a: (a[0].select(1, 3),))
        assert out == '"t",2b,2c d\n1960.0,4.0,nan\n1975,6.0,60.0\n'
        out = round_trip(tmp_path, self.TEXT, columns=("0",), names=["b"])
        assert out == "2b\n2.0\n4.0\n6.0\n"

    def test_round_trip_of_dialect(self, tmp_path):
        text = (
            "\ufefftime;v;w\r\n2024-03-01T00:00:00Z;1,5;2\r\n# no\r\n2024-03-02T00:00:00Z;2,5;1\r\n"
        )
        out = round_trip(tmp_path, text, "log.csv.gz".removesuffix(".gz"), columns=("time",))
        assert out == (
            "\ufefftime;2v;2w\r\n2024-03-01T00:00:00Z;3,0;4,0\r\n2024-03-02T00:00:00Z;5,0;2,0\r\n"
        )
        assert round_trip(tmp_path, "t  v w\n 0   1 3\n 1   2 4\n", columns=("t",)) == (
            "t 2v 2w\n0 2.0 6.0\n1 4.0 8.0\n"
        )
        assert round_trip(tmp_path, "t,v,\n0,1,\n1,2,\n", columns=("t",), keep=True) == (
            "t,v,2v\n0,1,2.0\n1,2,4.0\n"
        )

    def test_quoted_names(self, tmp_path):
        with open_source(write(tmp_path, 't,"a,b"\n0,1\n1,2\n'), Hints(columns=("t",))) as source:
            assert doubled(source, tmp_path / "o.csv").decode() == 't,"2a,b"\n0,2.0\n1,4.0\n'

    def test_gzip_is_reproducible(self, tmp_path):
        path = write(tmp_path, gzip.compress(b"t,v\n0,1\n1,2\n"), "log.csv.gz")
        made = []
        for name in "a.csv.gz", "b.csv.gz":
            with open_source(path, Hints(columns=("t",))) as source:
                made.append(doubled(source, tmp_path / name))
        assert made[0] == made[1]
        assert gzip.decompress(made[0]) == b"t,2v\n0,2.0\n1,4.0\n"

    def test_float32_is_short(self, tmp_path):
        with open_source(write(tmp_path, "t,v\n0,.1\n1,.2\n"), Hints(columns=("t",))) as source:
            out = doubled(source, tmp_path / "o.csv", dtype=np.dtype("f4"))
        assert out == b"t,2v\n0,0.2\n1,0.4\n"


class TestRefusals:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "is empty"),
            ("# only\n\n# comments\n", "holds no rows"),
            ("a,b\n", "a header and no rows"),
            ("a,b\n1,2\n3,x\n5,6\n7,8\n", "line 3, column 'b': 'x' is not a number"),
            ("1,2\n# c\n\n3,x\n", "line 4, column 2: 'x' is not a number"),
            ("1,2\n3,4\n5\n", "line 3: 1 field found, 2 expected"),
            ("1,2\n3,4,5\n6,7\n", "line 2: 3 fields found, 2 expected"),
            ("1,2,3\n4,5\n6,7,8,9\n", "line 2: 2 fields found, 3 expected"),
            ("1 2\n3 4 5\n6 7\n", "line 2: 3 fields found, 2 expected"),
            ('1,2\n"3","4","5"\n6,7\n', "line 2: 3 fields found, 2 expected"),
            ('1,2\n"3,4"\n6,7\n', "line 2: 1 field found, 2 expected"),
            ('t,v\n1,2\n"3,4\n5,6\n', "line 3: a quote that opens here does not close"),
            ("1,2\n3,1 4\n", "line 2, column 2: '1 4' is not a number"),
            ("1,2\n3,\x1b[2J\n", "line 2, column 2: '\\\\x1b[2J' is not a number"),
            ("1,2\n3,-\n", "line 2, column 2: '-' is not a number"),
            ("1,2\n3,1_0\n", "line 2, column 2: '1_0' is not a number"),
            ("1,2\n3,0x10\n", "line 2, column 2: '0x10' is not a number"),
            ("1,2\n3,\u06614\n", "line 2, column 2: '\u06614' is not a number"),
            (b"a,b\n" + b"1,2\n" * 2**20 + b"1,\xff\n", "line 1048578 is not text in UTF-8"),
            (b"1,2\n" * 3000 + b"1,\0\n", "line 3001"),
            (b"1,2\n3,\0\n", "not CSV"),
            ("1,2\nx,".encode("utf-16")[:-1], "line 2: the byte 0x2c is not text in utf-16"),
            (b"\x89HDF\r\n\x1a\n" + b"\0" * 600, "is HDF5, not CSV"),
            (b"\x93NUMPY\x01\x00", "is NPY, not CSV"),
            (b"CDF\x01aaaa", "NetCDF, not CSV"),
            (b"\x1f\x8b\x08\0\0\0\0\0\0\x03abc", "gzip"),
            (gzip.compress(b"1,2\n" * 9, mtime=0)[:-9], "gzip"),
            (gzip.compress(b"\0\1\2\3" * 9, mtime=0), "not text"),
        ],
    )
    def test_one_line_each(self, tmp_path, text, words):
        message = refuse(tmp_path, text)
        assert words in message
        assert str(tmp_path) not in message

    def test_absent(self, tmp_path):
        with pytest.raises(InputError, match="cannot be read"):
            open_source(str(tmp_path / "no.csv"), Hints())

    def test_long_lines(self, tmp_path):
        path = tmp_path / "one.csv"
        with open(path, "wb") as file:
            file.write(b"1,2\n3")
            file.truncate(2**20)
        with pytest.raises(InputError, match=r"NUL|not CSV"):
            open_source(str(path), Hints())
        write(tmp_path, b"1" * (2**26 + 2**23), "one.csv")
        with pytest.raises(InputError, match="line 1 is longer than 64 MiB"):
            open_source(str(path), Hints())
        write(tmp_path, b'1,2\n1,"' + b"1\n" * (2**25 + 2**22), "one.csv")
        with pytest.raises(InputError, match=r"line 2: a quote that opens here does not close"):
            open_source(str(path), Hints())
        write(tmp_path, b"," * (2**21), "one.csv")
        with pytest.raises(InputError, match="fields; at most"):
            open_source(str(path), Hints())

    def test_unknown_layout(self, tmp_path):
        assert "'matrx'" in refuse(tmp_path, "1\n", UsageError, layout="matrx")

    def test_sink(self, tmp_path):
        with open_source(write(tmp_path, "1,2\n3,4\n"), Hints()) as source:
            field = source.fields["data"]
            one = Result("a", field.axes, F8, "x", field)
            two = replace(one, name="b")
            out = str(tmp_path / "o.csv")
            with pytest.raises(UsageError, match="two dimensions"):
                create_sink(out, out, [one, two], source, Destination(stack=True))
            with pytest.raises(UsageError, match="one array"):
                create_sink(out, out, [one, two], source, Destination())
            with pytest.raises(UsageError, match="complex"):
                create_sink(out, out, [replace(one, dtype=np.dtype("c16"))], source, Destination())
            with pytest.raises(UsageError, match="different axes"):
                create_sink(
                    out, out, [one, replace(two, axes=field.axes[:1])], source, Destination()
                )

    def test_failed_run_writes_nothing(self, tmp_path):
        with open_source(write(tmp_path, "1,2\n3,4\n"), Hints()) as source:
            field = source.fields["data"]
            out = tmp_path / "o.csv"
            results = [Result("a", field.axes, F8, "x", field)]
            with (
                pytest.raises(RuntimeError),
                create_sink(str(out), str(out), results, source, Destination()),
            ):
                raise RuntimeError
            assert not out.exists()


relaxed = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@relaxed
@given(text=st.text(st.sampled_from('0123456789.,;\t -+eE"#\n\r naNAxi'), max_size=60))
def test_anything_is_read_or_refused_in_a_line(tmp_path, text):
    for hints in {}, {"columns": ("0",)}, {"layout": "table"}, {"decimal": ","}:
        refusal = ""
        try:
            load(tmp_path, text, **hints)
        except (InputError, UsageError) as error:
            refusal = str(error)
        assert "\n" not in refusal


class TestLarge:
    """Many slabs, in memory and in a file: the same numbers."""

    def test_spooled_table(self, tmp_path):
        rng = np.random.default_rng(5)
        values = rng.standard_normal((60_000, 4))
        path = tmp_path / "t.csv"
        path.write_text(
            "t,a,b,c\n" + "".join("{!r},{!r},{!r},{!r}\n".format(*row) for row in values.tolist())
        )
        made = []
        for memory in 1 << 30, 1 << 16:
            with open_source(str(path), Hints(columns=("t",), limits=Limits(memory))) as source:
                assert source.fields["a"].shape == (60_000,)
                assert source._rows.in_memory == (memory > 1 << 20)
                np.testing.assert_array_equal(source.fields["a"].axes[0].values, values[:, 0])
                for i, name in enumerate("abc", 1):
                    np.testing.assert_array_equal(everything(source)[name], values[:, i])
                made.append(doubled(source, tmp_path / f"{memory}.csv", step=7000))
        assert made[0] == made[1]
        np.testing.assert_array_equal(
            np.loadtxt(tmp_path / f"{1 << 16}.csv", delimiter=",", skiprows=1)[:, 1:],
            2 * values[:, 1:],
        )

    def test_threads(self, tmp_path):
        from concurrent.futures import ThreadPoolExecutor

        grid = np.arange(40_000.0).reshape(800, 50)
        np.savetxt(tmp_path / "g.csv", grid, delimiter=",", fmt="%.17g")
        with (
            open_source(str(tmp_path / "g.csv"), Hints(limits=Limits(1 << 16))) as source,
            ThreadPoolExecutor(4) as pool,
        ):
            windows = [(slice(i, i + 90), slice(3, 40)) for i in range(0, 700, 11)]
            parts = list(pool.map(lambda w: source.read("g", w), windows))
        for window, part in zip(windows, parts, strict=True):
            np.testing.assert_array_equal(part, grid[window])

    def test_errors_far_down(self, tmp_path):
        head = "# c\nt,v\n" + "1,2\n" * 200_000
        for tail, words in [
            ("1,x\n", "line 200003, column 'v': 'x'"),
            ("1\n", "line 200003: 1 field"),
            ("1,2\n\n\n1,2,3\n", "line 200006: 3 fields"),
        ]:
            assert words in refuse(tmp_path, head + tail, columns=("t",), memory=1 << 20)

    def test_quotes_across_slabs(self, tmp_path):
        rows = [f'{i},"two\nlines, {i}",{i / 8}' for i in range(40_000)]
        text = "t,s,v\n" + "\n".join(rows) + "\n"
        out = round_trip(tmp_path, text, columns=("t",), keep=True, memory=1 << 16)
        assert out == "t,s,v,2v\n" + "".join(f"{row},{i / 4}\n" for i, row in enumerate(rows))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
class TestReal:
    def test_global_temperature(self):
        expected = np.loadtxt(REAL / "global-temp.csv", delimiter=",", skiprows=1)
        with open_source(str(REAL / "global-temp.csv"), Hints(columns=("year",))) as source:
            np.testing.assert_array_equal(source.fields["temp"].axes[0].values, expected[:, 0])
            np.testing.assert_array_equal(everything(source)["temp"], expected[:, 1])

    def test_elnino(self, tmp_path):
        path = REAL / "elnino.csv"
        expected = np.loadtxt(path, delimiter=",", skiprows=1)
        with open_source(str(path), Hints(columns=("YEAR",))) as source:
            values = everything(source)
            assert list(values) == path.read_text().split("\n")[0].replace('"', "").split(",")[1:]
            np.testing.assert_array_equal(np.stack(list(values.values()), 1), expected[:, 1:])
            out = doubled(source, tmp_path / "o.csv").decode()
        assert out.startswith('"YEAR",2JAN,')
        assert out.splitlines()[1].startswith("1950,46.22,48.4,")

    def test_wind(self, tmp_path):
        expected = np.genfromtxt(REAL / "windvectors.csv", delimiter=",", names=True)
        with open_source(str(REAL / "windvectors.csv"), Hints()) as source:
            lat, lon = source.fields["speed"].axes
            assert (lat.name, lon.name) == ("latitude", "longitude")
            i = np.searchsorted(lat.values, expected["latitude"])
            j = np.searchsorted(lon.values, expected["longitude"])
            np.testing.assert_array_equal(everything(source)["speed"][i, j], expected["speed"])
            out = doubled(source, tmp_path / "o.csv", names=["speed"])
        made = np.genfromtxt(tmp_path / "o.csv", delimiter=",", names=True)
        assert out.startswith(b"longitude,latitude,2speed\r\n0.125,45.125,6.24\r\n")
        np.testing.assert_array_equal(made["2speed"], 2 * expected["speed"])
        np.testing.assert_array_equal(made["longitude"], expected["longitude"])

    def test_terrain(self, tmp_path):
        expected = np.loadtxt(REAL / "terrain.dat")
        with open_source(str(REAL / "terrain.dat"), Hints()) as source:
            assert source.layout == "matrix"
            np.testing.assert_array_equal(everything(source)["terrain"], expected)
            doubled(source, tmp_path / "o.dat")
        np.testing.assert_array_equal(np.loadtxt(tmp_path / "o.dat"), 2 * expected)


class TestSamples:
    @pytest.mark.parametrize(
        ("file", "columns", "layout", "fields"),
        [
            ("image.csv", (), "matrix", {"image": (48, 64)}),
            ("section.csv", (), "crosstab", {"section": (14, 24)}),
            ("track.csv", ("t",), "table", dict.fromkeys(["x", "y", "depth"], (200,))),
            ("station.csv", ("time",), "table", dict.fromkeys(["temperature", "pressure"], (113,))),
            ("survey.csv", (), "long", dict.fromkeys(["gravity", "magnetic"], (20, 25))),
            (
                "profile.csv.gz",
                ("depth",),
                "table",
                dict.fromkeys(["temperature", "salinity"], (70,)),
            ),
        ],
    )
    def test_fields(self, file, columns, layout, fields):
        with ExitStack() as stack:
            for memory in 1 << 30, 1 << 12:
                source = stack.enter_context(
                    open_source(str(SAMPLES / file), Hints(columns=columns, limits=Limits(memory)))
                )
                assert source.layout == layout
                assert {name: field.shape for name, field in source.fields.items()} == fields
                for values in everything(source).values():
                    assert values.dtype == F8
                    assert np.isfinite(values).mean() > 0.9
