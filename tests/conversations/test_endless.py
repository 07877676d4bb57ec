"""What a bot does not end is ended in the test kit too, and by nothing else's doing."""

import signal
import time
from collections.abc import Iterator

import pytest

from conversations import endless
from parley import STAY, Effect, Flow, On, Standing, Talk, Turn, chat, effect, flow, moved


class Endless(Flow):
    table = (
        On("message", "start", STAY, do="answer"),
        On("done_spin", "start", STAY, say="Done."),
        On("failed_spin", "start", STAY, do="tell"),
    )

    @staticmethod
    def migrate(old: Standing) -> Standing:
        while True:
            pass

    def answer(self, turn: Turn) -> None:
        if turn.text == "effect":
            turn.effect("spin")
        while turn.text == "loop":
            pass
        while turn.text == "wait":
            time.sleep(1)
        if turn.text == "debug":
            SLOWLY["debug"]()

    def tell(self, turn: Turn) -> None:
        turn.say(turn.fault.reason if turn.fault else "")

    @effect
    async def spin(call: Effect) -> None:
        while True:
            pass


@flow
async def script(talk: Talk) -> None:
    while True:
        talk.t("round and round")


def debugger(seconds: float) -> None:
    """Stand at a prompt, as the standard library's debugger does."""
    code = compile("import time; time.sleep(seconds)", "/lib/bdb.py", "exec")
    exec(code, {"seconds": seconds})


SLOWLY = {"debug": lambda: debugger(0.8)}


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """It is ended soon; the alarm is nobody's, as without pytest-timeout."""
    monkeypatch.setattr(endless, "LIMIT", 0.5)
    others = signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.setitimer(signal.ITIMER_REAL, *others)


@pytest.mark.parametrize("words", ["loop", "wait"])
async def test_a_callback_that_does_not_end_fails_the_test_with_its_line(words: str) -> None:
    async with chat(Endless) as c:
        with pytest.raises(
            AssertionError, match=r"Endless: it did not end within 0\.5 sec.*test_endless\.py:"
        ):
            await c.hears(words)
        assert c.mode == "parked"


async def test_so_does_a_script() -> None:
    async with chat(script) as c:
        with pytest.raises(AssertionError, match="script: it did not end"):
            await c.hears("hi")


async def test_an_effect_that_does_not_end_fails() -> None:
    async with chat(Endless) as c:
        await c.hears("effect")
        c.says(
            "TimeoutError: it did not end within 0.5 seconds, and would hold up every conversation in the gateway"
        )


def test_a_migrate_that_does_not_end_fails_the_test() -> None:
    with pytest.raises(AssertionError, match="the migrate of Endless: it did not end"):
        moved(Endless, Standing("start", {}))


async def test_where_somebody_else_has_the_alarm_it_is_left_to_them() -> None:
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        async with chat(Endless, may_fail=True) as c:
            await c.hears("loop")
            assert c.fault
            assert len(c.said) == 1
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] <= 60
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


async def test_who_stands_at_a_debugger_has_time() -> None:
    async with chat(Endless) as c:
        await c.hears("debug")


async def test_nothing_of_it_is_left_afterwards() -> None:
    before = signal.getsignal(signal.SIGALRM)
    async with chat(Endless) as c:
        await c.hears("hi")
    assert (signal.getsignal(signal.SIGALRM), signal.getitimer(signal.ITIMER_REAL)) == (before, (0.0, 0.0))
