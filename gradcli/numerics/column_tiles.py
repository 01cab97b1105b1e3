"""Derivatives along the columns of a field, tile by tile."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import prod
from typing import Any, NamedTuple

import numpy as np

from gradcli.numerics.adapt import Counts, holds_missing
from gradcli.numerics.column_gaps import Rows, beside_gaps, ends_of, reads_of, windows_of
from gradcli.numerics.column_steps import Steps, without_strays
from gradcli.numerics.column_windows import ColumnWindows
from gradcli.numerics.divided import Divided, exponent_of, reach_of, too_different
from gradcli.numerics.dtypes import Array
from gradcli.numerics.kernel import LINE, SHORT, Scratch, Window, tile_extents, tiles
from gradcli.numerics.pointwise import STRIP, Paths, Points, smoothed
from gradcli.numerics.windows import Span


class Tile(NamedTuple):
    """The field and the coordinates of a tile, shape (outer, rows, inner), and the steps."""

    f: Array
    x: Array
    steps: Steps


Read = Callable[[np.dtype[Any]], Tile]  # reads a tile in some type


class Tiles:
    """Computes one tile after the other, in arrays that all of them reuse.

    Tables of divided differences must stay in the cache, so they are made for a part of the columns
    at a time. But the ends of columns have a window for each row: all columns of a tile are one
    part there, since the calls would else outweigh the sums.
    """

    def __init__(self, stencil: ColumnWindows, dtype: np.dtype[Any]) -> None:
        self._stencil = stencil
        self._dtype = dtype
        self._levels = stencil.levels
        self._paths = Paths.of(stencil.windows.spans)
        self._ranks = np.append(-self._paths.widths, 1).astype(np.int8)
        self._rooms: dict[tuple[np.dtype[Any], str], Scratch] = {}

    def make(
        self,
        values: Array,
        nodes: Array,
        rows: slice,
        axis: int,
        places: tuple[int, ...],
        made: Array,
    ) -> Counts:
        """Write the derivative at some rows into ``made``, and count points next to gaps.

        ``places`` are the indices of the first of the values, and ``made`` has the shape (outer,
        rows, inner).
        """
        stencil, scheme = self._stencil, self._stencil.scheme
        skip, runs = rows.start - stencil.reach(rows).start, stencil.runs(rows)
        for _, start, stop in (run for run in runs if run[0] is None):
            made[:, start:stop] = np.nan
        read = partial(self._read, values, nodes, axis, places, made)
        tile, exponent = read(self._dtype), 0
        if scheme.smooth is not None:
            for span, start, stop in runs:
                if span is not None:
                    here = slice(start + skip, stop + skip)
                    made[:, start:stop] = self._fitted(tile, span, here)
        else:
            tile, exponent = self._derived(tile, read, skip, runs, made)
        adapts = scheme.missing == "adapt"
        if tile.steps.missing or (adapts and holds_missing(tile.f)):
            return self._beside_gaps(tile, exponent, skip, runs, made)
        return Counts()

    def _derived(
        self, tile: Tile, read: Read, skip: int, runs: list[Rows], made: Array
    ) -> tuple[Tile, int]:
        """Write the derivative at all rows, from steps that are divided by a power of two.

        Where no power keeps all of them in the range of the type, each point whose own steps have
        one gets it, so that its value does not depend on the tile, and others are computed in
        float64. Returns the tile, and the power that it was computed with last.
        """
        order, wider = self._stencil.scheme.order, np.dtype(np.float64)
        exponent = exponent_of(tile.steps, order, self._levels, tile.f.dtype)
        if exponent is None and tile.f.dtype != wider:
            low, high = windows_of(tile.steps.exponents(tile.f.shape), skip, runs, made.shape)
            self._derived(read(wider), read, skip, runs, made)
            some, reach = np.empty_like(made), reach_of(self._levels, self._dtype)
            pending = high - low <= 2 * reach
            while pending.any():
                exponent = min(int(low[pending].min()) + reach, np.finfo(made.dtype).maxexp - 2)
                tile = read(self._dtype)
                self._derive_all(tile, exponent, skip, runs, some)
                fits = pending & (high <= exponent + reach)
                np.copyto(made, some, where=fits)
                pending &= ~fits
            exponent = 0
        elif exponent is None:
            too_different(*tile.steps.sizes())
        else:
            self._derive_all(tile, exponent, skip, runs, made)
        return tile, exponent

    def _derive_all(
        self, tile: Tile, exponent: int, skip: int, runs: list[Rows], made: Array
    ) -> None:
        """Write the derivative at all rows."""
        ends, others = ends_of(runs, tile.f.shape[1])
        for group in ends:
            near = slice(*(edge + skip for edge in reads_of(group)))
            slopes = self._divided(tile, (slice(None), near, slice(None)), exponent, "ends")
            self._derive(slopes, group, skip - near.start, made, tile.steps.rising)
        for part in self._parts(tile.f.shape, tile.f.dtype):
            slopes = self._divided(tile, part, exponent)
            self._derive(slopes, others, skip, made[part], tile.steps.rising)

    def _read(
        self,
        values: Array,
        nodes: Array,
        axis: int,
        places: tuple[int, ...],
        made: Array,
        dtype: np.dtype[Any],
    ) -> Tile:
        """Return a tile in some type, without coordinates that count as missing."""
        stencil, form = self._stencil, (made.shape[0], values.shape[axis], made.shape[2])
        f = self._folded("field", values, form, dtype)
        x = self._folded("nodes", nodes, form, np.result_type(nodes, dtype))
        steps = self._steps(x, dtype)
        if stencil.computed and (steps.missing or steps.astray):
            infinite = np.isinf(x)
            if infinite.any():
                x = np.where(infinite, np.nan, x)
                steps = self._steps(x, dtype)
        if steps.astray:
            checked = without_strays(x, f, steps, stencil.names, values.shape, axis, places)
            if checked is not x:
                x, steps = checked, self._steps(checked, dtype)
        return Tile(f, x, steps)

    def _folded(
        self, use: str, values: Array, form: tuple[int, int, int], dtype: np.dtype[Any]
    ) -> Array:
        """Return values with three dimensions, copied only if runs through them must be."""
        if values.dtype == dtype:
            folded = values.reshape(form)
            # Rows of a single slab may lie apart: each of them is a run.
            flat = form[0] == 1 and form[2] >= SHORT and folded.strides[2] == folded.itemsize
            if flat or folded.flags.c_contiguous:
                return folded
        made = self._room(dtype).take(use, values.size)
        np.copyto(made.reshape(values.shape), values)
        return made.reshape(form)

    def _room(self, dtype: np.dtype[Any], use: str = "") -> Scratch:
        """Return the arrays of a type that tiles, or a part of them, reuse."""
        if (dtype, use) not in self._rooms:
            self._rooms[dtype, use] = Scratch(dtype)
        return self._rooms[dtype, use]

    def _steps(self, x: Array, dtype: np.dtype[Any]) -> Steps:
        """Return the steps of the columns of a tile."""
        count = x.size - x.shape[2]
        run = self._run_of_steps(x.shape, dtype)[:count]
        if x.dtype == dtype:
            return Steps(x, run)
        return Steps(x, self._room(x.dtype).take("steps", count), run)

    def _run_of_steps(self, form: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Return room for the steps of a tile: where its tables are, if it has one part only."""
        if len(self._parts(form, dtype)) == 1:
            return self._spans(prod(form), dtype)[0, : prod(form)]
        return self._room(dtype).take("narrow", prod(form))

    def _spans(self, size: int, dtype: np.dtype[Any], use: str = "") -> Array:
        """Return room for the distances of nodes, one level after the other."""
        size += -size % LINE  # so that each begins where a cache line does
        return self._room(dtype, use).take("spans", self._levels * size).reshape(-1, size)

    def _parts(self, form: tuple[int, ...], dtype: np.dtype[Any]) -> list[Window]:
        """Return windows of a tile that hold some of its columns."""
        over, cells = (form[0], 1, form[2]), self._stencil.part(dtype)
        extents = tile_extents(over, max(1, cells // form[1]))
        return [(part[0], slice(None), part[2]) for part in tiles(over, extents, 2)]

    def _divided(self, tile: Tile, part: Window, exponent: int, use: str = "") -> Divided:
        """Return the divided differences of a part of a tile."""
        f, dtype = tile.f[part], tile.f.dtype
        spans = self._spans(f.size, dtype, use)
        if f.size < tile.f.size:
            steps = self._run_of_steps(tile.f.shape, dtype).reshape(tile.f.shape)
            np.copyto(spans[0, : f.size].reshape(f.shape), steps[part])
        return Divided(f, spans, self._room(dtype, use), exponent, self._stencil.wraps)

    def _derive(
        self, slopes: Divided, runs: list[Rows], skip: int, made: Array, rising: bool
    ) -> None:
        """Write the derivative at some rows, by their windows."""
        for span, start, stop in runs:
            if span is None:
                continue
            into = made[:, start:stop]
            slopes.at_rows(span, self._stencil.scheme.order, slice(start + skip, stop + skip), into)
            if not rising:
                np.add(into, 0.0, out=into)  # -0.0 becomes 0.0

    def _fitted(self, tile: Tile, span: Span, rows: slice) -> Array:
        """Return the derivative of fitted polynomials at rows that share a window."""
        near = [slice(rows.start + k, rows.stop + k) for k in range(span[0], span[1] + 1)]
        f, x = ([each[:, part] for part in near] for each in tile[:2])
        return self._smoothed(f, x, span, not tile.steps.missing)

    def _smoothed(self, f: list[Array], x: list[Array], span: Span, clean: bool) -> Array:
        scheme, wraps = self._stencil.scheme, self._stencil.wraps
        assert scheme.degree is not None
        return smoothed(f, x, -span[0], scheme.order, scheme.degree, clean, wraps)

    def _beside_gaps(
        self, tile: Tile, exponent: int, skip: int, runs: list[Rows], made: Array
    ) -> Counts:
        """Compute points beside missing coordinates, or missing values if stencils adapt."""
        windows, scheme = self._stencil.windows, self._stencil.scheme
        height, (_, rows, inner) = made.shape[1], tile.f.shape
        absent = np.isnan(tile.x)
        holes = absent | np.isnan(tile.f) if scheme.missing == "adapt" else absent
        found = beside_gaps(holes, skip, height, windows, runs)
        # The widest windows first, and points without a window last.
        order = np.argsort(self._ranks.take(found.which), kind="stable")
        outer, row, column, which = (each.take(order) for each in found)
        count = int(np.count_nonzero(which < len(windows.spans)))
        points = ((outer * rows + row + skip) * inner + column)[:count]
        target = np.full(order.size, np.nan, tile.f.dtype)
        if scheme.smooth is not None:
            self._fit_beside(tile, points, which, target)
        elif count:
            f, x = (each.reshape(-1) for each in tile[:2])
            about = Points(f, x, inner, 2.0**-exponent, self._stencil.wraps)
            room = self._room(np.dtype(np.float64), "points")
            about.derive(self._paths, scheme.order, points, which[:count], target[:count], room)
            np.add(target, 0.0, out=target)  # -0.0 becomes 0.0
        made[outer, row, column] = target
        if scheme.order > 1 or scheme.smooth is not None:
            np.copyto(made, np.nan, where=absent[:, skip : skip + height])
        return Counts(count, order.size - count) if scheme.missing == "adapt" else Counts()

    def _fit_beside(self, tile: Tile, points: Array, which: Array, target: Array) -> None:
        """Write the derivatives of fitted polynomials at some points, by their windows."""
        inner = tile.f.shape[2]
        for number, span in enumerate(self._stencil.windows.spans):
            every = np.flatnonzero(which[: points.size] == number)
            for begin in range(0, every.size, STRIP):
                some = every[begin : begin + STRIP]
                near = [points[some] + k * inner for k in range(span[0], span[1] + 1)]
                f, x = ([each.reshape(-1).take(at) for at in near] for each in tile[:2])
                target[some] = self._smoothed(f, x, span, True)
