"""The provider's end of WhatsApp Cloud: answers our Graph calls and signs the webhooks a customer causes."""

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from connectors import graph
from connectors.contract import Answered, Shown
from state.model.channel import Channel
from state.model.wire import Reply, Request

Json = dict[str, Any]


class WhatsAppSimulator:
    """Plays Meta for one number. `fail_next` answers the next send with an error code."""

    def __init__(self, channel: Channel) -> None:
        self._number = channel.settings["phone_number_id"]
        self._waba = channel.settings.get("waba_id", "0")
        self._token = channel.credentials.get("access_token", "")
        self._secret = channel.credentials.get("app_secret", "").encode()
        self._path = f"/webhooks/{channel.id}"
        self._count = itertools.count(time.time_ns() // 1_000_000)
        self._media: dict[str, tuple[str, bytes]] = {}
        self.fail_next: list[int] = []

    def says(self, sender: str, what: Mapping[str, object]) -> Request:
        """The signed webhook of what the customer does; raises KeyError or ValueError where the phone cannot."""
        kind = str(what["type"])
        part = _PARTS.get(kind)
        if part is None:
            raise ValueError(f"a phone cannot send {kind!r}; it can send {', '.join(_PARTS)}")
        name, content = part(what)
        message: Json = {"from": sender, "id": self._id(), "timestamp": _now(), "type": name, name: content}
        if what.get("reply_to"):
            message["context"] = {"from": self._number, "id": str(what["reply_to"])}
        contact = {"profile": {"name": f"Customer {sender[-2:]}"}, "wa_id": sender}
        return self._webhook({"contacts": [contact], "messages": [message]})

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as Graph does."""
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _error(401, 190, "Invalid OAuth access token", "OAuthException")
        edge = request.url.split("?")[0].strip("/").split("/")[1:]
        if edge == [self._number, "messages"] and request.method == "POST":
            return self._messages(request)
        if edge == [self._number, "media"] and request.method == "POST":
            return self._upload(request)
        if len(edge) == 1 and edge[0] in self._media and request.method == "GET":
            mime, body = self._media[edge[0]]
            return _ok({"id": edge[0], "mime_type": mime, "file_size": len(body), "url": f"/{edge[0]}/file"})
        return _error(
            400, 100, f"Unsupported {request.method.lower()} request: {request.url}", "GraphMethodException"
        )

    def _messages(self, request: Request) -> Answered:
        try:
            body = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return _error(400, 100, "Invalid JSON", "OAuthException")
        if body.get("messaging_product") != "whatsapp":
            return _error(400, 100, "The parameter messaging_product is required.", "OAuthException")
        if body.get("status") == "read":
            return _ok({"success": True})
        if self.fail_next:
            code = self.fail_next.pop(0)
            return _error(
                500 if code in (1, 2, 131000) else 400, code, f"(#{code}) simulated", "OAuthException"
            )
        to = str(body.get("to") or body.get("recipient") or "")
        if not to or not isinstance(body.get(str(body.get("type", "text"))), (dict, list)):
            return _error(400, 131008, "Required parameter is missing", "OAuthException")
        provider_id = self._id()
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": to, "wa_id": to}],
            "messages": [{"id": provider_id}],
        }
        statuses = tuple(
            self._status(provider_id, to, status, body.get("biz_opaque_callback_data"))
            for status in ("sent", "delivered", "read")
        )
        return Answered(_ok(answer).reply, (Shown(provider_id, to, body),), statuses)

    def _upload(self, request: Request) -> Answered:
        media_id = str(next(self._count))
        self._media[media_id] = (request.headers.get("content-type", ""), request.body)
        return _ok({"id": media_id})

    def _status(self, provider_id: str, to: str, status: str, callback: object) -> Request:
        item: Json = {"id": provider_id, "status": status, "timestamp": _now(), "recipient_id": to}
        if callback:
            item["biz_opaque_callback_data"] = callback
        return self._webhook({"statuses": [item]})

    def _webhook(self, value: Json) -> Request:
        """A signed webhook; characters beyond ASCII are escaped on Meta's wire."""
        metadata = {"display_phone_number": self._number, "phone_number_id": self._number}
        change = {
            "field": "messages",
            "value": {"messaging_product": "whatsapp", "metadata": metadata, **value},
        }
        envelope = {"object": "whatsapp_business_account", "entry": [{"id": self._waba, "changes": [change]}]}
        body = _escaped(msgspec.json.encode(envelope).decode()).encode()
        headers = {"content-type": "application/json", "x-hub-signature-256": graph.sign(body, self._secret)}
        return Request("POST", self._path, {}, headers, body)

    def _id(self) -> str:
        return f"wamid.SIM{next(self._count)}"


def _escaped(text: str) -> str:
    """JSON in ASCII alone, as Meta writes it."""
    if text.isascii():
        return text
    units = text.encode("utf-16-be", "surrogatepass")
    pairs = zip(units[::2], units[1::2], strict=True)
    return "".join(chr(low) if not high and low < 128 else f"\\u{high:02x}{low:02x}" for high, low in pairs)


def _now() -> str:
    return str(int(time.time()))


def _ok(body: Json) -> Answered:
    return Answered(Reply(200, {"content-type": "application/json"}, msgspec.json.encode(body)))


def _error(status: int, code: int, message: str, kind: str) -> Answered:
    error = {"message": message, "type": kind, "code": code, "fbtrace_id": "SIMULATED"}
    return Answered(
        Reply(status, {"content-type": "application/json"}, msgspec.json.encode({"error": error}))
    )


def _image(what: Mapping[str, object]) -> tuple[str, Json]:
    part = {"id": str(what.get("id", "4242")), "mime_type": "image/jpeg", "sha256": "0" * 44}
    return "image", part | ({"caption": str(what["caption"])} if what.get("caption") else {})


def _place(what: Mapping[str, object]) -> tuple[str, Json]:
    place: Json = {"latitude": float(str(what["latitude"])), "longitude": float(str(what["longitude"]))}
    return "location", place | {name: str(what[name]) for name in ("name", "address") if what.get(name)}


def _choice(what: Mapping[str, object]) -> tuple[str, Json]:
    kind = "list_reply" if what.get("list") else "button_reply"
    reply = {name: str(what[name]) for name in ("id", "title", "description") if what.get(name)}
    return "interactive", {"type": kind, kind: reply}


def _contact(what: Mapping[str, object]) -> tuple[str, Any]:
    name, phone = str(what["name"]), str(what["phone"])
    card = {
        "name": {"formatted_name": name, "first_name": name},
        "phones": [{"phone": phone, "type": "CELL"}],
    }
    return "contacts", [card]


_PARTS: dict[str, Callable[[Mapping[str, object]], tuple[str, Any]]] = {
    "text": lambda what: ("text", {"body": str(what["text"])}),
    "image": _image,
    "location": _place,
    "choice": _choice,
    "reaction": lambda what: (
        "reaction",
        {"message_id": str(what["target"]), "emoji": str(what.get("emoji", ""))},
    ),
    "contact": _contact,
}
