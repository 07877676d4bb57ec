"""Files that calls and phones have left with the simulated provider: the newest hundred."""

import base64
import hashlib
from collections.abc import Iterator

from connectors.contract import File

_KEPT = 100


class Files:
    """Files by their media id."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._files: dict[str, File] = {}

    def keep(self, file: File) -> str:
        """Keep a file; gives its id."""
        self._next += 1
        ref = str(self._next)
        self._files[ref] = File(file.body, file.mime, file.name, hashlib.sha256(file.body).hexdigest())
        if len(self._files) > _KEPT:
            del self._files[next(iter(self._files))]
        return ref

    def get(self, ref: str) -> File | None:
        """A file by its id."""
        return self._files.get(ref)

    def drop(self, ref: str) -> None:
        """Forget a file."""
        self._files.pop(ref, None)


def base64_sha256(file: File) -> str:
    """A file's digest as webhooks carry it."""
    return base64.b64encode(bytes.fromhex(file.sha256)).decode()


def fields(body: bytes, mime: str) -> dict[str, File]:
    """The fields of a multipart form (RFC 7578); empty where it is none."""
    boundary = _parameter(mime, "boundary")
    return dict(_parts(body, boundary.encode())) if boundary else {}


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, File]]:
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = [line.partition(":") for line in head.decode("utf-8", "replace").split("\r\n")]
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        shown = headers.get("content-disposition", "")
        file = File(content, headers.get("content-type", ""), _parameter(shown, "filename"))
        yield _parameter(shown, "name"), file


def _parameter(header: str, name: str) -> str:
    for part in header.split(";")[1:]:
        key, _, value = part.strip().partition("=")
        if key == name:
            return value.strip('"')
    return ""
