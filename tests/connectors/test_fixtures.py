"""Every channel does with its fixtures what they say, and claims nothing that no fixture shows."""

from pathlib import Path

import msgspec
import pytest

from connectors import registry
from tests.connectors import fixtures

RECEIVE, SEND = fixtures.cases("receive"), fixtures.cases("send")


def name(value: object) -> str:
    return value.stem if isinstance(value, Path) else str(value)


@pytest.mark.parametrize(("kind", "path"), RECEIVE, ids=name)
def test_a_request_is_read_as_its_fixture_says(kind: str, path: Path) -> None:
    fixture = fixtures.read(path)
    found = fixtures.received(fixture, fixtures.connector(kind, fixture.get("settings")))
    if "raises" in fixture:
        assert found == {"raises": fixture["raises"]}
    else:
        assert found.get("events", []) == fixture.get("events", [])
        assert found.get("problems", []) == fixture.get("problems", [])
        assert found.get("answer", {}) == fixture.get("answer", {})


@pytest.mark.parametrize(("kind", "path"), SEND, ids=name)
def test_a_verb_makes_the_calls_and_ends_as_its_fixture_says(kind: str, path: Path) -> None:
    fixture = fixtures.read(path)
    found = fixtures.sent(fixture, fixtures.connector(kind, fixture.get("settings")))
    assert found["calls"] == [each["call"] for each in fixture.get("calls", [])]
    assert found.get("gives") == fixture.get("gives")
    assert found.get("raises") == fixture.get("raises")


@pytest.mark.parametrize("kind", fixtures.channels())
def test_no_capability_is_claimed_without_a_fixture(kind: str) -> None:
    paths = fixtures.paths(kind, "receive", "send")
    shown = {each for path in paths for each in fixtures.read(path).get("shows", [])}
    claimed = msgspec.to_builtins(registry.connector(kind).capabilities)
    names = {
        f"{field}.{each}" if isinstance(value, tuple | list | dict) else field
        for field, value in claimed.items()
        for each in (value if isinstance(value, tuple | list | dict) else [value])
        if each
    }
    assert names - shown == set()
