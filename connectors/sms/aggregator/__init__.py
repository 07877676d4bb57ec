"""Aggregators of short messages with an HTTP interface: every difference between them is a setting.

The channel type `http` leaves all of them to the channel; a provider's own type fixes those that are always the same.
"""

import time
from collections.abc import Callable, Mapping
from typing import ClassVar

from connectors.contract import Conversation, Setting
from connectors.sms.aggregator import hooks, inbound, outbound, profile
from connectors.terms import History
from state.model.channel import Channel, Terms
from state.model.wire import Outbound, Received, Request


class Aggregated:
    """One account at an aggregator; `fixed` are the settings that a type knows itself. `clock`: seconds since 1970."""

    type: ClassVar[str]
    webhooks: ClassVar[bool] = True
    settings: ClassVar[tuple[Setting, ...]] = profile.SETTINGS
    fixed: ClassVar[Mapping[str, str]] = {}
    capabilities = profile.CAPABILITIES
    terms: ClassVar[Terms] = profile.TERMS
    history: ClassVar[History] = profile.HISTORY

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        self._by, self._clock = profile.read(channel, self.fixed), clock
        self.capabilities = self._by.capabilities
        outbound.check_sample(self._by)
        given = self._by.given
        self._token, self._token_in = given["token"], given["token_in"]
        place, _, name = self._token_in.partition(":")
        self.secret_headers = (name.lower(),) if place == "header" else ()
        self._secret, self._header = given["signature_secret"], given["signature_header"]

    def verify(self, request: Request) -> None:
        """Check the token, the signature, or both where both are set; raises Forged."""
        if self._token:
            hooks.verify_token(request, self._token_in, self._token)
        if self._secret:
            hooks.verify_signature(request, self._header, self._secret, int(self._clock()))

    def receive(self, request: Request) -> Received:
        """Read messages and delivery reports."""
        return inbound.read(request, self._by)

    def send(self, message: Outbound) -> Conversation:
        """Send as the template says; success is what the settings call so."""
        reply = yield outbound.call(message, self._by, int(self._clock()))
        return outbound.sent(reply, self._by)
