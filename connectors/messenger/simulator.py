"""The provider's end of Messenger."""

from collections.abc import Iterator
from typing import ClassVar

from connectors.contract import Phone
from connectors.graph.messaging.simulator import MessagingSimulator
from connectors.graph.messaging.simulator.checks import Json
from state.model.channel import Channel


class MessengerSimulator(MessagingSimulator):
    """Plays Meta for one page."""

    phones: ClassVar[tuple[Phone, ...]] = (
        Phone("24000000000000001", "Ada Muster"),
        Phone("24000000000000002", "Bo Sample"),
        Phone("24000000000000003", "Cy Example"),
    )
    kind: ClassVar[str] = "page"
    text: ClassVar[tuple[int, bool]] = (2000, False)

    def accounts(self, channel: Channel) -> tuple[str, str]:
        """The page, both ways."""
        return channel.settings["page_id"], channel.settings["page_id"]

    def statuses(self, to: str, mid: str, body: Json) -> Iterator[tuple[str, Json]]:
        """A copy, then that it has arrived and was read: all that was sent until now."""
        echo = self.echo(to, mid, body)
        yield "sent", echo
        yield "delivered", self.happened(to, "delivery", {"mids": [mid], "watermark": echo["timestamp"]})
        yield "read", self.happened(to, "read", {"watermark": echo["timestamp"] + 1})
