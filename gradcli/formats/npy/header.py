"""Parse the header of an NPY array, without executing it."""

from __future__ import annotations

import ast
import struct
import warnings
from typing import Any, BinaryIO

import numpy as np

from gradcli.errors import InputError

MAX_DIMENSIONS = 64  # the limit of numpy
MAX_HEADER = 2**20  # bytes; numpy itself writes a few hundred


def read_header(file: BinaryIO) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """Return the type, whether the order is Fortran's, the shape, and the length of the header.

    The header is the text of a dict, as described at ``numpy.lib.format`` for versions 1 to 3.
    """
    prefix = file.read(8)
    if prefix[:6] != b"\x93NUMPY" or len(prefix) < 8:
        raise InputError("does not begin as an NPY array")
    if prefix[6] not in (1, 2, 3):
        raise InputError(f"is of NPY version {prefix[6]}.{prefix[7]}; versions 1 to 3 are known")
    width = 2 if prefix[6] == 1 else 4
    try:
        (length,) = struct.unpack("<H" if width == 2 else "<I", file.read(width))
        if length > MAX_HEADER:
            raise InputError(f"its header of {length} bytes is too long to be one")
        text = file.read(length).decode("utf-8" if prefix[6] == 3 else "latin1")
        with warnings.catch_warnings():  # syntax warnings about the text of the header
            warnings.simplefilter("ignore")
            header = ast.literal_eval(text)
            dtype = np.lib.format.descr_to_dtype(header["descr"])
        shape, fortran = header["shape"], header["fortran_order"]
    except InputError:
        raise
    except (
        ValueError,
        SyntaxError,
        TypeError,
        KeyError,
        IndexError,
        struct.error,
        MemoryError,
        RecursionError,
    ):
        raise InputError("its NPY header cannot be understood; the file is damaged") from None
    if not isinstance(shape, tuple) or not all(type(n) is int and n >= 0 for n in shape):
        raise InputError(f"its NPY header gives the shape {_shown(shape)}, which is not a shape")
    if len(shape) > MAX_DIMENSIONS or any(n >= 2**63 for n in shape):
        raise InputError(f"its NPY header gives the shape {_shown(shape)}, which no array has")
    if type(fortran) is not bool:
        raise InputError(f"its NPY header gives the order {_shown(fortran)}; not True or False")
    if dtype.subdtype is not None:
        raise InputError(f"its NPY header gives the type {dtype!s:.60}, which no array has")
    return dtype, fortran, shape, 8 + width + length


def _shown(value: object) -> str:
    """Return a value of a header as short text; Python refuses to print very long integers."""
    try:
        return f"{value!r:.60}"
    except ValueError:
        return "of numbers beyond all bounds"
