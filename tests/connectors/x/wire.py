"""A connector and the simulated X face to face, without a socket between them."""

from collections.abc import Generator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connectors.contract import Answered
from connectors.x import X
from connectors.x.simulator import XSimulator
from state.model.channel import Channel
from state.model.content import Content
from state.model.wire import Call, Outbound, Reply, Request
from tests.connectors import fixtures

ANA, ME = "1500000000000000001", "2244994945"
NOON = 1_790_000_000
BASE = "https://api.x.example"
OAUTH1 = {
    "consumer_key": "x-consumer-1",
    "access_token": "1-x-token",
    "access_token_secret": "x-token-secret",
}


def channel(**settings: str) -> Channel:
    """The channel of the fixtures; `auth="oauth1"` brings its keys along."""
    path = fixtures.ROOT / "x" / "fixtures" / "channel.json"
    found = msgspec.json.decode(path.read_bytes(), type=Channel)
    keys = OAUTH1 if settings.get("auth") == "oauth1" else {}
    return msgspec.structs.replace(
        found,
        settings={**found.settings, "base_url": BASE, **settings},
        credentials={**found.credentials, **keys},
    )


class Pair:
    """Both ends; `asked` are our calls in their order, `answered` X's answers."""

    def __init__(self, **settings: str) -> None:
        self._nonce = 0
        self.connector = X(channel(**settings), self._stamp)
        self.simulator = XSimulator(channel(**settings), clock=lambda: NOON)
        self.asked: list[Request] = []
        self.answered: list[Answered] = []

    def _stamp(self) -> tuple[str, str]:
        self._nonce += 1
        return str(NOON), f"nonce{self._nonce}"

    def play(self, conversation: Generator[Call, Reply, Any]) -> Any:
        """Let the simulator answer every call; gives what the conversation gives."""
        try:
            call = next(conversation)
            while True:
                self.asked.append(asked(call))
                self.answered.append(self.simulator.answer(self.asked[-1]))
                call = conversation.send(self.answered[-1].reply)
        except StopIteration as stop:
            return stop.value

    def send(self, content: Content, **fields: Any) -> Any:
        """Send a message to Ana."""
        message = Outbound(**{"id": "ours-1", "to": (f"x:{ANA}",), "content": content} | fields)
        return self.play(self.connector.send(message))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        """What the connector reads of a webhook, once it has found the signature right."""
        self.connector.verify(webhook)
        found = self.connector.receive(webhook)
        assert not found.problems
        return found.events


def asked(call: Call) -> Request:
    """A call as the other end gets it, below its base address."""
    url = urlsplit(call.url)
    path = "".join(url.path.partition("/2/")[1:])
    return Request(call.method, path, dict(parse_qsl(url.query)), call.headers, call.body)
