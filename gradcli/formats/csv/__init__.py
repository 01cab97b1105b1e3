"""CSV: tables and matrices as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradcli.model.fields import Result
    from gradcli.model.protocols import Destination, Hints, Packer, Sink, Source


def open_source(path: str, hints: Hints) -> Source:
    """Open a CSV file."""
    from gradcli.formats.csv.source import CsvSource

    return CsvSource(path, hints)


def holds_one_array(results: list[Result], like: Source) -> bool:
    """Return whether a file can hold only one of the results, as a matrix or crosstab does."""
    from gradcli.formats.csv.layout import layout_of

    return layout_of(results, like) in ("matrix", "crosstab", "mixed")


def create_sink(
    scratch: str, path: str, results: list[Result], like: Source, destination: Destination
) -> Sink:
    """Create a CSV file, in the layout of the input if that is CSV and the results fit it."""
    from gradcli.formats.csv.sink import CsvSink

    return CsvSink(scratch, path, results, like, destination)


def make_packer(path: str, results: list[Result], like: Source, destination: Destination) -> Packer:
    """Return the packer of a CSV file, which becomes text when all its numbers are known."""
    from gradcli.formats.csv.spool import DOUBLE
    from gradcli.formats.packer import TypedPacker

    return TypedPacker(dict.fromkeys([result.name for result in results], DOUBLE))
