"""What a scope stops: messages that wait within it, counted or one by one, and what a suspension of it would do."""

from collections.abc import AsyncIterator, Sequence

import msgspec

from gateway import outgoing, policy
from gateway.channels import Channels, Live
from gateway.teams import Teams
from state import flows, held, merges, signals
from state.held import FIRST, LAST, Left, Waiting
from state.model import cause
from state.model.base import Value
from state.model.ids import now_ms, time_of_id
from state.model.suspension import Scope, Suspension, Target
from state.outbox import Leased
from state.store import Store

DAY_MS = 86_400_000
_PAGE = 500
_CLOCKS = 600_000
"""Milliseconds that a provider's clock may be behind ours, so that a message of ours looks later than its answer."""
_FLYING = 10_000
"""More than all nodes together have places for."""


class Stop(Value, frozen=True, kw_only=True):
    """What suspending a scope would do on a channel, in messages.

    `in_flight` are on their way and would go on, `held` are due and would be held, `scheduled` are for later;
    `expiring` of these end by their own validity before the suspension does (a day where it is open). `sent` is how
    many within the scope the channel's provider took in the last 24 hours.
    """

    channel: str
    in_flight: int
    held: int
    scheduled: int
    expiring: int
    sent: int

    def numbers(self) -> tuple[int, ...]:
        """All that is counted."""
        return self.in_flight, self.held, self.scheduled, self.expiring, self.sent


