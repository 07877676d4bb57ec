"""Media on its way: uploaded in parts before a message names it, and fetched by a customer's message."""

import re
from collections.abc import Generator, Mapping
from typing import Any

from msgspec.structs import replace

from connectors import multipart
from connectors.x import limits
from connectors.x.api import Api, accepted, ask, data_of
from connectors.x.codes import Json
from state.model.action import Action
from state.model.content import Media, MediaKind
from state.model.wire import BadMessage, Call, File, Reply, Undelivered

_SECONDS = 120.0
PATIENCE = 60.0
"""Seconds a send waits for X to process a file, before the message is tried again later."""
_REF = re.compile(r"(\d{1,19})/(\d{1,19})/([\w.-]{1,50})", re.ASCII)
_KINDS: dict[str, tuple[MediaKind, str]] = {
    "photo": ("image", "image/jpeg"),
    "video": ("video", "video/mp4"),
    "animated_gif": ("video", "video/mp4"),
}
_MIMES = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
}


def source(item: Media, files: Mapping[str, File]) -> str | File | Call:
    """What a media item is given as: X's id, a file of our store, or a call that gets it; raises BadMessage."""
    if item.ref:
        if not re.fullmatch(r"\d{1,19}", item.ref, re.ASCII):
            raise BadMessage("media.ref", "is no id of a file that was uploaded to X")
        return item.ref
    file = files.get(item.stored)
    if file is not None:
        return File(file.body, item.mime or file.mime, item.name or file.name)
    if not item.url:
        raise BadMessage(
            "media", "its file is not at hand" if item.stored else "it needs `ref`, `url` or `stored`"
        )
    if not item.url.startswith(("https://", "http://")):
        raise BadMessage("media.url", "is no web address: it must begin with https:// or http://")
    most = limits.IMAGE if item.kind == "image" else limits.VIDEO
    return Call("file", "GET", item.url, timeout=_SECONDS, limit=max(most, limits.GIF), repeatable=True)


def check(file: File, kind: MediaKind, video: int) -> tuple[str, str]:
    """The type and the category of a file that X takes as this kind; raises BadMessage."""
    mime = file.mime.partition(";")[0].strip().lower()
    if mime not in limits.CATEGORIES or not mime.startswith(kind):
        allowed = ", ".join(sorted(each for each in limits.CATEGORIES if each.startswith(kind)))
        raise BadMessage("media.mime", f"{mime or 'no type'} is none X takes as {kind}: {allowed}")
    category, most = limits.CATEGORIES[mime]
    most = min(most, video) if category == "dm_video" else most
    if not 0 < len(file.body) <= most:
        raise BadMessage("media", f"the file has {len(file.body)} bytes; 1 to {most} are allowed for {mime}")
    return mime, category


def downloaded(item: Media, reply: Reply) -> File:
    """The file behind a public address; raises Undelivered."""
    if not 200 <= reply.status < 300:
        action = Action.RETRY if reply.status >= 500 or reply.status == 429 else Action.FAIL_MSG
        raise Undelivered(action, f"file_http_{reply.status}", "the file's address does not give it")
    return File(reply.body, item.mime or reply.headers.get("content-type", ""), item.name)


def upload(api: Api, file: File, kind: MediaKind, video: int) -> Generator[Call, Reply, str]:
    """Upload a file in parts and give its id, usable for 24 hours; raises Undelivered."""
    mime, category = check(file, kind, video)
    begin = {"media_type": mime, "total_bytes": len(file.body), "media_category": category}
    ref = _id(data_of((yield from ask(api.call("upload", "POST", "media/upload/initialize", begin)))))
    for number, start in enumerate(range(0, len(file.body), limits.CHUNK)):
        body, form = _part(file.body[start : start + limits.CHUNK], number)
        call = api.raw("part", "POST", f"media/upload/{ref}/append", body, form)
        yield from ask(_slow(call))
    done = yield from ask(_slow(api.call("uploaded", "POST", f"media/upload/{ref}/finalize")))
    yield from _ready(api, ref, _processing(done))
    return ref


def _slow(call: Call) -> Call:
    return Call(call.name, call.method, call.url, call.headers, call.body, timeout=_SECONDS)


