"""The console's pages, rendered from values that the gateway hands over; they work without JavaScript."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from state.model.base import Value
from state.model.channel import Point
from state.model.stages import Stage
from state.model.suspension import Reach

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
FRESH_MS: Final = 3_600_000
"""How long an error speaks for a channel's state (milliseconds)."""

SIGNALS: Final = 5
"""Signals of a channel that are shown."""
SIGNAL_DAYS: Final = 7
"""How far back signals are shown."""
GROUNDS: Final = {
    "operator": "an operator's decision",
    "terms_breached": "terms breached",
    "channel_requires": "the channel requires it",
    "suspected_fraud": "suspected fraud",
    "legal": "legal reasons",
}
"""Grounds in words."""
REACHES: Final = {
    "business_initiated": ", where it answers no customer",
    "outbound": "",
    "both": ", and what comes in",
}
State = Literal["running", "attention", "waiting", "suspended"]
_UNITS: Final = ((86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s"))


class Counts(Value, frozen=True, kw_only=True):
    """How many messages of a channel stand where: taken from customers, and on their way to them.

    `withheld` were refused by a rule, as after a withdrawal, or had become too old; those the provider refused have
    `failed`.
    """

    received: int = 0
    sent: int = 0
    failed: int = 0
    withheld: int = 0
    unknown: int = 0
    queued: int = 0


class SuspensionRow(Value, frozen=True, kw_only=True):
    """A suspension that is announced, in force or being lifted: its id, why, who made it, and since when.

    Times in milliseconds, UTC, 0 where there is none. `about` says what of the channel it stops, "" where that is all;
    `held` is how many messages wait for it. `asked_by` asked for a lift that another has to confirm; `proposal` says
    why it might be lifted.
    """

    id: str
    reason: str
    by: str
    since: int
    ground: str = "operator"
    stage: Stage = "suspended"
    about: str = ""
    direction: Reach = "outbound"
    due: int = 0
    until: int = 0
    condition: str = ""
    evidence: int = 0
    held: int = 0
    two: bool = False
    asked_by: str = ""
    proposal: str = ""


class TermsRow(Value, frozen=True, kw_only=True):
    """A version of a channel's terms that waits to be accepted.

    Sending is held from `held_from` on (milliseconds, UTC); 0: no version was accepted before, and nothing is sent.
    """

    version: str
    held_from: int
    points: tuple[Point, ...] = ()

    def held(self, now: int) -> bool:
        """Whether sending is held for it."""
        return self.held_from <= now


class SignalRow(Value, frozen=True, kw_only=True):
    """A sign that a channel's terms are at stake: what it asks for, why in words, and the provider's evidence (JSON).

    `at` in milliseconds, UTC.
    """

    id: str
    at: int
    action: str
    code: str
    reason: str = ""
    evidence: str = ""


class HookRow(Value, frozen=True, kw_only=True):
    """A hook that is disabled, or whose latest try has failed; times in milliseconds, UTC, 0 where there is none."""

    id: str
    where: str
    disabled_at: int = 0
    disabled_for: str = ""
    failed_at: int = 0
    failed: str = ""
    waiting: int = 0


class ChannelRow(Value, frozen=True, kw_only=True):
    """One channel as the console lists it; `last_error_at` in milliseconds, UTC, 0 where there was none.

    The last error is of the channel as such; `last_failure` says why a message failed last. `suspensions` are the
    channel's own, `across` those of more than this channel that stop it as a whole.
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
    across: tuple[SuspensionRow, ...] = ()
    signals: tuple[SignalRow, ...] = ()
    terms: TermsRow | None = None

    def state(self, now: int) -> State:
        """Suspended while anything stops all of it; waiting while its terms hold it; in need of attention while
        something stops a part of it or is announced, or its last error is fresh."""
        whole = (*(each for each in self.suspensions if not each.about), *self.across)
        if any(each.stage != "noticed" for each in whole):
            return "suspended"
        if self.terms and self.terms.held(now):
            return "waiting"
        if self.suspensions or self.across:
            return "attention"
        return "attention" if self.last_error and now - self.last_error_at < FRESH_MS else "running"


class ChannelsView(Value, frozen=True, kw_only=True):
    """All that `/admin` shows. `period` says over what time is counted; `problem` is why the last form was refused.

    `others` are suspensions that are not of one channel alone, `hooks` those that fail.

    `demo`: nobody signed in, and there is a simulator to lead to; `may_suspend` and `may_accept`: the actor has the
    scope for it.
    """

    channels: tuple[ChannelRow, ...]
    others: tuple[SuspensionRow, ...] = ()
    hooks: tuple[HookRow, ...] = ()
    quarantined: int
    parked: int = 0
    now: int
    csrf: str
    actor: str
    period: str = ""
    problem: str = ""
    demo: bool = False
    may_suspend: bool = True
    may_accept: bool = True

    @property
    def announced(self) -> tuple[tuple[SuspensionRow, str], ...]:
        """What is announced and not in force yet, the first to come first; with the first channel it is shown at, or
        "" where that is none."""
        places = [("", self.others), *((each.id, each.suspensions) for each in self.channels)]
        found = {
            one.id: (one, place) for place, rows in reversed(places) for one in rows if one.stage == "noticed"
        }
        return tuple(sorted(found.values(), key=lambda each: each[0].due))

    @property
    def waiting(self) -> int:
        """How many channels wait for their terms to be accepted."""
        return sum(each.terms is not None for each in self.channels)


class LoginView(Value, frozen=True, kw_only=True):
    """What `/admin/login` shows: `problem` is why the last key was refused."""

    csrf: str
    problem: str = ""


def channels_page(view: ChannelsView) -> str:
    """The page at `/admin`: each channel with its state, counts and last error, and the forms to suspend and lift."""
    return (
        _templates()
        .get_template("channels.html")
        .render(
            view=view, demo=view.demo, grounds=GROUNDS, reaches=REACHES, signals=SIGNALS, days=SIGNAL_DAYS
        )
    )


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


def ahead(at: int, now: int) -> str:
    """How long after `now` something is (both milliseconds), in its largest unit: `in 3 min`."""
    left = at - now
    for length, unit in _UNITS:
        if left >= length:
            return f"in {left // length} {unit}"
    return "now"


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
    environment.filters.update(ago=ago, ahead=ahead, iso=iso, ground=GROUNDS.get, grouped="{:,}".format)
    return environment
