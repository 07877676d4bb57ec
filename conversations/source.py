"""What a bot's source says without being run: texts, effects, timers and triggers, by file and line."""

import ast
import importlib.util
import inspect
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from state.model.base import Value


class Place(Value, frozen=True):
    """A line of a file."""

    file: str = ""
    line: int = 0

    def __str__(self) -> str:
        """As editors jump to it; the file alone where no line is known."""
        return f"{self.file}:{self.line}" if self.line else self.file


_BY_NAME = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Use(NamedTuple):
    """A call of a method by name: its place, its first word if that is written out, and the keys of a mapping given.

    `named` are the arguments given by name, with a "" where more are handed on.
    """

    method: str
    place: Place
    word: str | None = None
    keys: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def wrong(self, signature: inspect.Signature) -> str:
        """What is wrong with the arguments by name, for a function that gets its first from us; "" for nothing."""
        takes = list(signature.parameters.values())[1:]
        kinds = {each.kind for each in takes}
        if inspect.Parameter.VAR_KEYWORD not in kinds:
            for name in self.named:
                if name and name not in [each.name for each in takes]:
                    return f"takes no {name}="
        missing = [
            each.name for each in takes
            if each.default is each.empty and each.kind in _BY_NAME and each.name not in self.named
        ]  # fmt: skip
        return f"needs {missing[0]}=" if missing and "" not in self.named else ""


def uses(functions: Iterable[Callable[..., Any]]) -> list[Use]:
    """Every call of a method in some functions."""
    return [use for function in functions for use in _uses(function)]


def _uses(function: Callable[..., Any]) -> Iterator[Use]:
    tree, first = tree_of(function)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            place = Place(function.__code__.co_filename, first + node.lineno - 1)
            yield Use(node.func.attr, place, called(node, function.__globals__), _keys(node), _named(node))


def mentions(functions: Iterable[Callable[..., Any]], word: str) -> list[str]:
    """Where functions go on with this word or set an attribute of this name, else where they have it: `file:line`.

    Three at most.
    """
    sets, has = set[tuple[str, int]](), set[tuple[str, int]]()
    for function in functions:
        tree, first = tree_of(function)
        for node in ast.walk(tree):
            place = (function.__code__.co_filename.rpartition("/")[2], first + getattr(node, "lineno", 1) - 1)
            if isinstance(node, ast.Attribute) and node.attr == word:
                (has if isinstance(node.ctx, ast.Load) else sets).add(place)
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("then", "begin"):
                sets |= {place} if word in (_word(node), _flow(node, function.__globals__)) else set()
    return [f"{file}:{line}" for file, line in sorted(sets or has)[:3]]


def tree_of(thing: Any) -> tuple[ast.AST, int]:
    """The parsed source of a function or a class, and its first line; an empty one where there is no source."""
    try:
        lines, first = inspect.getsourcelines(thing)
        return ast.parse(textwrap.dedent("".join(lines))), max(first, 1)
    except (OSError, SyntaxError, TypeError):
        return ast.Module([], []), 1


def called(call: ast.Call, known: Mapping[str, Any]) -> str | None:
    """The first word that a call is given, or the name of the flow."""
    return _word(call) or _flow(call, known)


def _word(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    if isinstance(first, ast.Call) and isinstance(first.func, ast.Attribute) and first.func.attr == "t":
        return _word(first)
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    return None


def _flow(call: ast.Call, known: Mapping[str, Any]) -> str | None:
    """The name of the flow that is begun, where the flow itself is given."""
    first = call.args[0] if call.args else None
    if not (
        isinstance(call.func, ast.Attribute) and call.func.attr == "begin" and isinstance(first, ast.Name)
    ):
        return None
    flow = known.get(first.id)
    return getattr(flow, "name", None) or getattr(flow, "__name__", None)


def _keys(call: ast.Call) -> tuple[str, ...]:
    given = [*call.args, *(each.value for each in call.keywords)]
    keys = [key for each in given if isinstance(each, ast.Dict) for key in each.keys]
    return tuple(str(key.value) for key in keys if isinstance(key, ast.Constant))


def _named(call: ast.Call) -> tuple[str, ...]:
    return tuple(each.arg or "" for each in call.keywords)


def lines_of(cls: type) -> dict[str, Place]:
    """Where the words of a class stand: each string that is written in its body, the first time."""
    tree, first = tree_of(cls)
    file = inspect.getsourcefile(cls) or ""
    found: dict[str, Place] = {"": Place(file, first)}
    words = [
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    for node in sorted(words, key=lambda each: each.lineno):
        found.setdefault(str(node.value), Place(file, first + node.lineno - 1))
    return found


def row_lines(cls: type) -> list[tuple[str, str, Place]]:
    """The rows that are written in a class: trigger, source as written, and place."""
    tree, first = tree_of(cls)
    file = inspect.getsourcefile(cls) or ""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "On":
            words = [each.value for each in node.args if isinstance(each, ast.Constant)]
            named = [ast.unparse(each) for each in node.args[1:2]]
            trigger = str(words[0]) if words else ""
            found.append((trigger, named[0] if named else "", Place(file, first + node.lineno - 1)))
    return found


def known_as(module: str) -> str:
    """A module's name as it is stored: without what was put after `@`, where something else has the name here."""
    return module.partition("@")[0]


def imports(tree: ast.AST, name: str, *, package: bool = False) -> Iterator[str]:
    """The modules, and the names of modules as they may be, that the source of a module of this name imports."""
    home = name if package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, home or "_")
            yield base
            yield from (f"{base}.{each.name}" for each in node.names)
