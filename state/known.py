"""What is known of a contact when it is decided whether a message may leave: read with the row, and looked at again.

A decision is made on what was read; the commit that marks the message `sending` asks the same again and refuses where
it is not so any more (`Changed`). It locks the contact's row for that moment, as whoever records a fact does: so a
withdrawal that is on disk is never overtaken, and nobody waits longer than a commit. The same row says by which epoch
of the fence a contact became one person with another: a node that has not seen it yet may not know who is suspended.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from state.consent import LOCKED, STANDINGS, TOUCHED, TOUCHES
from state.model.consent import Standing
from state.model.ids import lane_of_id
from state.statements import Fetch, Row, Statement
from state.tables import contact, conversation
from state.writer import Op

_ABOUT = Fetch(contact, "merged_into country zone born revision", "id lane")
_CONVERSATION = Fetch(conversation, "contact last_in told", "id lane")
_CONVERSATION_LOCKED = Fetch(conversation, "contact last_in told", "id lane", lock="wait")
_LOCALE = Fetch(contact, "locale", "id lane")
_NONE = (None, "", "", "", 0, 0)
"""The row of a contact that is not there."""
_Asks = list[tuple[Statement, Row]]


class Changed(Exception):
    """What was decided on is not so any more: it is to be decided again, once the fence's `epoch` is seen."""

    def __init__(self, contact: str, epoch: int = 0) -> None:
        super().__init__(contact)
        self.epoch = epoch


class Touch(NamedTuple):
    """A message to a contact that answered nothing: when it left (ms, UTC), what for, what it said, its id."""

    at: int
    purpose: str
    digest: str
    message: str
    campaign: str = ""


class Known(msgspec.Struct, frozen=True):
    """A contact as a decision sees it: the one it was merged into, where it was. Fields as in the table `contact`.

    `revision` was read before `standings`: where the contact has another by now, they may be others.
    """

    contact: str
    lane: int
    country: str = ""
    zone: str = ""
    born: str = ""
    standings: tuple[Standing, ...] = ()
    touches: tuple[Touch, ...] = ()
    revision: int = 0


NOBODY = Known("", 0)
"""Nobody that is known."""
Key = tuple[str, int]
"""A contact's id and lane."""
_ByKey = dict[Key, Sequence[Row]]


class About(NamedTuple):
    """A contact's own row, as it was joined to something: `merged_into` is null where it was not merged."""

    contact: str
    lane: int
    merged_into: str | None
    country: str
    zone: str
    born: str
    revision: int


def of(keys: Sequence[Key]) -> Op[dict[str, Known]]:
    """What is known of contacts, by the ids that were asked for."""
    found: dict[str, Known] = {}
    waiting: dict[str, Key] = {key[0]: key for key in keys}
    while waiting:
        asked = list(dict.fromkeys(waiting.values()))
        answers = yield [(_ABOUT, key) for key in asked]
        about = {key: rows[0] if rows else _NONE for key, rows in zip(asked, answers, strict=True)}
        homes = {name: key for name, key in waiting.items() if not about[key][0]}
        into = {name: str(about[key][0]) for name, key in waiting.items() if name not in homes}
        stand, touched = yield from _standing(homes.values(), about)
        for name, key in homes.items():
            found[name] = _known(key, about[key][1:5], stand.get(key, ()), touched[key])
        waiting = {name: (home, lane_of_id(home)) for name, home in into.items()}
    return found


def _standing(keys: Iterable[Key], about: Mapping[Key, Row]) -> Op[tuple[_ByKey, _ByKey]]:
    """What stands of contacts, and the messages to them that answered nothing, by their keys.

    Of one whose revision was never raised nothing stands.
    """
    asked = list(dict.fromkeys(keys))
    standing = [key for key in asked if about[key][4]]
    answers = yield [*((STANDINGS, key) for key in standing), *((TOUCHES, key) for key in asked)]
    count = len(standing)
    return dict(zip(standing, answers[:count], strict=True)), dict(zip(asked, answers[count:], strict=True))


def with_standings(people: Sequence[About]) -> Op[list[Known]]:
    """What is known of contacts whose rows were read already, without the messages that answered nothing."""
    asked = [each[:2] for each in people if each.revision and not each.merged_into]
    stand = dict(zip(asked, (yield [(STANDINGS, key) for key in asked]), strict=True)) if asked else {}
    merged = yield from of([each[:2] for each in people if each.merged_into])
    return [
        merged[each.contact] if each.merged_into else _known(each[:2], each[3:], stand.get(each[:2], ()))
        for each in people
    ]


def _known(key: Key, about: Row, stands: Sequence[Row], touches: Sequence[Row] = ()) -> Known:
    country, zone, born, revision = about
    return Known(*key, country, zone, born, standing_rows(stands), _touches(touches), revision)


def _touches(rows: Sequence[Row]) -> tuple[Touch, ...]:
    return tuple(Touch(*row[:5]) for row in rows)


class Dialogue(NamedTuple):
    """A conversation as a new message finds it: `last_in` in milliseconds, UTC; `told` as in its table."""

    contact: str
    last_in: int
    told: str
    locale: str


def conversation_of(conversation_id: str, lane: int, *, lock: bool = False) -> Op[Dialogue]:
    """Who a conversation is with, and what they were told in it; with `lock` nobody else tells until the commit."""
    asked = _CONVERSATION_LOCKED if lock else _CONVERSATION
    (rows,) = yield [(asked, (conversation_id, lane))]
    contact_id, last_in, told = rows[0][:3]
    (about,) = yield [(_LOCALE, (contact_id, lane))]
    return Dialogue(contact_id, last_in, told, about[0][0] if about else "")


def locked(contact_id: str) -> Op[Known]:
    """What stands of a contact, or of the one it was merged into, with its row locked until the commit."""
    key = (contact_id, lane_of_id(contact_id))
    while True:
        about, stands = yield [(LOCKED, key), (STANDINGS, key)]
        if not about or not about[0][0]:
            return _known(key, about[0][1:5] if about else _NONE[1:5], stands)
        key = (about[0][0], lane_of_id(about[0][0]))


def standing_rows(rows: Sequence[Row]) -> tuple[Standing, ...]:
    """Rows of STANDINGS as values, in an order of their own."""
    return tuple(sorted(Standing(*row[:8]) for row in rows)) if rows else ()


def again_asks(known: Known, *, unasked: bool = False) -> _Asks:
    """The questions whose answers tell whether a contact is still known as it was; `check` reads them.

    For what answers nothing (`unasked`) it counts too what else of the kind has left by now.
    """
    key = (known.contact, known.lane)
    return [(LOCKED, key), (TOUCHES, key)] if unasked else [(LOCKED, key)]


def check(known: Known, answers: Sequence[Sequence[Row]], epoch: int) -> None:
    """Raise Changed where a contact is not known any more as it was, or is another person than by the fence's epoch."""
    rows, *touches = answers
    merged, country, zone, born, revision, fenced = rows[0][:6] if rows else _NONE
    if fenced > epoch:
        raise Changed(known.contact, fenced)
    if merged or (country, zone, born, revision) != (known.country, known.zone, known.born, known.revision):
        raise Changed(known.contact)
    if touches and _touches(touches[0]) != known.touches:
        raise Changed(known.contact)


def touched_ask(known: Known, made: Touch) -> tuple[Statement, Row]:
    """The statement that remembers a message that answers nothing; a later part of it changes nothing."""
    return (TOUCHED, (made.message, known.lane, known.contact, *made[:3], made.campaign))
