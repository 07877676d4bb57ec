"""What a customer's words are besides a message: by text message, in English and the language of their number."""

from typing import Any

import pytest

from connectors import registry
from gateway.provider_consent import BY_NUMBER
from gateway.spoken import heard
from state.model.content import Chosen, Content, Location, Media, Text
from state.model.event import Event, HelpAsked, MessageReceived, OptedIn, OptedOut, Part
from state.model.ids import now_ms

US, FR = "tel:+12025550100", "tel:+33612345678"


def said(content: Content, urn: str = US, **more: Any) -> MessageReceived:
    return MessageReceived(key="m1", at=5, addresses=(urn,), provider_id="m1", content=content, **more)


def kinds(*events: Event, channel: str = "smpp") -> list[type]:
    return [type(each) for each in heard(events, channel, now_ms())[1:]]


@pytest.mark.parametrize(
    ("content", "urn", "found"),
    [
        (Text("STOP"), US, [OptedOut]), (Text(" Stop. "), US, [OptedOut]), (Text("Yes"), US, [OptedIn]),
        (Text("help?"), US, [HelpAsked]), (Text("INFO"), US, [HelpAsked]), (Text("hello"), US, []),
        (Text("s t o p"), US, []), (Text("STOP" + "x" * 100), US, []), (Text(""), US, []),
        (Text("Arrêt"), FR, [OptedOut]), (Text("aide"), FR, [HelpAsked]), (Text("aide"), US, []),
        (Chosen("o1", "Stop"), US, [OptedOut]), (Chosen("HELP", "Call me"), US, [HelpAsked]),
        (Chosen("cancel", "Cancel the booking"), US, []), (Chosen("c", "Cancel"), US, [OptedOut]),
        (Chosen("unsubscribe", "No more"), US, [OptedOut]), (Media("image", caption="STOP"), US, [OptedOut]),
        (Media("image", caption=""), US, []), (Location(1, 2), US, []),
    ],
)  # fmt: skip
def test_a_word_is_a_message_and_an_event_behind_it(content: Content, urn: str, found: list[type]) -> None:
    assert kinds(said(content, urn)) == found


def test_the_event_has_the_message_s_time_address_and_a_key_of_its_own() -> None:
    _, event = heard([said(Text(" Stop. "))], "twilio", now_ms())
    assert event == OptedOut(key="m1:stop", at=5, addresses=(US,), note="Stop.", heard=True)


@pytest.mark.parametrize("kind", sorted(registry.TYPES))
def test_by_text_message_alone(kind: str) -> None:
    assert kinds(said(Text("STOP")), channel=kind) == ([OptedOut] if kind in BY_NUMBER else [])


def test_what_the_provider_tells_itself_is_not_read_again() -> None:
    told = OptedOut(key="m1:stop", at=5, addresses=(US,), note="STOP")
    assert heard([said(Text("STOP")), told], "twilio", now_ms()) == [said(Text("STOP")), told]


def test_a_piece_of_a_long_message_is_no_word() -> None:
    assert kinds(said(Text("STOP"), part=Part("r", 1, 2))) == []
