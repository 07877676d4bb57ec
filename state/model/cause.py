"""Why a message is sent: what the policy must know of it beside whom it is for and what it says."""

from functools import lru_cache

import msgspec

from state.model.base import Value
from state.model.consent import Purpose


class Cause(Value, frozen=True, kw_only=True):
    """Why a message is sent; left out where all is as usual, an answer of a bot.

    `flow` and `campaign` are what a suspension may be about, `actor` is who asked for it where no flow did; `run` is
    that of the flow that is told where the message fails (0: none is). `confirms` is the fact (a withdrawal) that this
    message confirms to its customer: allowed once, shortly after it. `tells` is the version of the notice it is: who
    has access to what is exchanged on the channel; one that goes `later` counts as given no sooner than it is, and is
    left out where its customer was given another by then. `helps`: it answers the customer's HELP, also where
    they have stopped us.
    """

    purpose: Purpose = "service"
    flow: str = ""
    campaign: str = ""
    actor: str = ""
    confirms: str = ""
    tells: str = ""
    run: int = 0
    later: bool = False
    helps: bool = False

    @property
    def ours(self) -> bool:
        """Whether Parley itself says it, and no flow."""
        return self.actor == OURS


OURS = "parley"
"""The actor of what Parley itself says."""
ANSWER = Cause()
"""A bot's answer, without more to be said of it."""

_FEW = 4096
"""Causes are few: flows and campaigns times purposes. Those of confirmations come and go."""
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Cause).decode


@lru_cache(_FEW)
def of_flow(flow: str, purpose: Purpose = "service", run: int = 0) -> Cause:
    """The cause of what a flow says; `run` is to be told where it fails."""
    return Cause(flow=flow, purpose=purpose, run=run)


@lru_cache(_FEW)
def written(cause: Cause) -> str:
    """A cause as it is kept (JSON); "" for a plain answer."""
    return _encode(cause).decode() if cause != ANSWER else ""


@lru_cache(_FEW)
def read(text: str) -> Cause:
    """A cause as it was kept."""
    return _decode(text) if text else ANSWER
