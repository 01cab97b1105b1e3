"""NPZ: stored and deflated members, and archives that lie."""

from __future__ import annotations

import os
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import gradcli
from gradcli.errors import GradcliError
from gradcli.formats.opening import open_source
from tests.contract import check_cuts, check_format, one_line, read_all, refusal
from tests.formats.npy.test_header import Trap

STORED, DEFLATED = zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED


def npy_bytes(array: np.ndarray, **options: bool) -> bytes:
    file = BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def archive(path: Path, members: dict[str, bytes], method: int = STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("dtype", ["f8", "f4"])
def test_contract(tmp_path: Path, save, dtype: str) -> None:
    def write(folder: Path, values: np.ndarray, _: dict) -> Path:
        save(folder / "f.npz", f=np.asfortranarray(values) if dtype == "f4" else values)
        return folder / "f.npz"

    check_format("npz", write, tmp_path, dtype=dtype)


@pytest.mark.parametrize("method", [STORED, DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_method_and_type_is_read_as_numpy_reads_it(tmp_path: Path, method: int) -> None:
    rng = np.random.default_rng(0)
    arrays = {
        code: rng.integers(0, 99, (4, 5)).astype(code)
        for code in ["?", "i1", "u8", "f2", ">f4", "f8", "D"]
    }
    path = archive(
        tmp_path / "a.npz", {f"{k}.npy": npy_bytes(v) for k, v in arrays.items()}, method
    )
    found = read_all(path)
    assert found.keys() == arrays.keys()
    for code, values in arrays.items():
        np.testing.assert_array_equal(found[code], values)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_members_in_folders_and_members_that_are_no_arrays(tmp_path: Path, method: int) -> None:
    members = {
        "run/": b"",
        "run/u.npy": npy_bytes(np.arange(12.0).reshape(3, 4)),
        "run/deep/v.npy": npy_bytes(np.arange(3)),
        "notes.txt": b"not an array",
        "words.npy": npy_bytes(np.array(["a", "b"])),
        "nothing.npy": npy_bytes(np.ones((0, 3))),
    }
    path = archive(tmp_path / "a.npz", members, method)
    with open_source(str(path)) as source:
        assert list(source.fields) == ["run/u", "run/deep/v", "nothing"]
        assert any("notes.txt" in note for note in source.notes)
        assert any("words" in note for note in source.notes)
        np.testing.assert_array_equal(
            source.read("run/u", (slice(1, 3), slice(0, 2))), [[4, 5], [8, 9]]
        )
        np.testing.assert_array_equal(source.read("run/deep/v", (slice(0, 3),)), [0, 1, 2])
    report = gradcli.differentiate(path, axis="-1", var="run/u,run/deep/v")
    with np.load(report.outputs[0]) as results:
        assert sorted(results.files) == ["run/deep/dv_d0", "run/du_d1"]
        np.testing.assert_array_equal(results["run/du_d1"], np.ones((3, 4)))


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_structured_member_is_a_variable_a_field(tmp_path: Path, method: int) -> None:
    values = np.zeros((4, 3), [("u", ">f4"), ("when", "M8[s]"), ("pair", "f8", 2)])
    values["u"], values["pair"] = np.arange(12).reshape(4, 3), np.arange(24).reshape(4, 3, 2)
    values["when"] = np.arange(12).reshape(4, 3).astype("M8[s]")
    path = archive(tmp_path / "a.npz", {"s.npy": npy_bytes(values)}, method)
    found = read_all(path)
    assert sorted(found) == ["s/pair", "s/u", "s/when"]
    np.testing.assert_array_equal(found["s/u"], values["u"])
    np.testing.assert_array_equal(found["s/pair"], values["pair"])
    np.testing.assert_array_equal(np.diff(found["s/when"]), np.ones((4, 2)))


def test_deflated_members_are_read_from_several_threads_at_once(tmp_path: Path) -> None:
    arrays = {f"a{i}": np.random.default_rng(i).normal(size=(300, 40)) for i in range(6)}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    with open_source(str(tmp_path / "a.npz")) as source, ThreadPoolExecutor(4) as pool:

        def check(step: int) -> None:
            name, row = f"a{step % 6}", step * 7 % 290
            window = (slice(row, row + 9), slice(3, 33))
            np.testing.assert_array_equal(source.read(name, window), arrays[name][window])

        list(pool.map(check, range(200)))


# --- archives that lie -----------------------------------------------------------------------


def local_and_central(data: bytearray) -> tuple[int, int]:
    """Return the places of the first local header and the first entry of the directory."""
    return data.index(b"PK\x03\x04"), data.index(b"PK\x01\x02")


@pytest.mark.parametrize("method", [STORED, DEFLATED])
@pytest.mark.parametrize("declared", [10**12, 400, 132, 0])
def test_a_size_that_the_archive_declares_wrongly_is_refused(
    tmp_path: Path, declared: int, method: int
) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.arange(1000.0))}, method)
    data = bytearray(path.read_bytes())
    size = struct.pack("<I", min(declared, 2**32 - 2))
    local, central = local_and_central(data)
    data[local + 22 : local + 26] = data[central + 24 : central + 28] = size
    path.write_bytes(data)
    try:
        found = read_all(path)
    except GradcliError as error:
        one_line(error)
    else:  # what the archive says is not needed to read what is there
        np.testing.assert_array_equal(found["a"], np.arange(1000.0))


