"""Write results to standard output as CSV, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from gradcli.formats.csv.labels import labels_of, slabs_in
from gradcli.formats.csv.sink import CsvSink
from gradcli.formats.csv.spool import Cells
from gradcli.formats.csv.text import BOM
from gradcli.formats.csv.tracks import spaced
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Packet
from gradcli.numerics.dtypes import Array
from gradcli.system.paths import STDOUT
from gradcli.system.streams import Outlet

if TYPE_CHECKING:
    from gradcli.formats.csv.source import CsvSource


class LiveCsvSink(CsvSink):
    """A CSV output whose rows are written as soon as all their results are there."""

    def __init__(
        self, results: list[Result], source: CsvSource, destination: Destination, outlet: Outlet
    ) -> None:
        super().__init__("", STDOUT, results, source, destination)
        self._input = source
        self._outlet = outlet
        self._waiting: dict[str, Array] = {}
        self._begun = False
        # Warm up polars: its first call takes 0.1 s, which would delay the first row.
        self._matrix(np.zeros((1, 1)))

    def _room(self) -> Cells:
        return Cells((0,), self._budget)

    def put(self, packet: Packet) -> None:
        """Keep a block until the blocks of all results are there, then write their rows."""
        self._waiting[packet.name] = packet.payload
        if len(self._waiting) < len(self._results):
            return
        values = [self._waiting[result.name] for result in self._results]
        self._waiting.clear()
        rows = packet.window[0]
        text = b"".join([*self._beginning(), *self._spaced_out(rows, self._lines(rows, values))])
        self._outlet.send(text.replace(b"\n", self._newline.encode()))

    def _beginning(self) -> Iterator[bytes]:
        if self._begun:
            return
        self._begun = True
        if self._input.text.bom:
            yield BOM
        if self._layout == "table":
            yield self._row(self._header(self._input))

    def _spaced_out(self, rows: slice, lines: Iterator[bytes]) -> Iterator[bytes]:
        """Yield lines with the blank lines of the input."""
        breaks = self._input.breaks_in(rows)
        if rows.start in breaks:
            yield b"\n"
        yield from spaced(lines, breaks, rows.start) if breaks else lines

    def _lines(self, rows: slice, values: list[Array]) -> Iterator[bytes]:
        if self._layout == "matrix":
            (numbers,) = values
            yield self._matrix(numbers.reshape(len(numbers), -1))
            return
        columns, whole = np.column_stack(values), self._destination.keep
        for start, held in slabs_in(self._input, rows, whole):
            first = max(start, rows.start)
            part = labels_of(held, self._input, whole, True)[first - start : rows.stop - start]
            given = first - rows.start
            yield self._join(part, columns[given : given + len(part)])

    def __exit__(self, *_: object) -> None:
        self._stack.close()
