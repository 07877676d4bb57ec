"""Media on its way out: by the provider's id, by link, or as a file of ours that is uploaded first."""

import re
from collections.abc import Mapping
from typing import Any

from connectors import multipart
from connectors.graph import bounds
from connectors.whatsapp import limits
from state.model.content import Media, MediaKind
from state.model.wire import BadMessage, File

Body = dict[str, Any]
Uploaded = Mapping[str, str]
"""The provider's id of each uploaded file, by its `stored` id."""


def part(media: Media, uploaded: Uploaded, field: str = "media") -> Body:
    """A media object with what its kind may carry; raises BadMessage."""
    found = _source(media, uploaded, field)
    if media.caption:
        if media.kind in ("audio", "sticker"):
            raise BadMessage(f"{field}.caption", f"WhatsApp shows none with {media.kind}")
        found["caption"] = bounds.within(f"{field}.caption", media.caption, limits.CAPTION)
    if media.kind == "document" and media.name:
        found["filename"] = media.name
    if media.kind == "audio" and media.voice:
        found["voice"] = True
    return found


def bare(media: Media, uploaded: Uploaded, field: str) -> Body:
    """A media object in a header: no caption."""
    if media.kind not in ("image", "video", "document"):
        raise BadMessage(field, f"a header shows image, video or document, not {media.kind}")
    if media.caption:
        raise BadMessage(f"{field}.caption", "a header has none")
    return part(media, uploaded, field)


def _source(media: Media, uploaded: Uploaded, field: str) -> Body:
    if media.ref:
        return {"id": bounds.within(f"{field}.ref", media.ref, limits.IDENTIFIER)}
    if media.url:
        return {"link": bounds.address(f"{field}.url", media.url)}
    if media.stored in uploaded:
        return {"id": uploaded[media.stored]}
    reason = "its file is not at hand" if media.stored else "it needs `ref`, `url` or `stored`"
    raise BadMessage(field, reason)


def check(file: File, kind: MediaKind, voice: bool = False) -> None:
    """Whether WhatsApp takes this file as this kind; raises BadMessage."""
    mime = file.mime.partition(";")[0].strip().lower()
    if kind in limits.MIMES and mime not in limits.MIMES[kind]:
        allowed = ", ".join(sorted(limits.MIMES[kind]))
        raise BadMessage("media.mime", f"{mime or 'no type'} is none WhatsApp takes as {kind}: {allowed}")
    if not _TYPE.fullmatch(file.mime):
        raise BadMessage("media.mime", "is no media type")
    if voice and mime != "audio/ogg":
        raise BadMessage("media.mime", f"a voice message is audio/ogg with Opus, not {mime}")
    most = limits.BYTES[kind]
    if kind == "sticker" and not _moves(file.body):
        most = limits.STILL_STICKER
    if not 0 < len(file.body) <= most:
        raise BadMessage("media", f"the file has {len(file.body)} bytes; 1 to {most} are allowed for {kind}")


_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+( *; *[\w-]+=[\w.+-]+)*", re.ASCII)


def _moves(webp: bytes) -> bool:
    """Whether a WebP picture is animated: the flag in its extended header (WebP container specification)."""
    return webp[12:16] == b"VP8X" and len(webp) > 20 and bool(webp[20] & 2)


def form(file: File, kind: MediaKind) -> tuple[bytes, str]:
    """The multipart body of an upload and its content type; the same file gives the same bytes."""
    fields = {"messaging_product": "whatsapp", "type": file.mime}
    return multipart.form(fields, "file", file.body, file.mime, file.name or kind)
