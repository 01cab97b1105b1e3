"""Shares of an output: which blocks each of several runs computes, and where it puts them."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from gradcli.errors import InputError
from gradcli.system.paths import read_error


class Share(NamedTuple):
    """Which of the parts of an output: number I, counted from 1, of N."""

    number: int
    of: int

    def place(self, output: str) -> str:
        """Return the path of the part: a hidden file beside the output.

        >>> Share(2, 4).place("made/a.nc")
        'made/.a.nc.part-2-of-4'
        """
        folder, name = os.path.split(output.rstrip("/"))
        return os.path.join(folder, f".{name}.part-{self.number}-of-{self.of}")

    def numbers(self, count: int) -> range:
        """Return which of ``count`` blocks belong to this part; they follow one another.

        >>> [Share(number, 3).numbers(5) for number in (1, 2, 3)]
        [range(0, 1), range(1, 3), range(3, 5)]
        """
        return range(count * (self.number - 1) // self.of, count * self.number // self.of)


def parts_of(output: str) -> list[str]:
    """Return the paths of all parts of an output, in order.

    Raises
    ------
    InputError
        There is none, one is missing, or they belong to runs of different numbers of parts.
    """
    folder, name = os.path.split(output.rstrip("/"))
    pattern = re.compile(rf"\.{re.escape(name)}\.part-(\d+)-of-(\d+)")
    try:
        found = [m for m in map(pattern.fullmatch, os.listdir(folder or ".")) if m]
    except OSError as error:
        raise read_error(error) from error
    counts = {int(match[2]) for match in found}
    if not counts:
        raise InputError(f"{output}: has no parts here; make them with --part 1/N … N/N")
    if len(counts) > 1:
        listed = " and ".join(str(count) for count in sorted(counts))
        raise InputError(f"{output}: has parts of {listed}; remove those of an earlier run")
    (count,) = counts
    there = {int(match[1]) for match in found}
    missing = [str(number) for number in range(1, count + 1) if number not in there]
    if missing:
        raise InputError(f"{output}: part {', '.join(missing[:9])} of {count} is missing")
    return [Share(number, count).place(output) for number in range(1, count + 1)]
