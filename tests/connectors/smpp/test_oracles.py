"""smpplib and aiosmpplib, independent implementations, read what we write, and our SMSC understands both as clients."""

import asyncio
import threading
from typing import Any

import pytest
import smpplib.client
import smpplib.exceptions
import smpplib.smpp
from aiosmpplib import ESME, PhoneNumber
from aiosmpplib import DeliverSm as TheirDeliver
from aiosmpplib import SubmitSm as TheirSubmit
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import SubmitSmResp as TheirSubmitResp

from connectors.smpp import codec, pdu
from connectors.smpp.pdu import Body, DeliverSm, SubmitSm
from connectors.smpp.tlv import MESSAGE_STATE, octet
from state.model.content import Text
from tests.gateway.smsc_server import Server, serving

CLIENT: Any = smpplib.client.Client("127.0.0.1", 1, allow_unknown_opt_params=True)
SHORT = {
    "service_type": "CMT", "source_addr_ton": 5, "source_addr": "ACME", "destination_addr_ton": 1,
    "destination_addr_npi": 1, "destination_addr": "447700900001", "esm_class": 0x40, "protocol_id": 1,
    "priority_flag": 2, "validity_period": "000001020304000R", "registered_delivery": 17, "data_coding": 8,
    "short_message": b"\x05\0\x03\x2a\x02\x01\0h",
}  # fmt: skip
OURS: list[tuple[Body, dict[str, Any]]] = [
    (pdu.BindTransceiver(system_id="gw1", password="secret08", system_type="VMA"), {"system_id": b"gw1"}),
    (SubmitSm(**SHORT), SHORT),  # type: ignore[arg-type]
    (DeliverSm(**{**SHORT, "tlvs": (octet(MESSAGE_STATE, 2),)}), {**SHORT, "message_state": 2}),  # type: ignore[arg-type]
    (pdu.SubmitSmResp(message_id="A1"), {"message_id": b"A1"}),
    (pdu.QuerySm(message_id="A1", source_addr="ACME"), {"message_id": b"A1", "source_addr": b"ACME"}),
    (pdu.EnquireLink(), {}),
    (pdu.Unbind(), {}),
]
THEIR_NAMES = {"destination_addr_ton": "dest_addr_ton", "destination_addr_npi": "dest_addr_npi"}


@pytest.mark.parametrize(("body", "fields"), OURS, ids=lambda value: type(value).__name__)
def test_smpplib_reads_what_we_write(body: Body, fields: dict[str, Any]) -> None:
    found = smpplib.smpp.parse_pdu(codec.encode(body, 7), client=CLIENT, allow_unknown_opt_params=True)
    assert found.sequence == 7
    for name, value in fields.items():
        read = getattr(found, THEIR_NAMES.get(name, name))
        assert read == (value.encode() if isinstance(value, str) else value), name


def test_we_read_what_smpplib_writes() -> None:
    given = {THEIR_NAMES.get(name, name): value for name, value in SHORT.items()}
    made = smpplib.smpp.make_pdu("submit_sm", client=CLIENT, **given)
    assert codec.decode(made.generate()).body == SubmitSm(**SHORT)  # type: ignore[arg-type]


def test_we_read_a_receipt_that_smpplib_writes() -> None:
    made = smpplib.smpp.make_pdu(
        "deliver_sm",
        client=CLIENT,
        esm_class=4,
        message_state=2,
        short_message=b"id:A1",
    )
    found = codec.decode(made.generate()).body
    assert isinstance(found, DeliverSm)
    assert found.tlvs == (octet(MESSAGE_STATE, 2),)


