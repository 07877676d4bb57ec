"""Messages as calls of the Bot API: the method and its JSON, checked before any call."""

import html
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import msgspec

from connectors.telegram.profile import BUTTON_DATA, BUTTON_TITLE, BUTTONS, BYTES, CAPTION, TEXT
from state.model.base import Value
from state.model.content import (
    Choice,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    Option,
    Reaction,
    Text,
)
from state.model.wire import BadMessage, File, Outbound

Json = dict[str, Any]
_METHODS: dict[MediaKind, tuple[str, str]] = {
    "image": ("sendPhoto", "photo"),
    "video": ("sendVideo", "video"),
    "audio": ("sendAudio", "audio"),
    "document": ("sendDocument", "document"),
    "sticker": ("sendSticker", "sticker"),
}


class Native(Value, frozen=True, kw_only=True):
    """Options only Telegram has: `silent`, `protected`, `thread` (a topic's id), `preview` of links."""

    silent: bool = False
    protected: bool = False
    thread: int = 0
    preview: bool = True


class Made(NamedTuple):
    """A call to make: the method, its JSON, and the file that goes along under a name."""

    method: str
    body: Json
    upload: tuple[str, File] | None = None


def chat_of(addresses: tuple[str, ...]) -> Json:
    """The chat of a customer, and the business connection it is reached by; raises BadMessage."""
    for each in addresses:
        scheme, _, path = each.partition(":")
        chat, _, connection = path.partition("/")
        if scheme == "telegram" and re.fullmatch(r"-?\d{1,19}", chat):
            return {"chat_id": int(chat)} | ({"business_connection_id": connection} if connection else {})
    raise BadMessage("to", "Telegram needs a chat's id")


def made(message: Outbound) -> Made:
    """The call of a message; raises BadMessage."""
    native = _native(message.native)
    builder = _BUILDERS.get(type(message.content))
    if builder is None:
        raise BadMessage("content", f"Telegram cannot show {type(message.content).__name__}")
    method, part, upload = builder(message.content, message)
    if method == "setMessageReaction":
        return Made(method, {"chat_id": chat_of(message.to)["chat_id"]} | part)
    body = chat_of(message.to) | part | _around(message, native)
    return Made(method, body, upload)


def _native(given: Mapping[str, Any]) -> Native:
    try:
        return msgspec.convert(given, Native)
    except msgspec.ValidationError as error:
        raise BadMessage("native.telegram", str(error)) from error


def _around(message: Outbound, native: Native) -> Json:
    found: Json = {}
    if message.reply_to:
        found["reply_parameters"] = {
            "message_id": place(message.reply_to, "reply_to"),
            "allow_sending_without_reply": True,
        }
    if native.silent:
        found["disable_notification"] = True
    if native.protected:
        found["protect_content"] = True
    if native.thread:
        found["message_thread_id"] = native.thread
    if not native.preview:
        found["link_preview_options"] = {"is_disabled": True}
    return found


def place(provider_id: str, field: str) -> int:
    """The message's number in an id of ours, `chat:message`; raises BadMessage."""
    found = provider_id.rpartition(":")[2]
    if not re.fullmatch(r"\d{1,19}", found):
        raise BadMessage(field, f"{provider_id[:40]!r} is no id of a message")
    return int(found)


Part = tuple[str, Json, tuple[str, File] | None]


def _text(content: Text, message: Outbound) -> Part:
    if not 1 <= len(content.text) <= TEXT:
        raise BadMessage("text", f"has {len(content.text)} characters; 1 to {TEXT} are allowed")
    if content.format == "markdown":
        return "sendMessage", {"text": as_html(content.text), "parse_mode": "HTML"}, None
    return "sendMessage", {"text": content.text}, None


def _media(content: Media, message: Outbound) -> Part:
    method, name = ("sendVoice", "voice") if content.voice else _METHODS[content.kind]
    if len(content.caption) > CAPTION or (content.caption and content.kind == "sticker"):
        raise BadMessage(
            "caption", f"has {len(content.caption)} characters; {CAPTION} are allowed, and none on a sticker"
        )
    body: Json = {"caption": content.caption} if content.caption else {}
    if content.ref or content.url:
        return method, body | {name: content.ref or content.url}, None
    file = message.files.get(content.stored)
    if file is None:
        raise BadMessage(
            "stored" if content.stored else "url", "its file is not at hand: give `ref`, `url` or `stored`"
        )
    if len(file.body) > BYTES[content.kind]:
        raise BadMessage("stored", f"has {len(file.body)} bytes; {BYTES[content.kind]} are taken")
    named = File(file.body, content.mime or file.mime, content.name or file.name or name)
    return method, body, (name, named)


def _location(content: Location, message: Outbound) -> Part:
    if not (-90 <= content.latitude <= 90 and -180 <= content.longitude <= 180):
        raise BadMessage("latitude", "is -90 to 90 degrees, and longitude -180 to 180")
    body: Json = {"latitude": content.latitude, "longitude": content.longitude}
    if content.name or content.address:
        return (
            "sendVenue",
            body | {"title": content.name or content.address, "address": content.address},
            None,
        )
    return "sendLocation", body, None


