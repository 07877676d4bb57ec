"""What is told about channels, acts and signals; and that no answer ever holds a secret."""

import re
from typing import Any

from gateway.api.endpoints import ENDPOINTS
from gateway.logs import redactor
from state import channels, inbox
from state.inbox import Arrived, Envelope
from state.model.event import Notice
from tests.gateway.api.house import CUSTOMER, SECRETS, House

EVIL = "Bearer planted-access-token and planted-app-secret"


async def signal(house: House) -> None:
    """The provider warns us, and quotes a token in it."""
    notice = Notice(
        key="n1", at=1_800_000_000_000, code="131031", action="SUSPEND", reason=EVIL,
        evidence={"said": [EVIL], "count": 3},
    )  # fmt: skip
    await house.gateway.store.write(
        inbox.accept, Envelope("phone", "{}", b""), [Arrived(notice, "phone", "default")], {}
    )


async def test_a_channel_tells_all_but_its_secrets(anywhere: House) -> None:
    told = await anywhere.call("GET", "/channels", key="channels:read")
    found = {each["id"]: each for each in told.body["items"]}
    phone = found["phone"]
    assert sorted(found) == ["app", "phone"]
    assert (phone["type"], phone["account"], phone["simulated"]) == ("whatsapp", "15550100", True)
    assert phone["settings"]["phone_number_id"] == "15550100"
    assert not SECRETS.keys() & phone["settings"].keys()
    assert phone["webhook"] == f"{anywhere.url}/webhooks/phone"
    assert found["app"]["webhook"] == f"{anywhere.url}/v3/directline"
    assert (phone["capabilities"]["template"], phone["terms"]["reply_window"]) == (True, 86_400)
    assert (phone["broken"], phone["last_error"], phone["last_error_at"]) == ("", "", None)


async def test_a_channel_that_cannot_work_is_listed_with_the_reason(house: House) -> None:
    house.gateway.channels.broken["phone"] = "credentials are sealed with another key"
    (phone,) = [
        each for each in (await house.call("GET", "/channels")).body["items"] if each["id"] == "phone"
    ]
    assert phone["broken"] == "credentials are sealed with another key"


async def test_a_channel_tells_its_last_error_without_the_token_in_it(house: House) -> None:
    await house.gateway.store.write(channels.failed, "phone", f"190: {EVIL}", 1_800_000_000_000)
    found = {each["id"]: each for each in (await house.call("GET", "/channels")).body["items"]}
    assert found["phone"]["last_error"].startswith("190: ")
    assert found["phone"]["last_error_at"] == "2027-01-15T08:00:00Z"


async def test_signals_hold_the_evidence(anywhere: House) -> None:
    await signal(anywhere)
    (found,) = (await anywhere.call("GET", "/signals", key="looker")).body["items"]
    assert (found["channel"], found["action"], found["code"]) == ("phone", "SUSPEND", "131031")
    assert found["evidence"]["evidence"]["count"] == 3


async def test_the_audit_says_who_did_what_and_why(anywhere: House) -> None:
    asked = {"scope": {"channel": "app"}, "reason": "complaints"}
    made = (await anywhere.call("POST", "/suspensions", asked, key="suspend")).body
    await anywhere.call("POST", f"/suspensions/{made['id']}/lift", {"reason": "over"})
    found = (await anywhere.call("GET", "/audit")).body["items"]
    assert [(each["actor"], each["action"], each["subject"], each["reason"]) for each in found[:2]] == [
        ("key admin", "lift", made["id"], "over"),
        ("key suspend", "suspend", made["id"], "complaints"),
    ]
    acts = {(each["action"], each["subject"]) for each in found}
    assert acts >= {("add_channel", "phone"), ("add_channel", "app"), ("create_key", "admin")}


async def answers(house: House, ids: dict[str, str]) -> dict[str, Any]:
    """What every GET of the table answers, by path."""
    paths = [each.path.removeprefix("/v1") for each in ENDPOINTS if each.method == "GET"]
    full = [re.sub(r"{\w+}", ids.get(path.split("/")[1], ""), path) for path in paths]
    asked = [f"{path}?contact={ids['contacts']}" if path == "/consents" else path for path in full]
    return {path: await house.call("GET", path) for path in asked}


async def test_no_answer_ever_holds_a_secret(house: House) -> None:
    assert {redactor.hide(secret) for secret in SECRETS.values()} == {"***"}
    talk = await house.conversation("Hi", lambda one: one["last_in"])
    sent = await house.send("Hello", to=talk["id"], channel="")
    await house.until(f"/messages/{sent['id']}", lambda body: body["exchanges"])
    refused = await house.send("Hello", to="whatsapp:15559999", channel="phone")
    await house.until(f"/messages/{refused['id']}", lambda body: body["decisions"])
    await signal(house)
    await house.gateway.store.write(channels.failed, "phone", EVIL, 1_800_000_000_000)
    file, _ = await house.gateway.files.keep(b"%PDF-1.4")
    fact = {"to": talk["contact"], "change": "given", "purpose": "marketing", "evidence": {"said": [EVIL]}}
    assert (await house.call("POST", "/consents", fact)).status == 201
    asked = {"scope": {"campaign": "x"}, "reason": "x"}
    suspended = (await house.call("POST", "/suspensions", asked)).body["id"]
    ids = {"messages": sent["id"], "conversations": talk["id"], "media": file, "channels": "phone"}
    hook = (await house.call("POST", "/hooks", {"url": "https://hooks.example/", "events": ["*"]})).body["id"]
    ids |= {"contacts": talk["contact"], "teams": "default", "suspensions": suspended, "hooks": hook}
    found = await answers(house, ids)
    assert {path: told.status for path, told in found.items() if told.status != 200} == {}
    planted = [*SECRETS.values(), *house.keys.values(), house.gateway.settings.seal_key]
    assert {path for path, told in found.items() for each in planted if each in told.text} == set()
    assert CUSTOMER in found[f"/conversations/{talk['id']}"].text
