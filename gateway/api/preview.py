"""What a message would be on several channels, before anything is sent: the parts a customer gets, and what is lost."""

from collections.abc import Mapping
from typing import Any

from gateway.api import aim
from gateway.api.aim import Aim
from gateway.api.asks import PreviewMessage
from gateway.api.endpoint import Answer, Call, Nothing
from gateway.channels import Live
from gateway.degrade import Loss
from gateway.problems import Problem
from state.model.content import Content
from state.model.turn import Say
from state.model.wire import File

_PATHS = {"tel": "+15550100", "mailto": "customer@example.com"}
"""An address of the scheme that nobody has; digits elsewhere."""


class Fault(Answer, frozen=True, kw_only=True):
    """Why a channel cannot take the message, and the field at fault."""

    code: str
    detail: str
    field: str


class Preview(Answer, frozen=True, kw_only=True):
    """What one channel would show: `parts` in their order, `warnings` of what is shown otherwise.

    `problem` is set where it would be refused.
    """

    channel: str
    type: str
    parts: tuple[Content, ...]
    warnings: tuple[Loss, ...]
    problem: Fault | None


class Previews(Answer, frozen=True, kw_only=True):
    """One preview a channel, in the order asked for."""

    items: tuple[Preview, ...]


async def preview(call: Call[Nothing, PreviewMessage]) -> Previews:
    """Shape a message for each channel, and let its connector write it as far as its first call."""
    names = call.body.channels or tuple(live.channel.id for live in call.gateway.channels)
    files = await aim.files(call.gateway, call.body.content)
    return Previews(items=tuple(_one(call, n, name, files) for n, name in enumerate(names)))


def _one(call: Call[Nothing, PreviewMessage], n: int, name: str, files: Mapping[str, File]) -> Preview:
    live = call.gateway.channels.get(name)
    if live is None:
        raise Problem("unknown_channel", f"there is no channel {name!r}", field=f"channels[{n}]")
    scheme = live.connector.capabilities.schemes[0]
    target = Aim(live, (f"{scheme}:{_PATHS.get(scheme, '15550100')}",))
    try:
        shaped = aim.check(target, Say(call.body.content, native=call.body.native), call.gateway.link, files)
    except Problem as error:
        return _preview(live, problem=Fault(code=error.code, detail=error.detail, field=error.field))
    return _preview(live, parts=shaped.parts, warnings=shaped.losses)


def _preview(live: Live, **found: Any) -> Preview:
    empty: dict[str, Any] = {"parts": (), "warnings": (), "problem": None}
    return Preview(channel=live.channel.id, type=live.channel.type, **(empty | found))
