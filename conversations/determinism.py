"""The lint of scripts: the time, chance and the outside world may come from the talk alone, or a replay differs."""

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable
from types import FunctionType, ModuleType
from typing import Any

from conversations.errors import FlowError, perhaps

_CHANCE = "use talk.random"
_TIME = "use talk.now"
_OUTSIDE = "put it into an @effect and write `await talk.do(…)`"
_WAIT = "use `await talk.sleep(…)`, or an @effect"
_MODULES = {
    "time": _TIME, "random": _CHANCE, "secrets": _CHANCE, "uuid": _CHANCE, "asyncio": _WAIT, "threading": _OUTSIDE,
    "socket": _OUTSIDE, "requests": _OUTSIDE, "httpx": _OUTSIDE, "aiohttp": _OUTSIDE, "urllib.request": _OUTSIDE,
    "http.client": _OUTSIDE, "subprocess": _OUTSIDE, "sqlite3": _OUTSIDE, "smtplib": _OUTSIDE, "redis": _OUTSIDE,
    "numpy.random": _CHANCE, "concurrent.futures": _OUTSIDE,
}  # fmt: skip
_CALLS = {
    "datetime.datetime.now": _TIME, "datetime.datetime.today": _TIME, "datetime.datetime.utcnow": _TIME,
    "datetime.date.today": _TIME, "os.urandom": _CHANCE, "os.getenv": "read it outside the script", "open": _OUTSIDE,
    "os.listdir": _OUTSIDE, "os.scandir": _OUTSIDE, "os.stat": _OUTSIDE, "os.path.exists": _OUTSIDE,
    "os.system": _OUTSIDE, "input": "use `await talk.ask(…)`", "os.getpid": _CHANCE, "id": _CHANCE, "hash": _CHANCE,
}  # fmt: skip
_VALUES = {"os.environ": "read it outside the script"}
_FILES = ("read_text", "read_bytes", "write_text", "write_bytes")


def check(script: str, functions: Iterable[Callable[..., Any]]) -> None:
    """Raise FlowError naming the first line of a script, or of what it calls, that a replay could not repeat.

    Where errors are gathered, there is one for each such line.
    """
    for function in functions:
        for line, what, remedy in found(function):
            file = function.__code__.co_filename.rpartition("/")[2]
            with perhaps():
                raise FlowError(
                    f"{script} ({file}:{line}): {what} differs when the script is played again: {remedy}"
                )


def found(function: Callable[..., Any]) -> Iterable[tuple[int, str, str]]:
    """Each line of a function that is not repeatable: its number, what is called, and what to write instead."""
    try:
        lines, first = inspect.getsourcelines(function)
        tree = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, SyntaxError, TypeError):  # typed at a prompt: there is no source
        return
    known = dict(inspect.getclosurevars(function).nonlocals) if isinstance(function, FunctionType) else {}
    scope = {**vars(builtins), **function.__globals__, **known}
    local: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            local |= {each.asname or each.name.partition(".")[0]: each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            local |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    for node in sorted(_expressions(tree), key=lambda each: each.lineno):
        if isinstance(node, ast.Call):
            name, what = _name(node.func, scope, local), f"{ast.unparse(node.func)}()"
            remedy = _OUTSIDE if getattr(node.func, "attr", "") in _FILES else _remedy(name)
        else:
            what, remedy = ast.unparse(node), _VALUES.get(_name(node, scope, local), "")
        if remedy:
            yield first + node.lineno - 1, what, remedy


def _expressions(tree: ast.AST) -> Iterable[ast.expr]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call | ast.Attribute))


def _remedy(name: str) -> str:
    if name in _CALLS:
        return _CALLS[name]
    where = name
    while "." in where:
        where = where.rpartition(".")[0]
        if where in _MODULES:
            return _MODULES[where]
    return ""


def _name(node: ast.expr, scope: dict[str, Any], local: dict[str, str]) -> str:
    """The full name of what is called, as `datetime.datetime.now`; "" where it cannot be told."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    if node.id in local:
        return ".".join([local[node.id], *path])
    value = scope.get(node.id)
    if value is not None and value is vars(builtins).get(node.id):
        return ".".join([node.id, *path])
    if isinstance(value, ModuleType):
        return ".".join([value.__name__, *path])
    owner = getattr(value, "__self__", None)
    if isinstance(owner, ModuleType):
        home = owner.__name__
    elif owner is not None and not isinstance(owner, type):
        home = type(owner).__module__
    else:
        home = getattr(value, "__module__", "") or ""
    named = getattr(value, "__qualname__", node.id)
    home = "" if home == "builtins" else f"{home}."
    return f"{home}{'.'.join([named, *path])}" if value is not None else ""
