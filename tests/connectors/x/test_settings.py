"""An X channel that is set up wrongly says which setting is at fault, and never shows a secret."""

import pytest

from connectors.x import X
from state.model.channel import Channel

SETTINGS = {"user_id": "2244994945", "client_id": "client-1"}
SECRETS = {"consumer_secret": "s-3cr3t", "access_token": "acc-1", "refresh_token": "ref-1"}
KEYS = {"consumer_key": "key-1", "access_token_secret": "s-4cr3t"}


def channel(**changed: str) -> Channel:
    secret = {each.name for each in X.settings if each.secret}
    settings = SETTINGS | {name: value for name, value in changed.items() if name not in secret}
    secrets = SECRETS | {name: value for name, value in changed.items() if name in secret}
    return Channel(id="x", type="x", settings=settings, credentials=secrets)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("user_id", ""),
        ("user_id", "@parley"),
        ("auth", "oauth"),
        ("base_url", "api.x.com"),
        ("base_url", "https://api.x.com?x=1"),
        ("app_id", "mine"),
        ("pace", "fast"),
        ("video_bytes", "0"),
        ("consumer_secret", ""),
        ("consumer_secret", "with-spaces inside"),
        ("client_id", ""),
        ("access_token", "with-spaces inside"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: ") as refused:
        X(channel(**{name: value}))
    assert "with-spaces" not in str(refused.value)


@pytest.mark.parametrize("name", ["consumer_key", "access_token", "access_token_secret"])
def test_oauth1_needs_both_pairs(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: is needed with oauth1"):
        X(channel(auth="oauth1", **(KEYS | {name: ""})))
    X(channel(auth="oauth1", **KEYS))


def test_oauth2_needs_a_token() -> None:
    with pytest.raises(ValueError, match=r"^refresh_token: "):
        X(channel(access_token="", refresh_token=""))
    X(channel(access_token=""))
    X(channel(refresh_token="", client_id=""))


def test_what_is_not_set_has_its_default() -> None:
    defaults = {each.name: each.default for each in X.settings if each.default}
    assert defaults == {
        "auth": "oauth2",
        "base_url": "https://api.x.com",
        "pace": "0",
        "video_bytes": "512000000",
    }


def test_every_secret_is_marked_as_one() -> None:
    assert {each.name for each in X.settings if each.secret} == {*SECRETS, *KEYS, "client_secret"}


def test_a_connector_shows_no_secret() -> None:
    assert not [secret for secret in SECRETS.values() if secret in repr(X(channel()))]


def test_the_terms_are_those_of_x() -> None:
    terms = X.terms
    assert (terms.reply_window, terms.minimum_age) == (0, 13)
    assert (terms.pace, terms.pair_interval * terms.pair_burst, terms.pair_burst) == (0, 900, 15)
    assert terms.version.startswith("x-2026-")
