"""Points from CSV files."""

from __future__ import annotations

from pathlib import Path

import pytest

from gradcli.errors import InputError
from gradcli.explore.points import read_points


@pytest.mark.parametrize(
    "text",
    [
        "x,time\n1,2020-01-05\n-2.5,2020-01-06\n",
        "\ufeffx;time\r\n1;2020-01-05\r\n-2.5;2020-01-06\r\n",
        '# a comment\n"x"\ttime\n\n1\t2020-01-05\n -2.5\t2020-01-06',
    ],
)
def test_a_header_names_the_axes(tmp_path: Path, text: str) -> None:
    (tmp_path / "p.csv").write_bytes(text.encode())
    assert read_points(str(tmp_path / "p.csv")) == (
        [{"x": "1", "time": "2020-01-05"}, {"x": "-2.5", "time": "2020-01-06"}],
        ("x", "time"),
    )


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "holds no points"),
        (b"x,y\n", "holds no points"),
        (b"x,x\n1,2\n", "expected one name for each column"),
        (b"x,y\n1,2\n3\n", "row 2 has 1 cells; expected 2, as in the header"),
        (b"x,y\n\xff,2\n", "is not text in UTF-8"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_what_holds_no_points_is_refused(tmp_path: Path, data: bytes | None, message: str) -> None:
    path = tmp_path / "p.csv"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(InputError) as caught:
        read_points(str(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)
