"""The pages people look at, rendered from templates, and the files these pages load, read once."""

from functools import cache
from gzip import compress
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from types import MappingProxyType
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from state.model.base import Value

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"

HEADERS: Final = MappingProxyType(
    {
        "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' https: data: blob:; media-src 'self' https: blob:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
)
"""What every page and static file is answered with: no inline script or style, and only pictures from elsewhere."""


class StaticFile(Value, frozen=True):
    """One file the pages load: its bytes, media type and ETag (RFC 9110; weak, since it stands for both forms).

    `gzip` is the body as gzip writes it (RFC 1952), or empty where that would gain nothing.
    """

    body: bytes
    mime: str
    etag: str
    gzip: bytes = b""


class StartView(Value, frozen=True):
    """What the start page tells of the demo: the version, the channels' names and the bots' files; else nothing."""

    version: str = ""
    channels: tuple[str, ...] = ()
    demo: bool = True
    files: tuple[str, ...] = ()


def start_page(view: StartView) -> str:
    """The page at `/`, which leads to the others."""
    return _render("start.html", title="Start", here="/", demo=view.demo, view=view)


def chat_page(name: str = "Chat") -> str:
    """The page at `/chat`: an in-app customer's conversation over Direct Line; `name` is who answers."""
    return _render("chat.html", title="Chat", here="/chat", demo=True, name=name)


def simulator_page() -> str:
    """The page at `/simulator`: simulated phones beside the wire they cause."""
    return _render("simulator.html", title="Simulator", here="/simulator", demo=True)


def static_files(*folders: Path) -> dict[str, StaticFile]:
    """What is served under `/static/`, by its path there; a folder may add files but replace none (ValueError)."""
    files: dict[str, StaticFile] = {}
    for folder in (STATIC, *folders):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file():
                if name in files:
                    raise ValueError(f"two static files are named {name}: the second is {path}")
                files[name] = _read(path)
    return files


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    mime = (
        "text/javascript" if path.suffix == ".js" else guess_type(path.name)[0] or "application/octet-stream"
    )
    if mime.startswith("text/"):
        mime += "; charset=utf-8"
    packed = compress(body, mtime=0)
    etag = f'W/"{sha256(body).hexdigest()[:20]}"'
    return StaticFile(body, mime, etag, packed if len(packed) < len(body) else b"")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, *, demo: bool, **values: object) -> str:
    played = [("/chat", "Chat"), ("/simulator", "Simulator")] if demo else []
    return _templates().get_template(template).render(faces=[*played, ("/admin", "Admin")], **values)
