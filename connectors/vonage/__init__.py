"""Messages by Vonage: the SMS API, or the Messages API, which has RCS, WhatsApp and Messenger too.

Facts: provider documentation as of 2026-11.
"""

from collections.abc import Generator, Mapping
from typing import ClassVar
from urllib.parse import urlencode

from connectors.contract import Conversation, Finding, Setting
from connectors.sms import fields
from connectors.terms import History
from connectors.vonage import codes, messages, native, profile, signature, sms, tokens
from state.model.action import Action
from state.model.channel import Channel, Terms
from state.model.content import Media
from state.model.wire import (
    Answer,
    BadMessage,
    Call,
    File,
    Malformed,
    Outbound,
    Problem,
    Received,
    Reply,
    Request,
    Undelivered,
)

_TAKEN = Answer(200)


class Vonage:
    """One sender of a Vonage account. `stamp` gives the second and the random id of a token."""

    type: ClassVar[str] = "vonage"
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = profile.SETTINGS
    capabilities = profile.CAPABILITIES
    terms: ClassVar[Terms] = profile.TERMS
    history: ClassVar[History] = profile.HISTORY

    def __init__(self, channel: Channel, stamp: tokens.Stamp = tokens.stamp) -> None:
        given = profile.checked(channel)
        self._given, self._stamp = given, stamp
        self._short = given["api"] == "sms"
        if self._short:
            self.capabilities = profile.SHORT
        self._key = tokens.signer(given["private_key"]) if given["private_key"] else None
        self._max_age = int(given["max_age"])
        base = (given["base_url"] or profile.HOSTS[given["api"]]).rstrip("/")
        self._url = base + ("/sms/json" if self._short else "/v1/messages")

    def verify(self, request: Request) -> None:
        """Check the token over the body, or the signature among the parameters; raises Forged."""
        secret, now = self._given["signature_secret"], self._stamp()[0]
        if "authorization" in request.headers:
            signature.verify_token(request, secret, self._given["api_key"], now, self._max_age)
            return
        method = self._given["signature"]
        signature.verify_params(_params(request), secret, method, now, self._max_age)

    def receive(self, request: Request) -> Received:
        """Read a webhook of either API: a message, or what became of one of ours."""
        try:
            if request.method == "POST" and _is_json(request):
                found = fields.document(request.body)
                if not isinstance(found, dict):
                    raise Malformed("the JSON is no object")
                if "message_uuid" in found:
                    return Received(messages.events(found), _TAKEN)
            return Received(sms.events(_params(request)), _TAKEN)
        except ValueError as error:
            return Received(answer=_TAKEN, problems=(Problem("$", str(error)),))

    def send(self, message: Outbound) -> Conversation:
        """POST the message; success means that Vonage has taken it, not that it was sent."""
        options = native.native_of(message.native)
        if not 1 <= len(getattr(message.content, "text", "x")) <= profile.TEXT:
            raise BadMessage("text", f"1 to {profile.TEXT} characters are allowed")
        if self._short:
            form = sms.form(message, options, self._given["sender"])
            reply = yield Call(
                "messages", "POST", self._url, {"content-type": fields.FORM}, self._signed(form)
            )
            return sms.sent(reply, message.attempt)
        body = messages.body(message, options, self._given["sender"], self._given["status_callback"])
        headers = {"authorization": self._authorization(), "content-type": fields.JSON, "accept": fields.JSON}
        reply = yield Call("messages", "POST", self._url, headers, body)
        return messages.sent(reply, message.attempt)

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a file of a customer's; raises Undelivered."""
        if not media.url.startswith(("https://", "http://")):
            raise BadMessage("url", "is no web address")
        headers = {"authorization": self._authorization()} if media.url.startswith(profile.MEDIA) else {}
        reply = yield Call("media", "GET", media.url, headers, limit=profile.FILE, repeatable=True)
        if reply.status in (404, 410):
            raise Undelivered(Action.FAIL_MSG, f"http_{reply.status}", "the file is gone")
        if reply.status != 200:
            raise codes.undelivered(reply, 1)
        mime = reply.headers.get("content-type", media.mime).partition(";")[0]
        return File(reply.body, mime, media.name)

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the account is known and has credit; raises Undelivered."""
        base = self._given["base_url"].rstrip("/") or profile.HOSTS["sms"]
        account = urlencode({"api_key": self._given["api_key"], "api_secret": self._given["api_secret"]})
        reply = yield Call("balance", "GET", f"{base}/account/get-balance?{account}", repeatable=True)
        if reply.status != 200:
            raise codes.undelivered(reply, 1)
        value = fields.at(codes.object_of(reply), "value")
        empty = isinstance(value, int | float) and value <= 0
        return (Finding("account", "it has no credit left" if empty else ""),)

    def _signed(self, form: Mapping[str, str]) -> bytes:
        callback = {"callback": self._given["status_callback"]} if self._given["status_callback"] else {}
        account = {"api_key": self._given["api_key"], "api_secret": self._given["api_secret"]}
        return sms.body({**account, **form, **callback})

    def _authorization(self) -> str:
        if self._key:
            return tokens.bearer(self._given["application_id"], self._key, self._stamp())
        return tokens.basic(self._given["api_key"], self._given["api_secret"])


def _is_json(request: Request) -> bool:
    return fields.mime(request.headers) == fields.JSON or request.body[:1] == b"{"


def _params(request: Request) -> dict[str, str]:
    """The parameters of a webhook, whichever of the three ways the account has chosen; raises Malformed."""
    if request.method == "POST" and _is_json(request):
        found = fields.document(request.body)
        if not isinstance(found, dict):
            raise Malformed("the JSON is no object")
        return {str(name): fields.words(value) for name, value in found.items()}
    return {name: fields.words(value) for name, value in fields.form(request).items()}
