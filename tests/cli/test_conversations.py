"""`parley conversations`: where they stand is listed and shown, and what an error has parked goes on."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from state import outbox
from state.model.ids import now_ms
from state.model.message import Decision
from state.model.receipts import Facts, Fault
from state.model.turn import Played, Snapshot
from state.outbox import Settled
from state.store import Store
from state.turned import Turned, commit
from tests.cli.conftest import Run
from tests.gateway.api.house import NOBODY
from tests.state.acts import accept, converse, lease, message, take

PHONES = ("whatsapp:15550001", "whatsapp:15550002")


def talked(tmp_path: Path) -> list[str]:
    """Two customers have written; the flow of the second is parked."""

    async def work() -> list[str]:
        store = await Store(f"sqlite:///{tmp_path}/parley.db", owner=False).open()
        try:
            for phone, mode in zip(PHONES, ("bot", "parked"), strict=True):
                await accept(store, message(f"hello from {phone}", phone))
                (taken,) = await take(store)
                after = Snapshot("shop", "1", 1, "asking", mode=mode)  # type: ignore[arg-type]
                await store.write(commit, Turned(taken, Played(after), (), now_ms()))
            return [row[0] for row in await _rows(store)]
        finally:
            await store.close()

    return asyncio.run(work())


async def _rows(store: Store) -> list[tuple[str, ...]]:
    from state import messages

    return list(await messages.conversations(store))


def test_conversations_are_listed_by_their_mode_and_shown(run: Run, config: str, tmp_path: Path) -> None:
    run("conversations", "list", "--config", config)
    parked, going = talked(tmp_path)
    lines = run("conversations", "list", "--config", config).out.splitlines()
    assert [line.split()[0] for line in lines] == [parked, going]
    (line,) = run("conversations", "list", "--mode", "parked", "--config", config).out.splitlines()
    assert line.startswith(parked)
    assert line.endswith("wa               parked  shop: asking")
    assert len(run("conversations", "list", "--limit", "1", "--config", config).out.splitlines()) == 1
    shown = run("conversations", "show", going, "--config", config).out.splitlines()
    assert shown[1].endswith(f"< hello from {PHONES[0]}")


ENDS: dict[str, tuple[Facts, Any, str]] = {
    "accepted": (Facts(accepted=1), "", ""),
    "failed": (
        Facts(failed=1, fault=Fault("131026", "no such number")),
        "",
        "  [failed: 131026: no such number]",
    ),
    "refused": (Facts(), "refused", "  [refused: window_closed: too late]"),
    "expired": (Facts(), "expired", "  [expired]"),
}


def answered(tmp_path: Path, facts: Facts, outcome: Any) -> str:
    """A customer has written, and this became of the answer; gives the conversation."""

    async def work() -> str:
        store = await Store(f"sqlite:///{tmp_path}/parley.db", owner=False).open()
        try:
            await converse(store, "hello", "Welcome")
            (row,) = await lease(store)
            made = (
                Decision("refuse", 1, code="window_closed", reason="too late")
                if outcome == "refused"
                else None
            )
            await store.write(outbox.settle, Settled(row, facts, outcome=outcome, decision=made))
            return row.conversation
        finally:
            await store.close()

    return asyncio.run(work())


@pytest.mark.parametrize(("facts", "outcome", "mark"), ENDS.values(), ids=ENDS)
def test_what_became_of_a_message_that_has_not_gone_out_is_shown(
    run: Run, config: str, tmp_path: Path, facts: Facts, outcome: str, mark: str
) -> None:
    run("conversations", "list", "--config", config)
    talk = answered(tmp_path, facts, outcome)
    shown = run("conversations", "show", talk, "--config", config).out.splitlines()
    assert shown[-1].partition(" > ")[2] == f"Welcome{mark}"


def test_a_parked_conversation_goes_on_once(run: Run, config: str, tmp_path: Path) -> None:
    run("conversations", "list", "--config", config)
    parked, _ = talked(tmp_path)
    words = ("conversations", "resume", parked, "--reason", "mended", "--config", config)
    done = run(*words)
    assert (done.code, done.out) == (0, f"{parked}  goes on: shop asking\n")
    again = run(*words)
    assert (again.code, again.err) == (1, f"parley conversations: the conversation {parked} is not parked\n")
    assert run("conversations", "list", "--mode", "parked", "--config", config).out == ""


def test_what_is_not_there_is_told(run: Run, config: str) -> None:
    for wanted, said in ((NOBODY, f"there is no conversation {NOBODY}"), ("7", "'7' is no id")):
        done = run("conversations", "show", wanted, "--config", config)
        assert (done.code, said in done.err) == (1, True)
