"""Fixtures of SMPP: what a file of connectors/smpp/fixtures holds, and how it is played.

`receive/*.json`: `pdus` (hex) in, one after the other; for each the `arrivals`: events, problems, the status of the
answer, and how many parts are kept and released. `send/*.json`: the message `given`; then each `pdu` (hex) that leaves
and the `status` or `id` it is answered with; then what it `gives` or `raises`. `shows` names the capabilities that it
proves, `settings` are the channel's besides those in bind.json. Keys that only tell messages apart are left out.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from connectors import smpp
from connectors.link import Arrival, End, Step
from connectors.smpp import SMPP, codec, pdu
from connectors.smpp.session import Session
from state.model.channel import Channel
from state.model.wire import Outbound, Sent, Undelivered
from tests.connectors.smpp.talk import ZERO, octets, written

Json = dict[str, Any]
ROOT = Path(smpp.__file__).parent / "fixtures"


def paths(way: str) -> list[Path]:
    """The fixtures of a way (receive, send)."""
    return sorted((ROOT / way).glob("*.json"))


def read(path: Path) -> Json:
    """What a fixture says."""
    found: Json = json.loads(path.read_text())
    return found


def link(settings: Mapping[str, str]) -> Session:
    """A bound session of the fixtures' channel."""
    channel = msgspec.json.decode((ROOT / "bind.json").read_bytes(), type=Channel)
    made = SMPP(msgspec.structs.replace(channel, settings={**channel.settings, **settings})).link(ZERO)
    made.connected(0)
    made.received(octets(pdu.BindTransceiverResp(), 1), 0)
    return made


def received(fixture: Json) -> list[list[Json]]:
    """The arrivals that each PDU makes."""
    session = link(fixture.get("settings", {}))
    steps = [session.received(bytes.fromhex(each), n + 1) for n, each in enumerate(fixture["pdus"])]
    return [[_arrival(each) for each in step.arrivals] for step in steps]


def sent(fixture: Json) -> Json:
    """The PDUs of a message, and its end."""
    session = link(fixture.get("settings", {}))
    message = msgspec.json.decode(json.dumps(fixture["given"]), type=Outbound)
    try:
        step = session.submit(message, 1)
    except Undelivered as error:
        return {"pdus": [], "raises": _raised(error)}
    return _answered(session, step, fixture.get("pdus", []))


def _answered(session: Session, step: Step, exchange: list[Json]) -> Json:
    pdus: list[str] = []
    while not step.ends:
        pdus.append(step.write.hex())
        how = exchange[len(pdus) - 1] if len(pdus) <= len(exchange) else {"id": f"A{len(pdus)}"}
        answer = pdu.SubmitSmResp(message_id=how.get("id", ""))
        status = int(how.get("status", 0))
        step = session.received(octets(answer, written(step)[0].sequence, status), 1)
    return {"pdus": pdus, **_end(step.ends[0])}


def _end(end: End) -> Json:
    if isinstance(end.outcome, Sent):
        return {"gives": json.loads(msgspec.json.encode(end.outcome))}
    assert isinstance(end.outcome, Undelivered)
    return {"raises": _raised(end.outcome)}


def _raised(error: Undelivered) -> Json:
    kept = ("action", "code", "reason", "retry_after", "field")
    return {name: value for name in kept if (value := getattr(error, name, ""))}


def _arrival(arrival: Arrival) -> Json:
    found: Json = json.loads(msgspec.json.encode(arrival.received))
    found.pop("answer", None)
    for event in found.get("events", []):
        if event["event"] in ("message", "client_event"):
            event.pop("key")
            event.pop("provider_id", "")
    if arrival.accept:
        found["answer"] = codec.decode(arrival.accept).status
    return {**found, **({"keeps": 1} if arrival.keep else {}), **_released(arrival)}


def _released(arrival: Arrival) -> Json:
    return {"releases": len(arrival.release)} if arrival.release else {}
