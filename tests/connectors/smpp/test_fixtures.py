"""SMPP does with its fixtures what they say; every kind of PDU and every capability has one."""

from pathlib import Path

import msgspec
import pytest

from connectors.smpp import SMPP, codec, pdu
from state.model.event import ClientEvent, MessageReceived, Receipt
from tests.connectors.smpp import played


def name(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", played.paths("receive"), ids=name)
def test_what_arrives_is_read_as_its_fixture_says(path: Path) -> None:
    fixture = played.read(path)
    assert played.received(fixture) == fixture["arrivals"]


@pytest.mark.parametrize("path", played.paths("send"), ids=name)
def test_a_message_leaves_and_ends_as_its_fixture_says(path: Path) -> None:
    fixture = played.read(path)
    found = played.sent(fixture)
    assert found["pdus"] == [each["pdu"] for each in fixture.get("pdus", [])]
    assert (found.get("gives"), found.get("raises")) == (fixture.get("gives"), fixture.get("raises"))


def test_no_capability_is_claimed_without_a_fixture() -> None:
    shown = {
        each
        for way in ("receive", "send")
        for path in played.paths(way)
        for each in played.read(path)["shows"]
    }
    claimed = msgspec.to_builtins(SMPP.capabilities)
    names = {
        f"{field}.{each}" if isinstance(value, tuple | list | dict) else field
        for field, value in claimed.items()
        for each in (value if isinstance(value, tuple | list | dict) else [value])
        if each
    }
    assert names - shown == set()


def test_every_kind_of_arrival_has_a_fixture() -> None:
    found = [played.read(path) for path in played.paths("receive")]
    kinds = {type(codec.decode(bytes.fromhex(each)).body) for fixture in found for each in fixture["pdus"]}
    assert {pdu.DeliverSm, pdu.DataSm, pdu.AlertNotification} <= kinds
    events = {
        event["event"]
        for fixture in found
        for step in fixture["arrivals"]
        for each in step
        for event in each.get("events", [])
    }
    wanted = {kind.__struct_config__.tag for kind in (MessageReceived, Receipt, ClientEvent)}
    assert wanted <= events
