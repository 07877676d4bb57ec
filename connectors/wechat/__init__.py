"""WeChat Official Account: the connector. Facts: provider documentation as of 2026-11."""

import time
from collections.abc import Callable, Generator
from typing import Any, ClassVar
from urllib.parse import urlencode

import msgspec

from connectors import multipart
from connectors.contract import Conversation, Finding, Setting
from connectors.terms import History
from connectors.values import body_of
from connectors.wechat import codes, crypto, inbound, outbound, profile, xml
from connectors.wechat.crypto import Cipher, check, signature
from state.model.action import Action
from state.model.channel import Channel, Profile, Terms
from state.model.content import Content, Media, Template
from state.model.event import MessageReceived, Started
from state.model.wire import (
    Answer,
    Call,
    File,
    Forged,
    Malformed,
    Outbound,
    Received,
    Reply,
    Request,
    Sent,
    Token,
    Unclear,
    Undelivered,
)

_JSON = {"content-type": "application/json; charset=utf-8"}
_SUCCESS = Answer(200, b"success")


class WeChat:
    """One Official Account; `clock`: seconds since 1970."""

    type: ClassVar[str] = "wechat"
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = profile.SETTINGS
    capabilities = profile.CAPABILITIES
    terms: ClassVar[Terms] = profile.TERMS
    history: ClassVar[History] = profile.HISTORY

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        given = profile.checked(channel)
        self._clock, self._max_age = clock, int(given["max_age"])
        self._api = f"{given['base_url'].rstrip('/')}/cgi-bin"
        self._app_id, self._secret, self._token = given["app_id"], given["app_secret"], given["token"]
        self._access = channel.credentials.get("access_token", "")
        self._safe, self._passive = given["mode"] == "safe", given["passive_reply"] == "yes"
        self._cipher = Cipher((given["aes_key"], given["old_aes_key"]), self._app_id)

    def verify(self, request: Request) -> None:
        """Check the signature of the query, its time, and what is sealed; raises Forged."""
        query = request.query
        stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        crypto.check_age(stamp, int(self._clock()), self._max_age)
        sealed = _sealed(request.body) if request.method == "POST" else ""
        if sealed:
            check(query.get("msg_signature", ""), self._token, stamp, nonce, sealed)
            self._cipher.open(sealed)
            return
        if self._safe and request.method == "POST":
            raise Forged("a message that is not sealed, and mode is safe")
        check(query.get("signature", ""), self._token, stamp, nonce)

    def receive(self, request: Request) -> Received:
        """Read a message or an event, or answer the handshake; raises Malformed."""
        if request.method == "GET":
            return Received(answer=Answer(200, request.query.get("echostr", "").encode("utf-8", "replace")))
        elements = self._elements(request)
        found, problems = inbound.events(elements)
        waits = self._passive and any(isinstance(each, MessageReceived | Started) for each in found)
        return Received(found, _SUCCESS, problems, deferred=waits)

    def _elements(self, request: Request) -> dict[str, str]:
        sealed = _sealed(request.body)
        try:
            return xml.read(self._cipher.open(sealed) if sealed else request.body)
        except Forged as error:  # a replayed envelope of an account whose keys were changed since
            raise Malformed(str(error)) from error

    def answer(self, request: Request, message: Outbound) -> Answer | None:
        """The reply as the answer's XML, sealed where the request was."""
        fields = None if message.native else outbound.passive(message.content)
        if fields is None:
            return None
        asked = self._elements(request)
        stamp, nonce = request.query.get("timestamp", "0"), request.query.get("nonce", "")
        head = {
            "ToUserName": asked["FromUserName"],
            "FromUserName": asked.get("ToUserName", ""),
            "CreateTime": stamp,
        }
        body = xml.write(head | fields)
        if _sealed(request.body):
            sealed = self._cipher.seal(body)
            signed = signature(self._token, stamp, nonce, sealed)
            body = xml.write({"Encrypt": sealed, "MsgSignature": signed, "TimeStamp": stamp, "Nonce": nonce})
        return Answer(200, body, "application/xml")

    def send(self, message: Outbound) -> Conversation:
        """Send a template, or a customer-service message after what must be uploaded."""
        native = outbound.native_of(message.native)
        if isinstance(message.content, Template):
            edge, body = outbound.template(message, message.content, native)
            answer = yield from self._ask(edge, body, repeatable="client_msg_id" in body)
            found = answer.get("msgid")
            return Sent(str(found) if found else "", note="sent")
        file = outbound.file_of(message)
        uploaded: dict[str, str] = {}
        if file is None:
            file = yield from self._behind_link(message.content)
        if file:
            name, content, kind = file
            outbound.body(message, native, {name: "later"})
            uploaded[name] = yield from self._upload(content, kind)
        yield from self._ask("message/custom/send", outbound.body(message, native, uploaded))
        return Sent(note="sent")

    def _behind_link(self, content: Content) -> Generator[Call, Reply, tuple[str, File, str] | None]:
        """WeChat takes no addresses of files: what is behind one is got first, to be uploaded."""
        kind = outbound.kind_of(content)
        if kind is None or not isinstance(content, Media):
            return None
        limit = profile.BYTES[content.kind]
        reply = yield Call("file", "GET", content.url, limit=limit, repeatable=True)
        if reply.status != 200:
            raise Undelivered(Action.FAIL_MSG, "no_file", f"the file's address answers {reply.status}")
        mime = content.mime or reply.headers.get("content-type", "").partition(";")[0]
        return content.url, File(reply.body, mime, content.name), kind

    def typing(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Show typing; raises Undelivered."""
        yield from self._ask(
            "message/custom/typing", {"touser": outbound.user_of(to), "command": "Typing"}, repeatable=True
        )

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a file by its id, within three days; a film comes by an address. Raises Undelivered."""
        url = self._url("media/get", media_id=media.ref)
        reply = yield Call("media", "GET", url, limit=profile.BYTES["video"], repeatable=True)
        kind = reply.headers.get("content-type", "").partition(";")[0]
        if kind in ("application/json", "text/plain"):
            told = codes.accepted(reply)
            if not isinstance(told.get("video_url"), str):
                raise Undelivered(Action.FAIL_MSG, "no_file", "WeChat gives neither a file nor an address")
            reply = yield Call(
                "video", "GET", told["video_url"], limit=profile.BYTES["video"], repeatable=True
            )
            kind = reply.headers.get("content-type", "").partition(";")[0]
        if reply.status != 200:
            raise Undelivered(Action.RETRY, f"http_{reply.status}")
        return File(reply.body, media.mime or kind)

    def profile(self, to: tuple[str, ...]) -> Generator[Call, Reply, Profile]:
        """What WeChat tells of a follower: no name any more, the language at least. Raises Undelivered."""
        url = self._url("user/info", openid=outbound.user_of(to), lang="en")
        told = codes.accepted((yield Call("user", "GET", url, repeatable=True)))
        return Profile(language=str(told.get("language") or ""), name=str(told.get("remark") or ""))

    def refresh(self) -> Generator[Call, Reply, Token]:
        """Get an access token for two hours, which leaves the one before good for a while; raises Undelivered."""
        asked = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._secret,
            "force_refresh": False,
        }
        reply = yield Call(
            "token", "POST", f"{self._api}/stable_token", _JSON, msgspec.json.encode(asked), repeatable=True
        )
        told = codes.accepted(reply)
        token, seconds = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not isinstance(seconds, int):
            raise Undelivered(Action.RETRY, "no_token", "WeChat gives no token")
        return Token(token, float(seconds))

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the account is known and we may call from here; raises Undelivered."""
        token = yield from self.refresh()
        url = f"{self._api}/getcallbackip?{urlencode({'access_token': token.access})}"
        codes.accepted((yield Call("getcallbackip", "GET", url, repeatable=True)))
        return (Finding("account"),)

    def _url(self, edge: str, **query: str) -> str:
        return f"{self._api}/{edge}?{urlencode({'access_token': self._access, **query})}"

    def _ask(
        self, edge: str, body: dict[str, Any], *, repeatable: bool = False
    ) -> Generator[Call, Reply, dict[str, Any]]:
        raw = msgspec.json.encode(body)  # UTF-8 as it is: WeChat does not read \u escapes
        name = edge.rpartition("/")[2]
        reply = yield Call(name, "POST", self._url(edge), _JSON, raw, repeatable=repeatable)
        if not repeatable and 200 <= reply.status < 300 and not body_of(reply):
            raise Unclear(f"answered {reply.status}, and not as WeChat does")
        return codes.accepted(reply)

    def _upload(self, file: File, kind: str) -> Generator[Call, Reply, str]:
        body, mime = multipart.form({}, "media", file.body, file.mime, file.name or kind)
        headers = {"content-type": mime}
        reply = yield Call(
            "upload", "POST", self._url("media/upload", type=kind), headers, body, repeatable=True
        )
        found = codes.accepted(reply).get("media_id")
        if not isinstance(found, str):
            raise Undelivered(Action.RETRY, "no_media_id", "WeChat gives no id for the file")
        return found


def _sealed(body: bytes) -> str:
    """What is sealed in a body; "" where nothing is."""
    if b"<Encrypt>" not in body:
        return ""
    try:
        return xml.read(body).get("Encrypt", "")
    except Malformed:
        return ""
