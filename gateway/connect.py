"""Connecting a channel: the schema of its type, and a try whether its connector accepts the settings."""

from admin import operations, terms
from admin.operations import Actor, Changed, NewChannel, Refused
from admin.teams import FIRST
from connectors import registry
from gateway.channels import open_channel
from state import channels, teams
from state.channels import Record
from state.model.channel import Channel, Setting
from state.seal import Seal
from state.store import Store


def schema(kind: str) -> tuple[Setting, ...]:
    """The settings of a channel type; raises registry.UnknownType."""
    return registry.connector(kind).settings


def door(kind: str, channel_id: str) -> str:
    """The path at which a channel's provider, or its apps, call us; "" where it is we who call."""
    if kind == "inapp":
        return "/v3/directline"
    called = kind not in registry.TYPES or registry.connector(kind).webhooks
    return f"/webhooks/{channel_id}" if called else ""


async def change(store: Store, seal: Seal | None, actor: Actor, changed: Changed) -> None:
    """Change a channel's settings or secrets; raises operations.Refused, SealError where its own cannot be opened."""
    found = next((Record(*row) for row in await store.read(channels.LIST) if row[0] == changed.id), None)
    if found is None:
        raise Refused("id", f"there is no channel {changed.id!r}")
    old = open_channel(found, seal)
    new = NewChannel(
        old.id, old.type, {**old.settings, **changed.settings}, {**old.credentials, **changed.secrets}, old.account,
        old.team, old.simulated, old.flow if changed.flow is None else changed.flow,
    )  # fmt: skip
    new = new._replace(account=_account(new) or old.account)
    _tried(new)
    await operations.change_channel(store, seal, actor, new, found.created_at, changed.reason)


def _account(new: NewChannel) -> str:
    """Our id at the provider, where one of the settings is it."""
    return new.settings.get(getattr(registry.connector(new.type), "account_setting", ""), "")


def _tried(new: NewChannel) -> None:
    """Try whether the connector takes the settings; raises Refused."""
    operations.check(new, schema(new.type))
    trial = Channel(
        id=new.id, type=new.type, account=new.account, settings=new.settings, credentials=new.secrets,
        simulated=new.simulated,
    )  # fmt: skip
    try:
        registry.connector(new.type)(trial)
    except ValueError as error:
        name, _, reason = str(error).partition(": ")
        raise (Refused(name, reason) if reason else Refused("settings", name)) from error


async def connect(
    store: Store, seal: Seal | None, actor: Actor, new: NewChannel, *, accept: bool = False
) -> None:
    """Connect a channel; raises operations.Refused naming the setting that is wrong, or registry.UnknownType.

    With `accept` the actor accepts the version of its terms that is in force; without, it sends nothing until
    somebody does.
    """
    if new.team != FIRST and all(new.team != row[0] for row in await store.read(teams.LIST)):
        raise Refused("team", f"there is no team {new.team!r}: parley teams add {new.team}")
    settings = schema(new.type)
    account = new.account or _account(new)
    filled = {each.name: each.default for each in settings if each.default and not each.secret}
    new = new._replace(account=account, settings={**filled, **new.settings})
    _tried(new)
    await operations.add_channel(store, seal, actor, new, settings)
    if accept:
        await terms.accept(store, actor, new.id, registry.connector(new.type).history.current())
