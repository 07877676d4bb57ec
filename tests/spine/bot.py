"""The bot of these tests: it counts, so a lost or doubled turn shows; it fails, sets timers and asks a back-end."""

from typing import Any, ClassVar

from parley import STAY, Choice, Effect, Flow, On, Option, Turn, effect


class Desk(Flow):
    """Answers `n: text`; orders are `fail`, `ring SECONDS`, `look URL`, `insist URL`, `long PARTS`, `choose
    COUNT`, `4711` (the code)."""

    table = (
        On("chosen", "start", STAY, do="chose"),
        On("message", "start", STAY, do="answer"),
        On("timer_soon", "start", STAY, do="rang"),
        On("done_look", "start", STAY, do="found"),
        On("failed_look", "start", STAY, say="nothing found"),
        On("done_insist", "start", STAY, do="found"),
        On("failed_insist", "start", STAY, say="nothing found"),
    )
    count: int = 0
    mended: ClassVar[bool] = False

    def answer(self, turn: Turn) -> None:
        self.count += 1
        order, _, rest = turn.text.partition(" ")
        if order == "fail" and not self.mended:
            raise RuntimeError("a flow that fails")
        if order == "ring":
            turn.timer("soon", float(rest))
        elif order == "look":
            turn.effect("look", url=rest)
        elif order == "insist":
            turn.effect("insist", url=rest)
        elif order == "long":
            turn.say("\n".join(str(n) * 4_000 for n in range(int(rest))))
        elif order == "choose":
            turn.say(Choice("Which?", tuple(Option(f"o{n}", f"Option {n}") for n in range(int(rest)))))
        elif order == "4711":
            turn.code_used()
        else:
            turn.say(f"{self.count}: {turn.text}")

    def chose(self, turn: Turn) -> None:
        turn.say(f"chose {turn.choice}")

    def rang(self, turn: Turn) -> None:
        turn.say("it rang")

    def found(self, turn: Turn) -> None:
        turn.say(f"found {turn.result}")

    @effect
    async def look(call: Effect, url: str) -> Any:
        answer = await call.http.request("POST", url, headers={"idempotency-key": call.key})
        return answer.json()["found"]

    @effect(retries=2, wait=0.01)
    async def insist(call: Effect, url: str) -> Any:
        answer = await call.post_json(url, {"said": call.settings["word"]})
        return answer["found"]
