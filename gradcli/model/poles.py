"""How the rows of a latitude go on across the poles."""

from __future__ import annotations

from typing import NamedTuple


class Poles(NamedTuple):
    """The rows beyond the ends of a latitude: those across the pole, half a turn away.

    Attributes
    ----------
    latitude, longitude : int
        Indices of the two axes.
    size : int
        Number of rows.
    ring : int
        Number of columns after which the longitude repeats; it is even.
    low, high : int or None
        1 if the first row lies at the pole, 0 if the row before it is its own mirror image, None
        if it lies next to no pole; and the same for the last row.
    """

    latitude: int
    longitude: int
    size: int
    ring: int
    low: int | None
    high: int | None

    @property
    def before(self) -> int:
        """The number of rows across the pole before the first."""
        return 0 if self.low is None else self.size - self.low

    @property
    def after(self) -> int:
        """The number of rows across the pole after the last."""
        return 0 if self.high is None else self.size - self.high

    @property
    def ends(self) -> tuple[str, ...]:
        """How the two ends are treated, in words.

        >>> Poles(0, 1, 9, 8, 0, None).ends
        ('pole', 'one-sided')
        """
        return ("pole",) if None not in (self.low, self.high) else ("pole", "one-sided")

    def mirror(self, rows: slice) -> slice:
        """Return the rows whose mirror images some rows beyond one end are, in reversed order.

        >>> poles = Poles(0, 1, 9, 8, 0, 1)
        >>> poles.mirror(slice(-2, 0)), poles.mirror(slice(9, 11))
        (slice(0, 2, None), slice(6, 8, None))
        """
        if rows.start < 0:
            total = (self.low or 0) - 1
        else:
            total = 2 * self.size - 1 - (self.high or 0)
        return slice(total - rows.stop + 1, total - rows.start + 1)
