"""The guard: judges each signal that a provider has given, once, by the table of `guard_rules`, and suspends by it.

Signals are durable before anybody looks at them, so a node that dies leaves them to the next. What a signal leads to
and that it was judged are one commit.
"""

from collections.abc import Sequence
from typing import get_args

import msgspec

from admin import suspensions as operations
from admin.suspensions import Finding, Means, Vetoed
from gateway import guard_rules
from gateway.channels import Channels
from gateway.guard_rules import DAY, WORKED_WITHIN, History, Rule, Told
from gateway.logs import redactor
from gateway.wake import Signal, Wake
from gateway.wishes import Wishes, message_of
from state import signals, suspensions
from state.model.channel import Channel
from state.model.content import Content, Template
from state.model.event import Event, Notice, Receipt
from state.model.ids import lane_of_id, now_ms
from state.model.suspension import Order, Reach, Scope
from state.signals import Sign, floor
from state.store import Store

_POLL = 1.0
_BATCH = 100
_HISTORY = 1000
"""Signals of a channel that are looked back at; more within a window are enough for every rule."""
_REACHES: tuple[Reach, ...] = get_args(Reach)
_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)
_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)


class Guard:
    """Judges signals."""

    def __init__(self, store: Store, channels: Channels, wake: Wake, means: Means) -> None:
        self._store, self._channels, self._wake, self._means = store, channels, wake, means
        self._wishes = Wishes(store)
        self._signal = Signal()
        wake.on("signals", lambda _: self._signal.set())

    async def run(self) -> None:
        """Judge for ever."""
        while True:
            if not await self.round():
                await self._signal.wait(_POLL)

    async def round(self) -> int:
        """Judge what nobody has judged; gives how many signals that were.

        One after the other: the second of two that come together may be the one too many.
        """
        rows = [Sign(*row) for row in await self._store.read(signals.UNJUDGED, _BATCH)]
        quiet: list[Finding] = []
        for sign in rows:
            found = await self._finding(sign)
            if found.order or found.proposal:
                await self._act(found)
            else:
                quiet.append(found)
        if quiet:
            await operations.judge(self._means, quiet)
        return len(rows)

    async def _act(self, found: Finding) -> None:
        try:
            made = await operations.judge(self._means, [found])
        except Vetoed:
            made = await operations.judge(self._means, [Finding(found.sign)])
        if made:
            self._wake.tell("suspensions")

    async def _finding(self, sign: Sign) -> Finding:
        """What follows from a signal."""
        channel = await self._channel(sign.channel)
        if channel is None:
            return Finding(sign)
        event = _event.decode(sign.body)
        if sign.action == "CONSENT":
            await self._wishes.note(sign, event, channel)
        told = told_by(sign, event)
        rule = guard_rules.rule_of(channel.type, told)
        if rule is None:
            return Finding(sign)
        if rule.proposes:
            return Finding(sign, key=key_of(sign.channel), proposal=rule.proposes)
        history, evidence = await self._history(sign, channel, rule)
        if not guard_rules.suspends(rule, history) or _over(event):
            return Finding(sign)
        template = await self._template(event) if rule.reach == "template" else ""
        return Finding(sign, order_of(sign, event, told, rule, evidence, template))

    async def _channel(self, name: str) -> Channel | None:
        """Whose signal it is: of one that cannot work now, too, and of one that another node has just connected."""
        if self._channels.named(name) is None:
            await self._channels.load()
        return self._channels.named(name)

    async def _history(self, sign: Sign, channel: Channel, rule: Rule) -> tuple[History, tuple[str, ...]]:
        """What came before, since the last suspension of the channel was lifted; with the ids that count."""
        now = now_ms()
        lifted = (await self._store.read(suspensions.LIFTED, key_of(sign.channel)))[0][0] or 0
        since = floor(max(now - rule.within * 1000, lifted))
        evidence = [sign.id]
        if rule.times > 1:
            rows = await self._store.read(signals.SINCE, sign.channel, since, _HISTORY)
            alike = [each for each in (Sign(*row) for row in rows) if self._alike(each, sign, channel, rule)]
            evidence += [each.id for each in await self._same(alike, sign, rule)]
        sent = (await self._store.read(signals.SENT, since, sign.channel))[0][0] if rule.share else 0
        week = floor(now - WORKED_WITHIN * 1000)
        worked = bool(rule.worked and await self._store.read(signals.WORKED, week, sign.channel))
        return History(len(evidence), sent, worked), tuple(sorted(evidence))

    def _alike(self, other: Sign, sign: Sign, channel: Channel, rule: Rule) -> bool:
        """Whether an earlier signal is of the same kind."""
        if other.id >= sign.id:
            return False
        told = told_by(other, _event.decode(other.body))
        return guard_rules.rule_of(channel.type, told) is rule

    async def _same(self, others: list[Sign], sign: Sign, rule: Rule) -> list[Sign]:
        """Those that are about the same template, where the rule is about one."""
        if rule.reach != "template":
            return others
        name = await self._template(_event.decode(sign.body))
        return [each for each in others if await self._template(_event.decode(each.body)) == name]

    async def _template(self, event: Event) -> str:
        """The name of the template that a signal is about: the one it names, or the one of the message that failed."""
        if isinstance(event, Notice) and event.scope.startswith("template:"):
            return event.scope.partition(":")[2]
        message = message_of(event)
        if not message:
            return ""
        rows = await self._store.read(signals.CONTENT, message, lane_of_id(message))
        content = _content.decode(rows[0][0]) if rows else None
        return content.name if isinstance(content, Template) else ""


