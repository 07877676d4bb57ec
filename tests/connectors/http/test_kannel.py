"""Kannel is the smallest provider: settings that are always the same, and no code of its own."""

from pathlib import Path

import pytest

from connectors import registry
from connectors.kannel import FIXED, Kannel
from connectors.sms.aggregator import profile
from connectors.sms.aggregator.profile import SETTINGS
from state.model.channel import Channel
from tests.connectors import fixtures
from tests.connectors.http.presets import channel, documented

MOST = 200
"""Lines that a new provider of short messages may take, its fixtures aside."""


def test_a_provider_takes_few_lines() -> None:
    folder = Path(str(registry.__file__)).parent / "kannel"
    assert sum(len(path.read_text().splitlines()) for path in folder.glob("*.py")) <= MOST


def test_it_is_what_the_page_says_of_kannel_by_settings_alone() -> None:
    page, own = profile.read(channel("kannel"), {}), profile.read(channel("kannel"), FIXED)
    parsed = ("template", "codings", "ok_status", "message", "receipt", "statuses")
    assert [getattr(page, name) for name in parsed] == [getattr(own, name) for name in parsed]
    assert {
        name: page.given[name] for name in documented()["kannel"].keys() & FIXED.keys() - set(parsed)
    } == {name: FIXED[name] for name in documented()["kannel"].keys() & FIXED.keys() - set(parsed)}


def test_what_is_fixed_is_no_setting_of_a_channel() -> None:
    asked = {each.name for each in Kannel.settings}
    assert (asked & FIXED.keys(), asked | FIXED.keys()) == (set(), {each.name for each in SETTINGS})


@pytest.mark.parametrize("name", ["base_url", "sender", "token"])
def test_a_wrong_setting_is_named(name: str) -> None:
    given = fixtures.connector("kannel")
    assert isinstance(given, Kannel)
    settings = {
        "base_url": "http://kannel.example",
        "user": "u",
        "sender": "4477",
        "callback": "https://p.example/webhooks/sms",
    }
    secrets = {"secret": "s", "token": "t"}
    wrong = Channel(
        id="sms", type="kannel", settings={**settings, **({} if name == "token" else {name: ""})},
        credentials={**secrets, **({name: ""} if name == "token" else {})},
    )  # fmt: skip
    with pytest.raises(ValueError, match=f"^{name}: "):
        Kannel(wrong)
