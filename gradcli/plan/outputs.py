"""Decide where results go: default names, templates, one file or several."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from gradcli.errors import OutputError, UsageError
from gradcli.formats.coordinates import file_of_spec
from gradcli.formats.registry import BY_NAME, DATASET, Format, format_of, is_store
from gradcli.model.fields import Result
from gradcli.model.names import fill_template
from gradcli.model.protocols import Destination, Source
from gradcli.numerics.operators import OPERATORS
from gradcli.system.logbook import Item
from gradcli.system.paths import STDIN, STDOUT, is_address, is_special, split_suffix


def output_format(source: Source, destination: Destination) -> str:
    """Return the format of the results: the input's, unless the output's suffix names another.

    Raises
    ------
    UsageError
        The suffix of the output stands for no format.
    """
    path = destination.path
    if source.format not in BY_NAME and source.format != DATASET:
        return _format_of_formula(destination)
    # What engines of xarray read, gradcli does not write.
    own = "netcdf" if source.format == DATASET else source.format
    if path is None or path == STDOUT or path.endswith("{suffix}"):
        return own
    named = format_of(path)
    if named is not None:
        return named.name
    suffix = split_suffix(path)[1]
    odd = suffix != split_suffix(source.path)[1] or source.format == DATASET
    if suffix and odd and not is_special(path):
        suffixes = ", ".join(known.suffix for known in BY_NAME.values())
        raise UsageError(
            f"-o {path}: {suffix} stands for no format that gradcli writes; there are: {suffixes}"
        )
    return own


def _format_of_formula(destination: Destination) -> str:
    """Return the format of the results of a formula, which has neither a name nor a format."""
    path, told = destination.path or "", destination.format
    suffixes = ", ".join(known.suffix for known in BY_NAME.values())
    named = format_of(path)
    suffix = split_suffix(path)[1]
    if not path or "{stem}" in path or suffix == "{suffix}":
        raise UsageError(
            f"a formula gives its output no name; write -o FILE, where FILE ends in {suffixes}, "
            "or -o - and --format"
        )
    if named is None and (path == STDOUT or is_special(path)):
        if told in BY_NAME:
            return told
        raise UsageError(f"-o {path} does not say the format; give it with --format")
    if named is None:
        raise UsageError(
            f"-o {path}: {suffix or 'a name without suffix'} stands for no format that gradcli "
            f"writes; there are: {suffixes}"
        )
    if told not in (None, named.name):
        raise UsageError(f"--format {told}: {named.suffix} of -o {path} says another format")
    return named.name


def placed(
    output: str | os.PathLike[str] | None, folder: str | os.PathLike[str] | None
) -> tuple[str | None, str | None]:
    """Return the path of an output, and the folder for outputs with default names.

    An output that ends in a slash, or is a folder, means that folder, unless it is a store.

    >>> placed("a.nc", None), placed("made/", None), placed(None, "b"), placed("a.zarr/", None)
    (('a.nc', None), (None, 'made/'), (None, 'b'), ('a.zarr', None))
    """
    path, place = (None if given is None else os.fspath(given) for given in (output, folder))
    for given in filter(None, (path, place)):
        if given.startswith("http") and is_address(given):
            raise UsageError(
                f"{given}: nothing can be written to a web server; name a file, or s3:// or gs://"
            )
    if path is not None and is_store(path):
        return path.rstrip("/"), place
    if path is None or path == STDOUT or not (path.endswith("/") or os.path.isdir(path)):
        return path, place
    if place is not None:
        raise UsageError("-o and --output-dir exclude each other")
    if "{" in path and not os.path.isdir(path):
        raise UsageError(f"-o {path}: names a folder, whose name is taken as it is; leave out '{{'")
    return None, path


def named_input(path: str | os.PathLike[str]) -> str:
    """Return the path of an input, without the slash that shells add to the name of a store.

    >>> named_input("a.zarr/"), named_input("in/")
    ('a.zarr', 'in/')
    """
    name = os.fspath(path)
    return name.rstrip("/") if is_store(name) else name


def place_results(
    source: Source, results: list[Result], word: str, destination: Destination
) -> list[tuple[str, list[Result]]]:
    """Return each output file with the results it holds.

    ``word`` is the name of the operator in default file names.

    Raises
    ------
    UsageError
        One path is given for several files, or a template has unknown placeholders.
    """
    kind = BY_NAME[output_format(source, destination)]
    path = STDOUT if destination.is_pipe and source.path == STDOUT else destination.path
    if not kind.holds_one_array(results, source) or destination.stack:
        template = path or _default(source, kind, destination, f"{{stem}}_{word}")
        if "{component}" not in template:
            return [(_fill(template, source, kind, ""), results)]
        if destination.stack:
            raise UsageError("--stack makes one array of all components; leave {component} out")
        components = dict.fromkeys(result.component for result in results)
        return [
            (_fill(template, source, kind, part), [r for r in results if r.component == part])
            for part in components
        ]
    fields = {result.origin.name for result in results}
    parts = [
        result.component
        if len(fields) == 1 or result.component == result.name
        else f"{result.origin.base}_{result.component}"
        for result in results
    ]
    template = path or _default(source, kind, destination, "{stem}_{component}")
    if len(results) > 1 and "{component}" not in template:
        raise UsageError(
            f"{len(results)} results would go to {template}, which holds one array; "
            "write {component} in its name, or use --stack, or -o with .npz, .nc or .h5"
        )
    return [
        (_fill(template, source, kind, part), [result])
        for part, result in zip(parts, results, strict=True)
    ]


def _default(source: Source, kind: Format, destination: Destination, name: str) -> str:
    """Return a default template; its suffix is the input's, unless that names another format."""
    same = source.format == kind.name and format_of(source.path) in (None, kind)
    suffix = "{suffix}" if same else kind.suffix
    return default_template(source.path, destination.folder, name + suffix)


