"""Arrays that zarr-python alone reads, among others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from zarr.abc.codec import BytesBytesCodec
from zarr.codecs import ShardingCodec
from zarr.registry import register_codec

import gradcli
from gradcli.formats.opening import open_source
from tests.formats.zarr.stores import SHAPE, VALUES, make_store, opened


class Half(BytesBytesCodec):
    """A codec that numcodecs does not have."""

    is_fixed_size = True

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Half:
        return cls()

    def to_dict(self) -> dict[str, Any]:
        return {"name": "half", "configuration": {}}

    async def _decode_single(self, data: Any, spec: Any) -> Any:
        return spec.prototype.buffer.from_bytes(bytes(255 - b for b in data.to_bytes()))

    _encode_single = _decode_single

    def compute_encoded_size(self, size: int, _: Any) -> int:
        return size


@pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed`")
@pytest.mark.parametrize("kind", ["codec", "shards within shards"])
def test_what_only_zarr_python_reads_is_read_by_it(tmp_path: Path, kind: str) -> None:
    register_codec("half", Half)
    path = make_store(tmp_path / "a.zarr")
    inner = ShardingCodec(chunk_shape=(4, 3))
    stored: dict[str, Any] = {
        "codec": {"chunks": (8, 6), "compressors": [Half()]},
        "shards within shards": {"chunks": (8, 6), "serializer": inner, "shards": (16, 12)},
    }[kind]
    group = zarr.open_group(path, mode="a")
    made = group.create_array(
        "g", shape=SHAPE, dtype="f8", dimension_names=("y", "x"), fill_value=np.nan, **stored
    )
    made[...] = VALUES
    with open_source(str(path)) as source:
        assert any(note.startswith("g: its ") and "zarr-python" in note for note in source.notes)
        np.testing.assert_array_equal(
            source.read("g", (slice(2, 9), slice(3, 11))), VALUES[2:9, 3:]
        )
    report = gradcli.differentiate(path, tmp_path / "b.zarr", axis="y")
    found = opened(report.outputs[0])
    np.testing.assert_array_equal(found["dg_dy"], found["df_dy"])
    report = gradcli.differentiate(path, tmp_path / "c.zarr", axis="y", var="f", keep=True)
    np.testing.assert_array_equal(zarr.open_group(tmp_path / "c.zarr")["g"][...], VALUES)
    report = gradcli.differentiate(
        path, tmp_path / "d.zarr", axis="y", var="f", keep=True, isel={"y": slice(1, 9)}
    )
    np.testing.assert_array_equal(opened(report.outputs[0])["g"], VALUES[1:9])
