"""Files that customers leave and that are sent to them: kept in a folder, told by their first bytes, served by links.

A link is signed. One that goes to an app's own customer holds for ever; one that is given away ends.
"""

import asyncio
import hashlib
import hmac
import os
import time
from pathlib import Path

from aiohttp import web

from gateway.auth import derived
from gateway.settings import Settings
from state import media as rows
from state.model.ids import ID_PATTERN, lane_of_id, time_of_id
from state.model.wire import File
from state.store import Store

LINK_SECONDS = 7 * 24 * 3600
"""How long a link holds that a customer is sent: as long as providers keep files, and not for ever."""
_UNFINISHED = ".new"
"""Stands behind the name of a file that is not whole yet."""
_MAGIC: tuple[tuple[bytes, int, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", 0, "image/png"),
    (b"\xff\xd8\xff", 0, "image/jpeg"),
    (b"GIF8", 0, "image/gif"),
    (b"WEBP", 8, "image/webp"),
    (b"%PDF-", 0, "application/pdf"),
    (b"OggS", 0, "audio/ogg"),
    (b"ID3", 0, "audio/mpeg"),
    *((bytes((0xFF, kind)), 0, "audio/mpeg") for kind in (0xFB, 0xFA, 0xF3, 0xF2)),
    *((bytes((0xFF, kind)), 0, "audio/aac") for kind in (0xF1, 0xF9)),
    (b"#!AMR", 0, "audio/amr"),
    (b"WAVE", 8, "audio/wav"),
    (b"ftypM4A", 4, "audio/mp4"),
    (b"ftypqt", 4, "video/quicktime"),
    (b"ftyp3gp", 4, "video/3gpp"),
    *((b"ftyp" + brand, 4, "image/heic") for brand in (b"heic", b"heix", b"mif1")),
    (b"ftypavif", 4, "image/avif"),
    (b"ftyp", 4, "video/mp4"),
    (b"\x1aE\xdf\xa3", 0, "video/webm"),
    (b"PK\x03\x04", 0, "application/zip"),
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


class Files:
    """Stores and serves files; what a file is called is told by its row, where it lies by its id."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store = store
        self._folder = Path(settings.data_dir) / "media"
        self._key = derived(settings.seal_key, "media links")

    async def keep(self, body: bytes, name: str = "") -> tuple[str, str]:
        """Store a file; gives its id and its media type. Raises NotAllowed for a kind we do not take."""
        mime = sniff(body)
        digest = hashlib.sha256(body).hexdigest()
        media_id = await self._store.write(rows.add, mime, name[:200], len(body), digest)
        await asyncio.to_thread(self._write, media_id, body)
        return media_id, mime

    def _write(self, media_id: str, body: bytes) -> None:
        """Put a file on disk, whole or not at all: who left it is told so, and may forget it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._folder / f"{media_id}{_UNFINISHED}"
        with place.open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        place.rename(self._folder / media_id)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    async def read(self, media_id: str) -> File | None:
        """A file by its id; None where there is none."""
        found = await self._row(media_id)
        if found is None:
            return None
        body = await asyncio.to_thread((self._folder / media_id).read_bytes)
        return File(body, found[0], found[1])

    async def _row(self, media_id: str) -> tuple[str, str] | None:
        """Its type and name, where row and file are there."""
        if not ID_PATTERN.fullmatch(media_id) or not (self._folder / media_id).is_file():
            return None
        found = await self._store.read(rows.ONE, media_id, lane_of_id(media_id))
        return (found[0][0], found[0][1]) if found else None

    def link(self, media_id: str, seconds: float = 0) -> str:
        """The signed path of a file; with `seconds` it ends after so long."""
        until = str(int(time.time() + seconds)) if seconds else ""
        ends = f"&until={until}" if until else ""
        return f"/media/{media_id}?s={self._sign(media_id, until)}{ends}"

    def _sign(self, media_id: str, until: str) -> str:
        return hmac.digest(self._key, f"{media_id}:{until}".encode(), hashlib.sha256).hex()[:32]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A file by its signed link; it can run nothing in the browser."""
        media_id, until = request.match_info["id"], request.query.get("until", "")
        given = request.query.get("s", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._sign(media_id, until).encode()):
            raise web.HTTPNotFound
        if until and int(until) < time.time():
            raise web.HTTPNotFound
        found = await self._row(media_id)
        if found is None:
            raise web.HTTPNotFound
        headers = {
            "Content-Type": found[0],
            "Content-Disposition": "inline" if found[0].startswith("image/") else "attachment",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=86400",
        }
        return web.FileResponse(self._folder / media_id, headers=headers)

    async def forget(self, before: int) -> int:
        """Delete the files kept before a time (milliseconds, UTC), whose rows have gone; gives how many."""
        return await asyncio.to_thread(self._forget, before)

    def _forget(self, before: int) -> int:
        if not self._folder.is_dir():
            return 0
        names = ((each, each.name.removesuffix(_UNFINISHED)) for each in self._folder.iterdir())
        gone = [each for each, name in names if ID_PATTERN.fullmatch(name) and time_of_id(name) < before]
        for each in gone:
            each.unlink(missing_ok=True)
        return len(gone)
