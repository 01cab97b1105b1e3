"""Rows that lie apart are read in any number of blocks."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

import gradcli
from gradcli.engine.block import differentiate_block
from gradcli.formats.opening import open_source
from gradcli.model.protocols import Destination
from gradcli.plan.plan import make_plan
from gradcli.settings import Run, Settings
from tests.plan.test_tracks import wanted


def test_blocks_and_threads_do_not_matter(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    ids = rng.integers(0, 50, 60_000)
    x = np.cumsum(rng.uniform(0.1, 1, len(ids)))
    values = rng.normal(size=(2, len(ids), 10)).astype("f4")
    np.savez(tmp_path / "f.npz", ids=ids, x=x, f=values)
    given = {"var": "f", "axis": "1", "by": "ids", "coords": {"1": f"{tmp_path / 'f.npz'}:x"}}
    made = []
    for memory, jobs in ((2**29, 1), (24 * 2**20, 1), (40 * 2**20, 2)):
        report = gradcli.differentiate(
            tmp_path / "f.npz",
            tmp_path / "o.npz",
            overwrite=True,
            memory=memory,
            jobs=jobs,
            **given,
        )
        with np.load(tmp_path / "o.npz") as found:
            made.append((report.blocks, found["df_d1"]))
    assert made[1][0] > made[0][0]
    assert made[0][1].tobytes() == made[1][1].tobytes() == made[2][1].tobytes()
    whole = wanted(ids, x, values.swapaxes(0, 1).astype("f8")).swapaxes(0, 1)
    np.testing.assert_allclose(made[0][1], whole, rtol=1e-3, atol=1e-3)


def test_a_block_is_a_pure_function_of_what_can_be_sent(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    ids = rng.integers(0, 5, 200)
    np.savez(tmp_path / "f.npz", ids=ids, f=rng.normal(size=200))
    settings = Settings(var=("f",), axis=("0",), by="ids")
    with open_source(str(tmp_path / "f.npz")) as source:
        plan = make_plan(source, settings, Destination(str(tmp_path / "o.npz")), Run())
        (task,) = plan.tasks

        class Packer:
            def pack(self, name, window, values):
                return values

        (block,) = plan.schedule.blocks()
        here = differentiate_block(source, task, Packer(), block)
        there = differentiate_block(source, pickle.loads(pickle.dumps(task)), Packer(), block)
        assert here.packets[0].tobytes() == there.packets[0].tobytes()
