"""A connector and the simulated provider face to face, without a socket between them."""

from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from connectors.contract import Answered
from connectors.whatsapp import WhatsApp
from connectors.whatsapp.simulator import WhatsAppSimulator
from state.model.channel import Channel
from state.model.content import Content
from state.model.wire import Call, Outbound, Reply, Request
from tests.connectors import fixtures

CUSTOMER = "15550123"
NOON = 1_750_000_000


def channel(**settings: str) -> Channel:
    """The channel of the fixtures."""
    path = Path(fixtures.ROOT / "whatsapp" / "fixtures" / "channel.json")
    found = msgspec.json.decode(path.read_bytes(), type=Channel)
    return msgspec.structs.replace(found, settings={**found.settings, **settings})


class Pair:
    """Both ends; `asked` are our calls in their order, `answered` the provider's answers."""

    def __init__(self, **settings: str) -> None:
        self.connector = WhatsApp(channel(**settings))
        self.simulator = WhatsAppSimulator(channel(**settings), clock=lambda: NOON)
        self.asked: list[Request] = []
        self.answered: list[Answered] = []

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
        """Send a message to the customer."""
        message = Outbound(**{"id": "ours-1", "to": (f"whatsapp:{CUSTOMER}",), "content": content} | fields)
        return self.play(self.connector.send(message))

    def webhooks(self) -> list[Any]:
        """What the connector reads of the webhooks that followed the last call."""
        return [event for each in self.answered[-1].told for event in self.read(each.webhook)]

    def read(self, webhook: Request) -> tuple[Any, ...]:
        """What the connector reads of a webhook, once it has found the signature right."""
        self.connector.verify(webhook)
        found = self.connector.receive(webhook)
        assert not found.problems
        return found.events


def asked(call: Call) -> Request:
    """A call as the other end gets it."""
    url = urlsplit(call.url)
    return Request(call.method, url.path, dict(parse_qsl(url.query)), call.headers, call.body)
