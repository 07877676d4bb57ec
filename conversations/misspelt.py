"""Names that nothing has: of a turn, a talk or the flow itself, as callbacks and scripts write them."""

import ast
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

from conversations.fields import declared
from conversations.source import Place, tree_of
from conversations.talk import Talk
from conversations.turn import Turn
from conversations.unawaited import unawaited

_GIVEN = {"Turn": Turn, "Talk": Talk}
"""What a parameter with this annotation is."""
Function = Callable[..., Any]


class Misspelt(NamedTuple):
    """A name that is not there: what of, and what is near; or, with another code, what else a callback got wrong."""

    place: Place
    what: str
    remedy: str
    code: str = "misspelt"


def misspelt(
    functions: Iterable[Function], flow: type | None = None, script: Function | None = None
) -> Iterator[Misspelt]:
    """Attributes and arguments that a turn, a talk or the flow has not, and what of a talk is not awaited.

    `flow` is the class the functions are of; `script` is the one that a talk is handed to, whatever its annotation.
    """
    functions = list(functions)
    kept = {name for each in functions for name in _stored(each)}
    for function in functions:
        tree, first = tree_of(function)
        known = _parameters(tree, flow if flow and hasattr(flow, function.__name__) else None)
        file = function.__code__.co_filename
        if function is script:
            known = dict.fromkeys(inspect.signature(function).parameters, Talk)
        for node in ast.walk(tree):
            place = Place(file, first + getattr(node, "lineno", 1) - 1)
            if (found := _wrong(node, known, kept)) is not None:
                yield Misspelt(place, *found)
        for call in unawaited(tree, [name for name, kind in known.items() if kind is Talk]):
            what, place = ast.unparse(call.func), Place(file, first + call.lineno - 1)
            yield Misspelt(place, f"{what} waits for nothing", "write `await` before it", "unawaited")


def forgotten(functions: Iterable[Function], flow: type, fields: Collection[str]) -> Iterator[Misspelt]:
    """What callbacks of a flow set on it that is no field: at run time it would be a fault."""
    for function in functions:
        tree, first = tree_of(function)
        if _parameters(tree, flow if hasattr(flow, function.__name__) else None).get("self") is not flow:
            continue
        for name, value, line in _set(tree):
            if name not in (*fields, "state"):
                shown = declared(name, getattr(flow, name, value))
                place = Place(function.__code__.co_filename, first + line - 1)
                yield Misspelt(
                    place, f"self.{name} would be forgotten", f"declare it, as in `{shown}`", "forgotten"
                )


def _set(tree: ast.AST) -> Iterator[tuple[str, object, int]]:
    """The attributes of `self` that are set: their names, the value if it is written out, and the line."""
    for node in ast.walk(tree):
        value = getattr(node, "value", None)
        written = value.value if isinstance(value, ast.Constant) else None
        for target in (*getattr(node, "targets", ()), getattr(node, "target", None)):
            for each in _targets(target):
                if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self":
                    yield each.attr, written, each.lineno


def _targets(target: ast.AST | None) -> Iterator[ast.expr]:
    """What an assignment binds: itself, or what stands in its brackets; not what it changes (`self.seen[1] = 2`)."""
    if isinstance(target, ast.Tuple | ast.List):
        for each in target.elts:
            yield from _targets(each)
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value)
    elif isinstance(target, ast.expr):
        yield target


def _parameters(tree: ast.AST, flow: type | None) -> dict[str, type]:
    """What the names of a function's parameters stand for."""
    defined = next(
        (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)), None
    )
    given = defined.args.args if defined else []
    found = {each.arg: _GIVEN[each.annotation.id] for each in given
             if isinstance(each.annotation, ast.Name) and each.annotation.id in _GIVEN}  # fmt: skip
    if flow and given and given[0].arg == "self":
        found["self"] = flow
        found |= {each.arg: Turn for each in given[1:2] if each.annotation is None}
    return found


def _stored(function: Function) -> Iterator[str]:
    """The attributes that a function sets; one that is no field is told when it is set."""
    for node in ast.walk(tree_of(function)[0]):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _wrong(node: ast.AST, known: dict[str, type], kept: Collection[str]) -> tuple[str, str] | None:
    """What is wrong with one attribute or call, and the remedy."""
    called = node.func if isinstance(node, ast.Call) else node
    if not (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name)):
        return None
    name, owner = called.value.id, known.get(called.value.id)
    if owner is None:
        return None
    there = {*dir(owner), *(kept if name == "self" else ())}
    if isinstance(node, ast.Attribute):
        if node.attr in there or not isinstance(node.ctx, ast.Load):
            return None
        return f"{name}.{node.attr} is not there", _perhaps(node.attr, there)
    if not isinstance(node, ast.Call) or owner not in _GIVEN.values() or called.attr not in there:
        return None
    takes = inspect.signature(getattr(owner, called.attr)).parameters
    if any(each.kind is each.VAR_KEYWORD for each in takes.values()):
        return None
    wrong = next((each.arg for each in node.keywords if each.arg and each.arg not in takes), None)
    return (f"{name}.{called.attr} takes no {wrong}=", _perhaps(wrong, takes.keys())) if wrong else None


def _perhaps(name: str, there: Collection[str]) -> str:
    own = [each for each in there if not each.startswith("_") and each != "self"]
    near = get_close_matches(name, own, n=1)
    return f"did you mean {near[0]!r}?" if near else "is the name misspelt?"
