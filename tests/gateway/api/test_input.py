"""What is wrong in a request is named: a stable code, and the path of the field at fault."""

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest

from tests.gateway.api.house import ANN, NOBODY, House

pytestmark = pytest.mark.asyncio(loop_scope="module")
TEXT = {"type": "text", "text": "Hello"}
GOOD: dict[str, Any] = {"to": ANN, "channel": "app", "content": TEXT}
PHONE: dict[str, Any] = {"to": "whatsapp:15550123", "channel": "phone"}
FAR = (datetime.now(UTC) + timedelta(days=367)).isoformat()
WRONG_MESSAGES: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "nothing": ({}, 422, "invalid_field", "to"),
    "no content": ({"to": ANN, "channel": "app"}, 422, "invalid_field", "content"),
    "an unknown field": (GOOD | {"colour": "red"}, 422, "invalid_field", "colour"),
    "an unknown field within": (GOOD | {"content": TEXT | {"size": 7}}, 422, "invalid_field", "content.size"),
    "a wrong type": (GOOD | {"content": TEXT | {"text": 7}}, 422, "invalid_field", "content.text"),
    "an unknown content": (GOOD | {"content": {"type": "fax"}}, 422, "invalid_field", "content.type"),
    "no channel": ({"to": ANN, "content": TEXT}, 422, "invalid_field", "channel"),
    "an unknown channel": (GOOD | {"channel": "fax"}, 404, "unknown_channel", "channel"),
    "no address": (GOOD | {"to": "Ann"}, 422, "invalid_address", "to"),
    "an empty address": (GOOD | {"to": ""}, 422, "invalid_field", "to"),
    "an empty path": (GOOD | {"to": "inapp:"}, 422, "invalid_address", "to"),
    "another channel's address": (GOOD | {"to": "tel:+4915112345678"}, 422, "invalid_address", "to"),
    "nobody": (GOOD | {"to": NOBODY}, 404, "not_found", "to"),
    "a NUL": (GOOD | {"client_ref": "a\0b"}, 422, "invalid_field", "client_ref"),
    "too much text": (
        PHONE | {"content": TEXT | {"text": "x" * 4097 * 10}}, 422, "invalid_content", "content.text",
    ),
    "two options with one id": (
        PHONE | {"content": {"type": "choice", "text": "?", "options": [
            {"id": "a", "title": "A"}, {"id": "a", "title": "B"}]}},
        422, "invalid_content", "content.options",
    ),
    "options of another channel": (
        GOOD | {"native": {"whatsapp": {}}}, 422, "invalid_field", "native.whatsapp",
    ),
    "an unknown option": (
        PHONE | {"content": TEXT, "native": {"whatsapp": {"hat": 1}}}, 422, "invalid_content", "native.whatsapp",
    ),
    "a time without its zone": (GOOD | {"at": "2030-01-01T12:00:00"}, 422, "invalid_field", "at"),
    "no time": (GOOD | {"at": "tomorrow"}, 422, "invalid_field", "at"),
    "a time too far ahead": (GOOD | {"at": FAR}, 422, "invalid_field", "at"),
    "no time to be sent in": (GOOD | {"valid": 0}, 422, "invalid_field", "valid"),
    "a quote of a number": (GOOD | {"reply_to": 7}, 422, "invalid_field", "reply_to"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "code", "field"), WRONG_MESSAGES.values(), ids=WRONG_MESSAGES.keys()
)
async def test_a_wrong_message_is_refused_by_the_name_of_what_is_wrong(
    shared: House, body: dict[str, Any], status: int, code: str, field: str
) -> None:
    told = await shared.call("POST", "/messages", body)
    assert (told.status, told.body["code"], told.body.get("field")) == (status, code, field)
    assert told.headers["Content-Type"].startswith("application/problem+json")
    assert told.body["type"] == f"urn:parley:problem:{code}"


WRONG_BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "nothing": (b"", "application/json", 400, "invalid_json"),
    "half": (b'{"to": "inapp:', "application/json", 400, "invalid_json"),
    "no object": (b"[]", "application/json", 422, "invalid_field"),
    "null": (b"null", "application/json", 422, "invalid_field"),
    "no UTF-8": (b'{"to": "\xff"}', "application/json", 400, "invalid_json"),
    "deep": (b'{"to":"x","native":{"a":' + b"[" * 70 + b"]" * 70 + b"}}", "application/json", 400, "invalid_json"),
    "very deep": (b"[" * 100_000, "application/json", 400, "invalid_json"),
    "a form": (b"to=inapp", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "no type": (b"{}", "", 415, "unsupported_media_type"),
    "ten megabytes": (b" " * 10_000_000, "application/json", 413, "too_large"),
}  # fmt: skip


