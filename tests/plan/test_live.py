"""The schedule of what arrives: what leaves when, and what may stream at all."""

from __future__ import annotations

import pytest

from gradcli.errors import UsageError
from gradcli.model.metric import Metric
from gradcli.model.protocols import Destination, Hints, Limits
from gradcli.numerics.schemes import checked_scheme
from gradcli.plan.live import LiveSchedule, streaming_formats
from gradcli.plan.plan import make_plan
from gradcli.settings import Run, Settings
from tests.feeds import feed_of, open_feed, run

ROWS = [f"{i},{i * i}\n".encode() for i in range(12)]
COLUMN = Hints("csv", columns=("t",), live=("csv",))


def schedule_of(source, memory: int = 2**28, **given) -> LiveSchedule:
    scheme = checked_scheme(**given)
    plan = make_plan(
        source, Settings(("t",), scheme=scheme), Destination("-"), Run(Limits(memory, 1))
    )
    assert isinstance(plan.schedule, LiveSchedule)
    return plan.schedule


@pytest.mark.parametrize(
    ("given", "ready"),
    [
        ({}, [0, 1, 2, 3, 8, 9]),
        ({"accuracy": 4}, [0, 0, 0, 0, 7, 9]),
        ({"side": "backward"}, [0, 2, 3, 4, 9, 9]),
        ({"side": "forward"}, [0, 1, 2, 3, 8, 9]),
        ({"order": 2}, [0, 0, 0, 2, 7, 9]),
    ],
)
def test_a_row_leaves_as_soon_as_its_stencil_is_complete(given: dict, ready: list[int]) -> None:
    arrivals = [1, 2, 3, 4, 9, 9]
    with feed_of([b"t,v\n", *ROWS]) as feed, open_feed("csv", feed, COLUMN) as source:
        schedule = schedule_of(source, **given)
        found = []
        axis = source.fields["v"].axes[0].live
        given_rows = 0
        for known in arrivals:
            axis.ended = len(found) == len(arrivals) - 1
            given_rows = known if axis.ended else schedule._ready(given_rows, known)
            found.append(given_rows)
        assert found == ready


def test_blocks_come_row_by_row_for_all_tasks() -> None:
    pieces = [b"t,a,b\n", *(b"%d,%d,%d\n" % (i, i, 2 * i) for i in range(7))]
    with feed_of(pieces) as feed, open_feed("csv", feed, COLUMN) as source:
        schedule = schedule_of(source)
        assert len(schedule.tasks) == 2
        assert len(schedule.readers) == 1
        blocks = list(schedule.blocks())
    rows = [(block.task, block.window[0]) for block in blocks]
    assert [task for task, _ in rows] == [0, 1] * (len(rows) // 2)
    starts = [part for task, part in rows if task == 0]
    assert [part.start for part in starts] == [0, *(part.stop for part in starts[:-1])]
    assert starts[-1].stop == 7


def test_blocks_are_small_where_memory_is() -> None:
    names = ",".join(f"c{i}" for i in range(400))
    rows = [b",".join(b"%d" % (i + k) for k in range(401)) + b"\n" for i in range(300)]
    with feed_of([f"t,{names}\n".encode(), *rows]) as feed:
        hints = Hints("csv", columns=("t",), limits=Limits(2**25))
        with open_feed("csv", feed, hints) as source:
            small = schedule_of(source, 2**25)
            large = schedule_of(source, 2**28)
            assert 1 <= small.rows < large.rows
            assert small.memory <= 2**25


def test_a_limit_below_one_row_is_refused_with_the_one_that_would_do(capfdbinary) -> None:
    row = ",".join("1" for _ in range(100_000)).encode() + b"\n"
    hints = Hints("csv", live=("csv",), limits=Limits(2**25))
    with (
        feed_of([row, row, row]) as feed,
        open_feed("csv", feed, hints) as source,
        pytest.raises(UsageError, match=r"too small for one row.*--memory \d+MiB would"),
    ):
        run(source, Settings(("0",)), memory=2**25)


def test_the_report_counts_the_rows_that_passed(capfdbinary) -> None:
    with feed_of([b"t,v\n", *ROWS]) as feed, open_feed("csv", feed, COLUMN) as source:
        report = run(source, Settings(("t",)))
    assert report.variables[0]["shape"] == [12]
    assert report.bytes_in == report.bytes_out == 96
    assert report.variables[0]["axes"][0]["spacing"] == "as the coordinates arrive"


ALL, NPY, NONE = ("csv", "npy"), ("npy",), ()


@pytest.mark.parametrize(
    ("settings", "path", "expected"),
    [
        ({}, None, ALL),
        ({}, "-", ALL),
        ({}, "x.npy", NPY),
        ({}, "x", NPY),
        ({}, "x.csv", NONE),
        ({}, "x.nc", NONE),
        ({"sort": True}, "-", NONE),
        ({"duplicates": "first"}, "-", NONE),
        ({"components": "1"}, "-", NONE),
        ({"metric": Metric("sphere")}, "-", NONE),
        ({"metric": Metric("none")}, "-", ALL),
        ({"isel": {"0": 3}}, "-", NONE),
        ({"isel": {"1": 3}}, "-", ALL),
        ({"isel": {"-1": 3}}, "-", NONE),
        ({"sel": {"t": (1, 2)}}, "-", NONE),
        ({"isel": {"x": 3}, "dims": ("y", "x")}, "-", ALL),
        ({"isel": {"y": 3}, "dims": ("y", "x")}, "-", NONE),
        ({"periodic": {"1": None}}, "-", ALL),
        ({"periodic": {"t": None}}, "-", NONE),
        ({"coords": {"1": "x.npy"}}, "-", NPY),
        ({"coords": {"0": "x.npy"}}, "-", NONE),
        ({"scheme": checked_scheme(missing="adapt")}, "-", NPY),
        ({"scheme": checked_scheme(smooth="savgol:5,2")}, "-", ALL),
    ],
)
def test_what_needs_the_whole_input_does_not_stream(
    settings: dict, path: str | None, expected: tuple[str, ...]
) -> None:
    given = Settings(**settings)
    assert streaming_formats(given, Destination(path), False) == expected
    assert streaming_formats(given, Destination(path), True) == NONE


def test_components_in_one_array_leave_at_the_end() -> None:
    assert streaming_formats(Settings(), Destination("-", stack=True), False) == NONE
    assert streaming_formats(Settings(), Destination("x.npy", stack=True), False) == NPY
