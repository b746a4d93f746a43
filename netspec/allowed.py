"""Modules of the user's own, imported when and because the user named them: `--allow my_layers`.

Nothing else in netspec imports what a spec names. A module is looked for in the spec's folder, then
where Python finds its modules; what it imports in turn is its own affair.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from traceback import walk_tb
from types import MappingProxyType, ModuleType

from netspec.diagnostics import Diagnostic
from netspec.program import extern_errors as errors
from netspec.program.externs import Extern, ExternArgument
from netspec.source import Source, Span


class UserCodeError(Exception):
    """Python of the user's that is not there, not as declared, or that raised."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


@dataclass(frozen=True, slots=True)
class Found:
    """A module, and the files of the spec's folder that it and what it imports are in."""

    module: ModuleType
    files: tuple[Path, ...]


# By the spec's folder and the module's name. Two specs may have modules of one name.
_found: dict[tuple[Path, str], Found] = {}


def allows(allow: Iterable[str], module: str) -> bool:
    """Whether a module was named, or a package that it is in."""
    return any(module == name or module.startswith(f"{name}.") for name in allow)


def load(extern: Extern) -> object:
    """What a declaration names; its module is imported if it was not yet.

    Raises UserCodeError when its module was not allowed, is not there, raises, or has no such name.
    """
    if not extern.allowed:
        file = extern.head.source.name
        raise UserCodeError(errors.not_allowed((extern,), (extern,), file, "run"))
    found = _load_module(extern)
    with raised_by_user(extern, "on being looked up"):
        value = getattr(found.module, extern.attribute, None)
    if value is None:
        names = [name for name in vars(found.module) if not name.startswith("_")]
        raise UserCodeError(errors.no_such_name(extern, names))
    return value


def module_of(extern: Extern) -> ModuleType:
    """The module that a declaration names, imported if it was not yet."""
    load(extern)
    return _load_module(extern).module


def files_of(externs: Iterable[Extern]) -> Mapping[str, Path]:
    """The files in the spec's folder that loaded declarations are made of, by their place there."""
    files: dict[str, Path] = {}
    for extern in externs:
        folder = extern.folder.resolve()
        found = _found.get((folder, extern.module))
        for path in found.files if found is not None else ():
            files[path.relative_to(folder).as_posix()] = path
    return MappingProxyType(files)


def _load_module(extern: Extern) -> Found:
    folder = extern.folder.resolve()
    key = (folder, extern.module)
    found = _found.get(key)
    if found is None:
        before = set(sys.modules)
        try:
            with raised_by_user(extern), _at_the_end(folder):
                module = _import(extern, folder)
        except BaseException:
            # What was made on the way to a mistake is made anew once that is mended.
            for name in set(sys.modules) - before:
                if _file_in(folder, sys.modules[name]) is not None:
                    del sys.modules[name]
            raise
        new = [sys.modules[name] for name in set(sys.modules) - before]
        files = {path for m in (module, *new) if (path := _file_in(folder, m)) is not None}
        found = _found[key] = Found(module, tuple(sorted(files)))
    return found


def _import(extern: Extern, folder: Path) -> ModuleType:
    """The module, from the folder if it is there."""
    name = ""
    path: list[str] | None = [str(folder)]
    module: ModuleType | None = None
    for part in extern.module.split("."):
        name = f"{name}.{part}" if name else part
        spec = PathFinder.find_spec(name, path)
        if spec is None and module is None:
            return _from_elsewhere(extern)
        if spec is None:
            raise UserCodeError(errors.no_such_module(extern, str(extern.folder)))
        known = sys.modules.get(name)
        module = known if known is not None and _is_from(known, spec) else _executed(name, spec)
        path = list(module.__path__) if hasattr(module, "__path__") else []
    assert module is not None
    return module


def _from_elsewhere(extern: Extern) -> ModuleType:
    try:
        return importlib.import_module(extern.module)
    except ModuleNotFoundError as missing:
        if missing.name is not None and f"{extern.module}.".startswith(f"{missing.name}."):
            raise UserCodeError(errors.no_such_module(extern, str(extern.folder))) from missing
        raise


def _executed(name: str, spec: ModuleSpec) -> ModuleType:
    """Make the module, as `import` does, without looking anywhere else.

    A module of that name which others loaded stays theirs.
    """
    module = module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        if spec.loader is not None:
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    finally:
        if before is not None and not any(before is found.module for found in _found.values()):
            sys.modules[name] = before
    return module


def _is_from(module: ModuleType, spec: ModuleSpec) -> bool:
    known = getattr(module, "__spec__", None)
    return known is not None and spec.origin is not None and known.origin == spec.origin


def _file_in(folder: Path, module: ModuleType) -> Path | None:
    file = getattr(module, "__file__", None)
    if not isinstance(file, str):
        return None
    path = Path(file).resolve()
    return path if path.suffix == ".py" and path.is_relative_to(folder) else None


