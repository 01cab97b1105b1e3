"""Decide how results are stored: chunks and filters, as asked for or as in the source."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from math import ceil, prod

from gradcli.errors import UsageError
from gradcli.model.axes import axis_label
from gradcli.model.blocks import fitting_chunks, size_text
from gradcli.model.fields import AUTOMATIC, Field, Storage
from gradcli.plan.asked import by_axis
from gradcli.record import replace
from gradcli.settings import Settings

CHUNK_BYTES = 2**20  # the libraries' default cache of decoded chunks per dataset
STORED_BYTES = 4 * 2**20  # a chunk of Zarr, which is a file of its own
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
        What the output supports for its arrays: ``chunks``, ``deflate``, ``growth``, ``order``,
        ``shards``, and ``codecs`` if they are always in chunks.
    same : bool
        Whether the output has the format of the input.

    Raises
    ------
    UsageError
        The chunks asked for do not fit the field.
    """
    if "codecs" in can:
        return _in_store(origin, item, settings, same)
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
    had = replace(old, shards=None, codecs=None) if old.layout == "chunked" else Storage()
    made = replace(had, layout="chunked", chunks=chunks, item=item, grows=grows)
    if asked is not None:
        made = replace(made, deflate=asked, shuffle=asked > 0, foreign=None)
    return made


def _in_store(origin: Field, item: int, settings: Settings, same: bool) -> Storage:
    """Return how results are stored in Zarr: like a field of Zarr, or else as is best for them."""
    old, shape, asked = origin.storage, origin.shape, settings.deflate
    chunks = result_chunks(origin, item, settings, same)
    if chunks is None:
        if not shape or 0 in shape:
            return Storage(item=item, codecs=AUTOMATIC)
        chunks = even_chunks(shape, item, STORED_BYTES)
    shards = _shards(origin, chunks, settings, old.shards if same else None)
    codecs = old.codecs if same and old.layout == "chunked" else AUTOMATIC
    made = Storage("chunked", chunks, item=item, shards=shards, codecs=codecs)
    if asked is not None:
        made = replace(made, deflate=asked, codecs=None)
    return made


def _shards(
    origin: Field, chunks: tuple[int, ...], settings: Settings, had: tuple[int, ...] | None
) -> tuple[int, ...] | None:
    """Return the shards asked for, which are multiples of chunks, or else those of the source."""
    whole = [ceil(n / c) * c for n, c in zip(origin.shape, chunks, strict=True)]
    if settings.shards:
        asked = _asked(origin, settings.shards, had or chunks, "--shards")
        for index, (size, chunk) in enumerate(zip(asked, chunks, strict=True)):
            if size % chunk and size < origin.shape[index]:
                raise UsageError(
                    f"--shards: {size} points along {axis_label(origin.axes, index)} are no "
                    f"multiple of the chunks of {chunk} (--chunks)"
                )
        return tuple(w if s >= n else s for s, n, w in zip(asked, origin.shape, whole, strict=True))
    if had is None or settings.chunks:
        return None
    each = zip(had, chunks, whole, strict=True)
    return tuple(max(c, min(s, w) // c * c) for s, c, w in each)


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
        chunks = _asked(origin, settings.chunks, had or shape, "--chunks")
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
    origin: Field,
    asked: tuple[int, ...] | Mapping[str, int],
    had: tuple[int, ...],
    option: str,
) -> tuple[int, ...]:
    sizes = list(had)
    if isinstance(asked, Mapping):
        for index, (_, size) in by_axis(origin, asked).items():
            sizes[index] = size
    elif len(asked) != len(sizes):
        names = ", ".join(axis_label(origin.axes, i) for i in range(len(sizes)))
        sizes_given = "one size" if len(asked) == 1 else f"{len(asked)} sizes"
        raise UsageError(
            f"{option} gives {sizes_given}, and {origin.name} has the axes {names}; "
            f"give one for each, or name axes ({option} AXIS=N)"
        )
    else:
        sizes = list(asked)
    return tuple(min(size, n) if size else n for size, n in zip(sizes, origin.shape, strict=True))


def even_chunks(shape: tuple[int, ...], item: int, most: int = CHUNK_BYTES) -> tuple[int, ...]:
    """Return a chunk shape of at most ``most`` bytes, about equally long along each axis.

    >>> even_chunks((8760, 721, 1440), 4)
    (69, 46, 45)
    """
    chunks = list(shape)
    while prod(chunks) * item > most:
        longest = chunks.index(max(chunks))
        chunks[longest] = ceil(chunks[longest] / 2)
    return tuple(chunks)


def refuse_storage(settings: Settings, can: Collection[str], what: str) -> None:
    """Raise UsageError if an option asks for storage that the output does not support."""
    if settings.chunks and "chunks" not in can:
        raise UsageError(f"--chunks: {what} has no chunks; use -o with .nc4 or .h5")
    if settings.shards and "shards" not in can:
        way = "results of Zarr 2 are Zarr 2" if what == "Zarr" else "use -o with .zarr"
        raise UsageError(f"--shards: only Zarr 3 has shards; {way}")
    if settings.deflate is not None and "deflate" not in can:
        raise UsageError(f"--deflate: {what} is not deflated; use -o with .nc4, .h5 or .npz")
