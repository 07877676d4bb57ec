"""Telegram (Bot API 10.3): the connector. Its own shapes read updates, since a kind nobody knows must not cost one."""

import hmac
from collections.abc import Generator, Mapping
from typing import Any, ClassVar

import msgspec

from connectors import multipart
from connectors.contract import Conversation, Finding, Setting
from connectors.telegram import codes, health, inbound, outbound, profile
from connectors.telegram.codes import Told
from connectors.terms import History
from state.model.action import Action
from state.model.channel import Channel, Profile, Terms
from state.model.content import Media
from state.model.wire import (
    Call,
    File,
    Forged,
    Outbound,
    Received,
    Reply,
    Request,
    Sent,
    Unclear,
    Undelivered,
)

_JSON = {"content-type": "application/json"}
_HEADER = "x-telegram-bot-api-secret-token"


class Telegram:
    """One bot."""

    type: ClassVar[str] = "telegram"
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = profile.SETTINGS
    capabilities = profile.CAPABILITIES
    terms: ClassVar[Terms] = profile.TERMS
    secret_headers: ClassVar[tuple[str, ...]] = (_HEADER,)
    history: ClassVar[History] = profile.HISTORY

    def __init__(self, channel: Channel) -> None:
        given = profile.checked(channel)
        base, token = given["base_url"].rstrip("/"), given["bot_token"]
        self._url, self._files = f"{base}/bot{token}", f"{base}/file/bot{token}"
        self._secret = given["secret_token"].encode()

    def verify(self, request: Request) -> None:
        """Compare the secret token in constant time (Bot API: setWebhook); raises Forged."""
        given = request.headers.get(_HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._secret):
            raise Forged("X-Telegram-Bot-Api-Secret-Token is missing or wrong")

    def receive(self, request: Request) -> Received:
        """Read an update; the press of a button is answered with the webhook's answer."""
        return inbound.read(request.body)

    def send(self, message: Outbound) -> Conversation:
        """Call the method of the message; where its group has moved, once more to its new id."""
        made = outbound.made(message)
        answer, reply = yield from self._call(made)
        moved = codes.migrated(answer) if not answer.ok else 0
        if moved:
            answer, reply = yield from self._call(made._replace(body=made.body | {"chat_id": moved}))
        if not answer.ok:
            if codes.none_of_telegrams(reply):
                raise Unclear(f"answered {reply.status}, and not as Telegram does")
            raise codes.undelivered(reply, answer)
        if made.method == "setMessageReaction":
            return Sent(note="sent")
        return _sent(answer, (f"telegram:{moved}",) if moved else ())

    def typing(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Show typing for five seconds; raises Undelivered."""
        yield from self._ask("sendChatAction", outbound.chat_of(to) | {"action": "typing"})

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a file by its id, up to 20 MB; raises Undelivered."""
        found = yield from self._ask("getFile", {"file_id": media.ref})
        path = found.get("file_path") if isinstance(found, dict) else None
        if not isinstance(path, str):
            raise Undelivered(Action.FAIL_MSG, "no_path", "Telegram gives no path for the file")
        reply = yield Call("file", "GET", f"{self._files}/{path}", limit=profile.DOWNLOAD, repeatable=True)
        if reply.status == 404:
            raise Undelivered(Action.FAIL_MSG, "http_404", "the file is gone")
        if reply.status != 200:
            raise codes.undelivered(reply, codes.told(reply))
        mime = reply.headers.get("content-type", "").partition(";")[0]
        return File(reply.body, media.mime or mime, media.name or path.rpartition("/")[2])

    def profile(self, to: tuple[str, ...]) -> Generator[Call, Reply, Profile]:
        """What Telegram tells of a chat; raises Undelivered."""
        found = yield from self._ask("getChat", {"chat_id": outbound.chat_of(to)["chat_id"]})
        chat = found if isinstance(found, dict) else {}
        names = (chat.get("first_name"), chat.get("last_name"))
        name = " ".join(str(each) for each in names if each) or str(chat.get("title") or "")
        return Profile(name=name, username=str(chat.get("username") or ""))

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the token is a bot's, and whether its updates come to us; raises Undelivered."""
        yield from self._ask("getMe", {})
        info = yield from self._ask("getWebhookInfo", {})
        return Finding("bot"), *health.findings(info, address)

    def _call(self, made: outbound.Made) -> Generator[Call, Reply, tuple[Told, Reply]]:
        url = f"{self._url}/{made.method}"
        if made.upload:
            name, file = made.upload
            body, kind = multipart.form(_fields(made.body), name, file.body, file.mime, file.name)
            headers = {"content-type": kind}
        else:
            headers, body = _JSON, msgspec.json.encode(made.body)
        reply = yield Call(made.method, "POST", url, headers, body, timeout=60.0 if made.upload else 20.0)
        return codes.told(reply), reply

    def _ask(self, method: str, body: dict[str, Any]) -> Generator[Call, Reply, Any]:
        """A call that may be made twice, and its result; raises Undelivered."""
        raw = msgspec.json.encode(body)
        reply = yield Call(method, "POST", f"{self._url}/{method}", _JSON, raw, repeatable=True)
        answer = codes.told(reply)
        if not answer.ok:
            raise codes.undelivered(reply, answer)
        return answer.result


def _sent(answer: Told, addresses: tuple[str, ...]) -> Sent:
    """The id of the message, `chat:message`; raises Unclear."""
    result = answer.result
    chat = result.get("chat") if isinstance(result, dict) else None
    if not isinstance(chat, dict) or not isinstance(result.get("message_id"), int):
        raise Unclear("answered without a message_id")
    return Sent(f"{chat.get('id')}:{result['message_id']}", addresses, "sent")


def _fields(body: Mapping[str, Any]) -> dict[str, str]:
    """The parameters of a call as a form has them: what is no word is JSON."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in body.items()
    }
