"""The provider's end of Instagram's direct messages."""

from collections.abc import Iterator
from typing import ClassVar

from connectors.contract import Phone
from connectors.graph.messaging.simulator import MessagingSimulator
from connectors.graph.messaging.simulator.checks import Json
from state.model.channel import Channel


class InstagramSimulator(MessagingSimulator):
    """Plays Meta for one professional account."""

    phones: ClassVar[tuple[Phone, ...]] = (
        Phone("17840000000000001", "Dee Muster"),
        Phone("17840000000000002", "Eli Sample"),
        Phone("17840000000000003", "Fay Example"),
    )
    kind: ClassVar[str] = "instagram"
    text: ClassVar[tuple[int, bool]] = (1000, True)

    def accounts(self, channel: Channel) -> tuple[str, str]:
        """The professional account; with Facebook Login our calls name its page."""
        account = channel.settings["account_id"]
        own = channel.settings.get("login", "instagram") == "instagram"
        return account, account if own else channel.settings["page_id"]

    def statuses(self, to: str, mid: str, body: Json) -> Iterator[tuple[str, Json]]:
        """A copy, then that this one was read; that it has arrived is told of none."""
        yield "sent", self.echo(to, mid, body)
        yield "read", self.happened(to, "read", {"mid": mid})
