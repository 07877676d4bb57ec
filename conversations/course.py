"""The course of a script: what it waits for, in the order of its source, and what may follow what."""

import ast
from collections.abc import Callable, Iterable
from typing import Any

from conversations.operations import WAITS, label
from conversations.source import called, tree_of
from conversations.table import END

_Ends = frozenset[str]
"""The states a script may come from at a place; "" stands for its beginning."""
_NONE: _Ends = frozenset()
_APART = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Course:
    """The states of a script, and the pairs of those that may follow one another; the end is END."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._known = function.__globals__
        self._states: dict[str, None] = {}
        self._pairs: dict[tuple[str, str], None] = {}
        self._breaks = self._again = _NONE
        tree, _ = tree_of(function)
        body = next((node.body for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)), [])
        self._go(self._block(body, frozenset({""})), END)

    @property
    def states(self) -> tuple[str, ...]:
        """What it waits for."""
        return tuple(self._states)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """From which to which."""
        return tuple(pair for pair in self._pairs if pair[0])

    def _go(self, before: _Ends, to: str) -> None:
        self._pairs.update(dict.fromkeys((each, to) for each in sorted(before)))

    def _block(self, body: Iterable[ast.stmt], before: _Ends) -> _Ends:
        for node in body:
            before = self._statement(node, before)
        return before

    def _statement(self, node: ast.stmt, before: _Ends) -> _Ends:
        match node:
            case ast.If():
                before = self._waits(node.test, before)
                return self._block(node.body, before) | self._block(node.orelse, before)
            case ast.While() | ast.For():
                return self._loop(node, before)
            case ast.Try():
                return self._try(node, before)
            case ast.Match():
                before = self._waits(node.subject, before)
                return before.union(*(self._block(case.body, before) for case in node.cases))
            case ast.With() | ast.AsyncWith():
                return self._block(node.body, before)
            case ast.Return() | ast.Raise():
                self._go(self._waits(node, before), END)
                return _NONE
            case ast.Break():
                self._breaks |= before
                return _NONE
            case ast.Continue():
                self._again |= before
                return _NONE
        return self._waits(node, before)

    def _loop(self, node: ast.While | ast.For, before: _Ends) -> _Ends:
        """A loop's body twice: what follows its last step, and what leads back to its first."""
        outer, self._breaks, self._again = (self._breaks, self._again), _NONE, _NONE
        head = node.test if isinstance(node, ast.While) else node.iter
        for _ in range(2):
            before = self._waits(head, before)
            before |= self._block(node.body, before) | self._again
        forever = isinstance(head, ast.Constant) and bool(head.value)
        after = self._breaks | (_NONE if forever else self._block(node.orelse, before))
        self._breaks, self._again = outer
        return after

    def _try(self, node: ast.Try, before: _Ends) -> _Ends:
        """Whatever is waited for in it may raise what is caught."""
        own = Course.__new__(Course)
        own._known, own._states, own._pairs, own._breaks, own._again = self._known, {}, {}, _NONE, _NONE
        own._block(node.body, before)
        after = self._block(node.orelse, self._block(node.body, before))
        for each in node.handlers:
            after |= self._block(each.body, frozenset(own._states) or before)
        return self._block(node.finalbody, after)

    def _waits(self, node: ast.AST, before: _Ends) -> _Ends:
        """What is waited for within an expression, in the order in which it is called."""
        found = [each for each in _inner(node) if isinstance(each, ast.Call) and _method(each) in WAITS]
        for call in sorted(found, key=lambda each: (each.end_lineno or 0, each.end_col_offset or 0)):
            state = label(_name(call) or called(call, self._known) or _method(call))
            self._states.setdefault(state)
            self._go(before, state)
            before = frozenset({state})
        return before


def _inner(node: ast.AST) -> Iterable[ast.AST]:
    """A node and all within it, but what is a function of its own."""
    yield node
    for each in ast.iter_child_nodes(node):
        if not isinstance(each, _APART):
            yield from _inner(each)


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _name(call: ast.Call) -> str:
    """The name that a question is given."""
    given = next((each.value for each in call.keywords if each.arg == "name"), None)
    return str(given.value) if isinstance(given, ast.Constant) else ""
