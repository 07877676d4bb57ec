"""Faults a simulated provider can be given: what it does to our calls and to the webhooks it sends.

Each lasts for a number of calls or webhooks, or until it is cleared.
"""

from typing import Literal, get_args

from connectors.contract import Refusal

Trouble = Literal["duplicates", "reordering", "delay", "hanging"]
"""What may befall any wire, whoever the provider is."""
REFUSALS: tuple[Refusal, ...] = get_args(Refusal)
TROUBLES: tuple[Trouble, ...] = get_args(Trouble)
UNDELIVERABLE = "undeliverable"
"""The next message does not get to its customer: the provider's end has it, so it is not cleared here."""
NAMES: tuple[str, ...] = (*TROUBLES, *REFUSALS, UNDELIVERABLE)
MOST = 100
"""How many messages may be made undeliverable at once."""
DELAY = 2.0
"""Seconds a delayed webhook waits, and one that others overtake."""
HANG = 60.0
"""Seconds a hanging call is kept without an answer; longer than any call of ours waits."""


class Faults:
    """The faults of one simulated channel, by name, with the times each is still to happen."""

    def __init__(self) -> None:
        self.left: dict[str, int] = {}

    def set(self, name: str, times: int) -> None:
        """Let a fault happen so many times from now on; 0 clears it. Raises ValueError where that cannot be."""
        if name not in NAMES:
            raise ValueError(f"{name!r} is no fault; there are {', '.join(NAMES)}")
        if times < 0:
            raise ValueError(f"{times} times: a fault happens once or more; 0 clears it")
        self.left.pop(name, None)
        if times:
            self.left[name] = times

    def clear(self) -> None:
        """No fault from now on."""
        self.left.clear()

    def strikes(self, name: Trouble | Refusal) -> bool:
        """Whether this fault happens now; it counts."""
        left = self.left.get(name, 0)
        if left:
            self.set(name, left - 1)
        return bool(left)

    def refusal(self) -> Refusal | None:
        """The way the provider refuses this call; it counts."""
        for name in REFUSALS:
            if self.strikes(name):
                return name
        return None
