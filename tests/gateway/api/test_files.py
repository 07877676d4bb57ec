"""Files of customers are fetched, kept, served by links that end, sent on, and forgotten."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.files import NotAllowed, sniff
from state import tables
from state.model.ids import new_id, now_ms
from state.model.wire import Call, Reply
from state.statements import Query
from tests.gateway.api.house import CUSTOMER, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


async def says_with(house: House, body: bytes, mime: str = "image/png", kind: str = "image") -> Any:
    """A customer sends a file; gives the message as it stands once it came in."""
    kept = await house.ask("POST", "/simulator/api/phone/media", data=body, headers={"Content-Type": mime})
    what = {"type": kind, "id": kept.body["id"], "mime": mime, "caption": "Look"}
    assert (await house.ask("POST", f"/simulator/api/phone/{CUSTOMER}/say", json=what)).status == 200
    page = await house.until("/conversations", lambda body: bool(body["items"]))
    path = f"/conversations/{page['items'][0]['id']}/messages"
    found = await house.until(path, lambda body: "in" in [each["direction"] for each in body["items"]])
    return next(each for each in found["items"] if each["direction"] == "in")


async def stored(house: House, message: Any) -> str:
    found = await house.until(f"/messages/{message['id']}", lambda body: body["content"].get("stored"))
    return str(found["content"]["stored"])


async def test_a_picture_is_fetched_and_served_by_a_link_that_ends(house: House) -> None:
    media_id = await stored(house, await says_with(house, PNG))
    link = house.gateway.files.link(media_id, 60)
    async with house.session.get(house.url + link) as answer:
        assert (answer.status, await answer.read(), answer.content_type) == (200, PNG, "image/png")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert (await house.ask("GET", house.gateway.files.link(media_id, -1))).status == 404
    for wrong in (
        link.replace("until=", "until=9"),
        link.replace("s=", "s=0"),
        link.partition("&")[0],
        link[:20],
    ):
        assert (await house.ask("GET", wrong)).status == 404


async def test_a_picture_is_sent_on_with_its_bytes(house: House) -> None:
    media_id = await stored(house, await says_with(house, PNG))
    content = {"type": "media", "kind": "image", "stored": media_id, "caption": "Yours"}
    asked = {"to": f"whatsapp:{CUSTOMER}", "channel": "phone", "content": content}
    queued = (await house.call("POST", "/messages", asked)).body
    found = await house.until(f"/messages/{queued['id']}", lambda body: body["facts"]["accepted"])
    assert [each["name"] for each in found["exchanges"]] == ["upload", "messages"]


async def fetched(house: House) -> None:
    """Wait until no file is to be fetched any more."""
    for _ in range(1000):
        left = await house.gateway.store.read(Query(sa.select(tables.outbox.c.id), ""))
        if not left:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("a file is still to be fetched")


@pytest.mark.parametrize(
    "body", [b"<script>alert(1)</script>", PNG + bytes(2000)], ids=["a page", "too much"]
)
async def test_what_is_not_taken_is_left_with_the_provider(house: House, body: bytes) -> None:
    fetching, limits = house.gateway.fetching, []
    fetching._most, perform = 1000, fetching._perform

    async def noted(call: Call) -> Reply:
        limits.append(call.limit)
        return await perform(call)

    fetching._perform = noted
    message = await says_with(house, body)
    await fetched(house)
    assert limits == [1000, 1000], "the file's address and the file, once"
    found = (await house.call("GET", f"/messages/{message['id']}")).body
    assert (found["content"].get("stored"), found["content"]["ref"]) == (None, message["content"]["ref"])


async def test_a_file_that_cannot_be_had_now_is_asked_for_again(house: House) -> None:
    await house.ask("POST", "/simulator/api/phone/faults", json={"fault": "unavailable", "times": 1})
    media_id = await stored(house, await says_with(house, PNG))
    assert (await house.gateway.files.read(media_id)).body == PNG  # type: ignore[union-attr]


async def test_files_leave_when_their_time_is_over(house: House, tmp_path: Path) -> None:
    media_id, _ = await house.gateway.files.keep(PNG)
    assert await house.gateway.files.forget(now_ms() - 1000) == 0
    assert await house.gateway.files.forget(now_ms() + 1000) == 1
    assert await house.gateway.files.read(media_id) is None
    assert await house.gateway.files.read(new_id(0)) is None
    assert await house.gateway.files.read("../../etc/passwd") is None


async def test_a_file_is_on_disk_when_it_counts_as_kept(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(descriptor: int) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(os, "fsync", breaks)
    with pytest.raises(OSError, match="the disk is full"):
        await house.gateway.files.keep(PNG)
    monkeypatch.undo()
    rows = await house.gateway.store.read(Query(sa.select(tables.media.c.id), ""))
    assert [await house.gateway.files.read(row[0]) for row in rows] == [None]
    assert await house.gateway.files.forget(now_ms() + 1000) == 1


@pytest.mark.parametrize("body", [b"", b"<html>", b"MZ\x90", b"\x89PN", b"RIFF\0\0\0\0"])
def test_only_kinds_on_the_list_are_taken(body: bytes) -> None:
    with pytest.raises(NotAllowed):
        sniff(body)


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (b"\xff\xfb\x90", "audio/mpeg"), (b"\xff\xf3\x84", "audio/mpeg"), (b"\xff\xf9\x50", "audio/aac"),
        (b"\0\0\0\x20ftypisom", "video/mp4"), (b"\0\0\0\x20ftypheic", "image/heic"),
        (b"\0\0\0\x20ftypavif", "image/avif"), (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
    ],
)  # fmt: skip
def test_a_file_is_told_by_its_first_bytes(body: bytes, mime: str) -> None:
    assert sniff(body) == mime
