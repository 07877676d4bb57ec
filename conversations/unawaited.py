"""Operations of a talk that nobody awaits: what they give is no answer, and nothing is asked."""

import ast
from collections.abc import Collection, Iterator

from conversations.operations import WAITS

_HANDED_ON = (
    ast.Await,
    ast.Return,
    ast.Lambda,
    ast.Yield,
    ast.ListComp,
    ast.GeneratorExp,
    ast.DictComp,
    ast.SetComp,
)
"""Within these somebody else may await it; as within a call of something that is not the talk's, or a collection."""
_VALUES = ("bool", "float", "int", "len", "repr", "str")
"""Calls that take a value and await nothing."""
_COLLECTED = (ast.List, ast.Tuple, ast.Dict, ast.Set)


def unawaited(tree: ast.AST, talks: Collection[str]) -> Iterator[ast.Call]:
    """The calls of what waits that are not awaited, of a talk by one of these names."""
    awaited = {
        name.id
        for node in ast.walk(tree)
        if isinstance(node, (*_HANDED_ON, *_COLLECTED, ast.Call))
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and not (isinstance(node, ast.Call) and _of(node, talks))
    }
    yield from _look(tree, talks, awaited)


def _look(node: ast.AST, talks: Collection[str], awaited: Collection[str]) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and _of(child, talks):
            if child.func.attr in WAITS and not _given_a_name(node, awaited):  # type: ignore[attr-defined]
                yield child
        elif isinstance(child, (*_HANDED_ON, *_COLLECTED, ast.Call)) and not _takes_a_value(child):
            continue
        yield from _look(child, talks, awaited)


def _of(call: ast.Call, talks: Collection[str]) -> bool:
    func = call.func
    return isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and func.value.id in talks


def _takes_a_value(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _VALUES


def _given_a_name(node: ast.AST, awaited: Collection[str]) -> bool:
    """Whether it is kept by a name that is awaited, or handed on, somewhere."""
    names = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return any(not isinstance(each, ast.Name) or each.id in awaited for each in names if each)
