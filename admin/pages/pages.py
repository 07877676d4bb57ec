"""The console's pages, rendered from values that the gateway hands over; they work without JavaScript."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from state.model.base import Value

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
FRESH_MS: Final = 3_600_000
"""How long an error speaks for a channel's state (milliseconds)."""

State = Literal["running", "attention", "suspended"]
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


class Counts(Value, frozen=True, kw_only=True):
    """How many messages of a channel stand where: taken from customers, and on their way to them."""

    accepted: int = 0
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    queued: int = 0


class SuspensionRow(Value, frozen=True, kw_only=True):
    """A suspension in force: its id, why, who made it, and since when (milliseconds, UTC)."""

    id: str
    reason: str
    by: str
    since: int
    ground: str = "operator"


class ChannelRow(Value, frozen=True, kw_only=True):
    """One channel as the console lists it; `last_error_at` in milliseconds, UTC, 0 where there was none.

    The last error is of the channel as such; `last_failure` says why a message failed last.
    """

    id: str
    type: str
    account: str = ""
    team: str = "default"
    simulated: bool = False
    counts: Counts = Counts()
    last_failure: str = ""
    last_error: str = ""
    last_error_at: int = 0
    suspensions: tuple[SuspensionRow, ...] = ()

    def state(self, now: int) -> State:
        """Suspended while anything suspends it; in need of attention while its last error is fresh."""
        if self.suspensions:
            return "suspended"
        return "attention" if self.last_error and now - self.last_error_at < FRESH_MS else "running"


class ChannelsView(Value, frozen=True, kw_only=True):
    """All that `/admin` shows. `period` says over what time is counted; `problem` is why the last form was refused.

    `demo`: nobody signed in, and there is a simulator to lead to; `may_suspend`: the actor has the scope for it.
    """

    channels: tuple[ChannelRow, ...]
    quarantined: int
    parked: int = 0
    now: int
    csrf: str
    actor: str
    period: str = ""
    problem: str = ""
    demo: bool = False
    may_suspend: bool = True


class LoginView(Value, frozen=True, kw_only=True):
    """What `/admin/login` shows: `problem` is why the last key was refused."""

    csrf: str
    problem: str = ""


def channels_page(view: ChannelsView) -> str:
    """The page at `/admin`: each channel with its state, counts and last error, and the forms to suspend and lift."""
    return _templates().get_template("channels.html").render(view=view, demo=view.demo)


def login_page(view: LoginView) -> str:
    """The page at `/admin/login`, which asks for an API key."""
    return _templates().get_template("login.html").render(view=view, demo=False)


def ago(at: int, now: int) -> str:
    """How long before `now` something was (both milliseconds), in its largest unit: `3 min ago`."""
    passed = now - at
    for length, unit in _UNITS:
        if passed >= length:
            return f"{passed // length} {unit} ago"
    return "just now"


def iso(at: int) -> str:
    """A time in milliseconds as RFC 3339 writes it, in UTC."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ago=ago, iso=iso, grouped="{:,}".format)
    return environment
