"""Use of a one-time code is told once for each message, by its id or by the caller's reference."""

from typing import Any

import pytest

from state.traffic import Counted
from tests.gateway.api.house import NOBODY, House


async def code(house: House, ref: str = "", **more: Any) -> str:
    sent = await house.send("Your code: 4711", purpose="one_time_codes", client_ref=ref, **more)
    return str(sent["id"])


def counted(house: House) -> int:
    """How many uses were counted since this was last asked."""
    found = house.gateway.metrics.traffic.take(1)
    return sum(each.n for each in found if isinstance(each, Counted) and each.kind == "used")


async def test_a_use_counts_once_and_keeps_its_time(anywhere: House) -> None:
    message = await code(anywhere)
    one, two = [await anywhere.call("POST", f"/messages/{message}/used") for _ in range(2)]
    assert (one.status, one.body["message"], one.body["channel"]) == (200, message, "app")
    assert (one.body["first"], two.body["first"], two.body["used"]) == (True, False, one.body["used"])
    assert counted(anywhere) == 1


async def test_the_latest_message_of_a_reference_is_meant(anywhere: House) -> None:
    await code(anywhere, "sign-in 7")
    latest = await code(anywhere, "sign-in 7")
    told = await anywhere.call("POST", "/messages/used", {"ref": "sign-in 7"})
    assert (told.status, told.body["message"]) == (200, latest)
    elsewhere = await anywhere.call("POST", "/messages/used", {"ref": "sign-in 7", "channel": "phone"})
    assert (elsewhere.status, elsewhere.body["field"]) == (404, "ref")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/messages/{NOBODY}/used", None, 404),
        ("/messages/used", {"ref": "nobody's"}, 404),
        ("/messages/used", {"ref": ""}, 404),
    ],
)
async def test_what_there_is_not_cannot_be_used(house: House, path: str, body: Any, status: int) -> None:
    assert (await house.call("POST", path, body)).status == status
    assert counted(house) == 0


async def test_only_a_one_time_code_can_be_used(house: House) -> None:
    sent = await house.send("hello")
    told = await house.call("POST", f"/messages/{sent['id']}/used")
    assert (told.status, told.body["code"]) == (409, "conflict")
    assert (await house.call("POST", f"/messages/{sent['id']}/used", key="suspend")).status == 403