class Holds:
    """Looks at what waits, with the channels' eyes."""

    def __init__(self, store: Store, channels: Channels, teams: Teams) -> None:
        self._store, self._channels, self._teams = store, channels, teams

    def target(self, row: Leased) -> Target:
        """What a row is to a scope; of a channel that is gone its name is known, and no more."""
        live = self._channels.get(row.channel)
        if live is None:
            return Target(
                channel=row.channel,
                contact=row.talk.contact,
                person=row.known.contact if row.known else "",
            )
        return outgoing.target(row, live, self._teams.above(live.channel.team))

    async def pages(
        self, of: Scope | Suspension, after: str = FIRST, before: str = LAST
    ) -> AsyncIterator[list[Waiting]]:
        """The messages that wait within a scope, by id, in pages; those on their way too.

        Of a suspension: also what it holds that would be no part of its scope by now, since the customer has written.
        """
        scope, mark = (of.scope, of.id) if isinstance(of, Suspension) else (of, "")
        scopes = await merges.scopes(self._store, scope)
        while True:
            rows = await self._store.read(held.PAGE, after, before, scope.channel, _PAGE)
            found = [held.waiting(row) for row in rows]
            yield [
                each
                for each in found
                if self._covered(scopes, each)
                or (mark and (mark in each.held_by or await self._was_covered(scopes, each)))
            ]
            if len(rows) < _PAGE:
                return
            after = found[-1].row.id

    def _covered(self, scopes: Sequence[Scope], each: Waiting) -> bool:
        target = self.target(each.row)
        return any(scope.covers(target) for scope in scopes)

    async def _was_covered(self, scopes: Sequence[Scope], each: Waiting) -> bool:
        """Whether a message was covered when it was queued, and is an answer since its customer has written."""
        row, queued = each.row, time_of_id(each.row.id)
        live = self._channels.get(row.channel)
        if (
            live is None
            or row.talk.last_in + _CLOCKS <= queued
            or scopes[0].direction != "business_initiated"
        ):
            return False
        target = msgspec.structs.replace(self.target(row), initiated=True)
        if not any(scope.covers(target) for scope in scopes):
            return False
        heard = await self._store.read(held.HEARD, row.conversation, row.lane, row.id)
        return policy.initiated(live.terms, time_of_id(heard[0][0]) if heard else 0, queued)

    async def some(self, of: Scope | Suspension, after: str, limit: int) -> list[Waiting]:
        """The first so many that wait within a scope after an id, or that a suspension holds."""
        found: list[Waiting] = []
        async for page in self.pages(of, after):
            found += page
            if len(found) >= limit:
                break
        return found[:limit]

    async def in_flight(self, scope: Scope) -> tuple[str, ...]:
        """The messages within a scope that are on their way."""
        scopes = await merges.scopes(self._store, scope)
        rows = await self._store.read(held.FLYING, scope.channel, _FLYING)
        found = (held.waiting(row) for row in rows)
        return tuple(each.row.id for each in found if self._covered(scopes, each))

    async def count(self, of: Scope | Suspension) -> int:
        """How many messages a scope or a suspension holds."""
        return sum([
            sum(each.row.state in ("held", "queued") for each in page) async for page in self.pages(of)
        ])  # fmt: skip

    async def preview(self, scope: Scope, until: int) -> list[Stop]:
        """What suspending a scope until a time (milliseconds, UTC; 0: open) would do, by channel.

        Of a scope that is a part of what channels send only those are told where something would stop.
        """
        now = now_ms()
        ends = until or now + DAY_MS
        by_channel: dict[str, list[Waiting]] = {each: [] for each in self._within(scope)}
        async for page in self.pages(scope):
            for each in page:
                by_channel.setdefault(each.row.channel, []).append(each)
        scopes = await merges.scopes(self._store, scope)
        stops = [
            _stop(name, rows, now, ends, await self._sent(scopes, name, now))
            for name, rows in by_channel.items()
        ]
        return [each for each in stops if not _narrow(scope) or any(each.numbers())]

    async def unknown(self, scope: Scope) -> tuple[str, ...]:
        """The fields of a scope whose name nothing is known by now: a sender no channel has, a flow that was never
        served, a campaign or template of which nothing waits and nothing left in the last day."""
        senders = {live.channel.account for live in self._channels}
        served = {row[0] for row in await self._store.read(flows.LIST)} if scope.flow else set()
        found = [
            *(["sender"] if scope.sender and scope.sender not in senders else []),
            *(["flow"] if scope.flow and scope.flow not in served else []),
        ]
        for name in ("campaign", "template"):
            value = getattr(scope, name)
            if value and not await self._met(Scope(**{name: value})):
                found.append(name)
        return tuple(found)

    async def _met(self, scope: Scope) -> bool:
        """Whether anything within a scope waits, or left in the last day."""
        async for page in self.pages(scope):
            if page:
                return True
        for live in self._channels:
            if await self._sent((scope,), live.channel.id, now_ms()):
                return True
        return False

    async def _sent(self, scopes: Sequence[Scope], channel: str, now: int) -> int:
        """How many messages within the scopes left in the last day."""
        since, live = signals.floor(now - DAY_MS), self._channels.get(channel)
        whole = not _narrow(scopes[0]) and scopes[0].direction != "business_initiated"
        if whole or live is None:
            return int((await self._store.read(signals.SENT, since, channel))[0][0])
        count = 0
        while rows := await self._store.read(held.LEFT, since, channel, _PAGE):
            targets = (self._left(Left(*row), live) for row in rows)
            count += sum(any(scope.covers(each) for scope in scopes) for each in targets)
            since = rows[-1][0]
        return count

    def _left(self, row: Left, live: Live) -> Target:
        """What a message that left was to a scope."""
        why = cause.read(row.cause)
        heard = time_of_id(row.last_in) if row.last_in else 0
        return Target(
            channel=live.channel.id,
            teams=self._teams.above(live.channel.team),
            sender=live.channel.account,
            contact=row.contact,
            flow=why.flow,
            campaign=why.campaign,
            template=outgoing.template(row.template),
            initiated=policy.initiated(live.terms, heard, row.taken),
        )

    def _within(self, scope: Scope) -> list[str]:
        """The channels that a scope can be about."""
        whole = Scope(channel=scope.channel, team=scope.team, sender=scope.sender)
        channels = [live.channel for live in self._channels]
        return [
            each.id
            for each in channels
            if whole.covers(Target(channel=each.id, teams=self._teams.above(each.team), sender=each.account))
        ]


def _stop(channel: str, rows: list[Waiting], now: int, ends: int, sent: int) -> Stop:
    waiting = [each for each in rows if each.row.state != "sending"]
    later = sum(each.row.state == "later" and each.due_at > now for each in waiting)
    expiring = sum(each.row.expires_at < ends for each in waiting)
    return Stop(
        channel=channel,
        in_flight=len(rows) - len(waiting),
        held=len(waiting) - later,
        scheduled=later,
        expiring=expiring,
        sent=sent,
    )


def _narrow(scope: Scope) -> bool:
    """Whether a scope is about a part of what channels send."""
    return bool(scope.contact or scope.flow or scope.campaign or scope.template)
