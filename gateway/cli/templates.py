"""`parley channels templates NAME`: which templates the provider has for a channel; their categories are kept."""

import argparse

import msgspec

from gateway.cli.open import seal_of
from gateway.settings import Settings
from state import templates
from state.model.channel import ProviderTemplate
from state.model.ids import now_ms
from state.store import Store


def declare(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command and its flags."""
    from gateway.cli import with_settings

    command = actions.add_parser("templates", help="a channel's templates, as its provider has them now")
    command.add_argument("id")
    command.add_argument("--json", action="store_true")
    with_settings(command)


async def show(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    """Ask the provider, keep the categories for the rules, and print what there is."""
    found = await _asked(store, settings, args.id)
    await store.write(templates.keep, args.id, found, now_ms())
    if args.json:
        print(msgspec.json.encode(found).decode())
        return 0
    for each in found:
        print(f"{each.name:40} {each.language:8} {each.category or 'no category':16} {each.status}")
    print(f"{len(found)} templates; a gateway that runs knows their categories within 5 seconds")
    return 0


async def _asked(store: Store, settings: Settings, name: str) -> tuple[ProviderTemplate, ...]:
    from gateway import calls
    from gateway.channels import Channels
    from gateway.cli import Failure
    from gateway.logs import redactor
    from gateway.wake import Wake
    from gateway.wire import Wire
    from state.model.wire import Undelivered

    channels = Channels(store, Wake(), seal_of(settings))
    await channels.load()
    live = channels.get(name)
    if live is None:
        raise Failure(f"channel {name}: {channels.broken.get(name, 'there is none of that name')}")
    if live.channel.simulated:
        raise Failure(f"channel {name}: it is simulated, so there is no provider that has templates")
    if not hasattr(live.connector, "templates"):
        raise Failure(f"channel {name}: {live.channel.type} has no list of templates")
    wire = Wire(allow_private=settings.allow_private_urls)
    try:
        found: tuple[ProviderTemplate, ...] = await calls.ask(live.connector.templates(), wire.perform)
    except Undelivered as error:
        why = redactor.hide(f"{error.code}: {error.reason or 'no reason given'}")
        raise Failure(f"channel {name}: the provider does not tell its templates ({why})") from error
    finally:
        await wire.close()
    return found
