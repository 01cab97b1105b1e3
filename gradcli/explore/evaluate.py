"""Fields and their derivatives in any window, by the plan and the engine of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from gradcli.engine.block import differentiate_block
from gradcli.engine.pieces import Keep
from gradcli.engine.run import planned
from gradcli.model.blocks import Block, Window
from gradcli.model.fields import Result
from gradcli.model.protocols import Source
from gradcli.numerics.dtypes import Array
from gradcli.numerics.value import VALUE
from gradcli.plan.idle import untold_notes
from gradcli.plan.plan import Plan
from gradcli.plan.tasks import Task
from gradcli.record import replace
from gradcli.settings import Request, Settings

TABLE = "the table holds no units (--json tells them)"


class Evaluation:
    """The fields of an input and their derivatives, computed where they are asked for.

    Attributes
    ----------
    source : Source
    plan : Plan
        Without outputs.
    """

    def __init__(self, source: Source, plan: Plan) -> None:
        self.source = source
        self.plan = plan

    @property
    def tasks(self) -> tuple[Task, ...]:
        """One task for each field, or for each vector."""
        return self.plan.tasks

    def values(self, task: int, window: Window) -> dict[str, Array]:
        """Return all results of a task in a window, by name: the field itself, then the others.

        Parameters
        ----------
        task : int
            Its index in ``tasks``.
        window : tuple of slice
            One for each axis, counted on the grid of the results (``result.axes``), as a part that
            is selected has its own first point.

        Returns
        -------
        dict of str to ndarray
            In the order of ``tasks[task].results``; missing values are NaN.
        """
        made = differentiate_block(self.source, self.tasks[task], Keep(), Block(task, window))
        return {packet.name: packet.payload for packet in made.packets}

    def results(self, task: int) -> list[Result]:
        """Return the descriptions of the results of a task, in the order of ``values``."""
        return self.tasks[task].results

    def untold(self, settings: Settings, told: str, lengths: bool = False) -> list[str]:
        """Return notes on given units that change nothing, as numbers are shown without units.

        ``lengths`` says whether the units of axes decide lengths all the same.
        """
        fields = [field for task in self.tasks for field in task.components]
        return [*untold_notes(fields, settings, told, lengths)]


@contextmanager
def evaluation(request: Request, values: bool = True) -> Iterator[Evaluation]:
    """Open the input of a request, plan its derivatives, and close it at the end.

    Parameters
    ----------
    request : Request
        As `api.request` makes it of the options of a command. Its destination is not used.
    values : bool
        Whether the fields themselves come before their derivatives.

    Raises
    ------
    GradcliError
        Whatever goes wrong, here or in the block, with the name of the input in front.
    """
    settings, hints = request.settings, replace(request.hints, live=(), answers=False)
    if values:
        settings = replace(settings, operators=(VALUE, *settings.operators))
    with planned(request._replace(settings=settings, hints=hints), writes=False) as opened:
        source, plan = opened
        for tables in plan.tables:
            tables.load(source)
            plan.notes.extend(note for note in tables.notes if note not in plan.notes)
        yield Evaluation(source, plan)
