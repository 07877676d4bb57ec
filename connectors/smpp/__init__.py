"""SMS over SMPP 3.4: a text channel on one long connection to an SMSC. Facts: SMPP 3.4 issue 1.2, as used in 2026."""

from typing import ClassVar

from connectors.contract import Conversation, Setting
from connectors.link import Endpoint
from connectors.smpp.profile import CAPABILITIES, HISTORY, SETTINGS, TERMS, account
from connectors.smpp.session import Session
from connectors.terms import History
from state.model.action import Action
from state.model.channel import Channel, Terms
from state.model.wire import Forged, Malformed, Outbound, Received, Request, Undelivered


class SMPP:
    """One bind at an SMSC."""

    type: ClassVar[str] = "smpp"
    webhooks: ClassVar[bool] = False
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    capabilities = CAPABILITIES
    terms: ClassVar[Terms] = TERMS
    history: ClassVar[History] = HISTORY

    def __init__(self, channel: Channel) -> None:
        self._account = account(channel)

    @property
    def endpoint(self) -> Endpoint:
        """Where the SMSC is."""
        known = self._account
        return Endpoint(known.host, known.port, known.tls == "yes", known.tls_ca)

    def link(self, zero: int) -> Session:
        """A fresh session; `zero` is the UTC time in milliseconds at which the gateway's clock stood at 0."""
        return Session(self._account, zero)

    def verify(self, request: Request) -> None:
        """An SMSC sends no webhooks, so whatever comes is forged."""
        raise Forged("SMPP has no webhooks")

    def receive(self, request: Request) -> Received:
        """An SMSC sends no webhooks."""
        raise Malformed("SMPP has no webhooks")

    def send(self, message: Outbound) -> Conversation:
        """Messages go by the link: raises Undelivered."""
        raise Undelivered(
            Action.CONFIG, "goes_by_link", "this channel has no calls; its link is not running here"
        )
