"""CSV in slabs and by threads: the same bytes, the same errors, whatever way the rows went."""

from __future__ import annotations

import numpy as np
import pytest

from gradcli import differentiate

SMALL, LARGE = "17MiB", "512MiB"  # of which slabs are as small and as large as they come
RUNS = [(SMALL, 1), (LARGE, 1), (LARGE, 2), (LARGE, 5)]


def outputs(folder, path, **options):
    """Return the bytes of a result for several limits of memory and numbers of threads."""
    made = []
    for number, (memory, jobs) in enumerate(RUNS):
        target = folder / f"{number}.csv"
        differentiate(path, target, memory=memory, jobs=jobs, **options)
        made.append(target.read_bytes())
    return made


def table(rows, label="{:.3f}", columns=4):
    values = np.random.default_rng(3).normal(size=(rows, columns))
    names = ",".join(f"c{i}" for i in range(columns))
    lines = [
        f"{label.format(0.5 * i)},{','.join(map(repr, row))}\n"
        for i, row in enumerate(values.tolist())
    ]
    return [f"t,{names}\n", *lines]


@pytest.mark.parametrize("cell", ["", "NA", "nan"])
def test_missing_in_the_last_column_of_a_late_slab(tmp_path, cell):
    path = tmp_path / "table.csv"
    lines = table(20_000)
    lines[15_001] = lines[15_001].rpartition(",")[0] + f",{cell}\n"
    path.write_text("".join(lines))
    first, *others = outputs(tmp_path, path, axis="t")
    assert all(other == first for other in others)
    rows = first.decode().split("\n")
    assert [i for i, row in enumerate(rows) if row.endswith(",nan")] == [15_000, 15_001, 15_002]
