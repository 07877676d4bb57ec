"""Whose words stop what: by text message the whole sets count, whichever provider carries it."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from connectors import registry
from gateway.notices import notice
from gateway.provider_consent import BY_NUMBER
from gateway.voice import _meanings, say_of
from state.conversations import Taken
from state.known import NOBODY
from state.model.cause import Cause
from state.model.ids import now_ms


def meaning(kind: str, text: str) -> str | None:
    live: Any = SimpleNamespace(channel=SimpleNamespace(type=kind))
    taken: Any = SimpleNamespace(urns=(), about=("", "en"), known=NOBODY)
    return _meanings(live, cast(Taken, taken), now_ms())(text)


def test_the_channels_of_telephone_numbers_are_those_that_write_to_them_first_of_all() -> None:
    by_number = {kind for kind in registry.TYPES if registry.connector(kind).capabilities.schemes[0] == "tel"}
    assert by_number == BY_NUMBER


@pytest.mark.parametrize("kind", sorted(registry.TYPES))
@pytest.mark.parametrize("word", ["CANCEL", "end", "Quit!", "REVOKE", "opt out", "please stop"])
def test_what_is_a_stop_by_text_message_is_an_answer_elsewhere(kind: str, word: str) -> None:
    assert meaning(kind, word) == ("stop" if kind in BY_NUMBER else None)


@pytest.mark.parametrize("kind", sorted(registry.TYPES))
@pytest.mark.parametrize("word", ["STOP", "unsubscribe", "Stop."])
def test_a_stop_is_one_everywhere(kind: str, word: str) -> None:
    assert meaning(kind, word) == "stop"


def test_a_notice_leaves_as_the_message_it_comes_before_may() -> None:
    why = say_of(
        notice("twilio", "en"), Cause(purpose="marketing", campaign="may", flow="Tea", actor="key")
    ).cause
    assert (why.purpose, why.campaign, why.flow, why.ours) == ("marketing", "may", "Tea", True)
