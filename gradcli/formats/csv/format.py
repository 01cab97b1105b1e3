"""Format numbers as text with polars, each in the shortest form that reads back exactly."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
import polars as pl

from gradcli.formats.csv.slab import Slab
from gradcli.formats.csv.sniff import Dialect
from gradcli.numerics.dtypes import Array

FEW = 256  # up to this many columns, polars joins rows faster than the code here
Words = pl.DataFrame  # columns of text, unchanged


def words_of(slab: Slab, dialect: Dialect, columns: list[int], width: int) -> Words | None:
    """Return columns of a slab as text, or None if polars cannot split its rows."""
    if slab.quoted or dialect.delimiter == " " or b"\r" in slab.text:
        return None
    words = pl.read_csv(
        slab.text,
        has_header=False,
        separator=dialect.delimiter,
        schema={str(i): pl.String for i in range(width)},
        columns=columns,
        quote_char=None,
        empty_string_is_null=False,
    )
    return words if words.height == slab.rows else None


def distinct(words: Words | list[str]) -> tuple[list[str], Array]:
    """Return the different cells of a column without blanks around them, and which each row has.

    >>> distinct(["b", "a ", "b"])
    (['b', 'a'], array([0, 1, 0]))
    """
    column = words.to_series() if isinstance(words, Words) else pl.Series(words, dtype=pl.String)
    column = column.fill_null("").str.strip_chars(" \t")
    told = column.unique(maintain_order=True)
    index = column.replace_strict(told, pl.Series(range(len(told))), return_dtype=pl.Int64)
    return told.to_list(), index.to_numpy()


def rows_of(words: Words | None, columns: Sequence[Array], dialect: Dialect) -> bytes:
    r"""Return rows of text: the words unchanged, followed by the numbers of the columns.

    >>> rows_of(None, [np.arange(2), np.array([0.5, np.nan])], Dialect())
    b'0,0.5\n1,nan\n'
    """
    # Replacing NaN makes polars copy every column, so look first whether there is any.
    missing = any(column.dtype.kind == "f" and np.isnan(column).any() for column in columns)
    frame = pl.DataFrame({str(i): c for i, c in enumerate(columns)}, nan_to_null=missing)
    if words is not None:
        words = words.clone()  # rename() would make a plan of a query
        words.columns = [f"word {name}" for name in words.columns]
        frame = words.hstack(frame)
    buffer = io.BytesIO()
    frame.write_csv(
        buffer,
        include_header=False,
        separator=dialect.joiner,
        decimal_comma=dialect.decimal == ",",
        null_value="nan",
        quote_style="never",
    )
    return buffer.getvalue()


def text_of(values: Array, dialect: Dialect) -> bytes:
    r"""Return the rows of a matrix as text.

    >>> text_of(np.array([[0.1, 2.0], [np.nan, 1e22]]), Dialect(";", ",", joiner=";"))
    b'0,1;2,0\nnan;1e+22\n'
    """
    if not values.size:
        return b"\n" * len(values)
    if values.shape[1] <= FEW:
        return rows_of(None, list(np.ascontiguousarray(values.T)), dialect)
    column = [np.ascontiguousarray(values).reshape(-1)]
    codes = np.frombuffer(bytearray(rows_of(None, column, dialect)), np.uint8)
    ends = np.flatnonzero(codes == ord("\n")).reshape(values.shape)
    codes[ends[:, :-1]] = ord(dialect.joiner)
    return codes.tobytes()
