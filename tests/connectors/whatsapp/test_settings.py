"""A WhatsApp channel that is set up wrongly says which setting is at fault, and never shows a secret."""

import pytest

from connectors.whatsapp import WhatsApp
from state.model.channel import Channel

SETTINGS = {"phone_number_id": "106540352242922"}
SECRETS = {"app_secret": "s-3cr3t", "verify_token": "word", "access_token": "EAAG"}


def channel(**changed: str) -> Channel:
    settings = SETTINGS | {name: value for name, value in changed.items() if name not in SECRETS}
    secrets = SECRETS | {name: value for name, value in changed.items() if name in SECRETS}
    return Channel(id="wa", type="whatsapp", settings=settings, credentials=secrets)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("phone_number_id", ""),
        ("phone_number_id", "+49 151"),
        ("waba_id", "mine"),
        ("api_version", "26"),
        ("base_url", "graph.facebook.com"),
        ("base_url", "https://graph.facebook.com?x=1"),
        ("pace", "fast"),
        ("appsecret_proof", "true"),
        ("app_secret", ""),
        ("verify_token", ""),
        ("access_token", ""),
        ("access_token", "EAAG with-spaces"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}: ") as refused:
        WhatsApp(channel(**{name: value}))
    assert "with-spaces" not in str(refused.value)


def test_what_is_not_set_has_its_default() -> None:
    defaults = {each.name: each.default for each in WhatsApp.settings if each.default}
    assert defaults == {
        "api_version": "v26.0",
        "base_url": "https://graph.facebook.com",
        "pace": "80",
        "appsecret_proof": "no",
    }
    WhatsApp(channel())


def test_a_connector_shows_no_secret() -> None:
    assert not [secret for secret in SECRETS.values() if secret in repr(WhatsApp(channel()))]


def test_the_terms_are_those_of_meta() -> None:
    terms = WhatsApp.terms
    assert (terms.reply_window, terms.template_outside_window, terms.minimum_age) == (86_400, True, 13)
    assert (terms.pace, terms.pair_interval, terms.pair_burst) == (80, 6, 45)
    assert terms.version.startswith("whatsapp-2026-")