def default_template(path: str, folder: str | None, name: str) -> str:
    """Return a template for results in a folder, by default the folder of their input.

    Results of an input from a web server, or one of OPeNDAP, go to the current folder.

    >>> default_template("{in}/a.nc", None, "{stem}_curl.nc")
    '{{in}}/{stem}_curl.nc'
    >>> default_template("https://a.org/b.zarr", None, "{stem}_curl.zarr")
    '{stem}_curl.zarr'
    """
    away = "://" in path and not os.path.exists(path)  # a file may be called like an address
    bare = away and (not path.startswith(("s3:", "gs:")) or path.count("/") < 3)
    beside = "" if bare else os.path.dirname(path)
    place = beside if folder is None else folder
    return os.path.join(place.replace("{", "{{").replace("}", "}}"), name)


def _fill(template: str, source: Source, kind: Format, component: str) -> str:
    return _filled(template, source.path, _plain(component), kind.suffix)


def _filled(template: str, path: str, component: str, suffix: str = "") -> str:
    """Return a path for results of an input; ``suffix`` is used for standard input alone."""
    stem, suffix = ("stdin", suffix) if path == STDIN else split_suffix(path)
    places = {"stem": stem, "suffix": suffix, "component": component}
    return fill_template("-o", template, places)


def _plain(component: str) -> str:
    """Return text for use in a file name, without slashes and control characters.

    >>> _plain("../a" + chr(10))
    '.._a_'
    """
    return "".join(c if c.isprintable() and c != "/" else "_" for c in component)


def refuse_same_paths(paths: list[str]) -> None:
    """Raise UsageError if names of files differ only in characters that these cannot hold.

    >>> refuse_same_paths(["a.npy", "b.npy"])
    """
    twice = [path for path, count in Counter(paths).items() if count > 1]
    if twice:
        raise UsageError(
            f"{twice[0]}: two results would go there, whose names differ in characters that a "
            "name of a file cannot hold; choose one (--var), or use -o x.npz"
        )


def refuse_addresses(paths: list[str], kind: Format) -> None:
    """Raise UsageError if an output at an address is no store of an object store.

    >>> refuse_addresses(["s3://bucket/a.zarr", "a.nc"], BY_NAME["zarr"])
    """
    for path in filter(is_address, paths):
        if not kind.makes_folder(path):
            raise UsageError(
                f"{path}: only Zarr stores are written to an address, as s3://BUCKET/NAME.zarr"
            )
        if path.count("/") < 3 or path.endswith("/"):
            raise UsageError(f"{path}: names a bucket; a store has a name in it (s3://BUCKET/NAME)")


def refuse_input_as_output(source: Source, paths: list[str]) -> None:
    """Raise OutputError if an output is the input, which is never replaced."""
    for path in paths:
        if is_address(path) and f"{identity(path)}/".startswith(f"{identity(source.path)}/"):
            raise OutputError(f"{path}: is the input, or lies in it, which is never changed")
        if STDOUT in (path, source.path) or not os.path.exists(source.path):
            continue
        folder = os.path.join(os.path.realpath(source.path), "")
        if os.path.isdir(folder) and os.path.realpath(path).startswith(folder):
            raise OutputError(f"{path}: lies in the input, which is never changed; name another")
        if not os.path.exists(path):
            continue
        if os.path.samefile(path, source.path) and not is_special(path):
            raise OutputError(f"{path}: is the input, which is never replaced; name another (-o)")


