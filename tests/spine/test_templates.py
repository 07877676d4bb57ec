"""A template leaves for what its provider has approved it for; one nobody knows the category of counts as marketing."""

from typing import Any

import pytest

from tests.gateway.api.house import ALLOWED
from tests.spine.house import House, webhook


async def sent(house: House, language: str = "en_US", **more: Any) -> tuple[str, str]:
    """The outcome and the last code of a template for service."""
    content = {"type": "template", "name": "sale", "language": language} | more
    asked = {"to": "whatsapp:4915100", "channel": "wa", "content": content, "consent": ALLOWED}
    told = await house.call("POST", "/messages", asked)
    assert told.status == 202, told
    await house.quiet()
    found = (await house.call("GET", f"/messages/{told.body['id']}")).body
    return found["status"], found["decisions"][-1]["code"]


async def told(house: House, category: str) -> None:
    """Meta tells that the template is in another category now."""
    value = {
        "message_template_id": 7, "message_template_name": "sale", "message_template_language": "en-US",
        "new_category": category,
    }  # fmt: skip
    body = webhook([{"field": "template_category_update", "value": value}])
    assert await house.post(body.replace(b'"changes"', b'"time":1739321024,"changes"')) == 200
    await house.gateway.templates.load()


@pytest.mark.parametrize(
    ("declared", "code"), [({}, "purpose_not_allowed"), ({"category": "marketing"}, "purpose_not_allowed"),
                           ({"category": "utility"}, "")],
)  # fmt: skip
async def test_a_template_of_no_known_category_is_what_its_sender_says_or_marketing(
    house: House, declared: dict[str, str], code: str
) -> None:
    assert (await sent(house, **declared))[1] == code


async def test_what_the_provider_tells_goes_before_what_the_sender_says(house: House) -> None:
    assert await sent(house, category="utility") == ("accepted", "")
    await told(house, "MARKETING")
    assert await sent(house, category="utility") == ("failed", "purpose_not_allowed")
    assert (await sent(house, language="de", category="utility"))[1] == ""
    assert len(house.graph.calls) == 2


async def test_a_template_that_is_utility_by_notice_needs_no_word_of_the_sender_s(house: House) -> None:
    await told(house, "UTILITY")
    assert await sent(house) == ("accepted", "")
