"""Headers of NPY files: hostile ones."""

from __future__ import annotations

import os
import pickle
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gradcli
from gradcli.errors import GradcliError
from tests.contract import one_line, read_all, refusal
from tests.formats.npy.test_source import save


def save_header(path: Path, text: str, data: bytes = b"", version: int = 1) -> Path:
    width = "<H" if version == 1 else "<I"
    head = text.encode("latin1")
    magic = b"\x93NUMPY" + bytes([version, 0])
    path.write_bytes(magic + struct.pack(width, len(head)) + head + data)
    return path


def header(descr: str = "'<f8'", order: str = "False", shape: str = "(4,)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def test_field_names_beyond_latin_are_read_from_version_3(tmp_path: Path) -> None:
    values = np.zeros(4, [("θ", "f8"), ("気温", "i4"), ("a/b", "f4")])
    values["θ"] = [1, 2, 4, 8]
    save(tmp_path / "s.npy", values, (3, 0))
    found = read_all(tmp_path / "s.npy")
    assert list(found) == ["θ", "気温", "a/b"]
    np.testing.assert_array_equal(found["θ"], values["θ"])
    report = gradcli.differentiate(tmp_path / "s.npy", var="θ", output_dir=tmp_path)
    np.testing.assert_array_equal(np.load(report.outputs[0]), np.gradient(values["θ"]))


class Trap:
    """An object whose pickle makes a folder when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("wrapped", [False, True])
def test_pickled_objects_are_refused_without_being_opened(tmp_path: Path, wrapped: bool) -> None:
    trap = Trap(tmp_path / "sprung")
    array = np.array([trap] * 4, object)
    if wrapped:
        array = np.zeros(4, [("x", "f8"), ("o", object)])
        array["o"] = [trap] * 4
    np.save(tmp_path / "o.npy", array, allow_pickle=True)
    assert "pickled objects" in refusal(tmp_path / "o.npy")
    (tmp_path / "p.npy").write_bytes(pickle.dumps(trap))
    refusal(tmp_path / "p.npy")
    assert sorted(os.listdir(tmp_path)) == ["o.npy", "p.npy"]


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').mkdir('sprung')",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (__import__('os').mkdir('sprung'),)}",
        "[open('sprung', 'w') for _ in '1']",
        "(" * 5000,
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'shape': (4,)}",
        "['descr']",
        "{[]: 1}",
        "\0\0\0",
        "'\xff\xfe'",
        "",
        header(descr="'no such type'"),
        header(descr="'<f80000000000000'"),
        header(descr="7"),
        header(descr="None"),
        header(descr="('<f8', (2, 'x'))"),
        header(descr="[('a',)]"),
        header(descr="[('a', '<f8'), ('a', '<f8')]"),
    ],
)
def test_a_header_that_is_code_or_none_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, version: int
) -> None:
    monkeypatch.chdir(tmp_path)
    save_header(tmp_path / "a.npy", text, b"\0" * 64, version)
    refusal(tmp_path / "a.npy")
    assert os.listdir(tmp_path) == ["a.npy"]


@pytest.mark.parametrize(
    "shape",
    [
        "(10**30,)",
        "(1000000000000000000000000000000,)",
        "(4611686018427387904, 2)",
        "(9223372036854775807,)",
        "(1000000, 1000000)",
        "(-4,)",
        "(-2, -2)",
        "(4.0,)",
        "(True, 4)",
        "('4',)",
        "4",
        "[4]",
        "None",
        "((4,),)",
        f"({'1, ' * 100})",
        "(0, 1000000000000000000000000000000)",
        "(1000000000000000000000000000000, 0)",
    ],
)
def test_a_shape_that_is_none_or_cannot_be_there_is_refused(tmp_path: Path, shape: str) -> None:
    save_header(tmp_path / "a.npy", header(shape=shape), np.arange(4.0).tobytes())
    refusal(tmp_path / "a.npy")


@pytest.mark.parametrize("order", ["'False'", "0", "None", "[]", "'no'"])
def test_an_order_that_is_neither_true_nor_false_is_refused(tmp_path: Path, order: str) -> None:
    # numpy refuses it too; taken as a truth value, 'False' would transpose the array.
    path = save_header(tmp_path / "a.npy", header(order=order, shape="(2, 2)"), b"\0" * 32)
    with pytest.raises(ValueError, match="fortran_order"):
        np.load(path)
    refusal(path)


@pytest.mark.parametrize("version", [(0, 0), (4, 0), (9, 9), (255, 255)])
def test_versions_that_are_unknown_are_refused(tmp_path: Path, version: tuple[int, int]) -> None:
    path = save(tmp_path / "a.npy", np.ones(4))
    data = bytearray(path.read_bytes())
    data[6:8] = bytes(version)
    path.write_bytes(data)
    assert f"version {version[0]}.{version[1]}" in refusal(path)


def test_a_header_that_says_it_is_huge_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(b"\x93NUMPY\x02\x00" + struct.pack("<I", 2**32 - 1) + b"{}")
    assert "too long" in refusal(path)


@settings(max_examples=80, deadline=None)
@given(place=st.integers(0, 127), byte=st.integers(0, 255))
def test_any_byte_of_the_header_may_be_wrong(
    tmp_path_factory: pytest.TempPathFactory, place: int, byte: int
) -> None:
    path = save(tmp_path_factory.getbasetemp() / "wrong.npy", np.arange(6.0).reshape(2, 3))
    data = bytearray(path.read_bytes())
    data[place] = byte
    path.write_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = np.load(path, allow_pickle=False)
    except Exception:
        expected = None
    try:
        (found,) = read_all(path).values()
    except GradcliError as error:
        one_line(error)
        return
    except ValueError:  # more than one array, or none: a type of text, or of fields
        assert expected is None or expected.dtype.kind not in "fciub"
        return
    if expected is not None:
        np.testing.assert_array_equal(found, expected.astype(found.dtype))