@pytest.mark.parametrize(("raw", "mime", "status", "code"), WRONG_BODIES.values(), ids=WRONG_BODIES.keys())
async def test_a_body_that_cannot_be_read_is_never_our_fault(
    shared: House, raw: bytes, mime: str, status: int, code: str
) -> None:
    told = await shared.call("POST", "/messages", data=BytesIO(raw), headers={"Content-Type": mime})
    assert (told.status, told.body["code"]) == (status, code)


async def test_brackets_in_words_are_not_depth(shared: House) -> None:
    told = await shared.call("POST", "/messages", GOOD | {"content": TEXT | {"text": '"[{\\' * 100}})
    assert told.status == 202


WRONG_QUERIES = {
    "a cursor made up": ("/conversations?cursor=abc", 400, "invalid_cursor", "cursor"),
    "a cursor of another alphabet": ("/audit?cursor=%C3%A9", 400, "invalid_cursor", "cursor"),
    "an empty page": ("/conversations?limit=0", 422, "invalid_field", "limit"),
    "too large a page": ("/conversations?limit=201", 422, "invalid_field", "limit"),
    "no number": ("/signals?limit=many", 422, "invalid_field", "limit"),
    "an unknown parameter": ("/channels?limit=5", 422, "invalid_field", "limit"),
    "a parameter twice": ("/audit?limit=5&limit=6", 422, "invalid_field", "limit"),
    "no truth": ("/suspensions?in_force=perhaps", 422, "invalid_field", "in_force"),
    "no id": ("/messages/7", 404, "not_found", None),
    "an id in capitals": (f"/messages/{'A' * 32}", 404, "not_found", None),
    "no such message": (f"/messages/{NOBODY}", 404, "not_found", None),
    "no such conversation": (f"/conversations/{NOBODY}", 404, "not_found", None),
    "no such timeline": (f"/conversations/{NOBODY}/messages", 404, "not_found", None),
    "no such path": ("/nothing", 404, "not_found", None),
}


@pytest.mark.parametrize(
    ("path", "status", "code", "field"), WRONG_QUERIES.values(), ids=WRONG_QUERIES.keys()
)
async def test_a_wrong_question_is_told(
    shared: House, path: str, status: int, code: str, field: str | None
) -> None:
    told = await shared.call("GET", path)
    assert (told.status, told.body["code"], told.body.get("field")) == (status, code, field)


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "field"),
    [
        ("/suspensions", {"scope": {"channel": "fax"}, "reason": "x"}, 404, "unknown_channel", "scope.channel"),
        ("/suspensions", {"scope": {"chanel": "app"}, "reason": "x"}, 422, "invalid_field", "scope.chanel"),
        ("/suspensions", {"scope": {}, "reason": ""}, 422, "invalid_field", "reason"),
        ("/suspensions", {"scope": {}, "reason": "  "}, 422, "invalid_field", "reason"),
        ("/suspensions", {"scope": {}, "reason": "x", "ground": "mood"}, 422, "invalid_field", "ground"),
        (f"/suspensions/{NOBODY}/lift", {"reason": "over"}, 404, "not_found", None),
        (f"/conversations/{NOBODY}/hand-back", {}, 404, "not_found", None),
        (f"/conversations/{NOBODY}/resume", {"reason": "mended"}, 404, "not_found", None),
        (f"/conversations/{NOBODY}/resume", {}, 422, "invalid_field", "reason"),
    ],
)  # fmt: skip
async def test_an_act_on_what_is_not_there_is_told(
    shared: House, path: str, body: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    told = await shared.call("POST", path, body)
    assert (told.status, told.body["code"], told.body.get("field")) == (status, code, field)


async def test_a_method_that_is_not_there_is_told_with_those_that_are(shared: House) -> None:
    told = await shared.call("PUT", "/messages", GOOD)
    assert (told.status, told.body["code"], told.headers["Allow"]) == (405, "method_not_allowed", "POST")


@pytest.mark.parametrize("once", ["two words", "x" * 256, "\u00e9"])
async def test_a_wrong_idempotency_key_is_told(shared: House, once: str) -> None:
    told = await shared.call("POST", "/messages", GOOD, once=once)
    assert (told.status, told.body["code"], told.body["field"]) == (400, "invalid_request", "Idempotency-Key")
