"""The cases beside the project that must hold: small inputs that others fail on, and their answers.

They are skipped where the folder of cases is absent.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.cli.shell import Shell
from tests.places import CASES

HOLD = (
    *("grid-index-coordinates", "grid-index-coordinates-degrees"),
    *("grid-index-coordinates-magnitude", "grid-coords-2d-metres", "grid-coords-2d-sphere"),
    *("grid-nominal-named", "grid-nominal-unnamed", "grid-paired-by-name"),
    *("grid-moving-nest",),
    *("grid-auxiliary-time", "grid-auxiliary-height"),
    *("grid-units-deg", "grid-units-degs", "grid-units-capital", "grid-units-true"),
    *("grid-units-mixed", "grid-units-decimal", "grid-units-sign"),
    *("grid-valid-inverted", "grid-valid-longitude", "grid-valid-pole", "grid-valid-nothing-left"),
    *("grid-mapping-sphere", "grid-mapping-wgs84", "grid-disc", "grid-two-factors"),
    *("grid-per-kilometre", "grid-radius-kilometres", "grid-stale-curl", "grid-stale-gradient"),
    *("array-missing-value-csv", "array-missing-value-npy", "array-missing-value-h5"),
    *("grid-vectors-option", "grid-vectors-named"),
    *("grid-vertical-pressure", "grid-vertical-role", "grid-vertical-hybrid"),
    *("grid-sel-meridian", "grid-sel-negative", "option-cut-index", "option-cut-coordinate"),
    *("array-own-axis-npz", "array-own-axis-h5", "array-own-coords-npz", "array-own-coords-h5"),
    *("array-silent-step-npz", "array-silent-step-h5", "array-mesh"),
    *("hdf5-index-group", "hdf5-compound", "hdf5-matlab", "hdf5-one-point", "hdf5-bin-edges"),
    *("array-fortran-order",),
    *("option-spacing-list", "option-spacing-twice", "option-axis-twice"),
    *("option-suffix-png", "option-suffix-parquet", "option-suffix-xlsx"),
    *("option-output-is-input", "option-output-folder", "option-classic"),
    *("grid-unwrap", "table-unwrap", "grid-ragged", "grid-ragged-sorted"),
    *("table-groups", "table-groups-mixed", "table-blocks", "table-blocks-matrix"),
    *("table-no-header", "table-no-header-layout", "table-one-word"),
    *("table-hash-blanks", "table-hash-quoted", "table-units-brackets", "table-units-plain"),
    *("table-preamble-words", "table-preamble-keys", "table-sep-line"),
    *("table-thousands", "table-thousands-late", "table-slash", "table-comma"),
    *("table-mark-division", "table-mark-na", "table-mark-overload", "table-mark-dashes"),
    *("table-mark-qnan", "table-latin-1", "table-utf-16", "table-dat-gz"),
    *("table-empty-rows", "table-empty-columns", "table-empty-ends", "table-late-words"),
    *("table-dates-dots", "table-dates-format", "table-offset-sorted"),
)


@pytest.fixture(scope="module")
def check() -> Iterator[ModuleType]:
    """Return the runner of the cases, which imports another module beside it."""
    sys.path.insert(0, str(CASES))
    try:
        spec = importlib.util.spec_from_file_location("check_cases", CASES / "check.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(CASES))


@cache
def cases() -> dict[str, dict[str, Any]]:
    return {case["id"]: case for case in json.loads((CASES / "cases.json").read_text())}


@pytest.mark.skipif(not CASES.is_dir(), reason="the folder of cases is not here")
@pytest.mark.parametrize("name", HOLD)
def test_a_case_holds(name: str, check: ModuleType, shell: Shell) -> None:
    class Forked(check.Run):
        """A command in a process forked from the server of the tests."""

        def start(self, arguments: list[str]) -> None:
            files = self.case["files"]
            words = {f"{{file{at + 1 if at else ''}}}": file for at, file in enumerate(files)}
            words["{out}"] = self.output.name
            line = list(arguments)
            for word, value in words.items():
                line = [part.replace(word, value) for part in line]
            done = shell.run(*line, code=(0, 1, 2))
            self.code, self.told = done.code, done.err
            self.last = (done.err.strip().splitlines() or [""])[-1]

    case = cases()[name]
    check.hold(Forked("gradcli", case, Path(shell.folder)), case["expect"])
