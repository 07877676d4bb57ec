"""The simulated X speaks the connector's wire, and refuses what X refuses."""

import json
from typing import Any

import msgspec
import pytest

from connectors.x import attachment, limits
from connectors.x.messages import ENCRYPTED
from state.model.channel import Profile
from state.model.content import Chosen, Content, Media, Text, Unsupported
from state.model.event import MessageReceived, Notice, ReceiptUpTo, Typing
from state.model.wire import File, Outbound, Request, Undelivered
from tests.connectors import fixtures
from tests.connectors.x.wire import ANA, ME, NOON, Pair

SAID: list[tuple[dict[str, Any], Content]] = [
    ({"type": "text", "text": "Hi 👋 & <bye> &amp; https://t.co/x"}, Text("Hi 👋 & <bye> &amp; https://t.co/x")),
    ({"type": "choice", "id": "red", "title": "Red"}, Chosen("red", "Red")),
    ({"type": "image", "id": "7", "caption": "Look & see"}, Media("image", mime="image/jpeg", caption="Look & see")),
    ({"type": "image", "id": "7", "mime": "image/png"}, Media("image", mime="image/png")),
    ({"type": "video", "id": "7", "caption": "A film"}, Media("video", mime="video/mp4", caption="A film")),
    ({"type": "gif", "id": "7"}, Media("video", mime="video/mp4")),
]  # fmt: skip


def read(what: dict[str, Any]) -> Any:
    pair = Pair()
    (event,) = pair.read(pair.simulator.says(ANA, what).webhook)
    return event


@pytest.mark.parametrize(("what", "content"), SAID)
def test_what_a_phone_says_is_read_as_it_was_said(what: dict[str, Any], content: Content) -> None:
    event = read(what)
    assert isinstance(event, MessageReceived)
    found = (
        msgspec.structs.replace(event.content, ref="") if isinstance(event.content, Media) else event.content
    )
    assert found == content
    assert (event.addresses, event.name, event.account) == ((f"x:{ANA}",), "Ana", ME)
    assert (event.at, event.key) == (NOON * 1000, event.provider_id)


def test_a_phone_types_and_a_message_is_encrypted() -> None:
    assert isinstance(read({"type": "typing"}), Typing)
    event = read({"type": "encrypted"})
    assert event.content == Unsupported("chat.received", ENCRYPTED)
    assert event.addresses == (f"x:{ANA}",)


@pytest.mark.parametrize(
    "what",
    [
        {"type": "hologram"}, {}, {"type": "text"}, {"type": "text", "text": ""}, {"type": "text", "text": "x" * 10001},
        {"type": "image", "id": "x"}, {"type": "location", "latitude": 1, "longitude": 2}, {"type": "read"},
    ],
)  # fmt: skip
def test_what_a_phone_cannot_do_is_said(what: dict[str, Any]) -> None:
    with pytest.raises((ValueError, KeyError)):
        Pair().simulator.says(ANA, what)


def test_a_phone_shows_what_its_owner_sent() -> None:
    said = Pair().simulator.says(ANA, {"type": "choice", "id": "a", "title": "Red"})
    assert said.shown
    assert (said.shown.to, said.shown.content) == (ANA, Chosen("a", "Red"))


def test_a_message_is_shown_and_read_up_to_it() -> None:
    pair = Pair()
    sent = pair.send(Text("Hello"))
    (shown,) = pair.answered[-1].shown
    assert (shown.provider_id, shown.to, shown.content) == (sent.provider_id, ANA, Text("Hello"))
    (told,) = pair.answered[-1].told
    (event,) = pair.read(told.webhook)
    assert isinstance(event, ReceiptUpTo)
    assert (event.status, event.until, event.addresses) == ("read", NOON * 1000, (f"x:{ANA}",))
    assert (told.to, told.provider_id, told.status) == (ANA, sent.provider_id, "read")


