"""The table of types and the shapes of their data, as `docs/hooks.md` holds them."""

from collections.abc import Iterator
from datetime import datetime
from inspect import getdoc
from types import NoneType
from typing import Any, get_args, get_type_hints

from state.model.occurrence import TYPES, Data
from state.model.suspension import Scope

_WORDS = {str: "text", datetime: "time", NoneType: "null", Scope: "object", tuple[str, ...]: "list of texts"}


def table() -> str:
    """The types as Markdown."""
    rows = (
        f"| `{name}` | {kind.meaning} | [{_title(kind.data)}](#{_title(kind.data)}) | {kind.version} |"
        for name, kind in TYPES.items()
    )
    return "\n".join(("| type | comes when | data | version |\n|---|---|---|---|", *rows))


def shapes() -> str:
    """The shapes of data as Markdown, each under its title."""
    kinds = dict.fromkeys(kind.data for kind in TYPES.values())
    return "\n\n".join("\n\n".join(_shape(each)) for each in kinds)


def _title(data: type[Data]) -> str:
    return data.__name__.removesuffix("Data").lower()


def _shape(data: type[Data]) -> Iterator[str]:
    yield f"### {_title(data)}"
    yield getdoc(data) or ""
    fields = get_type_hints(data).items()
    yield "\n".join(
        ("| field | is |\n|---|---|", *(f"| `{name}` | {_words(kind)} |" for name, kind in fields))
    )


def _words(kind: Any) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    return " or ".join(_WORDS[each] for each in get_args(kind))
