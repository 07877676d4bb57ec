"""WhatsApp's error codes and account events, and what each asks of us (Meta: Cloud API error codes, account_update)."""

from connectors.graph.errors import GraphError, Rule
from state.model.action import Action

DAY, MINUTE = 86_400, 60

_BY_ACTION: dict[Action, tuple[int, ...]] = {
    Action.AUTH: (0, 3, 10, 190, 131005),
    Action.RETRY: (1, 2, 131000, 131016),
    Action.THROTTLE: (4, 80007, 130429),
    Action.WARN: (130497, 131048, 131207, 132007, 132015, 132016),
    Action.SUSPEND: (368, 131031, 131064),
    Action.CONFIG: (131030, 131037, 131042, 131044, 131045, 131063, 133010, 133016),
    Action.FAIL_MSG: (
        33, 100, 130472, 131008, 131009, 131021, 131051, 131062, 132000, 132001, 132005, 132008, 132012, 132018,
        132068, 132069, 137000,
    ),
    Action.WINDOW: (131047,),
    Action.CONSENT: (131050,),
}  # fmt: skip

RULES: dict[int, Rule] = {
    **{code: Rule(action) for action, codes in _BY_ACTION.items() for code in codes},
    131056: Rule(Action.THROTTLE, pair=True),
    131057: Rule(Action.RETRY, wait=MINUTE),
    131049: Rule(Action.WINDOW, wait=DAY),
    # Why it cannot be delivered stays hidden, so it is tried again before the address is taken for dead.
    131026: Rule(Action.FAIL_RCPT, tries=2),
    131052: Rule(Action.FAIL_MSG, tries=2),
    131053: Rule(Action.FAIL_MSG, tries=2),
    135000: Rule(Action.FAIL_MSG, tries=2),
}
"""Every code that has a rule of its own."""

RANGES: tuple[tuple[range, Rule], ...] = (
    (range(200, 300), Rule(Action.AUTH)),
    (range(131020, 131216), Rule(Action.FAIL_MSG)),
    (range(138000, 138019), Rule(Action.FAIL_MSG)),
    (range(139100, 139104), Rule(Action.FAIL_MSG)),
)
"""Codes that go together: permissions, groups, calls, the block list."""


def rule_of(found: GraphError) -> Rule | None:
    """The rule of an error; None where Meta's list does not know it."""
    return RULES.get(found.code) or next((rule for codes, rule in RANGES if found.code in codes), None)


ACCOUNT_EVENTS: dict[str, Action] = {
    "ACCOUNT_VIOLATION": Action.SUSPEND,
    "ACCOUNT_RESTRICTION": Action.SUSPEND,
    "DISABLED_UPDATE": Action.SUSPEND,
    "ACCOUNT_DELETED": Action.SUSPEND,
    "ACCOUNT_OFFBOARDED": Action.SUSPEND,
    "PARTNER_REMOVED": Action.SUSPEND,
    "PARTNER_APP_UNINSTALLED": Action.SUSPEND,
}
"""`account_update` events that ask for more than being noted."""

RESTRICTED: tuple[tuple[str, str], ...] = (
    ("CALLING", ""),
    ("ADD_PHONE_NUMBER", ""),
    ("CUSTOMER_INITIATED_MESSAGING", "outbound"),
    ("BIZ_INITIATED_MESSAGING", "business_initiated"),
    ("UTILITY_TEMPLATES", "business_initiated"),
)
"""A word in a restriction's type, and the direction of sending it closes; empty: none of ours."""