@contextmanager
def _at_the_end(folder: Path) -> Iterator[None]:
    """Let a module import its neighbours, which hide no module of anybody else's."""
    sys.path.append(str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


# --- what user code raises -----------------------------------------------------------------------


# What goes on as it is: a report that is made already, and what the person at the keyboard did.
UNTOUCHED = (UserCodeError, KeyboardInterrupt, GeneratorExit)


@contextmanager
def raised_by_user(extern: Extern, doing: str = "on being imported") -> Iterator[None]:
    """Report whatever is raised inside as the user's own, with its file and line."""
    try:
        yield
    except UNTOUCHED:
        raise
    except BaseException as raised:  # user code raises what it likes, SystemExit too
        place = _place_of(raised, extern)
        raise UserCodeError(
            errors.user_code_raised(extern, raised, _message(raised), doing, place)
        ) from raised


@contextmanager
def blamed(externs: Iterable[Extern]) -> Iterator[None]:
    """Tell what user code raises from what netspec does: by the file the exception came from."""
    try:
        yield
    except UNTOUCHED:
        raise
    except BaseException as raised:  # only what was raised in a file of the user's is kept
        told = explain(raised, externs)
        if told is None:
            raise
        raise UserCodeError(told) from raised


def explain(raised: BaseException, externs: Iterable[Extern]) -> Diagnostic | None:
    """Tell an exception that came from a file of the user's; none if it came from no such file."""
    for extern in externs:
        place = _place_of(raised, extern)
        if place is not None:
            return errors.user_code_raised(extern, raised, _message(raised), "while it ran", place)
    return None


def _message(raised: BaseException) -> str:
    try:
        return str(raised)
    except Exception:  # it is the user's own class, whose `__str__` may fail too
        return ""


def _place_of(raised: BaseException, extern: Extern) -> Span | None:
    """The innermost line of the user's that an exception went through."""
    folder = extern.folder.resolve()
    found = _found.get((folder, extern.module))
    files = {str(path) for path in found.files} if found is not None else set()
    module = extern.module.rpartition(".")[2]
    place: tuple[str, int] | None = None
    if isinstance(raised, SyntaxError) and raised.filename is not None and raised.lineno:
        place = (raised.filename, raised.lineno)
    for frame, line in walk_tb(raised.__traceback__):
        name = frame.f_code.co_filename
        inside = Path(name).is_relative_to(folder) if found is None else name in files
        if inside or frame.f_globals.get("__name__") == module or name in files:
            place = (name, line)
    return None if place is None else line_of(*place)


def line_of(file: str, line: int) -> Span | None:
    """A line of a Python file as a place."""
    path = Path(file)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    source = Source(path.name, text, path)
    lines = text.splitlines(keepends=True)
    if not 1 <= line <= len(lines):
        return None
    start = sum(len(before) for before in lines[: line - 1])
    shown = lines[line - 1]
    return source.span(start + len(shown) - len(shown.lstrip()), start + len(shown.rstrip()))


def defined_at(value: object) -> Span | None:
    """Where a class or function is defined."""
    try:
        file = inspect.getsourcefile(value)  # type: ignore[arg-type]  # raises TypeError for others
        line = inspect.getsourcelines(value)[1]  # type: ignore[arg-type]  # as above
    except (OSError, TypeError):
        return None
    if file is None:
        return None
    found = line_of(file, line)
    decorated = 0
    while found is not None and found.text.startswith("@"):
        decorated += 1
        found = line_of(file, line + decorated)
    return found


# --- what it takes -------------------------------------------------------------------------------


def check_arguments(extern: Extern, value: Callable[..., object]) -> None:
    """Hold declared arguments against those of a class or function: names, and defaults.

    Raises UserCodeError when the call that a declaration allows would not be taken.
    """
    place = defined_at(value)
    try:
        taken: Mapping[str, inspect.Parameter] = inspect.signature(value).parameters
    except (TypeError, ValueError):
        return  # made in C: nobody can say
    taken = _behind_tensors(extern, taken, place)
    names = {
        name
        for name, parameter in taken.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    takes_any = any(p.kind is p.VAR_KEYWORD for p in taken.values())
    for argument in extern.arguments:
        if argument.name not in names and not takes_any:
            raise UserCodeError(errors.argument_not_taken(extern, argument, sorted(names), place))
        parameter = taken.get(argument.name)
        if parameter is not None:
            _check_default(extern, argument, parameter, place)
    declared = {argument.name for argument in extern.arguments}
    for name, parameter in taken.items():
        by_name = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not by_name and name not in declared:
            raise UserCodeError(errors.argument_not_declared(extern, name, place))


def _behind_tensors(
    extern: Extern, taken: Mapping[str, inspect.Parameter], place: Span | None
) -> Mapping[str, inspect.Parameter]:
    """What a function takes behind the tensors, which are given by place."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    leading = [name for name, parameter in taken.items() if parameter.kind in kinds]
    takes_any = any(parameter.kind is parameter.VAR_POSITIONAL for parameter in taken.values())
    if len(leading) < extern.tensors and not takes_any:
        raise UserCodeError(errors.tensors_not_taken(extern, len(leading), place))
    first = leading[: extern.tensors]
    declared = [argument.name for argument in extern.arguments if argument.name in first]
    if declared:
        raise UserCodeError(errors.tensor_place(extern, declared[0], place))
    return {name: parameter for name, parameter in taken.items() if name not in first}


def _check_default(
    extern: Extern, argument: ExternArgument, parameter: inspect.Parameter, place: Span | None
) -> None:
    """A default that is declared is the default; without one there may be any."""
    if argument.required or parameter.default is parameter.empty:
        return
    default = parameter.default
    if isinstance(default, list):
        default = tuple(default)
    if not isinstance(default, bool | int | float | str | tuple | None):
        return  # made by the module: no literal could say it
    same = default == argument.default and isinstance(default, bool) == isinstance(
        argument.default, bool
    )
    if not same:
        raise UserCodeError(errors.default_differs(extern, argument, default, place))
