"""Labels of rows: written as they stood."""

from __future__ import annotations

import numpy as np
import pytest

from tests.formats.csv.test_slab import outputs, table
from tests.long import long
from tests.memory import peak_of


@pytest.mark.parametrize(
    "label",
    ["{:.3f}", "+{:.1f}0", long(" {:.2f}"), long("{:.2f} "), long("{:.6e}"), '"{:.2f}"'],
)
def test_labels_stay_as_they_stand(tmp_path, label):
    path = tmp_path / "table.csv"
    lines = table(20_000, label)
    path.write_text("".join(lines))
    first, *others = outputs(tmp_path, path, axis="t")
    assert all(other == first for other in others)
    found = [line.split(",")[0] for line in first.decode().split("\n")[1:-1]]
    assert found == [label.format(0.5 * i) for i in range(20_000)]


def test_labels_in_quotes_in_some_rows(tmp_path):
    path = tmp_path / "table.csv"
    lines = table(20_000)
    lines[15_001] = '"7500.0"' + lines[15_001][8:]
    path.write_text("".join(lines))
    first, *others = outputs(tmp_path, path, axis="t")
    assert all(other == first for other in others)
    assert [line.split(b",")[0] for line in first.split(b"\n")[15_000:15_003]] == [
        b"7499.500",
        b'"7500.0"',
        b"7500.500",
    ]


def test_labels_of_a_long_axis_take_no_memory(tmp_path):
    np.save(tmp_path / "long.npy", np.random.default_rng(2).normal(size=3_000_000))
    peak = peak_of(
        *(str(tmp_path / "long.npy"), "-o", str(tmp_path / "long.csv"), "--memory", "64MiB")
    )
    assert peak < (64 + 100) * 2**20
    with (tmp_path / "long.csv").open("rb") as file:
        file.seek(-100, 2)
        assert file.read().split(b"\n")[-2].startswith(b"2999999,")
