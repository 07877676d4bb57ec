"""The Bot API's end of the wire: answers our calls, and sends the updates that customers cause."""

import email.parser
import email.policy
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown
from state.model.channel import Channel
from state.model.content import (
    Card,
    Choice,
    Chosen,
    ContactCard,
    Content,
    Location,
    Media,
    MediaKind,
    Option,
    Reaction,
    Text,
    Unsupported,
)
from state.model.content import Phone as Number
from state.model.wire import Answer, Reply, Request

Json = dict[str, Any]
_BOT: Json = {"id": 7000001, "is_bot": True, "first_name": "Parley", "username": "parley_bot"}
_REFUSALS: dict[Refusal, tuple[int, str]] = {
    "throttled": (429, "Too Many Requests: retry after 5"),
    "unavailable": (502, "Bad Gateway"),
    "expired_token": (401, "Unauthorized"),
    "ban": (403, "Forbidden: PEER_FLOOD"),
}
_MEDIA: dict[str, MediaKind] = {
    "photo": "image", "video": "video", "audio": "audio", "voice": "audio", "document": "document",
    "sticker": "sticker",
}  # fmt: skip
_MEMBERS: dict[str, Json] = {
    "member": {"status": "member", "user": _BOT},
    "kicked": {"status": "kicked", "user": _BOT, "until_date": 0},
}
_METHODS = {"sendPhoto", "sendVideo", "sendAudio", "sendVoice", "sendDocument", "sendSticker"}


