"""Write outputs; all files of a run appear together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from gradcli.errors import UsageError
from gradcli.formats.beside import beside, named_beside
from gradcli.formats.direct import Direct, DirectRoutes, Opening
from gradcli.formats.opening import refuse_truncated
from gradcli.formats.packer import RoutedPacker
from gradcli.formats.registry import BY_NAME
from gradcli.model.fields import Result
from gradcli.model.protocols import Destination, Packer, Packet, Sink, Source
from gradcli.system.paths import STDOUT, is_address, write_error
from gradcli.system.publish import Staging

if TYPE_CHECKING:
    from gradcli.formats.series.source import SeriesSource


@contextmanager
def create_sink(
    outputs: list[tuple[str, list[Result]]],
    name: str,
    like: Source,
    destination: Destination,
) -> Iterator[Router]:
    """Create the files of a run; they appear together when the block ends without an error."""
    known = BY_NAME[name]
    # The input is closed before the outputs appear, because closing a damaged file can crash.
    # An output at an address appears when its sink is closed.
    with (
        Staging(destination.overwrite, destination.sync) as staging,
        ExitStack() as away,
        closing(like),
        ExitStack() as stack,
    ):
        routes: dict[str, tuple[str, Sink]] = {}
        notes: list[str] = []
        model = _model(like, name, destination.keep)
        if model is not like:
            stack.enter_context(closing(model))
        # A stream is written to standard output at once; there is no file to complete first.
        straight = like.live and any(path == STDOUT for path, _ in outputs)
        scratches = []
        for path, _ in outputs:
            if straight or is_address(path):
                scratches.append("" if straight else path)
            else:
                scratches.append(staging.add(path, known.makes_folder(path)))
        for scratch, (path, results) in zip(scratches, outputs, strict=True):
            opened = away if is_address(path) else stack
            opened.enter_context(writing(path))
            if straight:
                made = known.load_live().create_sink(results, like, destination)
            else:
                made = known.load().create_sink(scratch, path, results, model, destination)
            sink = opened.enter_context(made)
            notes += sink.notes
            if name not in (like.format, "npy"):
                notes += _left_out(path, results, like, name)
            routes.update({result.name: (path, sink) for result in results})
        yield Router(routes, notes)
        refuse_truncated(like)


def make_packer(
    outputs: list[tuple[str, list[Result]]],
    name: str,
    like: Source,
    destination: Destination,
) -> Packer:
    """Return the first packer of the sink that `create_sink` would make, without making a file."""
    known = BY_NAME[name].load()
    made = [
        (results, known.make_packer(path, results, like, destination)) for path, results in outputs
    ]
    if len(made) == 1:
        return made[0][1]
    return RoutedPacker({result.name: packer for results, packer in made for result in results})


def _model(like: Source, name: str, everything: bool) -> Source:
    """Return the source from which a sink takes what goes with results.

    Raises
    ------
    UsageError
        Everything is to be carried along, of joined files that are no NetCDF.
    """
    if not like.joined:
        return like
    if name == "netcdf" == like.format:
        from gradcli.formats.netcdf.joined import joined_source

        return joined_source(cast("SeriesSource", like))
    if everything:
        raise UsageError("--keep: of files that are joined, only NetCDF carries everything along")
    return like


def _left_out(path: str, results: list[Result], like: Source, name: str) -> list[str]:
    """Return a note of the coordinates that another format than the input's does not get."""
    written = {each.path for each in beside(results, like)} if name != "csv" else set()
    found = [known for known in named_beside(results, like) if known not in written]
    if not found:
        return []
    return [
        f"{', '.join(found)}: not written to {path}; there results keep only the coordinates that "
        + ("an axis has for itself" if name == "csv" else "lie over their axes")
    ]


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Turn errors of the system during writing into an error that names the file."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise write_error(path, error) from error


@runtime_checkable
class Placing(Protocol):
    """A sink that may give places to pieces of blocks, which are then copied into its file."""

    def lay_out(self) -> str | None:
        """Take payloads that are `Elsewhere` from now on; return the path of the file, or None."""
        ...


class Router:
    """Passes each block to the sink that its result goes to."""

    def __init__(self, routes: dict[str, tuple[str, Sink]], notes: list[str]) -> None:
        self._routes = routes
        self._sinks = list(dict(routes.values()).values())
        self.notes = notes

    @property
    def packer(self) -> Packer:
        """The packer for the next block."""
        if len(self._sinks) == 1:
            return self._sinks[0].packer
        return RoutedPacker({name: sink.packer for name, (_, sink) in self._routes.items()})

    def put(self, packet: Packet) -> None:
        """Write a packet to the file of its result."""
        path, sink = self._routes[packet.name]
        with writing(path):
            sink.put(packet)

    def lay_out(self) -> str | None:
        """Have the sink give places to pieces that lie elsewhere, if there is one that can."""
        (path, sink), *others = dict(self._routes.values()).items()
        if others or not isinstance(sink, Placing):
            return None
        with writing(path):
            return sink.lay_out()

    def direct(self) -> Direct | None:
        """Return what writes packets from any process, if all sinks have such."""
        made: dict[str, Direct] = {}
        for name, (path, sink) in self._routes.items():
            with writing(path):
                found = sink.direct() if isinstance(sink, Opening) else None
            if found is None:
                return None
            made[name] = found
        return DirectRoutes(made)

    def finish(self, name: str, attributes: Mapping[str, int]) -> None:
        """Set attributes of a result whose values are known only now."""
        path, sink = self._routes[name]
        with writing(path):
            sink.finish(name, attributes)

    def __enter__(self) -> Router:
        return self

    def __exit__(self, *error: object) -> None:
        return None
