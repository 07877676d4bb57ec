"""The provider's end of Meta's messaging: answers our Graph calls, and signs what customers and Meta cause."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar

import msgspec

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.graph import webhooks
from connectors.graph.left import Files, fields
from connectors.graph.messaging.simulator import checks
from connectors.graph.messaging.simulator.checks import Fault, Json
from connectors.graph.messaging.simulator.phone import said
from connectors.graph.messaging.simulator.shown import content_of
from state.model.channel import Channel
from state.model.wire import Answer, Reply, Request

_REFUSALS: dict[Refusal, Fault] = {
    "throttled": Fault(613, 0, "Calls to this API have exceeded the rate limit.", 400),
    "unavailable": Fault(2, 0, "Service temporarily unavailable", 503),
    "expired_token": Fault(190, 463, "Error validating access token: Session has expired.", 401),
    "ban": Fault(10, 1893063, "The Page is temporarily restricted from sending messages.", 403),
}


class MessagingSimulator:
    """Plays Meta for one account; Messenger and Instagram say what differs."""

    undeliverable: ClassVar[tuple[str, bool]] = ("100", False)
    phones: ClassVar[tuple[Phone, ...]]
    kind: ClassVar[str]
    """The webhook's `object`."""
    text: ClassVar[tuple[int, bool]]
    """The length of a text, and whether it is counted in bytes."""

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._account, self._sender = self.accounts(channel)
        self._app = channel.settings.get("app_id", "")
        self._base = channel.settings.get("base_url", "").rstrip("/")
        self._token = channel.credentials.get("access_token", "")
        self._secret = channel.credentials.get("app_secret", "").encode()
        self._path = f"/webhooks/{channel.id}"
        self._clock = clock
        self._count = int(clock() * 1000)
        self._files = Files(self._count)
        self._faults: list[int] = []
        self._known = {phone.id for phone in self.phones}

    def accounts(self, channel: Channel) -> tuple[str, str]:
        """The account that webhooks name, and the one that our calls name."""
        raise NotImplementedError

    def statuses(self, to: str, mid: str, body: Json) -> Iterator[tuple[str, Json]]:
        """The items by which Meta tells what became of a message, and their status."""
        raise NotImplementedError

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """The signed webhook of what the customer does; raises KeyError or ValueError where the phone cannot."""
        mid = self._mid()
        self._known.add(sender)
        given = {**what, "url": self._url(str(what["id"]))} if what["type"] in checks.KINDS else what
        made = said(given, mid, self.kind)
        item = {
            "sender": {"id": sender},
            "recipient": {"id": self._account},
            "timestamp": self._now(),
            **made,
        }
        shown = Shown(mid, sender, content_of(made, self._ref), str(what.get("reply_to") or ""))
        return Said(self.webhook(item), shown if "message" in made or "postback" in made else None)

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """The signed webhook by which Meta tells something about the account, such as `policy_enforcement`."""
        return self.webhook(
            {"recipient": {"id": self._account}, "timestamp": self._now(), field: dict(value)}
        )

    def keep(self, file: File) -> str:
        """Take a file from a phone; gives its id."""
        return self._files.keep(file)

    def file(self, ref: str) -> File | None:
        """A file by its id."""
        return self._files.get(ref)

    def fail(self, code: str, *, later: bool = False) -> None:
        """Answer the next message with this error; Meta reports none later. Raises ValueError."""
        if later:
            raise ValueError("Meta tells of no failure later")
        self._faults.append(int(code))

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: Meta takes no message in an answer."""
        return ()

    def refusal(self, kind: Refusal) -> Answered:
        """Graph's words for a limit, an outage, a dead token or a blocked page, of which Meta also tells by webhook."""
        refused = _refused(_REFUSALS[kind])
        if kind != "ban":
            return refused
        told = self.tells(
            "policy_enforcement",
            {"action": "block", "reason": "The page has broken the platform's policies."},
        )
        return Answered(refused.reply, told=(Told(told),))

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as Graph does."""
        place = request.url.partition("?")[0]
        edge = [part for part in place.split("/") if part]
        match request.method, edge:
            case "GET", ["files", ref]:
                return self._download(ref)
            case "GET", ["refresh_access_token"]:
                return self._refreshed(request)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return _refused(Fault(190, 0, "Invalid OAuth access token.", 401))
        match request.method, edge[1:]:
            case "POST", [self._sender, "messages"]:
                return self._message(request)
            case "POST", [self._sender, "message_attachments"]:
                return self._upload(request)
            case "GET", [ref]:
                return self._profile(ref)
        return _refused(Fault(100, 33, f"Unsupported {request.method.lower()} request.", 400))

    def _message(self, request: Request) -> Answered:
        body = _json(request)
        fault = checks.fault(body, *self.text) if body is not None else Fault(100, 0, "This is no JSON.", 400)
        if fault or body is None:
            return _refused(fault or Fault(100, 0, "This is no JSON.", 400))
        to = str(next(iter(body["recipient"].values())))
        if "id" in body["recipient"] and to not in self._known:
            return _refused(Fault(100, 2018001, "No matching user found", 400))
        if body.get("sender_action"):
            return self._acted(to, body)
        if self._faults:
            return _refused(Fault(self._faults.pop(0), 0, "Simulated.", 400))
        return self._taken(to, body)

    def _acted(self, to: str, body: Json) -> Answered:
        """Typing shows on the phone, a reaction too; `mark_seen` does not."""
        action = body["sender_action"]
        answered = _ok({"recipient_id": to}).reply
        if action in ("react", "unreact"):
            shown = Shown(self._mid(), to, content_of(body, self._ref))
            return Answered(answered, (shown,))
        return Answered(answered, typing=(to,) if action == "typing_on" else ())

    def _taken(self, to: str, body: Json) -> Answered:
        mid = self._mid()
        quoted = str((body.get("reply_to") or {}).get("mid", ""))
        told = tuple(
            Told(self.webhook(item), to, mid, status) for status, item in self.statuses(to, mid, body)
        )
        answer = {"recipient_id": to, "message_id": mid}
        return Answered(_ok(answer).reply, (Shown(mid, to, content_of(body, self._ref), quoted),), told)

    def echo(self, to: str, mid: str, body: Json) -> Json:
        """The copy of what we sent."""
        kept = {name: body["message"][name] for name in ("text", "metadata") if name in body["message"]}
        message: Json = {"mid": mid, "is_echo": True, **kept}
        if self._app:
            message["app_id"] = int(self._app)
        return {
            "sender": {"id": self._account},
            "recipient": {"id": to},
            "timestamp": self._now(),
            "message": message,
        }

    def happened(self, to: str, field: str, value: Json) -> Json:
        """An item about the customer's end."""
        sides = {"sender": {"id": to}, "recipient": {"id": self._account}}
        return {**sides, "timestamp": self._now(), field: value}

    def _upload(self, request: Request) -> Answered:
        found = fields(request.body, request.headers.get("content-type", ""))
        message, file = found.get("message"), found.get("filedata")
        if message is None or file is None or not file.body:
            return _refused(Fault(100, 2018047, "Upload attachment failure.", 400))
        if len(file.body) > checks.MOST:
            return _refused(Fault(100, 2018109, "Attachment size exceeds allowable limit", 400))
        return _ok({"attachment_id": self._files.keep(file)})

    def _download(self, ref: str) -> Answered:
        file = self._files.get(ref)
        if file is None:
            return Answered(Reply(403, {}, b"URL signature expired"))
        return Answered(Reply(200, {"content-type": file.mime or "application/octet-stream"}, file.body))

    def _refreshed(self, request: Request) -> Answered:
        if request.query.get("access_token") != self._token:
            return _refused(Fault(190, 0, "Invalid OAuth access token.", 401))
        return _ok({"access_token": self._token, "token_type": "bearer", "expires_in": 5_184_000})

    def _profile(self, ref: str) -> Answered:
        phone = next((each for each in self.phones if each.id == ref), None)
        if phone is None:
            return _refused(Fault(100, 33, f"Object with ID '{ref}' does not exist", 400))
        first, _, last = phone.name.partition(" ")
        known = {
            "id": ref,
            "name": phone.name,
            "username": first.lower(),
            "first_name": first,
            "last_name": last,
        }
        return _ok({**known, "profile_pic": f"{self._base}/files/{ref}"})

    def webhook(self, item: Json) -> Request:
        """A signed webhook as Meta writes it: ASCII alone, slashes escaped."""
        entry = {"id": self._account, "time": self._now(), "messaging": [item]}
        envelope = {"object": self.kind, "entry": [entry]}
        body = json.dumps(envelope, separators=(",", ":")).replace("/", "\\/").encode()
        headers = {
            "content-type": "application/json",
            "x-hub-signature-256": webhooks.sign(body, self._secret),
            "user-agent": "facebookexternalua",
        }
        return Request("POST", self._path, {}, headers, body)

    def _url(self, ref: str) -> str:
        """Where a file of a phone's is fetched from."""
        return f"{self._base}/files/{ref}"

    def _ref(self, url: str) -> str:
        """The id of a file that lies with us; empty for another address."""
        place, _, ref = url.rpartition("/")
        return ref if place == f"{self._base}/files" else ""

    def _mid(self) -> str:
        self._count += 1
        return f"m_{self._count:x}AbCdEfGh"

    def _now(self) -> int:
        return int(self._clock() * 1000)


def _json(request: Request) -> Json | None:
    try:
        return msgspec.json.decode(request.body, type=Json)
    except msgspec.DecodeError:
        return None


def _ok(body: Json) -> Answered:
    return Answered(Reply(200, {"content-type": "application/json"}, msgspec.json.encode(body)))


def _refused(fault: Fault) -> Answered:
    """An error as Graph answers it."""
    error: Json = {"message": fault.message, "type": "OAuthException", "code": fault.code}
    if fault.subcode:
        error["error_subcode"] = fault.subcode
    body = msgspec.json.encode({"error": {**error, "fbtrace_id": "A0simulated"}})
    return Answered(Reply(fault.status, {"content-type": "application/json"}, body))
