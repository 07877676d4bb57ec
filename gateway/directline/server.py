"""Bot Framework Direct Line 3.0 for in-app channels: tokens, conversations, activities, uploads, and the stream.

Facts: what the public web client calls and expects (its source, mid-2026). Errors are `{error: {code, message}}`.
"""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from gateway.admission import Known, UnderAge
from gateway.app import Gateway
from gateway.channels import Live
from gateway.countries import countries
from gateway.directline.line import Guest, Line, Shown
from gateway.directline.tokens import SECONDS, TICKET_SECONDS, Claims, Expired, NoToken, Tokens
from gateway.directline.uploads import limited, read_upload
from gateway.files import NotAllowed
from gateway.policy.ages import BadDate
from state.inbox import Unstorable
from state.model.wire import Malformed

BASE = "/v3/directline"
_MOST_BYTES = 256_000
_LONGEST_USER = 200
_HEADERS = "Authorization, Content-Type, x-ms-bot-agent"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refusal(Exception):
    """An answer that says no: HTTP status, Direct Line's code, and why."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class User(msgspec.Struct):
    """The user a token is asked for, and what the app's own server knows of them."""

    id: str = ""
    name: str = ""
    born: str = ""
    country: str = ""


class Asked(msgspec.Struct):
    """The body of a request for a token or a conversation."""

    user: User | None = None


