"""`parley channels terms|accept|tasks`: what is agreed to on a channel, and agreeing to it."""

import argparse
from datetime import UTC, datetime

import msgspec

from gateway.settings import Settings
from gateway.terms import Standing
from state.model.channel import Terms
from state.model.ids import now_ms
from state.store import Store


def declare(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The three commands and their flags."""
    from gateway.cli import with_settings

    terms = actions.add_parser("terms", help="what is agreed to on a channel", allow_abbrev=False)
    accept = actions.add_parser("accept", help="accept a channel's terms", allow_abbrev=False)
    accept.add_argument("--version", default="", help="that is in force or to come; the one in force without")
    tasks = actions.add_parser("tasks", help="channels whose terms wait to be accepted", allow_abbrev=False)
    for each in (terms, accept):
        each.add_argument("id")
    for each in (terms, tasks):
        each.add_argument("--json", action="store_true")
    for each in (terms, accept, tasks):
        with_settings(each)


async def show(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    """Print the version in force, those to come, and whether it is accepted."""
    found = await _standing(store, args.id)
    if args.json:
        print(msgspec.json.encode({**_public(found), "points": found.terms.points}).decode())
        return 0
    print(f"{found.channel}: terms {found.terms.version}, in force from {_day(found.terms.since)}\n")
    _points(found.terms)
    for each in found.history.versions:
        if each.since > found.terms.since:
            print(f"\nfrom {_day(each.since)}: {each.version}")
            _points(each)
    print(f"\n{_said(found)}")
    return 0


def _points(terms: Terms) -> None:
    from connectors.terms_page import SUBJECTS

    for subject, words in SUBJECTS.items():
        for point in terms.points:
            if point.about == subject:
                print(f"* {words}: {point.says}\n  {point.source}")


def _said(found: Standing) -> str:
    """Whether the terms are accepted, and what to do where they are not."""
    if found.acceptance:
        return f"accepted by {found.acceptance.actor} on {_day(found.acceptance.at)}"
    task = found.task
    assert task is not None
    do = f"parley channels accept {found.channel}"
    if task.first:
        return f"not accepted: the channel sends nothing until you run {do}"
    held = "is" if task.held_from <= now_ms() else "will be"
    return f"this version is not accepted: sending {held} held from {_day(task.held_from)} on; run {do}"


async def accept(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    """Accept the terms of a channel as whoever sits at the machine."""
    from admin import operations
    from gateway import terms
    from gateway.cli import Failure

    try:
        done = await terms.accept(store, store, operations.OPERATOR, args.id, args.version)
    except operations.Refused as error:
        raise Failure(str(error)) from error
    print(f"{done.version} is accepted for {args.id}, by {done.actor} on {_day(done.at)}")
    print("a gateway that runs takes it up within a second")
    return 0


async def tasks(store: Store, settings: Settings, args: argparse.Namespace) -> int:
    """Print the channels whose terms wait to be accepted."""
    from gateway import terms

    found = [each for each in await terms.standings(store) if each.task]
    if args.json:
        print(msgspec.json.encode([_public(each) for each in found]).decode())
    elif not found:
        print("nothing waits: the terms of every channel are accepted")
    else:
        for each in found:
            print(f"{each.channel:20} {each.terms.version:24} {_said(each)}")
    return 0


async def _standing(store: Store, name: str) -> Standing:
    from admin.operations import Refused
    from gateway import terms
    from gateway.cli import Failure

    try:
        return await terms.standing(store, name)
    except Refused as error:
        raise Failure(f"there is no channel {name!r}") from error


def _public(found: Standing) -> dict[str, object]:
    task = found.task
    return {
        "channel": found.channel,
        "version": found.terms.version,
        "since": _day(found.terms.since),
        "held_from": None if task is None else datetime.fromtimestamp(task.held_from / 1000, UTC),
        "accepted": [{"version": e.version, "actor": e.actor, "at": e.at} for e in found.acceptances],
    }


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d")
