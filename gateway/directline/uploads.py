"""Uploads over Direct Line: files that become an activity's attachments."""

from typing import Any

import msgspec
from aiohttp import BodyPartReader, StreamReader, web

from gateway.files import Files, NotAllowed

MOST_BYTES = 4_000_000
"""Of one file."""
_MOST_FILES = 5


async def read_upload(
    files: Files, request: web.Request, base: str
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The activity (may be empty) and the attachments of an upload; raises NotAllowed."""
    if not request.content_type.startswith("multipart/"):
        return {}, [await _keep(files, await limited(request.content, MOST_BYTES), "", base)]
    activity: dict[str, Any] = {}
    found: list[dict[str, str]] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise NotAllowed(400, "a part within a part is not expected")
        body = await limited(part, MOST_BYTES)
        if part.headers.get("Content-Type", "").startswith("application/vnd.microsoft.activity"):
            activity = _activity(body)
        elif len(found) == _MOST_FILES:
            raise NotAllowed(413, f"{_MOST_FILES} files at a time are taken")
        else:
            found.append(await _keep(files, body, part.filename or "", base))
    if not found:
        raise NotAllowed(400, "there is no file in the upload")
    return activity, found


async def _keep(files: Files, body: bytes, name: str, base: str) -> dict[str, str]:
    media_id, mime = await files.keep(body, name)
    return {"contentType": mime, "contentUrl": f"{base}{files.link(media_id)}", "name": name[:200]}


async def limited(source: StreamReader | BodyPartReader, most: int) -> bytes:
    """All bytes of a body or a part; raises NotAllowed as soon as there are too many."""
    body = bytearray()
    while chunk := await (
        source.readany() if isinstance(source, StreamReader) else source.read_chunk(65_536)
    ):
        body += chunk
        if len(body) > most:
            raise NotAllowed(413, f"{most} bytes are taken at most")
    return bytes(body)


def _activity(body: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotAllowed(400, f"the activity part: {error}") from error