def test_a_conversation_is_written_to_by_its_id() -> None:
    pair = Pair()
    pair.send(Text("Hello"), native={"conversation": f"{ANA}-{ME}"})
    assert pair.answered[-1].shown[0].to == ANA


UNKNOWN_HERE = {"image_by_id", "image_by_link", "text_elsewhere", "text_to_a_group"}
TAKEN = [
    path
    for path in fixtures.paths("x", "send")
    if path.stem not in UNKNOWN_HERE and "provider_id" in fixtures.read(path).get("gives", {})
]


@pytest.mark.parametrize("path", TAKEN, ids=lambda path: path.stem)
def test_whatever_the_connector_sends_is_taken(path: Any) -> None:
    pair = Pair()
    sent = pair.play(pair.connector.send(fixtures.decoded(fixtures.read(path)["given"]["message"])))
    assert pair.answered[-1].shown[0].provider_id == sent.provider_id


@pytest.mark.parametrize(
    ("kind", "action", "wait"),
    [
        ("throttled", "THROTTLE", 900),
        ("unavailable", "RETRY", 0),
        ("expired_token", "AUTH", 0),
        ("ban", "SUSPEND", 0),
    ],
)
def test_x_refuses_in_its_own_words(kind: Any, action: str, wait: float) -> None:
    pair = Pair()
    sending = pair.connector.send(Outbound(id="o", to=(f"x:{ANA}",), content=Text("Hello")))
    next(sending)
    with pytest.raises(Undelivered) as error:
        sending.send(pair.simulator.refusal(kind).reply)
    assert (error.value.action, error.value.retry_after) == (action, wait)


@pytest.mark.parametrize(
    ("code", "action", "named"),
    [
        ("349", "CONSENT", "349"),
        ("226", "WARN", "226"),
        ("89", "AUTH", "89"),
        ("453", "CONFIG", "453"),
        ("88", "THROTTLE", "88"),
        ("usage-capped", "CONFIG", "usage-capped"),
        ("503", "RETRY", "http_503"),
    ],
)
def test_the_next_message_fails_as_it_was_told_to(code: str, action: str, named: str) -> None:
    pair = Pair()
    pair.simulator.fail(code)
    with pytest.raises(Undelivered) as refused:
        pair.send(Text("Hello"))
    assert (refused.value.action, refused.value.code) == (action, named)
    assert pair.send(Text("Hello")).provider_id


def test_x_knows_no_other_errors_and_none_that_come_later() -> None:
    with pytest.raises(ValueError, match="no error"):
        Pair().simulator.fail("sunburn")
    with pytest.raises(ValueError, match="reports no failure"):
        Pair().simulator.fail("349", later=True)


def post(
    body: Any, path: str = f"/2/dm_conversations/with/{ANA}/messages", **headers: str
) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {"authorization": "Bearer x-access-1", "content-type": "application/json"} | headers
    reply = Pair().simulator.answer(Request("POST", path, {}, given, raw)).reply
    return reply.status, json.loads(reply.body)


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"[]", {}, {"text": ""}, {"text": 7}, {"text": "x" * 10_001}, {"attachments": [{"media_id": "404"}]},
        {"text": "x", "attachments": [{"media_id": "1"}, {"media_id": "2"}]}, {"attachments": "x"},
        {"attachments": [7]},
    ],
)  # fmt: skip
def test_x_refuses_what_breaks_its_limits(body: Any) -> None:
    assert post(body)[0] == 400


def test_x_refuses_strange_callers_and_places() -> None:
    assert [status for status, _ in (
        post({"text": "x"}, authorization="Bearer another"),
        post({"text": "x"}, authorization="OAuth oauth_nonce=1"),
        post({"text": "x"}, authorization="x-access-1"),
        post({"text": "x"}, path="/2/dm_conversations/with/ana/messages"),
        post({"text": "x"}, path="/2/tweets"),
        post({"media_type": "image/png", "media_category": "dm_gif"}, INITIALIZE),
        post({"media_type": "image/png", "media_category": "dm_image", "total_bytes": 10**9}, INITIALIZE),
        post(b"", "/2/media/upload/404/append"),
        post(b"", "/2/media/upload/404/finalize"),
    )] == [401, 401, 401, 400, 404, 400, 400, 404, 404]  # fmt: skip


