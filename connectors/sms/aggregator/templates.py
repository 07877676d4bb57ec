"""The request that sends: a JSON object whose texts hold words in braces, put in as values and never as syntax."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

WORDS = ("to", "from", "text", "hex", "coding", "parts", "id", "callback", "token", "user", "secret")
"""What may stand in braces; `{coding:int}` puts a number in."""
_PLACE = re.compile(r"\{([a-z_]+)(:int)?\}")
Json = Any


def template(written: str) -> Json:
    """The template of its setting; raises ValueError."""
    try:
        found = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("is a JSON object")
    named: set[str] = set()

    def look(text: str) -> str:
        named.update(match[1] for match in _PLACE.finditer(text))
        return text

    walked(found, look)
    if unknown := named - set(WORDS):
        raise ValueError(f"{{{min(unknown)}}} is none of its words: {', '.join(WORDS)}")
    if "to" not in named:
        raise ValueError("holds no {to}: whom the message goes to")
    if not named & {"text", "hex"}:
        raise ValueError("holds neither {text} nor {hex}: what the message says")
    return found


def filled(shape: Json, values: Mapping[str, str]) -> Json:
    """A template with its words put in."""

    def put(text: str) -> Json:
        whole = _PLACE.fullmatch(text)
        if whole and whole[2]:
            value = values[whole[1]]
            return int(value) if value.isdigit() else value
        return _PLACE.sub(lambda match: values[match[1]], text)

    return walked(shape, put)


def walked(shape: Json, change: Callable[[str], Json]) -> Json:
    """A JSON value with every text in it changed."""
    if isinstance(shape, dict):
        return {name: walked(each, change) for name, each in shape.items()}
    if isinstance(shape, list):
        return [walked(each, change) for each in shape]
    return change(shape) if isinstance(shape, str) else shape


def names(shape: Json, word: str) -> bool:
    """Whether a template holds a word."""
    return f"{{{word}}}" in json.dumps(shape)


def encoded(shape: Mapping[str, Json], charset: str) -> bytes:
    """A flat object as a form or a query."""
    return urlencode(shape, encoding=charset, errors="replace").encode()
