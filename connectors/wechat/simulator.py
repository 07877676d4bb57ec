"""WeChat's end of the wire: gives tokens, takes messages, and posts sealed XML."""

import email.parser
import email.policy
import json
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.wechat import xml
from connectors.wechat.crypto import Cipher, signature
from state.model.channel import Channel
from state.model.content import (
    Choice,
    Chosen,
    Component,
    Content,
    Location,
    Media,
    MediaKind,
    Option,
    Parameter,
    Template,
    Text,
    Unsupported,
)
from state.model.wire import Answer, Forged, Malformed, Reply, Request

Json = dict[str, Any]
_REFUSALS: dict[Refusal, tuple[int, str]] = {
    "throttled": (45011, "api minute-quota reach limit, must slower, retry next minute"),
    "unavailable": (-1, "system error"),
    "expired_token": (42001, "access_token expired"),
    "ban": (50002, "user limited"),
}
_KINDS: dict[str, MediaKind] = {"image": "image", "voice": "audio", "video": "video"}
_ACCOUNT = "gh_demo"


class WeChatSimulator:
    """Plays WeChat for one Official Account."""

    undeliverable: ClassVar[tuple[str, bool]] = ("46004", False)
    phones: ClassVar[tuple[Phone, ...]] = tuple(
        Phone(f"oDemoOpenId00000000000000{n:02}x", f"Follower {n}") for n in range(1, 4)
    )

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        secrets = channel.credentials
        self._app_id, self._secret = channel.settings["app_id"], secrets.get("app_secret", "")
        self._token, self._mode = secrets.get("token", ""), channel.settings.get("mode", "safe")
        self._cipher = Cipher((secrets.get("aes_key", ""),), self._app_id)
        self._path, self._clock = f"/webhooks/{channel.id}", clock
        self._count = int(clock() * 1000)
        self._access = f"access-{self._count}"
        self._files: dict[str, File] = {}
        self._faults: list[int] = []
        self._gone: set[str] = set()
        self._menus: dict[str, Json] = {}

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """What a follower does; raises KeyError or ValueError where the app cannot do that."""
        kind = str(what["type"])
        if kind in ("start", "stop"):
            (self._gone.discard if kind == "start" else self._gone.add)(sender)
            event = "subscribe" if kind == "start" else "unsubscribe"
            return Said(
                self._post(
                    sender, {"MsgType": "event", "Event": event, "EventKey": str(what.get("text") or "")}
                )
            )
        fields = self._part(kind, what) | {"MsgId": str(self._next())}
        return Said(self._post(sender, fields), Shown(fields["MsgId"], sender, _said(fields)))

    def _part(self, kind: str, what: Mapping[str, object]) -> dict[str, str]:
        match kind:
            case "text":
                return {"MsgType": "text", "Content": str(what["text"])}
            case "choice":
                return {"MsgType": "text", "Content": str(what["title"]), "bizmsgmenuid": str(what["id"])}
            case "image":
                return {"MsgType": "image", "PicUrl": "http://mmbiz.example/p", "MediaId": str(what["id"])}
            case "audio":
                return {"MsgType": "voice", "MediaId": str(what["id"]), "Format": "amr"}
            case "video":
                return {"MsgType": "video", "MediaId": str(what["id"]), "ThumbMediaId": "thumb"}
            case "location":
                place = {
                    "Location_X": str(float(str(what["latitude"]))),
                    "Location_Y": str(float(str(what["longitude"]))),
                }
                return {"MsgType": "location", **place, "Scale": "20", "Label": str(what.get("name") or "")}
        raise ValueError(f"the app cannot send {kind!r}")

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """An event of the account."""
        return self._post(
            "oSystem", {"MsgType": "event", "Event": field, **{k: str(v) for k, v in value.items()}}
        )

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as the API does."""
        edge = request.url.partition("?")[0].partition("/cgi-bin/")[2]
        if edge == "stable_token":
            return self._gives_token(json.loads(request.body))
        if request.query.get("access_token") != self._access:
            return _told(40001, "invalid credential, access_token is invalid or not latest")
        match edge:
            case "media/upload":
                return self._upload(request)
            case "media/get":
                return self._file_of(request.query.get("media_id", ""))
            case "user/info":
                return _ok({"subscribe": 1, "openid": request.query.get("openid", ""), "language": "en"})
        if b"\\u" in request.body:
            return _told(
                40033, "invalid charset. please check your request, if include \\uxxxx will create fail!"
            )
        body: Json = json.loads(request.body)
        if edge == "message/custom/typing":
            return Answered(_ok({}).reply, typing=(str(body.get("touser")),))
        return self._message(edge, body)

    def _gives_token(self, asked: Json) -> Answered:
        if (asked.get("appid"), asked.get("secret")) != (self._app_id, self._secret):
            return _told(40125, "invalid appsecret")
        return _ok({"access_token": self._access, "expires_in": 7200})

    def _message(self, edge: str, body: Json) -> Answered:
        to = str(body.get("touser", ""))
        if to in self._gone:
            return _told(43004, "require subscribe")
        if self._faults:
            return _told(self._faults.pop(0), "simulated")
        if edge == "message/custom/send":
            return self._taken(to, body)
        if edge in ("message/template/send", "message/subscribe/bizsend"):
            return self._noticed(to, body, subscription=edge.endswith("bizsend"))
        return _told(40066, "invalid url")

    def _taken(self, to: str, body: Json) -> Answered:
        content = _shown(body)
        if isinstance(content, Text) and not 1 <= len(content.text.encode()) <= 2048:
            return _told(45002, "content size out of limit")
        if isinstance(content, Media) and content.ref not in self._files:
            return _told(40007, "invalid media_id")
        return Answered(_ok({}).reply, (Shown(str(self._next()), to, content),))

    def _noticed(self, to: str, body: Json, *, subscription: bool) -> Answered:
        msg_id = str(self._next())
        values = tuple(
            Parameter(str(each.get("value", "")), name) for name, each in body.get("data", {}).items()
        )
        content = Template(str(body.get("template_id")), "", (Component("body", values),) if values else ())
        finished = {"Event": "TEMPLATESENDJOBFINISH", "MsgID": msg_id, "Status": "success"}
        place = "SubscribeMsgSentEvent.List"
        noticed = {"Event": "subscribe_msg_sent_event", f"{place}.TemplateId": content.name}
        noticed |= {
            f"{place}.MsgID": msg_id, f"{place}.ErrorCode": "0", f"{place}.ErrorStatus": "success",
        }  # fmt: skip
        event = {"MsgType": "event"} | (noticed if subscription else finished)
        told = Told(self._post(to, event), to, msg_id, "delivered")
        return Answered(_ok({"msgid": int(msg_id)}).reply, (Shown(msg_id, to, content),), (told,))

    def _upload(self, request: Request) -> Answered:
        head = f"content-type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
        parts = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
        for part in parts.iter_parts():
            raw = part.get_payload(decode=True)
            if part.get_filename() and isinstance(raw, bytes):
                ref = self.keep(File(raw, part.get_content_type(), str(part.get_filename())))
                return _ok(
                    {"type": request.query.get("type", ""), "media_id": ref, "created_at": int(self._clock())}
                )
        return _told(41005, "media data missing")

    def _file_of(self, ref: str) -> Answered:
        file = self._files.get(ref)
        return (
            Answered(Reply(200, {"content-type": file.mime}, file.body))
            if file
            else _told(40007, "invalid media_id")
        )

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """The passive reply in an answer, sealed or not."""
        try:
            found = xml.read(answer.body)
            if found.get("Encrypt"):
                found = xml.read(self._cipher.open(found["Encrypt"]))
        except (Malformed, Forged):
            return ()
        if not found.get("ToUserName"):
            return ()
        return (
            Shown(
                str(self._next()),
                found["ToUserName"],
                _said({**found, "MediaId": found.get("Image.MediaId", "")}),
            ),
        )

    def refusal(self, kind: Refusal) -> Answered:
        """WeChat's words for a quota, an outage, a token that has ended, and an account that is limited."""
        return _told(*_REFUSALS[kind])

    def keep(self, file: File) -> str:
        """Take a file; gives its media id."""
        ref = f"media{self._next()}"
        self._files[ref] = file
        return ref

    def file(self, ref: str) -> File | None:
        """A file by its media id."""
        return self._files.get(ref)

    def fail(self, code: str, *, later: bool = False) -> None:
        """Refuse the next message with this errcode."""
        if later:
            raise ValueError("WeChat reports nothing later")
        self._faults.append(int(code))

    def _post(self, sender: str, fields: dict[str, str]) -> Request:
        """A signed request with the XML, sealed as the account's mode says."""
        stamp, nonce = str(int(self._clock())), str(self._next())
        body = xml.write({"ToUserName": _ACCOUNT, "FromUserName": sender, "CreateTime": stamp, **fields})
        query = {
            "signature": signature(self._token, stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": sender,
        }
        if self._mode != "plain":
            sealed = self._cipher.seal(body)
            query |= {"encrypt_type": "aes", "msg_signature": signature(self._token, stamp, nonce, sealed)}
            body = xml.write({"ToUserName": _ACCOUNT, "Encrypt": sealed})
        return Request("POST", self._path, query, {"content-type": "text/xml"}, body)

    def _next(self) -> int:
        self._count += 1
        return self._count


def _said(fields: dict[str, str]) -> Content:
    kind = fields["MsgType"]
    if fields.get("bizmsgmenuid"):
        return Chosen(fields["bizmsgmenuid"], fields["Content"])
    if kind == "text":
        return Text(fields["Content"])
    if kind in _KINDS:
        return Media(_KINDS[kind], ref=fields["MediaId"], voice=kind == "voice")
    if kind == "location":
        return Location(float(fields["Location_X"]), float(fields["Location_Y"]), fields.get("Label", ""))
    return Unsupported(kind)


def _shown(body: Json) -> Content:
    """What the app shows of a customer-service message."""
    kind = str(body.get("msgtype"))
    part = body.get(kind) or {}
    match kind:
        case "text":
            return Text(part["content"])
        case "image" | "voice" | "video":
            return Media(_KINDS[kind], ref=part["media_id"])
        case "msgmenu":
            return Choice(
                part["head_content"], tuple(Option(each["id"], each["content"]) for each in part["list"])
            )
        case "news":
            return Text("\n".join(f"{each['title']} {each['url']}" for each in part["articles"]))
    return Unsupported(kind)


def _ok(body: Json) -> Answered:
    return Answered(_json({"errcode": 0, "errmsg": "ok"} | body))


def _told(code: int, words: str) -> Answered:
    return Answered(_json({"errcode": code, "errmsg": words}))


def _json(body: Json) -> Reply:
    return Reply(200, {"content-type": "application/json; encoding=utf-8"}, json.dumps(body).encode())