def _id(data: Json) -> str:
    ref = data.get("id")
    if not isinstance(ref, str) or not re.fullmatch(r"\d{1,19}", ref, re.ASCII):
        raise Undelivered(Action.RETRY, "no_media_id", "the answer to the upload names no id")
    return ref


def _part(chunk: bytes, number: int) -> tuple[bytes, str]:
    """A part as a form and its content type; the same bytes give the same form."""
    return multipart.form({"segment_index": str(number)}, "media", chunk, "application/octet-stream", "part")


def _processing(answer: Json) -> Json:
    found = data_of(answer).get("processing_info")
    return found if isinstance(found, dict) else {}


def _ready(api: Api, ref: str, processing: Json) -> Generator[Call, Reply, None]:
    """Ask until X has processed the file, as often as it says and for a bounded time; raises Undelivered."""
    query, waited = {"command": "STATUS", "media_id": ref}, 0.0
    while processing.get("state") in ("pending", "in_progress"):
        wait = _wait(processing)
        if waited + wait > PATIENCE:
            raise Undelivered(
                Action.RETRY, "media_processing", "X is still processing the file", retry_after=wait
            )
        waited += wait
        call = api.call("status", "GET", "media/upload", query=query)
        processing = _processing((yield from ask(replace(call, after=wait))))
    if processing.get("state") == "failed":
        raise Undelivered(Action.FAIL_MSG, "media_failed", _reason(processing))


def _wait(processing: Json) -> float:
    """Seconds until X wants to be asked again."""
    found = processing.get("check_after_secs")
    return float(min(max(found, 1), 600)) if isinstance(found, int) else 1.0


def _reason(processing: Json) -> str:
    error = processing.get("error")
    told: Any = error.get("message") or error.get("name") if isinstance(error, dict) else ""
    return str(told or "X could not process the file")[:500]


def received(attached: Json, dm_id: str) -> Media | None:
    """The media item of a customer's message, without a caption; None where there is none that is known.

    Its `ref` is what the download of X API v2 wants: the message, the file, and the name of its best version.
    """
    found = attached.get("media")
    item: Json = found if isinstance(found, dict) else {}
    known = _KINDS.get(str(item.get("type")))
    if known is None:
        return None
    kind, mime = known
    url, mime = (_photo(item), mime) if kind == "image" else _video(item, mime)
    name = url.partition("?")[0].rpartition("/")[2]
    ref = f"{dm_id}/{item.get('id_str') or item.get('id')}/{name}"
    if not _REF.fullmatch(ref):
        return None
    if kind == "image":
        mime = _MIMES.get(name.rpartition(".")[2].lower(), mime)
    return Media(kind, ref=ref, mime=mime)


def _photo(item: Json) -> str:
    url = item.get("media_url_https")
    return url if isinstance(url, str) else ""


def _video(item: Json, mime: str) -> tuple[str, str]:
    """The address and the type of the best version; streams (HLS) are none that can be kept."""
    info = item.get("video_info")
    listed = info.get("variants") if isinstance(info, dict) else None
    rates = [
        (each["bitrate"] if isinstance(each.get("bitrate"), int) else 0, each["url"])
        for each in (listed if isinstance(listed, list) else ())
        if isinstance(each, dict) and each.get("content_type") == mime and isinstance(each.get("url"), str)
    ]
    return (max(rates)[1] if rates else ""), mime


def fetch(api: Api, item: Media, most: int) -> Generator[Call, Reply, File]:
    """Fetch a customer's file by its `ref`, as the account that got it; raises Undelivered."""
    if not _REF.fullmatch(item.ref):
        raise BadMessage("ref", "is no file of a direct message")
    call = api.raw("download", "GET", f"dm_conversations/media/{item.ref}")
    reply = yield Call(
        call.name, call.method, call.url, call.headers, timeout=_SECONDS, limit=most, repeatable=True
    )
    if not 200 <= reply.status < 300:
        accepted(reply, missing=Action.FAIL_MSG)
    given = reply.headers.get("content-type", "")
    return File(reply.body, given if given.startswith(("image/", "video/")) else item.mime, item.name)
