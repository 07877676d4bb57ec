"""Files at the simulated X: what phones have sent, and what calls of ours upload in parts. The newest hundred."""

from typing import Any

from connectors.contract import File

Json = dict[str, Any]
_KEPT = 100
_MOST = {"dm_image": 5_000_000, "dm_gif": 15_000_000, "dm_video": 512_000_000}
_TYPES = {"dm_image": "image/", "dm_gif": "image/gif", "dm_video": "video/"}
_PART = 5_000_000
_ASKED = 2
"""How often X is asked about a film before it says that it is ready."""


class Upload:
    """A file on its way here: its parts by their number, and how often it was asked for since it was whole."""

    def __init__(self, mime: str, size: int, category: str) -> None:
        self.mime, self.size, self.category = mime, size, category
        self.parts: dict[int, bytes] = {}
        self.whole = False
        self.asked = 0

    @property
    def body(self) -> bytes:
        """The parts in their order."""
        return b"".join(self.parts[number] for number in sorted(self.parts))

    def processing(self) -> Json | None:
        """How far a film or a moving picture is; None for a still one, which is ready at once."""
        if self.category == "dm_image":
            return None
        if self.asked >= _ASKED:
            return {"state": "succeeded", "progress_percent": 100}
        state = "in_progress" if self.asked else "pending"
        return {"state": state, "check_after_secs": 1, "progress_percent": 50 * self.asked}


class Files:
    """Files by their media id."""

    def __init__(self, first: int) -> None:
        self._next = first
        self._files: dict[str, File] = {}
        self._uploads: dict[str, Upload] = {}

    def keep(self, file: File) -> str:
        """Keep a file; gives its id."""
        ref = self._id()
        self._put(ref, file)
        return ref

    def get(self, ref: str) -> File | None:
        """A file by its id."""
        return self._files.get(ref)

    def ready(self, ref: str) -> bool:
        """Whether a message may name this file."""
        upload = self._uploads.get(ref)
        done = upload is None or (upload.processing() or {"state": "succeeded"})["state"] == "succeeded"
        return ref in self._files and done

    def begin(self, asked: Json) -> str:
        """Begin an upload; gives its id, or raises ValueError with what is wrong."""
        mime, size, category = (asked.get(each) for each in ("media_type", "total_bytes", "media_category"))
        if category not in _MOST or not isinstance(mime, str) or not mime.startswith(_TYPES[category]):
            raise ValueError("media_category: is none for this media_type")
        if not isinstance(size, int) or not 0 < size <= _MOST[category]:
            raise ValueError(f"total_bytes: must be between 1 and {_MOST[category]}")
        ref = self._id()
        self._uploads[ref] = Upload(mime, size, category)
        return ref

    def append(self, ref: str, form: dict[str, bytes]) -> None:
        """Take a part; raises ValueError or KeyError with what is wrong."""
        upload, number, part = self._uploads[ref], form["segment_index"].decode(), form["media"]
        if not number.isdigit() or int(number) > 999 or not 0 < len(part) <= _PART:
            raise ValueError("segment_index: must be 0 to 999, and a part at most 5 MB")
        upload.parts[int(number)] = part

    def finish(self, ref: str) -> Upload:
        """Put the parts together; raises ValueError or KeyError with what is wrong."""
        upload = self._uploads[ref]
        if len(upload.body) != upload.size or sorted(upload.parts) != list(range(len(upload.parts))):
            raise ValueError("media: segments do not add up to the provided total_bytes")
        upload.whole = True
        self._put(ref, File(upload.body, upload.mime))
        return upload

    def status(self, ref: str) -> Upload:
        """An upload that is whole, asked for once more; raises KeyError."""
        upload = self._uploads[ref]
        upload.asked += 1
        return upload

    def _put(self, ref: str, file: File) -> None:
        self._files[ref] = file
        if len(self._files) > _KEPT:
            oldest = next(iter(self._files))
            del self._files[oldest]
            self._uploads.pop(oldest, None)

    def _id(self) -> str:
        self._next += 1
        return str(self._next)


def form(body: bytes, mime: str) -> dict[str, bytes]:
    """The fields of a multipart form (RFC 7578); empty where it is none."""
    boundary = mime.partition("boundary=")[2].strip('"')
    if not mime.startswith("multipart/form-data") or not boundary:
        return {}
    found: dict[str, bytes] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        found[name] = content
    return found
