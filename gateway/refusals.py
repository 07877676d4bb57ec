"""What is wrong with a value that JSON brought, in words: what it must be, and what is allowed."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec.inspect as kinds

_NOUNS = {
    "str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "null": "null",
    "array": "a list", "object": "an object", "datetime": "a time as RFC 3339 writes it",
}  # fmt: skip
_EXPECTED = re.compile(r"Expected `([^`]+)`(?: of length >= (\d+))?(?:, got `([^`]+)`)?$")
_VALUE = re.compile(r"Invalid (?:enum )?value (.+)$", re.DOTALL)
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`$", re.DOTALL)


def said(why: str, kind: Any, path: str) -> str:
    """What msgspec says of a value at a path (`content.kind`) of a type, in words of ours where there are some."""
    if found := _EXPECTED.match(why):
        wanted = " or ".join(_NOUNS.get(each, each) for each in found[1].split(" | "))
        least = f" of at least {found[2]} characters" if found[2] not in (None, "1") else ""
        got = f", not {_NOUNS.get(found[3], found[3])}" if found[3] else ""
        return f"it must be {wanted}{least}{got}" if found[2] != "1" else "it must not be empty"
    if found := _VALUE.match(why):
        values = ", ".join(dict.fromkeys(str(each) for each in _allowed(kinds.type_info(kind), _steps(path))))
        return f"{found[1]} is not allowed here" + (f"; allowed is: {values}" if values else "")
    if found := _FIELD.match(why):
        return "it is missing" if found[1] == "missing required" else "there is no such field here"
    return why


def _steps(path: str) -> list[str]:
    return re.findall(r"\[[^\]]*\]|[^.\[\]]+", path)


def _allowed(kind: kinds.Type, steps: list[str]) -> Iterator[object]:
    """The values that a type allows at the end of a path, where they are few."""
    match kind:
        case kinds.UnionType():
            for each in kind.types:
                yield from _allowed(each, steps)
        case kinds.StructType() if steps:
            yield from _in_fields(kind, steps)
        case kinds.ListType() | kinds.VarTupleType() if steps:
            yield from _allowed(kind.item_type, steps[1:])
        case kinds.DictType() if steps:
            yield from _allowed(kind.value_type, steps[1:])
        case kinds.LiteralType() if not steps:
            yield from kind.values


def _in_fields(kind: kinds.StructType, steps: list[str]) -> Iterator[object]:
    if steps == [kind.tag_field]:
        yield kind.tag
    for field in kind.fields:
        if field.encode_name == steps[0]:
            yield from _allowed(field.type, steps[1:])
