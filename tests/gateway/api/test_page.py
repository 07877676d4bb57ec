"""`docs/api.md` names every endpoint, scope and field, and its examples are taken."""

import re
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from gateway.api.asks import (
    AcceptTerms,
    Because,
    Discard,
    Ground,
    HandBack,
    Lift,
    PreviewSuspension,
    Resume,
    SendMessage,
    Suspend,
)
from gateway.api.codes import CodeUsed
from gateway.api.consents import ImportConsents, RecordConsent
from gateway.api.endpoint import Asked
from gateway.api.endpoints import ENDPOINTS
from gateway.api.hooks import MakeHook, Remark
from gateway.api.licences import AddLicence, RemoveLicence
from gateway.api.people import ChangeContact, NewContact
from gateway.api.teams import ChangeTeam, NewTeam
from state.keys import SCOPES
from state.model.suspension import Reach, Scope
from tests.gateway.api.house import House
from tests.load.process import ROOT

PAGE = Path(ROOT, "docs", "api.md").read_text()
BODIES: dict[str, type[Asked]] = {
    "POST /v1/messages": SendMessage,
    "POST /v1/messages/used": CodeUsed,
    "POST /v1/conversations/{id}/hand-back": HandBack,
    "POST /v1/conversations/{id}/resume": Resume,
    "POST /v1/channels/{name}/terms": AcceptTerms,
    "POST /v1/contacts": NewContact,
    "PATCH /v1/contacts/{id}": ChangeContact,
    "POST /v1/teams": NewTeam,
    "PATCH /v1/teams/{name}": ChangeTeam,
    "POST /v1/suspensions": Suspend,
    "POST /v1/suspensions/preview": PreviewSuspension,
    "POST /v1/suspensions/{id}/discard": Discard,
    "POST /v1/suspensions/{id}/withdraw": Because,
    "POST /v1/suspensions/{id}/confirm": Because,
    "POST /v1/suspensions/{id}/lift": Lift,
    "POST /v1/hooks": MakeHook,
    **{f"POST /v1/hooks/{{id}}/{each}": Remark for each in ("rotate", "enable", "disable", "test")},
    "POST /v1/deliveries/{id}/redeliver": Remark,
    "POST /v1/consents": RecordConsent,
    "POST /v1/consents/import": ImportConsents,
    "POST /v1/licences": AddLicence,
    "POST /v1/licences/{id}/remove": RemoveLicence,
}


def section(title: str) -> str:
    return PAGE.split(f"### `{title}`\n")[1].split("\n### ")[0].split("\n## ")[0]


def examples(title: str) -> list[str]:
    """The JSON of a section."""
    return re.findall(r"```json\n(.*?)```", section(title), re.DOTALL)


def test_every_endpoint_has_a_section_and_there_is_none_besides() -> None:
    titles = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)
    assert sorted(titles) == sorted(f"{each.method} {each.path}" for each in ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: f"{each.method} {each.path}")
def test_a_section_says_which_scope_is_needed(endpoint: Any) -> None:
    text = section(f"{endpoint.method} {endpoint.path}").replace("\n", " ")
    assert f"Scope {' or '.join(f'`{scope}`' for scope in endpoint.scopes)}." in text


def test_every_scope_is_explained() -> None:
    rows = re.findall(r"^\| `([a-z:]+)` \|", PAGE.split("## Requests")[0], re.MULTILINE)
    assert sorted(rows) == sorted(SCOPES)


def test_every_field_of_a_message_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("POST /v1/messages"), re.MULTILINE)
    assert sorted(rows) == sorted(SendMessage.__struct_fields__)


def test_every_field_of_a_fact_is_explained() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", section("POST /v1/consents"), re.MULTILINE)
    assert sorted(rows) == sorted(RecordConsent.__struct_fields__)


def test_every_field_of_a_scope_and_every_ground_is_named() -> None:
    words = {*Scope.__struct_fields__, *get_args(Ground), *get_args(Reach)}
    assert {word for word in words if f"`{word}`" not in section("POST /v1/suspensions")} == set()


@pytest.mark.parametrize(("title", "kind"), BODIES.items(), ids=BODIES.keys())
def test_the_first_example_of_a_post_is_a_body_it_takes(title: str, kind: type[Asked]) -> None:
    assert msgspec.json.decode(examples(title)[0], type=kind)


async def test_the_example_of_a_message_is_accepted_by_the_gateway(house: House) -> None:
    asked, answered = examples("POST /v1/messages")
    told = await house.call("POST", "/messages", asked.encode())
    assert told.status == 202, told
    assert told.body.keys() == msgspec.json.decode(answered).keys()
    await house.until(f"/messages/{told.body['id']}", lambda body: body["facts"]["sent"])


async def test_the_example_of_a_conversation_has_the_fields_of_a_real_one(house: House) -> None:
    found = await house.call("GET", f"/conversations/{(await house.send())['conversation']}")
    assert list(found.body) == list(msgspec.json.decode(examples("GET /v1/conversations/{id}")[0]))
