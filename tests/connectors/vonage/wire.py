"""A connector and the simulated Vonage face to face, without a socket between them."""

from collections.abc import Generator
from typing import Any

from connectors.contract import Answered
from connectors.vonage import Vonage
from connectors.vonage.simulator import VonageSimulator
from state.model.channel import Channel
from state.model.content import Content
from state.model.wire import Call, Outbound, Reply, Request
from tests.connectors import anything

NOW = 1_767_323_045
PHONE = "447700900100"
SECRETS = {"api_secret": "vonage-api-secret", "signature_secret": "vonage-signature-secret"}
BASE = "http://sim"


def connector(now: int = NOW, **settings: str) -> Vonage:
    """A connector whose clock stands; the private key is among the settings here."""
    secrets = {
        **SECRETS,
        **{name: settings.pop(name) for name in [*SECRETS, "private_key"] if name in settings},
    }
    given = {"api_key": "a1b2c3d4", "sender": "447700900000", "base_url": BASE, **settings}
    return Vonage(
        Channel(id="sms", type="vonage", settings=given, credentials=secrets), lambda: (now, "jti-1")
    )


class Pair:
    """Both ends."""

    def __init__(self, api: str, **settings: str) -> None:
        given = {"api_key": "a1b2c3d4", "sender": "447700900000", "base_url": BASE, "api": api, **settings}
        channel = Channel(id="sms", type="vonage", settings=given, credentials=SECRETS)
        self.connector = Vonage(channel, lambda: (NOW, "jti-1"))
        self.simulator = VonageSimulator(channel, lambda: NOW)
        self.told: list[Any] = []
        self.shown: list[Any] = []

    def play(self, talk: Generator[Call, Reply, Any]) -> Any:
        """Let the simulator answer every call; gives what the conversation gives."""
        return anything.play(talk, self._answer)

    def _answer(self, request: Request) -> Answered:
        answered = self.simulator.answer(request)
        self.shown += answered.shown
        self.told += [event for each in answered.told for event in self.read(each.webhook)]
        return answered

    def send(self, content: Content, to: str = f"tel:+{PHONE}", **more: Any) -> Any:
        """Send a message."""
        message = Outbound(
            **{"id": "0197f3a2c4d17a2b9c00d5e6f7a8b9c0", "to": (to,), "content": content} | more
        )
        return self.play(self.connector.send(message))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        """What the connector reads, once it has found the signature right."""
        self.connector.verify(webhook)
        found = self.connector.receive(webhook)
        assert not found.problems
        return found.events

    def says(self, **what: Any) -> tuple[Any, ...]:
        """What is read of an act on a phone."""
        return self.read(self.simulator.says(PHONE, what).webhook)
