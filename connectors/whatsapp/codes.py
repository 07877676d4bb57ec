"""WhatsApp's error codes and account events, and what each asks of us (Meta: Cloud API error codes, account_update)."""

from state.model.action import Action

_BY_ACTION: dict[Action, tuple[int, ...]] = {
    Action.AUTH: (0, 190, 3, 10, 131005),
    Action.RETRY: (1, 2, 131000, 131016, 135000, 131052, 131053, 131057),
    Action.THROTTLE: (4, 80007, 130429, 131056, 132069),
    Action.WARN: (131048, 132007, 132015, 132016, 131207),
    Action.SUSPEND: (131064, 368, 131031),
    Action.CONFIG: (133016, 131030, 131037, 131042, 131044, 131045, 133010, 131063),
    Action.FAIL_RCPT: (130497, 131026),
    Action.FAIL_MSG: (
        131021, 130472, 131008, 131009, 100, 33, 131051, 131062, 132000, 132005, 132008, 132012, 132018, 132001,
        132068, 137000, *range(131020, 131021), *range(139100, 139104), *range(138000, 138019),
        *(code for code in range(131201, 131216) if code != 131207),
    ),
    Action.WINDOW: (131047, 131049),
    Action.CONSENT: (131050,),
}  # fmt: skip

ACTIONS: dict[int, Action] = {code: action for action, codes in _BY_ACTION.items() for code in codes}
"""Every code there is a rule for."""

PAIR = frozenset({131056})
"""Codes that slow down one recipient only."""

ACCOUNT_EVENTS: dict[str, str] = {
    "ACCOUNT_VIOLATION": "SUSPEND",
    "ACCOUNT_RESTRICTION": "SUSPEND",
    "DISABLED_UPDATE": "SUSPEND",
    "ACCOUNT_DELETED": "SUSPEND",
    "ACCOUNT_OFFBOARDED": "SUSPEND",
    "PARTNER_REMOVED": "SUSPEND",
    "PARTNER_APP_UNINSTALLED": "SUSPEND",
}
"""`account_update` events that ask for more than being noted."""
