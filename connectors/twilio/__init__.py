"""Short messages by Twilio (API 2010-04-01), also RCS and WhatsApp addresses that go through it.

Facts: provider documentation as of 2026-11.
"""

import base64
from collections.abc import Generator
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

from connectors.contract import Conversation, Finding, Setting
from connectors.terms import History
from connectors.twilio import codes, health, inbound, native, profile, signature
from connectors.twilio.addresses import RCS, written
from connectors.values import body_of, in_xml, named
from state.model.action import Action
from state.model.channel import Channel, Terms
from state.model.content import Media, Template, Text
from state.model.wire import (
    Answer,
    BadMessage,
    Call,
    File,
    Outbound,
    Received,
    Reply,
    Request,
    Sent,
    Undelivered,
)

_TWIML = "text/xml"
_FORM = "application/x-www-form-urlencoded"


class Twilio:
    """One sender (a number, a short code or a messaging service) of a Twilio account."""

    type: ClassVar[str] = "twilio"
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = profile.SETTINGS
    capabilities = profile.CAPABILITIES
    terms: ClassVar[Terms] = profile.TERMS
    history: ClassVar[History] = profile.HISTORY

    def __init__(self, channel: Channel) -> None:
        given = profile.checked(channel)
        self._sender, self._twiml = given["sender"], given["twiml_reply"] == "yes"
        self._callback = given["status_callback"]
        self._keys = tuple(filter(None, (given["auth_token"], given["old_auth_token"])))
        self._shared = given["shared_key"]
        user, secret = given["api_key"] or given["account_sid"], given["api_secret"] or given["auth_token"]
        basic = base64.b64encode(f"{user}:{secret}".encode()).decode()
        self._auth = {"authorization": f"Basic {basic}"}
        self._home = given["base_url"].rstrip("/") + "/"
        base = f"{self._home}2010-04-01/Accounts/{given['account_sid']}"
        self._account, self._messages = base, f"{base}/Messages.json"

    def verify(self, request: Request) -> None:
        """Check the signature over the public address and every parameter; raises Forged."""
        signature.verify(request, self._keys, self._shared)

    def receive(self, request: Request) -> Received:
        """Read a message or a status callback."""
        return inbound.read(request, deferred=self._twiml)

    def send(self, message: Outbound) -> Conversation:
        """POST the message; success means queued, not sent."""
        form = self._form(message)
        body = urlencode(form).encode()
        reply = yield Call("messages", "POST", self._messages, {**self._auth, "content-type": _FORM}, body)
        return _sent(reply, message.attempt)

    def answer(self, request: Request, message: Outbound) -> Answer | None:
        """The reply as TwiML: words and files by address, from the number the customer wrote to."""
        content = message.content
        if message.native or not isinstance(content, Text | Media):
            return None
        try:
            form = dict(self._form(message))
        except BadMessage:
            return None
        if not all(map(in_xml, form.values())):
            return None
        parts = [f"<{tag}>{_escaped(form[name])}</{tag}>" for name, tag in _PARTS if name in form]
        twiml = (
            f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{"".join(parts)}</Message></Response>'
        )
        return Answer(200, twiml.encode(), _TWIML)

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a file of a customer's; only Twilio is told who we are. Raises Undelivered."""
        auth = self._auth if media.url.startswith(self._home) else {}
        reply = yield Call("media", "GET", media.url, auth, limit=profile.FILE, repeatable=True)
        if reply.status != 200:
            raise codes.undelivered(reply, 1)
        return File(reply.body, reply.headers.get("content-type", media.mime).partition(";")[0])

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the account is active and its number calls us; raises Undelivered."""
        findings = [health.account((yield from self._look("account", f"{self._account}.json")))]
        if self._sender.startswith("+"):
            url = f"{self._account}/IncomingPhoneNumbers.json?PhoneNumber={quote(self._sender)}"
            findings.append(health.number((yield from self._look("number", url)), self._sender, address))
        return tuple(findings)

    def _look(self, name: str, url: str) -> Generator[Call, Reply, dict[str, Any]]:
        reply = yield Call(name, "GET", url, self._auth, repeatable=True)
        if reply.status != 200:
            raise codes.undelivered(reply, 1)
        return body_of(reply)

    def _form(self, message: Outbound) -> list[tuple[str, str]]:
        options = native.native_of(message.native)
        to = written(message.to, rcs=self._sender.startswith(RCS))
        form = [("To", to), self._from(to)]
        if self._callback:
            form.append(("StatusCallback", self._callback))
        return form + _content(message) + options.form()

    def _from(self, to: str) -> tuple[str, str]:
        """Who sends: a messaging service, or the sender as an address of the recipient's kind."""
        if self._sender.startswith("MG"):
            return "MessagingServiceSid", self._sender
        prefix = "" if self._sender.startswith(RCS) else to[: to.rfind(":") + 1]
        return "From", f"{prefix}{self._sender}"


def _content(message: Outbound) -> list[tuple[str, str]]:
    match message.content:
        case Text(text=text):
            if not 1 <= len(text) <= profile.TEXT:
                raise BadMessage("text", f"has {len(text)} characters; 1 to {profile.TEXT} are allowed")
            return [("Body", text)]
        case Media() as media:
            if not media.url.startswith(("https://", "http://")):
                raise BadMessage("url", "Twilio fetches files by a web address")
            if len(media.caption) > profile.TEXT:
                raise BadMessage("caption", f"has over {profile.TEXT} characters")
            return [*([("Body", media.caption)] if media.caption else []), ("MediaUrl", media.url)]
        case Template() as template:
            return native.template(template)
    raise BadMessage("content", f"Twilio cannot show {type(message.content).__name__}")


_PARTS = (("Body", "Body"), ("MediaUrl", "Media"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _sent(reply: Reply, attempt: int) -> Sent:
    """What an answer says; raises Undelivered or Unclear."""
    body = body_of(reply)
    if not 200 <= reply.status < 300:
        raise codes.undelivered(reply, attempt)
    failed = body.get("error_code")
    if failed:
        rule = codes.action_of(codes.number(failed))
        raise Undelivered(rule or Action.FAIL_MSG, str(failed), str(body.get("error_message") or ""))
    return Sent(named(body.get("sid"), reply.status, "sid"))
