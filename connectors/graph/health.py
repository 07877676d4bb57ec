"""Whether Meta sends us what an account of ours gets: the subscriptions of the app."""

from collections.abc import Generator, Iterable
from typing import Any

from connectors.contract import Finding
from connectors.graph.api import Api
from state.model.wire import Call, Reply


def subscribed(api: Api, edge: str, wanted: Iterable[str] = ()) -> Generator[Call, Reply, Finding]:
    """Whether the app is subscribed at `edge` (a page, an account), and to the fields that are wanted."""
    path = f"{edge}/subscribed_apps"
    answer = yield from api.ask("subscriptions", "GET", path)
    apps = [each for each in listed(answer.get("data")) if isinstance(each, dict)]
    if not apps:
        return Finding("subscription", f"the app is not subscribed, so no webhook comes: POST /{path}")
    fields = {str(field) for app in apps for field in listed(app.get("subscribed_fields"))}
    missing = sorted(set(wanted) - fields)
    wrong = (
        f"these fields are not subscribed: {', '.join(missing)}; POST /{path} with all of them"
        if missing
        else ""
    )
    return Finding("subscription", wrong)


def listed(value: object) -> list[Any]:
    """A list, empty where the value is none."""
    return value if isinstance(value, list) else []
