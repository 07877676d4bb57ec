"""`parley check`: look at bots without running them, and say what would leave a customer stuck, by file and line."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from conversations.bot import Bot
from conversations.check import Found, Shows, check
from conversations.errors import FlowError
from conversations.loading import add_folder, load_whole
from conversations.router import compiled
from conversations.source import Place
from gateway import settings as settings_module
from gateway.cli.open import values
from gateway.degrade import shape
from state.model.content import Content, Media


def declare(name: str, command: argparse.ArgumentParser) -> None:
    """The bots, the channels to look at them for, and the form of what is printed."""
    from gateway.cli import with_settings

    command.add_argument("bot", nargs="*", help="module:Class or file.py:Class; none: those of the settings")
    command.add_argument(
        "--channel", action="append", default=[], metavar="TYPE", help="also say what this type cannot show"
    )
    command.add_argument("--strict", action="store_true", help="warnings are errors")
    command.add_argument("--json", action="store_true", help="print the findings as JSON")
    with_settings(command)


def run(args: argparse.Namespace) -> int:
    """Print a line for each finding; gives 1 where there is an error, 2 where no bot can be looked at."""
    settings = settings_module.read(args.config, flags=values(args))
    if not (args.bot or settings.bots):
        print("no bot: name one, or set bots", file=sys.stderr)
        return 2
    found, broken, count = list[Found](), False, 0
    for name in args.bot or settings.bots:
        bots, errors = _load(name, settings.bot_path)
        found += (_broken(name, each) for each in errors)
        found += (each for bot in bots for each in check(bot, _shows(args.channel, bot)))
        count, broken = count + len(bots), broken or bool(errors)
    if args.json:
        print(msgspec.json.encode(found).decode())
    else:
        _print(found, count)
    if broken:
        return 2
    return 1 if any(args.strict or each.level == "error" for each in found) else 0


def _load(name: str, folder: str) -> tuple[list[Bot], list[FlowError]]:
    """The bots of a name, and what is wrong with those that cannot be loaded."""
    try:
        if folder:
            add_folder(folder)
        flows, errors = load_whole(name, folder)
        return [compiled(each) for each in flows], errors
    except FlowError as error:
        return [], [error]


def _broken(name: str, error: FlowError) -> Found:
    """What cannot be loaded: where it goes wrong, or else the file that was named; neither is said twice."""
    file, line = error.place
    said = str(error).removeprefix(f"bots: {name!r}: ")
    if line:
        said = re.sub(rf" \((?:[^()]*/)?{re.escape(Path(file).name)}(?::|, line ){line}\)", "", said)
    named = name if name.endswith(".py") else name.rpartition(":")[0]
    place = Place(file, line) if file else Place(named if named.endswith(".py") else "")
    return Found(name, place, "error", "broken", said)


def _print(found: list[Found], bots: int) -> None:
    for each in found:
        print(each)
    errors = sum(each.level == "error" for each in found)
    warnings = sum(each.level == "warning" for each in found)
    print(", ".join((_many(bots, "bot"), _many(errors, "error"), _many(warnings, "warning"))))


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _shows(types: Iterable[str], bot: Bot) -> list[tuple[str, Shows]]:
    return [(each, _looks(each)) for each in dict.fromkeys(types) or sorted(bot.entry.channels & _types())]


def _types() -> frozenset[str]:
    from connectors import registry

    return frozenset(registry.TYPES)


def _looks(kind: str) -> Callable[[Content], Iterator[str]]:
    """What a type of channel cannot show of a content."""
    from connectors import registry
    from gateway.cli import Failure

    if registry.CARRIED.get(kind, kind) not in _types():
        raise Failure(f"there is no type of channel {kind!r}; there is: {', '.join(sorted(_types()))}")
    can = registry.connector(registry.CARRIED.get(kind, kind)).capabilities

    def looks(content: Content) -> Iterator[str]:
        for loss in shape(content, can, _link).losses:
            yield loss.reason

    return looks


def _link(_: Media) -> str:
    return "https://example.org/file"
