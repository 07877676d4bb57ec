"""What a channel is and what it can do: the row of a connected account, its capabilities and its terms."""

from collections.abc import Mapping
from typing import Any, Literal

from state.model.base import Value
from state.model.content import OptionKind

TextUnit = Literal["characters", "bytes", "sms"]
_DAY_MS = 86_400_000


class Capabilities(Value, frozen=True, kw_only=True):
    """What a channel can show and report. No claim without a fixture.

    Sizes in characters or, for media, bytes; 0 or an empty set means it cannot. `text` is counted as `text_in` says:
    characters, UTF-8 bytes, or the septets and code units of a short message. `button_text` is the text over buttons
    where that is shorter, `captioned` the kinds of media that carry a caption, `uploads` whether files of our own
    store are left with the provider, `headers` what may stand over a choice (`text` or a kind of media), `asks` the
    options that ask the customer for something, `mixed` how many replies and links may stand together, `mixed_text`
    the text over such where it is shorter.
    """

    schemes: tuple[str, ...]
    text: int
    text_in: TextUnit = "characters"
    media: Mapping[str, int] = {}
    caption: int = 0
    captioned: tuple[str, ...] = ()
    uploads: bool = False
    buttons: int = 0
    button_title: int = 0
    button_text: int = 0
    list_rows: int = 0
    row_title: int = 0
    url_button: bool = False
    mixed: int = 0
    mixed_text: int = 0
    asks: tuple[OptionKind, ...] = ()
    headers: tuple[str, ...] = ()
    footer: bool = False
    location: bool = False
    contact_card: bool = False
    template: bool = False
    reaction: bool = False
    form: bool = False
    reply: bool = False
    typing: bool = False
    mark_read: bool = False
    streaming: bool = False
    receipts: tuple[str, ...] = ()
    reconcilable: bool = False
    idempotent: bool = False


Subject = Literal["audience", "window", "purpose", "disclosure", "consent"]
"""What a point of a channel's terms is about: who may be written to, when, what for, what they are told, and how they
agree and stop it."""


class Point(Value, frozen=True, kw_only=True):
    """One thing that whoever uses a channel agrees to, in our own words, and where it comes from."""

    about: Subject
    says: str
    source: str


class Terms(Value, frozen=True, kw_only=True):
    """One version of a channel's terms: figures that bind sending, with their units, and what has to be agreed to.

    `since` is when it begins to count (milliseconds, UTC), `grace` for how many days from then (or from when
    the gateway came to know it) sending goes on where an earlier version was accepted and this one was not.
    """

    version: str
    since: int = 0
    grace: int = 0
    reply_window: int = 0
    """Seconds after the customer's last message in which free-form content is allowed; 0: no window."""
    template_outside_window: bool = False
    minimum_age: int = 0
    stop_words: tuple[str, ...] = ()
    pace: float = 0
    """Messages a second for one sender; 0: no limit."""
    pair_interval: float = 0
    """Seconds a message to the same recipient costs in the long run; 0: no limit."""
    pair_burst: int = 1
    points: tuple[Point, ...] = ()

    def held_from(self, accepted: Mapping[str, int], known: int = 0) -> int | None:
        """From when on sending is held (milliseconds, UTC) given the versions that were accepted; None: it is not.

        Where no version was ever accepted it is held from the beginning: 0. `known` is since when the gateway has known
        this version: an upgrade that comes long after its day leaves the days of grace too.
        """
        if self.version in accepted:
            return None
        return max(self.since, known) + self.grace * _DAY_MS if accepted else 0


class Channel(Value, frozen=True, kw_only=True):
    """One connected account. `settings` are public, `credentials` are unsealed here and never shown."""

    id: str
    type: str
    team: str = "default"
    account: str = ""
    settings: Mapping[str, str] = {}
    credentials: Mapping[str, str] = {}
    simulated: bool = False
    flow: str = ""

    def __repr__(self) -> str:
        return f"Channel({self.id!r}, {self.type!r})"


class ProviderTemplate(Value, frozen=True, kw_only=True):
    """A message template as the provider keeps it; `components` is the provider's JSON."""

    id: str
    name: str
    language: str
    category: str = ""
    status: str = ""
    quality: str = ""
    components: list[dict[str, Any]] = []


class Profile(Value, frozen=True, kw_only=True):
    """What a provider tells of a customer; `timezone` is an IANA name or an offset in hours, "" what it does not."""

    name: str = ""
    username: str = ""
    picture: str = ""
    language: str = ""
    timezone: str = ""
    country: str = ""


class Setting(Value, frozen=True):
    """One setting of a channel type: what it means, whether it is needed, and whether it is a secret."""

    name: str
    meaning: str
    required: bool = True
    secret: bool = False
    default: str = ""
    example: str = ""
