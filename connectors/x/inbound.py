"""Reading X's webhooks, of the X Activity API and of the Account Activity API: every item of every list.

    {"data": {"event_uuid": "…", "event_type": "dm.received", "filter": {"user_id": "99"}, "payload": {…}}}
    {"for_user_id": "99", "direct_message_events": […], "users": {…}, "apps": {…}}

The payload of the first holds the lists of the second. An item that does not fit becomes a Problem with its JSON path;
its neighbours are events. A body with broken text (half a surrogate pair, no UTF-8) is mended, not lost.
"""

import json
from collections.abc import Callable
from math import isfinite
from typing import Any, NamedTuple

import msgspec

from connectors.values import Unfit
from connectors.x import messages
from connectors.x.fields import Json, digits, line, object_of, word
from connectors.x.messages import Page, notice
from state.model.event import Event
from state.model.wire import Malformed, Problem, Received

LISTS: dict[str, Callable[[Json, Page], Event | None]] = {
    "direct_message_events": messages.message,
    "direct_message_mark_read_events": messages.read,
    "direct_message_indicate_typing_events": messages.typing,
    "block_events": messages.relation,
    "mute_events": messages.relation,
}
"""The lists a page may hold, and the event that one of their items makes."""
PASSED_OVER = frozenset(
    {"tweet_create_events", "tweet_delete_events", "favorite_events", "follow_events", "unfollow_events"}
)
"""What the Account Activity API sends of our account's public life besides: no concern of a conversation."""
_OWN = ("dm.received", "dm.sent", "dm.read", "dm.indicate_typing")


class Found(NamedTuple):
    """What has been read so far."""

    events: list[Event]
    problems: list[Problem]

    def read(self, one: Callable[[Json, Page], Event | None], item: object, page: Page, path: str) -> None:
        """Add the event an item makes, or what was wrong with it."""
        try:
            if not isinstance(item, dict):
                raise Unfit("is no object")
            event = one(item, page)
        except Unfit as error:
            self.problems.append(Problem(path + error.where, error.why))
        else:
            if event is not None:
                self.events.append(event)


def read(body: bytes, me: str, app: str = "") -> Received:
    """The events of a webhook's body for the account `me`; raises Malformed where it is no webhook of X's."""
    root = _open(body)
    found = Found([], [])
    if isinstance(root.get("data"), dict):
        _activity(root["data"], me, app, found)
    else:
        _account_activity(root, me, app, found)
    return Received(tuple(found.events), problems=tuple(found.problems))


def _open(body: bytes) -> Json:
    try:
        if not body.isascii():
            body.decode()
        root = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        root = _mended(body)
    if not isinstance(root, dict):
        raise Malformed("no X webhook: it is no object")
    return root


def _mended(body: bytes) -> Any:
    """With a question mark for every half of a surrogate pair, U+FFFD for what is no UTF-8, huge numbers as text."""
    try:
        found = json.loads(
            body.decode("utf-8", "replace"),
            strict=False,
            parse_int=_int,
            parse_float=_float,
            parse_constant=str,
        )
        return msgspec.json.decode(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Malformed(f"no JSON: {error}") from error


def _int(text: str) -> int | str:
    return int(text) if len(text) < 19 else text


def _float(text: str) -> float | str:
    return float(text) if isfinite(float(text)) else text


def _account(value: object, where: str) -> str:
    """Whom a webhook is for: what is for nobody we can name must not go to somebody else."""
    if value is None:
        return ""
    try:
        return digits(value, where)
    except Unfit as error:
        raise Malformed(f"{where} {error.why}") from error


def _activity(data: Json, me: str, app: str, found: Found) -> None:
    """An event of the X Activity API."""
    name, payload = word(data.get("event_type")), data.get("payload")
    if not name:
        raise Malformed("no X webhook: data.event_type is missing")
    account = _account(object_of(data.get("filter")).get("user_id"), "data.filter.user_id")
    path = "$.data.payload"
    if not isinstance(payload, dict):
        found.problems.append(Problem(path, "is no object"))
        return
    users = _names(payload) | _names(object_of(data.get("includes")))
    page = Page(account, account or me, users, app, name, line(data.get("event_uuid")))
    if name.startswith("chat."):
        found.read(messages.chat, payload, page, path)
    elif name.startswith("dm."):
        _direct(data, payload, page, path, found)
    else:
        revoked = name == "oauth.revoke"
        action, reason = ("AUTH", messages.REVOKED) if revoked else ("info", "")
        found.events.append(notice(name, data, page, action, reason=reason))


def _direct(data: Json, payload: Json, page: Page, path: str, found: Found) -> None:
    if "message_create" in payload:
        found.read(messages.message, payload, page, path)
    elif not _lists(payload, page, path, found):
        if page.name in _OWN:
            found.problems.append(Problem(path, f"{page.name} without a list that is known"))
        else:
            found.events.append(notice(page.name, data, page))


def _account_activity(root: Json, me: str, app: str, found: Found) -> None:
    """A page of the Account Activity API."""
    account = _account(root.get("for_user_id"), "for_user_id")
    page = Page(account, account or me, _names(root), app)
    some = _lists(root, page, "$", found)
    if "user_event" in root:
        some = True
        found.read(messages.user_event, root["user_event"], page, "$.user_event")
    for name, value in root.items():
        if name.endswith("_events") and name not in LISTS:
            some = True
            if name not in PASSED_OVER:
                found.events.append(notice(word(name), {"events": value}, page))
    if not some:
        raise Malformed("no X webhook: it holds neither data nor events")


def _lists(holder: Json, page: Page, path: str, found: Found) -> bool:
    """Read every item of every list that is known; says whether there was one."""
    some = False
    for name, read_one in LISTS.items():
        if name not in holder:
            continue
        some = True
        items = holder[name]
        if not isinstance(items, list):
            found.problems.append(Problem(f"{path}.{name}", "is no list"))
            continue
        for n, item in enumerate(items):
            found.read(read_one, item, page, f"{path}.{name}[{n}]")
    return some


def _names(holder: Json) -> dict[str, str]:
    """Users' names by their ids: an object of v1.1 users by id, or a list of v2 users."""
    users = holder.get("users")
    listed = users.values() if isinstance(users, dict) else users if isinstance(users, list) else ()
    return {str(each.get("id")): line(each.get("name")) for each in listed if isinstance(each, dict)}