def test_a_bomb_is_never_unpacked_beyond_what_its_header_declares(tmp_path: Path) -> None:
    bomb = npy_bytes(np.arange(8.0)) + b"\0" * 60_000_000
    path = archive(tmp_path / "a.npz", {"a.npy": bomb}, DEFLATED)
    assert path.stat().st_size < 100_000
    del bomb
    assert "not as long as its header declares" in refusal(path)


def test_a_member_that_declares_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    whole = npy_bytes(np.arange(1000.0))
    for method in (STORED, DEFLATED):
        path = archive(tmp_path / "a.npz", {"a.npy": whole[:-8]}, method)
        assert "truncated" in refusal(path)
    huge = whole.replace(b"(1000,)", b"(9" + b"9" * 18 + b",)")[: len(whole)]
    refusal(archive(tmp_path / "a.npz", {"a.npy": huge}, DEFLATED))


def test_a_wrong_checksum_is_refused(tmp_path: Path) -> None:
    # Of a deflated member: a stored one is read by windows, and no checksum is of one window.
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.arange(1000.0))}, DEFLATED)
    data = bytearray(path.read_bytes())
    local, central = local_and_central(data)
    for place in (local + 14, central + 16):
        data[place] ^= 0xFF
    path.write_bytes(data)
    refusal(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_two_members_of_one_name_give_the_last_as_numpy_or_are_refused(
    tmp_path: Path, method: int
) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", method) as file:
        file.writestr("a.npy", npy_bytes(np.zeros(5)))
        file.writestr("a.npy", npy_bytes(np.ones((4, 3))))
    with np.load(path) as expected:
        last = expected["a"]
    try:
        found = read_all(path)
    except GradcliError as error:
        one_line(error)
    else:
        np.testing.assert_array_equal(found["a"], last)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_an_encrypted_member_is_refused(tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.arange(9.0))}, method)
    data = bytearray(path.read_bytes())
    local, central = local_and_central(data)
    data[local + 6] |= 1
    data[central + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refusal(path)


def test_a_name_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, ä=np.arange(3.0))  # said to be UTF-8
    data = path.read_bytes()
    name = "ä.npy".encode()
    path.write_bytes(data.replace(name, b"\xff" + name[1:], 1))  # before the member, not at the end
    assert "is a damaged ZIP archive" in refusal(path)