class TelegramSimulator:
    """Plays Telegram for one bot."""

    undeliverable: ClassVar[tuple[str, bool]] = ("403 Forbidden: user is deactivated", False)
    phones: ClassVar[tuple[Phone, ...]] = tuple(
        Phone(str(5550100 + n), f"Customer {n + 1}") for n in range(3)
    )

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._token = channel.credentials.get("bot_token", "")
        self._secret = channel.credentials.get("secret_token", "")
        self._path, self._clock = f"/webhooks/{channel.id}", clock
        self._count = int(clock() * 1000)
        self._files: dict[str, File] = {}
        self._faults: list[str] = []
        self._blocked: set[str] = set()
        self._shown: dict[tuple[str, int], Json] = {}

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """An update of what the customer does; raises KeyError or ValueError where the app cannot do that."""
        name = f"Customer {sender[-2:]}"
        user = {"id": int(sender), "is_bot": False, "first_name": name, "language_code": "en"}
        chat = {"id": int(sender), "type": "private", "first_name": name}
        match str(what["type"]):
            case "stop" | "unblock" as kind:
                return self._blocks(chat, user, blocked=kind == "stop")
            case "choice":
                return self._press(chat, user, str(what["id"]), str(what.get("reply_to") or ""))
            case "reaction":
                return self._react(chat, user, str(what["target"]), str(what.get("emoji") or ""))
            case "edit":
                number = int(str(what["target"]).rpartition(":")[2])
                message = {"message_id": number, "from": user, "chat": chat, "date": self._now()}
                edited = message | {"edit_date": self._now(), "text": str(what["text"])}
                return Said(self._update("edited_message", edited))
            case kind:
                return self._writes(chat, user, kind, what)

    def _blocks(self, chat: Json, user: Json, *, blocked: bool) -> Said:
        (self._blocked.add if blocked else self._blocked.discard)(str(chat["id"]))
        new, old = ("kicked", "member") if blocked else ("member", "kicked")
        change = {"chat": chat, "from": user, "date": self._now()}
        change |= {"old_chat_member": _MEMBERS[old], "new_chat_member": _MEMBERS[new]}
        return Said(self._update("my_chat_member", change))

    def _writes(self, chat: Json, user: Json, kind: str, what: Mapping[str, object]) -> Said:
        message = {"message_id": self._next(), "from": user, "chat": chat, "date": self._now()}
        message |= self._part(kind, what)
        quoted = str(what.get("reply_to") or "")
        if quoted:
            number = int(quoted.rpartition(":")[2])
            message["reply_to_message"] = {
                "message_id": number,
                "chat": chat,
                "date": self._now(),
                "from": _BOT,
            }
        shown = Shown(f"{chat['id']}:{message['message_id']}", str(chat["id"]), content_of(message), quoted)
        return Said(self._update("message", message), shown)

    def _part(self, kind: str, what: Mapping[str, object]) -> Json:
        match kind:
            case "text" | "start":
                return {
                    "text": str(what["text"]) if kind == "text" else f"/start {what.get('text', '')}".strip()
                }
            case "location":
                return {"location": {name: float(str(what[name])) for name in ("latitude", "longitude")}}
            case "contact":
                return {"contact": {"phone_number": str(what["phone"]), "first_name": str(what["name"])}}
            case "image":
                return {"photo": [self._file(what)], **_caption(what)}
            case "video" | "audio" | "document" | "sticker":
                return {kind: self._file(what), **_caption(what)}
        raise ValueError(f"the app cannot send {kind!r}")

    def _file(self, what: Mapping[str, object]) -> Json:
        ref = str(what["id"])
        known = self._files.get(ref)
        size = len(known.body) if known else 0
        found: Json = {"file_id": ref, "file_unique_id": f"u{ref}", "file_size": size}
        return found | (
            {"mime_type": str(what["mime"])} if what.get("mime") and what["type"] != "image" else {}
        )

    def _press(self, chat: Json, user: Json, data: str, on: str) -> Said:
        number = int(on.rpartition(":")[2]) if on else 0
        message = self._shown.get((str(chat["id"]), number)) or {
            "message_id": number,
            "chat": chat,
            "date": 0,
        }
        query = {
            "id": str(self._next()),
            "from": user,
            "message": message,
            "chat_instance": "1",
            "data": data,
        }
        place = f"{chat['id']}:{self._next()}"
        title = next((each.title for each in _options(message) if each.id == data), data)
        return Said(
            self._update("callback_query", query), Shown(place, str(chat["id"]), Chosen(data, title), on)
        )

    def _react(self, chat: Json, user: Json, target: str, emoji: str) -> Said:
        number = int(target.rpartition(":")[2])
        new = [{"type": "emoji", "emoji": emoji}] if emoji else []
        change = {
            "chat": chat,
            "message_id": number,
            "user": user,
            "date": self._now(),
            "old_reaction": [],
            "new_reaction": new,
        }
        shown = Shown(f"r{self._next()}", str(chat["id"]), Reaction(target, emoji))
        return Said(self._update("message_reaction", change), shown)

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """An update of this kind."""
        return self._update(field, dict(value))

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as the Bot API does."""
        path = request.url.partition("?")[0]
        if path.startswith(f"/file/bot{self._token}/"):
            kept = self._files.get(path.rpartition("/")[2])
            octets = {"content-type": "application/octet-stream"}
            return Answered(Reply(200, octets, kept.body)) if kept else _no(404, "Not Found")
        if not path.startswith(f"/bot{self._token}/"):
            return _no(401, "Unauthorized")
        method = path.rpartition("/")[2]
        body, file = self._fields(request)
        return self._method(method, body, file)

    def _method(self, method: str, body: Json, file: tuple[str, File] | None) -> Answered:
        chat = str(body.get("chat_id", ""))
        match method:
            case "getFile":
                ref = str(body.get("file_id"))
                return (
                    _yes({"file_id": ref, "file_path": f"files/{ref}"})
                    if ref in self._files
                    else _no(400, "Bad Request: invalid file_id")
                )
            case "getMe":
                return _yes(_BOT)
            case "getChat":
                return _yes(
                    {
                        "id": int(chat),
                        "type": "private",
                        "first_name": f"Customer {chat[-2:]}",
                        "username": f"c{chat}",
                    }
                )
            case "sendChatAction":
                return Answered(_yes(True).reply, typing=(chat,))
            case "answerCallbackQuery" | "setWebhook":
                return _yes(True)
            case "setMessageReaction":
                return self._reaction(chat, body)
        if method not in {"sendMessage", "sendLocation", "sendVenue", "sendContact", *_METHODS}:
            return _no(404, "Not Found: method not found")
        return self._taken(chat, body, file)

    def _reaction(self, chat: str, body: Json) -> Answered:
        emoji = next((each["emoji"] for each in body.get("reaction") or []), "")
        shown = Shown(f"r{self._next()}", chat, Reaction(f"{chat}:{body.get('message_id')}", emoji))
        return Answered(_yes(True).reply, (shown,))

    def _taken(self, chat: str, body: Json, file: tuple[str, File] | None) -> Answered:
        fault = self._fault(chat, body, file)
        if fault:
            return _no(*fault)
        if self._faults:
            code = self._faults.pop(0)
            return _no(int(code[:3]) if code[:3].isdigit() else 400, code)
        if file:
            name, kept = file
            body[name] = self.keep(kept)
        message = self._as_message(chat, body)
        self._shown[chat, message["message_id"]] = message
        place = f"{chat}:{message['message_id']}"
        quoted = (body.get("reply_parameters") or {}).get("message_id")
        shown = Shown(place, chat, content_of(message), f"{chat}:{quoted}" if quoted else "")
        return Answered(_yes(message).reply, (shown,))

    def _fault(self, chat: str, body: Json, file: tuple[str, File] | None) -> tuple[int, str] | None:
        text, caption = body.get("text"), body.get("caption") or ""
        if chat in self._blocked:
            return 403, "Forbidden: bot was blocked by the user"
        if not chat.lstrip("-").isdigit():
            return 400, "Bad Request: chat not found"
        if text is not None and not text:
            return 400, "Bad Request: message text is empty"
        if len(text or "") > 4096 and body.get("parse_mode") is None:
            return 400, "Bad Request: message is too long"
        if len(caption) > 1024:
            return 400, "Bad Request: message caption is too long"
        for row in (body.get("reply_markup") or {}).get("inline_keyboard") or []:
            for button in row:
                if len(str(button.get("callback_data", "x")).encode()) > 64:
                    return 400, "Bad Request: BUTTON_DATA_INVALID"
        return None

    def _as_message(self, chat: str, body: Json) -> Json:
        """The message as the Bot API gives it back."""
        made: Json = {"message_id": self._next(), "from": _BOT, "date": self._now()}
        made["chat"] = {"id": int(chat), "type": "private", "first_name": f"Customer {chat[-2:]}"}
        for name in ("text", "caption", "reply_markup"):
            if body.get(name):
                made[name] = body[name]
        for name in _MEDIA:
            if name in body:
                made[name] = [{"file_id": body[name]}] if name == "photo" else {"file_id": body[name]}
        if "latitude" in body:
            place = {"latitude": body["latitude"], "longitude": body["longitude"]}
            made["location"] = place
            if "title" in body:
                made["venue"] = {"location": place, "title": body["title"], "address": body["address"]}
        if "phone_number" in body:
            made["contact"] = {
                name: body[name] for name in ("phone_number", "first_name", "last_name") if body.get(name)
            }
        return made

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: what rides in our answers shows nothing on a phone."""
        return ()

    def refusal(self, kind: Refusal) -> Answered:
        """The Bot API's words for a limit, an outage, a revoked token, and a bot that was reported."""
        return _no(*_REFUSALS[kind])

    def keep(self, file: File) -> str:
        """Take a file; gives its id."""
        ref = f"file{self._next()}"
        self._files[ref] = file
        return ref

    def file(self, ref: str) -> File | None:
        """A file by its id."""
        return self._files.get(ref)

    def fail(self, code: str, *, later: bool = False) -> None:
        """Refuse the next message with this description, its code in front of it."""
        if later:
            raise ValueError("Telegram reports nothing later")
        self._faults.append(code)

    def _fields(self, request: Request) -> tuple[Json, tuple[str, File] | None]:
        """A call's fields, and the file that came along."""
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/"):
            found = json.loads(request.body) if request.body else {}
            return (found if isinstance(found, dict) else {}), None
        head = f"content-type: {kind}\r\n\r\n".encode()
        body: Json = {}
        file: tuple[str, File] | None = None
        for part in (
            email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body).iter_parts()
        ):
            name = str(part.get_param("name", header="content-disposition"))
            raw = part.get_payload(decode=True)
            content = raw if isinstance(raw, bytes) else b""
            if part.get_filename():
                file = name, File(content, part.get_content_type(), str(part.get_filename()))
            else:
                text = content.decode()
                body[name] = json.loads(text) if text[:1] in "{[" else text
        return body, file

    def _update(self, name: str, value: Json) -> Request:
        body = json.dumps({"update_id": self._next(), name: value}).encode()
        headers = {"content-type": "application/json", "x-telegram-bot-api-secret-token": self._secret}
        return Request("POST", self._path, {}, headers, body)

    def _next(self) -> int:
        self._count += 1
        return self._count

    def _now(self) -> int:
        return int(self._clock())


