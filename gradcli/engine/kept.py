"""The folder beside an output in which a run on a cluster keeps its parts until all are there."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from gradcli.record import record
from gradcli.system.paths import write_error
from gradcli.system.temporary import SUFFIX

PLAN = "plan"  # the name of the file that says which plan the parts belong to


@record(frozen=True)
class Kept:
    """A hidden folder beside an output, which holds the parts of it that are done.

    It stays when a run is stopped, and `--resume` goes on from it.

    Attributes
    ----------
    folder : str
        Its absolute path.
    """

    folder: str

    @classmethod
    def beside(cls, output: str) -> Kept:
        """Return the folder for parts of an output.

        >>> Kept.beside("/made/a.nc").folder
        '/made/.a.nc.tasks'
        """
        folder, name = os.path.split(os.path.abspath(output))
        return cls(os.path.join(folder, f".{name}.tasks"))

    def part(self, number: int) -> str:
        """Return the path of a part.

        >>> Kept("/made/.a.nc.tasks").part(3)
        '/made/.a.nc.tasks/part-3'
        """
        return os.path.join(self.folder, f"part-{number}")

    def said(self) -> Mapping[str, Any]:
        """Return what an earlier run has said of its plan; nothing if there is none."""
        try:
            with open(os.path.join(self.folder, PLAN), "rb") as file:
                found = json.load(file)
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def token(self) -> str | None:
        """Return the token of the plan that the parts belong to."""
        return self.said().get("plan")

    def count(self) -> int:
        """Return how many parts there are, complete or not."""
        try:
            return sum(name.startswith("part-") for name in os.listdir(self.folder))
        except OSError:
            return 0

    def begin(self, said: Mapping[str, Any]) -> None:
        """Make the folder, and say in it which plan the parts belong to.

        Raises
        ------
        OutputError
            The folder cannot be made or written to.
        """
        try:
            with suppress(FileExistsError):
                os.mkdir(self.folder)
            scratch = os.path.join(self.folder, f"{PLAN}{SUFFIX}")
            with open(scratch, "w", encoding="utf-8") as file:
                json.dump(said, file)
            os.replace(scratch, os.path.join(self.folder, PLAN))
        except OSError as error:
            raise write_error(self.folder, error) from error

    def sweep(self) -> None:
        """Remove what workers have left that were stopped while they wrote a part."""
        with suppress(OSError):
            for name in os.listdir(self.folder):
                if name.endswith(SUFFIX):
                    os.unlink(os.path.join(self.folder, name))

    def remove(self) -> None:
        """Remove the folder with all parts."""
        shutil.rmtree(self.folder, ignore_errors=True)
