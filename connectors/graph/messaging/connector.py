"""The connector of Meta's messaging; Messenger and Instagram say what differs."""

from collections.abc import Generator, Mapping

import msgspec

from connectors.contract import Conversation
from connectors.graph import webhooks
from connectors.graph.api import Api, proof
from connectors.graph.messaging import account, codes, inbound, outbound
from connectors.graph.messaging.side import Side
from state.model.channel import Profile
from state.model.content import Media
from state.model.wire import Call, File, Outbound, Received, Reply, Request


class Messaging:
    """One page or professional account; `given` are its checked settings, `sender` the account in our calls."""

    def __init__(self, side: Side, given: Mapping[str, str], base: str, sender: str) -> None:
        self._side, self._sender = side, sender
        self._app, self._get_started = given["app_id"], given["get_started"]
        self._key, self._verify_token = given["app_secret"].encode(), given["verify_token"]
        token = given["access_token"]
        proven = proof(given["app_secret"], token) if given["appsecret_proof"] == "yes" else ""
        self._api = Api(f"{base.rstrip('/')}/{given['api_version']}", token, codes.rule_of, proven)
        self._json = {**self._api.bearer, "content-type": "application/json"}
        self._messages = self._api.url(f"{sender}/messages")

    def verify(self, request: Request) -> None:
        """Check the signature; the handshake has none and checks its own token."""
        if request.method != "GET":
            webhooks.verify(request, self._key)

    def receive(self, request: Request) -> Received:
        """Read a webhook or answer the handshake."""
        if request.method == "GET":
            return Received(answer=webhooks.handshake(request, self._verify_token))
        return inbound.read(request.body, self._side, self._app, self._get_started)

    def send(self, message: Outbound) -> Conversation:
        """Upload what must be uploaded, then POST the message: success means accepted, not delivered."""
        found = outbound.file_of(message, self._side)
        body = outbound.body(message, self._side, "later" if found else "")
        if found:
            file, kind = found
            ref = yield from account.upload(self._api, self._sender, file, kind)
            body = outbound.body(message, self._side, ref)
        reply = yield Call("messages", "POST", self._messages, self._json, msgspec.json.encode(body))
        return outbound.sent(self._api.accepted(reply, message.attempt), reply.status, message.content)

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a customer's file, from the address that Meta signed; raises Undelivered."""
        return account.fetch(media)

    def typing(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Show typing for up to 20 seconds; raises Undelivered."""
        return account.act(self._api, self._sender, outbound.recipient(to, self._side), "typing_on")

    def mark_read(self, to: tuple[str, ...], last_inbound: str) -> Generator[Call, Reply, None]:
        """Mark all that the customer wrote as seen; raises Undelivered."""
        return account.act(self._api, self._sender, outbound.recipient(to, self._side), "mark_seen")

    def profile(self, to: tuple[str, ...]) -> Generator[Call, Reply, Profile]:
        """What Meta tells of a customer who wrote to us; raises Undelivered."""
        return account.profile(self._api, outbound.recipient(to, self._side), self._side.profile)
