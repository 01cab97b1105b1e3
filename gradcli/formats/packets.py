"""Packed blocks taken apart into plain facts and bytes, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradcli.formats.packer import Key
from gradcli.model.blocks import Window
from gradcli.numerics.dtypes import Array
from gradcli.record import record

if TYPE_CHECKING:
    from gradcli.model.protocols import Packer

Bytes = bytes | memoryview


class Apart(NamedTuple):
    """A packed block.

    Attributes
    ----------
    keys : list of Key, or None
        Where the pieces belong: offsets of chunks, or keys of a store. None for one array.
    dtype : str
        The type of an array.
    shape : tuple of int
        The shape of an array.
    pieces : list of bytes
    """

    keys: list[Key] | None
    dtype: str
    shape: tuple[int, ...]
    pieces: list[Bytes]


@record
class Elsewhere:
    """The payload of a block whose pieces lie in another file, and are copied later.

    Attributes
    ----------
    sizes : numpy.ndarray
        The bytes of each piece.
    places : numpy.ndarray or None
        Where each piece belongs in the file of the sink, which fills this in.
    """

    sizes: Array
    places: Array | None = None


def taken_apart(payload: Any) -> Apart:
    """Return the payload of a packet as plain facts and bytes.

    >>> taken_apart(np.arange(2, dtype="u1")).dtype, taken_apart([("c/0", b"abc")]).keys
    ('|u1', ['c/0'])
    """
    if isinstance(payload, np.ndarray):
        data = np.ascontiguousarray(payload)
        raw = data.reshape(-1).view(np.uint8).data
        return Apart(None, payload.dtype.str, payload.shape, [raw])
    return Apart([key for key, _ in payload], "", (), [data for _, data in payload])


def put_together(apart: Apart) -> Any:
    """Return the payload that was taken apart.

    >>> put_together(taken_apart(np.arange(3.0)))
    array([0., 1., 2.])
    """
    if apart.keys is None:
        return np.frombuffer(apart.pieces[0], np.dtype(apart.dtype)).reshape(apart.shape)
    return list(zip(apart.keys, apart.pieces, strict=True))


def fits(packer: Packer, name: str, window: Window, apart: Apart, sizes: Sequence[int]) -> bool:
    """Return whether a block that was taken apart is one that a packer makes of a window."""
    forms = getattr(getattr(packer, "packers", {}).get(name, packer), "forms", None)
    keys = None if forms is None else forms[name].pieces(window)
    if keys is not None:
        return apart.keys == list(keys) and len(sizes) == len(keys)
    if apart.keys is not None or len(sizes) != 1:
        return False
    shape = tuple(part.stop - part.start for part in window)
    return apart.shape == shape and sizes[0] == prod(shape) * np.dtype(apart.dtype).itemsize
