"""Consent through the interface: recorded and in force at once, read, taken in from files, and sealed meanwhile."""

from typing import Any

import pytest

from gateway.api.moments import at
from state import dossiers
from state.model.content import Template
from state.model.ids import now_ms
from tests.gateway.api.house import ANN, House, Told

PHONE = "tel:+15550100"
LATER, BEFORE = "2099-01-01T00:00:00Z", "2001-01-01T00:00:00Z"
ROW = {
    "address": PHONE, "purpose": "marketing", "change": "given", "at": BEFORE, "basis": "consent",
    "evidence": "form 7",
}  # fmt: skip


def in_days(days: int) -> str:
    return at(now_ms() + days * 24 * 3600 * 1000).isoformat()


async def record(house: House, **more: Any) -> Told:
    said = {"to": PHONE, "change": "given", "purpose": "marketing", "evidence": {"form": 7}} | more
    return await house.call("POST", "/consents", said, key="consent:write")


async def stands(house: House, contact: str) -> Any:
    return (await house.call("GET", f"/contacts/{contact}/consent", key="consent:read")).body


UNFIT = [
    ("marketing", "legitimate_interests"), ("marketing", "contract"), ("channel_data", "contract"),
    ("profiling", "legitimate_interests"), ("profiling", "vital_interests"),
]  # fmt: skip


@pytest.mark.parametrize(("purpose", "basis"), UNFIT)
async def test_a_basis_that_does_not_fit_its_purpose_is_refused_wherever_it_is_told(
    house: House, purpose: str, basis: str
) -> None:
    said = {"to": ANN, "change": "given", "purpose": purpose, "basis": basis, "evidence": {"form": 7}}
    told = await house.call("POST", "/consents", said)
    assert (told.status, told.body["field"]) == (422, "basis")
    assert f": {basis} does not fit {purpose}: " in told.body["detail"]
    row = {
        "address": PHONE,
        "purpose": purpose,
        "change": "given",
        "at": BEFORE,
        "basis": basis,
        "evidence": "f",
    }
    taken = (await house.call("POST", "/consents/import", {"rows": [row]})).body
    assert (taken["added"], [each["field"] for each in taken["refused"]]) == (0, ["basis"])


async def test_a_message_is_not_taken_with_a_basis_that_does_not_fit(house: House) -> None:
    asked = {
        "to": ANN, "channel": "app", "content": {"type": "text", "text": "Sale!"}, "purpose": "marketing",
        "consent": {"basis": "legitimate_interests", "evidence": "customers like it"},
    }  # fmt: skip
    told = await house.call("POST", "/messages", asked)
    assert (told.status, told.body["field"]) == (422, "consent.basis")


async def test_what_is_taken_back_needs_no_basis_that_fits(house: House) -> None:
    said = {"to": ANN, "change": "withdrawn", "purpose": "marketing", "basis": "legitimate_interests"}
    assert (await house.call("POST", "/consents", said)).status == 201


async def test_a_fact_is_recorded_and_shown_as_it_was_said(anywhere: House) -> None:
    said = {
        "to": ANN, "change": "given", "purpose": "profiling", "channel": "app", "basis": "contract",
        "evidence": {"form": 7}, "text": "May we?", "text_version": "3", "locale": "en", "at": BEFORE, "until": LATER,
    }  # fmt: skip
    told = await anywhere.call("POST", "/consents", said, key="consent:write")
    assert (told.status, told.body["address"], told.body["actor"]) == (201, ANN, "key consent:write")
    for name in said.keys() - {"to"}:
        assert told.body[name] == said[name], name
    contact = told.body["contact"]
    found = await anywhere.until(f"/consents?contact={contact}", lambda body: body["items"][0]["seq"])
    assert found["items"] == [told.body | {"seq": 1, "hash": found["items"][0]["hash"]}]


async def test_what_stands_is_the_latest_and_what_is_unknown_is_named(anywhere: House) -> None:
    contact = (await record(anywhere)).body["contact"]
    withdrawn = (await record(anywhere, change="withdrawn")).body
    await record(anywhere, to=contact, purpose="service")
    found = await stands(anywhere, contact)
    assert [(each["purpose"], each["address"], each["change"]) for each in found["items"]] == [
        ("marketing", PHONE, "withdrawn"),
        ("service", "", "given"),
    ]
    assert (found["items"][0]["fact"], found["unknown"]) == (
        withdrawn["id"],
        ["one_time_codes", "profiling", "channel_data"],
    )


