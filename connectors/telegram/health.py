"""Whether a bot is set up at Telegram (Bot API: getMe, getWebhookInfo)."""

from collections.abc import Iterator
from typing import Any

from connectors.contract import Finding

_NEEDED = {"message", "callback_query", "my_chat_member"}


def findings(info: Any, address: str) -> Iterator[Finding]:
    """What getWebhookInfo tells."""
    known = info if isinstance(info, dict) else {}
    used, error, waiting = (known.get(name) for name in ("url", "last_error_message", "pending_update_count"))
    if used != address:
        yield Finding(
            "webhook",
            f"Telegram sends to {used or 'nowhere'}: call setWebhook with {address} and the secret_token",
        )
    elif error and waiting:
        yield Finding("webhook", f"{waiting} updates wait, for the last one failed: {str(error)[:200]}")
    else:
        yield Finding("webhook")
    allowed = known.get("allowed_updates")
    missing = sorted(_NEEDED - set(map(str, allowed))) if isinstance(allowed, list) and allowed else []
    wrong = (
        f"these kinds are left out: {', '.join(missing)}; name them in setWebhook's allowed_updates"
        if missing
        else ""
    )
    yield Finding("updates", wrong)
