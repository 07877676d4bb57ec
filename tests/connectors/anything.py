"""Anything a request may hold, for readers that must take all of it; and both ends of a wire face to face."""

from collections.abc import Callable, Generator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from hypothesis import strategies as st

from connectors.contract import Answered
from state.model.wire import Call, Reply, Request

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**80), 2**80)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a JSON value that can hold another: its container and the key in it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, each in inner for place in ((value, key), *places(each))]


def play(talk: Generator[Call, Reply, Any], answer: Callable[[Request], Answered]) -> Any:
    """Let the other end answer every call, below its base address; gives what the conversation gives."""
    try:
        call = next(talk)
        while True:
            call = talk.send(answer(asked(call)).reply)
    except StopIteration as stop:
        return stop.value


def asked(call: Call) -> Request:
    """A call as the other end gets it."""
    url = urlsplit(call.url)
    return Request(call.method, url.path, dict(parse_qsl(url.query)), call.headers, call.body)
