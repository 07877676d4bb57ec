"""The provider's end of WhatsApp Cloud: answers our Graph calls, and signs what customers and Meta cause."""

import base64
import binascii
import json
import time
from collections.abc import Callable, Mapping
from typing import ClassVar

import msgspec

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.graph import webhooks
from connectors.graph.left import Files, base64_sha256, fields
from connectors.whatsapp.limits import BYTES, MIMES
from connectors.whatsapp.simulator import checks
from connectors.whatsapp.simulator.checks import Fault, Json
from connectors.whatsapp.simulator.phone import said
from connectors.whatsapp.simulator.shown import content_of
from state.model.channel import Channel
from state.model.wire import Answer, Reply, Request

_STATUS = {
    0: 401,
    190: 401,
    3: 403,
    10: 403,
    131005: 403,
    368: 403,
    131031: 403,
    2: 503,
    131000: 500,
    131016: 500,
}
_REFUSALS: dict[Refusal, Fault] = {
    "throttled": Fault(130429, "Message failed to send because the rate limit was reached."),
    "unavailable": Fault(131016, "The service is temporarily unavailable."),
    "expired_token": Fault(190, "Error validating access token: the session has expired."),
    "ban": Fault(131031, "The business account has been locked."),
}
_BSUID = "US.1349"
_TEMPLATES: tuple[Json, ...] = (
    {
        "id": "1000001", "name": "hello_world", "language": "en_US", "category": "UTILITY", "status": "APPROVED",
        "quality_score": {"score": "GREEN"},
        "components": [{"type": "BODY", "text": "Hello World"}],
    },
    {
        "id": "1000002", "name": "order_update", "language": "en", "category": "UTILITY", "status": "APPROVED",
        "quality_score": {"score": "UNKNOWN"},
        "components": [
            {"type": "BODY", "text": "Your order {{1}} is on its way."},
            {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Stop"}]},
        ],
    },
)  # fmt: skip


class WhatsAppSimulator:
    """Plays Meta for one number. A customer whose phone is hidden is known by a user id made from the number."""

    undeliverable: ClassVar[tuple[str, bool]] = ("131026", True)
    phones: ClassVar[tuple[Phone, ...]] = tuple(
        Phone(number, f"+{number}") for number in ("15550123", "15550124", "15550125")
    )

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._number = channel.settings["phone_number_id"]
        self._waba = channel.settings.get("waba_id") or "0"
        self._base = channel.settings.get("base_url", "").rstrip("/")
        self._token = channel.credentials.get("access_token", "")
        self._secret = channel.credentials.get("app_secret", "").encode()
        self._path = f"/webhooks/{channel.id}"
        self._clock = clock
        self._count = int(clock() * 1000)
        self._files = Files(self._count)
        self._faults: list[tuple[int, bool]] = []
        self._blocked: set[str] = set()
        self._hidden: set[str] = set()

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """The signed webhook of what the customer does; raises KeyError or ValueError where the phone cannot.

        `reply_to` quotes a message, `name` is the customer's, `hidden` keeps the number from us.
        """
        if sender in self._blocked:
            raise ValueError("this customer is blocked")
        (self._hidden.add if what.get("hidden") else self._hidden.discard)(sender)
        item = self._who(sender, "from", "from_user_id") | {"id": self._id(sender), "timestamp": self._now()}
        item |= said({"sha256": self._sha256(what.get("id")), **what})
        if what.get("reply_to"):
            item["context"] = {"from": self._number, "id": str(what["reply_to"])}
        if item["type"] == "unsupported":
            item["errors"] = [
                _told(131051, "Message type unknown", "Message type is currently not supported.")
            ]
        shown = Shown(item["id"], sender, content_of(item), str(what.get("reply_to") or ""))
        return Said(self._messages({"contacts": [self._contact(sender)], "messages": [item]}), shown)

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """The signed webhook by which Meta tells something about the account."""
        return self._webhook(field, dict(value))

    def keep(self, file: File) -> str:
        """Take a file from a phone; gives its media id."""
        return self._files.keep(file)

    def file(self, ref: str) -> File | None:
        """A file by its media id."""
        return self._files.get(ref)

    def fail(self, code: str, *, later: bool = False) -> None:
        """Answer the next message with this error; `later`: take it, and report the error in its status."""
        self._faults.append((int(code), later))

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: Meta takes no message in an answer."""
        return ()

    def refusal(self, kind: Refusal) -> Answered:
        """Graph's words for a limit, an outage, a dead token or a banned account, which Meta also tells by webhook."""
        refused = _refused(_REFUSALS[kind])
        if kind != "ban":
            return refused
        told = self.tells(
            "account_update", {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
        )
        return Answered(refused.reply, told=(Told(told),))

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as Graph does."""
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _refused(Fault(190, "Error validating access token: the session is invalid."))
        edge = [part for part in request.url.partition("?")[0].split("/") if part][1:]
        match request.method, edge:
            case "POST", [self._number, "messages" | "marketing_messages"]:
                return self._message(request)
            case "POST", [self._number, "media"]:
                return self._upload(request)
            case "GET" | "POST" | "DELETE", [self._number, "block_users"]:
                return self._block(request)
            case "GET", [self._waba, "message_templates"]:
                return _ok(
                    {"data": list(_TEMPLATES), "paging": {"cursors": {"before": "MAZDZD", "after": "MgZDZD"}}}
                )
            case "GET" | "DELETE", [ref, *rest] if rest in ([], ["file"]):
                return self._media(request.method, ref, bool(rest))
        return _missing(request)

    def _message(self, request: Request) -> Answered:
        body = _json(request)
        if body is None:
            return _refused(Fault(100, "The body is no JSON object."))
        if body.get("status") == "read":
            return self._seen(body)
        fault = checks.fault(body, self._number) or self._unknown_media(body)
        if fault:
            return _refused(fault)
        code, later = self._faults.pop(0) if self._faults else (0, False)
        return _refused(Fault(code, "Simulated.")) if code and not later else self._taken(body, code)

    def _seen(self, body: Json) -> Answered:
        """Read and typing: the message's id says whose phone shows it."""
        sender = _sender(str(body.get("message_id", "")))
        if not sender:
            return _refused(Fault(131009, "Message ID is invalid."))
        return Answered(
            _ok({"success": True}).reply, typing=(sender,) if body.get("typing_indicator") else ()
        )

    def _unknown_media(self, body: Json) -> Fault | None:
        kind = body["type"]
        ref = body[kind].get("id") if kind in BYTES else None
        if not ref or self._files.get(ref):
            return None
        return Fault(131009, f"{ref} is not a valid whatsapp business account media attachment ID")

    def _taken(self, body: Json, code: int) -> Answered:
        given = str(body.get("to") or body["recipient"])
        to = given.removeprefix(_BSUID).lstrip("0")
        provider_id = self._id(to)
        answer = {
            "messaging_product": "whatsapp",
            "contacts": [{"input": given, **self._who(to, "wa_id", "user_id")}],
            "messages": [{"id": provider_id, "message_status": "accepted"}],
        }
        statuses = ("failed",) if code else ("sent", "delivered", "read")
        sent = tuple(
            Told(self._status(provider_id, to, status, body, code), to, provider_id, status)
            for status in statuses
        )
        quoted = str((body.get("context") or {}).get("message_id", ""))
        return Answered(_ok(answer).reply, (Shown(provider_id, to, content_of(body), quoted),), sent)

    def _status(self, provider_id: str, to: str, status: str, body: Json, code: int) -> Request:
        item: Json = {"id": provider_id, "status": status, "timestamp": self._now()}
        item |= self._who(to, "recipient_id", "recipient_user_id")
        if body.get("biz_opaque_callback_data"):
            item["biz_opaque_callback_data"] = body["biz_opaque_callback_data"]
        if status == "failed":
            item["errors"] = [_told(code, "Simulated", "Simulated.")]
            return self._messages({"statuses": [item]})
        free = body["type"] != "template"
        item["pricing"] = {
            "billable": not free,
            "pricing_model": "PMP",
            "type": "free_customer_service" if free else "regular",
            "category": "service" if free else "utility",
        }
        return self._messages({"contacts": [self._contact(to)], "statuses": [item]})

    def _upload(self, request: Request) -> Answered:
        found = fields(request.body, request.headers.get("content-type", ""))
        product, file = found.get("messaging_product"), found.get("file")
        if product is None or product.body != b"whatsapp":
            return _refused(Fault(100, "The parameter messaging_product is required."))
        if file is None or not file.body:
            return _refused(Fault(100, "The parameter file is required."))
        mime = file.mime.partition(";")[0]
        kind = next((kind for kind, mimes in MIMES.items() if mime in mimes), "document")
        if len(file.body) > BYTES[kind]:
            return _refused(
                Fault(100, f"Param file is larger than the {BYTES[kind]} bytes allowed for {mime}.")
            )
        return _ok({"id": self._files.keep(file)})

    def _media(self, method: str, ref: str, download: bool) -> Answered:
        file = self._files.get(ref)
        if file is None:
            return _refused(Fault(100, f"Object with ID '{ref}' does not exist"), 33)
        if download:
            return Answered(Reply(200, {"content-type": file.mime or "application/octet-stream"}, file.body))
        if method == "DELETE":
            self._files.drop(ref)
            return _ok({"success": True})
        about = {"mime_type": file.mime, "sha256": file.sha256, "file_size": len(file.body), "id": ref}
        return _ok({"messaging_product": "whatsapp", "url": f"{self._base}/v26.0/{ref}/file", **about})

    def _block(self, request: Request) -> Answered:
        if request.method == "GET":
            return _ok(
                {"data": [{"messaging_product": "whatsapp", "wa_id": who} for who in sorted(self._blocked)]}
            )
        asked = [
            str(each.get("user") or each.get("user_id"))
            for each in (_json(request) or {}).get("block_users", [])
        ]
        who = {given.removeprefix(_BSUID).lstrip("0") for given in asked}
        self._blocked = self._blocked | who if request.method == "POST" else self._blocked - who
        done = "added_users" if request.method == "POST" else "removed_users"
        users = [{"input": given, "wa_id": given.removeprefix(_BSUID).lstrip("0")} for given in asked]
        return _ok({"messaging_product": "whatsapp", "block_users": {done: users}})

    def _who(self, digits: str, phone: str, user_id: str) -> Json:
        """A customer as an item names them: by user id always, by phone number where it is not hidden."""
        shown = {} if digits in self._hidden else {phone: digits}
        return {**shown, user_id: f"{_BSUID}{digits.zfill(16)}"}

    def _contact(self, digits: str) -> Json:
        profile = {"name": f"Customer {digits[-2:]}"}
        if digits in self._hidden:
            profile["username"] = f"customer.{digits[-4:]}"
        return {"profile": profile, **self._who(digits, "wa_id", "user_id")}

    def _messages(self, value: Json) -> Request:
        metadata = {"display_phone_number": self._number, "phone_number_id": self._number}
        return self._webhook("messages", {"messaging_product": "whatsapp", "metadata": metadata, **value})

    def _webhook(self, field: str, value: Json) -> Request:
        """A signed webhook as Meta writes it: ASCII alone, slashes escaped."""
        entry: Json = {"id": self._waba, "changes": [{"value": value, "field": field}]}
        if field != "messages":
            entry["time"] = int(self._clock())
        envelope = {"object": "whatsapp_business_account", "entry": [entry]}
        body = json.dumps(envelope, separators=(",", ":")).replace("/", "\\/").encode()
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": webhooks.sign(body, self._secret),
            "user-agent": "facebookexternalua",
        }
        return Request("POST", self._path, {}, headers, body)

    def _id(self, digits: str) -> str:
        """A message id; it holds the customer's number, as Meta's do."""
        self._count += 1
        return "wamid." + base64.b64encode(f"{digits}:{self._count}".encode()).decode()

    def _now(self) -> str:
        return str(int(self._clock()))

    def _sha256(self, ref: object) -> str:
        file = self._files.get(str(ref)) if ref else None
        return base64_sha256(file) if file else ""


def _told(code: int, title: str, details: str) -> Json:
    """An error as webhooks carry it."""
    href = "https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes"
    return {"code": code, "title": title, "message": title, "error_data": {"details": details}, "href": href}


def _sender(provider_id: str) -> str:
    """The customer's number in a message id of ours; empty where it is none."""
    try:
        inner = base64.b64decode(provider_id.removeprefix("wamid."), validate=True)
    except (binascii.Error, ValueError):
        return ""
    digits = inner.partition(b":")[0].decode("ascii", "replace")
    return digits if digits.isdigit() else ""


def _json(request: Request) -> Json | None:
    try:
        return msgspec.json.decode(request.body, type=Json)
    except msgspec.DecodeError:
        return None


def _ok(body: Json) -> Answered:
    return Answered(Reply(200, {"content-type": "application/json"}, msgspec.json.encode(body)))


def _missing(request: Request) -> Answered:
    what = f"Unsupported {request.method.lower()} request. Object with ID '{request.url}' does not exist"
    return _refused(Fault(100, what), 33)


def _refused(fault: Fault, subcode: int = 0) -> Answered:
    """An error as Graph words it."""
    error: Json = {
        "message": f"(#{fault.code}) {fault.details}",
        "type": "GraphMethodException" if subcode else "OAuthException",
        "code": fault.code,
        "error_data": {"messaging_product": "whatsapp", "details": fault.details},
        "fbtrace_id": "ASimulatedTraceId",
    }
    if subcode:
        error["error_subcode"] = subcode
    status = _STATUS.get(fault.code, 400)
    return Answered(
        Reply(status, {"content-type": "application/json"}, msgspec.json.encode({"error": error}))
    )
