"""Vonage's end of the wire, of both APIs: takes our messages, and signs what customers and the network cause."""

import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

import msgspec

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.vonage import signature, tokens
from state.model.channel import Channel
from state.model.content import Content, Media, MediaKind, Text
from state.model.wire import Answer, Reply, Request

Json = dict[str, Any]
_KINDS: dict[str, MediaKind] = {"image": "image", "video": "video", "audio": "audio", "file": "document"}
_WORDS = {"stop": "STOP", "start": "START"}
_SHORT: dict[Refusal, tuple[int, str]] = {
    "throttled": (1, "Throughput Rate Exceeded - please wait [ 1000 ] and retry"),
    "expired_token": (4, "Bad Credentials"),
    "ban": (8, "Partner account barred"),
}
_MESSAGES: dict[Refusal, tuple[int, str, str]] = {
    "throttled": (
        429,
        "1000",
        "Throttled - You have exceeded the submission capacity allowed on this account.",
    ),
    "expired_token": (401, "Unauthorized", "You did not provide correct credentials."),
    "ban": (403, "1060", "Partner account barred"),
}
_TYPE = "https://developer.vonage.com/api-errors/messages#"


class VonageSimulator:
    """Plays Vonage for one sender."""

    undeliverable: ClassVar[tuple[str, bool]] = ("3", True)
    phones: ClassVar[tuple[Phone, ...]] = tuple(
        Phone(f"44770090010{n}", f"+44 7700 90010{n}") for n in range(3)
    )

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        settings, secrets = channel.settings, channel.credentials
        self._short = settings.get("api", "sms") == "sms"
        self._method = settings.get("signature") or "sha256"
        self._key, self._sender = settings["api_key"], settings["sender"].removeprefix("+")
        self._secret, self._signs = secrets.get("api_secret", ""), secrets.get("signature_secret", "")
        self._path = f"/webhooks/{channel.id}"
        self._base = settings.get("base_url", "").rstrip("/")
        self._clock = clock
        self._count = int(clock() * 1000)
        self._files: dict[str, File] = {}
        self._faults: list[tuple[str, bool]] = []
        self._stopped: set[str] = set()

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """A message of the customer's; raises KeyError or ValueError where a phone cannot do that."""
        key = self._id()
        kind = str(what["type"])
        if kind in _WORDS:
            (self._stopped.add if kind == "stop" else self._stopped.discard)(sender)
        text = _WORDS.get(kind) or str(what["title"] if kind == "choice" else what.get("text", ""))
        if kind in ("text", "choice", *_WORDS):
            return Said(self._heard(sender, key, text), Shown(key, sender, Text(text)))
        names = {ours: theirs for theirs, ours in _KINDS.items()}
        if self._short or kind not in names:
            there = "text, choice, stop, start" + ("" if self._short else ", image, video, audio, document")
            raise ValueError(f"a phone cannot send {kind!r}; it can send {there}")
        ref, caption = str(what["id"]), str(what.get("caption") or "")
        if ref not in self._files:
            raise ValueError(f"there is no file {ref!r}")
        file = {"url": f"{self._base}/v1/files/{ref}"} | ({"caption": caption} if caption else {})
        body = {"message_type": names[kind], names[kind]: file}
        shown = Media(_KINDS[names[kind]], ref=ref, caption=caption)
        return Said(self._posted({**self._sides(sender, "mms", key), **body}), Shown(key, sender, shown))

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """What became of a message: `field` is its id, the value has `status`, `to` and perhaps `code`."""
        return self._became(
            field, str(value.get("to", "")), str(value["status"]), str(value.get("code", "")), ""
        )

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as Vonage does."""
        place = request.url.partition("?")[0].strip("/")
        match request.method, place:
            case "POST", "sms/json":
                return self._sms(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
            case "POST", "v1/messages":
                return self._message(request)
        file = self._files.get(place.removeprefix("v1/files/"))
        if request.method == "GET" and file:
            return Answered(Reply(200, {"content-type": file.mime}, file.body))
        return _refused(404, "1020", "Not found")

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: Vonage takes no message in an answer."""
        return ()

    def refusal(self, kind: Refusal) -> Answered:
        """Vonage's words for a limit, an outage, wrong credentials or a barred account."""
        if kind == "unavailable":
            return Answered(Reply(503, {"content-type": "text/html"}, b"<h1>Service Unavailable</h1>"))
        return (
            _parts({"status": str(_SHORT[kind][0]), "error-text": _SHORT[kind][1]})
            if self._short
            else _refused(*_MESSAGES[kind])
        )

    def keep(self, file: File) -> str:
        """Take a file from a phone; gives its id."""
        ref = self._id()
        self._files[ref] = file
        return ref

    def file(self, ref: str) -> File | None:
        """A file by its id."""
        return self._files.get(ref)

    def fail(self, code: str, *, later: bool = False) -> None:
        """Refuse the next message with this error; `later`: take it, and report the error in its status."""
        self._faults.append((str(int(code)), later))

    def _sms(self, form: Mapping[str, str]) -> Answered:
        if (form.get("api_key"), form.get("api_secret")) != (self._key, self._secret):
            return self.refusal("expired_token")
        if not form.get("from") or not form.get("to", "").isdigit() or not form.get("text"):
            return _parts({"status": "2", "error-text": "Missing to, from or text param"})
        if len(form["text"]) > 3200:
            return _parts({"status": "12", "error-text": "Message too long"})
        if form["to"] in self._stopped:
            return _parts({"status": "7", "error-text": "Number barred."})
        code, later = self._faults.pop(0) if self._faults else ("", False)
        if code and not later:
            return _parts({"status": code, "error-text": "Simulated."})
        key = self._id()
        part = {
            "to": form["to"],
            "message-id": key,
            "status": "0",
            "remaining-balance": "3.14",
            "network": "23410",
        }
        return self._taken(
            _parts(part), form["to"], key, Text(form["text"]), code, form.get("client-ref", "")
        )

    def _message(self, request: Request) -> Answered:
        if not self._knows(request.headers.get("authorization", "")):
            return self.refusal("expired_token")
        try:
            body = msgspec.json.decode(request.body, type=dict[str, Any])
            channel, to, kind = body["channel"], body["to"], body["message_type"]
            content = _content(body, kind)
        except (msgspec.DecodeError, KeyError, TypeError):
            return _refused(422, "1150", "The request body did not contain valid JSON or lacks a parameter.")
        if channel not in ("sms", "mms", "rcs", "whatsapp", "messenger") or not str(body.get("from", "")):
            return _refused(422, "1150", "Your request contained invalid parameters: channel, from.")
        if to in self._stopped:
            return _refused(422, "1240", "Illegal Sender Address - rejected, the recipient has opted out")
        code, later = self._faults.pop(0) if self._faults else ("", False)
        if code and not later:
            return _refused(422, code, "Simulated.")
        key = self._id()
        answered = Answered(
            Reply(202, {"content-type": "application/json"}, b'{"message_uuid":"%s"}' % key.encode())
        )
        return self._taken(answered, to, key, content, code, str(body.get("client_ref", "")))

    def _knows(self, authorization: str) -> bool:
        """A token of the application is taken unread: its public key lies with Vonage, and we are only a stand-in."""
        return authorization.startswith("Bearer ") or authorization == tokens.basic(self._key, self._secret)

    def _taken(
        self, answered: Answered, to: str, key: str, content: Content, code: str, ref: str
    ) -> Answered:
        """A message that was taken, and what becomes of it."""
        words = ("buffered", "delivered") if self._short else ("submitted", "delivered")
        failed = "failed" if self._short else "undeliverable"
        told = tuple(
            Told(self._became(key, to, word, code if word == failed else "", ref), to, key, word)
            for word in ((failed,) if code else words)
        )
        return Answered(answered.reply, (Shown(key, to, content),), told)

    def _became(self, key: str, to: str, word: str, code: str, ref: str) -> Request:
        if self._short:
            form = {
                "msisdn": to,
                "to": self._sender,
                "messageId": key,
                "status": word,
                "err-code": code or "0",
            }
            more = {
                "network-code": "23410",
                "price": "0.0333",
                "scts": self._now("%y%m%d%H%M"),
                "client-ref": ref,
            }
            return self._signed({**form, **more, "message-timestamp": self._now("%Y-%m-%d %H:%M:%S")})
        body = self._sides(self._sender, "sms", key) | {"to": to, "status": word, "client_ref": ref}
        if code:
            body["error"] = {"type": f"{_TYPE}{code}", "title": code, "detail": "Simulated.", "instance": key}
        return self._posted(body)

    def _heard(self, sender: str, key: str, text: str) -> Request:
        if not self._short:
            return self._posted({**self._sides(sender, "sms", key), "message_type": "text", "text": text})
        kind = "text" if text.isascii() else "unicode"
        form = {"msisdn": sender, "to": self._sender, "messageId": key, "text": text, "type": kind}
        word = text.partition(" ")[0].upper()
        return self._signed({**form, "keyword": word, "message-timestamp": self._now("%Y-%m-%d %H:%M:%S")})

    def _sides(self, sender: str, channel: str, key: str) -> Json:
        sides = {"channel": channel, "message_uuid": key, "to": self._sender, "from": sender}
        return {**sides, "timestamp": self._now("%Y-%m-%dT%H:%M:%SZ")}

    def _signed(self, form: Mapping[str, str]) -> Request:
        """A webhook of the SMS API."""
        whole = {**form, "timestamp": str(int(self._clock())), "nonce": self._id()}
        whole["sig"] = signature.sign(whole, self._signs, self._method)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return Request("POST", self._path, {}, headers, urlencode(whole).encode())

    def _posted(self, body: Json) -> Request:
        """A webhook of the Messages API."""
        raw = msgspec.json.encode(body)
        claims = {"iat": int(self._clock()), "jti": self._id(), "iss": "Vonage", "api_key": self._key}
        claims["payload_hash"] = hashlib.sha256(raw).hexdigest()
        token = signature.token(claims, self._signs)
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        return Request("POST", self._path, {}, headers, raw)

    def _now(self, pattern: str) -> str:
        return datetime.fromtimestamp(int(self._clock()), UTC).strftime(pattern)

    def _id(self) -> str:
        self._count += 1
        digits = f"{self._count:032x}"
        if self._short:
            return digits[16:].upper()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _content(body: Json, kind: str) -> Content:
    """What a phone shows of a message; raises KeyError or TypeError."""
    if kind == "text":
        return Text(str(body["text"]))
    file = body[kind]
    return Media(_KINDS[kind], url=file["url"], caption=file.get("caption", ""), name=file.get("name", ""))


def _parts(part: Mapping[str, str]) -> Answered:
    body = {"message-count": "1", "messages": [part]}
    return Answered(Reply(200, {"content-type": "application/json"}, msgspec.json.encode(body)))


def _refused(status: int, code: str, detail: str) -> Answered:
    body = {
        "type": f"{_TYPE}{code}",
        "title": code,
        "detail": detail,
        "instance": "bf0ca0bf927b3b52e3cb03217e1a1ddf",
    }
    return Answered(Reply(status, {"content-type": "application/problem+json"}, msgspec.json.encode(body)))