class DirectLine:
    """The HTTP side."""

    def __init__(self, gateway: Gateway, *, demo: bool) -> None:
        self._gateway, self._demo = gateway, demo
        self._line: Line = gateway.line
        self._tokens = Tokens(gateway.settings.seal_key)
        self._files = gateway.files

    def routes(self) -> list[web.RouteDef]:
        """All calls of the protocol, and in the demonstration the page's own door."""
        calls: list[tuple[str, str, Handler]] = [
            ("POST", "/tokens/generate", self.generate),
            ("POST", "/tokens/refresh", self.refresh),
            ("POST", "/conversations", self.start),
            ("GET", "/conversations/{id}", self.reconnect),
            ("POST", "/conversations/{id}/activities", self.post),
            ("GET", "/conversations/{id}/activities", self.poll),
            ("POST", "/conversations/{id}/upload", self.upload),
            ("GET", "/conversations/{id}/stream", self.stream),
            ("OPTIONS", "/{path:.*}", self.options),
        ]
        found = [web.route(method, BASE + path, self._door(handler)) for method, path, handler in calls]
        return [*found, web.post("/chat/token", self._door(self.page_token))] if self._demo else found

    def _door(self, handler: Handler) -> Handler:
        """What every call has: the origin is checked, a refusal answered, and CORS said."""

        async def call(request: web.Request) -> web.StreamResponse:
            allowed = self._allows(request)
            try:
                if not allowed:
                    raise Refusal(403, "OriginNotAllowed", "this origin may not talk to in-app channels")
                answer = await handler(request)
            except Refusal as no:
                answer = _json({"error": {"code": no.code, "message": no.message}}, no.status)
            except web.HTTPRequestEntityTooLarge:
                answer = _json(
                    {"error": {"code": "RequestTooLarge", "message": "the body is too large"}}, 413
                )
            if allowed and not answer.prepared and (origin := request.headers.get("Origin")):
                answer.headers["Access-Control-Allow-Origin"] = origin
                answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
                answer.headers["Vary"] = "Origin"
            return answer

        return call

    def _allows(self, request: web.Request) -> bool:
        """Our own pages, apps (which send no origin), and the origins of the settings."""
        origin = request.headers.get("Origin")
        listed = self._gateway.settings.origins
        return not origin or origin in (self._gateway.origin.base(request), *listed) or "*" in listed

    async def options(self, request: web.Request) -> web.StreamResponse:
        """CORS preflight."""
        headers = {
            "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
            "Access-Control-Allow-Headers": _HEADERS,
            "Access-Control-Max-Age": "3600",
        }
        return web.Response(status=204, headers=headers)

    def _live(self, name: str = "") -> Live:
        live = self._line.channel(name)
        if live is None:
            raise Refusal(
                404, "ChannelNotFound", "there is no in-app channel; parley channels add NAME --type inapp"
            )
        return live

    def _claims(self, request: web.Request) -> Claims:
        """Whose token came, for the conversation of the path if it names one."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Refusal(401, "MissingToken", "send Authorization: Bearer <token>")
        if not token.isascii():
            raise Refusal(401, "BadToken", "Authorization is ASCII alone")
        try:
            claims = self._tokens.read(token.strip())
        except Expired:
            raise Refusal(403, "TokenExpired", "the token has ended") from None
        except NoToken:
            raise Refusal(401, "BadToken", "the token is not ours") from None
        wanted = request.match_info.get("id", claims.conversation)
        if wanted != claims.conversation:
            raise Refusal(403, "BadConversation", "the token is for another conversation")
        return claims

    def _is_secret(self, request: web.Request) -> bool:
        secret = self._gateway.settings.directline_secret
        given = request.headers.get("Authorization", "").partition(" ")[2].strip()
        if not given.isascii():
            raise Refusal(401, "BadToken", "Authorization is ASCII alone")
        return bool(secret) and hmac.compare_digest(given.encode(), secret.encode())

    async def generate(self, request: web.Request) -> web.StreamResponse:
        """A token for a user, against the secret; the conversation is not started yet."""
        if not self._is_secret(request):
            raise Refusal(401, "BadSecret", "the secret is missing or wrong")
        return self._token(await self._admitted(await self._user(request)))

    async def _admitted(self, user: User) -> Claims:
        """The user's conversation, unless they are below the age of consent."""
        try:
            return await self._line.claims(
                self._live(), user.id, Guest(user.name, Known(user.born, user.country))
            )
        except BadDate as error:
            raise Refusal(400, "BadArgument", f"user.born: {error}") from error
        except UnderAge as error:
            raise Refusal(403, "UnderAge", str(error)) from error

    async def _still(self, claims: Claims) -> Claims:
        """The claims of a token, unless it has become known meanwhile that its user is below the age of consent."""
        try:
            await self._line.check(self._live(claims.channel), claims.user)
        except UnderAge as error:
            raise Refusal(403, "UnderAge", str(error)) from error
        return claims

    async def page_token(self, request: web.Request) -> web.StreamResponse:
        """The demonstration's door: a token for a new visitor, or a new one for an old visitor's conversation."""
        old = request.headers.get("Authorization", "").partition(" ")[2].strip()
        claims: Claims | None = None
        if old.isascii() and old:
            try:
                claims = self._tokens.read(old, expired=True)
            except NoToken:
                claims = None
        if claims:
            await self._still(claims)
        else:
            claims = await self._admitted(User(f"dl_{secrets.token_hex(12)}"))
        return self._token(claims, userId=claims.user)

    async def refresh(self, request: web.Request) -> web.StreamResponse:
        """A new token for an unexpired one."""
        return self._token(await self._still(self._claims(request)))

    def _token(self, claims: Claims, **more: str) -> web.Response:
        token = self._tokens.make(claims)
        return _json({"conversationId": claims.conversation, "token": token, "expires_in": SECONDS, **more})

    async def _asked(self, request: web.Request) -> Asked:
        body = await request.read()
        try:
            return msgspec.json.decode(body, type=Asked) if body.strip() else Asked()
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Refusal(400, "BadArgument", str(error)) from error

    async def _user(self, request: web.Request) -> User:
        """The user a token is asked for, or a new one."""
        asked = await self._asked(request)
        user = asked.user or User()
        user.id = user.id or f"dl_{secrets.token_hex(12)}"
        for name in ("id", "name"):
            text = getattr(user, name)
            if len(text) > _LONGEST_USER or not text.isprintable():
                raise Refusal(
                    400, "BadArgument", f"user.{name} has at most {_LONGEST_USER} printable characters"
                )
        if user.country and user.country not in countries():
            raise Refusal(400, "BadArgument", "user.country is no country of ISO 3166 (two capital letters)")
        return user

    async def start(self, request: web.Request) -> web.StreamResponse:
        """Start the token's conversation: 201, or 200 where it has begun before."""
        if self._is_secret(request):
            claims = await self._admitted(await self._user(request))
        else:
            claims = await self._still(self._claims(request))
        fresh = await self._line.start(self._live(claims.channel), claims)
        return _json(self._opened(request, claims, "0"), 201 if fresh else 200)

    def _opened(self, request: web.Request, claims: Claims, watermark: str) -> dict[str, Any]:
        ticket = self._tokens.make(claims, use="stream", seconds=TICKET_SECONDS)
        base = self._gateway.origin.base(request).replace("http", "ws", 1)
        stream = f"{base}{BASE}/conversations/{claims.conversation}/stream?watermark={watermark}&t={ticket}"
        token = self._tokens.make(claims)
        return {
            "conversationId": claims.conversation,
            "token": token,
            "expires_in": SECONDS,
            "streamUrl": stream,
        }

    async def reconnect(self, request: web.Request) -> web.StreamResponse:
        """A new stream after a watermark; without one, of what is new from now on."""
        claims = await self._still(self._claims(request))
        mark = request.query.get("watermark", "")
        if not mark:
            mark = str(await self._last(claims.conversation))
        return _json(self._opened(request, claims, str(_watermark(mark))))

    async def _last(self, conversation: str) -> int:
        mark = 0
        while (shown := await self._line.after(conversation, mark)).activities:
            mark = shown.watermark
        return mark

    async def post(self, request: web.Request) -> web.StreamResponse:
        """Take an activity; the answer does not wait for the bot."""
        claims = self._claims(request)
        try:
            body = await limited(request.content, _MOST_BYTES)
        except NotAllowed as error:
            raise Refusal(413, "RequestTooLarge", str(error)) from error
        return _json({"id": await self._post(claims, body)})

    async def _post(self, claims: Claims, body: bytes) -> str:
        try:
            return await self._line.post(self._live(claims.channel), claims, body)
        except (Malformed, Unstorable, msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Refusal(400, "BadArgument", str(error)) from error

    async def poll(self, request: web.Request) -> web.StreamResponse:
        """The activities after a watermark; from the beginning without one."""
        claims = self._claims(request)
        return _json(
            _set(await self._line.after(claims.conversation, _watermark(request.query.get("watermark", ""))))
        )

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Files with an activity (multipart), or one file as the body; they become an activity's attachments."""
        claims = self._claims(request)
        base = self._gateway.origin.base(request)
        try:
            activity, files = await read_upload(self._files, request, base)
        except NotAllowed as error:
            raise Refusal(error.status, "BadArgument", str(error)) from error
        activity = {"type": "message", **activity, "attachments": files}
        return _json({"id": await self._post(claims, msgspec.json.encode(activity))})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The socket: activity sets from a watermark on, as long as it is open."""
        try:
            claims = self._tokens.read(request.query.get("t", ""), use="stream")
        except (Expired, NoToken):
            raise Refusal(403, "TokenExpired", "the stream's address has ended: reconnect") from None
        if claims.conversation != request.match_info["id"]:
            raise Refusal(403, "BadConversation", "the address is for another conversation")
        mark = _watermark(request.query.get("watermark", ""))
        socket = web.WebSocketResponse(heartbeat=30, compress=False)
        await socket.prepare(request)
        await self._gateway.sockets.serve(socket, claims.conversation, mark)
        return socket


def _set(shown: Shown) -> dict[str, Any]:
    return {"activities": shown.activities, "watermark": str(shown.watermark)}


def _watermark(text: str) -> int:
    """A watermark as we gave it; anything else begins at the beginning, which loses nothing."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(value), content_type="application/json")


def routes(gateway: Gateway, *, demo: bool) -> list[web.RouteDef]:
    """The routes of in-app channels."""
    return DirectLine(gateway, demo=demo).routes()
