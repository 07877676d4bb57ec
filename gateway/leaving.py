"""How a message leaves: by its connector's calls, over its channel's own connection, or in a webhook's answer.

The fence is asked before the first byte, whichever way it goes.
"""

from collections.abc import Awaitable, Callable
from functools import partial

import msgspec

from gateway import outgoing
from gateway.calls import drive
from gateway.channels import Channels, Live
from gateway.deferred import Deferred
from gateway.degrade import Link
from gateway.fence import Fence
from gateway.files import Files
from gateway.grounds import Grounds
from gateway.linked import Linked
from gateway.metrics import Metrics
from gateway.outgoing import Ready, Unknown
from gateway.pace import Pace
from gateway.tokens import Tokens
from gateway.wake import Wake
from gateway.wire import NoAnswer, trace
from state.model.action import Action
from state.model.content import media_in
from state.model.exchange import Exchange
from state.model.ids import now_ms
from state.model.suspension import Target
from state.model.wire import Call, Outbound, Reply, Sent, Unclear, Undelivered
from state.outbox import Leased, Settled
from state.store import Store


class Fenced(Exception):
    """The fence closed, or the permit lapsed, before the first byte."""


class Tools(msgspec.Struct, frozen=True):
    """What senders share."""

    store: Store
    channels: Channels
    fence: Fence
    pace: Pace
    perform: Callable[[Call, Callable[[], None]], Awaitable[Reply]]
    wake: Wake
    metrics: Metrics
    node: str
    slots: int
    lease_ms: int
    link: Link
    tokens: Tokens
    deferred: Deferred
    files: Files
    linked: Linked
    grounds: Grounds


class Leaving:
    """The ways out of one channel."""

    def __init__(self, channel: str, tools: Tools) -> None:
        self.channel, self._tools = channel, tools

    async def send(self, live: Live, message: Outbound, target: Target, traces: list[Exchange]) -> Sent:
        """Send by the channel's link, or by the connector's calls; raises Undelivered, Unknown or Fenced."""
        if names := [each.stored for each in media_in(message.content) if each.stored]:
            message = await self._with_files(message, names)
        may_leave = partial(self.may_leave, target)
        if self._tools.linked.has(self.channel):
            return await self._by_link(message, may_leave, traces)
        try:
            return await drive(live.connector.send(message), partial(self._perform, may_leave, traces))
        except Unclear as error:
            traces[-1:] = [outgoing.unclear(each, error) for each in traces[-1:]]
            raise Unknown(str(error)) from error

    async def _with_files(self, message: Outbound, names: list[str]) -> Outbound:
        """The message with the bytes of the files of our own store it names; raises Undelivered where one is gone."""
        found = {name: await self._tools.files.read(name) for name in names}
        files = {name: file for name, file in found.items() if file}
        if len(files) < len(found):
            raise Undelivered(Action.FAIL_MSG, "file_gone", "a file it names is not kept any more")
        return msgspec.structs.replace(message, files=files)

    async def in_answer(self, row: Leased, live: Live, said: Ready, target: Target) -> Settled | None:
        """Send the message in the answer to its customer's webhook; None where it does not go that way.

        Raises Fenced, and Unknown where nobody can say whether it left.
        """
        waiting = self._tools.deferred.find(row.conversation)
        if waiting is None:
            return None
        answer = live.connector.answer(waiting.request, said.message)  # type: ignore[attr-defined]
        if answer is None:
            return None
        self.may_leave(target)
        started = now_ms()
        left = await waiting.give(answer, partial(self._closed, target))
        if left is False:
            return None
        if left is None:
            raise Unknown("the webhook's answer may not have reached the provider")
        took = now_ms() - started
        self._tools.metrics.sent(self.channel, "accepted", took / 1000)
        kept = Exchange(
            name="answer",
            method="POST",
            url="",
            at=started,
            took_ms=took,
            status=answer.status,
            sent=len(answer.body),
        )
        return outgoing.taken(row, said, Sent(), outgoing.trace([kept]))

    async def _by_link(
        self, message: Outbound, may_leave: Callable[[], None], traces: list[Exchange]
    ) -> Sent:
        """Send over the channel's own connection; raises Undelivered, Unknown or Fenced."""
        call, started = Call("link", "LINK", self.channel), now_ms()
        may_leave()
        try:
            sent = await self._tools.linked.send(self.channel, message, may_leave)
        except NoAnswer as error:
            traces.append(trace(call, started, error))
            raise outgoing.without_answer(call, error) from error
        traces.append(
            Exchange(name="link", method="LINK", url=self.channel, at=started, took_ms=now_ms() - started)
        )
        return sent

    async def _perform(self, may_leave: Callable[[], None], traces: list[Exchange], call: Call) -> Reply:
        """Make a call that a connector yields; the fence is asked first, and again before the first byte."""
        started = now_ms()
        may_leave()
        try:
            reply = await self._tools.perform(call, may_leave)
        except NoAnswer as error:
            traces.append(trace(call, started, error))
            raise outgoing.without_answer(call, error) from error
        traces.append(trace(call, started, reply))
        return reply

    def may_leave(self, target: Target) -> None:
        """Ask the fence, before a connection is made and again before the first byte; raises Fenced."""
        if self._closed(target):
            raise Fenced

    def _closed(self, target: Target) -> bool:
        fence = self._tools.fence
        return fence.lapsed() or fence.closed(target) is not None
