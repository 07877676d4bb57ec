"""Flow: a conversation as a table of states and triggers, on `transitions`.

One immutable machine a flow class, shared by all conversations; a conversation is a light object with a `state` and the
declared fields. All names are resolved when the class is made, so a misspelt guard stops the import, not a customer.
"""

from collections.abc import Mapping
from typing import ClassVar

from conversations.bot import MESSAGES_A_MINUTE, Standing
from conversations.checks import check_names, check_table
from conversations.describe import Description
from conversations.entry import Interruption
from conversations.errors import count, perhaps
from conversations.fields import fields_of
from conversations.plan import Plan
from conversations.table import On, Question
from conversations.texts import NO_TRANSLATIONS, Translations
from conversations.turn import Turn


class Flow:
    """The base of all flows. A subclass has a `table`, fields by annotation, and callbacks that take a turn.

    `on_enter_<state>` and `on_exit_<state>` are called when a state is entered or left. A run begins in `start` and
    ends in a state of `final`. If there is an `on_enter_<start>`, it answers the first message; only without one, or
    with `answers_first_message`, do the rows of `start` meet that message.
    """

    table: tuple[On, ...] = ()
    asks: Mapping[str, Question] = {}
    """What states ask when they are entered."""
    start: str = "start"
    final: tuple[str, ...] = ()
    answers_first_message: bool = False
    keywords: tuple[str, ...] = ()
    """The flow answers only messages that are one of these words; none: any."""
    channels: tuple[str, ...] = ()
    """The flow answers only on channels of these ids or types; none: on all."""
    locales: tuple[str, ...] = ()
    """The flow answers only customers of these languages or locales; none: all."""
    referrals: tuple[str, ...] = ()
    """The flow answers only customers brought by these sources or ids (an advert, a link); none: all."""
    campaigns: tuple[str, ...] = ()
    """The flow begins by answers to messages of these campaigns alone; none: by any message."""
    events: tuple[str, ...] = ()
    """The flow begins by these events of an app, and by no message."""
    interruption: Interruption = "ignore"
    """What another flow's keyword does while this one runs: nothing, interrupt, queue, or refuse."""
    refusal: str = ""
    """What is said to a keyword that is queued or refused."""
    apology: str = ""
    """What the customer is told when the flow fails; empty: what the router says."""
    messages_a_minute: int = MESSAGES_A_MINUTE
    """More than these to one customer, for longer than a burst, park the conversation; 0: no limit."""
    expires: float = 0
    """After so many seconds in which nothing happens, `timer_expiry` comes; where no row answers it, the run ends."""
    translations: Translations = NO_TRANSLATIONS
    """What the flow's texts are in other languages, by locale."""
    plan: ClassVar[Plan]
    """What the class compiles to; a class without a table is a base for others and has none."""

    state: str

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        before = count()
        with perhaps():
            check_names(cls)
            fields = fields_of(cls, Flow)
            if cls.table != ():
                check_table(cls)
                if count() == before:
                    cls.plan = Plan(cls, fields, Flow)

    @staticmethod
    def migrate(old: Standing) -> Standing:
        """Where a run that stood so under another version stands in this one; as it is, it keeps state and fields."""
        return old

    def to_person(self, turn: Turn) -> None:
        """Give the conversation to a person, as the row for `agent` does."""
        turn.hand_over("the customer asked for a person")

    def fallback(self, turn: Turn) -> None:
        """Called when no row answers a message; says nothing unless a flow overrides it."""

    @classmethod
    def describe(cls) -> Description:
        """The flow as plain data."""
        return cls.plan.describe()
