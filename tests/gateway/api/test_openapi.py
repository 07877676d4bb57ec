"""The OpenAPI document and the interface say the same."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gateway.api.asks import (
    AcceptTerms,
    Because,
    Discard,
    HandBack,
    Lift,
    PreviewMessage,
    PreviewSuspension,
    Resume,
    SendMessage,
    Suspend,
)
from gateway.api.codes import CodeUsed
from gateway.api.consents import ImportConsents, RecordConsent
from gateway.api.endpoint import Asked, Endpoint
from gateway.api.endpoints import ENDPOINTS
from gateway.api.hooks import MakeHook, Remark
from gateway.api.licences import AddLicence, RemoveLicence
from gateway.api.people import ChangeContact, NewContact
from gateway.api.teams import Activate, ChangeTeam, NewTeam
from gateway.problems import CODES
from tests.gateway.api.house import ANN, House

together = pytest.mark.asyncio(loop_scope="module")
OF_OTHER_DOORS = {"forged", "method_not_allowed", "too_many_requests", "internal"}
"""Codes that no endpoint of /v1 gives by itself."""


async def document(house: House) -> Any:
    told = await house.ask("GET", "/v1/openapi.json")
    assert (told.status, told.body["openapi"]) == (200, "3.1.0")
    return told.body


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name == "$ref")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from references(each)


def named(found: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


@together
async def test_every_endpoint_is_described_and_nothing_else(shared: House) -> None:
    paths = (await document(shared))["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described == {(each.method, each.path) for each in ENDPOINTS}
    ids = [each["operationId"] for methods in paths.values() for each in methods.values()]
    assert len(set(ids)) == len(ids)


@together
async def test_every_reference_leads_somewhere(shared: House) -> None:
    found = await document(shared)
    every = list(references(found))
    assert len(set(every)) > 30
    for reference in every:
        assert isinstance(named(found, reference), dict), reference


@together
async def test_every_code_of_the_interface_is_described_with_its_status(shared: House) -> None:
    paths = (await document(shared))["paths"]
    described = {
        (code, int(status))
        for methods in paths.values()
        for each in methods.values()
        for status, answer in each["responses"].items()
        for code in re.findall(r"`(\w+)`", answer["description"])
    }
    assert described == {(name, code.status) for name, code in CODES.items() if name not in OF_OTHER_DOORS}


@together
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
async def test_what_an_endpoint_takes_is_described(shared: House, endpoint: Endpoint) -> None:
    operation = (await document(shared))["paths"][endpoint.path][endpoint.method.lower()]
    names = {(each["in"], each["name"]) for each in operation.get("parameters", ())}
    wanted = {("query", name) for name in endpoint.query.__struct_fields__}
    wanted |= {("path", name) for name in re.findall(r"{(\w+)}", endpoint.path)}
    wanted |= {("header", "Idempotency-Key")} if endpoint.method == "POST" else set()
    assert names == wanted
    assert ("requestBody" in operation) == (endpoint.body is not None)
    assert str(endpoint.status) in operation["responses"]


BODIES: dict[type[Asked] | None, Any] = {
    None: None,
    PreviewMessage: {"content": {"type": "text", "text": "Hello"}},
    SendMessage: {"to": ANN, "channel": "app", "content": {"type": "text", "text": "Hi"}},
    Suspend: {"scope": {"campaign": "sale"}, "reason": "x"},
    PreviewSuspension: {"scope": {}},
    CodeUsed: {"ref": "sign-in 7"},
    Lift: {"reason": "x"},
    Because: {"reason": "x"},
    Discard: {"reason": "x"},
    Resume: {"reason": "x"},
    MakeHook: {"url": "https://hooks.example/in", "events": ["*"]},
    Remark: {},
    HandBack: {},
    AcceptTerms: {},
    NewTeam: {"id": "shop", "parent": "default", "settings": {"unknown_age": "refuse"}},
    ChangeTeam: {"country": "DE"},
    Activate: {},
    NewContact: {"channel": "app", "address": "inapp:dl_bob", "born": "1990", "country": "DE"},
    ChangeContact: {"zone": "Europe/Berlin"},
    RecordConsent: {"to": ANN, "change": "given", "purpose": "marketing", "evidence": {"form": 7}},
    ImportConsents: {"rows": [{"address": ANN}]},
    AddLicence: {"subject": "template:sale", "evidence": {"contract": 7}},
    RemoveLicence: {"reason": "over"},
}


QUERIES = {("GET", "/v1/consents"): f"?contact={ANN}"}
"""What an endpoint cannot do without."""


async def suspended(house: House, what: str) -> str:
    """The id of a suspension that something may be done with."""
    more = {"withdraw": {"lead": 900}, "confirm": {"second_actor": True}}.get(what, {})
    made = str((await house.call("POST", "/suspensions", BODIES[Suspend] | more)).body["id"])
    if what == "confirm":
        await house.call("POST", f"/suspensions/{made}/lift", {"reason": "x"}, key="suspend")
    return made


async def hook_or_delivery(house: House, path: str) -> str:
    """The id of a hook, or of a delivery, where an endpoint works on one."""
    if not path.startswith(("/v1/hooks/", "/v1/deliveries/")):
        return ""
    hook = str((await house.call("POST", "/hooks", BODIES[MakeHook])).body["id"])
    if path.startswith("/v1/hooks/"):
        return hook
    return str((await house.call("POST", f"/hooks/{hook}/test", {})).body["id"])


async def message(house: House, what: str) -> str:
    """The id of a message that something may be done with: its code used, or it is looked at or canceled."""
    code = {"purpose": "one_time_codes", "client_ref": "sign-in 7"}
    later = {"at": f"{datetime.now(UTC) + timedelta(days=1)}"}
    return str((await house.send(**(code if what == "used" else later)))["id"])


async def subject(house: House, path: str) -> str:
    """The id of something an endpoint may work on."""
    match path.removeprefix("/v1/").split("/"):
        case ["media", _]:
            return (await house.gateway.files.keep(b"%PDF-1.4"))[0]
        case ["messages", first, *more]:
            return await message(house, (more or [first])[-1])
        case ["conversations", _, "hand-back"]:
            return str((await house.conversation("person", lambda one: one["mode"] == "person"))["id"])
        case ["conversations", _, "resume"]:
            return str((await house.conversation("fail", lambda one: one["mode"] == "parked"))["id"])
        case ["contacts", _, "consent"]:
            return str((await house.call("POST", "/consents", BODIES[RecordConsent])).body["contact"])
        case ["contacts", _]:
            told = await house.call("GET", f"/conversations/{(await house.send())['conversation']}")
            return str(told.body["contact"])
        case ["consents"]:
            await house.call("POST", "/consents", BODIES[RecordConsent])
        case ["licences", _, "remove"]:
            return str((await house.call("POST", "/licences", BODIES[AddLicence])).body["id"])
        case ["suspensions", _, *what]:
            return await suspended(house, "".join(what))
    return str((await house.send())["conversation"])


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
async def test_a_real_answer_is_what_is_described(house: House, endpoint: Endpoint) -> None:
    named = endpoint.path.replace("channels/{name}", "channels/phone").replace("{name}", "default")
    path = named.replace(
        "{id}", (await hook_or_delivery(house, endpoint.path) or await subject(house, endpoint.path))
    ).removeprefix("/v1")
    path += QUERIES.get((endpoint.method, endpoint.path), "")
    told = await house.call(endpoint.method, path, BODIES[endpoint.body])
    assert told.status == endpoint.status, told
    read = msgspec.json.decode(told.text, type=endpoint.answer)
    assert msgspec.json.decode(msgspec.json.encode(read)) == told.body
    schema = (await document(house))["components"]["schemas"][endpoint.answer.__name__]
    assert set(schema["required"]) <= set(told.body) == set(schema["properties"])
