"""The test kit: a conversation with a flow, without a gateway, a channel or a clock.

It plays turns as the gateway does: state is written down and read again after each, timers fire when `later` passes
their time, effects run after the turn that asked for them. What the flow says waits until a test looks at it.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from operator import methodcaller
from types import TracebackType
from typing import Any, Self

import msgspec

from conversations import campaigns, endless, engine
from conversations.bot import Standing
from conversations.effects import Http, NoHttp, as_json
from conversations.endless import limited
from conversations.loading import Source
from conversations.router import Router, compiled
from conversations.transcript import line, passed
from state.model.consent import Purpose
from state.model.content import Choice, Chosen, Content, Text, plain
from state.model.event import (
    RESUMED,
    EffectDone,
    Event,
    HandedBack,
    MessageFailed,
    MessageReceived,
    Notice,
    Receipt,
    ReceiptUpTo,
    Started,
    TimerFired,
    Typing,
)
from state.model.ids import now_ms
from state.model.receipts import Fault
from state.model.turn import Customer, EffectCall, Mode, Permission, Played, Say, Snapshot

START = 1_800_000_000_000
"""When a chat begins unless it is told: 15 January 2027, 08:00 UTC, in milliseconds."""
_ROUNDS = 50
"""Turns that effects may set off one after the other."""
__tracebackhide__ = methodcaller("errisinstance", AssertionError)
"""What a test is told of an assertion that fails is its own line, none of these (pytest reads it)."""
_KEPT = ("_campaign", "_last", "_left", "_offered", "_stored", "customer", "now")
"""What changes in a conversation, beside its timers and its lines."""


class _Due(msgspec.Struct, frozen=True):
    name: str
    run: int
    at: int


class Chat:
    """One customer's conversation with some flows. Made by `chat`; `now` is in milliseconds, UTC.

    A flow that fails fails the test, with the reason and the place; with `may_fail` the apology is a message like any,
    and `fault` says why.
    """

    def __init__(
        self, flows: Sequence[Source], customer: Customer, now: int, http: Http | None, *, may_fail: bool,
        settings: Mapping[str, str],
    ) -> None:  # fmt: skip
        self._flows, self.customer, self.now = flows, customer, now
        self._router = Router(flows)
        self._http, self._may_fail, self._settings = http or NoHttp(), may_fail, settings
        self._stored = msgspec.json.encode(Snapshot())
        self._due: list[_Due] = []
        self._unread: list[Content] = []
        self._offered: Choice | None = None
        self._lines: list[str] = []
        self._count = 0
        self._last: Say | None = None
        self._campaign = ("", 0)
        self._sent: dict[str, str] = {}
        self._left: tuple[Event, ...] = ()
        self._canned: dict[str, Callable[..., Any]] = {}
        self.called: list[EffectCall] = []
        """Every effect that was asked for, in order."""
        self.failures: list[str] = []
        """Every failure of an effect, with its reason, in order."""
        self.permissions: list[Permission] = []
        """Everything that was recorded of the customer's consent, in order."""
        self.fault: Fault | None = None
        """Why the flow failed last."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.says_no_more()

    # What happens

    async def hears(self, *said: str | Content, reply_to: str = "") -> None:
        """The customer says something; several messages come in one turn. What was said before must be looked at.

        `reply_to` is the id of a message that they quote, as `was_sent` gives it.
        """
        self.says_no_more()
        contents = (Text(each) if isinstance(each, str) else each for each in said)
        await self._play(*self._answering([self._message(each, reply_to) for each in contents]))

    def was_sent(self, content: str | Content, *, campaign: str = "") -> str:
        """The customer has got a message that no flow said: from the API, of a campaign. Gives its id, to quote."""
        sent = self._key()
        self._lines.append(line("<", Text(content) if isinstance(content, str) else content))
        if campaign:
            self._sent[sent], self._campaign = campaign, (campaign, self.now)
        return sent

    async def taps(self, option: str) -> None:
        """The customer taps an option of the last question, by its title or its id."""
        options = self._offered.options if self._offered else ()
        found = next((each for each in options if option in (each.title, each.id)), None)
        if found is None:
            raise self._wrong(f"there is no option {option!r}", [each.title for each in options])
        await self.hears(Chosen(found.id, found.title, found.description))

    async def happens(self, event: Event) -> None:
        """Anything else happens: a reaction, an edit, an opt-out, an event of an app's own.

        Raises ValueError for what no flow gets: receipts (`fails` is what it may get of them), notices, typing.
        """
        if isinstance(event, Receipt | ReceiptUpTo | Notice | Typing):
            kind = event.__struct_config__.tag
            raise ValueError(f"a {kind} is written down, and no flow gets it: see chat.fails")
        self.says_no_more()
        await self._play(event)

    async def fails(self, reason: str = "the number is not reached", code: str = "undeliverable") -> None:
        """The last message of a flow does not get to the customer: its trigger is `message_failed`, if it has a row."""
        self.says_no_more()
        said, self._last = self._last, None
        if said is None:
            raise self._wrong("no message is left that could fail", "a message")
        if said.cause.run:
            fault = Fault(code, reason, "", "recipient")
            key = self._key()
            told = MessageFailed(key=key, at=self.now, message_id=key, fault=fault, cause=said.cause)
            await self._play(told)

    async def starts(self) -> None:
        """The customer opens the conversation without a word."""
        await self.happens(Started(key=self._key(), at=self.now))

    async def is_handed_back(self, note: str = "") -> None:
        """A person gives the conversation back to the bot."""
        self._lines.append(f"~ back: {note}" if note else "~ back")
        await self.happens(HandedBack(key=self._key(), at=self.now, note=note))

    async def later(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Time passes; the timers that are due by then fire, each at its own time."""
        self.says_no_more()
        span = int((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000)
        until = self.now + span
        self._lines.append(f"~ {passed(span)}")
        while due := min(
            (each for each in self._due if each.at <= until), key=lambda each: each.at, default=None
        ):
            self._due.remove(due)
            self.now = max(self.now, due.at)
            await self._play(TimerFired(key=self._key(), at=due.at, timer=due.name, run=due.run))
        self.now = until

    def restarts(self) -> None:
        """The process ends and another begins: only what is written down is left."""
        self._lines.append("~ restart")
        self._router = Router(self._flows)

    def answers(self, effect: str, result: Any) -> None:
        """What an effect gives from now on: a value, or a function of its arguments; an exception makes it fail."""
        there = {name for bot in self._router.bots for name in bot.effects}
        if effect not in there:
            raise self._wrong(f"there is no effect {effect!r}", sorted(there) or "none: no flow has any")
        self._canned[effect] = (
            result if callable(result) and not isinstance(result, type) else lambda **_: result
        )

    async def is_resumed(self) -> None:
        """A parked conversation goes on, as after `parley conversations resume`: what met the fault is played again."""
        self.says_no_more()
        self._stored = msgspec.json.encode(msgspec.structs.replace(self.stands, mode="bot"))
        await self._play(TimerFired(key=self._key(), at=self.now, timer=RESUMED))

    # What is seen

    def says(self, wanted: str | Content, *, options: Iterable[str] | None = None) -> None:
        """The next message is this: a text, the words of a question, or any content; `options` are its titles."""
        if not self._unread:
            raise self._wrong("nothing more was said", wanted)
        said = self._unread.pop(0)
        if (plain(said) if isinstance(wanted, str) else said) != wanted:
            raise self._wrong(f"it said {plain(said) if isinstance(wanted, str) else said!r}", wanted)
        titles = [each.title for each in said.options] if isinstance(said, Choice) else []
        if options is not None and titles != list(options):
            raise self._wrong(f"the options are {titles}", list(options))

    def says_no_more(self) -> None:
        """All that was said has been looked at."""
        if self._unread:
            raise self._wrong(f"it also said {plain(self._unread[0])!r}", "nothing more")

    @property
    def said(self) -> list[Content]:
        """What was said and not looked at yet; looking here counts."""
        found, self._unread = self._unread, []
        return found

    def consented(self, purpose: Purpose) -> bool:
        """Whether the customer allows a purpose, by what was recorded so far."""
        return purpose in self.customer.allows

    @property
    def stands(self) -> Snapshot:
        """Where the conversation stands: flow, state, fields."""
        return msgspec.json.decode(self._stored, type=Snapshot)

    @property
    def state(self) -> str:
        """The state of the flow; "" between two runs."""
        return self.stands.state

    @property
    def mode(self) -> Mode:
        """Who answers: `bot`, `person`, or nobody (`parked`)."""
        return self.stands.mode

    @property
    def transcript(self) -> str:
        """All that was said, a line a message, as a snapshot to compare with; after `~`, what else happened."""
        return "\n".join(self._lines)

    # For tools: keeping and putting back

    def kept(self) -> Any:
        """All that a conversation is at this moment, to be put back."""
        return {name: getattr(self, name) for name in _KEPT}, tuple(self._due), tuple(self._lines)

    def put(self, kept: Any) -> None:
        """Put back what was kept; what was said and not looked at is gone."""
        values, due, lines = kept
        for name, value in values.items():
            setattr(self, name, value)
        self._due, self._lines, self.fault = list(due), list(lines), None
        self._unread.clear()

    def serve(self, *flows: Source) -> None:
        """Go on with these flows, as after a deployment; a parked conversation goes on where it stands.

        What it was told meanwhile, it meets with the next thing that happens.
        """
        self._flows, self._router = flows, Router(flows)
        self._stored = msgspec.json.encode(msgspec.structs.replace(self.stands, mode="bot"))

    # How it is played

    async def _play(self, *events: Event) -> None:
        await self._after(self._turn(events))

    async def _after(self, played: Played) -> None:
        """The effects a turn asked for, and those that their results ask for."""
        waiting, rounds = list(played.effects), 0
        while waiting:
            rounds += 1
            if rounds > _ROUNDS:
                raise self._wrong(f"{_ROUNDS} effects set off one another", "an end")
            done = await self._run(waiting.pop(0))
            self.failures += [f"{done.effect}: {done.fault.reason}"] if done.fault else []
            waiting += self._turn([done]).effects

    def _turn(self, events: Iterable[Event]) -> Played:
        self._count += 1
        before, heard = self.stands, [*self._left, *events]
        with limited(self._files):
            played = engine.play(before, heard, self.customer, self._router, self.now, f"turn{self._count}")
        played = msgspec.json.decode(msgspec.json.encode(played), type=Played)
        self._stored = msgspec.json.encode(msgspec.structs.replace(played.after, paced=0))
        self._left = tuple(heard[len(heard) - played.left :])
        self._set_timers(before, played)
        if played.locale:
            self.customer = msgspec.structs.replace(self.customer, locale=played.locale)
        for each in played.permissions:
            self.permissions.append(each)
            self.customer = msgspec.structs.replace(self.customer, allows=each.changed(self.customer.allows))
        for say in played.says:
            self._unread.append(say.content)
            self._last = say
            self._offered = say.content if isinstance(say.content, Choice) else self._offered
            self._lines.append(line("<", say.content))
        if played.after.mode == "person" and before.mode != "person":
            self._lines.append(f"~ a person: {played.after.reason}" if played.after.reason else "~ a person")
        self.fault = played.fault or self.fault
        if played.fault and not self._may_fail:
            self._unread.clear()
            raise self._wrong(f"the flow failed: {played.fault.reason}", "no failure")
        return played

    def _set_timers(self, before: Snapshot, played: Played) -> None:
        """As the gateway keeps them: they end with their run, one of a name replaces the other."""
        ended = bool(before.flow) and played.after.run != before.run
        names = {*played.cancels, *(each.name for each in played.timers)}
        kept = [] if ended else [each for each in self._due if each.name not in names]
        self._due = kept + [_Due(each.name, played.after.run, each.at) for each in played.timers]

    async def _run(self, call: EffectCall) -> EffectDone:
        self.called.append(call)
        result, fault = None, None
        try:
            with limited(self._files):
                result = await self._result(call)
        except Exception as error:  # whatever an effect raises is its failure, as in the gateway
            fault = Fault("effect_failed", f"{type(error).__name__}: {error}"[:500], "", "third_party")
        return EffectDone(
            key=self._key(), at=self.now, effect=call.name, effect_id=call.key, run=call.run, call=call.key,
            flow=call.flow, result=result, fault=fault,
        )  # fmt: skip

    def _files(self) -> frozenset[str]:
        return frozenset[str]().union(*(bot.files for bot in self._router.known))

    async def _result(self, call: EffectCall) -> Any:
        canned = self._canned.get(call.name)
        if canned is None:
            return await engine.run_effect(
                self._router, call.flow, call.name, call.args, call.key, self._http, self._settings
            )
        result = canned(**call.args)
        if isinstance(result, Awaitable):
            result = await result
        if isinstance(result, BaseException):
            raise result
        return as_json(result, None)

    def _message(self, content: Content, reply_to: str) -> MessageReceived:
        key = self._key()
        self._lines.append(line(">", content))
        return MessageReceived(
            key=key, at=self.now, provider_id=key, content=content, addresses=self.customer.addresses,
            reply_to=reply_to,
        )  # fmt: skip

    def _answering(self, said: Sequence[MessageReceived]) -> list[Event]:
        """The messages as the gateway hands them on: with the campaign that they answer."""
        running = bool(self.stands.flow or self.stands.stack)
        latest, self._campaign = self._campaign, ("", 0)  # the first message after it answers it, or none
        return campaigns.answering(said, self._sent, latest, running=running, served=self._router.campaigns)

    def _key(self) -> str:
        self._count += 1
        return f"test{self._count}"

    def _wrong(self, found: str, wanted: object) -> AssertionError:
        last = "\n".join(f"    {line}" for line in self._lines[-8:])
        return AssertionError(f"{found}; wanted: {wanted!r}\n  so far:\n{last}")


def chat(
    *flows: Source,
    channel: str = "whatsapp",
    name: str = "Ada",
    locale: str = "en",
    now: int = START,
    http: Http | None = None,
    may_fail: bool = False,
    real_time: bool = False,
    settings: Mapping[str, str] | None = None,
    allows: tuple[Purpose, ...] = (),
) -> Chat:
    """A chat with these flows, in the order of the router; `channel` is the id and the type of the customer's channel.

    `async with chat(Booking) as c:` looks at the end whether all that was said was looked at. `http` stands for the
    network in effects; without it a request fails; `settings` are what effects get as theirs; `allows` are the purposes
    the customer has allowed before. In `real_time` it begins now.
    """
    if real_time:
        now = now_ms()
    customer = Customer("contact", channel, channel, (f"{channel}:15550100",), name, locale, allows=allows)
    return Chat(flows, customer, now, http, may_fail=may_fail, settings=settings or {})


def moved(flow: Source, stands: Standing) -> Standing:
    """Where a run that stood so under another version of a flow stands in this one; raises FlowChanged.

    What `parley flows migrate` does to a conversation, to test a flow's `migrate` with.
    """
    bot = compiled(flow)
    after = endless.moved(bot, Snapshot(bot.name, stands.version or "another", 1, stands.state, stands.data))
    return Standing(after.state, after.data, after.version)
