"""Write results to NPY files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO, Self

import numpy as np

from gradcli.errors import UsageError
from gradcli.formats.direct import ArrayPlace, Direct, DirectArrays
from gradcli.formats.packer import TypedPacker
from gradcli.formats.raw import RawArray
from gradcli.model.fields import Result
from gradcli.model.protocols import Packet
from gradcli.system.paths import open_empty


class NpyArray:
    """An NPY array in an output file: writes the header and allocates space for the data."""

    def __init__(
        self, file: BinaryIO, dtype: np.dtype[Any], shape: tuple[int, ...], fortran: bool = False
    ) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(dtype),
            "fortran_order": fortran,
            "shape": shape,
        }
        np.lib.format.write_array_header_1_0(file, header)
        file.flush()
        start = file.tell()
        self.raw = RawArray(file.fileno(), start, dtype, shape, fortran)
        self.raw.reserve()


def stacked_form(results: list[Result]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return the shape and type of an array in which results are stacked along a new first axis.

    Raises UsageError if the results differ in shape.
    """
    shapes = {result.shape for result in results}
    if len(shapes) > 1:
        raise UsageError(f"results of shapes {sorted(shapes)} cannot be stacked in one array")
    dtype = np.result_type(*(result.dtype for result in results))
    return (len(results), *results[0].shape), dtype


class NpySink:
    """An NPY output with one result, or with several stacked along a new first axis."""

    def __init__(self, path: str, results: list[Result], stack: bool) -> None:
        self.notes: list[str] = []
        shape, self._dtype = stacked_form(results)
        self.packer = TypedPacker({result.name: self._dtype for result in results})
        self._places = {result.name: i for i, result in enumerate(results)} if stack else None
        shape = shape if stack else results[0].shape
        fortran = results[0].stored.fortran
        self._path = path
        self._file = open_empty(path)
        try:
            self._array = NpyArray(self._file, self._dtype, shape, fortran)
        except BaseException:
            self._file.close()
            raise

    def put(self, packet: Packet) -> None:
        """Write a block to its window."""
        window, values = packet.window, packet.payload
        if self._places is not None:
            place = self._places[packet.name]
            window, values = (slice(place, place + 1), *window), values[None]
        self._array.raw.write(window, values)

    def direct(self) -> Direct:
        """Return what writes packets from any process."""
        place, places = ArrayPlace(*self._array.raw.at(self._path)), self._places
        if places is None:
            return DirectArrays(dict.fromkeys(self.packer.types, place))
        return DirectArrays({name: place._replace(row=i) for name, i in places.items()})

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Do nothing: an NPY file has no attributes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
