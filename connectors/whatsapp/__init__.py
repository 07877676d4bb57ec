"""WhatsApp Cloud (Meta Graph API): the connector. Facts: provider documentation as of 2026-11, Graph v26.0."""

from collections.abc import Generator
from typing import Any, ClassVar

import msgspec

from connectors import graph
from connectors.contract import Conversation, File, Setting
from connectors.whatsapp import codes, inbound, outbound
from state.model.action import Action
from state.model.channel import Capabilities, Channel, Terms
from state.model.content import Media
from state.model.wire import Answer, Call, Outbound, Received, Reply, Request, Sent, Undelivered

_MB = 1_000_000


class WhatsApp:
    """One WhatsApp number."""

    type: ClassVar[str] = "whatsapp"
    account_setting: ClassVar[str] = "phone_number_id"
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting(
            "phone_number_id", "id of the number at Meta (not the number itself)", example="106540352242922"
        ),
        Setting("waba_id", "id of the WhatsApp business account", required=False),
        Setting("api_version", "version of the Graph API", required=False, default="v26.0"),
        Setting("base_url", "address of the Graph API", required=False, default="https://graph.facebook.com"),
        Setting("pace", "messages a second Meta allows this number", required=False, default="80"),
        Setting("app_secret", "secret of the Meta app; signs the webhooks", secret=True),
        Setting("verify_token", "a word of your own, given to Meta with the webhook's address", secret=True),
        Setting("access_token", "token of a system user, with whatsapp_business_messaging", secret=True),
    )
    capabilities: ClassVar[Capabilities] = Capabilities(
        schemes=("whatsapp-bsuid", "whatsapp", "tel"),
        text=4096,
        media={
            "image": 5 * _MB, "video": 16 * _MB, "audio": 16 * _MB, "document": 100 * _MB, "sticker": 500_000,
        },
        caption=1024,
        buttons=3,
        button_title=20,
        list_rows=10,
        url_button=True,
        location=True,
        contact_card=True,
        template=True,
        reaction=True,
        form=True,
        reply=True,
        typing=True,
        mark_read=True,
        receipts=("sent", "delivered", "read", "played", "failed"),
        reconcilable=True,
    )  # fmt: skip
    terms: ClassVar[Terms] = Terms(
        version="whatsapp-2026-11",
        reply_window=24 * 3600,
        template_outside_window=True,
        minimum_age=13,
        stop_words=("STOP",),
        pace=80,
        pair_interval=6,
        pair_burst=45,
    )

    def __init__(self, channel: Channel) -> None:
        settings, secrets = channel.settings, channel.credentials
        self._number = settings.get("phone_number_id", "")
        if not self._number.isdigit():
            raise ValueError(f"phone_number_id: {self._number!r} is not digits only")
        version = settings.get("api_version", "v26.0")
        self._base = f"{settings.get('base_url', 'https://graph.facebook.com').rstrip('/')}/{version}"
        self._secret = secrets.get("app_secret", "").encode()
        if not self._secret:
            raise ValueError("app_secret: is needed to check the webhooks' signature")
        self._verify_token = secrets.get("verify_token", "")
        self._headers = {
            "authorization": f"Bearer {secrets.get('access_token', '')}",
            "content-type": "application/json",
        }

    def verify(self, request: Request) -> None:
        """Check the signature; the handshake has none and checks its own token."""
        if request.method != "GET":
            graph.verify(request, self._secret)

    def receive(self, request: Request) -> Received:
        """Read a webhook or answer the handshake."""
        if request.method == "GET":
            return Received(answer=graph.handshake(request, self._verify_token))
        found = inbound.read(request.body)
        return found if found.answer.status != 200 else msgspec.structs.replace(found, answer=Answer())

    def send(self, message: Outbound) -> Conversation:
        """POST the message; 200 means accepted, not delivered."""
        native = outbound.read_native(message.native)
        body = outbound.body(message, native)
        edge = "marketing_messages" if native.marketing else "messages"
        reply = yield self._call("messages", "POST", f"{self._number}/{edge}", body)
        if not 200 <= reply.status < 300:
            raise self._undelivered(reply, message.attempt)
        return _sent(reply)

    def typing(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Show typing for up to 25 seconds, which marks the customer's last message as read."""
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": last_inbound,
            "typing_indicator": {"type": "text"},
        }
        yield self._call("typing", "POST", f"{self._number}/messages", body)

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a media item: its address first (valid five minutes), then the file."""
        found = yield self._call("media", "GET", media.ref)
        if found.status != 200:
            raise self._undelivered(found, 1)
        about = _object(found)
        size = media_limit(media)
        call = Call("download", "GET", str(about.get("url", "")), self._headers, limit=size, repeatable=True)
        file = yield call
        if file.status != 200:
            raise Undelivered(Action.RETRY, f"http_{file.status}", "the media file could not be fetched")
        return File(file.body, str(about.get("mime_type", "")), media.name, str(about.get("sha256", "")))

    def _call(self, name: str, method: str, edge: str, body: dict[str, Any] | None = None) -> Call:
        raw = msgspec.json.encode(body) if body is not None else b""
        return Call(name, method, f"{self._base}/{edge}", self._headers, raw, repeatable=name != "messages")

    def _undelivered(self, reply: Reply, attempt: int) -> Undelivered:
        """The outcome; codes that are worth two tries only fail for good after them."""
        error = graph.undelivered(reply, codes.ACTIONS, codes.PAIR)
        if error.code in _TWICE and attempt > 2:
            return Undelivered(Action.FAIL_MSG, error.code, error.reason)
        return error


_TWICE = {"135000", "131052", "131053"}


def media_limit(media: Media) -> int:
    """The bytes a media item of this kind may have."""
    return WhatsApp.capabilities.media[media.kind]


def _object(reply: Reply) -> dict[str, Any]:
    try:
        found = msgspec.json.decode(reply.body)
    except msgspec.DecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _sent(reply: Reply) -> Sent:
    """What the answer says: the message's id, and who the recipient is known as."""
    answer = _object(reply)
    message = next(iter(answer.get("messages") or []), {})
    contact = next(iter(answer.get("contacts") or []), {})
    found = [
        f"{scheme}:{contact[key]}"
        for scheme, key in (("whatsapp-bsuid", "user_id"), ("whatsapp", "wa_id"))
        if contact.get(key)
    ]
    return Sent(str(message.get("id", "")), tuple(found), str(message.get("message_status", "")))
