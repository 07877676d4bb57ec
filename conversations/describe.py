"""A flow as plain data, for checks, diagrams and comparisons: what a table, a file or an editor may come to be."""

from state.model.base import Value


class Row(Value, frozen=True):
    """A row of the table: the states it holds in, and guard and action by name; `says` is what it says, in words."""

    trigger: str
    sources: tuple[str, ...]
    target: str
    guard: str = ""
    action: str = ""
    says: str = ""


class Description(Value, frozen=True, kw_only=True):
    """A flow: `about` is its docstring, `fields` are names and types, `effects` names and time limits in seconds.

    `prompts` are what states ask, in words; `keywords` and what follows is what begins it.
    """

    name: str
    version: str
    about: str
    start: str
    states: tuple[str, ...]
    final: tuple[str, ...]
    rows: tuple[Row, ...]
    entered: dict[str, str]
    left: dict[str, str]
    fields: dict[str, str]
    effects: dict[str, float]
    keywords: tuple[str, ...]
    channels: tuple[str, ...]
    answers_first_message: bool
    prompts: dict[str, str] = {}
    locales: tuple[str, ...] = ()
    referrals: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    campaigns: tuple[str, ...] = ()
