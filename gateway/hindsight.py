"""What the policy was shown when it made a decision, put together again from what is stored.

What a rule read stands in the decision; what no rule read is taken from the messages, the ledger and the suspensions as
of that time, and else as it is today.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from gateway import outgoing, policy
from gateway.channels import Channels
from gateway.grounds import Grounds
from gateway.policy.rules import disclosure
from state.model.content import Content
from state.model.message import Rule
from state.model.suspension import Suspension
from state.outbox import Leased, Talk
from state.outbox import Letter as Sent
from state.past import Force, Letter, Was

_content: msgspec.json.Decoder[Content] = msgspec.json.Decoder(Content)
_SOME = "some version"
"""Stands for a notice of which it is known that there was one, and not which."""


class Lost(Exception):
    """The facts of a decision cannot be put together; says why."""


class Hindsight:
    """Puts facts together as `grounds` gathers them, with what was so then in the place of what is so now."""

    def __init__(self, channels: Channels, grounds: Grounds, suspensions: Sequence[Force]) -> None:
        self._channels, self._grounds = channels, grounds
        self._suspensions = {each.suspension.id: each for each in suspensions}

    def facts(self, was: Was) -> policy.Facts:
        """The facts a decision was made on; raises Lost."""
        letter, at = was.letter, was.made.at
        if letter is None:
            raise Lost("its message has left by retention")
        live = self._channels.get(letter.channel)
        if live is None:
            raise Lost(f"the channel {letter.channel} is not there, or cannot be loaded")
        read = {each.name: each for each in was.made.rules}
        row = _row(was, letter, read)
        try:
            content = _content.decode(letter.content)
        except msgspec.ValidationError as error:
            raise Lost("its content is of another version, which cannot be read") from error
        found = self._grounds.facts(row, live, content, at)
        initiated = policy.initiated(found.terms, found.last_in, at)
        unasked = initiated or found.cause.purpose == "marketing"
        found = replace(
            found,
            target=replace(found.target, initiated=initiated),
            suspensions=self._in_force(read.get("suspension"), at),
            accepted={version: when for version, when in found.accepted.items() if when <= at},
            digest=outgoing.digest(row) if unasked else "",
        )
        return _disclosed(found, read, at)

    def _in_force(self, said: Rule | None, at: int) -> tuple[Suspension, ...]:
        """The suspensions that covered the message, as their rule named them; where it was not asked, by their time."""
        if said is None:
            return tuple(each.suspension for each in self._suspensions.values() if each.at(at))
        named = [self._suspensions.get(each) for each in said.inputs.get("suspensions", ())]
        return tuple(each.suspension for each in named if each)


def _row(was: Was, letter: Letter, read: Mapping[str, Rule]) -> Leased:
    """The row as its sender had it."""
    last_in, expires_at = _input(read, "last_in", letter.last_in), _input(read, "expires_at", 0)
    talk = Talk(letter.contact, last_in, "", letter.urns)
    sent = Sent(letter.content, "", letter.native, letter.told)
    return Leased(
        was.message, was.lane, letter.conversation, letter.channel, "message", "queued", letter.cause, expires_at,
        0, 0, 0, talk, sent, letter.known,
    )  # fmt: skip


def _input(read: Mapping[str, Rule], name: str, otherwise: int) -> int:
    """What a rule has read, by the name it gives it."""
    found: list[Any] = [each.inputs[name] for each in read.values() if name in each.inputs]
    return int(found[0]) if found else otherwise


def _disclosed(found: policy.Facts, read: Mapping[str, Rule], at: int) -> policy.Facts:
    """The facts with the notice as it was asked for and told then, which the answer of its rule tells."""
    said = read.get("disclosure")
    held = policy.standard().as_of(at)
    for notice, told in ((found.notice, found.told), ("", ""), (_SOME, _SOME), (_SOME, "")):
        tried = replace(found, notice=notice, told=told)
        if said is None or disclosure(tried, at, held) == said:
            return tried
    return found
