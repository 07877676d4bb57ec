"""The words that stop, start and ask for help are whole messages, and stay messages."""

import pytest

from connectors.sms.keywords import STOP_WORDS, meaning, with_meaning
from state.model.content import Location, Text
from state.model.event import HelpAsked, MessageReceived, OptedIn, OptedOut


@pytest.mark.parametrize(
    ("text", "found"),
    [
        *((word, "stop") for word in STOP_WORDS),
        (" Stop. ", "stop"), ("\u201cSTOP\u201d", "stop"), ("STOP!!!", "stop"),
        ("sTaRt", "start"), ("Yes", "start"), ("help?", "help"),
        ("INFO", "help"), ("stop it", None), ("please stop", None), ("", None), ("!!", None), ("s t o p", None),
        ("STOP" + " " * 100, None),
    ],
)  # fmt: skip
def test_a_word_is_the_whole_message(text: str, found: str | None) -> None:
    assert meaning(text) == found


def said(text: str) -> MessageReceived:
    return MessageReceived(key="m1", at=5, addresses=("tel:+15550100",), provider_id="m1", content=Text(text))


@pytest.mark.parametrize(("text", "kind"), [("STOP", OptedOut), ("start", OptedIn), ("Help", HelpAsked)])
def test_a_word_is_a_message_and_an_event_of_its_own(text: str, kind: type) -> None:
    message, event = with_meaning(said(text))
    assert message == said(text)
    assert isinstance(event, kind)
    assert (event.key != "m1", event.at, event.addresses) == (True, 5, ("tel:+15550100",))


def test_other_words_are_messages_alone() -> None:
    assert with_meaning(said("hello")) == (said("hello"),)


def test_what_the_provider_took_it_for_counts() -> None:
    place = MessageReceived(key="m", at=1, addresses=("tel:+1",), provider_id="m", content=Location(1, 2))
    assert isinstance(with_meaning(said("Arrêt"), "stop")[1], OptedOut)
    assert isinstance(with_meaning(place, "stop")[1], OptedOut)
