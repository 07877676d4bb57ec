"""The provider's end of X: answers our calls of API v2, and signs what customers and X cause."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlencode

import msgspec

from connectors.contract import Answered, File, Phone, Refusal, Said, Shown, Told
from connectors.x import oauth, webhooks
from connectors.x.oauth import Keys
from connectors.x.simulator import phone, words
from connectors.x.simulator.files import Files, Upload, form
from state.model.channel import Channel
from state.model.wire import Answer, Reply, Request

Json = dict[str, Any]
_EPOCH = 1_288_834_974_657
_LONGEST = 10_000
_SKEW, _NONCES = 300, 1000


class XSimulator:
    """Plays X for one account. Customers are known by their numeric ids; each event is a webhook of its own."""

    undeliverable: ClassVar[tuple[str, bool]] = ("108", False)
    phones: ClassVar[tuple[Phone, ...]] = (
        Phone("1500000000000000001", "Ana @ana_example"),
        Phone("1500000000000000002", "Ben @ben_example"),
        Phone("1500000000000000003", "Cleo @cleo_example"),
    )

    def __init__(self, channel: Channel, clock: Callable[[], float] = time.time) -> None:
        given = {**channel.settings, **channel.credentials}
        self._given = {name: str(value) for name, value in given.items()}
        self._user, self._path = self._given["user_id"], f"/webhooks/{channel.id}"
        self._base = self._given.get("base_url", "").rstrip("/")
        self._secret = self._given.get("consumer_secret", "").encode()
        self._tokens = {self._given.get("access_token", "")} - {""}
        self._refresh = self._given.get("refresh_token", "")
        self._clock, self._count = clock, 0
        self._files = Files(self._snowflake())
        self._faults: list[str] = []
        self._nonces: set[str] = set()

    def says(self, sender: str, what: Mapping[str, object]) -> Said:
        """The signed webhook of what the customer does; raises KeyError or ValueError where the phone cannot.

        Besides messages: `typing`, `read` (`target`: the last message seen), `encrypted` (a message of X Chat).
        """
        kind = str(what["type"])
        if kind == "typing":
            return Said(
                self._direct("dm.indicate_typing", "direct_message_indicate_typing_events", self._by(sender))
            )
        if kind == "read":
            return Said(self._read(sender, str(what["target"])))
        if kind == "encrypted":
            return Said(self.tells("chat.received", self._chat(sender)))
        dm_id = str(self._snowflake())
        data = phone.said(what, dm_id, self._files.get(str(what.get("id", ""))))
        shown = Shown(dm_id, sender, phone.own(what))
        return Said(
            self._direct("dm.received", "direct_message_events", self._message(dm_id, sender, data)), shown
        )

    def tells(self, field: str, value: Mapping[str, object]) -> Request:
        """The signed webhook of an event of the X Activity API, by its type and payload; or a challenge (`crc`)."""
        if field == "crc":
            return Request("GET", self._path, {name: str(each) for name, each in value.items()}, {}, b"")
        uuid = f"00000000-0000-4000-8000-{self._snowflake() % 10**12:012d}"
        event = {
            "event_uuid": uuid,
            "event_type": field,
            "filter": {"user_id": self._user},
            "payload": dict(value),
        }
        return self._signed({"data": event})

    def keep(self, file: File) -> str:
        """Take a file from a phone; gives its media id."""
        return self._files.keep(file)

    def file(self, ref: str) -> File | None:
        """A file by its media id."""
        return self._files.get(ref)

    def reads(self, request: Request, answer: Answer) -> tuple[Shown, ...]:
        """Nothing: X takes no message in an answer."""
        return ()

    def fail(self, code: str, *, later: bool = False) -> None:
        """Answer the next message with this error; X reports none later."""
        if later:
            raise ValueError("X reports no failure of a message that it has taken")
        words.named(code, self._clock())
        self._faults.append(code)

    def refusal(self, kind: Refusal) -> Answered:
        """X's words for a limit, an outage, a dead token or a suspended account."""
        match kind:
            case "throttled":
                return words.problem("rate-limit-exceeded", "Too Many Requests", self._clock())
            case "unavailable":
                return words.bare(503, "Service Unavailable")
            case "expired_token":
                return words.bare(401, "Unauthorized")
            case "ban":
                return words.coded(64)

    def answer(self, request: Request) -> Answered:
        """Answer one call of ours as X does."""
        path = [part for part in request.url.partition("?")[0].split("/") if part]
        if path == ["2", "oauth2", "token"] and request.method == "POST":
            return self._token(request)
        if not self._known(request):
            return words.bare(401, "Unauthorized")
        match request.method, path[1:]:
            case "POST", ["dm_conversations", "with", to, "messages"]:
                return self._send(request, to)
            case "POST", ["dm_conversations", conversation, "messages"]:
                return self._send(request, self._partner(conversation))
            case "GET", ["dm_conversations", "media", _, ref, _]:
                return self._download(ref)
            case "GET", ["users", user]:
                return self._profile(user)
            case _, ["media", "upload", *rest]:
                return self._upload(request, rest)
        return words.bare(404, "Not Found")

    def _partner(self, conversation: str) -> str:
        """Whom a conversation of two is with, by its id (`a-b`)."""
        return next((each for each in conversation.split("-") if each != self._user), "")

    def _known(self, request: Request) -> bool:
        """Whether the call proves that it is our account's."""
        given = request.headers.get("authorization", "")
        if given.startswith("OAuth "):
            return self._given.get("auth") == "oauth1" and self._signature(request, given)
        return given.removeprefix("Bearer ") in self._tokens and given.startswith("Bearer ")

    def _signature(self, request: Request, header: str) -> bool:
        """Whether an OAuth 1.0a header is signed with our keys, of this time, and not seen before."""
        pairs = [part.strip().partition("=") for part in header.removeprefix("OAuth ").split(",")]
        found = {name: unquote(value.strip('"')) for name, _, value in pairs}
        names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
        keys = Keys(*(self._given.get(name, "") for name in names))
        url = f"{self._base}{request.url}" + (f"?{urlencode(request.query)}" if request.query else "")
        signature, nonce = found.pop("oauth_signature", ""), found.get("oauth_nonce", "")
        at = found.get("oauth_timestamp", "")
        if not at.isdigit() or abs(int(at) - self._clock()) > _SKEW or nonce in self._nonces:
            return False
        self._nonces = {nonce} if len(self._nonces) > _NONCES else self._nonces | {nonce}
        if (found.get("oauth_consumer_key"), found.get("oauth_token")) != (keys.consumer, keys.token):
            return False
        return signature == oauth.signature(keys, request.method, url, found.items())

    def _token(self, request: Request) -> Answered:
        """A fresh pair for the refresh token, which is worth nothing afterwards."""
        asked = {
            name: values[0] for name, values in parse_qs(request.body.decode("utf-8", "replace")).items()
        }
        known = asked.get("client_id") == self._given.get("client_id")
        if asked.get("grant_type") != "refresh_token" or not known:
            return words.oauth("invalid_request", "Missing valid authorization header")
        if not self._refresh or asked.get("refresh_token") != self._refresh:
            return words.oauth("invalid_request", "Value passed for the token was invalid.")
        number = self._snowflake()
        self._refresh, access = f"simulated-refresh-{number}", f"simulated-access-{number}"
        self._tokens.add(access)
        scope = "dm.read dm.write tweet.read users.read offline.access"
        pair = {"access_token": access, "refresh_token": self._refresh}
        return words.ok({"token_type": "bearer", "expires_in": 7200, "scope": scope, **pair})

    def _send(self, request: Request, to: str) -> Answered:
        body = _json(request)
        wrong = self._wrong(body, to)
        if wrong or body is None:
            return wrong or words.invalid("body", "The body is no JSON object.")
        if self._faults:
            return words.named(self._faults.pop(0), self._clock())
        dm_id = str(self._snowflake())
        pair = "-".join(sorted((to, self._user), key=int))
        file = self._files.get(str(body["attachments"][0]["media_id"])) if body.get("attachments") else None
        taken = words.ok({"data": {"dm_conversation_id": pair, "dm_event_id": dm_id}}, 201)
        told = Told(self._read(to, dm_id), to, dm_id, "read")
        return Answered(taken.reply, (Shown(dm_id, to, phone.shown(body, file)),), (told,))

    def _wrong(self, body: Json | None, to: str) -> Answered | None:
        """What X refuses of a message: its own reading of the limits, kept apart from the connector's."""
        if body is None:
            return words.invalid("body", "The body is no JSON object.")
        if not to.isdigit() or len(to) > 19:
            return words.invalid("participant_id", f"The `participant_id` [{to}] is not valid.")
        text, attached = body.get("text", ""), body.get("attachments", [])
        if not isinstance(text, str) or len(text) > _LONGEST:
            return words.coded(354)
        if not text and not attached:
            return words.invalid("text", "Either text or attachments must be there.")
        if not isinstance(attached, list) or len(attached) > 1:
            return words.invalid("attachments", "At most one attachment is allowed.")
        if any(
            not isinstance(each, dict) or not self._files.ready(str(each.get("media_id")))
            for each in attached
        ):
            return words.coded(324)
        return None

    def _upload(self, request: Request, rest: list[str]) -> Answered:
        try:
            match request.method, rest:
                case "POST", ["initialize"]:
                    return words.ok({"data": _about(self._files.begin(_json(request) or {}))})
                case "POST", [ref, "append"]:
                    self._files.append(ref, form(request.body, request.headers.get("content-type", "")))
                    return words.ok({"data": {"expires_at": int(self._clock()) + 86_400}})
                case "POST", [ref, "finalize"]:
                    return words.ok({"data": _about(ref, self._files.finish(ref))})
                case "GET", [] if request.query.get("command") == "STATUS":
                    ref = request.query["media_id"]
                    return words.ok({"data": _about(ref, self._files.status(ref))})
        except KeyError as error:
            return words.problem("resource-not-found", f"Could not find {error}.")
        except ValueError as error:
            where, _, why = str(error).partition(": ")
            return words.invalid(where, why)
        return words.bare(404, "Not Found")

    def _download(self, ref: str) -> Answered:
        file = self._files.get(ref)
        if file is None:
            return words.problem("resource-not-found", f"Could not find media with id: [{ref}].")
        return Answered(Reply(200, {"content-type": file.mime or "application/octet-stream"}, file.body))

    def _profile(self, user: str) -> Answered:
        if not user.isdigit():
            return words.invalid("id", f"The `id` query parameter value [{user}] is not valid")
        return words.ok({"data": {"id": user, "name": _name(user), "username": f"customer_{user[-4:]}"}})

    def _read(self, sender: str, last: str) -> Request:
        item = self._by(sender) | {"last_read_event_id": last}
        return self._direct("dm.read", "direct_message_mark_read_events", item)

    def _by(self, sender: str) -> Json:
        return {"sender_id": sender, "target": {"recipient_id": self._user}, "created_timestamp": self._now()}

    def _message(self, dm_id: str, sender: str, data: Json) -> Json:
        made = {"target": {"recipient_id": self._user}, "sender_id": sender, "message_data": data}
        return {
            "type": "message_create",
            "id": dm_id,
            "created_timestamp": self._now(),
            "message_create": made,
        }

    def _chat(self, sender: str) -> Json:
        return {
            "conversation_id": f"{sender}:{self._user}", "sender_id": sender, "conversation_key_version": "1",
            "encoded_event": f"U2ltdWxhdGVk{self._snowflake()}", "created_at_msec": self._now(),
        }  # fmt: skip

    def _direct(self, kind: str, name: str, item: Json) -> Request:
        """An event about direct messages: the payload holds the list, and the users it names."""
        sender = item.get("sender_id") or item["message_create"]["sender_id"]
        users = {each: {"id": each, "name": _name(each)} for each in (sender, self._user)}
        return self.tells(kind, {name: [item], "users": users})

    def _signed(self, event: Json) -> Request:
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        headers = {"content-type": "application/json", webhooks.HEADER: webhooks.sign(body, self._secret)}
        return Request("POST", self._path, {}, headers, body)

    def _snowflake(self) -> int:
        """An id that holds the time, as X's do, and a number counted up."""
        self._count += 1
        return (int(self._clock() * 1000) - _EPOCH << 22) + self._count

    def _now(self) -> str:
        return str(int(self._clock() * 1000))


def _name(user: str) -> str:
    known = {each.id: each.name.partition(" ")[0] for each in XSimulator.phones}
    return known.get(user, f"Customer {user[-2:]}")


def _about(ref: str, upload: Upload | None = None) -> Json:
    found: Json = {"id": ref, "media_key": f"13_{ref}", "expires_after_secs": 86_400}
    if upload and upload.whole:
        found["size"] = upload.size
        processing = upload.processing()
        return found | ({"processing_info": processing} if processing else {})
    return found


def _json(request: Request) -> Json | None:
    try:
        return msgspec.json.decode(request.body, type=Json)
    except msgspec.DecodeError:
        return None