def test_an_unknown_method_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.arange(9.0))})
    data = bytearray(path.read_bytes())
    local, central = local_and_central(data)
    data[local + 8] = data[central + 10] = 77
    path.write_bytes(data)
    refusal(path)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_place_outside_the_archive_is_refused(tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.arange(9.0))}, method)
    clean = path.read_bytes()
    for offset in (2**31, len(clean), len(clean) - 5, 7):
        data = bytearray(clean)
        _, central = local_and_central(data)
        data[central + 42 : central + 46] = struct.pack("<I", offset)
        path.write_bytes(data)
        refusal(path)


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_a_damaged_stream_is_refused_or_read_right(tmp_path: Path, method: int) -> None:
    values = np.random.default_rng(0).normal(size=400)
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(values)}, method)
    clean = path.read_bytes()
    start = clean.index(b"PK\x01\x02") if method == STORED else 36
    for place in range(start, len(clean), 31):
        data = bytearray(clean)
        data[place] ^= 0x5A
        path.write_bytes(data)
        try:
            found = read_all(path)
        except GradcliError as error:
            one_line(error)
        else:
            for name, array in found.items():
                np.testing.assert_array_equal(array, values, err_msg=f"{name}, byte {place}")


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_an_archive_that_was_cut_is_refused(tmp_path: Path, method: int) -> None:
    values = np.random.default_rng(0).normal(size=(40, 30))
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(values)}, method)
    check_cuts(path, {"a": values}, lengths=60)


def test_pickled_objects_are_refused_without_being_opened(tmp_path: Path) -> None:
    trap = np.array([Trap(tmp_path / "sprung")], object)
    for method in (STORED, DEFLATED):
        members = {"a.npy": npy_bytes(np.ones(3)), "o.npy": npy_bytes(trap, allow_pickle=True)}
        refusal(archive(tmp_path / "a.npz", members, method))
    assert os.listdir(tmp_path) == ["a.npz"]


def test_names_that_climb_out_of_the_archive_reach_no_file(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = archive(inner / "a.npz", {"../../up.npy": npy_bytes(np.arange(4.0))}, DEFLATED)
    report = gradcli.differentiate(path)
    assert sorted(os.listdir(tmp_path)) == ["inner"]
    assert sorted(os.listdir(inner)) == ["a.npz", "a_gradient.npz"]
    with np.load(report.outputs[0]) as results:
        assert [results[name].tolist() for name in results.files] == [[1, 1, 1, 1]]


# --- output ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [STORED, DEFLATED])
def test_results_are_stored_as_the_input_was(tmp_path: Path, method: int) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.ones((4, 5)))}, method)
    report = gradcli.differentiate(path)
    with zipfile.ZipFile(report.outputs[0]) as found:
        assert [info.filename for info in found.infolist()] == ["da_d0.npy", "da_d1.npy"]
        assert {info.compress_type for info in found.infolist()} == {method}
        assert found.testzip() is None


def test_keep_carries_every_member(tmp_path: Path) -> None:
    members = {"a.npy": npy_bytes(np.arange(4.0)), "b.npy": npy_bytes(np.arange(3)), "t.txt": b"t"}
    path = archive(tmp_path / "a.npz", members)
    report = gradcli.differentiate(path, var="a", keep=True)
    with zipfile.ZipFile(report.outputs[0]) as found:
        assert {name: found.read(name) for name in members} == members
        assert sorted(found.namelist()) == sorted([*members, "da_d0.npy"])


def test_a_result_of_the_name_of_a_member_that_is_kept_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.npz", {"a.npy": npy_bytes(np.arange(4.0))})
    with pytest.raises(GradcliError, match="already") as caught:
        gradcli.differentiate(path, keep=True, name="{var}")
    one_line(caught.value)
    assert os.listdir(tmp_path) == ["a.npz"]


def test_stacked_results_come_in_one_array(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(6, 7))
    np.savez(tmp_path / "a.npz", a=values)
    report = gradcli.differentiate(tmp_path / "a.npz", stack=True)
    with np.load(report.outputs[0]) as results:
        assert results.files == ["gradient"]
        np.testing.assert_allclose(results["gradient"], np.stack(np.gradient(values)), rtol=1e-12)


def test_results_of_two_shapes_cannot_be_stacked(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.ones((6, 7)), b=np.ones((7, 6)))
    with pytest.raises(GradcliError, match="cannot be stacked") as caught:
        gradcli.differentiate(tmp_path / "a.npz", stack=True)
    one_line(caught.value)
    assert os.listdir(tmp_path) == ["a.npz"]
