"""Bots from their folder, without ever hiding one of our modules: by name, or as just the file that is named.

A file is a module of its own name where that leads to it; where something else has the name already, it gets one of
its own beside it (`booking@1f6c09a2`), which no version and no stored state shows.
"""

import ast
import hashlib
import importlib
import importlib.util
import linecache
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NoReturn, TypeGuard

from conversations.errors import FlowError, gathering
from conversations.flow import Flow
from conversations.framework import FrameworkBot
from conversations.script import Script
from conversations.source import imports

Source = type[Flow] | Script | FrameworkBot
"""What an author writes and a setting names."""
OURS = ("gateway", "connectors", "conversations", "admin", "state", "parley")
"""Our own modules, which no module of a bot may hide."""
_HERE = Path(__file__).resolve().parent.parent


class Hidden(FlowError):
    """A module of the bot project that hides one of ours, or is hidden by another of its name."""


def add_folder(folder: str) -> None:
    """Put a bot project's folder last on the import path; raises Hidden where a module of it would hide one of ours."""
    path = Path(folder).resolve()
    if not path.is_dir():
        raise FlowError(f"bot_path: there is no folder {folder!r}")
    for name in OURS:
        taken = [each for each in (path / name, path / f"{name}.py") if each.exists()]
        if taken and path != _HERE:
            raise Hidden(f"{taken[0]} hides Parley's own module {name!r}: rename it")
    if str(path) not in sys.path:
        sys.path.append(str(path))


def load(name: str, folder: str = "") -> Source:
    """The flow of `module:Class` or `folder/file.py:Class`; the class may be left out where there is but one.

    A module that is in the bots' `folder` is that one, whatever else has its name. Raises FlowError saying what is
    missing and what there is, or what went wrong in the module and where.
    """
    where, _, wanted = name.rpartition(":") if ":" in name else (name, "", "")
    module = module_of(where, name, folder=folder)
    flows = dict(flows_of(module))
    if not wanted:
        own = {key: each for key, each in flows.items() if _home(each) == module.__name__}
        if len(own) == 1:
            return next(iter(own.values()))
    if wanted in flows:
        return flows[wanted]
    hidden = next((file for each in sys.path[::-1] if (file := Path(each, f"{where}.py")).is_file()), None)
    if hidden and not _same(hidden, module.__file__):
        _hides(f"bots: {name!r}", module.__file__ or "Python itself", hidden)
    there = ", ".join(flows) or "none"
    raise FlowError(
        f"bots: {name!r}: which flow? {module.__name__} ({module.__file__}) has: {there}",
        place=(module.__file__ or "", 1),
    )


def forget(name: str, flow: Source) -> Source:
    """Load a flow anew after its files have changed, with the modules of its project; raises FlowError."""
    home = getattr(sys.modules.get(_home(flow)), "__file__", None)
    folder = Path(home).resolve().parent if home else None
    for each, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        ours = each.partition(".")[0] in OURS
        if file and folder and not ours and folder in Path(file).resolve().parents:
            del sys.modules[each]
            linecache.checkcache(file)
    importlib.invalidate_caches()
    return load(name)


def flows_of(module: ModuleType) -> Iterator[tuple[str, Source]]:
    """The flows that a module has, its own and those it imports, by their names there."""
    for name, value in vars(module).items():
        if _is_flow(value):
            yield name, value


def _is_flow(value: object) -> TypeGuard[Source]:
    return isinstance(value, Script | FrameworkBot) or (
        isinstance(value, type) and issubclass(value, Flow) and "plan" in vars(value)
    )


def _home(flow: Source) -> str:
    return flow.__module__ if isinstance(flow, type) else flow.module


def load_all(name: str, folder: str = "") -> list[Source]:
    """The flow that is named, or all that a module has of its own where none is; raises FlowError."""
    if ":" in name:
        return [load(name, folder)]
    module = module_of(name, name, folder=folder)
    own = [each for _, each in flows_of(module) if _home(each) == module.__name__]
    return own or [load(name, folder)]


def load_whole(name: str, folder: str = "") -> tuple[list[Source], list[FlowError]]:
    """The same, and all that is wrong with what cannot be loaded, for the check."""
    with gathering() as found:
        try:
            bots = load_all(name, folder)
        except FlowError as error:
            bots = []
            if error.place[0] or not found:
                found.append(error)
    return bots, [_told(each, str(each), each.place) for each in found]


def beside(flow: Source) -> list[Source]:
    """A flow, and after it those that its module knows: it may begin them."""
    module = sys.modules.get(_home(flow))
    named = {_name(each): each for _, each in flows_of(module)} if module else {}
    return [flow, *(each for name, each in named.items() if name != _name(flow))]


def _name(flow: Source) -> str:
    return flow.__name__ if isinstance(flow, type) else flow.name


