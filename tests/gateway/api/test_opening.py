"""What customers are told first, by what the team has set and where they are; and that HELP is answered."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from admin.operations import NewChannel
from gateway import notices
from parley import STAY, Flow, On
from tests.gateway.api.house import Desk, House, on_sqlite, running
from tests.gateway.api.test_every_simulator import CHANNELS

US, DE = "12025550123", "4915112345678"
TEAM = {"business": "Tea & Co", "help": "call +1 202 555 0100"}
OPENS = notices.texts().business["en"].replace("{business}", "Tea & Co")
STOPPED, STARTED = (say("en", "Tea & Co") for say in (notices.stopped, notices.started))
STOPPED_DE = notices.stopped("de", "Tea & Co")
HELPS_DE = notices.helps("de", **{"business": "Tea & Co", "way": TEAM["help"]})


class Helper(Flow):
    """A bot that answers HELP by itself."""

    table = (
        On("help_asked", "start", STAY, say="Ask me anything."),
        On("message", "start", STAY, say="Yes?"),
    )


async def set_up(house: House, **settings: Any) -> House:
    told = await house.call("PATCH", "/teams/default", {"settings": settings})
    assert told.status == 200, told
    await house.gateway.teams.load()
    return house


@pytest.fixture
async def sms(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[House]:
    """A gateway with a channel of text messages, and the bot that is asked for."""
    new = NewChannel("sms", "twilio", *CHANNELS["twilio"], simulated=True)
    flows = getattr(request, "param", (Desk,))
    async with running(tmp_path, on_sqlite(tmp_path), connects=(new,), flows=flows) as house:
        yield house


def _left(message: Any) -> bool:
    """Whether a message came in, or its provider has taken it."""
    return message["direction"] == "in" or bool(message["facts"]["accepted"])


async def says(house: House, words: str, number: str, count: int) -> list[str]:
    """A customer writes, a message for each line; gives what they have got once that is so many messages."""
    for line in words.splitlines():
        body = {"type": "text", "text": line}
        told = await house.ask("POST", f"/simulator/api/sms/{number}/say", json=body)
        assert told.status == 200, told
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"

    def done(body: Any) -> bool:
        return [each["direction"] for each in body["items"] if _left(each)].count("out") == count

    found = await house.until(path, done)
    left = [each for each in reversed(found["items"]) if each["direction"] == "out" and _left(each)]
    return [each["content"]["text"] for each in left]


@pytest.mark.parametrize(
    ("number", "settings", "first"),
    [
        (US, TEAM, [OPENS]), (DE, TEAM, []), (US, {}, []),
        (DE, {"automated": True}, [notices.texts().machine["de"]]),
        (US, TEAM | {"automated": True}, [f"{notices.texts().machine['en']} {OPENS}"]),
    ],
)  # fmt: skip
async def test_the_first_text_message_says_what_the_country_and_the_team_ask(
    sms: House, number: str, settings: dict[str, Any], first: list[str]
) -> None:
    await set_up(sms, **settings)
    assert await says(sms, "hi", number, len(first) + 1) == [*first, "you said hi"]
    assert await says(sms, "ho", number, len(first) + 2) == [*first, "you said hi", "you said ho"]


async def test_a_number_s_country_counts_though_its_customer_is_known_to_live_elsewhere(sms: House) -> None:
    await set_up(sms, **TEAM)
    made = await sms.call("POST", "/contacts", {"channel": "sms", "address": f"tel:+{US}", "country": "DE"})
    assert made.status == 201, made
    assert await says(sms, "hi", f"+{US}", 2) == [OPENS, "you said hi"]
    assert await says(sms, "hi", US, 2) == [OPENS, "you said hi"]


async def test_help_is_answered_with_the_business_and_the_way_to_people(sms: House) -> None:
    await set_up(sms, **TEAM)
    assert await says(sms, "HELP", DE, 2) == [HELPS_DE, "you said HELP"]


async def test_help_of_a_team_that_has_said_nothing_is_the_flow_s(sms: House) -> None:
    assert await says(sms, "HELP", DE, 1) == ["you said HELP"]


@pytest.mark.parametrize("sms", [(Desk,), (Helper,)], indirect=True)
@pytest.mark.parametrize("telling", [False, True])
async def test_help_is_answered_to_who_has_stopped_and_nothing_else_is(sms: House, *, telling: bool) -> None:
    await set_up(sms, **TEAM, automated=telling)
    assert await says(sms, "STOP", DE, 1) == [STOPPED_DE]
    assert await says(sms, "hello\nHELP", DE, 2) == [STOPPED_DE, HELPS_DE]
    assert await says(sms, "help\nhi", DE, 3) == [STOPPED_DE, HELPS_DE, HELPS_DE]


async def test_the_confirmation_of_a_stop_names_the_business_where_the_team_has_said_it(sms: House) -> None:
    assert await says(sms, "STOP", DE, 1) == [notices.stopped("de")]
    await set_up(sms, **TEAM)
    assert (await says(sms, "START", DE, 3))[1] == "Tea & Co: " + notices.started("de")


async def test_who_starts_again_is_told_first_what_they_were_not(sms: House) -> None:
    await set_up(sms, **TEAM)
    assert await says(sms, "STOP", US, 1) == [STOPPED]
    found = await says(sms, "START", US, 4)
    assert found == [STOPPED, OPENS, STARTED, "you said START"]


@pytest.mark.parametrize("sms", [(Helper,)], indirect=True)
async def test_a_flow_that_answers_help_is_left_to_it(sms: House) -> None:
    await set_up(sms, **TEAM)
    assert await says(sms, "info", DE, 2) == ["Yes?", "Ask me anything."]


async def test_what_is_sent_unasked_comes_behind_what_is_said_first(sms: House) -> None:
    await set_up(sms, **TEAM)
    await sms.send("Your tea is here", to=f"tel:+{US}", channel="sms")
    page = await sms.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await sms.until(path, lambda body: all(each["facts"]["accepted"] for each in body["items"]))
    assert [each["content"]["text"] for each in reversed(found["items"])] == [OPENS, "Your tea is here"]
