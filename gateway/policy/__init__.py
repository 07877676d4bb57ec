"""The policy: pure rules asked in order at the moment of sending, on every path. Nothing leaves without a decision."""

from gateway.policy.ages import BadDate, years_old
from gateway.policy.codes import CODES
from gateway.policy.contents import subjects
from gateway.policy.decide import RULES, decide, without_channel
from gateway.policy.facts import Facts, Licence, Person, Team, initiated
from gateway.policy.held import Held
from gateway.policy.pack import BadPack, Pack, load, standard, warm
from gateway.policy.words import Meaning, meaning

__all__ = [
    "CODES", "RULES", "BadDate", "BadPack", "Facts", "Held", "Licence", "Meaning", "Pack", "Person", "Team", "decide",
    "initiated", "load", "meaning", "standard", "subjects", "warm", "without_channel", "years_old",
]  # fmt: skip
