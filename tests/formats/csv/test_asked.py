"""What the user says of a CSV file."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.formats.csv.asked import asked_of, header_of
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Hints
from tests.formats.csv.test_source import load, refuse, write


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", ""])
def test_wrong_headers(given: str) -> None:
    with pytest.raises(UsageError, match="--header"):
        header_of(given)


def test_wrong_formats_of_dates() -> None:
    for form in ("", "dd.mm.yyyy", "%Q"):
        with pytest.raises(UsageError, match="--date-format"):
            asked_of(Hints(date_format=form))


def test_the_head_is_described(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = write(tmp_path, "Bench\nt;U (mV)\ns;\n0;1,5\n1;2,5\n")
    with open_source(path, Hints(columns=("t",))) as source:
        assert source.description == (
            "CSV, ';' between cells, decimal commas, names on line 2, rows from line 4"
        )
        assert source.fields["U (mV)"].units == "mV"
        assert source.fields["U (mV)"].axes[0].units == "s"


def test_empty_rows_at_the_end_are_left_out(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = "t,v\n0,1\n,\n2,3\n,\n,\n"
    with open_source(write(tmp_path, text), Hints()) as source:
        assert source.fields["v"].shape == (3,)
        assert "2 rows of empty cells at the end left out" in source.notes
    assert load(tmp_path, "t,v\n0,1\n1,3\nnan,nan\n", columns=("0",))[1]["v"].shape == (3,)


def test_words_in_a_column_that_was_not_asked_for_are_missing(tmp_path) -> None:  # type: ignore[no-untyped-def]
    rows = "".join(f"{i},,{i}\n" for i in range(300))
    text = "t,remark,v\n" + rows + "300,open,300\n"
    assert "'open' is not a number" in refuse(tmp_path, text, columns=("t",))
    values = load(tmp_path, text, columns=("t",), variables=("v",))[1]
    assert np.array_equal(values["v"], np.arange(301.0))


def test_dates_that_may_be_two_days_are_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = "t,v\n01.02.2021,1\n02.02.2021,2\n"
    assert "--date-format" in refuse(tmp_path, text, columns=("t",))
    with open_source(
        write(tmp_path, text), Hints(columns=("t",), date_format="%d.%m.%Y")
    ) as source:
        assert source.fields["v"].axes[0].units == "seconds since 2021-02-01 00:00:00"


def test_exponents_of_fortran(tmp_path) -> None:  # type: ignore[no-untyped-def]
    values = load(tmp_path, "t v\n0 1.0D+00\n1 2.5d-1\n", columns=("t",))[1]
    assert values["v"].tolist() == [1.0, 0.25]


def test_options_of_text_are_refused_elsewhere(tmp_path) -> None:  # type: ignore[no-untyped-def]
    np.save(tmp_path / "f.npy", np.arange(4.0))
    for hints in (Hints(header=1), Hints(skip_rows=2), Hints(encoding="utf-8")):
        with pytest.raises(UsageError, match="is for text in CSV"):
            open_source(str(tmp_path / "f.npy"), hints)
