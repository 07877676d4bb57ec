"""Activities of Bot Framework, in both directions (Direct Line 3.0, activity schema)."""

from typing import Any

import msgspec

from connectors import values
from state.model.content import (
    Choice,
    Chosen,
    Content,
    Form,
    Media,
    MediaKind,
    Option,
    Text,
    Unsupported,
    plain,
)
from state.model.event import ClientEvent, Event, MessageReceived, Reacted, Typing
from state.model.wire import BadMessage, Malformed, Outbound, Received

Activity = dict[str, Any]
_MOST_TEXT = 20_000


class From(msgspec.Struct):
    """Who an activity says it is from; the token decides, not this."""

    name: str = ""


class Attachment(msgspec.Struct, rename="camel"):
    """A file of an activity."""

    content_type: str = ""
    content_url: str = ""
    name: str = ""


class Reaction(msgspec.Struct):
    """A reaction by its type, as `like`."""

    type: str = ""


class Posted(msgspec.Struct, rename="camel"):
    """A posted activity as far as we read it."""

    type: str
    text: str | None = None
    value: Any = None
    name: str | None = None
    locale: Any = None
    reply_to_id: str | None = None
    sender: From | None = msgspec.field(default=None, name="from")
    attachments: list[Attachment] | None = None
    reactions_added: list[Reaction] | None = None
    reactions_removed: list[Reaction] | None = None


_posted = msgspec.json.Decoder(Posted)


def read(body: bytes, user: str, key: str, at: int) -> Received:
    """The event of a posted activity, taken at a time (milliseconds, UTC); raises Malformed."""
    try:
        posted = _posted.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Malformed(str(error)) from error
    common: dict[str, Any] = {
        "key": key,
        "at": at,
        "addresses": (f"inapp:{user}",),
        "name": posted.sender.name if posted.sender else "",
        "locale": values.locale(posted.locale),
    }
    return Received(tuple(_events(posted, key, common)))


def _events(posted: Posted, key: str, common: dict[str, Any]) -> list[Event]:
    match posted.type:
        case "message":
            files = posted.attachments or []
            contents = [_media(each, posted) for each in files] or [_said(posted)]
            return [
                MessageReceived(
                    **{**common, "key": f"{key}:{n}" if n else key},
                    provider_id=key,
                    content=content,
                    reply_to=posted.reply_to_id or "",
                    client_ref=key,
                )
                for n, content in enumerate(contents)
            ]
        case "typing":
            return [Typing(**common)]
        case "event":
            return [ClientEvent(**common, event_name=posted.name or "", value=posted.value)]
        case "messageReaction":
            added = posted.reactions_added or []
            emoji = added[0].type if added else ""
            return [Reacted(**common, provider_id=key, target=posted.reply_to_id or "", emoji=emoji)]
        case "conversationUpdate" | "endOfConversation":
            return []
    raise Malformed(f"activities of type {posted.type!r} are not taken")


def _said(posted: Posted) -> Content:
    """A choice where the value says so, a filled form for another value, else the text."""
    text = posted.text or ""
    if len(text) > _MOST_TEXT:
        raise Malformed(f"text has {len(text)} characters; {_MOST_TEXT} are allowed")
    value = posted.value
    if isinstance(value, dict) and isinstance(value.get("chosen"), str):
        return Chosen(value["chosen"], str(value.get("title") or text))
    if isinstance(value, dict) and value:
        return Form(text=text, answers=value)
    if isinstance(value, str) and value and not text:
        return Chosen(value, value)
    return Text(text)


def _media(file: Attachment, posted: Posted) -> Content:
    kind = file.content_type.partition("/")[0]
    if not file.content_url:
        return Unsupported(file.content_type or "attachment")
    shown: MediaKind = kind if kind in ("image", "video", "audio") else "document"  # type: ignore[assignment]
    return Media(
        shown, url=file.content_url, mime=file.content_type, name=file.name, caption=posted.text or ""
    )


def write(message: Outbound) -> Activity:
    """The activity of a message; raises BadMessage."""
    activity = _written(message.content)
    activity["type"] = "message"
    if message.reply_to:
        activity["replyToId"] = message.reply_to
    if len(activity.get("text", "")) > _MOST_TEXT:
        raise BadMessage("text", f"has {len(activity['text'])} characters; {_MOST_TEXT} are allowed")
    return activity


def _written(content: Content) -> Activity:
    match content:
        case Text():
            return {"text": content.text, "textFormat": content.format}
        case Media():
            return _file(content)
        case Choice():
            return _choice(content)
    raise BadMessage("content", f"an app cannot show {type(content).__name__}: {plain(content)!r}")


def _file(content: Media) -> Activity:
    if not content.url:
        raise BadMessage("media.url", "an app fetches media by their address")
    mime = content.mime or {"image": "image/png", "video": "video/mp4", "audio": "audio/mpeg"}.get(
        content.kind, "application/octet-stream"
    )
    attachment = {"contentType": mime, "contentUrl": content.url, "name": content.name or content.caption}
    return {"text": content.caption, "attachments": [attachment]}


def _choice(content: Choice) -> Activity:
    """Buttons as suggested actions, a list as a card with buttons."""
    actions = [_action(option) for option in content.options]
    activity: Activity = {"text": content.text, "textFormat": "plain"}
    if isinstance(content.header, Media):
        activity["attachments"] = _file(content.header)["attachments"]
    if content.style == "buttons":
        return activity | {"suggestedActions": {"to": [], "actions": actions}}
    card = {"title": content.header.text if isinstance(content.header, Text) else "", "text": content.text}
    hero = {"contentType": "application/vnd.microsoft.card.hero", "content": card | {"buttons": actions}}
    return {"text": "", "attachments": [*activity.get("attachments", []), hero]}


def _action(option: Option) -> Activity:
    if option.kind == "url":
        return {"type": "openUrl", "title": option.title, "value": option.url}
    value = {"chosen": option.id, "title": option.title}
    shown = {"type": "messageBack", "title": option.title, "text": option.title, "displayText": option.title}
    return shown | {"value": value}
