"""The console over HTTP: who may sign in, which forms are taken, and what its pages never show."""

import re
import time
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
import pytest_asyncio

from admin.operations import OPERATOR, NewChannel
from connectors import registry
from gateway import auth
from gateway.auth import COOKIE, SESSION_SECONDS
from gateway.connect import connect
from state import channels, keys, migrate, tables, terms
from state.model.ids import lane_of_id
from state.statements import update
from state.writer import Op
from tests.gateway.api.house import ALLOWED, SECRETS, House, Told, on_sqlite, running

EVIL = "<script>alert(1)</script>"
HTML = {"Accept": "text/html"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with running(tmp_path, on_sqlite(tmp_path)) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A gateway for tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("console")
    async with running(folder, on_sqlite(folder)) as made:
        yield made


together = pytest.mark.asyncio(loop_scope="module")


def token(told: Told) -> str:
    """The token in a page's forms."""
    found = re.search(r'name="csrf" value="([^"]+)"', told.text)
    assert found
    return found[1]


def cookie(told: Told) -> dict[str, str]:
    """What a browser sends back."""
    jar = SimpleCookie(told.headers["Set-Cookie"])
    return {"Cookie": f"{COOKIE}={jar[COOKIE].value}"}


class FarAhead:
    """A clock that shows the end of a session begun now."""

    monotonic = staticmethod(time.monotonic)

    @staticmethod
    def time() -> float:
        return time.time() + SESSION_SECONDS + 1


async def sign_in(house: House, key: str = "admin") -> Told:
    """Fill in the form of the login page with a key."""
    page = await house.ask("GET", "/admin/login")
    form = {"key": house.keys.get(key, key), "csrf": token(page)}
    return await house.ask("POST", "/admin/login", data=form, headers=cookie(page))


async def post(house: House, path: str, signed_in: dict[str, str], **form: str) -> Told:
    """Send a form of the channels' page."""
    page = await house.ask("GET", "/admin", headers=signed_in | HTML)
    return await house.ask("POST", path, data={"csrf": token(page)} | form, headers=signed_in)


@together
async def test_a_key_signs_in_and_out(shared: House) -> None:
    told = await sign_in(shared)
    assert (told.status, told.headers["Location"]) == (303, "/admin")
    page = await shared.ask("GET", "/admin", headers=cookie(told))
    assert (page.status, "key admin" in page.text) == (200, True)
    out = await post(shared, "/admin/logout", cookie(told))
    assert (out.status, out.headers["Location"]) == (303, "/admin/login")
    assert SimpleCookie(out.headers["Set-Cookie"])[COOKIE].value == ""


@together
async def test_the_session_s_cookie_is_out_of_reach_of_scripts_and_other_sites(shared: House) -> None:
    jar = SimpleCookie((await sign_in(shared)).headers["Set-Cookie"])[COOKIE]
    assert (jar["httponly"], jar["samesite"], jar["path"]) == (True, "Strict", "/admin")
    assert (int(jar["max-age"]), jar["secure"]) == (SESSION_SECONDS, "")


async def test_behind_https_the_cookie_goes_over_https_alone(tmp_path: Path) -> None:
    url = "https://chat.example"
    async with running(tmp_path, on_sqlite(tmp_path), public_url=url) as house:
        jar = SimpleCookie((await sign_in(house)).headers["Set-Cookie"])[COOKIE]
        assert jar["secure"] is True


@together
@pytest.mark.parametrize(
    "key", ["pk_wrong", "", "messages:write", "messages:read", "channels:write", "\u00e9"]
)
async def test_a_key_that_may_not_look_does_not_sign_in(shared: House, key: str) -> None:
    told = await sign_in(shared, key)
    assert (told.status, "This key is not known" in told.text) == (401, True)
    assert (await shared.ask("GET", "/admin", headers=cookie(told))).status == 401


@together
@pytest.mark.parametrize(
    "headers", [{}, {"Cookie": f"{COOKIE}=a.9999999999.c.d"}, {"Cookie": f"{COOKIE}=\u00e9"}]
)
async def test_without_a_session_a_browser_is_led_to_the_login_and_others_get_401(
    shared: House, headers: dict[str, str]
) -> None:
    browser = await shared.ask("GET", "/admin", headers=headers | HTML)
    assert (browser.status, browser.headers["Location"]) == (303, "/admin/login")
    other = await shared.ask("GET", "/admin", headers=headers | {"Accept": "*/*"})
    assert (other.status, other.body["code"]) == (401, "unauthorized")
    for path in (
        "/admin/channels/app/suspend",
        "/admin/channels/app/terms",
        f"/admin/suspensions/{'0' * 32}/lift",
    ):
        told = await shared.ask("POST", path, data={"reason": "x"}, headers=headers)
        assert (told.status, told.body["code"]) == (401, "unauthorized")


@together
async def test_a_session_that_was_tampered_with_is_none(shared: House) -> None:
    text = cookie(await sign_in(shared))["Cookie"].removeprefix(f"{COOKIE}=")
    key, ends, salt, signature = text.split(".")
    others = [row[0] for row in await shared.gateway.store.read(keys.ALL) if row[0] != key]
    for parts in (
        (others[0], ends, salt, signature),
        (key, str(int(ends) + 1), salt, signature),
        (key, ends, salt, signature[:-1]),
        (key, ends, salt, ""),
    ):
        headers = {"Cookie": f"{COOKIE}={'.'.join(parts)}"}
        assert (await shared.ask("GET", "/admin", headers=headers)).status == 401
    assert (await shared.ask("GET", "/admin", headers={"Cookie": f"{COOKIE}={text}"})).status == 200


@together
async def test_a_session_ends_by_itself(shared: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = cookie(await sign_in(shared))
    monkeypatch.setattr(auth, "time", FarAhead)
    assert (await shared.ask("GET", "/admin", headers=mine)).status == 401


@together
@pytest.mark.parametrize("wrong", ["", "0" * 64, "of another session", "\u00e9"])
async def test_a_form_of_another_session_is_refused(shared: House, wrong: str) -> None:
    mine, other = cookie(await sign_in(shared)), cookie(await sign_in(shared))
    theirs = token(await shared.ask("GET", "/admin", headers=other))
    form = {"reason": "x", "csrf": theirs if wrong == "of another session" else wrong}
    for path in ("/admin/channels/app/suspend", "/admin/logout", "/admin/login"):
        told = await shared.ask("POST", path, data=form, headers=mine)
        assert (told.status, told.body["code"]) == (403, "forbidden"), path
    assert (await shared.call("GET", "/suspensions")).body["items"] == []


async def test_a_channel_is_suspended_and_lifted_with_a_reason(house: House) -> None:
    mine = cookie(await sign_in(house))
    told = await post(house, "/admin/channels/app/suspend", mine, reason="complaints")
    assert (told.status, told.headers["Location"]) == (303, "/admin")
    (made,) = (await house.call("GET", "/suspensions?in_force=true")).body["items"]
    assert (made["scope"]["channel"], made["reason"], made["actor"]) == ("app", "complaints", "key admin")
    page = await house.ask("GET", "/admin", headers=mine)
    assert page.text.count(">Suspended<") == 1
    path = f"/admin/suspensions/{made['id']}/lift"
    assert (await post(house, path, mine, reason="mended")).status == 303
    assert (await house.call("GET", "/suspensions?in_force=true")).body["items"] == []
    again = await post(house, path, mine, reason="mended")
    assert (again.status, "not in force any more" in again.text) == (409, True)


async def test_a_page_shows_a_suspension_s_stage_ground_end_and_what_it_holds(house: House) -> None:
    mine = cookie(await sign_in(house))
    asked = {
        "scope": {"channel": "app"},
        "reason": "complaints",
        "ground": "legal",
        "until": "2099-01-02T03:04:00Z",
    }
    await house.call("POST", "/suspensions", asked)
    queued = await house.send()
    await house.until(f"/messages/{queued['id']}", lambda body: body["decisions"])
    page = await house.again(
        lambda: house.ask("GET", "/admin", headers=mine), lambda told: "<dt>Held</dt><dd>1</dd>" in told.text
    )
    assert page is None
    text = (await house.ask("GET", "/admin", headers=mine)).text
    for words in ("legal reasons", "2099-01-02 03:04 UTC", "in force", "goes on, in order", "is let expire"):
        assert words in text, words


@pytest.mark.parametrize(("held", "outcome"), [("discard", "canceled"), ("expire", "expired")])
async def test_a_lift_in_the_console_says_what_becomes_of_what_is_held(
    house: House, held: str, outcome: str
) -> None:
    mine = cookie(await sign_in(house))
    await post(house, "/admin/channels/app/suspend", mine, reason="fraud", ground="terms_breached")
    queued = await house.send()
    (made,) = (await house.call("GET", "/suspensions?in_force=true")).body["items"]
    assert made["ground"] == "terms_breached"
    await post(house, f"/admin/suspensions/{made['id']}/lift", mine, reason="it was one", held=held)
    await house.until(f"/messages/{queued['id']}", lambda body: body["outcome"] == outcome)


async def test_a_notice_is_withdrawn_and_a_second_actor_confirms(house: House) -> None:
    mine, other = cookie(await sign_in(house)), cookie(await sign_in(house, "second"))
    more = {"scope": {"channel": "app"}, "reason": "x"}
    told = (await house.call("POST", "/suspensions", more | {"lead": 900})).body
    page = await house.ask("GET", "/admin", headers=mine)
    assert ("announced; in force" in page.text, "Withdraw …" in page.text) == (True, True)
    assert (await post(house, f"/admin/suspensions/{told['id']}/withdraw", mine, reason="x")).status == 303
    made = (await house.call("POST", "/suspensions", more | {"second_actor": True})).body["id"]
    assert (await post(house, f"/admin/suspensions/{made}/lift", mine, reason="x")).status == 303
    assert "key admin asked to lift it" in (await house.ask("GET", "/admin", headers=other)).text
    again = await post(house, f"/admin/suspensions/{made}/confirm", mine, reason="x")
    assert (again.status, "another actor has to confirm it" in again.text) == (409, True)
    assert (await post(house, f"/admin/suspensions/{made}/confirm", other, reason="x")).status == 303
    assert (await house.call("GET", "/suspensions?in_force=true")).body["items"] == []


async def test_what_was_held_leaves_once_it_is_lifted_in_the_console(house: House) -> None:
    mine = cookie(await sign_in(house))
    await post(house, "/admin/channels/app/suspend", mine, reason="complaints")
    queued = await house.send()
    await house.until(f"/messages/{queued['id']}", lambda body: body["decisions"])
    (made,) = (await house.call("GET", "/suspensions?in_force=true")).body["items"]
    await post(house, f"/admin/suspensions/{made['id']}/lift", mine, reason="mended")
    await house.until(f"/messages/{queued['id']}", lambda body: body["facts"]["sent"])


@together
@pytest.mark.parametrize(
    ("path", "reason", "status", "words"),
    [
        ("channels/app/suspend", "", 422, "is needed: who reads the audit wants to know why"),
        ("channels/app/suspend", "   ", 422, "is needed: who reads the audit wants to know why"),
        ("channels/app/suspend", "x" * 501, 422, "500 characters are allowed"),
        ("channels/app/suspend", "a\0b", 422, "no NUL"),
        ("channels/fax/suspend", "x", 404, "there is no channel"),
        (f"suspensions/{'0' * 32}/lift", "x", 409, "not in force any more"),
        (f"suspensions/{'0' * 32}/lift", "", 422, "is needed"),
        ("suspensions/7/lift", "x", 404, "not_found"),
    ],
)
async def test_a_form_filled_in_wrongly_is_told(
    shared: House, path: str, reason: str, status: int, words: str
) -> None:
    told = await post(shared, f"/admin/{path}", cookie(await sign_in(shared)), reason=reason)
    assert (told.status, words in told.text) == (status, True), told.text[-500:]
    assert (await shared.call("GET", "/suspensions")).body["items"] == []


@together
async def test_who_may_only_look_is_shown_no_form_and_may_send_none(shared: House) -> None:
    mine = cookie(await sign_in(shared, "channels:read"))
    page = await shared.ask("GET", "/admin", headers=mine)
    assert (page.status, "/suspend" in page.text) == (200, False)
    told = await post(shared, "/admin/channels/app/suspend", mine, reason="x")
    assert (told.status, told.body["code"]) == (403, "forbidden")


async def test_pages_show_reasons_as_words_and_no_secrets(house: House) -> None:
    mine = cookie(await sign_in(house))
    await post(house, "/admin/channels/phone/suspend", mine, reason=EVIL)
    await house.gateway.store.write(channels.failed, "phone", f"{EVIL} {SECRETS['access_token']}", 1)
    await house.gateway.channels.load()
    page = await house.ask("GET", "/admin", headers=mine)
    assert EVIL not in page.text
    assert page.text.count("&lt;script&gt;alert(1)") == 2
    planted = [*SECRETS.values(), *house.keys.values(), house.gateway.settings.seal_key]
    assert [each for each in planted if each in page.text] == []
    assert "default-src" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def park(conversation_id: str, lane: int) -> Op[None]:
    """Park a conversation, as an error of its flow would."""
    yield [(update(tables.conversation, "mode", "id lane"), ("parked", conversation_id, lane))]


@pytest.fixture
def anywhere(database_url: str) -> str:
    """A database of each engine, with its schema."""
    migrate.upgrade(database_url)
    return database_url


async def test_what_failed_and_what_is_parked_is_told(anywhere: str, tmp_path: Path) -> None:
    async with running(tmp_path, anywhere) as house:
        body = {"channel": "phone", "to": "whatsapp:15550123", "content": {"type": "text", "text": "hi"}}
        body |= {"consent": ALLOWED}
        sent = await house.call("POST", "/messages", body)
        await house.until(f"/messages/{sent.body['id']}", lambda one: one["status"] == "failed")
        lane = lane_of_id(sent.body["conversation"])
        await house.gateway.store.write(park, sent.body["conversation"], lane)
        page = await house.ask("GET", "/admin", headers=cookie(await sign_in(house)) | HTML)
    assert "<strong>Last failure</strong> window_closed: " in page.text
    assert "<dt>Withheld</dt><dd>1</dd>" in page.text
    assert "<dt>Failed</dt><dd>0</dd>" in page.text
    assert "1 conversation is parked" in page.text


async def test_a_revoked_key_s_session_ends(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "_FRESH", 0.0)
    mine = cookie(await sign_in(house))
    for row in await house.gateway.store.read(keys.ALL):
        await house.gateway.store.write(keys.revoke, row[0])
    assert (await house.ask("GET", "/admin", headers=mine)).status == 401
    assert (await house.call("GET", "/channels")).status == 401


async def test_in_the_demonstration_nobody_signs_in(tmp_path: Path) -> None:
    async with running(tmp_path, on_sqlite(tmp_path), demo=True) as house:
        page = await house.ask("GET", "/admin")
        assert (page.status, "Sign out" in page.text) == (200, False)
        told = await post(house, "/admin/channels/app/suspend", cookie(page), reason="x")
        assert told.status == 303
        assert (await house.call("GET", "/suspensions", key="")).body["items"][0]["actor"] == "demo"


@pytest.mark.parametrize(("first", "second"), [("suspend", ""), ("", "suspend")])
async def test_in_the_demonstration_whoever_sends_no_key_is_not_one_of_two(
    tmp_path: Path, first: str, second: str
) -> None:
    async with running(tmp_path, on_sqlite(tmp_path), demo=True) as house:
        asked = {"scope": {"channel": "app"}, "reason": "x", "second_actor": True}
        made = (await house.call("POST", "/suspensions", asked)).body["id"]
        path = f"/suspensions/{made}"
        told = [
            (await house.call("POST", f"{path}/lift", {"reason": "over"}, key=first)).status,
            (await house.call("POST", f"{path}/confirm", {"reason": "over"}, key=second)).status,
        ]
        assert told == ([200, 409] if first else [409, 409])
        assert (await house.call("GET", path)).body["stage"] == "suspended"


async def unaccepted(house: House) -> None:
    """A channel whose terms nobody has accepted."""
    new = NewChannel("fresh", "inapp", {}, {})
    await connect(house.gateway.store, house.gateway.seal, OPERATOR, new)
    await house.gateway.channels.load()


async def test_terms_are_read_and_accepted_on_the_page(house: House) -> None:
    await unaccepted(house)
    ops = cookie(await sign_in(house, "terms:accept"))
    page = (await house.ask("GET", "/admin", headers=ops | HTML)).text
    assert ("1 channel waits for its terms" in page, "Waits for terms" in page) == (True, True)
    version = registry.connector("inapp").terms.version
    told = await post(house, "/admin/channels/fresh/terms", ops, version=version)
    assert (told.status, told.headers["Location"]) == (303, "/admin")
    page = (await house.ask("GET", "/admin", headers=ops | HTML)).text
    assert ("for its terms" in page, "Waits for terms" in page) == (False, False)
    ((_, found, actor, _),) = await house.gateway.store.read(terms.OF, "fresh")
    assert (found, actor) == (version, "key terms:accept")


@pytest.mark.parametrize(
    ("key", "path", "version", "status"),
    [
        ("suspend", "/admin/channels/fresh/terms", "", 403),
        ("channels:read", "/admin/channels/fresh/terms", "", 403),
        ("terms:accept", "/admin/channels/none/terms", "", 404),
        ("terms:accept", "/admin/channels/fresh/terms", "inapp-1999-01-01", 422),
        ("terms:accept", "/admin/channels/fresh/suspend", "", 403),
    ],
)
async def test_terms_are_accepted_only_by_who_may_and_as_they_are(
    house: House, key: str, path: str, version: str, status: int
) -> None:
    await unaccepted(house)
    ops = cookie(await sign_in(house, key))
    page = await house.ask("GET", "/admin", headers=ops | HTML)
    form = {"csrf": token(page), "version": version, "reason": "x"}
    told = await house.ask("POST", path, data=form, headers=ops)
    assert (told.status, await house.gateway.store.read(terms.OF, "fresh")) == (status, [])
