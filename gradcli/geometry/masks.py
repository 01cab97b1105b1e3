"""Names of masks of land on C grids, and what masks tell of where faces lie."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from gradcli.model.fields import Field
from gradcli.model.protocols import Source

# Masks of the points u and v, and of the centres, where 0 is land: ROMS, NEMO, MOM6, MITgcm.
FACES = (("mask_u", "mask_v"), ("umask", "vmask"), ("wet_u", "wet_v"), ("maskw", "masks"))
CENTRES = ("mask_rho", "tmask", "wet", "maskc")


def named(source: Source, part: Field, names: Iterable[str]) -> list[Field]:
    """Return the variables of these names, in any letter case, in the group of a component."""
    known = {name.lower(): found for name, found in source.fields.items()}
    every = [known.get((part.group + name).lower()) for name in names]
    return [found for found in every if found is not None]


def side_of_faces(source: Source, part: Field, which: int, along: int, other: int) -> int | None:
    """Return the index of the face before cell 0 as masks tell it: -1 or 0; None if they do not.

    A face is land if a cell on either side of it is. ``which`` is 0 for u and 1 for v, whose faces
    are numbered ``along`` an axis of the field; ``other`` is the other axis.
    """
    sizes = [part.axes[place].size for place in sorted((along, other))]
    maps = []
    for names in ([pair[which] for pair in FACES], CENTRES):
        fits = [m for m in named(source, part, names) if [a.size for a in m.axes] == sizes]
        if not fits:
            return None
        wet = np.abs(source.read(fits[0].name, tuple(slice(0, size) for size in sizes))) > 0
        maps.append(wet if along > other else wet.T)
    faces, cells = maps
    both = cells[:, :-1] & cells[:, 1:]
    behind, before = (np.array_equal(part, both) for part in (faces[:, :-1], faces[:, 1:]))
    return None if behind == before else -1 if behind else 0
