"""Names that nothing has: of a turn, a talk or the flow itself, as callbacks and scripts write them."""

import ast
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import Any, NamedTuple

from conversations.source import Place, tree_of
from conversations.talk import Talk
from conversations.turn import Turn

_GIVEN = {"Turn": Turn, "Talk": Talk}
"""What a parameter with this annotation is."""
Function = Callable[..., Any]


class Misspelt(NamedTuple):
    """A name that is not there: what of, and what is near."""

    place: Place
    what: str
    remedy: str


def misspelt(functions: Iterable[Function], flow: type | None = None) -> Iterator[Misspelt]:
    """Attributes and arguments that a turn, a talk or the flow has not; `flow` is the class the functions are of."""
    functions = list(functions)
    kept = {name for each in functions for name in _stored(each)}
    for function in functions:
        tree, first = tree_of(function)
        known = _parameters(tree, flow if flow and hasattr(flow, function.__name__) else None)
        for node in ast.walk(tree):
            place = Place(function.__code__.co_filename, first + getattr(node, "lineno", 1) - 1)
            if (found := _wrong(node, known, kept)) is not None:
                yield Misspelt(place, *found)


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
