"""Twilio's end of the wire: takes our messages, and signs what customers and the network cause."""

import base64
import json
import time
from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.twilio import signature
from state.model.channel import Channel
from state.model.content import Component, Content, Location, Media, MediaKind, Parameter, Template, Text
from state.model.wire import Answer, Reply, Request

Form = dict[str, str]
_FORM = "application/x-www-form-urlencoded"
_REFUSALS: dict[Refusal, tuple[int, int, str]] = {
    "throttled": (429, 20429, "Too Many Requests"),
    "unavailable": (503, 20503, "Service Unavailable"),
    "expired_token": (401, 20003, "Authenticate"),
    "ban": (403, 20005, "Account not active"),
}
_WORDS = {"stop": "STOP", "start": "START"}


class TwilioSimulator:
    """Plays Twilio for one sender."""

    undeliverable: ClassVar[tuple[str, bool]] = ("30003", True)
    phones: ClassVar[tuple[Phone, ...]] = tuple(Phone(f"+1555010{n}", f"+1 555 010{n}") for n in range(3))

    def __init__(self, channel: Channel) -> None:
        settings, secrets = channel.settings, channel.credentials
        self._account, self._sender = settings["account_sid"], settings["sender"]
        self._prefix = "rcs:" if self._sender.startswith("rcs:") else ""
        self._token = secrets.get("auth_token", "")
        user, secret = settings.get("api_key") or self._account, secrets.get("api_secret") or self._token
        self._auth = "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()
        self._path = f"/webhooks/{channel.id}"
        self._url = settings.get("webhook_url", f"https://parley.example{self._path}")
        self._base = settings.get("base_url", "").rstrip("/")
        self._count = time.time_ns() // 1_000_000  # a restart must not give the same ids again
        self._files: dict[str, File] = {}
        self._faults: list[tuple[int, bool]] = []
        self._stopped: set[str] = set()

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """A message of the customer's; raises KeyError or ValueError where a phone cannot do that."""
        sid = self._sid("SM")
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self._account,
            "From": f"{self._prefix}{sender}",
            "To": self._sender,
        }
        form |= self._said(sender, what) | {"ApiVersion": "2010-04-01"}
        return Said(self._webhook(form), Shown(sid, sender, _shown(form)))

    def _said(self, sender: str, what: Mapping[str, object]) -> Form:
        kind = str(what["type"])
        if kind in _WORDS:
            (self._stopped.add if kind == "stop" else self._stopped.discard)(sender)
            return {"Body": _WORDS[kind], "NumMedia": "0"}
        if kind in ("text", "choice"):
            return {"Body": str(what["text"] if kind == "text" else what["title"]), "NumMedia": "0"}
        if kind in ("image", "video", "audio", "document"):
            ref = str(what["id"])
            mime = str(what.get("mime") or self._files[ref].mime)
            url = f"{self._base}/2010-04-01/Accounts/{self._account}/Media/{ref}"
            return {
                "Body": str(what.get("caption") or ""),
                "NumMedia": "1",
                "MediaUrl0": url,
                "MediaContentType0": mime,
            }
        raise ValueError(
            f"a phone cannot send {kind!r}; it can send text, choice, image, video, audio, stop, start"
        )

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """A status callback of a message: `field` is its sid."""
        return self._webhook({"MessageSid": field, **{name: str(each) for name, each in value.items()}})

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as Twilio does."""
        if request.headers.get("authorization") != self._auth:
            return _refused(401, 20003, "Authenticate")
        edge = request.url.partition("?")[0].partition(f"/Accounts/{self._account}/")[2]
        if request.method == "POST" and edge == "Messages.json":
            return self._message(dict(parse_qsl(request.body.decode(), keep_blank_values=True)))
        file = self._files.get(edge.removeprefix("Media/"))
        if request.method == "GET" and file:
            return Answered(Reply(200, {"content-type": file.mime}, file.body))
        return _refused(404, 20404, "The requested resource was not found")

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """The messages of a TwiML answer."""
        if answer.mime != "text/xml" or not answer.body:
            return ()
        to = dict(parse_qsl(request.body.decode())).get("From", "").removeprefix(self._prefix)
        found = []
        for message in ElementTree.fromstring(answer.body).iter("Message"):  # noqa: S314 - our own
            form = {"Body": message.findtext("Body") or "", "MediaUrl": message.findtext("Media") or ""}
            found.append(
                Shown(self._sid("SM"), to, _shown({name: value for name, value in form.items() if value}))
            )
        return tuple(found)

    def refusal(self, kind: Refusal) -> Answered:
        """Twilio's words for a limit, an outage, a wrong token or a closed account."""
        return _refused(*_REFUSALS[kind])

    def keep(self, file: File) -> str:
        """Take a file from a phone; gives its sid."""
        ref = self._sid("ME")
        self._files[ref] = file
        return ref

    def file(self, ref: str) -> File | None:
        """A file by its sid."""
        return self._files.get(ref)

    def fail(self, code: str, *, later: bool = False) -> None:
        """Refuse the next message with this error; `later`: take it, and report the error in its status."""
        self._faults.append((int(code), later))

    def _message(self, form: Form) -> Answered:
        to = form.get("To", "").removeprefix(self._prefix)
        fault = self._fault(form, to)
        if fault:
            return _refused(400, *fault)
        code, later = self._faults.pop(0) if self._faults else (0, False)
        if code and not later:
            return _refused(400, code, "Simulated.")
        sid = self._sid("SM")
        body = {
            "sid": sid,
            "status": "queued",
            "to": to,
            "from": self._sender,
            "error_code": None,
            "error_message": None,
        }
        statuses = ("failed",) if code else ("sent", "delivered")
        told = tuple(Told(self._status(sid, to, status, code), to, sid, status) for status in statuses)
        reply = Reply(201, {"content-type": "application/json"}, json.dumps(body).encode())
        return Answered(reply, (Shown(sid, to, _shown(form)),), told)

    def _fault(self, form: Form, to: str) -> tuple[int, str] | None:
        if not to:
            return 21604, "A 'To' phone number is required."
        if to in self._stopped:
            return 21610, "Attempt to send to unsubscribed recipient"
        if self._prefix and (form.get("From"), form["To"]) != (self._sender, f"rcs:{to}"):
            return 21211, f"{form['To']} is no address of this channel's"
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return 21603, "A 'From' phone number is required."
        if not form.get("Body") and not form.get("MediaUrl") and not form.get("ContentSid"):
            return 21602, "Message body is required."
        if len(form.get("Body", "")) > 1600:
            return 21617, "The concatenated message body exceeds the 1600 character limit"
        return None

    def _status(self, sid: str, to: str, status: str, code: int) -> Request:
        form = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
        form["To"] = f"{self._prefix}{to}"
        form |= {"From": self._sender, "AccountSid": self._account}
        return self._webhook(form | ({"ErrorCode": str(code), "ErrorMessage": "Simulated."} if code else {}))

    def _webhook(self, form: Form) -> Request:
        signed = signature.sign(self._url, form.items(), self._token)
        headers = {"content-type": _FORM, "x-twilio-signature": signed, "user-agent": "TwilioProxy/1.1"}
        return Request("POST", self._path, {}, headers, urlencode(form).encode())

    def _sid(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count:032x}"


def _shown(form: Form) -> Content:
    """What a phone shows of a message, sent or received."""
    url = form.get("MediaUrl") or form.get("MediaUrl0") or ""
    if url:
        ref = url.rpartition("/Media/")[2] if "/Media/" in url else ""
        return Media(_kind(form, url), url="" if ref else url, ref=ref, caption=form.get("Body", ""))
    if form.get("ContentSid"):
        values = json.loads(form.get("ContentVariables") or "{}")
        parameters = tuple(Parameter(str(value), name) for name, value in values.items())
        return Template(form["ContentSid"], "", (Component("body", parameters),) if parameters else ())
    if form.get("Latitude"):
        return Location(float(form["Latitude"]), float(form["Longitude"]))
    return Text(form.get("Body", ""))


def _kind(form: Form, url: str) -> MediaKind:
    family = form.get("MediaContentType0", "").partition("/")[0]
    if family in ("image", "video", "audio"):
        return family  # type: ignore[return-value]
    return "image" if url.lower().endswith((".jpg", ".jpeg", ".png", ".gif")) else "document"


def _refused(status: int, code: int, message: str) -> Answered:
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Answered(Reply(status, {"content-type": "application/json"}, json.dumps(body).encode()))
