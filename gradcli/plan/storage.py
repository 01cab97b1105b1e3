"""Decide how results are stored: chunks and filters, as asked for or as in the source."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from math import ceil, prod

from gradcli.errors import UsageError
from gradcli.model.axes import axis_label
from gradcli.model.blocks import fitting_chunks, size_text
from gradcli.model.fields import Field, Storage
from gradcli.plan.asked import by_axis
from gradcli.settings import Settings

CHUNK_BYTES = 2**20  # the libraries' default cache of decoded chunks per dataset
LARGEST_CHUNK = 2**32 - 1  # bytes, a limit of HDF5


def result_storage(
    origin: Field, item: int, settings: Settings, can: Collection[str], same: bool
) -> Storage:
    """Return how the results of a field are stored.

    Parameters
    ----------
    origin : Field
    item : int
        Bytes per value of the result.
    settings : Settings
    can : collection of str
        What the output supports for its arrays: ``chunks``, ``deflate``, ``growth``, ``order``.
    same : bool
        Whether the output has the format of the input.

    Raises
    ------
    UsageError
        The chunks asked for do not fit the field.
    """
    old, asked = origin.storage, settings.deflate
    fortran = same and "order" in can and old.fortran
    if "deflate" not in can:
        return Storage(item=item, fortran=fortran)
    if "chunks" not in can:
        level = asked if asked is not None else old.deflate if same else 0
        return Storage(item=item, deflate=level, fortran=fortran)
    grows = old.grows if same and "growth" in can else ()
    chunks = result_chunks(origin, item, settings, same, grows)
    if chunks is None:
        return Storage(item=item)
    had = old if old.layout == "chunked" else Storage()
    made = replace(had, layout="chunked", chunks=chunks, item=item, grows=grows)
    if asked is not None:
        made = replace(made, deflate=asked, shuffle=asked > 0, foreign=None)
    return made


def result_chunks(
    origin: Field, item: int, settings: Settings, same: bool, grows: tuple[bool, ...] = ()
) -> tuple[int, ...] | None:
    """Return the chunk shape of the results of a field, or None if they are not chunked."""
    old, shape = origin.storage, origin.shape
    if not shape or 0 in shape:
        return None
    had = None
    if old.chunks and old.layout == "chunked":
        had = fitting_chunks(old.chunks, shape, grows)
    if settings.chunks:
        chunks = _asked(origin, settings.chunks, had or shape)
        if prod(chunks) * item > LARGEST_CHUNK:
            raise UsageError(
                f"--chunks: {' x '.join(map(str, chunks))} points of {origin.name} are "
                f"{size_text(prod(chunks) * item)}; a chunk has less than 4 GiB"
            )
        return chunks
    # An unlimited dimension needs chunks, even if the source stored it as records.
    if had is None and (settings.deflate or (same and old.layout == "records")):
        return even_chunks(shape, item)
    return had


def _asked(
    origin: Field, asked: tuple[int, ...] | Mapping[str, int], had: tuple[int, ...]
) -> tuple[int, ...]:
    sizes = list(had)
    if isinstance(asked, Mapping):
        for index, (_, size) in by_axis(origin, asked).items():
            sizes[index] = size
    elif len(asked) != len(sizes):
        names = ", ".join(axis_label(origin.axes, i) for i in range(len(sizes)))
        raise UsageError(
            f"--chunks gives {len(asked)} sizes, and {origin.name} has the axes {names}; "
            "give one for each, or name axes (--chunks AXIS=N)"
        )
    else:
        sizes = list(asked)
    return tuple(min(size, n) if size else n for size, n in zip(sizes, origin.shape, strict=True))


def even_chunks(shape: tuple[int, ...], item: int) -> tuple[int, ...]:
    """Return a chunk shape of at most CHUNK_BYTES, about equally long along each axis.

    >>> even_chunks((8760, 721, 1440), 4)
    (69, 46, 45)
    """
    chunks = list(shape)
    while prod(chunks) * item > CHUNK_BYTES:
        longest = chunks.index(max(chunks))
        chunks[longest] = ceil(chunks[longest] / 2)
    return tuple(chunks)


def refuse_storage(settings: Settings, can: Collection[str], what: str) -> None:
    """Raise UsageError if an option asks for storage that the output does not support."""
    if settings.chunks and "chunks" not in can:
        raise UsageError(f"--chunks: {what} has no chunks; use -o with .nc4 or .h5")
    if settings.deflate is not None and "deflate" not in can:
        raise UsageError(f"--deflate: {what} is not deflated; use -o with .nc4, .h5 or .npz")
