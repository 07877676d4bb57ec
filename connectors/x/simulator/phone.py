"""What a customer does on a simulated phone, as the item X makes of it, and what a phone shows of such an item."""

from collections.abc import Mapping
from typing import Any

from connectors.contract import File
from state.model.content import Chosen, Content, Media, MediaKind, Text, Unsupported

Json = dict[str, Any]
What = Mapping[str, object]
MEDIA: dict[str, tuple[MediaKind, str, str]] = {
    "image": ("image", "photo", "jpg"),
    "video": ("video", "video", "mp4"),
    "gif": ("video", "animated_gif", "mp4"),
}
"""What a phone can attach: the kind, X's word for it, and the ending of its name."""
_SHORT = "https://t.co/Simulated1"
_ENDINGS = {"image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def said(what: What, dm_id: str, file: File | None) -> Json:
    """The `message_data` of what is said; raises KeyError or ValueError where the phone cannot say it."""
    kind = str(what["type"])
    if kind in MEDIA:
        return _attached(kind, what, dm_id, file)
    if kind not in ("text", "choice"):
        raise ValueError(f"a phone cannot send {kind!r}; it can send {', '.join(['text', 'choice', *MEDIA])}")
    words = str(what["text"] if kind == "text" else what["title"])
    if not 0 < len(words) <= 10_000:
        raise ValueError("a message has 1 to 10000 characters")
    data: Json = {"text": _escaped(words), "entities": _entities()}
    if kind == "choice":
        data["quick_reply_response"] = {"type": "options", "metadata": str(what["id"])}
    return data


def _attached(kind: str, what: What, dm_id: str, file: File | None) -> Json:
    _, word, ending = MEDIA[kind]
    ref = str(what["id"])
    if not ref.isdigit():
        raise ValueError("this is no file's id")
    mime = file.mime if file else str(what.get("mime") or "")
    name = f"Simulated.{_ENDINGS.get(mime, ending) if kind == 'image' else ending}"
    media: Json = {
        "id": int(ref), "id_str": ref, "url": _SHORT, "type": word,
        "media_url_https": f"https://ton.twitter.com/1.1/ton/data/dm/{dm_id}/{ref}/{name}",
        "expanded_url": f"https://twitter.com/messages/media/{dm_id}",
    }  # fmt: skip
    if kind != "image":
        url = f"https://video.twimg.com/dm_video/{ref}/vid/640x360/{name}?tag=1"
        media["video_info"] = {"variants": [{"bitrate": 832000, "content_type": "video/mp4", "url": url}]}
    words = f"{_escaped(str(what.get('caption') or ''))} {_SHORT}".lstrip()
    links = [
        {"url": _SHORT, "expanded_url": media["expanded_url"], "display_url": "pic.twitter.com/Simulated1"}
    ]
    return {"text": words, "entities": _entities(links), "attachment": {"type": "media", "media": media}}


def _entities(links: list[Json] | None = None) -> Json:
    return {"hashtags": [], "symbols": [], "user_mentions": [], "urls": links or []}


def _escaped(words: str) -> str:
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def own(what: What) -> Content:
    """What the phone shows of what its owner said."""
    kind = str(what["type"])
    if kind in MEDIA:
        return Media(MEDIA[kind][0], ref=str(what["id"]), caption=str(what.get("caption") or ""))
    if kind == "choice":
        return Chosen(str(what["id"]), str(what["title"]))
    return Text(str(what["text"]))


def shown(body: Json, file: File | None) -> Content:
    """What the phone shows of a message of ours, read from the wire."""
    words = str(body.get("text") or "")
    attached = body.get("attachments")
    if not attached:
        return Text(words)
    ref = str(attached[0]["media_id"])
    kinds: dict[str, MediaKind] = {"image": "image", "video": "video"}
    kind = kinds.get((file.mime if file else "").partition("/")[0])
    if kind is None:
        return Unsupported("attachment", words)
    return Media(kind, ref=ref, mime=file.mime if file else "", caption=words)