def module_of(where: str, name: str, setting: str = "bots", folder: str = "") -> ModuleType:
    """Import what a setting names: a module, or a file. Raises FlowError, which says where it failed."""
    path = Path(where)
    if path.suffix == ".py":
        if not path.is_file():
            raise FlowError(f"{setting}: {name!r}: there is no file {where!r}")
        add_folder(str(path.parent))
    elif where.startswith(".") or len(path.parts) > 1:
        what = "is a folder" if path.is_dir() else "is no name of a module"
        example = path / "bot.py" if path.is_dir() else f"{where}.py"
        raise FlowError(f"{setting}: {name!r}: {where!r} {what}: name a file, as in {example}:Class")
    elif folder and Path(folder, f"{where}.py").is_file():
        path = Path(folder, f"{where}.py")
    importlib.invalidate_caches()
    what = f"{setting}: {name!r}"
    if path.suffix != ".py":
        if folder:
            _see_package(Path(folder), where, what)
        return _imported(where, what, lambda: importlib.import_module(where))
    file = path.parent.resolve() / path.name
    _see_neighbours(file, what)
    return _imported(file.stem, what, lambda: _of_file(file))


def _imported(where: str, what: str, how: Callable[[], ModuleType]) -> ModuleType:
    """A module, imported; raises FlowError saying where it failed."""
    try:
        return how()
    except FlowError as error:
        raise _told(error, str(error), error.place) from error
    except ModuleNotFoundError as error:
        hint = "; is bot_path set to the folder of the bot?" if where.startswith(error.name or "?") else ""
        raise _told(error, f"{what}: {error}{hint}") from error
    except Exception as error:
        raise _told(error, f"{what}: {type(error).__name__}: {error}") from error


def _of_file(file: Path) -> ModuleType:
    """The module of a file: by its name where that leads to it, else by a name of its own."""
    name = f"{file.stem}@{hashlib.sha256(bytes(file)).hexdigest()[:8]}"
    if name in sys.modules:
        return sys.modules[name]
    if _same(file, _found(file.stem)):
        return importlib.import_module(file.stem)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _found(name: str) -> str | None:
    """The file that an import of this name leads to, or what else; none where it leads nowhere."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return (spec.origin or "a folder without __init__.py") if spec else None


def _same(file: Path, other: str | None) -> bool:
    return bool(other) and Path(str(other)).is_file() and file.samefile(str(other))


def _see_neighbours(file: Path, what: str) -> None:
    """Raise Hidden where a file would import another than the one beside it; Python's own modules are always meant."""
    todo, seen = [file], set[Path]()
    while todo:
        each = todo.pop()
        seen.add(each)
        for name in sorted(_tops(each) - sys.stdlib_module_names):
            beside = next((one for one in _files_of(file.parent, name) if one.is_file()), None)
            if beside and not _same(beside, found := _found(name)):
                _hides(what, found or "something else", beside, f"which {each} imports")
            todo += [beside] if beside and beside not in seen else []


def _see_package(folder: Path, where: str, what: str) -> None:
    """Raise Hidden where the bots' folder has a package, but what is imported is another of its name."""
    top = where.partition(".")[0]
    beside = next((each for each in _files_of(folder.resolve(), top) if each.is_file()), None)
    if beside and not _same(beside, found := _found(top)):
        _hides(what, found or "something else", beside)


def _files_of(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / name / "__init__.py", folder / f"{name}.py"


def _tops(file: Path) -> set[str]:
    """The first names of what a file imports; none where it cannot be read, which its import will tell."""
    try:
        return {each.partition(".")[0] for each in imports(ast.parse(file.read_bytes()), file.stem)}
    except (OSError, SyntaxError, ValueError, ImportError):
        return set()


def _hides(what: str, hider: str, hidden: Path, more: str = "") -> NoReturn:
    raise Hidden(
        f"{what}: {hider} hides {hidden}{f', {more}' if more else ''}: rename one of them"
        f"{'' if more else ', or name the bot by its file'}",
        place=(str(hidden), 1),
    )


def _told(error: Exception, what: str, place: tuple[str, int] = ("", 0)) -> FlowError:
    """The error with its place in somebody's own file, where it does not tell one itself."""
    if isinstance(error, SyntaxError):
        return FlowError(what, place=(error.filename or "", error.lineno or 0))
    if place[1] and what.endswith(f"({Path(place[0]).name}, line {place[1]})"):
        return FlowError(what, place=place)
    file, line = place if place[0] else _place(error)
    told = re.search(rf"\((?:[^()]*/)?{re.escape(Path(file).name)}:(\d+)\)", what) if file else None
    if told or not file:
        return FlowError(what, place=(file, int(told[1]) if told else 0))
    return FlowError(f"{what} ({file}:{line})", place=(file, line))


def _place(error: Exception) -> tuple[str, int]:
    """Where in somebody's own file a module failed."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename[:1] != "<"]
    own = [each for each in frames if "importlib" not in each.filename and not _ours(Path(each.filename))]
    return (own[-1].filename, own[-1].lineno or 0) if own else ("", 0)


def _ours(file: Path) -> bool:
    return any(file.is_relative_to(_HERE / each) for each in OURS)
