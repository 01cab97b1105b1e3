"""Blocks of results, made ready for their sinks."""

from __future__ import annotations

import pickle

import numpy as np

from gradcli.formats.packer import RoutedPacker, TypedPacker

WINDOW = (slice(0, 2),)
TYPES = {"a": np.dtype("f4"), "b": np.dtype(">f8")}


def test_a_block_gets_the_type_of_its_array() -> None:
    for name, dtype in TYPES.items():
        packet = TypedPacker(TYPES).pack(name, WINDOW, np.array([1.0, 2.0]))
        assert (packet.name, packet.window, packet.payload.dtype) == (name, WINDOW, dtype)
        assert packet.payload.tolist() == [1, 2]


def test_a_block_of_the_right_type_is_not_copied() -> None:
    values = np.zeros(2, "f4")
    assert TypedPacker(TYPES).pack("a", WINDOW, values).payload is values


def test_each_result_goes_to_its_own_packer_in_another_process_too() -> None:
    routed = RoutedPacker({name: TypedPacker({name: dtype}) for name, dtype in TYPES.items()})
    for packer in (routed, pickle.loads(pickle.dumps(routed))):
        for name, dtype in TYPES.items():
            assert packer.pack(name, WINDOW, np.zeros(2)).payload.dtype == dtype
