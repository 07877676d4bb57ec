"""Connecting a channel: the schema of its type, and a try whether its connector accepts the settings."""

from admin import operations
from admin.operations import Actor, NewChannel, Refused
from connectors import registry
from state.model.channel import Channel, Setting
from state.seal import Seal
from state.store import Store


def schema(kind: str) -> tuple[Setting, ...]:
    """The settings of a channel type; raises registry.UnknownType."""
    return registry.connector(kind).settings


async def connect(store: Store, seal: Seal | None, actor: Actor, new: NewChannel) -> None:
    """Connect a channel; raises operations.Refused naming the setting that is wrong, or registry.UnknownType."""
    settings = schema(new.type)
    account_setting = getattr(registry.connector(new.type), "account_setting", "")
    account = new.account or new.settings.get(account_setting, "")
    filled = {each.name: each.default for each in settings if each.default and not each.secret}
    new = new._replace(account=account, settings={**filled, **new.settings})
    trial = Channel(
        id=new.id, type=new.type, account=account, settings=new.settings, credentials=new.secrets,
        simulated=new.simulated,
    )  # fmt: skip
    operations.check(new, settings)
    try:
        registry.connector(new.type)(trial)
    except ValueError as error:
        raise Refused("settings", str(error)) from error
    await operations.add_channel(store, seal, actor, new, settings)
