"""The typed fields of a flow: declared by annotation, stored as JSON with the conversation, checked both ways."""

import inspect
from collections.abc import Collection
from inspect import get_annotations
from typing import Any, ClassVar, NamedTuple, get_origin, get_type_hints

import msgspec

from conversations.effects import Declared
from conversations.errors import FlowError

_KINDS: dict[type, str] = {bool: "False", int: "0", float: "0.0", str: '""', list: "[]", dict: "{}"}
"""The types whose declaration can be told from a value, and what they begin with."""
_encode = msgspec.json.Encoder().encode
_plain = msgspec.json.Decoder().decode


class Field(NamedTuple):
    """A declared field."""

    name: str
    type: Any
    default: Any


class Fields:
    """All fields of one flow class."""

    __slots__ = ("_decode", "declared", "flow", "names")

    def __init__(self, flow: str, declared: tuple[Field, ...]) -> None:
        self.flow, self.declared = flow, declared
        self.names = frozenset(field.name for field in declared)
        self._decode = msgspec.json.Decoder(msgspec.defstruct(f"{flow}Fields", list(declared))).decode

    def read(self, data: dict[str, Any]) -> dict[str, Any]:
        """Stored data as values, defaults where there is nothing stored; raises msgspec.ValidationError."""
        return msgspec.structs.asdict(self._decode(_encode(data)))

    def salvage(self, data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """What still fits of data stored by another version, and the names that go back to their defaults."""
        known = {name: value for name, value in data.items() if name in self.names}
        lost = [name for name, value in known.items() if not self._fits(name, value)]
        return self.read({name: value for name, value in known.items() if name not in lost}), lost

    def write(self, values: dict[str, Any]) -> dict[str, Any]:
        """Values as plain JSON data; raises FlowError naming the field that cannot be stored."""
        if not self.names.issuperset(values):
            name = min(values.keys() - self.names)
            raise FlowError(
                f"{self.flow}.{name} would be forgotten: declare it, as in `{declared(name, values[name])}`",
                name,
            )
        try:
            raw = _encode(values)
            self._decode(raw)
        except (TypeError, ValueError, OverflowError) as error:
            name = next((each for each in sorted(self.names) if not self._holds(each, values)), "")
            raise FlowError(
                f"a field of {self.flow} does not hold what its annotation says: {error}", name
            ) from error
        return _plain(raw)  # type: ignore[no-any-return]

    def _holds(self, name: str, values: dict[str, Any]) -> bool:
        try:
            self._decode(_encode({name: values[name]} if name in values else {}))
        except (TypeError, ValueError, OverflowError):
            return False
        return True

    def _fits(self, name: str, value: Any) -> bool:
        try:
            self.read({name: value})
        except msgspec.ValidationError:
            return False
        return True


def fields_of(cls: type, base: type) -> Fields:
    """The fields a flow class declares; raises FlowError where one has no default, or one that does not fit."""
    try:
        hints = get_type_hints(cls, include_extras=True)
    except NameError as error:
        raise FlowError(
            f"{cls.__name__}: a field's type cannot be found: {error}; import it at the top"
        ) from error
    named = [
        name for each in reversed(cls.__mro__) if each not in base.__mro__ for name in get_annotations(each)
    ]
    own = [name for name in dict.fromkeys(named) if name not in get_annotations(base)]
    declared = tuple(_field(cls, name, hints[name], dir(base)) for name in own if not _of_class(hints[name]))
    try:
        fields = Fields(cls.__name__, declared)
        fields.write(fields.read({}))
    except (TypeError, ValueError, FlowError) as error:
        raise FlowError(f"{cls.__name__}: its fields cannot be stored: {error}") from error
    return fields


def declared(name: str, value: object) -> str:
    """How a field that holds such a value is declared."""
    kind = type(value) if type(value) in _KINDS else str
    return f"{name}: {kind.__name__} = {_KINDS[kind]}"


def _of_class(hint: Any) -> bool:
    return hint is ClassVar or get_origin(hint) is ClassVar


def _field(cls: type, name: str, hint: Any, taken: Collection[str]) -> Field:
    if name in taken:
        raise FlowError(
            f"{cls.__name__}.{name}: the name has a meaning in every flow; call the field otherwise"
        )
    if not hasattr(cls, name):
        raise FlowError(f"{cls.__name__}.{name}: a field needs a default, since a new run begins with it")
    default = getattr(cls, name)
    if inspect.isroutine(default) or isinstance(default, property | Declared):
        raise FlowError(
            f"{cls.__name__}.{name} is a field and a method: the later has taken the name; call one otherwise",
            place=_line_of(default),
        )
    return Field(name, hint, default)


def _line_of(method: Any) -> tuple[str, int]:
    """Where a method is written."""
    function = method.call if isinstance(method, Declared) else getattr(method, "fget", method)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)
