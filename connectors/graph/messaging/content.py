"""What a customer's message holds, as content; a message with several attachments is several."""

from collections.abc import Iterator

from msgspec.structs import replace

from connectors.graph.messaging.shapes import Attachment, Message, Payload
from state.model.content import Chosen, Content, Location, Media, MediaKind, Text, Unsupported

_KINDS: dict[str, MediaKind] = {
    "image": "image",
    "video": "video",
    "audio": "audio",
    "file": "document",
    "sticker": "sticker",
    "reel": "video",
    "ig_reel": "video",
}
_SHARED = {"share", "ig_post", "story_mention"}
"""What a customer shows of Instagram: an address that ends, with a picture or a film behind it."""
_NOTHING = Payload()


def contents(message: Message) -> Iterator[Content]:
    """Its contents in order, one at least."""
    if message.is_unsupported:
        yield Unsupported("unsupported", message.text)
    elif message.quick_reply and message.quick_reply.payload:
        yield Chosen(message.quick_reply.payload, message.text)
    else:
        yield from _said(message)


def _said(message: Message) -> Iterator[Content]:
    shown = [each for each in map(_attached, _single(message.attachments)) if each]
    links = [each for each in message.attachments if each.type == "fallback"]
    if message.text and len(shown) == 1 and isinstance(shown[0], Media):
        yield replace(shown[0], caption=message.text)
        return
    if message.text:
        yield Text(message.text)
    elif links:
        words = (word for each in links for word in (_title(each), _url(each)))
        yield Text("\n".join(filter(None, words)) or "fallback")
    elif not shown:
        yield Unsupported("empty")
    yield from shown


def _single(attachments: list[Attachment]) -> list[Attachment]:
    """A sticker comes as a picture too, for apps that do not know it: once is enough."""
    if not any(each.type == "sticker" for each in attachments):
        return attachments
    return [each for each in attachments if each.type != "image" or not (each.payload or _NOTHING).sticker_id]


def _attached(item: Attachment) -> Content | None:
    """An attachment; None where the text says it already (the preview of a link)."""
    payload = item.payload or _NOTHING
    if item.type == "fallback":
        return None
    if item.type == "location" and payload.coordinates:
        place = payload.coordinates
        return Location(place.lat, place.long, _title(item), url=_url(item))
    kind = "sticker" if payload.sticker_id and item.type == "image" else item.type
    if kind in _KINDS and payload.url:
        caption = payload.title or "" if kind in ("reel", "ig_reel") else ""
        return Media(_KINDS[kind], payload.url, caption=caption)
    if kind in _SHARED and payload.url:
        return Media("image", payload.url, caption=payload.title or "")
    return Unsupported(item.type[:60], _url(item))


def _title(item: Attachment) -> str:
    return item.title or (item.payload or _NOTHING).title or ""


def _url(item: Attachment) -> str:
    return (item.payload or _NOTHING).url or item.url or ""
