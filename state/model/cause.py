"""Why a message is sent: what the policy must know of it beside whom it is for and what it says."""

from state.model.base import Value
from state.model.consent import Purpose


class Cause(Value, frozen=True, kw_only=True):
    """Why a message is sent; left out where all is as usual, an answer of a bot.

    `flow` and `campaign` are what a suspension may be about, `actor` is who asked for it where no flow did. `confirms`
    is the fact (a withdrawal) that this message confirms to its customer: allowed once, shortly after it. `tells` is
    the version of the notice this message is: who has access to what is exchanged on the channel.
    """

    purpose: Purpose = "service"
    flow: str = ""
    campaign: str = ""
    actor: str = ""
    confirms: str = ""
    tells: str = ""


ANSWER = Cause()
"""A bot's answer, without more to be said of it."""
