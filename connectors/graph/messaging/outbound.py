"""Writing messages for the Send API: every content type as its JSON, limits checked before anything is sent."""

from typing import Any

from connectors.graph import bounds
from connectors.graph.bounds import within
from connectors.graph.messaging import limits, native
from connectors.graph.messaging.native import Button, Native
from connectors.graph.messaging.side import Side
from connectors.values import named
from state.model.address import path
from state.model.content import Choice, Component, Content, Media, Option, Parameter, Reaction, Template, Text
from state.model.wire import BadMessage, File, Outbound, Sent

Json = dict[str, Any]
_REACTIONS = {
    "❤": "love", "😆": "smile", "😮": "wow", "😢": "sad", "😠": "angry", "👍": "like", "👎": "dislike",
}  # fmt: skip
TYPES = {"document": "file"}
"""Meta's words for kinds of media, where they are other than ours."""


def body(message: Outbound, side: Side, uploaded: str = "") -> Json:
    """The JSON of a message; `uploaded` is the id of its file. Raises BadMessage naming the field at fault."""
    options = native.native_of(message.native, side.where)
    to = recipient(message.to, side, options)
    if isinstance(message.content, Reaction):
        return {"recipient": to, **reaction(message.content)}
    said = _message(message.content, side, options, uploaded)
    if side.messenger:
        said["metadata"] = within("id", message.id, limits.METADATA)
    found: Json = {"recipient": to, **_type(message.content, options), "message": said}
    if message.reply_to:
        found["reply_to"] = {"mid": message.reply_to}
    named = ("persona_id", "notification_type")
    return found | {name: value for name in named if (value := getattr(options, name))}


def recipient(to: tuple[str, ...], side: Side, options: Native | None = None) -> Json:
    """Whom a call is about; raises BadMessage."""
    named = native.recipient(options) if options else {}
    if len(named) > 1:
        raise BadMessage(side.where, f"{' and '.join(named)} exclude each other")
    found = path(to, side.scheme)
    if not found and not named:
        raise BadMessage("to", f"holds no {side.name} id")
    return named or {"id": found}


def reaction(content: Reaction) -> Json:
    """The sender action that puts an emoji on a message, or takes it back."""
    bare = content.emoji.rstrip("\ufe0f")
    target = within("target", content.target, 500, 1)
    if not bare:
        return {"sender_action": "unreact", "payload": {"message_id": target}}
    named = {"message_id": target, "reaction": _REACTIONS.get(bare, bare)}
    return {"sender_action": "react", "payload": named}


def file_of(message: Outbound, side: Side) -> tuple[File, str] | None:
    """The file to upload first, with Meta's word for its kind; raises BadMessage."""
    content = message.content
    if not isinstance(content, Media) or content.ref or content.url:
        return None
    file = message.files.get(content.stored)
    if file is None:
        raise BadMessage(
            "media", "its file is not at hand" if content.stored else "it needs `ref`, `url` or `stored`"
        )
    most = limits.BYTES.get(content.kind, 0)
    if not 0 < len(file.body) <= most:
        raise BadMessage("media", f"the file has {len(file.body)} bytes; 1 to {most} are allowed")
    named = File(file.body, content.mime or file.mime, content.name or file.name)
    return named, TYPES.get(content.kind, content.kind)


def sent(answer: Json, status: int, content: Content) -> Sent:
    """What an answer of success says; that to a reaction names the recipient alone. Raises Unclear."""
    found = answer.get("message_id")
    if isinstance(content, Reaction) and "recipient_id" in answer:
        return Sent(found if isinstance(found, str) else "")
    return Sent(named(found, status, "message id"))


def _type(content: Content, options: Native) -> Json:
    """Why it may be sent: as an answer, outside the window by a person, or as an approved template."""
    if isinstance(content, Template):
        return {"messaging_type": "UTILITY"}
    if options.tag:
        return {"messaging_type": "MESSAGE_TAG", "tag": options.tag}
    return {"messaging_type": options.messaging_type or "RESPONSE"}


