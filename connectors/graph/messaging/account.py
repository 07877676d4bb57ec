"""What an account does beside sending: files left with Meta, what the customer sees us do, and who a customer is."""

from collections.abc import Generator
from typing import Any

import msgspec

from connectors import multipart
from connectors.graph.api import Api
from state.model.action import Action
from state.model.channel import Profile
from state.model.content import Media
from state.model.wire import BadMessage, Call, File, Reply, Undelivered

Json = dict[str, Any]
_SECONDS = 120.0
MOST = 25_000_000
"""Bytes of a file that is fetched."""


def upload(api: Api, account: str, file: File, kind: str) -> Generator[Call, Reply, str]:
    """Leave a file with Meta (Attachment Upload API); gives its id, which may be used again. Raises Undelivered."""
    message = msgspec.json.encode({"attachment": {"type": kind, "payload": {"is_reusable": True}}}).decode()
    body, mime = multipart.form({"message": message}, "filedata", file.body, file.mime, file.name or kind)
    url = api.url(f"{account}/message_attachments")
    headers = {**api.bearer, "content-type": mime}
    reply = yield Call("upload", "POST", url, headers, body, timeout=_SECONDS, repeatable=True)
    ref = api.accepted(reply).get("attachment_id")
    if not isinstance(ref, str | int) or not ref:
        raise Undelivered(Action.RETRY, "no_attachment_id", "the answer to the upload names no id")
    return str(ref)


def fetch(media: Media) -> Generator[Call, Reply, File]:
    """Fetch what a customer sent, from the address that Meta signed: it needs no token, and it ends."""
    if not media.url.startswith(("https://", "http://")):
        raise BadMessage("url", "is no web address")
    reply = yield Call("download", "GET", media.url, timeout=_SECONDS, limit=MOST, repeatable=True)
    if reply.status in (403, 404, 410):
        raise Undelivered(Action.FAIL_MSG, f"http_{reply.status}", "the address of the file has ended")
    if not 200 <= reply.status < 300:
        raise Undelivered(Action.RETRY, f"http_{reply.status}", "the file does not come")
    return File(reply.body, reply.headers.get("content-type", "").partition(";")[0], media.name)


def act(api: Api, account: str, to: Json, action: str) -> Generator[Call, Reply, None]:
    """Show the customer something we do: `typing_on`, `mark_seen`; raises Undelivered."""
    yield from api.ask(action, "POST", f"{account}/messages", {"recipient": to, "sender_action": action})


def profile(api: Api, to: Json, fields: str) -> Generator[Call, Reply, Profile]:
    """What Meta tells of a customer who wrote to us; raises Undelivered."""
    found = yield from api.ask("profile", "GET", str(to["id"]), query={"fields": fields})
    names = (found.get("name") or "", *(found.get(each) or "" for each in ("first_name", "last_name")))
    picture = found.get("profile_pic")
    return Profile(
        name=" ".join(str(each) for each in names if each),
        username=str(found.get("username") or ""),
        picture=picture if isinstance(picture, str) else "",
    )
