"""Which triggers an event sets off, the most special first."""

import pytest

from conversations import triggers
from parley import Chosen, ContactCard, Form, Location, Media, Order, Text
from state.model import event
from state.model.content import Content
from state.model.receipts import Fault
from tests.conversations.kit import done, failed, fired, handed_back, said

MESSAGES: dict[str, tuple[Content, tuple[str, ...]]] = {
    "words": (Text("hi"), ("message",)),
    "a chosen option": (Chosen("track", "Track it"), ("chosen_track", "chosen", "message")),
    "a picture": (Media("image", ref="1"), ("image", "media", "message")),
    "a voice note": (Media("audio", ref="1", voice=True), ("audio", "media", "message")),
    "a place": (Location(1, 2), ("location", "message")),
    "a contact": (ContactCard(()), ("contact_card", "message")),
    "a form": (Form("f"), ("form", "message")),
    "an order": (Order(()), ("order", "message")),
}
EVENTS: dict[str, tuple[event.Event, str]] = {
    "an effect's result": (done("lookup", 1), "done_lookup"),
    "an effect's failure": (failed("lookup"), "failed_lookup"),
    "a timer": (fired("nudge"), "timer_nudge"),
    "handed back": (handed_back(), "handed_back"),
    "opened": (event.Started(key="k", at=1), "started"),
    "an app's event": (event.ClientEvent(key="k", at=1, event_name="opened_cart"), "event_opened_cart"),
    "a reaction": (event.Reacted(key="k", at=1, provider_id="p", target="t"), "reaction"),
    "an edit": (event.Edited(key="k", at=1, provider_id="p", target="t", content=Text("x")), "edit"),
    "a deletion": (event.Deleted(key="k", at=1, provider_id="p", target="t"), "delete"),
    "an opt-in": (event.OptedIn(key="k", at=1), "opt_in"),
    "an opt-out": (event.OptedOut(key="k", at=1), "opt_out"),
    "a receipt": (
        event.Receipt(key="k", at=1, provider_id="p", status="failed", fault=Fault("x")),
        "receipt",
    ),
}


@pytest.mark.parametrize(("content", "expected"), MESSAGES.values(), ids=MESSAGES)
def test_a_message_sets_off_its_kind_and_then_message(content: Content, expected: tuple[str, ...]) -> None:
    assert triggers.of(said(content)) == expected


@pytest.mark.parametrize(("happened", "expected"), EVENTS.values(), ids=EVENTS)
def test_any_other_event_sets_off_its_own_name(happened: event.Event, expected: str) -> None:
    assert triggers.of(happened) == (expected,)
