"""The commands that work beside this process, whole: with the flags that lead them to the same settings."""

import os
import shlex
import sys
from collections.abc import Collection, Sequence

from gateway.settings import without_password

_SAME = ("--config", "--database", "--data-dir")
"""Flags by which a command finds the database; those of secrets are none (gateway/settings)."""


def kept(flags: Sequence[str], names: Collection[str]) -> list[str]:
    """Of a command's flags those of these names, with their values."""
    found = list[str]()
    for place, each in enumerate(flags):
        name, mark, _ = each.partition("=")
        if name in names:
            found += [each] if mark else flags[place : place + 2]
    return found


def command(*words: str) -> str:
    """A `parley` command on the database of this process, as it may be typed; of a password there are but asterisks."""
    flags = [without_password(each) for each in kept(sys.argv[2:], _SAME)]
    config = os.environ.get("PARLEY_CONFIG")
    if config and "--config" not in flags:
        flags += ["--config", config]
    demo = ["--demo"] if sys.argv[1:2] == ["demo"] or "--demo" in sys.argv[2:] else []
    return shlex.join(["parley", *words, *demo, *flags])


def behind(at: str | None, head: str) -> str:
    """What to do where a database is at another schema than this version's."""
    return (
        f"the database is at schema {at or 'none'!r}, this version needs {head!r}: run `{command('migrate')}`"
    )
