"""Effects: declared on the flow, run by name within their time, with a result that can be stored."""

import asyncio
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from conversations.effects import Http, HttpAnswer, Refused
from conversations.engine import run_effect
from conversations.router import Router
from parley import STAY, Effect, Flow, FlowError, On, effect


class BackEnd:
    """A back-end that remembers what it was asked and answers with one status and document."""

    def __init__(self, status: int = 200, document: Any = None) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str] | None]] = []
        self._answer = SimpleNamespace(status=status, body=b"", json=lambda: document)

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        body: bytes = b"",
    ) -> HttpAnswer:
        self.asked.append((method, url, headers))
        return cast("HttpAnswer", self._answer)


class Shop(Flow):
    table = (On("message", "start", STAY),)

    @effect
    async def lookup(call: Effect, order: str) -> Any:
        return await call.get_json(f"{call.settings['shop']}/{order}", headers={"idempotency-key": call.key})

    @effect(timeout=0.01)
    async def slow(call: Effect) -> None:
        await asyncio.sleep(5)

    @effect
    async def leaves(call: Effect) -> None:
        raise SystemExit(3)

    @effect
    async def leaves_in_a_group(call: Effect) -> None:
        raise BaseExceptionGroup("", [BaseExceptionGroup("", [GeneratorExit("mine")])])

    @effect
    async def waits_in_vain(call: Effect) -> None:
        inner = asyncio.get_running_loop().create_future()
        inner.cancel()
        await inner

    @effect
    async def patient(call: Effect) -> None:
        await asyncio.get_running_loop().create_future()

    @effect
    async def impatient(call: Effect) -> None:
        raise TimeoutError("the shop's own")

    @effect
    async def odd(call: Effect) -> object:
        return object()

    @effect
    async def pair(call: Effect) -> object:
        return (1, {2: {"three"}})


async def run(name: str, http: Http, **args: Any) -> Any:
    return await run_effect(
        Router([Shop]), "Shop", name, args, "key-1", http, {"shop": "https://shop.example"}
    )


async def test_an_effect_gets_its_key_settings_and_the_client() -> None:
    shop = BackEnd(document={"state": "sent"})
    assert await run("lookup", shop, order="4") == {"state": "sent"}
    assert shop.asked == [("GET", "https://shop.example/4", {"idempotency-key": "key-1"})]


async def test_a_result_is_given_as_it_will_be_stored() -> None:
    assert await run("pair", BackEnd()) == [1, {"2": ["three"]}]


FAILURES: dict[str, tuple[str, dict[str, str], type[Exception], str]] = {
    "a refusal": ("lookup", {"order": "4"}, Refused, "the back-end answered 503"),
    "no answer in time": ("slow", {}, TimeoutError, "no result within 0.01 seconds"),
    "an error of its own": ("impatient", {}, TimeoutError, "the shop's own"),
    "a result that is no JSON": (
        "odd",
        {},
        TypeError,
        "type object .*: give back texts, numbers, lists and dicts .test_effects.py:69.",
    ),
    "an effect that is not there": ("find", {}, LookupError, "the flow 'Shop' has no effect 'find'"),
    "arguments it does not take": ("slow", {"order": "4"}, TypeError, "'order'"),
}


@pytest.mark.parametrize(("name", "args", "kind", "told"), FAILURES.values(), ids=FAILURES)
async def test_an_effect_that_fails_raises(
    name: str, args: dict[str, str], kind: type[Exception], told: str
) -> None:
    with pytest.raises(kind, match=told):
        await run(name, BackEnd(status=503), **args)


async def test_an_effect_of_a_flow_that_is_not_served_raises() -> None:
    with pytest.raises(LookupError, match="the flow 'Gone' has no effect 'lookup'"):
        await run_effect(Router([Shop]), "Gone", "lookup", {}, "key-1", BackEnd())


def waits_for_nobody(call: Effect) -> None: ...


async def with_self(self: Flow, call: Effect) -> None: ...


async def in_no_time(call: Effect) -> None: ...


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "not async": (
        lambda: effect(cast("Any", waits_for_nobody)),
        "the effect waits_for_nobody is not async: write `async def waits_for_nobody",
    ),
    "with a self": (lambda: effect(with_self), "the effect with_self takes no Effect first: .* without self"),
    "without time": (
        lambda: effect(timeout=0)(in_no_time),
        "the effect in_no_time has no time: timeout is 0",
    ),
}


@pytest.mark.parametrize(("declare", "told"), WRONG.values(), ids=WRONG)
def test_an_effect_that_cannot_work_is_refused_with_the_remedy(
    declare: Callable[[], object], told: str
) -> None:
    with pytest.raises(FlowError, match=told):
        declare()


@pytest.mark.parametrize(
    ("name", "why"), [("leaves", "SystemExit: 3"), ("leaves_in_a_group", "GeneratorExit: mine")]
)
async def test_an_effect_that_would_end_the_gateway_fails(name: str, why: str) -> None:
    with pytest.raises(RuntimeError, match=why):
        await run_effect(Router([Shop]), "Shop", name, {}, "k", cast("Http", BackEnd()))


async def test_what_an_effect_cancels_itself_is_a_failure_and_what_others_cancel_is_none() -> None:
    with pytest.raises(RuntimeError, match="what it waited for was cancelled"):
        await run("waits_in_vain", cast("Http", BackEnd()))
    task = asyncio.create_task(run("patient", cast("Http", BackEnd())))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
