"""Whether a page or a professional account is set up at Meta."""

from collections.abc import Generator

from connectors.contract import Finding
from connectors.graph import health
from connectors.graph.api import Api
from state.model.wire import Call, Reply

_EITHER = ("messages", "messaging_postbacks")


def page(api: Api, page_id: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
    """The page whose token it is, and what it sends us."""
    found = yield from api.ask("page", "GET", "me", query={"fields": "id,name"})
    wrong = (
        "" if str(found.get("id")) == page_id else f"the token is of page {found.get('id')}, not of {page_id}"
    )
    wanted = (*_EITHER, "message_deliveries", "message_reads", "message_echoes")
    return Finding("page", wrong), (yield from health.subscribed(api, page_id, wanted))


def account(api: Api, account_id: str, sender: str) -> Generator[Call, Reply, tuple[Finding, ...]]:
    """The professional account whose token it is (`sender` is it, or its page), and what it sends us."""
    own = account_id == sender
    place, name = ("me", "user_id") if own else (account_id, "id")
    found = yield from api.ask("account", "GET", place, query={"fields": f"{name},username"})
    told = str(found.get(name))
    wrong = "" if told == account_id else f"the token is of account {told}, not of {account_id}"
    wanted = (*_EITHER, "messaging_seen") if own else _EITHER
    return Finding("account", wrong), (yield from health.subscribed(api, "me" if own else sender, wanted))