def talk(port: int, may_read: threading.Event) -> tuple[list[bytes], list[bytes]]:
    """A client of smpplib sends a message and is sent one: the ids it was given, and what it heard."""
    heard: list[bytes] = []
    ids: list[bytes] = []
    client: Any = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
    client.set_message_received_handler(lambda pdu: heard.append(pdu.short_message))
    client.set_message_sent_handler(lambda pdu: ids.append(pdu.message_id))
    client.connect()
    client.bind_transceiver(system_id="gw1", password="secret08")
    given = {THEIR_NAMES.get(name, name): value for name, value in SHORT.items()}
    client.send_message(
        **given | {"esm_class": 0, "data_coding": 0, "short_message": b"Hi", "service_type": ""}
    )
    client.read_once()
    may_read.wait(5)
    client.read_once()
    client.unbind()
    client.disconnect()
    return ids, heard


async def test_smpplib_sends_through_our_smsc_and_is_sent_to() -> None:
    async with serving() as server:
        may_read = threading.Event()
        talking = asyncio.create_task(asyncio.to_thread(talk, server.port, may_read))
        await server.until(lambda: server.shown)
        server.write(server.smsc.says("447700900001", "Hello"))
        may_read.set()
        assert await talking == ([b"00000001"], [b"Hello"])
        assert server.shown[0].content == Text("Hi")
        assert server.answered == [0]


async def test_smpplib_is_refused_with_a_wrong_password() -> None:
    def bind(port: int) -> None:
        client: Any = smpplib.client.Client("127.0.0.1", port, allow_unknown_opt_params=True)
        client.connect()
        try:
            client.bind_transceiver(system_id="gw1", password="wrong")
        finally:
            client.state = smpplib.consts.SMPP_CLIENT_STATE_OPEN
            client.disconnect()

    async with serving() as server:
        with pytest.raises(smpplib.exceptions.PDUError, match="Invalid Password"):
            await asyncio.to_thread(bind, server.port)


class Hook(AbstractHook):  # type: ignore[misc]
    """What aiosmpplib has heard."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    async def sending(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        pass

    async def received(self, smpp_message: Any, pdu: bytes, client_id: str) -> None:
        if isinstance(smpp_message, TheirDeliver | TheirSubmitResp):
            self.heard.put_nowait(smpp_message)

    async def send_error(self, smpp_message: Any, error: Exception, client_id: str) -> None:
        self.heard.put_nowait(error)


@pytest.fixture
async def theirs() -> Any:
    """An ESME of aiosmpplib, bound to our SMSC, and what it hears."""
    hook = Hook()
    async with serving() as server:
        esme = ESME("127.0.0.1", server.port, "gw1", "secret08", hook=hook, log_level=50)
        running = asyncio.create_task(esme.start())
        await server.until(lambda: server.smsc.bound)
        yield esme, hook, server
        writer: Any = esme._writer
        await esme.stop()
        await asyncio.gather(running, return_exceptions=True)
        writer.close()  # which it leaves to the collector


@pytest.mark.parametrize("text", ["Hi [€]", "你好 👋", "0123456789" * 30])
async def test_aiosmpplib_sends_through_our_smsc(theirs: tuple[ESME, Hook, Server], text: str) -> None:
    esme, hook, server = theirs
    to = PhoneNumber("447700900001")
    submit = TheirSubmit(short_message=text, source=PhoneNumber("12345"), destination=to, log_id="m1")
    await esme.broker.enqueue(submit)
    assert isinstance(await hook.heard.get(), TheirSubmitResp)
    await server.until(lambda: server.shown)
    assert server.shown[0].content == Text(text)


async def test_aiosmpplib_reads_our_smscs_receipt(theirs: tuple[ESME, Hook, Server]) -> None:
    esme, hook, server = theirs
    to = PhoneNumber("447700900001")
    submit = TheirSubmit(short_message="Hi", source=PhoneNumber("12345"), destination=to, log_id="m1")
    await esme.broker.enqueue(submit)
    await hook.heard.get()
    server.write(server.smsc.receipt("00000001"))
    told = await hook.heard.get()
    assert isinstance(told, TheirDeliver)
    read = told.parse_receipt()
    assert (read["id"], read["stat"], read["dlvrd"]) == ("00000001", "DELIVRD", 1)
