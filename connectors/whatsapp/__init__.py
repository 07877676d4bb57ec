"""WhatsApp Cloud (Meta Graph API): the connector. Facts: provider documentation as of 2026-11, Graph v26.0."""

from collections.abc import Generator
from typing import ClassVar

import msgspec

from connectors.contract import Conversation, Finding, Setting
from connectors.graph import webhooks
from connectors.graph.api import Api, proof
from connectors.terms import History
from connectors.whatsapp import accounts, codes, health, inbound, native, outbound
from connectors.whatsapp.profile import CAPABILITIES, HISTORY, SETTINGS, TERMS, checked
from state.model.channel import Channel, ProviderTemplate, Terms
from state.model.content import Media, MediaKind
from state.model.wire import Call, File, Outbound, Received, Reply, Request


class WhatsApp:
    """One WhatsApp number."""

    type: ClassVar[str] = "whatsapp"
    webhooks: ClassVar[bool] = True
    account_setting: ClassVar[str] = "phone_number_id"
    business_setting: ClassVar[str] = "waba_id"
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    capabilities = CAPABILITIES
    terms: ClassVar[Terms] = TERMS
    history: ClassVar[History] = HISTORY

    def __init__(self, channel: Channel) -> None:
        given = checked(channel)
        self._number, self._waba = given["phone_number_id"], given["waba_id"]
        self._secret, self._verify_token = given["app_secret"], given["verify_token"]
        base, token = f"{given['base_url'].rstrip('/')}/{given['api_version']}", given["access_token"]
        proven = proof(self._secret, token) if given["appsecret_proof"] == "yes" else ""
        self._api = Api(base, token, codes.rule_of, proven)
        self._json = {**self._api.bearer, "content-type": "application/json"}
        self._messages = self._api.url(f"{self._number}/messages")
        self._marketing = self._api.url(f"{self._number}/marketing_messages")
        self._key = self._secret.encode()

    def verify(self, request: Request) -> None:
        """Check the signature; the handshake has none and checks its own token."""
        if request.method != "GET":
            webhooks.verify(request, self._key)

    def receive(self, request: Request) -> Received:
        """Read a webhook or answer the handshake."""
        if request.method == "GET":
            return Received(answer=webhooks.handshake(request, self._verify_token))
        return inbound.read(request.body)

    def send(self, message: Outbound) -> Conversation:
        """Upload what must be uploaded, then POST the message: success means accepted, not delivered."""
        options = native.native_of(message.native)
        if options.marketing:
            outbound.marketing(message.content)
        files = outbound.files(message)
        body = outbound.body(message, options, dict.fromkeys(files, "later"))
        if files:
            uploaded: dict[str, str] = {}
            for stored, (file, kind) in files.items():
                uploaded[stored] = yield from self.upload(file, kind)
            body = outbound.body(message, options, uploaded)
        url = self._marketing if options.marketing else self._messages
        reply = yield Call("messages", "POST", url, self._json, msgspec.json.encode(body))
        return outbound.sent(self._api.accepted(reply, message.attempt), reply.status)

    def upload(self, file: File, kind: MediaKind) -> Generator[Call, Reply, str]:
        """Upload a file and give its id, which holds for 30 days; raises Undelivered."""
        return accounts.upload(self._api, self._number, file, kind)

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a media item by its `ref`, within seven days; raises Undelivered."""
        return accounts.fetch(self._api, media)

    def delete(self, ref: str) -> Generator[Call, Reply, None]:
        """Delete an uploaded file of this number; raises Undelivered."""
        query = {"phone_number_id": self._number}
        yield from self._api.ask("delete", "DELETE", accounts.edge(ref), query=query)

    def typing(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Show typing for up to 25 seconds, which marks the customer's last message as read; raises Undelivered."""
        body = outbound.read(last_inbound) | {"typing_indicator": {"type": "text"}}
        yield from self._api.ask("typing", "POST", f"{self._number}/messages", body)

    def mark_read(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Mark a customer's message and those before it as read; raises Undelivered."""
        yield from self._api.ask("read", "POST", f"{self._number}/messages", outbound.read(last_inbound))

    def templates(self) -> Generator[Call, Reply, tuple[ProviderTemplate, ...]]:
        """All templates of the business account; raises Undelivered."""
        return accounts.templates(self._api, self._waba)

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the number is set up and Meta calls us; raises Undelivered."""
        return health.examine(self._api, self._number, self._waba, address)

    def block(self, to: tuple[str, ...]) -> Generator[Call, Reply, None]:
        """Block a customer who wrote within 24 hours; raises Undelivered."""
        return accounts.block(self._api, self._number, to)

    def unblock(self, to: tuple[str, ...]) -> Generator[Call, Reply, None]:
        """Let a blocked customer write again; raises Undelivered."""
        return accounts.block(self._api, self._number, to, "DELETE")
