"""Commas that both part cells and mark decimals, which nobody can tell apart."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gradcli.errors import InputError
from gradcli.formats.csv.sniff import Dialect

_PAIR = r"[+-]?\d+,\d+"
_BLANKS = re.compile(rf"\s*{_PAIR}(?:,\s+{_PAIR})+\s*")  # 176,36, 32822,795
_LEADING = re.compile(r"[+-]?0\d")


def check_commas(rows: Sequence[tuple[int, str]], dialect: Dialect, decimal: str | None) -> None:
    """Raise InputError if every other comma of some rows, with their lines, marks decimals.

    Either blanks follow only the commas between, or the digits behind the others begin with zeros,
    as in ``177,02,14,5``, and those before them never do.
    """
    if dialect.delimiter != "," or decimal is not None or not rows:
        return
    if all(_BLANKS.fullmatch(text) for _, text in rows) or _led(rows):
        number, text = rows[0]
        raise InputError(
            f"line {number}: in {text.strip()!r:.60} some commas seem to be decimal signs; use "
            "another sign for them, or say --decimal . if every comma separates cells"
        )


def _led(rows: Sequence[tuple[int, str]]) -> bool:
    cells = [text.strip().split(",") for _, text in rows]
    if len(cells[0]) < 4 or len(cells[0]) % 2 or len({len(row) for row in cells}) > 1:
        return False
    whole = [cell.strip() for row in cells for cell in row[::2]]
    behind = [cell for row in cells for cell in row[1::2]]
    return (
        all(re.fullmatch(r"[+-]?\d+", cell) for cell in whole)
        and not any(_LEADING.match(cell) for cell in whole)
        and all(cell.isascii() and cell.isdigit() for cell in behind)
        and any(_LEADING.match(cell) for cell in behind)
    )