INITIALIZE = "/2/media/upload/initialize"
PICTURE = File(b"\x89PNG\r\n--\r\n" + bytes(range(256)), "image/png", "chair.png")


def test_a_picture_of_ours_is_uploaded_and_shown() -> None:
    pair = Pair()
    pair.send(Media("image", stored="f", caption="A chair"), files={"f": PICTURE})
    shown = pair.answered[-1].shown[0].content
    assert isinstance(shown, Media)
    assert shown.caption == "A chair"
    kept = pair.simulator.file(shown.ref)
    assert kept is not None
    assert (kept.body, kept.mime) == (PICTURE.body, PICTURE.mime)


def test_a_large_film_goes_in_parts_and_is_waited_for() -> None:
    pair, film = Pair(), File(bytes(2 * limits.CHUNK + 1), "video/mp4")
    pair.send(Media("video", stored="f"), files={"f": film})
    asked = [each.url.rpartition("/")[2] for each in pair.asked]
    assert asked == ["initialize", *["append"] * 3, "finalize", "upload", "upload", "messages"]
    shown = pair.answered[-1].shown[0].content
    assert isinstance(shown, Media)
    kept = pair.simulator.file(shown.ref)
    assert kept is not None
    assert kept.body == film.body


def test_a_film_that_never_is_ready_is_asked_for_a_bounded_number_of_times() -> None:
    pair = Pair()
    pair.simulator._files._uploads = Unready()
    with pytest.raises(Undelivered) as later:
        pair.send(Media("video", stored="f"), files={"f": File(b"film", "video/mp4")})
    assert (later.value.action, later.value.code, later.value.retry_after) == ("RETRY", "media_processing", 1)
    assert sum(each.method == "GET" for each in pair.asked) == attachment.PATIENCE


class Unready(dict[str, Any]):
    """Uploads that are never ready."""

    def __getitem__(self, ref: str) -> Any:
        found = super().__getitem__(ref)
        found.asked = -99
        return found


def test_a_picture_of_a_customer_is_fetched() -> None:
    pair = Pair()
    ref = pair.simulator.keep(PICTURE)
    (event,) = pair.read(pair.simulator.says(ANA, {"type": "image", "id": ref}).webhook)
    file = pair.play(pair.connector.fetch(event.content))
    assert (file.body, file.mime) == (PICTURE.body, "image/png")


def test_a_picture_that_is_gone_is_not_fetched() -> None:
    pair = Pair()
    (event,) = pair.read(pair.simulator.says(ANA, {"type": "image", "id": "404"}).webhook)
    with pytest.raises(Undelivered) as gone:
        pair.play(pair.connector.fetch(event.content))
    assert gone.value.action == "FAIL_MSG"


def test_a_customer_is_looked_up() -> None:
    pair = Pair()
    assert pair.play(pair.connector.profile((f"x:{ANA}",))) == Profile(name="Ana", username="customer_0001")


def test_what_x_tells_of_the_account_is_read() -> None:
    pair = Pair()
    (event,) = pair.read(pair.simulator.tells("oauth.revoke", {"user_id": ME}))
    assert isinstance(event, Notice)
    assert (event.action, event.account, event.code) == ("AUTH", ME, "oauth.revoke")


def test_the_challenge_of_x_is_answered() -> None:
    pair = Pair()
    challenge = pair.simulator.tells("crc", {"crc_token": "word"})
    pair.connector.verify(challenge)
    assert pair.connector.receive(challenge).answer.status == 200
