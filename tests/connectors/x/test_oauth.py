"""OAuth 1.0a signatures are those of RFC 5849, as two worked examples and an independent signer show."""

import re
from typing import Any
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import Client  # type: ignore[import-untyped]

from connectors.x import oauth
from connectors.x.oauth import Keys
from state.model.content import Text
from state.model.wire import Undelivered
from tests.connectors.x.wire import NOON, Pair, channel

KEYS = Keys("dpf43f3p2l4k3l03", "kd94hf93k423kf44", "nnch734d00sl2jdk", "pfkkdhi9sl3r4s00")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


def header(url: str, method: str = "GET", keys: Keys = KEYS, nonce: str = "chapoH") -> str:
    return oauth.signed(keys, lambda: ("137131202", nonce))(method, url)


def test_the_example_of_rfc_5849_section_1_2() -> None:
    given = {
        "oauth_consumer_key": KEYS.consumer,
        "oauth_token": KEYS.token,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131202",
        "oauth_nonce": "chapoH",
    }
    url = "http://photos.example.net/photos?file=vacation.jpg&size=original"
    assert oauth.signature(KEYS, "GET", url, given.items()) == "MdpQcU8iPSUjWoN/UDMsK2sui9I="


def test_the_base_string_of_rfc_5849_section_3_4_1() -> None:
    given = {
        "c2": "", "a3": "2 q", "oauth_consumer_key": "9djdj82h48djs9d2", "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": "137131201", "oauth_nonce": "7d8f3e4a",
    }  # fmt: skip
    found = oauth.base_string(
        "post", "HTTP://EXAMPLE.COM:80/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b", given.items()
    )
    assert found == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D"
        "%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1"
        "%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def fields(text: str) -> dict[str, str]:
    return {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', text)}


def oracle(url: str, method: str, keys: Keys, nonce: str) -> dict[str, str]:
    client = Client(
        keys.consumer, keys.consumer_secret, keys.token, keys.token_secret, nonce=nonce, timestamp="137131202"
    )
    _, headers, _ = client.sign(url, method)
    return fields(headers["Authorization"])


@given(
    st.lists(st.tuples(WORDS, WORDS), max_size=4),
    st.sampled_from(["GET", "POST", "DELETE"]),
    st.builds(Keys, SECRETS, SECRETS, SECRETS, SECRETS),
    st.sampled_from(["https://api.x.com", "http://127.0.0.1:8080/simulator/wire/x", "https://API.x.com:443"]),
)
def test_a_header_is_the_one_an_independent_signer_makes(
    query: list[tuple[str, str]], method: str, keys: Keys, base: str
) -> None:
    asked = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in query)
    url = f"{base}/2/media/upload" + (f"?{asked}" if asked else "")
    assert fields(header(url, method, keys)) == oracle(url, method, keys, "chapoH")


def test_what_stands_in_a_header_is_escaped() -> None:
    found = header("https://api.x.com/2/users/1", keys=KEYS._replace(token='a"b,c=d+e/f'))
    assert 'oauth_token="a%22b%2Cc%3Dd%2Be%2Ff"' in found


def test_each_call_has_a_stamp_of_its_own() -> None:
    (at, one), (_, two) = oauth.stamp(), oauth.stamp()
    assert one != two
    assert len(one) == 32
    assert int(at) > NOON - 10**9


def test_messages_are_sent_with_signed_calls() -> None:
    pair = Pair(auth="oauth1", base_url="http://127.0.0.1:8080/simulator/wire/x")
    assert pair.send(Text("Hello")).provider_id
    assert pair.send(Text("Hello again")).provider_id
    assert len({each.headers["authorization"] for each in pair.asked}) == 2


@pytest.mark.parametrize(
    "changed", [{"access_token_secret": "another"}, {"consumer_key": "another"}, {"access_token": "another"}]
)
def test_calls_signed_with_other_keys_are_refused(changed: dict[str, str]) -> None:
    pair = Pair(auth="oauth1")
    pair.simulator._given |= changed
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert refused.value.action == "AUTH"


def test_a_call_heard_before_is_refused() -> None:
    pair = Pair(auth="oauth1")
    pair.send(Text("Hello"))
    assert pair.simulator.answer(pair.asked[0]).reply.status == 401


def test_a_call_of_another_time_is_refused() -> None:
    pair = Pair(auth="oauth1")
    pair.simulator._clock = lambda: NOON + 3600
    with pytest.raises(Undelivered):
        pair.send(Text("Hello"))


def test_tokens_of_oauth_1_are_not_refreshed() -> None:
    found: Any = Pair(auth="oauth1").connector
    assert not hasattr(found, "refresh")
    assert channel(auth="oauth1").settings["auth"] == "oauth1"
