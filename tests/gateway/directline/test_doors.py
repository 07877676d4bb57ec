"""Who may come in, and what bad input is told."""

import sqlite3
from io import BytesIO
from typing import Any

import aiohttp
import pytest

from tests.gateway.directline.conftest import ALLOWED, SECRET, Client

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("", 401, "MissingToken"), ("nonsense", 401, "BadToken"), ("a.b.c", 401, "BadToken")],
)
async def test_without_a_token_of_ours_nobody_comes_in(
    client: Client, token: str, status: int, code: str
) -> None:
    conversation = await client.begin()
    client.token = token
    found, body = await client.call("GET", f"/conversations/{conversation}/activities")
    assert (found, body["error"]["code"]) == (status, code)


async def test_a_token_opens_its_own_conversation_only(client: Client) -> None:
    theirs = await client.begin("dl_bob")
    await client.begin("dl_ann")
    for method, path in (
        ("GET", "activities"),
        ("POST", "activities"),
        ("GET", "stream"),
        ("POST", "upload"),
    ):
        status, _ = await client.call(method, f"/conversations/{theirs}/{path}", data=b"{}")
        assert status == 403, path


async def test_a_wrong_secret_gets_no_token(client: Client) -> None:
    client.token = "a secret of sixteen charactexs"
    status, body = await client.call("POST", "/tokens/generate", {})
    assert (status, body["error"]["code"]) == (401, "BadSecret")


@pytest.mark.parametrize("path", ["/tokens/generate", "/tokens/refresh", "/conversations"])
async def test_a_token_that_is_no_ascii_is_refused(client: Client, path: str) -> None:
    client.token = "\xff\xfe"
    status, body = await client.call("POST", path, {})
    assert (status, body["error"]["code"]) == (401, "BadToken")


@pytest.mark.parametrize("user", ["x" * 201, "a\0b", "a\nb"])
async def test_a_user_s_id_fits_into_an_address(client: Client, user: str) -> None:
    client.token = SECRET
    for path in ("/tokens/generate", "/conversations"):
        status, body = await client.call("POST", path, {"user": {"id": user}})
        assert (status, body["error"]["code"]) == (400, "BadArgument")


@pytest.mark.parametrize(
    "headers", [{}, {"x-parley-user": "dl_ann", "x-parley-key": "k", "x-parley-at": "1"}]
)
async def test_an_app_s_customers_do_not_come_in_by_the_providers_door(
    client: Client, headers: dict[str, str]
) -> None:
    conversation = await client.begin()
    sent = b'{"type":"message","text":"I am Ann"}'
    async with client.session.post(f"{client.url}/webhooks/app", data=sent, headers=headers) as answer:
        assert answer.status == 404
    _, shown = await client.call("GET", f"/conversations/{conversation}/activities")
    assert [each.get("text") for each in shown["activities"]] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (b"\xff\xfe", 400),
        (b"[" * 50_000, 400),
        (b'{"type":"message","text":7}', 400),
        (b'{"type":"nothing we know"}', 400),
        (b'{"type":"message","text":"x","channelData":{"clientActivityID":"a\\u0000b"}}', 400),
        (b'{"type":"message","text":"x","replyToId":"' + b"x" * 300 + b'"}', 400),
        (b'{"type":"message","text":"' + b"x" * 30_000 + b'"}', 400),
        (b'{"type":"message","text":"' + b"x" * 300_000 + b'"}', 413),
        (b"x" * 10_000_000, 413),
    ],
    ids=range(13),
)
async def test_bad_input_is_told_and_never_our_fault(client: Client, body: bytes, status: int) -> None:
    conversation = await client.begin()
    found, answer = await client.call("POST", f"/conversations/{conversation}/activities", data=BytesIO(body))
    assert found == status
    assert answer["error"]["code"]


@pytest.mark.parametrize(
    ("origin", "status", "allowed"),
    [(ALLOWED, 200, ALLOWED), ("https://evil.example.com", 403, None), ("null", 403, None)],
)
async def test_only_listed_origins_may_call(
    client: Client, origin: str, status: int, allowed: str | None
) -> None:
    conversation = await client.begin()
    url = f"{client.url}/v3/directline/conversations/{conversation}/activities"
    headers = {"Origin": origin, "Authorization": f"Bearer {client.token}"}
    async with client.session.get(url, headers=headers) as answer:
        assert (answer.status, answer.headers.get("Access-Control-Allow-Origin")) == (status, allowed)