async def test_a_withdrawal_is_in_force_when_the_answer_is_there(anywhere: House) -> None:
    contact = (await record(anywhere)).body["contact"]
    await record(anywhere, change="withdrawn")
    (found,) = await dossiers.standings(anywhere.gateway.store, contact)
    assert found.change == "withdrawn"


async def test_facts_are_read_in_pages_by_id_or_address(anywhere: House) -> None:
    made = [(await record(anywhere, text=str(n))).body for n in range(5)]
    for contact in (made[0]["contact"], PHONE.replace("+", "%2B")):
        seen: list[str] = []
        path = f"/consents?contact={contact}&limit=2"
        told = (await anywhere.call("GET", path, key="consent:read")).body
        while told["next"]:
            seen += [each["text"] for each in told["items"]]
            told = (await anywhere.call("GET", f"{path}&cursor={told['next']}", key="consent:read")).body
        assert [*seen, *(each["text"] for each in told["items"])] == ["4", "3", "2", "1", "0"]


WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"to": "0" * 32}, 422, "to"),
    ({"to": "nobody"}, 422, "to"),
    ({"to": "fax:1"}, 422, "to"),
    ({"to": "tel:+49 151"}, 422, "to"),
    ({"change": "expired"}, 422, "change"),
    ({"evidence": {}}, 422, "evidence"),
    ({"purpose": "fun"}, 422, "purpose"),
    ({"channel": "none"}, 404, "channel"),
    ({"team": "none"}, 422, "team"),
    ({"at": LATER}, 422, "at"),
    ({"at": "2026-11-24"}, 422, "at"),
    ({"until": BEFORE}, 422, "until"),
    ({"change": "withdrawn", "until": LATER}, 422, "until"),
    ({"basis": "because"}, 422, "basis"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("more", "status", "field"), WRONG)
async def test_what_cannot_be_recorded_is_refused_by_its_field(
    shared: House, more: dict[str, Any], status: int, field: str
) -> None:
    told = await record(shared, **more)
    assert (told.status, told.body["field"]) == (status, field)


@pytest.mark.asyncio(loop_scope="module")
async def test_who_is_not_known_is_not_found(shared: House) -> None:
    for path in ("/consents?contact=tel:1", f"/consents?contact={'0' * 32}", f"/contacts/{'0' * 32}/consent"):
        assert (await shared.call("GET", path)).status == 404, path
    for path in ("/consents", "/consents?contact=x"):
        assert (await shared.call("GET", path)).body["field"] == "contact"


async def test_rows_are_taken_in_once_and_those_without_basis_or_evidence_are_refused(
    anywhere: House,
) -> None:
    wrong: list[dict[str, Any]] = [{"basis": ""}, {"evidence": {}}, {"channel": "none"}, {"at": LATER}]
    rows = [ROW, *({**ROW, **more} for more in wrong), ROW, {**ROW, "address": ANN, "channel": "app"}]
    wanted = [{"line": n, "field": name} for n, name in enumerate(("basis", "evidence", "channel", "at"), 2)]
    for added, known in ((2, 1), (0, 3)):
        told = await anywhere.call("POST", "/consents/import", {"rows": rows}, key="consent:write")
        assert (told.status, told.body["added"], told.body["known"]) == (200, added, known)
        refused = [{name: each[name] for name in ("line", "field")} for each in told.body["refused"]]
        assert refused == wanted
    entry = (await anywhere.call("GET", "/audit")).body["items"][0]
    assert (entry["action"], entry["body"]["known"], entry["actor"]) == (
        "import_consents", 3, "key consent:write",
    )  # fmt: skip


async def test_a_file_with_an_idempotency_key_is_answered_as_before(house: House) -> None:
    body = {
        "csv": "address,purpose,change,at,basis,evidence\n" + ",".join(map(str, ROW.values())),
        "name": "a.csv",
    }
    told = [await house.call("POST", "/consents/import", body, once="k") for _ in range(2)]
    assert [each.body for each in told] == [{"added": 1, "known": 0, "refused": []}] * 2
    assert told[1].headers["Idempotency-Replayed"] == "true"


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rows": [ROW], "team": "none"},
        {"csv": "nothing"},
        {"rows": [ROW], "csv": "x"},
        {"csv": '[{"a": }]'},
    ],
)
async def test_what_are_no_rows_is_refused(shared: House, body: dict[str, Any]) -> None:
    assert (await shared.call("POST", "/consents/import", body)).status == 422


