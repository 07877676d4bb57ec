"""The version of a flow: a hash of its content, the same in every process, another after any change that counts."""

import contextlib
import hashlib
import inspect
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

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
    functions: Iterable[Callable[..., Any]],
) -> tuple[dict[str, Callable[..., Any]], dict[str, object]]:
    """The functions these call, and the constants they read, that their author wrote in the same folders.

    By name, those of other modules with it: both are a part of what a flow does.
    """
    todo = [inspect.unwrap(each) for each in functions]
    home = todo[0].__module__ if todo else ""
    folders = {each.__code__.co_filename.rpartition("/")[0] for each in todo}
    found: dict[str, Callable[..., Any]] = {}
    constants: dict[str, object] = {}
    while todo:
        function = todo.pop()
        module = "" if function.__module__ == home else f"{function.__module__}."
        name = f"{module}{function.__qualname__}"
        if name in found or function.__code__.co_filename.rpartition("/")[0] not in folders:
            continue
        found[name] = function
        for word, value in _used(function):
            called = inspect.unwrap(getattr(value, "function", value)) if callable(value) else value
            if inspect.isfunction(called):
                todo.append(called)
            elif _constant(value):
                constants[f"{module}{word}"] = value
    return found, dict(sorted(constants.items()))


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
