"""Channels as they stand: what they can do, what is wrong with them, never their secrets."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from gateway.api.endpoint import Answer, Call, Nothing
from gateway.api.moments import at, moment
from gateway.app import Gateway
from gateway.channels import Live
from gateway.connect import door
from gateway.logs import redactor
from state import channels as rows
from state.channels import Record
from state.model.channel import Capabilities, Terms
from state.model.suspension import Target


class ChannelView(Answer, frozen=True, kw_only=True):
    """A connected account. `broken` says why it cannot work here; `suspensions` are the ids of those that stop it.

    `terms` are the figures of the version in force; what is agreed to is at `/v1/channels/{name}/terms`.
    `webhook` is where its provider or its apps call; empty where the gateway calls them.
    """

    id: str
    type: str
    team: str
    account: str
    flow: str
    simulated: bool
    created: datetime
    webhook: str
    settings: Mapping[str, str]
    capabilities: Capabilities | None
    terms: Terms | None
    terms_accepted: bool
    suspensions: tuple[str, ...]
    broken: str
    last_error: str
    last_error_at: datetime | None


class ChannelList(Answer, frozen=True, kw_only=True):
    """All channels, in the order they were connected."""

    items: tuple[ChannelView, ...]


async def listing(call: Call[Nothing, None]) -> ChannelList:
    """All channels, also those that cannot work."""
    gateway = call.gateway
    found = [Record(*row) for row in await gateway.store.read(rows.LIST)]
    return ChannelList(
        items=tuple(
            _view(
                record,
                gateway.channels.get(record.id),
                _webhook(gateway.url, record),
                gateway.channels.broken.get(record.id, ""),
                tuple(
                    each.id
                    for each in gateway.fence.suspensions
                    if each.scope.covers(_whole(gateway, record))
                ),
            )
            for record in found
        )
    )


def _webhook(url: str, record: Record) -> str:
    path = door(record.type, record.id)
    return f"{url}{path}" if path else ""


def _whole(gateway: Gateway, record: Record) -> Target:
    """All that a channel starts by itself: what covers this stops the channel as such."""
    return Target(
        channel=record.id, teams=gateway.teams.above(record.team), sender=record.account, initiated=True
    )


def _view(
    record: Record, live: Live | None, webhook: str, broken: str, suspensions: tuple[str, ...]
) -> ChannelView:
    return ChannelView(
        id=record.id, type=record.type, team=record.team, account=record.account, flow=record.flow,
        simulated=bool(record.simulated), created=at(record.created_at), webhook=webhook,
        settings=record.public(), capabilities=live.connector.capabilities if live else None,
        terms=msgspec.structs.replace(live.terms, points=()) if live else None,
        terms_accepted=live is not None and live.terms.version in live.accepted,
        suspensions=suspensions, broken=redactor.hide(broken),
        last_error=redactor.hide(record.last_error), last_error_at=moment(record.last_error_at or 0),
    )  # fmt: skip
