"""What the business account keeps at Meta besides messages: media, templates, and who is blocked."""

import re
from collections.abc import Generator
from typing import Any

from connectors.graph.api import Api
from connectors.graph.errors import error, number
from connectors.whatsapp import limits, media
from connectors.whatsapp.outbound import recipient
from state.model.action import Action
from state.model.channel import ProviderTemplate
from state.model.content import Media, MediaKind
from state.model.wire import BadMessage, Call, File, Reply, Undelivered

Json = dict[str, Any]
_SECONDS = 120.0
_PAGES = 100


def upload(api: Api, phone_number_id: str, file: File, kind: MediaKind) -> Generator[Call, Reply, str]:
    """Upload a file; its id holds for 30 days (Meta: Cloud API media)."""
    media.check(file, kind)
    body, mime = media.form(file, kind)
    headers = {**api.bearer, "content-type": mime}
    url = api.url(f"{phone_number_id}/media")
    reply = yield Call("upload", "POST", url, headers, body, timeout=_SECONDS, repeatable=True)
    ref = api.accepted(reply).get("id")
    if not isinstance(ref, str) or not ref:
        raise Undelivered(Action.RETRY, "no_media_id", "the answer to the upload names no id")
    return ref


def fetch(api: Api, item: Media) -> Generator[Call, Reply, File]:
    """Fetch a media item: its address first (valid five minutes), then the file, both with the token."""
    about = yield from api.ask("media", "GET", edge(item.ref))
    url, size = about.get("url"), number(about.get("file_size"))
    if not isinstance(url, str) or not url.startswith(("https://", "http://")):
        raise Undelivered(Action.RETRY, "no_media_url", "the answer about the media item names no address")
    most = max(limits.BYTES.values())
    if size > most:
        raise BadMessage("media", f"the file has {size} bytes; at most {most} are fetched")
    file = yield Call("download", "GET", url, api.bearer, timeout=_SECONDS, limit=most, repeatable=True)
    if not 200 <= file.status < 300:
        api.accepted(file)
    mime = about.get("mime_type") or file.headers.get("content-type", "")
    return File(file.body, str(mime), item.name, str(about.get("sha256") or ""))


def edge(ref: str) -> str:
    """A media id as a part of an address; raises BadMessage."""
    if not re.fullmatch(r"[\w-]{1,200}", ref, re.ASCII):
        raise BadMessage("ref", "is no media id of WhatsApp's")
    return ref


def templates(api: Api, waba_id: str) -> Generator[Call, Reply, tuple[ProviderTemplate, ...]]:
    """All templates of a business account, page by page; raises Undelivered."""
    if not waba_id:
        raise Undelivered(Action.CONFIG, "no_waba_id", "the setting waba_id is needed to list the templates")
    found: list[ProviderTemplate] = []
    query = {"fields": "id,name,language,category,status,quality_score,components", "limit": "100"}
    for _ in range(_PAGES):
        page = yield from api.ask("templates", "GET", f"{waba_id}/message_templates", query=query)
        found += map(_template, _objects(page.get("data")))
        after = _object(_object(page.get("paging")).get("cursors")).get("after")
        if not after or "next" not in page["paging"]:
            break
        query = {**query, "after": str(after)}
    return tuple(found)


def _template(given: Json) -> ProviderTemplate:
    words = {name: str(given.get(name) or "") for name in ("id", "name", "language", "category", "status")}
    quality = str(_object(given.get("quality_score")).get("score") or "")
    return ProviderTemplate(**words, quality=quality, components=_objects(given.get("components")))


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Json]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def block(
    api: Api, phone_number_id: str, to: tuple[str, ...], method: str = "POST"
) -> Generator[Call, Reply, None]:
    """Block a customer, or unblock with DELETE; Meta blocks those who wrote within 24 hours; raises Undelivered."""
    who = recipient(to)
    user = {"user": who["to"]} if "to" in who else {"user_id": who["recipient"]}
    body = {"messaging_product": "whatsapp", "block_users": [user]}
    name = "block" if method == "POST" else "unblock"
    answer = yield from api.ask(name, method, f"{phone_number_id}/block_users", body)
    for failed in _objects(_object(answer.get("block_users")).get("failed_users")):
        told = next(filter(None, map(error, _objects(failed.get("errors")))), None)
        reason = told.reason if told else "Meta does not say why"
        raise Undelivered(Action.FAIL_RCPT, str(told.code) if told else "unknown", reason)
