"""OAuth 2.0: the refresh token is changed for a fresh pair, and is worth nothing afterwards."""

import base64

import msgspec
import pytest

from connectors.x import X
from state.model.content import Text
from state.model.wire import Token, Undelivered
from tests.connectors.x.wire import Pair, channel


def test_a_fresh_pair_is_got_and_holds() -> None:
    pair = Pair()
    token = pair.play(pair.connector.refresh())
    assert isinstance(token, Token)
    assert token.seconds == 7200
    fresh = {"access_token": token.access, "refresh_token": token.refresh}
    pair.connector = X(msgspec.structs.replace(channel(), credentials={**channel().credentials, **fresh}))
    assert pair.send(Text("Hello")).provider_id
    assert pair.play(pair.connector.refresh()).refresh not in (token.refresh, "x-refresh-1")


def test_a_refresh_token_holds_once() -> None:
    pair = Pair()
    pair.play(pair.connector.refresh())
    with pytest.raises(Undelivered) as refused:
        pair.play(pair.connector.refresh())
    assert refused.value.action == "AUTH"


def test_the_call_for_a_token_is_not_made_twice() -> None:
    assert not next(Pair().connector.refresh()).repeatable


def test_the_app_proves_itself_with_its_client_secret() -> None:
    call = next(Pair().connector.refresh())
    scheme, _, pair = call.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(pair)) == ("Basic", b"client-1:client-secret-1")


def test_a_public_client_has_no_secret() -> None:
    found = channel()
    given = {name: value for name, value in found.credentials.items() if name != "client_secret"}
    call = next(X(msgspec.structs.replace(found, credentials=given)).refresh())
    assert set(call.headers) == {"content-type"}


def test_a_channel_with_an_access_token_alone_is_not_refreshed() -> None:
    given = {"consumer_secret": "s", "access_token": "t"}
    assert not hasattr(X(msgspec.structs.replace(channel(), credentials=given)), "refresh")


def test_a_dead_access_token_is_refused() -> None:
    pair = Pair()
    pair.simulator._tokens.clear()
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert refused.value.action == "AUTH"