def _message(content: Content, side: Side, options: Native, uploaded: str) -> Json:
    special = native.special(options, side.where)
    if special is not None:
        if not isinstance(content, Text):
            raise BadMessage(side.where, "a carousel, a media card or a sticker goes with a text")
        return special
    match content:
        case Text(text=text):
            asked: Json = {"quick_replies": [{"content_type": "user_email"}]} if options.ask_email else {}
            return {"text": _words(text, side)} | asked
        case Media():
            return _media(content, side, uploaded)
        case Choice():
            return _choice(content, side)
        case Template() if side.messenger:
            return {"template": _template(content)}
    raise BadMessage("content", f"{side.name} cannot show {type(content).__name__}")


def _words(text: str, side: Side) -> str:
    size = len(text.encode("utf-8", "replace")) if side.in_bytes else len(text)
    if not 1 <= size <= side.text:
        unit = "bytes" if side.in_bytes else "characters"
        raise BadMessage("text", f"has {size} {unit}; 1 to {side.text} are allowed")
    return text


def _media(content: Media, side: Side, uploaded: str) -> Json:
    if content.kind not in limits.BYTES:
        raise BadMessage("kind", f"{side.name} cannot show {content.kind}")
    if content.caption:
        raise BadMessage("caption", f"{side.name} shows none")
    ref = uploaded or content.ref
    if ref:
        payload: Json = {"attachment_id": ref}
    else:
        payload = {"url": bounds.address("url", content.url)}
    return {"attachment": {"type": TYPES.get(content.kind, content.kind), "payload": payload}}


def _choice(content: Choice, side: Side) -> Json:
    """Quick replies where all are replies: there may be more of them; else a template with buttons."""
    if content.header or content.footer:
        raise BadMessage("header" if content.header else "footer", f"{side.name} shows none")
    if all(option.kind in ("reply", "share_contact") for option in content.options):
        bounds.count("options", len(content.options), limits.QUICK_REPLIES)
        replies = [_quick(option, f"options[{n}]", side) for n, option in enumerate(content.options)]
        return {"text": _words(content.text, side), "quick_replies": replies}
    text = within("text", content.text, limits.BUTTON_TEXT, 1)
    made = tuple(_button(option, f"options[{n}]", side) for n, option in enumerate(content.options))
    return native.template({"template_type": "button", "text": text} | native.buttons("options", made))


def _quick(option: Option, field: str, side: Side) -> Json:
    if option.kind == "share_contact":
        if not side.messenger:
            raise BadMessage(f"{field}.kind", f"{side.name} asks for no phone number")
        return {"content_type": "user_phone_number"}
    title = within(f"{field}.title", option.title, limits.TITLE, 1)
    payload = within(f"{field}.id", option.id, limits.PAYLOAD, 1)
    return {"content_type": "text", "title": title, "payload": payload}


def _button(option: Option, field: str, side: Side) -> Button:
    if option.kind not in ("reply", "url"):
        raise BadMessage(f"{field}.kind", f"{side.name} has no {option.kind} beside other options")
    return Button(option.title, payload=option.id, url=option.url if option.kind == "url" else "")


def _template(content: Template) -> Json:
    """An approved utility template: its name, language, and what goes into its places."""
    name = within("name", content.name, 512, 1)
    found: Json = {"name": name, "language": {"code": within("language", content.language, 20, 2)}}
    parts = [_component(each, f"components[{n}]") for n, each in enumerate(content.components)]
    return found | ({"components": parts} if parts else {})


def _component(given: Component, field: str) -> Json:
    if given.kind == "carousel":
        raise BadMessage(f"{field}.kind", "a utility template has no carousel")
    values = [_parameter(each, f"{field}.parameters[{n}]") for n, each in enumerate(given.parameters)]
    found: Json = {"type": given.kind, "parameters": values}
    return found | ({"sub_type": given.button, "index": given.index} if given.kind == "button" else {})


def _parameter(given: Parameter, field: str) -> Json:
    named = {"parameter_name": given.name} if given.name else {}
    if given.media:
        kind = TYPES.get(given.media.kind, given.media.kind)
        return {"type": kind, kind: {"link": bounds.address(f"{field}.media.url", given.media.url)}}
    if given.payload:
        return {"type": "payload", "payload": given.payload}
    return {"type": "text", **named, "text": within(f"{field}.text", given.text, 1024, 1)}
