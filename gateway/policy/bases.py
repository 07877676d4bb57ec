"""Which legal basis fits which purpose: asked where a consent is recorded, and again where a send relies on it."""

from gateway.policy.held import ANY, Held
from gateway.policy.pack import standard
from state.model.ids import now_ms


def unfit(purpose: str, basis: str, channel_type: str, held: Held | None = None) -> str:
    """Why a basis does not fit a purpose on a channel of a type ("" for all channels), "" where it does."""
    held = held or standard().as_of(now_ms())
    for each in held.bases.get(purpose, ()):
        if basis in each.fits:
            continue
        if ANY in each.channels or not channel_type or channel_type in each.channels:
            return f"{basis} does not fit {purpose}: {each.says} (fits: {', '.join(each.fits)})"
    return ""
