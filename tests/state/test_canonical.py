"""An address has one form, however it is written: what is recorded of it holds for every send to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.smpp.inbound import _urn
from connectors.sms import numbers
from connectors.twilio.addresses import urn
from state.model.address import BadAddress, canonical, kept

WRITTEN = [
    ("tel:+4915112340030", "tel:+4915112340030"),
    ("tel:4915112340030", "tel:+4915112340030"),
    ("tel:004915112340030", "tel:+4915112340030"),
    ("tel:+49 (151) 1234-0030", "tel:+4915112340030"),
    ("tel:12345", "tel:12345"),
    ("tel:015112340030", "tel:015112340030"),
    ("whatsapp:+4915112340031", "whatsapp:4915112340031"),
    ("whatsapp:004915112340031", "whatsapp:4915112340031"),
    ("mailto:Ann@Shop.example", "mailto:ann@shop.example"),
    ("telegram:77", "telegram:77"),
    ("inapp:Ann", "inapp:Ann"),
]


@pytest.mark.parametrize(("written", "form"), WRITTEN)
def test_however_an_address_is_written_it_is_kept_in_one_form(written: str, form: str) -> None:
    assert canonical(written) == form
    assert canonical(form) == form


@pytest.mark.parametrize(
    "written", ["tel:abc", "tel:+", "tel:+0151", "tel:1234567890123456", "whatsapp:12a", "mailto:ann", "ann"]
)
def test_what_is_no_address_has_no_form(written: str) -> None:
    with pytest.raises(BadAddress):
        canonical(written)
    assert kept(written) == written


@given(st.from_regex(r"[1-9][0-9]{7,14}", fullmatch=True))
def test_every_text_channel_writes_an_international_number_the_same_way(digits: str) -> None:
    form = f"tel:+{digits}"
    inbound = {urn(digits), urn(f"+{digits}"), numbers.urn(digits), _urn(1, digits), _urn(0, digits)}
    assert inbound == {form} == {canonical(f"tel:{digits}"), canonical(form)}
