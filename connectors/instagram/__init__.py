"""Instagram direct messages: the connector. Facts: provider documentation as of 2026-11, Graph v26.0."""

from collections.abc import Callable, Generator
from typing import ClassVar

from connectors.contract import Finding, Setting
from connectors.graph.messaging import health
from connectors.graph.messaging.connector import Messaging
from connectors.graph.messaging.side import INSTAGRAM
from connectors.instagram.profile import CAPABILITIES, HISTORY, HOSTS, SETTINGS, TERMS, checked
from connectors.terms import History
from state.model.action import Action
from state.model.channel import Channel, Terms
from state.model.wire import Call, Reply, Token, Undelivered

_DAY = 86_400.0


class Instagram(Messaging):
    """One professional account, by Facebook Login (a page's token) or by Instagram Login (its own)."""

    type: ClassVar[str] = "instagram"
    webhooks: ClassVar[bool] = True
    account_setting: ClassVar[str] = "account_id"
    settings: ClassVar[tuple[Setting, ...]] = SETTINGS
    capabilities = CAPABILITIES
    terms: ClassVar[Terms] = TERMS
    history: ClassVar[History] = HISTORY
    refresh: Callable[[], Generator[Call, Reply, Token]]
    """Get a fresh token. There with Instagram Login alone: the tokens of pages do not run out."""

    def __init__(self, channel: Channel) -> None:
        given = checked(channel)
        self._account = given["account_id"]
        own = given["login"] == "instagram"
        base = given["base_url"] or HOSTS[given["login"]]
        super().__init__(INSTAGRAM, given, base, given["account_id"] if own else given["page_id"])
        if own:
            self.refresh = self._refresh

    def examine(self, address: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
        """Look whether the token is the account's, and whether it sends us all; raises Undelivered."""
        return health.account(self._api, self._account, self._sender)

    def _refresh(self) -> Generator[Call, Reply, Token]:
        """Have the token's 60 days begin anew (Meta: refresh access token); it must be a day old."""
        query = {"grant_type": "ig_refresh_token", "access_token": self._api.token}
        base = self._api.base.rpartition("/")[0]
        url = self._api._replace(base=base, proof="").url("refresh_access_token", query)
        reply = yield Call("token", "GET", url, repeatable=True)
        try:
            answer = self._api.accepted(reply)
        except Undelivered as error:
            # The token in use goes on working meanwhile.
            wait = error.retry_after or (0 if error.action in (Action.RETRY, Action.THROTTLE) else _DAY)
            raise Undelivered(error.action, error.code, error.reason, retry_after=wait) from error
        access, seconds = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(access, str) or not access or not isinstance(seconds, int | float):
            raise Undelivered(Action.RETRY, "no_token", "the answer holds no access token")
        return Token(access, float(seconds))
