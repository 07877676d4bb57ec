"""Loading bots anew while they are written: the process starts again when a file of theirs was saved and loads."""

import asyncio
import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from conversations.bot import Bot
from gateway.beside import kept

log = logging.getLogger("parley.reload")
_POLL = 0.5
"""Seconds between two looks at the files."""
_BOTS = ("--bots", "--bot-path", "--config")
"""The flags that say which bots there are."""


async def saved(bots: Iterable[Bot], folder: str) -> None:
    """Wait until a file of the bots was saved, and all bots can be loaded as their files are now."""
    seen = _stamps(bots, folder)
    while True:
        await asyncio.sleep(_POLL)
        now = _stamps(bots, folder)
        if now != seen:
            seen = now
            if await _loads():
                return


def _stamps(bots: Iterable[Bot], folder: str) -> dict[str, float]:
    """When the files of the bots, and what stands beside them, were saved."""
    files = {Path(file) for bot in bots for file in bot.files}
    files |= {file for each in files for file in each.parent.glob("*.py")}
    if folder:
        files |= set(Path(folder).glob("*.py")) | set(Path(folder).glob("*.toml"))
    return {str(file): file.stat().st_mtime for file in files if file.is_file()}


async def _loads() -> bool:
    """Whether the bots load, in a process of their own; what is wrong is logged, and the old ones go on."""
    trial = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway", "check", *kept(sys.argv[2:], _BOTS),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await trial.communicate()
    lines = told.decode("utf-8", "replace").strip().splitlines()
    if trial.returncode == 2:
        log.error("not loaded, the bots before go on: %s", "; ".join(lines[:3]))
        return False
    for line in lines[:-1]:
        log.warning("%s", line)
    return True


def again() -> None:
    """Begin this very command again, in this process' place."""
    log.warning("a bot was saved: starting again")
    os.execv(sys.executable, [sys.executable, "-m", "gateway", *sys.argv[1:]])  # noqa: S606 - ourselves
