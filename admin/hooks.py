"""Hooks, as operations: who is told of what happens, with which secret, and what became of it."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec

from admin.operations import Actor, Refused, Writes
from state import audit, deliveries, hooks
from state.hooks import Delivery, Hook, NoHook, TooMany
from state.model.ids import new_id, now_ms
from state.model.occurrence import TYPES
from state.seal import Seal
from state.writer import Op

SCOPE = "hooks:write"
_LONGEST = 2000


class NewHook(NamedTuple):
    """A hook to make: its address, what it wants to be told of, and for which team ("": all).

    With `private` its address may be one without TLS: whoever allows private addresses keeps to a network of their own.
    """

    url: str
    events: Sequence[str]
    team: str = ""
    private: bool = False


async def add(store: Writes, seal: Seal | None, actor: Actor, new: NewHook) -> Hook:
    """Make a hook with a fresh secret, which `reveal` shows. Raises Refused."""
    actor.needs(SCOPE)
    _check_url(new.url, private=new.private)
    _check_events(new.events)
    key = new_id(0)
    secrets = hooks.sealed((hooks.new_secret(),), _sealing(seal), key)
    events = msgspec.json.encode(tuple(dict.fromkeys(new.events))).decode()
    one = Hook(key, new.url, secrets, events, new.team, now_ms(), None, "", 0)
    try:
        return await store.alone(hooks.add, one, actor.name)
    except TooMany as error:
        raise Refused("url", str(error)) from error
    except NoHook as error:
        raise Refused("team", str(error)) from error


def _sealing(seal: Seal | None) -> Seal:
    if seal is None:
        raise Refused("seal_key", "secrets cannot be sealed without one: set seal_key or seal_key_file")
    return seal


def _check_url(url: str, *, private: bool) -> None:
    """Raise Refused where an address cannot be a hook's."""
    try:
        parts = urlsplit(url)
        whole = bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        whole = False
    allowed = ("https", "http") if private else ("https",)
    if not whole or not url.isascii() or not url.isprintable() or " " in url or len(url) > _LONGEST:
        raise Refused(
            "url", f"is no address: https://HOST/… of at most {_LONGEST} ASCII characters is expected"
        )
    if parts.scheme not in allowed:
        raise Refused("url", "must begin with https:// (http:// is taken where allow_private_urls is on)")
    if parts.username or parts.password or parts.fragment:
        raise Refused("url", "may hold no name, no password and no fragment: the signature says who calls")


def _check_events(events: Sequence[str]) -> None:
    """Raise Refused where a type or a group of types is not known."""
    groups = dict.fromkeys(f"{each.partition('.')[0]}.*" for each in TYPES)
    if not events:
        raise Refused("events", f"none is named; there are {', '.join(TYPES)}")
    for each in events:
        if each != "*" and each not in TYPES and each not in groups:
            raise Refused("events", f"{each!r} is none of {', '.join(TYPES)}, and of {', '.join(groups)}, *")


async def remove(store: Writes, actor: Actor, hook_id: str, reason: str = "") -> Hook:
    """Take a hook away. Raises NoHook."""
    actor.needs(SCOPE)
    return await store.alone(hooks.remove, hook_id, actor.name, reason)


async def disable(store: Writes, actor: Actor, hook_id: str, reason: str) -> Hook:
    """Call a hook no more until it is enabled; what happens meanwhile waits for it. Raises NoHook."""
    actor.needs(SCOPE)
    return await store.alone(hooks.disable, hook_id, actor.name, reason)


async def enable(store: Writes, actor: Actor, hook_id: str, reason: str = "") -> Hook:
    """Call a hook again, and tell it all that waits. Raises NoHook."""
    actor.needs(SCOPE)
    return await store.alone(hooks.enable, hook_id, actor.name, reason)


async def rotate(store: Writes, seal: Seal | None, actor: Actor, hook_id: str, reason: str = "") -> Hook:
    """Give a hook a fresh secret; the one before signs beside it for a day. Raises NoHook, Refused, SealError."""
    actor.needs(SCOPE)
    return await store.alone(hooks.rotate, hook_id, _sealing(seal), actor.name, reason)


async def reveal(store: Writes, seal: Seal | None, actor: Actor, hook_id: str) -> str:
    """The newest secret of a hook; that it was shown is noted. Raises NoHook, Refused, SealError."""
    actor.needs(SCOPE)
    opening = _sealing(seal)

    def shown() -> Op[str]:
        one = yield from hooks.find(hook_id)
        yield from audit.note(actor.name, "show_hook_secret", hook_id)
        return hooks.opened(one, opening)[0].key

    return await store.alone(shown)


async def trial(store: Writes, actor: Actor, hook_id: str, source: str) -> Delivery:
    """Tell one hook something, to try it; `source` is our address. Raises NoHook."""
    actor.needs(SCOPE)
    return await store.alone(hooks.trial, hook_id, source, actor.name)


async def redeliver(store: Writes, actor: Actor, delivery_id: str, reason: str = "") -> Delivery:
    """Tell a hook once more what it was, or was not, told. Raises deliveries.NoDelivery."""
    actor.needs(SCOPE)
    return await store.alone(deliveries.redeliver, delivery_id, actor.name, reason)


async def redeliver_failed(store: Writes, actor: Actor, hook_id: str, reason: str = "") -> int:
    """Tell a hook once more all that failed; gives how many. Raises NoHook."""
    actor.needs(SCOPE)
    return await store.alone(deliveries.redeliver_failed, hook_id, actor.name, reason)
