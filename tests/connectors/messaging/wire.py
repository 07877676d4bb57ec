"""A connector and the simulated Meta face to face, without a socket between them."""

from collections.abc import Generator
from typing import Any

import msgspec

from connectors import registry
from connectors.contract import Answered
from state.model.channel import Channel
from state.model.content import Content
from state.model.wire import Call, Outbound, Reply, Request
from tests.connectors import anything, fixtures

KINDS = ("messenger", "instagram")
NOON_MS = 1_790_000_000_000
BASE = "https://graph.example"


def channel(kind: str, **settings: str) -> Channel:
    """The channel of the fixtures."""
    path = fixtures.ROOT / kind / "fixtures" / "channel.json"
    found = msgspec.json.decode(path.read_bytes(), type=Channel)
    return msgspec.structs.replace(found, settings={**found.settings, "base_url": BASE, **settings})


class Pair:
    """Both ends; `asked` are our calls in their order, `answered` Meta's answers."""

    def __init__(self, kind: str, **settings: str) -> None:
        self.kind = kind
        made = channel(kind, **{"app_id": "990000000000001", **settings})
        self.connector: Any = registry.connector(kind)(made)
        simulator: Any = registry.simulator(kind)
        self.simulator = simulator(made, lambda: NOON_MS / 1000)
        self.customer = self.simulator.phones[0].id
        self.urn = f"{kind}:{self.customer}"
        self.asked: list[Request] = []
        self.answered: list[Answered] = []

    def play(self, talk: Generator[Call, Reply, Any]) -> Any:
        """Let the simulator answer every call; gives what the conversation gives."""
        return anything.play(talk, self._answer)

    def _answer(self, request: Request) -> Answered:
        self.asked.append(request)
        self.answered.append(self.simulator.answer(request))
        return self.answered[-1]

    def send(self, content: Content, **fields: Any) -> Any:
        """Send a message to the first phone."""
        message = Outbound(
            **{"id": "0190f1e2d3c4b5a60718293a4b5c6d7e", "to": (self.urn,), "content": content} | fields
        )
        return self.play(self.connector.send(message))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        """What the connector reads of a webhook, once it has found the signature right."""
        self.connector.verify(webhook)
        found = self.connector.receive(webhook)
        assert not found.problems
        return tuple(found.events)

    def says(self, **what: Any) -> tuple[Any, ...]:
        """What is read of an act on the first phone."""
        return self.read(self.simulator.says(self.customer, what).webhook)
