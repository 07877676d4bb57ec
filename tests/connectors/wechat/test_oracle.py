"""wechatpy, another maker's library, opens what we seal, reads what our simulator posts, and seals what we open."""

import warnings

import pytest

from connectors.wechat import xml
from connectors.wechat.crypto import Cipher
from state.model.content import Text
from state.model.wire import Outbound
from tests.connectors.wechat.test_wechat import APP, FOLLOWER, INNER, KEY, TOKEN, Pair

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from wechatpy import parse_message
    from wechatpy.crypto import WeChatCrypto


def crypto() -> WeChatCrypto:
    return WeChatCrypto(TOKEN, KEY, APP)


def test_it_opens_what_our_simulator_seals() -> None:
    pair = Pair()
    request = pair.simulator.says(FOLLOWER, {"type": "text", "text": "Hi 你好"}).webhook
    query = request.query
    opened = crypto().decrypt_message(
        request.body, query["msg_signature"], query["timestamp"], query["nonce"]
    )
    found = parse_message(opened)
    assert (found.type, found.content, found.source) == ("text", "Hi 你好", FOLLOWER)


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"type": "image", "id": "m1"}, "image"), ({"type": "audio", "id": "m1"}, "voice"),
        ({"type": "location", "latitude": 1.5, "longitude": 2.5}, "location"), ({"type": "start"}, "event"),
        ({"type": "stop"}, "event"),
    ],
)  # fmt: skip
def test_it_reads_what_our_simulator_posts(what: dict[str, object], kind: str) -> None:
    found = parse_message(Pair(mode="plain").simulator.says(FOLLOWER, what).webhook.body)
    assert (found.type, found.source) == (kind, FOLLOWER)


def test_we_open_what_it_seals() -> None:
    sealed = xml.read(crypto().encrypt_message(INNER.decode(), "n0nce", "1700000000").encode())
    assert Cipher((KEY,), APP).open(sealed["Encrypt"]) == INNER


def test_it_opens_our_passive_reply() -> None:
    pair = Pair(passive_reply="yes")
    webhook = pair.simulator.says(FOLLOWER, {"type": "text", "text": "Hi"}).webhook
    answer = pair.connector.answer(
        webhook, Outbound(id="o", to=(f"wechat:{FOLLOWER}",), content=Text("Hello"))
    )
    assert answer
    told = xml.read(answer.body)
    opened = crypto().decrypt_message(answer.body, told["MsgSignature"], told["TimeStamp"], told["Nonce"])
    assert parse_message(opened).content == "Hello"
