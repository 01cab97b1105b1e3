"""Lengths and areas of the cells of a C grid that the file of a model holds."""

from __future__ import annotations

from collections.abc import Mapping

from gradcli.geometry.cells import Cells, Shape, read_map
from gradcli.geometry.staggered import CGrid
from gradcli.model.fields import Field
from gradcli.model.protocols import Source
from gradcli.record import record

# Names of the lengths along x (e1) and y (e2) at the points t (centres), u, v and f (corners), and
# of the areas at t and f, after those of NEMO. Letter case is ignored.
FAMILIES: tuple[Mapping[str, str], ...] = (
    {name: name for name in ("e1t", "e2t", "e1u", "e2u", "e1v", "e2v", "e1f", "e2f")},
    {  # MITgcm
        "e2u": "dyg",
        "e1v": "dxg",
        "at": "ra",
        "e1u": "dxc",
        "e2v": "dyc",
        "af": "raz",
    },
    {  # MOM6
        "e1u": "dxcu",
        "e2u": "dycu",
        "e1v": "dxcv",
        "e2v": "dycv",
        "e1t": "dxt",
        "e2t": "dyt",
        "at": "areacello",
        "af": "areacello_bu",
        "e1f": "dxbu",
        "e2f": "dybu",
    },
    {  # HYCOM
        "e1u": "scux",
        "e2u": "scuy",
        "e1v": "scvx",
        "e2v": "scvy",
        "e1t": "scpx",
        "e2t": "scpy",
        "e1f": "scqx",
        "e2f": "scqy",
    },
    {  # lengths named after their points
        "e1u": "dxu",
        "e2u": "dyu",
        "e1v": "dxv",
        "e2v": "dyv",
        "e1t": "dxt",
        "e2t": "dyt",
        "e1f": "dxf",
        "e2f": "dyf",
    },
)


@record(frozen=True)
class StoredLengths:
    """Lengths and areas that the file holds at their points, as NEMO, MOM6, MITgcm and HYCOM do."""

    grid: CGrid
    terms: Mapping[str, Field]
    used: tuple[str, ...]
    units: str | None = "m"

    @property
    def text(self) -> str:
        """Description for messages."""
        return f"lengths {' '.join(self.used)} of the file"

    def cells(self, source: Source, corners: bool) -> Cells:
        """Return the lengths and areas for the divergence, or for the curl at ``corners``."""
        shape, grid = Shape(self.grid), self.grid
        sides = ("e1u", "e2v") if corners else ("e2u", "e1v")
        u = read_map(source, self.terms[sides[0]], grid, grid.u.axes)
        v = read_map(source, self.terms[sides[1]], grid, grid.v.axes)
        point, axes = "f" if corners else "t", grid.axes(corners)
        if f"a{point}" in self.terms:
            return Cells(u, v, read_map(source, self.terms[f"a{point}"], grid, axes))
        if f"e1{point}" in self.terms:
            e1, e2 = (read_map(source, self.terms[f"e{k}{point}"], grid, axes) for k in (1, 2))
            return Cells(u, v, e1 * e2)
        if corners:
            return Cells(u, v, shape.faces(u, 0) * shape.faces(v, 1))
        return Cells(u, v, shape.centres(v, 0) * shape.centres(u, 1))


@record(frozen=True)
class InverseLengths:
    """Lengths at the centres, as inverses: pm and pn of ROMS and CROCO, per metre."""

    grid: CGrid
    pm: Field
    pn: Field
    units: str | None = "m"

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the variables."""
        return self.pm.base, self.pn.base

    @property
    def text(self) -> str:
        """Description for messages."""
        return "lengths by pm and pn of the file"

    def cells(self, source: Source, corners: bool) -> Cells:
        """Return the lengths and areas, from means of the inverses as ROMS takes them."""
        shape, centres = Shape(self.grid), self.grid.axes(False)
        pm, pn = (read_map(source, f, self.grid, centres) for f in (self.pm, self.pn))
        if not corners:
            return Cells(1 / shape.faces(pn, 1), 1 / shape.faces(pm, 0), 1 / (pm * pn))
        area = 1 / (shape.faces(shape.faces(pm, 0), 1) * shape.faces(shape.faces(pn, 0), 1))
        return Cells(1 / shape.faces(pm, 1), 1 / shape.faces(pn, 0), area)


@record(frozen=True)
class MapFactors:
    """Steps on a map over the map's scale: DX, DY and MAPFAC of WRF."""

    grid: CGrid
    steps: tuple[float, float]
    factors: Mapping[str, Field]
    units: str | None = "m"

    @property
    def used(self) -> tuple[str, ...]:
        """Names of the variables."""
        return tuple(dict.fromkeys(found.base for found in self.factors.values()))

    @property
    def text(self) -> str:
        """Description for messages."""
        return "lengths by DX, DY and MAPFAC of the file"

    def cells(self, source: Source, corners: bool) -> Cells:
        """Return the lengths and areas."""
        grid, (dx, dy), shape = self.grid, self.steps, Shape(self.grid)
        axes = {"u": grid.u.axes, "v": grid.v.axes, "m": grid.axes(False)}
        scale = {
            name: read_map(source, found, grid, axes[name[0]])
            for name, found in self.factors.items()
        }
        if not corners:
            return Cells(dy / scale["uy"], dx / scale["vx"], dx * dy / (scale["mx"] * scale["my"]))
        area = dx * dy / (shape.faces(scale["ux"], 0) * shape.faces(scale["vy"], 1))
        return Cells(dx / scale["ux"], dy / scale["vy"], area)
