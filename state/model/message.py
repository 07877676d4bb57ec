"""A message as it is kept and shown, and what was decided about it."""

from collections.abc import Mapping
from typing import Any, Literal

from state.model.base import Value
from state.model.cause import ANSWER, Cause
from state.model.content import Content
from state.model.receipts import Facts

Verdict = Literal["send", "wait", "refuse"]


class Rule(Value, frozen=True):
    """One rule that was asked: its name, what it said, why in words, and the inputs it read.

    Most say `send`, so that is not written: each message keeps what all rules said of it.
    """

    name: str
    verdict: Verdict = "send"
    reason: str = ""
    code: str = ""
    inputs: Mapping[str, Any] = {}


class Decision(Value, frozen=True):
    """What was decided about a send at `at` (milliseconds, UTC), under which versions of the terms and the rule pack.

    `wait_until` in milliseconds, UTC; 0 with `wait` means until something changes (a suspension is lifted).
    """

    verdict: Verdict
    at: int
    rules: tuple[Rule, ...] = ()
    terms: str = ""
    wait_until: int = 0
    code: str = ""
    reason: str = ""
    pack: str = ""


class Message(Value, frozen=True, kw_only=True):
    """One message of a conversation; `at` in milliseconds, UTC. `outcome` is `unknown` where a send was cut off.

    `cause` is why we send it.
    """

    id: str
    direction: Literal["in", "out"]
    conversation: str
    channel: str
    content: Content
    at: int
    facts: Facts = Facts()
    provider_id: str = ""
    reply_to: str = ""
    client_ref: str = ""
    outcome: Literal["", "unknown", "refused", "expired", "canceled"] = ""
    native: Mapping[str, Any] = {}
    cause: Cause = ANSWER
