"""The version of a flow: a hash of its content, the same in every process, another after any change that counts."""

import contextlib
import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable
from enum import Enum
from types import CodeType, ModuleType
from typing import Any

from conversations.source import known_as

_LENGTH = 12


def version_of(parts: Iterable[object], functions: dict[str, Callable[..., Any]]) -> str:
    """The hash of these values and of the functions' code; comments, layout and a docstring's words do not count."""
    lines = [_shown(part) for part in parts]
    for name in sorted(functions):
        function = inspect.unwrap(functions[name])
        defaults = _shown((function.__defaults__, function.__kwdefaults__))
        lines.append(f"{name}:{_shown(function.__code__)}:{defaults}")
    return hashlib.sha256("\n".join(lines).encode("utf-8", "backslashreplace")).hexdigest()[:_LENGTH]


def functions_of(cls: type, base: type) -> dict[str, Callable[..., Any]]:
    """The functions a flow class has beyond its base: methods, static and class methods, getters."""
    found: dict[str, Callable[..., Any]] = {}
    for name in dir(cls):
        member = _function(cls, name)
        if inspect.isfunction(member) and _function(base, name) is not member:
            found[name] = member
    return found


def _function(cls: type, name: str) -> Any:
    """What a class has by a name, without what makes it a static or a class method, or a getter."""
    member = inspect.getattr_static(cls, name, None)
    return getattr(member, "__func__", None) or getattr(member, "fget", None) or member


def reached(
    functions: Iterable[Callable[..., Any]], given: Iterable[object] = (), module: str = ""
) -> tuple[dict[str, Callable[..., Any]], dict[str, object]]:
    """The functions these call, and the constants they read, that their author wrote in the same folders.

    By name, those of other modules with it: both are a part of what a flow does. Of classes the methods that are named
    somewhere in it, and those that Python calls by itself. `given` are values that the flow has beside its functions,
    and `module` is where it stands.
    """
    search = _Search([inspect.unwrap(each) for each in functions], module)
    for number, value in enumerate(given):
        search.take(str(number), value)
    search.go()
    return search.found, dict(sorted(search.constants.items()))


class _Search:
    """Follows names from function to function, within the folders of the first ones."""

    def __init__(self, todo: list[Callable[..., Any]], module: str) -> None:
        self.todo = todo
        self.home = todo[0].__module__ if todo else module
        self.folders = {_folder(each.__code__.co_filename) for each in todo} | {_home(module)} - {""}
        self.found: dict[str, Callable[..., Any]] = {}
        self.constants: dict[str, object] = {}
        self.names: set[str] = set()
        self.classes: dict[str, type] = {}

    def go(self) -> None:
        """Until there is nothing new."""
        while self.todo:
            self._look(self.todo.pop())
            if not self.todo:
                self.todo = [each for cls in self.classes.values() for each in self._called(cls)]

    def take(self, name: str, value: Any) -> None:
        """A value that the flow uses: its code, where it has some, or what it is."""
        part = getattr(value, "function", None) or getattr(value, "take", None)
        called = inspect.unwrap(part if callable(part) else value) if callable(part or value) else value
        cls = value if inspect.isclass(value) else type(value)
        if inspect.isfunction(called):
            self.todo.append(called)
        elif _constant(value):
            self.constants[name] = value
        elif _home(cls.__module__) in self.folders and not hasattr(cls, "plan"):
            self.classes[self._named(cls)] = cls
            self.constants[self._named(cls)] = constants_of(cls, object)

    def _look(self, function: Callable[..., Any]) -> None:
        name = self._named(function)
        if name in self.found or _folder(function.__code__.co_filename) not in self.folders:
            return
        self.found[name] = function
        words = set(_names(function.__code__))
        self.names |= words
        for word, value in _used(function):
            if not isinstance(value, ModuleType):
                self.take(f"{name.removesuffix(function.__qualname__)}{word}", value)
            elif _home(value.__name__) in self.folders:
                for inner in sorted(words & vars(value).keys()):
                    self.take(f"{value.__name__}.{inner}", vars(value)[inner])

    def _called(self, cls: type) -> Iterable[Callable[..., Any]]:
        for name, each in functions_of(cls, object).items():
            own = _folder(each.__code__.co_filename) in self.folders and self._named(each) not in self.found
            if own and (name in self.names or name.startswith("__")):
                yield each

    def _named(self, thing: Any) -> str:
        """By its module where that is another; what stands after `@` in one is not of its content."""
        where = "" if thing.__module__ == self.home else f"{known_as(thing.__module__)}."
        return f"{where}{thing.__qualname__}"


def _home(module: str) -> str:
    """The folder of a module."""
    return _folder(str(getattr(sys.modules.get(module), "__file__", None) or ""))


def _folder(file: str) -> str:
    return file.rpartition("/")[0]


def constants_of(cls: type, base: type) -> dict[str, object]:
    """What a class holds of its own that is no function: tables, texts, the members of an enumeration."""
    named = {name: inspect.getattr_static(cls, name) for name in dir(cls) if not hasattr(base, name)}
    if issubclass(cls, Enum):
        named |= {name: each.value for name, each in cls.__members__.items()}
    return {name: each for name, each in named.items() if not name.startswith("__") and _constant(each)}


def _used(function: Callable[..., Any]) -> Iterable[tuple[str, object]]:
    """The values of the names that a function's code, and the code inside it, takes from outside."""
    code: CodeType = function.__code__
    closed = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    for name, cell in closed.items():
        with contextlib.suppress(ValueError):  # not filled yet
            yield name, cell.cell_contents
    for name in dict.fromkeys(_names(code)):
        if name in function.__globals__:
            yield name, function.__globals__[name]


def _names(code: CodeType) -> Iterable[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _constant(value: object) -> bool:
    match value:
        case None | bool() | int() | float() | complex() | str() | bytes():
            return True
        case tuple() | list() | set() | frozenset():
            return all(map(_constant, value))
        case dict():
            return all(map(_constant, value)) and all(map(_constant, value.values()))
    return hasattr(value, "__struct_fields__")


def _shown(value: object) -> str:
    """A value as text that is the same in every process: sets sorted, code by what it does, others by type."""
    match value:
        case CodeType():
            return _code(value)
        case frozenset() | set():
            return f"{{{', '.join(sorted(map(_shown, value)))}}}"
        case tuple() | list():
            return f"({', '.join(map(_shown, value))})"
        case dict():
            return f"{{{', '.join(f'{_shown(key)}: {_shown(each)}' for key, each in value.items())}}}"
        case None | bool() | int() | float() | complex() | str() | bytes():
            return repr(value)
    if hasattr(value, "__struct_fields__"):
        fields = value.__struct_fields__
        return f"{type(value).__name__}{_shown([getattr(value, name) for name in fields])}"
    return value.__qualname__ if inspect.isclass(value) else type(value).__qualname__


def _code(code: CodeType) -> str:
    constants = code.co_consts[1:] if _has_docstring(code) else code.co_consts
    names = (code.co_names, code.co_varnames[: code.co_argcount], code.co_freevars)
    return f"<{code.co_code.hex()} {_shown(constants)} {names!r} {code.co_exceptiontable.hex()}>"


def _has_docstring(code: CodeType) -> bool:
    """Functions keep their docstring, or None, as the first constant; comprehensions and lambdas need not."""
    return (
        bool(code.co_consts)
        and isinstance(code.co_consts[0], str | None)
        and not code.co_name.startswith("<")
    )