def identity(path: str) -> str:
    """Return a path that identifies a file, whether it exists or not.

    >>> identity("/usr/../etc/a.nc")
    '/etc/a.nc'
    """
    folder, name = os.path.split(path)
    place = os.path.join(os.path.realpath(folder), name)
    return os.path.realpath(place) if os.path.islink(place) else place


def claimed(
    coords: Mapping[str, str],
    claims: MutableMapping[str, str] | None,
    inputs: Iterable[str] = (),
) -> MutableMapping[str, str]:
    """Return claims to which the files of coordinates are added, as no output may replace them.

    The same goes for inputs that are joined.
    """
    found = {} if claims is None else claims
    for path in (*inputs, *filter(None, map(file_of_spec, coords.values()))):
        found.setdefault(identity(path), path)
    return found


def claim(source: Source, paths: list[str], claims: MutableMapping[str, str]) -> None:
    """Claim outputs for an input; raise UsageError if one belongs to another input."""
    for path in paths:
        if path == STDOUT:
            continue
        key = identity(path)
        # ``setdefault`` is atomic, so only one of two threads can claim a path.
        owner = claims.setdefault(key, source.path)
        if owner != source.path:
            what = "is" if identity(owner) == key else "holds the results of"
            raise UsageError(
                f"{path}: {what} another input, {owner}; write {{stem}} in its name, "
                "or use --output-dir"
            )


def refuse_terminal(paths: list[str], kind: str) -> None:
    """Raise UsageError if binary data would go to a terminal."""
    if not BY_NAME[kind].is_text and any(map(_is_terminal, paths)):
        raise UsageError("binary data is not written to a terminal; send it to a file or a pipe")


def _is_terminal(path: str) -> bool:
    if path == STDOUT:
        return sys.stdout.isatty()
    if not is_special(path):
        return False
    try:
        place = os.open(path, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return os.isatty(place)
    finally:
        os.close(place)


def of_results(names: Iterable[str], axes: Iterable[str] = ()) -> set[str]:
    """Return those names that a command would give to the results of other files in the list.

    >>> sorted(of_results(["a.nc", "a_b.nc", "a_gradient.nc", "b_gradient.nc", "a_d0.npy"]))
    ['a_gradient.nc']
    """
    names = list(names)
    words = "|".join(OPERATORS)
    axis = "|".join([r"\d+", *map(re.escape, axes)])
    parts = "|".join([rf"(?:d(?:{axis})\d*)+", *_endings()])
    ending = re.compile(rf"_(?:{words}|(?:.*_)?(?:{parts}))")
    stems: dict[str, list[str]] = {}
    for name in names:
        stem, suffix = split_suffix(name)
        stems.setdefault(suffix, []).append(stem)
    found = set()
    for suffix, group in stems.items():
        known = set(group)
        for stem in group:
            cuts = [match.start() for match in re.finditer("_", stem)]
            if any(stem[:cut] in known and ending.fullmatch(stem, cut) for cut in cuts):
                found.add(stem + suffix)
    return found


def _endings() -> Iterator[str]:
    """Yield patterns for the endings that operators give to names of results."""
    for operator in OPERATORS.values():
        if not operator.gives_partials:
            yield re.escape(operator.ending) + ("(?:_.+)?" if operator.by_axis else "")


def planned(item: Item, output: str | None, word: str, stack: bool = False) -> str:
    """Return the output path of an input, as far as it is known before the input is opened.

    >>> planned(Item("in/a.nc"), None, "gradient"), planned(Item("in/a.npy", "out"), None, "curl")
    ('in/a_gradient.nc', 'out/a_{component}.npy')
    >>> planned(Item("in/a.npy"), "{stem}_{component}{suffix}", "curl")
    'a_{component}.npy'
    """
    known = format_of(item.path)
    single = known is not None and known.one_array and not stack
    name = f"{{stem}}_{'{component}' if single else word}{{suffix}}"
    template = default_template(item.path, item.folder, name) if output is None else output
    return _filled(template, item.path, "{component}")


def certain_place(item: Item, given: Mapping[str, Any]) -> str | None:
    """Return the only output file of an input, or None if it is not certain yet.

    >>> options = {"output": None, "format": None, "operator": "curl", "stack": False}
    >>> certain_place(Item("in/a.nc", "out"), options), certain_place(Item("a.csv"), options)
    ('out/a_curl.nc', None)
    """
    place = planned(item, given["output"], given["operator"], given["stack"])
    known = format_of(item.path)
    named = given["output"] is not None
    # If ``one_array`` is None, this is known only when the file is read.
    several = known is not None and known.one_array is False
    if named or (given["format"] is None and several):
        return None if "{component}" in place or place == "-" else place
    return None
