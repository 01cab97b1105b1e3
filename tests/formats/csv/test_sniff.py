"""Dialects of CSV: told from the text."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from gradcli.errors import UsageError
from gradcli.formats.csv.sniff import Dialect, head_of
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Hints
from tests.formats.csv.test_source import (
    everything,
    load,
    refuse,
    round_trip,
    write,
)


@pytest.mark.parametrize("trailing", [False, True])
@pytest.mark.parametrize("mark", list(",;\t "))
def test_rows_have_the_same_fields_together_as_alone(mark, trailing):
    dialect = Dialect(mark, trailing=trailing)
    for rows in (["1,2", "3;4"], ["1 , 2", "3"], ['"a,b",1', "2,3"], ["a\tb", "c\r"], ["", "1,"]):
        assert dialect.table(rows) == [dialect.cells(row) for row in rows]


class TestDialects:
    @pytest.mark.parametrize(
        "text",
        [
            "1,2.5,3\n4,5,-6e1\n",
            "1;2.5;3\n4;5;-6e1\n",
            "1;2,5;3\n4;5;-6e1\n",
            "1\t2,5\t3\n4\t5\t-6e1\n",
            "1\t2.5\t3\n4\t5\t-6e1\n",
            "1 2.5 3\n4 5 -6e1\n",
            "   1   2.5   3  \n   4     5 -6e1\n",
            " 1.0\t 2.5 \t   3\n 4.0\t  5.0\t -60.0\n",
            "  1 \t 2.5 3\n4\t\t5  -6e1\n",
            "1, 2.5, 3\n4, 5, -6e1\n",
            "1 , 2.5 , 3 \n4 , 5 , -6e1 \n",
            "1,2.5,3,\n4,5,-6e1,\n",
            "1\t2.5\t3\t\n4\t5\t-6e1\t\n",
            '"1","2.5","3"\n"4","5","-6e1"\n',
            "1,2.5,3\r\n4,5,-6e1\r\n",
            "1,2.5,3\r4,5,-6e1\r",
            "1,2.5,3\n4,5,-6e1",
            "\ufeff1,2.5,3\n4,5,-6e1\n",
            '# a comment, with commas, 5" wide\n1,2.5,3\n\n  \n # more\n4,5,-6e1\n\n',
            "\n\n1,2.5,3\n#\n4,5,-6e1\n# end",
            "+1,2.5,3.\n4,5,-6E+1\n",
        ],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_same_numbers(self, tmp_path, text, packed):
        data = gzip.compress(text.encode()) if packed else text
        layout, values, fields = load(tmp_path, data, "m.csv.gz" if packed else "m.csv")
        assert layout == "matrix"
        assert list(values) == ["m"]
        assert values["m"].tolist() == [[1, 2.5, 3], [4, 5, -60]]
        assert fields["m"].storage.compression == ("gzip" if packed else None)
        assert [axis.name for axis in fields["m"].axes] == [None, None]
        assert len({axis.key for axis in fields["m"].axes}) == 2

    def test_missing_and_infinite(self, tmp_path):
        text = "1,,NA\nnan,NaN,inf\n-inf,N/A,null\n ,NULL,2\n"
        _, values, _ = load(tmp_path, text)
        nan, inf = np.nan, np.inf
        expected = [[1, nan, nan], [nan, nan, inf], [-inf, nan, nan], [nan, nan, 2]]
        np.testing.assert_array_equal(values["data"], expected)

    def test_decimal_comma_is_noted(self, tmp_path):
        with open_source(write(tmp_path, "a;b\n0,5;1\n1,5;2\n"), Hints(columns=("a",))) as source:
            assert source.notes == ["decimal commas recognised"]
            assert source.fields["b"].axes[0].values.tolist() == [0.5, 1.5]

    def test_decimal_comma_asked_for(self, tmp_path):
        _, values, _ = load(tmp_path, "1,5\n2,5\n", decimal=",")
        assert values["data"].tolist() == [1.5, 2.5]
        _, values, _ = load(tmp_path, "1,5\n2,5\n")
        assert values["data"].tolist() == [[1, 5], [2, 5]]
        assert "decimal mark" in refuse(tmp_path, "1\n", UsageError, decimal=";")

    def test_quoted_line_breaks_and_delimiters(self, tmp_path):
        text = 't,"note, long",v\n0,"a\nb, ""c""",1\n1,#x,2\n2,"\n# no comment\n\n",3\n'
        with open_source(write(tmp_path, text), Hints(columns=("t",))) as source:
            assert list(source.fields) == ["v"]
            assert everything(source)["v"].tolist() == [1, 2, 3]
            assert source.notes == ["note, long: left out, because it holds words"]
        out = round_trip(tmp_path, text, columns=("t",), keep=True)
        assert out == (
            't,"note, long",v,2v\n0,"a\nb, ""c""",1,2.0\n1,#x,2,4.0\n2,"\n# no comment\n\n",3,6.0\n'
        )

    def test_pipes_are_read_once(self, tmp_path):
        import os
        from threading import Thread

        fifo = tmp_path / "pipe.csv"
        os.mkfifo(fifo)
        feeder = Thread(target=fifo.write_bytes, args=(b"1,2\n3,4\n",))
        feeder.start()
        with open_source(str(fifo), Hints()) as source:
            feeder.join()
            assert everything(source)["pipe"].tolist() == [[1, 2], [3, 4]]


def test_names_with_line_breaks_are_what_they_are() -> None:
    head = head_of(["1,2", "3,4"], Dialect(), "table", ["two\0lines", "b"])
    assert head.names == ["two\nlines", "b"]
