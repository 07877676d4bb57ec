"""Fixtures of channels: what a folder holds, and how one is played.

`receive/*.json`: `body` (JSON as the provider writes it, `form` or `text`), `method`, `url`, `query`, `headers`; then
`events`, `problems` and `answer`, or `raises`. Headers are checked against the channel's signature where there are any.
`send/*.json`: `verb` (`send` if unnamed) with what it is `given`, the `calls` with the replies played, then what it
`gives` or `raises`. `shows` names the capabilities that a fixture proves; `settings` are the channel's besides its own.
"""

import base64
import json
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import parse_qsl, urlencode

import msgspec

from connectors import registry
from connectors.contract import Connector
from state.model.channel import Channel
from state.model.wire import Call, Forged, Malformed, Outbound, Reply, Request, Unclear, Undelivered

Json = dict[str, Any]
FORM = "application/x-www-form-urlencoded"
ROOT = Path(registry.__file__).parent


def channels() -> list[str]:
    """The channel types that have fixtures."""
    return [kind for kind in registry.TYPES if (ROOT / kind / "fixtures" / "channel.json").is_file()]


def paths(kind: str, *ways: str) -> list[Path]:
    """The fixtures of a channel in these ways (receive, send)."""
    return [path for way in ways for path in sorted((ROOT / kind / "fixtures" / way).glob("*.json"))]


def cases(way: str) -> list[tuple[str, Path]]:
    """Every fixture of a way (receive, send), with its channel's type."""
    return [(kind, path) for kind in channels() for path in paths(kind, way)]


def read(path: Path) -> Json:
    """What a fixture says."""
    found: Json = json.loads(path.read_text())
    return found


def connector(kind: str, settings: Mapping[str, str] | None = None) -> Connector:
    """The connector of a type, for the channel its fixtures are about."""
    channel = msgspec.json.decode((ROOT / kind / "fixtures" / "channel.json").read_bytes(), type=Channel)
    merged = {**channel.settings, **(settings or {})}
    return registry.connector(kind)(msgspec.structs.replace(channel, settings=merged))


def received(fixture: Json, channel: Connector) -> Json:
    """Play a request in: its events, problems and answer, or the name of what it raises."""
    headers = fixture.get("headers", {})
    method, query = fixture.get("method", "POST"), fixture.get("query", {})
    url = fixture.get("url", "https://parley.example/webhooks/wa")
    if "form" in fixture:
        headers = {"content-type": FORM, **headers}
    request = Request(method, url, query, headers, _bytes(fixture))
    try:
        if fixture.get("headers"):
            channel.verify(request)
        received = channel.receive(request)
    except (Forged, Malformed) as error:
        return {"raises": type(error).__name__}
    found: Json = _plain(received)
    if received.answer.body:
        found["answer"]["body"] = received.answer.body.decode()
    return found


def sent(fixture: Json, channel: Connector) -> Json:
    """Play a verb out: its calls, and what it gives or raises."""
    function = getattr(channel, fixture.get("verb", "send"))
    hints = get_type_hints(function)
    given = {name: _as(value, hints[name]) for name, value in fixture.get("given", {}).items()}
    calls: list[Json] = []
    replies = [_reply(each["reply"]) for each in fixture.get("calls", [])]
    try:
        gives = _drive(function(**given), replies, calls)
    except (Undelivered, Unclear) as error:
        return {"calls": calls, "raises": _outcome(error)}
    return {"calls": calls, "gives": _plain(gives)}


def _plain(value: object) -> Any:
    """A value as a fixture writes it."""
    return json.loads(msgspec.json.encode(value))


def _drive(conversation: Generator[Call, Reply, Any], replies: list[Reply], calls: list[Json]) -> Any:
    try:
        call = next(conversation)
        while True:
            calls.append(_call(call))
            call = conversation.send(replies[len(calls) - 1])
    except StopIteration as stop:
        return stop.value


def decoded(message: Json) -> Outbound:
    """A message as a fixture writes it."""
    found: Outbound = _as(message, Outbound)
    return found


def _as(value: object, kind: Any) -> Any:
    return msgspec.json.decode(json.dumps(value), type=kind)


def _outcome(error: Undelivered | Unclear) -> Json:
    kept = ("action", "code", "reason", "retry_after", "pair", "field")
    return {
        "type": type(error).__name__,
        **{name: value for name in kept if (value := getattr(error, name, ""))},
    }


def _bytes(given: Json) -> bytes:
    """A body: `json` or `body` in the provider's compact ASCII, `form`, `text`, or `base64`."""
    if "base64" in given:
        return base64.b64decode(given["base64"])
    if "text" in given:
        return str(given["text"]).encode()
    if "form" in given:
        return urlencode(given["form"]).encode()
    body = given.get("json", given.get("body"))
    return b"" if body is None else json.dumps(body, separators=(",", ":")).encode()


def _reply(given: Json) -> Reply:
    return Reply(given.get("status", 200), given.get("headers", {}), _bytes(given))


def _call(call: Call) -> Json:
    """A call as a fixture writes it."""
    found: Json = {name: value for name, value in _plain(call).items() if name != "body"}
    if not call.body:
        return found
    match call.headers.get("content-type", "").partition(";")[0]:
        case "application/json":
            return {**found, "json": json.loads(call.body)}
        case "application/x-www-form-urlencoded":
            return {**found, "form": dict(parse_qsl(call.body.decode(), keep_blank_values=True))}
    return {**found, "text": call.body.decode()}
