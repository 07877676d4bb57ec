"""Every channel type there is: one line each, imported when first used."""

from importlib import import_module
from typing import cast

from connectors.contract import Connector, Simulator

TYPES: dict[str, tuple[str, str]] = {
    "http": ("connectors.http:Http", "connectors.http.simulator:HttpSimulator"),
    "inapp": ("connectors.inapp:InApp", ""),
    "instagram": ("connectors.instagram:Instagram", "connectors.instagram.simulator:InstagramSimulator"),
    "kannel": ("connectors.kannel:Kannel", "connectors.kannel.simulator:KannelSimulator"),
    "messenger": ("connectors.messenger:Messenger", "connectors.messenger.simulator:MessengerSimulator"),
    "smpp": ("connectors.smpp:SMPP", "connectors.smpp.simulator:SmppSimulator"),
    "telegram": ("connectors.telegram:Telegram", "connectors.telegram.simulator:TelegramSimulator"),
    "twilio": ("connectors.twilio:Twilio", "connectors.twilio.simulator:TwilioSimulator"),
    "vonage": ("connectors.vonage:Vonage", "connectors.vonage.simulator:VonageSimulator"),
    "wechat": ("connectors.wechat:WeChat", "connectors.wechat.simulator:WeChatSimulator"),
    "whatsapp": ("connectors.whatsapp:WhatsApp", "connectors.whatsapp.simulator:WhatsAppSimulator"),
    "x": ("connectors.x:X", "connectors.x.simulator:XSimulator"),
}
"""Type -> connector, simulator (empty where the channel needs none)."""
CARRIED = {"sms": "twilio"}
"""What several types carry, and the one that stands for them where a bot is tried or checked."""


class UnknownType(ValueError):
    """There is no such channel type."""


def connector(kind: str) -> type[Connector]:
    """The connector class of a type; raises UnknownType."""
    return cast(type[Connector], _load(_line(kind)[0]))


def simulator(kind: str) -> type[Simulator]:
    """The simulator class of a type; raises UnknownType where there is none."""
    name = _line(kind)[1]
    if not name:
        raise UnknownType(f"the channel type {kind!r} has no simulator")
    return cast(type[Simulator], _load(name))


def _line(kind: str) -> tuple[str, str]:
    if kind not in TYPES:
        raise UnknownType(f"{kind!r} is no channel type; there are {', '.join(sorted(TYPES))}")
    return TYPES[kind]


def _load(name: str) -> object:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)
