"""Facebook Messenger: the connector. Facts: provider documentation as of 2026-11, Graph v26.0."""

from collections.abc import Generator
from typing import ClassVar

from connectors.contract import Finding, Setting
from connectors.graph.messaging import account, health
from connectors.graph.messaging.connector import Messaging
from connectors.graph.messaging.outbound import TYPES
from connectors.graph.messaging.side import MESSENGER
from connectors.messenger.profile import CAPABILITIES, HISTORY, SETTINGS, TERMS, checked
from connectors.terms import History
from state.model.channel import Channel, Terms
from state.model.content import MediaKind
from state.model.wire import Call, File, Reply


class Messenger(Messaging):
    """One Facebook page."""

    type: ClassVar[str] = "messenger"
    webhooks: ClassVar[bool] = True
    account_setting: ClassVar[str] = "page_id"
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    capabilities = CAPABILITIES
    terms: ClassVar[Terms] = TERMS
    history: ClassVar[History] = HISTORY

    def __init__(self, channel: Channel) -> None:
        given = checked(channel)
        super().__init__(MESSENGER, given, given["base_url"], given["page_id"])

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the token is the page's, and whether it sends us all; raises Undelivered."""
        return health.page(self._api, self._sender)

    def upload(self, file: File, kind: MediaKind) -> Generator[Call, Reply, str]:
        """Leave a file with Meta and give its attachment id; raises Undelivered."""
        return account.upload(self._api, self._sender, file, TYPES.get(kind, kind))
