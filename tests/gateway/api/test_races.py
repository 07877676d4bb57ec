"""Of callers who come together exactly one changes what there is; the others are told so."""

import asyncio

from tests.gateway.api.house import House, Told

FAR = "2027-01-01T00:00:00Z"


async def together(house: House, method: str, path: str, body: object = None) -> list[int]:
    """Four calls at once; gives their statuses, the winner's first."""
    told: list[Told] = await asyncio.gather(*(house.call(method, path, body) for _ in range(4)))
    return sorted(each.status for each in told)


async def audited(house: House, action: str) -> int:
    entries = (await house.call("GET", "/audit?limit=200")).body["items"]
    return sum(each["action"] == action for each in entries)


async def test_one_of_four_lifts(anywhere: House) -> None:
    asked = {"scope": {"channel": "app"}, "reason": "complaints"}
    made = (await anywhere.call("POST", "/suspensions", asked)).body["id"]
    path = f"/suspensions/{made}/lift"
    assert await together(anywhere, "POST", path, {"reason": "over"}) == [200, 409, 409, 409]
    assert await audited(anywhere, "lift") == 1


async def test_one_of_four_cancels(anywhere: House) -> None:
    waits = await anywhere.send(at=FAR)
    assert await together(anywhere, "DELETE", f"/messages/{waits['id']}") == [200, 409, 409, 409]


async def test_one_of_four_resumes(anywhere: House) -> None:
    talk = await anywhere.conversation("fail", lambda one: one["mode"] == "parked")
    path = f"/conversations/{talk['id']}/resume"
    assert await together(anywhere, "POST", path, {"reason": "mended"}) == [202, 409, 409, 409]
    assert await audited(anywhere, "resume") == 1


async def test_a_hand_back_that_comes_four_times_is_played_once(anywhere: House) -> None:
    talk = await anywhere.conversation("person", lambda one: one["mode"] == "person")
    path = f"/conversations/{talk['id']}/hand-back"
    await together(anywhere, "POST", path, {"note": ""})
    await anywhere.until(f"/conversations/{talk['id']}", lambda one: one["mode"] == "bot")
    await anywhere.hears("and now?")
    found = await anywhere.until(
        f"/conversations/{talk['id']}/messages",
        lambda page: any(each["content"].get("text") == "you said and now?" for each in page["items"]),
    )
    assert sum(each["content"].get("text") == "It is me again." for each in found["items"]) == 1