async def test_consents_that_end_soon_are_listed(anywhere: House) -> None:
    ends = [LATER, in_days(20), in_days(10)]
    for n, until in enumerate(ends):
        await record(anywhere, to=f"tel:+1555010{n}", until=until)
    found = (await anywhere.call("GET", "/consents/expiring?days=15", key="consent:read")).body
    assert [each["address"] for each in found["items"]] == ["tel:+15550102"]
    found = (await anywhere.call("GET", "/consents/expiring?limit=1", key="consent:read")).body
    assert ([each["address"] for each in found["items"]], found["more"]) == (["tel:+15550102"], True)


async def test_licences_are_added_listed_and_removed(anywhere: House) -> None:
    said = {"subject": "template:sale", "evidence": {"contract": 7}, "ends": LATER}
    made = (await anywhere.call("POST", "/licences", said, key="consent:write")).body
    assert (made["subject"], made["ends"], made["ended"], made["team"]) == (
        "template:sale",
        LATER,
        False,
        "default",
    )
    assert (await anywhere.call("GET", "/licences", key="consent:read")).body["items"] == [made]
    path = f"/licences/{made['id']}/remove"
    told = [await anywhere.call("POST", path, {"reason": "a mistake"}, key="consent:write") for _ in range(2)]
    assert [each.status for each in told] == [200, 404]
    assert (await anywhere.call("GET", "/licences", key="consent:read")).body["items"] == []


async def test_the_sender_knows_a_licence_when_the_answer_is_there(house: House) -> None:
    said = {"subject": "template:sale", "evidence": {"contract": 7}}
    made = (await house.call("POST", "/licences", said)).body
    known = house.gateway.licences.of("default", Template("sale", "en"))
    assert [each.id for each in known] == [made["id"]]


SPELLED = ["tel:4915112340030", "tel:004915112340030", "tel:+49(151)12340030"]


@pytest.mark.parametrize("spelled", SPELLED)
async def test_a_withdrawal_holds_for_an_address_however_it_is_written(house: House, spelled: str) -> None:
    number = "tel:+4915112340030"
    one = (await record(house, to=number)).body
    told = (await record(house, to=spelled, change="withdrawn")).body
    assert (told["contact"], told["address"]) == (one["contact"], number)
    row = ROW | {"address": spelled, "change": "withdrawn", "purpose": "service"}
    assert (await house.call("POST", "/consents/import", {"rows": [row]})).body["added"] == 1
    found = await stands(house, one["contact"])
    assert {each["purpose"]: each["change"] for each in found["items"]} == {
        "marketing": "withdrawn", "service": "withdrawn"
    }  # fmt: skip
    query = spelled.replace("+", "%2B")
    assert len((await house.call("GET", f"/consents?contact={query}")).body["items"]) == 3


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("to", ["tel:abc", "tel:015112340030", "whatsapp:12a", "mailto:ann"])
async def test_what_is_no_address_is_taken_at_no_door(shared: House, to: str) -> None:
    assert (await record(shared, to=to)).body["field"] == "to"
    taken = (await shared.call("POST", "/consents/import", {"rows": [ROW | {"address": to}]})).body
    assert (taken["added"], taken["refused"][0]["field"]) == (0, "address")


async def test_a_message_is_for_the_address_as_it_is_kept(house: House) -> None:
    asked = {"to": "whatsapp:+15550177", "channel": "phone", "content": {"type": "text", "text": "hi"}}
    withdrawn = await record(house, to="whatsapp:15550177", change="withdrawn", purpose="service")
    made = (await house.call("POST", "/messages", asked)).body
    found = await house.until(f"/messages/{made['id']}", lambda body: body["decisions"])
    assert (found["decisions"][0]["verdict"], found["decisions"][0]["code"]) == ("refuse", "withdrawn")
    talks = (await house.call("GET", f"/conversations/{made['conversation']}")).body
    assert talks["contact"] == withdrawn.body["contact"]
