"""Files that customers leave: kept in a folder, served by signed links, their kind told by their first bytes."""

import hashlib
import hmac
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import BodyPartReader, StreamReader, web

from gateway.auth import derived
from gateway.settings import Settings
from state import media as rows
from state.model.ids import lane_of_id
from state.store import Store

MOST_BYTES = 4_000_000
"""Of one file."""
_MOST_FILES = 5
_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    (b"ftyp", 4, "video/mp4"),
)


class NotAllowed(Exception):
    """A file we do not take, with the HTTP status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def sniff(body: bytes) -> str:
    """The media type by the first bytes; raises NotAllowed for what is on no list of ours."""
    for magic, place, mime in _MAGIC:
        if body[place : place + len(magic)] == magic:
            return mime
    raise NotAllowed(415, "only pictures, PDF, audio and video files are taken")


class Media:
    """Stores and serves files."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._folder = Path(settings.data_dir) / "media"
        self._key = derived(settings.seal_key, "media links")

    async def read_upload(
        self, request: web.Request, base: str
    ) -> tuple[dict[str, Any], list[dict[str, str]]]:
        """The activity (may be empty) and the attachments of an upload; raises NotAllowed."""
        if not request.content_type.startswith("multipart/"):
            return {}, [await self._keep(await limited(request.content, MOST_BYTES), "", base)]
        activity: dict[str, Any] = {}
        files: list[dict[str, str]] = []
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader):
                raise NotAllowed(400, "a part within a part is not expected")
            body = await limited(part, MOST_BYTES)
            if part.headers.get("Content-Type", "").startswith("application/vnd.microsoft.activity"):
                activity = _activity(body)
            elif len(files) == _MOST_FILES:
                raise NotAllowed(413, f"{_MOST_FILES} files at a time are taken")
            else:
                files.append(await self._keep(body, part.filename or "", base))
        if not files:
            raise NotAllowed(400, "there is no file in the upload")
        return activity, files

    async def _keep(self, body: bytes, name: str, base: str) -> dict[str, str]:
        mime = sniff(body)
        digest = hashlib.sha256(body).hexdigest()
        media_id = await self._store.write(rows.add, mime, name[:200], len(body), digest)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / media_id).write_bytes(body)
        return {"contentType": mime, "contentUrl": f"{base}{self.link(media_id)}", "name": name[:200]}

    def link(self, media_id: str) -> str:
        """The signed path of a file."""
        return f"/media/{media_id}?s={self._sign(media_id)}"

    def _sign(self, media_id: str) -> str:
        return hmac.digest(self._key, media_id.encode(), hashlib.sha256).hex()[:32]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A file by its signed link; it can run nothing in the browser."""
        media_id = request.match_info["id"]
        if not hmac.compare_digest(request.query.get("s", "").encode(), self._sign(media_id).encode()):
            raise web.HTTPNotFound
        found = await self._store.read(rows.ONE, media_id, lane_of_id(media_id))
        path = self._folder / media_id
        if not found or not path.is_file():
            raise web.HTTPNotFound
        shown = "inline" if found[0][0].startswith("image/") else "attachment"
        headers = {
            "Content-Type": found[0][0],
            "Content-Disposition": shown,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400",
        }
        return web.FileResponse(path, headers=headers)


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