def key_of(channel: str) -> str:
    """The key of what signals of a channel suspend: however many there are, it is one suspension for each scope."""
    return f"signals:{channel}"


def ours(told: Told) -> bool:
    """Whether a detector of ours said it, and no provider."""
    return told.code.startswith("detector/")


def told_by(sign: Sign, event: Event) -> Told:
    """What a signal tells, in the words that rules look at."""
    reason = event.reason if isinstance(event, Notice) else ""
    if isinstance(event, Receipt) and event.fault:
        reason = event.fault.reason
    return Told(guard_rules.plain(sign.code), sign.action, redactor.hide(reason))


def order_of(
    sign: Sign, event: Event, told: Told, rule: Rule, evidence: Sequence[str], template: str
) -> Order:
    """The suspension that a signal asks for."""
    named = event.scope if isinstance(event, Notice) else ""
    reach: Reach = next((each for each in _REACHES if each == named), _own(rule))
    if rule.reach == "template" and not template:  # nobody can tell which: what templates are for is stopped
        reach = "business_initiated"
    often = f", {len(evidence)} times within {_span(rule.within)}" if rule.times > 1 else ""
    words = f": {told.reason}" if told.reason else ""
    who = "a detector" if ours(told) else "the provider"
    reason = f"{who} said {told.action} {told.code}{often}{words}"[:500]
    return Order(
        scope=Scope(channel=sign.channel, template=template, direction=reach),
        reason=reason,
        ground=rule.ground,
        evidence=tuple(evidence),
        notice=reason,
        until=event.until if isinstance(event, Notice) else 0,
        key=f"detectors:{sign.channel}" if ours(told) else key_of(sign.channel),
    )


def _own(rule: Rule) -> Reach:
    """The direction that a rule closes; what is about a template closes all sends of it."""
    return next((each for each in _REACHES if each == rule.reach), "outbound")


def _over(event: Event) -> bool:
    """Whether a signal is about a time that is over already: it was told late."""
    return isinstance(event, Notice) and 0 < event.until <= now_ms()


def _span(seconds: int) -> str:
    days, hours = seconds // DAY, seconds // 3600
    return f"{days} day{'s' * (days > 1)}" if days else f"{hours} hour{'s' * (hours > 1)}"
