"""A wrong setting is named before anything is sent, and no secret shows where it should not."""

import pytest
from msgspec.structs import replace

from connectors import registry
from state.model.channel import Channel
from state.model.content import Text
from state.model.wire import Forged, Outbound, Reply, Request, Undelivered
from tests.connectors.messaging.wire import KINDS, Pair, channel

WRONG = [
    ("app_id", "x"), ("api_version", "26"), ("base_url", "graph.example"), ("pace", "-1"), ("get_started", "a\nb"),
    ("appsecret_proof", "perhaps"), ("app_secret", ""), ("verify_token", ""), ("access_token", "a b"),
    ("access_token", ""),
]  # fmt: skip
OWN = [("messenger", "page_id", ""), ("messenger", "page_id", "x"), ("instagram", "account_id", ""),
       ("instagram", "login", "google"), ("instagram", "page_id", "x")]  # fmt: skip
SECRETS = ("app_secret", "verify_token", "access_token")


def made(kind: str, name: str, value: str) -> Channel:
    given = channel(kind)
    if name in SECRETS:
        return replace(given, credentials={**given.credentials, name: value})
    return replace(given, settings={**given.settings, name: value})


@pytest.mark.parametrize(("kind", "name", "value"), [(kind, *each) for kind in KINDS for each in WRONG] + OWN)
def test_a_wrong_setting_is_named(kind: str, name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: "):
        registry.connector(kind)(made(kind, name, value))


def test_a_page_s_token_needs_the_page() -> None:
    with pytest.raises(ValueError, match=r"^page_id: "):
        registry.connector("instagram")(made("instagram", "login", "facebook"))


@pytest.mark.parametrize("kind", KINDS)
def test_the_token_is_in_no_name_and_no_reason(kind: str) -> None:
    pair = Pair(kind)
    token = channel(kind).credentials["access_token"]
    sending = pair.connector.send(Outbound(id="o", to=(pair.urn,), content=Text("x")))
    call = next(sending)
    assert token not in call.name + call.url
    with pytest.raises(Undelivered) as refused:
        sending.send(Reply(401, {}, b"{}"))
    assert token not in str(refused.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_webhook_without_a_signature_is_forged(kind: str) -> None:
    with pytest.raises(Forged):
        Pair(kind).connector.verify(Request("POST", "/", {}, {}, b"{}"))