def _caption(what: Mapping[str, object]) -> Json:
    return {"caption": str(what["caption"])} if what.get("caption") else {}


def _options(message: Json) -> list[Option]:
    rows = (message.get("reply_markup") or {}).get("inline_keyboard") or []
    return [
        Option(
            button.get("callback_data") or "link",
            button["text"],
            kind="url" if "url" in button else "reply",
            url=button.get("url", ""),
        )
        for row in rows
        for button in row
    ]


def content_of(message: Json) -> Content:
    """What the app shows of a message."""
    markup = message.get("reply_markup") or {}
    if markup.get("keyboard"):
        button = markup["keyboard"][0][0]
        kind: Any = "share_contact" if button.get("request_contact") else "share_location"
        return Choice(message["text"], (Option(kind, button["text"], kind=kind),))
    if markup.get("inline_keyboard"):
        return Choice(message["text"], tuple(_options(message)))
    if "text" in message:
        return Text(message["text"])
    if "location" in message:
        place, venue = message["location"], message.get("venue") or {}
        return Location(
            place["latitude"], place["longitude"], venue.get("title", ""), venue.get("address", "")
        )
    if "contact" in message:
        card = message["contact"]
        return ContactCard((Card(card["first_name"], phones=(Number(card["phone_number"]),)),))
    for name, medium in _MEDIA.items():
        if name in message:
            file = message[name][-1] if name == "photo" else message[name]
            ref = file["file_id"]
            url = ref if ref.startswith("http") else ""
            return Media(
                medium,
                url=url,
                ref="" if url else ref,
                caption=message.get("caption", ""),
                voice=name == "voice",
            )
    return Unsupported("nothing")


def _yes(result: Any) -> Answered:
    return Answered(
        Reply(200, {"content-type": "application/json"}, json.dumps({"ok": True, "result": result}).encode())
    )


def _no(code: int, words: str) -> Answered:
    body: Json = {"ok": False, "error_code": code, "description": words}
    if code == 429:
        body["parameters"] = {"retry_after": 5}
    return Answered(Reply(code, {"content-type": "application/json"}, json.dumps(body).encode()))
