"""What a batch says once for many inputs: notes that they share, and how many were done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from gradcli.errors import printable
from gradcli.system.logbook import Item, Outcome


class Summary:
    """Notes that were printed, with the number of further inputs that have them too.

    Parameters
    ----------
    wanted : bool
        Whether a line at the end says how many inputs were done.
    """

    def __init__(self, wanted: bool) -> None:
        self._wanted = wanted
        self._began = time.monotonic()
        self._again: dict[str, int] = {}

    def without_repeats(self, item: Item, outcome: Outcome) -> Outcome:
        """Return an outcome without the notes that another input had before, and count these."""
        start = f"Note: {printable(item.path)}: "
        kept = []
        for line in outcome.err.split("\n"):
            note = line.removeprefix(start)
            if note == line or note not in self._again:
                kept.append(line)
            if note != line:
                self._again[note] = self._again.get(note, -1) + 1
        return outcome._replace(err="\n".join(kept))

    def repeats(self) -> Iterator[str]:
        """Yield a line for each note that further inputs have."""
        for note, count in self._again.items():
            if count:
                inputs = "1 more input" if count == 1 else f"{count} more inputs"
                yield f"Note: {inputs}: {note}"

    def counts(self, outcomes: Mapping[int, Outcome]) -> str:
        """Return how many inputs were done, skipped and failed, and how long it took."""
        failed = sum(outcome.code != 0 for outcome in outcomes.values())
        skipped = sum(outcome.skipped for outcome in outcomes.values())
        done = len(outcomes) - failed - skipped
        seconds = time.monotonic() - self._began
        return f"done {done}, skipped {skipped}, failed {failed}, {seconds:.1f} s"

    def end(self, outcomes: Mapping[int, Outcome]) -> Iterator[str]:
        """Yield the last lines of a batch in which nothing failed."""
        if self._wanted:
            yield self.counts(outcomes)
