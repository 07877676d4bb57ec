"""`parley quarantine`: what could not be read is listed, shown, and read again."""

import asyncio
from pathlib import Path

import msgspec

from state import inbox
from state.inbox import Envelope
from state.model.wire import Problem, Request
from state.statements import Query
from state.store import Store
from state.tables import event
from tests.cli.conftest import Run
from tests.cli.test_channels import SECRET_WORDS, WHATSAPP
from tests.gateway.api.house import NOBODY
from tests.load.whatsapp import PHONE_NUMBER_ID, phone, text_message, webhook

GOOD = webhook([text_message(phone(1), "wamid.1", "Hello")])
EVENTS = Query(event.select(), "")


def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path}/parley.db", owner=False)


def keep(tmp_path: Path, body: bytes, channel: str = "wa") -> str:
    """Put a request in quarantine, as the gateway does with one that it cannot read."""

    async def work() -> str:
        opened = await store(tmp_path).open()
        request = msgspec.json.encode(Request("POST", f"http://x/webhooks/{channel}", {}, {}, b"")).decode()
        problems = msgspec.json.encode([Problem("$.entry", "an unknown field")]).decode()
        try:
            return await opened.write(inbox.quarantine, Envelope(channel, request, body, problems))
        finally:
            await opened.close()

    return asyncio.run(work())


def events(tmp_path: Path) -> int:
    """How many events are stored."""

    async def work() -> int:
        opened = await store(tmp_path).open()
        try:
            return len(await opened.read(EVENTS))
        finally:
            await opened.close()

    return asyncio.run(work())


def connect(run: Run, config: str) -> None:
    number = (*WHATSAPP[:3], f"phone_number_id={PHONE_NUMBER_ID}")
    assert run("channels", "add", "wa", *number, *SECRET_WORDS, "--config", config).code == 0


def test_what_is_in_quarantine_is_listed_and_shown(run: Run, config: str, tmp_path: Path) -> None:
    connect(run, config)
    kept = [keep(tmp_path, b'{"half": \xff') for _ in range(3)]
    lines = run("quarantine", "list", "--config", config).out.splitlines()
    assert [line.split()[0] for line in lines] == kept
    assert lines[0].endswith("wa               $.entry: an unknown field")
    assert len(run("quarantine", "list", "--limit", "2", "--config", config).out.splitlines()) == 2
    shown = run("quarantine", "show", kept[0], "--config", config).out
    assert shown.startswith("channel   wa\n")
    assert shown.endswith('{"half": \\xff\n')


def test_what_can_be_read_now_is_taken_once(run: Run, config: str, tmp_path: Path) -> None:
    connect(run, config)
    kept = keep(tmp_path, GOOD)
    for _ in range(2):
        done = run("quarantine", "replay", kept, "--config", config)
        assert (done.code, done.out) == (0, f"{kept}  read; its events wait for their turns\n")
        assert events(tmp_path) == 1
    assert run("quarantine", "list", "--config", config).out == ""


def test_what_cannot_be_read_yet_stays(run: Run, config: str, tmp_path: Path) -> None:
    connect(run, config)
    bad, good = keep(tmp_path, b'{"half"'), keep(tmp_path, GOOD)
    done = run("quarantine", "replay", bad, good, "--config", config)
    assert (done.code, len(done.out.splitlines()), events(tmp_path)) == (1, 2, 1)
    assert [line.split()[0] for line in run("quarantine", "list", "--config", config).out.splitlines()] == [
        bad
    ]


def test_what_is_not_there_is_told(run: Run, config: str, tmp_path: Path) -> None:
    orphan = keep(tmp_path, GOOD, "gone")
    for action, wanted, said in (
        ("show", NOBODY, f"there is no envelope {NOBODY}"),
        ("replay", NOBODY, f"there is no envelope {NOBODY}"),
        ("replay", orphan, "the envelope's channel 'gone' is gone"),
        ("show", "7", "'7' is no id: 32 hex digits in lower case are expected"),
        ("replay", "7", "'7' is no id: 32 hex digits in lower case are expected"),
    ):
        done = run("quarantine", action, wanted, "--config", config)
        assert (done.code, done.out, done.err) == (1, "", f"parley quarantine: {said}\n")
