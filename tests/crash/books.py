"""What all sides of a run write down, and what is found in it."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

Kind = Literal["lost", "doubled", "backwards"]


class Finding(NamedTuple):
    """One broken promise, in words."""

    kind: Kind
    what: str


class Taken(NamedTuple):
    """What the provider took: our message's id, the words, the id it was given, and whom it was for."""

    ours: str
    text: str
    wamid: str
    to: str = ""


class Receipt(NamedTuple):
    """A status the gateway answered with 2xx; `carried` says whether our message id rode along."""

    ours: str
    word: str
    carried: bool


class Kept(NamedTuple):
    """A message as the database has it; `facts` are the names of those known, `talk` is its conversation."""

    id: str
    direction: str
    text: str
    provider_id: str
    outcome: str
    facts: frozenset[str]
    talk: str = ""


class Books(NamedTuple):
    """What the three sides wrote down at the end of a run.

    `accepted` are each customer's texts that got a 2xx, in the order they were sent. For the customers in `loose` that
    order is not known: their webhooks overtook one another. `left` counts the rows of queues that should be empty,
    `cut` is how many sends can have been cut off at most: by a kill, or by the provider.
    """

    accepted: Mapping[str, Sequence[str]]
    loose: frozenset[str]
    taken: Sequence[Taken]
    receipts: Sequence[Receipt]
    kept: Sequence[Kept]
    left: Mapping[str, int]
    cut: int
