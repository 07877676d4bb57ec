"""The state of a Bot Framework bot as plain data and back: objects by the name of their class, if it is the bot's own.

No class is made that is not the library's or of the bot's own project, and none is called for it.
"""

import dataclasses
import importlib
import sys
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from conversations.errors import FlowError

_TYPE = "$type"
_LIBRARIES = ("botbuilder", "botframework", "recognizers_text", "recognizers_date_time", "recognizers_number")
_DEEPEST = 60


def plain_of(value: Any, depth: int = _DEEPEST) -> Any:
    """A value as JSON holds it; raises FlowError naming the type that cannot be kept."""
    if depth == 0:
        raise FlowError("a bot's state refers to itself, or is too deep to be kept")
    match value:
        case None | bool() | int() | float() | str() if not isinstance(value, Enum):
            return value
        case Enum() | datetime() | date():
            plain = value.value if isinstance(value, Enum) else value.isoformat()
            return {_TYPE: _name(type(value)), "value": plain}
        case Mapping() if type(value) is dict:
            return {str(key): plain_of(each, depth - 1) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain_of(each, depth - 1) for each in value]
    if isinstance(value, type) or callable(value) or not hasattr(value, "__dict__"):
        raise FlowError(f"a bot's state holds a {type(value).__qualname__}, which cannot be kept")
    fields = {key: plain_of(each, depth - 1) for key, each in vars(value).items()}
    return {_TYPE: _name(type(value)), **fields}


def value_of(plain: Any, home: str) -> Any:
    """A value from JSON; `home` is the bot's module. Raises FlowError where a class is gone, or none of the bot's."""
    if isinstance(plain, list):
        return [value_of(each, home) for each in plain]
    if not isinstance(plain, dict):
        return plain
    fields = {key: value_of(each, home) for key, each in plain.items() if key != _TYPE}
    if _TYPE not in plain:
        return fields
    cls = _class(str(plain[_TYPE]), home)
    if issubclass(cls, Enum):
        return cls(fields["value"])
    if issubclass(cls, date):
        return cls.fromisoformat(fields["value"])
    made = cls.__new__(cls)
    if dataclasses.is_dataclass(cls):
        for name, each in fields.items():
            object.__setattr__(made, name, each)
    else:
        made.__dict__.update(fields)
    return made


def _name(cls: type) -> str:
    return f"{cls.__module__.partition('@')[0]}:{cls.__qualname__}"


def _class(name: str, home: str) -> type:
    where, _, path = name.partition(":")
    version = home.partition("@")[2]
    module = sys.modules.get(f"{where}@{version}") if version else None
    if where == "datetime" and path in ("date", "datetime"):
        return date if path == "date" else datetime
    if module is None and (where.partition(".")[0] in _LIBRARIES or _near(where, home)):
        module = importlib.import_module(where)
    found: Any = module
    for part in path.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type):
        raise FlowError(f"a bot's state holds a {name}, which is no class of the bot's own, or is gone")
    return found


def _near(where: str, home: str) -> bool:
    """Whether a module is of the same project as the bot's, by its package or folder."""
    if where.partition(".")[0] == home.partition(".")[0]:
        return True
    files = [getattr(sys.modules.get(each), "__file__", None) for each in (where, home)]
    return all(files) and len({Path(str(each)).parent for each in files}) == 1
