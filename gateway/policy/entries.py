"""The rows of a rule pack, a struct for each table: every row says where its figure is from and since when it holds."""

from datetime import date, time
from typing import Literal

import msgspec

from state.model.consent import Basis, Purpose


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row: its `source`, and the days it holds, from 0:00 UTC of `from` until that of `until`."""

    source: str
    since: date = msgspec.field(name="from")
    until: date | None = None


class Words(Entry, frozen=True, kw_only=True):
    """Words by `use` (`sms`, `chat`, or a channel's type) that hold in a language and in countries ("*": in all)."""

    use: str
    language: str
    countries: tuple[str, ...]
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    help: tuple[str, ...] = ()


class Quiet(Entry, frozen=True, kw_only=True):
    """When marketing may be sent: local times, days of the week (1 is Monday), and whether holidays are kept."""

    country: str
    opens: time
    closes: time
    states: tuple[str, ...] = ()
    days: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 7)
    holidays: bool = False
    everywhere: bool = False


class Holiday(Entry, frozen=True, kw_only=True):
    """Public holidays of a country: days as MM-DD, and days after Easter Sunday."""

    country: str
    days: tuple[str, ...]
    after_easter: tuple[int, ...] = ()


class Area(Entry, frozen=True, kw_only=True):
    """Area codes of a country with one dialling code for many states: their state and its time zones (IANA)."""

    country: str
    state: str
    codes: tuple[str, ...]
    zones: tuple[str, ...]


class Age(Entry, frozen=True, kw_only=True):
    """From how many years a person of a country consents for themselves."""

    country: str
    years: int


class ChannelAge(Entry, frozen=True, kw_only=True):
    """How old a channel's customers must be, for some purposes or (empty) for all."""

    channel: str
    years: int
    purposes: tuple[str, ...] = ()


class Offered(Entry, frozen=True, kw_only=True):
    """The countries of a region a service is offered in: a team may be active there."""

    service: str
    region: str
    countries: tuple[str, ...]


class Reach(Entry, frozen=True, kw_only=True):
    """Recipients a channel does not reach; with `authorisation`, not before the team has one for their country."""

    channel: str
    countries: tuple[str, ...]
    says: str
    purposes: tuple[str, ...] = ()
    authorisation: bool = False


class Starts(Entry, frozen=True, kw_only=True):
    """A channel on which nobody can be written to who has not written first."""

    channel: str


class PurposeLimit(Entry, frozen=True, kw_only=True):
    """What a channel's content is not for; `says` tells the reader what to do instead.

    `unknown` rows are about templates of which nobody has told the category.
    """

    channel: str
    says: str
    template: bool = False
    category: str = ""
    unknown: bool = False
    tag: str = ""
    refuses: tuple[str, ...] = ()
    campaigns: bool = False
    machines: bool = False


class Cap(Entry, frozen=True, kw_only=True):
    """How many messages for a purpose a contact gets in so many hours."""

    purpose: str
    messages: int
    hours: int


class Duplicate(Entry, frozen=True, kw_only=True):
    """How long the same words are not said again to the same contact."""

    purpose: str
    minutes: int


class Confirmation(Entry, frozen=True, kw_only=True):
    """How long after an opt-out its confirmation may follow."""

    minutes: int


class Opening(Entry, frozen=True, kw_only=True):
    """Where the first message names the business and says how to stop: by a use (`sms`), in countries."""

    use: Literal["sms"]
    countries: tuple[str, ...]


class BasisLimit(Entry, frozen=True, kw_only=True):
    """The legal bases that fit a purpose on channels of some types ("*": all); `says` why others do not."""

    purpose: Purpose
    channels: tuple[str, ...]
    fits: tuple[Basis, ...]
    says: str


class Rows(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All rows of a pack, by table."""

    words: tuple[Words, ...]
    quiet: tuple[Quiet, ...]
    holiday: tuple[Holiday, ...]
    area: tuple[Area, ...]
    age: tuple[Age, ...]
    channel: tuple[ChannelAge, ...]
    offered: tuple[Offered, ...]
    reach: tuple[Reach, ...]
    starts: tuple[Starts, ...]
    purpose: tuple[PurposeLimit, ...]
    cap: tuple[Cap, ...]
    duplicate: tuple[Duplicate, ...]
    confirmation: tuple[Confirmation, ...]
    opening: tuple[Opening, ...]
    basis: tuple[BasisLimit, ...]