async def test_a_preflight_is_answered(client: Client) -> None:
    headers = {"Origin": ALLOWED, "Access-Control-Request-Method": "POST"}
    async with client.session.options(f"{client.url}/v3/directline/conversations", headers=headers) as answer:
        assert answer.status == 204
        assert "x-ms-bot-agent" in answer.headers["Access-Control-Allow-Headers"]


def _form(file: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("activity", '{"text":"look"}', content_type="application/vnd.microsoft.activity")
    form.add_field("file", BytesIO(file), filename="cat.png", content_type="image/png")
    return form


@pytest.mark.parametrize("whole", [True, False])
async def test_an_uploaded_picture_is_shown_and_served_by_a_signed_link(client: Client, whole: bool) -> None:
    conversation = await client.begin()
    more: dict[str, Any] = (
        {"data": PNG, "headers": {"Content-Type": "image/png"}} if whole else {"data": _form(PNG)}
    )
    assert (await client.call("POST", f"/conversations/{conversation}/upload?userId=x", **more))[0] == 200
    _, shown = await client.call("GET", f"/conversations/{conversation}/activities")
    link = shown["activities"][0]["attachments"][0]["contentUrl"]
    async with client.session.get(link) as right, client.session.get(link[:-1] + "x") as forged:
        assert (right.status, right.content_type, await right.read()) == (200, "image/png", PNG)
        assert (right.headers["X-Content-Type-Options"], forged.status) == ("nosniff", 404)


@pytest.mark.parametrize(
    ("file", "status"), [(b"<script>", 415), (PNG + bytes(4_000_000), 413)], ids=["html", "big"]
)
async def test_a_file_we_do_not_take_is_refused(client: Client, file: bytes, status: int) -> None:
    conversation = await client.begin()
    assert (await client.call("POST", f"/conversations/{conversation}/upload", data=_form(file)))[0] == status


CHILD = {"id": "dl_bea", "name": "Bea", "born": "2015-01-01", "country": "DE"}


async def contacts_of(client: Client) -> int:
    """How many contacts there are."""
    with sqlite3.connect(client.database) as file:
        return int(file.execute("SELECT count(*) FROM contact").fetchone()[0])


@pytest.mark.parametrize("path", ["/tokens/generate", "/conversations"])
@pytest.mark.parametrize(
    ("user", "status", "code"),
    [
        (CHILD, 403, "UnderAge"),
        (CHILD | {"country": ""}, 403, "UnderAge"),
        (CHILD | {"born": "2013-01-01", "country": "US"}, 0, ""),
        (CHILD | {"born": "1990"}, 0, ""),
        (CHILD | {"born": ""}, 0, ""),
        (CHILD | {"born": "yesterday"}, 400, "BadArgument"),
        (CHILD | {"country": "UK"}, 400, "BadArgument"),
        (CHILD | {"name": "a\nb"}, 400, "BadArgument"),
        (CHILD | {"born": 1990}, 400, "BadArgument"),
    ],
)
async def test_below_the_age_of_consent_there_is_no_session_and_no_contact(
    client: Client, path: str, user: dict[str, Any], status: int, code: str
) -> None:
    client.token = SECRET
    got, told = await client.call("POST", path, {"user": user})
    if status:
        assert (got, told["error"]["code"], "token" in told, await contacts_of(client)) == (
            status,
            code,
            False,
            0,
        )
    else:
        assert (got in (200, 201), "token" in told, await contacts_of(client)) == (True, True, 1)


async def test_what_is_told_of_somebody_known_ends_their_session_when_its_token_is_renewed(
    client: Client,
) -> None:
    conversation = await client.begin("dl_bea")
    mine, client.token = client.token, SECRET
    asked: list[tuple[str, str, Any]] = [
        ("/tokens/generate", SECRET, {"user": CHILD}),
        ("/tokens/generate", SECRET, {"user": {"id": "dl_bea"}}),
        ("/tokens/refresh", mine, None),
        ("/conversations", mine, None),
    ]
    for path, client.token, body in asked:
        status, told = await client.call("POST", path, body)
        assert (status, told["error"]["code"]) == (403, "UnderAge"), path
    assert (await client.call("GET", f"/conversations/{conversation}"))[0] == 403
    client.token = SECRET
    older = {"user": {"id": "dl_bea", "born": "1990"}}
    assert (await client.call("POST", "/tokens/generate", older))[0] == 200
