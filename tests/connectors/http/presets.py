"""The aggregators of docs/http-sms.md, and both ends of one face to face."""

import re
import shlex
from collections.abc import Generator
from pathlib import Path
from typing import Any

import msgspec

from connectors.contract import Answered
from connectors.http import Http
from connectors.http.simulator import HttpSimulator
from state.model.channel import Channel
from state.model.content import Content
from state.model.wire import Call, Outbound, Reply, Request
from tests.connectors import anything, fixtures

NOW = 1_767_323_045
PHONE = "447700900200"
OURS = "0197f3a2c4d17a2b9c00d5e6f7a8b9c0"
DOCS = Path(__file__).parents[3] / "docs" / "http-sms.md"
_SECRETS = {"secret": "generic-key", "token": "generic-token", "signature_secret": "generic-secret"}


def documented() -> dict[str, dict[str, str]]:
    """The settings of each aggregator that the page connects, by the name it gives it."""
    found = {}
    for block in re.findall(r"```sh\n(parley channels add .*?)```", DOCS.read_text(), re.DOTALL):
        words = shlex.split(block.replace("\\\n", " "))
        given = [words[n + 1] for n, word in enumerate(words) if word == "--set"]
        if "…" not in words:
            found[words[3]] = dict(each.split("=", 1) for each in given)
    return found


def channel(name: str = "", **settings: str) -> Channel:
    """A channel of the page, or of the fixtures."""
    path = fixtures.ROOT / "http" / "fixtures" / "channel.json"
    own = msgspec.json.decode(path.read_bytes(), type=Channel)
    secrets = {key: settings.pop(key, value) for key, value in _SECRETS.items()}
    given = documented()[name] if name else dict(own.settings)
    return Channel(id=name or "sms", type="http", settings={**given, **settings}, credentials=secrets)


class Pair:
    """Both ends."""

    def __init__(self, name: str = "", **settings: str) -> None:
        made = channel(name, **settings)
        self.connector, self.simulator = Http(made, lambda: NOW), HttpSimulator(made, lambda: NOW)
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

    def send(self, content: Content) -> Any:
        """Send a message."""
        return self.play(self.connector.send(Outbound(id=OURS, to=(f"tel:+{PHONE}",), content=content)))

    def read(self, webhook: Request) -> tuple[Any, ...]:
        """What the connector reads, once it has found it the aggregator's."""
        self.connector.verify(webhook)
        found = self.connector.receive(webhook)
        assert not found.problems
        return found.events

    def says(self, **what: Any) -> tuple[Any, ...]:
        """What is read of an act on a phone."""
        return self.read(self.simulator.says(PHONE, what).webhook)
