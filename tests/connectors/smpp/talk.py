"""A session under test: an account, the SMSC's octets in, and what the session does out."""

from typing import Any

from connectors.link import Arrival, Step
from connectors.smpp import SMPP, codec, pdu
from connectors.smpp.codec import Frames
from connectors.smpp.pdu import Body, DeliverSm, Pdu
from connectors.smpp.session import Session
from state.model.channel import Channel
from state.model.content import Text
from state.model.event import Event
from state.model.wire import Outbound

ZERO = 1_769_990_000_000
SETTINGS = {"host": "smsc.example", "system_id": "gw1", "sender": "ACME"}


def smpp(**settings: str) -> SMPP:
    """The connector with these settings besides the needed ones."""
    credentials = {"password": settings.pop("password", "secret08")}
    return SMPP(Channel(id="c", type="smpp", settings={**SETTINGS, **settings}, credentials=credentials))


def session(**settings: str) -> Session:
    """A session before its first connection."""
    return smpp(**settings).link(ZERO)


def bound(now: float = 0.0, **settings: str) -> Session:
    """A session that the SMSC has let in."""
    made = session(**settings)
    made.connected(now)
    made.received(octets(pdu.BindTransceiverResp(), 1), now)
    return made


def octets(body: Body, sequence: int = 1, status: int = 0) -> bytes:
    return codec.encode(body, sequence, status)


def message(text: str = "Hi", id: str = "m1", to: str = "tel:+447700900001", **more: Any) -> Outbound:
    return Outbound(id=id, to=(to,), content=Text(text), **more)


def mobile(text: bytes = b"Hi", **more: Any) -> DeliverSm:
    """A message from a phone."""
    given = {
        "source_addr_ton": 1,
        "source_addr_npi": 1,
        "source_addr": "447700900001",
        "destination_addr": "12345",
    }
    return DeliverSm(**{**given, "short_message": text, **more})


def written(step: Step) -> list[Pdu]:
    """The PDUs that a step writes."""
    return [codec.decode(frame) for frame in Frames().feed(step.write)]


def bodies(step: Step) -> list[Body]:
    return [each.body for each in written(step)]


def events(arrivals: tuple[Arrival, ...]) -> list[Event]:
    return [event for each in arrivals for event in each.received.events]
