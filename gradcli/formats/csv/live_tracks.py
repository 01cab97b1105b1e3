"""Where tracks begin among the rows of a text that arrives."""

from __future__ import annotations

import numpy as np

from gradcli.errors import InputError, printable
from gradcli.formats.csv.slab import Slab
from gradcli.formats.csv.sniff import Head
from gradcli.formats.csv.tracks import NONE, TrackColumn

MOST_TRACKS = 2**20  # names of past tracks that are remembered
SAVE = "save the rows to a file first, where they may lie apart"


class MixedError(Exception):
    """A track goes on after another one, so its rows do not follow one another.

    Attributes
    ----------
    row : int
        The row, counted in its slab.
    error : InputError
        What to say unless the whole input can still be copied.
    """

    def __init__(self, row: int, error: InputError) -> None:
        super().__init__(str(error))
        self.row, self.error = row, error


class LiveCuts:
    """Finds the rows at which tracks begin, by a column or by blank lines."""

    def __init__(self, head: Head, by: str | None) -> None:
        self._column = None if by is None else TrackColumn(head, by)
        self._by = by
        self._now = NONE
        self._past: set[int] = set()
        self.spaced = False
        self.found: list[int] = []  # in the last slab, also before a row that is refused

    @property
    def columns(self) -> list[int]:
        """The column that tells tracks apart, if there is one."""
        return [] if self._column is None else [self._column.column]

    def of(self, slab: Slab) -> list[int]:
        """Return the rows of a slab at which tracks begin.

        Raises
        ------
        MixedError
            A row does not belong to the track before it, nor to a new one.
        """
        self.found = []
        if self._column is None:
            self._by_blanks(slab)
        else:
            self._by_column(slab)
        return self.found

    def _by_column(self, slab: Slab) -> None:
        assert self._column is not None
        codes = self._column.codes(slab)
        changes = np.flatnonzero(np.diff(codes, prepend=self._now)).tolist()
        for row in changes:
            code = int(codes[row])
            what = None
            if code == NONE:
                what = f"it has no {printable(str(self._by))}; expected one in each row of a pipe"
            elif code in self._past:
                what = f"the track {self._column.name(code)} goes on after others; {SAVE}"
            elif len(self._past) >= MOST_TRACKS:
                what = f"more than {MOST_TRACKS} tracks on a pipe; {SAVE}"
            if what is not None:
                raise MixedError(row, InputError(f"line {slab.line(row)}: {what}"))
            self._past.add(self._now)
            self._now = code
            self.found.append(row)

    def _by_blanks(self, slab: Slab) -> None:
        """Find the rows behind blank lines, unless each row of the text is behind one.

        The second row tells. Nothing else would do: rows before it are written already.
        """
        behind = set(slab.breaks)
        for row in range(slab.rows) if slab.first_row < 2 or self.spaced else ():
            if slab.first_row + row == 1:
                self.spaced = row in behind
            elif self.spaced and slab.first_row + row > 1 and row not in behind:
                text = "blank lines end some rows and not others"
                error = InputError(f"line {slab.line(row)}: {text} from the first on; {SAVE}")
                raise MixedError(row, error)
        if not self.spaced:
            self.found = [row for row in slab.breaks if slab.first_row + row > 0]
