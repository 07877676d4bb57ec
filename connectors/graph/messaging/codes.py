"""Error codes of Meta's messaging, and what each asks of us (Meta: Messenger Platform, Instagram messaging: errors)."""

from connectors.graph.errors import GraphError, Rule
from state.model.action import Action

_BY_ACTION: dict[Action, tuple[int, ...]] = {
    Action.AUTH: (3, 10, 190, 200, 230),
    Action.THROTTLE: (4, 17, 32, 613, 80006),
    Action.SUSPEND: (368,),
    # The customer has turned messages of ours off, whatever the subcode says.
    Action.CONSENT: (551,),
    Action.FAIL_MSG: (100, 506, 9007),
}
RULES: dict[int, Rule] = {
    **{code: Rule(action) for action, codes in _BY_ACTION.items() for code in codes},
    1: Rule(Action.FAIL_MSG, tries=3),
    1200: Rule(Action.FAIL_MSG, tries=3),
    # Also what Meta answers where the customer has blocked the page, so it is not tried for ever.
    2: Rule(Action.FAIL_RCPT, tries=3),
}
"""Codes, whatever their subcode."""

SUBCODES: dict[tuple[int, int], Rule] = {
    (10, 2018065): Rule(Action.WINDOW),
    (10, 2018278): Rule(Action.WINDOW),
    (10, 2018300): Rule(Action.WINDOW),
    (10, 2534022): Rule(Action.WINDOW),
    (10, 2018108): Rule(Action.FAIL_RCPT, tries=1),
    (10, 1893063): Rule(Action.SUSPEND),
    (100, 33): Rule(Action.FAIL_MSG),
    (100, 2018109): Rule(Action.FAIL_MSG),
    (100, 2018001): Rule(Action.FAIL_RCPT),
    (100, 2534014): Rule(Action.FAIL_RCPT),
    (100, 2534037): Rule(Action.FAIL_RCPT),
    (100, 2018047): Rule(Action.FAIL_MSG, tries=2),
    (100, 2018008): Rule(Action.FAIL_MSG, tries=2),
    (200, 1545041): Rule(Action.CONSENT),
    (551, 1545041): Rule(Action.CONSENT),
    (200, 2018028): Rule(Action.CONFIG),
    # The customer has not agreed that we ask who they are.
    (230, 2018218): Rule(Action.FAIL_RCPT),
}
"""Codes whose subcode asks for something of its own."""


def rule_of(found: GraphError) -> Rule | None:
    """The rule of an error; None where Meta's list does not know it."""
    return SUBCODES.get((found.code, found.subcode)) or RULES.get(found.code)