def _contact(content: ContactCard, message: Outbound) -> Part:
    if len(content.cards) != 1 or not content.cards[0].phones:
        raise BadMessage("cards", "Telegram shows one person a message, with a number")
    (card,) = content.cards
    body = {
        "phone_number": card.phones[0].phone,
        "first_name": card.first_name or card.name,
        "last_name": card.last_name,
    }
    return "sendContact", body, None


def _reaction(content: Reaction, message: Outbound) -> Part:
    reaction = [{"type": "emoji", "emoji": content.emoji}] if content.emoji else []
    return "setMessageReaction", {"message_id": place(content.target, "target"), "reaction": reaction}, None


def _choice(content: Choice, message: Outbound) -> Part:
    if content.header or content.footer:
        raise BadMessage("header" if content.header else "footer", "Telegram has none")
    if not 1 <= len(content.options) <= BUTTONS:
        raise BadMessage("options", f"are {len(content.options)}; 1 to {BUTTONS} are allowed")
    _, body, _ = _text(Text(content.text), message)
    asks = [option for option in content.options if option.kind not in ("reply", "url")]
    if asks and len(content.options) > 1:
        raise BadMessage("options", "one that asks the customer for something stands alone")
    return "sendMessage", body | {"reply_markup": _ask(asks[0]) if asks else _inline(content)}, None


def _inline(content: Choice) -> Json:
    return {"inline_keyboard": [[_button(n, option)] for n, option in enumerate(content.options)]}


def _button(n: int, option: Option) -> Json:
    title = _title(n, option)
    if option.kind == "url":
        if not option.url.startswith(("https://", "http://", "tg://")):
            raise BadMessage(f"options[{n}].url", "is no web address")
        return {"text": title, "url": option.url}
    if not 1 <= len(option.id.encode()) <= BUTTON_DATA:
        raise BadMessage(
            f"options[{n}].id", f"has {len(option.id.encode())} bytes; 1 to {BUTTON_DATA} are allowed"
        )
    return {"text": title, "callback_data": option.id}


def _title(n: int, option: Option) -> str:
    if not 1 <= len(option.title) <= BUTTON_TITLE:
        raise BadMessage(
            f"options[{n}].title", f"has {len(option.title)} characters; 1 to {BUTTON_TITLE} are allowed"
        )
    return option.title


_ASKS = {"share_location": "request_location", "share_contact": "request_contact"}


def _ask(option: Option) -> Json:
    if option.kind not in _ASKS:
        raise BadMessage("options[0].kind", f"Telegram cannot ask for {option.kind}")
    button = {"text": _title(0, option), _ASKS[option.kind]: True}
    return {"keyboard": [[button]], "resize_keyboard": True, "one_time_keyboard": True}


_BUILDERS: dict[type[Content], Callable[[Any, Outbound], Part]] = {
    Text: _text,
    Media: _media,
    Location: _location,
    ContactCard: _contact,
    Reaction: _reaction,
    Choice: _choice,
}

_CODE = re.compile(r"```(?:\w*\n)?(.+?)```|`([^`\n]+)`", re.DOTALL)
_MARKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\[([^\]\n]+)\]\((https?://[^\s)]+)\)"), r'<a href="\2">\1</a>'),
    (re.compile(r"\*\*(\S(?:.*?\S)?)\*\*"), r"<b>\1</b>"),
    (re.compile(r"(?<![\w*])\*(\S(?:[^*\n]*\S)?)\*(?![\w*])"), r"<i>\1</i>"),
    (re.compile(r"(?<![\w/])_(\S(?:[^_\n]*\S)?)_(?!\w)"), r"<i>\1</i>"),
    (re.compile(r"~~(\S(?:.*?\S)?)~~"), r"<s>\1</s>"),
)
_TAG = re.compile(r'<(/?)([a-z]+)(?: href="[^"<]*")?>|[<>]')


def as_html(text: str) -> str:
    """Markdown in the subset the Bot API knows, as its HTML; what is no mark is shown as it is.

    Marks that cross each other would be refused, and the message with them: such words go without any.
    """
    plain = html.escape(text, quote=False).replace('"', "&quot;")
    found, at = [], 0
    for code in _CODE.finditer(plain):
        shown = f"<pre>{code[1]}</pre>" if code[1] else f"<code>{code[2]}</code>"
        found += [_marked(plain[at : code.start()]), shown]
        at = code.end()
    return "".join((*found, _marked(plain[at:])))


def _marked(plain: str) -> str:
    """Words without code in them, marked; as they are where their marks do not nest."""
    found = plain
    for mark, shown in _MARKS:
        found = mark.sub(shown, found)
    return found if _nests(found) else plain


def _nests(marked: str) -> bool:
    """Whether every tag ends within the one it began in."""
    within: list[str] = []
    for tag in _TAG.finditer(marked):
        if not tag[2] or (tag[1] and (not within or within.pop() != tag[2])):
            return False
        if not tag[1]:
            within.append(tag[2])
    return not within
