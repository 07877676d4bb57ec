"""X (Twitter) direct messages: the connector. Facts: X API v2 and X Activity API, documentation as of August 2026."""

import base64
from collections.abc import Callable, Generator
from typing import ClassVar
from urllib.parse import quote, urlencode

from connectors.contract import Conversation, Finding, Setting
from connectors.terms import History
from connectors.x import attachment, inbound, native, oauth, outbound, webhooks
from connectors.x.api import Api, accepted, ask, data_of
from connectors.x.oauth import Authorize, Keys, Stamp
from connectors.x.profile import CAPABILITIES, HISTORY, SETTINGS, TERMS, checked
from state.model.action import Action
from state.model.channel import Channel, Profile, Terms
from state.model.content import Media
from state.model.wire import Call, File, Outbound, Received, Reply, Request, Token, Undelivered

_USER = {"user.fields": "name,username,profile_image_url"}


class X:
    """One account at X. `stamp` gives the time and the nonce of an OAuth 1.0a signature."""

    type: ClassVar[str] = "x"
    webhooks: ClassVar[bool] = True
    account_setting: ClassVar[str] = "user_id"
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    capabilities = CAPABILITIES
    terms: ClassVar[Terms] = TERMS
    history: ClassVar[History] = HISTORY
    refresh: Callable[[], Generator[Call, Reply, Token]]
    """Get a fresh token. There with OAuth 2.0 alone: the tokens of OAuth 1.0a do not run out."""

    def __init__(self, channel: Channel, stamp: Stamp = oauth.stamp) -> None:
        given = checked(channel)
        self._user, self._app = given["user_id"], given["app_id"]
        self._secret = given["consumer_secret"].encode()
        self._video = int(given["video_bytes"])
        base = given["base_url"].rstrip("/")
        self._api = Api(base, _authorize(given, stamp))
        if given["auth"] == "oauth2" and given["refresh_token"]:
            self.refresh = lambda: _refresh(base, given)

    def verify(self, request: Request) -> None:
        """Check the signature; the challenge has none, and answering it needs the secret."""
        if request.method != "GET":
            webhooks.verify(request, self._secret)

    def receive(self, request: Request) -> Received:
        """Read a webhook or answer the challenge."""
        if request.method == "GET":
            return Received(answer=webhooks.challenge(request, self._secret))
        return inbound.read(request.body, self._user, self._app)

    def send(self, message: Outbound) -> Conversation:
        """Upload a file where there is one, then POST the message: success means sent, X reports no delivery."""
        options, content = native.native_of(message.native), message.content
        outbound.checked(content)
        place, media_id = outbound.place(message.to, options), ""
        if isinstance(content, Media):
            media_id = yield from self._uploaded(content, message)
        reply = yield self._api.call("message", "POST", place, outbound.body(content, media_id))
        return outbound.sent(data_of(accepted(reply, message.attempt)), reply.status)

    def _uploaded(self, item: Media, message: Outbound) -> Generator[Call, Reply, str]:
        """The id of a media item at X: X takes no addresses, so a file behind one is got first."""
        found = attachment.source(item, message.files)
        if isinstance(found, str):
            return found
        if isinstance(found, Call):
            found = attachment.downloaded(item, (yield found))
        return (yield from attachment.upload(self._api, found, item.kind, self._video))

    def fetch(self, media: Media) -> Generator[Call, Reply, File]:
        """Fetch a customer's file; raises Undelivered."""
        return attachment.fetch(self._api, media, self._video)

    def profile(self, to: tuple[str, ...]) -> Generator[Call, Reply, Profile]:
        """What X tells of a customer; raises Undelivered."""
        call = self._api.call("profile", "GET", f"users/{outbound.user_of(to)}", query=_USER)
        found = data_of((yield from ask(call, missing=Action.FAIL_RCPT)))
        name, username, picture = (found.get(each) for each in ("name", "username", "profile_image_url"))
        return Profile(name=str(name or ""), username=str(username or ""), picture=str(picture or ""))

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the token is the account's; raises Undelivered."""
        found = data_of((yield from ask(self._api.call("me", "GET", "users/me"), missing=Action.CONFIG)))
        told = str(found.get("id"))
        return (
            Finding(
                "account", "" if told == self._user else f"the token is of user {told}, not of {self._user}"
            ),
        )


def _authorize(given: dict[str, str], stamp: Stamp) -> Authorize:
    if given["auth"] == "oauth2":
        return oauth.bearer(given["access_token"])
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    return oauth.signed(Keys(*(given[name] for name in names)), stamp)


def _refresh(base: str, given: dict[str, str]) -> Generator[Call, Reply, Token]:
    """Change the refresh token for a fresh pair (X: OAuth 2.0 with PKCE); raises Undelivered.

    The old one dies with that, so the call is not one that may be made twice.
    """
    form = {
        "grant_type": "refresh_token",
        "refresh_token": given["refresh_token"],
        "client_id": given["client_id"],
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    if given["client_secret"]:
        pair = f"{quote(given['client_id'], safe='')}:{quote(given['client_secret'], safe='')}"
        headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    reply = yield Call("token", "POST", f"{base}/2/oauth2/token", headers, urlencode(form).encode())
    answer = accepted(reply, missing=Action.CONFIG)
    access, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(access, str) or not access or not isinstance(seconds, int | float):
        raise Undelivered(Action.RETRY, "no_token", "the answer holds no access token")
    return Token(access, float(seconds), str(answer.get("refresh_token") or given["refresh_token"]))
