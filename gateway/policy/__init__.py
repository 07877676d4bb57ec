"""The policy: pure rules asked in order at the moment of sending, on every path. Nothing leaves without a decision."""

from gateway.policy.decide import RULES, decide, without_channel
from gateway.policy.facts import Facts, Licence, Person, Team, initiated

__all__ = ["RULES", "Facts", "Licence", "Person", "Team", "decide", "initiated", "without_channel"]
